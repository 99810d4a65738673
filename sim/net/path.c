/* path.c - the path of a packet: up from its realm to where somebody knows its destination, then down.
 *
 *      host A ── uplink ── firewall ── box ─┐                     ┌─ box ── firewall ── downlink ── host B
 *               (queue)    └─ judged when ─┘ └── path latency ──┘ └─ judged when the ─┘ (queue)
 *                          it leaves the uplink                     packet arrives there
 *
 * Where nobody can tell the difference (ahead.h), the way out is judged when the packet is sent.
 */
#include "sim/net/ahead.h"
#include "sim/net/answer.h"
#include "sim/net/path/path.h"
#include "sim/net/sight.h"

typedef net_spot place;

static place at_host(const net *network, sim_host host)
{
    return (place){.name = net_host_at(network, host)->name, .owner = host};
}

static place at_site(const net_site *site)
{
    return (place){.name = site->name, .owner = site->first_host};
}

static void end(net *network, net_flight *flight, net_step step, net_drop drop, place where, pl_time now)
{
    network->stats.drops[drop]++;
    if (network->observer)
        net_sight(network, flight,
                  (net_sighting){.step = step,
                                 .drop = drop,
                                 .at = NET_NO_HOST,
                                 .box = where.name,
                                 .box_owner = where.owner},
                  now);
    net_pool_give(&network->pool, flight);
}

void net_path_end(net *network, net_flight *flight, net_step step, net_drop drop, net_spot where, pl_time now)
{
    end(network, flight, step, drop, where, now);
}

static void drop_at(net *network, net_flight *flight, net_drop drop, place where, pl_time now)
{
    end(network, flight, NET_STEP_DROPPED, drop, where, now);
}

/* A packet that a box made, in a given realm. */
static net_flight *make_flight(net *network, const net_packet *packet, net_realm realm)
{
    net_flight *flight = net_pool_take(&network->pool, packet);
    flight->packet.serial = ++network->serial;
    flight->from = NET_NO_HOST;
    flight->near = NET_NO_HOST;
    flight->realm = realm;
    flight->turned = 0;
    return flight;
}

net_flight *net_path_make(net *network, const net_packet *packet, net_realm realm)
{
    return make_flight(network, packet, realm);
}

/* A host's own firewall has answered the host. */
static void on_own_answer(void *ctx, void *arg, pl_time now)
{
    net_flight *flight = arg;
    net_path_hand_over(ctx, flight->owner, flight, now);
}

/* Ends a packet on its way out at the host's own firewall or link, which answers at the same instant. */
static void refuse_own(net *network, net_flight *flight, net_drop drop, pl_time now)
{
    sim_host host = flight->from;
    net_packet answer;
    bool answers = net_path_answer(network, &flight->packet, net_host_at(network, host)->ip, drop, NET_MTU, &answer);
    end(network, flight, answers ? NET_STEP_REJECTED : NET_STEP_DROPPED, drop, at_host(network, host), now);
    if (!answers)
        return;
    net_flight *back = make_flight(network, &answer, NET_PUBLIC_REALM);
    back->owner = host;
    network->ops->at(network->engine, now, on_own_answer, network, back);
}

/* Ends a packet on its way out at a box, whose answer goes back down at the same instant. */
static void refuse_out(net *network, net_flight *flight, net_drop drop, pl_time now)
{
    net_realm realm = flight->realm;
    const net_site *site = net_site_at(network, realm);
    net_packet answer;
    const uint32_t from = site->nat.external_ip ? site->nat.external_ip : NET_ROUTER_IP;
    bool answers = net_path_answer(network, &flight->packet, from, drop, site->nat.kind->options.mtu, &answer);
    net_owner owner = net_owner_of(network, realm, flight->packet.source.ip);
    answers = answers && owner != NET_OWNER_NONE;
    end(network, flight, answers ? NET_STEP_REJECTED : NET_STEP_DROPPED, drop, at_site(site), now);
    if (!answers)
        return;
    net_flight *back = make_flight(network, &answer, realm);
    back->owner = owner;
    back->met_realm = realm;
    back->met_destination = answer.destination;
    network->ops->at(network->engine, now, net_path_arrival, network, back);
}

/* A router's work: a packet that has no hop left ends here. */
static bool hop(net_flight *flight)
{
    if (flight->packet.ttl <= 1)
        return false;
    flight->packet.ttl--;
    return true;
}

/* Translates a packet on its way out; false if it ended at the box. */
static bool translate_out(net *network, net_flight *flight, net_site *site, pl_time now)
{
    const net_nat_options *options = &site->nat.kind->options;
    const bool turns = net_nat_box_has(&site->nat, flight->packet.destination.ip);
    net_drop drop = NET_DROP_HAIRPIN, clash = NET_DROP_NONE;
    if (!turns && (flight->packet.fragment & NET_FRAGMENT_DONT) && net_packet_bytes(&flight->packet) > options->mtu)
        drop = NET_DROP_TOO_BIG;
    else if (!turns || options->hairpin != NET_HAIRPIN_NONE)
        drop = site->nat.kind->meddles ? net_path_meddle_out(network, &site->nat, flight, &clash, now)
                                       : net_nat_box_out(&network->nat, &site->nat, &flight->packet, now);
    if (drop == NET_DROP_EXHAUSTED || drop == NET_DROP_TOO_BIG)
        refuse_out(network, flight, drop, now);
    else if (drop != NET_DROP_NONE)
        drop_at(network, flight, drop, at_site(site), now);
    if (drop != NET_DROP_NONE)
        return false;
    flight->turned = turns ? flight->realm : 0;
    net_sight_crossing(network, flight, clash, site, now);
    return true;
}

/* Crosses the box above the packet's realm outward; false if the packet ended there. */
static bool pass_out(net *network, net_flight *flight, pl_time now)
{
    net_site *site = net_site_at(network, flight->realm);
    if (!hop(flight)) {
        refuse_out(network, flight, NET_DROP_TTL, now);
        return false;
    }
    net_verdict verdict = net_path_judge(network, site->firewall, flight, NET_OUTWARD, now);
    if (verdict == NET_REFUSE)
        refuse_out(network, flight, NET_DROP_FIREWALL_OUT, now);
    else if (verdict == NET_DENY)
        drop_at(network, flight, NET_DROP_FIREWALL_OUT, at_site(site), now);
    if (verdict != NET_ALLOW)
        return false;
    if (site->nat.kind->options.name && !translate_out(network, flight, site, now))
        return false;
    flight->realm = site->parent;
    return true;
}

/* The same for any packet, and for what is larger than the box's outside. */
static bool leave(net *network, net_flight *flight, pl_time now)
{
    const net_realm realm = flight->realm;
    const bool passed = G_LIKELY(!net_packet_is_part(&flight->packet))
                            ? pass_out(network, flight, now)
                            : net_path_pass_part(network, flight, realm, NET_OUTWARD, now);
    if (!passed)
        return false;
    const uint32_t mtu = net_site_at(network, realm)->nat.kind->options.mtu;
    if (G_LIKELY(mtu == NET_MTU) || flight->turned == realm)
        return true;
    net_path_clamp(&flight->packet, mtu);
    if (net_packet_bytes(&flight->packet) <= mtu)
        return true;
    net_path_cut(network, flight, mtu, net_path_climb, now);
    return false;
}

/* The host at whose place the packet will arrive, as far as can be told before it is translated: the
 * mapping of now if the site has several hosts, else the one host of the site. */
static sim_host guess_host(const net *network, const net_flight *flight)
{
    if (!(flight->owner & NET_OWNER_BOX))
        return flight->owner;
    net_realm realm = flight->owner & ~NET_OWNER_BOX;
    const net_site *site = net_site_at(network, realm);
    if (site->n_hosts <= 1)
        return site->first_host;
    uint32_t ip = site->nat.kind->options.name ? net_nat_box_peek(&network->nat, &site->nat, &flight->packet)
                                         : flight->packet.destination.ip;
    net_owner owner = net_owner_of(network, realm, ip);
    if (owner == NET_OWNER_NONE)
        return site->first_host;
    return owner & NET_OWNER_BOX ? net_site_at(network, owner & ~NET_OWNER_BOX)->first_host : owner;
}

/* Two hosts of one private realm are at one place; between others the latency policy decides. */
static pl_span path_latency(const net *network, sim_host a, sim_host b)
{
    if (a == NET_NO_HOST || b == NET_NO_HOST || a == b)
        return 0;
    net_realm realm = net_host_at(network, a)->realm;
    if (realm != NET_PUBLIC_REALM && realm == net_host_at(network, b)->realm)
        return 0;
    return network->policy->between(network->latency, a, b);
}

/* Hands the packet from the way up to the way down, across the distance between the two. */
static void turn_down(net *network, net_flight *flight, pl_span latency, pl_time now)
{
    if (flight->realm == NET_PUBLIC_REALM && !flight->turned && !hop(flight)) {
        net_path_end_hopless_public(network, flight, latency, now);
        return;
    }
    flight->met_realm = flight->realm;
    flight->met_destination = flight->packet.destination;
    network->ops->at(network->engine, now + latency, net_path_arrival, network, flight);
}

void net_path_meet(net *network, net_flight *flight, pl_time now)
{
    turn_down(network, flight, path_latency(network, flight->near, guess_host(network, flight)), now);
}

/* An answer that will be the same next time: for a packet that a host sent, to one host and no other. */
static bool lasts(const net *network, const net_flight *flight, pl_span latency)
{
    if (flight->near == NET_NO_HOST || flight->turned || latency > UINT32_MAX)
        return false;
    return !(flight->owner & NET_OWNER_BOX) ||
           net_site_at(network, flight->owner & ~NET_OWNER_BOX)->n_hosts <= 1;
}

/* The packet is in the public realm, whose answers are remembered. */
static void cross_public(net *network, net_flight *flight, pl_time now)
{
    const uint32_t ip = flight->packet.destination.ip;
    net_routes_ready(&network->routes, network->hosts.used);
    const bool sent = flight->near != NET_NO_HOST && !flight->turned;
    const net_route *route = sent ? net_routes_find(&network->routes, flight->near, ip) : NULL;
    if (route) {
        flight->owner = route->owner;
        turn_down(network, flight, route->latency, now);
        return;
    }
    flight->owner = net_owner_of(network, NET_PUBLIC_REALM, ip);
    if (flight->owner == NET_OWNER_NONE) {
        net_path_lose(network, flight, now);
        return;
    }
    const pl_span latency = path_latency(network, flight->near, guess_host(network, flight));
    if (lasts(network, flight, latency))
        net_routes_keep(&network->routes, &(net_route){.near = flight->near + 1,
                                                       .ip = ip,
                                                       .owner = flight->owner,
                                                       .latency = (uint32_t)latency});
    turn_down(network, flight, latency, now);
}

/* Goes up until a realm knows the destination. */
static void climb(net *network, net_flight *flight, pl_time now)
{
    while (flight->realm != NET_PUBLIC_REALM) {
        flight->owner = net_owner_of(network, flight->realm, flight->packet.destination.ip);
        if (flight->owner != NET_OWNER_NONE) {
            const net_site *site = net_site_at(network, flight->realm);
            if (site->isolated)
                drop_at(network, flight, NET_DROP_ISOLATED, at_site(site), now);
            else
                net_path_meet(network, flight, now);
            return;
        }
        if (!leave(network, flight, now))
            return;
    }
    cross_public(network, flight, now);
}

void net_path_climb(void *ctx, void *arg, pl_time now)
{
    climb(ctx, arg, now);
}

/* Crosses a box inward; false if the packet ended there. */
static bool pass_in(net *network, net_flight *flight, net_realm realm, pl_time now)
{
    net_site *site = net_site_at(network, realm);
    if (flight->turned != realm && !hop(flight)) {
        net_path_end_hopless(network, flight, realm, now);
        return false;
    }
    if (site->nat.kind->options.name) {
        const net_drop drop = site->nat.kind->meddles
                                  ? net_path_meddle_in(network, &site->nat, flight, now)
                                  : net_nat_box_in(&network->nat, &site->nat, &flight->packet, now);
        if (drop != NET_DROP_NONE) {
            net_path_end_stranger(network, flight, realm, drop, now);
            return false;
        }
        net_sight_crossing(network, flight, NET_DROP_NONE, site, now);
    }
    flight->realm = realm;
    net_verdict verdict = net_path_judge(network, site->firewall, flight, NET_INWARD, now);
    if (verdict == NET_REFUSE)
        net_path_refuse_in(network, flight, at_site(site), now);
    else if (verdict == NET_DENY)
        drop_at(network, flight, NET_DROP_FIREWALL_IN, at_site(site), now);
    return verdict == NET_ALLOW;
}

bool net_path_pass(net *network, net_flight *flight, net_realm realm, net_direction direction, pl_time now)
{
    return direction == NET_OUTWARD ? pass_out(network, flight, now) : pass_in(network, flight, realm, now);
}

/* The same for any packet, and for what is larger than the box's outside. */
static bool enter(net *network, net_flight *flight, net_realm realm, pl_time now)
{
    const uint32_t mtu = net_site_at(network, realm)->nat.kind->options.mtu;
    if (G_UNLIKELY(mtu != NET_MTU)) {
        if (!net_path_fits_in(network, flight, realm, now))
            return false;
        net_path_clamp(&flight->packet, mtu);
    }
    return G_LIKELY(!net_packet_is_part(&flight->packet))
               ? pass_in(network, flight, realm, now)
               : net_path_pass_part(network, flight, realm, NET_INWARD, now);
}

void net_path_arrival(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    net_flight *flight = arg;
    while (flight->owner & NET_OWNER_BOX) {
        net_realm realm = flight->owner & ~NET_OWNER_BOX;
        if (!enter(network, flight, realm, now))
            return;
        flight->owner = net_owner_of(network, realm, flight->packet.destination.ip);
        if (flight->owner == NET_OWNER_NONE) {
            drop_at(network, flight, NET_DROP_NO_ROUTE, at_site(net_site_at(network, realm)), now);
            return;
        }
    }
    net_path_knock(network, flight, now);
}

/* The packet has left the uplink: the host's own firewall sees it, then the boxes above. */
static void depart(net *network, net_flight *flight, pl_time now)
{
    sim_host host = flight->from;
    const net_host *h = net_host_at(network, host);
    net_verdict verdict = net_path_judge(network, h->out_state.guarded ? h->firewall : NULL, flight, NET_OUTWARD, now);
    if (verdict == NET_ALLOW)
        climb(network, flight, now);
    else if (verdict == NET_REFUSE)
        refuse_own(network, flight, NET_DROP_FIREWALL_OUT, now);
    else
        drop_at(network, flight, NET_DROP_FIREWALL_OUT, at_host(network, host), now);
}

/* Judges a packet that will leave the uplink at `out`; false if it must wait for that. */
static bool depart_ahead(net *network, net_flight *flight, pl_time out)
{
    const net_route *route = net_ahead(network, flight, out);
    if (!route)
        return false;
    if (flight->realm != NET_PUBLIC_REALM) {
        const net_site *site = net_site_at(network, flight->realm);
        if (site->nat.kind->options.name)
            net_sight_crossing_at(network, flight, out);
        flight->realm = site->parent;
    }
    flight->owner = route->owner;
    turn_down(network, flight, route->latency, out);
    return true;
}

void net_path_uplink_end(void *ctx, void *arg, pl_time now)
{
    net *network = ctx;
    net_flight *flight = arg;
    net_host_at(network, flight->from)->up.pending--;
    depart(network, flight, now);
}

/* Sends a packet that fits the link. */
static void send_one(net *network, sim_host host, const net_packet *packet, pl_time now)
{
    net_host *h = net_host_at(network, host);
    net_flight *flight = make_flight(network, packet, h->realm);
    flight->from = host;
    flight->near = host;
    network->stats.packets++;
    network->stats.bytes += net_packet_bytes(packet);
    net_host_count(h, h->out_state, net_packet_bytes(packet) - NET_IP_HEADER_BYTES);
    net_path_sight_stack(network, flight, NET_STEP_SENT, NET_NO_HOST, now);
    if (!h->out_state.is_up) {
        drop_at(network, flight, NET_DROP_HOST_DOWN, at_host(network, host), now);
        return;
    }
    pl_time out;
    const net_link_options *link = net_link_of(network, h->out_state);
    if (!net_path_cross_link(network, flight, host, &h->up, link, link->up_bps, &out, now))
        return;
    /* Behind a packet that waits, the next one waits too: at one instant they arrive as they were sent. */
    if (h->up.pending == 0) {
        if (out == now) {
            depart(network, flight, now);
            return;
        }
        if (depart_ahead(network, flight, out))
            return;
    }
    h->up.pending++;
    network->ops->at(network->engine, out, net_path_uplink_end, network, flight);
}

/* Ends a packet at its host, before the link for which it is too large. */
static void refuse_oversized(net *network, sim_host host, const net_packet *packet, pl_time now)
{
    net_flight *flight = make_flight(network, packet, net_host_at(network, host)->realm);
    flight->from = host;
    refuse_own(network, flight, NET_DROP_TOO_BIG, now);
}

void net_send(net *network, sim_host host, const net_packet *packet, pl_time now)
{
    if (G_LIKELY(net_packet_bytes(packet) <= NET_MTU))
        send_one(network, host, packet, now);
    else if (packet->fragment & NET_FRAGMENT_DONT)
        refuse_oversized(network, host, packet, now);
    else
        net_path_send_parts(network, packet, send_one, host, now);
}
