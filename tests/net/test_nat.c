/* test_nat.c - the behaviour of NAT boxes, requirement by requirement (RFC 4787, 5382, 5508).
 *
 *   a 10.0.0.1 ┐                     ┌ s1 198.51.100.1
 *              ├ box 203.0.113.1 ────┤
 *   b 10.0.0.2 ┘                     └ s2 198.51.100.2
 */
#include <glib.h>

#include "core/port.h"
#include "tests/support/lab.h"

#define BOX "203.0.113.1"

typedef struct world {
    lab lab;
    net_realm home;
    sim_host a, b, s1, s2;
} world;

static void world_open_with(world *w, const net_nat_options *nat)
{
    lab_open(&w->lab, 0);
    w->home = lab_realm_with(&w->lab, "box", NET_PUBLIC_REALM, BOX, nat, "none");
    w->a = lab_host(&w->lab, "a", w->home, "10.0.0.1");
    w->b = lab_host(&w->lab, "b", w->home, "10.0.0.2");
    w->s1 = lab_host(&w->lab, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    w->s2 = lab_host(&w->lab, "s2", NET_PUBLIC_REALM, "198.51.100.2");
}

static void world_open(world *w, const char *preset)
{
    world_open_with(w, net_nat_preset(preset));
}

static pl_addr a_at(uint16_t port)
{
    return lab_addr("10.0.0.1", port);
}

static pl_addr s1_at(uint16_t port)
{
    return lab_addr("198.51.100.1", port);
}

static pl_addr s2_at(uint16_t port)
{
    return lab_addr("198.51.100.2", port);
}

/* Sends UDP out and returns the source that the server sees. */
static pl_addr out(world *w, sim_host host, pl_addr from, pl_addr to)
{
    const fake_delivery *d = lab_pass(&w->lab, host, lab_udp(from, to));
    g_assert_nonnull(d);
    g_assert_true(pl_addr_equal(d->packet.destination, to));
    return d->packet.source;
}

/* Sends UDP in; the cause of its drop, NET_DROP_NONE if it came through. */
static net_drop in(world *w, sim_host server, pl_addr from, pl_addr to)
{
    const fake_delivery *d = lab_pass(&w->lab, server, lab_udp(from, to));
    g_assert_true((d == NULL) == (w->lab.last_drop != NET_DROP_NONE));
    return w->lab.last_drop;
}

static net_drop tcp(world *w, sim_host host, pl_addr from, pl_addr to, uint8_t flags)
{
    lab_pass(&w->lab, host, lab_tcp(from, to, flags));
    return w->lab.last_drop;
}

/* RFC 4787 REQ-1 by mapping behaviour: which of four destinations share an external endpoint. */
static void mapping_depends_on_what_the_behaviour_says(void)
{
    static const struct {
        net_nat_behaviour mapping;
        bool port_shares, address_shares;
    } rows[] = {{NET_NAT_EI, true, true}, {NET_NAT_AD, true, false}, {NET_NAT_APD, false, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        net_nat_options nat = *net_nat_preset("full-cone");
        nat.mapping = rows[i].mapping;
        world_open_with(&w, &nat);
        pl_addr first = out(&w, w.a, a_at(5000), s1_at(1));
        pl_addr other_port = out(&w, w.a, a_at(5000), s1_at(2));
        pl_addr other_address = out(&w, w.a, a_at(5000), s2_at(1));
        g_assert_cmphex(first.ip, ==, lab_ip(BOX));
        g_assert_true(pl_addr_equal(first, other_port) == rows[i].port_shares);
        g_assert_true(pl_addr_equal(first, other_address) == rows[i].address_shares);
        g_assert_true(pl_addr_equal(first, out(&w, w.a, a_at(5000), s1_at(1))));
        g_assert_true(pl_addr_equal(other_address, out(&w, w.a, a_at(5000), s2_at(1))));
        lab_close(&w.lab);
    }
}

/* RFC 4787 §5: who may use the mapping. */
static void filtering_admits_whom_the_behaviour_says(void)
{
    static const struct {
        const char *preset;
        net_drop same, other_port, other_address;
    } rows[] = {
        {"full-cone", NET_DROP_NONE, NET_DROP_NONE, NET_DROP_NONE},
        {"address-restricted", NET_DROP_NONE, NET_DROP_NONE, NET_DROP_FILTERED},
        {"port-restricted", NET_DROP_NONE, NET_DROP_FILTERED, NET_DROP_FILTERED},
        {"symmetric", NET_DROP_NONE, NET_DROP_FILTERED, NET_DROP_FILTERED},
        {"symmetric-sequential", NET_DROP_NONE, NET_DROP_FILTERED, NET_DROP_FILTERED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        world_open(&w, rows[i].preset);
        pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
        g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, rows[i].same);
        g_assert_true(pl_addr_equal(fake_engine_last(w.lab.engine)->packet.destination, a_at(5000)));
        g_assert_cmpint(in(&w, w.s1, s1_at(8), mapped), ==, rows[i].other_port);
        g_assert_cmpint(in(&w, w.s2, s2_at(7), mapped), ==, rows[i].other_address);
        lab_close(&w.lab);
    }
}

/* The nine pairs of mapping × filtering are independent knobs. */
static void every_pair_of_mapping_and_filtering_works(void)
{
    for (int m = NET_NAT_EI; m <= NET_NAT_APD; m++)
        for (int f = NET_NAT_EI; f <= NET_NAT_APD; f++) {
            world w;
            net_nat_options nat = *net_nat_preset("symmetric");
            nat.mapping = (net_nat_behaviour)m;
            nat.filtering = (net_nat_behaviour)f;
            world_open_with(&w, &nat);
            pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
            g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_NONE);
            g_assert_true((in(&w, w.s1, s1_at(8), mapped) == NET_DROP_NONE) == (f <= NET_NAT_AD));
            g_assert_true((in(&w, w.s2, s2_at(7), mapped) == NET_DROP_NONE) == (f == NET_NAT_EI));
            pl_addr again = out(&w, w.a, a_at(5000), s2_at(7));
            g_assert_true(pl_addr_equal(mapped, again) == (m == NET_NAT_EI));
            g_assert_cmpint(in(&w, w.s2, s2_at(7), again), ==, NET_DROP_NONE);
            lab_close(&w.lab);
        }
}

/* RFC 4787 REQ-3: no overloading.  The first keeps its port, the second gets the next free one. */
static void two_hosts_with_one_port_get_two_external_ports(void)
{
    world w;
    world_open(&w, "port-restricted");
    g_assert_cmpuint(out(&w, w.a, a_at(5000), s1_at(1)).port, ==, 5000);
    g_assert_cmpuint(out(&w, w.b, lab_addr("10.0.0.2", 5000), s2_at(1)).port, ==, 5001);
    g_assert_cmpuint(out(&w, w.a, a_at(5001), s2_at(1)).port, ==, 5002);
    lab_close(&w.lab);
}

/* RFC 4787 REQ-3a: the class of the port is kept, and the search wraps inside it. */
static void system_ports_stay_system_ports(void)
{
    world w;
    world_open(&w, "port-restricted");
    g_assert_cmpuint(out(&w, w.a, a_at(1023), s1_at(1)).port, ==, 1023);
    g_assert_cmpuint(out(&w, w.b, lab_addr("10.0.0.2", 1023), s1_at(1)).port, ==, 1);
    g_assert_cmpuint(out(&w, w.a, a_at(65535), s1_at(1)).port, ==, 65535);
    g_assert_cmpuint(out(&w, w.b, lab_addr("10.0.0.2", 65535), s1_at(1)).port, ==, 1024);
    lab_close(&w.lab);
}

static void sequential_ports_step_and_wrap(void)
{
    world w;
    net_nat_options nat = *net_nat_preset("symmetric-sequential");
    nat.port_low = 40000;
    nat.port_high = 40004;
    nat.port_step = 2;
    world_open_with(&w, &nat);
    static const uint16_t expected[] = {40000, 40002, 40004, 40001, 40003};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(out(&w, w.a, a_at(5000), s1_at((uint16_t)(100 + i))).port, ==, expected[i]);
    lab_pass(&w.lab, w.a, lab_udp(a_at(5000), s1_at(99)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    lab_close(&w.lab);
}

static void random_ports_fill_their_range_and_repeat_with_the_seed(void)
{
    uint16_t seen[2][64];
    for (int run = 0; run < 2; run++) {
        world w;
        net_nat_options nat = *net_nat_preset("symmetric");
        nat.port_low = 50000;
        nat.port_high = 50063;
        world_open_with(&w, &nat);
        uint64_t taken = 0;
        for (uint16_t i = 0; i < 64; i++) {
            uint16_t port = out(&w, w.a, a_at(5000), s1_at((uint16_t)(i + 1))).port;
            g_assert_true(port >= 50000 && port <= 50063);
            taken |= (uint64_t)1 << (port - 50000);
            seen[run][i] = port;
        }
        g_assert_cmphex(taken, ==, UINT64_MAX);
        lab_close(&w.lab);
    }
    unsigned in_order = 0;
    for (int i = 0; i < 64; i++) {
        g_assert_cmpuint(seen[0][i], ==, seen[1][i]);
        in_order += i && seen[0][i] == seen[0][i - 1] + 1;
    }
    g_assert_cmpuint(in_order, <, 20);
}

/* RFC 4787 REQ-5: at T − ε the mapping lives, at T it does not; T counts from the last outbound packet. */
static void a_udp_mapping_lives_exactly_its_lifetime(void)
{
    static const char *const presets[] = {"full-cone", "address-restricted", "port-restricted", "symmetric"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        pl_span t = net_nat_preset(presets[i])->udp_lifetime_ns;
        g_assert_cmpint(t, >=, 120 * PL_SECOND);
        world w;
        world_open(&w, presets[i]);
        pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
        lab_at(&w.lab, 10 * PL_SECOND);
        out(&w, w.a, a_at(5000), s1_at(7)); /* REQ-6: outbound refresh */
        lab_at(&w.lab, 10 * PL_SECOND + t - 1);
        g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_NONE);
        lab_at(&w.lab, 10 * PL_SECOND + t);
        g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_EXPIRED);
        g_assert_cmpint(in(&w, w.s1, s1_at(7), lab_addr(BOX, 9)), ==, NET_DROP_NO_MAPPING);
        lab_close(&w.lab);
    }
}

/* RFC 4787 REQ-6: inbound packets prolong the mapping only where the option says so. */
static void inbound_packets_refresh_only_where_told(void)
{
    for (unsigned refresh = 0; refresh <= 3; refresh++) {
        world w;
        net_nat_options nat = *net_nat_preset("port-restricted");
        nat.udp_lifetime_ns = 100;
        nat.refresh = refresh;
        world_open_with(&w, &nat);
        pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
        lab_at(&w.lab, 60);
        g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_NONE);
        lab_at(&w.lab, 120);
        bool lives = in(&w, w.s1, s1_at(7), mapped) == NET_DROP_NONE;
        g_assert_true(lives == ((refresh & NET_NAT_REFRESH_IN) != 0));
        lab_at(&w.lab, 1000);
        mapped = out(&w, w.a, a_at(5000), s1_at(7));
        lab_at(&w.lab, 1060);
        out(&w, w.a, a_at(5000), s1_at(7));
        lab_at(&w.lab, 1120);
        lives = in(&w, w.s1, s1_at(7), mapped) == NET_DROP_NONE;
        g_assert_true(lives == ((refresh & NET_NAT_REFRESH_OUT) != 0));
        lab_close(&w.lab);
    }
}

/* A permission expires by itself, though others keep the mapping alive. */
static void a_filter_forgets_each_remote_by_itself(void)
{
    world w;
    world_open(&w, "port-restricted");
    pl_span t = net_nat_preset("port-restricted")->udp_lifetime_ns;
    pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
    lab_at(&w.lab, t - 1);
    out(&w, w.a, a_at(5000), s2_at(7));
    g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, t);
    g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_FILTERED);
    g_assert_cmpint(in(&w, w.s2, s2_at(7), mapped), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* nat.md 1.5: after expiry a port-preserving box gives the same port, a sequential one the next. */
static void after_expiry_the_port_follows_the_policy(void)
{
    static const struct {
        const char *preset;
        uint16_t first, second;
    } rows[] = {{"port-restricted", 5000, 5000}, {"symmetric-sequential", 1024, 1025}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        world w;
        world_open(&w, rows[i].preset);
        g_assert_cmpuint(out(&w, w.a, a_at(5000), s1_at(7)).port, ==, rows[i].first);
        lab_at(&w.lab, net_nat_preset(rows[i].preset)->udp_lifetime_ns);
        g_assert_cmpuint(out(&w, w.a, a_at(5000), s1_at(7)).port, ==, rows[i].second);
        lab_close(&w.lab);
    }
}

static void an_expired_port_is_free_for_others(void)
{
    world w;
    world_open(&w, "port-restricted");
    out(&w, w.a, a_at(5000), s1_at(7));
    lab_at(&w.lab, net_nat_preset("port-restricted")->udp_lifetime_ns);
    g_assert_cmpuint(out(&w, w.b, lab_addr("10.0.0.2", 5000), s1_at(7)).port, ==, 5000);
    g_assert_cmpint(in(&w, w.s1, s1_at(7), lab_addr(BOX, 5000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    lab_close(&w.lab);
}

/* RFC 5508 REQ-8: a box that has no room says so by ICMP 3/13; room comes back when a mapping expires. */
static void an_exhausted_box_says_so_until_something_expires(void)
{
    world w;
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.max_mappings = 2;
    world_open_with(&w, &nat);
    out(&w, w.a, a_at(5000), s1_at(7));
    lab_at(&w.lab, 10);
    out(&w, w.a, a_at(5001), s1_at(7));
    const fake_delivery *d = lab_pass(&w.lab, w.a, lab_udp(a_at(5002), s1_at(7)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_REJECTED);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_cmpuint(d->packet.icmp_type, ==, 3);
    g_assert_cmpuint(d->packet.icmp_code, ==, 13);
    g_assert_true(pl_addr_equal(d->packet.quote.source, a_at(5002)));
    lab_at(&w.lab, nat.udp_lifetime_ns - 1);
    lab_pass(&w.lab, w.a, lab_udp(a_at(5002), s1_at(7)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    lab_at(&w.lab, nat.udp_lifetime_ns);
    out(&w, w.a, a_at(5002), s1_at(7));
    lab_close(&w.lab);
}

/* RFC 4787 REQ-9: hairpin, with the external endpoint as source. */
static void hairpin_shows_the_external_source(void)
{
    world w;
    world_open(&w, "full-cone");
    pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 6000), mapped));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 6000)));
    g_assert_true(pl_addr_equal(d->packet.destination, a_at(5000)));
    g_assert_cmpuint(d->packet.ttl, ==, 63); /* one box, crossed once */
    lab_close(&w.lab);
}

static void hairpin_obeys_the_filter_and_the_option(void)
{
    world w;
    world_open(&w, "port-restricted");
    pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
    pl_addr b6000 = lab_addr("10.0.0.2", 6000);
    g_assert_null(lab_pass(&w.lab, w.b, lab_udp(b6000, mapped)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_FILTERED);
    g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(a_at(5000), lab_addr(BOX, 6000)))); /* opens both */
    g_assert_nonnull(lab_pass(&w.lab, w.b, lab_udp(b6000, mapped)));
    lab_close(&w.lab);
    world_open(&w, "symmetric");
    mapped = out(&w, w.a, a_at(5000), s1_at(7));
    g_assert_null(lab_pass(&w.lab, w.b, lab_udp(b6000, mapped)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_HAIRPIN);
    g_assert_cmpstr(w.lab.last_box, ==, "box");
    lab_close(&w.lab);
}

/* RFC 4787 REQ-7: the home's addresses overlap those of the network around it. */
static void nested_boxes_with_the_same_prefix(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm cgn = lab_realm(&l, "cgn", NET_PUBLIC_REALM, BOX, "port-restricted");
    net_realm home1 = lab_realm(&l, "home1", cgn, "100.64.0.1", "port-restricted");
    net_realm home2 = lab_realm(&l, "home2", cgn, "100.64.0.2", "full-cone");
    sim_host a = lab_host(&l, "a", home1, "100.64.0.2"); /* as home2's box above */
    sim_host b = lab_host(&l, "b", home2, "100.64.0.2");
    sim_host s = lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    pl_addr inside = lab_addr("100.64.0.2", 5000);
    const fake_delivery *d = lab_pass(&l, a, lab_udp(inside, s1_at(7)));
    g_assert_nonnull(d);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 5000)));
    g_assert_cmpuint(l.translations, ==, 2);
    g_assert_cmpuint(d->packet.ttl, ==, 64 - 3); /* two boxes and the core */
    d = lab_pass(&l, b, lab_udp(inside, s1_at(7)));
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 5001)));
    d = lab_pass(&l, s, lab_udp(s1_at(7), lab_addr(BOX, 5001)));
    g_assert_cmpuint(d->host, ==, b);
    g_assert_true(pl_addr_equal(d->packet.destination, inside));
    d = lab_pass(&l, s, lab_udp(s1_at(7), lab_addr(BOX, 5000)));
    g_assert_cmpuint(d->host, ==, a);
    g_assert_null(lab_pass(&l, s, lab_udp(s1_at(8), lab_addr(BOX, 5000))));
    g_assert_cmpstr(l.last_box, ==, "cgn");
    lab_close(&l);
}

/* The filter of each layer counts, and the hairpin is at the lowest common box. */
static void two_homes_of_one_carrier_meet_by_hairpin(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm cgn = lab_realm(&l, "cgn", NET_PUBLIC_REALM, BOX, "port-restricted");
    net_realm home1 = lab_realm(&l, "home1", cgn, "100.64.0.1", "port-restricted");
    net_realm home2 = lab_realm(&l, "home2", cgn, "100.64.0.2", "port-restricted");
    sim_host a = lab_host(&l, "a", home1, "10.0.0.1");
    sim_host b = lab_host(&l, "b", home2, "10.0.0.1");
    lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    pl_addr inside_a = lab_addr("10.0.0.1", 5000), inside_b = lab_addr("10.0.0.1", 6000);
    g_assert_nonnull(lab_pass(&l, a, lab_udp(inside_a, s1_at(7))));
    g_assert_nonnull(lab_pass(&l, b, lab_udp(inside_b, s1_at(7))));
    g_assert_null(lab_pass(&l, a, lab_udp(inside_a, lab_addr(BOX, 6000)))); /* opens a's side */
    g_assert_cmpstr(l.last_box, ==, "cgn");
    g_assert_cmpint(l.last_drop, ==, NET_DROP_FILTERED);
    const fake_delivery *d = lab_pass(&l, b, lab_udp(inside_b, lab_addr(BOX, 5000)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, a);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 6000)));
    d = lab_pass(&l, a, lab_udp(inside_a, lab_addr(BOX, 6000)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, b);
    lab_close(&l);
}

/* RFC 4787 REQ-12, RFC 5508 REQ-4: an ICMP error from anywhere is translated, outside and in its quote, and
 * leaves the mapping as it was. */
static void an_icmp_error_is_translated_and_changes_nothing(void)
{
    world w;
    world_open(&w, "port-restricted");
    pl_span t = net_nat_preset("port-restricted")->udp_lifetime_ns;
    pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
    lab_at(&w.lab, t - 1);
    net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = 3,
                        .source = s2_at(0), /* a router on the way, never sent to */
                        .destination = {mapped.ip, 0},
                        .quote = {.protocol = PL_PROTOCOL_UDP, .source = mapped, .destination = s1_at(7)}};
    const fake_delivery *d = lab_pass(&w.lab, w.s2, error);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_cmphex(d->packet.destination.ip, ==, lab_ip("10.0.0.1"));
    g_assert_true(pl_addr_equal(d->packet.quote.source, a_at(5000)));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, s1_at(7)));
    g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_NONE); /* not killed */
    lab_at(&w.lab, t);
    g_assert_cmpint(in(&w, w.s1, s1_at(7), mapped), ==, NET_DROP_EXPIRED); /* not prolonged */
    g_assert_null(lab_pass(&w.lab, w.s2, error));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXPIRED);
    error.quote.source.port = 9;
    g_assert_null(lab_pass(&w.lab, w.s2, error));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* RFC 5508 REQ-5: a closed port inside answers through the box. */
static void an_icmp_error_from_inside_is_translated(void)
{
    world w;
    world_open(&w, "full-cone");
    pl_addr mapped = out(&w, w.a, a_at(5000), s1_at(7));
    net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = 3,
                        .source = a_at(0),
                        .destination = s2_at(0),
                        .quote = {PL_PROTOCOL_UDP, s2_at(9), a_at(5000), 0}};
    const fake_delivery *d = lab_pass(&w.lab, w.a, error);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.s2);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, mapped));
    error.quote.destination.port = 9;
    g_assert_null(lab_pass(&w.lab, w.a, error));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* RFC 5508 REQ-1, 2: echo by identifier, 60 s or more; two hosts with one identifier are told apart. */
static void echo_sessions_are_told_apart_by_identifier(void)
{
    world w;
    world_open(&w, "port-restricted");
    const fake_delivery *d = lab_pass(&w.lab, w.a, lab_echo("10.0.0.1", "198.51.100.1", 8, 77));
    g_assert_cmpuint(d->packet.source.port, ==, 77);
    d = lab_pass(&w.lab, w.b, lab_echo("10.0.0.2", "198.51.100.1", 8, 77));
    g_assert_cmpuint(d->packet.source.port, ==, 78);
    g_assert_cmpuint(d->packet.destination.port, ==, 78);
    d = lab_pass(&w.lab, w.s1, lab_echo("198.51.100.1", BOX, 0, 78));
    g_assert_cmpuint(d->host, ==, w.b);
    g_assert_true(pl_addr_equal(d->packet.destination, lab_addr("10.0.0.2", 77)));
    g_assert_cmpuint(d->packet.source.port, ==, 77);
    g_assert_null(lab_pass(&w.lab, w.s2, lab_echo("198.51.100.2", BOX, 0, 78)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_FILTERED);
    g_assert_null(lab_pass(&w.lab, w.s1, lab_echo("198.51.100.1", BOX, 8, 78)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    pl_span t = net_nat_preset("port-restricted")->icmp_lifetime_ns;
    g_assert_cmpint(t, >=, 60 * PL_SECOND);
    lab_at(&w.lab, t - 1);
    g_assert_nonnull(lab_pass(&w.lab, w.s1, lab_echo("198.51.100.1", BOX, 0, 78)));
    lab_at(&w.lab, t);
    g_assert_null(lab_pass(&w.lab, w.s1, lab_echo("198.51.100.1", BOX, 0, 78)));
    lab_close(&w.lab);
}

static void tcp_handshake(world *w)
{
    g_assert_cmpint(tcp(w, w->a, a_at(5000), s1_at(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(w, w->s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_SYN | NET_TCP_ACK), ==,
                    NET_DROP_NONE);
    g_assert_cmpint(tcp(w, w->a, a_at(5000), s1_at(80), NET_TCP_ACK), ==, NET_DROP_NONE);
}

/* The cause with which a segment from s1 ends at the given instant. */
static net_drop tcp_in_at(world *w, pl_time when)
{
    lab_at(&w->lab, when);
    return tcp(w, w->s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_ACK);
}

/* RFC 5382 REQ-5: 7440 s established. */
static void an_established_connection_lives_7440_s(void)
{
    world w;
    world_open(&w, "port-restricted");
    tcp_handshake(&w);
    pl_time last = 7440 * PL_SECOND - 1;
    g_assert_cmpint(tcp_in_at(&w, last), ==, NET_DROP_NONE); /* and is prolonged by it */
    g_assert_cmpint(tcp_in_at(&w, last + 7440 * PL_SECOND), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-5: 240 s while it opens, and without ACKs both ways it stays so. */
static void a_half_open_connection_lives_240_s(void)
{
    world w;
    world_open(&w, "port-restricted");
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_at(&w.lab, 240 * PL_SECOND - 1);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_SYN | NET_TCP_ACK), ==,
                    NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 480 * PL_SECOND - 1), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-2: simultaneous open establishes too, though neither side sends a bare ACK first. */
static void simultaneous_open_passes_and_establishes(void)
{
    world w;
    world_open(&w, "port-restricted");
    pl_addr outside = lab_addr(BOX, 5000);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 7440 * PL_SECOND - 1), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-4, the silent variant; an outbound SYN then opens the way. */
static void an_unsolicited_syn_is_dropped_silently(void)
{
    world w;
    world_open(&w, "port-restricted");
    out(&w, w.a, a_at(5000), s1_at(80)); /* a UDP mapping is none for TCP */
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NO_MAPPING);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_DROPPED);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s2_at(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_FILTERED);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

static void tcp_filters_by_address_or_not_at_all(void)
{
    world w;
    world_open(&w, "address-restricted");
    tcp_handshake(&w);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(81), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s2, s2_at(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
    world_open(&w, "full-cone");
    tcp_handshake(&w);
    g_assert_cmpint(tcp(&w, w.s2, s2_at(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* RFC 5382 §5, RFC 7857: both FINs, or a RST, leave the transitory lifetime; a RST prolongs nothing. */
static void closing_leaves_the_transitory_lifetime(void)
{
    const uint8_t fin = NET_TCP_FIN | NET_TCP_ACK;
    pl_addr outside = lab_addr(BOX, 5000);
    world w;
    world_open(&w, "port-restricted");
    tcp_handshake(&w);
    lab_at(&w.lab, 10 * PL_SECOND);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), fin), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, fin), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 250 * PL_SECOND - 1), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 490 * PL_SECOND - 1), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);

    world_open(&w, "port-restricted");
    tcp_handshake(&w);
    lab_at(&w.lab, 10 * PL_SECOND);
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 100 * PL_SECOND);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 250 * PL_SECOND - 1);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 250 * PL_SECOND);
    g_assert_cmpint(tcp(&w, w.s1, s1_at(80), outside, NET_TCP_RST), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

static void a_reset_opens_no_mapping(void)
{
    world w;
    world_open(&w, "full-cone");
    g_assert_cmpint(tcp(&w, w.a, a_at(5000), s1_at(80), NET_TCP_RST), ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* RFC 4787 REQ-11: no change of class after many flows, and the payload passes untouched (REQ-10). */
static void a_box_stays_what_it_is_under_load(void)
{
    world w;
    world_open(&w, "port-restricted");
    pl_addr first = out(&w, w.a, a_at(5000), s1_at(7));
    for (unsigned i = 0; i < 20000; i++)
        out(&w, w.b, lab_addr("10.0.0.2", (uint16_t)(10000 + i)), s1_at(7));
    g_assert_true(pl_addr_equal(first, out(&w, w.a, a_at(5000), s2_at(9))));
    const fake_delivery *d = fake_engine_last(w.lab.engine);
    g_assert_cmpuint(d->packet.payload_len, ==, 5);
    g_assert_cmpstr((const char *)d->bytes, ==, "hello");
    g_assert_cmpint(in(&w, w.s1, s1_at(7), first), ==, NET_DROP_NONE);
    g_assert_cmpint(in(&w, w.s1, s1_at(8), first), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
}

/* Mappings that expired are swept as new ones come: a box that runs for ever holds no more than its live
 * ones and a few. */
static void expired_mappings_do_not_pile_up(void)
{
    world w;
    net_nat_options nat = *net_nat_preset("symmetric");
    nat.udp_lifetime_ns = 10;
    world_open_with(&w, &nat);
    size_t before = 0;
    for (unsigned i = 0; i < 50000; i++) {
        lab_at(&w.lab, 5 * (pl_time)i);
        out(&w, w.a, a_at((uint16_t)(1024 + i % 60000)), s1_at(7));
        fake_engine_forget(w.lab.engine);
        if (i == 1000)
            before = net_memory(w.lab.network);
    }
    g_assert_cmpuint(net_memory(w.lab.network), ==, before);
    lab_close(&w.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/nat/mapping", mapping_depends_on_what_the_behaviour_says);
    g_test_add_func("/net/nat/filtering", filtering_admits_whom_the_behaviour_says);
    g_test_add_func("/net/nat/mapping-by-filtering", every_pair_of_mapping_and_filtering_works);
    g_test_add_func("/net/nat/no-overloading", two_hosts_with_one_port_get_two_external_ports);
    g_test_add_func("/net/nat/port-class", system_ports_stay_system_ports);
    g_test_add_func("/net/nat/ports-sequential", sequential_ports_step_and_wrap);
    g_test_add_func("/net/nat/ports-random", random_ports_fill_their_range_and_repeat_with_the_seed);
    g_test_add_func("/net/nat/udp-lifetime", a_udp_mapping_lives_exactly_its_lifetime);
    g_test_add_func("/net/nat/refresh", inbound_packets_refresh_only_where_told);
    g_test_add_func("/net/nat/permission-lifetime", a_filter_forgets_each_remote_by_itself);
    g_test_add_func("/net/nat/port-after-expiry", after_expiry_the_port_follows_the_policy);
    g_test_add_func("/net/nat/expired-port-is-free", an_expired_port_is_free_for_others);
    g_test_add_func("/net/nat/exhausted", an_exhausted_box_says_so_until_something_expires);
    g_test_add_func("/net/nat/hairpin", hairpin_shows_the_external_source);
    g_test_add_func("/net/nat/hairpin-filter", hairpin_obeys_the_filter_and_the_option);
    g_test_add_func("/net/nat/nested-same-prefix", nested_boxes_with_the_same_prefix);
    g_test_add_func("/net/nat/hairpin-at-carrier", two_homes_of_one_carrier_meet_by_hairpin);
    g_test_add_func("/net/nat/icmp-error-in", an_icmp_error_is_translated_and_changes_nothing);
    g_test_add_func("/net/nat/icmp-error-out", an_icmp_error_from_inside_is_translated);
    g_test_add_func("/net/nat/echo", echo_sessions_are_told_apart_by_identifier);
    g_test_add_func("/net/nat/tcp-established", an_established_connection_lives_7440_s);
    g_test_add_func("/net/nat/tcp-half-open", a_half_open_connection_lives_240_s);
    g_test_add_func("/net/nat/tcp-simultaneous-open", simultaneous_open_passes_and_establishes);
    g_test_add_func("/net/nat/tcp-unsolicited", an_unsolicited_syn_is_dropped_silently);
    g_test_add_func("/net/nat/tcp-filtering", tcp_filters_by_address_or_not_at_all);
    g_test_add_func("/net/nat/tcp-closing", closing_leaves_the_transitory_lifetime);
    g_test_add_func("/net/nat/tcp-reset-opens-nothing", a_reset_opens_no_mapping);
    g_test_add_func("/net/nat/deterministic", a_box_stays_what_it_is_under_load);
    g_test_add_func("/net/nat/swept", expired_mappings_do_not_pile_up);
    return g_test_run();
}
