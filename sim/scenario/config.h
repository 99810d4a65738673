/* config.h - one point of a scenario, fully typed: what the world is built from.
 *
 * Every value is given (defaults are filled in), in range, and in base units: ns, bit/s, bytes, 0..1.
 * Texts and arrays belong to the sim_scenario that the config came from. */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

#include "core/config.h"
#include "sim/net/net.h"
#include "sim/scenario/terms.h"
#include "sim/scenario/tree.h"

typedef enum sim_switch { SIM_NO, SIM_YES } sim_switch;
typedef enum sim_crypto { SIM_CRYPTO_REAL, SIM_CRYPTO_SIZED } sim_crypto;
typedef enum sim_codec { SIM_CODEC_OPUS, SIM_CODEC_SIZED } sim_codec;
typedef enum sim_until { SIM_UNTIL_DURATION, SIM_UNTIL_ALL_LOGGED_IN, SIM_UNTIL_ALL_PATHS_DONE } sim_until;
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

/* Until when replications are added; metric NULL: never. */
typedef struct sim_precision_config {
    const char *metric, *width; /* as written: analysis reads them */
    int64_t most;
} sim_precision_config;

/* Two points to be compared, replication by replication. */
typedef struct sim_compare_config {
    const char *metric, *a, *b;
    const char *that; /* NULL = no claim */
    sim_place place;
} sim_compare_config;

typedef struct sim_run_config {
    const char *engine; /* "light", "ns3", "live" */
    sim_until until;
    pl_span duration_ns; /* DURATION: the run's length; else its limit */
    pl_span warmup_ns;   /* samples before this are not measured */
    sim_switch finds_warmup; /* analysis does; warmup_ns is 0 then */
    sim_precision_config precision;
    int64_t seed;
    int64_t replications;
    sim_crypto crypto;
    sim_codec codec;
    const char *events; /* "none", "calls", "protocol", "packets": `auto` is resolved */
    sim_switch deterministic;
    pl_span sample_ns; /* between two samples of the overlay's state; 0 = at the end only */
    sim_switch contacts; /* whom everybody turns to is counted from sample to sample */
    int64_t epoch; /* Unix seconds at now = 0 */
} sim_run_config;

typedef struct sim_profile_config {
    const char *name;
    const char *about;
    net_link_options link;
} sim_profile_config;

/* A kind of staying; shares are of those present at an instant. */
typedef struct sim_churn_class {
    double share;
    net_law session;
} sim_churn_class;

typedef enum sim_churn_start { SIM_START_STATIONARY, SIM_START_ALL, SIM_START_NONE } sim_churn_start;

/* How hosts come and go. */
typedef struct sim_churn_config {
    size_t n_classes; /* 0: they stay */
    sim_churn_class *classes;
    net_law gap;
    double hard; /* share of departures without a log-out */
    sim_churn_start start;
    sim_arrival settle; /* peers: when those who are there at the start log in */
} sim_churn_config;

/* What is true of the user who is searched for, at the instant of the question. */
typedef enum sim_truth { SIM_TRUTH_PRESENT, SIM_TRUTH_LEFT, SIM_TRUTH_ABSENT, SIM_TRUTH_NEVER } sim_truth;
#define SIM_TRUTHS 4
const char *sim_truth_name(sim_truth truth);

struct sim_group_config;

/* What a group's peers search for; shares all 0: nothing. */
typedef struct sim_searches_config {
    bool is_on;
    const char *policy; /* when a search ends; NULL = the core's default */
    double rate; /* a peer and second; 0 = once, at arrive */
    sim_arrival arrive;
    double of[SIM_TRUTHS]; /* shares */
    double zipf;           /* exponent of popularity; 0 = uniform */
    const char *whom_text;
    const struct sim_group_config *whom; /* NULL = everybody */
    pl_span left_least_ns, left_most_ns;
} sim_searches_config;

/* Supernodes or login servers. */
typedef struct sim_servers_config {
    int64_t count;     /* with the dedicated ones, which are the last */
    int64_t dedicated; /* supernodes that sleep until the timeline adds them */
    int64_t dedicated_capacity; /* of each, logins a second; 0 = that of the others */
    sim_churn_config churn;
    const char *link_name;
    net_link_options link;
    const char *firewall_name;
    net_firewall_options firewall;
    const char *stack;
    uint16_t port;        /* UDP and TCP */
    sim_ports web_ports;  /* TCP */
    sim_switch bootstrap; /* supernodes: the first seven have the talk's seven addresses */
    sim_switch pairs;     /* supernodes: work in pairs for discovery */
    const char *election; /* supernodes: policy of them and of the peers: "none", "by-need" */
} sim_servers_config;

/* HTTP proxies; count 0: none. */
typedef struct sim_proxies_config {
    int64_t count;
    const char *link_name;
    net_link_options link;
    uint16_t port;
} sim_proxies_config;

/* A group of like peers: an entry of peers.mix, or all peers when there is no mix.  Peers are numbered
 * through all groups in order: peer-1, peer-2, … */
typedef struct sim_group_config {
    const char *name;
    int64_t count;
    int64_t first; /* number of its first peer, from 1 */
    const char *link_name;
    net_link_options link;
    const char *nat_name;    /* the preset's, whatever its knobs */
    net_nat_options nat;     /* of the home box; nat.name NULL: none */
    net_nat_options carrier; /* of the box above the home boxes; likewise */
    int64_t per_nat;         /* hosts behind one home box */
    int64_t per_carrier;     /* homes (hosts, where there are no home boxes) behind one carrier's box */
    uint32_t cpu, memory, bandwidth; /* what each host says it has: MHz, MB, kbit/s upwards */
    sim_switch isolated;     /* hosts of one LAN cannot reach each other */
    sim_switch proxy;        /* the nodes are told of an HTTP proxy */
    const char *traversal;   /* profile: "ours", "e1", "e2" */
    const char *nat_refresh; /* policy: "login", "timer", … */
    const char *icmp;        /* policy of pings: "none", "nearest", … */
    const char *relogin;     /* policy: "none", "every", "back-off" */
    const char *firewall_name;
    net_firewall_options firewall;
    const char *stack;
    sim_switch log_in; /* NO: it is there but never logs in */
    sim_login login;
    sim_arrival arrive;
    pl_span again_after_ns; /* BOTH: from the log-out after the first login to the second log-in act; RETURNS */
    sim_switch returns;     /* who loses the supernode logs in again */
    sim_credentials credentials;
    int64_t cache; /* LATER: entries in the host cache at the start, as far as supernodes exist */
    uint16_t port; /* 0 = random */
    sim_ports web_ports;
    sim_churn_config churn;
    net_day day; /* churn with a diurnal arrive: when the return is likely; depth 0: at any hour */
    sim_searches_config searches;
    int64_t buddies; /* that each has */
} sim_group_config;

typedef enum sim_action {
    SIM_DO_FAIL,    /* the host vanishes */
    SIM_DO_RESTART, /* it is back, with an empty stack */
    SIM_DO_LINK,    /* its access link changes */
    SIM_DO_BLOCK,   /* ports are blocked at its firewall */
    SIM_DO_UNBLOCK,
    SIM_DO_FIREWALL,  /* its firewall is another preset */
    SIM_DO_REBOOT,    /* the box in front of it forgets its mappings */
    SIM_DO_READDRESS, /* the box in front of it gets another outside address */
    SIM_DO_ROAM,      /* it moves to another LAN */
    SIM_DO_ROUTER,    /* the box in front of it becomes one of another kind */
    SIM_DO_KILL,      /* those who are there vanish … */
    SIM_DO_QUIT,      /* … or log out */
    SIM_DO_ADD,       /* dedicated supernodes wake up */
    SIM_DO_PARTITION, /* two sets of hosts do not reach each other */
    SIM_DO_HEAL,      /* all partitions end */
    SIM_DO_SLOW,      /* all that it sends and gets is late */
    SIM_DO_POISON     /* its answers about the index are bad */
} sim_action;

/* Which of those who are selected make up the share. */
typedef enum sim_pick { SIM_PICK_RANDOM, SIM_PICK_BUSIEST } sim_pick;

typedef enum sim_poison { SIM_POISON_LIE, SIM_POISON_DROP, SIM_POISON_STALE } sim_poison;

/* CALLER and CALLEE are the two ends of a cell of the matrix. */
typedef enum sim_role {
    SIM_ROLE_ALL,
    SIM_ROLE_SUPERNODE,
    SIM_ROLE_LOGIN_SERVER,
    SIM_ROLE_PEER,
    SIM_ROLE_CALLER,
    SIM_ROLE_CALLEE,
    SIM_ROLE_PROXY,
    SIM_ROLE_LANDMARK /* a host of a fixed network that answers ICMP echo, and runs nothing */
} sim_role;

/* Which hosts: a role (all of PEER are callers and callees too), one of them (index from 1; 0 = all), or a
 * group of peers. */
typedef struct sim_selection {
    sim_role role;
    int64_t index;
    const sim_group_config *group; /* NULL = any */
    bool is_dedicated;             /* supernodes: those that sleep at the start, and no others */
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
    const char *name; /* NULL: nobody speaks of it */
    const char *what_text;
    sim_selection what;
    bool has_from; /* PARTITION: the other side is … */
    sim_selection from;
    pl_span within_ns; /* each at a draw within this after at_ns; 0 = all at once */
    net_law back;      /* KILL, QUIT: of kind NONE = for good */
    pl_span by_ns;     /* SLOW */
    sim_poison poison;
    double share;         /* of the selected hosts, drawn at random; 1 = all */
    sim_pick pick;
    unsigned link_fields; /* LINK: which of `link` are set (SIM_LINK_…); ALL when a profile is named */
    net_link_options link;
    sim_ports ports; /* BLOCK, UNBLOCK */
    sim_transport transport;
    sim_answer answer; /* BLOCK: what blocked packets get */
    const char *firewall_name;
    net_firewall_options firewall; /* FIREWALL */
    bool has_nat;                  /* ROAM: whether the new place has a box of its own kind … */
    net_nat_options nat;           /* … which is this; ROUTER: the new box */
    sim_place place;
} sim_act;

/* What transports a session may use for the ways that are not relayed; in the order of pl_path_choice. */
typedef enum sim_choice { SIM_CHOICE_ANY, SIM_CHOICE_UDP, SIM_CHOICE_TCP } sim_choice;
#define SIM_CHOICES 3
const char *sim_choice_name(sim_choice choice);

typedef enum sim_share_kind {
    SIM_SHARE_NONE,
    SIM_SHARE_NAT,    /* both ends of a cell of this kind with itself are behind one home box */
    SIM_SHARE_CARRIER /* … behind two home boxes of one carrier */
} sim_share_kind;

/* A kind of end that a matrix has. */
typedef struct sim_matrix_kind {
    sim_group_config group; /* `count`: of all cells; `first`: 0, as its hosts are no row of neighbours */
    sim_share_kind share;
} sim_matrix_kind;

/* Every caller with every callee over every transport: a cell each, numbered from 1 in this order. */
typedef struct sim_matrix_config {
    size_t n_kinds;
    sim_matrix_kind *kinds;
    size_t n_callers, n_callees, n_transports;
    const sim_matrix_kind **callers, **callees;
    sim_choice transports[SIM_CHOICES];
    sim_arrival connect;
    sim_echo echo;
    int64_t n_cells;    /* 0: there is no matrix */
    int64_t n_left_out; /* combinations of a product that no box can be */
} sim_matrix_config;

typedef struct sim_cell {
    const sim_matrix_kind *caller, *callee;
    sim_choice transport;
} sim_cell;

typedef enum sim_pairing { SIM_PAIR_IN_ORDER, SIM_PAIR_RANDOM } sim_pairing;

/* An entry of `paths:`: peers of one group connect to peers of another. */
typedef struct sim_paths_config {
    const sim_group_config *from, *to; /* the same group: nobody connects to himself */
    sim_arrival arrive;
    double rate; /* a peer and second, from arrive.start on; 0 = each connects once, at `arrive` */
    sim_choice transport;
    sim_pairing pairing;
    sim_echo echo;
} sim_paths_config;

/* Chances of a session that no rule of a box tells: measured apart, and stated (`foretell:`). */
typedef struct sim_foretell_config {
    double predicted_udp, predicted_tcp; /* a foretold port is hit */
    double predicted_both;               /* … of both ends, UDP */
} sim_foretell_config;

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
    net_private_destinations private_destinations;
    const char *host_stack;
    sim_switch discovery; /* whether clients discover their NAT */
    pl_config protocol;   /* the core's tunables */
    size_t n_profiles;
    sim_profile_config *profiles;
    sim_servers_config supernodes;
    sim_servers_config login_servers;
    sim_proxies_config proxies;
    int64_t n_peers; /* of all groups; the matrix has its own */
    size_t n_groups;
    sim_group_config *groups;
    sim_group_config everybody; /* all groups as one, for `paths:`; its boxes are no one's */
    sim_matrix_config matrix;
    size_t n_paths;
    sim_paths_config *paths;
    sim_foretell_config foretell;
    size_t n_timeline;
    sim_act *timeline; /* as written, not sorted */
    size_t n_capture;
    const char **capture; /* names of hosts: "peer-1" */
    size_t n_measure;
    sim_measure_config *measure;
    size_t n_plots;
    sim_plot_config *plots;
    size_t n_compare;
    sim_compare_config *compare;
    size_t n_expect;
    sim_expectation *expect;
    bool watches_nat; /* some measure or expectation is of the kept NAT reports */
    bool watches_icmp; /* some measure or expectation is of pings */
} sim_config;

struct sim_scenario_options;

/* Builds the config of a resolved, substituted tree; errors go to diagnostics, and then the result is
 * not to be used. */
sim_config *sim_config_new(sim_tree_pool *pool, const sim_tree *root,
                           const struct sim_scenario_options *options, sim_diagnostics *diagnostics);
/* The cell of that number, from 1 to matrix.n_cells. */
sim_cell sim_config_cell(const sim_config *config, int64_t number);
/* The kinds of the matrix as text, each knob of each box a line `kind,layer,knob,value` (layers home,
 * carrier, firewall, place, stack): what a reader of results needs to know what was to be expected.  NULL without a
 * matrix; g_free. */
char *sim_config_kinds(const sim_config *config);
/* The groups of peers of a point in the same manner, each line with the number of the point before it, and
 * the chances of `foretell:`; no heading.  NULL if nobody is asked to connect; g_free. */
char *sim_config_groups(const sim_config *config, size_t point);
/* Whether anybody pings. */
bool sim_config_pings(const sim_config *config);
/* Whether anybody is asked to connect to anybody. */
bool sim_config_has_paths(const sim_config *config);
/* Whether anybody looks for anybody. */
bool sim_config_has_searches(const sim_config *config);
/* Whether any of them have buddies. */
bool sim_config_has_buddies(const sim_config *config);
/* Hosts of all roles. */
int64_t sim_config_hosts(const sim_config *config);
/* Memory that the point is expected to need, in bytes. */
double sim_config_memory(const sim_config *config);

#endif
