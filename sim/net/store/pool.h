/* pool.h - packets on their way, in buffers that are used again.
 *
 * Private to sim/net.  A flight is one packet with a copy of its payload and the place where it is. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "sim/memory.h"
#include "sim/net/store/address.h"
#include "sim/net/packet.h"

#define NET_POOL_CLASSES 4

/* The first line is all that a datagram needs at its arrival; at its departure it needs the fields behind the
 * packet too, and its payload only at the two ends. */
typedef struct net_flight {
    _Alignas(SIM_MEMORY_LINE) net_owner owner; /* who takes it at its next arrival */
    uint32_t realm;          /* where it is */
    uint32_t near;           /* host at whose place it set off, for latency */
    uint32_t turned;         /* the realm whose box turned it back (hairpin), 0 = none */
    net_packet packet;       /* its payload is `bytes` */
    union {
        struct net_flight *next; /* in the pool's list */
        pl_addr met_destination; /* what it was addressed to in met_realm */
    };
    uint32_t met_realm;      /* where it was handed over from the way up to the way down */
    uint32_t from;           /* host whose stack sent it; NET_NO_HOST if a box made it */
    uint32_t size_class;
    uint8_t bytes[];
} net_flight;

typedef struct net_pool {
    net_flight *free[NET_POOL_CLASSES];
    sim_blocks memory;
} net_pool;

void net_pool_clear(net_pool *pool);
/* Gives a flight with a copy of the packet and its payload; the other fields are unset. */
net_flight *net_pool_take(net_pool *pool, const net_packet *packet);
/* Bytes of payload that a flight's buffer can hold. */
uint32_t net_pool_room(const net_flight *flight);
void net_pool_give(net_pool *pool, net_flight *flight);

#endif
