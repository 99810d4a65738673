/* heap.h - a 4-ary heap of events by instant, then by order of insertion.
 *
 * The light engine's queue uses two (for events beyond its wheel, and for those of the bucket that is being
 * emptied), the live engine one. */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include "sim/engine.h"

/* Work at an instant: fn(ctx, arg, when). */
typedef struct sim_event {
    pl_time when;
    sim_event_fn fn;
    void *ctx;
    void *arg;
} sim_event;

typedef struct sim_heap_item {
    sim_event event;
    uint64_t order;
} sim_heap_item;

typedef struct sim_heap {
    sim_heap_item *items;
    size_t count;
    size_t capacity;
    uint64_t pushed; /* so far: the order of the next one */
} sim_heap;

/* A heap of zeros is empty; clear releases its memory. */
void sim_heap_clear(sim_heap *heap);
void sim_heap_push(sim_heap *heap, const sim_event *event);
/* Takes the first item; the heap must not be empty. */
void sim_heap_pop(sim_heap *heap, sim_event *ret_event);

/* The instant of the first item, PL_NEVER if there is none. */
static inline pl_time sim_heap_first(const sim_heap *heap)
{
    return heap->count ? heap->items[0].event.when : PL_NEVER;
}

#endif
