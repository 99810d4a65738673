/* node.h - one node: routes what happens to its machines, and owns their deadlines.
 *
 * The doors of the core.  The world makes a node, starts it, hands it every input in order of time with
 * one `now` for a whole step, and ticks it at or after its deadline; the user's acts are functions here.
 * A node is a client, a supernode or a login server, all of the same parts. */
#ifndef PL_NODE_H
#define PL_NODE_H

#include "core/config.h"
#include "core/nat/discovery/keeper.h"
#include "core/nat/path/echo.h"
#include "core/nat/path/path.h"
#include "core/nat/turn/turn_server.h"
#include "core/overlay/election/election.h"
#include "core/overlay/tally.h"
#include "core/port.h"
#include "core/session/buddies.h"
#include "core/session/grant.h"
#include "core/session/login.h"
#include "core/session/login_server.h"
#include "core/session/search.h"
#include "core/session/signal.h"

/* What a node is made as; a client may be elected to be a supernode besides, and step down again. */
typedef enum pl_node_role { PL_NODE_CLIENT, PL_NODE_SUPERNODE, PL_NODE_LOGIN_SERVER } pl_node_role;
typedef enum pl_node_discovery { PL_NODE_DISCOVERY_ON, PL_NODE_DISCOVERY_OFF } pl_node_discovery;

/* What a supernode is told beyond what every node knows; borrowed for the node's life. */
typedef struct pl_node_supernode {
    pl_addr own_address;
    pl_addr partner;              /* {0,0} = none: filtering is then unknown to its clients */
    const pl_addr *login_servers;
    size_t n_login_servers;
    const pl_cache_entry *known;  /* other supernodes */
    size_t n_known;
    const char *name, *password;  /* its own account: it logs in at the login server for a credential */
    int64_t capacity;             /* logins a second that it can do; 0 = drawn as supernode.capacity says */
} pl_node_supernode;

typedef struct pl_node_options {
    pl_port port;
    const pl_config *config;        /* borrowed */
    const struct pl_suite *suite;   /* static */
    const pl_network *network;      /* borrowed */
    int64_t epoch;                  /* Unix seconds at now = 0 */
    pl_node_role role;
    uint16_t listen_port;           /* UDP and TCP; 0 = any */
    const uint16_t *web_ports;      /* TCP ports to listen on besides (BS-04); read at start only */
    size_t n_web_ports;
    pl_node_discovery discovery;    /* clients */
    const pl_node_supernode *supernode;      /* supernodes */
    const pl_server_keys *server_keys;       /* login servers; copied */
    const pl_path_profile *path_profile;     /* clients: static; NULL = "ours" */
    const pl_nat_policy *nat_policy;         /* clients: static; NULL = "login" */
    const pl_ping_policy *icmp_policy;       /* clients: static; NULL = "none" */
    const pl_search_policy *search_policy;   /* clients: static; NULL = the default of session/search.h */
    const pl_relogin_policy *relogin_policy; /* clients: static; NULL = "none" */
    const pl_election_policy *election_policy; /* clients and supernodes: static; NULL = "none" */
    pl_resources resources; /* clients: what the host has; the uptime is the user's stay */
    pl_addr proxy; /* HTTP proxy through which streams to port 443 are opened (nat/proxy.h); {0,0} = none */
} pl_node_options;

typedef struct pl_node pl_node;

pl_node *pl_node_new(const pl_node_options *options);
/* Forgets everything; asks nothing of the port.  The registry outlives it. */
void pl_node_free(pl_node *node);

/* Puts entries into the registry's host cache, as an earlier session would have left them. */
void pl_node_seed_cache(const pl_port *port, const pl_config *config, const pl_cache_entry *entries, size_t n);

/* Binds the ports: UDP and TCP on the listening port, TCP on the web ports.  A port that cannot be bound
 * is traced (node:port-unavailable) and done without.  A supernode then asks for its credential. */
void pl_node_start(pl_node *node, pl_time now);

/* Takes what happened; returns the bytes consumed of PL_INPUT_DATA, else 0. */
size_t pl_node_input(pl_node *node, const pl_input *input, pl_time now);
/* The earliest deadline, PL_NEVER when idle.  A tick before it is a no-op. */
pl_time pl_node_deadline(const pl_node *node);

/* The user's acts (clients).  As pl_login_start and pl_login_stop.  A supernode from the start that is logged out takes
 * leave of its clients and of the others, and does nothing more until it is started anew. */
int pl_node_log_in(pl_node *node, const char *name, const char *password, pl_time now);
void pl_node_log_out(pl_node *node, pl_time now);

/* Whom to find a path to, and what to send on it. */
typedef struct pl_node_connect_options {
    pl_contact contact;
    pl_path_choice choice;
    const pl_echo_phase *phases; /* traffic that the peer sends back, copied; after the last the session ends */
    size_t n_phases;             /* 0 = the session stays until somebody hangs up */
} pl_node_connect_options;

/* Starts a session: path:started … tell what becomes of it.  PL_ERR_UNEXPECTED if nobody is logged in, or too many
 * sessions are under way. */
int pl_node_connect(pl_node *node, const pl_node_connect_options *options, uint64_t *ret_session, pl_time now);
/* Ends it, if it is still there. */
void pl_node_hang_up(pl_node *node, uint64_t session, pl_time now);

/* The buddy list of who is online: as pl_buddies_add, _remove, _authorise, _discard. */
int pl_node_add_buddy(pl_node *node, const char *name, pl_time now);
int pl_node_remove_buddy(pl_node *node, const char *name);
int pl_node_authorise_buddy(pl_node *node, const char *name);
int pl_node_discard_buddies(pl_node *node);
/* For looking at (pl_buddies_count, _at, _find, _refused); NULL as long as nobody was online.  Borrowed. */
const pl_buddies *pl_node_buddies(const pl_node *node);
/* Looks for a user by name: search:started … search:ended tell what becomes of it, and it always ends.  The number of
 * the search goes to *ret_search.  PL_ERR_UNEXPECTED if nobody is logged in or his supernode was lost, PL_ERR_MALFORMED for a bad name,
 * PL_ERR_LIMIT if search.client_max are under way. */
int pl_node_search(pl_node *node, const char *name, uint64_t *ret_search, pl_time now);
/* What a search found, from its search:ended on, for the last eight that found somebody: pl_node_connect takes its
 * contact.  PL_ERR_UNKNOWN for any other. */
int pl_node_search_result(const pl_node *node, uint64_t search, pl_search_result *ret_result);

/* Login servers: as pl_login_server_add_account. */
int pl_node_add_account(pl_node *node, const char *name, const char *password);

/* What the world may look at. */

/* What it is now: a client that was elected is a supernode. */
pl_node_role pl_node_role_of(const pl_node *node);
pl_login_state pl_node_login_state(const pl_node *node);
/* Clients: the supernode that has attached us, with its own port; {0,0} if none. */
pl_addr pl_node_supernode_address(const pl_node *node);
/* Clients: what the node believes of its NAT; NULL as long as nothing.  And whether it could be a supernode by it. */
const pl_nat_report *pl_node_nat_report(const pl_node *node);
bool pl_node_is_open(const pl_node *node);
/* Clients: datagrams that the keeping of that has taken, sent and received. */
uint64_t pl_node_nat_messages(const pl_node *node);
size_t pl_node_cache_entries(const pl_node *node);
size_t pl_node_clients(const pl_node *node); /* supernodes: attached; login servers: sessions */
size_t pl_node_online(const pl_node *node);  /* supernodes: users recorded as online */
/* Supernodes: an account at its relay for a client of this name (PL_ERR_UNEXPECTED unless it serves), and what the
 * relay has done (zeros unless it serves). */
int pl_node_relay_account(const pl_node *node, const char *name, pl_turn_account *ret_account, pl_time now);
void pl_node_relay_statistics(const pl_node *node, pl_turn_server_stats *ret_stats);
/* Supernodes: how many others its view holds, and how many entries of the index it keeps. */
size_t pl_node_members(const pl_node *node);
size_t pl_node_index_entries(const pl_node *node);
/* Supernodes: what it said to those who are attached, and heard from them; NULL if it is none now. */
const pl_tally *pl_node_tally(const pl_node *node);
/* Supernodes: has a credential and serves; login servers: always true once started. */
bool pl_node_is_ready(const pl_node *node);

#endif
