/* ahead.h - packets that are judged on their way out when they are sent, and need no event of their own at the
 * end of their uplink.
 *
 * Private to sim/net.  A packet may be judged ahead of the instant at which it leaves its uplink where nobody
 * could tell: no firewall sees it, one NAT box at most does, which has its mapping already and would keep it
 * until then, and the way to its destination is known.  What opens, closes or refuses something waits for its
 * instant.  Whether an observer watches has no part in it. */
#ifndef NET_AHEAD_H
#define NET_AHEAD_H

#include "sim/net/net_private.h"

/* Takes a packet that a host has just sent, and that will leave the uplink at `out`, through the box above its
 * realm.  The route from there, or NULL if the packet must wait; then nothing has happened to it. */
const net_route *net_ahead(net *network, net_flight *flight, pl_time out);

#endif
