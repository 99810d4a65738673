/* test_first_login.c - the talk's first login, step by step, and what it takes in round trips. */
#include <string.h>

#include "tests/support/story.h"

#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)
#define START   (10 * PL_SECOND)

/*
 *                 ┌── 66.0.0.1 ─┐
 *   client ── r ──┤   …         ├── r ── login server 80.0.0.1
 *   81.0.0.1      └── 66.0.0.7 ─┘
 */
static story *open_story(const story_options *options)
{
    story *s = story_new(options);
    story_account(s, "alice", "wonderland");
    story_settle(s);
    g_assert_cmpint(story_now(s), ==, START);
    return s;
}

static story_host *log_alice_in(story *s, const story_client_options *options)
{
    story_host *alice = story_add_client(s, options);
    story_log_in(alice, "alice", "wonderland");
    return alice;
}

static void test_five_steps_in_order(void)
{
    story *s = open_story(&(story_options){0});
    story_host *alice = log_alice_in(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_run(s, START + 2 * PL_SECOND);
    g_autofree char *told = story_told(alice, START);
    g_assert_cmpstr(told, ==,
                    "0 login:started first\n"
                    "0 login:attempt 1\n"
                    /* 1: UDP to at least four bootstrap supernodes */
                    "0 login:rung udp 7\n"
                    "0 login:wave 1 7\n"
                    "100 login:answered 66.0.0.1:33033\n"
                    /* 2: TCP to a supernode */
                    "100 login:rung tcp 1\n"
                    "200 login:opened tcp 66.0.0.1:33033\n"
                    "400 login:attached 66.0.0.1:33033\n"
                    /* it hands out the other six; with itself that makes seven */
                    "400 cache:refreshed 6 7\n"
                    /* 3: the login server's address from it */
                    "400 login:server-known 80.0.0.1:33033\n"
                    /* 4: TCP to the login server */
                    "500 login:server-opened tcp 80.0.0.1:33033\n"
                    "700 login:credential 1095811210\n"
                    /* 5: advertise arrival */
                    "800 login:logged-in first 800ms 1 7 2\n");
    g_assert_cmpint(pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 1);
    story_free(s);
}

static void test_both_servers_tell_their_side(void)
{
    story *s = open_story(&(story_options){0});
    log_alice_in(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_run(s, START + 2 * PL_SECOND);
    g_autofree char *supernode = story_told(s->supernode[0], START);
    g_assert_true(g_str_has_prefix(supernode, "350 overlay:client-attached 81.0.0.1:"));
    g_assert_nonnull(strstr(supernode, "750 overlay:client-online 81.0.0.1:"));
    g_autofree char *server = story_told(s->server, START);
    g_assert_true(g_str_has_prefix(server, "650 server:granted 81.0.0.1:"));
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_REFUSED), ==, 0);
    story_free(s);
}

/* UDP probe 1, TCP 1, XX 1, attach 1, TCP 1, NK 1, log in 1, advertise 1. */
static void test_eight_round_trips_with_udp(void)
{
    static const pl_span one_ways[] = {PL_MILLISECOND, 17 * PL_MILLISECOND, 250 * PL_MILLISECOND};
    for (size_t i = 0; i < G_N_ELEMENTS(one_ways); i++) {
        story *s = open_story(&(story_options){.one_way = one_ways[i]});
        story_host *alice = log_alice_in(s, &(story_client_options){0});
        g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, PL_MINUTE), ==, START + 8 * 2 * one_ways[i]);
        story_free(s);
    }
}

/* Without the probe's round trip, after the wave's 5 s in vain. */
static void test_seven_round_trips_by_tcp_only(void)
{
    story *s = open_story(&(story_options){0});
    story_host *alice = log_alice_in(s, &(story_client_options){.firewall = "udp-blocked"});
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, PL_MINUTE), ==, START + 5 * PL_SECOND + 7 * RTT);
    story_free(s);
}

/* Supernodes that answer by UDP but refuse TCP: 5 round trips an attempt, five attempts, four pauses. */
static void test_udp_alone_is_no_login(void)
{
    story *s = open_story(&(story_options){.supernode_firewall = "tcp-in-refused"});
    story_host *alice = log_alice_in(s, &(story_client_options){0});
    pl_time at = story_run_to(alice, PL_EVENT_LOGIN_FAILED, 10 * PL_MINUTE);
    g_assert_cmpint(at, ==, START + 25 * RTT + 24 * PL_SECOND);
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGIN_ANSWERED), ==, 5);
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGIN_OPENED), ==, 0);
    g_assert_cmpstr(story_last(alice, PL_EVENT_LOGIN_FAILED)->event.value[5].text, ==, "refused");
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_GRANTED), ==, s->n_supernodes);
    story_free(s);
}

static void test_twenty_log_in_at_once(void)
{
    story *s = open_story(&(story_options){.suite = &pl_suite_sized});
    story_host *client[20];
    for (size_t i = 0; i < G_N_ELEMENTS(client); i++) {
        g_autofree char *name = g_strdup_printf("user-%zu", i);
        story_account(s, name, "secret");
        client[i] = story_add_client(s, &(story_client_options){.nat = i % 2 ? "port-restricted" : NULL});
        story_log_in(client[i], name, "secret");
    }
    story_run(s, START + PL_SECOND);
    for (size_t i = 0; i < G_N_ELEMENTS(client); i++)
        g_assert_cmpint(story_last(client[i], PL_EVENT_LOGGED_IN)->at, ==, START + 8 * RTT);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, G_N_ELEMENTS(client));
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/first-login/five-steps-in-order", test_five_steps_in_order);
    g_test_add_func("/story/first-login/both-servers-tell-their-side", test_both_servers_tell_their_side);
    g_test_add_func("/story/first-login/eight-round-trips-with-udp", test_eight_round_trips_with_udp);
    g_test_add_func("/story/first-login/seven-round-trips-by-tcp-only", test_seven_round_trips_by_tcp_only);
    g_test_add_func("/story/first-login/udp-alone-is-no-login", test_udp_alone_is_no_login);
    g_test_add_func("/story/first-login/twenty-log-in-at-once", test_twenty_log_in_at_once);
    return g_test_run();
}
