/* NATs with knobs, echoes and instants in writing. */
#include "sim/scenario/terms.h"
#include "tests/scenario/scenario_test.h"

static void a_name_alone_is_the_preset(void)
{
    sim_nat nat;
    sim_problem problem;
    const net_nat_preset_row *rows;
    size_t n = net_nat_presets(&rows);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(sim_terms_nat(rows[i].name, &nat, &problem));
        g_assert_cmpstr(nat.preset, ==, rows[i].name);
        g_assert_true(memcmp(&nat.options, &rows[i].options, sizeof nat.options) == 0);
    }
}

static void knobs_are_laid_on_the_preset(void)
{
    sim_nat nat;
    sim_problem problem;
    g_assert_true(
        sim_terms_nat("port-restricted( hairpin = none ,udp_lifetime=30s, refresh_in=yes, max_mappings=7)",
                      &nat, &problem));
    const net_nat_options *preset = net_nat_preset("port-restricted");
    g_assert_cmpint(nat.options.hairpin, ==, NET_HAIRPIN_NONE);
    g_assert_cmpint(nat.options.udp_lifetime_ns, ==, 30 * PL_SECOND);
    g_assert_cmpuint(nat.options.refresh, ==, preset->refresh | NET_NAT_REFRESH_IN);
    g_assert_cmpuint(nat.options.max_mappings, ==, 7);
    g_assert_cmpint(nat.options.mapping, ==, preset->mapping);
    g_assert_cmpstr(nat.options.name, ==, "port-restricted");
}

/* Every knob can be written back as it is read. */
static void every_knob_reads_what_it_writes(void)
{
    const net_nat_knob *knobs;
    size_t n = net_nat_knobs(&knobs);
    for (size_t i = 0; i < n; i++) {
        char buffer[64];
        sim_nat nat;
        sim_problem problem;
        const net_nat_options *preset = net_nat_preset("cgn");
        const int64_t value = net_nat_knob_get(preset, &knobs[i]);
        g_autofree char *text = g_strdup_printf("cgn(%s=%s)", knobs[i].name,
                                                sim_terms_knob_text(&knobs[i], value, buffer, sizeof buffer));
        g_assert_true(sim_terms_nat(text, &nat, &problem));
        g_assert_cmpint(net_nat_knob_get(&nat.options, &knobs[i]), ==, value);
    }
}

/* peers: {…, nat: "TEXT"} in line 7 of BASE, and the words of its only error. */
static const struct {
    const char *nat, *words;
} bad[] = {
    {"symetric", "unknown nat 'symetric'\n    7 | peers: {count: 10, link: dsl, nat: symetric}\n      |"
                 "                                    ^~~~~~~~  did you mean 'symmetric'?\n"},
    {"symetric(hairpin=none)", "did you mean 'symmetric'?"},
    {"symmetric(hairpn=none)", "a NAT has no knob 'hairpn'"},
    {"symmetric(hairpn=none)", "did you mean 'hairpin'?"},
    {"symmetric(bananas=none)", "`partyline list knobs` shows what there is"},
    {"symmetric(hairpin=nome)", "unknown hairpin 'nome'"},
    {"symmetric(hairpin=nome)", "did you mean 'none'?"},
    {"symmetric(hairpin=sideways)", "one of none, external, internal"},
    {"symmetric(udp_lifetime=30)", "not a time"},
    {"symmetric(udp_lifetime=0s)", "out of range"},
    {"symmetric(port_low=70000)", "port_low is 1 to 65535"},
    {"symmetric(parity=maybe)", "write parity=yes or parity=no"},
    {"symmetric(none)", "a knob without a value"},
    {"symmetric()", "a knob without a value"},
    {"'symmetric(hairpin=none, hairpin=external)'", "the same knob twice"},
    {"'symmetric(port_low=2000, port_high=1000)'", "see `partyline list knobs`"},
    {"none(hairpin=none)", "a router has no knobs"},
    {"symmetric(hairpin=none", "inside { } it needs quotes around it"},
    {"symmetric(hairpin=none) twice", "not a NAT"},
};

static void every_error_says_what_to_do(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char **parts = g_strsplit(BASE, "link: dsl}", 2);
        g_autofree char *by = g_strdup_printf("link: dsl, nat: %s}", bad[i].nat);
        g_autofree char *text = g_strjoinv(by, parts);
        sim_scenario *s = load(text);
        g_autofree char *errors = sim_scenario_errors(s);
        g_test_message("%s: %s", bad[i].nat, errors);
        g_assert_true(g_str_has_prefix(errors, "t.yaml:7:36: error: "));
        g_assert_nonnull(strstr(errors, bad[i].words));
        g_assert_cmpuint(sim_diagnostic_count(s->diagnostics), ==, 1);
        sim_scenario_free(s);
        g_strfreev(parts);
    }
}

static void an_echo_is_phases(void)
{
    sim_echo echo;
    sim_problem problem;
    g_assert_true(sim_terms_echo("10s at 10/s, 45s silence, 5s at 600/min", &echo, &problem));
    g_assert_cmpuint(echo.n, ==, 3);
    g_assert_cmpint(echo.phase[0].rate, ==, 10);
    g_assert_cmpint(echo.phase[0].duration, ==, 10 * PL_SECOND);
    g_assert_cmpint(echo.phase[1].rate, ==, 0);
    g_assert_cmpint(echo.phase[1].duration, ==, 45 * PL_SECOND);
    g_assert_cmpint(echo.phase[2].rate, ==, 10);
    g_assert_true(sim_terms_echo("none", &echo, &problem));
    g_assert_cmpuint(echo.n, ==, 0);
    static const char *const wrong[] = {
        "",
        "10s",
        "10s at 10",
        "10s at 0.5/s",
        "10s at 2000/s",
        "0s at 10/s",
        "2h at 1/s",
        "5s silence",
        "5s at 1/s, 5s silence",
        "5s silence, 5s at 1/s",
        "5s at 1/s,",
        "at 1/s",
        "1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s,1s at 1/s"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_test_message("%s", wrong[i]);
        g_assert_false(sim_terms_echo(wrong[i], &echo, &problem));
    }
}

static void an_instant_may_have_a_width(void)
{
    sim_arrival a;
    sim_problem problem;
    g_assert_true(sim_terms_arrival("at 90s within 10s", &a, &problem));
    g_assert_cmpint(a.kind, ==, SIM_ARRIVE_WITHIN);
    g_assert_cmpint(a.start_ns, ==, 90 * PL_SECOND);
    g_assert_cmpint(a.span_ns, ==, 10 * PL_SECOND);
    g_assert_false(sim_terms_arrival("at 90s within", &a, &problem));
    g_assert_false(sim_terms_arrival("at within 10s", &a, &problem));
}

static void legs_are_two_latencies(void)
{
    net_latency_options latency;
    sim_problem problem;
    char storage[64];
    g_assert_true(sim_terms_latency("legs(peers=150ms, others=10ms)", storage, &latency, &problem));
    g_assert_cmpstr(latency.policy, ==, "legs");
    g_assert_cmpint(latency.peers_ns, ==, 150 * PL_MILLISECOND);
    g_assert_cmpint(latency.others_ns, ==, 10 * PL_MILLISECOND);
    g_assert_false(sim_terms_latency("legs(peers=150ms)", storage, &latency, &problem));
    g_assert_false(sim_terms_latency("legs(150ms, 10ms)", storage, &latency, &problem));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/nat-terms/a-name-alone-is-the-preset", a_name_alone_is_the_preset);
    g_test_add_func("/scenario/nat-terms/knobs-are-laid-on-the-preset", knobs_are_laid_on_the_preset);
    g_test_add_func("/scenario/nat-terms/every-knob-reads-what-it-writes", every_knob_reads_what_it_writes);
    g_test_add_func("/scenario/nat-terms/every-error-says-what-to-do", every_error_says_what_to_do);
    g_test_add_func("/scenario/nat-terms/an-echo-is-phases", an_echo_is_phases);
    g_test_add_func("/scenario/nat-terms/an-instant-may-have-a-width", an_instant_may_have_a_width);
    g_test_add_func("/scenario/nat-terms/legs-are-two-latencies", legs_are_two_latencies);
    return g_test_run();
}
