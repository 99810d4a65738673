#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figure.h"
#include "analysis/summary.h"
#include "sim/cli/cli.h"
#include "sim/cli/write.h"
#include "sim/preflight.h"
#include "sim/runner.h"
#include "sim/scenario/page.h"

typedef struct run_options {
    gboolean strict;
    gboolean no_figures;
    char *host;  /* live: this host only */
    char *state; /* live: folder of keys and registries */
} run_options;

typedef struct run {
    const cli_options *options;
    const run_options *own;
    const sim_scenario *scenario;
    const char *path;
    sim_results *results;
    sim_runner_outcome outcome;
} run;

static int complain(int code, char *sentence)
{
    cli_complain("%s", sentence);
    g_free(sentence);
    return code;
}

/* Ends a run that has no summary: told on stderr, and as an object where one was asked for. */
static int refuse(const run *r, sim_exit code, char *sentence)
{
    cli_refuse(r->options, &(cli_refusal){.code = code, .sentence = sentence, .scenario = r->scenario});
    g_free(sentence);
    return (int)code;
}

/* Why the run is not whole (g_free), or NULL if it is. */
static char *shortfall(const run *r)
{
    const sim_runner_outcome *outcome = &r->outcome;
    switch ((sim_exit)outcome->exit) {
    case SIM_EXIT_HELD:
    case SIM_EXIT_FAILED:
        return NULL;
    case SIM_EXIT_INTERRUPTED:
        return g_strdup_printf("interrupted: %zu of %zu replications are complete", outcome->n_done,
                               outcome->n_planned);
    case SIM_EXIT_BUDGET:
        return g_strdup(r->scenario->points[0].config->run.until == SIM_UNTIL_ALL_PATHS_DONE
                            ? "budget: the limit of run.until came before all paths were done"
                            : "budget: the limit of run.until came before all log-ins had ended");
    case SIM_EXIT_USAGE:
    case SIM_EXIT_FAULT:
    case SIM_EXIT_SKIPPED:
        return g_strdup_printf("%s: %zu of %zu replications are complete; %s",
                               sim_results_status_name(outcome->status), outcome->n_done, outcome->n_planned,
                               outcome->sentence ? outcome->sentence : "something failed without a word");
    }
    g_assert_not_reached();
}

/* `early`: why the run is not whole, or NULL. */
static an_summary *judge(const run *r, const char *early, char **ret_error)
{
    const sim_config *config = r->scenario->points[0].config;
    g_autofree char *again = cli_again(r->options, r->path, (uint64_t)config->run.seed);
    g_autofree an_expect_text *texts = g_new0(an_expect_text, config->n_expect + 1);
    GPtrArray *positions = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < config->n_expect; i++) {
        const sim_expectation *expect = &config->expect[i];
        g_autofree char *file =
            g_path_get_basename(expect->place.source ? expect->place.source->name : r->path);
        char *position = g_strdup_printf("%s:%d", file, (int)expect->place.line);
        g_ptr_array_add(positions, position);
        texts[i] = (an_expect_text){.text = expect->text, .when = expect->when, .position = position};
    }
    an_summary *summary = an_summary_new(
        sim_results_directory(r->results),
        &(an_options){.scenario = r->scenario->name,
                      .again = again,
                      .seed = (uint64_t)config->run.seed,
                      .early = early,
                      .expectations = texts,
                      .n_expectations = config->n_expect,
                      .certainty = config->run.deterministic == SIM_YES ? AN_DETERMINISTIC : AN_STATISTICAL,
                      .strictness = r->own->strict ? AN_STRICT : AN_LENIENT},
        ret_error);
    g_ptr_array_free(positions, TRUE);
    return summary;
}

/* A figure that cannot be drawn is told, but does not change the verdict. */
static void draw_figures(const run *r, const an_summary *summary)
{
    const sim_config *config = r->scenario->points[0].config;
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
            complain(0, error);
            continue;
        }
        for (size_t n = 0; n < outcome.n_notes; n++)
            cli_complain("%s", outcome.notes[n]);
        an_figure_outcome_clear(&outcome);
    }
}

static void tell(const run *r, const an_summary *summary)
{
    const char *directory = sim_results_directory(r->results);
    const sim_config *config = r->scenario->points[0].config;
    g_autofree an_measure *measures = g_new0(an_measure, config->n_measure + 1);
    for (size_t i = 0; i < config->n_measure; i++)
        measures[i] = (an_measure){config->measure[i].metric, config->measure[i].beside};
    char *text =
        r->options->json
            ? an_summary_json(summary, directory)
            : an_summary_text(summary,
                              &(an_text_options){.colour = an_colour_choose(r->options->color, STDOUT_FILENO),
                                                 .measures = measures,
                                                 .n_measures = config->n_measure,
                                                 .wall_seconds = r->outcome.wall_seconds,
                                                 .virtual_seconds = r->outcome.virtual_seconds,
                                                 .directory = directory});
    fputs(text, stdout);
    if (r->options->json)
        putchar('\n');
    g_free(text);
    if (!r->options->json && config->n_plots > 0 && !r->own->no_figures)
        printf("Figures: %s/figures/\n", directory);
}

/* Nothing to judge.  What is left of the run goes with it, unless there are files of worth, or a fault to
 * look into. */
static int conclude_nothing(run *r)
{
    sim_exit code = (sim_exit)r->outcome.exit;
    char *error = NULL;
    bool gone = code != SIM_EXIT_FAULT && sim_results_discard(r->results);
    const char *directory = gone ? NULL : sim_results_directory(r->results);
    g_autofree char *why =
        code == SIM_EXIT_INTERRUPTED || !r->outcome.sentence ? shortfall(r) : g_strdup(r->outcome.sentence);
    if (!gone && cli_write_manifest(r->results, r->scenario, &r->outcome, &error) != 0)
        complain(0, error);
    if (code == SIM_EXIT_INTERRUPTED)
        fprintf(stderr, "%s%s%s\n", why, gone ? "; nothing is left behind" : " in ", gone ? "" : directory);
    cli_print_refusal(
        r->options,
        &(cli_refusal){.code = code, .sentence = why ? why : "", .scenario = r->scenario, .out = directory});
    return (int)code;
}

static int conclude(run *r)
{
    char *error = NULL;
    if (r->outcome.n_done == 0)
        return conclude_nothing(r);
    g_autofree char *early = shortfall(r);
    an_summary *summary = judge(r, early, &error);
    if (!summary)
        return refuse(r, SIM_EXIT_FAULT, error);
    int code = an_summary_exit(summary);
    if (an_summary_write(summary, &error) != 0) {
        an_summary_free(summary);
        return refuse(r, SIM_EXIT_FAULT, error);
    }
    if (!r->own->no_figures)
        draw_figures(r, summary);
    if (cli_write_manifest(r->results, r->scenario, &r->outcome, &error) != 0)
        code = complain(SIM_EXIT_FAULT, error);
    tell(r, summary);
    an_summary_free(summary);
    if (early)
        fprintf(stderr, "%s in %s\n", early, sim_results_directory(r->results));
    /* Several causes: 130, 3, 4, 1, 77, 0 in that order. */
    if (r->outcome.exit != 0 && (r->outcome.exit != SIM_EXIT_SKIPPED || code == SIM_EXIT_HELD))
        code = r->outcome.exit;
    return code;
}

static sim_progress progress_of(const cli_options *options)
{
    if (options->quiet)
        return SIM_PROGRESS_NONE;
    return isatty(STDERR_FILENO) ? SIM_PROGRESS_LINE : SIM_PROGRESS_SPARSE;
}

static unsigned jobs_of(const run *r)
{
    /* Two live replications would fight over the same ports. */
    return strcmp(r->scenario->points[0].config->run.engine, "live") == 0 ? 1 : (unsigned)r->options->jobs;
}

static int run_scenario(run *r)
{
    char *error = NULL;
    sim_exit code = sim_preflight(r->scenario, &error);
    if (code != SIM_EXIT_HELD)
        return refuse(r, code, error);
    g_autofree char *resolved = sim_page_resolved(r->scenario, r->scenario->tree);
    r->results = sim_results_new(&(sim_results_options){.scenario = r->scenario->name,
                                                        .out = r->options->out,
                                                        .resolved_yaml = resolved},
                                 &error);
    if (!r->results)
        return refuse(r, SIM_EXIT_USAGE, error);
    if (cli_write_points(r->results, r->scenario, &error) != 0) {
        sim_results_discard(r->results);
        sim_results_free(r->results);
        return refuse(r, SIM_EXIT_FAULT, error);
    }
    sim_runner_run(&(sim_runner_options){.scenario = r->scenario,
                                         .results = r->results,
                                         .only = r->own->host,
                                         .state = r->own->state,
                                         .jobs = jobs_of(r),
                                         .progress = progress_of(r->options)},
                   &r->outcome);
    int ended = conclude(r);
    g_free(r->outcome.sentence);
    sim_results_free(r->results);
    return ended;
}

/* Options of a live run, without one. */
static bool is_live_only(const sim_scenario *scenario, const run_options *own)
{
    return (own->host || own->state) && strcmp(scenario->points[0].config->run.engine, "live") != 0;
}

static int run_file(const cli_options *options, const run_options *own, const char *path)
{
    sim_scenario *scenario = cli_load(options, path);
    run r = {.options = options, .own = own, .scenario = scenario, .path = path};
    int code = SIM_EXIT_USAGE;
    if (!sim_scenario_good(scenario))
        code = cli_refuse_scenario(options, scenario);
    else if (is_live_only(scenario, own))
        code = refuse(&r, SIM_EXIT_USAGE,
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

/* The gravest code of all files: 130, 3, 2, 4, 1, 77, 0 in that order. */
static int graver(int a, int b)
{
    static const int order[] = {SIM_EXIT_INTERRUPTED, SIM_EXIT_FAULT,  SIM_EXIT_USAGE,
                                SIM_EXIT_BUDGET,      SIM_EXIT_FAILED, SIM_EXIT_SKIPPED};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return SIM_EXIT_HELD;
}

static int run_files(const cli_options *options, const run_options *own, int argc, char **argv)
{
    int worst = SIM_EXIT_HELD;
    for (int i = 1; i < argc && worst != SIM_EXIT_INTERRUPTED; i++)
        worst = graver(worst, run_file(options, own, argv[i]));
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
