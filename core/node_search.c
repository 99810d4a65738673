/* node_search.c - whom a user looks for: the searches that are under way, and what the last ones found. */
#include "core/node_internal.h"

int pl_node_search(pl_node *node, const char *name, uint64_t *ret_search, pl_time now)
{
    (void)node, (void)name, (void)ret_search, (void)now;
    return PL_ERR_UNEXPECTED;
}

int pl_node_search_result(const pl_node *node, uint64_t search, pl_search_result *ret_result)
{
    (void)node, (void)search, (void)ret_result;
    return PL_ERR_UNKNOWN;
}

size_t pl_node_members(const pl_node *node)
{
    (void)node;
    return 0;
}

size_t pl_node_index_entries(const pl_node *node)
{
    (void)node;
    return 0;
}
