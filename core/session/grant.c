#include "core/session/grant.h"

#include "core/event.h"
#include "core/overlay/index/entry.h"
#include "core/session/race.h"
#include "core/wire/message.h"

#include <glib.h>
#include <string.h>

struct pl_grant {
    pl_grant_options options;
    pl_addr servers[PL_MESSAGE_SERVERS_MAX];
    size_t kinds_tried;
    pl_port_kind kind;
    pl_race *race;
    pl_channel *channel;
    pl_id stream; /* of the channel; 0 while there is none */
    pl_addr to;
    pl_deadline deadline;
};

const char *pl_port_kind_name(const pl_network *network, pl_port_kind kind)
{
    switch (pl_port_of_kind(network, kind)) {
    case 0:
        return "tcp";
    case 80:
        return "tcp-80";
    case 443:
        return "tcp-443";
    default:
        return "tcp-web";
    }
}

const char *pl_grant_outcome_name(pl_grant_outcome outcome)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_GRANT_FAILURES(X)
#undef X
    };
    return names[outcome];
}

void pl_identity_draw(pl_identity *identity, const pl_context *context)
{
    pl_context_random(context, identity->sign.private_key, PL_KEY_BYTES);
    pl_context_random(context, identity->dh.private_key, PL_KEY_BYTES);
    context->suite->sign_public(identity->sign.public_key, identity->sign.private_key);
    context->suite->dh_public(identity->dh.public_key, identity->dh.private_key);
}

static void drop_channel(pl_grant *grant)
{
    pl_channel_free(grant->channel);
    grant->channel = NULL;
    grant->stream = 0;
}

/* What was said still goes out when all went well. */
static void hang_up(pl_grant *grant, pl_grant_outcome outcome)
{
    const pl_port *port = &grant->options.context->port;
    pl_deadline_cancel(&grant->options.context->deadlines, &grant->deadline);
    if (grant->stream && outcome == PL_GRANT_OK)
        port->ops->close(port->ctx, grant->stream);
    else if (grant->stream)
        port->ops->tcp_abort(port->ctx, grant->stream);
    drop_channel(grant);
}

/* The owner may free the grant in `done`, so nothing is touched after it. */
static void finish(pl_grant *grant, pl_grant_outcome outcome, const pl_credential *credential, pl_time now)
{
    hang_up(grant, outcome);
    grant->options.done(grant->options.owner, outcome, credential, now);
}

static void race_next_kind(pl_grant *grant, pl_time now);

static void on_no_answer(void *machine, pl_time now)
{
    finish(machine, PL_GRANT_NO_ANSWER, NULL, now);
}

static void say(pl_channel *channel, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_channel_send(channel, bytes, pl_message_write(message, bytes, sizeof bytes));
    pl_bytes_wipe(bytes, sizeof bytes);
}

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)payload, (void)len, (void)now;
    pl_grant *grant = owner;
    const pl_grant_options *options = &grant->options;
    if (options->wanted) {
        say(channel, &(pl_message){.id = PL_MESSAGE_FIND,
                                   .name = {(const uint8_t *)options->wanted, strlen(options->wanted)}});
        return;
    }
    pl_message login = {
        .id = PL_MESSAGE_LOGIN,
        .name = {(const uint8_t *)options->name, strlen(options->name)},
        .password = {(const uint8_t *)options->password, strlen(options->password)},
        .sign_key = options->identity->sign.public_key,
        .dh_key = options->identity->dh.public_key,
    };
    say(channel, &login);
}

/* Where we are: the server may tell who looks for us, and cannot make it up. */
static void tell_where(const pl_grant *grant, const pl_credential *credential, pl_time now)
{
    const pl_grant_options *options = &grant->options;
    pl_entry entry;
    uint8_t bytes[PL_ENTRY_BYTES_MAX];
    if (!options->supernode.ip)
        return;
    pl_entry_make(&entry, options->context,
                  &(pl_entry_facts){.credential = credential,
                                    .sign = &options->identity->sign,
                                    .supernode = options->supernode,
                                    .state = PL_PRESENCE_ONLINE},
                  now);
    size_t len = pl_entry_encode(&entry, bytes);
    say(grant->channel, &(pl_message){.id = PL_MESSAGE_REGISTER, .entry = {bytes, len}});
}

static bool is_ours(const pl_grant *grant, const pl_credential *credential, pl_time now)
{
    const pl_grant_options *options = &grant->options;
    const pl_identity *identity = options->identity;
    return strcmp(credential->name, options->name) == 0 &&
           pl_bytes_equal(credential->sign_key, identity->sign.public_key, PL_KEY_BYTES) &&
           pl_bytes_equal(credential->dh_key, identity->dh.public_key, PL_KEY_BYTES) &&
           pl_credential_check(credential, options->context->suite, options->network->server_sign_key,
                               pl_context_unix(options->context, now)) == 0;
}

static void on_granted(pl_grant *grant, pl_bytes_view bytes, pl_time now)
{
    pl_credential credential;
    if (pl_credential_decode(&credential, bytes.data, bytes.len) != 0 || !is_ours(grant, &credential, now)) {
        finish(grant, PL_GRANT_BAD_CREDENTIAL, NULL, now);
        return;
    }
    tell_where(grant, &credential, now);
    finish(grant, PL_GRANT_OK, &credential, now);
}

/* The view is of the channel's buffer, which does not outlive the channel. */
static void on_last_known(pl_grant *grant, pl_bytes_view entry, pl_time now)
{
    uint8_t bytes[PL_MESSAGE_INDEX_MAX];
    if (entry.len)
        memcpy(bytes, entry.data, entry.len);
    hang_up(grant, PL_GRANT_OK);
    grant->options.found(grant->options.owner, (pl_bytes_view){bytes, entry.len}, now);
}

static pl_grant_outcome outcome_of_refusal(pl_refusal refusal)
{
    if (refusal == PL_REFUSAL_UNKNOWN_USER)
        return PL_GRANT_UNKNOWN_USER;
    if (refusal == PL_REFUSAL_WRONG_PASSWORD)
        return PL_GRANT_WRONG_PASSWORD;
    return PL_GRANT_REFUSED;
}

static void refuse_input(pl_grant *grant, int error, const char *message)
{
    pl_trace(&grant->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
             pl_text(message), pl_endpoint(grant->to));
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    pl_grant *grant = owner;
    pl_message message = {0};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    if (!error && message.id == PL_MESSAGE_LAST_KNOWN && grant->options.wanted) {
        on_last_known(grant, message.entry, now);
    } else if (!error && message.id == PL_MESSAGE_GRANTED && !grant->options.wanted) {
        on_granted(grant, message.credential, now);
    } else if (!error && message.id == PL_MESSAGE_REFUSED) {
        finish(grant, outcome_of_refusal(message.refusal), NULL, now);
    } else {
        refuse_input(grant, error ? error : PL_ERR_UNEXPECTED,
                     error ? "record" : pl_message_row_of(message.id)->name);
        finish(grant, PL_GRANT_REFUSED, NULL, now);
    }
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void on_race_done(void *owner, pl_id stream, pl_addr to, pl_cause cause, pl_time now)
{
    (void)cause;
    pl_grant *grant = owner;
    const pl_grant_options *options = &grant->options;
    pl_race_free(grant->race);
    grant->race = NULL;
    if (!stream) {
        race_next_kind(grant, now);
        return;
    }
    grant->stream = stream;
    grant->to = to;
    pl_trace(&options->context->port, PL_EVENT_LOGIN_SERVER_OPENED,
             pl_text(pl_port_kind_name(options->network, grant->kind)), pl_endpoint(to));
    grant->channel = pl_channel_new(&(pl_channel_options){.context = options->context,
                                                          .stream = stream,
                                                          .pattern = PL_NOISE_NK,
                                                          .role = PL_NOISE_INITIATOR,
                                                          .remote_static = options->network->server_dh_key,
                                                          .handler = &handler,
                                                          .owner = grant});
    pl_deadline_set(&options->context->deadlines, &grant->deadline,
                    now + options->context->config->login_answer_timeout, on_no_answer, grant);
}

static void race_next_kind(pl_grant *grant, pl_time now)
{
    const pl_grant_options *options = &grant->options;
    if (grant->kinds_tried > options->network->n_web_ports) {
        finish(grant, PL_GRANT_UNREACHABLE, NULL, now);
        return;
    }
    grant->kind = pl_port_kind_in_turn(options->first_kind, grant->kinds_tried++);
    grant->race = pl_race_new(&(pl_race_options){.context = options->context,
                                                 .entries = grant->servers,
                                                 .n_entries = options->n_servers,
                                                 .port = pl_port_of_kind(options->network, grant->kind),
                                                 .done = on_race_done,
                                                 .owner = grant},
                              now);
    for (size_t i = 0; options->contact && i < pl_race_entries(grant->race); i++)
        options->contact(options->owner, pl_race_entry(grant->race, i));
}

pl_grant *pl_grant_new(const pl_grant_options *options, pl_time now)
{
    pl_grant *grant = g_new0(pl_grant, 1);
    grant->options = *options;
    grant->options.n_servers = MIN(options->n_servers, (size_t)PL_MESSAGE_SERVERS_MAX);
    memcpy(grant->servers, options->servers, grant->options.n_servers * sizeof grant->servers[0]);
    race_next_kind(grant, now);
    return grant;
}

void pl_grant_free(pl_grant *grant)
{
    if (!grant)
        return;
    const pl_port *port = &grant->options.context->port;
    pl_deadline_cancel(&grant->options.context->deadlines, &grant->deadline);
    pl_race_free(grant->race);
    if (grant->stream)
        port->ops->tcp_abort(port->ctx, grant->stream);
    pl_channel_free(grant->channel);
    g_free(grant);
}

bool pl_grant_opened(pl_grant *grant, pl_id stream, pl_time now)
{
    return grant && grant->race && pl_race_opened(grant->race, stream, now);
}

static bool is_channel(const pl_grant *grant, pl_id stream)
{
    return grant && grant->stream && grant->stream == stream;
}

bool pl_grant_data(pl_grant *grant, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    if (!is_channel(grant, stream))
        return false;
    int error = pl_channel_input(grant->channel, data, len, now);
    if (error >= 0)
        return true;
    bool was_ready = pl_channel_was_ready(grant->channel);
    refuse_input(grant, error, was_ready ? "record" : "handshake");
    finish(grant, was_ready ? PL_GRANT_REFUSED : PL_GRANT_NOT_PROVEN, NULL, now);
    return true;
}

bool pl_grant_writable(pl_grant *grant, pl_id stream)
{
    if (!is_channel(grant, stream))
        return false;
    pl_channel_writable(grant->channel);
    return true;
}

/* The server left before it answered. */
static void leave(pl_grant *grant, pl_time now)
{
    bool proven = pl_channel_is_ready(grant->channel);
    finish(grant, proven ? PL_GRANT_NO_ANSWER : PL_GRANT_NOT_PROVEN, NULL, now);
}

bool pl_grant_fin(pl_grant *grant, pl_id stream, pl_time now)
{
    if (!is_channel(grant, stream))
        return false;
    leave(grant, now);
    return true;
}

bool pl_grant_closed(pl_grant *grant, pl_id stream, pl_cause cause, pl_time now)
{
    if (grant && grant->race && pl_race_closed(grant->race, stream, cause, now))
        return true;
    if (!is_channel(grant, stream))
        return false;
    grant->stream = 0;
    leave(grant, now);
    return true;
}
