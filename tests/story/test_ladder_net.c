/* test_ladder_net.c - the ladder in a real network: what is blocked, refused, dropped or lost on the way, and
 * what each costs, in closed forms. */
#include "tests/support/story.h"

#define START    (10 * PL_SECOND)
#define RTT      (100 * PL_MILLISECOND)
#define UDP_WAIT (5 * PL_SECOND)
#define CONNECT  (21 * PL_SECOND)
#define ANSWER   (10 * PL_SECOND)
#define PAUSE    (6 * PL_SECOND)

/*
 *   client ═ own firewall ═ r ─┬─ supernodes 66.0.0.1 … 66.0.0.7     33033, 80, 443
 *   81.0.0.1                   └─ login server 80.0.0.1              33033, 80, 443
 */
typedef struct fixture {
    story *s;
    story_host *alice;
} fixture;

static void begin(fixture *f, const story_options *options, const char *firewall)
{
    f->s = story_new(options);
    story_account(f->s, "alice", "wonderland");
    story_settle(f->s);
    f->alice = story_add_client(
        f->s, &(story_client_options){.firewall = firewall, .discovery = PL_NODE_DISCOVERY_OFF});
    story_log_in(f->alice, "alice", "wonderland");
}

static void end(fixture *f)
{
    story_free(f->s);
}

static void expect_logged_in(fixture *f, pl_span after)
{
    g_assert_cmpint(story_run_to(f->alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==, START + after);
    g_assert_cmpint(pl_node_login_state(f->alice->node), ==, PL_LOGIN_ONLINE);
}

static void expect_failed(fixture *f, pl_span after, const char *cause)
{
    g_assert_cmpint(story_run_to(f->alice, PL_EVENT_LOGIN_FAILED, PL_HOUR), ==, START + after);
    g_assert_cmpstr(story_last(f->alice, PL_EVENT_LOGIN_FAILED)->event.value[5].text, ==, cause);
    g_assert_cmpint(pl_node_login_state(f->alice->node), ==, PL_LOGIN_IDLE);
}

static void expect_pause(fixture *f, pl_span after, const char *cause)
{
    g_assert_cmpint(story_run_to(f->alice, PL_EVENT_LOGIN_PAUSE, PL_HOUR), ==, START + after);
    g_assert_cmpstr(story_last(f->alice, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, cause);
}

static const char *server_rung(const fixture *f)
{
    return story_last(f->alice, PL_EVENT_LOGIN_SERVER_OPENED)->event.value[0].text;
}

static void test_only_443(void)
{
    fixture f;
    begin(&f, &(story_options){0}, "only-443");
    expect_logged_in(&f, UDP_WAIT + 2 * CONNECT + 7 * RTT);
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGIN_OPENED)->event.value[0].text, ==, "tcp-443");
    g_assert_cmpstr(server_rung(&f), ==, "tcp-443"); /* first on the kind of port that worked */
    end(&f);
}

static void test_web_only_goes_through_80(void)
{
    fixture f;
    begin(&f, &(story_options){0}, "web-only");
    expect_logged_in(&f, UDP_WAIT + CONNECT + 7 * RTT);
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGIN_OPENED)->event.value[0].text, ==, "tcp-80");
    g_assert_cmpstr(server_rung(&f), ==, "tcp-80");
    end(&f);
}

static void test_everything_refused(void)
{
    fixture f;
    begin(&f, &(story_options){0}, "refuse-all");
    expect_failed(&f, 5 * UDP_WAIT + 4 * PAUSE, "refused");
    end(&f);
}

static void test_everything_dropped(void)
{
    fixture f;
    begin(&f, &(story_options){0}, "drop-all");
    expect_failed(&f, 5 * (UDP_WAIT + 3 * CONNECT) + 4 * PAUSE, "timeout");
    end(&f);
}

/* A host of 2003 gives up its SYN at 21 s itself; the core's deadline is the same, whichever acts first. */
static void test_everything_dropped_on_a_host_of_2003(void)
{
    fixture f;
    begin(&f, &(story_options){.stack = "xp-2003"}, "drop-all");
    expect_failed(&f, 5 * (UDP_WAIT + 3 * CONNECT) + 4 * PAUSE, "timeout");
    end(&f);
}

static bool no_server_port(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    (void)ctx, (void)now;
    return from->role != STORY_CLIENT || packet->destination.ip != STORY_LOGIN_SERVER_IP ||
           packet->destination.port != STORY_PORT;
}

static void test_login_servers_own_port_is_lost_on_the_way(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    f.s->filter = no_server_port;
    expect_logged_in(&f, 8 * RTT + CONNECT);
    g_assert_cmpstr(server_rung(&f), ==, "tcp-80");
    end(&f);
}

/* --- the supernode is lost --- */

static void lose_supernode_at(fixture *f, pl_span after)
{
    begin(f, &(story_options){0}, NULL);
    story_run(f->s, START + after);
    story_fail(f->s->supernode[0]);
}

/* It answered and vanished: 21 s for TCP to it alone, then the others, without it. */
static void test_supernode_lost_before_tcp(void)
{
    fixture f;
    lose_supernode_at(&f, RTT + 1);
    expect_logged_in(&f, RTT + CONNECT + 7 * RTT);
    g_assert_cmpuint(story_last(f.alice, PL_EVENT_LOGIN_OPENED)->event.value[1].addr.ip, !=,
                     STORY_SUPERNODE_IP);
    g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[2].number, ==, 1);
    end(&f);
}

static void test_supernode_lost_while_attaching(void)
{
    fixture f;
    lose_supernode_at(&f, 2 * RTT + 1);
    expect_logged_in(&f, 2 * RTT + ANSWER + 7 * RTT);
    g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[2].number, ==, 1);
    end(&f);
}

/* The grant goes on; the loss shows when nobody hears her advertise.  The next attempt draws from the cache.
 */
static void test_supernode_lost_while_granting(void)
{
    fixture f;
    lose_supernode_at(&f, 5 * RTT);
    expect_pause(&f, 7 * RTT + ANSWER, "no-answer");
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR), <=,
                    START + 7 * RTT + ANSWER + PAUSE + UDP_WAIT + 8 * RTT);
    g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[2].number, ==, 2);
    end(&f);
}

/* It came back with an empty stack: her advertise is answered by RST. */
static void test_supernode_restarted_while_granting(void)
{
    fixture f;
    lose_supernode_at(&f, 5 * RTT);
    story_restart(f.s->supernode[0]);
    expect_pause(&f, 8 * RTT, "supernode-lost");
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    end(&f);
}

static void test_supernode_restarted_while_online(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    expect_logged_in(&f, 8 * RTT);
    story_run(f.s, START + PL_SECOND); /* her delayed acknowledgement is through */
    story_fail(f.s->supernode[0]);
    story_restart(f.s->supernode[0]);
    /* Nothing is said until the keep-alive; that is answered by RST, and a spare takes her. */
    pl_time lost = START + 8 * RTT + PL_MINUTE + RTT;
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_PARENT_LOST, 2 * PL_HOUR), ==, lost);
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_PARENT_LOST)->event.value[1].text, ==, "reset");
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_HANDED_OVER, 2 * PL_HOUR), ==, lost + 4 * RTT);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGGED_OUT), ==, 0);
    end(&f);
}

/* --- the login server is lost --- */

static void test_login_server_lost_before_tcp(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    story_fail(f.s->server);
    expect_pause(&f, 4 * RTT + 3 * CONNECT, "server-unreachable");
    end(&f);
}

static void test_login_server_lost_after_tcp(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    story_run(f.s, START + 5 * RTT + 1);
    story_fail(f.s->server);
    expect_pause(&f, 5 * RTT + ANSWER, "server-no-answer");
    story_restart(f.s->server);
    story_account(f.s, "alice", "wonderland");
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==,
                    START + 5 * RTT + ANSWER + PAUSE + 8 * RTT);
    end(&f);
}

/* Without its restart all five attempts end alike, and the login says why. */
static void test_login_server_lost_for_good(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    story_fail(f.s->server);
    expect_failed(&f, 5 * (4 * RTT + 3 * CONNECT) + 4 * PAUSE, "server-unreachable");
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_ATTACHED), ==, 5);
    end(&f);
}

/* --- the user --- */

static void test_out_and_in_again_from_the_cache(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    expect_logged_in(&f, 8 * RTT);
    story_log_out(f.alice);
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGGED_OUT)->event.value[0].text, ==, "user");
    story_run(f.s, START + 2 * PL_SECOND);
    g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 0);
    g_assert_cmpstr(story_last(f.s->supernode[0], PL_EVENT_CLIENT_GONE)->event.value[0].text, ==, "fin");
    story_log_in(f.alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==, START + 2 * PL_SECOND + 8 * RTT);
    const story_record *wave = story_last(f.alice, PL_EVENT_LOGIN_WAVE);
    g_assert_cmpint(wave->event.value[1].number, ==, 5); /* of the seven in the cache */
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[0].text, ==, "later");
    g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[3].number, ==, 5);
    end(&f);
}

/* The registry outlives the host's fall: what is a first login before is a later one after it. */
static void test_cache_outlives_the_node(void)
{
    fixture f;
    begin(&f, &(story_options){.supernodes = 1}, NULL);
    expect_logged_in(&f, 8 * RTT);
    story_run(f.s, START + PL_SECOND);
    story_fail(f.alice);
    story_restart(f.alice);
    story_log_in(f.alice, "alice", "wonderland");
    story_run(f.s, START + 5 * PL_SECOND);
    g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGGED_IN)->event.value[0].text, ==, "later");
    /* The supernode did not hear of the fall; the new session takes the place of the old. */
    g_assert_cmpstr(story_last(f.s->supernode[0], PL_EVENT_CLIENT_GONE)->event.value[0].text, ==, "replaced");
    g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 1);
    g_assert_cmpuint(pl_node_clients(f.s->supernode[0]->node), ==, 1);
    end(&f);
}

static void test_giving_up_while_logging_in(void)
{
    for (pl_span after = 0; after < 9 * RTT; after += RTT / 2) {
        fixture f;
        begin(&f, &(story_options){.suite = &pl_suite_sized}, NULL);
        story_run(f.s, START + after);
        bool was_online = pl_node_login_state(f.alice->node) == PL_LOGIN_ONLINE;
        story_log_out(f.alice);
        g_assert_cmpint(pl_node_login_state(f.alice->node), ==, PL_LOGIN_IDLE);
        if (!was_online)
            g_assert_cmpstr(story_last(f.alice, PL_EVENT_LOGIN_FAILED)->event.value[5].text, ==, "cancelled");
        story_run(f.s, START + PL_MINUTE);
        g_assert_cmpuint(pl_node_clients(f.s->supernode[0]->node), ==, 0);
        g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 0);
        g_assert_cmpuint(pl_node_clients(f.s->server->node), ==, 0);
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_ATTEMPT), ==, 1);
        end(&f);
    }
}

/* Sixteen in the cache, none alive: waves of 5, 5, 5 and 1, then all sixteen by TCP. */
static void test_waves_of_a_later_login(void)
{
    story *s = story_new(&(story_options){.supernodes = 16, .suite = &pl_suite_sized});
    story_settle(s);
    for (size_t i = 0; i < 16; i++)
        story_fail(s->supernode[i]);
    story_host *alice = story_add_client(s, &(story_client_options){.cache_entries = 16});
    story_log_in(alice, "alice", "wonderland");
    story_run(s, START + 21 * PL_SECOND);
    static const int64_t entries[] = {5, 5, 5, 1};
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGIN_WAVE), ==, 4);
    for (size_t i = 0; i < 4; i++) {
        const story_record *wave = story_nth(alice, PL_EVENT_LOGIN_WAVE, i);
        g_assert_cmpint(wave->at, ==, START + (pl_time)i * UDP_WAIT);
        g_assert_cmpint(wave->event.value[1].number, ==, entries[i]);
    }
    const story_record *rung = story_last(alice, PL_EVENT_LOGIN_RUNG);
    g_assert_cmpint(rung->at, ==, START + 4 * UDP_WAIT);
    g_assert_cmpint(rung->event.value[1].number, ==, 16);
    story_free(s);
}

static void test_cache_is_refreshed_at_its_interval(void)
{
    fixture f;
    begin(&f, &(story_options){0}, NULL);
    expect_logged_in(&f, 8 * RTT);
    pl_time first = START + 8 * RTT + 30 * PL_MINUTE + RTT; /* asked at the interval, answered one r later */
    story_run(f.s, first);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_CACHE_REFRESHED), ==, 1);
    story_run(f.s, first + 1);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_CACHE_REFRESHED), ==, 2);
    story_run(f.s, first + 30 * PL_MINUTE);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_CACHE_REFRESHED), ==, 2);
    story_run(f.s, first + 30 * PL_MINUTE + 1);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_CACHE_REFRESHED), ==, 3);
    end(&f);
}

#define ADD(name, test) g_test_add_func("/story/ladder/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("only-443", test_only_443);
    ADD("web-only-goes-through-80", test_web_only_goes_through_80);
    ADD("everything-refused-takes-49-s", test_everything_refused);
    ADD("everything-dropped-takes-364-s", test_everything_dropped);
    ADD("everything-dropped-on-a-host-of-2003", test_everything_dropped_on_a_host_of_2003);
    ADD("login-servers-own-port-is-lost", test_login_servers_own_port_is_lost_on_the_way);
    ADD("supernode-lost-before-tcp", test_supernode_lost_before_tcp);
    ADD("supernode-lost-while-attaching", test_supernode_lost_while_attaching);
    ADD("supernode-lost-while-granting", test_supernode_lost_while_granting);
    ADD("supernode-restarted-while-granting", test_supernode_restarted_while_granting);
    ADD("supernode-restarted-while-online", test_supernode_restarted_while_online);
    ADD("login-server-lost-before-tcp", test_login_server_lost_before_tcp);
    ADD("login-server-lost-after-tcp", test_login_server_lost_after_tcp);
    ADD("login-server-lost-for-good", test_login_server_lost_for_good);
    ADD("out-and-in-again-from-the-cache", test_out_and_in_again_from_the_cache);
    ADD("cache-outlives-the-node", test_cache_outlives_the_node);
    ADD("giving-up-while-logging-in", test_giving_up_while_logging_in);
    ADD("waves-of-a-later-login", test_waves_of_a_later_login);
    ADD("cache-is-refreshed-at-its-interval", test_cache_is_refreshed_at_its_interval);
    return g_test_run();
}
