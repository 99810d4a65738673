#include "sim/scenario/scenario.h"

#include <string.h>

#include "sim/scenario/fill.h"
#include "sim/scenario/reader.h"

/* The way from the scenario to the file being read. */
typedef struct chain {
    const struct chain *above;
    const char *path;
    char *canonical;
    unsigned depth;
} chain;

typedef struct loader {
    sim_scenario *scenario;
    GPtrArray *sources;
} loader;

static const sim_tree *load_file(loader *l, const char *path, const sim_place *asked_at, const chain *above);

/* "a.yaml → b.yaml → a.yaml" */
static void append_chain(GString *out, const chain *link, const char *until)
{
    if (strcmp(link->canonical, until) != 0 && link->above)
        append_chain(out, link->above, until);
    g_string_append_printf(out, "%s → ", link->path);
}

static bool refuse_cycle(loader *l, const chain *above, const char *path, const sim_place *at)
{
    char *canonical = g_canonicalize_filename(path, NULL);
    const chain *seen = above;
    while (seen && strcmp(seen->canonical, canonical) != 0)
        seen = seen->above;
    if (seen) {
        GString *text = g_string_new(NULL);
        append_chain(text, above, canonical);
        g_string_append(text, path);
        sim_diagnostic_add(l->scenario->diagnostics, at, NULL, "extends goes in a circle: %s", text->str);
        g_string_free(text, TRUE);
    } else if (above->depth >= SIM_SCENARIO_EXTENDS_MAX || l->sources->len >= SIM_SCENARIO_FILES_MAX) {
        sim_diagnostic_add(l->scenario->diagnostics, at, "16 levels and 64 files are the limit",
                           "extends reaches too far");
        seen = above;
    }
    g_free(canonical);
    return seen != NULL;
}

/* `name` beside the file `path`: a leading ../ takes a folder away, so that origins read well. */
static char *beside(const char *path, const char *name)
{
    char *folder = g_path_get_dirname(path);
    while (g_str_has_prefix(name, "../") && strcmp(folder, ".") != 0 && strcmp(folder, "/") != 0) {
        char *last = g_path_get_basename(folder), *above = g_path_get_dirname(folder);
        bool climbs = strcmp(last, "..") == 0;
        g_free(last);
        if (climbs) {
            g_free(above);
            break;
        }
        g_free(folder);
        folder = above;
        name += strlen("../");
    }
    char *result = g_path_is_absolute(name) || strcmp(folder, ".") == 0
                       ? g_strdup(name)
                       : g_build_filename(folder, name, NULL);
    g_free(folder);
    return result;
}

static const sim_tree *load_below(loader *l, const sim_tree *name, const chain *link)
{
    static const sim_fill no_fill;
    sim_fill fill = no_fill;
    fill.diagnostics = l->scenario->diagnostics;
    if (!sim_fill_is(&fill, name, SIM_TREE_SCALAR, "a file name"))
        return NULL;
    char *path = beside(link->path, name->text);
    const sim_tree *tree =
        refuse_cycle(l, link, path, &name->place) ? NULL : load_file(l, path, &name->place, link);
    g_free(path);
    return tree;
}

/* Lays the tree on the files it extends. */
static const sim_tree *resolve(loader *l, const sim_tree *tree, const chain *link)
{
    sim_scenario *s = l->scenario;
    const sim_tree *extends = sim_tree_get(tree, "extends"), *base = NULL;
    size_t n = !extends ? 0 : extends->kind == SIM_TREE_LIST ? extends->n : 1;
    for (size_t i = 0; i < n; i++) {
        const sim_tree *name = extends->kind == SIM_TREE_LIST ? extends->value[i] : extends;
        const sim_tree *below = load_below(l, name, link);
        if (below)
            base = sim_tree_merge(s->pool, base, below, s->diagnostics);
    }
    if (extends)
        tree = sim_tree_without(s->pool, tree, "extends");
    return sim_tree_merge(s->pool, base, tree, s->diagnostics);
}

static const sim_tree *resolve_source(loader *l, const sim_source *source, const sim_tree *tree,
                                      const chain *above)
{
    g_ptr_array_add(l->sources, (void *)(uintptr_t)source);
    if (tree->kind != SIM_TREE_MAP) {
        sim_diagnostic_add(l->scenario->diagnostics, &tree->place, "a scenario begins with scenario: NAME",
                           "a map is needed here");
        return NULL;
    }
    chain link = {above, source->name, g_canonicalize_filename(source->name, NULL),
                  above ? above->depth + 1 : 1};
    const sim_tree *merged = resolve(l, tree, &link);
    g_free(link.canonical);
    return merged;
}

static const sim_tree *load_file(loader *l, const char *path, const sim_place *asked_at, const chain *above)
{
    sim_scenario *s = l->scenario;
    const sim_tree *tree = sim_reader_read_file(s->pool, path, asked_at, s->diagnostics);
    return tree ? resolve_source(l, tree->place.source, tree, above) : NULL;
}

/* {name: value}, dots of the name as nested maps. */
static const sim_tree *one_entry(sim_scenario *s, const char *name, const sim_tree *value,
                                 const sim_place *place)
{
    GPtrArray *keys = g_ptr_array_new(), *values = g_ptr_array_new();
    g_ptr_array_add(keys, (void *)(uintptr_t)sim_tree_scalar(s->pool, name, place));
    g_ptr_array_add(values, (void *)(uintptr_t)value);
    const sim_tree *map =
        sim_tree_nest(s->pool, sim_tree_branch(s->pool, place, keys, values), s->diagnostics);
    g_ptr_array_free(keys, TRUE);
    g_ptr_array_free(values, TRUE);
    return map;
}

/* One --set as a nested map, or NULL. */
static const sim_tree *read_set(sim_scenario *s, const char *set)
{
    const sim_source *source = sim_tree_source(s->pool, "--set", set, strlen(set));
    const char *equals = strchr(set, '=');
    sim_place place = {source, 1, 1, equals ? (uint32_t)(equals - set) : 1};
    if (!equals || equals == set || equals[1] == 0) {
        sim_diagnostic_add(s->diagnostics, &place, "write --set KEY=VALUE, e.g. --set peers.count=500",
                           "not a setting");
        return NULL;
    }
    const sim_tree *value = sim_reader_read(s->pool, source, (size_t)(equals - set) + 1, s->diagnostics);
    if (!value)
        return NULL;
    char *name = g_strndup(set, (gsize)(equals - set));
    const sim_tree *map = one_entry(s, name, value, &place);
    g_free(name);
    return map;
}

/* The value is taken as it was written: YAML has no say in it. */
static const sim_tree *read_flag(sim_scenario *s, const sim_scenario_flag *flag)
{
    const sim_source *source = sim_tree_source(s->pool, flag->option, flag->value, strlen(flag->value));
    const sim_place place = {source, 1, 1, (uint32_t)strlen(flag->value)};
    return one_entry(s, flag->key, sim_tree_scalar(s->pool, flag->value, &place), &place);
}

static const sim_tree *read_sets(sim_scenario *s, const sim_scenario_options *options)
{
    const sim_tree *all = NULL;
    for (size_t i = 0; options->sets && options->sets[i]; i++) {
        const sim_tree *one = read_set(s, options->sets[i]);
        if (one)
            all = sim_tree_merge(s->pool, all, one, s->diagnostics);
    }
    for (size_t i = 0; i < options->n_flags; i++)
        if (options->flags[i].value)
            all = sim_tree_merge(s->pool, all, read_flag(s, &options->flags[i]), s->diagnostics);
    return all;
}

/* Checks every tier, and lays the chosen one on the tree. */
static const sim_tree *apply_tier(sim_scenario *s, const sim_tree *tree, const char *tier)
{
    const sim_tree *tiers = sim_tree_get(tree, "tiers"), *result = sim_tree_without(s->pool, tree, "tiers");
    sim_fill fill = {s->pool, s->diagnostics, result};
    if (tier && !sim_schema_find("tiers", tier))
        sim_diagnostic_add(s->diagnostics, NULL, "tiers are ci and full", "unknown tier '%s'", tier);
    if (!tiers || !sim_fill_is(&fill, tiers, SIM_TREE_MAP, "tiers: {ci: {…}, full: {…}}"))
        return result;
    for (size_t i = 0; i < tiers->n; i++) {
        if (!sim_schema_find("tiers", tiers->key[i]->text)) {
            sim_fill_unknown(&fill, "tiers", tiers->key[i]);
            continue;
        }
        if (!sim_fill_is(&fill, tiers->value[i], SIM_TREE_MAP, "keys and values, e.g. {run.replications: 2}"))
            continue;
        const sim_tree *over = sim_tree_nest(s->pool, tiers->value[i], s->diagnostics);
        const sim_tree *merged =
            sim_tree_merge(s->pool, sim_tree_without(s->pool, tree, "tiers"), over, s->diagnostics);
        sim_fill check = {s->pool, s->diagnostics, merged};
        sim_fill_check(&check, "", over);
        if (tier && strcmp(tier, tiers->key[i]->text) == 0)
            result = sim_tree_without(s->pool, merged, "tiers");
    }
    return result;
}

static sim_scenario *scenario_new(const char *path)
{
    sim_scenario *s = g_new0(sim_scenario, 1);
    s->pool = sim_tree_pool_new();
    s->diagnostics = sim_diagnostic_new();
    s->path = sim_tree_keep(s->pool, path);
    s->name = s->about = "";
    return s;
}

static void finish(sim_scenario *s, const sim_tree *tree, GPtrArray *sources,
                   const sim_scenario_options *options)
{
    s->n_sources = sources->len;
    s->sources = sim_tree_reserve(s->pool, sources->len * sizeof *s->sources);
    for (guint i = 0; i < sources->len; i++)
        s->sources[i] = sources->pdata[i];
    const sim_tree *sets = read_sets(s, options);
    if (!tree)
        return;
    tree = apply_tier(s, tree, options->tier);
    s->tree = sets ? sim_tree_merge(s->pool, tree, sets, s->diagnostics) : tree;
    sim_points_expand(s, options, sets);
    if (s->n_points > 0) {
        s->name = s->points[0].config->scenario;
        s->about = s->points[0].config->about;
    }
}

sim_scenario *sim_scenario_load(const char *path, const sim_scenario_options *options)
{
    sim_scenario *s = scenario_new(path);
    loader l = {s, g_ptr_array_new()};
    finish(s, load_file(&l, path, NULL, NULL), l.sources, options);
    g_ptr_array_free(l.sources, TRUE);
    return s;
}

sim_scenario *sim_scenario_load_text(const char *name, const char *text, size_t len,
                                     const sim_scenario_options *options)
{
    sim_scenario *s = scenario_new(name);
    loader l = {s, g_ptr_array_new()};
    const sim_tree *tree = NULL;
    if (len > SIM_READER_BYTES_MAX) {
        sim_diagnostic_add(s->diagnostics, NULL, NULL, "cannot read %s: it is larger than 1 MiB", name);
    } else {
        const sim_source *source = sim_tree_source(s->pool, name, text, len);
        tree = sim_reader_read(s->pool, source, 0, s->diagnostics);
        tree = tree ? resolve_source(&l, source, tree, NULL) : NULL;
    }
    finish(s, tree, l.sources, options);
    g_ptr_array_free(l.sources, TRUE);
    return s;
}

bool sim_scenario_good(const sim_scenario *scenario)
{
    return sim_diagnostic_count(scenario->diagnostics) == 0 && scenario->n_points > 0;
}

char *sim_scenario_errors(const sim_scenario *scenario)
{
    return sim_diagnostic_render(scenario->diagnostics);
}

void sim_scenario_free(sim_scenario *scenario)
{
    if (!scenario)
        return;
    sim_diagnostic_free(scenario->diagnostics);
    sim_tree_pool_free(scenario->pool);
    g_free(scenario);
}
