#include "tests/support/light_world.h"

static void make(const conformance_maker *maker, conformance_world *world)
{
    const light_world_options *options = maker->ctx;
    wire *line = wire_new(maker->ops, &options->wire);
    world->hook = line;
    world->engine = wire_engine(line);
    world->profile = options->profile;
    world->first_port = 5000;
    world->black_hole = 0x0a0000f0;
    world->hops = options->wire.hops;
    world->patience = 600 * PL_SECOND;
    world->silence = PL_SECOND;
    for (uint32_t i = 0; i < 2; i++) {
        world->node[i].ip = 0x0a000001 + i;
        wire_host_add(line, &(sim_host_options){.ip = world->node[i].ip,
                                                .profile = options->profile,
                                                .input = conformance_input,
                                                .input_ctx = &world->node[i]});
    }
}

static void unmake(conformance_world *world)
{
    wire_free(world->hook);
}

conformance_maker light_world_maker(const light_world_options *options)
{
    return (conformance_maker){
        .ops = &sim_light_engine, .make = make, .unmake = unmake, .ctx = (void *)(uintptr_t)options};
}

wire *light_world_wire(const conformance_world *world)
{
    return world->hook;
}
