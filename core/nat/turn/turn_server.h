/* turn_server.h - a supernode's relay (RFC 8656): allocations for its own clients, over UDP and TCP.
 *
 * It also answers plain Binding requests over both, so that a client learns the reflexive address of its
 * own listening port.  A relay forwards for nobody but whom its supernode gave an account (RELAY_GRANT), only to and
 * from addresses that the client permitted, never to private or multicast addresses or to itself's own ports, and
 * within the client's quotas.  What a stranger gets is at most one answer a request, at most 128 bytes, never longer
 * than the request was (short requests are answered by the short errors), and limited by source.
 *
 * The password of a user is HMAC(secret, user): nothing is kept for an account that is not used. */
#ifndef PL_NAT_TURN_SERVER_H
#define PL_NAT_TURN_SERVER_H

#include "core/context.h"
#include "core/nat/turn/turn_client.h"

/* spec RFC 8489 §5, RFC 8656 §17: every request of a client begins with it; answers and secure channels do not. */
#define PL_TURN_FIRST_BYTE 0x00

typedef struct pl_turn_server pl_turn_server;

typedef struct pl_turn_server_options {
    pl_context *context;
    pl_addr own_address; /* public; relayed addresses have its ip */
    pl_id socket;        /* the main UDP socket, on which it is asked; 0 = none */
} pl_turn_server_options;

pl_turn_server *pl_turn_server_new(const pl_turn_server_options *options);
void pl_turn_server_free(pl_turn_server *server);

/* An account for this client, valid for turn.account_lifetime from now on. */
void pl_turn_server_account(const pl_turn_server *server, const char *name, pl_turn_account *ret_account, pl_time now);

/* True if the datagram on the main socket is for us: STUN, or ChannelData (first byte 0x00..0x03, 0x40..0x4F). */
bool pl_turn_server_wants(const uint8_t *data, size_t len);
int pl_turn_server_datagram(pl_turn_server *server, pl_addr from, const uint8_t *data, size_t len, pl_time now);
/* A datagram on a relayed socket; owns tells which sockets these are. */
bool pl_turn_server_owns(const pl_turn_server *server, pl_id socket);
void pl_turn_server_relayed(pl_turn_server *server, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                            pl_time now);

/* A stream whose first byte is PL_TURN_FIRST_BYTE: from here on its inputs are ours, that byte included. */
void pl_turn_server_adopt(pl_turn_server *server, pl_id stream, pl_addr from, pl_time now);
/* Streams that are ours. */
size_t pl_turn_server_streams(const pl_turn_server *server);
bool pl_turn_server_owns_stream(const pl_turn_server *server, pl_id stream);
void pl_turn_server_stream_data(pl_turn_server *server, pl_id stream, const uint8_t *data, size_t len, pl_time now);
void pl_turn_server_writable(pl_turn_server *server, pl_id stream);
/* The client will say no more: the stream is closed, and its allocation is given back. */
void pl_turn_server_fin(pl_turn_server *server, pl_id stream, pl_time now);
/* The world closed it. */
void pl_turn_server_closed(pl_turn_server *server, pl_id stream, pl_time now);

typedef struct pl_turn_server_stats {
    uint64_t allocations;       /* that stand */
    uint64_t relayed_datagrams; /* forwarded so far, both ways */
    uint64_t relayed_bytes;
    uint64_t dropped_quota, dropped_permission, dropped_full;
} pl_turn_server_stats;
void pl_turn_server_statistics(const pl_turn_server *server, pl_turn_server_stats *ret_stats);

#endif
