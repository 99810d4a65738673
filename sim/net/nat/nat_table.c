/* nat_table.c - the mappings and sessions of all NAT boxes. */
#include "sim/net/nat/nat_table.h"

#include <glib.h>

/* chosen: sessions looked at when one is opened; two a time outrun the growth. */
#define SWEEP 2

void net_nat_table_init(net_nat_table *table)
{
    G_STATIC_ASSERT(sizeof(net_mapping) == SIM_MEMORY_LINE);
    net_slab_init(&table->mappings, sizeof(net_mapping));
    net_chain_init(&table->by_inside, offsetof(net_mapping, inside));
    net_chain_init(&table->by_outside, offsetof(net_mapping, outside));
    net_slab_init(&table->sessions, sizeof(net_session));
    net_chain_init(&table->by_remote, offsetof(net_session, hook));
    net_slab_init(&table->holders, sizeof(net_holder));
    net_chain_init(&table->by_holder, offsetof(net_holder, hook));
    net_chain_init(&table->by_block, offsetof(net_holder, block));
}

void net_nat_table_clear(net_nat_table *table)
{
    net_slab_clear(&table->mappings);
    net_chain_clear(&table->by_inside);
    net_chain_clear(&table->by_outside);
    net_slab_clear(&table->sessions);
    net_chain_clear(&table->by_remote);
    net_slab_clear(&table->holders);
    net_chain_clear(&table->by_holder);
    net_chain_clear(&table->by_block);
}

size_t net_nat_table_memory(const net_nat_table *table)
{
    return net_slab_memory(&table->mappings) + net_chain_memory(&table->by_inside) +
           net_chain_memory(&table->by_outside) + net_slab_memory(&table->sessions) +
           net_chain_memory(&table->by_remote) + net_slab_memory(&table->holders) +
           net_chain_memory(&table->by_holder) + net_chain_memory(&table->by_block);
}

static uint32_t inside_hash(const net_mapping_key *key)
{
    return net_mix((uint64_t)key->box << 32 | key->inside.ip,
                   (uint64_t)key->remote.ip << 32 | (uint32_t)key->inside.port << 16 | key->remote.port) ^
           key->protocol;
}

static uint32_t outside_hash(const net_port_key *key)
{
    return net_mix(key->place, (uint64_t)key->protocol << 16 | key->port);
}

static uint32_t shared_hash(const net_port_key *key, pl_addr remote)
{
    return net_mix((uint64_t)key->place << 32 | remote.ip,
                   (uint64_t)key->protocol << 32 | (uint32_t)key->port << 16 | remote.port);
}

static uint32_t session_hash(uint32_t mapping, pl_addr remote)
{
    return net_mix(mapping, (uint64_t)remote.ip << 16 | remote.port);
}

static uint32_t holder_hash(uint32_t box, uint8_t protocol, pl_addr inside)
{
    return net_mix((uint64_t)box << 32 | inside.ip, (uint64_t)protocol << 16 | inside.port);
}

static uint32_t block_hash(uint32_t place, uint16_t first_port)
{
    return net_mix(place, first_port);
}

uint32_t net_nat_table_inside(const net_nat_table *table, const net_mapping_key *key)
{
    uint32_t index = net_chain_first(&table->by_inside, inside_hash(key));
    while (index) {
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (net_nat_table_is_inside(m, key))
            return index;
        index = m->inside.next;
    }
    return 0;
}

uint32_t net_nat_table_outside(const net_nat_table *table, const net_port_key *key)
{
    uint32_t index = net_chain_first(&table->by_outside, outside_hash(key));
    while (index) {
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (net_nat_table_is_outside(m, key))
            return index;
        index = m->outside.next;
    }
    return 0;
}

uint32_t net_nat_table_shared(const net_nat_table *table, const net_port_key *key, pl_addr remote)
{
    uint32_t index = net_chain_first(&table->by_outside, shared_hash(key, remote));
    while (index) {
        const net_mapping *m = net_nat_table_mapping(table, index);
        if (net_nat_table_is_shared(m, key, remote))
            return index;
        index = m->outside.next;
    }
    return 0;
}

static bool is_session(const net_session *s, uint32_t mapping, pl_addr remote)
{
    return s->mapping == mapping && s->remote_ip == remote.ip && s->remote_port == remote.port;
}

uint32_t net_nat_table_session(net_nat_table *table, uint32_t mapping, pl_addr remote)
{
    net_mapping *m = net_nat_table_mapping(table, mapping);
    if (m->recent && is_session(net_nat_table_session_at(table, m->recent), mapping, remote))
        return m->recent;
    uint32_t index = net_chain_first(&table->by_remote, session_hash(mapping, remote));
    while (index) {
        const net_session *s = net_nat_table_session_at(table, index);
        if (is_session(s, mapping, remote))
            return m->recent = index;
        index = s->hook.next;
    }
    return 0;
}

uint32_t net_nat_table_bind(net_nat_table *table, const net_mapping_key *key, uint32_t place, uint16_t port,
                            net_mapping_kind kind, uint32_t *ring)
{
    uint32_t index = net_slab_take(&table->mappings);
    net_mapping *m = net_nat_table_mapping(table, index);
    m->place = place;
    m->protocol = key->protocol;
    m->inside_ip = key->inside.ip;
    m->inside_port = key->inside.port;
    m->remote_ip = key->remote.ip;
    m->remote_port = key->remote.port;
    m->external_port = port;
    m->is_inside = kind != NET_MAPPING_STRANGER;
    m->is_outside = 1;
    m->shared = kind != NET_MAPPING_OWN;
    m->stranger = kind == NET_MAPPING_STRANGER;
    const net_port_key outside = {place, key->protocol, port};
    if (m->is_inside)
        net_chain_add(&table->by_inside, &table->mappings, index, inside_hash(key));
    net_chain_add(&table->by_outside, &table->mappings, index,
                  m->shared ? shared_hash(&outside, key->remote) : outside_hash(&outside));
    net_ring_add(&table->mappings, ring, index);
    return index;
}

/* Frees the session after the ring's tail. */
static void drop_session(net_nat_table *table, net_mapping *m)
{
    uint32_t index = net_ring_next(&table->sessions, m->sessions);
    net_ring_cut(&table->sessions, &m->sessions);
    net_chain_remove(&table->by_remote, &table->sessions, index);
    net_nat_table_session_at(table, index)->mapping = 0; /* whoever guesses it must not find it */
    net_slab_give(&table->sessions, index);
}

void net_nat_table_hold(net_nat_table *table, uint32_t mapping)
{
    net_mapping *m = net_nat_table_mapping(table, mapping);
    while (m->sessions)
        drop_session(table, m);
    if (m->is_inside)
        net_chain_remove(&table->by_inside, &table->mappings, mapping);
    m->is_inside = 0;
}

void net_nat_table_unbind(net_nat_table *table, uint32_t mapping)
{
    net_nat_table_hold(table, mapping);
    net_chain_remove(&table->by_outside, &table->mappings, mapping);
    net_nat_table_mapping(table, mapping)->is_outside = 0;
}

bool net_nat_table_sweep_one(net_nat_table *table, uint32_t *ring)
{
    uint32_t index = net_ring_next(&table->mappings, *ring);
    if (net_nat_table_mapping(table, index)->is_outside) {
        net_ring_advance(&table->mappings, ring);
        return false;
    }
    net_ring_cut(&table->mappings, ring);
    net_slab_give(&table->mappings, index);
    return true;
}

static void sweep_sessions(net_nat_table *table, net_mapping *m, pl_time now)
{
    for (int i = 0; i < SWEEP && m->sessions; i++) {
        uint32_t index = net_ring_next(&table->sessions, m->sessions);
        if (now >= net_nat_table_session_at(table, index)->expires_at)
            drop_session(table, m);
        else
            net_ring_advance(&table->sessions, &m->sessions);
    }
}

uint32_t net_nat_table_open(net_nat_table *table, uint32_t mapping, pl_addr remote, pl_time now)
{
    net_mapping *m = net_nat_table_mapping(table, mapping);
    sweep_sessions(table, m, now);
    uint32_t index = net_slab_take(&table->sessions);
    net_session *s = net_nat_table_session_at(table, index);
    s->mapping = mapping;
    s->remote_ip = remote.ip;
    s->remote_port = remote.port;
    net_chain_add(&table->by_remote, &table->sessions, index, session_hash(mapping, remote));
    net_ring_add(&table->sessions, &m->sessions, index);
    return index;
}

uint32_t net_nat_table_holder(const net_nat_table *table, uint32_t box, uint8_t protocol, pl_addr inside)
{
    uint32_t index = net_chain_first(&table->by_holder, holder_hash(box, protocol, inside));
    while (index) {
        const net_holder *h = net_nat_table_holder_at(table, index);
        if (net_place_box(h->place) == box && h->protocol == protocol && h->inside_ip == inside.ip &&
            h->inside_port == inside.port)
            return index;
        index = h->hook.next;
    }
    return 0;
}

uint32_t net_nat_table_block(const net_nat_table *table, uint32_t place, uint16_t first_port)
{
    uint32_t index = net_chain_first(&table->by_block, block_hash(place, first_port));
    while (index) {
        const net_holder *h = net_nat_table_holder_at(table, index);
        if (h->place == place && h->first_port == first_port)
            return index;
        index = h->block.next;
    }
    return 0;
}

uint32_t net_nat_table_hold_for(net_nat_table *table, uint32_t box, uint8_t protocol, pl_addr inside)
{
    const uint32_t index = net_slab_take(&table->holders);
    net_holder *h = net_nat_table_holder_at(table, index);
    h->place = net_place(box, 0);
    h->protocol = protocol;
    h->inside_ip = inside.ip;
    h->inside_port = inside.port;
    net_chain_add(&table->by_holder, &table->holders, index, holder_hash(box, protocol, inside));
    return index;
}

void net_nat_table_give_block(net_nat_table *table, uint32_t holder, uint32_t place, uint16_t first_port)
{
    net_holder *h = net_nat_table_holder_at(table, holder);
    h->place = place;
    h->first_port = first_port;
    net_chain_add(&table->by_block, &table->holders, holder, block_hash(place, first_port));
}

void net_nat_table_drop_holder(net_nat_table *table, uint32_t holder)
{
    const net_holder *h = net_nat_table_holder_at(table, holder);
    net_chain_remove(&table->by_holder, &table->holders, holder);
    if (h->first_port)
        net_chain_remove(&table->by_block, &table->holders, holder);
    net_slab_give(&table->holders, holder);
}
