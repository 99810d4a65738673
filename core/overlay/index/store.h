/* store.h - entries by slot and name: at most so many in all and in one slot, the newest of each user, none
 * beyond its time.
 *
 * A slot's entries stand in one array sorted by name, so that whoever walks them does so in an order that
 * everybody can repeat.  Entries are judged by who puts them in. */
#ifndef PL_OVERLAY_INDEX_STORE_H
#define PL_OVERLAY_INDEX_STORE_H

#include <glib.h>

#include "core/types.h"

typedef struct pl_stored_entry {
    int64_t stamp, expires; /* Unix milliseconds */
    uint32_t until;         /* Unix seconds: what says online counts so far; 0 = without end (standing.c) */
    bool is_told;           /* its own supernode said that it has ended */
    uint16_t len;
    uint8_t name_len;
    uint8_t bytes[]; /* name, then the encoded entry */
} pl_stored_entry;

static inline const uint8_t *pl_stored_entry_bytes(const pl_stored_entry *stored)
{
    return stored->bytes + stored->name_len;
}

typedef struct pl_bucket {
    uint32_t slot;
    uint32_t count, capacity;
    pl_stored_entry **entries; /* sorted by name */
} pl_bucket;

typedef struct pl_store {
    GArray *buckets; /* pl_bucket, sorted by slot, none empty; NULL while there is none */
    size_t count;
    size_t max, slot_max;
} pl_store;

/* An entry as it is put: borrowed. */
typedef struct pl_store_item {
    uint32_t slot;
    const char *name;
    int64_t stamp, expires;
    const uint8_t *bytes;
    size_t len;
} pl_store_item;

void pl_store_init(pl_store *store, size_t max, size_t slot_max);
void pl_store_clear(pl_store *store);
/* Takes a copy: 1 if it is kept now, 0 if the very same stamp is there already, PL_ERR_REPLAYED if a newer
 * one is, and PL_ERR_LIMIT if there is no room for another name. */
int pl_store_put(pl_store *store, const pl_store_item *item);
/* Whether another name of this slot would be kept. */
bool pl_store_has_room(const pl_store *store, uint32_t slot);
/* NULL if there is none, or it is beyond its time.  Borrowed until the next change. */
pl_stored_entry *pl_store_find(const pl_store *store, uint32_t slot, const char *name, int64_t unix_ms);
void pl_store_remove(pl_store *store, uint32_t slot, const char *name);
/* Forgets what is beyond its time. */
void pl_store_age(pl_store *store, int64_t unix_ms);
/* Forgets a slot whole. */
void pl_store_drop(pl_store *store, uint32_t slot);
/* Forgets the entry whose time is up first, to make room for another. */
void pl_store_drop_oldest(pl_store *store);
size_t pl_store_buckets(const pl_store *store);
const pl_bucket *pl_store_bucket(const pl_store *store, size_t i);

#endif
