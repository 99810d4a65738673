/* test_rfc5508.c - the ICMP requirements of RFC 5508, and ICMP 11 from routers (RFC 792), each named by its
 * requirement.  Checksums (REQ-3) are not carried here: no packet is damaged. */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

static pl_addr b_at(uint16_t port)
{
    return lab_addr("10.0.0.2", port);
}

static net_packet error_from(pl_addr source, uint32_t to, uint8_t type, uint8_t code, net_quote quote)
{
    return (net_packet){.protocol = PL_PROTOCOL_ICMP,
                        .ttl = 64,
                        .icmp_type = type,
                        .icmp_code = code,
                        .source = {source.ip, 0},
                        .destination = {to, 0},
                        .quote = quote};
}

/* The identifier that s sees, asked by a host inside. */
static uint16_t ask(nat_world *w, sim_host host, const char *from, const char *to, uint16_t identifier)
{
    const fake_delivery *d = lab_pass(&w->lab, host, lab_echo(from, to, 8, identifier));
    g_assert_nonnull(d);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    g_assert_cmpuint(d->packet.source.port, ==, d->packet.destination.port);
    return d->packet.source.port;
}

/* REQ-1, 1a: queries pass, and one identifier is mapped alike for all hosts outside. */
static void req_1_queries_pass_and_map_endpoint_independent(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    const uint16_t first = ask(&w, w.a, "10.0.0.1", "198.51.100.1", 77);
    g_assert_cmpuint(ask(&w, w.a, "10.0.0.1", "198.51.100.2", 77), ==, first);
    g_assert_cmpuint(ask(&w, w.b, "10.0.0.2", "198.51.100.1", 77), !=, first);
    const fake_delivery *d = lab_pass(&w.lab, w.s2, lab_echo("198.51.100.2", BOX, 0, first));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_cmpuint(d->packet.destination.port, ==, 77);
    lab_close(&w.lab);
}

static void req_2_a_query_session_lives_60_s(void)
{
    static const struct {
        const char *preset;
        pl_span lifetime;
    } rows[] = {{"rfc", 60 * PL_SECOND}, {"linux", 30 * PL_SECOND} /* a violation, as measured */};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (pl_span early = 0; early < 2; early++) {
            nat_world w;
            nat_world_open(&w, rows[i].preset);
            const uint16_t id = ask(&w, w.a, "10.0.0.1", "198.51.100.1", 77);
            lab_at(&w.lab, rows[i].lifetime - early);
            g_assert_true((lab_pass(&w.lab, w.s1, lab_echo("198.51.100.1", BOX, 0, id)) != NULL) ==
                          (early == 1));
            lab_close(&w.lab);
        }
}

/* REQ-4: an error about no mapping of ours is dropped; the rest is told to the host inside in its own terms.
 */
static void req_4_errors_from_outside_are_translated(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    nat_world_out(&w, w.b, b_at(5000), nat_world_s1(7)); /* so that a's port changes */
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    g_assert_cmpuint(mapped.port, !=, 5000);
    const net_quote quote = {PL_PROTOCOL_UDP, mapped, nat_world_s1(7), 0};
    static const uint8_t types[][2] = {{3, 3}, {11, 0}, {12, 0}, {4, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        const fake_delivery *d =
            lab_pass(&w.lab, w.s2, error_from(nat_world_s2(0), mapped.ip, types[i][0], types[i][1], quote));
        g_assert_nonnull(d);
        g_assert_cmpuint(d->host, ==, w.a);
        g_assert_cmpuint(d->packet.icmp_type, ==, types[i][0]);
        g_assert_cmpuint(d->packet.icmp_code, ==, types[i][1]);
        g_assert_cmphex(d->packet.source.ip, ==, nat_world_s2(0).ip); /* the router's own address stays */
        g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(5000)));
        g_assert_true(pl_addr_equal(d->packet.quote.destination, nat_world_s1(7)));
    }
    net_quote unknown = quote;
    unknown.source.port = 9;
    g_assert_null(lab_pass(&w.lab, w.s2, error_from(nat_world_s2(0), mapped.ip, 3, 3, unknown)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* An error about an echo request shows the identifier that the host inside had chosen. */
static void req_4_errors_about_queries_show_the_inside_identifier(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    ask(&w, w.b, "10.0.0.2", "198.51.100.1", 77);
    const uint16_t id = ask(&w, w.a, "10.0.0.1", "198.51.100.1", 77);
    const net_quote quote = {PL_PROTOCOL_ICMP, lab_addr(BOX, id), lab_addr("198.51.100.1", id), 0};
    const fake_delivery *d = lab_pass(&w.lab, w.s2, error_from(nat_world_s2(0), lab_ip(BOX), 3, 1, quote));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(77)));
    g_assert_cmpuint(d->packet.quote.destination.port, ==, 77);
    lab_close(&w.lab);
}

/* REQ-5: an error from inside shows outside addresses, without and within; one about no mapping is dropped.
 */
static void req_5_errors_from_inside_are_translated(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    nat_world_out(&w, w.b, b_at(5000), nat_world_s1(7));
    const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    const net_quote quote = {PL_PROTOCOL_UDP, nat_world_s1(7), nat_world_a(5000), 0};
    const fake_delivery *d =
        lab_pass(&w.lab, w.a, error_from(nat_world_a(0), nat_world_s1(0).ip, 3, 3, quote));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.s1);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, mapped));
    net_quote unknown = quote;
    unknown.destination.port = 9;
    g_assert_null(lab_pass(&w.lab, w.a, error_from(nat_world_a(0), nat_world_s1(0).ip, 3, 3, unknown)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* REQ-6, and RFC 7857 for errors that go out: they change nothing, each way, on a box that all else
 * refreshes. */
static void req_6_errors_neither_refresh_nor_end(void)
{
    for (int outward = 0; outward < 2; outward++) {
        nat_world w;
        nat_world_open(&w, "linux");
        nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        const pl_addr mapped = lab_addr(BOX, 5000);
        const net_packet error =
            outward ? error_from(nat_world_a(0), nat_world_s1(0).ip, 3, 3,
                                 (net_quote){PL_PROTOCOL_UDP, nat_world_s1(7), nat_world_a(5000), 0})
                    : error_from(nat_world_s1(0), mapped.ip, 3, 3,
                                 (net_quote){PL_PROTOCOL_UDP, mapped, nat_world_s1(7), 0});
        lab_at(&w.lab, 15 * PL_SECOND);
        g_assert_nonnull(lab_pass(&w.lab, outward ? w.a : w.s1, error));
        lab_at(&w.lab, 30 * PL_SECOND - 1);
        g_assert_nonnull(lab_pass(&w.lab, outward ? w.a : w.s1, error)); /* not ended */
        lab_at(&w.lab, 30 * PL_SECOND);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==,
                        NET_DROP_EXPIRED); /* nor prolonged */
        lab_close(&w.lab);
    }
}

/* REQ-7: an error about a hairpinned packet: each of the two hosts sees the other by its outside endpoint. */
static void req_7_errors_are_hairpinned(void)
{
    nat_world w;
    nat_world_open(&w, "rfc");
    const pl_addr a = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(b_at(6000), a));
    g_assert_nonnull(d);
    const pl_addr b = d->packet.source;
    d = lab_pass(
        &w.lab, w.a,
        error_from(nat_world_a(0), b.ip, 3, 3, (net_quote){PL_PROTOCOL_UDP, b, nat_world_a(5000), 0}));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.b);
    g_assert_cmphex(d->packet.source.ip, ==, lab_ip(BOX));
    g_assert_true(pl_addr_equal(d->packet.quote.source, b_at(6000)));
    g_assert_true(pl_addr_equal(d->packet.quote.destination, a));
    lab_close(&w.lab);
}

/* REQ-8: a box without room says so inside, by ICMP 3/13, whatever the protocol. */
static void req_8_exhaustion_is_told(void)
{
    const net_packet packets[] = {lab_udp(nat_world_a(7000), nat_world_s1(7)),
                                  lab_tcp(nat_world_a(7000), nat_world_s1(7), NET_TCP_SYN),
                                  lab_echo("10.0.0.1", "198.51.100.1", 8, 70)};
    nat_world w;
    nat_world_open(&w, "tiny-table");
    for (uint16_t i = 0; i < 32; i++)
        nat_world_out(&w, w.a, nat_world_a((uint16_t)(5000 + i)), nat_world_s1(7));
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        const fake_delivery *d = lab_pass(&w.lab, w.a, packets[i]);
        g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
        g_assert_nonnull(d);
        g_assert_cmpuint(d->host, ==, w.a);
        g_assert_cmpuint(d->packet.icmp_type, ==, 3);
        g_assert_cmpuint(d->packet.icmp_code, ==, 13);
        g_assert_cmpuint(d->packet.quote.protocol, ==, packets[i].protocol);
    }
    g_assert_nonnull(
        lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s2(7)))); /* an old one goes on */
    lab_close(&w.lab);
}

typedef struct routed {
    lab lab;
    sim_host a, b, s;
} routed;

/* a behind two boxes, 10 ms from s and from b, which is behind another two. */
static void routed_open(routed *r, net_ttl_answer ttl)
{
    lab_open_with(&r->lab,
                  &(net_options){.seed = 1,
                                 .latency = {.policy = "constant", .constant_ns = 10 * PL_MILLISECOND},
                                 .ttl = ttl});
    const net_realm outer = lab_realm(&r->lab, "outer", NET_PUBLIC_REALM, "203.0.113.1", "full-cone");
    const net_realm inner = lab_realm(&r->lab, "inner", outer, "100.64.0.1", "full-cone");
    const net_realm far_outer = lab_realm(&r->lab, "far-outer", NET_PUBLIC_REALM, "203.0.113.2", "full-cone");
    const net_realm far_inner = lab_realm(&r->lab, "far-inner", far_outer, "100.64.0.1", "full-cone");
    r->a = lab_host(&r->lab, "a", inner, "10.0.0.1");
    r->b = lab_host(&r->lab, "b", far_inner, "10.0.0.1");
    r->s = lab_host(&r->lab, "s", NET_PUBLIC_REALM, "198.51.100.1");
    g_assert_nonnull(lab_pass(&r->lab, r->b, lab_udp(lab_addr("10.0.0.1", 6000), nat_world_s1(7))));
}

/* RFC 792: the router where the TTL ran out says so; the boxes on the way back translate it.  A traceroute.
 */
static void rfc792_each_router_answers_when_the_ttl_ran_out(void)
{
    static const struct {
        const char *router;
        pl_span after;
    } rows[] = {{"100.64.0.1", 0},
                {"203.0.113.1", 0},
                {"192.0.0.8", 10 * PL_MILLISECOND},
                {"203.0.113.2", 20 * PL_MILLISECOND},
                {"203.0.113.2", 20 * PL_MILLISECOND}};
    routed r;
    routed_open(&r, NET_TTL_ANSWERED);
    net_packet probe = lab_udp(lab_addr("10.0.0.1", 5000), lab_addr("203.0.113.2", 6000));
    for (uint8_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        probe.ttl = (uint8_t)(i + 1);
        const pl_time sent = fake_engine_now(r.lab.engine);
        const fake_delivery *d = lab_pass(&r.lab, r.a, probe);
        g_assert_nonnull(d);
        g_assert_cmpint(r.lab.last_drop, ==, NET_DROP_TTL);
        g_assert_cmpint(r.lab.last_step, ==, NET_STEP_REJECTED);
        g_assert_cmpuint(d->host, ==, r.a);
        g_assert_cmpint(d->at - sent, ==, rows[i].after);
        g_assert_cmpuint(d->packet.icmp_type, ==, 11);
        g_assert_cmpuint(d->packet.icmp_code, ==, 0);
        g_assert_cmphex(d->packet.source.ip, ==, lab_ip(rows[i].router));
        g_assert_true(pl_addr_equal(d->packet.destination, lab_addr("10.0.0.1", 0)));
        g_assert_true(pl_addr_equal(d->packet.quote.source, probe.source));
        g_assert_true(pl_addr_equal(d->packet.quote.destination, probe.destination));
    }
    probe.ttl = 6;
    g_assert_cmpuint(lab_pass(&r.lab, r.a, probe)->host, ==, r.b);
    lab_close(&r.lab);
}

static void rfc792_no_answer_where_told_and_never_to_an_error(void)
{
    routed r;
    routed_open(&r, NET_TTL_SILENT);
    net_packet probe = lab_udp(lab_addr("10.0.0.1", 5000), lab_addr("203.0.113.2", 6000));
    for (probe.ttl = 1; probe.ttl <= 5; probe.ttl++)
        g_assert_null(lab_pass(&r.lab, r.a, probe));
    g_assert_cmpint(r.lab.last_step, ==, NET_STEP_DROPPED);
    lab_close(&r.lab);
    routed_open(&r, NET_TTL_ANSWERED);
    net_packet error =
        error_from(nat_world_s1(0), lab_ip("203.0.113.2"), 3, 3,
                   (net_quote){PL_PROTOCOL_UDP, lab_addr("203.0.113.2", 6000), nat_world_s1(7), 0});
    for (error.ttl = 1; error.ttl <= 3; error.ttl++) {
        g_assert_null(lab_pass(&r.lab, r.s, error));
        g_assert_cmpint(r.lab.last_drop, ==, NET_DROP_TTL);
    }
    g_assert_nonnull(lab_pass(&r.lab, r.s, error));
    lab_close(&r.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rfc5508/req-1", req_1_queries_pass_and_map_endpoint_independent);
    g_test_add_func("/rfc5508/req-2", req_2_a_query_session_lives_60_s);
    g_test_add_func("/rfc5508/req-4", req_4_errors_from_outside_are_translated);
    g_test_add_func("/rfc5508/req-4-query", req_4_errors_about_queries_show_the_inside_identifier);
    g_test_add_func("/rfc5508/req-5", req_5_errors_from_inside_are_translated);
    g_test_add_func("/rfc5508/req-6", req_6_errors_neither_refresh_nor_end);
    g_test_add_func("/rfc5508/req-7", req_7_errors_are_hairpinned);
    g_test_add_func("/rfc5508/req-8", req_8_exhaustion_is_told);
    g_test_add_func("/rfc792/ttl", rfc792_each_router_answers_when_the_ttl_ran_out);
    g_test_add_func("/rfc792/ttl-silent", rfc792_no_answer_where_told_and_never_to_an_error);
    return g_test_run();
}
