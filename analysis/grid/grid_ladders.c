/* Which cells are drawn, and their pictures. */
#include <string.h>

#include "analysis/grid/grid_private.h"
#include "analysis/ladder/ladder.h"

/* chosen: the page stays below 2 MB; heat maps of 1600 cells take half a MB of it, a ladder some 30 kB. */
#define LADDERS_MAX_BYTES 1200000
/* chosen: of a hundred red cells the first few tell what broke. */
#define RED_DRAWN_MAX 6

typedef struct drawer {
    const an_matrix *matrix;
    const an_grid_options *options;
    GArray *ladders; /* of an_grid_ladder */
    size_t bytes;
    size_t n_red;
    unsigned ways; /* of which one is drawn */
    bool *is_mute; /* of each point: no packets were recorded there, or it cannot be read */
} drawer;

static bool is_wanted(const drawer *d, const an_cell *cell)
{
    if (cell->n_trials == 0 || d->is_mute[cell->trial.point] || d->bytes > LADDERS_MAX_BYTES)
        return false;
    if (d->options->ladders == AN_LADDERS_ALL)
        return true;
    bool red = an_cell_is_red(cell) && d->n_red < RED_DRAWN_MAX;
    return red || !(d->ways & AN_WAY_BIT(cell->trial.way));
}

static void draw(drawer *d, const an_sheet *sheet, const an_cell *cell)
{
    const an_trial *trial = &cell->trial;
    g_autofree char *path = g_strdup_printf("%s/p%04zu/r%02zu/events.jsonl", d->matrix->directory,
                                            trial->point, trial->replication);
    g_autofree char *key = an_cell_key(sheet, cell), *error = NULL;
    g_autofree char *title =
        g_strdup_printf("%s → %s: %s", cell->caller->name, cell->callee->name, trial->class);
    const an_ladder_options options = {
        .peer = trial->caller, .other = trial->callee, .span = AN_LADDER_PATH, .lanes_max = 0};
    an_ladder *ladder = an_ladder_read(path, &options, &error);
    if (!ladder) {
        d->is_mute[trial->point] = true;
        return;
    }
    an_grid_ladder one = {.key = g_strdup(key), .svg = an_ladder_svg(ladder, title)};
    an_ladder_free(ladder);
    d->bytes += strlen(one.svg);
    d->n_red += an_cell_is_red(cell);
    d->ways |= AN_WAY_BIT(trial->way);
    g_array_append_val(d->ladders, one);
}

static size_t points_of(const an_matrix *matrix)
{
    size_t n = 0;
    for (size_t s = 0; s < matrix->n_sheets; s++)
        for (size_t i = 0; i < matrix->sheets[s].n_rows * matrix->sheets[s].n_columns; i++)
            if (matrix->sheets[s].cells[i].n_trials > 0)
                n = MAX(n, matrix->sheets[s].cells[i].trial.point + 1);
    return n;
}

GArray *an_grid_ladders(const an_matrix *matrix, const an_grid_options *options)
{
    g_autofree bool *is_mute = g_new0(bool, points_of(matrix) + 1);
    drawer d = {.matrix = matrix,
                .options = options,
                .ladders = g_array_new(FALSE, FALSE, sizeof(an_grid_ladder)),
                .is_mute = is_mute};
    for (size_t s = 0; s < matrix->n_sheets; s++)
        for (size_t i = 0; i < matrix->sheets[s].n_rows * matrix->sheets[s].n_columns; i++)
            if (is_wanted(&d, &matrix->sheets[s].cells[i]))
                draw(&d, &matrix->sheets[s], &matrix->sheets[s].cells[i]);
    return d.ladders;
}
