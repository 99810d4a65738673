#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/grid/grid.h"
#include "sim/cli/matrix_source.h"

/* Where the baseline of the matrix is kept, below the working directory. */
#define BASELINE_FILE "results/baseline/nat.json"

typedef struct baseline_options {
    char *file;
    char *reason;
} baseline_options;

/* What is there already; NULL if there is nothing yet.  False: it is damaged, and that was told. */
static bool read_before(const cli_options *options, const char *path, an_baseline **ret_before)
{
    char *error = NULL;
    *ret_before = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    *ret_before = an_baseline_read(path, &error);
    if (*ret_before)
        return true;
    cli_refuse_usage(options, "%s", error);
    g_free(error);
    return false;
}

static int tell(const cli_options *options, const cli_matrix *m, const an_moves *moves, const char *path)
{
    const an_grid_options grid = {.scenario = m->scenario,
                                  .again = m->again,
                                  .early = m->early,
                                  .seed = m->seed,
                                  .colour = an_colour_choose(options->color, STDOUT_FILENO),
                                  .moves = moves};
    g_autofree char *text =
        options->json ? an_grid_json(m->matrix, &grid, path) : an_grid_text(m->matrix, &grid);
    fputs(text, stdout);
    if (options->json)
        putchar('\n');
    return an_grid_exit(m->matrix, &grid);
}

static int check(const cli_options *options, const baseline_options *own, cli_matrix *m)
{
    char *error = NULL;
    an_moves moves;
    an_baseline *baseline = an_baseline_read(own->file, &error);
    if (!baseline) {
        int code = cli_refuse_usage(options, "%s", error);
        g_free(error);
        return code;
    }
    an_baseline_compare(baseline, m->matrix, &moves);
    an_baseline_free(baseline);
    int code = tell(options, m, &moves, NULL);
    an_moves_clear(&moves);
    return code;
}

/* A run that is not whole is no measure of anything. */
static int update(const cli_options *options, const baseline_options *own, cli_matrix *m)
{
    g_autoptr(GError) error = NULL;
    an_baseline *before;
    an_moves moves = {0};
    if (m->early)
        return cli_refuse_usage(options, "the baseline stays as it is, for the run is not whole: %s",
                                m->early);
    if (!read_before(options, own->file, &before))
        return SIM_EXIT_USAGE;
    g_autofree char *text = an_baseline_text(before, m->matrix, m->scenario, own->reason);
    if (before)
        an_baseline_compare(before, m->matrix, &moves);
    an_baseline_free(before);
    if (!g_file_set_contents(own->file, text, -1, &error)) {
        an_moves_clear(&moves);
        return cli_refuse(options, &(cli_refusal){.code = SIM_EXIT_FAULT, .sentence = error->message});
    }
    an_matrix_tally tally = an_matrix_count(m->matrix);
    guint moved = moves.moves ? moves.moves->len : (guint)tally.cells;
    size_t failures = tally.red + tally.excused;
    if (options->json)
        cli_print_json(json_pack("{s:s, s:I, s:I, s:I}", "baseline", own->file, "cells",
                                 (json_int_t)tally.cells, "moved", (json_int_t)moved, "expected_failures",
                                 (json_int_t)failures));
    else
        printf("%s: %zu cells, %u moved, %zu expected to fail.\n", own->file, tally.cells, moved, failures);
    an_moves_clear(&moves);
    return SIM_EXIT_HELD;
}

static const char *check_usage(const baseline_options *own, int argc, char **argv)
{
    if (argc != 3 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "update") != 0))
        return "write partyline baseline check RUN, or partyline baseline update RUN --reason \"…\"";
    if (strcmp(argv[1], "update") == 0 && (!own->reason || !*g_strstrip(own->reason)))
        return "a baseline changes for a reason: give --reason \"…\", which is kept in it";
    if (strcmp(argv[1], "check") == 0 && own->reason)
        return "--reason belongs to baseline update";
    return NULL;
}

static int run(const cli_options *options, const baseline_options *own, char **argv)
{
    cli_matrix m;
    int code = cli_matrix_open(options, argv[2], NULL, &m);
    if (code == SIM_EXIT_HELD) {
        bool is_update = strcmp(argv[1], "update") == 0;
        code = cli_matrix_finish(&m, is_update ? update(options, own, &m) : check(options, own, &m));
        /* What is wrong now is expected from now on. */
        if (is_update && code == SIM_EXIT_FAILED)
            code = SIM_EXIT_HELD;
    }
    cli_matrix_clear(&m);
    return code;
}

int cli_verb_baseline(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    baseline_options own = {0};
    const GOptionEntry entries[] = {
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &own.file, "The baseline; default: " BASELINE_FILE, "FILE"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &own.reason, "update: why; kept in the file", "TEXT"},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    int code = parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (!own.file)
        own.file = g_strdup(BASELINE_FILE);
    const char *wrong = parsed == CLI_GO_ON ? check_usage(&own, argc, argv) : NULL;
    if (wrong)
        code = cli_refuse_usage(options, "%s", wrong);
    else if (parsed == CLI_GO_ON)
        code = run(options, &own, argv);
    g_free(own.file);
    g_free(own.reason);
    return code;
}
