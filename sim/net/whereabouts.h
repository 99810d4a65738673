/* whereabouts.h - who has which address in which realm, and how that changes.
 *
 * Private to sim/net. */
#ifndef NET_WHEREABOUTS_H
#define NET_WHEREABOUTS_H

#include "sim/net/net_private.h"

/* Makes a host's address known in its realm and, through routers, above it; counts the host there. */
void net_whereabouts_add_host(net *network, sim_host host);
/* Likewise the outside addresses of the box above a realm, in the parent realm. */
void net_whereabouts_add_box(net *network, net_realm realm);

#endif
