#include "analysis/steady/compare.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* A bound of nothing, as the metric's unit wants it written. */
static const char *nothing_of(const char *unit)
{
    return strcmp(unit, "s") == 0 ? "0s" : strcmp(unit, "B") == 0 ? "0B" : strcmp(unit, "1") == 0 ? "0%" : "0";
}

/* The metric with a claim between itself and its window. */
static char *as_claim(const an_compare_text *text, char **ret_error)
{
    const size_t window = an_window_find(text->metric);
    g_autofree char *metric = g_strndup(text->metric, window);
    an_selector selector;
    if (text->that)
        return g_strdup_printf("%s %s%s", metric, text->that, text->metric + window);
    if (!an_selector_parse(metric, AN_FORM_VALUE, &selector, ret_error))
        return NULL;
    char *claim = g_strdup_printf("%s >= %s%s", metric, nothing_of(selector.metric->unit), text->metric + window);
    an_selector_clear(&selector);
    return claim;
}

an_compare *an_compare_parse(const an_compare_text *text, char **ret_error)
{
    g_autofree char *claim = as_claim(text, ret_error);
    an_expect *expect = claim ? an_expect_parse(&(an_expect_text){.text = claim, .position = text->position}, ret_error)
                              : NULL;
    if (!expect)
        return NULL;
    if (!an_condition_check(text->a, ret_error) || !an_condition_check(text->b, ret_error)) {
        an_expect_free(expect);
        return NULL;
    }
    an_compare *compare = g_new0(an_compare, 1);
    *compare = (an_compare){.expect = expect,
                            .metric = g_strdup(text->metric),
                            .a = g_strdup(text->a),
                            .b = g_strdup(text->b),
                            .that = g_strdup(text->that),
                            .position = g_strdup(text->position)};
    return compare;
}

void an_compare_free(an_compare *compare)
{
    if (!compare)
        return;
    an_expect_free(compare->expect);
    g_free(compare->metric);
    g_free(compare->a);
    g_free(compare->b);
    g_free(compare->that);
    g_free(compare->position);
    g_free(compare);
}

static bool is_spoken_of(const char *condition, const char *column)
{
    return strstr(condition, column) != NULL || (strcmp(column, "case") == 0 && !strpbrk(condition, "=!"));
}

static bool is_alike(const an_compare *compare, const an_point *a, const an_point *b)
{
    for (size_t i = 0; i < a->n_columns; i++)
        if (!is_spoken_of(compare->a, a->columns[i]) && !is_spoken_of(compare->b, a->columns[i]) &&
            strcmp(a->values[i], b->values[i]) != 0)
            return false;
    return true;
}

/* By the number of the replication; one that only one of the points has is nobody's pair. */
static size_t pair_up(const an_estimate *a, const an_estimate *b, double *ret_differences, an_difference *sums)
{
    size_t n = 0;
    for (size_t i = 0, k = 0; i < a->n_values; i++) {
        while (k < b->n_values && b->numbers[k] < a->numbers[i])
            k++;
        if (k == b->n_values || b->numbers[k] != a->numbers[i])
            continue;
        ret_differences[n++] = a->values[i] - b->values[k];
        sums->value_a += a->values[i];
        sums->value_b += b->values[k];
    }
    return n;
}

static bool satisfies(an_relation relation, double value, double bound)
{
    switch (relation) {
    case AN_LESS:
        return value < bound;
    case AN_AT_MOST:
        return value <= bound;
    case AN_MORE:
        return value > bound;
    case AN_AT_LEAST:
        return value >= bound;
    case AN_EQUAL:
    case AN_NEVER:
        return fabs(value - bound) <= 0;
    case AN_NOT_EQUAL:
        return fabs(value - bound) > 0;
    case AN_WITHIN:
        return fabs(value) <= bound;
    }
    g_assert_not_reached();
}

/* The whole interval decides, as everywhere. */
static an_verdict judge(const an_difference *d)
{
    const an_expect *expect = d->compare->expect;
    if (!d->compare->that)
        return AN_HELD;
    if (d->n == 0)
        return AN_FAILED;
    if (!d->has_interval)
        return AN_INCONCLUSIVE;
    const bool low = satisfies(expect->relation, d->interval.low, expect->bound.value);
    const bool high = satisfies(expect->relation, d->interval.high, expect->bound.value);
    return low && high ? AN_HELD : low || high ? AN_INCONCLUSIVE : AN_FAILED;
}

static an_difference compare_pair(const an_compare *compare, const an_point *a, const an_point *b)
{
    an_difference d = {.compare = compare, .a = a, .b = b};
    an_estimate of_a, of_b;
    an_expect_reduce(compare->expect, a, &of_a);
    an_expect_reduce(compare->expect, b, &of_b);
    g_autofree double *differences = g_new0(double, of_a.n_values + 1);
    d.n = pair_up(&of_a, &of_b, differences, &d);
    if (d.n > 0) {
        d.value_a /= (double)d.n;
        d.value_b /= (double)d.n;
        d.value = an_stats_mean(differences, d.n);
    }
    d.has_interval = d.n >= 2;
    if (d.has_interval)
        d.interval = an_stats_mean_interval(differences, d.n, 0.95);
    d.verdict = judge(&d);
    an_estimate_clear(&of_a);
    an_estimate_clear(&of_b);
    return d;
}

void an_compare_points(const an_compare *compare, const an_results *results, GArray *ret_differences)
{
    for (size_t i = 0; i < results->n_points; i++) {
        if (!an_condition_holds(compare->a, &results->points[i]))
            continue;
        for (size_t k = 0; k < results->n_points; k++) {
            if (k == i || !an_condition_holds(compare->b, &results->points[k]) ||
                !is_alike(compare, &results->points[i], &results->points[k]))
                continue;
            const an_difference d = compare_pair(compare, &results->points[i], &results->points[k]);
            g_array_append_val(ret_differences, d);
        }
    }
}

char *an_difference_text(const an_difference *d)
{
    const an_metric *metric = d->compare->expect->selector.metric;
    g_autofree char *title_a = an_point_title(d->a), *title_b = an_point_title(d->b);
    g_autofree char *value = an_value_text(metric, d->value);
    g_autofree char *value_a = an_value_text(metric, d->value_a), *value_b = an_value_text(metric, d->value_b);
    g_autofree char *interval = d->has_interval ? an_interval_text(metric, &d->interval) : g_strdup("no interval");
    g_autofree char *claim = d->compare->that ? g_strconcat(" ", d->compare->that, NULL) : g_strdup("");
    if (d->n == 0)
        return g_strdup_printf("%s − %s: %s%s  nothing was measured in both", title_a, title_b, d->compare->metric,
                               claim);
    return g_strdup_printf("%s − %s: %s%s  %s − %s = %s  %s  (%zu pair%s)", title_a, title_b, d->compare->metric,
                           claim, value_a, value_b, value, interval, d->n, d->n == 1 ? "" : "s");
}
