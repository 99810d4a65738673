/* The relay's life: allocations and streams come and go, inputs find their allocation, words are forwarded.
 */
#include <string.h>

#include "core/event.h"
#include "core/nat/turn/turn_server_internal.h"

#define KEY_OF_STREAM ((int64_t)1 << 62) /* no address is so large */

static const pl_context *context_of(const pl_turn_server *server)
{
    return server->options.context;
}

static void free_leg(void *data)
{
    pl_turn_leg *leg = data;
    pl_context *context = leg->server->options.context;
    if (leg->server->is_ending)
        context->port.ops->tcp_abort(context->port.ctx, leg->stream.id);
    pl_deadline_cancel(&context->deadlines, &leg->deadline);
    pl_turn_stream_clear(&leg->stream);
    g_free(leg);
}

static void free_allocation(void *data)
{
    pl_turn_allocation *allocation = data;
    pl_context *context = allocation->server->options.context;
    pl_deadline_cancel(&context->deadlines, &allocation->deadline);
    context->port.ops->close(context->port.ctx, allocation->socket);
    g_free(allocation);
}

static void free_customer(void *data)
{
    pl_turn_customer *customer = data;
    pl_deadline_cancel(&customer->server->options.context->deadlines, &customer->deadline);
    g_free(customer);
}

pl_turn_server *pl_turn_server_new(const pl_turn_server_options *options)
{
    pl_turn_server *server = g_new0(pl_turn_server, 1);
    uint32_t salt;
    server->options = *options;
    pl_context_random(options->context, server->secret, sizeof server->secret);
    pl_context_random(options->context, &salt, sizeof salt);
    pl_rate_limit_init(&server->limit, options->context->config->discovery_rate, salt);
    server->allocations = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_allocation);
    server->by_socket = g_hash_table_new(g_direct_hash, g_direct_equal);
    server->by_port = g_hash_table_new(g_direct_hash, g_direct_equal);
    server->customers = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_customer);
    server->legs = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_leg);
    return server;
}

void pl_turn_server_free(pl_turn_server *server)
{
    if (!server)
        return;
    server->is_ending = true;
    g_hash_table_destroy(server->legs);
    g_hash_table_destroy(server->by_socket);
    g_hash_table_destroy(server->by_port);
    g_hash_table_destroy(server->allocations);
    g_hash_table_destroy(server->customers);
    pl_bytes_wipe(server->secret, sizeof server->secret);
    g_free(server);
}

void pl_turn_server_statistics(const pl_turn_server *server, pl_turn_server_stats *ret_stats)
{
    *ret_stats = server->stats;
    ret_stats->allocations = g_hash_table_size(server->allocations);
}

/* --- allocations --- */

static int64_t key_of(const pl_turn_leg *leg, pl_addr from)
{
    return leg ? KEY_OF_STREAM | (int64_t)leg->stream.id : (int64_t)from.ip << 16 | from.port;
}

pl_turn_allocation *pl_turn_server_find(const pl_turn_server *server, const pl_turn_leg *leg, pl_addr from)
{
    int64_t key = key_of(leg, from);
    return g_hash_table_lookup(server->allocations, &key);
}

pl_turn_allocation *pl_turn_server_at(const pl_turn_server *server, pl_addr relayed)
{
    if (relayed.ip != server->options.own_address.ip)
        return NULL;
    return g_hash_table_lookup(server->by_port, GUINT_TO_POINTER(relayed.port));
}

static void on_bucket_full(void *machine, pl_time now)
{
    pl_turn_customer *customer = machine;
    (void)now;
    if (customer->n_allocations == 0)
        g_hash_table_remove(customer->server->customers, &customer->tag);
}

static pl_turn_customer *customer_of(pl_turn_server *server, int64_t tag)
{
    pl_turn_customer *customer = g_hash_table_lookup(server->customers, &tag);
    if (customer)
        return customer;
    customer = g_new0(pl_turn_customer, 1);
    customer->tag = tag;
    customer->server = server;
    g_hash_table_insert(server->customers, &customer->tag, customer);
    return customer;
}

/* Without an allocation it is forgotten once its bucket is full: at most a second later. */
static void release_customer(pl_turn_customer *customer, pl_time now)
{
    pl_deadlines *deadlines = &customer->server->options.context->deadlines;
    if (customer->n_allocations == 0)
        pl_deadline_set(deadlines, &customer->deadline, MAX(customer->full_at, now), on_bucket_full,
                        customer);
}

static void on_leg_idle(void *machine, pl_time now);

static void wait_for_allocation(pl_turn_leg *leg, pl_time now)
{
    pl_context *context = leg->server->options.context;
    pl_deadline_set(&context->deadlines, &leg->deadline, now + context->config->turn_stream_idle, on_leg_idle,
                    leg);
}

static void trace_allocations(const pl_turn_server *server, pl_event_id event, pl_addr client,
                              pl_event_value value)
{
    pl_trace(&context_of(server)->port, event, pl_endpoint(client), value,
             pl_number((int64_t)g_hash_table_size(server->allocations)));
}

void pl_turn_server_end(pl_turn_allocation *allocation, const char *cause, pl_time now)
{
    pl_turn_server *server = allocation->server;
    pl_addr client = allocation->client;
    allocation->customer->n_allocations--;
    release_customer(allocation->customer, now);
    if (allocation->stream) {
        allocation->stream->allocation = NULL;
        wait_for_allocation(allocation->stream, now);
    }
    g_hash_table_remove(server->by_socket, GUINT_TO_POINTER(allocation->socket));
    g_hash_table_remove(server->by_port, GUINT_TO_POINTER(allocation->relayed.port));
    g_hash_table_remove(server->allocations, &allocation->key);
    trace_allocations(server, PL_EVENT_RELAY_ENDED, client, pl_text(cause));
}

static void on_expired(void *machine, pl_time now)
{
    pl_turn_server_end(machine, "expired", now);
}

void pl_turn_server_extend(pl_turn_allocation *allocation, pl_span lifetime, pl_time now)
{
    pl_deadlines *deadlines = &allocation->server->options.context->deadlines;
    allocation->until = now + lifetime;
    pl_deadline_set(deadlines, &allocation->deadline, allocation->until, on_expired, allocation);
}

static void add_allocation(pl_turn_server *server, pl_turn_allocation *allocation)
{
    const pl_port *port = &context_of(server)->port;
    allocation->relayed =
        (pl_addr){server->options.own_address.ip, port->ops->local_port(port->ctx, allocation->socket)};
    g_hash_table_insert(server->allocations, &allocation->key, allocation);
    g_hash_table_insert(server->by_socket, GUINT_TO_POINTER(allocation->socket), allocation);
    g_hash_table_insert(server->by_port, GUINT_TO_POINTER(allocation->relayed.port), allocation);
    trace_allocations(server, PL_EVENT_RELAY_ALLOCATED, allocation->client, pl_endpoint(allocation->relayed));
}

int pl_turn_server_allocate(const pl_turn_exchange *asked, pl_turn_allocation **ret_allocation)
{
    pl_turn_server *server = asked->server;
    const pl_context *context = context_of(server);
    pl_turn_customer *customer = customer_of(server, asked->tag);
    pl_id socket = 0;
    int error = 0;
    if (customer->n_allocations >= (size_t)context->config->turn_client_allocations)
        error = PL_ERR_LIMIT;
    else if (g_hash_table_size(server->allocations) >= (size_t)context->config->turn_allocations_max ||
             context->port.ops->udp_bind(context->port.ctx, 0, &socket) < 0)
        error = PL_ERR_IN_USE;
    if (error) {
        release_customer(customer, asked->now);
        return error;
    }
    pl_turn_allocation *allocation = g_new0(pl_turn_allocation, 1);
    allocation->key = key_of(asked->leg, asked->from);
    allocation->server = server;
    allocation->customer = customer;
    allocation->stream = asked->leg;
    allocation->client = asked->from;
    allocation->socket = socket;
    memcpy(allocation->id, asked->stun.id, sizeof allocation->id);
    customer->n_allocations++;
    if (asked->leg) {
        asked->leg->allocation = allocation;
        pl_deadline_cancel(&server->options.context->deadlines, &asked->leg->deadline);
    }
    add_allocation(server, allocation);
    *ret_allocation = allocation;
    return 0;
}

/* --- from clients --- */

bool pl_turn_server_owns(const pl_turn_server *server, pl_id socket)
{
    return g_hash_table_contains(server->by_socket, GUINT_TO_POINTER(socket));
}

bool pl_turn_server_wants(const uint8_t *data, size_t len)
{
    return len > 0 && (pl_turn_is_stun(data[0]) || pl_turn_is_channel(data[0]));
}

void pl_turn_server_reply(const pl_turn_exchange *asked, const pl_writer *answer)
{
    const pl_turn_server *server = asked->server;
    const pl_port *port = &context_of(server)->port;
    g_assert(!answer->failed);
    if (asked->leg)
        asked->leg->is_choked |= pl_turn_stream_write(&asked->leg->stream, answer->data, answer->len) < 0;
    else
        port->ops->udp_send(port->ctx, server->options.socket, asked->from, 0, answer->data, answer->len);
}

static int take_channel_data(const pl_turn_exchange *asked)
{
    pl_turn_allocation *allocation = pl_turn_server_find(asked->server, asked->leg, asked->from);
    uint16_t number;
    const uint8_t *data;
    size_t len;
    int error = pl_turn_channel_read(asked->data, asked->len, &number, &data, &len);
    if (error)
        return error;
    const pl_turn_channel *channel =
        allocation ? pl_turn_allocation_channel(allocation, number, asked->now) : NULL;
    if (!channel)
        return PL_ERR_UNEXPECTED;
    pl_turn_server_forward(allocation, channel->peer, data, len, asked->now);
    return 0;
}

static int take_message(pl_turn_exchange *asked)
{
    if (!pl_turn_is_stun(asked->data[0]))
        return take_channel_data(asked);
    int error = pl_stun_read(&asked->stun, asked->data, asked->len);
    if (error)
        return error;
    return pl_stun_is_classic(&asked->stun) ? PL_ERR_MALFORMED : pl_turn_request(asked);
}

int pl_turn_server_datagram(pl_turn_server *server, pl_addr from, const uint8_t *data, size_t len,
                            pl_time now)
{
    g_assert(pl_turn_server_wants(data, len));
    if (from.ip == 0 || from.port == 0 || server->options.socket == 0)
        return PL_ERR_MALFORMED;
    return take_message(
        &(pl_turn_exchange){.server = server, .from = from, .data = data, .len = len, .now = now});
}

/* --- streams --- */

static pl_turn_leg *leg_of(const pl_turn_server *server, pl_id stream)
{
    return g_hash_table_lookup(server->legs, GUINT_TO_POINTER(stream));
}

void pl_turn_server_adopt(pl_turn_server *server, pl_id stream, pl_addr from, pl_time now)
{
    pl_turn_leg *leg = g_new0(pl_turn_leg, 1);
    leg->server = server;
    leg->from = from;
    pl_turn_stream_init(&leg->stream, context_of(server), stream);
    g_hash_table_insert(server->legs, GUINT_TO_POINTER(stream), leg);
    wait_for_allocation(leg, now);
}

bool pl_turn_server_owns_stream(const pl_turn_server *server, pl_id stream)
{
    return leg_of(server, stream) != NULL;
}

size_t pl_turn_server_streams(const pl_turn_server *server)
{
    return g_hash_table_size(server->legs);
}

static void drop_leg(pl_turn_leg *leg, const char *cause, pl_time now)
{
    pl_turn_server *server = leg->server;
    if (leg->allocation)
        pl_turn_server_end(leg->allocation, cause, now);
    g_hash_table_remove(server->legs, GUINT_TO_POINTER(leg->stream.id));
}

static void trace_refused(const pl_turn_leg *leg, const char *error)
{
    pl_trace(&context_of(leg->server)->port, PL_EVENT_REFUSED_INPUT, pl_text(error), pl_text("relay-stream"),
             pl_endpoint(leg->from));
}

/* Ends a stream that broke the rules. */
static void refuse_leg(pl_turn_leg *leg, const char *error, pl_time now)
{
    const pl_port *port = &context_of(leg->server)->port;
    trace_refused(leg, error);
    port->ops->tcp_abort(port->ctx, leg->stream.id);
    drop_leg(leg, error, now);
}

static void on_leg_idle(void *machine, pl_time now)
{
    refuse_leg(machine, "timeout", now);
}

void pl_turn_server_stream_data(pl_turn_server *server, pl_id stream, const uint8_t *data, size_t len,
                                pl_time now)
{
    pl_turn_leg *leg = leg_of(server, stream);
    pl_turn_exchange asked = {.server = server, .leg = leg, .from = leg->from, .now = now};
    int taken, error = 0;
    while ((taken = pl_turn_stream_take(&leg->stream, &data, &len, &asked.data, &asked.len)) == 1) {
        asked.is_proved = false;
        error = take_message(&asked);
        if (leg->is_choked || error == PL_ERR_MALFORMED || error == PL_ERR_SHORT)
            break;
        if (error < 0)
            trace_refused(leg, pl_error_name(error));
    }
    if (leg->is_choked)
        refuse_leg(leg, "limit", now);
    else if (taken < 0 || error == PL_ERR_MALFORMED || error == PL_ERR_SHORT)
        refuse_leg(leg, pl_error_name(taken < 0 ? taken : error), now);
}

void pl_turn_server_writable(pl_turn_server *server, pl_id stream)
{
    pl_turn_stream_flush(&leg_of(server, stream)->stream);
}

void pl_turn_server_fin(pl_turn_server *server, pl_id stream, pl_time now)
{
    const pl_port *port = &context_of(server)->port;
    port->ops->close(port->ctx, stream);
    pl_turn_server_closed(server, stream, now);
}

void pl_turn_server_closed(pl_turn_server *server, pl_id stream, pl_time now)
{
    drop_leg(leg_of(server, stream), "closed", now);
}
