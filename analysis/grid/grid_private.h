/* grid_private.h - what the forms of a matrix share.  Private to analysis/grid. */
#ifndef AN_GRID_PRIVATE_H
#define AN_GRID_PRIVATE_H

#include <glib.h>

#include "analysis/grid/grid.h"

/* A picture of one cell's exchange. */
typedef struct an_grid_ladder {
    char *key; /* of the cell */
    char *svg;
} an_grid_ladder;

/* chosen: a sheet of more callees is told closely: a character a cell on a terminal, a small square on the
 * page, or neither is seen at once. */
#define AN_GRID_CLOSE 40

/* Of the cells that `options->ladders` chooses, those whose packets were recorded (of an_grid_ladder). */
GArray *an_grid_ladders(const an_matrix *matrix, const an_grid_options *options);

/* The page's style sheet and script. */
void an_grid_append_style(GString *html);
void an_grid_append_script(GString *html);

#endif
