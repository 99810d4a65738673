#include "sim/scenario/expect.h"

#include <string.h>

#include "sim/scenario/raw.h"

/* In the order of the enum; two-letter operators before their beginnings. */
static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "within"};

const char *sim_expect_operator(sim_claim_operator op)
{
    return op == SIM_CLAIM_NEVER ? "never" : operators[op];
}

static bool parse_value(const char *text, sim_claim *claim, sim_problem *problem)
{
    sim_problem ignored;
    uint64_t whole = 0;
    if (sim_units_number(text, &claim->value, &ignored)) {
        claim->unit = SIM_CLAIM_PLAIN;
    } else if (sim_units_share(text, &claim->value, &ignored)) {
        claim->unit = SIM_CLAIM_SHARE;
    } else if (sim_units_time(text, &claim->exact, &ignored)) {
        claim->unit = SIM_CLAIM_TIME;
        claim->value = (double)claim->exact / 1e9;
    } else if (sim_units_rate(text, &whole, &ignored) || sim_units_bytes(text, &whole, &ignored)) {
        claim->unit = g_str_has_suffix(text, "bit/s") ? SIM_CLAIM_RATE : SIM_CLAIM_BYTES;
        claim->exact = (int64_t)whole;
        claim->value = (double)whole;
    } else if (sim_units_frequency(text, &claim->value, &ignored)) {
        claim->unit = SIM_CLAIM_FREQUENCY;
    } else {
        return sim_problem_set(problem, "not an expectation",
                               "'%.40s' is not a value: 98%%, 49s, 7, 9kB, 64kbit/s", text);
    }
    return true;
}

/* Takes METRIC{LABELS} off the front; returns what follows, or NULL. */
static const char *parse_metric(const char *text, sim_claim *claim, sim_problem *problem)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
    if (n == 0 || n >= sizeof claim->metric || !g_ascii_isalpha(text[0]) || text[n - 1] == '.') {
        sim_problem_set(problem, "not an expectation", "begin with a metric, e.g. login.success == 100%%");
        return NULL;
    }
    g_strlcpy(claim->metric, text, n + 1);
    text += n;
    if (*text != '{')
        return text;
    size_t len = strcspn(text + 1, "}");
    if (text[1 + len] != '}' || len >= sizeof claim->labels || !strchr(text, '=')) {
        sim_problem_set(problem, "not an expectation", "labels are {login=first,nat=symmetric}");
        return NULL;
    }
    g_strlcpy(claim->labels, text + 1, len + 1);
    return text + len + 2;
}

/* Cuts the window off the value.  Its form is analysis' to judge; here counts whose name it has. */
static void cut_window(char *value, sim_claim *claim)
{
    static const char *const words[] = {" at ", " during ", " within "};
    size_t end = strlen(value);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *at = strstr(value, words[i]);
        if (at && (size_t)(at - value) < end)
            end = (size_t)(at - value);
    }
    const char *after = value[end] ? strstr(value + end, " after ") : NULL;
    if (after)
        g_strlcpy(claim->after, g_strchug((char *)(uintptr_t)after + strlen(" after ")), sizeof claim->after);
    claim->is_windowed = value[end] != 0;
    value[end] = 0;
    g_strstrip(value);
}

bool sim_expect_parse(const char *text, sim_claim *ret, sim_problem *problem)
{
    sim_claim claim = {.op = SIM_CLAIM_NEVER};
    bool never = g_str_has_prefix(text, "never:");
    char *copy = g_strstrip(g_strdup(never ? text + strlen("never:") : text));
    const char *rest = parse_metric(copy, &claim, problem);
    bool good = rest != NULL;
    while (good && *rest == ' ')
        rest++;
    if (good && never) {
        good = *rest == 0 ||
               sim_problem_set(problem, "not an expectation", "never: takes a metric and nothing else");
    } else if (good) {
        size_t at = 0;
        while (at < G_N_ELEMENTS(operators) && !g_str_has_prefix(rest, operators[at]))
            at++;
        if (at == G_N_ELEMENTS(operators))
            good = sim_problem_set(problem, "not an expectation",
                                   "an operator (== != < <= > >=) and a value must follow the metric");
        else
            claim.op = (sim_claim_operator)at;
        char *value = good ? g_strchomp(g_strdup(rest + strlen(operators[at]))) : NULL;
        if (good)
            cut_window(value, &claim);
        good = good && parse_value(value, &claim, problem);
        g_free(value);
    }
    g_free(copy);
    if (good)
        *ret = claim;
    return good;
}

static void check_claim(const sim_fill *fill, const sim_place *place, const sim_scenario_options *options,
                        const sim_expectation *expectation)
{
    sim_claim claim;
    sim_problem problem;
    if (strchr(expectation->text, '$'))
        return;
    if (!sim_expect_parse(expectation->text, &claim, &problem)) {
        sim_diagnostic_add(fill->diagnostics, place, problem.hint, "%s", problem.message);
        return;
    }
    char *wrong =
        options->check_expectation ? options->check_expectation(expectation->text, expectation->when) : NULL;
    if (wrong)
        sim_diagnostic_add(fill->diagnostics, place, NULL, "%s", wrong);
    g_free(wrong);
}

static void read_map(const sim_fill *fill, const sim_tree *item, const sim_scenario_options *options,
                     sim_expectation *ret)
{
    sim_raw_expect raw = {0};
    sim_fill_section(fill, "expect[]", item, NULL, &item->place, SIM_WHOLE, &raw);
    const sim_tree *that = sim_tree_get(item, "that"), *never = sim_tree_get(item, "never");
    const sim_tree *when = sim_tree_get(item, "when"), *claim = that ? that : never;
    if (!claim || (that && never)) {
        sim_diagnostic_add(fill->diagnostics, &item->place,
                           "e.g. {that: login.success == 100%, when: case == public}",
                           "an expectation needs one of that: and never:");
        return;
    }
    if (claim->kind != SIM_TREE_SCALAR)
        return;
    char *text = never ? g_strconcat("never: ", raw.never, NULL) : g_strdup(raw.that);
    ret->text = sim_tree_keep(fill->pool, text);
    ret->when = when && when->kind == SIM_TREE_SCALAR ? when->text : NULL;
    g_free(text);
    ret->place = ret->when ? when->place : claim->place;
    check_claim(fill, &claim->place, options, ret);
}

void sim_expect_read(const sim_fill *fill, const sim_tree *item, const sim_scenario_options *options,
                     sim_expectation *ret)
{
    *ret = (sim_expectation){.text = "", .place = item->place};
    if (item->kind == SIM_TREE_MAP) {
        read_map(fill, item, options, ret);
    } else if (sim_fill_is(fill, item, SIM_TREE_SCALAR, "METRIC OP VALUE, e.g. login.success == 100%")) {
        ret->text = item->text;
        check_claim(fill, &item->place, options, ret);
    }
}

/* The labels whose values are the scenario's, in this order. */
static const char *const own_labels[] = {"setup", "nat", "firewall", "link", "caller", "callee"};

static const char *label_of_group(const sim_group_config *group, size_t label)
{
    const char *const values[] = {group->name,      group->nat_name, group->firewall_name,
                                  group->link_name, group->name,     group->name};
    return values[label] ? values[label] : "none";
}

/* Group number `at` of a point, the kinds of its matrix after the groups of its peers; NULL past the end. */
static const sim_group_config *group_at(const sim_config *config, size_t at)
{
    if (at < config->n_groups)
        return &config->groups[at];
    at -= config->n_groups;
    return at < config->matrix.n_kinds ? &config->matrix.kinds[at].group : NULL;
}

/* Whether a group of any point carries the value; offers all values that there are. */
static bool is_carried(const sim_scenario *scenario, size_t label, sim_nearest *nearest)
{
    for (size_t p = 0; p < scenario->n_points; p++) {
        const sim_config *config = scenario->points[p].config;
        const sim_group_config *group = NULL;
        for (size_t g = 0; (group = group_at(config, g)); g++) {
            const char *value = label_of_group(group, label);
            if (strcmp(value, nearest->word) == 0)
                return true;
            sim_nearest_offer(nearest, value);
        }
    }
    return false;
}

static void check_label(const sim_scenario *scenario, const sim_place *place, const char *key,
                        const char *value)
{
    char buffer[96];
    for (size_t i = 0; i < G_N_ELEMENTS(own_labels); i++) {
        sim_nearest nearest = sim_nearest_begin(value);
        if (strcmp(key, own_labels[i]) != 0 || is_carried(scenario, i, &nearest))
            continue;
        sim_diagnostic_add(scenario->diagnostics, place,
                           sim_nearest_hint(&nearest, buffer, sizeof buffer,
                                            "the label would select nothing, and the claim could not fail"),
                           "no peer has %s=%s", key, value);
    }
}

/* Without the act there would be no instant, and nothing to judge. */
static void check_act(const sim_scenario *scenario, const sim_place *place, const char *name)
{
    sim_nearest nearest = sim_nearest_begin(name);
    char buffer[96];
    for (size_t p = 0; p < scenario->n_points; p++) {
        const sim_config *config = scenario->points[p].config;
        for (size_t i = 0; i < config->n_timeline; i++) {
            if (!config->timeline[i].name)
                continue;
            if (strcmp(config->timeline[i].name, name) == 0)
                return;
            sim_nearest_offer(&nearest, config->timeline[i].name);
        }
    }
    sim_diagnostic_add(scenario->diagnostics, place,
                       sim_nearest_hint(&nearest, buffer, sizeof buffer, "give the act of the timeline a name:"),
                       "no act of the timeline is called '%s'", name);
}

/* Who looks at the course of a run must have it sampled. */
static void check_sampled(const sim_scenario *scenario, const sim_expectation *expectation, const sim_claim *claim)
{
    const bool is_windowed = claim->is_windowed && g_str_has_prefix(claim->metric, "overlay.") &&
                             !g_str_has_prefix(claim->metric, "overlay.children.");
    if (is_windowed && scenario->n_points > 0 && scenario->points[0].config->run.sample_ns == 0)
        sim_diagnostic_add(scenario->diagnostics, &expectation->place, "add sample: 30s to run:",
                           "nothing is sampled in the course of the run");
}

static void check_labels(const sim_scenario *scenario, const sim_expectation *expectation)
{
    sim_claim claim;
    sim_problem problem;
    if (strchr(expectation->text, '$') || !sim_expect_parse(expectation->text, &claim, &problem))
        return;
    check_sampled(scenario, expectation, &claim);
    if (*claim.after)
        check_act(scenario, &expectation->place, claim.after);
    g_auto(GStrv) labels = g_strsplit_set(claim.labels, ",;", -1);
    for (size_t i = 0; labels[i]; i++) {
        char *value = strchr(labels[i], '=');
        if (!value)
            continue;
        *value++ = '\0';
        check_label(scenario, &expectation->place, g_strstrip(labels[i]), g_strstrip(value));
    }
}

void sim_expect_check_labels(const sim_scenario *scenario)
{
    for (size_t p = 0; p < scenario->n_points; p++) {
        const sim_config *config = scenario->points[p].config;
        for (size_t i = 0; i < config->n_expect; i++)
            check_labels(scenario, &config->expect[i]);
    }
}
