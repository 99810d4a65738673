#include "core/nat/turn/turn_client.h"

#include <glib.h>
#include <string.h>

#include "core/nat/turn/turn_client_internal.h"

static const pl_port *port_of(const pl_turn_client *client)
{
    return &client->options.context->port;
}

static void fail(pl_turn_client *client, const char *cause, pl_time now)
{
    client->state = PL_TURN_CLIENT_ENDED;
    for (size_t i = 0; i < PL_TURN_ERRANDS; i++)
        pl_turn_errand_stop(&client->errands[i]);
    client->options.handler->failed(client->options.owner, cause, now);
}

void pl_turn_client_fail(pl_turn_client *client, const char *cause, pl_time now)
{
    fail(client, cause, now);
}

/* The stream is opened with the core's own deadline, as every stream is. */
static void on_open_timeout(void *machine, pl_time now)
{
    pl_turn_errand *errand = machine;
    fail(errand->client, pl_cause_name(PL_CAUSE_TIMEOUT), now);
}

static int open_stream(pl_turn_client *client, pl_time now)
{
    pl_context *context = client->options.context;
    pl_id stream;
    int error = context->port.ops->tcp_open(context->port.ctx, 0, client->options.server, &stream);
    if (error)
        return error;
    pl_turn_stream_init(&client->stream, context, stream);
    pl_deadline_set(&context->deadlines, &client->errands[0].deadline,
                    now + context->config->login_connect_timeout, on_open_timeout, &client->errands[0]);
    return 0;
}

pl_turn_client *pl_turn_client_new(const pl_turn_client_options *options, pl_time now)
{
    pl_turn_client *client = g_new0(pl_turn_client, 1);
    const pl_port *port = &options->context->port;
    bool is_udp = options->transport == PL_TURN_UDP;
    client->options = *options;
    client->next_channel = PL_TURN_CHANNEL_FIRST;
    for (size_t i = 0; i < PL_TURN_ERRANDS; i++)
        client->errands[i].client = client;
    int error = is_udp ? port->ops->udp_bind(port->ctx, 0, &client->socket) : open_stream(client, now);
    if (error) {
        g_free(client);
        return NULL;
    }
    if (is_udp)
        pl_turn_errand_start(&client->errands[0], PL_TURN_ERRAND_ALLOCATION, now);
    return client;
}

static void close_all(pl_turn_client *client)
{
    const pl_port *port = port_of(client);
    if (client->socket)
        port->ops->close(port->ctx, client->socket);
    if (client->stream.id)
        port->ops->close(port->ctx, client->stream.id);
    pl_turn_stream_clear(&client->stream);
    client->socket = 0;
}

static void release(pl_turn_client *client)
{
    pl_bytes_wipe(client->key, sizeof client->key);
    pl_bytes_wipe(&client->options.account, sizeof client->options.account);
    g_free(client);
}

void pl_turn_client_free(pl_turn_client *client, pl_time now)
{
    if (!client)
        return;
    /* A proved Allocate that is on its way may yet be granted; what follows on the same way takes it back. */
    bool is_asked = client->state == PL_TURN_CLIENT_ASKING && client->errands[0].is_asking && client->has_key;
    for (size_t i = 0; i < PL_TURN_ERRANDS; i++)
        pl_turn_errand_stop(&client->errands[i]);
    if (client->state == PL_TURN_CLIENT_STANDING || is_asked)
        pl_turn_errand_give_back(&client->errands[0], now);
    close_all(client);
    client->state = PL_TURN_CLIENT_ENDED;
    client->is_freed = true;
    if (!client->is_in_input)
        release(client);
}

/* The owner may free the client from what it hears: the memory stays until the input has been served. */
static void enter_input(pl_turn_client *client)
{
    g_assert(!client->is_in_input && !client->is_freed);
    client->is_in_input = true;
}

static void leave_input(pl_turn_client *client)
{
    client->is_in_input = false;
    if (client->is_freed)
        release(client);
}

/* --- the owner's wishes --- */

static pl_turn_errand *find_errand(pl_turn_client *client, pl_turn_errand_kind kind, pl_addr peer)
{
    for (size_t i = 1; i < PL_TURN_ERRANDS; i++) {
        pl_turn_errand *errand = &client->errands[i];
        if (errand->kind == kind && errand->peer.ip == peer.ip &&
            (kind == PL_TURN_ERRAND_PERMISSION || errand->peer.port == peer.port))
            return errand;
    }
    return NULL;
}

/* A free place among those of its kind: permissions stand first, then channels. */
static pl_turn_errand *free_errand(pl_turn_client *client, pl_turn_errand_kind kind)
{
    size_t first = kind == PL_TURN_ERRAND_PERMISSION ? 1 : 1 + PL_TURN_PERMISSIONS_MAX;
    size_t end = kind == PL_TURN_ERRAND_PERMISSION ? 1 + PL_TURN_PERMISSIONS_MAX : PL_TURN_ERRANDS;
    for (size_t i = first; i < end; i++) {
        if (client->errands[i].kind == PL_TURN_ERRAND_NONE)
            return &client->errands[i];
    }
    return NULL;
}

static int want(pl_turn_client *client, pl_turn_errand_kind kind, pl_addr peer, pl_time now)
{
    if (find_errand(client, kind, peer))
        return 0;
    pl_turn_errand *errand = free_errand(client, kind);
    if (!errand)
        return PL_ERR_LIMIT;
    errand->kind = kind;
    errand->peer = peer;
    if (kind == PL_TURN_ERRAND_CHANNEL)
        errand->channel = client->next_channel++;
    if (client->state == PL_TURN_CLIENT_STANDING)
        pl_turn_errand_start(errand, kind, now);
    return 0;
}

int pl_turn_client_permit(pl_turn_client *client, uint32_t ip, pl_time now)
{
    return want(client, PL_TURN_ERRAND_PERMISSION, (pl_addr){.ip = ip}, now);
}

int pl_turn_client_bind(pl_turn_client *client, pl_addr peer, pl_time now)
{
    return want(client, PL_TURN_ERRAND_CHANNEL, peer, now);
}

uint64_t pl_turn_client_dropped(const pl_turn_client *client)
{
    return client->dropped;
}

static size_t write_send(const pl_turn_client *client, uint8_t *bytes, pl_addr peer, const uint8_t *data,
                         size_t len)
{
    uint8_t id[PL_STUN_ID_BYTES];
    pl_writer writer;
    pl_context_random(client->options.context, id, sizeof id);
    pl_writer_init(&writer, bytes, PL_STUN_BYTES_MAX);
    pl_stun_begin_method(&writer, PL_STUN_SEND, PL_STUN_INDICATION, id);
    pl_stun_add_addr(&writer, PL_STUN_XOR_PEER, peer);
    pl_stun_add(&writer, PL_STUN_DATA, data, len);
    g_assert(!writer.failed);
    return writer.len;
}

int pl_turn_client_send(pl_turn_client *client, pl_addr peer, const uint8_t *data, size_t len)
{
    uint8_t bytes[PL_STUN_BYTES_MAX];
    const pl_port *port = port_of(client);
    if (client->state != PL_TURN_CLIENT_STANDING)
        return PL_ERR_UNEXPECTED;
    if (len > PL_TURN_PAYLOAD_MAX)
        return PL_ERR_OVERSIZED;
    const pl_turn_errand *channel = find_errand(client, PL_TURN_ERRAND_CHANNEL, peer);
    size_t n = channel && channel->is_granted ? pl_turn_channel_data(bytes, channel->channel, data, len)
                                              : write_send(client, bytes, peer, data, len);
    if (client->socket)
        return port->ops->udp_send(port->ctx, client->socket, client->options.server, 0, bytes, n);
    int error = pl_turn_stream_write_data(&client->stream, bytes, n);
    client->dropped += error == PL_ERR_AGAIN;
    return error;
}

/* --- inputs --- */

bool pl_turn_client_owns_socket(const pl_turn_client *client, pl_id socket)
{
    return socket != 0 && client->socket == socket;
}

bool pl_turn_client_owns_stream(const pl_turn_client *client, pl_id stream)
{
    return stream != 0 && client->stream.id == stream;
}

static int hand_on(pl_turn_client *client, pl_addr peer, const uint8_t *data, size_t len, pl_time now)
{
    if (client->state != PL_TURN_CLIENT_STANDING)
        return PL_ERR_UNEXPECTED;
    client->options.handler->data(client->options.owner, peer, data, len, now);
    return 0;
}

static int take_channel_data(pl_turn_client *client, const uint8_t *message, size_t len, pl_time now)
{
    uint16_t number;
    const uint8_t *data;
    size_t data_len;
    int error = pl_turn_channel_read(message, len, &number, &data, &data_len);
    for (size_t i = 1 + PL_TURN_PERMISSIONS_MAX; !error && i < PL_TURN_ERRANDS; i++) {
        const pl_turn_errand *errand = &client->errands[i];
        if (errand->kind == PL_TURN_ERRAND_CHANNEL && errand->channel == number)
            return hand_on(client, errand->peer, data, data_len, now);
    }
    return error ? error : PL_ERR_UNEXPECTED;
}

static int take_stun(pl_turn_client *client, const uint8_t *message, size_t len, pl_time now)
{
    pl_stun stun;
    int error = pl_stun_read(&stun, message, len);
    if (error)
        return error;
    if (pl_stun_is_classic(&stun))
        return PL_ERR_MALFORMED;
    if (stun.kind == PL_STUN_SUCCESS || stun.kind == PL_STUN_ERROR)
        return pl_turn_errand_answer(client, &stun, message, now);
    if (stun.kind != PL_STUN_INDICATION || stun.method != PL_STUN_DATA_METHOD || stun.n_peers != 1 ||
        !pl_stun_has(&stun, PL_STUN_DATA) || stun.n_unknown > 0)
        return PL_ERR_UNEXPECTED;
    return hand_on(client, stun.peers[0], stun.data.data, stun.data.len, now);
}

static int take_message(pl_turn_client *client, const uint8_t *message, size_t len, pl_time now)
{
    if (len > 0 && pl_turn_is_channel(message[0]))
        return take_channel_data(client, message, len, now);
    return take_stun(client, message, len, now);
}

int pl_turn_client_datagram(pl_turn_client *client, pl_addr from, const uint8_t *data, size_t len,
                            pl_time now)
{
    if (client->state == PL_TURN_CLIENT_ENDED || !pl_addr_equal(from, client->options.server))
        return PL_ERR_UNEXPECTED;
    enter_input(client);
    int error = take_message(client, data, len, now);
    leave_input(client);
    return error;
}

void pl_turn_client_opened(pl_turn_client *client, pl_time now)
{
    if (client->state != PL_TURN_CLIENT_ENDED)
        pl_turn_errand_start(&client->errands[0], PL_TURN_ERRAND_ALLOCATION, now);
}

void pl_turn_client_stream_data(pl_turn_client *client, const uint8_t *data, size_t len, pl_time now)
{
    const uint8_t *message;
    size_t message_len;
    int taken = 0;
    enter_input(client);
    while (client->state != PL_TURN_CLIENT_ENDED &&
           (taken = pl_turn_stream_take(&client->stream, &data, &len, &message, &message_len)) == 1)
        (void)take_message(client, message, message_len, now);
    if (taken < 0 && client->state != PL_TURN_CLIENT_ENDED)
        fail(client, "rejected", now);
    leave_input(client);
}

void pl_turn_client_writable(pl_turn_client *client, pl_time now)
{
    (void)now;
    pl_turn_stream_flush(&client->stream);
}

void pl_turn_client_fin(pl_turn_client *client, pl_time now)
{
    const pl_port *port = port_of(client);
    port->ops->close(port->ctx, client->stream.id);
    pl_turn_client_closed(client, PL_CAUSE_FIN, now);
}

void pl_turn_client_closed(pl_turn_client *client, pl_cause cause, pl_time now)
{
    bool was_open = client->errands[0].kind != PL_TURN_ERRAND_NONE;
    bool was_ended = client->state == PL_TURN_CLIENT_ENDED;
    pl_turn_stream_clear(&client->stream);
    enter_input(client);
    if (!was_ended)
        fail(client, was_open ? "closed" : pl_cause_name(cause), now);
    leave_input(client);
}
