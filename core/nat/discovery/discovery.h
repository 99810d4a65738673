/* discovery.h - what NAT or firewall am I behind?  RFC 5780 through a supernode and its partner.
 *
 * Runs beside login and never gates it.  The server is a supernode: A1 = its address, P1 and P2 = the
 * discovery ports, A2 = its partner (learnt as OTHER-ADDRESS).  Mapping: I → A1:P1, II → A2:P1,
 * III → A2:P2 from one socket.  Filtering, from a fresh socket: I → A1:P1 (the answer carries a nonce),
 * II CHANGE-REQUEST address and port with the nonce echoed, III CHANGE-REQUEST port.  Without a partner
 * filtering is `unknown`, and mapping too unless there is none.
 *
 * Silence is evidence only with witnesses: a silent II or III of filtering counts as filtered if the server
 * still answers on the same socket afterwards (control), and a silent II also needs a sign of life of the
 * partner (an answer to II or III of mapping).  Else filtering is `unknown`. */
#ifndef PL_NAT_DISCOVERY_H
#define PL_NAT_DISCOVERY_H

#include "core/context.h"

#define PL_STUN_PORT_1 3478 /* spec RFC 8489 §18.6: P1 */
#define PL_STUN_PORT_2 3479 /* chosen: P2, the next one */

#define PL_NAT_UDPS(X) X(PL_UDP_UNKNOWN, "unknown") X(PL_UDP_OPEN, "open") X(PL_UDP_BLOCKED, "blocked")
#define PL_NAT_MAPPINGS(X)                                                                         \
    X(PL_MAPPING_UNKNOWN, "unknown")                                                               \
    X(PL_MAPPING_NONE, "none") /* no translation */                                                \
    X(PL_MAPPING_EI, "endpoint-independent")                                                       \
    X(PL_MAPPING_AD, "address-dependent")                                                          \
    X(PL_MAPPING_APD, "address-and-port-dependent")
#define PL_NAT_FILTERINGS(X)                                                                       \
    X(PL_FILTERING_UNKNOWN, "unknown")                                                             \
    X(PL_FILTERING_EI, "endpoint-independent")                                                     \
    X(PL_FILTERING_AD, "address-dependent")                                                        \
    X(PL_FILTERING_APD, "address-and-port-dependent")
#define X(id, name) id,
typedef enum pl_nat_udp { PL_NAT_UDPS(X) } pl_nat_udp;
typedef enum pl_nat_mapping { PL_NAT_MAPPINGS(X) } pl_nat_mapping;
typedef enum pl_nat_filtering { PL_NAT_FILTERINGS(X) } pl_nat_filtering;
#undef X

const char *pl_nat_udp_name(pl_nat_udp udp);
const char *pl_nat_mapping_name(pl_nat_mapping mapping);
const char *pl_nat_filtering_name(pl_nat_filtering filtering);

/* The result, kept in the registry under "nat" with its age. */
typedef struct pl_nat_report {
    pl_nat_udp udp;
    pl_nat_mapping mapping;
    pl_nat_filtering filtering;
    pl_addr mapped;   /* of the mapping socket, {0,0} if none */
    int64_t found_at; /* Unix seconds */
    uint16_t lifetime_s; /* of an unused UDP binding, as measured (lifetime.h); 0 = not known */
} pl_nat_report;

#define PL_NAT_REPORT_BYTES 20 /* chosen: four codes, an address, a time, a lifetime; docs/protocol.md */
void pl_nat_report_encode(const pl_nat_report *report, uint8_t ret_bytes[PL_NAT_REPORT_BYTES]);
int pl_nat_report_decode(pl_nat_report *ret_report, const uint8_t *bytes, size_t len);

typedef struct pl_discovery pl_discovery;
/* Called once, when the discovery is done, from an input or a deadline; the owner may free it inside. */
typedef void (*pl_discovery_done_fn)(void *owner, const pl_nat_report *report, pl_time now);

/* Starts: binds two fresh sockets and sends the first request to server_ip:P1.  NULL if no socket can be
 * had. */
pl_discovery *pl_discovery_new(pl_context *context, uint32_t server_ip, pl_discovery_done_fn done,
                               void *owner, pl_time now);
/* Closes the sockets and cancels what it waits for. */
void pl_discovery_free(pl_discovery *discovery);
/* True if the socket is this machine's. */
bool pl_discovery_owns(const pl_discovery *discovery, pl_id socket);
/* Requests sent so far. */
uint32_t pl_discovery_sent(const pl_discovery *discovery);
/* A2, if it answered; else 0. */
uint32_t pl_discovery_partner(const pl_discovery *discovery);
/* A datagram on one of its sockets: 0, or a negative error that the node counts and traces. */
int pl_discovery_input(pl_discovery *discovery, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                       pl_time now);

#endif
