/* nat.c - the presets of NAT boxes. */
#include "sim/net/nat.h"
#include "sim/net/packet.h"

#include <glib.h>
#include <string.h>

/* spec: RFC 4787 REQ-5 recommends 5 minutes or more for UDP; RFC 5382 REQ-5 wants at least 2 h 4 min for an
 * established connection and 4 min for one that opens or closes; RFC 5508 REQ-2 wants 60 s for ICMP. */
#define LIFETIMES                                                                                            \
    .udp_lifetime_ns = 300 * PL_SECOND, .tcp_established_ns = 7440 * PL_SECOND,                              \
    .tcp_transitory_ns = 240 * PL_SECOND, .icmp_lifetime_ns = 60 * PL_SECOND

/* measured: defaults of Linux 6.18 (nf_conntrack); both directions prolong. */
#define LINUX_LIFETIMES                                                                                      \
    .udp_lifetime_ns = 30 * PL_SECOND, .udp_stream_lifetime_ns = 120 * PL_SECOND,                            \
    .tcp_established_ns = 432000 * PL_SECOND, .tcp_transitory_ns = 120 * PL_SECOND,                          \
    .tcp_reset_ns = 10 * PL_SECOND, .icmp_lifetime_ns = 30 * PL_SECOND,                                      \
    .refresh = NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN

/* spec: RFC 4787 REQ-6 (outbound refresh is a must); chosen: no inbound refresh, the cautious reading. */
#define REFRESH .refresh = NET_NAT_REFRESH_OUT

/* spec: RFC 6335 §6, all ports above the system ports; and an Ethernet outside. */
#define RANGE .port_low = 1024, .port_high = 65535, .port_step = 1, .mtu = NET_MTU

#define MAPPING(filter)                                                                                      \
    .mapping = NET_NAT_EI, .filtering = (filter), REFRESH, RANGE, LIFETIMES, .pool = 1
#define PRESERVING(filter) MAPPING(filter), .ports = NET_PORTS_PRESERVE
#define CONE(filter) PRESERVING(filter), .hairpin = NET_HAIRPIN_EXTERNAL
#define SYMMETRIC(policy)                                                                                    \
    .mapping = NET_NAT_APD, .filtering = NET_NAT_APD, .ports = (policy), .hairpin = NET_HAIRPIN_NONE,        \
    REFRESH, RANGE, LIFETIMES, .pool = 1
/* measured: masquerade on Linux 6.18; it has no hairpin of its own. */
#define LINUX                                                                                                \
    .mapping = NET_NAT_EI, .filtering = NET_NAT_APD, .ports = NET_PORTS_OVERLOADING,                         \
    .hairpin = NET_HAIRPIN_NONE, RANGE, LINUX_LIFETIMES, .pool = 1

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
    {"address-dependent", "a new random port for each destination address, answers from that address only",
     {.name = "address-dependent", .mapping = NET_NAT_AD, .filtering = NET_NAT_AD, .ports = NET_PORTS_RANDOM,
      .hairpin = NET_HAIRPIN_NONE, REFRESH, RANGE, LIFETIMES, .pool = 1}},
    {"rfc", "every MUST and every recommendation of RFC 4787, 5382 and 5508: a full cone that keeps parity "
     "and answers an unsolicited SYN by ICMP after 6 s",
     {.name = "rfc", CONE(NET_NAT_EI), .tcp_reset_ns = 240 * PL_SECOND, .parity = true,
      .unsolicited_syn = NET_SYN_ICMP_LATE}},
    {"linux", "Linux masquerade: ports are shared while 5-tuples differ, 30 s for UDP without answers, "
     "120 s with",
     {.name = "linux", LINUX}},
    {"linux-acc", "Linux masquerade whose own stack takes what strangers send: a packet that comes before "
     "ours costs us the port, an early SYN is answered by RST",
     {.name = "linux-acc", LINUX, .strangers = NET_STRANGERS_ANSWERED, .unsolicited_syn = NET_SYN_RST}},
    {"linux-random", "Linux masquerade with random ports: symmetric, with the lifetimes of Linux",
     {.name = "linux-random", .mapping = NET_NAT_APD, .filtering = NET_NAT_APD, .ports = NET_PORTS_RANDOM,
      .hairpin = NET_HAIRPIN_NONE, RANGE, LINUX_LIFETIMES, .pool = 1}},
    /* spec: RFC 6888 REQ-1, 2, 4, 7, 8; chosen: 1024 ports a subscriber, 63 subscribers an address. */
    {"cgn", "a carrier's NAT (RFC 6888): full cone, random ports in a block of 1024 for each inside host, a "
     "released port rests for 120 s",
     {.name = "cgn", .mapping = NET_NAT_EI, .filtering = NET_NAT_EI, .ports = NET_PORTS_BLOCK, .block = 1024,
      .hairpin = NET_HAIRPIN_EXTERNAL, REFRESH, RANGE, LIFETIMES, .tcp_reset_ns = 240 * PL_SECOND,
      .hold_down_ns = 120 * PL_SECOND, .pool = 1, .pooling = NET_POOLING_PAIRED}},
    /* chosen: lifetimes that vendors of such boxes give as defaults, an hour for TCP and a minute for the
     * rest. */
    {"corporate", "symmetric with random ports, no hairpin, UDP forgotten after 60 s, strange SYNs answered "
     "by RST",
     {.name = "corporate", .mapping = NET_NAT_APD, .filtering = NET_NAT_APD, .ports = NET_PORTS_RANDOM,
      .hairpin = NET_HAIRPIN_NONE, RANGE, .refresh = NET_NAT_REFRESH_OUT | NET_NAT_REFRESH_IN, .pool = 1,
      .udp_lifetime_ns = 60 * PL_SECOND, .tcp_established_ns = 3600 * PL_SECOND,
      .tcp_transitory_ns = 60 * PL_SECOND, .icmp_lifetime_ns = 60 * PL_SECOND,
      .unsolicited_syn = NET_SYN_RST}},
    {"broken-hairpin", "port-restricted; what it turns back shows the inside source",
     {.name = "broken-hairpin", PRESERVING(NET_NAT_APD), .hairpin = NET_HAIRPIN_INTERNAL}},
    {"no-hairpin", "port-restricted; hosts behind it cannot reach each other by their outside addresses",
     {.name = "no-hairpin", PRESERVING(NET_NAT_APD), .hairpin = NET_HAIRPIN_NONE}},
    {"alg-evil", "port-restricted; rewrites addresses that it finds in payloads",
     {.name = "alg-evil", CONE(NET_NAT_APD), .alg = NET_ALG_REWRITE}},
    /* chosen: a handful of sockets fit, a spray of 256 does not. */
    {"tiny-table", "port-restricted, with room for 32 mappings",
     {.name = "tiny-table", CONE(NET_NAT_APD), .max_mappings = 32}},
    {"overriding", "port-restricted; always keeps the inside port, and takes it from whoever had it",
     {.name = "overriding", MAPPING(NET_NAT_APD), .ports = NET_PORTS_OVERRIDING,
      .hairpin = NET_HAIRPIN_EXTERNAL}},
    {"fickle", "port-restricted until two hosts want one port; the second gets a new random port for each "
     "destination",
     {.name = "fickle", CONE(NET_NAT_APD), .fickle = true}},
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
