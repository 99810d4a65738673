/* window.h - which part of a run a claim is about.
 *
 *   overlay.online >= 70% at 2h                      the state at an instant
 *   overlay.online >= 70% at +2h after storm         … counted from an act of the timeline that has this name
 *   overlay.online >= 70% during 120s..300s          all the time: the worst sample decides
 *   overlay.online >= 95% within 30min after storm   at some time: the best sample decides
 *   search.right >= 99% during +0s..+1h after storm  of samples that are no state: those of that time
 *
 * Acts leave a row timeline.NAME in series.csv, so that each replication has its own instants. */
#ifndef AN_WINDOW_H
#define AN_WINDOW_H

#include "analysis/results.h"

typedef enum an_window_kind { AN_WINDOW_ALL, AN_WINDOW_AT, AN_WINDOW_DURING, AN_WINDOW_WITHIN } an_window_kind;

typedef struct an_window {
    an_window_kind kind;
    pl_span from, to; /* AT: both the instant */
    const char *after; /* name of the act; NULL = from the start of the run */
} an_window;

/* Parses `at 2h after storm` in place: the text is changed and must outlive the result.  False and a sentence in
 * *ret_error (g_free). */
bool an_window_parse(char *text, an_window *ret_window, char **ret_error);
/* Where the window begins in a claim's right side, "70% at 2h"; its length if there is none. */
size_t an_window_find(const char *text);
/* The window in a replication, from *ret_from to *ret_to, both included; false if the act did not happen. */
bool an_window_place(const an_window *window, const an_replication *replication, pl_time *ret_from,
                     pl_time *ret_to);

#endif
