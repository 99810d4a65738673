/* proxies.c - `proxies:`, or the one that is made because some group wants it. */
#include <string.h>

#include "sim/scenario/point/config_private.h"

static bool anyone_wants(const sim_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (config->groups[i].proxy == SIM_YES && config->groups[i].count > 0)
            return true;
    for (size_t i = 0; i < config->matrix.n_kinds; i++)
        if (config->matrix.kinds[i].group.proxy == SIM_YES)
            return true;
    return false;
}

void sim_proxies_read(sim_config_builder *b)
{
    sim_config *c = b->config;
    const sim_tree *proxies = sim_tree_get(b->root, "proxies");
    sim_raw_proxies raw = {.link = NULL};
    const bool is_wanted = anyone_wants(c);
    if (!proxies && !is_wanted)
        return;
    sim_fill_section(&b->fill, "proxies", proxies, NULL, &b->root->place, SIM_WHOLE, &raw);
    c->proxies = (sim_proxies_config){
        .count = raw.count,
        .link_name = raw.link ? raw.link : c->supernodes.link_name,
        .link = raw.link ? sim_config_profile(b, raw.link) : c->supernodes.link,
        .port = raw.port,
    };
    if (is_wanted && raw.count == 0)
        sim_config_complain(b, sim_config_place(b, proxies, "count"),
                            "give at least 1, or take `proxy: yes` away",
                            "a group wants a proxy, but there is none");
}
