/* reassembly.h - datagrams that arrive at hosts in fragments, put together again (RFC 791 §3.2, RFC 1122
 * §3.3.2).
 *
 * Private to sim/net: what a host's IP does, for the stacks of both engines.  A host has few datagrams under
 * way at once; when a new one finds no room, the oldest is given up. */
#ifndef NET_REASSEMBLY_H
#define NET_REASSEMBLY_H

#include "core/types.h"
#include "sim/net/packet.h"

/* chosen: what Linux waits (ipfrag_time); RFC 1122 asks for 60 to 120 s, of hosts that had less to lose. */
#define NET_REASSEMBLY_TIME (30 * PL_SECOND)
#define NET_REASSEMBLY_MAX  16 /* chosen: of one host; 64 kB each */

typedef struct net_reassembly net_reassembly;

net_reassembly *net_reassembly_new(void);
void net_reassembly_free(net_reassembly *reassembly);
/* Takes a fragment that a host got.  True if it was the last one that was missing: then *ret_whole is the
 * datagram, and its payload is the caller's (g_free).  A fragment that comes twice is nothing new; one that
 * overlaps another ends the datagram, and so does time, counted from the first of its fragments that came. */
bool net_reassembly_add(net_reassembly *reassembly, uint32_t host, const net_packet *fragment,
                        net_packet *ret_whole, pl_time now);

#endif
