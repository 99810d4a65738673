/* net.c - who is in the network: hosts, realms, links, firewalls. */
#include "sim/net/net.h"

#include <string.h>

#include "sim/net/net_private.h"
#include "sim/net/warm.h"
#include "sim/net/whereabouts.h"

#define NAMES_BLOCK 4096 /* chosen: bytes of names allocated at a time */

net *net_new(const net_options *options, char **ret_error)
{
    const char *name = options->latency.policy ? options->latency.policy : "constant";
    const net_latency_policy *policy = net_latency_find(name);
    if (!policy) {
        *ret_error = g_strdup_printf("there is no latency policy named \"%s\"", name);
        return NULL;
    }
    net_latency *latency = policy->create(&options->latency, options->seed, options->replication, ret_error);
    if (!latency)
        return NULL;
    net *network = g_new0(net, 1);
    network->seed = options->seed;
    network->replication = options->replication;
    network->private_destinations = options->private_destinations;
    network->ttl = options->ttl;
    network->policy = policy;
    network->latency = latency;
    network->names = g_string_chunk_new(NAMES_BLOCK);
    net_addresses_init(&network->addresses);
    G_STATIC_ASSERT(sizeof(net_site) == 2 * SIM_MEMORY_LINE);
    net_slab_init(&network->hosts, sizeof(net_host));
    net_slab_init(&network->sites, sizeof(net_site));
    net_kinds_init(&network->links);
    net_kinds_init(&network->boxes);
    net_nat_table_init(&network->nat);
    net_firewall_flows_init(&network->flows);
    return network;
}

void net_free(net *network)
{
    if (!network)
        return;
    for (sim_host host = 0; host < network->hosts.used; host++)
        g_free(net_host_at(network, host)->firewall);
    for (net_realm realm = 1; realm <= network->sites.used; realm++)
        g_free(net_site_at(network, realm)->firewall);
    network->policy->destroy(network->latency);
    net_path_fragments_clear(network);
    net_pool_clear(&network->pool);
    net_firewall_flows_clear(&network->flows);
    net_nat_table_clear(&network->nat);
    net_kinds_clear(&network->boxes);
    net_kinds_clear(&network->links);
    net_routes_clear(&network->routes);
    net_slab_clear(&network->sites);
    net_slab_clear(&network->hosts);
    net_addresses_clear(&network->addresses);
    g_string_chunk_free(network->names);
    g_free(network);
}

void net_attach(net *network, const sim_engine_ops *ops, sim_engine *engine)
{
    g_assert(!network->ops);
    network->ops = ops;
    network->engine = engine;
    if (ops->set_warm)
        ops->set_warm(engine, net_warm);
}

static void face_send(void *network, sim_host host, const net_packet *packet, pl_time now)
{
    net_send(network, host, packet, now);
}

sim_network_face net_face(net *network)
{
    return (sim_network_face){.network = network, .send = face_send};
}

static const char *keep_name(net *network, const char *name)
{
    network->names_bytes += strlen(name) + 1;
    return g_string_chunk_insert(network->names, name);
}

/* Options under which no packet is ever stopped, whatever their name. */
static bool is_open(const net_firewall_options *options)
{
    return options->udp_out == NET_ALLOW && options->tcp_out == NET_ALLOW && options->icmp_out == NET_ALLOW &&
           options->tcp_in == NET_ALLOW && options->udp_in == NET_ALLOW && !options->tcp_blocked_ports[0] &&
           !options->udp_blocked_ports[0];
}

/* Puts options in force.  State outlives a change of options, as it would in a real firewall. */
static void set_firewall(net *network, net_firewall **slot, const net_firewall_options *options)
{
    if (!*slot) {
        if (is_open(options))
            return;
        *slot = g_new0(net_firewall, 1);
        (*slot)->id = ++network->n_firewalls;
    }
    (*slot)->options = *options;
}

/* The record of a host whose number came from outside this room. */
static net_host *known_host(const net *network, sim_host host)
{
    g_assert(host < network->hosts.used);
    return net_host_at(network, host);
}

static void set_host_firewall(net *network, net_host *host, const net_firewall_options *options)
{
    set_firewall(network, &host->firewall, options);
    net_host_state state = host->out_state;
    state.guarded = host->firewall != NULL;
    net_host_set_state(host, state);
}

static void set_link(net *network, net_host *host, const net_link_options *link)
{
    const uint32_t number = net_kinds_keep(&network->links, link, sizeof *link);
    g_assert(number < 1u << 26);
    net_host_state state = host->out_state;
    state.link = number & ((1u << 26) - 1);
    net_host_set_state(host, state);
}

net_realm net_realm_add(net *network, const net_realm_options *options)
{
    g_assert(options->parent <= network->sites.used);
    g_assert(!options->nat.name || options->external_ip);
    g_assert(!options->nat.name || !net_nat_fault(&options->nat));
    g_assert(network->sites.used + 1 < 1u << NET_PLACE_BITS);
    net_realm realm = net_slab_take(&network->sites);
    net_site *site = net_site_at(network, realm);
    site->name = keep_name(network, options->name);
    site->parent = options->parent;
    site->first_host = NET_NO_HOST;
    site->low = UINT32_MAX;
    net_nat_kind kind;
    net_nat_box_kind(&options->nat, &kind);
    site->nat.kind = net_kinds_at(&network->boxes, net_kinds_keep(&network->boxes, &kind, sizeof kind));
    site->nat.id = realm;
    site->nat.external_ip = options->external_ip;
    net_random_init(&site->nat.random, network->seed, network->replication, options->name, "nat-ports");
    set_firewall(network, &site->firewall, &options->firewall);
    site->isolated = options->isolated;
    if (options->external_ip)
        net_whereabouts_add_box(network, realm);
    return realm;
}

sim_host net_host_add(net *network, const net_host_options *options)
{
    g_assert(options->realm <= network->sites.used);
    sim_host host = net_slab_take(&network->hosts) - 1;
    g_assert(host < NET_OWNER_BOX);
    net_host *h = net_host_at(network, host);
    h->name = keep_name(network, options->name);
    h->ip = options->ip;
    h->realm = options->realm;
    net_host_set_state(h, (net_host_state){.is_up = 1});
    set_link(network, h, &options->link);
    net_random_init(&h->up.random, network->seed, network->replication, options->name, "link-up");
    net_random_init(&h->down.random, network->seed, network->replication, options->name, "link-down");
    set_host_firewall(network, h, &options->firewall);
    net_whereabouts_add_host(network, host);
    net_random place;
    net_random_init(&place, network->seed, network->replication, options->name, "latency");
    network->policy->place(network->latency, host, options->name, &place);
    return host;
}

void net_host_set_up(net *network, sim_host host, bool up)
{
    net_host *h = known_host(network, host);
    net_host_state state = h->out_state;
    state.is_up = up;
    net_host_set_state(h, state);
}

void net_host_set_side(net *network, sim_host host, net_side side)
{
    net_host *h = known_host(network, host);
    net_host_state state = h->out_state;
    state.side = (uint32_t)side & 3u;
    net_host_set_state(h, state);
}

void net_host_set_link(net *network, sim_host host, const net_link_options *link)
{
    set_link(network, known_host(network, host), link);
}

void net_host_set_firewall(net *network, sim_host host, const net_firewall_options *firewall)
{
    set_host_firewall(network, known_host(network, host), firewall);
}

const net_link_options *net_host_link(const net *network, sim_host host)
{
    return net_link_of(network, known_host(network, host)->out_state);
}

const net_firewall_options *net_host_firewall(const net *network, sim_host host)
{
    const net_firewall *firewall = known_host(network, host)->firewall;
    return firewall ? &firewall->options : net_firewall_preset("none");
}

void net_realm_set_firewall(net *network, net_realm realm, const net_firewall_options *firewall)
{
    g_assert(realm != NET_PUBLIC_REALM && realm <= network->sites.used);
    set_firewall(network, &net_site_at(network, realm)->firewall, firewall);
}

pl_span net_latency_between(const net *network, sim_host a, sim_host b)
{
    return network->policy->between(network->latency, a, b);
}

uint32_t net_host_ip(const net *network, sim_host host)
{
    return known_host(network, host)->ip;
}

net_realm net_host_realm(const net *network, sim_host host)
{
    return known_host(network, host)->realm;
}

void net_set_observer(net *network, net_observer_fn observer, void *ctx)
{
    network->observer = observer;
    network->observer_ctx = ctx;
}

uint64_t net_host_bytes(const net *network, sim_host host)
{
    const net_host *h = known_host(network, host);
    return (uint64_t)h->bytes_high << 32 | h->bytes;
}

void net_host_count_packets(net *network, sim_host host)
{
    net_host *h = known_host(network, host);
    net_host_state state = h->out_state;
    state.counted = 1;
    net_host_set_state(h, state);
}

uint64_t net_host_packets(const net *network, sim_host host)
{
    return known_host(network, host)->packets;
}

const net_stats *net_statistics(const net *network)
{
    return &network->stats;
}

size_t net_memory(const net *network)
{
    return sizeof *network + net_addresses_memory(&network->addresses) + net_slab_memory(&network->hosts) +
           net_slab_memory(&network->sites) + net_nat_table_memory(&network->nat) +
           net_firewall_flows_memory(&network->flows) + network->n_firewalls * sizeof(net_firewall) +
           network->pool.memory.total + network->names_bytes +
           network->links.memory + network->boxes.memory + net_routes_memory(&network->routes) +
           network->policy->memory(network->latency);
}
