#include "sim/light/demux.h"

#include "sim/light/slab.h"

#include <glib.h>

#define FIRST_CAPACITY 256

/* chosen: the finishing steps of splitmix64, which spread neighbouring hosts and ports well. */
static size_t hash(const sim_demux_key *key)
{
    uint64_t x = (uint64_t)key->host << 32 | key->remote.ip;
    x ^= ((uint64_t)key->local_port << 32 | (uint64_t)key->remote.port << 8 | key->kind) *
         UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(x ^ (x >> 31));
}

static bool matches(const sim_demux_entry *entry, const sim_demux_key *key)
{
    return entry->host == key->host && entry->local_port == key->local_port &&
           entry->remote_ip == key->remote.ip && entry->remote_port == key->remote.port &&
           sim_slab_kind(entry->id) == key->kind;
}

static sim_demux_key key_of(const sim_demux_entry *entry)
{
    return (sim_demux_key){.host = entry->host,
                           .kind = sim_slab_kind(entry->id),
                           .local_port = entry->local_port,
                           .remote = {.ip = entry->remote_ip, .port = entry->remote_port}};
}

void sim_demux_init(sim_demux *demux, size_t expected)
{
    size_t capacity = FIRST_CAPACITY;
    while (capacity < 2 * expected)
        capacity *= 2;
    *demux = (sim_demux){.entries = sim_memory_new0(capacity * sizeof(sim_demux_entry)), .capacity = capacity};
}

void sim_demux_clear(sim_demux *demux)
{
    sim_memory_free(demux->entries);
    *demux = (sim_demux){0};
}

/* The place of a key, or the empty place where it would go. */
static size_t place_of(const sim_demux *demux, const sim_demux_key *key)
{
    const size_t mask = demux->capacity - 1;
    size_t place = hash(key) & mask;
    while (demux->entries[place].id && !matches(&demux->entries[place], key))
        place = (place + 1) & mask;
    return place;
}

pl_id sim_demux_find(const sim_demux *demux, const sim_demux_key *key)
{
    return demux->entries[place_of(demux, key)].id;
}

static void grow(sim_demux *demux)
{
    const sim_demux old = *demux;
    demux->capacity *= 2;
    demux->entries = sim_memory_new0(demux->capacity * sizeof(sim_demux_entry));
    for (size_t i = 0; i < old.capacity; i++) {
        if (!old.entries[i].id)
            continue;
        const sim_demux_key key = key_of(&old.entries[i]);
        demux->entries[place_of(demux, &key)] = old.entries[i];
    }
    sim_memory_free(old.entries);
}

void sim_demux_add(sim_demux *demux, const sim_demux_key *key, pl_id id)
{
    g_assert(sim_slab_kind(id) == key->kind);
    if (3 * (demux->count + 1) > 2 * demux->capacity)
        grow(demux);
    sim_demux_entry *entry = &demux->entries[place_of(demux, key)];
    g_assert(!entry->id);
    *entry = (sim_demux_entry){.host = key->host,
                               .remote_ip = key->remote.ip,
                               .local_port = key->local_port,
                               .remote_port = key->remote.port,
                               .id = id};
    demux->count++;
}

void sim_demux_remove(sim_demux *demux, const sim_demux_key *key)
{
    const size_t mask = demux->capacity - 1;
    size_t hole = place_of(demux, key);
    g_assert(demux->entries[hole].id);
    /* Entries that the hole would cut off from their place of birth move back into it. */
    for (size_t next = (hole + 1) & mask; demux->entries[next].id; next = (next + 1) & mask) {
        const sim_demux_key other = key_of(&demux->entries[next]);
        const size_t home = hash(&other) & mask;
        if (((next - home) & mask) < ((next - hole) & mask))
            continue;
        demux->entries[hole] = demux->entries[next];
        hole = next;
    }
    demux->entries[hole] = (sim_demux_entry){0};
    demux->count--;
}

size_t sim_demux_memory(const sim_demux *demux)
{
    return demux->capacity * sizeof(sim_demux_entry);
}
