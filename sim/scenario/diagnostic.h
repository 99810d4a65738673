/* diagnostic.h - what is wrong with a scenario, where, and what to do about it.
 *
 * Errors are collected, not printed: all of them appear in one pass, sorted by file and position, as
 *
 *   scen.yaml:9:13: error: not a time
 *       9 |   duration: 600
 *         |             ^~~  a number needs a unit, e.g. 600s
 *
 * Columns count characters, from 1.  A flag that stands for one value has no position:
 *
 *   --engine foo: error: unknown engine 'foo'; one of light, ns3, live */
#ifndef SIM_DIAGNOSTIC_H
#define SIM_DIAGNOSTIC_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Chosen: enough for any file that one person repairs in one sitting; the rest are counted. */
#define SIM_DIAGNOSTIC_SHOWN_MAX 100

/* A text that values come from: a file, or an argument of the command line, whose name then is the option:
 * "--set" with KEY=VALUE as text, or "--seed" with the value alone. */
typedef struct sim_source {
    char *name;
    char *text; /* NUL-terminated */
    size_t len;
    uint32_t number; /* order of reading */
} sim_source;

/* Where a value stands; `source` NULL means that it is a default.  Line and column from 1. */
typedef struct sim_place {
    const sim_source *source;
    uint32_t line;
    uint32_t column;
    uint32_t width; /* characters to underline */
} sim_place;

typedef struct sim_diagnostics sim_diagnostics;

/* Whether a source is an argument of the command line, of any option; or of one that gives a single value. */
bool sim_diagnostic_is_argument(const sim_source *source);
bool sim_diagnostic_is_flag(const sim_source *source);

sim_diagnostics *sim_diagnostic_new(void);
void sim_diagnostic_free(sim_diagnostics *diagnostics);
/* Adds an error at a place (NULL: nowhere).  `hint` may be NULL.  The same text at the same place is
 * kept once, so that a mistake seen from many sweep points is told once. */
void sim_diagnostic_add(sim_diagnostics *diagnostics, const sim_place *place, const char *hint,
                        const char *format, ...) G_GNUC_PRINTF(4, 5);
size_t sim_diagnostic_count(const sim_diagnostics *diagnostics);
/* All errors, sorted, as text that ends in a newline; caller frees. */
char *sim_diagnostic_render(const sim_diagnostics *diagnostics);
/* One error's parts, in sorted order, for machine output; false past the end.  Borrowed. */
bool sim_diagnostic_at(const sim_diagnostics *diagnostics, size_t index, const sim_place **ret_place,
                       const char **ret_message, const char **ret_hint);

/* Looks for the word nearest to a mistyped one: offer every candidate, then ask. */
typedef struct sim_nearest {
    const char *word;
    const char *best;
    unsigned distance;
} sim_nearest;

/* Swaps of neighbours, insertions, deletions and replacements that turn a into b; 99 if either is
 * longer than 63 bytes. */
unsigned sim_nearest_distance(const char *a, const char *b);
sim_nearest sim_nearest_begin(const char *word);
void sim_nearest_offer(sim_nearest *nearest, const char *candidate);
/* "did you mean 'x'?" if a candidate is at most two edits away (and closer than a rewrite), else
 * `otherwise` (may be NULL).  Written to buffer when needed. */
const char *sim_nearest_hint(const sim_nearest *nearest, char *buffer, size_t len, const char *otherwise);

#endif
