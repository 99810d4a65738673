/* nat.h - a NAT box by orthogonal behaviours: mapping × filtering × port policy × lifetimes.
 *
 * RFC 4787 (UDP), 5382 (TCP), 5508 (ICMP).  The classical names of RFC 3489 are presets only. */
#ifndef NET_NAT_H
#define NET_NAT_H

#include "core/types.h"

/* Endpoint-independent, address-dependent, address-and-port-dependent (RFC 4787 §4.1, §5). */
typedef enum net_nat_behaviour { NET_NAT_EI, NET_NAT_AD, NET_NAT_APD } net_nat_behaviour;

typedef enum net_nat_ports {
    NET_PORTS_PRESERVE,   /* the inside port if free, else the next free one */
    NET_PORTS_SEQUENTIAL, /* the last port + step */
    NET_PORTS_RANDOM
} net_nat_ports;

typedef enum net_nat_hairpin { NET_HAIRPIN_NONE, NET_HAIRPIN_EXTERNAL } net_nat_hairpin;

#define NET_NAT_REFRESH_OUT 1u
#define NET_NAT_REFRESH_IN 2u

typedef struct net_nat_options {
    const char *name; /* the preset; NULL = no NAT (a router) */
    net_nat_behaviour mapping;
    net_nat_behaviour filtering;
    net_nat_ports ports;
    uint16_t port_low, port_high; /* range for sequential and random */
    uint16_t port_step;
    net_nat_hairpin hairpin;
    /* NET_NAT_REFRESH_…: which packets prolong UDP and ICMP.  TCP is prolonged by both (RFC 5382 §5: idle
     * means no packet either way), but by no RST (RFC 7857). */
    unsigned refresh;
    pl_span udp_lifetime_ns;     /* RFC 4787 REQ-5: ≥ 120 s */
    pl_span tcp_established_ns;  /* RFC 5382 REQ-5: ≥ 7440 s */
    pl_span tcp_transitory_ns;   /* ≥ 240 s */
    pl_span icmp_lifetime_ns;    /* RFC 5508: ≥ 60 s */
    uint32_t max_mappings;       /* 0 = only the ports bound it */
} net_nat_options;

typedef struct net_nat_preset_row {
    const char *name; /* also of "none", whose options have no name */
    const char *help;
    net_nat_options options;
} net_nat_preset_row;

/* Every preset lives as long as the program, and so must the `name` of any options.
 *
 * Presets now: "none", "full-cone", "address-restricted", "port-restricted", "symmetric" (random ports),
 * "symmetric-sequential".  NULL if unknown. */
const net_nat_options *net_nat_preset(const char *name);
size_t net_nat_presets(const net_nat_preset_row **ret_rows);

#endif
