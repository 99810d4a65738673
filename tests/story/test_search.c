/* test_search.c - a user looks for another: rounds over UDP, or all on one connection; and how it ends. */
#include <string.h>

#include "core/overlay/index/slot.h"
#include "tests/support/story.h"
#include "tests/support/story_visit.h"

#define RTT (100 * PL_MILLISECOND)

/*
 *   bob ── his supernode ──store──▶ the supernodes of bob's slot ◀──query── alice ── her supernode
 */
typedef struct play {
    story *s;
    story_host *alice, *bob;
    uint64_t search;
} play;

static void open_play(play *p, size_t supernodes, const pl_config *config, const story_client_options *alice)
{
    *p = (play){.s = story_new(&(story_options){.supernodes = supernodes, .config = config, .suite = &pl_suite_sized})};
    story_run(p->s, PL_MINUTE);
    p->bob = story_log_in_at(p->s, "bob", 1, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, alice);
    story_run(p->s, story_now(p->s) + 3 * PL_MINUTE);
}

static void search(play *p, const char *name)
{
    g_assert_cmpint(pl_node_search(p->alice->node, name, &p->search, story_now(p->s)), ==, 0);
    story_arm(p->alice);
}

static const pl_event *ended(play *p)
{
    pl_time at = story_run_to(p->alice, PL_EVENT_SEARCH_ENDED, story_now(p->s) + 10 * PL_MINUTE);
    g_assert_cmpint(at, !=, PL_NEVER);
    return &story_last(p->alice, PL_EVENT_SEARCH_ENDED)->event;
}

static void test_found_in_the_first_round(void)
{
    play p;
    pl_config config;
    pl_config_init(&config);
    config.index_replicas = 3;
    open_play(&p, 12, &config, &(story_client_options){0});
    for (size_t i = 0; i < 12; i++)
        g_assert_cmpuint(pl_node_members(p.s->supernode[i]->node), ==, 11);
    search(&p, "bob");
    const pl_event *end = ended(&p);
    g_test_message("%s", story_told(p.alice, story_now(p.s) - PL_MINUTE));
    g_assert_cmpstr(end->value[1].text, ==, "found");
    g_assert_cmpstr(end->value[2].text, ==, "online");
    pl_search_result result;
    g_assert_cmpint(pl_node_search_result(p.alice->node, p.search, &result), ==, 0);
    g_assert_true(pl_addr_equal(result.contact.supernode, pl_node_supernode_address(p.bob->node)));
    story_free(p.s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search/found-in-the-first-round", test_found_in_the_first_round);
    return g_test_run();
}
