/* latency_matrix.c - a measured matrix of one-way delays (format in latency.c). */
#include <glib.h>
#include <string.h>

#include "sim/net/latency/latency_file.h"
#include "sim/net/latency/latency_policies.h"

#define NODES_MAX 2048u /* chosen: the size of the largest well-known data sets (King: 1740) */

struct net_latency {
    uint32_t n;
    uint32_t *delays; /* n × n, in µs: 4 bytes instead of 8, finer than anybody measures */
    GArray *nodes;    /* of each host */
};

static uint32_t microseconds(pl_span delay)
{
    return (uint32_t)((delay + PL_MICROSECOND / 2) / PL_MICROSECOND);
}

/* Appends the figures of one line, whose first word has been read; returns how many. */
static uint32_t read_row(net_latency_file *file, GArray *figures)
{
    uint32_t n = 0;
    do {
        pl_span delay;
        if (!net_latency_file_delay(file, &delay))
            return n;
        if (++n > NODES_MAX) {
            net_latency_file_fail(file, "a row has more than %u figures; reduce the matrix", NODES_MAX);
            return n;
        }
        uint32_t figure = microseconds(delay);
        g_array_append_val(figures, figure);
    } while (net_latency_file_next(file) == NET_LATENCY_WORD);
    return n;
}

static void read_rows(net_latency_file *file, GArray *figures, uint32_t *ret_n)
{
    uint32_t n = 0;
    uint32_t rows = 0;
    while (net_latency_file_next(file) == NET_LATENCY_WORD) {
        if (strcmp(file->word, "unit") == 0 && !file->unit) {
            net_latency_file_unit(file);
            continue;
        }
        if (n && rows == n)
            net_latency_file_fail(file, "row %u is one too many; the rows have %u figures each", rows + 1, n);
        uint32_t width = file->error ? 0 : read_row(file, figures);
        if (n && width != n)
            net_latency_file_fail(file, "row %u has %u figures, the first has %u; every row needs as many",
                                  rows + 1, width, n);
        n = n ? n : width;
        rows++;
    }
    if (!rows)
        net_latency_file_fail(file, "the file holds no matrix; write \"unit ms\" and one row a node");
    else if (rows != n)
        net_latency_file_fail(file, "the file ends after row %u of %u; the matrix must be square", rows, n);
    *ret_n = n;
}

/* What is measured differs a little between the two ways; the model's delay is symmetric. */
static void average(uint32_t *delays, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            uint32_t mean = (delays[i * n + j] + delays[j * n + i]) / 2;
            delays[i * n + j] = mean;
            delays[j * n + i] = mean;
        }
    }
}

static net_latency *create(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error)
{
    (void)seed;
    (void)replication;
    if (!options->file) {
        *ret_error = g_strdup("the latency policy \"matrix\" needs a file; name one");
        return NULL;
    }
    net_latency_file file;
    uint32_t n = 0;
    GArray *figures = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (net_latency_file_open(&file, options->file))
        read_rows(&file, figures, &n);
    net_latency_file_close(&file);
    if (file.error) {
        *ret_error = file.error;
        g_array_free(figures, TRUE);
        return NULL;
    }
    net_latency *latency = g_new0(net_latency, 1);
    latency->n = n;
    latency->delays = (uint32_t *)(void *)g_array_free(figures, FALSE);
    latency->nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    average(latency->delays, n);
    return latency;
}

static void destroy(net_latency *latency)
{
    g_free(latency->delays);
    g_array_free(latency->nodes, TRUE);
    g_free(latency);
}

static void place(net_latency *latency, uint32_t host, const char *name, net_random *random)
{
    (void)name;
    g_assert(host == latency->nodes->len);
    uint32_t node = (uint32_t)net_random_below(random, latency->n);
    g_array_append_val(latency->nodes, node);
}

static pl_span between(const net_latency *latency, uint32_t a, uint32_t b)
{
    uint32_t row = g_array_index(latency->nodes, uint32_t, a);
    uint32_t column = g_array_index(latency->nodes, uint32_t, b);
    return (pl_span)latency->delays[row * latency->n + column] * PL_MICROSECOND;
}

static size_t memory(const net_latency *latency)
{
    return sizeof *latency + ((size_t)latency->n * latency->n + latency->nodes->len) * sizeof(uint32_t);
}

const net_latency_policy net_latency_matrix = {
    .name = "matrix",
    .help = "a measured matrix of one-way delays from a file; hosts are placed at its nodes by chance",
    .create = create,
    .destroy = destroy,
    .place = place,
    .between = between,
    .memory = memory,
};
