/* reduce.h - samples of a point → one value with its interval.
 *
 * One number per replication, then t over replications; shares by Wilson over all samples; spreads of a
 * single replication by a bootstrap over hosts.  Values come out in the metric's reported unit. */
#ifndef AN_REDUCE_H
#define AN_REDUCE_H

#include "analysis/results.h"
#include "analysis/stats.h"
#include "analysis/window.h"

typedef enum an_method { AN_NO_INTERVAL, AN_WILSON, AN_STUDENT, AN_BOOTSTRAP } an_method;

/* An exact fraction: value = numerator / denominator in the unit of the files (ns, B, 1). */
typedef struct an_exact {
    bool valid;          /* false if some sample was not a whole number */
    int64_t numerator;   /* SHARE: successes.  MEAN: sum.  else the value */
    int64_t denominator; /* SHARE: samples.  MEAN: samples.  else 1 */
} an_exact;

typedef struct an_estimate {
    size_t n_samples;      /* in all replications */
    size_t n_replications; /* with at least one sample (or for which absence means 0) */
    double value;          /* mean over replications; SHARE: pooled share */
    an_method method;
    an_interval interval; /* 95 %, if method says there is one */
    uint64_t successes;   /* SHARE; COUNT: the sum over replications */
    size_t n_values;
    double *values;  /* one a replication, in the reported unit; none: nothing was measured */
    an_exact *exact; /* likewise */
    size_t *numbers; /* likewise: which replication */
    size_t n_rounds;
    double *rounds; /* BOOTSTRAP: sorted statistics of the resamples */
} an_estimate;

/* Which sample of a state stands for a window: the last, or the one that is worst or best for a claim. */
typedef enum an_pick { AN_PICK_LAST, AN_PICK_LOWEST, AN_PICK_HIGHEST } an_pick;

/* One estimate of what the selector selects in a window; NULL = the whole run. */
void an_reduce_window(const an_point *point, const an_selector *selector, const an_window *window, an_pick pick,
                      an_estimate *ret_estimate);
/* One estimate of what the selector selects. */
void an_reduce(const an_point *point, const an_selector *selector, an_estimate *ret_estimate);

/* Several suffixes of one metric and label set over one pass through the samples (`suffixes` of n NULL or
 * pointers); `work_max` bounds hosts × rounds of a bootstrap, which is left out if too few rounds remain. */
typedef struct an_reduce_request {
    const an_metric *metric;
    const char *name;
    const an_labels *labels;
    const an_suffix *const *suffixes;
    size_t n_suffixes;
    uint64_t work_max;
    const an_window *window; /* NULL = the whole run */
    an_pick pick;            /* GAUGE without a suffix */
} an_reduce_request;
void an_reduce_many(const an_point *point, const an_reduce_request *request, an_estimate *ret_estimates);
void an_estimate_clear(an_estimate *estimate);
/* How many rows in the point, named `name` or `name.…` and carrying the labels, are not 0. */
uint64_t an_reduce_occurrences(const an_point *point, const char *name, const an_labels *labels);
/* By what a value of the files is divided for the reported unit: 1e9 for "s", else 1. */
double an_metric_divisor(const an_metric *metric);

#endif
