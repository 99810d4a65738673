#include <string.h>

#include "core/event.h"
#include "sim/world/world_internal.h"

/* Echo requests of logins (core/session/ping.h), as they look from outside: to whom, how many, when, how
 * large; and what they were worth. */

#define LABELS_MAX 256

static void sample(sim_machine *machine, const char *name, double value, const char *unit, pl_time now)
{
    char labels[LABELS_MAX];
    sim_measure_labels(machine, machine->pings.is_later ? "later" : "first", labels, sizeof labels);
    sim_measure_sample(machine, &(sim_sample){name, labels, value, unit}, now, now);
}

static bool is_bootstrap(const sim_world *world, uint32_t ip)
{
    for (size_t i = 0; i < world->knowledge.n_bootstrap; i++)
        if (world->bootstrap[i].ip == ip)
            return true;
    return false;
}

static void on_ping(sim_machine *machine, const pl_event *event, pl_time now)
{
    machine->pings.sent++;
    sample(machine, "icmp.to_bootstrap", is_bootstrap(machine->world, event->value[1].addr.ip) ? 1 : 0, "1",
           now);
    sample(machine, "icmp.before_udp", machine->pings.has_asked ? 0 : 1, "1", now);
    sample(machine, "icmp.size", (double)event->value[3].number, "B", now);
}

/* Nothing that a login needs gets out: no UDP, no TCP to any port. */
static bool has_network(const sim_machine *machine)
{
    const sim_world *world = machine->world;
    const net_firewall_options *firewall = net_host_firewall(world->network, machine->stack.host);
    if (net_host_link(world->network, machine->stack.host)->state == NET_LINK_DOWN)
        return false;
    return firewall->udp_out == NET_ALLOW || firewall->tcp_out == NET_ALLOW ||
           firewall->icmp_out == NET_ALLOW || firewall->tcp_out_ports[0] || firewall->udp_out_ports[0] ||
           firewall->proxy.ip;
}

static void on_verdict(sim_machine *machine, const pl_event *event, pl_time now)
{
    const char *verdict = event->value[1].text;
    bool says_network = strcmp(verdict, "network") == 0, says_none = strcmp(verdict, "no-network") == 0;
    if (!says_network && !says_none)
        return;
    bool is_right = has_network(machine) == says_network;
    sample(machine, "icmp.verdict_right", is_right ? 1 : 0, "1", now);
    sample(machine,
           says_none && is_right ? "icmp.no_network_time"
           : says_none           ? "icmp.wrong_time"
                                 : "icmp.network_time",
           (double)event->value[4].number, "ns", now);
}

/* Whom a login could have had: the bootstrap list at a first login, else every supernode. */
static size_t rank_of(const sim_machine *machine, size_t parent, size_t candidates)
{
    const sim_world *world = machine->world;
    pl_span best =
        net_latency_between(world->network, machine->stack.host, (sim_host)(world->n_servers + parent));
    size_t rank = 1;
    for (size_t i = 0; i < candidates; i++)
        rank +=
            net_latency_between(world->network, machine->stack.host, (sim_host)(world->n_servers + i)) < best;
    return rank;
}

static void on_logged_in(sim_machine *machine, pl_time now)
{
    const sim_world *world = machine->world;
    uint32_t parent = pl_node_supernode_address(machine->node).ip;
    size_t candidates = machine->pings.is_later ? world->n_supernodes : world->knowledge.n_bootstrap;
    for (size_t i = 0; i < candidates; i++) {
        if (world->supernodes[i].ip != parent)
            continue;
        pl_span one_way =
            net_latency_between(world->network, machine->stack.host, (sim_host)(world->n_servers + i));
        sample(machine, "icmp.parent_rank", (double)rank_of(machine, i, candidates), "count", now);
        sample(machine, "icmp.parent_rtt", 2.0 * (double)one_way, "ns", now);
        return;
    }
}

void sim_ping_event(sim_machine *machine, const pl_event *event, pl_time now)
{
    if (!machine->world->config->watches_icmp || !machine->world->network)
        return;
    if (event->id == PL_EVENT_LOGIN_STARTED)
        machine->pings = (sim_pings){.is_later = strcmp(event->value[0].text, "later") == 0};
    else if (event->id == PL_EVENT_LOGIN_WAVE)
        machine->pings.has_asked = true;
    else if (event->id == PL_EVENT_ICMP_PING)
        on_ping(machine, event, now);
    else if (event->id == PL_EVENT_ICMP_ECHO)
        machine->pings.answered++;
    else if (event->id == PL_EVENT_ICMP_VERDICT)
        on_verdict(machine, event, now);
    else if (event->id == PL_EVENT_LOGGED_IN)
        on_logged_in(machine, now);
    if (event->id != PL_EVENT_LOGGED_IN && event->id != PL_EVENT_LOGIN_FAILED)
        return;
    sample(machine, "icmp.pings", machine->pings.sent, "count", now);
    sample(machine, "icmp.echoes", machine->pings.answered, "count", now);
}
