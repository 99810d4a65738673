#include "core/overlay/supernode_internal.h"

#include "core/event.h"
#include "core/nat/rate_limit.h"

#include <string.h>

/* chosen: a slow client's queue is left half empty for what its supernode itself has to say */
#define QUEUED_MAX (PL_CHANNEL_QUEUE_MAX / 2)

static void trace_refused(const pl_session *session, pl_refusal refusal)
{
    pl_trace(&session->supernode->options.context->port, PL_EVENT_SIGNAL_REFUSED, pl_endpoint(session->from),
             pl_text(pl_refusal_name(refusal)));
}

/* Tells the sender of a signal that it did not arrive. */
static void fail(pl_session *session, const pl_message *signal, pl_refusal refusal)
{
    trace_refused(session, refusal);
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_SIGNAL_FAILED,
                                            .visit = signal->visit,
                                            .refusal = refusal,
                                            .name = signal->name});
}

static bool take_token(const pl_session *session, pl_time *full_at, pl_time now)
{
    return pl_rate_limit_take_one(full_at, session->supernode->options.context->config->signal_rate, now) ==
           0;
}

/* What a client has that another asked for; 0, or why it cannot be said to it. */
static int hand_on(pl_session *to, const pl_message *signal)
{
    if (pl_channel_queued(to->channel) > QUEUED_MAX)
        return PL_ERR_LIMIT;
    return pl_supernode_say(to, signal);
}

static pl_bytes_view name_of(const pl_session *session)
{
    return (pl_bytes_view){(const uint8_t *)session->name, strlen(session->name)};
}

static bool is_named(const char *name, pl_bytes_view view)
{
    return strlen(name) == view.len && memcmp(name, view.data, view.len) == 0;
}

/* --- the visitor --- */

static void on_idle(void *machine, pl_time now)
{
    (void)now;
    pl_session *session = machine;
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_IDLE});
    pl_supernode_dismiss(session, pl_refusal_name(PL_REFUSAL_IDLE));
}

static void stay(pl_session *session, pl_time now)
{
    pl_context *context = session->supernode->options.context;
    pl_deadline_set(&context->deadlines, &session->deadline, now + context->config->signal_visit_idle,
                    on_idle, session);
}

/* A handle that nobody has; 0 is none. */
static uint32_t next_handle(pl_supernode *supernode)
{
    do
        supernode->last_visit++;
    while (supernode->last_visit == 0 ||
           g_hash_table_contains(supernode->visits, GUINT_TO_POINTER(supernode->last_visit)));
    return supernode->last_visit;
}

static size_t visits_of(const pl_supernode *supernode, const char *name)
{
    return GPOINTER_TO_SIZE(g_hash_table_lookup(supernode->visitors, name));
}

static void set_visits_of(pl_supernode *supernode, const char *name, size_t n)
{
    if (n > 0)
        g_hash_table_insert(supernode->visitors, g_strdup(name), GSIZE_TO_POINTER(n));
    else
        g_hash_table_remove(supernode->visitors, name);
}

/* Nobody holds all places with one credential. */
static bool has_place(const pl_supernode *supernode, const char *name)
{
    const pl_config *config = supernode->options.context->config;
    return g_hash_table_size(supernode->visits) < (size_t)config->signal_visits_max &&
           visits_of(supernode, name) < (size_t)config->signal_user_visits;
}

void pl_visitor_attach(pl_session *session, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    const pl_context *context = supernode->options.context;
    if (!session->name) {
        pl_supernode_refuse_input(session, PL_ERR_UNEXPECTED, "attach");
        return;
    }
    if (!has_place(supernode, session->name)) {
        trace_refused(session, PL_REFUSAL_FULL);
        pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL});
        pl_supernode_dismiss(session, pl_refusal_name(PL_REFUSAL_FULL));
        return;
    }
    session->state = PL_SESSION_VISITOR;
    session->visitor = g_new0(pl_visitor, 1);
    session->visitor->handle = next_handle(supernode);
    g_hash_table_insert(supernode->visits, GUINT_TO_POINTER(session->visitor->handle), session);
    set_visits_of(supernode, session->name, visits_of(supernode, session->name) + 1);
    stay(session, now);
    pl_trace(&context->port, PL_EVENT_SIGNAL_VISITED, pl_endpoint(session->from),
             pl_number(g_hash_table_size(supernode->visits)));
}

void pl_visitor_left(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    g_hash_table_remove(supernode->visits, GUINT_TO_POINTER(session->visitor->handle));
    set_visits_of(supernode, session->name, visits_of(supernode, session->name) - 1);
}

/* A visit is to one user: the one whom its first signal names. */
static int judge(pl_session *session, const pl_message *signal, pl_time now)
{
    pl_visitor *visitor = session->visitor;
    if (!take_token(session, &visitor->signals_full_at, now))
        return PL_ERR_LIMIT;
    if (signal->visit != 0 || (visitor->to[0] && !is_named(visitor->to, signal->name)))
        return PL_ERR_UNEXPECTED;
    memcpy(visitor->to, signal->name.data, signal->name.len);
    return 0;
}

void pl_visitor_signal(pl_session *session, const pl_message *signal, pl_time now)
{
    pl_visitor *visitor = session->visitor;
    int error = judge(session, signal, now);
    if (error) {
        pl_supernode_refuse_input(session, error, "signal");
        return;
    }
    stay(session, now);
    pl_session *client = g_hash_table_lookup(session->supernode->online, visitor->to);
    if (!client) {
        fail(session, signal, PL_REFUSAL_PEER_OFFLINE);
        return;
    }
    visitor->addressed = client->stream;
    if (hand_on(client, &(pl_message){.id = PL_MESSAGE_SIGNAL,
                                      .visit = visitor->handle,
                                      .name = name_of(session),
                                      .body = signal->body}) != 0)
        fail(session, signal, PL_REFUSAL_BUSY);
}

/* --- the client --- */

/* Who answers in vain again and again, or asks without end, is no honest client. */
static bool may_ask(pl_session *session, const char *message, pl_time now)
{
    bool may = take_token(session, &session->requests_full_at, now);
    if (!may)
        pl_supernode_refuse_input(session, PL_ERR_LIMIT, message);
    return may;
}

/* The visit that this client may answer: one that addressed it, and by its visitor's name.  An honest
 * client's answer finds none when the visitor has left in between, so that it is no fault. */
static pl_session *visit_of(const pl_session *client, const pl_message *signal)
{
    pl_session *session = g_hash_table_lookup(client->supernode->visits, GUINT_TO_POINTER(signal->visit));
    if (!session || session->visitor->addressed != client->stream || !is_named(session->name, signal->name))
        return NULL;
    return session;
}

void pl_visitor_answer(pl_session *client, const pl_message *signal, pl_time now)
{
    pl_refusal refusal = PL_REFUSAL_BUSY;
    pl_session *session = visit_of(client, signal);
    if (!session) {
        refusal = PL_REFUSAL_NO_VISIT;
    } else if (take_token(session, &session->visitor->answers_full_at, now)) {
        stay(session, now);
        if (hand_on(session,
                    &(pl_message){.id = PL_MESSAGE_SIGNAL, .name = name_of(client), .body = signal->body}) ==
            0)
            return;
    }
    if (may_ask(client, "signal", now))
        fail(client, signal, refusal);
}

void pl_visitor_relay_request(pl_session *client, pl_time now)
{
    const pl_config *config = client->supernode->options.context->config;
    pl_turn_account account;
    if (!may_ask(client, "relay-request", now) ||
        pl_supernode_account(client->supernode, client->name, &account, now) != 0)
        return;
    pl_supernode_say(client,
                     &(pl_message){.id = PL_MESSAGE_RELAY_GRANT,
                                   .name = {(const uint8_t *)account.user, strlen(account.user)},
                                   .password = {(const uint8_t *)account.password, strlen(account.password)},
                                   .lifetime = (uint32_t)(config->turn_account_lifetime / PL_SECOND)});
    pl_bytes_wipe(&account, sizeof account);
}
