/* latency_regions.c - a matrix of one-way delays between a few regions (format in latency.c). */
#include <glib.h>
#include <string.h>

#include "sim/net/latency/latency_file.h"
#include "sim/net/latency/latency_policies.h"

#define REGIONS_MAX 64u /* chosen: continents and large countries; more is a measured matrix */
#define SHARE_MAX 1e9   /* chosen: shares may be counts of people */
#define UNKNOWN (-1)

struct net_latency {
    uint32_t n;
    char names[REGIONS_MAX][NET_LATENCY_WORD_MAX];
    double until[REGIONS_MAX]; /* sum of the shares so far */
    pl_span delays[REGIONS_MAX][REGIONS_MAX];
    GByteArray *regions; /* of each host */
};

/* Number of the region that the next word names, or UNKNOWN with a fault noted. */
static int read_region(const net_latency *latency, net_latency_file *file)
{
    if (net_latency_file_next(file) != NET_LATENCY_WORD) {
        net_latency_file_fail(file, "the name of a region is missing");
        return UNKNOWN;
    }
    for (uint32_t i = 0; i < latency->n; i++)
        if (strcmp(latency->names[i], file->word) == 0)
            return (int)i;
    return UNKNOWN;
}

static void read_region_line(net_latency *latency, net_latency_file *file)
{
    if (latency->n == REGIONS_MAX) {
        net_latency_file_fail(file, "there are more than %u regions; use the policy \"matrix\"", REGIONS_MAX);
        return;
    }
    if (read_region(latency, file) != UNKNOWN)
        net_latency_file_fail(file, "the region \"%s\" is there already", file->word);
    if (file->error)
        return;
    memcpy(latency->names[latency->n], file->word, NET_LATENCY_WORD_MAX);
    double share;
    if (net_latency_file_next(file) != NET_LATENCY_WORD)
        net_latency_file_fail(file, "the share of the region is missing; write \"region NAME SHARE\"");
    else if (net_latency_file_number(file, SHARE_MAX, &share)) {
        double before = latency->n ? latency->until[latency->n - 1] : 0.0;
        latency->until[latency->n] = before + share;
        for (uint32_t i = 0; i <= latency->n; i++)
            latency->delays[i][latency->n] = latency->delays[latency->n][i] = UNKNOWN;
        latency->n++;
    }
}

static void read_delay_line(net_latency *latency, net_latency_file *file)
{
    int pair[2];
    for (int i = 0; i < 2; i++) {
        pair[i] = read_region(latency, file);
        if (pair[i] == UNKNOWN) {
            net_latency_file_fail(file, "there is no region \"%s\"; regions come before delays", file->word);
            return;
        }
    }
    if (latency->delays[pair[0]][pair[1]] != UNKNOWN) {
        net_latency_file_fail(file, "the delay between \"%s\" and \"%s\" is there already",
                              latency->names[pair[0]], latency->names[pair[1]]);
        return;
    }
    pl_span delay;
    if (net_latency_file_next(file) != NET_LATENCY_WORD)
        net_latency_file_fail(file, "the delay is missing; write \"delay NAME NAME FIGURE\"");
    else if (net_latency_file_delay(file, &delay))
        latency->delays[pair[0]][pair[1]] = latency->delays[pair[1]][pair[0]] = delay;
}

static void check_complete(const net_latency *latency, net_latency_file *file)
{
    if (!latency->n || !(latency->until[latency->n - 1] > 0.0)) {
        net_latency_file_fail(file, "the file names no region with a share; write \"region NAME SHARE\"");
        return;
    }
    for (uint32_t i = 0; i < latency->n; i++)
        for (uint32_t j = 0; j <= i; j++)
            if (latency->delays[i][j] == UNKNOWN)
                net_latency_file_fail(file, "the file ends without the delay between \"%s\" and \"%s\"",
                                      latency->names[j], latency->names[i]);
}

static void read_lines(net_latency *latency, net_latency_file *file)
{
    while (net_latency_file_next(file) == NET_LATENCY_WORD) {
        if (strcmp(file->word, "unit") == 0 && !file->unit) {
            net_latency_file_unit(file);
            continue;
        }
        if (strcmp(file->word, "region") == 0)
            read_region_line(latency, file);
        else if (strcmp(file->word, "delay") == 0)
            read_delay_line(latency, file);
        else
            net_latency_file_fail(file, "\"%s\" begins no line; use unit, region or delay", file->word);
        if (!file->error && net_latency_file_next(file) == NET_LATENCY_WORD)
            net_latency_file_fail(file, "\"%s\" is one word too many", file->word);
    }
    check_complete(latency, file);
}

static void destroy(net_latency *latency)
{
    g_byte_array_free(latency->regions, TRUE);
    g_free(latency);
}

static net_latency *create(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error)
{
    (void)seed;
    (void)replication;
    if (!options->file) {
        *ret_error = g_strdup("the latency policy \"regions\" needs a file; name one");
        return NULL;
    }
    net_latency_file file;
    net_latency *latency = g_new0(net_latency, 1);
    latency->regions = g_byte_array_new();
    if (net_latency_file_open(&file, options->file))
        read_lines(latency, &file);
    net_latency_file_close(&file);
    if (!file.error)
        return latency;
    *ret_error = file.error;
    destroy(latency);
    return NULL;
}

static void place(net_latency *latency, uint32_t host, const char *name, net_random *random)
{
    (void)name;
    g_assert(host == latency->regions->len);
    double draw = net_random_unit(random) * latency->until[latency->n - 1];
    uint8_t region = 0;
    while (region + 1u < latency->n && draw >= latency->until[region])
        region++;
    g_byte_array_append(latency->regions, &region, 1);
}

static pl_span between(const net_latency *latency, uint32_t a, uint32_t b)
{
    return latency->delays[latency->regions->data[a]][latency->regions->data[b]];
}

static size_t memory(const net_latency *latency)
{
    return sizeof *latency + latency->regions->len;
}

const net_latency_policy net_latency_regions = {
    .name = "regions",
    .help = "a matrix of one-way delays between regions from a file; hosts are placed by the regions' shares",
    .create = create,
    .destroy = destroy,
    .place = place,
    .between = between,
    .memory = memory,
};
