/* path_answer.c - what comes back of a packet that ended on its way: RSTs and ICMP errors, and where they
 * start. */
#include "sim/net/answer.h"
#include "sim/net/path/path.h"

bool net_path_answer(const net *network, const net_packet *packet, uint32_t from, net_drop drop, uint32_t mtu,
                     net_packet *ret_answer)
{
    if (drop == NET_DROP_TOO_BIG) {
        const bool answers = net_answer_icmp(packet, from, NET_ICMP_TOO_BIG, ret_answer);
        ret_answer->next_mtu = (uint16_t)mtu;
        return answers;
    }
    if (drop == NET_DROP_TTL)
        return network->ttl == NET_TTL_ANSWERED &&
               net_answer_icmp(packet, from, NET_ICMP_TTL_EXCEEDED, ret_answer);
    if (drop == NET_DROP_EXHAUSTED)
        return net_answer_icmp(packet, from, NET_ICMP_PROHIBITED, ret_answer);
    return net_answer_refusal(packet, from, ret_answer);
}

void net_path_send_back(net *network, const net_packet *answer, net_realm realm, uint32_t turned,
                        sim_host near, pl_time now)
{
    net_flight *back = net_path_make(network, answer, realm);
    back->near = near;
    back->turned = turned;
    back->owner = net_owner_of(network, realm, answer->destination.ip);
    if (back->owner == NET_OWNER_NONE)
        net_path_end(network, back, NET_STEP_DROPPED, NET_DROP_NO_ROUTE, net_nowhere, now);
    else
        net_path_meet(network, back, now);
}

void net_path_end_at(net *network, net_flight *flight, net_drop drop, net_spot where,
                     const net_packet *answer, pl_time now)
{
    const net_realm realm = flight->met_realm;
    const uint32_t turned = flight->turned;
    net_path_end(network, flight, answer ? NET_STEP_REJECTED : NET_STEP_DROPPED, drop, where, now);
    if (answer)
        net_path_send_back(network, answer, realm, turned, where.owner, now);
}

void net_path_end_hopless(net *network, net_flight *flight, net_realm realm, pl_time now)
{
    const net_site *site = net_site_at(network, realm);
    const net_packet refused = net_path_as_met(flight);
    uint32_t from = refused.destination.ip;
    if (!site->nat.kind->options.name)
        from = site->nat.external_ip ? site->nat.external_ip : NET_ROUTER_IP;
    net_packet answer;
    const bool answers = net_path_answer(network, &refused, from, NET_DROP_TTL, NET_MTU, &answer);
    net_path_end_at(network, flight, NET_DROP_TTL, net_spot_of_site(site), answers ? &answer : NULL, now);
}

void net_path_end_public(net *network, net_flight *flight, net_drop drop, const net_packet *answer,
                         pl_span latency, pl_time now)
{
    const net_owner owner = net_owner_of(network, NET_PUBLIC_REALM, flight->packet.source.ip);
    const bool answers = answer && owner != NET_OWNER_NONE;
    net_path_end(network, flight, answers ? NET_STEP_REJECTED : NET_STEP_DROPPED, drop, net_nowhere, now);
    if (!answers)
        return;
    net_flight *back = net_path_make(network, answer, NET_PUBLIC_REALM);
    back->owner = owner;
    back->met_realm = NET_PUBLIC_REALM;
    back->met_destination = answer->destination;
    network->ops->at(network->engine, now + latency, net_path_arrival, network, back);
}

void net_path_end_hopless_public(net *network, net_flight *flight, pl_span latency, pl_time now)
{
    net_packet answer;
    const bool answers = net_path_answer(network, &flight->packet, NET_ROUTER_IP, NET_DROP_TTL, NET_MTU, &answer);
    /* Half of the way there and half back take as long as the whole. */
    net_path_end_public(network, flight, NET_DROP_TTL, answers ? &answer : NULL, latency, now);
}

/* spec: RFC 1918, RFC 6598. */
static bool is_private(uint32_t ip)
{
    return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 22 == 0x191;
}

void net_path_lose(net *network, net_flight *flight, pl_time now)
{
    const net_private_destinations say = network->private_destinations;
    net_packet answer;
    const bool answers = say != NET_PRIVATE_VANISH && is_private(flight->packet.destination.ip) &&
                         net_answer_icmp(&flight->packet, NET_ROUTER_IP,
                                         say == NET_PRIVATE_NET_UNREACHABLE ? NET_ICMP_NET_UNREACHABLE
                                                                            : NET_ICMP_HOST_UNREACHABLE,
                                         &answer);
    net_path_end_public(network, flight, NET_DROP_NO_ROUTE, answers ? &answer : NULL, 0, now);
}
