/* conformance_tests.h - between the files of the conformance suite: its tables, and hands for its tests.
 *
 * The hands call a port function with a mark set, so that an input that comes from inside one is found. */
#ifndef TESTS_SUPPORT_CONFORMANCE_TESTS_H
#define TESTS_SUPPORT_CONFORMANCE_TESTS_H

#include "tests/support/conformance.h"

#define A 0
#define B 1

typedef struct conformance_test {
    const char *name;
    uint32_t needs; /* capability flags */
    void (*run)(conformance_world *world);
} conformance_test;

extern const conformance_test conformance_clock_tests[];
extern const conformance_test conformance_udp_tests[];
extern const conformance_test conformance_open_tests[];
extern const conformance_test conformance_stream_tests[];
extern const conformance_test conformance_end_tests[];

/* Port functions of node `who`. */
int hand_bind(conformance_world *world, int who, uint16_t port, pl_id *ret_socket);
int hand_send(conformance_world *world, int who, pl_id socket, pl_addr to, const char *text);
int hand_listen(conformance_world *world, int who, uint16_t port, pl_id *ret_listener);
int hand_open(conformance_world *world, int who, uint16_t port, pl_addr to, pl_id *ret_stream);
int hand_write(conformance_world *world, int who, pl_id stream, const void *data, size_t len);
void hand_more(conformance_world *world, int who, pl_id stream);
void hand_shutdown(conformance_world *world, int who, pl_id stream);
void hand_abort(conformance_world *world, int who, pl_id stream);
void hand_close(conformance_world *world, int who, pl_id id);
uint16_t hand_port(conformance_world *world, int who, pl_id id);

/* An endpoint of node `who`; `n` counts from the world's first free port. */
pl_addr conformance_addr(const conformance_world *world, int who, unsigned n);
/* A fresh socket or listener of node `who` at the n-th port; fails the test if refused. */
pl_id conformance_bind(conformance_world *world, int who, unsigned n);
pl_id conformance_listen(conformance_world *world, int who, unsigned n);
/* Opens a stream from A to B's n-th port, on which B listens. */
void conformance_pair(conformance_world *world, unsigned n, pl_id *ret_a, pl_id *ret_b);
/* Asserts that a node's consumed bytes are exactly this text, and forgets them. */
void conformance_bytes(conformance_world *world, int who, const char *text);
/* Waits and asserts that it came. */
const conformance_seen *conformance_expect(conformance_world *world, int who, pl_input_kind kind, pl_id id);

#endif
