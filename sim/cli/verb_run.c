#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figure.h"
#include "analysis/summary.h"
#include "sim/cli/cli.h"
#include "sim/runner.h"
#include "sim/scenario/page.h"

#define VERSION "0.1.0"

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

/* points.csv: the case, then the variables of the sweep. */
static int write_points(run *r, char **ret_error)
{
    const sim_scenario *scenario = r->scenario;
    const sim_point *first = &scenario->points[0];
    size_t n_columns = (first->case_name ? 1 : 0) + first->n_variables;
    g_autofree const char **columns = g_new0(const char *, n_columns + 1);
    g_autofree const char **values = g_new0(const char *, scenario->n_points * n_columns + 1);
    size_t shift = first->case_name ? 1 : 0;
    if (shift)
        columns[0] = "case";
    for (size_t v = 0; v < first->n_variables; v++)
        columns[shift + v] = first->variables[v].name;
    for (size_t p = 0; p < scenario->n_points; p++) {
        const char **row = values + p * n_columns;
        if (shift)
            row[0] = scenario->points[p].case_name;
        for (size_t v = 0; v < first->n_variables; v++)
            row[shift + v] = scenario->points[p].variables[v].text;
    }
    return sim_results_points(r->results,
                              &(sim_points){.n_columns = n_columns,
                                            .columns = columns,
                                            .n_points = scenario->n_points,
                                            .values = values},
                              ret_error);
}

static int write_manifest(run *r, char **ret_error)
{
    const sim_config *config = r->scenario->points[0].config;
    return sim_results_manifest(r->results,
                                &(sim_manifest){.version = VERSION,
                                                .scenario_file = r->path,
                                                .engine = config->run.engine,
                                                .codec = config->run.codec == SIM_CODEC_OPUS ? "opus" : "sized",
                                                .crypto = config->run.crypto == SIM_CRYPTO_REAL ? "real" : "sized",
                                                .seed = (uint64_t)config->run.seed,
                                                .n_points = r->scenario->n_points,
                                                .n_replications = (size_t)config->run.replications,
                                                .events = r->outcome.events,
                                                .wall_seconds = r->outcome.wall_seconds,
                                                .virtual_seconds = r->outcome.virtual_seconds,
                                                .status = r->outcome.status},
                                ret_error);
}

static an_summary *judge(const run *r, char **ret_error)
{
    const sim_config *config = r->scenario->points[0].config;
    g_autofree char *again = cli_again(r->options, r->path, (uint64_t)config->run.seed);
    g_autofree an_expect_text *texts = g_new0(an_expect_text, config->n_expect + 1);
    GPtrArray *positions = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < config->n_expect; i++) {
        const sim_expectation *expect = &config->expect[i];
        g_autofree char *file = g_path_get_basename(expect->place.source ? expect->place.source->name : r->path);
        char *position = g_strdup_printf("%s:%d", file, (int)expect->place.line);
        g_ptr_array_add(positions, position);
        texts[i] = (an_expect_text){.text = expect->text, .when = expect->when, .position = position};
    }
    an_summary *summary =
        an_summary_new(sim_results_directory(r->results),
                       &(an_options){.scenario = r->scenario->name,
                                     .again = again,
                                     .seed = (uint64_t)config->run.seed,
                                     .expectations = texts,
                                     .n_expectations = config->n_expect,
                                     .certainty = config->run.deterministic == SIM_YES ? AN_DETERMINISTIC
                                                                                       : AN_STATISTICAL,
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
        if (an_figure_draw(an_summary_results(summary), config->plots[i].kind, &options, &outcome, &error) != 0) {
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
    char *text = r->options->json
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
    if (!r->options->json && r->scenario->points[0].config->n_plots > 0 && !r->own->no_figures)
        printf("Figures: %s/figures/\n", directory);
}

static int conclude(run *r)
{
    char *error = NULL;
    if (r->outcome.n_done == 0) {
        if (write_manifest(r, &error) != 0)
            complain(0, error);
        return r->outcome.exit;
    }
    an_summary *summary = judge(r, &error);
    if (!summary)
        return complain(SIM_EXIT_FAULT, error);
    int code = an_summary_exit(summary);
    if (an_summary_write(summary, &error) != 0) {
        an_summary_free(summary);
        return complain(SIM_EXIT_FAULT, error);
    }
    if (!r->own->no_figures)
        draw_figures(r, summary);
    if (write_manifest(r, &error) != 0)
        code = complain(SIM_EXIT_FAULT, error);
    tell(r, summary);
    an_summary_free(summary);
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
    if (strcmp(r->scenario->points[0].config->run.engine, "live") == 0)
        return 1; /* two live replications would fight over the same ports */
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return r->options->jobs > 0 ? (unsigned)r->options->jobs : processors > 0 ? (unsigned)processors : 1;
}

static int run_scenario(run *r)
{
    char *error = NULL;
    g_autofree char *resolved = sim_page_resolved(r->scenario, r->scenario->tree);
    r->results = sim_results_new(&(sim_results_options){.scenario = r->scenario->name,
                                                        .out = r->options->out,
                                                        .resolved_yaml = resolved},
                                 &error);
    if (!r->results)
        return complain(SIM_EXIT_USAGE, error);
    if (write_points(r, &error) != 0) {
        sim_results_free(r->results);
        return complain(SIM_EXIT_FAULT, error);
    }
    sim_runner_run(&(sim_runner_options){.scenario = r->scenario,
                                         .results = r->results,
                                         .only = r->own->host,
                                         .state = r->own->state,
                                         .jobs = jobs_of(r),
                                         .progress = progress_of(r->options)},
                   &r->outcome);
    int code = conclude(r);
    if (r->outcome.exit == SIM_EXIT_INTERRUPTED)
        fprintf(stderr, "interrupted: %zu of %zu replications are complete in %s\n", r->outcome.n_done,
                r->outcome.n_planned, sim_results_directory(r->results));
    if (r->outcome.exit == SIM_EXIT_BUDGET)
        fprintf(stderr, "the limit of run.until came before all logins had ended\n");
    sim_results_free(r->results);
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
    int code = SIM_EXIT_USAGE;
    if (sim_scenario_good(scenario) && is_live_only(scenario, own)) {
        cli_complain("--host and --state are for the live engine: add --engine live");
    } else if (sim_scenario_good(scenario)) {
        run r = {.options = options, .own = own, .scenario = scenario, .path = path};
        code = run_scenario(&r);
    } else {
        char *errors = sim_scenario_errors(scenario);
        fputs(errors, stderr);
        g_free(errors);
    }
    sim_scenario_free(scenario);
    return code;
}

static int check_usage(const cli_options *options, const run_options *own, int argc)
{
    if (argc < 2)
        return cli_complain("run needs a file, e.g. partyline run scenarios/login/first-login.yaml");
    if (argc > 2 && options->out)
        return cli_complain("--out names the directory of one run; give one file");
    if (own->host && !own->state)
        return cli_complain("--host needs --state DIR: the folder with the login server's public keys");
    if (own->state && !g_file_test(own->state, G_FILE_TEST_IS_DIR))
        return cli_complain("--state %s: there is no such folder; make it first", own->state);
    return SIM_EXIT_HELD;
}

/* The gravest code of all files: 130, 3, 2, 4, 1, 77, 0 in that order. */
static int graver(int a, int b)
{
    static const int order[] = {SIM_EXIT_INTERRUPTED, SIM_EXIT_FAULT, SIM_EXIT_USAGE, SIM_EXIT_BUDGET, SIM_EXIT_FAILED, SIM_EXIT_SKIPPED};
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
        {"strict", 0, 0, G_OPTION_ARG_NONE, &own.strict, "An inconclusive expectation counts as failed", NULL},
        {"no-figures", 0, 0, G_OPTION_ARG_NONE, &own.no_figures, "Draw no figures", NULL},
        {"host", 0, 0, G_OPTION_ARG_STRING, &own.host, "Live: this host only; the others are other processes'",
         "NAME"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &own.state, "Live: folder of the keys and registries", "DIR"},
        {0},
    };
    cli_parsed parsed = cli_parse(verb, options, entries, &argc, &argv);
    int code = parsed == CLI_HELPED ? SIM_EXIT_HELD : SIM_EXIT_USAGE;
    if (parsed == CLI_GO_ON && check_usage(options, &own, argc) == SIM_EXIT_HELD)
        code = run_files(options, &own, argc, argv);
    g_free(own.host);
    g_free(own.state);
    return code;
}
