/* summary.csv and junit.xml. */
#include <glib.h>
#include <string.h>

#include "analysis/csv.h"
#include "analysis/summary_private.h"

static void append_number(GString *csv, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    bool whole = value > -0x1p53 && value < 0x1p53 && (double)(int64_t)value >= value &&
                 (double)(int64_t)value <= value;
    if (whole)
        g_string_append_printf(csv, "%" G_GINT64_FORMAT, (int64_t)value);
    else
        g_string_append(csv, g_ascii_formatd(text, sizeof text, "%.6g", value));
}

static void append_row(GString *csv, const an_point *point, const an_entry *entry)
{
    g_string_append_printf(csv, "%zu", point->index);
    for (size_t i = 0; i < point->n_columns; i++) {
        g_string_append_c(csv, ',');
        an_csv_append(csv, point->values[i]);
    }
    g_string_append_c(csv, ',');
    an_csv_append(csv, entry->key);
    g_string_append_c(csv, ',');
    append_number(csv, entry->value);
    g_string_append_printf(csv, ",%s,", entry->unit);
    if (entry->has_interval)
        append_number(csv, entry->interval.low);
    g_string_append_c(csv, ',');
    if (entry->has_interval)
        append_number(csv, entry->interval.high);
    g_string_append_printf(csv, ",%zu,%zu\n", entry->n_samples, entry->n_replications);
}

char *an_summary_csv(const an_summary *summary)
{
    GString *csv = g_string_new("point");
    const an_results *results = summary->results;

    for (size_t i = 0; results->n_points && i < results->points[0].n_columns; i++) {
        g_string_append_c(csv, ',');
        an_csv_append(csv, results->points[0].columns[i]);
    }
    g_string_append(csv, ",metric,value,unit,ci95_low,ci95_high,n,replications\n");
    for (size_t i = 0; i < results->n_points; i++)
        for (size_t k = 0; k < summary->points[i].n_entries; k++)
            append_row(csv, summary->points[i].point, &summary->points[i].entries[k]);
    return g_string_free(csv, FALSE);
}

static void append_attribute(GString *xml, const char *name, const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);
    g_string_append_printf(xml, " %s=\"%s\"", name, escaped);
}

static void append_outcome(GString *xml, const an_summary *summary, const an_ruling *ruling)
{
    const an_judgement *judgement = &ruling->judgement;
    bool strict = summary->strictness == AN_STRICT;
    bool failed = judgement->verdict == AN_FAILED || (judgement->verdict == AN_INCONCLUSIVE && strict);

    g_string_append_printf(xml, ">\n      <%s", failed ? "failure" : "skipped");
    g_autofree char *message =
        g_strdup_printf("%s: %s", an_verdict_name(judgement->verdict), judgement->detail);
    append_attribute(xml, "message", message);
    if (!failed) {
        g_string_append(xml, "/>\n    </testcase>\n");
        return;
    }
    const char *position = ruling->expect->position;
    g_autofree char *body = g_markup_printf_escaped(
        "%s%s%s\n%s%s%s", position ? position : "", position ? ": " : "", message,
        summary->again ? "again: " : "", summary->again ? summary->again : "", summary->again ? "\n" : "");
    g_string_append_printf(xml, ">%s</failure>\n    </testcase>\n", body);
}

static void append_case(GString *xml, const an_summary *summary, const an_point_summary *point,
                        const an_ruling *ruling)
{
    g_autofree char *name = *point->title ? g_strdup_printf("%s [%s]", ruling->expect->text, point->title)
                                          : g_strdup(ruling->expect->text);
    g_string_append(xml, "    <testcase");
    append_attribute(xml, "classname", summary->scenario);
    append_attribute(xml, "name", name);
    if (ruling->judgement.verdict == AN_HELD)
        g_string_append(xml, "/>\n");
    else
        append_outcome(xml, summary, ruling);
}

static size_t unapplied(const an_summary *summary)
{
    size_t n = 0;
    for (size_t i = 0; i < summary->n_expects; i++)
        n += summary->n_applied[i] == 0;
    return n;
}

/* Expectations whose `when` selected no point: told, so that nobody takes silence for success. */
static void append_unapplied(GString *xml, const an_summary *summary, const an_expect *expect)
{
    g_string_append(xml, "    <testcase");
    append_attribute(xml, "classname", summary->scenario);
    append_attribute(xml, "name", expect->text);
    g_string_append(
        xml, ">\n      <skipped message=\"no point was run to which it applies\"/>\n    </testcase>\n");
}

/* A run that is not whole is an error of the suite, whatever its expectations say. */
static void append_early(GString *xml, const an_summary *summary)
{
    g_string_append(xml, "    <testcase");
    append_attribute(xml, "classname", summary->scenario);
    append_attribute(xml, "name", "the run is whole");
    g_string_append(xml, ">\n      <error");
    append_attribute(xml, "message", summary->early);
    g_string_append(xml, "/>\n    </testcase>\n");
}

char *an_summary_junit(const an_summary *summary)
{
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
    an_tally tally = an_summary_tally(summary);
    size_t missed = summary->strictness == AN_STRICT ? tally.inconclusive - unapplied(summary) : 0;

    append_attribute(xml, "name", summary->scenario);
    size_t errors = summary->early ? 1 : 0;
    g_string_append_printf(xml, " tests=\"%zu\" failures=\"%zu\"",
                           tally.held + tally.failed + tally.inconclusive + errors, tally.failed + missed);
    if (errors)
        g_string_append_printf(xml, " errors=\"%zu\"", errors);
    g_string_append_printf(xml, " skipped=\"%zu\">\n", tally.inconclusive - missed);
    g_string_append_printf(xml,
                           "    <properties>\n      <property name=\"seed\" value=\"%" G_GUINT64_FORMAT
                           "\"/>\n    </properties>\n",
                           summary->seed);
    for (size_t i = 0; i < summary->results->n_points; i++)
        for (size_t k = 0; k < summary->points[i].n_rulings; k++)
            append_case(xml, summary, &summary->points[i], &summary->points[i].rulings[k]);
    for (size_t i = 0; i < summary->n_expects; i++)
        if (summary->n_applied[i] == 0)
            append_unapplied(xml, summary, summary->expects[i]);
    if (summary->early)
        append_early(xml, summary);
    g_string_append(xml, "  </testsuite>\n</testsuites>\n");
    return g_string_free(xml, FALSE);
}
