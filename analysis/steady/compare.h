/* compare.h - two policies on the same random streams: the difference, and how well it is known.
 *
 * Replication r of one point and replication r of another draw the same for every host and purpose (DESIGN §3), so that
 * what both have in common falls out of the difference: one number a pair, then t over the pairs. */
#ifndef AN_COMPARE_H
#define AN_COMPARE_H

#include <glib.h>

#include "analysis/expect.h"

typedef struct an_compare_text {
    const char *metric;   /* "overlay.online at 2h after storm" */
    const char *a, *b;    /* conditions, or names of cases */
    const char *that;     /* claim about a − b, "> 20%"; NULL = it is only shown */
    const char *position; /* NULL = unknown */
} an_compare_text;

typedef struct an_compare {
    an_expect *expect; /* the metric, its window, and the claim */
    char *metric, *a, *b, *that, *position;
} an_compare;

/* The differences of one pair of points. */
typedef struct an_difference {
    const an_compare *compare;
    const an_point *a, *b;
    size_t n; /* pairs of replications */
    double value_a, value_b, value;
    bool has_interval; /* n ≥ 2 */
    an_interval interval;
    an_verdict verdict; /* HELD if there is no claim */
} an_difference;

/* NULL and a sentence in *ret_error (g_free). */
an_compare *an_compare_parse(const an_compare_text *text, char **ret_error);
void an_compare_free(an_compare *compare);
/* Appends an an_difference for every a that has a b which is like it in all that the conditions do not speak of. */
void an_compare_points(const an_compare *compare, const an_results *results, GArray *ret_differences);
/* "control − full: overlay.online at 2h after storm  37 %  [31, 43]  (12 pairs)" (g_free). */
char *an_difference_text(const an_difference *difference);

#endif
