/* nat.c - the presets of NAT boxes. */
#include "sim/net/nat.h"

#include <glib.h>
#include <string.h>

/* spec: RFC 4787 REQ-5 recommends 5 minutes or more for UDP; RFC 5382 REQ-5 wants at least 2 h 4 min for an
 * established connection and 4 min for one that opens or closes; RFC 5508 REQ-2 wants 60 s for ICMP. */
#define LIFETIMES                                                                                            \
    .udp_lifetime_ns = 300 * PL_SECOND, .tcp_established_ns = 7440 * PL_SECOND,                              \
    .tcp_transitory_ns = 240 * PL_SECOND, .icmp_lifetime_ns = 60 * PL_SECOND

/* spec: RFC 4787 REQ-6 (outbound refresh is a must); chosen: no inbound refresh, the cautious reading. */
#define REFRESH .refresh = NET_NAT_REFRESH_OUT

/* spec: RFC 6335 §6, all ports above the system ports. */
#define RANGE .port_low = 1024, .port_high = 65535, .port_step = 1

#define CONE(filter)                                                                                         \
    .mapping = NET_NAT_EI, .filtering = (filter), .ports = NET_PORTS_PRESERVE,                               \
    .hairpin = NET_HAIRPIN_EXTERNAL, REFRESH, RANGE, LIFETIMES
#define SYMMETRIC(policy)                                                                                    \
    .mapping = NET_NAT_APD, .filtering = NET_NAT_APD, .ports = (policy), .hairpin = NET_HAIRPIN_NONE,        \
    REFRESH, RANGE, LIFETIMES

static const net_nat_preset_row presets[] = {
    {"none", "no translation: a router",
     {.name = NULL}},
    {"full-cone", "endpoint-independent mapping and filtering: anyone may use a mapping",
     {.name = "full-cone", CONE(NET_NAT_EI)}},
    {"address-restricted", "endpoint-independent mapping, answers from addresses that were sent to",
     {.name = "address-restricted", CONE(NET_NAT_AD)}},
    {"port-restricted", "endpoint-independent mapping, answers from addresses and ports that were sent to",
     {.name = "port-restricted", CONE(NET_NAT_APD)}},
    {"symmetric", "a new random port for each destination, answers from that "
     "destination only",
     {.name = "symmetric", SYMMETRIC(NET_PORTS_RANDOM)}},
    {"symmetric-sequential", "a new port, the last one plus one, for each destination, answers from that "
     "destination only",
     {.name = "symmetric-sequential", SYMMETRIC(NET_PORTS_SEQUENTIAL)}},
};

const net_nat_options *net_nat_preset(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i].options;
    return NULL;
}

size_t net_nat_presets(const net_nat_preset_row **ret_rows)
{
    *ret_rows = presets;
    return G_N_ELEMENTS(presets);
}
