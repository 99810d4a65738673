#include "core/overlay/index/store.h"

#include <string.h>

void pl_store_init(pl_store *store, size_t max, size_t slot_max)
{
    *store = (pl_store){.max = max, .slot_max = slot_max};
}

size_t pl_store_buckets(const pl_store *store)
{
    return store->buckets ? store->buckets->len : 0;
}

const pl_bucket *pl_store_bucket(const pl_store *store, size_t i)
{
    return &g_array_index(store->buckets, pl_bucket, i);
}

static pl_bucket *bucket_at(const pl_store *store, size_t i)
{
    return &g_array_index(store->buckets, pl_bucket, i);
}

static void remove_bucket(pl_store *store, size_t i)
{
    pl_bucket *bucket = bucket_at(store, i);
    for (uint32_t k = 0; k < bucket->count; k++)
        g_free(bucket->entries[k]);
    g_free(bucket->entries);
    g_array_remove_index(store->buckets, (guint)i);
    if (store->buckets->len == 0)
        g_clear_pointer(&store->buckets, g_array_unref);
}

void pl_store_clear(pl_store *store)
{
    while (store->buckets)
        remove_bucket(store, store->buckets->len - 1);
    store->count = 0;
}

/* The place of a slot, or where it would be. */
static size_t place_of_slot(const pl_store *store, uint32_t slot)
{
    size_t low = 0, high = pl_store_buckets(store);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pl_store_bucket(store, middle)->slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static pl_bucket *find_bucket(const pl_store *store, uint32_t slot)
{
    size_t place = place_of_slot(store, slot);
    if (place == pl_store_buckets(store) || pl_store_bucket(store, place)->slot != slot)
        return NULL;
    return bucket_at(store, place);
}

static pl_bucket *need_bucket(pl_store *store, uint32_t slot)
{
    if (!store->buckets)
        store->buckets = g_array_new(FALSE, FALSE, sizeof(pl_bucket));
    pl_bucket *found = find_bucket(store, slot);
    if (found)
        return found;
    size_t place = place_of_slot(store, slot);
    const pl_bucket bucket = {.slot = slot};
    g_array_insert_val(store->buckets, (guint)place, bucket);
    return bucket_at(store, place);
}

static int compare_name(const pl_stored_entry *entry, const char *name, size_t len)
{
    int order = memcmp(entry->bytes, name, MIN(len, entry->name_len));
    return order ? order : (int)entry->name_len - (int)len;
}

/* The place of a name in its slot, or where it would be. */
static size_t place_of_name(const pl_bucket *bucket, const char *name, bool *ret_found)
{
    size_t low = 0, high = bucket->count, len = strlen(name);
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(bucket->entries[middle], name, len);
        *ret_found |= order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static pl_stored_entry *copy_of(const pl_store_item *item)
{
    size_t name_len = strlen(item->name);
    pl_stored_entry *entry = g_malloc(sizeof *entry + name_len + item->len);
    entry->stamp = item->stamp;
    entry->expires = item->expires;
    entry->until = 0;
    entry->is_told = false;
    entry->len = (uint16_t)item->len;
    entry->name_len = (uint8_t)name_len;
    memcpy(entry->bytes, item->name, name_len);
    memcpy(entry->bytes + name_len, item->bytes, item->len);
    return entry;
}

/* Small buckets are many, so that they grow by little. */
static void insert_at(pl_bucket *bucket, size_t place, pl_stored_entry *entry)
{
    if (bucket->count == bucket->capacity) {
        bucket->capacity += MAX(1, bucket->capacity / 4);
        bucket->entries = g_renew(pl_stored_entry *, bucket->entries, bucket->capacity);
    }
    memmove(bucket->entries + place + 1, bucket->entries + place,
            (bucket->count - place) * sizeof bucket->entries[0]);
    bucket->entries[place] = entry;
    bucket->count++;
}

static void remove_at(pl_store *store, pl_bucket *bucket, size_t place)
{
    g_free(bucket->entries[place]);
    bucket->count--;
    memmove(bucket->entries + place, bucket->entries + place + 1,
            (bucket->count - place) * sizeof bucket->entries[0]);
    store->count--;
}

/* The newest wins. */
static int replace(pl_stored_entry **entry, const pl_store_item *item)
{
    const pl_stored_entry *former = *entry;
    if (former->stamp >= item->stamp)
        return former->stamp == item->stamp ? 0 : PL_ERR_REPLAYED;
    g_free(*entry);
    *entry = copy_of(item);
    return 1;
}

bool pl_store_has_room(const pl_store *store, uint32_t slot)
{
    const pl_bucket *bucket = find_bucket(store, slot);
    return store->count < store->max && (!bucket || bucket->count < store->slot_max);
}

int pl_store_put(pl_store *store, const pl_store_item *item)
{
    bool found = false;
    pl_bucket *bucket = find_bucket(store, item->slot);
    size_t place = bucket ? place_of_name(bucket, item->name, &found) : 0;
    if (found)
        return replace(&bucket->entries[place], item);
    if (!pl_store_has_room(store, item->slot))
        return PL_ERR_LIMIT;
    bucket = need_bucket(store, item->slot);
    insert_at(bucket, place, copy_of(item));
    store->count++;
    return 1;
}

pl_stored_entry *pl_store_find(const pl_store *store, uint32_t slot, const char *name, int64_t unix_ms)
{
    bool found;
    const pl_bucket *bucket = find_bucket(store, slot);
    if (!bucket)
        return NULL;
    size_t place = place_of_name(bucket, name, &found);
    pl_stored_entry *entry = found ? bucket->entries[place] : NULL;
    return entry && unix_ms < entry->expires ? entry : NULL;
}

void pl_store_remove(pl_store *store, uint32_t slot, const char *name)
{
    bool found;
    pl_bucket *bucket = find_bucket(store, slot);
    if (!bucket)
        return;
    size_t place = place_of_name(bucket, name, &found);
    if (!found)
        return;
    remove_at(store, bucket, place);
    if (bucket->count == 0)
        remove_bucket(store, place_of_slot(store, slot));
}

void pl_store_age(pl_store *store, int64_t unix_ms)
{
    for (size_t i = pl_store_buckets(store); i-- > 0;) {
        pl_bucket *bucket = bucket_at(store, i);
        for (size_t k = bucket->count; k-- > 0;)
            if (unix_ms >= bucket->entries[k]->expires)
                remove_at(store, bucket, k);
        if (bucket->count == 0)
            remove_bucket(store, i);
    }
}

void pl_store_drop(pl_store *store, uint32_t slot)
{
    const pl_bucket *bucket = find_bucket(store, slot);
    if (!bucket)
        return;
    store->count -= bucket->count;
    remove_bucket(store, place_of_slot(store, slot));
}

void pl_store_drop_oldest(pl_store *store)
{
    const pl_bucket *where = NULL;
    const pl_stored_entry *oldest = NULL;
    for (size_t i = 0; i < pl_store_buckets(store); i++) {
        const pl_bucket *bucket = pl_store_bucket(store, i);
        for (uint32_t k = 0; k < bucket->count; k++) {
            const pl_stored_entry *entry = bucket->entries[k];
            if (oldest && entry->expires >= oldest->expires)
                continue;
            oldest = entry;
            where = bucket;
        }
    }
    if (!oldest)
        return;
    g_autofree char *name = g_strndup((const char *)oldest->bytes, oldest->name_len);
    pl_store_remove(store, where->slot, name);
}
