/* test_hostile_sessions.c - who shook hands honestly and then asks for work without end: every session costs
 * a bounded amount, and ends with a cause. */
#include <string.h>

#include "tests/support/story_speaker.h"

#define START    (10 * PL_SECOND)
#define ONE_WAY  (50 * PL_MILLISECOND)
#define RTT      (2 * ONE_WAY)
#define INTERVAL (30 * PL_MINUTE) /* cache.refresh_interval */

/*
 *   speaker ══ XX ══▶ supernode 66.0.0.1          client ══ XX ══▶ speaker in a supernode's place
 */
typedef struct play {
    story *s;
    story_host *supernode;
    story_speaker *speaker;
} play;

/* No keep-alives: the speaker says what the test tells it, and nothing else. */
static void open_play(play *p)
{
    pl_config config;
    pl_config_init(&config);
    config.overlay_keep_alive = 0;
    p->s = story_new(&(story_options){.config = &config});
    story_account(p->s, "alice", "wonderland");
    story_settle(p->s);
    p->supernode = p->s->supernode[0];
    p->speaker = story_speaker_new(p->s);
}

static void close_play(play *p)
{
    story_speaker_free(p->speaker);
    story_free(p->s);
}

static void say(play *p, pl_message_id id, const uint8_t *credential, size_t len)
{
    story_speaker_say(p->speaker, &(pl_message){.id = id, .credential = {credential, len}});
}

static void hear(play *p)
{
    story_run(p->s, story_now(p->s) + PL_SECOND);
}

/* Attached at the returned instant, as the supernode sees it. */
static pl_time attach(play *p)
{
    story_speaker_meet(p->speaker, story_address(p->supernode), PL_NOISE_XX);
    pl_time at = story_now(p->s) + ONE_WAY;
    story_speaker_say(p->speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    hear(p);
    g_assert_cmpint((int)p->speaker->heard[p->speaker->n_heard - 1], ==, PL_MESSAGE_ATTACHED);
    return at;
}

static void expect_ended(const play *p, const char *cause)
{
    g_assert_nonnull(story_ended(p->speaker->host, p->speaker->stream));
    g_assert_cmpuint(pl_node_clients(p->supernode->node), ==, 0);
    g_assert_cmpstr(story_last(p->supernode, PL_EVENT_CLIENT_GONE)->event.value[0].text, ==, cause);
}

/* Ten guesses in one breath: one is judged, and answered, and that is the end. */
static void expect_one_answer(play *p, const uint8_t *credential, size_t len, const char *error,
                              pl_refusal refusal)
{
    size_t heard = p->speaker->n_heard;
    for (int i = 0; i < 10; i++)
        say(p, PL_MESSAGE_ADVERTISE, credential, len);
    hear(p);
    g_assert_cmpuint(p->speaker->n_heard, ==, heard + 1);
    g_assert_cmpint((int)p->speaker->refusal, ==, (int)refusal);
    g_assert_cmpuint(story_refusals(p->supernode, error, "advertise"), ==, 1);
    g_assert_cmpuint(story_count(p->supernode, PL_EVENT_REFUSED_INPUT), ==, 1);
    expect_ended(p, pl_refusal_name(refusal));
}

static void test_a_forged_credential_is_judged_once(void)
{
    play p;
    open_play(&p);
    attach(&p);
    p.speaker->credential[p.speaker->credential_len - 1] ^= 1;
    expect_one_answer(&p, p.speaker->credential, p.speaker->credential_len, "forged", PL_REFUSAL_FORGED);
    close_play(&p);
}

static void test_an_expired_credential_is_judged_once(void)
{
    play p;
    open_play(&p);
    attach(&p);
    pl_credential credential = {.name = "mallory", .expires = p.s->epoch + 1};
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    memcpy(credential.dh_key, p.speaker->dh.public_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, p.s->suite, &p.s->keys.sign);
    size_t len = pl_credential_encode(&credential, bytes);
    expect_one_answer(&p, bytes, len, "expired", PL_REFUSAL_EXPIRED);
    close_play(&p);
}

/* True credentials cost a signature check each, too. */
static void test_one_credential_a_session(void)
{
    play p;
    open_play(&p);
    story_speaker_meet(p.speaker, story_address(p.supernode), PL_NOISE_XX);
    say(&p, PL_MESSAGE_CREDENTIAL, p.speaker->credential, p.speaker->credential_len);
    hear(&p);
    g_assert_null(story_ended(p.speaker->host, p.speaker->stream));
    say(&p, PL_MESSAGE_CREDENTIAL, p.speaker->credential, p.speaker->credential_len);
    hear(&p);
    g_assert_cmpuint(story_refusals(p.supernode, "unexpected", "credential"), ==, 1);
    g_assert_nonnull(story_ended(p.speaker->host, p.speaker->stream));
    close_play(&p);
}

static void test_one_advertisement_a_session(void)
{
    play p;
    open_play(&p);
    attach(&p);
    say(&p, PL_MESSAGE_ADVERTISE, p.speaker->credential, p.speaker->credential_len);
    hear(&p);
    g_assert_cmpuint(pl_node_online(p.supernode->node), ==, 1);
    say(&p, PL_MESSAGE_ADVERTISE, p.speaker->credential, p.speaker->credential_len);
    hear(&p);
    g_assert_cmpuint(story_refusals(p.supernode, "unexpected", "advertise"), ==, 1);
    expect_ended(&p, "unexpected");
    close_play(&p);
}

/* --- cache requests --- */

static void ask_at(play *p, pl_time arrives)
{
    story_run(p->s, arrives - ONE_WAY);
    story_speaker_say(p->speaker, &(pl_message){.id = PL_MESSAGE_CACHE_REQUEST});
}

static pl_time be_online(play *p)
{
    pl_time attached = attach(p);
    say(p, PL_MESSAGE_ADVERTISE, p->speaker->credential, p->speaker->credential_len);
    hear(p);
    return attached;
}

static void test_a_request_before_its_time_ends_the_session(void)
{
    play p;
    open_play(&p);
    pl_time attached = be_online(&p);
    ask_at(&p, attached + INTERVAL / 2 - 1);
    hear(&p);
    g_assert_cmpuint(story_refusals(p.supernode, "limit", "cache-request"), ==, 1);
    expect_ended(&p, "limit");
    close_play(&p);
}

static void test_a_request_in_its_time_is_answered(void)
{
    play p;
    open_play(&p);
    pl_time attached = be_online(&p);
    size_t heard = p.speaker->n_heard;
    for (int i = 1; i <= 4; i++)
        ask_at(&p, attached + i * INTERVAL / 2);
    hear(&p);
    g_assert_cmpuint(p.speaker->n_heard, ==, heard + 4);
    g_assert_cmpuint(story_count(p.supernode, PL_EVENT_REFUSED_INPUT), ==, 0);
    close_play(&p);
}

/* A day of silence buys no flood: two that are late together, and the one of now. */
static void test_unused_requests_are_not_saved_up(void)
{
    play p;
    open_play(&p);
    pl_time attached = be_online(&p);
    size_t heard = p.speaker->n_heard;
    story_run(p.s, attached + 24 * PL_HOUR);
    for (int i = 0; i < 100; i++)
        story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_CACHE_REQUEST});
    hear(&p);
    g_assert_cmpuint(p.speaker->n_heard, <=, heard + 3);
    g_assert_cmpuint(story_refusals(p.supernode, "limit", "cache-request"), ==, 1);
    expect_ended(&p, "limit");
    close_play(&p);
}

static void test_an_honest_client_stays_for_a_day(void)
{
    play p;
    open_play(&p);
    story_host *alice = story_add_client(p.s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_log_in(alice, "alice", "wonderland");
    story_run(p.s, START + 24 * PL_HOUR);
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(story_count(alice, PL_EVENT_CACHE_REFRESHED), ==, 1 + 47);
    close_play(&p);
}

/* --- a supernode's entries, at a client --- */

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

static story_host *log_in_at_the_speaker(play *p, pl_addr only[1])
{
    story_speaker_listen(p->speaker);
    p->speaker->answer = plays_supernode;
    story_host *alice = story_add_client(p->s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    only[0] = story_address(p->speaker->host);
    alice->network.bootstrap = only;
    alice->network.n_bootstrap = 1;
    story_log_in(alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, START + PL_SECOND), !=, PL_NEVER);
    return alice;
}

static void say_entries(play *p)
{
    const pl_cache_entry entry = {{0x0B000001, 1}, (uint32_t)p->s->epoch};
    story_speaker_say(p->speaker,
                      &(pl_message){.id = PL_MESSAGE_CACHE_ENTRIES, .entries = &entry, .n_entries = 1});
}

static void test_entries_that_nobody_asked_for(void)
{
    play p;
    pl_addr only[1];
    open_play(&p);
    story_host *alice = log_in_at_the_speaker(&p, only);
    say_entries(&p);
    hear(&p);
    g_assert_cmpuint(story_refusals(alice, "unexpected", "record"), ==, 1);
    g_assert_cmpstr(story_last(alice, PL_EVENT_LOGGED_OUT)->event.value[0].text, ==, "supernode-malformed");
    g_assert_cmpuint(pl_node_cache_entries(alice->node), ==, 1);
    close_play(&p);
}

/* One answer to one question; the second is one too many. */
static void test_entries_that_are_told_twice(void)
{
    play p;
    pl_addr only[1];
    open_play(&p);
    story_host *alice = log_in_at_the_speaker(&p, only);
    story_run(p.s, START + INTERVAL + PL_MINUTE);
    say_entries(&p);
    hear(&p);
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(pl_node_cache_entries(alice->node), ==, 2);
    say_entries(&p);
    hear(&p);
    g_assert_cmpuint(story_refusals(alice, "unexpected", "record"), ==, 1);
    close_play(&p);
}

/* While it is full-or-not that is awaited, entries may come once: before the refusal. */
static void hands_on_twice(story_speaker *speaker, pl_message_id id)
{
    if (id != PL_MESSAGE_ATTACH)
        return;
    for (int i = 0; i < 2; i++)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_CACHE_ENTRIES});
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL});
}

static void test_entries_that_are_handed_on_twice(void)
{
    play p;
    pl_addr only[1];
    open_play(&p);
    story_speaker_listen(p.speaker);
    p.speaker->answer = hands_on_twice;
    story_host *alice = story_add_client(p.s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    only[0] = story_address(p.speaker->host);
    alice->network.bootstrap = only;
    alice->network.n_bootstrap = 1;
    story_log_in(alice, "alice", "wonderland");
    hear(&p);
    g_assert_cmpuint(story_count(alice, PL_EVENT_CACHE_REFRESHED), ==, 2); /* after UDP, and as a rung */
    g_assert_cmpuint(story_refusals(alice, "unexpected", "record"), ==, 2);
    close_play(&p);
}

/* A supernode that does not answer is asked once, not every half hour. */
static void test_one_question_is_under_way(void)
{
    play p;
    pl_addr only[1];
    open_play(&p);
    log_in_at_the_speaker(&p, only);
    story_run(p.s, START + 5 * INTERVAL);
    size_t asked = 0;
    for (size_t i = 0; i < p.speaker->n_heard; i++)
        asked += p.speaker->heard[i] == PL_MESSAGE_CACHE_REQUEST;
    g_assert_cmpuint(asked, ==, 1);
    close_play(&p);
}

/* --- partners --- */

/* Somebody sits at the partner's address with a credential that the login server did not sign. */
static void test_a_forged_partner(void)
{
    play p;
    open_play(&p);
    story_speaker_listen(p.speaker);
    p.speaker->credential[p.speaker->credential_len - 1] ^= 1;
    p.supernode->supernode.partner = story_address(p.speaker->host);
    story_fail(p.supernode);
    story_restart(p.supernode);
    pl_time from = story_now(p.s);
    story_run(p.s, from + 5 * PL_SECOND);
    g_assert_cmpuint(story_refusals(p.supernode, "forged", "partner-credential"), ==, 1);
    g_assert_cmpuint(story_count(p.supernode, PL_EVENT_PARTNER_LINKED), ==, 0);
    g_assert_cmpuint(p.speaker->n_heard, ==, 0); /* and is told nothing */
    story_run(p.s, from + 15 * PL_SECOND);
    g_assert_cmpuint(story_refusals(p.supernode, "forged", "partner-credential"), ==, 2);
    close_play(&p);
}

#define ADD(name, test) g_test_add_func("/story/hostile/sessions/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-forged-credential-is-judged-once", test_a_forged_credential_is_judged_once);
    ADD("an-expired-credential-is-judged-once", test_an_expired_credential_is_judged_once);
    ADD("one-credential", test_one_credential_a_session);
    ADD("one-advertisement", test_one_advertisement_a_session);
    ADD("a-request-before-its-time", test_a_request_before_its_time_ends_the_session);
    ADD("a-request-in-its-time", test_a_request_in_its_time_is_answered);
    ADD("unused-requests-are-not-saved-up", test_unused_requests_are_not_saved_up);
    ADD("an-honest-client-stays", test_an_honest_client_stays_for_a_day);
    ADD("entries-that-nobody-asked-for", test_entries_that_nobody_asked_for);
    ADD("entries-that-are-told-twice", test_entries_that_are_told_twice);
    ADD("entries-that-are-handed-on-twice", test_entries_that_are_handed_on_twice);
    ADD("one-question-is-under-way", test_one_question_is_under_way);
    ADD("a-forged-partner", test_a_forged_partner);
    return g_test_run();
}
