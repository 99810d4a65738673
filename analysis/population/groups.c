/* Reads groups.csv: point,group,layer,knob,value. */
#include "analysis/population/groups.h"

#include <errno.h>
#include <string.h>

#include "analysis/csv.h"

static bool set_odds(an_odds *odds, const char *knob, const char *value)
{
    const struct {
        const char *knob;
        double *target;
    } rows[] = {{"predicted_udp", &odds->predicted_udp},
                {"predicted_tcp", &odds->predicted_tcp},
                {"predicted_both", &odds->predicted_both},
                {"spray_sockets", &odds->spray_sockets},
                {"spray_ports", &odds->spray_ports}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *end;
        if (strcmp(rows[i].knob, knob) != 0)
            continue;
        *rows[i].target = g_ascii_strtod(value, &end);
        return *value && !*end && *rows[i].target >= 0;
    }
    return true;
}

/* False if it is no number of a point. */
static bool parse_point(const char *text, size_t n_points, size_t *ret_point)
{
    char *end;
    const guint64 number = g_ascii_strtoull(text, &end, 10);
    *ret_point = (size_t)number;
    return *text && !*end && number < n_points;
}

/* A point while it is read. */
typedef struct draft {
    GArray *kinds;
    an_odds odds;
} draft;

/* What is wrong with the row, or NULL. */
static const char *take_row(draft *drafts, size_t n_points, const an_csv *csv)
{
    size_t point = 0;
    if (csv->n != 5)
        return "a row has five fields";
    if (!parse_point(csv->field[0], n_points, &point))
        return "there is no such point";
    if (strcmp(csv->field[2], "odds") == 0)
        return set_odds(&drafts[point].odds, csv->field[3], csv->field[4]) ? NULL : "the chance is no number";
    return an_kinds_take(drafts[point].kinds, csv->field + 1);
}

static bool read_rows(an_csv *csv, draft *drafts, size_t n_points, char **ret_error)
{
    int more = an_csv_next(csv, ret_error); /* the heading */
    while (more > 0 && (more = an_csv_next(csv, ret_error)) > 0) {
        const char *wrong = take_row(drafts, n_points, csv);
        if (!wrong)
            continue;
        *ret_error = an_csv_complaint(csv, wrong);
        return false;
    }
    return more == 0;
}

bool an_groups_read(const char *path, size_t n_points, an_groups **ret_groups, char **ret_error)
{
    g_autofree draft *drafts = g_new0(draft, n_points + 1);
    an_groups *groups = g_new0(an_groups, n_points + 1);
    an_csv csv;
    if (!an_csv_open(&csv, path, ret_error)) {
        g_free(groups);
        return false;
    }
    for (size_t p = 0; p < n_points; p++)
        drafts[p].kinds = g_array_new(FALSE, TRUE, sizeof(an_kind));
    bool good = read_rows(&csv, drafts, n_points, ret_error);
    an_csv_close(&csv);
    for (size_t p = 0; p < n_points; p++) {
        const size_t n = drafts[p].kinds->len;
        groups[p].odds = drafts[p].odds;
        groups[p].kinds = (an_kinds){n, (an_kind *)(void *)g_array_free(drafts[p].kinds, FALSE)};
    }
    if (good)
        *ret_groups = groups;
    else
        an_groups_free(groups, n_points);
    return good;
}

void an_groups_free(an_groups *groups, size_t n_points)
{
    for (size_t p = 0; groups && p < n_points; p++)
        an_kinds_clear(&groups[p].kinds);
    g_free(groups);
}
