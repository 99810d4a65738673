#include "sim/light/tcp/tcp.h"

#include <glib.h>

static net_packet segment_of(const sim_engine *engine, const sim_tcp *stream, uint32_t sequence)
{
    return (net_packet){.protocol = PL_PROTOCOL_TCP,
                        .ttl = SIM_TTL_DEFAULT,
                        .source = {.ip = engine->hosts[stream->end.host].ip, .port = stream->end.local_port},
                        .destination = stream->end.remote,
                        .sequence = sequence};
}

/* The window to advertise.  Its right edge never moves left, and it moves right only by a worthwhile
 * step (RFC 9293 §3.8.6.2.2, against silly windows). */
static uint16_t window_now(const sim_engine *engine, sim_tcp *stream)
{
    const uint32_t buffer = sim_tcp_profile(engine, stream)->receive_buffer;
    const uint32_t edge = stream->expected + MIN(sim_tcp_receive_free(engine, stream), UINT16_MAX);
    const uint32_t step = MIN(buffer / 2, stream->mss);
    if (sim_sequence_before(stream->edge + step - 1, edge))
        stream->edge = edge;
    /* A FIN may lie one beyond the edge, as it needs no room. */
    return sim_sequence_before(stream->edge, stream->expected)
               ? 0
               : (uint16_t)MIN(stream->edge - stream->expected, UINT16_MAX);
}

/* Every segment but a SYN or RST carries our ACK, which is thereby no longer owed. */
static void send_with_ack(sim_engine *engine, sim_tcp *stream, net_packet *segment)
{
    segment->tcp_flags |= NET_TCP_ACK;
    segment->ack = stream->expected;
    segment->window = window_now(engine, stream);
    if (stream->early && (stream->flags & SIM_TCP_SACK))
        sim_tcp_options_write_sack(segment, stream->early);
    stream->owed = 0;
    stream->flags &= (uint16_t)~SIM_TCP_ACK_NOW;
    stream->quick_at = PL_NEVER;
    sim_stack_send(engine, stream->end.host, segment);
}

void sim_tcp_output_syn(sim_engine *engine, sim_tcp *stream)
{
    net_packet segment = segment_of(engine, stream, stream->una);
    sim_tcp_options_write_syn(&segment, (uint16_t)sim_tcp_profile(engine, stream)->mss);
    segment.tcp_flags = NET_TCP_SYN;
    segment.window = (uint16_t)MIN(sim_tcp_profile(engine, stream)->receive_buffer, UINT16_MAX);
    if (stream->state == SIM_TCP_SYN_RECEIVED) {
        segment.tcp_flags |= NET_TCP_ACK;
        segment.ack = stream->expected;
        stream->edge = stream->expected + segment.window;
    }
    sim_stack_send(engine, stream->end.host, &segment);
}

void sim_tcp_output_ack(sim_engine *engine, sim_tcp *stream)
{
    net_packet segment = segment_of(engine, stream, stream->sent);
    send_with_ack(engine, stream, &segment);
}

/* One byte beyond the window; it does not count as sent until the peer takes it. */
void sim_tcp_output_probe(sim_engine *engine, sim_tcp *stream)
{
    g_assert(stream->send.len);
    net_packet segment = segment_of(engine, stream, stream->una);
    segment.payload = sim_bytes_at(&stream->send, 0);
    segment.payload_len = 1;
    send_with_ack(engine, stream, &segment);
}

void sim_tcp_output_reset(sim_engine *engine, sim_tcp *stream, uint32_t sequence)
{
    net_packet segment = segment_of(engine, stream, sequence);
    segment.tcp_flags = NET_TCP_RST | NET_TCP_ACK;
    segment.ack = stream->expected;
    sim_stack_send(engine, stream->end.host, &segment);
}

void sim_tcp_output_refuse(sim_engine *engine, sim_host host, const net_packet *segment)
{
    if (segment->tcp_flags & NET_TCP_RST)
        return;
    net_packet reset = {.protocol = PL_PROTOCOL_TCP,
                        .ttl = SIM_TTL_DEFAULT,
                        .tcp_flags = NET_TCP_RST,
                        .source = segment->destination,
                        .destination = segment->source};
    if (segment->tcp_flags & NET_TCP_ACK) {
        reset.sequence = segment->ack;
    } else {
        reset.tcp_flags |= NET_TCP_ACK;
        reset.ack = segment->sequence + segment->payload_len + !!(segment->tcp_flags & NET_TCP_SYN) +
                    !!(segment->tcp_flags & NET_TCP_FIN);
    }
    sim_stack_send(engine, host, &reset);
}

/* The state that follows from having sent our FIN. */
static void fin_sent(sim_tcp *stream)
{
    stream->flags |= SIM_TCP_FIN_SENT;
    if (stream->state == SIM_TCP_ESTABLISHED)
        stream->state = SIM_TCP_FIN_WAIT_1;
    else if (stream->state == SIM_TCP_CLOSE_WAIT)
        stream->state = SIM_TCP_LAST_ACK;
}

/* Payload that fits into one segment beside the options that it will carry. */
static uint32_t room_of(const sim_tcp *stream)
{
    const uint32_t blocks = stream->early ? MIN(stream->early->count, 4) : 0;
    return blocks ? stream->mss - 4 - 8 * blocks : stream->mss;
}

/* Sends `part` of the queue; a FIN goes with its last byte. */
static void send_part(sim_engine *engine, sim_tcp *stream, sim_range part)
{
    const uint32_t end = stream->una + stream->send.len;
    const uint32_t len = sim_sequence_min(part.end, end) - part.start;
    net_packet segment = segment_of(engine, stream, part.start);
    segment.payload_len = len;
    segment.payload = len ? sim_bytes_at(&stream->send, part.start - stream->una) : NULL;
    uint32_t after = part.start + len;
    if (after == end && len)
        segment.tcp_flags |= NET_TCP_PSH;
    if (after == end && (stream->flags & SIM_TCP_FIN_QUEUED)) {
        segment.tcp_flags |= NET_TCP_FIN;
        after++;
        fin_sent(stream);
    }
    if (part.start == stream->sent && stream->timed_at == PL_NEVER) {
        stream->timed_at = engine->now;
        stream->timed = after;
    } else if (part.start != stream->sent) {
        stream->timed_at = PL_NEVER; /* spec: Karn, RFC 6298 §3 */
    }
    stream->sent = sim_sequence_max(stream->sent, after);
    if (stream->recovery != SIM_TCP_STEADY)
        stream->resent = sim_sequence_max(stream->resent, sim_sequence_min(after, stream->recover));
    send_with_ack(engine, stream, &segment);
}

/* New bytes that the peer's window allows; true for a lone FIN too. */
static bool fresh(const sim_tcp *stream, sim_range *ret_fresh)
{
    const uint32_t end = stream->una + stream->send.len;
    if (stream->flags & SIM_TCP_FIN_SENT)
        return false;
    const uint32_t start = stream->sent;
    uint32_t allowed = sim_sequence_min(end, stream->una + stream->window);
    if (sim_sequence_before(allowed, start))
        allowed = start;
    *ret_fresh = (sim_range){.start = start, .end = allowed};
    return allowed != start || (start == end && (stream->flags & SIM_TCP_FIN_QUEUED));
}

/* What to send next: lost bytes first, then new ones (RFC 6675 §4, NextSeg). */
static bool next_part(const sim_tcp *stream, sim_range *ret_part)
{
    if (!sim_tcp_ack_lost(stream, ret_part) && !fresh(stream, ret_part))
        return false;
    const uint32_t room = room_of(stream);
    if (ret_part->end - ret_part->start > room)
        ret_part->end = ret_part->start + room;
    return true;
}

static bool may_send(const sim_tcp *stream)
{
    switch ((sim_tcp_state)stream->state) {
    case SIM_TCP_ESTABLISHED:
    case SIM_TCP_FIN_WAIT_1:
    case SIM_TCP_CLOSE_WAIT:
    case SIM_TCP_CLOSING:
    case SIM_TCP_LAST_ACK:
        return true;
    case SIM_TCP_SYN_SENT:
    case SIM_TCP_SYN_RECEIVED:
    case SIM_TCP_FIN_WAIT_2:
    case SIM_TCP_TIME_WAIT:
    case SIM_TCP_CLOSED:
        return false;
    }
    g_assert_not_reached();
}

/* Waits for an ACK while anything is under way, and probes a closed window while anything waits. */
static void wait_for_peer(sim_engine *engine, sim_tcp *stream)
{
    if (sim_tcp_flight(stream)) {
        if (stream->wait != SIM_TCP_WAIT_RETRANSMIT) {
            stream->tries = (uint8_t)MAX(stream->tries, 1);
            sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_RETRANSMIT, engine->now + stream->rto);
        }
    } else if (stream->send.len) {
        if (stream->wait != SIM_TCP_WAIT_PROBE) {
            stream->tries = 0;
            sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_PROBE, engine->now + stream->rto);
        }
    } else if (stream->wait == SIM_TCP_WAIT_RETRANSMIT || stream->wait == SIM_TCP_WAIT_PROBE) {
        sim_tcp_timer_stop(stream);
    }
}

void sim_tcp_output(sim_engine *engine, sim_tcp *stream)
{
    if (!may_send(stream))
        return;
    sim_range part;
    uint32_t pipe = sim_tcp_ack_pipe(stream);
    while (next_part(stream, &part)) {
        const uint32_t len = part.end - part.start;
        /* The oldest lost segment goes whatever the window says (RFC 6582 §3.2, partial ACK). */
        if (pipe && pipe + len > stream->cwnd && part.start != stream->una)
            break;
        send_part(engine, stream, part);
        pipe = sim_tcp_ack_pipe(stream);
    }
    wait_for_peer(engine, stream);
}
