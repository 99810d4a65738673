/* fake_engine.c - a clock, an event list (binary heap) and a record of deliveries. */
#include "tests/support/fake_engine.h"

#include <glib.h>
#include <string.h>

typedef struct event {
    pl_time when;
    uint64_t order; /* of the `at` calls: decides between equal instants */
    sim_event_fn fn;
    void *ctx;
    void *arg;
} event;

struct fake_engine {
    pl_time now;
    uint64_t order;
    uint64_t executed;
    bool in_event; /* nothing may be delivered outside an event */
    GArray *events;
    GPtrArray *deliveries;
    fake_deliver_fn deliver;
    void *deliver_ctx;
};

static fake_engine *own(const sim_engine *engine)
{
    return (fake_engine *)(uintptr_t)engine;
}

static pl_time engine_now(const sim_engine *engine)
{
    return own(engine)->now;
}

static bool before(const event *a, const event *b)
{
    return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static event *event_at(const fake_engine *engine, size_t i)
{
    return &g_array_index(engine->events, event, i);
}

static void exchange(event *a, event *b)
{
    event kept = *a;
    *a = *b;
    *b = kept;
}

static void engine_at(sim_engine *handle, pl_time when, sim_event_fn fn, void *ctx, void *arg)
{
    fake_engine *engine = own(handle);
    g_assert_cmpint(when, >=, engine->now);
    event added = {.when = when, .order = engine->order++, .fn = fn, .ctx = ctx, .arg = arg};
    g_array_append_val(engine->events, added);
    size_t i = engine->events->len - 1;
    while (i && before(event_at(engine, i), event_at(engine, (i - 1) / 2))) {
        exchange(event_at(engine, i), event_at(engine, (i - 1) / 2));
        i = (i - 1) / 2;
    }
}

static event take_first(fake_engine *engine)
{
    event first = *event_at(engine, 0);
    *event_at(engine, 0) = *event_at(engine, engine->events->len - 1);
    g_array_set_size(engine->events, engine->events->len - 1);
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < engine->events->len; child++)
            if (before(event_at(engine, child), event_at(engine, least)))
                least = child;
        if (least == i)
            return first;
        exchange(event_at(engine, i), event_at(engine, least));
        i = least;
    }
}

static void engine_deliver(sim_engine *handle, sim_host host, const net_packet *packet, pl_time now)
{
    fake_engine *engine = own(handle);
    g_assert_true(engine->in_event);
    g_assert_cmpint(now, ==, engine->now);
    if (engine->deliver) {
        engine->deliver(engine->deliver_ctx, host, packet, now);
        return;
    }
    fake_delivery *delivery = g_new0(fake_delivery, 1);
    delivery->host = host;
    delivery->at = now;
    memcpy(&delivery->packet, packet, offsetof(net_packet, options) + packet->options_len);
    if (packet->payload_len)
        memcpy(delivery->bytes, packet->payload, MIN(packet->payload_len, FAKE_PAYLOAD_MAX));
    delivery->packet.payload = delivery->bytes;
    g_ptr_array_add(engine->deliveries, delivery);
}

const sim_engine_ops fake_engine_ops = {
    .name = "fake",
    .now = engine_now,
    .at = engine_at,
    .deliver = engine_deliver,
};

fake_engine *fake_engine_new(void)
{
    fake_engine *engine = g_new0(fake_engine, 1);
    engine->events = g_array_new(FALSE, FALSE, sizeof(event));
    engine->deliveries = g_ptr_array_new_with_free_func(g_free);
    return engine;
}

void fake_engine_free(fake_engine *engine)
{
    if (!engine)
        return;
    g_array_free(engine->events, TRUE);
    g_ptr_array_free(engine->deliveries, TRUE);
    g_free(engine);
}

sim_engine *fake_engine_handle(fake_engine *engine)
{
    return (sim_engine *)engine;
}

void fake_engine_on_deliver(fake_engine *engine, fake_deliver_fn deliver, void *ctx)
{
    engine->deliver = deliver;
    engine->deliver_ctx = ctx;
}

pl_time fake_engine_now(const fake_engine *engine)
{
    return engine->now;
}

static void step(fake_engine *engine)
{
    event next = take_first(engine);
    engine->now = next.when;
    engine->executed++;
    engine->in_event = true;
    next.fn(next.ctx, next.arg, next.when);
    engine->in_event = false;
}

void fake_engine_run(fake_engine *engine, pl_time until)
{
    g_assert_cmpint(until, >=, engine->now);
    while (engine->events->len && event_at(engine, 0)->when < until)
        step(engine);
    engine->now = until;
}

void fake_engine_drain(fake_engine *engine)
{
    while (engine->events->len)
        step(engine);
}

uint64_t fake_engine_events(const fake_engine *engine)
{
    return engine->executed;
}

size_t fake_engine_pending(const fake_engine *engine)
{
    return engine->events->len;
}

size_t fake_engine_deliveries(const fake_engine *engine)
{
    return engine->deliveries->len;
}

const fake_delivery *fake_engine_delivery(const fake_engine *engine, size_t number)
{
    g_assert_cmpuint(number, <, engine->deliveries->len);
    return g_ptr_array_index(engine->deliveries, number);
}

const fake_delivery *fake_engine_last(const fake_engine *engine)
{
    g_assert_cmpuint(engine->deliveries->len, >, 0);
    return g_ptr_array_index(engine->deliveries, engine->deliveries->len - 1);
}

void fake_engine_forget(fake_engine *engine)
{
    g_ptr_array_set_size(engine->deliveries, 0);
}
