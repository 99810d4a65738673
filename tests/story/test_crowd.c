/* test_crowd.c - hosts come and go as they are told to, from the first instant on; mass events are events. */
#include <glib.h>

#include "tests/support/told_world.h"

#define HEAD "run: {duration: 4h, seed: 5, crypto: sized, codec: sized}\nnetwork: {latency: constant(10ms)}\n"

static size_t online(const told_world *told)
{
    size_t n = 0;
    for (size_t i = 1; i <= told->world->n_peers; i++)
        n += sim_world_peer(told->world, (int64_t)i)->online_at != PL_NEVER;
    return n;
}

static size_t serving(const told_world *told)
{
    size_t n = 0;
    for (size_t i = 0; i < told->world->n_supernodes; i++)
        n += told->world->machines[told->world->n_servers + i].node != NULL;
    return n;
}

/* Binomial with 400 and ¾: 300 ± 8.7; five of these are a doubt of one in a million. */
static void users_are_there_in_the_steady_share(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 8, link: ideal}\n"
                         "peers: {count: 400, link: ideal, login: later, churn: {session: lognormal(median=20min, "
                         "sigma=1.0), gap: exp(mean=10.99min), leave: hard}}\n",
                    NULL);
    /* The mean session is 20 min · e^½ = 32.97 min. */
    for (pl_time at = 15 * PL_MINUTE; at <= 4 * PL_HOUR; at += 45 * PL_MINUTE) {
        told_world_run(&told, at);
        g_assert_cmpuint(online(&told), >, 256);
        g_assert_cmpuint(online(&told), <, 344);
    }
    told_world_close(&told);
}

/* Shares of classes are of those present, whatever their sessions; those of the bootstrap list stay. */
static void supernodes_of_two_classes_come_and_go(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 207, link: ideal, churn: {classes: [{share: 40%, session: exp(mean=10min)}, "
                         "{share: 60%, session: exp(mean=30min)}], gap: exp(mean=10min)}}\n"
                         "peers: {count: 1, link: ideal}\n",
                    NULL);
    /* Of those that may go, 0.4/(1/2) to 0.6/(3/4) are in each class, so that 1/(0.8 + 0.8) are there. */
    told_world_run(&told, PL_MINUTE);
    g_assert_cmpuint(serving(&told), >, 7 + 125 - 36);
    g_assert_cmpuint(serving(&told), <, 7 + 125 + 36);
    told_world_run(&told, 2 * PL_HOUR);
    g_assert_cmpuint(serving(&told), >, 7 + 125 - 36);
    g_assert_cmpuint(serving(&told), <, 7 + 125 + 36);
    for (size_t i = 1; i <= 7; i++)
        g_assert_null(told.world->machines[told.world->n_servers + i - 1].churner);
    told_world_close(&told);
}

static void a_killed_share_is_exact_and_comes_back(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 20, dedicated: 4, link: ideal}\n"
                         "peers: {count: 1, link: ideal}\n"
                         "timeline:\n"
                         "  - {at: 10min, do: kill, what: supernodes, share: 30%, back: 5min}\n"
                         "  - {at: 12min, do: add, what: dedicated, within: 1min}\n",
                    NULL);
    told_world_run(&told, 9 * PL_MINUTE);
    g_assert_cmpuint(serving(&told), ==, 20);
    told_world_run(&told, 11 * PL_MINUTE);
    g_assert_cmpuint(serving(&told), ==, 14);
    told_world_run(&told, 14 * PL_MINUTE);
    g_assert_cmpuint(serving(&told), ==, 18);
    told_world_run(&told, 16 * PL_MINUTE);
    g_assert_cmpuint(serving(&told), ==, 24);
    told_world_close(&told);
}

static void users_quit_and_crash_by_halves(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 4, link: ideal}\n"
                         "peers: {count: 40, link: ideal}\n"
                         "timeline:\n"
                         "  - {at: 10min, do: quit, what: peers, share: 50%}\n"
                         "  - {at: 20min, do: kill, what: peers, share: 50%, back: 5min}\n",
                    NULL);
    told_world_run(&told, 9 * PL_MINUTE);
    g_assert_cmpuint(online(&told), ==, 40);
    told_world_run(&told, 11 * PL_MINUTE);
    g_assert_cmpuint(online(&told), ==, 20);
    told_world_run(&told, 40 * PL_MINUTE);
    g_assert_cmpuint(online(&told), >=, 20);
    told_world_close(&told);
}

/* Supernodes that are shut down softly hand their clients over at once; those that vanish are missed a minute later. */
static void supernodes_quit_and_crash(void)
{
    for (int is_soft = 0; is_soft < 2; is_soft++) {
        told_world told;
        g_autofree char *text =
            g_strdup_printf(HEAD "supernodes: {count: 4, link: ideal}\n"
                                 "peers: {count: 40, link: ideal, login: later}\n"
                                 "timeline: [{at: 10min, do: %s, what: supernode-2}]\n",
                            is_soft ? "quit" : "kill");
        size_t held = 0;
        told_world_open(&told, text, NULL);
        told_world_run(&told, 10 * PL_MINUTE + PL_SECOND);
        g_assert_null(told_world_machine(&told, "supernode-2")->node);
        for (unsigned i = 1; i <= 4; i++) {
            g_autofree char *name = g_strdup_printf("supernode-%u", i);
            const sim_machine *machine = told_world_machine(&told, name);
            held += machine->node ? pl_node_online(machine->node) : 0;
        }
        g_assert_true((held == 40) == (is_soft == 1));
        g_assert_cmpuint(online(&told), ==, 40);
        told_world_close(&told);
    }
}

/* Each has as many as it should, none twice and not itself; finds them at once and every buddies.check, and finds its list
 * again when it is back. */
static void buddies_are_looked_up(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 4, link: ideal}\n"
                         "protocol: {buddies.check: 10min}\n"
                         "peers: {count: 6, link: ideal, arrive: at 30s, buddies: {count: 5}}\n"
                         "timeline:\n"
                         "  - {at: 20min, do: kill, what: peer-3, back: 10min}\n",
                    NULL);
    const sim_machine *first = told_world_machine(&told, "peer-1"), *third = told_world_machine(&told, "peer-3");
    told_world_run(&told, 15 * PL_MINUTE);
    for (size_t i = 0; i < 6; i++) {
        const pl_buddies *list = pl_node_buddies(sim_world_peer(told.world, (int64_t)i + 1)->node);
        g_assert_cmpuint(pl_buddies_count(list), ==, 5);
        for (size_t k = 0; k < 5; k++)
            g_assert_cmpint((int)pl_buddies_at(list, k)->presence, ==, PL_BUDDY_ONLINE);
    }
    told_world_run(&told, 28 * PL_MINUTE); /* gone for so long that no supernode remembers a search */
    told_world_run(&told, 29 * PL_MINUTE);
    g_assert_null(third->node);
    told_world_run(&told, 50 * PL_MINUTE);
    g_assert_cmpuint(pl_buddies_count(pl_node_buddies(third->node)), ==, 5);
    const pl_buddy *back = pl_buddies_find(pl_node_buddies(first->node), "user-3");
    g_assert_cmpint((int)back->presence, ==, PL_BUDDY_ONLINE);
    told_world_close(&told);
}

static size_t clients_of(const told_world *told, unsigned supernode)
{
    g_autofree char *name = g_strdup_printf("supernode-%u", supernode);
    const sim_machine *machine = told_world_machine(told, name);
    return machine->node ? pl_node_clients(machine->node) : 0;
}

/* Whoever has more children than each that is left is gone, and only so many as were to go. */
static void the_busiest_are_picked(void)
{
    told_world told;
    size_t before[12], least_gone = SIZE_MAX, most_left = 0, gone = 0;
    told_world_open(&told,
                    HEAD "supernodes: {count: 12, link: ideal, bootstrap: no}\n"
                         "peers: {count: 60, link: ideal, login: later}\n"
                         "timeline:\n"
                         "  - {at: 10min, do: kill, what: supernodes, share: 25%, pick: busiest}\n",
                    NULL);
    told_world_run(&told, 10 * PL_MINUTE);
    for (unsigned i = 0; i < 12; i++)
        before[i] = clients_of(&told, i + 1);
    told_world_run(&told, 10 * PL_MINUTE + PL_MILLISECOND);
    for (unsigned i = 0; i < 12; i++) {
        g_autofree char *name = g_strdup_printf("supernode-%u", i + 1);
        bool is_gone = !told_world_machine(&told, name)->node;
        gone += is_gone;
        if (is_gone)
            least_gone = MIN(least_gone, before[i]);
        else
            most_left = MAX(most_left, before[i]);
    }
    g_assert_cmpuint(gone, ==, 3);
    g_assert_cmpuint(least_gone, >=, most_left);
    g_assert_cmpuint(least_gone, >, 5); /* more than the mean: it is no matter of chance */
    told_world_close(&told);
}

/* What one side sends, the other does not get; each side goes on by itself, and after the healing nothing is left. */
static void a_partition_keeps_two_sides_apart(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 4, link: ideal, pairs: no}\n"
                         "peers: {count: 2, link: ideal, log_in: no}\n"
                         "timeline:\n"
                         "  - {at: 5min, do: partition, what: peer-1, from: peer-2}\n"
                         "  - {at: 6min, do: heal, what: all}\n"
                         "  - {at: 7min, do: partition, what: peer-1, for: 1min}\n",
                    NULL);
    const pl_addr two = {told_world_machine(&told, "peer-2")->at.ip, 9};
    const pl_addr supernode = {told_world_machine(&told, "supernode-1")->at.ip, 9};
    told_world_run(&told, 5 * PL_MINUTE + PL_SECOND);
    g_assert_cmpint(told_world_send(&told, "peer-1", two).drop, ==, NET_DROP_PARTED);
    g_assert_cmpint(told_world_send(&told, "peer-1", supernode).step, ==, NET_STEP_DELIVERED);
    told_world_run(&told, 6 * PL_MINUTE + PL_SECOND);
    g_assert_cmpint(told_world_send(&told, "peer-1", two).step, ==, NET_STEP_DELIVERED);
    told_world_run(&told, 7 * PL_MINUTE + PL_SECOND);
    g_assert_cmpint(told_world_send(&told, "peer-1", supernode).drop, ==, NET_DROP_PARTED);
    told_world_run(&told, 8 * PL_MINUTE + PL_SECOND);
    g_assert_cmpint(told_world_send(&told, "peer-1", supernode).step, ==, NET_STEP_DELIVERED);
    told_world_close(&told);
}

static void a_slow_host_is_late_each_way(void)
{
    told_world told;
    told_world_open(&told,
                    HEAD "supernodes: {count: 1, link: ideal}\n"
                         "peers: {count: 2, link: ideal, log_in: no}\n"
                         "timeline: [{at: 1min, do: slow, what: peer-2, by: 300ms}]\n",
                    NULL);
    const pl_addr two = {told_world_machine(&told, "peer-2")->at.ip, 9};
    told_world_run(&told, PL_MINUTE + PL_SECOND);
    const told_sighting last = told_world_send(&told, "peer-1", two);
    g_assert_cmpint(last.when - told_world_step(&told, last.serial, NET_STEP_SENT).when, ==, 310 * PL_MILLISECOND);
    told_world_close(&told);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/crowd/users", users_are_there_in_the_steady_share);
    g_test_add_func("/story/crowd/supernodes", supernodes_of_two_classes_come_and_go);
    g_test_add_func("/story/crowd/kill", a_killed_share_is_exact_and_comes_back);
    g_test_add_func("/story/crowd/quit", users_quit_and_crash_by_halves);
    g_test_add_func("/story/crowd/supernodes-quit", supernodes_quit_and_crash);
    g_test_add_func("/story/crowd/buddies", buddies_are_looked_up);
    g_test_add_func("/story/crowd/busiest", the_busiest_are_picked);
    g_test_add_func("/story/crowd/partition", a_partition_keeps_two_sides_apart);
    g_test_add_func("/story/crowd/slow", a_slow_host_is_late_each_way);
    return g_test_run();
}
