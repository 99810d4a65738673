/* link.c - an access link's virtual queue, its jitter and its loss. */
#include "sim/net/link.h"

#define BITS_PER_BYTE 8u
#define NS_PER_SECOND 1000000000u

__extension__ typedef unsigned __int128 wide; /* time × rate exceeds 64 bits on a slow, full link */

/* How long `bytes` take; rounded up, so that a link is never faster than its rate. */
static pl_span transmission(uint32_t bytes, uint64_t rate_bps)
{
    if (rate_bps == 0)
        return 0;
    uint64_t work = (uint64_t)bytes * BITS_PER_BYTE * NS_PER_SECOND;
    return (pl_span)(work / rate_bps + (work % rate_bps != 0));
}

/* Bytes that are sent within `wait`, rounded up. */
static uint64_t backlog_bytes(pl_span wait, uint64_t rate_bps)
{
    wide bits = (wide)(uint64_t)wait * rate_bps;
    wide per_byte = (wide)NS_PER_SECOND * BITS_PER_BYTE;
    return (uint64_t)((bits + per_byte - 1) / per_byte);
}

static bool queue_is_full(const net_link_options *options, uint64_t rate_bps, uint32_t bytes, pl_span wait)
{
    if (wait <= 0)
        return false;
    if (options->queue_ns && wait > options->queue_ns)
        return true;
    return options->queue_bytes && backlog_bytes(wait, rate_bps) + bytes > options->queue_bytes;
}

/* A certain or impossible outcome costs no draw. */
static bool chance(net_random *random, double probability)
{
    if (probability <= 0.0)
        return false;
    return probability >= 1.0 || net_random_unit(random) < probability;
}

static bool is_lost(net_link_direction *direction, const net_loss_options *loss)
{
    switch (loss->kind) {
    case NET_LOSS_NONE:
        return false;
    case NET_LOSS_INDEPENDENT:
        return chance(&direction->random, loss->probability);
    case NET_LOSS_GILBERT_ELLIOTT:
        if (chance(&direction->random, direction->bad ? loss->recovery : loss->probability))
            direction->bad = !direction->bad;
        return chance(&direction->random, direction->bad ? loss->loss_bad : loss->loss_good);
    }
    return false;
}

static pl_span propagation(net_link_direction *direction, const net_link_options *options)
{
    if (options->jitter_ns == 0)
        return options->delay_ns;
    double draw = net_random_normal(&direction->random) * (double)options->jitter_ns;
    pl_span delay = options->delay_ns + (pl_span)draw;
    return delay > 0 ? delay : 0;
}

net_link_fate net_link_submit(net_link_direction *direction, const net_link_options *options,
                              uint64_t rate_bps, uint32_t bytes, pl_time *ret_out, pl_time now)
{
    pl_time start = direction->free_at > now ? direction->free_at : now;
    if (queue_is_full(options, rate_bps, bytes, start - now))
        return NET_LINK_QUEUE_FULL;
    direction->free_at = start + transmission(bytes, rate_bps);
    if (is_lost(direction, &options->loss))
        return NET_LINK_LOST;
    pl_time out = direction->free_at + propagation(direction, options);
    if (options->reorder == NET_REORDER_NEVER && out < direction->last_out)
        out = direction->last_out;
    if (out > direction->last_out)
        direction->last_out = out;
    *ret_out = out;
    return NET_LINK_PASSED;
}
