/* Figure ladder: of each set-up, the first log-in whose time is the median, packet by packet. */
#include <string.h>

#include "analysis/figure_private.h"
#include "analysis/ladder.h"

/* chosen: a sweep of hundreds of points wants some pictures, not hundreds. */
#define PICTURES_MAX 12

typedef struct candidate {
    const char *host;
    double time;
} candidate;

static int compare_candidates(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->time < y->time || x->time > y->time)
        return x->time < y->time ? -1 : 1;
    return strcmp(x->host, y->host);
}

static bool is_first_end(const an_sample *sample)
{
    const char *login = an_labels_get(sample->labels, "login");
    bool end = strcmp(sample->name, "login.time") == 0 || strcmp(sample->name, "login.failure_time") == 0;
    return end && sample->host && (!login || strcmp(login, "first") == 0);
}

static const char *setup_of(const an_sample *sample)
{
    const char *setup = an_labels_get(sample->labels, "setup");
    return setup ? setup : "";
}

/* The set-ups of a replication, by first appearance (borrowed). */
static GPtrArray *setups_of(const an_replication *replication)
{
    GPtrArray *setups = g_ptr_array_new();
    for (size_t i = 0; i < replication->n_samples; i++) {
        const an_sample *sample = &replication->samples[i];
        if (is_first_end(sample) &&
            !g_ptr_array_find_with_equal_func(setups, setup_of(sample), g_str_equal, NULL))
            g_ptr_array_add(setups, (gpointer)setup_of(sample));
    }
    return setups;
}

static const char *median_host(const an_replication *replication, const char *setup)
{
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(candidate));
    for (size_t i = 0; i < replication->n_samples; i++) {
        const an_sample *sample = &replication->samples[i];
        if (!is_first_end(sample) || strcmp(setup_of(sample), setup) != 0)
            continue;
        const candidate one = {sample->host, sample->value};
        g_array_append_val(candidates, one);
    }
    g_array_sort(candidates, compare_candidates);
    return g_array_index(candidates, candidate, (candidates->len - 1) / 2).host;
}

/* "ladder-public-first": letters, digits and '-' only. */
static char *stem_of(const char *point, const char *setup)
{
    char *stem = g_strjoin("-", "ladder", *point ? point : setup,
                           *point && *setup && strcmp(point, setup) ? setup : NULL, NULL);
    for (char *c = stem; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '-')
            *c = '-';
    return stem;
}

static int draw_picture(const an_canvas *canvas, const an_ladder *ladder, const char *stem, const char *title,
                        char **ret_error)
{
    const char *program = canvas->options->rsvg ? canvas->options->rsvg : "rsvg-convert";
    g_autofree char *svg = an_ladder_svg(ladder, title);
    g_autofree char *svg_name = g_strconcat(stem, ".svg", NULL);
    g_autofree char *png_name = g_strconcat(stem, ".png", NULL);
    g_autofree char *hidden = g_strconcat(".", stem, ".part.png", NULL);
    g_autofree char *purpose = g_strdup_printf(
        "figures/%s was not made, figures/%s is there (package librsvg2-bin)", png_name, svg_name);
    const char *const argv[] = {program, "--zoom", "2", "--output", hidden, svg_name, NULL};

    if (an_canvas_put(canvas, svg_name, svg, ret_error) < 0)
        return -1;
    if (an_canvas_run(canvas, argv, purpose))
        an_canvas_keep(canvas, hidden, png_name);
    return 0;
}

static int draw_setup(const an_canvas *canvas, const an_point *point, const char *setup, char **ret_error)
{
    const an_replication *replication = &point->replications[0];
    g_autofree char *below = g_strdup_printf("p%04zu/r%02zu/events.jsonl", point->index, replication->number);
    g_autofree char *path = g_build_filename(canvas->results->directory, below, NULL);
    g_autofree char *named = an_point_title(point);
    g_autofree char *stem = stem_of(named, setup);
    const char *second = strcmp(named, setup) ? setup : ""; /* a case is often named after its set-up */
    g_autofree char *title =
        g_strdup_printf("A first log-in%s%s%s%s", *named ? ", " : "", named, *second ? ", " : "", second);
    const an_ladder_options options = {.peer = median_host(replication, setup)};
    char *error = NULL;

    an_ladder *ladder = an_ladder_read(path, &options, &error);
    if (!ladder) {
        g_ptr_array_add(canvas->notes, g_strdup_printf("figures/%s.svg was not drawn: %s", stem, error));
        g_free(error);
        return 0;
    }
    int result = draw_picture(canvas, ladder, stem, title, ret_error);
    an_ladder_free(ladder);
    return result;
}

int an_ladders_draw(const an_canvas *canvas, char **ret_error)
{
    size_t n_drawn = 0;
    for (size_t p = 0; p < canvas->results->n_points; p++) {
        const an_point *point = &canvas->results->points[p];
        if (point->n_replications == 0)
            continue;
        g_autoptr(GPtrArray) setups = setups_of(&point->replications[0]);
        for (guint i = 0; i < setups->len; i++) {
            if (n_drawn++ == PICTURES_MAX) {
                g_ptr_array_add(canvas->notes,
                                g_strdup_printf("only the first %d ladders were drawn", PICTURES_MAX));
                return 0;
            }
            if (draw_setup(canvas, point, g_ptr_array_index(setups, i), ret_error) < 0)
                return -1;
        }
    }
    return 0;
}
