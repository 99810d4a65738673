/* Which cells are drawn, and their pictures: from a replay of the cell alone, else from the run itself, if
 * its packets were recorded. */
#include <string.h>

#include "analysis/grid/grid_private.h"
#include "analysis/ladder/ladder.h"

/* chosen: the page stays below 2 MB; heat maps of 1764 cells take half a MB of it, a ladder from 30 kB to, of
 * a spray, half a MB. */
#define LADDERS_MAX_BYTES 1100000
/* chosen: of a hundred red cells the first few tell what broke. */
#define RED_DRAWN_MAX 6

typedef struct chooser {
    an_ladder_choice choice;
    size_t n_red;
    unsigned ways; /* of which one was chosen */
} chooser;

static bool is_sample(chooser *c, const an_cell *cell)
{
    bool red = an_cell_is_red(cell) && c->n_red < RED_DRAWN_MAX;
    bool fresh = cell->n_trials > 0 && !(c->ways & AN_WAY_BIT(cell->trial.way));
    if (cell->n_trials == 0 || (c->choice != AN_LADDERS_ALL && !red && !fresh))
        return false;
    c->n_red += red;
    c->ways |= AN_WAY_BIT(cell->trial.way);
    return true;
}

GArray *an_grid_samples(const an_matrix *matrix, an_ladder_choice choice)
{
    GArray *places = g_array_new(FALSE, FALSE, sizeof(an_grid_place));
    chooser c = {.choice = choice};
    for (size_t s = 0; s < matrix->n_sheets; s++)
        for (size_t i = 0; i < matrix->sheets[s].n_rows * matrix->sheets[s].n_columns; i++) {
            const an_grid_place place = {&matrix->sheets[s], &matrix->sheets[s].cells[i]};
            if (is_sample(&c, place.cell))
                g_array_append_val(places, place);
        }
    return places;
}

char *an_grid_replay_directory(const an_matrix *matrix, const an_grid_place *place)
{
    g_autofree char *key = an_cell_key(place->sheet, place->cell);
    return g_build_filename(matrix->directory, "cells", key, NULL);
}

static an_ladder *read_ladder(const char *directory, const an_trial *trial)
{
    g_autofree char *path =
        g_strdup_printf("%s/p%04zu/r%02zu/events.jsonl", directory, trial->point, trial->replication);
    g_autofree char *error = NULL;
    const an_ladder_options options = {.peer = trial->caller, .other = trial->callee, .span = AN_LADDER_PATH};
    return an_ladder_read(path, &options, &error);
}

/* The cell run again alone; NULL if it was not.  Its class there is told, for chance may have fallen
 * otherwise. */
static an_ladder *read_replay(const an_matrix *matrix, const an_grid_place *place, char **ret_class)
{
    g_autofree char *directory = an_grid_replay_directory(matrix, place), *error = NULL;
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
        return NULL;
    an_matrix *alone = an_matrix_read(directory, &error);
    const an_cell *cell = alone ? &alone->sheets[0].cells[0] : NULL;
    an_ladder *ladder = cell && cell->n_trials > 0 ? read_ladder(directory, &cell->trial) : NULL;
    *ret_class = ladder ? g_strdup(cell->trial.class) : NULL;
    an_matrix_free(alone);
    return ladder;
}

/* `is_mute`: of each point, no packets were recorded there. */
static an_ladder *read_own(const an_matrix *matrix, const an_cell *cell, bool *is_mute)
{
    if (is_mute[cell->trial.point])
        return NULL;
    an_ladder *ladder = read_ladder(matrix->directory, &cell->trial);
    is_mute[cell->trial.point] = !ladder;
    return ladder;
}

static size_t points_of(const GArray *places)
{
    size_t n = 0;
    for (guint i = 0; i < places->len; i++)
        n = MAX(n, g_array_index(places, an_grid_place, i).cell->trial.point + 1);
    return n;
}

static char *title_of(const an_cell *cell, const char *class)
{
    return g_strdup_printf("%s → %s: %s", cell->caller->name, cell->callee->name,
                           class ? class : cell->trial.class);
}

GArray *an_grid_ladders(const an_matrix *matrix, const an_grid_options *options)
{
    g_autoptr(GArray) places = an_grid_samples(matrix, options->ladders);
    g_autofree bool *is_mute = g_new0(bool, points_of(places) + 1);
    GArray *ladders = g_array_new(FALSE, FALSE, sizeof(an_grid_ladder));
    size_t bytes = 0;
    for (guint i = 0; i < places->len; i++) {
        const an_grid_place *place = &g_array_index(places, an_grid_place, i);
        g_autofree char *class = NULL;
        an_ladder *ladder = read_replay(matrix, place, &class);
        if (!ladder)
            ladder = read_own(matrix, place->cell, is_mute);
        if (!ladder)
            continue;
        g_autofree char *title = title_of(place->cell, class);
        an_grid_ladder one = {.key = an_cell_key(place->sheet, place->cell),
                              .svg = an_ladder_svg(ladder, title)};
        an_ladder_free(ladder);
        if (bytes + strlen(one.svg) > LADDERS_MAX_BYTES) {
            g_free(one.key);
            g_free(one.svg);
            continue;
        }
        bytes += strlen(one.svg);
        g_array_append_val(ladders, one);
    }
    return ladders;
}
