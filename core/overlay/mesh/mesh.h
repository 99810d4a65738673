/* mesh.h - who the other supernodes are: a view that each keeps by asking, and never takes on another's word.
 *
 * The idea is SWIM's: every mesh.period one member is asked for a sign of life; who is silent is suspected
 * and asked through mesh.helpers others; who is silent then too is lost.  Joins and losses travel with the
 * questions and answers as rumours, a page of another's view now and then finds who was missed.
 *
 * Datagrams are not authenticated, so a rumour is only a reason to look: whoever is said to have joined or
 * gone is asked himself, mesh.check_rate a second at most, and a rumour is handed on only by who has found it
 * true.  A lie therefore costs one small datagram, and spreads to nobody; what a liar gets into a view is an
 * address at which he answers. */
#ifndef PL_OVERLAY_MESH_H
#define PL_OVERLAY_MESH_H

#include "core/context.h"
#include "core/overlay/mesh/view.h"
#include "core/wire/message.h"

typedef struct pl_mesh pl_mesh;

/* What the owner hears; none frees the mesh. */
typedef struct pl_mesh_handler {
    /* A member, new or back after a restart and so with nothing in its memory. */
    void (*joined)(void *owner, pl_addr member, pl_time now);
    void (*lost)(void *owner, pl_addr member, pl_time now);
    /* Every mesh.period in which the view is empty: time to say again whom one has heard of. */
    void (*alone)(void *owner, pl_time now);
} pl_mesh_handler;

typedef struct pl_mesh_options {
    pl_context *context;
    pl_addr own_address;
    pl_id socket;                   /* main UDP socket */
    const uint8_t *key;             /* our X25519 key, which others seal letters with; borrowed */
    const pl_mesh_handler *handler; /* static */
    void *owner;
} pl_mesh_options;

/* Asks nobody before it is told of somebody. */
pl_mesh *pl_mesh_new(const pl_mesh_options *options, pl_time now);
/* NULL is accepted. */
void pl_mesh_free(pl_mesh *mesh);
/* An address at which there may be a supernode; it is looked into.  At most 256 wait; more are forgotten. */
void pl_mesh_heard_of(pl_mesh *mesh, pl_addr address, pl_time now);
/* Somebody had no answer of this address: if it is a member, it is looked into before its turn.  Whoever says so falsely
 * costs one question, and leaves half of the places to who is heard of otherwise. */
void pl_mesh_doubt(pl_mesh *mesh, pl_addr address, pl_time now);
/* PING, ACK, PULL, PAGE.  0, PL_ERR_LIMIT if the sender asks too much, PL_ERR_UNEXPECTED for an answer that
 * nobody awaits or another message. */
int pl_mesh_datagram(pl_mesh *mesh, pl_addr from, const pl_message *message, pl_time now);
/* The member at this address says with the key of our view that it is leaving, and since when it served: it is lost at
 * once.  PL_ERR_UNKNOWN if it is no member, PL_ERR_FORGED for another key, PL_ERR_REPLAYED for an earlier life. */
int pl_mesh_left(pl_mesh *mesh, pl_addr member, const uint8_t key[PL_MEMBER_KEY_BYTES], int64_t incarnation, pl_time now);
/* Since when we serve, as others have it of us: Unix seconds. */
uint32_t pl_mesh_incarnation(const pl_mesh *mesh);
/* Takes from what one address may ask of us in all, also of the index: 0 or PL_ERR_LIMIT. */
int pl_mesh_admit(pl_mesh *mesh, uint32_t ip, pl_time now);

/* The members, sorted; borrowed until the next input. */
const pl_view *pl_mesh_view(const pl_mesh *mesh);
/* How many supernodes there are, ourselves included: a view below mesh.view_max is of all of them. */
size_t pl_mesh_size(const pl_mesh *mesh);

#endif
