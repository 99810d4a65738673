/* wire_face.h - the smallest network that an engine's hosts can live in: one wire with a fixed delay.
 *
 * Packets can be dropped by number (a mask of 64 bits), a host can be cut off, a direction can have a
 * rate, and everything that was sent is in a log.  Packets for an address that nobody has vanish. */
#ifndef TESTS_SUPPORT_WIRE_FACE_H
#define TESTS_SUPPORT_WIRE_FACE_H

#include "sim/engine.h"

#include <glib.h>

typedef struct wire wire;

/* One packet as a host's stack sent it. */
typedef struct wire_entry {
    pl_time at;
    sim_host from;
    net_packet packet; /* payload is NULL; payload_len is right */
    bool dropped;
} wire_entry;

typedef struct wire_options {
    pl_span delay;    /* one way */
    uint64_t rate_bps; /* of each host's uplink, 0 = unlimited; the queue is unbounded */
    uint8_t hops;     /* a packet with this TTL or less dies on the way and is reported by ICMP 11/0 */
} wire_options;

/* An engine of its own with `ops`, tied to a new wire. */
wire *wire_new(const sim_engine_ops *ops, const wire_options *options);
void wire_free(wire *line);
sim_engine *wire_engine(const wire *line);

/* Adds a host to wire and engine; returns its number. */
sim_host wire_host_add(wire *line, const sim_host_options *options);
/* Drops packets that `host` sends from now on: bit 0 is the next one. */
void wire_drop(wire *line, sim_host host, uint64_t mask);
/* From now on nothing that `host` sends arrives (cut), or all of it does (mend). */
void wire_cut(wire *line, sim_host host);
void wire_mend(wire *line, sim_host host);
/* Delivers a packet to `host` at once, in an event of its own, as if it came from the wire. */
void wire_inject(wire *line, sim_host host, const net_packet *packet);

/* What was sent so far; the i-th entry. */
size_t wire_sent(const wire *line);
const wire_entry *wire_at(const wire *line, size_t i);
/* Of a host, how many packets were sent since entry `since` with all of these TCP flags. */
size_t wire_count_flags(const wire *line, sim_host from, uint8_t flags, size_t since);
/* The last entry from a host, NULL if it sent nothing. */
const wire_entry *wire_last(const wire *line, sim_host from);

#endif
