#include "core/nat/path/echo.h"

#include <glib.h>
#include <string.h>

#include "core/event.h"
#include "core/wire/buffer.h"

#define REQUEST 0xE1u    /* chosen: cannot begin a STUN message; the reply is the next number */
#define REPLY 0xE2u
#define ECHO_BYTES 67    /* measured BS-36: as long as a packet of voice */
#define LAST_WAIT (2 * PL_SECOND) /* chosen: for the replies to the last requests */

typedef struct phase_tally {
    uint32_t sent, received;
    pl_span round_trips; /* summed */
    uint8_t *seen;       /* a bit a request: a reply counts once */
} phase_tally;

struct pl_echo {
    pl_echo_options options;
    pl_echo_phase phases[PL_ECHO_PHASES_MAX];
    phase_tally tally[PL_ECHO_PHASES_MAX];
    size_t n_phases, phase;
    pl_time phase_ends;
    pl_deadline timer;
};

static void on_timer(void *machine, pl_time now);

static void wait_until(pl_echo *echo, pl_time at)
{
    pl_deadline_set(&echo->options.context->deadlines, &echo->timer, at, on_timer, echo);
}

static uint32_t requests_of(const pl_echo_phase *phase)
{
    return (uint32_t)(phase->duration / PL_MILLISECOND * phase->rate / 1000);
}

static void begin_phase(pl_echo *echo, pl_time now)
{
    const pl_echo_phase *phase = &echo->phases[echo->phase];
    echo->phase_ends = now + phase->duration;
    echo->tally[echo->phase].seen = g_malloc0(requests_of(phase) / 8 + 1);
    wait_until(echo, phase->rate ? now : echo->phase_ends);
}

static void send_request(pl_echo *echo, pl_time now)
{
    uint8_t bytes[ECHO_BYTES] = {0};
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_write_u8(&writer, REQUEST);
    pl_write_u8(&writer, (uint8_t)echo->phase);
    pl_write_u32(&writer, echo->tally[echo->phase].sent++);
    pl_write_u64(&writer, (uint64_t)now);
    (void)pl_path_send(echo->options.path, bytes, sizeof bytes, now);
}

static void tell(const pl_echo *echo)
{
    const pl_port *port = &echo->options.context->port;
    for (size_t i = 0; i < echo->n_phases; i++) {
        const phase_tally *tally = &echo->tally[i];
        if (echo->phases[i].rate)
            pl_trace(port, PL_EVENT_PATH_ECHO, pl_number((int64_t)pl_path_session(echo->options.path)),
                     pl_number((int64_t)i), pl_number(tally->sent), pl_number(tally->received),
                     pl_number(tally->received ? tally->round_trips / tally->received : 0));
    }
}

static void on_timer(void *machine, pl_time now)
{
    pl_echo *echo = machine;
    if (echo->phase >= echo->n_phases) {
        tell(echo);
        echo->options.done(echo->options.owner, now);
        return;
    }
    const pl_echo_phase *phase = &echo->phases[echo->phase];
    if (echo->tally[echo->phase].sent < requests_of(phase)) {
        send_request(echo, now);
        wait_until(echo, now + PL_SECOND / phase->rate);
    } else if (now < echo->phase_ends) {
        wait_until(echo, echo->phase_ends);
    } else if (++echo->phase < echo->n_phases) {
        begin_phase(echo, now);
    } else {
        wait_until(echo, now + LAST_WAIT);
    }
}

pl_echo *pl_echo_new(const pl_echo_options *options, pl_time now)
{
    pl_echo *echo = g_new0(pl_echo, 1);
    echo->options = *options;
    echo->n_phases = MIN(options->n_phases, PL_ECHO_PHASES_MAX);
    memcpy(echo->phases, options->phases, echo->n_phases * sizeof *echo->phases);
    begin_phase(echo, now);
    return echo;
}

void pl_echo_free(pl_echo *echo)
{
    if (!echo)
        return;
    pl_deadline_cancel(&echo->options.context->deadlines, &echo->timer);
    for (size_t i = 0; i < echo->n_phases; i++)
        g_free(echo->tally[i].seen);
    g_free(echo);
}

void pl_echo_received(pl_echo *echo, const uint8_t *data, size_t len, pl_time now)
{
    pl_reader reader;
    pl_reader_init(&reader, data, len);
    uint8_t kind = pl_read_u8(&reader), phase = pl_read_u8(&reader);
    uint32_t number = pl_read_u32(&reader);
    pl_time sent_at = (pl_time)pl_read_u64(&reader);
    if (reader.failed || kind != REPLY || phase >= echo->n_phases)
        return;
    phase_tally *tally = &echo->tally[phase];
    if (!tally->seen || number >= tally->sent || sent_at > now || (tally->seen[number / 8] >> number % 8 & 1))
        return;
    tally->seen[number / 8] |= (uint8_t)(1u << number % 8);
    tally->received++;
    tally->round_trips += now - sent_at;
}

void pl_echo_respond(pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    uint8_t bytes[ECHO_BYTES];
    if (len != sizeof bytes || data[0] != REQUEST)
        return;
    memcpy(bytes, data, sizeof bytes);
    bytes[0] = REPLY;
    (void)pl_path_send(path, bytes, sizeof bytes, now);
}
