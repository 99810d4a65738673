#include <string.h>

#include "sim/scenario/expect.h"
#include "sim/scenario/expression.h"
#include "sim/scenario/fill.h"
#include "sim/scenario/point/config_private.h"
#include "sim/scenario/raw.h"
#include "sim/scenario/scenario.h"

/* Variables that change together: one of `sweep`, all of `zip`, or the cases. */
typedef struct axis {
    size_t first, n_variables; /* in expansion.names */
    size_t n_values;
    const sim_tree *const *lists; /* n_variables lists; NULL for cases */
} axis;

typedef struct expansion {
    sim_scenario *scenario;
    const sim_scenario_options *options;
    const sim_tree *sets;
    GPtrArray *names; /* of variables: sim_tree scalars */
    GArray *axes;
    GPtrArray *case_names; /* const char *, then NULL */
    GPtrArray *case_sets;  /* nested override maps; an entry may be NULL */
    const sim_tree *skip_if;
} expansion;

static void complain(expansion *e, const sim_place *place, const char *message, const char *hint)
{
    sim_diagnostic_add(e->scenario->diagnostics, place, hint, "%s", message);
}

static bool is_word(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= 60 && text[n] == 0 && g_ascii_isalpha(text[0]);
}

static bool name_variable(expansion *e, const sim_tree *name)
{
    if (strcmp(name->text, "skip_if") == 0) {
        complain(e, &name->place, "skip_if stands beside sweep, not in it", NULL);
        return false;
    }
    if (!is_word(name->text) || strchr(name->text, '-') || strcmp(name->text, "case") == 0) {
        complain(e, &name->place, "not a name for a variable", "letters, digits and _; case is taken");
        return false;
    }
    for (guint i = 0; i < e->names->len; i++)
        if (strcmp(((const sim_tree *)e->names->pdata[i])->text, name->text) == 0) {
            complain(e, &name->place, "this variable is in sweep and in zip", NULL);
            return false;
        }
    g_ptr_array_add(e->names, (void *)(uintptr_t)name);
    return true;
}

static bool is_value_list(expansion *e, const sim_tree *list)
{
    sim_fill fill = {e->scenario->pool, e->scenario->diagnostics, NULL};
    if (!sim_fill_is(&fill, list, SIM_TREE_LIST, "a list of values, e.g. [1%, 5%]"))
        return false;
    for (size_t i = 0; i < list->n; i++)
        if (!sim_fill_is(&fill, list->value[i], SIM_TREE_SCALAR, "a value"))
            return false;
    if (list->n == 0)
        complain(e, &list->place, "an empty list leaves no points", NULL);
    return list->n > 0;
}

static void read_sweep(expansion *e)
{
    sim_scenario *s = e->scenario;
    const sim_tree *sweep = sim_tree_get(s->tree, "sweep");
    sim_fill fill = {s->pool, s->diagnostics, NULL};
    if (!sim_fill_is(&fill, sweep, SIM_TREE_MAP, "sweep: {N: [500, 1000]}"))
        return;
    for (size_t i = 0; i < sweep->n; i++) {
        axis a = {e->names->len, 1, sweep->value[i]->n, &sweep->value[i]};
        if (name_variable(e, sweep->key[i]) && is_value_list(e, sweep->value[i]))
            g_array_append_val(e->axes, a);
    }
}

static void read_zip(expansion *e)
{
    sim_scenario *s = e->scenario;
    const sim_tree *zip = sim_tree_get(s->tree, "zip");
    sim_fill fill = {s->pool, s->diagnostics, NULL};
    if (!sim_fill_is(&fill, zip, SIM_TREE_MAP,
                     "zip: {up: [64kbit/s, 128kbit/s], down: [384kbit/s, 1Mbit/s]}"))
        return;
    axis a = {e->names->len, zip->n, zip->n > 0 ? zip->value[0]->n : 0, zip->value};
    bool good = zip->n > 0;
    for (size_t i = 0; i < zip->n; i++) {
        good = name_variable(e, zip->key[i]) && is_value_list(e, zip->value[i]) && good;
        if (good && zip->value[i]->n != a.n_values) {
            complain(e, &zip->value[i]->place, "the lists of zip differ in length",
                     "they are walked in step");
            good = false;
        }
    }
    if (good)
        g_array_append_val(e->axes, a);
}

static void check_case_set(expansion *e, const sim_tree *set)
{
    static const char *const refused[] = {"scenario", "extends", "tiers",   "cases",
                                          "sweep",    "zip",     "skip_if", NULL};
    for (size_t i = 0; refused[i]; i++) {
        const sim_tree *key = sim_tree_key(set, refused[i]);
        if (key)
            complain(e, &key->place, "this cannot differ from case to case", NULL);
    }
}

static void read_case(expansion *e, const sim_tree *item)
{
    sim_scenario *s = e->scenario;
    sim_fill fill = {s->pool, s->diagnostics, s->tree};
    sim_raw_case raw = {.name = ""};
    const sim_tree *set = sim_tree_get(item, "set");
    sim_fill_section(&fill, "cases[]", item, NULL, &item->place, SIM_WHOLE, &raw);
    const sim_tree *name = sim_tree_get(item, "name");
    if (name && !is_word(raw.name))
        complain(e, &name->place, "not a name for a case", "letters, digits, - and _, a letter first");
    for (guint i = 0; name && i < e->case_names->len; i++)
        if (strcmp(e->case_names->pdata[i], raw.name) == 0)
            complain(e, &name->place, "two cases have this name", NULL);
    if (set && sim_fill_is(&fill, set, SIM_TREE_MAP, "keys and values, e.g. {peers.nat: symmetric}")) {
        set = sim_tree_nest(s->pool, set, s->diagnostics);
        check_case_set(e, set);
    } else {
        set = NULL;
    }
    g_ptr_array_add(e->case_names, (void *)(uintptr_t)raw.name);
    g_ptr_array_add(e->case_sets, (void *)(uintptr_t)set);
}

static void read_cases(expansion *e)
{
    sim_scenario *s = e->scenario;
    const sim_tree *cases = sim_tree_get(s->tree, "cases");
    sim_fill fill = {s->pool, s->diagnostics, s->tree};
    if (!sim_fill_is(&fill, cases, SIM_TREE_LIST, "a list of {name: …, set: {…}}"))
        return;
    for (size_t i = 0; i < cases->n; i++)
        if (sim_fill_is(&fill, cases->value[i], SIM_TREE_MAP, "{name: …, set: {…}}"))
            read_case(e, cases->value[i]);
    axis a = {0, 0, e->case_names->len, NULL};
    if (a.n_values > 0)
        g_array_append_val(e->axes, a);
    else if (cases->n == 0)
        complain(e, &cases->place, "an empty list leaves no points", NULL);
}

/* The values of all variables in combination number `number`, the last axis fastest. */
static sim_variable *values_at(const expansion *e, size_t number, size_t *ret_case)
{
    sim_variable *variables = sim_tree_reserve(e->scenario->pool, (e->names->len + 1) * sizeof *variables);
    *ret_case = 0;
    /* A variable whose list was refused stays a `$`, which is taken for any value. */
    for (guint i = 0; i < e->names->len; i++)
        variables[i] = (sim_variable){.name = ((const sim_tree *)e->names->pdata[i])->text, .text = "$"};
    for (guint i = e->axes->len; i > 0; i--) {
        const axis *a = &g_array_index(e->axes, axis, i - 1);
        size_t at = number % a->n_values;
        number /= a->n_values;
        if (!a->lists)
            *ret_case = at;
        for (size_t j = 0; a->lists && j < a->n_variables; j++) {
            const sim_tree *value = a->lists[j]->value[at];
            const sim_tree *name = e->names->pdata[a->first + j];
            variables[a->first + j] = (sim_variable){name->text, value->text, value->place};
        }
    }
    return variables;
}

static bool is_skipped(expansion *e, const sim_variable *variables, size_t n)
{
    sim_expression_scope scope = {variables, n, e->case_names->len > 1 ? (void *)e->case_names->pdata : NULL};
    sim_problem problem;
    bool skip = false;
    if (!e->skip_if || e->skip_if->kind != SIM_TREE_SCALAR)
        return false;
    if (!sim_expression_evaluate(e->skip_if->text, &scope, &skip, &problem))
        complain(e, &e->skip_if->place, problem.message, problem.hint);
    return skip;
}

/* The tree of one point: the case's and the command line's overrides, then the variables. */
static const sim_tree *tree_at(expansion *e, const sim_tree *set, const sim_variable *variables, size_t n)
{
    static const char *const used_up[] = {"cases", "sweep", "zip", "skip_if", NULL};
    sim_scenario *s = e->scenario;
    const sim_tree *tree = s->tree;
    for (size_t i = 0; used_up[i]; i++)
        if (sim_tree_get(tree, used_up[i]))
            tree = sim_tree_without(s->pool, tree, used_up[i]);
    if (set)
        tree = sim_tree_merge(s->pool, tree, set, s->diagnostics);
    if (set && e->sets) {
        const sim_tree *sets = e->sets;
        for (size_t i = 0; used_up[i]; i++)
            if (sim_tree_get(sets, used_up[i]))
                sets = sim_tree_without(s->pool, sets, used_up[i]);
        tree = sim_tree_merge(s->pool, tree, sets, s->diagnostics);
    }
    return sim_tree_substitute(s->pool, tree, variables, n, s->diagnostics);
}

static void add_point(expansion *e, size_t number, GArray *points)
{
    sim_scenario *s = e->scenario;
    size_t at_case = 0, n = e->names->len;
    sim_variable *variables = values_at(e, number, &at_case);
    const char *case_name = e->case_names->len > 0 ? e->case_names->pdata[at_case] : NULL;
    if (case_name)
        variables[n] = (sim_variable){.name = "case", .text = case_name};
    size_t n_scope = n + (case_name != NULL);
    if (is_skipped(e, variables, n_scope))
        return;
    const sim_tree *set = case_name ? e->case_sets->pdata[at_case] : NULL;
    const sim_tree *tree = tree_at(e, set, variables, n_scope);
    sim_point point = {points->len, case_name, n, variables, tree, NULL};
    point.config = sim_config_new(s->pool, tree, e->options, s->diagnostics);
    g_array_append_val(points, point);
}

/* Every `when` is tried in the scope of a point, so that a mistyped case or variable is found. */
static void check_conditions(expansion *e, const sim_point *point)
{
    size_t n = point->n_variables + (point->case_name != NULL);
    sim_expression_scope scope = {point->variables, n,
                                  point->case_name ? (void *)e->case_names->pdata : NULL};
    for (size_t i = 0; i < point->config->n_expect; i++) {
        const sim_expectation *x = &point->config->expect[i];
        sim_problem problem;
        bool truth = false;
        if (x->when && !sim_expression_evaluate(x->when, &scope, &truth, &problem))
            complain(e, &x->place, problem.message, problem.hint);
    }
}

static void expand(expansion *e, size_t total)
{
    sim_scenario *s = e->scenario;
    GArray *points = g_array_new(FALSE, FALSE, sizeof(sim_point));
    if (e->case_names->len > 0)
        g_ptr_array_add(e->case_names, NULL);
    for (size_t i = 0; i < total && sim_diagnostic_count(s->diagnostics) < SIM_DIAGNOSTIC_SHOWN_MAX; i++)
        add_point(e, i, points);
    if (points->len == 0 && sim_diagnostic_count(s->diagnostics) == 0)
        complain(e, &e->skip_if->place, "skip_if leaves no points", NULL);
    s->n_points = points->len;
    s->points = sim_tree_reserve(s->pool, points->len * sizeof *s->points);
    if (points->len > 0) {
        memcpy(s->points, points->data, points->len * sizeof *s->points);
        check_conditions(e, &s->points[0]);
        sim_expect_check_labels(s);
        sim_kinds_check(s);
    }
    g_array_free(points, TRUE);
}

void sim_points_expand(sim_scenario *scenario, const sim_scenario_options *options, const sim_tree *sets)
{
    expansion e = {scenario,
                   options,
                   sets,
                   g_ptr_array_new(),
                   g_array_new(FALSE, FALSE, sizeof(axis)),
                   g_ptr_array_new(),
                   g_ptr_array_new(),
                   sim_tree_get(scenario->tree, "skip_if")};
    read_cases(&e);
    read_sweep(&e);
    read_zip(&e);
    size_t total = 1;
    for (guint i = 0; i < e.axes->len && total <= SIM_SCENARIO_POINTS_MAX; i++)
        total *= g_array_index(e.axes, axis, i).n_values;
    if (total > SIM_SCENARIO_POINTS_MAX)
        complain(&e, &scenario->tree->place, "more than 2000 points",
                 "shorten sweep:, or use several scenarios");
    else
        expand(&e, total);
    g_ptr_array_free(e.names, TRUE);
    g_array_free(e.axes, TRUE);
    g_ptr_array_free(e.case_names, TRUE);
    g_ptr_array_free(e.case_sets, TRUE);
}
