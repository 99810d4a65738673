/* test_rfc4787.c - the UDP requirements of RFC 4787, one test a requirement, named by it.
 *
 * The preset "rfc" must hold them all; where a box of ours is meant to break one, it is shown to.  REQ-13 and
 * 14 are in test_rfc4787_fragments.c. */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

static pl_addr b_at(uint16_t port)
{
    return lab_addr("10.0.0.2", port);
}

/* How many of four destinations (two addresses × two ports) see another endpoint than the first does. */
static int others_seen(nat_world *w, sim_host host, pl_addr from)
{
    const pl_addr first = nat_world_out(w, host, from, nat_world_s1(1));
    return !pl_addr_equal(first, nat_world_out(w, host, from, nat_world_s1(2))) +
           !pl_addr_equal(first, nat_world_out(w, host, from, nat_world_s2(1))) +
           !pl_addr_equal(first, nat_world_out(w, host, from, nat_world_s2(2)));
}

static void req_1_mapping_is_endpoint_independent(void)
{
    static const struct {
        const char *preset;
        int others;
    } rows[] = {
        {"rfc", 0},       {"cgn", 0},       {"linux", 0},       {"overriding", 0}, {"address-dependent", 2},
        {"symmetric", 3}, {"corporate", 3}, {"linux-random", 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        g_assert_cmpint(others_seen(&w, w.a, nat_world_a(5000)), ==, rows[i].others);
        lab_close(&w.lab);
    }
}

/* How many of n sockets of one host show another address than its first. */
static unsigned other_addresses(nat_world *w, unsigned n)
{
    const uint32_t first = nat_world_out(w, w->a, nat_world_a(5000), nat_world_s1(1)).ip;
    unsigned others = 0;
    for (unsigned i = 1; i < n; i++)
        others += nat_world_out(w, w->a, nat_world_a((uint16_t)(5000 + i)), nat_world_s1(1)).ip != first;
    return others;
}

static void req_2_a_pool_is_paired(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("rfc");
    nat.pool = 4;
    nat_world_open_with(&w, &nat);
    g_assert_cmpuint(other_addresses(&w, 20), ==, 0);
    g_assert_cmphex(nat_world_out(&w, w.b, b_at(5000), nat_world_s1(1)).ip, !=,
                    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1)).ip); /* the pool is used */
    lab_close(&w.lab);
    nat.pooling = NET_POOLING_ARBITRARY;
    nat_world_open_with(&w, &nat);
    g_assert_cmpuint(other_addresses(&w, 20), >, 5);
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
    g_assert_true(pl_addr_equal(mapped, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(2))));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), mapped), ==, NET_DROP_NONE);
    const uint32_t ip = mapped.ip - lab_ip(BOX);
    g_assert_cmpuint(ip, <, 4);
    /* The same port of another address is another port. */
    g_assert_cmpint(
        nat_world_in(&w, w.s1, nat_world_s1(1), (pl_addr){lab_ip(BOX) + (ip + 1) % 4, mapped.port}), ==,
        NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

static void req_3_ports_are_not_overloaded(void)
{
    static const struct {
        const char *preset;
        bool overloads;
    } rows[] = {{"rfc", false}, {"cgn", false}, {"symmetric", false}, {"linux", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        const pl_addr a = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
        const pl_addr b = nat_world_out(&w, w.b, b_at(5000), nat_world_s2(1));
        g_assert_true(pl_addr_equal(a, b) == rows[i].overloads);
        lab_close(&w.lab);
    }
}

/* REQ-3a: ports 0 to 1023 to such, the others to the others. */
static void req_3a_the_range_is_kept(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    static const uint16_t inside[] = {1, 512, 1022, 1023, 1024, 1025, 40000, 65535};
    for (size_t i = 0; i < G_N_ELEMENTS(inside); i++) {
        const uint16_t a = nat_world_out(&w, w.a, nat_world_a(inside[i]), nat_world_s1(1)).port;
        const uint16_t b = nat_world_out(&w, w.b, b_at(inside[i]), nat_world_s1(1)).port;
        g_assert_cmpuint(a, ==, inside[i]);
        g_assert_cmpuint(b, !=, inside[i]);
        g_assert_true((b < 1024) == (inside[i] < 1024));
    }
    lab_close(&w.lab);
}

/* Over 1000 allocations, of which the second half cannot keep its port. */
static void req_4_parity_is_kept(void)
{
    static const net_nat_ports policies[] = {NET_PORTS_PRESERVE, NET_PORTS_SEQUENTIAL, NET_PORTS_RANDOM};
    for (size_t p = 0; p < G_N_ELEMENTS(policies); p++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("rfc");
        nat.ports = policies[p];
        nat_world_open_with(&w, &nat);
        for (unsigned i = 0; i < 500; i++) {
            const uint16_t inside = (uint16_t)(3001 + 7 * i);
            const uint16_t a = nat_world_out(&w, w.a, nat_world_a(inside), nat_world_s1(1)).port;
            const uint16_t b = nat_world_out(&w, w.b, b_at(inside), nat_world_s1(1)).port;
            g_assert_cmpuint(a % 2, ==, inside % 2);
            g_assert_cmpuint(b % 2, ==, inside % 2);
        }
        lab_close(&w.lab);
    }
}

/* When no port of the parity is left, one of the other is better than none. */
static void req_4_parity_gives_way_to_need(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("rfc");
    nat.ports = NET_PORTS_RANDOM;
    nat.port_low = 50000;
    nat.port_high = 50003;
    nat_world_open_with(&w, &nat);
    unsigned odd = 0;
    for (uint16_t i = 0; i < 4; i++)
        odd += nat_world_out(&w, w.a, nat_world_a((uint16_t)(6000 + 2 * i)), nat_world_s1(1)).port % 2;
    g_assert_cmpuint(odd, ==, 2);
    lab_close(&w.lab);
}

static void req_5_a_mapping_lives_its_lifetime(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    const pl_span t = net_nat_preset("rfc")->udp_lifetime_ns;
    g_assert_cmpint(t, >=, 300 * PL_SECOND);
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, t - 1);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, t);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* The timer can be configured, and counts to the nanosecond. */
static void req_5_the_timer_is_configurable(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("rfc");
    nat.udp_lifetime_ns = 120 * PL_SECOND;
    nat_world_open_with(&w, &nat);
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, 119900 * PL_MILLISECOND);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, 120 * PL_SECOND - 1);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, 120 * PL_SECOND);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* Whether a mapping that is used at 0 s and once more at 90 s, in one of the directions, lets a stranger in
 * at an instant; the lifetime is 120 s. */
static bool is_alive_at(unsigned refresh, int outward, pl_time when)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("rfc");
    nat.refresh = refresh;
    nat.udp_lifetime_ns = 120 * PL_SECOND;
    nat_world_open_with(&w, &nat);
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, 90 * PL_SECOND);
    if (outward)
        nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    else
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, when);
    const bool alive = nat_world_in(&w, w.s2, nat_world_s2(7), mapped) == NET_DROP_NONE;
    lab_close(&w.lab);
    return alive;
}

/* Four variants of the two switches, each with a packet either way. */
static void req_6_each_direction_refreshes_by_its_own_switch(void)
{
    for (unsigned refresh = 0; refresh <= (NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN); refresh++)
        for (int outward = 0; outward < 2; outward++) {
            const bool refreshed = (refresh & (outward ? NET_NAT_REFRESH_OUT : NET_NAT_REFRESH_IN)) != 0;
            const pl_time end = (refreshed ? 210 : 120) * PL_SECOND;
            g_assert_true(is_alive_at(refresh, outward, end - 1));
            g_assert_false(is_alive_at(refresh, outward, end));
        }
    g_assert_cmpuint(net_nat_preset("rfc")->refresh & NET_NAT_REFRESH_OUT, !=, 0); /* MUST */
}

/* The same for a mapping that hears from its remote at 60 s and from a stranger at 90 s. */
static bool is_alive_after_a_stranger(unsigned refresh, pl_time when)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("rfc");
    nat.refresh = refresh;
    nat.udp_lifetime_ns = 120 * PL_SECOND;
    nat_world_open_with(&w, &nat);
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, 60 * PL_SECOND);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(8), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, 90 * PL_SECOND);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, when);
    const bool alive = nat_world_in(&w, w.s2, nat_world_s2(7), mapped) == NET_DROP_NONE;
    lab_close(&w.lab);
    return alive;
}

/* RFC 7857: under an endpoint-independent filter strangers need not be able to keep a mapping alive. */
static void req_6_strangers_refresh_only_where_told(void)
{
    const unsigned all = NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN, known = all | NET_NAT_REFRESH_KNOWN;
    g_assert_true(is_alive_after_a_stranger(all, 210 * PL_SECOND - 1));
    g_assert_false(is_alive_after_a_stranger(all, 210 * PL_SECOND));
    g_assert_true(is_alive_after_a_stranger(known, 180 * PL_SECOND - 1));
    g_assert_false(is_alive_after_a_stranger(known, 180 * PL_SECOND));
}

/* §4.3, refresh scope: a mapping that is kept alive towards s2 lets s1 answer for its own time, or for all of
 * it. */
static void req_6_the_scope_of_a_refresh(void)
{
    for (int whole = 0; whole < 2; whole++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("port-restricted");
        nat.refresh_scope = whole ? NET_SCOPE_MAPPING : NET_SCOPE_SESSION;
        nat.udp_lifetime_ns = 120 * PL_SECOND;
        nat_world_open_with(&w, &nat);
        const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        for (uint16_t i = 1; i <= 10; i++) {
            lab_at(&w.lab, i * 60 * PL_SECOND);
            nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(i));
            g_assert_true((nat_world_in(&w, w.s1, nat_world_s1(7), mapped) == NET_DROP_NONE) ==
                          (whole || i < 2));
        }
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(8), mapped), ==, NET_DROP_FILTERED);
        lab_at(&w.lab, 720 * PL_SECOND);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_EXPIRED);
        lab_close(&w.lab);
    }
}

/* A home of 100.64.0.0/24 behind a carrier of 100.64.0.0/24. */
static void req_7_overlapping_networks_are_told_apart(void)
{
    lab l;
    lab_open(&l, 0);
    const net_realm carrier = lab_realm(&l, "cgn", NET_PUBLIC_REALM, BOX, "cgn");
    const net_realm home = lab_realm(&l, "home", carrier, "100.64.0.1", "rfc");
    const sim_host a = lab_host(&l, "a", home, "100.64.0.1"); /* the very address of its box outside */
    const sim_host b = lab_host(&l, "b", carrier, "100.64.0.2");
    const sim_host s = lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    const fake_delivery *d = lab_pass(&l, a, lab_udp(lab_addr("100.64.0.1", 5000), nat_world_s1(7)));
    g_assert_nonnull(d);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    d = lab_pass(&l, s, lab_udp(nat_world_s1(7), d->packet.source));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, a);
    g_assert_true(pl_addr_equal(d->packet.destination, lab_addr("100.64.0.1", 5000)));
    d = lab_pass(&l, a, lab_udp(lab_addr("100.64.0.1", 5000), lab_addr("100.64.0.2", 7)));
    g_assert_nonnull(d); /* not on the LAN, so out: the carrier's neighbour */
    g_assert_cmpuint(d->host, ==, b);
    g_assert_true(
        pl_addr_equal(d->packet.source, lab_addr("100.64.0.1", 5000))); /* the box's, by chance the same */
    lab_close(&l);
}

static void req_8_filtering_is_endpoint_independent_or_by_address(void)
{
    static const struct {
        const char *preset;
        net_drop other_port, other_address;
    } rows[] = {{"rfc", NET_DROP_NONE, NET_DROP_NONE},
                {"cgn", NET_DROP_NONE, NET_DROP_NONE},
                {"address-restricted", NET_DROP_NONE, NET_DROP_FILTERED},
                {"linux", NET_DROP_NO_MAPPING, NET_DROP_NO_MAPPING}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(8), mapped), ==, rows[i].other_port);
        g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), mapped), ==, rows[i].other_address);
        lab_close(&w.lab);
    }
}

/* REQ-9, 9a: b reaches a by a's outside endpoint, and a sees b's. */
static void req_9_hairpin_shows_the_external_source(void)
{
    static const struct {
        const char *preset;
        const char *source; /* NULL: does not arrive */
    } rows[] = {{"rfc", BOX}, {"broken-hairpin", "10.0.0.2"}, {"no-hairpin", NULL}, {"linux", NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        const pl_addr a = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        const pl_addr b = nat_world_out(&w, w.b, b_at(6000), nat_world_s1(7));
        lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), b)); /* opens a's filter where there is one */
        const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(b_at(6000), a));
        g_assert_true((d != NULL) == (rows[i].source != NULL));
        if (!d) {
            g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_HAIRPIN);
        } else {
            g_assert_cmpuint(d->host, ==, w.a);
            g_assert_true(pl_addr_equal(d->packet.source, lab_addr(rows[i].source, 6000)));
        }
        lab_close(&w.lab);
    }
}

/* The endpoint 10.0.0.1:5000 as MAPPED-ADDRESS and as XOR-MAPPED-ADDRESS show it (RFC 8489 §14.1, 14.2), and
 * in text. */
static const uint8_t in_clear[] = {0, 1, 0x13, 0x88, 10, 0, 0, 1};
static const uint8_t outside_in_clear[] = {0, 1, 0x13, 0x88, 203, 0, 113, 1};
static const uint8_t outside_xored[] = {0,          1,        0x13 ^ 0x21, 0x88 ^ 0x12,
                                        203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4,  1 ^ 0x42};
static const char in_text[] = "a=10.0.0.1:5000 b=110.0.0.1 c=10.0.0.12 d=10.0.0.1";

static const fake_delivery *carry(nat_world *w, sim_host host, net_packet packet, const void *bytes,
                                  size_t len)
{
    packet.payload = bytes;
    packet.payload_len = (uint32_t)len;
    const fake_delivery *d = lab_pass(&w->lab, host, packet);
    g_assert_nonnull(d);
    return d;
}

static bool carries(const fake_delivery *d, const void *bytes, size_t len)
{
    return d->packet.payload_len == len && memcmp(d->bytes, bytes, len) == 0;
}

static void req_10_payloads_pass_unmodified(void)
{
    static const char *const presets[] = {"rfc", "cgn", "linux", "symmetric"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        nat_world w;
        nat_world_open(&w, presets[i]);
        const net_packet out = lab_udp(nat_world_a(5000), nat_world_s1(7));
        const fake_delivery *d = carry(&w, w.a, out, in_clear, sizeof in_clear);
        g_assert_true(carries(d, in_clear, sizeof in_clear));
        d = carry(&w, w.a, out, in_text, sizeof in_text - 1);
        g_assert_true(carries(d, in_text, sizeof in_text - 1));
        lab_close(&w.lab);
    }
}

/* The hostile gateway: a client that trusts MAPPED-ADDRESS believes that there is no NAT. */
static void req_10_a_hostile_gateway_mangles_what_is_in_clear(void)
{
    nat_world w;
    nat_world_open(&w, "alg-evil");
    const net_packet out = lab_udp(nat_world_a(5000), nat_world_s1(7));
    const fake_delivery *d = carry(&w, w.a, out, in_clear, sizeof in_clear);
    g_assert_true(carries(d, outside_in_clear, sizeof outside_in_clear));
    d = carry(&w, w.a, out, in_text, sizeof in_text - 1);
    static const char expected[] = "a=203.0.113.1:5000 b=110.0.0.1 c=10.0.0.12 d=203.0.113.1";
    g_assert_true(carries(d, expected, sizeof expected - 1));
    const net_packet in = lab_udp(nat_world_s1(7), lab_addr(BOX, 5000));
    d = carry(&w, w.s1, in, outside_in_clear, sizeof outside_in_clear);
    g_assert_true(carries(d, in_clear, sizeof in_clear));
    d = carry(&w, w.s1, in, outside_xored, sizeof outside_xored);
    g_assert_true(carries(d, outside_xored, sizeof outside_xored));
    lab_close(&w.lab);
}

/* The port is rewritten with the address, whichever of the two comes first. */
static void req_10_a_hostile_gateway_rewrites_ports_too(void)
{
    nat_world w;
    nat_world_open(&w, "alg-evil");
    nat_world_out(&w, w.b, b_at(5000), nat_world_s1(1)); /* a gets 5001 */
    const net_packet out = lab_udp(nat_world_a(5000), nat_world_s1(7));
    static const uint8_t before[] = {0x13, 0x88, 10, 0, 0, 1, 10, 0, 0, 1, 0x13, 0x88, 10, 0, 0};
    static const uint8_t after[] = {0x13, 0x89, 203, 0, 113, 1, 203, 0, 113, 1, 0x13, 0x89, 10, 0, 0};
    const fake_delivery *d = carry(&w, w.a, out, before, sizeof before);
    g_assert_true(carries(d, after, sizeof after));
    lab_close(&w.lab);
}

/* The second host that wants a port must fare as the first did. */
static void req_11_the_class_does_not_change(void)
{
    static const struct {
        const char *preset;
        int others;
    } rows[] = {{"rfc", 0}, {"port-restricted", 0}, {"fickle", 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        g_assert_cmpint(others_seen(&w, w.a, nat_world_a(5000)), ==, 0);
        g_assert_cmpint(others_seen(&w, w.b, b_at(5000)), ==, rows[i].others);
        g_assert_cmpint(others_seen(&w, w.a, nat_world_a(5000)), ==, 0);
        lab_close(&w.lab);
    }
}

/* A fickle box's flows are as good as any other's while they last. */
static void req_11_a_fickle_box_keeps_its_flows(void)
{
    nat_world w;
    nat_world_open(&w, "fickle");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    const pl_addr one = nat_world_out(&w, w.b, b_at(5000), nat_world_s1(7));
    const pl_addr two = nat_world_out(&w, w.b, b_at(5000), nat_world_s2(7));
    g_assert_cmpuint(one.port, !=, two.port);
    g_assert_true(pl_addr_equal(one, nat_world_out(&w, w.b, b_at(5000), nat_world_s1(7))));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), one), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), one), ==, NET_DROP_FILTERED);
    lab_at(&w.lab, net_nat_preset("fickle")->udp_lifetime_ns);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), one), ==, NET_DROP_EXPIRED);
    g_assert_cmpuint(nat_world_out(&w, w.b, b_at(5000), nat_world_s1(7)).port, ==, 5000); /* it is free now */
    lab_close(&w.lab);
}

static void req_12_icmp_kills_no_mapping(void)
{
    static const char *const presets[] = {"rfc", "linux", "symmetric", "cgn"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        nat_world w;
        nat_world_open(&w, presets[i]);
        const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        for (uint8_t code = 0; code < 16; code++) {
            const net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                                      .ttl = 64,
                                      .icmp_type = 3,
                                      .icmp_code = code,
                                      .source = nat_world_s2(0), /* no filter by the error's source */
                                      .destination = {mapped.ip, 0},
                                      .quote = {PL_PROTOCOL_UDP, mapped, nat_world_s1(7), 0}};
            const fake_delivery *d = lab_pass(&w.lab, w.s2, error);
            g_assert_nonnull(d);
            g_assert_cmpuint(d->packet.icmp_code, ==, code);
            g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(5000)));
        }
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
        g_assert_true(pl_addr_equal(mapped, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7))));
        lab_close(&w.lab);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc4787/req-1", req_1_mapping_is_endpoint_independent);
    g_test_add_func("/rfc4787/req-2", req_2_a_pool_is_paired);
    g_test_add_func("/rfc4787/req-3", req_3_ports_are_not_overloaded);
    g_test_add_func("/rfc4787/req-3a", req_3a_the_range_is_kept);
    g_test_add_func("/rfc4787/req-4", req_4_parity_is_kept);
    g_test_add_func("/rfc4787/req-4-exhausted", req_4_parity_gives_way_to_need);
    g_test_add_func("/rfc4787/req-5", req_5_a_mapping_lives_its_lifetime);
    g_test_add_func("/rfc4787/req-5-configurable", req_5_the_timer_is_configurable);
    g_test_add_func("/rfc4787/req-6", req_6_each_direction_refreshes_by_its_own_switch);
    g_test_add_func("/rfc4787/req-6-strangers", req_6_strangers_refresh_only_where_told);
    g_test_add_func("/rfc4787/req-6-scope", req_6_the_scope_of_a_refresh);
    g_test_add_func("/rfc4787/req-7", req_7_overlapping_networks_are_told_apart);
    g_test_add_func("/rfc4787/req-8", req_8_filtering_is_endpoint_independent_or_by_address);
    g_test_add_func("/rfc4787/req-9", req_9_hairpin_shows_the_external_source);
    g_test_add_func("/rfc4787/req-10", req_10_payloads_pass_unmodified);
    g_test_add_func("/rfc4787/req-10-hostile", req_10_a_hostile_gateway_mangles_what_is_in_clear);
    g_test_add_func("/rfc4787/req-10-hostile-port", req_10_a_hostile_gateway_rewrites_ports_too);
    g_test_add_func("/rfc4787/req-11", req_11_the_class_does_not_change);
    g_test_add_func("/rfc4787/req-11-fickle", req_11_a_fickle_box_keeps_its_flows);
    g_test_add_func("/rfc4787/req-12", req_12_icmp_kills_no_mapping);
    return g_test_run();
}
