/* Figure path_ladder: at each point, of the first replication, the session whose time is the median. */
#include <stdlib.h>
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/ladder/ladder.h"

/* chosen: as many as one looks at. */
#define PICTURES_MAX 16

static int compare_samples(const void *a, const void *b)
{
    const an_sample *x = *(const an_sample *const *)a, *y = *(const an_sample *const *)b;
    if (x->value < y->value || x->value > y->value)
        return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* The lower of two in the middle; NULL if no path was opened. */
static const an_sample *median_of(const an_replication *replication)
{
    g_autoptr(GPtrArray) times = g_ptr_array_new();
    for (size_t i = 0; i < replication->n_samples; i++)
        if (strcmp(replication->samples[i].name, "path.time") == 0 && replication->samples[i].host)
            g_ptr_array_add(times, (gpointer)&replication->samples[i]);
    if (times->len == 0)
        return NULL;
    g_ptr_array_sort(times, compare_samples);
    return g_ptr_array_index(times, (times->len - 1) / 2);
}

/* Whom the caller called first; NULL if the run does not say. */
static const char *callee_of(const an_replication *replication, const char *caller)
{
    for (size_t i = 0; i < replication->n_sessions; i++)
        if (strcmp(replication->sessions[i].caller, caller) == 0)
            return replication->sessions[i].callee;
    return NULL;
}

static char *stem_of(const char *point)
{
    char *stem = g_strdup_printf("path-ladder%s%s", *point ? "-" : "", point);
    for (char *c = stem; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '-')
            *c = '-';
    return stem;
}

static int draw_point(const an_canvas *canvas, const an_point *point, char **ret_error)
{
    const an_replication *first = &point->replications[0];
    const an_sample *median = median_of(first);
    if (!median)
        return 0;
    g_autofree char *named = an_point_title(point), *stem = stem_of(named), *error = NULL;
    g_autofree char *title = g_strdup_printf("A path%s%s", *named ? ", " : "", named);
    g_autofree char *path = g_strdup_printf("%s/p%04zu/r%02zu/events.jsonl", canvas->results->directory,
                                            point->index, first->number);
    const an_ladder_options options = {
        .peer = median->host, .other = callee_of(first, median->host), .span = AN_LADDER_PATH};
    an_ladder *ladder = an_ladder_read(path, &options, &error);
    if (!ladder) {
        g_ptr_array_add(canvas->notes, g_strdup_printf("figures/%s.svg was not drawn: %s", stem, error));
        return 0;
    }
    const int result = an_ladder_put(canvas, ladder, &(an_ladder_names){stem, title}, ret_error);
    an_ladder_free(ladder);
    return result;
}

int an_path_ladders_draw(const an_canvas *canvas, char **ret_error)
{
    int result = 0;
    for (size_t p = 0; p < MIN(canvas->results->n_points, PICTURES_MAX) && result == 0; p++)
        if (canvas->results->points[p].n_replications > 0)
            result = draw_point(canvas, &canvas->results->points[p], ret_error);
    if (canvas->results->n_points > PICTURES_MAX)
        g_ptr_array_add(canvas->notes, g_strdup_printf("only the first %d ladders were drawn", PICTURES_MAX));
    return result;
}
