#include "analysis/ladder_scale.h"

#include <stdlib.h>
#include <string.h>

/* chosen: a typical flight falls by about the height of three lines of text; idle time is one gap of that
 * size; nothing that is drawn to scale takes more than a quarter of a page. */
#define STEP_PIXELS    42.0
#define FOLD_PIXELS    40.0
#define LONGEST_PIXELS 260.0
/* chosen: without any flight to measure by, as in a log-in refused at home. */
#define STEP_DEFAULT (50 * PL_MILLISECOND)

static int compare_times(const void *a, const void *b)
{
    pl_time x = *(const pl_time *)a, y = *(const pl_time *)b;
    return (x > y) - (x < y);
}

/* The median duration of the arrows that take any time. */
static pl_span typical_flight(const an_ladder *ladder)
{
    g_autofree pl_time *spans = g_new(pl_time, ladder->n_arrows + 1);
    size_t n = 0;
    for (size_t i = 0; i < ladder->n_arrows; i++)
        if (ladder->arrows[i].to_time - ladder->arrows[i].from_time >= PL_MILLISECOND)
            spans[n++] = ladder->arrows[i].to_time - ladder->arrows[i].from_time;
    if (n == 0)
        return STEP_DEFAULT;
    qsort(spans, n, sizeof *spans, compare_times);
    return spans[n / 2];
}

static void collect_times(an_scale *scale, const an_ladder *ladder)
{
    pl_time *times = g_new(pl_time, 2 * ladder->n_arrows + ladder->n_notes + 2);
    size_t n = 0, kept = 0;
    times[n++] = ladder->start;
    for (size_t i = 0; i < ladder->n_arrows; i++) {
        times[n++] = ladder->arrows[i].from_time;
        times[n++] = ladder->arrows[i].to_time;
    }
    for (size_t i = 0; i < ladder->n_notes; i++)
        times[n++] = ladder->notes[i].at;
    qsort(times, n, sizeof *times, compare_times);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || times[i] != times[kept - 1])
            times[kept++] = times[i];
    scale->times = times;
    scale->n = kept;
}

/* Whether a packet is on its way during the whole of (from, to). */
static bool is_busy(const an_ladder *ladder, pl_time from, pl_time to)
{
    for (size_t i = 0; i < ladder->n_arrows; i++)
        if (ladder->arrows[i].from_time <= from && ladder->arrows[i].to_time >= to)
            return true;
    return false;
}

void an_scale_init(an_scale *scale, const an_ladder *ladder)
{
    double y = 0;
    *scale = (an_scale){.per_step = typical_flight(ladder), .step = STEP_PIXELS};
    scale->folds = g_array_new(FALSE, FALSE, sizeof(an_fold));
    collect_times(scale, ladder);
    scale->y = g_new(double, scale->n);
    for (size_t i = 0; i < scale->n; i++) {
        pl_span gap = i ? scale->times[i] - scale->times[i - 1] : 0;
        double pixels = (double)gap / (double)scale->per_step * STEP_PIXELS;
        if (pixels > 2 * FOLD_PIXELS && !is_busy(ladder, scale->times[i - 1], scale->times[i])) {
            const an_fold fold = {y + FOLD_PIXELS / 2, gap};
            g_array_append_val(scale->folds, fold);
            pixels = FOLD_PIXELS;
        }
        y += MIN(pixels, LONGEST_PIXELS);
        scale->y[i] = y;
    }
    scale->height = y;
}

double an_scale_y(const an_scale *scale, pl_time at)
{
    const pl_time *found = bsearch(&at, scale->times, scale->n, sizeof *scale->times, compare_times);
    g_assert(found);
    return scale->y[found - scale->times];
}

void an_scale_clear(an_scale *scale)
{
    g_free(scale->times);
    g_free(scale->y);
    g_array_free(scale->folds, TRUE);
}

char *an_scale_span_text(pl_span span)
{
    double seconds = (double)span / 1e9;
    if (span >= 10 * PL_SECOND)
        return g_strdup_printf("%.1f s", seconds);
    if (span >= PL_SECOND)
        return g_strdup_printf("%.2f s", seconds);
    return g_strdup_printf(span >= 100 * PL_MILLISECOND ? "%.0f ms" : "%.1f ms", seconds * 1e3);
}
