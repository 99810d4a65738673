/* paths.h - the paths of a replication: who connects to whom, what came of it, and what it cost.
 *
 * Private to sim/world/paths.  A session is one connect act; both of its ends tell of it by events that carry
 * its number, which the caller draws. */
#ifndef SIM_WORLD_PATHS_H
#define SIM_WORLD_PATHS_H

#include "sim/world/world_internal.h"

typedef enum sim_session_state {
    SIM_SESSION_PLANNED, /* its instant has not come */
    SIM_SESSION_TRYING,
    SIM_SESSION_OPEN, /* the caller's path stands; its echo is under way */
    SIM_SESSION_DONE
} sim_session_state;

/* What an end had sent when the session began, and then until it was open. */
typedef struct sim_spent {
    uint64_t packets, bytes;
} sim_spent;

typedef struct sim_session {
    uint32_t number; /* from 1, in the order of the acts */
    uint32_t cell;   /* 0: not of a matrix */
    sim_machine *caller, *callee;
    sim_choice transport;
    const sim_echo *echo;
    sim_session_state state;
    int64_t id; /* that its events carry; 0 until the caller has told it */
    pl_time started;
    const char *profile, *class, *via, *local, *remote, *cause; /* static; NULL = unknown */
    pl_span time;                                               /* to open, or to fail */
    sim_spent before[2], spent[2];                              /* caller, callee */
    bool is_open[2];
    bool was_wrong, was_in_vain; /* of refresh/: some end's report was, and a punch would be; at the beginning */
    bool is_punched;             /* the caller has tried to punch over UDP */
    size_t n_echoes;                                    /* phases with traffic that the caller has told */
    int64_t sent, received, sent_after, received_after; /* the first, and the last of them */
    net_drop drop; /* the last drop of a packet between the ends before the end; see path_watch.c */
    bool is_strong;
    char drop_box[SIM_NAME_MAX + 24];
    char relay[2 * SIM_NAME_MAX];
} sim_session;

/* What the watch keeps of a host. */
typedef struct sim_watched {
    sim_spent sent;       /* since the run began */
    sim_session *session; /* the latest that is being tried, NULL if none */
} sim_watched;

struct sim_paths {
    GPtrArray *sessions;  /* sim_session, in the order of the acts */
    GHashTable *by_id;    /* int64 → sim_session; looked up, never walked */
    sim_watched *watched; /* of each machine */
    GPtrArray *acts;      /* of path_plan.c; owned */
    uint64_t n_planned, n_done;
};

/* path_log.c */

/* Begins a session at its instant. */
sim_session *sim_paths_begin(sim_world *world, const sim_session *plan, pl_time now);
/* Ends it: tells the record, and the world if it was the last that was planned. */
void sim_paths_done(sim_session *session, pl_time now);
/* Ends a session that could not open, for this cause. */
void sim_paths_fail(sim_session *session, const char *cause, pl_time now);

/* path_connect.c */

/* Asks the caller's node to connect to the callee.  NULL, or a static name of why it cannot. */
const char *sim_paths_connect(const sim_session *session, pl_time now);
/* The supernode to which the machine's node is attached, {0, 0} if none. */
pl_addr sim_paths_supernode(const sim_machine *machine);

/* path_watch.c */

void sim_paths_watch(sim_session *session);
void sim_paths_unwatch(sim_session *session);
/* What an end has sent since the session began. */
sim_spent sim_paths_spent(const sim_session *session, int end);

/* path_tell.c */

void sim_paths_sample(const sim_session *session, pl_time now);
void sim_paths_row(const sim_session *session);

#endif
