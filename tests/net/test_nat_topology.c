/* test_nat_topology.c - hosts behind one box, behind boxes of one carrier, on LANs of one prefix; isolation;
 * private destinations; early packets.
 *
 *   a 10.0.0.1 ┐                        ┌ c 10.0.0.1 ┐ both LANs use one prefix
 *              ├ home1 ─┐      ┌─ home2 ┤
 *   b 10.0.0.2 ┘        ├ cgn ─┤        └ d 10.0.0.2
 *                       │      └ s 198.51.100.1
 */
#include <glib.h>

#include "core/port.h"
#include "tests/support/lab.h"

#define CARRIER "203.0.113.1"
#define HOME1   "100.64.0.1"
#define HOME2   "100.64.0.2"

typedef struct world {
    lab lab;
    net_realm carrier, home1, home2;
    sim_host a, b, c, s;
} world;

static void world_open(world *w, const char *carrier, const char *home1, const char *home2)
{
    lab_open(&w->lab, 0);
    w->carrier = lab_realm(&w->lab, "cgn", NET_PUBLIC_REALM, CARRIER, carrier);
    w->home1 = lab_realm(&w->lab, "home1", w->carrier, HOME1, home1);
    w->home2 = lab_realm(&w->lab, "home2", w->carrier, HOME2, home2);
    w->a = lab_host(&w->lab, "a", w->home1, "10.0.0.1");
    w->b = lab_host(&w->lab, "b", w->home1, "10.0.0.2");
    w->c = lab_host(&w->lab, "c", w->home2, "10.0.0.1");
    w->s = lab_host(&w->lab, "s", NET_PUBLIC_REALM, "198.51.100.1");
}

static const pl_addr a_at = {0x0a000001, 5000}, b_at = {0x0a000002, 6000}, c_at = {0x0a000001, 7000};

static pl_addr s_at(uint16_t port)
{
    return lab_addr("198.51.100.1", port);
}

/* The endpoint that a server sees: what a host would tell its peer. */
static pl_addr reflexive(world *w, sim_host host, pl_addr from)
{
    const fake_delivery *d = lab_pass(&w->lab, host, lab_udp(from, s_at(3478)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w->s);
    return d->packet.source;
}

/* Whether a packet reaches a host, and nobody else. */
static bool reaches(world *w, sim_host from_host, pl_addr from, pl_addr to, sim_host to_host)
{
    const fake_delivery *d = lab_pass(&w->lab, from_host, lab_udp(from, to));
    g_assert_true(!d || d->host == to_host);
    return d != NULL;
}

/* Both send to each other's reflexive endpoints, three rounds; whether packets came both ways in the last. */
static bool punch(world *w, sim_host x, pl_addr x_at, pl_addr x_seen, sim_host y, pl_addr y_at,
                  pl_addr y_seen)
{
    bool there = false, back = false;
    for (int round = 0; round < 3; round++) {
        there = reaches(w, x, x_at, y_seen, y);
        back = reaches(w, y, y_at, x_seen, x);
    }
    return there && back;
}

/* One box: the LAN always works, the outside endpoint only by hairpin. */
static void same_nat_meets_on_the_lan_or_by_hairpin(void)
{
    static const struct {
        const char *home;
        bool hairpins;
    } rows[] = {{"port-restricted", true},
                {"full-cone", true},
                {"no-hairpin", false},
                {"linux", false},
                {"broken-hairpin", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        world_open(&w, "full-cone", rows[i].home, "full-cone");
        g_assert_true(reaches(&w, w.a, a_at, b_at, w.b));
        g_assert_cmpuint(w.lab.translations, ==, 0);
        /* The carrier shows what the home box shows, so the hairpin is the carrier's unless sent to HOME1. */
        reflexive(&w, w.a, a_at);
        reflexive(&w, w.b, b_at);
        g_assert_true(punch(&w, w.a, a_at, lab_addr(HOME1, 5000), w.b, b_at, lab_addr(HOME1, 6000)) ==
                      rows[i].hairpins);
        lab_close(&w.lab);
    }
}

/* Isolation: the LAN is barred, the hairpin is not. */
static void isolated_clients_need_the_hairpin(void)
{
    for (int hairpins = 0; hairpins < 2; hairpins++) {
        lab l;
        lab_open(&l, 0);
        const net_realm_options cafe = {.name = "cafe",
                                        .external_ip = lab_ip(CARRIER),
                                        .nat = *net_nat_preset(hairpins ? "port-restricted" : "no-hairpin"),
                                        .isolated = true};
        const net_realm realm = net_realm_add(l.network, &cafe);
        const sim_host a = lab_host(&l, "a", realm, "10.0.0.1");
        const sim_host b = lab_host(&l, "b", realm, "10.0.0.2");
        lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
        g_assert_null(lab_pass(&l, a, lab_udp(a_at, b_at)));
        g_assert_cmpint(l.last_drop, ==, NET_DROP_ISOLATED);
        g_assert_cmpstr(l.last_box, ==, "cafe");
        g_assert_nonnull(lab_pass(&l, a, lab_udp(a_at, s_at(1)))); /* the world is open */
        g_assert_nonnull(lab_pass(&l, b, lab_udp(b_at, s_at(1))));
        lab_pass(&l, a, lab_udp(a_at, lab_addr(CARRIER, 6000)));
        const fake_delivery *d = lab_pass(&l, b, lab_udp(b_at, lab_addr(CARRIER, 5000)));
        g_assert_true((d != NULL) == hairpins);
        lab_close(&l);
    }
}

/* Homes of an isolating carrier reach each other by the carrier's hairpin only. */
static void an_isolating_carrier_parts_its_homes(void)
{
    lab l;
    lab_open(&l, 0);
    const net_realm_options options = {
        .name = "cgn", .external_ip = lab_ip(CARRIER), .nat = *net_nat_preset("full-cone"), .isolated = true};
    const net_realm carrier = net_realm_add(l.network, &options);
    const net_realm home1 = lab_realm(&l, "home1", carrier, HOME1, "full-cone");
    const net_realm home2 = lab_realm(&l, "home2", carrier, HOME2, "full-cone");
    const sim_host a = lab_host(&l, "a", home1, "10.0.0.1");
    const sim_host c = lab_host(&l, "c", home2, "10.0.0.1");
    lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    g_assert_nonnull(lab_pass(&l, c, lab_udp(c_at, s_at(1))));
    g_assert_null(lab_pass(&l, a, lab_udp(a_at, lab_addr(HOME2, 7000))));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_ISOLATED);
    const fake_delivery *d = lab_pass(&l, a, lab_udp(a_at, lab_addr(CARRIER, 7000)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, c);
    lab_close(&l);
}

/* Two homes of one carrier: the inside address reaches nobody, the reflexive one needs the carrier's hairpin,
 * the lowest box that both share; the homes' own filters still count. */
static void same_carrier_needs_its_hairpin(void)
{
    static const struct {
        const char *carrier, *home;
        bool works;
    } rows[] = {{"full-cone", "full-cone", true},
                {"cgn", "port-restricted", true},
                {"port-restricted", "port-restricted", true},
                {"no-hairpin", "full-cone", false},
                {"no-hairpin", "port-restricted", false},
                {"full-cone", "no-hairpin", true},
                {"full-cone", "symmetric", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        world_open(&w, rows[i].carrier, rows[i].home, rows[i].home);
        const pl_addr a_seen = reflexive(&w, w.a, a_at), c_seen = reflexive(&w, w.c, c_at);
        g_assert_true(punch(&w, w.a, a_at, a_seen, w.c, c_at, c_seen) == rows[i].works);
        lab_close(&w.lab);
    }
}

/* The classes compose: the worst mapping, the strictest filter, the shortest life. */
static void two_layers_compose(void)
{
    static const struct {
        const char *carrier, *home;
        bool maps_independent, admits_strangers;
    } rows[] = {{"full-cone", "full-cone", true, true},
                {"port-restricted", "full-cone", true, false},
                {"full-cone", "port-restricted", true, false},
                {"symmetric", "full-cone", false, false},
                {"full-cone", "symmetric", false, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        world_open(&w, rows[i].carrier, rows[i].home, "full-cone");
        const pl_addr seen = reflexive(&w, w.a, a_at);
        const fake_delivery *d = lab_pass(&w.lab, w.a, lab_udp(a_at, s_at(9)));
        g_assert_true(pl_addr_equal(d->packet.source, seen) == rows[i].maps_independent);
        g_assert_true(reaches(&w, w.s, s_at(3478), seen, w.a));
        g_assert_true(reaches(&w, w.s, s_at(4000), seen, w.a) == rows[i].admits_strangers);
        lab_close(&w.lab);
    }
}

/* The lifetime of two layers is the shorter one, to the nanosecond. */
static void two_layers_live_as_long_as_the_shorter(void)
{
    for (int inner = 0; inner < 2; inner++)
        for (pl_span early = 0; early < 2; early++) {
            lab l;
            lab_open(&l, 0);
            net_nat_options brief = *net_nat_preset("full-cone");
            brief.udp_lifetime_ns = 60 * PL_SECOND;
            const net_nat_options *lasting = net_nat_preset("full-cone");
            const net_realm carrier =
                lab_realm_with(&l, "cgn", NET_PUBLIC_REALM, CARRIER, inner ? lasting : &brief, "none");
            const net_realm home =
                lab_realm_with(&l, "home", carrier, HOME1, inner ? &brief : lasting, "none");
            const sim_host a = lab_host(&l, "a", home, "10.0.0.1");
            const sim_host s = lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
            g_assert_nonnull(lab_pass(&l, a, lab_udp(a_at, s_at(1))));
            lab_at(&l, 60 * PL_SECOND - early);
            const fake_delivery *d = lab_pass(&l, s, lab_udp(s_at(1), lab_addr(CARRIER, 5000)));
            g_assert_true((d != NULL) == (early == 1));
            g_assert_cmpstr(l.last_box, ==, early ? "" : inner ? "home" : "cgn");
            lab_close(&l);
        }
}

/* A candidate of a remote LAN hits a stranger on the own one, or vanishes. */
static void equal_prefixes_hit_strangers(void)
{
    world w;
    world_open(&w, "full-cone", "full-cone", "full-cone");
    g_assert_true(reaches(&w, w.c, c_at, lab_addr("10.0.0.1", 5000), w.c)); /* meant for a: its own self */
    const sim_host d = lab_host(&w.lab, "d", w.home2, "10.0.0.2");
    g_assert_true(reaches(&w, w.c, c_at, b_at, d)); /* meant for b */
    g_assert_false(reaches(&w, w.a, a_at, lab_addr("10.0.0.9", 1), w.b));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_ROUTE);
    lab_close(&w.lab);
}

/* Private destinations in the public realm: silence, or ICMP from its first router, translated inward. */
static void private_destinations_vanish_or_are_unreachable(void)
{
    static const struct {
        net_private_destinations say;
        int code; /* −1: silence */
    } rows[] = {
        {NET_PRIVATE_VANISH, -1}, {NET_PRIVATE_NET_UNREACHABLE, 0}, {NET_PRIVATE_HOST_UNREACHABLE, 1}};
    static const struct {
        const char *ip;
        bool is_private;
    } to[] = {{"10.9.9.9", true},        {"172.16.0.1", true},   {"172.31.255.255", true},
              {"172.32.0.1", false},     {"192.168.77.1", true}, {"100.64.0.1", true},
              {"100.127.255.255", true}, {"100.128.0.1", false}, {"172.15.255.255", false},
              {"11.0.0.1", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        lab l;
        lab_open_with(&l,
                      &(net_options){.seed = 1,
                                     .latency = {.policy = "constant", .constant_ns = 10 * PL_MILLISECOND},
                                     .private_destinations = rows[i].say});
        const net_realm home = lab_realm(&l, "home", NET_PUBLIC_REALM, CARRIER, "port-restricted");
        const sim_host a = lab_host(&l, "a", home, "192.168.1.2");
        for (size_t k = 0; k < G_N_ELEMENTS(to); k++) {
            const net_packet packet = lab_udp(lab_addr("192.168.1.2", 5000), lab_addr(to[k].ip, 7));
            const fake_delivery *d = lab_pass(&l, a, packet);
            g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
            g_assert_true((d != NULL) == (rows[i].code >= 0 && to[k].is_private));
            if (!d)
                continue;
            g_assert_cmpuint(d->host, ==, a);
            g_assert_cmpuint(d->packet.icmp_type, ==, 3);
            g_assert_cmpint(d->packet.icmp_code, ==, rows[i].code);
            g_assert_true(pl_addr_equal(d->packet.quote.source, packet.source));
            g_assert_true(pl_addr_equal(d->packet.quote.destination, packet.destination));
        }
        lab_close(&l);
    }
}

typedef enum crossing { CROSSES, FIRST_IS_EARLY } crossing;

/* Two homes 10 ms apart punch: both send at once, or c 15 ms after a; then three rounds more. */
static bool punch_with(const char *preset, crossing first)
{
    lab l;
    lab_open(&l, 10 * PL_MILLISECOND);
    const net_realm home1 = lab_realm(&l, "home1", NET_PUBLIC_REALM, "203.0.113.1", preset);
    const net_realm home2 = lab_realm(&l, "home2", NET_PUBLIC_REALM, "203.0.113.2", preset);
    const sim_host a = lab_host(&l, "a", home1, "10.0.0.1");
    const sim_host c = lab_host(&l, "c", home2, "10.0.0.1");
    lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    g_assert_nonnull(lab_pass(&l, a, lab_udp(a_at, s_at(1)))); /* both know each other's endpoints by s */
    g_assert_nonnull(lab_pass(&l, c, lab_udp(c_at, s_at(1))));
    const net_packet there = lab_udp(a_at, lab_addr("203.0.113.2", 7000));
    const net_packet back = lab_udp(c_at, lab_addr("203.0.113.1", 5000));
    const pl_time start = fake_engine_now(l.engine);
    lab_send(&l, a, &there);
    if (first == FIRST_IS_EARLY)
        lab_at(&l, start + 15 * PL_MILLISECOND);
    lab_send(&l, c, &back);
    fake_engine_drain(l.engine);
    bool met = true;
    for (int round = 0; round < 3; round++) {
        const fake_delivery *d = lab_pass(&l, a, there);
        const bool came = d && d->host == c && d->packet.protocol == PL_PROTOCOL_UDP;
        d = lab_pass(&l, c, back);
        met = came && d && d->host == a && d->packet.protocol == PL_PROTOCOL_UDP;
    }
    lab_close(&l);
    return met;
}

/* The race of the early packet: only a box that takes it in fails, and only when nothing crosses in flight.
 */
static void an_early_packet_spoils_the_punch_where_it_is_accepted(void)
{
    g_assert_true(punch_with("linux", CROSSES));
    g_assert_true(punch_with("linux", FIRST_IS_EARLY));
    g_assert_true(punch_with("port-restricted", FIRST_IS_EARLY));
    g_assert_true(punch_with("linux-acc", CROSSES));
    g_assert_false(punch_with("linux-acc", FIRST_IS_EARLY));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/topology/same-nat", same_nat_meets_on_the_lan_or_by_hairpin);
    g_test_add_func("/nat/topology/isolation", isolated_clients_need_the_hairpin);
    g_test_add_func("/nat/topology/isolating-carrier", an_isolating_carrier_parts_its_homes);
    g_test_add_func("/nat/topology/same-carrier", same_carrier_needs_its_hairpin);
    g_test_add_func("/nat/topology/two-layers", two_layers_compose);
    g_test_add_func("/nat/topology/two-layers-lifetime", two_layers_live_as_long_as_the_shorter);
    g_test_add_func("/nat/topology/equal-prefixes", equal_prefixes_hit_strangers);
    g_test_add_func("/nat/topology/private-destinations", private_destinations_vanish_or_are_unreachable);
    g_test_add_func("/nat/topology/early-packet", an_early_packet_spoils_the_punch_where_it_is_accepted);
    return g_test_run();
}
