/* nat_box.c - mapping, filtering, ports and lifetimes of one NAT box. */
#include "sim/net/nat/nat_box.h"

#include <glib.h>

#include "core/port.h"
#include "sim/net/nat/nat_session.h"

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8
#define SYSTEM_PORTS 1024u /* spec: RFC 6335 §6 */
#define ALL_PORTS 65536u
/* chosen: draws of a random port before the search becomes linear; 16 fail once in 65536 at half load. */
#define RANDOM_TRIES 16
/* chosen: mappings looked at when one is made; making one leaves at most two unbound, so four outrun it. */
#define SWEEP 4

static bool is_error(const net_packet *packet)
{
    return packet->protocol == PL_PROTOCOL_ICMP && packet->quote.protocol != 0;
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
                             .remote = masked(box->options->mapping, protocol, remote)};
}

static void unbind(net_nat_table *table, net_nat_box *box, uint32_t mapping)
{
    net_nat_table_unbind(table, mapping);
    box->bound--;
}

/* A port is free if nobody has it, or if whoever had it let it expire. */
static bool take_if_free(net_nat_table *table, net_nat_box *box, uint8_t protocol, uint32_t port, pl_time now)
{
    uint32_t index = net_nat_table_outside(table, box->id, protocol, (uint16_t)port);
    if (!index)
        return true;
    if (now < net_nat_table_mapping(table, index)->expires_at)
        return false;
    unbind(table, box, index);
    return true;
}

typedef struct port_search {
    uint32_t low, size;     /* the range */
    uint32_t start, step;   /* first candidate as an offset into the range */
} port_search;

/* The first free port of the search, or -1. */
static int32_t search(net_nat_table *table, net_nat_box *box, uint8_t protocol, const port_search *ports,
                      pl_time now)
{
    uint64_t offset = ports->start;
    for (uint32_t i = 0; i < ports->size; i++, offset += ports->step) {
        uint32_t port = ports->low + (uint32_t)(offset % ports->size);
        if (take_if_free(table, box, protocol, port, now))
            return (int32_t)port;
    }
    return -1;
}

static port_search range_of(const net_nat_options *options)
{
    uint32_t low = options->port_low ? options->port_low : SYSTEM_PORTS;
    uint32_t high = options->port_high ? options->port_high : ALL_PORTS - 1;
    g_assert(low <= high);
    return (port_search){.low = low, .size = high - low + 1, .step = 1};
}

/* The inside port, or the next free one of its class: system ports stay system ports (RFC 4787 REQ-3a). */
static port_search preserving(uint8_t protocol, uint16_t inside_port)
{
    if (protocol == PL_PROTOCOL_ICMP)
        return (port_search){.low = 0, .size = ALL_PORTS, .start = inside_port, .step = 1};
    if (inside_port < SYSTEM_PORTS)
        return (port_search){.low = 1,
                             .size = SYSTEM_PORTS - 1,
                             .start = inside_port ? inside_port - 1u : 0,
                             .step = 1};
    return (port_search){.low = SYSTEM_PORTS,
                         .size = ALL_PORTS - SYSTEM_PORTS,
                         .start = inside_port - SYSTEM_PORTS,
                         .step = 1};
}

static int32_t random_port(net_nat_table *table, net_nat_box *box, uint8_t protocol, pl_time now)
{
    port_search ports = range_of(box->options);
    for (int i = 0; i < RANDOM_TRIES; i++) {
        ports.start = (uint32_t)net_random_below(&box->random, ports.size);
        if (take_if_free(table, box, protocol, ports.low + ports.start, now))
            return (int32_t)(ports.low + ports.start);
    }
    return search(table, box, protocol, &ports, now);
}

static int32_t sequential_port(net_nat_table *table, net_nat_box *box, uint8_t protocol, pl_time now)
{
    port_search ports = range_of(box->options);
    ports.step = box->options->port_step ? box->options->port_step : 1;
    if (box->last_port)
        ports.start = box->last_port - ports.low + ports.step;
    int32_t port = search(table, box, protocol, &ports, now);
    if (port >= 0)
        box->last_port = (uint32_t)port;
    return port;
}

static int32_t choose_port(net_nat_table *table, net_nat_box *box, uint8_t protocol, uint16_t inside_port,
                           pl_time now)
{
    switch (box->options->ports) {
    case NET_PORTS_PRESERVE: {
        port_search ports = preserving(protocol, inside_port);
        return search(table, box, protocol, &ports, now);
    }
    case NET_PORTS_SEQUENTIAL:
        return sequential_port(table, box, protocol, now);
    case NET_PORTS_RANDOM:
        return random_port(table, box, protocol, now);
    }
    g_assert_not_reached();
}

/* Looks at `n` mappings of the box, frees the expired ones, and returns when the first of the others
 * expires. */
static pl_time sweep(net_nat_table *table, net_nat_box *box, uint32_t n, pl_time now)
{
    pl_time first = PL_NEVER;
    for (uint32_t i = 0; i < n && box->ring; i++) {
        uint32_t index = net_ring_next(&table->mappings, box->ring);
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (m->bound && now >= m->expires_at)
            unbind(table, box, index);
        else if (m->bound && m->expires_at < first)
            first = m->expires_at;
        if (net_nat_table_sweep_one(table, &box->ring))
            box->records--;
    }
    return first;
}

static bool is_full(net_nat_table *table, net_nat_box *box, pl_time now)
{
    uint32_t most = box->options->max_mappings;
    if (!most || box->bound < most)
        return false;
    if (now >= box->full_until)
        box->full_until = sweep(table, box, box->records, now);
    return box->bound >= most;
}

/* A new mapping, or 0 when the box has no port or no room left. */
static uint32_t make_mapping(net_nat_table *table, net_nat_box *box, const net_mapping_key *key, pl_time now)
{
    sweep(table, box, SWEEP, now);
    if (is_full(table, box, now))
        return 0;
    int32_t port = choose_port(table, box, key->protocol, key->inside.port, now);
    if (port < 0)
        return 0;
    uint32_t index = net_nat_table_bind(table, key, (uint16_t)port, &box->ring);
    box->bound++;
    box->records++;
    box->full_until = 0;
    return index;
}

static net_drop out_error(const net_nat_table *table, const net_nat_box *box, net_packet *packet, pl_time now)
{
    net_quote *quote = &packet->quote;
    net_mapping_key key = key_of(box, quote->protocol, quote->destination, quote->source);
    uint32_t index = net_nat_table_inside(table, &key);
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    quote->destination = (pl_addr){box->external_ip, m->external_port};
    packet->source.ip = box->external_ip;
    return NET_DROP_NONE;
}

/* A reply or a reset has nothing to open a mapping for. */
static bool may_open(const net_packet *packet)
{
    if (packet->protocol == PL_PROTOCOL_TCP)
        return !(packet->tcp_flags & NET_TCP_RST);
    return packet->protocol != PL_PROTOCOL_ICMP || packet->icmp_type == ICMP_ECHO_REQUEST;
}

/* Most boxes carry one busy mapping, so the one used last is looked at before the table is. */
static uint32_t mapping_inside(const net_nat_table *table, net_nat_box *box, const net_mapping_key *key)
{
    if (!box->recent || !net_nat_table_is_inside(net_nat_table_mapping(table, box->recent), key))
        box->recent = net_nat_table_inside(table, key);
    return box->recent;
}

static uint32_t mapping_outside(const net_nat_table *table, net_nat_box *box, uint8_t protocol, uint16_t port)
{
    if (!box->recent ||
        !net_nat_table_is_outside(net_nat_table_mapping(table, box->recent), box->id, protocol, port))
        box->recent = net_nat_table_outside(table, box->id, protocol, port);
    return box->recent;
}

static void show_outside(const net_nat_box *box, const net_mapping *m, net_packet *packet)
{
    packet->source = (pl_addr){box->external_ip, m->external_port};
    if (packet->protocol == PL_PROTOCOL_ICMP)
        packet->destination.port = m->external_port;
}

net_drop net_nat_box_out(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now)
{
    if (is_error(packet))
        return out_error(table, box, packet, now);
    net_mapping_key key = key_of(box, packet->protocol, packet->source, packet->destination);
    uint32_t index = mapping_inside(table, box, &key);
    if (index && now >= net_nat_table_mapping(table, index)->expires_at) {
        if (!may_open(packet))
            return NET_DROP_EXPIRED;
        unbind(table, box, index);
        index = 0;
    }
    if (!index) {
        if (!may_open(packet))
            return NET_DROP_NO_MAPPING;
        index = make_mapping(table, box, &key, now);
        if (!index)
            return NET_DROP_EXHAUSTED;
    }
    net_nat_session_out(table, box, index, packet, now);
    show_outside(box, net_nat_table_mapping(table, index), packet);
    return NET_DROP_NONE;
}

bool net_nat_box_out_ahead(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time when)
{
    if (packet->protocol != PL_PROTOCOL_UDP)
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
    uint32_t index = net_nat_table_outside(table, box->id, quote->protocol, quote->source.port);
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    quote->source = (pl_addr){m->inside_ip, m->inside_port};
    if (quote->protocol == PL_PROTOCOL_ICMP)
        quote->destination.port = m->inside_port;
    packet->destination.ip = m->inside_ip;
    return NET_DROP_NONE;
}

net_drop net_nat_box_in(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now)
{
    if (is_error(packet))
        return in_error(table, box, packet, now);
    if (packet->protocol == PL_PROTOCOL_ICMP && packet->icmp_type != ICMP_ECHO_REPLY)
        return NET_DROP_NO_MAPPING; /* a request is for the box itself, which does not answer */
    uint32_t index = mapping_outside(table, box, packet->protocol, packet->destination.port);
    if (!index)
        return NET_DROP_NO_MAPPING;
    const net_mapping *m = net_nat_table_mapping(table, index);
    if (now >= m->expires_at)
        return NET_DROP_EXPIRED;
    if (!net_nat_session_admits(table, box, index, packet, now))
        return NET_DROP_FILTERED;
    net_nat_session_in(table, box, index, packet, now);
    packet->destination = (pl_addr){m->inside_ip, m->inside_port};
    if (packet->protocol == PL_PROTOCOL_ICMP)
        packet->source.port = m->inside_port;
    return NET_DROP_NONE;
}

uint32_t net_nat_box_peek(const net_nat_table *table, const net_nat_box *box, const net_packet *packet)
{
    bool error = is_error(packet);
    uint8_t protocol = error ? packet->quote.protocol : packet->protocol;
    uint16_t port = error ? packet->quote.source.port : packet->destination.port;
    uint32_t index = net_nat_table_outside(table, box->id, protocol, port);
    return index ? net_nat_table_mapping(table, index)->inside_ip : 0;
}
