#include "core/session/relogin.h"

#include <glib.h>
#include <string.h>

static pl_span wait_every(const pl_context *context, int64_t n)
{
    (void)n;
    return context->config->relogin_interval;
}

/* The n-th pause is first × factor^n, the cap at most, less a random share of the jitter: the cap is never exceeded. */
static pl_span wait_back_off(const pl_context *context, int64_t n)
{
    const pl_config *config = context->config;
    pl_span wait = MIN(config->relogin_first, config->relogin_cap);
    for (int64_t i = 0; i < n && wait > 0 && wait < config->relogin_cap; i++)
        wait = MIN(wait * config->relogin_factor, config->relogin_cap);
    uint16_t draw;
    pl_context_random(context, &draw, sizeof draw);
    return wait - wait * config->relogin_jitter / 100 / 65536 * draw;
}

static const pl_relogin_policy policies[] = {
    {"none", "never: who lost his supernode, or whose login failed, stays out until he acts", NULL},
    {"every", "after relogin.interval, each time: a crowd that lost its network comes back at one instant", wait_every},
    {"back-off", "after relogin.first, then relogin.factor times longer each time up to relogin.cap, with relogin.jitter",
     wait_back_off},
};

const pl_relogin_policy *pl_relogin_policy_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}

size_t pl_relogin_policies(const pl_relogin_policy **ret_policies)
{
    *ret_policies = policies;
    return G_N_ELEMENTS(policies);
}

pl_relogin *pl_relogin_new(const pl_relogin_policy *policy, const char *name, const char *password)
{
    if (!policy->wait)
        return NULL;
    pl_relogin *relogin = g_new0(pl_relogin, 1);
    g_strlcpy(relogin->name, name, sizeof relogin->name);
    g_strlcpy(relogin->password, password, sizeof relogin->password);
    return relogin;
}

void pl_relogin_free(pl_relogin *relogin)
{
    if (!relogin)
        return;
    pl_bytes_wipe(relogin, sizeof *relogin);
    g_free(relogin);
}
