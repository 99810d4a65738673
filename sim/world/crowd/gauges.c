/* gauges.c - the state of the overlay at regular instants: who is online, who serves, and at what pressure. */
#include "sim/world/crowd/crowd.h"

typedef struct census {
    size_t wanted, logged_in; /* users */
    size_t serving, off, users_online;
    GArray *children; /* double, of each that serves */
} census;

static void count_users(const sim_world *world, census *c)
{
    for (size_t i = 0; i < world->n_peers; i++) {
        const sim_machine *machine = sim_world_peer(world, (int64_t)i + 1);
        c->wanted += machine->wants_online;
        c->logged_in += machine->wants_online && machine->online_at != PL_NEVER;
    }
}

static void count_serving(const sim_machine *machine, census *c)
{
    const double children = (double)pl_node_clients(machine->node);
    c->serving++;
    c->users_online += pl_node_online(machine->node);
    g_array_append_val(c->children, children);
}

static void count_supernodes(const sim_world *world, census *c, pl_time now)
{
    for (size_t i = 0; i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        c->off += machine->is_off;
        sim_ledger_sample(machine, now);
        if (sim_machine_is_supernode(machine) && pl_node_is_ready(machine->node))
            count_serving(machine, c);
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell(const sim_world *world, const char *name, double value, const char *unit, pl_time now)
{
    if (now >= world->config->run.warmup_ns)
        sim_record_sample(world->options.recorder, "world", &(sim_sample){name, NULL, value, unit}, now);
}

static void tell_children(const sim_world *world, const GArray *children, pl_time now)
{
    const double *sorted = (const double *)(const void *)children->data;
    if (children->len == 0)
        return;
    tell(world, "overlay.children_median", sorted[(children->len - 1) / 2], "count", now);
    tell(world, "overlay.children_p95", sorted[(size_t)((double)(children->len - 1) * 0.95)], "count", now);
    tell(world, "overlay.children_most", sorted[children->len - 1], "count", now);
}

/* Attempts are those since the last sample, a minute and a supernode: the pressure of OU-12. */
static void tell_pressure(sim_world *world, const census *c, pl_time now)
{
    const double minutes = (double)world->config->run.sample_ns / (double)PL_MINUTE;
    const double attempts = (double)world->n_attempts / minutes;
    tell(world, "overlay.attempts", attempts, "count", now);
    if (c->serving > 0)
        tell(world, "overlay.pressure", attempts / (double)c->serving, "count", now);
    world->n_attempts = 0;
}

static void on_sample(void *ctx, void *arg, pl_time now)
{
    sim_world *world = ctx;
    census c = {.children = g_array_new(FALSE, FALSE, sizeof(double))};
    count_users(world, &c);
    count_supernodes(world, &c, now);
    g_array_sort(c.children, compare);
    tell(world, "overlay.users_online", (double)c.users_online, "count", now);
    tell(world, "overlay.logged_in", (double)c.logged_in, "count", now);
    if (c.wanted > 0)
        tell(world, "overlay.online", (double)c.logged_in / (double)c.wanted, "1", now);
    tell(world, "overlay.supernodes", (double)c.serving, "count", now);
    if (c.serving > 0)
        tell(world, "overlay.ratio", (double)c.logged_in / (double)c.serving, "count", now);
    tell(world, "overlay.shut_off", (double)c.off, "count", now);
    tell_children(world, c.children, now);
    tell_pressure(world, &c, now);
    sim_survivors_sample(world, now);
    g_array_unref(c.children);
    world->ops->at(world->engine, now + world->config->run.sample_ns, on_sample, ctx, arg);
}

void sim_gauges_plan(sim_world *world)
{
    if (world->config->run.sample_ns > 0 && world->options.recorder)
        world->ops->at(world->engine, world->config->run.sample_ns, on_sample, world, NULL);
    sim_survivors_plan(world);
    for (size_t i = 0; i < world->n_supernodes; i++)
        sim_ledger_open(&world->machines[world->n_servers + i]);
}
