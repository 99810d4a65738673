/* test_whereabouts.c - boxes restart and get new addresses; hosts roam. */
#include <glib.h>

#include "core/port.h"
#include "tests/support/nat_world.h"

#define NEW_BOX "203.0.113.77"

/* A box that restarts forgets its mappings, of whatever kind, and begins anew. */
static void a_reboot_loses_the_mappings(void)
{
    static const char *const presets[] = {"port-restricted", "linux", "linux-acc", "cgn",
                                          "symmetric-sequential"};
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++) {
        nat_world w;
        nat_world_open(&w, presets[i]);
        size_t before = 0;
        const pl_addr mapped = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        nat_world_tcp(&w, w.a, nat_world_a(5000), nat_world_s1(80), NET_TCP_SYN);
        lab_pass(&w.lab, w.s2, lab_udp(nat_world_s2(1), lab_addr(BOX, 9)));
        net_realm_reboot(w.lab.network, w.home, 0);
        lab_pass(&w.lab, w.s1, lab_udp(nat_world_s1(7), mapped));
        g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_MAPPING);
        net_realm_reboot(w.lab.network, w.home, 0); /* linux-acc has taken that one in */
        const pl_addr again = nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
        if (net_nat_preset(presets[i])->ports != NET_PORTS_BLOCK)
            g_assert_true(pl_addr_equal(again, mapped)); /* sequential ports begin anew too */
        g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), again), ==, NET_DROP_NONE);
        for (int k = 0; k < 1000; k++) {
            net_realm_reboot(w.lab.network, w.home, 0);
            nat_world_out(&w, w.a, nat_world_a((uint16_t)(5000 + k)), nat_world_s1(7));
            fake_engine_forget(w.lab.engine);
            if (k == 10)
                before = net_memory(w.lab.network);
        }
        g_assert_cmpuint(net_memory(w.lab.network), ==, before); /* records are used again */
        lab_close(&w.lab);
    }
}

/* Its firewall forgets too. */
static void a_reboot_loses_the_firewalls_state(void)
{
    for (int reboots = 0; reboots < 2; reboots++) {
        lab l;
        lab_open(&l, 0);
        const net_realm site =
            lab_realm_with(&l, "site", NET_PUBLIC_REALM, BOX, net_nat_preset("none"), "stateful");
        const sim_host a = lab_host(&l, "a", site, "192.0.2.1");
        const sim_host s = lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
        g_assert_nonnull(lab_pass(&l, a, lab_udp(lab_addr("192.0.2.1", 5000), nat_world_s1(7))));
        if (reboots)
            net_realm_reboot(l.network, site, 0);
        lab_pass(&l, s, lab_udp(nat_world_s1(7), lab_addr("192.0.2.1", 5000)));
        g_assert_cmpint(l.last_drop, ==, reboots ? NET_DROP_FIREWALL_IN : NET_DROP_NONE);
        lab_close(&l);
    }
}

static void a_new_external_address_replaces_the_old(void)
{
    nat_world w;
    nat_world_open(&w, "full-cone");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    net_realm_set_external(w.lab.network, w.home, lab_ip(NEW_BOX), 0);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NO_ROUTE);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(NEW_BOX, 5000)), ==,
                    NET_DROP_NO_MAPPING);
    g_assert_true(
        pl_addr_equal(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)), lab_addr(NEW_BOX, 5000)));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(NEW_BOX, 5000)), ==, NET_DROP_NONE);
    const fake_delivery *d = lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 1), lab_addr(NEW_BOX, 5000)));
    g_assert_nonnull(d); /* the hairpin knows the new address */
    g_assert_null(lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 1), lab_addr(BOX, 5000))));
    g_assert_cmpint(w.lab.last_drop, ==, NET_DROP_NO_ROUTE);       /* and no longer the old */
    net_realm_set_external(w.lab.network, w.home, lab_ip(BOX), 0); /* an address may come back */
    g_assert_true(
        pl_addr_equal(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)), lab_addr(BOX, 5000)));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* What was under way to the old address finds nobody, though the box would have a mapping for the port. */
static void packets_on_their_way_to_the_old_address_are_lost(void)
{
    lab l;
    lab_open(&l, 10 * PL_MILLISECOND);
    const net_realm home = lab_realm(&l, "box", NET_PUBLIC_REALM, BOX, "full-cone");
    const sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    const sim_host s = lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    const net_packet out = lab_udp(nat_world_a(5000), nat_world_s1(7));
    const net_packet in = lab_udp(nat_world_s1(7), lab_addr(BOX, 5000));
    g_assert_nonnull(lab_pass(&l, a, out));
    const pl_time sent = fake_engine_now(l.engine);
    lab_send(&l, s, &in);
    lab_at(&l, sent + 5 * PL_MILLISECOND);
    net_realm_set_external(l.network, home, lab_ip(NEW_BOX), fake_engine_now(l.engine));
    lab_send(&l, a, &out);
    fake_engine_drain(l.engine);
    g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
    g_assert_cmpuint(net_statistics(l.network)->drops[NET_DROP_NO_ROUTE], ==, 1);
    lab_close(&l);
}

/* A box with a pool moves with all of it; a carrier's home box, within the carrier's realm. */
static void pools_and_inner_boxes_move(void)
{
    lab l;
    lab_open(&l, 0);
    net_nat_options nat = *net_nat_preset("full-cone");
    nat.pool = 3;
    const net_realm carrier = lab_realm_with(&l, "cgn", NET_PUBLIC_REALM, BOX, &nat, "none");
    const net_realm home = lab_realm(&l, "home", carrier, "100.64.0.1", "full-cone");
    const sim_host a = lab_host(&l, "a", home, "10.0.0.1");
    lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    net_realm_set_external(l.network, carrier, lab_ip("203.0.113.100"), 0);
    const net_packet out = lab_udp(nat_world_a(5000), nat_world_s1(7));
    const fake_delivery *d = lab_pass(&l, a, out);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->packet.source.ip - lab_ip("203.0.113.100"), <, 3);
    net_realm_set_external(l.network, home, lab_ip("100.64.0.9"), 0);
    d = lab_pass(&l, a, out);
    g_assert_nonnull(d);
    const sim_host b = lab_host(&l, "b", carrier, "100.64.0.1"); /* its address is free */
    d = lab_pass(&l, b, lab_udp(lab_addr("100.64.0.1", 1), lab_addr("100.64.0.9", 5000)));
    g_assert_nonnull(d);
    g_assert_cmpuint(d->host, ==, a);
    lab_close(&l);
}

/* From a home to the open Internet, then behind another box: old addresses find nobody, new ones find the
 * host. */
static void a_host_roams(void)
{
    nat_world w;
    nat_world_open(&w, "full-cone");
    net *network = w.lab.network;
    const net_realm other = lab_realm(&w.lab, "other", NET_PUBLIC_REALM, NEW_BOX, "port-restricted");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    net_host_move(network, w.a, NET_PUBLIC_REALM, lab_ip("192.0.2.50"));
    g_assert_cmphex(net_host_ip(network, w.a), ==, lab_ip("192.0.2.50"));
    g_assert_cmpuint(net_host_realm(network, w.a), ==, NET_PUBLIC_REALM);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NO_ROUTE);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr("192.0.2.50", 5000)), ==, NET_DROP_NONE);
    const pl_addr open = lab_addr("192.0.2.50", 5000);
    g_assert_true(pl_addr_equal(nat_world_out(&w, w.a, open, nat_world_s1(7)), open));
    net_host_move(network, w.a, other, lab_ip("10.0.0.1"));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), open), ==, NET_DROP_NO_ROUTE);
    g_assert_true(
        pl_addr_equal(nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7)), lab_addr(NEW_BOX, 5000)));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(NEW_BOX, 5000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.a);
    net_host_move(network, w.a, w.home,
                  lab_ip("10.0.0.1")); /* and home again: the old mapping still stands */
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NONE);
    lab_close(&w.lab);
}

/* The place that a host leaves is free for another, which then gets what is sent there. */
static void an_address_is_free_when_its_host_has_left(void)
{
    nat_world w;
    nat_world_open(&w, "full-cone");
    nat_world_out(&w, w.a, nat_world_a(5000), nat_world_s1(7));
    net_host_move(w.lab.network, w.a, w.home, lab_ip("10.0.0.3"));
    net_host_move(w.lab.network, w.b, w.home, lab_ip("10.0.0.1"));
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 5000)), ==, NET_DROP_NONE);
    g_assert_cmpuint(fake_engine_last(w.lab.engine)->host, ==, w.b);
    lab_close(&w.lab);
}

/* What is under way when the host moves is lost, before the downlink's queue, in it, and where there is none; a
 * packet sent after is not. */
static void packets_on_their_way_miss_a_host_that_moves(void)
{
    static const struct {
        uint64_t down_bps;
        pl_time moves_at;
    } rows[] = {{26400, 5 * PL_MILLISECOND}, {26400, 15 * PL_MILLISECOND}, {0, 5 * PL_MILLISECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        lab l;
        lab_open(&l, 10 * PL_MILLISECOND);
        const sim_host s = lab_host(&l, "s1", NET_PUBLIC_REALM, "198.51.100.1");
        const net_link_options link = {.down_bps = rows[i].down_bps}; /* 33 bytes take 10 ms */
        const sim_host a = lab_host_with(&l, "a", NET_PUBLIC_REALM, "192.0.2.1", &link, "none");
        const net_packet in = lab_udp(nat_world_s1(7), lab_addr("192.0.2.1", 5000));
        lab_send(&l, s, &in);
        lab_at(&l, rows[i].moves_at);
        net_host_move(l.network, a, NET_PUBLIC_REALM, lab_ip("192.0.2.2"));
        fake_engine_drain(l.engine);
        g_assert_cmpuint(fake_engine_deliveries(l.engine), ==, 0);
        g_assert_cmpint(l.last_drop, ==, NET_DROP_NO_ROUTE);
        g_assert_nonnull(lab_pass(&l, s, lab_udp(nat_world_s1(7), lab_addr("192.0.2.2", 5000))));
        lab_close(&l);
    }
}

static void note_owner(void *ctx, const net_sighting *sighting, pl_time now)
{
    (void)now;
    if (sighting->step == NET_STEP_TRANSLATED)
        *(sim_host *)ctx = sighting->box_owner;
}

/* Several hosts at one site: whoever stands for it may leave, and another does. */
static void a_site_outlives_its_first_host(void)
{
    nat_world w;
    nat_world_open(&w, "port-restricted");
    sim_host owner = NET_NO_HOST;
    net_set_observer(w.lab.network, note_owner, &owner);
    lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 6000), nat_world_s1(7)));
    g_assert_cmpuint(owner, ==, w.a);
    net_host_move(w.lab.network, w.a, NET_PUBLIC_REALM, lab_ip("192.0.2.1"));
    lab_pass(&w.lab, w.b, lab_udp(lab_addr("10.0.0.2", 6000), nat_world_s1(7)));
    g_assert_cmpuint(owner, ==, w.b);
    lab_close(&w.lab);
    nat_world_open(&w, "port-restricted");
    net_host_move(w.lab.network, w.a, NET_PUBLIC_REALM, lab_ip("192.0.2.1"));
    const pl_addr from_b = lab_addr("10.0.0.2", 6000);
    g_assert_cmpuint(nat_world_out(&w, w.b, from_b, nat_world_s1(7)).port, ==, 6000);
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 6000)), ==, NET_DROP_NONE);
    net_host_move(w.lab.network, w.b, NET_PUBLIC_REALM, lab_ip("192.0.2.2")); /* nobody is left */
    g_assert_cmpint(nat_world_in(&w, w.s1, nat_world_s1(7), lab_addr(BOX, 6000)), ==, NET_DROP_NO_ROUTE);
    lab_close(&w.lab);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/whereabouts/reboot", a_reboot_loses_the_mappings);
    g_test_add_func("/net/whereabouts/reboot-firewall", a_reboot_loses_the_firewalls_state);
    g_test_add_func("/net/whereabouts/external", a_new_external_address_replaces_the_old);
    g_test_add_func("/net/whereabouts/external-in-flight", packets_on_their_way_to_the_old_address_are_lost);
    g_test_add_func("/net/whereabouts/external-pool", pools_and_inner_boxes_move);
    g_test_add_func("/net/whereabouts/roam", a_host_roams);
    g_test_add_func("/net/whereabouts/free-address", an_address_is_free_when_its_host_has_left);
    g_test_add_func("/net/whereabouts/roam-in-flight", packets_on_their_way_miss_a_host_that_moves);
    g_test_add_func("/net/whereabouts/first-host-leaves", a_site_outlives_its_first_host);
    return g_test_run();
}
