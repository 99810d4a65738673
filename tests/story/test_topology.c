/* test_topology.c - where a scenario's peers stand, who is behind which box, and what it takes to move them.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/told_world.h"

static uint32_t ip(const char *text)
{
    unsigned a, b, c, d;
    g_assert_cmpint(sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d), ==, 4);
    return a << 24 | b << 16 | c << 8 | d;
}

static const sim_whereabouts *at(const told_world *t, const char *name)
{
    return &told_world_machine(t, name)->at;
}

/* Five peers, two behind a box:   [1 2] [3 4] [5] */
static void test_hosts_share_a_home(void)
{
    told_world t;
    told_world_open(&t,
                    "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\n"
                    "peers: {count: 5, link: ideal, nat: port-restricted, per_nat: 2, log_in: no}\n",
                    NULL);
    g_assert_cmpuint(at(&t, "peer-1")->realm, ==, at(&t, "peer-2")->realm);
    g_assert_cmpuint(at(&t, "peer-3")->realm, ==, at(&t, "peer-4")->realm);
    g_assert_cmpuint(at(&t, "peer-1")->realm, !=, at(&t, "peer-3")->realm);
    g_assert_cmpuint(at(&t, "peer-5")->realm, !=, at(&t, "peer-4")->realm);
    g_assert_cmphex(at(&t, "peer-1")->ip, ==, ip("192.168.1.2"));
    g_assert_cmphex(at(&t, "peer-2")->ip, ==, ip("192.168.1.3"));
    g_assert_cmphex(at(&t, "peer-3")->ip, ==, ip("192.168.1.2")); /* equal prefixes */
    g_assert_cmphex(at(&t, "peer-2")->outside, ==, ip("81.0.0.1"));
    g_assert_cmphex(at(&t, "peer-3")->outside, ==, ip("81.0.0.3"));
    /* In one LAN, 192.168.1.3 is the neighbour; elsewhere it is nobody. */
    g_assert_cmpint(told_world_send(&t, "peer-1", (pl_addr){ip("192.168.1.3"), 9}).step, ==,
                    NET_STEP_DELIVERED);
    g_assert_cmpint(told_world_send(&t, "peer-5", (pl_addr){ip("192.168.1.3"), 9}).drop, ==,
                    NET_DROP_NO_ROUTE);
    /* Both show one address. */
    told_sighting sent = told_world_send(&t, "peer-2", (pl_addr){t.world->supernodes[0].ip, 9});
    g_assert_cmpint(sent.step, ==, NET_STEP_DELIVERED);
    g_assert_cmphex(sent.source.ip, ==, ip("81.0.0.1"));
    told_world_close(&t);
}

static void test_an_isolated_lan(void)
{
    told_world t;
    told_world_open(
        &t,
        "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\n"
        "peers: {count: 2, link: ideal, nat: port-restricted, per_nat: 2, isolated: yes, log_in: no}\n",
        NULL);
    g_assert_cmpint(told_world_send(&t, "peer-1", (pl_addr){ip("192.168.1.3"), 9}).drop, ==,
                    NET_DROP_ISOLATED);
    g_assert_cmpint(told_world_send(&t, "peer-1", t.world->supernodes[0]).step, ==, NET_STEP_DELIVERED);
    told_world_close(&t);
}

/* Two hosts a home, two homes a carrier:   ( [1 2] [3 4] ) ( [5 6] [7] ) */
static void test_homes_share_a_carrier(void)
{
    told_world t;
    told_world_open(
        &t,
        "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\n"
        "peers: {count: 7, link: ideal, nat: full-cone, carrier: cgn, per_nat: 2, per_carrier: 2, "
        "log_in: no}\n",
        NULL);
    g_assert_cmpuint(at(&t, "peer-1")->above, ==, at(&t, "peer-4")->above);
    g_assert_cmpuint(at(&t, "peer-4")->above, !=, at(&t, "peer-5")->above);
    g_assert_cmpuint(at(&t, "peer-5")->above, ==, at(&t, "peer-7")->above);
    g_assert_cmphex(at(&t, "peer-1")->between, ==, ip("100.64.0.2"));
    g_assert_cmphex(at(&t, "peer-3")->between, ==, ip("100.64.0.3"));
    g_assert_cmphex(at(&t, "peer-5")->between, ==, ip("100.64.0.2"));
    g_assert_cmphex(at(&t, "peer-4")->outside, ==, ip("81.0.0.1"));
    g_assert_cmphex(at(&t, "peer-7")->outside, ==, ip("81.0.0.5"));
    told_sighting sent = told_world_send(&t, "peer-3", t.world->supernodes[0]);
    g_assert_cmphex(sent.source.ip, ==, ip("81.0.0.1"));
    g_assert_cmphex(told_world_step(&t, sent.serial, NET_STEP_TRANSLATED).source.ip, ==, ip("100.64.0.3"));
    told_world_close(&t);
}

/* Without homes the hosts stand in the carrier's network; a pool has addresses of its own. */
static void test_hosts_in_a_carriers_network(void)
{
    told_world t;
    told_world_open(
        &t,
        "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\n"
        "peers: {count: 3, link: ideal, carrier: \"cgn(pool=4, pooling=paired)\", per_carrier: 2, "
        "log_in: no}\n",
        NULL);
    g_assert_cmphex(at(&t, "peer-1")->ip, ==, ip("100.64.0.2"));
    g_assert_cmphex(at(&t, "peer-2")->ip, ==, ip("100.64.0.3"));
    g_assert_cmphex(at(&t, "peer-3")->ip, ==, ip("100.64.0.2"));
    g_assert_cmphex(at(&t, "peer-1")->outside, ==, ip("86.0.0.1"));
    g_assert_cmpuint(at(&t, "peer-1")->n_outside, ==, 4);
    g_assert_cmphex(at(&t, "peer-3")->outside, ==, ip("86.0.0.5"));
    told_sighting sent = told_world_send(&t, "peer-2", t.world->supernodes[0]);
    g_assert_cmphex(sent.source.ip, >=, ip("86.0.0.1"));
    g_assert_cmphex(sent.source.ip, <=, ip("86.0.0.4"));
    told_world_close(&t);
}

/* Cells: open-open, open-box, open-isp, box-open, box-box, …; only a kind with itself shares. */
static void test_cells_have_boxes_of_their_own(void)
{
    told_world t;
    told_world_open(&t,
                    "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\npeers: {link: ideal}\n"
                    "matrix:\n"
                    "  kinds:\n"
                    "    - {name: open}\n"
                    "    - {name: box, nat: port-restricted(hairpin=none), share: nat}\n"
                    "    - {name: isp, nat: full-cone, carrier: cgn, share: carrier}\n",
                    NULL);
    g_assert_cmpuint(t.world->n_cells, ==, 9);
    g_assert_cmpstr(told_world_machine(&t, "caller-2")->group->name, ==, "open");
    g_assert_cmpstr(told_world_machine(&t, "callee-2")->group->name, ==, "box");
    g_assert_cmpuint(at(&t, "callee-2")->realm, !=, at(&t, "callee-5")->realm);
    g_assert_cmpuint(at(&t, "caller-5")->realm, ==, at(&t, "callee-5")->realm);
    g_assert_cmphex(at(&t, "callee-5")->ip, ==, ip("192.168.1.3"));
    g_assert_cmpuint(at(&t, "caller-6")->realm, !=, at(&t, "callee-6")->realm);
    g_assert_cmpuint(at(&t, "caller-9")->realm, !=, at(&t, "callee-9")->realm);
    g_assert_cmpuint(at(&t, "caller-9")->above, ==, at(&t, "callee-9")->above);
    g_assert_cmpuint(at(&t, "caller-8")->above, !=, at(&t, "caller-9")->above);
    g_assert_cmphex(at(&t, "caller-1")->ip, ==, ip("83.0.0.1"));
    g_assert_cmphex(at(&t, "callee-1")->ip, ==, ip("83.0.0.2"));
    /* The knob is the box's: two ends behind one without a hairpin do not meet by its outside. */
    told_sighting sent = told_world_send(&t, "caller-5", (pl_addr){at(&t, "callee-5")->outside, 9});
    g_assert_cmpint(sent.drop, ==, NET_DROP_HAIRPIN);
    told_world_close(&t);
}

/* Everybody gets in, through whatever stands before him; the one with a proxy through that. */
static void test_everybody_logs_in_from_his_place(void)
{
    told_world t;
    told_world_open(&t,
                    "run: {until: all-logged-in, limit: 5min, crypto: sized}\n"
                    "supernodes: {count: 2, link: ideal}\n"
                    "peers:\n"
                    "  link: ideal\n"
                    "  mix:\n"
                    "    - {name: homes, count: 4, nat: port-restricted, per_nat: 2, isolated: yes}\n"
                    "    - {name: carried, count: 4, nat: linux, carrier: cgn, per_nat: 2, per_carrier: 2}\n"
                    "    - {name: office, count: 2, firewall: proxy-only, proxy: yes}\n",
                    NULL);
    g_assert_cmpuint(t.world->n_proxies, ==, 1);
    g_assert_cmpint((int)sim_world_run(t.world, NULL, NULL), ==, SIM_WORLD_COMPLETE);
    g_assert_cmpuint(sim_world_logged_in(t.world), ==, 10);
    for (guint i = 0; i < t.sightings->len; i++) { /* the office speaks to the proxy only */
        const told_sighting *seen = &g_array_index(t.sightings, told_sighting, i);
        if (seen->step == NET_STEP_DELIVERED && seen->from == told_world_machine(&t, "peer-9")->stack.host)
            g_assert_cmphex(seen->destination.ip, ==, told_world_machine(&t, "proxy-1")->at.ip);
    }
    told_world_close(&t);
}

static pl_span flight(told_world *t, const char *from, const char *to)
{
    told_sighting last = told_world_send(t, from, (pl_addr){at(t, to)->ip, 9});
    g_assert_cmpint(last.step, ==, NET_STEP_DELIVERED);
    return last.when - told_world_step(t, last.serial, NET_STEP_SENT).when;
}

static void test_legs(void)
{
    told_world t;
    told_world_open(&t,
                    "run: {duration: 1min}\nsupernodes: {count: 2, link: ideal}\n"
                    "network: {latency: \"legs(peers=150ms, others=10ms)\"}\n"
                    "proxies: {count: 1}\n"
                    "peers: {count: 2, link: ideal}\nmatrix: {kinds: [{name: a}]}\n",
                    NULL);
    g_assert_cmpint(flight(&t, "peer-1", "peer-2"), ==, 150 * PL_MILLISECOND);
    g_assert_cmpint(flight(&t, "caller-1", "callee-1"), ==, 150 * PL_MILLISECOND);
    g_assert_cmpint(flight(&t, "peer-1", "supernode-1"), ==, 10 * PL_MILLISECOND);
    g_assert_cmpint(flight(&t, "supernode-1", "supernode-2"), ==, 10 * PL_MILLISECOND);
    g_assert_cmpint(flight(&t, "callee-1", "proxy-1"), ==, 10 * PL_MILLISECOND);
    told_world_close(&t);
}

#define MOVERS                                                                                               \
    "run: {duration: 10min}\nsupernodes: {count: 1, link: ideal}\n"                                          \
    "network: {latency: constant(10ms)}\n"

/* peer-1 speaks to the supernode, and later the supernode to where peer-1 was seen. */
static void test_a_reboot_forgets(void)
{
    static const struct {
        const char *timeline;
        net_step step;
        net_drop drop;
    } cases[] = {{"[]", NET_STEP_DELIVERED, NET_DROP_NONE},
                 {"[{at: 20s, do: reboot, what: peer-1}]", NET_STEP_DROPPED, NET_DROP_NO_MAPPING},
                 {"[{at: 20s, do: reboot, what: peer-2}]", NET_STEP_DROPPED, NET_DROP_NO_MAPPING},
                 {"[{at: 20s, do: reboot, what: peer-3}]", NET_STEP_DELIVERED, NET_DROP_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        told_world t;
        g_autofree char *text = g_strdup_printf(
            MOVERS "peers: {count: 3, link: ideal, nat: full-cone, per_nat: 2, log_in: no}\ntimeline: %s\n",
            cases[i].timeline);
        told_world_open(&t, text, NULL);
        told_world_run(&t, 15 * PL_SECOND);
        pl_addr seen = told_world_send(&t, "peer-1", t.world->supernodes[0]).source;
        told_world_run(&t, 25 * PL_SECOND);
        told_sighting back = told_world_send(&t, "supernode-1", seen);
        g_assert_cmpint(back.step, ==, cases[i].step);
        g_assert_cmpint(back.drop, ==, cases[i].drop);
        told_world_close(&t);
    }
}

/* The home's box gets another outside address: in public, or in the carrier's network; a host without one
 * too. */
static void test_a_box_gets_another_address(void)
{
    told_world t;
    told_world_open(&t,
                    MOVERS "peers:\n  link: ideal\n  log_in: no\n  mix:\n"
                           "    - {name: homes, count: 2, nat: full-cone, per_nat: 2}\n"
                           "    - {name: carried, count: 1, nat: full-cone, carrier: cgn}\n"
                           "    - {name: open, count: 1}\n"
                           "timeline: [{at: 20s, do: readdress, what: peers}]\n",
                    NULL);
    g_assert_cmphex(told_world_send(&t, "peer-2", t.world->supernodes[0]).source.ip, ==, ip("81.0.0.1"));
    told_world_run(&t, 21 * PL_SECOND);
    g_assert_cmphex(told_world_send(&t, "peer-2", t.world->supernodes[0]).source.ip, ==, ip("86.0.0.1"));
    g_assert_cmphex(at(&t, "peer-1")->outside, ==, ip("86.0.0.1")); /* one box, changed once */
    told_sighting sent = told_world_send(&t, "peer-3", t.world->supernodes[0]);
    g_assert_cmphex(told_world_step(&t, sent.serial, NET_STEP_TRANSLATED).source.ip, ==, ip("100.96.0.1"));
    g_assert_cmphex(sent.source.ip, ==, ip("81.0.0.3"));
    g_assert_cmphex(told_world_send(&t, "peer-4", t.world->supernodes[0]).source.ip, ==, ip("86.0.0.2"));
    told_world_close(&t);
}

/* A host moves to a LAN of its own for 30 s, with another kind of box, and then is home again. */
static void test_a_host_roams_and_returns(void)
{
    told_world t;
    told_world_open(&t,
                    MOVERS "peers: {count: 2, link: ideal, nat: full-cone, per_nat: 2, log_in: no}\n"
                           "timeline: [{at: 20s, for: 30s, do: roam, what: peer-1, nat: symmetric}]\n",
                    NULL);
    const sim_whereabouts home = *at(&t, "peer-1");
    pl_addr seen = told_world_send(&t, "peer-1", t.world->supernodes[0]).source;
    told_world_run(&t, 21 * PL_SECOND);
    g_assert_cmphex(at(&t, "peer-1")->ip, ==, ip("192.168.2.2"));
    g_assert_cmpuint(at(&t, "peer-1")->realm, !=, home.realm);
    g_assert_cmpuint(at(&t, "peer-2")->realm, ==, home.realm);
    told_sighting sent = told_world_send(&t, "peer-1", t.world->supernodes[0]);
    g_assert_cmpint(sent.step, ==, NET_STEP_DELIVERED);
    g_assert_cmphex(sent.source.ip, ==, ip("86.0.0.1"));
    g_assert_cmpint(told_world_send(&t, "supernode-1", seen).step, ==, NET_STEP_DROPPED);
    told_world_run(&t, 51 * PL_SECOND);
    g_assert_true(memcmp(at(&t, "peer-1"), &home, sizeof home) == 0);
    g_assert_cmphex(told_world_send(&t, "peer-1", t.world->supernodes[0]).source.ip, ==, ip("81.0.0.1"));
    told_world_close(&t);
}

/* A client that has moved logs in from where it is then. */
static void test_a_login_from_the_new_place(void)
{
    told_world t;
    told_world_open(
        &t,
        "run: {until: all-logged-in, limit: 5min, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"
        "peers: {count: 1, link: ideal, nat: full-cone, arrive: at 30s}\n"
        "timeline:\n"
        "  - {at: 10s, do: roam, what: peer-1}\n"
        "  - {at: 15s, do: roam, what: peer-1, nat: none}\n"
        "  - {at: 20s, do: roam, what: peer-1, nat: symmetric}\n",
        NULL);
    g_assert_cmpint((int)sim_world_run(t.world, NULL, NULL), ==, SIM_WORLD_COMPLETE);
    g_assert_cmpuint(sim_world_logged_in(t.world), ==, 1);
    g_assert_cmpuint(told_world_machine(&t, "peer-1")->moves, ==, 3);
    told_world_close(&t);
}

/* A failure of callers and callees is one of peers; proxies are no hosts of the timeline. */
static void test_the_timeline_reaches_cells(void)
{
    told_world t;
    told_world_open(&t,
                    "run: {duration: 1min}\nsupernodes: {count: 1, link: ideal}\npeers: {link: ideal}\n"
                    "matrix: {kinds: [{name: a}, {name: b, proxy: yes}]}\n"
                    "timeline:\n"
                    "  - {at: 10s, do: fail, what: caller-2}\n"
                    "  - {at: 20s, do: fail, what: b}\n"
                    "  - {at: 30s, do: fail, what: peers}\n"
                    "  - {at: 40s, do: restart, what: all}\n",
                    NULL);
    told_world_run(&t, 15 * PL_SECOND);
    g_assert_null(told_world_machine(&t, "caller-2")->node);
    g_assert_nonnull(told_world_machine(&t, "caller-1")->node);
    told_world_run(&t, 25 * PL_SECOND);
    g_assert_null(told_world_machine(&t, "callee-2")->node);
    g_assert_nonnull(told_world_machine(&t, "callee-1")->node);
    told_world_run(&t, 35 * PL_SECOND);
    g_assert_null(told_world_machine(&t, "caller-1")->node);
    told_world_run(&t, 45 * PL_SECOND);
    g_assert_nonnull(told_world_machine(&t, "caller-1")->node);
    told_world_close(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/topology/hosts-share-a-home", test_hosts_share_a_home);
    g_test_add_func("/story/topology/an-isolated-lan", test_an_isolated_lan);
    g_test_add_func("/story/topology/homes-share-a-carrier", test_homes_share_a_carrier);
    g_test_add_func("/story/topology/hosts-in-a-carriers-network", test_hosts_in_a_carriers_network);
    g_test_add_func("/story/topology/cells-have-boxes-of-their-own", test_cells_have_boxes_of_their_own);
    g_test_add_func("/story/topology/everybody-logs-in-from-his-place",
                    test_everybody_logs_in_from_his_place);
    g_test_add_func("/story/topology/legs", test_legs);
    g_test_add_func("/story/topology/a-reboot-forgets", test_a_reboot_forgets);
    g_test_add_func("/story/topology/a-box-gets-another-address", test_a_box_gets_another_address);
    g_test_add_func("/story/topology/a-host-roams-and-returns", test_a_host_roams_and_returns);
    g_test_add_func("/story/topology/a-login-from-the-new-place", test_a_login_from_the_new_place);
    g_test_add_func("/story/topology/the-timeline-reaches-cells", test_the_timeline_reaches_cells);
    return g_test_run();
}
