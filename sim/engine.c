#include "sim/engine.h"

#include <glib.h>
#include <gmodule.h>
#include <string.h>

/* Where `make install` puts the plug-in, unless the build says otherwise. */
#ifndef PL_PREFIX
#define PL_PREFIX "/usr/local"
#endif

#define PLUGIN_FILE "partyline-ns3.so"

/* The folder of the running program, NULL if the system does not tell. */
static char *program_folder(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    return program ? g_path_get_dirname(program) : NULL;
}

/* The files to try, in order; free with g_strfreev. */
static char **candidates(void)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_autofree char *beside = program_folder();
    const char *chosen = g_getenv("PARTYLINE_ENGINES");
    if (chosen && *chosen)
        g_ptr_array_add(paths, g_build_filename(chosen, PLUGIN_FILE, NULL));
    if (beside)
        g_ptr_array_add(paths, g_build_filename(beside, PLUGIN_FILE, NULL));
    g_ptr_array_add(paths, g_build_filename(PL_PREFIX, "lib", "partyline", PLUGIN_FILE, NULL));
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

/* Opens the file as a plug-in; NULL if it cannot be, and why in `tried`.  Every symbol is bound at once, so
 * that a missing library shows here and not in the middle of a run. */
static const sim_engine_ops *open_file(const char *path, GString *tried)
{
    gpointer symbol = NULL;
    const sim_engine_ops *ops = NULL;
    sim_engine_plugin_fn entry = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_string_append_printf(tried, "%s%s (no such file)", tried->len ? ", " : "", path);
        return NULL;
    }
    GModule *module = g_module_open(path, G_MODULE_BIND_LOCAL);
    if (module && g_module_symbol(module, SIM_ENGINE_PLUGIN_SYMBOL, &symbol) && symbol) {
        memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function pointer */
        ops = entry();
    }
    if (!ops) {
        g_string_append_printf(tried, "%s%s (%s)", tried->len ? ", " : "", path, g_module_error());
        if (module)
            g_module_close(module);
        return NULL;
    }
    if (ops->bytes != sizeof *ops) {
        g_string_append_printf(tried, "%s%s (built from another state of the sources: run `make`)",
                               tried->len ? ", " : "", path);
        g_module_close(module);
        return NULL;
    }
    /* ns-3 registers types and destructors of its own: it must never be unloaded. */
    g_module_make_resident(module);
    return ops;
}

static const sim_engine_ops *open_plugin(char **ret_error)
{
    g_auto(GStrv) paths = candidates();
    g_autoptr(GString) tried = g_string_new(NULL);
    for (char **path = paths; *path; path++) {
        const sim_engine_ops *ops = open_file(*path, tried);
        if (ops)
            return ops;
    }
    *ret_error = g_strdup_printf("the ns3 engine is not available: tried %s; install ns-3 with `make deps` "
                                 "(package libns3-dev) and build it with `make`, or use --engine light",
                                 tried->str);
    return NULL;
}

const sim_engine_ops *sim_engine_open(const char *name, char **ret_error, bool *ret_known)
{
    *ret_known = true;
    if (strcmp(name, "light") == 0)
        return &sim_light_engine;
    if (strcmp(name, "live") == 0)
        return &sim_live_engine;
    if (strcmp(name, "ns3") == 0)
        return open_plugin(ret_error);
    *ret_known = false;
    *ret_error = g_strdup_printf("there is no engine \"%s\"; the engines are light, ns3 and live", name);
    return NULL;
}

/* What ns-3 can do stands here too, as its plug-in is opened after the workers have forked; a test compares
 * the two. */
uint32_t sim_engine_capabilities(const char *name)
{
    const uint32_t ns3 = SIM_ENGINE_VIRTUAL_TIME | SIM_ENGINE_TTL | SIM_ENGINE_ECHO | SIM_ENGINE_ICMP |
                         SIM_ENGINE_NETWORK;
    if (strcmp(name, "light") == 0)
        return sim_light_engine.capabilities;
    if (strcmp(name, "live") == 0)
        return sim_live_engine.capabilities;
    return strcmp(name, "ns3") == 0 ? ns3 : 0;
}
