/* login_online.c - being online: keep-alives, the supernode's silence, and the refreshing of the cache, by one deadline. */
#include "core/session/login_internal.h"

#include "core/event.h"
#include "core/overlay/keepalive.h"

#include <glib.h>

static void on_deadline(void *machine, pl_time now);

static const pl_config *config_of(const pl_login *login)
{
    return login->options.context->config;
}

static void wait(pl_login *login)
{
    pl_time at = MIN(login->refresh_at, login->keep_alive_at);
    pl_time silent_at = pl_keepalive_silent_at(config_of(login), login->heard_at);
    pl_login_enter(login, PL_LOGIN_ONLINE, MIN(at, silent_at), on_deadline);
}

/* One request is under way at most. */
static void refresh_cache(pl_login *login, pl_time now)
{
    if (!login->awaits_entries)
        pl_login_say(login, &(pl_message){.id = PL_MESSAGE_CACHE_REQUEST});
    login->awaits_entries = true;
    login->refresh_at = now + config_of(login)->cache_refresh_interval;
}

/* Says once that we could be a supernode, and once that we could be none any more. */
static void tell_candidacy(pl_login *login, pl_time now)
{
    const pl_login_options *options = &login->options;
    pl_message resources = {.id = PL_MESSAGE_RESOURCES};
    bool is_candidate = options->election && options->election->candidacy(options->owner, &resources, now);
    if (is_candidate == login->is_candidate)
        return;
    login->is_candidate = is_candidate;
    pl_login_say(login, &resources);
    if (is_candidate)
        pl_trace(&options->context->port, PL_EVENT_ELIGIBLE, pl_number(resources.cpu), pl_number(resources.memory),
                 pl_number(resources.bandwidth), pl_number(resources.uptime));
}

void pl_login_take_promotion(pl_login *login, const pl_message *promote, pl_time now)
{
    const pl_login_options *options = &login->options;
    bool is_done = options->election && options->election->promote(options->owner, promote, now);
    pl_login_say(login, &(pl_message){.id = PL_MESSAGE_PROMOTED, .answer = is_done ? PL_PROMOTED_YES : PL_PROMOTED_NO});
}

static void keep_alive(pl_login *login, pl_time now)
{
    tell_candidacy(login, now);
    pl_login_say(login, &(pl_message){.id = PL_MESSAGE_KEEP_ALIVE});
    login->keep_alive_at = pl_keepalive_due(config_of(login), now);
}

static void on_deadline(void *machine, pl_time now)
{
    pl_login *login = machine;
    if (now >= pl_keepalive_silent_at(config_of(login), login->heard_at)) {
        pl_login_lose(login, PL_LOGIN_SUPERNODE_LOST, "silent", now);
        return;
    }
    if (now >= login->refresh_at)
        refresh_cache(login, now);
    if (now >= login->keep_alive_at)
        keep_alive(login, now);
    wait(login);
}

void pl_login_online_start(pl_login *login, pl_time now)
{
    login->is_candidate = false;
    login->heard_at = now;
    login->keep_alive_at = pl_keepalive_due(config_of(login), now);
    login->refresh_at = now + config_of(login)->cache_refresh_interval;
    pl_login_fold_cache(login);
    wait(login);
}
