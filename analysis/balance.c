#include "analysis/balance.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "analysis/population/sessions.h"

/* chosen: as in reduce.c. */
#define ROUNDS_MAX 1999
#define ROUNDS_MIN 199
#define LEVEL      0.95

/* How much of the spread of the rounds is the variance of dyadic data: see balance.h. */
static double shrinking(const an_balance *balance, const double *peer_sums, double mean)
{
    double drawn = 0, own = 0;
    for (size_t p = 0; p < balance->n_peers; p++)
        drawn += peer_sums[p] * peer_sums[p];
    for (size_t i = 0; i < balance->n; i++)
        own += (balance->values[i] - mean) * (balance->values[i] - mean);
    return drawn > 0 ? sqrt(MAX(drawn - own, own) / drawn) : 0;
}

/* The deviation of a round from the mean, n times: what the peers drawn bring with them. */
static double round_sum(const double *peer_sums, size_t *index, size_t n_peers, uint64_t *state)
{
    double sum = 0;
    an_stats_resample(state, index, n_peers);
    for (size_t p = 0; p < n_peers; p++)
        sum += peer_sums[index[p]];
    return sum;
}

void an_balance_resample(const an_balance *balance, double *ret_rounds, size_t n_rounds)
{
    g_autofree double *peer_sums = g_new0(double, balance->n_peers);
    g_autofree size_t *index = g_new(size_t, balance->n_peers);
    const double mean = an_stats_mean(balance->values, balance->n);
    uint64_t state = 2006; /* chosen: any constant; the same draws every time */
    for (size_t i = 0; i < balance->n; i++) {
        peer_sums[balance->caller[i]] += balance->values[i] - mean;
        peer_sums[balance->callee[i]] += balance->values[i] - mean;
    }
    const double part = shrinking(balance, peer_sums, mean) / (double)balance->n;
    for (size_t r = 0; r < n_rounds; r++)
        ret_rounds[r] = part > 0 ? mean + part * round_sum(peer_sums, index, balance->n_peers, &state) : mean;
    an_stats_sort(ret_rounds, n_rounds);
}

/* Sessions that a request selects, over all replications; peers of different ones are different. */
typedef struct selection {
    GArray *values, *caller, *callee;
    GHashTable *peers; /* of the replication that is read: name → number + 1; looked up only */
    size_t n_peers;
} selection;

static size_t number_peer(selection *s, const char *name)
{
    gpointer number = g_hash_table_lookup(s->peers, name);
    if (!number) {
        number = GSIZE_TO_POINTER(++s->n_peers);
        g_hash_table_insert(s->peers, (gpointer)name, number);
    }
    return GPOINTER_TO_SIZE(number) - 1;
}

static size_t select_part(selection *s, const an_replication *replication, const an_reduce_request *request,
                          const an_session_metric *metric)
{
    size_t n = 0;
    g_hash_table_remove_all(s->peers);
    for (size_t i = 0; i < replication->n_sessions; i++) {
        const an_session *session = &replication->sessions[i];
        double value = 0;
        if (!an_labels_include(session->labels, request->labels) || !an_session_value(session, metric, &value))
            continue;
        const size_t caller = number_peer(s, session->caller), callee = number_peer(s, session->callee);
        g_array_append_val(s->values, value);
        g_array_append_val(s->caller, caller);
        g_array_append_val(s->callee, callee);
        n++;
    }
    return n;
}

static void select_all(selection *s, const an_point *point, const an_reduce_request *request,
                       an_estimate *estimate)
{
    an_session_metric *metric = an_session_metric_new(request->name);
    estimate->values = g_new(double, point->n_replications + 1);
    estimate->exact = g_new0(an_exact, point->n_replications + 1);
    estimate->numbers = g_new0(size_t, point->n_replications + 1);
    for (size_t r = 0; r < point->n_replications; r++) {
        const size_t before = s->values->len;
        const size_t n = select_part(s, &point->replications[r], request, metric);
        if (n == 0)
            continue;
        const size_t at = estimate->n_values++;
        estimate->values[at] = an_stats_mean(&g_array_index(s->values, double, before), n);
        estimate->numbers[at] = point->replications[r].number;
    }
    an_session_metric_free(metric);
    estimate->n_samples = s->values->len;
    estimate->n_replications = estimate->n_values;
}

/* Of a share that is none or all, resamples say no more than it does: Wilson's interval does. */
static bool take_wilson(const double *values, an_estimate *estimate, const char *name)
{
    size_t ones = 0;
    for (size_t i = 0; i < estimate->n_samples; i++)
        ones += values[i] > 0;
    if (g_str_has_prefix(name, "path.foretold.") || g_str_has_prefix(name, "path.surprise.") ||
        (ones > 0 && ones < estimate->n_samples))
        return false;
    estimate->successes = ones;
    estimate->method = AN_WILSON;
    estimate->interval = an_stats_wilson(ones, estimate->n_samples, LEVEL);
    return true;
}

static void fill_rounds(const selection *s, const an_reduce_request *request, an_estimate *estimate)
{
    const an_balance balance = {.n = s->values->len,
                                .n_peers = s->n_peers,
                                .values = (const double *)(void *)s->values->data,
                                .caller = (const size_t *)(void *)s->caller->data,
                                .callee = (const size_t *)(void *)s->callee->data};
    const uint64_t rounds = MIN(request->work_max / balance.n_peers, ROUNDS_MAX);
    estimate->value = an_stats_mean(balance.values, balance.n);
    if (take_wilson(balance.values, estimate, request->name) || rounds < ROUNDS_MIN)
        return;
    estimate->n_rounds = rounds;
    estimate->rounds = g_new(double, rounds);
    an_balance_resample(&balance, estimate->rounds, rounds);
    estimate->method = AN_BOOTSTRAP;
    estimate->interval = (an_interval){an_stats_quantile(estimate->rounds, rounds, (1 - LEVEL) / 2),
                                       an_stats_quantile(estimate->rounds, rounds, 1 - (1 - LEVEL) / 2)};
}

void an_balance_reduce(const an_point *point, const an_reduce_request *request, an_estimate *ret_estimate)
{
    selection s = {.values = g_array_new(FALSE, FALSE, sizeof(double)),
                   .caller = g_array_new(FALSE, FALSE, sizeof(size_t)),
                   .callee = g_array_new(FALSE, FALSE, sizeof(size_t)),
                   .peers = g_hash_table_new(NULL, NULL)};
    an_estimate estimate = {0};
    select_all(&s, point, request, &estimate);
    if (estimate.n_samples > 0)
        fill_rounds(&s, request, &estimate);
    g_array_free(s.values, TRUE);
    g_array_free(s.caller, TRUE);
    g_array_free(s.callee, TRUE);
    g_hash_table_destroy(s.peers);
    *ret_estimate = estimate;
}

uint64_t an_balance_occurrences(const an_point *point, const char *name, const an_labels *labels)
{
    an_session_metric *metric = an_session_metric_new(name);
    uint64_t n = 0;
    for (size_t r = 0; metric && r < point->n_replications; r++)
        for (size_t i = 0; i < point->replications[r].n_sessions; i++) {
            const an_session *session = &point->replications[r].sessions[i];
            double value = 0;
            n += an_labels_include(session->labels, labels) && an_session_value(session, metric, &value) &&
                 (value < 0 || value > 0);
        }
    an_session_metric_free(metric);
    return n;
}
