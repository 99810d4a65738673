#include "sim/light/tcp/tcp.h"

#include <glib.h>

/* spec: RFC 792 and RFC 1812 §5.2.7.1, codes of "destination unreachable". */
#define ICMP_UNREACHABLE 3
#define ICMP_PORT 3
#define ICMP_FRAGMENTATION_NEEDED 4
#define ICMP_NET_PROHIBITED 9
#define ICMP_HOST_PROHIBITED 10
#define ICMP_ADMINISTRATIVELY_PROHIBITED 13

static uint32_t length_of(const net_packet *segment)
{
    return segment->payload_len + !!(segment->tcp_flags & NET_TCP_SYN) +
           !!(segment->tcp_flags & NET_TCP_FIN);
}

void sim_tcp_time_wait(sim_engine *engine, sim_tcp *stream)
{
    stream->state = SIM_TCP_TIME_WAIT;
    sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_TIME_WAIT,
                      engine->now + sim_tcp_profile(engine, stream)->time_wait);
}

/* Sends what may go, and an ACK if one is due and went with nothing else. */
static void answer(sim_engine *engine, sim_tcp *stream)
{
    sim_tcp_output(engine, stream);
    if (stream->flags & SIM_TCP_ACK_NOW)
        sim_tcp_output_ack(engine, stream);
}

/* The handshake is over: our SYN is acknowledged and theirs is known. */
static void handshake_done(const sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    stream->una = stream->sent;
    stream->resent = stream->recover = stream->una;
    stream->state = SIM_TCP_ESTABLISHED;
    stream->window = segment->window;
    stream->window_seq = segment->sequence;
    stream->window_ack = segment->ack;
    sim_tcp_ack_opened(engine, stream);
    stream->tries = 0;
    sim_tcp_timer_stop(stream);
}

/* Tells the node that its stream is open, or that it has one; NULL if the stream is gone. */
static sim_tcp *tell_open(sim_engine *engine, sim_tcp *stream)
{
    const pl_id id = stream->end.slab.id;
    const pl_id listener = stream->listener;
    if (listener) {
        if (!sim_slab_find(&engine->listeners, listener)) {
            sim_tcp_output_reset(engine, stream, stream->sent);
            sim_tcp_free(engine, stream);
            return NULL;
        }
        stream->listener = 0;
        stream->flags |= SIM_TCP_ATTACHED;
    } else if (!(stream->flags & SIM_TCP_ATTACHED)) {
        return stream;
    }
    const pl_input input = {.kind = listener ? PL_INPUT_ACCEPTED : PL_INPUT_OPENED,
                            .id = id,
                            .listener = listener,
                            .from = stream->end.remote};
    sim_stack_input(engine, stream->end.host, &input);
    return sim_tcp_again(engine, id);
}

/* spec: RFC 9293 §3.10.7.3. */
static void syn_sent_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    const uint8_t flags = segment->tcp_flags;
    const bool acked = flags & NET_TCP_ACK;
    if (acked && segment->ack != stream->sent) {
        sim_tcp_output_refuse(engine, stream->end.host, segment);
        return;
    }
    if (flags & NET_TCP_RST) {
        if (acked)
            sim_tcp_end(engine, stream, PL_CAUSE_REFUSED);
        return;
    }
    if (!(flags & NET_TCP_SYN))
        return;
    stream->expected = segment->sequence + 1;
    sim_tcp_ack_start(engine, stream, segment);
    if (!acked) { /* they open to us as we open to them */
        stream->state = SIM_TCP_SYN_RECEIVED;
        sim_tcp_output_syn(engine, stream);
        return;
    }
    handshake_done(engine, stream, segment);
    sim_tcp_output_ack(engine, stream);
    stream = tell_open(engine, stream);
    if (stream)
        answer(engine, stream);
}

/* spec: RFC 9293 §3.10.7.4 with RFC 5961 §3: only a RST at the very next number is believed. */
static void reset_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    if (stream->state == SIM_TCP_TIME_WAIT || stream->state == SIM_TCP_CLOSED)
        return; /* RFC 1337 */
    if (segment->sequence != stream->expected)
        sim_tcp_output_ack(engine, stream);
    else
        sim_tcp_end(engine, stream,
                    stream->state == SIM_TCP_SYN_RECEIVED ? PL_CAUSE_REFUSED : PL_CAUSE_RESET);
}

/* Touches the window, with one number of grace at its edge for a FIN and for ACKs. */
static bool acceptable(const sim_tcp *stream, const net_packet *segment)
{
    const uint32_t len = length_of(segment);
    if (sim_sequence_before(stream->edge, segment->sequence) &&
        sim_sequence_before(stream->expected, segment->sequence))
        return false;
    return len ? sim_sequence_before(stream->expected, segment->sequence + len)
               : !sim_sequence_before(segment->sequence, stream->expected);
}

/* What follows from our FIN having been acknowledged; false if the stream is gone. */
static bool fin_acked(sim_engine *engine, sim_tcp *stream)
{
    const bool attached = stream->flags & SIM_TCP_ATTACHED;
    if (stream->state == SIM_TCP_FIN_WAIT_1) {
        stream->state = SIM_TCP_FIN_WAIT_2;
        if (!attached)
            sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_PEER_FIN, engine->now + SIM_TCP_PEER_FIN_WAIT);
    } else if (stream->state == SIM_TCP_CLOSING) {
        sim_tcp_time_wait(engine, stream);
    } else if (stream->state == SIM_TCP_LAST_ACK) {
        stream->state = SIM_TCP_CLOSED;
        if (!attached) {
            sim_tcp_free(engine, stream);
            return false;
        }
    }
    return true;
}

/* A write that was short may go on once a quarter of the buffer is free; NULL if the stream is gone. */
static sim_tcp *tell_writable(sim_engine *engine, sim_tcp *stream)
{
    const uint32_t buffer = sim_tcp_profile(engine, stream)->send_buffer;
    const uint16_t wanted = SIM_TCP_ATTACHED | SIM_TCP_WRITE_WANTED;
    if ((stream->flags & wanted) != wanted || stream->send.len > buffer - (buffer + 3) / 4)
        return stream;
    const pl_id id = stream->end.slab.id;
    stream->flags &= (uint16_t)~SIM_TCP_WRITE_WANTED;
    const pl_input input = {.kind = PL_INPUT_WRITABLE, .id = id, .from = stream->end.remote};
    sim_stack_input(engine, stream->end.host, &input);
    return sim_tcp_again(engine, id);
}

/* Nobody reads what a closed stream still gets; once our own bytes are through, the peer is told. */
static bool unwanted(const sim_tcp *stream, const net_packet *segment)
{
    return stream->state == SIM_TCP_FIN_WAIT_2 && !(stream->flags & SIM_TCP_ATTACHED) &&
           sim_sequence_before(stream->expected, segment->sequence + segment->payload_len);
}

/* Acknowledgement, bytes and FIN of a segment that belongs here. */
static void established_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment, bool fits)
{
    const pl_id id = stream->end.slab.id;
    const uint16_t before = stream->flags;
    if (!sim_tcp_ack_input(engine, stream, segment)) {
        if (length_of(segment))
            sim_tcp_output_ack(engine, stream);
        return;
    }
    if ((stream->flags & ~before & SIM_TCP_FIN_ACKED) && !fin_acked(engine, stream))
        return;
    if (fits && unwanted(stream, segment)) {
        sim_tcp_output_reset(engine, stream, stream->sent);
        sim_tcp_free(engine, stream);
        return;
    }
    stream = tell_writable(engine, stream);
    if (stream && fits && !sim_tcp_receive(engine, stream, segment))
        return;
    stream = sim_tcp_again(engine, id);
    if (stream && !fits && !sim_tcp_receive_hand(engine, stream))
        return;
    stream = sim_tcp_again(engine, id);
    if (stream)
        answer(engine, stream);
}

/* The last segment of the handshake, perhaps with the first bytes; false if that is all there is to it. */
static bool syn_received_input(sim_engine *engine, sim_tcp *stream, net_packet *segment)
{
    const uint8_t flags = segment->tcp_flags;
    if ((flags & NET_TCP_SYN) && segment->sequence == stream->expected - 1) {
        if (!(flags & NET_TCP_ACK)) {
            stream->flags |= SIM_TCP_SYN_REPEATED; /* so its ACK measures nothing: Karn, RFC 6298 §3 */
            sim_tcp_output_syn(engine, stream);    /* our SYN|ACK was lost, or theirs was repeated */
            return false;
        }
        segment->tcp_flags &= (uint8_t)~NET_TCP_SYN;
        segment->sequence++;
    }
    if (!(flags & NET_TCP_ACK) || (flags & NET_TCP_RST) || !acceptable(stream, segment))
        return !(flags & NET_TCP_ACK) || (flags & NET_TCP_RST);
    if (segment->ack != stream->sent) {
        sim_tcp_output_refuse(engine, stream->end.host, segment);
        return false;
    }
    handshake_done(engine, stream, segment);
    return tell_open(engine, stream);
}

static void synchronized_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    const bool fits = acceptable(stream, segment);
    const uint8_t flags = segment->tcp_flags;
    if (flags & NET_TCP_RST) {
        if (fits)
            reset_input(engine, stream, segment);
        return;
    }
    /* A segment without length is never answered: two ends that disagree would answer for ever. */
    if (!fits && length_of(segment)) {
        stream->flags |= SIM_TCP_ACK_NOW;
        if (stream->state == SIM_TCP_TIME_WAIT && (flags & NET_TCP_FIN))
            sim_tcp_time_wait(engine, stream);
    }
    if (flags & NET_TCP_SYN) { /* spec: RFC 5961 §4 */
        sim_tcp_output_ack(engine, stream);
        return;
    }
    const bool old = sim_sequence_before(segment->sequence, stream->expected);
    if ((flags & NET_TCP_ACK) && (fits || old))
        established_input(engine, stream, segment, fits);
    else
        answer(engine, stream);
}

void sim_tcp_input(sim_engine *engine, sim_tcp *stream, const net_packet *packet)
{
    const pl_id id = stream->end.slab.id;
    if (stream->state == SIM_TCP_SYN_SENT) {
        syn_sent_input(engine, stream, packet);
        return;
    }
    if (stream->state != SIM_TCP_SYN_RECEIVED) {
        synchronized_input(engine, stream, packet);
        return;
    }
    net_packet segment = *packet;
    if (!syn_received_input(engine, stream, &segment))
        return;
    stream = sim_tcp_again(engine, id);
    if (stream)
        synchronized_input(engine, stream, &segment);
}

/* Only a SYN is given up for an ICMP error (RFC 5927 §5): its number must be quoted. */
void sim_tcp_icmp(sim_engine *engine, sim_host host, const net_packet *error)
{
    const net_quote *quote = &error->quote;
    const pl_id id =
        sim_endpoint_at(engine, &engine->streams, host, quote->source.port, quote->destination);
    sim_tcp *stream = id ? sim_tcp_again(engine, id) : NULL;
    if (!stream || stream->state != SIM_TCP_SYN_SENT || quote->sequence != stream->una ||
        error->icmp_type != ICMP_UNREACHABLE)
        return;
    switch (error->icmp_code) {
    case ICMP_FRAGMENTATION_NEEDED:
        return;
    case ICMP_PORT:
    case ICMP_NET_PROHIBITED:
    case ICMP_HOST_PROHIBITED:
    case ICMP_ADMINISTRATIVELY_PROHIBITED:
        sim_tcp_end(engine, stream, PL_CAUSE_REFUSED);
        return;
    default:
        sim_tcp_end(engine, stream, PL_CAUSE_UNREACHABLE);
        return;
    }
}
