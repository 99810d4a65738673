#include "sim/light/tcp/tcp.h"

#include <glib.h>

static void syn_received(sim_engine *engine, sim_host host, pl_id listener, const net_packet *syn)
{
    sim_tcp *stream = sim_tcp_new(engine, host, syn->destination.port, syn->source);
    if (!stream)
        return; /* too many streams: as if the backlog were full, the SYN is not answered */
    stream->listener = listener;
    stream->state = SIM_TCP_SYN_RECEIVED;
    stream->expected = syn->sequence + 1;
    sim_tcp_ack_start(engine, stream, syn);
    sim_tcp_output_syn(engine, stream);
    sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_SYN,
                      engine->now + sim_tcp_profile(engine, stream)->syn_rto);
}

/* spec: RFC 9293 §3.10.7.1 and §3.10.7.2, CLOSED and LISTEN. */
void sim_tcp_listen_input(sim_engine *engine, sim_host host, const net_packet *segment)
{
    const uint8_t kind = segment->tcp_flags & (NET_TCP_SYN | NET_TCP_ACK | NET_TCP_RST | NET_TCP_FIN);
    const pl_id listener =
        sim_endpoint_at(engine, &engine->listeners, host, segment->destination.port, (pl_addr){0});
    if (kind & NET_TCP_RST)
        return;
    if (listener && kind == NET_TCP_SYN)
        syn_received(engine, host, listener, segment);
    else if (!listener || (kind & NET_TCP_ACK))
        sim_tcp_output_refuse(engine, host, segment);
}

/* A new SYN ends a TIME_WAIT that it cannot be confused with (RFC 9293 §3.10.7.4). */
static bool replaces(const sim_engine *engine, const sim_tcp *stream, const net_packet *segment)
{
    const uint8_t kind = segment->tcp_flags & (NET_TCP_SYN | NET_TCP_ACK | NET_TCP_RST);
    return stream->state == SIM_TCP_TIME_WAIT && kind == NET_TCP_SYN &&
           !(stream->flags & SIM_TCP_ATTACHED) &&
           sim_sequence_before(stream->expected, segment->sequence) &&
           sim_endpoint_at(engine, &engine->listeners, stream->end.host, stream->end.local_port, (pl_addr){0});
}

void sim_tcp_deliver(sim_engine *engine, sim_host host, const net_packet *segment)
{
    const pl_id id = sim_endpoint_at(engine, &engine->streams, host, segment->destination.port,
                                     segment->source);
    sim_tcp *stream = id ? sim_tcp_again(engine, id) : NULL;
    if (stream && replaces(engine, stream, segment)) {
        sim_tcp_free(engine, stream);
        stream = NULL;
    }
    if (stream)
        sim_tcp_input(engine, stream, segment);
    else
        sim_tcp_listen_input(engine, host, segment);
}
