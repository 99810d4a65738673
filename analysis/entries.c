/* Which metrics a point is reported under, and their values. */
#include <glib.h>
#include <string.h>

#include "analysis/summary_private.h"

/* chosen: resampling is for a glance here, an expectation pays for its own: at most a tenth of a second a
 * row. */
#define WORK_MAX 4000000u

/* By what every metric that has the labels is split without being asked; keys in their order. */
static const char *const splits[][2] = {{NULL, NULL},          {"login", NULL}, {"login", "setup"},
                                        {"report", "traversal"}, {"ends", NULL},  {"ends", "strangers"}};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What sessions tell: ways that were taken or foretold, the others would be rows of noughts. */
static void add_session_names(const an_point *point, GPtrArray *names)
{
    const an_metric *table;
    const size_t n = an_metric_table(&table);
    for (size_t m = 0; m < n; m++)
        for (size_t p = 0; table[m].reduction == AN_BALANCE && table[m].parts[p]; p++) {
            g_autofree char *name =
                g_strdup_printf("%.*s%s", (int)strlen(table[m].name) - 1, table[m].name, table[m].parts[p]);
            if (an_reduce_occurrences(point, name, &(an_labels){0}))
                g_ptr_array_add(names, (gpointer)g_intern_string(name));
        }
}

/* The names that occur in a point, sorted, each once (borrowed). */
static GPtrArray *names_of(const an_point *point)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL); /* names are interned */
    GPtrArray *names = g_ptr_array_new();
    for (size_t r = 0; r < point->n_replications; r++)
        for (size_t i = 0; i < point->replications[r].n_samples; i++) {
            const char *name = point->replications[r].samples[i].name;
            if (g_hash_table_add(seen, (gpointer)name))
                g_ptr_array_add(names, (gpointer)name);
        }
    g_hash_table_destroy(seen);
    add_session_names(point, names);
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* The part of a sample's labels that a split looks at; false if one is missing. */
static bool project(const an_labels *labels, const char *const split[2], an_labels *ret_projected)
{
    an_labels projected = {0};
    for (size_t i = 0; i < 2 && split[i]; i++) {
        const char *value = an_labels_get(labels, split[i]);
        if (!value)
            return false;
        projected.label[projected.n++] = (an_label){split[i], value};
    }
    *ret_projected = projected;
    return true;
}

static bool labels_known(const GArray *sets, const an_labels *labels)
{
    for (guint i = 0; i < sets->len; i++) {
        const an_labels *known = &g_array_index(sets, an_labels, i);
        if (known->n == labels->n && an_labels_include(known, labels))
            return true;
    }
    return false;
}

static int compare_labels(const void *a, const void *b)
{
    const an_labels *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    for (size_t i = 0; i < x->n; i++) {
        int order = strcmp(x->label[i].value, y->label[i].value);
        if (order)
            return order;
    }
    return 0;
}

static void add_label_sets(GArray *sets, const an_labels *labels)
{
    for (size_t s = 0; s < G_N_ELEMENTS(splits); s++) {
        an_labels projected;
        if (project(labels, splits[s], &projected) && !labels_known(sets, &projected))
            g_array_append_val(sets, projected);
    }
}

/* Those of the sessions, which all metrics of theirs share. */
static void add_session_sets(GArray *sets, const an_replication *replication)
{
    for (size_t i = 0; i < replication->n_sessions; i++)
        add_label_sets(sets, replication->sessions[i].labels);
}

static void add_sample_sets(GArray *sets, const an_replication *replication, const char *name)
{
    const an_labels *last = NULL; /* neighbours mostly have the same interned labels */
    for (size_t i = 0; i < replication->n_samples; i++) {
        const an_sample *sample = &replication->samples[i];
        if (sample->name != name || sample->labels == last)
            continue;
        last = sample->labels;
        add_label_sets(sets, last);
    }
}

/* The label sets under which a name is reported, few first. */
static GArray *label_sets(const an_point *point, const char *name, const an_metric *metric)
{
    GArray *sets = g_array_new(FALSE, FALSE, sizeof(an_labels));
    for (size_t r = 0; r < point->n_replications; r++)
        if (metric->reduction == AN_BALANCE)
            add_session_sets(sets, &point->replications[r]);
        else
            add_sample_sets(sets, &point->replications[r], name);
    g_array_sort(sets, compare_labels);
    return sets;
}

static void add_entry(GArray *entries, const an_reduce_request *request, const an_suffix *suffix,
                      const an_estimate *estimate)
{
    const an_entry entry = {.key = an_selector_key(request->name, suffix, request->labels),
                            .unit = request->metric->unit,
                            .value = estimate->value,
                            .has_interval = estimate->method != AN_NO_INTERVAL,
                            .interval = estimate->interval,
                            .n_samples = estimate->n_samples,
                            .n_replications = estimate->n_replications};
    for (guint i = 0; i < entries->len; i++) {
        if (strcmp(g_array_index(entries, an_entry, i).key, entry.key) != 0)
            continue;
        g_free(entry.key);
        return;
    }
    g_array_append_val(entries, entry);
}

static void add_request(GArray *entries, const an_point *point, const an_reduce_request *request)
{
    g_autofree an_estimate *estimates = g_new0(an_estimate, request->n_suffixes);
    an_reduce_many(point, request, estimates);
    for (size_t s = 0; s < request->n_suffixes; s++) {
        if (estimates[s].n_values > 0)
            add_entry(entries, request, request->suffixes[s], &estimates[s]);
        an_estimate_clear(&estimates[s]);
    }
}

/* Whether a state was sampled in the course of the run, rather than told at its end only. */
static bool is_sampled(const an_point *point, const char *name)
{
    for (size_t r = 0; r < point->n_replications; r++)
        for (size_t i = 0; i < point->replications[r].n_samples; i++)
            if (point->replications[r].samples[i].name == name && point->replications[r].samples[i].host)
                return true;
    return false;
}

/* The last value, and what the course had of least, mean and most. */
static size_t course_suffixes(const an_suffix **ret_suffixes, const an_suffix *table, size_t n)
{
    size_t found = 0;
    ret_suffixes[found++] = NULL;
    for (size_t i = 0; i < n; i++)
        if (table[i].kind == AN_MEAN || table[i].kind == AN_MINIMUM || table[i].kind == AN_MAXIMUM)
            ret_suffixes[found++] = &table[i];
    return found;
}

static void add_metric(GArray *entries, const an_point *point, const char *name)
{
    const an_metric *metric = an_metric_find(name);
    const an_suffix *table, *const plain = NULL;
    size_t n = an_suffix_table(&table);
    g_autofree const an_suffix **all = g_new(const an_suffix *, n);
    if (!metric)
        return; /* a file of a newer version: what is not in the table has no meaning here */
    bool spread = metric->reduction == AN_SPREAD;
    for (size_t i = 0; i < n; i++)
        all[i] = &table[i];
    if (metric->reduction == AN_GAUGE && is_sampled(point, name))
        n = course_suffixes(all, table, n);
    else if (!spread)
        n = (all[0] = plain, 1);
    g_autoptr(GArray) sets = label_sets(point, name, metric);
    for (guint i = 0; i < sets->len; i++) {
        const an_reduce_request request = {.metric = metric,
                                           .name = name,
                                           .labels = &g_array_index(sets, an_labels, i),
                                           .suffixes = all,
                                           .n_suffixes = n,
                                           .work_max = WORK_MAX};
        add_request(entries, point, &request);
    }
}

static void add_expected(GArray *entries, const an_point *point, const an_expect *expect)
{
    if (expect->relation == AN_NEVER || expect->window_text || !an_expect_applies(expect, point))
        return; /* what a window has is told where the expectation is */
    const an_selector *selector = &expect->selector;
    const an_reduce_request request = {.metric = selector->metric,
                                       .name = selector->name,
                                       .labels = &selector->labels,
                                       .suffixes = &selector->suffix,
                                       .n_suffixes = 1,
                                       .work_max = WORK_MAX};
    add_request(entries, point, &request);
}

void *an_entries_collect(const an_point *point, an_expect *const *expects, size_t n_expects)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(an_entry));
    g_autoptr(GPtrArray) names = names_of(point);
    for (guint i = 0; i < names->len; i++)
        add_metric(entries, point, g_ptr_array_index(names, i));
    for (size_t i = 0; i < n_expects; i++)
        add_expected(entries, point, expects[i]);
    return entries;
}
