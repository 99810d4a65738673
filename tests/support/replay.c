#include "tests/support/replay.h"

#include <glib.h>
#include <string.h>

/* Feeds a copy whose end is the end of its heap block, so that a sanitizer sees a byte read beyond it. */
static size_t replay_file(const char *path, replay_fn target)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) error = NULL;
    gsize len = 0;
    if (!g_file_get_contents(path, &content, &len, &error)) {
        g_printerr("%s\n", error->message);
        return 0;
    }
    g_autofree uint8_t *copy = g_malloc(len + 1);
    memcpy(copy + 1, content, len);
    target(copy + 1, len);
    return 1;
}

static size_t replay_folder(const char *path, replay_fn target)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    size_t inputs = 0;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);
        inputs += replay_file(inside, target);
    }
    return inputs;
}

int replay_run(int argc, char **argv, replay_fn target)
{
    size_t all = 0;
    for (int i = 1; i < argc; i++) {
        gboolean folder = g_file_test(argv[i], G_FILE_TEST_IS_DIR);
        size_t inputs = folder ? replay_folder(argv[i], target) : replay_file(argv[i], target);
        if (inputs == 0) {
            g_printerr("%s: no input could be read\n", argv[i]);
            return 1;
        }
        all += inputs;
    }
    g_print("%s: %" G_GSIZE_FORMAT " inputs replayed\n", argv[0], all);
    return all == 0;
}
