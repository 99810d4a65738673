/* route.h - what the public realm was asked before: who takes a packet, and how far away that is.
 *
 * Private to sim/net.  An answer depends on the host that sends and on the address alone where one host stands
 * behind that address, as long as nobody comes, goes or moves.  One slot of 16 bytes then stands for the address
 * table, the record of the site and the latency policy; a slot that other pairs have taken costs a second look
 * at those.  Whoever comes, goes or moves makes all of it void. */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>

#include "core/types.h"
#include "sim/net/store/address.h"
#include "sim/net/store/slab.h"

typedef struct net_route {
    uint32_t near; /* the host that sends + 1; 0 = empty */
    uint32_t ip;
    net_owner owner;
    uint32_t latency; /* ns; longer ones are not kept */
} net_route;

#define NET_ROUTES_SET 4u

typedef struct net_routes {
    net_route *slots; /* NULL: void */
    uint32_t mask;
} net_routes;

void net_routes_clear(net_routes *routes);
/* Makes room for that many hosts if the answers are void. */
void net_routes_ready(net_routes *routes, uint32_t n_hosts);
size_t net_routes_memory(const net_routes *routes);

/* The four slots, in one cache line, one of which has the answer or will have it.  Ready routes only. */
static inline net_route *net_routes_set(const net_routes *routes, uint32_t near, uint32_t ip)
{
    return &routes->slots[net_mix((uint64_t)near << 32 | ip, 0) & routes->mask & ~(NET_ROUTES_SET - 1)];
}

/* The answer, NULL if none is kept. */
static inline const net_route *net_routes_find(const net_routes *routes, uint32_t near, uint32_t ip)
{
    const net_route *set = net_routes_set(routes, near, ip);
    for (uint32_t i = 0; i < NET_ROUTES_SET; i++)
        if (set[i].near == near + 1 && set[i].ip == ip)
            return &set[i];
    return NULL;
}

/* Keeps an answer, in place of the oldest of its set. */
void net_routes_keep(net_routes *routes, const net_route *route);

#endif
