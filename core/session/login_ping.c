/* login_ping.c - echo requests at a login: when a policy asks, and what the login does with the verdict. */
#include "core/session/login_internal.h"

#include "core/event.h"

#include <glib.h>

/* A preference, and no more: if it is not among those asked, or does not answer by UDP, the next best serves.
 */
static void prefer(pl_login *login, const pl_ping_result *result)
{
    login->effort->nearest = result->nearest;
}

/* Nothing open, nobody answers, not even a network that has nothing to do with us: no attempt after this one.
 */
static void despair(pl_login *login, pl_time now)
{
    if (login->effort->answered.ip) /* by UDP: there is one, whatever becomes of the login */
        return;
    switch (login->state) {
    case PL_LOGIN_PAUSING:
        login->effort->no_network = true;
        pl_login_attempt_failed(login, PL_LOGIN_NO_NETWORK, now);
        return;
    case PL_LOGIN_ASKING:
    case PL_LOGIN_OPENING:
        login->effort->no_network = true;
        return;
    case PL_LOGIN_IDLE:
    case PL_LOGIN_PINGING:
    case PL_LOGIN_ATTACHING:
    case PL_LOGIN_GRANTING:
    case PL_LOGIN_ADVERTISING:
    case PL_LOGIN_ONLINE:
    case PL_LOGIN_WAITING:
        return;
    }
}

static void on_done(void *owner, const pl_ping_result *result, pl_time now)
{
    pl_login *login = owner;
    if (result->verdict == PL_PING_NEAREST)
        prefer(login, result);
    if (login->state == PL_LOGIN_PINGING)
        pl_login_attempt(login, now);
    else if (result->verdict == PL_PING_NO_NETWORK)
        despair(login, now);
}

static size_t list_targets(const pl_login *login, pl_ping_whom whom,
                           uint32_t ret_targets[PL_PING_TARGETS_MAX])
{
    const pl_network *network = login->options.network;
    size_t n = 0;
    switch (whom) {
    case PL_PING_ENTRIES:
        for (; n < MIN(network->n_bootstrap, PL_PING_TARGETS_MAX); n++)
            ret_targets[n] = network->bootstrap[n].ip;
        break;
    case PL_PING_NETWORKS:
        for (; n < MIN(network->n_echo_targets, PL_PING_TARGETS_MAX); n++)
            ret_targets[n] = network->echo_targets[n];
        break;
    case PL_PING_PARENT:
        ret_targets[n++] = login->supernode.ip;
        break;
    }
    return n;
}

bool pl_login_ping(pl_login *login, pl_ping_moment moment, pl_time now)
{
    pl_login_effort *effort = login->effort;
    const pl_ping_policy *policy = login->options.ping;
    uint32_t targets[PL_PING_TARGETS_MAX];
    if (!policy || policy->moment != moment || (effort->is_later && !policy->later) || effort->ping)
        return false;
    size_t n = list_targets(login, policy->whom, targets);
    if (n == 0) /* a network without fixed ones: silence would say nothing */
        return false;
    effort->ping = pl_ping_new(&(pl_ping_options){.context = login->options.context,
                                                  .policy = policy,
                                                  .targets = targets,
                                                  .n_targets = n,
                                                  .since = effort->started_at,
                                                  .done = on_done,
                                                  .owner = login},
                               now);
    return policy->holds;
}

bool pl_login_echo(pl_login *login, uint32_t from, uint16_t sequence, pl_time now)
{
    return login->effort && pl_ping_echo(login->effort->ping, from, sequence, now);
}

static void on_nearest_silent(void *machine, pl_time now)
{
    pl_login *login = machine;
    pl_login_answered(login, login->effort->spare, now);
}

static bool is_asked(const pl_login_effort *effort, uint32_t ip)
{
    for (size_t i = 0; i < effort->n_asked; i++)
        if (effort->entries[i].ip == ip)
            return true;
    return false;
}

/* Whom it prefers may be a moment later than others, but no more than an echo may. */
bool pl_login_takes(pl_login *login, pl_addr from, pl_time now)
{
    pl_login_effort *effort = login->effort;
    if (!effort->nearest || effort->nearest == from.ip || !is_asked(effort, effort->nearest))
        return true;
    if (!effort->spare.ip) {
        effort->spare = from;
        pl_login_enter(login, PL_LOGIN_ASKING, now + login->options.context->config->icmp_wait,
                       on_nearest_silent);
    }
    return false;
}
