/* latency.c - the table of latency policies.
 *
 * Files are plain text; # begins a comment, blank lines do not count, delays are one-way.  Both kinds begin
 * with the unit of their figures, us, ms or s.
 *
 * A measured matrix (policy "matrix"): one row a node, one figure a column, at most 2048 nodes.  A host is
 * placed at a node drawn evenly; the delay of a pair is the mean of its two figures, and the diagonal is the
 * delay between two hosts at one node.
 *
 *     unit ms
 *     0.5  12    30.25
 *     12   0.5   41
 *     30   41    0.5
 *
 * Regions (policy "regions"), at most 64: each with its share of the hosts (any scale), then one delay for
 * each unordered pair, a region with itself included.
 *
 *     unit ms
 *     region europe   0.6
 *     region america  0.4
 *     delay  europe   europe   15
 *     delay  europe   america  45
 *     delay  america  america  20
 */
#include "sim/net/latency.h"

#include <glib.h>
#include <string.h>

#include "sim/net/latency/latency_policies.h"

static const net_latency_policy *const policies[] = {
    &net_latency_constant, &net_latency_coordinates, &net_latency_regions,
    &net_latency_matrix,   &net_latency_legs,        NULL,
};

const net_latency_policy *net_latency_find(const char *name)
{
    for (size_t i = 0; policies[i]; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}

const net_latency_policy *const *net_latency_policies(void)
{
    return policies;
}
