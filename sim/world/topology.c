#include <stdio.h>

#include "sim/world/world_internal.h"

/* Where hosts stand: homes behind boxes, carriers' networks above them, and how hosts and boxes change their
 * addresses.
 *
 *   public ── box of a carrier ── 100.64.0.0/10 ── box of a home ── 192.168.1.0/24 ── host
 */

/* chosen: 192.168.1.2 in every home, so that equal private prefixes are the rule; spec: RFC 6598 for what is
 * between a carrier and its homes. */
#define HOME_HOST    0xC0A80102u
#define CARRIER_HOST 0x64400002u /* 100.64.0.2 */
/* chosen: for boxes with several addresses, and whoever gets another one later. */
#define FURTHER_PUBLIC  0x56000001u /* 86.0.0.1 */
#define FURTHER_CARRIER 0x64600001u /* 100.96.0.1 */
#define NEXT_LAN        0x100u      /* 192.168.2.2, 192.168.3.2, … for whoever roams … */
#define LANS            250u        /* … and round again: the third part of an address has 256 values */

static uint32_t further(sim_world *world, bool is_public, uint32_t n)
{
    uint32_t *given = &world->n_addresses[is_public ? 0 : 1];
    const uint32_t first = (is_public ? FURTHER_PUBLIC : FURTHER_CARRIER) + *given;
    *given += n;
    return first;
}

static uint32_t pool_of(const net_nat_options *nat)
{
    return MAX(nat->pool, 1);
}

typedef struct box {
    const char *kind; /* "nat", "carrier" */
    const net_nat_options *nat;
    net_realm parent;
    uint32_t outside;
    bool is_lan; /* what is behind it is the LAN of hosts */
} box;

/* A box is called by its first host, and by that host's move. */
static net_realm add_box(const sim_machine *machine, const box *b)
{
    char name[SIM_NAME_MAX], text[SIM_NAME_MAX + 32], move[16] = "";
    if (machine->moves > 0)
        snprintf(move, sizeof move, "-%u", machine->moves);
    snprintf(text, sizeof text, "%s-%s%s", b->kind, sim_machine_name(machine, name), move);
    return net_realm_add(machine->world->network,
                         &(net_realm_options){.name = text,
                                              .parent = b->parent,
                                              .external_ip = b->outside,
                                              .nat = *b->nat,
                                              .isolated = b->is_lan && machine->group->isolated == SIM_YES});
}

/* A carrier's box with the public address of its first host. */
static void open_carrier(const sim_machine *machine, sim_street *street, uint32_t public_ip)
{
    const net_nat_options *nat = &machine->group->carrier;
    sim_whereabouts *w = &street->last;
    w->n_outside = pool_of(nat);
    w->outside = w->n_outside > 1 ? further(machine->world, true, w->n_outside) : public_ip;
    w->above = add_box(machine, &(box){.kind = "carrier",
                                       .nat = nat,
                                       .parent = NET_PUBLIC_REALM,
                                       .outside = w->outside,
                                       .is_lan = !machine->group->nat.name});
    w->realm = w->above;
    w->between = 0;
    w->carrier = nat;
    street->in_carrier = 0;
}

static void open_home(const sim_machine *machine, sim_street *street, uint32_t public_ip)
{
    const net_nat_options *nat = &machine->group->nat;
    const bool is_public = !machine->group->carrier.name;
    sim_whereabouts *w = &street->last;
    const uint32_t pool = pool_of(nat);
    const uint32_t first = is_public ? public_ip : CARRIER_HOST + (uint32_t)street->in_carrier++;
    const uint32_t outside = pool > 1 ? further(machine->world, is_public, pool) : first;
    if (is_public) {
        w->outside = outside;
        w->n_outside = pool;
    } else {
        w->between = outside;
    }
    w->realm = add_box(machine, &(box){"nat", nat, w->above, outside, true});
    w->nat = nat;
    street->in_home = 0;
}

static void find_place(const sim_machine *machine, sim_street *street, uint32_t public_ip)
{
    const bool has_nat = machine->group && machine->group->nat.name;
    const bool has_carrier = machine->group && machine->group->carrier.name;
    const bool fits = has_nat && street->in_home > 0 && street->in_home < street->per_nat;
    if (has_carrier && !fits && (street->in_carrier == 0 || street->in_carrier == street->per_carrier))
        open_carrier(machine, street, public_ip);
    if (has_nat && !fits)
        open_home(machine, street, public_ip);
    if (has_nat)
        street->last.ip = HOME_HOST + (uint32_t)street->in_home++;
    else if (has_carrier)
        street->last.ip = CARRIER_HOST + (uint32_t)street->in_carrier++;
    else
        street->last = (sim_whereabouts){.realm = NET_PUBLIC_REALM,
                                         .above = NET_PUBLIC_REALM,
                                         .ip = public_ip,
                                         .outside = public_ip,
                                         .n_outside = 1};
}

void sim_topology_add(sim_machine *machine, sim_street *street)
{
    char name[SIM_NAME_MAX];
    find_place(machine, street, machine->at.ip);
    machine->at = machine->home = street->last;
    machine->stack.host = net_host_add(machine->world->network,
                                       &(net_host_options){.name = sim_machine_name(machine, name),
                                                           .realm = machine->at.realm,
                                                           .ip = machine->at.ip,
                                                           .link = *sim_population_link(machine),
                                                           .firewall = sim_population_firewall(machine)});
}

void sim_topology_reboot(const sim_machine *machine, pl_time now)
{
    if (machine->at.realm != NET_PUBLIC_REALM)
        net_realm_reboot(machine->world->network, machine->at.realm, now);
}

/* The host, its stack and its node get to know the new place; an act like a user's, so the node hears at
 * once. */
static void move_to(sim_machine *machine, const sim_whereabouts *place, pl_time now)
{
    const sim_world *world = machine->world;
    net_host_move(world->network, machine->stack.host, place->realm, place->ip);
    machine->at = *place;
    if (machine->node)
        world->ops->host_move(world->engine, machine->stack.host, place->ip);
    sim_machine_input(machine, &(pl_input){.kind = PL_INPUT_ADDRESS}, now);
}

/* Everybody behind the box is known by its new address. */
static void rename_box(sim_world *world, net_realm realm, uint32_t outside, bool is_public)
{
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (machine->at.realm == realm)
            *(is_public ? &machine->at.outside : &machine->at.between) = outside;
        if (machine->home.realm == realm)
            *(is_public ? &machine->home.outside : &machine->home.between) = outside;
        if (is_public && machine->at.realm != realm && machine->at.above == realm)
            machine->at.outside = machine->home.outside = outside;
    }
}

void sim_topology_readdress(sim_machine *machine, pl_time now)
{
    sim_world *world = machine->world;
    const net_realm realm = machine->at.realm;
    if (realm == NET_PUBLIC_REALM) {
        sim_whereabouts place = machine->at;
        place.ip = place.outside = further(world, true, 1);
        move_to(machine, &place, now);
        return;
    }
    const bool is_home = realm != machine->at.above;
    const bool is_public = !is_home || machine->at.above == NET_PUBLIC_REALM;
    const uint32_t pool = pool_of(is_home ? &machine->group->nat : &machine->group->carrier);
    const uint32_t outside = further(world, is_public, pool);
    net_realm_set_external(world->network, realm, outside, now);
    rename_box(world, realm, outside, is_public);
}

void sim_topology_roam(sim_machine *machine, const net_nat_options *nat, pl_time now)
{
    sim_world *world = machine->world;
    const bool is_public = machine->at.above == NET_PUBLIC_REALM;
    const uint32_t pool = nat->name ? pool_of(nat) : 1;
    const uint32_t outside = further(world, is_public, pool);
    sim_whereabouts place = {.realm = machine->at.above,
                             .above = machine->at.above,
                             .ip = outside,
                             .outside = is_public ? outside : machine->at.outside,
                             .n_outside = is_public ? pool : machine->at.n_outside,
                             .nat = nat->name ? nat : NULL,
                             .carrier = machine->at.carrier};
    machine->moves++;
    if (nat->name) {
        place.realm = add_box(machine, &(box){"nat", nat, place.above, outside, true});
        place.ip = HOME_HOST + NEXT_LAN * (machine->moves % LANS);
        place.between = is_public ? 0 : outside;
    }
    move_to(machine, &place, now);
}

static void change_place(sim_whereabouts *place, net_realm realm, const net_nat_options *nat)
{
    place->realm = realm;
    place->nat = nat;
    if (place->above == NET_PUBLIC_REALM)
        place->n_outside = 1;
}

/* Everybody behind the one box is behind the other, under his own address as before. */
static void change_box(sim_world *world, net_realm from, net_realm to, const net_nat_options *nat)
{
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (machine->home.realm == from)
            change_place(&machine->home, to, nat);
        if (machine->at.realm != from)
            continue;
        net_host_move(world->network, machine->stack.host, to, machine->at.ip);
        change_place(&machine->at, to, nat);
    }
}

/* The old box keeps standing, at addresses that nobody knows, with nobody behind it. */
void sim_topology_router(sim_machine *machine, const net_nat_options *nat, pl_time now)
{
    sim_world *world = machine->world;
    const sim_whereabouts at = machine->at;
    const bool is_public = at.above == NET_PUBLIC_REALM;
    if (!at.nat)
        return;
    net_realm_set_external(world->network, at.realm, further(world, is_public, pool_of(at.nat)), now);
    machine->moves++;
    const uint32_t outside = is_public ? at.outside : at.between;
    change_box(world, at.realm, add_box(machine, &(box){"nat", nat, at.above, outside, true}), nat);
}

void sim_topology_go_home(sim_machine *machine, pl_time now)
{
    const sim_whereabouts home = machine->home;
    move_to(machine, &home, now);
}
