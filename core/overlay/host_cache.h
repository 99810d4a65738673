/* host_cache.h - the supernodes that a node knows: at most 200 address:port entries with freshness.
 *
 * Sorted by address in one array that grows with use (BS-03: 200 entries; 2.4 KB).  When it is full, a
 * fresher entry takes the place of the stalest.  Who will not look at it for long folds it: the registry has it too, and
 * of 10⁵ peers nearly all are idle. */
#ifndef PL_OVERLAY_HOST_CACHE_H
#define PL_OVERLAY_HOST_CACHE_H

#include "core/context.h"
#include "core/wire/message.h"

typedef struct pl_host_cache {
    pl_cache_entry *entries; /* sorted by address; NULL while it is empty or folded */
    uint16_t count, capacity;
    uint32_t seen_least; /* no entry was seen before: where the search for the stalest may end */
} pl_host_cache;

void pl_host_cache_clear(pl_host_cache *cache);
/* Adds an entry or freshens the one with its address; at most `entries_max` are held. */
void pl_host_cache_add(pl_host_cache *cache, pl_cache_entry entry, size_t entries_max);
/* Forgets the entry with this address, if there is one. */
void pl_host_cache_remove(pl_host_cache *cache, pl_addr addr);
/* Draws at most `max` different entries, in random order; returns how many.  `except` is left out. */
size_t pl_host_cache_sample(const pl_host_cache *cache, const pl_context *context, pl_addr except,
                            pl_cache_entry *ret_entries, size_t max);
/* Keeps the cache in the registry under "cache", or loads it; a damaged value loads as empty.  Nothing was
 * seen later than now: entries from the future would never make room for others.  `keep` as the port's. */
int pl_host_cache_keep(const pl_host_cache *cache, const pl_context *context);
void pl_host_cache_load(pl_host_cache *cache, const pl_context *context, pl_time now);
/* Gives its memory back, all but the count, until it is unfolded: right after a `keep` that succeeded.  Nothing but the
 * count may be looked at meanwhile. */
void pl_host_cache_fold(pl_host_cache *cache);
/* Loads it from the registry again; a no-op unless it is folded. */
void pl_host_cache_unfold(pl_host_cache *cache, const pl_context *context, pl_time now);

#endif
