/* figure.h - the table of figure kinds, and how one is drawn.
 *
 * A kind is a reducer (samples → a small CSV) and a gnuplot script of the same stem, or a drawer of its own
 * (ladders).  Each figure leaves figures/<name>.csv, .gp, .svg and .png in the run directory, and the .gp
 * draws it again alone: gnuplot -e "TERM='png'" <name>.gp.  A ladder is written as SVG by hand, so it leaves
 * .csv (its arrows), .svg and .png, and no .gp. */
#ifndef AN_FIGURE_H
#define AN_FIGURE_H

#include "analysis/results.h"

typedef struct an_figure_options {
    const char *scripts; /* folder of style.gp and the kinds' scripts; NULL: $PARTYLINE_SHARE/analysis, beside
                          * the program, then ../share/partyline/analysis */
    const char *gnuplot; /* program; NULL = "gnuplot" */
    const char *rsvg;    /* program for the PNG of a ladder; NULL = "rsvg-convert" */
    const char *peer; /* ladder: the peer whose first log-in is drawn, at each point; NULL = at each point, of
                       * each set-up, the log-in whose time is the median */
} an_figure_options;

struct an_canvas; /* figure_private.h */

typedef struct an_figure_kind {
    const char *name; /* "login_time" */
    const char *help; /* one line */
    /* Reduces and draws; 0, or -1 and a sentence. */
    int (*draw)(const struct an_canvas *canvas, char **ret_error);
} an_figure_kind;

size_t an_figure_table(const an_figure_kind **ret_table);
/* NULL if unknown. */
const an_figure_kind *an_figure_find(const char *name);

/* What drawing came to. */
typedef struct an_figure_outcome {
    size_t n_written;
    char **written; /* NULL-terminated, relative to the run directory */
    size_t n_notes;
    char **notes; /* NULL-terminated sentences: no gnuplot, no samples */
} an_figure_outcome;

/* Draws one kind, or all with name NULL.  0, or -1 and a sentence (unknown kind, full disk).  A missing
 * gnuplot is a note, not an error: data and script are still written. */
int an_figure_draw(const an_results *results, const char *name, const an_figure_options *options,
                   an_figure_outcome *ret_outcome, char **ret_error);
void an_figure_outcome_clear(an_figure_outcome *outcome);

#endif
