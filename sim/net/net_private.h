/* net_private.h - the network's own structs, shared by net.c (who is there) and path.c (who goes where).
 *
 * Private to sim/net. */
#ifndef NET_PRIVATE_H
#define NET_PRIVATE_H

#include <glib.h>

#include "sim/net/store/address.h"
#include "sim/net/firewall/firewall_state.h"
#include "sim/net/nat/nat_box.h"
#include "sim/net/net.h"
#include "sim/net/store/kinds.h"
#include "sim/net/store/pool.h"
#include "sim/net/store/route.h"

/* What a packet must know of a host before it looks any further. */
typedef struct net_host_state {
    uint32_t link : 26;   /* number among the network's kinds of links */
    uint32_t counted : 1; /* its packets are counted, too */
    uint32_t side : 2;    /* net_side */
    uint32_t moved : 1;   /* has had another address: what arrives may be for that one */
    uint32_t is_up : 1;
    uint32_t guarded : 1; /* has a firewall */
} net_host_state;

/* Three cache lines: what a packet touches on its way out, what it touches on its way in, the rest.  The state
 * is in both of the first; net_host_set_state keeps them the same. */
typedef struct net_host {
    _Alignas(SIM_MEMORY_LINE) net_link_direction up;
    net_realm realm;
    net_host_state out_state;
    _Alignas(SIM_MEMORY_LINE) net_link_direction down;
    net_host_state in_state;
    uint32_t bytes;         /* above IP, sent and delivered: the lower half … */
    _Alignas(SIM_MEMORY_LINE) const char *name;
    net_firewall *firewall; /* NULL: none */
    uint32_t ip;
    uint32_t bytes_high;    /* … and the upper */
    uint64_t packets;       /* sent and delivered, if they are counted */
} net_host;

/* A realm and the box above it. */
typedef struct net_site {
    _Alignas(SIM_MEMORY_LINE) net_firewall *firewall; /* NULL: none */
    net_realm parent;
    uint32_t n_hosts;       /* in it and in the realms below */
    sim_host first_host;    /* stands for the site in drawings and where no host is known yet */
    uint32_t low, high;     /* every address known in the realm is within; low > high: none is */
    net_owner last;         /* who has the address that was added last: the only one if low = high */
    net_nat_box nat;        /* nat.kind->options.name NULL: a router */
    const char *name;
    bool isolated;          /* those in the realm do not reach each other directly */
} net_site;

struct net {
    const sim_engine_ops *ops;
    sim_engine *engine;
    net_observer_fn observer;
    void *observer_ctx;
    const net_latency_policy *policy;
    net_latency *latency;
    net_addresses addresses;
    net_slab hosts; /* host h is record h + 1 */
    net_slab sites; /* realm r is record r; the public realm has none */
    net_routes routes;
    net_kinds links, boxes; /* net_link_options, net_nat_kind */
    net_nat_table nat;
    net_firewall_flows flows;
    net_pool pool;
    uint64_t serial;
    net_stats stats;
    uint64_t seed;
    uint32_t replication;
    uint32_t n_firewalls;
    GHashTable *passages; /* realm → net_passages, of boxes that fragments have crossed; NULL: none */
    struct net_reassembly *reassembly; /* NULL: nobody got any */
    net_private_destinations private_destinations;
    net_ttl_answer ttl;
    GStringChunk *names;
    size_t names_bytes;
};

/* The events of a packet's life, in path.c; ctx is the network, arg the flight. */
void net_path_uplink_end(void *ctx, void *arg, pl_time now);
void net_path_arrival(void *ctx, void *arg, pl_time now);
void net_path_downlink_end(void *ctx, void *arg, pl_time now);

/* path_fragment.c: a box loses what it knows of fragments; what it held is gone. */
void net_path_forget_fragments(net *network, net_realm realm, pl_time now);
/* path_fragment.c: frees all that is known of fragments. */
void net_path_fragments_clear(net *network);

static inline net_host *net_host_at(const net *network, sim_host host)
{
    return net_slab_at(&network->hosts, host + 1);
}

static inline const net_link_options *net_link_of(const net *network, net_host_state state)
{
    return net_kinds_at(&network->links, state.link);
}

static inline void net_host_set_state(net_host *host, net_host_state state)
{
    host->out_state = state;
    host->in_state = state;
}

/* Nothing else that a packet needs is in the line of the upper half and of the packets, which is touched for a carry and
 * for hosts whose packets somebody wants to know only. */
static inline void net_host_count(net_host *host, net_host_state state, uint32_t bytes)
{
    host->bytes += bytes;
    if (G_UNLIKELY(host->bytes < bytes))
        host->bytes_high++;
    if (G_UNLIKELY(state.counted))
        host->packets++;
}

static inline net_site *net_site_at(const net *network, net_realm realm)
{
    return net_slab_at(&network->sites, realm);
}

/* Who has an address in a realm.  Most private realms hold one address, and the site knows it. */
static inline net_owner net_owner_of(const net *network, net_realm realm, uint32_t ip)
{
    if (realm != NET_PUBLIC_REALM) {
        const net_site *site = net_site_at(network, realm);
        if (ip < site->low || ip > site->high)
            return NET_OWNER_NONE;
        if (site->low == site->high)
            return site->last;
    }
    return net_addresses_find(&network->addresses, realm, ip);
}

#endif
