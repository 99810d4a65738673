/* The requests of a relay's client: each is sent, repeated, answered, and asked again before what it got
 * lapses. */
#include <glib.h>
#include <string.h>

#include "core/nat/turn/turn_client_internal.h"

#define REFRESH_BEFORE      (60 * PL_SECOND)  /* spec RFC 8656 §8.1: a minute before the allocation lapses */
#define PERMISSION_REFRESH  (240 * PL_SECOND) /* chosen: a minute before RFC 8656 §9's five have passed */
#define PATIENCE_AFTER_LAST 16                /* spec RFC 8489 §6.2.1: Rm, in first intervals */
#define STALE_MAX           3                 /* chosen: a relay that finds every nonce stale is not ours */

static void on_due(void *machine, pl_time now);

static uint16_t method_of(const pl_turn_errand *errand)
{
    switch (errand->kind) {
    case PL_TURN_ERRAND_NONE:
        break;
    case PL_TURN_ERRAND_ALLOCATION:
        return errand->is_granted ? PL_STUN_REFRESH : PL_STUN_ALLOCATE;
    case PL_TURN_ERRAND_PERMISSION:
        return PL_STUN_CREATE_PERMISSION;
    case PL_TURN_ERRAND_CHANNEL:
        return PL_STUN_CHANNEL_BIND;
    }
    g_assert_not_reached();
}

static void add_body(const pl_turn_errand *errand, pl_writer *writer)
{
    if (errand->kind == PL_TURN_ERRAND_ALLOCATION && !errand->is_granted)
        pl_stun_add_u32(writer, PL_STUN_REQUESTED_TRANSPORT, (uint32_t)PL_STUN_PROTOCOL_UDP << 24);
    if (errand->kind == PL_TURN_ERRAND_CHANNEL)
        pl_stun_add_u32(writer, PL_STUN_CHANNEL_NUMBER, (uint32_t)errand->channel << 16);
    if (errand->kind != PL_TURN_ERRAND_ALLOCATION)
        pl_stun_add_addr(writer, PL_STUN_XOR_PEER, errand->peer);
}

static void add_proof(const pl_turn_client *client, pl_writer *writer)
{
    const char *user = client->options.account.user;
    pl_stun_add(writer, PL_STUN_USERNAME, user, strlen(user));
    pl_stun_add(writer, PL_STUN_REALM, client->realm, strlen(client->realm));
    pl_stun_add(writer, PL_STUN_NONCE, client->nonce, client->nonce_len);
    pl_stun_add_integrity(writer, client->key, sizeof client->key);
}

/* A request without proof is padded to the size of its answer, as every stranger's must be. */
static void pad(pl_writer *writer)
{
    static const uint8_t filler[PL_TURN_CHALLENGE_BYTES];
    pl_stun_add(writer, PL_STUN_SOFTWARE, filler, PL_TURN_CHALLENGE_BYTES - 4 - writer->len);
}

static void send(const pl_turn_client *client, pl_turn_stream *stream, const pl_writer *writer)
{
    const pl_port *port = &client->options.context->port;
    g_assert(!writer->failed);
    if (client->socket)
        port->ops->udp_send(port->ctx, client->socket, client->options.server, 0, writer->data, writer->len);
    else
        (void)pl_turn_stream_write(stream, writer->data, writer->len); /* if it does not fit, patience ends */
}

static void send_request(pl_turn_errand *errand)
{
    pl_turn_client *client = errand->client;
    uint8_t bytes[512];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin_method(&writer, method_of(errand), PL_STUN_REQUEST, errand->id);
    add_body(errand, &writer);
    if (client->has_key)
        add_proof(client, &writer);
    else
        pad(&writer);
    send(client, &client->stream, &writer);
}

void pl_turn_errand_give_back(pl_turn_errand *errand, pl_time now)
{
    (void)now;
    pl_turn_client *client = errand->client;
    uint8_t bytes[512], id[PL_STUN_ID_BYTES];
    pl_writer writer;
    pl_context_random(client->options.context, id, sizeof id);
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin_method(&writer, PL_STUN_REFRESH, PL_STUN_REQUEST, id);
    pl_stun_add_u32(&writer, PL_STUN_LIFETIME, 0);
    add_proof(client, &writer);
    send(client, &client->stream, &writer);
}

static void wait_until(pl_turn_errand *errand, pl_time at)
{
    pl_deadline_set(&errand->client->options.context->deadlines, &errand->deadline, at, on_due, errand);
}

/* After each transmission the interval doubles; after the last it is Rm first intervals at most. */
static pl_span interval_after(const pl_turn_errand *errand)
{
    const pl_config *config = errand->client->options.context->config;
    int64_t times = (int64_t)1 << (errand->sent - 1);
    if (errand->sent == config->turn_tries)
        times = MIN(times, PATIENCE_AFTER_LAST);
    return times * config->discovery_first_try;
}

static void transmit(pl_turn_errand *errand, pl_time now)
{
    const pl_config *config = errand->client->options.context->config;
    errand->sent++;
    send_request(errand);
    wait_until(errand, now + (errand->client->socket ? interval_after(errand) : config->turn_answer_timeout));
}

/* A request of its own, under a new id. */
static void ask(pl_turn_errand *errand, pl_time now)
{
    pl_context_random(errand->client->options.context, errand->id, sizeof errand->id);
    errand->is_asking = true;
    errand->sent = 0;
    transmit(errand, now);
}

void pl_turn_errand_start(pl_turn_errand *errand, pl_turn_errand_kind kind, pl_time now)
{
    errand->kind = kind;
    errand->stale = 0;
    ask(errand, now);
}

void pl_turn_errand_stop(pl_turn_errand *errand)
{
    pl_deadline_cancel(&errand->client->options.context->deadlines, &errand->deadline);
    errand->is_asking = false;
}

static void on_due(void *machine, pl_time now)
{
    pl_turn_errand *errand = machine;
    pl_turn_client *client = errand->client;
    int64_t tries = client->socket ? client->options.context->config->turn_tries : 1;
    errand->stale = errand->is_asking ? errand->stale : 0;
    if (!errand->is_asking)
        ask(errand, now);
    else if (errand->sent < tries)
        transmit(errand, now);
    else
        pl_turn_client_fail(client, "timeout", now);
}

/* --- answers --- */

static bool keep_challenge(pl_turn_client *client, const pl_stun *stun)
{
    const pl_turn_account *account = &client->options.account;
    bool has_realm = pl_stun_has(stun, PL_STUN_REALM);
    if (!pl_stun_has(stun, PL_STUN_NONCE) || stun->nonce.len > PL_TURN_NONCE_MAX ||
        (has_realm && stun->realm.len > PL_TURN_REALM_MAX) || (!has_realm && !client->has_key))
        return false;
    client->nonce_len = stun->nonce.len;
    memcpy(client->nonce, stun->nonce.data, stun->nonce.len);
    if (!client->has_key) {
        memcpy(client->realm, stun->realm.data, stun->realm.len);
        client->realm[stun->realm.len] = 0;
        pl_stun_long_term_key(client->key, account->user, client->realm, account->password);
    }
    client->has_key = true;
    return true;
}

static const char *cause_of(uint16_t error)
{
    switch (error) {
    case PL_STUN_ERROR_UNAUTHENTICATED:
    case PL_STUN_ERROR_STALE_NONCE:
    case PL_STUN_ERROR_WRONG_CREDENTIALS:
        return "unauthorized";
    case PL_STUN_ERROR_MISMATCH:
        return "mismatch";
    case PL_STUN_ERROR_QUOTA:
        return "quota";
    case PL_STUN_ERROR_CAPACITY:
        return "full";
    default:
        return "rejected";
    }
}

/* The relay does not give it: without an allocation all is over; a peer that is not permitted is merely not
 * reached. */
static void give_up(pl_turn_errand *errand, uint16_t error, pl_time now)
{
    bool is_fatal = errand->kind == PL_TURN_ERRAND_ALLOCATION || error == PL_STUN_ERROR_MISMATCH ||
                    error == PL_STUN_ERROR_UNAUTHENTICATED || error == PL_STUN_ERROR_WRONG_CREDENTIALS ||
                    error == PL_STUN_ERROR_STALE_NONCE;
    errand->is_granted = false;
    pl_turn_errand_stop(errand);
    if (is_fatal)
        pl_turn_client_fail(errand->client, cause_of(error), now);
}

static void on_error(pl_turn_errand *errand, const pl_stun *stun, pl_time now)
{
    pl_turn_client *client = errand->client;
    bool is_stale = stun->error == PL_STUN_ERROR_STALE_NONCE && client->has_key;
    bool is_first = stun->error == PL_STUN_ERROR_UNAUTHENTICATED && !client->has_key;
    if ((is_stale || is_first) && errand->stale < STALE_MAX && keep_challenge(client, stun)) {
        errand->stale++;
        ask(errand, now);
        return;
    }
    give_up(errand, stun->error, now);
}

static void start_wishes(pl_turn_client *client, pl_time now)
{
    for (size_t i = 1; i < PL_TURN_ERRANDS; i++) {
        if (client->errands[i].kind != PL_TURN_ERRAND_NONE)
            pl_turn_errand_start(&client->errands[i], client->errands[i].kind, now);
    }
}

static void on_allocated(pl_turn_errand *errand, const pl_stun *stun, pl_time now)
{
    pl_turn_client *client = errand->client;
    bool is_new = client->state == PL_TURN_CLIENT_ASKING;
    pl_span lifetime = (pl_span)stun->lifetime * PL_SECOND;
    wait_until(errand, now + MAX(lifetime - REFRESH_BEFORE, lifetime / 2));
    if (!is_new)
        return;
    client->state = PL_TURN_CLIENT_STANDING;
    start_wishes(client, now);
    client->options.handler->allocated(client->options.owner, stun->relayed, stun->xor_mapped, now);
}

/* What a success must say. */
static bool is_whole(const pl_turn_errand *errand, const pl_stun *stun)
{
    if (stun->n_unknown > 0)
        return false;
    if (errand->kind != PL_TURN_ERRAND_ALLOCATION)
        return true;
    bool has_addresses = errand->is_granted ||
                         (pl_stun_has(stun, PL_STUN_XOR_RELAYED) && pl_stun_has(stun, PL_STUN_XOR_MAPPED));
    return has_addresses && pl_stun_has(stun, PL_STUN_LIFETIME) && stun->lifetime > 0;
}

static void on_success(pl_turn_errand *errand, const pl_stun *stun, pl_time now)
{
    if (!is_whole(errand, stun)) {
        give_up(errand, 0, now);
        return;
    }
    errand->is_asking = false;
    errand->is_granted = true;
    errand->stale = 0;
    if (errand->kind == PL_TURN_ERRAND_ALLOCATION)
        on_allocated(errand, stun, now);
    else /* a channel's permission lapses sooner than the channel: both are refreshed by one request */
        wait_until(errand, now + PERMISSION_REFRESH);
}

/* Errors by which the relay says that it does not know us are not signed. */
static bool may_be_unsigned(const pl_stun *stun)
{
    return stun->kind == PL_STUN_ERROR &&
           (stun->error == PL_STUN_ERROR_UNAUTHENTICATED || stun->error == PL_STUN_ERROR_STALE_NONCE ||
            stun->error == PL_STUN_ERROR_BAD_REQUEST || stun->error == PL_STUN_ERROR_UNKNOWN_ATTRIBUTE);
}

int pl_turn_errand_answer(pl_turn_client *client, const pl_stun *stun, const uint8_t *message, pl_time now)
{
    pl_turn_errand *errand = NULL;
    for (size_t i = 0; i < PL_TURN_ERRANDS && !errand; i++) {
        pl_turn_errand *one = &client->errands[i];
        if (one->is_asking && method_of(one) == stun->method &&
            memcmp(one->id, stun->id, sizeof one->id) == 0)
            errand = one;
    }
    if (!errand || (stun->kind == PL_STUN_ERROR && !pl_stun_has(stun, PL_STUN_ERROR_CODE)))
        return PL_ERR_UNEXPECTED;
    bool is_signed = client->has_key && pl_stun_verify(stun, message, client->key, sizeof client->key);
    if (!is_signed && !may_be_unsigned(stun))
        return PL_ERR_FORGED;
    if (stun->kind == PL_STUN_ERROR)
        on_error(errand, stun, now);
    else
        on_success(errand, stun, now);
    return 0;
}
