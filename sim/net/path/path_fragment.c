/* path_fragment.c - packets that are larger than a link, and their fragments at boxes and hosts. */
#include "sim/net/answer.h"
#include "sim/net/fragment/cut.h"
#include "sim/net/fragment/passage.h"
#include "sim/net/fragment/reassembly.h"
#include "sim/net/path/path.h"
#include "sim/net/sight.h"

static void drop_at_site(net *network, net_flight *flight, net_drop drop, net_realm realm, pl_time now)
{
    net_path_end(network, flight, NET_STEP_DROPPED, drop, net_spot_of_site(net_site_at(network, realm)), now);
}

/* --- larger than the way allows --- */

void net_path_send_parts(net *network, const net_packet *packet, net_send_part_fn send, sim_host host,
                         pl_time now)
{
    const uint16_t identification = (uint16_t)(network->serial + 1);
    const size_t n = net_cut_count(packet, NET_MTU);
    for (size_t i = 0; i < n; i++) {
        const net_packet part = net_cut_part(packet, NET_MTU, i, identification);
        send(network, host, &part, now);
    }
}

/* One part of a packet that is cut on its way: as the packet, but for what it carries. */
static net_flight *part_of(net *network, const net_flight *whole, uint32_t mtu, size_t number)
{
    const net_packet part = net_cut_part(&whole->packet, mtu, number, (uint16_t)whole->packet.serial);
    net_flight *flight = net_path_make(network, &part, whole->realm);
    if (number == 0)
        flight->packet.serial = whole->packet.serial;
    flight->owner = whole->owner;
    flight->near = whole->near;
    flight->turned = whole->turned;
    flight->met_realm = whole->met_realm;
    flight->met_destination = whole->met_destination;
    flight->from = whole->from;
    return flight;
}

void net_path_cut(net *network, net_flight *flight, uint32_t mtu, sim_event_fn go_on, pl_time now)
{
    const size_t n = net_cut_count(&flight->packet, mtu);
    for (size_t i = 0; i < n; i++) {
        net_flight *part = part_of(network, flight, mtu, i);
        if (i > 0)
            net_path_sight_stack(network, part, NET_STEP_SENT, NET_NO_HOST, now);
        go_on(network, part, now);
    }
    net_pool_give(&network->pool, flight);
}

bool net_path_fits_in(net *network, net_flight *flight, net_realm realm, pl_time now)
{
    const net_site *site = net_site_at(network, realm);
    const uint32_t mtu = site->nat.kind->options.mtu;
    if (net_packet_bytes(&flight->packet) <= mtu || flight->turned == realm)
        return true;
    if (!(flight->packet.fragment & NET_FRAGMENT_DONT)) {
        net_path_cut(network, flight, mtu, net_path_arrival, now);
        return false;
    }
    const net_packet refused = net_path_as_met(flight);
    net_packet answer;
    const bool answers = net_answer_icmp(&refused, NET_ROUTER_IP, NET_ICMP_TOO_BIG, &answer);
    answer.next_mtu = (uint16_t)mtu;
    net_path_end_at(network, flight, NET_DROP_TOO_BIG, net_spot_of_site(site), answers ? &answer : NULL, now);
    return false;
}

/* spec: RFC 9293 §3.2, options of a segment. */
#define OPTION_END     0
#define OPTION_NOTHING 1
#define OPTION_MSS     2

void net_path_clamp(net_packet *packet, uint32_t mtu)
{
    if (packet->protocol != PL_PROTOCOL_TCP || !(packet->tcp_flags & NET_TCP_SYN) ||
        net_packet_is_later(packet))
        return;
    const uint32_t most = mtu - NET_IP_HEADER_BYTES - NET_TCP_HEADER_BYTES;
    uint8_t *options = packet->options;
    for (size_t at = 0; at < packet->options_len && options[at] != OPTION_END;) {
        if (options[at] == OPTION_NOTHING) {
            at++;
            continue;
        }
        if (at + 1 >= packet->options_len || options[at + 1] < 2 ||
            at + options[at + 1] > packet->options_len)
            return;
        if (options[at] == OPTION_MSS && options[at + 1] == 4 &&
            (uint32_t)(options[at + 2] << 8 | options[at + 3]) > most) {
            options[at + 2] = (uint8_t)(most >> 8);
            options[at + 3] = (uint8_t)most;
        }
        at += options[at + 1];
    }
}

/* --- at a box --- */

static void passages_free(gpointer passages)
{
    net_passages_free(passages);
}

/* What is known at a box; NULL if no fragment has crossed it. */
static net_passages *known_passages(const net *network, net_realm realm)
{
    return network->passages ? g_hash_table_lookup(network->passages, GUINT_TO_POINTER(realm)) : NULL;
}

static net_passages *passages_of(net *network, net_realm realm)
{
    if (!network->passages)
        network->passages = g_hash_table_new_full(NULL, NULL, NULL, passages_free);
    net_passages *passages = known_passages(network, realm);
    if (!passages) {
        passages = net_passages_new();
        g_hash_table_insert(network->passages, GUINT_TO_POINTER(realm), passages);
    }
    return passages;
}

static void on_overdue(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    const net_realm realm = GPOINTER_TO_UINT(arg);
    net_passages *passages = known_passages(network, realm);
    net_flight *flight;
    while (passages && (flight = net_passages_take_overdue(passages, now)))
        drop_at_site(network, flight, NET_DROP_FRAGMENT, realm, now);
}

void net_path_forget_fragments(net *network, net_realm realm, pl_time now)
{
    net_passages *passages = known_passages(network, realm);
    if (!passages)
        return;
    net_flight *flight;
    while ((flight = net_passages_take_overdue(passages, PL_NEVER)))
        drop_at_site(network, flight, NET_DROP_FRAGMENT, realm, now);
    g_hash_table_remove(network->passages, GUINT_TO_POINTER(realm));
}

/* A first fragment takes a whole packet's way, and what becomes of it is what becomes of the others: those
 * that wait go on after it, at the same instant. */
static bool pass_first(net *network, net_flight *flight, net_realm realm, net_direction direction,
                       pl_time now)
{
    const net_passage_key key = net_passage_key_of(&flight->packet, direction);
    net_passage passage = {0};
    passage.passed = net_path_pass(network, flight, realm, direction, now);
    if (passage.passed) {
        passage.source = flight->packet.source;
        passage.destination = flight->packet.destination;
        passage.turned = flight->turned;
    }
    net_passages *passages = passages_of(network, realm);
    net_passages_note(passages, &key, &passage, now);
    net_flight *waiting;
    while ((waiting = net_passages_take(passages, &key)))
        network->ops->at(network->engine, now, direction == NET_OUTWARD ? net_path_climb : net_path_arrival,
                         network, waiting);
    return passage.passed;
}

/* The first one has passed, so a later one does: the box puts its addresses on it. */
static bool pass_later(net *network, net_flight *flight, const net_passage *passage, net_realm realm,
                       net_direction direction, pl_time now)
{
    const bool counts = direction == NET_OUTWARD || flight->turned != realm;
    if (counts && flight->packet.ttl <= 1) {
        drop_at_site(network, flight, NET_DROP_TTL, realm, now);
        return false;
    }
    flight->packet.ttl = (uint8_t)(flight->packet.ttl - (counts ? 1 : 0));
    flight->packet.source = passage->source;
    flight->packet.destination = passage->destination;
    flight->turned = passage->turned;
    const net_site *site = net_site_at(network, realm);
    if (site->nat.kind->options.name)
        net_sight_crossing(network, flight, NET_DROP_NONE, site, now);
    flight->realm = direction == NET_OUTWARD ? site->parent : realm;
    return true;
}

bool net_path_pass_part(net *network, net_flight *flight, net_realm realm, net_direction direction,
                        pl_time now)
{
    const net_site *site = net_site_at(network, realm);
    const net_nat_options *options = &site->nat.kind->options;
    if (!options->name && !site->firewall)
        return net_path_pass(network, flight, realm, direction, now); /* a router looks at addresses alone */
    if (options->fragments == NET_FRAGMENTS_DROPPED) {
        drop_at_site(network, flight, NET_DROP_FRAGMENT, realm, now);
        return false;
    }
    if (!net_packet_is_later(&flight->packet))
        return pass_first(network, flight, realm, direction, now);
    net_passages *passages = passages_of(network, realm);
    const net_passage_key key = net_passage_key_of(&flight->packet, direction);
    const net_passage *passage = net_passages_find(passages, &key, now);
    if (passage && passage->passed)
        return pass_later(network, flight, passage, realm, direction, now);
    if (passage || options->fragments == NET_FRAGMENTS_ORDERED ||
        !net_passages_hold(passages, &key, flight, now)) {
        drop_at_site(network, flight, NET_DROP_FRAGMENT, realm, now);
        return false;
    }
    network->ops->at(network->engine, now + NET_PASSAGE_TIME, on_overdue, network, GUINT_TO_POINTER(realm));
    return false;
}

/* --- at a host --- */

void net_path_assemble(net *network, sim_host host, net_flight *flight, pl_time now)
{
    if (!network->reassembly)
        network->reassembly = net_reassembly_new();
    net_packet whole;
    if (!net_reassembly_add(network->reassembly, host, &flight->packet, &whole, now))
        return;
    network->ops->deliver(network->engine, host, &whole, now);
    g_free((gpointer)(uintptr_t)whole.payload);
}

void net_path_fragments_clear(net *network)
{
    net_reassembly_free(network->reassembly);
    if (network->passages)
        g_hash_table_destroy(network->passages);
}
