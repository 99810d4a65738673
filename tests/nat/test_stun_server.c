/* The supernode's side of discovery: what it answers, to whom, how often, and what it refuses. */
#include "core/nat/stun/stun_server.h"

#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/nat/discovery/discovery.h"
#include "core/nat/rate_limit.h"
#include "core/nat/stun/stun.h"
#include "tests/support/fake_port.h"

#define OWN_IP     0xC0000201u                                   /* 192.0.2.1 */
#define PARTNER_IP 0xC0000202u                                   /* 192.0.2.2 */
static const pl_addr client = {.ip = 0xC6336407, .port = 40007}; /* 198.51.100.7 */

typedef struct bench {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_stun_server *server;
    pl_id p1, p2;
    /* What the owner was asked. */
    size_t changes;
    pl_addr change_target;
    uint8_t change_id[12];
    bool change_from_port_2;
} bench;

static void on_change(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2)
{
    bench *b = owner;
    b->changes++;
    b->change_target = target;
    memcpy(b->change_id, stun_id, 12);
    b->change_from_port_2 = from_port_2;
}

static void open_bench(bench *b)
{
    if (!b->fake)
        b->fake = fake_port_new();
    pl_config_init(&b->config);
    b->context = (pl_context){.port = fake_port_of(b->fake), .config = &b->config, .suite = &pl_suite_real};
    pl_deadlines_init(&b->context.deadlines);
    b->server = pl_stun_server_new(
        &(pl_stun_server_options){.context = &b->context, .own_ip = OWN_IP, .change = on_change, .owner = b});
    b->p1 = fake_port_nth_id(b->fake, 0);
    b->p2 = fake_port_nth_id(b->fake, 1);
    fake_port_skip(b->fake);
}

static void close_bench(bench *b)
{
    pl_stun_server_free(b->server);
    g_assert_cmpuint(fake_port_open_count(b->fake), ==, 0);
    pl_deadlines_clear(&b->context.deadlines);
    fake_port_free(b->fake);
}

static const uint8_t stun_id[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

typedef struct request {
    uint32_t cookie; /* 0 = PL_STUN_MAGIC */
    uint32_t change;
    const uint8_t *nonce; /* 16 bytes, or NULL */
    size_t padded_to;
} request;

static size_t make_request(request wanted, uint8_t *out, size_t size)
{
    static const uint8_t filler[PL_STUN_BYTES_MAX];
    pl_writer writer;
    pl_writer_init(&writer, out, size);
    pl_stun_begin(&writer, PL_STUN_REQUEST, wanted.cookie ? wanted.cookie : PL_STUN_MAGIC, stun_id);
    if (wanted.change)
        pl_stun_add_change(&writer, wanted.change);
    if (wanted.nonce)
        pl_stun_add(&writer, PL_STUN_NONCE, wanted.nonce, 16);
    if (writer.len + 4 <= wanted.padded_to)
        pl_stun_add(&writer, PL_STUN_SOFTWARE, filler, wanted.padded_to - writer.len - 4);
    g_assert_false(writer.failed);
    return writer.len;
}

static int ask(bench *b, pl_id socket, pl_addr from, request wanted, pl_time now)
{
    uint8_t bytes[256];
    size_t len = make_request(wanted, bytes, sizeof bytes);
    return pl_stun_server_input(b->server, socket, from, bytes, len, now);
}

/* Takes the one answer; checks what every answer must keep. */
static const fake_ask *take_answer(bench *b, pl_stun *ret_stun)
{
    g_assert_cmpuint(fake_port_count(b->fake), ==, 1);
    const fake_ask *sent = fake_port_take_kind(b->fake, FAKE_SEND);
    g_assert_nonnull(sent);
    g_assert_cmpuint(sent->len, <=, 128);
    g_assert_cmpint(pl_stun_read(ret_stun, sent->data, sent->len), ==, 0);
    g_assert_true(memcmp(ret_stun->id, stun_id, 12) == 0);
    g_assert_cmpuint(ret_stun->n_unknown, ==, 0);
    return sent;
}

static void learn_nonce(bench *b, pl_addr addr, uint8_t ret_nonce[16], pl_time now)
{
    pl_stun stun;
    g_assert_cmpint(ask(b, b->p1, addr, (request){.padded_to = PL_STUN_FULL_BYTES}, now), ==, 0);
    take_answer(b, &stun);
    g_assert_cmpuint(stun.nonce.len, ==, 16);
    memcpy(ret_nonce, stun.nonce.data, 16);
}

static void a_plain_request_is_answered_from_where_it_was_asked(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    for (int second = 0; second <= 1; second++) {
        pl_stun stun;
        pl_id socket = second ? b.p2 : b.p1;
        g_assert_cmpint(ask(&b, socket, client, (request){.padded_to = 76}, 0), ==, 0);
        const fake_ask *sent = take_answer(&b, &stun);
        g_assert_cmpuint(sent->id, ==, socket);
        g_assert_true(pl_addr_equal(sent->to, client));
        g_assert_cmpint((int)stun.kind, ==, PL_STUN_SUCCESS);
        g_assert_true(pl_addr_equal(stun.xor_mapped, client));
        g_assert_true(pl_addr_equal(stun.origin, (pl_addr){OWN_IP, second ? 3479 : 3478}));
        g_assert_true(pl_addr_equal(stun.other, (pl_addr){PARTNER_IP, second ? 3478 : 3479}));
        g_assert_cmpuint(sent->len, ==, 76);
    }
    close_bench(&b);
}

static void without_a_partner_there_is_no_other_address(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun stun;
    ask(&b, b.p1, client, (request){.padded_to = 76}, 0);
    take_answer(&b, &stun);
    g_assert_false(pl_stun_has(&stun, PL_STUN_OTHER_ADDRESS));
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    pl_stun_server_set_partner(b.server, 0);
    ask(&b, b.p1, client, (request){.padded_to = 76}, 0);
    take_answer(&b, &stun);
    g_assert_false(pl_stun_has(&stun, PL_STUN_OTHER_ADDRESS));
    close_bench(&b);
}

static void an_answer_grows_beyond_its_request_by_no_nonce(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    for (size_t padded_to = 20; padded_to <= 96; padded_to += 4) {
        pl_stun stun;
        pl_time now = (pl_time)padded_to * PL_SECOND;
        g_assert_cmpint(ask(&b, b.p1, client, (request){.padded_to = padded_to}, now), ==, 0);
        const fake_ask *sent = take_answer(&b, &stun);
        g_assert_cmpint(pl_stun_has(&stun, PL_STUN_NONCE), ==, padded_to >= 76);
        g_assert_cmpuint(sent->len, ==, padded_to >= 76 ? 76 : 56);
    }
    close_bench(&b);
}

static void a_classic_client_is_answered_in_its_language(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    pl_stun stun;
    g_assert_cmpint(ask(&b, b.p1, client, (request){.cookie = 0xDEADBEEF, .padded_to = 96}, 0), ==, 0);
    take_answer(&b, &stun);
    g_assert_cmpuint(stun.cookie, ==, 0xDEADBEEF);
    g_assert_true(pl_addr_equal(stun.mapped, client));
    g_assert_true(pl_addr_equal(stun.source, (pl_addr){OWN_IP, 3478}));
    g_assert_true(pl_addr_equal(stun.changed, (pl_addr){PARTNER_IP, 3479}));
    g_assert_false(pl_stun_has(&stun, PL_STUN_XOR_MAPPED));
    g_assert_false(pl_stun_has(&stun, PL_STUN_NONCE));
    close_bench(&b);
}

/* A spoofed source cannot have the nonce, so a change never makes us or the partner send to a victim more
 * than the refusal that any request costs. */
static void a_change_without_a_nonce_is_refused(void)
{
    static const uint32_t changes[] = {2, 4, 6};
    static const uint8_t wrong[16] = "0123456789abcdef";
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        pl_stun stun;
        g_assert_cmpint(ask(&b, b.p1, client, (request){.change = changes[i]}, 0), ==, PL_ERR_UNEXPECTED);
        const fake_ask *sent = take_answer(&b, &stun);
        g_assert_cmpuint(stun.error, ==, PL_STUN_ERROR_STALE_NONCE);
        g_assert_cmpuint(sent->id, ==, b.p1);
        g_assert_cmpuint(sent->len, ==, 28);
        request forged = {.change = changes[i], .nonce = wrong};
        g_assert_cmpint(ask(&b, b.p1, client, forged, 0), ==, PL_ERR_FORGED);
        sent = take_answer(&b, &stun);
        g_assert_cmpuint(stun.error, ==, PL_STUN_ERROR_STALE_NONCE);
        g_assert_cmpuint(sent->len, ==, 48); /* as long as the request, with a fresh nonce */
        request classic = {.change = changes[i], .cookie = 0xDEADBEEF};
        g_assert_cmpint(ask(&b, b.p1, client, classic, 0), ==, PL_ERR_UNEXPECTED);
        take_answer(&b, &stun);
    }
    g_assert_cmpuint(b.changes, ==, 0);
    close_bench(&b);
}

static void a_nonce_is_good_for_its_own_endpoint_only(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t nonce[16];
    pl_stun stun;
    learn_nonce(&b, client, nonce, 0);
    pl_addr others[] = {{client.ip + 1, client.port}, {client.ip, (uint16_t)(client.port + 1)}};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        request stolen = {.change = PL_STUN_CHANGE_PORT, .nonce = nonce};
        g_assert_cmpint(ask(&b, b.p1, others[i], stolen, 0), ==, PL_ERR_FORGED);
        g_assert_cmpuint(take_answer(&b, &stun)->id, ==, b.p1);
    }
    close_bench(&b);
}

static void a_nonce_lives_one_to_two_epochs(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t nonce[16];
    request change = {.change = PL_STUN_CHANGE_PORT, .nonce = nonce};
    pl_stun stun;
    learn_nonce(&b, client, nonce, 60 * PL_SECOND - 1);
    g_assert_cmpint(ask(&b, b.p1, client, change, 120 * PL_SECOND - 1), ==, 0);
    g_assert_cmpuint(take_answer(&b, &stun)->id, ==, b.p2);
    g_assert_cmpint(ask(&b, b.p1, client, change, 120 * PL_SECOND), ==, PL_ERR_FORGED);
    take_answer(&b, &stun);
    close_bench(&b);
}

static void a_change_of_port_comes_from_the_other_port(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t nonce[16];
    pl_stun stun;
    learn_nonce(&b, client, nonce, 0);
    request change = {.change = PL_STUN_CHANGE_PORT, .nonce = nonce};
    g_assert_cmpint(ask(&b, b.p1, client, change, 0), ==, 0);
    const fake_ask *sent = take_answer(&b, &stun);
    g_assert_cmpuint(sent->id, ==, b.p2);
    g_assert_true(pl_addr_equal(sent->to, client));
    g_assert_true(pl_addr_equal(stun.origin, (pl_addr){OWN_IP, 3479}));
    g_assert_cmpint(ask(&b, b.p2, client, change, 0), ==, 0);
    g_assert_cmpuint(take_answer(&b, &stun)->id, ==, b.p1);
    close_bench(&b);
}

static void a_change_of_address_is_asked_of_the_owner(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    uint8_t nonce[16];
    learn_nonce(&b, client, nonce, 0);
    static const struct {
        bool at_p2;
        uint32_t change;
        bool from_port_2;
    } cases[] = {{false, 6, true}, {false, 4, false}, {true, 6, false}, {true, 4, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        pl_id socket = cases[i].at_p2 ? b.p2 : b.p1;
        request change = {.change = cases[i].change, .nonce = nonce};
        g_assert_cmpint(ask(&b, socket, client, change, 0), ==, 0);
        g_assert_cmpuint(fake_port_count(b.fake), ==, 0); /* we ourselves say nothing */
        g_assert_cmpuint(b.changes, ==, i + 1);
        g_assert_true(pl_addr_equal(b.change_target, client));
        g_assert_true(memcmp(b.change_id, stun_id, 12) == 0);
        g_assert_cmpint(b.change_from_port_2, ==, cases[i].from_port_2);
    }
    close_bench(&b);
}

/* Silence would be taken for a filter. */
static void who_cannot_change_says_so(void)
{
    bench b = {.fake = fake_port_new()};
    fake_port_refuse_port(b.fake, PL_PROTOCOL_UDP, PL_STUN_PORT_2, PL_ERR_IN_USE);
    open_bench(&b);
    g_assert_cmpuint(b.p2, ==, 0);
    g_assert_cmpuint(fake_port_count_events(b.fake, PL_EVENT_PORT_UNAVAILABLE), ==, 1);
    g_assert_cmpint(fake_port_event(b.fake, 0)->value[1].number, ==, 3479);
    uint8_t nonce[16];
    learn_nonce(&b, client, nonce, 0);
    static const uint32_t changes[] = {2, 4, 6};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        pl_stun stun;
        request change = {.change = changes[i], .nonce = nonce};
        g_assert_cmpint(ask(&b, b.p1, client, change, 0), ==, 0);
        const fake_ask *sent = take_answer(&b, &stun);
        g_assert_cmpuint(stun.error, ==, PL_STUN_ERROR_UNKNOWN_ATTRIBUTE);
        g_assert_true(pl_stun_has(&stun, PL_STUN_UNKNOWN_ATTRIBUTES));
        g_assert_cmpuint(sent->data[sent->len - 3], ==, 3); /* CHANGE-REQUEST, then two bytes of padding */
    }
    g_assert_cmpuint(b.changes, ==, 0);
    close_bench(&b);
}

static void the_partner_has_one_answer_sent(void)
{
    bench b = {0};
    open_bench(&b);
    for (int port_2 = 0; port_2 <= 1; port_2++) {
        pl_stun stun;
        pl_stun_server_answer_for_partner(b.server, client, stun_id, port_2 == 1, 0);
        const fake_ask *sent = take_answer(&b, &stun);
        g_assert_cmpuint(sent->id, ==, port_2 ? b.p2 : b.p1);
        g_assert_true(pl_addr_equal(sent->to, client));
        g_assert_true(pl_addr_equal(stun.xor_mapped, client));
        g_assert_true(pl_addr_equal(stun.origin, (pl_addr){OWN_IP, port_2 ? 3479 : 3478}));
    }
    pl_stun_server_answer_for_partner(b.server, (pl_addr){0, 1}, stun_id, true, 0);
    pl_stun_server_answer_for_partner(b.server, (pl_addr){1, 0}, stun_id, true, 0);
    g_assert_cmpuint(fake_port_count(b.fake), ==, 0);
    close_bench(&b);
}

static size_t make_elsewhere(uint8_t *out, size_t size, uint16_t port, const uint8_t *nonce)
{
    pl_writer writer;
    pl_writer_init(&writer, out, size);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, stun_id);
    pl_stun_add_u32(&writer, PL_STUN_RESPONSE_PORT, (uint32_t)port << 16);
    if (nonce)
        pl_stun_add(&writer, PL_STUN_NONCE, nonce, 16);
    pl_stun_add_padding(&writer);
    g_assert_false(writer.failed);
    return writer.len;
}

/* RFC 5780 §7.5: to another port of the same address, for who has heard us there; others may share it. */
static void an_answer_is_directed_by_whom_we_know_only(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t nonce[16], bytes[128];
    pl_stun stun;
    size_t len = make_elsewhere(bytes, sizeof bytes, 999, NULL);
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, bytes, len, 0), ==, 0);
    const fake_ask *sent = take_answer(&b, &stun);
    g_assert_true(pl_addr_equal(sent->to, client));
    g_assert_cmpuint(stun.error, ==, PL_STUN_ERROR_STALE_NONCE);
    g_assert_cmpuint(sent->len, <=, len);

    learn_nonce(&b, client, nonce, 0);
    len = make_elsewhere(bytes, sizeof bytes, 999, nonce);
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, bytes, len, 0), ==, 0);
    sent = take_answer(&b, &stun);
    g_assert_true(pl_addr_equal(sent->to, (pl_addr){client.ip, 999}));
    g_assert_cmpint((int)stun.kind, ==, PL_STUN_SUCCESS);
    g_assert_cmpuint(sent->len, <=, len);

    nonce[3] ^= 1;
    len = make_elsewhere(bytes, sizeof bytes, 999, nonce);
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, bytes, len, 0), ==, PL_ERR_FORGED);
    sent = take_answer(&b, &stun);
    g_assert_true(pl_addr_equal(sent->to, client));
    close_bench(&b);
}

static void unknown_attributes_are_named_in_a_420(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t bytes[64];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, stun_id);
    /* PADDING (RFC 5780 §7.6) would make us send long answers: we do not know it. */
    pl_write_bytes(&writer, "\x00\x26\x00\x02\x12\x34\x00\x00", 8);
    bytes[3] = 8;
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, bytes, writer.len, 0), ==, 0);
    pl_stun stun;
    const fake_ask *sent = take_answer(&b, &stun);
    g_assert_true(pl_addr_equal(sent->to, client));
    g_assert_cmpuint(stun.error, ==, 420);
    g_assert_cmpuint(sent->len, ==, 36);
    g_assert_cmpuint(sent->data[33], ==, 0x26);
    close_bench(&b);
}

/* Two servers that answered each other's answers would do so for ever. */
static void only_requests_are_answered(void)
{
    bench b = {0};
    open_bench(&b);
    for (int kind = PL_STUN_INDICATION; kind <= PL_STUN_ERROR; kind++) {
        uint8_t bytes[20];
        pl_writer writer;
        pl_writer_init(&writer, bytes, sizeof bytes);
        pl_stun_begin(&writer, (pl_stun_class)kind, PL_STUN_MAGIC, stun_id);
        g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, bytes, 20, 0), ==, PL_ERR_UNEXPECTED);
    }
    static const uint8_t allocate[20] = {0, 3, 0, 0, 0x21, 0x12, 0xA4, 0x42};
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, allocate, 20, 0), ==, PL_ERR_UNEXPECTED);
    static const uint8_t noise[24] = "this is no STUN message";
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, noise, 24, 0), <, 0);
    g_assert_cmpint(pl_stun_server_input(b.server, b.p1, client, noise, 0, 0), ==, PL_ERR_SHORT);
    g_assert_cmpint(ask(&b, b.p1, (pl_addr){0, 5}, (request){0}, 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(ask(&b, b.p1, (pl_addr){5, 0}, (request){0}, 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpuint(fake_port_count(b.fake), ==, 0);
    close_bench(&b);
}

/* 20 a second (the default): a burst of 20, then one every 50 ms. */
static void one_source_gets_its_rate(void)
{
    bench b = {0};
    open_bench(&b);
    pl_time start = 7 * PL_SECOND;
    for (int i = 0; i < 20; i++)
        g_assert_cmpint(ask(&b, b.p1, client, (request){0}, start), ==, 0);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, start), ==, PL_ERR_LIMIT);
    g_assert_cmpuint(fake_port_count_kind(b.fake, FAKE_SEND), ==, 20);
    /* Another port of the same address is the same source; another address is not. */
    pl_addr same = {client.ip, 1}, other = {client.ip + 1, 1};
    g_assert_cmpint(ask(&b, b.p1, same, (request){0}, start), ==, PL_ERR_LIMIT);
    g_assert_cmpint(ask(&b, b.p1, other, (request){0}, start), ==, 0);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, start + 50 * PL_MILLISECOND - 1), ==, PL_ERR_LIMIT);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, start + 50 * PL_MILLISECOND), ==, 0);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, start + 50 * PL_MILLISECOND), ==, PL_ERR_LIMIT);
    close_bench(&b);
}

static void changes_count_towards_the_rate(void)
{
    bench b = {0};
    open_bench(&b);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    uint8_t nonce[16];
    learn_nonce(&b, client, nonce, 0);
    request change = {.change = 6, .nonce = nonce};
    for (int i = 0; i < 30; i++)
        ask(&b, b.p1, client, change, 0);
    g_assert_cmpuint(b.changes, ==, 19);
    for (int i = 0; i < 30; i++)
        pl_stun_server_answer_for_partner(b.server, (pl_addr){client.ip + 9, 9}, stun_id, true, 0);
    g_assert_cmpuint(fake_port_count_kind(b.fake, FAKE_SEND), ==, 20);
    close_bench(&b);
}

/* A flood from ever new sources gets no more than 50 sources would, and 128 bytes an answer. */
static void all_sources_together_are_capped(void)
{
    bench b = {0};
    open_bench(&b);
    size_t answered = 0;
    for (uint32_t i = 0; i < 100000; i++)
        answered += ask(&b, b.p1, (pl_addr){0x0B000000 + i, 53}, (request){0}, 0) == 0;
    g_assert_cmpuint(answered, ==, 1000);
    g_assert_cmpuint(fake_port_count_kind(b.fake, FAKE_SEND), ==, 1000);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, PL_MILLISECOND - 1), ==, PL_ERR_LIMIT);
    g_assert_cmpint(ask(&b, b.p1, client, (request){0}, PL_MILLISECOND), ==, 0);
    close_bench(&b);
}

/* Being pushed out of the table by others gives nobody a fresh bucket. */
static void a_crowd_does_not_wash_a_source_out(void)
{
    pl_rate_limit limit;
    pl_rate_limit_init(&limit, 20, 12345);
    size_t answered = 0;
    for (uint32_t round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < 2000; i++)
            answered += pl_rate_limit_take(&limit, 0x0C000000 + i, 0) == 0;
        limit.all_full_at = 0; /* the cap is not what is tested here */
    }
    g_assert_cmpuint(answered, <=, PL_RATE_LIMIT_SETS * PL_RATE_LIMIT_PLACES * 20);
    g_assert_cmpuint(answered, >, PL_RATE_LIMIT_SETS * 20);
}

static void each_request_makes_at_most_one_packet(void)
{
    bench b = {0};
    open_bench(&b);
    uint8_t bytes[256];
    static const uint8_t wrong[16] = "0123456789abcdef";
    size_t len = make_request((request){.change = 6, .nonce = wrong, .padded_to = 96}, bytes, sizeof bytes);
    pl_stun_server_set_partner(b.server, PARTNER_IP);
    for (size_t at = 0; at < len; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t before = bytes[at];
            bytes[at] = (uint8_t)value;
            pl_time now = (pl_time)(at * 256 + value) * PL_SECOND;
            (void)pl_stun_server_input(b.server, b.p1, client, bytes, len, now);
            g_assert_cmpuint(fake_port_count(b.fake), <=, 1);
            const fake_ask *sent = fake_port_take(b.fake);
            g_assert_true(!sent || (sent->id == b.p1 && pl_addr_equal(sent->to, client) && sent->len <= 128));
            bytes[at] = before;
        }
    }
    g_assert_cmpuint(b.changes, ==, 0);
    close_bench(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/stun-server/plain", a_plain_request_is_answered_from_where_it_was_asked);
    g_test_add_func("/nat/stun-server/no-partner-no-other-address",
                    without_a_partner_there_is_no_other_address);
    g_test_add_func("/nat/stun-server/nonce-only-if-padded", an_answer_grows_beyond_its_request_by_no_nonce);
    g_test_add_func("/nat/stun-server/classic", a_classic_client_is_answered_in_its_language);
    g_test_add_func("/nat/stun-server/change-without-nonce", a_change_without_a_nonce_is_refused);
    g_test_add_func("/nat/stun-server/nonce-of-another", a_nonce_is_good_for_its_own_endpoint_only);
    g_test_add_func("/nat/stun-server/nonce-ages", a_nonce_lives_one_to_two_epochs);
    g_test_add_func("/nat/stun-server/change-port", a_change_of_port_comes_from_the_other_port);
    g_test_add_func("/nat/stun-server/change-address", a_change_of_address_is_asked_of_the_owner);
    g_test_add_func("/nat/stun-server/cannot-change", who_cannot_change_says_so);
    g_test_add_func("/nat/stun-server/answer-for-partner", the_partner_has_one_answer_sent);
    g_test_add_func("/nat/stun-server/response-port", an_answer_is_directed_by_whom_we_know_only);
    g_test_add_func("/nat/stun-server/unknown-attributes", unknown_attributes_are_named_in_a_420);
    g_test_add_func("/nat/stun-server/only-requests", only_requests_are_answered);
    g_test_add_func("/nat/stun-server/rate-of-one", one_source_gets_its_rate);
    g_test_add_func("/nat/stun-server/rate-of-changes", changes_count_towards_the_rate);
    g_test_add_func("/nat/stun-server/rate-of-all", all_sources_together_are_capped);
    g_test_add_func("/nat/stun-server/no-washing-out", a_crowd_does_not_wash_a_source_out);
    g_test_add_func("/nat/stun-server/at-most-one-packet", each_request_makes_at_most_one_packet);
    return g_test_run();
}
