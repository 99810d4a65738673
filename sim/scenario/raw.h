/* raw.h - what the schema's rows are read into, before names are looked up and defaults of defaults
 * applied.  Private to sim/scenario. */
#ifndef SIM_RAW_H
#define SIM_RAW_H

#include "sim/scenario/config.h"

typedef struct sim_raw_top {
    const char *scenario, *about, *host_stack;
    int64_t format;
    int discovery;
    net_latency_options latency;
    int private_destinations;
} sim_raw_top;

typedef struct sim_raw_run {
    const char *engine;
    pl_span duration, limit, warmup, sample;
    int64_t seed, replications, epoch;
    int until, crypto, codec, events, deterministic, contacts;
} sim_raw_run;

typedef struct sim_raw_case {
    const char *name;
} sim_raw_case;

typedef struct sim_raw_link {
    const char *about;
    uint64_t up, down;
    sim_delay delay;
    sim_queue_bound queue;
    net_loss_options loss;
    int reorder;
} sim_raw_link;

typedef struct sim_raw_servers {
    int64_t count, dedicated, dedicated_capacity;
    const char *link, *firewall, *stack, *election;
    uint16_t port;
    sim_ports web_ports;
    int bootstrap, pairs;
} sim_raw_servers;

/* A group, and `peers` itself. */
typedef struct sim_raw_group {
    int64_t count;
    double share;
    const char *name, *link, *firewall, *stack;
    sim_nat nat, carrier;
    int64_t per_nat, per_carrier;
    int64_t cpu, memory, bandwidth;
    const char *traversal, *nat_refresh, *icmp, *relogin;
    int isolated, proxy;
    int log_in, login, credentials, returns;
    sim_arrival arrive;
    pl_span again_after;
    int64_t cache;
    uint16_t port;
    sim_ports web_ports;
} sim_raw_group;

typedef struct sim_raw_churn {
    sim_law session, gap;
    const char *leave;
    int start;
    sim_arrival settle;
} sim_raw_churn;

typedef struct sim_raw_class {
    double share;
    sim_law session;
} sim_raw_class;

typedef struct sim_raw_searches {
    double rate;
    sim_arrival arrive;
    const char *popularity, *whom, *policy;
    pl_span left_least, left_most;
} sim_raw_searches;

typedef struct sim_raw_buddies {
    int64_t count;
} sim_raw_buddies;

typedef struct sim_raw_of {
    double share[SIM_TRUTHS];
} sim_raw_of;

typedef struct sim_raw_kind {
    sim_raw_group group; /* first: GROUP_ROWS count from the start */
    int share;
} sim_raw_kind;

typedef struct sim_raw_matrix {
    sim_arrival connect;
    sim_echo echo;
} sim_raw_matrix;

typedef struct sim_raw_proxies {
    int64_t count;
    const char *link;
    uint16_t port;
} sim_raw_proxies;

typedef struct sim_raw_paths {
    const char *from, *to;
    pl_span at;
    sim_arrival arrive;
    double rate;
    int transport, pairing;
    sim_echo echo;
} sim_raw_paths;

typedef struct sim_raw_foretell {
    double predicted_udp, predicted_tcp, predicted_both;
} sim_raw_foretell;

typedef struct sim_raw_act {
    sim_raw_link link; /* first: LINK_ROWS count from the start */
    pl_span at, duration;
    int action, transport, answer;
    const char *what, *profile, *firewall, *name, *from;
    pl_span within, by;
    sim_law back;
    int how, pick;
    sim_nat nat;
    double share;
    sim_ports ports;
} sim_raw_act;

typedef struct sim_raw_expect {
    const char *that, *never, *when;
} sim_raw_expect;

#endif
