/* whereabouts.c - addresses in realms: hosts and boxes come, move and get new ones. */
#include "sim/net/whereabouts.h"

static void add_address(net *network, net_realm realm, uint32_t ip, net_owner owner)
{
    net_addresses_add(&network->addresses, realm, ip, owner);
    net_routes_clear(&network->routes);
    if (realm == NET_PUBLIC_REALM)
        return;
    net_site *site = net_site_at(network, realm);
    site->low = MIN(site->low, ip);
    site->high = MAX(site->high, ip);
    site->last = owner;
}

/* The bounds stay, as others may need them; where they name one address, nobody has it now. */
static void remove_address(net *network, net_realm realm, uint32_t ip)
{
    net_addresses_remove(&network->addresses, realm, ip);
    net_routes_clear(&network->routes);
    if (realm != NET_PUBLIC_REALM)
        net_site_at(network, realm)->last = NET_OWNER_NONE;
}

typedef enum change { ADD, REMOVE } change;

/* A router tells its parent whom it can reach; a NAT box hides them. */
static void announce(net *network, change what, net_realm realm, uint32_t ip, net_owner owner)
{
    for (;;) {
        if (what == ADD)
            add_address(network, realm, ip, owner);
        else
            remove_address(network, realm, ip);
        if (realm == NET_PUBLIC_REALM)
            return;
        const net_site *site = net_site_at(network, realm);
        if (site->nat.kind->options.name)
            return;
        owner = realm | NET_OWNER_BOX;
        realm = site->parent;
    }
}

static void announce_box(net *network, change what, net_realm realm)
{
    const net_site *site = net_site_at(network, realm);
    const uint32_t n = site->nat.kind->options.pool;
    for (uint32_t i = 0; i < n; i++)
        announce(network, what, site->parent, site->nat.external_ip + i, realm | NET_OWNER_BOX);
}

void net_whereabouts_add_box(net *network, net_realm realm)
{
    announce_box(network, ADD, realm);
}

static bool is_below(const net *network, net_realm realm, net_realm top)
{
    while (realm != NET_PUBLIC_REALM && realm != top)
        realm = net_site_at(network, realm)->parent;
    return realm == top;
}

/* Some host behind a box, but not the one that leaves. */
static sim_host other_host(const net *network, net_realm realm, sim_host leaving)
{
    for (sim_host host = 0; host < network->hosts.used; host++)
        if (host != leaving && is_below(network, net_host_at(network, host)->realm, realm))
            return host;
    return NET_NO_HOST;
}

static void count_host(net *network, change what, sim_host host)
{
    net_realm realm = net_host_at(network, host)->realm;
    while (realm != NET_PUBLIC_REALM) {
        net_site *site = net_site_at(network, realm);
        site->n_hosts = what == ADD ? site->n_hosts + 1 : site->n_hosts - 1;
        if (what == ADD && site->n_hosts == 1)
            site->first_host = host;
        else if (what == REMOVE && site->first_host == host)
            site->first_host = site->n_hosts ? other_host(network, realm, host) : NET_NO_HOST;
        realm = site->parent;
    }
}

void net_whereabouts_add_host(net *network, sim_host host)
{
    const net_host *h = net_host_at(network, host);
    announce(network, ADD, h->realm, h->ip, host);
    count_host(network, ADD, host);
}

void net_host_move(net *network, sim_host host, net_realm realm, uint32_t ip)
{
    g_assert(host < network->hosts.used && realm <= network->sites.used);
    net_host *h = net_host_at(network, host);
    announce(network, REMOVE, h->realm, h->ip, host);
    count_host(network, REMOVE, host);
    h->realm = realm;
    h->ip = ip;
    net_host_state state = h->out_state;
    state.moved = 1;
    net_host_set_state(h, state);
    net_whereabouts_add_host(network, host);
}

void net_realm_reboot(net *network, net_realm realm, pl_time now)
{
    g_assert(realm != NET_PUBLIC_REALM && realm <= network->sites.used);
    net_site *site = net_site_at(network, realm);
    net_nat_box_forget(&network->nat, &site->nat);
    if (site->firewall)
        net_firewall_forget(&network->flows, site->firewall);
    net_path_forget_fragments(network, realm, now);
}

void net_realm_set_external(net *network, net_realm realm, uint32_t ip, pl_time now)
{
    g_assert(ip);
    net_realm_reboot(network, realm, now);
    net_site *site = net_site_at(network, realm);
    if (site->nat.external_ip)
        announce_box(network, REMOVE, realm);
    site->nat.external_ip = ip;
    announce_box(network, ADD, realm);
}
