/* echo.h - measuring an open path: one end sends numbered datagrams in phases, the other returns each.
 *
 * A machine on top of a path; it knows nothing of how the path was found.  A phase of rate 0 is silence, so that a
 * later phase shows what a silence of that length did to the path.  Datagrams have the size of a voice packet. */
#ifndef PL_NAT_PATH_ECHO_H
#define PL_NAT_PATH_ECHO_H

#include "core/nat/path/path.h"

#define PL_ECHO_BYTES 67      /* measured BS-36: a voice packet over UDP */
#define PL_ECHO_PHASES_MAX 16 /* chosen: more phases than a scenario needs */
#define PL_ECHO_RATE_MAX 1000 /* chosen: datagrams a second; fifteen calls at once */
#define PL_ECHO_GRACE (2 * PL_SECOND) /* chosen: how long the last answers are waited for, above any round trip */

typedef struct pl_echo_phase {
    uint32_t rate; /* datagrams a second, 0 = silence */
    pl_span duration;
} pl_echo_phase;

typedef struct pl_echo_result {
    uint64_t sent;     /* requests that the path took */
    uint64_t received; /* answers to requests of this phase, each once */
    pl_span rtt;       /* their mean round trip, 0 if there is none */
} pl_echo_result;

typedef struct pl_echo pl_echo;

/* Called once, from a deadline; the owner may free the machine inside.  `results` is borrowed. */
typedef void (*pl_echo_done_fn)(void *owner, const pl_echo_result *results, size_t n, pl_time now);

typedef struct pl_echo_options {
    pl_context *context;
    pl_path *path; /* open; must outlive the machine, or the machine be freed first */
    const pl_echo_phase *phases; /* copied; the first PL_ECHO_PHASES_MAX */
    size_t n_phases;
    pl_echo_done_fn done;
    void *owner;
} pl_echo_options;

/* Starts the first phase. */
pl_echo *pl_echo_new(const pl_echo_options *options, pl_time now);
/* Cancels what it waits for; accepts NULL. */
void pl_echo_free(pl_echo *echo);
/* A payload of the path: 0 if it was an answer to this machine, PL_ERR_MALFORMED if it is none, PL_ERR_UNEXPECTED if
 * nothing was asked so, PL_ERR_REPLAYED if it was answered before. */
int pl_echo_input(pl_echo *echo, const uint8_t *data, size_t len, pl_time now);

/* The other end: returns a request by the path on which it came.  False if the payload is none. */
bool pl_echo_return(pl_path *path, const uint8_t *data, size_t len, pl_time now);

#endif
