#include "sim/heap.h"

#include <glib.h>

/* chosen: four children a node halve the depth of a binary heap, and they lie side by side. */
#define ARITY 4
#define FIRST_CAPACITY 64

static bool earlier(const sim_heap_item *a, const sim_heap_item *b)
{
    if (a->event.when != b->event.when)
        return a->event.when < b->event.when;
    return a->order < b->order;
}

void sim_heap_clear(sim_heap *heap)
{
    g_free(heap->items);
    *heap = (sim_heap){0};
}

void sim_heap_push(sim_heap *heap, const sim_event *event)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? 2 * heap->capacity : FIRST_CAPACITY;
        heap->items = g_renew(sim_heap_item, heap->items, heap->capacity);
    }
    const sim_heap_item item = {.event = *event, .order = heap->pushed++};
    size_t hole = heap->count++;
    while (hole > 0) {
        const size_t parent = (hole - 1) / ARITY;
        if (!earlier(&item, &heap->items[parent]))
            break;
        heap->items[hole] = heap->items[parent];
        hole = parent;
    }
    heap->items[hole] = item;
}

static size_t least_child(const sim_heap *heap, size_t hole)
{
    const size_t first = ARITY * hole + 1;
    const size_t end = MIN(first + ARITY, heap->count);
    size_t least = first;
    for (size_t child = first + 1; child < end; child++)
        if (earlier(&heap->items[child], &heap->items[least]))
            least = child;
    return least;
}

void sim_heap_pop(sim_heap *heap, sim_event *ret_event)
{
    g_assert(heap->count > 0);
    *ret_event = heap->items[0].event;
    const sim_heap_item last = heap->items[--heap->count];
    size_t hole = 0;
    while (ARITY * hole + 1 < heap->count) {
        const size_t child = least_child(heap, hole);
        if (!earlier(&heap->items[child], &last))
            break;
        heap->items[hole] = heap->items[child];
        hole = child;
    }
    if (heap->count)
        heap->items[hole] = last;
}
