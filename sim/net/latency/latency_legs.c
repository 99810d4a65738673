/* latency_legs.c - one delay between two peers, another between any other two hosts.
 *
 * A peer that is far from its peers and near its servers: what two ends send to each other then crosses in
 * flight, although what a server tells them comes at nearly one time. */
#include <glib.h>

#include "sim/net/latency/latency_policies.h"

struct net_latency {
    net_latency_options options;
    GByteArray *is_peer; /* of each host */
};

static net_latency *create(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error)
{
    (void)seed;
    (void)replication;
    if (options->peers_ns < 0 || options->others_ns < 0) {
        *ret_error = g_strdup("a leg's latency is negative; give 0 or more");
        return NULL;
    }
    net_latency *latency = g_new(net_latency, 1);
    *latency = (net_latency){.options = *options, .is_peer = g_byte_array_new()};
    return latency;
}

static void destroy(net_latency *latency)
{
    g_byte_array_free(latency->is_peer, TRUE);
    g_free(latency);
}

static void place(net_latency *latency, uint32_t host, const char *name, net_random *random)
{
    (void)name;
    (void)random;
    g_assert(host == latency->is_peer->len);
    const net_latency_options *options = &latency->options;
    const guint8 is_peer = options->is_peer && options->is_peer(options->is_peer_ctx, host);
    g_byte_array_append(latency->is_peer, &is_peer, 1);
}

static pl_span between(const net_latency *latency, uint32_t a, uint32_t b)
{
    const bool are_peers = latency->is_peer->data[a] && latency->is_peer->data[b];
    return are_peers ? latency->options.peers_ns : latency->options.others_ns;
}

static size_t memory(const net_latency *latency)
{
    return sizeof *latency + latency->is_peer->len;
}

const net_latency_policy net_latency_legs = {
    .name = "legs",
    .help = "one delay between two peers, another between any other two hosts",
    .create = create,
    .destroy = destroy,
    .place = place,
    .between = between,
    .memory = memory,
};
