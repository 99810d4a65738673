#include <stdio.h>
#include <unistd.h>

#include "analysis/grid/grid.h"
#include "sim/cli/matrix_source.h"

typedef struct matrix_options {
    char *cell;
    char *baseline;
    gboolean ladders, no_ladders;
} matrix_options;

static an_ladder_choice choice_of(const matrix_options *own)
{
    return own->ladders || own->cell ? AN_LADDERS_ALL : AN_LADDERS_SOME;
}

/* Runs the cells that are to be drawn once more, each alone, with its packets recorded: those of the whole
 * run would fill a disk. */
static void replay_samples(const cli_options *options, const matrix_options *own, const cli_matrix *m)
{
    if (own->no_ladders || own->cell || !m->loaded)
        return;
    g_autoptr(GArray) places = an_grid_samples(m->matrix, choice_of(own));
    for (guint i = 0; i < places->len; i++) {
        const an_grid_place *place = &g_array_index(places, an_grid_place, i);
        g_autofree char *directory = an_grid_replay_directory(m->matrix, place);
        const cli_cell cell = {.caller = place->cell->caller->name,
                               .callee = place->cell->callee->name,
                               .transport = (char *)(uintptr_t)an_transport_name(place->sheet->transport),
                               .case_name = m->loaded->points[0].case_name ? place->sheet->case_name : NULL};
        cli_matrix_replay(options, m->launch.path, &cell, directory);
    }
}

/* Compares with a baseline, if one is given.  False: it cannot be read, and that was told. */
static bool compare(const cli_options *options, const matrix_options *own, an_matrix *matrix,
                    an_moves *ret_moves)
{
    char *error = NULL;
    if (!own->baseline)
        return true;
    an_baseline *baseline = an_baseline_read(own->baseline, &error);
    if (!baseline) {
        cli_refuse_usage(options, "%s", error);
        g_free(error);
        return false;
    }
    an_baseline_compare(baseline, matrix, ret_moves);
    an_baseline_free(baseline);
    return true;
}

static void tell(const cli_options *options, const cli_matrix *m, const an_grid_options *grid)
{
    g_autofree char *text =
        options->json ? an_grid_json(m->matrix, grid, m->matrix->directory) : an_grid_text(m->matrix, grid);
    fputs(text, stdout);
    if (options->json)
        putchar('\n');
}

/* Judged, written and told: the code. */
static int conclude(const cli_options *options, const matrix_options *own, cli_matrix *m)
{
    an_moves moves = {0};
    char *error = NULL;
    if (!compare(options, own, m->matrix, &moves))
        return cli_matrix_finish(m, SIM_EXIT_USAGE);
    const an_grid_options grid = {.scenario = m->scenario,
                                  .again = m->again,
                                  .early = m->early,
                                  .seed = m->seed,
                                  .colour = an_colour_choose(options->color, STDOUT_FILENO),
                                  .wall_seconds = m->wall_seconds,
                                  .virtual_seconds = m->virtual_seconds,
                                  .directory = m->matrix->directory,
                                  .moves = own->baseline ? &moves : NULL,
                                  .ladders = choice_of(own)};
    int code = an_grid_exit(m->matrix, &grid);
    replay_samples(options, own, m);
    if (an_grid_write(m->matrix, &grid, &error) != 0)
        code = cli_launch_complain(SIM_EXIT_FAULT, error);
    code = cli_matrix_finish(m, code);
    tell(options, m, &grid);
    an_moves_clear(&moves);
    return code;
}

static int judge_one(const cli_options *options, const matrix_options *own, const char *argument)
{
    cli_cell cell = {0};
    cli_matrix m;
    char *error = NULL;
    if (own->cell && !cli_cell_parse(own->cell, &cell, &error)) {
        int code = cli_refuse_usage(options, "%s", error);
        g_free(error);
        return code;
    }
    int code = cli_matrix_open(options, argument, own->cell ? &cell : NULL, &m);
    if (code == SIM_EXIT_HELD)
        code = conclude(options, own, &m);
    cli_matrix_clear(&m);
    cli_cell_clear(&cell);
    return code;
}

static const char *check_usage(const cli_options *options, const matrix_options *own, int argc)
{
    if (argc < 2)
        return "matrix needs a file or a run directory, e.g. partyline matrix scenarios/nat/matrix.yaml";
    if (argc > 2 && options->out)
        return "--out names the directory of one run; give one file";
    if (own->cell && own->baseline)
        return "--cell runs one cell, --baseline compares all of them; give one of the two";
    return NULL;
}

int cli_verb_matrix(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    matrix_options own = {0};
    const GOptionEntry entries[] = {
        {"cell", 0, 0, G_OPTION_ARG_STRING, &own.cell,
         "This cell only, with its packets recorded and its ladder drawn", "CALLER,CALLEE[,udp|tcp[,CASE]]"},
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &own.baseline,
         "Print what moved since; any move is a failure", "FILE"},
        {"ladders", 0, 0, G_OPTION_ARG_NONE, &own.ladders, "Draw every cell, not a few", NULL},
        {"no-ladders", 0, 0, G_OPTION_ARG_NONE, &own.no_ladders, "Run no cell again for its ladder", NULL},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    int code = parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    const char *wrong = parsed == CLI_GO_ON ? check_usage(options, &own, argc) : NULL;
    if (wrong) {
        code = cli_refuse_usage(options, "%s", wrong);
    } else if (parsed == CLI_GO_ON) {
        code = SIM_EXIT_HELD;
        for (int i = 1; i < argc && code != SIM_EXIT_INTERRUPTED; i++)
            code = cli_launch_graver(code, judge_one(options, &own, argv[i]));
    }
    g_free(own.cell);
    g_free(own.baseline);
    return code;
}
