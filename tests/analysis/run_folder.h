/* run_folder.h - small run directories made by hand, for the tests of analysis. */
#ifndef TEST_RUN_FOLDER_H
#define TEST_RUN_FOLDER_H

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

static inline char *run_folder_new(void)
{
    char *folder = g_dir_make_tmp("partyline-run-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

/* Writes root/name with its folders. */
static inline void run_folder_put(const char *root, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline void run_folder_remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        run_folder_remove_tree(below);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static inline void run_folder_free(char *root)
{
    run_folder_remove_tree(root);
    g_free(root);
}

#define RUN_SERIES  "t_ns,host,name,labels,value,unit\n"
#define RUN_SCALARS "point,replication,name,labels,value,unit\n"

/* One replication: rows of series.csv and scalars.csv without their headings. */
static inline void run_folder_replication(const char *root, unsigned point, unsigned replication,
                                          const char *series, const char *scalars)
{
    g_autofree char *folder = g_strdup_printf("p%04u/r%02u", point, replication);
    g_autofree char *series_name = g_strconcat(folder, "/series.csv", NULL);
    g_autofree char *scalars_name = g_strconcat(folder, "/scalars.csv", NULL);
    g_autofree char *series_text = g_strconcat(RUN_SERIES, series, NULL);
    g_autofree char *scalars_text = g_strconcat(RUN_SCALARS, scalars, NULL);
    run_folder_put(root, series_name, series_text);
    run_folder_put(root, scalars_name, scalars_text);
}

#endif
