/* bench_datagram - 100-byte datagrams bounced between N hosts: what one costs, engine and network together.
 *
 *   bench_datagram [--json] [--hosts N] [ENGINE]
 *
 * Each host sits behind a port-restricted NAT of its own, on a link of 1 Mbit/s with 0.5 % loss, 10 to 200 ms
 * from its partner, and throws each datagram back.  A host that has heard nothing for a second throws a new
 * one, so that about as many datagrams are under way as there are hosts.  Counted is what hosts send. */
#include "sim/memory.h"
#include "sim/net/net.h"

#include <glib.h>
#include <time.h>

#define PAYLOAD 100
#define PORT 5000
/* chosen: rates settle and memory is in place. */
#define WARM_UP (3 * PL_SECOND)
/* chosen: long enough that the clock's grain and the machine's moods average out. */
#define CPU_SECONDS 3.0
#define MEASURE_STEP (200 * PL_MILLISECOND)

typedef struct world world;

typedef struct player {
    world *world;
    sim_host host;
    pl_id socket;
    pl_addr partner;
    uint32_t heard; /* since the last look */
} player;

struct world {
    const sim_engine_ops *ops;
    sim_engine *engine;
    net *network;
    player *players;
    uint32_t n_players;
    uint64_t thrown, caught;
};

static void throw_to(player *self, pl_addr to)
{
    static const uint8_t ball[PAYLOAD];
    const world *in = self->world;
    self->world->thrown++;
    in->ops->udp_send(in->engine, self->host, self->socket, to, 0, ball, sizeof ball);
}

static size_t player_input(void *ctx, const pl_input *input, pl_time now)
{
    (void)now;
    player *self = ctx;
    if (input->kind != PL_INPUT_DATAGRAM)
        return 0;
    self->heard++;
    self->world->caught++;
    throw_to(self, input->from);
    return 0;
}

static void look(void *ctx, void *arg, pl_time now)
{
    world *in = ctx;
    player *self = arg;
    if (!self->heard)
        throw_to(self, self->partner);
    self->heard = 0;
    in->ops->at(in->engine, now + PL_SECOND, look, in, self);
}

static uint32_t outside_ip(uint32_t i)
{
    return 0x10000001 + i;
}

/* A host behind a box of its own; the pair (2k, 2k + 1) play together. */
static void player_add(world *in, uint32_t i, const sim_stack_profile *profile)
{
    g_autofree char *name = g_strdup_printf("player-%u", i);
    g_autofree char *box = g_strdup_printf("box-%u", i);
    const net_realm realm = net_realm_add(in->network, &(net_realm_options){.name = box,
                                                                            .parent = NET_PUBLIC_REALM,
                                                                            .external_ip = outside_ip(i),
                                                                            .nat = *net_nat_preset(
                                                                                "port-restricted")});
    const net_host_options options = {.name = name,
                                      .realm = realm,
                                      .ip = 0xc0a80002,
                                      .link = {.up_bps = 1000000,
                                               .down_bps = 1000000,
                                               .queue_ns = 500 * PL_MILLISECOND,
                                               .loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 0.0025}}};
    player *self = &in->players[i];
    self->world = in;
    self->host = net_host_add(in->network, &options);
    self->partner = (pl_addr){.ip = outside_ip(i ^ 1u), .port = PORT};
    in->ops->host_add(in->engine, self->host,
                      &(sim_host_options){
                          .ip = options.ip, .profile = profile, .input = player_input, .input_ctx = self});
    g_assert_cmpint(in->ops->udp_bind(in->engine, self->host, PORT, &self->socket), ==, 0);
    const pl_time start = (pl_time)((uint64_t)i * 7919 % 1000) * PL_MILLISECOND;
    in->ops->at(in->engine, start, look, in, self);
}

static world *world_new(const sim_engine_ops *ops, uint32_t n_players)
{
    world *in = g_new0(world, 1);
    in->ops = ops;
    in->n_players = n_players;
    in->players = sim_memory_new0(n_players * sizeof(player)); /* whole in a cache line each */
    /* 10 ms and at most the diagonal of a square of 134 ms: 10 to 200 ms. */
    g_autofree char *reason = NULL;
    in->network = net_new(&(net_options){.seed = 1,
                                         .latency = {.policy = "coordinates",
                                                     .scale_ns = 134 * PL_MILLISECOND,
                                                     .floor_ns = 10 * PL_MILLISECOND}},
                          &reason);
    if (!in->network)
        g_error("bench_datagram: %s", reason);
    const sim_network_face face = net_face(in->network);
    in->engine = ops->create(&(sim_engine_options){.hosts_expected = n_players, .seed = 1}, &face);
    net_attach(in->network, ops, in->engine);
    const sim_stack_profile *profile = sim_stack_profile_find("linux");
    for (uint32_t i = 0; i < n_players; i++)
        player_add(in, i, profile);
    return in;
}

static void world_free(world *in)
{
    in->ops->destroy(in->engine);
    net_free(in->network);
    sim_memory_free(in->players);
    g_free(in);
}

static double cpu_seconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec * 1e-9;
}

typedef enum format { FORMAT_TABLE, FORMAT_JSON } format;

static void report(format as, const char *name, double value, const char *unit)
{
    if (as == FORMAT_JSON)
        g_print("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name, value, unit);
    else
        g_print("%-44s %14.0f %s\n", name, value, unit);
}

static void measure(const sim_engine_ops *ops, uint32_t n_players, format as)
{
    world *in = world_new(ops, n_players);
    ops->run(in->engine, WARM_UP);
    const uint64_t thrown = in->thrown, caught = in->caught;
    sim_engine_stats before, after;
    ops->stats(in->engine, &before);
    const double start = cpu_seconds();
    double spent = 0;
    for (pl_time until = WARM_UP; spent < CPU_SECONDS; spent = cpu_seconds() - start)
        ops->run(in->engine, until += MEASURE_STEP);
    ops->stats(in->engine, &after);
    const double datagrams = (double)(in->thrown - thrown);
    const double arrived = (double)(in->caught - caught);
    g_autofree char *stem = g_strdup_printf("datagram.%s.%u", ops->name, n_players);
    g_autofree char *rate = g_strconcat(stem, ".rate", NULL);
    g_autofree char *events = g_strconcat(stem, ".events", NULL);
    g_autofree char *loss = g_strconcat(stem, ".lost", NULL);
    report(as, rate, datagrams / spent, "1/s");
    report(as, events, 100 * (double)(after.events - before.events) / datagrams, "1/100 datagrams");
    report(as, loss, 1e4 * (1 - arrived / datagrams), "1/10000");
    world_free(in);
}

int main(int argc, char **argv)
{
    gboolean json = FALSE;
    int hosts = 0;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON lines", NULL},
                                    {"hosts", 0, 0, G_OPTION_ARG_INT, &hosts, "Measure N hosts only", "N"},
                                    {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("[ENGINE]");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || hosts < 0 || hosts > 10000000) {
        g_printerr("bench_datagram: %s\n", error ? error->message : "--hosts must be 2 to 10000000");
        return 2;
    }
    g_autofree char *reason = NULL;
    bool known = false;
    const sim_engine_ops *ops = sim_engine_open(argc > 1 ? argv[1] : "light", &reason, &known);
    if (!ops) {
        g_printerr("bench_datagram: %s\n", reason);
        return known ? 77 : 2;
    }
    const format as = json ? FORMAT_JSON : FORMAT_TABLE;
    if (hosts) {
        measure(ops, (uint32_t)hosts & ~1u, as);
        return 0;
    }
    measure(ops, 10000, as);
    measure(ops, 100000, as);
    return 0;
}
