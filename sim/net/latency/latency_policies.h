/* latency_policies.h - the latency policies that there are, one file each.
 *
 * Private to sim/net. */
#ifndef NET_LATENCY_POLICIES_H
#define NET_LATENCY_POLICIES_H

#include "sim/net/latency.h"

extern const net_latency_policy net_latency_constant;
extern const net_latency_policy net_latency_coordinates;
extern const net_latency_policy net_latency_legs;
extern const net_latency_policy net_latency_matrix;
extern const net_latency_policy net_latency_regions;

#endif
