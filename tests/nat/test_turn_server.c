/* The relay: whom it serves, what it forwards, how long, how much, and what it refuses (RFC 8656). */
#include <glib.h>
#include <string.h>

#include "core/nat/turn/allocation.h"
#include "tests/support/turn_bench.h"

static const pl_addr client = {.ip = 0x51000007, .port = 40007}; /* 81.0.0.7 */
static const pl_addr other = {.ip = 0x51000008, .port = 40008};  /* 81.0.0.8 */
static const pl_addr peer = {.ip = 0x52000001, .port = 5000};    /* 82.0.0.1 */

static const turn_words allocate = {.method = PL_STUN_ALLOCATE, .with_transport = true};

/* A datagram of a peer reaches the relayed socket: what the client gets, NULL if nothing. */
static const fake_ask *reaches(turn_bench *b, pl_id socket, pl_addr from, const char *text)
{
    fake_port_skip(b->fake);
    pl_turn_server_relayed(b->server, socket, from, (const uint8_t *)text, strlen(text), b->now);
    g_assert_cmpuint(fake_port_count(b->fake), <=, 1);
    return fake_port_take_kind(b->fake, FAKE_SEND);
}

/* A Send indication of a client: what goes out of a relayed socket, NULL if nothing. */
static const fake_ask *leaves(turn_bench *b, pl_addr from, pl_addr to, const char *text)
{
    fake_port_skip(b->fake);
    (void)turn_bench_throw(
        b, from,
        (turn_words){
            .method = PL_STUN_SEND, .kind = PL_STUN_INDICATION, .peers = &to, .n_peers = 1, .data = text});
    g_assert_cmpuint(fake_port_count(b->fake), <=, 1);
    return fake_port_take_kind(b->fake, FAKE_SEND);
}

static void expect_bytes(const fake_ask *sent, const char *text)
{
    g_assert_nonnull(sent);
    g_assert_cmpuint(sent->len, ==, strlen(text));
    g_assert_true(memcmp(sent->data, text, sent->len) == 0);
}

static void expect_indication(const fake_ask *sent, pl_addr to, pl_addr from, const char *text)
{
    pl_stun stun;
    g_assert_nonnull(sent);
    g_assert_true(pl_addr_equal(sent->to, to));
    g_assert_cmpint(pl_stun_read(&stun, sent->data, sent->len), ==, 0);
    g_assert_cmpuint(stun.method, ==, PL_STUN_DATA_METHOD);
    g_assert_cmpint((int)stun.kind, ==, PL_STUN_INDICATION);
    g_assert_cmpuint(stun.n_peers, ==, 1);
    g_assert_true(pl_addr_equal(stun.peers[0], from));
    g_assert_true(stun.data.len == strlen(text) && memcmp(stun.data.data, text, stun.data.len) == 0);
}

/* --- who (RFC 8489 §9.2) --- */

static void without_proof_there_is_a_challenge(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_words words = allocate;
    words.padded_to = PL_TURN_CHALLENGE_BYTES;
    g_assert_cmpint(turn_bench_ask(&b, client, words), ==, 401);
    g_assert_cmpuint(b.answer_len, ==, 64);
    g_assert_true(b.answer.realm.len == 9 && memcmp(b.answer.realm.data, "partyline", 9) == 0);
    g_assert_cmpuint(b.answer.nonce.len, ==, 16);
    g_assert_false(pl_stun_has(&b.answer, PL_STUN_INTEGRITY));
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

static void with_proof_there_is_an_allocation(void)
{
    turn_bench b = {0};
    uint8_t key[16];
    turn_bench_open(&b);
    pl_addr relayed = turn_bench_allocate(&b, client);
    g_assert_cmpuint(relayed.ip, ==, TURN_BENCH_IP);
    g_assert_true(pl_addr_equal(b.answer.xor_mapped, client));
    g_assert_cmpuint(b.answer.lifetime, ==, 600);
    g_assert_cmpuint(b.answer_len, ==, 76);
    pl_stun_long_term_key(key, b.account.user, "partyline", b.account.password);
    g_assert_true(pl_stun_verify(&b.answer, b.answer_bytes, key, sizeof key));
    const pl_event *told = fake_port_last_event(b.fake, PL_EVENT_RELAY_ALLOCATED);
    g_assert_true(pl_addr_equal(told->value[0].addr, client) && pl_addr_equal(told->value[1].addr, relayed));
    g_assert_cmpint(told->value[2].number, ==, 1);
    turn_bench_close(&b);
}

static void a_wrong_password_is_refused(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    pl_turn_account wrong = b.account;
    wrong.password[0] ^= 1;
    turn_words words = allocate;
    words.account = &wrong;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 401);
    g_assert_false(pl_stun_has(&b.answer, PL_STUN_INTEGRITY));
    uint8_t nonce[16];
    turn_bench_nonce(&b, client, nonce);
    words.nonce = nonce;
    g_assert_cmpint(turn_bench_throw(&b, client, words), ==, PL_ERR_FORGED);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

/* Another's expiry, another's name, or none of ours: the password fits one user only. */
static void a_user_is_bound_to_his_password(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    for (size_t at = 0; at < strlen(b.account.user); at++) {
        pl_turn_account wrong = b.account;
        wrong.user[at] = wrong.user[at] == 'f' ? 'e' : 'f';
        turn_words words = allocate;
        words.account = &wrong;
        b.now += PL_SECOND;
        g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 401);
        g_snprintf(wrong.user + at, sizeof wrong.user - at, "%s", "XYZ");
        g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 401);
    }
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

static void a_proof_that_lacks_a_part_is_a_bad_request(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_words words = allocate;
    words.account = &b.account;
    g_assert_cmpint(turn_bench_ask(&b, client, words), ==, 400);
    words.without_realm = true;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 400);
    words.without_realm = false;
    words.without_user = true;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 400);
    turn_bench_close(&b);
}

static void a_nonce_lives_ten_to_twenty_minutes(void)
{
    turn_bench b = {0};
    uint8_t nonce[16];
    turn_bench_open(&b);
    b.now = 600 * PL_SECOND - 1;
    turn_bench_nonce(&b, client, nonce);
    turn_words words = {.method = PL_STUN_REFRESH, .account = &b.account, .nonce = nonce};
    b.now = 1200 * PL_SECOND - 1;
    g_assert_cmpint(turn_bench_ask(&b, client, words), ==, 437);
    b.now = 1200 * PL_SECOND;
    g_assert_cmpint(turn_bench_ask(&b, client, words), ==, 438);
    g_assert_cmpuint(b.answer.nonce.len, ==, 16);
    memcpy(nonce, b.answer.nonce.data, 16); /* with the new one it goes on */
    g_assert_cmpint(turn_bench_ask(&b, client, words), ==, 437);
    turn_bench_close(&b);
}

/* What was overheard is of no use from elsewhere: the nonce is that of one endpoint. */
static void a_replayed_request_is_refused_elsewhere(void)
{
    turn_bench b = {0};
    uint8_t nonce[16];
    turn_bench_open(&b);
    turn_bench_nonce(&b, client, nonce);
    turn_words words = allocate;
    words.account = &b.account;
    words.nonce = nonce;
    const pl_addr others[] = {{client.ip, (uint16_t)(client.port + 1)}, {client.ip + 1, client.port}};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpint(turn_bench_ask(&b, others[i], words), ==, 438);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

static void an_account_lapses(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_words refresh = {.method = PL_STUN_REFRESH};
    b.now = 24 * PL_HOUR - 1;
    g_assert_cmpint(turn_bench_prove(&b, client, refresh), ==, 437);
    b.now = 24 * PL_HOUR;
    g_assert_cmpint(turn_bench_prove(&b, client, refresh), ==, 401);
    turn_bench_close(&b);
}

/* --- allocations (RFC 8656 §7, §8) --- */

static void an_allocation_lives_600_seconds(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    turn_bench_pass(&b, 600 * PL_SECOND - 1);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 1);
    turn_bench_pass(&b, 600 * PL_SECOND);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    const pl_event *told = fake_port_last_event(b.fake, PL_EVENT_RELAY_ENDED);
    g_assert_cmpstr(told->value[1].text, ==, "expired");
    g_assert_cmpint(told->value[2].number, ==, 0);
    turn_bench_close(&b);
}

static void a_refresh_prolongs_it(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    turn_bench_pass(&b, 540 * PL_SECOND);
    g_assert_cmpint(turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH}), ==, 0);
    g_assert_cmpuint(b.answer.lifetime, ==, 600);
    turn_bench_pass(&b, 1140 * PL_SECOND - 1);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 1);
    turn_bench_pass(&b, 1140 * PL_SECOND);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

static void a_lifetime_is_kept_within_bounds(void)
{
    static const struct {
        int64_t wanted;
        uint32_t given;
    } cases[] = {{1, 600}, {599, 600}, {601, 601}, {3600, 3600}, {3601, 3600}, {UINT32_MAX, 3600}};
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        turn_words words = {.method = PL_STUN_REFRESH, .lifetime = cases[i].wanted};
        g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 0);
        g_assert_cmpuint(b.answer.lifetime, ==, cases[i].given);
    }
    turn_bench_pass(&b, 3600 * PL_SECOND - 1);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 1);
    turn_bench_pass(&b, 3600 * PL_SECOND);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

static void a_refresh_with_no_lifetime_gives_it_back(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    turn_words words = {.method = PL_STUN_REFRESH, .lifetime = -1};
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 0);
    g_assert_cmpuint(b.answer.lifetime, ==, 0);
    g_assert_false(fake_port_is_open(b.fake, socket));
    g_assert_false(pl_turn_server_owns(b.server, socket));
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 437);
    turn_bench_allocate(&b, client); /* and the 5-tuple is free again */
    turn_bench_close(&b);
}

static void one_endpoint_has_one_allocation(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_words words = allocate;
    words.number = 77;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 0);
    pl_addr relayed = b.answer.relayed;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 0); /* retransmitted: the same answer */
    g_assert_true(pl_addr_equal(b.answer.relayed, relayed));
    words.number = 78;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 437);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 1);
    turn_bench_close(&b);
}

static void without_an_allocation_there_is_a_mismatch(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    static const uint16_t methods[] = {PL_STUN_REFRESH, PL_STUN_CREATE_PERMISSION, PL_STUN_CHANNEL_BIND};
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        turn_words words = {.method = methods[i], .peers = &peer, .n_peers = 1, .channel = 0x4000};
        g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 437);
    }
    turn_bench_close(&b);
}

static void anothers_allocation_is_not_touched(void)
{
    static const uint16_t methods[] = {PL_STUN_REFRESH, PL_STUN_CREATE_PERMISSION, PL_STUN_CHANNEL_BIND};
    turn_bench b = {0};
    pl_turn_account bob, renewed;
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_turn_server_account(b.server, "bob", &bob, b.now);
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        turn_words words = {
            .method = methods[i], .peers = &peer, .n_peers = 1, .channel = 0x4000, .account = &bob};
        g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 441);
    }
    turn_words words = {.method = PL_STUN_REFRESH, .account = &renewed};
    pl_turn_server_account(b.server, "alice", &renewed, b.now + PL_HOUR);
    g_assert_cmpstr(renewed.user, !=, b.account.user);
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==,
                    0); /* who has a new account is the same client */
    turn_bench_close(&b);
}

/* RFC 8656 §7.2, steps 3 to 9, in its order. */
static void what_an_allocate_may_not_ask_for(void)
{
    static const struct {
        turn_words words;
        int error;
    } cases[] = {
        {{.method = PL_STUN_ALLOCATE}, 400},                                            /* no transport */
        {{.method = PL_STUN_ALLOCATE, .transport = 6}, 442},                            /* TCP */
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "001a0000"}, 420}, /* DONT-FRAGMENT */
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "70000000"}, 420}, /* not known at all */
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "00170004 02000000"}, 440}, /* IPv6 */
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "00180001 80000000"},
         508}, /* EVEN-PORT */
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "00220008 0102030405060708"}, 508},
        {{.method = PL_STUN_ALLOCATE,
          .with_transport = true,
          .raw = "00220008 0102030405060708 00180001 00000000"},
         400},
        {{.method = PL_STUN_ALLOCATE,
          .with_transport = true,
          .raw = "00220008 0102030405060708 00170004 01000000"},
         400},
        {{.method = PL_STUN_ALLOCATE, .with_transport = true, .raw = "00170004 01000000"}, 0}, /* IPv4 */
    };
    turn_bench b = {0};
    uint8_t key[16];
    turn_bench_open(&b);
    pl_stun_long_term_key(key, b.account.user, "partyline", b.account.password);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(turn_bench_prove(&b, client, cases[i].words), ==, cases[i].error);
        g_assert_true(pl_stun_verify(&b.answer, b.answer_bytes, key, sizeof key));
    }
    turn_words words = {.method = PL_STUN_REFRESH, .raw = "00170004 02000000"};
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 443);
    turn_bench_close(&b);
}

/* --- permissions (RFC 8656 §9, §10) --- */

static void a_stranger_is_never_forwarded(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_null(reaches(&b, socket, peer, "let me in"));
    g_assert_null(leaves(&b, client, peer, "hello"));
    g_assert_null(leaves(&b, other, peer, "I have no allocation"));
    g_assert_cmpuint(turn_bench_stats(&b).dropped_permission, ==, 2);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    g_assert_null(reaches(&b, socket, (pl_addr){peer.ip + 1, peer.port}, "nor me"));
    g_assert_null(leaves(&b, client, (pl_addr){peer.ip + 1, peer.port}, "nor there"));
    g_assert_null(leaves(&b, other, peer, "still none"));
    g_assert_cmpuint(turn_bench_stats(&b).relayed_datagrams, ==, 0);
    turn_bench_close(&b);
}

/* Permissions are keyed by address alone: a symmetric box gives the peer a port that nobody foresaw
 * (github.com/pion/turn issue 65). */
static void a_permission_is_by_address_only(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    for (uint16_t port = 1; port < 60000; port = (uint16_t)(port + 9999)) {
        pl_addr from = {peer.ip, port};
        expect_indication(reaches(&b, socket, from, "words"), client, from, "words");
        const fake_ask *sent = leaves(&b, client, from, "answer");
        expect_bytes(sent, "answer");
        g_assert_cmpuint(sent->id, ==, socket);
        g_assert_true(pl_addr_equal(sent->to, from));
    }
    g_assert_null(leaves(&b, client, (pl_addr){peer.ip, 0}, "port zero"));
    turn_bench_close(&b);
}

static void a_permission_lives_300_seconds(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    turn_bench_pass(&b, 300 * PL_SECOND - 1);
    g_assert_nonnull(reaches(&b, socket, peer, "in time"));
    g_assert_nonnull(leaves(&b, client, peer, "in time")); /* and what is sent does not prolong it (§9) */
    turn_bench_pass(&b, 300 * PL_SECOND);
    g_assert_null(reaches(&b, socket, peer, "too late"));
    g_assert_null(leaves(&b, client, peer, "too late"));
    turn_bench_pass(&b, 400 * PL_SECOND);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    turn_bench_pass(&b, 500 * PL_SECOND);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0); /* refreshed: 300 s from now */
    turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH});
    turn_bench_pass(&b, 800 * PL_SECOND - 1);
    g_assert_nonnull(reaches(&b, socket, peer, "in time"));
    turn_bench_pass(&b, 800 * PL_SECOND);
    g_assert_null(reaches(&b, socket, peer, "too late"));
    turn_bench_close(&b);
}

static void addresses_that_are_not_the_worlds_are_forbidden(void)
{
    static const uint32_t wrong[] = {
        0x00000000, 0x00000001, 0x0A000001, 0x0AFFFFFF, 0x7F000001, 0xA9FE0001, 0xAC100001, 0xAC1FFFFF,
        0xC0A80001, 0x64400001, 0x647FFFFF, 0xE0000001, 0xEFFFFFFF, 0xF0000001, 0xFFFFFFFF,
    };
    static const uint32_t right[] = {0x01000001, 0x09FFFFFF, 0x0B000001, 0xAC0FFFFF, 0xAC200000,
                                     0xC0A7FFFF, 0x643FFFFF, 0x64800000, 0xDFFFFFFF};
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        pl_addr there = {wrong[i], 9};
        turn_words bind = {.method = PL_STUN_CHANNEL_BIND, .channel = 0x4000, .peers = &there, .n_peers = 1};
        g_assert_cmpint(turn_bench_permit(&b, client, wrong[i]), ==, 403);
        g_assert_cmpint(turn_bench_prove(&b, client, bind), ==, 403);
        g_assert_null(leaves(&b, client, there, "inside"));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(right); i++)
        g_assert_cmpint(turn_bench_permit(&b, client, right[i]), ==, 0);
    turn_bench_close(&b);
}

/* In a laboratory the relay itself has such an address, and its peers may have one of the same kind. */
static void a_private_relay_reaches_private_peers(void)
{
    g_assert_true(pl_turn_may_reach(0x0A000001, 0xC0A80001));
    g_assert_true(pl_turn_may_reach(0x7F000001, 0x7F000001));
    g_assert_true(pl_turn_may_reach(0x0A000001, 0x08080808));
    g_assert_false(pl_turn_may_reach(0x0A000001, 0x7F000001));
    g_assert_false(pl_turn_may_reach(0x7F000001, 0x0A000001));
    g_assert_false(pl_turn_may_reach(0xE0000001, 0xE0000001));
}

static void several_peers_are_permitted_all_or_none(void)
{
    pl_addr peers[PL_STUN_PEERS_MAX + 1];
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    for (uint32_t i = 0; i < G_N_ELEMENTS(peers); i++)
        peers[i] = (pl_addr){peer.ip + i, 1};
    turn_words words = {.method = PL_STUN_CREATE_PERMISSION, .peers = peers};
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 400);
    words.n_peers = G_N_ELEMENTS(peers);
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 508);
    words.n_peers = PL_STUN_PEERS_MAX;
    peers[5].ip = 0x0A000001;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 403);
    g_assert_null(reaches(&b, socket, peers[0], "not yet"));
    peers[5].ip = peer.ip + 5;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 0);
    for (size_t i = 0; i < PL_STUN_PEERS_MAX; i++)
        g_assert_nonnull(reaches(&b, socket, peers[i], "now"));
    words.raw = "00120014 0002000900000000000000000000000000000000"; /* and one by IPv6 */
    words.n_peers = 1;
    g_assert_cmpint(turn_bench_prove(&b, client, words), ==, 443);
    turn_bench_close(&b);
}

/* Sixteen places, and one that has lapsed is free again. */
static void permissions_have_a_bound(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    for (uint32_t i = 0; i < PL_TURN_PERMISSION_PLACES; i++)
        g_assert_cmpint(turn_bench_permit(&b, client, peer.ip + i), ==, 0);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip + 100), ==, 508);
    g_assert_null(reaches(&b, socket, (pl_addr){peer.ip + 100, 1}, "no room"));
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0); /* who has a place keeps it */
    turn_bench_pass(&b, 300 * PL_SECOND);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip + 100), ==, 0);
    turn_bench_close(&b);
}

static void a_send_that_asks_for_more_is_dropped(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    const pl_addr two[] = {peer, peer};
    const turn_words wrong[] = {
        {.peers = &peer, .n_peers = 1, .data = "x", .raw = "001a0000"}, /* DONT-FRAGMENT */
        {.peers = &peer, .n_peers = 1, .data = "x", .raw = "70000000"},
        {.peers = two, .n_peers = 2, .data = "x"},
        {.peers = &peer, .n_peers = 1},
        {.data = "x"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        turn_words words = wrong[i];
        words.method = PL_STUN_SEND;
        words.kind = PL_STUN_INDICATION;
        fake_port_skip(b.fake);
        g_assert_cmpint(turn_bench_throw(&b, client, words), ==, PL_ERR_UNEXPECTED);
        g_assert_cmpuint(fake_port_count(b.fake), ==, 0);
    }
    turn_bench_close(&b);
}

/* --- channels (RFC 8656 §12) --- */

static int bind_channel(turn_bench *b, uint16_t number, pl_addr to)
{
    turn_words words = {.method = PL_STUN_CHANNEL_BIND, .channel = number, .peers = &to, .n_peers = 1};
    return turn_bench_prove(b, client, words);
}

/* ChannelData of a client: what goes out of a relayed socket, NULL if nothing. */
static const fake_ask *channel_leaves(turn_bench *b, const char *bytes, size_t len, int expected)
{
    fake_port_skip(b->fake);
    g_assert_cmpint(pl_turn_server_datagram(b->server, client, (const uint8_t *)bytes, len, b->now), ==,
                    expected);
    return fake_port_take_kind(b->fake, FAKE_SEND);
}

static void a_channel_carries_both_ways(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_cmpint(bind_channel(&b, 0x4001, peer), ==, 0);
    const fake_ask *sent = reaches(&b, socket, peer, "words");
    g_assert_cmpuint(sent->len, ==, 9);
    g_assert_true(memcmp(sent->data, "\x40\x01\x00\x05words", 9) == 0);
    expect_bytes(channel_leaves(&b, "\x40\x01\x00\x05words", 9, 0), "words");
    expect_bytes(channel_leaves(&b, "\x40\x01\x00\x05words\0\0\0", 12, 0), "words"); /* padded */
    g_assert_nonnull(channel_leaves(&b, "\x40\x01\x00\x00", 4, 0));
    g_assert_null(channel_leaves(&b, "\x40\x01\x00\x06words", 9, PL_ERR_SHORT));
    g_assert_null(channel_leaves(&b, "\x40\x02\x00\x05words", 9, PL_ERR_UNEXPECTED));
    g_assert_null(channel_leaves(&b, "\x40\x01\x00", 3, PL_ERR_SHORT));
    pl_addr same_host = {peer.ip, 1}; /* permitted by address, but the channel is of one port */
    expect_indication(reaches(&b, socket, same_host, "words"), client, same_host, "words");
    fake_port_skip(b.fake);
    g_assert_cmpint(
        pl_turn_server_datagram(b.server, other, (const uint8_t *)"\x40\x01\x00\x05words", 9, b.now), ==,
        PL_ERR_UNEXPECTED);
    g_assert_cmpuint(fake_port_count(b.fake), ==, 0);
    turn_bench_close(&b);
}

static void a_channel_lives_600_seconds(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_cmpint(bind_channel(&b, 0x4000, peer), ==, 0);
    turn_bench_pass(&b, 300 * PL_SECOND - 1);
    g_assert_nonnull(channel_leaves(&b, "\x40\x00\x00\x01x", 5, 0));
    turn_bench_pass(&b, 300 * PL_SECOND); /* its permission lapses before it does */
    g_assert_null(channel_leaves(&b, "\x40\x00\x00\x01x", 5, 0));
    turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH});
    turn_bench_pass(&b, 599 * PL_SECOND);
    g_assert_cmpint(turn_bench_permit(&b, client, peer.ip), ==, 0);
    turn_bench_pass(&b, 600 * PL_SECOND - 1);
    g_assert_cmpuint(reaches(&b, socket, peer, "x")->len, ==, 5);
    g_assert_nonnull(channel_leaves(&b, "\x40\x00\x00\x01x", 5, 0));
    turn_bench_pass(&b, 600 * PL_SECOND);
    g_assert_cmpuint(reaches(&b, socket, peer, "x")->len, >, 5); /* by an indication again */
    g_assert_null(channel_leaves(&b, "\x40\x00\x00\x01x", 5, PL_ERR_UNEXPECTED));
    turn_bench_close(&b);
}

static void binding_again_prolongs_a_channel_and_its_permission(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    for (pl_time at = 0; at <= 1000 * PL_SECOND; at += 250 * PL_SECOND) {
        turn_bench_pass(&b, at);
        turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH});
        g_assert_cmpint(bind_channel(&b, 0x4000, peer), ==, 0);
    }
    turn_bench_pass(&b, 1300 * PL_SECOND - 1);
    g_assert_nonnull(channel_leaves(&b, "\x40\x00\x00\x01x", 5, 0));
    turn_bench_close(&b);
}

static void one_channel_is_one_peers(void)
{
    const pl_addr third = {peer.ip, 6000};
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    g_assert_cmpint(bind_channel(&b, 0x3FFF, peer), ==, 400);
    g_assert_cmpint(bind_channel(&b, 0x5000, peer), ==, 400);
    g_assert_cmpint(bind_channel(&b, 0, peer), ==, 400);
    g_assert_cmpint(bind_channel(&b, 0x4FFF, peer), ==, 0);
    g_assert_cmpint(bind_channel(&b, 0x4000, peer), ==, 400);  /* the peer has another */
    g_assert_cmpint(bind_channel(&b, 0x4FFF, third), ==, 400); /* the channel has another */
    g_assert_cmpint(bind_channel(&b, 0x4001, third), ==, 0);
    g_assert_cmpint(bind_channel(&b, 0x4002, (pl_addr){peer.ip, 0}), ==, 403);
    for (uint16_t i = 2; i < PL_TURN_CHANNEL_PLACES; i++)
        g_assert_cmpint(bind_channel(&b, (uint16_t)(0x4000 + i), (pl_addr){peer.ip, i}), ==, 0);
    g_assert_cmpint(bind_channel(&b, 0x4500, (pl_addr){peer.ip, 99}), ==, 508);
    turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH, .lifetime = 3600});
    turn_bench_pass(&b, 600 * PL_SECOND); /* all have lapsed */
    g_assert_cmpint(bind_channel(&b, 0x4FFF, third), ==, 0);
    turn_bench_close(&b);
}

/* --- through one relay --- */

static void two_clients_of_one_relay_reach_each_other(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    pl_addr at_client = turn_bench_allocate(&b, client), at_other = turn_bench_allocate(&b, other);
    g_assert_null(leaves(&b, client, at_other, "not permitted"));
    g_assert_cmpint(turn_bench_permit(&b, client, TURN_BENCH_IP), ==, 0);
    g_assert_null(leaves(&b, client, at_other, "not permitted there"));
    g_assert_cmpint(turn_bench_permit(&b, other, TURN_BENCH_IP), ==, 0);
    expect_indication(leaves(&b, client, at_other, "there"), other, at_client, "there");
    expect_indication(leaves(&b, other, at_client, "and back"), client, at_other, "and back");
    g_assert_cmpint(bind_channel(&b, 0x4000, at_other), ==, 0);
    expect_indication(channel_leaves(&b, "\x40\x00\x00\x02hi", 6, 0), other, at_client, "hi");
    g_assert_cmpuint(leaves(&b, other, at_client, "hi")->len, ==, 6);
    turn_bench_close(&b);
}

static void a_relay_does_not_talk_to_itself(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    pl_addr relayed = turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    g_assert_cmpint(turn_bench_permit(&b, client, TURN_BENCH_IP), ==, 0);
    const pl_addr own[] = {relayed, {TURN_BENCH_IP, 33033}, {TURN_BENCH_IP, 3478}, {TURN_BENCH_IP, 80}};
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        g_assert_null(leaves(&b, client, own[i], "round and round"));
        g_assert_cmpint(bind_channel(&b, 0x4000, own[i]), ==, 403);
        g_assert_null(reaches(&b, socket, own[i], "pretended"));
    }
    turn_bench_close(&b);
}

/* --- quotas --- */

static pl_addr endpoint(uint16_t port)
{
    return (pl_addr){client.ip, port};
}

static void a_client_has_eight_allocations(void)
{
    turn_bench b = {0};
    pl_turn_account bob, renewed;
    turn_bench_open(&b);
    for (uint16_t i = 0; i < 8; i++)
        turn_bench_allocate(&b, endpoint((uint16_t)(1000 + i)));
    g_assert_cmpint(turn_bench_prove(&b, endpoint(2000), allocate), ==, 486);
    turn_words words = allocate;
    words.account = &renewed; /* a new account is no new client */
    pl_turn_server_account(b.server, "alice", &renewed, b.now + PL_HOUR);
    g_assert_cmpint(turn_bench_prove(&b, endpoint(2000), words), ==, 486);
    words.account = &bob;
    pl_turn_server_account(b.server, "bob", &bob, b.now);
    g_assert_cmpint(turn_bench_prove(&b, endpoint(2000), words), ==, 0);
    turn_bench_prove(&b, endpoint(1003), (turn_words){.method = PL_STUN_REFRESH, .lifetime = -1});
    g_assert_cmpint(turn_bench_prove(&b, endpoint(2001), allocate), ==, 0);
    turn_bench_close(&b);
}

static void all_clients_share_the_relays_allocations(void)
{
    turn_bench b = {0};
    pl_config_init(&b.config);
    b.config.turn_allocations_max = 3;
    b.config.turn_client_allocations = 1;
    turn_bench_open(&b);
    for (uint16_t i = 0; i < 5; i++) {
        char name[8];
        pl_turn_account account;
        turn_words words = allocate;
        g_snprintf(name, sizeof name, "user-%d", i);
        pl_turn_server_account(b.server, name, &account, b.now);
        words.account = &account;
        g_assert_cmpint(turn_bench_prove(&b, endpoint((uint16_t)(1000 + i)), words), ==, i < 3 ? 0 : 508);
    }
    turn_bench_close(&b);
}

static void without_a_port_there_is_no_allocation(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    fake_port_refuse_port(b.fake, PL_PROTOCOL_UDP, 0, PL_ERR_IN_USE);
    g_assert_cmpint(turn_bench_prove(&b, client, allocate), ==, 508);
    fake_port_refuse_port(b.fake, PL_PROTOCOL_UDP, 0, 0);
    g_assert_cmpint(turn_bench_prove(&b, client, allocate), ==, 0);
    turn_bench_close(&b);
}

/* 65 536 bytes a second, both ways together: a bucket of one second, then what has flowed in. */
static void a_client_has_its_bytes(void)
{
    char text[1025] = {0};
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_allocate(&b, client);
    pl_id socket = turn_bench_last_socket(&b);
    turn_bench_permit(&b, client, peer.ip);
    memset(text, 'x', 1024);
    turn_bench_pass(&b, 10 * PL_SECOND);
    for (int i = 0; i < 32; i++) {
        g_assert_nonnull(leaves(&b, client, peer, text));
        g_assert_nonnull(reaches(&b, socket, peer, text));
    }
    g_assert_null(leaves(&b, client, peer, text));
    g_assert_null(reaches(&b, socket, peer, text));
    g_assert_cmpuint(turn_bench_stats(&b).dropped_quota, ==, 2);
    pl_span worth = 1024 * PL_SECOND / 65536;
    turn_bench_pass(&b, 10 * PL_SECOND + worth - 1);
    g_assert_null(leaves(&b, client, peer, text));
    turn_bench_pass(&b, 10 * PL_SECOND + worth);
    g_assert_nonnull(leaves(&b, client, peer, text));
    g_assert_null(reaches(&b, socket, peer, text));
    g_assert_cmpuint(turn_bench_stats(&b).relayed_bytes, ==, 65 * 1024);
    turn_bench_close(&b);
}

/* Giving all back and coming again fills no bucket. */
static void coming_again_gives_no_new_bytes(void)
{
    char text[1025] = {0};
    turn_bench b = {0};
    turn_bench_open(&b);
    memset(text, 'x', 1024);
    size_t sent = 0;
    for (int round = 0; round < 4; round++) {
        turn_bench_allocate(&b, client);
        turn_bench_permit(&b, client, peer.ip);
        for (int i = 0; i < 100; i++)
            sent += leaves(&b, client, peer, text) != NULL;
        turn_bench_prove(&b, client, (turn_words){.method = PL_STUN_REFRESH, .lifetime = -1});
    }
    g_assert_cmpuint(sent, ==, 64);
    turn_bench_pass(&b, 2 * PL_SECOND); /* and then nothing is left of the client */
    g_assert_cmpint(pl_deadlines_next(&b.context.deadlines), ==, PL_NEVER);
    turn_bench_close(&b);
}

/* --- strangers --- */

/* Whatever length a request has, a stranger gets one answer at most, and no longer one. */
static void answers_never_exceed_the_request(void)
{
    static const uint8_t wrong[16] = "0123456789abcdef";
    turn_bench b = {0};
    turn_bench_open(&b);
    const turn_words kinds[] = {
        {.method = PL_STUN_BINDING},
        {.method = PL_STUN_BINDING, .raw = "70000000"},
        {.method = PL_STUN_ALLOCATE},
        {.method = PL_STUN_REFRESH},
        {.method = PL_STUN_CHANNEL_BIND},
        {.method = PL_STUN_CREATE_PERMISSION},
        {.method = PL_STUN_ALLOCATE, .account = &b.account, .nonce = wrong},
        {.method = PL_STUN_ALLOCATE, .account = &b.account},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (size_t padded_to = 0; padded_to <= 160; padded_to += 4) {
            uint8_t bytes[TURN_WORDS_MAX];
            turn_words words = kinds[i];
            words.padded_to = padded_to;
            words.number = 1;
            size_t len = turn_words_write(bytes, &words);
            b.now += PL_SECOND;
            int error = turn_bench_ask(&b, client, words);
            g_assert_true(error == -1 || b.answer_len <= len);
            g_assert_true(error != -1 || len < 36);
            g_assert_true(error == -1 || b.answer_len <= 128);
        }
    }
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
    turn_bench_close(&b);
}

/* 32 bytes are asked for with 32; with fewer there is an error of 28, or nothing. */
static void a_binding_request_is_answered(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    g_assert_cmpint(turn_bench_ask(&b, client, (turn_words){.method = PL_STUN_BINDING}), ==, -1);
    g_assert_cmpint(turn_bench_ask(&b, client, (turn_words){.method = PL_STUN_BINDING, .padded_to = 28}), ==,
                    400);
    g_assert_cmpint(turn_bench_ask(&b, client, (turn_words){.method = PL_STUN_BINDING, .padded_to = 32}), ==,
                    0);
    g_assert_true(pl_addr_equal(b.answer.xor_mapped, client));
    turn_bench_close(&b);
}

static void one_source_gets_its_rate(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_words binding = {.method = PL_STUN_BINDING, .padded_to = 32};
    turn_words challenge = {.method = PL_STUN_ALLOCATE, .padded_to = 64};
    b.now = PL_SECOND;
    for (int i = 0; i < 10; i++) {
        g_assert_cmpint(turn_bench_ask(&b, client, binding), ==, 0);
        g_assert_cmpint(turn_bench_ask(&b, endpoint((uint16_t)(i + 1)), challenge), ==, 401);
    }
    g_assert_cmpint(turn_bench_ask(&b, client, binding), ==, -1);
    g_assert_cmpint(turn_bench_throw(&b, client, binding), ==, PL_ERR_LIMIT);
    g_assert_cmpint(turn_bench_ask(&b, other, binding), ==, 0);
    b.now += 50 * PL_MILLISECOND - 1;
    g_assert_cmpint(turn_bench_ask(&b, client, challenge), ==, -1);
    b.now += 1;
    g_assert_cmpint(turn_bench_ask(&b, client, challenge), ==, 401);
    turn_bench_close(&b);
}

static void only_requests_are_answered(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    for (uint16_t method = 0; method < 16; method++) {
        for (int kind = PL_STUN_INDICATION; kind <= PL_STUN_ERROR; kind++) {
            turn_words words = {.method = method, .kind = (pl_stun_class)kind, .padded_to = 100};
            g_assert_cmpint(turn_bench_ask(&b, client, words), ==, -1);
        }
    }
    static const uint8_t classic[64] = {0, 1, 0, 44, 1, 2, 3, 4, [20] = 0x80, 0x22, 0, 40};
    g_assert_cmpint(pl_turn_server_datagram(b.server, client, classic, 64, 0), ==, PL_ERR_MALFORMED);
    turn_words binding = {.method = PL_STUN_BINDING, .padded_to = 64};
    g_assert_cmpint(turn_bench_throw(&b, (pl_addr){0, 1}, binding), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(turn_bench_throw(&b, (pl_addr){1, 0}, binding), ==, PL_ERR_MALFORMED);
    g_assert_cmpuint(fake_port_count(b.fake), ==, 0);
    turn_bench_close(&b);
}

/* A proved request with any one byte changed is another's word: nothing is done for it. */
static void every_changed_byte_is_noticed(void)
{
    uint8_t bytes[TURN_WORDS_MAX], nonce[16];
    turn_bench b = {0};
    turn_bench_open(&b);
    turn_bench_nonce(&b, client, nonce);
    turn_words words = allocate;
    words.account = &b.account;
    words.nonce = nonce;
    words.number = 5;
    size_t len = turn_words_write(bytes, &words);
    for (size_t at = 0; at < len; at++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            bytes[at] ^= (uint8_t)flip;
            fake_port_skip(b.fake);
            if (pl_turn_server_wants(bytes, len))
                (void)pl_turn_server_datagram(b.server, client, bytes, len, PL_SECOND);
            g_assert_cmpuint(fake_port_count(b.fake), <=, 1);
            g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 0);
            bytes[at] ^= (uint8_t)flip;
        }
    }
    g_assert_cmpint(pl_turn_server_datagram(b.server, client, bytes, len, PL_SECOND), ==, 0);
    g_assert_cmpuint(turn_bench_stats(&b).allocations, ==, 1);
    turn_bench_close(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/turn-server/challenge", without_proof_there_is_a_challenge);
    g_test_add_func("/nat/turn-server/allocation", with_proof_there_is_an_allocation);
    g_test_add_func("/nat/turn-server/wrong-password", a_wrong_password_is_refused);
    g_test_add_func("/nat/turn-server/user-and-password", a_user_is_bound_to_his_password);
    g_test_add_func("/nat/turn-server/proof-lacks-a-part", a_proof_that_lacks_a_part_is_a_bad_request);
    g_test_add_func("/nat/turn-server/nonce-ages", a_nonce_lives_ten_to_twenty_minutes);
    g_test_add_func("/nat/turn-server/replayed-elsewhere", a_replayed_request_is_refused_elsewhere);
    g_test_add_func("/nat/turn-server/account-lapses", an_account_lapses);
    g_test_add_func("/nat/turn-server/allocation-600-s", an_allocation_lives_600_seconds);
    g_test_add_func("/nat/turn-server/refresh", a_refresh_prolongs_it);
    g_test_add_func("/nat/turn-server/lifetime-bounds", a_lifetime_is_kept_within_bounds);
    g_test_add_func("/nat/turn-server/given-back", a_refresh_with_no_lifetime_gives_it_back);
    g_test_add_func("/nat/turn-server/one-a-5-tuple", one_endpoint_has_one_allocation);
    g_test_add_func("/nat/turn-server/437", without_an_allocation_there_is_a_mismatch);
    g_test_add_func("/nat/turn-server/441", anothers_allocation_is_not_touched);
    g_test_add_func("/nat/turn-server/allocate-refused", what_an_allocate_may_not_ask_for);
    g_test_add_func("/nat/turn-server/no-stranger", a_stranger_is_never_forwarded);
    g_test_add_func("/nat/turn-server/permission-by-address-only", a_permission_is_by_address_only);
    g_test_add_func("/nat/turn-server/permission-300-s", a_permission_lives_300_seconds);
    g_test_add_func("/nat/turn-server/forbidden-addresses", addresses_that_are_not_the_worlds_are_forbidden);
    g_test_add_func("/nat/turn-server/private-relay", a_private_relay_reaches_private_peers);
    g_test_add_func("/nat/turn-server/several-peers", several_peers_are_permitted_all_or_none);
    g_test_add_func("/nat/turn-server/permissions-bounded", permissions_have_a_bound);
    g_test_add_func("/nat/turn-server/send-refused", a_send_that_asks_for_more_is_dropped);
    g_test_add_func("/nat/turn-server/channel", a_channel_carries_both_ways);
    g_test_add_func("/nat/turn-server/channel-600-s", a_channel_lives_600_seconds);
    g_test_add_func("/nat/turn-server/channel-again", binding_again_prolongs_a_channel_and_its_permission);
    g_test_add_func("/nat/turn-server/channel-of-one-peer", one_channel_is_one_peers);
    g_test_add_func("/nat/turn-server/relay-to-relay", two_clients_of_one_relay_reach_each_other);
    g_test_add_func("/nat/turn-server/no-loops", a_relay_does_not_talk_to_itself);
    g_test_add_func("/nat/turn-server/allocations-of-a-client", a_client_has_eight_allocations);
    g_test_add_func("/nat/turn-server/allocations-of-all", all_clients_share_the_relays_allocations);
    g_test_add_func("/nat/turn-server/no-port", without_a_port_there_is_no_allocation);
    g_test_add_func("/nat/turn-server/bytes-of-a-client", a_client_has_its_bytes);
    g_test_add_func("/nat/turn-server/bytes-come-not-again", coming_again_gives_no_new_bytes);
    g_test_add_func("/nat/turn-server/no-amplification", answers_never_exceed_the_request);
    g_test_add_func("/nat/turn-server/binding", a_binding_request_is_answered);
    g_test_add_func("/nat/turn-server/rate-of-one", one_source_gets_its_rate);
    g_test_add_func("/nat/turn-server/only-requests", only_requests_are_answered);
    g_test_add_func("/nat/turn-server/every-changed-byte", every_changed_byte_is_noticed);
    return g_test_run();
}
