/* node_search.c - whom a user looks for: the searches that are under way, and what the last ones found. */
#include "core/node_internal.h"

static size_t n_searches(const pl_node *node)
{
    return node->searches.running ? node->searches.running->len : 0;
}

static pl_search *search_at(const pl_node *node, size_t i)
{
    return g_ptr_array_index(node->searches.running, i);
}

static void remember(pl_node *node, const pl_search *search, const pl_search_result *result)
{
    pl_node_searches *searches = &node->searches;
    if (!searches->found)
        searches->found = g_new0(pl_node_found, PL_NODE_FOUND_MAX);
    searches->found[searches->n_found++ % PL_NODE_FOUND_MAX] =
        (pl_node_found){.search = pl_search_number(search), .result = *result};
}

static void leave(pl_node *node, pl_search *search)
{
    g_ptr_array_remove(node->searches.running, search);
    if (node->searches.running->len == 0)
        g_clear_pointer(&node->searches.running, g_ptr_array_unref);
    pl_search_free(search);
}

static void on_done(void *owner, pl_search *search, pl_search_outcome outcome, const pl_search_result *result,
                    pl_time now)
{
    pl_node *node = owner;
    if (result)
        remember(node, search, result);
    pl_node_buddies_found(node, pl_search_name(search), outcome, result, now);
    leave(node, search);
}

/* What was found out of the box, or whether the supernode was heard by UDP before.  Who believes wrongly that
 * UDP gets out finds a round in silence, and asks the supernode. */
static bool udp_gets_out(const pl_node *node)
{
    const pl_nat_report *report = pl_nat_keeper_report(node->keeper);
    if (report && report->udp == PL_UDP_BLOCKED)
        return false;
    return pl_login_heard_udp(node->login) || (report && report->udp == PL_UDP_OPEN);
}

int pl_node_search(pl_node *node, const char *name, uint64_t *ret_search, pl_time now)
{
    /* Between two supernodes there is nobody to ask. */
    if (!node->login || !pl_login_identity(node->login) || !pl_login_supernode(node->login).ip)
        return PL_ERR_UNEXPECTED;
    if (!pl_login_name_is_valid(name))
        return PL_ERR_MALFORMED;
    if (n_searches(node) >= (size_t)node->context.config->search_client_max)
        return PL_ERR_LIMIT;
    *ret_search = ++node->searches.last;
    pl_search *search = pl_search_new(&(pl_search_options){.context = &node->context,
                                                           .network = node->network,
                                                           .login = node->login,
                                                           .policy = node->search_policy,
                                                           .name = name,
                                                           .number = node->searches.last,
                                                           .socket = udp_gets_out(node) ? node->socket : 0,
                                                           .done = on_done,
                                                           .owner = node},
                                      now);
    if (!node->searches.running)
        node->searches.running = g_ptr_array_new();
    g_ptr_array_add(node->searches.running, search);
    return 0;
}

int pl_node_search_result(const pl_node *node, uint64_t search, pl_search_result *ret_result)
{
    const pl_node_searches *searches = &node->searches;
    for (size_t i = 0; search && searches->found && i < PL_NODE_FOUND_MAX; i++) {
        if (searches->found[i].search != search)
            continue;
        *ret_result = searches->found[i].result;
        return 0;
    }
    return PL_ERR_UNKNOWN;
}

void pl_node_searches_clear(pl_node *node)
{
    while (node->searches.running)
        leave(node, search_at(node, 0));
    g_clear_pointer(&node->searches.found, g_free);
}

/* --- inputs; a search whose input it was may be gone when the call returns --- */

bool pl_node_searches_datagram(pl_node *node, pl_addr from, const pl_message *message, int *ret_error,
                               pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_datagram(search_at(node, i), from, message, ret_error, now))
            return true;
    return false;
}

void pl_node_searches_record(pl_node *node, const pl_message *message, pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++) {
        if (pl_search_number(search_at(node, i)) == message->search) {
            pl_search_record(search_at(node, i), message, now);
            return;
        }
    }
}

void pl_node_searches_detached(pl_node *node, pl_time now)
{
    for (size_t i = n_searches(node); i-- > 0;)
        pl_search_detached(search_at(node, i), now);
}

bool pl_node_searches_opened(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_opened(search_at(node, i), stream, now))
            return true;
    return false;
}

bool pl_node_searches_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_data(search_at(node, i), stream, data, len, now))
            return true;
    return false;
}

bool pl_node_searches_fin(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_fin(search_at(node, i), stream, now))
            return true;
    return false;
}

bool pl_node_searches_writable(pl_node *node, pl_id stream)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_writable(search_at(node, i), stream))
            return true;
    return false;
}

bool pl_node_searches_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now)
{
    for (size_t i = 0; i < n_searches(node); i++)
        if (pl_search_closed(search_at(node, i), stream, cause, now))
            return true;
    return false;
}

/* --- what the world may look at --- */

size_t pl_node_members(const pl_node *node)
{
    return node->supernode ? pl_supernode_members(node->supernode) : 0;
}

size_t pl_node_index_entries(const pl_node *node)
{
    return node->supernode ? pl_supernode_index_entries(node->supernode) : 0;
}
