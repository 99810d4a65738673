#include "tests/support/turn_bench.h"

#include <glib.h>
#include <string.h>

void turn_bench_open(turn_bench *b)
{
    b->fake = fake_port_new();
    if (b->config.turn_tries == 0) /* unless the test has set it */
        pl_config_init(&b->config);
    b->context = (pl_context){.port = fake_port_of(b->fake),
                              .config = &b->config,
                              .suite = &pl_suite_real,
                              .epoch = TURN_BENCH_EPOCH};
    pl_deadlines_init(&b->context.deadlines);
    const pl_port *port = &b->context.port;
    g_assert_cmpint(port->ops->udp_bind(port->ctx, 33033, &b->socket), ==, 0);
    b->server = pl_turn_server_new(&(pl_turn_server_options){
        .context = &b->context, .own_address = {TURN_BENCH_IP, 33033}, .socket = b->socket});
    pl_turn_server_account(b->server, "alice", &b->account, b->now);
    fake_port_skip(b->fake);
}

void turn_bench_close(turn_bench *b)
{
    pl_turn_server_free(b->server);
    g_assert_cmpuint(fake_port_open_count(b->fake), ==, 1); /* the main socket is not the relay's */
    g_assert_cmpint(pl_deadlines_next(&b->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&b->context.deadlines);
    fake_port_free(b->fake);
}

void turn_bench_pass(turn_bench *b, pl_time at)
{
    while (pl_deadlines_next(&b->context.deadlines) <= at)
        pl_deadlines_run(&b->context.deadlines, pl_deadlines_next(&b->context.deadlines));
    b->now = at;
}

int turn_bench_throw(turn_bench *b, pl_addr from, turn_words words)
{
    uint8_t bytes[TURN_WORDS_MAX];
    size_t len = turn_words_write(bytes, &words);
    return pl_turn_server_datagram(b->server, from, bytes, len, b->now);
}

int turn_bench_ask(turn_bench *b, pl_addr from, turn_words words)
{
    if (words.number == 0)
        words.number = ++b->number;
    fake_port_skip(b->fake);
    (void)turn_bench_throw(b, from, words);
    g_assert_cmpuint(fake_port_count_kind(b->fake, FAKE_SEND), <=, 1);
    const fake_ask *sent = fake_port_take_kind(b->fake, FAKE_SEND);
    if (!sent)
        return -1;
    g_assert_cmpuint(sent->id, ==, b->socket);
    g_assert_true(pl_addr_equal(sent->to, from));
    g_assert_cmpuint(sent->len, <=, 128);
    g_assert_cmpint(pl_stun_read(&b->answer, sent->data, sent->len), ==, 0);
    g_assert_cmpuint(b->answer.method, ==, words.method);
    g_assert_cmpuint(b->answer.id[0], ==, words.number);
    b->answer_bytes = sent->data;
    b->answer_len = sent->len;
    return b->answer.kind == PL_STUN_SUCCESS ? 0 : b->answer.error;
}

void turn_bench_nonce(turn_bench *b, pl_addr from, uint8_t ret_nonce[16])
{
    static const uint8_t wrong[16] = "0123456789abcdef";
    turn_words words = {.method = PL_STUN_REFRESH, .account = &b->account, .nonce = wrong};
    g_assert_cmpint(turn_bench_ask(b, from, words), ==, PL_STUN_ERROR_STALE_NONCE);
    g_assert_cmpuint(b->answer.nonce.len, ==, 16);
    memcpy(ret_nonce, b->answer.nonce.data, 16);
}

/* The nonce of these ten minutes, which costs an answer to a stranger once. */
static const uint8_t *fresh_nonce(turn_bench *b, pl_addr from)
{
    int64_t epoch = b->now / (600 * PL_SECOND);
    for (size_t i = 0; i < b->n_known; i++) {
        if (pl_addr_equal(b->known[i].from, from) && b->known[i].epoch == epoch)
            return b->known[i].nonce;
    }
    turn_bench_nonces *known = &b->known[b->n_known++ % G_N_ELEMENTS(b->known)];
    b->n_known = MIN(b->n_known, G_N_ELEMENTS(b->known));
    *known = (turn_bench_nonces){.from = from, .epoch = epoch};
    turn_bench_nonce(b, from, known->nonce);
    return known->nonce;
}

int turn_bench_prove(turn_bench *b, pl_addr from, turn_words words)
{
    words.nonce = fresh_nonce(b, from);
    words.account = words.account ? words.account : &b->account;
    return turn_bench_ask(b, from, words);
}

pl_addr turn_bench_allocate(turn_bench *b, pl_addr from)
{
    turn_words words = {.method = PL_STUN_ALLOCATE, .with_transport = true};
    g_assert_cmpint(turn_bench_prove(b, from, words), ==, 0);
    return b->answer.relayed;
}

pl_id turn_bench_last_socket(const turn_bench *b)
{
    pl_id last = 0, id;
    for (size_t n = 0; (id = fake_port_nth_id(b->fake, n)) != 0; n++)
        last = id;
    return last;
}

int turn_bench_permit(turn_bench *b, pl_addr from, uint32_t ip)
{
    pl_addr peer = {ip, 9};
    turn_words words = {.method = PL_STUN_CREATE_PERMISSION, .peers = &peer, .n_peers = 1};
    return turn_bench_prove(b, from, words);
}

pl_turn_server_stats turn_bench_stats(const turn_bench *b)
{
    pl_turn_server_stats stats;
    pl_turn_server_statistics(b->server, &stats);
    return stats;
}
