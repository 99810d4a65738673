/* Engines are found by name; one that cannot be opened is a sentence, not a crash. */
#include "sim/engine.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

static void the_linked_in_ones(void)
{
    char *error = NULL;
    bool known = false;
    g_assert_true(sim_engine_open("light", &error, &known) == &sim_light_engine);
    g_assert_true(known);
    g_assert_true(sim_engine_open("live", &error, &known) == &sim_live_engine);
    g_assert_null(error);
}

static void an_unknown_name(void)
{
    g_autofree char *error = NULL;
    bool known = true;
    g_assert_null(sim_engine_open("ns4", &error, &known));
    g_assert_false(known);
    g_assert_nonnull(strstr(error, "\"ns4\""));
    g_assert_nonnull(strstr(error, "light, ns3 and live"));
}

/* A file in the chosen folder that is no library, and no other to be found. */
static void a_broken_plugin(void)
{
    g_autofree char *error = NULL;
    g_autofree char *folder = g_dir_make_tmp("partyline-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "partyline-ns3.so", NULL);
    bool known = false;
    g_assert_true(g_file_set_contents(file, "not a library", -1, NULL));
    g_setenv("PARTYLINE_ENGINES", folder, TRUE);
    const sim_engine_ops *ops = sim_engine_open("ns3", &error, &known);
    g_assert_true(known);
    if (ops) { /* one is installed, and serves */
        g_assert_cmpstr(ops->name, ==, "ns3");
    } else {
        g_assert_nonnull(strstr(error, file));
        g_assert_nonnull(strstr(error, "make deps"));
        g_assert_nonnull(strstr(error, "lib/partyline/partyline-ns3.so (no such file)"));
    }
    g_unlink(file);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine/the-linked-in-ones", the_linked_in_ones);
    g_test_add_func("/engine/an-unknown-name", an_unknown_name);
    g_test_add_func("/engine/a-broken-plugin", a_broken_plugin);
    return g_test_run();
}
