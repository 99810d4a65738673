/* index_internal.h - the index's state, shared by its files only: index.c (what comes in, what is asked),
 * repair.c (what has to move when the mesh changes), standing.c (what counts as online). */
#ifndef PL_OVERLAY_INDEX_INTERNAL_H
#define PL_OVERLAY_INDEX_INTERNAL_H

#include <glib.h>

#include "core/overlay/index/index.h"
#include "core/overlay/index/publish.h"
#include "core/overlay/index/slot.h"
#include "core/overlay/index/store.h"

#define PL_INDEX_RANKED_MAX 66 /* twice the most replicas, and two */

/* A member that was lost: what it had is handed to others, and takes its time. */
typedef struct pl_index_loss {
    pl_addr member;
    pl_time at;
} pl_index_loss;

struct pl_index {
    pl_index_options options;
    pl_store kept, registered;
    pl_publisher *publisher;
    pl_deadline sweep;
    pl_time started_at;
    GArray *losses; /* pl_index_loss of the last index.settle, in order; no more than a view holds, in all and of one address */
};

/* standing.c */

/* A new entry has come from there; and the same from there. */
void pl_standing_came(const pl_index *index, pl_stored_entry *stored, pl_addr from, pl_time now);
void pl_standing_came_again(pl_stored_entry *stored, pl_addr from);
/* False of a doubt about a user of a slot that we do not serve: nobody tells us of those, and others know. */
bool pl_standing_is_ours_to_say(const pl_index *index, uint32_t slot, const pl_stored_entry *stored);
/* Since when what says online does not count as that: Unix seconds, 0 = it counts, or says offline. */
uint32_t pl_standing_since(const pl_index *index, const pl_stored_entry *stored, pl_time now);
/* The mesh has news of a supernode: of those that are said to be there. */
void pl_standing_joined(pl_index *index, pl_addr member, pl_time now);
void pl_standing_lost(pl_index *index, pl_addr member, pl_time now);

#endif
