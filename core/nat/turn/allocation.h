/* allocation.h - one allocation of a relay (RFC 8656 §3.2): whose it is, where it is reached, and which peers may.
 *
 * Pure state and its aging: nothing is sent from here.  Permissions and channels have a fixed number of places,
 * and one that has lapsed is as good as free. */
#ifndef PL_NAT_TURN_ALLOCATION_H
#define PL_NAT_TURN_ALLOCATION_H

#include "core/nat/turn/turn_stream.h"

#define PL_TURN_ALLOCATION_LIFETIME (600 * PL_SECOND)      /* spec RFC 8656 §3.2: the default */
#define PL_TURN_ALLOCATION_LIFETIME_MAX (3600 * PL_SECOND) /* spec RFC 8656 §7.2: the most that is granted */
#define PL_TURN_PERMISSION_LIFETIME (300 * PL_SECOND)      /* spec RFC 8656 §9 */
#define PL_TURN_CHANNEL_LIFETIME (600 * PL_SECOND)         /* spec RFC 8656 §12 */
#define PL_TURN_PERMISSION_PLACES 16 /* chosen: two peers' candidates */
#define PL_TURN_CHANNEL_PLACES 8     /* chosen: the peers of a conference */

/* The account of one client, by the part of the user's name that stays the same when it is renewed.  It outlives
 * its last allocation until its bucket is full, so that nobody gains by coming back. */
typedef struct pl_turn_customer {
    int64_t tag;
    size_t n_allocations;
    pl_time full_at; /* the bucket of bytes is full from this instant on */
    pl_deadline deadline;
    struct pl_turn_server *server;
} pl_turn_customer;

typedef struct pl_turn_permission {
    uint32_t ip;
    pl_time until;
} pl_turn_permission;

typedef struct pl_turn_channel {
    uint16_t number; /* 0 = the place was never used */
    pl_addr peer;
    pl_time until;
} pl_turn_channel;

typedef struct pl_turn_allocation {
    int64_t key; /* of its 5-tuple */
    struct pl_turn_server *server;
    pl_turn_customer *customer;
    struct pl_turn_leg *stream; /* to the client, NULL over UDP */
    pl_addr client;
    pl_id socket;
    pl_addr relayed;
    uint8_t id[PL_STUN_ID_BYTES]; /* of the Allocate that made it: a retransmission is told by it */
    pl_time until;
    pl_deadline deadline;
    pl_turn_permission permissions[PL_TURN_PERMISSION_PLACES];
    pl_turn_channel channels[PL_TURN_CHANNEL_PLACES];
} pl_turn_allocation;

/* Is the peer's address permitted now?  Its port is not asked (RFC 8656 §9). */
bool pl_turn_allocation_permits(const pl_turn_allocation *allocation, uint32_t ip, pl_time now);
/* Permits these addresses for PL_TURN_PERMISSION_LIFETIME: all, or none and PL_ERR_LIMIT if there is no room. */
int pl_turn_allocation_permit(pl_turn_allocation *allocation, const pl_addr *peers, size_t n, pl_time now);
/* Binds, or binds again, and permits.  PL_ERR_IN_USE if the channel has another peer, or the peer another channel;
 * PL_ERR_LIMIT. */
int pl_turn_allocation_bind(pl_turn_allocation *allocation, uint16_t number, pl_addr peer, pl_time now);
/* The channel that is bound to a peer, or has a number; NULL if there is none now. */
const pl_turn_channel *pl_turn_allocation_channel_to(const pl_turn_allocation *allocation, pl_addr peer, pl_time now);
const pl_turn_channel *pl_turn_allocation_channel(const pl_turn_allocation *allocation, uint16_t number, pl_time now);

/* Takes bytes out of the customer's bucket, which holds one second's worth: false if there are not so many. */
bool pl_turn_customer_spend(pl_turn_customer *customer, size_t bytes, int64_t bytes_per_second, pl_time now);

/* May datagrams go from a relay at `own` to this address?  Never to multicast, broadcast and reserved ones; to private,
 * shared, link-local and loopback ones only if the relay is of the same kind, as in a laboratory. */
bool pl_turn_may_reach(uint32_t own, uint32_t ip);

#endif
