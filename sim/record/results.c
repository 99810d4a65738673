#include "sim/record/results.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/record/file.h"
#include "sim/record/manifest.h"

/* chosen: well below what any file system allows for one name (255). */
#define NAME_MAX_BYTES 100

struct sim_results {
    char *directory;
    char *scenario;
    char *run_id;
    GDateTime *started;
    bool made;        /* the directory was not there before */
    char *was_latest; /* where `latest` pointed; NULL = nowhere, or --out was given */
};

const char *sim_results_status_name(sim_results_status status)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        SIM_RESULTS_STATUSES(X)
#undef X
    };
    g_assert((size_t)status < G_N_ELEMENTS(names));
    return names[status];
}

/* "20261122T074205-7f3a91": readable, sorted by time, and two runs of one second still differ. */
static char *make_run_id(GDateTime *started)
{
    g_autofree char *when = g_date_time_format(started, "%Y%m%dT%H%M%S");
    g_autofree char *facts = g_strdup_printf("%" G_GINT64_FORMAT " %d", g_get_real_time(), (int)getpid());
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, facts, -1);
    return g_strdup_printf("%s-%.6s", when, digest);
}

static bool is_empty(const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    if (!folder)
        return false;
    bool empty = g_dir_read_name(folder) == NULL;
    g_dir_close(folder);
    return empty;
}

static int make_folder(const char *path, char **ret_error)
{
    if (g_mkdir_with_parents(path, 0777) == 0)
        return 0;
    *ret_error = g_strdup_printf("cannot create the folder '%s': %s", path, g_strerror(errno));
    return -1;
}

/* --out: ours only if nobody's. */
static int take_out(const char *out, bool *ret_made, char **ret_error)
{
    if (g_file_test(out, G_FILE_TEST_EXISTS) && !g_file_test(out, G_FILE_TEST_IS_DIR)) {
        *ret_error =
            g_strdup_printf("--out '%s' is not a folder; name one that is empty or not there yet", out);
        return -1;
    }
    *ret_made = !g_file_test(out, G_FILE_TEST_EXISTS);
    if (make_folder(out, ret_error) < 0)
        return -1;
    if (is_empty(out))
        return 0;
    *ret_error =
        g_strdup_printf("--out '%s' is not empty; a run never overwrites another: name a folder that "
                        "is empty or not there yet",
                        out);
    return -1;
}

/* `latest` moves in one step: made under a hidden name, then renamed over the old link. */
static int link_latest(const char *parent, const char *run_id, char **ret_error)
{
    g_autofree char *hidden_base = g_strdup_printf(".latest.%s", run_id);
    g_autofree char *hidden = g_build_filename(parent, hidden_base, NULL);
    g_autofree char *latest = g_build_filename(parent, "latest", NULL);

    if (symlink(run_id, hidden) == 0 && rename(hidden, latest) == 0)
        return 0;
    *ret_error = g_strdup_printf("cannot set the link '%s': %s", latest, g_strerror(errno));
    unlink(hidden);
    return -1;
}

static int make_default(sim_results *results, const char *root, char **ret_error)
{
    g_autofree char *parent = g_build_filename(root, results->scenario, NULL);

    results->directory = g_build_filename(parent, results->run_id, NULL);
    if (make_folder(parent, ret_error) < 0)
        return -1;
    if (g_mkdir(results->directory, 0777) != 0) {
        *ret_error =
            g_strdup_printf("cannot create the folder '%s': %s", results->directory, g_strerror(errno));
        return -1;
    }
    results->made = true;
    g_autofree char *latest = g_build_filename(parent, "latest", NULL);
    results->was_latest = g_file_read_link(latest, NULL);
    return link_latest(parent, results->run_id, ret_error);
}

static int write_text(const sim_results *results, const char *name, const char *text, char **ret_error)
{
    g_autofree char *path = g_build_filename(results->directory, name, NULL);
    sim_file *file = sim_file_open(path, ret_error);
    if (!file)
        return -1;
    sim_file_text(file, text);
    return sim_file_commit(file, ret_error);
}

static bool is_folder_name(const char *name)
{
    return name && *name && *name != '.' && !strchr(name, '/') && strlen(name) <= NAME_MAX_BYTES;
}

sim_results *sim_results_new(const sim_results_options *options, char **ret_error)
{
    if (!is_folder_name(options->scenario)) {
        *ret_error = g_strdup_printf("'%s' cannot name a folder of results; use letters, digits and '-'",
                                     options->scenario ? options->scenario : "");
        return NULL;
    }
    sim_results *results = g_new0(sim_results, 1);
    results->scenario = g_strdup(options->scenario);
    results->started = g_date_time_new_now_utc();
    results->run_id = make_run_id(results->started);

    int made;
    if (options->out) {
        results->directory = g_strdup(options->out);
        made = take_out(options->out, &results->made, ret_error);
    } else {
        made = make_default(results, options->root ? options->root : "results", ret_error);
    }
    if (made == 0 && options->resolved_yaml)
        made = write_text(results, "scenario.resolved.yaml", options->resolved_yaml, ret_error);
    if (made == 0)
        return results;
    if (results->made)
        sim_results_discard(results);
    sim_results_free(results);
    return NULL;
}

const char *sim_results_directory(const sim_results *results)
{
    return results->directory;
}

static void write_points(sim_file *file, const sim_points *points)
{
    sim_file_text(file, "point");
    for (size_t column = 0; column < points->n_columns; column++) {
        sim_file_text(file, ",");
        sim_file_csv(file, points->columns[column]);
    }
    sim_file_text(file, "\n");
    for (size_t point = 0; point < points->n_points; point++) {
        sim_file_integer(file, (int64_t)point);
        for (size_t column = 0; column < points->n_columns; column++) {
            sim_file_text(file, ",");
            sim_file_csv(file, points->values[point * points->n_columns + column]);
        }
        sim_file_text(file, "\n");
    }
}

int sim_results_points(sim_results *results, const sim_points *points, char **ret_error)
{
    g_autofree char *path = g_build_filename(results->directory, "points.csv", NULL);
    sim_file *file = sim_file_open(path, ret_error);
    if (!file)
        return -1;
    write_points(file, points);
    return sim_file_commit(file, ret_error);
}

char *sim_results_replication(const sim_results *results, size_t point, size_t replication, char **ret_error)
{
    g_autofree char *point_name = g_strdup_printf("p%04zu", point);
    g_autofree char *replication_name = g_strdup_printf("r%02zu", replication);
    g_autofree char *path = g_build_filename(results->directory, point_name, replication_name, NULL);

    if (make_folder(path, ret_error) < 0)
        return NULL;
    return g_steal_pointer(&path);
}

int sim_results_kinds(sim_results *results, const char *text, char **ret_error)
{
    return write_text(results, "kinds.csv", text, ret_error);
}

int sim_results_groups(sim_results *results, const char *text, char **ret_error)
{
    return write_text(results, "groups.csv", text, ret_error);
}

int sim_results_manifest(sim_results *results, const sim_manifest *manifest, char **ret_error)
{
    g_autofree char *text = NULL;
    const sim_manifest_run run = {.directory = results->directory,
                                  .scenario = results->scenario,
                                  .run_id = results->run_id,
                                  .started = results->started};

    text = sim_manifest_text(&run, manifest, ret_error);
    if (!text)
        return -1;
    return write_text(results, "manifest.json", text, ret_error);
}

typedef enum sweep_step { SWEEP_LOOK, SWEEP_REMOVE } sweep_step;

/* Looks at a folder of points or replications, or removes it; false if a file of worth is in it.  What a
 * killed worker left under a hidden name is of none. */
static bool sweep(const char *path, sweep_step step)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    bool worthless = true;
    for (const char *name = folder ? g_dir_read_name(folder) : NULL; name; name = g_dir_read_name(folder)) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            worthless = sweep(below, step) && worthless;
        else if (name[0] != '.')
            worthless = false;
        else if (step == SWEEP_REMOVE)
            unlink(below);
    }
    if (folder)
        g_dir_close(folder);
    if (step == SWEEP_REMOVE)
        rmdir(path);
    return worthless;
}

/* Every folder of a point: p0000, p0001, … */
static bool sweep_points(const sim_results *results, sweep_step step)
{
    GDir *folder = g_dir_open(results->directory, 0, NULL);
    bool worthless = true;
    for (const char *name = folder ? g_dir_read_name(folder) : NULL; name; name = g_dir_read_name(folder)) {
        g_autofree char *below = g_build_filename(results->directory, name, NULL);
        if (name[0] == 'p' && g_file_test(below, G_FILE_TEST_IS_DIR))
            worthless = sweep(below, step) && worthless;
    }
    if (folder)
        g_dir_close(folder);
    return worthless;
}

static void unlink_latest(const sim_results *results)
{
    g_autofree char *parent = g_path_get_dirname(results->directory);
    g_autofree char *latest = g_build_filename(parent, "latest", NULL);
    g_autofree char *target = g_file_read_link(latest, NULL);
    char *ignored = NULL;
    if (g_strcmp0(target, results->run_id) != 0)
        return;
    if (!results->was_latest)
        unlink(latest);
    else if (link_latest(parent, results->was_latest, &ignored) < 0)
        g_free(ignored);
}

bool sim_results_discard(sim_results *results)
{
    static const char *const own[] = {"scenario.resolved.yaml", "points.csv", "kinds.csv", "groups.csv",
                                      "manifest.json"};
    if (!sweep_points(results, SWEEP_LOOK))
        return false;
    sweep_points(results, SWEEP_REMOVE);
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        g_autofree char *path = g_build_filename(results->directory, own[i], NULL);
        unlink(path);
    }
    unlink_latest(results);
    if (results->made)
        rmdir(results->directory);
    return true;
}

void sim_results_free(sim_results *results)
{
    if (!results)
        return;
    g_date_time_unref(results->started);
    g_free(results->directory);
    g_free(results->scenario);
    g_free(results->run_id);
    g_free(results->was_latest);
    g_free(results);
}
