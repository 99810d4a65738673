/* ladder_scale.h - time → height in a ladder: to scale where something happens, folded where nothing does,
 * and stretched where the notes of an instant need the height.  Private to analysis. */
#ifndef AN_LADDER_SCALE_H
#define AN_LADDER_SCALE_H

#include <glib.h>

#include "analysis/ladder/ladder.h"

/* chosen: the height of a line of the notes, of ten-pixel text. */
#define AN_SCALE_NOTE_PIXELS 13.0

typedef struct an_fold {
    double y; /* its middle */
    pl_span gap;
} an_fold;

typedef struct an_scale {
    size_t n;
    pl_time *times; /* every instant of the ladder, ascending */
    double *y; /* the notes of an instant have room from here down to the next instant with notes or fold */
    GArray *folds;    /* of an_fold */
    double height;    /* of all instants, and of the notes of the last ones */
    pl_span per_step; /* what `step` pixels are */
    double step;
} an_scale;

void an_scale_init(an_scale *scale, const an_ladder *ladder);
double an_scale_y(const an_scale *scale, pl_time at);
void an_scale_clear(an_scale *scale);
/* "4.8 s", "754 ms", "31.2 ms" (g_free). */
char *an_scale_span_text(pl_span span);

#endif
