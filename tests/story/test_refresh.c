/* test_refresh.c - what a right report would say, who hears of a change and when, and what is measured of it.
 *
 * Real nodes behind real boxes.  The truth is judged from the boxes alone, so that it and discovery, which asks from
 * inside, are each other's witness. */
#include <string.h>

#include "analysis/metrics.h"
#include "sim/world/refresh/nat_truth.h"
#include "sim/world/refresh/nat_watch.h"
#include "tests/support/told_world.h"

/* One way is 10 ms; the peers log in at 10 s, and have their reports within 14 s. */
#define HEAD                                                                                                 \
    "run: {duration: 12h, crypto: sized}\nnetwork: {latency: constant(10ms)}\n"                             \
    "supernodes: {count: 2, link: ideal}\nmeasure: [nat.stale.mean]\n"                                      \
    "protocol: {overlay.keep_alive: 0s, parents.spares: 0}\n" /* what finds a broken stream otherwise */
#define FOUND (30 * PL_SECOND)

static const pl_nat_report *report(const told_world *t, const char *name)
{
    const pl_nat_report *found = pl_node_nat_report(told_world_machine(t, name)->node);
    g_assert_nonnull(found);
    return found;
}

static bool is_right(const told_world *t, const char *name)
{
    const sim_nat_truth truth = sim_nat_truth_of(told_world_machine(t, name));
    return sim_nat_truth_has_class(&truth, report(t, name)) && sim_nat_truth_has_address(&truth, report(t, name));
}

static uint64_t messages(const told_world *t, const char *name)
{
    return pl_node_nat_messages(told_world_machine(t, name)->node);
}

/* --- the truth --- */

static void append_groups(GString *text, const char *firewall)
{
    static const char *const carriers[] = {"none", "cgn", "port-restricted", "symmetric"};
    const net_nat_preset_row *nats;
    size_t n = net_nat_presets(&nats);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < G_N_ELEMENTS(carriers); c++)
            g_string_append_printf(text, "    - {count: 1, nat: %s, carrier: %s, firewall: %s}\n", nats[i].name,
                                   carriers[c], firewall);
}

/* Every kind of box, alone and below a carrier's, with every firewall that lets somebody log in. */
static void test_the_truth_is_what_discovery_finds(void)
{
    static const char *const firewalls[] = {"none", "stateful", "udp-blocked", "tcp-in-refused", "udp-refused"};
    for (size_t f = 0; f < G_N_ELEMENTS(firewalls); f++) {
        told_world t;
        g_autoptr(GString) text = g_string_new(HEAD "peers:\n  link: ideal\n  arrive: at 10s\n  mix:\n");
        append_groups(text, firewalls[f]);
        told_world_open(&t, text->str, NULL);
        told_world_run(&t, 90 * PL_SECOND);
        g_assert_cmpuint(sim_world_logged_in(t.world), ==, t.world->n_peers);
        for (size_t i = 1; i <= t.world->n_peers; i++) {
            g_autofree char *name = g_strdup_printf("peer-%zu", i);
            const sim_machine *machine = told_world_machine(&t, name);
            const sim_nat_truth truth = sim_nat_truth_of(machine);
            const pl_nat_report *found = report(&t, name);
            g_test_message("%s below %s with %s: %s %s %s, found %s %s %s", machine->group->nat_name,
                           machine->at.carrier ? machine->at.carrier->name : "none", firewalls[f],
                           pl_nat_udp_name(truth.udp), pl_nat_mapping_name(truth.mapping),
                           pl_nat_filtering_name(truth.filtering), pl_nat_udp_name(found->udp),
                           pl_nat_mapping_name(found->mapping), pl_nat_filtering_name(found->filtering));
            g_assert_true(is_right(&t, name));
            g_assert_true(pl_node_is_open(machine->node) == sim_nat_truth_is_open(&truth));
        }
        told_world_close(&t);
    }
}

static void test_which_punches_are_in_vain(void)
{
    static const char *const kinds[] = {"none", "full-cone", "address-restricted", "port-restricted", "symmetric"};
    static const bool in_vain[5][5] = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 1}, {0, 0, 0, 1, 1}};
    const net_firewall_options *open = net_firewall_preset("none"), *shut = net_firewall_preset("udp-blocked");
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++) {
            const net_nat_options *one = net_nat_preset(kinds[i]), *other = net_nat_preset(kinds[k]);
            const sim_nat_way ways[] = {{one->name ? one : NULL, NULL, open}, {other->name ? other : NULL, NULL, open}};
            const sim_nat_way blocked = {NULL, NULL, shut};
            const sim_nat_truth a = sim_nat_truth_of_way(&ways[0]), b = sim_nat_truth_of_way(&ways[1]),
                                c = sim_nat_truth_of_way(&blocked);
            g_assert_true(sim_nat_truth_forbids_punch(&a, &b) == in_vain[i][k]);
            g_assert_true(sim_nat_truth_forbids_punch(&a, &c));
        }
}

/* --- who hears of what --- */

static void open_peers(told_world *t, const char *peers, const char *timeline)
{
    g_autofree char *text =
        g_strdup_printf(HEAD "peers: {count: 1, link: ideal, arrive: at 10s, %s}\ntimeline: [%s]\n", peers, timeline);
    told_world_open(t, text, NULL);
}

/* From public to behind a box and back: the host's own address changes, and at that instant, T, the node asks. */
static void test_a_roam_is_heard_at_once(void)
{
    told_world t;
    open_peers(&t, "nat_refresh: address", "{at: 5min, for: 5min, do: roam, what: peer-1, nat: port-restricted}");
    const pl_time acts[] = {5 * PL_MINUTE, 10 * PL_MINUTE};
    told_world_run(&t, FOUND);
    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++) {
        const uint64_t before = messages(&t, "peer-1");
        told_world_run(&t, acts[i]);
        g_assert_true(is_right(&t, "peer-1") && messages(&t, "peer-1") == before);
        g_assert_true(pl_node_is_open(told_world_machine(&t, "peer-1")->node) == (i == 0));
        told_world_run(&t, acts[i] + 1);
        g_assert_false(is_right(&t, "peer-1"));
        g_assert_cmpuint(messages(&t, "peer-1"), ==, before + 2); /* both chains */
        told_world_run(&t, acts[i] + 14 * PL_SECOND);
        g_assert_true(is_right(&t, "peer-1"));
    }
    told_world_close(&t);
}

/* In public filtering II is answered: two round trips, to a node that has moved with its address. */
static void test_a_roam_is_found_within_a_discovery(void)
{
    told_world t;
    const pl_time act = 5 * PL_MINUTE;
    open_peers(&t, "nat: full-cone, nat_refresh: address", "{at: 5min, do: roam, what: peer-1, nat: none}");
    told_world_run(&t, act + 50 * PL_MILLISECOND); /* mapping I, II: 40 ms; filtering I, II with the partner's leg: 50 ms */
    g_assert_false(is_right(&t, "peer-1"));
    told_world_run(&t, act + 50 * PL_MILLISECOND + 1);
    g_assert_true(is_right(&t, "peer-1"));
    told_world_close(&t);
}

/* Another outside address: the host's own stays, so only a keep-alive can show it. */
static void test_a_readdress_is_not_the_nodes_to_see(void)
{
    static const struct {
        const char *policy;
        bool sees;
    } rows[] = {{"login", false},           {"address", false},           {"failure", false},
                {"address-failure", false}, {"keep-alive", true},         {"address-keep-alive", true},
                {"all", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        told_world t;
        g_autofree char *peers = g_strdup_printf("nat: port-restricted, nat_refresh: %s", rows[i].policy);
        open_peers(&t, peers, "{at: 5min, do: readdress, what: peer-1}");
        told_world_run(&t, 5 * PL_MINUTE);
        g_assert_true(is_right(&t, "peer-1"));
        told_world_run(&t, 5 * PL_MINUTE + 1);
        g_assert_false(is_right(&t, "peer-1"));
        told_world_run(&t, 5 * PL_MINUTE + (25 + 14) * PL_SECOND); /* an interval, and a discovery */
        g_assert_true(is_right(&t, "peer-1") == rows[i].sees);
        told_world_run(&t, 25 * PL_MINUTE);
        g_assert_true(is_right(&t, "peer-1") == rows[i].sees);
        told_world_close(&t);
    }
}

static uint64_t taken_by_a_reboot(const char *nat, const char *timeline)
{
    told_world t;
    g_autofree char *peers = g_strdup_printf("nat: %s, nat_refresh: keep-alive", nat);
    open_peers(&t, peers, timeline);
    told_world_run(&t, 20 * PL_MINUTE);
    g_assert_true(is_right(&t, "peer-1")); /* what a reboot forgets is in no report */
    const uint64_t taken = messages(&t, "peer-1");
    told_world_close(&t);
    return taken;
}

/* A box that keeps ports gives the same one again; one that draws them shows another, which costs a discovery. */
static void test_a_reboot_shows_in_ports_alone(void)
{
    const char *reboot = "{at: 5min, do: reboot, what: peer-1}";
    g_assert_cmpuint(taken_by_a_reboot("port-restricted", reboot), ==, taken_by_a_reboot("port-restricted", ""));
    g_assert_cmpuint(taken_by_a_reboot("symmetric", reboot), >, 10 + taken_by_a_reboot("symmetric", ""));
}

/* The router is exchanged for one that draws ports, behind the same address. */
static void test_a_new_router(void)
{
    static const struct {
        const char *policy, *nat;
        bool sees;
    } rows[] = {{"address", "symmetric", false}, {"keep-alive", "symmetric", true}, {"keep-alive", "full-cone", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        told_world t;
        g_autofree char *peers = g_strdup_printf("nat: port-restricted, nat_refresh: %s", rows[i].policy);
        g_autofree char *act = g_strdup_printf("{at: 5min, do: router, what: peers, nat: %s}", rows[i].nat);
        open_peers(&t, peers, act);
        told_world_run(&t, 5 * PL_MINUTE);
        const sim_whereabouts before = told_world_machine(&t, "peer-1")->at;
        told_world_run(&t, 6 * PL_MINUTE);
        const sim_machine *machine = told_world_machine(&t, "peer-1");
        g_assert_cmphex(machine->at.ip, ==, before.ip);
        g_assert_cmphex(machine->at.outside, ==, before.outside);
        g_assert_cmpuint(machine->at.realm, !=, before.realm);
        g_assert_cmpuint(machine->home.realm, ==, machine->at.realm);
        g_assert_true(is_right(&t, "peer-1") == rows[i].sees);
        told_sighting sent = told_world_send(&t, "peer-1", t.world->supernodes[0]);
        g_assert_cmpint(sent.step, ==, NET_STEP_DELIVERED);
        g_assert_cmphex(sent.source.ip, ==, before.outside);
        told_world_close(&t);
    }
}

/* All behind the box come along; one who is away finds the new one at home, and a host in public has no router. */
static void test_a_new_router_for_everybody_at_home(void)
{
    told_world t;
    told_world_open(&t,
                    HEAD "peers:\n  link: ideal\n  log_in: no\n  mix:\n"
                         "    - {name: homes, count: 3, nat: full-cone, per_nat: 3}\n"
                         "    - {name: carried, count: 1, nat: full-cone, carrier: cgn}\n"
                         "    - {name: cell, count: 1, carrier: cgn}\n"
                         "    - {name: open, count: 1}\n"
                         "timeline:\n"
                         "  - {at: 10s, for: 30s, do: roam, what: peer-3}\n"
                         "  - {at: 20s, do: router, what: peers, nat: symmetric}\n",
                    NULL);
    told_world_run(&t, 60 * PL_SECOND);
    const sim_machine *first = told_world_machine(&t, "peer-1");
    for (int i = 1; i <= 3; i++) {
        g_autofree char *name = g_strdup_printf("peer-%d", i);
        const sim_machine *machine = told_world_machine(&t, name);
        g_assert_cmpuint(machine->at.realm, ==, first->at.realm);
        g_assert_cmpstr(machine->at.nat->name, ==, "symmetric");
        g_assert_cmphex(told_world_send(&t, name, t.world->supernodes[0]).source.ip, ==, first->at.outside);
    }
    g_assert_cmpint(sim_nat_truth_of(told_world_machine(&t, "peer-4")).mapping, ==, PL_MAPPING_APD);
    g_assert_cmpint(told_world_send(&t, "peer-4", t.world->supernodes[0]).step, ==, NET_STEP_DELIVERED);
    g_assert_cmpint(sim_nat_truth_of(told_world_machine(&t, "peer-5")).mapping, ==, PL_MAPPING_EI);
    g_assert_cmpint(sim_nat_truth_of(told_world_machine(&t, "peer-6")).mapping, ==, PL_MAPPING_NONE);
    told_world_close(&t);
}

/* A firewall goes up on an open host.  What went out may be answered, so keep-alives see nothing; an hour after the
 * last discovery ended, T, the timer asks. */
static void test_a_firewall_is_the_timers_to_see(void)
{
    told_world t;
    open_peers(&t, "nat_refresh: all", "{at: 5min, do: firewall, what: peer-1, firewall: stateful}");
    told_world_run(&t, FOUND);
    const pl_time found = report(&t, "peer-1")->found_at - t.world->epoch; /* whole seconds */
    told_world_run(&t, found * PL_SECOND + PL_HOUR);
    g_assert_true(pl_node_is_open(told_world_machine(&t, "peer-1")->node) && !is_right(&t, "peer-1"));
    told_world_run(&t, (found + 1) * PL_SECOND + PL_HOUR + 14 * PL_SECOND);
    g_assert_true(!pl_node_is_open(told_world_machine(&t, "peer-1")->node) && is_right(&t, "peer-1"));
    told_world_close(&t);
}

/* The box forgets the stream to the supernode; the client learns it when it asks for entries, half an hour after it
 * came online, and its user comes back: that is a discovery too. */
static void test_who_is_cut_off_comes_back_and_asks(void)
{
    static const char *const returns[] = {"no", "yes"};
    for (size_t i = 0; i < G_N_ELEMENTS(returns); i++) {
        told_world t;
        g_autofree char *peers = g_strdup_printf("nat: port-restricted, returns: %s, again_after: 10s", returns[i]);
        open_peers(&t, peers, "{at: 5min, do: readdress, what: peer-1}");
        told_world_run(&t, 30 * PL_MINUTE + 10 * PL_SECOND);
        g_assert_true(pl_node_is_ready(told_world_machine(&t, "peer-1")->node) && !is_right(&t, "peer-1"));
        told_world_run(&t, 45 * PL_MINUTE);
        g_assert_true(pl_node_is_ready(told_world_machine(&t, "peer-1")->node) == (i == 1));
        g_assert_true(is_right(&t, "peer-1") == (i == 1));
        told_world_close(&t);
    }
}

/* --- what is measured --- */

/* Without sessions nobody else speaks to the ports of discovery. */
static void test_messages_are_what_the_network_sees(void)
{
    told_world t;
    uint64_t seen = 0;
    open_peers(&t, "nat: symmetric, nat_refresh: all, returns: yes", "{at: 5min, do: reboot, what: peer-1}");
    told_world_run(&t, 2 * PL_HOUR);
    const sim_host peer = told_world_machine(&t, "peer-1")->stack.host;
    for (guint i = 0; i < t.sightings->len; i++) {
        const told_sighting *s = &g_array_index(t.sightings, told_sighting, i);
        const bool is_sent = s->step == NET_STEP_SENT && s->from == peer;
        const bool is_heard = s->step == NET_STEP_DELIVERED && s->at == peer;
        const uint16_t port = is_sent ? s->destination.port : s->source.port;
        seen += (is_sent || is_heard) && (port == PL_STUN_PORT_1 || port == PL_STUN_PORT_2);
    }
    g_assert_cmpuint(messages(&t, "peer-1"), >, 500);
    g_assert_cmpuint(messages(&t, "peer-1"), ==, seen);
    told_world_close(&t);
}

static double value_of(const char *samples, const char *name)
{
    g_autofree char *begin = g_strdup_printf(",peer-1,%s,", name);
    const char *row = strstr(samples, begin);
    g_assert_nonnull(row);
    return g_ascii_strtod(strchr(row + strlen(begin), ',') + 1, NULL);
}

/* Open, behind a box for an hour of two; the address policy finds both in a discovery, login neither (and nobody
 * comes back to log in). */
static void test_the_shares_of_time(void)
{
    static const char *const policies[] = {"login", "address"};
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autofree char *text =
            g_strdup_printf(HEAD "peers: {count: 1, link: ideal, arrive: at 0s, nat_refresh: %s, returns: %s}\n"
                                 "timeline: [{at: 30min, for: 1h, do: roam, what: peer-1, nat: symmetric}]\n",
                            policies[i], i ? "yes" : "no");
        g_autofree char *samples = told_world_samples(text, 2 * PL_HOUR);
        const double most = i ? 14.0 / 7200 : 0.501, least = i ? 0 : 0.499;
        g_assert_cmpfloat(value_of(samples, "nat.stale"), <, most);
        g_assert_cmpfloat(value_of(samples, "nat.stale"), >, least);
        g_assert_cmpfloat(value_of(samples, "nat.wrong_open"), >, least);
        g_assert_cmpfloat_with_epsilon(value_of(samples, "nat.ever_wrong_open"), 1, 1e-9);
        g_assert_cmpfloat_with_epsilon(value_of(samples, "nat.stale_address"), i ? 0.001 : 1, i ? 0.002 : 1e-9);
        g_assert_cmpfloat_with_epsilon(value_of(samples, "nat.detected"), i ? 1 : 0, 1e-9);
        if (i == 1)
            g_assert_cmpfloat(value_of(samples, "nat.detection"), <, 14e9);
        else
            g_assert_null(strstr(samples, "nat.detection"));
    }
}

static void test_who_does_not_ask_gets_no_rows(void)
{
    g_autofree char *samples =
        told_world_samples("run: {duration: 1h, crypto: sized}\nsupernodes: {count: 2, link: ideal}\n"
                   "peers: {count: 1, link: ideal, nat_refresh: all}\n",
                   PL_HOUR);
    g_assert_nonnull(strstr(samples, "login.time"));
    g_assert_null(strstr(samples, "nat."));
}

/* Analysis repeats the names of the policies, as it does not see the core's table. */
static void test_every_policy_is_a_label(void)
{
    const pl_nat_policy *policies;
    const an_label_key *keys;
    size_t n = pl_nat_policies(&policies), n_keys = an_label_key_table(&keys), at = 0;
    while (at < n_keys && strcmp(keys[at].key, "policy") != 0)
        at++;
    g_assert_cmpuint(at, <, n_keys);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpstr(keys[at].values[i], ==, policies[i].name);
    g_assert_null(keys[at].values[n]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/refresh/the-truth-is-what-discovery-finds", test_the_truth_is_what_discovery_finds);
    g_test_add_func("/story/refresh/which-punches-are-in-vain", test_which_punches_are_in_vain);
    g_test_add_func("/story/refresh/a-roam-is-heard-at-once", test_a_roam_is_heard_at_once);
    g_test_add_func("/story/refresh/a-roam-is-found-within-a-discovery", test_a_roam_is_found_within_a_discovery);
    g_test_add_func("/story/refresh/a-readdress", test_a_readdress_is_not_the_nodes_to_see);
    g_test_add_func("/story/refresh/a-reboot", test_a_reboot_shows_in_ports_alone);
    g_test_add_func("/story/refresh/a-new-router", test_a_new_router);
    g_test_add_func("/story/refresh/a-new-router-for-everybody", test_a_new_router_for_everybody_at_home);
    g_test_add_func("/story/refresh/a-firewall", test_a_firewall_is_the_timers_to_see);
    g_test_add_func("/story/refresh/who-is-cut-off", test_who_is_cut_off_comes_back_and_asks);
    g_test_add_func("/story/refresh/messages", test_messages_are_what_the_network_sees);
    g_test_add_func("/story/refresh/the-shares-of-time", test_the_shares_of_time);
    g_test_add_func("/story/refresh/who-does-not-ask", test_who_does_not_ask_gets_no_rows);
    g_test_add_func("/story/refresh/every-policy-is-a-label", test_every_policy_is_a_label);
    return g_test_run();
}
