/* test_crowd.c - the words for crowds: what is wrong with them is told where it stands. */
#include "tests/scenario/scenario_test.h"

static const char base[] = "scenario: s\n"
                           "run: {duration: 1h, sample: 30s}\n"
                           "profiles: {dsl: {up: 1Mbit/s, down: 1Mbit/s}}\n"
                           "supernodes: {link: dsl, dedicated: 2}\n"
                           "login_servers: {link: dsl}\n"
                           "timeline: [{at: 1min, do: kill, what: supernodes, share: 10%, name: storm}]\n";

static const struct {
    const char *peers, *message;
} bad[] = {
    {"churn: {gap: 5min}", "it does not say how long one stays"},
    {"churn: {session: 5}", "not a distribution"},
    {"churn: {session: pareto(shape=1, scale=5min)}", "out of range"},
    {"churn: {session: weibull(shape=0.5)}", "not a distribution"},
    {"churn: {session: trace(nowhere.txt)}", "cannot read the trace"},
    {"churn: {session: 5min, leave: quietly}", "not a way to leave"},
    {"churn: {session: 5min, classes: [{share: 100%, session: 5min}]}", "session and classes exclude each other"},
    {"churn: {classes: [{share: 40%, session: 5min}]}", "the shares of the classes are not 100%"},
    {"churn: {session: 5min}, arrive: at 10s", "with churn, peers arrive when their gaps end"},
    {"arrive: 'diurnal(peak=25:00, swing=40%)'", "not an arrival"},
    {"searches: {rate: 1/h per peer, of: {present: 70%}}", "the shares of the searches are not 100%"},
    {"searches: {popularity: pareto(1)}", "not a popularity"},
    {"searches: {whom: nobody}", "searches for no such group: 'nobody'"},
    {"searches: {policy: luck}", "unknown policy 'luck'"},
    {"buddies: {count: 3}", "nobody has so many others to be buddies with"},
    {"buddies: {count: 2000}", "out of range"},
    {"buddies: {}", "count"},
    {"relogin: at-once", "unknown relogin 'at-once'"},
};

static void expect_error(const char *text, const char *message)
{
    sim_scenario *scenario =
        sim_scenario_load_text("crowd.yaml", text, strlen(text), &(sim_scenario_options){0});
    g_autofree char *errors = sim_scenario_errors(scenario);
    g_test_message("%s", text + strlen(base));
    g_assert_nonnull(strstr(errors, message));
    sim_scenario_free(scenario);
}

static void faults_of_peers_are_told(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("%speers: {count: 3, link: dsl, %s}\n", base, bad[i].peers);
        expect_error(text, bad[i].message);
    }
}

static void faults_of_claims_and_acts_are_told(void)
{
    static const char *const rest[][2] = {
        {"expect: [overlay.online >= 70% at 2h after strom]", "no act of the timeline is called 'strom'"},
        {"timeline: [{at: 1s, do: add, what: supernodes}]", "only dedicated supernodes can be added"},
        {"timeline: [{at: 1s, do: poison, what: peers}]", "only supernodes can poison the index"},
        {"timeline: [{at: 1s, do: kill, what: peers, pick: busiest}]", "only supernodes have children to be picked by"},
        {"timeline: [{at: 1s, do: slow, what: supernodes, by: 1s, pick: busiest}]", "'pick' means nothing with do: slow"},
        {"timeline: [{at: 1s, do: kill, what: supernodes, pick: largest}]", "pick"},
        {"timeline: [{at: 1s, do: slow, what: peers}]", "do: slow needs by:"},
        {"timeline: [{at: 1s, do: link, what: peers, profile: dsl, back: 5min}]", "'back' means nothing with do: link"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rest); i++) {
        const char *head = g_str_has_prefix(rest[i][0], "timeline") ? strstr(base, "timeline") : base + strlen(base);
        g_autofree char *text = g_strdup_printf("%.*speers: {count: 3, link: dsl}\n%s\n", (int)(head - base), base,
                                                rest[i][0]);
        sim_scenario *scenario =
            sim_scenario_load_text("crowd.yaml", text, strlen(text), &(sim_scenario_options){0});
        g_autofree char *errors = sim_scenario_errors(scenario);
        g_test_message("%s", rest[i][0]);
        g_assert_nonnull(strstr(errors, rest[i][1]));
        sim_scenario_free(scenario);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/crowd/peers", faults_of_peers_are_told);
    g_test_add_func("/scenario/crowd/rest", faults_of_claims_and_acts_are_told);
    return g_test_run();
}
