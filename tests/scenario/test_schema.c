/* The schema: every class of error with its exact words, and what a good file becomes. */
#include "core/config.h"
#include "sim/scenario/page.h"
#include "tests/scenario/scenario_test.h"

/* One line after BASE (line 11), and its only error: "COLUMN: message|caret line". */
static const struct {
    const char *line, *message, *caret;
} bad[] = {
    {"protocol: {login.puase: 6s}", "11:12: error: unknown key 'login.puase'",
     "           ^~~~~~~~~~~  did you mean 'login.pause'?"},
    {"protocol: {login.pause: 2h}", "11:25: error: out of range",
     "                        ^~  login.pause is 0s to 1h"},
    {"protocol: {login.attempts: 0}", "11:28: error: out of range",
     "                           ^  login.attempts is 1 to 1000"},
    {"protocol: {login.attempts: 5s}", "11:28: error: not a count",
     "                           ^~  write a whole number without a unit, e.g. 500"},
    {"timeline: {at: 1s}", "11:11: error: a list is needed here, not a map",
     "          ^  write a list: - …"},
    {"timeline: [1s]", "11:12: error: a map is needed here, not a single value",
     "           ^~  write key: value lines, indented"},
    {"timeline: [{at: 1s, do: explode, what: all}]", "11:25: error: unknown do 'explode'",
     "                        ^~~~~~~  one of fail, restart, link, block, unblock, firewall, reboot, readdress, roam, "
     "router, kill, quit, add, partition, heal, slow, poison"},
    {"timeline: [{at: 1s, do: fial, what: all}]", "11:25: error: unknown do 'fial'",
     "                        ^~~~  did you mean 'fail'?"},
    {"timeline: [{at: 1s, do: fail, what: supernode-8}]",
     "11:37: error: there is no supernode-8, only 7 supernodes",
     "                                    ^~~~~~~~~~~"},
    {"timeline: [{at: 1s, do: fail, what: supernods}]", "11:37: error: no such hosts: 'supernods'",
     "                                    ^~~~~~~~~  did you mean 'supernodes'?"},
    {"timeline: [{at: 1s, do: fail, what: all, ports: 80}]",
     "11:42: error: 'ports' means nothing with do: fail", "                                         ^~~~~"},
    {"timeline: [{at: 1s, do: block, what: all}]",
     "11:25: error: do: block needs ports:", "                        ^~~~~"},
    {"timeline: [{at: 1s, do: block, what: all, ports: [80, 65536]}]", "11:55: error: out of range",
     "                                                      ^~~~~  ports is 1 to 65535"},
    {"timeline: [{at: 1s, do: link, what: all, profile: dls}]", "11:51: error: unknown profile 'dls'",
     "                                                  ^~~  did you mean 'dsl'?"},
    {"timeline: [{at: 1s, do: firewall, what: all, firewall: udp-blokced}]",
     "11:56: error: unknown firewall 'udp-blokced'",
     "                                                       ^~~~~~~~~~~  did you mean 'udp-blocked'?"},
    {"timeline: [{at: 1s, do: fail}]", "11:12: error: 'timeline[].what' is missing",
     "           ^  supernodes · dedicated · supernode-1 · login-servers · login-server-1 · peers · peer-1 · all · the "
     "name of a "
     "group"},
    {"capture: peers", "11:10: error: a capture is of one host", "         ^~~~~  e.g. peer-1"},
    {"plots: [{kind: ecdf, peer: supernode-1}]", "11:28: error: a ladder is of one peer",
     "                           ^~~~~~~~~~~  e.g. peer-1"},
    {"network: {latency: matrix(none.txt)}", "11:20: error: cannot read none.txt",
     "                   ^~~~~~~~~~~~~~~~  it is looked for beside the file that names it"},
    {"network: {latency: 10ms}", "11:20: error: not a latency",
     "                   ^~~~  write constant(10ms), coordinates(scale=…, floor=…, noise=…), regions(FILE), "
     "matrix(FILE) or legs(peers=…, others=…)"},
    {"host_stack: xp", "11:13: error: unknown host_stack 'xp'", "            ^~  one of linux, xp-2003"},
    {"format: 2", "11:9: error: a newer format", "        ^  this release reads format 1"},
    {"discovery: maybe", "11:12: error: unknown discovery 'maybe'", "           ^~~~~  one of off, on"},
    {"tiers: {nightly: {}}", "11:9: error: unknown key 'nightly'",
     "        ^~~~~~~  `partyline list keys tiers` shows what there is"},
    {"tiers: {ci: {run.replications: 0}}", "11:32: error: out of range",
     "                               ^  replications is 1 to 10000"},
    {"tiers: {ci: {run.replicatons: 2}}", "11:14: error: unknown key 'replicatons'",
     "             ^~~~~~~~~~~~~~~  did you mean 'replications'?"},
};

static void nobody_logs_in_where_nobody_serves(void)
{
    static const char *const text = "scenario: test\nprofiles: {lan: {up: 10Mbit/s, down: unlimited}}\n"
                                    "supernodes: {count: 0, link: lan}\nlogin_servers: {count: 0, link: lan}\n"
                                    "run: {duration: 60s}\npeers: {count: 1, link: lan, log_in: no}\n";
    sim_scenario *s = load(text);
    assert_good(s);
    g_assert_cmpint(s->points[0].config->supernodes.count, ==, 0);
    sim_scenario_free(s);
}

static void every_error_says_where_and_what_to_do(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char *text = g_strconcat(BASE, bad[i].line, "\n", NULL);
        char *expected =
            g_strdup_printf("t.yaml:%s\n   11 | %s\n      | %s\n", bad[i].message, bad[i].line, bad[i].caret);
        g_test_message("%s", bad[i].line);
        assert_text_errors(text, expected);
        g_free(expected);
        g_free(text);
    }
}

/* Replaces one line of a good file; the error that follows must contain the words. */
static const struct {
    const char *line, *by, *words;
} broken[] = {
    {"scenario: test", "scenario: ../up", ":1:11: error: not a name for a scenario"},
    {"scenario: test", "about: x", "error: 'scenario' is missing"},
    {"run: {duration: 60s}", "run: {seed: 1}", ":8:6: error: the run has no end"},
    {"run: {duration: 60s}", "run: {duration: 60s, until: all-logged-in, limit: 1h}",
     "duration and until exclude each other"},
    {"run: {duration: 60s}", "run: {until: all-logged-in}", ":8:14: error: until needs a limit"},
    {"run: {duration: 60s}", "run: {duration: 60s, limit: 5s}", "limit goes with until"},
    {"run: {duration: 60s}", "run: {duration: 60s, warmup: 60s}", "the warm-up leaves nothing to measure"},
    {"run: {duration: 60s}", "run: {duration: 60s, seed: -1}", ":8:28: error: not a count"},
    {"run: {duration: 60s}", "run: {duration: 60s, replications: 10001}", "replications is 1 to 10000"},
    {"run: {duration: 60s}", "run: {duration: 60s, engine: ns-3}", "did you mean 'ns3'?"},
    {"run: {duration: 60s}", "run: {duration: 60s, epoch: yesterday}", "error: not a date"},
    {"run: {duration: 60s}", "run: {duration: }", "error: a value is missing"},
    {"run: {duration: 60s}", "run: {duration: [60s]}", "a single value is needed here, not a list"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 0, link: dsl}", ":7:16: error: a world without peers"},
    {"supernodes: {count: 7, link: lan}", "supernodes: {count: 0, link: lan}",
     ":5:21: error: peers log in, but there are no supernodes"},
    {"login_servers: {link: lan}", "login_servers: {count: 0, link: lan}",
     ":6:24: error: peers log in, but there is no login server"},
    {"peers: {count: 10, link: dsl}", "peers: {link: dsl}", "'peers.count' is missing"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10}", "'peers.link' is missing"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, nat: symetric}",
     "did you mean 'symmetric'?"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, cache: 201}", "cache is 0 to 200"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, mix: [{share: 50%}, {share: 49%}]}",
     "they add up to 99%"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, mix: [{share: 50%}, {count: 5}]}",
     "shares and counts do not mix"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, mix: [{count: 5}, {count: 6}]}",
     "the mix has 11; leave count out"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, mix: [{nat: none}]}",
     "an entry of the mix has neither share nor count"},
    {"peers: {count: 10, link: dsl}", "peers: {link: dsl, mix: [{count: 5, name: a}, {count: 6, name: a}]}",
     "two groups have this name"},
    {"peers: {count: 10, link: dsl}", "peers: {count: 10, link: dsl, name: all}", "not a name for a group"},
};

static void cross_checks_are_told_at_a_place(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        char **parts = g_strsplit(BASE, broken[i].line, 2), *text = g_strjoinv(broken[i].by, parts);
        sim_scenario *s = load(text);
        char *errors = sim_scenario_errors(s);
        g_test_message("%s: %s", broken[i].by, errors);
        g_assert_nonnull(strstr(errors, broken[i].words));
        g_assert_false(sim_scenario_good(s));
        g_free(errors);
        sim_scenario_free(s);
        g_free(text);
        g_strfreev(parts);
    }
}

static void a_billion_peers_are_refused_with_the_estimate(void)
{
    char **parts = g_strsplit(BASE, "count: 10", 2), *text = g_strjoinv("count: 1000000000", parts);
    sim_scenario_options options = {.memory_bytes = 8.0 * 1024 * 1024 * 1024};
    assert_errors(load_with(text, &options),
                  "t.yaml:7:16: error: 1000000008 hosts need about 14.9 TiB of memory\n"
                  "    7 | peers: {count: 1000000000, link: dsl}\n"
                  "      |                ^~~~~~~~~~  16.0 KiB each on light; this machine has 8.0 GiB\n");
    g_free(text);
    g_strfreev(parts);
}

static void a_good_file_is_fully_typed(void)
{
    sim_scenario *s = load(
        BASE "protocol: {login.pause: 7s}\n"
             "timeline:\n"
             "  - {at: 60s, do: link, what: supernodes, loss: 3%, share: 30%, for: 10s}\n"
             "  - {at: 61s, do: block, what: peer-3, ports: [80, 443], transport: tcp, answer: refuse}\n");
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpstr(c->scenario, ==, "test");
    g_assert_cmpint(c->run.duration_ns, ==, 60 * PL_SECOND);
    g_assert_cmpint(c->run.epoch, ==, 1095206400);
    g_assert_cmpstr(c->run.engine, ==, "light");
    g_assert_cmpstr(c->run.events, ==, "protocol");
    g_assert_cmpint(c->latency.constant_ns, ==, 10 * PL_MILLISECOND);
    g_assert_cmpuint(c->supernodes.port, ==, 33033);
    g_assert_cmpuint(c->supernodes.web_ports.n, ==, 2);
    g_assert_cmpuint(c->supernodes.web_ports.port[1], ==, 443);
    g_assert_cmpuint(c->supernodes.link.up_bps, ==, 10000000);
    g_assert_cmpuint(c->supernodes.link.down_bps, ==, 0);
    g_assert_cmpuint(c->groups[0].link.up_bps, ==, 128000);
    g_assert_cmpint(c->groups[0].link.jitter_ns, ==, 2 * PL_MILLISECOND);
    g_assert_cmpstr(c->groups[0].stack, ==, "xp-2003");
    g_assert_cmpuint(c->groups[0].port, ==, 0);
    g_assert_cmpint(c->protocol.login_pause, ==, 7 * PL_SECOND);
    g_assert_cmpint(c->protocol.login_udp_wait, ==, 5 * PL_SECOND);
    g_assert_cmpint(c->timeline[0].what.role, ==, SIM_ROLE_SUPERNODE);
    g_assert_cmpuint(c->timeline[0].link_fields, ==, SIM_LINK_LOSS);
    g_assert_cmpfloat(c->timeline[0].link.loss.probability, ==, 0.03);
    g_assert_cmpfloat(c->timeline[0].share, ==, 0.3);
    g_assert_cmpint(c->timeline[1].what.index, ==, 3);
    g_assert_cmpint(c->timeline[1].transport, ==, SIM_TRANSPORT_TCP);
    g_assert_cmpint(c->timeline[1].answer, ==, SIM_ANSWER_REFUSE);
    sim_scenario_free(s);
}

static void shares_are_handed_out_without_a_remainder(void)
{
    char **parts = g_strsplit(BASE, "peers: {count: 10, link: dsl}", 2);
    char *text =
        g_strjoinv("peers: {count: 10, link: dsl, nat: symmetric, mix: [{share: 33.3%}, {share: 33.3%, "
                   "nat: none}, {share: 33.4%, name: last}]}",
                   parts);
    sim_scenario *s = load(text);
    assert_good(s);
    const sim_config *c = s->points[0].config;
    g_assert_cmpuint(c->n_groups, ==, 3);
    g_assert_cmpint(c->groups[0].count + c->groups[1].count + c->groups[2].count, ==, 10);
    g_assert_cmpint(c->groups[2].count, ==, 4);
    g_assert_cmpint(c->groups[2].first, ==, 7);
    g_assert_cmpstr(c->groups[0].nat_name, ==, "symmetric");
    g_assert_cmpstr(c->groups[1].nat_name, ==, "none");
    g_assert_cmpstr(c->groups[1].name, ==, "group-2");
    g_assert_cmpstr(c->groups[2].name, ==, "last");
    sim_scenario_free(s);
    g_free(text);
    g_strfreev(parts);
}

/* Each default must be readable as a value of its own row: a file that says nothing is a file that says them.
 */
static void a_resolved_file_says_the_same_again(void)
{
    sim_scenario *s =
        load(BASE "about: |\n  Two lines:\n  of prose # and more\ncases: [{name: a, set: {peers.nat: "
                  "symmetric}}]\nsweep: {N: [1%, 2%]}\ntimeline: [{at: 1s, do: link, what: peers, loss: "
                  "gilbert(p=1%, burst=4)}]\nexpect: [login.success == 100%]\n");
    assert_good(s);
    char *first = sim_page_resolved(s, s->tree);
    sim_scenario *again = load(first);
    assert_good(again);
    char *second = sim_page_resolved(again, again->tree);
    char **a = g_strsplit(first, "\n", -1), **b = g_strsplit(second, "\n", -1);
    g_assert_cmpuint(g_strv_length(a), ==, g_strv_length(b));
    g_assert_nonnull(strstr(first, "  # t.yaml:8\n"));
    g_assert_nonnull(strstr(first, "  # default\n"));
    for (guint i = 0; a[i]; i++) {
        char *x = strstr(a[i], "  # "), *y = strstr(b[i], "  # ");
        g_assert_cmpstr(x ? (*x = 0, g_strchomp(a[i])) : "", ==, y ? (*y = 0, g_strchomp(b[i])) : "");
    }
    g_assert_cmpstr(again->about, ==, s->about);
    g_assert_cmpuint(again->n_points, ==, s->n_points);
    g_strfreev(a);
    g_strfreev(b);
    g_free(first);
    g_free(second);
    sim_scenario_free(s);
    sim_scenario_free(again);
}

static void every_key_explains_itself(void)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    char path[128];
    for (size_t i = 0; i < n; i++) {
        char *text = sim_page_explain(sim_schema_path(&rows[i], path, sizeof path));
        g_test_message("%s", path);
        g_assert_nonnull(text);
        g_assert_true(g_str_has_prefix(text, path));
        g_assert_cmpuint(strlen(rows[i].help), >, 5);
        g_free(text);
    }
    char *text = sim_page_explain("profiles.dsl.up");
    g_assert_nonnull(strstr(text, "required"));
    g_free(text);
    text = sim_page_explain("protocol.login.pause");
    g_assert_nonnull(strstr(text, "default: 6s (measured BS-09)"));
    g_free(text);
    g_assert_null(sim_page_explain("run.durration"));
    text = sim_page_nearest("run.durration");
    g_assert_cmpstr(text, ==, "run.duration");
    g_free(text);
}

static void no_key_stands_twice_in_the_table(void)
{
    const sim_schema_row *rows = NULL;
    size_t n = sim_schema_rows(&rows);
    for (size_t i = 0; i < n; i++)
        g_assert_true(sim_schema_find(rows[i].section, rows[i].key) == &rows[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schema/nobody-logs-in-where-nobody-serves", nobody_logs_in_where_nobody_serves);
    g_test_add_func("/schema/every-error-says-where-and-what-to-do", every_error_says_where_and_what_to_do);
    g_test_add_func("/schema/cross-checks-are-told-at-a-place", cross_checks_are_told_at_a_place);
    g_test_add_func("/schema/a-billion-peers-are-refused", a_billion_peers_are_refused_with_the_estimate);
    g_test_add_func("/schema/a-good-file-is-fully-typed", a_good_file_is_fully_typed);
    g_test_add_func("/schema/shares-are-handed-out-without-a-remainder",
                    shares_are_handed_out_without_a_remainder);
    g_test_add_func("/schema/a-resolved-file-says-the-same-again", a_resolved_file_says_the_same_again);
    g_test_add_func("/schema/every-key-explains-itself", every_key_explains_itself);
    g_test_add_func("/schema/no-key-stands-twice-in-the-table", no_key_stands_twice_in_the_table);
    return g_test_run();
}
