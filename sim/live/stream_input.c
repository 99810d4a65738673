#include "sim/live/live.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* chosen: after the process ran out of descriptors, a listener rests this long instead of spinning. */
#define REST_FOR (100 * PL_MILLISECOND)

static void rest_over(void *ctx, void *arg, pl_time now)
{
    sim_engine *engine = ctx;
    live_socket *listener = live_table_any(engine, (pl_id)(uintptr_t)arg);
    (void)now;
    if (listener)
        live_table_watch(engine, listener, EPOLLIN);
}

static void rest(sim_engine *engine, live_socket *listener)
{
    const sim_event wake = {.when = engine->now + REST_FOR,
                                  .fn = rest_over,
                                  .ctx = engine,
                                  .arg = (void *)(uintptr_t)listener->id};
    live_table_watch(engine, listener, 0);
    sim_heap_push(&engine->timers, &wake);
}

void live_listener_ready(sim_engine *engine, live_socket *listener)
{
    const pl_id id = listener->id;
    for (int turn = 0; turn < LIVE_TURN && !engine->stopping; turn++) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;
        listener = live_table_any(engine, id);
        if (!listener)
            return;
        const int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &from_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            rest(engine, listener);
        if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
            return;
        if (fd < 0)
            continue;
        live_socket *stream = live_table_add(engine, listener->host, LIVE_STREAM, fd);
        if (!stream)
            continue;
        stream->state |= LIVE_OPEN;
        live_tcp_watch(engine, stream);
        const pl_input input = {
            .kind = PL_INPUT_ACCEPTED, .id = stream->id, .listener = id, .from = live_addr(&from)};
        live_input(engine, stream->host, &input);
    }
}

/* As much is held for a node that does not consume as its profile's window would hold; the rest waits in
 * the kernel, whose window closes. */
static bool has_space(sim_engine *engine, const live_socket *stream)
{
    return !stream->in || stream->in->len < live_host_of(engine, stream->host)->profile->receive_buffer;
}

void live_tcp_read(sim_engine *engine, live_socket *stream, live_reach reach)
{
    while (reach == LIVE_TO_THE_END || has_space(engine, stream)) {
        const ssize_t len = recv(stream->fd, engine->buffer, sizeof engine->buffer, 0);
        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (len < 0) {
            live_tcp_end(engine, stream, live_tcp_cause(errno, stream));
            return;
        }
        if (len == 0) {
            stream->state |= LIVE_EOF;
            live_tcp_post(engine, stream, LIVE_TELL_DATA);
            if (stream->state & LIVE_FINISHED)
                live_tcp_end(engine, stream, PL_CAUSE_FIN);
            return;
        }
        if (stream->state & LIVE_RELEASED)
            continue; /* read and forgotten */
        if (!stream->in)
            stream->in = g_byte_array_new();
        g_byte_array_append(stream->in, engine->buffer, (guint)len);
        live_tcp_post(engine, stream, LIVE_TELL_DATA);
        if (reach == LIVE_ONCE)
            return;
    }
}

static int error_of(const live_socket *stream)
{
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}

void live_tcp_ready(sim_engine *engine, live_socket *stream, uint32_t events)
{
    const int error = events & (EPOLLERR | EPOLLHUP) ? error_of(stream) : 0;
    if (error) {
        live_tcp_end(engine, stream, live_tcp_cause(error, stream));
    } else {
        if (!(stream->state & LIVE_OPEN) && (events & EPOLLOUT)) {
            stream->state |= LIVE_OPEN;
            live_tcp_post(engine, stream, LIVE_TELL_OPENED);
        }
        if (events & EPOLLOUT)
            live_tcp_flush(engine, stream);
        if ((events & EPOLLOUT) && (stream->state & LIVE_WANTS_ROOM) && !stream->out)
            live_tcp_post(engine, stream, LIVE_TELL_WRITABLE);
        if ((events & (EPOLLIN | EPOLLHUP)) && !(stream->state & LIVE_EOF))
            live_tcp_read(engine, stream, events & EPOLLHUP ? LIVE_TO_THE_END : LIVE_ONCE);
    }
    live_tcp_watch(engine, stream);
    live_tcp_tell(engine, stream);
}

/* Hands over one input; the stream, if the node still holds it afterwards. */
static live_socket *tell(sim_engine *engine, live_socket *stream, pl_input_kind kind)
{
    const pl_id id = stream->id;
    const pl_input input = {.kind = kind, .id = id};
    live_input(engine, stream->host, &input);
    return live_table_find(engine, stream->host, id, LIVE_STREAM);
}

/* The rest waits, before what was read meanwhile: the node may ask for more while it reads. */
static void put_back(live_socket *stream, GByteArray *data, size_t taken)
{
    g_byte_array_remove_range(data, 0, (guint)taken);
    if (stream->in) {
        g_byte_array_append(data, stream->in->data, stream->in->len);
        g_byte_array_unref(stream->in);
    }
    stream->in = data;
}

static live_socket *tell_data(sim_engine *engine, live_socket *stream)
{
    const pl_id id = stream->id;
    const sim_host host = stream->host;
    g_autoptr(GByteArray) data = stream->in;
    const pl_input input = {.kind = PL_INPUT_DATA, .id = id, .data = data->data, .len = data->len};
    stream->in = NULL; /* the node may close the stream while it reads */
    stream->state |= LIVE_BLOCKED;
    const size_t consumed = live_input(engine, host, &input);
    const size_t taken = MIN(consumed, data->len);
    stream = live_table_find(engine, host, id, LIVE_STREAM);
    if (!stream)
        return NULL;
    if (taken == data->len) {
        stream->state &= ~LIVE_BLOCKED;
    } else {
        put_back(stream, g_steal_pointer(&data), taken);
        if (!(stream->state & LIVE_BLOCKED)) /* it asked for more while it read */
            live_tcp_post(engine, stream, LIVE_TELL_DATA);
    }
    live_tcp_watch(engine, stream);
    return stream;
}

static void tell_closed(sim_engine *engine, live_socket *stream)
{
    const pl_input input = {.kind = PL_INPUT_CLOSED, .id = stream->id, .cause = stream->cause};
    const sim_host host = stream->host;
    live_table_remove(engine, stream);
    live_input(engine, host, &input);
}

void live_tcp_tell(sim_engine *engine, live_socket *stream)
{
    const unsigned told = stream->tell;
    if (engine->stopping && told) { /* in the next run */
        stream->state &= ~LIVE_POSTED;
        live_tcp_post(engine, stream, 0);
        return;
    }
    stream->tell = 0;
    if (stream->state & LIVE_RELEASED) {
        if ((stream->state & LIVE_ENDED) || ((stream->state & LIVE_EOF) && !stream->out))
            live_table_remove(engine, stream);
        return;
    }
    if ((stream->state & LIVE_ENDED) && stream->cause != PL_CAUSE_FIN) {
        tell_closed(engine, stream);
        return;
    }
    if (told & LIVE_TELL_OPENED) {
        stream->state |= LIVE_OPEN;
        stream = tell(engine, stream, PL_INPUT_OPENED);
        if (!stream)
            return;
        live_tcp_flush(engine, stream);
        live_tcp_watch(engine, stream);
    }
    if (stream->in && !(stream->state & LIVE_BLOCKED) && !(stream = tell_data(engine, stream)))
        return;
    if ((stream->state & (LIVE_EOF | LIVE_FIN_TOLD)) == LIVE_EOF && !stream->in) {
        stream->state |= LIVE_FIN_TOLD;
        if (!(stream = tell(engine, stream, PL_INPUT_FIN)))
            return;
    }
    if ((told & LIVE_TELL_WRITABLE) && !(stream->state & LIVE_ENDED)) {
        stream->state &= ~LIVE_WANTS_ROOM;
        if (!(stream = tell(engine, stream, PL_INPUT_WRITABLE)))
            return;
        live_tcp_watch(engine, stream);
    }
    if ((stream->state & LIVE_ENDED) && (stream->state & LIVE_FIN_TOLD))
        tell_closed(engine, stream);
}
