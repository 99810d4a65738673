/* config_private.h - what the files that build a config share.  Private to sim/scenario. */
#ifndef SIM_CONFIG_PRIVATE_H
#define SIM_CONFIG_PRIVATE_H

#include "sim/scenario/fill.h"
#include "sim/scenario/raw.h"
#include "sim/scenario/scenario.h"

typedef struct sim_config_builder {
    sim_fill fill;
    const sim_tree *root;
    const sim_scenario_options *options;
    sim_config *config;
} sim_config_builder;

void sim_config_complain(const sim_config_builder *b, const sim_place *place, const char *hint,
                         const char *message);
/* The place of a map's value, else of the map, else of the file. */
const sim_place *sim_config_place(const sim_config_builder *b, const sim_tree *map, const char *key);
net_link_options sim_config_link(const sim_raw_link *raw);
/* All zero if the name is unknown, which has been told by then. */
net_link_options sim_config_profile(const sim_config_builder *b, const char *name);
net_firewall_options sim_config_firewall(const char *name);

/* peers: and its mix (population.c). */
void sim_population_read(sim_config_builder *b);
/* timeline, capture, measure, plots, expect (agenda.c). */
void sim_agenda_read(sim_config_builder *b);

#endif
