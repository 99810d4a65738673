/* test_steady.c - where a transient ends, how two points differ on the same draws, and windows of a run. */
#include "analysis/steady/mser.h"
#include "analysis/steady/precision.h"
#include "analysis/summary.h"
#include "tests/analysis/run_folder.h"

/* Twenty samples on the way up, then a level with a ripple that has no trend: the cut is where the level begins. */
static void a_ramp_is_cut_off(void)
{
    double values[200];
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = (i < 20 ? 5.0 * (double)i : 100) + (i % 2 ? 0.5 : -0.5);
    g_assert_cmpuint(an_mser5(values, G_N_ELEMENTS(values)), ==, 20);
}

static void a_level_is_kept_whole(void)
{
    double values[100];
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = i % 5 == 2 ? 11 : 10;
    g_assert_cmpuint(an_mser5(values, G_N_ELEMENTS(values)), ==, 0);
}

/* A trend that never ends is no transient: half is the most that is given up. */
static void at_most_half_is_given_up(void)
{
    double values[100];
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = (double)i;
    g_assert_cmpuint(an_mser5(values, G_N_ELEMENTS(values)), ==, 50);
}

static const char *const points = "point,case\n0,a\n1,b\n";

static char *gauge(const double *values, size_t n, const char *act)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        if (act && i == 2)
            g_string_append_printf(text, "%zu000000000,world,timeline.%s,,1,count\n", 2 * i, act);
        g_string_append_printf(text, "%zu000000000,world,overlay.online,,%g,1\n", 2 * i, values[i]);
    }
    return g_string_free(text, FALSE);
}

/* Four replications whose luck differs much more than the two points do. */
static char *paired_folder(void)
{
    static const double luck[] = {0.10, 0.40, 0.25, 0.70};
    static const double gain[] = {0.05, 0.06, 0.04, 0.05};
    char *root = run_folder_new();
    run_folder_put(root, "points.csv", points);
    for (unsigned p = 0; p < 2; p++)
        for (unsigned r = 0; r < 4; r++) {
            const double value = luck[r] + (p == 0 ? gain[r] : 0);
            const double values[] = {1, 1, value, value, 0.9};
            g_autofree char *series = gauge(values, G_N_ELEMENTS(values), "storm");
            run_folder_replication(root, p, r, series, "");
        }
    return root;
}

/* Unpaired, the interval would be some 0.6 wide; paired, it is that of the gains: 0.05 ± 3.182 · 0.00816 / 2. */
static void what_pairs_have_in_common_falls_out(void)
{
    char *root = paired_folder(), *error = NULL;
    an_results *results = an_results_read(root, &error);
    an_compare *compare = an_compare_parse(
        &(an_compare_text){.metric = "overlay.online at +1s after storm", .a = "a", .b = "case == b", .that = "> 3%"},
        &error);
    g_assert_cmpstr(error, ==, NULL);
    g_autoptr(GArray) differences = g_array_new(FALSE, TRUE, sizeof(an_difference));
    an_compare_points(compare, results, differences);
    g_assert_cmpuint(differences->len, ==, 1);
    const an_difference *d = &g_array_index(differences, an_difference, 0);
    g_assert_cmpuint(d->n, ==, 4);
    g_assert_cmpfloat_with_epsilon(d->value, 0.05, 1e-12);
    g_assert_cmpfloat_with_epsilon(d->interval.low, 0.05 - 3.182446 * 0.0081650 / 2, 1e-6);
    g_assert_cmpint(d->verdict, ==, AN_HELD);
    an_compare_free(compare);
    an_results_free(results);
    run_folder_free(root);
}

static an_verdict verdict_of(const char *root, const char *text)
{
    char *error = NULL;
    const an_expect_text expect = {.text = text};
    an_summary *summary = an_summary_new(root, &(an_options){.expectations = &expect, .n_expectations = 1,
                                                             .certainty = AN_DETERMINISTIC}, &error);
    g_assert_cmpstr(error, ==, NULL);
    an_verdict verdict = an_summary_verdict(summary);
    an_summary_free(summary);
    return verdict;
}

/* 1 at 0 and 2 s, an act at 4 s, 0.3 at 4 and 6 s, 0.9 at 8 s. */
static void claims_look_at_their_part_of_the_run(void)
{
    static const struct {
        const char *text;
        an_verdict verdict;
    } claims[] = {
        {"overlay.online >= 90%", AN_HELD},
        {"overlay.online >= 95%", AN_FAILED},
        {"overlay.online == 100% at 3s", AN_HELD},
        {"overlay.online <= 30% at 5s", AN_HELD},
        {"overlay.online <= 30% at +1s after storm", AN_HELD},
        {"overlay.online >= 90% during 0s..3s", AN_HELD},
        {"overlay.online >= 90% during 0s..5s", AN_FAILED},
        {"overlay.online <= 50% during 0s..3s after storm", AN_HELD},
        {"overlay.online >= 90% within 3s after storm", AN_FAILED},
        {"overlay.online >= 90% within 4s after storm", AN_HELD},
        {"overlay.online.mean >= 60% during 2s..6s", AN_FAILED},
        {"overlay.online.mean >= 53% during 2s..6s", AN_HELD},
        {"overlay.online.min >= 30%", AN_HELD},
        {"overlay.online >= 1% at 1s after calm", AN_FAILED}, /* there was no such act: nothing was measured */
    };
    const double values[] = {1, 1, 0.3, 0.3, 0.9};
    char *root = run_folder_new();
    g_autofree char *series = gauge(values, G_N_ELEMENTS(values), "storm");
    run_folder_put(root, "points.csv", "point\n0\n");
    run_folder_replication(root, 0, 0, series, "");
    for (size_t i = 0; i < G_N_ELEMENTS(claims); i++) {
        g_test_message("%s", claims[i].text);
        g_assert_cmpint(verdict_of(root, claims[i].text), ==, claims[i].verdict);
    }
    run_folder_free(root);
}

static void malformed_windows_are_told(void)
{
    static const char *const bad[] = {"overlay.online >= 1% at noon", "overlay.online >= 1% during 5s",
                                      "overlay.online >= 1% during 9s..5s", "overlay.online >= 1% within after x",
                                      "overlay.online >= 1% at 5s after "};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *error = NULL;
        g_test_message("%s", bad[i]);
        g_assert_null(an_expect_parse(&(an_expect_text){.text = bad[i]}, &error));
        g_assert_nonnull(error);
    }
}

/* The width is 4 × t(3) × s / √4; a fourth of it takes sixteen times as many, and twice is the most at a time. */
static void replications_are_asked_for_by_width(void)
{
    char *root = paired_folder(), *error = NULL;
    an_precision *wide = an_precision_parse("overlay.online at 1s", "90%", &error);
    an_precision *narrow = an_precision_parse("overlay.online at 5s", "20%", &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_cmpuint(an_precision_replications(wide, root, 4, &error), ==, 4);
    g_assert_cmpuint(an_precision_replications(narrow, root, 4, &error), ==, 8);
    g_assert_null(an_precision_parse("overlay.online", "20s", &error));
    g_free(error);
    an_precision_free(wide);
    an_precision_free(narrow);
    run_folder_free(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/steady/ramp", a_ramp_is_cut_off);
    g_test_add_func("/analysis/steady/level", a_level_is_kept_whole);
    g_test_add_func("/analysis/steady/half", at_most_half_is_given_up);
    g_test_add_func("/analysis/steady/pairs", what_pairs_have_in_common_falls_out);
    g_test_add_func("/analysis/steady/windows", claims_look_at_their_part_of_the_run);
    g_test_add_func("/analysis/steady/malformed", malformed_windows_are_told);
    g_test_add_func("/analysis/steady/precision", replications_are_asked_for_by_width);
    return g_test_run();
}
