/* nat_ports.h - which outside address and port a new mapping gets.
 *
 * Private to sim/net. */
#ifndef NET_NAT_PORTS_H
#define NET_NAT_PORTS_H

#include "sim/net/nat/nat_box.h"

typedef struct net_nat_port {
    uint32_t place;
    uint16_t port;
} net_nat_port;

/* Chooses by the box's policy, or by `policy` for once.  False if no port is left. */
bool net_nat_ports_choose(net_nat_table *table, net_nat_box *box, const net_mapping_key *key,
                          net_nat_ports policy, net_nat_port *ret_port, pl_time now);
/* The outside address that a new mapping of an inside host tries first, as a number within the pool. */
uint32_t net_nat_ports_address(net_nat_box *box, uint32_t inside_ip);
/* Whether the box has the very port free that an inside endpoint has, on the address it tries first. */
bool net_nat_ports_keeps(net_nat_table *table, net_nat_box *box, const net_mapping_key *key, pl_time now);

#endif
