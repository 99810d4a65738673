#include "analysis/steady/mser.h"

#include <glib.h>
#include <string.h>

#define BATCH 5       /* spec: MSER-5 */
#define SAMPLES_MIN 20 /* chosen: four means of five; with fewer there is nothing to choose among */

size_t an_mser5(const double *values, size_t n)
{
    const size_t m = n / BATCH;
    g_autofree double *mean = g_new0(double, m + 1);
    double sum = 0, squares = 0, least = 0;
    size_t best = 0;
    for (size_t i = 0; i < m * BATCH; i++)
        mean[i / BATCH] += values[i] / BATCH;
    /* From the end, so that each sum is the one before and one more. */
    for (size_t d = m; d-- > 0;) {
        const double left = (double)(m - d);
        sum += mean[d];
        squares += mean[d] * mean[d];
        const double error = MAX(squares - sum * sum / left, 0) / left / left;
        const double rounding = 1e-12 * squares / left / left; /* of two alike the longer rest is kept */
        if (d <= m / 2 && (d == m / 2 || error <= least + rounding)) {
            least = error;
            best = d;
        }
    }
    return best * BATCH;
}

/* What an act of the timeline does is no transient: the search ends at the first that has a name. */
static pl_time first_act(const an_point *point)
{
    pl_time first = INT64_MAX;
    for (size_t r = 0; r < point->n_replications; r++)
        for (size_t i = 0; i < point->replications[r].n_samples; i++) {
            const an_sample *sample = &point->replications[r].samples[i];
            if (g_str_has_prefix(sample->name, "timeline."))
                first = MIN(first, sample->at);
        }
    return first;
}

pl_time an_mser5_cut(const an_point *point, const char *metric)
{
    g_autoptr(GArray) values = g_array_new(FALSE, TRUE, sizeof(double));
    g_autoptr(GArray) instants = g_array_new(FALSE, TRUE, sizeof(pl_time));
    const pl_time end = first_act(point);
    for (size_t r = 0; r < point->n_replications; r++) {
        guint at = 0;
        for (size_t i = 0; i < point->replications[r].n_samples; i++) {
            const an_sample *sample = &point->replications[r].samples[i];
            if (!sample->host || sample->at >= end || strcmp(sample->name, metric) != 0)
                continue;
            if (at == values->len) {
                g_array_set_size(values, at + 1);
                g_array_append_val(instants, sample->at);
            }
            g_array_index(values, double, at++) += sample->value;
        }
    }
    if (values->len < SAMPLES_MIN)
        return 0;
    const size_t cut = an_mser5((const double *)(const void *)values->data, values->len);
    return cut ? g_array_index(instants, pl_time, cut) : 0;
}

void an_point_cut(an_point *point, pl_time from)
{
    for (size_t r = 0; r < point->n_replications; r++) {
        an_replication *replication = &point->replications[r];
        size_t kept = 0;
        for (size_t i = 0; i < replication->n_samples; i++) {
            const an_sample *sample = &replication->samples[i];
            if (!sample->host || sample->at >= from || g_str_has_prefix(sample->name, "timeline."))
                replication->samples[kept++] = *sample;
        }
        replication->n_samples = kept;
    }
}
