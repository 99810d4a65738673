/* path_plan.c - when who connects to whom: the cells of the matrix, and the entries of `paths:`. */
#include <stdio.h>

#include "sim/world/paths/paths.h"

/* An act that is to come: once, or again and again. */
typedef struct act {
    sim_session plan;
    const sim_paths_config *entry; /* NULL: a cell */
    net_random random;             /* the caller's own, for gaps and for whom he calls */
} act;

static sim_machine *member(const sim_world *world, const sim_group_config *group, size_t at)
{
    return &world->machines[world->n_servers + world->n_supernodes + (size_t)group->first - 1 + at];
}

/* Whom the caller calls: the one at his own place, or whoever is drawn; in his own group the next, or
 * another. */
static sim_machine *choose(act *a)
{
    const sim_machine *caller = a->plan.caller;
    const sim_paths_config *entry = a->entry;
    const size_t n = (size_t)entry->to->count, own = caller->index - (size_t)entry->from->first;
    const bool is_same = entry->from == entry->to;
    size_t at = is_same ? (own + 1) % n : own % n;
    if (entry->pairing == SIM_PAIR_RANDOM) {
        at = (size_t)net_random_below(&a->random, is_same ? n - 1 : n);
        at += is_same && at >= own;
    }
    return member(caller->world, entry->to, at);
}

static void plan_next(act *a, pl_time now);

static void on_connect(void *ctx, void *arg, pl_time now)
{
    act *a = arg;
    if (a->entry)
        a->plan.callee = choose(a);
    sim_session *session = sim_paths_begin(ctx, &a->plan, now);
    const char *refusal = sim_paths_connect(session, now);
    if (refusal)
        sim_paths_fail(session, refusal, now);
    if (a->entry && a->entry->rate > 0)
        plan_next(a, now);
}

static void plan_at(act *a, pl_time when)
{
    sim_world *world = a->plan.caller->world;
    world->paths->n_planned++;
    world->ops->at(world->engine, when, on_connect, world, a);
}

static void plan_next(act *a, pl_time now)
{
    plan_at(a, now + (pl_span)net_random_exponential(&a->random, (double)PL_SECOND / a->entry->rate));
}

static act *new_act(const sim_session *plan, const sim_paths_config *entry, const char *purpose)
{
    const sim_world *world = plan->caller->world;
    char name[SIM_NAME_MAX];
    act *a = g_new0(act, 1);
    *a = (act){.plan = *plan, .entry = entry};
    net_random_init(&a->random, (uint64_t)world->config->run.seed, world->options.replication,
                    sim_machine_name(plan->caller, name), purpose);
    g_ptr_array_add(world->paths->acts, a);
    return a;
}

static void plan_cells(sim_world *world)
{
    const sim_matrix_config *matrix = &world->config->matrix;
    pl_time last = matrix->connect.start_ns;
    for (size_t i = 1; i <= world->n_cells; i++) {
        sim_machine *caller = sim_population_caller(world, i);
        act *a = new_act(&(sim_session){.cell = (uint32_t)i,
                                        .caller = caller,
                                        .callee = caller + 1,
                                        .transport = sim_config_cell(world->config, (int64_t)i).transport,
                                        .echo = &matrix->echo},
                         NULL, "connect");
        last = sim_behaviour_arrival(&matrix->connect, &a->random, last);
        plan_at(a, last);
    }
}

/* Streams are named by what is drawn for, and by how many entries before this one draw for the same. */
static void name_purpose(const sim_world *world, const sim_paths_config *entry, char *ret, size_t size)
{
    size_t before = 0;
    for (const sim_paths_config *e = world->config->paths; e < entry; e++)
        before += e->from == entry->from && e->to == entry->to;
    snprintf(ret, size, "path-to-%s-%zu", entry->to->name, before);
}

static void plan_entry(sim_world *world, const sim_paths_config *entry)
{
    char purpose[128];
    name_purpose(world, entry, purpose, sizeof purpose);
    pl_time last = entry->arrive.start_ns;
    for (size_t i = 0; i < (size_t)entry->from->count; i++) {
        act *a = new_act(&(sim_session){.caller = member(world, entry->from, i),
                                        .transport = entry->transport,
                                        .echo = &entry->echo},
                         entry, purpose);
        last = entry->rate > 0 ? entry->arrive.start_ns
                               : sim_behaviour_arrival(&entry->arrive, &a->random, last);
        if (entry->rate > 0)
            plan_next(a, last);
        else
            plan_at(a, last);
    }
}

void sim_paths_plan(sim_world *world)
{
    if (!world->paths)
        return;
    plan_cells(world);
    for (size_t i = 0; i < world->config->n_paths; i++)
        plan_entry(world, &world->config->paths[i]);
}
