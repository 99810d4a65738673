/* nat.h - a NAT box by orthogonal behaviours: mapping × filtering × ports × pool × hairpin × lifetimes.
 *
 * RFC 4787 (UDP), 5382 (TCP), 5508 (ICMP), 6888 (carriers), 7857 (updates).  The classical names of RFC 3489
 * are presets only.  Every behaviour is a knob with a name: what a scenario may write and a results writer
 * prints is the one table of net_nat_knobs. */
#ifndef NET_NAT_H
#define NET_NAT_H

#include "core/types.h"

/* Endpoint-independent, address-dependent, address-and-port-dependent (RFC 4787 §4.1, §5). */
typedef enum net_nat_behaviour { NET_NAT_EI, NET_NAT_AD, NET_NAT_APD } net_nat_behaviour;

typedef enum net_nat_ports {
    NET_PORTS_PRESERVE,    /* the inside port if free, else the next free one of its class */
    NET_PORTS_SEQUENTIAL,  /* the last port + step */
    NET_PORTS_RANDOM,
    NET_PORTS_BLOCK,       /* random within the block of the inside host (RFC 6888 REQ-4: its quota) */
    /* What Linux does: a port is taken for one remote endpoint only, so two hosts may share it (RFC 4787
     * §4.2.1, "overloading").  The box keeps one record a flow and filters by it.  Where `mapping` is
     * endpoint-independent, a new flow of an inside endpoint gets the port of its newest one while the 5-tuple
     * is free, else the inside port, else a random one of its class: a clash. */
    NET_PORTS_OVERLOADING,
    NET_PORTS_OVERRIDING   /* the inside port; whoever had it loses it */
} net_nat_ports;

/* Of a box with several addresses: one inside host always shows the same (RFC 4787 REQ-2), or any. */
typedef enum net_nat_pooling { NET_POOLING_PAIRED, NET_POOLING_ARBITRARY } net_nat_pooling;

/* A packet from inside to an outside address of the box: dropped; turned back with its outside source
 * (RFC 4787 REQ-9a); turned back with its inside source, a bug of many boxes. */
typedef enum net_nat_hairpin {
    NET_HAIRPIN_NONE,
    NET_HAIRPIN_EXTERNAL,
    NET_HAIRPIN_INTERNAL
} net_nat_hairpin;

/* What a SYN from outside gets that no mapping or filter lets in. */
typedef enum net_nat_syn {
    NET_SYN_SILENT,
    NET_SYN_RST,      /* RST, as if the box itself refused */
    NET_SYN_ICMP,     /* ICMP 3/3 at once */
    NET_SYN_ICMP_LATE /* ICMP 3/3 after 6 s, nothing if an outbound SYN passed meanwhile (RFC 5382 REQ-4) */
} net_nat_syn;

/* What the box's own stack does with a UDP datagram from outside that no flow waits for.  It matters where
 * ports are overloaded: what the stack takes is a flow too, and an outbound one to the same remote must give
 * way to it (a clash). */
typedef enum net_nat_strangers {
    NET_STRANGERS_IGNORED,
    NET_STRANGERS_ACCEPTED,
    NET_STRANGERS_ANSWERED /* accepted, and answered by ICMP 3/3, as nobody listens there */
} net_nat_strangers;

/* An application-level gateway that nobody asked for: it replaces inside addresses in payloads by outside
 * ones on the way out, and back on the way in, in binary and in text. */
typedef enum net_nat_alg { NET_ALG_OFF, NET_ALG_REWRITE } net_nat_alg;

/* Which fragments get through (RFC 4787 §11): all, those that come before their first one being held until it has
 * come ("received fragment out of order"); those that come after it; none. */
typedef enum net_nat_fragments { NET_FRAGMENTS_ANY, NET_FRAGMENTS_ORDERED, NET_FRAGMENTS_DROPPED } net_nat_fragments;

#define NET_NAT_REFRESH_OUT 1u
#define NET_NAT_REFRESH_IN 2u
/* An inbound packet prolongs only if its sender's address was sent to (RFC 7857): matters where the filter
 * lets strangers in.  Without effect unless REFRESH_IN is set. */
#define NET_NAT_REFRESH_KNOWN 4u

/* What a datagram prolongs beside its mapping: the right of its own remote to answer, or that of all remotes
 * of the mapping (RFC 4787 §4.3, "refresh scope"). */
typedef enum net_nat_scope { NET_SCOPE_SESSION, NET_SCOPE_MAPPING } net_nat_scope;

#define NET_NAT_POOL_MAX 256u

typedef struct net_nat_options {
    const char *name; /* the preset; NULL = no NAT (a router) */
    net_nat_behaviour mapping;
    net_nat_behaviour filtering;
    net_nat_ports ports;
    net_nat_hairpin hairpin;
    /* NET_NAT_REFRESH_…: which packets prolong UDP and ICMP.  TCP is prolonged by both (RFC 5382 §5: idle
     * means no packet either way), but by no RST (RFC 7857). */
    unsigned refresh;
    uint32_t pool;                 /* outside addresses, consecutive from the realm's external_ip; 0 = 1 */
    pl_span udp_lifetime_ns;       /* RFC 4787 REQ-5: ≥ 120 s */
    /* Once packets went both ways and for more than 2 s; 0 = udp_lifetime. */
    pl_span udp_stream_lifetime_ns;
    pl_span icmp_lifetime_ns;      /* RFC 5508 REQ-2: ≥ 60 s */
    pl_span tcp_established_ns;    /* RFC 5382 REQ-5: ≥ 7440 s */
    pl_span tcp_transitory_ns;     /* opening or closing; RFC 5382 REQ-5: ≥ 240 s */
    pl_span tcp_reset_ns;          /* after a RST (RFC 7857 §2.2: 240 s); 0 = tcp_transitory */
    pl_span hold_down_ns;          /* a released port is given to nobody so long (RFC 6888 REQ-8: 120 s) */
    net_nat_alg alg;
    net_nat_syn unsolicited_syn;
    net_nat_strangers strangers;
    net_nat_pooling pooling;
    net_nat_scope refresh_scope;
    uint32_t max_mappings;         /* 0 = only the ports bound it */
    uint32_t block;                /* BLOCK: ports of one inside host, for each protocol */
    uint16_t port_low, port_high;  /* range for SEQUENTIAL, RANDOM and BLOCK; 0 = 1024, 65535 */
    uint16_t port_step;            /* SEQUENTIAL; 0 = 1 */
    /* The largest packet on the box's outside; 0 = 1500.  What is larger is fragmented, or answered by ICMP 3/4 if
     * it must not be (RFC 4787 REQ-13).  A SYN that names a larger segment is made to name one that fits, as
     * such boxes do. */
    uint16_t mtu;
    net_nat_fragments fragments;
    bool parity;                   /* RFC 4787 REQ-4: even inside ports to even outside ones while any is left */
    /* An endpoint whose port another one has gets a new random port for each destination: a box that changes
     * its class (breaks RFC 4787 REQ-11).  With PRESERVE. */
    bool fickle;
} net_nat_options;

typedef struct net_nat_preset_row {
    const char *name; /* also of "none", whose options have no name */
    const char *help;
    net_nat_options options;
} net_nat_preset_row;

/* The options of a preset; NULL if unknown.  They live as long as the program, and so must the `name` of any
 * options. */
const net_nat_options *net_nat_preset(const char *name);
/* All presets in order; returns how many. */
size_t net_nat_presets(const net_nat_preset_row **ret_rows);

typedef enum net_nat_knob_kind {
    NET_KNOB_WORD,  /* one of `words`; its value is the place in the list */
    NET_KNOB_COUNT,
    NET_KNOB_TIME,  /* ns */
    NET_KNOB_PORT,
    NET_KNOB_BYTES,
    NET_KNOB_SWITCH /* 0 or 1 */
} net_nat_knob_kind;

#define NET_NAT_KNOB_WORDS_MAX 8

/* One behaviour, as a scenario names it.  Where it is kept is the knob's own matter. */
typedef struct net_nat_knob {
    const char *name;
    net_nat_knob_kind kind;
    const char *words[NET_NAT_KNOB_WORDS_MAX]; /* WORD: NULL ends the list */
    int64_t least, most;                       /* legal values, both included */
    size_t offset, bytes;                      /* in net_nat_options */
    unsigned mask;                             /* SWITCH: the bit that it is; 0 = the whole field */
    const char *help;
} net_nat_knob;

/* All knobs in the order in which they are printed; returns how many. */
size_t net_nat_knobs(const net_nat_knob **ret_rows);
/* The knob of that name; NULL if there is none. */
const net_nat_knob *net_nat_knob_find(const char *name);
/* Sets one knob; false, and nothing changed, if the value is out of its range. */
bool net_nat_knob_set(net_nat_options *options, const net_nat_knob *knob, int64_t value);
int64_t net_nat_knob_get(const net_nat_options *options, const net_nat_knob *knob);
/* The place of a word in a WORD knob's list, −1 if it is not there. */
int64_t net_nat_knob_word(const net_nat_knob *knob, const char *word);
/* What is wrong with a combination of knobs that are each legal, as a sentence without its full stop; NULL if
 * nothing is. */
const char *net_nat_fault(const net_nat_options *options);

#endif
