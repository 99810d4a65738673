/* story.h - a small network of real nodes on the light engine, and the hands to tell a story with it.
 *
 * One login server, some supernodes, clients as the story adds them, and strangers: hosts without a node,
 * whose port the test itself plays.  Every two hosts are one constant latency apart, so that times are closed
 * forms. */
#ifndef TESTS_SUPPORT_STORY_H
#define TESTS_SUPPORT_STORY_H

#include <glib.h>

#include "core/event.h"
#include "core/node.h"
#include "core/wire/message.h"
#include "sim/stack_port.h"
#include "sim/net/net.h"
#include "sim/net/random.h"
#include "sim/world/registry.h"

#define STORY_PORT            33033
#define STORY_SUPERNODES_MAX  16
#define STORY_LOGIN_SERVER_IP 0x50000001u /* 80.0.0.1 */
#define STORY_SUPERNODE_IP    0x42000001u /* 66.0.0.1 and on */
#define STORY_CLIENT_IP       0x51000001u /* 81.0.0.1 and on: clients, boxes of clients, strangers */
#define STORY_HOME_IP         0xC0A80102u /* 192.168.1.2, behind every box */

typedef struct story story;

/* One traced event and when. */
typedef struct story_record {
    pl_time at;
    pl_event event;
} story_record;

/* One input of a stranger and when; its bytes are in `received`. */
typedef struct story_heard {
    pl_time at;
    pl_input_kind kind;
    pl_id id;
    pl_cause cause;
    size_t len;
} story_heard;

typedef enum story_role { STORY_SERVER, STORY_SUPERNODE, STORY_CLIENT, STORY_STRANGER } story_role;

/* One host.  The test may read all of it, and change `config` and `network`, which are its own. */
typedef struct story_host {
    sim_stack_port stack; /* first, as sim/stack_port.h asks */
    story *story;
    char name[24];
    story_role role;
    uint32_t ip;      /* its own */
    uint32_t outside; /* what the others see */
    pl_node *node;    /* NULL: a stranger, or down */
    pl_config config;
    pl_network network;
    pl_node_supernode supernode;
    pl_node_discovery discovery;
    sim_registry *registry;
    net_random random;
    pl_time armed_at;
    uint32_t life;
    GArray *records; /* story_record */
    GArray *heard;   /* story_heard, strangers */
    GByteArray *received;
    /* A stranger's own reflex to an input, called after it was noted; may be NULL. */
    void (*reflex)(struct story_host *host, const pl_input *input, pl_time now);
    void *reflex_ctx;
    /* What else may sit on a host instead of a node or a stranger; NULL unless it does. */
    sim_input_fn machine;
    void *machine_ctx;
    pl_addr proxy; /* of its node */
    const pl_ping_policy *icmp; /* likewise; NULL = none */
    const pl_relogin_policy *relogin; /* of its node; NULL = none */
    pl_resources resources;           /* likewise */
} story_host;

typedef enum story_pairing { STORY_ALONE, STORY_IN_PAIRS } story_pairing;

typedef struct story_options {
    pl_span one_way;              /* 0 = 50 ms */
    const struct pl_suite *suite; /* NULL = real */
    uint64_t seed;
    size_t supernodes; /* 0 = 7 */
    story_pairing pairing;
    const pl_config *config; /* of all hosts, unless changed there; NULL = defaults; copied */
    const char *stack;       /* NULL = "linux" */
    const char *election;    /* policy of all nodes; NULL = none */
    const char *supernode_firewall, *server_firewall; /* presets; NULL = none */
} story_options;

typedef struct story_client_options {
    const char *nat, *firewall;  /* presets; NULL = none */
    net_link_options link;       /* zeroed = ideal */
    pl_node_discovery discovery; /* ON unless said */
    size_t cache_entries;        /* seeded with the first n supernodes; 0 = freshly installed */
    pl_addr proxy;               /* of its node; {0,0} = none */
    const char *icmp;            /* policy of its node; NULL = none */
    const char *relogin;         /* policy; NULL = none */
    pl_resources resources;      /* what the host claims to have */
} story_client_options;

/* A packet on its way out of a host's stack; false loses it. */
typedef bool (*story_filter_fn)(void *ctx, story_host *from, const net_packet *packet, pl_time now);

struct story {
    const sim_engine_ops *ops;
    sim_engine *engine;
    net *network;
    sim_network_face inner;
    const struct pl_suite *suite;
    pl_config config;
    const char *stack;
    const pl_election_policy *election;
    int64_t epoch;
    pl_server_keys keys;
    pl_addr servers[1];
    pl_addr bootstrap[STORY_SUPERNODES_MAX];
    pl_cache_entry known[STORY_SUPERNODES_MAX];
    char accounts[STORY_SUPERNODES_MAX][2][24];
    size_t n_supernodes;
    story_host *server;
    story_host *supernode[STORY_SUPERNODES_MAX];
    GPtrArray *hosts; /* story_host, by number */
    uint32_t n_outside;
    uint64_t seed;
    GArray *cuts; /* pairs of story_host pointers */
    story_filter_fn filter;
    void *filter_ctx;
    /* What story_run_to waits for. */
    story_host *awaited_host;
    pl_event_id awaited_event;
};

/* Login server and supernodes, all started at 0. */
story *story_new(const story_options *options);
void story_free(story *s);
/* A client, started now; {0} is a public one. */
story_host *story_add_client(story *s, const story_client_options *options);
story_host *story_add_stranger(story *s);
/* A stranger's host whose inputs go to a machine of the test. */
story_host *story_add_machine(story *s, sim_input_fn machine, void *machine_ctx);
/* The same behind boxes and on a link of its own; nodes and caches are none of it. */
story_host *story_add_stranger_behind(story *s, const story_client_options *options);
/* The node of a host vanishes without a word; or is back with an empty stack.  A login server that is back
 * knows the supernodes' accounts only. */
void story_fail(story_host *host);
void story_restart(story_host *host);
/* Nothing passes between the two hosts any more; or again. */
void story_cut(story_host *a, story_host *b);
void story_mend(story_host *a, story_host *b);
/* A firewall preset of the host itself, from now on. */
void story_set_firewall(story_host *host, const char *preset);

/* Moves the host's tick after the test did something with its node that is no act below. */
void story_arm(story_host *host);

/* An account, and the user's acts. */
void story_account(story *s, const char *name, const char *password);
void story_log_in(story_host *host, const char *name, const char *password);
void story_log_out(story_host *host);

pl_time story_now(const story *s);
/* Runs every event before `until`. */
void story_run(story *s, pl_time until);
/* Runs until the host traces the event, at most to `limit`; the instant, or PL_NEVER if it did not happen. */
pl_time story_run_to(story_host *host, pl_event_id event, pl_time limit);
/* Runs until all supernodes serve, and then to 10 s: a quiet network. */
void story_settle(story *s);

/* Events of one kind: how many, the last (NULL if none), the n-th from 0. */
size_t story_count(const story_host *host, pl_event_id event);
const story_record *story_last(const story_host *host, pl_event_id event);
const story_record *story_nth(const story_host *host, pl_event_id event, size_t n);
/* Whether the host traced node:refused-input with this error and this word for what was refused. */
size_t story_refusals(const story_host *host, const char *error, const char *what);
/* All events since `since`, one a line: "at-in-ms name value value" (g_free). */
char *story_told(const story_host *host, pl_time since);
/* The port of a host, for strangers. */
pl_port story_port(story_host *host);
/* The outside address of a host with the port of all listeners. */
pl_addr story_address(const story_host *host);

/* A stranger's ways. */
pl_id story_open(story_host *stranger, pl_addr to); /* opened one round trip later */
void story_write(story_host *stranger, pl_id stream, const void *data, size_t len);
void story_throw(story_host *stranger, pl_id socket, pl_addr to, const void *data, size_t len);
/* The last CLOSED or FIN of a stream, NULL if it is open. */
const story_heard *story_ended(const story_host *stranger, pl_id stream);

#endif
