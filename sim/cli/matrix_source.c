#include "sim/cli/matrix_source.h"

#include <stdio.h>
#include <string.h>

#include "sim/cli/write.h"

bool cli_cell_parse(const char *text, cli_cell *ret_cell, char **ret_error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    guint n = g_strv_length(parts);
    bool good = n >= 2 && n <= 4;
    for (guint i = 0; i < n; i++)
        good = good && *g_strstrip(parts[i]);
    if (good && n > 2)
        good = strcmp(parts[2], "udp") == 0 || strcmp(parts[2], "tcp") == 0 || strcmp(parts[2], "any") == 0;
    if (!good) {
        *ret_error = g_strdup_printf(
            "--cell %s: write CALLER,CALLEE or CALLER,CALLEE,udp or CALLER,CALLEE,udp,CASE", text);
        return false;
    }
    *ret_cell = (cli_cell){.caller = g_strdup(parts[0]),
                           .callee = g_strdup(parts[1]),
                           .transport = n > 2 ? g_strdup(parts[2]) : NULL,
                           .case_name = n > 3 ? g_strdup(parts[3]) : NULL};
    return true;
}

void cli_cell_clear(cli_cell *cell)
{
    g_free(cell->caller);
    g_free(cell->callee);
    g_free(cell->transport);
    g_free(cell->case_name);
    *cell = (cli_cell){0};
}

/* --- a directory --- */

/* What the manifest tells of the run; a directory without one has a name all the same. */
static void read_manifest(cli_matrix *m, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "manifest.json", NULL);
    json_t *root = json_load_file(path, 0, NULL);
    const char *name = json_string_value(json_object_get(root, "scenario"));
    const char *file = json_string_value(json_object_get(root, "scenario_file"));
    const char *ended = json_string_value(json_object_get(root, "status"));
    m->seed = (uint64_t)json_integer_value(json_object_get(root, "seed"));
    m->scenario = name ? g_strdup(name) : g_path_get_basename(directory);
    if (file)
        m->again = cli_again("matrix", &(cli_options){0}, file, m->seed);
    if (ended && strcmp(ended, "complete") != 0)
        m->early = g_strdup_printf("its status is \"%s\"", ended);
    json_decref(root);
}

static int open_directory(const cli_options *options, const char *directory, cli_matrix *m)
{
    char *error = NULL;
    m->matrix = an_matrix_read(directory, &error);
    if (!m->matrix) {
        int code = cli_refuse_usage(options, "%s", error);
        g_free(error);
        return code;
    }
    read_manifest(m, directory);
    return SIM_EXIT_HELD;
}

/* --- a scenario --- */

/* The overrides that leave one cell of the matrix, with its packets recorded. */
static void narrow(cli_options *options, const cli_cell *cell)
{
    GPtrArray *sets = g_ptr_array_new();
    for (char **set = options->sets; set && *set; set++)
        g_ptr_array_add(sets, g_strdup(*set));
    if (cell) {
        g_ptr_array_add(sets, g_strdup_printf("matrix.callers=[%s]", cell->caller));
        g_ptr_array_add(sets, g_strdup_printf("matrix.callees=[%s]", cell->callee));
        if (cell->transport)
            g_ptr_array_add(sets, g_strdup_printf("matrix.transports=[%s]", cell->transport));
        g_ptr_array_add(sets, g_strdup("run.events=packets"));
    }
    g_ptr_array_add(sets, NULL);
    options->sets = (char **)g_ptr_array_free(sets, FALSE);
}

/* Leaves the points of one case; false if there are none. */
static bool keep_case(sim_scenario *scenario, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < scenario->n_points; i++) {
        if (g_strcmp0(scenario->points[i].case_name, name) != 0)
            continue;
        scenario->points[kept] = scenario->points[i];
        scenario->points[kept].index = kept;
        kept++;
    }
    if (kept > 0)
        scenario->n_points = kept;
    return kept > 0;
}

/* What is wrong with a good scenario as a matrix (g_free), or NULL. */
static char *unfit(sim_scenario *scenario, const char *path, const cli_cell *cell)
{
    if (cell && cell->case_name && !keep_case(scenario, cell->case_name))
        return g_strdup_printf("%s has no case '%s'", path, cell->case_name);
    if (scenario->points[0].config->matrix.n_cells == 0)
        return g_strdup_printf("%s has no `matrix:`; partyline run runs it", path);
    return NULL;
}

static int read_run(cli_matrix *m)
{
    char *error = NULL;
    m->early = cli_launch_shortfall(&m->launch);
    an_summary *summary = cli_launch_judge(&m->launch, m->early, &error);
    if (!summary)
        return cli_launch_refuse(&m->launch, SIM_EXIT_FAULT, error);
    m->expected = an_summary_exit(summary);
    int written = an_summary_write(summary, &error);
    if (m->expected != SIM_EXIT_HELD && written == 0 && !m->options.quiet) {
        g_autofree char *text = an_summary_text(summary, &(an_text_options){.colour = AN_COLOUR_OFF});
        fputs(text, stderr);
    }
    an_summary_free(summary);
    if (written == 0)
        m->matrix = an_matrix_read(cli_launch_directory(&m->launch), &error);
    return m->matrix ? SIM_EXIT_HELD : cli_launch_refuse(&m->launch, SIM_EXIT_FAULT, error);
}

static int open_file(const cli_options *options, const char *path, const cli_cell *cell, cli_matrix *m)
{
    m->loaded = cli_load(&m->options, path);
    if (!sim_scenario_good(m->loaded))
        return cli_refuse_scenario(options, m->loaded);
    g_autofree char *wrong = unfit(m->loaded, path, cell);
    if (wrong)
        return cli_refuse_usage(options, "%s", wrong);
    m->launch = (cli_launch){.options = &m->options, .scenario = m->loaded, .path = path};
    m->seed = (uint64_t)m->loaded->points[0].config->run.seed;
    m->scenario = g_strdup(m->loaded->name);
    m->again = cli_again("matrix", options, path, m->seed);
    int code = cli_launch_run(&m->launch);
    m->wall_seconds = m->launch.outcome.wall_seconds;
    m->virtual_seconds = m->launch.outcome.virtual_seconds;
    return code == SIM_EXIT_HELD ? read_run(m) : code;
}

int cli_matrix_open(const cli_options *options, const char *file_or_directory, const cli_cell *cell,
                    cli_matrix *ret_matrix)
{
    *ret_matrix = (cli_matrix){.options = *options};
    narrow(&ret_matrix->options, cell);
    if (!g_file_test(file_or_directory, G_FILE_TEST_IS_DIR))
        return open_file(options, file_or_directory, cell, ret_matrix);
    if (cell)
        return cli_refuse_usage(options, "--cell runs a scenario; give its file rather than a directory");
    return open_directory(options, file_or_directory, ret_matrix);
}

void cli_matrix_replay(const cli_options *options, const char *file, const cli_cell *cell,
                       const char *directory)
{
    cli_options silent = *options;
    cli_matrix m = {0};
    g_autofree char *parent = g_path_get_dirname(directory);
    silent.out = (char *)(uintptr_t)directory;
    silent.quiet = TRUE;
    silent.json = FALSE;
    if (g_mkdir_with_parents(parent, 0777) == 0 && cli_matrix_open(&silent, file, cell, &m) == SIM_EXIT_HELD)
        cli_matrix_finish(&m, SIM_EXIT_HELD);
    cli_matrix_clear(&m);
}

int cli_matrix_finish(cli_matrix *matrix, int judged)
{
    char *error = NULL;
    int code = judged;
    if (!matrix->loaded)
        return matrix->early ? SIM_EXIT_BUDGET : code;
    if (code == SIM_EXIT_HELD)
        code = matrix->expected;
    if (cli_write_manifest(matrix->launch.results, matrix->loaded, &matrix->launch.outcome, &error) != 0)
        code = cli_launch_complain(SIM_EXIT_FAULT, error);
    return cli_launch_exit(&matrix->launch, code);
}

void cli_matrix_clear(cli_matrix *matrix)
{
    an_matrix_free(matrix->matrix);
    g_free(matrix->scenario);
    g_free(matrix->again);
    g_free(matrix->early);
    if (matrix->loaded) {
        cli_launch_free(&matrix->launch);
        sim_scenario_free(matrix->loaded);
    }
    g_strfreev(matrix->options.sets);
    *matrix = (cli_matrix){0};
}
