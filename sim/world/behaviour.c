#include <stdio.h>

#include "sim/world/world_internal.h"

/* The users' acts: who logs in when, and what he does when a login has ended. */

static void log_in(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (machine->life != GPOINTER_TO_UINT(arg) || !machine->node)
        return;
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    sim_population_account(machine, name, password);
    if (machine->group->credentials == SIM_CREDENTIALS_WRONG_PASSWORD)
        g_strlcpy(password, "not-the-password", sizeof password);
    machine->wants_online = true;
    if (pl_node_log_in(machine->node, name, password, now) == 0)
        sim_machine_arm(machine);
}

static void plan_log_in(sim_machine *machine, pl_time at)
{
    const sim_world *world = machine->world;
    world->ops->at(world->engine, at, log_in, machine, GUINT_TO_POINTER(machine->life));
}

pl_time sim_behaviour_arrival(const sim_arrival *arrive, net_random *random, pl_time last)
{
    switch (arrive->kind) {
    case SIM_ARRIVE_AT:
        return arrive->start_ns;
    case SIM_ARRIVE_WITHIN:
        return arrive->start_ns + (pl_span)net_random_below(random, (uint64_t)MAX(arrive->span_ns, 1));
    case SIM_ARRIVE_EXPONENTIAL:
        return last + (pl_span)net_random_exponential(random, (double)arrive->span_ns);
    case SIM_ARRIVE_DIURNAL:
        return net_day_after(&(net_day){arrive->depth, arrive->peak_ns}, arrive->start_ns,
                             (pl_span)net_random_below(random, (uint64_t)(24 * PL_HOUR)));
    }
    return arrive->start_ns;
}

static void plan_user(sim_machine *machine, pl_time at)
{
    const sim_group_config *group = machine->group;
    if (group->log_in == SIM_NO || !machine->node || group->churn.n_classes > 0)
        return;
    machine->logins_left = group->login == SIM_LOGIN_BOTH ? 2 : 1;
    machine->world->n_planned += machine->logins_left;
    plan_log_in(machine, at);
}

/* A group's arrivals are drawn from a stream of its own name, so that another group shifts nobody's. */
static void plan_group(sim_world *world, const sim_group_config *group)
{
    net_random random;
    net_random_init(&random, (uint64_t)world->config->run.seed, world->options.replication,
                    group->name ? group->name : "peers", "arrival");
    pl_time at = group->arrive.start_ns;
    size_t first = world->n_servers + world->n_supernodes + (size_t)group->first - 1;
    for (int64_t i = 0; i < group->count; i++) {
        sim_machine *machine = &world->machines[first + (size_t)i];
        at = sim_behaviour_arrival(&group->arrive, &random, at);
        plan_user(machine, at);
    }
}

/* The ends of cells each have a stream of their own. */
static void plan_cells(sim_world *world)
{
    pl_time last = 0;
    for (size_t i = 0; i < 2 * world->n_cells; i++) {
        sim_machine *machine = sim_population_caller(world, 1) + i;
        const sim_arrival *arrive = &machine->group->arrive;
        char name[SIM_NAME_MAX];
        net_random random;
        net_random_init(&random, (uint64_t)world->config->run.seed, world->options.replication,
                        sim_machine_name(machine, name), "arrival");
        last = sim_behaviour_arrival(arrive, &random, MAX(last, arrive->start_ns));
        plan_user(machine, last);
    }
}

void sim_behaviour_plan(sim_world *world)
{
    for (size_t g = 0; g < world->config->n_groups; g++)
        plan_group(world, &world->config->groups[g]);
    plan_cells(world);
}

static void log_out(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (machine->life != GPOINTER_TO_UINT(arg) || !machine->node)
        return;
    machine->wants_online = false;
    pl_node_log_out(machine->node, now);
    sim_machine_arm(machine);
    plan_log_in(machine, now + machine->group->again_after_ns);
}

static void count_ended(sim_world *world, uint64_t n)
{
    world->n_ended += n;
    if (world->n_ended == world->n_planned && world->config->run.until == SIM_UNTIL_ALL_LOGGED_IN) {
        world->stopped = true;
        world->ops->stop(world->engine);
    }
}

void sim_behaviour_login_ended(sim_machine *machine, pl_time now)
{
    sim_world *world = machine->world;
    if (machine->logins_left > 0 && --machine->logins_left > 0)
        world->ops->at(world->engine, now, log_out, machine, GUINT_TO_POINTER(machine->life));
    count_ended(world, 1);
}

void sim_behaviour_give_up(sim_machine *machine)
{
    uint32_t left = machine->logins_left;
    machine->logins_left = 0;
    machine->is_logging_in = false;
    if (left > 0)
        count_ended(machine->world, left);
}

void sim_behaviour_cut_off(sim_machine *machine, pl_time now)
{
    if (machine->group->returns == SIM_NO || machine->logins_left > 0)
        return;
    machine->logins_left = 1;
    machine->world->n_planned++;
    plan_log_in(machine, now + machine->group->again_after_ns);
}

void sim_behaviour_resume(sim_machine *machine, pl_time now)
{
    if (!machine->group || machine->group->log_in == SIM_NO)
        return;
    machine->logins_left = 1;
    machine->world->n_planned++;
    plan_log_in(machine, now);
}
