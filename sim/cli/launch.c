#include "sim/cli/launch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/steady/precision.h"
#include "sim/cli/write.h"
#include "sim/preflight.h"
#include "sim/scenario/page.h"

int cli_launch_complain(int code, char *sentence)
{
    cli_complain("%s", sentence);
    g_free(sentence);
    return code;
}

int cli_launch_refuse(const cli_launch *launch, sim_exit code, char *sentence)
{
    cli_refuse(launch->options,
               &(cli_refusal){.code = code, .sentence = sentence, .scenario = launch->scenario});
    g_free(sentence);
    return (int)code;
}

char *cli_launch_shortfall(const cli_launch *launch)
{
    const sim_runner_outcome *outcome = &launch->outcome;
    switch ((sim_exit)outcome->exit) {
    case SIM_EXIT_HELD:
    case SIM_EXIT_FAILED:
        return NULL;
    case SIM_EXIT_INTERRUPTED:
        return g_strdup_printf("interrupted: %zu of %zu replications are complete", outcome->n_done,
                               outcome->n_planned);
    case SIM_EXIT_BUDGET:
        return g_strdup(launch->scenario->points[0].config->run.until == SIM_UNTIL_ALL_PATHS_DONE
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

const char *cli_launch_directory(const cli_launch *launch)
{
    return sim_results_directory(launch->results);
}

/* "file.yaml:49", kept with the others. */
static const char *keep_position(const cli_launch *launch, const sim_place *place, GPtrArray *positions)
{
    g_autofree char *file = g_path_get_basename(place->source ? place->source->name : launch->path);
    char *position = g_strdup_printf("%s:%d", file, (int)place->line);
    g_ptr_array_add(positions, position);
    return position;
}

an_summary *cli_launch_judge(const cli_launch *launch, const char *early, char **ret_error)
{
    const sim_config *config = launch->scenario->points[0].config;
    g_autofree char *again = cli_again("run", launch->options, launch->path, (uint64_t)config->run.seed);
    g_autofree an_expect_text *texts = g_new0(an_expect_text, config->n_expect + 1);
    GPtrArray *positions = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < config->n_expect; i++) {
        const sim_expectation *expect = &config->expect[i];
        texts[i] = (an_expect_text){.text = expect->text,
                                    .when = expect->when,
                                    .position = keep_position(launch, &expect->place, positions)};
    }
    g_autofree an_compare_text *compares = g_new0(an_compare_text, config->n_compare + 1);
    for (size_t i = 0; i < config->n_compare; i++) {
        const sim_compare_config *compare = &config->compare[i];
        compares[i] = (an_compare_text){.metric = compare->metric,
                                        .a = compare->a,
                                        .b = compare->b,
                                        .that = compare->that,
                                        .position = keep_position(launch, &compare->place, positions)};
    }
    an_summary *summary = an_summary_new(
        sim_results_directory(launch->results),
        &(an_options){.scenario = launch->scenario->name,
                      .again = again,
                      .seed = (uint64_t)config->run.seed,
                      .early = early,
                      .expectations = texts,
                      .n_expectations = config->n_expect,
                      .compares = compares,
                      .n_compares = config->n_compare,
                      .warmup = config->run.finds_warmup == SIM_YES ? AN_WARMUP_FOUND : AN_WARMUP_STATED,
                      .certainty = config->run.deterministic == SIM_YES ? AN_DETERMINISTIC : AN_STATISTICAL,
                      .strictness = launch->strict ? AN_STRICT : AN_LENIENT},
        ret_error);
    g_ptr_array_free(positions, TRUE);
    return summary;
}

/* Nothing to judge.  What is left of the run goes with it, unless there are files of worth, or a fault to
 * look into. */
static int conclude_nothing(cli_launch *launch)
{
    sim_exit code = (sim_exit)launch->outcome.exit;
    char *error = NULL;
    bool gone = code != SIM_EXIT_FAULT && sim_results_discard(launch->results);
    const char *directory = gone ? NULL : sim_results_directory(launch->results);
    g_autofree char *why = code == SIM_EXIT_INTERRUPTED || !launch->outcome.sentence
                               ? cli_launch_shortfall(launch)
                               : g_strdup(launch->outcome.sentence);
    if (!gone && cli_write_manifest(launch->results, launch->scenario, &launch->outcome, &error) != 0)
        cli_launch_complain(0, error);
    if (code == SIM_EXIT_INTERRUPTED)
        fprintf(stderr, "%s%s%s\n", why, gone ? "; nothing is left behind" : " in ", gone ? "" : directory);
    cli_print_refusal(launch->options, &(cli_refusal){.code = code,
                                                      .sentence = why ? why : "",
                                                      .scenario = launch->scenario,
                                                      .out = directory});
    return (int)code;
}

static sim_progress progress_of(const cli_options *options)
{
    if (options->quiet)
        return SIM_PROGRESS_NONE;
    return isatty(STDERR_FILENO) ? SIM_PROGRESS_LINE : SIM_PROGRESS_SPARSE;
}

static unsigned jobs_of(const cli_launch *launch)
{
    /* Two live replications would fight over the same ports. */
    return strcmp(launch->scenario->points[0].config->run.engine, "live") == 0
               ? 1
               : (unsigned)launch->options->jobs;
}

/* The directory with its points; NULL and the code in *ret_code if there can be none. */
static sim_results *open_results(const cli_launch *launch, int *ret_code)
{
    char *error = NULL;
    g_autofree char *resolved = sim_page_resolved(launch->scenario, launch->scenario->tree);
    sim_results *results = sim_results_new(&(sim_results_options){.scenario = launch->scenario->name,
                                                                  .out = launch->options->out,
                                                                  .resolved_yaml = resolved},
                                           &error);
    if (!results) {
        *ret_code = cli_launch_refuse(launch, SIM_EXIT_USAGE, error);
        return NULL;
    }
    if (cli_write_points(results, launch->scenario, &error) == 0)
        return results;
    sim_results_discard(results);
    sim_results_free(results);
    *ret_code = cli_launch_refuse(launch, SIM_EXIT_FAULT, error);
    return NULL;
}

/* Runs replications [first, end) of every point, and adds to what was run before. */
static void run_more(cli_launch *launch, size_t first, size_t end)
{
    sim_runner_outcome outcome, *all = &launch->outcome;
    sim_runner_run(&(sim_runner_options){.scenario = launch->scenario,
                                         .results = launch->results,
                                         .only = launch->host,
                                         .state = launch->state,
                                         .first = first,
                                         .end = end,
                                         .jobs = jobs_of(launch),
                                         .progress = progress_of(launch->options)},
                   &outcome);
    outcome.n_done += all->n_done;
    outcome.n_planned += all->n_planned;
    outcome.events += all->events;
    outcome.wall_seconds += all->wall_seconds;
    outcome.virtual_seconds += all->virtual_seconds;
    g_free(all->sentence);
    *all = outcome;
}

/* More replications, as long as the metric that was asked for is not known well enough. */
static int refine(cli_launch *launch, size_t n)
{
    const sim_precision_config *asked = &launch->scenario->points[0].config->run.precision;
    char *error = NULL;
    an_precision *precision = asked->metric ? an_precision_parse(asked->metric, asked->width, &error) : NULL;
    while (precision && !error && launch->outcome.exit == 0 && n < (size_t)asked->most) {
        const size_t wanted = MIN(
            an_precision_replications(precision, sim_results_directory(launch->results), n, &error),
            (size_t)asked->most);
        if (wanted <= n)
            break;
        run_more(launch, n, wanted);
        n = wanted;
    }
    an_precision_free(precision);
    return error ? cli_launch_refuse(launch, SIM_EXIT_FAULT, error) : SIM_EXIT_HELD;
}

int cli_launch_run(cli_launch *launch)
{
    char *error = NULL;
    int code = (int)sim_preflight(launch->scenario, &error);
    if (code != SIM_EXIT_HELD)
        return cli_launch_refuse(launch, (sim_exit)code, error);
    launch->results = open_results(launch, &code);
    if (!launch->results)
        return code;
    const size_t n = (size_t)launch->scenario->points[0].config->run.replications;
    run_more(launch, 0, n);
    code = refine(launch, n);
    if (code != SIM_EXIT_HELD)
        return code;
    return launch->outcome.n_done > 0 ? SIM_EXIT_HELD : conclude_nothing(launch);
}

void cli_launch_free(cli_launch *launch)
{
    g_free(launch->outcome.sentence);
    sim_results_free(launch->results);
}

int cli_launch_exit(const cli_launch *launch, int judged)
{
    int ran = launch->outcome.exit;
    return ran != 0 && (ran != SIM_EXIT_SKIPPED || judged == SIM_EXIT_HELD) ? ran : judged;
}

int cli_launch_graver(int a, int b)
{
    static const int order[] = {SIM_EXIT_INTERRUPTED, SIM_EXIT_FAULT,  SIM_EXIT_USAGE,
                                SIM_EXIT_BUDGET,      SIM_EXIT_FAILED, SIM_EXIT_SKIPPED};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return SIM_EXIT_HELD;
}
