/* sight.h - what the observer of a network sees of a packet's steps.
 *
 * Private to sim/net.  Nobody watches most runs, so what only an observer asks for is out of the packet's way. */
#ifndef NET_SIGHT_H
#define NET_SIGHT_H

#include "sim/net/net_private.h"

/* Shows a step to the observer, which must be there; `from` and `packet` of the sighting are the flight's. */
void net_sight(net *network, const net_flight *flight, net_sighting sighting, pl_time now);
/* Shows that a packet has crossed the box of a site; `why` is NET_DROP_CLASH if it had to get another port. */
void net_sight_crossing(net *network, const net_flight *flight, net_drop why, const net_site *site, pl_time now);
/* Shows it when `out` comes, as the packet looks now: it was judged ahead, and its realm is still the inner one. */
void net_sight_crossing_at(net *network, const net_flight *flight, pl_time out);

#endif
