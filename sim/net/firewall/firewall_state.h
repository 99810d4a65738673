/* firewall_state.h - a firewall at work: its flows, and the judgement of one packet.
 *
 * Private to sim/net.  The flows of all firewalls of a network live in one table; a firewall that lets
 * everything through keeps none. */
#ifndef NET_FIREWALL_STATE_H
#define NET_FIREWALL_STATE_H

#include "sim/net/firewall.h"
#include "sim/net/packet.h"
#include "sim/net/store/slab.h"

typedef struct net_firewall_flows {
    net_slab slab;
    net_chain chain;
} net_firewall_flows;

/* One firewall, of a host or of a site. */
typedef struct net_firewall {
    net_firewall_options options;
    uint32_t id;   /* unique in the network */
    uint32_t ring; /* its flows */
} net_firewall;

typedef enum net_direction { NET_OUTWARD, NET_INWARD } net_direction;

void net_firewall_flows_init(net_firewall_flows *flows);
void net_firewall_flows_clear(net_firewall_flows *flows);
size_t net_firewall_flows_memory(const net_firewall_flows *flows);

/* Judges a packet whose inside endpoint shows the inside address, and keeps or opens the state that lets
 * the other side answer. */
net_verdict net_firewall_judge(net_firewall_flows *flows, net_firewall *firewall, const net_packet *packet,
                               net_direction direction, pl_time now);
/* Forgets every flow, as a reboot does. */
void net_firewall_forget(net_firewall_flows *flows, net_firewall *firewall);

#endif
