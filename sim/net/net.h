/* net.h - the network between hosts: access links, path latency, loss, firewalls and NAT boxes.
 *
 * Pure C, used by both engines; the only room with link, NAT and random state.  A packet crosses
 *
 *   access uplink (rate, queue, delay, jitter, loss) → host firewall, NAT boxes on the way out
 *   → path latency → loss → NAT boxes, firewall on the way in (judged in an event of its own at the
 *   instant of arrival) → access downlink (queue, delay, jitter, loss) → host
 *
 * Realms form a tree: the public realm is 0; every other realm hangs below its parent through one NAT
 * box.  Hosts are found by (realm, address), so equal private prefixes are no trouble.  A packet
 * climbs from its realm towards the public one until a realm knows the destination. */
#ifndef NET_NET_H
#define NET_NET_H

#include "sim/engine.h"
#include "sim/net/drop.h"
#include "sim/net/firewall.h"
#include "sim/net/latency.h"
#include "sim/net/link.h"
#include "sim/net/nat.h"

typedef struct net net;
typedef uint32_t net_realm;
#define NET_PUBLIC_REALM ((net_realm)0)

/* The steps of a packet's life that an observer sees. */
typedef enum net_step {
    NET_STEP_SENT,       /* left its host's stack */
    NET_STEP_TRANSLATED, /* crossed a box; the packet shows the new addresses */
    NET_STEP_DROPPED,    /* ended, with a cause, at a box (or none) */
    NET_STEP_REJECTED,   /* ended at a box, which answers with RST or ICMP (cause says why) */
    NET_STEP_DELIVERED   /* reached its host's stack */
} net_step;

typedef struct net_sighting {
    net_step step;
    net_drop drop;            /* of DROPPED and REJECTED; of TRANSLATED: CLASH if the flow's port had to change */
    sim_host from;            /* host whose stack sent it; NET_NO_HOST for packets that a box made */
    sim_host at;              /* DELIVERED: the host; else NET_NO_HOST */
    const char *box;          /* name of the NAT or firewall, or NULL */
    sim_host box_owner;       /* a host behind (or with) that box, for drawing; NET_NO_HOST if none */
    const net_packet *packet; /* as it looks at this step; packet->serial ties the steps together */
} net_sighting;

#define NET_NO_HOST UINT32_MAX

/* Called synchronously; must not touch the network. */
typedef void (*net_observer_fn)(void *ctx, const net_sighting *sighting, pl_time now);

/* What the public realm does with a packet to a private address (RFC 1918, RFC 6598) that nobody has there:
 * nothing, or ICMP 3/0 or 3/1 from its first router. */
typedef enum net_private_destinations {
    NET_PRIVATE_VANISH,
    NET_PRIVATE_NET_UNREACHABLE,
    NET_PRIVATE_HOST_UNREACHABLE
} net_private_destinations;

/* What a router says of a packet whose TTL ran out: ICMP 11/0 (RFC 792), or nothing. */
typedef enum net_ttl_answer { NET_TTL_ANSWERED, NET_TTL_SILENT } net_ttl_answer;

typedef struct net_options {
    uint64_t seed;
    uint32_t replication;
    net_latency_options latency;
    net_private_destinations private_destinations;
    net_ttl_answer ttl;
} net_options;

typedef struct net_host_options {
    const char *name;      /* copied; names the host's random streams, so it must be unique */
    net_realm realm;
    uint32_t ip;           /* unique within the realm */
    net_link_options link;
    net_firewall_options firewall; /* the host's own */
} net_host_options;

typedef struct net_realm_options {
    const char *name;      /* of the box; copied; names its random stream */
    net_realm parent;
    uint32_t external_ip;  /* the box's address in the parent realm; the first of nat.pool consecutive ones */
    net_nat_options nat;
    net_firewall_options firewall; /* of the site, at the same box: judged before translation on the
                                    * way out, after it on the way in */
    bool isolated;         /* hosts of the realm, and realms below it, reach each other through the box or
                            * not at all */
} net_realm_options;

/* NULL and a sentence in *ret_error (g_free) when the latency policy is unknown or its file is bad. */
net *net_new(const net_options *options, char **ret_error);
void net_free(net *network);
/* Ties the network to the engine that runs it.  Once, before the first packet. */
void net_attach(net *network, const sim_engine_ops *ops, sim_engine *engine);
/* The face to create the engine with. */
sim_network_face net_face(net *network);

/* Adds a realm behind a new box.  */
net_realm net_realm_add(net *network, const net_realm_options *options);
/* Adds a host; numbers are dense from 0. */
sim_host net_host_add(net *network, const net_host_options *options);
/* Marks a host up or down; packets to a host that is down are dropped. */
void net_host_set_up(net *network, sim_host host, bool up);
/* Puts a host on a side of the partition that there is: what one side sends to the other does not arrive. */
typedef enum net_side { NET_SIDE_NONE, NET_SIDE_A, NET_SIDE_B } net_side;
void net_host_set_side(net *network, sim_host host, net_side side);
/* Changes act on packets sent after them. */
void net_host_set_link(net *network, sim_host host, const net_link_options *link);
void net_host_set_firewall(net *network, sim_host host, const net_firewall_options *firewall);
const net_link_options *net_host_link(const net *network, sim_host host);
const net_firewall_options *net_host_firewall(const net *network, sim_host host);
/* Bytes above the IP header that the host's stack has sent, and that were delivered to it, so far. */
uint64_t net_host_bytes(const net *network, sim_host host);
/* From now on the host's packets are counted as its bytes are; and how many they were since. */
void net_host_count_packets(net *network, sim_host host);
uint64_t net_host_packets(const net *network, sim_host host);
/* The firewall of the site (the box above the host's realm); for the timeline's "block a port". */
void net_realm_set_firewall(net *network, net_realm realm, const net_firewall_options *firewall);

/* Restarts the box above a realm: its mappings and its firewall's state are lost. */
void net_realm_reboot(net *network, net_realm realm, pl_time now);
/* Gives the box a new outside address, free in the parent realm (with a pool: the first of as many).  Its
 * mappings are gone; packets to the old address, those on their way included, find nobody. */
void net_realm_set_external(net *network, net_realm realm, uint32_t ip, pl_time now);
/* Moves a host to an address that is free in a realm.  What is on its way to the old address finds nobody;
 * what has left the host goes on.  The host keeps its link, its firewall and its place; its stack must be told by
 * whoever moves it. */
void net_host_move(net *network, sim_host host, net_realm realm, uint32_t ip);
/* One-way latency of the path between two hosts, without their access links. */
pl_span net_latency_between(const net *network, sim_host a, sim_host b);
uint32_t net_host_ip(const net *network, sim_host host);
net_realm net_host_realm(const net *network, sim_host host);

/* Takes a packet from a host's stack (the face's `send`). */
void net_send(net *network, sim_host host, const net_packet *packet, pl_time now);

void net_set_observer(net *network, net_observer_fn observer, void *ctx);

typedef struct net_stats {
    uint64_t packets;  /* submitted by stacks */
    uint64_t bytes;    /* their length on the wire */
    uint64_t delivered;
    uint64_t drops[32];/* by net_drop */
    uint64_t remaps;   /* clashes: flows that got another port than their endpoint has */
} net_stats;
const net_stats *net_statistics(const net *network);
/* Bytes of memory that the network holds, by struct, for the byte budget table. */
size_t net_memory(const net *network);

#endif
