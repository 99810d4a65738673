/* latency_constant.c - the same delay between any two hosts. */
#include <glib.h>

#include "sim/net/latency/latency_policies.h"

struct net_latency {
    pl_span delay;
};

static net_latency *create(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error)
{
    (void)seed;
    (void)replication;
    if (options->constant_ns < 0) {
        *ret_error = g_strdup("the constant latency is negative; give 0 or more");
        return NULL;
    }
    net_latency *latency = g_new(net_latency, 1);
    latency->delay = options->constant_ns;
    return latency;
}

static void destroy(net_latency *latency)
{
    g_free(latency);
}

static void place(net_latency *latency, uint32_t host, const char *name, net_random *random)
{
    (void)latency;
    (void)host;
    (void)name;
    (void)random;
}

static pl_span between(const net_latency *latency, uint32_t a, uint32_t b)
{
    (void)a;
    (void)b;
    return latency->delay;
}

static size_t memory(const net_latency *latency)
{
    return sizeof *latency;
}

const net_latency_policy net_latency_constant = {
    .name = "constant",
    .help = "the same one-way delay between any two hosts",
    .create = create,
    .destroy = destroy,
    .place = place,
    .between = between,
    .memory = memory,
};
