/* nat_world.h - one home with two hosts behind a NAT box, and two servers outside.
 *
 *   a 10.0.0.1 ┐                     ┌ s1 198.51.100.1
 *              ├ box 203.0.113.1 ────┤
 *   b 10.0.0.2 ┘                     └ s2 198.51.100.2
 */
#ifndef TESTS_NAT_WORLD_H
#define TESTS_NAT_WORLD_H

#include "tests/support/lab.h"

#define BOX "203.0.113.1"

typedef struct nat_world {
    lab lab;
    net_realm home;
    sim_host a, b, s1, s2;
} nat_world;

void nat_world_open(nat_world *w, const char *preset);
void nat_world_open_with(nat_world *w, const net_nat_options *nat);

/* Endpoints of a, s1 and s2. */
pl_addr nat_world_a(uint16_t port);
pl_addr nat_world_s1(uint16_t port);
pl_addr nat_world_s2(uint16_t port);

/* Sends UDP out and returns the source that the server sees. */
pl_addr nat_world_out(nat_world *w, sim_host host, pl_addr from, pl_addr to);
/* Sends UDP in; the cause of its drop, NET_DROP_NONE if it came through. */
net_drop nat_world_in(nat_world *w, sim_host server, pl_addr from, pl_addr to);
/* Sends one TCP segment either way; the cause of its drop, NET_DROP_NONE if it came through. */
net_drop nat_world_tcp(nat_world *w, sim_host host, pl_addr from, pl_addr to, uint8_t flags);

#endif
