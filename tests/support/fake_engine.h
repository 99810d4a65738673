/* fake_engine.h - the least engine that a network needs: a clock, an event list, a record of deliveries.
 *
 * It has no host stacks: a test sends packets with net_send and reads what came out. */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include "sim/engine.h"

#define FAKE_PAYLOAD_MAX 64

typedef struct fake_delivery {
    sim_host host;
    pl_time at;
    net_packet packet;                 /* its payload is `bytes`, cut to FAKE_PAYLOAD_MAX */
    uint8_t bytes[FAKE_PAYLOAD_MAX];
} fake_delivery;

typedef struct fake_engine fake_engine;
/* Called at each delivery, after it is recorded. */
typedef void (*fake_deliver_fn)(void *ctx, sim_host host, const net_packet *packet, pl_time now);

/* now, at and deliver are set; the rest is NULL. */
extern const sim_engine_ops fake_engine_ops;

fake_engine *fake_engine_new(void);
void fake_engine_free(fake_engine *engine);
sim_engine *fake_engine_handle(fake_engine *engine);
/* Replaces the record by a callback: for long runs. */
void fake_engine_on_deliver(fake_engine *engine, fake_deliver_fn deliver, void *ctx);
pl_time fake_engine_now(const fake_engine *engine);
/* Runs every event earlier than `until`, then sets the clock to it. */
void fake_engine_run(fake_engine *engine, pl_time until);
/* Runs until no event is left; the clock stays at the last one. */
void fake_engine_drain(fake_engine *engine);
/* Events executed so far, and waiting now. */
uint64_t fake_engine_events(const fake_engine *engine);
size_t fake_engine_pending(const fake_engine *engine);

size_t fake_engine_deliveries(const fake_engine *engine);
/* The delivery of that number, in the order they came; it must exist. */
const fake_delivery *fake_engine_delivery(const fake_engine *engine, size_t number);
/* The last delivery; there must be one. */
const fake_delivery *fake_engine_last(const fake_engine *engine);
void fake_engine_forget(fake_engine *engine);

#endif
