/* test_ahead.c - a packet that is judged when it is sent fares as one that is judged when it leaves its uplink. */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

#define SENT 20000 /* chosen: some thousand mappings come and go in each box */
#define UPLINK (10 * PL_MILLISECOND)
#define LATENCY (50 * PL_MILLISECOND)
#define LIFETIME (300 * PL_SECOND)

/* A firewall that lets all of the test's packets pass and remembers nothing; but it is there, and whoever has one
 * waits for the end of the uplink. */
static net_firewall_options idle_firewall(void)
{
    net_firewall_options options = *net_firewall_preset("none");
    options.tcp_blocked_ports[0] = 1;
    return options;
}

typedef enum judging { JUDGED_WHEN_SENT, JUDGED_WHEN_LEAVING } judging;
typedef enum watching { NOT_WATCHED, WATCHED } watching;

/* A crowd behind boxes of many kinds, and what was seen of it. */
typedef struct crowd {
    lab lab;
    judging judged;
    GRand *random;
    GString *deliveries, *sightings;
    uint32_t n_hosts;
    pl_addr hosts[32]; /* address inside, port 0 */
    net_stats stats;
    uint64_t events;
} crowd;

static void on_delivery(void *ctx, sim_host host, const net_packet *packet, pl_time now)
{
    crowd *c = ctx;
    g_string_append_printf(c->deliveries, "%" G_GINT64_FORMAT " %u: %u %x:%u > %x:%u ttl %u\n", now, host,
                           (unsigned)packet->serial, packet->source.ip, packet->source.port,
                           packet->destination.ip, packet->destination.port, packet->ttl);
}

static void on_sighting(void *ctx, const net_sighting *sighting, pl_time now)
{
    crowd *c = ctx;
    const net_packet *packet = sighting->packet;
    g_assert_cmpint(now, ==, fake_engine_now(c->lab.engine));
    g_string_append_printf(c->sightings, "%" G_GINT64_FORMAT " %u %u %u %u %s %u: %u %x:%u > %x:%u ttl %u %.*s\n",
                           now, sighting->step, sighting->drop, sighting->from, sighting->at,
                           sighting->box ? sighting->box : "-", sighting->box_owner, (unsigned)packet->serial,
                           packet->source.ip, packet->source.port, packet->destination.ip,
                           packet->destination.port, packet->ttl, (int)packet->payload_len,
                           (const char *)packet->payload);
}

static void crowd_host(crowd *c, net_realm realm, const char *ip)
{
    g_autofree char *name = g_strdup_printf("host-%u", c->n_hosts);
    const bool shuffles = c->n_hosts % 3 == 2;
    const net_link_options link = {.up_bps = 100003 + 1009 * c->n_hosts,
                                   .queue_ns = 100 * PL_MILLISECOND,
                                   .delay_ns = 3 * PL_MILLISECOND,
                                   .jitter_ns = c->n_hosts % 3 ? 2 * PL_MILLISECOND : 0,
                                   .loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 0.01},
                                   .reorder = shuffles ? NET_REORDER_ALLOWED : NET_REORDER_NEVER};
    c->hosts[c->n_hosts++] = lab_addr(ip, 0);
    const sim_host host = lab_host_with(&c->lab, name, realm, ip, &link, "none");
    if (c->judged == JUDGED_WHEN_LEAVING) {
        const net_firewall_options idle = idle_firewall();
        net_host_set_firewall(c->lab.network, host, &idle);
    }
}

/* Boxes of every preset and of every way to refresh, whose mappings come and go while packets wait. */
static void crowd_home(crowd *c, uint32_t n)
{
    const net_nat_preset_row *rows;
    const size_t n_rows = net_nat_presets(&rows);
    net_nat_options nat = rows[n % n_rows].options;
    nat.refresh = n & 3;
    nat.udp_lifetime_ns = 150 * PL_MILLISECOND;
    nat.icmp_lifetime_ns = 40 * PL_MILLISECOND;
    nat.tcp_transitory_ns = 30 * PL_MILLISECOND;
    nat.tcp_established_ns = 90 * PL_MILLISECOND;
    nat.max_mappings = n == 7 ? 3 : 0;
    g_autofree char *box = g_strdup_printf("box-%u", n);
    g_autofree char *outside = g_strdup_printf("203.0.113.%u", n + 1);
    const net_realm realm = lab_realm_with(&c->lab, box, NET_PUBLIC_REALM, outside, &nat, "none");
    if (n == 6 || n == 7) {
        net_firewall_options firewall = *net_firewall_preset("stateful");
        firewall.udp_state_ns = 40 * PL_MILLISECOND;
        net_realm_set_firewall(c->lab.network, realm, &firewall);
    }
    if (nat.name) {
        crowd_host(c, realm, "10.0.0.1");
        if (n & 1)
            crowd_host(c, realm, "10.0.0.2");
        return;
    }
    g_autofree char *routed = g_strdup_printf("192.0.2.%u", n + 1);
    crowd_host(c, realm, routed);
}

static void crowd_open(crowd *c, judging judged, watching watched)
{
    *c = (crowd){.judged = judged,
                 .random = g_rand_new_with_seed(1),
                 .deliveries = g_string_new(""),
                 .sightings = g_string_new("")};
    lab_open_with(&c->lab, &(net_options){.seed = 1,
                                          .latency = {.policy = "coordinates",
                                                      .scale_ns = 20 * PL_MILLISECOND,
                                                      .floor_ns = PL_MILLISECOND}});
    fake_engine_on_deliver(c->lab.engine, on_delivery, c);
    net_set_observer(c->lab.network, watched == WATCHED ? on_sighting : NULL, c);
    for (uint32_t n = 0; n < 12; n++)
        crowd_home(c, n);
    const net_realm carrier = lab_realm(&c->lab, "carrier", NET_PUBLIC_REALM, "203.0.113.99", "port-restricted");
    crowd_host(c, lab_realm(&c->lab, "inner", carrier, "100.64.0.1", "port-restricted"), "10.0.0.1");
    crowd_host(c, NET_PUBLIC_REALM, "198.51.100.1");
    crowd_host(c, NET_PUBLIC_REALM, "198.51.100.2");
}

static uint16_t some_port(crowd *c, uint32_t n)
{
    return (uint16_t)(5000 + g_rand_int_range(c->random, 0, (gint32)n));
}

/* A server half of the time, else the outside of a box. */
static pl_addr some_destination(crowd *c)
{
    g_autofree char *ip = g_rand_boolean(c->random)
                              ? g_strdup_printf("198.51.100.%d", g_rand_int_range(c->random, 1, 3))
                              : g_strdup_printf("203.0.113.%d", g_rand_int_range(c->random, 1, 13));
    return lab_addr(ip, some_port(c, 4));
}

static net_packet some_packet(crowd *c, pl_addr from)
{
    static const uint8_t flags[] = {NET_TCP_SYN, NET_TCP_ACK, NET_TCP_ACK, NET_TCP_FIN | NET_TCP_ACK, NET_TCP_RST};
    from.port = some_port(c, 2);
    net_packet packet = lab_udp(from, some_destination(c));
    const gint32 kind = g_rand_int_range(c->random, 0, 12);
    if (kind == 0)
        packet = lab_tcp(from, packet.destination, flags[g_rand_int_range(c->random, 0, G_N_ELEMENTS(flags))]);
    if (kind == 1) {
        packet.protocol = PL_PROTOCOL_ICMP;
        packet.icmp_type = g_rand_boolean(c->random) ? 8 : 0;
        packet.destination.port = packet.source.port;
    }
    if (kind == 2)
        packet.ttl = (uint8_t)g_rand_int_range(c->random, 1, 5);
    return packet;
}

static void crowd_run(crowd *c, judging judged, watching watched)
{
    crowd_open(c, judged, watched);
    pl_time now = 0;
    for (int i = 0; i < SENT; i++) {
        now += g_rand_int_range(c->random, 0, PL_MILLISECOND);
        lab_at(&c->lab, now);
        const sim_host host = (sim_host)g_rand_int_range(c->random, 0, (gint32)c->n_hosts);
        const net_packet packet = some_packet(c, c->hosts[host]);
        lab_send(&c->lab, host, &packet);
    }
    fake_engine_drain(c->lab.engine);
    c->stats = *net_statistics(c->lab.network);
    c->events = fake_engine_events(c->lab.engine);
}

static void crowd_close(crowd *c)
{
    g_string_free(c->deliveries, TRUE);
    g_string_free(c->sightings, TRUE);
    g_rand_free(c->random);
    lab_close(&c->lab);
}

/* The same lines in the same order; else it shows the first that differs. */
static void assert_same(const GString *got, const GString *wanted)
{
    size_t line = 0, at = 0;
    for (; at < got->len && got->str[at] == wanted->str[at]; at++)
        if (got->str[at] == '\n')
            line = at + 1;
    if (at == got->len && at == wanted->len)
        return;
    g_autofree char *shown = g_strndup(got->str + line, strcspn(got->str + line, "\n"));
    g_autofree char *expected = g_strndup(wanted->str + line, strcspn(wanted->str + line, "\n"));
    g_assert_cmpstr(shown, ==, expected);
}

/* Nobody can tell: not by what arrives when, not by what is dropped, and not by watching. */
static void a_crowd_fares_the_same(void)
{
    crowd waits, ahead, waits_unseen, ahead_unseen;
    crowd_run(&waits, JUDGED_WHEN_LEAVING, WATCHED);
    crowd_run(&ahead, JUDGED_WHEN_SENT, WATCHED);
    crowd_run(&waits_unseen, JUDGED_WHEN_LEAVING, NOT_WATCHED);
    crowd_run(&ahead_unseen, JUDGED_WHEN_SENT, NOT_WATCHED);
    g_assert_cmpuint(waits.stats.delivered, >, SENT / 10);
    assert_same(ahead.sightings, waits.sightings);
    assert_same(ahead.deliveries, waits.deliveries);
    assert_same(waits_unseen.deliveries, waits.deliveries);
    assert_same(ahead_unseen.deliveries, waits.deliveries);
    g_assert_true(memcmp(&ahead.stats, &waits.stats, sizeof ahead.stats) == 0);
    g_assert_true(memcmp(&ahead_unseen.stats, &waits.stats, sizeof ahead.stats) == 0);
    /* And many packets of the one crowd did go ahead. */
    g_assert_cmpuint(waits.events - ahead_unseen.events, >, SENT / 20);
    crowd_close(&waits);
    crowd_close(&ahead);
    crowd_close(&waits_unseen);
    crowd_close(&ahead_unseen);
}

/* A home behind a box, whose host a has an uplink of 10 ms; s1 and s2 are 50 ms away. */
static void slow_home_open(nat_world *w, const net_nat_options *nat)
{
    *w = (nat_world){0};
    lab_open(&w->lab, LATENCY);
    w->home = lab_realm_with(&w->lab, "box", NET_PUBLIC_REALM, BOX, nat, "none");
    w->a = lab_host_with(&w->lab, "a", w->home, "10.0.0.1", &(net_link_options){.delay_ns = UPLINK}, "none");
    w->s1 = lab_host(&w->lab, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    w->s2 = lab_host(&w->lab, "s2", NET_PUBLIC_REALM, "198.51.100.2");
}

/* The datagram of a that is sent at `out` meets one of a server that arrives at the box at `in`: what becomes of
 * that one? */
static net_drop meets(nat_world *w, pl_addr to, pl_time out, sim_host server, pl_addr from, pl_time in)
{
    const net_packet leaving = lab_udp(nat_world_a(5000), to);
    const net_packet coming = lab_udp(from, lab_addr(BOX, 5000));
    lab_at(&w->lab, MIN(out, in - LATENCY));
    lab_send(&w->lab, out < in - LATENCY ? w->a : server, out < in - LATENCY ? &leaving : &coming);
    lab_at(&w->lab, MAX(out, in - LATENCY));
    lab_send(&w->lab, out < in - LATENCY ? server : w->a, out < in - LATENCY ? &coming : &leaving);
    lab_at(&w->lab, MAX(out + UPLINK, in) + 1);
    const net_drop drop = w->lab.last_drop;
    fake_engine_drain(w->lab.engine);
    return drop;
}

static pl_time next_second(const nat_world *w)
{
    return (fake_engine_now(w->lab.engine) / PL_SECOND + 1) * PL_SECOND;
}

/* At one instant the one that was put there first comes first: the way in was sent 50 ms before, the way out 10. */
static void a_mapping_admits_nobody_before_it_is_made(void)
{
    static const struct {
        pl_span after;
        net_drop drop;
    } rows[] = {{-1, NET_DROP_NO_MAPPING}, {0, NET_DROP_NO_MAPPING}, {1, NET_DROP_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        slow_home_open(&w, net_nat_preset("port-restricted"));
        const pl_time t = next_second(&w);
        g_assert_cmpint(meets(&w, nat_world_s1(7), t, w.s1, nat_world_s1(7), t + UPLINK + rows[i].after), ==,
                        rows[i].drop);
        lab_close(&w.lab);
    }
}

/* The mapping is there, and the way to s2 is known from another port of it: still the filter is not open yet. */
static void a_filter_admits_nobody_before_it_is_opened(void)
{
    static const struct {
        pl_span after;
        net_drop drop;
    } rows[] = {{-1, NET_DROP_FILTERED}, {0, NET_DROP_FILTERED}, {1, NET_DROP_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        slow_home_open(&w, net_nat_preset("port-restricted"));
        g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s2(8))));
        const pl_time t = next_second(&w);
        g_assert_cmpint(meets(&w, nat_world_s2(7), t, w.s2, nat_world_s2(7), t + UPLINK + rows[i].after), ==,
                        rows[i].drop);
        lab_close(&w.lab);
    }
}

/* A mapping that expires while the packet is in the uplink is not prolonged before its end, but made anew after. */
static void a_mapping_that_expires_in_between_is_not_saved(void)
{
    static const struct {
        pl_span after; /* the mapping's end */
        net_drop drop;
    } rows[] = {{-1, NET_DROP_NONE},
                {0, NET_DROP_EXPIRED},
                {UPLINK / 2 - 1, NET_DROP_EXPIRED},
                {UPLINK / 2 + 1, NET_DROP_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        slow_home_open(&w, net_nat_preset("full-cone"));
        g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s1(7))));
        const pl_time end = UPLINK + LIFETIME;
        g_assert_cmpint(
            meets(&w, nat_world_s1(7), end - UPLINK / 2, w.s1, nat_world_s1(7), end + rows[i].after), ==,
            rows[i].drop);
        lab_close(&w.lab);
    }
}

/* Nor is what the filter remembers, in a mapping that lives on by what goes elsewhere. */
static void a_filter_that_forgets_in_between_is_not_saved(void)
{
    nat_world w;
    slow_home_open(&w, net_nat_preset("port-restricted"));
    g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s1(7))));
    const pl_time end = UPLINK + LIFETIME;
    lab_at(&w.lab, end / 2);
    g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s2(7))));
    g_assert_cmpint(meets(&w, nat_world_s1(7), end - UPLINK / 2, w.s1, nat_world_s1(7), end), ==,
                    NET_DROP_FILTERED);
    lab_close(&w.lab);
}

/* A lifetime runs from the instant at which the packet leaves the uplink, though one came in after it was sent
 * and before that instant, and prolongs too. */
static void a_lifetime_runs_from_the_end_of_the_uplink(void)
{
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.refresh = NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN;
    for (int last = 0; last <= 1; last++) {
        nat_world w;
        slow_home_open(&w, &nat);
        const net_packet in = lab_udp(nat_world_s1(7), lab_addr(BOX, 5000));
        g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s1(7))));
        const pl_time t = next_second(&w);
        g_assert_cmpint(meets(&w, nat_world_s1(7), t, w.s1, nat_world_s1(7), t + UPLINK / 2), ==, NET_DROP_NONE);
        const pl_time end = t + UPLINK + LIFETIME;
        lab_at(&w.lab, end - LATENCY - 1 + last);
        const fake_delivery *d = lab_pass(&w.lab, w.s1, in);
        g_assert_true((d != NULL) == (last == 0));
        g_assert_cmpint(w.lab.last_drop, ==, last ? NET_DROP_EXPIRED : NET_DROP_NONE);
        lab_close(&w.lab);
    }
}

/* One that must wait, and one that need not, at the same end of the same uplink. */
static void nobody_overtakes_one_that_waits(void)
{
    nat_world w;
    slow_home_open(&w, net_nat_preset("port-restricted"));
    g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s1(7))));
    fake_engine_forget(w.lab.engine);
    static const uint16_t ports[] = {5000, 5001, 5000, 5002, 5000};
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        const net_packet packet = lab_udp(nat_world_a(ports[i]), nat_world_s1(7));
        lab_send(&w.lab, w.a, &packet);
    }
    fake_engine_drain(w.lab.engine);
    g_assert_cmpuint(fake_engine_deliveries(w.lab.engine), ==, G_N_ELEMENTS(ports));
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
        g_assert_cmpuint(fake_engine_delivery(w.lab.engine, i)->packet.source.port, ==, ports[i]);
    lab_close(&w.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/ahead/crowd", a_crowd_fares_the_same);
    g_test_add_func("/net/ahead/mapping", a_mapping_admits_nobody_before_it_is_made);
    g_test_add_func("/net/ahead/filter", a_filter_admits_nobody_before_it_is_opened);
    g_test_add_func("/net/ahead/expiry", a_mapping_that_expires_in_between_is_not_saved);
    g_test_add_func("/net/ahead/forgetting", a_filter_that_forgets_in_between_is_not_saved);
    g_test_add_func("/net/ahead/lifetime", a_lifetime_runs_from_the_end_of_the_uplink);
    g_test_add_func("/net/ahead/order", nobody_overtakes_one_that_waits);
    return g_test_run();
}
