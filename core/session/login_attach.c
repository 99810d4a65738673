#include "core/session/login_internal.h"

#include "core/event.h"
#include "core/session/parents.h"

#include <glib.h>
#include <string.h>

void pl_login_attach_drop(pl_login *login, pl_time now)
{
    const pl_port *port = &login->options.context->port;
    if (login->stream)
        port->ops->tcp_abort(port->ctx, login->stream);
    pl_channel_free(login->channel);
    login->channel = NULL;
    login->stream = 0;
    login->supernode = login->supernode_own = (pl_addr){0};
    login->awaits_entries = false;
    login->relays_awaited = 0;
    pl_deadline_cancel(&login->options.context->deadlines, &login->registration);
    pl_parents_forget_move(login);
    login->options.detached(login->options.owner, now);
}

void pl_login_lose(pl_login *login, pl_login_cause cause, const char *name, pl_time now)
{
    pl_login_state state = login->state;
    pl_addr supernode = login->supernode, own = login->supernode_own;
    pl_login_attach_drop(login, now);
    if (state == PL_LOGIN_ATTACHING) {
        pl_login_ladder_leave_out(login, supernode);
        pl_login_ladder_next(login, cause, now);
    } else if (state == PL_LOGIN_ONLINE) {
        pl_parents_lost(login, own, name, now);
    } else {
        g_clear_pointer(&login->effort->grant, pl_grant_free);
        pl_login_attempt_failed(login, cause, now);
    }
}

static void on_no_answer(void *machine, pl_time now)
{
    pl_login_lose(machine, PL_LOGIN_NO_ANSWER, "no-answer", now);
}

int pl_login_say(pl_login *login, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    return pl_channel_send(login->channel, bytes, pl_message_write(message, bytes, sizeof bytes));
}

/* A supernode is whom the login server vouches for. */
static bool is_vouched_for(const pl_login *login, const uint8_t *bytes, size_t len, pl_time now)
{
    pl_credential credential;
    return pl_channel_check_credential(login->channel, bytes, len, login->options.network->server_sign_key,
                                       &credential, now) == 0;
}

static void advertise(pl_login *login)
{
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&login->self->credential, bytes);
    pl_login_say(login, &(pl_message){.id = PL_MESSAGE_ADVERTISE, .credential = {bytes, len}});
}

static void await_advertised(pl_login *login, pl_time now)
{
    pl_login_enter(login, PL_LOGIN_ADVERTISING, now + login->options.context->config->login_answer_timeout,
                   on_no_answer);
}

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)channel;
    pl_login *login = owner;
    if (!is_vouched_for(login, payload, len, now)) {
        pl_login_lose(login, PL_LOGIN_NOT_PROVEN, "supernode-not-proven", now);
        return;
    }
    pl_login_say(login, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    login->awaits_entries = true; /* in `attached`, or by themselves before it says that it is full */
    if (login->effort->is_hand_over)
        advertise(login);
}

/* Nothing was seen later than now: entries from the future would never make room for others. */
static void take_entries(pl_login *login, const pl_message *message, pl_time now)
{
    const pl_context *context = login->options.context;
    uint32_t unix_now = (uint32_t)pl_context_unix(context, now);
    pl_host_cache_unfold(&login->cache, context, now);
    for (size_t i = 0; i < message->n_entries; i++) {
        pl_cache_entry entry = message->ret_entries[i];
        entry.seen = MIN(entry.seen, unix_now);
        if (entry.addr.ip && entry.addr.port)
            pl_host_cache_add(&login->cache, entry, (size_t)context->config->cache_entries_max);
    }
    login->is_cache_kept = pl_host_cache_keep(&login->cache, context) == 0;
    pl_trace(&context->port, PL_EVENT_CACHE_REFRESHED, pl_number((int64_t)message->n_entries),
             pl_number(login->cache.count));
}

static void freshen(pl_login *login, pl_addr addr, pl_time now)
{
    const pl_context *context = login->options.context;
    pl_host_cache_unfold(&login->cache, context, now);
    pl_host_cache_add(&login->cache, (pl_cache_entry){addr, (uint32_t)pl_context_unix(context, now)},
                      (size_t)context->config->cache_entries_max);
}

/* After installation the cache is empty; it is filled with the bootstrap entries by the first supernode that
 * tells us of others, so that a first login which reaches none remains a first login. */
static void fill_empty_cache(pl_login *login)
{
    const pl_network *network = login->options.network;
    if (login->cache.count > 0)
        return;
    for (size_t i = 0; i < network->n_bootstrap; i++)
        pl_host_cache_add(&login->cache, (pl_cache_entry){network->bootstrap[i], 0},
                          (size_t)login->options.context->config->cache_entries_max);
}

static void on_granted(void *owner, pl_grant_outcome outcome, const pl_credential *credential, pl_time now)
{
    pl_login *login = owner;
    pl_login_effort *effort = login->effort;
    const pl_context *context = login->options.context;
    pl_grant *grant = effort->grant;
    effort->grant = NULL;
    if (outcome == PL_GRANT_OK) {
        login->self->credential = *credential;
        pl_trace(&context->port, PL_EVENT_LOGIN_CREDENTIAL, pl_number(credential->expires));
        advertise(login);
        pl_login_register(login, PL_PRESENCE_ONLINE, now);
        await_advertised(login, now);
    } else if (outcome == PL_GRANT_UNKNOWN_USER || outcome == PL_GRANT_WRONG_PASSWORD) {
        pl_login_refused(login, pl_grant_outcome_name(outcome), now);
    } else {
        effort->cause_name = pl_grant_outcome_name(outcome);
        pl_login_attempt_failed(login, PL_LOGIN_GRANT, now);
    }
    pl_grant_free(grant);
}

static void on_server_contact(void *owner, pl_addr to)
{
    pl_login_effort *effort = ((pl_login *)owner)->effort;
    pl_login_contact(&effort->contacts_tcp, &effort->n_contacts_tcp, to);
}

/* The first grant of an attempt may fail before pl_grant_new returns only by a later deadline, so the
 * pointer is set in time. */
static void ask_login_server(pl_login *login, pl_time now)
{
    pl_login_effort *effort = login->effort;
    pl_login_enter(login, PL_LOGIN_GRANTING, PL_NEVER, NULL);
    effort->grant = pl_grant_new(&(pl_grant_options){.context = login->options.context,
                                                     .network = login->options.network,
                                                     .servers = effort->servers,
                                                     .n_servers = effort->n_servers,
                                                     .first_kind = effort->rung,
                                                     .name = effort->name,
                                                     .password = effort->password,
                                                     .identity = &login->self->identity,
                                                     .supernode = login->supernode_own,
                                                     .done = on_granted,
                                                     .contact = on_server_contact,
                                                     .owner = login},
                                 now);
}

static void on_attached(pl_login *login, const pl_message *message, pl_time now)
{
    const pl_login_options *options = &login->options;
    pl_login_effort *effort = login->effort;
    pl_trace(&options->context->port, PL_EVENT_LOGIN_ATTACHED, pl_endpoint(login->supernode));
    login->awaits_entries = false;
    fill_empty_cache(login);
    if (effort->rung == 0)
        freshen(login, login->supernode, now);
    take_entries(login, message, now);
    effort->n_servers = message->n_servers;
    memcpy(effort->servers, message->servers, sizeof effort->servers);
    login->self->n_servers = effort->n_servers;
    memcpy(login->self->servers, message->servers, sizeof login->self->servers);
    effort->no_network = false;
    options->attached(options->owner, login->supernode, now);
    if (effort->is_hand_over) {
        pl_login_register(login, PL_PRESENCE_ONLINE, now);
        await_advertised(login, now);
        return;
    }
    pl_login_ping(login, PL_PING_WHEN_ATTACHED, now);
    if (effort->n_servers == 0) {
        pl_login_attempt_failed(login, PL_LOGIN_NO_SERVER, now);
        return;
    }
    pl_trace(&options->context->port, PL_EVENT_LOGIN_SERVER_KNOWN, pl_endpoint(effort->servers[0]));
    ask_login_server(login, now);
}

static void on_advertised(pl_login *login, pl_time now)
{
    pl_login_online_start(login, now);
    if (login->options.online && !login->effort->is_hand_over)
        login->options.online(login->options.owner, login->effort->name, login->effort->password, now);
    pl_login_succeeded(login, now);
}

static void on_refused(pl_login *login, pl_refusal refusal, pl_time now)
{
    bool is_full = refusal == PL_REFUSAL_FULL && login->state == PL_LOGIN_ATTACHING;
    if (is_full)
        login->effort->met_full = true;
    pl_login_lose(login, is_full ? PL_LOGIN_SUPERNODE_FULL : PL_LOGIN_SUPERNODE_REFUSED, pl_refusal_name(refusal),
         now);
}

static void refuse_input(pl_login *login, int error, const char *message)
{
    pl_trace(&login->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
             pl_text(message), pl_endpoint(login->supernode));
}

static bool is_awaited(const pl_login *login, pl_message_id id)
{
    switch (login->state) {
    case PL_LOGIN_ATTACHING:
        return id == PL_MESSAGE_ATTACHED || id == PL_MESSAGE_REFUSED ||
               (id == PL_MESSAGE_CACHE_ENTRIES && login->awaits_entries);
    case PL_LOGIN_ADVERTISING:
        return id == PL_MESSAGE_ADVERTISED || id == PL_MESSAGE_REFUSED;
    case PL_LOGIN_ONLINE:
        return (id == PL_MESSAGE_CACHE_ENTRIES && login->awaits_entries) || id == PL_MESSAGE_KEEP_ALIVE ||
               id == PL_MESSAGE_REFUSED || id == PL_MESSAGE_MOVE || id == PL_MESSAGE_PROMOTE ||
               id == PL_MESSAGE_SIGNAL || id == PL_MESSAGE_SIGNAL_FAILED || id == PL_MESSAGE_SEARCH_NODES ||
               id == PL_MESSAGE_SEARCH_RESULT ||
               (id == PL_MESSAGE_RELAY_GRANT && login->relays_awaited > 0);
    case PL_LOGIN_IDLE:
    case PL_LOGIN_ASKING:
    case PL_LOGIN_OPENING:
    case PL_LOGIN_GRANTING:
    case PL_LOGIN_PAUSING:
    case PL_LOGIN_PINGING:
    case PL_LOGIN_WAITING:
        return false;
    }
    return false;
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    pl_login *login = owner;
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    pl_message message = {.ret_entries = entries};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    login->heard_at = now;
    if (!error && !is_awaited(login, message.id))
        error = PL_ERR_UNEXPECTED;
    if (error) {
        refuse_input(login, error, "record");
        pl_login_lose(login, PL_LOGIN_SUPERNODE_REFUSED, "supernode-malformed", now);
    } else if (message.id == PL_MESSAGE_ATTACHED) {
        on_attached(login, &message, now);
    } else if (message.id == PL_MESSAGE_ADVERTISED) {
        on_advertised(login, now);
    } else if (message.id == PL_MESSAGE_CACHE_ENTRIES) {
        login->awaits_entries = false;
        fill_empty_cache(login);
        take_entries(login, &message, now);
        if (login->state == PL_LOGIN_ONLINE)
            pl_login_fold_cache(login);
    } else if (message.id == PL_MESSAGE_REFUSED) {
        on_refused(login, message.refusal, now);
    } else if (message.id == PL_MESSAGE_MOVE) {
        pl_parents_move(login, message.target, now);
    } else if (message.id == PL_MESSAGE_PROMOTE) {
        pl_login_take_promotion(login, &message, now);
    } else if (message.id != PL_MESSAGE_KEEP_ALIVE) {
        pl_login_take_signal(login, &message, now);
    }
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

/* The supernode's own port, also if it was reached on a web port. */
static pl_addr own_address(const pl_login_effort *effort, pl_addr to)
{
    for (size_t i = 0; i < effort->n_entries; i++)
        if (effort->entries[i].ip == to.ip)
            return effort->entries[i];
    return to;
}

void pl_login_attach_start(pl_login *login, pl_id stream, pl_addr to, pl_time now)
{
    pl_context *context = login->options.context;
    login->stream = stream;
    login->supernode = to;
    login->supernode_own = own_address(login->effort, to);
    login->kind = login->effort->rung;
    if (!login->effort->is_hand_over)
        login->is_udp_silent = login->effort->answered.ip == 0;
    login->heard_udp = login->effort->answered.ip != 0 && !login->is_udp_silent; /* else it was told where to go */
    pl_login_enter(login, PL_LOGIN_ATTACHING, now + context->config->login_answer_timeout, on_no_answer);
    login->channel = pl_channel_new(&(pl_channel_options){.context = context,
                                                          .stream = stream,
                                                          .pattern = PL_NOISE_XX,
                                                          .role = PL_NOISE_INITIATOR,
                                                          .own_static = &login->self->identity.dh,
                                                          .handler = &handler,
                                                          .owner = login});
}

bool pl_login_opened(pl_login *login, pl_id stream, pl_time now)
{
    pl_login_effort *effort = login->effort;
    return effort && ((effort->race && pl_race_opened(effort->race, stream, now)) ||
                      pl_grant_opened(effort->grant, stream, now));
}

bool pl_login_data(pl_login *login, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    if (login->effort && pl_grant_data(login->effort->grant, stream, data, len, now))
        return true;
    if (!login->stream || stream != login->stream)
        return false;
    int error = pl_channel_input(login->channel, data, len, now);
    if (error < 0) {
        bool was_ready = pl_channel_was_ready(login->channel);
        refuse_input(login, error, was_ready ? "record" : "handshake");
        pl_login_lose(login, was_ready ? PL_LOGIN_SUPERNODE_REFUSED : PL_LOGIN_NOT_PROVEN, pl_error_name(error), now);
    }
    return true;
}

bool pl_login_writable(pl_login *login, pl_id stream)
{
    if (login->effort && pl_grant_writable(login->effort->grant, stream))
        return true;
    if (!login->stream || stream != login->stream)
        return false;
    pl_channel_writable(login->channel);
    return true;
}

bool pl_login_fin(pl_login *login, pl_id stream, pl_time now)
{
    if (login->effort && pl_grant_fin(login->effort->grant, stream, now))
        return true;
    if (!login->stream || stream != login->stream)
        return false;
    pl_login_lose(login, PL_LOGIN_SUPERNODE_LOST, "supernode-left", now);
    return true;
}

bool pl_login_closed(pl_login *login, pl_id stream, pl_cause cause, pl_time now)
{
    pl_login_effort *effort = login->effort;
    if (effort && effort->race && pl_race_closed(effort->race, stream, cause, now))
        return true;
    if (effort && pl_grant_closed(effort->grant, stream, cause, now))
        return true;
    if (!login->stream || stream != login->stream)
        return false;
    login->stream = 0;
    pl_login_lose(login, PL_LOGIN_SUPERNODE_LOST, pl_cause_name(cause), now);
    return true;
}
