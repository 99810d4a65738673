#include "sim/world/refresh/nat_truth.h"

#include "core/nat/discovery/discovery.h"

static pl_nat_mapping mapping_of(const net_nat_options *nat)
{
    static const pl_nat_mapping of[] = {
        [NET_NAT_EI] = PL_MAPPING_EI, [NET_NAT_AD] = PL_MAPPING_AD, [NET_NAT_APD] = PL_MAPPING_APD};
    return nat ? of[nat->mapping] : PL_MAPPING_NONE;
}

/* A box that overloads its ports keeps a record a flow, and lets in what belongs to one. */
static pl_nat_filtering filtering_of(const net_nat_options *nat)
{
    static const pl_nat_filtering of[] = {
        [NET_NAT_EI] = PL_FILTERING_EI, [NET_NAT_AD] = PL_FILTERING_AD, [NET_NAT_APD] = PL_FILTERING_APD};
    if (nat && nat->ports == NET_PORTS_OVERLOADING)
        return PL_FILTERING_APD;
    return nat ? of[nat->filtering] : PL_FILTERING_EI;
}

static bool is_listed(const uint16_t list[NET_FIREWALL_PORTS_MAX], uint16_t port)
{
    for (size_t i = 0; i < NET_FIREWALL_PORTS_MAX && list[i]; i++)
        if (list[i] == port)
            return true;
    return false;
}

/* Discovery asks one port first; who cannot reach it is blocked, as far as a report can tell. */
static bool lets_udp_out(const net_firewall_options *firewall)
{
    if (is_listed(firewall->udp_blocked_ports, PL_STUN_PORT_1))
        return false;
    return firewall->udp_out == NET_ALLOW || is_listed(firewall->udp_out_ports, PL_STUN_PORT_1);
}

sim_nat_truth sim_nat_truth_of_way(const sim_nat_way *way)
{
    pl_nat_filtering wall = way->firewall->udp_in == NET_ALLOW ? PL_FILTERING_EI : PL_FILTERING_APD;
    pl_nat_filtering boxes = MAX(filtering_of(way->nat), filtering_of(way->carrier));
    return (sim_nat_truth){.udp = lets_udp_out(way->firewall) ? PL_UDP_OPEN : PL_UDP_BLOCKED,
                           .mapping = MAX(mapping_of(way->nat), mapping_of(way->carrier)),
                           .filtering = MAX(boxes, wall)};
}

sim_nat_truth sim_nat_truth_of(const sim_machine *machine)
{
    const sim_whereabouts *at = &machine->at;
    sim_nat_truth truth = sim_nat_truth_of_way(
        &(sim_nat_way){at->nat, at->carrier, net_host_firewall(machine->world->network, machine->stack.host)});
    truth.outside = at->outside;
    truth.n_outside = at->n_outside;
    return truth;
}

bool sim_nat_truth_equal(const sim_nat_truth *a, const sim_nat_truth *b)
{
    return a->udp == b->udp && a->mapping == b->mapping && a->filtering == b->filtering &&
           a->outside == b->outside && a->n_outside == b->n_outside;
}

bool sim_nat_truth_has_class(const sim_nat_truth *truth, const pl_nat_report *report)
{
    if (truth->udp == PL_UDP_BLOCKED || report->udp == PL_UDP_BLOCKED)
        return report->udp == truth->udp;
    return report->udp == truth->udp && report->mapping == truth->mapping && report->filtering == truth->filtering;
}

bool sim_nat_truth_has_address(const sim_nat_truth *truth, const pl_nat_report *report)
{
    return truth->udp == PL_UDP_BLOCKED || !sim_nat_truth_is_translated(truth) ||
           report->mapped.ip - truth->outside < truth->n_outside;
}

bool sim_nat_truth_is_translated(const sim_nat_truth *truth)
{
    return truth->mapping != PL_MAPPING_NONE;
}

bool sim_nat_truth_is_open(const sim_nat_truth *truth)
{
    return truth->udp == PL_UDP_OPEN && truth->mapping == PL_MAPPING_NONE && truth->filtering == PL_FILTERING_EI;
}

static bool is_hard(const sim_nat_truth *truth)
{
    return truth->mapping == PL_MAPPING_AD || truth->mapping == PL_MAPPING_APD;
}

bool sim_nat_truth_forbids_punch(const sim_nat_truth *a, const sim_nat_truth *b)
{
    if (a->udp == PL_UDP_BLOCKED || b->udp == PL_UDP_BLOCKED)
        return true;
    return (is_hard(a) && (is_hard(b) || b->filtering == PL_FILTERING_APD)) ||
           (is_hard(b) && a->filtering == PL_FILTERING_APD);
}
