/* results.h - the directory that a run leaves behind (DESIGN §5).
 *
 *   manifest.json            the only file with clock times, host, version, run-id and absolute path
 *   scenario.resolved.yaml   the flat scenario
 *   points.csv               point index → case and sweep values
 *   kinds.csv                the kinds of end of a matrix, where there is one
 *   groups.csv               the groups of peers of each point, where some connect to others
 *   p0000/r00/               one sweep point, one replication: see recorder.h
 *
 * Every file is complete or absent.  What is computed from these (summary, figures) is analysis'. */
#ifndef SIM_RECORD_RESULTS_H
#define SIM_RECORD_RESULTS_H

#include "core/types.h"

typedef struct sim_results sim_results;

typedef struct sim_results_options {
    const char *scenario;      /* its name; becomes a folder name, so '/' and a leading '.' are refused */
    const char *out;           /* --out: absent or empty, else an error.  NULL: <root>/<scenario>/<run-id> and
                                * a link `latest` beside it */
    const char *root;          /* NULL = "results" */
    const char *resolved_yaml; /* text of scenario.resolved.yaml; NULL = none */
} sim_results_options;

/* The points of a sweep.  `values` has n_points rows of n_columns texts; a `case` is a column "case". */
typedef struct sim_points {
    size_t n_columns;
    const char *const *columns;
    size_t n_points;
    const char *const *values;
} sim_points;

#define SIM_RESULTS_STATUSES(X)                                                                              \
    X(SIM_RESULTS_COMPLETE, "complete")                                                                      \
    X(SIM_RESULTS_INTERRUPTED, "interrupted")                                                                \
    X(SIM_RESULTS_BUDGET, "budget") /* time, memory or event budget reached */                               \
    X(SIM_RESULTS_FAULT, "fault")

typedef enum sim_results_status {
#define X(name, text) name,
    SIM_RESULTS_STATUSES(X)
#undef X
} sim_results_status;

/* What only the runner knows; the rest of manifest.json (host, clock, libraries, SHA-256 of every file) is
 * added here.  Texts may be NULL and are then left out. */
typedef struct sim_manifest {
    const char *version; /* of partyline */
    const char *commit;  /* of the source tree */
    const char *command_line;
    const char *scenario_file;
    const char *engine;
    const char *codec;  /* "opus", "sized" */
    const char *crypto; /* "real", "sized" */
    uint64_t seed;
    size_t n_points;
    size_t n_replications; /* planned, each point */
    uint64_t events;       /* executed by the engine, all replications */
    double wall_seconds;
    double virtual_seconds;
    sim_results_status status;
} sim_manifest;

/* Creates the directory and writes scenario.resolved.yaml.  NULL and a sentence in *ret_error (g_free) if
 * --out is taken (a usage error, exit 2) or the disk refuses. */
sim_results *sim_results_new(const sim_results_options *options, char **ret_error);
/* The run directory, as given or made; owned by `results`. */
const char *sim_results_directory(const sim_results *results);
/* Writes points.csv; once.  0, or -1 and a sentence. */
int sim_results_points(sim_results *results, const sim_points *points, char **ret_error);
/* Writes kinds.csv; once.  0, or -1 and a sentence. */
int sim_results_kinds(sim_results *results, const char *text, char **ret_error);
/* Writes groups.csv; once.  0, or -1 and a sentence. */
int sim_results_groups(sim_results *results, const char *text, char **ret_error);
/* Creates p0000/r00 and returns its path (g_free), or NULL and a sentence.  Safe from forked workers. */
char *sim_results_replication(const sim_results *results, size_t point, size_t replication, char **ret_error);
/* Writes manifest.json, last of all files of the run so that it can name them.  0, or -1 and a sentence. */
int sim_results_manifest(sim_results *results, const sim_manifest *manifest, char **ret_error);
/* Takes the run directory back, unless a replication left a file in it: what this run wrote is removed, and
 * the directory if this run made it; `latest` points where it did.  Whether it was taken back; before _free. */
bool sim_results_discard(sim_results *results);
void sim_results_free(sim_results *results);

/* "complete", "interrupted", … */
const char *sim_results_status_name(sim_results_status status);

#endif
