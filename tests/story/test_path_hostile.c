/* test_path_hostile.c - who is between, or beside, the two ends: forged, replayed and misdirected bodies and checks. */
#include <string.h>

#include "core/nat/stun/stun.h"
#include "tests/support/pair_kinds.h"

/* --- bodies --- */

/* What a supernode does to the n-th body that it carries. */
typedef struct carrier {
    size_t n, at;
    int change; /* 0: flips a bit; 1: sends the last body again; 2: cuts; 3: adds a byte */
    uint8_t kept[PL_PATH_BODY_MAX];
    size_t kept_len;
} carrier;

static bool meddle(void *ctx, pair_host *from, uint8_t *body, size_t *len, pl_time now)
{
    carrier *c = ctx;
    (void)from, (void)now;
    bool now_it_is = c->n++ == c->at;
    if (now_it_is && c->change == 0)
        body[*len / 2] ^= 1;
    if (now_it_is && c->change == 1 && c->kept_len) {
        memcpy(body, c->kept, c->kept_len);
        *len = c->kept_len;
    }
    if (now_it_is && c->change == 2)
        *len -= 1;
    if (now_it_is && c->change == 3)
        body[(*len)++] = 0;
    memcpy(c->kept, body, *len);
    c->kept_len = *len;
    return true;
}

/* Offer, answer, start: none of them can be changed, cut or replaced, and nobody crashes or opens. */
static void test_changed_bodies_are_refused(void)
{
    for (size_t at = 0; at < 3; at++) {
        for (int change = 0; change < 4; change++) {
            carrier c = {.at = at, .change = change};
            pair *p = pair_new(&(pair_options){.suite = &pl_suite_real, .seed = at});
            p->courier = meddle;
            p->ctx = &c;
            pair_find(p);
            pair_host *hearer = at == 1 ? p->caller : p->callee;
            if (at > 0 || change != 1)
                g_assert_cmpuint(pair_count(hearer, PL_EVENT_REFUSED_INPUT), >=, 1);
            if (at > 0 || change != 1) /* the first body has none before it */
                g_assert_false(p->caller->opened && p->callee->opened && at < 2);
            pair_free(p);
        }
    }
}

/* Credentials: expired, of another name, signed by nobody. */
static void test_an_expired_caller_is_refused(void)
{
    pair *p = pair_new(&(pair_options){.suite = &pl_suite_real, .seed = 1});
    p->caller->credential.expires = 1095206400 - 1;
    pl_credential_issue(&p->caller->credential, p->suite, &p->server);
    pair_find(p);
    g_assert_cmpuint(pair_refusals(p->callee, "expired"), ==, 1);
    g_assert_cmpstr(p->caller->cause, ==, "no-answer");
    g_assert_cmpint(p->caller->ended_at, <=, 20 * PL_SECOND);
    pair_free(p);
}

static void test_a_callee_of_another_name_is_refused(void)
{
    pair *p = pair_new(&(pair_options){.suite = &pl_suite_real, .seed = 1});
    g_strlcpy(p->callee->credential.name, "mallory", sizeof p->callee->credential.name);
    pl_credential_issue(&p->callee->credential, p->suite, &p->server);
    pair_find(p);
    g_assert_false(p->caller->opened || p->callee->opened);
    pair_free(p);
}

static void test_a_self_made_credential_is_refused(void)
{
    pair *p = pair_new(&(pair_options){.suite = &pl_suite_real, .seed = 1});
    pl_credential_issue(&p->caller->credential, p->suite, &p->caller->sign);
    pair_find(p);
    g_assert_cmpuint(pair_refusals(p->callee, "forged"), ==, 1);
    pair_free(p);
}

/* --- checks --- */

/* The last check that the caller sent to the callee's socket; and what reached the thief. */
typedef struct thief {
    pair_host *host;
    uint8_t data[200];
    size_t len;
    pl_addr from, to;
} thief;

static bool steal(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    thief *t = ctx;
    pair *p = from->pair;
    (void)now;
    bool check = from == p->caller && packet->protocol == PL_PROTOCOL_UDP &&
                 packet->destination.ip == p->callee->ip && packet->payload_len >= 20 && packet->payload[0] == 0 &&
                 packet->payload[1] == 1;
    if (check) {
        t->len = packet->payload_len;
        memcpy(t->data, packet->payload, t->len);
        t->to = packet->destination;
        t->from = packet->source;
    }
    return true;
}

/* Two public ends, a check that a thief has heard, and the path open. */
static pair *open_with_thief(thief *t)
{
    *t = (thief){0};
    pair *p = pair_new(&(pair_options){.choice = PL_PATH_UDP_ONLY, .suite = &pl_suite_real, .seed = 1});
    t->host = pair_add_stranger(p, -1, 0x5A000001u, 4444);
    p->filter = steal;
    p->ctx = t;
    return p;
}

static void throw_it(pair *p, const thief *t, const uint8_t *data, size_t len)
{
    pl_port port = pair_port(t->host);
    g_assert_cmpint(port.ops->udp_send(port.ctx, t->host->socket, t->to, 0, data, len), ==, 0);
    pair_run(p, pair_now(p) + 300 * PL_MILLISECOND);
}

static void run_to_check(pair *p, const thief *t)
{
    pair_call(p);
    while (t->len == 0)
        pair_run(p, pair_now(p) + PL_MILLISECOND);
}

/* The same bytes from somewhere else: the thief gets no answer, and no check is sent to him. */
static void test_a_replayed_check_is_refused(void)
{
    thief t;
    pair *p = open_with_thief(&t);
    run_to_check(p, &t);
    pair_run(p, pair_now(p) + PAIR_ONE_WAY + PL_MILLISECOND); /* the callee has heard the real one */
    throw_it(p, &t, t.data, t.len);
    g_assert_cmpuint(pair_refusals(p->callee, "replayed"), ==, 1);
    g_assert_cmpuint(t.host->n_heard, ==, 0);
    g_assert_cmpstr(pair_class(p), ==, "direct-udp");
    pair_free(p);
}

/* Every byte counts: with the fingerprint made right again, as a thief would. */
static void test_a_forged_check_is_refused(void)
{
    thief t;
    pair *p = open_with_thief(&t);
    run_to_check(p, &t);
    pair_run(p, pair_now(p) + PL_SECOND);
    size_t before = pair_count(p->callee, PL_EVENT_REFUSED_INPUT), thrown = 0;
    for (size_t at = 8; at + 8 < t.len; at += 3, thrown++) {
        uint8_t forged[200];
        memcpy(forged, t.data, t.len);
        forged[at] ^= 0x10;
        uint32_t sum = pl_stun_fingerprint(forged, t.len - 8);
        for (size_t i = 0; i < 4; i++)
            forged[t.len - 4 + i] = (uint8_t)(sum >> (24 - 8 * i));
        throw_it(p, &t, forged, t.len);
    }
    g_assert_cmpuint(pair_count(p->callee, PL_EVENT_REFUSED_INPUT) - before, ==, thrown);
    g_assert_cmpuint(pair_refusals(p->callee, "forged"), >, 0);
    g_assert_cmpuint(t.host->n_heard, ==, 0);
    pair_free(p);
}

/* Somebody on the way answers checks in the callee's name, with all that a reader of the check can know. */
static bool forge_answers(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    pair *p = from->pair;
    size_t *forged = ctx;
    const bool is_answer = from == p->callee && packet->protocol == PL_PROTOCOL_UDP && packet->payload_len > 40 &&
                           packet->destination.ip == p->caller->ip && packet->payload[0] == 1 &&
                           packet->payload[1] == 1;
    if (!is_answer)
        return true;
    uint8_t data[200];
    memcpy(data, packet->payload, packet->payload_len);
    data[packet->payload_len - 8 - 20] ^= 1; /* of MESSAGE-INTEGRITY, before FINGERPRINT */
    const uint32_t sum = pl_stun_fingerprint(data, packet->payload_len - 8);
    for (size_t i = 0; i < 4; i++)
        data[packet->payload_len - 4 + i] = (uint8_t)(sum >> (24 - 8 * i));
    net_packet other = *packet;
    other.payload = data;
    ++*forged;
    p->inner.send(p->inner.network, from->stack.host, &other, now);
    return false;
}

static void test_a_forged_answer_is_refused(void)
{
    size_t forged = 0;
    pair *p = pair_new(
        &(pair_options){.choice = PL_PATH_UDP_ONLY, .no_relay = true, .suite = &pl_suite_real, .seed = 1});
    p->filter = forge_answers;
    p->ctx = &forged;
    pair_find(p);
    g_assert_cmpuint(forged, >, 0);
    g_assert_cmpuint(pair_refusals(p->caller, "forged"), ==, forged);
    g_assert_false(p->caller->opened);
    pair_free(p);
}

/* A check thrown back at who sent it; one of another session. */
static void test_a_misdirected_check_is_refused(void)
{
    thief t, other;
    pair *p = open_with_thief(&t);
    run_to_check(p, &t);
    pair_run(p, pair_now(p) + PL_SECOND);
    t.to = t.from;
    throw_it(p, &t, t.data, t.len);
    g_assert_cmpuint(pair_refusals(p->caller, "unexpected"), ==, 1);
    pair *q = open_with_thief(&other);
    q->options.seed = 7;
    run_to_check(q, &other);
    pair_run(q, pair_now(q) + PL_SECOND);
    /* The same worlds but for one digit of the session. */
    uint8_t data[200];
    memcpy(data, other.data, other.len);
    data[24] = data[24] == '1' ? '2' : '1';
    uint32_t sum = pl_stun_fingerprint(data, other.len - 8);
    for (size_t i = 0; i < 4; i++)
        data[other.len - 4 + i] = (uint8_t)(sum >> (24 - 8 * i));
    throw_it(q, &other, data, other.len);
    g_assert_cmpuint(pair_refusals(q->callee, "unexpected"), ==, 1);
    g_assert_cmpuint(other.host->n_heard, ==, 0);
    pair_free(q);
    pair_free(p);
}

/* Payloads count from the nominated address alone. */
static void test_a_strangers_payload_is_refused(void)
{
    thief t;
    pair *p = open_with_thief(&t);
    run_to_check(p, &t);
    pair_run(p, pair_now(p) + PL_SECOND);
    throw_it(p, &t, (const uint8_t *)"\x80 hello", 7);
    g_assert_cmpuint(pair_refusals(p->callee, "unexpected"), ==, 1);
    g_assert_cmpuint(p->callee->n_received, ==, 0);
    pair_free(p);
}

/* --- streams --- */

typedef struct knocker {
    pair_host *host;
    pl_id streams[20];
    size_t n;
    uint16_t port;
} knocker;

static bool learn_port(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    knocker *k = ctx;
    (void)now;
    if (from == from->pair->callee && packet->protocol == PL_PROTOCOL_TCP && packet->destination.ip >> 24 == 0x42)
        k->port = packet->source.port;
    return true;
}

/* Strangers at the session's port hold few places, and not for long; the session goes on. */
static void test_strangers_streams_end(void)
{
    pair_options options = {.callee = {.home = "full-cone"}, .choice = PL_PATH_TCP_ONLY, .suite = &pl_suite_real, .seed = 1};
    pair *p = pair_new(&options);
    knocker k = {.host = pair_add_stranger(p, -1, 0x5A000001u, 4444)};
    p->filter = learn_port;
    p->ctx = &k;
    pair_call(p);
    while (!k.port)
        pair_run(p, pair_now(p) + PL_MILLISECOND);
    pl_port port = pair_port(k.host);
    pair_run(p, pair_now(p) + 200 * PL_MILLISECOND);
    for (; k.n < G_N_ELEMENTS(k.streams); k.n++)
        g_assert_cmpint(port.ops->tcp_open(port.ctx, 0, (pl_addr){0x51000001u, k.port}, &k.streams[k.n]), ==, 0);
    pair_run(p, pair_now(p) + 150 * PL_MILLISECOND);
    /* One speaks nonsense. */
    g_assert_cmpint(port.ops->tcp_write(port.ctx, k.streams[0], (const uint8_t *)"\0\x14nonsense nonsense nons", 24),
                    !=, 0);
    pair_run(p, PL_MINUTE);
    g_assert_cmpstr(pair_class(p), ==, "direct-tcp");
    for (size_t i = 0; i < k.n; i++)
        g_assert_cmpint(port.ops->tcp_write(port.ctx, k.streams[i], (const uint8_t *)"x", 1), <, 0);
    pair_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/hostile/changed-bodies-are-refused", test_changed_bodies_are_refused);
    g_test_add_func("/story/path/hostile/an-expired-caller-is-refused", test_an_expired_caller_is_refused);
    g_test_add_func("/story/path/hostile/a-callee-of-another-name-is-refused",
                    test_a_callee_of_another_name_is_refused);
    g_test_add_func("/story/path/hostile/a-self-made-credential-is-refused", test_a_self_made_credential_is_refused);
    g_test_add_func("/story/path/hostile/a-replayed-check-is-refused", test_a_replayed_check_is_refused);
    g_test_add_func("/story/path/hostile/a-forged-check-is-refused", test_a_forged_check_is_refused);
    g_test_add_func("/story/path/hostile/a-forged-answer-is-refused", test_a_forged_answer_is_refused);
    g_test_add_func("/story/path/hostile/a-misdirected-check-is-refused", test_a_misdirected_check_is_refused);
    g_test_add_func("/story/path/hostile/a-strangers-payload-is-refused", test_a_strangers_payload_is_refused);
    g_test_add_func("/story/path/hostile/strangers-streams-end", test_strangers_streams_end);
    return g_test_run();
}
