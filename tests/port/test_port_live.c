/* The live engine keeps what core/port.h promises, on the loopback: one address of 127.0.0.0/8 a host. */
#include "tests/support/conformance_tests.h"

#include <unistd.h>

/* Addresses and ports of this process's own, so that two runs at once do not meet. */
static uint32_t loopback(uint32_t host)
{
    return 0x7f000000u | ((uint32_t)getpid() & 0xffffu) << 8 | (host + 1);
}

static void make(const conformance_maker *maker, conformance_world *world)
{
    const sim_engine_options options = {.hosts_expected = 2};
    const sim_network_face none = {0};
    world->engine = maker->ops->create(&options, &none);
    g_assert_nonnull(world->engine);
    world->profile = maker->ctx;
    world->first_port = 22000;
    world->patience = 10 * PL_SECOND;
    world->silence = 60 * PL_MILLISECOND;
    for (uint32_t i = 0; i < 2; i++) {
        const sim_host_options host = {.ip = loopback(i),
                                       .profile = maker->ctx,
                                       .input = conformance_input,
                                       .input_ctx = &world->node[i]};
        world->node[i].ip = host.ip;
        maker->ops->host_add(world->engine, i, &host);
    }
}

static void unmake(conformance_world *world)
{
    world->ops->destroy(world->engine);
}

int main(int argc, char **argv)
{
    const conformance_maker maker = {.ops = &sim_live_engine,
                                     .make = make,
                                     .unmake = unmake,
                                     .ctx = (void *)(uintptr_t)sim_stack_profile_find("linux")};
    g_test_init(&argc, &argv, NULL);
    conformance_add(&maker);
    return g_test_run();
}
