/* node_lobby.c - streams that strangers opened to an ordinary node's own ports (BS-04): each waits for its first
 * frame, which must be a check for a session that is sought (nat/path/path.h). */
#include "core/node_internal.h"

#include "core/event.h"

#include <string.h>

static pl_arrival *find(pl_node *node, pl_id stream)
{
    for (size_t i = 0; node->paths.lobby && i < node->paths.lobby->len; i++) {
        pl_arrival *arrival = g_ptr_array_index(node->paths.lobby, i);
        if (arrival->stream == stream)
            return arrival;
    }
    return NULL;
}

/* Forgets it; the stream is somebody else's now, or gone. */
static void leave(pl_arrival *arrival)
{
    pl_node *node = arrival->node;
    pl_deadline_cancel(&node->context.deadlines, &arrival->deadline);
    g_ptr_array_remove(node->paths.lobby, arrival);
    if (node->paths.lobby->len == 0)
        g_clear_pointer(&node->paths.lobby, g_ptr_array_unref);
    g_free(arrival);
}

static void turn_out(pl_arrival *arrival, int error)
{
    pl_node *node = arrival->node;
    const pl_port *world = &node->context.port;
    world->ops->tcp_abort(world->ctx, arrival->stream);
    pl_node_refuse(node, error, "stream", arrival->from);
    leave(arrival);
}

static void on_silence(void *machine, pl_time now)
{
    (void)now;
    turn_out(machine, PL_ERR_EXPIRED);
}

void pl_node_lobby_accepted(pl_node *node, const pl_input *input, pl_time now)
{
    const pl_config *config = node->context.config;
    pl_arrival *arrival = g_new0(pl_arrival, 1);
    if (!node->paths.lobby)
        node->paths.lobby = g_ptr_array_new();
    g_ptr_array_add(node->paths.lobby, arrival);
    arrival->node = node;
    arrival->stream = input->id;
    arrival->from = input->from;
    if (node->paths.lobby->len > (size_t)config->path_lobby_max || !node->paths.sessions)
        turn_out(arrival, PL_ERR_UNEXPECTED); /* nobody is expected, or too many came */
    else
        pl_deadline_set(&node->context.deadlines, &arrival->deadline, now + config->path_lobby_timeout, on_silence,
                        arrival);
}

bool pl_node_lobby_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    pl_arrival *arrival = find(node, stream);
    if (!arrival)
        return false;
    size_t room = sizeof arrival->data - arrival->len;
    if (len > room) {
        turn_out(arrival, PL_ERR_OVERSIZED);
        return true;
    }
    memcpy(arrival->data + arrival->len, data, len);
    arrival->len += len;
    int64_t session = pl_path_session_of_frame(arrival->data, arrival->len);
    if (session < 0)
        return true; /* too few bytes have come to tell */
    if (session > 0 && pl_node_sessions_adopt(node, arrival, (uint64_t)session, now))
        leave(arrival);
    else
        turn_out(arrival, PL_ERR_UNEXPECTED);
    return true;
}

/* Who ends before he has said what he wants, wants nothing. */
bool pl_node_lobby_fin(pl_node *node, pl_id stream)
{
    pl_arrival *arrival = find(node, stream);
    if (arrival)
        turn_out(arrival, PL_ERR_SHORT);
    return arrival != NULL;
}

bool pl_node_lobby_closed(pl_node *node, pl_id stream)
{
    pl_arrival *arrival = find(node, stream);
    if (arrival)
        leave(arrival);
    return arrival != NULL;
}

void pl_node_lobby_clear(pl_node *node)
{
    while (node->paths.lobby)
        turn_out(g_ptr_array_index(node->paths.lobby, 0), 0);
}
