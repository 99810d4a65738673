/* test_random.c - streams are the published generator, repeat everywhere, and follow their laws. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "sim/net/random.h"

#define DRAWS 1000000

/* The first outputs of xoshiro256** from state 1, 2, 3, 4, as its reference implementation gives them. */
static void the_generator_is_xoshiro256_starstar(void)
{
    static const uint64_t expected[] = {
        11520u,
        0u,
        1509978240u,
        1215971899390074240u,
        1216172134540287360u,
        607988272756665600u,
        16172922978634559625u,
        8476171486693032832u,
        10595114339597558777u,
        2904607092377533576u,
    };
    net_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(net_random_u64(&random), ==, expected[i]);
}

static void assert_bits(double draw, double expected)
{
    g_assert_true(memcmp(&draw, &expected, sizeof draw) == 0);
}

/* Pinned values: another compiler, flag or CPU that changes one bit of a draw is caught here. */
static void draws_are_the_same_bits_everywhere(void)
{
    net_random random;
    net_random_init(&random, 42, 7, "alice", "link-up");
    g_assert_cmphex(net_random_u64(&random), ==, 0xa620992b80d930acu);
    g_assert_cmpuint(net_random_below(&random, 1000), ==, 503);
    assert_bits(net_random_unit(&random), 0x1.0582355877858p-2);
    assert_bits(net_random_exponential(&random, 2.0), 0x1.25aa43bfe8535p-2);
    assert_bits(net_random_normal(&random), 0x1.71cbd0f97db0ap+0);
    assert_bits(net_random_lognormal(&random, 3.0, 0.5), 0x1.30758aa33108p+1);
    assert_bits(net_random_pareto(&random, 1.5, 10.0), 0x1.e0a9ffa4e97b6p+3);
    uint8_t bytes[11];
    static const uint8_t expected[sizeof bytes] = {0xe1, 0xf0, 0x46, 0x70, 0xe1, 0x60, 0x67, 0xb5, 0xd5, 0x97, 0xf6};
    net_random_bytes(&random, bytes, sizeof bytes);
    g_assert_true(memcmp(bytes, expected, sizeof expected) == 0);
}

/* A long run of each law, hashed: the rare branches (rejection, tails) are pinned too. */
static void long_runs_are_the_same_bits_everywhere(void)
{
    net_random random;
    net_random_init(&random, 1, 0, "golden", "long");
    uint64_t hash = 0;
    for (int i = 0; i < 100000; i++) {
        double draws[4]; /* one by one: the order of an initializer is the compiler's choice */
        draws[0] = net_random_normal(&random);
        draws[1] = net_random_exponential(&random, 1.0);
        draws[2] = net_random_lognormal(&random, 1.0, 2.0);
        draws[3] = net_random_pareto(&random, 0.7, 1.0);
        for (size_t k = 0; k < G_N_ELEMENTS(draws); k++) {
            uint64_t bits;
            memcpy(&bits, &draws[k], sizeof bits);
            hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        }
    }
    g_assert_cmphex(hash, ==, 0xe62219c9f12e69b7u);
}

static uint64_t first_of(uint64_t seed, uint32_t replication, const char *name, const char *purpose)
{
    net_random random;
    net_random_init(&random, seed, replication, name, purpose);
    return net_random_u64(&random);
}

static void each_of_the_four_keys_makes_another_stream(void)
{
    uint64_t base = first_of(1, 0, "a", "bc");
    g_assert_cmphex(base, ==, first_of(1, 0, "a", "bc"));
    g_assert_cmphex(base, !=, first_of(2, 0, "a", "bc"));
    g_assert_cmphex(base, !=, first_of(1, 1, "a", "bc"));
    g_assert_cmphex(base, !=, first_of(1, 0, "b", "bc"));
    g_assert_cmphex(base, !=, first_of(1, 0, "a", "bd"));
    g_assert_cmphex(base, !=, first_of(1, 0, "ab", "c"));
}

static double relative(double got, double expected)
{
    return expected == 0.0 ? fabs(got) : fabs(got - expected) / fabs(expected);
}

static void log_is_within_1e_14_of_the_c_library(void)
{
    for (int i = -1070; i < 1023; i++)
        for (double f = 1.0; f < 2.0; f += 0.0078125) {
            double x = ldexp(f, i);
            g_assert_cmpfloat(relative(net_log(x), log(x)), <, 1e-14);
        }
    for (double x = 0.5; x < 2.0; x += 1e-5)
        if (fabs(x - 1.0) > 1e-9)
            g_assert_cmpfloat(relative(net_log(x), log(x)), <, 1e-14);
    g_assert_cmpfloat(net_log(1.0), ==, 0.0);
    g_assert_true(isinf(net_log(0.0)));
    g_assert_cmpfloat(relative(net_log(1.0 + 0x1p-52), log(1.0 + 0x1p-52)), <, 1e-14);
    g_assert_cmpfloat(relative(net_log(0x1p-1074), log(0x1p-1074)), <, 1e-14);
    g_assert_cmpfloat(relative(net_log(0x1.fffffffffffffp1023), log(0x1.fffffffffffffp1023)), <, 1e-14);
}

static void exp_is_within_1e_14_of_the_c_library(void)
{
    for (double x = -708.0; x < 709.7; x += 0.00371)
        g_assert_cmpfloat(relative(net_exp(x), exp(x)), <, 1e-14);
    g_assert_cmpfloat(net_exp(0.0), ==, 1.0);
    g_assert_cmpfloat(net_exp(-800.0), ==, 0.0);
    g_assert_true(isinf(net_exp(800.0)));
}

/* 1 000 000 draws: the standard error of a mean of unit variance is 0.001; the bounds are five of them. */
static void draws_follow_their_laws(void)
{
    net_random random;
    net_random_init(&random, 3, 0, "laws", "test");
    double unit = 0.0, exponential = 0.0, normal = 0.0, square = 0.0, fourth = 0.0;
    unsigned below_median = 0, pareto_above = 0, lognormal_above = 0;
    for (int i = 0; i < DRAWS; i++) {
        unit += net_random_unit(&random);
        exponential += net_random_exponential(&random, 4.0);
        double n = net_random_normal(&random);
        normal += n;
        square += n * n;
        fourth += n * n * n * n;
        below_median += net_random_lognormal(&random, 5.0, 1.0) < 5.0;
        lognormal_above += net_random_lognormal(&random, 5.0, 1.0) > 5.0 * exp(1.0);
        pareto_above += net_random_pareto(&random, 2.0, 3.0) > 6.0;
    }
    g_assert_cmpfloat(fabs(unit / DRAWS - 0.5), <, 5 * 0.000289);
    g_assert_cmpfloat(fabs(exponential / DRAWS - 4.0), <, 5 * 0.004);
    g_assert_cmpfloat(fabs(normal / DRAWS), <, 5 * 0.001);
    g_assert_cmpfloat(fabs(square / DRAWS - 1.0), <, 5 * 0.00142);
    g_assert_cmpfloat(fabs(fourth / DRAWS - 3.0), <, 5 * 0.0098);
    g_assert_cmpfloat(fabs(below_median / (double)DRAWS - 0.5), <, 5 * 0.0005);
    g_assert_cmpfloat(fabs(lognormal_above / (double)DRAWS - 0.158655), <, 5 * 0.00037);
    g_assert_cmpfloat(fabs(pareto_above / (double)DRAWS - 0.25), <, 5 * 0.00044);
}

static void below_is_even_and_stays_below(void)
{
    net_random random;
    net_random_init(&random, 4, 0, "below", "test");
    unsigned counts[7] = {0};
    for (int i = 0; i < 700000; i++) {
        uint64_t draw = net_random_below(&random, 7);
        g_assert_cmpuint(draw, <, 7);
        counts[draw]++;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        g_assert_cmpfloat(fabs(counts[i] - 100000.0), <, 5 * 293.0);
    g_assert_cmpuint(net_random_below(&random, 1), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/random/xoshiro256-starstar", the_generator_is_xoshiro256_starstar);
    g_test_add_func("/net/random/golden", draws_are_the_same_bits_everywhere);
    g_test_add_func("/net/random/golden-run", long_runs_are_the_same_bits_everywhere);
    g_test_add_func("/net/random/streams-differ", each_of_the_four_keys_makes_another_stream);
    g_test_add_func("/net/random/log", log_is_within_1e_14_of_the_c_library);
    g_test_add_func("/net/random/exp", exp_is_within_1e_14_of_the_c_library);
    g_test_add_func("/net/random/laws", draws_follow_their_laws);
    g_test_add_func("/net/random/below", below_is_even_and_stays_below);
    return g_test_run();
}
