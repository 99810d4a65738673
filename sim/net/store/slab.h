/* slab.h - compact storage for many small records: slabs, hash chains and rings that share one index.
 *
 * Private to sim/net.  Records are numbered from 1 (0 means "none") and never move.  A record's first
 * field is its ring link (uint32_t); hash links (net_hook) sit wherever the chain's offset says.  The
 * order of a hash chain never reaches behaviour: whoever walks one looks for the one exact key. */
#ifndef NET_SLAB_H
#define NET_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "sim/memory.h"

#define NET_SLAB_SHIFT 8 /* chosen: 256 records a block, little waste in small networks */
#define NET_SLAB_RECORDS (1u << NET_SLAB_SHIFT)

typedef struct net_slab {
    uint8_t **blocks;
    uint32_t n_blocks;
    uint32_t room;      /* slots in `blocks` */
    uint32_t used;      /* numbers given so far, the largest included */
    uint32_t free_head; /* list of freed records through their first four bytes */
    uint32_t live;
    uint32_t record_bytes;
    sim_blocks memory;
} net_slab;

void net_slab_init(net_slab *slab, size_t record_bytes);
void net_slab_clear(net_slab *slab);
/* Gives a zeroed record. */
uint32_t net_slab_take(net_slab *slab);
void net_slab_give(net_slab *slab, uint32_t index);
size_t net_slab_memory(const net_slab *slab);

static inline void *net_slab_at(const net_slab *slab, uint32_t index)
{
    return slab->blocks[index >> NET_SLAB_SHIFT] +
           (size_t)(index & (NET_SLAB_RECORDS - 1)) * slab->record_bytes;
}

/* The same for a slab of `type`: the size is known where it is used. */
#define NET_SLAB_AT(type, slab, index)                                                                     \
    ((type *)(void *)(slab)->blocks[(index) >> NET_SLAB_SHIFT] + ((index) & (NET_SLAB_RECORDS - 1)))

/* A record's place in one hash chain. */
typedef struct net_hook {
    uint32_t next;
    uint32_t hash;
} net_hook;

typedef struct net_chain {
    uint32_t *heads;
    uint32_t mask;
    uint32_t count;
    uint32_t offset; /* of the hook in the record */
} net_chain;

void net_chain_init(net_chain *chain, size_t offset);
void net_chain_clear(net_chain *chain);
void net_chain_add(net_chain *chain, const net_slab *slab, uint32_t index, uint32_t hash);
void net_chain_remove(net_chain *chain, const net_slab *slab, uint32_t index);
size_t net_chain_memory(const net_chain *chain);

static inline uint32_t net_chain_first(const net_chain *chain, uint32_t hash)
{
    return chain->heads[hash & chain->mask];
}

/* A ring is known by its tail; tail's successor is the oldest record that was not looked at. */
void net_ring_add(const net_slab *slab, uint32_t *tail, uint32_t index);
/* Number of the record after the tail, 0 if the ring is empty. */
uint32_t net_ring_next(const net_slab *slab, uint32_t tail);
/* Leaves the record after the tail in place and makes it the tail. */
void net_ring_advance(const net_slab *slab, uint32_t *tail);
/* Takes the record after the tail out of the ring. */
void net_ring_cut(const net_slab *slab, uint32_t *tail);

/* Mixes two words into 32 well-spread bits (multipliers: spec SplitMix64). */
static inline uint32_t net_mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ (b * 0x9e3779b97f4a7c15u)) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

#endif
