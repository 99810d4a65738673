#include "sim/light/slab.h"

#include <glib.h>
#include <string.h>

/* chosen: 256 elements a chunk; a small run holds one chunk of each kind. */
#define CHUNK_BITS 8
#define CHUNK_PLACES (1u << CHUNK_BITS)
#define PLACES_MAX (1u << SIM_SLAB_PLACE_BITS)
#define PLACE_MASK (PLACES_MAX - 1)
#define GENERATION_ONE PLACES_MAX
#define KIND_SHIFT (SIM_SLAB_PLACE_BITS + SIM_SLAB_GENERATION_BITS)
#define KIND_ONE (1u << KIND_SHIFT)
/* The end of the chain of free places. */
#define NONE UINT32_MAX

static sim_slab_head *at(const sim_slab *slab, uint32_t place)
{
    return (sim_slab_head *)(void *)(slab->chunks[place >> CHUNK_BITS] +
                                     (size_t)(place & (CHUNK_PLACES - 1)) * slab->size);
}

void sim_slab_init(sim_slab *slab, uint32_t kind, size_t size)
{
    *slab = (sim_slab){.kind = kind, .size = (uint32_t)size, .free_first = NONE, .free_last = NONE};
}

void sim_slab_clear(sim_slab *slab)
{
    sim_blocks_clear(&slab->memory);
    g_free(slab->chunks);
    sim_slab_init(slab, slab->kind, slab->size);
}

static sim_slab_head *take_fresh(sim_slab *slab)
{
    const uint32_t place = slab->places;
    if (place == PLACES_MAX)
        return NULL;
    if (place % CHUNK_PLACES == 0) {
        const uint32_t chunk = place >> CHUNK_BITS;
        if ((chunk & (chunk - 1)) == 0) /* the table of chunks doubles */
            slab->chunks = g_renew(char *, slab->chunks, chunk ? 2 * chunk : 1);
        slab->chunks[chunk] = sim_blocks_take(&slab->memory, (size_t)CHUNK_PLACES * slab->size);
    }
    slab->places++;
    sim_slab_head *fresh = at(slab, place);
    memset(fresh, 0, slab->size);
    fresh->id = slab->kind << KIND_SHIFT | place;
    return fresh;
}

static sim_slab_head *take_rested(sim_slab *slab)
{
    sim_slab_head *rested = at(slab, slab->free_first);
    slab->free_first = rested->next;
    slab->free_count--;
    const pl_id id = rested->id;
    memset(rested, 0, slab->size);
    rested->id = id;
    return rested;
}

void *sim_slab_take(sim_slab *slab)
{
    sim_slab_head *taken = NULL;
    if (slab->free_count <= SIM_SLAB_REST)
        taken = take_fresh(slab);
    if (!taken && slab->free_count)
        taken = take_rested(slab);
    if (taken)
        slab->taken++;
    return taken;
}

void sim_slab_give(sim_slab *slab, void *element)
{
    sim_slab_head *head = element;
    const uint32_t place = head->id & PLACE_MASK;
    const uint32_t kind = head->id & ~(KIND_ONE - 1);
    head->id = kind | ((head->id + GENERATION_ONE) & (KIND_ONE - 1));
    head->next = NONE;
    if (slab->free_count++)
        at(slab, slab->free_last)->next = place;
    else
        slab->free_first = place;
    slab->free_last = place;
    slab->taken--;
}

void *sim_slab_find(const sim_slab *slab, pl_id id)
{
    const uint32_t place = id & PLACE_MASK;
    if (place >= slab->places)
        return NULL;
    sim_slab_head *found = at(slab, place);
    return found->id == id ? found : NULL;
}

size_t sim_slab_memory(const sim_slab *slab)
{
    const size_t chunks = (slab->places + CHUNK_PLACES - 1) / CHUNK_PLACES;
    return chunks * (sizeof(char *) + (size_t)CHUNK_PLACES * slab->size);
}
