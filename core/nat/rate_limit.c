#include "core/nat/rate_limit.h"

#include <glib.h>

void pl_rate_limit_init(pl_rate_limit *limit, int64_t per_second, uint32_t salt)
{
    g_assert(per_second >= 1 && per_second <= PL_SECOND / PL_RATE_LIMIT_SOURCES);
    *limit = (pl_rate_limit){.per_second = per_second, .salt = salt};
}

/* The instant at which a bucket is full again once one more token is taken, or PL_NEVER if it has none.
 * A bucket that fills within a second is not empty. */
static pl_time after_taking(pl_time full_at, int64_t per_second, pl_time now)
{
    pl_time next = (full_at > now ? full_at : now) + PL_SECOND / per_second;
    return next - now <= PL_SECOND ? next : PL_NEVER;
}

/* The bucket of a source: its own, else the one of its set that is full, or the nearest to it.  A bucket
 * that is taken over keeps its level, so that nobody gains by being forgotten. */
static pl_rate_limit_bucket *bucket_of(pl_rate_limit *limit, uint32_t ip)
{
    uint32_t hash = (ip ^ limit->salt) * 0x9E3779B1u; /* Knuth: the upper half is well mixed */
    pl_rate_limit_bucket *set = limit->sets[(hash >> 16) % PL_RATE_LIMIT_SETS], *best = &set[0];
    for (size_t i = 0; i < PL_RATE_LIMIT_PLACES; i++) {
        if (set[i].ip == ip)
            return &set[i];
        if (set[i].full_at < best->full_at)
            best = &set[i];
    }
    best->ip = ip;
    return best;
}

int pl_rate_limit_take(pl_rate_limit *limit, uint32_t ip, pl_time now)
{
    pl_time all = after_taking(limit->all_full_at, limit->per_second * PL_RATE_LIMIT_SOURCES, now);
    if (all == PL_NEVER)
        return PL_ERR_LIMIT;
    pl_rate_limit_bucket *bucket = bucket_of(limit, ip);
    pl_time own = after_taking(bucket->full_at, limit->per_second, now);
    if (own == PL_NEVER)
        return PL_ERR_LIMIT;
    limit->all_full_at = all;
    bucket->full_at = own;
    return 0;
}

int pl_rate_limit_take_one(pl_time *full_at, int64_t per_second, pl_time now)
{
    pl_time next = after_taking(*full_at, per_second, now);
    if (next == PL_NEVER)
        return PL_ERR_LIMIT;
    *full_at = next;
    return 0;
}
