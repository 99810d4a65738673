/* Figure collapse: how probable it is that a network stays down, over what its supernodes can do and how patient its
 * clients are.
 *
 * A point is a cell: its column `capacity` is what a supernode can do by the normal rate of logins, `case` ends in the
 * mean interval between two attempts (every-37s).  A replication has collapsed that has less than a fifth of its users
 * online two hours after the act `storm`, or at its end if that is sooner. */
#include <math.h>
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/reduce.h"

#define AXIS_MAX 12 /* chosen: numbers that can be read in a cell */
#define DOWN 0.2    /* chosen: OU-14 says 8 %, and back at 80 % was called recovered (OU-16) */

/* The closed forms of scenarios/outage/phase-2010.yaml, whose network they hold for: of its supernodes 30 % are lost. */
#define IGNITION_SOON 283   /* capacity by normal rate, if orphans come back within a minute */
#define IGNITION_LATE 222   /* if they come later */
#define LATE_S        47    /* mean interval from which they do */
#define SUSTAINED_S   27000 /* an interval times capacity by normal rate */

typedef struct cell {
    double capacity, retry; /* retry in seconds */
    size_t n, down;
    double online; /* mean over replications */
} cell;

/* "37s" or "every-37s", in seconds; 0 if it is neither. */
static double seconds_of(const char *name)
{
    const char *digits = strpbrk(name, "0123456789");
    char *end = NULL;
    const double value = digits ? g_ascii_strtod(digits, &end) : 0;
    return end && strcmp(end, "s") == 0 ? value : 0;
}

static an_estimate online_after_two_hours(const an_point *point)
{
    const an_window window = {AN_WINDOW_AT, 2 * PL_HOUR, 2 * PL_HOUR, "storm"};
    g_autofree char *text = g_strdup("overlay.online");
    an_selector selector;
    an_estimate estimate;
    char *error = NULL;
    if (!an_selector_parse(text, AN_FORM_VALUE, &selector, &error))
        g_error("%s", error);
    an_reduce_window(point, &selector, &window, AN_PICK_LAST, &estimate);
    an_selector_clear(&selector);
    return estimate;
}

static void add_cell(GArray *cells, const an_point *point)
{
    const char *capacity = an_point_value(point, "capacity"), *name = an_point_value(point, "case");
    if (!capacity || !name)
        return;
    cell c = {.capacity = g_ascii_strtod(capacity, NULL), .retry = seconds_of(name)};
    an_estimate online = online_after_two_hours(point);
    for (size_t i = 0; i < online.n_values; i++)
        c.down += online.values[i] < DOWN;
    c.n = online.n_values;
    c.online = online.value;
    an_estimate_clear(&online);
    if (c.capacity > 0 && c.retry > 0 && c.n > 0)
        g_array_append_val(cells, c);
}

static gint by_size(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The values of one axis, each once, in order. */
static GArray *axis_of(const GArray *cells, size_t offset)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(double)), *once = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < cells->len; i++)
        g_array_append_vals(all, (const char *)&g_array_index(cells, cell, i) + offset, 1);
    g_array_sort(all, by_size);
    for (guint i = 0; i < all->len; i++)
        if (i == 0 || g_array_index(all, double, i) > g_array_index(all, double, i - 1))
            g_array_append_val(once, g_array_index(all, double, i));
    g_array_unref(all);
    return once;
}

static guint place_on(const GArray *axis, double value)
{
    guint place = 0;
    while (g_array_index(axis, double, place) < value)
        place++;
    return place;
}

static void add_numbers(GString *csv, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(csv, ",%s", g_ascii_formatd(text, sizeof text, "%.6g", values[i]));
    }
}

static char *data_of(const GArray *cells, const GArray *capacities, const GArray *retries)
{
    GString *csv =
        g_string_new("column,row,replications,collapsed,capacity,retry_s,collapsed_percent,low,high,online_percent\n");
    for (guint i = 0; i < cells->len; i++) {
        const cell *c = &g_array_index(cells, cell, i);
        const an_interval interval = an_stats_wilson(c->down, c->n, 0.95);
        const double values[] = {
            c->capacity,        c->retry,           100 * (double)c->down / (double)c->n, 100 * interval.low,
            100 * interval.high, 100 * c->online};
        g_string_append_printf(csv, "%u,%u,%zu,%zu", place_on(capacities, c->capacity), place_on(retries, c->retry),
                               c->n, c->down);
        add_numbers(csv, values, G_N_ELEMENTS(values));
        g_string_append_c(csv, '\n');
    }
    return g_string_free(csv, FALSE);
}

static void add_array(GString *head, const char *name, const GArray *axis)
{
    g_string_append_printf(head, "array %s[%u] = [", name, axis->len);
    for (guint i = 0; i < axis->len; i++)
        g_string_append_printf(head, "%s%g", i ? ", " : "", g_array_index(axis, double, i));
    g_string_append(head, "]\n");
}

static char *script_head(const GArray *cells, const GArray *capacities, const GArray *retries)
{
    GString *head = g_string_new("WIDE = 1\nTALL = 2.7\n");
    size_t fewest = SIZE_MAX;
    for (guint i = 0; i < cells->len; i++)
        fewest = MIN(fewest, g_array_index(cells, cell, i).n);
    add_array(head, "CAPACITY", capacities);
    add_array(head, "RETRY", retries);
    g_string_append_printf(head,
                           "COLS = %u\nROWS = %u\nIGNITION_SOON = %d\nIGNITION_LATE = %d\nLATE = %d\nSUSTAINED = %d\n"
                           "NOTE = 'n = %zu a cell, 95 %% CI of 0:'\nBOUNDS = '0 to %.0f %%, of 100: %.0f to 100 %%'\n",
                           capacities->len, retries->len, IGNITION_SOON, IGNITION_LATE, LATE_S, SUSTAINED_S, fewest,
                           100 * an_stats_wilson(0, fewest, 0.95).high, 100 * an_stats_wilson(fewest, fewest, 0.95).low);
    return g_string_free(head, FALSE);
}

int an_collapse_draw(const an_canvas *canvas, char **ret_error)
{
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(cell));
    for (size_t p = 0; p < canvas->results->n_points; p++)
        add_cell(cells, &canvas->results->points[p]);
    g_autoptr(GArray) capacities = axis_of(cells, offsetof(cell, capacity));
    g_autoptr(GArray) retries = axis_of(cells, offsetof(cell, retry));
    if (capacities->len < 2 || retries->len < 2 || capacities->len > AXIS_MAX || retries->len > AXIS_MAX) {
        g_ptr_array_add(canvas->notes,
                        g_strdup_printf("figure 'collapse' was not drawn: no sweep over a column `capacity` and cases "
                                        "named by an interval (every-37s), 2 to %d of each, with an act `storm`",
                                        AXIS_MAX));
        return 0;
    }
    g_autofree char *csv = data_of(cells, capacities, retries);
    g_autofree char *head = script_head(cells, capacities, retries);
    return an_canvas_plot(canvas, "collapse", head, csv, ret_error);
}
