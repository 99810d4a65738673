/* nat_table.h - the mappings and sessions of all NAT boxes of a network.
 *
 * Private to sim/net.  A mapping ties an inside endpoint (and, if the box maps by destination, a remote
 * one) to an external port.  A session is one remote that a mapping has spoken with; it is kept only where
 * a filter or TCP needs it.  Both expire lazily: nothing happens until somebody looks. */
#ifndef NET_NAT_TABLE_H
#define NET_NAT_TABLE_H

#include "core/types.h"
#include "sim/net/store/slab.h"

typedef struct net_mapping {
    uint32_t ring;     /* of the box's mappings */
    uint32_t sessions; /* ring of its sessions */
    net_hook inside;   /* chain by inside endpoint */
    net_hook outside;  /* chain by external port */
    uint32_t box;
    uint32_t inside_ip;
    uint32_t remote_ip; /* 0 where the box does not map by it */
    uint16_t inside_port;
    uint16_t remote_port;
    uint16_t external_port;
    uint8_t protocol;
    uint8_t bound; /* 0: no longer in the chains, waits for the sweep */
    uint32_t recent; /* the session used last, looked at first; a guess, 0 = none */
    uint32_t spare;  /* chosen: a mapping fills a cache line */
    pl_time expires_at;
} net_mapping;

typedef struct net_session {
    uint32_t ring; /* of the mapping's sessions */
    net_hook hook;
    uint32_t mapping;
    uint32_t remote_ip;
    uint16_t remote_port;
    uint8_t seen; /* TCP: what has passed */
    pl_time expires_at;
} net_session;

typedef struct net_nat_table {
    net_slab mappings;
    net_chain by_inside;
    net_chain by_outside;
    net_slab sessions;
    net_chain by_remote;
} net_nat_table;

typedef struct net_mapping_key {
    uint32_t box;
    uint8_t protocol;
    pl_addr inside;
    pl_addr remote; /* masked by the box's mapping behaviour */
} net_mapping_key;

void net_nat_table_init(net_nat_table *table);
void net_nat_table_clear(net_nat_table *table);
size_t net_nat_table_memory(const net_nat_table *table);

/* Finds return a number, 0 if there is none; what they find may have expired. */
uint32_t net_nat_table_inside(const net_nat_table *table, const net_mapping_key *key);
uint32_t net_nat_table_outside(const net_nat_table *table, uint32_t box, uint8_t protocol, uint16_t port);
uint32_t net_nat_table_session(net_nat_table *table, uint32_t mapping, pl_addr remote);

static inline net_mapping *net_nat_table_mapping(const net_nat_table *table, uint32_t index)
{
    return net_slab_at(&table->mappings, index);
}

static inline net_session *net_nat_table_session_at(const net_nat_table *table, uint32_t index)
{
    return net_slab_at(&table->sessions, index);
}

/* Whether a record, which may have been freed since, is the one that the find would return. */
static inline bool net_nat_table_is_inside(const net_mapping *m, const net_mapping_key *key)
{
    return m->bound && m->box == key->box && m->inside_ip == key->inside.ip &&
           m->inside_port == key->inside.port && m->remote_ip == key->remote.ip &&
           m->remote_port == key->remote.port && m->protocol == key->protocol;
}

static inline bool net_nat_table_is_outside(const net_mapping *m, uint32_t box, uint8_t protocol,
                                            uint16_t port)
{
    return m->bound && m->box == box && m->external_port == port && m->protocol == protocol;
}

/* Adds a bound mapping to the chains and to the box's ring. */
uint32_t net_nat_table_bind(net_nat_table *table, const net_mapping_key *key, uint16_t port, uint32_t *ring);
/* Forgets a mapping and its sessions; the record stays in the ring until it is swept. */
void net_nat_table_unbind(net_nat_table *table, uint32_t mapping);
/* Steps over the record after the ring's tail if it is bound, else frees it; returns whether it did. */
bool net_nat_table_sweep_one(net_nat_table *table, uint32_t *ring);
/* Adds a session to a mapping; frees expired ones of that mapping on the way. */
uint32_t net_nat_table_open(net_nat_table *table, uint32_t mapping, pl_addr remote, pl_time now);

#endif
