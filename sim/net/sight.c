/* sight.c - what the observer of a network sees of a packet's steps. */
#include "sim/net/sight.h"

void net_sight(net *network, const net_flight *flight, net_sighting sighting, pl_time now)
{
    sighting.from = flight->from;
    sighting.packet = &flight->packet;
    network->observer(network->observer_ctx, &sighting, now);
}

void net_sight_crossing(net *network, const net_flight *flight, net_drop why, const net_site *site, pl_time now)
{
    if (network->observer)
        net_sight(network, flight,
                  (net_sighting){.step = NET_STEP_TRANSLATED,
                                 .drop = why,
                                 .at = NET_NO_HOST,
                                 .box = site->name,
                                 .box_owner = site->first_host},
                  now);
}

/* What comes is a copy that was made for the observer alone. */
static void on_crossing(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    net_flight *copy = arg;
    net_sight_crossing(network, copy, NET_DROP_NONE, net_site_at(network, copy->realm), now);
    net_pool_give(&network->pool, copy);
}

void net_sight_crossing_at(net *network, const net_flight *flight, pl_time out)
{
    if (!network->observer)
        return;
    net_flight *copy = net_pool_take(&network->pool, &flight->packet);
    copy->from = flight->from;
    copy->realm = flight->realm;
    network->ops->at(network->engine, out, on_crossing, network, copy);
}
