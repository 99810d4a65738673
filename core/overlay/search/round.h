/* round.h - which nodes belong to a round, and whether an entry that came back is the one that was looked
 * for. */
#ifndef PL_OVERLAY_SEARCH_ROUND_H
#define PL_OVERLAY_SEARCH_ROUND_H

#include "core/overlay/index/index.h"

typedef struct pl_round {
    pl_addr nodes[PL_MESSAGE_NODES_MAX];              /* to ask, without ourselves */
    uint8_t keys[PL_MESSAGE_NODES_MAX][PL_KEY_BYTES]; /* what letters to them are sealed with */
    size_t n;
    uint8_t slot_named; /* the first so many serve the slot */
    uint8_t slot_size;  /* so many serve it in all … */
    bool is_ours;       /* … of which we are one */
} pl_round;

/* The nodes of round `number` (from 0) of a search for a name, as our view has them. */
void pl_round_make(pl_round *ret_round, const pl_index *index, const pl_mesh *mesh, const pl_context *context,
                   const char *name, uint8_t number);
/* 0 and the entry if these bytes are of a user of that name and check out: as pl_entry_decode and
 * pl_entry_check, and PL_ERR_UNEXPECTED for another's. */
int pl_round_judge(pl_entry *ret_entry, const pl_context *context,
                   const uint8_t server_sign_key[PL_KEY_BYTES], const char *name, pl_bytes_view bytes,
                   pl_time now);

#endif
