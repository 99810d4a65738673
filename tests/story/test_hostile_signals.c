/* test_hostile_signals.c - visitors, clients and supernodes that break the rules of signalling, and those who
 * ask for too much of it. */
#include <string.h>

#include "tests/support/story_speaker.h"
#include "tests/support/story_visit.h"

#define START   (10 * PL_SECOND)
#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)

/*
 *   alice ──visits──▶ supernode 66.0.0.1 ◀──attached── bob
 *   speaker ──────────────┘  as a visitor, or as a client of its own
 */
typedef struct play {
    story *s;
    story_host *supernode, *bob;
    story_callee *callee;
    story_speaker *speaker;
} play;

static void open_play_with(play *p, const pl_config *config)
{
    p->s = story_new(&(story_options){.supernodes = 1, .config = config});
    story_settle(p->s);
    p->supernode = p->s->supernode[0];
    p->bob = story_log_in_at(p->s, "bob", 0, &(story_client_options){0});
    p->callee = story_callee_new(p->bob);
    p->speaker = story_speaker_new(p->s);
}

static void open_play(play *p)
{
    open_play_with(p, NULL);
}

static void close_play(play *p)
{
    story_callee_free(p->callee);
    story_speaker_free(p->speaker);
    story_free(p->s);
}

static void hear(play *p)
{
    story_run(p->s, story_now(p->s) + PL_SECOND);
}

static void say(story_speaker *speaker, pl_message_id id, const uint8_t *credential, size_t len)
{
    g_assert_true(story_speaker_say(speaker, &(pl_message){.id = id, .credential = {credential, len}}));
}

static void show_credential(story_speaker *speaker)
{
    say(speaker, PL_MESSAGE_CREDENTIAL, speaker->credential, speaker->credential_len);
}

static bool say_signal(story_speaker *speaker, uint32_t visit, const char *to)
{
    return story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_SIGNAL,
                                                    .visit = visit,
                                                    .name = {(const uint8_t *)to, strlen(to)},
                                                    .body = {(const uint8_t *)"hello", 5}});
}

static void come_as(story_speaker *speaker, pl_attach_role role)
{
    story_speaker_meet(speaker, speaker->host->story->bootstrap[0], PL_NOISE_XX);
    show_credential(speaker);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = role});
}

static void be_online(play *p)
{
    come_as(p->speaker, PL_ATTACH_CLIENT);
    hear(p);
    say(p->speaker, PL_MESSAGE_ADVERTISE, p->speaker->credential, p->speaker->credential_len);
    hear(p);
    g_assert_cmpint((int)p->speaker->heard[p->speaker->n_heard - 1], ==, PL_MESSAGE_ADVERTISED);
}

static bool is_ended(const story_speaker *speaker)
{
    return story_ended(speaker->host, speaker->stream) != NULL;
}

static size_t visited(const play *p)
{
    return story_count(p->supernode, PL_EVENT_SIGNAL_VISITED);
}

/* --- who visits --- */

static void test_an_honest_visitor(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    say_signal(p.speaker, 0, "bob");
    hear(&p);
    g_assert_true(story_body_is(p.callee->bodies, 0, "hello"));
    g_assert_cmpstr(p.callee->from, ==, "mallory");
    g_assert_cmpuint(p.callee->visit, !=, 0);
    g_assert_cmpuint(p.speaker->n_heard, ==, 0); /* nobody says welcome */
    story_callee_say(p.callee, "and to you");
    hear(&p);
    g_assert_cmpint((int)p.speaker->heard[0], ==, PL_MESSAGE_SIGNAL);
    g_assert_cmpuint(p.speaker->visit, ==, 0);
    g_assert_cmpstr(p.speaker->name, ==, "bob");
    g_assert_cmpuint(p.speaker->body_len, ==, 10);
    g_assert_cmpuint(pl_node_clients(p.supernode->node), ==, 1);
    close_play(&p);
}

static void expect_bad_credential(play *p, const char *error, pl_refusal refusal)
{
    come_as(p->speaker, PL_ATTACH_VISITOR);
    say_signal(p->speaker, 0, "bob");
    hear(p);
    g_assert_cmpuint(p->speaker->n_heard, ==, 1);
    g_assert_cmpint((int)p->speaker->heard[0], ==, PL_MESSAGE_REFUSED);
    g_assert_cmpint((int)p->speaker->refusal, ==, (int)refusal);
    g_assert_cmpuint(story_refusals(p->supernode, error, "credential"), ==, 1);
    g_assert_true(is_ended(p->speaker));
    g_assert_cmpuint(p->callee->bodies->len, ==, 0);
    g_assert_cmpuint(visited(p), ==, 0);
}

static void test_a_forged_credential(void)
{
    play p;
    open_play(&p);
    p.speaker->credential[p.speaker->credential_len - 1] ^= 1;
    expect_bad_credential(&p, "forged", PL_REFUSAL_FORGED);
    close_play(&p);
}

static void issue(story_speaker *speaker, const char *name, int64_t expires,
                  const uint8_t dh_key[PL_KEY_BYTES])
{
    const story *s = speaker->host->story;
    pl_credential credential = {.expires = expires};
    g_strlcpy(credential.name, name, sizeof credential.name);
    memcpy(credential.dh_key, dh_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, s->suite, &s->keys.sign);
    speaker->credential_len = pl_credential_encode(&credential, speaker->credential);
}

static void test_an_expired_credential(void)
{
    play p;
    open_play(&p);
    issue(p.speaker, "mallory", p.s->epoch + 5, p.speaker->dh.public_key);
    expect_bad_credential(&p, "expired", PL_REFUSAL_EXPIRED);
    close_play(&p);
}

/* Bob's own credential, as whoever heard it once may show it: its key is not the one that the channel proved.
 */
static void test_another_users_credential(void)
{
    play p;
    open_play(&p);
    const pl_credential *bobs = pl_login_credential(p.bob->node->login);
    p.speaker->credential_len = pl_credential_encode(bobs, p.speaker->credential);
    expect_bad_credential(&p, "forged", PL_REFUSAL_FORGED);
    close_play(&p);
}

static void test_no_credential(void)
{
    play p;
    open_play(&p);
    story_speaker_meet(p.speaker, p.s->bootstrap[0], PL_NOISE_XX);
    story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_VISITOR});
    say_signal(p.speaker, 0, "bob");
    hear(&p);
    g_assert_cmpuint(story_refusals(p.supernode, "unexpected", "attach"), ==, 1);
    g_assert_true(is_ended(p.speaker));
    g_assert_cmpuint(p.callee->bodies->len, ==, 0);
    close_play(&p);
}

/* A caller whose credential lapsed while he was online is told so. */
static void test_a_lapsed_caller(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.server_credential_lifetime = 100 * PL_SECOND;
    open_play_with(&p, &config);
    story_host *alice = story_log_in_at(p.s, "alice", 0, &(story_client_options){0});
    story_run(p.s, 130 * PL_SECOND); /* the supernode has renewed its own */
    story_caller *caller = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    story_caller_say(caller, "hello");
    hear(&p);
    g_assert_cmpstr(caller->cause, ==, "expired-credential");
    g_assert_cmpuint(p.callee->bodies->len, ==, 0);
    story_caller_free(caller);
    close_play(&p);
}

/* --- what a visitor may say --- */

static void expect_fault(play *p, const char *error, const char *what)
{
    hear(p);
    g_assert_cmpuint(story_refusals(p->supernode, error, what), ==, 1);
    g_assert_true(is_ended(p->speaker));
    g_assert_cmpint(pl_node_login_state(p->bob->node), ==, PL_LOGIN_ONLINE);
}

static void test_a_visit_is_to_one_user(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    say_signal(p.speaker, 0, "bob");
    say_signal(p.speaker, 0, "bobby");
    expect_fault(&p, "unexpected", "signal");
    g_assert_cmpuint(p.callee->bodies->len, ==, 1);
    close_play(&p);
}

static void test_a_visitor_has_no_handles(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    say_signal(p.speaker, 1, "bob");
    expect_fault(&p, "unexpected", "signal");
    g_assert_cmpuint(p.callee->bodies->len, ==, 0);
    close_play(&p);
}

static void test_a_visitor_is_no_client(void)
{
    static const struct {
        pl_message_id id;
        const char *name;
    } rows[] = {{PL_MESSAGE_RELAY_REQUEST, "relay-request"},
                {PL_MESSAGE_CACHE_REQUEST, "cache-request"},
                {PL_MESSAGE_ADVERTISE, "advertise"},
                {PL_MESSAGE_CREDENTIAL, "credential"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        play p;
        open_play(&p);
        come_as(p.speaker, PL_ATTACH_VISITOR);
        say(p.speaker, rows[i].id, p.speaker->credential, p.speaker->credential_len);
        expect_fault(&p, "unexpected", rows[i].name);
        close_play(&p);
    }
}

static void test_who_is_not_attached_may_not_signal(void)
{
    play p;
    open_play(&p);
    story_speaker_meet(p.speaker, p.s->bootstrap[0], PL_NOISE_XX);
    show_credential(p.speaker);
    say_signal(p.speaker, 0, "bob");
    expect_fault(&p, "unexpected", "signal");
    close_play(&p);
}

/* One second's worth at once, and then one each twentieth of a second. */
static void test_a_flood_of_signals(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    hear(&p);
    pl_time from = story_now(p.s);
    for (int i = 0; i < 20; i++)
        say_signal(p.speaker, 0, "bob");
    story_run(p.s, from + PL_SECOND / 20);
    say_signal(p.speaker, 0, "bob");
    story_run(p.s, from + 3 * RTT);
    g_assert_cmpuint(p.callee->bodies->len, ==, 21);
    g_assert_false(is_ended(p.speaker));
    for (int i = 0; i < 100; i++)
        say_signal(p.speaker, 0, "bob");
    expect_fault(&p, "limit", "signal");
    g_assert_cmpuint(p.callee->bodies->len, <=, 21 + 6); /* what filled up since */
    close_play(&p);
}

static void test_a_nanosecond_before_the_next_token(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    hear(&p);
    pl_time from = story_now(p.s);
    for (int i = 0; i < 20; i++)
        say_signal(p.speaker, 0, "bob");
    story_run(p.s, from + PL_SECOND / 20 - 1);
    say_signal(p.speaker, 0, "bob");
    expect_fault(&p, "limit", "signal");
    g_assert_cmpuint(p.callee->bodies->len, ==, 20);
    close_play(&p);
}

static void test_a_visit_is_idle(void)
{
    play p;
    open_play(&p);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    pl_time arrived = story_now(p.s) + ONE_WAY;
    pl_span idle = p.s->config.signal_visit_idle;
    story_run(p.s, arrived + idle - PL_MINUTE / 2 - ONE_WAY);
    say_signal(p.speaker, 0, "bob");
    pl_time last = arrived + idle - PL_MINUTE / 2;
    story_run(p.s, last + idle + ONE_WAY);
    g_assert_cmpuint(p.speaker->n_heard, ==, 0);
    g_assert_false(is_ended(p.speaker));
    story_run(p.s, last + idle + ONE_WAY + 1);
    g_assert_cmpuint(p.speaker->n_heard, ==, 1);
    g_assert_cmpint((int)p.speaker->refusal, ==, PL_REFUSAL_IDLE);
    g_assert_true(is_ended(p.speaker));
    close_play(&p);
}

static void test_visits_are_bounded(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.signal_visits_max = 2;
    open_play_with(&p, &config);
    story_host *alice = story_log_in_at(p.s, "alice", 0, &(story_client_options){0});
    story_caller *first = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    story_caller *second = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    hear(&p);
    g_assert_cmpuint(visited(&p), ==, 2);
    story_caller *third = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    hear(&p);
    g_assert_cmpstr(third->cause, ==, "full");
    g_assert_cmpstr(story_last(p.supernode, PL_EVENT_SIGNAL_REFUSED)->event.value[1].text, ==, "full");
    g_assert_cmpuint(pl_node_clients(p.supernode->node), ==, 2);
    story_caller_free(first); /* and room is room again */
    hear(&p);
    story_caller_free(third);
    third = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    story_caller_say(third, "hello");
    hear(&p);
    g_assert_null(third->cause);
    g_assert_cmpuint(p.callee->bodies->len, ==, 1);
    story_caller_free(second);
    story_caller_free(third);
    close_play(&p);
}

/* One user cannot hold the places of all: his visits beyond his own bound are refused, and others have room. */
static void test_the_visits_of_one_user_are_bounded(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.signal_user_visits = 2;
    open_play_with(&p, &config);
    story_host *alice = story_log_in_at(p.s, "alice", 0, &(story_client_options){0});
    story_host *carol = story_log_in_at(p.s, "carol", 0, &(story_client_options){0});
    story_caller *callers[] = {story_caller_new(alice, "bob", p.s->bootstrap[0]),
                               story_caller_new(alice, "bob", p.s->bootstrap[0]), NULL, NULL};
    hear(&p);
    callers[2] = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    callers[3] = story_caller_new(carol, "bob", p.s->bootstrap[0]);
    hear(&p);
    g_assert_cmpuint(visited(&p), ==, 3);
    g_assert_cmpstr(callers[2]->cause, ==, "full");
    g_assert_null(callers[3]->cause);
    story_caller_free(callers[0]); /* and room is room again */
    story_caller_free(callers[2]);
    hear(&p);
    callers[2] = story_caller_new(alice, "bob", p.s->bootstrap[0]);
    hear(&p);
    g_assert_cmpuint(visited(&p), ==, 4);
    g_assert_null(callers[2]->cause);
    for (size_t i = 1; i < 4; i++)
        story_caller_free(callers[i]);
    close_play(&p);
}

/* Visitors take no client's place, and clients no visitor's. */
static void test_visits_at_a_full_supernode(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.supernode_clients_max = 1;
    config.supernode_turn_aways_max = 1;
    open_play_with(&p, &config);
    come_as(p.speaker, PL_ATTACH_VISITOR);
    say_signal(p.speaker, 0, "bob");
    hear(&p);
    g_assert_cmpuint(p.callee->bodies->len, ==, 1);
    story_speaker *other = story_speaker_new(p.s);
    come_as(other, PL_ATTACH_VISITOR);
    say_signal(other, 0, "bob");
    hear(&p);
    g_assert_cmpuint(p.callee->bodies->len, ==, 2);
    g_assert_cmpuint(pl_node_clients(p.supernode->node), ==, 1);
    story_speaker_free(other);
    close_play(&p);
}

/* --- what a client may say --- */

static story_caller *alice_visits_bob(play *p)
{
    story_host *alice = story_log_in_at(p->s, "alice", 0, &(story_client_options){0});
    story_caller *caller = story_caller_new(alice, "bob", p->s->bootstrap[0]);
    story_caller_say(caller, "an offer");
    hear(p);
    g_assert_cmpuint(p->callee->bodies->len, ==, 1);
    return caller;
}

/* Mallory is online at the same supernode and guesses the handle of alice's visit to bob. */
static void test_a_client_answers_a_visit_to_another(void)
{
    play p;
    open_play(&p);
    story_caller *caller = alice_visits_bob(&p);
    be_online(&p);
    say_signal(p.speaker, p.callee->visit, "alice");
    hear(&p);
    g_assert_cmpint((int)p.speaker->heard[p.speaker->n_heard - 1], ==, PL_MESSAGE_SIGNAL_FAILED);
    g_assert_cmpint((int)p.speaker->refusal, ==, PL_REFUSAL_NO_VISIT);
    g_assert_cmpuint(p.speaker->visit, ==, p.callee->visit);
    g_assert_cmpstr(p.speaker->name, ==, "alice");
    g_assert_cmpuint(caller->bodies->len, ==, 0);
    g_assert_null(caller->cause);
    story_callee_say(p.callee, "an answer"); /* bob may */
    hear(&p);
    g_assert_true(story_body_is(caller->bodies, 0, "an answer"));
    story_caller_free(caller);
    close_play(&p);
}

static void test_an_answer_to_another_name(void)
{
    play p;
    open_play(&p);
    story_caller *caller = alice_visits_bob(&p);
    g_assert_cmpint(pl_login_signal(p.bob->node->login, p.callee->visit, "alicia", (const uint8_t *)"x", 1),
                    ==, 0);
    hear(&p);
    g_assert_cmpstr(p.callee->failure, ==, "no-such-visit");
    g_assert_cmpuint(caller->bodies->len, ==, 0);
    story_caller_free(caller);
    close_play(&p);
}

/* Somebody else takes bob's name over, with a true credential of that name.  The visit that addressed the
 * first bob is not the second's to answer, until it has addressed him. */
static void test_who_took_the_name_over(void)
{
    play p;
    open_play(&p);
    story_caller *caller = alice_visits_bob(&p);
    issue(p.speaker, "bob", p.s->epoch + 86400, p.speaker->dh.public_key);
    be_online(&p);
    uint32_t visit = p.callee->visit;
    say_signal(p.speaker, visit, "alice");
    hear(&p);
    g_assert_cmpint((int)p.speaker->refusal, ==, PL_REFUSAL_NO_VISIT);
    story_caller_say(caller, "again");
    hear(&p);
    g_assert_cmpint((int)p.speaker->heard[p.speaker->n_heard - 1], ==, PL_MESSAGE_SIGNAL);
    say_signal(p.speaker, visit, "alice");
    hear(&p);
    g_assert_true(story_body_is(caller->bodies, 0, "hello"));
    story_caller_free(caller);
    close_play(&p);
}

static void test_answers_without_end(void)
{
    play p;
    open_play(&p);
    be_online(&p);
    size_t heard = p.speaker->n_heard;
    for (int i = 0; i < 100; i++)
        say_signal(p.speaker, 12345, "alice");
    expect_fault(&p, "limit", "signal");
    g_assert_cmpuint(p.speaker->n_heard, ==, heard + 20);
    g_assert_cmpstr(story_last(p.supernode, PL_EVENT_CLIENT_GONE)->event.value[0].text, ==, "limit");
    close_play(&p);
}

static void test_relay_requests_without_end(void)
{
    play p;
    open_play(&p);
    be_online(&p);
    size_t heard = p.speaker->n_heard;
    for (int i = 0; i < 100; i++)
        story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_RELAY_REQUEST});
    expect_fault(&p, "limit", "relay-request");
    g_assert_cmpuint(p.speaker->n_heard, ==, heard + 20);
    close_play(&p);
}

/* Many answers to one visit: what is over its rate is not delivered, and the visitor stays whole. */
static void test_a_flood_of_answers(void)
{
    play p;
    open_play(&p);
    story_caller *caller = alice_visits_bob(&p);
    for (int i = 0; i < 30; i++)
        story_callee_say(p.callee, "an answer");
    hear(&p);
    g_assert_cmpuint(caller->bodies->len, ==, 20);
    g_assert_cmpuint(p.callee->n_failed, ==, 10);
    g_assert_cmpstr(p.callee->failure, ==, "busy");
    g_assert_null(caller->cause);
    story_caller_free(caller);
    close_play(&p);
}

/* --- supernodes --- */

static void test_a_supernode_with_a_forged_credential(void)
{
    play p;
    open_play(&p);
    story_host *alice = story_log_in_at(p.s, "alice", 0, &(story_client_options){0});
    story_speaker_listen(p.speaker);
    p.speaker->credential[p.speaker->credential_len - 1] ^= 1;
    story_caller *caller = story_caller_new(alice, "bob", story_address(p.speaker->host));
    story_caller_say(caller, "for bob alone");
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    g_assert_cmpstr(caller->cause, ==, "supernode-not-proven");
    g_assert_cmpuint(p.speaker->n_heard, ==, 0); /* and is told nothing */
    story_caller_free(caller);
    close_play(&p);
}

/* What it says when it has heard the offer is in answer_ctx. */
static void retorts(story_speaker *speaker, pl_message_id id)
{
    if (id == PL_MESSAGE_SIGNAL)
        story_speaker_say(speaker, speaker->answer_ctx);
}

static void expect_malformed(pl_message answer)
{
    play p;
    open_play(&p);
    story_host *alice = story_log_in_at(p.s, "alice", 0, &(story_client_options){0});
    story_speaker_listen(p.speaker);
    p.speaker->answer = retorts;
    p.speaker->answer_ctx = &answer;
    story_caller *caller = story_caller_new(alice, "bob", story_address(p.speaker->host));
    story_caller_say(caller, "an offer");
    hear(&p);
    g_assert_cmpstr(caller->cause, ==, "supernode-malformed");
    g_assert_cmpuint(caller->bodies->len, ==, 0);
    g_assert_cmpuint(story_refusals(alice, "unexpected", "record"), ==, 1);
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    story_caller_free(caller);
    close_play(&p);
}

#define NAMED(text)                                                                                          \
    {                                                                                                        \
        (const uint8_t *)(text), sizeof(text) - 1                                                            \
    }

static void test_supernodes_that_say_anything(void)
{
    expect_malformed((pl_message){.id = PL_MESSAGE_SIGNAL, .name = NAMED("bobby")});
    expect_malformed((pl_message){.id = PL_MESSAGE_SIGNAL, .visit = 1, .name = NAMED("bob")});
    expect_malformed(
        (pl_message){.id = PL_MESSAGE_SIGNAL_FAILED, .refusal = PL_REFUSAL_BUSY, .name = NAMED("eve")});
    expect_malformed((pl_message){.id = PL_MESSAGE_ADVERTISED});
    expect_malformed((pl_message){.id = PL_MESSAGE_RELAY_REQUEST});
}

static void plays_supernode(story_speaker *speaker, pl_message_id id)
{
    pl_message attached = {
        .id = PL_MESSAGE_ATTACHED, .n_servers = 1, .unix_time = speaker->host->story->epoch};
    attached.servers[0] = speaker->host->story->servers[0];
    if (id == PL_MESSAGE_ATTACH)
        story_speaker_say(speaker, &attached);
    if (id == PL_MESSAGE_ADVERTISE)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISED});
}

/* An account that nobody asked for is no account. */
static void test_a_grant_that_nobody_asked_for(void)
{
    play p;
    pl_addr only[1];
    const pl_message grant = {
        .id = PL_MESSAGE_RELAY_GRANT, .name = NAMED("u"), .password = NAMED("p"), .lifetime = 1};
    open_play(&p);
    story_speaker_listen(p.speaker);
    p.speaker->answer = plays_supernode;
    story_host *alice = story_add_client(p.s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    only[0] = story_address(p.speaker->host);
    alice->network.bootstrap = only;
    alice->network.n_bootstrap = 1;
    story_account(p.s, "alice", "secret");
    story_log_in(alice, "alice", "secret");
    hear(&p);
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    story_callee *callee = story_callee_new(alice);
    g_assert_cmpint(pl_login_request_relay(alice->node->login), ==, 0);
    hear(&p);
    story_speaker_say(p.speaker, &grant);
    hear(&p);
    g_assert_cmpuint(callee->n_accounts, ==, 1);
    g_assert_cmpstr(callee->account.user, ==, "u");
    g_assert_cmpstr(callee->account.password, ==, "p");
    story_speaker_say(p.speaker, &grant);
    hear(&p);
    g_assert_cmpuint(callee->n_accounts, ==, 1);
    g_assert_cmpstr(story_last(alice, PL_EVENT_LOGGED_OUT)->event.value[0].text, ==, "supernode-malformed");
    story_callee_free(callee);
    close_play(&p);
}

#define ADD(name, test) g_test_add_func("/story/hostile/signals/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("an-honest-visitor", test_an_honest_visitor);
    ADD("a-forged-credential", test_a_forged_credential);
    ADD("an-expired-credential", test_an_expired_credential);
    ADD("another-users-credential", test_another_users_credential);
    ADD("no-credential", test_no_credential);
    ADD("a-lapsed-caller", test_a_lapsed_caller);
    ADD("a-visit-is-to-one-user", test_a_visit_is_to_one_user);
    ADD("a-visitor-has-no-handles", test_a_visitor_has_no_handles);
    ADD("a-visitor-is-no-client", test_a_visitor_is_no_client);
    ADD("who-is-not-attached-may-not-signal", test_who_is_not_attached_may_not_signal);
    ADD("a-flood-of-signals", test_a_flood_of_signals);
    ADD("a-nanosecond-before-the-next-token", test_a_nanosecond_before_the_next_token);
    ADD("a-visit-is-idle", test_a_visit_is_idle);
    ADD("visits-are-bounded", test_visits_are_bounded);
    ADD("the-visits-of-one-user-are-bounded", test_the_visits_of_one_user_are_bounded);
    ADD("visits-at-a-full-supernode", test_visits_at_a_full_supernode);
    ADD("a-client-answers-a-visit-to-another", test_a_client_answers_a_visit_to_another);
    ADD("an-answer-to-another-name", test_an_answer_to_another_name);
    ADD("who-took-the-name-over", test_who_took_the_name_over);
    ADD("answers-without-end", test_answers_without_end);
    ADD("relay-requests-without-end", test_relay_requests_without_end);
    ADD("a-flood-of-answers", test_a_flood_of_answers);
    ADD("a-supernode-with-a-forged-credential", test_a_supernode_with_a_forged_credential);
    ADD("supernodes-that-say-anything", test_supernodes_that_say_anything);
    ADD("a-grant-that-nobody-asked-for", test_a_grant_that_nobody_asked_for);
    return g_test_run();
}
