/* page.h - what the schema and a scenario look like in writing: the resolved file, the help of a key, the
 * reference page. */
#ifndef SIM_PAGE_H
#define SIM_PAGE_H

#include "core/config.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/schema.h"

/* The flat scenario, every value with its origin as a comment, defaults included; it loads again.  `tree`
 * is scenario->tree, or one point's.  g_free. */
char *sim_page_resolved(const sim_scenario *scenario, const sim_tree *tree);
/* Help on a key ("run.duration", "profiles.dsl.up", "protocol.login.pause", "run"); NULL if there is no such
 * key.  g_free. */
char *sim_page_explain(const char *path);
/* The known key nearest to a mistyped one, or NULL.  g_free. */
char *sim_page_nearest(const char *path);
/* docs/scenario-reference.md.  g_free. */
char *sim_page_markdown(void);
/* The table of the protocol's constants, which ends docs/protocol.md.  g_free. */
char *sim_page_constants(void);
/* A tunable's value as it is written in a scenario.  Returns buffer. */
const char *sim_page_tunable(const pl_config_row *row, int64_t value, char *buffer, size_t len);

#endif
