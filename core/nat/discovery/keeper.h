/* keeper.h - keeps what a node knows of its NAT: finds it out at login, stores it, and decides when it is stale.
 *
 * The talk leaves open how the stored information is refreshed.  Here that is a policy: a set of triggers, each
 * with its price.  The report is a hint, and these are its consumers: eligibility as a supernode (a translated
 * node must not become one), the methods that an E2 client leaves out, and the interval of keep-alives.
 *
 * The one writer of the value "nat" in the registry. */
#ifndef PL_NAT_KEEPER_H
#define PL_NAT_KEEPER_H

#include "core/nat/discovery/discovery.h"
#include "core/nat/discovery/lifetime.h"

/* What makes a node doubt what it stored. */
#define PL_NAT_ON_TIMER 1u      /* the report is older than nat.refresh_interval */
#define PL_NAT_ON_ADDRESS 2u    /* the host's own address changed */
#define PL_NAT_ON_KEEP_ALIVE 4u /* answers to keep-alives disagree, stay out, or come back; sends them */
#define PL_NAT_ON_FAILURE 8u    /* nat.failures sessions did not find the path that the report promised */

typedef struct pl_nat_policy {
    const char *name;
    const char *help;
    unsigned triggers; /* PL_NAT_ON_…; 0 = found out at each login and not again */
} pl_nat_policy;

/* NULL if unknown. */
const pl_nat_policy *pl_nat_policy_find(const char *name);
size_t pl_nat_policies(const pl_nat_policy **ret_policies);

typedef struct pl_nat_keeper pl_nat_keeper;

typedef struct pl_nat_keeper_options {
    pl_context *context;
    const pl_nat_policy *policy; /* static */
    pl_id socket;                /* the main UDP socket, whose binding is kept alive; 0 = none */
} pl_nat_keeper_options;

/* Loads the stored report, if there is one. */
pl_nat_keeper *pl_nat_keeper_new(const pl_nat_keeper_options *options);
void pl_nat_keeper_free(pl_nat_keeper *keeper);

/* A supernode at this address serves us: finds out anew, and asks it from now on. */
void pl_nat_keeper_online(pl_nat_keeper *keeper, uint32_t server_ip, pl_time now);
/* It does no longer; what is under way goes on to its end. */
void pl_nat_keeper_offline(pl_nat_keeper *keeper);

/* Evidence from outside. */
void pl_nat_keeper_address_changed(pl_nat_keeper *keeper, pl_time now);
void pl_nat_keeper_path_ended(pl_nat_keeper *keeper, bool as_promised, pl_time now);

/* What is believed; NULL as long as nothing is. */
const pl_nat_report *pl_nat_keeper_report(const pl_nat_keeper *keeper);
/* The partner of the supernode that serves us, which answered the last discovery; 0 if none did. */
uint32_t pl_nat_keeper_partner(const pl_nat_keeper *keeper);
/* Could it be a supernode, as far as NAT and firewall go (BS-02, PO-08)? */
bool pl_nat_keeper_is_open(const pl_nat_keeper *keeper);
/* How often a binding of ours has to be used: two thirds of its measured lifetime, at most nat.keep_alive. */
pl_span pl_nat_keeper_interval(const pl_nat_keeper *keeper);

/* Datagrams that all this has taken so far, sent and received. */
uint64_t pl_nat_keeper_messages(const pl_nat_keeper *keeper);

/* Routing: its own sockets, and STUN answers on the main socket. */
bool pl_nat_keeper_owns(const pl_nat_keeper *keeper, pl_id socket);
int pl_nat_keeper_input(pl_nat_keeper *keeper, pl_id socket, pl_addr from, const uint8_t *data, size_t len, pl_time now);

#endif
