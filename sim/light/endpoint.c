#include "sim/light/stack.h"

#include <glib.h>

static sim_demux_key key_of(const sim_slab *slab, const sim_endpoint *endpoint)
{
    return (sim_demux_key){.host = endpoint->host,
                           .kind = slab->kind,
                           .local_port = endpoint->local_port,
                           .remote = endpoint->remote};
}

static pl_id *chain(sim_engine *engine, const sim_slab *slab, sim_host host)
{
    return &engine->hosts[host].first[slab->kind - SIM_KIND_UDP];
}

void *sim_endpoint_open(sim_engine *engine, sim_slab *slab, sim_host host, uint16_t port, pl_addr remote)
{
    sim_endpoint *opened = sim_slab_take(slab);
    if (!opened)
        return NULL;
    opened->host = host;
    opened->local_port = port;
    opened->remote = remote;
    pl_id *first = chain(engine, slab, host);
    opened->slab.next = *first;
    sim_endpoint *second = *first ? sim_slab_find(slab, *first) : NULL;
    if (second)
        second->previous = opened->slab.id;
    *first = opened->slab.id;
    const sim_demux_key key = key_of(slab, opened);
    sim_demux_add(&engine->demux, &key, opened->slab.id);
    return opened;
}

void sim_endpoint_close(sim_engine *engine, sim_slab *slab, void *endpoint)
{
    sim_endpoint *closed = endpoint;
    const sim_demux_key key = key_of(slab, closed);
    sim_demux_remove(&engine->demux, &key);
    sim_endpoint *next = closed->slab.next ? sim_slab_find(slab, closed->slab.next) : NULL;
    sim_endpoint *previous = closed->previous ? sim_slab_find(slab, closed->previous) : NULL;
    if (next)
        next->previous = closed->previous;
    if (previous)
        previous->slab.next = closed->slab.next;
    else
        *chain(engine, slab, closed->host) = closed->slab.next;
    sim_slab_give(slab, closed);
}

pl_id sim_endpoint_at(const sim_engine *engine, const sim_slab *slab, sim_host host, uint16_t port,
                      pl_addr remote)
{
    const sim_demux_key key = {.host = host, .kind = slab->kind, .local_port = port, .remote = remote};
    return sim_demux_find(&engine->demux, &key);
}

void *sim_endpoint_find(const sim_engine *engine, const sim_slab *slab, sim_host host, pl_id id)
{
    if (sim_slab_kind(id) != slab->kind)
        return NULL;
    sim_endpoint *found = sim_slab_find(slab, id);
    return found && found->host == host && sim_stack_host(engine, host) ? found : NULL;
}

/* A stream must not come from a port on which the host listens: the listener owns that name. */
static bool port_taken(const sim_engine *engine, const sim_slab *slab, sim_host host, uint16_t port,
                       pl_addr remote)
{
    const bool owned = slab->kind == SIM_KIND_STREAM &&
                       sim_endpoint_at(engine, &engine->listeners, host, port, (pl_addr){0});
    return owned || sim_endpoint_at(engine, slab, host, port, remote);
}

uint16_t sim_endpoint_port(sim_engine *engine, const sim_slab *slab, sim_host host, pl_addr remote)
{
    sim_light_host *owner = &engine->hosts[host];
    for (uint32_t tried = 0; tried < SIM_EPHEMERAL_COUNT; tried++) {
        const uint16_t port = (uint16_t)(SIM_EPHEMERAL_LOW + owner->next_port);
        owner->next_port = (uint16_t)((owner->next_port + 1) % SIM_EPHEMERAL_COUNT);
        if (!port_taken(engine, slab, host, port, remote))
            return port;
    }
    return 0;
}
