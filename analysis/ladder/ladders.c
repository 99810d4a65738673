/* Figure ladder: the first log-in of one peer, else of each set-up the one whose time is the median, packet
 * by packet. */
#include <string.h>

#include "analysis/csv.h"
#include "analysis/figure_private.h"
#include "analysis/ladder/ladder.h"

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

/* The set-up of the peer's log-ins, "" if it has none. */
static const char *setup_of_peer(const an_replication *replication, const char *peer)
{
    for (size_t i = 0; i < replication->n_samples; i++) {
        const an_sample *sample = &replication->samples[i];
        if (g_strcmp0(sample->host, peer) == 0 && strcmp(setup_of(sample), "") != 0)
            return setup_of(sample);
    }
    return "";
}

/* What one picture shows. */
typedef struct picture {
    const an_point *point;
    const char *setup;
    const char *peer;
    char *title;
    char *stem; /* file name without its ending */
} picture;

static bool is_new(const char *text, const char *before)
{
    return *text && strcmp(text, before) != 0;
}

/* "ladder-public-peer-1": letters, digits and '-' only.  A median log-in bears no name, so that the file
 * keeps its own when another peer becomes the median. */
static char *stem_of(const char *point, const char *setup, const char *wished)
{
    GString *stem = g_string_new("ladder");
    if (*point)
        g_string_append_printf(stem, "-%s", point);
    if (is_new(setup, point)) /* a case is often named after its set-up */
        g_string_append_printf(stem, "-%s", setup);
    if (wished)
        g_string_append_printf(stem, "-%s", wished);
    for (char *c = stem->str; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '-')
            *c = '-';
    return g_string_free(stem, FALSE);
}

static char *title_of(const char *point, const char *setup)
{
    const char *second = is_new(setup, point) ? setup : "";
    return g_strdup_printf("A first log-in%s%s%s%s", *point ? ", " : "", point, *second ? ", " : "", second);
}

static void append_lane(GString *csv, const an_ladder *ladder, size_t number)
{
    const an_lane *lane = &ladder->lanes[number];
    bool is_own_firewall = lane->kind == AN_LANE_BOX && strcmp(lane->name, ladder->peer) == 0;
    g_autofree char *name = g_strconcat(is_own_firewall ? "firewall of " : "", lane->name, NULL);
    an_csv_append(csv, name);
    g_string_append_c(csv, ',');
}

/* The arrows as they are drawn, by time. */
static char *csv_of(const an_ladder *ladder)
{
    GString *csv = g_string_new("from,to,from_time_ns,to_time_ns,label,fate,packets\n");
    for (size_t i = 0; i < ladder->n_arrows; i++) {
        const an_arrow *arrow = &ladder->arrows[i];
        append_lane(csv, ladder, arrow->from_lane);
        append_lane(csv, ladder, arrow->to_lane);
        g_string_append_printf(csv, "%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ",", arrow->from_time,
                               arrow->to_time);
        an_csv_append(csv, arrow->label);
        g_string_append_printf(csv, ",%s,%zu\n", an_fate_name(arrow->fate), arrow->n);
    }
    return g_string_free(csv, FALSE);
}

int an_ladder_put(const an_canvas *canvas, const an_ladder *ladder, const an_ladder_names *names, char **ret_error)
{
    const char *program = canvas->options->rsvg ? canvas->options->rsvg : "rsvg-convert";
    g_autofree char *svg = an_ladder_svg(ladder, names->title);
    g_autofree char *csv = csv_of(ladder);
    g_autofree char *csv_name = g_strconcat(names->stem, ".csv", NULL);
    g_autofree char *svg_name = g_strconcat(names->stem, ".svg", NULL);
    g_autofree char *png_name = g_strconcat(names->stem, ".png", NULL);
    g_autofree char *hidden = g_strconcat(".", names->stem, ".part.png", NULL);
    g_autofree char *purpose = g_strdup_printf(
        "figures/%s was not made, figures/%s is there (package librsvg2-bin)", png_name, svg_name);
    const char *const argv[] = {program, "--zoom", "2", "--output", hidden, svg_name, NULL};

    if (an_canvas_put(canvas, csv_name, csv, ret_error) < 0 ||
        an_canvas_put(canvas, svg_name, svg, ret_error) < 0)
        return -1;
    if (an_canvas_run(canvas, argv, purpose))
        an_canvas_keep(canvas, hidden, png_name);
    return 0;
}

static int draw_picture(const an_canvas *canvas, const picture *what, char **ret_error)
{
    const an_point *point = what->point;
    g_autofree char *path = g_strdup_printf("%s/p%04zu/r%02zu/events.jsonl", canvas->results->directory,
                                            point->index, point->replications[0].number);
    const an_ladder_options options = {.peer = what->peer};
    g_autofree char *error = NULL;

    an_ladder *ladder = an_ladder_read(path, &options, &error);
    if (!ladder) {
        g_ptr_array_add(canvas->notes,
                        g_strdup_printf("figures/%s.svg was not drawn: %s", what->stem, error));
        return 0;
    }
    int result = an_ladder_put(canvas, ladder, &(an_ladder_names){what->stem, what->title}, ret_error);
    an_ladder_free(ladder);
    return result;
}

static void add_picture(GArray *pictures, const an_canvas *canvas, const an_point *point, const char *setup)
{
    const char *wished = canvas->options->peer;
    g_autofree char *named = an_point_title(point);
    const picture one = {.point = point,
                         .setup = setup,
                         .peer = wished ? wished : median_host(&point->replications[0], setup),
                         .title = title_of(named, setup),
                         .stem = stem_of(named, setup, wished)};
    g_array_append_val(pictures, one);
}

static void clear_picture(gpointer pointer)
{
    picture *one = pointer;
    g_free(one->title);
    g_free(one->stem);
}

/* One of the peer that was asked for, else one of each set-up, at each point. */
static GArray *choose_pictures(const an_canvas *canvas)
{
    GArray *pictures = g_array_new(FALSE, FALSE, sizeof(picture));
    g_array_set_clear_func(pictures, clear_picture);
    for (size_t p = 0; p < canvas->results->n_points; p++) {
        const an_point *point = &canvas->results->points[p];
        if (point->n_replications == 0)
            continue;
        if (canvas->options->peer) {
            add_picture(pictures, canvas, point,
                        setup_of_peer(&point->replications[0], canvas->options->peer));
            continue;
        }
        g_autoptr(GPtrArray) setups = setups_of(&point->replications[0]);
        for (guint i = 0; i < setups->len; i++)
            add_picture(pictures, canvas, point, g_ptr_array_index(setups, i));
    }
    return pictures;
}

int an_ladders_draw(const an_canvas *canvas, char **ret_error)
{
    g_autoptr(GArray) pictures = choose_pictures(canvas);
    int result = 0;
    for (guint i = 0; i < MIN(pictures->len, PICTURES_MAX) && result == 0; i++)
        result = draw_picture(canvas, &g_array_index(pictures, picture, i), ret_error);
    if (pictures->len > PICTURES_MAX)
        g_ptr_array_add(canvas->notes, g_strdup_printf("only the first %d ladders were drawn", PICTURES_MAX));
    return result;
}
