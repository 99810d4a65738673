/* test_nat.c - mapping, filtering, ports and lifetimes of NAT boxes (RFC 4787, 5508). */
#include <glib.h>

#include "tests/support/nat_world.h"

/* RFC 4787 REQ-1 by mapping behaviour: which of four destinations share an external endpoint. */
static void mapping_depends_on_what_the_behaviour_says(void)
{
    static const struct {
        net_nat_behaviour mapping;
        bool port_shares, address_shares;
    } rows[] = {{NET_NAT_EI, true, true}, {NET_NAT_AD, true, false}, {NET_NAT_APD, false, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("full-cone");
        nat.mapping = rows[i].mapping;
        nat_world_open_with(&w, &nat);
        pl_addr first = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1));
        pl_addr other_port = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(2));
        pl_addr other_address = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(1));
        g_assert_cmphex(first.ip, ==, lab_ip(BOX));
        g_assert_true(pl_addr_equal(first, other_port) == rows[i].port_shares);
        g_assert_true(pl_addr_equal(first, other_address) == rows[i].address_shares);
        g_assert_true(pl_addr_equal(first, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1))));
        g_assert_true(pl_addr_equal(other_address, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(1))));
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
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, rows[i].same);
        g_assert_true(pl_addr_equal(fake_engine_last(w.lab.engine)->packet.destination, nat_world_a(5000)));
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(8), mapped), ==, rows[i].other_port);
        g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), mapped), ==, rows[i].other_address);
        lab_close(&w.lab);
    }
}

/* The nine pairs of mapping × filtering are independent knobs. */
static void every_pair_of_mapping_and_filtering_works(void)
{
    for (int m = NET_NAT_EI; m <= NET_NAT_APD; m++)
        for (int f = NET_NAT_EI; f <= NET_NAT_APD; f++) {
            nat_world w;
            net_nat_options nat = *net_nat_preset("symmetric");
            nat.mapping = (net_nat_behaviour)m;
            nat.filtering = (net_nat_behaviour)f;
            nat_world_open_with(&w, &nat);
            pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
            g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
            g_assert_true((nat_world_in(&w, w.s1, nat_world_s1(8), mapped) == NET_DROP_NONE) == (f <= NET_NAT_AD));
            g_assert_true((nat_world_in(&w, w.s2, nat_world_s2(7), mapped) == NET_DROP_NONE) == (f == NET_NAT_EI));
            pl_addr again = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(7));
            g_assert_true(pl_addr_equal(mapped, again) == (m == NET_NAT_EI));
            g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), again), ==, NET_DROP_NONE);
            lab_close(&w.lab);
        }
}

/* RFC 4787 REQ-3: no overloading.  The first keeps its port, the second gets the next free one. */
static void two_hosts_with_one_port_get_two_external_ports(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(1)).port, ==, 5000);
    g_assert_cmpuint(nat_world_out(&w, w.b, lab_addr("10.0.0.2", 5000), nat_world_s2(1)).port, ==, 5001);
    g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(5001), nat_world_s2(1)).port, ==, 5002);
    lab_close(&w.lab);
}

/* RFC 4787 REQ-3a: the class of the port is kept, and the search wraps inside it. */
static void system_ports_stay_system_ports(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(1023), nat_world_s1(1)).port, ==, 1023);
    g_assert_cmpuint(nat_world_out(&w, w.b, lab_addr("10.0.0.2", 1023), nat_world_s1(1)).port, ==, 1);
    g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(65535), nat_world_s1(1)).port, ==, 65535);
    g_assert_cmpuint(nat_world_out(&w, w.b, lab_addr("10.0.0.2", 65535), nat_world_s1(1)).port, ==, 1024);
    lab_close(&w.lab);
}

static void sequential_ports_step_and_wrap(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("symmetric-sequential");
    nat.port_low = 40000;
    nat.port_high = 40004;
    nat.port_step = 2;
    nat_world_open_with(&w, &nat);
    static const uint16_t expected[] = {40000, 40002, 40004, 40001, 40003};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1((uint16_t)(100 + i))).port, ==, expected[i]);
    lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5000), nat_world_s1(99)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    lab_close(&w.lab);
}

static void random_ports_fill_their_range_and_repeat_with_the_seed(void)
{
    uint16_t seen[2][64];
    for (int run = 0; run < 2; run++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("symmetric");
        nat.port_low = 50000;
        nat.port_high = 50063;
        nat_world_open_with(&w, &nat);
        uint64_t taken = 0;
        for (uint16_t i = 0; i < 64; i++) {
            uint16_t port = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1((uint16_t)(i + 1))).port;
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
        nat_world w;
        nat_world_open(&w, presets[i]);
        pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        lab_at(&w.lab, 10 * PL_SECOND);
        nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)); /* REQ-6: outbound refresh */
        lab_at(&w.lab, 10 * PL_SECOND + t - 1);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
        lab_at(&w.lab, 10 * PL_SECOND + t);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_EXPIRED);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 9)), ==, NET_DROP_NO_MAPPING);
        lab_close(&w.lab);
    }
}

/* RFC 4787 REQ-6: inbound packets prolong the mapping only where the option says so. */
static void inbound_packets_refresh_only_where_told(void)
{
    for (unsigned refresh = 0; refresh <= 3; refresh++) {
        nat_world w;
        net_nat_options nat = *net_nat_preset("port-restricted");
        nat.udp_lifetime_ns = 100;
        nat.refresh = refresh;
        nat_world_open_with(&w, &nat);
        pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        lab_at(&w.lab, 60);
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
        lab_at(&w.lab, 120);
        bool lives = nat_world_in(&w, w.s1, nat_world_s1(7), mapped) == NET_DROP_NONE;
        g_assert_true(lives == ((refresh & NET_NAT_REFRESH_IN) != 0));
        lab_at(&w.lab, 1000);
        mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        lab_at(&w.lab, 1060);
        nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        lab_at(&w.lab, 1120);
        lives = nat_world_in(&w, w.s1, nat_world_s1(7), mapped) == NET_DROP_NONE;
        g_assert_true(lives == ((refresh & NET_NAT_REFRESH_OUT) != 0));
        lab_close(&w.lab);
    }
}

/* A permission expires by itself, though others keep the mapping alive. */
static void a_filter_forgets_each_remote_by_itself(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    pl_span t = net_nat_preset("port-restricted")->udp_lifetime_ns;
    pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, t - 1);
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(7));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_NONE);
    lab_at(&w.lab, t);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), mapped), ==, NET_DROP_FILTERED);
    g_assert_cmpint(nat_world_in(&w, w.s2, nat_world_s2(7), mapped), ==, NET_DROP_NONE);
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
        nat_world w;
        nat_world_open(&w, rows[i].preset);
        g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)).port, ==, rows[i].first);
        lab_at(&w.lab, net_nat_preset(rows[i].preset)->udp_lifetime_ns);
        g_assert_cmpuint(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)).port, ==, rows[i].second);
        lab_close(&w.lab);
    }
}

static void an_expired_port_is_free_for_others(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, net_nat_preset("port-restricted")->udp_lifetime_ns);
    g_assert_cmpuint(nat_world_out(&w, w.b, lab_addr("10.0.0.2", 5000), nat_world_s1(7)).port, ==, 5000);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    lab_close(&w.lab);
}

/* RFC 5508 REQ-8: a box that has no room says so by ICMP 3/13; room comes back when a mapping expires. */
static void an_exhausted_box_says_so_until_something_expires(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("port-restricted");
    nat.max_mappings = 2;
    nat_world_open_with(&w, &nat);
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    lab_at(&w.lab, 10);
    nat_world_out(&w, w.a, nat_world_a(5001), nat_world_s1(7));
    const fake_delivery *d = lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5002), nat_world_s1(7)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    g_assert_cmpint(w.lab.last_step, ==, NET_STEP_REJECTED);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, w.a);
    g_assert_cmpuint(d->packet.icmp_type, ==, 3);
    g_assert_cmpuint(d->packet.icmp_code, ==, 13);
    g_assert_true(pl_addr_equal(d->packet.quote.source, nat_world_a(5002)));
    lab_at(&w.lab, nat.udp_lifetime_ns - 1);
    lab_pass(&w.lab, w.a, lab_udp(nat_world_a(5002), nat_world_s1(7)));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_EXHAUSTED);
    lab_at(&w.lab, nat.udp_lifetime_ns);
    nat_world_out(&w, w.a, nat_world_a(5002), nat_world_s1(7));
    lab_close(&w.lab);
}

/* RFC 4787 REQ-11: no change of class after many flows, and the payload passes untouched (REQ-10). */
static void a_box_stays_what_it_is_under_load(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    pl_addr first = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    for (unsigned i = 0; i < 20000; i++)
        nat_world_out(&w, w.b, lab_addr("10.0.0.2", (uint16_t)(10000 + i)), nat_world_s1(7));
    g_assert_true(pl_addr_equal(first, nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s2(9))));
    const fake_delivery *d = fake_engine_last(w.lab.engine);
    g_assert_cmpuint(d->packet.payload_len, ==, 5);
    g_assert_cmpstr((const char *)d->bytes, ==, "hello");
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), first), ==, NET_DROP_NONE);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(8), first), ==, NET_DROP_FILTERED);
    lab_close(&w.lab);
}

/* Mappings that expired are swept as new ones come: a box that runs for ever holds no more than its live
 * ones and a few. */
static void expired_mappings_do_not_pile_up(void)
{
    nat_world w;
    net_nat_options nat = *net_nat_preset("symmetric");
    nat.udp_lifetime_ns = 10;
    nat_world_open_with(&w, &nat);
    size_t before = 0;
    for (unsigned i = 0; i < 50000; i++) {
        lab_at(&w.lab, 5 * (pl_time)i);
        nat_world_out(&w, w.a, nat_world_a((uint16_t)(1024 + i % 60000)), nat_world_s1(7));
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
    g_test_add_func("/net/nat/deterministic", a_box_stays_what_it_is_under_load);
    g_test_add_func("/net/nat/swept", expired_mappings_do_not_pile_up);
    return g_test_run();
}
