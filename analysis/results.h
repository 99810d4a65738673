/* results.h - reads a run directory into memory: points, replications, samples.
 *
 * Only complete replications (a folder with scalars.csv) are read; the others are counted.  Files are
 * hostile: every row is checked and an error names file and line. */
#ifndef AN_RESULTS_H
#define AN_RESULTS_H

#include "analysis/metrics.h"

/* One row of series.csv or scalars.csv.  Texts belong to the results. */
typedef struct an_sample {
    const char *name; /* interned: equal names are the same pointer */
    const char *host; /* NULL for a scalar; interned */
    const an_labels *labels;
    pl_time at;   /* 0 for a scalar */
    double value; /* in the unit of the file: ns, B, … */
} an_sample;

#define AN_PATH_CLASSES 13 /* in the order of the table of metrics; the last is `failed` */

/* One row of paths.csv of a run whose groups.csv says what stands before both ends. */
typedef struct an_session {
    const char *caller, *callee; /* interned */
    const an_labels *labels;     /* those of path.class, ends and strangers */
    double foretold[AN_PATH_CLASSES];
    unsigned class;
    bool is_nated;                      /* the caller */
    bool is_punchable_udp, is_punchable_tcp; /* the caller's boxes */
} an_session;

typedef struct an_replication {
    size_t number;
    size_t n_samples;
    an_sample *samples; /* in the order of the files, series then scalars */
    size_t n_sessions;
    an_session *sessions; /* in the order of paths.csv */
} an_replication;

typedef struct an_point {
    size_t index;
    size_t n_columns;
    const char *const *columns; /* sweep variables, "case" among them; the same for all points */
    const char *const *values;
    size_t n_replications; /* complete ones */
    an_replication *replications;
    size_t n_incomplete;
} an_point;

typedef struct an_results {
    char *directory;
    size_t n_points;
    an_point *points;
    void *storage; /* private */
} an_results;

/* NULL and a sentence in *ret_error (g_free) if the directory is no run or a file is damaged. */
an_results *an_results_read(const char *directory, char **ret_error);
void an_results_free(an_results *results);
/* The value of a sweep column, NULL if there is none. */
const char *an_point_value(const an_point *point, const char *column);
/* "N=2000 sn_frac=5%", or "" for a run without a sweep (g_free). */
char *an_point_title(const an_point *point);

#endif
