/* ahead.c - packets that are judged on their way out when they are sent. */
#include "sim/net/ahead.h"

/* A box and the core of the network take a hop each, and a packet must have one left. */
#define HOPS 2

/* Through the box above a realm, if it is the last one and the packet does no more there than pass.  A route is
 * kept, so the packet does not stay in the realm, nor turn back at its box. */
static bool leave(net *network, net_flight *flight, pl_time out)
{
    net_site *site = net_site_at(network, flight->realm);
    const uint32_t mtu = site->nat.kind->options.mtu;
    if (site->parent != NET_PUBLIC_REALM || site->firewall || net_packet_is_part(&flight->packet) ||
        net_packet_bytes(&flight->packet) > mtu)
        return false;
    if (site->nat.kind->options.name && !net_nat_box_out_ahead(&network->nat, &site->nat, &flight->packet, out))
        return false;
    flight->packet.ttl--;
    return true;
}

const net_route *net_ahead(net *network, net_flight *flight, pl_time out)
{
    const net_host *host = net_host_at(network, flight->near);
    if (host->out_state.guarded || flight->packet.ttl <= HOPS || !network->routes.slots)
        return NULL;
    const net_route *route = net_routes_find(&network->routes, flight->near, flight->packet.destination.ip);
    if (!route)
        return NULL;
    return flight->realm == NET_PUBLIC_REALM || leave(network, flight, out) ? route : NULL;
}
