/* summary_private.h - what a summary holds, for the files that tell it.  Private to analysis. */
#ifndef AN_SUMMARY_PRIVATE_H
#define AN_SUMMARY_PRIVATE_H

#include "analysis/summary.h"

/* One metric of one point. */
typedef struct an_entry {
    char *key; /* login.time.p50{login=first} */
    const char *unit;
    double value;
    bool has_interval;
    an_interval interval;
    size_t n_samples;
    size_t n_replications;
} an_entry;

/* One expectation at one point. */
typedef struct an_ruling {
    const an_expect *expect;
    an_judgement judgement;
} an_ruling;

typedef struct an_point_summary {
    const an_point *point;
    char *title;
    size_t n_entries;
    an_entry *entries; /* by the order of the table, then labels */
    size_t n_rulings;
    an_ruling *rulings; /* in the order of the scenario */
} an_point_summary;

struct an_summary {
    an_results *results;
    char *scenario;
    char *again;
    uint64_t seed;
    char *early; /* NULL = the run is whole */
    an_certainty certainty;
    an_strictness strictness;
    size_t n_expects;
    an_expect **expects;
    size_t *n_applied; /* of each expectation: points it applied to */
    an_point_summary *points;
    pl_time *cuts; /* of each point: where its transient ends; NULL unless that was looked for */
    size_t n_compares;
    an_compare **compares;
    GArray *differences; /* an_difference */
};

typedef struct an_tally {
    size_t held, failed, inconclusive;
} an_tally;
/* How many rulings of each kind; an expectation that applied to no point counts as inconclusive. */
an_tally an_summary_tally(const an_summary *summary);

/* The entries of a point: every metric that occurs, plain, by login, by login and set-up, and whatever the
 * expectations ask for.  GArray of an_entry. */
void *an_entries_collect(const an_point *point, an_expect *const *expects, size_t n_expects);

/* The texts of the files (g_free). */
char *an_summary_csv(const an_summary *summary);
char *an_summary_junit(const an_summary *summary);

#endif
