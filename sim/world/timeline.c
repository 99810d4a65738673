#include <string.h>

#include "sim/world/world_internal.h"

/* What goes wrong, and when: an act of the timeline chooses hosts and changes them; one with a span is
 * undone when it ends. */

typedef struct undo {
    sim_machine *machine;
    const sim_act *act;
    net_link_options link;
    net_firewall_options firewall;
} undo;

static bool is_selected(const sim_machine *machine, const sim_selection *what)
{
    return (what->role == SIM_ROLE_ALL || machine->role == what->role) &&
           (what->index == 0 || machine->index == what->index) && (!what->group || machine->group == what->group);
}

static net_link_options changed_link(net_link_options link, const sim_act *act)
{
    if (act->link_fields & SIM_LINK_UP)
        link.up_bps = act->link.up_bps;
    if (act->link_fields & SIM_LINK_DOWN)
        link.down_bps = act->link.down_bps;
    if (act->link_fields & SIM_LINK_DELAY) {
        link.delay_ns = act->link.delay_ns;
        link.jitter_ns = act->link.jitter_ns;
    }
    if (act->link_fields & SIM_LINK_QUEUE) {
        link.queue_ns = act->link.queue_ns;
        link.queue_bytes = act->link.queue_bytes;
    }
    if (act->link_fields & SIM_LINK_LOSS)
        link.loss = act->link.loss;
    return link;
}

static void add_ports(uint16_t list[NET_FIREWALL_PORTS_MAX], const sim_ports *ports)
{
    size_t used = 0;
    while (used < NET_FIREWALL_PORTS_MAX && list[used])
        used++;
    for (size_t i = 0; i < ports->n && used < NET_FIREWALL_PORTS_MAX; i++)
        list[used++] = ports->port[i];
}

static void remove_ports(uint16_t list[NET_FIREWALL_PORTS_MAX], const sim_ports *ports)
{
    size_t kept = 0;
    for (size_t i = 0; i < NET_FIREWALL_PORTS_MAX && list[i]; i++) {
        bool is_listed = false;
        for (size_t k = 0; k < ports->n; k++)
            is_listed |= ports->port[k] == list[i];
        if (!is_listed)
            list[kept++] = list[i];
    }
    memset(list + kept, 0, (NET_FIREWALL_PORTS_MAX - kept) * sizeof list[0]);
}

static net_firewall_options changed_firewall(net_firewall_options firewall, const sim_act *act)
{
    void (*change)(uint16_t *, const sim_ports *) = act->action == SIM_DO_BLOCK ? add_ports : remove_ports;
    if (act->action == SIM_DO_FIREWALL)
        return act->firewall;
    if (!firewall.name) /* a host without a firewall gets one that allows everything else */
        firewall = *net_firewall_preset("none");
    firewall.name = firewall.name ? firewall.name : "timeline";
    if (act->transport != SIM_TRANSPORT_UDP)
        change(firewall.tcp_blocked_ports, &act->ports);
    if (act->transport != SIM_TRANSPORT_TCP)
        change(firewall.udp_blocked_ports, &act->ports);
    firewall.blocked = act->answer == SIM_ANSWER_REFUSE ? NET_REFUSE : NET_DENY;
    return firewall;
}

static void fail(sim_machine *machine)
{
    sim_world *world = machine->world;
    if (!machine->node)
        return;
    sim_behaviour_give_up(machine);
    world->ops->host_down(world->engine, machine->host);
    if (world->network)
        net_host_set_up(world->network, machine->host, false);
    sim_machine_stop(machine);
}

static void restart(sim_machine *machine, pl_time now)
{
    sim_world *world = machine->world;
    if (machine->node)
        fail(machine);
    if (world->network)
        net_host_set_up(world->network, machine->host, true);
    world->ops->host_up(world->engine, machine->host, machine->ip);
    sim_machine_start(machine, now);
    sim_behaviour_resume(machine, now);
}

static void apply(sim_machine *machine, const sim_act *act, pl_time now)
{
    net *network = machine->world->network;
    switch (act->action) {
    case SIM_DO_FAIL:
        fail(machine);
        break;
    case SIM_DO_RESTART:
        restart(machine, now);
        break;
    case SIM_DO_LINK: {
        net_link_options link = changed_link(*net_host_link(network, machine->host), act);
        net_host_set_link(network, machine->host, &link);
        break;
    }
    case SIM_DO_BLOCK:
    case SIM_DO_UNBLOCK:
    case SIM_DO_FIREWALL: {
        net_firewall_options firewall = changed_firewall(*net_host_firewall(network, machine->host), act);
        net_host_set_firewall(network, machine->host, &firewall);
        break;
    }
    }
}

static void take_back(void *ctx, void *arg, pl_time now)
{
    (void)arg;
    undo *u = ctx;
    net *network = u->machine->world->network;
    if (u->act->action == SIM_DO_FAIL)
        restart(u->machine, now);
    else if (u->act->action == SIM_DO_LINK)
        net_host_set_link(network, u->machine->host, &u->link);
    else
        net_host_set_firewall(network, u->machine->host, &u->firewall);
    g_free(u);
}

static void apply_for_a_while(sim_machine *machine, const sim_act *act, pl_time now)
{
    sim_world *world = machine->world;
    if (act->for_ns > 0 && act->action != SIM_DO_RESTART) {
        undo *u = g_new0(undo, 1);
        *u = (undo){.machine = machine, .act = act};
        if (world->network) {
            u->link = *net_host_link(world->network, machine->host);
            u->firewall = *net_host_firewall(world->network, machine->host);
        }
        world->ops->at(world->engine, now + act->for_ns, take_back, u, NULL);
    }
    apply(machine, act, now);
}

/* A share of the selected hosts, drawn without replacement: exactly the rounded number of them. */
static void on_act(void *ctx, void *arg, pl_time now)
{
    sim_world *world = ctx;
    const sim_act *act = arg;
    size_t selected = 0;
    for (size_t i = 0; i < world->n_machines; i++)
        selected += is_selected(&world->machines[i], &act->what);
    size_t wanted = (size_t)(act->share * (double)selected + 0.5);
    for (size_t i = 0; i < world->n_machines && wanted > 0; i++) {
        if (!is_selected(&world->machines[i], &act->what))
            continue;
        if (net_random_below(&world->timeline_random, selected--) >= wanted)
            continue;
        wanted--;
        apply_for_a_while(&world->machines[i], act, now);
    }
}

void sim_timeline_plan(sim_world *world)
{
    for (size_t i = 0; i < world->config->n_timeline; i++)
        world->ops->at(world->engine, world->config->timeline[i].at_ns, on_act, world,
                       (void *)&world->config->timeline[i]);
}
