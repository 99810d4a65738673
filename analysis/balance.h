/* balance.h - means over sessions, with an interval over the peers at their ends.
 *
 * Two sessions that share an end are not independent.  So peers are drawn anew, not sessions: a session counts
 * as often as its two ends were drawn, less once, which gives a mean with the noise of every end and of every
 * two sessions that share one.  The session's own noise comes in through both of its ends, so twice: the
 * rounds are drawn together until it is in once, as in the variance of dyadic data (Aronow, Samii, Assenova
 * 2015), but never to less than independent sessions would have.  Pure functions. */
#ifndef AN_BALANCE_H
#define AN_BALANCE_H

#include "analysis/reduce.h"

/* One number a session, and its two ends, numbered from 0 below n_peers. */
typedef struct an_balance {
    size_t n, n_peers;
    const double *values;
    const size_t *caller, *callee;
} an_balance;

/* `n_rounds` means of resamples, sorted, around the mean of the values; n ≥ 1. */
void an_balance_resample(const an_balance *balance, double *ret_rounds, size_t n_rounds);
/* The estimate of a metric AN_BALANCE. */
void an_balance_reduce(const an_point *point, const an_reduce_request *request, an_estimate *ret_estimate);
/* Sessions of the point that carry the labels and whose value is not 0. */
uint64_t an_balance_occurrences(const an_point *point, const char *name, const an_labels *labels);

#endif
