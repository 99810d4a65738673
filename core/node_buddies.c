/* node_buddies.c - whom the user knows: his list while he is online, and who looks the names up. */
#include "core/node_internal.h"

/* Presence is the index's to know: a search like any other, whose end comes to pl_node_buddies_found. */
static bool look_up(void *owner, const char *name, pl_time now)
{
    uint64_t search;
    return pl_node_search(owner, name, &search, now) == 0;
}

/* Who was found last without a word that he is online has left; of whom nobody knows, nobody knows since when. */
void pl_node_buddies_found(pl_node *node, const char *name, pl_search_outcome outcome,
                           const pl_search_result *result, pl_time now)
{
    if (!node->buddies)
        return;
    pl_buddy_presence presence = result && result->is_online       ? PL_BUDDY_ONLINE
                                 : outcome == PL_SEARCH_GAVE_UP ? PL_BUDDY_UNKNOWN
                                                                : PL_BUDDY_OFFLINE;
    int64_t age = result ? pl_context_unix(&node->context, now) - result->seen : -1;
    pl_buddies_found(node->buddies, name, presence, age, now);
}

void pl_node_buddies_online(void *owner, const char *name, const char *password, pl_time now)
{
    pl_node *node = owner;
    if (!node->buddies)
        node->buddies = pl_buddies_new(
            &(pl_buddies_options){.context = &node->context, .look_up = look_up, .owner = node});
    pl_buddies_open(node->buddies, name, password, now);
}

void pl_node_buddies_offline(void *owner)
{
    pl_node *node = owner;
    if (node->buddies)
        pl_buddies_close(node->buddies);
}

int pl_node_add_buddy(pl_node *node, const char *name, pl_time now)
{
    return node->buddies ? pl_buddies_add(node->buddies, name, now) : PL_ERR_UNEXPECTED;
}

int pl_node_remove_buddy(pl_node *node, const char *name)
{
    return node->buddies ? pl_buddies_remove(node->buddies, name) : PL_ERR_UNEXPECTED;
}

int pl_node_authorise_buddy(pl_node *node, const char *name)
{
    return node->buddies ? pl_buddies_authorise(node->buddies, name) : PL_ERR_UNEXPECTED;
}

int pl_node_discard_buddies(pl_node *node)
{
    return node->buddies ? pl_buddies_discard(node->buddies) : PL_ERR_UNEXPECTED;
}

const pl_buddies *pl_node_buddies(const pl_node *node)
{
    return node->buddies;
}
