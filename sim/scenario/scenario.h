/* scenario.h - the door of this room: a scenario file becomes points, each with a typed config.
 *
 * Order of strength, weakest first: defaults, the files below (`extends`), the file, --tier, a case's
 * `set`, --set.  Then $variables are put in, and each point is checked as a whole. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/scenario/config.h"

/* Chosen: more points than anyone waits for; each costs about 30 KB while the scenario is loaded. */
#define SIM_SCENARIO_POINTS_MAX 2000
/* Chosen: files that one scenario may be made of, and how deep `extends` may go. */
#define SIM_SCENARIO_FILES_MAX   64
#define SIM_SCENARIO_EXTENDS_MAX 16

/* An option that is short for one --set: its errors are told as the user wrote it. */
typedef struct sim_scenario_flag {
    const char *option; /* "--seed" */
    const char *key;    /* "run.seed" */
    const char *value;  /* as written; NULL = not given */
} sim_scenario_flag;

typedef struct sim_scenario_options {
    const char *tier;              /* "ci", "full", or NULL: the file as it stands */
    const char *const *sets;       /* "run.seed=7", NULL-terminated; or NULL */
    const sim_scenario_flag *flags; /* stronger than `sets` */
    size_t n_flags;
    const char *const *plot_kinds; /* NULL-terminated; NULL = any kind is accepted */
    /* What is wrong with a metric or an expectation, as a sentence (g_free), or NULL; NULL = unchecked.
     * They are analysis', which this room must not know. */
    char *(*check_metric)(const char *metric);
    char *(*check_expectation)(const char *text, const char *when);
    /* What is wrong with the width of a metric's interval (`a` NULL), or with a claim about a difference. */
    char *(*check_difference)(const char *metric, const char *width_or_claim, const char *a);
    double memory_bytes; /* of the machine; 0 = ask it */
} sim_scenario_options;

/* One combination of case and variables. */
typedef struct sim_point {
    size_t index;          /* dense from 0, also over what skip_if left out */
    const char *case_name; /* NULL if the scenario has no cases */
    size_t n_variables;
    const sim_variable *variables; /* sweep, then zip, in the order of the file */
    const sim_tree *tree;          /* resolved and substituted */
    const sim_config *config;
} sim_point;

typedef struct sim_scenario {
    const char *path;
    const char *name;
    const char *about;
    const sim_tree *tree; /* flat: files merged, tier and --set applied; cases and sweep still in it */
    size_t n_points;
    sim_point *points;
    size_t n_sources;
    const sim_source **sources; /* files read, for the manifest's hashes */
    sim_diagnostics *diagnostics;
    sim_tree_pool *pool;
} sim_scenario;

/* Loads a file.  Always returns a scenario; it may be run only if sim_scenario_good. */
sim_scenario *sim_scenario_load(const char *path, const sim_scenario_options *options);
/* The same for a text; `name` is shown in errors, and `extends` is relative to its folder. */
sim_scenario *sim_scenario_load_text(const char *name, const char *text, size_t len,
                                     const sim_scenario_options *options);
/* Whether there are no errors. */
bool sim_scenario_good(const sim_scenario *scenario);
/* All errors as text (g_free). */
char *sim_scenario_errors(const sim_scenario *scenario);
void sim_scenario_free(sim_scenario *scenario);

/* Private to the room: fills in the points of scenario->tree (points.c). */
void sim_points_expand(sim_scenario *scenario, const sim_scenario_options *options, const sim_tree *sets);

#endif
