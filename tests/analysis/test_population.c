/* Populations: what is foretold of a pair, of all pairs of a run, and how a claim on the difference is judged. */
#include <glib.h>
#include <math.h>

#include "analysis/balance.h"
#include "analysis/expect.h"
#include "analysis/population/foretell.h"
#include "tests/analysis/population_folder.h"

static void assert_near(double value, double wanted, double tolerance)
{
    if (fabs(value - wanted) > tolerance)
        g_error("%.6f is not within %g of %.6f", value, tolerance, wanted);
}

/* 64512 sockets are all ports; one socket and one probe meet by chance; the client's 256 and 1024. */
static void test_the_chance_of_a_spray(void)
{
    assert_near(an_foretell_spray(64512, 1), 1, 1e-12);
    assert_near(an_foretell_spray(1, 1), 1 / 64512.0, 1e-15);
    assert_near(an_foretell_spray(1, 1024), 1024 / 64512.0, 1e-12);
    assert_near(an_foretell_spray(256, 1024), 1 - pow(1 - 256 / 64512.0, 1024), 0.001);
    assert_near(an_foretell_spray(256, 1024), 0.9835, 0.00005);
}

/* The groups of population_folder.h. */
static void read_groups(an_groups **ret_groups)
{
    g_autofree char *root = run_folder_new(), *rows = population_rows(ODDS GROUPS, 0), *error = NULL;
    g_autofree char *text = g_strconcat("point,group,layer,knob,value\n", rows, NULL);
    g_autofree char *path = g_build_filename(root, "groups.csv", NULL);
    run_folder_put(root, "groups.csv", text);
    g_assert_true(an_groups_read(path, 1, ret_groups, &error));
    run_folder_remove_tree(root);
}

static void test_pairs_have_their_chances(void)
{
    /* Chances of the run: prediction 3/4, over TCP 1/2, of both ends 1/4; a spray always hits. */
    static const struct {
        const char *caller, *callee;
        int64_t numbers[2];
        struct {
            const char *class;
            double chance;
        } wanted[3];
    } rows[] = {
        {"public", "public", {1, 2}, {{"direct-udp", 1}}},
        {"public", "symmetric", {1, 51}, {{"reversed-udp", 1}}},
        {"port-restricted", "port-restricted", {31, 33}, {{"punched-udp", 1}}},
        {"port-restricted", "port-restricted", {31, 32}, {{"direct-udp", 1}}}, /* one household */
        {"port-restricted", "symmetric-sequential", {31, 41}, {{"predicted-udp", .75}, {"predicted-tcp", .125}, {"relayed-udp", .125}}},
        {"symmetric-sequential", "symmetric-sequential", {41, 45}, {{"predicted-udp", .25}, {"relayed-udp", .75}}},
        {"symmetric-sequential", "symmetric-sequential", {41, 44}, {{"direct-udp", 1}}}, /* one office */
        {"port-restricted", "symmetric", {31, 51}, {{"sprayed-udp", 1}}},
        {"symmetric", "symmetric", {51, 52}, {{"relayed-udp", 1}}},
        {"udp-blocked", "port-restricted", {71, 31}, {{"punched-tcp", 1}}},
        {"udp-blocked", "symmetric-sequential", {71, 41}, {{"predicted-tcp", .5}, {"relayed-tcp", .5}}},
        {"web-only", "port-restricted", {81, 31}, {{"relayed-tcp", 1}}},
    };
    an_groups *groups = NULL;
    read_groups(&groups);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const an_meeting_of meeting = {.caller = an_kinds_find(&groups->kinds, rows[i].caller),
                                       .callee = an_kinds_find(&groups->kinds, rows[i].callee),
                                       .caller_number = rows[i].numbers[0],
                                       .callee_number = rows[i].numbers[1],
                                       .transport = AN_ANY,
                                       .era = an_era_find("ours")};
        double chances[AN_PATH_CLASSES], sum = 0;
        bool lets_in = false;
        an_foretell(&meeting, &groups->odds, chances, &lets_in);
        for (size_t k = 0; k < AN_PATH_CLASSES; k++)
            sum += chances[k];
        assert_near(sum, 1, 1e-12);
        for (size_t k = 0; k < 3 && rows[i].wanted[k].class; k++)
            assert_near(chances[an_foretell_class(rows[i].wanted[k].class)], rows[i].wanted[k].chance, 1e-12);
        const char *first = rows[i].wanted[0].class;
        g_assert_cmpint(lets_in, ==, g_str_has_prefix(first, "direct") || g_str_has_prefix(first, "reversed"));
    }
    an_groups_free(groups, 1);
}

static void test_what_na_01_and_na_02_counted(void)
{
    an_kind kind = {.home = {.present = true, .mapping = AN_ENDPOINT_INDEPENDENT}};
    g_assert_true(an_kind_is_punchable(&kind, AN_UDP) && an_kind_is_punchable(&kind, AN_TCP));
    kind.home.answers_syn = true;
    g_assert_true(an_kind_is_punchable(&kind, AN_UDP) && !an_kind_is_punchable(&kind, AN_TCP));
    kind.carrier = (an_box){.present = true, .mapping = AN_PORT_DEPENDENT};
    g_assert_false(an_kind_is_punchable(&kind, AN_UDP));
}

/* --- a run --- */

static void estimate(const char *root, const char *metric, an_estimate *ret_estimate)
{
    char *error = NULL;
    an_selector selector;
    an_results *results = an_results_read(root, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_true(an_selector_parse(metric, AN_FORM_VALUE, &selector, &error));
    an_reduce(&results->points[0], &selector, ret_estimate);
    an_selector_clear(&selector);
    an_results_free(results);
}

static void assert_value(const char *root, const char *metric, size_t n, double wanted)
{
    an_estimate e;
    estimate(root, metric, &e);
    g_assert_cmpuint(e.n_samples, ==, n);
    assert_near(e.value, wanted, 1e-9);
    an_estimate_clear(&e);
}

/* Four pairs: 3/4 and 1/8 and 1/8 are foretold of the first two, certainty of the others. */
static char *four_pairs(void)
{
    g_autoptr(GString) rows = g_string_new(NULL);
    population_session(rows, "peer-31", "peer-41", "port-restricted,symmetric-sequential", "predicted-udp");
    population_session(rows, "peer-33", "peer-45", "port-restricted,symmetric-sequential", "relayed-udp");
    population_session(rows, "peer-1", "peer-31", "public,port-restricted", "reversed-udp");
    population_session(rows, "peer-71", "peer-1", "udp-blocked,public", "direct-tcp");
    return population_run(rows->str);
}

static void test_shares_of_a_run(void)
{
    char *root = four_pairs();
    assert_value(root, "path.share.predicted-udp", 4, .25);
    assert_value(root, "path.foretold.predicted-udp", 4, 2 * .75 / 4);
    assert_value(root, "path.surprise.predicted-udp", 4, .25 - 2 * .75 / 4);
    assert_value(root, "path.surprise.relayed-udp", 4, .25 - 2 * .125 / 4);
    assert_value(root, "path.foretold.predicted", 4, 2 * .875 / 4);
    assert_value(root, "path.share.unrelayed", 4, .75);
    assert_value(root, "path.foretold.unrelayed{ends=nated}", 2, .875);
    assert_value(root, "path.share.unrelayed{ends=nated}", 2, .5);
    assert_value(root, "path.share.reversed-udp{ends=one-nated}", 1, 1);
    assert_value(root, "path.share.direct-tcp{ends=open,strangers=let-in}", 1, 1);
    assert_value(root, "path.share.unrelayed{strangers=kept-out}", 2, .5);
    assert_value(root, "path.punchable.udp", 2, 1); /* the callers behind a NAT */
    run_folder_free(root);
}

static void test_damage_is_told_by_line(void)
{
    static const struct {
        const char *file, *from, *to, *says;
    } rows[] = {
        {"groups.csv", "predicted_udp,0.75", "predicted_udp,much", "groups.csv:2: the chance is no number"},
        {"groups.csv", "0,all,odds,predicted_tcp", "7,all,odds,predicted_tcp", "groups.csv:3: there is no such point"},
        {"groups.csv", "place,per_nat,2", "place,per_nat,two", "the knob has no such value"},
        {"p0000/r00/paths.csv", "udp-blocked,public", "udp-blockd,public", "paths.csv:5: a group that groups.csv does not have"},
        {"p0000/r00/paths.csv", "relayed-udp", "relayed-icmp", "paths.csv:3: an unknown class of path"},
        {"p0000/r00/paths.csv", ",any,ours", ",any,e9", "paths.csv:2: an unknown profile"},
        {"p0000/r00/paths.csv", "peer-33", "caller-33", "paths.csv:3: an end that is no peer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *root = four_pairs();
        g_autofree char *error = NULL;
        matrix_break(root, rows[i].file, rows[i].from, rows[i].to);
        g_assert_null(an_results_read(root, &error));
        if (!strstr(error, rows[i].says))
            g_error("'%s' does not say '%s'", error, rows[i].says);
        run_folder_free(root);
    }
}

/* --- intervals over peers --- */

static double spread_of(const an_balance *balance)
{
    double rounds[999];
    an_balance_resample(balance, rounds, G_N_ELEMENTS(rounds));
    return an_stats_deviation(rounds, G_N_ELEMENTS(rounds));
}

#define PAIRS 200

/* Disjoint pairs are independent: √(p (1 − p) / n). */
static void test_disjoint_pairs_are_binomial(void)
{
    double values[PAIRS];
    size_t caller[PAIRS], callee[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        values[i] = i % 4 == 0;
        caller[i] = 2 * i;
        callee[i] = 2 * i + 1;
    }
    const an_balance balance = {PAIRS, 2 * PAIRS, values, caller, callee};
    assert_near(spread_of(&balance), sqrt(.25 * .75 / PAIRS), .0025);
}

/* All that one callee is asked succeeds, and nothing of the other: as many sessions as there are say no more
 * than two draws would; each peer's sums of e are ±50, and 200 × 0.5² is each session's own. */
static void test_two_callees_are_two_draws(void)
{
    double values[PAIRS];
    size_t caller[PAIRS], callee[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        values[i] = i % 2 == 0;
        caller[i] = i;
        callee[i] = PAIRS + i % 2;
    }
    const an_balance balance = {PAIRS, PAIRS + 2, values, caller, callee};
    assert_near(spread_of(&balance), sqrt(2 * 50.0 * 50) / PAIRS, .03);
}

static void test_no_spread_no_interval(void)
{
    const double values[] = {.5, .5};
    const size_t caller[] = {0, 1}, callee[] = {1, 0};
    const an_balance balance = {2, 2, values, caller, callee};
    double rounds[3];
    an_balance_resample(&balance, rounds, 3);
    assert_near(rounds[0], .5, 0);
    assert_near(rounds[2], .5, 0);
}

/* --- verdicts --- */

static char *sprays(size_t hits, size_t n)
{
    g_autoptr(GString) rows = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *caller = g_strdup_printf("peer-%zu", 1000 + 2 * i);
        g_autofree char *callee = g_strdup_printf("peer-%zu", 1001 + 2 * i);
        population_session(rows, caller, callee, "port-restricted,symmetric", i < hits ? "sprayed-udp" : "relayed-udp");
    }
    return population_run(rows->str);
}

static an_verdict judge(const char *root, const char *claim)
{
    char *error = NULL;
    an_results *results = an_results_read(root, &error);
    const an_expect_text text = {.text = claim};
    an_expect *expect = an_expect_parse(&text, &error);
    g_assert_cmpstr(error, ==, NULL);
    const an_point *points[] = {&results->points[0]};
    an_judgement judgement;
    an_expect_judge(expect, points, 1, AN_STATISTICAL, &judgement);
    const an_verdict verdict = judgement.verdict;
    an_judgement_clear(&judgement);
    an_expect_free(expect);
    an_results_free(results);
    return verdict;
}

/* A spray always hits in this run; what misses is a surprise, on either side of 0. */
static void test_the_three_verdicts(void)
{
    static const struct {
        size_t hits, n;
        const char *claim;
        an_verdict verdict;
    } rows[] = {
        {400, 400, "path.surprise.sprayed-udp within 1%", AN_HELD},
        {399, 400, "path.surprise.sprayed-udp within 2%", AN_HELD},
        {396, 400, "path.surprise.sprayed-udp within 1%", AN_INCONCLUSIVE},
        {360, 400, "path.surprise.sprayed-udp within 1%", AN_FAILED},
        {360, 400, "path.surprise.relayed-udp within 1%", AN_FAILED},
        {360, 400, "path.surprise.relayed-udp within 15%", AN_HELD},
        {360, 400, "path.share.sprayed-udp == 100%", AN_FAILED},
        {400, 400, "path.share.relayed == 0%", AN_HELD},
        {400, 400, "never: path.share.relayed", AN_HELD},
        {399, 400, "never: path.share.relayed", AN_FAILED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *root = sprays(rows[i].hits, rows[i].n);
        g_assert_cmpint(judge(root, rows[i].claim), ==, rows[i].verdict);
        run_folder_free(root);
    }
}

static void test_within_is_for_differences(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"login.time.p50 within 3s", "x.yaml:7: 'within' is for differences, path.surprise.*"},
        {"path.surprise.punched-udp within 1s", "x.yaml:7: '1s' is not a bound for this metric"},
        {"path.surprise.punchd-udp within 1%", "did you mean 'path.surprise.punched-udp'"},
        {"path.surprise.punched{ends=natted} within 1%", "it is nated or one-nated or open"},
        {"path.class.punched-udp{ends=nated} >= 1%", "there is no label 'ends'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const an_expect_text text = {.text = rows[i].text, .position = "x.yaml:7"};
        g_autofree char *error = NULL;
        g_assert_null(an_expect_parse(&text, &error));
        if (!strstr(error, rows[i].says))
            g_error("'%s' does not say '%s'", error, rows[i].says);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/population/spray", test_the_chance_of_a_spray);
    g_test_add_func("/analysis/population/pairs", test_pairs_have_their_chances);
    g_test_add_func("/analysis/population/punchable", test_what_na_01_and_na_02_counted);
    g_test_add_func("/analysis/population/shares", test_shares_of_a_run);
    g_test_add_func("/analysis/population/damage", test_damage_is_told_by_line);
    g_test_add_func("/analysis/population/disjoint-pairs", test_disjoint_pairs_are_binomial);
    g_test_add_func("/analysis/population/two-callees", test_two_callees_are_two_draws);
    g_test_add_func("/analysis/population/no-spread", test_no_spread_no_interval);
    g_test_add_func("/analysis/population/verdicts", test_the_three_verdicts);
    g_test_add_func("/analysis/population/within", test_within_is_for_differences);
    return g_test_run();
}
