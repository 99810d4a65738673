/* cut.h - a packet cut into fragments (RFC 791 §3.2).
 *
 * Private to sim/net.  Pure functions.  What is cut may be a fragment itself: its parts take its place. */
#ifndef NET_CUT_H
#define NET_CUT_H

#include "sim/net/packet.h"

/* How many packets of at most `mtu` bytes carry a packet; 1 if it fits. */
size_t net_cut_count(const net_packet *packet, uint32_t mtu);
/* The part of that number, from 0; its payload is borrowed from the packet's.  `identification` is for parts
 * of a whole: a fragment's parts keep that of theirs. */
net_packet net_cut_part(const net_packet *packet, uint32_t mtu, size_t number, uint16_t identification);

#endif
