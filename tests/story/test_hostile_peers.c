/* test_hostile_peers.c - datagrams that break the rules, at every role; and supernodes that do, at a client.
 */
#include <string.h>

#include "tests/support/story_speaker.h"
#include "tests/support/story_tap.h"

#define START (10 * PL_SECOND)
#define RTT   (100 * PL_MILLISECOND)

/*
 *   stranger ── UDP ──▶ supernode, login server, client
 *
 *   client ──▶ stranger in a supernode's place (its only bootstrap entry) ──▶ what it ought not to say
 */
static story *open_story(void)
{
    story *s = story_new(&(story_options){0});
    story_account(s, "alice", "wonderland");
    story_settle(s);
    return s;
}

static pl_id udp_socket(story_host *stranger)
{
    pl_id socket;
    g_assert_cmpint(stranger->story->ops->udp_bind(stranger->story->engine, stranger->stack.host, 0, &socket), ==,
                    0);
    return socket;
}

/* One datagram; true if it was refused by the victim, with a cause. */
static bool is_refused(story_host *stranger, pl_id socket, story_host *victim, pl_addr to, const void *data,
                       size_t len)
{
    size_t before = story_count(victim, PL_EVENT_REFUSED_INPUT);
    story_throw(stranger, socket, to, data, len);
    story_run(victim->story, story_now(victim->story) + RTT + 1);
    return story_count(victim, PL_EVENT_REFUSED_INPUT) == before + 1;
}

static size_t heard_datagrams(const story_host *stranger)
{
    size_t n = 0;
    for (guint i = 0; i < stranger->heard->len; i++)
        n += g_array_index(stranger->heard, story_heard, i).kind == PL_INPUT_DATAGRAM;
    return n;
}

static void throw_everything(story_host *victim, pl_addr to)
{
    story_host *stranger = story_add_stranger(victim->story);
    pl_id socket = udp_socket(stranger);
    uint8_t probe[PL_PROBE_BYTES + 1] = {0}, bytes[2000];
    size_t len =
        pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE, .transaction = 7}, probe, PL_PROBE_BYTES);
    for (size_t cut = 0; cut < len; cut++) /* every truncation */
        g_assert_true(is_refused(stranger, socket, victim, to, probe, cut));
    g_assert_true(is_refused(stranger, socket, victim, to, probe, len + 1));
    for (size_t i = 0; i < len; i++) { /* every byte changed, but for those of the transaction */
        if (i >= 4 && i < 12)
            continue;
        probe[i] ^= 0x80;
        g_assert_true(is_refused(stranger, socket, victim, to, probe, len));
        probe[i] ^= 0x80;
    }
    for (size_t round = 0; round < 100; round++) {
        size_t n = (size_t)g_test_rand_int_range(0, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)g_test_rand_int();
        g_assert_true(is_refused(stranger, socket, victim, to, bytes, n));
    }
    g_assert_cmpuint(heard_datagrams(stranger), ==, 0); /* nobody is amplified */
}

static void test_datagrams_at_a_supernode(void)
{
    story *s = open_story();
    throw_everything(s->supernode[0], s->bootstrap[0]);
    throw_everything(s->supernode[0], (pl_addr){s->bootstrap[0].ip, PL_STUN_PORT_1});
    throw_everything(s->supernode[0], (pl_addr){s->bootstrap[0].ip, PL_STUN_PORT_2});
    story_free(s);
}

static void test_datagrams_at_the_login_server(void)
{
    story *s = open_story();
    throw_everything(s->server, story_address(s->server));
    uint8_t probe[PL_PROBE_BYTES];
    story_host *stranger = story_add_stranger(s);
    size_t len = pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE}, probe, sizeof probe);
    g_assert_true(
        is_refused(stranger, udp_socket(stranger), s->server, story_address(s->server), probe, len));
    story_free(s);
}

/* Where a host's datagrams to the first supernode come from. */
static pl_addr udp_address(const story_tap *tap, const story_host *client)
{
    const story_flow *probe =
        story_tap_find(tap, PL_PROTOCOL_UDP, client->outside, tap->s->supernode[0]->outside, 0);
    g_assert_nonnull(probe);
    return probe->source;
}

static void test_datagrams_and_streams_at_a_client(void)
{
    story *s = open_story();
    story_host *alice = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_tap *tap = story_tap_new(s);
    story_log_in(alice, "alice", "wonderland");
    story_run(s, START + PL_SECOND);
    pl_addr port = udp_address(tap, alice);
    throw_everything(alice, port);
    story_host *stranger = story_add_stranger(s);
    pl_id stream = story_open(stranger, port);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(alice, "unexpected", "stream"), ==, 1);
    g_assert_nonnull(story_ended(stranger, stream));
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    story_tap_free(tap);
    story_free(s);
}

/* A welcome from somebody who was not asked does not lead alice to him, though he heard her transaction. */
static void test_an_answer_from_who_was_not_asked(void)
{
    story *s = open_story();
    story_host *stranger = story_add_stranger(s);
    for (size_t i = 0; i < s->n_supernodes; i++)
        story_fail(s->supernode[i]);
    story_host *alice = story_add_client(s, &(story_client_options){0});
    story_tap *tap = story_tap_new(s);
    story_log_in(alice, "alice", "wonderland");
    const story_flow *flow =
        story_tap_find(tap, PL_PROTOCOL_UDP, alice->outside, s->supernode[0]->outside, 0);
    pl_message heard = {0};
    g_assert_cmpint(pl_message_read(&heard, PL_CARRIER_DATAGRAM, flow->bytes->data, flow->bytes->len), ==, 0);
    heard.id = PL_MESSAGE_PROBE_ANSWER;
    heard.status = PL_PROBE_WELCOME;
    uint8_t answer[PL_PROBE_BYTES];
    size_t len = pl_message_write(&heard, answer, sizeof answer);
    g_assert_true(is_refused(stranger, udp_socket(stranger), alice, udp_address(tap, alice), answer, len));
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ASKING);
    story_tap_free(tap);
    story_free(s);
}

/* --- a stranger in a supernode's place --- */

typedef struct play {
    story *s;
    story_speaker *mallory;
    story_host *alice;
    pl_addr only[1];
} play;

static void open_play(play *p)
{
    p->s = open_story();
    p->mallory = story_speaker_new(p->s);
    story_speaker_listen(p->mallory);
    p->alice = story_add_client(p->s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    p->only[0] = story_address(p->mallory->host);
    p->alice->network.bootstrap = p->only;
    p->alice->network.n_bootstrap = 1;
}

static void close_play(play *p)
{
    story_speaker_free(p->mallory);
    story_free(p->s);
}

/* After the first rung: UDP, TCP, and what the reflex below does to the stream. */
static void expect_next_rung(play *p, pl_time at)
{
    story_log_in(p->alice, "alice", "wonderland");
    story_run(p->s, START + 3 * RTT + 20 * PL_SECOND);
    g_assert_cmpint(story_nth(p->alice, PL_EVENT_LOGIN_RUNG, 2)->at, ==, at);
    g_assert_cmpuint(story_count(p->alice, PL_EVENT_LOGIN_ATTACHED), ==, 0);
}

static void say_garbage(story_host *host, const pl_input *input, pl_time now)
{
    (void)now;
    if (input->kind == PL_INPUT_ACCEPTED)
        story_write(host, input->id, "HTTP/1.0 400 Bad Request\r\n", 26);
}

static void say_nothing(story_host *host, const pl_input *input, pl_time now)
{
    (void)host, (void)input, (void)now;
}

static void say_a_length(story_host *host, const pl_input *input, pl_time now)
{
    (void)now;
    if (input->kind == PL_INPUT_ACCEPTED)
        story_write(host, input->id, "\xFF\xFF", 2);
}

static void dribble(void *ctx, void *arg, pl_time now)
{
    story_host *host = ctx;
    story_write(host, GPOINTER_TO_UINT(arg), "\0", 1);
    host->story->ops->at(host->story->engine, now + PL_SECOND, dribble, host, arg);
}

static void say_slowly(story_host *host, const pl_input *input, pl_time now)
{
    if (input->kind != PL_INPUT_ACCEPTED)
        return;
    story_write(host, input->id, "\x01", 1); /* a frame of 256 bytes */
    host->story->ops->at(host->story->engine, now + PL_SECOND, dribble, host, GUINT_TO_POINTER(input->id));
}

static void expect_reflex(void (*mischief)(story_host *, const pl_input *, pl_time), pl_span after_open,
                          const char *error)
{
    play p;
    open_play(&p);
    p.mallory->mischief = mischief;
    expect_next_rung(&p, START + 2 * RTT + after_open);
    if (error)
        g_assert_cmpuint(story_refusals(p.alice, error, "handshake"), >=, 1);
    g_assert_cmpint(story_run_to(p.alice, PL_EVENT_LOGIN_FAILED, PL_HOUR), !=, PL_NEVER);
    close_play(&p);
}

/* The server's garbage is on its way when our ACK arrives: half a round trip after it. */
static void test_supernode_that_says_garbage(void)
{
    expect_reflex(say_garbage, RTT, "oversized");
    expect_reflex(say_a_length, RTT, "oversized");
}

/* login.answer_timeout counts from the open, to the nanosecond; bytes that dribble do not prolong it. */
static void test_supernode_that_says_nothing_or_dribbles(void)
{
    expect_reflex(say_nothing, 10 * PL_SECOND, NULL);
    expect_reflex(say_slowly, 10 * PL_SECOND, NULL);
}

static void say_attached(story_speaker *speaker, size_t n_servers, const pl_cache_entry *entries,
                         size_t n_entries)
{
    pl_message attached = {.id = PL_MESSAGE_ATTACHED,
                           .n_servers = n_servers,
                           .entries = entries,
                           .n_entries = n_entries,
                           .unix_time = speaker->host->story->epoch};
    attached.servers[0] = speaker->host->story->servers[0];
    story_speaker_say(speaker, &attached);
}

static void knows_no_server(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        say_attached(speaker, 0, NULL, 0);
}

static void refuses(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL});
}

static void says_advertised_first(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISED});
}

static void refuses_the_credential(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        say_attached(speaker, 1, NULL, 0);
    if (id == PL_MESSAGE_ADVERTISE)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FORGED});
}

static void never_advertises(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        say_attached(speaker, 1, NULL, 0);
}

static void expect_cause(void (*answer)(story_speaker *, pl_message_id), const char *cause)
{
    play p;
    open_play(&p);
    p.mallory->answer = answer;
    story_log_in(p.alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(p.alice, PL_EVENT_LOGIN_PAUSE, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpstr(story_last(p.alice, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, cause);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_LOGGED_IN), ==, 0);
    close_play(&p);
}

static void test_supernode_that_breaks_the_conversation(void)
{
    expect_cause(knows_no_server, "no-server-known");
    expect_cause(refuses_the_credential, "supernode-refused");
    expect_cause(never_advertises, "no-answer");
}

/* While attaching, a refusal sends her on to the next rung; after the last (443, where nobody listens),
 * pause. */
static void test_supernode_that_does_not_attach(void)
{
    expect_cause(refuses, "supernode-full");
    expect_cause(says_advertised_first, "refused");
}

static void poisons(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_ATTACH)
        say_attached(speaker, 1, speaker->answer_ctx, PL_MESSAGE_ENTRIES_MAX);
    if (id == PL_MESSAGE_ADVERTISE)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISED});
}

/* 200 entries "seen" in the year 2106 fill the cache.  A cache that believed it could never learn of another
 * supernode; ours takes them for seen now, and what is learnt later replaces them. */
static void test_entries_from_the_future_do_not_stay_for_ever(void)
{
    play p;
    pl_cache_entry poison[PL_MESSAGE_ENTRIES_MAX];
    open_play(&p);
    for (uint32_t i = 0; i < G_N_ELEMENTS(poison); i++)
        poison[i] = (pl_cache_entry){{0x0B000001 + i, 1}, UINT32_MAX};
    p.mallory->answer = poisons;
    p.mallory->answer_ctx = poison;
    p.alice->config.cache_refresh_interval = 5 * PL_SECOND;
    story_log_in(p.alice, "alice", "wonderland");
    story_run(p.s, START + PL_SECOND);
    g_assert_cmpint(pl_node_login_state(p.alice->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(pl_node_cache_entries(p.alice->node), ==, 200);
    story_run(p.s, START + 10 * PL_SECOND);
    pl_cache_entry fresh = {p.s->bootstrap[3], (uint32_t)p.s->epoch + 19};
    story_speaker_say(p.mallory,
                      &(pl_message){.id = PL_MESSAGE_CACHE_ENTRIES, .entries = &fresh, .n_entries = 1});
    story_run(p.s, START + 11 * PL_SECOND);
    g_assert_cmpuint(pl_node_cache_entries(p.alice->node), ==, 200);
    uint8_t kept[2000];
    size_t len = sim_registry_load(p.alice->registry, "cache", kept, sizeof kept);
    const uint8_t fourth[4] = {0x42, 0, 0, 4};
    g_assert_nonnull(memmem(kept, len, fourth, sizeof fourth));
    close_play(&p);
}

/* A thousand different entries in five answers, each fresher than the last: never more than 200 are held. */
static void test_cache_holds_200_of_a_thousand(void)
{
    play p;
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    open_play(&p);
    p.alice->config.cache_refresh_interval = PL_SECOND;
    for (uint32_t i = 0; i < G_N_ELEMENTS(entries); i++)
        entries[i] = (pl_cache_entry){{0x0B000001 + i, 1}, (uint32_t)p.s->epoch};
    p.mallory->answer = poisons;
    p.mallory->answer_ctx = entries;
    story_log_in(p.alice, "alice", "wonderland");
    for (uint32_t round = 1; round < 5; round++) {
        story_run(p.s, START + round * PL_SECOND + 9 * RTT); /* online at 8 r, so she has just asked */
        g_assert_cmpuint(pl_node_cache_entries(p.alice->node), ==, 200);
        for (uint32_t i = 0; i < G_N_ELEMENTS(entries); i++)
            entries[i] = (pl_cache_entry){{0x0B000001 + 1000 * round + i, 1}, (uint32_t)p.s->epoch + round};
        story_speaker_say(p.mallory, &(pl_message){.id = PL_MESSAGE_CACHE_ENTRIES,
                                                   .entries = entries,
                                                   .n_entries = G_N_ELEMENTS(entries)});
    }
    story_run(p.s, START + 10 * PL_SECOND);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_CACHE_REFRESHED), ==, 5);
    g_assert_cmpuint(pl_node_cache_entries(p.alice->node), ==, 200);
    uint8_t kept[4000];
    g_assert_cmpuint(sim_registry_load(p.alice->registry, "cache", kept, sizeof kept), ==, 2000);
    close_play(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/hostile/datagrams-at-a-supernode", test_datagrams_at_a_supernode);
    g_test_add_func("/story/hostile/datagrams-at-the-login-server", test_datagrams_at_the_login_server);
    g_test_add_func("/story/hostile/datagrams-and-streams-at-a-client",
                    test_datagrams_and_streams_at_a_client);
    g_test_add_func("/story/hostile/an-answer-from-who-was-not-asked", test_an_answer_from_who_was_not_asked);
    g_test_add_func("/story/hostile/supernode-that-says-garbage", test_supernode_that_says_garbage);
    g_test_add_func("/story/hostile/supernode-that-says-nothing-or-dribbles",
                    test_supernode_that_says_nothing_or_dribbles);
    g_test_add_func("/story/hostile/supernode-that-breaks-the-conversation",
                    test_supernode_that_breaks_the_conversation);
    g_test_add_func("/story/hostile/supernode-that-does-not-attach", test_supernode_that_does_not_attach);
    g_test_add_func("/story/hostile/entries-from-the-future-do-not-stay",
                    test_entries_from_the_future_do_not_stay_for_ever);
    g_test_add_func("/story/hostile/cache-holds-200-of-a-thousand", test_cache_holds_200_of_a_thousand);
    return g_test_run();
}
