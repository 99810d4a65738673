#include "analysis/steady/precision.h"

#include <glib.h>
#include <math.h>

struct an_precision {
    an_expect *expect; /* the metric and its window; the bound is the width */
};

an_precision *an_precision_parse(const char *metric, const char *width, char **ret_error)
{
    const size_t window = an_window_find(metric);
    g_autofree char *name = g_strndup(metric, window);
    g_autofree char *claim = g_strdup_printf("%s <= %s%s", name, width, metric + window);
    an_expect *expect = an_expect_parse(&(an_expect_text){.text = claim}, ret_error);
    if (!expect)
        return NULL;
    an_precision *precision = g_new(an_precision, 1);
    *precision = (an_precision){expect};
    return precision;
}

void an_precision_free(an_precision *precision)
{
    if (!precision)
        return;
    an_expect_free(precision->expect);
    g_free(precision);
}

/* What one point asks for; a point that measured nothing would not by more of the same. */
static size_t wanted_by(const an_precision *precision, const an_point *point, size_t n)
{
    an_estimate estimate;
    size_t wanted = n;
    an_expect_reduce(precision->expect, point, &estimate);
    const double width = estimate.interval.high - estimate.interval.low, goal = precision->expect->bound.value;
    if (estimate.n_values > 0 && estimate.method == AN_NO_INTERVAL)
        wanted = 2 * n;
    else if (estimate.n_values > 0 && width > goal)
        wanted = goal > 0 ? (size_t)ceil(MIN((double)n * width / goal * width / goal, 2.0 * (double)n)) : 2 * n;
    an_estimate_clear(&estimate);
    return MAX(wanted, n);
}

size_t an_precision_replications(const an_precision *precision, const char *directory, size_t n, char **ret_error)
{
    an_results *results = an_results_read(directory, ret_error);
    size_t wanted = n;
    if (!results)
        return 0;
    for (size_t i = 0; i < results->n_points; i++)
        wanted = MAX(wanted, wanted_by(precision, &results->points[i], n));
    an_results_free(results);
    return wanted;
}
