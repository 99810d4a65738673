/* grid.h - the forms in which a judged matrix is told: terminal, matrix.csv, junit.xml, JSON, and a page.
 *
 * None of the files carries a clock time, a path of the machine or a run-id. */
#ifndef AN_GRID_H
#define AN_GRID_H

#include "analysis/grid/baseline.h"
#include "analysis/matrix/matrix.h"
#include "analysis/summary.h"

/* Which cells get a picture of their exchange, where packets were recorded. */
typedef enum an_ladder_choice {
    AN_LADDERS_SOME, /* the red ones, and one of each way */
    AN_LADDERS_ALL
} an_ladder_choice;

typedef struct an_grid_options {
    const char *scenario; /* its name */
    const char
        *again; /* "partyline matrix FILE --seed 1": a cell's replay is this and its --cell; NULL = untold */
    const char *early; /* why the run is not whole, a sentence; NULL = it is */
    uint64_t seed;
    an_colour colour;
    double wall_seconds, virtual_seconds; /* 0 = not told */
    const char *directory;                /* named on the last line; NULL = left out */
    const an_moves *moves;                /* against a baseline: only what moved is printed; NULL = none */
    an_ladder_choice ladders;
} an_grid_options;

/* The block that ends a matrix on the terminal (g_free). */
char *an_grid_text(const an_matrix *matrix, const an_grid_options *options);
/* A row a cell (g_free). */
char *an_grid_csv(const an_matrix *matrix, const an_grid_options *options);
/* A suite a sheet, a case a cell (g_free). */
char *an_grid_junit(const an_matrix *matrix, const an_grid_options *options);
/* One object without a line end (g_free); `out` is the directory to name, or NULL. */
char *an_grid_json(const an_matrix *matrix, const an_grid_options *options, const char *out);
/* One file without a network: heat maps, and what is known of each cell (g_free). */
char *an_grid_html(const an_matrix *matrix, const an_grid_options *options);

typedef struct an_grid_place {
    const an_sheet *sheet;
    const an_cell *cell;
} an_grid_place;

/* The cells that are to be drawn (of an_grid_place; the caller's). */
GArray *an_grid_samples(const an_matrix *matrix, an_ladder_choice choice);
/* Where a run of one cell alone, with its packets, is looked for: cells/… of the run directory (g_free). */
char *an_grid_replay_directory(const an_matrix *matrix, const an_grid_place *place);

/* Writes matrix.csv, junit.xml, matrix.json and figures/matrix.html into the run directory; 0, or -1 and a
 * sentence. */
int an_grid_write(const an_matrix *matrix, const an_grid_options *options, char **ret_error);

/* "held", "failed", "interrupted". */
const char *an_grid_verdict(const an_matrix *matrix, const an_grid_options *options);
/* 0 or 1. */
int an_grid_exit(const an_matrix *matrix, const an_grid_options *options);
/* The command that runs one cell again (g_free); NULL if options->again is. */
char *an_grid_replay(const an_sheet *sheet, const an_cell *cell, const an_grid_options *options);
/* "D", "r"; "?" for a cell without a session. */
const char *an_grid_symbol(const an_cell *cell);

#endif
