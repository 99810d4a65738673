#include "analysis/reduce.h"

#include <glib.h>
#include <string.h>

#include "analysis/balance.h"

/* chosen: 2000 resamples put the ends of a 95 % interval within a few per cent of its width (Efron and
 * Tibshirani 1993, §14); fewer than 199 are not worth showing. */
#define ROUNDS_MAX 1999
#define ROUNDS_MIN 199
/* chosen: hosts × rounds for one expectation, about a second. */
#define WORK_MAX 200000000u
#define LEVEL    0.95

/* What one replication has of a selection. */
typedef struct part {
    size_t number;
    size_t n;
    double last;        /* the last in the order of the files */
    double *values;     /* sorted */
    const char **hosts; /* of each value */
} part;

typedef struct collection {
    size_t n_parts;
    part *parts;
    size_t n_samples;
} collection;

double an_metric_divisor(const an_metric *metric)
{
    return strcmp(metric->unit, "s") == 0 ? 1e9 : 1;
}

/* `login.failed` also means `login.failed.timeout`. */
static bool name_matches(const char *row, const char *name, size_t len)
{
    return strncmp(row, name, len) == 0 && (row[len] == '\0' || row[len] == '.');
}

typedef struct pair {
    double value;
    const char *host;
    size_t order;
} pair;

static int compare_pairs(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->value < y->value || x->value > y->value)
        return x->value < y->value ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* What one replication has in the window.  A scalar is of the end of the run, and in no window. */
static GArray *gather(const an_replication *replication, const an_reduce_request *request)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(pair));
    const bool is_at = request->window && request->window->kind == AN_WINDOW_AT;
    size_t len = strlen(request->name);
    pl_time from = 0, to = 0;

    if (request->window && !an_window_place(request->window, replication, &from, &to))
        return pairs;
    for (size_t i = 0; i < replication->n_samples; i++) {
        const an_sample *sample = &replication->samples[i];
        if (!name_matches(sample->name, request->name, len) ||
            !an_labels_include(sample->labels, request->labels))
            continue;
        if (request->window && (!sample->host || sample->at > to || (!is_at && sample->at < from)))
            continue;
        const pair one = {sample->value, sample->host, pairs->len};
        g_array_append_val(pairs, one);
    }
    return pairs;
}

/* Rows are in the order of time, and a scalar comes last. */
static void collect_part(const an_replication *replication, const an_reduce_request *request, part *ret_part)
{
    GArray *pairs = gather(replication, request);
    const bool is_at = request->window && request->window->kind == AN_WINDOW_AT;
    if (is_at && request->metric->reduction == AN_GAUGE && pairs->len > 1)
        g_array_remove_range(pairs, 0, pairs->len - 1);
    const double last = pairs->len ? g_array_index(pairs, pair, pairs->len - 1).value : 0;
    g_array_sort(pairs, compare_pairs);
    *ret_part = (part){.number = replication->number,
                       .n = pairs->len,
                       .last = last,
                       .values = g_new(double, pairs->len + 1),
                       .hosts = g_new(const char *, pairs->len + 1)};
    for (size_t i = 0; i < pairs->len; i++) {
        ret_part->values[i] = g_array_index(pairs, pair, i).value;
        ret_part->hosts[i] = g_array_index(pairs, pair, i).host;
    }
    g_array_free(pairs, TRUE);
}

static void collect(const an_point *point, const an_reduce_request *request, collection *ret_collection)
{
    collection all = {.n_parts = point->n_replications, .parts = g_new0(part, point->n_replications + 1)};
    for (size_t i = 0; i < all.n_parts; i++) {
        collect_part(&point->replications[i], request, &all.parts[i]);
        all.n_samples += all.parts[i].n;
    }
    *ret_collection = all;
}

static void collection_clear(collection *all)
{
    for (size_t i = 0; i < all->n_parts; i++) {
        g_free(all->parts[i].values);
        g_free(all->parts[i].hosts);
    }
    g_free(all->parts);
}

static uint64_t nonzero(const part *p)
{
    uint64_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->values[i] < 0 || p->values[i] > 0;
    return n;
}

static bool is_whole(double value)
{
    return value > -0x1p53 && value < 0x1p53 && (double)(int64_t)value >= value &&
           (double)(int64_t)value <= value;
}

/* The sum of all values in whole numbers; not valid if there is a fraction or an overflow. */
static an_exact exact_sum(const part *p, int64_t denominator)
{
    an_exact sum = {.valid = true, .denominator = denominator};
    for (size_t i = 0; i < p->n && sum.valid; i++)
        sum.valid = is_whole(p->values[i]) &&
                    !__builtin_add_overflow(sum.numerator, (int64_t)p->values[i], &sum.numerator);
    return sum;
}

static an_exact exact_of(double value)
{
    if (!is_whole(value))
        return (an_exact){.denominator = 1};
    return (an_exact){.valid = true, .numerator = (int64_t)value, .denominator = 1};
}

static double sum_of(const part *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->n; i++)
        sum += p->values[i];
    return sum;
}

/* The value of one replication in the unit of the files, and exactly if it can be. */
static double spread_value(const part *p, const an_suffix *suffix, an_exact *ret_exact)
{
    double value = 0;
    switch (suffix->kind) {
    case AN_PLAIN:
        g_assert_not_reached();
    case AN_MEAN:
        *ret_exact = exact_sum(p, (int64_t)p->n);
        return sum_of(p) / (double)p->n;
    case AN_MINIMUM:
        value = p->values[0];
        break;
    case AN_MAXIMUM:
        value = p->values[p->n - 1];
        break;
    case AN_QUANTILE:
        value = an_stats_quantile(p->values, p->n, suffix->percent / 100.0);
        break;
    }
    *ret_exact = exact_of(value);
    return value;
}

static double part_value(const an_reduce_request *request, const an_suffix *suffix, const part *p,
                         an_exact *ret_exact)
{
    const an_pick pick = request->pick;
    uint64_t successes;
    double value;
    switch (request->metric->reduction) {
    case AN_SHARE:
        successes = nonzero(p);
        *ret_exact = (an_exact){true, (int64_t)successes, (int64_t)p->n};
        return (double)successes / (double)p->n;
    case AN_SPREAD:
        return spread_value(p, suffix, ret_exact);
    case AN_COUNT:
        *ret_exact = (an_exact){true, (int64_t)nonzero(p), 1};
        return (double)ret_exact->numerator;
    case AN_TOTAL:
        *ret_exact = exact_sum(p, 1);
        return sum_of(p);
    case AN_BALANCE:
        break;
    case AN_GAUGE:
        if (suffix)
            return spread_value(p, suffix, ret_exact);
        value = pick == AN_PICK_LAST ? p->last : p->values[pick == AN_PICK_LOWEST ? 0 : p->n - 1];
        *ret_exact = exact_of(value);
        return value;
    }
    g_assert_not_reached();
}

static void fill_values(const collection *all, const an_reduce_request *request, const an_suffix *suffix,
                        an_estimate *estimate)
{
    estimate->values = g_new(double, all->n_parts + 1);
    estimate->exact = g_new0(an_exact, all->n_parts + 1);
    estimate->numbers = g_new0(size_t, all->n_parts + 1);
    for (size_t i = 0; i < all->n_parts; i++) {
        const part *p = &all->parts[i];
        if (p->n == 0 && request->metric->absence == AN_ABSENT_UNKNOWN)
            continue;
        size_t at = estimate->n_values++;
        estimate->values[at] =
            part_value(request, suffix, p, &estimate->exact[at]) / an_metric_divisor(request->metric);
        estimate->numbers[at] = p->number;
        estimate->successes += nonzero(p);
    }
    estimate->n_samples = all->n_samples;
    estimate->n_replications = estimate->n_values;
}

static void fill_interval(const an_metric *metric, an_estimate *estimate)
{
    if (metric->reduction == AN_SHARE) {
        estimate->value = (double)estimate->successes / (double)estimate->n_samples;
        estimate->method = AN_WILSON;
        estimate->interval = an_stats_wilson(estimate->successes, estimate->n_samples, LEVEL);
        return;
    }
    estimate->value = an_stats_mean(estimate->values, estimate->n_values);
    if (estimate->n_values < 2)
        return;
    estimate->method = AN_STUDENT;
    estimate->interval = an_stats_cut(an_stats_mean_interval(estimate->values, estimate->n_values, LEVEL), 0);
    if (strcmp(metric->unit, "1") == 0)
        estimate->interval.high = MIN(estimate->interval.high, 1);
}

/* Numbers the hosts of a replication in order of appearance; 0 if a value has none. */
static size_t number_hosts(const part *p, size_t *ret_group)
{
    GHashTable *numbers = g_hash_table_new(NULL, NULL);
    bool all = true;
    for (size_t i = 0; i < p->n; i++) {
        gpointer number = g_hash_table_lookup(numbers, p->hosts[i]);
        all = all && p->hosts[i];
        if (!number) {
            number = GSIZE_TO_POINTER(g_hash_table_size(numbers) + 1);
            g_hash_table_insert(numbers, (gpointer)p->hosts[i], number);
        }
        ret_group[i] = GPOINTER_TO_SIZE(number) - 1;
    }
    size_t n = all ? g_hash_table_size(numbers) : 0;
    g_hash_table_destroy(numbers);
    return n;
}

/* One resample: how often each host was drawn is the weight of its values. */
typedef struct weighing {
    const part *of;
    uint64_t *seen; /* weights up to each value, that included */
    double sum;     /* of the values, weighted */
} weighing;

static void weigh(weighing *w, const uint32_t *weight, const size_t *group)
{
    uint64_t seen = 0;
    w->sum = 0;
    for (size_t i = 0; i < w->of->n; i++) {
        w->seen[i] = seen += weight[group[i]];
        w->sum += weight[group[i]] * w->of->values[i];
    }
}

/* The first value up to which there are `rank` weights. */
static double value_at(const weighing *w, uint64_t rank)
{
    size_t low = 0, high = w->of->n - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (w->seen[middle] >= rank)
            high = middle;
        else
            low = middle + 1;
    }
    return w->of->values[low];
}

static double weighted(const weighing *w, const an_suffix *suffix)
{
    const uint64_t total = w->seen[w->of->n - 1];
    switch (suffix->kind) {
    case AN_PLAIN:
        g_assert_not_reached();
    case AN_MEAN:
        return w->sum / (double)total;
    case AN_MINIMUM:
        return value_at(w, 1);
    case AN_MAXIMUM:
        return value_at(w, total);
    case AN_QUANTILE:
        return value_at(w, MAX((total * suffix->percent + 99) / 100, 1));
    }
    g_assert_not_reached();
}

typedef struct resampling {
    const part *only;
    const an_reduce_request *request;
    size_t *group;
    size_t n_groups;
    size_t n_rounds;
} resampling;

static void draw_rounds(const resampling *plan, an_estimate *estimates)
{
    g_autofree size_t *index = g_new(size_t, plan->n_groups);
    g_autofree uint32_t *weight = g_new(uint32_t, plan->n_groups);
    g_autofree uint64_t *seen = g_new(uint64_t, plan->only->n);
    weighing w = {.of = plan->only, .seen = seen};
    double divisor = an_metric_divisor(plan->request->metric);
    uint64_t state = 2006; /* chosen: any constant; the same draws every time */

    for (size_t round = 0; round < plan->n_rounds; round++) {
        an_stats_resample(&state, index, plan->n_groups);
        memset(weight, 0, plan->n_groups * sizeof *weight);
        for (size_t i = 0; i < plan->n_groups; i++)
            weight[index[i]]++;
        weigh(&w, weight, plan->group);
        for (size_t s = 0; s < plan->request->n_suffixes; s++)
            estimates[s].rounds[round] = weighted(&w, plan->request->suffixes[s]) / divisor;
    }
}

/* One replication cannot be compared with another: resample its hosts instead (percentile interval). */
static void bootstrap(const collection *all, const an_reduce_request *request, an_estimate *estimates)
{
    const part *only = NULL;
    for (size_t i = 0; i < all->n_parts; i++)
        if (all->parts[i].n > 0)
            only = &all->parts[i];
    g_autofree size_t *group = g_new(size_t, only->n);
    size_t n_groups = number_hosts(only, group);
    uint64_t rounds = MIN(request->work_max / only->n, ROUNDS_MAX);
    if (n_groups < 2 || rounds < ROUNDS_MIN)
        return;
    const resampling plan = {only, request, group, n_groups, rounds};
    for (size_t s = 0; s < request->n_suffixes; s++)
        estimates[s].rounds = g_new(double, rounds);
    draw_rounds(&plan, estimates);
    for (size_t s = 0; s < request->n_suffixes; s++) {
        an_estimate *estimate = &estimates[s];
        an_stats_sort(estimate->rounds, rounds);
        estimate->n_rounds = rounds;
        estimate->method = AN_BOOTSTRAP;
        estimate->interval.low = an_stats_quantile(estimate->rounds, rounds, (1 - LEVEL) / 2);
        estimate->interval.high = an_stats_quantile(estimate->rounds, rounds, 1 - (1 - LEVEL) / 2);
    }
}

void an_reduce_many(const an_point *point, const an_reduce_request *request, an_estimate *ret_estimates)
{
    collection all;
    if (request->metric->reduction == AN_BALANCE) {
        an_balance_reduce(point, request, ret_estimates);
        return;
    }
    collect(point, request, &all);
    for (size_t s = 0; s < request->n_suffixes; s++) {
        ret_estimates[s] = (an_estimate){0};
        fill_values(&all, request, request->suffixes[s], &ret_estimates[s]);
        if (ret_estimates[s].n_values > 0 && (all.n_samples > 0 || request->metric->reduction != AN_SHARE))
            fill_interval(request->metric, &ret_estimates[s]);
    }
    if (request->metric->reduction == AN_SPREAD && ret_estimates[0].n_values == 1)
        bootstrap(&all, request, ret_estimates);
    collection_clear(&all);
}

void an_reduce(const an_point *point, const an_selector *selector, an_estimate *ret_estimate)
{
    an_reduce_window(point, selector, NULL, AN_PICK_LAST, ret_estimate);
}

void an_reduce_window(const an_point *point, const an_selector *selector, const an_window *window, an_pick pick,
                      an_estimate *ret_estimate)
{
    const an_reduce_request request = {.metric = selector->metric,
                                       .name = selector->name,
                                       .labels = &selector->labels,
                                       .suffixes = &selector->suffix,
                                       .n_suffixes = 1,
                                       .work_max = WORK_MAX,
                                       .window = window,
                                       .pick = pick};
    an_reduce_many(point, &request, ret_estimate);
}

void an_estimate_clear(an_estimate *estimate)
{
    g_free(estimate->values);
    g_free(estimate->exact);
    g_free(estimate->numbers);
    g_free(estimate->rounds);
    *estimate = (an_estimate){0};
}

uint64_t an_reduce_occurrences(const an_point *point, const char *name, const an_labels *labels)
{
    size_t len = strlen(name);
    uint64_t n = an_balance_occurrences(point, name, labels);
    for (size_t r = 0; r < point->n_replications; r++) {
        const an_replication *replication = &point->replications[r];
        for (size_t i = 0; i < replication->n_samples; i++) {
            const an_sample *sample = &replication->samples[i];
            n += name_matches(sample->name, name, len) && an_labels_include(sample->labels, labels) &&
                 (sample->value < 0 || sample->value > 0);
        }
    }
    return n;
}
