/* launch.h - running a scenario into a results directory, for the verbs that run: preflight, directory, workers,
 * and how a run ends that has nothing to judge. */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include "analysis/summary.h"
#include "sim/cli/cli.h"
#include "sim/runner.h"

typedef struct cli_launch {
    const cli_options *options;
    const sim_scenario *scenario; /* good */
    const char *path;             /* of its file */
    const char *host;             /* live: this host only; NULL = all */
    const char *state;            /* live: folder of keys and registries; NULL = drawn, in memory */
    gboolean strict;              /* an inconclusive expectation counts as failed */
    sim_results *results;         /* cli_launch_free */
    sim_runner_outcome outcome;
} cli_launch;

/* Runs every point.  SIM_EXIT_HELD if there is something to judge; else the code to exit with: all was told, and
 * a directory of no worth is gone. */
int cli_launch_run(cli_launch *launch);
void cli_launch_free(cli_launch *launch);
const char *cli_launch_directory(const cli_launch *launch);
/* Why the run is not whole (g_free), or NULL if it is. */
char *cli_launch_shortfall(const cli_launch *launch);
/* The summary of the run, judged by the scenario's expectations; `early` is the shortfall.  NULL and a sentence. */
an_summary *cli_launch_judge(const cli_launch *launch, const char *early, char **ret_error);
/* The code of a run whose judgement has the code given: 130, 3, 4, 1, 77, 0 in that order. */
int cli_launch_exit(const cli_launch *launch, int judged);
/* Ends a run that has no summary: told on stderr, and as an object where one was asked for; frees the sentence. */
int cli_launch_refuse(const cli_launch *launch, sim_exit code, char *sentence);
/* Tells a sentence on stderr, frees it, and returns the code. */
int cli_launch_complain(int code, char *sentence);
/* The gravest code of two: 130, 3, 2, 4, 1, 77, 0 in that order. */
int cli_launch_graver(int a, int b);

#endif
