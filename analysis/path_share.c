/* Figure path_share: shares of the ways that pairs of a population find, against a share that is swept; what
 * was foretold as lines, what came about as points.  A second variable makes panels. */
#include <stdlib.h>
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/reduce.h"

/* chosen: more panels side by side than a page is wide enough for. */
#define PANELS_MAX 4
/* chosen: resampling for a picture's whiskers; see entries.c. */
#define WORK_MAX 4000000u

/* What is drawn, in this order: the part of the metric's name, and who is selected. */
static const struct {
    const char *part, *ends, *title;
} series[] = {
    {"unrelayed", NULL, "not relayed: all pairs"},
    {"unrelayed", "nated", "not relayed: NAT at both ends"},
    {"punched", NULL, "punched"},
    {"direct", NULL, "direct"},
    {"reversed", NULL, "reversed"},
    {"relayed", NULL, "relayed"},
    {"predicted", NULL, "predicted"},
    {"sprayed", NULL, "sprayed"},
};

/* "12.5%" → 12.5; false if it is no share. */
static bool parse_share(const char *text, double *ret_percent)
{
    char *end;
    *ret_percent = g_ascii_strtod(text, &end);
    return end > text && strcmp(end, "%") == 0;
}

static bool is_all_shares(const an_results *results, size_t column)
{
    double ignored;
    for (size_t p = 0; p < results->n_points; p++)
        if (!parse_share(results->points[p].values[column], &ignored))
            return false;
    return true;
}

/* Different values of a variable. */
static size_t count_values(const an_results *results, size_t column)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t p = 0; p < results->n_points; p++)
        g_hash_table_add(seen, (gpointer)results->points[p].values[column]);
    return g_hash_table_size(seen);
}

/* Of the swept variables that are shares everywhere the one with most values; n_columns if there is none. */
static size_t find_axis(const an_results *results)
{
    const size_t n = results->n_points ? results->points[0].n_columns : 0;
    size_t axis = n, most = 1;
    for (size_t c = 0; c < n; c++) {
        const size_t values = is_all_shares(results, c) ? count_values(results, c) : 0;
        if (values <= most)
            continue;
        axis = c;
        most = values;
    }
    return axis;
}

/* A variable that has several values for one value of the axis, so that it is no other name of it; n_columns
 * if there is none. */
static size_t find_panels(const an_results *results, size_t axis)
{
    const size_t n = results->points[0].n_columns;
    for (size_t c = 0; c < n; c++)
        for (size_t p = 1; c != axis && p < results->n_points; p++) {
            const char *const *a = results->points[0].values, *const *b = results->points[p].values;
            if (strcmp(a[axis], b[axis]) == 0 && strcmp(a[c], b[c]) != 0)
                return c;
        }
    return n;
}

/* Panels in the order of the points: their values of the variable, borrowed. */
static GPtrArray *collect_panels(const an_results *results, size_t column)
{
    GPtrArray *panels = g_ptr_array_new();
    const size_t n = results->points[0].n_columns;
    for (size_t p = 0; p < results->n_points; p++) {
        const char *value = column < n ? results->points[p].values[column] : "";
        bool is_known = false;
        for (guint i = 0; i < panels->len; i++)
            is_known = is_known || strcmp(g_ptr_array_index(panels, i), value) == 0;
        if (!is_known)
            g_ptr_array_add(panels, (gpointer)value);
    }
    return panels;
}

static void estimate_of(const an_point *point, const char *family, size_t number, an_estimate *ret_estimate)
{
    const an_suffix *plain = NULL;
    an_labels labels = {0};
    g_autofree char *name = g_strdup_printf("path.%s.%s", family, series[number].part);
    if (series[number].ends)
        labels = (an_labels){.n = 1, .label = {{"ends", series[number].ends}}};
    const an_reduce_request request = {.metric = an_metric_find(name),
                                       .name = name,
                                       .labels = &labels,
                                       .suffixes = &plain,
                                       .n_suffixes = 1,
                                       .work_max = WORK_MAX};
    an_reduce_many(point, &request, ret_estimate);
}

static void append_number(GString *csv, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(csv, ",%s", g_ascii_formatd(text, sizeof text, "%.6g", 100 * value));
}

static void append_row(GString *csv, guint panel, size_t number, const char *x, const an_point *point)
{
    an_estimate share, foretold;
    estimate_of(point, "share", number, &share);
    estimate_of(point, "foretold", number, &foretold);
    if (share.n_values > 0) {
        const bool has_interval = share.method != AN_NO_INTERVAL;
        g_string_append_printf(csv, "%u,%zu,%s,%.*s,%zu", panel + 1, number + 1, series[number].title,
                               (int)strlen(x) - 1, x, share.n_samples);
        append_number(csv, share.value);
        append_number(csv, has_interval ? share.interval.low : share.value);
        append_number(csv, has_interval ? share.interval.high : share.value);
        append_number(csv, foretold.value);
        g_string_append_c(csv, '\n');
    }
    an_estimate_clear(&share);
    an_estimate_clear(&foretold);
}

typedef struct drawing {
    const an_results *results;
    size_t axis, column; /* of points.csv: x, and what tells the panels */
    GPtrArray *panels;
} drawing;

static bool is_in_panel(const drawing *d, const an_point *point, guint panel)
{
    return d->column == point->n_columns ||
           strcmp(point->values[d->column], g_ptr_array_index(d->panels, panel)) == 0;
}

static char *table_of(const drawing *d)
{
    GString *csv = g_string_new("panel,series,name,swept_percent,n,share_percent,low,high,foretold_percent\n");
    for (guint panel = 0; panel < d->panels->len; panel++)
        for (size_t number = 0; number < G_N_ELEMENTS(series); number++)
            for (size_t p = 0; p < d->results->n_points; p++) {
                const an_point *point = &d->results->points[p];
                if (is_in_panel(d, point, panel))
                    append_row(csv, panel, number, point->values[d->axis], point);
            }
    return g_string_free(csv, FALSE);
}

/* What gnuplot's enhanced text would lower or raise is a space. */
static char *plain_text(const char *text)
{
    return g_strdelimit(g_strdup(text), "_^@&~{}'\\", ' ');
}

static size_t sessions_of(const an_point *point)
{
    size_t n = 0;
    for (size_t r = 0; r < point->n_replications; r++)
        n += point->replications[r].n_sessions;
    return n;
}

/* chosen: per cent of the axis that a line of small letters takes. */
#define LABEL_HEIGHT 5.2

typedef struct label {
    size_t number;
    double y;
} label;

static int compare_labels(const void *a, const void *b)
{
    const label *x = a, *y = b;
    if (x->y < y->y || x->y > y->y)
        return x->y < y->y ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* What was foretold where the axis ends in the last panel that is shown, in per cent; −1 if nothing was. */
static double end_of_line(const drawing *d, size_t number)
{
    const guint last = MIN(d->panels->len, PANELS_MAX) - 1;
    double end = -1, far = -1;
    for (size_t p = 0; p < d->results->n_points; p++) {
        const an_point *point = &d->results->points[p];
        double x = 0;
        if (!is_in_panel(d, point, last) || !parse_share(point->values[d->axis], &x) || x <= far)
            continue;
        an_estimate foretold;
        estimate_of(point, "foretold", number, &foretold);
        far = x;
        end = foretold.n_values > 0 ? 100 * foretold.value : -1;
        an_estimate_clear(&foretold);
    }
    return end;
}

/* Names stand where the lines end; those of near ones are pushed apart, from the middle of the crowd. */
static void append_labels(GString *head, const drawing *d)
{
    label labels[G_N_ELEMENTS(series)];
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(series); i++)
        if ((labels[n] = (label){i, end_of_line(d, i)}).y >= 0)
            n++;
    qsort(labels, n, sizeof *labels, compare_labels);
    for (size_t i = 0; i < n; i++) {
        const double least = i == 0 ? LABEL_HEIGHT / 3 : labels[i - 1].y + LABEL_HEIGHT;
        labels[i].y = MAX(labels[i].y, least);
    }
    g_string_append_printf(head, "LABELS = %zu\narray TITLE[%zu]\narray TITLE_Y[%zu]\narray TITLE_OF[%zu]\n", n,
                           MAX(n, 1), MAX(n, 1), MAX(n, 1));
    for (size_t i = 0; i < n; i++) {
        char y[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(head, "TITLE[%zu] = '%s'\nTITLE_Y[%zu] = %s\nTITLE_OF[%zu] = %zu\n", i + 1,
                               series[labels[i].number].title, i + 1, g_ascii_formatd(y, sizeof y, "%.6g", labels[i].y),
                               i + 1, labels[i].number + 1);
    }
}

static char *head_of(const drawing *d)
{
    GString *head = g_string_new("WIDE = 1\nTALL = 3.4\n");
    const an_point *first = &d->results->points[0];
    const guint n = MIN(d->panels->len, PANELS_MAX);
    g_autofree char *axis = plain_text(first->columns[d->axis]);
    g_string_append_printf(head, "AXIS = '%s'\nEACH = %zu\nN = %u\narray PANEL[N]\n", axis, sessions_of(first), n);
    for (guint i = 0; i < n; i++) {
        g_autofree char *value = plain_text(g_ptr_array_index(d->panels, i));
        g_autofree char *column = d->column < first->n_columns ? plain_text(first->columns[d->column]) : g_strdup("");
        g_string_append_printf(head, "PANEL[%u] = '%s%s%s'\n", i + 1, column, *column ? " " : "", value);
    }
    append_labels(head, d);
    return g_string_free(head, FALSE);
}

static bool has_sessions(const an_results *results)
{
    for (size_t p = 0; p < results->n_points; p++)
        if (sessions_of(&results->points[p]) > 0)
            return true;
    return false;
}

int an_path_share_draw(const an_canvas *canvas, char **ret_error)
{
    drawing d = {.results = canvas->results, .axis = find_axis(canvas->results)};
    if (!has_sessions(d.results) || d.axis == d.results->points[0].n_columns) {
        g_ptr_array_add(canvas->notes, g_strdup("figure 'path_share' was not drawn: it wants paths: and a share "
                                                "that is swept"));
        return 0;
    }
    d.column = find_panels(d.results, d.axis);
    d.panels = collect_panels(d.results, d.column);
    if (d.panels->len > PANELS_MAX)
        g_ptr_array_add(canvas->notes, g_strdup_printf("figure 'path_share' shows the first %d of %u panels; all "
                                                       "are in figures/path_share.csv",
                                                       PANELS_MAX, d.panels->len));
    g_autofree char *head = head_of(&d), *csv = table_of(&d);
    const int result = an_canvas_plot(canvas, "path_share", head, csv, ret_error);
    g_ptr_array_free(d.panels, TRUE);
    return result;
}
