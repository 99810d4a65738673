#include "sim/light/tcp/tcp.h"

#include <glib.h>

/* spec: RFC 5681 §4.2, an ACK at least for every second segment. */
#define OWED_MAX 2

/* The part of a segment that is new and inside the window. */
typedef struct piece {
    uint32_t start;
    uint32_t len;
    const uint8_t *data;
} piece;

uint32_t sim_tcp_receive_free(const sim_engine *engine, const sim_tcp *stream)
{
    const uint32_t buffer = sim_tcp_profile(engine, stream)->receive_buffer;
    const uint32_t used = stream->receive.len + stream->handed;
    return buffer > used ? buffer - used : 0;
}

static piece piece_of(const sim_tcp *stream, const net_packet *segment)
{
    uint32_t start = segment->sequence;
    uint32_t end = sim_sequence_min(start + segment->payload_len, stream->edge);
    if (stream->flags & SIM_TCP_FIN_SEEN)
        end = sim_sequence_min(end, stream->fin_sequence);
    const uint32_t skip = sim_sequence_before(start, stream->expected) ? stream->expected - start : 0;
    start += skip;
    if (!segment->payload_len || !sim_sequence_before(start, end))
        return (piece){.start = start};
    return (piece){.start = start, .len = end - start, .data = segment->payload + skip};
}

static bool takes_data(const sim_tcp *stream)
{
    return stream->state == SIM_TCP_ESTABLISHED || stream->state == SIM_TCP_FIN_WAIT_1 ||
           stream->state == SIM_TCP_FIN_WAIT_2;
}

/* Bytes beyond a hole are kept, and named in the next ACK. */
static void keep_early(sim_tcp *stream, const piece *got)
{
    if (!(stream->flags & SIM_TCP_ATTACHED))
        return;
    if (!stream->early)
        stream->early = g_new0(sim_ranges, 1);
    if (sim_ranges_add(stream->early, (sim_range){.start = got->start, .end = got->start + got->len}))
        sim_bytes_place(&stream->receive, stream->receive.len + (got->start - stream->expected), got->data,
                        got->len);
}

/* Bytes in order go behind what waits, and what came early follows them if the hole is filled. */
static void keep_in_order(sim_tcp *stream, const piece *got)
{
    sim_bytes_append(&stream->receive, got->data, got->len);
    stream->expected += got->len;
    if (!stream->early)
        return;
    const uint32_t reached = sim_ranges_skip(stream->early, stream->expected);
    sim_bytes_extend(&stream->receive, reached - stream->expected);
    stream->expected = reached;
    sim_ranges_cut(stream->early, reached);
    if (!stream->early->count)
        g_clear_pointer(&stream->early, g_free);
    stream->flags |= SIM_TCP_ACK_NOW; /* spec: RFC 5681 §4.2, when a hole is filled */
}

/* Takes the piece in; returns true if it may be handed straight from the segment. */
static bool take(sim_tcp *stream, const piece *got)
{
    if (got->start != stream->expected) {
        keep_early(stream, got);
        stream->flags |= SIM_TCP_ACK_NOW;
        return false;
    }
    if (++stream->owed >= OWED_MAX)
        stream->flags |= SIM_TCP_ACK_NOW;
    const bool attached = stream->flags & SIM_TCP_ATTACHED;
    const bool straight = !stream->early && !stream->receive.len && !(stream->flags & SIM_TCP_PAUSED);
    if (!attached || straight) {
        stream->expected += got->len;
        return attached;
    }
    keep_in_order(stream, got);
    return false;
}

/* What is handed straight lies in the segment, so the node may even close the stream while it reads. */
static sim_tcp *hand_straight(sim_engine *engine, sim_tcp *stream, const piece *got)
{
    const pl_id id = stream->end.slab.id;
    const pl_input input = {.kind = PL_INPUT_DATA,
                            .id = id,
                            .from = stream->end.remote,
                            .data = got->data,
                            .len = got->len};
    stream->handed = got->len;
    const size_t consumed = sim_stack_input(engine, stream->end.host, &input);
    g_assert(consumed <= got->len);
    stream = sim_tcp_again(engine, id);
    if (!stream)
        return NULL;
    stream->handed = 0;
    if (consumed < got->len && (stream->flags & SIM_TCP_ATTACHED)) {
        sim_bytes_append(&stream->receive, got->data + consumed, got->len - (uint32_t)consumed);
        stream->flags |= SIM_TCP_PAUSED;
    }
    return stream;
}

/* The buffer is taken out of the stream while the node reads it, as the node may close the stream. */
static sim_tcp *hand_buffer(sim_engine *engine, sim_tcp *stream)
{
    const pl_id id = stream->end.slab.id;
    sim_bytes waiting = stream->receive;
    stream->receive = (sim_bytes){0};
    stream->handed = waiting.len;
    const pl_input input = {.kind = PL_INPUT_DATA,
                            .id = id,
                            .from = stream->end.remote,
                            .data = sim_bytes_at(&waiting, 0),
                            .len = waiting.len};
    const size_t consumed = sim_stack_input(engine, stream->end.host, &input);
    g_assert(consumed <= waiting.len);
    stream = sim_tcp_again(engine, id);
    if (!stream || !(stream->flags & SIM_TCP_ATTACHED)) {
        sim_bytes_clear(&waiting);
        if (stream)
            stream->handed = 0;
        return stream;
    }
    stream->handed = 0;
    sim_bytes_drop(&waiting, (uint32_t)consumed);
    stream->receive = waiting;
    if (waiting.len)
        stream->flags |= SIM_TCP_PAUSED;
    else if (!stream->early)
        sim_bytes_trim(&stream->receive);
    return stream;
}

static sim_tcp *hand_fin(sim_engine *engine, sim_tcp *stream)
{
    const pl_id id = stream->end.slab.id;
    stream->flags |= SIM_TCP_FIN_TOLD;
    const pl_input input = {.kind = PL_INPUT_FIN, .id = id, .from = stream->end.remote};
    sim_stack_input(engine, stream->end.host, &input);
    return sim_tcp_again(engine, id);
}

/* Both directions have ended, and the node has read everything. */
static sim_tcp *hand_closed(sim_engine *engine, sim_tcp *stream)
{
    if (stream->state == SIM_TCP_CLOSED) {
        sim_tcp_end(engine, stream, PL_CAUSE_FIN);
        return NULL;
    }
    const pl_input input = {.kind = PL_INPUT_CLOSED,
                            .id = stream->end.slab.id,
                            .from = stream->end.remote,
                            .cause = PL_CAUSE_FIN};
    stream->flags &= (uint16_t)~SIM_TCP_ATTACHED;
    sim_stack_input(engine, stream->end.host, &input);
    return sim_tcp_again(engine, input.id);
}

bool sim_tcp_receive_hand(sim_engine *engine, sim_tcp *stream)
{
    const uint16_t over = SIM_TCP_ATTACHED | SIM_TCP_FIN_TOLD | SIM_TCP_FIN_ACKED;
    if ((stream->flags & SIM_TCP_ATTACHED) && stream->receive.len && !(stream->flags & SIM_TCP_PAUSED))
        stream = hand_buffer(engine, stream);
    if (stream && (stream->flags & SIM_TCP_ATTACHED) && (stream->flags & SIM_TCP_FIN_REACHED) &&
        !(stream->flags & SIM_TCP_FIN_TOLD) && !stream->receive.len)
        stream = hand_fin(engine, stream);
    if (stream && (stream->flags & over) == over)
        stream = hand_closed(engine, stream);
    return stream;
}

static void fin_reached(sim_engine *engine, sim_tcp *stream)
{
    stream->expected++;
    stream->flags |= SIM_TCP_FIN_REACHED | SIM_TCP_ACK_NOW;
    if (stream->state == SIM_TCP_ESTABLISHED)
        stream->state = SIM_TCP_CLOSE_WAIT;
    else if (stream->state == SIM_TCP_FIN_WAIT_1)
        stream->state = SIM_TCP_CLOSING;
    else if (stream->state == SIM_TCP_FIN_WAIT_2)
        sim_tcp_time_wait(engine, stream);
}

/* A FIN that lies inside the window, or just behind it, ends the peer's bytes. */
static void note_fin(sim_tcp *stream, const net_packet *segment)
{
    const uint32_t at = segment->sequence + segment->payload_len;
    if (!(segment->tcp_flags & NET_TCP_FIN) || (stream->flags & SIM_TCP_FIN_SEEN) ||
        sim_sequence_before(stream->edge, at) || sim_sequence_before(at, stream->expected))
        return;
    stream->flags |= SIM_TCP_FIN_SEEN;
    stream->fin_sequence = at;
}

bool sim_tcp_receive(sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    if (!takes_data(stream)) {
        if (segment->payload_len || (segment->tcp_flags & NET_TCP_FIN))
            stream->flags |= SIM_TCP_ACK_NOW;
        return sim_tcp_receive_hand(engine, stream);
    }
    const piece got = piece_of(stream, segment);
    note_fin(stream, segment);
    bool straight = false;
    if (got.len)
        straight = take(stream, &got);
    if (got.len < segment->payload_len || (segment->tcp_flags & NET_TCP_FIN))
        stream->flags |= SIM_TCP_ACK_NOW;
    if ((stream->flags & SIM_TCP_FIN_SEEN) && stream->expected == stream->fin_sequence)
        fin_reached(engine, stream);
    if (stream->owed && !(stream->flags & SIM_TCP_ACK_NOW))
        sim_tcp_timer_delay_ack(engine, stream);
    if (straight)
        stream = hand_straight(engine, stream, &got);
    return stream && sim_tcp_receive_hand(engine, stream);
}
