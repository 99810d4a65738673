/* warm.c - what a packet will touch, link by link.  A wrong guess costs a cache line and nothing else: the
 * first record of a hash chain is taken for the one that will be found. */
#include "sim/net/warm.h"

#include "core/port.h"
#include "sim/net/nat_session.h"
#include "sim/net/net_private.h"

#define LINE 64u /* chosen: bytes of a cache line on the processors of today */

static void fetch(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += LINE)
        __builtin_prefetch((const char *)from + at);
}

static void fetch_host(const net *network, sim_host host)
{
    if (host < network->hosts.used)
        fetch(net_host_at(network, host), sizeof(net_host));
}

/* The packet is about to leave its uplink: its host, the box above, then mapping and session. */
static void warm_out(const net *network, const net_flight *flight, unsigned stage)
{
    if (stage == 1) {
        fetch_host(network, flight->from);
        return;
    }
    const net_realm realm = net_host_at(network, flight->from)->realm;
    if (stage == 2) {
        fetch(net_site_at(network, realm), realm ? sizeof(net_site) : 0);
        net_addresses_warm(&network->addresses, realm, flight->packet.destination.ip);
        net_addresses_warm(&network->addresses, NET_PUBLIC_REALM, flight->packet.destination.ip);
        return;
    }
    if (realm)
        net_nat_warm_out(&network->nat, &net_site_at(network, realm)->nat, &flight->packet, stage - 3);
}

/* The packet is about to arrive: the box, its mapping and session, and the host behind it. */
static void warm_in(const net *network, const net_flight *flight, unsigned stage)
{
    if (!(flight->owner & NET_OWNER_BOX)) {
        if (stage == 1)
            fetch_host(network, flight->owner);
        return;
    }
    const net_site *site = net_site_at(network, flight->owner & ~NET_OWNER_BOX);
    if (stage == 1) {
        fetch(site, sizeof *site);
        return;
    }
    if (stage == 2)
        fetch_host(network, site->first_host);
    if (stage == 3 && site->first_host < network->hosts.used)
        net_addresses_warm(&network->addresses, flight->owner & ~NET_OWNER_BOX,
                           net_host_at(network, site->first_host)->ip);
    net_nat_warm_in(&network->nat, &site->nat, &flight->packet, stage - 2);
}

void net_warm(sim_event_fn fn, void *ctx, const void *arg, unsigned stage)
{
    const net *network = ctx;
    const net_flight *flight = arg;
    const bool out = fn == net_path_uplink_end, in = fn == net_path_arrival;
    if (!out && !in && fn != net_path_downlink_end)
        return;
    if (stage == 0)
        fetch(flight, offsetof(net_flight, packet) + offsetof(net_packet, options));
    else if (out)
        warm_out(network, flight, stage);
    else if (in)
        warm_in(network, flight, stage);
    else if (stage == 1) {
        fetch_host(network, flight->owner);
        if (network->ops->warm_host)
            network->ops->warm_host(network->engine, flight->owner, 0);
    } else if (network->ops->warm_host) {
        network->ops->warm_host(network->engine, flight->owner, stage - 1);
    }
}
