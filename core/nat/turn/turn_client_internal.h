/* turn_client_internal.h - the relay's client, shared by its two files: turn_client.c (life, the owner's wishes,
 * inputs), turn_errand.c (requests: sent, repeated, answered, and sent again before what they got lapses). */
#ifndef PL_NAT_TURN_CLIENT_INTERNAL_H
#define PL_NAT_TURN_CLIENT_INTERNAL_H

#include "core/crypto/suite.h"
#include "core/nat/turn/turn_client.h"
#include "core/nat/turn/turn_stream.h"

#define PL_TURN_ERRANDS (1 + PL_TURN_PERMISSIONS_MAX + PL_TURN_CHANNELS_MAX)
#define PL_TURN_REALM_MAX 64 /* chosen: ours has nine characters */
#define PL_TURN_NONCE_MAX 64 /* chosen: ours has sixteen */

typedef enum pl_turn_errand_kind {
    PL_TURN_ERRAND_NONE,
    PL_TURN_ERRAND_ALLOCATION, /* the first: Allocate, then Refresh */
    PL_TURN_ERRAND_PERMISSION,
    PL_TURN_ERRAND_CHANNEL
} pl_turn_errand_kind;

/* One thing that the client wants of the relay, and keeps wanting. */
typedef struct pl_turn_errand {
    pl_turn_client *client;
    pl_turn_errand_kind kind;
    pl_addr peer;
    uint16_t channel;
    uint8_t id[PL_STUN_ID_BYTES]; /* of the request under way */
    bool is_asking;               /* a request is under way */
    bool is_granted;              /* one was answered well */
    int64_t sent;                 /* how often the request was sent */
    unsigned stale;               /* how often in a row a new nonce was asked for */
    pl_deadline deadline;         /* the next transmission, the end of patience, or the next refresh */
} pl_turn_errand;

typedef enum pl_turn_client_state {
    PL_TURN_CLIENT_ASKING,   /* no allocation yet */
    PL_TURN_CLIENT_STANDING, /* an allocation */
    PL_TURN_CLIENT_ENDED     /* the owner was told, or has freed it */
} pl_turn_client_state;

struct pl_turn_client {
    pl_turn_client_options options;
    pl_turn_client_state state;
    pl_id socket;
    pl_turn_stream stream;
    pl_turn_errand errands[PL_TURN_ERRANDS]; /* allocation, permissions, channels */
    uint16_t next_channel;
    uint8_t key[16];
    bool has_key; /* realm and nonce are known */
    char realm[PL_TURN_REALM_MAX + 1];
    uint8_t nonce[PL_TURN_NONCE_MAX];
    size_t nonce_len;
    uint64_t dropped;
    bool is_in_input, is_freed;
};

/* turn_client.c */

/* Ends the client and tells the owner. */
void pl_turn_client_fail(pl_turn_client *client, const char *cause, pl_time now);

/* turn_errand.c */

void pl_turn_errand_start(pl_turn_errand *errand, pl_turn_errand_kind kind, pl_time now);
void pl_turn_errand_stop(pl_turn_errand *errand);
/* Refresh with lifetime 0, once. */
void pl_turn_errand_give_back(pl_turn_errand *errand, pl_time now);
/* An answer of the relay, to whichever request it is.  PL_ERR_UNEXPECTED if to none, PL_ERR_FORGED. */
int pl_turn_errand_answer(pl_turn_client *client, const pl_stun *stun, const uint8_t *message, pl_time now);

#endif
