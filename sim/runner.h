/* runner.h - runs the points and replications of a scenario in worker processes.
 *
 * One replication is one process: engines may hold singletons, a crash costs one replication, and the
 * second core is used.  Workers fork before an engine plug-in is opened. */
#ifndef SIM_RUNNER_H
#define SIM_RUNNER_H

#include "sim/exit.h"
#include "sim/record/results.h"
#include "sim/scenario/scenario.h"

typedef enum sim_progress { SIM_PROGRESS_NONE, SIM_PROGRESS_SPARSE, SIM_PROGRESS_LINE } sim_progress;

typedef struct sim_runner_options {
    const sim_scenario *scenario;
    sim_results *results;
    const char *only;      /* live: this host only; NULL = all in one process */
    const char *state;     /* live: folder of keys and registries; NULL = drawn, in memory */
    size_t first, end;     /* replications [first, end) of each point; both 0 = those of the scenario */
    unsigned jobs;         /* workers at once */
    sim_progress progress; /* on stderr */
} sim_runner_options;

typedef struct sim_runner_outcome {
    sim_results_status status;
    int exit;              /* 130, 3, 4, 77, 2 or 0 */
    uint64_t events;
    double wall_seconds, virtual_seconds;
    size_t n_done, n_planned;
    char *sentence; /* the last that was told about what went wrong, NULL if nothing did; g_free */
} sim_runner_outcome;

/* Runs everything; sentences about what went wrong go to stderr as they come. */
void sim_runner_run(const sim_runner_options *options, sim_runner_outcome *ret_outcome);

#endif
