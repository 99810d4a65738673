/* turn_server_internal.h - the relay's state, shared by its files only: turn_server.c (life, routing of inputs),
 * turn_forward.c (words between clients and peers), turn_request.c (what clients ask), turn_account.c (who they are). */
#ifndef PL_NAT_TURN_SERVER_INTERNAL_H
#define PL_NAT_TURN_SERVER_INTERNAL_H

#include <glib.h>

#include "core/crypto/suite.h"
#include "core/nat/rate_limit.h"
#include "core/nat/turn/allocation.h"
#include "core/nat/turn/turn_server.h"

#define PL_TURN_KEY_BYTES 16 /* spec RFC 8489 §9.2.2: MD5 */

/* A stream of a client, or of a stranger who may become one. */
typedef struct pl_turn_leg {
    struct pl_turn_server *server;
    pl_turn_stream stream;
    pl_addr from;
    pl_turn_allocation *allocation;
    pl_deadline deadline; /* while there is no allocation */
    bool is_choked;       /* its client asks and does not take the answers */
} pl_turn_leg;

struct pl_turn_server {
    pl_turn_server_options options;
    uint8_t secret[PL_KEY_BYTES];
    pl_rate_limit limit;
    GHashTable *allocations; /* by key of the 5-tuple; looked up, never walked, as all of these */
    GHashTable *by_socket;   /* relayed socket → allocation */
    GHashTable *by_port;     /* relayed port → allocation */
    GHashTable *customers;   /* by tag */
    GHashTable *legs;        /* by stream */
    bool is_ending;          /* what is freed now takes its stream with it */
    uint64_t indications;    /* sent so far: their transaction ids */
    pl_turn_server_stats stats;
};

/* One message being served: from whom, by which leg. */
typedef struct pl_turn_exchange {
    pl_turn_server *server;
    pl_turn_leg *leg; /* NULL: a datagram */
    pl_addr from;
    pl_stun stun;
    const uint8_t *data;
    size_t len;
    bool is_proved;   /* the integrity verified under `key` */
    int64_t tag;      /* then: whose it is */
    uint8_t key[PL_TURN_KEY_BYTES];
    pl_time now;
} pl_turn_exchange;

/* turn_server.c */

pl_turn_allocation *pl_turn_server_find(const pl_turn_server *server, const pl_turn_leg *leg, pl_addr from);
/* A new allocation of the exchange's client.  PL_ERR_LIMIT: quota of the client; PL_ERR_IN_USE: no room, or no socket. */
int pl_turn_server_allocate(const pl_turn_exchange *asked, pl_turn_allocation **ret_allocation);
void pl_turn_server_extend(pl_turn_allocation *allocation, pl_span lifetime, pl_time now);
/* Ends an allocation; the leg stays. */
void pl_turn_server_end(pl_turn_allocation *allocation, const char *cause, pl_time now);
/* The allocation that has this relayed address, NULL if none. */
pl_turn_allocation *pl_turn_server_at(const pl_turn_server *server, pl_addr relayed);
/* Sends an answer back by the way of the exchange. */
void pl_turn_server_reply(const pl_turn_exchange *asked, const pl_writer *answer);

/* turn_forward.c */

/* Sends the client's words to a peer, out of the relayed address. */
void pl_turn_server_forward(pl_turn_allocation *allocation, pl_addr peer, const uint8_t *data, size_t len,
                            pl_time now);

/* turn_request.c */

/* Serves one STUN message of a client or stranger.  Negative if it was refused without an answer, or was forged. */
int pl_turn_request(pl_turn_exchange *asked);

/* turn_account.c */

/* Finds out whose the request is: 0 and is_proved, or the error to answer (400, 401, 438). */
uint16_t pl_turn_account_check(pl_turn_exchange *asked);
/* REALM and NONCE of an error that asks for them. */
void pl_turn_account_add_challenge(const pl_turn_exchange *asked, pl_writer *answer);

#endif
