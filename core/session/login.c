#include "core/session/login_internal.h"

#include "core/event.h"
#include "core/session/parents.h"

#include <glib.h>
#include <string.h>

static const char *cause_name(pl_login_cause cause)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_LOGIN_CAUSES(X)
#undef X
    };
    return names[cause];
}

pl_login *pl_login_new(const pl_login_options *options, pl_time now)
{
    pl_login *login = g_new0(pl_login, 1);
    login->options = *options;
    pl_host_cache_load(&login->cache, options->context, now);
    return login;
}

static void effort_free(pl_login_effort *effort)
{
    if (!effort)
        return;
    pl_race_free(effort->race);
    pl_ping_free(effort->ping);
    pl_grant_free(effort->grant);
    g_free(effort->contacts);
    g_free(effort->contacts_tcp);
    g_free(effort->entries);
    pl_bytes_wipe(effort, sizeof *effort);
    g_free(effort);
}

void pl_login_forget_self(pl_login *login)
{
    if (!login->self)
        return;
    pl_bytes_wipe(login->self, sizeof *login->self);
    g_clear_pointer(&login->self, g_free);
    if (login->options.offline)
        login->options.offline(login->options.owner);
}

void pl_login_free(pl_login *login)
{
    if (!login)
        return;
    pl_deadline_cancel(&login->options.context->deadlines, &login->deadline);
    pl_deadline_cancel(&login->options.context->deadlines, &login->registration);
    effort_free(login->effort);
    pl_login_forget_self(login);
    pl_channel_free(login->channel);
    pl_relogin_free(login->relogin);
    g_free(login->moves);
    pl_host_cache_clear(&login->cache);
    g_free(login);
}

void pl_login_enter(pl_login *login, pl_login_state state, pl_time deadline, pl_deadline_fn act)
{
    login->state = state;
    pl_deadline_set(&login->options.context->deadlines, &login->deadline, deadline, act, login);
}

/* In an outage a login meets hundreds of addresses: the array doubles. */
void pl_login_contact(pl_addr **contacts, size_t *count, pl_addr addr)
{
    size_t place = 0, end = *count;
    while (place < end) {
        size_t middle = place + (end - place) / 2;
        if (pl_addr_compare((*contacts)[middle], addr) < 0)
            place = middle + 1;
        else
            end = middle;
    }
    if (place < *count && pl_addr_equal((*contacts)[place], addr))
        return;
    if ((*count & (*count - 1)) == 0)
        *contacts = g_renew(pl_addr, *contacts, *count ? 2 * *count : 1);
    memmove(*contacts + place + 1, *contacts + place, (*count - place) * sizeof addr);
    (*contacts)[place] = addr;
    (*count)++;
}

void pl_login_fold_cache(pl_login *login)
{
    if (login->is_cache_kept)
        pl_host_cache_fold(&login->cache);
}

/* The entries that this attempt asks: the bootstrap list the first time, later a draw from the cache. */
static void choose_entries(pl_login *login, pl_time now)
{
    pl_login_effort *effort = login->effort;
    const pl_login_options *options = &login->options;
    const pl_config *config = options->context->config;
    g_clear_pointer(&effort->entries, g_free);
    pl_host_cache_unfold(&login->cache, options->context, now);
    if (effort->is_hand_over) {
        pl_parents_choose(login, now);
        return;
    }
    if (login->cache.count == 0) {
        effort->n_entries = options->network->n_bootstrap;
        effort->wave_entries = MAX(effort->n_entries, 1);
        effort->entries = g_memdup2(options->network->bootstrap, effort->n_entries * sizeof(pl_addr));
        return;
    }
    pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
    size_t max = (size_t)(config->login_wave_entries * config->login_waves);
    effort->wave_entries = (size_t)config->login_wave_entries;
    effort->n_entries = pl_host_cache_sample(&login->cache, options->context, (pl_addr){0}, drawn,
                                             MIN(max, G_N_ELEMENTS(drawn)));
    effort->entries = g_new(pl_addr, effort->n_entries);
    for (size_t i = 0; i < effort->n_entries; i++)
        effort->entries[i] = drawn[i].addr;
}

void pl_login_attempt(void *machine, pl_time now)
{
    pl_login *login = machine;
    pl_login_effort *effort = login->effort;
    effort->attempts++;
    if (!effort->is_hand_over)
        pl_trace(&login->options.context->port, PL_EVENT_LOGIN_ATTEMPT, pl_number(effort->attempts));
    choose_entries(login, now);
    pl_login_ladder_start(login, now);
}

bool pl_login_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return len > 0 && len <= PL_NAME_MAX;
}

static void begin(pl_login *login, const char *name, const char *password, pl_time now)
{
    pl_context *context = login->options.context;
    pl_login_effort *effort = login->effort = g_new0(pl_login_effort, 1);
    g_strlcpy(effort->name, name, sizeof effort->name);
    g_strlcpy(effort->password, password, sizeof effort->password);
    effort->kind = login->cache.count == 0 ? "first" : "later";
    effort->is_later = login->cache.count > 0;
    effort->started_at = now;
    login->self = g_new0(pl_login_self, 1);
    pl_identity_draw(&login->self->identity, context);
    pl_trace(&context->port, PL_EVENT_LOGIN_STARTED, pl_text(effort->kind));
    pl_login_enter(login, PL_LOGIN_PINGING, PL_NEVER, NULL);
    if (!pl_login_ping(login, PL_PING_AT_START, now))
        pl_login_attempt(login, now);
}

int pl_login_start(pl_login *login, const char *name, const char *password, pl_time now)
{
    if (login->state != PL_LOGIN_IDLE && login->state != PL_LOGIN_WAITING)
        return PL_ERR_UNEXPECTED;
    if (!pl_login_name_is_valid(name) || strlen(password) > PL_PASSWORD_MAX)
        return PL_ERR_MALFORMED;
    pl_relogin_free(login->relogin);
    login->relogin = pl_relogin_new(login->options.relogin, name, password);
    begin(login, name, password, now);
    return 0;
}

/* --- ends, and what follows by itself --- */

static void log_in_again(void *machine, pl_time now)
{
    pl_login *login = machine;
    begin(login, login->relogin->name, login->relogin->password, now);
}

/* Nobody is logged in, or about to be: the policy has its word.  The state is idle. */
static void rest(pl_login *login, pl_time now)
{
    const pl_context *context = login->options.context;
    const pl_relogin_policy *policy = login->options.relogin;
    pl_relogin *relogin = login->relogin;
    if (!relogin)
        return;
    pl_span wait = policy->wait(context, relogin->n++);
    pl_login_enter(login, PL_LOGIN_WAITING, now + wait, log_in_again);
    pl_trace(&context->port, PL_EVENT_LOGIN_WAITING, pl_text(policy->name), pl_number(wait),
             pl_number(relogin->n));
}

static void forget_relogin(pl_login *login)
{
    g_clear_pointer(&login->relogin, pl_relogin_free);
}

void pl_login_over(pl_login *login, const char *cause, pl_time now)
{
    pl_login_forget_self(login);
    pl_login_enter(login, PL_LOGIN_IDLE, PL_NEVER, NULL);
    pl_trace(&login->options.context->port, PL_EVENT_LOGGED_OUT, pl_text(cause));
    rest(login, now);
}

static void drop_effort(pl_login *login)
{
    pl_login_effort *effort = login->effort;
    login->effort = NULL;
    effort_free(effort);
}

/* Ends the effort with its event; the cause is NULL for success. */
static void conclude(pl_login *login, const char *cause, pl_time now)
{
    pl_login_effort *effort = login->effort;
    pl_trace(&login->options.context->port, cause ? PL_EVENT_LOGIN_FAILED : PL_EVENT_LOGGED_IN,
             pl_text(effort->kind), pl_number(now - effort->started_at), pl_number(effort->attempts),
             pl_number((int64_t)effort->n_contacts), pl_number((int64_t)effort->n_contacts_tcp),
             pl_text(cause));
    drop_effort(login);
}

void pl_login_failed(pl_login *login, const char *cause, pl_time now)
{
    bool is_hand_over = login->effort->is_hand_over;
    pl_login_attach_drop(login, now);
    pl_login_enter(login, PL_LOGIN_IDLE, PL_NEVER, NULL);
    if (is_hand_over) {
        drop_effort(login);
        pl_login_over(login, cause, now);
        return;
    }
    conclude(login, cause, now);
    pl_login_forget_self(login);
    rest(login, now);
}

void pl_login_attempt_failed(pl_login *login, pl_login_cause cause, pl_time now)
{
    pl_login_effort *effort = login->effort;
    const pl_context *context = login->options.context;
    const char *name = cause == PL_LOGIN_GRANT ? effort->cause_name : cause_name(cause);
    pl_login_attach_drop(login, now);
    if (effort->no_network || effort->is_hand_over || effort->attempts >= context->config->login_attempts) {
        pl_login_failed(login, effort->no_network ? cause_name(PL_LOGIN_NO_NETWORK) : name, now);
        return;
    }
    pl_trace(&context->port, PL_EVENT_LOGIN_PAUSE, pl_text(name));
    pl_login_enter(login, PL_LOGIN_PAUSING, now + context->config->login_pause, pl_login_attempt);
}

void pl_login_succeeded(pl_login *login, pl_time now)
{
    if (login->relogin)
        login->relogin->n = 0;
    if (login->effort->is_hand_over) {
        pl_parents_found(login, now);
        drop_effort(login);
        return;
    }
    conclude(login, NULL, now);
}

void pl_login_take_leave(pl_login *login, pl_time now)
{
    const pl_port *port = &login->options.context->port;
    if (login->stream)
        port->ops->close(port->ctx, login->stream);
    login->stream = 0;
    pl_login_attach_drop(login, now);
}

void pl_login_stop(pl_login *login, pl_time now)
{
    bool is_hand_over = login->effort && login->effort->is_hand_over;
    forget_relogin(login);
    if (login->state == PL_LOGIN_WAITING)
        pl_login_enter(login, PL_LOGIN_IDLE, PL_NEVER, NULL);
    else if (is_hand_over)
        pl_login_failed(login, "user", now);
    else if (login->effort)
        pl_login_failed(login, cause_name(PL_LOGIN_CANCELLED), now);
    if (login->state != PL_LOGIN_ONLINE)
        return;
    pl_login_register(login, PL_PRESENCE_OFFLINE, now);
    pl_login_take_leave(login, now);
    pl_login_over(login, "user", now);
}

void pl_login_refused(pl_login *login, const char *cause, pl_time now)
{
    forget_relogin(login);
    pl_login_failed(login, cause, now);
}

pl_login_state pl_login_state_of(const pl_login *login)
{
    return login->state;
}

const pl_host_cache *pl_login_cache(const pl_login *login)
{
    return &login->cache;
}
