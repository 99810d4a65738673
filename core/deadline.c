#include "core/deadline.h"

#include <glib.h>

void pl_deadlines_init(pl_deadlines *deadlines)
{
    *deadlines = (pl_deadlines){0};
}

void pl_deadlines_clear(pl_deadlines *deadlines)
{
    for (uint32_t i = 0; i < deadlines->count; i++)
        deadlines->heap[i]->index = 0;
    g_free(deadlines->heap);
    *deadlines = (pl_deadlines){0};
}

static bool earlier(const pl_deadline *a, const pl_deadline *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void place(pl_deadlines *deadlines, pl_deadline *entry, uint32_t slot)
{
    deadlines->heap[slot] = entry;
    entry->index = slot + 1;
}

static void sift_up(pl_deadlines *deadlines, pl_deadline *entry, uint32_t slot)
{
    while (slot > 0 && earlier(entry, deadlines->heap[(slot - 1) / 2])) {
        place(deadlines, deadlines->heap[(slot - 1) / 2], slot);
        slot = (slot - 1) / 2;
    }
    place(deadlines, entry, slot);
}

static void sift_down(pl_deadlines *deadlines, pl_deadline *entry, uint32_t slot)
{
    for (;;) {
        uint32_t child = 2 * slot + 1;
        if (child >= deadlines->count)
            break;
        if (child + 1 < deadlines->count && earlier(deadlines->heap[child + 1], deadlines->heap[child]))
            child++;
        if (!earlier(deadlines->heap[child], entry))
            break;
        place(deadlines, deadlines->heap[child], slot);
        slot = child;
    }
    place(deadlines, entry, slot);
}

void pl_deadline_cancel(pl_deadlines *deadlines, pl_deadline *entry)
{
    if (!entry->index)
        return;
    uint32_t slot = entry->index - 1;
    entry->index = 0;
    pl_deadline *last = deadlines->heap[--deadlines->count];
    if (last == entry)
        return;
    if (slot > 0 && earlier(last, deadlines->heap[(slot - 1) / 2]))
        sift_up(deadlines, last, slot);
    else
        sift_down(deadlines, last, slot);
}

void pl_deadline_set(pl_deadlines *deadlines, pl_deadline *entry, pl_time at, pl_deadline_fn act,
                     void *machine)
{
    pl_deadline_cancel(deadlines, entry);
    if (at == PL_NEVER)
        return;
    entry->at = at;
    entry->order = deadlines->set_count++;
    entry->act = act;
    entry->machine = machine;
    if (deadlines->count == deadlines->capacity) {
        deadlines->capacity = deadlines->capacity ? deadlines->capacity * 2 : 2;
        deadlines->heap = g_renew(pl_deadline *, deadlines->heap, deadlines->capacity);
    }
    sift_up(deadlines, entry, deadlines->count++);
}

pl_time pl_deadlines_next(const pl_deadlines *deadlines)
{
    return deadlines->count ? deadlines->heap[0]->at : PL_NEVER;
}

void pl_deadlines_run(pl_deadlines *deadlines, pl_time now)
{
    while (deadlines->count && deadlines->heap[0]->at <= now) {
        pl_deadline *entry = deadlines->heap[0];
        pl_deadline_cancel(deadlines, entry);
        entry->act(entry->machine, now);
    }
}
