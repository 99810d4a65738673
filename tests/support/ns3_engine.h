/* ns3_engine.h - the ns-3 engine for tests: the plug-in of this very build, or the reason to skip. */
#ifndef TESTS_SUPPORT_NS3_ENGINE_H
#define TESTS_SUPPORT_NS3_ENGINE_H

#include "sim/engine.h"

/* Opens the plug-in of the build folder that the test program lies in ($PARTYLINE_ENGINES goes first).
 * NULL if it was not built; *ret_reason (g_free) then says why. */
const sim_engine_ops *ns3_engine_open(char **ret_reason);

/* Registers one test that is skipped for that reason, and runs it; returns the exit status. */
int ns3_engine_skip(const char *reason);

#endif
