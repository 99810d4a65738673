/* supernode.h - the supernode's side: answers probes, accepts clients, tells them the login server and
 * other supernodes, records who is online, relays for its clients, and is linked with a partner for NAT discovery.
 *
 * It serves only while it has a valid credential of its own (node.h gets it one, and renews it).  Sessions are bounded in
 * number; one that stays unauthenticated is ended. */
#ifndef PL_OVERLAY_SUPERNODE_H
#define PL_OVERLAY_SUPERNODE_H

#include "core/context.h"
#include "core/crypto/credential.h"
#include "core/nat/turn/turn_server.h"
#include "core/overlay/election/election.h"
#include "core/overlay/host_cache.h"
#include "core/overlay/tally.h"

typedef struct pl_supernode pl_supernode;

/* It has handed over what it could and wants to be a client again; `cause` is static.  The owner leaves and frees it
 * inside. */
typedef void (*pl_supernode_step_down_fn)(void *owner, const char *cause, pl_time now);

typedef struct pl_supernode_options {
    pl_context *context;
    pl_addr own_address;           /* public address:port */
    pl_addr partner;               /* {0,0} = none */
    const pl_addr *login_servers;  /* borrowed */
    size_t n_login_servers;
    const uint8_t *server_sign_key;/* pinned; borrowed */
    const pl_cache_entry *known;   /* other supernodes that it knows from before; copied */
    size_t n_known;
    pl_id socket;                  /* main UDP socket */
    int64_t capacity;              /* logins a second; 0 = as the config says */
    const pl_election_policy *election;  /* static */
    pl_supernode_step_down_fn step_down; /* of who was elected; NULL = a supernode from the start, and for ever */
    void *owner;
} pl_supernode_options;

pl_supernode *pl_supernode_new(const pl_supernode_options *options);
void pl_supernode_free(pl_supernode *supernode);

/* It has a credential: from now on it answers probes and serves.  Copies both; a later call renews. */
void pl_supernode_serve(pl_supernode *supernode, const pl_credential *credential, const pl_keypair *dh,
                        pl_time now);

/* Learns of another supernode. */
void pl_supernode_learn(pl_supernode *supernode, pl_addr other, pl_time now);
/* Ends everything: clients and other supernodes are told that it leaves.  To be freed then. */
void pl_supernode_leave(pl_supernode *supernode);

/* A probe, the answer to one of its own, or a datagram of the mesh or the index, on the main socket; no answer is longer
 * than its question.  PL_ERR_UNEXPECTED if it is nothing of this supernode's. */
int pl_supernode_datagram(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now);
void pl_supernode_accepted(pl_supernode *supernode, pl_id stream, pl_addr from, pl_time now);
/* Inputs of its streams; true if the stream was this supernode's.  `stun_id` etc. of a partner's request
 * are handed on by pl_stun_server. */
bool pl_supernode_opened(pl_supernode *supernode, pl_id stream, pl_time now);
bool pl_supernode_data(pl_supernode *supernode, pl_id stream, const uint8_t *data, size_t len, pl_time now);
bool pl_supernode_fin(pl_supernode *supernode, pl_id stream, pl_time now);
bool pl_supernode_writable(pl_supernode *supernode, pl_id stream);
bool pl_supernode_closed(pl_supernode *supernode, pl_id stream, pl_cause cause, pl_time now);
/* True if the UDP socket is one of its discovery sockets, or a relayed address. */
bool pl_supernode_owns_socket(const pl_supernode *supernode, pl_id socket);
int pl_supernode_stun(pl_supernode *supernode, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                      pl_time now);

/* True if a datagram on the main socket is for the relay. */
bool pl_supernode_is_for_relay(const pl_supernode *supernode, const uint8_t *data, size_t len);
int pl_supernode_relay_datagram(pl_supernode *supernode, pl_addr from, const uint8_t *data, size_t len, pl_time now);
/* An account at the relay for a client of this name.  PL_ERR_UNEXPECTED if it does not serve yet. */
int pl_supernode_account(const pl_supernode *supernode, const char *name, pl_turn_account *ret_account, pl_time now);
/* What the relay has done; zeros if it does not serve yet. */
void pl_supernode_relay_statistics(const pl_supernode *supernode, pl_turn_server_stats *ret_stats);

/* It has a credential. */
bool pl_supernode_is_serving(const pl_supernode *supernode);
size_t pl_supernode_clients(const pl_supernode *supernode); /* attached */
size_t pl_supernode_online(const pl_supernode *supernode);  /* users recorded as online */
size_t pl_supernode_members(const pl_supernode *supernode); /* other supernodes in its view */
size_t pl_supernode_index_entries(const pl_supernode *supernode);
/* Borrowed, until it is freed. */
const pl_tally *pl_supernode_tally(const pl_supernode *supernode);

#endif
