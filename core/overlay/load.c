#include "core/overlay/load.h"

#include <glib.h>
#include <string.h>

#define TENTHS    10    /* chosen: of the window; the load is told apart to a tenth of it */
#define LOGIN     1000  /* the unit: a login in thousandths */
#define QUEUE_MAX 65536 /* chosen: what waits at most, if it costs nothing: a few MB */

/* What waits: a record if it has a stream, else a probe. */
typedef struct job {
    pl_time due;
    pl_id stream;
    pl_addr from;
    uint64_t transaction;
    size_t len;
    uint8_t data[];
} job;

struct pl_load {
    pl_load_options options;
    int64_t capacity;
    pl_time free_at; /* all that was taken is done then */
    GQueue queue;    /* job, in order of `due` */
    pl_deadline next;
    bool is_off;
    pl_deadline change; /* of is_off */
    int64_t offered[TENTHS];
    int64_t tenth; /* number of the newest */
};

static const pl_config *config_of(const pl_load *load)
{
    return load->options.context->config;
}

/* Uniform within the spread either way. */
static int64_t draw_capacity(const pl_load_options *options)
{
    const pl_config *config = options->context->config;
    int64_t mean = config->supernode_capacity * LOGIN;
    int64_t spread = mean * config->supernode_capacity_spread / 100;
    uint32_t draw;
    if (options->capacity || !mean)
        return options->capacity * LOGIN;
    pl_context_random(options->context, &draw, sizeof draw);
    return MAX(mean - spread + draw % (2 * spread + 1), 1);
}

pl_load *pl_load_new(const pl_load_options *options)
{
    pl_load *load = g_new0(pl_load, 1);
    load->options = *options;
    load->capacity = draw_capacity(options);
    g_queue_init(&load->queue);
    return load;
}

void pl_load_free(pl_load *load)
{
    if (!load)
        return;
    pl_deadlines *deadlines = &load->options.context->deadlines;
    pl_deadline_cancel(deadlines, &load->next);
    pl_deadline_cancel(deadlines, &load->change);
    g_queue_clear_full(&load->queue, g_free);
    g_free(load);
}

int64_t pl_load_capacity(const pl_load *load)
{
    return load->capacity;
}

bool pl_load_is_off(const pl_load *load)
{
    return load->is_off;
}

bool pl_load_is_busy(const pl_load *load, pl_time now)
{
    return load->free_at - now > config_of(load)->supernode_queue_wait;
}

/* --- the load --- */

static pl_span tenth_of_window(const pl_load *load)
{
    return config_of(load)->supernode_shutoff_window / TENTHS;
}

static void forget_old(pl_load *load, pl_time now)
{
    int64_t tenth = now / tenth_of_window(load);
    for (int64_t i = MAX(load->tenth + 1, tenth - TENTHS + 1); i <= tenth; i++)
        load->offered[i % TENTHS] = 0;
    load->tenth = tenth;
}

/* In percent of what the capacity would do in a window. */
static int64_t percent(const pl_load *load)
{
    int64_t sum = 0, window_ms = config_of(load)->supernode_shutoff_window / PL_MILLISECOND;
    for (size_t i = 0; i < TENTHS; i++)
        sum += load->offered[i];
    int64_t whole = MAX(load->capacity * window_ms / 1000, 1);
    return (sum * 100 + whole - 1) / whole; /* rounded up: what exceeds a threshold by any amount exceeds it */
}

static void turn_on(void *machine, pl_time now)
{
    pl_load *load = machine;
    load->is_off = false;
    load->options.handler->back(load->options.owner, now);
}

/* In a deadline of its own: who brought the last straw is still being heard. */
static void turn_off(void *machine, pl_time now)
{
    pl_load *load = machine;
    pl_deadlines *deadlines = &load->options.context->deadlines;
    int64_t share = percent(load);
    load->is_off = true;
    load->free_at = now;
    g_queue_clear_full(&load->queue, g_free);
    pl_deadline_cancel(deadlines, &load->next);
    for (size_t i = 0; i < TENTHS; i++)
        load->offered[i] = 0;
    pl_deadline_set(deadlines, &load->change, now + config_of(load)->supernode_shutoff_hold, turn_on, load);
    load->options.handler->shut_off(load->options.owner, share, now);
}

static void offer(pl_load *load, int64_t cost, pl_time now)
{
    int64_t threshold = config_of(load)->supernode_shutoff_threshold;
    forget_old(load, now);
    load->offered[load->tenth % TENTHS] += cost;
    if (threshold && !load->is_off && !load->change.index && percent(load) > threshold)
        pl_deadline_set(&load->options.context->deadlines, &load->change, now, turn_off, load);
}

/* --- the worker --- */

static void charge(pl_load *load, int64_t cost, pl_time now)
{
    load->free_at = MAX(load->free_at, now) + cost * PL_SECOND / load->capacity;
    offer(load, cost, now);
}

static pl_load_verdict turn_away(pl_load *load, pl_time now)
{
    const pl_config *config = config_of(load);
    if (load->free_at - now > 2 * config->supernode_queue_wait || load->queue.length >= QUEUE_MAX)
        return PL_LOAD_DROP;
    charge(load, config->supernode_refusal_cost, now);
    return PL_LOAD_REFUSE;
}

pl_load_verdict pl_load_take(pl_load *load, pl_work work, pl_time now)
{
    if (!load->capacity)
        return PL_LOAD_NOW;
    if (pl_load_is_busy(load, now) || load->queue.length >= QUEUE_MAX)
        return turn_away(load, now);
    charge(load, work == PL_WORK_LOGIN ? LOGIN : config_of(load)->supernode_message_cost, now);
    return load->free_at > now || load->queue.length ? PL_LOAD_LATER : PL_LOAD_NOW;
}

static void run(void *machine, pl_time now);

static void wait_for_next(pl_load *load)
{
    const job *first = g_queue_peek_head(&load->queue);
    pl_deadline_set(&load->options.context->deadlines, &load->next, first ? first->due : PL_NEVER, run, load);
}

static void run(void *machine, pl_time now)
{
    pl_load *load = machine;
    const pl_load_handler *handler = load->options.handler;
    job *first = g_queue_pop_head(&load->queue);
    wait_for_next(load);
    if (first->stream)
        handler->record(load->options.owner, first->stream, first->data, first->len, now);
    else
        handler->probe(load->options.owner, first->from, first->transaction, now);
    g_free(first);
}

static void push(pl_load *load, job *last)
{
    last->due = load->free_at;
    g_queue_push_tail(&load->queue, last);
    if (load->queue.length == 1)
        wait_for_next(load);
}

void pl_load_wait_record(pl_load *load, pl_id stream, const uint8_t *data, size_t len)
{
    job *last = g_malloc0(sizeof *last + len);
    last->stream = stream;
    last->len = len;
    memcpy(last->data, data, len);
    push(load, last);
}

void pl_load_wait_probe(pl_load *load, pl_addr from, uint64_t transaction)
{
    job *last = g_new0(job, 1);
    last->from = from;
    last->transaction = transaction;
    push(load, last);
}
