/* latency_coordinates.c - hosts on a unit square, delay by distance, times a lognormal factor per pair.
 *
 * The factor makes triangle violations: a detour may be faster than the straight way, as in real networks.
 * It is looked up in a table of draws by a hash of the pair's own marks, so that it costs nothing per
 * packet, is the same both ways, and does not depend on who else is there. */
#include <glib.h>

#include "sim/net/latency/latency_policies.h"
#include "sim/net/store/slab.h"

#define FACTORS 4096u /* chosen: fine enough for percentiles of the factor, small enough for a cache */

/* chosen: a factor beyond e^5 at one sigma is no latency any more; the message below says 5 too. */
#define NOISE_MAX 5.0

typedef struct spot {
    double x, y;
    uint32_t mark;
} spot;

struct net_latency {
    net_latency_options options;
    GArray *spots;
    double *factors; /* NULL without noise */
};

static net_latency *create(const net_latency_options *options, uint64_t seed, uint32_t replication,
                           char **ret_error)
{
    bool noise_is_sane = options->noise >= 0.0 && options->noise <= NOISE_MAX;
    if (options->scale_ns < 0 || options->floor_ns < 0 || !noise_is_sane) {
        *ret_error = g_strdup("the coordinates' scale and floor must not be negative, and their noise must "
                              "be from 0 to 5");
        return NULL;
    }
    net_latency *latency = g_new0(net_latency, 1);
    latency->options = *options;
    latency->spots = g_array_new(FALSE, FALSE, sizeof(spot));
    if (options->noise > 0.0) {
        net_random random;
        net_random_init(&random, seed, replication, "", "latency-noise");
        latency->factors = g_new(double, FACTORS);
        for (uint32_t i = 0; i < FACTORS; i++)
            latency->factors[i] = net_random_lognormal(&random, 1.0, options->noise);
    }
    return latency;
}

static void destroy(net_latency *latency)
{
    g_array_free(latency->spots, TRUE);
    g_free(latency->factors);
    g_free(latency);
}

static void place(net_latency *latency, uint32_t host, const char *name, net_random *random)
{
    (void)name;
    g_assert(host == latency->spots->len);
    spot s;
    s.x = net_random_unit(random);
    s.y = net_random_unit(random);
    s.mark = (uint32_t)net_random_u64(random);
    g_array_append_val(latency->spots, s);
}

static pl_span between(const net_latency *latency, uint32_t a, uint32_t b)
{
    const spot *p = &g_array_index(latency->spots, spot, a);
    const spot *q = &g_array_index(latency->spots, spot, b);
    double dx = p->x - q->x;
    double dy = p->y - q->y;
    double delay = (double)latency->options.scale_ns * __builtin_sqrt(dx * dx + dy * dy);
    if (latency->factors) {
        uint32_t low = MIN(p->mark, q->mark);
        uint32_t high = MAX(p->mark, q->mark);
        delay *= latency->factors[net_mix(low, high) % FACTORS];
    }
    return latency->options.floor_ns + (pl_span)delay;
}

static size_t memory(const net_latency *latency)
{
    return sizeof *latency + latency->spots->len * sizeof(spot) +
           (latency->factors ? FACTORS * sizeof(double) : 0);
}

const net_latency_policy net_latency_coordinates = {
    .name = "coordinates",
    .help = "hosts on a square: a floor plus the distance times a lognormal factor of each pair",
    .create = create,
    .destroy = destroy,
    .place = place,
    .between = between,
    .memory = memory,
};
