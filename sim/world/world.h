/* world.h - one replication of one scenario point: hosts, nodes, what users do, what goes wrong.
 *
 * Built from a sim_config on an engine; the record hears what happens.  Same config, seed and replication
 * give the same bytes in every file. */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include "core/node.h"
#include "sim/engine.h"
#include "sim/record/recorder.h"
#include "sim/scenario/config.h"

typedef struct sim_world sim_world;

typedef struct sim_world_options {
    const sim_config *config;     /* borrowed for the world's life */
    const sim_engine_ops *engine;
    uint32_t replication;
    sim_recorder *recorder;       /* borrowed; NULL = nothing is recorded */
    const char *only;             /* live: this host only, the others are other processes'; NULL = all */
    const char *state_folder;     /* live: where keys (keys.h) and registry files are; NULL = drawn, in memory */
} sim_world_options;

typedef enum sim_world_end {
    SIM_WORLD_COMPLETE,    /* the duration is over, or all logins (or paths) that were planned have ended */
    SIM_WORLD_LIMIT,       /* the limit of `until` came first */
    SIM_WORLD_INTERRUPTED  /* keep_going said no */
} sim_world_end;

/* Asked between slices of a run; false ends it. */
typedef bool (*sim_world_keep_going_fn)(void *ctx, pl_time now, pl_time end);

/* Whether an engine may run a scenario at all; false and a sentence in *ret_error (g_free) if the real network
 * would be asked for addresses that belong to other people, or hosts are to move that the engine cannot move.
 * sim_world_new asks it too. */
bool sim_world_allowed(const sim_config *config, const sim_engine_ops *engine, char **ret_error);
/* NULL and a sentence in *ret_error (g_free). */
sim_world *sim_world_new(const sim_world_options *options, char **ret_error);
void sim_world_free(sim_world *world);
/* Runs to the end that the config says; then records what is left to record. */
sim_world_end sim_world_run(sim_world *world, sim_world_keep_going_fn keep_going, void *ctx);

pl_time sim_world_now(const sim_world *world);
uint64_t sim_world_events(const sim_world *world);

/* For tests and benchmarks. */
sim_engine *sim_world_engine(const sim_world *world);
struct net *sim_world_network(const sim_world *world); /* NULL when live */
size_t sim_world_hosts(const sim_world *world);
/* The node of a host by number, NULL while it is down; and its name. */
pl_node *sim_world_node(const sim_world *world, size_t host);
void sim_world_host_name(const sim_world *world, size_t host, char *ret_name, size_t size);
/* Logins that ended well, and that failed. */
uint64_t sim_world_logged_in(const sim_world *world);
uint64_t sim_world_login_failures(const sim_world *world);

#endif
