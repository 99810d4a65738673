#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figure.h"
#include "sim/cli/launch.h"
#include "sim/cli/write.h"

typedef struct run_options {
    gboolean strict;
    gboolean no_figures;
    char *host;  /* live: this host only */
    char *state; /* live: folder of keys and registries */
} run_options;

typedef struct run {
    const run_options *own;
    cli_launch launch;
} run;

/* A figure that cannot be drawn is told, but does not change the verdict. */
static void draw_figures(const run *r, const an_summary *summary)
{
    const sim_config *config = r->launch.scenario->points[0].config;
    for (size_t i = 0; i < config->n_plots; i++) {
        an_figure_outcome outcome = {0};
        char *error = NULL;
        bool is_repeated = false;
        for (size_t k = 0; k < i; k++)
            is_repeated |= strcmp(config->plots[k].kind, config->plots[i].kind) == 0 &&
                           g_strcmp0(config->plots[k].peer, config->plots[i].peer) == 0;
        if (is_repeated)
            continue;
        const an_figure_options options = {.peer = config->plots[i].peer};
        if (an_figure_draw(an_summary_results(summary), config->plots[i].kind, &options, &outcome, &error) !=
            0) {
            cli_launch_complain(0, error);
            continue;
        }
        for (size_t n = 0; n < outcome.n_notes; n++)
            cli_complain("%s", outcome.notes[n]);
        an_figure_outcome_clear(&outcome);
    }
}

static void tell(const run *r, const an_summary *summary)
{
    const char *directory = cli_launch_directory(&r->launch);
    const sim_config *config = r->launch.scenario->points[0].config;
    g_autofree an_measure *measures = g_new0(an_measure, config->n_measure + 1);
    for (size_t i = 0; i < config->n_measure; i++)
        measures[i] = (an_measure){config->measure[i].metric, config->measure[i].beside};
    char *text =
        r->launch.options->json
            ? an_summary_json(summary, directory)
            : an_summary_text(
                  summary,
                  &(an_text_options){.colour = an_colour_choose(r->launch.options->color, STDOUT_FILENO),
                                     .measures = measures,
                                     .n_measures = config->n_measure,
                                     .wall_seconds = r->launch.outcome.wall_seconds,
                                     .virtual_seconds = r->launch.outcome.virtual_seconds,
                                     .directory = directory});
    fputs(text, stdout);
    if (r->launch.options->json)
        putchar('\n');
    g_free(text);
    if (!r->launch.options->json && config->n_plots > 0 && !r->own->no_figures)
        printf("Figures: %s/figures/\n", directory);
}

static int conclude(run *r)
{
    char *error = NULL;
    cli_launch *launch = &r->launch;
    g_autofree char *early = cli_launch_shortfall(launch);
    an_summary *summary = cli_launch_judge(launch, early, &error);
    if (!summary)
        return cli_launch_refuse(launch, SIM_EXIT_FAULT, error);
    int code = an_summary_exit(summary);
    if (an_summary_write(summary, &error) != 0) {
        an_summary_free(summary);
        return cli_launch_refuse(launch, SIM_EXIT_FAULT, error);
    }
    if (!r->own->no_figures)
        draw_figures(r, summary);
    if (cli_write_manifest(launch->results, launch->scenario, &launch->outcome, &error) != 0)
        code = cli_launch_complain(SIM_EXIT_FAULT, error);
    tell(r, summary);
    an_summary_free(summary);
    if (early)
        fprintf(stderr, "%s in %s\n", early, cli_launch_directory(launch));
    return cli_launch_exit(launch, code);
}

static int run_scenario(run *r)
{
    int code = cli_launch_run(&r->launch);
    if (code == SIM_EXIT_HELD)
        code = conclude(r);
    cli_launch_free(&r->launch);
    return code;
}

/* Options of a live run, without one. */
static bool is_live_only(const sim_scenario *scenario, const run_options *own)
{
    return (own->host || own->state) && strcmp(scenario->points[0].config->run.engine, "live") != 0;
}

static int run_file(const cli_options *options, const run_options *own, const char *path)
{
    sim_scenario *scenario = cli_load(options, path);
    run r = {.own = own,
             .launch = {.options = options,
                        .scenario = scenario,
                        .path = path,
                        .host = own->host,
                        .state = own->state,
                        .strict = own->strict}};
    int code = SIM_EXIT_USAGE;
    if (!sim_scenario_good(scenario))
        code = cli_refuse_scenario(options, scenario);
    else if (is_live_only(scenario, own))
        code = cli_launch_refuse(&r.launch, SIM_EXIT_USAGE,
                                 g_strdup("--host and --state are for the live engine: add --engine live"));
    else
        code = run_scenario(&r);
    sim_scenario_free(scenario);
    return code;
}

/* What is wrong with the arguments (g_free), or NULL. */
static char *check_usage(const cli_options *options, const run_options *own, int argc)
{
    if (argc < 2)
        return g_strdup("run needs a file, e.g. partyline run scenarios/login/first-login.yaml");
    if (argc > 2 && options->out)
        return g_strdup("--out names the directory of one run; give one file");
    if (own->host && !own->state)
        return g_strdup("--host needs --state DIR: the folder with the login server's public keys");
    if (own->state && !g_file_test(own->state, G_FILE_TEST_IS_DIR))
        return g_strdup_printf("--state %s: there is no such folder; make it first", own->state);
    return NULL;
}

static int run_files(const cli_options *options, const run_options *own, int argc, char **argv)
{
    int worst = SIM_EXIT_HELD;
    for (int i = 1; i < argc && worst != SIM_EXIT_INTERRUPTED; i++)
        worst = cli_launch_graver(worst, run_file(options, own, argv[i]));
    return worst;
}

int cli_verb_run(const cli_verb *verb, cli_options *options, int argc, char **argv)
{
    run_options own = {0};
    const GOptionEntry entries[] = {
        {"strict", 0, 0, G_OPTION_ARG_NONE, &own.strict, "An inconclusive expectation counts as failed",
         NULL},
        {"no-figures", 0, 0, G_OPTION_ARG_NONE, &own.no_figures, "Draw no figures", NULL},
        {"host", 0, 0, G_OPTION_ARG_STRING, &own.host,
         "Live: this host only; the others are other processes'", "NAME"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &own.state, "Live: folder of the keys and registries", "DIR"},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    int code = parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    char *wrong = parsed == CLI_GO_ON ? check_usage(options, &own, argc) : NULL;
    if (wrong)
        cli_refuse(options, &(cli_refusal){.code = SIM_EXIT_USAGE, .sentence = wrong});
    else if (parsed == CLI_GO_ON)
        code = run_files(options, &own, argc, argv);
    g_free(wrong);
    g_free(own.host);
    g_free(own.state);
    return code;
}
