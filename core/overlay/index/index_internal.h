/* index_internal.h - the index's state, shared by its files only: index.c (what comes in, what is asked),
 * repair.c (what has to move when the mesh changes). */
#ifndef PL_OVERLAY_INDEX_INTERNAL_H
#define PL_OVERLAY_INDEX_INTERNAL_H

#include "core/overlay/index/index.h"
#include "core/overlay/index/publish.h"
#include "core/overlay/index/slot.h"
#include "core/overlay/index/store.h"

#define PL_INDEX_RANKED_MAX 66 /* twice the most replicas, and two */

struct pl_index {
    pl_index_options options;
    pl_store kept, registered;
    pl_publisher *publisher;
    pl_deadline sweep;
    pl_time started_at;
};

#endif
