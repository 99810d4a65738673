/* Words between a client and its peers: who may send where, how much, and by which framing they reach the
 * client. */
#include "core/nat/turn/turn_server_internal.h"

static bool spend(pl_turn_allocation *allocation, size_t len, pl_time now)
{
    pl_turn_server *server = allocation->server;
    if (pl_turn_customer_spend(allocation->customer, len, server->options.context->config->turn_client_rate,
                               now))
        return true;
    server->stats.dropped_quota++;
    return false;
}

/* A Data indication: nobody answers it, so its id need not be hard to guess. */
static size_t write_indication(pl_turn_server *server, uint8_t *bytes, pl_addr peer, const uint8_t *data,
                               size_t len)
{
    uint8_t id[PL_STUN_ID_BYTES] = {0};
    uint64_t number = ++server->indications;
    for (size_t i = 0; i < sizeof number; i++)
        id[PL_STUN_ID_BYTES - 1 - i] = (uint8_t)(number >> 8 * i);
    pl_writer writer;
    pl_writer_init(&writer, bytes, PL_STUN_BYTES_MAX);
    pl_stun_begin_method(&writer, PL_STUN_DATA_METHOD, PL_STUN_INDICATION, id);
    pl_stun_add_addr(&writer, PL_STUN_XOR_PEER, peer);
    pl_stun_add(&writer, PL_STUN_DATA, data, len);
    g_assert(!writer.failed);
    return writer.len;
}

/* Hands bytes to the client of an allocation at once, or not at all. */
static int send_to_client(const pl_turn_allocation *allocation, const uint8_t *bytes, size_t len)
{
    const pl_turn_server *server = allocation->server;
    const pl_port *port = &server->options.context->port;
    if (allocation->stream)
        return pl_turn_stream_write_data(&allocation->stream->stream, bytes, len);
    return port->ops->udp_send(port->ctx, server->options.socket, allocation->client, 0, bytes, len);
}

/* A peer's words reach the relayed address. */
static void deliver(pl_turn_allocation *allocation, pl_addr peer, const uint8_t *data, size_t len,
                    pl_time now)
{
    pl_turn_server *server = allocation->server;
    uint8_t bytes[PL_STUN_BYTES_MAX];
    if (!pl_turn_allocation_permits(allocation, peer.ip, now)) {
        server->stats.dropped_permission++;
        return;
    }
    if (len > PL_TURN_PAYLOAD_MAX) {
        server->stats.dropped_full++;
        return;
    }
    if (!spend(allocation, len, now))
        return;
    const pl_turn_channel *channel = pl_turn_allocation_channel_to(allocation, peer, now);
    size_t n = channel ? pl_turn_channel_data(bytes, channel->number, data, len)
                       : write_indication(server, bytes, peer, data, len);
    if (send_to_client(allocation, bytes, n) < 0) {
        server->stats.dropped_full++;
        return;
    }
    server->stats.relayed_datagrams++;
    server->stats.relayed_bytes += len;
}

/* To a relayed address of our own the words go by the short way, whatever boxes stand before us; to another
 * port of ours, or back to where they come from, never. */
static bool has_way(const pl_turn_allocation *allocation, pl_addr peer, pl_time now)
{
    const pl_turn_server *server = allocation->server;
    uint32_t own = server->options.own_address.ip;
    if (peer.port == 0 || !pl_turn_may_reach(own, peer.ip) ||
        !pl_turn_allocation_permits(allocation, peer.ip, now))
        return false;
    const pl_turn_allocation *other = pl_turn_server_at(server, peer);
    return peer.ip != own || (other && other != allocation);
}

void pl_turn_server_forward(pl_turn_allocation *allocation, pl_addr peer, const uint8_t *data, size_t len,
                            pl_time now)
{
    pl_turn_server *server = allocation->server;
    const pl_port *port = &server->options.context->port;
    if (!has_way(allocation, peer, now)) {
        server->stats.dropped_permission++;
        return;
    }
    if (!spend(allocation, len, now))
        return;
    server->stats.relayed_datagrams++;
    server->stats.relayed_bytes += len;
    pl_turn_allocation *other = pl_turn_server_at(server, peer);
    if (other)
        deliver(other, allocation->relayed, data, len, now);
    else
        port->ops->udp_send(port->ctx, allocation->socket, peer, 0, data, len);
}

void pl_turn_server_relayed(pl_turn_server *server, pl_id socket, pl_addr from, const uint8_t *data,
                            size_t len, pl_time now)
{
    pl_turn_allocation *allocation = g_hash_table_lookup(server->by_socket, GUINT_TO_POINTER(socket));
    if (from.ip ==
        server->options.own_address.ip) /* our own take the short way: whoever this is, it is not */
        server->stats.dropped_permission++;
    else if (allocation)
        deliver(allocation, from, data, len, now);
}
