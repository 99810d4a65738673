/* Figure login_time: for each set-up, at each point of a sweep, the share of log-ins done within t.  Failed
 * ones count in the denominator, so a curve that stays below 1 says how many never made it. */
#include <math.h>
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/stats.h"

/* chosen: more steps than this are finer than the picture's dots. */
#define STEPS_MAX 1000
/* chosen: style.gp has as many colours, and no more curves can be told apart. */
#define CURVES_MAX 8

typedef struct curve {
    char *name;      /* "symmetric, first"; no two are equal */
    GArray *times;   /* s */
    unsigned number; /* from 1 */
    size_t n_all;    /* log-ins, failed ones too */
} curve;

static void curve_free(gpointer pointer)
{
    curve *c = pointer;
    g_free(c->name);
    g_array_free(c->times, TRUE);
    g_free(c);
}

static bool is_time(const an_sample *sample)
{
    return strcmp(sample->name, "login.time") == 0;
}

/* "" if the peers have no name. */
static const char *setup_of(const an_sample *sample)
{
    const char *setup = an_labels_get(sample->labels, "setup");
    return setup ? setup : "";
}

typedef void sample_visitor(void *context, const an_point *point, const an_sample *sample);

/* Shows all log-ins of a run, point by point. */
static void visit_log_ins(const an_results *results, sample_visitor *visit, void *context)
{
    for (size_t p = 0; p < results->n_points; p++)
        for (size_t r = 0; r < results->points[p].n_replications; r++) {
            const an_replication *replication = &results->points[p].replications[r];
            for (size_t i = 0; i < replication->n_samples; i++) {
                const an_sample *sample = &replication->samples[i];
                if (is_time(sample) || strcmp(sample->name, "login.success") == 0)
                    visit(context, &results->points[p], sample);
            }
        }
}

/* Which columns of points.csv a name must tell: those that have several values for one set-up.  A case that
 * names its set-up, as in first-login, is told by the set-up. */
typedef struct naming {
    GHashTable *setups; /* borrowed texts; looked up only */
    size_t n_columns;
    GHashTable **values; /* per column: set-up → the value first seen with it; looked up only */
    bool *tells;         /* per column */
} naming;

static void learn_sample(void *context, const an_point *point, const an_sample *sample)
{
    naming *names = context;
    const char *setup = setup_of(sample);

    g_hash_table_add(names->setups, (gpointer)setup);
    for (size_t i = 0; i < names->n_columns; i++) {
        const char *first = g_hash_table_lookup(names->values[i], setup);
        if (!first)
            g_hash_table_insert(names->values[i], (gpointer)setup, (gpointer)point->values[i]);
        else if (strcmp(first, point->values[i]) != 0)
            names->tells[i] = true;
    }
}

static naming learn_names(const an_results *results)
{
    naming names = {.setups = g_hash_table_new(g_str_hash, g_str_equal),
                    .n_columns = results->n_points ? results->points[0].n_columns : 0};
    names.values = g_new0(GHashTable *, names.n_columns + 1);
    names.tells = g_new0(bool, names.n_columns + 1);
    for (size_t i = 0; i < names.n_columns; i++)
        names.values[i] = g_hash_table_new(g_str_hash, g_str_equal);
    visit_log_ins(results, learn_sample, &names);
    return names;
}

static void naming_clear(naming *names)
{
    g_hash_table_destroy(names->setups);
    for (size_t i = 0; i < names->n_columns; i++)
        g_hash_table_destroy(names->values[i]);
    g_free(names->values);
    g_free(names->tells);
}

static void append_part(GString *name, const char *label, const char *value)
{
    g_string_append_printf(name, "%s%s%s", name->len ? ", " : "", label, value);
}

/* "loss=5%, first", "public, first": what tells the point, the set-up unless all share it, the log-in. */
static char *curve_name(const naming *names, const an_point *point, const an_sample *sample)
{
    GString *name = g_string_new(NULL);
    const char *setup = setup_of(sample), *login = an_labels_get(sample->labels, "login");

    for (size_t i = 0; i < names->n_columns; i++)
        if (names->tells[i]) {
            bool is_case = strcmp(point->columns[i], "case") == 0;
            g_autofree char *label = is_case ? NULL : g_strconcat(point->columns[i], "=", NULL);
            append_part(name, label ? label : "", point->values[i]);
        }
    if (*setup && (name->len == 0 || g_hash_table_size(names->setups) > 1))
        append_part(name, "", setup);
    if (name->len == 0)
        g_string_append(name, "all");
    if (login)
        append_part(name, "", login);
    return g_string_free(name, FALSE);
}

static curve *curve_of(GPtrArray *curves, const char *name)
{
    for (guint i = 0; i < curves->len; i++) {
        curve *known = g_ptr_array_index(curves, i);
        if (strcmp(known->name, name) == 0)
            return known;
    }
    curve *added = g_new0(curve, 1);
    added->name = g_strdup(name);
    added->times = g_array_new(FALSE, FALSE, sizeof(double));
    added->number = curves->len + 1;
    g_ptr_array_add(curves, added);
    return added;
}

typedef struct collection {
    naming names;
    GPtrArray *curves; /* of curve, by first appearance */
} collection;

static void add_sample(void *context, const an_point *point, const an_sample *sample)
{
    collection *all = context;
    g_autofree char *name = curve_name(&all->names, point, sample);
    curve *c = curve_of(all->curves, name);
    double seconds = sample->value / 1e9;
    if (is_time(sample))
        g_array_append_val(c->times, seconds);
    else
        c->n_all++;
}

static GPtrArray *collect(const an_results *results)
{
    collection all = {learn_names(results), g_ptr_array_new_with_free_func(curve_free)};
    visit_log_ins(results, add_sample, &all);
    naming_clear(&all.names);
    return all.curves;
}

static void append_quoted(GString *text, const char *name, char quote)
{
    for (; *name; name++) {
        if (*name == quote)
            g_string_append_c(text, quote);
        g_string_append_c(text, *name == '\\' || *name == '\n' ? ' ' : *name);
    }
}

static void append_step(GString *csv, const curve *c, double seconds, double share)
{
    char time[G_ASCII_DTOSTR_BUF_SIZE], part[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(time, sizeof time, "%.6g", seconds);
    g_ascii_formatd(part, sizeof part, "%.6g", share);
    g_string_append_printf(csv, "%u,\"", c->number);
    append_quoted(csv, c->name, '"');
    g_string_append_printf(csv, "\",%u,%zu,%s,%s\n", c->times->len, MAX(c->n_all, c->times->len), time, part);
}

static void append_curve(GString *csv, const curve *c, double from, double to)
{
    const double *times = (const double *)(void *)c->times->data;
    size_t n = c->times->len, all = MAX(c->n_all, n), stride = n / STEPS_MAX + 1;

    append_step(csv, c, from, 0);
    if (n == 0) {
        append_step(csv, c, to, 0);
        return;
    }
    append_step(csv, c, times[0], 0);
    for (size_t i = 0; i < n; i += stride)
        append_step(csv, c, times[i], (double)(i + 1) / (double)all);
    append_step(csv, c, times[n - 1], (double)n / (double)all);
    append_step(csv, c, to, (double)n / (double)all);
}

/* Titles keep their underscores: gnuplot's enhanced text would lower what follows one. */
static char *curve_title(const curve *c)
{
    g_autofree char *plain = g_strdelimit(g_strdup(c->name), "_^@&~{}", ' ');
    size_t failed = c->n_all > c->times->len ? c->n_all - c->times->len : 0;
    if (failed)
        return g_strdup_printf("%s (n = %zu, %zu failed)", plain, c->n_all, failed);
    return g_strdup_printf("%s (n = %u)", plain, c->times->len);
}

/* What the script needs to know: how many curves, their names, the range of t. */
static char *script_head(const GPtrArray *curves, double from, double to)
{
    GString *head = g_string_new(NULL);
    guint n = MIN(curves->len, CURVES_MAX);
    g_string_append_printf(head, "N = %u\nROWS = %u\nTALL = 2.25 + 0.107 * ROWS\narray TITLE[N]\n", n, n);
    for (guint i = 0; i < n; i++) {
        const curve *c = g_ptr_array_index(curves, i);
        g_autofree char *title = curve_title(c);
        g_string_append_printf(head, "TITLE[%u] = '", i + 1);
        append_quoted(head, title, '\'');
        g_string_append(head, "'\n");
    }
    g_string_append_printf(head, "XMIN = %.6g\nXMAX = %.6g\n", from, to);
    return g_string_free(head, FALSE);
}

/* The range that holds all times and both published marks. */
static void find_range(const GPtrArray *curves, double *ret_from, double *ret_to)
{
    double least = 1, most = 40;
    for (guint i = 0; i < curves->len; i++) {
        const GArray *times = ((const curve *)g_ptr_array_index(curves, i))->times;
        if (times->len == 0)
            continue;
        least = MIN(least, g_array_index(times, double, 0));
        most = MAX(most, g_array_index(times, double, times->len - 1));
    }
    *ret_from = MAX(least / 1.5, 0.01);
    *ret_to = most * 1.25;
}

static void note_left_out(const an_canvas *canvas, const GPtrArray *curves)
{
    if (curves->len <= CURVES_MAX)
        return;
    GString *names = g_string_new(NULL);
    for (guint i = CURVES_MAX; i < curves->len; i++)
        g_string_append_printf(names, "%s'%s'", names->len ? ", " : "",
                               ((const curve *)g_ptr_array_index(curves, i))->name);
    g_ptr_array_add(canvas->notes,
                    g_strdup_printf("figure 'login_time' shows the first %d of %u curves; left out, but in "
                                    "figures/login_time.csv: %s",
                                    CURVES_MAX, curves->len, names->str));
    g_string_free(names, TRUE);
}

int an_login_time_draw(const an_canvas *canvas, char **ret_error)
{
    g_autoptr(GPtrArray) curves = collect(canvas->results);
    g_autoptr(GString) csv = g_string_new("curve,setup,done,log_ins,time_s,share\n");
    double from, to;

    if (curves->len == 0) {
        g_ptr_array_add(canvas->notes, g_strdup("figure 'login_time' was not drawn: the run has no log-ins"));
        return 0;
    }
    for (guint i = 0; i < curves->len; i++) {
        const GArray *times = ((const curve *)g_ptr_array_index(curves, i))->times;
        an_stats_sort((double *)(void *)times->data, times->len);
    }
    find_range(curves, &from, &to);
    for (guint i = 0; i < curves->len; i++)
        append_curve(csv, g_ptr_array_index(curves, i), from, to);
    note_left_out(canvas, curves);
    g_autofree char *head = script_head(curves, from, to);
    return an_canvas_plot(canvas, "login_time", head, csv->str, ret_error);
}
