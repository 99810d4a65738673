/* deadline.h - the deadlines of one node: an indexed heap, so that the world keeps one timer a node.
 *
 * A machine embeds an entry for each thing it waits for.  Setting, moving and clearing are O(log n),
 * because a login server has 10⁵ sessions.  Entries at one instant act in the order in which they were
 * set. */
#ifndef PL_DEADLINE_H
#define PL_DEADLINE_H

#include "core/types.h"

typedef struct pl_deadlines pl_deadlines;
typedef void (*pl_deadline_fn)(void *machine, pl_time now);

/* One thing a machine waits for.  Zeroed = not waiting. */
typedef struct pl_deadline {
    pl_time at;
    uint64_t order;
    uint32_t index; /* place in the heap + 1; 0 = not in it */
    pl_deadline_fn act;
    void *machine;
} pl_deadline;

struct pl_deadlines {
    pl_deadline **heap;
    uint32_t count, capacity;
    uint64_t set_count;
};

void pl_deadlines_init(pl_deadlines *deadlines);
/* Frees the heap; entries still in it are forgotten. */
void pl_deadlines_clear(pl_deadlines *deadlines);
/* Makes `entry` act at `at`, replacing what it waited for.  `at` PL_NEVER clears it. */
void pl_deadline_set(pl_deadlines *deadlines, pl_deadline *entry, pl_time at, pl_deadline_fn act,
                     void *machine);
void pl_deadline_cancel(pl_deadlines *deadlines, pl_deadline *entry);
/* The earliest, PL_NEVER if none. */
pl_time pl_deadlines_next(const pl_deadlines *deadlines);
/* Acts on every entry due at or before `now`; an entry that is set anew during it for `now` acts too. */
void pl_deadlines_run(pl_deadlines *deadlines, pl_time now);

#endif
