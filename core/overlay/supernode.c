#include "core/overlay/supernode_internal.h"

#include "core/event.h"

#include <string.h>

static void session_free(void *data)
{
    pl_session *session = data;
    pl_deadline_cancel(&session->supernode->options.context->deadlines, &session->deadline);
    pl_channel_free(session->channel);
    g_free(session->name);
    g_free(session->visitor);
    g_free(session->candidate);
    g_free(session);
}

pl_supernode *pl_supernode_new(const pl_supernode_options *options)
{
    pl_supernode *supernode = g_new0(pl_supernode, 1);
    supernode->options = *options;
    for (size_t i = 0; i < options->n_known; i++)
        pl_host_cache_add(&supernode->known, options->known[i],
                          (size_t)options->context->config->cache_entries_max);
    supernode->sessions = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, session_free);
    supernode->online = g_hash_table_new(g_str_hash, g_str_equal);
    supernode->visits = g_hash_table_new(g_direct_hash, g_direct_equal);
    supernode->visitors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    supernode->load = pl_load_new(&(pl_load_options){.context = options->context,
                                                     .capacity = options->capacity,
                                                     .handler = &pl_children_load_handler,
                                                     .owner = supernode});
    supernode->stun = pl_stun_server_new(&(pl_stun_server_options){.context = options->context,
                                                                   .own_ip = options->own_address.ip,
                                                                   .change = pl_partner_ask_change,
                                                                   .owner = supernode});
    return supernode;
}

void pl_supernode_free(pl_supernode *supernode)
{
    if (!supernode)
        return;
    pl_partner_stop(supernode);
    pl_elector_stop(supernode);
    pl_supernode_part(supernode);
    g_hash_table_destroy(supernode->online);
    g_hash_table_destroy(supernode->visits);
    g_hash_table_destroy(supernode->visitors);
    g_hash_table_destroy(supernode->sessions);
    pl_load_free(supernode->load);
    pl_turn_server_free(supernode->relay);
    pl_stun_server_free(supernode->stun);
    pl_host_cache_clear(&supernode->known);
    pl_bytes_wipe(&supernode->dh, sizeof supernode->dh);
    g_free(supernode);
}

void pl_supernode_serve(pl_supernode *supernode, const pl_credential *credential, const pl_keypair *dh,
                        pl_time now)
{
    bool is_first = supernode->credential_len == 0;
    supernode->credential_len = pl_credential_encode(credential, supernode->credential_bytes);
    supernode->expires = credential->expires;
    supernode->dh = *dh;
    if (!is_first)
        return;
    pl_trace(&supernode->options.context->port, PL_EVENT_SUPERNODE_READY,
             pl_endpoint(supernode->options.own_address));
    supernode->relay =
        pl_turn_server_new(&(pl_turn_server_options){.context = supernode->options.context,
                                                     .own_address = supernode->options.own_address,
                                                     .socket = supernode->options.socket});
    pl_partner_start(supernode, now);
    pl_supernode_join(supernode, now);
    pl_elector_start(supernode, now);
}

void pl_supernode_learn(pl_supernode *supernode, pl_addr other, pl_time now)
{
    const pl_context *context = supernode->options.context;
    if (!other.ip || !other.port || pl_addr_equal(other, supernode->options.own_address))
        return;
    pl_host_cache_add(&supernode->known, (pl_cache_entry){other, (uint32_t)pl_context_unix(context, now)},
                      (size_t)context->config->cache_entries_max);
    if (supernode->mesh)
        pl_mesh_heard_of(supernode->mesh, other, now);
}

int pl_supernode_check(const pl_supernode *supernode, const pl_channel *channel, const uint8_t *bytes,
                       size_t len, pl_credential *ret_credential, pl_time now)
{
    return pl_channel_check_credential(channel, bytes, len, supernode->options.server_sign_key,
                                       ret_credential, now);
}

/* With a credential that has lapsed nobody would believe us: better to be silent, so that others are asked.
 */
bool pl_supernode_can_prove_itself(const pl_supernode *supernode, pl_time now)
{
    return supernode->credential_len > 0 &&
           pl_context_unix(supernode->options.context, now) < supernode->expires;
}

/* Who has shut itself off is as silent. */
static bool can_serve(const pl_supernode *supernode, pl_time now)
{
    return pl_supernode_can_prove_itself(supernode, now) && !pl_load_is_off(supernode->load);
}

bool pl_supernode_is_full(const pl_supernode *supernode, pl_time now)
{
    return pl_elector_is_leaving(supernode) || pl_load_is_off(supernode->load) || pl_load_is_busy(supernode->load, now) ||
           supernode->n_clients >= (size_t)supernode->options.context->config->supernode_clients_max;
}

static size_t relay_streams(const pl_supernode *supernode)
{
    return supernode->relay ? pl_turn_server_streams(supernode->relay) : 0;
}

/* Room for one more stream.  Those of the relay count; visitors have a bound of their own; the partner's link does not
 * count, and has a place of its own, else a crowd would keep it out. */
static bool has_room(const pl_supernode *supernode, uint32_t ip)
{
    const pl_config *config = supernode->options.context->config;
    size_t max = (size_t)(config->supernode_clients_max + config->supernode_turn_aways_max);
    size_t n = g_hash_table_size(supernode->sessions) - g_hash_table_size(supernode->visits) -
               (supernode->partner.session ? 1 : 0) + relay_streams(supernode);
    return n < max + (ip == supernode->options.partner.ip ? 1 : 0);
}

void pl_supernode_say_status(pl_supernode *supernode, pl_addr to, uint64_t transaction, pl_probe_status status)
{
    const pl_port *port = &supernode->options.context->port;
    uint8_t bytes[PL_PROBE_BYTES];
    size_t len = pl_message_write(
        &(pl_message){.id = PL_MESSAGE_PROBE_ANSWER, .transaction = transaction, .status = status}, bytes,
        sizeof bytes);
    port->ops->udp_send(port->ctx, supernode->options.socket, to, 0, bytes, len);
}

void pl_supernode_answer_probe(pl_supernode *supernode, pl_addr from, uint64_t transaction, pl_time now)
{
    bool is_full = pl_supernode_is_full(supernode, now) || !has_room(supernode, from.ip);
    pl_supernode_say_status(supernode, from, transaction, is_full ? PL_PROBE_FULL : PL_PROBE_WELCOME);
}

int pl_supernode_datagram(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now)
{
    if (message->id == PL_MESSAGE_PROBE_ANSWER)
        return pl_elector_neighbour(supernode, from, message, now);
    if (!can_serve(supernode, now))
        return 0;
    if (message->id != PL_MESSAGE_PROBE)
        return pl_supernode_overlay(supernode, from, message, now);
    switch (pl_load_take(supernode->load, PL_WORK_MESSAGE, now)) {
    case PL_LOAD_NOW:
        pl_supernode_answer_probe(supernode, from, message->transaction, now);
        break;
    case PL_LOAD_LATER:
        pl_load_wait_probe(supernode->load, from, message->transaction);
        break;
    case PL_LOAD_REFUSE:
        pl_supernode_say_status(supernode, from, message->transaction, PL_PROBE_FULL);
        break;
    case PL_LOAD_DROP:
        break;
    }
    return 0;
}

void pl_supernode_end(pl_session *session, const char *cause)
{
    pl_supernode *supernode = session->supernode;
    const pl_port *port = &supernode->options.context->port;
    if (session->stream)
        port->ops->tcp_abort(port->ctx, session->stream);
    if (session->state == PL_SESSION_PARTNER)
        pl_partner_left(supernode, cause);
    if (session->state == PL_SESSION_HELPED)
        supernode->partner.n_helped--;
    if (session->state == PL_SESSION_VISITOR)
        pl_visitor_left(session);
    if (session->state == PL_SESSION_ONLINE)
        pl_supernode_departed(session);
    if (session->state == PL_SESSION_ONLINE &&
        g_hash_table_lookup(supernode->online, session->name) == session)
        g_hash_table_remove(supernode->online, session->name);
    if (pl_children_is_client(session)) {
        supernode->n_clients--;
        pl_elector_left(session);
        pl_trace(port, PL_EVENT_CLIENT_GONE, pl_text(cause), pl_number((int64_t)supernode->n_clients));
    }
    pl_children_leave(session);
    g_hash_table_remove(supernode->sessions, GUINT_TO_POINTER(pl_channel_stream(session->channel)));
}

void pl_supernode_dismiss(pl_session *session, const char *cause)
{
    const pl_port *port = &session->supernode->options.context->port;
    if (session->stream)
        port->ops->close(port->ctx, session->stream);
    session->stream = 0;
    pl_supernode_end(session, cause);
}

void pl_supernode_refuse_input(pl_session *session, int error, const char *message)
{
    pl_trace(&session->supernode->options.context->port, PL_EVENT_REFUSED_INPUT,
             pl_text(pl_error_name(error)), pl_text(message), pl_endpoint(session->from));
    pl_supernode_end(session, pl_error_name(error));
}

static void on_handshake_timeout(void *machine, pl_time now)
{
    (void)now;
    pl_session *session = machine;
    pl_trace(&session->supernode->options.context->port, PL_EVENT_REFUSED_INPUT, pl_text("timeout"),
             pl_text("handshake"), pl_endpoint(session->from));
    pl_supernode_end(session, "handshake-timeout");
}

void pl_supernode_accepted(pl_supernode *supernode, pl_id stream, pl_addr from, pl_time now)
{
    pl_context *context = supernode->options.context;
    bool is_ready = can_serve(supernode, now);
    if (!is_ready || !has_room(supernode, from.ip)) {
        context->port.ops->tcp_abort(context->port.ctx, stream);
        pl_trace(&context->port, PL_EVENT_SUPERNODE_REFUSED, pl_endpoint(from),
                 pl_text(pl_refusal_name(is_ready ? PL_REFUSAL_FULL : PL_REFUSAL_NOT_READY)));
        return;
    }
    pl_session *session = g_new0(pl_session, 1);
    session->supernode = supernode;
    session->stream = stream;
    session->from = from;
    session->channel = pl_channel_new(&(pl_channel_options){.context = context,
                                                            .stream = stream,
                                                            .pattern = PL_NOISE_XX,
                                                            .role = PL_NOISE_RESPONDER,
                                                            .own_static = &supernode->dh,
                                                            .payload = supernode->credential_bytes,
                                                            .payload_len = supernode->credential_len,
                                                            .handler = &pl_supernode_session_handler,
                                                            .owner = session});
    g_hash_table_insert(supernode->sessions, GUINT_TO_POINTER(stream), session);
    pl_children_join(session);
    pl_deadline_set(&context->deadlines, &session->deadline,
                    now + context->config->supernode_handshake_timeout, on_handshake_timeout, session);
}

pl_session *pl_supernode_find(const pl_supernode *supernode, pl_id stream)
{
    return g_hash_table_lookup(supernode->sessions, GUINT_TO_POINTER(stream));
}

bool pl_supernode_opened(pl_supernode *supernode, pl_id stream, pl_time now)
{
    return pl_partner_opened(supernode, stream, now);
}

static bool is_relays(const pl_supernode *supernode, pl_id stream)
{
    return supernode->relay && pl_turn_server_owns_stream(supernode->relay, stream);
}

/* The first byte on an accepted stream tells whom it is for: the preamble of a secure channel is another. */
static bool goes_to_relay(pl_session *session, const uint8_t *data, size_t len)
{
    bool is_first = !session->has_spoken && len > 0;
    session->has_spoken |= len > 0;
    return is_first && data[0] == PL_TURN_FIRST_BYTE && session->supernode->relay;
}

static void hand_to_relay(pl_session *session, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    pl_turn_server_adopt(supernode->relay, session->stream, session->from, now);
    session->stream = 0;
    pl_supernode_end(session, "relay");
}

bool pl_supernode_data(pl_supernode *supernode, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    pl_session *session = pl_supernode_find(supernode, stream);
    if (session && goes_to_relay(session, data, len))
        hand_to_relay(session, now);
    if (is_relays(supernode, stream)) {
        pl_turn_server_stream_data(supernode->relay, stream, data, len, now);
        return true;
    }
    if (!session)
        return pl_partner_data(supernode, stream, data, len, now);
    int error = pl_channel_input(session->channel, data, len, now);
    if (error < 0)
        pl_supernode_refuse_input(session, error,
                                  pl_channel_was_ready(session->channel) ? "record" : "handshake");
    return true;
}

bool pl_supernode_fin(pl_supernode *supernode, pl_id stream, pl_time now)
{
    const pl_port *port = &supernode->options.context->port;
    pl_session *session = pl_supernode_find(supernode, stream);
    if (is_relays(supernode, stream)) {
        pl_turn_server_fin(supernode->relay, stream, now);
        return true;
    }
    if (!session) {
        if (!pl_partner_closed(supernode, stream, "fin", now))
            return false;
    } else {
        session->stream = 0;
        pl_supernode_end(session, "fin");
    }
    port->ops->close(port->ctx, stream);
    return true;
}

bool pl_supernode_writable(pl_supernode *supernode, pl_id stream)
{
    if (is_relays(supernode, stream)) {
        pl_turn_server_writable(supernode->relay, stream);
        return true;
    }
    pl_session *session = pl_supernode_find(supernode, stream);
    pl_channel *channel = session ? session->channel : NULL;
    if (!channel && supernode->partner.stream == stream)
        channel = supernode->partner.channel;
    if (channel)
        pl_channel_writable(channel);
    return channel != NULL;
}

bool pl_supernode_closed(pl_supernode *supernode, pl_id stream, pl_cause cause, pl_time now)
{
    pl_session *session = pl_supernode_find(supernode, stream);
    if (is_relays(supernode, stream)) {
        pl_turn_server_closed(supernode->relay, stream, now);
        return true;
    }
    if (!session)
        return pl_partner_closed(supernode, stream, pl_cause_name(cause), now);
    session->stream = 0;
    pl_supernode_end(session, pl_cause_name(cause));
    return true;
}

static bool is_relayed(const pl_supernode *supernode, pl_id socket)
{
    return supernode->relay && pl_turn_server_owns(supernode->relay, socket);
}

bool pl_supernode_owns_socket(const pl_supernode *supernode, pl_id socket)
{
    return pl_stun_server_owns(supernode->stun, socket) || is_relayed(supernode, socket);
}

int pl_supernode_stun(pl_supernode *supernode, pl_id socket, pl_addr from, const uint8_t *data, size_t len,
                      pl_time now)
{
    if (!is_relayed(supernode, socket))
        return pl_stun_server_input(supernode->stun, socket, from, data, len, now);
    pl_turn_server_relayed(supernode->relay, socket, from, data, len, now);
    return 0;
}

bool pl_supernode_is_for_relay(const pl_supernode *supernode, const uint8_t *data, size_t len)
{
    return supernode->relay && pl_turn_server_wants(data, len);
}

int pl_supernode_relay_datagram(pl_supernode *supernode, pl_addr from, const uint8_t *data, size_t len,
                                pl_time now)
{
    return pl_turn_server_datagram(supernode->relay, from, data, len, now);
}

int pl_supernode_account(const pl_supernode *supernode, const char *name, pl_turn_account *ret_account,
                         pl_time now)
{
    if (!supernode->relay)
        return PL_ERR_UNEXPECTED;
    pl_turn_server_account(supernode->relay, name, ret_account, now);
    return 0;
}

void pl_supernode_relay_statistics(const pl_supernode *supernode, pl_turn_server_stats *ret_stats)
{
    *ret_stats = (pl_turn_server_stats){0};
    if (supernode->relay)
        pl_turn_server_statistics(supernode->relay, ret_stats);
}

bool pl_supernode_is_serving(const pl_supernode *supernode)
{
    return supernode->credential_len > 0;
}

size_t pl_supernode_clients(const pl_supernode *supernode)
{
    return supernode->n_clients;
}

size_t pl_supernode_online(const pl_supernode *supernode)
{
    return g_hash_table_size(supernode->online);
}
