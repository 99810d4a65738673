/* test_nat_ports.c - port policies beyond the plain ones: blocks, hold-down, pools, overriding, small tables.
 */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

static pl_addr b_at(uint16_t port)
{
    return lab_addr("10.0.0.2", port);
}

static net_drop try_out(nat_world *w, sim_host host, pl_addr from, pl_addr to)
{
    lab_pass(&w->lab, host, lab_udp(from, to));
    return w->lab.last_drop;
}

/* A carrier with four blocks of eight ports. */
static net_nat_options small_carrier(void)
{
    net_nat_options nat = *net_nat_preset("cgn");
    nat.port_low = 40000;
    nat.port_high = 40031;
    nat.block = 8;
    return nat;
}

static unsigned block_of(uint16_t port)
{
    return (port - 40000u) / 8;
}

/* RFC 6888 REQ-4: an inside host has its block, all of it, in no order, and no more: the ninth mapping is
 * told so. */
static void a_block_is_the_quota_of_a_host(void)
{
    nat_world w;
    const net_nat_options nat = small_carrier();
    nat_world_open_with(&w, &nat);
    unsigned seen = 0, in_order = 0;
    unsigned block = 0;
    uint16_t last = 0;
    for (uint16_t i = 0; i < 8; i++) {
        const uint16_t port = nat_world_out(&w, w.a, nat_world_a((uint16_t)(5000 + i)), nat_world_s1(1)).port;
        if (!i)
            block = block_of(port);
        g_assert_cmpuint(block_of(port), ==, block);
        seen |= 1u << (port - 40000u) % 8;
        in_order += i && port == last + 1;
        last = port;
    }
    g_assert_cmphex(seen, ==, 0xff);
    g_assert_cmpuint(in_order, <, 7);
    const fake_delivery *d = lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5008), nat_world_s1(1)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->packet.icmp_code, ==, 13);
    g_assert_cmpuint(block_of(nat_world_out(&w, w.b, b_at(5000), nat_world_s1(1)).port), !=, block);
    lab_pass(&w.lab, w.a,
             lab_tcp(nat_world_a(5000), nat_world_s1(1), NET_TCP_SYN)); /* TCP has ports of its own */
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* When all blocks are given, the next host gets nothing, until the last mapping of another is over and its
 * port has rested. */
static void blocks_run_out_and_come_back(void)
{
    lab l;
    lab_open(&l, 0);
    net_nat_options nat = small_carrier();
    const net_realm carrier = lab_realm_with(&l, "cgn", NET_PUBLIC_REALM, BOX, &nat, "none");
    static const char *const ips[] = {"100.64.0.1", "100.64.0.2", "100.64.0.3", "100.64.0.4", "100.64.0.5"};
    sim_host hosts[G_N_ELEMENTS(ips)];
    for (size_t i = 0; i < G_N_ELEMENTS(ips); i++)
        hosts[i] = lab_host(&l, ips[i], carrier, ips[i]);
    lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    unsigned blocks = 0;
    for (size_t i = 0; i < 4; i++) {
        const fake_delivery *d = lab_pass(&l, hosts[i], lab_udp(lab_addr(ips[i], 5000), nat_world_s1(1)));
        g_assert_nonnull(d);
        blocks |= 1u << block_of(d->packet.source.port);
    }
    g_assert_cmphex(blocks, ==, 0xf);
    const net_packet fifth = lab_udp(lab_addr(ips[4], 5000), nat_world_s1(1));
    const pl_time over = nat.udp_lifetime_ns + nat.hold_down_ns;
    lab_at(&l, over - 1);
    lab_pass(&l, hosts[4], fifth);
    g_assert_cmpint(l.last_drop, ==, NET_DROP_EXHAUSTED);
    lab_at(&l, over);
    lab_pass(&l, hosts[4], fifth); /* making it looks at the others, and finds them over */
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NONE);
    lab_close(&l);
}

/* RFC 6888 REQ-8: a released port rests for 120 s, for its former owner too. */
static void a_released_port_rests(void)
{
    for (pl_span early = 0; early < 2; early++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("port-restricted");
        nat.hold_down_ns = 120 * PL_SECOND;
        nat_world_open_with(&w, &nat);
        nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
        lab_at(&w.lab, 300 * PL_SECOND);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 5000)), ==, NET_DROP_EXPIRED);
        lab_at(&w.lab, 420 * PL_SECOND - early);
        const uint16_t port =
            nat_world_out(&w, early ? w.a : w.b, early ? nat_world_a(5000) : b_at(5000), nat_world_s1(1))
                .port;
        g_assert_cmpuint(port, ==, early ? 5001 : 5000);
        lab_close(&w.lab);
    }
}

/* A port that rests is no mapping: nobody comes in by it, and it takes no room. */
static void a_resting_port_is_no_mapping(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.hold_down_ns = 120 * PL_SECOND;
    nat.max_mappings = 1;
    nat_world_open_with(&w, &nat);
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
    lab_at(&w.lab, 300 * PL_SECOND);
    g_assert_cmpuint(nat_world_out(&w, w.b, b_at(5000), nat_world_s1(1)).port, ==, 5001);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 5000)), ==, NET_DROP_EXPIRED);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), lab_addr(BOX, 5001)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* A paired pool keeps a host to one address, full or not; an arbitrary one goes on to the next. */
static void a_full_address_sends_on_only_where_any_will_do(void)
{
    for (int arbitrary = 0; arbitrary < 2; arbitrary++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("symmetric");
        nat.mapping = NET_NAT_EI;
        nat.port_low = 50000;
        nat.port_high = 50003;
        nat.pool = 3;
        nat.pooling = arbitrary ? NET_POOLING_ARBITRARY : NET_POOLING_PAIRED;
        nat_world_open_with(&w, &nat);
        unsigned passed = 0, addresses = 0;
        for (uint16_t i = 0; i < 20; i++) {
            const fake_delivery *d =
                lab_pass(&w.lab, w.a, lab_udp(nat_world_a((uint16_t)(5000 + i)), nat_world_s1(1)));
            if (w.lab.last_drop != NET_DROP_NONE)
                continue;
            passed++;
            addresses |= 1u << (d->packet.source.ip - lab_ip(BOX));
        }
        g_assert_cmpuint(passed, ==, arbitrary ? 12 : 4);
        g_assert_true((addresses == 7) == arbitrary);
        lab_close(&w.lab);
    }
}

/* A packet to any address of the pool is for the box, from inside too. */
static void the_whole_pool_is_the_box(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("full-cone");
    nat.pool = 4;
    nat_world_open_with(&w, &nat);
    const pl_addr a = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
    const pl_addr b = nat_world_out(&w, w.b, b_at(6000), nat_world_s1(1));
    g_assert_cmphex(a.ip, !=, b.ip);
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(b_at(6000), a));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_true(pl_addr_equal(d->packet.source, b));
    for (uint32_t i = 0; i < 4; i++) {
        const pl_addr at = {lab_ip(BOX) + i, 5000};
        g_assert_true((nat_world_in(&w, w.s1, nat_world_s1(1), at) == NET_DROP_NONE) == (at.ip == a.ip));
    }
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), (pl_addr){lab_ip(BOX) + 4, 5000}), ==,
                    NET_DROP_NO_ROUTE);
    lab_close(&w.lab);
}

/* The one who comes last has the port; the one who had it gets it back by sending again. */
static void an_overriding_box_takes_ports_away(void)
{
    nat_world w;
    nat_world_open(&w, "overriding");
    const pl_addr at = lab_addr(BOX, 5000);
    g_assert_true(pl_addr_equal(at, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1))));
    g_assert_true(pl_addr_equal(at, nat_world_out(&w, w.b, b_at(5000), nat_world_s2(1))));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), at), ==, NET_DROP_FILTERED);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(1), at), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    g_assert_true(pl_addr_equal(at, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1))));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), at), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.a);
    nat_world_out(&w, w.a, nat_world_a(7000), nat_world_s1(1)); /* whatever the box used last */
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(1), at), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(1), at), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
}

/* A spray fills a small table; what was there before goes on, and room comes back with time. */
static void a_small_table_fills_and_empties(void)
{
    nat_world w;
    nat_world_open(&w, "tiny-table");
    unsigned passed = 0;
    for (uint16_t i = 0; i < 256; i++)
        passed += try_out(&w, w.a, nat_world_a((uint16_t)(5000 + i)), nat_world_s1(1)) == NET_DROP_NONE;
    g_assert_cmpuint(passed, ==, 32);
    g_assert_cmpint(try_out(&w, w.b, b_at(5000), nat_world_s1(1)), ==, NET_DROP_EXHAUSTED);
    g_assert_cmpint(try_out(&w, w.a, nat_world_a(5000), nat_world_s2(1)), ==, NET_DROP_NONE);
    lab_at(&w.lab, net_nat_preset("tiny-table")->udp_lifetime_ns - 1);
    g_assert_cmpint(try_out(&w, w.b, b_at(5000), nat_world_s1(1)), ==, NET_DROP_EXHAUSTED);
    lab_at(&w.lab, net_nat_preset("tiny-table")->udp_lifetime_ns);
    g_assert_cmpint(try_out(&w, w.b, b_at(5000), nat_world_s1(1)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* Every policy holds no more than what lives. */
static void nothing_piles_up(void)
{
    static const net_nat_ports policies[] = {NET_PORTS_BLOCK, NET_PORTS_RANDOM, NET_PORTS_OVERRIDING};
    for (size_t p = 0; p < G_N_ELEMENTS(policies); p++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("cgn");
        nat.ports = policies[p];
        nat_world_open_with(&w, &nat);
        size_t before = 0;
        for (unsigned i = 0; i < 20000; i++) {
            lab_at(&w.lab, (pl_time)i * PL_SECOND);
            nat_world_out(&w, w.a, nat_world_a((uint16_t)(1024 + i % 60000)), nat_world_s1(7));
            fake_engine_forget(w.lab.engine);
            if (i == 2000)
                before = net_memory(w.lab.network);
        }
        g_assert_cmpuint(net_memory(w.lab.network), ==, before);
        lab_close(&w.lab);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/ports/block", a_block_is_the_quota_of_a_host);
    g_test_add_func("/nat/ports/blocks-run-out", blocks_run_out_and_come_back);
    g_test_add_func("/nat/ports/hold-down", a_released_port_rests);
    g_test_add_func("/nat/ports/hold-down-is-no-mapping", a_resting_port_is_no_mapping);
    g_test_add_func("/nat/ports/pool-full", a_full_address_sends_on_only_where_any_will_do);
    g_test_add_func("/nat/ports/pool-addresses", the_whole_pool_is_the_box);
    g_test_add_func("/nat/ports/overriding", an_overriding_box_takes_ports_away);
    g_test_add_func("/nat/ports/tiny-table", a_small_table_fills_and_empties);
    g_test_add_func("/nat/ports/swept", nothing_piles_up);
    return g_test_run();
}
