/* The run directory: taken folders are refused, `latest` moves, points are quoted, the manifest names every
 * file. */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/record/results.h"

static char *folder_new(void)
{
    char *folder = g_dir_make_tmp("partyline-results-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static char *contents(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void test_a_run_without_results_is_taken_back(void)
{
    g_autofree char *folder = folder_new();
    g_autofree char *out = g_build_filename(folder, "out", NULL);
    g_autofree char *there = g_build_filename(folder, "there", NULL);
    const char *const outs[] = {out, there};
    char *error = NULL;
    g_assert_cmpint(g_mkdir(there, 0777), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(outs); i++) {
        sim_results *results = sim_results_new(
            &(sim_results_options){.scenario = "hello", .out = outs[i], .resolved_yaml = "scenario: hello\n"},
            &error);
        g_assert_nonnull(results);
        g_autofree char *replication = sim_results_replication(results, 0, 0, &error);
        g_autofree char *hidden = g_build_filename(replication, ".series.csv.part", NULL);
        g_autofree char *whole = g_build_filename(replication, "series.csv", NULL);
        g_assert_true(g_file_set_contents(hidden, "half", -1, NULL));
        /* A file of worth keeps everything, also what is half-written beside it. */
        g_assert_true(g_file_set_contents(whole, "x", -1, NULL));
        g_assert_false(sim_results_discard(results));
        g_assert_true(g_file_test(hidden, G_FILE_TEST_EXISTS));
        g_autofree char *yaml = contents(outs[i], "scenario.resolved.yaml");
        g_assert_cmpstr(yaml, ==, "scenario: hello\n");
        g_assert_cmpint(g_remove(whole), ==, 0);
        g_assert_true(sim_results_discard(results));
        sim_results_free(results);
    }
    g_assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
    /* A folder that was there stays, empty: rmdir takes no other. */
    g_assert_cmpint(g_rmdir(there), ==, 0);
    remove_tree(folder);
}

static void test_out_must_be_free(void)
{
    g_autofree char *folder = folder_new();
    g_autofree char *out = g_build_filename(folder, "a", "b", NULL);
    sim_results_options options = {.scenario = "hello", .out = out, .resolved_yaml = "scenario: hello\n"};
    char *error = NULL;

    sim_results *results = sim_results_new(&options, &error);
    g_assert_nonnull(results);
    g_assert_cmpstr(sim_results_directory(results), ==, out);
    g_autofree char *yaml = contents(out, "scenario.resolved.yaml");
    g_assert_cmpstr(yaml, ==, "scenario: hello\n");
    sim_results_free(results);

    g_assert_null(sim_results_new(&options, &error));
    g_assert_nonnull(strstr(error, "is not empty"));
    g_clear_pointer(&error, g_free);

    g_autofree char *file = g_build_filename(out, "scenario.resolved.yaml", NULL);
    options.out = file;
    g_assert_null(sim_results_new(&options, &error));
    g_assert_nonnull(strstr(error, "is not a folder"));
    g_free(error);
    remove_tree(folder);
}

static void test_names_that_escape_are_refused(void)
{
    static const char *const names[] = {"", ".", "..", "a/b", ".hidden"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const sim_results_options options = {.scenario = names[i], .root = "/nonexistent-partyline"};
        char *error = NULL;
        g_assert_null(sim_results_new(&options, &error));
        g_assert_nonnull(strstr(error, "cannot name a folder"));
        g_free(error);
    }
}

static void test_latest_points_to_the_last_run(void)
{
    g_autofree char *root = folder_new();
    const sim_results_options options = {.scenario = "hello", .root = root};
    char *error = NULL;
    sim_results *first = sim_results_new(&options, &error);
    sim_results *second = sim_results_new(&options, &error);
    g_assert_cmpstr(sim_results_directory(first), !=, sim_results_directory(second));

    g_autofree char *latest = g_build_filename(root, "hello", "latest", NULL);
    g_autofree char *target = g_file_read_link(latest, NULL);
    g_autofree char *run_id = g_path_get_basename(sim_results_directory(second));
    g_assert_cmpstr(target, ==, run_id);
    sim_results_free(first);
    sim_results_free(second);
    remove_tree(root);
}

static void test_points(void)
{
    static const char *const columns[] = {"case", "N"};
    static const char *const values[] = {"public", "500", "a, b", "1000"};
    const sim_points points = {.n_columns = 2, .columns = columns, .n_points = 2, .values = values};
    g_autofree char *root = folder_new();
    const sim_results_options options = {.scenario = "hello", .root = root};
    char *error = NULL;
    sim_results *results = sim_results_new(&options, &error);

    g_assert_cmpint(sim_results_points(results, &points, &error), ==, 0);
    g_autofree char *text = contents(sim_results_directory(results), "points.csv");
    g_assert_cmpstr(text, ==, "point,case,N\n0,public,500\n1,\"a, b\",1000\n");

    g_autofree char *folder = sim_results_replication(results, 12, 3, &error);
    g_assert_true(g_str_has_suffix(folder, "/p0012/r03"));
    g_assert_true(g_file_test(folder, G_FILE_TEST_IS_DIR));
    sim_results_free(results);
    remove_tree(root);
}

static void test_manifest_digests_every_file(void)
{
    g_autofree char *root = folder_new();
    const sim_results_options options = {.scenario = "hello", .root = root, .resolved_yaml = "abc"};
    const sim_manifest manifest = {
        .version = "1.0", .engine = "light", .seed = 7, .status = SIM_RESULTS_INTERRUPTED};
    char *error = NULL;
    sim_results *results = sim_results_new(&options, &error);
    g_autofree char *folder = sim_results_replication(results, 0, 0, &error);
    g_autofree char *scalars = g_build_filename(folder, "scalars.csv", NULL);
    g_autofree char *hidden = g_build_filename(folder, ".series.csv.part", NULL);
    g_file_set_contents(scalars, "", 0, NULL);
    g_file_set_contents(hidden, "half", 4, NULL);

    g_assert_cmpint(sim_results_manifest(results, &manifest, &error), ==, 0);
    g_autofree char *text = contents(sim_results_directory(results), "manifest.json");
    json_t *object = json_loads(text, 0, NULL);
    g_assert_nonnull(object);
    g_assert_cmpstr(json_string_value(json_object_get(object, "status")), ==, "interrupted");
    g_assert_cmpint(json_integer_value(json_object_get(object, "seed")), ==, 7);
    json_t *files = json_object_get(object, "sha256");
    g_assert_cmpuint(json_object_size(files), ==, 2);
    /* FIPS 180-2, appendix B.1, and the empty message */
    g_assert_cmpstr(json_string_value(json_object_get(files, "scenario.resolved.yaml")), ==,
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    g_assert_cmpstr(json_string_value(json_object_get(files, "p0000/r00/scalars.csv")), ==,
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    json_decref(object);
    sim_results_free(results);
    remove_tree(root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/results/a-run-without-results-is-taken-back",
                    test_a_run_without_results_is_taken_back);
    g_test_add_func("/record/results/out-must-be-free", test_out_must_be_free);
    g_test_add_func("/record/results/names-that-escape", test_names_that_escape_are_refused);
    g_test_add_func("/record/results/latest", test_latest_points_to_the_last_run);
    g_test_add_func("/record/results/points", test_points);
    g_test_add_func("/record/results/manifest", test_manifest_digests_every_file);
    return g_test_run();
}
