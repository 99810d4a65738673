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

static const net_firewall_preset_row presets[] = {
    {"none", "no firewall: everything passes, out and in",
     {.name = NULL, .blocked = NET_DENY, LIFETIMES}},
    {"stateful", "everything may go out, only answers come in; the rest is dropped silently",
     {.name = "stateful",
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"udp-blocked", "TCP may go out, UDP and ICMP are dropped silently; only answers come in",
     {.name = "udp-blocked", .udp_out = NET_DENY, .icmp_out = NET_DENY,
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"web-only", "only TCP to ports 80 and 443 may go out; the rest is dropped silently",
     {.name = "web-only", ALL_OUT(NET_DENY), .tcp_out_ports = {80, 443},
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"only-443", "only TCP to port 443 may go out; the rest is dropped silently",
     {.name = "only-443", ALL_OUT(NET_DENY), .tcp_out_ports = {443},
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"refuse-all", "everything is refused, out and in: TCP by RST, the rest by ICMP 3/13",
     {.name = "refuse-all", ALL_OUT(NET_REFUSE), ALL_IN(NET_REFUSE), .blocked = NET_REFUSE, LIFETIMES}},
    {"drop-all", "everything is dropped silently, out and in",
     {.name = "drop-all", ALL_OUT(NET_DENY),
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"tcp-in-refused", "everything passes but TCP from outside, which is refused by RST",
     {.name = "tcp-in-refused", .tcp_in = NET_REFUSE, .blocked = NET_REFUSE, LIFETIMES}},
    {"udp-refused", "TCP may go out, UDP and ICMP are refused by ICMP 3/13; only answers come in",
     {.name = "udp-refused", .udp_out = NET_REFUSE, .icmp_out = NET_REFUSE,
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"dns-only", "TCP may go out, and UDP to port 53; other UDP and ICMP are dropped silently; only answers "
     "come in",
     {.name = "dns-only", .udp_out = NET_DENY, .udp_out_ports = {53}, .icmp_out = NET_DENY,
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"udp-only-blocked", "TCP and ICMP may go out, UDP is dropped silently; only answers come in",
     {.name = "udp-only-blocked", .udp_out = NET_DENY,
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"echo-only", "ICMP may go out, and be answered; the rest is dropped silently: a network not paid for yet",
     {.name = "echo-only", .udp_out = NET_DENY, .tcp_out = NET_DENY,
      ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
    {"proxy-only", "only TCP to the proxy may go out; the rest is dropped silently",
     {.name = "proxy-only", ALL_OUT(NET_DENY), ALL_IN(NET_DENY), .blocked = NET_DENY, LIFETIMES}},
};

const net_firewall_options *net_firewall_preset(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i].options;
    return NULL;
}

size_t net_firewall_presets(const net_firewall_preset_row **ret_rows)
{
    *ret_rows = presets;
    return G_N_ELEMENTS(presets);
}
