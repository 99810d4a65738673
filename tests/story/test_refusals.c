/* test_refusals.c - every way to be refused is told apart, by whom it concerns and at once or after retries.
 */
#include <string.h>

#include "core/crypto/channel.h"
#include "core/crypto/credential.h"
#include "tests/support/story.h"

#define START (10 * PL_SECOND)
#define RTT   (100 * PL_MILLISECOND)

/*
 *   client ─┬─ supernode 66.0.0.1 … 66.0.0.7
 *   81.0.0.1├─ login server 80.0.0.1
 *           └─ stranger 81.0.0.2: no node, the test plays it
 */
static story *open_story(const story_options *options)
{
    story *s = story_new(options);
    story_account(s, "alice", "wonderland");
    story_settle(s);
    return s;
}

static story_host *log_in(story *s, const char *name, const char *password)
{
    story_host *client = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_log_in(client, name, password);
    return client;
}

static const char *failure_of(const story_host *client)
{
    const story_record *failed = story_last(client, PL_EVENT_LOGIN_FAILED);
    return failed ? failed->event.value[5].text : "not failed";
}

/* The refusal arrives with the grant's round trip: seven of the eight. */
static void expect_final_refusal(const char *name, const char *password, const char *cause)
{
    story *s = open_story(&(story_options){0});
    story_host *client = log_in(s, name, password);
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGIN_FAILED, PL_HOUR), ==, START + 7 * RTT);
    g_assert_cmpstr(failure_of(client), ==, cause);
    g_assert_cmpint(story_last(client, PL_EVENT_LOGIN_FAILED)->event.value[2].number, ==, 1);
    g_assert_cmpstr(story_last(s->server, PL_EVENT_SERVER_REFUSED)->event.value[1].text, ==, cause);
    g_assert_cmpint(pl_node_login_state(client->node), ==, PL_LOGIN_IDLE);
    story_run(s, START + PL_MINUTE);
    g_assert_cmpuint(story_count(client, PL_EVENT_LOGIN_ATTEMPT), ==, 1);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 0);
    g_assert_cmpuint(pl_node_clients(s->server->node), ==, 0);
    story_log_in(client, "alice", "wonderland"); /* and may be tried anew */
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    story_free(s);
}

static void test_wrong_password(void)
{
    expect_final_refusal("alice", "Wonderland", "wrong-password");
}

static void test_empty_password(void)
{
    expect_final_refusal("alice", "", "wrong-password");
}

static void test_unknown_user(void)
{
    expect_final_refusal("bob", "wonderland", "unknown-user");
}

/* Five attempts of 6 round trips up to the handshake's answer, and four pauses. */
static void test_wrong_server_key_is_not_proven(void)
{
    story *s = open_story(&(story_options){0});
    story_host *client = log_in(s, "alice", "wonderland");
    client->network.server_dh_key[7] ^= 1;
    story_run_to(client, PL_EVENT_LOGIN_FAILED, PL_HOUR);
    g_assert_cmpstr(failure_of(client), ==, "server-not-proven");
    g_assert_cmpuint(story_count(client, PL_EVENT_LOGIN_ATTEMPT), ==, 5);
    /* The server cannot open what was sealed for another key, and says nothing. */
    g_assert_cmpuint(story_refusals(s->server, "forged", "handshake"), ==, 5);
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_GRANTED), ==, s->n_supernodes);
    story_free(s);
}

/* A client that pins another signature key holds every supernode for an impostor: it tries the answering
 * one, then the rungs, in each attempt. */
static void test_supernode_with_a_credential_of_another_key(void)
{
    story *s = open_story(&(story_options){0});
    story_host *client = log_in(s, "alice", "wonderland");
    client->network.server_sign_key[7] ^= 1;
    story_run_to(client, PL_EVENT_LOGIN_FAILED, PL_HOUR);
    g_assert_cmpstr(failure_of(client), ==, "supernode-not-proven");
    g_assert_cmpuint(story_count(client, PL_EVENT_LOGIN_ATTACHED), ==, 0);
    g_assert_cmpuint(story_count(client, PL_EVENT_LOGIN_OPENED), ==, 5 * 4);
    story_free(s);
}

/* A supernode's credential that has lapsed: it cannot renew, because the login server is gone. */
static void expect_supernode_credential(pl_time at, bool is_taken)
{
    pl_config config;
    pl_config_init(&config);
    config.server_credential_lifetime = 100 * PL_SECOND;
    story *s = open_story(&(story_options){.config = &config, .supernodes = 1});
    pl_time granted = story_nth(s->server, PL_EVENT_SERVER_GRANTED, 0)->at;
    int64_t expires = story_nth(s->server, PL_EVENT_SERVER_GRANTED, 0)->event.value[1].number - s->epoch;
    g_assert_cmpint(granted / PL_SECOND + 100, ==, expires);
    story_fail(s->server);
    /* The client looks at the credential 3 round trips after its start. */
    story_run(s, expires * PL_SECOND - 3 * RTT + at);
    story_host *client = log_in(s, "alice", "wonderland");
    story_run(s, expires * PL_SECOND + at + RTT + 1);
    g_assert_cmpuint(story_count(client, PL_EVENT_LOGIN_ATTACHED), ==, is_taken ? 1 : 0);
    if (!is_taken) /* the next rung follows at once */
        g_assert_cmpint(story_nth(client, PL_EVENT_LOGIN_RUNG, 2)->at, ==, expires * PL_SECOND + at);
    story_free(s);
}

static void test_supernode_credential_a_nanosecond_before_it_expires(void)
{
    expect_supernode_credential(-1, true);
}

static void test_supernode_credential_expired(void)
{
    expect_supernode_credential(0, false);
}

/* --- a stranger who speaks the protocol, with a credential of our choosing --- */

typedef struct impostor {
    story_host *host;
    pl_context context;
    pl_channel *channel;
    pl_keypair dh;
    pl_id stream;
    const pl_suite *suite;
    uint8_t credential[PL_CREDENTIAL_BYTES_MAX];
    size_t credential_len;
    pl_refusal refusal; /* what the supernode said; 0 = nothing */
    bool is_advertised;
} impostor;

static void say(impostor *im, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    g_assert_cmpint(pl_channel_send(im->channel, bytes, pl_message_write(message, bytes, sizeof bytes)), ==,
                    0);
}

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    impostor *im = owner;
    (void)channel, (void)payload, (void)len, (void)now;
    say(im, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    impostor *im = owner;
    pl_message message = {0};
    (void)channel, (void)now;
    g_assert_cmpint(pl_message_read(&message, PL_CARRIER_RECORD, data, len), ==, 0);
    if (message.id == PL_MESSAGE_REFUSED)
        im->refusal = message.refusal;
    im->is_advertised |= message.id == PL_MESSAGE_ADVERTISED;
    if (message.id == PL_MESSAGE_ATTACHED)
        say(im,
            &(pl_message){.id = PL_MESSAGE_ADVERTISE, .credential = {im->credential, im->credential_len}});
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void reflex(story_host *host, const pl_input *input, pl_time now)
{
    impostor *im = host->reflex_ctx;
    if (input->kind == PL_INPUT_OPENED)
        im->channel = pl_channel_new(&(pl_channel_options){.context = &im->context,
                                                           .stream = input->id,
                                                           .pattern = PL_NOISE_XX,
                                                           .role = PL_NOISE_INITIATOR,
                                                           .own_static = &im->dh,
                                                           .handler = &handler,
                                                           .owner = im});
    if (input->kind == PL_INPUT_DATA && im->channel)
        g_assert_cmpint(pl_channel_input(im->channel, input->data, input->len, now), >, 0);
}

static impostor *impostor_new(story *s)
{
    impostor *im = g_new0(impostor, 1);
    im->host = story_add_stranger(s);
    im->host->reflex = reflex;
    im->host->reflex_ctx = im;
    im->suite = s->suite;
    im->context = (pl_context){.port = story_port(im->host), .config = &s->config, .suite = s->suite};
    net_random_bytes(&im->host->random, im->dh.private_key, PL_KEY_BYTES);
    s->suite->dh_public(im->dh.public_key, im->dh.private_key);
    return im;
}

static void impostor_free(impostor *im)
{
    pl_channel_free(im->channel);
    g_free(im);
}

/* A credential for "alice" and this channel key, signed by `signer`. */
static void write_credential(impostor *im, const pl_keypair *signer, const uint8_t *dh_key, int64_t expires)
{
    pl_credential credential = {.name = "alice", .expires = expires};
    memcpy(credential.dh_key, dh_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, im->suite, signer);
    im->credential_len = pl_credential_encode(&credential, im->credential);
}

static void expect_advertise(story *s, impostor *im, pl_refusal refusal, const char *error)
{
    im->stream = story_open(im->host, s->bootstrap[0]);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpint((int)im->refusal, ==, (int)refusal);
    g_assert_true(im->is_advertised == (refusal == 0));
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, refusal ? 0 : 1);
    if (error)
        g_assert_cmpuint(story_refusals(s->supernode[0], error, "advertise"), ==, 1);
}

static void test_client_credential_signed_by_another_key(void)
{
    story *s = open_story(&(story_options){0});
    impostor *im = impostor_new(s);
    pl_keypair own = {.private_key = {1, 2, 3}};
    s->suite->sign_public(own.public_key, own.private_key);
    write_credential(im, &own, im->dh.public_key, s->epoch + 1000);
    expect_advertise(s, im, PL_REFUSAL_FORGED, "forged");
    impostor_free(im);
    story_free(s);
}

/* A stolen credential is worth nothing without its key. */
static void test_client_credential_of_somebody_else(void)
{
    story *s = open_story(&(story_options){0});
    impostor *im = impostor_new(s);
    uint8_t other[PL_KEY_BYTES] = {9};
    write_credential(im, &s->keys.sign, other, s->epoch + 1000);
    expect_advertise(s, im, PL_REFUSAL_FORGED, "forged");
    impostor_free(im);
    story_free(s);
}

/* Shown at 10.35 s, while the clock stands at second 10. */
static void test_client_credential_valid_to_its_last_second(void)
{
    story *s = open_story(&(story_options){0});
    impostor *im = impostor_new(s);
    write_credential(im, &s->keys.sign, im->dh.public_key, s->epoch + 11);
    expect_advertise(s, im, 0, NULL);
    impostor_free(im);
    story_free(s);
}

static void test_client_credential_expired(void)
{
    story *s = open_story(&(story_options){0});
    impostor *im = impostor_new(s);
    write_credential(im, &s->keys.sign, im->dh.public_key, s->epoch + 10);
    expect_advertise(s, im, PL_REFUSAL_EXPIRED, "expired");
    impostor_free(im);
    story_free(s);
}

/* The login server hands out a credential signed with a key that is not the pinned one: the client does not
 * take it.  (Its channel key is the right one, so the channel is proven.) */
static void test_login_servers_credential_of_another_key(void)
{
    story *s = open_story(&(story_options){0});
    story_host *client = log_in(s, "alice", "wonderland");
    story_run_to(client, PL_EVENT_LOGIN_SERVER_OPENED, PL_HOUR); /* the supernode is checked by now */
    client->network.server_sign_key[7] ^= 1;
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGIN_PAUSE, PL_HOUR), ==, START + 7 * RTT);
    g_assert_cmpstr(story_last(client, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, "bad-credential");
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/refusals/wrong-password", test_wrong_password);
    g_test_add_func("/story/refusals/empty-password", test_empty_password);
    g_test_add_func("/story/refusals/unknown-user", test_unknown_user);
    g_test_add_func("/story/refusals/wrong-server-key-is-not-proven", test_wrong_server_key_is_not_proven);
    g_test_add_func("/story/refusals/supernode-credential-of-another-key",
                    test_supernode_with_a_credential_of_another_key);
    g_test_add_func("/story/refusals/supernode-credential-a-nanosecond-before-it-expires",
                    test_supernode_credential_a_nanosecond_before_it_expires);
    g_test_add_func("/story/refusals/supernode-credential-expired", test_supernode_credential_expired);
    g_test_add_func("/story/refusals/client-credential-signed-by-another-key",
                    test_client_credential_signed_by_another_key);
    g_test_add_func("/story/refusals/client-credential-of-somebody-else",
                    test_client_credential_of_somebody_else);
    g_test_add_func("/story/refusals/client-credential-valid-to-its-last-second",
                    test_client_credential_valid_to_its_last_second);
    g_test_add_func("/story/refusals/client-credential-expired", test_client_credential_expired);
    g_test_add_func("/story/refusals/login-servers-credential-of-another-key",
                    test_login_servers_credential_of_another_key);
    return g_test_run();
}
