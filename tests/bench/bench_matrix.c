/* bench_matrix - a matrix from the scenario to the page, by the program itself: time and memory of it.
 *
 *   bench_matrix [--json] NAME SCENARIO
 *
 * Runs `partyline matrix --jobs 1 --no-ladders SCENARIO`, one process at a time on one core: the cells are run, judged
 * and written, but none is run again for its ladder.  Processor time is that of the program and its workers, memory
 * the peak of the largest of them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

typedef struct stem {
    const char *name;
    gboolean json;
} stem;

static void report(const stem *of, const char *what, double value, const char *unit)
{
    g_autofree char *name = g_strdup_printf("matrix.%s.%s", of->name, what);
    if (of->json)
        g_print("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name, value, unit);
    else
        g_print("%-52s %14.6g %s\n", name, value, unit);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/* The program stands two folders above the benches. */
static char *program_path(const char *bench)
{
    g_autofree char *folder = g_path_get_dirname(bench);
    return g_build_filename(folder, "..", "..", "partyline", NULL);
}

/* Rows of matrix.csv without its heading; 0 if there is none. */
static double count_cells(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "matrix.csv", NULL), *text = NULL;
    double rows = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        rows++;
    return rows - 1;
}

static void remove_tree(const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (folder)
        g_dir_close(folder);
    g_remove(path);
}

/* 0 and 1 are verdicts on the cells, which is not what is measured. */
static bool run(char *program, char *scenario, char *directory)
{
    char *command[] = {program,  (char[]){"matrix"}, (char[]){"--quiet"}, (char[]){"--no-ladders"},
                       (char[]){"--jobs"}, (char[]){"1"}, (char[]){"--out"},  directory,
                       scenario, NULL};
    int status = 0;
    g_autoptr(GError) error = NULL;
    if (!g_spawn_sync(NULL, command, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, &error)) {
        g_printerr("bench_matrix: %s\n", error->message);
        return false;
    }
    return g_spawn_check_wait_status(status, &error) || (error->domain == G_SPAWN_EXIT_ERROR && error->code == 1);
}

static int measure(const stem *of, char *program, char *scenario, char *directory)
{
    struct rusage spent;
    const gint64 start = g_get_monotonic_time();
    if (!run(program, scenario, directory))
        return 1;
    const double wall = (double)(g_get_monotonic_time() - start) * 1e-6, cells = count_cells(directory);
    getrusage(RUSAGE_CHILDREN, &spent);
    const double cpu = seconds(spent.ru_utime) + seconds(spent.ru_stime);
    if (cells < 1)
        return 1;
    report(of, "cells", cells, "count");
    report(of, "cpu", cpu, "s");
    report(of, "wall", wall, "s");
    report(of, "rate", cells / cpu, "cells/s");
    report(of, "cell", cpu / cells * 1e6, "us");
    report(of, "peak", (double)spent.ru_maxrss / 1024, "MiB");
    return 0;
}

int main(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object a line", NULL}, {0}};
    GOptionContext *context = g_option_context_new("NAME SCENARIO");
    g_autoptr(GError) error = NULL;
    g_autofree char *program = program_path(argv[0]), *directory = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    bool good = g_option_context_parse(context, &argc, &argv, &error) && argc == 3;
    g_option_context_free(context);
    if (good)
        directory = g_dir_make_tmp("bench-matrix-XXXXXX", &error);
    if (!directory) {
        g_printerr("bench_matrix: %s\n", error ? error->message : "give a name and a scenario");
        return 2;
    }
    int code = measure(&(stem){argv[1], json}, program, argv[2], directory);
    remove_tree(directory);
    return code;
}
