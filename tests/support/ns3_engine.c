#include "tests/support/ns3_engine.h"

#include <glib.h>

/* <build>/tests/<room>/<program>: the build folder is two above the program's. */
static char *build_folder(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *room = program ? g_path_get_dirname(program) : NULL;
    return room ? g_build_filename(room, "..", "..", NULL) : NULL;
}

const sim_engine_ops *ns3_engine_open(char **ret_reason)
{
    bool known = false;
    g_autofree char *folder = build_folder();
    if (folder)
        g_setenv("PARTYLINE_ENGINES", folder, FALSE);
    return sim_engine_open("ns3", ret_reason, &known);
}

static void skip(gconstpointer reason)
{
    g_test_skip(reason);
}

int ns3_engine_skip(const char *reason)
{
    g_test_add_data_func("/port/ns3", reason, skip);
    return g_test_run();
}
