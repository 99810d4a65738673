/* race.h - opens streams to several addresses at once, keeps the first that opens, aborts the rest.
 *
 * One deadline of the core's own (login.connect_timeout unless told) bounds it, the same on every engine.  It ends at
 * once when all are refused. */
#ifndef PL_SESSION_RACE_H
#define PL_SESSION_RACE_H

#include "core/context.h"

typedef struct pl_race pl_race;

/* The outcome: `stream` 0 means that none opened, and `cause` then is the most telling one: timeout if
 * any was silent, else what the last one met.  Called once; the owner frees the race in it or later. */
typedef void (*pl_race_done_fn)(void *owner, pl_id stream, pl_addr to, pl_cause cause, pl_time now);

typedef struct pl_race_options {
    pl_context *context;
    const pl_addr *entries; /* copied */
    size_t n_entries;
    uint16_t port;          /* instead of the entries' own; 0 = their own */
    pl_span timeout;        /* 0 = login.connect_timeout */
    pl_race_done_fn done;
    void *owner;
} pl_race_options;

pl_race *pl_race_new(const pl_race_options *options, pl_time now);
/* Aborts what is still opening.  NULL is accepted. */
void pl_race_free(pl_race *race);
/* Inputs; true if the stream was this race's. */
bool pl_race_opened(pl_race *race, pl_id stream, pl_time now);
bool pl_race_closed(pl_race *race, pl_id stream, pl_cause cause, pl_time now);
/* The addresses that it tried, for counting contacts. */
size_t pl_race_entries(const pl_race *race);
pl_addr pl_race_entry(const pl_race *race, size_t index);

#endif
