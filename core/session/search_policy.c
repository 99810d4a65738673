#include "core/session/search.h"

#include <glib.h>
#include <string.h>

static bool is_last_round(const pl_search_state *state)
{
    return state->is_exhausted || state->rounds >= (uint32_t)state->config->search_rounds;
}

static pl_search_verdict give_up(const char *reason, const char **ret_reason)
{
    *ret_reason = reason;
    return PL_SEARCH_GIVE_UP;
}

/* As the client of 2004 may have done: so many rounds, and that is all. */
static pl_search_verdict judge_rounds(const pl_search_state *state, const char **ret_reason)
{
    return is_last_round(state) ? give_up("rounds", ret_reason) : PL_SEARCH_GO_ON;
}

/* An entry is with the supernodes of its slot or with nobody.  Those that came lately may not have it yet, so
 * that more than half must be sure. */
static bool slot_denies(const pl_search_state *state)
{
    return state->slot_size > 0 && state->slot_no == state->slot_size &&
           2 * state->slot_sure > state->slot_size;
}

/* The places of the rounds that are over, and not whom was asked: when the way changes the same are asked twice. */
static bool was_slot_asked(const pl_search_state *state)
{
    const uint64_t first = (uint64_t)state->config->search_first_round;
    return state->is_exhausted || (first << state->rounds) - first >= state->slot_size;
}

/* All of the slot were asked, and not all answered.  Who has vanished is missed by the mesh meanwhile, and another has its
 * place; who was only not reached is asked again. */
static bool is_review_due(const pl_search_state *state)
{
    return was_slot_asked(state) && state->slot_no < state->slot_size &&
           state->reviews < (uint32_t)state->config->search_reviews;
}

static pl_search_verdict judge_slot(const pl_search_state *state, const char **ret_reason)
{
    if (slot_denies(state)) {
        *ret_reason = "slot";
        return PL_SEARCH_NOT_FOUND;
    }
    if (is_review_due(state))
        return PL_SEARCH_REVIEW;
    if (!is_last_round(state))
        return PL_SEARCH_GO_ON;
    return give_up(state->slot_no < state->slot_size ? "slot-silent" : "slot-unsure", ret_reason);
}

/* The odds that none of `replicas` is among the `asked` of `network`, if they were drawn by lot: in 2^32nds.
 */
static uint64_t odds_of_miss(const pl_search_state *state)
{
    uint64_t odds = (uint64_t)1 << 32;
    uint64_t left = state->network > state->answered ? state->network - state->answered : 0;
    for (int64_t i = 0; i < state->config->index_replicas && state->network > 0; i++)
        odds = odds * left / state->network;
    return odds;
}

static pl_search_verdict judge_size(const pl_search_state *state, const char **ret_reason)
{
    if (state->network > 0 && state->answered >= state->network) {
        *ret_reason = "everybody";
        return PL_SEARCH_NOT_FOUND;
    }
    if (odds_of_miss(state) * 1000 <= ((uint64_t)state->config->search_miss << 32))
        return give_up("unlikely", ret_reason);
    return is_last_round(state) ? give_up("rounds", ret_reason) : PL_SEARCH_GO_ON;
}

static pl_search_verdict judge_login_server(const pl_search_state *state, const char **ret_reason)
{
    if (!is_last_round(state) && state->slot_no < state->slot_size)
        return PL_SEARCH_GO_ON;
    *ret_reason = "login-server";
    return PL_SEARCH_ASK_SERVER;
}

static const pl_search_policy policies[] = {
    {"slot", "ends when all supernodes of the name's slot said no, most of them surely, and asks them anew where one was silent; the "
             "default",
     "no supernode that serves the slot, as one's own sees it, has an entry of the last 72 hours",
     judge_slot},
    {"rounds", "ends after search.rounds rounds", NULL, judge_rounds},
    {"size", "ends when the entry was missed with odds of search.miss only, by the network's size",
     "every supernode that one's own knows was asked, and said no", judge_size},
    {"login-server", "asks the slot, and then the login server, which has the last word (BS-28)",
     "the login server knows of no log-in under this name in the last 72 hours", judge_login_server},
};

const pl_search_policy *pl_search_policy_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

size_t pl_search_policies(const pl_search_policy **ret_policies)
{
    *ret_policies = policies;
    return G_N_ELEMENTS(policies);
}

const char *pl_search_outcome_name(pl_search_outcome outcome)
{
    static const char *const names[] = {
        [PL_SEARCH_FOUND] = "found", [PL_SEARCH_ABSENT] = "not-found", [PL_SEARCH_GAVE_UP] = "gave-up"};
    return names[outcome];
}
