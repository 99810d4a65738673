/* matrix_source.h - where a matrix comes from: a scenario that is run, or the directory of a run. */
#ifndef CLI_MATRIX_SOURCE_H
#define CLI_MATRIX_SOURCE_H

#include "analysis/matrix/matrix.h"
#include "sim/cli/launch.h"

/* One cell alone, as `--cell CALLER,CALLEE[,TRANSPORT[,CASE]]` has it. */
typedef struct cli_cell {
    char *caller, *callee;
    char *transport, *case_name; /* NULL = all */
} cli_cell;

/* False and a sentence in *ret_error (g_free) if the text names no cell. */
bool cli_cell_parse(const char *text, cli_cell *ret_cell, char **ret_error);
void cli_cell_clear(cli_cell *cell);

typedef struct cli_matrix {
    an_matrix *matrix;
    char *scenario; /* its name */
    char *again;    /* "partyline matrix FILE --seed 1"; NULL = the file is not known */
    char *early;    /* why the run is not whole; NULL = it is */
    uint64_t seed;
    double wall_seconds, virtual_seconds;
    /* private: of a scenario that was run */
    cli_options options;
    sim_scenario *loaded;
    cli_launch launch;
    int expected; /* the code of its expectations */
} cli_matrix;

/* Runs the file (only the cell, with its packets recorded, if one is given), or reads the directory.
 * SIM_EXIT_HELD, or the code to exit with: all was told. */
int cli_matrix_open(const cli_options *options, const char *file_or_directory, const cli_cell *cell,
                    cli_matrix *ret_matrix);
/* Runs one cell of the file alone, silently, into a directory of its own: for its ladder.  What goes wrong there is
 * no fault of the matrix, and is left untold. */
void cli_matrix_replay(const cli_options *options, const char *file, const cli_cell *cell, const char *directory);
/* Ends the run: its manifest, then the code to exit with if the matrix itself is judged with `judged`. */
int cli_matrix_finish(cli_matrix *matrix, int judged);
void cli_matrix_clear(cli_matrix *matrix);

#endif
