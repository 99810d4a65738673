#include "sim/scenario/tree.h"

#include <string.h>

struct sim_tree_pool {
    GPtrArray *blocks;
    GStringChunk *texts;
    uint32_t sources;
};

sim_tree_pool *sim_tree_pool_new(void)
{
    sim_tree_pool *pool = g_new0(sim_tree_pool, 1);
    pool->blocks = g_ptr_array_new_with_free_func(g_free);
    pool->texts = g_string_chunk_new(4096);
    return pool;
}

void sim_tree_pool_free(sim_tree_pool *pool)
{
    if (!pool)
        return;
    g_ptr_array_free(pool->blocks, TRUE);
    g_string_chunk_free(pool->texts);
    g_free(pool);
}

const char *sim_tree_keep(sim_tree_pool *pool, const char *text)
{
    return g_string_chunk_insert(pool->texts, text);
}

void *sim_tree_reserve(sim_tree_pool *pool, size_t size)
{
    void *block = g_malloc0(size > 0 ? size : 1);
    g_ptr_array_add(pool->blocks, block);
    return block;
}

const sim_source *sim_tree_source(sim_tree_pool *pool, const char *name, const char *text, size_t len)
{
    sim_source *source = sim_tree_reserve(pool, sizeof *source);
    source->name = g_string_chunk_insert(pool->texts, name);
    source->text = sim_tree_reserve(pool, len + 1);
    if (len > 0)
        memcpy(source->text, text, len);
    source->len = len;
    source->number = ++pool->sources;
    return source;
}

const sim_tree *sim_tree_scalar(sim_tree_pool *pool, const char *text, const sim_place *place)
{
    sim_tree *tree = sim_tree_reserve(pool, sizeof *tree);
    tree->kind = SIM_TREE_SCALAR;
    tree->place = *place;
    tree->text = sim_tree_keep(pool, text);
    tree->weight = 1;
    return tree;
}

static const sim_tree **copy_nodes(sim_tree_pool *pool, const GPtrArray *nodes)
{
    const sim_tree **copy = sim_tree_reserve(pool, nodes->len * sizeof *copy);
    for (guint i = 0; i < nodes->len; i++)
        copy[i] = nodes->pdata[i];
    return copy;
}

const sim_tree *sim_tree_branch(sim_tree_pool *pool, const sim_place *place, const GPtrArray *keys,
                                const GPtrArray *values)
{
    sim_tree *tree = sim_tree_reserve(pool, sizeof *tree);
    tree->kind = keys ? SIM_TREE_MAP : SIM_TREE_LIST;
    tree->place = *place;
    tree->n = values->len;
    tree->key = keys ? copy_nodes(pool, keys) : NULL;
    tree->value = copy_nodes(pool, values);
    tree->weight = 1;
    for (size_t i = 0; i < tree->n; i++)
        tree->weight += tree->value[i]->weight + (keys ? 1 : 0);
    return tree;
}

static size_t find(const sim_tree *map, const char *key)
{
    for (size_t i = 0; map && map->kind == SIM_TREE_MAP && i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

const sim_tree *sim_tree_get(const sim_tree *map, const char *key)
{
    size_t at = find(map, key);
    return at == SIZE_MAX ? NULL : map->value[at];
}

const sim_tree *sim_tree_key(const sim_tree *map, const char *key)
{
    size_t at = find(map, key);
    return at == SIZE_MAX ? NULL : map->key[at];
}

/* A map under construction that keeps the order of first mention. */
typedef struct builder {
    GPtrArray *keys;
    GPtrArray *values;
    GHashTable *index; /* text → position + 1; looked up, never walked */
} builder;

static builder builder_begin(const sim_tree *from)
{
    builder b = {g_ptr_array_new(), g_ptr_array_new(), g_hash_table_new(g_str_hash, g_str_equal)};
    for (size_t i = 0; from && i < from->n; i++) {
        g_ptr_array_add(b.keys, (void *)(uintptr_t)from->key[i]);
        g_ptr_array_add(b.values, (void *)(uintptr_t)from->value[i]);
        g_hash_table_insert(b.index, (void *)(uintptr_t)from->key[i]->text, GUINT_TO_POINTER(i + 1));
    }
    return b;
}

static const sim_tree *builder_get(const builder *b, const char *key)
{
    guint at = GPOINTER_TO_UINT(g_hash_table_lookup(b->index, key));
    return at ? b->values->pdata[at - 1] : NULL;
}

static void builder_set(builder *b, const sim_tree *key, const sim_tree *value)
{
    guint at = GPOINTER_TO_UINT(g_hash_table_lookup(b->index, key->text));
    if (at) {
        b->keys->pdata[at - 1] = (void *)(uintptr_t)key;
        b->values->pdata[at - 1] = (void *)(uintptr_t)value;
        return;
    }
    g_ptr_array_add(b->keys, (void *)(uintptr_t)key);
    g_ptr_array_add(b->values, (void *)(uintptr_t)value);
    g_hash_table_insert(b->index, (void *)(uintptr_t)key->text, GUINT_TO_POINTER(b->keys->len));
}

static const sim_tree *builder_end(builder *b, sim_tree_pool *pool, const sim_place *place)
{
    const sim_tree *map = sim_tree_branch(pool, place, b->keys, b->values);
    g_ptr_array_free(b->keys, TRUE);
    g_ptr_array_free(b->values, TRUE);
    g_hash_table_destroy(b->index);
    return map;
}

static const sim_tree *append(sim_tree_pool *pool, const sim_tree *base, const sim_tree *more,
                              const char *name, sim_diagnostics *diagnostics)
{
    if (more->kind != SIM_TREE_LIST || (base && base->kind != SIM_TREE_LIST)) {
        sim_diagnostic_add(diagnostics, &more->place, "key+: appends a list to the list of the file below",
                           "'%s+' needs lists", name);
        return base ? base : more;
    }
    GPtrArray *items = g_ptr_array_new();
    for (size_t i = 0; base && i < base->n; i++)
        g_ptr_array_add(items, (void *)(uintptr_t)base->value[i]);
    for (size_t i = 0; i < more->n; i++)
        g_ptr_array_add(items, (void *)(uintptr_t)more->value[i]);
    const sim_tree *list = sim_tree_branch(pool, &more->place, NULL, items);
    g_ptr_array_free(items, TRUE);
    return list;
}

const sim_tree *sim_tree_merge(sim_tree_pool *pool, const sim_tree *base, const sim_tree *over,
                               sim_diagnostics *diagnostics)
{
    if (over->kind != SIM_TREE_MAP)
        return over;
    builder b = builder_begin(base && base->kind == SIM_TREE_MAP ? base : NULL);
    for (size_t i = 0; i < over->n; i++) {
        const sim_tree *key = over->key[i], *value = over->value[i];
        size_t len = strlen(key->text);
        if (len > 1 && key->text[len - 1] == '+') {
            char *name = g_strndup(key->text, len - 1);
            key = sim_tree_scalar(pool, name, &key->place);
            value = append(pool, builder_get(&b, name), value, name, diagnostics);
            g_free(name);
        } else {
            value = sim_tree_merge(pool, builder_get(&b, key->text), value, diagnostics);
        }
        builder_set(&b, key, value);
    }
    return builder_end(&b, pool, &over->place);
}

static const sim_tree *single(sim_tree_pool *pool, const char *name, const sim_tree *key,
                              const sim_tree *value)
{
    builder b = builder_begin(NULL);
    builder_set(&b, sim_tree_scalar(pool, name, &key->place), value);
    return builder_end(&b, pool, &key->place);
}

/* {a.b.c: v} → {a: {b: {c: v}}} */
static const sim_tree *nest_key(sim_tree_pool *pool, const sim_tree *key, const sim_tree *value)
{
    char **part = g_strsplit(key->text, ".", g_str_has_prefix(key->text, "protocol.") ? 2 : 16);
    for (size_t i = g_strv_length(part); i > 0; i--)
        value = single(pool, part[i - 1], key, value);
    g_strfreev(part);
    return value;
}

const sim_tree *sim_tree_nest(sim_tree_pool *pool, const sim_tree *map, sim_diagnostics *diagnostics)
{
    builder empty = builder_begin(NULL);
    const sim_tree *nested = builder_end(&empty, pool, &map->place);
    for (size_t i = 0; map->kind == SIM_TREE_MAP && i < map->n; i++) {
        if (map->key[i]->text[0] == 0)
            continue;
        nested = sim_tree_merge(pool, nested, nest_key(pool, map->key[i], map->value[i]), diagnostics);
    }
    return nested;
}

const sim_tree *sim_tree_without(sim_tree_pool *pool, const sim_tree *map, const char *key)
{
    builder b = builder_begin(NULL);
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, key) != 0)
            builder_set(&b, map->key[i], map->value[i]);
    return builder_end(&b, pool, &map->place);
}

static bool is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static const char *find_variable(const char *name, const sim_tree *tree, const sim_variable *variables,
                                 size_t n_variables, sim_diagnostics *diagnostics)
{
    sim_nearest nearest = sim_nearest_begin(name);
    for (size_t i = 0; i < n_variables; i++) {
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].text;
        sim_nearest_offer(&nearest, variables[i].name);
    }
    char buffer[96];
    sim_diagnostic_add(diagnostics, &tree->place,
                       sim_nearest_hint(&nearest, buffer, sizeof buffer, "define it in sweep: or zip:"),
                       "unknown variable '$%s'", name);
    return "";
}

static const sim_tree *substitute_scalar(sim_tree_pool *pool, const sim_tree *tree,
                                         const sim_variable *variables, size_t n_variables,
                                         sim_diagnostics *diagnostics)
{
    if (!strchr(tree->text, '$'))
        return tree;
    GString *out = g_string_new(NULL);
    for (const char *p = tree->text; *p;) {
        if (*p != '$' || !is_name(p[1])) {
            g_string_append_c(out, *p++);
            continue;
        }
        const char *end = p + 1;
        while (is_name(*end))
            end++;
        char *name = g_strndup(p + 1, (gsize)(end - p - 1));
        g_string_append(out, find_variable(name, tree, variables, n_variables, diagnostics));
        g_free(name);
        p = end;
    }
    const sim_tree *scalar = sim_tree_scalar(pool, out->str, &tree->place);
    g_string_free(out, TRUE);
    return scalar;
}

const sim_tree *sim_tree_substitute(sim_tree_pool *pool, const sim_tree *tree, const sim_variable *variables,
                                    size_t n_variables, sim_diagnostics *diagnostics)
{
    if (tree->kind == SIM_TREE_SCALAR)
        return substitute_scalar(pool, tree, variables, n_variables, diagnostics);
    GPtrArray *keys = tree->key ? g_ptr_array_new() : NULL, *values = g_ptr_array_new();
    bool changed = false;
    for (size_t i = 0; i < tree->n; i++) {
        const sim_tree *value = tree->value[i];
        if (!keys || strcmp(tree->key[i]->text, "about") != 0)
            value = sim_tree_substitute(pool, value, variables, n_variables, diagnostics);
        changed = changed || value != tree->value[i];
        if (keys)
            g_ptr_array_add(keys, (void *)(uintptr_t)tree->key[i]);
        g_ptr_array_add(values, (void *)(uintptr_t)value);
    }
    if (changed)
        tree = sim_tree_branch(pool, &tree->place, keys, values);
    if (keys)
        g_ptr_array_free(keys, TRUE);
    g_ptr_array_free(values, TRUE);
    return tree;
}
