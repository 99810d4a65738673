/* login.h - logging in, as the talk tells it: ask supernodes by UDP, open TCP to one, learn the login
 * server's address, be granted a credential there, advertise arrival.
 *
 * One attempt climbs a ladder until a supernode is reached (BS-07, BS-08):
 *
 *   UDP probes ─answer─▶ TCP to that supernode alone ─┐
 *      │ silence                     │ fails          ├─▶ attach ─▶ login server ─▶ advertise ─▶ online
 *      ▼                             ▼                │
 *   TCP to the entries' ports ─▶ TCP 80 ─▶ TCP 443 ───┘
 *
 * and is repeated after a pause (BS-09).  UDP alone is not a login (BS-10).  A supernode that was open but did
 * not attach us (it is full, or no supernode) is left out of the rungs that follow in the same attempt.  One
 * that is full hands on entries of others: they go into the cache, and the next attempt asks them.  The login
 * that had begun with an empty cache remains a first one.
 *
 * Who is online and loses his supernode is handed over to a spare (parents.h); who finds none is logged out, and logs
 * in again as the re-login policy says (relogin.h). */
#ifndef PL_SESSION_LOGIN_H
#define PL_SESSION_LOGIN_H

#include "core/nat/turn/turn_client.h"
#include "core/overlay/host_cache.h"
#include "core/session/grant.h"
#include "core/session/ping.h"
#include "core/session/relogin.h"

#define PL_SIGNAL_BODY_MAX 1200 /* chosen: an offer with 16 candidates, a credential and a signature */

/* States are named by what is awaited. */
typedef enum pl_login_state {
    PL_LOGIN_IDLE,
    PL_LOGIN_PINGING,     /* echoes, by policy */
    PL_LOGIN_ASKING,      /* a UDP answer */
    PL_LOGIN_OPENING,     /* a stream to a supernode */
    PL_LOGIN_ATTACHING,   /* the supernode's handshake and its `attached` */
    PL_LOGIN_GRANTING,    /* the login server's grant */
    PL_LOGIN_ADVERTISING, /* the supernode's `advertised` */
    PL_LOGIN_ONLINE,
    PL_LOGIN_PAUSING, /* the next attempt */
    PL_LOGIN_WAITING  /* the next login, by the re-login policy */
} pl_login_state;

/* Why an attempt did not reach the end; the last attempt's is the login's. */
#define PL_LOGIN_CAUSES(X)                                                                         \
    X(PL_LOGIN_NO_CAUSE, "none")                                                                   \
    X(PL_LOGIN_REFUSED, "refused")           /* every TCP entry refused */                         \
    X(PL_LOGIN_TIMEOUT, "timeout")           /* TCP entries were silent */                         \
    X(PL_LOGIN_NO_ANSWER, "no-answer")       /* a supernode was open but did not answer in time */ \
    X(PL_LOGIN_NOT_PROVEN, "supernode-not-proven") /* it showed no valid credential */             \
    X(PL_LOGIN_SUPERNODE_REFUSED, "supernode-refused")                                             \
    X(PL_LOGIN_SUPERNODE_FULL, "supernode-full") /* somebody was full, and nobody else took us */   \
    X(PL_LOGIN_SUPERNODE_LOST, "supernode-lost")                                                   \
    X(PL_LOGIN_NO_SERVER, "no-server-known") /* the supernode knew no login server */              \
    X(PL_LOGIN_GRANT, "grant")               /* stands for the grant's own outcome */              \
    X(PL_LOGIN_NO_NETWORK, "no-network") /* a policy of pings says that there is none */           \
    X(PL_LOGIN_CANCELLED, "cancelled")       /* the user logged out */
typedef enum pl_login_cause {
#define X(id, name) id,
    PL_LOGIN_CAUSES(X)
#undef X
} pl_login_cause;

typedef struct pl_login pl_login;

/* Told when the supernode has attached us, so that discovery may begin. */
typedef void (*pl_login_attached_fn)(void *owner, pl_addr supernode, pl_time now);
/* Told when we have no supernode any more, for whatever reason; also if it had not attached us yet. */
typedef void (*pl_login_detached_fn)(void *owner, pl_time now);
/* Told when the user is online, just before login:logged-in, and when he is no longer; both may be NULL. */
typedef void (*pl_login_online_fn)(void *owner, const char *name, const char *password, pl_time now);
typedef void (*pl_login_offline_fn)(void *owner);

/* What comes by way of the supernode while we are online; each may be NULL.  None of it is to be trusted: the
 * supernode may have made it up.  The owner may log out inside. */
typedef struct pl_login_signals {
    /* A visitor's body.  `visit` is the handle by which it is answered, at this supernode only. */
    void (*signal)(void *owner, uint32_t visit, const char *from, const uint8_t *body, size_t len, pl_time now);
    /* Our answer to a visit was not delivered: a static name of the cause ("no-such-visit", "busy", …). */
    void (*signal_failed)(void *owner, uint32_t visit, const char *name, const char *cause, pl_time now);
    /* The account at our supernode's relay that we asked for. */
    void (*relay_granted)(void *owner, const pl_turn_account *account, pl_time now);
    /* A SEARCH_NODES or SEARCH_RESULT. */
    void (*search)(void *owner, const pl_message *message, pl_time now);
} pl_login_signals;

/* What the node says of itself where supernodes are elected. */
typedef struct pl_login_election {
    /* Could it be a supernode?  If so, the fields of a RESOURCES are filled in. */
    bool (*candidacy)(void *owner, pl_message *ret_resources, pl_time now);
    /* The supernode asks it to become one, and tells what one must know: did it? */
    bool (*promote)(void *owner, const pl_message *promote, pl_time now);
} pl_login_election;

typedef struct pl_login_options {
    pl_context *context;
    const pl_network *network; /* borrowed */
    pl_id socket;              /* the main UDP socket; 0 = none could be bound: UDP is then skipped in vain */
    const pl_ping_policy *ping; /* static; NULL = "none" */
    pl_login_attached_fn attached;
    pl_login_detached_fn detached;
    pl_login_online_fn online;
    pl_login_offline_fn offline;
    const pl_relogin_policy *relogin; /* static */
    const pl_login_election *election; /* static; NULL = it never is one */
    const pl_login_signals *signals; /* static; NULL = nobody listens */
    void *signals_owner;
    void *owner;
} pl_login_options;

pl_login *pl_login_new(const pl_login_options *options, pl_time now);
void pl_login_free(pl_login *login);

/* The user's acts.  PL_ERR_UNEXPECTED if a login is under way or done (one that only waits for the re-login policy is
 * neither); PL_ERR_MALFORMED for a bad name. */
int pl_login_start(pl_login *login, const char *name, const char *password, pl_time now);
/* Logs out, or gives up a login that is under way; nothing follows by itself. */
void pl_login_stop(pl_login *login, pl_time now);

/* A datagram of our own protocol on the main socket: 0, or an error that the node counts. */
int pl_login_datagram(pl_login *login, pl_addr from, const pl_message *message, pl_time now);
/* An echo reply; false if it answers none of its requests. */
bool pl_login_echo(pl_login *login, uint32_t from, uint16_t sequence, pl_time now);
/* Inputs of its streams; true if the stream was this login's. */
bool pl_login_opened(pl_login *login, pl_id stream, pl_time now);
bool pl_login_data(pl_login *login, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_login_fin(pl_login *login, pl_id stream, pl_time now);
bool pl_login_writable(pl_login *login, pl_id stream);
bool pl_login_closed(pl_login *login, pl_id stream, pl_cause cause, pl_time now);

/* Answers a visit, while online; `name` is whom it came from.  Copies.  PL_ERR_UNEXPECTED if we are not online,
 * PL_ERR_OVERSIZED, PL_ERR_MALFORMED for a bad name, PL_ERR_LIMIT when the stream is slow, or the stream's error. */
int pl_login_signal(pl_login *login, uint32_t visit, const char *name, const uint8_t *body, size_t len);
/* Asks for an account at the supernode's relay: relay_granted follows, or nothing.  PL_ERR_UNEXPECTED if we are not
 * online, PL_ERR_LIMIT, or the stream's error. */
int pl_login_request_relay(pl_login *login);

/* 1 to PL_NAME_MAX bytes of printable ASCII without the space. */
bool pl_login_name_is_valid(const char *name);
/* Says a record of a search to the supernode.  PL_ERR_UNEXPECTED if we are not online, PL_ERR_LIMIT, or the stream's
 * error. */
int pl_login_say_search(pl_login *login, const pl_message *message);
/* The login servers that the supernode told us of, while online: at most PL_MESSAGE_SERVERS_MAX; borrowed. */
size_t pl_login_servers(const pl_login *login, const pl_addr **ret_servers);
/* True if the supernode that attached us answered by UDP before. */
bool pl_login_heard_udp(const pl_login *login);

/* This node is a supernode at that address: no parent of its own.  {0,0} = it is none any more. */
void pl_login_set_own_address(pl_login *login, pl_addr address);

/* Who we are: NULL unless online.  Borrowed, until we are no longer so. */
const pl_identity *pl_login_identity(const pl_login *login);
const pl_credential *pl_login_credential(const pl_login *login);
/* The supernode that has attached us, with its own port: {0,0} if none. */
pl_addr pl_login_supernode(const pl_login *login);
/* The kind of port by which its stream got through; 0 if there is none. */
pl_port_kind pl_login_kind(const pl_login *login);

pl_login_state pl_login_state_of(const pl_login *login);
const pl_host_cache *pl_login_cache(const pl_login *login);

#endif
