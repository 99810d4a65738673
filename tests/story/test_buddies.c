/* test_buddies.c - a buddy list on a machine: it outlives the process, and stays at home. */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/support/story.h"
#include "tests/support/story_tap.h"

#define START (10 * PL_SECOND)

static story *open_story(void)
{
    story *s = story_new(&(story_options){0});
    story_account(s, "alice", "wonderland");
    story_account(s, "mallory", "wonderland");
    story_settle(s);
    return s;
}

static void come_online(story_host *host, const char *name, const char *password)
{
    story_log_in(host, name, password);
    g_assert_cmpint(story_run_to(host, PL_EVENT_LOGGED_IN, story_now(host->story) + PL_MINUTE), !=, PL_NEVER);
}

static void befriend(story_host *host, const char *name)
{
    g_assert_cmpint(pl_node_add_buddy(host->node, name, story_now(host->story)), ==, 0);
    story_arm(host);
}

static size_t n_buddies(const story_host *host)
{
    const pl_buddies *buddies = pl_node_buddies(host->node);
    return buddies ? pl_buddies_count(buddies) : 0;
}

static const char *refusal(const story_host *host)
{
    return pl_buddies_refusal_name(pl_buddies_refused(pl_node_buddies(host->node)));
}

static void pass(story *s, pl_span span)
{
    story_run(s, story_now(s) + span);
}

static void test_survives_a_restart(void)
{
    story *s = open_story();
    story_host *alice = story_add_client(s, &(story_client_options){0});
    g_assert_cmpint(pl_node_add_buddy(alice->node, "bob", START), ==, PL_ERR_UNEXPECTED); /* not online yet */
    come_online(alice, "alice", "wonderland");
    befriend(alice, "the-white-rabbit");
    befriend(alice, "cheshire");
    story_fail(alice); /* the machine loses its power */
    pass(s, PL_MINUTE);
    story_restart(alice);
    g_assert_cmpuint(n_buddies(alice), ==, 0);
    come_online(alice, "alice", "wonderland");
    g_assert_cmpuint(n_buddies(alice), ==, 2);
    g_assert_nonnull(pl_buddies_find(pl_node_buddies(alice->node), "the-white-rabbit"));
    g_assert_cmpint(story_last(alice, PL_EVENT_BUDDY_LOADED)->event.value[0].number, ==, 2);
    story_log_out(alice);
    g_assert_cmpuint(n_buddies(alice), ==, 0); /* a closed session leaves nothing in memory */
    story_free(s);
}

static pl_buddy_presence presence(const story_host *host, const char *name)
{
    return pl_buddies_find(pl_node_buddies(host->node), name)->presence;
}

/* Presence is the index's to know: a buddy is looked up when the user comes online, and at each buddies.check. */
static void test_presence_comes_by_the_index(void)
{
    story *s = open_story();
    story_account(s, "bob", "builder");
    story_host *alice = story_add_client(s, &(story_client_options){0});
    story_host *bob = story_add_client(s, &(story_client_options){0});
    come_online(alice, "alice", "wonderland");
    befriend(alice, "bob");
    befriend(alice, "nobody-of-that-name");
    pass(s, alice->config.buddies_check + PL_MINUTE);
    g_assert_cmpint((int)presence(alice, "bob"), ==, PL_BUDDY_OFFLINE);
    come_online(bob, "bob", "builder");
    pass(s, alice->config.buddies_check + PL_MINUTE);
    g_assert_cmpint((int)presence(alice, "bob"), ==, PL_BUDDY_ONLINE);
    g_assert_cmpint((int)presence(alice, "nobody-of-that-name"), ==, PL_BUDDY_OFFLINE);
    g_assert_cmpuint(story_count(alice, PL_EVENT_BUDDY_ONLINE), ==, 1);
    story_log_out(bob);
    pass(s, 2 * alice->config.buddies_check);
    g_assert_cmpint((int)presence(alice, "bob"), ==, PL_BUDDY_OFFLINE);
    story_free(s);
}

/* The price of a list that no server has. */
static void test_another_machine_finds_it_empty(void)
{
    story *s = open_story();
    story_host *home = story_add_client(s, &(story_client_options){0});
    story_host *cafe = story_add_client(s, &(story_client_options){0});
    come_online(home, "alice", "wonderland");
    befriend(home, "the-white-rabbit");
    story_log_out(home);
    pass(s, PL_MINUTE);
    come_online(cafe, "alice", "wonderland");
    g_assert_cmpuint(n_buddies(cafe), ==, 0);
    g_assert_cmpstr(refusal(cafe), ==, "none");
    befriend(cafe, "dormouse");
    story_log_out(cafe);
    pass(s, PL_MINUTE);
    come_online(home, "alice", "wonderland");
    g_assert_cmpuint(n_buddies(home), ==, 1); /* and what was added there is not here */
    g_assert_nonnull(pl_buddies_find(pl_node_buddies(home->node), "the-white-rabbit"));
    story_free(s);
}

/* Another user of the machine has a list of his own, and cannot read hers. */
static void test_two_users_of_one_machine(void)
{
    story *s = open_story();
    story_host *host = story_add_client(s, &(story_client_options){0});
    come_online(host, "alice", "wonderland");
    befriend(host, "the-white-rabbit");
    story_log_out(host);
    pass(s, PL_MINUTE);
    come_online(host, "mallory", "wonderland");
    g_assert_cmpuint(n_buddies(host), ==, 0);
    befriend(host, "eve");
    story_log_out(host);
    pass(s, PL_MINUTE);
    come_online(host, "alice", "wonderland");
    g_assert_cmpuint(n_buddies(host), ==, 1);
    g_assert_nonnull(pl_buddies_find(pl_node_buddies(host->node), "the-white-rabbit"));
    story_free(s);
}

/* The password was changed at the login server: the old list is not hers to read any more on the new one
 * alone. */
static void test_a_new_password(void)
{
    story *s = open_story();
    story_host *alice = story_add_client(s, &(story_client_options){0});
    come_online(alice, "alice", "wonderland");
    befriend(alice, "the-white-rabbit");
    story_log_out(alice);
    story_fail(s->server); /* back without her account */
    pass(s, PL_SECOND);
    story_restart(s->server);
    story_account(s, "alice", "looking-glass");
    pass(s, PL_MINUTE);
    come_online(alice, "alice", "looking-glass");
    g_assert_cmpstr(refusal(alice), ==, "wrong-password");
    g_assert_cmpstr(story_last(alice, PL_EVENT_BUDDY_REFUSED)->event.value[0].text, ==, "wrong-password");
    g_assert_cmpint(pl_node_add_buddy(alice->node, "bob", story_now(s)), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_node_discard_buddies(alice->node), ==, 0);
    befriend(alice, "bob");
    g_assert_cmpuint(n_buddies(alice), ==, 1);
    story_free(s);
}

/* A wrong password ends at the login server: the list is not even looked at. */
static void test_a_wrong_password_opens_nothing(void)
{
    story *s = open_story();
    story_host *alice = story_add_client(s, &(story_client_options){0});
    come_online(alice, "alice", "wonderland");
    befriend(alice, "the-white-rabbit");
    story_log_out(alice);
    pass(s, PL_MINUTE);
    story_log_in(alice, "alice", "looking-glass");
    pass(s, PL_MINUTE);
    g_assert_cmpstr(story_last(alice, PL_EVENT_LOGIN_FAILED)->event.value[5].text, ==, "wrong-password");
    g_assert_cmpuint(n_buddies(alice), ==, 0);
    g_assert_cmpuint(story_count(alice, PL_EVENT_BUDDY_LOADED) + story_count(alice, PL_EVENT_BUDDY_REFUSED),
                     ==, 0);
    story_free(s);
}

/* Her supernode is gone, and with it her session: the list is shut, and whole. */
static void test_a_lost_supernode_shuts_it(void)
{
    story *s = open_story();
    story_host *alice = story_add_client(s, &(story_client_options){0});
    come_online(alice, "alice", "wonderland");
    befriend(alice, "the-white-rabbit");
    pl_addr parent = pl_node_supernode_address(alice->node);
    story_host *supernode = s->supernode[parent.ip - STORY_SUPERNODE_IP];
    story_fail(supernode);
    pass(s, PL_SECOND);
    story_restart(supernode);
    pass(s, 2 * PL_HOUR);
    if (story_count(alice, PL_EVENT_LOGGED_OUT))
        g_assert_cmpuint(n_buddies(alice), ==, 0);
    else
        g_assert_cmpuint(n_buddies(alice), ==, 1);
    story_free(s);
}

/* A watcher of the wire and a thief of the registry's file find no name. */
static void test_no_name_leaves_the_machine(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "partyline-test-buddies-XXXXXX", NULL);
    g_close(g_mkstemp(path), NULL);
    g_remove(path);
    story *s = open_story();
    story_tap *tap = story_tap_new(s);
    story_host *alice = story_add_client(s, &(story_client_options){0});
    sim_registry_free(alice->registry);
    alice->registry = sim_registry_new(path, NULL);
    come_online(alice, "alice", "wonderland");
    befriend(alice, "the-white-rabbit");
    story_log_out(alice);
    pass(s, PL_MINUTE);
    come_online(alice, "alice", "wonderland");
    pass(s, 10 * PL_MINUTE);
    g_assert_cmpuint(n_buddies(alice), ==, 1);
    g_assert_cmpuint(tap->packets, >, 50);
    g_assert_cmpuint(story_tap_search(tap, "the-white-rabbit"), ==, 0);
    g_autofree char *file = NULL;
    gsize len = 0;
    g_assert_true(g_file_get_contents(path, &file, &len, NULL));
    g_assert_nonnull(memmem(file, len, "PLBL", 4)); /* the list is there */
    g_assert_null(memmem(file, len, "rabbit", 6));
    g_assert_null(memmem(file, len, "alice", 5)); /* nor whose it is */
    g_remove(path);
    story_tap_free(tap);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/buddies/survives-a-restart", test_survives_a_restart);
    g_test_add_func("/story/buddies/another-machine-finds-it-empty", test_another_machine_finds_it_empty);
    g_test_add_func("/story/buddies/two-users-of-one-machine", test_two_users_of_one_machine);
    g_test_add_func("/story/buddies/a-new-password", test_a_new_password);
    g_test_add_func("/story/buddies/a-wrong-password-opens-nothing", test_a_wrong_password_opens_nothing);
    g_test_add_func("/story/buddies/a-lost-supernode-shuts-it", test_a_lost_supernode_shuts_it);
    g_test_add_func("/story/buddies/no-name-leaves-the-machine", test_no_name_leaves_the_machine);
    g_test_add_func("/story/buddies/presence-comes-by-the-index", test_presence_comes_by_the_index);
    return g_test_run();
}
