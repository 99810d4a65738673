/* search.h - looking for a user by name: the client's part, and when it ends.
 *
 * A search goes in rounds of 4, 8, 16 … nodes (BS-23).  The client's supernode names the nodes of a round and the
 * client asks them by UDP; where UDP does not get out, the supernode is told to ask them itself and everything runs on
 * the connection that there is (BS-26).  What comes back is an entry that its user signed: the client checks it, so
 * that nobody on the way can invent one.
 *
 *   naming ─nodes─▶ asking ─an entry that checks out─▶ found
 *     ▲  │             │ all said no, or search.answer_wait
 *     │  └─UDP blocked─▶ the supernode asks (on-behalf)
 *     ├──── the policy goes on ◀────┤
 *     └── search.review_wait, and the whole slot anew ◀── the policy has it reviewed: somebody of it was silent
 *           the policy ends: not-found · gave-up · the login server decides
 *
 * A search always ends: found, not-found (only by a policy that guarantees it) or gave-up, with the reason. */
#ifndef PL_SESSION_SEARCH_H
#define PL_SESSION_SEARCH_H

#include "core/session/signal.h"

/* What a policy judges by, after each round. */
typedef struct pl_search_state {
    const pl_config *config;
    uint32_t rounds;       /* that are over */
    uint32_t reviews;      /* times that the whole slot was asked anew */
    uint32_t asked;        /* nodes, in all */
    uint32_t answered;     /* nodes that said no */
    uint32_t slot_size;    /* supernodes that serve the name's slot, as our supernode sees it */
    uint32_t slot_no;      /* of these: how many said no */
    uint32_t slot_sure;    /* of these: how many have served long enough to know */
    uint32_t network;      /* supernodes in all, as our supernode sees it */
    bool is_exhausted;     /* there is nobody left to ask */
} pl_search_state;

typedef enum pl_search_verdict {
    PL_SEARCH_GO_ON,
    PL_SEARCH_REVIEW,    /* the slot is asked anew, when the mesh has looked into who was silent */
    PL_SEARCH_NOT_FOUND,
    PL_SEARCH_GIVE_UP,
    PL_SEARCH_ASK_SERVER /* the login server has the last word */
} pl_search_verdict;

/* When a search that found nobody yet ends (docs/decisions/009-search-ends.md). */
typedef struct pl_search_policy {
    const char *name;
    const char *help;
    const char *guarantee; /* what its not-found means; NULL: it never says so */
    /* After each round; *ret_reason is set to a static name unless it goes on. */
    pl_search_verdict (*judge)(const pl_search_state *state, const char **ret_reason);
} pl_search_policy;

/* NULL if unknown; the first of the table is the default. */
const pl_search_policy *pl_search_policy_find(const char *name);
size_t pl_search_policies(const pl_search_policy **ret_policies);

/* Whom it found. */
typedef struct pl_search_result {
    pl_contact contact;
    bool is_online;  /* as his last entry says, and no supernode denies */
    int64_t seen;    /* Unix seconds of that entry, or since when he is said to be gone */
} pl_search_result;

typedef enum pl_search_outcome { PL_SEARCH_FOUND, PL_SEARCH_ABSENT, PL_SEARCH_GAVE_UP } pl_search_outcome;
/* "found", "not-found", "gave-up". */
const char *pl_search_outcome_name(pl_search_outcome outcome);

typedef struct pl_search pl_search;

/* It is over; `result` is set when somebody was found.  The owner frees the search in here or later. */
typedef void (*pl_search_done_fn)(void *owner, pl_search *search, pl_search_outcome outcome,
                                  const pl_search_result *result, pl_time now);

typedef struct pl_search_options {
    pl_context *context;
    const pl_network *network;
    pl_login *login;                /* online; must outlive the search */
    const pl_search_policy *policy; /* static */
    const char *name;               /* copied */
    uint32_t number;
    pl_id socket;                   /* main UDP socket; 0 = UDP does not get out, ask the supernode */
    pl_search_done_fn done;
    void *owner;
} pl_search_options;

/* Starts.  Calls `done` not before it returns. */
pl_search *pl_search_new(const pl_search_options *options, pl_time now);
/* NULL is accepted. */
void pl_search_free(pl_search *search);
uint32_t pl_search_number(const pl_search *search);
/* Whom it looks for. */
const char *pl_search_name(const pl_search *search);

/* A record of the supernode about this search, an answer to a question asked by UDP (true if it was ours), and the
 * loss of the supernode, which ends it.  Each may end the search. */
void pl_search_record(pl_search *search, const pl_message *message, pl_time now);
bool pl_search_datagram(pl_search *search, pl_addr from, const pl_message *message, int *ret_error, pl_time now);
void pl_search_detached(pl_search *search, pl_time now);

/* Inputs of its stream to the login server; true if the stream was this search's. */
bool pl_search_opened(pl_search *search, pl_id stream, pl_time now);
bool pl_search_data(pl_search *search, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_search_fin(pl_search *search, pl_id stream, pl_time now);
bool pl_search_writable(pl_search *search, pl_id stream);
bool pl_search_closed(pl_search *search, pl_id stream, pl_cause cause, pl_time now);

#endif
