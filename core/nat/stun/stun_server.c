#include "core/nat/stun/stun_server.h"

#include <glib.h>

#include "core/crypto/suite.h"
#include "core/event.h"
#include "core/nat/discovery/discovery.h"
#include "core/nat/rate_limit.h"
#include "core/nat/stun/stun.h"

#define ANSWER_BYTES_MAX      128 /* chosen: the longest answer is 76 bytes; room for an attribute or two */
#define NONCE_BYTES           16  /* chosen: 64 bits in hexadecimal: RFC 8489 §14.10 wants text */
#define NONCE_ATTRIBUTE_BYTES (4 + NONCE_BYTES)
G_STATIC_ASSERT(PL_STUN_HEADER_BYTES + 3 * 12 + NONCE_ATTRIBUTE_BYTES == PL_STUN_FULL_BYTES);
#define NONCE_EPOCH                                                                                          \
    (60 * PL_SECOND) /* chosen: a nonce lives one to two minutes, a discovery 14 s at most                   \
                      */

struct pl_stun_server {
    pl_context *context;
    uint32_t own_ip, partner_ip;
    pl_stun_change_fn change;
    void *owner;
    pl_id sockets[2]; /* P1, P2; 0 if it could not be bound */
    uint8_t secret[PL_KEY_BYTES];
    pl_rate_limit limit;
};

/* One request being answered. */
typedef struct exchange {
    pl_stun stun;
    size_t len;      /* of the request: an answer is not made longer for the sake of a nonce */
    size_t asked_at; /* index of the socket */
    pl_addr from;
    pl_time now;
} exchange;

static const uint16_t ports[2] = {PL_STUN_PORT_1, PL_STUN_PORT_2};

/* Two ports whose numbers are asked for by everybody: why one is missing is worth a line in the record. */
static pl_id bind_port(const pl_context *context, uint16_t port)
{
    pl_id socket = 0;
    int error = context->port.ops->udp_bind(context->port.ctx, port, &socket);
    if (error == 0)
        return socket;
    pl_trace(&context->port, PL_EVENT_PORT_UNAVAILABLE, pl_text("udp"), pl_number(port),
             pl_text(pl_error_name(error)));
    return 0;
}

pl_stun_server *pl_stun_server_new(const pl_stun_server_options *options)
{
    pl_stun_server *server = g_new0(pl_stun_server, 1);
    server->context = options->context;
    server->own_ip = options->own_ip;
    server->change = options->change;
    server->owner = options->owner;
    uint32_t salt;
    pl_context_random(server->context, server->secret, sizeof server->secret);
    pl_context_random(server->context, &salt, sizeof salt);
    pl_rate_limit_init(&server->limit, server->context->config->discovery_rate, salt);
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
        server->sockets[i] = bind_port(server->context, ports[i]);
    return server;
}

void pl_stun_server_free(pl_stun_server *server)
{
    if (!server)
        return;
    const pl_port *port = &server->context->port;
    for (size_t i = 0; i < G_N_ELEMENTS(server->sockets); i++) {
        if (server->sockets[i])
            port->ops->close(port->ctx, server->sockets[i]);
    }
    pl_bytes_wipe(server->secret, sizeof server->secret);
    g_free(server);
}

void pl_stun_server_set_partner(pl_stun_server *server, uint32_t partner_ip)
{
    server->partner_ip = partner_ip;
}

bool pl_stun_server_owns(const pl_stun_server *server, pl_id socket)
{
    return socket != 0 && (socket == server->sockets[0] || socket == server->sockets[1]);
}

/* The nonce of an endpoint in an epoch: it proves that an answer of ours reached that very endpoint. */
static void make_nonce(const pl_stun_server *server, char ret_nonce[NONCE_BYTES], pl_addr addr, int64_t epoch)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t text[14], sum[PL_HASH_BYTES];
    pl_writer writer;
    pl_writer_init(&writer, text, sizeof text);
    pl_write_addr(&writer, addr);
    pl_write_u64(&writer, (uint64_t)epoch);
    server->context->suite->hmac(sum, server->secret, sizeof server->secret, text, sizeof text, NULL, 0);
    for (size_t i = 0; i < NONCE_BYTES; i++)
        ret_nonce[i] = digits[(i % 2 ? sum[i / 2] : sum[i / 2] >> 4) & 15];
}

/* This epoch's nonce or the one before.  A classic client has none: the partner would answer it in a
 * language it does not speak. */
static bool nonce_is_valid(const pl_stun_server *server, const exchange *asked)
{
    const pl_stun_text *nonce = &asked->stun.nonce;
    if (pl_stun_is_classic(&asked->stun) || !pl_stun_has(&asked->stun, PL_STUN_NONCE) ||
        nonce->len != NONCE_BYTES)
        return false;
    bool valid = false;
    for (int64_t age = 0; age <= 1; age++) {
        char expected[NONCE_BYTES];
        make_nonce(server, expected, asked->from, asked->now / NONCE_EPOCH - age);
        valid |= pl_bytes_equal((const uint8_t *)expected, nonce->data, NONCE_BYTES);
    }
    return valid;
}

static void send_answer(const pl_stun_server *server, size_t from, pl_addr to, const pl_writer *answer)
{
    const pl_port *port = &server->context->port;
    g_assert(!answer->failed);
    if (server->sockets[from])
        port->ops->udp_send(port->ctx, server->sockets[from], to, 0, answer->data, answer->len);
}

/* A nonce only where the answer stays no longer than the request: who wants one pads (SOFTWARE). */
static void add_nonce(const pl_stun_server *server, pl_writer *answer, const exchange *asked)
{
    if (pl_stun_is_classic(&asked->stun) || answer->len + NONCE_ATTRIBUTE_BYTES > asked->len)
        return;
    char nonce[NONCE_BYTES];
    make_nonce(server, nonce, asked->from, asked->now / NONCE_EPOCH);
    pl_stun_add(answer, PL_STUN_NONCE, nonce, sizeof nonce);
}

static void answer_error(const pl_stun_server *server, const exchange *asked, uint16_t error,
                         const uint16_t *unknown, size_t n_unknown)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    pl_writer_init(&answer, bytes, sizeof bytes);
    pl_stun_begin(&answer, PL_STUN_ERROR, asked->stun.cookie, asked->stun.id);
    pl_stun_add_error(&answer, error);
    if (n_unknown > 0)
        pl_stun_add_unknown(&answer, unknown, n_unknown);
    if (error == PL_STUN_ERROR_STALE_NONCE)
        add_nonce(server, &answer, asked);
    send_answer(server, asked->asked_at, asked->from, &answer);
}

/* RFC 3489 §11.2: no veil, and its own names for the two other addresses. */
static void add_classic_body(const pl_stun_server *server, pl_writer *answer, const exchange *asked)
{
    pl_stun_add_addr(answer, PL_STUN_MAPPED, asked->from);
    pl_stun_add_addr(answer, PL_STUN_SOURCE, (pl_addr){server->own_ip, ports[asked->asked_at]});
    if (server->partner_ip)
        pl_stun_add_addr(answer, PL_STUN_CHANGED, (pl_addr){server->partner_ip, ports[1 - asked->asked_at]});
}

static void add_body(const pl_stun_server *server, pl_writer *answer, const exchange *asked)
{
    pl_stun_add_addr(answer, PL_STUN_XOR_MAPPED, asked->from);
    pl_stun_add_addr(answer, PL_STUN_RESPONSE_ORIGIN, (pl_addr){server->own_ip, ports[asked->asked_at]});
    if (server->partner_ip)
        pl_stun_add_addr(answer, PL_STUN_OTHER_ADDRESS,
                         (pl_addr){server->partner_ip, ports[1 - asked->asked_at]});
}

static void answer_plain(const pl_stun_server *server, const exchange *asked)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    pl_writer_init(&answer, bytes, sizeof bytes);
    pl_stun_begin(&answer, PL_STUN_SUCCESS, asked->stun.cookie, asked->stun.id);
    if (pl_stun_is_classic(&asked->stun))
        add_classic_body(server, &answer, asked);
    else
        add_body(server, &answer, asked);
    add_nonce(server, &answer, asked);
    send_answer(server, asked->asked_at, asked->from, &answer);
}

/* The answer to a request that came elsewhere: the least that says who speaks and what was seen. */
static void answer_from(const pl_stun_server *server, size_t from, pl_addr to, const uint8_t *stun_id)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    pl_writer_init(&answer, bytes, sizeof bytes);
    pl_stun_begin(&answer, PL_STUN_SUCCESS, PL_STUN_MAGIC, stun_id);
    pl_stun_add_addr(&answer, PL_STUN_XOR_MAPPED, to);
    pl_stun_add_addr(&answer, PL_STUN_RESPONSE_ORIGIN, (pl_addr){server->own_ip, ports[from]});
    send_answer(server, from, to, &answer);
}

/* Who cannot change says so (420 with CHANGE-REQUEST): silence would be taken for a filter. */
static void refuse_change(const pl_stun_server *server, const exchange *asked)
{
    const uint16_t type = pl_stun_type_of(PL_STUN_CHANGE_REQUEST);
    answer_error(server, asked, PL_STUN_ERROR_UNKNOWN_ATTRIBUTE, &type, 1);
}

static int answer_change(const pl_stun_server *server, const exchange *asked)
{
    if (!nonce_is_valid(server, asked)) {
        answer_error(server, asked, PL_STUN_ERROR_STALE_NONCE, NULL, 0);
        return pl_stun_has(&asked->stun, PL_STUN_NONCE) ? PL_ERR_FORGED : PL_ERR_UNEXPECTED;
    }
    bool other_port = (asked->stun.change & PL_STUN_CHANGE_PORT) != 0;
    size_t from = other_port ? 1 - asked->asked_at : asked->asked_at;
    if (asked->stun.change & PL_STUN_CHANGE_IP) {
        if (server->partner_ip)
            server->change(server->owner, asked->from, asked->stun.id, from == 1);
        else
            refuse_change(server, asked);
    } else if (server->sockets[from]) {
        answer_from(server, from, asked->from, asked->stun.id);
    } else {
        refuse_change(server, asked);
    }
    return 0;
}

/* RESPONSE-PORT (RFC 5780 §7.5) tells the age of a binding: the answer goes to another port of the same address.
 * Others may share that address, so only who has heard us there may direct an answer. */
static int answer_elsewhere(const pl_stun_server *server, const exchange *asked)
{
    pl_addr to = {asked->from.ip, asked->stun.response_port};
    if (!nonce_is_valid(server, asked)) {
        answer_error(server, asked, PL_STUN_ERROR_STALE_NONCE, NULL, 0);
        return pl_stun_has(&asked->stun, PL_STUN_NONCE) ? PL_ERR_FORGED : 0;
    }
    if (to.port == 0)
        return PL_ERR_MALFORMED;
    answer_from(server, asked->asked_at, to, asked->stun.id);
    return 0;
}

/* Only requests are answered: an answer that is answered could go round for ever. */
static int read_request(pl_stun *ret_stun, pl_addr from, const uint8_t *data, size_t len)
{
    int error = pl_stun_read(ret_stun, data, len);
    if (error)
        return error;
    if (from.ip == 0 || from.port == 0)
        return PL_ERR_MALFORMED;
    bool request = ret_stun->kind == PL_STUN_REQUEST && ret_stun->method == PL_STUN_BINDING;
    return request ? 0 : PL_ERR_UNEXPECTED;
}

/* RESPONSE-PORT is understood here, if by nobody else. */
static void forget_understood(pl_stun *stun)
{
    const uint16_t type = pl_stun_type_of(PL_STUN_RESPONSE_PORT);
    size_t n = 0;
    for (size_t i = 0; i < stun->n_unknown; i++)
        if (stun->unknown[i] != type)
            stun->unknown[n++] = stun->unknown[i];
    stun->n_unknown = n;
}

int pl_stun_server_input(pl_stun_server *server, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                         pl_time now)
{
    g_assert(pl_stun_server_owns(server, socket));
    exchange asked = {.len = len, .asked_at = socket == server->sockets[1], .from = from, .now = now};
    int error = read_request(&asked.stun, from, data, len);
    if (!error)
        error = pl_rate_limit_take(&server->limit, from.ip, now);
    if (error)
        return error;
    forget_understood(&asked.stun);
    if (asked.stun.n_unknown > 0)
        answer_error(server, &asked, PL_STUN_ERROR_UNKNOWN_ATTRIBUTE, asked.stun.unknown,
                     asked.stun.n_unknown);
    else if (asked.stun.change != 0)
        return answer_change(server, &asked);
    else if (pl_stun_has(&asked.stun, PL_STUN_RESPONSE_PORT))
        return answer_elsewhere(server, &asked);
    else
        answer_plain(server, &asked);
    return 0;
}

void pl_stun_server_answer_for_partner(pl_stun_server *server, pl_addr target, const uint8_t stun_id[12],
                                       bool from_port_2, pl_time now)
{
    if (target.ip == 0 || target.port == 0 || pl_rate_limit_take(&server->limit, target.ip, now) != 0)
        return;
    answer_from(server, from_port_2 ? 1 : 0, target, stun_id);
}
