/* test_supernode.c - the life of a supernode: its credential, its partner, its readiness, its fullness. */
#include "tests/support/story.h"

#define START   (10 * PL_SECOND)
#define RTT     (100 * PL_MILLISECOND)
#define ONE_WAY (RTT / 2)
#define READY   (3 * RTT) /* TCP, Noise NK, log in */

/*
 *   supernode 66.0.0.1 ══ partner 66.0.0.2        clients 81.0.0.x
 *            \               /
 *             login server 80.0.0.1
 */
static void test_it_gets_its_credential_as_any_user(void)
{
    story *s = story_new(&(story_options){.supernodes = 3});
    story_run(s, READY);
    g_assert_false(pl_node_is_ready(s->supernode[0]->node));
    story_run(s, READY + 1);
    for (size_t i = 0; i < 3; i++) {
        g_assert_true(pl_node_is_ready(s->supernode[i]->node));
        g_assert_cmpint(story_last(s->supernode[i], PL_EVENT_SUPERNODE_READY)->at, ==, READY);
    }
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_GRANTED), ==, 3);
    story_free(s);
}

static void test_it_renews_at_half_of_the_credentials_life(void)
{
    pl_config config;
    pl_config_init(&config);
    config.server_credential_lifetime = 100 * PL_SECOND;
    story *s = story_new(&(story_options){.supernodes = 1, .config = &config});
    pl_time renewed = READY + 50 * PL_SECOND + READY - ONE_WAY; /* at the server, before the way back */
    story_run(s, renewed);
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_GRANTED), ==, 1);
    story_run(s, renewed + 1);
    g_assert_cmpuint(story_count(s->server, PL_EVENT_SERVER_GRANTED), ==, 2);
    story_account(s, "alice", "wonderland"); /* and clients take it, long after the first has lapsed */
    story_run(s, 1000 * PL_SECOND);
    story_host *alice = story_add_client(s, &(story_client_options){0});
    story_log_in(alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==, 1000 * PL_SECOND + 8 * RTT);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SUPERNODE_READY), ==, 1);
    story_free(s);
}

/* It cannot renew: it answers to the last second of its credential, and not after it. */
static void test_it_falls_silent_when_its_credential_lapses(void)
{
    pl_config config;
    pl_config_init(&config);
    config.server_credential_lifetime = 100 * PL_SECOND;
    story *s = story_new(&(story_options){.supernodes = 1, .config = &config});
    story_run(s, PL_SECOND);
    story_fail(s->server);
    story_run(s, 100 * PL_SECOND - ONE_WAY - 1); /* granted in second 0 */
    story_host *before = story_add_client(s, &(story_client_options){0});
    story_log_in(before, "alice", "wonderland");
    story_run(s, 100 * PL_SECOND - ONE_WAY);
    story_host *after = story_add_client(s, &(story_client_options){0});
    story_log_in(after, "bob", "wonderland");
    story_run(s, 102 * PL_SECOND);
    g_assert_cmpuint(story_count(before, PL_EVENT_LOGIN_ANSWERED), ==, 1);
    g_assert_cmpuint(story_count(after, PL_EVENT_LOGIN_ANSWERED), ==, 0);
    story_restart(s->server); /* and it finds back by itself */
    story_account(s, "bob", "wonderland");
    g_assert_cmpint(story_run_to(after, PL_EVENT_LOGGED_IN, 300 * PL_SECOND), !=, PL_NEVER);
    story_free(s);
}

static void test_before_it_is_ready_it_answers_nobody(void)
{
    story *s = story_new(&(story_options){0});
    story_fail(s->server); /* before the first SYN is there */
    story_run(s, PL_SECOND);
    story_host *alice = story_add_client(s, &(story_client_options){0});
    story_log_in(alice, "alice", "wonderland");
    story_run(s, 5 * PL_SECOND);
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGIN_ANSWERED), ==, 0);
    story_run(s, 8 * PL_SECOND); /* TCP opens, since the port is there, and is aborted */
    g_assert_cmpstr(story_last(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED)->event.value[1].text, ==,
                    "not-ready");
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_REFUSED_INPUT), ==, 0); /* nobody did wrong */
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGIN_ATTACHED), ==, 0);
    story_restart(s->server);
    story_account(s, "alice", "wonderland");
    story_run(s, 70 * PL_SECOND); /* the supernodes' SYNs of 1, 3, 7, 15 s … find it, or the next port does */
    for (size_t i = 0; i < s->n_supernodes; i++)
        g_assert_true(pl_node_is_ready(s->supernode[i]->node));
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGGED_IN), ==, 1);
    story_free(s);
}

/* --- partners --- */

static story *open_pair(void)
{
    story *s = story_new(&(story_options){.supernodes = 2, .pairing = STORY_IN_PAIRS});
    story_account(s, "alice", "wonderland");
    story_settle(s);
    return s;
}

static void test_partners_meet(void)
{
    story *s = open_pair();
    /* The lower address opens: TCP, Noise XX; the other hears its credential half a round trip later. */
    g_assert_cmpint(story_last(s->supernode[0], PL_EVENT_PARTNER_LINKED)->at, ==, READY + 2 * RTT);
    g_assert_cmpint(story_last(s->supernode[1], PL_EVENT_PARTNER_LINKED)->at, ==, READY + 2 * RTT + ONE_WAY);
    g_assert_cmpuint(pl_node_clients(s->supernode[1]->node), ==, 0); /* a partner is no client */
    story_free(s);
}

/* The partner was restarted.  That shows when it is asked for something: RST, and the link is opened again
 * supernode.partner_retry later. */
static void test_link_is_opened_again_after_its_retry(void)
{
    story *s = open_pair();
    story_fail(s->supernode[1]);
    story_restart(s->supernode[1]);
    story_run(s, START + 5 * PL_SECOND);
    story_host *alice = story_add_client(s, &(story_client_options){.nat = "port-restricted"});
    story_log_in(alice, "alice", "wonderland");
    pl_time lost = story_run_to(s->supernode[0], PL_EVENT_PARTNER_LOST, START + PL_MINUTE);
    g_assert_cmpint(lost, !=, PL_NEVER);
    g_assert_cmpstr(story_last(s->supernode[0], PL_EVENT_PARTNER_LOST)->event.value[0].text, ==, "reset");
    pl_time linked = lost + s->config.supernode_partner_retry + 2 * RTT;
    story_run(s, linked);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_PARTNER_LINKED), ==, 1);
    story_run(s, linked + 1);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_PARTNER_LINKED), ==, 2);
    story_free(s);
}

/* The one that opens was restarted: its new link takes the place of the old. */
static void test_a_restarted_opener_replaces_its_link(void)
{
    story *s = open_pair();
    story_fail(s->supernode[0]);
    story_restart(s->supernode[0]);
    story_run(s, START + READY + 3 * RTT);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_PARTNER_LINKED), ==, 2);
    g_assert_cmpuint(story_count(s->supernode[1], PL_EVENT_PARTNER_LINKED), ==, 2);
    story_run(s, START + PL_MINUTE);
    g_assert_cmpuint(story_count(s->supernode[1], PL_EVENT_PARTNER_LOST), ==, 0);
    story_free(s);
}

/* While the partner is away the link is tried at every retry, for as long as a SYN may take each time. */
static void test_link_to_a_dead_partner_is_tried_for_ever(void)
{
    story *s = story_new(&(story_options){.supernodes = 2, .pairing = STORY_IN_PAIRS});
    story_fail(s->supernode[1]);
    story_run(s, 10 * PL_MINUTE);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_PARTNER_LINKED), ==, 0);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_PARTNER_LOST), ==, 0); /* it never was there */
    story_restart(s->supernode[1]);
    g_assert_cmpint(story_run_to(s->supernode[0], PL_EVENT_PARTNER_LINKED, 10 * PL_MINUTE + 31 * PL_SECOND),
                    !=, PL_NEVER);
    story_free(s);
}

/* --- full --- */

static story_host *log_in(story *s, const char *firewall)
{
    story_host *client = story_add_client(
        s, &(story_client_options){.firewall = firewall, .discovery = PL_NODE_DISCOVERY_OFF});
    story_account(s, client->name, "secret");
    story_log_in(client, client->name, "secret");
    return client;
}

static uint32_t supernode_of(const story_host *client)
{
    return story_last(client, PL_EVENT_LOGIN_ATTACHED)->event.value[0].addr.ip;
}

static void test_who_is_full_says_so_and_clients_go_elsewhere(void)
{
    story *s = story_new(&(story_options){0});
    story_settle(s);
    s->supernode[0]->config.supernode_clients_max = 1;
    story_host *first = log_in(s, NULL);
    story_run(s, START + PL_SECOND);
    story_host *second = log_in(s, NULL);
    g_assert_cmpint(story_run_to(second, PL_EVENT_LOGGED_IN, PL_HOUR), ==, START + PL_SECOND + 8 * RTT);
    g_assert_cmpuint(supernode_of(first), ==, STORY_SUPERNODE_IP);
    g_assert_cmpuint(supernode_of(second), ==, STORY_SUPERNODE_IP + 1);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 1);
    story_log_out(first); /* and room is room again */
    story_run(s, START + 3 * PL_SECOND);
    story_host *third = log_in(s, NULL);
    story_run(s, START + 4 * PL_SECOND);
    g_assert_cmpuint(supernode_of(third), ==, STORY_SUPERNODE_IP);
    story_free(s);
}

/* Nobody told this client that the first supernode is full, and it wins the race on every port. */
static void test_full_without_udp(void)
{
    story *s = story_new(&(story_options){0});
    story_settle(s);
    s->supernode[0]->config.supernode_clients_max = 1;
    log_in(s, NULL);
    story_run(s, START + PL_SECOND);
    story_host *client = log_in(s, "udp-blocked");
    /* 5 s of UDP; TCP to the full one, Noise, attach: refused; then port 80 of another. */
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, PL_HOUR), ==,
                    START + PL_SECOND + 5 * PL_SECOND + 3 * RTT + 7 * RTT);
    g_assert_cmpuint(supernode_of(client), ==, STORY_SUPERNODE_IP + 1);
    story_free(s);
}

/* Who has no room even for those whom it would hand on aborts. */
static void test_full_without_a_reserve(void)
{
    pl_config config;
    pl_config_init(&config);
    config.supernode_clients_max = 1;
    config.supernode_turn_aways_max = 0;
    story *s = story_new(&(story_options){.supernodes = 1, .config = &config});
    story_settle(s);
    log_in(s, NULL);
    story_run(s, START + PL_SECOND);
    story_host *client = log_in(s, NULL);
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGIN_PAUSE, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_cache_entries(client->node), ==, 0);
    g_assert_cmpstr(story_last(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED)->event.value[1].text, ==, "full");
    story_free(s);
}

/* Three are known to everybody, ten only to these.  All twenty clients come at once. */
static void test_who_is_full_hands_on(void)
{
    story *s = story_new(&(story_options){.supernodes = 13});
    story_host *clients[20];
    story_settle(s);
    for (size_t i = 0; i < s->n_supernodes; i++)
        s->supernode[i]->config.supernode_clients_max = 2;
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        clients[i] = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
        clients[i]->network.n_bootstrap = 3;
        story_account(s, clients[i]->name, "secret");
        story_log_in(clients[i], clients[i]->name, "secret");
    }
    story_run(s, START + 3 * PL_MINUTE);
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_assert_cmpuint(story_count(clients[i], PL_EVENT_LOGGED_IN), ==, 1);
        g_assert_cmpstr(story_last(clients[i], PL_EVENT_LOGGED_IN)->event.value[0].text, ==, "first");
        g_assert_cmpint(pl_node_login_state(clients[i]->node), ==, PL_LOGIN_ONLINE);
    }
    for (size_t i = 0; i < s->n_supernodes; i++) {
        g_assert_cmpuint(pl_node_clients(s->supernode[i]->node), <=, 2);
        g_assert_cmpuint(story_count(s->supernode[i], PL_EVENT_REFUSED_INPUT), ==, 0);
    }
    story_free(s);
}

/* The only one that he knows is full, and names another: whom he asks in his next attempt. */
static void test_the_next_attempt_asks_who_was_named(void)
{
    story *s = story_new(&(story_options){.supernodes = 2});
    story_settle(s);
    s->supernode[0]->config.supernode_clients_max = 1;
    log_in(s, NULL);
    story_run(s, START + PL_SECOND);
    story_host *client = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    client->network.n_bootstrap = 1;
    story_account(s, "bob", "secret");
    story_log_in(client, "bob", "secret");
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGIN_PAUSE, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpstr(story_last(client, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, "supernode-full");
    g_assert_cmpuint(pl_node_cache_entries(client->node), ==, 2);
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, PL_HOUR), ==,
                    story_last(client, PL_EVENT_LOGIN_PAUSE)->at + 6 * PL_SECOND + 8 * RTT);
    g_assert_cmpuint(supernode_of(client), ==, STORY_SUPERNODE_IP + 1);
    g_assert_cmpint(story_last(client, PL_EVENT_LOGGED_IN)->event.value[2].number, ==, 2);
    story_free(s);
}

/* The link between partners is no client's place, and a crowd does not keep the partner out. */
static void test_a_partner_joins_who_is_full(void)
{
    pl_config config;
    pl_config_init(&config);
    config.supernode_clients_max = 1;
    config.supernode_turn_aways_max = 0;
    story *s = story_new(&(story_options){.supernodes = 2, .pairing = STORY_IN_PAIRS, .config = &config});
    story_settle(s);
    story_fail(s->supernode[0]);
    story_host *client = log_in(s, NULL); /* the link that died silently takes no place */
    g_assert_cmpint(story_run_to(client, PL_EVENT_LOGGED_IN, START + PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_clients(s->supernode[1]->node), ==, 1);
    story_restart(s->supernode[0]);
    g_assert_cmpint(story_run_to(s->supernode[0], PL_EVENT_PARTNER_LINKED, story_now(s) + PL_SECOND), !=,
                    PL_NEVER);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_count(s->supernode[1], PL_EVENT_PARTNER_LINKED), ==, 2);
    g_assert_cmpuint(pl_node_clients(s->supernode[1]->node), ==, 1);
    story_free(s);
}

static void test_all_full(void)
{
    story *s = story_new(&(story_options){.supernodes = 2});
    story_settle(s);
    for (size_t i = 0; i < 2; i++)
        s->supernode[i]->config.supernode_clients_max = 1;
    story_host *first = log_in(s, NULL), *second;
    story_run(s, START + PL_SECOND);
    log_in(s, NULL);
    story_run(s, START + 2 * PL_SECOND);
    second = log_in(s, NULL);
    g_assert_cmpint(story_run_to(second, PL_EVENT_LOGIN_PAUSE, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpstr(story_last(second, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, "supernode-full");
    story_log_out(first);
    g_assert_cmpint(story_run_to(second, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpint(story_last(second, PL_EVENT_LOGGED_IN)->event.value[2].number, ==, 2);
    story_free(s);
}

#define ADD(name, test) g_test_add_func("/story/supernode/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("gets-its-credential-as-any-user", test_it_gets_its_credential_as_any_user);
    ADD("renews-at-half-of-the-credentials-life", test_it_renews_at_half_of_the_credentials_life);
    ADD("falls-silent-when-its-credential-lapses", test_it_falls_silent_when_its_credential_lapses);
    ADD("before-it-is-ready-it-answers-nobody", test_before_it_is_ready_it_answers_nobody);
    ADD("partners-meet", test_partners_meet);
    ADD("link-is-opened-again-after-its-retry", test_link_is_opened_again_after_its_retry);
    ADD("a-restarted-opener-replaces-its-link", test_a_restarted_opener_replaces_its_link);
    ADD("link-to-a-dead-partner-is-tried-for-ever", test_link_to_a_dead_partner_is_tried_for_ever);
    ADD("who-is-full-says-so", test_who_is_full_says_so_and_clients_go_elsewhere);
    ADD("full-without-udp", test_full_without_udp);
    ADD("full-without-a-reserve", test_full_without_a_reserve);
    ADD("who-is-full-hands-on", test_who_is_full_hands_on);
    ADD("the-next-attempt-asks-who-was-named", test_the_next_attempt_asks_who_was_named);
    ADD("a-partner-joins-who-is-full", test_a_partner_joins_who_is_full);
    ADD("all-full", test_all_full);
    return g_test_run();
}
