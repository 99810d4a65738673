/* firewall.h - a stateful firewall: what may go out, and what may come in unasked.
 *
 * What went out may be answered, for as long as its state lives. */
#ifndef NET_FIREWALL_H
#define NET_FIREWALL_H

#include "core/types.h"

/* What happens to a packet that is not allowed: REFUSE answers TCP with RST and the rest with ICMP
 * 3/13 (administratively prohibited), DROP says nothing. */
typedef enum net_verdict { NET_ALLOW, NET_REFUSE, NET_DENY } net_verdict;

#define NET_FIREWALL_PORTS_MAX 8

typedef struct net_firewall_options {
    const char *name;       /* the preset, or NULL: no firewall at all */
    net_verdict udp_out;
    net_verdict tcp_out;    /* for ports not in the list below */
    uint16_t tcp_out_ports[NET_FIREWALL_PORTS_MAX]; /* allowed whatever tcp_out says; 0 ends the list */
    uint16_t udp_out_ports[NET_FIREWALL_PORTS_MAX]; /* likewise of udp_out */
    pl_addr proxy;          /* TCP to this one endpoint is allowed whatever tcp_out says; ip 0 = none */
    net_verdict icmp_out;
    net_verdict tcp_in;     /* unsolicited TCP */
    net_verdict udp_in;     /* unsolicited UDP, and unsolicited ICMP echo */
    /* "Block a port": destination ports that never pass, out or in, state or none; 0 ends the list. */
    uint16_t tcp_blocked_ports[NET_FIREWALL_PORTS_MAX];
    uint16_t udp_blocked_ports[NET_FIREWALL_PORTS_MAX];
    net_verdict blocked;    /* what blocked ports get: REFUSE or DENY */
    pl_span udp_state_ns;   /* a flow (UDP, ICMP) may be answered so long after its last packet, either way */
    pl_span tcp_state_ns;   /* likewise for TCP that is not closing */
} net_firewall_options;

typedef struct net_firewall_preset_row {
    const char *name; /* also of "none", whose options have no name */
    const char *help;
    net_firewall_options options;
} net_firewall_preset_row;

/* Every preset lives as long as the program, and so must the `name` of any options.
 *
 * Presets: "none", "stateful" (all out, nothing unsolicited in), "udp-blocked" (TCP out only), "web-only"
 * (TCP 80 and 443 out only, rest dropped), "only-443", "refuse-all", "drop-all", "tcp-in-refused" (TCP
 * from outside is answered by RST), "udp-refused" (as udp-blocked, with ICMP 3/13 for the rest), "dns-only" (as
 * udp-blocked, with UDP to port 53), "udp-only-blocked"
 * (as udp-blocked, with ICMP), "echo-only" (nothing but ICMP out), "proxy-only" (nothing until `proxy` is set), each with a help line.  NULL
 * if unknown. */
const net_firewall_options *net_firewall_preset(const char *name);
/* Names and help lines in order; returns how many. */
size_t net_firewall_presets(const net_firewall_preset_row **ret_rows);

#endif
