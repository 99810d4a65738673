/* nat_life.h - mappings begin, end, rest and are swept; whether a box has room for another.
 *
 * Private to sim/net. */
#ifndef NET_NAT_LIFE_H
#define NET_NAT_LIFE_H

#include "sim/net/nat/nat_box.h"

/* Binds a port that is free to a key.  The mapping has no life yet: whoever begins it sets its expires_at. */
uint32_t net_nat_life_begin(net_nat_table *table, net_nat_box *box, const net_mapping_key *key,
                            uint32_t place, uint16_t port, net_mapping_kind kind, pl_time now);
/* Ends a mapping that has expired: its port is free, or rests if the box holds ports down. */
void net_nat_life_end(net_nat_table *table, net_nat_box *box, uint32_t mapping, pl_time now);
/* Ends a mapping, whether it lives or not, and frees its port. */
void net_nat_life_release(net_nat_table *table, net_nat_box *box, uint32_t mapping);
/* Who has a port (for a remote, where ports are overloaded), 0 if nobody; frees a port whose time is over. */
uint32_t net_nat_life_taken(net_nat_table *table, net_nat_box *box, const net_port_key *port, pl_addr remote,
                            pl_time now);
/* Looks at a few mappings and frees those whose time is over; once for each mapping that is made. */
void net_nat_life_sweep(net_nat_table *table, net_nat_box *box, pl_time now);
/* Whether the box is at its limit of mappings. */
bool net_nat_life_is_full(net_nat_table *table, net_nat_box *box, pl_time now);
/* The holder that counts the mappings of an inside endpoint, where the box keeps holders; 0 = none. */
uint32_t net_nat_life_holder(const net_nat_table *table, const net_nat_box *box, uint8_t protocol,
                             pl_addr inside);

#endif
