#include "sim/light/tcp/tcp.h"

#include <glib.h>

/* A stream has two timers, each with at most one live event: it is pushed only when the deadline moves
 * earlier, and when it fires before the deadline it pushes itself again.  So an ACK that moves the
 * retransmission on costs nothing, and nothing is ever cancelled. */

static void slow_fired(void *ctx, void *arg, pl_time now);
static void quick_fired(void *ctx, void *arg, pl_time now);

static void *argument(const sim_tcp *stream)
{
    return (void *)(uintptr_t)stream->end.slab.id;
}

static sim_tcp *stream_of(const sim_engine *engine, const void *arg)
{
    return sim_tcp_again(engine, (pl_id)(uintptr_t)arg);
}

static void slow_arm(sim_engine *engine, sim_tcp *stream)
{
    if (stream->slow_at >= stream->slow_armed)
        return;
    stream->slow_armed = stream->slow_at;
    sim_stack_at(engine, stream->slow_at, slow_fired, argument(stream));
}

static void quick_arm(sim_engine *engine, sim_tcp *stream)
{
    if (stream->quick_at >= stream->quick_armed)
        return;
    stream->quick_armed = stream->quick_at;
    sim_stack_at(engine, stream->quick_at, quick_fired, argument(stream));
}

void sim_tcp_timer_set(sim_engine *engine, sim_tcp *stream, sim_tcp_wait wait, pl_time at)
{
    stream->wait = (uint8_t)wait;
    stream->slow_at = at;
    slow_arm(engine, stream);
}

void sim_tcp_timer_stop(sim_tcp *stream)
{
    stream->wait = SIM_TCP_WAIT_NOTHING;
    stream->slow_at = PL_NEVER;
}

void sim_tcp_timer_delay_ack(sim_engine *engine, sim_tcp *stream)
{
    if (stream->quick_at != PL_NEVER)
        return;
    stream->quick_at = engine->now + sim_tcp_profile(engine, stream)->delayed_ack;
    quick_arm(engine, stream);
}

/* spec: RFC 6298 (5.5), the RTO doubles, up to a bound. */
static void back_off(const sim_stack_profile *profile, sim_tcp *stream)
{
    stream->rto = MIN(2 * stream->rto, profile->max_rto);
}

static void syn_expired(sim_engine *engine, sim_tcp *stream)
{
    const sim_stack_profile *profile = sim_tcp_profile(engine, stream);
    if (stream->tries >= profile->syn_tries) {
        sim_tcp_end(engine, stream, PL_CAUSE_TIMEOUT);
        return;
    }
    stream->flags |= SIM_TCP_SYN_REPEATED;
    stream->timed_at = PL_NEVER;
    const pl_span wait = profile->syn_rto << MIN(stream->tries, 16);
    stream->tries++;
    sim_tcp_output_syn(engine, stream);
    sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_SYN, engine->now + wait);
}

static void retransmit_expired(sim_engine *engine, sim_tcp *stream)
{
    const sim_stack_profile *profile = sim_tcp_profile(engine, stream);
    if (stream->tries >= profile->data_tries) {
        sim_tcp_end(engine, stream, PL_CAUSE_TIMEOUT);
        return;
    }
    stream->tries++;
    back_off(profile, stream);
    sim_tcp_ack_timeout(stream);
    sim_tcp_timer_stop(stream);
    sim_tcp_output(engine, stream);
}

/* spec: RFC 9293 §3.8.6.1: a closed window is probed for as long as the peer answers. */
static void probe_expired(sim_engine *engine, sim_tcp *stream)
{
    const sim_stack_profile *profile = sim_tcp_profile(engine, stream);
    if (stream->tries >= profile->data_tries) {
        sim_tcp_end(engine, stream, PL_CAUSE_TIMEOUT);
        return;
    }
    stream->tries++;
    back_off(profile, stream);
    sim_tcp_output_probe(engine, stream);
    sim_tcp_timer_set(engine, stream, SIM_TCP_WAIT_PROBE, engine->now + stream->rto);
}

static void slow_expired(sim_engine *engine, sim_tcp *stream)
{
    switch ((sim_tcp_wait)stream->wait) {
    case SIM_TCP_WAIT_NOTHING:
        return;
    case SIM_TCP_WAIT_SYN:
        syn_expired(engine, stream);
        return;
    case SIM_TCP_WAIT_RETRANSMIT:
        retransmit_expired(engine, stream);
        return;
    case SIM_TCP_WAIT_PROBE:
        probe_expired(engine, stream);
        return;
    case SIM_TCP_WAIT_PEER_FIN:
        sim_tcp_free(engine, stream);
        return;
    case SIM_TCP_WAIT_TIME_WAIT:
        stream->state = SIM_TCP_CLOSED;
        sim_tcp_timer_stop(stream);
        if (!(stream->flags & SIM_TCP_ATTACHED))
            sim_tcp_free(engine, stream);
        return;
    }
    g_assert_not_reached();
}

static void slow_fired(void *ctx, void *arg, pl_time now)
{
    sim_engine *engine = ctx;
    sim_tcp *stream = stream_of(engine, arg);
    if (!stream || stream->slow_armed != now)
        return;
    stream->slow_armed = PL_NEVER;
    if (stream->slow_at <= now)
        slow_expired(engine, stream);
    else
        slow_arm(engine, stream);
}

static void quick_fired(void *ctx, void *arg, pl_time now)
{
    sim_engine *engine = ctx;
    sim_tcp *stream = stream_of(engine, arg);
    if (!stream || stream->quick_armed != now)
        return;
    stream->quick_armed = PL_NEVER;
    if (stream->quick_at <= now)
        sim_tcp_output_ack(engine, stream);
    else
        quick_arm(engine, stream);
}
