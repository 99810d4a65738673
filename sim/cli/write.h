/* write.h - the files of a run that only the command line can write: what was run, and how it went. */
#ifndef CLI_WRITE_H
#define CLI_WRITE_H

#include "sim/runner.h"

/* points.csv: the case, then the variables of the sweep.  0, or -1 and a sentence in *ret_error (g_free). */
int cli_write_points(sim_results *results, const sim_scenario *scenario, char **ret_error);
/* manifest.json, after everything else.  0, or -1 and a sentence. */
int cli_write_manifest(sim_results *results, const sim_scenario *scenario, const sim_runner_outcome *outcome,
                       char **ret_error);

#endif
