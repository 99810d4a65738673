/* Expectations: what is understood, what is refused and how, and the verdict of each kind of claim. */
#include <glib.h>

#include "analysis/expect.h"
#include "core/nat/path/path.h"
#include "core/session/grant.h"
#include "core/session/login.h"
#include "sim/net/drop.h"
#include "tests/analysis/run_folder.h"

static void test_bounds_are_exact(void)
{
    static const struct {
        const char *text;
        int64_t mantissa;
        unsigned decimals;
    } rows[] = {{"login.failure_time.mean == 49s", 49 * PL_SECOND, 0},
                {"login.time.p50{setup=public} <= 5.2084ms", 5208400, 0},
                {"login.success{login=first} == 100%", 100, 2},
                {"login.success >= 99.5%", 995, 3},
                {"login.bytes.p50<12kB", 12000, 0},
                {"login.contacts.p50 >= 4", 4, 0},
                {"net.drops.no-mapping == 0", 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const an_expect_text text = {.text = rows[i].text};
        char *error = NULL;
        an_expect *expect = an_expect_parse(&text, &error);
        g_assert_cmpstr(error, ==, NULL);
        g_assert_cmpint(expect->bound.mantissa, ==, rows[i].mantissa);
        g_assert_cmpuint(expect->bound.decimals, ==, rows[i].decimals);
        an_expect_free(expect);
    }
}

static void test_mistakes_are_sentences(void)
{
    static const struct {
        const char *text, *when, *says;
    } rows[] = {
        {"login.succes == 100%", NULL, "did you mean 'login.success'"},
        {"login.time <= 8s", NULL, "say which value of it, e.g. 'login.time.p50'"},
        {"login.success.p50 == 1", NULL, "is one number"},
        {"login.time.p50 <= 8", NULL, "a time with its unit"},
        {"login.time.p50 <= 8 apples", NULL, "a time with its unit"},
        {"login.success == 98", NULL, NULL}, /* a share may be a bare number: 98 is odd, not malformed */
        {"login.contacts.p50 >= 4s", NULL, "a number without a unit"},
        {"login.time.p50{setup} <= 8s", NULL, "is not a list of labels"},
        {"login.time.p50{setup=a <= 8s", NULL, "want a '}'"},
        {"login.success", NULL, "is no expectation"},
        {"never: login.time.p50", NULL, "takes a metric without '.p50'"},
        {"never: login.faild", NULL, "did you mean 'login.failed'"},
        /* what no run can produce would let `never:` and `== 0` hold for ever */
        {"never: login.failed.nosuchcause", NULL, "there is one of: refused, timeout"},
        {"login.failed.timeoutt == 0", NULL, "did you mean 'login.failed.timeout'"},
        {"never: net.drops.firewal-out", NULL, "did you mean 'net.drops.firewall-out'"},
        {"never: login.failed.*", NULL, "did you mean 'login.failed'"},
        {"never: login.failed.none", NULL, "there is one of: refused, timeout"},
        {"never: login.failed{login=frist}", NULL,
         "'frist' is no value of the label 'login': it is first or later"},
        {"login.time.p50{loginn=first} <= 8s", NULL, "did you mean 'login'"},
        {"never: login.failed{colour=red}", NULL, "one of: login, setup, nat, firewall, link"},
        {"never: net.drops.loss{login=first}", NULL, "is not measured by label"},
        {"path.connected{login=first} == 100%", NULL, "one of: caller, callee, transport, traversal, via"},
        {"path.connected{transport=sctp} == 100%", NULL, "it is any or udp or tcp"},
        {"path.class.puched-udp == 0%", NULL, "did you mean 'path.class.punched-udp'"},
        {"path.time == 1s", NULL, "say which value of it"},
        {"login.time.p50 <= 99999999999999999999s", NULL, "a time with its unit"},
        {"login.success == 100%", "case = public", "is not understood"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const an_expect_text text = {.text = rows[i].text, .when = rows[i].when, .position = "a.yaml:7"};
        char *error = NULL;
        an_expect *expect = an_expect_parse(&text, &error);
        if (!rows[i].says) {
            g_assert_nonnull(expect);
            an_expect_free(expect);
            continue;
        }
        g_assert_null(expect);
        g_assert_true(g_str_has_prefix(error, "a.yaml:7: "));
        if (!strstr(error, rows[i].says))
            g_error("'%s' does not say '%s'", error, rows[i].says);
        g_free(error);
    }
}

static void assert_part(const char *family, const char *part)
{
    g_autofree char *name = g_strconcat(family, part, NULL);
    if (!an_metric_find(name))
        g_error("no metric '%s'", name);
}

static size_t count_parts(const char *row)
{
    const an_metric *metric = an_metric_find(row);
    return g_strv_length((char **)(void *)metric->parts);
}

/* Analysis repeats the causes because it may not include those rooms; both lists must stay one. */
static void test_causes_are_those_of_core_and_network(void)
{
    static const char *const causes[] = {
#define X(id, name) name,
        PL_LOGIN_CAUSES(X) PL_GRANT_FAILURES(X)
#undef X
    };
    static const char *const no_failures[] = {"none", "grant", "granted", NULL};
    size_t n = 1; /* unfinished is the world's */
    assert_part("login.failed.", "unfinished");
    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if (g_strv_contains(no_failures, causes[i]))
            continue;
        assert_part("login.failed.", causes[i]);
        n++;
    }
    g_assert_cmpuint(count_parts("login.failed.*"), ==, n);
    for (size_t i = 1; i < net_drop_count(); i++)
        assert_part("net.drops.", net_drop_name((net_drop)i));
    g_assert_cmpuint(count_parts("net.drops.*"), ==, net_drop_count() - 1);
}

/* Likewise the classes of paths, and the profiles. */
static void test_path_classes_are_those_of_core(void)
{
    for (int m = 0; m < PL_PATH_METHODS_COUNT; m++)
        for (int t = PL_PATH_UDP; t <= PL_PATH_TCP; t++)
            assert_part("path.class.", pl_path_class_name((pl_path_method)m, (pl_path_transport)t));
    assert_part("path.class.", "failed");
    g_assert_cmpuint(count_parts("path.class.*"), ==, 2 * PL_PATH_METHODS_COUNT + 1);
    const pl_path_profile *const *profiles;
    const an_label_key *keys;
    const size_t n_profiles = pl_path_profiles(&profiles), n_keys = an_label_key_table(&keys);
    for (size_t i = 0; i < n_keys; i++) {
        if (strcmp(keys[i].key, "traversal") != 0)
            continue;
        g_assert_cmpuint(g_strv_length((char **)(void *)(uintptr_t)keys[i].values), ==, n_profiles);
        for (size_t p = 0; p < n_profiles; p++)
            g_assert_true(g_strv_contains(keys[i].values, profiles[p]->name));
    }
}

/* The verdict on point 0 of a folder. */
static an_judgement verdict(const char *root, const char *text, an_certainty certainty)
{
    char *error = NULL;
    an_results *results = an_results_read(root, &error);
    g_assert_cmpstr(error, ==, NULL);
    const an_expect_text one = {.text = text};
    an_expect *expect = an_expect_parse(&one, &error);
    g_assert_cmpstr(error, ==, NULL);
    const an_point *point = &results->points[0];
    an_judgement judgement;
    an_expect_judge(expect, &point, 1, certainty, &judgement);
    an_expect_free(expect);
    an_results_free(results);
    return judgement;
}

static void assert_verdict(const char *root, const char *text, an_certainty certainty, an_verdict wanted)
{
    an_judgement judgement = verdict(root, text, certainty);
    if (judgement.verdict != wanted)
        g_error("'%s' is %s (%s)", text, an_verdict_name(judgement.verdict), judgement.detail);
    an_judgement_clear(&judgement);
}

static char *failure_times(int64_t second)
{
    char *root = run_folder_new();
    g_autofree char *row =
        g_strdup_printf("0,p,login.failure_time,login=first,%" G_GINT64_FORMAT ",ns\n", second);
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0, "0,p,login.failure_time,login=first,49000000000,ns\n", "");
    run_folder_replication(root, 0, 1, row, "");
    return root;
}

static void test_deterministic_to_the_nanosecond(void)
{
    char *exact = failure_times(49000000000), *off = failure_times(49000000001);
    assert_verdict(exact, "login.failure_time.mean == 49s", AN_DETERMINISTIC, AN_HELD);
    assert_verdict(off, "login.failure_time.mean == 49s", AN_DETERMINISTIC, AN_FAILED);
    assert_verdict(off, "login.failure_time.max <= 49.000000001s", AN_DETERMINISTIC, AN_HELD);
    assert_verdict(off, "login.failure_time.max < 49.000000001s", AN_DETERMINISTIC, AN_FAILED);
    an_judgement judgement = verdict(off, "login.failure_time.mean == 49s", AN_DETERMINISTIC);
    g_assert_cmpstr(judgement.detail, ==, "49.000000001 s in 1 of 2 (r01)");
    g_assert_cmpuint(judgement.failed_replication, ==, 1);
    an_judgement_clear(&judgement);
    run_folder_free(exact);
    run_folder_free(off);
}

static char *successes(unsigned held, unsigned failed)
{
    char *root = run_folder_new();
    GString *rows = g_string_new(NULL);
    for (unsigned i = 0; i < held + failed; i++)
        g_string_append_printf(rows, "0,p%u,login.success,login=first;setup=a,%d,1\n", i, i < held);
    for (unsigned i = 0; i < failed; i++)
        g_string_append_printf(rows, "0,p%u,login.failed.timeout,login=first,1,1\n", i);
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0, rows->str, "");
    g_string_free(rows, TRUE);
    return root;
}

static void test_shares_by_the_whole_interval(void)
{
    char *all = successes(100, 0), *most = successes(99, 1);
    /* 100 of 100 is [96.3, 100] */
    assert_verdict(all, "login.success == 100%", AN_STATISTICAL, AN_HELD);
    assert_verdict(all, "login.success >= 96%", AN_STATISTICAL, AN_HELD);
    assert_verdict(all, "login.success >= 97%", AN_STATISTICAL, AN_INCONCLUSIVE);
    assert_verdict(all, "login.success <= 96%", AN_STATISTICAL, AN_FAILED);
    assert_verdict(all, "login.success >= 97%", AN_DETERMINISTIC, AN_HELD);
    assert_verdict(all, "never: login.failed", AN_STATISTICAL, AN_HELD);
    assert_verdict(all, "login.failed == 0", AN_STATISTICAL, AN_HELD);
    /* one failure is a failure of `== 100%`, however wide the interval */
    assert_verdict(most, "login.success == 100%", AN_STATISTICAL, AN_FAILED);
    assert_verdict(most, "never: login.failed", AN_STATISTICAL, AN_FAILED);
    assert_verdict(most, "never: login.failed{login=later}", AN_STATISTICAL, AN_HELD);
    assert_verdict(most, "login.failed.timeout == 0", AN_STATISTICAL, AN_FAILED);
    assert_verdict(most, "login.failed.wrong-password == 0", AN_STATISTICAL, AN_HELD);
    /* nothing measured is not success */
    assert_verdict(all, "login.success{login=later} == 100%", AN_STATISTICAL, AN_FAILED);
    run_folder_free(all);
    run_folder_free(most);
}

static void test_medians_by_t_over_replications(void)
{
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point\n0\n");
    for (unsigned r = 0; r < 5; r++) { /* medians 1 … 5 s: 3 ± 1.963 */
        g_autofree char *rows =
            g_strdup_printf("0,a,login.time,,%u000000000,ns\n0,b,login.time,,%u000000000,ns\n"
                            "0,c,login.time,,90000000000,ns\n",
                            r + 1, r + 1);
        run_folder_replication(root, 0, r, rows, "");
    }
    assert_verdict(root, "login.time.p50 <= 4.97s", AN_STATISTICAL, AN_HELD);
    assert_verdict(root, "login.time.p50 <= 4.95s", AN_STATISTICAL, AN_INCONCLUSIVE);
    assert_verdict(root, "login.time.p50 >= 4.97s", AN_STATISTICAL, AN_FAILED);
    run_folder_free(root);
}

static void test_one_replication_resamples_peers(void)
{
    char *root = run_folder_new();
    GString *rows = g_string_new(NULL);
    for (unsigned i = 0; i < 100; i++)
        g_string_append_printf(rows, "0,p%u,login.time,,%u,ns\n", i, 1000000000 + i * 10000000);
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0, rows->str, "0,0,net.packets,,1000,count\n");
    assert_verdict(root, "login.time.p50 <= 1.7s", AN_STATISTICAL, AN_HELD);
    assert_verdict(root, "login.time.p50 <= 1.5s", AN_STATISTICAL, AN_INCONCLUSIVE);
    assert_verdict(root, "login.time.p50 <= 1.3s", AN_STATISTICAL, AN_FAILED);
    /* a total has no peers to resample */
    assert_verdict(root, "net.packets <= 2000", AN_STATISTICAL, AN_INCONCLUSIVE);
    assert_verdict(root, "net.packets <= 2000", AN_DETERMINISTIC, AN_HELD);
    g_string_free(rows, TRUE);
    run_folder_free(root);
}

/* 7 points, each alone beyond the bound at 5 %, none at 5 % / 7: a family of them is not. */
static void test_holm_over_the_points(void)
{
    char *root = run_folder_new(), *error = NULL;
    GString *points = g_string_new("point\n");
    for (unsigned point = 0; point < 7; point++) {
        GString *rows = g_string_new(NULL);
        for (unsigned i = 0; i < 100; i++)
            g_string_append_printf(rows, "0,p%u,login.success,,%d,1\n", i, i < 60);
        run_folder_replication(root, point, 0, rows->str, "");
        g_string_append_printf(points, "%u\n", point);
        g_string_free(rows, TRUE);
    }
    run_folder_put(root, "points.csv", points->str);
    an_results *results = an_results_read(root, &error);
    const an_expect_text text = {.text = "login.success > 50%"}; /* z = 2, p = 0.0455 */
    an_expect *expect = an_expect_parse(&text, &error);
    const an_point *family[7];
    an_judgement judgements[7];
    for (size_t i = 0; i < 7; i++)
        family[i] = &results->points[i];
    an_expect_judge(expect, family, 1, AN_STATISTICAL, judgements);
    g_assert_cmpint(judgements[0].verdict, ==, AN_HELD);
    an_judgement_clear(&judgements[0]);
    an_expect_judge(expect, family, 7, AN_STATISTICAL, judgements);
    for (size_t i = 0; i < 7; i++) {
        g_assert_cmpint(judgements[i].verdict, ==, AN_INCONCLUSIVE);
        an_judgement_clear(&judgements[i]);
    }
    an_expect_free(expect);
    an_results_free(results);
    g_string_free(points, TRUE);
    run_folder_free(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/expect/bounds-are-exact", test_bounds_are_exact);
    g_test_add_func("/analysis/expect/mistakes-are-sentences", test_mistakes_are_sentences);
    g_test_add_func("/analysis/expect/deterministic-to-the-nanosecond", test_deterministic_to_the_nanosecond);
    g_test_add_func("/analysis/expect/shares", test_shares_by_the_whole_interval);
    g_test_add_func("/analysis/expect/medians", test_medians_by_t_over_replications);
    g_test_add_func("/analysis/expect/one-replication", test_one_replication_resamples_peers);
    g_test_add_func("/analysis/expect/holm-over-the-points", test_holm_over_the_points);
    g_test_add_func("/analysis/expect/causes-are-theirs", test_causes_are_those_of_core_and_network);
    g_test_add_func("/analysis/expect/path-classes-are-theirs", test_path_classes_are_those_of_core);
    return g_test_run();
}
