/* test_ping.c - echo requests at a login in a whole network, where round trips are closed forms; and the
 * worlds that have fixed networks to ask, or must not have any. */
#include <string.h>

#include "tests/support/story.h"
#include "tests/support/told_world.h"

#define ONE_WAY (50 * PL_MILLISECOND)
#define RTT     (2 * ONE_WAY)
#define START   (10 * PL_SECOND)

typedef struct place {
    story *s;
    story_host *alice;
    uint32_t targets[4];
} place;

/* Four strangers stand for the fixed networks: their hosts' stacks answer. */
static void open_place(place *p, const story_client_options *options)
{
    p->s = story_new(&(story_options){0});
    story_account(p->s, "alice", "wonderland");
    story_settle(p->s);
    for (size_t i = 0; i < G_N_ELEMENTS(p->targets); i++)
        p->targets[i] = story_add_stranger(p->s)->outside;
    p->alice = story_add_client(p->s, options);
    p->alice->network.echo_targets = p->targets;
    p->alice->network.n_echo_targets = G_N_ELEMENTS(p->targets);
    story_log_in(p->alice, "alice", "wonderland");
}

static pl_time logged_in(place *p)
{
    return story_run_to(p->alice, PL_EVENT_LOGGED_IN, 20 * PL_MINUTE) - START;
}

static const pl_event *verdict(const place *p)
{
    const story_record *record = story_last(p->alice, PL_EVENT_ICMP_VERDICT);
    return record ? &record->event : NULL;
}

/* Eight round trips without; with it the two other rounds, and the last one's round trip, before them. */
static void test_the_nearest_costs_a_round_trip_and_more(void)
{
    place p;
    open_place(&p, &(story_client_options){.icmp = "nearest"});
    g_assert_cmpint(logged_in(&p), ==, 200 * PL_MILLISECOND + RTT + 8 * RTT);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_ICMP_PING), ==, 21);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_ICMP_ECHO), ==, 21);
    g_assert_cmpstr(verdict(&p)->value[1].text, ==, "nearest");
    story_free(p.s);
}

static void test_fixed_networks_cost_nothing(void)
{
    static const char *const policies[] = {NULL, "fixed-networks", "reachability-first", "reachability"};
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        place p;
        open_place(&p, &(story_client_options){.icmp = policies[i]});
        g_assert_cmpint(logged_in(&p), ==, 8 * RTT);
        g_assert_cmpuint(story_count(p.alice, PL_EVENT_ICMP_PING), ==, i == 1 ? 12 : i == 2 ? 8 : 0);
        story_free(p.s);
    }
}

static void test_every_size_comes_back(void)
{
    place p;
    open_place(&p, &(story_client_options){.icmp = "path-mtu"});
    g_assert_cmpint(logged_in(&p), ==, 8 * RTT);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_ICMP_PING), ==, 4);
    const pl_event *last = &story_last(p.alice, PL_EVENT_ICMP_PING)->event;
    g_assert_cmpuint(last->value[1].addr.ip, ==, pl_node_supernode_address(p.alice->node).ip);
    g_assert_cmpint(last->value[3].number, ==, 1472);
    story_free(p.s);
}

/* UDP is blocked and ICMP is not: the login is in before anybody could say that there is no network. */
static void test_a_network_is_told_from_none(void)
{
    place p;
    open_place(&p, &(story_client_options){.icmp = "reachability", .firewall = "udp-only-blocked"});
    g_assert_cmpint(logged_in(&p), ==, 5 * PL_SECOND + 7 * RTT);
    g_assert_cmpstr(verdict(&p)->value[1].text, ==, "network");
    g_assert_cmpint(verdict(&p)->value[4].number, ==, 5 * PL_SECOND + RTT);
    story_free(p.s);
    open_place(&p, &(story_client_options){.icmp = "reachability", .firewall = "drop-all"});
    story_run(p.s, 20 * PL_MINUTE);
    g_assert_cmpstr(verdict(&p)->value[1].text, ==, "no-network");
    g_assert_cmpint(verdict(&p)->value[4].number, ==, 7200 * PL_MILLISECOND);
    g_assert_cmpint(story_last(p.alice, PL_EVENT_LOGIN_FAILED)->event.value[1].number, ==, 68 * PL_SECOND);
    story_free(p.s);
}

/* Pings say no, wrongly, and the third rung gets through: the login does not mind. */
static void test_a_wrong_verdict_ends_no_login(void)
{
    place p;
    open_place(&p, &(story_client_options){.icmp = "reachability", .firewall = "only-443"});
    g_assert_cmpint(logged_in(&p), ==, (5 + 2 * 21) * PL_SECOND + 7 * RTT);
    g_assert_cmpstr(verdict(&p)->value[1].text, ==, "no-network");
    story_free(p.s);
}

static void test_echoes_come_through_a_nat(void)
{
    place p;
    open_place(&p, &(story_client_options){.icmp = "nearest", .nat = "symmetric"});
    g_assert_cmpint(logged_in(&p), ==, 200 * PL_MILLISECOND + 9 * RTT);
    g_assert_cmpuint(story_count(p.alice, PL_EVENT_ICMP_ECHO), ==, 21);
    story_free(p.s);
}

/* --- worlds --- */

#define NETWORK                                                                                              \
    "network: {latency: constant(50ms)}\n"                                                                   \
    "run: {until: all-logged-in, limit: 5min}\n"

static void test_a_world_has_four_fixed_networks(void)
{
    told_world told;
    told_world_open(&told,
                    NETWORK
                    "supernodes: {count: 7, link: ideal}\npeers: {count: 1, link: ideal, arrive: at 10s, "
                    "icmp: fixed-networks}\n",
                    NULL);
    g_assert_cmpuint(told.world->n_landmarks, ==, 4);
    told_world_run(&told, 20 * PL_SECOND);
    size_t n = 0;
    for (guint i = 0; i < told.sightings->len; i++) {
        const told_sighting *seen = &g_array_index(told.sightings, told_sighting, i);
        for (size_t l = 0; l < 4; l++)
            n += seen->step == NET_STEP_SENT && seen->source.ip == told.world->landmarks[l];
    }
    g_assert_cmpuint(n, ==, 12); /* every request was answered */
    /* Documentation and benchmark blocks, RFC 5737 and RFC 2544: nobody lives there. */
    static const uint32_t blocks[4][2] = {
        {0xC0000200, 24}, {0xC6336400, 24}, {0xCB007100, 24}, {0xC6120000, 15}};
    for (size_t l = 0; l < 4; l++)
        g_assert_cmpuint(told.world->landmarks[l] >> (32 - blocks[l][1]), ==,
                         blocks[l][0] >> (32 - blocks[l][1]));
    told_world_close(&told);
}

static void test_a_world_without_pings_has_none(void)
{
    told_world told;
    told_world_open(&told, NETWORK "supernodes: {count: 7, link: ideal}\npeers: {count: 1, link: ideal}\n",
                    NULL);
    g_assert_cmpuint(told.world->n_landmarks, ==, 0);
    g_assert_cmpuint(told.world->knowledge.n_echo_targets, ==, 0);
    told_world_close(&told);
}

/* A box whose outside is narrower tells what does not fit: of the sizes that are asked for, one. */
static void test_a_narrow_box_says_what_is_too_big(void)
{
    told_world told;
    told_world_open(&told,
                    NETWORK
                    "supernodes: {count: 7, link: ideal}\npeers: {count: 1, link: ideal, arrive: at 10s, "
                    "icmp: path-mtu, nat: port-restricted(mtu=1492B)}\n",
                    NULL);
    told_world_run(&told, 20 * PL_SECOND);
    size_t refused = 0;
    for (guint i = 0; i < told.sightings->len; i++)
        refused += g_array_index(told.sightings, told_sighting, i).drop == NET_DROP_TOO_BIG;
    g_assert_cmpuint(refused, ==, 1);
    told_world_close(&told);
}

/* The live engine sends no echo, and a scenario that asks for one does not start there: nobody's host is
 * pinged. */
static void test_live_pings_nobody(void)
{
    told_world told;
    told_world_open(&told,
                    NETWORK
                    "supernodes: {count: 7, link: ideal, bootstrap: no}\npeers: {count: 1, link: ideal, "
                    "icmp: fixed-networks}\n",
                    NULL);
    const sim_config *config = told.scenario->points[0].config;
    g_autofree char *error = NULL;
    g_assert_false(sim_world_allowed(config, &sim_live_engine, &error));
    g_assert_nonnull(strstr(error, "sends no ICMP echo"));
    g_assert_true(sim_world_allowed(config, &sim_light_engine, NULL));
    g_assert_cmpuint(sim_live_engine.capabilities & SIM_ENGINE_ECHO, ==, 0);
    told_world_close(&told);
    told_world_open(
        &told, NETWORK "supernodes: {count: 7, link: ideal, bootstrap: no}\npeers: {count: 1, link: ideal}\n",
        NULL);
    g_assert_true(sim_world_allowed(told.scenario->points[0].config, &sim_live_engine, NULL));
    told_world_close(&told);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/ping/the-nearest-costs-a-round-trip-and-more",
                    test_the_nearest_costs_a_round_trip_and_more);
    g_test_add_func("/story/ping/fixed-networks-cost-nothing", test_fixed_networks_cost_nothing);
    g_test_add_func("/story/ping/every-size-comes-back", test_every_size_comes_back);
    g_test_add_func("/story/ping/a-network-is-told-from-none", test_a_network_is_told_from_none);
    g_test_add_func("/story/ping/a-wrong-verdict-ends-no-login", test_a_wrong_verdict_ends_no_login);
    g_test_add_func("/story/ping/echoes-come-through-a-nat", test_echoes_come_through_a_nat);
    g_test_add_func("/story/ping/a-world-has-four-fixed-networks", test_a_world_has_four_fixed_networks);
    g_test_add_func("/story/ping/a-world-without-pings-has-none", test_a_world_without_pings_has_none);
    g_test_add_func("/story/ping/a-narrow-box-says-what-is-too-big", test_a_narrow_box_says_what_is_too_big);
    g_test_add_func("/story/ping/live-pings-nobody", test_live_pings_nobody);
    return g_test_run();
}
