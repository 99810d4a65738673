/* sessions.h - the sessions of a replication: what paths.csv says came about, beside what was to be foretold.
 * Private to analysis. */
#ifndef AN_SESSIONS_H
#define AN_SESSIONS_H

#include "analysis/population/groups.h"
#include "analysis/results.h"

/* Texts and label sets live with the results. */
typedef struct an_interner {
    const char *(*text)(void *context, const char *text);
    const an_labels *(*labels)(void *context, const char *text);
    void *context;
} an_interner;

/* Sessions of a matrix are left out.  False and a sentence in *ret_error (g_free) if the file is damaged or
 * names a group that there is not. */
bool an_sessions_read(const char *path, const an_groups *groups, const an_interner *interner,
                      an_replication *replication, char **ret_error);

/* The metrics that sessions have a value for, by their whole name.  NULL if it is none. */
typedef struct an_session_metric an_session_metric;
an_session_metric *an_session_metric_new(const char *name);
void an_session_metric_free(an_session_metric *metric);
/* False if the session says nothing about it. */
bool an_session_value(const an_session *session, const an_session_metric *metric, double *ret_value);

#endif
