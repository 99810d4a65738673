#include "core/overlay/supernode_internal.h"

#include "core/event.h"

#include <string.h>

static void open_link(void *machine, pl_time now);

static bool we_open(const pl_supernode *supernode)
{
    return supernode->options.partner.ip &&
           pl_addr_compare(supernode->options.own_address, supernode->options.partner) < 0;
}

/* Those that the world made are in pairs; who was elected has nobody, and takes a member of its view. */
static bool may_choose(const pl_supernode *supernode)
{
    return supernode->options.step_down != NULL;
}

static void send(pl_channel *channel, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_channel_send(channel, bytes, pl_message_write(message, bytes, sizeof bytes));
}

static void set_linked(pl_supernode *supernode)
{
    pl_stun_server_set_partner(supernode->stun, supernode->options.partner.ip);
    pl_trace(&supernode->options.context->port, PL_EVENT_PARTNER_LINKED,
             pl_endpoint(supernode->options.partner));
}

static void set_lost(pl_supernode *supernode, const char *cause)
{
    pl_stun_server_set_partner(supernode->stun, 0);
    pl_trace(&supernode->options.context->port, PL_EVENT_PARTNER_LOST, pl_text(cause));
}

static void drop_link(pl_supernode *supernode)
{
    pl_partner *partner = &supernode->partner;
    const pl_port *port = &supernode->options.context->port;
    if (partner->stream)
        port->ops->tcp_abort(port->ctx, partner->stream);
    partner->stream = 0;
    pl_channel_free(partner->channel);
    partner->channel = NULL;
}

static void retry_later(pl_supernode *supernode, pl_time now)
{
    pl_context *context = supernode->options.context;
    pl_deadline_set(&context->deadlines, &supernode->partner.deadline,
                    now + context->config->supernode_partner_retry, open_link, supernode);
}

static void lose_link(pl_supernode *supernode, const char *cause, pl_time now)
{
    bool was_linked = supernode->partner.channel && pl_channel_is_ready(supernode->partner.channel);
    drop_link(supernode);
    if (was_linked)
        set_lost(supernode, cause);
    retry_later(supernode, now);
}

static void on_handshake_timeout(void *machine, pl_time now)
{
    lose_link(machine, "handshake-timeout", now);
}

/* By lot, and not the one that failed us last if there is another; of another host, which is what a partner is for. */
static bool choose(pl_supernode *supernode)
{
    const pl_view *view = pl_mesh_view(supernode->mesh);
    const pl_addr former = supernode->options.partner;
    uint32_t lot;
    pl_context_random(supernode->options.context, &lot, sizeof lot);
    for (size_t i = 0; i < view->count; i++) {
        const pl_addr member = view->addresses[(GUINT32_FROM_LE(lot) + i) % view->count];
        if (member.ip == supernode->options.own_address.ip || (pl_addr_equal(member, former) && view->count > 1))
            continue;
        supernode->options.partner = member;
        return true;
    }
    return false;
}

/* The link is opened with the core's own deadline, as every stream is. */
static void open_link(void *machine, pl_time now)
{
    pl_supernode *supernode = machine;
    pl_context *context = supernode->options.context;
    pl_partner *partner = &supernode->partner;
    if (may_choose(supernode) && !choose(supernode)) {
        retry_later(supernode, now);
        return;
    }
    if (context->port.ops->tcp_open(context->port.ctx, 0, supernode->options.partner, &partner->stream) !=
        0) {
        partner->stream = 0;
        retry_later(supernode, now);
        return;
    }
    pl_deadline_set(&context->deadlines, &partner->deadline, now + context->config->login_connect_timeout,
                    on_handshake_timeout, supernode);
}

void pl_partner_start(pl_supernode *supernode, pl_time now)
{
    if (we_open(supernode))
        open_link(supernode, now);
}

void pl_partner_stop(pl_supernode *supernode)
{
    pl_deadline_cancel(&supernode->options.context->deadlines, &supernode->partner.deadline);
    pl_channel_free(supernode->partner.channel);
    supernode->partner.channel = NULL;
}

void pl_partner_leave(pl_supernode *supernode)
{
    drop_link(supernode);
    pl_partner_stop(supernode);
}

/* The first of all, or our partner: back from a restart, so that it knows nothing of a link. */
void pl_partner_neighbour_joined(pl_supernode *supernode, pl_addr member, pl_time now)
{
    const pl_partner *partner = &supernode->partner;
    if (!may_choose(supernode))
        return;
    if (partner->stream && pl_addr_equal(member, supernode->options.partner))
        lose_link(supernode, "restarted", now);
    if (!partner->stream && pl_mesh_view(supernode->mesh)->count == 1)
        open_link(supernode, now);
}

/* Of a stream that carries nothing the end may be long in coming: the mesh knows first. */
void pl_partner_neighbour_lost(pl_supernode *supernode, pl_addr member, pl_time now)
{
    if (supernode->partner.n_helped > 0)
        for (pl_session *i = supernode->first_session, *next; i; i = next) {
            next = i->next;
            if (i->state == PL_SESSION_HELPED && i->from.ip == member.ip)
                pl_supernode_end(i, "lost");
        }
    if (!may_choose(supernode) || !pl_addr_equal(member, supernode->options.partner))
        return;
    if (supernode->partner.stream)
        lose_link(supernode, "lost", now);
    open_link(supernode, now);
}

bool pl_partner_is_told(const pl_supernode *supernode, const pl_session *session)
{
    return session->name && !may_choose(supernode) && session->from.ip == supernode->options.partner.ip;
}

bool pl_partner_may_help(const pl_supernode *supernode, const pl_session *session)
{
    const pl_view *view = supernode->mesh ? pl_mesh_view(supernode->mesh) : NULL;
    const uint8_t *key = pl_channel_remote_static(session->channel);
    if (!session->name || !view || supernode->partner.n_helped >= PL_PARTNER_HELPED_MAX)
        return false;
    for (size_t i = pl_view_after(view, (pl_addr){session->from.ip, 0}); i < view->count; i++) {
        if (view->addresses[i].ip != session->from.ip)
            return false;
        if (pl_bytes_equal(pl_view_find(view, view->addresses[i])->key, key, PL_KEY_BYTES))
            return true;
    }
    return false;
}

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    pl_supernode *supernode = owner;
    pl_credential credential;
    int error = pl_supernode_check(supernode, channel, payload, len, &credential, now);
    if (error) {
        pl_trace(&supernode->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
                 pl_text("partner-credential"), pl_endpoint(supernode->options.partner));
        drop_link(supernode);
        retry_later(supernode, now);
        return;
    }
    send(channel, &(pl_message){.id = PL_MESSAGE_CREDENTIAL,
                                .credential = {supernode->credential_bytes, supernode->credential_len}});
    send(channel, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_PARTNER});
    pl_deadline_cancel(&supernode->options.context->deadlines, &supernode->partner.deadline);
    set_linked(supernode);
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    (void)channel;
    pl_supernode *supernode = owner;
    pl_message message = {0};
    int error = pl_message_read(&message, PL_CARRIER_RECORD, data, len);
    if (!error)
        error = pl_partner_message(supernode, &message, now);
    if (!error)
        return;
    pl_trace(&supernode->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
             pl_text("record"), pl_endpoint(supernode->options.partner));
    lose_link(supernode, pl_error_name(error), now);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

bool pl_partner_opened(pl_supernode *supernode, pl_id stream, pl_time now)
{
    pl_partner *partner = &supernode->partner;
    pl_context *context = supernode->options.context;
    if (!partner->stream || partner->stream != stream)
        return false;
    partner->channel = pl_channel_new(&(pl_channel_options){.context = context,
                                                            .stream = stream,
                                                            .pattern = PL_NOISE_XX,
                                                            .role = PL_NOISE_INITIATOR,
                                                            .own_static = &supernode->dh,
                                                            .handler = &handler,
                                                            .owner = supernode});
    pl_deadline_set(&context->deadlines, &partner->deadline,
                    now + context->config->supernode_handshake_timeout, on_handshake_timeout, supernode);
    return true;
}

bool pl_partner_data(pl_supernode *supernode, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    pl_partner *partner = &supernode->partner;
    if (!partner->stream || partner->stream != stream || !partner->channel)
        return false;
    int error = pl_channel_input(partner->channel, data, len, now);
    if (error < 0) {
        pl_trace(&supernode->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)),
                 pl_text("partner"), pl_endpoint(supernode->options.partner));
        lose_link(supernode, pl_error_name(error), now);
    }
    return true;
}

bool pl_partner_closed(pl_supernode *supernode, pl_id stream, const char *cause, pl_time now)
{
    pl_partner *partner = &supernode->partner;
    if (!partner->stream || partner->stream != stream)
        return false;
    partner->stream = 0;
    lose_link(supernode, cause, now);
    return true;
}

void pl_partner_joined(pl_supernode *supernode, pl_session *session)
{
    pl_session *former = supernode->partner.session;
    supernode->partner.session = session;
    if (former) {
        former->state = PL_SESSION_ACCEPTED;
        pl_supernode_end(former, "replaced");
    }
    set_linked(supernode);
}

void pl_partner_left(pl_supernode *supernode, const char *cause)
{
    supernode->partner.session = NULL;
    set_lost(supernode, cause);
}

int pl_partner_message(pl_supernode *supernode, const pl_message *message, pl_time now)
{
    if (message->id != PL_MESSAGE_STUN_CHANGE)
        return PL_ERR_UNEXPECTED;
    pl_stun_server_answer_for_partner(supernode->stun, message->target, message->stun_id,
                                      message->change_port != 0, now);
    return 0;
}

void pl_partner_ask_change(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2)
{
    pl_supernode *supernode = owner;
    pl_partner *partner = &supernode->partner;
    pl_channel *channel = partner->session ? partner->session->channel : partner->channel;
    if (!channel || !pl_channel_is_ready(channel))
        return;
    pl_message change = {.id = PL_MESSAGE_STUN_CHANGE, .target = target, .change_port = from_port_2};
    memcpy(change.stun_id, stun_id, sizeof change.stun_id);
    send(channel, &change);
}
