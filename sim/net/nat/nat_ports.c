/* nat_ports.c - the port policies: preserve, sequential, random, block, overriding. */
#include "sim/net/nat/nat_ports.h"

#include <glib.h>

#include "sim/net/nat/nat_life.h"

#define SYSTEM_PORTS 1024u /* spec: RFC 6335 §6 */
#define ALL_PORTS    65536u
/* chosen: draws of a random port before the search becomes linear; 16 fail once in 65536 at half load. */
#define RANDOM_TRIES 16

/* Who wants a port, and where. */
typedef struct wish {
    net_nat_table *table;
    net_nat_box *box;
    const net_mapping_key *key;
    uint32_t place;
    pl_time now;
} wish;

typedef struct port_range {
    uint32_t low, size;
    uint32_t start, step; /* first candidate as an offset into the range */
} port_range;

static bool is_free(const wish *w, uint32_t port)
{
    const net_port_key key = {w->place, w->key->protocol, (uint16_t)port};
    return !net_nat_life_taken(w->table, w->box, &key, w->key->remote, w->now);
}

/* RFC 4787 REQ-4: even ports to even ones.  An identifier of ICMP has no parity. */
static bool keeps_parity(const wish *w)
{
    return w->box->kind->options.parity && w->key->protocol != PL_PROTOCOL_ICMP;
}

static bool suits(const wish *w, uint32_t port)
{
    return ((port ^ w->key->inside.port) & 1) == 0;
}

/* The first free port of the range, or -1; of the right parity if there is one. */
static int32_t search(const wish *w, const port_range *range)
{
    for (int pass = keeps_parity(w) ? 0 : 1; pass < 2; pass++) {
        uint64_t offset = range->start;
        for (uint32_t i = 0; i < range->size; i++, offset += range->step) {
            const uint32_t port = range->low + (uint32_t)(offset % range->size);
            if ((pass || suits(w, port)) && is_free(w, port))
                return (int32_t)port;
        }
    }
    return -1;
}

static port_range range_of(const net_nat_options *options)
{
    const uint32_t low = options->port_low ? options->port_low : SYSTEM_PORTS;
    const uint32_t high = options->port_high ? options->port_high : ALL_PORTS - 1;
    g_assert(low <= high);
    return (port_range){.low = low, .size = high - low + 1, .step = 1};
}

/* The inside port, or the next free one of its class: system ports stay system ports (RFC 4787 REQ-3a). */
static port_range preserving(const net_mapping_key *key)
{
    const uint32_t inside = key->inside.port;
    if (key->protocol == PL_PROTOCOL_ICMP)
        return (port_range){.low = 0, .size = ALL_PORTS, .start = inside, .step = 1};
    if (inside < SYSTEM_PORTS)
        return (port_range){.low = 1, .size = SYSTEM_PORTS - 1, .start = inside ? inside - 1 : 0, .step = 1};
    return (port_range){
        .low = SYSTEM_PORTS, .size = ALL_PORTS - SYSTEM_PORTS, .start = inside - SYSTEM_PORTS, .step = 1};
}

static int32_t random_port(const wish *w, port_range range)
{
    for (int i = 0; i < RANDOM_TRIES; i++) {
        range.start = (uint32_t)net_random_below(&w->box->random, range.size);
        const uint32_t port = range.low + range.start;
        if ((!keeps_parity(w) || suits(w, port)) && is_free(w, port))
            return (int32_t)port;
    }
    return search(w, &range);
}

static int32_t sequential_port(const wish *w)
{
    const net_nat_options *options = &w->box->kind->options;
    port_range range = range_of(options);
    range.step = options->port_step ? options->port_step : 1;
    if (w->box->last_port)
        range.start = w->box->last_port - range.low + range.step;
    const int32_t port = search(w, &range);
    if (port >= 0)
        w->box->last_port = (uint16_t)port;
    return port;
}

/* Takes the inside port, and takes it away from whoever has it. */
static int32_t overriding_port(const wish *w)
{
    const net_port_key key = {w->place, w->key->protocol, w->key->inside.port};
    const uint32_t index = net_nat_life_taken(w->table, w->box, &key, w->key->remote, w->now);
    if (index)
        net_nat_life_release(w->table, w->box, index);
    return key.port;
}

static int32_t port_by(const wish *w, net_nat_ports policy)
{
    switch (policy) {
    case NET_PORTS_PRESERVE: {
        const port_range range = preserving(w->key);
        return search(w, &range);
    }
    case NET_PORTS_SEQUENTIAL:
        return sequential_port(w);
    case NET_PORTS_RANDOM:
        return random_port(w, range_of(&w->box->kind->options));
    case NET_PORTS_OVERRIDING:
        return overriding_port(w);
    case NET_PORTS_BLOCK:
    case NET_PORTS_OVERLOADING:
        break; /* not by address: see block_port, nat_overload.c */
    }
    g_assert_not_reached();
}

/* Finds the inside host's block, or gives it a free one of its address; false if none is left. */
static bool block_of(wish *w, uint32_t address, port_range *ret_range)
{
    const net_nat_options *options = &w->box->kind->options;
    const pl_addr host = {w->key->inside.ip, 0};
    const uint32_t known = net_nat_table_holder(w->table, w->box->id, 0, host);
    if (known) {
        const net_holder *holder = net_nat_table_holder_at(w->table, known);
        w->place = holder->place;
        *ret_range = (port_range){.low = holder->first_port, .size = options->block, .step = 1};
        return true;
    }
    const port_range all = range_of(options);
    const uint32_t n = all.size / options->block;
    const uint32_t start = (uint32_t)net_random_below(&w->box->random, n);
    w->place = net_place(w->box->id, address);
    for (uint32_t i = 0; i < n; i++) {
        const uint16_t first = (uint16_t)(all.low + (start + i) % n * options->block);
        if (net_nat_table_block(w->table, w->place, first))
            continue;
        net_nat_table_give_block(w->table, net_nat_table_hold_for(w->table, w->box->id, 0, host), w->place,
                                 first);
        *ret_range = (port_range){.low = first, .size = options->block, .step = 1};
        return true;
    }
    return false;
}

uint32_t net_nat_ports_address(net_nat_box *box, uint32_t inside_ip)
{
    const uint32_t n = box->kind->options.pool;
    if (n == 1)
        return 0;
    return box->kind->options.pooling == NET_POOLING_PAIRED ? inside_ip % n
                                                            : (uint32_t)net_random_below(&box->random, n);
}

bool net_nat_ports_keeps(net_nat_table *table, net_nat_box *box, const net_mapping_key *key, pl_time now)
{
    const wish w = {table, box, key, net_place(box->id, net_nat_ports_address(box, key->inside.ip)), now};
    return is_free(&w, key->inside.port);
}

bool net_nat_ports_choose(net_nat_table *table, net_nat_box *box, const net_mapping_key *key,
                          net_nat_ports policy, net_nat_port *ret_port, pl_time now)
{
    const uint32_t n = box->kind->options.pool;
    const uint32_t first = net_nat_ports_address(box, key->inside.ip);
    const uint32_t tries = box->kind->options.pooling == NET_POOLING_PAIRED ? 1 : n;
    wish w = {.table = table, .box = box, .key = key, .now = now};
    for (uint32_t i = 0; i < tries; i++) {
        const uint32_t address = (first + i) % n;
        w.place = net_place(box->id, address);
        int32_t port = -1;
        port_range block;
        if (policy != NET_PORTS_BLOCK)
            port = port_by(&w, policy);
        else if (block_of(&w, address, &block))
            port = random_port(&w, block);
        if (port >= 0) {
            *ret_port = (net_nat_port){w.place, (uint16_t)port};
            return true;
        }
    }
    return false;
}
