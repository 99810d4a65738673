/* Statistics against tables and published values. */
#include <glib.h>
#include <math.h>

#include "analysis/stats.h"

static void near_to(double value, double wanted, double tolerance)
{
    if (fabs(value - wanted) > tolerance)
        g_error("%.12g is not within %g of %.12g", value, tolerance, wanted);
}

static void test_student_table(void)
{
    /* two-sided 95 % and 99 % points, as in every table of t */
    near_to(an_stats_student_inverse(0.975, 1), 12.7062, 5e-5);
    near_to(an_stats_student_inverse(0.975, 4), 2.77645, 5e-6);
    near_to(an_stats_student_inverse(0.975, 11), 2.20099, 5e-6);
    near_to(an_stats_student_inverse(0.975, 120), 1.97993, 5e-6);
    near_to(an_stats_student_inverse(0.995, 9), 3.24984, 5e-6);
    near_to(an_stats_student_inverse(0.025, 4), -2.77645, 5e-6);
    near_to(an_stats_student(0, 7), 0.5, 1e-12);
    near_to(an_stats_normal_inverse(0.975), 1.959964, 5e-7);
}

static void test_mean_interval(void)
{
    /* 1 2 3 4 5: mean 3, s² 2.5, s/√5 = 0.707107, t(0.975, 4) = 2.776445 → 3 ± 1.963243 */
    static const double values[] = {1, 2, 3, 4, 5};
    an_interval interval = an_stats_mean_interval(values, 5, 0.95);
    near_to(interval.low, 1.036757, 1e-6);
    near_to(interval.high, 4.963243, 1e-6);
    static const double equal[] = {49, 49, 49};
    interval = an_stats_mean_interval(equal, 3, 0.95);
    near_to(interval.high - interval.low, 0, 0);
    /* p is the level at which the interval touches the bound */
    near_to(an_stats_mean_p(values, 5, interval.low), an_stats_mean_p(values, 5, interval.high), 1);
    near_to(an_stats_mean_p(values, 5, 1.036757), 0.05, 1e-6);
}

static void test_wilson(void)
{
    /* 100 of 100: low = n / (n + z²) = 100 / 103.8415 */
    an_interval all = an_stats_wilson(100, 100, 0.95);
    near_to(all.low, 0.963007, 1e-6);
    near_to(all.high, 1, 0);
    /* 81 of 263, Newcombe 1998 (Statistics in Medicine 17:857), table I: 0.2553 to 0.3662 */
    an_interval some = an_stats_wilson(81, 263, 0.95);
    near_to(some.low, 0.2553, 5e-5);
    near_to(some.high, 0.3662, 5e-5);
    /* 0 of 20, same table: 0 to 0.1611 */
    an_interval none = an_stats_wilson(0, 20, 0.95);
    near_to(none.low, 0, 0);
    near_to(none.high, 0.1611, 5e-5);
    near_to(an_stats_share_p(81, 263, some.low), 0.05, 1e-9);
}

static void test_quantiles_are_values_that_occurred(void)
{
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    near_to(an_stats_quantile(values, 20, 0.5), 10, 0);
    near_to(an_stats_quantile(values, 20, 0.95), 19, 0);
    near_to(an_stats_quantile(values, 20, 0.99), 20, 0);
    near_to(an_stats_quantile(values, 20, 0.05), 1, 0);
    near_to(an_stats_quantile(values, 1, 0.01), 1, 0);
    near_to(an_stats_quantile(values, 3, 0.5), 2, 0);
}

static void test_holm(void)
{
    /* 0.01 ≤ 0.05/4, 0.0125 ≤ 0.05/3, 0.03 > 0.05/2: it and all above it stay open */
    static const double p[] = {0.03, 0.01, 0.04, 0.0125};
    bool decisive[4];
    an_stats_holm(p, 4, 0.05, decisive);
    g_assert_false(decisive[0]);
    g_assert_true(decisive[1]);
    g_assert_false(decisive[2]);
    g_assert_true(decisive[3]);
}

static void test_resampling_repeats(void)
{
    uint64_t first = 1, second = 1;
    size_t a[1000], b[1000], seen[10] = {0};
    an_stats_resample(&first, a, 1000);
    an_stats_resample(&second, b, 1000);
    for (size_t i = 0; i < 1000; i++) {
        g_assert_cmpuint(a[i], ==, b[i]);
        seen[a[i] / 100]++;
    }
    for (size_t i = 0; i < 10; i++) { /* binomial(1000, 0.1): ± 5 standard deviations */
        g_assert_cmpuint(seen[i], >, 52);
        g_assert_cmpuint(seen[i], <, 148);
    }
}

static void test_rounding(void)
{
    near_to(an_stats_round(1.23456749), 1.23457, 0);
    near_to(an_stats_round(-0.000123456789), -0.000123457, 0);
    near_to(an_stats_round(0), 0, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/analysis/stats/student-table", test_student_table);
    g_test_add_func("/analysis/stats/mean-interval", test_mean_interval);
    g_test_add_func("/analysis/stats/wilson", test_wilson);
    g_test_add_func("/analysis/stats/quantiles", test_quantiles_are_values_that_occurred);
    g_test_add_func("/analysis/stats/holm", test_holm);
    g_test_add_func("/analysis/stats/resampling-repeats", test_resampling_repeats);
    g_test_add_func("/analysis/stats/rounding", test_rounding);
    return g_test_run();
}
