/* demux.h - which socket, listener or stream a packet belongs to: one hash table for the whole engine.
 *
 * Open addressing with linear probing; keys lie in the table, so that a look-up touches the table once
 * and then the element.  A login server with 10^5 streams costs no more than a host with one.  Nothing
 * depends on the table's order. */
#ifndef SIM_LIGHT_DEMUX_H
#define SIM_LIGHT_DEMUX_H

#include "sim/engine.h"

/* Sockets and listeners have no remote: {0, 0}. */
typedef struct sim_demux_key {
    sim_host host;
    uint32_t kind; /* SIM_KIND_… */
    uint16_t local_port;
    pl_addr remote;
} sim_demux_key;

typedef struct sim_demux_entry {
    sim_host host;
    uint32_t remote_ip;
    uint16_t local_port;
    uint16_t remote_port;
    pl_id id; /* 0 = empty; its kind is part of the key */
} sim_demux_entry;

typedef struct sim_demux {
    sim_demux_entry *entries;
    size_t capacity; /* a power of two */
    size_t count;
} sim_demux;

void sim_demux_init(sim_demux *demux, size_t expected);
void sim_demux_clear(sim_demux *demux);
/* The handle under a key, 0 if there is none. */
pl_id sim_demux_find(const sim_demux *demux, const sim_demux_key *key);
/* The key must not be there; the kind of `id` is the key's. */
void sim_demux_add(sim_demux *demux, const sim_demux_key *key, pl_id id);
/* The key must be there. */
void sim_demux_remove(sim_demux *demux, const sim_demux_key *key);
size_t sim_demux_memory(const sim_demux *demux);

#endif
