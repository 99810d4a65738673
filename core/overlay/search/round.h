/* round.h - one round of a search: which nodes belong to it, what they are asked, and whether what comes back is what was
 * looked for.  Who asks is the client, or its supernode for it. */
#ifndef PL_OVERLAY_SEARCH_ROUND_H
#define PL_OVERLAY_SEARCH_ROUND_H

#include "core/overlay/index/index.h"
#include "core/overlay/index/letter.h"

typedef struct pl_round {
    pl_addr nodes[PL_MESSAGE_NODES_MAX];              /* to ask, without ourselves */
    uint8_t keys[PL_MESSAGE_NODES_MAX][PL_KEY_BYTES]; /* what letters to them are sealed with */
    size_t n;
    uint8_t slot_named; /* the first so many serve the slot */
    uint8_t slot_size;  /* so many serve it in all … */
    bool is_ours;       /* … of which we are one */
    /* The questions. */
    uint64_t transaction; /* of the first node's; the i-th has i more */
    uint64_t heard;       /* a bit a node that answered */
    uint32_t tries;       /* transmissions to who has not */
} pl_round;

/* Who asks; borrowed for the call. */
typedef struct pl_round_asker {
    pl_context *context;
    pl_id socket;
    const pl_keypair *own;          /* what letters are sealed with */
    const uint8_t *server_sign_key; /* pinned */
    const char *name;               /* who is looked for */
} pl_round_asker;

/* The nodes of round `number` (from 0, or PL_SEARCH_WHOLE_SLOT) of a search for a name, as our view has them. */
void pl_round_make(pl_round *ret_round, const pl_index *index, const pl_mesh *mesh, const pl_context *context,
                   const char *name, uint8_t number);
/* Draws what the questions are known by; nobody has been asked, nobody has answered. */
void pl_round_begin(pl_round *round, const pl_round_asker *asker);
/* Asks whoever has not answered, and waits: the instant of the next try, or of the round's end if pl_round_is_over then.
 * One loss must not cost a search its end.  *ret_sent: how many were asked. */
pl_time pl_round_ask(pl_round *round, const pl_round_asker *asker, size_t *ret_sent, pl_time now);
/* All tries were made: who is silent stays so. */
bool pl_round_is_over(const pl_round *round, const pl_config *config);
/* Everybody has answered: nobody need be waited for. */
bool pl_round_is_answered(const pl_round *round);
/* Who has not answered; room for PL_MESSAGE_NODES_MAX. */
size_t pl_round_silent(const pl_round *round, pl_addr *ret_nodes);
/* The node whose answer this is, or -1. */
int pl_round_node(const pl_round *round, pl_addr from, const pl_message *answer);
/* What the node says: 0 and the letter, whose entry, if there is one, is of that name and checks out.  Who was asked again
 * may answer both questions: then it is no news, and nothing else is set.  PL_ERR_REPLAYED if it was asked once;
 * PL_ERR_FORGED, PL_ERR_MALFORMED and the errors of pl_round_judge. */
int pl_round_take(pl_round *round, const pl_round_asker *asker, size_t node, const pl_message *answer,
                  bool *ret_is_news, pl_letter *ret_letter, pl_entry *ret_entry, pl_time now);
/* 0 and the entry if these bytes are of a user of that name and check out: as pl_entry_decode and
 * pl_entry_check, and PL_ERR_UNEXPECTED for another's. */
int pl_round_judge(pl_entry *ret_entry, const pl_context *context,
                   const uint8_t server_sign_key[PL_KEY_BYTES], const char *name, pl_bytes_view bytes,
                   pl_time now);

#endif
