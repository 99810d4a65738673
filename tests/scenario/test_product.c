/* matrix.product: knobs with lists of values, and the kinds that they become. */
#include "sim/net/nat.h"
#include "tests/scenario/scenario_test.h"

/* A matrix from line 7 on. */
#define WORLD                                                                                                \
    "scenario: test\n"                                                                                       \
    "profiles: {lan: {up: 10Mbit/s, down: unlimited}}\n"                                                     \
    "supernodes: {count: 8, link: lan}\n"                                                                    \
    "login_servers: {link: lan}\n"                                                                           \
    "run: {until: all-paths-done, limit: 5min}\n"                                                            \
    "peers: {link: lan, traversal: e2}\n"

static const sim_matrix_config *matrix_of(const sim_scenario *s)
{
    return &s->points[0].config->matrix;
}

/* Every combination is a kind, the last knob changes fastest, and a knob without a choice is no part of a
 * name. */
static void a_product_is_every_combination(void)
{
    static const char *const names[] = {"ei-pre-non", "ei-pre-ext", "ei-seq-non", "ei-seq-ext",
                                        "apd-pre-non", "apd-pre-ext", "apd-seq-non", "apd-seq-ext"};
    sim_scenario *s = load(WORLD "matrix:\n"
                                 "  product:\n"
                                 "    nat: rfc(udp_lifetime=300s)\n"
                                 "    share: nat\n"
                                 "    mapping: [endpoint-independent, address-and-port-dependent]\n"
                                 "    filtering: address-dependent\n"
                                 "    ports: [preserve, sequential]\n"
                                 "    hairpin: [none, external]\n");
    assert_good(s);
    const sim_matrix_config *m = matrix_of(s);
    g_assert_cmpuint(m->n_kinds, ==, G_N_ELEMENTS(names));
    g_assert_cmpint(m->n_left_out, ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const sim_group_config *group = &m->kinds[i].group;
        g_assert_cmpstr(group->name, ==, names[i]);
        g_assert_cmpstr(group->nat_name, ==, "rfc");
        g_assert_cmpstr(group->traversal, ==, "e2");
        g_assert_cmpint(m->kinds[i].share, ==, SIM_SHARE_NAT);
        g_assert_cmpint(group->nat.mapping, ==, i < 4 ? NET_NAT_EI : NET_NAT_APD);
        g_assert_cmpint(group->nat.filtering, ==, NET_NAT_AD);
        g_assert_cmpint(group->nat.ports, ==, i / 2 % 2 ? NET_PORTS_SEQUENTIAL : NET_PORTS_PRESERVE);
        g_assert_cmpint(group->nat.hairpin, ==, i % 2 ? NET_HAIRPIN_EXTERNAL : NET_HAIRPIN_NONE);
        g_assert_cmpint(group->nat.udp_lifetime_ns, ==, 300 * PL_SECOND);
    }
    g_assert_cmpint(m->n_cells, ==, 64);
    sim_scenario_free(s);
}

/* Kinds that are written out come first, and both are callers and callees by their names. */
static void kinds_and_product_stand_beside_each_other(void)
{
    sim_scenario *s = load(WORLD "matrix:\n"
                                 "  kinds: [{name: public}]\n"
                                 "  product: {nat: symmetric, ports: [random, block], block: 512, parity: [no, yes]}\n"
                                 "  callers: [public, blo-parity-yes]\n");
    assert_good(s);
    const sim_matrix_config *m = matrix_of(s);
    g_assert_cmpuint(m->n_kinds, ==, 5);
    g_assert_cmpstr(m->kinds[0].group.name, ==, "public");
    g_assert_cmpstr(m->kinds[1].group.name, ==, "ran-parity-no");
    g_assert_true(m->callers[1] == &m->kinds[4]);
    g_assert_true(m->kinds[4].group.nat.parity);
    g_assert_cmpuint(m->kinds[4].group.nat.block, ==, 512);
    sim_scenario_free(s);
}

/* What no box can be is left out, and counted. */
static void what_makes_no_sense_is_left_out(void)
{
    sim_scenario *s =
        load(WORLD "matrix: {product: {nat: linux, strangers: [ignored, accepted], ports: [overloading, preserve], "
                   "filtering: [address-dependent, address-and-port-dependent]}}\n");
    assert_good(s);
    const sim_matrix_config *m = matrix_of(s);
    g_assert_cmpuint(m->n_kinds, ==, 4);
    g_assert_cmpint(m->n_left_out, ==, 4);
    g_assert_cmpstr(m->kinds[0].group.name, ==, "ign-overl-apd");
    g_assert_cmpstr(m->kinds[3].group.name, ==, "acc-overl-apd");
    sim_scenario_free(s);
}

/* What follows `matrix: {product: ` on line 7, and its only error. */
static const struct {
    const char *text, *error;
} bad[] = {
    {"{hairpin: [none, external]}", "t.yaml:7:19: error: a product of knobs without a box"},
    {"{nat: none, hairpin: [none]}", "t.yaml:7:25: error: a product of knobs without a box"},
    {"{nat: rcf, hairpin: [none]}", "did you mean 'rfc'?"},
    {"{nat: rfc, hairpins: [none]}", "t.yaml:7:30: error: unknown key 'hairpins'"},
    {"{nat: rfc, hairpins: [none]}", "did you mean 'hairpin'?"},
    {"{nat: rfc, isolatd: yes}", "did you mean 'isolated'?"},
    {"{nat: rfc, name: x}", "the values of a kind are its name"},
    {"{nat: rfc, hairpin: [none, extern]}", "t.yaml:7:46: error: unknown hairpin 'extern'"},
    {"{nat: rfc, hairpin: [none, none]}", "t.yaml:7:46: error: the same value twice"},
    {"{nat: rfc, hairpin: []}", "t.yaml:7:30: error: a knob without values"},
    {"{nat: rfc, hairpin: [[none]]}", "a single value is needed here, not a list"},
    {"{nat: rfc, udp_lifetime: [30]}", "t.yaml:7:45: error: "},
    {"{nat: rfc, pool: [1, 1000]}", "t.yaml:7:40: error: out of range"},
    {"{nat: rfc, parity: [maybe]}", "write parity=yes or parity=no"},
    {"{nat: rfc, ports: [overloading]}", "t.yaml:7:19: error: no combination makes sense"},
    {"{nat: rfc, link: wan}", "t.yaml:7:36: error: unknown profile 'wan'"},
    {"{nat: rfc, share: carrier}", "give the kind a carrier"},
    {"[rfc]", "a map is needed here, not a list"},
    {"{nat: rfc, pool: [1, 2]}, kinds: [{name: \"pool-2\"}]", "two groups have this name"},
};

static void every_error_says_where(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strconcat(WORLD "matrix: {product: ", bad[i].text, "}\n", NULL);
        assert_only_error(text, bad[i].error);
    }
}

static void too_large_a_product_is_refused(void)
{
    GString *text = g_string_new(WORLD "matrix: {product: {nat: rfc, pool: [1");
    for (int i = 2; i <= 200; i++)
        g_string_append_printf(text, ", %d", i);
    g_string_append(text, "], mapping: [endpoint-independent, address-dependent], ports: [preserve, random, sequential]}}\n");
    sim_scenario *s = load(text->str);
    g_autofree char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors, "t.yaml:7:19: error: too many kinds"));
    sim_scenario_free(s);
    g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/product/every-combination", a_product_is_every_combination);
    g_test_add_func("/scenario/product/beside-kinds", kinds_and_product_stand_beside_each_other);
    g_test_add_func("/scenario/product/what-makes-no-sense", what_makes_no_sense_is_left_out);
    g_test_add_func("/scenario/product/every-error-says-where", every_error_says_where);
    g_test_add_func("/scenario/product/too-large", too_large_a_product_is_refused);
    return g_test_run();
}
