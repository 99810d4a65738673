/* told_world.h - a world from the text of a scenario, on the light engine, and what was seen of its packets.
 */
#ifndef TESTS_TOLD_WORLD_H
#define TESTS_TOLD_WORLD_H

#include <glib.h>

#include "sim/scenario/scenario.h"
#include "sim/world/world_internal.h"

typedef struct told_sighting {
    net_step step;
    net_drop drop;
    pl_time when;
    sim_host from, at;
    pl_addr source, destination;
    uint64_t serial;
} told_sighting;

typedef struct told_world {
    sim_scenario *scenario;
    sim_world *world;
    GArray *sightings; /* told_sighting */
} told_world;

/* The text follows a head with links (ideal, slow), a login server, and host_stack linux; it says everything
 * else. */
void told_world_open(told_world *told, const char *text, sim_recorder *recorder);
void told_world_close(told_world *told);
void told_world_run(told_world *told, pl_time until);
/* Opens, runs to its end and measures a world of its own: the text of its series.csv (g_free). */
char *told_world_samples(const char *text, pl_time until);
sim_machine *told_world_machine(const told_world *told, const char *name);
/* Sends a datagram from the machine's own stack, out of a fresh socket, and runs for a second.  The last
 * sighting of it. */
told_sighting told_world_send(told_world *told, const char *from, pl_addr to);
/* The first sighting of a packet at a step; there must be one. */
told_sighting told_world_step(const told_world *told, uint64_t serial, net_step step);

#endif
