/* tree.h - what a scenario file says, before anybody asks what it means: scalars, lists and maps, each
 * with its place.
 *
 * Every scalar is text; the schema decides types.  Trees are immutable once built and may share
 * branches; a pool owns them all, and frees them together. */
#ifndef SIM_TREE_H
#define SIM_TREE_H

#include "sim/scenario/diagnostic.h"

typedef enum sim_tree_kind { SIM_TREE_SCALAR, SIM_TREE_LIST, SIM_TREE_MAP } sim_tree_kind;

typedef struct sim_tree sim_tree;
struct sim_tree {
    sim_tree_kind kind;
    sim_place place;
    const char *text;       /* SCALAR */
    size_t n;               /* items of a list or entries of a map */
    const sim_tree **key;   /* MAP: scalars */
    const sim_tree **value; /* LIST and MAP */
    size_t weight;          /* nodes in it, shared branches counted each time */
};

typedef struct sim_tree_pool sim_tree_pool;

/* A sweep variable's value at a point. */
typedef struct sim_variable {
    const char *name;
    const char *text;
    sim_place place;
} sim_variable;

sim_tree_pool *sim_tree_pool_new(void);
void sim_tree_pool_free(sim_tree_pool *pool);
/* A copy of text that lives as long as the pool. */
const char *sim_tree_keep(sim_tree_pool *pool, const char *text);
/* `size` zeroed bytes that live as long as the pool. */
void *sim_tree_reserve(sim_tree_pool *pool, size_t size);
/* Copies the source's name and text. */
const sim_source *sim_tree_source(sim_tree_pool *pool, const char *name, const char *text, size_t len);

const sim_tree *sim_tree_scalar(sim_tree_pool *pool, const char *text, const sim_place *place);
/* Builds a list (keys NULL) or a map from arrays of trees, which are copied. */
const sim_tree *sim_tree_branch(sim_tree_pool *pool, const sim_place *place, const GPtrArray *keys,
                                const GPtrArray *values);
/* A map's value by key, or NULL. */
const sim_tree *sim_tree_get(const sim_tree *map, const char *key);
/* The key's own node, for its place, or NULL. */
const sim_tree *sim_tree_key(const sim_tree *map, const char *key);

/* Lays `over` on `base` (NULL: nothing): maps merge deeply, lists and scalars replace, `key+` appends
 * to the list below.  Wrong uses of `key+` become diagnostics. */
const sim_tree *sim_tree_merge(sim_tree_pool *pool, const sim_tree *base, const sim_tree *over,
                               sim_diagnostics *diagnostics);
/* Turns the dotted keys of an override map into nested maps: {a.b: 1} → {a: {b: 1}}.  What stands
 * after `protocol.` is one key: the names of tunables carry dots themselves. */
const sim_tree *sim_tree_nest(sim_tree_pool *pool, const sim_tree *map, sim_diagnostics *diagnostics);
/* The map without one key. */
const sim_tree *sim_tree_without(sim_tree_pool *pool, const sim_tree *map, const char *key);
/* Replaces $NAME in every scalar but the prose of `about`; an unknown name becomes a diagnostic. */
const sim_tree *sim_tree_substitute(sim_tree_pool *pool, const sim_tree *tree, const sim_variable *variables,
                                    size_t n_variables, sim_diagnostics *diagnostics);

#endif
