/* preflight.h - what is wrong with a run that can be known before it leaves a folder behind: an engine that
 * is not there, a network that it must not have. */
#ifndef SIM_PREFLIGHT_H
#define SIM_PREFLIGHT_H

#include "sim/exit.h"
#include "sim/scenario/scenario.h"

/* SIM_EXIT_HELD if every point may run; else the code to end with and a sentence in *ret_error (g_free).
 * Plug-ins are opened in a child process: workers must fork before one is. */
sim_exit sim_preflight(const sim_scenario *scenario, char **ret_error);

#endif
