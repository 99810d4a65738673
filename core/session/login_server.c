#include "core/session/login_server.h"

#include "core/crypto/channel.h"
#include "core/crypto/replay.h"
#include "core/event.h"
#include "core/overlay/index/entry.h"
#include "core/wire/message.h"

#include <glib.h>
#include <string.h>

#define SALT_BYTES 16 /* spec RFC 8018 §4.1: at least 64 bits */

typedef struct account {
    uint8_t salt[SALT_BYTES];
    uint8_t verifier[PL_HASH_BYTES];
    int64_t stamp;   /* of his last entry, which he signed at his last log-in; 0 = none */
    int64_t expires; /* Unix milliseconds */
    uint8_t *entry;
    size_t entry_len;
} account;

typedef struct session {
    pl_login_server *server;
    pl_channel *channel;
    pl_id stream;
    pl_addr from;
    pl_deadline deadline;
    bool answered;
    char *granted; /* whose name was granted, until he has said where he is */
} session;

struct pl_login_server {
    pl_context *context;
    pl_server_keys keys;
    GHashTable *accounts; /* name → account; looked up, never walked */
    GHashTable *sessions; /* stream → session; likewise */
    pl_replay_memory *seen;
};

static void account_free(void *data)
{
    account *entry = data;
    g_free(entry->entry);
    g_free(entry);
}

static void session_free(void *data)
{
    session *s = data;
    pl_deadline_cancel(&s->server->context->deadlines, &s->deadline);
    pl_channel_free(s->channel);
    g_free(s->granted);
    g_free(s);
}

pl_login_server *pl_login_server_new(pl_context *context, const pl_server_keys *keys)
{
    pl_login_server *server = g_new0(pl_login_server, 1);
    server->context = context;
    server->keys = *keys;
    server->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, account_free);
    server->sessions = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, session_free);
    server->seen = pl_replay_memory_new((size_t)context->config->server_replay_memory);
    return server;
}

void pl_login_server_free(pl_login_server *server)
{
    if (!server)
        return;
    g_hash_table_destroy(server->sessions);
    g_hash_table_destroy(server->accounts);
    pl_replay_memory_free(server->seen);
    pl_bytes_wipe(&server->keys, sizeof server->keys);
    g_free(server);
}

static void verifier_of(const pl_login_server *server, const uint8_t *password, size_t len,
                        const uint8_t salt[SALT_BYTES], uint8_t ret_verifier[PL_HASH_BYTES])
{
    const pl_context *context = server->context;
    context->suite->stretch(ret_verifier, password, len, salt, SALT_BYTES,
                            (uint32_t)context->config->server_password_rounds);
}

int pl_login_server_add_account(pl_login_server *server, const char *name, const char *password)
{
    size_t len = strlen(name);
    if (len == 0 || len > PL_NAME_MAX || strlen(password) > PL_PASSWORD_MAX)
        return PL_ERR_MALFORMED;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return PL_ERR_MALFORMED;
    account *entry = g_new0(account, 1);
    pl_context_random(server->context, entry->salt, SALT_BYTES);
    verifier_of(server, (const uint8_t *)password, strlen(password), entry->salt, entry->verifier);
    g_hash_table_replace(server->accounts, g_strdup(name), entry);
    return 0;
}

size_t pl_login_server_sessions(const pl_login_server *server)
{
    return g_hash_table_size(server->sessions);
}

static void trace_refused(const session *s, const char *cause)
{
    pl_trace(&s->server->context->port, PL_EVENT_SERVER_REFUSED, pl_endpoint(s->from), pl_text(cause));
}

/* Ends the session; aborts its stream unless it is closed already. */
static void end(session *s)
{
    const pl_port *port = &s->server->context->port;
    if (s->stream)
        port->ops->tcp_abort(port->ctx, s->stream);
    g_hash_table_remove(s->server->sessions, GUINT_TO_POINTER(pl_channel_stream(s->channel)));
}

static void on_timeout(void *machine, pl_time now)
{
    (void)now;
    session *s = machine;
    if (!s->answered)
        trace_refused(s, "timeout");
    end(s);
}

static void send(session *s, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_channel_send(s->channel, bytes, pl_message_write(message, bytes, sizeof bytes));
}

static void refuse(session *s, pl_refusal refusal)
{
    trace_refused(s, pl_refusal_name(refusal));
    send(s, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = refusal});
    s->answered = true;
}

/* An unknown name costs the same stretching as a wrong password, so that time does not tell them apart. */
static account *authenticate(const pl_login_server *server, const char *name, pl_bytes_view password,
                             bool *ret_matches)
{
    static const account nobody = {0};
    account *entry = g_hash_table_lookup(server->accounts, name);
    const account *checked = entry ? entry : &nobody;
    uint8_t verifier[PL_HASH_BYTES];
    verifier_of(server, password.data, password.len, checked->salt, verifier);
    *ret_matches = entry && pl_bytes_equal(verifier, entry->verifier, PL_HASH_BYTES);
    return entry;
}

static void grant(session *s, const pl_message *login, const char *name, pl_time now)
{
    pl_login_server *server = s->server;
    const pl_context *context = server->context;
    pl_credential credential = {0};
    g_strlcpy(credential.name, name, sizeof credential.name);
    memcpy(credential.sign_key, login->sign_key, PL_KEY_BYTES);
    memcpy(credential.dh_key, login->dh_key, PL_KEY_BYTES);
    credential.expires =
        pl_context_unix(context, now) + context->config->server_credential_lifetime / PL_SECOND;
    pl_credential_issue(&credential, context->suite, &server->keys.sign);
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&credential, bytes);
    send(s, &(pl_message){.id = PL_MESSAGE_GRANTED, .credential = {bytes, len}});
    s->answered = true;
    pl_trace(&context->port, PL_EVENT_SERVER_GRANTED, pl_endpoint(s->from), pl_number(credential.expires));
}

static void on_login(session *s, const pl_message *login, pl_time now)
{
    char name[PL_NAME_MAX + 1] = {0};
    memcpy(name, login->name.data, MIN(login->name.len, (size_t)PL_NAME_MAX));
    bool matches;
    account *entry = authenticate(s->server, name, login->password, &matches);
    if (!entry) {
        refuse(s, PL_REFUSAL_UNKNOWN_USER);
    } else if (!matches) {
        refuse(s, PL_REFUSAL_WRONG_PASSWORD);
    } else {
        grant(s, login, name, now);
        s->granted = g_strdup(name);
    }
}

/* He says where he is, in an entry that we could not make ourselves. */
static int on_register(session *s, pl_bytes_view bytes, pl_time now)
{
    pl_entry entry;
    g_autofree char *name = g_steal_pointer(&s->granted);
    account *self = g_hash_table_lookup(s->server->accounts, name);
    int error = pl_entry_decode(&entry, bytes.data, bytes.len);
    if (!error && strcmp(entry.credential.name, name) != 0)
        error = PL_ERR_UNEXPECTED;
    if (!error)
        error = pl_entry_check(&entry, s->server->context, s->server->keys.sign.public_key, now);
    if (error || entry.stamp <= self->stamp)
        return error;
    g_free(self->entry);
    self->entry = g_memdup2(bytes.data, bytes.len);
    self->entry_len = bytes.len;
    self->stamp = entry.stamp;
    self->expires = entry.expires;
    return 0;
}

/* Where somebody was last: an entry of his, or nothing, for whoever asks. */
static void on_find(session *s, const pl_message *find, pl_time now)
{
    char name[PL_NAME_MAX + 1] = {0};
    memcpy(name, find->name.data, find->name.len);
    const account *entry = g_hash_table_lookup(s->server->accounts, name);
    pl_message answer = {.id = PL_MESSAGE_LAST_KNOWN};
    if (entry && entry->entry && pl_context_unix_ms(s->server->context, now) < entry->expires)
        answer.entry = (pl_bytes_view){entry->entry, entry->entry_len};
    s->answered = true;
    send(s, &answer);
}

/* The handshake is done.  Who replays another's first message learns nothing, but must not cost work. */
static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)payload, (void)len, (void)now;
    session *s = owner;
    if (pl_replay_memory_add(s->server->seen, pl_channel_remote_ephemeral(channel)) == 0)
        return;
    trace_refused(s, pl_refusal_name(PL_REFUSAL_REPLAYED));
    s->answered = true;
    end(s);
}

static void refuse_input(session *s, int error, const char *message)
{
    pl_trace(&s->server->context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
             pl_text(message), pl_endpoint(s->from));
    end(s);
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    session *s = owner;
    pl_message message = {0};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    const char *what = error ? "record" : pl_message_row_of(message.id)->name;
    if (!error && message.id == PL_MESSAGE_REGISTER && s->granted)
        error = on_register(s, message.entry, now);
    else if (!error && message.id == PL_MESSAGE_LOGIN && !s->answered)
        on_login(s, &message, now);
    else if (!error && message.id == PL_MESSAGE_FIND && !s->answered)
        on_find(s, &message, now);
    else if (!error)
        error = PL_ERR_UNEXPECTED;
    if (error)
        refuse_input(s, error, what);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

void pl_login_server_accepted(pl_login_server *server, pl_id stream, pl_addr from, pl_time now)
{
    pl_context *context = server->context;
    if (g_hash_table_size(server->sessions) >= (size_t)context->config->server_sessions_max) {
        context->port.ops->tcp_abort(context->port.ctx, stream);
        pl_trace(&context->port, PL_EVENT_SERVER_REFUSED, pl_endpoint(from),
                 pl_text(pl_refusal_name(PL_REFUSAL_FULL)));
        return;
    }
    session *s = g_new0(session, 1);
    s->server = server;
    s->stream = stream;
    s->from = from;
    s->channel = pl_channel_new(&(pl_channel_options){.context = context,
                                                      .stream = stream,
                                                      .pattern = PL_NOISE_NK,
                                                      .role = PL_NOISE_RESPONDER,
                                                      .own_static = &server->keys.dh,
                                                      .handler = &handler,
                                                      .owner = s});
    g_hash_table_insert(server->sessions, GUINT_TO_POINTER(stream), s);
    pl_deadline_set(&context->deadlines, &s->deadline, now + context->config->server_session_timeout,
                    on_timeout, s);
}

static session *find(pl_login_server *server, pl_id stream)
{
    return g_hash_table_lookup(server->sessions, GUINT_TO_POINTER(stream));
}

void pl_login_server_data(pl_login_server *server, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    session *s = find(server, stream);
    if (!s)
        return;
    int error = pl_channel_input(s->channel, data, len, now);
    if (error < 0)
        refuse_input(s, error, pl_channel_was_ready(s->channel) ? "record" : "handshake");
}

void pl_login_server_fin(pl_login_server *server, pl_id stream, pl_time now)
{
    (void)now;
    session *s = find(server, stream);
    if (!s)
        return;
    const pl_port *port = &server->context->port;
    s->stream = 0;
    port->ops->close(port->ctx, stream);
    end(s);
}

void pl_login_server_writable(pl_login_server *server, pl_id stream)
{
    session *s = find(server, stream);
    if (s)
        pl_channel_writable(s->channel);
}

void pl_login_server_closed(pl_login_server *server, pl_id stream, pl_cause cause, pl_time now)
{
    (void)cause, (void)now;
    session *s = find(server, stream);
    if (!s)
        return;
    s->stream = 0;
    end(s);
}
