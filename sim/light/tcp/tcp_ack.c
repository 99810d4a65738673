#include "sim/light/tcp/tcp.h"

#include <glib.h>

/* spec: RFC 9293 §3.7.1, the MSS of a peer that names none. */
#define MSS_DEFAULT 536
/* chosen: a peer that names less would make us send nearly empty segments. */
#define MSS_MIN 64
/* spec: RFC 6298 (2.1), and (5.7) after a SYN that had to be repeated. */
#define RTO_FIRST PL_SECOND
#define RTO_AFTER_SYN_LOSS (3 * PL_SECOND)
/* chosen: the clock granularity G of RFC 6298 (2.2), as in ns-3; our clock has none. */
#define GRANULARITY PL_MILLISECOND
/* spec: RFC 5681 §3.2. */
#define DUPLICATES_FAST 3
/* chosen: far above any window without scaling; keeps the arithmetic small. */
#define CWND_MAX (1u << 20)
#define SSTHRESH_FIRST (1u << 30)

/* chosen: an ACK of new data ends the back-off, as in Linux and ns-3, rather than waiting for a sample as
 * RFC 6298 §5 does. */
static void rto_renew(const sim_engine *engine, sim_tcp *stream)
{
    const sim_stack_profile *profile = sim_tcp_profile(engine, stream);
    if (stream->srtt)
        stream->rto = stream->srtt + MAX(GRANULARITY, 4 * stream->rttvar);
    else
        stream->rto = stream->flags & SIM_TCP_SYN_REPEATED ? RTO_AFTER_SYN_LOSS : RTO_FIRST;
    stream->rto = CLAMP(stream->rto, profile->min_rto, profile->max_rto);
}

/* spec: RFC 6298 (2.2), (2.3). */
static void measured(const sim_engine *engine, sim_tcp *stream, pl_span round_trip)
{
    if (!stream->srtt) {
        stream->srtt = MAX(round_trip, 1);
        stream->rttvar = round_trip / 2;
    } else {
        const pl_span error = stream->srtt - round_trip;
        stream->rttvar += ((error < 0 ? -error : error) - stream->rttvar) / 4;
        stream->srtt = MAX(stream->srtt - error / 8, 1);
    }
    rto_renew(engine, stream);
}

void sim_tcp_ack_start(const sim_engine *engine, sim_tcp *stream, const net_packet *syn)
{
    const sim_stack_profile *profile = sim_tcp_profile(engine, stream);
    sim_tcp_options options;
    sim_tcp_options_read(syn, &options);
    const uint32_t named = options.mss ? options.mss : MSS_DEFAULT;
    stream->mss = (uint16_t)MAX(MIN(named, profile->mss), MSS_MIN);
    if (options.sack_permitted)
        stream->flags |= SIM_TCP_SACK;
    stream->window = syn->window;
    stream->window_seq = syn->sequence;
    stream->window_ack = stream->una;
    stream->edge = stream->expected + MIN(profile->receive_buffer, UINT16_MAX);
    stream->cwnd = profile->initial_window * stream->mss;
    stream->ssthresh = SSTHRESH_FIRST;
    rto_renew(engine, stream);
}

void sim_tcp_ack_opened(const sim_engine *engine, sim_tcp *stream)
{
    if (stream->flags & SIM_TCP_SYN_REPEATED) {
        stream->cwnd = stream->mss; /* spec: RFC 5681 §3.1, one segment when SYN or SYN+ACK was lost */
        rto_renew(engine, stream);
    } else {
        measured(engine, stream, engine->now - stream->timed_at);
    }
    stream->timed_at = PL_NEVER;
}

/* More than two segments beyond a hole have arrived: it is lost (RFC 6675 §4, IsLost). */
static bool overtaken(const sim_tcp *stream, uint32_t hole)
{
    return stream->sacked && sim_ranges_bytes_after(stream->sacked, hole) > 2u * stream->mss;
}

/* The next hole at or after `from` that is thought to be lost. */
static bool lost_after(const sim_tcp *stream, uint32_t from, sim_range *ret_lost)
{
    if (stream->recovery == SIM_TCP_STEADY)
        return false;
    if (stream->sacked)
        from = sim_ranges_skip(stream->sacked, from);
    if (!sim_sequence_before(from, stream->recover))
        return false;
    uint32_t end = stream->sacked ? sim_ranges_next(stream->sacked, from, stream->recover) : stream->recover;
    if (stream->recovery == SIM_TCP_FAST && !overtaken(stream, from)) {
        if (from != stream->una)
            return false;
        end = sim_sequence_min(end, from + stream->mss);
    }
    *ret_lost = (sim_range){.start = from, .end = end};
    return true;
}

bool sim_tcp_ack_lost(const sim_tcp *stream, sim_range *ret_lost)
{
    return lost_after(stream, sim_sequence_max(stream->una, stream->resent), ret_lost);
}

uint32_t sim_tcp_ack_pipe(const sim_tcp *stream)
{
    uint32_t away = stream->sacked ? sim_ranges_bytes_after(stream->sacked, stream->una)
                                   : (uint32_t)stream->duplicates * stream->mss;
    uint32_t from = sim_sequence_max(stream->una, stream->resent);
    sim_range lost;
    while (lost_after(stream, from, &lost)) {
        away += lost.end - lost.start;
        from = lost.end;
    }
    const uint32_t flight = sim_tcp_flight(stream);
    return flight > away ? flight - away : 0;
}

static void sacked_forget(sim_tcp *stream)
{
    g_clear_pointer(&stream->sacked, g_free);
}

void sim_tcp_ack_timeout(sim_tcp *stream)
{
    /* spec: RFC 5681 §3.1: halved once for a segment, however often its timer expires. */
    if (stream->tries == 2)
        stream->ssthresh = MAX(sim_tcp_flight(stream) / 2, 2u * stream->mss);
    stream->cwnd = stream->mss;
    stream->cwnd_credit = 0;
    stream->duplicates = 0;
    stream->recovery = SIM_TCP_TIMED;
    stream->recover = stream->sent;
    stream->resent = stream->una;
    stream->timed_at = PL_NEVER;
    /* spec: RFC 2018 §8: a peer that acknowledged the oldest byte selectively, yet not at all, has dropped
     * it again. */
    if (stream->sacked && sim_ranges_skip(stream->sacked, stream->una) != stream->una)
        sacked_forget(stream);
}

/* spec: RFC 6582 §3.2 step 2, RFC 6675 §5 (4). */
static void recovery_start(sim_tcp *stream)
{
    stream->ssthresh = MAX(sim_tcp_flight(stream) / 2, 2u * stream->mss);
    stream->cwnd = stream->ssthresh;
    stream->cwnd_credit = 0;
    stream->recovery = SIM_TCP_FAST;
    stream->recover = stream->sent;
    stream->resent = stream->una;
}

/* spec: RFC 5681 §3.1; RFC 3465 counts bytes in congestion avoidance.  A window that was not used does
 * not grow (RFC 7661's concern). */
static void window_grow(sim_tcp *stream, uint32_t acked, uint32_t flight)
{
    if (2 * flight < stream->cwnd)
        return;
    if (stream->cwnd < stream->ssthresh) {
        stream->cwnd += MIN(acked, stream->mss);
    } else {
        stream->cwnd_credit += acked;
        if (stream->cwnd_credit >= stream->cwnd) {
            stream->cwnd_credit -= stream->cwnd;
            stream->cwnd += stream->mss;
        }
    }
    stream->cwnd = MIN(stream->cwnd, CWND_MAX);
}

static void measure(const sim_engine *engine, sim_tcp *stream)
{
    if (stream->timed_at != PL_NEVER && !sim_sequence_before(stream->una, stream->timed)) {
        const pl_span round_trip = engine->now - stream->timed_at;
        stream->timed_at = PL_NEVER;
        measured(engine, stream, round_trip);
    } else {
        rto_renew(engine, stream);
    }
}

static void sent_bytes_acked(sim_tcp *stream, uint32_t acked)
{
    sim_bytes_drop(&stream->send, MIN(acked, stream->send.len));
    sim_bytes_trim(&stream->send);
    stream->una += acked;
    stream->resent = sim_sequence_max(stream->resent, stream->una);
    if (stream->sacked) {
        sim_ranges_cut(stream->sacked, stream->una);
        if (!stream->sacked->count)
            sacked_forget(stream);
    }
    if ((stream->flags & SIM_TCP_FIN_SENT) && stream->una == stream->sent)
        stream->flags |= SIM_TCP_FIN_ACKED;
}

static void advanced(const sim_engine *engine, sim_tcp *stream, uint32_t acked)
{
    const uint32_t flight = sim_tcp_flight(stream);
    sent_bytes_acked(stream, acked);
    stream->tries = 0;
    stream->duplicates = 0;
    sim_tcp_timer_stop(stream); /* started again by the output that follows: RFC 6298 (5.2), (5.3) */
    measure(engine, stream);
    const bool over = !sim_sequence_before(stream->una, stream->recover);
    if (stream->recovery == SIM_TCP_FAST) {
        if (over)
            stream->cwnd = stream->ssthresh;
    } else {
        window_grow(stream, acked, flight);
    }
    if (over)
        stream->recovery = SIM_TCP_STEADY;
}

static void take_sack(sim_tcp *stream, const net_packet *segment)
{
    if (!segment->options_len || !(stream->flags & SIM_TCP_SACK))
        return;
    sim_tcp_options options;
    sim_tcp_options_read(segment, &options);
    for (uint32_t i = options.n_sacked; i-- > 0;) {
        const sim_range block = options.sacked[i];
        if (!sim_sequence_before(stream->una, block.start) || !sim_sequence_before(block.start, block.end) ||
            sim_sequence_before(stream->sent, block.end))
            continue;
        if (!stream->sacked)
            stream->sacked = g_new0(sim_ranges, 1);
        sim_ranges_add(stream->sacked, block);
    }
}

/* spec: RFC 9293 §3.10.7.4: only a newer segment moves the window. */
static void take_window(const sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    if (sim_sequence_before(segment->sequence, stream->window_seq) ||
        (segment->sequence == stream->window_seq && sim_sequence_before(segment->ack, stream->window_ack)))
        return;
    if (!stream->window && segment->window)
        rto_renew(engine, stream); /* the probes had backed it off */
    stream->window = segment->window;
    stream->window_seq = segment->sequence;
    stream->window_ack = segment->ack;
}

/* spec: RFC 5681 §2, duplicate acknowledgement. */
static bool is_duplicate(const sim_tcp *stream, const net_packet *segment)
{
    return segment->ack == stream->una && sim_tcp_flight(stream) && !segment->payload_len &&
           !(segment->tcp_flags & (NET_TCP_SYN | NET_TCP_FIN)) && segment->window == stream->window;
}

bool sim_tcp_ack_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment)
{
    const bool probing = stream->wait == SIM_TCP_WAIT_PROBE;
    if (probing && segment->ack == stream->sent + 1)
        stream->sent++; /* the peer took the probe's byte */
    if (sim_sequence_before(stream->sent, segment->ack))
        return false;
    if (sim_sequence_before(segment->ack, stream->una))
        return true; /* old news */
    if (probing)
        stream->tries = 0;
    if (is_duplicate(stream, segment) && stream->duplicates < UINT8_MAX)
        stream->duplicates++;
    if (segment->ack != stream->una)
        advanced(engine, stream, segment->ack - stream->una);
    take_sack(stream, segment);
    take_window(engine, stream, segment);
    if (stream->recovery == SIM_TCP_STEADY && sim_tcp_flight(stream) &&
        (stream->duplicates >= DUPLICATES_FAST || overtaken(stream, stream->una)))
        recovery_start(stream);
    return true;
}
