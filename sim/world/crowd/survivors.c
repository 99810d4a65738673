/* survivors.c - what those go through who stay while others come and go: their traffic, and with whom they had to do.
 *
 * Who stayed is judged from sample to sample: a machine that was up and wanted to be online (a supernode: that served) at
 * both, and never went down between them.  A client that lost its supernode and found another stayed. */
#include "sim/world/crowd/crowd.h"

struct sim_contacts {
    GHashTable *addresses; /* IPv4 addresses, as pointers: a set that is only counted, never walked */
    GHashTable *streams;   /* open ones: their ids, to the address of the other end */
    uint64_t connections;  /* TCP, opened or accepted */
    bool was_there;        /* at the last sample, when all of this was set to 0 */
    uint32_t life;
    uint64_t wire;
};

/* Means of one kind of survivors. */
typedef struct survey {
    double n, bytes, contacts, connections;
} survey;

void sim_contacts_datagram(struct sim_contacts *contacts, pl_addr with)
{
    g_hash_table_add(contacts->addresses, GUINT_TO_POINTER(with.ip));
}

void sim_contacts_stream(struct sim_contacts *contacts, pl_id stream, pl_addr with)
{
    g_hash_table_add(contacts->addresses, GUINT_TO_POINTER(with.ip));
    g_hash_table_insert(contacts->streams, GUINT_TO_POINTER(stream), GUINT_TO_POINTER(with.ip));
    contacts->connections++;
}

void sim_contacts_input(struct sim_contacts *contacts, const pl_input *input)
{
    void *ip = g_hash_table_lookup(contacts->streams, GUINT_TO_POINTER(input->id));
    if (input->kind == PL_INPUT_DATAGRAM)
        sim_contacts_datagram(contacts, input->from);
    if (input->kind == PL_INPUT_ACCEPTED)
        sim_contacts_stream(contacts, input->id, input->from);
    if (input->kind == PL_INPUT_DATA && ip)
        g_hash_table_add(contacts->addresses, ip);
    if (input->kind == PL_INPUT_CLOSED)
        g_hash_table_remove(contacts->streams, GUINT_TO_POINTER(input->id));
}

void sim_contacts_free(sim_machine *machine)
{
    if (!machine->contacts)
        return;
    g_hash_table_unref(machine->contacts->addresses);
    g_hash_table_unref(machine->contacts->streams);
    g_clear_pointer(&machine->contacts, g_free);
}

void sim_survivors_plan(sim_world *world)
{
    if (world->config->run.contacts != SIM_YES || !world->network)
        return;
    for (size_t i = 0; i < world->n_supernodes + world->n_peers; i++) {
        sim_machine *machine = &world->machines[world->n_servers + i];
        machine->contacts = g_new0(struct sim_contacts, 1);
        machine->contacts->addresses = g_hash_table_new(NULL, NULL);
        machine->contacts->streams = g_hash_table_new(NULL, NULL);
        net_host_count_packets(world->network, machine->stack.host);
    }
}

static uint64_t wire_of(const sim_machine *machine)
{
    const net *network = machine->world->network;
    const sim_host host = machine->stack.host;
    return net_host_bytes(network, host) + NET_IP_HEADER_BYTES * net_host_packets(network, host);
}

static bool is_there(const sim_machine *machine)
{
    if (!machine->node)
        return false;
    return machine->role == SIM_ROLE_SUPERNODE ? pl_node_is_ready(machine->node) : machine->wants_online;
}

static void take(sim_machine *machine, survey *s)
{
    struct sim_contacts *c = machine->contacts;
    const uint64_t wire = wire_of(machine);
    const bool there = is_there(machine);
    if (there && c->was_there && c->life == machine->life) {
        s->n++;
        s->bytes += (double)(wire - c->wire);
        s->contacts += g_hash_table_size(c->addresses);
        s->connections += (double)c->connections;
    }
    g_hash_table_remove_all(c->addresses);
    if (!machine->node)
        g_hash_table_remove_all(c->streams);
    c->connections = 0;
    c->was_there = there;
    c->life = machine->life;
    c->wire = wire;
}

static void tell(const sim_world *world, const char *name, double value, const char *unit, pl_time now)
{
    if (now >= world->config->run.warmup_ns)
        sim_record_sample(world->options.recorder, "world", &(sim_sample){name, NULL, value, unit}, now);
}

void sim_survivors_sample(sim_world *world, pl_time now)
{
    if (world->config->run.contacts != SIM_YES || !world->network)
        return;
    survey of_supernodes = {0}, of_clients = {0};
    for (size_t i = 0; i < world->n_supernodes + world->n_peers; i++)
        take(&world->machines[world->n_servers + i], i < world->n_supernodes ? &of_supernodes : &of_clients);
    const double seconds = (double)world->config->run.sample_ns / (double)PL_SECOND;
    const survey c = of_clients, s = of_supernodes;
    if (c.n > 0) {
        tell(world, "survivors.load_client", c.bytes * 8 / c.n / seconds, "bit/s", now);
        tell(world, "survivors.contacts_client", c.contacts / c.n, "count", now);
        tell(world, "survivors.connections_client", c.connections / c.n, "count", now);
    }
    if (s.n > 0) {
        tell(world, "survivors.load_supernode", s.bytes * 8 / s.n / seconds, "bit/s", now);
        tell(world, "survivors.contacts_supernode", s.contacts / s.n, "count", now);
        tell(world, "survivors.connections_supernode", s.connections / s.n, "count", now);
    }
}
