/* The ns-3 engine keeps what core/port.h promises. */
#include "tests/support/light_world.h"
#include "tests/support/ns3_engine.h"

int main(int argc, char **argv)
{
    /* Round numbers that tell one timer from another. */
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
    static const light_world_options options = {
        .profile = &profile, .wire = {.delay = 20 * PL_MILLISECOND, .hops = 3}};
    g_autofree char *reason = NULL;
    conformance_maker maker = light_world_maker(&options);
    g_test_init(&argc, &argv, NULL);
    maker.ops = ns3_engine_open(&reason);
    if (!maker.ops)
        return ns3_engine_skip(reason);
    conformance_add(&maker);
    return g_test_run();
}
