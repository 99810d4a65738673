#include "core/overlay/mesh/mesh_internal.h"

static void on_period(void *machine, pl_time now);

/* The first question comes after a part of the period drawn by lot, so that those who began together do not
 * ask together. */
static pl_time first_period(const pl_mesh *mesh, pl_time now)
{
    uint32_t lot;
    pl_context_random(mesh->options.context, &lot, sizeof lot);
    return now +
           (pl_span)(GUINT32_FROM_LE(lot) % 1000 + 1) * mesh->options.context->config->mesh_period / 1000;
}

pl_mesh *pl_mesh_new(const pl_mesh_options *options, pl_time now)
{
    pl_context *context = options->context;
    pl_mesh *mesh = g_new0(pl_mesh, 1);
    uint32_t salt;
    mesh->options = *options;
    mesh->incarnation = (uint32_t)pl_context_unix(context, now);
    mesh->checks = g_array_new(FALSE, FALSE, sizeof(pl_check));
    mesh->admitted = g_new0(pl_rate_limit, 1);
    pl_context_random(context, &salt, sizeof salt);
    pl_rate_limit_init(mesh->admitted, context->config->mesh_answer_rate, salt);
    pl_deadline_set(&context->deadlines, &mesh->period, first_period(mesh, now), on_period, mesh);
    return mesh;
}

void pl_mesh_free(pl_mesh *mesh)
{
    if (!mesh)
        return;
    pl_deadlines *deadlines = &mesh->options.context->deadlines;
    pl_deadline_cancel(deadlines, &mesh->period);
    pl_deadline_cancel(deadlines, &mesh->pace);
    pl_deadline_cancel(deadlines, &mesh->wait);
    pl_view_clear(&mesh->view);
    g_array_unref(mesh->checks);
    g_free(mesh->admitted);
    g_free(mesh);
}

void pl_mesh_send(pl_mesh *mesh, pl_addr to, const pl_message *message)
{
    const pl_port *port = &mesh->options.context->port;
    uint8_t bytes[1024]; /* a page, with its head */
    size_t len = pl_message_write(message, bytes, sizeof bytes);
    port->ops->udp_send(port->ctx, mesh->options.socket, to, 0, bytes, len);
}

uint64_t pl_mesh_draw(const pl_mesh *mesh)
{
    uint64_t number;
    pl_context_random(mesh->options.context, &number, sizeof number);
    return GUINT64_FROM_LE(number) | 1;
}

void pl_mesh_pull(pl_mesh *mesh)
{
    mesh->pull_transaction = pl_mesh_draw(mesh);
    pl_mesh_send(mesh, mesh->pulled_from,
                 &(pl_message){.id = PL_MESSAGE_PULL,
                               .transaction = mesh->pull_transaction,
                               .target = mesh->pulled_after});
}

/* A newcomer reads one view from end to end; later a single page, from anywhere, is enough now and then. */
void pl_mesh_read(pl_mesh *mesh, pl_time now)
{
    uint32_t lots[2];
    if (!mesh->view.count || now < mesh->sync_at)
        return;
    pl_context_random(mesh->options.context, lots, sizeof lots);
    mesh->sync_at = now + (mesh->has_read ? mesh->options.context->config->mesh_sync : 0);
    mesh->pulled_from = mesh->view.addresses[GUINT32_FROM_LE(lots[0]) % mesh->view.count];
    mesh->pulled_after = (pl_addr){mesh->has_read ? GUINT32_FROM_LE(lots[1]) : 0, 0};
    pl_mesh_pull(mesh);
}

static void on_period(void *machine, pl_time now)
{
    pl_mesh *mesh = machine;
    pl_context *context = mesh->options.context;
    pl_mesh_check_member(mesh, now);
    pl_mesh_read(mesh, now);
    if (!mesh->view.count)
        mesh->options.handler->alone(mesh->options.owner, now);
    pl_deadline_set(&context->deadlines, &mesh->period, now + context->config->mesh_period, on_period, mesh);
}

/* Who asks is a supernode, as far as he says; so he is asked himself, and whether he is the same as before.
 */
static void take_ping(pl_mesh *mesh, pl_addr from, const pl_message *ping, pl_time now)
{
    const pl_member *member = pl_view_find(&mesh->view, from);
    if (!member || member->incarnation != ping->incarnation)
        pl_mesh_heard_of(mesh, from, now);
    pl_mesh_take_rumours(mesh, ping, now);
    if (ping->target.ip) {
        pl_mesh_errand(mesh, from, ping, now);
        return;
    }
    pl_message ack = {.id = PL_MESSAGE_ACK,
                      .transaction = ping->transaction,
                      .incarnation = mesh->incarnation,
                      .dh_key = mesh->options.key};
    pl_mesh_add_rumours(mesh, &ack);
    pl_mesh_send(mesh, from, &ack);
}

static void take_pull(pl_mesh *mesh, pl_addr from, const pl_message *pull)
{
    uint8_t nodes[PL_MESSAGE_PAGE_MAX * 6];
    size_t first = pl_view_after(&mesh->view, pull->target);
    size_t n = MIN(mesh->view.count - first, (size_t)PL_MESSAGE_PAGE_MAX);
    for (size_t i = 0; i < n; i++)
        pl_message_put_node(nodes + 6 * i, mesh->view.addresses[first + i]);
    pl_mesh_send(
        mesh, from,
        &(pl_message){.id = PL_MESSAGE_PAGE, .transaction = pull->transaction, .nodes = {nodes, n * 6}});
}

/* A full page has more behind it; it is asked for when what this one says has been looked into. */
static int take_page(pl_mesh *mesh, pl_addr from, const pl_message *page, pl_time now)
{
    if (!mesh->pull_transaction || page->transaction != mesh->pull_transaction ||
        !pl_addr_equal(from, mesh->pulled_from))
        return PL_ERR_UNEXPECTED;
    size_t n = page->nodes.len / PL_MESSAGE_NODE_BYTES;
    mesh->pull_transaction = 0;
    bool is_last = n < PL_MESSAGE_PAGE_MAX || mesh->has_read;
    for (size_t i = 0; i < n; i++) {
        pl_addr node = pl_message_node(page->nodes, PL_MESSAGE_NODE_BYTES, i);
        if (!pl_view_find(&mesh->view, node))
            pl_mesh_heard_of(mesh, node, now);
        mesh->pulled_after = node;
    }
    if (is_last)
        mesh->pulled_from = (pl_addr){0};
    else if (mesh->n_hearsay == 0)
        pl_mesh_pull(mesh);
    mesh->has_read |= is_last;
    if (is_last)
        mesh->sync_at = now + mesh->options.context->config->mesh_sync;
    return 0;
}

int pl_mesh_admit(pl_mesh *mesh, uint32_t ip, pl_time now)
{
    return pl_rate_limit_take(mesh->admitted, ip, now);
}

int pl_mesh_datagram(pl_mesh *mesh, pl_addr from, const pl_message *message, pl_time now)
{
    bool is_question = message->id == PL_MESSAGE_PING || message->id == PL_MESSAGE_PULL;
    int error = is_question ? pl_mesh_admit(mesh, from.ip, now) : 0;
    if (error)
        return error;
    if (message->id == PL_MESSAGE_PING)
        take_ping(mesh, from, message, now);
    else if (message->id == PL_MESSAGE_PULL)
        take_pull(mesh, from, message);
    else if (message->id == PL_MESSAGE_PAGE)
        return take_page(mesh, from, message, now);
    else if (message->id == PL_MESSAGE_ACK)
        error = pl_mesh_ack(mesh, from, message, now);
    else
        return PL_ERR_UNEXPECTED;
    if (!error && message->id == PL_MESSAGE_ACK)
        pl_mesh_take_rumours(mesh, message, now);
    return error;
}

const pl_view *pl_mesh_view(const pl_mesh *mesh)
{
    return &mesh->view;
}

uint32_t pl_mesh_incarnation(const pl_mesh *mesh)
{
    return mesh->incarnation;
}

size_t pl_mesh_size(const pl_mesh *mesh)
{
    return mesh->view.count + 1;
}
