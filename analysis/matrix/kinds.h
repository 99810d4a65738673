/* kinds.h - the kinds of end of a matrix, as kinds.csv describes them, and the groups of peers of groups.csv:
 * boxes, firewall, place.  Private to analysis.
 *
 * Only what decides who can reach whom is kept; lifetimes, pools and the like are read past. */
#ifndef AN_KINDS_H
#define AN_KINDS_H

#include <glib.h>

#include "core/types.h"

/* On what of a destination a mapping or a filter depends (RFC 4787 §4.1, §5); the order is that of
 * strictness. */
typedef enum an_dependence { AN_ENDPOINT_INDEPENDENT, AN_ADDRESS_DEPENDENT, AN_PORT_DEPENDENT } an_dependence;

/* What can be said of the port of a further mapping. */
typedef enum an_ports {
    AN_PORTS_PRESERVED, /* the inside port, or the one next to it */
    AN_PORTS_COUNTED,   /* the last port and a step */
    AN_PORTS_DRAWN      /* random */
} an_ports;

typedef enum an_hairpin { AN_HAIRPIN_NONE, AN_HAIRPIN_OUTSIDE_SOURCE, AN_HAIRPIN_INSIDE_SOURCE } an_hairpin;

typedef struct an_box {
    bool present;
    an_dependence mapping, filtering;
    an_ports ports;
    an_hairpin hairpin;
    bool takes_strangers; /* its own stack keeps a datagram that nobody waits for, and ours must give way */
    bool answers_syn;     /* an unsolicited SYN gets a RST or an ICMP error at once */
} an_box;

typedef enum an_reach { AN_REACH_ALL, AN_REACH_WEB, AN_REACH_NOTHING } an_reach;

typedef struct an_firewall {
    bool udp_out;
    an_reach tcp_out;    /* WEB: ports 80 or 443 only */
    bool udp_in, tcp_in; /* unsolicited */
    bool answers_syn;    /* refuses an unsolicited SYN rather than drop it */
} an_firewall;

typedef enum an_share { AN_SHARE_NONE, AN_SHARE_NAT, AN_SHARE_CARRIER } an_share;

typedef struct an_kind {
    char *name;
    an_box home, carrier;
    an_firewall firewall; /* of the host */
    an_share share;       /* which box two ends of this kind have in common */
    bool isolated;        /* the network that they share keeps its hosts apart */
    bool proxy;           /* streams to port 443 go through an HTTP proxy */
    bool listens_web;     /* it listens on 80 or 443 besides its own port */
    /* Of a group of peers: its numbers, and how many neighbours share a home and homes a carrier's box. */
    int64_t first, count, per_nat, per_carrier;
    bool opens_one_way;   /* its TCP makes no connection of two SYNs that meet */
} an_kind;

typedef struct an_kinds {
    size_t n;
    an_kind *kinds; /* by first row */
} an_kinds;

/* False and a sentence in *ret_error (g_free) if the file cannot be read or a row is not understood. */
bool an_kinds_read(const char *path, an_kinds *ret_kinds, char **ret_error);
/* One row `kind,layer,knob,value` into an array of an_kind; what is wrong with it, or NULL. */
const char *an_kinds_take(GArray *kinds, char *const *field);
void an_kinds_clear(an_kinds *kinds);
/* NULL if there is no such kind. */
const an_kind *an_kinds_find(const an_kinds *kinds, const char *name);

#endif
