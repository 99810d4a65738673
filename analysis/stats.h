/* stats.h - intervals, quantiles and corrections; pure functions.
 *
 * The quantile rule is the inverse of the empirical distribution function (type 1 of Hyndman and Fan 1996,
 * numpy's "inverted_cdf"): the smallest sample with at least a share q at or below it.  It is always a value
 * that occurred, so times stay exact in ns, and it invents nothing between the modes of a time-out ladder. */
#ifndef AN_STATS_H
#define AN_STATS_H

#include "core/types.h"

typedef struct an_interval {
    double low, high;
} an_interval;

double an_stats_mean(const double *values, size_t n);
/* Standard deviation with n − 1; 0 for n < 2. */
double an_stats_deviation(const double *values, size_t n);
/* Quantile q in (0, 1] of n ≥ 1 values sorted ascending. */
double an_stats_quantile(const double *sorted, size_t n, double q);
void an_stats_sort(double *values, size_t n);

/* Normal and Student distribution functions and their inverses (p in (0, 1), degrees ≥ 1). */
double an_stats_normal(double z);
double an_stats_normal_inverse(double p);
double an_stats_student(double t, double degrees);
double an_stats_student_inverse(double p, double degrees);

/* mean ± t(1 − (1 − level)/2, n − 1)·s/√n for n ≥ 2.  With two or three replications t is large (12.7, 4.3),
 * so that the interval of a time or a count reaches below 0, where no value can be: see an_stats_cut. */
an_interval an_stats_mean_interval(const double *values, size_t n, double level);
/* The part of an interval at or above `floor`.  No metric that has one is negative, so all t intervals are
 * cut at 0; what is cut off held no possible value, so the level stays what it was.  Wilson's are within [0,
 * 1]; those of differences (path.surprise) come from resamples. */
an_interval an_stats_cut(an_interval interval, double floor);
/* Wilson (1927) score interval of k successes in n ≥ 1. */
an_interval an_stats_wilson(uint64_t k, uint64_t n, double level);
/* Two-sided p of the claim that the mean is `bound`: the level at which the t interval touches it. */
double an_stats_mean_p(const double *values, size_t n, double bound);
/* The same for a share and Wilson's interval. */
double an_stats_share_p(uint64_t k, uint64_t n, double bound);

/* Holm (1979): which of n p-values are decisive at `alpha` as a family. */
void an_stats_holm(const double *p, size_t n, double alpha, bool *ret_decisive);

/* Draws n of n groups with replacement for one round of a bootstrap; `index` gets their numbers.  The caller
 * starts `state` at a constant, so the draws are the same every time. */
void an_stats_resample(uint64_t *state, size_t *index, size_t n);

/* Rounded to 6 significant digits: libm's last bits differ between machines. */
double an_stats_round(double value);

#endif
