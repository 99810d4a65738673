/* rate_limit.h - how often a stranger is answered: a token bucket a source in a small fixed table, and one
 * for all together.
 *
 * A bucket holds one second's worth, so in any span of s seconds a source gets at most rate × (s + 1)
 * answers.  Nothing is allocated, and nothing a stranger does makes the table grow: sources that find no
 * free place share the emptiest bucket of their set. */
#ifndef PL_NAT_RATE_LIMIT_H
#define PL_NAT_RATE_LIMIT_H

#include "core/types.h"

#define PL_RATE_LIMIT_SETS 64    /* chosen: with 4 places each, 4 KB; hundreds of sources a second apart */
#define PL_RATE_LIMIT_PLACES 4   /* chosen: see there */
#define PL_RATE_LIMIT_SOURCES 50 /* chosen: all together get what 50 sources at their full rate get */

typedef struct pl_rate_limit_bucket {
    uint32_t ip;
    pl_time full_at; /* the bucket is full (and free for another source) from this instant on */
} pl_rate_limit_bucket;

typedef struct pl_rate_limit {
    int64_t per_second;
    uint32_t salt; /* secret, so that nobody chooses whom to share a set with */
    pl_time all_full_at;
    pl_rate_limit_bucket sets[PL_RATE_LIMIT_SETS][PL_RATE_LIMIT_PLACES];
} pl_rate_limit;

/* Takes one token of a single bucket that one second's worth fills: 0, or PL_ERR_LIMIT and nothing is taken.
 * `*full_at` begins as 0. */
int pl_rate_limit_take_one(pl_time *full_at, int64_t per_second, pl_time now);

/* `per_second` ≥ 1. */
void pl_rate_limit_init(pl_rate_limit *limit, int64_t per_second, uint32_t salt);
/* Takes one token of `ip` and one of all: 0, or PL_ERR_LIMIT and nothing is taken. */
int pl_rate_limit_take(pl_rate_limit *limit, uint32_t ip, pl_time now);

#endif
