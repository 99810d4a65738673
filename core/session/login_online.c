/* login_online.c - being online: keep-alives, the supernode's silence, and the refreshing of the cache, by one deadline. */
#include "core/session/login_internal.h"

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

static void keep_alive(pl_login *login, pl_time now)
{
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
    login->heard_at = now;
    login->keep_alive_at = pl_keepalive_due(config_of(login), now);
    login->refresh_at = now + config_of(login)->cache_refresh_interval;
    wait(login);
}
