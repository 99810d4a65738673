#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "sim/world/keys.h"
#include "sim/world/world_internal.h"

/* The seven bootstrap addresses of the talk (BS-05).  They belong to other people: they exist in the
 * simulated profile only, and a live world refuses to start with them. */
static const uint32_t talk_bootstrap[7] = {
    0x42EBB409, /* 66.235.180.9 */
    0x42EBB509, /* 66.235.181.9 */
    0x50A15B19, /* 80.161.91.25 */
    0x50A05B0C, /* 80.160.91.12 */
    0x40F6313C, /* 64.246.49.60 */
    0x40F6313D, /* 64.246.49.61 */
    0x40F63017, /* 64.246.48.23 */
};

/* chosen: address blocks of the simulated Internet, one a role, so that a capture reads easily. */
#define LOGIN_SERVER_FIRST 0x50A05B0Bu /* 80.160.91.11, measured BS-11 */
#define SUPERNODE_FIRST 0x44000001u    /* 68.0.0.1 */
#define PEER_FIRST 0x51000001u         /* 81.0.0.1: public peers, and the outside of home NATs */
#define CELL_FIRST 0x53000001u         /* 83.0.0.1: callers and callees of a matrix, two addresses a cell */
#define PROXY_FIRST 0x54000001u        /* 84.0.0.1 */
/* Hosts of four fixed networks (BS-18): of blocks that are nobody's, RFC 5737 and RFC 2544. */
static const uint32_t landmarks[SIM_LANDMARKS] = {
    0xC0000201, /* 192.0.2.1 */
    0xC6336401, /* 198.51.100.1 */
    0xCB007101, /* 203.0.113.1 */
    0xC6120001, /* 198.18.0.1 */
};

#define LIVE_FIRST 0x7F4D0001u         /* 127.77.0.1: all live hosts */

static uint32_t public_ip(const sim_machine *machine, size_t number)
{
    const sim_world *world = machine->world;
    if (!world->network)
        return LIVE_FIRST + (uint32_t)number;
    uint32_t index = machine->index - 1;
    switch (machine->role) {
    case SIM_ROLE_LOGIN_SERVER: /* beyond the first, away from the talk's neighbours */
        return index == 0 ? LOGIN_SERVER_FIRST : 0x52000000u + index;
    case SIM_ROLE_SUPERNODE:
        if (world->config->supernodes.bootstrap == SIM_YES && index < G_N_ELEMENTS(talk_bootstrap))
            return talk_bootstrap[index];
        return SUPERNODE_FIRST + index;
    case SIM_ROLE_CALLER:
        return CELL_FIRST + 2 * index;
    case SIM_ROLE_CALLEE:
        return CELL_FIRST + 2 * index + 1;
    case SIM_ROLE_PROXY:
        return PROXY_FIRST + index;
    case SIM_ROLE_LANDMARK:
        return landmarks[index];
    case SIM_ROLE_PEER:
    case SIM_ROLE_ALL:
        break;
    }
    return PEER_FIRST + index;
}

void sim_population_account(const sim_machine *machine, char ret_name[SIM_NAME_MAX],
                            char ret_password[SIM_NAME_MAX])
{
    char name[SIM_NAME_MAX];
    if (machine->role == SIM_ROLE_PEER)
        snprintf(ret_name, SIM_NAME_MAX, "user-%u", machine->index);
    else
        g_strlcpy(ret_name, sim_machine_name(machine, name), SIM_NAME_MAX);
    snprintf(ret_password, SIM_NAME_MAX, "password-%u-%u", (unsigned)machine->role, machine->index);
}

const net_link_options *sim_population_link(const sim_machine *machine)
{
    const sim_config *config = machine->world->config;
    if (machine->group)
        return &machine->group->link;
    if (machine->role == SIM_ROLE_PROXY)
        return &config->proxies.link;
    return machine->role == SIM_ROLE_SUPERNODE ? &config->supernodes.link : &config->login_servers.link;
}

/* In turn, by the number of the peer or the cell. */
pl_addr sim_population_proxy(const sim_machine *machine)
{
    const sim_world *world = machine->world;
    if (!machine->group || machine->group->proxy == SIM_NO || world->n_proxies == 0)
        return (pl_addr){0};
    const size_t first = world->n_machines - world->n_landmarks - world->n_proxies;
    return (pl_addr){world->machines[first + machine->index % world->n_proxies].at.ip, world->config->proxies.port};
}

/* Whoever has a proxy may speak to it, whatever his firewall says. */
net_firewall_options sim_population_firewall(const sim_machine *machine)
{
    const sim_config *config = machine->world->config;
    if (machine->role == SIM_ROLE_PROXY || machine->role == SIM_ROLE_LANDMARK)
        return *net_firewall_preset("none");
    if (!machine->group)
        return machine->role == SIM_ROLE_SUPERNODE ? config->supernodes.firewall : config->login_servers.firewall;
    net_firewall_options firewall = machine->group->firewall;
    firewall.proxy = sim_population_proxy(machine);
    return firewall;
}

sim_machine *sim_population_caller(const sim_world *world, size_t cell)
{
    return &world->machines[world->n_servers + world->n_supernodes + world->n_peers + 2 * (cell - 1)];
}

/* Who the machine at a place of the world's table is. */
typedef struct identity {
    sim_role role;
    uint32_t index;
    const sim_group_config *group;
} identity;

static void add_machine(sim_world *world, size_t number, identity who)
{
    sim_machine *machine = &world->machines[number];
    char name[SIM_NAME_MAX];
    *machine = (sim_machine){
        .world = world, .role = who.role, .index = who.index, .group = who.group, .armed_at = PL_NEVER,
        .online_at = PL_NEVER, .left_at = PL_NEVER};
    machine->at.ip = public_ip(machine, number);
    machine->stack = (sim_stack_port){world->ops, world->engine, (sim_host)number};
    net_random_init(&machine->random, (uint64_t)world->config->run.seed, world->options.replication,
                    sim_machine_name(machine, name), "node");
}

static void settle(sim_machine *machine, sim_street *street)
{
    if (machine->world->network)
        sim_topology_add(machine, street);
}

static size_t settle_servers(sim_world *world)
{
    size_t n = world->n_servers + world->n_supernodes;
    sim_street street = {0};
    for (size_t i = 0; i < n; i++)
        settle(&world->machines[i], &street);
    return n;
}

static size_t settle_peers(sim_world *world, size_t number)
{
    for (size_t g = 0; g < world->config->n_groups; g++) {
        const sim_group_config *group = &world->config->groups[g];
        sim_street street = {.per_nat = group->per_nat, .per_carrier = group->per_carrier};
        for (int64_t i = 0; i < group->count; i++)
            settle(&world->machines[number++], &street);
    }
    return number;
}

/* The ends of a cell have nothing in common unless they are of one kind that shares. */
static void settle_cell(sim_world *world, size_t number)
{
    const sim_cell cell = sim_config_cell(world->config, (int64_t)number);
    sim_machine *caller = sim_population_caller(world, number);
    const sim_share_kind share = cell.caller == cell.callee ? cell.caller->share : SIM_SHARE_NONE;
    sim_street first = {.per_nat = share == SIM_SHARE_NAT ? 2 : 1,
                        .per_carrier = share == SIM_SHARE_CARRIER ? 2 : 1};
    sim_street second = {.per_nat = 1, .per_carrier = 1};
    settle(caller, &first);
    settle(caller + 1, share == SIM_SHARE_NONE ? &second : &first);
}

/* The network numbers its hosts in the order of the table. */
static void settle_all(sim_world *world)
{
    size_t number = settle_peers(world, settle_servers(world)) + 2 * world->n_cells;
    for (size_t cell = 1; cell <= world->n_cells; cell++)
        settle_cell(world, cell);
    sim_street street = {0};
    for (; number < world->n_machines; number++)
        settle(&world->machines[number], &street);
}

static void add_all(sim_world *world)
{
    const sim_config *config = world->config;
    size_t number = 0;
    for (size_t i = 0; i < world->n_servers; i++)
        add_machine(world, number++, (identity){SIM_ROLE_LOGIN_SERVER, (uint32_t)i + 1, NULL});
    for (size_t i = 0; i < world->n_supernodes; i++)
        add_machine(world, number++, (identity){SIM_ROLE_SUPERNODE, (uint32_t)i + 1, NULL});
    for (size_t g = 0; g < config->n_groups; g++)
        for (int64_t i = 0; i < config->groups[g].count; i++)
            add_machine(world, number++,
                        (identity){SIM_ROLE_PEER, (uint32_t)(config->groups[g].first + i), &config->groups[g]});
    for (size_t i = 1; i <= world->n_cells; i++) {
        const sim_cell cell = sim_config_cell(config, (int64_t)i);
        add_machine(world, number++, (identity){SIM_ROLE_CALLER, (uint32_t)i, &cell.caller->group});
        add_machine(world, number++, (identity){SIM_ROLE_CALLEE, (uint32_t)i, &cell.callee->group});
    }
    for (size_t i = 0; i < world->n_proxies; i++)
        add_machine(world, number++, (identity){SIM_ROLE_PROXY, (uint32_t)i + 1, NULL});
    for (size_t i = 0; i < world->n_landmarks; i++)
        add_machine(world, number++, (identity){SIM_ROLE_LANDMARK, (uint32_t)i + 1, NULL});
    settle_all(world);
}

/* Nobody knows of those that sleep. */
static size_t awake(const sim_world *world)
{
    return world->n_supernodes - world->n_dedicated;
}

/* Other supernodes that a supernode knows from before.  How supernodes come to know each other is the
 * overlay's business; here each is given a draw of at most 200 of the others. */
static void draw_known(sim_world *world, size_t index)
{
    pl_node_supernode *options = &world->supernode_options[index];
    char name[SIM_NAME_MAX];
    net_random random;
    net_random_init(&random, (uint64_t)world->config->run.seed, world->options.replication,
                    sim_machine_name(&world->machines[world->n_servers + index], name), "known");
    const size_t n = awake(world);
    size_t left = index < n ? n - 1 : n;
    size_t max = MIN(left, (size_t)world->config->protocol.cache_entries_max);
    pl_cache_entry *known = world->known[index] = g_new0(pl_cache_entry, max + 1);
    /* Selection sampling: each of the others with the right probability, in order. */
    for (size_t i = 0; i < n && options->n_known < max; i++) {
        if (i == index)
            continue;
        if (net_random_below(&random, left--) >= max - options->n_known)
            continue;
        uint32_t age = (uint32_t)net_random_below(&random, 3600);
        known[options->n_known++] =
            (pl_cache_entry){world->supernodes[i], (uint32_t)world->epoch - age};
    }
    options->known = known;
}

static void describe_supernode(sim_world *world, size_t index)
{
    pl_node_supernode *options = &world->supernode_options[index];
    const sim_machine *machine = &world->machines[world->n_servers + index];
    char name[SIM_NAME_MAX], password[SIM_NAME_MAX];
    sim_population_account(machine, name, password);
    world->account_names[2 * index] = g_strdup(name);
    world->account_names[2 * index + 1] = g_strdup(password);
    size_t partner = index ^ 1;
    *options = (pl_node_supernode){.own_address = world->supernodes[index],
                                   .login_servers = world->servers,
                                   .n_login_servers = MIN(world->n_servers, 4),
                                   .name = world->account_names[2 * index],
                                   .password = world->account_names[2 * index + 1]};
    if (world->config->supernodes.pairs == SIM_YES && partner < world->n_supernodes)
        options->partner = world->supernodes[partner];
    if (index >= awake(world))
        options->capacity = world->config->supernodes.dedicated_capacity;
    draw_known(world, index);
}

static void draw_keys(sim_world *world)
{
    pl_server_keys *keys = &world->keys;
    if (world->network) {
        net_random random;
        net_random_init(&random, (uint64_t)world->config->run.seed, world->options.replication, "login-server",
                        "keys");
        net_random_bytes(&random, keys->sign.private_key, PL_KEY_BYTES);
        net_random_bytes(&random, keys->dh.private_key, PL_KEY_BYTES);
    } else {
        while (getrandom(keys, sizeof *keys, 0) != (ssize_t)sizeof *keys)
            ;
    }
    world->suite->sign_public(keys->sign.public_key, keys->sign.private_key);
    world->suite->dh_public(keys->dh.public_key, keys->dh.private_key);
}

static bool has_login_server(const sim_world *world)
{
    return !world->options.only || g_str_has_prefix(world->options.only, "login-server");
}

/* Drawn where the world is of one piece; from files where it is many processes. */
static bool get_keys(sim_world *world, char **ret_error)
{
    const char *folder = world->options.state_folder;
    if (!folder) {
        draw_keys(world);
        return true;
    }
    return has_login_server(world) ? sim_keys_own(folder, &world->keys, ret_error)
                                   : sim_keys_pinned(folder, &world->keys, ret_error);
}

/* What every node knows before it ever ran: the bootstrap list, the web ports, the pinned keys. */
static void describe_knowledge(sim_world *world)
{
    const sim_config *config = world->config;
    pl_network *knowledge = &world->knowledge;
    size_t n = MIN(awake(world), G_N_ELEMENTS(world->bootstrap));
    memcpy(world->bootstrap, world->supernodes, n * sizeof world->bootstrap[0]);
    memcpy(world->landmarks, landmarks, sizeof world->landmarks);
    knowledge->echo_targets = world->landmarks;
    knowledge->n_echo_targets = world->n_landmarks;
    knowledge->bootstrap = world->bootstrap;
    knowledge->n_bootstrap = n;
    memcpy(world->web_ports, config->supernodes.web_ports.port, sizeof world->web_ports);
    knowledge->web_ports = world->web_ports;
    knowledge->n_web_ports = config->supernodes.web_ports.n;
    memcpy(knowledge->server_sign_key, world->keys.sign.public_key, PL_KEY_BYTES);
    memcpy(knowledge->server_dh_key, world->keys.dh.public_key, PL_KEY_BYTES);
}

/* A peer whose login is a later one has a cache from before: a draw of the supernodes. */
static void fill_cache(sim_machine *machine)
{
    sim_world *world = machine->world;
    if (!machine->group || machine->group->login != SIM_LOGIN_LATER)
        return;
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    const size_t all = awake(world);
    size_t left = all, n = 0;
    size_t max = MIN((size_t)machine->group->cache, MIN(left, G_N_ELEMENTS(entries)));
    for (size_t i = 0; i < all && n < max; i++)
        if (net_random_below(&machine->random, left--) < max - n)
            entries[n++] = (pl_cache_entry){world->supernodes[i], (uint32_t)world->epoch};
    pl_port port = sim_machine_port(machine);
    pl_node_seed_cache(&port, &world->config->protocol, entries, n);
}

static bool open_registry(sim_machine *machine, char **ret_error)
{
    const char *folder = machine->world->options.state_folder;
    char name[SIM_NAME_MAX];
    g_autofree char *path =
        folder ? g_strdup_printf("%s/%s.registry", folder, sim_machine_name(machine, name)) : NULL;
    machine->registry = sim_registry_new(path, ret_error);
    return machine->registry != NULL;
}

bool sim_population_build(sim_world *world, char **ret_error)
{
    add_all(world);
    for (size_t i = 0; i < world->n_servers; i++)
        world->servers[i] = (pl_addr){world->machines[i].at.ip, world->config->login_servers.port};
    for (size_t i = 0; i < world->n_supernodes; i++)
        world->supernodes[i] =
            (pl_addr){world->machines[world->n_servers + i].at.ip, world->config->supernodes.port};
    for (size_t i = 0; i < world->n_supernodes; i++)
        describe_supernode(world, i);
    if (!get_keys(world, ret_error))
        return false;
    describe_knowledge(world);
    for (size_t i = 0; i < world->n_machines; i++) {
        if (!open_registry(&world->machines[i], ret_error))
            return false;
        fill_cache(&world->machines[i]);
    }
    return true;
}
