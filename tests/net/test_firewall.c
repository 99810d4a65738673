/* test_firewall.c - what each firewall lets out and in, for how long, and how it refuses.
 *
 *   h 192.0.2.1 (firewall) ──── s 198.51.100.1
 */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "tests/support/lab.h"

typedef struct world {
    lab lab;
    sim_host h, s;
} world;

static void world_open(world *w, const char *firewall)
{
    lab_open(&w->lab, 0);
    w->h = lab_host_with(&w->lab, "h", NET_PUBLIC_REALM, "192.0.2.1", &(net_link_options){0}, firewall);
    w->s = lab_host(&w->lab, "s", NET_PUBLIC_REALM, "198.51.100.1");
}

static pl_addr h_at(uint16_t port)
{
    return lab_addr("192.0.2.1", port);
}

static pl_addr s_at(uint16_t port)
{
    return lab_addr("198.51.100.1", port);
}

static net_drop udp_out(world *w, uint16_t from, uint16_t to)
{
    lab_pass(&w->lab, w->h, lab_udp(h_at(from), s_at(to)));
    return w->lab.last_drop;
}

static net_drop udp_in(world *w, uint16_t from, uint16_t to)
{
    lab_pass(&w->lab, w->s, lab_udp(s_at(from), h_at(to)));
    return w->lab.last_drop;
}

static net_drop tcp_out(world *w, uint16_t from, uint16_t to, uint8_t flags)
{
    lab_pass(&w->lab, w->h, lab_tcp(h_at(from), s_at(to), flags));
    return w->lab.last_drop;
}

static net_drop tcp_in(world *w, uint16_t from, uint16_t to, uint8_t flags)
{
    lab_pass(&w->lab, w->s, lab_tcp(s_at(from), h_at(to), flags));
    return w->lab.last_drop;
}

/* One row a preset: what happens to the first packet of each kind; 'a' allowed, 'd' dropped, 'r' refused. */
static void presets_do_what_their_help_says(void)
{
    static const struct {
        const char *preset, *udp_out, *tcp80_out, *tcp443_out, *tcp_out, *icmp_out, *udp_in, *tcp_in;
    } rows[] = {
        {"none", "a", "a", "a", "a", "a", "a", "a"},
        {"stateful", "a", "a", "a", "a", "a", "d", "d"},
        {"udp-blocked", "d", "a", "a", "a", "d", "d", "d"},
        {"web-only", "d", "a", "a", "d", "d", "d", "d"},
        {"only-443", "d", "d", "a", "d", "d", "d", "d"},
        {"refuse-all", "r", "r", "r", "r", "r", "r", "r"},
        {"drop-all", "d", "d", "d", "d", "d", "d", "d"},
        {"tcp-in-refused", "a", "a", "a", "a", "a", "a", "r"},
        {"udp-refused", "r", "a", "a", "a", "r", "d", "d"},
        {"dns-only", "d", "a", "a", "a", "d", "d", "d"},
        {"udp-only-blocked", "d", "a", "a", "a", "a", "d", "d"},
        {"echo-only", "d", "d", "d", "d", "a", "d", "d"},
        {"proxy-only", "d", "d", "d", "d", "d", "d", "d"},
    };
    const net_firewall_preset_row *presets;
    g_assert_cmpuint(net_firewall_presets(&presets), ==, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const net_packet packets[] = {
            lab_udp(h_at(1), s_at(2)),
            lab_tcp(h_at(3), s_at(80), NET_TCP_SYN),
            lab_tcp(h_at(4), s_at(443), NET_TCP_SYN),
            lab_tcp(h_at(5), s_at(33033), NET_TCP_SYN),
            lab_echo("192.0.2.1", "198.51.100.1", 8, 6),
            lab_udp(s_at(7), h_at(7)),
            lab_tcp(s_at(8), h_at(80), NET_TCP_SYN),
        };
        const char *const expected[] = {rows[i].udp_out,  rows[i].tcp80_out, rows[i].tcp443_out,
                                        rows[i].tcp_out,  rows[i].icmp_out,  rows[i].udp_in,
                                        rows[i].tcp_in};
        g_assert_cmpstr(presets[i].name, ==, rows[i].preset);
        g_assert_cmpuint(strlen(presets[i].help), >, 0);
        world w;
        world_open(&w, rows[i].preset);
        for (size_t k = 0; k < G_N_ELEMENTS(packets); k++) {
            bool outward = k < 5;
            const fake_delivery *d = lab_pass(&w.lab, outward ? w.h : w.s, packets[k]);
            const char *got = w.lab.last_drop == NET_DROP_NONE          ? "a"
                              : w.lab.last_step == NET_STEP_REJECTED ? "r"
                                                                     : "d";
            g_assert_cmpstr(got, ==, expected[k]);
            g_assert_true((d != NULL) == (got[0] != 'd'));
            if (got[0] != 'a')
                g_assert_cmpint(w.lab.last_drop, ==,
                                outward ? NET_DROP_FIREWALL_OUT : NET_DROP_FIREWALL_IN);
        }
        lab_close(&w.lab);
    }
    g_assert_null(net_firewall_preset("no-such"));
}

/* "refuse-all": the answer reaches the stack at the very instant, yet after net_send has returned. */
static void a_refused_syn_is_answered_by_rst_after_0_ns(void)
{
    world w;
    world_open(&w, "refuse-all");
    lab_at(&w.lab, 12345);
    net_packet syn = lab_tcp(h_at(3), s_at(80), NET_TCP_SYN);
    syn.sequence = 0xffffffff;
    const fake_delivery *d = lab_pass(&w.lab, w.h, syn);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.h);
    g_assert_cmpint(d->at, ==, 12345);
    g_assert_cmpint(d->packet.tcp_flags, ==, NET_TCP_RST | NET_TCP_ACK);
    g_assert_cmpuint(d->packet.sequence, ==, 0);
    g_assert_cmpuint(d->packet.ack, ==, 0); /* sequence + 1, modulo 2³² */
    g_assert_true(pl_addr_equal(d->packet.source, s_at(80)));
    g_assert_true(pl_addr_equal(d->packet.destination, h_at(3)));
    lab_close(&w.lab);
}

/* RFC 9293 §3.10.7.1: to a segment with ACK the RST takes its sequence number from there. */
static void a_refused_segment_with_ack_is_answered_in_its_window(void)
{
    world w;
    world_open(&w, "refuse-all");
    const fake_delivery *d = lab_pass(&w.lab, w.h, lab_tcp(h_at(3), s_at(80), NET_TCP_ACK));
    g_assert_nonnull(d);
    g_assert_cmpint(d->packet.tcp_flags, ==, NET_TCP_RST);
    g_assert_cmpuint(d->packet.sequence, ==, 2000);
    g_assert_null(lab_pass(&w.lab, w.h, lab_tcp(h_at(3), s_at(80), NET_TCP_RST))); /* never RST to RST */
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_DROPPED);
    lab_close(&w.lab);
}

static void a_refused_datagram_is_answered_by_icmp_3_13_after_0_ns(void)
{
    world w;
    world_open(&w, "refuse-all");
    lab_at(&w.lab, 12345);
    const fake_delivery *d = lab_pass(&w.lab, w.h, lab_udp(h_at(3), s_at(4)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.h);
    g_assert_cmpint(d->at, ==, 12345);
    g_assert_cmpuint(d->packet.protocol, ==, PL_PROTOCOL_ICMP);
    g_assert_cmpuint(d->packet.icmp_type, ==, 3);
    g_assert_cmpuint(d->packet.icmp_code, ==, 13);
    g_assert_cmpuint(d->packet.quote.protocol, ==, PL_PROTOCOL_UDP);
    g_assert_true(pl_addr_equal(d->packet.quote.source, h_at(3)));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, s_at(4)));
    lab_close(&w.lab);
}

/* The firewall of a site, behind two boxes: the tuple comes back as the host sent it. */
static void a_refusal_is_translated_back_to_the_host(void)
{
    lab l;
    lab_open(&l, 3 * PL_MILLISECOND);
    net_realm cgn = lab_realm_with(&l, "cgn", NET_PUBLIC_REALM, "203.0.113.1", net_nat_preset("symmetric"),
                                   "refuse-all");
    net_realm home = lab_realm(&l, "home", cgn, "100.64.0.1", "symmetric");
    sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    pl_addr inside = lab_addr("10.0.0.1", 5000);
    lab_at(&l, 777);
    const fake_delivery *d = lab_pass(&l, a, lab_udp(inside, s_at(7)));
    g_assert_cmpstr(l.last_box, ==, "cgn");
    g_assert_nonnull(d);
    g_assert_cmpint(d->at, ==, 777);
    g_assert_cmpuint(d->host, ==, a);
    g_assert_cmphex(d->packet.destination.ip, ==, inside.ip);
    g_assert_true(pl_addr_equal(d->packet.quote.source, inside));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, s_at(7)));
    d = lab_pass(&l, a, lab_tcp(inside, s_at(7), NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpint(d->at, ==, 777);
    g_assert_true(pl_addr_equal(d->packet.destination, inside));
    g_assert_true(pl_addr_equal(d->packet.source, s_at(7)));
    g_assert_cmpuint(d->packet.ack, ==, 1001);
    lab_close(&l);
}

/* A refusal on the way in takes one round trip, and passes the sender's NAT. */
static void a_refusal_from_the_far_side_takes_a_round_trip(void)
{
    lab l;
    lab_open(&l, 10 * PL_MILLISECOND);
    net_realm home = lab_realm(&l, "home", NET_PUBLIC_REALM, "203.0.113.1", "symmetric");
    sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    lab_host_with(&l, "s", NET_PUBLIC_REALM, "198.51.100.1", &(net_link_options){0}, "tcp-in-refused");
    pl_addr inside = lab_addr("10.0.0.1", 5000);
    const fake_delivery *d = lab_pass(&l, a, lab_tcp(inside, s_at(80), NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpint(d->at, ==, 20 * PL_MILLISECOND);
    g_assert_cmpuint(d->host, ==, a);
    g_assert_true(pl_addr_equal(d->packet.destination, inside));
    g_assert_true(pl_addr_equal(d->packet.source, s_at(80)));
    g_assert_cmpuint(d->packet.ack, ==, 1001);
    lab_close(&l);
}

/* Refused behind a NAT of its own: the answer shows the address that was asked for. */
static void a_refusal_behind_a_nat_shows_the_outside_address(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm home = lab_realm(&l, "home", NET_PUBLIC_REALM, "203.0.113.1", "full-cone");
    sim_host a = lab_host_with(&l, "a", home, "10.0.0.1", &(net_link_options){0}, "tcp-in-refused");
    sim_host s = lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    g_assert_nonnull(lab_pass(&l, a, lab_tcp(lab_addr("10.0.0.1", 5000), s_at(80), NET_TCP_SYN)));
    const fake_delivery *d = lab_pass(&l, s, lab_tcp(s_at(99), lab_addr("203.0.113.1", 5000), NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, s);
    g_assert_true(pl_addr_equal(d->packet.source, lab_addr("203.0.113.1", 5000)));
    lab_close(&l);
}

/* T − ε and T of the state, counted from the last packet either way. */
static void an_answer_passes_while_the_state_lives(void)
{
    world w;
    world_open(&w, "stateful");
    pl_span t = net_firewall_preset("stateful")->udp_state_ns;
    g_assert_cmpint(udp_out(&w, 5000, 7), ==, NET_DROP_NONE);
    lab_at(&w.lab, t - 1);
    g_assert_cmpint(udp_in(&w, 8, 5000), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(udp_in(&w, 7, 5001), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(udp_in(&w, 7, 5000), ==, NET_DROP_NONE);
    lab_at(&w.lab, 2 * t - 2);
    g_assert_cmpint(udp_in(&w, 7, 5000), ==, NET_DROP_NONE);
    lab_at(&w.lab, 3 * t - 2);
    g_assert_cmpint(udp_in(&w, 7, 5000), ==, NET_DROP_FIREWALL_IN);
    lab_close(&w.lab);
}

static void tcp_state_lives_7440_s_and_less_after_a_reset(void)
{
    world w;
    world_open(&w, "only-443");
    g_assert_cmpint(tcp_out(&w, 5000, 443, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_at(&w.lab, 7440 * PL_SECOND - 1);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_at(&w.lab, 2 * 7440 * PL_SECOND - 1);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_ACK), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(tcp_out(&w, 5000, 443, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_RST | NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_at(&w.lab, fake_engine_now(w.lab.engine) + 120 * PL_SECOND - 1);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_RST), ==, NET_DROP_NONE);
    lab_at(&w.lab, fake_engine_now(w.lab.engine) + 120 * PL_SECOND);
    g_assert_cmpint(tcp_in(&w, 443, 5000, NET_TCP_RST), ==, NET_DROP_FIREWALL_IN);
    lab_close(&w.lab);
}

/* FIN both ways passes, with the ACKs after it. */
static void a_close_passes_both_ways(void)
{
    const uint8_t fin = NET_TCP_FIN | NET_TCP_ACK;
    world w;
    world_open(&w, "web-only");
    g_assert_cmpint(tcp_out(&w, 5000, 80, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 80, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_out(&w, 5000, 80, fin), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 80, 5000, fin), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_out(&w, 5000, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 80, 5000, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* A firewall that lets TCP in but not out still lets the answers out. */
static void what_came_in_may_be_answered(void)
{
    world w;
    world_open(&w, "none");
    net_firewall_options server = *net_firewall_preset("web-only");
    server.tcp_in = NET_ALLOW;
    net_host_set_firewall(w.lab.network, w.h, &server);
    g_assert_cmpint(tcp_out(&w, 8080, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_FIREWALL_OUT);
    g_assert_cmpint(tcp_in(&w, 5000, 8080, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_out(&w, 8080, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

static void an_icmp_error_comes_in_for_a_known_flow_only(void)
{
    world w;
    world_open(&w, "stateful");
    net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = 3,
                        .source = s_at(0),
                        .destination = h_at(0),
                        .quote = {PL_PROTOCOL_UDP, h_at(5000), s_at(7), 0}};
    g_assert_null(lab_pass(&w.lab, w.s, error));
    g_assert_cmpint(udp_out(&w, 5000, 7), ==, NET_DROP_NONE);
    g_assert_nonnull(lab_pass(&w.lab, w.s, error));
    error.quote.destination.port = 8;
    g_assert_null(lab_pass(&w.lab, w.s, error));
    lab_close(&w.lab);
}

static void an_echo_is_answered_but_not_asked(void)
{
    world w;
    world_open(&w, "stateful");
    g_assert_null(lab_pass(&w.lab, w.s, lab_echo("198.51.100.1", "192.0.2.1", 8, 5)));
    g_assert_nonnull(lab_pass(&w.lab, w.h, lab_echo("192.0.2.1", "198.51.100.1", 8, 5)));
    g_assert_nonnull(lab_pass(&w.lab, w.s, lab_echo("198.51.100.1", "192.0.2.1", 0, 5)));
    g_assert_null(lab_pass(&w.lab, w.s, lab_echo("198.51.100.1", "192.0.2.1", 0, 6)));
    lab_close(&w.lab);
}

/* The timeline's "block a port", on a host that had no firewall, with and without an answer. */
static void a_blocked_port_passes_nothing_either_way(void)
{
    world w;
    world_open(&w, "none");
    g_assert_cmpint(tcp_out(&w, 5000, 443, NET_TCP_SYN), ==, NET_DROP_NONE);
    net_firewall_options options = *net_host_firewall(w.lab.network, w.h);
    options.tcp_blocked_ports[0] = 443;
    options.udp_blocked_ports[0] = 33033;
    options.udp_blocked_ports[1] = 53;
    net_host_set_firewall(w.lab.network, w.h, &options);
    g_assert_cmpint(tcp_out(&w, 5000, 443, NET_TCP_ACK), ==, NET_DROP_FIREWALL_OUT); /* an old flow too */
    g_assert_cmpint(tcp_in(&w, 5000, 443, NET_TCP_SYN), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(tcp_out(&w, 5000, 80, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(udp_out(&w, 5000, 443), ==, NET_DROP_NONE);
    g_assert_cmpint(udp_out(&w, 5000, 53), ==, NET_DROP_FIREWALL_OUT);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_DROPPED);
    options.blocked = NET_REFUSE;
    net_host_set_firewall(w.lab.network, w.h, &options);
    g_assert_cmpint(udp_out(&w, 5000, 33033), ==, NET_DROP_FIREWALL_OUT);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_REJECTED);
    net_host_set_firewall(w.lab.network, w.h, net_firewall_preset("none"));
    g_assert_cmpint(udp_out(&w, 5000, 33033), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* A site's firewall judges inside addresses: before translation out, after it in. */
static void a_site_is_judged_on_the_inside_of_its_box(void)
{
    lab l;
    lab_open(&l, 0);
    net_realm home = lab_realm_with(&l, "home", NET_PUBLIC_REALM, "203.0.113.1", net_nat_preset("full-cone"),
                                    "stateful");
    sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    sim_host s = lab_host(&l, "s", NET_PUBLIC_REALM, "198.51.100.1");
    pl_addr mapped = lab_addr("203.0.113.1", 5000);
    g_assert_nonnull(lab_pass(&l, a, lab_udp(lab_addr("10.0.0.1", 5000), s_at(7))));
    g_assert_nonnull(lab_pass(&l, s, lab_udp(s_at(7), mapped)));
    g_assert_null(lab_pass(&l, s, lab_udp(s_at(8), mapped))); /* full cone, but the firewall is not */
    g_assert_cmpint(l.last_drop, ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpstr(l.last_box, ==, "home");
    net_firewall_options options = *net_firewall_preset("stateful");
    options.udp_blocked_ports[0] = 7;
    net_realm_set_firewall(l.network, home, &options);
    g_assert_null(lab_pass(&l, a, lab_udp(lab_addr("10.0.0.1", 5000), s_at(7))));
    g_assert_cmpint(l.last_drop, ==, NET_DROP_FIREWALL_OUT);
    lab_close(&l);
}

/* "udp-refused": the host is told at once that UDP does not pass; TCP does. */
static void refused_udp_is_told_by_icmp(void)
{
    world w;
    world_open(&w, "udp-refused");
    const fake_delivery *d = lab_pass(&w.lab, w.h, lab_udp(h_at(3), s_at(4)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.h);
    g_assert_cmpuint(d->packet.icmp_type, ==, 3);
    g_assert_cmpuint(d->packet.icmp_code, ==, 13);
    g_assert_true(pl_addr_equal(d->packet.quote.source, h_at(3)));
    g_assert_cmpint(tcp_out(&w, 5000, 33033, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 33033, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* "dns-only": a question to port 53 and its answer, nothing else of UDP. */
static void only_dns_passes_where_told(void)
{
    world w;
    world_open(&w, "dns-only");
    g_assert_cmpint(udp_out(&w, 5000, 3478), ==, NET_DROP_FIREWALL_OUT);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_DROPPED);
    g_assert_cmpint(udp_in(&w, 53, 5000), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(udp_out(&w, 5000, 53), ==, NET_DROP_NONE);
    g_assert_cmpint(udp_in(&w, 53, 5000), ==, NET_DROP_NONE);
    g_assert_cmpint(udp_in(&w, 54, 5000), ==, NET_DROP_FIREWALL_IN);
    g_assert_cmpint(tcp_out(&w, 5000, 33033, NET_TCP_SYN), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* "proxy-only": TCP to the one address and port, and the answers; not to its neighbours, and no UDP to itself. */
static void only_the_proxy_is_reached(void)
{
    world w;
    world_open(&w, "proxy-only");
    g_assert_cmpint(tcp_out(&w, 5000, 8080, NET_TCP_SYN), ==, NET_DROP_FIREWALL_OUT); /* none is named yet */
    net_firewall_options options = *net_firewall_preset("proxy-only");
    options.proxy = s_at(8080);
    net_host_set_firewall(w.lab.network, w.h, &options);
    const sim_host other = lab_host(&w.lab, "other", NET_PUBLIC_REALM, "198.51.100.2");
    g_assert_cmpint(tcp_out(&w, 5000, 8080, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_in(&w, 8080, 5000, NET_TCP_SYN | NET_TCP_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(tcp_out(&w, 5000, 443, NET_TCP_SYN), ==, NET_DROP_FIREWALL_OUT);
    g_assert_cmpint(udp_out(&w, 5000, 8080), ==, NET_DROP_FIREWALL_OUT);
    g_assert_null(lab_pass(&w.lab, w.h, lab_tcp(h_at(5000), lab_addr("198.51.100.2", 8080), NET_TCP_SYN)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_FIREWALL_OUT);
    g_assert_null(lab_pass(&w.lab, other, lab_tcp(lab_addr("198.51.100.2", 8080), h_at(5000), NET_TCP_SYN)));
    lab_close(&w.lab);
}

static void expired_flows_do_not_pile_up(void)
{
    world w;
    world_open(&w, "stateful");
    size_t before = 0;
    for (unsigned i = 0; i < 20000; i++) {
        lab_at(&w.lab, (pl_time)i * PL_SECOND);
        udp_out(&w, (uint16_t)(1 + i), 7);
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
    g_test_add_func("/net/firewall/presets", presets_do_what_their_help_says);
    g_test_add_func("/net/firewall/rst-0-ns", a_refused_syn_is_answered_by_rst_after_0_ns);
    g_test_add_func("/net/firewall/rst-to-ack", a_refused_segment_with_ack_is_answered_in_its_window);
    g_test_add_func("/net/firewall/icmp-0-ns", a_refused_datagram_is_answered_by_icmp_3_13_after_0_ns);
    g_test_add_func("/net/firewall/site-refusal", a_refusal_is_translated_back_to_the_host);
    g_test_add_func("/net/firewall/far-refusal", a_refusal_from_the_far_side_takes_a_round_trip);
    g_test_add_func("/net/firewall/refusal-behind-nat", a_refusal_behind_a_nat_shows_the_outside_address);
    g_test_add_func("/net/firewall/udp-state", an_answer_passes_while_the_state_lives);
    g_test_add_func("/net/firewall/tcp-state", tcp_state_lives_7440_s_and_less_after_a_reset);
    g_test_add_func("/net/firewall/tcp-close", a_close_passes_both_ways);
    g_test_add_func("/net/firewall/answers-go-out", what_came_in_may_be_answered);
    g_test_add_func("/net/firewall/icmp-error", an_icmp_error_comes_in_for_a_known_flow_only);
    g_test_add_func("/net/firewall/echo", an_echo_is_answered_but_not_asked);
    g_test_add_func("/net/firewall/blocked-port", a_blocked_port_passes_nothing_either_way);
    g_test_add_func("/net/firewall/site", a_site_is_judged_on_the_inside_of_its_box);
    g_test_add_func("/net/firewall/udp-refused", refused_udp_is_told_by_icmp);
    g_test_add_func("/net/firewall/dns-only", only_dns_passes_where_told);
    g_test_add_func("/net/firewall/proxy-only", only_the_proxy_is_reached);
    g_test_add_func("/net/firewall/swept", expired_flows_do_not_pile_up);
    return g_test_run();
}
