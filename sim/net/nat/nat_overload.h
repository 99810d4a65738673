/* nat_overload.h - ports that are taken for one remote only: what Linux's masquerade does.
 *
 * Private to sim/net.  "Free" is judged on the 5-tuple over all flows, those of strangers to the box itself
 * included; that makes the box endpoint-independent until a clash, and no longer (RFC 4787 REQ-3 and 11 are
 * broken). */
#ifndef NET_NAT_OVERLOAD_H
#define NET_NAT_OVERLOAD_H

#include "sim/net/nat/nat_ports.h"

/* Chooses the port of a new flow, and counts it as a remap if it is not the one that its endpoint would have
 * shown.  False if no port is left. */
bool net_nat_overload_choose(net_nat_table *table, net_nat_box *box, const net_mapping_key *flow,
                             net_nat_port *ret_port, pl_time now);
/* Lets the box's own stack take a datagram from outside that is for no live flow, if it does so; `expired` is
 * the flow that it was for, 0 = none. */
void net_nat_overload_accept(net_nat_table *table, net_nat_box *box, uint32_t expired,
                             const net_packet *packet, pl_time now);
/* Whether a mapping is the own stack's; then why a packet for it ends: CLASH if a flow from inside had to
 * give way to it. */
net_drop net_nat_overload_stranger(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                                   pl_time now);

#endif
