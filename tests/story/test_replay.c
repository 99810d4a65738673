/* test_replay.c - what was recorded on the wire is worth nothing when it is sent again. */
#include <string.h>

#include "core/crypto/channel.h"
#include "tests/support/story_tap.h"

#define START (10 * PL_SECOND)

/*
 *   client ── supernode 66.0.0.1 ── login server 80.0.0.1
 *        \        /                    /
 *         wiretap ── stranger ────────┘   sends again what it heard
 */
typedef struct recording {
    story *s;
    story_tap *tap;
    story_host *alice;
    story_host *stranger;
    const story_flow *to_supernode, *to_server;
} recording;

static recording record_a_login(const pl_suite *suite)
{
    recording r = {.s = story_new(&(story_options){.suite = suite})};
    story_account(r.s, "alice", "wonderland");
    story_settle(r.s);
    r.tap = story_tap_new(r.s);
    r.alice = story_add_client(r.s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_log_in(r.alice, "alice", "wonderland");
    story_run(r.s, START + 5 * PL_SECOND);
    g_assert_cmpint(pl_node_login_state(r.alice->node), ==, PL_LOGIN_ONLINE);
    r.stranger = story_add_stranger(r.s);
    r.to_supernode = story_tap_find(r.tap, PL_PROTOCOL_TCP, r.alice->outside, r.s->supernode[0]->outside, 0);
    r.to_server = story_tap_find(r.tap, PL_PROTOCOL_TCP, r.alice->outside, r.s->server->outside, 0);
    g_assert_nonnull(r.to_supernode);
    g_assert_nonnull(r.to_server);
    return r;
}

static void end(recording *r)
{
    story_tap_free(r->tap);
    story_free(r->s);
}

static pl_id replay(recording *r, pl_addr to, const GByteArray *bytes, size_t len)
{
    pl_id stream = story_open(r->stranger, to);
    story_run(r->s, story_now(r->s) + PL_SECOND);
    story_write(r->stranger, stream, bytes->data, len);
    story_run(r->s, story_now(r->s) + PL_SECOND);
    return stream;
}

/* Preamble, length, and the first message of NK: an ephemeral key and a tag. */
static void test_first_message_to_the_login_server(void)
{
    recording r = record_a_login(&pl_suite_real);
    size_t granted = story_count(r.s->server, PL_EVENT_SERVER_GRANTED);
    size_t first = 3 + ((size_t)r.to_server->bytes->data[1] << 8 | r.to_server->bytes->data[2]);
    pl_id stream = replay(&r, story_address(r.s->server), r.to_server->bytes, first);
    g_assert_cmpuint(story_count(r.s->server, PL_EVENT_SERVER_REFUSED), ==, 1);
    g_assert_cmpstr(story_last(r.s->server, PL_EVENT_SERVER_REFUSED)->event.value[1].text, ==, "replayed");
    g_assert_nonnull(story_ended(r.stranger, stream));
    g_assert_cmpuint(pl_node_clients(r.s->server->node), ==, 0);
    g_assert_cmpuint(story_count(r.s->server, PL_EVENT_SERVER_GRANTED), ==, granted);
    end(&r);
}

static void test_whole_login_to_the_login_server(void)
{
    recording r = record_a_login(&pl_suite_real);
    size_t granted = story_count(r.s->server, PL_EVENT_SERVER_GRANTED);
    replay(&r, story_address(r.s->server), r.to_server->bytes, r.to_server->bytes->len);
    g_assert_cmpuint(story_count(r.s->server, PL_EVENT_SERVER_REFUSED), ==, 1);
    g_assert_cmpstr(story_last(r.s->server, PL_EVENT_SERVER_REFUSED)->event.value[1].text, ==, "replayed");
    g_assert_cmpuint(story_count(r.s->server, PL_EVENT_SERVER_GRANTED), ==, granted);
    end(&r);
}

/* A login server that was restarted has forgotten the first messages it saw, but its own answer has a fresh
 * key: the recorded password record does not open. */
static void test_whole_login_to_a_restarted_login_server(void)
{
    recording r = record_a_login(&pl_suite_real);
    story_fail(r.s->server);
    story_restart(r.s->server);
    story_account(r.s, "alice", "wonderland");
    size_t granted = story_count(r.s->server, PL_EVENT_SERVER_GRANTED);
    replay(&r, story_address(r.s->server), r.to_server->bytes, r.to_server->bytes->len);
    g_assert_cmpuint(story_refusals(r.s->server, "forged", "record"), ==, 1);
    g_assert_cmpuint(story_count(r.s->server, PL_EVENT_SERVER_GRANTED), ==, granted);
    end(&r);
}

/* The supernode answers with a fresh key, so that the recorded third message is not for it. */
static void test_whole_login_to_the_supernode(void)
{
    recording r = record_a_login(&pl_suite_real);
    g_assert_cmpuint(pl_node_clients(r.s->supernode[0]->node), ==, 1);
    pl_id stream = replay(&r, r.s->bootstrap[0], r.to_supernode->bytes, r.to_supernode->bytes->len);
    g_assert_cmpuint(story_refusals(r.s->supernode[0], "forged", "handshake"), ==, 1);
    g_assert_nonnull(story_ended(r.stranger, stream));
    g_assert_cmpuint(pl_node_clients(r.s->supernode[0]->node), ==, 1);
    g_assert_cmpuint(pl_node_online(r.s->supernode[0]->node), ==, 1);
    g_assert_cmpint(pl_node_login_state(r.alice->node), ==, PL_LOGIN_ONLINE); /* and she is not disturbed */
    end(&r);
}

/* A recorded answer to a probe, sent to a later login: its transaction is another. */
static void test_probe_answer_to_a_later_login(void)
{
    recording r = record_a_login(&pl_suite_real);
    const story_flow *answer =
        story_tap_find(r.tap, PL_PROTOCOL_UDP, r.s->supernode[0]->outside, r.alice->outside, 0);
    g_assert_nonnull(answer);
    story_log_out(r.alice);
    for (size_t i = 0; i < r.s->n_supernodes; i++)
        story_fail(r.s->supernode[i]);
    story_log_in(r.alice, "alice", "wonderland");
    /* From the true address: only the network itself could do that. */
    const net_packet forged = {.protocol = PL_PROTOCOL_UDP,
                               .ttl = 64,
                               .source = answer->source,
                               .destination = answer->destination,
                               .payload = answer->bytes->data,
                               .payload_len = (uint32_t)answer->bytes->len};
    r.s->ops->deliver(r.s->engine, r.alice->stack.host, &forged, story_now(r.s));
    story_run(r.s, story_now(r.s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(r.alice, "unexpected", "datagram"), ==, 1);
    g_assert_cmpint(pl_node_login_state(r.alice->node), ==, PL_LOGIN_ASKING);
    end(&r);
}

/* --- a record inside its own channel --- */

typedef struct doubler {
    pl_context context;
    pl_port_ops ops;
    story_host *host;
    pl_channel *channel;
    pl_keypair dh;
    GByteArray *last; /* bytes of the last write */
    bool has_attached;
} doubler;

static int write_and_note(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    story_host *host = ctx;
    doubler *d = host->reflex_ctx;
    g_byte_array_set_size(d->last, 0);
    g_byte_array_append(d->last, data, (guint)len);
    return story_port(host).ops->tcp_write(ctx, stream, data, len);
}

static void say_attach(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    const pl_message attach = {.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT};
    (void)owner, (void)payload, (void)len, (void)now;
    pl_channel_send(channel, bytes, pl_message_write(&attach, bytes, sizeof bytes));
}

static void note_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel, (void)data, (void)len, (void)now;
    ((doubler *)owner)->has_attached = true;
}

static const pl_channel_handler handler = {.ready = say_attach, .message = note_message};

static void double_reflex(story_host *host, const pl_input *input, pl_time now)
{
    doubler *d = host->reflex_ctx;
    if (input->kind == PL_INPUT_OPENED)
        d->channel = pl_channel_new(&(pl_channel_options){.context = &d->context,
                                                          .stream = input->id,
                                                          .pattern = PL_NOISE_XX,
                                                          .role = PL_NOISE_INITIATOR,
                                                          .own_static = &d->dh,
                                                          .handler = &handler,
                                                          .owner = d});
    if (input->kind == PL_INPUT_DATA)
        pl_channel_input(d->channel, input->data, input->len, now);
}

static void test_record_inside_its_channel(void)
{
    story *s = story_new(&(story_options){0});
    story_settle(s);
    story_host *stranger = story_add_stranger(s);
    doubler d = {.host = stranger, .last = g_byte_array_new(), .ops = *story_port(stranger).ops};
    d.ops.tcp_write = write_and_note;
    d.context = (pl_context){.port = {&d.ops, stranger}, .config = &s->config, .suite = s->suite};
    d.dh.private_key[5] = 77;
    s->suite->dh_public(d.dh.public_key, d.dh.private_key);
    stranger->reflex = double_reflex;
    stranger->reflex_ctx = &d;
    pl_id stream = story_open(stranger, s->bootstrap[0]);
    story_run(s, START + PL_SECOND);
    g_assert_true(d.has_attached);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 1);
    story_write(stranger, stream, d.last->data, d.last->len); /* the record `attach` once more */
    story_run(s, START + 2 * PL_SECOND);
    g_assert_cmpuint(story_refusals(s->supernode[0], "replayed", "record"), ==, 1);
    g_assert_cmpstr(story_last(s->supernode[0], PL_EVENT_CLIENT_GONE)->event.value[0].text, ==, "replayed");
    g_assert_nonnull(story_ended(stranger, stream));
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 0);
    pl_channel_free(d.channel);
    g_byte_array_unref(d.last);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/replay/first-message-to-the-login-server",
                    test_first_message_to_the_login_server);
    g_test_add_func("/story/replay/whole-login-to-the-login-server", test_whole_login_to_the_login_server);
    g_test_add_func("/story/replay/whole-login-to-a-restarted-login-server",
                    test_whole_login_to_a_restarted_login_server);
    g_test_add_func("/story/replay/whole-login-to-the-supernode", test_whole_login_to_the_supernode);
    g_test_add_func("/story/replay/probe-answer-to-a-later-login", test_probe_answer_to_a_later_login);
    g_test_add_func("/story/replay/record-inside-its-channel", test_record_inside_its_channel);
    return g_test_run();
}
