/* net_private.h - the network's own structs, shared by net.c (who is there) and path.c (who goes where).
 *
 * Private to sim/net. */
#ifndef NET_PRIVATE_H
#define NET_PRIVATE_H

#include <glib.h>

#include "sim/net/address.h"
#include "sim/net/firewall_state.h"
#include "sim/net/nat_box.h"
#include "sim/net/net.h"
#include "sim/net/pool.h"

typedef struct net_host {
    const char *name;
    uint32_t ip;
    net_realm realm;
    net_link_options link;
    net_link_direction up, down;
    net_firewall *firewall; /* NULL: none */
    uint64_t bytes;         /* above IP, sent and delivered */
    bool is_up;
} net_host;

/* A realm and the box above it. */
typedef struct net_site {
    const char *name;
    net_realm parent;
    uint32_t n_hosts;       /* in it and in the realms below */
    sim_host first_host;    /* stands for the site in drawings and where no host is known yet */
    net_firewall *firewall; /* NULL: none */
    net_nat_box nat;        /* nat.options.name NULL: a router */
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
    net_nat_table nat;
    net_firewall_flows flows;
    net_pool pool;
    uint64_t serial;
    net_stats stats;
    uint64_t seed;
    uint32_t replication;
    uint32_t n_firewalls;
    GStringChunk *names;
    size_t names_bytes;
};

/* The events of a packet's life, in path.c; ctx is the network, arg the flight. */
void net_path_uplink_end(void *ctx, void *arg, pl_time now);
void net_path_arrival(void *ctx, void *arg, pl_time now);
void net_path_downlink_end(void *ctx, void *arg, pl_time now);

static inline net_host *net_host_at(const net *network, sim_host host)
{
    g_assert(host < network->hosts.used);
    return net_slab_at(&network->hosts, host + 1);
}

static inline net_site *net_site_at(const net *network, net_realm realm)
{
    return net_slab_at(&network->sites, realm);
}

#endif
