/* nat_box.c - a packet's way through one NAT box: its mapping, its filter, its new addresses. */
#include "sim/net/nat/nat_box.h"

#include <glib.h>
#include <string.h>

#include "sim/net/nat/nat_life.h"
#include "sim/net/nat/nat_overload.h"
#include "sim/net/nat/nat_ports.h"
#include "sim/net/nat/nat_session.h"

#define ICMP_ECHO_REPLY   0
#define ICMP_ECHO_REQUEST 8

void net_nat_box_kind(const net_nat_options *options, net_nat_kind *ret_kind)
{
    memset(ret_kind, 0, sizeof *ret_kind); /* its padding too: kinds are told apart byte by byte */
    net_nat_options *own = &ret_kind->options;
    *own = *options;
    own->pool = MAX(own->pool, 1);
    if (!own->mtu)
        own->mtu = NET_MTU;
    ret_kind->shares = own->ports == NET_PORTS_OVERLOADING;
    ret_kind->keys = ret_kind->shares ? NET_NAT_APD : own->mapping;
    ret_kind->filters = ret_kind->keys >= own->filtering;
    ret_kind->tells = (own->refresh & NET_NAT_REFRESH_KNOWN) && ret_kind->keys == NET_NAT_EI;
    ret_kind->hears = (own->refresh & NET_NAT_REFRESH_IN) || own->udp_stream_lifetime_ns;
    ret_kind->meddles = ret_kind->shares || own->alg != NET_ALG_OFF || own->hairpin == NET_HAIRPIN_INTERNAL;
}

/* The remote endpoint as far as a behaviour looks at it; ICMP has no remote port (RFC 5508 §3.1). */
static pl_addr masked(net_nat_behaviour behaviour, uint8_t protocol, pl_addr remote)
{
    switch (behaviour) {
    case NET_NAT_EI:
        return (pl_addr){0, 0};
    case NET_NAT_AD:
        return (pl_addr){remote.ip, 0};
    case NET_NAT_APD:
        return (pl_addr){remote.ip, protocol == PL_PROTOCOL_ICMP ? (uint16_t)0 : remote.port};
    }
    g_assert_not_reached();
}

static net_mapping_key key_of(const net_nat_box *box, uint8_t protocol, pl_addr inside, pl_addr remote)
{
    return (net_mapping_key){.box = box->id,
                             .protocol = protocol,
                             .inside = inside,
                             .remote = masked(box->kind->keys, protocol, remote)};
}

/* Most boxes carry one busy mapping, so the one used last is looked at before the table is. */
static uint32_t mapping_inside(const net_nat_table *table, net_nat_box *box, const net_mapping_key *key)
{
    if (!box->recent || !net_nat_table_is_inside(net_nat_table_mapping(table, box->recent), key))
        box->recent = net_nat_table_inside(table, key);
    return box->recent;
}

static uint32_t mapping_outside(const net_nat_table *table, net_nat_box *box, const net_port_key *key)
{
    if (!box->recent || !net_nat_table_is_outside(net_nat_table_mapping(table, box->recent), key))
        box->recent = net_nat_table_outside(table, key);
    return box->recent;
}

/* Finds a mapping by what a packet from outside shows, without the guess. */
static uint32_t find_outside(const net_nat_table *table, const net_nat_box *box, uint8_t protocol,
                             pl_addr external, pl_addr remote)
{
    if (!net_nat_box_has(box, external.ip))
        return 0;
    const net_port_key key = {net_nat_box_place(box, external.ip), protocol, external.port};
    return box->kind->shares ? net_nat_table_shared(table, &key, masked(NET_NAT_APD, protocol, remote))
                             : net_nat_table_outside(table, &key);
}

/* A fickle box keeps an endpoint apart by destination once another endpoint has its port. */
static bool choose(net_nat_table *table, net_nat_box *box, net_mapping_key *key, pl_addr remote,
                   net_nat_port *ret_port, pl_time now)
{
    const net_nat_options *options = &box->kind->options;
    if (box->kind->shares)
        return net_nat_overload_choose(table, box, key, ret_port, now);
    if (options->fickle && !net_nat_ports_keeps(table, box, key, now)) {
        key->remote = masked(NET_NAT_APD, key->protocol, remote);
        return net_nat_ports_choose(table, box, key, NET_PORTS_RANDOM, ret_port, now);
    }
    return net_nat_ports_choose(table, box, key, options->ports, ret_port, now);
}

/* A new mapping, or 0 when the box has no port or no room left. */
static uint32_t make_mapping(net_nat_table *table, net_nat_box *box, net_mapping_key *key, pl_addr remote,
                             pl_time now)
{
    net_nat_life_sweep(table, box, now);
    if (net_nat_life_is_full(table, box, now))
        return 0;
    net_nat_port port;
    if (!choose(table, box, key, remote, &port, now))
        return 0;
    const net_mapping_kind kind = box->kind->shares ? NET_MAPPING_SHARED : NET_MAPPING_OWN;
    return net_nat_life_begin(table, box, key, port.place, port.port, kind, now);
}

static net_drop out_error(const net_nat_table *table, const net_nat_box *box, net_packet *packet, pl_time now)
{
    net_quote *quote = &packet->quote;
    net_mapping_key key = key_of(box, quote->protocol, quote->destination, quote->source);
    uint32_t index = net_nat_table_inside(table, &key);
    if (!index && box->kind->options.fickle) {
        key.remote = masked(NET_NAT_APD, quote->protocol, quote->source);
        index = net_nat_table_inside(table, &key);
    }
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    quote->destination = net_nat_box_external(box, m);
    packet->source.ip = quote->destination.ip;
    return NET_DROP_NONE;
}

/* A reply or a reset has nothing to open a mapping for. */
static bool may_open(const net_packet *packet)
{
    if (packet->protocol == PL_PROTOCOL_TCP)
        return !(packet->tcp_flags & NET_TCP_RST);
    return packet->protocol != PL_PROTOCOL_ICMP || packet->icmp_type == ICMP_ECHO_REQUEST;
}

/* A packet from inside has no live mapping under its key: that of a fickle box, or a new one; 0 and the
 * reason if there is none. */
static uint32_t open_mapping(net_nat_table *table, net_nat_box *box, net_mapping_key *key, uint32_t expired,
                             const net_packet *packet, net_drop *ret_drop, pl_time now)
{
    if (!expired && box->kind->options.fickle) {
        net_mapping_key narrow = *key;
        narrow.remote = masked(NET_NAT_APD, packet->protocol, packet->destination);
        expired = net_nat_table_inside(table, &narrow);
        if (expired && now < net_nat_table_mapping(table, expired)->expires_at)
            return expired;
    }
    if (!may_open(packet)) {
        *ret_drop = expired ? NET_DROP_EXPIRED : NET_DROP_NO_MAPPING;
        return 0;
    }
    if (expired)
        net_nat_life_end(table, box, expired, now);
    *ret_drop = NET_DROP_EXHAUSTED;
    return make_mapping(table, box, key, packet->destination, now);
}

static void show_outside(const net_nat_box *box, const net_mapping *m, net_packet *packet)
{
    packet->source = net_nat_box_external(box, m);
    if (packet->protocol == PL_PROTOCOL_ICMP)
        packet->destination.port = m->external_port;
}

net_drop net_nat_box_out(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now)
{
    if (net_nat_is_error(packet))
        return out_error(table, box, packet, now);
    net_mapping_key key = key_of(box, packet->protocol, packet->source, packet->destination);
    uint32_t index = mapping_inside(table, box, &key);
    if (!index || now >= net_nat_table_mapping(table, index)->expires_at) {
        net_drop drop = NET_DROP_NONE;
        index = open_mapping(table, box, &key, index, packet, &drop, now);
        if (!index)
            return drop;
    }
    net_nat_session_out(table, box, index, packet, now);
    show_outside(box, net_nat_table_mapping(table, index), packet);
    return NET_DROP_NONE;
}

/* Where more than a lifetime may change by the instant itself, a packet waits for it. */
static bool only_prolongs(const net_nat_kind *kind)
{
    return !kind->meddles && !kind->options.fickle && !kind->options.udp_stream_lifetime_ns;
}

bool net_nat_box_out_ahead(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time when)
{
    if (packet->protocol != PL_PROTOCOL_UDP || !only_prolongs(box->kind))
        return false;
    net_mapping_key key = key_of(box, packet->protocol, packet->source, packet->destination);
    uint32_t index = mapping_inside(table, box, &key);
    if (!index || !net_nat_session_out_ahead(table, box, index, packet, when))
        return false;
    show_outside(box, net_nat_table_mapping(table, index), packet);
    return true;
}

static net_drop in_error(const net_nat_table *table, const net_nat_box *box, net_packet *packet, pl_time now)
{
    net_quote *quote = &packet->quote;
    uint32_t index = find_outside(table, box, quote->protocol, quote->source, quote->destination);
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (m->stranger)
        return NET_DROP_NO_MAPPING;
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    quote->source = (pl_addr){m->inside_ip, m->inside_port};
    if (quote->protocol == PL_PROTOCOL_ICMP)
        quote->destination.port = m->inside_port;
    packet->destination.ip = m->inside_ip;
    return NET_DROP_NONE;
}

static void show_inside(net_packet *packet, const net_mapping *m)
{
    packet->destination = (pl_addr){m->inside_ip, m->inside_port};
    if (packet->protocol == PL_PROTOCOL_ICMP)
        packet->source.port = m->inside_port;
}

/* A box that overloads ports has one flow, or none, for what the packet shows: a host's or its own stack's. */
static net_drop in_shared(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now)
{
    const uint32_t index = find_outside(table, box, packet->protocol, packet->destination, packet->source);
    const net_mapping *m = index ? net_nat_table_mapping(table, index) : NULL;
    if (m && now < m->expires_at) {
        if (m->stranger)
            return net_nat_overload_stranger(table, box, index, now);
        net_nat_session_in(table, box, index, packet, now);
        show_inside(packet, m);
        return NET_DROP_NONE;
    }
    net_nat_overload_accept(table, box, index, packet, now);
    return m ? NET_DROP_EXPIRED : NET_DROP_NO_MAPPING;
}

net_drop net_nat_box_in(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now)
{
    if (!net_nat_box_has(box, packet->destination.ip))
        return NET_DROP_NO_ROUTE; /* it was for an address that the box had */
    if (packet->protocol == PL_PROTOCOL_ICMP) {
        if (packet->quote.protocol)
            return in_error(table, box, packet, now);
        if (packet->icmp_type != ICMP_ECHO_REPLY)
            return NET_DROP_NO_MAPPING; /* a request is for the box itself, which does not answer */
    }
    if (box->kind->shares)
        return in_shared(table, box, packet, now);
    const net_port_key key = {net_nat_box_place(box, packet->destination.ip), packet->protocol,
                              packet->destination.port};
    const uint32_t index = mapping_outside(table, box, &key);
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    if (!net_nat_session_admits(table, box, index, packet, now))
        return NET_DROP_FILTERED;
    net_nat_session_in(table, box, index, packet, now);
    show_inside(packet, m);
    return NET_DROP_NONE;
}

uint32_t net_nat_box_peek(const net_nat_table *table, const net_nat_box *box, const net_packet *packet)
{
    const net_quote *quote = &packet->quote;
    const uint32_t index =
        net_nat_is_error(packet)
            ? find_outside(table, box, quote->protocol, quote->source, quote->destination)
            : find_outside(table, box, packet->protocol, packet->destination, packet->source);
    return index ? net_nat_table_mapping(table, index)->inside_ip : 0;
}

void net_nat_box_reveal(const net_nat_table *table, const net_nat_box *box, net_packet *packet, pl_addr to)
{
    if (packet->protocol == PL_PROTOCOL_ICMP)
        return;
    const uint32_t index = find_outside(table, box, packet->protocol, packet->source, to);
    if (!index)
        return;
    const net_mapping *m = net_nat_table_mapping(table, index);
    packet->source = (pl_addr){m->inside_ip, m->inside_port};
}

bool net_nat_box_called(net_nat_table *table, const net_nat_box *box, const net_packet *syn, pl_time now)
{
    const uint32_t index = find_outside(table, box, syn->protocol, syn->destination, syn->source);
    return index && net_nat_session_called(table, index, syn->source, now);
}
