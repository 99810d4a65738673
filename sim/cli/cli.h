/* cli.h - the command line: one table of verbs, one file a verb, and what they share.
 *
 * Results go to stdout, messages to stderr.  Global options stand before or after the verb. */
#ifndef CLI_H
#define CLI_H

#include <glib.h>
#include <jansson.h>

#include "sim/exit.h"
#include "sim/scenario/scenario.h"

/* Of the program; in manifest.json too. */
#define CLI_VERSION "0.1.0"

/* The global options as given; NULL or 0 where they were not, but `jobs` then is one a processor. */
typedef struct cli_options {
    char *seed;
    char *engine;
    int jobs;
    char *tier;
    char **sets;
    char *out;
    gboolean json;
    gboolean quiet;
    char *color; /* "auto", "always", "never" */
    gboolean help;
} cli_options;

typedef struct cli_verb cli_verb;
struct cli_verb {
    const char *name;
    const char *arguments; /* "FILE…" */
    const char *summary;   /* one line */
    const char *examples;  /* lines, each indented by two spaces and ended by a newline */
    int (*run)(const cli_verb *verb, cli_options *options, int argc, char **argv);
};

/* The table; ends with a verb without name. */
extern const cli_verb cli_verbs[];

/* One function a verb. */
int cli_verb_run(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_plot(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_validate(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_list(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_show(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_matrix(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_baseline(const cli_verb *verb, cli_options *options, int argc, char **argv);
int cli_verb_explain(const cli_verb *verb, cli_options *options, int argc, char **argv);

/* What to do after the options of a verb were read. */
typedef enum cli_parsed { CLI_GO_ON, CLI_HELPED, CLI_WRONG } cli_parsed;

/* Reads the verb's own options (`entries`, may be NULL) and the global ones from argv, which keeps the rest.
 * CLI_HELPED: help was printed, exit with SIM_EXIT_HELD.  CLI_WRONG: the mistake was told (with --json: also
 * as an object), exit with SIM_EXIT_USAGE. */
cli_parsed cli_parse(const cli_verb *verb, cli_options *options, const GOptionEntry *entries, int *argc,
                     char ***argv);
/* Tells a mistake of usage in a sentence; returns SIM_EXIT_USAGE. */
int cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* A verb that ends without the object of its results. */
typedef struct cli_refusal {
    sim_exit code;
    const char *sentence;
    const sim_scenario *scenario; /* its name and its errors are told; NULL = none was read */
    const char *out;              /* the run directory; NULL = there is none */
} cli_refusal;

/* With --json, prints the object that says so, for whoever reads stdout and nothing else. */
void cli_print_refusal(const cli_options *options, const cli_refusal *refusal);
/* Tells the sentence on stderr, and prints the object; returns the code. */
int cli_refuse(const cli_options *options, const cli_refusal *refusal);
/* Loads a scenario with --set, --seed, --engine and --tier, checked against analysis' tables.  Always returns
 * one; ask sim_scenario_good. */
sim_scenario *cli_load(const cli_options *options, const char *path);
/* The same for a mistake of usage, as a format; returns SIM_EXIT_USAGE. */
int cli_refuse_usage(const cli_options *options, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same for a scenario with errors: all of them on stderr and in the object; returns SIM_EXIT_USAGE. */
int cli_refuse_scenario(const cli_options *options, const sim_scenario *scenario);
/* The command by which the verb runs the file again in the same way, as a shell reads it (g_free): --tier, --engine
 * and every --set as given, and the seed. */
char *cli_again(const char *verb, const cli_options *options, const char *path, uint64_t seed);
/* Errors of a scenario as JSON: [{file, line, column, message, hint}]. */
json_t *cli_errors_json(const sim_scenario *scenario);
/* Prints one JSON object on stdout with "schema": 1, and frees it. */
void cli_print_json(json_t *object);

#endif
