/* node_internal.h - the node's state, shared by its files only: node.c (life, and the routing of inputs), node_paths.c
 * (what concerns other users), node_sessions.c (whom we call and who calls us), node_lobby.c (who knocks), node_buddies.c
 * (whom we know), node_search.c (whom we look for), node_role.c (what it is). */
#ifndef PL_NODE_INTERNAL_H
#define PL_NODE_INTERNAL_H

#include "core/context.h"
#include "core/nat/path/echo.h"
#include "core/nat/path/path.h"
#include "core/nat/proxy.h"
#include "core/node.h"
#include "core/overlay/supernode.h"
#include "core/session/buddies.h"
#include "core/session/signal.h"

#include <glib.h>

#define PL_NODE_OFFERS_SEEN 64 /* chosen: twelve seconds of offers at path.offer_rate; days of an ordinary user's */

typedef struct pl_node_session pl_node_session;

/* A stream that somebody opened to one of our own ports, until it is known for which session. */
typedef struct pl_arrival {
    pl_node *node;
    pl_id stream;
    pl_addr from;
    pl_deadline deadline;
    uint8_t data[256]; /* chosen: a first frame is a check, of some 150 bytes */
    size_t len;
} pl_arrival;

/* What concerns other users; arrays in the order of their making, NULL while they would be empty. */
typedef struct pl_node_paths {
    GPtrArray *visits;   /* pl_visit */
    GPtrArray *sessions; /* pl_node_session */
    GPtrArray *lobby;    /* pl_arrival */
    pl_time offers_full_at; /* token bucket of offers */
    uint64_t *seen; /* sessions that others began, the latest PL_NODE_OFFERS_SEEN; a ring, NULL before the first */
    size_t n_seen;
} pl_node_paths;

/* One search that found somebody. */
typedef struct pl_node_found {
    uint64_t search;
    pl_search_result result;
} pl_node_found;

#define PL_NODE_FOUND_MAX 8 /* chosen: who wants to know asks at once */

typedef struct pl_node_searches {
    GPtrArray *running;   /* pl_search, in the order of their making; NULL while there is none */
    pl_node_found *found; /* the last PL_NODE_FOUND_MAX, a ring; NULL before the first */
    size_t n_found;
    uint32_t last;        /* number of the search that was started last */
} pl_node_searches;

/* What a client has that may become a supernode. */
typedef struct pl_node_candidate {
    pl_resources resources;
    pl_time there_since; /* the user's log-in; PL_NEVER: nobody is logged in */
    bool is_unreachable; /* it was elected, and nobody could reach it: not again */
    bool is_elected;     /* it is a supernode: the rest is its own */
    pl_addr address;
    pl_time since;
    pl_addr servers[PL_MESSAGE_SERVERS_MAX];
} pl_node_candidate;

struct pl_node {
    pl_context context;
    const pl_network *network;
    const pl_node_supernode *supernode_options;
    pl_node_role role;
    pl_node_discovery discovery_wanted;
    uint16_t listen_port;
    const uint16_t *web_ports;
    size_t n_web_ports;
    bool is_started;
    pl_id socket; /* main UDP socket; 0 if it could not be bound */
    pl_login *login;               /* clients */
    pl_node_searches searches;     /* clients */
    pl_nat_keeper *keeper;         /* clients */
    const pl_path_profile *path_profile;
    const pl_nat_policy *nat_policy;
    const pl_ping_policy *icmp_policy;
    const pl_search_policy *search_policy;
    const pl_relogin_policy *relogin_policy;
    const pl_election_policy *election_policy;
    pl_node_candidate *candidate;  /* clients, unless roles are fixed */
    pl_node_paths paths;           /* clients */
    pl_buddies *buddies;           /* clients, from the first time that they are online */
    pl_proxy *proxy;               /* between us and the world's port; NULL = none */
    pl_supernode *supernode;       /* supernodes */
    pl_grant *grant;               /* supernodes, while they ask for a credential */
    pl_identity *identity;         /* supernodes */
    pl_deadline renewal;           /* supernodes: when to ask (again) */
    pl_login_server *login_server; /* login servers */
};

/* node_paths.c */

/* The node's ears at its login: what comes by way of the supernode arrives here first, with the node as owner. */
extern const pl_login_signals pl_node_signals;

/* Visits the supernode of a contact in the name of who is logged in: NULL if nobody is.  The node routes the visit's
 * inputs until it is left. */
pl_visit *pl_node_visit(pl_node *node, const pl_contact *contact, const pl_visit_handler *handler, void *owner,
                        pl_time now);
/* Leaves and frees a visit, at any time also from inside its handler; NULL is accepted. */
void pl_node_leave(pl_node *node, pl_visit *visit);

/* Inputs of streams that are nobody else's; true if the stream belonged to a session with another user. */
bool pl_node_paths_opened(pl_node *node, pl_id stream, pl_time now);
bool pl_node_paths_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_node_paths_fin(pl_node *node, pl_id stream, pl_time now);
bool pl_node_paths_writable(pl_node *node, pl_id stream, pl_time now);
bool pl_node_paths_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now);

/* Ends and leaves everything. */
void pl_node_paths_clear(pl_node *node, pl_time now);

/* node_sessions.c: the same for sessions. */

bool pl_node_sessions_datagram(pl_node *node, const pl_input *input, int *ret_error, pl_time now);
bool pl_node_sessions_accepted(pl_node *node, const pl_input *input, pl_time now);
/* Gives a session a stream that knocked at one of our own ports; false if there is no such session. */
bool pl_node_sessions_adopt(pl_node *node, const pl_arrival *arrival, uint64_t number, pl_time now);
bool pl_node_sessions_opened(pl_node *node, pl_id stream, pl_time now);
bool pl_node_sessions_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_node_sessions_fin(pl_node *node, pl_id stream, pl_time now);
bool pl_node_sessions_writable(pl_node *node, pl_id stream, pl_time now);
bool pl_node_sessions_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now);
void pl_node_sessions_clear(pl_node *node, pl_time now);

/* node_search.c: the same for searches; our supernode is gone; a record of it; an answer by UDP. */

bool pl_node_searches_datagram(pl_node *node, pl_addr from, const pl_message *message, int *ret_error, pl_time now);
void pl_node_searches_record(pl_node *node, const pl_message *message, pl_time now);
void pl_node_searches_detached(pl_node *node, pl_time now);
bool pl_node_searches_opened(pl_node *node, pl_id stream, pl_time now);
bool pl_node_searches_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_node_searches_fin(pl_node *node, pl_id stream, pl_time now);
bool pl_node_searches_writable(pl_node *node, pl_id stream);
bool pl_node_searches_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now);
void pl_node_searches_clear(pl_node *node);

/* node_lobby.c: the same for streams that wait to be known. */

void pl_node_lobby_accepted(pl_node *node, const pl_input *input, pl_time now);
bool pl_node_lobby_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_node_lobby_fin(pl_node *node, pl_id stream);
bool pl_node_lobby_closed(pl_node *node, pl_id stream);
void pl_node_lobby_clear(pl_node *node);

/* node_buddies.c: the node's login comes and goes; `owner` is the node. */

void pl_node_buddies_online(void *owner, const char *name, const char *password, pl_time now);
void pl_node_buddies_offline(void *owner);
/* A search ended: a buddy list that asked for it, or that has the name in it, is told. */
void pl_node_buddies_found(pl_node *node, const char *name, pl_search_outcome outcome, const pl_search_result *result,
                           pl_time now);

/* node_role.c */

/* Starts a supernode's life: its machine, and its credential. */
void pl_node_role_start_supernode(pl_node *node, pl_time now);
/* Who was elected is a client again; a no-op for all others. */
void pl_node_role_step_down(pl_node *node, const char *cause, pl_time now);
/* A supernode from the start takes its leave and does nothing more; a no-op for all others. */
void pl_node_role_retire(pl_node *node);
extern const pl_login_election pl_node_election;

/* node.c */

/* Traces what was refused; an error ≥ 0 is none. */
void pl_node_refuse(pl_node *node, int error, const char *what, pl_addr from);

#endif
