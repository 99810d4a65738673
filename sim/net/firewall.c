/* firewall.c - the presets of firewalls. */
#include "sim/net/firewall.h"

#include <glib.h>
#include <string.h>

/* chosen: what Linux keeps for a UDP flow with traffic both ways (its "stream" timer), 120 s. */
#define UDP_STATE (120 * PL_SECOND)
/* spec: RFC 5382 REQ-5, an established connection that is idle lives at least 2 h 4 min. */
#define TCP_STATE (7440 * PL_SECOND)

#define LIFETIMES .udp_state_ns = UDP_STATE, .tcp_state_ns = TCP_STATE
#define ALL_IN(verdict) .tcp_in = (verdict), .udp_in = (verdict)
#define ALL_OUT(verdict) .udp_out = (verdict), .tcp_out = (verdict), .icmp_out = (verdict)

static const net_firewall_options presets[] = {
    {.name = NULL, .blocked = NET_DENY, LIFETIMES},
    {.name = "stateful", ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES},
    {.name = "udp-blocked", .udp_out = NET_DENY, .icmp_out = NET_DENY, ALL_IN(NET_DENY), .blocked = NET_DENY,
     LIFETIMES},
    {.name = "web-only", ALL_OUT(NET_DENY), .tcp_out_ports = {80, 443}, ALL_IN(NET_DENY), .blocked = NET_DENY,
     LIFETIMES},
    {.name = "only-443", ALL_OUT(NET_DENY), .tcp_out_ports = {443}, ALL_IN(NET_DENY), .blocked = NET_DENY,
     LIFETIMES},
    {.name = "refuse-all", ALL_OUT(NET_REFUSE), ALL_IN(NET_REFUSE), .blocked = NET_REFUSE, LIFETIMES},
    {.name = "drop-all", ALL_OUT(NET_DENY), ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES},
    {.name = "tcp-in-refused", .tcp_in = NET_REFUSE, .blocked = NET_REFUSE, LIFETIMES},
};

static const char *const names[] = {
    "none", "stateful", "udp-blocked", "web-only", "only-443", "refuse-all", "drop-all", "tcp-in-refused",
};

static const char *const helps[] = {
    "no firewall: everything passes, out and in",
    "everything may go out, only answers come in; the rest is dropped silently",
    "TCP may go out, UDP and ICMP are dropped silently; only answers come in",
    "only TCP to ports 80 and 443 may go out; the rest is dropped silently",
    "only TCP to port 443 may go out; the rest is dropped silently",
    "everything is refused, out and in: TCP by RST, the rest by ICMP 3/13",
    "everything is dropped silently, out and in",
    "everything passes but TCP from outside, which is refused by RST",
};

const net_firewall_options *net_firewall_preset(const char *name)
{
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(presets));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return &presets[i];
    return NULL;
}

size_t net_firewall_presets(const char *const **ret_names, const char *const **ret_help)
{
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(helps));
    *ret_names = names;
    *ret_help = helps;
    return G_N_ELEMENTS(names);
}
