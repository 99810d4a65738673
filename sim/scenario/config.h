/* config.h - one point of a scenario, fully typed: what the world is built from.
 *
 * Every value is given (defaults are filled in), in range, and in base units: ns, bit/s, bytes, 0..1.
 * Texts and arrays belong to the sim_scenario that the config came from. */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

#include "core/config.h"
#include "sim/net/firewall.h"
#include "sim/net/nat.h"
#include "sim/scenario/terms.h"
#include "sim/scenario/tree.h"

typedef enum sim_switch { SIM_NO, SIM_YES } sim_switch;
typedef enum sim_crypto { SIM_CRYPTO_REAL, SIM_CRYPTO_SIZED } sim_crypto;
typedef enum sim_codec { SIM_CODEC_OPUS, SIM_CODEC_SIZED } sim_codec;
typedef enum sim_until { SIM_UNTIL_DURATION, SIM_UNTIL_ALL_LOGGED_IN } sim_until;
typedef enum sim_login { SIM_LOGIN_FIRST, SIM_LOGIN_LATER, SIM_LOGIN_BOTH } sim_login;
typedef enum sim_credentials {
    SIM_CREDENTIALS_RIGHT,
    SIM_CREDENTIALS_WRONG_PASSWORD,
    SIM_CREDENTIALS_UNKNOWN_USER
} sim_credentials;

typedef struct sim_ports {
    size_t n;
    uint16_t port[NET_FIREWALL_PORTS_MAX];
} sim_ports;

typedef struct sim_run_config {
    const char *engine; /* "light", "ns3", "live" */
    sim_until until;
    pl_span duration_ns; /* DURATION: the run's length; ALL_LOGGED_IN: its limit */
    pl_span warmup_ns;   /* samples before this are not measured */
    int64_t seed;
    int64_t replications;
    sim_crypto crypto;
    sim_codec codec;
    const char *events; /* "none", "calls", "protocol", "packets": `auto` is resolved */
    sim_switch deterministic;
    int64_t epoch; /* Unix seconds at now = 0 */
} sim_run_config;

typedef struct sim_profile_config {
    const char *name;
    const char *about;
    net_link_options link;
} sim_profile_config;

/* Supernodes or login servers. */
typedef struct sim_servers_config {
    int64_t count;
    const char *link_name;
    net_link_options link;
    const char *firewall_name;
    net_firewall_options firewall;
    const char *stack;
    uint16_t port;        /* UDP and TCP */
    sim_ports web_ports;  /* TCP */
    sim_switch bootstrap; /* supernodes: the first seven have the talk's seven addresses */
    sim_switch pairs;     /* supernodes: work in pairs for discovery */
} sim_servers_config;

/* A group of like peers: an entry of peers.mix, or all peers when there is no mix.  Peers are numbered
 * through all groups in order: peer-1, peer-2, … */
typedef struct sim_group_config {
    const char *name;
    int64_t count;
    int64_t first; /* number of its first peer, from 1 */
    const char *link_name;
    net_link_options link;
    const char *nat_name;
    net_nat_options nat; /* nat.name NULL: none */
    const char *firewall_name;
    net_firewall_options firewall;
    const char *stack;
    sim_switch log_in; /* NO: it is there but never logs in */
    sim_login login;
    sim_arrival arrive;
    pl_span again_after_ns; /* BOTH: from the log-out after the first login to the second log-in act */
    sim_credentials credentials;
    int64_t cache; /* LATER: entries in the host cache at the start, as far as supernodes exist */
    uint16_t port; /* 0 = random */
    sim_ports web_ports;
} sim_group_config;

typedef enum sim_action {
    SIM_DO_FAIL,    /* the host vanishes */
    SIM_DO_RESTART, /* it is back, with an empty stack */
    SIM_DO_LINK,    /* its access link changes */
    SIM_DO_BLOCK,   /* ports are blocked at its firewall */
    SIM_DO_UNBLOCK,
    SIM_DO_FIREWALL /* its firewall is another preset */
} sim_action;

typedef enum sim_role { SIM_ROLE_ALL, SIM_ROLE_SUPERNODE, SIM_ROLE_LOGIN_SERVER, SIM_ROLE_PEER } sim_role;

/* Which hosts: a role, one of them (index from 1; 0 = all), or a group of peers. */
typedef struct sim_selection {
    sim_role role;
    int64_t index;
    const sim_group_config *group; /* NULL = any */
} sim_selection;

typedef enum sim_transport { SIM_TRANSPORT_BOTH, SIM_TRANSPORT_UDP, SIM_TRANSPORT_TCP } sim_transport;
typedef enum sim_answer { SIM_ANSWER_DROP, SIM_ANSWER_REFUSE } sim_answer;

#define SIM_LINK_UP    0x01u
#define SIM_LINK_DOWN  0x02u
#define SIM_LINK_DELAY 0x04u
#define SIM_LINK_QUEUE 0x08u
#define SIM_LINK_LOSS  0x10u
#define SIM_LINK_ALL   0x1Fu

/* An entry of the timeline. */
typedef struct sim_act {
    pl_span at_ns;
    pl_span for_ns; /* 0 = for good; else it is undone after this */
    sim_action action;
    const char *what_text;
    sim_selection what;
    double share;         /* of the selected hosts, drawn at random; 1 = all */
    unsigned link_fields; /* LINK: which of `link` are set (SIM_LINK_…); ALL when a profile is named */
    net_link_options link;
    sim_ports ports; /* BLOCK, UNBLOCK */
    sim_transport transport;
    sim_answer answer; /* BLOCK: what blocked packets get */
    const char *firewall_name;
    net_firewall_options firewall; /* FIREWALL */
    sim_place place;
} sim_act;

typedef struct sim_plot_config {
    const char *kind;
    const char *peer; /* NULL = the first of each point */
    sim_place place;
} sim_plot_config;

/* A line of `expect:` that applies to this point or to others; analysis judges it by text. */
typedef struct sim_expectation {
    const char *text; /* "login.success == 100%", "never: login.failed" */
    const char *when; /* "case == public"; NULL = every point */
    sim_place place;
} sim_expectation;

typedef struct sim_measure_config {
    const char *metric;
    const char *beside; /* what was published, to be shown beside it; NULL = nothing */
    sim_place place;
} sim_measure_config;

typedef struct sim_config {
    const char *scenario;
    const char *about;
    sim_run_config run;
    net_latency_options latency;
    const char *host_stack;
    sim_switch discovery; /* whether clients discover their NAT */
    pl_config protocol;   /* the core's tunables */
    size_t n_profiles;
    sim_profile_config *profiles;
    sim_servers_config supernodes;
    sim_servers_config login_servers;
    int64_t n_peers;
    size_t n_groups;
    sim_group_config *groups;
    size_t n_timeline;
    sim_act *timeline; /* as written, not sorted */
    size_t n_capture;
    const char **capture; /* names of hosts: "peer-1" */
    size_t n_measure;
    sim_measure_config *measure;
    size_t n_plots;
    sim_plot_config *plots;
    size_t n_expect;
    sim_expectation *expect;
} sim_config;

struct sim_scenario_options;

/* Builds the config of a resolved, substituted tree; errors go to diagnostics, and then the result is
 * not to be used. */
sim_config *sim_config_new(sim_tree_pool *pool, const sim_tree *root,
                           const struct sim_scenario_options *options, sim_diagnostics *diagnostics);
/* Hosts of all roles. */
int64_t sim_config_hosts(const sim_config *config);
/* Memory that the point is expected to need, in bytes. */
double sim_config_memory(const sim_config *config);

#endif
