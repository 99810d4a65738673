/* nat_session.h - what a mapping remembers of each remote: who may answer, and where a TCP connection is.
 *
 * Private to sim/net. */
#ifndef NET_NAT_SESSION_H
#define NET_NAT_SESSION_H

#include "sim/net/nat/nat_box.h"

/* Notes that a packet went out through a live or new mapping, and sets how long both live. */
void net_nat_session_out(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                         pl_time now);
/* The same for a packet that will go out at `when`, if all that it would find is there and lives until then, so
 * that it does no more than prolong it; else false, and nothing is noted.  Not for TCP, whose connections end. */
bool net_nat_session_out_ahead(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                               const net_packet *packet, pl_time when);
/* Whether the box's filter lets a packet from outside through a live mapping. */
bool net_nat_session_admits(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                            const net_packet *packet, pl_time now);
/* Notes that an admitted packet came in. */
void net_nat_session_in(net_nat_table *table, net_nat_box *box, uint32_t mapping, const net_packet *packet,
                        pl_time now);
/* Whether a SYN has gone out on the connection with a remote, which lives. */
bool net_nat_session_called(net_nat_table *table, uint32_t mapping, pl_addr remote, pl_time now);

#endif
