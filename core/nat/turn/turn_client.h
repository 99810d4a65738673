/* turn_client.h - one allocation at a relay (RFC 8656), over a UDP socket of its own or over a stream.
 *
 * The owner asks for an allocation with the account that its supernode gave it (RELAY_GRANT), installs
 * permissions for the addresses it expects, and then sends and receives datagrams as if the relayed address
 * were its own.  Everything is refreshed by itself: allocation, permissions, channels.  Over a stream the
 * messages stand one after the other, as RFC 8656 §2.1 has it; a datagram that does not fit into the stream's
 * window at once is dropped and counted, because voice that waits is worth nothing. */
#ifndef PL_NAT_TURN_CLIENT_H
#define PL_NAT_TURN_CLIENT_H

#include "core/context.h"

#define PL_TURN_USER_MAX 32      /* chosen: our relays give names of 24 characters */
#define PL_TURN_PASSWORD_MAX 32  /* chosen: and passwords of 32 */
#define PL_TURN_PERMISSIONS_MAX 8 /* chosen: addresses of one peer's candidates */
#define PL_TURN_CHANNELS_MAX 4    /* chosen: the peer may be found at a few of its addresses */

typedef struct pl_turn_account {
    char user[PL_TURN_USER_MAX + 1];
    char password[PL_TURN_PASSWORD_MAX + 1];
} pl_turn_account;

typedef enum pl_turn_transport { PL_TURN_UDP, PL_TURN_TCP } pl_turn_transport;

typedef struct pl_turn_client pl_turn_client;

/* What the owner hears, from pl_turn_client_* inputs and deadlines only, never from inside new, permit or send.
 * The owner may free the client in any of them. */
typedef struct pl_turn_client_handler {
    /* The allocation stands: its relayed address, and our own as the relay sees it. */
    void (*allocated)(void *owner, pl_addr relayed, pl_addr mapped, pl_time now);
    /* No allocation, or it was lost: a static name of the cause: "timeout", "unauthorized" (the account), "quota" (of
     * the client), "full" (the relay is), "mismatch" (the relay knows no such allocation any more), "rejected" (any
     * other error of its), "closed" (the stream, after it opened), or a pl_cause_name if it never opened.  Nothing is
     * heard after it. */
    void (*failed)(void *owner, const char *cause, pl_time now);
    /* A datagram that reached the relayed address from a permitted peer. */
    void (*data)(void *owner, pl_addr from, const uint8_t *data, size_t len, pl_time now);
} pl_turn_client_handler;

typedef struct pl_turn_client_options {
    pl_context *context;
    pl_turn_transport transport;
    pl_addr server;       /* of the relay: UDP and TCP port, or a web port over TCP */
    pl_turn_account account;
    const pl_turn_client_handler *handler; /* static */
    void *owner;
} pl_turn_client_options;

/* Starts at once: binds a fresh socket, or opens a stream.  NULL if no socket can be had. */
pl_turn_client *pl_turn_client_new(const pl_turn_client_options *options, pl_time now);
/* Gives the allocation back (Refresh with lifetime 0, sent once) if it stands; closes what is open. */
void pl_turn_client_free(pl_turn_client *client, pl_time now);
/* Lets datagrams from this address (any port, RFC 8656 §9) through.  PL_ERR_LIMIT beyond the most, else 0.
 * Before the allocation stands the wish is kept.  An address that the relay will not reach (a private one) is
 * given up without a word; it holds up no other. */
int pl_turn_client_permit(pl_turn_client *client, uint32_t ip, pl_time now);
/* Binds a channel to the peer that most will be sent to, and permits it; 4 bytes of overhead instead of 36.  Before
 * the allocation stands the wish is kept.  PL_ERR_LIMIT beyond the most. */
int pl_turn_client_bind(pl_turn_client *client, pl_addr peer, pl_time now);
/* Sends a datagram from the relayed address.  PL_ERR_UNEXPECTED before it stands, PL_ERR_OVERSIZED over 1244 bytes,
 * PL_ERR_AGAIN if the stream is full (the datagram is gone, and counted). */
int pl_turn_client_send(pl_turn_client *client, pl_addr peer, const uint8_t *data, size_t len);

/* Datagrams that were lost to a full stream. */
uint64_t pl_turn_client_dropped(const pl_turn_client *client);

bool pl_turn_client_owns_socket(const pl_turn_client *client, pl_id socket);
bool pl_turn_client_owns_stream(const pl_turn_client *client, pl_id stream);
/* Inputs of its socket or stream. */
int pl_turn_client_datagram(pl_turn_client *client, pl_addr from, const uint8_t *data, size_t len, pl_time now);
void pl_turn_client_opened(pl_turn_client *client, pl_time now);
void pl_turn_client_stream_data(pl_turn_client *client, const uint8_t *data, size_t len, pl_time now);
void pl_turn_client_writable(pl_turn_client *client, pl_time now);
/* The relay will say no more: the stream is closed. */
void pl_turn_client_fin(pl_turn_client *client, pl_time now);
void pl_turn_client_closed(pl_turn_client *client, pl_cause cause, pl_time now);

#endif
