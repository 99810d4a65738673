#include "core/session/signal.h"

#include "core/event.h"
#include "core/session/race.h"
#include "core/wire/message.h"

#include <glib.h>
#include <string.h>

#define BODIES_MAX 4 /* chosen: an offer, and what else may be said before the visit stands */

/* States are named by what is awaited. */
typedef enum visit_state {
    VISIT_OPENING,  /* a stream on one kind of port */
    VISIT_PROVING,  /* the handshake and the supernode's credential */
    VISIT_STANDING, /* bodies, either way */
    VISIT_OVER
} visit_state;

struct pl_visit {
    pl_context *context;
    const pl_network *network;
    const pl_visit_handler *handler;
    void *owner;
    pl_contact contact;
    pl_credential credential;
    pl_keypair dh;
    pl_port_kind first_kind;
    size_t kinds_tried;
    const char *cause; /* how the last kind of port that was open failed; NULL = none was */
    visit_state state;
    pl_deadline deadline;
    pl_race *race;              /* while opening */
    pl_channel *channel;        /* while proving and standing */
    pl_id stream;               /* of the channel; 0 = none */
    GBytes *bodies[BODIES_MAX]; /* until it stands */
    size_t n_bodies;
};

/* The only writer of the state; sets what is waited for at the same time. */
static void enter(pl_visit *visit, visit_state state, pl_time deadline, pl_deadline_fn act)
{
    visit->state = state;
    pl_deadline_set(&visit->context->deadlines, &visit->deadline, deadline, act, visit);
}

static void open_next_kind(pl_visit *visit, pl_time now);

static void drop_channel(pl_visit *visit)
{
    const pl_port *port = &visit->context->port;
    if (visit->stream)
        port->ops->tcp_abort(port->ctx, visit->stream);
    visit->stream = 0;
    g_clear_pointer(&visit->channel, pl_channel_free);
}

static void forget_bodies(pl_visit *visit)
{
    while (visit->n_bodies > 0)
        g_bytes_unref(visit->bodies[--visit->n_bodies]);
}

/* The owner may free the visit inside, so nothing is touched after it. */
static void end(pl_visit *visit, const char *cause, pl_time now)
{
    drop_channel(visit);
    forget_bodies(visit);
    pl_bytes_wipe(&visit->dh, sizeof visit->dh);
    enter(visit, VISIT_OVER, PL_NEVER, NULL);
    visit->handler->ended(visit->owner, visit, cause, now);
}

/* What was open there is not the supernode, or does not say so: another kind of port may lead to it. */
static void fail_kind(pl_visit *visit, const char *cause, pl_time now)
{
    visit->cause = cause;
    drop_channel(visit);
    open_next_kind(visit, now);
}

static void on_no_answer(void *machine, pl_time now)
{
    fail_kind(machine, "no-answer", now);
}

/* Nobody needs to hear that we go, since nobody waits for us. */
static void on_idle(void *machine, pl_time now)
{
    pl_visit *visit = machine;
    const pl_port *port = &visit->context->port;
    port->ops->close(port->ctx, visit->stream);
    visit->stream = 0;
    end(visit, pl_refusal_name(PL_REFUSAL_IDLE), now);
}

static void stand(pl_visit *visit, pl_time now)
{
    enter(visit, VISIT_STANDING, now + visit->context->config->signal_visit_idle, on_idle);
}

static int say(pl_visit *visit, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    return pl_channel_send(visit->channel, bytes, pl_message_write(message, bytes, sizeof bytes));
}

static int say_body(pl_visit *visit, const uint8_t *body, size_t len)
{
    const char *name = visit->contact.name;
    return say(visit, &(pl_message){.id = PL_MESSAGE_SIGNAL,
                                    .name = {(const uint8_t *)name, strlen(name)},
                                    .body = {body, len}});
}

/* The supernode is proven: who we are, that we visit, and all that waited go out at once. */
static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    pl_visit *visit = owner;
    pl_credential credential;
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    if (pl_channel_check_credential(channel, payload, len, visit->network->server_sign_key, &credential,
                                    now) != 0) {
        fail_kind(visit, "supernode-not-proven", now);
        return;
    }
    size_t own_len = pl_credential_encode(&visit->credential, bytes);
    say(visit, &(pl_message){.id = PL_MESSAGE_CREDENTIAL, .credential = {bytes, own_len}});
    say(visit, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_VISITOR});
    for (size_t i = 0; i < visit->n_bodies; i++) {
        gsize body_len;
        const uint8_t *body = g_bytes_get_data(visit->bodies[i], &body_len);
        say_body(visit, body, body_len);
    }
    forget_bodies(visit);
    pl_bytes_wipe(&visit->dh, sizeof visit->dh);
    stand(visit, now);
}

static void refuse_input(pl_visit *visit, int error, const char *message)
{
    pl_trace(&visit->context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text(message),
             pl_endpoint(visit->contact.supernode));
}

static bool is_from_peer(const pl_visit *visit, const pl_message *message)
{
    return message->visit == 0 && message->name.len == strlen(visit->contact.name) &&
           memcmp(message->name.data, visit->contact.name, message->name.len) == 0;
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    pl_visit *visit = owner;
    pl_message message = {0};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    if (!error && message.id == PL_MESSAGE_REFUSED) {
        end(visit, pl_refusal_name(message.refusal), now);
    } else if (!error && message.id == PL_MESSAGE_SIGNAL_FAILED && is_from_peer(visit, &message)) {
        end(visit, pl_refusal_name(message.refusal), now);
    } else if (!error && message.id == PL_MESSAGE_SIGNAL && is_from_peer(visit, &message)) {
        stand(visit, now);
        visit->handler->received(visit->owner, visit, message.body.data, message.body.len, now);
    } else {
        refuse_input(visit, error ? error : PL_ERR_UNEXPECTED, "record");
        end(visit, "supernode-malformed", now);
    }
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void on_race_done(void *owner, pl_id stream, pl_addr to, pl_cause cause, pl_time now)
{
    (void)to, (void)cause;
    pl_visit *visit = owner;
    g_clear_pointer(&visit->race, pl_race_free);
    if (!stream) {
        open_next_kind(visit, now);
        return;
    }
    visit->stream = stream;
    enter(visit, VISIT_PROVING, now + visit->context->config->login_answer_timeout, on_no_answer);
    visit->channel = pl_channel_new(&(pl_channel_options){.context = visit->context,
                                                          .stream = stream,
                                                          .pattern = PL_NOISE_XX,
                                                          .role = PL_NOISE_INITIATOR,
                                                          .own_static = &visit->dh,
                                                          .handler = &handler,
                                                          .owner = visit});
}

static void open_next_kind(pl_visit *visit, pl_time now)
{
    if (visit->kinds_tried > visit->network->n_web_ports) {
        end(visit, visit->cause ? visit->cause : "unreachable", now);
        return;
    }
    pl_port_kind kind = pl_port_kind_in_turn(visit->first_kind, visit->kinds_tried++);
    enter(visit, VISIT_OPENING, PL_NEVER, NULL);
    visit->race = pl_race_new(&(pl_race_options){.context = visit->context,
                                                 .entries = &visit->contact.supernode,
                                                 .n_entries = 1,
                                                 .port = pl_port_of_kind(visit->network, kind),
                                                 .timeout = visit->context->config->signal_connect_timeout,
                                                 .done = on_race_done,
                                                 .owner = visit},
                              now);
}

pl_visit *pl_visit_new(const pl_visit_options *options, pl_time now)
{
    pl_visit *visit = g_new0(pl_visit, 1);
    visit->context = options->context;
    visit->network = options->network;
    visit->handler = options->handler;
    visit->owner = options->owner;
    visit->contact = *options->contact;
    visit->credential = *options->credential;
    visit->dh = *options->dh;
    visit->first_kind = options->first_kind;
    open_next_kind(visit, now);
    return visit;
}

void pl_visit_free(pl_visit *visit)
{
    if (!visit)
        return;
    const pl_port *port = &visit->context->port;
    pl_deadline_cancel(&visit->context->deadlines, &visit->deadline);
    pl_race_free(visit->race);
    if (visit->stream && visit->state == VISIT_STANDING) {
        port->ops->close(port->ctx, visit->stream);
        visit->stream = 0;
    }
    drop_channel(visit);
    forget_bodies(visit);
    pl_bytes_wipe(visit, sizeof *visit);
    g_free(visit);
}

int pl_visit_send(pl_visit *visit, const uint8_t *body, size_t len, pl_time now)
{
    if (len > PL_SIGNAL_BODY_MAX)
        return PL_ERR_OVERSIZED;
    switch (visit->state) {
    case VISIT_OPENING:
    case VISIT_PROVING:
        if (visit->n_bodies == BODIES_MAX)
            return PL_ERR_LIMIT;
        visit->bodies[visit->n_bodies++] = g_bytes_new(body, len);
        return 0;
    case VISIT_STANDING:
        stand(visit, now);
        return say_body(visit, body, len);
    case VISIT_OVER:
        return PL_ERR_GONE;
    }
    g_assert_not_reached();
}

static bool is_channel(const pl_visit *visit, pl_id stream)
{
    return visit->stream && visit->stream == stream;
}

bool pl_visit_opened(pl_visit *visit, pl_id stream, pl_time now)
{
    return visit->race && pl_race_opened(visit->race, stream, now);
}

bool pl_visit_data(pl_visit *visit, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    if (!is_channel(visit, stream))
        return false;
    int error = pl_channel_input(visit->channel, data, len, now);
    if (error >= 0)
        return true;
    bool was_ready = pl_channel_was_ready(visit->channel);
    refuse_input(visit, error, was_ready ? "record" : "handshake");
    if (was_ready)
        end(visit, "supernode-malformed", now);
    else
        fail_kind(visit, "supernode-not-proven", now);
    return true;
}

/* The supernode, or what looked like it, left. */
static void leave(pl_visit *visit, const char *cause, pl_time now)
{
    if (visit->state == VISIT_STANDING)
        end(visit, cause, now);
    else
        fail_kind(visit, "no-answer", now);
}

bool pl_visit_fin(pl_visit *visit, pl_id stream, pl_time now)
{
    if (!is_channel(visit, stream))
        return false;
    leave(visit, "supernode-left", now);
    return true;
}

bool pl_visit_writable(pl_visit *visit, pl_id stream)
{
    if (!is_channel(visit, stream))
        return false;
    pl_channel_writable(visit->channel);
    return true;
}

bool pl_visit_closed(pl_visit *visit, pl_id stream, pl_cause cause, pl_time now)
{
    if (visit->race && pl_race_closed(visit->race, stream, cause, now))
        return true;
    if (!is_channel(visit, stream))
        return false;
    visit->stream = 0;
    leave(visit, pl_cause_name(cause), now);
    return true;
}
