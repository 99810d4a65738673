/* nat_life.c - the life of mappings. */
#include "sim/net/nat/nat_life.h"

#include <glib.h>

/* chosen: mappings looked at when one is made; making one leaves at most two unbound, so four outrun it. */
#define SWEEP 4

/* What a holder stands for: a host where ports come in blocks, an endpoint where they are overloaded. */
static pl_addr held(const net_nat_box *box, pl_addr inside)
{
    return box->kind->options.ports == NET_PORTS_BLOCK ? (pl_addr){inside.ip, 0} : inside;
}

static uint8_t held_protocol(const net_nat_box *box, uint8_t protocol)
{
    return box->kind->options.ports == NET_PORTS_BLOCK ? 0 : protocol;
}

static bool has_holders(const net_nat_box *box)
{
    return box->kind->options.ports == NET_PORTS_BLOCK || box->kind->shares;
}

uint32_t net_nat_life_holder(const net_nat_table *table, const net_nat_box *box, uint8_t protocol,
                             pl_addr inside)
{
    return net_nat_table_holder(table, box->id, held_protocol(box, protocol), held(box, inside));
}

static void count_in(net_nat_table *table, const net_nat_box *box, uint32_t mapping)
{
    const net_mapping *m = net_nat_table_mapping(table, mapping);
    const pl_addr inside = {m->inside_ip, m->inside_port};
    uint32_t index = net_nat_life_holder(table, box, m->protocol, inside);
    if (!index)
        index = net_nat_table_hold_for(table, box->id, held_protocol(box, m->protocol), held(box, inside));
    net_holder *holder = net_nat_table_holder_at(table, index);
    holder->count++;
    holder->newest = mapping;
}

static void count_out(net_nat_table *table, const net_nat_box *box, const net_mapping *m)
{
    const uint32_t index =
        net_nat_life_holder(table, box, m->protocol, (pl_addr){m->inside_ip, m->inside_port});
    if (--net_nat_table_holder_at(table, index)->count == 0)
        net_nat_table_drop_holder(table, index);
}

uint32_t net_nat_life_begin(net_nat_table *table, net_nat_box *box, const net_mapping_key *key,
                            uint32_t place, uint16_t port, net_mapping_kind kind, pl_time now)
{
    const uint32_t index = net_nat_table_bind(table, key, place, port, kind, &box->ring);
    net_nat_table_mapping(table, index)->since = now;
    box->records++;
    if (kind == NET_MAPPING_STRANGER)
        return index;
    box->bound++;
    box->full_until = 0;
    if (has_holders(box))
        count_in(table, box, index);
    return index;
}

void net_nat_life_release(net_nat_table *table, net_nat_box *box, uint32_t mapping)
{
    const net_mapping *m = net_nat_table_mapping(table, mapping);
    if (m->is_inside)
        box->bound--;
    if (has_holders(box) && !m->stranger)
        count_out(table, box, m);
    net_nat_table_unbind(table, mapping);
}

/* Until when nobody else gets the port. */
static pl_time taken_until(const net_nat_box *box, const net_mapping *m)
{
    return m->stranger ? m->expires_at : m->expires_at + box->kind->options.hold_down_ns;
}

void net_nat_life_end(net_nat_table *table, net_nat_box *box, uint32_t mapping, pl_time now)
{
    const net_mapping *m = net_nat_table_mapping(table, mapping);
    if (now >= taken_until(box, m)) {
        net_nat_life_release(table, box, mapping);
    } else if (m->is_inside) {
        box->bound--;
        net_nat_table_hold(table, mapping);
    }
}

uint32_t net_nat_life_taken(net_nat_table *table, net_nat_box *box, const net_port_key *port, pl_addr remote,
                            pl_time now)
{
    const bool shared = box->kind->shares;
    const uint32_t index =
        shared ? net_nat_table_shared(table, port, remote) : net_nat_table_outside(table, port);
    if (!index || now < taken_until(box, net_nat_table_mapping(table, index)))
        return index;
    net_nat_life_release(table, box, index);
    return 0;
}

/* Looks at `n` mappings of the box, ends the expired ones, and returns when the first of the others
 * expires. */
static pl_time sweep(net_nat_table *table, net_nat_box *box, uint32_t n, pl_time now)
{
    pl_time first = PL_NEVER;
    for (uint32_t i = 0; i < n && box->ring; i++) {
        const uint32_t index = net_ring_next(&table->mappings, box->ring);
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (m->is_outside && now >= m->expires_at)
            net_nat_life_end(table, box, index, now);
        else if (m->is_inside && m->expires_at < first)
            first = m->expires_at;
        if (net_nat_table_sweep_one(table, &box->ring))
            box->records--;
    }
    return first;
}

void net_nat_life_sweep(net_nat_table *table, net_nat_box *box, pl_time now)
{
    sweep(table, box, SWEEP, now);
}

bool net_nat_life_is_full(net_nat_table *table, net_nat_box *box, pl_time now)
{
    const uint32_t most = box->kind->options.max_mappings;
    if (!most || box->bound < most)
        return false;
    if (now >= box->full_until)
        box->full_until = sweep(table, box, box->records, now);
    return box->bound >= most;
}

void net_nat_box_forget(net_nat_table *table, net_nat_box *box)
{
    while (box->ring) {
        const uint32_t index = net_ring_next(&table->mappings, box->ring);
        if (net_nat_table_mapping(table, index)->is_outside)
            net_nat_life_release(table, box, index);
        net_nat_table_sweep_one(table, &box->ring);
    }
    box->recent = 0;
    box->records = 0;
    box->last_port = 0;
    box->full_until = 0;
    box->boots++;
}
