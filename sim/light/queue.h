/* queue.h - the event queue of the light engine: what happens when, in a stable order.
 *
 * A wheel of buckets of 2^17 ns (131 µs) holds the next 8.6 s; what is later waits in a heap until the
 * wheel reaches it; what falls into a bucket that was opened goes to a small heap of its own.
 * A bucket is sorted once, a few events before its turn, so that the memory of what is next can be warmed
 * up.  Equal instants come out in the order of their pushes.
 * Events live by value in pooled chunks: nothing is allocated per event once the pool has grown. */
#ifndef SIM_LIGHT_QUEUE_H
#define SIM_LIGHT_QUEUE_H

#include "sim/heap.h"

typedef struct sim_queue sim_queue;

sim_queue *sim_queue_new(void);
void sim_queue_free(sim_queue *queue);

/* Adds an event.  `when` must not be earlier than the last event that was popped. */
void sim_queue_push(sim_queue *queue, pl_time when, sim_event_fn fn, void *ctx, void *arg);
/* Takes the earliest event that is earlier than `until`; false if there is none. */
bool sim_queue_pop(sim_queue *queue, pl_time until, sim_event *ret_event);

/* Called for an event some places before its turn, with stage 0, then 1 to 3 as the turn comes nearer.
 * It may only read and prefetch.  At stage 0 the memory that `arg` points to is itself not there yet. */
void sim_queue_set_warm(sim_queue *queue, sim_warm_fn warm);

/* Events that wait. */
size_t sim_queue_count(const sim_queue *queue);
/* Bytes of memory that the queue holds. */
size_t sim_queue_memory(const sim_queue *queue);

#endif
