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
    bool has_bad_population; /* something is wrong with peers:, and has been told */
} sim_config_builder;

void sim_config_complain(const sim_config_builder *b, const sim_place *place, const char *hint,
                         const char *message);
/* The value of a key, in the map or in the one that it borrows from; NULL if neither has it. */
const sim_tree *sim_config_value(const sim_tree *map, const sim_tree *borrowed, const char *key);
/* The place of a map's value, else of the map, else of the file. */
const sim_place *sim_config_place(const sim_config_builder *b, const sim_tree *map, const char *key);
net_link_options sim_config_link(const sim_raw_link *raw);
/* All zero if the name is unknown, which has been told by then. */
net_link_options sim_config_profile(const sim_config_builder *b, const char *name);
net_firewall_options sim_config_firewall(const char *name);

/* What a person may call a group of peers. */
void sim_config_check_group_name(const sim_config_builder *b, const sim_tree *name, const char *text);
/* A list under a key of a map, or one value as a list of one; 0 if there is none, or it is no list. */
size_t sim_config_items(const sim_config_builder *b, const sim_tree *map, const char *key, bool list_only,
                        const sim_tree *const **ret);
sim_group_config sim_config_group(const sim_config_builder *b, const sim_raw_group *raw);

/* peers: and its mix (population.c). */
void sim_population_read(sim_config_builder *b);
/* After the matrix: whether there is anybody at all. */
void sim_population_check(sim_config_builder *b);
/* What peers: gives to every entry of the mix, and to every kind; NULL if it is not there. */
const sim_tree *sim_population_common(const sim_config_builder *b);
/* churn: of a map, or of the one that it borrows from (churn.c); `section` is "peers.churn". */
void sim_churn_read(sim_config_builder *b, const char *section, const sim_tree *map, const sim_tree *borrowed,
                    sim_churn_config *ret);
/* searches: likewise (searches.c). */
void sim_searches_read(sim_config_builder *b, const char *section, const sim_tree *map,
                       const sim_tree *borrowed, sim_searches_config *ret);
/* buddies: likewise (buddies.c); and after all groups: there are so many to choose from, and lists so long. */
void sim_buddies_read(sim_config_builder *b, const char *section, const sim_tree *map, const sim_tree *borrowed,
                      int64_t *ret_count);
void sim_buddies_check(const sim_config_builder *b);
/* After all groups: whom they search for. */
void sim_searches_find(sim_config_builder *b);
/* proxies: (proxies.c), after everybody who may want one. */
void sim_proxies_read(sim_config_builder *b);
/* matrix: (matrix.c). */
void sim_matrix_read(sim_config_builder *b);
/* One more kind; there is room for it.  `item` is where it is written, `name_place` its name there, which is
 * to be checked (NULL: it has none). */
void sim_matrix_add_kind(sim_config_builder *b, const sim_tree *item, const sim_place *name_place,
                         const sim_raw_kind *raw);
/* matrix.product: (product.c); NULL if there is none, or something is wrong, which has been told by then. */
typedef struct sim_product sim_product;
const sim_product *sim_product_read(sim_config_builder *b, const sim_tree *matrix);
/* How many kinds it makes at most; of NULL 0. */
size_t sim_product_size(const sim_product *product);
/* Adds those that make sense, and counts the others. */
void sim_product_add_kinds(sim_config_builder *b, const sim_product *product);
/* paths: (paths.c). */
void sim_paths_read(sim_config_builder *b);
/* capture, measure, plots, expect (agenda.c). */
void sim_agenda_read(sim_config_builder *b);
/* timeline (timeline.c). */
void sim_timeline_read(sim_config_builder *b);
/* Tells if the points of a scenario have matrices of different kinds (kinds.c). */
void sim_kinds_check(const sim_scenario *scenario);
/* The hosts that a text names; false if there are none, which has been told by then. */
bool sim_config_select(const sim_config_builder *b, const char *text, const sim_place *place,
                       sim_selection *ret);

#endif
