#include "analysis/summary.h"

#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analysis/steady/mser.h"
#include "analysis/summary_private.h"

static bool parse_expectations(an_summary *summary, const an_options *options, char **ret_error)
{
    summary->expects = g_new0(an_expect *, options->n_expectations + 1);
    summary->n_applied = g_new0(size_t, options->n_expectations + 1);
    for (size_t i = 0; i < options->n_expectations; i++) {
        summary->expects[i] = an_expect_parse(&options->expectations[i], ret_error);
        if (!summary->expects[i])
            return false;
        summary->n_expects++;
    }
    return true;
}

static bool parse_compares(an_summary *summary, const an_options *options, char **ret_error)
{
    summary->compares = g_new0(an_compare *, options->n_compares + 1);
    for (size_t i = 0; i < options->n_compares; i++) {
        summary->compares[i] = an_compare_parse(&options->compares[i], ret_error);
        if (!summary->compares[i])
            return false;
        summary->n_compares++;
    }
    return true;
}

static void cut_transients(an_summary *summary)
{
    summary->cuts = g_new0(pl_time, summary->results->n_points + 1);
    for (size_t i = 0; i < summary->results->n_points; i++) {
        summary->cuts[i] = an_mser5_cut(&summary->results->points[i], AN_WARMUP_METRIC);
        an_point_cut(&summary->results->points[i], summary->cuts[i]);
    }
}

static void compare_all(an_summary *summary)
{
    summary->differences = g_array_new(FALSE, TRUE, sizeof(an_difference));
    for (size_t i = 0; i < summary->n_compares; i++)
        an_compare_points(summary->compares[i], summary->results, summary->differences);
}

static void collect_points(an_summary *summary)
{
    const an_results *results = summary->results;
    summary->points = g_new0(an_point_summary, results->n_points + 1);
    for (size_t i = 0; i < results->n_points; i++) {
        an_point_summary *point = &summary->points[i];
        GArray *entries = an_entries_collect(&results->points[i], summary->expects, summary->n_expects);
        point->point = &results->points[i];
        point->title = an_point_title(point->point);
        point->n_entries = entries->len;
        point->entries = (an_entry *)(void *)g_array_free(entries, FALSE);
        point->rulings = g_new0(an_ruling, summary->n_expects + 1);
    }
}

/* What held in some of the replications was not held by the run. */
static void suspend(an_judgement *judgement, const an_point *point)
{
    if (judgement->verdict == AN_FAILED && judgement->exact && point->n_replications > 0)
        return;
    char *detail = judgement->detail;
    judgement->verdict = AN_INCONCLUSIVE;
    judgement->detail = g_strconcat("so far: ", detail, NULL);
    g_free(detail);
}

/* One expectation over all points of its family; the rulings go to their points. */
static void judge(an_summary *summary, size_t number)
{
    const an_expect *expect = summary->expects[number];
    size_t n_points = summary->results->n_points, n = 0;
    g_autofree const an_point **family = g_new(const an_point *, n_points + 1);
    g_autofree an_judgement *judgements = g_new0(an_judgement, n_points + 1);

    for (size_t i = 0; i < n_points; i++)
        if (an_expect_applies(expect, summary->points[i].point))
            family[n++] = summary->points[i].point;
    an_expect_judge(expect, family, n, summary->certainty, judgements);
    summary->n_applied[number] = n;
    for (size_t i = 0; i < n; i++) {
        an_point_summary *point = &summary->points[family[i]->index];
        if (summary->early)
            suspend(&judgements[i], family[i]);
        point->rulings[point->n_rulings++] = (an_ruling){expect, judgements[i]};
    }
}

an_summary *an_summary_new(const char *run_directory, const an_options *options, char **ret_error)
{
    an_summary *summary = g_new0(an_summary, 1);
    summary->scenario = g_strdup(options->scenario ? options->scenario : "");
    summary->again = g_strdup(options->again);
    summary->seed = options->seed;
    summary->certainty = options->certainty;
    summary->early = g_strdup(options->early);
    summary->strictness = options->strictness;
    if (parse_expectations(summary, options, ret_error) && parse_compares(summary, options, ret_error))
        summary->results = an_results_read(run_directory, ret_error);
    if (!summary->results) {
        an_summary_free(summary);
        return NULL;
    }
    if (options->warmup == AN_WARMUP_FOUND)
        cut_transients(summary);
    collect_points(summary);
    compare_all(summary);
    for (size_t i = 0; i < summary->n_expects; i++)
        judge(summary, i);
    return summary;
}

static void point_clear(an_point_summary *point)
{
    for (size_t i = 0; i < point->n_entries; i++)
        g_free(point->entries[i].key);
    for (size_t i = 0; i < point->n_rulings; i++)
        an_judgement_clear(&point->rulings[i].judgement);
    g_free(point->entries);
    g_free(point->rulings);
    g_free(point->title);
}

void an_summary_free(an_summary *summary)
{
    if (!summary)
        return;
    for (size_t i = 0; summary->results && i < summary->results->n_points; i++)
        point_clear(&summary->points[i]);
    for (size_t i = 0; i < summary->n_expects; i++)
        an_expect_free(summary->expects[i]);
    for (size_t i = 0; i < summary->n_compares; i++)
        an_compare_free(summary->compares[i]);
    g_free(summary->compares);
    g_free(summary->cuts);
    g_clear_pointer(&summary->differences, g_array_unref);
    an_results_free(summary->results);
    g_free(summary->expects);
    g_free(summary->n_applied);
    g_free(summary->points);
    g_free(summary->scenario);
    g_free(summary->again);
    g_free(summary->early);
    g_free(summary);
}

const an_results *an_summary_results(const an_summary *summary)
{
    return summary->results;
}

an_tally an_summary_tally(const an_summary *summary)
{
    an_tally tally = {0};
    for (size_t i = 0; i < summary->results->n_points; i++)
        for (size_t k = 0; k < summary->points[i].n_rulings; k++) {
            an_verdict verdict = summary->points[i].rulings[k].judgement.verdict;
            tally.held += verdict == AN_HELD;
            tally.failed += verdict == AN_FAILED;
            tally.inconclusive += verdict == AN_INCONCLUSIVE;
        }
    for (guint i = 0; i < summary->differences->len; i++) {
        const an_difference *d = &g_array_index(summary->differences, an_difference, i);
        const bool is_claim = d->compare->that != NULL;
        tally.held += is_claim && !summary->early && d->verdict == AN_HELD;
        tally.failed += is_claim && !summary->early && d->verdict == AN_FAILED;
        tally.inconclusive += is_claim && (summary->early || d->verdict == AN_INCONCLUSIVE);
    }
    for (size_t i = 0; i < summary->n_expects; i++)
        tally.inconclusive += summary->n_applied[i] == 0;
    return tally;
}

an_verdict an_summary_verdict(const an_summary *summary)
{
    an_tally tally = an_summary_tally(summary);
    if (tally.failed)
        return AN_FAILED;
    return tally.inconclusive ? AN_INCONCLUSIVE : AN_HELD;
}

const char *an_summary_verdict_name(const an_summary *summary)
{
    return summary->early ? "interrupted" : an_verdict_name(an_summary_verdict(summary));
}

int an_summary_exit(const an_summary *summary)
{
    an_verdict verdict = an_summary_verdict(summary);
    return verdict == AN_FAILED || (verdict == AN_INCONCLUSIVE && summary->strictness == AN_STRICT);
}

/* Whole numbers as integers, the rest to 6 digits: libm's last ones differ between machines. */
static json_t *number(double value)
{
    if (fabs(value) < 0x1p53 && floor(value) >= value)
        return json_integer((json_int_t)value);
    return json_real(an_stats_round(value));
}

static json_t *interval_array(const an_interval *interval)
{
    json_t *array = json_array();
    json_array_append_new(array, number(interval->low));
    json_array_append_new(array, number(interval->high));
    return array;
}

static json_t *entry_object(const an_entry *entry)
{
    json_t *object = json_object();
    json_object_set_new(object, "value", number(entry->value));
    json_object_set_new(object, "unit", json_string(entry->unit));
    if (entry->has_interval)
        json_object_set_new(object, "ci95", interval_array(&entry->interval));
    json_object_set_new(object, "n", json_integer((json_int_t)entry->n_samples));
    return object;
}

static json_t *ruling_object(const an_ruling *ruling)
{
    const an_judgement *judgement = &ruling->judgement;
    json_t *object = json_object();
    json_object_set_new(object, "text", json_string(ruling->expect->text));
    json_object_set_new(object, "verdict", json_string(an_verdict_name(judgement->verdict)));
    json_object_set_new(object, "value", judgement->has_value ? number(judgement->value) : json_null());
    if (judgement->has_interval)
        json_object_set_new(object, "ci95", interval_array(&judgement->interval));
    json_object_set_new(object, "detail", json_string(judgement->detail));
    if (ruling->expect->when)
        json_object_set_new(object, "when", json_string(ruling->expect->when));
    if (ruling->expect->position)
        json_object_set_new(object, "at", json_string(ruling->expect->position));
    return object;
}

static json_t *point_object(const an_point_summary *point)
{
    json_t *object = json_object(), *sweep = json_object(), *metrics = json_object(), *expect = json_array();
    for (size_t i = 0; i < point->point->n_columns; i++)
        json_object_set_new(sweep, point->point->columns[i], json_string(point->point->values[i]));
    for (size_t i = 0; i < point->n_entries; i++)
        json_object_set_new(metrics, point->entries[i].key, entry_object(&point->entries[i]));
    for (size_t i = 0; i < point->n_rulings; i++)
        json_array_append_new(expect, ruling_object(&point->rulings[i]));
    json_object_set_new(object, "sweep", sweep);
    json_object_set_new(object, "replications", json_integer((json_int_t)point->point->n_replications));
    if (point->point->n_incomplete)
        json_object_set_new(object, "incomplete", json_integer((json_int_t)point->point->n_incomplete));
    json_object_set_new(object, "metrics", metrics);
    json_object_set_new(object, "expect", expect);
    return object;
}

static json_t *difference_object(const an_difference *d)
{
    json_t *object = json_object();
    g_autofree char *a = an_point_title(d->a), *b = an_point_title(d->b);
    json_object_set_new(object, "metric", json_string(d->compare->metric));
    json_object_set_new(object, "a", json_string(a));
    json_object_set_new(object, "b", json_string(b));
    json_object_set_new(object, "pairs", json_integer((json_int_t)d->n));
    if (d->n > 0) {
        json_object_set_new(object, "value_a", number(d->value_a));
        json_object_set_new(object, "value_b", number(d->value_b));
        json_object_set_new(object, "difference", number(d->value));
    }
    if (d->has_interval)
        json_object_set_new(object, "ci95", interval_array(&d->interval));
    if (d->compare->that) {
        json_object_set_new(object, "that", json_string(d->compare->that));
        json_object_set_new(object, "verdict", json_string(an_verdict_name(d->verdict)));
    }
    return object;
}

static json_t *summary_object(const an_summary *summary, const char *out)
{
    json_t *object = json_object(), *points = json_array();
    for (size_t i = 0; i < summary->results->n_points; i++) {
        json_t *point = point_object(&summary->points[i]);
        if (summary->cuts)
            json_object_set_new(point, "warmup_ns", json_integer((json_int_t)summary->cuts[i]));
        json_array_append_new(points, point);
    }
    json_object_set_new(object, "schema", json_integer(1));
    json_object_set_new(object, "scenario", json_string(summary->scenario));
    json_object_set_new(object, "verdict", json_string(an_summary_verdict_name(summary)));
    if (summary->early)
        json_object_set_new(object, "error", json_string(summary->early));
    json_object_set_new(object, "points", points);
    if (summary->differences->len > 0) {
        json_t *differences = json_array();
        for (guint i = 0; i < summary->differences->len; i++)
            json_array_append_new(differences,
                                  difference_object(&g_array_index(summary->differences, an_difference, i)));
        json_object_set_new(object, "compare", differences);
    }
    if (out)
        json_object_set_new(object, "out", json_string(out));
    return object;
}

static char *dump(json_t *object, size_t flags)
{
    char *dumped = json_dumps(object, flags | JSON_REAL_PRECISION(6));
    char *text = g_strdup(dumped);
    free(dumped);
    json_decref(object);
    return text;
}

char *an_summary_json(const an_summary *summary, const char *out)
{
    return dump(summary_object(summary, out), JSON_COMPACT);
}

/* GLib writes beside the file and renames, and reports every error on the way. */
static int write_file(const an_summary *summary, const char *name, const char *text, char **ret_error)
{
    g_autofree char *path = g_build_filename(summary->results->directory, name, NULL);
    g_autoptr(GError) error = NULL;
    if (g_file_set_contents(path, text, -1, &error))
        return 0;
    *ret_error = g_strdup_printf("cannot write '%s': %s", path, error->message);
    return -1;
}

int an_summary_write(const an_summary *summary, char **ret_error)
{
    g_autofree char *csv = an_summary_csv(summary);
    g_autofree char *junit = an_summary_junit(summary);
    g_autofree char *json = dump(summary_object(summary, NULL), JSON_INDENT(1));
    g_autofree char *lines = g_strconcat(json, "\n", NULL);

    if (write_file(summary, "summary.csv", csv, ret_error) < 0 ||
        write_file(summary, "summary.json", lines, ret_error) < 0 ||
        write_file(summary, "junit.xml", junit, ret_error) < 0)
        return -1;
    return 0;
}
