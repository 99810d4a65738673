/* test_relay.c - words through a supernode's relay: past every box, over UDP and every TCP port, in every
 * pairing; and what a relay does to its supernode. */
#include <malloc.h>
#include <string.h>

#include "core/nat/turn/turn_stream.h"
#include "tests/support/story_relayed.h"
#include "tests/support/story_speaker.h"

#define START (10 * PL_SECOND)
#define RTT   (100 * PL_MILLISECOND)

/*
 *   user ─ box ─┬─ supernode 66.0.0.1 ─┬─ box ─ user
 *               └──── its relay ───────┘
 */
typedef struct way {
    const char *nat, *firewall;
    pl_turn_transport transport;
    uint16_t port;
} way;

static const way ways[] = {
    {NULL, NULL, PL_TURN_UDP, STORY_PORT},
    {"full-cone", NULL, PL_TURN_UDP, STORY_PORT},
    {"address-restricted", NULL, PL_TURN_UDP, STORY_PORT},
    {"port-restricted", NULL, PL_TURN_UDP, STORY_PORT},
    {"symmetric", NULL, PL_TURN_UDP, STORY_PORT},
    {NULL, "stateful", PL_TURN_UDP, STORY_PORT},
    {"symmetric", NULL, PL_TURN_TCP, STORY_PORT},
    {NULL, "udp-blocked", PL_TURN_TCP, STORY_PORT},
    {"port-restricted", "udp-blocked", PL_TURN_TCP, STORY_PORT},
    {"symmetric", "web-only", PL_TURN_TCP, 80},
    {NULL, "web-only", PL_TURN_TCP, 443},
    {"port-restricted", "only-443", PL_TURN_TCP, 443},
};

static story *open_story(const story_options *options)
{
    story *s = story_new(options);
    story_settle(s);
    return s;
}

static story *open_plain_story(void)
{
    return open_story(&(story_options){.supernodes = 2, .suite = &pl_suite_sized});
}

static void start(story_relayed *user, story *s, const way *how, const net_link_options *link)
{
    story_client_options options = {.nat = how->nat, .firewall = how->firewall};
    if (link)
        options.link = *link;
    story_relayed_start(user, story_add_stranger_behind(s, &options), s->supernode[0], how->transport,
                        how->port);
}

static pl_turn_server_stats stats_of(const story *s)
{
    pl_turn_server_stats stats;
    pl_node_relay_statistics(s->supernode[0]->node, &stats);
    return stats;
}

/* Two users permit each other's relayed address and bind channels to it. */
static void introduce(story_relayed *a, story_relayed *b)
{
    story_relayed_bind(a, b->relayed);
    story_relayed_bind(b, a->relayed);
    story_run(a->story, story_now(a->story) + PL_SECOND);
}

/* Says a word each way every `pause`, `n` times, and lets the last arrive. */
static void converse(story_relayed *a, story_relayed *b, size_t n, pl_span pause)
{
    story *s = a->story;
    for (size_t i = 0; i < n; i++) {
        (void)story_relayed_say(a, b->relayed, 67);
        (void)story_relayed_say(b, a->relayed, 67);
        story_run(s, story_now(s) + pause);
    }
    story_run(s, story_now(s) + PL_SECOND);
}

/* UDP: two exchanges.  A stream opens first. */
static void test_every_box_is_passed(void)
{
    story *s = open_plain_story();
    story_relayed users[G_N_ELEMENTS(ways)] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        pl_time from = story_now(s);
        start(&users[i], s, &ways[i], NULL);
        story_run(s, from + PL_SECOND);
        pl_span expected = ways[i].transport == PL_TURN_UDP ? 2 * RTT : 3 * RTT;
        g_assert_cmpint(users[i].stands_at - from, ==, expected);
        g_assert_cmpuint(users[i].relayed.ip, ==, STORY_SUPERNODE_IP);
        g_assert_cmpuint(users[i].mapped.ip, ==, users[i].host->outside);
        g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_RELAY_ALLOCATED), ==, i + 1);
    }
    g_assert_cmpuint(stats_of(s).allocations, ==, G_N_ELEMENTS(ways));
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++)
        story_relayed_end(&users[i]);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(stats_of(s).allocations, ==, 0);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_RELAY_ENDED), ==, G_N_ELEMENTS(ways));
    story_free(s);
}

/* Each way with each other: 144 pairs, every word of both. */
static void test_every_pair_meets(void)
{
    story *s = open_plain_story();
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(ways); k++) {
            story_relayed *a = g_new0(story_relayed, 1), *b = g_new0(story_relayed, 1);
            start(a, s, &ways[i], NULL);
            start(b, s, &ways[k], NULL);
            story_run(s, story_now(s) + PL_SECOND);
            introduce(a, b);
            converse(a, b, 10, 20 * PL_MILLISECOND);
            g_assert_cmpuint(a->received, ==, 10);
            g_assert_cmpuint(b->received, ==, 10);
            g_assert_cmpint(a->slowest, <=, RTT + 50 * PL_MILLISECOND);
            g_assert_true(pl_addr_equal(b->from, a->relayed));
            story_relayed_end(a);
            story_relayed_end(b);
            story_run(s, story_now(s) + PL_HOUR); /* no timer of theirs is left */
            g_free(a);
            g_free(b);
        }
    }
    g_assert_cmpuint(stats_of(s).allocations, ==, 0);
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "relay-stream"), ==, 0);
    story_free(s);
}

static void test_blocked_udp_is_a_timeout(void)
{
    const way how = {NULL, "udp-blocked", PL_TURN_UDP, STORY_PORT};
    story *s = open_plain_story();
    story_relayed user = {0};
    start(&user, s, &how, NULL);
    story_run(s, START + PL_MINUTE);
    g_assert_cmpstr(user.cause, ==, "timeout");
    g_assert_cmpint(user.failed_at - user.asked_at, ==, 39500 * PL_MILLISECOND);
    story_relayed_end(&user);
    story_free(s);
}

/* A peer without a relay of his own is reached at his address; who is not permitted is not heard. */
static void test_a_permitted_peer_and_a_stranger(void)
{
    story *s = open_plain_story();
    story_relayed user = {0};
    start(&user, s, &ways[4], NULL);
    story_host *peer = story_add_stranger(s), *stranger = story_add_stranger(s);
    pl_port at_peer = story_port(peer), at_stranger = story_port(stranger);
    pl_id peer_socket, stranger_socket;
    at_peer.ops->udp_bind(at_peer.ctx, 5000, &peer_socket);
    at_stranger.ops->udp_bind(at_stranger.ctx, 5000, &stranger_socket);
    story_relayed_permit(&user, peer->outside);
    story_run(s, story_now(s) + PL_SECOND);
    story_throw(stranger, stranger_socket, user.relayed, "let me in, please", 17);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(user.received, ==, 0);
    story_throw(peer, peer_socket, user.relayed, "good evening", 12);
    g_assert_cmpint(story_relayed_say(&user, (pl_addr){peer->outside, 5000}, 20), ==, 0);
    g_assert_cmpint(story_relayed_say(&user, (pl_addr){stranger->outside, 5000}, 20), ==, 0);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(user.received, ==, 1);
    g_assert_true(memcmp(user.last, "good evening", 12) == 0);
    g_assert_cmpuint(peer->heard->len, ==, 1);
    g_assert_cmpuint(stranger->heard->len, ==, 0);
    g_assert_cmpuint(stats_of(s).dropped_permission, ==, 2);
    story_relayed_end(&user);
    story_free(s);
}

/* Half an hour behind boxes that forget after minutes: permissions, channels, allocation are kept. */
static void test_half_an_hour(void)
{
    for (size_t i = 0; i <= 1; i++) {
        story *s = open_plain_story();
        story_relayed a = {0}, b = {0};
        start(&a, s, &ways[i ? 9 : 3], NULL);
        start(&b, s, &ways[i ? 11 : 4], NULL);
        story_run(s, story_now(s) + PL_SECOND);
        introduce(&a, &b);
        converse(&a, &b, 180, 10 * PL_SECOND);
        g_assert_cmpuint(a.received, ==, 180);
        g_assert_cmpuint(b.received, ==, 180);
        g_assert_null(a.cause);
        g_assert_null(b.cause);
        story_relayed_end(&a);
        story_relayed_end(&b);
        story_free(s);
    }
}

/* A client on 32 kbit/s is sent 80 kbit/s over a stream: what it cannot take is lost at the relay, what it
 * gets is no older than the stack's own buffer lets it be, and nothing grows. */
static void test_a_slow_stream(void)
{
    const net_link_options slow = {.down_bps = 32000};
    story *s = open_story(&(story_options){.supernodes = 2, .suite = &pl_suite_sized, .stack = "xp-2003"});
    story_relayed a = {0}, b = {0};
    start(&a, s, &ways[0], NULL);
    start(&b, s, &ways[7], &slow);
    story_run(s, story_now(s) + 5 * PL_SECOND);
    introduce(&a, &b);
    size_t sent = 0, before = 0;
    for (; sent < 3000; sent++) {
        g_assert_cmpint(story_relayed_say(&a, b.relayed, 200), ==, 0);
        story_run(s, story_now(s) + 20 * PL_MILLISECOND);
        if (sent == 500)
            before = mallinfo2().uordblks;
    }
    g_assert_cmpuint(mallinfo2().uordblks, <=, before + 256 * 1024);
    story_run(s, story_now(s) + 20 * PL_SECOND);
    g_assert_cmpuint(b.received + stats_of(s).dropped_full, ==, sent);
    g_test_message("%zu of %zu arrived, the slowest after %.1f s", b.received, sent, (double)b.slowest / 1e9);
    g_assert_cmpuint(b.received, >=, 800); /* of 60 s at 32 kbit/s 1 000 fit, without headers */
    g_assert_cmpuint(b.received, <=, 1200);
    g_assert_cmpint(b.slowest, <=, 8 * PL_SECOND); /* 8 192 + 17 520 bytes at 4 000 a second */
    g_assert_null(b.cause);
    story_relayed_end(&a);
    story_relayed_end(&b);
    story_free(s);
}

static void test_the_supernode_fails(void)
{
    story *s = open_plain_story();
    story_relayed udp = {0}, tcp = {0};
    start(&udp, s, &ways[3], NULL);
    start(&tcp, s, &ways[10], NULL);
    story_run(s, START + PL_SECOND);
    story_fail(s->supernode[0]);
    story_run(s, START + PL_HOUR);
    g_assert_cmpstr(udp.cause, ==, "timeout"); /* at its first refresh, 540 s, and 39.5 s of asking */
    g_assert_cmpint(udp.failed_at, ==, udp.stands_at + 540 * PL_SECOND + 39500 * PL_MILLISECOND);
    g_assert_cmpstr(tcp.cause, ==, "timeout");
    g_assert_cmpint(tcp.failed_at, ==, tcp.stands_at + 550 * PL_SECOND);
    story_relayed_end(&udp);
    story_relayed_end(&tcp);
    story_free(s);
}

/* A relay's account is its own: another supernode does not know it. */
static void test_an_account_is_of_one_relay(void)
{
    story *s = open_plain_story();
    story_host *host = story_add_stranger(s);
    story_relayed user = {0};
    story_host wrong = *s->supernode[0]; /* the account of one, the address of the other */
    wrong.outside = s->supernode[1]->outside;
    pl_turn_account account;
    g_assert_cmpint(pl_node_relay_account(s->server->node, "alice", &account, START), ==, PL_ERR_UNEXPECTED);
    story_relayed_start(&user, host, &wrong, PL_TURN_UDP, STORY_PORT);
    story_run(s, START + PL_SECOND);
    g_assert_cmpstr(user.cause, ==, "unauthorized");
    story_relayed_end(&user);
    story_free(s);
}

/* --- beside the secure channels --- */

static void expect_alice_logs_in(story *s)
{
    story_host *alice = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_log_in(alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, story_now(s) + PL_MINUTE), !=, PL_NEVER);
}

/* The first byte decides, whenever it comes: until then the handshake's time runs, then the stream's own. */
static void test_the_first_byte_decides(void)
{
    static const uint8_t request[20] = {0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42};
    story *s = open_plain_story();
    story_host *stranger = story_add_stranger(s);
    pl_time from = story_now(s);
    pl_id silent = story_open(stranger, s->bootstrap[0]), late = story_open(stranger, s->bootstrap[0]);
    story_run(s, from + 9 * PL_SECOND);
    story_write(stranger, late, request, 1);
    story_run(s, from + 12 * PL_SECOND);
    g_assert_nonnull(story_ended(stranger, silent));
    g_assert_null(story_ended(stranger, late));
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "handshake"), ==, 1);
    story_write(stranger, late, request + 1, 19);
    story_run(s, from + 13 * PL_SECOND);
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, stranger->received->data, stranger->received->len), ==, 0);
    g_assert_cmpuint(stun.xor_mapped.ip, ==,
                     stranger->outside); /* with the port that it listens on, if it does */
    story_run(s, from + 9 * PL_SECOND + RTT / 2 + PL_MINUTE + RTT / 2);
    g_assert_null(story_ended(stranger, late));
    story_run(s, from + 9 * PL_SECOND + RTT / 2 + PL_MINUTE + RTT / 2 + 1);
    g_assert_nonnull(story_ended(stranger, late));
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "relay-stream"), ==, 1);
    story_free(s);
}

/* Streams to the relay take the room of others, and give it back. */
static void test_streams_to_the_relay_count(void)
{
    story *s = open_plain_story();
    story_account(s, "alice", "wonderland");
    story_host *stranger = story_add_stranger(s);
    GArray *streams = g_array_new(FALSE, FALSE, sizeof(pl_id));
    for (size_t i = 0; i < 2000; i++) {
        pl_id stream = story_open(stranger, s->bootstrap[0]);
        g_array_append_val(streams, stream);
    }
    story_run(s, START + PL_SECOND);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED), ==, 900);
    for (guint i = 0; i < streams->len; i++) {
        if (!story_ended(stranger, g_array_index(streams, pl_id, i)))
            story_write(stranger, g_array_index(streams, pl_id, i), "\0", 1);
    }
    story_run(s, START + 30 * PL_SECOND); /* the handshake's time is over for nobody */
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "handshake"), ==, 0);
    pl_id one_more = story_open(stranger, s->bootstrap[0]);
    story_run(s, START + 31 * PL_SECOND);
    g_assert_nonnull(story_ended(stranger, one_more));
    expect_alice_logs_in(s); /* by the other supernode */
    story_run(s, START + 90 * PL_SECOND);
    g_assert_cmpuint(story_refusals(s->supernode[0], "timeout", "relay-stream"), ==, 1100);
    one_more = story_open(stranger, s->bootstrap[0]);
    story_run(s, START + 91 * PL_SECOND);
    g_assert_null(story_ended(stranger, one_more));
    g_array_unref(streams);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/relay/every-box-is-passed", test_every_box_is_passed);
    g_test_add_func("/story/relay/every-pair-meets", test_every_pair_meets);
    g_test_add_func("/story/relay/blocked-udp-is-a-timeout", test_blocked_udp_is_a_timeout);
    g_test_add_func("/story/relay/a-permitted-peer-and-a-stranger", test_a_permitted_peer_and_a_stranger);
    g_test_add_func("/story/relay/half-an-hour", test_half_an_hour);
    g_test_add_func("/story/relay/a-slow-stream", test_a_slow_stream);
    g_test_add_func("/story/relay/the-supernode-fails", test_the_supernode_fails);
    g_test_add_func("/story/relay/an-account-is-of-one-relay", test_an_account_is_of_one_relay);
    g_test_add_func("/story/relay/the-first-byte-decides", test_the_first_byte_decides);
    g_test_add_func("/story/relay/streams-to-the-relay-count", test_streams_to_the_relay_count);
    return g_test_run();
}
