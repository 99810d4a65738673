#include "core/nat/discovery/lifetime.h"

#include <glib.h>
#include <string.h>

#include "core/nat/discovery/discovery.h"
#include "core/nat/stun/transaction.h"

#define NONCE_MAX 40 /* chosen: as in discovery; a longer one counts as none */

struct pl_lifetime {
    pl_context *context;
    pl_addr server;
    pl_lifetime_done_fn done;
    void *owner;
    pl_id kept, asking;          /* sockets X and Y */
    pl_addr mapped;              /* of X, in this round */
    uint8_t nonce[NONCE_MAX];    /* Y proves by it that it hears the server */
    size_t nonce_len;
    pl_stun_transaction opening; /* from X: makes the binding */
    pl_stun_transaction probing; /* from Y, answered at X */
    pl_deadline silence;
    pl_span tried;       /* of this round */
    pl_span lived, died; /* the longest span survived, the shortest not survived (0 = none yet) */
    uint32_t sent;       /* requests */
};

static void send_request(pl_lifetime *lifetime, pl_id socket, const pl_stun_transaction *request,
                         uint16_t response_port)
{
    const pl_port *port = &lifetime->context->port;
    uint8_t bytes[PL_STUN_FULL_BYTES + NONCE_MAX];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, request->id);
    if (response_port)
        pl_stun_add_u32(&writer, PL_STUN_RESPONSE_PORT, (uint32_t)response_port << 16);
    if (response_port && lifetime->nonce_len)
        pl_stun_add(&writer, PL_STUN_NONCE, lifetime->nonce, lifetime->nonce_len);
    pl_stun_add_padding(&writer);
    g_assert(!writer.failed);
    (void)port->ops->udp_send(port->ctx, socket, lifetime->server, 0, bytes, writer.len);
    lifetime->sent++;
}

static void transmit_opening(void *machine, int64_t nth, pl_time now)
{
    (void)nth, (void)now;
    pl_lifetime *lifetime = machine;
    send_request(lifetime, lifetime->kept, &lifetime->opening, 0);
}

static void transmit_probe(void *machine, int64_t nth, pl_time now)
{
    (void)nth, (void)now;
    pl_lifetime *lifetime = machine;
    send_request(lifetime, lifetime->asking, &lifetime->probing, lifetime->mapped.port);
}

/* Tells the owner, who may free us: nothing may follow. */
static void finish(pl_lifetime *lifetime, pl_span lived, pl_time now)
{
    pl_stun_transaction_stop(&lifetime->opening);
    pl_stun_transaction_stop(&lifetime->probing);
    pl_deadline_cancel(&lifetime->context->deadlines, &lifetime->silence);
    lifetime->done(lifetime->owner, lived, now);
}

static void start_round(pl_lifetime *lifetime, pl_span span, pl_time now)
{
    lifetime->tried = span;
    pl_stun_transaction_start(&lifetime->opening, now);
}

/* Doubles until a binding died, then halves the gap. */
static void next_round(pl_lifetime *lifetime, pl_time now)
{
    const pl_config *config = lifetime->context->config;
    if (!lifetime->died && lifetime->lived >= config->nat_lifetime_max)
        finish(lifetime, lifetime->lived, now);
    else if (!lifetime->died)
        start_round(lifetime, MIN(2 * lifetime->lived, config->nat_lifetime_max), now);
    else if (lifetime->died - lifetime->lived <= config->nat_lifetime_step)
        finish(lifetime, lifetime->lived, now);
    else
        start_round(lifetime, (lifetime->lived + lifetime->died) / 2, now);
}

/* The server does not answer: what was seen so far is what can be told. */
static void on_opening_silent(void *machine, pl_time now)
{
    pl_lifetime *lifetime = machine;
    finish(lifetime, lifetime->lived, now);
}

static void on_probe_silent(void *machine, pl_time now)
{
    pl_lifetime *lifetime = machine;
    lifetime->died = lifetime->tried;
    next_round(lifetime, now);
}

static void on_silence_over(void *machine, pl_time now)
{
    pl_lifetime *lifetime = machine;
    lifetime->nonce_len = 0; /* one of an earlier round has lapsed */
    pl_stun_transaction_start(&lifetime->probing, now);
}

static int take_at_kept(pl_lifetime *lifetime, const pl_stun *stun, pl_time now)
{
    if (pl_stun_transaction_check(&lifetime->opening, stun) == 0) {
        pl_stun_transaction_stop(&lifetime->opening);
        if (stun->kind != PL_STUN_SUCCESS) {
            finish(lifetime, lifetime->lived, now);
            return 0;
        }
        lifetime->mapped = stun->xor_mapped;
        pl_deadline_set(&lifetime->context->deadlines, &lifetime->silence, now + lifetime->tried,
                        on_silence_over, lifetime);
        return 0;
    }
    int error = pl_stun_transaction_check(&lifetime->probing, stun);
    if (error)
        return error;
    pl_stun_transaction_stop(&lifetime->probing);
    lifetime->lived = lifetime->tried;
    next_round(lifetime, now);
    return 0;
}

/* What comes back to the asking socket is a refusal: at first for want of a nonce, else because the server does not
 * know RESPONSE-PORT. */
static int take_at_asking(pl_lifetime *lifetime, const pl_stun *stun, pl_time now)
{
    int error = pl_stun_transaction_check(&lifetime->probing, stun);
    if (error)
        return error;
    bool has_nonce = pl_stun_has(stun, PL_STUN_NONCE) && stun->nonce.len <= NONCE_MAX;
    bool wants_nonce = stun->kind == PL_STUN_ERROR && stun->error == PL_STUN_ERROR_STALE_NONCE;
    if (!wants_nonce || !has_nonce || lifetime->nonce_len) {
        finish(lifetime, 0, now);
        return 0;
    }
    lifetime->nonce_len = stun->nonce.len;
    memcpy(lifetime->nonce, stun->nonce.data, stun->nonce.len);
    pl_stun_transaction_start(&lifetime->probing, now);
    return 0;
}

int pl_lifetime_input(pl_lifetime *lifetime, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                      pl_time now)
{
    pl_stun stun;
    int error = pl_stun_read(&stun, data, len);
    if (error)
        return error;
    if (!pl_addr_equal(from, lifetime->server))
        return PL_ERR_UNEXPECTED;
    return socket == lifetime->kept ? take_at_kept(lifetime, &stun, now)
                                    : take_at_asking(lifetime, &stun, now);
}

uint32_t pl_lifetime_sent(const pl_lifetime *lifetime)
{
    return lifetime->sent;
}

bool pl_lifetime_owns(const pl_lifetime *lifetime, pl_id socket)
{
    return socket != 0 && (socket == lifetime->kept || socket == lifetime->asking);
}

pl_lifetime *pl_lifetime_new(pl_context *context, uint32_t server_ip, pl_lifetime_done_fn done, void *owner,
                             pl_time now)
{
    const pl_port *port = &context->port;
    pl_lifetime *lifetime = g_new0(pl_lifetime, 1);
    lifetime->context = context;
    lifetime->server = (pl_addr){server_ip, PL_STUN_PORT_1};
    lifetime->done = done;
    lifetime->owner = owner;
    pl_stun_transaction_init(&lifetime->opening, context, transmit_opening, on_opening_silent, lifetime);
    pl_stun_transaction_init(&lifetime->probing, context, transmit_probe, on_probe_silent, lifetime);
    if (port->ops->udp_bind(port->ctx, 0, &lifetime->kept) != 0 ||
        port->ops->udp_bind(port->ctx, 0, &lifetime->asking) != 0) {
        pl_lifetime_free(lifetime);
        return NULL;
    }
    start_round(lifetime, context->config->nat_lifetime_first, now);
    return lifetime;
}

void pl_lifetime_free(pl_lifetime *lifetime)
{
    if (!lifetime)
        return;
    const pl_port *port = &lifetime->context->port;
    pl_stun_transaction_stop(&lifetime->opening);
    pl_stun_transaction_stop(&lifetime->probing);
    pl_deadline_cancel(&lifetime->context->deadlines, &lifetime->silence);
    if (lifetime->kept)
        port->ops->close(port->ctx, lifetime->kept);
    if (lifetime->asking)
        port->ops->close(port->ctx, lifetime->asking);
    g_free(lifetime);
}
