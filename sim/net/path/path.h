/* path.h - what the parts of a packet's path ask of each other.
 *
 * Private to sim/net: path.c moves packets between their two ends, path_host.c is those ends, path_nat.c takes
 * packets through NAT boxes, path_fragment.c cuts and joins, path_answer.c answers what ended. */
#ifndef NET_PATH_H
#define NET_PATH_H

#include "sim/net/net_private.h"

/* Where something happens to a packet, for the observer. */
typedef struct net_spot {
    const char *name;
    sim_host owner;
} net_spot;

static const net_spot net_nowhere = {.name = NULL, .owner = NET_NO_HOST};

static inline net_spot net_spot_of_site(const net_site *site)
{
    return (net_spot){.name = site->name, .owner = site->first_host};
}

/* A packet on its way down as it was when that began: what its sender's side must be shown of it. */
static inline net_packet net_path_as_met(const net_flight *flight)
{
    net_packet packet = flight->packet;
    packet.destination = flight->met_destination;
    return packet;
}

/* path.c: ends a packet. */
void net_path_end(net *network, net_flight *flight, net_step step, net_drop drop, net_spot where,
                  pl_time now);
/* path.c: a packet that a box made, in a given realm. */
net_flight *net_path_make(net *network, const net_packet *packet, net_realm realm);
/* path.c: hands a packet whose owner is known from the way up to the way down. */
void net_path_meet(net *network, net_flight *flight, pl_time now);

/* path_host.c: a step at a host's stack, at no box. */
void net_path_sight_stack(net *network, const net_flight *flight, net_step step, sim_host at, pl_time now);
/* path_host.c: the packet is before the host's firewall and downlink. */
void net_path_knock(net *network, net_flight *flight, pl_time now);
/* path_host.c: the packet is at its host's stack. */
void net_path_hand_over(net *network, sim_host host, net_flight *flight, pl_time now);
/* path_host.c: sends a packet through one direction of a host's link; false if it ended there. */
bool net_path_cross_link(net *network, net_flight *flight, sim_host host, net_link_direction *direction,
                         const net_link_options *link, uint64_t rate_bps, pl_time *ret_out, pl_time now);
/* path_host.c: what a firewall (NULL: none) says to a packet. */
net_verdict net_path_judge(net *network, net_firewall *firewall, const net_flight *flight,
                           net_direction direction, pl_time now);
/* path_host.c: ends a packet on its way in at a firewall.  The answer starts where the packet's way down began,
 * with the addresses that it had there, so that it finds the same boxes on its way back to the sender. */
void net_path_refuse_in(net *network, net_flight *flight, net_spot where, pl_time now);

/* path_answer.c: what a box says to a packet that it does not let pass, `mtu` being what would fit; false:
 * nothing. */
bool net_path_answer(const net *network, const net_packet *packet, uint32_t from, net_drop drop, uint32_t mtu,
                     net_packet *ret_answer);
/* path_answer.c: sends a packet that a box made from the realm where another's way down began; `turned` is
 * what that one had, `near` a host near the box. */
void net_path_send_back(net *network, const net_packet *answer, net_realm realm, uint32_t turned,
                        sim_host near, pl_time now);
/* path_answer.c: ends a packet on its way in.  The answer (NULL: none) starts where the packet's way down
 * began, so that it finds the same boxes on its way back to the sender. */
void net_path_end_at(net *network, net_flight *flight, net_drop drop, net_spot where,
                     const net_packet *answer, pl_time now);
/* path_answer.c: ends a packet that has no hop left for the router or box of a realm, on its way in. */
void net_path_end_hopless(net *network, net_flight *flight, net_realm realm, pl_time now);
/* path_answer.c: the same in the middle of the public realm, on a way that takes `latency`. */
void net_path_end_hopless_public(net *network, net_flight *flight, pl_span latency, pl_time now);
/* path_answer.c: ends a packet among the public realm's routers; what answers it (NULL: nothing) takes
 * `latency`. */
void net_path_end_public(net *network, net_flight *flight, net_drop drop, const net_packet *answer,
                         pl_span latency, pl_time now);
/* path_answer.c: ends a packet to an address that nobody in the public realm has.  The first router says so,
 * if it says anything. */
void net_path_lose(net *network, net_flight *flight, pl_time now);

/* path.c: a packet goes up from its realm; an event. */
void net_path_climb(void *ctx, void *arg, pl_time now);
/* path.c: crosses the box of a realm with a packet that shows its ports; false if it ended there. */
bool net_path_pass(net *network, net_flight *flight, net_realm realm, net_direction direction, pl_time now);

typedef void (*net_send_part_fn)(net *network, sim_host host, const net_packet *part, pl_time now);
/* path_fragment.c: sends a packet that is larger than its host's link in fragments. */
void net_path_send_parts(net *network, const net_packet *packet, net_send_part_fn send, sim_host host, pl_time now);
/* path_fragment.c: cuts a packet on its way, in order; each of its fragments goes on by itself. */
void net_path_cut(net *network, net_flight *flight, uint32_t mtu, sim_event_fn go_on, pl_time now);
/* path_fragment.c: whether a packet from outside fits the link to the box of a realm.  If not it has been cut by the
 * router there, or ended. */
bool net_path_fits_in(net *network, net_flight *flight, net_realm realm, pl_time now);
/* path_fragment.c: makes a SYN name no larger segment than fits. */
void net_path_clamp(net_packet *packet, uint32_t mtu);
/* path_fragment.c: crosses the box of a realm with a fragment; false if it ended there, or waits. */
bool net_path_pass_part(net *network, net_flight *flight, net_realm realm, net_direction direction, pl_time now);
/* path_fragment.c: takes a fragment to its host's stack, which gets the datagram when it is whole. */
void net_path_assemble(net *network, sim_host host, net_flight *flight, pl_time now);

/* path_nat.c: takes a packet out through a box that meddles.  NET_DROP_NONE if it passed; then *ret_clash
 * says whether its flow had to get another port than its endpoint has. */
net_drop net_path_meddle_out(net *network, net_nat_box *box, net_flight *flight, net_drop *ret_clash,
                             pl_time now);
/* path_nat.c: likewise in. */
net_drop net_path_meddle_in(net *network, net_nat_box *box, net_flight *flight, pl_time now);
/* path_nat.c: ends a packet that the box of a realm does not let in, with the box's answer if it has one. */
void net_path_end_stranger(net *network, net_flight *flight, net_realm realm, net_drop drop, pl_time now);

#endif
