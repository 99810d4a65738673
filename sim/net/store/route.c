/* route.c - the table of routes. */
#include "sim/net/store/route.h"

#define FIRST_SLOTS 64u   /* chosen: slots of the smallest table */
#define SLOTS_PER_HOST 2u /* chosen: a host talks mostly with one or two others at a time */

void net_routes_clear(net_routes *routes)
{
    sim_memory_free(routes->slots);
    *routes = (net_routes){0};
}

void net_routes_ready(net_routes *routes, uint32_t n_hosts)
{
    if (routes->slots)
        return;
    uint32_t n = FIRST_SLOTS;
    while (n < SLOTS_PER_HOST * n_hosts && n <= UINT32_MAX / 4)
        n *= 2;
    *routes = (net_routes){.slots = sim_memory_new0((size_t)n * sizeof(net_route)), .mask = n - 1};
}

void net_routes_keep(net_routes *routes, const net_route *route)
{
    net_route *set = net_routes_set(routes, route->near - 1, route->ip);
    for (uint32_t i = NET_ROUTES_SET - 1; i > 0; i--)
        set[i] = set[i - 1];
    set[0] = *route;
}

size_t net_routes_memory(const net_routes *routes)
{
    return routes->slots ? ((size_t)routes->mask + 1) * sizeof(net_route) : 0;
}
