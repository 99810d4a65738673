/* stream.c - TCP: streams to and from the session's port, frames on them (RFC 4571), what waits for a full one.
 *
 * The port listens and opens at once, so that two ends that open to each other at one instant meet whichever SYN comes
 * first.  A stream on which no check has verified is a stranger's, and ends after path.stream_wait. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

static const pl_port *port_of(const pl_path *path)
{
    return &path->context->port;
}

pl_stream *pl_stream_find(const pl_path *path, pl_id id)
{
    for (size_t i = 0; id && i < path->n_streams; i++) {
        if (path->streams[i]->id == id)
            return path->streams[i];
    }
    return NULL;
}

static void on_timer(void *machine, pl_time now);

static void arm(pl_path *path)
{
    pl_time at = PL_NEVER;
    for (size_t i = 0; i < path->n_streams; i++)
        at = MIN(at, path->streams[i]->due);
    pl_deadline_set(&path->context->deadlines, &path->stream_timer, at, on_timer, path);
}

static void forget(pl_path *path, pl_stream *stream)
{
    for (size_t i = 0; i < path->n_streams; i++) {
        if (path->streams[i] != stream)
            continue;
        memmove(&path->streams[i], &path->streams[i + 1], (path->n_streams - i - 1) * sizeof path->streams[0]);
        path->n_streams--;
        break;
    }
    g_free(stream);
    arm(path);
}

void pl_stream_drop(pl_path *path, pl_stream *stream)
{
    const pl_port *port = port_of(path);
    if (stream->id) {
        pl_pairs_leg_gone(path, stream->id);
        if (stream->authentic) /* what is queued still goes out, and the peer sees an end, not a failure */
            port->ops->close(port->ctx, stream->id);
        else
            port->ops->tcp_abort(port->ctx, stream->id);
    }
    forget(path, stream);
}

void pl_stream_clear(pl_path *path, pl_id kept)
{
    for (size_t i = path->n_streams; i > 0; i--) {
        pl_stream *stream = path->streams[i - 1];
        if (!kept || stream->id != kept)
            pl_stream_drop(path, stream);
        else
            stream->due = PL_NEVER;
    }
    arm(path);
}

void pl_stream_retire(pl_path *path)
{
    const pl_method_stage *stage = &path->plan.stages[path->stage];
    for (size_t i = path->n_streams; i > 0; i--) {
        pl_stream *stream = path->streams[i - 1];
        bool current = stage->transport == PL_PATH_TCP && stream->method == stage->method;
        if (stream->purpose == PL_STREAM_WAY && !stream->open && !current)
            pl_stream_drop(path, stream);
    }
}

/* --- opening --- */

static pl_stream *add(pl_path *path, pl_addr remote, pl_stream_purpose purpose)
{
    if (path->n_streams == PL_PATH_STREAMS_MAX)
        return NULL;
    pl_stream *stream = g_new0(pl_stream, 1);
    stream->remote = remote;
    stream->purpose = purpose;
    stream->due = PL_NEVER;
    path->streams[path->n_streams++] = stream;
    return stream;
}

static int start(pl_path *path, pl_stream *stream)
{
    const pl_port *port = port_of(path);
    path->packets++;
    stream->tries++;
    stream->due = PL_NEVER;
    return port->ops->tcp_open(port->ctx, path->tcp_port, stream->remote, &stream->id);
}

/* A way to that address that is being opened already. */
static pl_stream *opening_to(const pl_path *path, pl_addr to)
{
    for (size_t i = 0; i < path->n_streams; i++) {
        pl_stream *stream = path->streams[i];
        if (stream->purpose == PL_STREAM_WAY && !stream->open && pl_addr_equal(stream->remote, to))
            return stream;
    }
    return NULL;
}

pl_stream *pl_stream_open(pl_path *path, pl_addr to, pl_stream_purpose purpose, pl_path_method method,
                          pl_candidate_type type, pl_time now)
{
    pl_stream *stream = purpose == PL_STREAM_WAY ? opening_to(path, to) : NULL;
    (void)now;
    if (!path->tcp_port)
        return NULL;
    bool again = stream && stream->id; /* its SYNs go on, now for this method */
    if (!stream)
        stream = add(path, to, purpose);
    if (!stream)
        return NULL;
    stream->method = method;
    stream->remote_type = type;
    stream->tries = again ? 1 : 0;
    if (!again && start(path, stream) != 0) { /* in use: the peer's own stream has come before */
        stream->id = 0;
        forget(path, stream);
        return NULL;
    }
    arm(path);
    return stream;
}

static void check_on(pl_path *path, const pl_stream *stream, pl_time now)
{
    const pl_pair pair = {.leg = {PL_LEG_TCP, stream->id, stream->remote},
                          .remote_type = stream->remote_type,
                          .method = stream->method};
    (void)pl_pairs_add(path, &pair, now);
    pl_pairs_burst(path, now); /* who opened speaks first, at once: the stream is there for it */
}

bool pl_path_opened_stream(pl_path *path, pl_id id, pl_time now)
{
    if (pl_relay_owns_stream(path, id)) {
        pl_turn_client_opened(path->relay.client, now);
        return true;
    }
    pl_stream *stream = pl_stream_find(path, id);
    if (!stream)
        return false;
    stream->open = true;
    if (stream->purpose == PL_STREAM_PROBE) {
        pl_gather_stream_opened(path, stream, now);
        return true;
    }
    stream->due = now + pl_path_config(path)->path_stream_wait;
    arm(path);
    check_on(path, stream, now);
    return true;
}

static size_t strangers(const pl_path *path)
{
    size_t n = 0;
    for (size_t i = 0; i < path->n_streams; i++)
        n += path->streams[i]->accepted && !path->streams[i]->authentic;
    return n;
}

static pl_stream *take_in(pl_path *path, pl_id id, pl_addr from, pl_time now)
{
    const pl_port *port = port_of(path);
    bool room = (int64_t)strangers(path) < pl_path_config(path)->path_streams_max;
    pl_stream *stream = room && path->state < PL_PATH_OPEN ? add(path, from, PL_STREAM_WAY) : NULL;
    if (!stream) {
        port->ops->tcp_abort(port->ctx, id);
        return NULL;
    }
    stream->id = id;
    stream->open = stream->accepted = true;
    stream->remote_type = PL_CANDIDATE_PEER_REFLEXIVE;
    stream->due = now + pl_path_config(path)->path_stream_wait;
    arm(path);
    return stream;
}

bool pl_path_accepted(pl_path *path, pl_id listener, pl_id id, pl_addr from, pl_time now)
{
    if (!path->listener || listener != path->listener)
        return false;
    (void)take_in(path, id, from, now);
    return true;
}

void pl_path_adopt(pl_path *path, pl_id id, pl_addr from, const uint8_t *data, size_t len, pl_time now)
{
    if (take_in(path, id, from, now))
        (void)pl_path_data(path, id, data, len, now);
}

/* Opens again what was refused, ends what stayed a stranger's. */
static void on_timer(void *machine, pl_time now)
{
    pl_path *path = machine;
    for (size_t i = path->n_streams; i > 0; i--) {
        pl_stream *stream = path->streams[i - 1];
        if (stream->due > now)
            continue;
        if (stream->id || start(path, stream) != 0)
            pl_stream_drop(path, stream);
    }
    arm(path);
}

/* A SYN may meet a box that answers for itself before the peer's own SYN has opened it; the next may not. */
static bool may_retry(const pl_path *path, const pl_stream *stream, pl_cause cause)
{
    bool punch = stream->method == PL_PATH_PUNCHED || stream->method == PL_PATH_PREDICTED;
    return stream->purpose == PL_STREAM_WAY && !stream->open && punch && cause == PL_CAUSE_REFUSED &&
           stream->tries < pl_path_config(path)->path_refuse_tries;
}

bool pl_path_closed(pl_path *path, pl_id id, pl_cause cause, pl_time now)
{
    if (pl_relay_owns_stream(path, id)) {
        pl_turn_client_closed(path->relay.client, cause, now);
        return true;
    }
    pl_stream *stream = pl_stream_find(path, id);
    if (!stream)
        return false;
    bool carried = path->state == PL_PATH_OPEN && path->talk.leg.kind == PL_LEG_TCP && path->talk.leg.id == id;
    bool probe = stream->purpose == PL_STREAM_PROBE;
    pl_pairs_leg_gone(path, id);
    stream->id = 0;
    if (may_retry(path, stream, cause))
        stream->due = now + pl_path_config(path)->path_refuse_pause;
    else
        forget(path, stream);
    arm(path);
    if (probe)
        pl_gather_stream_gone(path, id, now);
    if (carried)
        pl_path_end(path, cause == PL_CAUSE_FIN ? "closed-by-peer" : "stream-lost", now);
    return true;
}

bool pl_path_fin(pl_path *path, pl_id id, pl_time now)
{
    const pl_port *port = port_of(path);
    if (pl_relay_owns_stream(path, id)) {
        pl_turn_client_fin(path->relay.client, now);
        return true;
    }
    if (!pl_stream_find(path, id))
        return false;
    port->ops->close(port->ctx, id); /* we have nothing to say to who will not listen */
    return pl_path_closed(path, id, PL_CAUSE_FIN, now);
}

/* --- frames --- */

static int flush(const pl_path *path, pl_stream *stream)
{
    const pl_port *port = port_of(path);
    if (stream->n_out == 0)
        return 0;
    int n = port->ops->tcp_write(port->ctx, stream->id, stream->out, stream->n_out);
    if (n < 0)
        return n;
    stream->n_out -= (size_t)n;
    memmove(stream->out, stream->out + n, stream->n_out);
    return 0;
}

/* A payload that does not go out at once is dropped while the rest of another waits, for voice that waits is worth
 * nothing; a check may wait behind it, or a busy path would lose its peer's consent. */
int pl_stream_frame(pl_path *path, pl_id id, const uint8_t *data, size_t len)
{
    pl_stream *stream = pl_stream_find(path, id);
    if (!stream || !stream->open)
        return PL_ERR_GONE;
    g_assert(len > 0 && len <= PL_PATH_FRAME_MAX);
    bool waits = stream->n_out > 0, check = data[0] < PL_PATH_PAYLOAD_FIRST;
    if (waits && (!check || stream->n_out + 2 + len > sizeof stream->out))
        return PL_ERR_AGAIN;
    uint8_t *end = stream->out + stream->n_out;
    end[0] = (uint8_t)(len >> 8);
    end[1] = (uint8_t)len;
    memcpy(end + 2, data, len);
    stream->n_out += 2 + len;
    return waits ? 0 : flush(path, stream);
}

bool pl_path_writable(pl_path *path, pl_id id, pl_time now)
{
    if (pl_relay_owns_stream(path, id)) {
        pl_turn_client_writable(path->relay.client, now);
        return true;
    }
    pl_stream *stream = pl_stream_find(path, id);
    if (stream)
        (void)flush(path, stream);
    return stream != NULL;
}

/* One frame.  False if the path, or the stream, is not there any more, or the stream deserves to end. */
static bool take_frame(pl_path *path, pl_id id, const uint8_t *data, size_t len, pl_time now)
{
    bool gone = false;
    int error = 0;
    pl_stream *stream = pl_stream_find(path, id);
    const pl_leg leg = {PL_LEG_TCP, id, stream->remote};
    bool *outer = path->gone;
    path->gone = &gone;
    pl_path_take(path, &leg, data, len, &error, now);
    if (gone) {
        if (outer)
            *outer = true;
        return false;
    }
    path->gone = outer;
    stream = pl_stream_find(path, id);
    if (!stream)
        return false;
    if (error)
        pl_trace(port_of(path), PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text("frame"),
                 pl_endpoint(leg.remote));
    else if (!stream->authentic && path->have_theirs) {
        stream->authentic = true;
        stream->due = PL_NEVER;
        arm(path);
    }
    if (stream->authentic || !error)
        return true;
    pl_stream_drop(path, stream);
    return false;
}

void pl_stream_judge(pl_path *path, pl_id id, const uint8_t *frame, size_t len, pl_time now)
{
    if (pl_stream_find(path, id))
        (void)take_frame(path, id, frame, len, now);
}

/* Takes the whole frames out of what has come; false as take_frame. */
static bool take_frames(pl_path *path, pl_id id, pl_time now)
{
    pl_stream *stream;
    while ((stream = pl_stream_find(path, id)) && stream->n_in >= 2) {
        uint8_t frame[PL_PATH_FRAME_MAX];
        size_t len = (size_t)(stream->in[0] << 8 | stream->in[1]);
        if (len == 0 || len > PL_PATH_FRAME_MAX) {
            pl_trace(port_of(path), PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(PL_ERR_OVERSIZED)),
                     pl_text("frame"), pl_endpoint(stream->remote));
            pl_stream_drop(path, stream);
            return false;
        }
        if (stream->n_in < 2 + len)
            return true;
        memcpy(frame, stream->in + 2, len);
        stream->n_in -= 2 + len;
        memmove(stream->in, stream->in + 2 + len, stream->n_in);
        if (!take_frame(path, id, frame, len, now))
            return false;
    }
    return stream != NULL;
}

bool pl_path_data(pl_path *path, pl_id id, const uint8_t *data, size_t len, pl_time now)
{
    if (pl_relay_owns_stream(path, id)) {
        pl_turn_client_stream_data(path->relay.client, data, len, now);
        return true;
    }
    pl_stream *stream = pl_stream_find(path, id);
    if (!stream)
        return false;
    while (len > 0) {
        size_t part = MIN(len, sizeof stream->in - stream->n_in);
        memcpy(stream->in + stream->n_in, data, part);
        stream->n_in += part;
        data += part;
        len -= part;
        if (stream->purpose == PL_STREAM_PROBE) {
            pl_gather_stream_data(path, stream, now);
            return true;
        }
        if (!take_frames(path, id, now))
            return true;
        stream = pl_stream_find(path, id);
    }
    return true;
}

int64_t pl_path_session_of_frame(const uint8_t *data, size_t len)
{
    pl_stun stun;
    if (len >= 1 && data[0] != 0)
        return 0; /* no check has 256 bytes */
    if (len < 2)
        return -1;
    if (data[1] < PL_STUN_HEADER_BYTES || data[1] > PL_CHECK_BYTES_MAX)
        return 0;
    if (len < 2u + data[1])
        return -1;
    return pl_stun_read(&stun, data + 2, data[1]) == 0 ? (int64_t)pl_check_session(&stun) : 0;
}
