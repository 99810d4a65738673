/* light.h - engine 1: an event queue and a host stack of our own.  The engine itself is the table
 * sim_light_engine of sim/engine.h; here is what only this engine can tell. */
#ifndef SIM_LIGHT_LIGHT_H
#define SIM_LIGHT_LIGHT_H

#include "sim/engine.h"

/* Bytes of memory that the engine holds, for the byte budget; buffers of streams are not counted, as an
 * idle stream has none. */
typedef struct sim_light_bytes {
    size_t queue;
    size_t hosts;
    size_t sockets;
    size_t listeners;
    size_t streams;
    size_t demux;
    size_t streams_open; /* a count: streams that exist, TIME_WAIT included */
} sim_light_bytes;

void sim_light_memory(const sim_engine *engine, sim_light_bytes *ret_bytes);

#endif
