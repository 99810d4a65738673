/* test_signal.c - a user reaches another through the other's supernode: wherever both are, and how it ends.
 */
#include <string.h>

#include "tests/support/story_tap.h"
#include "tests/support/story_visit.h"

#define START   (10 * PL_SECOND)
#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)
#define SECRET  "Jabberwocky"

/*
 *   alice ──visits──▶ supernode of bob ◀──attached── bob
 *
 * TCP and Noise XX are two round trips; the third message brings who she is, that she visits and what she
 * says.
 */
typedef struct play {
    story *s;
    story_host *alice, *bob;
    story_callee *callee;
    story_caller *caller;
    pl_time from; /* the visit began */
} play;

typedef struct setting {
    size_t alice_at, bob_at;
    story_client_options alice, bob;
    const pl_suite *suite;
    const pl_config *config;
} setting;

static void open_play(play *p, const setting *where)
{
    p->s = story_new(&(story_options){.supernodes = 2, .suite = where->suite, .config = where->config});
    story_settle(p->s);
    p->alice = story_log_in_at(p->s, "alice", where->alice_at, &where->alice);
    p->bob = story_log_in_at(p->s, "bob", where->bob_at, &where->bob);
    p->callee = story_callee_new(p->bob);
    p->caller = NULL;
    story_run(p->s, story_now(p->s) + PL_SECOND);
    p->from = story_now(p->s);
}

static void visit(play *p)
{
    p->caller = story_caller_new(p->alice, "bob", pl_node_supernode_address(p->bob->node));
}

static void close_play(play *p)
{
    if (p->caller)
        story_caller_free(p->caller);
    story_callee_free(p->callee);
    story_free(p->s);
}

static story_host *supernode_of_bob(const play *p)
{
    return p->s->supernode[pl_node_supernode_address(p->bob->node).ip - STORY_SUPERNODE_IP];
}

/* A body there and one back, the first after `reached` and three ways of what a visit costs. */
static void exchange(play *p, pl_span reached)
{
    visit(p);
    p->callee->answer = "an answer";
    g_assert_cmpint(story_caller_say(p->caller, "an offer"), ==, 0);
    story_run(p->s, p->from + reached + 4 * RTT + 1);
    g_assert_cmpint(p->callee->heard_at, ==, p->from + reached + 3 * RTT);
    g_assert_cmpstr(p->callee->from, ==, "alice");
    g_assert_true(story_body_is(p->callee->bodies, 0, "an offer"));
    g_assert_cmpint(p->caller->heard_at, ==, p->from + reached + 4 * RTT);
    g_assert_true(story_body_is(p->caller->bodies, 0, "an answer"));
    g_assert_null(p->caller->cause);
    g_assert_cmpuint(story_count(supernode_of_bob(p), PL_EVENT_SIGNAL_VISITED), ==, 1);
    g_assert_cmpuint(story_count(supernode_of_bob(p), PL_EVENT_REFUSED_INPUT), ==, 0);
}

static void expect_exchange(const setting *where)
{
    play p;
    open_play(&p, where);
    exchange(&p, 0);
    close_play(&p);
}

static void test_at_one_supernode(void)
{
    play p;
    open_play(&p, &(setting){0});
    exchange(&p, 0);
    g_assert_cmpuint(pl_node_clients(p.s->supernode[0]->node), ==, 2); /* a visitor is no client */
    g_assert_cmpuint(pl_node_online(p.s->supernode[0]->node), ==, 2);
    const pl_event *visited = &story_last(p.s->supernode[0], PL_EVENT_SIGNAL_VISITED)->event;
    g_assert_cmpuint(visited->value[0].addr.ip, ==, p.alice->outside);
    g_assert_cmpint(visited->value[1].number, ==, 1);
    close_play(&p);
}

static void test_at_two_supernodes(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    exchange(&p, 0);
    g_assert_cmpuint(story_count(p.s->supernode[0], PL_EVENT_SIGNAL_VISITED), ==, 0);
    g_assert_cmpuint(pl_node_clients(p.s->supernode[1]->node), ==, 1);
    close_play(&p);
}

static void test_with_the_sized_suite(void)
{
    expect_exchange(&(setting){.bob_at = 1, .suite = &pl_suite_sized});
}

static void test_behind_nats(void)
{
    expect_exchange(&(setting){.bob_at = 1, .alice = {.nat = "symmetric"}, .bob = {.nat = "symmetric"}});
}

static void test_udp_blocked(void)
{
    expect_exchange(
        &(setting){.bob_at = 1, .alice = {.firewall = "udp-blocked"}, .bob = {.firewall = "udp-blocked"}});
}

/* The visit begins with the kind of port by which the login got through, and so costs no waiting. */
static void expect_by_web_port(const char *firewall, pl_port_kind kind)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1, .alice = {.firewall = firewall}, .bob = {.firewall = firewall}});
    g_assert_cmpuint(pl_login_kind(p.alice->node->login), ==, kind);
    g_assert_cmpuint(pl_node_supernode_address(p.bob->node).port, ==, STORY_PORT); /* its own, all the same */
    g_assert_cmpuint(pl_node_supernode_address(p.bob->node).ip, ==, STORY_SUPERNODE_IP + 1);
    exchange(&p, 0);
    close_play(&p);
}

static void test_web_only(void)
{
    expect_by_web_port("web-only", 1);
}

static void test_only_443(void)
{
    expect_by_web_port("only-443", 2);
}

/* She logged in by the supernode's own port; since then only port 443 is left. */
static void test_the_kinds_of_port_in_turn(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    story_set_firewall(p.alice, "only-443");
    exchange(&p, 2 * p.s->config.signal_connect_timeout);
    close_play(&p);
}

/* The login got through by port 80; the own port and 443 are tried after it. */
static void test_the_logins_kind_comes_first(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1, .alice = {.firewall = "web-only"}});
    story_set_firewall(p.alice, "only-443");
    exchange(&p, 2 * p.s->config.signal_connect_timeout);
    close_play(&p);
}

/* --- how it ends --- */

static void expect_end(play *p, pl_time at, const char *cause)
{
    story_run(p->s, at);
    g_assert_null(p->caller->cause);
    story_run(p->s, at + 1);
    g_assert_cmpstr(p->caller->cause, ==, cause);
    g_assert_cmpint(p->caller->ended_at, ==, at);
}

static void test_an_unreachable_supernode(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    story_cut(p.alice, p.s->supernode[1]);
    visit(&p);
    story_caller_say(p.caller, "an offer");
    expect_end(&p, p.from + 3 * p.s->config.signal_connect_timeout, "unreachable");
    close_play(&p);
}

/* Its ports are open, and nobody speaks: each kind is waited for as long as an answer may take. */
static void test_a_silent_supernode(void)
{
    play p;
    open_play(&p, &(setting){0});
    story_host *mute = story_add_stranger(p.s);
    pl_id id;
    static const uint16_t ports[] = {STORY_PORT, 80, 443};
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
        g_assert_cmpint(p.s->ops->tcp_listen(p.s->engine, mute->stack.host, ports[i], &id), ==, 0);
    p.caller = story_caller_new(p.alice, "bob", story_address(mute));
    expect_end(&p, p.from + 3 * (RTT + p.s->config.login_answer_timeout), "no-answer");
    close_play(&p);
}

static void test_a_peer_who_is_offline(void)
{
    play p;
    open_play(&p, &(setting){0});
    p.caller = story_caller_new(p.alice, "charlie", p.s->bootstrap[0]);
    story_caller_say(p.caller, "an offer");
    expect_end(&p, p.from + 3 * RTT, "peer-offline");
    const pl_event *refused = &story_last(p.s->supernode[0], PL_EVENT_SIGNAL_REFUSED)->event;
    g_assert_cmpuint(refused->value[0].addr.ip, ==, p.alice->outside);
    g_assert_cmpstr(refused->value[1].text, ==, "peer-offline");
    close_play(&p);
}

static void test_a_peer_who_leaves(void)
{
    play p;
    open_play(&p, &(setting){0});
    exchange(&p, 0);
    story_log_out(p.bob);
    story_run(p.s, p.from + PL_SECOND);
    g_assert_cmpint(story_caller_say(p.caller, "are you there?"), ==, 0);
    expect_end(&p, p.from + PL_SECOND + RTT, "peer-offline");
    close_play(&p);
}

/* The visit ends at both ends when neither spoke for signal.visit_idle: here the last word came from bob. */
static void test_an_idle_visit(void)
{
    play p;
    open_play(&p, &(setting){0});
    exchange(&p, 0);
    pl_time last = p.caller->heard_at;
    story_run(p.s, last + 30 * PL_SECOND);
    g_assert_cmpint(story_caller_say(p.caller, "still there?"), ==,
                    0); /* answered: one round trip and a half */
    expect_end(&p, last + 30 * PL_SECOND + 2 * RTT + p.s->config.signal_visit_idle, "idle");
    story_run(p.s, story_now(p.s) + PL_SECOND);
    g_assert_cmpint(story_callee_say(p.callee, "too late"), ==, 0);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    g_assert_cmpstr(p.callee->failure, ==, "no-such-visit");
    close_play(&p);
}

/* Nobody tells her that it died, so that silence is what she notices. */
static void test_a_supernode_that_dies(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    exchange(&p, 0);
    story_fail(p.s->supernode[1]);
    expect_end(&p, p.caller->heard_at + p.s->config.signal_visit_idle, "idle");
    close_play(&p);
}

/* Her stack's acknowledgement of the last answer meets a host that knows nothing of the stream. */
static void test_a_supernode_that_is_back(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    exchange(&p, 0);
    story_fail(p.s->supernode[1]);
    story_restart(p.s->supernode[1]);
    story_run(p.s, p.from + PL_SECOND);
    g_assert_cmpstr(p.caller->cause, ==, "reset");
    close_play(&p);
}

/* It dies between open and proof; the other ports of a dead host are silent. */
static void test_a_supernode_that_dies_unproven(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    visit(&p);
    story_run(p.s, p.from + RTT + 1);
    story_fail(p.s->supernode[1]);
    expect_end(&p, p.from + RTT + p.s->config.login_answer_timeout + 2 * p.s->config.signal_connect_timeout,
               "no-answer");
    close_play(&p);
}

static void test_a_visit_that_is_left(void)
{
    play p;
    open_play(&p, &(setting){0});
    exchange(&p, 0);
    story_caller_free(g_steal_pointer(&p.caller));
    story_run(p.s, p.from + 5 * RTT);
    story_callee_say(p.callee, "wait");
    story_run(p.s, p.from + 6 * RTT + 1);
    g_assert_cmpuint(p.callee->n_failed, ==, 1);
    g_assert_cmpstr(p.callee->failure, ==, "no-such-visit");
    g_assert_cmpuint(p.callee->failed_visit, ==, p.callee->visit);
    g_assert_cmpstr(p.callee->failed_name, ==, "alice");
    g_assert_cmpint(pl_node_login_state(p.bob->node), ==, PL_LOGIN_ONLINE);
    close_play(&p);
}

/* --- bodies --- */

static void test_four_bodies_wait(void)
{
    play p;
    open_play(&p, &(setting){0});
    visit(&p);
    static const char *const bodies[] = {"first", "second", "", "fourth"};
    for (size_t i = 0; i < 4; i++)
        g_assert_cmpint(story_caller_say(p.caller, bodies[i]), ==, 0);
    g_assert_cmpint(story_caller_say(p.caller, "fifth"), ==, PL_ERR_LIMIT);
    story_run(p.s, p.from + 3 * RTT + 1);
    g_assert_cmpuint(p.callee->bodies->len, ==, 4);
    for (size_t i = 0; i < 4; i++)
        g_assert_true(story_body_is(p.callee->bodies, i, bodies[i]));
    g_assert_cmpint(story_caller_say(p.caller, "fifth"), ==, 0); /* it stands now */
    story_run(p.s, p.from + 4 * RTT + 2);
    g_assert_true(story_body_is(p.callee->bodies, 4, "fifth"));
    close_play(&p);
}

static void test_the_largest_body(void)
{
    play p;
    char body[PL_SIGNAL_BODY_MAX + 2];
    memset(body, 'x', sizeof body);
    body[PL_SIGNAL_BODY_MAX + 1] = 0;
    open_play(&p, &(setting){.bob_at = 1});
    visit(&p);
    g_assert_cmpint(story_caller_say(p.caller, body), ==, PL_ERR_OVERSIZED);
    body[PL_SIGNAL_BODY_MAX] = 0;
    g_assert_cmpint(story_caller_say(p.caller, body), ==, 0);
    p.callee->answer = body;
    story_run(p.s, p.from + PL_SECOND);
    g_assert_true(story_body_is(p.callee->bodies, 0, body));
    g_assert_true(story_body_is(p.caller->bodies, 0, body));
    char more[PL_SIGNAL_BODY_MAX + 2] = {0};
    memset(more, 'x', PL_SIGNAL_BODY_MAX + 1);
    g_assert_cmpint(story_callee_say(p.callee, more), ==, PL_ERR_OVERSIZED);
    close_play(&p);
}

/* Bob's access died without a word: what waits for him is bounded, and she is told. */
static void test_a_busy_peer(void)
{
    play p;
    char body[PL_SIGNAL_BODY_MAX + 1];
    open_play(&p, &(setting){0});
    exchange(&p, 0);
    memset(body, 'x', sizeof body);
    body[PL_SIGNAL_BODY_MAX] = 0;
    story_cut(p.bob, p.s->supernode[0]);
    for (int i = 1; i < 1000 && !p.caller->cause; i++) {
        story_run(p.s, p.from + PL_SECOND + i * PL_SECOND / 20);
        if (!p.caller->cause)
            g_assert_cmpint(story_caller_say(p.caller, body), ==, 0);
    }
    g_assert_cmpstr(p.caller->cause, ==, "busy");
    g_assert_cmpstr(story_last(p.s->supernode[0], PL_EVENT_SIGNAL_REFUSED)->event.value[1].text, ==, "busy");
    close_play(&p);
}

static void test_no_body_in_clear(void)
{
    story *s = story_new(&(story_options){.supernodes = 2});
    story_tap *tap = story_tap_new(s);
    story_settle(s);
    story_host *alice = story_log_in_at(s, "alice-liddell", 0, &(story_client_options){0});
    story_host *bob = story_log_in_at(s, "bill-the-lizard", 1, &(story_client_options){0});
    story_callee *callee = story_callee_new(bob);
    story_caller *caller = story_caller_new(alice, "bill-the-lizard", s->bootstrap[1]);
    callee->answer = "said " SECRET;
    story_caller_say(caller, SECRET " is said");
    pl_login_request_relay(bob->node->login);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(caller->bodies->len, ==, 1);
    g_assert_cmpuint(callee->n_accounts, ==, 1);
    g_assert_cmpuint(tap->packets, >, 50);
    g_assert_cmpuint(story_tap_search(tap, SECRET), ==, 0);
    g_assert_cmpuint(story_tap_search(tap, "alice-liddell"), ==, 0);
    g_assert_cmpuint(story_tap_search(tap, "bill-the-lizard"), ==, 0);
    g_assert_cmpuint(story_tap_search(tap, callee->account.password), ==, 0);
    story_tap_free(tap);
    story_caller_free(caller);
    story_callee_free(callee);
    story_free(s);
}

/* --- what a client has while it is online --- */

static void test_who_we_are_while_online(void)
{
    story *s = story_new(&(story_options){.supernodes = 1});
    story_account(s, "alice", "secret");
    story_settle(s);
    story_host *alice = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    pl_login *login = alice->node->login;
    g_assert_cmpint(pl_login_request_relay(login), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_login_signal(login, 1, "bob", NULL, 0), ==, PL_ERR_UNEXPECTED);
    story_log_in(alice, "alice", "secret");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGIN_ATTACHED, PL_HOUR), !=, PL_NEVER);
    g_assert_null(pl_login_identity(login));
    g_assert_null(pl_login_credential(login));
    g_assert_true(pl_addr_equal(pl_node_supernode_address(alice->node), s->bootstrap[0]));
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    const pl_credential *credential = pl_login_credential(login);
    const pl_identity *identity = pl_login_identity(login);
    g_assert_cmpstr(credential->name, ==, "alice");
    g_assert_true(pl_bytes_equal(credential->sign_key, identity->sign.public_key, PL_KEY_BYTES));
    g_assert_true(pl_bytes_equal(credential->dh_key, identity->dh.public_key, PL_KEY_BYTES));
    g_assert_cmpint(pl_credential_check(credential, s->suite, s->keys.sign.public_key, s->epoch), ==, 0);
    uint8_t signature[PL_SIGNATURE_BYTES];
    s->suite->sign(signature, identity->sign.public_key, identity->sign.private_key, (const uint8_t *)"x", 1);
    g_assert_true(s->suite->verify(credential->sign_key, (const uint8_t *)"x", 1, signature));
    g_assert_cmpint(pl_login_signal(login, 1, "b o b", NULL, 0), ==, PL_ERR_MALFORMED);
    story_log_out(alice);
    g_assert_null(pl_login_identity(login));
    g_assert_null(pl_login_credential(login));
    g_assert_cmpuint(pl_node_supernode_address(alice->node).ip, ==, 0);
    g_assert_null(pl_node_visit(alice->node, &(pl_contact){.name = "bob"}, NULL, NULL, story_now(s)));
    story_free(s);
}

static void test_a_relays_account(void)
{
    play p;
    open_play(&p, &(setting){.bob_at = 1});
    g_assert_cmpint(pl_login_request_relay(p.bob->node->login), ==, 0);
    story_run(p.s, p.from + RTT + 1);
    g_assert_cmpuint(p.callee->n_accounts, ==, 1);
    g_assert_cmpint(p.callee->granted_at, ==, p.from + RTT);
    g_assert_cmpuint(strlen(p.callee->account.user), >, 0);
    g_assert_cmpuint(strlen(p.callee->account.password), ==, 32);
    close_play(&p);
}

#define ADD(name, test) g_test_add_func("/story/signal/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("at-one-supernode", test_at_one_supernode);
    ADD("at-two-supernodes", test_at_two_supernodes);
    ADD("with-the-sized-suite", test_with_the_sized_suite);
    ADD("behind-nats", test_behind_nats);
    ADD("udp-blocked", test_udp_blocked);
    ADD("web-only", test_web_only);
    ADD("only-443", test_only_443);
    ADD("the-kinds-of-port-in-turn", test_the_kinds_of_port_in_turn);
    ADD("the-logins-kind-comes-first", test_the_logins_kind_comes_first);
    ADD("an-unreachable-supernode", test_an_unreachable_supernode);
    ADD("a-silent-supernode", test_a_silent_supernode);
    ADD("a-peer-who-is-offline", test_a_peer_who_is_offline);
    ADD("a-peer-who-leaves", test_a_peer_who_leaves);
    ADD("an-idle-visit", test_an_idle_visit);
    ADD("a-supernode-that-dies", test_a_supernode_that_dies);
    ADD("a-supernode-that-is-back", test_a_supernode_that_is_back);
    ADD("a-supernode-that-dies-unproven", test_a_supernode_that_dies_unproven);
    ADD("a-visit-that-is-left", test_a_visit_that_is_left);
    ADD("four-bodies-wait", test_four_bodies_wait);
    ADD("the-largest-body", test_the_largest_body);
    ADD("a-busy-peer", test_a_busy_peer);
    ADD("no-body-in-clear", test_no_body_in_clear);
    ADD("who-we-are-while-online", test_who_we_are_while_online);
    ADD("a-relays-account", test_a_relays_account);
    return g_test_run();
}
