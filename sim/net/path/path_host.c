/* path_host.c - the two ends of a packet's path: a host's access link, its own firewall and its stack. */
#include "sim/net/answer.h"
#include "sim/net/path/path.h"
#include "sim/net/sight.h"

static net_spot at_host(const net *network, sim_host host)
{
    return (net_spot){.name = net_host_at(network, host)->name, .owner = host};
}

static void drop_at(net *network, net_flight *flight, net_drop drop, net_spot where, pl_time now)
{
    net_path_end(network, flight, NET_STEP_DROPPED, drop, where, now);
}

void net_path_sight_stack(net *network, const net_flight *flight, net_step step, sim_host at, pl_time now)
{
    if (network->observer)
        net_sight(network, flight, (net_sighting){.step = step, .at = at, .box_owner = NET_NO_HOST}, now);
}

void net_path_hand_over(net *network, sim_host host, net_flight *flight, pl_time now)
{
    net_host *h = net_host_at(network, host);
    if (!h->in_state.is_up) {
        drop_at(network, flight, NET_DROP_HOST_DOWN, at_host(network, host), now);
        return;
    }
    network->stats.delivered++;
    net_host_count(h, h->in_state, net_packet_bytes(&flight->packet) - NET_IP_HEADER_BYTES);
    net_path_sight_stack(network, flight, NET_STEP_DELIVERED, host, now);
    if (G_LIKELY(!net_packet_is_part(&flight->packet)))
        network->ops->deliver(network->engine, host, &flight->packet, now);
    else
        net_path_assemble(network, host, flight, now);
    net_pool_give(&network->pool, flight);
}

/* Whether a host that has moved is still where a packet is addressed to. */
static bool is_there(const net_host *host, const net_flight *flight)
{
    return host->realm == flight->realm && host->ip == flight->packet.destination.ip;
}

net_verdict net_path_judge(net *network, net_firewall *firewall, const net_flight *flight,
                           net_direction direction, pl_time now)
{
    if (!firewall || net_packet_is_later(&flight->packet)) /* which is of no use without the first one */
        return NET_ALLOW;
    return net_firewall_judge(&network->flows, firewall, &flight->packet, direction, now);
}

void net_path_refuse_in(net *network, net_flight *flight, net_spot where, pl_time now)
{
    const net_packet refused = net_path_as_met(flight);
    net_packet answer;
    bool answers = net_answer_refusal(&refused, refused.destination.ip, &answer);
    net_path_end_at(network, flight, NET_DROP_FIREWALL_IN, where, answers ? &answer : NULL, now);
}

static net_drop drop_of(net_link_fate fate)
{
    switch (fate) {
    case NET_LINK_PASSED:
        return NET_DROP_NONE;
    case NET_LINK_QUEUE_FULL:
        return NET_DROP_QUEUE;
    case NET_LINK_LOST:
        return NET_DROP_LOSS;
    }
    g_assert_not_reached();
}

bool net_path_cross_link(net *network, net_flight *flight, sim_host host, net_link_direction *direction,
                         const net_link_options *link, uint64_t rate_bps, pl_time *ret_out, pl_time now)
{
    net_drop drop = NET_DROP_LINK_DOWN;
    if (link->state == NET_LINK_UP)
        drop = drop_of(
            net_link_submit(direction, link, rate_bps, net_packet_bytes(&flight->packet), ret_out, now));
    if (drop != NET_DROP_NONE)
        drop_at(network, flight, drop, (net_spot){.name = NULL, .owner = host}, now);
    return drop == NET_DROP_NONE;
}

void net_path_downlink_end(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    net_flight *flight = arg;
    net_host *h = net_host_at(network, flight->owner);
    h->down.pending--;
    if (h->in_state.moved && !is_there(h, flight))
        drop_at(network, flight, NET_DROP_NO_ROUTE, at_host(network, flight->owner), now);
    else
        net_path_hand_over(network, flight->owner, flight, now);
}

/* What a box made has no sender whose side could be told. */
static bool is_parted(const net *network, const net_host *receiver, sim_host sender)
{
    if (receiver->in_state.side == NET_SIDE_NONE || sender == NET_NO_HOST)
        return false;
    const uint32_t side = net_host_at(network, sender)->in_state.side;
    return side != NET_SIDE_NONE && side != receiver->in_state.side;
}

void net_path_knock(net *network, net_flight *flight, pl_time now)
{
    sim_host host = flight->owner;
    net_host *h = net_host_at(network, host);
    if (!h->in_state.is_up) {
        drop_at(network, flight, NET_DROP_HOST_DOWN, at_host(network, host), now);
        return;
    }
    if (h->in_state.moved && !is_there(h, flight)) {
        drop_at(network, flight, NET_DROP_NO_ROUTE, net_nowhere, now);
        return;
    }
    if (is_parted(network, h, flight->from)) {
        drop_at(network, flight, NET_DROP_PARTED, net_nowhere, now);
        return;
    }
    net_firewall *firewall = h->in_state.guarded ? h->firewall : NULL;
    net_verdict verdict = net_path_judge(network, firewall, flight, NET_INWARD, now);
    if (verdict == NET_REFUSE)
        net_path_refuse_in(network, flight, at_host(network, host), now);
    else if (verdict == NET_DENY)
        drop_at(network, flight, NET_DROP_FIREWALL_IN, at_host(network, host), now);
    const net_link_options *link = net_link_of(network, h->in_state);
    pl_time out;
    if (verdict != NET_ALLOW ||
        !net_path_cross_link(network, flight, host, &h->down, link, link->down_bps, &out, now))
        return;
    if (out == now && h->down.pending == 0) {
        net_path_hand_over(network, host, flight, now);
        return;
    }
    h->down.pending++;
    network->ops->at(network->engine, out, net_path_downlink_end, network, flight);
}
