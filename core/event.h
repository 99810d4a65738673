/* event.h - the table of what a node says about itself, for the record and for analysis.
 *
 * An event is a name and up to PL_EVENT_COLUMNS values whose names and kinds are in the table below;
 * the same table writes the column headings.  Kinds: s = static text, a = address:port, i = integer,
 * t = span in ns.  The world adds the instant and the node's name. */
#ifndef PL_EVENT_H
#define PL_EVENT_H

#include "core/port.h"
#include "core/types.h"

#define PL_EVENT_COLUMNS 7

/* id, name, columns "kind:name …" */
#define PL_EVENTS(X)                                                                               \
    X(PL_EVENT_PORT_UNAVAILABLE, "node:port-unavailable", "s:transport i:port s:error")            \
    X(PL_EVENT_REFUSED_INPUT, "node:refused-input", "s:error s:message a:from")                    \
    X(PL_EVENT_CACHE_REFRESHED, "cache:refreshed", "i:received i:entries")                         \
    X(PL_EVENT_LOGIN_STARTED, "login:started", "s:login")                                          \
    X(PL_EVENT_LOGIN_ATTEMPT, "login:attempt", "i:number")                                         \
    X(PL_EVENT_LOGIN_RUNG, "login:rung", "s:rung i:entries")                                       \
    X(PL_EVENT_LOGIN_WAVE, "login:wave", "i:number i:entries")                                     \
    X(PL_EVENT_LOGIN_ANSWERED, "login:answered", "a:from")                                         \
    X(PL_EVENT_LOGIN_OPENED, "login:opened", "s:rung a:to")                                        \
    X(PL_EVENT_LOGIN_ATTACHED, "login:attached", "a:to")                                           \
    X(PL_EVENT_LOGIN_SERVER_KNOWN, "login:server-known", "a:address")                              \
    X(PL_EVENT_LOGIN_SERVER_OPENED, "login:server-opened", "s:rung a:to")                          \
    X(PL_EVENT_LOGIN_CREDENTIAL, "login:credential", "i:expires_unix")                             \
    X(PL_EVENT_LOGIN_PAUSE, "login:pause", "s:cause")                                              \
    X(PL_EVENT_LOGGED_IN, "login:logged-in",                                                       \
      "s:login t:time i:attempts i:contacts i:contacts_tcp")                                       \
    X(PL_EVENT_LOGIN_FAILED, "login:login-failed",                                                 \
      "s:login t:time i:attempts i:contacts i:contacts_tcp s:cause")                               \
    X(PL_EVENT_LOGGED_OUT, "login:logged-out", "s:cause")                                          \
    X(PL_EVENT_ICMP_PING, "icmp:ping", "s:policy a:to i:sequence i:size")                          \
    X(PL_EVENT_ICMP_ECHO, "icmp:echo", "a:from i:sequence t:time")                                 \
    X(PL_EVENT_ICMP_VERDICT, "icmp:verdict", "s:policy s:verdict i:sent i:answered t:time")        \
    X(PL_EVENT_BUDDY_LOADED, "buddy:loaded", "i:count")                                            \
    X(PL_EVENT_BUDDY_REFUSED, "buddy:refused", "s:error")                                          \
    X(PL_EVENT_BUDDY_ADDED, "buddy:added", "i:count")                                              \
    X(PL_EVENT_BUDDY_REMOVED, "buddy:removed", "i:count")                                          \
    X(PL_EVENT_BUDDY_ONLINE, "buddy:online", "i:buddy i:age_s")                                    \
    X(PL_EVENT_BUDDY_OFFLINE, "buddy:offline", "i:buddy i:age_s")                                  \
    X(PL_EVENT_BUDDY_CHECKED, "buddy:checked", "i:buddy s:presence i:age_s")                       \
    X(PL_EVENT_LOGIN_WAITING, "login:waiting", "s:policy t:wait i:number")                          \
    X(PL_EVENT_DISCOVERY_STARTED, "nat:discovery-started", "a:server")                             \
    X(PL_EVENT_DISCOVERED, "nat:discovered", "s:udp s:mapping s:filtering a:mapped t:time")        \
    X(PL_EVENT_NAT_DOUBTED, "nat:doubted", "s:trigger")                                            \
    X(PL_EVENT_NAT_LIFETIME, "nat:lifetime", "t:lived")                                            \
    X(PL_EVENT_PARTNER_LINKED, "overlay:partner-linked", "a:partner")                              \
    X(PL_EVENT_PARTNER_LOST, "overlay:partner-lost", "s:cause")                                    \
    X(PL_EVENT_CLIENT_ATTACHED, "overlay:client-attached", "a:from i:clients")                     \
    X(PL_EVENT_CLIENT_ONLINE, "overlay:client-online", "a:from i:online")                          \
    X(PL_EVENT_CLIENT_GONE, "overlay:client-gone", "s:cause i:clients")                            \
    X(PL_EVENT_SUPERNODE_REFUSED, "overlay:refused", "a:from s:cause")                             \
    X(PL_EVENT_SUPERNODE_READY, "overlay:supernode-ready", "a:address")                            \
    X(PL_EVENT_PARENT_LOST, "overlay:parent-lost", "a:parent s:cause")                             \
    X(PL_EVENT_HANDED_OVER, "overlay:handed-over", "a:to t:time")                                  \
    X(PL_EVENT_SHUT_OFF, "overlay:shut-off", "i:load i:clients")                                   \
    X(PL_EVENT_BACK, "overlay:back", "t:time")                                                     \
    X(PL_EVENT_ELIGIBLE, "overlay:eligible", "i:cpu i:memory i:bandwidth i:uptime")                \
    X(PL_EVENT_PROMOTING, "overlay:promoting", "a:child i:clients")                                \
    X(PL_EVENT_PROMOTED, "overlay:promoted", "a:address a:by")                                     \
    X(PL_EVENT_DEMOTED, "overlay:demoted", "s:cause t:time i:clients")                             \
    X(PL_EVENT_PATH_STARTED, "path:started", "s:role i:session s:profile")                         \
    X(PL_EVENT_PATH_GATHERED, "path:gathered", "i:session i:candidates a:udp a:tcp")               \
    X(PL_EVENT_PATH_STAGE, "path:stage", "i:session s:method s:transport t:budget")                \
    X(PL_EVENT_PATH_OPENED, "path:opened",                                                         \
      "i:session s:class s:via s:local s:remote t:time i:packets")                                 \
    X(PL_EVENT_PATH_FAILED, "path:failed", "i:session s:cause t:time i:packets")                   \
    X(PL_EVENT_PATH_LOST, "path:lost", "i:session s:cause")                                        \
    X(PL_EVENT_PATH_ECHO, "path:echo", "i:session i:phase i:sent i:received t:rtt")                \
    X(PL_EVENT_RELAY_ALLOCATED, "relay:allocated", "a:client a:relayed i:allocations")             \
    X(PL_EVENT_RELAY_ENDED, "relay:ended", "a:client s:cause i:allocations")                       \
    X(PL_EVENT_SIGNAL_VISITED, "signal:visited", "a:from i:visits")                                \
    X(PL_EVENT_SIGNAL_REFUSED, "signal:refused", "a:from s:cause")                                 \
    X(PL_EVENT_MESH_JOINED, "mesh:joined", "a:member i:members")                                   \
    X(PL_EVENT_MESH_SUSPECTED, "mesh:suspected", "a:member")                                       \
    X(PL_EVENT_MESH_LOST, "mesh:lost", "a:member i:members")                                       \
    X(PL_EVENT_INDEX_PUBLISHED, "index:published", "s:state i:slot i:replicas")                    \
    X(PL_EVENT_INDEX_STORED, "index:stored", "a:from i:slot i:entries")                            \
    X(PL_EVENT_INDEX_REFUSED, "index:refused", "a:from s:cause")                                   \
    X(PL_EVENT_INDEX_REPAIRED, "index:repaired", "a:member i:entries")                             \
    X(PL_EVENT_SEARCH_STARTED, "search:started", "i:search s:policy")                              \
    X(PL_EVENT_SEARCH_ROUND, "search:round", "i:search i:round i:asked")                           \
    X(PL_EVENT_SEARCH_ENDED, "search:ended",                                                       \
      "i:search s:outcome s:reason t:time i:asked i:rounds i:messages")                            \
    X(PL_EVENT_SERVER_GRANTED, "server:granted", "a:from i:expires_unix")                          \
    X(PL_EVENT_SERVER_REFUSED, "server:refused", "a:from s:cause")

typedef enum pl_event_id {
#define X(id, name, columns) id,
    PL_EVENTS(X)
#undef X
} pl_event_id;

typedef union pl_event_value {
    const char *text; /* static */
    pl_addr addr;
    int64_t number;
} pl_event_value;

typedef struct pl_event {
    pl_event_id id;
    pl_event_value value[PL_EVENT_COLUMNS];
} pl_event;

/* The table's row of an event, parsed once by the reader. */
typedef struct pl_event_row {
    const char *name;    /* "login:attempt" */
    const char *columns; /* "i:number" */
} pl_event_row;

const pl_event_row *pl_event_row_of(pl_event_id id);

/* Shorthands for building a value. */
static inline pl_event_value pl_text(const char *text)
{
    return (pl_event_value){.text = text};
}
static inline pl_event_value pl_number(int64_t number)
{
    return (pl_event_value){.number = number};
}
static inline pl_event_value pl_endpoint(pl_addr addr)
{
    return (pl_event_value){.addr = addr};
}

/* Hands an event with the given values to the port:
 * pl_trace(port, PL_EVENT_LOGIN_RUNG, pl_text("udp"), pl_number(7)). */
#define pl_trace(port, ...) pl_trace_event((port), &(pl_event)PL_EVENT_OF(__VA_ARGS__))
#define PL_EVENT_OF(event_id, ...) {.id = (event_id), .value = {__VA_ARGS__}}
static inline void pl_trace_event(const pl_port *port, const pl_event *event)
{
    port->ops->trace(port->ctx, event);
}

#endif
