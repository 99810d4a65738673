/* desk.h - what a supernode does for a client that searches: it names the nodes of a round, asks them itself
 * for a client without UDP, and remembers what was found (BS-27).
 *
 * Round r is the nodes at the places first·(2^r − 1) and on in the ranking of the name's slot: first those
 * that serve it, then whoever would serve it if they were gone.  Nothing is kept of a client that asks by
 * itself. */
#ifndef PL_OVERLAY_SEARCH_DESK_H
#define PL_OVERLAY_SEARCH_DESK_H

#include "core/overlay/index/index.h"

typedef struct pl_desk pl_desk;

/* Says a record to the client on this stream; not called after pl_desk_left. */
typedef void (*pl_desk_say_fn)(void *owner, pl_id stream, const pl_message *message);

typedef struct pl_desk_options {
    pl_context *context;
    pl_mesh *mesh;
    const pl_index *index;
    pl_addr own_address;
    const uint8_t *server_sign_key; /* pinned; borrowed */
    const pl_keypair *own;          /* whose public half the mesh tells; borrowed */
    pl_id socket;
    pl_desk_say_fn say;
    void *owner;
} pl_desk_options;

pl_desk *pl_desk_new(const pl_desk_options *options);
/* NULL is accepted. */
void pl_desk_free(pl_desk *desk);

/* SEARCH of a client, whose rate the caller has judged: it is answered, at once or within search.answer_wait.
 * PL_ERR_LIMIT if search.client_max rounds are being asked for it already. */
int pl_desk_search(pl_desk *desk, pl_id stream, const pl_message *search, pl_time now);
/* SEARCH_TOLD: what the client found itself.  0, or why it is not remembered. */
int pl_desk_told(pl_desk *desk, const pl_message *told, pl_time now);
/* SEARCH_SILENT: whom the client had no answer of; the mesh looks into it. */
void pl_desk_silent(pl_desk *desk, const pl_message *silent, pl_time now);
/* The client is gone. */
void pl_desk_left(pl_desk *desk, pl_id stream);
/* ANSWER: 0, PL_ERR_UNEXPECTED if nobody awaits it, or why its entry was refused. */
int pl_desk_answer(pl_desk *desk, pl_addr from, const pl_message *answer, pl_time now);

#endif
