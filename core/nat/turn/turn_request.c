/* What clients ask of the relay (RFC 8656 §7 to §12), and the answers. */
#include <string.h>

#include "core/nat/turn/turn_server_internal.h"

#define ANSWER_BYTES_MAX 128 /* chosen: the most that anybody is answered; the longest answer is 76 bytes */

/* Does as a proved request wants and adds to its answer; 0, or the error that is the answer instead. */
typedef uint16_t (*request_fn)(pl_turn_exchange *asked, pl_writer *answer);

static void begin_answer(const pl_turn_exchange *asked, pl_writer *writer, uint8_t bytes[ANSWER_BYTES_MAX],
                         pl_stun_class kind)
{
    pl_writer_init(writer, bytes, ANSWER_BYTES_MAX);
    pl_stun_begin_method(writer, asked->stun.method, kind, asked->stun.id);
}

static void begin_error(const pl_turn_exchange *asked, pl_writer *writer, uint8_t bytes[ANSWER_BYTES_MAX],
                        uint16_t error)
{
    begin_answer(asked, writer, bytes, PL_STUN_ERROR);
    pl_stun_add_error(writer, error);
    if (error == PL_STUN_ERROR_UNKNOWN_ATTRIBUTE)
        pl_stun_add_unknown(writer, asked->stun.unknown, asked->stun.n_unknown);
}

/* --- strangers --- */

/* By UDP a stranger gets no more bytes than he sent: his address may be another's. */
static bool may_answer(const pl_turn_exchange *asked, const pl_writer *answer)
{
    return asked->leg || answer->len <= asked->len;
}

/* Answers if the rate of the source allows it. */
static int reply_to_stranger(const pl_turn_exchange *asked, const pl_writer *answer)
{
    if (!may_answer(asked, answer))
        return PL_ERR_SHORT;
    int error = pl_rate_limit_take(&asked->server->limit, asked->from.ip, asked->now);
    if (!error)
        pl_turn_server_reply(asked, answer);
    return error;
}

static int refuse_stranger(const pl_turn_exchange *asked, uint16_t error)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    begin_error(asked, &answer, bytes, error);
    bool challenges = error == PL_STUN_ERROR_UNAUTHENTICATED || error == PL_STUN_ERROR_STALE_NONCE;
    if (challenges && (asked->leg || asked->len >= PL_TURN_CHALLENGE_BYTES))
        pl_turn_account_add_challenge(asked, &answer);
    return reply_to_stranger(asked, &answer);
}

static int answer_binding(const pl_turn_exchange *asked)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    if (asked->stun.n_unknown > 0)
        return refuse_stranger(asked, PL_STUN_ERROR_UNKNOWN_ATTRIBUTE);
    begin_answer(asked, &answer, bytes, PL_STUN_SUCCESS);
    pl_stun_add_addr(&answer, PL_STUN_XOR_MAPPED, asked->from);
    if (!may_answer(asked, &answer))
        return refuse_stranger(asked, PL_STUN_ERROR_BAD_REQUEST);
    return reply_to_stranger(asked, &answer);
}

/* --- clients --- */

/* spec RFC 8656 §7.2: at least the default, at most the most; 0 is for Refresh to judge. */
static pl_span granted_lifetime(const pl_stun *stun)
{
    pl_span wanted = (pl_span)stun->lifetime * PL_SECOND; /* 2³² s are less than 2⁶³ ns */
    if (!pl_stun_has(stun, PL_STUN_LIFETIME))
        wanted = PL_TURN_ALLOCATION_LIFETIME;
    return CLAMP(wanted, PL_TURN_ALLOCATION_LIFETIME, PL_TURN_ALLOCATION_LIFETIME_MAX);
}

static void add_allocation(const pl_turn_exchange *asked, const pl_turn_allocation *allocation,
                           pl_writer *answer)
{
    pl_stun_add_addr(answer, PL_STUN_XOR_RELAYED, allocation->relayed);
    pl_stun_add_u32(answer, PL_STUN_LIFETIME, (uint32_t)((allocation->until - asked->now) / PL_SECOND));
    pl_stun_add_addr(answer, PL_STUN_XOR_MAPPED, asked->from);
}

/* spec RFC 8656 §7.2, steps 3 to 9: what an Allocate may ask for, and what of it we have. */
static uint16_t judge_allocate(const pl_stun *stun)
{
    bool has_token = pl_stun_has(stun, PL_STUN_RESERVATION_TOKEN);
    bool has_family = pl_stun_has(stun, PL_STUN_REQUESTED_FAMILY);
    if (!pl_stun_has(stun, PL_STUN_REQUESTED_TRANSPORT))
        return PL_STUN_ERROR_BAD_REQUEST;
    if (stun->transport != PL_STUN_PROTOCOL_UDP)
        return PL_STUN_ERROR_TRANSPORT;
    if (has_token && (has_family || pl_stun_has(stun, PL_STUN_EVEN_PORT)))
        return PL_STUN_ERROR_BAD_REQUEST;
    if (has_family && stun->family != PL_STUN_FAMILY_IPV4)
        return PL_STUN_ERROR_FAMILY;
    if (has_token || pl_stun_has(stun, PL_STUN_EVEN_PORT)) /* we keep no ports back, and choose none */
        return PL_STUN_ERROR_CAPACITY;
    return 0;
}

static uint16_t on_allocate(pl_turn_exchange *asked, pl_writer *answer)
{
    pl_turn_allocation *allocation = pl_turn_server_find(asked->server, asked->leg, asked->from);
    if (allocation) {
        if (memcmp(allocation->id, asked->stun.id, sizeof allocation->id) != 0)
            return PL_STUN_ERROR_MISMATCH;
        add_allocation(asked, allocation, answer); /* our answer was lost */
        return 0;
    }
    uint16_t refusal = judge_allocate(&asked->stun);
    if (refusal)
        return refusal;
    int error = pl_turn_server_allocate(asked, &allocation);
    if (error)
        return error == PL_ERR_LIMIT ? PL_STUN_ERROR_QUOTA : PL_STUN_ERROR_CAPACITY;
    pl_turn_server_extend(allocation, granted_lifetime(&asked->stun), asked->now);
    add_allocation(asked, allocation, answer);
    return 0;
}

/* The client's allocation; or none, and 437, or 441 if it is another's. */
static uint16_t own_allocation(const pl_turn_exchange *asked, pl_turn_allocation **ret_allocation)
{
    pl_turn_allocation *allocation = pl_turn_server_find(asked->server, asked->leg, asked->from);
    if (!allocation)
        return PL_STUN_ERROR_MISMATCH;
    if (allocation->customer->tag != asked->tag)
        return PL_STUN_ERROR_WRONG_CREDENTIALS;
    *ret_allocation = allocation;
    return 0;
}

static uint16_t on_refresh(pl_turn_exchange *asked, pl_writer *answer)
{
    pl_turn_allocation *allocation;
    const pl_stun *stun = &asked->stun;
    uint16_t refusal = own_allocation(asked, &allocation);
    if (refusal)
        return refusal;
    if (pl_stun_has(stun, PL_STUN_REQUESTED_FAMILY) && stun->family != PL_STUN_FAMILY_IPV4)
        return PL_STUN_ERROR_PEER_FAMILY;
    if (pl_stun_has(stun, PL_STUN_LIFETIME) && stun->lifetime == 0) {
        pl_turn_server_end(allocation, "released", asked->now);
        pl_stun_add_u32(answer, PL_STUN_LIFETIME, 0);
        return 0;
    }
    pl_span lifetime = granted_lifetime(stun);
    pl_turn_server_extend(allocation, lifetime, asked->now);
    pl_stun_add_u32(answer, PL_STUN_LIFETIME, (uint32_t)(lifetime / PL_SECOND));
    return 0;
}

/* May these peers be permitted, all of them? */
static uint16_t judge_peers(const pl_turn_exchange *asked)
{
    const pl_stun *stun = &asked->stun;
    if (stun->foreign_family)
        return PL_STUN_ERROR_PEER_FAMILY;
    if (stun->n_peers == 0)
        return PL_STUN_ERROR_BAD_REQUEST;
    for (size_t i = 0; i < stun->n_peers; i++) {
        if (!pl_turn_may_reach(asked->server->options.own_address.ip, stun->peers[i].ip))
            return PL_STUN_ERROR_FORBIDDEN;
    }
    return stun->more_peers ? PL_STUN_ERROR_CAPACITY : 0;
}

static uint16_t on_create_permission(pl_turn_exchange *asked, pl_writer *answer)
{
    (void)answer;
    pl_turn_allocation *allocation;
    uint16_t refusal = own_allocation(asked, &allocation);
    if (!refusal)
        refusal = judge_peers(asked);
    if (!refusal &&
        pl_turn_allocation_permit(allocation, asked->stun.peers, asked->stun.n_peers, asked->now) < 0)
        refusal = PL_STUN_ERROR_CAPACITY;
    return refusal;
}

/* A channel to a port of our own leads to another's relayed address, or nowhere. */
static uint16_t judge_channel(const pl_turn_exchange *asked, const pl_turn_allocation *allocation)
{
    const pl_stun *stun = &asked->stun;
    if (!pl_stun_has(stun, PL_STUN_CHANNEL_NUMBER) || stun->channel < PL_TURN_CHANNEL_FIRST ||
        stun->channel > PL_TURN_CHANNEL_LAST || stun->n_peers > 1)
        return PL_STUN_ERROR_BAD_REQUEST;
    uint16_t refusal = judge_peers(asked);
    if (refusal)
        return refusal;
    const pl_turn_allocation *other = pl_turn_server_at(asked->server, stun->peers[0]);
    bool is_ours = stun->peers[0].ip == asked->server->options.own_address.ip;
    bool leads_nowhere = is_ours && (!other || other == allocation);
    return leads_nowhere || stun->peers[0].port == 0 ? PL_STUN_ERROR_FORBIDDEN : 0;
}

static uint16_t on_channel_bind(pl_turn_exchange *asked, pl_writer *answer)
{
    (void)answer;
    pl_turn_allocation *allocation;
    uint16_t refusal = own_allocation(asked, &allocation);
    if (!refusal)
        refusal = judge_channel(asked, allocation);
    if (refusal)
        return refusal;
    int error = pl_turn_allocation_bind(allocation, asked->stun.channel, asked->stun.peers[0], asked->now);
    if (error)
        return error == PL_ERR_IN_USE ? PL_STUN_ERROR_BAD_REQUEST : PL_STUN_ERROR_CAPACITY;
    return 0;
}

static const struct {
    uint16_t method;
    request_fn serve;
} requests[] = {
    {PL_STUN_ALLOCATE, on_allocate},
    {PL_STUN_REFRESH, on_refresh},
    {PL_STUN_CREATE_PERMISSION, on_create_permission},
    {PL_STUN_CHANNEL_BIND, on_channel_bind},
};

/* We cannot set the bit, so who insists on it is told that we do not know it (spec RFC 8656 §7.2). */
static void disown_dont_fragment(pl_stun *stun)
{
    if (pl_stun_has(stun, PL_STUN_DONT_FRAGMENT) && stun->n_unknown < PL_STUN_UNKNOWN_MAX)
        stun->unknown[stun->n_unknown++] = pl_stun_type_of(PL_STUN_DONT_FRAGMENT);
}

static void serve_client(pl_turn_exchange *asked, request_fn serve)
{
    uint8_t bytes[ANSWER_BYTES_MAX];
    pl_writer answer;
    disown_dont_fragment(&asked->stun);
    begin_answer(asked, &answer, bytes, PL_STUN_SUCCESS);
    uint16_t refusal = asked->stun.n_unknown > 0 ? PL_STUN_ERROR_UNKNOWN_ATTRIBUTE : serve(asked, &answer);
    if (refusal)
        begin_error(asked, &answer, bytes, refusal);
    pl_stun_add_integrity(&answer, asked->key, sizeof asked->key);
    pl_turn_server_reply(asked, &answer);
}

/* The first Allocate of every client is refused, so that a refusal alone is nothing to report. */
static int refuse_unproved(const pl_turn_exchange *asked, uint16_t refusal)
{
    int error = refuse_stranger(asked, refusal);
    if (error || refusal == PL_STUN_ERROR_STALE_NONCE || !pl_stun_has(&asked->stun, PL_STUN_INTEGRITY))
        return error;
    return PL_ERR_FORGED;
}

static int serve_request(pl_turn_exchange *asked)
{
    if (asked->stun.method == PL_STUN_BINDING)
        return answer_binding(asked);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        if (requests[i].method != asked->stun.method)
            continue;
        uint16_t refusal = pl_turn_account_check(asked);
        if (refusal)
            return refuse_unproved(asked, refusal);
        serve_client(asked, requests[i].serve);
        return 0;
    }
    return PL_ERR_UNEXPECTED;
}

/* A Send indication carries no proof (spec RFC 8656 §11): its 5-tuple is all that it is known by. */
static int take_send(pl_turn_exchange *asked)
{
    const pl_stun *stun = &asked->stun;
    pl_turn_allocation *allocation = pl_turn_server_find(asked->server, asked->leg, asked->from);
    if (!allocation)
        return PL_ERR_UNEXPECTED;
    disown_dont_fragment(&asked->stun);
    if (stun->n_unknown > 0 || stun->n_peers != 1 || !pl_stun_has(stun, PL_STUN_DATA))
        return PL_ERR_UNEXPECTED;
    pl_turn_server_forward(allocation, stun->peers[0], stun->data.data, stun->data.len, asked->now);
    return 0;
}

int pl_turn_request(pl_turn_exchange *asked)
{
    if (asked->stun.kind == PL_STUN_REQUEST)
        return serve_request(asked);
    if (asked->stun.kind == PL_STUN_INDICATION && asked->stun.method == PL_STUN_SEND)
        return take_send(asked);
    /* An answer that is answered could go round for ever; a Binding indication keeps a box awake, no more. */
    bool keeps_alive = asked->stun.kind == PL_STUN_INDICATION && asked->stun.method == PL_STUN_BINDING;
    return keeps_alive ? 0 : PL_ERR_UNEXPECTED;
}
