/* The light engine keeps what core/port.h promises. */
#include "tests/support/conformance.h"
#include "tests/support/wire_face.h"

static const sim_stack_profile profile = {.name = "test",
                                          .syn_rto = 3 * PL_SECOND,
                                          .syn_tries = 3,
                                          .min_rto = 300 * PL_MILLISECOND,
                                          .max_rto = 120 * PL_SECOND,
                                          .data_tries = 6,
                                          .delayed_ack = 200 * PL_MILLISECOND,
                                          .mss = 1460,
                                          .initial_window = 2,
                                          .send_buffer = 8192,
                                          .receive_buffer = 17520,
                                          .time_wait = 240 * PL_SECOND};

static void make(const conformance_maker *maker, conformance_world *world)
{
    wire *line = wire_new(maker->ops, &(wire_options){.delay = 20 * PL_MILLISECOND, .hops = 3});
    world->hook = line;
    world->engine = wire_engine(line);
    world->profile = &profile;
    world->first_port = 5000;
    world->black_hole = 0x0a0000f0;
    world->hops = 3;
    world->patience = 60 * PL_SECOND;
    world->silence = PL_SECOND;
    for (uint32_t i = 0; i < 2; i++) {
        world->node[i].ip = 0x0a000001 + i;
        wire_host_add(line, &(sim_host_options){.ip = world->node[i].ip,
                                                .profile = &profile,
                                                .input = conformance_input,
                                                .input_ctx = &world->node[i]});
    }
}

static void unmake(conformance_world *world)
{
    wire_free(world->hook);
}

int main(int argc, char **argv)
{
    static const conformance_maker maker = {.ops = &sim_light_engine, .make = make, .unmake = unmake};
    g_test_init(&argc, &argv, NULL);
    conformance_add(&maker);
    return g_test_run();
}
