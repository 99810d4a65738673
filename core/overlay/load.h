/* load.h - how much work a supernode can do, what waits meanwhile, and when it shuts itself off (OU-13).
 *
 * A model: the work of a simulated node costs no time, so that here it is given some.  Work is counted in thousandths of a
 * login.  One worker does it in the order of arrival; what it has not reached yet waits, at most supernode.queue_wait, and
 * is answered when it is done.  Beyond that is refused, which costs a little too; and beyond twice that, dropped for nothing.
 * With a capacity of 0 nothing is modelled: all is done at once.
 *
 * The average of the work that came, over supernode.shutoff_window, is the load; when it exceeds the threshold the supernode
 * is off for supernode.shutoff_hold.  The window moves in tenths. */
#ifndef PL_OVERLAY_LOAD_H
#define PL_OVERLAY_LOAD_H

#include "core/context.h"

typedef enum pl_work { PL_WORK_LOGIN, PL_WORK_MESSAGE } pl_work;

typedef enum pl_load_verdict {
    PL_LOAD_NOW,    /* do it */
    PL_LOAD_LATER,  /* it must wait: pl_load_wait_… follows */
    PL_LOAD_REFUSE, /* too much waits: say so */
    PL_LOAD_DROP    /* there is no time even to say so */
} pl_load_verdict;

typedef struct pl_load pl_load;

/* What the owner does; called from deadlines only. */
typedef struct pl_load_handler {
    /* What waited is due: a record of a stream, or a probe. */
    void (*record)(void *owner, pl_id stream, const uint8_t *data, size_t len, pl_time now);
    void (*probe)(void *owner, pl_addr from, uint64_t transaction, pl_time now);
    /* It is off from now on; what waited is forgotten.  And it is back.  `load` is in percent of the capacity. */
    void (*shut_off)(void *owner, int64_t load, pl_time now);
    void (*back)(void *owner, pl_time now);
} pl_load_handler;

typedef struct pl_load_options {
    pl_context *context;
    int64_t capacity; /* logins a second; 0 = supernode.capacity, with its spread drawn */
    const pl_load_handler *handler; /* static */
    void *owner;
} pl_load_options;

pl_load *pl_load_new(const pl_load_options *options);
void pl_load_free(pl_load *load);

/* Work has come. */
pl_load_verdict pl_load_take(pl_load *load, pl_work work, pl_time now);
/* After PL_LOAD_LATER: what to hand back when it is due.  Copies. */
void pl_load_wait_record(pl_load *load, pl_id stream, const uint8_t *data, size_t len);
void pl_load_wait_probe(pl_load *load, pl_addr from, uint64_t transaction);

/* Would a login be refused? */
bool pl_load_is_busy(const pl_load *load, pl_time now);
bool pl_load_is_off(const pl_load *load);
/* In thousandths of a login a second; 0 = unlimited. */
int64_t pl_load_capacity(const pl_load *load);

#endif
