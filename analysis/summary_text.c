/* The block that ends a run on the terminal. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/summary_private.h"

/* chosen: a wider column of expectations would push the values off an 80-column line. */
#define WIDTH_MAX 48

an_colour an_colour_choose(const char *choice, int descriptor)
{
    const char *no_colour = g_getenv("NO_COLOR"), *force = g_getenv("CLICOLOR_FORCE"),
               *term = g_getenv("TERM");

    if (g_strcmp0(choice, "always") == 0)
        return AN_COLOUR_ON;
    if (g_strcmp0(choice, "never") == 0 || (no_colour && *no_colour))
        return AN_COLOUR_OFF;
    if (force && *force && strcmp(force, "0") != 0)
        return AN_COLOUR_ON;
    if (!isatty(descriptor) || (term && strcmp(term, "dumb") == 0))
        return AN_COLOUR_OFF;
    return AN_COLOUR_ON;
}

static const char *sign_of(an_verdict verdict)
{
    return verdict == AN_HELD ? "✓" : verdict == AN_FAILED ? "✗" : "?";
}

static const char *colour_of(an_verdict verdict)
{
    return verdict == AN_HELD ? "\033[32m" : verdict == AN_FAILED ? "\033[31m" : "\033[33m";
}

/* 38 → "38 s", 7200 → "2 h": the unit that leaves a number one can say. */
static char *span_text(double seconds)
{
    if (seconds < 1)
        return g_strdup_printf("%.0f ms", seconds * 1e3);
    if (seconds < 120)
        return g_strdup_printf("%.3g s", seconds);
    if (seconds < 7200)
        return g_strdup_printf("%.3g min", seconds / 60);
    return g_strdup_printf("%.3g h", seconds / 3600);
}

static char *cost_text(const an_text_options *options)
{
    if (options->wall_seconds <= 0)
        return g_strdup("");
    g_autofree char *wall = span_text(options->wall_seconds);
    if (options->virtual_seconds <= 0)
        return g_strdup_printf("   %s wall", wall);
    g_autofree char *simulated = span_text(options->virtual_seconds);
    return g_strdup_printf("   %s wall, %s virtual (×%.3g)", wall, simulated,
                           options->virtual_seconds / options->wall_seconds);
}

static void append_heading(GString *text, const an_summary *summary, const an_point_summary *point,
                           const char *cost)
{
    size_t n = point->point->n_replications;
    g_string_append(text, summary->scenario);
    if (*point->title)
        g_string_append_printf(text, "  %s", point->title);
    g_string_append_printf(text, "   %zu replication%s", n, n == 1 ? "" : "s");
    if (point->point->n_incomplete)
        g_string_append_printf(text, " (%zu more not finished)", point->point->n_incomplete);
    g_string_append_printf(text, "%s\n", cost);
}

static void append_sign(GString *text, an_verdict verdict, an_colour colour)
{
    if (colour == AN_COLOUR_ON)
        g_string_append_printf(text, "  %s%s\033[0m ", colour_of(verdict), sign_of(verdict));
    else
        g_string_append_printf(text, "  %s ", sign_of(verdict));
}

static void append_padded(GString *text, const char *what, size_t width)
{
    size_t len = (size_t)g_utf8_strlen(what, -1);
    g_string_append(text, what);
    for (; len < width; len++)
        g_string_append_c(text, ' ');
}

static void append_ruling(GString *text, const an_summary *summary, const an_ruling *ruling, size_t width,
                          an_colour colour)
{
    const an_judgement *judgement = &ruling->judgement;
    append_sign(text, judgement->verdict, colour);
    append_padded(text, ruling->expect->text, width);
    g_string_append_printf(text, "  %s", judgement->detail);
    if (judgement->verdict != AN_HELD && ruling->expect->position)
        g_string_append_printf(text, "    %s", ruling->expect->position);
    g_string_append_c(text, '\n');
    if (judgement->verdict == AN_FAILED && summary->again)
        g_string_append_printf(text, "      again:  %s\n", summary->again);
}

/* Whether the entry is the metric itself, or the metric of first or later logins. */
static bool is_measure_of(const an_entry *entry, const char *metric)
{
    size_t len = strlen(metric);
    if (strncmp(entry->key, metric, len) != 0)
        return false;
    const char *labels = entry->key + len;
    return *labels == 0 || (g_str_has_prefix(labels, "{login=") && !strchr(labels, ','));
}

static void append_entry(GString *text, const an_entry *entry, const an_metric *metric, size_t width)
{
    g_autofree char *value = an_value_text(metric, entry->value);
    g_string_append(text, "  · ");
    append_padded(text, entry->key, width);
    g_string_append_printf(text, "  %s", value);
    if (!entry->has_interval)
        return;
    g_autofree char *interval = an_interval_text(metric, &entry->interval);
    g_string_append_printf(text, "  %s", interval);
}

/* The measures of a point: by login where samples say which, else plain. */
static void append_measure(GString *text, const an_point_summary *point, const an_measure *measure,
                           size_t width)
{
    g_autofree char *error = NULL;
    an_selector selector;
    size_t n_labelled = 0;
    if (!an_selector_parse(measure->metric, AN_FORM_VALUE, &selector, &error))
        return;
    for (size_t i = 0; i < point->n_entries; i++)
        n_labelled +=
            is_measure_of(&point->entries[i], measure->metric) && strchr(point->entries[i].key, '{');
    for (size_t i = 0; i < point->n_entries; i++) {
        const an_entry *entry = &point->entries[i];
        if (!is_measure_of(entry, measure->metric) || (n_labelled > 0 && !strchr(entry->key, '{')))
            continue;
        append_entry(text, entry, selector.metric, width);
        if (measure->beside)
            g_string_append_printf(text, "    published: %s", measure->beside);
        g_string_append_c(text, '\n');
    }
    an_selector_clear(&selector);
}

static size_t width_of(const an_summary *summary)
{
    size_t width = 0;
    for (size_t i = 0; i < summary->n_expects; i++)
        width = MAX(width, (size_t)g_utf8_strlen(summary->expects[i]->text, -1));
    return MIN(width, WIDTH_MAX);
}

static void append_unapplied(GString *text, const an_summary *summary, size_t width, an_colour colour)
{
    for (size_t i = 0; i < summary->n_expects; i++) {
        if (summary->n_applied[i])
            continue;
        append_sign(text, AN_INCONCLUSIVE, colour);
        append_padded(text, summary->expects[i]->text, width);
        g_string_append_printf(text, "  no point was run with %s\n", summary->expects[i]->when);
    }
}

static void append_differences(GString *text, const an_summary *summary, an_colour colour)
{
    for (guint i = 0; i < summary->differences->len; i++) {
        const an_difference *d = &g_array_index(summary->differences, an_difference, i);
        g_autofree char *line = an_difference_text(d);
        if (d->compare->that)
            append_sign(text, summary->early ? AN_INCONCLUSIVE : d->verdict, colour);
        else
            g_string_append(text, "  · ");
        g_string_append(text, line);
        if (d->compare->that && d->verdict != AN_HELD && d->compare->position)
            g_string_append_printf(text, "    %s", d->compare->position);
        g_string_append_c(text, '\n');
    }
}

static void append_tally(GString *text, const an_summary *summary)
{
    an_tally tally = an_summary_tally(summary);
    size_t all = tally.held + tally.failed + tally.inconclusive;

    if (summary->early) {
        g_string_append_printf(text, "Not the whole run (%s): ", summary->early);
        if (tally.failed)
            g_string_append_printf(text, "%zu of %zu expectations failed already.", tally.failed, all);
        else
            g_string_append(text, "nothing is decided.");
        return;
    }
    if (all == 0)
        g_string_append(text, "The scenario expects nothing.");
    else if (tally.failed)
        g_string_append_printf(text, "%zu of %zu expectations failed.", tally.failed, all);
    else if (tally.held == all)
        g_string_append_printf(text, all == 1 ? "The expectation held." : "All %zu expectations held.", all);
    else
        g_string_append_printf(text, "%zu of %zu expectations held, none failed.", tally.held, all);
    if (tally.inconclusive)
        g_string_append_printf(text, "  %zu inconclusive: more replications would tell.", tally.inconclusive);
}

static void append_verdict(GString *text, const an_summary *summary, const an_text_options *options)
{
    append_tally(text, summary);
    if (options->directory)
        g_string_append_printf(text, "  Results: %s", options->directory);
    g_string_append_c(text, '\n');
}

char *an_summary_text(const an_summary *summary, const an_text_options *options)
{
    GString *text = g_string_new(NULL);
    g_autofree char *cost = cost_text(options);
    size_t width = width_of(summary);

    for (size_t i = 0; i < summary->results->n_points; i++) {
        const an_point_summary *point = &summary->points[i];
        append_heading(text, summary, point, i == 0 ? cost : "");
        if (summary->cuts)
            g_string_append_printf(text, "  · warm-up left out: %" G_GINT64_FORMAT " s (MSER-5 of %s)\n",
                                   summary->cuts[i] / PL_SECOND, AN_WARMUP_METRIC);
        for (size_t k = 0; k < point->n_rulings; k++)
            append_ruling(text, summary, &point->rulings[k], width, options->colour);
        for (size_t k = 0; k < options->n_measures; k++)
            append_measure(text, point, &options->measures[k], width);
    }
    append_differences(text, summary, options->colour);
    append_unapplied(text, summary, width, options->colour);
    append_verdict(text, summary, options);
    return g_string_free(text, FALSE);
}
