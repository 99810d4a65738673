/* echo.h - test traffic on an open path: numbered requests in phases, which the peer returns.
 *
 * It stands where voice will be: the caller runs the phases, the other end answers each request.  A reply counts for
 * the phase in which its request was sent, also when it comes late. */
#ifndef PL_NAT_ECHO_H
#define PL_NAT_ECHO_H

#include "core/nat/path/path.h"

#define PL_ECHO_PHASES_MAX 8 /* chosen: a silence between two bursts is three */

typedef struct pl_echo_phase {
    int64_t rate;     /* requests a second; 0 = silence */
    pl_span duration;
} pl_echo_phase;

typedef struct pl_echo pl_echo;
/* The last phase is over, and the replies to it have had their time.  Each phase has been traced (path:echo).  The
 * owner may free the echo, and the path, inside. */
typedef void (*pl_echo_done_fn)(void *owner, pl_time now);

typedef struct pl_echo_options {
    pl_context *context;
    pl_path *path;               /* open */
    const pl_echo_phase *phases; /* copied */
    size_t n_phases;             /* at most PL_ECHO_PHASES_MAX; the others are left out */
    pl_echo_done_fn done;
    void *owner;
} pl_echo_options;

/* Starts with the first phase. */
pl_echo *pl_echo_new(const pl_echo_options *options, pl_time now);
/* NULL is accepted. */
void pl_echo_free(pl_echo *echo);
/* A payload of the peer: a reply counts, anything else is ignored. */
void pl_echo_received(pl_echo *echo, const uint8_t *data, size_t len, pl_time now);
/* At the other end: returns a request. */
void pl_echo_respond(pl_path *path, const uint8_t *data, size_t len, pl_time now);

#endif
