/* engine.h - what an engine is: a clock, an event queue and host stacks (UDP, ICMP, TCP).
 *
 * Three rooms implement this table: light/, ns3/ (a plug-in) and live/.  The rest of sim/ knows no
 * other name for an engine.  Links, NATs and firewalls are not an engine's: a stack hands each packet
 * to the network face that it was created with, and gets packets through `deliver`.
 * (The live engine has the machine's own network instead, and never calls the face.) */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "core/port.h"
#include "sim/net/packet.h"

typedef struct sim_engine sim_engine;

/* Number of a host, dense from 0, the same in the network and in the engine. */
typedef uint32_t sim_host;

/* Work at an instant.  Runs once; two at one instant run in the order of their `at` calls. */
typedef void (*sim_event_fn)(void *ctx, void *arg, pl_time now);

/* A hint that an event is near: prefetches what fn(ctx, arg) will touch, and changes nothing.  An engine may
 * call it several times for an event, with rising `stage` (from 0), or never. */
typedef void (*sim_warm_fn)(sim_event_fn fn, void *ctx, const void *arg, unsigned stage);

/* What the network is to an engine: the one way out of a host stack. */
typedef struct sim_network_face {
    void *network;
    /* Takes a packet from host's stack; header and payload are copied before it returns.  The network
     * later calls the engine's `deliver`, never from inside this call. */
    void (*send)(void *network, sim_host host, const net_packet *packet, pl_time now);
} sim_network_face;

/* The behaviour of a host's TCP (DESIGN §3).  Spans in ns. */
typedef struct sim_stack_profile {
    const char *name;
    pl_span syn_rto;        /* first SYN retransmission after this; doubles */
    uint32_t syn_tries;     /* SYNs sent in total; the open fails with timeout when the last one's RTO ends */
    pl_span min_rto;        /* lower bound of the RTO (RFC 6298 says 1 s) */
    pl_span max_rto;        /* upper bound of the RTO */
    uint32_t data_tries;    /* transmissions of one data segment before the stream ends with timeout */
    pl_span delayed_ack;    /* an ACK for a lone segment waits at most this */
    uint32_t mss;           /* bytes of payload a segment */
    uint32_t initial_window;/* segments */
    uint32_t send_buffer;   /* bytes that tcp_write accepts ahead of ACKs */
    uint32_t receive_buffer;/* bytes; at most 65535 (no window scaling) */
    pl_span time_wait;
} sim_stack_profile;

/* Finds a profile ("linux", "xp-2003") by name; NULL if there is none.  Defined in sim/stack_profile.c. */
const sim_stack_profile *sim_stack_profile_find(const char *name);
/* The names, NULL-terminated. */
const char *const *sim_stack_profile_names(void);

/* Hands an input to the host's node; returns bytes consumed for PL_INPUT_DATA, else 0. */
typedef size_t (*sim_input_fn)(void *ctx, const pl_input *input, pl_time now);

typedef struct sim_host_options {
    uint32_t ip;                      /* the address the host itself knows */
    const sim_stack_profile *profile; /* static */
    sim_input_fn input;
    void *input_ctx;
} sim_host_options;

typedef struct sim_engine_options {
    size_t hosts_expected; /* for sizing tables; may be exceeded */
    uint64_t seed;         /* for the stack's own draws (ephemeral ports, ISN), if it makes any */
} sim_engine_options;

/* Capability flags. */
#define SIM_ENGINE_VIRTUAL_TIME 0x1u   /* the clock is simulated */
#define SIM_ENGINE_SIMULTANEOUS_OPEN 0x2u
#define SIM_ENGINE_TTL 0x4u            /* udp_send's TTL is honoured */
#define SIM_ENGINE_ECHO 0x8u           /* ICMP echo works */
#define SIM_ENGINE_ICMP 0x10u          /* ICMP errors reach the node */
#define SIM_ENGINE_NETWORK 0x20u       /* packets cross the network face */

typedef struct sim_engine_stats {
    uint64_t events;      /* executed so far */
    uint64_t pending;     /* in the queue now */
    uint64_t packets;     /* handed to the network face */
} sim_engine_stats;

typedef struct sim_engine_ops {
    const char *name;
    size_t bytes; /* sizeof(sim_engine_ops) of who built it: a plug-in of another state of the house is refused */
    uint32_t capabilities;

    sim_engine *(*create)(const sim_engine_options *options, const sim_network_face *face);
    void (*destroy)(sim_engine *engine);

    pl_time (*now)(const sim_engine *engine);
    /* Runs fn(ctx, arg, when) at `when` (≥ now). */
    void (*at)(sim_engine *engine, pl_time when, sim_event_fn fn, void *ctx, void *arg);
    /* Runs every event earlier than `until` (`until` itself is excluded), then sets the clock to it;
     * returns early after an event that called `stop`, with the clock at that event.  Callable again. */
    void (*run)(sim_engine *engine, pl_time until);
    void (*stop)(sim_engine *engine);

    /* Adds host number `host` (the next dense number), up at once. */
    void (*host_add)(sim_engine *engine, sim_host host, const sim_host_options *options);
    /* The host vanishes without a word: sockets, listeners and streams are forgotten, nothing is
     * delivered, packets to it are ignored by the stack. */
    void (*host_down)(sim_engine *engine, sim_host host);
    /* The host is back with an empty stack, and possibly another address. */
    void (*host_up)(sim_engine *engine, sim_host host, uint32_t ip);
    /* The host has another address from now on; its sockets and streams stay, and send from the new one.  NULL where
     * the engine cannot do it. */
    void (*host_move)(sim_engine *engine, sim_host host, uint32_t ip);
    /* A packet arrives at the host's stack now.  Called by the network, from an event of its own. */
    void (*deliver)(sim_engine *engine, sim_host host, const net_packet *packet, pl_time now);

    /* Host-stack operations, as pl_port_ops (core/port.h) describes them. */
    int (*udp_bind)(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket);
    int (*udp_send)(sim_engine *engine, sim_host host, pl_id socket, pl_addr to, uint8_t ttl,
                    const uint8_t *data, size_t len);
    int (*tcp_listen)(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener);
    int (*tcp_open)(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr to,
                    pl_id *ret_stream);
    int (*tcp_write)(sim_engine *engine, sim_host host, pl_id stream, const uint8_t *data, size_t len);
    void (*tcp_more)(sim_engine *engine, sim_host host, pl_id stream);
    void (*tcp_shutdown)(sim_engine *engine, sim_host host, pl_id stream);
    void (*tcp_abort)(sim_engine *engine, sim_host host, pl_id stream);
    void (*close)(sim_engine *engine, sim_host host, pl_id id);
    uint16_t (*local_port)(sim_engine *engine, sim_host host, pl_id id);
    int (*icmp_echo)(sim_engine *engine, sim_host host, uint32_t to, uint16_t sequence, size_t len);

    void (*stats)(const sim_engine *engine, sim_engine_stats *ret_stats);
    /* Sets the network's hint; NULL where the engine has no use for it. */
    void (*set_warm)(sim_engine *engine, sim_warm_fn warm);
    /* Prefetches what a delivery to the host will touch, by rising stage; NULL likewise. */
    void (*warm_host)(const sim_engine *engine, sim_host host, unsigned stage);
} sim_engine_ops;

/* The one symbol that an engine plug-in exports. */
#define SIM_ENGINE_PLUGIN_SYMBOL "partyline_engine_1"
typedef const sim_engine_ops *(*sim_engine_plugin_fn)(void);

/* The engines that are linked in. */
extern const sim_engine_ops sim_light_engine;
extern const sim_engine_ops sim_live_engine;

/* Finds an engine by name, opening the plug-in if it is one.  On failure returns NULL and a sentence in
 * *ret_error (caller frees with g_free) that says what was tried; the command then exits with 77 if the
 * engine is known but not built, 2 if the name is unknown (*ret_known tells).  Defined in sim/engine.c. */
const sim_engine_ops *sim_engine_open(const char *name, char **ret_error, bool *ret_known);
/* The flags of the engine of that name, 0 if there is none: said without opening it, for whoever writes down
 * what a run is going to be. */
uint32_t sim_engine_capabilities(const char *name);

#endif
