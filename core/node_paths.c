/* node_paths.c - what a node has to do with other users: visits to their supernodes, sessions with them, and streams
 * that they opened to our own ports. */
#include "core/node_internal.h"

/* --- visits to the supernodes of others --- */

pl_visit *pl_node_visit(pl_node *node, const pl_contact *contact, const pl_visit_handler *handler,
                        void *owner, pl_time now)
{
    const pl_identity *identity = node->login ? pl_login_identity(node->login) : NULL;
    if (!identity)
        return NULL;
    pl_visit *visit = pl_visit_new(&(pl_visit_options){.context = &node->context,
                                                       .network = node->network,
                                                       .contact = contact,
                                                       .credential = pl_login_credential(node->login),
                                                       .dh = &identity->dh,
                                                       .first_kind = pl_login_kind(node->login),
                                                       .handler = handler,
                                                       .owner = owner},
                                   now);
    if (!node->paths.visits)
        node->paths.visits = g_ptr_array_new();
    g_ptr_array_add(node->paths.visits, visit);
    return visit;
}

void pl_node_leave(pl_node *node, pl_visit *visit)
{
    if (!visit)
        return;
    g_ptr_array_remove(node->paths.visits, visit);
    if (node->paths.visits->len == 0)
        g_clear_pointer(&node->paths.visits, g_ptr_array_unref);
    pl_visit_free(visit);
}

void pl_node_paths_clear(pl_node *node, pl_time now)
{
    pl_node_sessions_clear(node, now);
    pl_node_lobby_clear(node);
    while (node->paths.visits)
        pl_node_leave(node, g_ptr_array_index(node->paths.visits, 0));
}

/* --- inputs ---
 *
 * A visit whose input it was may be gone when the call returns, and the array with it: nothing is touched
 * then. */

static size_t n_visits(const pl_node *node)
{
    return node->paths.visits ? node->paths.visits->len : 0;
}

static pl_visit *visit_at(const pl_node *node, size_t i)
{
    return g_ptr_array_index(node->paths.visits, i);
}

bool pl_node_paths_opened(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_visits(node); i++)
        if (pl_visit_opened(visit_at(node, i), stream, now))
            return true;
    return pl_node_sessions_opened(node, stream, now) || pl_node_searches_opened(node, stream, now);
}

bool pl_node_paths_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    for (size_t i = 0; i < n_visits(node); i++)
        if (pl_visit_data(visit_at(node, i), stream, data, len, now))
            return true;
    return pl_node_sessions_data(node, stream, data, len, now) || pl_node_lobby_data(node, stream, data, len, now) ||
           pl_node_searches_data(node, stream, data, len, now);
}

bool pl_node_paths_fin(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_visits(node); i++)
        if (pl_visit_fin(visit_at(node, i), stream, now))
            return true;
    return pl_node_sessions_fin(node, stream, now) || pl_node_lobby_fin(node, stream) ||
           pl_node_searches_fin(node, stream, now);
}

bool pl_node_paths_writable(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_visits(node); i++)
        if (pl_visit_writable(visit_at(node, i), stream))
            return true;
    return pl_node_sessions_writable(node, stream, now) || pl_node_searches_writable(node, stream);
}

bool pl_node_paths_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now)
{
    for (size_t i = 0; i < n_visits(node); i++)
        if (pl_visit_closed(visit_at(node, i), stream, cause, now))
            return true;
    return pl_node_sessions_closed(node, stream, cause, now) || pl_node_lobby_closed(node, stream) ||
           pl_node_searches_closed(node, stream, cause, now);
}
