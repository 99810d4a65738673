/* nat_watch.h - how right is what nodes keep of their NAT, what does it take, and what does it do to sessions?
 *
 * Of every peer that has found a report: for what part of the time it was wrong, in class and in address; how long
 * after an act of the timeline it was right again; for how long the peer took itself for a supernode wrongly, or did
 * not though it could; what was sent and received for it.  Of every session: whether a report was wrong when it began,
 * and whether clients of 2006 were misled by it.
 *
 * Nothing is watched unless the scenario asks for a metric `nat.…`; the functions do nothing then. */
#ifndef SIM_WORLD_NAT_WATCH_H
#define SIM_WORLD_NAT_WATCH_H

#include "sim/world/world_internal.h"

struct sim_session;

/* Whether the scenario asks is known by then; the table is made before the machines. */
void sim_nat_watch_new(sim_world *world);
void sim_nat_watch_free(sim_world *world);

/* The machine's node has found a report, which holds when its step is over … */
void sim_nat_watch_discovered(sim_machine *machine);
/* … which it is now. */
void sim_nat_watch_settle(sim_machine *machine);
/* An act of the timeline has changed something, for this machine or another. */
void sim_nat_watch_changed(sim_world *world, sim_action action, pl_time now);
/* The machine's node is about to be forgotten. */
void sim_nat_watch_stop(sim_machine *machine, pl_time now);

/* A session begins: notes how right its ends' reports are.  It is over: samples. */
void sim_nat_watch_begin(struct sim_session *session, pl_time now);
void sim_nat_watch_session(const struct sim_session *session, pl_time now);

/* The replication is over: samples of every peer. */
void sim_nat_watch_end(sim_world *world, pl_time now);

#endif
