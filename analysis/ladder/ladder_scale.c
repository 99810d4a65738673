#include "analysis/ladder/ladder_scale.h"

#include <stdlib.h>
#include <string.h>

/* chosen: a typical flight falls by about the height of three lines of text; idle time is one gap that holds
 * its own words and, above and below them, the label of a level arrow; nothing that is drawn to scale takes
 * more than a quarter of a page. */
#define STEP_PIXELS    42.0
#define FOLD_PIXELS    50.0
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

/* What lies between an instant and the one before it. */
typedef struct gap {
    double pixels;
    bool is_fold;
    double notes; /* height of the notes of the instant that ends it */
} gap;

static size_t index_of(const an_scale *scale, pl_time at)
{
    const pl_time *found = bsearch(&at, scale->times, scale->n, sizeof *scale->times, compare_times);
    g_assert(found);
    return (size_t)(found - scale->times);
}

/* By time alone. */
static gap *measure_gaps(const an_scale *scale, const an_ladder *ladder)
{
    gap *gaps = g_new0(gap, scale->n);
    for (size_t i = 1; i < scale->n; i++) {
        pl_span span = scale->times[i] - scale->times[i - 1];
        double pixels = (double)span / (double)scale->per_step * STEP_PIXELS;
        gaps[i].is_fold = pixels > 2 * FOLD_PIXELS && !is_busy(ladder, scale->times[i - 1], scale->times[i]);
        gaps[i].pixels = gaps[i].is_fold ? FOLD_PIXELS : MIN(pixels, LONGEST_PIXELS);
    }
    for (size_t i = 0; i < ladder->n_notes; i++)
        gaps[index_of(scale, ladder->notes[i].at)].notes += AN_SCALE_NOTE_PIXELS;
    return gaps;
}

/* From one instant with notes to the next one, or to a fold: stretches the gaps evenly if the notes of the
 * former need more, so that its notes stand beside it and what flies meanwhile keeps its proportions. */
static void make_room(gap *gaps, size_t from, size_t to)
{
    double given = 0, needed = gaps[from].notes;
    for (size_t i = from + 1; i <= to; i++)
        given += gaps[i].pixels;
    if (given >= needed)
        return;
    for (size_t i = from + 1; i <= to; i++)
        gaps[i].pixels *= needed / given;
}

/* A fold that follows notes begins below them. */
static void make_room_for_notes(gap *gaps, size_t n)
{
    size_t noted = 0;
    double below = 0; /* from the instant `noted` */
    for (size_t i = 1; i < n; i++) {
        if (gaps[i].is_fold && gaps[noted].notes > below) {
            gaps[i].pixels += MAX(gaps[noted].notes - below - AN_SCALE_NOTE_PIXELS, 0);
        } else if (gaps[i].notes > 0 && gaps[noted].notes > below + gaps[i].pixels) {
            make_room(gaps, noted, i);
        }
        below += gaps[i].pixels;
        if (gaps[i].notes > 0) {
            noted = i;
            below = 0;
        }
    }
}

void an_scale_init(an_scale *scale, const an_ladder *ladder)
{
    double y = 0, free_from = 0; /* below all notes so far */
    *scale = (an_scale){.per_step = typical_flight(ladder), .step = STEP_PIXELS};
    scale->folds = g_array_new(FALSE, FALSE, sizeof(an_fold));
    collect_times(scale, ladder);
    scale->y = g_new(double, scale->n);
    g_autofree gap *gaps = measure_gaps(scale, ladder);
    make_room_for_notes(gaps, scale->n);
    for (size_t i = 0; i < scale->n; i++) {
        y += gaps[i].pixels;
        if (gaps[i].is_fold) {
            const an_fold fold = {y - FOLD_PIXELS / 2, scale->times[i] - scale->times[i - 1]};
            g_array_append_val(scale->folds, fold);
        }
        scale->y[i] = y;
        free_from = MAX(free_from, y + gaps[i].notes);
    }
    scale->height = MAX(y, free_from - AN_SCALE_NOTE_PIXELS);
}

double an_scale_y(const an_scale *scale, pl_time at)
{
    return scale->y[index_of(scale, at)];
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
