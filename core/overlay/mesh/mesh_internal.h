/* mesh_internal.h - the mesh's state, shared by its files only: mesh.c (life, what others ask), check.c (what
 * we ask and whom we believe), rumour.c (what is said). */
#ifndef PL_OVERLAY_MESH_INTERNAL_H
#define PL_OVERLAY_MESH_INTERNAL_H

#include "core/nat/rate_limit.h"
#include "core/overlay/mesh/mesh.h"

#include <glib.h>

#define PL_MESH_HEARSAY_MAX 256 /* chosen: a page and more; those beyond come again by the next page */
#define PL_MESH_CHECKS_MAX  512 /* chosen: check_rate × two waits, twice */
#define PL_MESH_ERRANDS_MAX 32  /* chosen: of these: asked for others, who are answered within a wait */
#define PL_MESH_RUMOURS_MAX                                                                                  \
    32 /* chosen: the newest; a loss of a third of a large view is also found by asking */

/* What a check waits for. */
typedef enum pl_check_stage {
    PL_CHECK_ASKED,  /* the answer of the address itself */
    PL_CHECK_HELPED, /* its answer, also by way of others: of members only */
    PL_CHECK_ERRAND  /* its answer, for somebody else */
} pl_check_stage;

typedef struct pl_check {
    uint64_t transaction;
    pl_addr address;
    pl_check_stage stage;
    pl_time due;
    pl_addr asker; /* an errand's, and its transaction */
    uint64_t asker_transaction;
} pl_check;

typedef struct pl_mesh_rumour {
    pl_rumour rumour;
    uint32_t left; /* times that it is said yet */
} pl_mesh_rumour;

struct pl_mesh {
    pl_mesh_options options;
    pl_view view;
    uint32_t incarnation;
    pl_rate_limit *admitted;
    pl_deadline period, pace, wait;
    GArray *checks; /* pl_check by due, since all wait equally long */
    size_t n_errands;
    pl_addr hearsay[PL_MESH_HEARSAY_MAX]; /* a ring */
    size_t hearsay_at, n_hearsay;
    pl_time paced_at;                            /* from then on the next may be looked into */
    pl_mesh_rumour rumours[PL_MESH_RUMOURS_MAX]; /* newest first */
    size_t n_rumours;
    /* Reading another's view, page by page. */
    pl_addr pulled_from; /* {0,0} = nobody now */
    pl_addr pulled_after;
    uint64_t pull_transaction; /* 0 = none is under way */
    pl_time sync_at;           /* when to read a page again */
    bool has_read;             /* one view was read to its end */
};

/* mesh.c */
void pl_mesh_send(pl_mesh *mesh, pl_addr to, const pl_message *message);
/* A number that is not 0, to know an answer by. */
uint64_t pl_mesh_draw(const pl_mesh *mesh);
/* Begins to read another's view, if it is time to. */
void pl_mesh_read(pl_mesh *mesh, pl_time now);
/* Asks for the page that is next, if there is room for what it says. */
void pl_mesh_pull(pl_mesh *mesh);

/* check.c */
void pl_mesh_check_member(pl_mesh *mesh, pl_time now);
void pl_mesh_errand(pl_mesh *mesh, pl_addr asker, const pl_message *ping, pl_time now);
int pl_mesh_ack(pl_mesh *mesh, pl_addr from, const pl_message *ack, pl_time now);

/* rumour.c */
void pl_mesh_say(pl_mesh *mesh, pl_rumour_kind kind, pl_addr about);
/* Fills in what is said next. */
void pl_mesh_add_rumours(pl_mesh *mesh, pl_message *message);
void pl_mesh_take_rumours(pl_mesh *mesh, const pl_message *message, pl_time now);

#endif
