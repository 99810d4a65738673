/* Figures search_asked and search_risk: what it costs to end a search that finds nobody, and how sure its end
 * is.
 *
 * Both have a panel for each truth (the user is online, has left, was never there) and a line for each
 * policy; the points' column `supernodes` is the size of the network, `policy` the policy.  search_asked
 * shows nodes asked against the size, search_risk nodes asked against the part of the searches that did not
 * end with the right answer. */
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/reduce.h"

#define POLICIES_MAX 6 /* chosen: colours that can be told apart */
/* chosen: parts below this are drawn at it, as the axis is logarithmic; in per cent. */
#define LEAST_RISK 0.01

static const struct {
    const char *truth, *title;
} panels[] = {{"present", "the user is online"}, {"left", "left an hour ago"}, {"never", "never existed"}};

typedef struct row {
    guint panel, policy; /* from 1 */
    const char *name;    /* of the policy; borrowed */
    const char *size;
    an_estimate asked, messages, time, right, none, denied;
} row;

static void row_clear(gpointer data)
{
    row *r = data;
    an_estimate_clear(&r->asked);
    an_estimate_clear(&r->messages);
    an_estimate_clear(&r->time);
    an_estimate_clear(&r->right);
    an_estimate_clear(&r->none);
    an_estimate_clear(&r->denied);
}

static an_estimate estimate_of(const an_point *point, const char *metric, const char *truth)
{
    g_autofree char *text = g_strdup_printf("%s{truth=%s}", metric, truth);
    return an_figure_estimate(point, text);
}

/* Its number from 1, in the order of the points; 0 if there are too many. */
static guint number_of(GPtrArray *policies, const char *name)
{
    guint at = 0;
    if (g_ptr_array_find_with_equal_func(policies, name, g_str_equal, &at))
        return at + 1;
    if (policies->len == POLICIES_MAX)
        return 0;
    g_ptr_array_add(policies, (gpointer)(uintptr_t)name);
    return policies->len;
}

static void add_rows(GArray *rows, GPtrArray *policies, const an_point *point)
{
    const char *policy = an_point_value(point, "policy"), *size = an_point_value(point, "supernodes");
    const guint number = policy && size ? number_of(policies, policy) : 0;
    for (guint p = 0; number && p < G_N_ELEMENTS(panels); p++) {
        const char *truth = panels[p].truth;
        const row r = {.panel = p + 1,
                       .policy = number,
                       .name = policy,
                       .size = size,
                       .asked = estimate_of(point, "search.asked.mean", truth),
                       .messages = estimate_of(point, "search.messages.mean", truth),
                       .time = estimate_of(point, "search.time.mean", truth),
                       .right = estimate_of(point, "search.right", truth),
                       .none = estimate_of(point, "search.outcome.gave-up", truth),
                       .denied = estimate_of(point, "search.outcome.not-found", truth)};
        if (r.asked.n_values > 0)
            g_array_append_val(rows, r);
        else
            row_clear((gpointer)(uintptr_t)&r);
    }
}

/* Value and interval, times a factor. */
static void add_values(GString *csv, const an_estimate *estimate, double factor)
{
    const an_interval interval = an_figure_interval(estimate);
    const double values[] = {estimate->value, interval.low, interval.high};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        g_string_append_printf(csv, ",%s", g_ascii_formatd(text, sizeof text, "%.6g", factor * values[i]));
    }
}

/* The part that did not end with the right answer, of which gave-up is one kind. */
static an_estimate risk_of(const an_estimate *right)
{
    const an_interval interval = an_figure_interval(right);
    return (an_estimate){.value = 1 - right->value,
                         .method = right->method,
                         .interval = {1 - interval.high, 1 - interval.low}};
}

static char *data_of(const GArray *rows)
{
    GString *csv =
        g_string_new("panel,policy,name,truth,supernodes,replications,searches,asked,asked_low,asked_high,"
                     "not_right_percent,not_right_low,not_right_high,gave_up_percent,gave_up_low,"
                     "gave_up_high,not_found_percent,not_found_low,not_found_high,messages,messages_low,"
                     "messages_high,time_s,time_low,time_high\n");
    for (guint i = 0; i < rows->len; i++) {
        const row *r = &g_array_index(rows, row, i);
        const an_estimate risk = risk_of(&r->right);
        g_string_append_printf(csv, "%u,%u,%s,%s,%s,%zu,%zu", r->panel, r->policy, r->name,
                               panels[r->panel - 1].truth, r->size, r->asked.n_replications,
                               r->asked.n_samples);
        add_values(csv, &r->asked, 1);
        add_values(csv, &risk, 100);
        add_values(csv, &r->none, 100);
        add_values(csv, &r->denied, 100);
        add_values(csv, &r->messages, 1);
        add_values(csv, &r->time, 1);
        g_string_append_c(csv, '\n');
    }
    return g_string_free(csv, FALSE);
}

static size_t fewest_searches(const GArray *rows)
{
    size_t fewest = SIZE_MAX;
    for (guint i = 0; i < rows->len; i++)
        fewest = MIN(fewest, g_array_index(rows, row, i).asked.n_samples);
    return fewest;
}

static char *script_head(const GArray *rows, const GPtrArray *policies)
{
    GString *names = g_string_new(NULL), *titles = g_string_new(NULL);
    char least[G_ASCII_DTOSTR_BUF_SIZE];
    for (guint i = 0; i < policies->len; i++)
        g_string_append_printf(names, "%s\"%s\"", i ? ", " : "",
                               (const char *)g_ptr_array_index(policies, i));
    for (guint i = 0; i < G_N_ELEMENTS(panels); i++)
        g_string_append_printf(titles, "%s\"%s\"", i ? ", " : "", panels[i].title);
    const an_estimate *first = &g_array_index(rows, row, 0).asked;
    char *head =
        g_strdup_printf("WIDE = 1\nTALL = 2.45\nPANELS = %zu\narray TITLE[%zu] = [%s]\n"
                        "POLICIES = %u\narray NAME[%u] = [%s]\nLEAST = %s\n"
                        "NOTE = 'at least %zu searches a point, n = %zu; bars: 95 %% CI'\n",
                        G_N_ELEMENTS(panels), G_N_ELEMENTS(panels), titles->str, policies->len, policies->len,
                        names->str, g_ascii_formatd(least, sizeof least, "%.6g", LEAST_RISK),
                        fewest_searches(rows), first->n_replications);
    g_string_free(names, TRUE);
    g_string_free(titles, TRUE);
    return head;
}

/* By panel and policy, so that each line's points follow each other; the points' order within. */
static gint by_line(gconstpointer a, gconstpointer b)
{
    const row *x = a, *y = b;
    const guint left = x->panel * (POLICIES_MAX + 1) + x->policy,
                right = y->panel * (POLICIES_MAX + 1) + y->policy;
    return (left > right) - (left < right);
}

static int draw(const an_canvas *canvas, const char *stem, char **ret_error)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(row));
    g_array_set_clear_func(rows, row_clear);
    g_autoptr(GPtrArray) policies = g_ptr_array_new();
    for (size_t p = 0; p < canvas->results->n_points; p++)
        add_rows(rows, policies, &canvas->results->points[p]);
    if (rows->len == 0) {
        g_ptr_array_add(
            canvas->notes,
            g_strdup_printf("figure '%s' was not drawn: no point has columns `policy` and `supernodes`, and "
                            "searches",
                            stem));
        return 0;
    }
    g_array_sort(rows, by_line);
    g_autofree char *csv = data_of(rows);
    g_autofree char *head = script_head(rows, policies);
    return an_canvas_plot(canvas, stem, head, csv, ret_error);
}

int an_search_asked_draw(const an_canvas *canvas, char **ret_error)
{
    return draw(canvas, "search_asked", ret_error);
}

int an_search_risk_draw(const an_canvas *canvas, char **ret_error)
{
    return draw(canvas, "search_risk", ret_error);
}
