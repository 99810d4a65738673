/* slab.c - slabs, hash chains and rings. */
#include "sim/net/store/slab.h"

#include <glib.h>
#include <string.h>

#define FIRST_HEADS 64u /* chosen: buckets of an empty chain */

void net_slab_init(net_slab *slab, size_t record_bytes)
{
    *slab = (net_slab){.record_bytes = (uint32_t)record_bytes};
}

void net_slab_clear(net_slab *slab)
{
    sim_blocks_clear(&slab->memory);
    g_free(slab->blocks);
    net_slab_init(slab, slab->record_bytes);
}

static void add_block(net_slab *slab)
{
    if (slab->n_blocks == slab->room) {
        slab->room = slab->room ? 2 * slab->room : 4;
        slab->blocks = g_renew(uint8_t *, slab->blocks, slab->room);
    }
    slab->blocks[slab->n_blocks++] = sim_blocks_take(&slab->memory, (size_t)NET_SLAB_RECORDS * slab->record_bytes);
}

uint32_t net_slab_take(net_slab *slab)
{
    uint32_t index = slab->free_head;
    if (index) {
        memcpy(&slab->free_head, net_slab_at(slab, index), sizeof slab->free_head);
    } else {
        g_assert(slab->used < UINT32_MAX);
        index = ++slab->used;
        if (index >> NET_SLAB_SHIFT >= slab->n_blocks)
            add_block(slab);
    }
    slab->live++;
    memset(net_slab_at(slab, index), 0, slab->record_bytes);
    return index;
}

void net_slab_give(net_slab *slab, uint32_t index)
{
    memcpy(net_slab_at(slab, index), &slab->free_head, sizeof slab->free_head);
    slab->free_head = index;
    slab->live--;
}

size_t net_slab_memory(const net_slab *slab)
{
    return (size_t)slab->n_blocks * NET_SLAB_RECORDS * slab->record_bytes + slab->room * sizeof(uint8_t *);
}

static net_hook *hook_at(const net_chain *chain, const net_slab *slab, uint32_t index)
{
    return (net_hook *)(void *)((uint8_t *)net_slab_at(slab, index) + chain->offset);
}

void net_chain_init(net_chain *chain, size_t offset)
{
    *chain = (net_chain){.heads = sim_memory_new0(FIRST_HEADS * sizeof(uint32_t)),
                         .mask = FIRST_HEADS - 1,
                         .offset = (uint32_t)offset};
}

void net_chain_clear(net_chain *chain)
{
    sim_memory_free(chain->heads);
    *chain = (net_chain){.offset = chain->offset};
}

static void grow(net_chain *chain, const net_slab *slab)
{
    uint32_t n = chain->mask + 1;
    uint32_t *old = chain->heads;
    chain->heads = sim_memory_new0(2 * (size_t)n * sizeof(uint32_t));
    chain->mask = 2 * n - 1;
    for (uint32_t bucket = 0; bucket < n; bucket++) {
        uint32_t index = old[bucket];
        while (index) {
            net_hook *hook = hook_at(chain, slab, index);
            uint32_t next = hook->next;
            hook->next = chain->heads[hook->hash & chain->mask];
            chain->heads[hook->hash & chain->mask] = index;
            index = next;
        }
    }
    sim_memory_free(old);
}

void net_chain_add(net_chain *chain, const net_slab *slab, uint32_t index, uint32_t hash)
{
    if (chain->count > chain->mask)
        grow(chain, slab);
    net_hook *hook = hook_at(chain, slab, index);
    hook->hash = hash;
    hook->next = chain->heads[hash & chain->mask];
    chain->heads[hash & chain->mask] = index;
    chain->count++;
}

void net_chain_remove(net_chain *chain, const net_slab *slab, uint32_t index)
{
    const net_hook *gone = hook_at(chain, slab, index);
    uint32_t *link = &chain->heads[gone->hash & chain->mask];
    while (*link != index) {
        g_assert(*link);
        link = &hook_at(chain, slab, *link)->next;
    }
    *link = gone->next;
    chain->count--;
}

size_t net_chain_memory(const net_chain *chain)
{
    return ((size_t)chain->mask + 1) * sizeof *chain->heads;
}

static uint32_t *ring_link(const net_slab *slab, uint32_t index)
{
    return net_slab_at(slab, index);
}

void net_ring_add(const net_slab *slab, uint32_t *tail, uint32_t index)
{
    uint32_t *link = ring_link(slab, index);
    if (*tail) {
        *link = *ring_link(slab, *tail);
        *ring_link(slab, *tail) = index;
    } else {
        *link = index;
    }
    *tail = index;
}

uint32_t net_ring_next(const net_slab *slab, uint32_t tail)
{
    return tail ? *ring_link(slab, tail) : 0;
}

void net_ring_advance(const net_slab *slab, uint32_t *tail)
{
    *tail = net_ring_next(slab, *tail);
}

void net_ring_cut(const net_slab *slab, uint32_t *tail)
{
    uint32_t index = net_ring_next(slab, *tail);
    if (index == *tail)
        *tail = 0;
    else
        *ring_link(slab, *tail) = *ring_link(slab, index);
}
