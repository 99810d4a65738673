/* searches.c - when a user looks for somebody, and for whom. */
#include <stdio.h>

#include "sim/world/crowd/crowd.h"

/* A user who asks once, or again and again. */
typedef struct asker {
    sim_machine *machine;
    const sim_ranking *ranking;
    net_random random;
} asker;

static sim_truth draw_truth(asker *a)
{
    const double *shares = a->machine->group->searches.of;
    double left = net_random_unit(&a->random);
    for (size_t i = 0; i + 1 < SIM_TRUTHS; i++) {
        left -= shares[i];
        if (left < 0)
            return (sim_truth)i;
    }
    return SIM_TRUTH_NEVER;
}

static void ask(asker *a, pl_time now)
{
    struct sim_searches *searches = a->machine->world->searches;
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    const sim_truth truth = draw_truth(a);
    sim_machine *target = NULL;
    if (truth == SIM_TRUTH_NEVER) {
        snprintf(name, sizeof name, "nobody-%u", (unsigned)net_random_below(&a->random, 1000000000));
    } else {
        target = sim_ranking_draw(a->ranking, a->machine, truth, &a->random, now);
        if (!target) {
            searches->n_unasked++;
            return;
        }
        sim_population_account(target, name, password);
    }
    sim_question_ask(a->machine, target, truth, name, now);
}

static void on_ask(void *ctx, void *arg, pl_time now)
{
    const sim_world *world = ctx;
    asker *a = arg;
    const double rate = a->machine->group->searches.rate;
    if (a->machine->online_at != PL_NEVER)
        ask(a, now);
    if (rate > 0)
        world->ops->at(world->engine, now + (pl_span)net_random_exponential(&a->random, (double)PL_SECOND / rate),
                       on_ask, ctx, a);
}

static void enlist(sim_machine *machine, const sim_ranking *ranking, pl_time *last)
{
    sim_world *world = machine->world;
    const sim_searches_config *config = &machine->group->searches;
    char name[SIM_NAME_MAX];
    asker *a = g_new0(asker, 1);
    *a = (asker){.machine = machine, .ranking = ranking};
    net_random_init(&a->random, (uint64_t)world->config->run.seed, world->options.replication,
                    sim_machine_name(machine, name), "search");
    g_ptr_array_add(world->searches->acts, a);
    const double mean = config->rate > 0 ? (double)PL_SECOND / config->rate : 0;
    *last = config->rate > 0 ? config->arrive.start_ns + (pl_span)net_random_exponential(&a->random, mean)
                             : sim_behaviour_arrival(&config->arrive, &a->random, *last);
    world->ops->at(world->engine, *last, on_ask, world, a);
}

static void free_ranking(void *ranking)
{
    sim_ranking_free(ranking);
}

void sim_searches_plan(sim_world *world)
{
    if (!sim_config_has_searches(world->config))
        return;
    world->searches = g_new0(struct sim_searches, 1);
    world->searches->acts = g_ptr_array_new_with_free_func(g_free);
    world->searches->lists = g_ptr_array_new_with_free_func(free_ranking);
    world->searches->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    world->searches->open = g_ptr_array_new_with_free_func(g_free);
    for (size_t g = 0; g < world->config->n_groups; g++) {
        const sim_group_config *group = &world->config->groups[g];
        pl_time last = group->searches.arrive.start_ns;
        if (!group->searches.is_on)
            continue;
        sim_ranking *ranking = sim_ranking_new(world, &group->searches);
        g_ptr_array_add(world->searches->lists, ranking);
        for (int64_t i = 0; i < group->count; i++)
            enlist(sim_world_peer(world, group->first + i), ranking, &last);
    }
}

void sim_searches_free(sim_world *world)
{
    if (!world->searches)
        return;
    g_ptr_array_unref(world->searches->acts);
    g_ptr_array_unref(world->searches->lists);
    g_ptr_array_unref(world->searches->open);
    g_hash_table_unref(world->searches->found);
    g_clear_pointer(&world->searches, g_free);
}
