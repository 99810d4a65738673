/* latency.h - one-way latency of the path between two hosts, beyond their access links: a policy.
 *
 * A policy is a table of functions with a name and a help line; a new one is one small file. */
#ifndef NET_LATENCY_H
#define NET_LATENCY_H

#include "core/types.h"
#include "sim/net/random.h"

typedef struct net_latency net_latency;

typedef struct net_latency_options {
    const char *policy;    /* "constant", "coordinates", "regions", "matrix", "legs"; NULL = constant */
    pl_span constant_ns;   /* constant */
    pl_span scale_ns;      /* coordinates: one-way delay across the unit square's side */
    pl_span floor_ns;      /* coordinates: least one-way delay */
    double noise;          /* coordinates: sigma of a lognormal factor per pair: triangle violations */
    const char *file;      /* regions, matrix: a file of one-way delays (format in latency.c's header) */
    pl_span peers_ns;      /* legs: between two peers */
    pl_span others_ns;     /* legs: between any other two hosts */
    /* legs: whether a host that is being placed is a peer; whoever builds the world knows.  NULL: none is. */
    bool (*is_peer)(const void *ctx, uint32_t host);
    const void *is_peer_ctx;
} net_latency_options;

typedef struct net_latency_policy {
    const char *name;
    const char *help;
    /* NULL and *ret_error (g_free) when a file is missing or malformed. */
    net_latency *(*create)(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error);
    void (*destroy)(net_latency *latency);
    /* Places a host; hosts come in dense order.  Stream `random` is the host's own. */
    void (*place)(net_latency *latency, uint32_t host, const char *name, net_random *random);
    /* One-way delay from a to b, fixed for a pair in a run, symmetric. */
    pl_span (*between)(const net_latency *latency, uint32_t a, uint32_t b);
    /* Bytes of memory that the policy holds. */
    size_t (*memory)(const net_latency *latency);
} net_latency_policy;

const net_latency_policy *net_latency_find(const char *name);
const net_latency_policy *const *net_latency_policies(void); /* NULL-terminated */

#endif
