#include "sim/light/tcp/tcp.h"

#include <glib.h>

static sim_tcp *attached(const sim_engine *engine, sim_host host, pl_id id)
{
    sim_tcp *stream = sim_endpoint_find(engine, &engine->streams, host, id);
    return stream && (stream->flags & SIM_TCP_ATTACHED) ? stream : NULL;
}

sim_tcp *sim_tcp_again(const sim_engine *engine, pl_id id)
{
    return sim_slab_find(&engine->streams, id);
}

sim_tcp *sim_tcp_new(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr remote)
{
    sim_tcp *stream = sim_endpoint_open(engine, &engine->streams, host, local_port, remote);
    if (!stream)
        return NULL;
    stream->una = sim_stack_draw(&engine->hosts[host]);
    stream->sent = stream->una + 1;
    stream->recover = stream->una;
    stream->resent = stream->una;
    stream->tries = 1;
    stream->timed = stream->sent;
    stream->timed_at = engine->now;
    stream->slow_at = stream->slow_armed = PL_NEVER;
    stream->quick_at = stream->quick_armed = PL_NEVER;
    return stream;
}

void sim_tcp_free(sim_engine *engine, sim_tcp *stream)
{
    sim_bytes_clear(&stream->send);
    sim_bytes_clear(&stream->receive);
    g_free(stream->sacked);
    g_free(stream->early);
    sim_endpoint_close(engine, &engine->streams, stream);
}

void sim_tcp_end(sim_engine *engine, sim_tcp *stream, pl_cause cause)
{
    const bool known = stream->flags & SIM_TCP_ATTACHED;
    const sim_host host = stream->end.host;
    const pl_input input = {.kind = PL_INPUT_CLOSED,
                            .id = stream->end.slab.id,
                            .from = stream->end.remote,
                            .cause = cause};
    sim_tcp_free(engine, stream);
    if (known)
        sim_stack_input(engine, host, &input);
}

int sim_tcp_listen(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener)
{
    if (!sim_stack_host(engine, host))
        return PL_ERR_GONE;
    if (!port)
        port = sim_endpoint_port(engine, &engine->listeners, host, (pl_addr){0});
    if (!port || sim_endpoint_at(engine, &engine->listeners, host, port, (pl_addr){0}))
        return PL_ERR_IN_USE;
    const sim_endpoint *opened = sim_endpoint_open(engine, &engine->listeners, host, port, (pl_addr){0});
    if (!opened)
        return PL_ERR_LIMIT;
    *ret_listener = opened->slab.id;
    return 0;
}

int sim_tcp_open(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    const sim_light_host *owner = sim_stack_host(engine, host);
    if (!owner)
        return PL_ERR_GONE;
    if (!to.ip || !to.port)
        return PL_ERR_DENIED;
    if (!local_port)
        local_port = sim_endpoint_port(engine, &engine->streams, host, to);
    if (!local_port || sim_endpoint_at(engine, &engine->streams, host, local_port, to))
        return PL_ERR_IN_USE;
    sim_tcp *stream = sim_tcp_new(engine, host, local_port, to);
    if (!stream)
        return PL_ERR_LIMIT;
    *ret_stream = stream->end.slab.id;
    stream->flags = SIM_TCP_ATTACHED;
    stream->state = SIM_TCP_SYN_SENT;
    sim_tcp_output_syn(engine, stream);
    sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_SYN, engine->now + owner->profile->syn_rto);
    return 0;
}

int sim_tcp_write(sim_engine *engine, sim_host host, pl_id id, const uint8_t *data, size_t len)
{
    sim_tcp *stream = attached(engine, host, id);
    if (!stream || (stream->flags & SIM_TCP_FIN_QUEUED))
        return PL_ERR_GONE;
    const uint32_t buffer = sim_tcp_profile(engine, stream)->send_buffer;
    const size_t room = buffer > stream->send.len ? buffer - stream->send.len : 0;
    const uint32_t accepted = (uint32_t)MIN(room, len);
    if (accepted < len)
        stream->flags |= SIM_TCP_WRITE_WANTED;
    if (accepted) {
        sim_bytes_append(&stream->send, data, accepted);
        sim_tcp_output(engine, stream);
    }
    return (int)accepted;
}

/* The window has opened: the peer hears of it if that is worth a segment (RFC 9293 §3.8.6.2.2). */
static void tell_window(sim_engine *engine, sim_tcp *stream)
{
    const uint32_t buffer = sim_tcp_profile(engine, stream)->receive_buffer;
    const uint32_t edge = stream->expected + MIN(sim_tcp_receive_free(engine, stream), UINT16_MAX);
    const uint32_t step = MIN(buffer / 2, 2u * stream->mss);
    if (!(stream->flags & SIM_TCP_FIN_REACHED) && !sim_sequence_before(edge, stream->edge + step))
        sim_tcp_output_ack(engine, stream);
}

static void more_fired(void *ctx, void *arg, pl_time now)
{
    (void)now;
    sim_engine *engine = ctx;
    const pl_id id = (pl_id)(uintptr_t)arg;
    sim_tcp *stream = sim_tcp_again(engine, id);
    if (!stream || !(stream->flags & SIM_TCP_ATTACHED))
        return;
    stream->flags &= (uint16_t) ~(SIM_TCP_MORE_PENDING | SIM_TCP_PAUSED);
    if (sim_tcp_receive_hand(engine, stream))
        tell_window(engine, sim_tcp_again(engine, id));
}

void sim_tcp_more(sim_engine *engine, sim_host host, pl_id id)
{
    sim_tcp *stream = attached(engine, host, id);
    if (!stream || (stream->flags & SIM_TCP_MORE_PENDING))
        return;
    if (!(stream->flags & SIM_TCP_PAUSED) && !stream->handed)
        return; /* nothing was held back */
    stream->flags |= SIM_TCP_MORE_PENDING;
    sim_stack_at(engine, engine->now, more_fired, (void *)(uintptr_t)id);
}

void sim_tcp_shutdown(sim_engine *engine, sim_host host, pl_id id)
{
    sim_tcp *stream = attached(engine, host, id);
    if (!stream || (stream->flags & SIM_TCP_FIN_QUEUED))
        return;
    stream->flags |= SIM_TCP_FIN_QUEUED;
    stream->flags &= (uint16_t)~SIM_TCP_WRITE_WANTED;
    sim_tcp_output(engine, stream);
}

void sim_tcp_abort(sim_engine *engine, sim_host host, pl_id id)
{
    sim_tcp *stream = attached(engine, host, id);
    if (!stream)
        return;
    const bool silent = stream->state == SIM_TCP_SYN_SENT || stream->state == SIM_TCP_TIME_WAIT ||
                        stream->state == SIM_TCP_CLOSED;
    if (!silent)
        sim_tcp_output_reset(engine, stream, stream->sent);
    sim_tcp_free(engine, stream);
}

/* What was received and not read is dropped; what was written still goes out, then FIN. */
void sim_tcp_close(sim_engine *engine, sim_host host, pl_id id)
{
    sim_tcp *stream = attached(engine, host, id);
    if (!stream)
        return;
    stream->flags &= (uint16_t)~SIM_TCP_ATTACHED;
    sim_bytes_clear(&stream->receive);
    g_clear_pointer(&stream->early, g_free);
    if (stream->state == SIM_TCP_SYN_SENT || stream->state == SIM_TCP_CLOSED) {
        sim_tcp_free(engine, stream);
        return;
    }
    stream->flags |= SIM_TCP_FIN_QUEUED;
    if (stream->state == SIM_TCP_FIN_WAIT_2)
        sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_PEER_FIN, engine->now + SIM_TCP_PEER_FIN_WAIT);
    sim_tcp_output(engine, stream);
}
