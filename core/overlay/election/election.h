/* election.h - who may become a supernode, and when a supernode wants another or is one too many: a policy.
 *
 * Nothing here acts: the rules are pure.  The supernode's side acts in overlay/elector.c, the client's in node_role.c. */
#ifndef PL_OVERLAY_ELECTION_H
#define PL_OVERLAY_ELECTION_H

#include "core/config.h"

/* What a host has, as it says itself. */
typedef struct pl_resources {
    uint32_t cpu;       /* MHz */
    uint32_t memory;    /* MB */
    uint32_t bandwidth; /* kbit/s upwards */
    uint32_t uptime;    /* seconds since the user logged in */
} pl_resources;

/* Enough of each (BS-02)?  That its address is public and open (PO-08) is another's to say: pl_nat_keeper_is_open. */
bool pl_resources_suffice(const pl_resources *resources, const pl_config *config);
/* How good a supernode it would make, from 12 on if they suffice.  Of each resource, up to four times what suffices counts, in quarters:
 * who claims more than that gains nothing by it.  The uptime does not count: others have seen how long it was there. */
int64_t pl_resources_score(const pl_resources *resources, const pl_config *config);

/* What a supernode knows when it decides. */
typedef struct pl_election_view {
    int64_t children;
    bool has_candidate; /* one of them could be asked */
    bool is_elected;    /* we were a client, and can be one again */
    pl_span age;        /* since we became a supernode */
} pl_election_view;

typedef enum pl_election_step { PL_ELECTION_STAY, PL_ELECTION_PROMOTE, PL_ELECTION_STEP_DOWN } pl_election_step;

typedef struct pl_election_policy {
    const char *name;
    const char *help;
    pl_election_step (*decide)(const pl_election_view *view, const pl_config *config); /* NULL = roles are fixed */
} pl_election_policy;

/* NULL if unknown. */
const pl_election_policy *pl_election_policy_find(const char *name);
size_t pl_election_policies(const pl_election_policy **ret_policies);

#endif
