/* The relay's client: how it asks, how often, how it keeps what it has, and how it ends. */
#include "core/nat/turn/turn_client.h"

#include <glib.h>
#include <string.h>

#include "core/nat/turn/turn_stream.h"
#include "tests/support/turn_bench.h"

static const pl_addr relay = {.ip = TURN_BENCH_IP, .port = 33033};
static const pl_addr outside = {.ip = 0x51000007, .port = 40007}; /* the client, as the relay sees it */
static const pl_addr peer = {.ip = 0x52000001, .port = 5000};     /* 82.0.0.1 */

/* A client and a relay, each on a port of paper, and the wire between them. */
typedef struct pair {
    turn_bench b;
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_turn_client *client;
    pl_id id;       /* the client's socket or stream */
    pl_id accepted; /* the relay's end of it */
    bool is_cut;
    unsigned free_in; /* bit an event in which the owner frees the client: 1 allocated, 2 failed, 4 data */
    size_t allocated, received;
    pl_addr relayed, mapped, from;
    const char *cause;
    char words[64];
} pair;

static void free_client(pair *p, unsigned bit, pl_time now)
{
    if ((p->free_in & bit) == 0)
        return;
    pl_turn_client_free(p->client, now);
    p->client = NULL;
}

static void on_allocated(void *owner, pl_addr relayed, pl_addr mapped, pl_time now)
{
    pair *p = owner;
    p->allocated++;
    p->relayed = relayed;
    p->mapped = mapped;
    free_client(p, 1, now);
}

static void on_failed(void *owner, const char *cause, pl_time now)
{
    pair *p = owner;
    g_assert_null(p->cause);
    p->cause = cause;
    free_client(p, 2, now);
}

static void on_data(void *owner, pl_addr from, const uint8_t *data, size_t len, pl_time now)
{
    pair *p = owner;
    g_assert_cmpuint(len, <, sizeof p->words);
    memcpy(p->words, data, len);
    p->words[len] = 0;
    p->from = from;
    p->received++;
    free_client(p, 4, now);
}

static const pl_turn_client_handler handler = {
    .allocated = on_allocated, .failed = on_failed, .data = on_data};

static void open_pair(pair *p, pl_turn_transport transport)
{
    turn_bench_open(&p->b);
    p->fake = fake_port_new();
    if (p->config.turn_tries == 0)
        pl_config_init(&p->config);
    p->context = (pl_context){.port = fake_port_of(p->fake), .config = &p->config, .suite = &pl_suite_real};
    pl_deadlines_init(&p->context.deadlines);
    p->client = pl_turn_client_new(&(pl_turn_client_options){.context = &p->context,
                                                             .transport = transport,
                                                             .server = relay,
                                                             .account = p->b.account,
                                                             .handler = &handler,
                                                             .owner = p},
                                   0);
    g_assert_nonnull(p->client);
    p->id = fake_port_nth_id(p->fake, 0);
}

static void close_pair(pair *p)
{
    pl_turn_client_free(p->client, p->b.now);
    g_assert_cmpuint(fake_port_open_count(p->fake), ==, 0);
    g_assert_cmpint(pl_deadlines_next(&p->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&p->context.deadlines);
    fake_port_free(p->fake);
    turn_bench_close(&p->b);
}

/* Carries datagrams both ways until none is left. */
static void pump_datagrams(pair *p)
{
    const fake_ask *sent;
    bool moved = true;
    while (moved) {
        moved = false;
        while ((sent = fake_port_take_kind(p->fake, FAKE_SEND))) {
            g_assert_true(pl_addr_equal(sent->to, relay));
            if (!p->is_cut)
                (void)pl_turn_server_datagram(p->b.server, outside, sent->data, sent->len, p->b.now);
            moved = true;
        }
        while ((sent = fake_port_take_kind(p->b.fake, FAKE_SEND))) {
            if (!p->is_cut && p->client && pl_addr_equal(sent->to, outside))
                g_assert_cmpint(pl_turn_client_datagram(p->client, relay, sent->data, sent->len, p->b.now),
                                ==, 0);
            moved = true;
        }
    }
}

/* Carries bytes both ways. */
static void pump_bytes(pair *p)
{
    size_t up, down;
    do {
        const uint8_t *bytes = fake_port_written(p->fake, p->id, &up);
        if (up > 0 && fake_port_is_open(p->b.fake, p->accepted))
            pl_turn_server_stream_data(p->b.server, p->accepted, bytes, up, p->b.now);
        bytes = fake_port_written(p->b.fake, p->accepted, &down);
        if (down > 0 && p->client)
            pl_turn_client_stream_data(p->client, bytes, down, p->b.now);
    } while (up + down > 0);
}

static void pump(pair *p)
{
    if (p->accepted)
        pump_bytes(p);
    else
        pump_datagrams(p);
}

/* Lets time pass at both ends and on the wire. */
static void pass(pair *p, pl_time at)
{
    pump(p);
    for (;;) {
        pl_time next =
            MIN(pl_deadlines_next(&p->context.deadlines), pl_deadlines_next(&p->b.context.deadlines));
        if (next > at)
            break;
        p->b.now = next;
        pl_deadlines_run(&p->b.context.deadlines, next);
        pl_deadlines_run(&p->context.deadlines, next);
        pump(p);
    }
    p->b.now = at;
}

/* The stream opens and the relay adopts it. */
static void open_stream(pair *p)
{
    pl_id listener;
    const pl_port *port = &p->b.context.port;
    g_assert_cmpint(port->ops->tcp_listen(port->ctx, 443, &listener), ==, 0);
    p->accepted = fake_port_accept(p->b.fake, listener);
    port->ops->close(port->ctx, listener);
    pl_turn_server_adopt(p->b.server, p->accepted, outside, p->b.now);
    pl_turn_client_opened(p->client, p->b.now);
}

static void words_from_peer(pair *p, const char *text)
{
    pl_id socket = turn_bench_last_socket(&p->b);
    pl_turn_server_relayed(p->b.server, socket, peer, (const uint8_t *)text, strlen(text), p->b.now);
    pump(p);
}

static int words_to_peer(pair *p, const char *text)
{
    return pl_turn_client_send(p->client, peer, (const uint8_t *)text, strlen(text));
}

/* --- an allocation --- */

static void it_allocates_in_two_exchanges(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    const fake_ask *first = fake_port_take_kind(p.fake, FAKE_SEND);
    g_assert_cmpuint(first->len, ==, PL_TURN_CHALLENGE_BYTES); /* as long as its answer */
    (void)pl_turn_server_datagram(p.b.server, outside, first->data, first->len, 0);
    g_assert_cmpint(words_to_peer(&p, "too early"), ==, PL_ERR_UNEXPECTED);
    pump(&p);
    g_assert_cmpuint(p.allocated, ==, 1);
    g_assert_cmpuint(p.relayed.ip, ==, TURN_BENCH_IP);
    g_assert_true(pl_addr_equal(p.mapped, outside));
    g_assert_true(pl_turn_client_owns_socket(p.client, p.id));
    g_assert_false(pl_turn_client_owns_stream(p.client, p.id));
    close_pair(&p);
}

static void the_same_over_a_stream(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_TCP);
    const fake_ask *opened = fake_port_take_kind(p.fake, FAKE_OPEN);
    g_assert_true(pl_addr_equal(opened->to, relay));
    open_stream(&p);
    pump(&p);
    g_assert_cmpuint(p.allocated, ==, 1);
    g_assert_true(pl_turn_client_owns_stream(p.client, p.id));
    g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip, 0), ==, 0);
    pump(&p);
    words_from_peer(&p, "words");
    g_assert_cmpstr(p.words, ==, "words");
    g_assert_true(pl_addr_equal(p.from, peer));
    close_pair(&p);
}

static void without_a_socket_there_is_no_client(void)
{
    pair p = {.fake = fake_port_new()};
    pl_config_init(&p.config);
    p.context = (pl_context){.port = fake_port_of(p.fake), .config = &p.config};
    fake_port_refuse_port(p.fake, PL_PROTOCOL_UDP, 0, PL_ERR_IN_USE);
    g_assert_null(
        pl_turn_client_new(&(pl_turn_client_options){.context = &p.context, .handler = &handler}, 0));
    fake_port_free(p.fake);
}

/* RFC 8489 §6.2.1: RTO 500 ms, Rc 7, Rm 16. */
static void silence_by_udp_takes_39_and_a_half_seconds(void)
{
    static const int at_ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
    pair p = {.is_cut = true};
    open_pair(&p, PL_TURN_UDP);
    for (size_t i = 0; i < G_N_ELEMENTS(at_ms); i++) {
        if (i > 0) {
            pass(&p, at_ms[i] * PL_MILLISECOND - 1);
            g_assert_cmpint(pl_deadlines_next(&p.context.deadlines), ==, at_ms[i] * PL_MILLISECOND);
        }
        fake_port_skip(p.fake);
        pl_deadlines_run(&p.context.deadlines, at_ms[i] * PL_MILLISECOND);
        g_assert_cmpuint(fake_port_count_kind(p.fake, FAKE_SEND), ==, i > 0);
    }
    pass(&p, 39500 * PL_MILLISECOND - 1);
    g_assert_null(p.cause);
    pass(&p, 39500 * PL_MILLISECOND);
    g_assert_cmpstr(p.cause, ==, "timeout");
    close_pair(&p);
}

static void fewer_tries_take_less(void)
{
    pair p = {.is_cut = true};
    pl_config_init(&p.config);
    p.config.turn_tries = 3;
    open_pair(&p, PL_TURN_UDP);
    pass(&p, 3500 * PL_MILLISECOND - 1);
    g_assert_null(p.cause);
    pass(&p, 3500 * PL_MILLISECOND);
    g_assert_cmpstr(p.cause, ==, "timeout");
    close_pair(&p);
}

/* A lost answer is asked for again, and the second asking makes no second allocation. */
static void a_lost_answer_is_asked_for_again(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    const fake_ask *sent = fake_port_take_kind(p.fake, FAKE_SEND);
    (void)pl_turn_server_datagram(p.b.server, outside, sent->data, sent->len, 0);
    sent = fake_port_take_kind(p.b.fake, FAKE_SEND);
    (void)pl_turn_client_datagram(p.client, relay, sent->data, sent->len, 0);
    sent = fake_port_take_kind(p.fake, FAKE_SEND); /* with proof */
    (void)pl_turn_server_datagram(p.b.server, outside, sent->data, sent->len, 0);
    fake_port_skip(p.b.fake); /* and its answer is lost */
    pass(&p, 500 * PL_MILLISECOND);
    g_assert_cmpuint(p.allocated, ==, 1);
    g_assert_cmpuint(turn_bench_stats(&p.b).allocations, ==, 1);
    close_pair(&p);
}

static void a_stream_has_21_seconds_to_open_and_10_to_answer(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_TCP);
    pass(&p, 21 * PL_SECOND - 1);
    g_assert_null(p.cause);
    pass(&p, 21 * PL_SECOND);
    g_assert_cmpstr(p.cause, ==, "timeout");
    close_pair(&p);
    pair q = {.is_cut = true};
    open_pair(&q, PL_TURN_TCP);
    pl_turn_client_opened(q.client, 5 * PL_SECOND);
    g_assert_cmpuint(fake_port_count_kind(q.fake, FAKE_WRITE), ==, 1);
    pass(&q, 15 * PL_SECOND - 1);
    g_assert_null(q.cause);
    pass(&q, 15 * PL_SECOND);
    g_assert_cmpstr(q.cause, ==, "timeout");
    g_assert_cmpuint(fake_port_count_kind(q.fake, FAKE_WRITE), ==, 1); /* RFC 8489 §6.2.2: sent once */
    close_pair(&q);
}

static void the_causes_of_a_stream_have_names(void)
{
    for (int i = 0; i <= 2; i++) {
        static const char *const expected[] = {"refused", "closed", "closed"};
        pair p = {0};
        open_pair(&p, PL_TURN_TCP);
        if (i > 0)
            open_stream(&p);
        if (i == 1)
            pump(&p);
        if (i < 2) {
            fake_port_drop(p.fake, p.id);
            pl_turn_client_closed(p.client, i ? PL_CAUSE_RESET : PL_CAUSE_REFUSED, p.b.now);
        } else {
            pl_turn_client_fin(p.client, p.b.now);
        }
        g_assert_cmpstr(p.cause, ==, expected[i]);
        close_pair(&p);
    }
}

/* --- keeping it --- */

/* Three hours with a relay whose every part ages, and the words still pass. */
static void everything_is_refreshed(void)
{
    for (int tcp = 0; tcp <= 1; tcp++) {
        pair p = {0};
        open_pair(&p, tcp ? PL_TURN_TCP : PL_TURN_UDP);
        if (tcp)
            open_stream(&p);
        g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip, 0), ==, 0);
        g_assert_cmpint(pl_turn_client_bind(p.client, peer, 0), ==, 0);
        for (pl_time at = 0; at <= 3 * PL_HOUR; at += 7 * PL_SECOND) {
            pass(&p, at);
            words_from_peer(&p, "down");
            g_assert_cmpint(words_to_peer(&p, "up"), ==, 0);
            pump(&p);
        }
        size_t n = 3 * 3600 / 7 + 1;
        g_assert_cmpuint(p.received, ==, n);
        g_assert_cmpuint(turn_bench_stats(&p.b).relayed_datagrams, ==, 2 * n);
        g_assert_cmpuint(turn_bench_stats(&p.b).dropped_permission, ==, 0);
        g_assert_null(p.cause);
        g_assert_cmpuint(p.allocated, ==, 1);
        close_pair(&p);
    }
}

/* The method of the one request that is under way, and nothing else; answered at once. */
static uint16_t asked_now(pair *p)
{
    pl_stun stun;
    const fake_ask *sent = fake_port_take_kind(p->fake, FAKE_SEND);
    if (!sent)
        return 0;
    g_assert_cmpint(pl_stun_read(&stun, sent->data, sent->len), ==, 0);
    (void)pl_turn_server_datagram(p->b.server, outside, sent->data, sent->len, p->b.now);
    pump(p);
    return stun.method;
}

static void it_is_refreshed_a_minute_before_the_end(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    pass(&p, 540 * PL_SECOND - 1);
    pl_deadlines_run(&p.context.deadlines, 540 * PL_SECOND - 1);
    g_assert_cmpuint(asked_now(&p), ==, 0);
    pl_deadlines_run(&p.context.deadlines, 540 * PL_SECOND);
    g_assert_cmpuint(asked_now(&p), ==, PL_STUN_REFRESH);
    close_pair(&p);
}

static void a_permission_is_refreshed_after_240_seconds(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    pump(&p);
    g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip, 0), ==, 0);
    g_assert_cmpuint(asked_now(&p), ==, PL_STUN_CREATE_PERMISSION);
    pl_deadlines_run(&p.context.deadlines, 240 * PL_SECOND - 1);
    g_assert_cmpuint(asked_now(&p), ==, 0);
    p.b.now = 240 * PL_SECOND;
    pl_deadlines_run(&p.context.deadlines, p.b.now);
    g_assert_cmpuint(asked_now(&p), ==, PL_STUN_CREATE_PERMISSION);
    g_assert_cmpuint(asked_now(&p), ==, 0);
    close_pair(&p);
}

/* --- permissions and channels --- */

static void wishes_wait_for_the_allocation(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip, 0), ==, 0);
    g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip, 0), ==, 0); /* once is enough */
    g_assert_cmpuint(fake_port_count_kind(p.fake, FAKE_SEND), ==, 1);    /* the Allocate alone */
    pump(&p);
    words_from_peer(&p, "words");
    g_assert_cmpstr(p.words, ==, "words");
    close_pair(&p);
}

static void wishes_have_a_bound(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    for (uint32_t i = 0; i < PL_TURN_PERMISSIONS_MAX; i++)
        g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip + i, 0), ==, 0);
    g_assert_cmpint(pl_turn_client_permit(p.client, peer.ip + 100, 0), ==, PL_ERR_LIMIT);
    for (uint16_t i = 0; i < PL_TURN_CHANNELS_MAX; i++)
        g_assert_cmpint(pl_turn_client_bind(p.client, (pl_addr){peer.ip, (uint16_t)(i + 1)}, 0), ==, 0);
    g_assert_cmpint(pl_turn_client_bind(p.client, peer, 0), ==, PL_ERR_LIMIT);
    pass(&p, 1000 * PL_SECOND);
    g_assert_null(p.cause);
    close_pair(&p);
}

/* A peer's private candidate is not the relay's to reach; its others are. */
static void a_forbidden_address_holds_up_no_other(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    pl_turn_client_permit(p.client, 0xC0A80102, 0);
    pl_turn_client_permit(p.client, peer.ip, 0);
    pl_turn_client_bind(p.client, (pl_addr){0xC0A80102, 5000}, 0);
    pass(&p, PL_SECOND);
    words_from_peer(&p, "words");
    g_assert_cmpstr(p.words, ==, "words");
    g_assert_null(p.cause);
    close_pair(&p);
}

static void a_channel_saves_32_bytes(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    pump(&p);
    g_assert_cmpint(pl_turn_client_bind(p.client, peer, 0), ==, 0);
    const fake_ask *bind = fake_port_take_kind(p.fake, FAKE_SEND);
    g_assert_cmpint(words_to_peer(&p, "four"), ==, 0); /* not bound yet */
    g_assert_cmpuint(fake_port_take_kind(p.fake, FAKE_SEND)->len, ==, 40);
    (void)pl_turn_server_datagram(p.b.server, outside, bind->data, bind->len, 0);
    pump(&p);
    g_assert_cmpint(words_to_peer(&p, "four"), ==, 0);
    g_assert_cmpuint(fake_port_take_kind(p.fake, FAKE_SEND)->len, ==, 8);
    words_from_peer(&p, "words");
    g_assert_cmpstr(p.words, ==, "words");
    static const uint8_t large[PL_TURN_PAYLOAD_MAX + 1];
    g_assert_cmpint(pl_turn_client_send(p.client, peer, large, sizeof large), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_turn_client_send(p.client, peer, large, sizeof large - 1), ==, 0);
    close_pair(&p);
}

static void a_full_stream_loses_the_datagram(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_TCP);
    open_stream(&p);
    pl_turn_client_permit(p.client, peer.ip, 0);
    pump(&p);
    fake_port_set_write_room(p.fake, 10);
    g_assert_cmpint(words_to_peer(&p, "one"), ==, 0);
    g_assert_cmpint(words_to_peer(&p, "two"), ==, PL_ERR_AGAIN);
    g_assert_cmpuint(pl_turn_client_dropped(p.client), ==, 1);
    fake_port_set_write_room(p.fake, SIZE_MAX);
    pl_turn_client_writable(p.client, 0);
    g_assert_cmpint(words_to_peer(&p, "three"), ==, 0);
    pump(&p);
    g_assert_cmpuint(turn_bench_stats(&p.b).relayed_datagrams, ==, 2);
    close_pair(&p);
}

/* --- refusals --- */

static void refusals_have_names(void)
{
    static const struct {
        int64_t client_allocations, allocations_max;
        bool wrong_password;
        const char *cause;
    } cases[] = {{0, 10, false, "quota"}, {1, 0, false, "full"}, {1, 10, true, "unauthorized"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        pair p = {0};
        open_pair(&p, PL_TURN_UDP);
        p.b.config.turn_client_allocations = cases[i].client_allocations;
        p.b.config.turn_allocations_max = cases[i].allocations_max;
        if (cases[i].wrong_password) {
            pl_turn_client_free(p.client, 0);
            fake_port_skip(p.fake);
            pl_turn_account account = p.b.account;
            account.password[5] ^= 1;
            p.client = pl_turn_client_new(&(pl_turn_client_options){.context = &p.context,
                                                                    .server = relay,
                                                                    .account = account,
                                                                    .handler = &handler,
                                                                    .owner = &p},
                                          0);
        }
        pass(&p, PL_SECOND);
        g_assert_cmpstr(p.cause, ==, cases[i].cause);
        g_assert_cmpuint(p.allocated, ==, 0);
        close_pair(&p);
    }
}

static void a_lost_allocation_is_a_mismatch(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    pump(&p);
    turn_words away = {.method = PL_STUN_REFRESH, .lifetime = -1};
    g_assert_cmpint(turn_bench_prove(&p.b, outside, away), ==, 0);
    pass(&p, 540 * PL_SECOND);
    g_assert_cmpstr(p.cause, ==, "mismatch");
    close_pair(&p);
}

/* Nobody on the way can say that the allocation stands, or that it is gone. */
static void unsigned_answers_are_forged(void)
{
    static const uint16_t errors[] = {0, 437, 441, 486, 508, 403};
    pair p = {0};
    open_pair(&p, PL_TURN_UDP);
    const fake_ask *sent = fake_port_take_kind(p.fake, FAKE_SEND);
    (void)pl_turn_server_datagram(p.b.server, outside, sent->data, sent->len, 0);
    sent = fake_port_take_kind(p.b.fake, FAKE_SEND);
    g_assert_cmpint(pl_turn_client_datagram(p.client, (pl_addr){relay.ip, 1}, sent->data, sent->len, 0), ==,
                    PL_ERR_UNEXPECTED);
    (void)pl_turn_client_datagram(p.client, relay, sent->data, sent->len, 0);
    g_assert_cmpint(pl_turn_client_datagram(p.client, relay, sent->data, sent->len, 0), ==,
                    PL_ERR_UNEXPECTED); /* twice */
    sent = fake_port_take_kind(p.fake, FAKE_SEND);
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        uint8_t bytes[128];
        pl_writer writer;
        pl_writer_init(&writer, bytes, sizeof bytes);
        pl_stun_begin_method(&writer, PL_STUN_ALLOCATE, errors[i] ? PL_STUN_ERROR : PL_STUN_SUCCESS,
                             sent->data + 8);
        if (errors[i])
            pl_stun_add_error(&writer, errors[i]);
        else
            pl_stun_add_addr(&writer, PL_STUN_XOR_RELAYED, peer);
        g_assert_cmpint(pl_turn_client_datagram(p.client, relay, bytes, writer.len, 0), ==, PL_ERR_FORGED);
        pl_stun_add_integrity(&writer, (const uint8_t *)"not the key", 11);
        g_assert_cmpint(pl_turn_client_datagram(p.client, relay, bytes, writer.len, 0), ==, PL_ERR_FORGED);
    }
    g_assert_cmpuint(p.allocated, ==, 0);
    g_assert_null(p.cause);
    close_pair(&p);
}

static void noise_on_the_stream_ends_it(void)
{
    pair p = {0};
    open_pair(&p, PL_TURN_TCP);
    open_stream(&p);
    pump(&p);
    pl_turn_client_stream_data(p.client, (const uint8_t *)"HTTP", 4, 0);
    g_assert_cmpstr(p.cause, ==, "rejected");
    close_pair(&p);
}

/* --- the end --- */

static void freeing_gives_the_allocation_back(void)
{
    for (int tcp = 0; tcp <= 1; tcp++) {
        pair p = {0};
        open_pair(&p, tcp ? PL_TURN_TCP : PL_TURN_UDP);
        if (tcp)
            open_stream(&p);
        pump(&p);
        g_assert_cmpuint(turn_bench_stats(&p.b).allocations, ==, 1);
        pl_turn_client_free(p.client, 0);
        p.client = NULL;
        g_assert_cmpuint(fake_port_open_count(p.fake), ==, 0);
        pump(&p);
        g_assert_cmpuint(turn_bench_stats(&p.b).allocations, ==, 0);
        close_pair(&p);
    }
}

/* In whatever it hears the owner may free the client. */
static void the_owner_may_free_it_in_any_event(void)
{
    for (int tcp = 0; tcp <= 1; tcp++) {
        for (unsigned bit = 1; bit <= 4; bit *= 2) {
            pair p = {.free_in = bit};
            open_pair(&p, tcp ? PL_TURN_TCP : PL_TURN_UDP);
            if (bit == 2)
                p.b.config.turn_allocations_max = 0;
            if (tcp)
                open_stream(&p);
            pl_turn_client_permit(p.client, peer.ip, 0);
            pump(&p);
            if (bit == 4)
                words_from_peer(&p, "words");
            g_assert_null(p.client);
            pump(&p);
            g_assert_cmpuint(turn_bench_stats(&p.b).allocations, ==, 0);
            close_pair(&p);
        }
    }
    pair p = {.free_in = 2, .is_cut = true}; /* and from a deadline */
    open_pair(&p, PL_TURN_UDP);
    pass(&p, PL_MINUTE);
    g_assert_cmpstr(p.cause, ==, "timeout");
    g_assert_null(p.client);
    close_pair(&p);
}

/* There and back once: what the client answers to it stays on the way. */
static void pump_once(pair *p)
{
    const fake_ask *sent;
    size_t up, down;
    if (!p->accepted) {
        while ((sent = fake_port_take_kind(p->fake, FAKE_SEND)))
            (void)pl_turn_server_datagram(p->b.server, outside, sent->data, sent->len, p->b.now);
        while ((sent = fake_port_take_kind(p->b.fake, FAKE_SEND)))
            (void)pl_turn_client_datagram(p->client, relay, sent->data, sent->len, p->b.now);
        return;
    }
    const uint8_t *bytes = fake_port_written(p->fake, p->id, &up);
    pl_turn_server_stream_data(p->b.server, p->accepted, bytes, up, p->b.now);
    bytes = fake_port_written(p->b.fake, p->accepted, &down);
    pl_turn_client_stream_data(p->client, bytes, down, p->b.now);
}

/* An Allocate that is on its way may be granted to who has left: so it is given back behind it. */
static void what_is_asked_for_is_given_back_too(void)
{
    for (int tcp = 0; tcp <= 1; tcp++) {
        pair p = {0};
        open_pair(&p, tcp ? PL_TURN_TCP : PL_TURN_UDP);
        if (tcp)
            open_stream(&p);
        pump_once(&p); /* the challenge is there, the proved request leaves */
        g_assert_cmpuint(p.allocated, ==, 0);
        pl_turn_client_free(p.client, 0);
        p.client = NULL;
        pump(&p);
        g_assert_cmpuint(turn_bench_stats(&p.b).allocations, ==, 0);
        close_pair(&p);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/turn-client/two-exchanges", it_allocates_in_two_exchanges);
    g_test_add_func("/nat/turn-client/stream", the_same_over_a_stream);
    g_test_add_func("/nat/turn-client/no-socket", without_a_socket_there_is_no_client);
    g_test_add_func("/nat/turn-client/39500-ms", silence_by_udp_takes_39_and_a_half_seconds);
    g_test_add_func("/nat/turn-client/fewer-tries", fewer_tries_take_less);
    g_test_add_func("/nat/turn-client/lost-answer", a_lost_answer_is_asked_for_again);
    g_test_add_func("/nat/turn-client/stream-patience", a_stream_has_21_seconds_to_open_and_10_to_answer);
    g_test_add_func("/nat/turn-client/stream-causes", the_causes_of_a_stream_have_names);
    g_test_add_func("/nat/turn-client/three-hours", everything_is_refreshed);
    g_test_add_func("/nat/turn-client/refresh-540-s", it_is_refreshed_a_minute_before_the_end);
    g_test_add_func("/nat/turn-client/permission-240-s", a_permission_is_refreshed_after_240_seconds);
    g_test_add_func("/nat/turn-client/wishes-wait", wishes_wait_for_the_allocation);
    g_test_add_func("/nat/turn-client/wishes-bounded", wishes_have_a_bound);
    g_test_add_func("/nat/turn-client/forbidden-address", a_forbidden_address_holds_up_no_other);
    g_test_add_func("/nat/turn-client/channel", a_channel_saves_32_bytes);
    g_test_add_func("/nat/turn-client/full-stream", a_full_stream_loses_the_datagram);
    g_test_add_func("/nat/turn-client/refusals", refusals_have_names);
    g_test_add_func("/nat/turn-client/mismatch", a_lost_allocation_is_a_mismatch);
    g_test_add_func("/nat/turn-client/unsigned", unsigned_answers_are_forged);
    g_test_add_func("/nat/turn-client/noise", noise_on_the_stream_ends_it);
    g_test_add_func("/nat/turn-client/given-back", freeing_gives_the_allocation_back);
    g_test_add_func("/nat/turn-client/freed-in-any-event", the_owner_may_free_it_in_any_event);
    g_test_add_func("/nat/turn-client/asked-for-is-given-back-too", what_is_asked_for_is_given_back_too);
    return g_test_run();
}
