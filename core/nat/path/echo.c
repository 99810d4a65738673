#include "core/nat/path/echo.h"

#include <glib.h>
#include <string.h>

#include "core/event.h"
#include "core/wire/buffer.h"

/* chosen: above what begins STUN (0x00), ChannelData (0x40), RTP and RTCP (0x80). */
#define REQUEST 0xE0
#define ANSWER  0xE1

/* A datagram: kind 1, phase 1, number 4, sent at 8, zeros. */
typedef struct echo_words {
    uint8_t kind, phase;
    uint32_t number;
    pl_time sent_at;
} echo_words;

struct pl_echo {
    pl_context *context;
    pl_path *path;
    pl_echo_phase phases[PL_ECHO_PHASES_MAX];
    size_t n_phases, phase;
    pl_echo_result results[PL_ECHO_PHASES_MAX];
    pl_span round_trips[PL_ECHO_PHASES_MAX]; /* sums */
    uint8_t *answered[PL_ECHO_PHASES_MAX];   /* a bit a request */
    uint32_t numbers[PL_ECHO_PHASES_MAX];    /* requests made, whether the path took them or not */
    pl_time phase_at;                        /* when it began */
    pl_deadline timer;
    pl_echo_done_fn done;
    void *owner;
};

static void write_words(uint8_t bytes[PL_ECHO_BYTES], const echo_words *words)
{
    pl_writer writer;
    pl_writer_init(&writer, bytes, PL_ECHO_BYTES);
    pl_write_u8(&writer, words->kind);
    pl_write_u8(&writer, words->phase);
    pl_write_u32(&writer, words->number);
    pl_write_u64(&writer, (uint64_t)words->sent_at);
    pl_write_zeros(&writer, PL_ECHO_BYTES - writer.len);
}

static bool read_words(echo_words *words, const uint8_t *data, size_t len)
{
    pl_reader reader;
    pl_reader_init(&reader, data, len);
    words->kind = pl_read_u8(&reader);
    words->phase = pl_read_u8(&reader);
    words->number = pl_read_u32(&reader);
    words->sent_at = (pl_time)pl_read_u64(&reader);
    return len == PL_ECHO_BYTES && pl_read_zeros(&reader, pl_reader_left(&reader)) && !reader.failed;
}

bool pl_echo_return(pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    echo_words words;
    uint8_t bytes[PL_ECHO_BYTES];
    if (!read_words(&words, data, len) || words.kind != REQUEST)
        return false;
    words.kind = ANSWER;
    write_words(bytes, &words);
    (void)pl_path_send(path, bytes, sizeof bytes, now); /* one that does not pass counts as lost */
    return true;
}

/* How many requests a phase makes: the first at its beginning. */
static uint64_t requests_of(const pl_echo_phase *phase)
{
    if (phase->rate == 0 || phase->duration <= 0)
        return 0;
    return (uint64_t)((phase->duration - 1) / (PL_SECOND / phase->rate)) + 1;
}

static void ask(pl_echo *echo, pl_time now)
{
    uint8_t bytes[PL_ECHO_BYTES];
    pl_echo_result *result = &echo->results[echo->phase];
    const echo_words words = {REQUEST, (uint8_t)echo->phase, echo->numbers[echo->phase]++, now};
    write_words(bytes, &words);
    if (pl_path_send(echo->path, bytes, sizeof bytes, now) >= 0)
        result->sent++;
}

static void tell(pl_echo *echo, pl_time now)
{
    for (size_t i = 0; i < echo->n_phases; i++) {
        pl_echo_result *result = &echo->results[i];
        if (result->received > 0)
            result->rtt = echo->round_trips[i] / (pl_span)result->received;
        pl_trace(&echo->context->port, PL_EVENT_PATH_ECHO, pl_number((int64_t)pl_path_session(echo->path)),
                 pl_number((int64_t)i), pl_number((int64_t)result->sent), pl_number((int64_t)result->received),
                 pl_number(result->rtt));
    }
    echo->done(echo->owner, echo->results, echo->n_phases, now); /* may free us */
}

static void on_timer(void *machine, pl_time now);

static void wait(pl_echo *echo, pl_time until)
{
    pl_deadline_set(&echo->context->deadlines, &echo->timer, until, on_timer, echo);
}

/* What comes next: a request, the next phase, or the end. */
static void on_timer(void *machine, pl_time now)
{
    pl_echo *echo = machine;
    if (echo->phase == echo->n_phases) {
        tell(echo, now);
        return;
    }
    const pl_echo_phase *phase = &echo->phases[echo->phase];
    pl_time ends = echo->phase_at + phase->duration;
    if (now >= ends) {
        echo->phase++;
        echo->phase_at = ends;
        wait(echo, echo->phase == echo->n_phases ? ends + PL_ECHO_GRACE : now);
        return;
    }
    if (phase->rate == 0) {
        wait(echo, ends);
        return;
    }
    ask(echo, now);
    wait(echo, MIN(ends, echo->phase_at + echo->numbers[echo->phase] * (PL_SECOND / phase->rate)));
}

pl_echo *pl_echo_new(const pl_echo_options *options, pl_time now)
{
    pl_echo *echo = g_new0(pl_echo, 1);
    echo->context = options->context;
    echo->path = options->path;
    echo->n_phases = MIN(options->n_phases, PL_ECHO_PHASES_MAX);
    echo->done = options->done;
    echo->owner = options->owner;
    echo->phase_at = now;
    for (size_t i = 0; i < echo->n_phases; i++) {
        echo->phases[i] = options->phases[i];
        echo->phases[i].rate = MIN(echo->phases[i].rate, PL_ECHO_RATE_MAX);
        echo->answered[i] = g_malloc0((gsize)requests_of(&echo->phases[i]) / 8 + 1);
    }
    wait(echo, now);
    return echo;
}

void pl_echo_free(pl_echo *echo)
{
    if (!echo)
        return;
    pl_deadline_cancel(&echo->context->deadlines, &echo->timer);
    for (size_t i = 0; i < echo->n_phases; i++)
        g_free(echo->answered[i]);
    g_free(echo);
}

int pl_echo_input(pl_echo *echo, const uint8_t *data, size_t len, pl_time now)
{
    echo_words words;
    if (!read_words(&words, data, len) || words.kind != ANSWER)
        return PL_ERR_MALFORMED;
    if (words.phase >= echo->n_phases || words.number >= echo->numbers[words.phase] || words.sent_at > now ||
        words.sent_at < 0)
        return PL_ERR_UNEXPECTED;
    uint8_t *byte = &echo->answered[words.phase][words.number / 8], bit = (uint8_t)(1u << words.number % 8);
    if (*byte & bit)
        return PL_ERR_REPLAYED;
    *byte |= bit;
    echo->results[words.phase].received++;
    echo->round_trips[words.phase] += now - words.sent_at;
    return 0;
}
