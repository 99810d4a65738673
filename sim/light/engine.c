#include "sim/light/light.h"
#include "sim/light/stack.h"
#include "sim/light/tcp/tcp.h"

#include <glib.h>
#include <string.h>

/* chosen: an ordinary node binds one UDP socket, listens on three ports and keeps two streams. */
#define ENDPOINTS_EXPECTED 6

static sim_engine *light_create(const sim_engine_options *options, const sim_network_face *face)
{
    sim_engine *engine = g_new0(sim_engine, 1);
    engine->face = *face;
    engine->seed = options->seed;
    engine->queue = sim_queue_new();
    engine->hosts_capacity = MAX(options->hosts_expected, 1);
    engine->hosts = sim_memory_new0(engine->hosts_capacity * sizeof(sim_light_host));
    sim_slab_init(&engine->udp, SIM_KIND_UDP, sizeof(sim_endpoint));
    sim_slab_init(&engine->listeners, SIM_KIND_LISTENER, sizeof(sim_endpoint));
    sim_slab_init(&engine->streams, SIM_KIND_STREAM, sizeof(sim_tcp));
    sim_demux_init(&engine->demux, ENDPOINTS_EXPECTED * options->hosts_expected);
    return engine;
}

static void light_host_down(sim_engine *engine, sim_host host)
{
    sim_light_host *gone = sim_stack_host(engine, host);
    if (!gone)
        return;
    while (gone->first[0])
        sim_endpoint_close(engine, &engine->udp, sim_slab_find(&engine->udp, gone->first[0]));
    while (gone->first[1])
        sim_endpoint_close(engine, &engine->listeners, sim_slab_find(&engine->listeners, gone->first[1]));
    while (gone->first[2])
        sim_tcp_free(engine, sim_slab_find(&engine->streams, gone->first[2]));
    gone->last_socket = 0;
    gone->up = false;
}

static void light_destroy(sim_engine *engine)
{
    if (!engine)
        return;
    for (size_t host = 0; host < engine->n_hosts; host++)
        light_host_down(engine, (sim_host)host);
    sim_queue_free(engine->queue);
    sim_slab_clear(&engine->udp);
    sim_slab_clear(&engine->listeners);
    sim_slab_clear(&engine->streams);
    sim_demux_clear(&engine->demux);
    sim_memory_free(engine->hosts);
    g_free(engine);
}

static pl_time light_now(const sim_engine *engine)
{
    return engine->now;
}

static void light_at(sim_engine *engine, pl_time when, sim_event_fn fn, void *ctx, void *arg)
{
    g_assert(when >= engine->now && when < PL_NEVER);
    sim_queue_push(engine->queue, when, fn, ctx, arg);
}

static void light_run(sim_engine *engine, pl_time until)
{
    sim_event event;
    engine->stopping = false;
    while (sim_queue_pop(engine->queue, until, &event)) {
        engine->now = event.when;
        engine->events++;
        event.fn(event.ctx, event.arg, event.when);
        if (engine->stopping)
            return;
    }
    /* A run without an end leaves the clock at its last event: never is not an instant. */
    if (until != PL_NEVER)
        engine->now = MAX(engine->now, until);
}

static void light_stop(sim_engine *engine)
{
    engine->stopping = true;
}

static void light_host_add(sim_engine *engine, sim_host host, const sim_host_options *options)
{
    g_assert(host == engine->n_hosts);
    g_assert(options->profile);
    if (engine->n_hosts == engine->hosts_capacity) {
        engine->hosts_capacity *= 2;
        sim_light_host *more = sim_memory_new0(engine->hosts_capacity * sizeof *more);
        memcpy(more, engine->hosts, engine->n_hosts * sizeof *more);
        sim_memory_free(engine->hosts);
        engine->hosts = more;
    }
    sim_light_host *added = &engine->hosts[engine->n_hosts++];
    *added = (sim_light_host){.input = options->input,
                              .input_ctx = options->input_ctx,
                              .profile = options->profile,
                              .draws = engine->seed ^ (uint64_t)host << 32,
                              .ip = options->ip,
                              .up = true};
    added->next_port = (uint16_t)(sim_stack_draw(added) % SIM_EPHEMERAL_COUNT);
}

static void light_host_up(sim_engine *engine, sim_host host, uint32_t ip)
{
    g_assert(host < engine->n_hosts);
    light_host_down(engine, host);
    engine->hosts[host].up = true;
    engine->hosts[host].ip = ip;
}

static void light_host_move(sim_engine *engine, sim_host host, uint32_t ip)
{
    g_assert(host < engine->n_hosts);
    engine->hosts[host].ip = ip;
}

static void light_deliver(sim_engine *engine, sim_host host, const net_packet *packet, pl_time now)
{
    (void)now;
    const sim_light_host *to = sim_stack_host(engine, host);
    if (!to || packet->destination.ip != to->ip)
        return;
    switch (packet->protocol) {
    case PL_PROTOCOL_UDP:
        sim_udp_deliver(engine, host, packet);
        break;
    case PL_PROTOCOL_TCP:
        sim_tcp_deliver(engine, host, packet);
        break;
    case PL_PROTOCOL_ICMP:
        sim_icmp_deliver(engine, host, packet);
        break;
    default: /* from the network: hosts have no other protocol */
        break;
    }
}

static const sim_slab *slab_of(const sim_engine *engine, pl_id id)
{
    switch (sim_slab_kind(id)) {
    case SIM_KIND_UDP:
        return &engine->udp;
    case SIM_KIND_LISTENER:
        return &engine->listeners;
    default: /* kind 0 is no handle: it is not found among the streams */
        return &engine->streams;
    }
}

static void light_close(sim_engine *engine, sim_host host, pl_id id)
{
    const sim_slab *slab = slab_of(engine, id);
    sim_endpoint *closed = sim_endpoint_find(engine, slab, host, id);
    if (!closed)
        return;
    if (slab == &engine->udp) {
        engine->hosts[host].last_socket = 0;
        sim_endpoint_close(engine, &engine->udp, closed);
    } else if (slab == &engine->listeners)
        sim_endpoint_close(engine, &engine->listeners, closed);
    else
        sim_tcp_close(engine, host, id);
}

static uint16_t light_local_port(sim_engine *engine, sim_host host, pl_id id)
{
    const sim_endpoint *endpoint = sim_endpoint_find(engine, slab_of(engine, id), host, id);
    return endpoint ? endpoint->local_port : 0;
}

static void light_set_warm(sim_engine *engine, sim_warm_fn warm)
{
    sim_queue_set_warm(engine->queue, warm);
}

/* The host, then the start of what its node's context points to. */
static void light_warm_host(const sim_engine *engine, sim_host host, unsigned stage)
{
    if (host >= engine->n_hosts)
        return;
    const sim_light_host *to = &engine->hosts[host];
    if (stage == 0)
        __builtin_prefetch(to, 1);
    else if (stage == 1)
        __builtin_prefetch(to->input_ctx, 1);
}

static void light_stats(const sim_engine *engine, sim_engine_stats *ret_stats)
{
    *ret_stats = (sim_engine_stats){.events = engine->events,
                                    .pending = sim_queue_count(engine->queue),
                                    .packets = engine->packets};
}

void sim_light_memory(const sim_engine *engine, sim_light_bytes *ret_bytes)
{
    *ret_bytes = (sim_light_bytes){.queue = sim_queue_memory(engine->queue),
                                   .hosts = engine->hosts_capacity * sizeof(sim_light_host),
                                   .sockets = sim_slab_memory(&engine->udp),
                                   .listeners = sim_slab_memory(&engine->listeners),
                                   .streams = sim_slab_memory(&engine->streams),
                                   .demux = sim_demux_memory(&engine->demux),
                                   .streams_open = engine->streams.taken};
}

size_t sim_stack_input(sim_engine *engine, sim_host host, const pl_input *input)
{
    const sim_light_host *to = &engine->hosts[host];
    return to->input ? to->input(to->input_ctx, input, engine->now) : 0;
}

void sim_stack_send(sim_engine *engine, sim_host host, const net_packet *packet)
{
    engine->packets++;
    engine->face.send(engine->face.network, host, packet, engine->now);
}

void sim_stack_at(sim_engine *engine, pl_time when, sim_event_fn fn, void *arg)
{
    light_at(engine, when, fn, engine, arg);
}

/* chosen: splitmix64 (Steele, Lea, Flood 2014), eight bytes of state a host. */
uint32_t sim_stack_draw(sim_light_host *host)
{
    uint64_t x = host->draws += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ (x >> 31)) >> 32);
}

const sim_engine_ops sim_light_engine = {
    .name = "light",
    .bytes = sizeof(sim_engine_ops),
    .capabilities = SIM_ENGINE_VIRTUAL_TIME | SIM_ENGINE_SIMULTANEOUS_OPEN | SIM_ENGINE_TTL |
                    SIM_ENGINE_ECHO | SIM_ENGINE_ICMP | SIM_ENGINE_NETWORK,
    .create = light_create,
    .destroy = light_destroy,
    .now = light_now,
    .at = light_at,
    .run = light_run,
    .stop = light_stop,
    .host_add = light_host_add,
    .host_down = light_host_down,
    .host_up = light_host_up,
    .host_move = light_host_move,
    .deliver = light_deliver,
    .udp_bind = sim_udp_bind,
    .udp_send = sim_udp_send,
    .tcp_listen = sim_tcp_listen,
    .tcp_open = sim_tcp_open,
    .tcp_write = sim_tcp_write,
    .tcp_more = sim_tcp_more,
    .tcp_shutdown = sim_tcp_shutdown,
    .tcp_abort = sim_tcp_abort,
    .close = light_close,
    .local_port = light_local_port,
    .icmp_echo = sim_icmp_echo,
    .stats = light_stats,
    .set_warm = light_set_warm,
    .warm_host = light_warm_host,
};
