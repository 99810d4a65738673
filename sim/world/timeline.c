#include <stdlib.h>
#include <string.h>

#include "sim/world/refresh/nat_watch.h"
#include "sim/world/world_internal.h"

/* What goes wrong, and when: an act of the timeline chooses hosts and changes them; one with a span is
 * undone when it ends. */

/* An act that is in force on a machine.  Ends of acts that overlap may come in any order, so nothing is saved
 * and restored: what holds is the configuration, with the acts in force on top of it, oldest first. */
struct sim_change {
    struct sim_change *next;
    const sim_act *act;
};

static bool is_selected(const sim_machine *machine, const sim_selection *what)
{
    if (machine->role == SIM_ROLE_PROXY || machine->role == SIM_ROLE_LANDMARK) /* no business of nodes */
        return false;
    const bool is_user = what->role == SIM_ROLE_PEER && what->index == 0 && machine->group;
    return (what->role == SIM_ROLE_ALL || machine->role == what->role || is_user) &&
           (what->index == 0 || machine->index == what->index) && (!what->group || machine->group == what->group) &&
           (!what->is_dedicated || machine->index > machine->world->n_supernodes - machine->world->n_dedicated);
}

/* Only those who are there can go, or do ill; only those who are not can be added. */
static bool is_eligible(const sim_machine *machine, const sim_act *act)
{
    if (!is_selected(machine, &act->what))
        return false;
    if (act->action == SIM_DO_ADD)
        return !machine->node;
    if (act->action == SIM_DO_KILL || act->action == SIM_DO_QUIT || act->action == SIM_DO_POISON ||
        (act->action == SIM_DO_RESTART && machine->churner))
        return sim_presence_is_there(machine);
    return true;
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
    if (act->action == SIM_DO_SLOW)
        link.delay_ns += act->by_ns;
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

static void fail(sim_machine *machine, pl_time now)
{
    sim_churn_interrupt(machine);
    sim_presence_vanish(machine, now);
}

static void restart(sim_machine *machine, pl_time now)
{
    sim_presence_return(machine, now);
    sim_churn_resume(machine, now);
}

/* Logs out; a supernode, which is no user whose machine stays on, is gone then. */
static void quit(sim_machine *machine, pl_time now)
{
    sim_churn_interrupt(machine);
    sim_presence_log_out(machine, now);
    if (!machine->group)
        sim_presence_vanish(machine, now);
}

static bool is_of_link(sim_action action)
{
    return action == SIM_DO_LINK || action == SIM_DO_SLOW;
}

static void renew_link(sim_machine *machine)
{
    net_link_options link = *sim_population_link(machine);
    for (const struct sim_change *change = machine->changes; change; change = change->next)
        if (is_of_link(change->act->action))
            link = changed_link(link, change->act);
    net_host_set_link(machine->world->network, machine->stack.host, &link);
}

static bool is_of_firewall(sim_action action)
{
    return action == SIM_DO_BLOCK || action == SIM_DO_UNBLOCK || action == SIM_DO_FIREWALL;
}

static void renew_firewall(sim_machine *machine)
{
    net_firewall_options firewall = sim_population_firewall(machine);
    for (const struct sim_change *change = machine->changes; change; change = change->next)
        if (is_of_firewall(change->act->action))
            firewall = changed_firewall(firewall, change->act);
    firewall.proxy = sim_population_proxy(machine);
    net_host_set_firewall(machine->world->network, machine->stack.host, &firewall);
}

static void renew(sim_machine *machine, const sim_act *act)
{
    if (is_of_link(act->action))
        renew_link(machine);
    else if (is_of_firewall(act->action))
        renew_firewall(machine);
}

static bool is_away(const sim_machine *machine)
{
    for (const struct sim_change *change = machine->changes; change; change = change->next)
        if (change->act->action == SIM_DO_ROAM)
            return true;
    return false;
}

static void take_back(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    const sim_act *act = arg;
    for (struct sim_change **place = &machine->changes; *place; place = &(*place)->next) {
        if ((*place)->act != arg)
            continue;
        struct sim_change *ended = *place;
        *place = ended->next;
        g_free(ended);
        break;
    }
    renew(machine, act);
    if (act->action == SIM_DO_ROAM && !is_away(machine))
        sim_topology_go_home(machine, now);
    sim_nat_watch_changed(machine->world, act->action, now);
}

static void change(sim_machine *machine, const sim_act *act, pl_time now)
{
    sim_world *world = machine->world;
    struct sim_change **place = &machine->changes;
    if (!world->network)
        return;
    while (*place)
        place = &(*place)->next;
    *place = g_new0(struct sim_change, 1);
    (*place)->act = act;
    renew(machine, act);
    if (act->for_ns > 0)
        world->ops->at(world->engine, now + act->for_ns, take_back, machine, (void *)(uintptr_t)act);
}

void sim_timeline_forget(sim_machine *machine)
{
    while (machine->changes) {
        struct sim_change *first = machine->changes;
        machine->changes = first->next;
        g_free(first);
    }
}

/* A user who logged out is still there: he logs in again. */
static void come_again(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (!machine->node || machine->wants_online || machine->life != GPOINTER_TO_UINT(arg))
        return;
    sim_behaviour_resume(machine, now);
    sim_churn_resume(machine, now);
}

/* Unless somebody else has restarted it, or failed it again, in the meantime. */
static void come_back(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (!machine->node && machine->life == GPOINTER_TO_UINT(arg))
        restart(machine, now);
}

/* What the network does to a host without its doing. */
static void relocate(sim_machine *machine, const sim_act *act, pl_time now)
{
    if (!machine->world->network || !machine->group)
        return;
    if (act->action == SIM_DO_REBOOT)
        sim_topology_reboot(machine, now);
    else if (act->action == SIM_DO_READDRESS)
        sim_topology_readdress(machine, now);
    else if (act->action == SIM_DO_ROUTER)
        sim_topology_router(machine, &act->nat, now);
    else {
        change(machine, act, now);
        sim_topology_roam(machine, act->has_nat ? &act->nat : &machine->group->nat, now);
    }
}

/* When it is back, if ever: after a fixed span, or after a draw. */
static pl_span absence(sim_world *world, const sim_act *act)
{
    return act->back.kind == NET_LAW_NONE ? act->for_ns : net_law_draw(&act->back, &world->timeline_random);
}

static void depart(sim_machine *machine, const sim_act *act, pl_time now)
{
    sim_world *world = machine->world;
    if (!machine->node)
        return;
    if (act->action == SIM_DO_QUIT)
        quit(machine, now);
    else
        fail(machine, now);
    const pl_span span = absence(world, act);
    if (span == 0)
        return;
    machine->wants_online = machine->group && !machine->node; /* who crashed wants to be back */
    world->ops->at(world->engine, now + span, machine->node ? come_again : come_back, machine,
                   GUINT_TO_POINTER(machine->life));
}

static void apply(sim_machine *machine, const sim_act *act, pl_time now)
{
    switch (act->action) {
    case SIM_DO_FAIL:
    case SIM_DO_KILL:
    case SIM_DO_QUIT:
        depart(machine, act, now);
        break;
    case SIM_DO_RESTART:
    case SIM_DO_ADD:
        restart(machine, now);
        break;
    case SIM_DO_LINK:
    case SIM_DO_SLOW:
    case SIM_DO_BLOCK:
    case SIM_DO_UNBLOCK:
    case SIM_DO_FIREWALL:
        change(machine, act, now);
        break;
    case SIM_DO_REBOOT:
    case SIM_DO_READDRESS:
    case SIM_DO_ROAM:
    case SIM_DO_ROUTER:
        relocate(machine, act, now);
        break;
    case SIM_DO_POISON:
        sim_poison_start(machine, act, now);
        break;
    case SIM_DO_PARTITION:
    case SIM_DO_HEAL:
        break;
    }
}

typedef struct later {
    const sim_act *act;
    sim_machine *machine;
} later;

static void on_later(void *ctx, void *arg, pl_time now)
{
    later *l = arg;
    (void)ctx;
    apply(l->machine, l->act, now);
    g_free(l);
}

/* Each at a draw of his own, where the act says within what. */
static void apply_in_time(sim_machine *machine, const sim_act *act, pl_time now)
{
    sim_world *world = machine->world;
    if (act->within_ns == 0) {
        apply(machine, act, now);
        return;
    }
    later *l = g_new(later, 1);
    *l = (later){act, machine};
    const pl_span wait = (pl_span)net_random_below(&world->timeline_random, (uint64_t)act->within_ns);
    world->ops->at(world->engine, now + wait, on_later, world, l);
}

/* One partition at a time: whoever is in neither set reaches both. */
static void on_heal(void *ctx, void *arg, pl_time now)
{
    const sim_world *world = ctx;
    (void)arg;
    (void)now;
    for (size_t i = 0; world->network && i < world->n_machines; i++)
        net_host_set_side(world->network, world->machines[i].stack.host, NET_SIDE_NONE);
}

static void part(sim_world *world, const sim_act *act, pl_time now)
{
    on_heal(world, NULL, now);
    for (size_t i = 0; world->network && i < world->n_machines; i++) {
        const sim_machine *machine = &world->machines[i];
        const bool is_one = is_selected(machine, &act->what) &&
                            net_random_unit(&world->timeline_random) < act->share;
        const bool is_other = !act->has_from || is_selected(machine, &act->from);
        if (is_one || is_other)
            net_host_set_side(world->network, machine->stack.host, is_one ? NET_SIDE_A : NET_SIDE_B);
    }
    if (act->for_ns > 0)
        world->ops->at(world->engine, now + act->for_ns, on_heal, world, NULL);
}

/* A box changes once, however many hosts behind it are selected; they are neighbours in the table. */
static bool is_done_already(const sim_machine *machine, const sim_act *act, net_realm last)
{
    const net_realm realm = machine->at.realm;
    const bool is_of_box = act->action == SIM_DO_REBOOT || act->action == SIM_DO_READDRESS ||
                           act->action == SIM_DO_ROUTER;
    if (!is_of_box || realm == NET_PUBLIC_REALM)
        return false;
    return realm == last;
}

typedef struct busy {
    sim_machine *machine;
    size_t children;
} busy;

/* Of equals the one that stands first in the table. */
static int by_children(const void *a, const void *b)
{
    const busy *x = a, *y = b;
    if (x->children != y->children)
        return x->children > y->children ? -1 : 1;
    return x->machine > y->machine ? 1 : -1;
}

static size_t apply_to_busiest(sim_world *world, const sim_act *act, pl_time now)
{
    size_t n = 0;
    g_autofree busy *all = g_new(busy, world->n_machines + 1);
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (is_eligible(machine, act))
            all[n++] = (busy){machine, machine->node ? pl_node_clients(machine->node) : 0};
    }
    const size_t wanted = (size_t)(act->share * (double)n + 0.5);
    qsort(all, n, sizeof *all, by_children);
    for (size_t i = 0; i < wanted; i++)
        apply_in_time(all[i].machine, act, now);
    return wanted;
}

/* A share of the selected hosts, drawn without replacement: exactly the rounded number of them.  Returns how
 * many. */
static size_t apply_to_share(sim_world *world, const sim_act *act, pl_time now)
{
    size_t selected = 0;
    for (size_t i = 0; i < world->n_machines; i++)
        selected += is_eligible(&world->machines[i], act);
    size_t wanted = (size_t)(act->share * (double)selected + 0.5);
    const size_t all = wanted;
    net_realm last = NET_PUBLIC_REALM;
    for (size_t i = 0; i < world->n_machines && wanted > 0; i++) {
        if (!is_eligible(&world->machines[i], act))
            continue;
        if (net_random_below(&world->timeline_random, selected--) >= wanted)
            continue;
        wanted--;
        if (!is_done_already(&world->machines[i], act, last))
            apply_in_time(&world->machines[i], act, now);
        last = world->machines[i].at.realm; /* a new router's, if it is one */
    }
    sim_nat_watch_changed(world, act->action, now);
    return all;
}

/* Where expectations are to find it. */
static void tell_act(const sim_world *world, const sim_act *act, size_t n, pl_time now)
{
    if (!act->name || !world->options.recorder)
        return;
    g_autofree char *name = g_strconcat("timeline.", act->name, NULL);
    sim_record_sample(world->options.recorder, "world", &(sim_sample){name, NULL, (double)n, "count"}, now);
}

static void on_act(void *ctx, void *arg, pl_time now)
{
    sim_world *world = ctx;
    const sim_act *act = arg;
    size_t n = 0;
    if (act->action == SIM_DO_PARTITION)
        part(world, act, now);
    else if (act->action == SIM_DO_HEAL)
        on_heal(world, NULL, now);
    else
        n = act->pick == SIM_PICK_BUSIEST ? apply_to_busiest(world, act, now) : apply_to_share(world, act, now);
    tell_act(world, act, n, now);
}

void sim_timeline_plan(sim_world *world)
{
    for (size_t i = 0; i < world->config->n_timeline; i++)
        world->ops->at(world->engine, world->config->timeline[i].at_ns, on_act, world,
                       (void *)&world->config->timeline[i]);
}
