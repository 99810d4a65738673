/* pair.h - two paths, one to the other, through real boxes, with a real pair of supernodes to ask and to relay.
 *
 *   caller ─ home box ─ carrier's box ─┐              ┌─ supernode 66.0.0.1 (of the caller)  ═╗ partners
 *                                      ├─ the public ─┼─ supernode 66.0.0.2 (of the callee)  ═╝
 *   callee ─ home box ─ carrier's box ─┘              └─ strangers
 *
 * Bodies are carried by the test itself, with a delay.  Every two realms are one constant latency apart, so that first
 * packets meet, or do not, as the test has it. */
#ifndef TESTS_SUPPORT_PAIR_H
#define TESTS_SUPPORT_PAIR_H

#include <glib.h>

#include "core/event.h"
#include "core/nat/path/path.h"
#include "core/nat/stun/stun_server.h"
#include "core/nat/turn/turn_server.h"
#include "sim/net/net.h"
#include "sim/net/random.h"
#include "sim/stack_port.h"

#define PAIR_ONE_WAY (50 * PL_MILLISECOND)
#define PAIR_SUPERNODE_PORT 33033

/* Behind what an end is; presets, NULL = none. */
typedef struct pair_place {
    const char *home, *carrier, *firewall;
    const net_nat_options *home_box; /* instead of `home` */
    uint32_t ip;                     /* 0: public, or 192.168.1.2 behind a box */
} pair_place;

typedef enum pair_sharing {
    PAIR_APART,
    PAIR_ONE_HOME,   /* both behind the caller's home box */
    PAIR_ONE_CARRIER /* homes of their own behind the caller's carrier's box */
} pair_sharing;

typedef struct pair_options {
    pair_place caller, callee;
    pair_sharing sharing;
    const char *caller_profile, *callee_profile; /* NULL = ours */
    pl_path_choice choice;
    bool no_reports;       /* discovery has not been done */
    bool no_relay;         /* supernodes give no accounts */
    bool no_partners;      /* supernodes have none, and no end knows of one */
    bool one_supernode;    /* both ends have the caller's */
    const sim_engine_ops *engine; /* NULL = light */
    pl_span one_way;       /* between any two; 0 = PAIR_ONE_WAY */
    pl_span signal_delay;  /* of a body; 0 = 150 ms */
    pl_span start_delay;   /* of the start, besides: then first packets do not cross */
    double loss;           /* of every packet, each way, at the ends' links */
    uint64_t seed;
    const pl_config *config;      /* copied; NULL = defaults */
    const struct pl_suite *suite; /* NULL = sized */
    pl_span binding_lifetime;
} pair_options;

typedef struct pair pair;

/* One host: an end, a supernode or a stranger. */
typedef struct pair_host {
    sim_stack_port stack; /* first, as sim/stack_port.h asks */
    pair *pair;
    char name[24];
    uint32_t ip;
    pl_context context;
    net_random random;
    pl_time armed_at;
    GArray *records; /* pair_record: events traced */
    /* An end. */
    pl_path *path;
    pl_path_self self;
    pl_credential credential;
    pl_keypair sign, dh;
    pl_nat_report report;
    pl_id web_listener;
    bool opened, ended;
    pl_path_found found;
    const char *cause;
    pl_time opened_at, ended_at, received_at;
    size_t n_received;
    GByteArray *received; /* the last payload */
    /* A supernode. */
    pl_stun_server *stun;
    pl_turn_server *turn;
    pl_id main_socket;
    /* A stranger. */
    size_t n_heard;
    pl_id socket;
    /* Called for each payload, if set. */
    void (*payload)(struct pair_host *host, const uint8_t *data, size_t len, pl_time now);
    void *payload_ctx;
} pair_host;

typedef struct pair_record {
    pl_time at;
    pl_event event;
} pair_record;

/* A packet on its way out of a host's stack; false loses it. */
typedef bool (*pair_filter_fn)(void *ctx, pair_host *from, const net_packet *packet, pl_time now);
/* A body on its way, which the test may change; false loses it. */
typedef bool (*pair_courier_fn)(void *ctx, pair_host *from, uint8_t *body, size_t *len, pl_time now);

struct pair {
    const sim_engine_ops *ops;
    sim_engine *engine;
    net *network;
    sim_network_face inner;
    const struct pl_suite *suite;
    pl_config config;
    pair_options options;
    pl_keypair server;
    pair_host *caller, *callee, *supernodes[2];
    GPtrArray *hosts;
    pair_filter_fn filter;
    pair_courier_fn courier;
    void *ctx;
    uint32_t n_outside;
    net_realm homes[2];
    uint64_t sent[2]; /* packets of caller and callee: datagrams and segments */
};

pair *pair_new(const pair_options *options);
void pair_free(pair *p);
/* A host that has nothing to do with the session, in public (-1) or in the home of the caller (0) or callee (1), with a
 * UDP socket if the port is not 0; what it hears is counted. */
pair_host *pair_add_stranger(pair *p, int home, uint32_t ip, uint16_t udp_port);

pl_time pair_now(const pair *p);
/* The caller calls; the callee answers when the offer comes. */
void pair_call(pair *p);
void pair_run(pair *p, pl_time until);
/* Calls, and runs until both ends have opened or ended, at most a minute. */
void pair_find(pair *p);
/* Re-arms a host's timer, after the test has acted on its path. */
void pair_arm(pair_host *host);

/* "punched-udp", or "failed", or "torn" if the ends do not agree. */
const char *pair_class(const pair *p);
size_t pair_count(const pair_host *host, pl_event_id event);
const pl_event *pair_last(const pair_host *host, pl_event_id event);
/* Whether the host traced node:refused-input with this error. */
size_t pair_refusals(const pair_host *host, const char *error);
pl_port pair_port(pair_host *host);

#endif
