/* A claim and a point → a verdict (expect.h says by which rules). */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "analysis/expect.h"

#define ALPHA 0.05

/* 10^18 × 2^63 needs more than 64 bits. */
__extension__ typedef __int128 wide;

static int compare_exact(const an_exact *value, const an_bound *bound)
{
    wide scale = 1;
    for (unsigned i = 0; i < bound->decimals; i++)
        scale *= 10;
    wide left = value->numerator * scale, right = (wide)bound->mantissa * value->denominator;
    return (left > right) - (left < right);
}

static bool satisfies(an_relation relation, int order)
{
    switch (relation) {
    case AN_EQUAL:
        return order == 0;
    case AN_NOT_EQUAL:
        return order != 0;
    case AN_LESS:
        return order < 0;
    case AN_AT_MOST:
        return order <= 0;
    case AN_MORE:
        return order > 0;
    case AN_AT_LEAST:
        return order >= 0;
    case AN_WITHIN:
        return order <= 0;
    case AN_NEVER:
        return order == 0;
    }
    g_assert_not_reached();
}

static bool satisfies_value(const an_expect *expect, double value)
{
    if (expect->relation == AN_WITHIN)
        value = fabs(value);
    return satisfies(expect->relation, (value > expect->bound.value) - (value < expect->bound.value));
}

/* Claims about all or none are about counts, whatever the scenario. */
static bool is_exact_claim(const an_expect *expect, an_certainty certainty)
{
    const an_bound *bound = &expect->bound;
    bool all = expect->selector.metric->reduction == AN_SHARE && bound->value >= 1 &&
               (expect->relation == AN_EQUAL || expect->relation == AN_AT_LEAST);
    bool none = bound->mantissa == 0 && (expect->relation == AN_EQUAL || expect->relation == AN_AT_MOST);
    return certainty == AN_DETERMINISTIC || all || none;
}

/* At most `digits` significant digits, no exponent for what people read. */
static char *plain_number(double value, int digits)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    char format[] = "%.0g";
    format[2] = (char)('0' + digits);
    if (fabs(value) >= 1e4 && fabs(value) < 1e15 && floor(value) <= value && floor(value) >= value)
        return g_strdup_printf("%" G_GINT64_FORMAT, (int64_t)value);
    return g_strdup(g_ascii_formatd(text, sizeof text, format, value));
}

/* A number in the unit for people, without the unit: shares in per cent. */
static char *bare_text(const an_metric *metric, double value)
{
    return plain_number(strcmp(metric->unit, "1") == 0 ? value * 100 : value, 4);
}

static const char *shown_unit(const an_metric *metric)
{
    if (strcmp(metric->unit, "1") == 0)
        return " %";
    if (strcmp(metric->unit, "s") == 0)
        return " s";
    return strcmp(metric->unit, "B") == 0 ? " B" : "";
}

char *an_value_text(const an_metric *metric, double value)
{
    g_autofree char *number = bare_text(metric, value);
    return g_strconcat(number, shown_unit(metric), NULL);
}

char *an_interval_text(const an_metric *metric, const an_interval *interval)
{
    g_autofree char *low = bare_text(metric, interval->low);
    g_autofree char *high = bare_text(metric, interval->high);
    return g_strdup_printf("[%s, %s]", low, high);
}

/* Whole ns as seconds to the last digit that is not 0: what is judged exactly is shown exactly. */
static char *exact_text(const an_metric *metric, const an_exact *exact, double value)
{
    if (strcmp(metric->unit, "s") != 0 || !exact->valid || exact->numerator % exact->denominator != 0)
        return an_value_text(metric, value);
    int64_t ns = exact->numerator / exact->denominator;
    g_autofree char *text =
        g_strdup_printf("%" G_GINT64_FORMAT ".%09d", ns / PL_SECOND, (int)(ns % PL_SECOND));
    size_t len = strlen(text);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    return g_strdup_printf("%.*s s", (int)len, text);
}

static bool holds_exactly(const an_expect *expect, const an_estimate *estimate, size_t i)
{
    if (estimate->exact[i].valid)
        return satisfies(expect->relation, compare_exact(&estimate->exact[i], &expect->bound));
    return satisfies_value(expect, estimate->values[i]);
}

static char *list_of(const size_t *numbers, size_t n)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n && i < 4; i++)
        g_string_append_printf(text, "%sr%02zu", i ? ", " : "", numbers[i]);
    if (n > 4)
        g_string_append(text, ", …");
    return g_string_free(text, FALSE);
}

static void judge_exactly(const an_expect *expect, const an_estimate *estimate, an_judgement *judgement)
{
    const an_metric *metric = expect->selector.metric;
    g_autofree size_t *failed = g_new(size_t, estimate->n_values + 1);
    size_t n_failed = 0, shown = 0;

    for (size_t i = 0; i < estimate->n_values; i++) {
        if (holds_exactly(expect, estimate, i))
            continue;
        shown = n_failed == 0 ? i : shown;
        failed[n_failed++] = estimate->numbers[i];
    }
    g_autofree char *value = exact_text(metric, &estimate->exact[shown], estimate->values[shown]);
    judgement->exact = true;
    judgement->verdict = n_failed ? AN_FAILED : AN_HELD;
    if (n_failed) {
        g_autofree char *list = list_of(failed, n_failed);
        judgement->failed_replication = failed[0];
        judgement->detail =
            g_strdup_printf("%s in %zu of %zu (%s)", value, n_failed, estimate->n_values, list);
    } else if (metric->reduction == AN_SHARE) {
        g_autofree char *pooled = an_value_text(metric, estimate->value);
        judgement->detail = g_strdup_printf("%s of %zu, %zu replication%s", pooled, estimate->n_samples,
                                            estimate->n_values, estimate->n_values == 1 ? "" : "s");
    } else {
        judgement->detail =
            g_strdup_printf("%s%s", value, estimate->n_values > 1 ? " in r00, and all hold" : "");
    }
}

/* Two-sided p from resamples: how many contradict the side on which most are. */
static double bootstrap_p(const an_expect *expect, const an_estimate *estimate)
{
    size_t satisfying = 0;
    for (size_t i = 0; i < estimate->n_rounds; i++)
        satisfying += satisfies_value(expect, estimate->rounds[i]);
    size_t fewer = MIN(satisfying, estimate->n_rounds - satisfying);
    return MIN(1, 2.0 * (double)(fewer + 1) / (double)(estimate->n_rounds + 1));
}

static double estimate_p(const an_expect *expect, const an_estimate *estimate)
{
    switch (estimate->method) {
    case AN_NO_INTERVAL:
        return 1;
    case AN_WILSON:
        return an_stats_share_p(estimate->successes, estimate->n_samples, expect->bound.value);
    case AN_STUDENT:
        return an_stats_mean_p(estimate->values, estimate->n_values, expect->bound.value);
    case AN_BOOTSTRAP:
        return bootstrap_p(expect, estimate);
    }
    g_assert_not_reached();
}

static void tell_interval(const an_expect *expect, const an_estimate *estimate, an_judgement *judgement)
{
    const an_metric *metric = expect->selector.metric;
    g_autofree char *value = an_value_text(metric, estimate->value);

    if (estimate->method == AN_NO_INTERVAL) {
        judgement->detail = g_strdup_printf("%s, and one replication gives no interval", value);
        return;
    }
    g_autofree char *interval = an_interval_text(metric, &estimate->interval);
    judgement->has_interval = true;
    judgement->interval = estimate->interval;
    judgement->detail =
        g_strdup_printf("%s  %s%s", value, interval,
                        estimate->method != AN_BOOTSTRAP            ? ""
                        : metric->reduction == AN_BALANCE           ? "  over peers"
                                                                    : "  over peers of one replication");
}

static void judge_never(const an_expect *expect, const an_point *point, an_judgement *judgement)
{
    const an_selector *selector = &expect->selector;
    uint64_t n = an_reduce_occurrences(point, selector->name, &selector->labels);

    judgement->exact = true;
    judgement->has_value = true;
    judgement->value = (double)n;
    judgement->verdict = n ? AN_FAILED : AN_HELD;
    judgement->detail = n ? g_strdup_printf("%" G_GUINT64_FORMAT " times", n) : g_strdup("none");
    if (n == 0 && point->n_replications == 0) {
        judgement->verdict = AN_FAILED;
        g_free(judgement->detail);
        judgement->detail = g_strdup("no replication was completed");
    }
}

/* A claim about a span of time is about its worst moment, one that something comes about is about its best. */
static an_pick pick_of(const an_expect *expect)
{
    const bool wants_much = expect->relation == AN_MORE || expect->relation == AN_AT_LEAST;
    switch (expect->window.kind) {
    case AN_WINDOW_ALL:
    case AN_WINDOW_AT:
        return AN_PICK_LAST;
    case AN_WINDOW_DURING:
        return wants_much ? AN_PICK_LOWEST : AN_PICK_HIGHEST;
    case AN_WINDOW_WITHIN:
        return wants_much ? AN_PICK_HIGHEST : AN_PICK_LOWEST;
    }
    g_assert_not_reached();
}

void an_expect_reduce(const an_expect *expect, const an_point *point, an_estimate *ret_estimate)
{
    const an_window *window = expect->window.kind == AN_WINDOW_ALL ? NULL : &expect->window;
    an_reduce_window(point, &expect->selector, window, pick_of(expect), ret_estimate);
}

/* Everything but the verdict of statistical claims, which the family decides.  Returns whether this is one.
 */
static bool judge_one(const an_expect *expect, const an_point *point, an_certainty certainty,
                      an_judgement *judgement)
{
    an_estimate estimate;
    bool open = false;

    *judgement = (an_judgement){.failed_replication = SIZE_MAX};
    if (expect->relation == AN_NEVER) {
        judge_never(expect, point, judgement);
        return false;
    }
    an_expect_reduce(expect, point, &estimate);
    if (estimate.n_values == 0) {
        /* not inconclusive: that would let a run pass in which nothing happened */
        judgement->verdict = AN_FAILED;
        judgement->detail = g_strdup("nothing was measured that has this name and these labels");
    } else if (is_exact_claim(expect, certainty)) {
        judge_exactly(expect, &estimate, judgement);
    } else {
        judgement->p = estimate_p(expect, &estimate);
        tell_interval(expect, &estimate, judgement);
        open = true;
    }
    if (estimate.n_values > 0) {
        judgement->has_value = true;
        judgement->value = estimate.value;
    }
    an_estimate_clear(&estimate);
    return open;
}

static void decide_family(const an_expect *expect, an_judgement *const *family, size_t n)
{
    g_autofree double *p = g_new(double, n + 1);
    g_autofree bool *decisive = g_new(bool, n + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = family[i]->p;
    an_stats_holm(p, n, ALPHA, decisive);
    for (size_t i = 0; i < n; i++) {
        bool side = satisfies_value(expect, family[i]->value);
        family[i]->verdict = !decisive[i] ? AN_INCONCLUSIVE : side ? AN_HELD : AN_FAILED;
    }
}

void an_expect_judge(const an_expect *expect, const an_point *const *points, size_t n, an_certainty certainty,
                     an_judgement *ret_judgements)
{
    g_autofree an_judgement **family = g_new(an_judgement *, n + 1);
    size_t n_family = 0;

    for (size_t i = 0; i < n; i++)
        if (judge_one(expect, points[i], certainty, &ret_judgements[i]))
            family[n_family++] = &ret_judgements[i];
    decide_family(expect, family, n_family);
}

void an_judgement_clear(an_judgement *judgement)
{
    g_free(judgement->detail);
    judgement->detail = NULL;
}
