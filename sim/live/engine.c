#include "sim/live/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* chosen: kernel events taken at once; more wait for the next step. */
#define EVENTS_AT_ONCE 64

static int64_t monotonic(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * PL_SECOND + at.tv_nsec;
}

static void advance(sim_engine *engine)
{
    engine->now = MAX(engine->now, monotonic() - engine->started);
}

static sim_engine *live_create(const sim_engine_options *options, const sim_network_face *face)
{
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)options;
    (void)face;
    if (epoll < 0)
        return NULL;
    sim_engine *engine = g_new0(sim_engine, 1);
    engine->epoll = epoll;
    engine->started = monotonic();
    engine->hosts = g_array_new(FALSE, TRUE, sizeof(live_host));
    engine->sockets = g_ptr_array_new();
    engine->generations = g_array_new(FALSE, TRUE, sizeof(uint16_t));
    g_queue_init(&engine->free_indexes);
    g_queue_init(&engine->posted);
    return engine;
}

live_host *live_host_of(sim_engine *engine, sim_host host)
{
    return &g_array_index(engine->hosts, live_host, host);
}

/* Forgets every socket of a host; of all hosts when `only` is NULL. */
static void drop_sockets(sim_engine *engine, const sim_host *only)
{
    for (guint i = 0; i < engine->sockets->len; i++) {
        live_socket *socket = engine->sockets->pdata[i];
        if (!socket || (only && socket->host != *only))
            continue;
        if (only && socket->kind == LIVE_STREAM)
            live_tcp_vanish(socket);
        live_table_remove(engine, socket);
    }
}

static void live_destroy(sim_engine *engine)
{
    if (!engine)
        return;
    drop_sockets(engine, NULL);
    g_queue_clear(&engine->free_indexes);
    g_queue_clear(&engine->posted);
    g_ptr_array_unref(engine->sockets);
    g_array_unref(engine->generations);
    g_array_unref(engine->hosts);
    sim_heap_clear(&engine->timers);
    close(engine->epoll);
    g_free(engine);
}

static pl_time live_now(const sim_engine *engine)
{
    return engine->now;
}

static void live_at(sim_engine *engine, pl_time when, sim_event_fn fn, void *ctx, void *arg)
{
    const sim_event event = {.when = when, .fn = fn, .ctx = ctx, .arg = arg};
    sim_heap_push(&engine->timers, &event);
}

size_t live_input(sim_engine *engine, sim_host host, const pl_input *input)
{
    const live_host to = *live_host_of(engine, host);
    engine->events++;
    return to.up ? to.input(to.input_ctx, input, engine->now) : 0;
}

static void run_posted(sim_engine *engine)
{
    for (guint left = g_queue_get_length(&engine->posted); left > 0 && !engine->stopping; left--) {
        const pl_id id = GPOINTER_TO_UINT(g_queue_pop_head(&engine->posted));
        live_socket *stream = live_table_any(engine, id);
        if (!stream)
            continue;
        stream->state &= ~LIVE_POSTED;
        live_tcp_watch(engine, stream);
        live_tcp_tell(engine, stream);
    }
}

static void run_timers(sim_engine *engine, pl_time until)
{
    sim_event event;
    while (!engine->stopping && sim_heap_first(&engine->timers) <= engine->now &&
           sim_heap_first(&engine->timers) < until) {
        sim_heap_pop(&engine->timers, &event);
        engine->events++;
        event.fn(event.ctx, event.arg, engine->now);
    }
}

/* Milliseconds until the next thing to do, rounded up so that it is not asked for too early. */
static int patience(const sim_engine *engine, pl_time until)
{
    const pl_time next = MIN(until, sim_heap_first(&engine->timers));
    if (!g_queue_is_empty((GQueue *)&engine->posted) || next <= engine->now)
        return 0;
    if (next == PL_NEVER)
        return -1;
    return (int)MIN((next - engine->now + PL_MILLISECOND - 1) / PL_MILLISECOND, (pl_time)INT32_MAX);
}

static void run_sockets(sim_engine *engine, int wait_ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    const int n_events = epoll_wait(engine->epoll, events, EVENTS_AT_ONCE, wait_ms);
    advance(engine);
    for (int i = 0; i < n_events && !engine->stopping; i++) {
        live_socket *socket = live_table_any(engine, events[i].data.u32);
        if (!socket)
            continue;
        if (socket->kind == LIVE_UDP)
            live_udp_ready(engine, socket, events[i].events);
        else if (socket->kind == LIVE_LISTENER)
            live_listener_ready(engine, socket);
        else
            live_tcp_ready(engine, socket, events[i].events);
    }
}

/* One round at least: a caller that is slow between its runs must not starve the sockets. */
static void live_run(sim_engine *engine, pl_time until)
{
    engine->stopping = false;
    advance(engine);
    do {
        run_posted(engine);
        run_timers(engine, until);
        if (!engine->stopping)
            run_sockets(engine, patience(engine, until));
    } while (!engine->stopping && engine->now < until);
}

static void live_stop(sim_engine *engine)
{
    engine->stopping = true;
}

static void live_host_add(sim_engine *engine, sim_host host, const sim_host_options *options)
{
    const live_host added = {.ip = options->ip,
                             .up = true,
                             .profile = options->profile,
                             .input = options->input,
                             .input_ctx = options->input_ctx};
    g_assert(host == engine->hosts->len);
    g_array_append_val(engine->hosts, added);
}

static void live_host_down(sim_engine *engine, sim_host host)
{
    drop_sockets(engine, &host);
    live_host_of(engine, host)->up = false;
}

static void live_host_up(sim_engine *engine, sim_host host, uint32_t ip)
{
    live_host_down(engine, host);
    live_host_of(engine, host)->ip = ip;
    live_host_of(engine, host)->up = true;
}

/* Packets come from the kernel: nobody delivers any. */
static void live_deliver(sim_engine *engine, sim_host host, const net_packet *packet, pl_time now)
{
    (void)engine;
    (void)host;
    (void)packet;
    (void)now;
}

struct sockaddr_in live_sockaddr(pl_addr addr)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(addr.port), .sin_addr = {.s_addr = htonl(addr.ip)}};
}

pl_addr live_addr(const struct sockaddr_in *from)
{
    return (pl_addr){.ip = ntohl(from->sin_addr.s_addr), .port = ntohs(from->sin_port)};
}

int live_error(int error)
{
    switch (error) {
    case EADDRINUSE:
        return PL_ERR_IN_USE;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return PL_ERR_LIMIT;
    default: /* EACCES, EPERM, EADDRNOTAVAIL: not this port, or not this address */
        return PL_ERR_DENIED;
    }
}

/* A listener may take a port that old connections still hold, a stream one that a listener has. */
static void permit_sharing(int fd, live_kind kind, uint16_t port)
{
    const int on = 1;
    if (kind == LIVE_UDP)
        return;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (kind == LIVE_STREAM && port)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    else if (kind == LIVE_STREAM) /* connect() picks a port that is free towards that peer */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
}

int live_bound(sim_engine *engine, sim_host host, live_kind kind, uint16_t port, int *ret_fd)
{
    const live_host *owner = live_host_of(engine, host);
    const int type = kind == LIVE_UDP ? SOCK_DGRAM : SOCK_STREAM;
    if (!owner->up)
        return PL_ERR_GONE;
    if (!owner->ip) /* that would be every address of the machine */
        return PL_ERR_DENIED;
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return live_error(errno);
    permit_sharing(fd, kind, port);
    const struct sockaddr_in address = live_sockaddr((pl_addr){.ip = owner->ip, .port = port});
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const int error = live_error(errno);
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

static void live_close(sim_engine *engine, sim_host host, pl_id id)
{
    live_socket *socket = live_table_any(engine, id);
    if (!socket || socket->host != host || (socket->state & LIVE_RELEASED))
        return;
    if (socket->kind == LIVE_STREAM)
        live_tcp_release(engine, socket);
    else
        live_table_remove(engine, socket);
}

static uint16_t live_local_port(sim_engine *engine, sim_host host, pl_id id)
{
    struct sockaddr_in own;
    socklen_t len = sizeof own;
    const live_socket *socket = live_table_any(engine, id);
    if (!socket || socket->host != host || (socket->state & LIVE_RELEASED) ||
        getsockname(socket->fd, (struct sockaddr *)&own, &len) != 0)
        return 0;
    return live_addr(&own).port;
}

/* Raw sockets need a privilege; the capability flag is off. */
static int live_icmp_echo(sim_engine *engine, sim_host host, uint32_t to, uint16_t sequence, size_t len)
{
    (void)engine;
    (void)host;
    (void)to;
    (void)sequence;
    (void)len;
    return PL_ERR_DENIED;
}

static void live_stats(const sim_engine *engine, sim_engine_stats *ret_stats)
{
    *ret_stats = (sim_engine_stats){.events = engine->events, .pending = engine->timers.count};
}

const sim_engine_ops sim_live_engine = {
    .name = "live",
    .bytes = sizeof(sim_engine_ops),
    /* The kernel can open simultaneously, but nobody can promise that two SYNs cross. */
    .capabilities = SIM_ENGINE_TTL | SIM_ENGINE_ICMP,
    .create = live_create,
    .destroy = live_destroy,
    .now = live_now,
    .at = live_at,
    .run = live_run,
    .stop = live_stop,
    .host_add = live_host_add,
    .host_down = live_host_down,
    .host_up = live_host_up,
    .deliver = live_deliver,
    .udp_bind = live_udp_bind,
    .udp_send = live_udp_send,
    .tcp_listen = live_tcp_listen,
    .tcp_open = live_tcp_open,
    .tcp_write = live_tcp_write,
    .tcp_more = live_tcp_more,
    .tcp_shutdown = live_tcp_shutdown,
    .tcp_abort = live_tcp_abort,
    .close = live_close,
    .local_port = live_local_port,
    .icmp_echo = live_icmp_echo,
    .stats = live_stats,
};
