/* slab.h - sockets, listeners and streams of all hosts of an engine, each kind in a slab of its own.
 *
 * An element's handle (pl_id) is kind, generation and place in one number.  A place that was given back
 * waits behind at least SIM_SLAB_REST others and its generation moves on, so that a stale handle finds
 * nothing for at least SIM_SLAB_REST × 256 closes of its kind.  Elements never move. */
#ifndef SIM_LIGHT_SLAB_H
#define SIM_LIGHT_SLAB_H

#include "core/types.h"
#include "sim/memory.h"

/* The kinds; never 0, so that no handle is 0. */
#define SIM_KIND_UDP 1u
#define SIM_KIND_LISTENER 2u
#define SIM_KIND_STREAM 3u

/* chosen: 2 + 8 + 22 bits: four million streams (10^6 idle peers have two ends each, and more while they log in), 256
 * generations. */
#define SIM_SLAB_PLACE_BITS 22
#define SIM_SLAB_GENERATION_BITS 8
/* chosen: half a million closes until a handle comes again, more than a run remembers; little enough to cost nothing. */
#define SIM_SLAB_REST 2048

/* What each element begins with. */
typedef struct sim_slab_head {
    pl_id id;      /* the handle while taken; the next handle while free */
    uint32_t next; /* free for the owner's use while taken; the next free place while free */
} sim_slab_head;

typedef struct sim_slab {
    char **chunks;
    uint32_t kind;
    uint32_t size;       /* bytes of an element */
    uint32_t places;     /* ever used */
    uint32_t taken;
    uint32_t free_first, free_last, free_count;
    sim_blocks memory;
} sim_slab;

void sim_slab_init(sim_slab *slab, uint32_t kind, size_t size);
void sim_slab_clear(sim_slab *slab);
/* A zeroed element but for its handle; NULL when every place is taken. */
void *sim_slab_take(sim_slab *slab);
/* Gives an element back; its handle is dead from now on. */
void sim_slab_give(sim_slab *slab, void *element);
/* The element of a handle, NULL if it is stale, of another kind or invented. */
void *sim_slab_find(const sim_slab *slab, pl_id id);
/* Bytes of memory that the slab holds. */
size_t sim_slab_memory(const sim_slab *slab);

static inline uint32_t sim_slab_kind(pl_id id)
{
    return id >> (SIM_SLAB_PLACE_BITS + SIM_SLAB_GENERATION_BITS);
}

#endif
