/* poison.c - supernodes that answer badly about the index. */
#include "sim/world/crowd/crowd.h"

bool sim_poison_sends(sim_machine *machine, const sim_datagram *datagram, int *ret_result)
{
    (void)machine, (void)datagram, (void)ret_result;
    return false;
}

bool sim_poison_takes(sim_machine *machine, const pl_input *input)
{
    (void)machine, (void)input;
    return false;
}

static void on_cured(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    (void)now;
    if (machine->poison == arg)
        machine->poison = NULL;
}

void sim_poison_start(sim_machine *machine, const sim_act *act, pl_time now)
{
    const sim_world *world = machine->world;
    machine->poison = act;
    if (act->for_ns > 0)
        world->ops->at(world->engine, now + act->for_ns, on_cured, machine, (void *)(uintptr_t)act);
}
