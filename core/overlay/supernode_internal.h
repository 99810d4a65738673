/* supernode_internal.h - the supernode's state, shared by its files only: supernode.c (life and
 * routing), supernode_client.c (what clients ask), children.c (all sessions together), elector.c
 * (more supernodes, or fewer), supernode_index.c (the mesh, the index and searches), visitor.c (signals between them and
 * others), partner.c (the link that discovery needs). */
#ifndef PL_OVERLAY_SUPERNODE_INTERNAL_H
#define PL_OVERLAY_SUPERNODE_INTERNAL_H

#include "core/crypto/channel.h"
#include "core/nat/stun/stun_server.h"
#include "core/nat/turn/turn_server.h"
#include "core/overlay/search/desk.h"
#include "core/overlay/load.h"
#include "core/overlay/supernode.h"

#include <glib.h>

/* What a session has last done. */
typedef enum pl_session_state {
    PL_SESSION_ACCEPTED,   /* nothing proved yet */
    PL_SESSION_ATTACHED,   /* a client */
    PL_SESSION_ONLINE,     /* a client whose credential was seen */
    PL_SESSION_PARTNER,    /* the partner's side of the link, proved */
    PL_SESSION_HELPED,     /* a supernode that has chosen us as its partner, proved */
    PL_SESSION_VISITOR     /* a user from anywhere, proved, who has something to say to a client */
} pl_session_state;

/* A client that could be a supernode, as it says. */
typedef struct pl_candidate {
    pl_resources resources;
    pl_addr address;
} pl_candidate;

/* What only a visitor has. */
typedef struct pl_visitor {
    uint32_t handle;
    char to[PL_NAME_MAX + 1]; /* whom its first signal named; empty before it */
    pl_id addressed;          /* the stream of the client that its last signal went to, which may answer */
    pl_time signals_full_at;  /* token buckets: what it says, and what is answered */
    pl_time answers_full_at;
} pl_visitor;

typedef struct pl_session {
    pl_supernode *supernode;
    pl_channel *channel;
    pl_id stream; /* 0 once the world closed it */
    pl_addr from;
    pl_session_state state;
    pl_deadline deadline;
    pl_time entries_due; /* the next cache-request may come from here on */
    pl_time told_at; /* to move: the last time; 0 = never */
    bool was_asked; /* to be a supernode: once, whatever it tells afterwards */
    pl_candidate *candidate; /* of a client; NULL unless it is one */
    bool has_spoken; /* its first byte told that it is a secure channel, and not for the relay */
    pl_time heard_at; /* clients: the last record */
    pl_time register_due;     /* online: the next register may come from here on */
    pl_time searches_full_at; /* online: token bucket */
    struct pl_session *next, *previous; /* in the order of their coming */
    pl_time requests_full_at; /* clients: token bucket of what cannot be a visit's */
    char *name; /* while online, and of a partner or visitor that showed its credential */
    pl_visitor *visitor; /* of a visitor */
} pl_session;

/* chosen: supernodes for whose clients one answers; each is chosen once on average, and as often by chance in 10^14 */
#define PL_PARTNER_HELPED_MAX 16

/* The link that we open to the partner, if our address is the lower one or we have chosen it. */
typedef struct pl_partner {
    pl_channel *channel;
    pl_id stream;
    pl_deadline deadline;
    pl_session *session; /* the accepted link, if the partner opens it */
    size_t n_helped;     /* PL_SESSION_HELPED */
} pl_partner;

/* What a supernode is about to change. */
typedef struct pl_elector {
    pl_time since;       /* when we began to serve */
    pl_deadline count;   /* the next decision */
    pl_deadline proof;   /* of who was elected: somebody must have come by then */
    pl_deadline act;     /* moving children, asking neighbours, leaving: one at a time */
    pl_id asked;         /* the stream of the child that was asked last, until it answers; 0 = none */
    pl_addr heir;        /* where children are told to move */
    size_t to_move;      /* how many have yet to leave for it; while there are any nobody else is promoted */
    size_t were_to_move; /* when last looked at */
    pl_time moved_at;    /* when one was last seen to have left */
    uint64_t transaction;/* of our probes to neighbours, while we ask them */
    bool is_asking, is_leaving;
} pl_elector;

struct pl_supernode {
    pl_supernode_options options;
    pl_host_cache known;
    uint8_t credential_bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t credential_len; /* 0 = not serving yet */
    int64_t expires;       /* Unix seconds: of the credential */
    pl_keypair dh;
    GHashTable *sessions; /* stream → pl_session; looked up, never walked */
    GHashTable *online;   /* name → pl_session; likewise */
    GHashTable *visits;   /* handle → pl_session; likewise */
    GHashTable *visitors; /* name → how many visits he has */
    uint32_t last_visit;  /* the handle that was given last */
    size_t n_clients;
    pl_session *first_session, *last_session;
    pl_load *load;
    pl_elector elector;
    pl_time off_at; /* when it last shut itself off */
    pl_partner partner;
    pl_stun_server *stun;
    pl_tally tally;
    pl_turn_server *relay; /* NULL until it serves, as the three that follow */
    pl_mesh *mesh;
    pl_index *index;
    pl_desk *desk;
};

/* supernode.c */

/* Ends a session; its stream is aborted if it is still open. */
void pl_supernode_end(pl_session *session, const char *cause);
/* The same, but what was said to it still goes out. */
void pl_supernode_dismiss(pl_session *session, const char *cause);
/* Traces and ends a session whose peer broke the rules. */
void pl_supernode_refuse_input(pl_session *session, int error, const char *message);
/* No further client is attached; there may be room for streams that are handed on. */
bool pl_supernode_is_full(const pl_supernode *supernode, pl_time now);
/* Checks a credential against the pinned key and the key that the channel proved. */
int pl_supernode_check(const pl_supernode *supernode, const pl_channel *channel, const uint8_t *bytes, size_t len,
                       pl_credential *ret_credential, pl_time now);

/* The session of a stream; NULL if there is none. */
pl_session *pl_supernode_find(const pl_supernode *supernode, pl_id stream);
/* Answers a probe. */
void pl_supernode_answer_probe(pl_supernode *supernode, pl_addr from, uint64_t transaction, pl_time now);

/* The probe's answer is as long as the question. */
void pl_supernode_say_status(pl_supernode *supernode, pl_addr to, uint64_t transaction, pl_probe_status status);
/* It has a credential that is still valid. */
bool pl_supernode_can_prove_itself(const pl_supernode *supernode, pl_time now);

/* elector.c */

void pl_elector_start(pl_supernode *supernode, pl_time now);
void pl_elector_stop(pl_supernode *supernode);
/* A client tells what it has; and what was asked answers. */
void pl_elector_resources(pl_session *session, const pl_message *message);
void pl_elector_answered(pl_session *session, const pl_message *message, pl_time now);
/* Somebody attached: we can be reached. */
void pl_elector_reached(pl_supernode *supernode);
/* A neighbour answered: PL_ERR_UNEXPECTED if it was not asked. */
int pl_elector_neighbour(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now);
/* A client's session ended. */
void pl_elector_left(pl_session *session);
/* It was told to move, and was not heard for so long afterwards that it must have stayed. */
bool pl_elector_sent(const pl_session *session);
/* We ask neighbours for room or leave: nobody is welcome. */
bool pl_elector_is_leaving(const pl_supernode *supernode);

/* children.c */

/* A session begins, and ends. */
void pl_children_join(pl_session *session);
void pl_children_leave(pl_session *session);
bool pl_children_is_client(const pl_session *session);
extern const pl_load_handler pl_children_load_handler;

/* supernode_client.c */

/* Other supernodes for a client's cache, never ourselves: the client knows us already. */
size_t pl_supernode_draw_entries(const pl_supernode *supernode, pl_cache_entry ret_entries[PL_MESSAGE_ENTRIES_MAX]);
/* A record of a session whose turn has come: judges it in the session's state, and does it. */
void pl_supernode_take_record(pl_session *session, const uint8_t *data, size_t len, pl_time now);

/* Says a record; as pl_channel_send. */
int pl_supernode_say(pl_session *session, const pl_message *message);
extern const pl_channel_handler pl_supernode_session_handler;

/* visitor.c */

/* A session that showed its credential wants to visit. */
void pl_visitor_attach(pl_session *session, pl_time now);
/* A visitor's session ends. */
void pl_visitor_left(pl_session *session);
/* A signal of a visitor, to a client; and of a client, to a visitor. */
void pl_visitor_signal(pl_session *session, const pl_message *signal, pl_time now);
void pl_visitor_answer(pl_session *client, const pl_message *signal, pl_time now);
/* A client wants an account at our relay. */
void pl_visitor_relay_request(pl_session *client, pl_time now);

/* supernode_index.c */

/* It begins to serve: joins the others; and its end. */
void pl_supernode_join(pl_supernode *supernode, pl_time now);
void pl_supernode_part(pl_supernode *supernode);
/* It leaves of its own will: tells members of its view, so that they need not miss it. */
void pl_supernode_farewell(const pl_supernode *supernode);
/* A datagram of the mesh, of the index, or an answer to a question of a search. */
int pl_supernode_overlay(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now);
/* REGISTER; SEARCH, SEARCH_TOLD and SEARCH_SILENT of a client that is online. */
void pl_supernode_register(pl_session *session, const pl_message *message, pl_time now);
void pl_supernode_search(pl_session *session, const pl_message *message, pl_time now);
/* A client that was online is going. */
void pl_supernode_departed(pl_session *session);

/* partner.c */

void pl_partner_start(pl_supernode *supernode, pl_time now);
void pl_partner_stop(pl_supernode *supernode);
/* We leave: the link is aborted. */
void pl_partner_leave(pl_supernode *supernode);
/* A session that showed its credential is that of the partner that we were told of. */
bool pl_partner_is_told(const pl_supernode *supernode, const pl_session *session);
/* A session that showed its credential says that it has chosen us: true if it is of a member of our view, and there is room. */
bool pl_partner_may_help(const pl_supernode *supernode, const pl_session *session);
/* The mesh has news. */
void pl_partner_neighbour_joined(pl_supernode *supernode, pl_addr member, pl_time now);
void pl_partner_neighbour_lost(pl_supernode *supernode, pl_addr member, pl_time now);
/* An accepted session proved to be our partner's. */
void pl_partner_joined(pl_supernode *supernode, pl_session *session);
/* That session ended. */
void pl_partner_left(pl_supernode *supernode, const char *cause);
/* One record from the partner, by either link. */
int pl_partner_message(pl_supernode *supernode, const pl_message *message, pl_time now);
/* The stun server's wish for an answer from the partner. */
void pl_partner_ask_change(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2);
bool pl_partner_opened(pl_supernode *supernode, pl_id stream, pl_time now);
bool pl_partner_data(pl_supernode *supernode, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_partner_closed(pl_supernode *supernode, pl_id stream, const char *cause, pl_time now);

#endif
