/* presence.c - a machine goes, and is back. */
#include "sim/world/refresh/nat_watch.h"
#include "sim/world/crowd/crowd.h"

void sim_presence_told(sim_machine *machine, bool is_online, pl_time now)
{
    if (is_online && machine->online_at == PL_NEVER)
        machine->online_at = now;
    if (!is_online && machine->online_at != PL_NEVER) {
        machine->online_at = PL_NEVER;
        machine->left_at = now;
    }
}

void sim_presence_sleep(sim_machine *machine)
{
    sim_world *world = machine->world;
    world->ops->host_down(world->engine, machine->stack.host);
    if (world->network)
        net_host_set_up(world->network, machine->stack.host, false);
}

void sim_presence_vanish(sim_machine *machine, pl_time now)
{
    if (!machine->node)
        return;
    sim_behaviour_give_up(machine);
    sim_paths_give_up(machine, now);
    sim_searches_give_up(machine, now);
    sim_nat_watch_stop(machine, now);
    sim_presence_told(machine, false, now);
    machine->wants_online = false;
    sim_presence_sleep(machine);
    sim_machine_stop(machine);
}

void sim_presence_return(sim_machine *machine, pl_time now)
{
    sim_world *world = machine->world;
    if (machine->node)
        sim_presence_vanish(machine, now);
    if (world->network)
        net_host_set_up(world->network, machine->stack.host, true);
    world->ops->host_up(world->engine, machine->stack.host, machine->at.ip);
    sim_machine_start(machine, now);
    sim_behaviour_resume(machine, now);
}

void sim_presence_log_out(sim_machine *machine, pl_time now)
{
    if (!machine->node)
        return;
    sim_behaviour_give_up(machine);
    sim_searches_give_up(machine, now);
    machine->wants_online = false;
    pl_node_log_out(machine->node, now);
    sim_presence_told(machine, false, now);
    sim_machine_arm(machine);
}

bool sim_presence_is_there(const sim_machine *machine)
{
    return machine->node && (!machine->churner || sim_churn_is_in(machine));
}
