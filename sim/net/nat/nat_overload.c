/* nat_overload.c - ports that are taken for one remote only.
 *
 * measured on Linux 6.18 (nf_nat): a new flow of i:p to r:q takes the port of the newest flow of i:p if the
 * 5-tuple r:q → W:port is free, else p, else a random port of p's class. */
#include "sim/net/nat/nat_overload.h"

#include <glib.h>

#include "sim/net/nat/nat_life.h"

/* chosen: draws before the search becomes linear; a tuple is rarely taken. */
#define RANDOM_TRIES 16

static bool is_of(const net_mapping *m, const net_mapping_key *flow, pl_time now)
{
    return m->is_inside && net_place_box(m->place) == flow->box && m->inside_ip == flow->inside.ip &&
           m->inside_port == flow->inside.port && m->protocol == flow->protocol && now < m->expires_at;
}

/* The newest live flow of an endpoint, by a look at all of the box's; needed where the guess is gone, rarely. */
static uint32_t look_for_newest(const net_nat_table *table, const net_nat_box *box,
                                const net_mapping_key *flow, pl_time now)
{
    uint32_t newest = 0;
    pl_time since = -1;
    uint32_t index = box->ring;
    for (uint32_t i = 0; i < box->records; i++) {
        index = net_ring_next(&table->mappings, index);
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (is_of(m, flow, now) && m->since > since) {
            newest = index;
            since = m->since;
        }
    }
    return newest;
}

static uint32_t newest_of(const net_nat_table *table, const net_nat_box *box, const net_mapping_key *flow,
                          pl_time now)
{
    const uint32_t index = net_nat_life_holder(table, box, flow->protocol, flow->inside);
    if (!index)
        return 0;
    net_holder *holder = net_nat_table_holder_at(table, index);
    if (!holder->newest || !is_of(net_nat_table_mapping(table, holder->newest), flow, now))
        holder->newest = look_for_newest(table, box, flow, now);
    return holder->newest;
}

/* Whether the flow may have a port; whoever bars it is told, if it is a stranger. */
static bool is_free(net_nat_table *table, net_nat_box *box, const net_mapping_key *flow, net_nat_port port,
                    pl_time now)
{
    const net_port_key key = {port.place, flow->protocol, port.port};
    const uint32_t index = net_nat_life_taken(table, box, &key, flow->remote, now);
    if (!index)
        return true;
    net_mapping *m = net_nat_table_mapping(table, index);
    m->clashed = m->stranger;
    return false;
}

/* spec: Linux, nf_nat_l4proto_unique_tuple: three classes of ports, one of identifiers. */
static uint32_t class_of(const net_mapping_key *flow, uint32_t *ret_size)
{
    uint32_t low = 1024, high = 65535;
    if (flow->protocol == PL_PROTOCOL_ICMP)
        low = 0;
    else if (flow->inside.port < 512)
        low = 1, high = 511;
    else if (flow->inside.port < 1024)
        low = 600, high = 1023;
    *ret_size = high - low + 1;
    return low;
}

static bool random_of_class(net_nat_table *table, net_nat_box *box, const net_mapping_key *flow,
                            net_nat_port *port, pl_time now)
{
    uint32_t size, offset = 0;
    const uint32_t low = class_of(flow, &size);
    for (int i = 0; i < RANDOM_TRIES; i++) {
        offset = (uint32_t)net_random_below(&box->random, size);
        port->port = (uint16_t)(low + offset);
        if (is_free(table, box, flow, *port, now))
            return true;
    }
    for (uint32_t i = 0; i < size; i++) {
        port->port = (uint16_t)(low + (offset + i) % size);
        if (is_free(table, box, flow, *port, now))
            return true;
    }
    return false;
}

bool net_nat_overload_choose(net_nat_table *table, net_nat_box *box, const net_mapping_key *flow,
                             net_nat_port *ret_port, pl_time now)
{
    const uint32_t newest = box->kind->options.mapping == NET_NAT_EI ? newest_of(table, box, flow, now) : 0;
    if (newest) {
        const net_mapping *m = net_nat_table_mapping(table, newest);
        *ret_port = (net_nat_port){m->place, m->external_port};
    } else {
        *ret_port = (net_nat_port){net_place(box->id, net_nat_ports_address(box, flow->inside.ip)),
                                   flow->inside.port};
    }
    if (is_free(table, box, flow, *ret_port, now))
        return true;
    table->remaps++;
    const uint16_t barred = ret_port->port;
    ret_port->port = flow->inside.port;
    return (barred != flow->inside.port && is_free(table, box, flow, *ret_port, now)) ||
           random_of_class(table, box, flow, ret_port, now);
}

void net_nat_overload_accept(net_nat_table *table, net_nat_box *box, uint32_t expired,
                             const net_packet *packet, pl_time now)
{
    if (box->kind->options.strangers == NET_STRANGERS_IGNORED || packet->protocol != PL_PROTOCOL_UDP)
        return;
    if (expired)
        net_nat_life_release(table, box, expired);
    net_nat_life_sweep(table, box, now);
    const net_mapping_key key = {.box = box->id,
                                 .protocol = packet->protocol,
                                 .inside = packet->destination,
                                 .remote = packet->source};
    const uint32_t index =
        net_nat_life_begin(table, box, &key, net_nat_box_place(box, packet->destination.ip),
                           packet->destination.port, NET_MAPPING_STRANGER, now);
    net_nat_table_mapping(table, index)->expires_at = now + box->kind->options.udp_lifetime_ns;
}

net_drop net_nat_overload_stranger(net_nat_table *table, const net_nat_box *box, uint32_t mapping,
                                   pl_time now)
{
    net_mapping *m = net_nat_table_mapping(table, mapping);
    if (!m->stranger)
        return NET_DROP_NONE;
    m->expires_at = now + box->kind->options.udp_lifetime_ns;
    return m->clashed ? NET_DROP_CLASH : NET_DROP_NO_MAPPING;
}
