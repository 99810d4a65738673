/* summary.h - a run directory → metrics, verdicts, and the forms in which they are told.
 *
 * Writes summary.csv, summary.json and junit.xml; gives the object of `run --json` and the block that ends a
 * run on the terminal.  None of the files carries a clock time, a path or a run-id. */
#ifndef AN_SUMMARY_H
#define AN_SUMMARY_H

#include "analysis/steady/compare.h"

typedef enum an_strictness { AN_LENIENT, AN_STRICT } an_strictness;

/* Whether what was sampled before the transient's end is left out (steady/mser.h). */
typedef enum an_warmup { AN_WARMUP_STATED, AN_WARMUP_FOUND } an_warmup;
#define AN_WARMUP_METRIC "overlay.users_online"

typedef struct an_options {
    const char *scenario; /* its name */
    const char *again; /* the command that gives the same run again, as a shell reads it; NULL = not told */
    uint64_t seed;
    /* Why the run is not whole, a sentence; NULL = it is.  Such a run holds nothing: its verdict is
     * "interrupted", what held so far is inconclusive, and only a counterexample that was counted in a
     * complete replication still fails. */
    const char *early;
    const an_expect_text *expectations;
    size_t n_expectations;
    const an_compare_text *compares;
    size_t n_compares;
    an_warmup warmup;
    an_certainty certainty;   /* the scenario is marked deterministic or not */
    an_strictness strictness; /* --strict: inconclusive counts as failed for the exit code */
} an_options;

typedef struct an_summary an_summary;

/* Reads and judges.  NULL and a sentence in *ret_error (g_free) if an expectation or a file is malformed. */
an_summary *an_summary_new(const char *run_directory, const an_options *options, char **ret_error);
void an_summary_free(an_summary *summary);

/* Worst of all expectations: failed, then inconclusive, then held (also when there is none). */
an_verdict an_summary_verdict(const an_summary *summary);
/* The verdict as the files have it: "held", "failed", "inconclusive"; "interrupted" if the run is not whole.
 */
const char *an_summary_verdict_name(const an_summary *summary);
/* 0 or 1, as --strict has it. */
int an_summary_exit(const an_summary *summary);
const an_results *an_summary_results(const an_summary *summary);

/* Writes the three files into the run directory; 0, or -1 and a sentence. */
int an_summary_write(const an_summary *summary, char **ret_error);
/* The object of `run --json` on one line without a line end (g_free).  `out` is the directory to name; NULL
 * leaves it out, as summary.json does. */
char *an_summary_json(const an_summary *summary, const char *out);

typedef enum an_colour { AN_COLOUR_OFF, AN_COLOUR_ON } an_colour;

/* A metric to show at each point, and what was published, to be shown beside it (or NULL). */
typedef struct an_measure {
    const char *metric; /* "login.time.p50" */
    const char *beside;
} an_measure;

typedef struct an_text_options {
    an_colour colour;
    const an_measure *measures;
    size_t n_measures;
    double wall_seconds;    /* 0 = not told */
    double virtual_seconds; /* summed over replications; 0 = not told */
    const char *directory;  /* named on the last line; NULL = left out */
} an_text_options;

/* Colour for a stream: off when it is no terminal, TERM is dumb or NO_COLOR is set and not empty;
 * CLICOLOR_FORCE turns it on, NO_COLOR wins.  `choice` is --color: "auto", "always", "never" or NULL. */
an_colour an_colour_choose(const char *choice, int descriptor);
/* The block that ends a run (g_free). */
char *an_summary_text(const an_summary *summary, const an_text_options *options);

#endif
