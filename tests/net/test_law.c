/* test_law.c - spans follow their laws, what is left of them is the steady state's, and a day's rate is a day's. */
#include <glib.h>
#include <math.h>

#include "sim/net/law.h"

#define DRAWS 200000

static const pl_span spans[] = {PL_MINUTE, 3 * PL_MINUTE, 8 * PL_MINUTE};

/* mean and second moment in minutes, from the textbooks; the mean of what is left is E[X²] / 2 E[X]. */
static const struct {
    const char *name;
    net_law law;
    double mean, square;
} laws[] = {
    {"fixed", {.kind = NET_LAW_FIXED, .scale = 10.0 * PL_MINUTE}, 10, 100},
    {"exponential", {.kind = NET_LAW_EXPONENTIAL, .scale = 10.0 * PL_MINUTE}, 10, 200},
    /* shape 4: mean 4/3, second moment 4/2 of scale and its square. */
    {"pareto", {.kind = NET_LAW_PARETO, .scale = 10.0 * PL_MINUTE, .shape = 4}, 40.0 / 3, 200},
    /* shape ½: mean 2, second moment Γ(5) = 24. */
    {"weibull", {.kind = NET_LAW_WEIBULL, .scale = 1.0 * PL_MINUTE, .shape = 0.5}, 2, 24},
    {"lognormal", {.kind = NET_LAW_LOGNORMAL, .scale = 10.0 * PL_MINUTE, .shape = 0.5}, 11.331484530668263,
     164.87212707001282},
    {"trace", {.kind = NET_LAW_TRACE, .n = 3, .spans = spans}, 4, 74.0 / 3},
};

static double mean_of(const net_law *law, pl_span (*draw)(const net_law *, net_random *))
{
    net_random random;
    double sum = 0;
    net_random_init(&random, 11, 0, "law", "draws");
    for (int i = 0; i < DRAWS; i++)
        sum += (double)draw(law, &random) / PL_MINUTE;
    return sum / DRAWS;
}

static void means_are_those_of_the_textbooks(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        g_test_message("%s", laws[i].name);
        g_assert_cmpfloat_with_epsilon(net_law_mean(&laws[i].law) / PL_MINUTE, laws[i].mean, 1e-9);
        g_assert_cmpfloat_with_epsilon(mean_of(&laws[i].law, net_law_draw), laws[i].mean, 0.03 * laws[i].mean);
    }
}

static void what_is_left_is_that_of_the_steady_state(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        const double expected = laws[i].square / 2 / laws[i].mean;
        g_test_message("%s", laws[i].name);
        g_assert_cmpfloat_with_epsilon(mean_of(&laws[i].law, net_law_residual), expected, 0.03 * expected);
    }
}

/* With exponential sessions what is left is another session: nobody knows how long it has lasted. */
static void the_exponential_has_no_memory(void)
{
    const net_law law = {.kind = NET_LAW_EXPONENTIAL, .scale = 1.0 * PL_SECOND};
    net_random random;
    size_t beyond = 0;
    net_random_init(&random, 3, 0, "law", "memory");
    for (int i = 0; i < DRAWS; i++)
        beyond += net_law_residual(&law, &random) > PL_SECOND;
    g_assert_cmpfloat_with_epsilon((double)beyond / DRAWS, exp(-1), 0.005);
}

static void tails_stay_within_a_century(void)
{
    const net_law law = {.kind = NET_LAW_PARETO, .scale = 1e18, .shape = 1.0001};
    net_random random;
    net_random_init(&random, 3, 0, "law", "tail");
    for (int i = 0; i < 1000; i++) {
        g_assert_cmpint(net_law_draw(&law, &random), <=, INT64_C(3155760000000000000));
        g_assert_cmpint(net_law_residual(&law, &random), >=, 1);
    }
}

static void the_sine_is_the_sine(void)
{
    for (double turns = -2; turns <= 2; turns += 0.01)
        g_assert_cmpfloat_with_epsilon(net_sine(turns), sin(2 * G_PI * turns), 1e-11);
}

static void a_day_does_a_days_work(void)
{
    const net_day flat = {0, 0}, day = {0.25, 20 * PL_HOUR};
    g_assert_cmpint(ABS(net_day_after(&flat, PL_HOUR, 5 * PL_HOUR) - 6 * PL_HOUR), <, PL_MICROSECOND);
    g_assert_cmpint(ABS(net_day_after(&day, 3 * PL_HOUR, 24 * PL_HOUR) - 27 * PL_HOUR), <, PL_MICROSECOND);
    /* Around the peak an hour's work takes less than an hour, at night more; the integral says how much. */
    pl_time evening = net_day_after(&day, 20 * PL_HOUR, PL_HOUR) - 20 * PL_HOUR;
    pl_time morning = net_day_after(&day, 8 * PL_HOUR, PL_HOUR) - 8 * PL_HOUR;
    double h = (double)evening / PL_HOUR;
    g_assert_cmpfloat_with_epsilon(h + 0.25 * 24 / (2 * G_PI) * sin(2 * G_PI * h / 24), 1, 1e-9);
    g_assert_cmpint(evening, <, 49 * PL_MINUTE);
    g_assert_cmpint(morning, >, 79 * PL_MINUTE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/law/means", means_are_those_of_the_textbooks);
    g_test_add_func("/net/law/residual", what_is_left_is_that_of_the_steady_state);
    g_test_add_func("/net/law/memory", the_exponential_has_no_memory);
    g_test_add_func("/net/law/tails", tails_stay_within_a_century);
    g_test_add_func("/net/law/sine", the_sine_is_the_sine);
    g_test_add_func("/net/law/day", a_day_does_a_days_work);
    return g_test_run();
}
