#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "core/event.h"
#include "sim/world/proxy.h"
#include "sim/world/refresh/nat_watch.h"
#include "sim/world/world_internal.h"

#define MACHINE(ctx) ((sim_machine *)(ctx))

/* The port: the engine's host stack, and what the world itself gives. */

static size_t local_addresses(void *ctx, uint32_t *ret_addresses, size_t max)
{
    if (max > 0)
        ret_addresses[0] = MACHINE(ctx)->at.ip;
    return 1;
}

/* Real keys where the clock is real, the machine's own stream where it is virtual. */
static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    if (MACHINE(ctx)->stack.ops->capabilities & SIM_ENGINE_VIRTUAL_TIME) {
        net_random_bytes(&MACHINE(ctx)->random, out, len);
        return;
    }
    for (size_t at = 0; at < len;) {
        ssize_t got = getrandom(out + at, len - at, 0);
        if (got > 0)
            at += (size_t)got;
    }
}

static int keep(void *ctx, const char *key, const uint8_t *data, size_t len)
{
    return sim_registry_keep(MACHINE(ctx)->registry, key, data, len);
}

static size_t load(void *ctx, const char *key, uint8_t *out, size_t max)
{
    return sim_registry_load(MACHINE(ctx)->registry, key, out, max);
}

static void trace(void *ctx, const pl_event *event)
{
    sim_machine *machine = ctx;
    sim_world *world = machine->world;
    pl_time now = world->ops->now(world->engine);
    char name[SIM_NAME_MAX];
    if (world->options.recorder && sim_recorder_wants_event(world->options.recorder, event->id))
        sim_record_event(world->options.recorder, sim_machine_name(machine, name), event, now);
    sim_measure_event(machine, event, now);
}

static int udp_send(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    if (G_UNLIKELY(MACHINE(ctx)->poison) && sim_poison_sends(ctx, &(sim_datagram){data, len}))
        return 0;
    if (MACHINE(ctx)->ledger)
        sim_ledger_datagram(MACHINE(ctx)->ledger, data, len);
    if (MACHINE(ctx)->contacts)
        sim_contacts_datagram(MACHINE(ctx)->contacts, to);
    return sim_stack_port_udp_send(ctx, socket, to, ttl, data, len);
}

static int tcp_open(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    int error = sim_stack_port_tcp_open(ctx, local_port, to, ret_stream);
    if (MACHINE(ctx)->contacts && !error)
        sim_contacts_stream(MACHINE(ctx)->contacts, *ret_stream, to);
    return error;
}

static const pl_port_ops port_ops = {
    SIM_STACK_PORT_OPS_BUT_CONTACTS,
    .udp_send = udp_send,
    .tcp_open = tcp_open,
    .local_addresses = local_addresses,
    .random = random_bytes,
    .keep = keep,
    .load = load,
    .trace = trace,
};

pl_port sim_machine_port(sim_machine *machine)
{
    return (pl_port){&port_ops, machine};
}

char *sim_machine_name(const sim_machine *machine, char ret_name[SIM_NAME_MAX])
{
    static const char *const roles[] = {[SIM_ROLE_ALL] = "host",
                                        [SIM_ROLE_SUPERNODE] = "supernode",
                                        [SIM_ROLE_LOGIN_SERVER] = "login-server",
                                        [SIM_ROLE_PEER] = "peer",
                                        [SIM_ROLE_CALLER] = "caller",
                                        [SIM_ROLE_CALLEE] = "callee",
                                        [SIM_ROLE_PROXY] = "proxy",
                                        [SIM_ROLE_LANDMARK] = "landmark"};
    snprintf(ret_name, SIM_NAME_MAX, "%s-%u", roles[machine->role], machine->index);
    return ret_name;
}

static void on_tick(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (machine->life != GPOINTER_TO_UINT(arg) || machine->armed_at > now)
        return; /* of an earlier life, or replaced by an earlier tick */
    machine->armed_at = PL_NEVER;
    pl_node_input(machine->node, &(pl_input){.kind = PL_INPUT_TICK}, now);
    sim_machine_arm(machine);
}

void sim_machine_arm(sim_machine *machine)
{
    if (!machine->node)
        return;
    sim_nat_watch_settle(machine);
    pl_time deadline = pl_node_deadline(machine->node);
    if (deadline >= machine->armed_at)
        return;
    const sim_world *world = machine->world;
    pl_time now = world->ops->now(world->engine);
    machine->armed_at = MAX(deadline, now);
    world->ops->at(world->engine, machine->armed_at, on_tick, machine, GUINT_TO_POINTER(machine->life));
}

size_t sim_machine_input(void *ctx, const pl_input *input, pl_time now)
{
    sim_machine *machine = ctx;
    if (!machine->node)
        return input->len;
    if (G_UNLIKELY(machine->poison) && sim_poison_takes(machine, input))
        return input->len;
    if (machine->ledger && input->kind == PL_INPUT_DATAGRAM)
        sim_ledger_datagram(machine->ledger, input->data, input->len);
    if (machine->contacts)
        sim_contacts_input(machine->contacts, input);
    size_t consumed = pl_node_input(machine->node, input, now);
    sim_machine_arm(machine);
    return consumed;
}

static pl_node_role role_of(const sim_machine *machine)
{
    if (machine->role == SIM_ROLE_SUPERNODE)
        return PL_NODE_SUPERNODE;
    return machine->role == SIM_ROLE_LOGIN_SERVER ? PL_NODE_LOGIN_SERVER : PL_NODE_CLIENT;
}

static uint16_t listen_port_of(const sim_machine *machine)
{
    const sim_config *config = machine->world->config;
    if (machine->role == SIM_ROLE_SUPERNODE)
        return config->supernodes.port;
    return machine->role == SIM_ROLE_LOGIN_SERVER ? config->login_servers.port : machine->group->port;
}

static const sim_ports *web_ports_of(const sim_machine *machine)
{
    const sim_config *config = machine->world->config;
    if (machine->role == SIM_ROLE_SUPERNODE)
        return &config->supernodes.web_ports;
    return machine->role == SIM_ROLE_LOGIN_SERVER ? &config->login_servers.web_ports : &machine->group->web_ports;
}

static pl_resources resources_of(const sim_machine *machine)
{
    const sim_group_config *group = machine->group;
    return group ? (pl_resources){.cpu = group->cpu, .memory = group->memory, .bandwidth = group->bandwidth}
                 : (pl_resources){0};
}

static void add_accounts(sim_machine *machine)
{
    const sim_world *world = machine->world;
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    for (size_t i = 0; i < world->n_machines; i++) {
        const sim_machine *other = &world->machines[i];
        if (other->role == SIM_ROLE_LOGIN_SERVER || other->role == SIM_ROLE_PROXY ||
            other->role == SIM_ROLE_LANDMARK ||
            (other->group && other->group->credentials == SIM_CREDENTIALS_UNKNOWN_USER))
            continue;
        sim_population_account(other, name, password);
        pl_node_add_account(machine->node, name, password);
    }
}

void sim_machine_start(sim_machine *machine, pl_time now)
{
    sim_world *world = machine->world;
    if (machine->role == SIM_ROLE_PROXY) {
        sim_proxy_start(machine->proxy);
        return;
    }
    if (machine->role == SIM_ROLE_LANDMARK) /* its host's stack answers */
        return;
    machine->node = pl_node_new(&(pl_node_options){
        .port = sim_machine_port(machine),
        .config = &world->config->protocol,
        .suite = world->suite,
        .network = &world->knowledge,
        .epoch = world->epoch,
        .role = role_of(machine),
        .listen_port = listen_port_of(machine),
        .web_ports = web_ports_of(machine)->port,
        .n_web_ports = web_ports_of(machine)->n,
        .discovery = world->config->discovery == SIM_YES ? PL_NODE_DISCOVERY_ON : PL_NODE_DISCOVERY_OFF,
        .path_profile = machine->group ? pl_path_profile_find(machine->group->traversal) : NULL,
        .relogin_policy = machine->group && machine->group->relogin ? pl_relogin_policy_find(machine->group->relogin) : NULL,
        .search_policy = machine->group && machine->group->searches.policy
                             ? pl_search_policy_find(machine->group->searches.policy)
                             : NULL,
        .nat_policy = machine->group ? pl_nat_policy_find(machine->group->nat_refresh) : NULL,
        .election_policy = world->config->supernodes.election
                               ? pl_election_policy_find(world->config->supernodes.election)
                               : NULL,
        .resources = resources_of(machine),
        .icmp_policy = machine->group ? pl_ping_policy_find(machine->group->icmp) : NULL,
        .proxy = sim_population_proxy(machine),
        .supernode = machine->role == SIM_ROLE_SUPERNODE ? &world->supernode_options[machine->index - 1] : NULL,
        .server_keys = &world->keys,
    });
    machine->armed_at = PL_NEVER;
    if (machine->role == SIM_ROLE_LOGIN_SERVER)
        add_accounts(machine);
    pl_node_start(machine->node, now);
    sim_machine_arm(machine);
}

bool sim_machine_is_supernode(const sim_machine *machine)
{
    return machine->node && pl_node_role_of(machine->node) == PL_NODE_SUPERNODE;
}

void sim_machine_stop(sim_machine *machine)
{
    pl_node_free(machine->node);
    machine->node = NULL;
    machine->is_off = false;
    machine->life++;
    machine->armed_at = PL_NEVER;
}

void sim_machine_clear(sim_machine *machine)
{
    sim_machine_stop(machine);
    sim_timeline_forget(machine);
    sim_churn_forget(machine);
    sim_ledger_free(machine);
    sim_contacts_free(machine);
    sim_proxy_free(machine->proxy);
    sim_registry_free(machine->registry);
}
