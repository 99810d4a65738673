/* nat_table.h - the mappings and sessions of all NAT boxes of a network.
 *
 * Private to sim/net.  A mapping ties an inside endpoint (and, if the box maps by destination, a remote
 * one) to an outside address and port.  A session is one remote that a mapping has spoken with; it is kept
 * only where a filter or TCP needs it.  Both expire lazily: nothing happens until somebody looks. */
#ifndef NET_NAT_TABLE_H
#define NET_NAT_TABLE_H

#include "core/types.h"
#include "sim/net/store/slab.h"

/* One cache line. */
typedef struct net_mapping {
    uint32_t ring;     /* of the box's mappings */
    uint32_t sessions; /* ring of its sessions */
    net_hook inside;   /* chain by inside endpoint */
    net_hook outside;  /* chain by outside port */
    uint32_t place;    /* net_place: the box, and which of its addresses */
    uint32_t inside_ip;
    uint32_t remote_ip; /* 0 where the box does not map by it */
    uint16_t inside_port;
    uint16_t remote_port;
    uint16_t external_port;
    uint8_t protocol;
    uint8_t is_inside : 1;  /* in the chain by inside endpoint: packets may go out by it */
    uint8_t is_outside : 1; /* in the chain by outside port; alone: the port rests, or is a stranger's */
    uint8_t shared : 1;     /* the port is taken for the remote only */
    uint8_t stranger : 1;   /* of the box's own stack, opened from outside */
    uint8_t clashed : 1;    /* STRANGER: a flow from inside had to give way */
    uint8_t replied : 1;    /* a packet has come in */
    uint32_t recent; /* the session used last, looked at first; a guess, 0 = none */
    pl_time since;   /* when it was made */
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

/* What a box keeps of an inside host (its block of ports) or of an inside endpoint (which port it shows), as
 * long as any mapping of it holds a port. */
typedef struct net_holder {
    uint32_t newest; /* the mapping made last; a guess, as it may be gone */
    net_hook hook;   /* chain by inside host or endpoint */
    net_hook block;  /* chain by block */
    uint32_t place;  /* net_place */
    uint32_t count;  /* mappings */
    uint32_t inside_ip;
    uint16_t inside_port; /* 0: of the host */
    uint16_t first_port;  /* of the block */
    uint8_t protocol;     /* 0: of the host */
} net_holder;

typedef struct net_nat_table {
    net_slab mappings;
    net_chain by_inside;
    net_chain by_outside;
    net_slab sessions;
    net_chain by_remote;
    net_slab holders;
    net_chain by_holder;
    net_chain by_block;
    uint64_t remaps; /* flows that could not have the port of their endpoint */
} net_nat_table;

#define NET_PLACE_BITS 24 /* chosen: 16 million boxes of up to 256 addresses */

/* A box and one of its addresses, as one number. */
static inline uint32_t net_place(uint32_t box, uint32_t address)
{
    return address << NET_PLACE_BITS | box;
}

static inline uint32_t net_place_box(uint32_t place)
{
    return place & ((1u << NET_PLACE_BITS) - 1);
}

static inline uint32_t net_place_address(uint32_t place)
{
    return place >> NET_PLACE_BITS;
}

typedef struct net_mapping_key {
    uint32_t box;
    uint8_t protocol;
    pl_addr inside;
    pl_addr remote; /* masked by the box's mapping behaviour */
} net_mapping_key;

/* An outside port of a box. */
typedef struct net_port_key {
    uint32_t place;
    uint8_t protocol;
    uint16_t port;
} net_port_key;

void net_nat_table_init(net_nat_table *table);
void net_nat_table_clear(net_nat_table *table);
size_t net_nat_table_memory(const net_nat_table *table);

/* Finds return a number, 0 if there is none; what they find may have expired. */
uint32_t net_nat_table_inside(const net_nat_table *table, const net_mapping_key *key);
uint32_t net_nat_table_outside(const net_nat_table *table, const net_port_key *key);
/* Of a box that takes ports for one remote only. */
uint32_t net_nat_table_shared(const net_nat_table *table, const net_port_key *key, pl_addr remote);
uint32_t net_nat_table_session(net_nat_table *table, uint32_t mapping, pl_addr remote);
/* The holder for an inside endpoint, or for a host with port and protocol 0. */
uint32_t net_nat_table_holder(const net_nat_table *table, uint32_t box, uint8_t protocol, pl_addr inside);
/* Who holds the block that begins at a port; 0: nobody. */
uint32_t net_nat_table_block(const net_nat_table *table, uint32_t place, uint16_t first_port);

static inline net_mapping *net_nat_table_mapping(const net_nat_table *table, uint32_t index)
{
    return NET_SLAB_AT(net_mapping, &table->mappings, index);
}

static inline net_session *net_nat_table_session_at(const net_nat_table *table, uint32_t index)
{
    return NET_SLAB_AT(net_session, &table->sessions, index);
}

static inline net_holder *net_nat_table_holder_at(const net_nat_table *table, uint32_t index)
{
    return net_slab_at(&table->holders, index);
}

/* Whether a record, which may have been freed since, is the one that the find would return. */
static inline bool net_nat_table_is_inside(const net_mapping *m, const net_mapping_key *key)
{
    return m->is_inside && net_place_box(m->place) == key->box && m->inside_ip == key->inside.ip &&
           m->inside_port == key->inside.port && m->remote_ip == key->remote.ip &&
           m->remote_port == key->remote.port && m->protocol == key->protocol;
}

static inline bool net_nat_table_is_outside(const net_mapping *m, const net_port_key *key)
{
    return m->is_outside && m->place == key->place && m->external_port == key->port &&
           m->protocol == key->protocol;
}

static inline bool net_nat_table_is_shared(const net_mapping *m, const net_port_key *key, pl_addr remote)
{
    return net_nat_table_is_outside(m, key) && m->remote_ip == remote.ip && m->remote_port == remote.port;
}

typedef enum net_mapping_kind { NET_MAPPING_OWN, NET_MAPPING_SHARED, NET_MAPPING_STRANGER } net_mapping_kind;

/* Adds a mapping to the chains and to the box's ring.  A stranger's is in the outside chain only. */
uint32_t net_nat_table_bind(net_nat_table *table, const net_mapping_key *key, uint32_t place, uint16_t port,
                            net_mapping_kind kind, uint32_t *ring);
/* Forgets the inside of a mapping and its sessions; its port stays taken. */
void net_nat_table_hold(net_nat_table *table, uint32_t mapping);
/* Forgets a mapping and its sessions; the record stays in the ring until it is swept. */
void net_nat_table_unbind(net_nat_table *table, uint32_t mapping);
/* Steps over the record after the ring's tail if it is bound, else frees it; returns whether it did. */
bool net_nat_table_sweep_one(net_nat_table *table, uint32_t *ring);
/* Adds a session to a mapping; frees expired ones of that mapping on the way. */
uint32_t net_nat_table_open(net_nat_table *table, uint32_t mapping, pl_addr remote, pl_time now);
/* Adds a holder without a block; give it one before the next look. */
uint32_t net_nat_table_hold_for(net_nat_table *table, uint32_t box, uint8_t protocol, pl_addr inside);
void net_nat_table_give_block(net_nat_table *table, uint32_t holder, uint32_t place, uint16_t first_port);
void net_nat_table_drop_holder(net_nat_table *table, uint32_t holder);

#endif
