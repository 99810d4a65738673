#include "core/overlay/election/election.h"

#include <glib.h>
#include <string.h>

#define QUARTERS_MAX 16 /* chosen: four times what suffices is plenty */

bool pl_resources_suffice(const pl_resources *resources, const pl_config *config)
{
    return resources->cpu >= config->election_cpu && resources->memory >= config->election_memory &&
           resources->bandwidth >= config->election_bandwidth &&
           resources->uptime >= config->election_uptime / PL_SECOND;
}

static int64_t quarters(int64_t has, int64_t suffices)
{
    return suffices ? MIN(4 * has / suffices, QUARTERS_MAX) : QUARTERS_MAX;
}

int64_t pl_resources_score(const pl_resources *resources, const pl_config *config)
{
    return quarters(resources->cpu, config->election_cpu) + quarters(resources->memory, config->election_memory) +
           quarters(resources->bandwidth, config->election_bandwidth);
}

/* A young supernode has few children because nobody knows it yet. */
static pl_election_step decide_by_need(const pl_election_view *view, const pl_config *config)
{
    if (view->children > config->election_children_most && view->has_candidate)
        return PL_ELECTION_PROMOTE;
    if (view->is_elected && view->children < config->election_children_least && view->age >= config->election_settle)
        return PL_ELECTION_STEP_DOWN;
    return PL_ELECTION_STAY;
}

static const pl_election_policy policies[] = {
    {"none", "roles are fixed from the start", NULL},
    {"by-need",
     "more than election.children_most children: the best eligible one is promoted; fewer than "
     "election.children_least: who was promoted hands them over and steps down",
     decide_by_need},
};

const pl_election_policy *pl_election_policy_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

size_t pl_election_policies(const pl_election_policy **ret_policies)
{
    *ret_policies = policies;
    return G_N_ELEMENTS(policies);
}
