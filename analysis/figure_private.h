/* figure_private.h - what the kinds of figure share.  Private to analysis. */
#ifndef AN_FIGURE_PRIVATE_H
#define AN_FIGURE_PRIVATE_H

#include <glib.h>

#include "analysis/figure.h"
#include "analysis/reduce.h"

/* Where a kind draws to. */
typedef struct an_canvas {
    const an_results *results;
    const an_figure_options *options;
    GPtrArray *written; /* paths relative to the run directory */
    GPtrArray *notes;   /* sentences */
} an_canvas;

/* Writes figures/<name>; 0, or -1 and a sentence. */
int an_canvas_put(const an_canvas *canvas, const char *name, const char *text, char **ret_error);
/* Writes figures/<stem>.csv and .gp (`head`, then style.gp, then the kind's own script) and has gnuplot draw
 * .svg and .png; no gnuplot or an error of it is a note.  0, or -1 and a sentence. */
int an_canvas_plot(const an_canvas *canvas, const char *stem, const char *head, const char *csv,
                   char **ret_error);
/* Runs a program in figures/, waiting for it; true if it ended well, else a note is added. */
bool an_canvas_run(const an_canvas *canvas, const char *const *argv, const char *purpose);
/* Gives a finished hidden file its name and lists it as written. */
void an_canvas_keep(const an_canvas *canvas, const char *hidden, const char *name);

/* What a point has under a metric's name as in expect, e.g. "search.asked.mean{truth=never}"; to be cleared. */
an_estimate an_figure_estimate(const an_point *point, const char *text);
/* Its 95 % interval, or the value itself where there is none. */
an_interval an_figure_interval(const an_estimate *estimate);

int an_collapse_draw(const an_canvas *canvas, char **ret_error);
int an_path_share_draw(const an_canvas *canvas, char **ret_error);
int an_login_time_draw(const an_canvas *canvas, char **ret_error);
int an_refresh_draw(const an_canvas *canvas, char **ret_error);
int an_search_asked_draw(const an_canvas *canvas, char **ret_error);
int an_search_risk_draw(const an_canvas *canvas, char **ret_error);
struct an_ladder;
/* What a ladder is called in the folder, and above the picture. */
typedef struct an_ladder_names {
    const char *stem, *title;
} an_ladder_names;
/* Writes figures/<stem>.csv and .svg, and .png if there is a program for it.  0, or -1 and a sentence. */
int an_ladder_put(const an_canvas *canvas, const struct an_ladder *ladder, const an_ladder_names *names,
                  char **ret_error);
int an_path_ladders_draw(const an_canvas *canvas, char **ret_error);
int an_ladders_draw(const an_canvas *canvas, char **ret_error);

#endif
