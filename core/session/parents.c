#include "core/session/parents.h"

#include "core/event.h"

#include <glib.h>
#include <string.h>

static bool has_valid_credential(const pl_login *login, pl_time now)
{
    return login->self->credential.expires > pl_context_unix(login->options.context, now);
}

/* Is anybody there to ask, but for whom we have just lost? */
static bool has_spares(const pl_login *login, pl_addr lost)
{
    const pl_host_cache *cache = &login->cache;
    bool is_lost_alone = cache->count == 1 && pl_addr_equal(cache->entries[0].addr, lost);
    return login->options.context->config->parents_spares > 0 && cache->count > 0 && !is_lost_alone;
}

void pl_parents_choose(pl_login *login)
{
    pl_login_effort *effort = login->effort;
    pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
    const pl_context *context = login->options.context;
    size_t max = MIN((size_t)context->config->parents_spares, G_N_ELEMENTS(drawn));
    effort->n_entries = pl_host_cache_sample(&login->cache, context, effort->lost, drawn, max);
    effort->wave_entries = MAX(effort->n_entries, 1);
    effort->entries = g_new(pl_addr, effort->n_entries);
    for (size_t i = 0; i < effort->n_entries; i++)
        effort->entries[i] = drawn[i].addr;
}

void pl_parents_lost(pl_login *login, pl_addr lost, const char *cause, pl_time now)
{
    pl_trace(&login->options.context->port, PL_EVENT_PARENT_LOST, pl_endpoint(lost), pl_text(cause));
    if (!has_valid_credential(login, now) || !has_spares(login, lost)) {
        pl_login_over(login, cause, now);
        return;
    }
    pl_login_effort *effort = login->effort = g_new0(pl_login_effort, 1);
    effort->is_hand_over = true;
    effort->lost = lost;
    effort->started_at = now;
    pl_login_attempt(login, now);
}

void pl_parents_found(pl_login *login, pl_time now)
{
    pl_trace(&login->options.context->port, PL_EVENT_HANDED_OVER, pl_endpoint(login->supernode),
             pl_number(now - login->effort->started_at));
}
