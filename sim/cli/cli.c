#include "sim/cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/steady/compare.h"
#include "analysis/steady/precision.h"
#include "analysis/figure.h"

/* chosen: more worker processes than any machine of today has processors for. */
#define JOBS_MAX 1024
/* No number that anyone can mean. */
#define JOBS_UNSAID G_MININT

static int processors_online(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? (int)MIN(processors, JOBS_MAX) : 1;
}

/* The group of global options, writing to `options`. */
static GOptionGroup *global_group(cli_options *options)
{
    const GOptionEntry entries[] = {
        {"seed", 0, 0, G_OPTION_ARG_STRING, &options->seed, "Seed of all draws (run.seed)", "N"},
        {"engine", 0, 0, G_OPTION_ARG_STRING, &options->engine, "light, ns3 or live (run.engine)", "NAME"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options->jobs, "Worker processes; default: one a processor", "N"},
        {"tier", 0, 0, G_OPTION_ARG_STRING, &options->tier,
         "ci or full: the scenario's overrides of that name", "NAME"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->sets, "Override a value, e.g. peers.count=500",
         "KEY=VALUE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out, "Directory for the results, absent or empty",
         "DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Print one JSON object", NULL},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet, "No progress", NULL},
        {"color", 0, 0, G_OPTION_ARG_STRING, &options->color, "auto, always or never", "WHEN"},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Show help", NULL},
        {0},
    };
    GOptionGroup *group = g_option_group_new("global", "Global options:", "Show global options", NULL, NULL);
    g_option_group_add_entries(group, entries);
    return group;
}

/* What is wrong with the global options (g_free), or NULL. */
static char *check_globals(const cli_options *options)
{
    static const char *const colors[] = {"auto", "always", "never", NULL}, *const tiers[] = {"ci", "full",
                                                                                             NULL};
    if (options->color && !g_strv_contains(colors, options->color))
        return g_strdup_printf("--color %s: write auto, always or never", options->color);
    if (options->tier && !g_strv_contains(tiers, options->tier))
        return g_strdup_printf("--tier %s: there is no such tier; write ci or full", options->tier);
    if (options->jobs < 1 || options->jobs > JOBS_MAX)
        return g_strdup_printf("--jobs %d: write 1 to %d, or leave it out for one a processor", options->jobs,
                               JOBS_MAX);
    return NULL;
}

static void print_help(const cli_verb *verb, GOptionContext *context)
{
    char *help = g_option_context_get_help(context, FALSE, NULL), *body = strstr(help, "\n\n");
    printf("partyline %s %s - %s\n\nExamples:\n%s\nUsage: partyline %s [OPTION…] %s\n%s", verb->name,
           verb->arguments, verb->summary, verb->examples, verb->name, verb->arguments,
           body ? body + 1 : help);
    g_free(help);
}

/* Reads the options; what is wrong with them (g_free), or NULL. */
static char *parse(const cli_verb *verb, cli_options *options, GOptionContext *context, int *argc,
                   char ***argv)
{
    GError *error = NULL;
    options->jobs = JOBS_UNSAID;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        char *sentence = g_strdup_printf("%s; see partyline %s --help", error->message, verb->name);
        g_error_free(error);
        return sentence;
    }
    if (options->jobs == JOBS_UNSAID)
        options->jobs = processors_online();
    return options->help ? NULL : check_globals(options);
}

cli_parsed cli_parse(const cli_verb *verb, cli_options *options, const GOptionEntry *entries, int *argc,
                     char ***argv)
{
    GOptionContext *context = g_option_context_new(NULL);
    /* Options that cannot be parsed are not set, --json neither. */
    const cli_options asked = {.json = g_strv_contains((const char *const *)*argv, "--json")};
    cli_parsed parsed = CLI_GO_ON;
    g_option_context_set_help_enabled(context, FALSE);
    /* The group is the main one where a verb has no options of its own, so that its options are shown. */
    GOptionGroup *group = global_group(options);
    if (entries)
        g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    char *wrong = parse(verb, options, context, argc, argv);
    if (wrong) {
        cli_refuse(&asked, &(cli_refusal){.code = SIM_EXIT_USAGE, .sentence = wrong});
        parsed = CLI_WRONG;
    } else if (options->help) {
        print_help(verb, context);
        parsed = CLI_HELPED;
    }
    g_free(wrong);
    g_option_context_free(context);
    return parsed;
}

int cli_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "partyline: %s\n", text);
    g_free(text);
    return SIM_EXIT_USAGE;
}

static char *check_metric(const char *metric)
{
    an_selector selector;
    char *error = NULL;
    if (an_metric_find(metric))
        return NULL;
    if (an_selector_parse(metric, AN_FORM_VALUE, &selector, &error))
        an_selector_clear(&selector);
    return error;
}

static char *check_difference(const char *metric, const char *width_or_claim, const char *a)
{
    char *error = NULL;
    if (a)
        an_compare_free(an_compare_parse(
            &(an_compare_text){.metric = metric, .a = a, .b = a, .that = width_or_claim}, &error));
    else
        an_precision_free(an_precision_parse(metric, width_or_claim, &error));
    return error;
}

static char *check_expectation(const char *text, const char *when)
{
    char *error = NULL;
    an_expect_text source = {.text = text, .when = when, .position = NULL};
    an_expect_free(an_expect_parse(&source, &error));
    return error;
}

sim_scenario *cli_load(const cli_options *options, const char *path)
{
    const an_figure_kind *figures = NULL;
    size_t n = an_figure_table(&figures);
    const char **kinds = g_new0(const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        kinds[i] = figures[i].name;
    const sim_scenario_flag flags[] = {{"--seed", "run.seed", options->seed},
                                       {"--engine", "run.engine", options->engine}};
    sim_scenario_options scenario_options = {
        .tier = options->tier,
        .sets = (const char *const *)options->sets,
        .flags = flags,
        .n_flags = G_N_ELEMENTS(flags),
        .plot_kinds = kinds,
        .check_metric = check_metric,
        .check_expectation = check_expectation,
        .check_difference = check_difference,
    };
    sim_scenario *scenario = sim_scenario_load(path, &scenario_options);
    g_free(kinds);
    return scenario;
}

json_t *cli_errors_json(const sim_scenario *scenario)
{
    json_t *errors = json_array();
    const sim_place *place = NULL;
    const char *message = NULL, *hint = NULL;
    for (size_t i = 0; sim_diagnostic_at(scenario->diagnostics, i, &place, &message, &hint); i++)
        json_array_append_new(errors,
                              json_pack("{s:s?, s:i, s:i, s:s, s:s?}", "file",
                                        place->source ? place->source->name : NULL, "line", (int)place->line,
                                        "column", (int)place->column, "message", message, "hint", hint));
    return errors;
}

void cli_print_json(json_t *object)
{
    json_object_set_new(object, "schema", json_integer(1));
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(object);
}

static const char *verdict_of(sim_exit code)
{
    switch (code) {
    case SIM_EXIT_SKIPPED:
        return "skipped";
    case SIM_EXIT_INTERRUPTED:
    case SIM_EXIT_BUDGET:
        return "interrupted";
    case SIM_EXIT_HELD:
    case SIM_EXIT_FAILED:
    case SIM_EXIT_USAGE:
    case SIM_EXIT_FAULT:
        return "error";
    }
    g_assert_not_reached();
}

void cli_print_refusal(const cli_options *options, const cli_refusal *refusal)
{
    const sim_scenario *scenario = refusal->scenario;
    if (!options->json)
        return;
    json_t *object =
        json_pack("{s:s?, s:s, s:[], s:s}", "scenario", scenario && *scenario->name ? scenario->name : NULL,
                  "verdict", verdict_of(refusal->code), "points", "error", refusal->sentence);
    if (scenario && !sim_scenario_good(scenario))
        json_object_set_new(object, "errors", cli_errors_json(scenario));
    if (refusal->out)
        json_object_set_new(object, "out", json_string(refusal->out));
    cli_print_json(object);
}

int cli_refuse(const cli_options *options, const cli_refusal *refusal)
{
    cli_complain("%s", refusal->sentence);
    cli_print_refusal(options, refusal);
    return (int)refusal->code;
}

int cli_refuse_usage(const cli_options *options, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    cli_refuse(options, &(cli_refusal){.code = SIM_EXIT_USAGE, .sentence = sentence});
    g_free(sentence);
    return SIM_EXIT_USAGE;
}

int cli_refuse_scenario(const cli_options *options, const sim_scenario *scenario)
{
    char *errors = sim_scenario_errors(scenario);
    fputs(errors, stderr);
    errors[strcspn(errors, "\n")] = 0;
    cli_print_refusal(options,
                      &(cli_refusal){.code = SIM_EXIT_USAGE, .sentence = errors, .scenario = scenario});
    g_free(errors);
    return SIM_EXIT_USAGE;
}
