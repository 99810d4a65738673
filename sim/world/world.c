#include "sim/world/world.h"

#include <string.h>

#include "sim/world/proxy.h"
#include "sim/world/refresh/nat_watch.h"
#include "sim/world/world_internal.h"

/* chosen: often enough for a progress line and Ctrl-C, seldom enough to cost nothing. */
#define SLICES 200

static void observe(void *ctx, const net_sighting *sighting, pl_time now)
{
    sim_world *world = ctx;
    if (world->paths)
        sim_paths_sighting(world, sighting, now);
    if (!world->options.recorder || !sim_recorder_wants_packets(world->options.recorder))
        return;
    char from[SIM_NAME_MAX], at[SIM_NAME_MAX], owner[SIM_NAME_MAX];
    sim_packet_facts facts = {.sighting = sighting};
    if (sighting->from != NET_NO_HOST)
        facts.from = sim_machine_name(&world->machines[sighting->from], from);
    if (sighting->at != NET_NO_HOST)
        facts.at = sim_machine_name(&world->machines[sighting->at], at);
    if (sighting->box_owner != NET_NO_HOST)
        facts.box_owner = sim_machine_name(&world->machines[sighting->box_owner], owner);
    sim_record_packet(world->options.recorder, &facts, now);
}

static bool moves_hosts(const sim_config *config)
{
    for (size_t i = 0; i < config->n_timeline; i++)
        if (config->timeline[i].action == SIM_DO_ROAM || config->timeline[i].action == SIM_DO_READDRESS)
            return true;
    return false;
}

/* The live engine has the machine's own network: the talk's addresses are somebody else's there. */
bool sim_world_allowed(const sim_config *config, const sim_engine_ops *engine, char **ret_error)
{
    if (moves_hosts(config) && !engine->host_move) {
        *ret_error = g_strdup_printf("the %s engine cannot give a host another address, which the timeline's roam "
                                     "and readdress may ask for: use --engine light",
                                     engine->name);
        return false;
    }
    if (sim_config_pings(config) && !(engine->capabilities & SIM_ENGINE_ECHO)) {
        *ret_error = g_strdup_printf("the %s engine sends no ICMP echo, and must not: write `icmp: none` under "
                                     "`peers`, or use --engine light",
                                     engine->name);
        return false;
    }
    if (engine->capabilities & SIM_ENGINE_NETWORK)
        return true;
    if (config->supernodes.bootstrap != SIM_YES)
        return true;
    *ret_error = g_strdup("a live network needs bootstrap entries of its own: the seven addresses of the talk "
                          "belong to other people; write `bootstrap: no` under `supernodes`");
    return false;
}

static void allocate(sim_world *world)
{
    const sim_config *config = world->config;
    world->n_servers = (size_t)config->login_servers.count;
    world->n_supernodes = (size_t)config->supernodes.count;
    world->n_peers = (size_t)config->n_peers;
    world->n_cells = (size_t)config->matrix.n_cells;
    world->n_proxies = (size_t)config->proxies.count;
    /* Only in a network of our own: elsewhere their addresses are not ours to ping. */
    if (sim_config_pings(config) && (world->ops->capabilities & SIM_ENGINE_NETWORK))
        world->n_landmarks = SIM_LANDMARKS;
    world->n_machines = world->n_servers + world->n_supernodes + world->n_peers + 2 * world->n_cells +
                        world->n_proxies + world->n_landmarks;
    world->n_dedicated = (size_t)config->supernodes.dedicated;
    world->machines = g_new0(sim_machine, world->n_machines);
    world->servers = g_new0(pl_addr, world->n_servers);
    world->supernodes = g_new0(pl_addr, world->n_supernodes);
    world->supernode_options = g_new0(pl_node_supernode, world->n_supernodes);
    world->known = g_new0(pl_cache_entry *, world->n_supernodes);
    world->account_names = g_new0(char *, 2 * world->n_supernodes);
}

/* Hosts are placed in the order of the world's table, which is filled by then. */
static bool is_peer(const void *ctx, uint32_t host)
{
    const sim_world *world = ctx;
    return world->machines[host].group != NULL;
}

static bool create_engine(sim_world *world, char **ret_error)
{
    const sim_config *config = world->config;
    sim_network_face face = {0};
    if (world->ops->capabilities & SIM_ENGINE_NETWORK) {
        net_latency_options latency = config->latency;
        latency.is_peer = is_peer;
        latency.is_peer_ctx = world;
        world->network = net_new(&(net_options){.seed = (uint64_t)config->run.seed,
                                                .replication = world->options.replication,
                                                .latency = latency,
                                                .private_destinations = config->private_destinations},
                                 ret_error);
        if (!world->network)
            return false;
        face = net_face(world->network);
    }
    world->engine = world->ops->create(
        &(sim_engine_options){.hosts_expected = world->n_machines, .seed = (uint64_t)config->run.seed}, &face);
    if (world->network)
        net_attach(world->network, world->ops, world->engine);
    bool wants_packets = world->options.recorder && sim_recorder_wants_packets(world->options.recorder);
    if (world->network && (wants_packets || world->paths))
        net_set_observer(world->network, observe, world);
    return true;
}

static const char *stack_name(const sim_world *world, const sim_machine *machine)
{
    const char *name = machine->group                        ? machine->group->stack
                       : machine->role == SIM_ROLE_SUPERNODE ? world->config->supernodes.stack
                                                             : world->config->login_servers.stack;
    return name ? name : world->config->host_stack;
}

static bool is_here(const sim_world *world, const sim_machine *machine)
{
    char name[SIM_NAME_MAX];
    return !world->options.only || strcmp(world->options.only, sim_machine_name(machine, name)) == 0;
}

static void add_host(sim_machine *machine)
{
    const sim_world *world = machine->world;
    sim_host_options options = {.ip = machine->at.ip,
                                .profile = sim_stack_profile_find(stack_name(world, machine)),
                                .input = sim_machine_input,
                                .input_ctx = machine};
    if (machine->role == SIM_ROLE_PROXY) {
        machine->proxy =
            sim_proxy_new(&(sim_proxy_options){.stack = machine->stack, .port = world->config->proxies.port});
        options.input = sim_proxy_input;
        options.input_ctx = machine->proxy;
    }
    world->ops->host_add(world->engine, machine->stack.host, &options);
}

/* All hosts are there before the first node starts; login servers first, so that a supernode's first SYN
 * finds one. */
static void start_hosts(sim_world *world)
{
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (!is_here(world, machine))
            continue;
        if (!world->network) /* the live engine numbers its own hosts densely */
            machine->stack.host = (sim_host)(world->options.only ? 0 : i);
        add_host(machine);
    }
    pl_time now = world->ops->now(world->engine);
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (!is_here(world, machine))
            continue;
        if (machine->role == SIM_ROLE_SUPERNODE && machine->index > world->n_supernodes - world->n_dedicated)
            sim_presence_sleep(machine);
        else
            sim_machine_start(machine, now);
    }
}

static bool refuse_stranger(const sim_world *world, char **ret_error)
{
    for (size_t i = 0; i < world->n_machines; i++)
        if (is_here(world, &world->machines[i]))
            return false;
    *ret_error = g_strdup_printf("the scenario has no host '%s'; hosts are login-server-1, supernode-1, peer-1, …",
                                 world->options.only);
    return true;
}

sim_world *sim_world_new(const sim_world_options *options, char **ret_error)
{
    sim_world *world = g_new0(sim_world, 1);
    world->options = *options;
    world->config = options->config;
    world->ops = options->engine;
    world->suite = world->config->run.crypto == SIM_CRYPTO_SIZED ? &pl_suite_sized : &pl_suite_real;
    world->epoch = world->ops->capabilities & SIM_ENGINE_VIRTUAL_TIME ? world->config->run.epoch
                                                                      : g_get_real_time() / G_USEC_PER_SEC;
    if (!sim_world_allowed(world->config, world->ops, ret_error)) {
        g_free(world);
        return NULL;
    }
    allocate(world);
    sim_paths_new(world);
    sim_nat_watch_new(world);
    net_random_init(&world->timeline_random, (uint64_t)world->config->run.seed, options->replication, "world",
                    "timeline");
    if (!create_engine(world, ret_error) || !sim_population_build(world, ret_error) ||
        refuse_stranger(world, ret_error)) {
        sim_world_free(world);
        return NULL;
    }
    start_hosts(world);
    sim_behaviour_plan(world);
    sim_paths_plan(world);
    sim_churn_plan(world);
    sim_searches_plan(world);
    sim_buddies_plan(world);
    sim_timeline_plan(world);
    sim_gauges_plan(world);
    return world;
}

void sim_world_free(sim_world *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->n_machines; i++)
        sim_machine_clear(&world->machines[i]);
    if (world->engine)
        world->ops->destroy(world->engine);
    net_free(world->network);
    sim_paths_free(world);
    sim_nat_watch_free(world);
    sim_searches_free(world);
    sim_buddies_free(world);
    for (size_t i = 0; i < world->n_supernodes; i++) {
        g_free(world->known[i]);
        g_free(world->account_names[2 * i]);
        g_free(world->account_names[2 * i + 1]);
    }
    g_free(world->known);
    g_free(world->account_names);
    g_free(world->supernode_options);
    g_free(world->supernodes);
    g_free(world->servers);
    g_free(world->machines);
    pl_bytes_wipe(&world->keys, sizeof world->keys);
    g_free(world);
}

static sim_world_end run_slices(sim_world *world, sim_world_keep_going_fn keep_going, void *ctx)
{
    pl_time end = world->config->run.duration_ns;
    pl_span slice = MAX(end / SLICES, PL_MILLISECOND);
    for (pl_time now = 0; now < end && !world->stopped;) {
        world->ops->run(world->engine, MIN(now + slice, end));
        now = world->ops->now(world->engine);
        if (keep_going && !keep_going(ctx, now, end))
            return SIM_WORLD_INTERRUPTED;
    }
    bool is_limit = world->config->run.until != SIM_UNTIL_DURATION && world->n_planned > 0 && !world->stopped;
    return is_limit ? SIM_WORLD_LIMIT : SIM_WORLD_COMPLETE;
}

sim_world_end sim_world_run(sim_world *world, sim_world_keep_going_fn keep_going, void *ctx)
{
    sim_world_end end = run_slices(world, keep_going, ctx);
    sim_measure_end(world, world->ops->now(world->engine));
    return end;
}

pl_time sim_world_now(const sim_world *world)
{
    return world->ops->now(world->engine);
}

uint64_t sim_world_events(const sim_world *world)
{
    sim_engine_stats stats;
    world->ops->stats(world->engine, &stats);
    return stats.events;
}

sim_engine *sim_world_engine(const sim_world *world)
{
    return world->engine;
}

net *sim_world_network(const sim_world *world)
{
    return world->network;
}

size_t sim_world_hosts(const sim_world *world)
{
    return world->n_machines;
}

pl_node *sim_world_node(const sim_world *world, size_t host)
{
    return host < world->n_machines ? world->machines[host].node : NULL;
}

void sim_world_host_name(const sim_world *world, size_t host, char *ret_name, size_t size)
{
    char name[SIM_NAME_MAX];
    g_strlcpy(ret_name, sim_machine_name(&world->machines[host], name), size);
}

uint64_t sim_world_logged_in(const sim_world *world)
{
    return world->n_logged_in;
}

uint64_t sim_world_login_failures(const sim_world *world)
{
    return world->n_failed;
}
