/* A file is complete or absent, whatever happens on the way; numbers and quotes are written one way only. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/record/file.h"

static char *folder_new(void)
{
    char *folder = g_dir_make_tmp("partyline-file-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static void folder_remove(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        unlink(path);
    }
    g_dir_close(dir);
    rmdir(folder);
    g_free(folder);
}

static size_t names_in(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    size_t n = 0;
    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

/* What the writer makes of something, as text. */
static char *written(void (*put)(sim_file *file, const void *arg), const void *arg)
{
    char *folder = folder_new(), *error = NULL, *text = NULL;
    g_autofree char *path = g_build_filename(folder, "x", NULL);
    sim_file *file = sim_file_open(path, &error);
    put(file, arg);
    g_assert_cmpint(sim_file_commit(file, &error), ==, 0);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    folder_remove(folder);
    return text;
}

static void put_number(sim_file *file, const void *arg)
{
    sim_file_number(file, *(const double *)arg);
}

static void put_integer(sim_file *file, const void *arg)
{
    sim_file_integer(file, *(const int64_t *)arg);
}

static void put_csv(sim_file *file, const void *arg)
{
    sim_file_csv(file, arg);
}

static void put_json(sim_file *file, const void *arg)
{
    sim_file_json(file, arg);
}

static void test_numbers(void)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},
                {49000000000, "49000000000"},
                {-3, "-3"},
                {0.1, "0.1"},
                {1.0 / 3, "0.3333333333333333"},
                {0.1 + 0.2, "0.30000000000000004"},
                {1e300, "1e+300"},
                {2.5, "2.5"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = written(put_number, &rows[i].value);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
    const int64_t least = INT64_MIN, most = INT64_MAX;
    g_autofree char *low = written(put_integer, &least);
    g_autofree char *high = written(put_integer, &most);
    g_assert_cmpstr(low, ==, "-9223372036854775808");
    g_assert_cmpstr(high, ==, "9223372036854775807");
}

static void test_quoting(void)
{
    g_autofree char *plain = written(put_csv, "login=first;nat=none");
    g_autofree char *comma = written(put_csv, "a,\"b\"");
    g_autofree char *json = written(put_json, "a\"b\\c\n\x01 — é");
    g_autofree char *null = written(put_json, NULL);
    g_assert_cmpstr(plain, ==, "login=first;nat=none");
    g_assert_cmpstr(comma, ==, "\"a,\"\"b\"\"\"");
    g_assert_cmpstr(json, ==, "\"a\\\"b\\\\c\\u000a\\u0001 — é\"");
    g_assert_cmpstr(null, ==, "null");
}

static void test_appears_only_when_complete(void)
{
    char *folder = folder_new(), *error = NULL;
    g_autofree char *path = g_build_filename(folder, "series.csv", NULL);
    sim_file *file = sim_file_open(path, &error);

    for (int i = 0; i < 100000; i++)
        sim_file_text(file, "0123456789\n");
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(sim_file_commit(file, &error), ==, 0);
    GStatBuf facts;
    g_assert_cmpint(g_stat(path, &facts), ==, 0);
    g_assert_cmpint(facts.st_size, ==, 1100000);
    g_assert_cmpuint(names_in(folder), ==, 1);
    folder_remove(folder);
}

static void test_discard_leaves_nothing(void)
{
    char *folder = folder_new(), *error = NULL;
    g_autofree char *path = g_build_filename(folder, "series.csv", NULL);
    sim_file *file = sim_file_open(path, &error);
    sim_file_text(file, "half");
    sim_file_discard(file);
    g_assert_cmpuint(names_in(folder), ==, 0);
    folder_remove(folder);
}

static void test_missing_folder_is_a_sentence(void)
{
    char *error = NULL;
    g_assert_null(sim_file_open("/nonexistent-partyline/a.csv", &error));
    g_assert_cmpstr(error, ==, "cannot write '/nonexistent-partyline/a.csv': No such file or directory");
    g_free(error);
}

/* The disk that accepts 100 kB and no more: a limit on the size of files stands in for it. */
static void test_full_disk_leaves_nothing_and_says_where(void)
{
    char *folder = folder_new(), *error = NULL;
    g_autofree char *path = g_build_filename(folder, "events.jsonl", NULL);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);

    sim_file *file = sim_file_open(path, &error);
    for (int i = 0; i < 20000; i++)
        sim_file_text(file, "0123456789\n");
    bool failed = sim_file_failed(file);
    int result = sim_file_commit(file, &error);

    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);
    g_assert_true(failed);
    g_assert_cmpint(result, ==, -1);
    g_assert_nonnull(strstr(error, path));
    g_assert_nonnull(strstr(error, "File too large"));
    g_assert_cmpuint(names_in(folder), ==, 0);
    g_free(error);
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/file/numbers-have-one-form", test_numbers);
    g_test_add_func("/record/file/quoting", test_quoting);
    g_test_add_func("/record/file/appears-only-when-complete", test_appears_only_when_complete);
    g_test_add_func("/record/file/discard-leaves-nothing", test_discard_leaves_nothing);
    g_test_add_func("/record/file/missing-folder", test_missing_folder_is_a_sentence);
    g_test_add_func("/record/file/full-disk", test_full_disk_leaves_nothing_and_says_where);
    return g_test_run();
}
