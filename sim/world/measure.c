#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "sim/world/refresh/nat_watch.h"
#include "sim/world/world_internal.h"

#define LABELS_MAX 256

static const char *or_none(const char *name)
{
    return name ? name : "none";
}

void sim_measure_labels(const sim_machine *machine, const char *login, char *ret_labels, size_t size)
{
    const sim_group_config *group = machine->group;
    snprintf(ret_labels, size, "login=%s,setup=%s,nat=%s,firewall=%s,link=%s", login, or_none(group->name),
             or_none(group->nat_name), or_none(group->firewall_name), or_none(group->link_name));
}

static void write_labels(const sim_machine *machine, const char *login, char ret_labels[LABELS_MAX])
{
    sim_measure_labels(machine, login, ret_labels, LABELS_MAX);
}

typedef struct facts {
    sim_machine *machine;
    const char *labels;
    pl_time now;
} facts;

void sim_measure_sample(const sim_machine *machine, const sim_sample *sample, pl_time when, pl_time now)
{
    char host[SIM_NAME_MAX];
    const sim_world *world = machine->world;
    if (world->options.recorder && when >= world->config->run.warmup_ns)
        sim_record_sample(world->options.recorder, sim_machine_name(machine, host), sample, now);
}

static void sample(const facts *f, const char *name, double value, const char *unit)
{
    sim_measure_sample(f->machine, &(sim_sample){name, f->labels, value, unit}, f->now, f->now);
}

/* Bytes above IP that the host sent and received; 0 when the network is not ours to count. */
static uint64_t bytes_of(const sim_machine *machine)
{
    const sim_world *world = machine->world;
    return world->network ? net_host_bytes(world->network, machine->stack.host) : 0;
}

/* The columns of login:logged-in and login:login-failed (core/event.h). */
static void sample_login(sim_machine *machine, const pl_event *event, pl_time now)
{
    char labels[LABELS_MAX], failed[64];
    write_labels(machine, event->value[0].text, labels);
    const facts f = {machine, labels, now};
    bool is_success = event->id == PL_EVENT_LOGGED_IN;
    sample(&f, "login.success", is_success ? 1 : 0, "1");
    sample(&f, is_success ? "login.time" : "login.failure_time", (double)event->value[1].number, "ns");
    sample(&f, "login.attempts", (double)event->value[2].number, "count");
    sample(&f, "login.contacts", (double)event->value[3].number, "count");
    sample(&f, "login.contacts_tcp", (double)event->value[4].number, "count");
    if (machine->world->network)
        sample(&f, "login.bytes", (double)(bytes_of(machine) - machine->bytes_before), "B");
    if (is_success)
        return;
    snprintf(failed, sizeof failed, "login.failed.%s", event->value[5].text);
    sample(&f, failed, 1, "count");
}

static void on_login_ended(sim_machine *machine, const pl_event *event, pl_time now)
{
    sim_world *world = machine->world;
    machine->is_logging_in = false;
    if (event->id == PL_EVENT_LOGGED_IN)
        world->n_logged_in++;
    else
        world->n_failed++;
    sample_login(machine, event, now);
    sim_behaviour_login_ended(machine, now);
}

/* Not by the user's own will. */
static bool is_cut_off(const pl_event *event)
{
    return event->id == PL_EVENT_LOGIN_FAILED ||
           (event->id == PL_EVENT_LOGGED_OUT && strcmp(event->value[0].text, "user") != 0);
}

static void on_shut_off(sim_machine *machine, bool is_off, pl_time now)
{
    const facts f = {machine, NULL, now};
    machine->is_off = is_off;
    if (is_off)
        sample(&f, "overlay.shut_offs", 1, "count");
}

static void on_promoted(sim_machine *machine, pl_time now)
{
    const facts f = {machine, NULL, now};
    machine->was_elected = true;
    sample(&f, "overlay.promotions", 1, "count");
}

static void on_demoted(sim_machine *machine, pl_time now)
{
    const facts f = {machine, NULL, now};
    sample(&f, "overlay.demotions", 1, "count");
}

void sim_measure_event(sim_machine *machine, const pl_event *event, pl_time now)
{
    if (event->id == PL_EVENT_REFUSED_INPUT)
        machine->world->n_refused_inputs++;
    if (event->id == PL_EVENT_SHUT_OFF || event->id == PL_EVENT_BACK)
        on_shut_off(machine, event->id == PL_EVENT_SHUT_OFF, now);
    if (!machine->group)
        return;
    if (event->id == PL_EVENT_PROMOTED)
        on_promoted(machine, now);
    if (event->id == PL_EVENT_DEMOTED)
        on_demoted(machine, now);
    if (machine->world->paths)
        sim_paths_event(machine, event, now);
    sim_searches_event(machine, event, now);
    sim_buddies_event(machine, event, now);
    machine->world->n_attempts += event->id == PL_EVENT_LOGIN_ATTEMPT;
    if (event->id == PL_EVENT_LOGGED_IN || event->id == PL_EVENT_LOGGED_OUT)
        sim_presence_told(machine, event->id == PL_EVENT_LOGGED_IN, now);
    if (event->id == PL_EVENT_LOGIN_STARTED) {
        machine->is_logging_in = true;
        machine->bytes_before = bytes_of(machine);
    }
    sim_ping_event(machine, event, now);
    if (event->id == PL_EVENT_LOGGED_IN || event->id == PL_EVENT_LOGIN_FAILED)
        on_login_ended(machine, event, now);
    if (event->id == PL_EVENT_DISCOVERED)
        sim_nat_watch_discovered(machine);
    if (is_cut_off(event))
        sim_behaviour_cut_off(machine, now);
}

static void scalar(const sim_world *world, const char *name, double value, const char *unit)
{
    sim_record_scalar(world->options.recorder, &(sim_sample){name, NULL, value, unit});
}

static void tell_network(const sim_world *world)
{
    const net_stats *stats = net_statistics(world->network);
    char name[64];
    scalar(world, "net.packets", (double)stats->packets, "count");
    scalar(world, "net.bytes", (double)stats->bytes, "B");
    for (size_t i = 1; i < net_drop_count(); i++) {
        if (i >= NET_DROP_PARTED && stats->drops[i] == 0)
            continue; /* of runs with a partition, or with fragments, only */
        snprintf(name, sizeof name, "net.drops.%s", net_drop_name((net_drop)i));
        scalar(world, name, (double)stats->drops[i], "count");
    }
}

/* A login that is still under way did not succeed; who leaves it out makes a share too good. */
static void tell_unfinished(sim_world *world, pl_time now)
{
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (!machine->is_logging_in)
            continue;
        char labels[LABELS_MAX];
        bool is_later = machine->group->login == SIM_LOGIN_LATER || machine->left_at != PL_NEVER ||
                        (machine->group->login == SIM_LOGIN_BOTH && machine->logins_left == 1);
        write_labels(machine, is_later ? "later" : "first", labels);
        const facts f = {machine, labels, now};
        sample(&f, "login.success", 0, "1");
        sample(&f, "login.failed.unfinished", 1, "count");
        world->n_unfinished++;
    }
}

/* Of each group, whom the supernodes chose; where nobody is chosen there is nothing to say. */
static void tell_elected(sim_world *world, pl_time now)
{
    const char *policy = world->config->supernodes.election;
    if (!policy || strcmp(policy, "none") == 0)
        return;
    for (size_t i = 0; i < world->n_peers; i++) {
        sim_machine *machine = sim_world_peer(world, (int64_t)i + 1);
        char labels[LABELS_MAX];
        snprintf(labels, sizeof labels, "setup=%s", or_none(machine->group ? machine->group->name : NULL));
        const facts f = {machine, labels, now};
        sample(&f, "overlay.elected", machine->was_elected ? 1 : 0, "1");
    }
}

static void tell_supernodes(sim_world *world, pl_time now)
{
    size_t online = 0, serving = 0;
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        if (!sim_machine_is_supernode(machine))
            continue;
        const facts f = {machine, NULL, now};
        serving += pl_node_is_ready(machine->node);
        online += pl_node_online(machine->node);
        sample(&f, "overlay.children", (double)pl_node_clients(machine->node), "count");
    }
    for (size_t i = 0; i < world->n_supernodes; i++)
        sim_ledger_end(&world->machines[world->n_servers + i], now);
    scalar(world, "overlay.supernodes", (double)serving, "count");
    scalar(world, "overlay.users_online", (double)online, "count");
}

void sim_measure_end(sim_world *world, pl_time now)
{
    if (!world->options.recorder)
        return;
    sim_paths_end(world, now);
    sim_nat_watch_end(world, now);
    sim_searches_end(world, now);
    tell_unfinished(world, now);
    tell_supernodes(world, now);
    tell_elected(world, now);
    if (world->network)
        tell_network(world);
    scalar(world, "node.refused_inputs", (double)world->n_refused_inputs, "count");
}
