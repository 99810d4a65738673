#include <stdio.h>
#include <string.h>

#include "analysis/figure.h"
#include "analysis/metrics.h"
#include "core/node.h"
#include "sim/cli/cli.h"
#include "sim/engine.h"
#include "sim/scenario/page.h"
#include "sim/scenario/reader.h"

/* A line of a list. */
typedef struct item {
    char *name;
    char *help;
} item;

static void add(GArray *items, const char *name, const char *help)
{
    item one = {g_strdup(name), g_strdup(help)};
    g_array_append_val(items, one);
}

static void item_clear(void *data)
{
    item *one = data;
    g_free(one->name);
    g_free(one->help);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends every *.yaml below a folder, sorted. */
static void find_files(const char *folder, GPtrArray *paths, int depth)
{
    GDir *dir = depth < 8 ? g_dir_open(folder, 0, NULL) : NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir))
        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        if (g_file_test(names->pdata[i], G_FILE_TEST_IS_DIR))
            find_files(names->pdata[i], paths, depth + 1);
        else if (g_str_has_suffix(names->pdata[i], ".yaml"))
            g_ptr_array_add(paths, g_strdup(names->pdata[i]));
    }
    g_ptr_array_free(names, TRUE);
    if (dir)
        g_dir_close(dir);
}

/* The scenarios of a source tree, or those that were installed with the program; g_free. */
static char *scenarios_folder(void)
{
    if (g_file_test("scenarios", G_FILE_TEST_IS_DIR))
        return g_strdup("scenarios");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = program ? g_path_get_dirname(program) : g_strdup(".");
    g_autofree char *installed = g_build_filename(folder, "..", "share", "partyline", "scenarios", NULL);
    return g_canonicalize_filename(installed, NULL);
}

/* The files to look at: those given, else all that there are. */
static GPtrArray *files_of(char **files)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    for (; *files; files++)
        g_ptr_array_add(paths, g_strdup(*files));
    g_autofree char *folder = scenarios_folder();
    if (paths->len == 0)
        find_files(folder, paths, 0);
    if (paths->len == 0)
        cli_complain("there are no scenarios here and none in %s; name a file, or go to a source tree", folder);
    return paths;
}

static char *first_line(const char *text)
{
    return g_strndup(text, strcspn(text, "\n"));
}

static int list_scenarios(const cli_options *options, char **files, GArray *items)
{
    GPtrArray *paths = files_of(files);
    for (guint i = 0; i < paths->len; i++) {
        if (strstr(paths->pdata[i], "/base/"))
            continue;
        sim_scenario *scenario = cli_load(options, paths->pdata[i]);
        char *about = sim_scenario_good(scenario) ? first_line(scenario->about)
                                                  : g_strdup("has errors: partyline validate shows them");
        add(items, paths->pdata[i], about);
        g_free(about);
        sim_scenario_free(scenario);
    }
    g_ptr_array_free(paths, TRUE);
    return SIM_EXIT_HELD;
}

/* Profiles as files define them, without running `extends`. */
static int list_profiles(const cli_options *options, char **files, GArray *items)
{
    GPtrArray *paths = files_of(files);
    (void)options;
    for (guint i = 0; i < paths->len; i++) {
        sim_tree_pool *pool = sim_tree_pool_new();
        sim_diagnostics *diagnostics = sim_diagnostic_new();
        const sim_tree *root = sim_reader_read_file(pool, paths->pdata[i], NULL, diagnostics);
        const sim_tree *profiles = root ? sim_tree_get(root, "profiles") : NULL;
        for (size_t j = 0; profiles && profiles->kind == SIM_TREE_MAP && j < profiles->n; j++) {
            const sim_tree *about = sim_tree_get(profiles->value[j], "about");
            char *help =
                g_strdup_printf("%s  (%s)", about && about->text ? about->text : "", (char *)paths->pdata[i]);
            add(items, profiles->key[j]->text, help);
            g_free(help);
        }
        sim_diagnostic_free(diagnostics);
        sim_tree_pool_free(pool);
    }
    g_ptr_array_free(paths, TRUE);
    return SIM_EXIT_HELD;
}

static int list_metrics(const cli_options *options, char **files, GArray *items)
{
    const an_metric *table = NULL;
    size_t n = an_metric_table(&table);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++) {
        char *help = g_strdup_printf("[%s] %s", table[i].unit, table[i].meaning);
        add(items, table[i].name, help);
        g_free(help);
    }
    return SIM_EXIT_HELD;
}

static int list_plots(const cli_options *options, char **files, GArray *items)
{
    const an_figure_kind *table = NULL;
    size_t n = an_figure_table(&table);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++)
        add(items, table[i].name, table[i].help);
    return SIM_EXIT_HELD;
}

static int list_nats(const cli_options *options, char **files, GArray *items)
{
    const net_nat_preset_row *rows;
    size_t n = net_nat_presets(&rows);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++)
        add(items, rows[i].name, rows[i].help);
    return SIM_EXIT_HELD;
}

static int list_knobs(const cli_options *options, char **files, GArray *items)
{
    const net_nat_knob *knobs;
    size_t n = net_nat_knobs(&knobs);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++) {
        g_autoptr(GString) help = g_string_new(knobs[i].help);
        for (size_t w = 0; w < NET_NAT_KNOB_WORDS_MAX && knobs[i].words[w]; w++)
            g_string_append_printf(help, "%s%s", w ? ", " : ": ", knobs[i].words[w]);
        add(items, knobs[i].name, help->str);
    }
    return SIM_EXIT_HELD;
}

static int list_firewalls(const cli_options *options, char **files, GArray *items)
{
    const net_firewall_preset_row *rows;
    size_t n = net_firewall_presets(&rows);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++)
        add(items, rows[i].name, rows[i].help);
    return SIM_EXIT_HELD;
}

static int list_stacks(const cli_options *options, char **files, GArray *items)
{
    (void)options;
    (void)files;
    for (const char *const *name = sim_stack_profile_names(); *name; name++) {
        const sim_stack_profile *profile = sim_stack_profile_find(*name);
        char rto[32],
            *help = g_strdup_printf("TCP: %u SYNs from %s, MSS %u", profile->syn_tries,
                                    sim_units_time_text(profile->syn_rto, rto, sizeof rto), profile->mss);
        add(items, *name, help);
        g_free(help);
    }
    return SIM_EXIT_HELD;
}

static int list_policies(const cli_options *options, char **files, GArray *items)
{
    const pl_nat_policy *policies;
    size_t n = pl_nat_policies(&policies);
    (void)options;
    (void)files;
    for (size_t i = 0; i < n; i++)
        add(items, policies[i].name, policies[i].help);
    return SIM_EXIT_HELD;
}

static int list_engines(const cli_options *options, char **files, GArray *items)
{
    static const char *const names[] = {"light", "ns3", "live"};
    static const char *const help[] = {
        "our own event queue and host stack; the default",
        "ns-3's clock, IP, UDP and TCP; the reference",
        "the machine's real sockets and clock",
    };
    (void)options;
    (void)files;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *error = NULL;
        bool known = false;
        const sim_engine_ops *ops = sim_engine_open(names[i], &error, &known);
        char *text = ops ? g_strdup(help[i]) : g_strdup_printf("%s (not available: %s)", help[i], error);
        add(items, names[i], text);
        g_free(text);
        g_free(error);
    }
    return SIM_EXIT_HELD;
}

static void list_tunables(GArray *items)
{
    const pl_config_row *rows = NULL;
    size_t n = pl_config_rows(&rows);
    for (size_t i = 0; i < n; i++) {
        char *name = g_strconcat("protocol.", rows[i].key, NULL);
        add(items, name, rows[i].help);
        g_free(name);
    }
}

static int list_keys(const cli_options *options, char **files, GArray *items)
{
    const sim_schema_row *rows = NULL;
    const char *section = files[0];
    size_t n = sim_schema_rows(&rows);
    char path[128];
    (void)options;
    for (size_t i = 0; i < n; i++)
        if (!section || strcmp(rows[i].section, section) == 0)
            add(items, sim_schema_path(&rows[i], path, sizeof path), rows[i].help);
    if (!section || strcmp(section, "protocol") == 0)
        list_tunables(items);
    if (items->len == 0)
        return cli_refuse_usage(options, "no section '%s'; partyline list keys shows all keys", section);
    return SIM_EXIT_HELD;
}

typedef struct list_kind {
    const char *name;
    int (*gather)(const cli_options *options, char **files, GArray *items);
} list_kind;

static const list_kind kinds[] = {
    {"scenarios", list_scenarios}, {"profiles", list_profiles}, {"metrics", list_metrics},
    {"plots", list_plots},         {"nats", list_nats},         {"firewalls", list_firewalls},
    {"knobs", list_knobs},         {"stacks", list_stacks},     {"engines", list_engines},
    {"policies", list_policies},   {"keys", list_keys},
};

static void print_items(const cli_options *options, const char *what, const GArray *items)
{
    size_t width = 0;
    json_t *list = json_array();
    for (guint i = 0; i < items->len; i++)
        width = MAX(width, strlen(g_array_index(items, item, i).name));
    for (guint i = 0; i < items->len; i++) {
        const item *one = &g_array_index(items, item, i);
        if (options->json)
            json_array_append_new(list, json_pack("{s:s, s:s}", "name", one->name, "help", one->help));
        else
            printf("%-*s  %s\n", (int)width, one->name, one->help);
    }
    if (options->json)
        cli_print_json(json_pack("{s:O}", what, list));
    json_decref(list);
}

int cli_verb_list(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    cli_parsed parsed = cli_parse(verb, options, NULL, &argc, &argv);
    if (parsed != CLI_GO_ON)
        return parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    const char *what = argc > 1 ? argv[1] : "scenarios";
    sim_nearest nearest = sim_nearest_begin(what);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        sim_nearest_offer(&nearest, kinds[i].name);
        if (strcmp(kinds[i].name, what) != 0)
            continue;
        GArray *items = g_array_new(FALSE, FALSE, sizeof(item));
        g_array_set_clear_func(items, item_clear);
        int code = kinds[i].gather(options, argc > 2 ? argv + 2 : argv + argc, items);
        if (code == SIM_EXIT_HELD)
            print_items(options, what, items);
        g_array_free(items, TRUE);
        return code;
    }
    char buffer[96];
    return cli_refuse_usage(options, "nothing to list by the name '%s'; %s", what,
        sim_nearest_hint(&nearest, buffer, sizeof buffer,
                         "there are scenarios, profiles, metrics, plots, nats, firewalls, knobs, "
                         "stacks, engines, policies, keys"));
}
