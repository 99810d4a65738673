/* test_invariants.c - what must hold of everybody at every instant, watched from outside the nodes: in a crowd that comes,
 * goes, elects and searches, and of hosts that slept for hours. */
#include <string.h>

#include "core/overlay/supernode_internal.h"
#include "core/session/login_internal.h"
#include "sim/world/crowd/crowd.h"
#include "tests/support/story.h"
#include "tests/support/story_visit.h"
#include "tests/support/told_world.h"

/* --- a crowd --- */

#define HEAD "run: {duration: 4h, seed: 5, crypto: sized, codec: sized}\nnetwork: {latency: constant(10ms)}\n"

/* Twenty children are wanted at most, so that some are promoted, and everybody has what it takes but for the address. */
static const char crowd[] =
    HEAD "protocol: {election.children_most: 6, election.children_least: 2, election.uptime: 5min}\n"
         "supernodes: {count: 8, link: ideal, election: by-need, churn: {session: exp(mean=40min), gap: exp(mean=10min), "
         "leave: 50%}, bootstrap: no}\n"
         "peers:\n"
         "  link: ideal\n"
         "  login: later\n"
         "  relogin: back-off\n"
         "  cpu: 2400\n"
         "  memory: 512\n"
         "  bandwidth: 1000\n"
         "  churn: {session: exp(mean=1h), gap: exp(mean=20min), leave: 40%}\n"
         "  searches: {rate: 12/h, of: {present: 50%, left: 20%, absent: 15%, never: 15%}}\n"
         "  buddies: {count: 5}\n"
         "  mix:\n"
         "    - {name: open, count: 30}\n"
         "    - {name: nated, count: 30, nat: full-cone}\n"
         "    - {name: firewalled, count: 15, firewall: stateful}\n"
         "    - {name: tcp-only, count: 5, firewall: udp-blocked}\n";

/* A search of so long was never going to end: eight rounds, each with the supernode's wait and the nodes', and the login
 * server's ladder. */
#define SEARCH_LONGEST (3 * PL_MINUTE)

static bool is_signed(const sim_world *world, const pl_credential *credential)
{
    return pl_credential_check(credential, world->suite, world->keys.sign.public_key, 0) == 0;
}

/* Of one who is there.  Returns whether it was elected. */
static bool check_peer(const sim_world *world, const sim_machine *machine)
{
    const pl_node *node = machine->node;
    g_assert_cmpuint(pl_node_cache_entries(node), <=, 200);
    if (pl_node_login_state(node) == PL_LOGIN_ONLINE)
        g_assert_true(is_signed(world, pl_login_credential(node->login)));
    if (pl_node_role_of(node) != PL_NODE_SUPERNODE)
        return false;
    g_assert_cmpstr(machine->group->name, ==, "open");
    return true;
}

static void check_supernode(const sim_world *world, const pl_supernode *supernode)
{
    pl_credential credential;
    const pl_config *config = supernode->options.context->config;
    g_assert_cmpuint(supernode->known.count, <=, 200);
    g_assert_cmpuint(pl_supernode_clients(supernode), <=, (size_t)config->supernode_clients_max);
    if (!supernode->credential_len)
        return;
    g_assert_cmpint(pl_credential_decode(&credential, supernode->credential_bytes, supernode->credential_len), ==, 0);
    g_assert_true(is_signed(world, &credential));
}

static void check_searches(const sim_world *world, pl_time now)
{
    for (guint i = 0; i < world->searches->open->len; i++) {
        const sim_question *q = g_ptr_array_index(world->searches->open, i);
        g_assert_cmpint(now - q->started, <, SEARCH_LONGEST);
    }
}

static void test_of_a_crowd(void)
{
    told_world told;
    size_t elected = 0, online = 0;
    pl_time log_in_since[81] = {0};
    told_world_open(&told, crowd, NULL);
    for (pl_time now = PL_MINUTE; now <= 4 * PL_HOUR; now += PL_MINUTE) {
        told_world_run(&told, now);
        for (size_t i = 0; i < told.world->n_machines; i++) {
            const sim_machine *machine = &told.world->machines[i];
            if (!machine->node)
                continue;
            if (machine->node->supernode)
                check_supernode(told.world, machine->node->supernode);
            if (machine->role != SIM_ROLE_PEER)
                continue;
            elected += check_peer(told.world, machine);
            online += machine->online_at != PL_NEVER;
            log_in_since[machine->index] = machine->is_logging_in ? log_in_since[machine->index] + PL_MINUTE : 0;
            g_assert_cmpint(log_in_since[machine->index], <, 10 * PL_MINUTE); /* five attempts of a ladder, and pauses */
        }
        check_searches(told.world, now);
    }
    g_assert_cmpuint(told.world->searches->n_asked, >, 1000); /* else nothing was watched */
    g_assert_cmpuint(online / 240, >, 40);
    g_assert_cmpuint(elected, >, 240);
    told_world_close(&told);
}

/* --- hosts that slept --- */

static void sleep_from_now(story_host *host)
{
    net_host_set_up(host->story->network, host->stack.host, false);
    host->life++; /* no tick comes */
}

static void wake(story_host *host)
{
    net_host_set_up(host->story->network, host->stack.host, true);
    host->armed_at = PL_NEVER;
    story_arm(host);
}

typedef struct sleepers {
    story *s;
    story_host *alice, *bob;
    size_t sent; /* datagrams of one host */
    story_host *watched;
} sleepers;

static bool count_datagrams(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    sleepers *p = ctx;
    (void)now;
    p->sent += from == p->watched && packet->protocol == PL_PROTOCOL_UDP;
    return true;
}

static void open_sleepers(sleepers *p)
{
    *p = (sleepers){.s = story_new(&(story_options){.supernodes = 12, .suite = &pl_suite_sized})};
    story_settle(p->s);
    p->bob = story_log_in_at(p->s, "bob", 1, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, &(story_client_options){0});
    story_run(p->s, 5 * PL_MINUTE);
    p->s->filter = count_datagrams;
    p->s->filter_ctx = p;
}

static void expect_bob(sleepers *p, const char *reason)
{
    uint64_t search;
    g_assert_cmpint(pl_node_search(p->alice->node, "bob", &search, story_now(p->s)), ==, 0);
    story_arm(p->alice);
    g_assert_cmpint(story_run_to(p->alice, PL_EVENT_SEARCH_ENDED, story_now(p->s) + PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpstr(story_last(p->alice, PL_EVENT_SEARCH_ENDED)->event.value[2].text, ==, reason);
}

/* Ten hours pass between two ticks: he is missed meanwhile, and when he wakes he finds another place at once. */
static void test_a_client_that_slept(void)
{
    sleepers p;
    open_sleepers(&p);
    sleep_from_now(p.bob);
    story_run(p.s, story_now(p.s) + 10 * PL_HOUR);
    expect_bob(&p, "gone");
    p.watched = p.bob;
    wake(p.bob);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    g_assert_cmpuint(p.sent, <=, 100);
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    g_assert_cmpint((int)pl_node_login_state(p.bob->node), ==, PL_LOGIN_ONLINE);
    story_run(p.s, story_now(p.s) + p.s->config.search_cache_lifetime);
    expect_bob(&p, "online");
    story_free(p.s);
}

/* The same of a supernode, whose view, index and clients are of yesterday: it finds out, without a storm. */
static void test_a_supernode_that_slept(void)
{
    sleepers p;
    open_sleepers(&p);
    story_host *sleeper = p.s->supernode[1];
    sleep_from_now(sleeper);
    story_run(p.s, story_now(p.s) + 10 * PL_HOUR);
    expect_bob(&p, "online"); /* he is elsewhere since long */
    g_assert_cmpuint(pl_node_supernode_address(p.bob->node).ip, !=, sleeper->outside);
    g_assert_cmpuint(pl_node_members(p.s->supernode[0]->node), ==, 10);
    p.watched = sleeper;
    wake(sleeper);
    story_run(p.s, story_now(p.s) + PL_SECOND);
    g_assert_cmpuint(p.sent, <=, 100);
    story_run(p.s, story_now(p.s) + 5 * PL_MINUTE);
    for (size_t i = 0; i < 12; i++)
        g_assert_cmpuint(pl_node_members(p.s->supernode[i]->node), ==, 11);
    g_assert_cmpuint(pl_node_online(sleeper->node), ==, 0);
    story_run(p.s, story_now(p.s) + p.s->config.search_cache_lifetime);
    expect_bob(&p, "online"); /* what the sleeper knows of him is older than what he signed since */
    story_free(p.s);
}

/* Nine days: its credential has lapsed in its sleep, and nobody is told to trust it before it has another. */
static void test_a_supernode_that_slept_over_its_credential(void)
{
    sleepers p;
    open_sleepers(&p);
    story_host *sleeper = p.s->supernode[1];
    sleep_from_now(sleeper);
    story_run(p.s, story_now(p.s) + 9 * 24 * PL_HOUR);
    const size_t granted = story_count(p.s->server, PL_EVENT_SERVER_GRANTED);
    wake(sleeper);
    story_run(p.s, story_now(p.s) + 5 * PL_MINUTE);
    g_assert_cmpuint(story_count(p.s->server, PL_EVENT_SERVER_GRANTED), >=, granted + 1);
    g_assert_true(pl_node_is_ready(sleeper->node));
    g_assert_cmpint(sleeper->node->supernode->expires, >, p.s->epoch + story_now(p.s) / PL_SECOND);
    g_assert_cmpuint(pl_node_members(p.s->supernode[0]->node), ==, 11);
    story_free(p.s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/invariants/of-a-crowd", test_of_a_crowd);
    g_test_add_func("/story/time-jump/a-client", test_a_client_that_slept);
    g_test_add_func("/story/time-jump/a-supernode", test_a_supernode_that_slept);
    g_test_add_func("/story/time-jump/a-supernode-over-its-credential", test_a_supernode_that_slept_over_its_credential);
    return g_test_run();
}
