/* test_search.c - a user looks for another: rounds over UDP, or all on one connection; and how it ends. */
#include <string.h>

#include "core/overlay/index/slot.h"
#include "core/overlay/supernode_internal.h"
#include "tests/support/story.h"
#include "tests/support/story_visit.h"

#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)

/*
 *   bob ── his supernode ──store──▶ the supernodes of bob's slot ◀──query── alice ── her supernode
 *
 * Alice is at supernode 0, bob at supernode 1; names are chosen so that neither serves the slot that matters.
 */
typedef struct play {
    story *s;
    story_host *alice, *bob;
    char name[PL_NAME_MAX + 1]; /* bob's */
    uint64_t search;
} play;

typedef struct setting {
    size_t supernodes, replicas;
    story_client_options alice;
    const char *policy;
    pl_span mesh_period; /* 0 = the default */
    pl_span age;         /* of the network, when the search begins */
    bool no_spares;      /* who loses his supernode is nowhere */
    int64_t reviews;     /* 0 = the default, -1 = none */
    pl_span review_wait; /* likewise */
} setting;

/* The place of a supernode in the ranking of a name's slot, among all of the story. */
static size_t place_of(const story *s, const char *name, size_t supernode)
{
    pl_addr ranked[STORY_SUPERNODES_MAX];
    uint32_t slot = pl_slot_of((const uint8_t *)name, strlen(name), (uint32_t)s->config.index_slots);
    size_t n = pl_slot_rank(slot, s->bootstrap, s->n_supernodes, (pl_addr){0}, ranked, G_N_ELEMENTS(ranked));
    for (size_t i = 0; i < n; i++)
        if (pl_addr_equal(ranked[i], s->bootstrap[supernode]))
            return i;
    return n;
}

/* A name whose slot is served neither by the first supernode nor by the second. */
static void choose_name(const story *s, const char *stem, size_t replicas, char ret_name[PL_NAME_MAX + 1])
{
    unsigned i = 0;
    do
        g_snprintf(ret_name, PL_NAME_MAX + 1, "%s-%u", stem, i++);
    while (i < 1000 && (place_of(s, ret_name, 0) < replicas || place_of(s, ret_name, 1) < replicas));
}

static void open_play(play *p, const setting *where)
{
    pl_config config;
    pl_config_init(&config);
    config.index_replicas = (int64_t)where->replicas;
    config.mesh_period = where->mesh_period ? where->mesh_period : config.mesh_period;
    config.parents_spares = where->no_spares ? 0 : config.parents_spares;
    config.search_reviews = where->reviews ? MAX(0, where->reviews) : config.search_reviews;
    config.search_review_wait = where->review_wait ? MAX(0, where->review_wait) : config.search_review_wait;
    *p = (play){.s = story_new(&(story_options){
                    .supernodes = where->supernodes, .config = &config, .suite = &pl_suite_sized})};
    story_settle(p->s);
    choose_name(p->s, "bob", where->replicas, p->name);
    p->bob = story_log_in_at(p->s, p->name, 1, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, &where->alice);
    if (where->policy)
        p->alice->node->search_policy = pl_search_policy_find(where->policy);
    story_run(p->s, where->age ? where->age : 5 * PL_MINUTE);
}

static void search_for(play *p, story_host *who, const char *name)
{
    g_assert_cmpint(pl_node_search(who->node, name, &p->search, story_now(p->s)), ==, 0);
    story_arm(who);
}

static const pl_event *end_of(play *p, story_host *who)
{
    pl_time limit = story_now(p->s) + 10 * PL_MINUTE;
    g_assert_cmpint(story_run_to(who, PL_EVENT_SEARCH_ENDED, limit), !=, PL_NEVER);
    return &story_last(who, PL_EVENT_SEARCH_ENDED)->event;
}

static void expect_end(play *p, story_host *who, const char *outcome, const char *reason)
{
    const pl_event *end = end_of(p, who);
    g_assert_cmpint(end->value[0].number, ==, (int64_t)p->search);
    g_assert_cmpstr(end->value[1].text, ==, outcome);
    g_assert_cmpstr(end->value[2].text, ==, reason);
}

static int64_t asked_in(const story_host *who, size_t round)
{
    const story_record *record = story_nth(who, PL_EVENT_SEARCH_ROUND, round);
    return record ? record->event.value[2].number : -1;
}

static void expect_bob(play *p)
{
    pl_search_result result;
    g_assert_cmpint(pl_node_search_result(p->alice->node, p->search, &result), ==, 0);
    g_assert_cmpstr(result.contact.name, ==, p->name);
    g_assert_true(pl_addr_equal(result.contact.supernode, pl_node_supernode_address(p->bob->node)));
    g_assert_true(result.is_online);
}

/* What leaves a host. */
typedef struct traffic {
    story_host *host;
    size_t udp, syn, elsewhere, segments; /* elsewhere: TCP to anybody but the supernode */
    pl_addr supernode;
} traffic;

static bool count(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    (void)now;
    traffic *t = ctx;
    if (from != t->host)
        return true;
    t->udp += packet->protocol == PL_PROTOCOL_UDP;
    if (packet->protocol != PL_PROTOCOL_TCP)
        return true;
    t->segments++;
    t->syn += (packet->tcp_flags & NET_TCP_SYN) != 0;
    t->elsewhere += packet->destination.ip != t->supernode.ip;
    return true;
}

static void watch(play *p, traffic *t, story_host *host)
{
    *t = (traffic){.host = host, .supernode = pl_node_supernode_address(host->node)};
    p->s->filter = count;
    p->s->filter_ctx = t;
}

/* --- over UDP (BS-23) --- */

static void test_found_in_the_first_round(void)
{
    play p;
    traffic t;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3});
    watch(&p, &t, p.alice);
    pl_time from = story_now(p.s);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    const story_record *end = story_last(p.alice, PL_EVENT_SEARCH_ENDED);
    g_assert_cmpint(end->at, ==, from + 2 * RTT); /* her supernode, and the nodes that it named */
    g_assert_cmpint(end->event.value[3].number, ==, 2 * RTT);
    g_assert_cmpint(end->event.value[4].number, ==, 4);
    g_assert_cmpint(end->event.value[5].number, ==, 1);
    g_assert_cmpuint(t.udp, ==, 4);
    g_assert_cmpuint(t.syn + t.elsewhere, ==, 0);
    expect_bob(&p);
    story_free(p.s);
}

static void test_four_then_eight_then_the_rest(void)
{
    play p;
    traffic t;
    open_play(&p, &(setting){.supernodes = 16, .replicas = 3, .policy = "rounds"});
    watch(&p, &t, p.alice);
    search_for(&p, p.alice, "nobody");
    story_run(p.s, story_now(p.s) + RTT + 1);
    g_assert_cmpuint(t.udp, ==, 4);
    story_run(p.s, story_now(p.s) + 2 * RTT);
    g_assert_cmpuint(t.udp, ==, 12); /* all four said no, so nobody waits */
    expect_end(&p, p.alice, "gave-up", "rounds");
    g_assert_cmpint(asked_in(p.alice, 0), ==, 4);
    g_assert_cmpint(asked_in(p.alice, 1), ==, 8);
    g_assert_cmpint(asked_in(p.alice, 2), ==, 3); /* fifteen, without her own supernode */
    g_assert_cmpuint(t.udp, ==, 15);
    story_free(p.s);
}

/* One of the three of a name's slot, but the first two, who are her supernode and bob's. */
static size_t one_of_slot(const story *s, const char *name)
{
    size_t supernode = 2;
    while (place_of(s, name, supernode) >= 3)
        supernode++;
    return supernode;
}

/* Of the supernodes but the first two, all at these places of a name's slot vanish. */
static void fail_places(story *s, const char *name, size_t first, size_t end)
{
    for (size_t i = 2; i < s->n_supernodes; i++)
        if (place_of(s, name, i) >= first && place_of(s, name, i) < end)
            story_fail(s->supernode[i]);
}

/* One of an absent name's slot. */
static size_t choose_silent(play *p, char ret_name[PL_NAME_MAX + 1])
{
    choose_name(p->s, "nobody", 3, ret_name);
    return one_of_slot(p->s, ret_name);
}

/* A node that is silent is waited for, to the nanosecond, and the round goes by. */
static void test_a_silent_node_costs_its_wait(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "rounds"});
    char name[PL_NAME_MAX + 1];
    story_cut(p.alice, p.s->supernode[choose_silent(&p, name)]);
    pl_time from = story_now(p.s) + RTT;
    search_for(&p, p.alice, name);
    pl_time over = from + p.s->config.search_answer_wait;
    story_run(p.s, over + RTT);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ROUND), ==, 1);
    story_run(p.s, over + RTT + 1); /* the supernode names the next */
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ROUND), ==, 2);
    story_free(p.s);
}

/* The way to one of the slot's nodes is cut, and mended before the question is repeated or after it: what is asked again
 * is answered, and the search ends as if nothing had been lost; or the slot is reviewed. */
static void lose_one_question(const char *firewall, bool in_time)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "slot", .alice = {.firewall = firewall}});
    char name[PL_NAME_MAX + 1];
    const size_t silent = choose_silent(&p, name);
    story_host *asks = firewall ? p.s->supernode[0] : p.alice;
    story_cut(asks, p.s->supernode[silent]);
    const pl_time asked = story_now(p.s) + (firewall ? RTT / 2 : RTT);
    const pl_time again = asked + p.s->config.search_answer_wait / 2;
    search_for(&p, p.alice, name);
    story_run(p.s, in_time ? again : again + 1);
    story_mend(asks, p.s->supernode[silent]);
    expect_end(&p, p.alice, "not-found", "slot");
    const pl_time reviewed = asked + p.s->config.search_answer_wait + p.s->config.search_review_wait + 2 * RTT;
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->at, ==,
                    (in_time ? again + RTT : reviewed) + (firewall ? RTT / 2 : 0));
    story_free(p.s);
}

static void test_a_lost_question_is_asked_again(void)
{
    lose_one_question(NULL, true);
    lose_one_question(NULL, false);
    lose_one_question("udp-blocked", true);
    lose_one_question("udp-blocked", false);
}

/* One of the slot's nodes has just vanished, and nobody has missed it: she says so, the mesh looks into it, and another has
 * its place when the slot is asked anew. */
static void search_past_a_dead_node(const char *firewall)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12,
                             .replicas = 3,
                             .policy = "slot",
                             .alice = {.firewall = firewall},
                             .mesh_period = 10 * PL_MINUTE});
    char name[PL_NAME_MAX + 1];
    story_fail(p.s->supernode[choose_silent(&p, name)]);
    const size_t lost = story_count(p.s->supernode[0], PL_EVENT_MESH_LOST);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "not-found", "slot");
    g_assert_cmpuint(story_count(p.s->supernode[0], PL_EVENT_MESH_LOST), ==, lost + 1);
    const pl_event *end = &story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event;
    g_assert_cmpint(end->value[3].number, ==,
                    p.s->config.search_answer_wait + p.s->config.search_review_wait + 3 * RTT);
    g_assert_cmpint(end->value[4].number, ==, 4 + 3);
    g_assert_cmpint(end->value[5].number, ==, 1);
    story_free(p.s);
}

static void test_a_slot_is_asked_anew(void)
{
    search_past_a_dead_node(NULL);
    search_past_a_dead_node("udp-blocked");
}

/* Whom only she does not reach is not lost to anybody else, and her search promises nothing. */
static void test_who_is_out_of_reach_is_not_lost(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "slot", .mesh_period = 10 * PL_MINUTE});
    char name[PL_NAME_MAX + 1];
    story_cut(p.alice, p.s->supernode[choose_silent(&p, name)]);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "gave-up", "slot-silent");
    g_assert_cmpuint(story_count(p.s->supernode[0], PL_EVENT_MESH_LOST), ==, 0);
    story_free(p.s);
}

/* A name of whose slot her supernode is one, at this place or a better one; and so it is not at the place before. */
static void choose_own(const play *p, size_t from, size_t to, char ret_name[PL_NAME_MAX + 1])
{
    unsigned i = 0;
    do
        g_snprintf(ret_name, PL_NAME_MAX + 1, "nobody-%u", i++);
    while (place_of(p->s, ret_name, 0) < from || place_of(p->s, ret_name, 0) >= to);
}

/* Her own supernode serves the slot: its no counts in the review as it did in the first round, and nobody is asked who does
 * not serve it. */
static void test_the_own_no_counts_in_a_review(void)
{
    static const char *const ways[] = {NULL, "udp-blocked"};
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        play p;
        char name[PL_NAME_MAX + 1];
        open_play(&p, &(setting){.supernodes = 12,
                                 .replicas = 3,
                                 .policy = "slot",
                                 .alice = {.firewall = ways[i]},
                                 .mesh_period = 10 * PL_MINUTE});
        choose_own(&p, 0, 2, name);
        story_fail(p.s->supernode[one_of_slot(p.s, name)]);
        search_for(&p, p.alice, name);
        expect_end(&p, p.alice, "not-found", "slot");
        g_assert_cmpint(asked_in(p.alice, 0), ==, 4);
        g_assert_cmpint(asked_in(p.alice, 1), ==, 2);
        story_free(p.s);
    }
}

/* Its no counts once, in whichever round the rest of the slot is asked. */
static void test_the_own_no_counts_once(void)
{
    static const char *const ways[] = {NULL, "udp-blocked"};
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        play p;
        char name[PL_NAME_MAX + 1];
        open_play(&p, &(setting){.supernodes = 12, .replicas = 6, .policy = "slot", .alice = {.firewall = ways[i]}});
        choose_own(&p, 0, 6, name);
        search_for(&p, p.alice, name);
        expect_end(&p, p.alice, "not-found", "slot");
        g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[5].number, ==, 2);
        story_free(p.s);
    }
}

/* Her supernode asks for her while its own uplink is down: nobody answers, and it loses nobody for that. */
static void test_a_cut_of_ones_own_is_no_loss(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 16,
                             .replicas = 9,
                             .policy = "slot",
                             .alice = {.firewall = "udp-blocked"},
                             .mesh_period = 10 * PL_MINUTE,
                             .age = 6 * PL_MINUTE}); /* none of its own questions is under way */
    search_for(&p, p.alice, "nobody");
    story_run(p.s, story_now(p.s) + ONE_WAY + 1);
    for (size_t i = 1; i < 16; i++)
        story_cut(p.s->supernode[0], p.s->supernode[i]);
    story_run(p.s, story_now(p.s) + 7 * PL_SECOND);
    for (size_t i = 1; i < 16; i++)
        story_mend(p.s->supernode[0], p.s->supernode[i]);
    expect_end(&p, p.alice, "not-found", "slot");
    g_assert_cmpuint(story_count(p.s->supernode[0], PL_EVENT_MESH_LOST), ==, 0);
    story_free(p.s);
}

/* Networks that are smaller than a slot: the one who is left, or two of three, know of everybody. */
static void test_a_small_slot_is_asked_anew(void)
{
    for (size_t supernodes = 2; supernodes <= 4; supernodes++) {
        play p;
        open_play(&p, &(setting){.supernodes = supernodes,
                                 .replicas = 9,
                                 .policy = "slot",
                                 .mesh_period = 10 * PL_MINUTE,
                                 .age = 6 * PL_MINUTE}); /* none of their own questions is under way */
        story_fail(p.s->supernode[supernodes - 1]);
        search_for(&p, p.alice, "nobody");
        expect_end(&p, p.alice, "not-found", "slot");
        story_free(p.s);
    }
}

/* One serves each slot.  Whoever has its place when it is gone says no, but is not sure. */
static void test_a_slot_of_one_is_not_sure(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12, .replicas = 1, .policy = "slot", .mesh_period = 10 * PL_MINUTE});
    choose_name(p.s, "nobody", 2, name);
    fail_places(p.s, name, 0, 1);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "gave-up", "slot-unsure");
    story_free(p.s);
}

static void test_so_many_reviews(void)
{
    static const struct {
        int64_t set, reviews;
        pl_span wait;
    } rows[] = {{-1, 0, 0}, {0, 2, 0}, {8, 8, 0}, {8, 8, -1}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        play p;
        char name[PL_NAME_MAX + 1];
        open_play(&p, &(setting){.supernodes = 12,
                                 .replicas = 3,
                                 .policy = "slot",
                                 .mesh_period = 10 * PL_MINUTE,
                                 .reviews = rows[i].set,
                                 .review_wait = rows[i].wait});
        story_cut(p.alice, p.s->supernode[choose_silent(&p, name)]);
        const size_t before = story_count(p.alice, PL_EVENT_SEARCH_ROUND);
        search_for(&p, p.alice, name);
        expect_end(&p, p.alice, "gave-up", "slot-silent");
        const size_t rounds = (size_t)story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[5].number;
        g_assert_cmpuint(rounds, ==, 2); /* the second takes in all who are left */
        g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ROUND) - before, ==, rounds + (size_t)rows[i].reviews);
        story_free(p.s);
    }
}

/* She waits for the review when she logs out, or misses her supernode: the search is over, and nothing comes of it later. */
static void leave_in_doubt(bool is_hers)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12,
                             .replicas = 3,
                             .policy = "slot",
                             .mesh_period = 10 * PL_MINUTE,
                             .review_wait = 10 * PL_MINUTE});
    story_fail(p.s->supernode[choose_silent(&p, name)]);
    search_for(&p, p.alice, name);
    story_run(p.s, story_now(p.s) + 2 * RTT + p.s->config.search_answer_wait + PL_SECOND);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ENDED), ==, 0);
    if (is_hers)
        story_log_out(p.alice);
    else
        story_cut(p.alice, p.s->supernode[0]);
    story_run(p.s, story_now(p.s) + 5 * PL_MINUTE);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ENDED), ==, 1);
    g_assert_cmpstr(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[2].text, ==, "supernode-lost");
    story_run(p.s, story_now(p.s) + 10 * PL_MINUTE);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ENDED), ==, 1);
    story_free(p.s);
}

static void test_leaving_in_doubt(void)
{
    leave_in_doubt(true);
    leave_in_doubt(false);
}

/* Only one of the slot has not vanished, and it is out of her reach for a while: carol is found in the review, which is no
 * round, as it is none when nobody is found. */
static void test_found_in_a_review(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "slot", .mesh_period = 10 * PL_MINUTE});
    choose_name(p.s, "carol", 4, name);
    const size_t best = one_of_slot(p.s, name);
    story_log_in_at(p.s, name, 1, &(story_client_options){0});
    story_run(p.s, story_now(p.s) + PL_SECOND);
    for (size_t i = 2; i < 12; i++)
        if (i != best && place_of(p.s, name, i) < 3)
            story_fail(p.s->supernode[i]);
    story_cut(p.alice, p.s->supernode[best]);
    search_for(&p, p.alice, name);
    story_run(p.s, story_now(p.s) + 2 * RTT + p.s->config.search_answer_wait + PL_SECOND);
    story_mend(p.alice, p.s->supernode[best]);
    expect_end(&p, p.alice, "found", "online");
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[5].number, ==, 1);
    story_free(p.s);
}

/* --- without UDP (BS-26) --- */

static void test_all_on_the_one_connection(void)
{
    play p;
    traffic t;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .alice = {.firewall = "udp-blocked"}});
    watch(&p, &t, p.alice);
    pl_time from = story_now(p.s);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    expect_bob(&p);
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->at, ==, from + 2 * RTT);
    g_assert_cmpint(asked_in(p.alice, 0), ==, 4);
    search_for(&p, p.alice, "nobody-at-all");
    expect_end(&p, p.alice, "not-found", "slot");
    g_assert_cmpuint(t.udp, ==, 0);
    g_assert_cmpuint(t.syn, ==, 0);
    g_assert_cmpuint(t.elsewhere, ==, 0);
    g_assert_cmpuint(t.segments, >, 1);
    story_free(p.s);
}

/* UDP got out at the login and does not any more: one round in silence, and the supernode asks the same
 * nodes. */
static void test_udp_is_lost_meanwhile(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3});
    story_set_firewall(p.alice, "udp-blocked");
    pl_time from = story_now(p.s);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->at, ==,
                    from + RTT + p.s->config.search_answer_wait + 2 * RTT);
    story_free(p.s);
}

/* --- what was found is remembered on the way (BS-27) --- */

static void test_the_second_search_is_answered_at_once(void)
{
    play p;
    traffic t;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3});
    story_host *carol = story_log_in_at(p.s, "carol", 0, &(story_client_options){0});
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    story_run(p.s, story_now(p.s) + PL_SECOND); /* she tells her supernode, which is carol's too */
    pl_time told = story_last(p.alice, PL_EVENT_SEARCH_ENDED)->at + ONE_WAY;
    watch(&p, &t, carol);
    search_for(&p, carol, p.name);
    expect_end(&p, carol, "found", "online");
    const pl_event *end = &story_last(carol, PL_EVENT_SEARCH_ENDED)->event;
    g_assert_cmpint(end->value[3].number, ==, RTT);
    g_assert_cmpint(end->value[4].number, ==, 0);
    g_assert_cmpuint(t.udp, ==, 0);
    pl_time forgotten = told + p.s->config.search_cache_lifetime;
    forgotten -= forgotten % PL_MILLISECOND; /* entries are dated in milliseconds */
    story_run(p.s, forgotten - ONE_WAY - PL_MILLISECOND);
    search_for(&p, carol, p.name);
    end_of(&p, carol);
    g_assert_cmpuint(t.udp, ==, 0);
    story_run(p.s, forgotten + PL_SECOND);
    search_for(&p, carol, p.name);
    expect_end(&p, carol, "found", "online");
    g_assert_cmpuint(t.udp, ==, 4);
    story_free(p.s);
}

/* Who is found offline may be back a minute later, and is found then: neither is her supernode told, which costs a record
 * less, nor does it remember what it found itself. */
static void find_twice(const char *firewall)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .alice = {.firewall = firewall}});
    story_log_out(p.bob);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "offline");
    const int64_t messages = story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[6].number;
    story_log_in(p.bob, p.name, "secret");
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    expect_bob(&p);
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event.value[6].number, ==, messages + !firewall);
    story_free(p.s);
}

static void test_an_absence_is_not_remembered(void)
{
    find_twice(NULL);
    find_twice("udp-blocked");
}

/* Her supernode stood in for one of the slot, which is back, and still has what it was given then.  It is not told of what
 * becomes of it, and does not answer from it. */
static void test_who_stood_in_for_another_asks_the_slot(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    unsigned i = 0;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .mesh_period = PL_SECOND});
    do
        g_snprintf(name, sizeof name, "carol-%u", i++);
    while (place_of(p.s, name, 0) != 3 || place_of(p.s, name, 1) < 3);
    story_host *absent = p.s->supernode[one_of_slot(p.s, name)];
    story_host *carol = story_log_in_at(p.s, name, 1, &(story_client_options){0});
    const size_t stored = story_count(p.s->supernode[0], PL_EVENT_INDEX_STORED);
    story_fail(absent);
    story_run(p.s, story_now(p.s) + 3 * PL_MINUTE);
    g_assert_cmpuint(story_count(p.s->supernode[0], PL_EVENT_INDEX_STORED), >, stored);
    story_restart(absent);
    story_run(p.s, story_now(p.s) + 3 * PL_MINUTE);
    story_log_out(carol);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "found", "offline");
    g_assert_cmpint(asked_in(p.alice, 0), ==, 4);
    story_free(p.s);
}

/* --- how it ends when nobody is there --- */

typedef struct absence {
    const char *policy, *outcome, *reason;
    int64_t rounds, asked;
} absence;

static void test_nobody_by_policy(gconstpointer data)
{
    const absence *row = data;
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 16, .replicas = 6, .policy = row->policy});
    choose_name(p.s, "nobody", 6, name);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, row->outcome, row->reason);
    const pl_event *end = &story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event;
    g_assert_cmpint(end->value[4].number, ==, row->asked);
    g_assert_cmpint(end->value[5].number, ==, row->rounds);
    pl_search_result result;
    g_assert_cmpint(pl_node_search_result(p.alice->node, p.search, &result), ==, PL_ERR_UNKNOWN);
    story_free(p.s);
}

/* The login server knows him from his last log-in, though the slot has forgotten. */
static void test_the_login_server_has_the_last_word(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "login-server", .no_spares = true});
    story_cut(p.bob, p.s->supernode[1]);
    for (size_t i = 2; i < 12; i++) /* all who could serve his slot have forgotten */
        story_fail(p.s->supernode[i]);
    for (size_t i = 2; i < 12; i++)
        story_restart(p.s->supernode[i]);
    story_fail(p.s->supernode[1]);
    story_run(p.s, story_now(p.s) + 3 * PL_MINUTE);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online"); /* where he was last: whether he is there, a visit tells */
    pl_search_result result;
    g_assert_cmpint(pl_node_search_result(p.alice->node, p.search, &result), ==, 0);
    g_assert_true(pl_addr_equal(result.contact.supernode, p.s->bootstrap[1]));
    story_fail(p.s->server);
    search_for(&p, p.alice, "nobody");
    expect_end(&p, p.alice, "gave-up", "server-unreachable");
    story_free(p.s);
}

/* Who serves for less than index.settle says no, and cannot be sure of it. */
static void test_a_young_network_is_not_sure(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .age = 30 * PL_SECOND});
    search_for(&p, p.alice, "nobody");
    expect_end(&p, p.alice, "gave-up", "slot-unsure");
    story_run(p.s, p.s->config.index_settle + PL_SECOND);
    search_for(&p, p.alice, "nobody");
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

/* Who serves a slot only since others were lost says no, and cannot be sure of it either: what they had is still on its
 * way. */
static void test_who_took_a_slot_over_is_not_sure(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .mesh_period = PL_SECOND});
    choose_name(p.s, "nobody", 3, name);
    fail_places(p.s, name, 0, 3);
    const pl_time failed = story_now(p.s);
    story_run(p.s, failed + PL_MINUTE); /* everybody has missed them */
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "gave-up", "slot-unsure");
    story_run(p.s, failed + PL_MINUTE + p.s->config.index_settle);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

/* Those lost who did not serve the slot take nothing from those who do. */
static void test_losses_elsewhere_leave_it_sure(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .mesh_period = PL_SECOND});
    choose_name(p.s, "nobody", 3, name);
    fail_places(p.s, name, 3, 12);
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

/* The first of the slot is lost and back: it is not sure, and the two others serve it as they did all along. */
static void test_who_is_back_is_no_loss(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    size_t first = 2;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .mesh_period = PL_SECOND});
    choose_name(p.s, "nobody", 3, name);
    while (place_of(p.s, name, first) != 0)
        first++;
    story_fail(p.s->supernode[first]);
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    story_restart(p.s->supernode[first]);
    story_run(p.s, story_now(p.s) + 30 * PL_SECOND);
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

/* Who comes and goes with ever new ports of one address makes nobody unsure: no more of it are counted than a view holds. */
static void test_ports_that_come_and_go(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    open_play(&p, &(setting){.supernodes = 12, .replicas = 9});
    choose_name(p.s, "nobody", 9, name);
    for (size_t i = 0; i < 12; i++)
        for (uint16_t port = 1; port <= 500; port++)
            pl_index_lost(p.s->supernode[i]->node->supernode->index, (pl_addr){p.s->bootstrap[0].ip ^ 0x01000000, port},
                          story_now(p.s));
    search_for(&p, p.alice, name);
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

/* --- what goes wrong --- */

/* All supernodes of the slot are gone at once: the search ends; and when the mesh has found it out, his
 * supernode has published anew and he is found. */
static void test_a_slot_with_all_its_supernodes_gone(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .mesh_period = 10 * PL_MINUTE});
    fail_places(p.s, p.name, 0, 3);
    story_cut(p.alice, p.s->supernode[1]); /* who would know him too, if she or hers asked */
    story_cut(p.s->supernode[0], p.s->supernode[1]);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "gave-up", "slot-silent");
    story_mend(p.alice, p.s->supernode[1]);
    story_mend(p.s->supernode[0], p.s->supernode[1]);
    story_run(p.s, story_now(p.s) + 2 * PL_HOUR);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "online");
    expect_bob(&p);
    story_free(p.s);
}

static void test_the_supernode_vanishes_in_the_middle(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3, .policy = "rounds"});
    search_for(&p, p.alice, "nobody");
    story_run(p.s, story_now(p.s) + RTT + ONE_WAY); /* the nodes were named */
    story_fail(p.s->supernode[0]);
    pl_time asked = story_now(p.s) + ONE_WAY; /* they have answered: the next are asked for */
    expect_end(&p, p.alice, "gave-up", "no-answer");
    g_assert_cmpint(story_last(p.alice, PL_EVENT_SEARCH_ENDED)->at, ==,
                    asked + p.s->config.search_supernode_wait);
    story_free(p.s);
}

static void test_logging_out_in_the_middle(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3});
    search_for(&p, p.alice, p.name);
    story_run(p.s, story_now(p.s) + RTT + ONE_WAY);
    story_log_out(p.alice);
    const pl_event *end = &story_last(p.alice, PL_EVENT_SEARCH_ENDED)->event;
    g_assert_cmpstr(end->value[2].text, ==, "supernode-lost");
    uint64_t none;
    g_assert_cmpint(pl_node_search(p.alice->node, p.name, &none, story_now(p.s)), ==, PL_ERR_UNEXPECTED);
    story_free(p.s);
}

static void test_so_many_at_once_and_no_more(void)
{
    play p;
    uint64_t search;
    open_play(&p, &(setting){.supernodes = 12, .replicas = 3});
    pl_time now = story_now(p.s);
    for (int64_t i = 0; i < p.s->config.search_client_max; i++)
        g_assert_cmpint(pl_node_search(p.alice->node, "nobody", &search, now), ==, 0);
    g_assert_cmpint(pl_node_search(p.alice->node, "nobody", &search, now), ==, PL_ERR_LIMIT);
    g_assert_cmpint(pl_node_search(p.alice->node, "no body", &search, now), ==, PL_ERR_MALFORMED);
    story_arm(p.alice);
    story_run(p.s, now + PL_MINUTE);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_SEARCH_ENDED), ==, (size_t)p.s->config.search_client_max);
    story_free(p.s);
}

/* --- 72 hours (BS-22) --- */

static void test_seventy_two_hours(void)
{
    play p;
    open_play(&p, &(setting){.supernodes = 6, .replicas = 3});
    story_log_out(p.bob);
    pl_time out = story_now(p.s);
    story_run(p.s, out + 72 * PL_HOUR - PL_SECOND);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "found", "offline");
    story_run(p.s, out + 72 * PL_HOUR);
    search_for(&p, p.alice, p.name);
    expect_end(&p, p.alice, "not-found", "slot");
    story_free(p.s);
}

int main(int argc, char **argv)
{
    static const absence rows[] = {{"slot", "not-found", "slot", 2, 12},
                                   {"rounds", "gave-up", "rounds", 3, 15},
                                   {"size", "gave-up", "unlikely", 2, 12},
                                   {"login-server", "not-found", "login-server", 2, 12}};
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/search/found-in-the-first-round", test_found_in_the_first_round);
    g_test_add_func("/story/search/four-then-eight-then-the-rest", test_four_then_eight_then_the_rest);
    g_test_add_func("/story/search/a-silent-node-costs-its-wait", test_a_silent_node_costs_its_wait);
    g_test_add_func("/story/search/a-lost-question-is-asked-again", test_a_lost_question_is_asked_again);
    g_test_add_func("/story/search/a-slot-is-asked-anew", test_a_slot_is_asked_anew);
    g_test_add_func("/story/search/who-is-out-of-reach-is-not-lost", test_who_is_out_of_reach_is_not_lost);
    g_test_add_func("/story/search/the-own-no-counts-in-a-review", test_the_own_no_counts_in_a_review);
    g_test_add_func("/story/search/the-own-no-counts-once", test_the_own_no_counts_once);
    g_test_add_func("/story/search/a-cut-of-ones-own-is-no-loss", test_a_cut_of_ones_own_is_no_loss);
    g_test_add_func("/story/search/a-small-slot-is-asked-anew", test_a_small_slot_is_asked_anew);
    g_test_add_func("/story/search/a-slot-of-one-is-not-sure", test_a_slot_of_one_is_not_sure);
    g_test_add_func("/story/search/so-many-reviews", test_so_many_reviews);
    g_test_add_func("/story/search/leaving-in-doubt", test_leaving_in_doubt);
    g_test_add_func("/story/search/found-in-a-review", test_found_in_a_review);
    g_test_add_func("/story/search/all-on-the-one-connection", test_all_on_the_one_connection);
    g_test_add_func("/story/search/udp-is-lost-meanwhile", test_udp_is_lost_meanwhile);
    g_test_add_func("/story/search/the-second-search-is-answered-at-once",
                    test_the_second_search_is_answered_at_once);
    g_test_add_func("/story/search/an-absence-is-not-remembered", test_an_absence_is_not_remembered);
    g_test_add_func("/story/search/who-stood-in-for-another-asks-the-slot",
                    test_who_stood_in_for_another_asks_the_slot);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/story/search/nobody/%s", rows[i].policy);
        g_test_add_data_func(path, &rows[i], test_nobody_by_policy);
    }
    g_test_add_func("/story/search/the-login-server-has-the-last-word",
                    test_the_login_server_has_the_last_word);
    g_test_add_func("/story/search/a-young-network-is-not-sure", test_a_young_network_is_not_sure);
    g_test_add_func("/story/search/who-took-a-slot-over-is-not-sure", test_who_took_a_slot_over_is_not_sure);
    g_test_add_func("/story/search/losses-elsewhere-leave-it-sure", test_losses_elsewhere_leave_it_sure);
    g_test_add_func("/story/search/who-is-back-is-no-loss", test_who_is_back_is_no_loss);
    g_test_add_func("/story/search/ports-that-come-and-go", test_ports_that_come_and_go);
    g_test_add_func("/story/search/a-slot-with-all-its-supernodes-gone",
                    test_a_slot_with_all_its_supernodes_gone);
    g_test_add_func("/story/search/the-supernode-vanishes-in-the-middle",
                    test_the_supernode_vanishes_in_the_middle);
    g_test_add_func("/story/search/logging-out-in-the-middle", test_logging_out_in_the_middle);
    g_test_add_func("/story/search/so-many-at-once-and-no-more", test_so_many_at_once_and_no_more);
    g_test_add_func("/story/search/seventy-two-hours", test_seventy_two_hours);
    return g_test_run();
}
