/* matrix:, paths:, proxies: and the places of peers, as they are written and what they become. */
#include "core/node.h"
#include "sim/scenario/schema.h"
#include "tests/scenario/scenario_test.h"

/* A matrix of two kinds, from line 9 on. */
#define MATRIX                                                                                               \
    "scenario: test\n"                                                                                       \
    "profiles: {dsl: {up: 128kbit/s, down: 512kbit/s}, lan: {up: 10Mbit/s, down: unlimited}}\n"              \
    "supernodes: {count: 8, link: lan}\n"                                                                    \
    "login_servers: {link: lan}\n"                                                                           \
    "run: {until: all-paths-done, limit: 5min}\n"                                                            \
    "peers: {link: dsl, nat: symmetric, traversal: e1}\n"                                                    \
    "#\n"                                                                                                    \
    "#\n"
#define KINDS                                                                                                \
    "  kinds: [{name: open, nat: none}, {name: hard}, {name: home, link: lan, nat: full-cone, share: "       \
    "nat}]\n"

static void a_matrix_is_fully_typed(void)
{
    sim_scenario *s = load(MATRIX "matrix:\n" KINDS "  callees: [hard, home]\n"
                                  "  transports: [udp, tcp]\n"
                                  "  connect: at 90s within 10s\n"
                                  "  echo: 10s at 10/s, 45s silence, 5s at 10/s\n");
    assert_good(s);
    const sim_config *c = s->points[0].config;
    const sim_matrix_config *m = &c->matrix;
    g_assert_cmpint(c->n_peers, ==, 0);
    g_assert_cmpuint(c->n_groups, ==, 0);
    g_assert_cmpuint(m->n_kinds, ==, 3);
    g_assert_cmpstr(m->kinds[0].group.nat_name, ==, "none");
    g_assert_cmpstr(m->kinds[1].group.nat_name, ==, "symmetric");
    g_assert_cmpstr(m->kinds[1].group.link_name, ==, "dsl");
    g_assert_cmpstr(m->kinds[1].group.traversal, ==, "e1");
    g_assert_cmpstr(m->kinds[2].group.link_name, ==, "lan");
    g_assert_cmpint(m->kinds[2].share, ==, SIM_SHARE_NAT);
    g_assert_cmpint(m->n_cells, ==, 12);
    g_assert_cmpint(sim_config_hosts(c), ==, 8 + 1 + 24);
    g_assert_cmpint(m->kinds[0].group.count, ==, 4);
    g_assert_cmpint(m->kinds[1].group.count, ==, 4 + 6);
    g_assert_cmpint(m->connect.start_ns, ==, 90 * PL_SECOND);
    g_assert_cmpuint(m->echo.n, ==, 3);
    g_assert_cmpint(c->run.until, ==, SIM_UNTIL_ALL_PATHS_DONE);
    const sim_cell first = sim_config_cell(c, 1), fourth = sim_config_cell(c, 4),
                   last = sim_config_cell(c, 12);
    g_assert_true(first.caller == &m->kinds[0] && first.callee == &m->kinds[1]);
    g_assert_cmpint(first.transport, ==, SIM_CHOICE_UDP);
    g_assert_true(fourth.caller == &m->kinds[0] && fourth.callee == &m->kinds[2]);
    g_assert_cmpint(fourth.transport, ==, SIM_CHOICE_TCP);
    g_assert_true(last.caller == &m->kinds[2] && last.callee == &m->kinds[2]);
    sim_scenario_free(s);
}

/* What follows MATRIX, from line 9, and its only error. */
static const struct {
    const char *text, *error;
} bad[] = {
    {"matrix: {callers: all}", "t.yaml:9:9: error: 'matrix.kinds' is missing"},
    {"matrix: {kinds: [{nat: none}]}", "t.yaml:9:18: error: 'matrix.kinds[].name' is missing"},
    {"matrix: {kinds: [{name: a, nat: symetric}]}", "t.yaml:9:33: error: unknown nat 'symetric'"},
    {"matrix: {kinds: [{name: a, carrier: cnn}]}", "did you mean 'cgn'?"},
    {"matrix: {kinds: [{name: a, per_nat: 2}]}", "t.yaml:9:28: error: unknown key 'per_nat'"},
    {"matrix: {kinds: [{name: a}, {name: a}]}", "t.yaml:9:36: error: two groups have this name"},
    {"matrix: {kinds: [{name: all}]}", "not a name for a group"},
    {"matrix: {kinds: [{name: callers}]}", "not a name for a group"},
    {"matrix: {kinds: [{name: a, share: nta}]}", "did you mean 'nat'?"},
    {"matrix: {kinds: [{name: a, nat: none, share: nat}]}", "t.yaml:9:46: error: there is no box to share"},
    {"matrix: {kinds: [{name: a, share: carrier}]}", "give the kind a carrier"},
    {"matrix: {kinds: [{name: a, log_in: no}]}", "a kind that does not log in"},
    {"matrix: {kinds: [{name: cone}], callers: [coin]}", "t.yaml:9:43: error: no such kind: 'coin'"},
    {"matrix: {kinds: [{name: cone}], callers: [coin]}", "did you mean 'cone'?"},
    {"matrix: {kinds: [{name: a}], transports: [udp, sctp]}", "t.yaml:9:48: error: unknown transport 'sctp'"},
    {"matrix: {kinds: [{name: a}], transports: [udp, udp]}", "the same transport twice"},
    {"matrix: {kinds: [{name: a}], connect: soon}", "t.yaml:9:39: error: not an arrival"},
    {"matrix: {kinds: [{name: a}], echo: [10s at 10]}", "t.yaml:9:36: error: not a"},
    {"matrix: {kinds: [{name: a}], pairs: all}", "unknown key 'pairs'"},
    {"matrix: {kinds: []}", "t.yaml:9:9: error: 'matrix.kinds' is missing"},
    {"matrix: {kinds: [{name: a, proxy: yes}]}\nproxies: {count: 0}",
     "t.yaml:10:18: error: a group wants a proxy, but there is none"},
    {"matrix: {kinds: [{name: a}]}\nexpect: [\"path.connected{caller=b} == 100%\"]", "no peer has caller=b"},
    {"matrix: {kinds: [{name: a}]}\ntimeline: [{at: 1s, do: reboot, what: caller-2}]",
     "there is no caller-2"},
    {"matrix: {kinds: [{name: a}]}\ncases: [{name: x}, {name: y, set: {peers.nat: none}}]",
     "t.yaml:9:9: error: the kinds of the matrix differ from point to point"},
};

static void every_error_of_a_matrix_says_where(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strconcat(MATRIX, bad[i].text, "\n", NULL);
        assert_only_error(text, bad[i].error);
    }
}

static void too_large_a_matrix_is_refused(void)
{
    GString *text = g_string_new(MATRIX "matrix: {kinds: [");
    for (int i = 0; i < 174; i++)
        g_string_append_printf(text, "%s{name: k%d}", i ? ", " : "", i);
    g_string_append(text, "]}\n");
    sim_scenario *s = load(text->str);
    g_autofree char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors, "a matrix with too many cells"));
    sim_scenario_free(s);
    g_string_free(text, TRUE);
}

/* The estimate knows that a cell is two hosts. */
static void the_memory_of_cells_is_known(void)
{
    static const char *const text = MATRIX "matrix:\n" KINDS;
    sim_scenario_options options = {.memory_bytes = 20 * 16 * 1024};
    sim_scenario *s = load_with(text, &options);
    g_autofree char *errors = sim_scenario_errors(s);
    g_assert_nonnull(strstr(errors, "t.yaml:10:3: error: 27 hosts need about 432.0 KiB of memory"));
    sim_scenario_free(s);
}

/* Every knob of every box, and nothing of a box that is not there. */
static void the_kinds_are_written_knob_by_knob(void)
{
    sim_scenario *s =
        load(MATRIX "matrix: {kinds: [{name: a, nat: none, firewall: web-only}, {name: b, carrier: "
                    "'cgn(hairpin=none, udp_lifetime=30s)', isolated: yes}]}\n");
    assert_good(s);
    g_autofree char *kinds = sim_config_kinds(s->points[0].config);
    static const char *const lines[] = {
        "kind,layer,knob,value\na,home,preset,none\na,carrier,preset,none\na,firewall,preset,web-only\n",
        "\na,firewall,tcp_out_ports,80 443\n",
        "\na,place,isolated,no\n",
        "\nb,home,mapping,address-and-port-dependent\n",
        "\nb,carrier,hairpin,none\n",
        "\nb,carrier,udp_lifetime,30s\n",
        "\nb,place,isolated,yes\n",
        "\nb,stack,simultaneous_open,yes\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_nonnull(strstr(kinds, lines[i]));
    g_assert_null(strstr(kinds, "a,home,mapping"));
    const net_nat_knob *knobs;
    size_t n = net_nat_knobs(&knobs);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *line = g_strdup_printf("\nb,home,%s,", knobs[i].name);
        g_assert_nonnull(strstr(kinds, line));
    }
    sim_scenario_free(s);
}

/* Two SYNs that meet are a matter of the engine, which a judge of the results has to know. */
static void the_kinds_say_what_the_engine_can_do(void)
{
    static const char *const sets[] = {"run.engine=ns3", NULL};
    sim_scenario_options options = {.sets = sets};
    sim_scenario *s = load_with(MATRIX "matrix: {kinds: [{name: a}]}\n", &options);
    g_autofree char *kinds = sim_config_kinds(s->points[0].config);
    g_assert_nonnull(strstr(kinds, "\na,stack,simultaneous_open,no\n"));
    sim_scenario_free(s);
}

static void places_of_peers_are_typed(void)
{
    char **parts = g_strsplit(BASE, "peers: {count: 10, link: dsl}", 2);
    g_autofree char *text = g_strjoinv(
        "peers: {link: dsl, per_nat: 2, isolated: yes, mix: [{name: a, count: 4, nat: linux}, {name: b, "
        "count: 6, nat: full-cone, carrier: cgn, per_nat: 3, per_carrier: 2, proxy: yes, traversal: e2}]}",
        parts);
    sim_scenario *s = load(text);
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpint(c->groups[0].per_nat, ==, 2);
    g_assert_cmpint(c->groups[0].per_carrier, ==, 1);
    g_assert_null(c->groups[0].carrier.name);
    g_assert_cmpint(c->groups[1].isolated, ==, SIM_YES);
    g_assert_cmpint(c->groups[1].per_nat, ==, 3);
    g_assert_cmpint(c->groups[1].per_carrier, ==, 2);
    g_assert_cmpstr(c->groups[1].carrier.name, ==, "cgn");
    g_assert_cmpstr(c->groups[1].traversal, ==, "e2");
    g_assert_cmpint(c->proxies.count, ==, 1);
    g_assert_cmpstr(c->proxies.link_name, ==, "lan");
    g_assert_cmpuint(c->proxies.port, ==, 8080);
    g_assert_cmpint(sim_config_hosts(c), ==, 10 + 7 + 1 + 1);
    sim_scenario_free(s);
    g_strfreev(parts);
}

#define TWO                                                                                                  \
    "peers: {link: dsl, mix: [{name: a, count: 4}, {name: b, count: 6}, {name: c, count: 1, log_in: no}]}"

static sim_scenario *load_two(const char *more)
{
    char **parts = g_strsplit(BASE, "peers: {count: 10, link: dsl}", 2);
    g_autofree char *text = g_strjoinv(TWO, parts), *whole = g_strconcat(text, more, "\n", NULL);
    g_strfreev(parts);
    return load(whole);
}

static void paths_of_groups_are_typed(void)
{
    sim_scenario *s = load_two(
        "paths:\n"
        "  - {from: a, to: b, at: 10s, transport: tcp, pairing: random}\n"
        "  - {from: b, to: same, arrive: within 10s after 5s, echo: [1s at 1/s, 2s silence, 1s at 1/s]}\n"
        "  - {from: a, to: a, at: 10s, rate: 1.8/h}\n");
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpuint(c->n_paths, ==, 3);
    g_assert_true(c->paths[0].from == &c->groups[0] && c->paths[0].to == &c->groups[1]);
    g_assert_cmpint(c->paths[0].arrive.kind, ==, SIM_ARRIVE_AT);
    g_assert_cmpint(c->paths[0].transport, ==, SIM_CHOICE_TCP);
    g_assert_cmpint(c->paths[0].pairing, ==, SIM_PAIR_RANDOM);
    g_assert_true(c->paths[1].to == &c->groups[1]);
    g_assert_cmpuint(c->paths[1].echo.n, ==, 3);
    g_assert_cmpfloat(c->paths[2].rate, ==, 1.8 / 3600);
    sim_scenario_free(s);
}

/* What peers says in place of BASE's, and the words of its only error. */
static const struct {
    const char *peers, *error;
} bad_places[] = {
    {"per_nat: 2", "t.yaml:7:31: error: hosts cannot share a home box that is not there"},
    {"nat: full-cone, per_nat: 0", "per_nat is 1 to 250"},
    {"nat: full-cone, per_carrier: 2", "add carrier: cgn"},
    {"isolated: yes", "there is no LAN to be isolated in"},
    {"isolated: maybe", "one of no, yes"},
    {"traversal: e3", "did you mean 'e1'?"},
    {"nat_refresh: keepalive", "did you mean 'keep-alive'?"},
    {"icmp: nearst", "did you mean 'nearest'?"},
    {"carrier: \"cgn(pool=0)\"", "pool is 1 to 256"},
    {"proxy: yes}\nproxies: {port: 0", "port is 1 to 65535"},
    {"proxy: yes}\nproxies: {link: dls", "did you mean 'dsl'?"},
};

static void every_error_of_a_place_says_where(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_places); i++) {
        char **parts = g_strsplit(BASE, "link: dsl}", 2);
        g_autofree char *by = g_strdup_printf("link: dsl, %s}", bad_places[i].peers);
        g_autofree char *text = g_strjoinv(by, parts);
        sim_scenario *s = load(text);
        g_autofree char *errors = sim_scenario_errors(s);
        g_test_message("%s: %s", bad_places[i].peers, errors);
        g_assert_nonnull(strstr(errors, bad_places[i].error));
        g_assert_cmpuint(sim_diagnostic_count(s->diagnostics), ==, 1);
        sim_scenario_free(s);
        g_strfreev(parts);
    }
}

static const struct {
    const char *text, *error;
} bad_paths[] = {
    {"paths: [{from: a, to: d, at: 1s}]", "t.yaml:11:23: error: no such group: 'd'"},
    {"paths: [{from: a, to: smae, at: 1s}]", "did you mean 'same'?"},
    {"paths: [{from: a, to: b}]", "it does not say when"},
    {"paths: [{from: a, to: b, at: 1s, arrive: at 2s}]", "at and arrive exclude each other"},
    {"paths: [{from: a, to: b, arrive: at 2s, rate: 1/h}]", "rate and arrive exclude each other"},
    {"paths: [{from: a, to: b, at: 2s, rate: 1}]", "t.yaml:11:40: error: not a frequency"},
    {"paths: [{from: a, to: c, at: 1s}]", "this group does not log in"},
    {"paths: [{from: c, to: same, at: 1s}]", "nobody connects to himself"},
    {"paths: [{from: a, to: b, at: 1s, pairing: randm}]", "did you mean 'random'?"},
    {"timeline: [{at: 1s, do: reboot, what: all}]", "t.yaml:11:39: error: do: reboot is of peers only"},
    {"timeline: [{at: 1s, do: roam, what: supernode-1}]", "do: roam is of peers only"},
    {"timeline: [{at: 1s, do: router, what: supernode-1, nat: symmetric}]", "do: router is of peers only"},
    {"timeline: [{at: 1s, do: router, what: a}]", "do: router needs nat:"},
    {"timeline: [{at: 1s, do: router, what: a, nat: none}]", "has the one address of the old"},
    {"timeline: [{at: 1s, do: router, what: a, nat: \"cgn(pool=2)\"}]", "has the one address of the old"},
    {"timeline: [{at: 1s, do: router, what: a, nat: symmetric, for: 1h}]", "'for' means nothing with do: router"},
    {"timeline: [{at: 1s, for: 2s, do: reboot, what: a}]", "'for' means nothing with do: reboot"},
    {"timeline: [{at: 1s, do: reboot, what: a, nat: linux}]", "'nat' means nothing with do: reboot"},
    {"timeline: [{at: 1s, do: roam, what: a, nat: linx}]", "did you mean 'linux'?"},
};

static void every_error_of_paths_says_where(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_paths); i++) {
        sim_scenario *s = load_two(bad_paths[i].text);
        g_autofree char *errors = sim_scenario_errors(s);
        g_test_message("%s: %s", bad_paths[i].text, errors);
        g_assert_nonnull(strstr(errors, bad_paths[i].error));
        sim_scenario_free(s);
    }
}

static void an_end_by_paths_needs_paths(void)
{
    static const struct {
        const char *run, *more, *error;
    } ends[] = {
        {"run: {until: all-paths-done, limit: 1min}", "", "nobody connects to anybody"},
        {"run: {until: all-paths-done}", "paths: [{from: peers, to: same, at: 1s}]\n", "until needs a limit"},
        {"run: {until: all-paths-done, limit: 1min}", "paths: [{from: peers, to: same, at: 1s, rate: 1/h}]\n",
         "with a rate the paths are never all done"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        char **parts = g_strsplit(BASE, "run: {duration: 60s}", 2);
        g_autofree char *text = g_strjoinv(ends[i].run, parts),
                        *whole = g_strconcat(text, ends[i].more, NULL);
        sim_scenario *s = load(whole);
        g_autofree char *errors = sim_scenario_errors(s);
        g_assert_nonnull(strstr(errors, ends[i].error));
        sim_scenario_free(s);
        g_strfreev(parts);
    }
}

typedef struct core_names {
    const char *const *names; /* NULL-terminated */
    size_t found;
} core_names;

static void count_name(void *ctx, const char *word)
{
    core_names *names = ctx;
    g_assert_true(g_strv_contains(names->names, word));
    names->found++;
}

/* The schema may not include the rooms that have the tables of profiles and policies; its lists are theirs.
 */
static void profiles_and_policies_are_those_of_core(void)
{
    const pl_path_profile *const *profiles;
    const pl_nat_policy *policies;
    const pl_ping_policy *pings;
    const size_t n[] = {pl_path_profiles(&profiles), pl_nat_policies(&policies), pl_ping_policies(&pings)};
    static const char *const keys[] = {"traversal", "nat_refresh", "icmp"};
    for (size_t k = 0; k < 3; k++) {
        g_autofree const char **names = g_new0(const char *, n[k] + 1);
        for (size_t i = 0; i < n[k]; i++)
            names[i] = k == 0 ? profiles[i]->name : k == 1 ? policies[i].name : pings[i].name;
        core_names known = {.names = names};
        sim_schema_words(sim_schema_find("peers", keys[k]), NULL, count_name, &known);
        g_assert_cmpuint(known.found, ==, n[k]);
    }
}

/* A scenario that says nothing of all this is as it was. */
static void nothing_of_it_is_there_unasked(void)
{
    sim_scenario *s = load(BASE);
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_false(sim_config_has_paths(c));
    g_assert_cmpint(c->proxies.count, ==, 0);
    g_assert_cmpint(c->groups[0].per_nat, ==, 1);
    g_assert_cmpstr(c->groups[0].traversal, ==, "ours");
    g_assert_cmpstr(c->groups[0].nat_refresh, ==, "login");
    g_assert_cmpstr(c->groups[0].icmp, ==, "none");
    g_assert_false(sim_config_pings(c));
    g_assert_null(sim_config_kinds(c));
    g_assert_cmpint(c->private_destinations, ==, NET_PRIVATE_VANISH);
    sim_scenario_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/matrix/a-matrix-is-fully-typed", a_matrix_is_fully_typed);
    g_test_add_func("/scenario/matrix/every-error-says-where", every_error_of_a_matrix_says_where);
    g_test_add_func("/scenario/matrix/too-large-a-matrix-is-refused", too_large_a_matrix_is_refused);
    g_test_add_func("/scenario/matrix/the-memory-of-cells-is-known", the_memory_of_cells_is_known);
    g_test_add_func("/scenario/matrix/the-kinds-are-written-knob-by-knob",
                    the_kinds_are_written_knob_by_knob);
    g_test_add_func("/scenario/matrix/the-kinds-say-what-the-engine-can-do",
                    the_kinds_say_what_the_engine_can_do);
    g_test_add_func("/scenario/matrix/places-of-peers-are-typed", places_of_peers_are_typed);
    g_test_add_func("/scenario/matrix/paths-of-groups-are-typed", paths_of_groups_are_typed);
    g_test_add_func("/scenario/matrix/every-error-of-a-place-says-where", every_error_of_a_place_says_where);
    g_test_add_func("/scenario/matrix/every-error-of-paths-says-where", every_error_of_paths_says_where);
    g_test_add_func("/scenario/matrix/an-end-by-paths-needs-paths", an_end_by_paths_needs_paths);
    g_test_add_func("/scenario/matrix/profiles-and-policies-are-those-of-core",
                    profiles_and_policies_are_those_of_core);
    g_test_add_func("/scenario/matrix/nothing-of-it-is-there-unasked", nothing_of_it_is_there_unasked);
    return g_test_run();
}
