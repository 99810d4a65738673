/* fill.h - checks a map against its section of the schema and reads its values into a struct. */
#ifndef SIM_FILL_H
#define SIM_FILL_H

#include "sim/scenario/schema.h"

typedef struct sim_fill {
    sim_tree_pool *pool;
    sim_diagnostics *diagnostics;
    const sim_tree *root; /* for names of profiles */
} sim_fill;

/* Whether the map may leave out what is required: overrides do. */
typedef enum sim_extent { SIM_WHOLE, SIM_PARTIAL } sim_extent;

/* Checks that `map` is a map (NULL: an empty one), that all its keys are of the section (and, with
 * `borrowed` not NULL, takes keys that only `borrowed` has from there), reads every row that has an
 * offset into `target`, defaults included, and reports what is wrong.  Containers are left to the
 * caller.  `at` is blamed for missing keys. */
void sim_fill_section(const sim_fill *fill, const char *section, const sim_tree *map,
                      const sim_tree *borrowed, const sim_place *at, sim_extent extent, void *target);
/* Checks a whole override map (nested): sections, lists and values, but nothing that may be missing. */
void sim_fill_check(const sim_fill *fill, const char *section, const sim_tree *map);
/* Reads one value.  `target` needs room for the largest kind. */
bool sim_fill_value(const sim_fill *fill, const sim_schema_row *row, const sim_tree *value, void *target);
/* Complains unless the tree is of the kind; NULL is no complaint, and false. */
bool sim_fill_is(const sim_fill *fill, const sim_tree *tree, sim_tree_kind kind, const char *example);
/* Tells that a key is unknown, with the nearest of the section's. */
void sim_fill_unknown(const sim_fill *fill, const char *section, const sim_tree *key);

#endif
