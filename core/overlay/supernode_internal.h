/* supernode_internal.h - the supernode's state, shared by its three files only: supernode.c (life and
 * routing), supernode_client.c (what clients ask), partner.c (the link that discovery needs). */
#ifndef PL_OVERLAY_SUPERNODE_INTERNAL_H
#define PL_OVERLAY_SUPERNODE_INTERNAL_H

#include "core/crypto/channel.h"
#include "core/nat/stun/stun_server.h"
#include "core/nat/turn/turn_server.h"
#include "core/overlay/supernode.h"

#include <glib.h>

/* What a session has last done. */
typedef enum pl_session_state {
    PL_SESSION_ACCEPTED,   /* nothing proved yet */
    PL_SESSION_ATTACHED,   /* a client */
    PL_SESSION_ONLINE,     /* a client whose credential was seen */
    PL_SESSION_PARTNER     /* the partner's side of the link, proved */
} pl_session_state;

typedef struct pl_session {
    pl_supernode *supernode;
    pl_channel *channel;
    pl_id stream; /* 0 once the world closed it */
    pl_addr from;
    pl_session_state state;
    pl_deadline deadline;
    pl_time entries_due; /* the next cache-request may come from here on */
    bool has_spoken; /* its first byte told that it is a secure channel, and not for the relay */
    char *name; /* while online, and of a partner that showed its credential */
} pl_session;

/* The link that we open to the partner if our address is the lower one. */
typedef struct pl_partner {
    pl_channel *channel;
    pl_id stream;
    pl_deadline deadline;
    pl_session *session; /* the accepted link, if the partner opens it */
} pl_partner;

struct pl_supernode {
    pl_supernode_options options;
    pl_host_cache known;
    uint8_t credential_bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t credential_len; /* 0 = not serving yet */
    int64_t expires;       /* Unix seconds: of the credential */
    pl_keypair dh;
    GHashTable *sessions; /* stream → pl_session; looked up, never walked */
    GHashTable *online;   /* name → pl_session; likewise */
    size_t n_clients;
    pl_partner partner;
    pl_stun_server *stun;
    pl_turn_server *relay; /* NULL until it serves */
};

/* supernode.c */

/* Ends a session; its stream is aborted if it is still open. */
void pl_supernode_end(pl_session *session, const char *cause);
/* The same, but what was said to it still goes out. */
void pl_supernode_dismiss(pl_session *session, const char *cause);
/* Traces and ends a session whose peer broke the rules. */
void pl_supernode_refuse_input(pl_session *session, int error, const char *message);
/* No further client is attached; there may be room for streams that are handed on. */
bool pl_supernode_is_full(const pl_supernode *supernode);
/* Checks a credential against the pinned key and the key that the channel proved. */
int pl_supernode_check(const pl_supernode *supernode, const pl_channel *channel, const uint8_t *bytes, size_t len,
                       pl_credential *ret_credential, pl_time now);

/* supernode_client.c */

extern const pl_channel_handler pl_supernode_session_handler;

/* partner.c */

void pl_partner_start(pl_supernode *supernode, pl_time now);
void pl_partner_stop(pl_supernode *supernode);
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
