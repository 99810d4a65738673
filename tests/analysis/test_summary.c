/* The summary of a run: JSON keys, files, the block on the terminal; damaged and partial directories. */
#include <glib.h>
#include <jansson.h>

#include "analysis/summary.h"
#include "tests/analysis/run_folder.h"

static char *two_cases(void)
{
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point,case\n0,public\n1,\"nat, strict\"\n");
    run_folder_replication(root, 0, 0,
                           "4830000000,peer-1,login.time,login=first;setup=public,4830000000,ns\n"
                           "4830000000,peer-1,login.success,login=first;setup=public,1,1\n",
                           "0,0,net.packets,,120,count\n0,0,net.drops.loss,,2,count\n");
    run_folder_replication(root, 1, 0, "1,peer-1,login.success,login=first;setup=nat,0,1\n", "");
    return root;
}

static const an_expect_text claims[] = {
    {.text = "login.success == 100%", .position = "hello.yaml:9"},
    {.text = "login.time.p50{login=first,setup=public} <= 8s", .when = "case == public"},
};

static an_options options_of(const char *scenario)
{
    return (an_options){.scenario = scenario,
                        .again = "partyline run hello.yaml --set 'a=[1, 2]' --seed 7",
                        .seed = 7,
                        .expectations = claims,
                        .n_expectations = G_N_ELEMENTS(claims),
                        .certainty = AN_DETERMINISTIC};
}

static void test_json_keys(void)
{
    char *root = two_cases(), *error = NULL;
    const an_options options = options_of("hello");
    an_summary *summary = an_summary_new(root, &options, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_autofree char *text = an_summary_json(summary, "DIR");
    json_t *object = json_loads(text, 0, NULL);
    g_assert_cmpint(json_integer_value(json_object_get(object, "schema")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(object, "verdict")), ==, "failed");
    g_assert_cmpstr(json_string_value(json_object_get(object, "out")), ==, "DIR");
    json_t *point = json_array_get(json_object_get(object, "points"), 0);
    g_assert_cmpstr(json_string_value(json_object_get(json_object_get(point, "sweep"), "case")), ==,
                    "public");
    g_assert_cmpint(json_integer_value(json_object_get(point, "replications")), ==, 1);
    json_t *metrics = json_object_get(point, "metrics");
    static const char *const keys[] = {"login.time.p50", "login.time.p50{login=first}", "net.packets",
                                       "login.time.max{login=first,setup=public}", "net.drops.loss"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (!json_object_get(metrics, keys[i]))
            g_error("no key %s in %s", keys[i], text);
    json_t *median = json_object_get(metrics, "login.time.p50{login=first,setup=public}");
    g_assert_cmpstr(json_string_value(json_object_get(median, "unit")), ==, "s");
    g_assert_cmpfloat_with_epsilon(json_real_value(json_object_get(median, "value")), 4.83, 1e-12);
    json_t *expect = json_array_get(json_object_get(point, "expect"), 1);
    g_assert_cmpstr(json_string_value(json_object_get(expect, "verdict")), ==, "held");
    g_assert_cmpuint(
        json_array_size(json_object_get(json_array_get(json_object_get(object, "points"), 1), "expect")), ==,
        1);
    json_decref(object);
    an_summary_free(summary);
    run_folder_free(root);
}

static void test_terminal_block(void)
{
    char *root = two_cases(), *error = NULL;
    const an_options options = options_of("hello");
    const an_text_options plain = {
        .wall_seconds = 38, .virtual_seconds = 7200, .directory = "results/hello/latest"};
    an_summary *summary = an_summary_new(root, &options, &error);
    g_autofree char *text = an_summary_text(summary, &plain);
    g_assert_cmpstr(
        text, ==,
        "hello  public   1 replication   38 s wall, 2 h virtual (×189)\n"
        "  ✓ login.success == 100%                           100 % of 1, 1 replication\n"
        "  ✓ login.time.p50{login=first,setup=public} <= 8s  4.83 s\n"
        "hello  nat, strict   1 replication\n"
        "  ✗ login.success == 100%                           0 % in 1 of 1 (r00)    hello.yaml:9\n"
        "      again:  partyline run hello.yaml --set 'a=[1, 2]' --seed 7\n"
        "1 of 3 expectations failed.  Results: results/hello/latest\n");
    g_assert_cmpint(an_summary_exit(summary), ==, 1);
    const an_text_options coloured = {.colour = AN_COLOUR_ON};
    g_autofree char *bright = an_summary_text(summary, &coloured);
    g_assert_nonnull(strstr(bright, "\033[31m✗\033[0m"));
    /* A measure is shown by login where the samples say which, with what was published. */
    const an_measure measure = {"login.time.p50", "3 to 7 s (BS-14)"};
    const an_text_options measured = {.measures = &measure, .n_measures = 1};
    g_autofree char *shown = an_summary_text(summary, &measured);
    g_assert_nonnull(strstr(shown, "  · login.time.p50{login=first}"));
    g_assert_nonnull(strstr(shown, "4.83 s    published: 3 to 7 s (BS-14)\n"));
    g_assert_null(strstr(shown, "login.time.p50  "));
    an_summary_free(summary);
    run_folder_free(root);
}

static char *contents(const char *root, const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

/* Two replications of 1 and 2 s: t alone would say [-4.853, 7.853]. */
static void test_intervals_of_what_can_be(void)
{
    char *root = run_folder_new(), *error = NULL;
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0, "0,a,login.time,,1000000000,ns\n0,a,login.success,,1,1\n", "");
    run_folder_replication(root, 0, 1, "0,a,login.time,,2000000000,ns\n0,a,login.success,,1,1\n", "");
    const an_options options = {.scenario = "hello"};
    an_summary *summary = an_summary_new(root, &options, &error);
    g_assert_cmpstr(error, ==, NULL);
    const an_measure measures[] = {{"login.time.p50", NULL}, {"login.success", NULL}};
    const an_text_options shown = {.measures = measures, .n_measures = G_N_ELEMENTS(measures)};
    g_autofree char *text = an_summary_text(summary, &shown);
    g_assert_nonnull(strstr(text, "  · login.time.p50  1.5 s  [0, 7.853]\n"));
    /* a share is per cent, with its interval: Wilson for 2 of 2 */
    g_assert_nonnull(strstr(text, "  · login.success  100 %  [34.24, 100]\n"));
    g_assert_cmpint(an_summary_write(summary, &error), ==, 0);
    g_autofree char *csv = contents(root, "summary.csv");
    g_assert_nonnull(strstr(csv, "0,login.time.p50,1.5,s,0,7.8531,2,2\n"));
    g_assert_null(strstr(csv, ",-"));
    an_summary_free(summary);
    run_folder_free(root);
}

static void test_files(void)
{
    char *root = two_cases(), *error = NULL;
    const an_options options = options_of("he<llo");
    an_summary *summary = an_summary_new(root, &options, &error);
    g_assert_cmpint(an_summary_write(summary, &error), ==, 0);
    g_autofree char *junit = contents(root, "junit.xml");
    g_assert_nonnull(
        strstr(junit, "<testsuite name=\"he&lt;llo\" tests=\"3\" failures=\"1\" skipped=\"0\">"));
    g_assert_nonnull(strstr(junit, "name=\"login.success == 100% [nat, strict]\""));
    g_assert_nonnull(strstr(junit, "again: partyline run hello.yaml --set &apos;a=[1, 2]&apos; --seed 7"));
    g_autofree char *csv = contents(root, "summary.csv");
    g_assert_true(g_str_has_prefix(csv, "point,case,metric,value,unit,ci95_low,ci95_high,n,replications\n"));
    g_assert_nonnull(strstr(csv, "0,public,login.time.p50{login=first},4.83,s,,,1,1\n"));
    g_assert_nonnull(strstr(csv, "1,\"nat, strict\",login.success,0,1,0,0.793451,1,1\n"));
    g_autofree char *json = contents(root, "summary.json");
    g_assert_null(strstr(json, "partyline-run-"));
    an_summary_free(summary);
    run_folder_free(root);
}

static void test_inconclusive_fails_only_when_strict(void)
{
    char *root = two_cases(), *error = NULL;
    static const an_expect_text claim = {.text = "login.success == 100%", .when = "case == elsewhere"};
    an_options options = {.scenario = "hello", .expectations = &claim, .n_expectations = 1};
    for (int strict = 0; strict < 2; strict++) {
        options.strictness = strict ? AN_STRICT : AN_LENIENT;
        an_summary *summary = an_summary_new(root, &options, &error);
        g_assert_cmpint(an_summary_verdict(summary), ==, AN_INCONCLUSIVE);
        g_assert_cmpint(an_summary_exit(summary), ==, strict);
        an_summary_free(summary);
    }
    run_folder_free(root);
}

/* Half a run holds nothing; what it has counted against an expectation still counts. */
static void test_a_run_cut_short_holds_nothing(void)
{
    char *root = two_cases(), *error = NULL;
    an_options options = options_of("hello");
    options.early = "interrupted: 2 of 10 replications are complete";
    an_summary *summary = an_summary_new(root, &options, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_cmpstr(an_summary_verdict_name(summary), ==, "interrupted");
    g_assert_cmpint(an_summary_verdict(summary), ==, AN_FAILED); /* the case nat has a failed log-in */
    g_autofree char *json = an_summary_json(summary, NULL);
    g_assert_nonnull(strstr(json, "\"verdict\":\"interrupted\""));
    g_assert_null(strstr(json, "\"held\""));
    g_autofree char *text = an_summary_text(summary, &(an_text_options){0});
    g_assert_nonnull(strstr(
        text, "  ? login.success == 100%                           so far: 100 % of 1, 1 replication"));
    g_assert_null(strstr(text, "✓"));
    g_assert_nonnull(strstr(text, "\nNot the whole run (interrupted: 2 of 10 replications are complete): "
                                  "1 of 3 expectations failed already."));
    g_assert_cmpint(an_summary_write(summary, &error), ==, 0);
    g_autofree char *junit = contents(root, "junit.xml");
    g_assert_nonnull(strstr(junit, "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"2\""));
    g_assert_nonnull(strstr(junit, "<error message=\"interrupted: 2 of 10"));
    an_summary_free(summary);
    run_folder_free(root);
}

static void test_unfinished_replications_are_left_out(void)
{
    char *root = two_cases(), *error = NULL;
    run_folder_put(root, "p0000/r01/.series.csv.part", "half a li");
    run_folder_put(root, "p0000/r02/series.csv", RUN_SERIES);
    const an_options options = {.scenario = "hello"};
    an_summary *summary = an_summary_new(root, &options, &error);
    const an_results *results = an_summary_results(summary);
    g_assert_cmpuint(results->points[0].n_replications, ==, 1);
    g_assert_cmpuint(results->points[0].n_incomplete, ==, 2);
    an_summary_free(summary);
    run_folder_free(root);
}

static void assert_refused(const char *root, const char *says)
{
    const an_options options = {.scenario = "hello"};
    char *error = NULL;
    g_assert_null(an_summary_new(root, &options, &error));
    if (!strstr(error, says))
        g_error("'%s' does not say '%s'", error, says);
    g_free(error);
}

static void test_damaged_files_name_the_line(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {{RUN_SERIES "0,p,login.time,,4,ns\n0,p,login.time,,four,ns\n",
                 "series.csv:3: the value is not a number"},
                {RUN_SERIES "0,p,login.time,,4\n", "series.csv:2: the number of fields is wrong"},
                {RUN_SERIES "-1,p,login.time,,4,ns\n", "series.csv:2: the time is not a whole number"},
                {RUN_SERIES "0,p,login.time,setup,4,ns\n", "series.csv:2: the labels are malformed"},
                {RUN_SERIES "0,p,login.time,,4,ns", "series.csv:2: the last line has no end"},
                {RUN_SERIES "0,\"p,login.time,,4,ns\n", "series.csv:2: a quote has no partner"},
                {RUN_SERIES "0,\xff,login.time,,4,ns\n", "not UTF-8"},
                {RUN_SERIES "0,p,login.time,,inf,ns\n", "series.csv:2: the value is not a number"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *root = two_cases();
        run_folder_put(root, "p0000/r00/series.csv", rows[i].text);
        assert_refused(root, rows[i].says);
        run_folder_free(root);
    }
    assert_refused("/nonexistent-partyline", "is no directory of results");
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", "point,case\n1,public\n");
    assert_refused(root, "points.csv:2: the points are not numbered");
    run_folder_free(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/summary/json-keys", test_json_keys);
    g_test_add_func("/analysis/summary/terminal-block", test_terminal_block);
    g_test_add_func("/analysis/summary/files", test_files);
    g_test_add_func("/analysis/summary/strict", test_inconclusive_fails_only_when_strict);
    g_test_add_func("/analysis/summary/possible-intervals", test_intervals_of_what_can_be);
    g_test_add_func("/analysis/summary/cut-short", test_a_run_cut_short_holds_nothing);
    g_test_add_func("/analysis/summary/unfinished-replications", test_unfinished_replications_are_left_out);
    g_test_add_func("/analysis/summary/damaged-files", test_damaged_files_name_the_line);
    return g_test_run();
}
