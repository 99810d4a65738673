/* mser.h - where the transient of a series ends: MSER-5 (White 1997; White, Cobb and Spratt 2000).
 *
 * Of all cuts it takes the one after which the mean of the rest is known best: the least squared standard error of the
 * means of five.  It finds the transient; it is no interval. */
#ifndef AN_MSER_H
#define AN_MSER_H

#include "analysis/results.h"

/* How many samples to leave out at the beginning; at most half of them, a multiple of five. */
size_t an_mser5(const double *values, size_t n);
/* The same for a state that was sampled in all replications of a point at the same instants: the series is averaged
 * over them first (Welch 1983).  The instant of the first sample to keep; 0 if there are fewer than 20 samples. */
pl_time an_mser5_cut(const an_point *point, const char *metric);
/* Leaves out what was sampled in a point before an instant; acts of the timeline stay. */
void an_point_cut(an_point *point, pl_time from);

#endif
