/* test_timeline.c - what a scenario's timeline does to a world: hosts fail and return, links and firewalls
 * change for what is sent after it. */
#include <glib.h>
#include <string.h>

#include "sim/net/net.h"
#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)

/*
 *   peer-1 ── r = 100 ms ──┬── supernode-1 …
 *                          └── login-server-1       all links ideal; peer-1 logs in at 10 s
 */
static const char head[] = "scenario: timeline\n"
                           "about: a story\n"
                           "host_stack: linux\n"
                           "discovery: off\n"
                           "network: {latency: constant(50ms)}\n"
                           "profiles:\n"
                           "  ideal: {about: no limits, up: unlimited, down: unlimited}\n"
                           "  slow: {about: 8 kbit/s, up: 8kbit/s, down: 8kbit/s, delay: 250ms}\n"
                           "login_servers: {count: 1, link: ideal}\n";

typedef struct sent {
    pl_time at;
    sim_host from;
    uint8_t protocol;
    pl_addr destination;
    uint64_t serial;
} sent;

typedef struct told {
    sim_scenario *scenario;
    sim_world *world;
    GArray *delivered; /* sent, of DELIVERED sightings; `from` is the receiver */
    GArray *left;      /* sent, of SENT sightings */
} told;

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    told *t = ctx;
    const net_packet *packet = sighting->packet;
    const sent s = {.at = now,
                    .from = sighting->step == NET_STEP_DELIVERED ? sighting->at : sighting->from,
                    .protocol = packet->protocol,
                    .destination = packet->destination,
                    .serial = packet->serial};
    if (sighting->step == NET_STEP_DELIVERED)
        g_array_append_val(t->delivered, s);
    if (sighting->step == NET_STEP_SENT)
        g_array_append_val(t->left, s);
}

static void tell(told *t, const char *rest)
{
    g_autofree char *text = g_strconcat(head, rest, NULL);
    char *error = NULL;
    t->scenario = sim_scenario_load_text("story.yaml", text, strlen(text), &(sim_scenario_options){0});
    g_autofree char *errors = sim_scenario_errors(t->scenario);
    g_assert_cmpstr(sim_scenario_good(t->scenario) ? "" : errors, ==, "");
    t->world = sim_world_new(
        &(sim_world_options){.config = t->scenario->points[0].config, .engine = &sim_light_engine}, &error);
    g_assert_cmpstr(error, ==, NULL);
    t->delivered = g_array_new(FALSE, FALSE, sizeof(sent));
    t->left = g_array_new(FALSE, FALSE, sizeof(sent));
    net_set_observer(sim_world_network(t->world), observe, t);
}

static void end(told *t)
{
    sim_world_free(t->world);
    sim_scenario_free(t->scenario);
    g_array_unref(t->delivered);
    g_array_unref(t->left);
}

/* Hosts by number: the login server, the supernodes, the peers. */
static pl_node *node(const told *t, size_t host)
{
    return sim_world_node(t->world, host);
}

static void run(told *t, pl_time until)
{
    sim_light_engine.run(sim_world_engine(t->world), until);
}

static void test_a_failed_host_is_gone_and_back(void)
{
    told t;
    tell(&t, "run: {duration: 2min}\n"
             "supernodes: {count: 2, link: ideal}\n"
             "peers: {count: 1, link: ideal, log_in: no}\n"
             "timeline:\n"
             "  - {at: 20s, do: fail, what: supernode-1}\n"
             "  - {at: 40s, do: restart, what: supernode-1}\n");
    run(&t, 20 * PL_SECOND);
    g_assert_true(pl_node_is_ready(node(&t, 1)));
    run(&t, 20 * PL_SECOND + 1);
    g_assert_null(node(&t, 1));
    g_assert_true(pl_node_is_ready(node(&t, 2)));
    run(&t, 40 * PL_SECOND);
    g_assert_null(node(&t, 1));
    run(&t, 40 * PL_SECOND + 3 * RTT); /* it asks for its credential anew */
    g_assert_nonnull(node(&t, 1));
    g_assert_false(pl_node_is_ready(node(&t, 1)));
    run(&t, 40 * PL_SECOND + 3 * RTT + 1);
    g_assert_true(pl_node_is_ready(node(&t, 1)));
    end(&t);
}

static void test_a_failure_for_a_while_is_undone(void)
{
    told t;
    tell(&t, "run: {duration: 2min}\n"
             "supernodes: {count: 2, link: ideal}\n"
             "peers: {count: 1, link: ideal, log_in: no}\n"
             "timeline:\n"
             "  - {at: 20s, do: fail, what: supernode-1, for: 5s}\n");
    run(&t, 25 * PL_SECOND);
    g_assert_null(node(&t, 1));
    run(&t, 25 * PL_SECOND + 1);
    g_assert_nonnull(node(&t, 1));
    end(&t);
}

/* A login that meets the failure of its supernode half-way still gets through, by the other one. */
static void test_a_login_survives_a_failing_supernode(void)
{
    told t;
    tell(&t, "run: {until: all-logged-in, limit: 5min}\n"
             "supernodes: {count: 2, link: ideal}\n"
             "peers: {count: 1, link: ideal, login: first, arrive: at 10s}\n"
             "timeline:\n"
             "  - {at: 10.15s, do: fail, what: supernode-1}\n");
    g_assert_cmpint((int)sim_world_run(t.world, NULL, NULL), ==, SIM_WORLD_COMPLETE);
    g_assert_cmpuint(sim_world_logged_in(t.world), ==, 1);
    /* r for UDP, 21 s for TCP to the lost one, seven round trips with the other. */
    g_assert_cmpint(sim_world_now(t.world), ==, 10 * PL_SECOND + RTT + 21 * PL_SECOND + 7 * RTT);
    end(&t);
}

/* The first packet that left the peer at `at` or after it, and when it arrived. */
static pl_span first_flight(const told *t, sim_host from, pl_time at)
{
    for (guint i = 0; i < t->left->len; i++) {
        const sent *left = &g_array_index(t->left, sent, i);
        if (left->from != from || left->at < at)
            continue;
        for (guint k = 0; k < t->delivered->len; k++)
            if (g_array_index(t->delivered, sent, k).serial == left->serial)
                return g_array_index(t->delivered, sent, k).at - left->at;
        return PL_NEVER;
    }
    return PL_NEVER;
}

/* A probe of 60 bytes at 8 kbit/s takes 60 ms to be sent, then 250 ms of the link, then the path. */
static void test_a_link_change_acts_on_packets_sent_after_it(void)
{
    static const struct {
        const char *at;
        pl_span flight;
    } changes[] = {{"10s", 60 * PL_MILLISECOND + 250 * PL_MILLISECOND + ONE_WAY}, {"10.001s", ONE_WAY}};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        told t;
        g_autofree char *rest =
            g_strdup_printf("run: {duration: 1min}\n"
                            "supernodes: {count: 1, link: ideal}\n"
                            "peers: {count: 1, link: ideal, login: first, arrive: at 10.0005s}\n"
                            "timeline:\n"
                            "  - {at: %s, do: link, what: peer-1, profile: slow}\n",
                            changes[i].at);
        tell(&t, rest);
        run(&t, 11 * PL_SECOND);
        g_assert_cmpint(first_flight(&t, 2, 10 * PL_SECOND), ==, changes[i].flight);
        end(&t);
    }
}

/* Port 33033 of the supernode is blocked to TCP before the login, and open again after 10 s: the login goes
 * round by port 80. */
static void test_a_blocked_port(void)
{
    told t;
    tell(&t, "run: {until: all-logged-in, limit: 5min}\n"
             "supernodes: {count: 1, link: ideal}\n"
             "peers: {count: 1, link: ideal, login: first, arrive: at 10s}\n"
             "timeline:\n"
             "  - {at: 9s, do: block, what: peer-1, ports: 33033, transport: tcp, answer: refuse}\n");
    g_assert_cmpint((int)sim_world_run(t.world, NULL, NULL), ==, SIM_WORLD_COMPLETE);
    g_assert_cmpuint(sim_world_logged_in(t.world), ==, 1);
    /* The peer's own firewall refuses in no time: r for UDP, then seven round trips through 80. */
    g_assert_cmpint(sim_world_now(t.world), ==, 10 * PL_SECOND + 8 * RTT);
    for (guint i = 0; i < t.delivered->len; i++) {
        const sent *s = &g_array_index(t.delivered, sent, i);
        if (s->protocol == PL_PROTOCOL_TCP && s->from != 2 && s->at > 10 * PL_SECOND)
            g_assert_cmpuint(s->destination.port, ==, 80);
    }
    end(&t);
}

/* Two blocks that overlap, 20–30 s and 25–35 s: each ends when it ends, and takes only its own with it. */
static void test_overlapping_acts_end_each_for_itself(void)
{
    told t;
    tell(&t, "run: {duration: 2min}\n"
             "supernodes: {count: 1, link: ideal}\n"
             "peers: {count: 1, link: ideal, log_in: no}\n"
             "timeline:\n"
             "  - {at: 20s, for: 10s, do: block, what: peer-1, ports: 80, transport: tcp}\n"
             "  - {at: 25s, for: 10s, do: block, what: peer-1, ports: 443, transport: tcp}\n"
             "  - {at: 50s, for: 20s, do: link, what: peer-1, delay: 7ms}\n"
             "  - {at: 60s, do: link, what: peer-1, up: 8kbit/s}\n"
             "  - {at: 100s, for: 1h, do: block, what: peer-1, ports: 7}\n");
    static const struct {
        pl_time at;
        uint16_t first, second;
    } blocked[] = {{20, 0, 0}, {22, 80, 0}, {27, 80, 443}, {32, 443, 0}, {36, 0, 0}};
    const net *network = sim_world_network(t.world);
    for (size_t i = 0; i < G_N_ELEMENTS(blocked); i++) {
        run(&t, blocked[i].at * PL_SECOND);
        const net_firewall_options *firewall = net_host_firewall(network, 2);
        g_assert_cmpuint(firewall->tcp_blocked_ports[0], ==, blocked[i].first);
        g_assert_cmpuint(firewall->tcp_blocked_ports[1], ==, blocked[i].second);
    }
    run(&t, 65 * PL_SECOND);
    g_assert_cmpint(net_host_link(network, 2)->delay_ns, ==, 7 * PL_MILLISECOND);
    g_assert_cmpuint(net_host_link(network, 2)->up_bps, ==, 8000);
    run(&t, 75 * PL_SECOND);
    g_assert_cmpint(net_host_link(network, 2)->delay_ns, ==, 0);
    g_assert_cmpuint(net_host_link(network, 2)->up_bps, ==, 8000);
    run(&t, 110 * PL_SECOND); /* an act that outlives the run is freed with the world */
    end(&t);
}

/* Failed for 20 s, but restarted by hand after 5: nothing happens to it when the 20 s are over. */
static void test_a_restart_before_the_failure_ends(void)
{
    told t;
    tell(&t, "run: {duration: 2min}\n"
             "supernodes: {count: 1, link: ideal}\n"
             "peers: {count: 1, link: ideal, log_in: no}\n"
             "timeline:\n"
             "  - {at: 20s, for: 20s, do: fail, what: supernode-1}\n"
             "  - {at: 25s, do: restart, what: supernode-1}\n");
    run(&t, 30 * PL_SECOND);
    const pl_node *restarted = node(&t, 1);
    g_assert_true(pl_node_is_ready(restarted));
    run(&t, 40 * PL_SECOND + 1);
    g_assert_true(pl_node_is_ready(node(&t, 1))); /* a new node would need three round trips */
    end(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/timeline/a-failed-host-is-gone-and-back", test_a_failed_host_is_gone_and_back);
    g_test_add_func("/story/timeline/a-failure-for-a-while-is-undone", test_a_failure_for_a_while_is_undone);
    g_test_add_func("/story/timeline/a-login-survives-a-failing-supernode",
                    test_a_login_survives_a_failing_supernode);
    g_test_add_func("/story/timeline/a-link-change-acts-on-packets-sent-after-it",
                    test_a_link_change_acts_on_packets_sent_after_it);
    g_test_add_func("/story/timeline/a-blocked-port", test_a_blocked_port);
    g_test_add_func("/story/timeline/overlapping-acts-end-each-for-itself",
                    test_overlapping_acts_end_each_for_itself);
    g_test_add_func("/story/timeline/a-restart-before-the-failure-ends",
                    test_a_restart_before_the_failure_ends);
    return g_test_run();
}
