/* test_nat_linux.c - the presets "linux" and "linux-acc" against what was measured on Linux 6.18 netfilter:
 * one test an experiment. */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

static pl_addr b_at(uint16_t port)
{
    return lab_addr("10.0.0.2", port);
}

static uint16_t port_of(nat_world *w, sim_host host, pl_addr from, pl_addr to)
{
    return nat_world_out(w, host, from, to).port;
}

static uint64_t remaps(const nat_world *w)
{
    return net_statistics(w->lab.network)->remaps;
}

/* a:6000 → k1, then b:6000 → X: both get W:6000.  Then b:6000 → k1 clashes, and b's port has changed after
 * the fact for every destination that follows. */
static void one_port_for_two_hosts_until_they_clash(void)
{
    nat_world w;
    nat_world_open(&w, "linux");
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(6000), nat_world_s1(1)), ==, 6000);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s2(1)), ==, 6000);
    g_assert_cmpuint(remaps(&w), ==, 0);
    const uint16_t changed = port_of(&w, w.b, b_at(6000), nat_world_s1(1));
    g_assert_cmpuint(changed, !=, 6000);
    g_assert_cmpuint(changed, >=, 1024);
    g_assert_cmpuint(remaps(&w), ==, 1);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s1(2)), ==, changed);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s2(1)), ==, 6000); /* the old flow goes on */
    g_assert_cmpuint(remaps(&w), ==, 1);
    /* Each answer finds its own host. */
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 6000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.a);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(1), lab_addr(BOX, 6000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, changed)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    lab_close(&w.lab);
}

/* Two hosts, one port, the same four destinations: the second gets a random port, the same for all four. */
static void the_second_host_is_endpoint_independent_without_preservation(void)
{
    nat_world w;
    nat_world_open(&w, "linux");
    const pl_addr to[] = {nat_world_s1(1), nat_world_s1(2), nat_world_s2(1), nat_world_s2(2)};
    uint16_t second = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(to); i++) {
        g_assert_cmpuint(port_of(&w, w.a, nat_world_a(6000), to[i]), ==, 6000);
        const uint16_t port = port_of(&w, w.b, b_at(6000), to[i]);
        g_assert_cmpuint(port, !=, 6000);
        g_assert_true(i == 0 || port == second);
        second = port;
    }
    lab_close(&w.lab);
}

/* The newest flow of an endpoint gives the port; when it has expired, the newest of those that live does. */
static void the_newest_living_flow_gives_the_port(void)
{
    nat_world w;
    nat_world_open(&w, "linux");
    port_of(&w, w.a, nat_world_a(6000), nat_world_s1(1));
    port_of(&w, w.b, b_at(6000), nat_world_s2(1));
    const uint16_t changed = port_of(&w, w.b, b_at(6000), nat_world_s1(1));
    lab_at(&w.lab, 20 * PL_SECOND);
    port_of(&w, w.b, b_at(6000), nat_world_s2(1)); /* only the flow with 6000 is kept alive */
    lab_at(&w.lab, 30 * PL_SECOND - 1);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s1(3)), ==, changed);
    lab_close(&w.lab);

    nat_world_open(&w, "linux");
    port_of(&w, w.a, nat_world_a(6000), nat_world_s1(1));
    port_of(&w, w.b, b_at(6000), nat_world_s2(1));
    port_of(&w, w.b, b_at(6000), nat_world_s1(1));
    lab_at(&w.lab, 20 * PL_SECOND);
    port_of(&w, w.b, b_at(6000), nat_world_s2(1));
    lab_at(&w.lab, 30 * PL_SECOND);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s1(3)), ==, 6000);
    lab_close(&w.lab);
}

/* What gets neither the port of its newest flow nor its own gets one of its own port's class: 1 to 511, 600
 * to 1023, from 1024 on. */
static void the_class_of_the_port_is_kept(void)
{
    static const struct {
        uint16_t from, to, low, high;
    } rows[] = {{1, 250, 1, 511}, {512, 762, 600, 1023}, {1024, 1274, 1024, 65535}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        nat_world_open(&w, "linux");
        for (uint16_t inside = rows[i].from; inside <= rows[i].to; inside++) {
            port_of(&w, w.a, nat_world_a(inside), nat_world_s1(1));
            const uint64_t before = remaps(&w);
            const uint16_t port = port_of(&w, w.b, b_at(inside), nat_world_s1(1));
            if (remaps(&w) == before)
                continue; /* a itself had to give way to an earlier one of b's */
            g_assert_cmpuint(port, !=, inside);
            g_assert_cmpuint(port, >=, rows[i].low);
            g_assert_cmpuint(port, <=, rows[i].high);
        }
        g_assert_cmpuint(remaps(&w), >, 200);
        lab_close(&w.lab);
    }
}

/* Where the port of the newest flow is taken, the own one is tried before a random one. */
static void the_own_port_comes_before_a_random_one(void)
{
    nat_world w;
    nat_world_open(&w, "linux");
    port_of(&w, w.a, nat_world_a(6000), nat_world_s1(1));
    const uint16_t changed = port_of(&w, w.b, b_at(6000), nat_world_s1(1));
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(changed), nat_world_s2(1)), ==, changed);
    g_assert_cmpuint(port_of(&w, w.b, b_at(6000), nat_world_s2(1)), ==, 6000);
    g_assert_cmpuint(remaps(&w), ==, 2);
    lab_close(&w.lab);
}

/* An unsolicited packet that is dropped leaves nothing behind: the punch keeps its port. */
static void a_dropped_stranger_costs_nothing(void)
{
    nat_world w;
    nat_world_open(&w, "linux");
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s2(1)), ==, 7001);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 7001)), ==, NET_DROP_NO_MAPPING);
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1)), ==, 7001);
    g_assert_cmpuint(remaps(&w), ==, 0);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 7001)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

typedef struct watch {
    net_drop translated; /* of the last TRANSLATED */
} watch;

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    watch *seen = ctx;
    (void)now;
    if (sighting->step == NET_STEP_TRANSLATED)
        seen->translated = sighting->drop;
}

/* One that the box's own stack takes costs the port towards that peer: the packet that came too early. */
static void an_accepted_stranger_takes_the_port(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s2(1)), ==, 7001);
    const fake_delivery *d = lab_pass(&w.lab, w.s1, lab_udp(nat_world_s1(1), lab_addr(BOX, 7001)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    g_assert_nonnull(d); /* nobody listens in the box: ICMP 3/3 to the stranger */
    g_assert_cmpuint(d->host, ==, w.s1);
    g_assert_cmpuint(d->packet.icmp_code, ==, 3);
    g_assert_true(pl_addr_equal(d->packet.quote.destination, lab_addr(BOX, 7001)));
    watch seen = {NET_DROP_NONE};
    net_set_observer(w.lab.network, observe, &seen);
    const uint16_t changed = port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1));
    g_assert_cmpuint(changed, !=, 7001);
    g_assert_cmpint(seen.translated, ==, NET_DROP_CLASH);
    g_assert_cmpuint(remaps(&w), ==, 1);
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s2(1)), ==,
                     7001); /* nobody else sees it */
    g_assert_cmpint(seen.translated, ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* The stranger's flow is the box's own: an ICMP error about it concerns nobody inside. */
static void an_error_about_a_strangers_flow_ends_at_the_box(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    lab_pass(&w.lab, w.s1, lab_udp(nat_world_s1(1), lab_addr(BOX, 7001)));
    const net_packet error = {.protocol = PL_PROTOCOL_ICMP,
                              .ttl = 64,
                              .icmp_type = 3,
                              .icmp_code = 1,
                              .source = nat_world_s2(0),
                              .destination = lab_addr(BOX, 0),
                              .quote = {PL_PROTOCOL_UDP, lab_addr(BOX, 7001), nat_world_s1(1), 0}};
    g_assert_null(lab_pass(&w.lab, w.s2, error));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
    lab_close(&w.lab);
}

/* And what the peer sends to the old port from then on ends there: a clash. */
static void what_comes_to_the_old_port_is_lost_by_the_clash(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    port_of(&w, w.a, nat_world_a(7001), nat_world_s2(1));
    const net_packet in = lab_udp(nat_world_s1(1), lab_addr(BOX, 7001));
    lab_pass(&w.lab, w.s1, in);
    lab_pass(&w.lab, w.s1, in);
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING); /* nobody minds as yet */
    const uint16_t changed = port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1));
    lab_pass(&w.lab, w.s1, in);
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_CLASH);
    g_assert_cmpuint(net_statistics(w.lab.network)->drops[NET_DROP_CLASH], ==, 1);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, changed)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* The stranger's flow is forgotten as any other is, 30 s after its last packet. */
static void a_stranger_is_forgotten_after_30_s(void)
{
    for (pl_span early = 0; early < 2; early++) {
        nat_world w;
        nat_world_open(&w, "linux-acc");
        const net_packet in = lab_udp(nat_world_s1(1), lab_addr(BOX, 7001));
        lab_pass(&w.lab, w.s1, in);
        lab_at(&w.lab, 10 * PL_SECOND);
        lab_pass(&w.lab, w.s1, in);
        lab_at(&w.lab, 40 * PL_SECOND - early);
        g_assert_true((port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1)) == 7001) == (early == 0));
        lab_close(&w.lab);
    }
}

/* A packet for a flow of ours that has expired is a stranger's too. */
static void a_late_answer_is_a_strangers(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1)), ==, 7001);
    lab_at(&w.lab, 30 * PL_SECOND);
    lab_pass(&w.lab, w.s1, lab_udp(nat_world_s1(1), lab_addr(BOX, 7001)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXPIRED);
    g_assert_cmpuint(port_of(&w, w.a, nat_world_a(7001), nat_world_s1(1)), !=, 7001);
    lab_close(&w.lab);
}

/* An early SYN is answered by RST, and leaves nothing: the TCP punch fails by the answer, not by the port. */
static void an_early_syn_is_reset(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    const fake_delivery *d =
        lab_pass(&w.lab, w.s1, lab_tcp(nat_world_s1(80), lab_addr(BOX, 7001), NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpint(d->packet.tcp_flags, ==, NET_TCP_RST | NET_TCP_ACK);
    d = lab_pass(&w.lab, w.a, lab_tcp(nat_world_a(7001), nat_world_s1(80), NET_TCP_SYN));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->packet.source.port, ==, 7001);
    lab_close(&w.lab);
}

/* Masquerade with random ports is symmetric. */
static void random_masquerade_is_symmetric(void)
{
    nat_world w;
    nat_world_open(&w, "linux-random");
    const pl_addr first = nat_world_out(&w, w.a, nat_world_a(6000), nat_world_s1(1));
    g_assert_cmpuint(first.port, >=, 1024);
    g_assert_cmpuint(first.port, !=, port_of(&w, w.a, nat_world_a(6000), nat_world_s1(2)));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(2), first), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
}

/* The timers of the measurement: 3 s without answers, 6 s as a stream. */
static void timers_open(nat_world *w, net_nat_ports ports)
{
    net_nat_options nat = *net_nat_preset(ports == NET_PORTS_OVERLOADING ? "linux" : "port-restricted");
    nat.ports = ports;
    nat.refresh = NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN;
    nat.udp_lifetime_ns = 3 * PL_SECOND;
    nat.udp_stream_lifetime_ns = 6 * PL_SECOND;
    nat_world_open_with(w, &nat);
}

static bool in_at(nat_world *w, pl_time when)
{
    lab_at(&w->lab, when);
    return nat_world_in(w, w->s1, nat_world_s1(1), lab_addr(BOX, 6000)) == NET_DROP_NONE;
}

static uint16_t out_at(nat_world *w, pl_time when)
{
    lab_at(&w->lab, when);
    return port_of(w, w->a, nat_world_a(6000), nat_world_s1(1));
}

#define MS PL_MILLISECOND

/* Each case on the flows of the real thing, and on a box with one mapping for all destinations. */
static const net_nat_ports both[] = {NET_PORTS_OVERLOADING, NET_PORTS_PRESERVE};

static void an_unreplied_mapping_lives_3_s(void)
{
    static const struct {
        pl_time at;
        bool passes;
    } rows[] = {{2000 * MS, true}, {3000 * MS - 1, true}, {3000 * MS, false}, {4500 * MS, false}};
    for (size_t k = 0; k < G_N_ELEMENTS(both); k++)
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
            nat_world w;
            timers_open(&w, both[k]);
            out_at(&w, 0);
            g_assert_true(in_at(&w, rows[i].at) == rows[i].passes);
            lab_close(&w.lab);
        }
}

static void inbound_packets_alone_keep_it_alive(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(both); k++) {
        nat_world w;
        timers_open(&w, both[k]);
        out_at(&w, 0);
        for (pl_time t = 2000 * MS; t <= 12000 * MS; t += 2000 * MS)
            g_assert_true(in_at(&w, t));
        lab_close(&w.lab);
    }
}

static void outbound_packets_alone_keep_it_alive(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(both); k++) {
        nat_world w;
        timers_open(&w, both[k]);
        for (pl_time t = 0; t <= 12000 * MS; t += 2000 * MS)
            g_assert_cmpuint(out_at(&w, t), ==, 6000);
        g_assert_true(in_at(&w, 15000 * MS - 1)); /* never replied: still the short timer */
        lab_close(&w.lab);
        timers_open(&w, both[k]);
        for (pl_time t = 0; t <= 12000 * MS; t += 2000 * MS)
            out_at(&w, t);
        g_assert_false(in_at(&w, 15000 * MS));
        lab_close(&w.lab);
    }
}

/* A burst both ways that is over within 2 s stays on the short timer. */
static void a_short_burst_is_no_stream(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(both); k++)
        for (pl_span early = 0; early < 2; early++) {
            nat_world w;
            timers_open(&w, both[k]);
            out_at(&w, 0);
            g_assert_true(in_at(&w, 500 * MS));
            out_at(&w, 1000 * MS);
            g_assert_true(in_at(&w, 2000 * MS)); /* at 2 s sharp it is none yet */
            g_assert_true(in_at(&w, 5000 * MS - early) == (early == 1));
            lab_close(&w.lab);
        }
}

/* One packet more, after 2 s, and it is a stream: 6 s. */
static void traffic_for_longer_than_2_s_is_a_stream(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(both); k++)
        for (pl_span early = 0; early < 2; early++) {
            nat_world w;
            timers_open(&w, both[k]);
            out_at(&w, 0);
            g_assert_true(in_at(&w, 500 * MS));
            g_assert_true(in_at(&w, 2000 * MS + 1));
            g_assert_true(in_at(&w, 8000 * MS + 1 - early) == (early == 1));
            lab_close(&w.lab);
        }
}

/* The first answer, however late, does not make a stream; the packet after it does. */
static void the_first_answer_makes_no_stream(void)
{
    for (int more = 0; more < 2; more++) {
        nat_world w;
        timers_open(&w, NET_PORTS_OVERLOADING);
        out_at(&w, 0);
        g_assert_true(in_at(&w, 2500 * MS));
        if (more)
            out_at(&w, 2500 * MS);
        g_assert_true(in_at(&w, 5500 * MS) == (more == 1));
        lab_close(&w.lab);
    }
}

/* After expiry the same socket gets its port again. */
static void after_expiry_the_port_is_the_same(void)
{
    nat_world w;
    timers_open(&w, NET_PORTS_OVERLOADING);
    g_assert_cmpuint(out_at(&w, 0), ==, 6000);
    g_assert_cmpuint(out_at(&w, 10000 * MS), ==, 6000);
    lab_close(&w.lab);
}

/* The defaults themselves: 30 s, and 120 s as a stream. */
static void the_defaults_are_30_s_and_120_s(void)
{
    for (pl_span early = 0; early < 2; early++) {
        nat_world w;
        nat_world_open(&w, "linux");
        out_at(&w, 0);
        g_assert_true(in_at(&w, 30 * PL_SECOND - early) == (early == 1));
        lab_close(&w.lab);
        nat_world_open(&w, "linux");
        out_at(&w, 0);
        g_assert_true(in_at(&w, PL_SECOND));
        out_at(&w, 3 * PL_SECOND);
        g_assert_true(in_at(&w, 123 * PL_SECOND - early) == (early == 1));
        lab_close(&w.lab);
    }
}

/* Flows come and go for hours, and the box holds no more than those that live and a few. */
static void flows_do_not_pile_up(void)
{
    nat_world w;
    nat_world_open(&w, "linux-acc");
    size_t before = 0;
    for (unsigned i = 0; i < 30000; i++) {
        lab_at(&w.lab, (pl_time)i * PL_SECOND);
        nat_world_out(&w, w.a, nat_world_a((uint16_t)(1024 + i % 7)),
                      nat_world_s1((uint16_t)(1 + i % 60000)));
        lab_pass(&w.lab, w.s2, lab_udp(nat_world_s2((uint16_t)(1 + i % 60000)), lab_addr(BOX, 9)));
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
    g_test_add_func("/nat/linux/overloading-and-clash", one_port_for_two_hosts_until_they_clash);
    g_test_add_func("/nat/linux/second-host", the_second_host_is_endpoint_independent_without_preservation);
    g_test_add_func("/nat/linux/newest-flow", the_newest_living_flow_gives_the_port);
    g_test_add_func("/nat/linux/port-class", the_class_of_the_port_is_kept);
    g_test_add_func("/nat/linux/own-port", the_own_port_comes_before_a_random_one);
    g_test_add_func("/nat/linux/stranger-dropped", a_dropped_stranger_costs_nothing);
    g_test_add_func("/nat/linux/stranger-accepted", an_accepted_stranger_takes_the_port);
    g_test_add_func("/nat/linux/stranger-error", an_error_about_a_strangers_flow_ends_at_the_box);
    g_test_add_func("/nat/linux/clash", what_comes_to_the_old_port_is_lost_by_the_clash);
    g_test_add_func("/nat/linux/stranger-forgotten", a_stranger_is_forgotten_after_30_s);
    g_test_add_func("/nat/linux/late-answer", a_late_answer_is_a_strangers);
    g_test_add_func("/nat/linux/early-syn", an_early_syn_is_reset);
    g_test_add_func("/nat/linux/random", random_masquerade_is_symmetric);
    g_test_add_func("/nat/linux/timers-unreplied", an_unreplied_mapping_lives_3_s);
    g_test_add_func("/nat/linux/timers-inbound", inbound_packets_alone_keep_it_alive);
    g_test_add_func("/nat/linux/timers-outbound", outbound_packets_alone_keep_it_alive);
    g_test_add_func("/nat/linux/timers-burst", a_short_burst_is_no_stream);
    g_test_add_func("/nat/linux/timers-stream", traffic_for_longer_than_2_s_is_a_stream);
    g_test_add_func("/nat/linux/timers-first-answer", the_first_answer_makes_no_stream);
    g_test_add_func("/nat/linux/timers-port-after-expiry", after_expiry_the_port_is_the_same);
    g_test_add_func("/nat/linux/timers-defaults", the_defaults_are_30_s_and_120_s);
    g_test_add_func("/nat/linux/swept", flows_do_not_pile_up);
    return g_test_run();
}
