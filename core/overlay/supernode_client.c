#include "core/overlay/supernode_internal.h"

#include "core/event.h"
#include "core/nat/rate_limit.h"
#include "core/overlay/keepalive.h"

int pl_supernode_say(pl_session *session, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    size_t len = pl_message_write(message, bytes, sizeof bytes);
    pl_tally_add(&session->supernode->tally.said[message->id], len);
    return pl_channel_send(session->channel, bytes, len);
}

static void on_advertise_timeout(void *machine, pl_time now)
{
    (void)now;
    pl_supernode_end(machine, "advertise-timeout");
}

size_t pl_supernode_draw_entries(const pl_supernode *supernode, pl_cache_entry ret_entries[PL_MESSAGE_ENTRIES_MAX])
{
    const pl_context *context = supernode->options.context;
    return pl_host_cache_sample(&supernode->known, context, supernode->options.own_address, ret_entries,
                                (size_t)context->config->cache_hand_out);
}

static void attach_client(pl_session *session, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    pl_context *context = supernode->options.context;
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    pl_message attached = {.id = PL_MESSAGE_ATTACHED, .unix_time = pl_context_unix(context, now)};
    attached.n_servers = MIN(supernode->options.n_login_servers, (size_t)PL_MESSAGE_SERVERS_MAX);
    for (size_t i = 0; i < attached.n_servers; i++)
        attached.servers[i] = supernode->options.login_servers[i];
    attached.n_entries = pl_supernode_draw_entries(session->supernode, entries);
    attached.entries = entries;
    session->state = PL_SESSION_ATTACHED;
    session->entries_due = now + context->config->cache_refresh_interval / 2;
    supernode->n_clients++;
    pl_elector_reached(supernode);
    pl_deadline_set(&context->deadlines, &session->deadline,
                    now + context->config->supernode_advertise_timeout, on_advertise_timeout, session);
    pl_trace(&context->port, PL_EVENT_CLIENT_ATTACHED, pl_endpoint(session->from),
             pl_number((int64_t)supernode->n_clients));
    pl_supernode_say(session, &attached);
}

static void send_entries(pl_session *session)
{
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    size_t n = pl_supernode_draw_entries(session->supernode, entries);
    pl_supernode_say(session,
                     &(pl_message){.id = PL_MESSAGE_CACHE_ENTRIES, .n_entries = n, .entries = entries});
}

/* We are full, but know others who may not be: else a crowd that knows few supernodes would be as large as
 * these few can carry. */
static void turn_away(pl_session *session)
{
    pl_trace(&session->supernode->options.context->port, PL_EVENT_SUPERNODE_REFUSED,
             pl_endpoint(session->from), pl_text(pl_refusal_name(PL_REFUSAL_FULL)));
    send_entries(session);
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL});
    pl_supernode_dismiss(session, pl_refusal_name(PL_REFUSAL_FULL));
}

/* Our partner proves by its credential that the login server vouches for it, and comes from the address
 * that we were told; who has chosen us, by its key that it is the member of our view at its address. */
static void attach_partner(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    bool is_partner = pl_partner_is_told(supernode, session);
    if (!is_partner && !pl_partner_may_help(supernode, session)) {
        pl_supernode_refuse_input(session, PL_ERR_UNEXPECTED, "attach");
        return;
    }
    session->state = is_partner ? PL_SESSION_PARTNER : PL_SESSION_HELPED;
    pl_deadline_cancel(&supernode->options.context->deadlines, &session->deadline);
    if (is_partner)
        pl_partner_joined(supernode, session);
    else
        supernode->partner.n_helped++;
}

/* Says why, and that is the end: who might try again would cost a signature check each time. */
static void refuse_credential(pl_session *session, int error, const char *message)
{
    pl_refusal refusal = error == PL_ERR_EXPIRED ? PL_REFUSAL_EXPIRED : PL_REFUSAL_FORGED;
    pl_trace(&session->supernode->options.context->port, PL_EVENT_REFUSED_INPUT,
             pl_text(pl_error_name(error)), pl_text(message), pl_endpoint(session->from));
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = refusal});
    pl_supernode_dismiss(session, pl_refusal_name(refusal));
}

/* Once a session: is_awaited. */
static void on_credential(pl_session *session, const pl_message *message, pl_time now)
{
    pl_credential credential;
    int error = pl_supernode_check(session->supernode, session->channel, message->credential.data,
                                   message->credential.len, &credential, now);
    if (error) {
        refuse_credential(session, error, "credential");
        return;
    }
    session->name = g_strdup(credential.name);
}

/* --- who lives --- */

static void await_life(pl_session *session);

static void on_silence(void *machine, pl_time now)
{
    pl_session *session = machine;
    const pl_config *config = session->supernode->options.context->config;
    if (now < pl_keepalive_silent_at(config, session->heard_at)) {
        await_life(session);
        return;
    }
    session->told_at = 0; /* whoever moves closes the stream: this one has vanished */
    pl_supernode_end(session, "silent");
}

/* What is heard moves no deadline: when it comes, it is set anew to where the last record has put it. */
static void await_life(pl_session *session)
{
    pl_context *context = session->supernode->options.context;
    pl_deadline_set(&context->deadlines, &session->deadline,
                    pl_keepalive_silent_at(context->config, session->heard_at), on_silence, session);
}

/* What a client may say at any time, but not without end. */
static void on_upkeep(pl_session *session, const pl_message *message, pl_time now)
{
    const pl_config *config = session->supernode->options.context->config;
    if (pl_rate_limit_take_one(&session->requests_full_at, config->signal_rate, now) != 0)
        pl_supernode_refuse_input(session, PL_ERR_LIMIT, pl_message_row_of(message->id)->name);
    else if (message->id == PL_MESSAGE_KEEP_ALIVE)
        pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_KEEP_ALIVE});
    else if (message->id == PL_MESSAGE_RESOURCES)
        pl_elector_resources(session, message);
    else
        pl_elector_answered(session, message, now);
}

/* The user is recorded as online; who was online under that name from elsewhere is replaced. */
static void on_advertise(pl_session *session, const pl_message *message, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    pl_context *context = supernode->options.context;
    pl_credential credential;
    int error = pl_supernode_check(supernode, session->channel, message->credential.data,
                                   message->credential.len, &credential, now);
    if (error) {
        refuse_credential(session, error, "advertise");
        return;
    }
    pl_session *other = g_hash_table_lookup(supernode->online, credential.name);
    if (other && other != session)
        pl_supernode_end(other, "replaced");
    g_free(session->name);
    session->name = g_strdup(credential.name);
    g_hash_table_replace(supernode->online, session->name, session);
    session->state = PL_SESSION_ONLINE;
    await_life(session);
    pl_trace(&context->port, PL_EVENT_CLIENT_ONLINE, pl_endpoint(session->from),
             pl_number((int64_t)g_hash_table_size(supernode->online)));
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_ADVERTISED});
}

/* An honest client asks once in cache.refresh_interval; half of it, and what it did not use of one half
 * before, leave room for a request that was late and a next one that is not. */
static void on_cache_request(pl_session *session, pl_time now)
{
    pl_span least = session->supernode->options.context->config->cache_refresh_interval / 2;
    if (now < session->entries_due) {
        pl_supernode_refuse_input(session, PL_ERR_LIMIT, "cache-request");
        return;
    }
    session->entries_due = MAX(session->entries_due + least, now - least);
    send_entries(session);
}

/* What may come in which state; everything else ends the session.  So a session costs two signature checks at
 * most, whatever it says. */
static bool is_awaited(const pl_session *session, pl_message_id id)
{
    switch (session->state) {
    case PL_SESSION_ACCEPTED:
        return (id == PL_MESSAGE_CREDENTIAL && !session->name) || id == PL_MESSAGE_ATTACH;
    case PL_SESSION_ATTACHED:
        return id == PL_MESSAGE_ADVERTISE || id == PL_MESSAGE_CACHE_REQUEST;
    case PL_SESSION_ONLINE:
        return id == PL_MESSAGE_CACHE_REQUEST || id == PL_MESSAGE_KEEP_ALIVE || id == PL_MESSAGE_RESOURCES ||
               (id == PL_MESSAGE_PROMOTED && session->supernode->elector.asked == session->stream) ||
               id == PL_MESSAGE_SIGNAL || id == PL_MESSAGE_RELAY_REQUEST || id == PL_MESSAGE_REGISTER ||
               id == PL_MESSAGE_SEARCH || id == PL_MESSAGE_SEARCH_TOLD || id == PL_MESSAGE_SEARCH_SILENT;
    case PL_SESSION_PARTNER:
    case PL_SESSION_HELPED:
        return id == PL_MESSAGE_STUN_CHANGE;
    case PL_SESSION_VISITOR:
        return id == PL_MESSAGE_SIGNAL;
    }
    return false;
}

static void handle(pl_session *session, const pl_message *message, pl_time now)
{
    if (message->id == PL_MESSAGE_CREDENTIAL)
        on_credential(session, message, now);
    else if (message->id == PL_MESSAGE_ATTACH && message->role == PL_ATTACH_PARTNER)
        attach_partner(session);
    else if (message->id == PL_MESSAGE_ATTACH && message->role == PL_ATTACH_VISITOR)
        pl_visitor_attach(session, now);
    else if (message->id == PL_MESSAGE_ATTACH && pl_supernode_is_full(session->supernode, now))
        turn_away(session);
    else if (message->id == PL_MESSAGE_ATTACH)
        attach_client(session, now);
    else if (message->id == PL_MESSAGE_ADVERTISE)
        on_advertise(session, message, now);
    else if (message->id == PL_MESSAGE_CACHE_REQUEST)
        on_cache_request(session, now);
    else if (message->id == PL_MESSAGE_KEEP_ALIVE || message->id == PL_MESSAGE_RESOURCES ||
             message->id == PL_MESSAGE_PROMOTED)
        on_upkeep(session, message, now);
    else if (message->id == PL_MESSAGE_SIGNAL && session->state == PL_SESSION_VISITOR)
        pl_visitor_signal(session, message, now);
    else if (message->id == PL_MESSAGE_SIGNAL)
        pl_visitor_answer(session, message, now);
    else if (message->id == PL_MESSAGE_REGISTER)
        pl_supernode_register(session, message, now);
    else if (message->id == PL_MESSAGE_SEARCH || message->id == PL_MESSAGE_SEARCH_TOLD ||
             message->id == PL_MESSAGE_SEARCH_SILENT)
        pl_supernode_search(session, message, now);
    else if (message->id == PL_MESSAGE_RELAY_REQUEST)
        pl_visitor_relay_request(session, now);
    else
        pl_partner_message(session->supernode, message, now);
}

void pl_supernode_take_record(pl_session *session, const uint8_t *data, size_t len, pl_time now)
{
    pl_message message = {0};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    if (!error)
        pl_tally_add(&session->supernode->tally.heard[message.id], len);
    if (error)
        pl_supernode_refuse_input(session, error, "record");
    else if (!is_awaited(session, message.id))
        pl_supernode_refuse_input(session, PL_ERR_UNEXPECTED, pl_message_row_of(message.id)->name);
    else
        handle(session, &message, now);
}

static bool is_login(const pl_session *session, const uint8_t *data, size_t len)
{
    return session->state == PL_SESSION_ACCEPTED && len == 2 &&
           data[0] == pl_message_row_of(PL_MESSAGE_ATTACH)->code && data[1] == PL_ATTACH_CLIENT;
}

/* Nobody has time for it: who wants to attach is told so, and what a client asks is not heard. */
static void turn_down(pl_session *session, const uint8_t *data, size_t len, pl_load_verdict verdict)
{
    if (!is_login(session, data, len))
        return;
    if (verdict == PL_LOAD_REFUSE)
        turn_away(session);
    else
        pl_supernode_end(session, pl_refusal_name(PL_REFUSAL_OVERLOADED));
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    pl_session *session = owner;
    pl_load *load = session->supernode->load;
    session->heard_at = now;
    pl_load_verdict verdict =
        pl_load_take(load, is_login(session, data, len) ? PL_WORK_LOGIN : PL_WORK_MESSAGE, now);
    switch (verdict) {
    case PL_LOAD_NOW:
        pl_supernode_take_record(session, data, len, now);
        break;
    case PL_LOAD_LATER:
        pl_load_wait_record(load, session->stream, data, len);
        break;
    case PL_LOAD_REFUSE:
    case PL_LOAD_DROP:
        turn_down(session, data, len, verdict);
        break;
    }
}

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)channel, (void)payload, (void)len, (void)now;
    pl_session *session = owner;
    session->supernode->tally.sessions++;
}

const pl_channel_handler pl_supernode_session_handler = {.ready = on_ready, .message = on_message};
