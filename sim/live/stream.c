#include "sim/live/live.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* chosen: connections that wait to be accepted; a login server gets many at once. */
#define BACKLOG 1024
/* chosen: how long a stream that the node closed may take to end in the background. */
#define LINGER_FOR (10 * PL_SECOND)

static void set_option(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value);
}

static void set_buffers(int fd, const sim_stack_profile *profile)
{
    set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)profile->send_buffer);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)profile->receive_buffer);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (profile->syn_tries > 1)
        set_option(fd, IPPROTO_TCP, TCP_SYNCNT, (int)MIN(profile->syn_tries - 1, 127));
}

int live_tcp_listen(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener)
{
    int fd = -1;
    const int result = live_bound(engine, host, LIVE_LISTENER, port, &fd);
    if (result < 0)
        return result;
    set_buffers(fd, live_host_of(engine, host)->profile);
    const int failed = listen(fd, BACKLOG) == 0 ? 0 : errno;
    live_socket *listener = live_table_add(engine, host, LIVE_LISTENER, fd);
    if (!listener)
        return PL_ERR_LIMIT;
    if (failed) {
        live_table_remove(engine, listener);
        return live_error(failed);
    }
    /* After binding, so that a second listener is still refused, but streams may leave from this port. */
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    live_table_watch(engine, listener, EPOLLIN);
    *ret_listener = listener->id;
    return 0;
}

int live_tcp_open(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    int fd = -1;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    const int result = live_bound(engine, host, LIVE_STREAM, local_port, &fd);
    if (result < 0)
        return result;
    set_buffers(fd, live_host_of(engine, host)->profile);
    live_socket *stream = live_table_add(engine, host, LIVE_STREAM, fd);
    if (!stream)
        return PL_ERR_LIMIT;
    const struct sockaddr_in address = live_sockaddr(to);
    const int failed = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    if (failed == EADDRINUSE || failed == EADDRNOTAVAIL || failed == EINVAL) {
        live_table_remove(engine, stream);
        return PL_ERR_IN_USE;
    }
    *ret_stream = stream->id;
    if (failed == 0)
        live_tcp_post(engine, stream, LIVE_TELL_OPENED);
    else if (failed != EINPROGRESS)
        live_tcp_end(engine, stream, live_tcp_cause(failed, stream));
    else
        live_table_watch(engine, stream, EPOLLOUT);
    return 0;
}

/* The first bytes go straight to the kernel; what it does not take waits here only before the stream is
 * open, where it takes nothing yet. */
int live_tcp_write(sim_engine *engine, sim_host host, pl_id id, const uint8_t *data, size_t len)
{
    live_socket *stream = live_table_find(engine, host, id, LIVE_STREAM);
    if (!stream || (stream->state & (LIVE_FINISHING | LIVE_ENDED)))
        return PL_ERR_GONE;
    size_t accepted = 0;
    if (stream->state & LIVE_OPEN && !stream->out) {
        const ssize_t sent = send(stream->fd, data, MIN(len, (size_t)INT32_MAX), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            live_tcp_end(engine, stream, live_tcp_cause(errno, stream));
            return PL_ERR_GONE;
        }
        accepted = sent > 0 ? (size_t)sent : 0;
    } else if (!(stream->state & LIVE_OPEN)) {
        const size_t buffer = live_host_of(engine, host)->profile->send_buffer;
        const size_t held = stream->out ? stream->out->len : 0;
        accepted = MIN(len, buffer > held ? buffer - held : 0);
        if (!stream->out)
            stream->out = g_byte_array_new();
        g_byte_array_append(stream->out, data, (guint)accepted);
    }
    if (accepted < len)
        stream->state |= LIVE_WANTS_ROOM;
    live_tcp_watch(engine, stream);
    return (int)accepted;
}

void live_tcp_flush(sim_engine *engine, live_socket *stream)
{
    if (!(stream->state & LIVE_OPEN) || (stream->state & LIVE_ENDED))
        return;
    if (stream->out && stream->out->len > 0) {
        const ssize_t sent = send(stream->fd, stream->out->data, stream->out->len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            live_tcp_end(engine, stream, live_tcp_cause(errno, stream));
            return;
        }
        if (sent > 0)
            g_byte_array_remove_range(stream->out, 0, (guint)sent);
    }
    if (stream->out && stream->out->len == 0) {
        g_byte_array_unref(stream->out);
        stream->out = NULL;
    }
    if (!stream->out && (stream->state & LIVE_FINISHING) && !(stream->state & LIVE_FINISHED)) {
        shutdown(stream->fd, SHUT_WR);
        stream->state |= LIVE_FINISHED;
        if (stream->state & LIVE_EOF)
            live_tcp_end(engine, stream, PL_CAUSE_FIN);
    }
}

void live_tcp_more(sim_engine *engine, sim_host host, pl_id id)
{
    live_socket *stream = live_table_find(engine, host, id, LIVE_STREAM);
    if (!stream)
        return;
    stream->state &= ~LIVE_BLOCKED;
    if ((stream->state & LIVE_OPEN) && !(stream->state & (LIVE_EOF | LIVE_ENDED)))
        live_tcp_read(engine, stream, LIVE_ALL);
    if (stream->in || ((stream->state & LIVE_EOF) && !(stream->state & LIVE_FIN_TOLD)))
        live_tcp_post(engine, stream, LIVE_TELL_DATA);
    live_tcp_watch(engine, stream);
}

void live_tcp_shutdown(sim_engine *engine, sim_host host, pl_id id)
{
    live_socket *stream = live_table_find(engine, host, id, LIVE_STREAM);
    if (!stream || (stream->state & LIVE_FINISHING))
        return;
    stream->state |= LIVE_FINISHING;
    live_tcp_flush(engine, stream);
    live_tcp_watch(engine, stream);
}

static void linger_over(void *ctx, void *arg, pl_time now)
{
    sim_engine *engine = ctx;
    live_socket *stream = live_table_any(engine, (pl_id)(uintptr_t)arg);
    (void)now;
    if (stream && (stream->state & LIVE_RELEASED))
        live_table_remove(engine, stream);
}

/* Closing the descriptor with unread data would send RST and destroy what is queued, so the stream stays,
 * reads and forgets, until the peer has finished too. */
void live_tcp_release(sim_engine *engine, live_socket *stream)
{
    if (stream->in) {
        g_byte_array_unref(stream->in);
        stream->in = NULL;
    }
    if (!(stream->state & LIVE_OPEN) || (stream->state & LIVE_ENDED) ||
        ((stream->state & LIVE_EOF) && !stream->out)) {
        live_table_remove(engine, stream);
        return;
    }
    stream->state |= LIVE_RELEASED | LIVE_FINISHING;
    stream->state &= ~(LIVE_BLOCKED | LIVE_WANTS_ROOM);
    stream->tell = 0;
    const sim_event end = {.when = engine->now + LINGER_FOR,
                                 .fn = linger_over,
                                 .ctx = engine,
                                 .arg = (void *)(uintptr_t)stream->id};
    sim_heap_push(&engine->timers, &end);
    live_tcp_flush(engine, stream);
    live_tcp_watch(engine, stream);
}

void live_tcp_abort(sim_engine *engine, sim_host host, pl_id id)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    live_socket *stream = live_table_find(engine, host, id, LIVE_STREAM);
    if (!stream)
        return;
    setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none); /* close() then sends RST */
    live_table_remove(engine, stream);
}

/* In repair mode the kernel closes without a packet; it needs a privilege, without which FIN goes out. */
void live_tcp_vanish(live_socket *stream)
{
#ifdef TCP_REPAIR
    set_option(stream->fd, IPPROTO_TCP, TCP_REPAIR, 1);
#endif
    (void)stream;
}

void live_tcp_end(sim_engine *engine, live_socket *stream, pl_cause cause)
{
    if (stream->state & LIVE_ENDED)
        return;
    stream->state |= LIVE_ENDED;
    stream->cause = cause;
    live_tcp_watch(engine, stream);
    live_tcp_post(engine, stream, LIVE_TELL_CLOSED);
}

void live_tcp_post(sim_engine *engine, live_socket *stream, unsigned tell)
{
    stream->tell |= tell;
    if (stream->state & LIVE_POSTED)
        return;
    stream->state |= LIVE_POSTED;
    g_queue_push_tail(&engine->posted, GUINT_TO_POINTER(stream->id));
}

/* An error or hang-up is always reported, so a stream that has ended is not watched at all. */
void live_tcp_watch(sim_engine *engine, live_socket *stream)
{
    uint32_t events = 0;
    if (stream->state & LIVE_ENDED) {
        epoll_ctl(engine->epoll, EPOLL_CTL_DEL, stream->fd, NULL);
        return;
    }
    if (!(stream->state & LIVE_OPEN))
        events = EPOLLOUT;
    else if (!(stream->state & (LIVE_EOF | LIVE_BLOCKED)))
        events = EPOLLIN;
    if (stream->out || (stream->state & LIVE_WANTS_ROOM))
        events |= EPOLLOUT;
    live_table_watch(engine, stream, events);
}

pl_cause live_tcp_cause(int error, const live_socket *stream)
{
    switch (error) {
    case ECONNREFUSED:
    case EACCES:
    case EPERM:
        return PL_CAUSE_REFUSED;
    case ETIMEDOUT:
        return PL_CAUSE_TIMEOUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
        return stream->state & LIVE_OPEN ? PL_CAUSE_TIMEOUT : PL_CAUSE_UNREACHABLE;
    default:
        return stream->state & LIVE_OPEN ? PL_CAUSE_RESET : PL_CAUSE_REFUSED;
    }
}
