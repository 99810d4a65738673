#include "core/nat/stun/transaction.h"

#include <string.h>

static void on_timer(void *machine, pl_time now);

static void transmit(pl_stun_transaction *transaction, pl_time now)
{
    transaction->tries++;
    pl_deadline_set(&transaction->context->deadlines, &transaction->timer, now + transaction->wait, on_timer,
                    transaction);
    transaction->wait *= 2;
    transaction->transmit(transaction->machine, transaction->tries, now);
}

static void on_timer(void *machine, pl_time now)
{
    pl_stun_transaction *transaction = machine;
    if (transaction->tries < transaction->context->config->discovery_tries) {
        transmit(transaction, now);
        return;
    }
    transaction->tries = 0;
    transaction->silent(transaction->machine, now);
}

void pl_stun_transaction_init(pl_stun_transaction *transaction, pl_context *context,
                              pl_stun_transmit_fn transmit_fn, pl_stun_silent_fn silent, void *machine)
{
    transaction->context = context;
    transaction->transmit = transmit_fn;
    transaction->silent = silent;
    transaction->machine = machine;
}

void pl_stun_transaction_start(pl_stun_transaction *transaction, pl_time now)
{
    transaction->tries = 0;
    transaction->wait = transaction->context->config->discovery_first_try;
    pl_context_random(transaction->context, transaction->id, sizeof transaction->id);
    transmit(transaction, now);
}

void pl_stun_transaction_stop(pl_stun_transaction *transaction)
{
    if (!transaction->context)
        return;
    transaction->tries = 0;
    pl_deadline_cancel(&transaction->context->deadlines, &transaction->timer);
}

bool pl_stun_transaction_is_open(const pl_stun_transaction *transaction)
{
    return transaction->tries > 0;
}

int pl_stun_transaction_check(const pl_stun_transaction *transaction, const pl_stun *stun)
{
    bool is_answer = stun->kind == PL_STUN_SUCCESS || stun->kind == PL_STUN_ERROR;
    if (!is_answer || stun->method != PL_STUN_BINDING || pl_stun_is_classic(stun))
        return PL_ERR_UNEXPECTED;
    if (!pl_stun_transaction_is_open(transaction) ||
        memcmp(stun->id, transaction->id, sizeof transaction->id) != 0)
        return PL_ERR_UNEXPECTED;
    if (stun->n_unknown > 0)
        return PL_ERR_MALFORMED;
    if (stun->kind == PL_STUN_ERROR)
        return pl_stun_has(stun, PL_STUN_ERROR_CODE) ? 0 : PL_ERR_MALFORMED;
    bool is_mapped = pl_stun_has(stun, PL_STUN_XOR_MAPPED) && stun->xor_mapped.ip && stun->xor_mapped.port;
    return is_mapped ? 0 : PL_ERR_MALFORMED;
}
