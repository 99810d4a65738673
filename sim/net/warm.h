/* warm.h - prefetches what the next step of a packet will touch, while other packets are at work.
 *
 * Private to sim/net.  With 10^5 hosts nearly every record that a packet needs lies in far memory, and one
 * leads to the next: flight → host → box → mapping → session.  An engine that knows which events are near
 * (sim_warm_fn) has this called for each of them, some events ahead, once a link of that chain. */
#ifndef NET_WARM_H
#define NET_WARM_H

#include "sim/engine.h"

/* A sim_warm_fn; changes nothing, and knows only the network's own events. */
void net_warm(sim_event_fn fn, void *ctx, const void *arg, unsigned stage);

#endif
