/* path_nat.c - a packet at a NAT box: translation, the payload's too, and what the box says to strangers. */
#include "sim/net/answer.h"
#include "sim/net/nat/nat_alg.h"
#include "sim/net/path/path.h"

/* spec: RFC 5382 REQ-4, the least time before an unsolicited SYN may be answered. */
#define SYN_ANSWER_AFTER (6 * PL_SECOND)

net_drop net_path_meddle_out(net *network, net_nat_box *box, net_flight *flight, net_drop *ret_clash,
                             pl_time now)
{
    const pl_addr inside = flight->packet.source;
    const uint64_t remaps = network->nat.remaps;
    const net_drop drop = net_nat_box_out(&network->nat, box, &flight->packet, now);
    if (drop != NET_DROP_NONE)
        return drop;
    if (network->nat.remaps != remaps) {
        *ret_clash = NET_DROP_CLASH;
        network->stats.remaps = network->nat.remaps;
    }
    if (box->kind->options.alg != NET_ALG_OFF)
        net_nat_alg_rewrite(flight, inside, flight->packet.source);
    return NET_DROP_NONE;
}

net_drop net_path_meddle_in(net *network, net_nat_box *box, net_flight *flight, pl_time now)
{
    const pl_addr outside = flight->packet.destination;
    const net_drop drop = net_nat_box_in(&network->nat, box, &flight->packet, now);
    if (drop != NET_DROP_NONE)
        return drop;
    if (box->kind->options.hairpin == NET_HAIRPIN_INTERNAL)
        net_nat_box_reveal(&network->nat, box, &flight->packet, outside);
    if (box->kind->options.alg != NET_ALG_OFF)
        net_nat_alg_rewrite(flight, outside, flight->packet.destination);
    return NET_DROP_NONE;
}

/* A SYN that waits for its answer; all that is kept of it is the header. */
static void on_syn_due(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    net_flight *held = arg;
    const net_realm realm = held->owner;
    const net_site *site = net_site_at(network, realm);
    const net_packet syn = net_path_as_met(held);
    net_packet answer;
    if (held->near == site->nat.boots && !net_nat_box_called(&network->nat, &site->nat, &held->packet, now) &&
        net_answer_icmp(&syn, syn.destination.ip, NET_ICMP_PORT_UNREACHABLE, &answer))
        net_path_send_back(network, &answer, held->met_realm, held->turned, site->first_host, now);
    net_pool_give(&network->pool, held);
}

/* Keeps a SYN in mind; a reboot makes the box forget it. */
static void answer_later(net *network, const net_flight *flight, net_realm realm, pl_time now)
{
    net_packet header = flight->packet;
    header.payload_len = 0;
    net_flight *held = net_pool_take(&network->pool, &header);
    held->owner = realm;
    held->near = net_site_at(network, realm)->nat.boots;
    held->turned = flight->turned;
    held->met_realm = flight->met_realm;
    held->met_destination = flight->met_destination;
    network->ops->at(network->engine, now + SYN_ANSWER_AFTER, on_syn_due, network, held);
}

static bool is_bare_syn(const net_packet *packet)
{
    return packet->protocol == PL_PROTOCOL_TCP && (packet->tcp_flags & NET_TCP_SYN) &&
           !(packet->tcp_flags & NET_TCP_ACK);
}

static bool answer_syn(net *network, const net_flight *flight, net_realm realm, net_packet *ret_answer,
                       pl_time now)
{
    const net_packet syn = net_path_as_met(flight);
    const uint32_t from = syn.destination.ip;
    switch (net_site_at(network, realm)->nat.kind->options.unsolicited_syn) {
    case NET_SYN_SILENT:
        return false;
    case NET_SYN_RST:
        return net_answer_refusal(&syn, from, ret_answer);
    case NET_SYN_ICMP:
        return net_answer_icmp(&syn, from, NET_ICMP_PORT_UNREACHABLE, ret_answer);
    case NET_SYN_ICMP_LATE:
        answer_later(network, flight, realm, now);
        return false;
    }
    g_assert_not_reached();
}

/* What the own stack of the box says to a datagram that it took. */
static bool answer_datagram(const net_nat_options *options, const net_flight *flight, net_packet *ret_answer)
{
    const net_packet datagram = net_path_as_met(flight);
    return datagram.protocol == PL_PROTOCOL_UDP && options->strangers == NET_STRANGERS_ANSWERED &&
           net_answer_icmp(&datagram, datagram.destination.ip, NET_ICMP_PORT_UNREACHABLE, ret_answer);
}

void net_path_end_stranger(net *network, net_flight *flight, net_realm realm, net_drop drop, pl_time now)
{
    const net_site *site = net_site_at(network, realm);
    net_packet answer;
    bool answers = false;
    if (!net_nat_box_has(&site->nat, flight->packet.destination.ip))
        answers = false; /* an address that the box had once: nobody is there */
    else if (is_bare_syn(&flight->packet))
        answers = answer_syn(network, flight, realm, &answer, now);
    else
        answers = answer_datagram(&site->nat.kind->options, flight, &answer);
    net_path_end_at(network, flight, drop, net_spot_of_site(site), answers ? &answer : NULL, now);
}
