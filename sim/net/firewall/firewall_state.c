/* firewall_state.c - the flows of firewalls, and the judgement of one packet. */
#include "sim/net/firewall/firewall_state.h"

#include <glib.h>

#include "core/port.h"

/* chosen: what Linux keeps after both FINs or a RST (its TIME_WAIT timer). */
#define CLOSING_STATE (120 * PL_SECOND)
/* chosen: expired flows looked for when a flow is opened; two a time outrun the growth. */
#define SWEEP 2

#define FIN_OUT 0x1u
#define FIN_IN 0x2u
#define RESET 0x4u

typedef struct flow_key {
    uint8_t protocol;
    pl_addr inside;
    pl_addr remote;
} flow_key;

typedef struct flow {
    uint32_t ring;
    net_hook hook;
    uint32_t firewall;
    uint32_t inside_ip;
    uint32_t remote_ip;
    uint16_t inside_port;
    uint16_t remote_port;
    uint8_t protocol;
    uint8_t seen; /* FIN_OUT, FIN_IN, RESET */
    pl_time expires_at;
} flow;

void net_firewall_flows_init(net_firewall_flows *flows)
{
    net_slab_init(&flows->slab, sizeof(flow));
    net_chain_init(&flows->chain, offsetof(flow, hook));
}

void net_firewall_flows_clear(net_firewall_flows *flows)
{
    net_slab_clear(&flows->slab);
    net_chain_clear(&flows->chain);
}

size_t net_firewall_flows_memory(const net_firewall_flows *flows)
{
    return net_slab_memory(&flows->slab) + net_chain_memory(&flows->chain);
}

static bool is_error(const net_packet *packet)
{
    return packet->protocol == PL_PROTOCOL_ICMP && packet->quote.protocol != 0;
}

/* The flow that a packet belongs to; an ICMP error belongs to the one it quotes, which went the other
 * way. */
static flow_key key_of(const net_packet *packet, net_direction direction)
{
    bool error = is_error(packet);
    pl_addr source = error ? packet->quote.destination : packet->source;
    pl_addr destination = error ? packet->quote.source : packet->destination;
    flow_key key = {.protocol = error ? packet->quote.protocol : packet->protocol};
    key.inside = direction == NET_OUTWARD ? source : destination;
    key.remote = direction == NET_OUTWARD ? destination : source;
    return key;
}

static uint32_t hash_of(const net_firewall *firewall, const flow_key *key)
{
    return net_mix((uint64_t)key->inside.ip << 32 | key->remote.ip,
                   (uint64_t)firewall->id << 32 | (uint32_t)key->inside.port << 16 | key->remote.port) ^
           key->protocol;
}

static flow *find(const net_firewall_flows *flows, const net_firewall *firewall, const flow_key *key)
{
    uint32_t index = net_chain_first(&flows->chain, hash_of(firewall, key));
    while (index) {
        flow *f = net_slab_at(&flows->slab, index);
        if (f->firewall == firewall->id && f->protocol == key->protocol && f->inside_ip == key->inside.ip &&
            f->remote_ip == key->remote.ip && f->inside_port == key->inside.port &&
            f->remote_port == key->remote.port)
            return f;
        index = f->hook.next;
    }
    return NULL;
}

static void sweep(net_firewall_flows *flows, net_firewall *firewall, pl_time now)
{
    for (int i = 0; i < SWEEP && firewall->ring; i++) {
        uint32_t index = net_ring_next(&flows->slab, firewall->ring);
        const flow *f = net_slab_at(&flows->slab, index);
        if (now < f->expires_at) {
            net_ring_advance(&flows->slab, &firewall->ring);
            continue;
        }
        net_ring_cut(&flows->slab, &firewall->ring);
        net_chain_remove(&flows->chain, &flows->slab, index);
        net_slab_give(&flows->slab, index);
    }
}

static flow *open_flow(net_firewall_flows *flows, net_firewall *firewall, const flow_key *key, pl_time now)
{
    sweep(flows, firewall, now);
    uint32_t index = net_slab_take(&flows->slab);
    flow *f = net_slab_at(&flows->slab, index);
    f->firewall = firewall->id;
    f->protocol = key->protocol;
    f->inside_ip = key->inside.ip;
    f->inside_port = key->inside.port;
    f->remote_ip = key->remote.ip;
    f->remote_port = key->remote.port;
    net_chain_add(&flows->chain, &flows->slab, index, hash_of(firewall, key));
    net_ring_add(&flows->slab, &firewall->ring, index);
    return f;
}

static void prolong(const net_firewall *firewall, flow *f, const net_packet *packet, net_direction direction,
                    pl_time now)
{
    if (packet->protocol != PL_PROTOCOL_TCP) {
        f->expires_at = now + firewall->options.udp_state_ns;
        return;
    }
    if (packet->tcp_flags & NET_TCP_SYN)
        f->seen = 0; /* the ports are used again */
    if (packet->tcp_flags & NET_TCP_FIN)
        f->seen |= direction == NET_OUTWARD ? FIN_OUT : FIN_IN;
    if (packet->tcp_flags & NET_TCP_RST)
        f->seen |= RESET;
    bool closing = (f->seen & RESET) || (f->seen & (FIN_OUT | FIN_IN)) == (FIN_OUT | FIN_IN);
    f->expires_at = now + (closing ? CLOSING_STATE : firewall->options.tcp_state_ns);
}

void net_firewall_forget(net_firewall_flows *flows, net_firewall *firewall)
{
    while (firewall->ring) {
        const uint32_t index = net_ring_next(&flows->slab, firewall->ring);
        net_ring_cut(&flows->slab, &firewall->ring);
        net_chain_remove(&flows->chain, &flows->slab, index);
        net_slab_give(&flows->slab, index);
    }
}

static bool lists(const uint16_t ports[NET_FIREWALL_PORTS_MAX], uint16_t port)
{
    for (size_t i = 0; i < NET_FIREWALL_PORTS_MAX && ports[i]; i++)
        if (ports[i] == port)
            return true;
    return false;
}

static bool is_blocked(const net_firewall_options *options, const net_packet *packet)
{
    if (packet->protocol == PL_PROTOCOL_TCP)
        return lists(options->tcp_blocked_ports, packet->destination.port);
    return packet->protocol == PL_PROTOCOL_UDP &&
           lists(options->udp_blocked_ports, packet->destination.port);
}

/* What the rules say of the first packet of a flow. */
static net_verdict rule(const net_firewall_options *options, const flow_key *key, net_direction direction)
{
    if (key->protocol == PL_PROTOCOL_TCP) {
        if (direction == NET_INWARD)
            return options->tcp_in;
        if (lists(options->tcp_out_ports, key->remote.port) ||
            (options->proxy.ip && pl_addr_equal(options->proxy, key->remote)))
            return NET_ALLOW;
        return options->tcp_out;
    }
    if (direction == NET_INWARD)
        return options->udp_in;
    if (key->protocol != PL_PROTOCOL_UDP)
        return options->icmp_out;
    return lists(options->udp_out_ports, key->remote.port) ? NET_ALLOW : options->udp_out;
}

/* An ICMP error passes with the flow that it is about, changes nothing, and is never answered. */
static net_verdict judge_error(const net_firewall_flows *flows, const net_firewall *firewall,
                               const flow_key *key, net_direction direction, pl_time now)
{
    const flow *f = find(flows, firewall, key);
    if (f && now < f->expires_at)
        return NET_ALLOW;
    net_verdict verdict = direction == NET_OUTWARD ? firewall->options.icmp_out
                                                   : rule(&firewall->options, key, NET_INWARD);
    return verdict == NET_ALLOW ? NET_ALLOW : NET_DENY;
}

net_verdict net_firewall_judge(net_firewall_flows *flows, net_firewall *firewall, const net_packet *packet,
                               net_direction direction, pl_time now)
{
    const net_firewall_options *options = &firewall->options;
    flow_key key = key_of(packet, direction);
    if (is_error(packet))
        return judge_error(flows, firewall, &key, direction, now);
    if (is_blocked(options, packet))
        return options->blocked;
    net_direction back = direction == NET_OUTWARD ? NET_INWARD : NET_OUTWARD;
    net_verdict verdict = rule(options, &key, direction);
    if (verdict == NET_ALLOW && rule(options, &key, back) == NET_ALLOW)
        return NET_ALLOW; /* nothing to remember: the answer may pass by itself */
    flow *f = find(flows, firewall, &key);
    if (verdict != NET_ALLOW && (!f || now >= f->expires_at))
        return verdict;
    if (!f)
        f = open_flow(flows, firewall, &key, now);
    else if (now >= f->expires_at)
        f->seen = 0;
    prolong(firewall, f, packet, direction, now);
    return NET_ALLOW;
}
