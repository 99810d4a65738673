/* conformance.h - what core/port.h promises, as one suite over any engine.
 *
 * An engine's test gives a maker: how to build a world of two hosts, A and B, that reach each other
 * without loss.  conformance_add registers every test of the suite under /port/<engine>/; what the
 * engine's capability flags exclude is skipped.  Engines on the real clock run with short waits. */
#ifndef TESTS_SUPPORT_CONFORMANCE_H
#define TESTS_SUPPORT_CONFORMANCE_H

#include "sim/engine.h"

#include <glib.h>

typedef struct conformance_world conformance_world;

/* An input as a node saw it. */
typedef struct conformance_seen {
    pl_input input; /* data is NULL */
    pl_time at;
} conformance_seen;

/* A node that writes down what happens to it. */
typedef struct conformance_node {
    conformance_world *world;
    sim_host host;
    uint32_t ip;
    GArray *seen;      /* conformance_seen */
    GByteArray *bytes; /* every byte consumed, of datagrams and streams */
    size_t appetite;   /* bytes consumed at most for one PL_INPUT_DATA */
    bool more_at_once; /* asks for more after a short meal, from within the input */
    pl_id close_on_data; /* a stream to close from within its first PL_INPUT_DATA */
} conformance_node;

typedef struct conformance_maker {
    const sim_engine_ops *ops;
    /* Fills the "hook" fields of the world: creates the engine and adds hosts 0 and 1 with
     * conformance_input and &world->node[i] as their input. */
    void (*make)(const struct conformance_maker *maker, conformance_world *world);
    /* Destroys what make created. */
    void (*unmake)(conformance_world *world);
    void *ctx;
} conformance_maker;

struct conformance_world {
    const conformance_maker *maker;
    const sim_engine_ops *ops;
    conformance_node node[2];
    bool inside_port;  /* a port function is running: an input now would be a synchronous callback */
    int awaited_node;  /* conformance_wait: whose input, which kind, which id (0 = any) */
    pl_input_kind awaited_kind;
    pl_id awaited_id;
    bool awaiting, found;

    /* Set by the hook. */
    sim_engine *engine;
    void *hook;                       /* the hook's own */
    const sim_stack_profile *profile; /* of both hosts */
    uint16_t first_port;              /* this and the next 63 are free on both hosts */
    uint32_t black_hole;              /* an address that never answers; 0 = there is none */
    uint8_t hops;                     /* a TTL that does not reach the other host; 0 = there is none */
    pl_span patience;                 /* how long an awaited input may take */
    pl_span silence;                  /* how long "nothing happens" is watched */
};

/* The input function to give to host_add. */
size_t conformance_input(void *ctx, const pl_input *input, pl_time now);
/* Registers the suite. */
void conformance_add(const conformance_maker *maker);

/* For engine-specific tests: the helpers that the suite itself uses. */
conformance_world *conformance_world_new(const conformance_maker *maker);
void conformance_world_free(conformance_world *world);
/* Runs for a span of virtual time; on the real clock at most for the world's silence. */
void conformance_run(conformance_world *world, pl_span span);
/* Runs until node `who` sees an input of that kind for that id (0 = any); NULL when patience ends.  An
 * input that was seen already, and not cleared, counts. */
const conformance_seen *conformance_wait(conformance_world *world, int who, pl_input_kind kind, pl_id id);
/* Inputs of a kind for an id (0 = any) that a node has seen. */
size_t conformance_count(const conformance_world *world, int who, pl_input_kind kind, pl_id id);
/* Forgets what the nodes have seen. */
void conformance_clear(conformance_world *world);

#endif
