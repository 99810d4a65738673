/* buddies.c - `buddies:`, how many a peer has in its list. */
#include "sim/scenario/point/config_private.h"

void sim_buddies_read(sim_config_builder *b, const char *section, const sim_tree *map, const sim_tree *borrowed,
                      int64_t *ret_count)
{
    const sim_tree *buddies = sim_config_value(map, borrowed, "buddies");
    sim_raw_buddies raw = {.count = 0};
    if (buddies)
        sim_fill_section(&b->fill, section, buddies, NULL, &buddies->place, SIM_WHOLE, &raw);
    *ret_count = raw.count;
}

/* Once, however many groups there are. */
void sim_buddies_check(const sim_config_builder *b)
{
    const sim_config *c = b->config;
    const sim_place *place = sim_config_place(b, b->root, "peers");
    int64_t most = 0;
    for (size_t i = 0; i < c->n_groups; i++)
        most = MAX(most, c->groups[i].buddies);
    if (most > 0 && most >= c->n_peers)
        sim_config_complain(b, place, "make buddies: count smaller than the number of all peers",
                            "nobody has so many others to be buddies with");
}
