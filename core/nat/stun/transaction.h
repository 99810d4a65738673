/* transaction.h - one STUN request, repeated until it is answered or given up (RFC 8489 §6.2.1).
 *
 * The machine that embeds one says what is sent; the transaction draws the id, counts the tries, doubles the
 * wait, and knows its answer by the 96-bit id that a stranger cannot guess. */
#ifndef PL_NAT_STUN_TRANSACTION_H
#define PL_NAT_STUN_TRANSACTION_H

#include "core/context.h"
#include "core/nat/stun/stun.h"

typedef struct pl_stun_transaction pl_stun_transaction;

/* Sends the request once more, with transaction->id.  `nth` counts from 1. */
typedef void (*pl_stun_transmit_fn)(void *machine, int64_t nth, pl_time now);
/* All tries were silent.  The machine may start the transaction anew inside. */
typedef void (*pl_stun_silent_fn)(void *machine, pl_time now);

struct pl_stun_transaction {
    pl_context *context;
    void *machine;
    pl_stun_transmit_fn transmit;
    pl_stun_silent_fn silent;
    uint8_t id[PL_STUN_ID_BYTES];
    int64_t tries;
    pl_span wait; /* after the next transmission */
    pl_deadline timer;
};

/* Once, in a zeroed struct; no request is under way. */
void pl_stun_transaction_init(pl_stun_transaction *transaction, pl_context *context, pl_stun_transmit_fn transmit,
                              pl_stun_silent_fn silent, void *machine);
/* A new request with a new id: transmits at once, then after discovery.first_try, doubling, discovery.tries times in
 * all; after the last wait it is silent. */
void pl_stun_transaction_start(pl_stun_transaction *transaction, pl_time now);
/* It was answered, or is not wanted any more. */
void pl_stun_transaction_stop(pl_stun_transaction *transaction);
bool pl_stun_transaction_is_open(const pl_stun_transaction *transaction);
/* Whether a message is the answer to the request under way: 0, PL_ERR_UNEXPECTED, or PL_ERR_MALFORMED for an answer that
 * lacks what a Binding answer must have (a mapped address; or an error code). */
int pl_stun_transaction_check(const pl_stun_transaction *transaction, const pl_stun *stun);

#endif
