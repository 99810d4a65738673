/* test_nat_paths.c - hairpin, nested boxes, ICMP and TCP through NAT boxes (RFC 4787, 5382, 5508). */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

/* RFC 4787 REQ-9: hairpin, with the external endpoint as source. */
static void hairpin_shows_the_external_source(void)
{
    nat_world w;
    nat_world_open(&w, "full-cone");
    pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 6000), mapped));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 6000)));
    g_assert_true(pl_addr_equal(d->packet.destination, nat_world_a(5000)));
    g_assert_cmpuint(d->packet.ttl, ==, 63); /* one box, crossed once */
    lab_close(&w.lab);
}

static void hairpin_obeys_the_filter_and_the_option(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    pl_addr b6000 = lab_addr("10.0.0.2", 6000);
    g_assert_null(lab_pass(&w.lab, w.b, lab_udp(b6000, mapped)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_FILTERED);
    g_assert_nonnull(lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), lab_addr(BOX, 6000)))); /* opens both */
    g_assert_nonnull(lab_pass(&w.lab, w.b, lab_udp(b6000, mapped)));
    lab_close(&w.lab);
    nat_world_open(&w, "symmetric");
    mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
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
    const fake_delivery *d = lab_pass(&l, a, lab_udp(inside, nat_world_s1(7)));
    g_assert_nonnull(d);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 5000)));
    g_assert_cmpuint(l.translations, ==, 2);
    g_assert_cmpuint(d->packet.ttl, ==, 64 - 3); /* two boxes and the core */
    d = lab_pass(&l, b, lab_udp(inside, nat_world_s1(7)));
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr(BOX, 5001)));
    d = lab_pass(&l, s, lab_udp(nat_world_s1(7), lab_addr(BOX, 5001)));
    g_assert_cmpuint(d->host, ==, b);
    g_assert_true(pl_addr_equal(d->packet.destination, inside));
    d = lab_pass(&l, s, lab_udp(nat_world_s1(7), lab_addr(BOX, 5000)));
    g_assert_cmpuint(d->host, ==, a);
    g_assert_null(lab_pass(&l, s, lab_udp(nat_world_s1(8), lab_addr(BOX, 5000))));
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
    g_assert_nonnull(lab_pass(&l, a, lab_udp(inside_a, nat_world_s1(7))));
    g_assert_nonnull(lab_pass(&l, b, lab_udp(inside_b, nat_world_s1(7))));
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
    nat_world w;
    nat_world_open(&w, "port-restricted");
    pl_span t = net_nat_preset("port-restricted")->udp_lifetime_ns;
    pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, t - 1);
    net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = 3,
                        .source = nat_world_s2(0), /* a router on the way, never sent to */
                        .destination = {mapped.ip, 0},
                        .quote = {.protocol = PL_PROTOCOL_UDP, .source = mapped, .destination = nat_world_s1(7)}};
    const fake_delivery *d = lab_pass(&w.lab, w.s2, error);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_cmphex(d->packet.destination.ip, ==, lab_ip("10.0.0.1"));
    g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(5000)));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, nat_world_s1(7)));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE); /* not killed */
    lab_at(&w.lab, t);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_EXPIRED); /* not prolonged */
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
    nat_world w;
    nat_world_open(&w, "full-cone");
    pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = 3,
                        .source = nat_world_a(0),
                        .destination = nat_world_s2(0),
                        .quote = {PL_PROTOCOL_UDP, nat_world_s2(9), nat_world_a(5000), 0}};
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
    nat_world w;
    nat_world_open(&w, "port-restricted");
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

static void tcp_handshake(nat_world *w)
{
    g_assert_cmpint(nat_world_tcp(w, w->a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(w, w->s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_SYN | NET_TCP_ACK), ==,
                    NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(w, w->a, nat_world_a(5000), nat_world_s1(80), NET_TCP_ACK), ==, NET_DROP_NONE);
}

/* The cause with which a segment from s1 ends at the given instant. */
static net_drop tcp_in_at(nat_world *w, pl_time when)
{
    lab_at(&w->lab, when);
    return nat_world_tcp(w, w->s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_ACK);
}

/* RFC 5382 REQ-5: 7440 s established. */
static void an_established_connection_lives_7440_s(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    tcp_handshake(&w);
    pl_time last = 7440 * PL_SECOND - 1;
    g_assert_cmpint(tcp_in_at(&w, last), ==, NET_DROP_NONE); /* and is prolonged by it */
    g_assert_cmpint(tcp_in_at(&w, last + 7440 * PL_SECOND), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-5: 240 s while it opens, and without ACKs both ways it stays so. */
static void a_half_open_connection_lives_240_s(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_at(&w.lab, 240 * PL_SECOND - 1);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_SYN | NET_TCP_ACK), ==,
                    NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 480 * PL_SECOND - 1), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-2: simultaneous open establishes too, though neither side sends a bare ACK first. */
static void simultaneous_open_passes_and_establishes(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    pl_addr outside = lab_addr(BOX, 5000);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 7440 * PL_SECOND - 1), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* RFC 5382 REQ-4, the silent variant; an outbound SYN then opens the way. */
static void an_unsolicited_syn_is_dropped_silently(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(80)); /* a UDP mapping is none for TCP */
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NO_MAPPING);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_DROPPED);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s2(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_FILTERED);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

static void tcp_filters_by_address_or_not_at_all(void)
{
    nat_world w;
    nat_world_open(&w, "address-restricted");
    tcp_handshake(&w);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(81), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s2, nat_world_s2(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
    nat_world_open(&w, "full-cone");
    tcp_handshake(&w);
    g_assert_cmpint(nat_world_tcp(&w, w.s2, nat_world_s2(80), lab_addr(BOX, 5000), NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* RFC 5382 §5, RFC 7857: both FINs, or a RST, leave the transitory lifetime; a RST prolongs nothing. */
static void closing_leaves_the_transitory_lifetime(void)
{
    const uint8_t fin = NET_TCP_FIN | NET_TCP_ACK;
    pl_addr outside = lab_addr(BOX, 5000);
    nat_world w;
    nat_world_open(&w, "port-restricted");
    tcp_handshake(&w);
    lab_at(&w.lab, 10 * PL_SECOND);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), fin), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, fin), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 250 * PL_SECOND - 1), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in_at(&w, 490 * PL_SECOND - 1), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);

    nat_world_open(&w, "port-restricted");
    tcp_handshake(&w);
    lab_at(&w.lab, 10 * PL_SECOND);
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 100 * PL_SECOND);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 250 * PL_SECOND - 1);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, 250 * PL_SECOND);
    g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), outside, NET_TCP_RST), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

static void a_reset_opens_no_mapping(void)
{
    nat_world w;
    nat_world_open(&w, "full-cone");
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_RST), ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
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
    return g_test_run();
}
