/* The live engine at the machine's limits: addresses, ports and descriptors that it cannot have. */
#include "sim/engine.h"

#include <glib.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct node {
    sim_engine *engine;
    unsigned accepted, closed, datagrams, ticks;
    pl_cause cause;
} node;

static size_t input(void *ctx, const pl_input *in, pl_time now)
{
    node *self = ctx;
    (void)now;
    self->accepted += in->kind == PL_INPUT_ACCEPTED;
    self->datagrams += in->kind == PL_INPUT_DATAGRAM;
    if (in->kind == PL_INPUT_CLOSED) {
        self->closed++;
        self->cause = in->cause;
    }
    return in->len;
}

/* An address of 127.0.0.0/8 of this process's own. */
static uint32_t loopback(uint32_t host)
{
    return 0x7f000000u | ((uint32_t)getpid() & 0xffffu) << 8 | (host + 1);
}

static sim_engine *engine_with(node *self, uint32_t ip)
{
    const sim_engine_options options = {.hosts_expected = 1};
    const sim_network_face none = {0};
    sim_engine *engine = sim_live_engine.create(&options, &none);
    const sim_host_options host = {
        .ip = ip, .profile = sim_stack_profile_find("linux"), .input = input, .input_ctx = self};
    g_assert_nonnull(engine);
    sim_live_engine.host_add(engine, 0, &host);
    self->engine = engine;
    return engine;
}

static void run(node *self, pl_span span)
{
    sim_live_engine.run(self->engine, sim_live_engine.now(self->engine) + span);
}

/* Address 0 would be every address of the machine; 192.0.2.1 (RFC 5737) is none of it. */
static void only_the_host_s_own_address(void)
{
    static const uint32_t others[] = {0, 0xc0000201};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        node self = {0};
        pl_id id = 0;
        sim_engine *engine = engine_with(&self, others[i]);
        g_assert_cmpint(sim_live_engine.udp_bind(engine, 0, 22100, &id), ==, PL_ERR_DENIED);
        g_assert_cmpint(sim_live_engine.tcp_listen(engine, 0, 22100, &id), ==, PL_ERR_DENIED);
        g_assert_cmpint(sim_live_engine.tcp_open(engine, 0, 0, (pl_addr){loopback(9), 80}, &id), ==,
                        PL_ERR_DENIED);
        sim_live_engine.destroy(engine);
    }
}

/* Listening on one loopback address leaves the same port of another one closed. */
static void a_listener_is_at_its_address_only(void)
{
    node self = {0};
    pl_id listener = 0, stream = 0;
    sim_engine *engine = engine_with(&self, loopback(1));
    g_assert_cmpint(sim_live_engine.tcp_listen(engine, 0, 22101, &listener), ==, 0);
    g_assert_cmpint(sim_live_engine.tcp_open(engine, 0, 0, (pl_addr){loopback(2), 22101}, &stream), ==, 0);
    run(&self, 200 * PL_MILLISECOND);
    g_assert_cmpuint(self.closed, ==, 1);
    g_assert_cmpint(self.cause, ==, PL_CAUSE_REFUSED);
    g_assert_cmpuint(self.accepted, ==, 0);
    sim_live_engine.destroy(engine);
}

/* Out of descriptors: openings are refused with a limit, a listener rests, and both recover. */
static void descriptors_run_out_and_come_back(void)
{
    enum { PEERS = 8 };
    node server = {0}, client = {0};
    pl_id listener = 0, extra = 0, streams[PEERS];
    struct rlimit before;
    sim_engine *at_server = engine_with(&server, loopback(3));
    sim_engine *at_client = engine_with(&client, loopback(4));
    const pl_addr to = {loopback(3), 22102};
    g_assert_cmpint(sim_live_engine.tcp_listen(at_server, 0, to.port, &listener), ==, 0);
    for (int i = 0; i < PEERS; i++)
        g_assert_cmpint(sim_live_engine.tcp_open(at_client, 0, 0, to, &streams[i]), ==, 0);
    run(&client, 50 * PL_MILLISECOND);

    const int probe = dup(0); /* the lowest free descriptor */
    g_assert_cmpint(probe, >=, 0);
    close(probe);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
    const struct rlimit none_left = {.rlim_cur = (rlim_t)probe, .rlim_max = before.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none_left), ==, 0);
    run(&server, 50 * PL_MILLISECOND);
    g_assert_cmpuint(server.accepted, ==, 0);
    g_assert_cmpint(sim_live_engine.tcp_open(at_client, 0, 0, to, &extra), ==, PL_ERR_LIMIT);
    g_assert_cmpint(sim_live_engine.udp_bind(at_client, 0, 0, &extra), ==, PL_ERR_LIMIT);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);

    run(&server, 300 * PL_MILLISECOND);
    g_assert_cmpuint(server.accepted, ==, PEERS);
    sim_live_engine.destroy(at_client);
    sim_live_engine.destroy(at_server);
}

static void count(void *ctx, void *arg, pl_time now)
{
    node *self = ctx;
    (void)arg;
    g_assert_cmpint(now, ==, sim_live_engine.now(self->engine));
    self->ticks++;
}

/* A timer never fires early, and run returns at its real instant. */
static void timers_keep_the_real_clock(void)
{
    node self = {0};
    sim_engine *engine = engine_with(&self, loopback(5));
    const pl_time start = sim_live_engine.now(engine);
    const gint64 real = g_get_monotonic_time();
    sim_live_engine.at(engine, start + 60 * PL_MILLISECOND, count, &self, NULL);
    sim_live_engine.run(engine, start + 30 * PL_MILLISECOND);
    g_assert_cmpuint(self.ticks, ==, 0);
    sim_live_engine.run(engine, start + 120 * PL_MILLISECOND);
    g_assert_cmpuint(self.ticks, ==, 1);
    g_assert_cmpint(g_get_monotonic_time() - real, >=, 119 * 1000);
    sim_live_engine.destroy(engine);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/only-the-host-s-own-address", only_the_host_s_own_address);
    g_test_add_func("/live/a-listener-is-at-its-address-only", a_listener_is_at_its_address_only);
    g_test_add_func("/live/descriptors-run-out-and-come-back", descriptors_run_out_and_come_back);
    g_test_add_func("/live/timers-keep-the-real-clock", timers_keep_the_real_clock);
    return g_test_run();
}
