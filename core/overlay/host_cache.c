#include "core/overlay/host_cache.h"

#include "core/wire/buffer.h"

#include <glib.h>
#include <string.h>

#define REGISTRY_KEY "cache"
#define ENTRY_BYTES  10 /* address, port, last seen: as in the message */

void pl_host_cache_clear(pl_host_cache *cache)
{
    g_free(cache->entries);
    *cache = (pl_host_cache){0};
}

static bool is_folded(const pl_host_cache *cache)
{
    return cache->count > 0 && !cache->entries;
}

/* The place of `addr`, or where it would go. */
static size_t find(const pl_host_cache *cache, pl_addr addr)
{
    size_t low = 0, high = cache->count;
    g_assert(!is_folded(cache));
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pl_addr_compare(cache->entries[middle].addr, addr) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds(const pl_host_cache *cache, size_t place, pl_addr addr)
{
    return place < cache->count && pl_addr_equal(cache->entries[place].addr, addr);
}

static void remove_at(pl_host_cache *cache, size_t place)
{
    cache->count--;
    memmove(cache->entries + place, cache->entries + place + 1,
            (cache->count - place) * sizeof cache->entries[0]);
}

/* The first of those seen longest ago. */
static size_t stalest(pl_host_cache *cache)
{
    size_t place = 0;
    for (size_t i = 0; i < cache->count && cache->entries[place].seen > cache->seen_least; i++)
        if (cache->entries[i].seen < cache->entries[place].seen)
            place = i;
    cache->seen_least = cache->entries[place].seen;
    return place;
}

static void insert_at(pl_host_cache *cache, size_t place, pl_cache_entry entry)
{
    if (cache->count == cache->capacity) {
        cache->capacity = (uint16_t)(cache->capacity ? cache->capacity * 2 : 8);
        cache->entries = g_renew(pl_cache_entry, cache->entries, cache->capacity);
    }
    memmove(cache->entries + place + 1, cache->entries + place,
            (cache->count - place) * sizeof cache->entries[0]);
    cache->entries[place] = entry;
    cache->seen_least = cache->count ? MIN(cache->seen_least, entry.seen) : entry.seen;
    cache->count++;
}

void pl_host_cache_add(pl_host_cache *cache, pl_cache_entry entry, size_t entries_max)
{
    size_t place = find(cache, entry.addr);
    if (holds(cache, place, entry.addr)) {
        cache->entries[place].seen = MAX(cache->entries[place].seen, entry.seen);
        return;
    }
    if (cache->count >= entries_max) {
        size_t victim = stalest(cache);
        if (cache->entries[victim].seen >= entry.seen)
            return;
        remove_at(cache, victim);
        place = find(cache, entry.addr);
    }
    insert_at(cache, place, entry);
}

void pl_host_cache_remove(pl_host_cache *cache, pl_addr addr)
{
    size_t place = find(cache, addr);
    if (holds(cache, place, addr))
        remove_at(cache, place);
}

size_t pl_host_cache_sample(const pl_host_cache *cache, const pl_context *context, pl_addr except,
                            pl_cache_entry *ret_entries, size_t max)
{
    pl_cache_entry pool[PL_MESSAGE_ENTRIES_MAX];
    size_t left = 0;
    g_assert(!is_folded(cache));
    for (size_t i = 0; i < cache->count; i++)
        if (!pl_addr_equal(cache->entries[i].addr, except))
            pool[left++] = cache->entries[i];
    size_t n = MIN(max, left);
    uint16_t draws[PL_MESSAGE_ENTRIES_MAX];
    pl_context_random(context, draws, n * sizeof draws[0]);
    /* A 16-bit draw modulo at most 200 favours a place by at most 0.3 %: harmless for spreading load. */
    for (size_t i = 0; i < n; i++, left--) {
        size_t pick = draws[i] % left;
        ret_entries[i] = pool[pick];
        pool[pick] = pool[left - 1];
    }
    return n;
}

int pl_host_cache_keep(const pl_host_cache *cache, const pl_context *context)
{
    g_assert(!is_folded(cache));
    uint8_t bytes[PL_MESSAGE_ENTRIES_MAX * ENTRY_BYTES];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    for (size_t i = 0; i < cache->count; i++) {
        pl_write_addr(&writer, cache->entries[i].addr);
        pl_write_u32(&writer, cache->entries[i].seen);
    }
    return context->port.ops->keep(context->port.ctx, REGISTRY_KEY, bytes, writer.len);
}

void pl_host_cache_load(pl_host_cache *cache, const pl_context *context, pl_time now)
{
    uint8_t bytes[PL_MESSAGE_ENTRIES_MAX * ENTRY_BYTES];
    size_t len = context->port.ops->load(context->port.ctx, REGISTRY_KEY, bytes, sizeof bytes);
    uint32_t unix_now = (uint32_t)pl_context_unix(context, now);
    pl_host_cache_clear(cache);
    if (len == 0 || len > sizeof bytes || len % ENTRY_BYTES != 0)
        return;
    pl_reader reader;
    pl_reader_init(&reader, bytes, len);
    cache->capacity = (uint16_t)(len / ENTRY_BYTES);
    cache->entries = g_new(pl_cache_entry, cache->capacity);
    while (pl_reader_left(&reader) > 0) {
        pl_cache_entry entry = {.addr = pl_read_addr(&reader)};
        uint32_t seen = pl_read_u32(&reader); /* apart: MIN evaluates twice */
        entry.seen = MIN(seen, unix_now);
        if (entry.addr.ip && entry.addr.port)
            pl_host_cache_add(cache, entry, (size_t)context->config->cache_entries_max);
    }
}

void pl_host_cache_fold(pl_host_cache *cache)
{
    g_clear_pointer(&cache->entries, g_free);
    cache->capacity = 0;
}

void pl_host_cache_unfold(pl_host_cache *cache, const pl_context *context, pl_time now)
{
    if (is_folded(cache))
        pl_host_cache_load(cache, context, now);
}
