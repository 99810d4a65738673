/* nat_world.c - one home behind a NAT box. */
#include "tests/support/nat_world.h"

#include <glib.h>

void nat_world_open_with(nat_world *w, const net_nat_options *nat)
{
    lab_open(&w->lab, 0);
    w->home = lab_realm_with(&w->lab, "box", NET_PUBLIC_REALM, BOX, nat, "none");
    w->a = lab_host(&w->lab, "a", w->home, "10.0.0.1");
    w->b = lab_host(&w->lab, "b", w->home, "10.0.0.2");
    w->s1 = lab_host(&w->lab, "s1", NET_PUBLIC_REALM, "198.51.100.1");
    w->s2 = lab_host(&w->lab, "s2", NET_PUBLIC_REALM, "198.51.100.2");
}

void nat_world_open(nat_world *w, const char *preset)
{
    nat_world_open_with(w, net_nat_preset(preset));
}

pl_addr nat_world_a(uint16_t port)
{
    return lab_addr("10.0.0.1", port);
}

pl_addr nat_world_s1(uint16_t port)
{
    return lab_addr("198.51.100.1", port);
}

pl_addr nat_world_s2(uint16_t port)
{
    return lab_addr("198.51.100.2", port);
}

pl_addr nat_world_out(nat_world *w, sim_host host, pl_addr from, pl_addr to)
{
    const fake_delivery *d = lab_pass(&w->lab, host, lab_udp(from, to));
    g_assert_nonnull(d);
    g_assert_true(pl_addr_equal(d->packet.destination, to));
    return d->packet.source;
}

net_drop nat_world_in(nat_world *w, sim_host server, pl_addr from, pl_addr to)
{
    const fake_delivery *d = lab_pass(&w->lab, server, lab_udp(from, to));
    g_assert_true((d == NULL) == (w->lab.last_drop != NET_DROP_NONE));
    return w->lab.last_drop;
}

net_drop nat_world_tcp(nat_world *w, sim_host host, pl_addr from, pl_addr to, uint8_t flags)
{
    lab_pass(&w->lab, host, lab_tcp(from, to, flags));
    return w->lab.last_drop;
}
