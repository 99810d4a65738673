/* precision.h - whether enough replications have been run: the interval of a metric is as narrow as was asked for. */
#ifndef AN_PRECISION_H
#define AN_PRECISION_H

#include "analysis/expect.h"

typedef struct an_precision an_precision;

/* `metric` may have a window; `width` of the whole 95 % interval, in the metric's unit: "2%", "300ms".  NULL and a
 * sentence in *ret_error (g_free). */
an_precision *an_precision_parse(const char *metric, const char *width, char **ret_error);
void an_precision_free(an_precision *precision);
/* How many replications a point should have, by those in the run directory: n if the interval is narrow enough at
 * every point, else as many as its width foretells (it shrinks with √n), at most twice n.  0 and a sentence in
 * *ret_error if the directory cannot be read. */
size_t an_precision_replications(const an_precision *precision, const char *directory, size_t n, char **ret_error);

#endif
