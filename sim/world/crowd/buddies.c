/* buddies.c - who has whom in his list, and whether what he sees of them is true.
 *
 * A peer is given its buddies when it logs in for the first time, by the user's own act; from then on the list is the
 * core's, which keeps it in the registry, looks the names up and tells what it found. */
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "sim/world/crowd/crowd.h"

struct sim_befriended {
    bool has_list;
    /* Of the search that ended last: when a look-up is told of, it was this one. */
    pl_span time;
    int64_t messages;
};

/* A look-up that is over, until it can be judged. */
typedef struct look {
    sim_machine *machine;
    size_t buddy; /* in the list */
    const char *presence;
    pl_span time;
    int64_t messages;
} look;

static struct sim_befriended *of(const sim_machine *machine)
{
    return &machine->world->buddies[machine->index - 1];
}

/* Whoever is in the list already, or is the user himself, is refused: then the next in the row. */
static bool add_one(sim_machine *machine, net_random *random, pl_time now)
{
    const sim_world *world = machine->world;
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    const size_t first = (size_t)net_random_below(random, world->n_peers);
    for (size_t i = 0; i < world->n_peers; i++) {
        sim_population_account(sim_world_peer(world, (int64_t)((first + i) % world->n_peers) + 1), name, password);
        int error = pl_node_add_buddy(machine->node, name, now);
        if (error != PL_ERR_UNEXPECTED)
            return error == 0;
    }
    return false;
}

/* In an event of its own: the node is in the middle of its log-in when it tells of it. */
static void on_befriend(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    char name[SIM_NAME_MAX];
    net_random random;
    (void)arg;
    if (!machine->node || machine->online_at == PL_NEVER || of(machine)->has_list)
        return;
    net_random_init(&random, (uint64_t)machine->world->config->run.seed, machine->world->options.replication,
                    sim_machine_name(machine, name), "buddies");
    of(machine)->has_list = true;
    for (int64_t i = 0; i < machine->group->buddies; i++)
        if (!add_one(machine, &random, now))
            break;
    sim_machine_arm(machine);
}

/* As of searches: who came or went while he was looked for is told rightly by either. */
static bool is_right(const sim_machine *buddy, const char *presence, pl_time started)
{
    const bool is_online = buddy->online_at != PL_NEVER;
    if (strcmp(presence, pl_buddy_presence_name(PL_BUDDY_ONLINE)) == 0)
        return is_online || (buddy->left_at != PL_NEVER && buddy->left_at >= started);
    if (strcmp(presence, pl_buddy_presence_name(PL_BUDDY_OFFLINE)) == 0)
        return !is_online || buddy->online_at >= started;
    return false;
}

static void sample(const look *l, const sim_machine *buddy, pl_time now)
{
    char labels[64];
    const pl_time started = now - l->time;
    const sim_truth truth = buddy->online_at != PL_NEVER ? SIM_TRUTH_PRESENT
                            : buddy->left_at != PL_NEVER ? SIM_TRUTH_LEFT
                                                         : SIM_TRUTH_ABSENT;
    snprintf(labels, sizeof labels, "truth=%s", sim_truth_name(truth));
    const sim_sample samples[] = {
        {"buddy.checks", labels, 1, "count"},
        {"buddy.right", labels, is_right(buddy, l->presence, started) ? 1 : 0, "1"},
        {"buddy.time", labels, (double)l->time, "ns"},
        {"buddy.messages", labels, (double)l->messages, "count"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        sim_measure_sample(l->machine, &samples[i], started, now);
}

/* Who has logged out at the same instant looks at nobody. */
static void on_judge(void *ctx, void *arg, pl_time now)
{
    look *l = arg;
    const sim_world *world = ctx;
    const pl_buddies *list = l->machine->node ? pl_node_buddies(l->machine->node) : NULL;
    unsigned number = 0;
    if (list && l->buddy < pl_buddies_count(list) &&
        sscanf(pl_buddies_at(list, l->buddy)->name, "user-%u", &number) == 1)
        sample(l, sim_world_peer(world, (int64_t)number), now);
    g_free(l);
}

/* The columns of search:ended and buddy:checked (core/event.h). */
void sim_buddies_event(sim_machine *machine, const pl_event *event, pl_time now)
{
    sim_world *world = machine->world;
    if (!world->buddies || machine->role != SIM_ROLE_PEER || machine->group->buddies == 0)
        return;
    if (event->id == PL_EVENT_LOGGED_IN && !of(machine)->has_list)
        world->ops->at(world->engine, now, on_befriend, machine, NULL);
    if (event->id == PL_EVENT_SEARCH_ENDED) {
        of(machine)->time = event->value[3].number;
        of(machine)->messages = event->value[6].number;
    }
    if (event->id != PL_EVENT_BUDDY_CHECKED)
        return;
    look *l = g_new(look, 1);
    *l = (look){machine, (size_t)event->value[0].number, event->value[1].text, of(machine)->time, of(machine)->messages};
    world->ops->at(world->engine, now, on_judge, world, l);
}

void sim_buddies_plan(sim_world *world)
{
    if (sim_config_has_buddies(world->config))
        world->buddies = g_new0(struct sim_befriended, world->n_peers);
}

void sim_buddies_free(sim_world *world)
{
    g_clear_pointer(&world->buddies, g_free);
}
