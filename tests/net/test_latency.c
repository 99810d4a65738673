/* test_latency.c - the latency policies: fixed, symmetric, placed by name; and files that are wrong. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "sim/net/latency.h"

#define HOSTS 300

static net_latency *make(const net_latency_options *options, uint64_t seed, uint32_t replication)
{
    char *error = NULL;
    net_latency *latency = net_latency_find(options->policy)->create(options, seed, replication, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_nonnull(latency);
    return latency;
}

static void place(const net_latency_policy *policy, net_latency *latency, uint32_t host, const char *name,
                  uint64_t seed)
{
    net_random random;
    net_random_init(&random, seed, 0, name, "latency");
    policy->place(latency, host, name, &random);
}

static net_latency *make_with_hosts(const net_latency_options *options, uint64_t seed)
{
    const net_latency_policy *policy = net_latency_find(options->policy);
    net_latency *latency = make(options, seed, 0);
    for (uint32_t i = 0; i < HOSTS; i++) {
        char *name = g_strdup_printf("host-%u", i);
        place(policy, latency, i, name, seed);
        g_free(name);
    }
    return latency;
}

static void every_policy_has_a_name_and_a_help_line(void)
{
    const net_latency_policy *const *policies = net_latency_policies();
    unsigned n = 0;
    for (; policies[n]; n++) {
        g_assert_true(net_latency_find(policies[n]->name) == policies[n]);
        g_assert_cmpuint(strlen(policies[n]->help), >, 0);
    }
    g_assert_cmpuint(n, ==, 5);
    g_assert_null(net_latency_find("no-such"));
}

static void constant_is_the_same_for_all(void)
{
    net_latency_options options = {.policy = "constant", .constant_ns = 12345};
    net_latency *latency = make_with_hosts(&options, 1);
    g_assert_cmpint(net_latency_find("constant")->between(latency, 3, 200), ==, 12345);
    net_latency_find("constant")->destroy(latency);
}

static bool is_odd(const void *ctx, uint32_t host)
{
    return host % 2 == *(const uint32_t *)ctx;
}

static void legs_tell_peers_from_the_others(void)
{
    const uint32_t one = 1;
    net_latency_options options = {
        .policy = "legs", .peers_ns = 150, .others_ns = 10, .is_peer = is_odd, .is_peer_ctx = &one};
    net_latency *latency = make_with_hosts(&options, 1);
    const net_latency_policy *legs = net_latency_find("legs");
    g_assert_cmpint(legs->between(latency, 1, 3), ==, 150);
    g_assert_cmpint(legs->between(latency, 1, 2), ==, 10);
    g_assert_cmpint(legs->between(latency, 2, 1), ==, 10);
    g_assert_cmpint(legs->between(latency, 2, 4), ==, 10);
    legs->destroy(latency);
    options.is_peer = NULL; /* where nobody says who is one */
    latency = make_with_hosts(&options, 1);
    g_assert_cmpint(legs->between(latency, 1, 3), ==, 10);
    legs->destroy(latency);
}

static void coordinates_are_symmetric_and_within_bounds(void)
{
    const net_latency_policy *policy = net_latency_find("coordinates");
    net_latency_options options = {
        .policy = "coordinates", .scale_ns = 100 * PL_MILLISECOND, .floor_ns = 5 * PL_MILLISECOND};
    net_latency *latency = make_with_hosts(&options, 1);
    double sum = 0.0;
    for (uint32_t a = 0; a < HOSTS; a++)
        for (uint32_t b = 0; b < a; b++) {
            pl_span delay = policy->between(latency, a, b);
            g_assert_cmpint(delay, ==, policy->between(latency, b, a));
            g_assert_cmpint(delay, >=, options.floor_ns);
            g_assert_cmpfloat((double)delay, <=, 5e6 + 100e6 * sqrt(2.0));
            sum += (double)(delay - options.floor_ns) / 100e6;
        }
    /* Mean distance of two points in a unit square: (2 + √2 + 5 asinh 1) / 15 = 0.5214. */
    g_assert_cmpfloat(fabs(sum / (HOSTS * (HOSTS - 1) / 2.0) - 0.5214), <, 0.03);
    policy->destroy(latency);
}

/* Without noise no detour is shorter; with it many are. */
static void noise_makes_triangle_violations(void)
{
    const net_latency_policy *policy = net_latency_find("coordinates");
    unsigned violations[2] = {0, 0};
    for (int noisy = 0; noisy < 2; noisy++) {
        net_latency_options options = {.policy = "coordinates",
                                       .scale_ns = 100 * PL_MILLISECOND,
                                       .noise = noisy ? 0.5 : 0.0};
        net_latency *latency = make_with_hosts(&options, 1);
        for (uint32_t a = 0; a < 40; a++)
            for (uint32_t b = 0; b < a; b++)
                for (uint32_t c = 0; c < b; c++)
                    violations[noisy] += policy->between(latency, a, c) >
                                         policy->between(latency, a, b) + policy->between(latency, b, c) + 2;
        policy->destroy(latency);
    }
    g_assert_cmpuint(violations[0], ==, 0);
    g_assert_cmpuint(violations[1], >, 300); /* of 9 880 triangles */
}

/* The factor's logarithm has mean 0 and the given sigma. */
static void noise_is_lognormal(void)
{
    const net_latency_policy *policy = net_latency_find("coordinates");
    net_latency_options plain = {.policy = "coordinates", .scale_ns = 1000 * PL_SECOND};
    net_latency_options noisy = plain;
    noisy.noise = 0.3;
    net_latency *without = make_with_hosts(&plain, 1);
    net_latency *with = make_with_hosts(&noisy, 1);
    double sum = 0.0, square = 0.0;
    unsigned n = 0;
    for (uint32_t a = 0; a < HOSTS; a++)
        for (uint32_t b = 0; b < a; b++, n++) {
            double l = log((double)policy->between(with, a, b) / (double)policy->between(without, a, b));
            sum += l;
            square += l * l;
        }
    g_assert_cmpfloat(fabs(sum / n), <, 0.025);
    g_assert_cmpfloat(fabs(sqrt(square / n) - 0.3), <, 0.02);
    policy->destroy(without);
    policy->destroy(with);
}

/* One more host moves nobody; another seed moves all. */
static void a_host_more_shifts_nobody(void)
{
    const net_latency_policy *policy = net_latency_find("coordinates");
    net_latency_options options = {.policy = "coordinates", .scale_ns = PL_SECOND, .noise = 0.4};
    net_latency *two = make(&options, 9, 0);
    place(policy, two, 0, "alice", 9);
    place(policy, two, 1, "bob", 9);
    net_latency *three = make(&options, 9, 0);
    place(policy, three, 0, "probe", 9);
    place(policy, three, 1, "alice", 9);
    place(policy, three, 2, "bob", 9);
    net_latency *other = make(&options, 10, 0);
    place(policy, other, 0, "alice", 10);
    place(policy, other, 1, "bob", 10);
    g_assert_cmpint(policy->between(two, 0, 1), ==, policy->between(three, 1, 2));
    g_assert_cmpint(policy->between(two, 0, 1), !=, policy->between(other, 0, 1));
    policy->destroy(two);
    policy->destroy(three);
    policy->destroy(other);
}

/* Writes a temporary file; the name is the caller's. */
static char *write_file(const char *text)
{
    char *name = NULL;
    int fd = g_file_open_tmp("latency-XXXXXX", &name, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(name, text, -1, NULL));
    return name;
}

static void a_matrix_is_read_and_averaged(void)
{
    const net_latency_policy *policy = net_latency_find("matrix");
    char *name = write_file("# measured\nunit ms  # one way\n\n0.5 10 20.25\n12 1.5 30\n20.75 30 2.5");
    net_latency_options options = {.policy = "matrix", .file = name};
    net_latency *latency = make_with_hosts(&options, 1);
    unsigned seen[6] = {0};
    static const pl_span expected[6] = {500, 1500, 2500, 11000, 20500, 30000};
    for (uint32_t a = 0; a < HOSTS; a++)
        for (uint32_t b = 0; b < a; b++) {
            pl_span delay = policy->between(latency, a, b);
            g_assert_cmpint(delay, ==, policy->between(latency, b, a));
            unsigned found = 0;
            for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
                if (delay == expected[i] * PL_MICROSECOND) {
                    seen[i]++;
                    found++;
                }
            g_assert_cmpuint(found, ==, 1);
        }
    for (size_t i = 0; i < G_N_ELEMENTS(seen); i++)
        g_assert_cmpuint(seen[i], >, 2000); /* of 44 850 pairs, a ninth or two ninths each */
    policy->destroy(latency);
    g_unlink(name);
    g_free(name);
}

static void regions_have_their_shares_and_delays(void)
{
    const net_latency_policy *policy = net_latency_find("regions");
    char *name = write_file("unit s\nregion eu 3\nregion us 1\ndelay eu eu 0.015\ndelay us eu 0.045\n"
                            "delay us us 0.020\n");
    net_latency_options options = {.policy = "regions", .file = name};
    net_latency *latency = make_with_hosts(&options, 1);
    unsigned same_eu = 0, mixed = 0, same_us = 0;
    for (uint32_t a = 0; a < HOSTS; a++)
        for (uint32_t b = 0; b < a; b++) {
            pl_span delay = policy->between(latency, a, b);
            same_eu += delay == 15 * PL_MILLISECOND;
            mixed += delay == 45 * PL_MILLISECOND;
            same_us += delay == 20 * PL_MILLISECOND;
        }
    g_assert_cmpuint(same_eu + mixed + same_us, ==, HOSTS * (HOSTS - 1) / 2);
    double share = (1.0 + sqrt(1.0 - 2.0 * mixed / (HOSTS * (HOSTS - 1) / 2.0))) / 2.0; /* 2 s (1 − s) mixed */
    g_assert_cmpfloat(fabs(share - 0.75), <, 0.1);
    policy->destroy(latency);
    g_unlink(name);
    g_free(name);
}

/* The place and the words of each fault. */
static void a_wrong_file_is_told_by_place_and_cause(void)
{
    static const struct {
        const char *policy, *text, *expected;
    } rows[] = {
        {"matrix", "", ":1:1: error: the file holds no matrix"},
        {"matrix", "0 1\n1 0\n", ":1:1: error: a delay comes before the unit"},
        {"matrix", "unit\n", ":1:1: error: the unit is missing"},
        {"matrix", "unit hours\n", ":1:6: error: \"hours\" is not a unit"},
        {"matrix", "unit ms 3\n", ":1:9: error: \"3\" comes after the unit"},
        {"matrix", "unit ms\n0 1\n1 x0\n", ":3:3: error: \"x0\" is not a number"},
        {"matrix", "unit ms\n0 1\n1 -5\n", ":3:3: error: \"-5\" is not a number"},
        {"matrix", "unit ms\n0 1\n1 nan\n", ":3:3: error: \"nan\" is not a number"},
        {"matrix", "unit ms\n0 1\n1 1.2.3\n", ":3:3: error: \"1.2.3\" is not a number"},
        {"matrix", "unit ms\n0 1\n1 .\n", ":3:3: error: \".\" is not a number"},
        {"matrix", "unit ms\n0 1\n1 60001\n", ":3:3: error: 60001 is too large; at most 60000"},
        {"matrix", "unit ms\n0 1\n1\n", ":3:1: error: row 2 has 1 figures, the first has 2"},
        {"matrix", "unit ms\n0 1\n", ":2:3: error: the file ends after row 1 of 2"},
        {"matrix", "unit ms\n0\n1\n", ":3:1: error: row 2 is one too many"},
        {"matrix", "unit ms\n0 \001\n", ":2:3: error: the file holds the byte 0x01"},
        {"matrix", "unit ms\n0000000000000000000000000000000000000000000000000000000000000000000 1\n",
         ":2:1: error: this word has 67 characters"},
        {"regions", "", ":1:1: error: the file names no region"},
        {"regions", "unit ms\nregion eu\n", ":2:8: error: the share of the region is missing"},
        {"regions", "unit ms\nregion\n", ":2:1: error: the name of a region is missing"},
        {"regions", "unit ms\nregion eu 1\nregion eu 1\n", ":3:8: error: the region \"eu\" is there already"},
        {"regions", "unit ms\nregion eu 0\ndelay eu eu 1\n", "error: the file names no region with a share"},
        {"regions", "unit ms\nregion eu 1\ndelay eu us 1\n", ":3:10: error: there is no region \"us\""},
        {"regions", "unit ms\nregion eu 1\ndelay eu eu\n", ":3:10: error: the delay is missing"},
        {"regions", "unit ms\nregion eu 1\ndelay eu eu 1\ndelay eu eu 2\n",
         ":4:10: error: the delay between \"eu\" and \"eu\" is there already"},
        {"regions", "unit ms\nregion eu 1\ndelay eu eu 1 2\n", ":3:15: error: \"2\" is one word too many"},
        {"regions", "unit ms\nregion eu 1\nregion us 1\ndelay eu eu 1\ndelay us us 1\n",
         "error: the file ends without the delay between \"eu\" and \"us\""},
        {"regions", "unit ms\nfoo\n", ":2:1: error: \"foo\" begins no line"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *name = write_file(rows[i].text);
        net_latency_options options = {.policy = rows[i].policy, .file = name};
        char *error = NULL;
        g_assert_null(net_latency_find(rows[i].policy)->create(&options, 1, 0, &error));
        g_assert_nonnull(error);
        g_assert_true(g_str_has_prefix(error, name));
        if (!strstr(error, rows[i].expected))
            g_error("\"%s\" does not say \"%s\"", error, rows[i].expected);
        g_free(error);
        g_unlink(name);
        g_free(name);
    }
}

static void a_file_that_cannot_be_read_is_told(void)
{
    static const struct {
        const char *file, *expected;
    } rows[] = {{"/nonexistent/delays", "cannot open the file"}, {"/", "cannot read the file"},
                {"/dev/zero", "longer than 64 MiB"}, {NULL, "needs a file"}};
    static const char *const policies[] = {"matrix", "regions"};
    for (size_t p = 0; p < G_N_ELEMENTS(policies); p++)
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
            net_latency_options options = {.policy = policies[p], .file = rows[i].file};
            char *error = NULL;
            g_assert_null(net_latency_find(policies[p])->create(&options, 1, 0, &error));
            g_assert_nonnull(error);
            g_assert_nonnull(strstr(error, rows[i].expected));
            g_free(error);
        }
}

static void sizes_are_bounded(void)
{
    GString *text = g_string_new("unit ms\n");
    for (int i = 0; i < 2049; i++)
        g_string_append(text, "1 ");
    char *name = write_file(text->str);
    net_latency_options options = {.policy = "matrix", .file = name};
    char *error = NULL;
    g_assert_null(net_latency_find("matrix")->create(&options, 1, 0, &error));
    g_assert_nonnull(strstr(error, ":2:4097: error: a row has more than 2048 figures"));
    g_free(error);
    g_unlink(name);
    g_free(name);
    g_string_assign(text, "unit ms\n");
    for (int i = 0; i < 65; i++)
        g_string_append_printf(text, "region r%d 1\n", i);
    name = write_file(text->str);
    options = (net_latency_options){.policy = "regions", .file = name};
    g_assert_null(net_latency_find("regions")->create(&options, 1, 0, &error));
    g_assert_nonnull(strstr(error, ":66:1: error: there are more than 64 regions"));
    g_free(error);
    g_unlink(name);
    g_free(name);
    g_string_free(text, TRUE);
}

static void absurd_parameters_are_refused(void)
{
    static const net_latency_options rows[] = {{.policy = "constant", .constant_ns = -1},
                                               {.policy = "coordinates", .scale_ns = -1},
                                               {.policy = "coordinates", .floor_ns = -1},
                                               {.policy = "coordinates", .noise = -0.1},
                                               {.policy = "coordinates", .noise = 5.1}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *error = NULL;
        g_assert_null(net_latency_find(rows[i].policy)->create(&rows[i], 1, 0, &error));
        g_assert_nonnull(error);
        g_free(error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/latency/policies", every_policy_has_a_name_and_a_help_line);
    g_test_add_func("/net/latency/constant", constant_is_the_same_for_all);
    g_test_add_func("/net/latency/legs-tell-peers-from-the-others", legs_tell_peers_from_the_others);
    g_test_add_func("/net/latency/coordinates", coordinates_are_symmetric_and_within_bounds);
    g_test_add_func("/net/latency/triangles", noise_makes_triangle_violations);
    g_test_add_func("/net/latency/noise", noise_is_lognormal);
    g_test_add_func("/net/latency/shifts-nobody", a_host_more_shifts_nobody);
    g_test_add_func("/net/latency/matrix", a_matrix_is_read_and_averaged);
    g_test_add_func("/net/latency/regions", regions_have_their_shares_and_delays);
    g_test_add_func("/net/latency/wrong-files", a_wrong_file_is_told_by_place_and_cause);
    g_test_add_func("/net/latency/unreadable-files", a_file_that_cannot_be_read_is_told);
    g_test_add_func("/net/latency/bounds", sizes_are_bounded);
    g_test_add_func("/net/latency/parameters", absurd_parameters_are_refused);
    return g_test_run();
}
