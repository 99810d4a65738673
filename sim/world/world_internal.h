/* world_internal.h - the world's state, shared by the files of this room only. */
#ifndef SIM_WORLD_INTERNAL_H
#define SIM_WORLD_INTERNAL_H

#include <glib.h>

#include "sim/net/net.h"
#include "sim/net/random.h"
#include "sim/stack_port.h"
#include "sim/world/registry.h"
#include "sim/world/world.h"

#define SIM_NAME_MAX 40
#define SIM_LANDMARKS 4 /* measured BS-18 */

/* Where a host is in the network: its realm (a home, a carrier's network, or the public one), its address there, and
 * the addresses under which others may know it. */
typedef struct sim_whereabouts {
    net_realm realm;
    net_realm above;    /* in which its home's box stands; PUBLIC without a carrier */
    uint32_t ip;
    uint32_t between;   /* outside address of the home's box in the carrier's network; 0 = none */
    uint32_t outside;   /* public address, the first of … */
    uint32_t n_outside; /* … so many */
    const net_nat_options *nat, *carrier; /* of the boxes between it and the public realm; NULL = none.  The config's */
} sim_whereabouts;

/* What a login's echo requests have come to. */
typedef struct sim_pings {
    uint16_t sent, answered;
    bool has_asked, is_later; /* by UDP; the login */
} sim_pings;

/* One simulated machine: a port for its node, over the engine's host stack. */
typedef struct sim_machine {
    sim_stack_port stack;  /* first, as stack_port.h asks */
    sim_world *world;
    pl_node *node;         /* NULL while it is down, and of proxies */
    struct sim_proxy *proxy; /* of proxies */
    sim_registry *registry;
    const sim_group_config *group; /* peers only */
    net_random random;     /* the node's own stream */
    pl_time armed_at;      /* of the engine's tick that is on its way; PL_NEVER if none */
    sim_whereabouts at;    /* at.ip: that the host itself has */
    sim_whereabouts home;  /* where it was at the start */
    uint32_t moves;        /* how often it has moved */
    uint32_t index;        /* from 1, within its role; of callers and callees the cell's number */
    uint32_t life;         /* of ticks; those of an earlier life are ignored */
    sim_role role;
    uint32_t logins_left;  /* peers: log-in acts still to come */
    uint64_t bytes_before; /* IP payload bytes of the host when the login began */
    struct sim_change *changes; /* acts of the timeline that are in force, oldest first */
    sim_pings pings;
    const sim_act *poison;       /* supernodes: it answers badly by this act; NULL = as it should */
    struct sim_churner *churner; /* NULL: it stays */
    struct sim_ledger *ledger;   /* supernodes of the world: what their traffic is spent on; NULL: nobody asks */
    struct sim_contacts *contacts; /* supernodes and peers: with whom they had to do since the last sample; likewise */
    pl_time online_at;     /* users: logged in since; PL_NEVER if not */
    pl_time left_at;       /* users: logged in last; PL_NEVER = not in this run */
    bool wants_online;     /* users: has logged in, or tried, and not left */
    bool is_logging_in;
    bool is_off;           /* supernodes: has shut itself off */
    bool was_elected;      /* peers: was promoted once, whatever became of it */
} sim_machine;

struct sim_world {
    sim_world_options options;
    const sim_config *config;
    const sim_engine_ops *ops;
    sim_engine *engine;
    net *network;          /* NULL when live */
    pl_network knowledge;  /* what every node knows */
    uint16_t web_ports[NET_FIREWALL_PORTS_MAX];
    pl_addr bootstrap[7];
    uint32_t landmarks[SIM_LANDMARKS]; /* hosts of fixed networks, which answer ICMP echo */
    pl_addr *servers;      /* login servers */
    pl_addr *supernodes;
    pl_node_supernode *supernode_options;
    pl_cache_entry **known;
    char **account_names;  /* of supernodes: name, then password */
    pl_server_keys keys;
    int64_t epoch;         /* Unix seconds at now = 0 */
    const struct pl_suite *suite;
    size_t n_machines;
    sim_machine *machines; /* login servers, supernodes, peers */
    size_t n_servers, n_supernodes, n_peers, n_cells, n_proxies, n_landmarks;
    uint32_t n_addresses[2];   /* given to boxes beyond the first of each host: public, in carriers' networks */
    struct sim_paths *paths;   /* NULL: nobody connects to anybody */
    struct sim_nat_watch *nat_watch; /* of each machine; NULL: nobody asks */
    struct sim_searches *searches; /* NULL: nobody looks for anybody */
    struct sim_befriended *buddies; /* of each peer; NULL: nobody has any */
    size_t n_dedicated;        /* supernodes that sleep until they are added, the last of all */
    uint64_t n_attempts;       /* of log-ins, since the last sample */
    uint64_t n_planned, n_ended; /* logins */
    uint64_t n_logged_in, n_failed;
    uint64_t n_unfinished;
    size_t n_refused_inputs;
    net_random timeline_random;
    bool stopped;
};

/* machine.c */

/* The host comes up with a new node and an empty stack. */
void sim_machine_start(sim_machine *machine, pl_time now);
/* The host vanishes; its registry stays. */
void sim_machine_stop(sim_machine *machine);
/* It runs, and is a supernode now: from the start, or elected. */
bool sim_machine_is_supernode(const sim_machine *machine);
void sim_machine_clear(sim_machine *machine);
/* Moves the engine's tick if the node's deadline moved earlier.  After every act on the node. */
void sim_machine_arm(sim_machine *machine);
/* Its name, such as "peer-17"; returns ret_name. */
char *sim_machine_name(const sim_machine *machine, char ret_name[SIM_NAME_MAX]);
/* The input function given to the engine. */
size_t sim_machine_input(void *ctx, const pl_input *input, pl_time now);
/* A port over the machine, for the core's helpers that need one outside a node. */
pl_port sim_machine_port(sim_machine *machine);

/* population.c */

/* Builds hosts and machines.  False and a sentence. */
bool sim_population_build(sim_world *world, char **ret_error);
/* Where the machine's user sits: its account. */
void sim_population_account(const sim_machine *machine, char ret_name[SIM_NAME_MAX], char ret_password[SIM_NAME_MAX]);

/* The access link and the firewall that the scenario gives it, before any act of the timeline. */
const net_link_options *sim_population_link(const sim_machine *machine);
net_firewall_options sim_population_firewall(const sim_machine *machine);
/* The proxy that the machine's node is told of; {0, 0} if none. */
pl_addr sim_population_proxy(const sim_machine *machine);
/* The caller of a cell, from 1; the callee is the next machine. */
sim_machine *sim_population_caller(const sim_world *world, size_t cell);

/* topology.c */

/* Where the next host of a row of neighbours goes. */
typedef struct sim_street {
    int64_t per_nat, per_carrier;
    int64_t in_home, in_carrier; /* taken so far in the last home, in the last carrier's network */
    sim_whereabouts last;
} sim_street;

/* Puts a new host into the network, with the boxes that it needs, and makes the next place of the street ready. */
void sim_topology_add(sim_machine *machine, sim_street *street);
/* Acts of the timeline (network worlds only).  The box in front of the machine forgets what it maps. */
void sim_topology_reboot(const sim_machine *machine, pl_time now);
/* The box, or the host where there is none, gets another outside address. */
void sim_topology_readdress(sim_machine *machine, pl_time now);
/* The host moves to a LAN of its own, behind a box of that kind; and back to where it was at the start. */
void sim_topology_roam(sim_machine *machine, const net_nat_options *nat, pl_time now);
void sim_topology_go_home(sim_machine *machine, pl_time now);
/* The home's box becomes one of another kind, with the first address of the old one, and knows nothing; nothing happens
 * where there is no home box. */
void sim_topology_router(sim_machine *machine, const net_nat_options *nat, pl_time now);

/* behaviour.c */

/* When a user acts; `last` is when the one before him did. */
pl_time sim_behaviour_arrival(const sim_arrival *arrive, net_random *random, pl_time last);
/* Plans the log-in acts of all peers. */
void sim_behaviour_plan(sim_world *world);
/* A login ended: what does the user do next? */
void sim_behaviour_login_ended(sim_machine *machine, pl_time now);

/* The machine will not do what its user still planned. */
void sim_behaviour_give_up(sim_machine *machine);
/* It was cut off, or could not log in: does its user try again? */
void sim_behaviour_cut_off(sim_machine *machine, pl_time now);
/* The machine is back: its user, if he ever logs in, does so at once. */
void sim_behaviour_resume(sim_machine *machine, pl_time now);

/* A datagram that a node sends. */
typedef struct sim_datagram {
    const uint8_t *data;
    size_t len;
} sim_datagram;

/* The peer of that number, from 1. */
static inline sim_machine *sim_world_peer(const sim_world *world, int64_t number)
{
    return &world->machines[world->n_servers + world->n_supernodes + (size_t)number - 1];
}

/* crowd/ */

/* Whether the machine's user is online, as its node tells. */
void sim_presence_told(sim_machine *machine, bool is_online, pl_time now);
/* The host is down from now on, and has no node yet. */
void sim_presence_sleep(sim_machine *machine);
/* The machine goes without a word; what its user planned is given up.  Nothing if it is down. */
void sim_presence_vanish(sim_machine *machine, pl_time now);
/* It is back with an empty stack, and its user logs in; if it is up, it vanishes first. */
void sim_presence_return(sim_machine *machine, pl_time now);
/* Its user logs out; the machine stays. */
void sim_presence_log_out(sim_machine *machine, pl_time now);
/* Up, and in a session if it comes and goes. */
bool sim_presence_is_there(const sim_machine *machine);
/* Plans who comes and goes. */
void sim_churn_plan(sim_world *world);
bool sim_churn_is_in(const sim_machine *machine);
/* The timeline has taken the machine away: what the churn had planned for it is void … */
void sim_churn_interrupt(sim_machine *machine);
/* … until it is brought back, and begins a session. */
void sim_churn_resume(sim_machine *machine, pl_time now);
void sim_churn_forget(sim_machine *machine);
/* Plans who looks for whom; what a node tells of it; the asker is gone; the run is over. */
/* buddies.c */
void sim_buddies_plan(sim_world *world);
void sim_buddies_free(sim_world *world);
void sim_buddies_event(sim_machine *machine, const pl_event *event, pl_time now);

void sim_searches_plan(sim_world *world);
void sim_searches_free(sim_world *world);
void sim_searches_event(sim_machine *machine, const pl_event *event, pl_time now);
void sim_searches_give_up(sim_machine *machine, pl_time now);
void sim_searches_end(sim_world *world, pl_time now);
/* From now on the supernode answers badly about the index, for the act's span or for good (poison.c). */
void sim_poison_start(sim_machine *machine, const sim_act *act, pl_time now);
/* Its datagrams on their way out and in: true if they are lost. */
bool sim_poison_sends(const sim_machine *machine, const sim_datagram *datagram);
bool sim_poison_takes(const sim_machine *machine, const pl_input *input);
/* ledger.c: a supernode's traffic is watched, if the run takes samples of a network of ours; a datagram of it, either way;
 * an instant at which the overlay is sampled; the run is over. */
void sim_ledger_open(sim_machine *machine);
void sim_ledger_free(sim_machine *machine);
void sim_ledger_datagram(struct sim_ledger *ledger, const uint8_t *data, size_t len);
void sim_ledger_sample(sim_machine *machine, pl_time now);
void sim_ledger_end(const sim_machine *machine, pl_time now);
/* survivors.c: whom a machine turned to, or who turned to it, if the run counts contacts. */
void sim_contacts_datagram(struct sim_contacts *contacts, pl_addr with);
void sim_contacts_stream(struct sim_contacts *contacts, pl_id stream, pl_addr with);
void sim_contacts_input(struct sim_contacts *contacts, const pl_input *input);
void sim_contacts_free(sim_machine *machine);
void sim_survivors_plan(sim_world *world);
/* An instant at which the overlay is sampled. */
void sim_survivors_sample(sim_world *world, pl_time now);
/* Plans the samples of the overlay's state. */
void sim_gauges_plan(sim_world *world);

/* timeline.c */

void sim_timeline_plan(sim_world *world);
/* Frees what the timeline keeps about a machine. */
void sim_timeline_forget(sim_machine *machine);

/* paths/ */

/* Makes the record of the paths if there will be any. */
void sim_paths_new(sim_world *world);
void sim_paths_free(sim_world *world);
/* Plans the acts of the matrix and of `paths:`. */
void sim_paths_plan(sim_world *world);
/* An event of a node, a sighting of the network: what of them concerns a path. */
void sim_paths_event(sim_machine *machine, const pl_event *event, pl_time now);
void sim_paths_sighting(sim_world *world, const net_sighting *sighting, pl_time now);
/* The machine's node is about to be forgotten, and what it had begun with it. */
void sim_paths_give_up(const sim_machine *machine, pl_time now);
/* The replication is over: rows of what was planned, finished or not. */
void sim_paths_end(sim_world *world, pl_time now);

/* measure.c */

/* One number of a machine, into series.csv if measuring has begun at `when`. */
void sim_measure_sample(const sim_machine *machine, const sim_sample *sample, pl_time when, pl_time now);

/* The labels of a login's samples. */
void sim_measure_labels(const sim_machine *machine, const char *login, char *ret_labels, size_t size);

/* ping_watch.c: an event of a node; what of it concerns echo requests. */
void sim_ping_event(sim_machine *machine, const pl_event *event, pl_time now);

/* An event of a node becomes samples. */
void sim_measure_event(sim_machine *machine, const pl_event *event, pl_time now);
/* What is told at the end of a replication. */
void sim_measure_end(sim_world *world, pl_time now);

#endif
