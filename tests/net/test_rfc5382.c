/* test_rfc5382.c - the TCP requirements of RFC 5382, and what RFC 7857 says of resets, each named by its
 * requirement. */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

#define SYN_ACK (NET_TCP_SYN | NET_TCP_ACK)
#define FIN_ACK (NET_TCP_FIN | NET_TCP_ACK)

static pl_addr b_at(uint16_t port)
{
    return lab_addr("10.0.0.2", port);
}

static pl_addr outside(uint16_t port)
{
    return lab_addr(BOX, port);
}

static net_drop out(nat_world *w, uint16_t remote_port, uint8_t flags)
{
    return nat_world_tcp(w, w->a, nat_world_a(5000), nat_world_s1(remote_port), flags);
}

static net_drop in(nat_world *w, uint16_t remote_port, uint8_t flags)
{
    return nat_world_tcp(w, w->s1, nat_world_s1(remote_port), outside(5000), flags);
}

/* a connects to s1:80. */
static void connect_out(nat_world *w)
{
    g_assert_cmpint(out(w, 80, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(in(w, 80, SYN_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(out(w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
}

static pl_addr seen(nat_world *w, sim_host host, pl_addr from, pl_addr to)
{
    const fake_delivery *d = lab_pass(&w->lab, host, lab_tcp(from, to, NET_TCP_SYN));
    g_assert_nonnull(d);
    return d->packet.source;
}

static void req_1_mapping_is_endpoint_independent(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    const pl_addr first = seen(&w, w.a, nat_world_a(5000), nat_world_s1(80));
    g_assert_true(pl_addr_equal(first, seen(&w, w.a, nat_world_a(5000), nat_world_s1(81))));
    g_assert_true(pl_addr_equal(first, seen(&w, w.a, nat_world_a(5000), nat_world_s2(80))));
    lab_close(&w.lab);
    nat_world_open(&w, "symmetric");
    const pl_addr other = seen(&w, w.a, nat_world_a(5000), nat_world_s1(80));
    g_assert_false(pl_addr_equal(other, seen(&w, w.a, nat_world_a(5000), nat_world_s2(80))));
    lab_close(&w.lab);
}

/* REQ-2: SYN out, SYN in, SYN+ACK both ways; it is established, so it lives 7440 s. */
static void req_2_simultaneous_open_passes(void)
{
    static const char *const presets[] = {"rfc", "port-restricted", "linux", "cgn"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        nat_world w;
        nat_world_open(&w, presets[i]);
        const pl_addr mapped = seen(&w, w.a, nat_world_a(5000), nat_world_s1(80));
        g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), mapped, NET_TCP_SYN), ==, NET_DROP_NONE);
        g_assert_cmpint(out(&w, 80, SYN_ACK), ==, NET_DROP_NONE);
        g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), mapped, SYN_ACK), ==, NET_DROP_NONE);
        const pl_span t = net_nat_preset(presets[i])->tcp_established_ns;
        lab_at(&w.lab, t - 1);
        g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), mapped, NET_TCP_ACK), ==, NET_DROP_NONE);
        lab_at(&w.lab, 2 * t - 1);
        g_assert_cmpint(nat_world_tcp(&w, w.s1, nat_world_s1(80), mapped, NET_TCP_ACK), ==, NET_DROP_EXPIRED);
        lab_close(&w.lab);
    }
}

/* REQ-2: a connection that is opened from outside, where the filter allows it. */
static void req_2_a_connection_from_outside_passes(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    g_assert_cmpint(nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s2(80), NET_TCP_SYN), ==,
                    NET_DROP_NONE);
    g_assert_cmpint(in(&w, 99, NET_TCP_SYN), ==, NET_DROP_NONE);
    g_assert_cmpint(out(&w, 99, SYN_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(in(&w, 99, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_at(&w.lab, 7440 * PL_SECOND - 1);
    g_assert_cmpint(in(&w, 99, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

static void req_3_filtering_is_endpoint_independent_or_by_address(void)
{
    static const struct {
        const char *preset;
        net_drop other_port, other_address;
    } rows[] = {{"rfc", NET_DROP_NONE, NET_DROP_NONE},
                {"address-restricted", NET_DROP_NONE, NET_DROP_FILTERED},
                {"port-restricted", NET_DROP_FILTERED, NET_DROP_FILTERED}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        connect_out(&w);
        g_assert_cmpint(in(&w, 81, NET_TCP_SYN), ==, rows[i].other_port);
        g_assert_cmpint(nat_world_tcp(&w, w.s2, nat_world_s2(80), outside(5000), NET_TCP_SYN), ==,
                        rows[i].other_address);
        lab_close(&w.lab);
    }
}

/* A stranger's SYN at 0 s to a box that answers in its own way; what s1 has been told when it is `when`. */
typedef struct story {
    nat_world w;
    size_t before;
} story;

static void stranger_calls(story *s, net_nat_syn way)
{
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.unsolicited_syn = way;
    nat_world_open_with(&s->w, &nat);
    const net_packet syn = lab_tcp(nat_world_s1(80), outside(5000), NET_TCP_SYN);
    lab_send(&s->w.lab, s->w.s1, &syn);
    s->before = fake_engine_deliveries(s->w.lab.engine);
}

/* What arrived first since the call, before an instant; NULL if nothing did. */
static const fake_delivery *heard(story *s, pl_time before)
{
    lab_at(&s->w.lab, before);
    return fake_engine_deliveries(s->w.lab.engine) > s->before
               ? fake_engine_delivery(s->w.lab.engine, s->before)
               : NULL;
}

static void assert_port_unreachable(const story *s, const fake_delivery *d, pl_time at)
{
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, s->w.s1);
    g_assert_cmpint(d->at, ==, at);
    g_assert_cmpuint(d->packet.protocol, ==, PL_PROTOCOL_ICMP);
    g_assert_cmpuint(d->packet.icmp_type, ==, 3);
    g_assert_cmpuint(d->packet.icmp_code, ==, 3);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_s1(80)));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, outside(5000)));
    g_assert_cmpuint(d->packet.quote.sequence, ==, 1000);
}

static void req_4_a_silent_box_says_nothing(void)
{
    story s;
    stranger_calls(&s, NET_SYN_SILENT);
    g_assert_null(heard(&s, 600 * PL_SECOND));
    g_assert_cmpint(s.w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    g_assert_cmpint(s.w.lab.last_step, ==, NET_STEP_DROPPED);
    lab_close(&s.w.lab);
}

static void req_4_a_box_may_reset_at_once(void)
{
    story s;
    stranger_calls(&s, NET_SYN_RST);
    const fake_delivery *d = heard(&s, 1);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, s.w.s1);
    g_assert_cmpint(d->packet.tcp_flags, ==, NET_TCP_RST | NET_TCP_ACK);
    g_assert_cmpuint(d->packet.ack, ==, 1001);
    g_assert_true(pl_addr_equal(d->packet.source, outside(5000)));
    g_assert_cmpint(s.w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    g_assert_cmpint(s.w.lab.last_step, ==, NET_STEP_REJECTED);
    lab_close(&s.w.lab);
}

static void req_4_a_box_may_send_icmp_at_once(void)
{
    story s;
    stranger_calls(&s, NET_SYN_ICMP);
    assert_port_unreachable(&s, heard(&s, 1), 0);
    lab_close(&s.w.lab);
}

/* Silent for 6 s, then ICMP 3/3. */
static void req_4_the_answer_waits_6_s(void)
{
    story s;
    stranger_calls(&s, NET_SYN_ICMP_LATE);
    g_assert_null(heard(&s, 6 * PL_SECOND));
    g_assert_cmpint(s.w.lab.last_step, ==, NET_STEP_DROPPED);
    assert_port_unreachable(&s, heard(&s, 6 * PL_SECOND + 1), 6 * PL_SECOND);
    g_assert_null(lab_pass(&s.w.lab, s.w.s1, lab_tcp(nat_world_s1(80), outside(5000), NET_TCP_ACK)));
    lab_close(&s.w.lab); /* nothing but a SYN is answered */
}

/* An outbound SYN of the connection passes at 6 s − 1 ns: the pending one is dropped for good. */
static void req_4_an_outbound_syn_ends_the_wait(void)
{
    story s;
    stranger_calls(&s, NET_SYN_ICMP_LATE);
    g_assert_null(heard(&s, 6 * PL_SECOND - 1));
    const net_packet syn = lab_tcp(nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN);
    lab_send(&s.w.lab, s.w.a, &syn);
    s.before++; /* the SYN itself, which s1 hears */
    g_assert_null(heard(&s, 600 * PL_SECOND));
    lab_close(&s.w.lab);
}

/* A SYN to somebody else, or from another port, is none of the connection; another segment is no SYN. */
static void req_4_another_connection_does_not_end_the_wait(void)
{
    const net_packet others[] = {lab_tcp(nat_world_a(5000), nat_world_s1(81), NET_TCP_SYN),
                                 lab_tcp(nat_world_a(5001), nat_world_s1(80), NET_TCP_SYN),
                                 lab_tcp(nat_world_a(5000), nat_world_s1(80), NET_TCP_ACK)};
    for (size_t other = 0; other < G_N_ELEMENTS(others); other++) {
        story s;
        stranger_calls(&s, NET_SYN_ICMP_LATE);
        g_assert_null(heard(&s, 1));
        lab_send(&s.w.lab, s.w.a, &others[other]);
        g_assert_nonnull(heard(&s, PL_SECOND));
        s.before++;
        assert_port_unreachable(&s, heard(&s, 7 * PL_SECOND), 6 * PL_SECOND);
        lab_close(&s.w.lab);
    }
}

/* A filtered SYN waits as one without a mapping does; a box that restarts forgets whom it owes an answer. */
static void req_4_a_filtered_syn_waits_too_and_a_reboot_forgets(void)
{
    for (int reboots = 0; reboots < 2; reboots++) {
        story s;
        net_nat_options nat = *net_nat_preset("port-restricted");
        nat.unsolicited_syn = NET_SYN_ICMP_LATE;
        nat_world_open_with(&s.w, &nat);
        g_assert_cmpint(out(&s.w, 81, NET_TCP_SYN), ==, NET_DROP_NONE);
        s.before = fake_engine_deliveries(s.w.lab.engine);
        const net_packet syn = lab_tcp(nat_world_s1(80), outside(5000), NET_TCP_SYN);
        lab_send(&s.w.lab, s.w.s1, &syn);
        g_assert_null(heard(&s, 3 * PL_SECOND));
        g_assert_cmpint(s.w.lab.last_drop, ==, NET_DROP_FILTERED);
        if (reboots)
            net_realm_reboot(s.w.lab.network, s.w.home, 3 * PL_SECOND);
        g_assert_true((heard(&s, 7 * PL_SECOND) != NULL) == !reboots);
        lab_close(&s.w.lab);
    }
}

/* Behind a carrier the answer comes from the home box and passes the carrier's, which shows it as its own. */
static void req_4_an_inner_box_answers_through_the_outer(void)
{
    lab l;
    lab_open(&l, 10 * PL_MILLISECOND);
    const net_realm carrier = lab_realm(&l, "cgn", NET_PUBLIC_REALM, BOX, "full-cone");
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.unsolicited_syn = NET_SYN_RST;
    const net_realm home = lab_realm_with(&l, "home", carrier, "100.64.0.1", &nat, "none");
    const sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    const sim_host s1 = lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    lab_host(&l, "s2", NET_PUBLIC_REALM, "198.51.100.2");
    g_assert_nonnull(lab_pass(&l, a, lab_tcp(nat_world_a(5000), nat_world_s2(80), NET_TCP_SYN)));
    const pl_time sent = fake_engine_now(l.engine);
    const fake_delivery *d = lab_pass(&l, s1, lab_tcp(nat_world_s1(80), outside(5000), NET_TCP_SYN));
    g_assert_cmpstr(l.last_box, ==, "home");
    g_assert_cmpint(l.last_drop, ==, NET_DROP_FILTERED);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, s1);
    g_assert_cmpint(d->at - sent, ==, 20 * PL_MILLISECOND);
    g_assert_true(pl_addr_equal(d->packet.source, outside(5000)));
    lab_close(&l);
}

static bool lives_at(const char *preset, void (*begin)(nat_world *), pl_time when)
{
    nat_world w;
    nat_world_open(&w, preset);
    begin(&w);
    lab_at(&w.lab, when);
    const bool lives = in(&w, 80, NET_TCP_ACK) == NET_DROP_NONE;
    lab_close(&w.lab);
    return lives;
}

static void half_open(nat_world *w)
{
    g_assert_cmpint(out(w, 80, NET_TCP_SYN), ==, NET_DROP_NONE);
}

static void close_both(nat_world *w)
{
    connect_out(w);
    g_assert_cmpint(out(w, 80, FIN_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(in(w, 80, FIN_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(out(w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
}

/* One FIN leaves the connection open: the other side may send for hours. */
static void close_one_side(nat_world *w)
{
    connect_out(w);
    g_assert_cmpint(out(w, 80, FIN_ACK), ==, NET_DROP_NONE);
    g_assert_cmpint(in(w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
}

static void reset_out(nat_world *w)
{
    connect_out(w);
    g_assert_cmpint(out(w, 80, NET_TCP_RST), ==, NET_DROP_NONE);
}

static void reset_in(nat_world *w)
{
    connect_out(w);
    g_assert_cmpint(in(w, 80, NET_TCP_RST | NET_TCP_ACK), ==, NET_DROP_NONE);
}

static void req_5_lifetimes_by_state(void)
{
    static const struct {
        const char *preset;
        void (*begin)(nat_world *);
        pl_span lifetime;
    } rows[] = {
        {"rfc", connect_out, 7440 * PL_SECOND},     {"rfc", half_open, 240 * PL_SECOND},
        {"rfc", close_both, 240 * PL_SECOND},       {"rfc", close_one_side, 7440 * PL_SECOND},
        {"linux", connect_out, 432000 * PL_SECOND}, {"linux", half_open, 120 * PL_SECOND},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(lives_at(rows[i].preset, rows[i].begin, rows[i].lifetime - 1));
        g_assert_false(lives_at(rows[i].preset, rows[i].begin, rows[i].lifetime));
    }
}

/* RFC 7857: about 4 min after a RST, either way; Linux: 10 s. */
static void rfc7857_a_reset_leaves_a_while(void)
{
    static const struct {
        const char *preset;
        pl_span lifetime;
    } rows[] = {{"rfc", 240 * PL_SECOND}, {"port-restricted", 240 * PL_SECOND}, {"linux", 10 * PL_SECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(lives_at(rows[i].preset, reset_out, rows[i].lifetime - 1));
        g_assert_false(lives_at(rows[i].preset, reset_out, rows[i].lifetime));
        g_assert_true(lives_at(rows[i].preset, reset_in, rows[i].lifetime - 1));
        g_assert_false(lives_at(rows[i].preset, reset_in, rows[i].lifetime));
    }
}

/* What still comes after a RST prolongs by that while, and no more. */
static void rfc7857_a_reset_connection_stays_brief(void)
{
    for (pl_span early = 0; early < 2; early++) {
        nat_world w;
        nat_world_open(&w, "linux");
        reset_in(&w);
        lab_at(&w.lab, 5 * PL_SECOND);
        g_assert_cmpint(out(&w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
        lab_at(&w.lab, 15 * PL_SECOND - early);
        g_assert_true((in(&w, 80, NET_TCP_ACK) == NET_DROP_NONE) == (early == 1));
        lab_close(&w.lab);
    }
}

/* RFC 7857: RSTs that go out do not prolong; other packets do. */
static void rfc7857_resets_do_not_refresh(void)
{
    for (int reset = 0; reset < 2; reset++) {
        nat_world w;
        nat_world_open(&w, "rfc");
        half_open(&w);
        lab_at(&w.lab, 200 * PL_SECOND);
        g_assert_cmpint(out(&w, 80, reset ? NET_TCP_RST : NET_TCP_SYN), ==, NET_DROP_NONE);
        lab_at(&w.lab, 240 * PL_SECOND);
        g_assert_true((in(&w, 80, SYN_ACK) == NET_DROP_NONE) == !reset);
        lab_close(&w.lab);
    }
}

/* RFC 7857: ports are free for a new connection at once when the old one was reset. */
static void rfc7857_a_new_syn_begins_anew(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    reset_in(&w);
    connect_out(&w);
    lab_at(&w.lab, 7440 * PL_SECOND - 1);
    g_assert_cmpint(in(&w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

static void req_6_payloads_pass_unmodified(void)
{
    static const uint8_t bytes[] = {1, 2, 10, 0, 0, 1, 0x13, 0x88};
    for (int hostile = 0; hostile < 2; hostile++) {
        nat_world w;
        nat_world_open(&w, hostile ? "alg-evil" : "rfc");
        net_packet data = lab_tcp(nat_world_a(5000), nat_world_s1(80), NET_TCP_ACK);
        data.payload = bytes;
        data.payload_len = sizeof bytes;
        const fake_delivery *d = lab_pass(&w.lab, w.a, data);
        g_assert_nonnull(d);
        g_assert_cmpuint(d->packet.payload_len, ==, sizeof bytes); /* TCP's numbers stay right even so */
        g_assert_true((memcmp(d->bytes, bytes, sizeof bytes) == 0) == !hostile);
        lab_close(&w.lab);
    }
}

/* Text of another length would move all that follows in the stream: the gateway leaves it. */
static void req_6_a_hostile_gateway_moves_nothing_in_a_stream(void)
{
    static const char text[] = "10.0.0.1", same[] = "10.0.0.100", shown[] = "10.9.9.100";
    lab l;
    lab_open(&l, 0);
    const net_realm home = lab_realm(&l, "home", NET_PUBLIC_REALM, shown, "alg-evil");
    const sim_host a = lab_host(&l, "a", home, text);
    const sim_host b = lab_host(&l, "b", home, same);
    lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    net_packet data = lab_tcp(lab_addr(text, 5000), nat_world_s1(80), NET_TCP_ACK);
    data.payload = (const uint8_t *)text;
    data.payload_len = sizeof text - 1;
    const fake_delivery *d = lab_pass(&l, a, data);
    g_assert_cmpuint(d->packet.payload_len, ==, sizeof text - 1);
    g_assert_cmpint(memcmp(d->bytes, text, sizeof text - 1), ==, 0);
    data = lab_tcp(lab_addr(same, 5000), nat_world_s1(80), NET_TCP_ACK);
    data.payload = (const uint8_t *)same;
    data.payload_len = sizeof same - 1;
    d = lab_pass(&l, b, data);
    g_assert_cmpuint(d->packet.payload_len, ==, sizeof same - 1);
    g_assert_cmpint(memcmp(d->bytes, shown, sizeof shown - 1), ==, 0);
    lab_close(&l);
}

static void req_7_ports_are_not_overloaded(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    g_assert_cmpuint(seen(&w, w.a, nat_world_a(5000), nat_world_s1(80)).port, !=,
                     seen(&w, w.b, b_at(5000), nat_world_s2(80)).port);
    lab_close(&w.lab);
    nat_world_open(&w, "linux");
    g_assert_cmpuint(seen(&w, w.a, nat_world_a(5000), nat_world_s1(80)).port, ==,
                     seen(&w, w.b, b_at(5000), nat_world_s2(80)).port);
    lab_close(&w.lab);
}

/* A whole handshake between two hosts of one box, by their outside endpoints. */
static void req_8_hairpin_works_for_tcp(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    const pl_addr a = seen(&w, w.a, nat_world_a(5000), nat_world_s1(80));
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_tcp(b_at(6000), a, NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    const pl_addr b = d->packet.source;
    g_assert_true(pl_addr_equal(b, outside(6000)));
    d = lab_pass(&w.lab, w.a, lab_tcp(nat_world_a(5000), b, SYN_ACK));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.b);
    g_assert_true(pl_addr_equal(d->packet.source, a));
    g_assert_true(pl_addr_equal(d->packet.destination, b_at(6000)));
    lab_close(&w.lab);
}

static net_packet error_about(pl_addr mapped, uint8_t code)
{
    return (net_packet){.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = 3,
                        .icmp_code = code,
                        .source = nat_world_s2(0),
                        .destination = {mapped.ip, 0},
                        .quote = {PL_PROTOCOL_TCP, mapped, nat_world_s1(80), 1000}};
}

static void req_9_icmp_is_translated(void)
{
    static const char *const presets[] = {"rfc", "linux", "symmetric"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        nat_world w;
        nat_world_open(&w, presets[i]);
        const pl_addr mapped = seen(&w, w.a, nat_world_a(5000), nat_world_s1(80));
        const fake_delivery *d = lab_pass(&w.lab, w.s2, error_about(mapped, 1));
        g_assert_nonnull(d);
        g_assert_cmpuint(d->host, ==, w.a);
        g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(5000)));
        g_assert_true(pl_addr_equal(d->packet.quote.destination, nat_world_s1(80)));
        g_assert_cmpuint(d->packet.quote.sequence, ==, 1000);
        lab_close(&w.lab);
    }
}

static void req_10_icmp_ends_no_connection(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    connect_out(&w);
    for (uint8_t code = 0; code < 16; code++)
        g_assert_nonnull(lab_pass(&w.lab, w.s2, error_about(outside(5000), code)));
    lab_at(&w.lab, 7440 * PL_SECOND - 1);
    g_assert_nonnull(lab_pass(&w.lab, w.s2, error_about(outside(5000), 3)));
    g_assert_cmpint(in(&w, 80, NET_TCP_ACK), ==, NET_DROP_NONE);
    lab_close(&w.lab);
    nat_world_open(&w, "rfc");
    connect_out(&w);
    lab_at(&w.lab, 7440 * PL_SECOND - 1);
    g_assert_nonnull(lab_pass(&w.lab, w.s2, error_about(outside(5000), 3)));
    lab_at(&w.lab, 7440 * PL_SECOND); /* nor does it prolong one */
    g_assert_cmpint(in(&w, 80, NET_TCP_ACK), ==, NET_DROP_EXPIRED);
    lab_close(&w.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc5382/req-1", req_1_mapping_is_endpoint_independent);
    g_test_add_func("/rfc5382/req-2", req_2_simultaneous_open_passes);
    g_test_add_func("/rfc5382/req-2-from-outside", req_2_a_connection_from_outside_passes);
    g_test_add_func("/rfc5382/req-3", req_3_filtering_is_endpoint_independent_or_by_address);
    g_test_add_func("/rfc5382/req-4-silent", req_4_a_silent_box_says_nothing);
    g_test_add_func("/rfc5382/req-4-rst", req_4_a_box_may_reset_at_once);
    g_test_add_func("/rfc5382/req-4-icmp", req_4_a_box_may_send_icmp_at_once);
    g_test_add_func("/rfc5382/req-4-icmp-6s", req_4_the_answer_waits_6_s);
    g_test_add_func("/rfc5382/req-4-outbound-syn", req_4_an_outbound_syn_ends_the_wait);
    g_test_add_func("/rfc5382/req-4-other-syn", req_4_another_connection_does_not_end_the_wait);
    g_test_add_func("/rfc5382/req-4-filtered", req_4_a_filtered_syn_waits_too_and_a_reboot_forgets);
    g_test_add_func("/rfc5382/req-4-inner-box", req_4_an_inner_box_answers_through_the_outer);
    g_test_add_func("/rfc5382/req-5", req_5_lifetimes_by_state);
    g_test_add_func("/rfc5382/req-6", req_6_payloads_pass_unmodified);
    g_test_add_func("/rfc5382/req-6-length", req_6_a_hostile_gateway_moves_nothing_in_a_stream);
    g_test_add_func("/rfc5382/req-7", req_7_ports_are_not_overloaded);
    g_test_add_func("/rfc5382/req-8", req_8_hairpin_works_for_tcp);
    g_test_add_func("/rfc5382/req-9", req_9_icmp_is_translated);
    g_test_add_func("/rfc5382/req-10", req_10_icmp_ends_no_connection);
    g_test_add_func("/rfc7857/reset-leaves-a-while", rfc7857_a_reset_leaves_a_while);
    g_test_add_func("/rfc7857/reset-stays-brief", rfc7857_a_reset_connection_stays_brief);
    g_test_add_func("/rfc7857/reset-refreshes-nothing", rfc7857_resets_do_not_refresh);
    g_test_add_func("/rfc7857/syn-begins-anew", rfc7857_a_new_syn_begins_anew);
    return g_test_run();
}
