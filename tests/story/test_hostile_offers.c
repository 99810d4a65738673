/* test_hostile_offers.c - who calls too often, or again what was called before: what a node's sessions with others may
 * cost it.
 *
 *   alice ──visit──▶ supernode 66.0.0.1 ◀──attached── bob */
#include <string.h>

#include "core/nat/path/offer.h"
#include "core/session/login_internal.h"
#include "tests/support/story_visit.h"

typedef struct play {
    story *s;
    story_host *alice, *bob;
} play;

static void open_play(play *p, const pl_config *config)
{
    p->s = story_new(&(story_options){.supernodes = 1, .config = config});
    story_settle(p->s);
    p->bob = story_log_in_at(p->s, "bob", 0, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, &(story_client_options){0});
}

static void pass(play *p, pl_span span)
{
    story_run(p->s, story_now(p->s) + span);
}

static uint64_t call(story_host *from, const char *name)
{
    uint64_t session = 0;
    pl_node_connect_options options = {.contact = {.supernode = from->story->bootstrap[0]}};
    g_strlcpy(options.contact.name, name, sizeof options.contact.name);
    g_assert_cmpint(pl_node_connect(from->node, &options, &session, story_now(from->story)), ==, 0);
    story_arm(from);
    return session;
}

static size_t refusals(const story_host *host, const char *error)
{
    size_t n = 0;
    for (guint i = 0; i < host->records->len; i++) {
        const pl_event *event = &g_array_index(host->records, story_record, i).event;
        n += event->id == PL_EVENT_REFUSED_INPUT && strcmp(event->value[0].text, error) == 0;
    }
    return n;
}

/* An offer of alice's to bob, with nothing behind it. */
static size_t write_offer(const play *p, uint64_t session, uint8_t body[PL_PATH_BODY_MAX])
{
    pl_login *login = p->alice->node->login;
    pl_offer offer = {.kind = PL_OFFER_OFFER,
                      .session = session,
                      .attempt = 1,
                      .profile = 2,
                      .credential = *pl_login_credential(login)};
    pl_offer_add(&offer, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_UDP, {p->alice->ip, 4000}});
    return pl_offer_write(&offer, p->s->suite, &pl_login_identity(login)->sign, "bob", body);
}

static void say_offer(const play *p, story_caller *caller, uint64_t session)
{
    uint8_t body[PL_PATH_BODY_MAX];
    size_t len = write_offer(p, session, body);
    g_assert_cmpint(pl_visit_send(caller->visit, body, len, story_now(p->s)), ==, 0);
    story_arm(p->alice);
}

/* The same offer again, while its session lasts and when it is over: bob gathers once. */
static void test_a_replayed_offer_costs_nothing(void)
{
    play p;
    open_play(&p, NULL);
    story_caller *caller = story_caller_new(p.alice, "bob", p.s->bootstrap[0]);
    say_offer(&p, caller, 77);
    pass(&p, 5 * PL_SECOND);
    say_offer(&p, caller, 77);
    pass(&p, 20 * PL_SECOND); /* nobody starts: it is over */
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_STARTED), ==, 1);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_FAILED), ==, 1);
    say_offer(&p, caller, 77);
    story_caller_free(caller);
    caller = story_caller_new(p.alice, "bob", p.s->bootstrap[0]);
    say_offer(&p, caller, 77);
    say_offer(&p, caller, 78);
    pass(&p, 5 * PL_SECOND);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_STARTED), ==, 2); /* the other offer's */
    g_assert_cmpuint(refusals(p.bob, "replayed"), >=, 1);
    story_caller_free(caller);
    story_free(p.s);
}

static void test_offers_have_a_rate(void)
{
    play p;
    open_play(&p, NULL);
    story_caller *caller = story_caller_new(p.alice, "bob", p.s->bootstrap[0]);
    for (uint64_t i = 0; i < 4; i++)
        say_offer(&p, caller, 100 + i); /* so many may wait for the visit to stand */
    pass(&p, PL_SECOND);
    for (uint64_t i = 4; i < 14; i++)
        say_offer(&p, caller, 100 + i);
    pass(&p, 100 * PL_MILLISECOND);
    pass(&p, PL_SECOND);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_STARTED), ==, 9); /* four, and one second's worth */
    g_assert_cmpuint(refusals(p.bob, "limit"), ==, 5);
    story_caller_free(caller);
    story_free(p.s);
}

/* Who has no room says so, and the caller need not wait; and who knocks takes none from whom one calls. */
static void test_without_room_an_offer_is_declined(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.path_incoming_max = 1;
    config.path_sessions_max = 2;
    open_play(&p, &config);
    (void)call(p.alice, "bob");
    pass(&p, 3 * PL_SECOND);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_PATH_OPENED), ==, 1);
    pl_time at = story_now(p.s);
    (void)call(p.alice, "bob");
    pass(&p, 3 * PL_SECOND);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_PATH_FAILED), ==, 1);
    const story_record *failed = story_last(p.alice, PL_EVENT_PATH_FAILED);
    g_assert_cmpstr(failed->event.value[1].text, ==, "declined");
    g_assert_cmpint(failed->at - at, <=, 2 * PL_SECOND);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_STARTED), ==, 1);
    (void)call(p.bob, "alice"); /* bob's own calls have their own room */
    pass(&p, 3 * PL_SECOND);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_OPENED), ==, 2);
    story_free(p.s);
}

/* Both give up at one time, and the byes meet on the way: neither is a fault.  One of a session that never was is. */
static void test_a_late_bye_is_no_fault(void)
{
    play p;
    open_play(&p, NULL);
    story_caller *caller = story_caller_new(p.alice, "bob", p.s->bootstrap[0]);
    say_offer(&p, caller, 77);
    pass(&p, 20 * PL_SECOND);
    g_assert_cmpuint(story_count(p.bob, PL_EVENT_PATH_FAILED), ==, 1);
    for (uint64_t session = 77; session <= 78; session++) {
        uint8_t body[PL_PATH_BODY_MAX];
        pl_login *login = p.alice->node->login;
        const pl_offer bye = {.kind = PL_OFFER_BYE,
                              .session = session,
                              .attempt = 1,
                              .credential = *pl_login_credential(login)};
        size_t len = pl_offer_write(&bye, p.s->suite, &pl_login_identity(login)->sign, "bob", body);
        g_assert_cmpint(pl_visit_send(caller->visit, body, len, story_now(p.s)), ==, 0);
        story_arm(p.alice);
        pass(&p, PL_SECOND);
        g_assert_cmpuint(refusals(p.bob, "unexpected"), ==, session - 77);
    }
    story_caller_free(caller);
    story_free(p.s);
}

/* A bye that is not the callee's own ends nothing: another's, and one under a credential that he made himself. */
static void test_only_the_callee_declines(void)
{
    for (int forged = 0; forged < 2; forged++) {
        play p;
        open_play(&p, NULL);
        story_callee *callee = story_callee_new(p.bob); /* who does not answer by himself */
        uint64_t session = call(p.alice, "bob");
        pass(&p, 2 * PL_SECOND);
        g_assert_cmpuint(callee->bodies->len, ==, 1);
        uint8_t body[PL_PATH_BODY_MAX];
        pl_login *login = forged ? p.bob->node->login : p.alice->node->login; /* alice's: by another name */
        pl_offer bye = {.kind = PL_OFFER_BYE,
                        .session = session,
                        .attempt = 1,
                        .bye = PL_BYE_DECLINED,
                        .credential = *pl_login_credential(login)};
        pl_keypair keys = pl_login_identity(login)->sign;
        if (forged)
            keys.private_key[0] ^= 1;
        size_t len = pl_offer_write(&bye, p.s->suite, &keys, "alice", body);
        pl_login_signal(p.bob->node->login, callee->visit, callee->from, body, len);
        story_arm(p.bob);
        pass(&p, 2 * PL_SECOND);
        g_assert_cmpuint(story_count(p.alice, PL_EVENT_PATH_FAILED), ==, 0);
        g_assert_cmpuint(refusals(p.alice, "forged"), ==, 1);
        story_callee_free(callee);
        story_free(p.s);
    }
}

#define ADD(name, test) g_test_add_func("/story/hostile/offers/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-replayed-offer-costs-nothing", test_a_replayed_offer_costs_nothing);
    ADD("offers-have-a-rate", test_offers_have_a_rate);
    ADD("without-room-an-offer-is-declined", test_without_room_an_offer_is_declined);
    ADD("a-late-bye-is-no-fault", test_a_late_bye_is_no_fault);
    ADD("only-the-callee-declines", test_only_the_callee_declines);
    return g_test_run();
}
