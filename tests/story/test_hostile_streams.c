/* test_hostile_streams.c - streams that break the rules, at a supernode and at the login server: refused,
 * traced with a cause, closed at the instant that is written; nobody else is disturbed. */
#include <malloc.h>
#include <string.h>

#include "tests/support/story_speaker.h"

#define START   (10 * PL_SECOND)
#define ONE_WAY (50 * PL_MILLISECOND)

/*
 *   stranger ──┬── supernode 66.0.0.1
 *              └── login server 80.0.0.1      client 81.0.0.x logs in meanwhile
 */
static story *open_story(const pl_config *config)
{
    story *s = story_new(&(story_options){.config = config});
    story_account(s, "alice", "wonderland");
    story_settle(s);
    return s;
}

static void expect_alice_logs_in(story *s, pl_span within)
{
    story_host *alice = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    pl_time from = story_now(s);
    story_log_in(alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, from + within), !=, PL_NEVER);
}

/* Writes bytes on a new stream; the victim must end it with this refusal. */
static void expect_refused(story_host *victim, const void *data, size_t len, const char *error,
                           const char *what)
{
    story *s = victim->story;
    story_host *stranger = story_add_stranger(s);
    size_t before = story_refusals(victim, error, what);
    pl_id stream = story_open(stranger, story_address(victim));
    story_run(s, story_now(s) + PL_SECOND);
    pl_time written_at = story_now(s);
    story_write(stranger, stream, data, len);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(victim, error, what), ==, before + 1);
    g_assert_nonnull(story_ended(stranger, stream));
    g_assert_cmpint(story_ended(stranger, stream)->at, ==, written_at + 2 * ONE_WAY);
    g_assert_cmpint((int)story_ended(stranger, stream)->cause, ==, PL_CAUSE_RESET);
}

static void refuse_at(story_host *victim, uint8_t preamble)
{
    uint8_t bytes[4200] = {0};
    expect_refused(victim, "GET / HTTP/1.0\r\n\r\n", 18, "malformed", "handshake");
    bytes[0] = (uint8_t)(preamble ^ 0x10); /* another version */
    expect_refused(victim, bytes, 1, "malformed", "handshake");
    bytes[0] = preamble;
    expect_refused(victim, bytes, 3, "malformed", "handshake"); /* a frame of no bytes */
    bytes[1] = 0xFF, bytes[2] = 0xFF;
    expect_refused(victim, bytes, 3, "oversized", "handshake");
    bytes[1] = 0x10, bytes[2] = 0x01; /* 4097 */
    expect_refused(victim, bytes, 3, "oversized", "handshake");
    bytes[1] = 0, bytes[2] = 5; /* shorter than a key */
    expect_refused(victim, bytes, 8, "malformed", "handshake");
    bytes[1] = 0x10,
    bytes[2] = 0x00; /* the greatest frame, of zeros: a key that makes no secret, or no tag */
    story_host *stranger = story_add_stranger(victim->story);
    pl_id stream = story_open(stranger, story_address(victim));
    story_run(victim->story, story_now(victim->story) + PL_SECOND);
    story_write(stranger, stream, bytes, 3 + 4096);
    story_run(victim->story, story_now(victim->story) + PL_SECOND);
    g_assert_nonnull(story_ended(stranger, stream));
}

static void test_bad_beginnings_at_a_supernode(void)
{
    story *s = open_story(NULL);
    refuse_at(s->supernode[0], 0x10 | PL_NOISE_XX);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 0);
    expect_alice_logs_in(s, PL_SECOND);
    story_free(s);
}

static void test_bad_beginnings_at_the_login_server(void)
{
    story *s = open_story(NULL);
    refuse_at(s->server, 0x10 | PL_NOISE_NK);
    g_assert_cmpuint(pl_node_clients(s->server->node), ==, 0);
    expect_alice_logs_in(s, PL_SECOND);
    story_free(s);
}

/* Every message in a place where it has none, and bytes that are no message. */
static void expect_refused_word(story *s, story_host *victim, pl_noise_pattern pattern,
                                const pl_message *message, const char *what)
{
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, story_address(victim), pattern);
    size_t before = story_refusals(victim, "unexpected", what);
    g_assert_true(story_speaker_say(speaker, message));
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(victim, "unexpected", what), ==, before + 1);
    g_assert_nonnull(story_ended(speaker->host, speaker->stream));
    story_speaker_free(speaker);
}

static void test_words_out_of_place(void)
{
    static const uint8_t bytes[64] = {1};
    const pl_message words[] = {
        {.id = PL_MESSAGE_ADVERTISE, .credential = {bytes, 20}},
        {.id = PL_MESSAGE_CACHE_REQUEST},
        {.id = PL_MESSAGE_ADVERTISED},
        {.id = PL_MESSAGE_STUN_CHANGE, .target = {1, 1}},
        {.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL},
        {.id = PL_MESSAGE_GRANTED, .credential = {bytes, 20}},
    };
    story *s = open_story(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *name = pl_message_row_of(words[i].id)->name;
        expect_refused_word(s, s->supernode[0], PL_NOISE_XX, &words[i], name);
        expect_refused_word(s, s->server, PL_NOISE_NK, &words[i], name);
    }
    const pl_message partner = {.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_PARTNER};
    expect_refused_word(s, s->supernode[0], PL_NOISE_XX, &partner, "attach");
    expect_alice_logs_in(s, PL_SECOND);
    story_free(s);
}

/* A true credential does not make a stranger the partner: he comes from another address. */
static void test_a_stranger_with_a_credential_is_no_partner(void)
{
    story *s = story_new(&(story_options){.pairing = STORY_IN_PAIRS, .supernodes = 4});
    story_settle(s);
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, story_address(s->supernode[1]), PL_NOISE_XX);
    const pl_message credential = {.id = PL_MESSAGE_CREDENTIAL,
                                   .credential = {speaker->credential, speaker->credential_len}};
    story_speaker_say(speaker, &credential);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_PARTNER});
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(s->supernode[1], "unexpected", "attach"), ==, 1);
    g_assert_cmpuint(story_count(s->supernode[1], PL_EVENT_PARTNER_LOST), ==, 0);
    story_speaker_free(speaker);
    story_free(s);
}

static void test_records_that_are_no_message(void)
{
    static const uint8_t bytes[4000] = {0x11, 0x01, 0x00};
    static const struct {
        size_t offset, len;
        const char *error;
    } records[] = {{0, 1, "short"}, {0, 3, "oversized"}, {2, 1, "malformed"}, {2, 3998, "malformed"}};
    story *s = open_story(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
        story_speaker *speaker = story_speaker_new(s);
        story_speaker_meet(speaker, s->bootstrap[0], PL_NOISE_XX);
        story_speaker_say_bytes(speaker, bytes + records[i].offset, records[i].len);
        story_run(s, story_now(s) + PL_SECOND);
        g_assert_cmpuint(story_refusals(s->supernode[0], records[i].error, "record"), >=, 1);
        g_assert_nonnull(story_ended(speaker->host, speaker->stream));
        story_speaker_free(speaker);
    }
    story_free(s);
}

static void test_garbage_after_the_handshake(void)
{
    story *s = open_story(NULL);
    story_host *const victims[] = {s->supernode[0], s->server};
    for (size_t i = 0; i < G_N_ELEMENTS(victims); i++) {
        story_speaker *speaker = story_speaker_new(s);
        story_speaker_meet(speaker, story_address(victims[i]), i ? PL_NOISE_NK : PL_NOISE_XX);
        static const uint8_t garbage[42] = {0, 40, 1, 2, 3};
        story_write(speaker->host, speaker->stream, garbage, sizeof garbage);
        story_run(s, story_now(s) + PL_SECOND);
        g_assert_cmpuint(story_refusals(victims[i], "forged", "record"), ==, 1);
        g_assert_nonnull(story_ended(speaker->host, speaker->stream));
        story_speaker_free(speaker);
    }
    story_free(s);
}

static void test_a_second_login_on_one_stream(void)
{
    static const uint8_t key[PL_KEY_BYTES] = {3};
    const pl_message login = {.id = PL_MESSAGE_LOGIN,
                              .name = {(const uint8_t *)"alice", 5},
                              .password = {(const uint8_t *)"guess", 5},
                              .sign_key = key,
                              .dh_key = key};
    story *s = open_story(NULL);
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, story_address(s->server), PL_NOISE_NK);
    story_speaker_say(speaker, &login);
    story_speaker_say(speaker, &login);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_REFUSED), ==, 1); /* one guess a handshake */
    g_assert_cmpuint(story_refusals(s->server, "unexpected", "login"), ==, 1);
    g_assert_nonnull(story_ended(speaker->host, speaker->stream));
    story_speaker_free(speaker);
    story_free(s);
}

/* --- time --- */

/* A stream that sends a byte of a first message every 200 ms is ended at the deadline all the same. */
static void expect_slow_loris(story_host *victim, uint8_t preamble, pl_span patience)
{
    story *s = victim->story;
    story_host *stranger = story_add_stranger(s);
    pl_time opened_at = story_now(s);
    pl_id stream = story_open(stranger, story_address(victim));
    uint8_t bytes[256] = {preamble, 0, 200};
    size_t sent = 0;
    pl_time deadline = opened_at + 3 * ONE_WAY + patience; /* accepted when our ACK is there */
    for (pl_time at = opened_at + PL_SECOND; at < deadline; at += 200 * PL_MILLISECOND) {
        story_run(s, at);
        story_write(stranger, stream, bytes + sent, 1);
        sent++;
    }
    g_assert_cmpuint(sent, <, 203);
    story_run(s, deadline + ONE_WAY);
    g_assert_null(story_ended(stranger, stream));
    story_run(s, deadline + ONE_WAY + 1);
    g_assert_nonnull(story_ended(stranger, stream));
    g_assert_cmpint(story_ended(stranger, stream)->at, ==, deadline + ONE_WAY);
}

static void test_slow_loris_at_a_supernode(void)
{
    story *s = open_story(NULL);
    expect_slow_loris(s->supernode[0], 0x10 | PL_NOISE_XX, s->config.supernode_handshake_timeout);
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "handshake"), ==, 1);
    story_free(s);
}

static void test_slow_loris_at_the_login_server(void)
{
    story *s = open_story(NULL);
    expect_slow_loris(s->server, 0x10 | PL_NOISE_NK, s->config.server_session_timeout);
    g_assert_cmpstr(story_last(s->server, PL_EVENT_SERVER_REFUSED)->event.value[1].text, ==, "timeout");
    story_free(s);
}

/* Attached, and then silent for supernode.advertise_timeout. */
static void test_a_client_that_never_advertises(void)
{
    story *s = open_story(NULL);
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, s->bootstrap[0], PL_NOISE_XX);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    pl_time deadline = story_now(s) + ONE_WAY + s->config.supernode_advertise_timeout;
    story_run(s, deadline);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 1);
    story_run(s, deadline + 1);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 0);
    g_assert_cmpstr(story_last(s->supernode[0], PL_EVENT_CLIENT_GONE)->event.value[0].text, ==,
                    "advertise-timeout");
    story_speaker_free(speaker);
    story_free(s);
}

/* --- number --- */

static void open_many(story_host *stranger, pl_addr to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        story_open(stranger, to);
    story_run(stranger->story, story_now(stranger->story) + PL_SECOND);
}

static size_t ended_streams(const story_host *stranger)
{
    size_t ended = 0;
    for (guint i = 0; i < stranger->heard->len; i++)
        ended += g_array_index(stranger->heard, story_heard, i).kind == PL_INPUT_CLOSED;
    return ended;
}

/* 10 000 half-open sessions: 1 100 are held for 10 s, the others aborted; alice is told that the supernode is
 * full and logs in through another. */
static void test_ten_thousand_half_open_at_a_supernode(void)
{
    story *s = open_story(NULL);
    story_host *stranger = story_add_stranger(s);
    size_t before = mallinfo2().uordblks;
    open_many(stranger, s->bootstrap[0], 10000);
    g_assert_cmpuint(ended_streams(stranger), ==, 8900);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED), ==, 8900);
    /* Streams of both hosts' stacks and the test's own notes are in this, too. */
    g_assert_cmpuint(mallinfo2().uordblks, <=, before + 32u * 1024 * 1024);
    expect_alice_logs_in(s, PL_SECOND);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 0);
    story_run(s, START + 15 * PL_SECOND);
    g_assert_cmpuint(ended_streams(stranger), ==, 10000);
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "handshake"), ==, 1100);
    expect_alice_logs_in(s, PL_SECOND);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 1);
    story_free(s);
}

/* The same at a login server that holds 1 000: alice's later attempts fall behind the strangers' timeout. Had
 * she begun at once, her five attempts would all lie within server.session_timeout. */
static void test_ten_thousand_half_open_at_the_login_server(void)
{
    pl_config config;
    pl_config_init(&config);
    config.server_sessions_max = 1000;
    story *s = open_story(&config);
    story_host *stranger = story_add_stranger(s);
    open_many(stranger, story_address(s->server), 10000);
    g_assert_cmpuint(pl_node_clients(s->server->node), ==, 1000);
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_REFUSED), ==, 9000);
    g_assert_cmpstr(story_last(s->server, PL_EVENT_SERVER_REFUSED)->event.value[1].text, ==, "full");
    story_run(s, START + 5 * PL_SECOND);
    expect_alice_logs_in(s, 45 * PL_SECOND);
    g_assert_cmpuint(pl_node_clients(s->server->node), <=, 1);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/hostile/bad-beginnings-at-a-supernode", test_bad_beginnings_at_a_supernode);
    g_test_add_func("/story/hostile/bad-beginnings-at-the-login-server",
                    test_bad_beginnings_at_the_login_server);
    g_test_add_func("/story/hostile/words-out-of-place", test_words_out_of_place);
    g_test_add_func("/story/hostile/a-stranger-with-a-credential-is-no-partner",
                    test_a_stranger_with_a_credential_is_no_partner);
    g_test_add_func("/story/hostile/records-that-are-no-message", test_records_that_are_no_message);
    g_test_add_func("/story/hostile/garbage-after-the-handshake", test_garbage_after_the_handshake);
    g_test_add_func("/story/hostile/a-second-login-on-one-stream", test_a_second_login_on_one_stream);
    g_test_add_func("/story/hostile/slow-loris-at-a-supernode", test_slow_loris_at_a_supernode);
    g_test_add_func("/story/hostile/slow-loris-at-the-login-server", test_slow_loris_at_the_login_server);
    g_test_add_func("/story/hostile/a-client-that-never-advertises", test_a_client_that_never_advertises);
    g_test_add_func("/story/hostile/ten-thousand-half-open-at-a-supernode",
                    test_ten_thousand_half_open_at_a_supernode);
    g_test_add_func("/story/hostile/ten-thousand-half-open-at-the-login-server",
                    test_ten_thousand_half_open_at_the_login_server);
    return g_test_run();
}
