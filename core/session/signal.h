/* signal.h - carrying bodies between two users through the callee's supernode, over TCP always (BS-30, BS-35).
 *
 * A caller knows of his peer a name and the supernode to which it is attached (a contact; the index finds
 * it).  He opens a channel to that supernode as a visitor, shows his credential, and sends SIGNAL records; the
 * supernode hands each on to the client of that name, with the visit's handle, by which the client's own SIGNALs
 * come back.  A visit ends when it was idle for signal.visit_idle.  Who is attached to the same supernode as his
 * peer visits it too: there is one way.  The supernode is reached by its port, then 80, then 443, beginning with the
 * kind of port that the login found open.
 *
 *   opening ─open─▶ proving ─its credential is good─▶ standing ─idle, told why, left─▶ over
 *      │ refused, silent  │ no answer, not proven
 *      ▼                  ▼
 *   the next kind of port; after the last the visit is over
 *
 * A visit is to one user; what it brings is to be trusted no more than the supernode is. */
#ifndef PL_SESSION_SIGNAL_H
#define PL_SESSION_SIGNAL_H

#include "core/session/login.h"

/* Whom to reach, and where he is to be found. */
typedef struct pl_contact {
    char name[PL_NAME_MAX + 1];
    pl_addr supernode;
} pl_contact;

typedef struct pl_visit pl_visit;

typedef struct pl_visit_handler {
    /* A body from the peer. */
    void (*received)(void *owner, pl_visit *visit, const uint8_t *body, size_t len, pl_time now);
    /* The visit is over: a static name of the cause.  "peer-offline", "busy" (he is slow), "idle", "full" (the
     * supernode has visitors enough), "expired-credential", "forged-credential": told by the supernode;
     * "unreachable", "no-answer", "supernode-not-proven": on the last kind of port that was open, or on all;
     * "supernode-malformed", "supernode-left", or how the stream ended ("reset", …): when it stood.
     * The owner frees it in here or later; nothing is heard after it. */
    void (*ended)(void *owner, pl_visit *visit, const char *cause, pl_time now);
} pl_visit_handler;

typedef struct pl_visit_options {
    pl_context *context;
    const pl_network *network;
    const pl_contact *contact;       /* copied */
    const pl_credential *credential; /* our own; copied */
    const pl_keypair *dh;            /* of that credential; copied, wiped when the visit stands or is over */
    pl_port_kind first_kind;         /* tried first */
    const pl_visit_handler *handler; /* static */
    void *owner;
} pl_visit_options;

/* Starts to reach the supernode.  Calls nothing back before it returns. */
pl_visit *pl_visit_new(const pl_visit_options *options, pl_time now);
/* Leaves: what was sent still goes out.  NULL is accepted. */
void pl_visit_free(pl_visit *visit);
/* Sends a body, or keeps it until the visit stands (at most four).  PL_ERR_LIMIT, PL_ERR_OVERSIZED; PL_ERR_GONE when
 * the visit is over; or the stream's error, of which `ended` tells more. */
int pl_visit_send(pl_visit *visit, const uint8_t *body, size_t len, pl_time now);
/* Inputs of its streams; true if the stream was this visit's. */
bool pl_visit_opened(pl_visit *visit, pl_id stream, pl_time now);
bool pl_visit_data(pl_visit *visit, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_visit_fin(pl_visit *visit, pl_id stream, pl_time now);
bool pl_visit_writable(pl_visit *visit, pl_id stream);
bool pl_visit_closed(pl_visit *visit, pl_id stream, pl_cause cause, pl_time now);

#endif
