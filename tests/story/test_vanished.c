/* test_vanished.c - a user who goes without a word: who says so, who is believed, and what a search is told. */
#include <string.h>

#include "core/overlay/index/letter.h"
#include "core/overlay/index/slot.h"
#include "core/overlay/supernode_internal.h"
#include "tests/support/story.h"
#include "tests/support/story_visit.h"

#define ONE_WAY (50 * PL_MILLISECOND)

/*
 *   bob ── supernode 1 ──store, gone──▶ the supernodes of bob's slot ◀──query── alice ── supernode 0
 *
 * Neither alice's supernode nor bob's serves his slot.
 */
typedef struct play {
    story *s;
    story_host *alice, *bob;
    char name[PL_NAME_MAX + 1]; /* bob's */
    size_t served_by;           /* the best of his slot */
    pl_search_result result;
} play;

static size_t place_of(const play *p, size_t supernode)
{
    pl_addr ranked[STORY_SUPERNODES_MAX];
    uint32_t slot = pl_slot_of((const uint8_t *)p->name, strlen(p->name), (uint32_t)p->s->config.index_slots);
    size_t n = pl_slot_rank(slot, p->s->bootstrap, p->s->n_supernodes, (pl_addr){0}, ranked, G_N_ELEMENTS(ranked));
    for (size_t i = 0; i < n; i++)
        if (pl_addr_equal(ranked[i], p->s->bootstrap[supernode]))
            return i;
    return n;
}

static void open_play(play *p, const story_client_options *alice)
{
    pl_config config;
    unsigned i = 0;
    pl_config_init(&config);
    config.index_replicas = 3;
    *p = (play){.s = story_new(&(story_options){.supernodes = 12, .config = &config, .suite = &pl_suite_sized})};
    story_settle(p->s);
    do
        g_snprintf(p->name, sizeof p->name, "bob-%u", i++);
    while (place_of(p, 0) < 6 || place_of(p, 1) < 6);
    while (place_of(p, p->served_by) > 0)
        p->served_by++;
    p->bob = story_log_in_at(p->s, p->name, 1, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, alice);
    p->alice->config.search_cache_lifetime = PL_SECOND;
    p->s->supernode[0]->config.search_cache_lifetime = PL_SECOND;
    story_run(p->s, 5 * PL_MINUTE);
}

static void expect_bob(play *p, const char *reason)
{
    uint64_t search;
    g_assert_cmpint(pl_node_search(p->alice->node, p->name, &search, story_now(p->s)), ==, 0);
    story_arm(p->alice);
    g_assert_cmpint(story_run_to(p->alice, PL_EVENT_SEARCH_ENDED, story_now(p->s) + PL_MINUTE), !=, PL_NEVER);
    const pl_event *end = &story_last(p->alice, PL_EVENT_SEARCH_ENDED)->event;
    g_assert_cmpstr(end->value[1].text, ==, "found");
    g_assert_cmpstr(end->value[2].text, ==, reason);
    g_assert_cmpint(pl_node_search_result(p->alice->node, search, &p->result), ==, 0);
    g_assert_true(p->result.is_online == (strcmp(reason, "online") == 0));
    story_run(p->s, story_now(p->s) + 2 * PL_SECOND);
}

static pl_time silent_at(const play *p)
{
    return p->s->config.overlay_keep_alive + p->s->config.overlay_keep_alive_wait;
}

/* Two seconds after his supernode has missed him a search says that he is gone, and when he was heard last. */
static void vanished(const story_client_options *alice)
{
    play p;
    open_play(&p, alice);
    expect_bob(&p, "online");
    pl_time gone = story_now(p.s);
    story_fail(p.bob);
    story_run(p.s, gone + silent_at(&p) + 2 * PL_SECOND);
    expect_bob(&p, "gone");
    g_assert_cmpint(p.result.seen, <=, p.s->epoch + gone / PL_SECOND);
    g_assert_cmpint(p.result.seen, >=, p.s->epoch + (gone - p.s->config.overlay_keep_alive) / PL_SECOND - 1);
    story_run(p.s, story_now(p.s) + 10 * PL_HOUR);
    expect_bob(&p, "gone");
    story_restart(p.bob);
    story_log_in(p.bob, p.name, "secret");
    g_assert_cmpint(story_run_to(p.bob, PL_EVENT_LOGGED_IN, story_now(p.s) + PL_MINUTE), !=, PL_NEVER);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    expect_bob(&p, "online");
    story_free(p.s);
}

static void test_a_search_says_that_he_is_gone(void)
{
    vanished(&(story_client_options){0});
}

static void test_a_search_on_behalf_says_so_too(void)
{
    vanished(&(story_client_options){.firewall = "udp-blocked"});
}

/* Bob is told to move, or moves because his supernode is gone: he is never said to be gone. */
static void test_who_moves_is_not_gone(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    story_log_out(p.s->supernode[1]);
    story_fail(p.s->supernode[1]);
    story_run(p.s, story_now(p.s) + 2 * PL_SECOND);
    expect_bob(&p, "online");
    story_run(p.s, story_now(p.s) + PL_HOUR);
    expect_bob(&p, "online");
    g_assert_true(pl_addr_equal(p.result.contact.supernode, pl_node_supernode_address(p.bob->node)));
    story_free(p.s);
}

/* He and his supernode at once: nobody can say so, and after index.doubt it counts no more that he is there. */
static void test_he_vanishes_with_his_supernode(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    story_fail(p.bob);
    story_fail(p.s->supernode[1]);
    pl_time gone = story_now(p.s);
    story_run(p.s, gone + 3 * PL_MINUTE);
    expect_bob(&p, "online");
    story_run(p.s, gone + 2 * PL_MINUTE + p.s->config.index_doubt);
    expect_bob(&p, "gone");
    story_restart(p.s->supernode[1]); /* which remembers nothing of him */
    story_run(p.s, story_now(p.s) + PL_HOUR);
    expect_bob(&p, "gone");
    story_free(p.s);
}

/* Those who were told are gone themselves, and those who have the entry from them doubt it. */
static void test_who_serves_the_slot_next_doubts(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    story_fail(p.bob);
    story_run(p.s, story_now(p.s) + 3 * PL_MINUTE);
    for (size_t place = 0; place < 3; place++)
        for (size_t i = 2; i < 12; i++)
            if (place_of(&p, i) == place) {
                story_fail(p.s->supernode[i]);
                story_run(p.s, story_now(p.s) + 5 * PL_MINUTE);
            }
    story_run(p.s, story_now(p.s) + p.s->config.index_doubt);
    expect_bob(&p, "gone");
    story_free(p.s);
}

/* The same, of one who is there: his supernode says so to each of them. */
static void test_who_is_there_is_not_doubted(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    for (size_t place = 0; place < 3; place++)
        for (size_t i = 2; i < 12; i++)
            if (place_of(&p, i) == place) {
                story_fail(p.s->supernode[i]);
                story_run(p.s, story_now(p.s) + 5 * PL_MINUTE);
            }
    story_run(p.s, story_now(p.s) + 2 * p.s->config.index_doubt);
    expect_bob(&p, "online");
    story_free(p.s);
}

/* --- words that should not count --- */

/* A word of one supernode to the best of bob's slot, sealed with its own key, or with another. */
static void say_gone(play *p, size_t from, const pl_keypair *own, int64_t stamp)
{
    story_host *host = p->s->supernode[from], *to = p->s->supernode[p->served_by];
    const pl_supernode *supernode = host->node->supernode;
    const pl_letter_ends ends = {p->s->suite, own ? own : &supernode->dh, to->node->supernode->dh.public_key};
    pl_departure gone = {.stamp = stamp, .since = (uint32_t)(p->s->epoch + story_now(p->s) / PL_SECOND)};
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    static uint64_t transaction;
    g_strlcpy(gone.name, p->name, sizeof gone.name);
    size_t len = pl_letter_gone(bytes, &ends, ++transaction, &gone);
    story_throw(host, host->node->socket, p->s->bootstrap[p->served_by], bytes, len);
}

static int64_t stamp_of_bob(const play *p)
{
    pl_entry entry;
    uint32_t since;
    pl_bytes_view bytes =
        pl_index_find(p->s->supernode[p->served_by]->node->supernode->index, p->name, &since, story_now(p->s));
    g_assert_cmpint(pl_entry_decode(&entry, bytes.data, bytes.len), ==, 0);
    return entry.stamp;
}

static bool counts_as_online(const play *p)
{
    uint32_t since;
    pl_bytes_view bytes =
        pl_index_find(p->s->supernode[p->served_by]->node->supernode->index, p->name, &since, story_now(p->s));
    return bytes.len > 0 && since == 0;
}

static void run_a_second(const play *p)
{
    story_run(p->s, story_now(p->s) + PL_SECOND);
}

static size_t other_than(const play *p)
{
    return p->served_by == 2 ? 3 : 2;
}

/* Another supernode; bob's, of an earlier entry, of a later one, and with a key that nobody has of it; and then, so that
 * this test tests something, bob's in earnest. */
static void test_only_his_supernode_is_believed(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    const story_host *server = p.s->supernode[p.served_by];
    int64_t stamp = stamp_of_bob(&p);
    pl_keypair another = {.private_key = {7}};
    p.s->suite->dh_public(another.public_key, another.private_key);
    say_gone(&p, other_than(&p), NULL, stamp);
    run_a_second(&p);
    g_assert_cmpstr(story_last(server, PL_EVENT_INDEX_REFUSED)->event.value[1].text, ==, "unexpected");
    say_gone(&p, 1, NULL, stamp - 1);
    run_a_second(&p);
    g_assert_cmpstr(story_last(server, PL_EVENT_INDEX_REFUSED)->event.value[1].text, ==, "replayed");
    say_gone(&p, 1, NULL, stamp + 1);
    run_a_second(&p);
    g_assert_cmpstr(story_last(server, PL_EVENT_INDEX_REFUSED)->event.value[1].text, ==, "unknown");
    say_gone(&p, 1, &another, stamp);
    run_a_second(&p);
    g_assert_cmpuint(story_refusals(server, "forged", "datagram"), ==, 1);
    g_assert_true(counts_as_online(&p));
    expect_bob(&p, "online");
    say_gone(&p, 1, NULL, stamp);
    run_a_second(&p);
    g_assert_false(counts_as_online(&p));
    story_free(p.s);
}

/* What was true of one entry is said again when bob is back. */
static void test_a_word_that_is_said_again(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    int64_t stamp = stamp_of_bob(&p);
    story_fail(p.bob);
    story_run(p.s, story_now(p.s) + 3 * PL_MINUTE);
    g_assert_false(counts_as_online(&p));
    story_restart(p.bob);
    story_log_in(p.bob, p.name, "secret");
    story_run(p.s, story_now(p.s) + 10 * PL_SECOND);
    g_assert_true(counts_as_online(&p));
    say_gone(&p, 1, NULL, stamp);
    run_a_second(&p);
    g_assert_true(counts_as_online(&p));
    story_free(p.s);
}

/* A log-out that was signed stands, whatever his supernode says after it. */
static void test_a_log_out_stands(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    story_log_out(p.bob);
    run_a_second(&p);
    int64_t stamp = stamp_of_bob(&p);
    say_gone(&p, 1, NULL, stamp);
    run_a_second(&p);
    g_assert_cmpstr(story_last(p.s->supernode[p.served_by], PL_EVENT_INDEX_REFUSED)->event.value[1].text, ==,
                    "unexpected");
    expect_bob(&p, "offline");
    story_free(p.s);
}

/* So many letters of one supernode are opened as it may ask anything, and none of who is no supernode. */
static void test_a_storm_of_words(void)
{
    play p;
    open_play(&p, &(story_client_options){0});
    const story_host *server = p.s->supernode[p.served_by];
    const int64_t stamp = stamp_of_bob(&p);
    for (int i = 0; i < 1000; i++)
        say_gone(&p, other_than(&p), NULL, stamp);
    run_a_second(&p);
    g_assert_cmpuint(story_count(server, PL_EVENT_INDEX_REFUSED), <=, (size_t)p.s->config.mesh_answer_rate + 1);
    g_assert_cmpuint(story_refusals(server, "limit", "datagram"), >, 900);
    g_assert_true(counts_as_online(&p));
    story_free(p.s);
}

#define ADD(name, test) g_test_add_func("/story/vanished/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-search-says-that-he-is-gone", test_a_search_says_that_he_is_gone);
    ADD("a-search-on-behalf-says-so-too", test_a_search_on_behalf_says_so_too);
    ADD("who-moves-is-not-gone", test_who_moves_is_not_gone);
    ADD("he-vanishes-with-his-supernode", test_he_vanishes_with_his_supernode);
    ADD("who-serves-the-slot-next-doubts", test_who_serves_the_slot_next_doubts);
    ADD("who-is-there-is-not-doubted", test_who_is_there_is_not_doubted);
    ADD("only-his-supernode-is-believed", test_only_his_supernode_is_believed);
    ADD("a-word-that-is-said-again", test_a_word_that_is_said_again);
    ADD("a-log-out-stands", test_a_log_out_stands);
    ADD("a-storm-of-words", test_a_storm_of_words);
    return g_test_run();
}
