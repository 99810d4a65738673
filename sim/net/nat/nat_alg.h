/* nat_alg.h - the application-level gateway that nobody asked for (RFC 4787 REQ-10, RFC 5382 REQ-6 broken).
 *
 * Private to sim/net. */
#ifndef NET_NAT_ALG_H
#define NET_NAT_ALG_H

#include "sim/net/store/pool.h"

/* Replaces an endpoint by another wherever a packet's payload shows its address: four bytes in network order,
 * with its port if that stands before them (as in STUN's MAPPED-ADDRESS) or behind (as in most others); or
 * dotted text, with ":port" if that follows.  Text of another length moves what follows it; TCP segments,
 * whose numbers would have to follow for ever, are changed only where the length stays, and no payload
 * outgrows its buffer. */
void net_nat_alg_rewrite(net_flight *flight, pl_addr from, pl_addr to);

#endif
