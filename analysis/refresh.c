/* Figure refresh: what each policy of keeping the NAT report takes, in messages, and what it leaves, in time for which
 * the report is wrong.  A panel for each case of the scenario, a mark for each policy; the column `variant` of the points
 * names it, else the samples' label `policy`.  Panels in which nothing is ever wrong are left out, and said. */
#include <math.h>
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/reduce.h"

/* chosen: two rows of three fill a page's width, and the key takes one place. */
#define PANELS_MAX 5
/* chosen: marks whose labels would stand on each other have one; decades of messages, and of time. */
#define NEAR_X 0.2
#define NEAR_Y 0.15
/* chosen: letters of the alphabet, by which the key names the policies. */
#define POLICIES_MAX 26
/* chosen: parts below this (one minute in a week) are drawn at it, as the axis is logarithmic; in per cent. */
#define LEAST_STALE 0.01

typedef struct mark {
    const char *panel, *name; /* borrowed */
    size_t n_replications, n_peers;
    double x, y;
    an_interval across, up;
    bool is_labelled;
} mark;

static const char *policy_of(const an_point *point)
{
    for (size_t r = 0; r < point->n_replications; r++)
        for (size_t i = 0; i < point->replications[r].n_samples; i++) {
            const an_sample *sample = &point->replications[r].samples[i];
            const char *policy = strcmp(sample->name, "nat.stale") ? NULL : an_labels_get(sample->labels, "policy");
            if (policy)
                return policy;
        }
    return "unknown";
}

static const char *column(const an_point *point, const char *name, const char *otherwise)
{
    const char *value = an_point_value(point, name);
    return value ? value : otherwise;
}

static void add_mark(GArray *marks, const an_point *point)
{
    an_estimate messages = an_figure_estimate(point, "nat.messages.mean"), stale = an_figure_estimate(point, "nat.stale.mean");
    if (stale.n_values > 0 && messages.n_values > 0) {
        const mark m = {.panel = column(point, "case", "all"),
                        .name = column(point, "variant", policy_of(point)),
                        .n_replications = stale.n_replications,
                        .n_peers = stale.n_samples / stale.n_replications,
                        .x = MAX(messages.value, 0.1), /* the axis is logarithmic */
                        .y = 100 * stale.value,
                        .across = an_figure_interval(&messages),
                        .up = an_figure_interval(&stale)};
        g_array_append_val(marks, m);
    }
    an_estimate_clear(&messages);
    an_estimate_clear(&stale);
}

static mark *mark_at(const GArray *marks, guint i)
{
    return &g_array_index(marks, mark, i);
}

/* Its number from 1, 0 if it has none. */
static guint number_of(const GPtrArray *panels, const char *name)
{
    guint at = 0;
    return g_ptr_array_find_with_equal_func((GPtrArray *)panels, name, g_str_equal, &at) ? at + 1 : 0;
}

/* The panels with something to see, in the order of the points. */
static GPtrArray *choose_panels(const an_canvas *canvas, const GArray *marks)
{
    GPtrArray *panels = g_ptr_array_new(), *left_out = g_ptr_array_new();
    for (guint i = 0; i < marks->len; i++) {
        const char *panel = mark_at(marks, i)->panel;
        double most = 0;
        for (guint k = 0; k < marks->len; k++)
            if (strcmp(mark_at(marks, k)->panel, panel) == 0)
                most = MAX(most, mark_at(marks, k)->y);
        const bool has_room = panels->len < PANELS_MAX || number_of(panels, panel);
        GPtrArray *to = most > LEAST_STALE && has_room ? panels : left_out;
        if (!g_ptr_array_find_with_equal_func(to, panel, g_str_equal, NULL))
            g_ptr_array_add(to, (gpointer)panel);
    }
    for (guint i = 0; i < left_out->len; i++)
        g_ptr_array_add(canvas->notes,
                        g_strdup_printf("figure 'refresh' leaves out '%s', in which reports are hardly ever wrong, or "
                                        "which is one too many; it is in figures/refresh.csv",
                                        (const char *)g_ptr_array_index(left_out, i)));
    g_ptr_array_free(left_out, TRUE);
    return panels;
}

static char *data_of(const GArray *marks, const GPtrArray *panels)
{
    GString *csv = g_string_new("panel,case,variant,replications,peers,messages_per_hour,messages_low,messages_high,"
                                "stale_percent,stale_low,stale_high\n");
    for (guint i = 0; i < marks->len; i++) {
        const mark *m = mark_at(marks, i);
        const double values[] = {m->x, m->across.low, m->across.high, m->y, 100 * m->up.low, 100 * m->up.high};
        g_string_append_printf(csv, "%u,%s,%s,%zu,%zu", number_of(panels, m->panel), m->panel, m->name,
                               m->n_replications, m->n_peers);
        for (size_t k = 0; k < G_N_ELEMENTS(values); k++) {
            char text[G_ASCII_DTOSTR_BUF_SIZE];
            g_string_append_printf(csv, ",%s", g_ascii_formatd(text, sizeof text, "%.6g", values[k]));
        }
        g_string_append_c(csv, '\n');
    }
    return g_string_free(csv, FALSE);
}

/* --- labels --- */

static double height_of(const mark *m)
{
    return MAX(m->y, LEAST_STALE);
}

static bool is_near(const mark *a, const mark *b)
{
    return strcmp(a->panel, b->panel) == 0 && fabs(log10(a->x / b->x)) < NEAR_X &&
           fabs(log10(height_of(a) / height_of(b))) < NEAR_Y;
}

/* The policies in the order of the points; the first is "a". */
static GPtrArray *policies_of(const GArray *marks)
{
    GPtrArray *policies = g_ptr_array_new();
    for (guint i = 0; i < marks->len && policies->len < POLICIES_MAX; i++)
        if (!g_ptr_array_find_with_equal_func(policies, mark_at(marks, i)->name, g_str_equal, NULL))
            g_ptr_array_add(policies, (gpointer)mark_at(marks, i)->name);
    return policies;
}

/* Letters of the marks that stand where this one does, which have their label by that; and how far to the right
 * and up they stand. */
static char *letters_at(const GArray *marks, const mark *first, const GPtrArray *policies, double *ret_x, double *ret_y)
{
    GString *letters = g_string_new(NULL);
    for (guint i = 0; i < marks->len; i++) {
        mark *m = mark_at(marks, i);
        const guint number = number_of(policies, m->name);
        if (m->is_labelled || !is_near(first, m) || number == 0)
            continue;
        g_string_append_printf(letters, "%s%c", letters->len ? " " : "", 'a' + (int)number - 1);
        m->is_labelled = true;
        *ret_x = MAX(*ret_x, m->x);
        *ret_y = MAX(*ret_y, height_of(m));
    }
    return g_string_free(letters, FALSE);
}

/* "a  login", one a line. */
static char *key_of(const GPtrArray *policies)
{
    GString *key = g_string_new(NULL);
    for (guint i = 0; i < policies->len; i++)
        g_string_append_printf(key, "%s\"%c   %s\"", i ? ", " : "", 'a' + (int)i,
                               (const char *)g_ptr_array_index(policies, i));
    return g_string_free(key, FALSE);
}

static char *labels_of(GArray *marks, const GPtrArray *panels, const GPtrArray *policies)
{
    GString *text = g_string_new(NULL), *panel = g_string_new(NULL), *x = g_string_new(NULL), *y = g_string_new(NULL);
    unsigned n = 0;
    for (guint i = 0; i < marks->len; i++) {
        mark *m = mark_at(marks, i);
        if (m->is_labelled || !number_of(panels, m->panel))
            continue;
        double right = m->x, top = height_of(m);
        g_autofree char *letters = letters_at(marks, m, policies, &right, &top);
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        const char *comma = n++ ? ", " : "";
        g_string_append_printf(text, "%s\"%s\"", comma, letters);
        g_string_append_printf(panel, "%s%u", comma, number_of(panels, m->panel));
        g_string_append_printf(x, "%s%s", comma, g_ascii_formatd(number, sizeof number, "%.6g", sqrt(m->x * right)));
        g_string_append_printf(y, "%s%s", comma, g_ascii_formatd(number, sizeof number, "%.6g", top));
    }
    char *all = g_strdup_printf("LABELS = %u\narray LABEL[%u] = [%s]\narray LPANEL[%u] = [%s]\n"
                                "array LX[%u] = [%s]\narray LY[%u] = [%s]\n",
                                n, n, text->str, n, panel->str, n, x->str, n, y->str);
    g_string_free(text, TRUE);
    g_string_free(panel, TRUE);
    g_string_free(x, TRUE);
    g_string_free(y, TRUE);
    return all;
}

/* The top of the common axis: the highest interval, with room for a label above it. */
static double axis_of(const GArray *marks, const GPtrArray *panels)
{
    double most = 0;
    for (guint i = 0; i < marks->len; i++)
        if (number_of(panels, mark_at(marks, i)->panel))
            most = MAX(most, 100 * mark_at(marks, i)->up.high);
    return 2 * most;
}

static char *script_head(GArray *marks, const GPtrArray *panels)
{
    const double axis = axis_of(marks, panels);
    const mark *first = mark_at(marks, 0);
    g_autoptr(GPtrArray) policies = policies_of(marks);
    g_autofree char *labels = labels_of(marks, panels, policies), *key = key_of(policies);
    GString *titles = g_string_new(NULL);
    char top[G_ASCII_DTOSTR_BUF_SIZE];
    for (guint i = 0; i < panels->len; i++)
        g_string_append_printf(titles, "%s\"%s\"", i ? ", " : "", (const char *)g_ptr_array_index(panels, i));
    char *head = g_strdup_printf("WIDE = 1\nPANELS = %u\nROWS = %u\nTALL = 0.45 + 1.9 * ROWS\narray TITLE[%u] = [%s]\n"
                                 "KEYS = %u\narray KEY[%u] = [%s]\n"
                                 "YMIN = 0.01\nYMAX = %s\nNOTE = 'mean of %zu peers, n = %zu; bars: 95 %% CI'\n%s",
                                 panels->len, panels->len / 3 + 1, panels->len, titles->str, policies->len, policies->len,
                                 key,
                                 g_ascii_formatd(top, sizeof top, "%.6g", axis), first->n_peers, first->n_replications,
                                 labels);
    g_string_free(titles, TRUE);
    return head;
}

int an_refresh_draw(const an_canvas *canvas, char **ret_error)
{
    g_autoptr(GArray) marks = g_array_new(FALSE, FALSE, sizeof(mark));
    for (size_t p = 0; p < canvas->results->n_points; p++)
        add_mark(marks, &canvas->results->points[p]);
    if (marks->len == 0) {
        g_ptr_array_add(canvas->notes, g_strdup("figure 'refresh' was not drawn: the run has not watched NAT reports"));
        return 0;
    }
    g_autoptr(GPtrArray) panels = choose_panels(canvas, marks);
    g_autofree char *csv = data_of(marks, panels);
    if (panels->len == 0) {
        g_ptr_array_add(canvas->notes, g_strdup("figure 'refresh' was not drawn: no report is ever wrong"));
        return an_canvas_put(canvas, "refresh.csv", csv, ret_error);
    }
    g_autofree char *head = script_head(marks, panels);
    return an_canvas_plot(canvas, "refresh", head, csv, ret_error);
}
