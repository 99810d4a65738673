/* warm.c - what a packet will touch, line by line.  A wrong guess costs a cache line and nothing else: the
 * mapping and the session that were used last are taken for those that will be found. */
#include "sim/net/warm.h"

#include "sim/net/net_private.h"

/* gcc 12 takes a function that only prefetches for one without effect, and leaves out the calls of it; what is
 * inlined stays. */
#define INLINE __attribute__((always_inline)) static inline

/* chosen: of a payload, what two cache lines hold: a voice packet. */
#define DATAGRAM_BYTES 128u

INLINE void fetch(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += SIM_MEMORY_LINE)
        __builtin_prefetch((const char *)from + at, 1);
}

/* A flight's first line, and from the fields behind the packet on. */
INLINE void fetch_ends(const net_flight *flight, size_t bytes)
{
    fetch(flight, 1);
    fetch(&flight->next, bytes);
}

/* The box's record is there: its mapping, then that one's session. */
INLINE void warm_box(const net *network, const net_nat_box *box, unsigned stage)
{
    if (!box->recent)
        return;
    const net_mapping *mapping = net_nat_table_mapping(&network->nat, box->recent);
    if (stage == 2)
        fetch(mapping, 1);
    else if (mapping->recent)
        fetch(net_nat_table_session_at(&network->nat, mapping->recent), 1);
}

INLINE void warm_route(const net *network, sim_host near, uint32_t ip)
{
    if (network->routes.slots)
        fetch(net_routes_set(&network->routes, near, ip), 1);
}

/* The packet is about to leave its uplink: its host, the box above, the route. */
INLINE void warm_out(const net *network, const net_flight *flight, unsigned stage)
{
    if (stage == 1) {
        fetch(&net_host_at(network, flight->near)->up, 1);
        warm_route(network, flight->near, flight->packet.destination.ip);
        if (flight->realm)
            fetch(net_site_at(network, flight->realm), 1);
    } else if (flight->realm) {
        warm_box(network, &net_site_at(network, flight->realm)->nat, stage);
    }
}

/* The packet is about to arrive: the box, and the host behind it. */
INLINE void warm_in(const net *network, const net_flight *flight, unsigned stage)
{
    net_owner owner = flight->owner;
    if (owner & NET_OWNER_BOX) {
        const net_site *site = net_site_at(network, owner & ~NET_OWNER_BOX);
        if (stage == 1) {
            fetch(site, 1);
            return;
        }
        warm_box(network, &site->nat, stage);
        owner = site->last;
    }
    if (stage <= 2 && owner < network->hosts.used)
        fetch(&net_host_at(network, owner)->down, 1);
}

/* The packet is about to reach its host's stack, which may well send an answer. */
INLINE void warm_down(const net *network, const net_flight *flight, unsigned stage)
{
    if (stage == 1) {
        fetch(net_host_at(network, flight->owner), 2 * SIM_MEMORY_LINE);
        warm_route(network, flight->owner, flight->packet.source.ip);
        if (flight->realm)
            fetch(net_site_at(network, flight->realm), 1);
    } else if (flight->realm) {
        warm_box(network, &net_site_at(network, flight->realm)->nat, stage);
    }
    if (stage <= 2 && network->ops->warm_host)
        network->ops->warm_host(network->engine, flight->owner, stage - 1);
}

void net_warm(sim_event_fn fn, void *ctx, const void *arg, unsigned stage)
{
    const net *network = ctx;
    const net_flight *flight = arg;
    if (fn == net_path_arrival) {
        if (stage == 0)
            fetch(flight, 1);
        else
            warm_in(network, flight, stage);
    } else if (fn == net_path_downlink_end) {
        if (stage == 0)
            fetch_ends(flight, DATAGRAM_BYTES);
        else
            warm_down(network, flight, stage);
    } else if (fn == net_path_uplink_end) {
        if (stage == 0)
            fetch_ends(flight, 1);
        else
            warm_out(network, flight, stage);
    }
}
