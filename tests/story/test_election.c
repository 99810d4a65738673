/* test_election.c - who becomes a supernode, who never does, and how many there are. */
#include "core/node_internal.h"
#include "core/overlay/supernode_internal.h"
#include "tests/support/story.h"
#include "tests/support/story_speaker.h"

#define START   (10 * PL_SECOND)
#define RTT     (100 * PL_MILLISECOND)
#define ONLINE  (START + 8 * RTT)

static const pl_resources plenty = {.cpu = 2400, .memory = 512, .bandwidth = 1000};

/* Four children are wanted at most and two at least, so that twenty nodes are a network. */
static pl_config small(void)
{
    pl_config config;
    pl_config_init(&config);
    config.election_children_most = 4;
    config.election_children_least = 2;
    config.election_uptime = PL_MINUTE;
    config.election_settle = 5 * PL_MINUTE;
    return config;
}

typedef struct fixture {
    story *s;
    story_host *clients[24];
    size_t n;
} fixture;

static void begin(fixture *f, const pl_config *config)
{
    *f = (fixture){.s = story_new(&(story_options){.supernodes = 2,
                                                   .pairing = STORY_IN_PAIRS,
                                                   .suite = &pl_suite_sized,
                                                   .config = config,
                                                   .election = "by-need"})};
    story_settle(f->s);
}

/* All come to the first supernode. */
static story_host *add(fixture *f, const story_client_options *options)
{
    story_host *client = f->clients[f->n++] = story_add_client(f->s, options);
    client->network.n_bootstrap = 1;
    story_account(f->s, client->name, "secret");
    story_log_in(client, client->name, "secret");
    return client;
}

static void add_many(fixture *f, size_t n, const story_client_options *options)
{
    for (size_t i = 0; i < n; i++)
        add(f, options);
}

static size_t count_all(const fixture *f, pl_event_id event)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += story_count(f->clients[i], event);
    return n;
}

static story_host *elected(const fixture *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (pl_node_role_of(f->clients[i]->node) == PL_NODE_SUPERNODE)
            return f->clients[i];
    return NULL;
}

static size_t n_elected(const fixture *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += pl_node_role_of(f->clients[i]->node) == PL_NODE_SUPERNODE;
    return n;
}

static size_t n_online(const fixture *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += pl_node_login_state(f->clients[i]->node) == PL_LOGIN_ONLINE;
    return n;
}

/* What a search ends with that finds somebody. */
static pl_search_result search_for(const fixture *f, story_host *who, story_host *whom)
{
    uint64_t search;
    pl_search_result result;
    g_assert_cmpint(pl_node_search(who->node, whom->name, &search, story_now(f->s)), ==, 0);
    story_arm(who);
    g_assert_cmpint(story_run_to(who, PL_EVENT_SEARCH_ENDED, story_now(f->s) + PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpstr(story_last(who, PL_EVENT_SEARCH_ENDED)->event.value[1].text, ==, "found");
    g_assert_cmpint(pl_node_search_result(who->node, search, &result), ==, 0);
    return result;
}

/* Fewer than that, or just so many, and nobody is asked. */
static void test_nobody_is_promoted_without_need(void)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    add_many(&f, 4, &(story_client_options){.resources = plenty});
    story_run(f.s, START + PL_HOUR);
    g_assert_cmpuint(count_all(&f, PL_EVENT_ELIGIBLE), ==, 4);
    g_assert_cmpuint(story_count(f.s->supernode[0], PL_EVENT_PROMOTING), ==, 0);
    story_free(f.s);
}

/* Told with the first keep-alive at which the uptime suffices: not with that of 59.2 s, but with the next. */
static void test_eligible_when_it_was_up_long_enough(void)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    config.election_uptime = 2 * PL_MINUTE;
    story_host *client = add(&f, &(story_client_options){.resources = plenty});
    client->config.election_uptime = 2 * PL_MINUTE;
    pl_time told = ONLINE + 2 * PL_MINUTE;
    story_run(f.s, told);
    g_assert_cmpuint(story_count(client, PL_EVENT_ELIGIBLE), ==, 0);
    story_run(f.s, told + 1);
    g_assert_cmpuint(story_count(client, PL_EVENT_ELIGIBLE), ==, 1);
    g_assert_cmpint(story_last(client, PL_EVENT_ELIGIBLE)->event.value[3].number, ==, 120);
    story_free(f.s);
}

/* A machine that runs all night with nobody logged in has shown nothing: it is the user's stay that counts. */
static void test_up_is_who_is_logged_in(void)
{
    fixture f;
    pl_config config = small();
    config.election_uptime = 2 * PL_MINUTE;
    begin(&f, &config);
    story_host *client = add(&f, &(story_client_options){.resources = plenty});
    story_run(f.s, ONLINE + PL_MINUTE);
    story_log_out(client);
    story_run(f.s, START + PL_HOUR);
    story_log_in(client, client->name, "secret");
    pl_time back = story_run_to(client, PL_EVENT_LOGGED_IN, START + PL_HOUR + PL_MINUTE);
    story_run(f.s, back + 2 * PL_MINUTE - PL_SECOND);
    g_assert_cmpuint(story_count(client, PL_EVENT_ELIGIBLE), ==, 0);
    story_run(f.s, back + 3 * PL_MINUTE + PL_SECOND);
    g_assert_cmpuint(story_count(client, PL_EVENT_ELIGIBLE), ==, 1);
    story_free(f.s);
}

/* Six at one supernode: the best of them is promoted, and half of the others come to it.  It is a user as before. */
static void test_under_need_the_best_is_promoted(void)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    add_many(&f, 5, &(story_client_options){.resources = {.cpu = 500, .memory = 128, .bandwidth = 128}});
    story_host *best = add(&f, &(story_client_options){.resources = plenty});
    size_t granted = story_count(f.s->server, PL_EVENT_SERVER_GRANTED) + 6;
    pl_time at = story_run_to(best, PL_EVENT_PROMOTED, START + 4 * PL_MINUTE);
    g_assert_cmpint(at, !=, PL_NEVER);
    g_assert_true(elected(&f) == best);
    g_assert_cmpuint(story_last(best, PL_EVENT_PROMOTED)->event.value[0].addr.ip, ==, best->outside);
    /* Its answer and the word to move, a probe, TCP, Noise, attach and advertise: two a second, and half are three. */
    pl_time arrived = at + 5 * RTT;
    story_run(f.s, arrived);
    g_assert_cmpuint(count_all(&f, PL_EVENT_HANDED_OVER), ==, 0);
    story_run(f.s, arrived + 1);
    g_assert_cmpuint(pl_node_online(best->node), ==, 2);
    g_assert_cmpint(story_last(f.clients[0], PL_EVENT_HANDED_OVER)->event.value[1].number, ==, 3 * RTT);
    story_run(f.s, arrived + PL_SECOND);
    g_assert_cmpuint(count_all(&f, PL_EVENT_HANDED_OVER), ==, 2);
    story_run(f.s, arrived + PL_SECOND + 1);
    g_assert_cmpuint(pl_node_online(best->node), ==, 3);
    g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 3);
    g_assert_cmpuint(count_all(&f, PL_EVENT_HANDED_OVER), ==, 3);
    g_assert_cmpuint(n_online(&f), ==, 6);
    story_run(f.s, START + PL_HOUR); /* and so it stays */
    g_assert_cmpuint(n_elected(&f), ==, 1);
    g_assert_cmpuint(count_all(&f, PL_EVENT_DEMOTED), ==, 0);
    g_assert_cmpuint(n_online(&f), ==, 6);
    g_assert_cmpuint(count_all(&f, PL_EVENT_REFUSED_INPUT), ==, 0);
    g_assert_cmpuint(story_count(f.s->server, PL_EVENT_SERVER_GRANTED), ==, granted);
    story_free(f.s);
}

static void expect_never(const story_client_options *options)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    story_client_options claiming = *options;
    claiming.resources = (pl_resources){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    add_many(&f, 6, &claiming);
    story_run(f.s, START + PL_HOUR);
    g_assert_cmpuint(n_online(&f), ==, 6);
    g_assert_cmpuint(count_all(&f, PL_EVENT_ELIGIBLE), ==, 0);
    g_assert_cmpuint(count_all(&f, PL_EVENT_PROMOTED), ==, 0);
    g_assert_cmpuint(story_count(f.s->supernode[0], PL_EVENT_PROMOTING), ==, 0);
    story_free(f.s);
}

static void test_never_behind_nat(void)
{
    static const char *const boxes[] = {"full-cone", "port-restricted", "symmetric"};
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++)
        expect_never(&(story_client_options){.nat = boxes[i]});
}

static void test_never_behind_a_firewall(void)
{
    static const char *const firewalls[] = {"stateful", "udp-blocked", "web-only"};
    for (size_t i = 0; i < G_N_ELEMENTS(firewalls); i++)
        expect_never(&(story_client_options){.firewall = firewalls[i]});
}

/* There need be nobody at the proxy: the first supernode is reached directly. */
static void test_never_behind_a_proxy(void)
{
    expect_never(&(story_client_options){.proxy = {0x52000001, 8080}});
}

static void test_never_with_too_little(void)
{
    static const pl_resources little[] = {{499, 512, 1000, 0}, {2400, 127, 1000, 0}, {2400, 512, 127, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(little); i++) {
        fixture f;
        pl_config config = small();
        begin(&f, &config);
        add_many(&f, 6, &(story_client_options){.resources = little[i]});
        story_run(f.s, START + 10 * PL_MINUTE);
        g_assert_cmpuint(count_all(&f, PL_EVENT_ELIGIBLE), ==, 0);
        story_free(f.s);
    }
}

/* UDP comes in and TCP does not: by its report it is open.  Its children-to-be ask it and fail, are back at a
 * supernode that works, and it is a client again, for good. */
static void test_who_cannot_be_reached_is_demoted(void)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    add_many(&f, 5, &(story_client_options){0});
    story_host *wrong = add(&f, &(story_client_options){.firewall = "tcp-in-refused", .resources = plenty});
    pl_time at = story_run_to(wrong, PL_EVENT_PROMOTED, START + 4 * PL_MINUTE);
    g_assert_cmpint(at, !=, PL_NEVER);
    story_run(f.s, at + config.election_proof);
    g_assert_cmpuint(story_count(wrong, PL_EVENT_DEMOTED), ==, 0);
    story_run(f.s, at + config.election_proof + 1);
    g_assert_cmpstr(story_last(wrong, PL_EVENT_DEMOTED)->event.value[0].text, ==, "unreached");
    g_assert_cmpint((int)pl_node_role_of(wrong->node), ==, PL_NODE_CLIENT);
    story_run(f.s, at + PL_HOUR);
    g_assert_cmpuint(n_online(&f), ==, 6);
    g_assert_cmpuint(count_all(&f, PL_EVENT_LOGGED_OUT), ==, 0);
    g_assert_cmpuint(story_count(wrong, PL_EVENT_PROMOTED), ==, 1);
    story_free(f.s);
}

/* Six clients, of whom the best has been promoted. */
static story_host *promote_one(fixture *f, const pl_config *config)
{
    begin(f, config);
    add_many(f, 5, &(story_client_options){0});
    story_host *best = add(f, &(story_client_options){.resources = plenty});
    g_assert_cmpint(story_run_to(best, PL_EVENT_PROMOTED, START + 4 * PL_MINUTE), !=, PL_NEVER);
    return best;
}

/* UDP from one host to users is lost until `until`: a narrow uplink that a crowd of newcomers has filled. */
typedef struct mute {
    fixture *f;
    const story_host *host;
    pl_time until;
    size_t n; /* only the first so many do not hear it; 0 = nobody does */
} mute;

static bool is_lost_on_a_full_uplink(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    const mute *m = ctx;
    if (from != m->host || packet->protocol != PL_PROTOCOL_UDP || now >= m->until)
        return true;
    for (size_t i = 0; i < (m->n ? m->n : m->f->n); i++)
        if (m->f->clients[i]->outside == packet->destination.ip)
            return false;
    return true;
}

static const pl_resources just_enough = {.cpu = 500, .memory = 128, .bandwidth = 128}, nothing;

/* The best of `n` and itself is promoted, and no user hears it for `span`.  The others have `resources`. */
static story_host *promote_a_mute_of(fixture *f, size_t n, mute *m, const pl_config *config, pl_resources resources,
                                     pl_span span)
{
    begin(f, config);
    add_many(f, n, &(story_client_options){.resources = resources});
    story_host *best = add(f, &(story_client_options){.resources = plenty});
    *m = (mute){.f = f, .host = best, .until = PL_NEVER};
    f->s->filter = is_lost_on_a_full_uplink;
    f->s->filter_ctx = m;
    pl_time at = story_run_to(best, PL_EVENT_PROMOTED, START + 4 * PL_MINUTE);
    g_assert_cmpint(at, !=, PL_NEVER);
    m->until = at + span;
    return best;
}

static story_host *promote_a_mute_one(fixture *f, mute *m, const pl_config *config, pl_resources resources, pl_span span)
{
    return promote_a_mute_of(f, 5, m, config, resources, span);
}

/* Who was told to move, and had no answer there, stays; it is told again, until half are gone.  Nobody else is promoted
 * for it meanwhile: those who stayed would stay once more, and the second would have nobody. */
static void test_who_could_not_move_is_told_again(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_one(&f, &m, &config, just_enough, 90 * PL_SECOND), *first = f.s->supernode[0];
    story_run(f.s, m.until);
    g_assert_cmpuint(pl_node_online(best->node), ==, 0);
    g_assert_cmpuint(pl_node_online(first->node), ==, 6);
    story_run(f.s, m.until + PL_MINUTE);
    g_assert_cmpuint(pl_node_online(best->node), ==, 3);
    g_assert_cmpuint(pl_node_online(first->node), ==, 3);
    for (size_t i = 0; i < f.n; i++) /* not so soon that it might not obey */
        g_assert_cmpuint(story_refusals(f.clients[i], "limit", "move"), ==, 0);
    story_run(f.s, START + PL_HOUR);
    g_assert_cmpuint(story_count(first, PL_EVENT_PROMOTING), ==, 1);
    g_assert_cmpuint(n_elected(&f), ==, 1);
    story_free(f.s);
}

/* To whom nobody comes for election.proof, however often they are told, is waited for no longer: another is promoted. */
static void test_one_to_whom_nobody_comes_is_replaced(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_one(&f, &m, &config, just_enough, PL_HOUR), *first = f.s->supernode[0];
    pl_time at = story_now(f.s);
    story_run(f.s, at + config.election_proof);
    g_assert_cmpuint(story_count(first, PL_EVENT_PROMOTING), ==, 1);
    story_run(f.s, at + config.election_proof + 3 * config.election_interval);
    g_assert_cmpstr(story_last(best, PL_EVENT_DEMOTED)->event.value[0].text, ==, "unreached");
    g_assert_cmpuint(story_count(first, PL_EVENT_PROMOTING), ==, 2);
    g_assert_cmpuint(n_elected(&f), ==, 1);
    g_assert_cmpuint(pl_node_online(first->node), ==, 3);
    g_assert_cmpuint(n_online(&f), ==, 6);
    story_free(f.s);
}

/* So it is where users come and go: those who were told to move leave all the time, and none of them for it.  It is a client
 * again after election.proof, and says so. */
static void test_who_leaves_does_not_leave_for_it(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    promote_a_mute_of(&f, 20, &m, &config, just_enough, PL_HOUR);
    pl_time at = story_now(f.s), until = at + config.election_proof + 3 * config.election_interval;
    for (size_t i = 0; story_now(f.s) + 90 * PL_SECOND < until; i++) {
        story_run(f.s, story_now(f.s) + 90 * PL_SECOND);
        story_log_out(f.clients[i]);
    }
    story_run(f.s, until);
    g_assert_cmpuint(story_count(f.s->supernode[0], PL_EVENT_PROMOTING), >=, 2);
    story_free(f.s);
}

static size_t count_told(const story_host *supernode)
{
    size_t n = 0;
    for (const pl_session *i = supernode->node->supernode->first_session; i; i = i->next)
        n += i->told_at != 0;
    return n;
}

/* Half of its children log out meanwhile: it hands over half of those who are left, and not all of them. */
static void test_a_split_follows_who_is_left(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_of(&f, 20, &m, &config, just_enough, 30 * PL_SECOND), *first = f.s->supernode[0];
    story_run(f.s, story_now(f.s) + 10 * PL_SECOND);
    g_assert_cmpuint(count_told(first), ==, 10); /* those who came first */
    for (size_t i = 10; i < 20; i++)
        story_log_out(f.clients[i]);
    story_run(f.s, story_now(f.s) + 2 * PL_MINUTE);
    g_assert_cmpuint(pl_node_online(best->node), ==, 5);
    g_assert_cmpuint(n_online(&f), ==, 11);
    story_free(f.s);
}

/* Its user vanishes, and it with him: nobody is told to move there any more. */
static void test_who_vanishes_is_no_heir(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_of(&f, 20, &m, &config, just_enough, PL_HOUR), *first = f.s->supernode[0];
    story_run(f.s, story_now(f.s) + 10 * PL_SECOND);
    g_assert_cmpuint(first->node->supernode->elector.to_move, >, 0);
    story_fail(best);
    story_run(f.s, story_now(f.s) + config.overlay_keep_alive + config.overlay_keep_alive_wait + PL_SECOND);
    g_assert_cmpuint(first->node->supernode->elector.to_move, ==, 0);
    story_free(f.s);
}

/* Half are told, and no more while they are under way.  Those who cannot go keep nobody else from going: the others are
 * told before they are told again. */
static void test_who_cannot_go_keeps_nobody_else(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_one(&f, &m, &config, just_enough, PL_HOUR);
    m.n = 3; /* those that came first */
    story_run(f.s, story_now(f.s) + 30 * PL_SECOND);
    g_assert_cmpuint(count_told(f.s->supernode[0]), ==, 3);
    g_assert_cmpuint(pl_node_online(best->node), ==, 0);
    story_run(f.s, story_now(f.s) + PL_MINUTE);
    g_assert_cmpuint(pl_node_online(best->node), ==, 2);
    story_free(f.s);
}

/* One can go every two minutes: the split lasts longer than election.proof, and is not given up. */
static void test_a_slow_split_is_not_given_up(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    story_host *best = promote_a_mute_one(&f, &m, &config, just_enough, PL_HOUR);
    pl_time at = story_now(f.s);
    for (size_t i = 1; i <= 3; i++) {
        m.n = 5 - i; /* one more hears it */
        story_run(f.s, at + (pl_span)i * 130 * PL_SECOND);
        g_assert_cmpuint(pl_node_online(best->node), ==, i);
    }
    g_assert_cmpuint(story_count(f.s->supernode[0], PL_EVENT_PROMOTING), ==, 1);
    story_free(f.s);
}

static bool count_gone(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    pl_message message = {0};
    size_t *n = ctx;
    (void)from;
    (void)now;
    if (packet->protocol == PL_PROTOCOL_UDP &&
        pl_message_read(&message, PL_CARRIER_DATAGRAM, packet->payload, packet->payload_len) == 0)
        *n += message.id == PL_MESSAGE_GONE;
    return true;
}

/* Who was told to move, and does, says himself where he is: nobody is told that he is gone. */
static void test_of_who_moves_nothing_is_said(void)
{
    fixture f;
    size_t n = 0;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    f.s->filter = count_gone;
    f.s->filter_ctx = &n;
    story_run(f.s, story_now(f.s) + PL_MINUTE);
    g_assert_cmpuint(pl_node_online(best->node), ==, 3);
    g_assert_cmpuint(n, ==, 0);
    story_fail(f.clients[4]);
    story_run(f.s, story_now(f.s) + config.overlay_keep_alive + config.overlay_keep_alive_wait + PL_SECOND);
    g_assert_cmpuint(n, >, 0);
    story_free(f.s);
}

/* Who was told to move and stayed says nothing of himself when he vanishes: his supernode does, as of all others. */
static void test_who_stayed_is_missed_when_he_vanishes(void)
{
    fixture f;
    mute m;
    pl_config config = small();
    promote_a_mute_one(&f, &m, &config, nothing, PL_HOUR);
    story_run(f.s, story_now(f.s) + 10 * PL_MINUTE);
    g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 6);
    story_fail(f.clients[0]);
    story_run(f.s, story_now(f.s) + config.overlay_keep_alive + config.overlay_keep_alive_wait + PL_SECOND);
    pl_search_result result = search_for(&f, f.clients[4], f.clients[0]);
    g_assert_false(result.is_online);
    story_free(f.s);
}

/* Who vanished before he was told has not moved: whoever moves closes the stream. */
static void test_who_vanished_is_not_on_his_way(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    story_fail(f.clients[0]);
    story_run(f.s, story_now(f.s) + config.overlay_keep_alive + config.overlay_keep_alive_wait + PL_SECOND);
    g_assert_cmpuint(pl_node_online(best->node), >=, 2);
    pl_search_result result = search_for(&f, f.clients[4], f.clients[0]);
    g_assert_false(result.is_online);
    story_free(f.s);
}

/* Its children leave one by one until it has one: it asks for room, hands that one over, and is a client. */
static void test_one_with_too_few_steps_down(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    pl_time at = story_last(best, PL_EVENT_PROMOTED)->at;
    story_run(f.s, at + PL_MINUTE);
    g_assert_cmpuint(pl_node_online(best->node), ==, 3);
    story_log_out(f.clients[0]);
    story_log_out(f.clients[1]);
    g_assert_cmpint(story_run_to(best, PL_EVENT_DEMOTED, at + 4 * PL_MINUTE), ==, PL_NEVER); /* not settled yet */
    g_assert_cmpint(story_run_to(best, PL_EVENT_DEMOTED, at + 10 * PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpstr(story_last(best, PL_EVENT_DEMOTED)->event.value[0].text, ==, "too-few");
    g_assert_cmpint(story_last(best, PL_EVENT_DEMOTED)->event.value[2].number, ==, 0); /* all had left before */
    g_assert_cmpuint(n_online(&f), ==, 4);
    g_assert_cmpuint(count_all(&f, PL_EVENT_LOGGED_OUT), ==, 2);
    g_assert_cmpint((int)pl_node_login_state(best->node), ==, PL_LOGIN_ONLINE);
    story_free(f.s);
}

/* The user of an elected supernode goes: its children are told, and are at a spare at once. */
static void test_who_logs_out_is_no_supernode(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    pl_time at = story_last(best, PL_EVENT_PROMOTED)->at;
    story_run(f.s, at + PL_MINUTE);
    story_log_out(best);
    g_assert_cmpstr(story_last(best, PL_EVENT_DEMOTED)->event.value[0].text, ==, "logged-out");
    story_run(f.s, at + PL_MINUTE + PL_SECOND);
    g_assert_cmpuint(n_online(&f), ==, 5);
    g_assert_cmpstr(story_last(f.clients[0], PL_EVENT_PARENT_LOST)->event.value[1].text, ==, "leaving");
    for (size_t i = 0; i < 2; i++) {
        g_assert_cmpuint(pl_node_members(f.s->supernode[i]->node), ==, 1);
        g_assert_cmpuint(story_count(f.s->supernode[i], PL_EVENT_MESH_SUSPECTED), ==, 0);
    }
    story_log_in(best, best->name, "secret"); /* its ports and sockets are its own again */
    story_run(f.s, at + 2 * PL_MINUTE);
    g_assert_cmpuint(n_online(&f), ==, 6);
    story_free(f.s);
}

/* Twenty nodes, eighteen of them users who all come to one supernode: the network divides until nobody has more than
 * he wants, and draws together again when most have left. */
static void test_the_ratio_adjusts_itself(void)
{
    fixture f;
    pl_config config = small();
    begin(&f, &config);
    add_many(&f, 18, &(story_client_options){.resources = plenty});
    story_run(f.s, START + PL_HOUR);
    g_assert_cmpuint(n_online(&f), ==, 18);
    size_t children = 0, supernodes = 0;
    for (size_t i = 0; i < f.n + 2; i++) {
        const story_host *host = i < f.n ? f.clients[i] : f.s->supernode[i - f.n];
        if (pl_node_role_of(host->node) != PL_NODE_SUPERNODE)
            continue;
        size_t n = pl_node_clients(host->node);
        g_assert_cmpuint(n, <=, 4);
        children += n;
        supernodes += n > 0;
    }
    g_assert_cmpuint(children, ==, 18);
    g_assert_cmpuint(supernodes, >=, 5); /* 18 of 4 */
    g_assert_cmpuint(supernodes, <=, 9); /* 18 of 2 */
    for (size_t i = 0; i < 14; i++)
        story_log_out(f.clients[i]);
    story_run(f.s, START + 2 * PL_HOUR);
    g_assert_cmpuint(n_online(&f), ==, 4);
    g_assert_cmpuint(n_elected(&f), <=, 2);
    story_free(f.s);
}

/* --- its place among supernodes --- */

/* Whom everybody finds where he is. */
static void expect_found(const fixture *f, story_host *who, story_host *whom, const story_host *where)
{
    pl_search_result result = search_for(f, who, whom);
    g_assert_true(result.is_online);
    g_assert_true(pl_addr_equal(result.contact.supernode, pl_node_supernode_address(whom->node)));
    g_assert_cmpuint(result.contact.supernode.ip, ==, where->outside);
}

static void expect_members(const fixture *f, size_t members)
{
    for (size_t i = 0; i < 2; i++) {
        g_assert_cmpuint(pl_node_members(f->s->supernode[i]->node), ==, members);
        g_assert_cmpuint(pl_node_index_entries(f->s->supernode[i]->node), ==, f->n);
    }
}

/* It is a member like others, keeps what the slots that it serves hold, and searches as the user that it still is; when it
 * is none any more it has told the others. */
static void test_who_is_promoted_serves_the_index(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config), *first = f.s->supernode[0];
    pl_time at = story_last(best, PL_EVENT_PROMOTED)->at;
    story_run(f.s, at + PL_MINUTE);
    g_assert_cmpuint(pl_node_members(best->node), ==, 2);
    g_assert_cmpuint(pl_node_index_entries(best->node), ==, f.n);
    expect_members(&f, 2);
    expect_found(&f, f.clients[4], f.clients[0], best); /* who was told to move */
    expect_found(&f, f.clients[0], f.clients[4], first);
    expect_found(&f, f.clients[4], best, first);
    expect_found(&f, best, f.clients[0], best);
    expect_found(&f, best, f.clients[4], first);
    story_log_out(f.clients[0]);
    story_log_out(f.clients[1]);
    g_assert_cmpint(story_run_to(best, PL_EVENT_DEMOTED, at + 10 * PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_members(best->node), ==, 0);
    g_assert_cmpuint(pl_node_index_entries(best->node), ==, 0);
    story_run(f.s, story_now(f.s) + RTT / 2 + 1);
    expect_members(&f, 1);
    expect_found(&f, f.clients[4], best, first);
    expect_found(&f, best, f.clients[4], first);
    story_free(f.s);
}

/* --- its partner --- */

/* What a client behind a box finds out by the supernode at which it is. */
static const char *filtering_at(const fixture *f, const story_host *supernode, const char *nat)
{
    static pl_addr only; /* borrowed by the client */
    story_host *client = story_add_client(f->s, &(story_client_options){.nat = nat});
    only = story_last(supernode, PL_EVENT_PROMOTED)->event.value[0].addr;
    client->network.bootstrap = &only;
    client->network.n_bootstrap = 1;
    story_account(f->s, client->name, "secret");
    story_log_in(client, client->name, "secret");
    g_assert_cmpint(story_run_to(client, PL_EVENT_DISCOVERED, story_now(f->s) + PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_supernode_address(client->node).ip, ==, supernode->outside);
    story_log_out(client);
    return story_last(client, PL_EVENT_DISCOVERED)->event.value[2].text;
}

static story_host *partner_of(const fixture *f, const story_host *elected)
{
    const pl_addr at = story_last(elected, PL_EVENT_PARTNER_LINKED)->event.value[0].addr;
    for (size_t i = 0; i < 2; i++)
        if (f->s->supernode[i]->outside == at.ip)
            return f->s->supernode[i];
    return NULL;
}

/* A question and its answer, TCP and Noise: half a second later its clients find out what one of any other would. */
static void test_who_is_promoted_takes_a_partner(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    story_run(f.s, story_now(f.s) + PL_SECOND);
    g_assert_cmpuint(story_count(best, PL_EVENT_PARTNER_LINKED), ==, 1);
    g_assert_nonnull(partner_of(&f, best));
    g_assert_cmpstr(filtering_at(&f, best, "full-cone"), ==, "endpoint-independent");
    g_assert_cmpstr(filtering_at(&f, best, "address-restricted"), ==, "address-dependent");
    g_assert_cmpstr(filtering_at(&f, best, "port-restricted"), ==, "address-and-port-dependent");
    story_run(f.s, story_now(f.s) + PL_HOUR);
    g_assert_cmpuint(story_count(best, PL_EVENT_PARTNER_LOST), ==, 0);
    for (size_t i = 0; i < 2; i++) /* who are partners of each other as before */
        g_assert_cmpuint(story_count(f.s->supernode[i], PL_EVENT_PARTNER_LOST), ==, 0);
    story_free(f.s);
}

/* One that vanishes is replaced when the mesh has lost it, one that takes leave at once. */
static void test_a_partner_that_is_gone_is_replaced(void)
{
    for (int is_soft = 0; is_soft < 2; is_soft++) {
        fixture f;
        pl_config config = small();
        story_host *best = promote_one(&f, &config);
        story_run(f.s, story_now(f.s) + PL_MINUTE);
        story_host *first = partner_of(&f, best);
        pl_time gone = story_now(f.s);
        if (is_soft)
            story_log_out(first);
        story_fail(first);
        g_assert_cmpint(story_run_to(best, PL_EVENT_PARTNER_LOST, gone + 2 * PL_MINUTE), !=, PL_NEVER);
        if (is_soft)
            g_assert_cmpint(story_now(f.s), ==, gone + RTT / 2);
        story_run(f.s, story_now(f.s) + PL_SECOND);
        g_assert_cmpuint(story_count(best, PL_EVENT_PARTNER_LINKED), ==, 2);
        g_assert_true(partner_of(&f, best) != first);
        g_assert_cmpstr(filtering_at(&f, best, "address-restricted"), ==, "address-dependent");
        story_free(f.s);
    }
}

/* When it is a client again its link is gone too, and nobody is the worse for it. */
static void test_who_steps_down_leaves_its_partner(void)
{
    fixture f;
    pl_config config = small();
    story_host *best = promote_one(&f, &config);
    story_run(f.s, story_now(f.s) + PL_MINUTE);
    story_log_out(best);
    story_run(f.s, story_now(f.s) + PL_MINUTE);
    g_assert_cmpuint(story_count(best, PL_EVENT_PARTNER_LINKED), ==, 1);
    for (size_t i = 0; i < 2; i++) {
        g_assert_cmpuint(story_count(f.s->supernode[i], PL_EVENT_PARTNER_LOST), ==, 0);
        g_assert_cmpuint(story_refusals(f.s->supernode[i], "unexpected", "attach"), ==, 0);
    }
    story_free(f.s);
}

/* --- who does not play by the rules --- */

/* Beside an honest child that has four times what suffices the claim of everything is no better. */
static void test_absurd_claims_win_nothing(void)
{
    const pl_config config = small();
    const pl_resources absurd = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const pl_resources honest = {2000, 512, 512, 3600};
    g_assert_cmpint(pl_resources_score(&absurd, &config), ==, pl_resources_score(&honest, &config));
    g_assert_cmpint(pl_resources_score(&absurd, &config), ==, 3 * 16);
    g_assert_true(pl_resources_suffice(&absurd, &config));
}

typedef struct play {
    fixture f;
    story_speaker *speaker;
    pl_addr only[1];
} play;

static void answer_as_supernode(story_speaker *speaker, pl_message_id id)
{
    const story *s = speaker->answer_ctx;
    if (id == PL_MESSAGE_ATTACH)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACHED,
                                                 .unix_time = s->epoch,
                                                 .n_servers = 1,
                                                 .servers = {s->servers[0]}});
    if (id == PL_MESSAGE_ADVERTISE)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISED});
    if (id == PL_MESSAGE_KEEP_ALIVE)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_KEEP_ALIVE});
}

/* A client whose supernode is the speaker. */
static story_host *online_at_the_speaker(play *p, const pl_config *config, const story_client_options *options)
{
    begin(&p->f, config);
    story_host *alice = story_add_client(p->f.s, options);
    p->speaker = story_speaker_new(p->f.s);
    p->speaker->answer = answer_as_supernode;
    p->speaker->answer_ctx = p->f.s;
    story_speaker_listen(p->speaker);
    p->only[0] = (pl_addr){p->speaker->host->ip, STORY_PORT};
    alice->network.bootstrap = p->only;
    alice->network.n_bootstrap = 1;
    story_account(p->f.s, "alice", "wonderland");
    story_log_in(alice, "alice", "wonderland");
    g_assert_cmpint(story_run_to(alice, PL_EVENT_LOGGED_IN, START + PL_MINUTE), !=, PL_NEVER);
    return alice;
}

static void close_play(play *p)
{
    story_speaker_free(p->speaker);
    story_free(p->f.s);
}

static bool has_heard(const story_speaker *speaker, pl_message_id id)
{
    for (size_t i = 0; i < MIN(speaker->n_heard, (size_t)STORY_WORDS_MAX); i++)
        if (speaker->heard[i] == id)
            return true;
    return false;
}

static void test_an_ineligible_node_declines(void)
{
    play p;
    pl_config config = small();
    story_host *alice = online_at_the_speaker(&p, &config, &(story_client_options){.nat = "port-restricted", .resources = plenty});
    for (int i = 0; i < 20; i++)
        story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_PROMOTE});
    story_run(p.f.s, story_now(p.f.s) + 10 * PL_MINUTE);
    g_assert_cmpuint(story_count(alice, PL_EVENT_PROMOTED), ==, 0);
    g_assert_cmpint((int)pl_node_role_of(alice->node), ==, PL_NODE_CLIENT);
    g_assert_true(has_heard(p.speaker, PL_MESSAGE_PROMOTED));
    g_assert_cmpint((int)pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    close_play(&p);
}

/* A hundred words to move, each to another supernode: one is obeyed. */
static void test_a_storm_of_moves_is_bounded(void)
{
    play p;
    pl_config config = small();
    story_host *alice = online_at_the_speaker(&p, &config, &(story_client_options){0});
    for (uint32_t i = 0; i < 100; i++)
        story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_MOVE, .target = {0x0B000001 + i, 33033}});
    story_run(p.f.s, story_now(p.f.s) + 30 * PL_SECOND);
    g_assert_cmpuint(story_refusals(alice, "limit", "move"), ==, 99);
    g_assert_cmpint((int)pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE); /* nobody answered there */
    g_assert_cmpuint(story_count(alice, PL_EVENT_PARENT_LOST), ==, 0);
    story_run(p.f.s, story_now(p.f.s) + PL_MINUTE);
    story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_MOVE, .target = p.f.s->bootstrap[0]});
    g_assert_cmpint(story_run_to(alice, PL_EVENT_HANDED_OVER, story_now(p.f.s) + PL_SECOND), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_supernode_address(alice->node).ip, ==, p.f.s->bootstrap[0].ip);
    close_play(&p);
}

/* A word to move that leads nowhere sensible. */
static void test_moves_to_nowhere_are_refused(void)
{
    play p;
    pl_config config = small();
    story_host *alice = online_at_the_speaker(&p, &config, &(story_client_options){0});
    const pl_addr nowhere[] = {{0, 33033}, {0x0B000001, 0}, p.only[0]};
    for (size_t i = 0; i < G_N_ELEMENTS(nowhere); i++)
        story_speaker_say(p.speaker, &(pl_message){.id = PL_MESSAGE_MOVE, .target = nowhere[i]});
    story_run(p.f.s, story_now(p.f.s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(alice, "limit", "move"), ==, 3);
    g_assert_cmpint((int)pl_node_login_state(alice->node), ==, PL_LOGIN_ONLINE);
    close_play(&p);
}

/* One that claims the world, says yes and serves nobody; and claims it again.  It is asked once, and nobody is the worse
 * for it. */
static void test_a_liar_is_asked_once(void)
{
    fixture f;
    pl_config config = small();
    config.overlay_keep_alive = 0; /* the speaker says what the test tells it, and nothing else */
    begin(&f, &config);
    add_many(&f, 5, &(story_client_options){0});
    story_run(f.s, START + PL_SECOND);
    story_speaker *liar = story_speaker_new(f.s);
    const pl_message absurd = {.id = PL_MESSAGE_RESOURCES,
                               .cpu = UINT32_MAX,
                               .memory = UINT32_MAX,
                               .bandwidth = UINT32_MAX,
                               .uptime = UINT32_MAX,
                               .port = STORY_PORT};
    story_speaker_meet(liar, f.s->bootstrap[0], PL_NOISE_XX);
    story_speaker_say(liar, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    story_speaker_say(liar, &(pl_message){.id = PL_MESSAGE_ADVERTISE,
                                          .credential = {liar->credential, liar->credential_len}});
    for (int i = 0; i < 5; i++) {
        story_speaker_say(liar, &absurd);
        story_run(f.s, story_now(f.s) + 2 * PL_MINUTE);
        if (i == 0)
            story_speaker_say(liar, &(pl_message){.id = PL_MESSAGE_PROMOTED, .answer = PL_PROMOTED_YES});
        story_run(f.s, story_now(f.s) + PL_MINUTE);
        story_speaker_say(liar, &(pl_message){.id = PL_MESSAGE_RESOURCES});
    }
    g_assert_true(has_heard(liar, PL_MESSAGE_PROMOTE));
    g_assert_cmpuint(story_count(f.s->supernode[0], PL_EVENT_PROMOTING), ==, 1);
    g_assert_cmpuint(n_online(&f), ==, 5);
    g_assert_cmpuint(count_all(&f, PL_EVENT_PARENT_LOST), ==, 0);
    story_speaker_say(liar, &(pl_message){.id = PL_MESSAGE_PROMOTED, .answer = PL_PROMOTED_YES}); /* unasked */
    story_run(f.s, story_now(f.s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(f.s->supernode[0], "unexpected", "promoted"), ==, 1);
    g_assert_nonnull(story_ended(liar->host, liar->stream));
    story_speaker_free(liar);
    story_free(f.s);
}

#define ADD(name, test) g_test_add_func("/story/election/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("nobody-without-need", test_nobody_is_promoted_without_need);
    ADD("eligible-when-up-long-enough", test_eligible_when_it_was_up_long_enough);
    ADD("up-is-who-is-logged-in", test_up_is_who_is_logged_in);
    ADD("the-best-is-promoted", test_under_need_the_best_is_promoted);
    ADD("never-behind-nat", test_never_behind_nat);
    ADD("never-behind-a-firewall", test_never_behind_a_firewall);
    ADD("never-behind-a-proxy", test_never_behind_a_proxy);
    ADD("never-with-too-little", test_never_with_too_little);
    ADD("who-cannot-be-reached-is-demoted", test_who_cannot_be_reached_is_demoted);
    ADD("who-could-not-move-is-told-again", test_who_could_not_move_is_told_again);
    ADD("one-to-whom-nobody-comes-is-replaced", test_one_to_whom_nobody_comes_is_replaced);
    ADD("who-leaves-does-not-leave-for-it", test_who_leaves_does_not_leave_for_it);
    ADD("who-vanishes-is-no-heir", test_who_vanishes_is_no_heir);
    ADD("a-split-follows-who-is-left", test_a_split_follows_who_is_left);
    ADD("who-cannot-go-keeps-nobody-else", test_who_cannot_go_keeps_nobody_else);
    ADD("a-slow-split-is-not-given-up", test_a_slow_split_is_not_given_up);
    ADD("of-who-moves-nothing-is-said", test_of_who_moves_nothing_is_said);
    ADD("who-stayed-is-missed-when-he-vanishes", test_who_stayed_is_missed_when_he_vanishes);
    ADD("who-vanished-is-not-on-his-way", test_who_vanished_is_not_on_his_way);
    ADD("one-with-too-few-steps-down", test_one_with_too_few_steps_down);
    ADD("who-logs-out-is-no-supernode", test_who_logs_out_is_no_supernode);
    ADD("the-ratio-adjusts-itself", test_the_ratio_adjusts_itself);
    ADD("who-is-promoted-serves-the-index", test_who_is_promoted_serves_the_index);
    ADD("who-is-promoted-takes-a-partner", test_who_is_promoted_takes_a_partner);
    ADD("a-partner-that-is-gone-is-replaced", test_a_partner_that_is_gone_is_replaced);
    ADD("who-steps-down-leaves-its-partner", test_who_steps_down_leaves_its_partner);
    ADD("absurd-claims-win-nothing", test_absurd_claims_win_nothing);
    ADD("a-liar-is-asked-once", test_a_liar_is_asked_once);
    ADD("an-ineligible-node-declines", test_an_ineligible_node_declines);
    ADD("a-storm-of-moves-is-bounded", test_a_storm_of_moves_is_bounded);
    ADD("moves-to-nowhere", test_moves_to_nowhere_are_refused);
    return g_test_run();
}
