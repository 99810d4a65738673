/* test_discovery_net.c - what a client learns of its NAT or firewall, through a pair of supernodes. */
#include "tests/support/story.h"

#define START (10 * PL_SECOND)
#define RTT   (100 * PL_MILLISECOND)

/*
 *   client ─ box ─ r ─┬─ supernode 66.0.0.1 (A1) ═╗ partners' link
 *   192.168.1.2       ├─ supernode 66.0.0.2 (A2) ═╝
 *                     └─ login server
 */
typedef struct setting {
    const char *nat, *firewall;
    pl_nat_udp udp;
    pl_nat_mapping mapping;
    pl_nat_filtering filtering;
} setting;

static const setting settings[] = {
    {NULL, NULL, PL_UDP_OPEN, PL_MAPPING_NONE, PL_FILTERING_EI},
    {"full-cone", NULL, PL_UDP_OPEN, PL_MAPPING_EI, PL_FILTERING_EI},
    {"address-restricted", NULL, PL_UDP_OPEN, PL_MAPPING_EI, PL_FILTERING_AD},
    {"port-restricted", NULL, PL_UDP_OPEN, PL_MAPPING_EI, PL_FILTERING_APD},
    {"symmetric", NULL, PL_UDP_OPEN, PL_MAPPING_APD, PL_FILTERING_APD},
    {"symmetric-sequential", NULL, PL_UDP_OPEN, PL_MAPPING_APD, PL_FILTERING_APD},
    {NULL, "stateful", PL_UDP_OPEN, PL_MAPPING_NONE, PL_FILTERING_APD},
    {NULL, "udp-blocked", PL_UDP_BLOCKED, PL_MAPPING_UNKNOWN, PL_FILTERING_UNKNOWN},
    {"port-restricted", "udp-blocked", PL_UDP_BLOCKED, PL_MAPPING_UNKNOWN, PL_FILTERING_UNKNOWN},
};

static story *open_story(story_pairing pairing, size_t supernodes)
{
    story *s =
        story_new(&(story_options){.supernodes = supernodes, .pairing = pairing, .suite = &pl_suite_sized});
    story_settle(s);
    return s;
}

static story_host *log_in(story *s, const setting *set, const net_link_options *link)
{
    story_client_options options = {.nat = set->nat, .firewall = set->firewall};
    if (link)
        options.link = *link;
    story_host *client = story_add_client(s, &options);
    story_account(s, client->name, "secret");
    story_log_in(client, client->name, "secret");
    return client;
}

static bool kept_report(const story_host *client, pl_nat_report *ret_report)
{
    uint8_t bytes[PL_NAT_REPORT_BYTES + 1];
    size_t len = sim_registry_load(client->registry, "nat", bytes, sizeof bytes);
    return len > 0 && pl_nat_report_decode(ret_report, bytes, len) == 0;
}

static void test_each_box_is_named(void)
{
    story *s = open_story(STORY_IN_PAIRS, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        pl_nat_report report;
        story_host *client = log_in(s, &settings[i], NULL);
        g_assert_cmpint(story_run_to(client, PL_EVENT_DISCOVERED, story_now(s) + PL_MINUTE), !=, PL_NEVER);
        g_assert_true(kept_report(client, &report));
        g_assert_cmpstr(pl_nat_udp_name(report.udp), ==, pl_nat_udp_name(settings[i].udp));
        g_assert_cmpstr(pl_nat_mapping_name(report.mapping), ==, pl_nat_mapping_name(settings[i].mapping));
        g_assert_cmpstr(pl_nat_filtering_name(report.filtering), ==,
                        pl_nat_filtering_name(settings[i].filtering));
        g_assert_cmpuint(report.mapped.ip, ==, report.udp == PL_UDP_OPEN ? client->outside : 0);
        g_assert_cmpint(report.found_at, ==,
                        s->epoch + story_now(s) / PL_SECOND); /* from which comes its age */
        const pl_event *told = &story_last(client, PL_EVENT_DISCOVERED)->event;
        g_assert_cmpstr(told->value[1].text, ==, pl_nat_mapping_name(report.mapping));
        g_assert_cmpstr(told->value[2].text, ==, pl_nat_filtering_name(report.filtering));
    }
    story_free(s);
}

static void test_without_a_partner_filtering_is_unknown(void)
{
    for (size_t i = 0; i < 7; i++) {
        story *s = open_story(STORY_ALONE, 2);
        pl_nat_report report;
        story_host *client = log_in(s, &settings[i], NULL);
        g_assert_cmpint(story_run_to(client, PL_EVENT_DISCOVERED, START + PL_MINUTE), !=, PL_NEVER);
        g_assert_true(kept_report(client, &report));
        g_assert_cmpstr(pl_nat_udp_name(report.udp), ==, "open");
        g_assert_cmpstr(pl_nat_filtering_name(report.filtering), ==, "unknown");
        g_assert_cmpstr(pl_nat_mapping_name(report.mapping), ==, settings[i].nat ? "unknown" : "none");
        story_free(s);
    }
}

/* Whatever discovery meets, the login takes its eight round trips (or 5 s and seven, where UDP is blocked).
 */
static void test_discovery_never_gates_login(void)
{
    story *s = open_story(STORY_IN_PAIRS, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        pl_time from = story_now(s);
        story_host *client = log_in(s, &settings[i], NULL);
        pl_span expected = settings[i].udp == PL_UDP_BLOCKED ? 5 * PL_SECOND + 7 * RTT : 8 * RTT;
        g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, from + PL_MINUTE), ==, from + expected);
        if (settings[i].udp == PL_UDP_BLOCKED)
            g_assert_cmpuint(story_count(client, PL_EVENT_DISCOVERED), ==, 0); /* it still runs */
        story_run(s, from + PL_MINUTE);
        g_assert_cmpuint(story_count(client, PL_EVENT_DISCOVERED), ==, 1);
    }
    story_free(s);
}

/* The partner is down: its link is lost, and what depends on it is unknown, not wrong. */
static void test_a_dead_partner_makes_no_wrong_name(void)
{
    for (size_t i = 0; i < 7; i++) {
        story *s = open_story(STORY_IN_PAIRS, 2);
        pl_nat_report report;
        story_fail(s->supernode[1]);
        story_host *client = log_in(s, &settings[i], NULL);
        g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, START + PL_MINUTE), ==, START + 8 * RTT);
        story_run(s, START + PL_MINUTE);
        g_assert_true(kept_report(client, &report));
        g_assert_cmpstr(pl_nat_udp_name(report.udp), ==, "open");
        g_assert_true(report.mapping == PL_MAPPING_UNKNOWN || report.mapping == settings[i].mapping);
        g_assert_true(report.filtering == PL_FILTERING_UNKNOWN || report.filtering == settings[i].filtering);
        story_free(s);
    }
}

/* A box that was changed is named anew by the next login; logging out in the middle harms nothing. */
static void test_next_login_discovers_anew(void)
{
    story *s = open_story(STORY_IN_PAIRS, 2);
    pl_nat_report report;
    story_host *client = log_in(s, &settings[0], NULL);
    story_run(s, START + 5 * PL_SECOND);
    g_assert_true(kept_report(client, &report));
    g_assert_cmpstr(pl_nat_filtering_name(report.filtering), ==, "endpoint-independent");
    story_log_out(client);
    story_set_firewall(client, "stateful");
    story_log_in(client, client->name, "secret");
    story_run_to(client, PL_EVENT_DISCOVERY_STARTED, story_now(s) + PL_MINUTE);
    story_log_out(client);
    story_run(s, START + PL_MINUTE);
    g_assert_cmpuint(story_count(client, PL_EVENT_DISCOVERED), ==, 2);
    g_assert_true(kept_report(client, &report));
    g_assert_cmpstr(pl_nat_filtering_name(report.filtering), ==, "address-and-port-dependent");
    story_free(s);
}

/* --- loss --- */

typedef struct tally {
    size_t runs, wrong, unknown;
} tally;

static void judge(tally *t, const setting *truth, const pl_nat_report *report)
{
    t->runs++;
    bool is_wrong = (report->udp != PL_UDP_UNKNOWN && report->udp != truth->udp) ||
                    (report->mapping != PL_MAPPING_UNKNOWN && report->mapping != truth->mapping) ||
                    (report->filtering != PL_FILTERING_UNKNOWN && report->filtering != truth->filtering);
    t->wrong += is_wrong;
    t->unknown += !is_wrong && (report->mapping != truth->mapping || report->filtering != truth->filtering);
}

/* Runs every setting `times` over a link that loses packets each way. */
static tally run_with_loss(double loss, size_t times)
{
    const net_link_options link = {.loss = {.kind = NET_LOSS_INDEPENDENT, .probability = loss}};
    tally t = {0};
    story *s = open_story(STORY_IN_PAIRS, 2);
    GPtrArray *clients = g_ptr_array_new();
    for (size_t i = 0; i < times * G_N_ELEMENTS(settings); i++) {
        g_ptr_array_add(clients, log_in(s, &settings[i % G_N_ELEMENTS(settings)], &link));
        story_run(s, story_now(s) + 200 * PL_MILLISECOND);
    }
    story_run(s, story_now(s) + 5 * PL_MINUTE);
    for (guint i = 0; i < clients->len; i++) {
        pl_nat_report report;
        g_assert_true(kept_report(g_ptr_array_index(clients, i), &report));
        judge(&t, &settings[i % G_N_ELEMENTS(settings)], &report);
    }
    g_ptr_array_unref(clients);
    story_free(s);
    return t;
}

static void test_no_wrong_name_without_loss(void)
{
    tally t = run_with_loss(0, 20);
    g_assert_cmpuint(t.wrong, ==, 0);
    g_assert_cmpuint(t.unknown, ==, 0);
}

static void test_few_wrong_names_at_5_percent_loss(void)
{
    tally t = run_with_loss(0.05, 100);
    g_test_message("%zu runs, %zu wrong, %zu unknown", t.runs, t.wrong, t.unknown);
    g_assert_cmpuint(t.runs, ==, 900);
    g_assert_cmpuint(t.wrong * 200, <=, t.runs); /* 0.5 % */
    g_assert_cmpuint(t.unknown * 20, <=, t.runs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/discovery/each-box-is-named", test_each_box_is_named);
    g_test_add_func("/story/discovery/without-a-partner-filtering-is-unknown",
                    test_without_a_partner_filtering_is_unknown);
    g_test_add_func("/story/discovery/never-gates-login", test_discovery_never_gates_login);
    g_test_add_func("/story/discovery/a-dead-partner-makes-no-wrong-name",
                    test_a_dead_partner_makes_no_wrong_name);
    g_test_add_func("/story/discovery/next-login-discovers-anew", test_next_login_discovers_anew);
    g_test_add_func("/story/discovery/no-wrong-name-without-loss", test_no_wrong_name_without_loss);
    g_test_add_func("/story/discovery/few-wrong-names-at-5-percent-loss",
                    test_few_wrong_names_at_5_percent_loss);
    return g_test_run();
}
