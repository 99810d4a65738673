#include "core/crypto/replay.h"

#include <glib.h>
#include <string.h>

/* A ring of keys in order of arrival, and a balanced tree over them: strangers choose the keys, and a hash
 * table's cost would be theirs to choose as well. */
struct pl_replay_memory {
    uint8_t (*ring)[PL_KEY_BYTES];
    size_t entries_max;
    size_t count;
    size_t oldest; /* slot of the ring that is overwritten next once it is full */
    GTree *known;  /* keys point into the ring */
};

static int compare_keys(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, PL_KEY_BYTES);
}

pl_replay_memory *pl_replay_memory_new(size_t entries_max)
{
    pl_replay_memory *memory = g_new0(pl_replay_memory, 1);

    g_assert(entries_max > 0);
    memory->ring = g_malloc_n(entries_max, PL_KEY_BYTES);
    memory->entries_max = entries_max;
    memory->known = g_tree_new(compare_keys);
    return memory;
}

void pl_replay_memory_free(pl_replay_memory *memory)
{
    if (!memory)
        return;
    g_tree_destroy(memory->known);
    g_free(memory->ring);
    g_free(memory);
}

int pl_replay_memory_add(pl_replay_memory *memory, const uint8_t key[PL_KEY_BYTES])
{
    uint8_t *slot = memory->ring[memory->oldest];

    if (g_tree_lookup(memory->known, key))
        return PL_ERR_REPLAYED;
    if (memory->count == memory->entries_max)
        g_tree_remove(memory->known, slot);
    else
        memory->count++;
    memcpy(slot, key, PL_KEY_BYTES);
    g_tree_insert(memory->known, slot, slot);
    memory->oldest = (memory->oldest + 1) % memory->entries_max;
    return 0;
}

#define WINDOW_BITS 64 /* spec RFC 6479 §2: a word, and RFC 4303's default */

int pl_replay_window_add(pl_replay_window *window, uint64_t nonce)
{
    if (nonce > window->greatest) {
        uint64_t shift = nonce - window->greatest;
        window->bitmap = shift < WINDOW_BITS ? window->bitmap << shift : 0;
        window->bitmap |= 1;
        window->greatest = nonce;
        return 0;
    }
    uint64_t age = window->greatest - nonce;
    if (age >= WINDOW_BITS || window->bitmap >> age & 1)
        return PL_ERR_REPLAYED;
    window->bitmap |= UINT64_C(1) << age;
    return 0;
}
