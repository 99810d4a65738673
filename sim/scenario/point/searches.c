/* searches.c - `searches:`, who is looked for. */
#include <math.h>
#include <string.h>

#include "sim/scenario/point/config_private.h"
#include "sim/scenario/terms_private.h"

#define ZIPF_MAX 5 /* chosen: at 5 nearly all searches are for one user */

const char *sim_truth_name(sim_truth truth)
{
    static const char *const names[SIM_TRUTHS] = {"present", "left", "absent", "never"};
    return names[truth];
}

static void read_of(const sim_config_builder *b, const char *section, const sim_tree *searches, double *shares)
{
    char path[96];
    double sum = 0;
    sim_raw_of raw = {.share = {0}};
    const sim_tree *of = sim_tree_get(searches, "of");
    shares[SIM_TRUTH_PRESENT] = 1;
    if (!of)
        return;
    g_snprintf(path, sizeof path, "%s.of", section);
    sim_fill_section(&b->fill, path, of, NULL, &of->place, SIM_WHOLE, &raw);
    for (size_t i = 0; i < SIM_TRUTHS; i++)
        sum += shares[i] = raw.share[i];
    if (of->kind == SIM_TREE_MAP && fabs(sum - 1) > 1e-9)
        sim_config_complain(b, &of->place, "e.g. {present: 70%, left: 10%, absent: 10%, never: 10%}",
                            "the shares of the searches are not 100%");
}

static double read_popularity(const sim_config_builder *b, const sim_tree *searches, const char *text)
{
    g_autofree char *copy = g_strdup(text ? text : "");
    sim_problem problem;
    sim_call c;
    double exponent = 0;
    if (strchr(copy, '$') || strcmp(copy, "uniform") == 0)
        return 0;
    bool good = sim_call_split(copy, &c) && *c.rest == 0 && strcmp(c.name, "zipf") == 0 && c.n == 1 && !c.key[0] &&
                sim_units_number(c.value[0], &exponent, &problem) && exponent <= ZIPF_MAX;
    if (!good)
        sim_config_complain(b, sim_config_place(b, searches, "popularity"),
                            "write zipf(1.0), with an exponent of up to 5, or uniform", "not a popularity");
    return exponent;
}

void sim_searches_read(sim_config_builder *b, const char *section, const sim_tree *map,
                       const sim_tree *borrowed, sim_searches_config *ret)
{
    const sim_tree *searches = sim_config_value(map, borrowed, "searches");
    sim_raw_searches raw = {.whom = NULL};
    *ret = (sim_searches_config){.is_on = false};
    if (!searches)
        return;
    sim_fill_section(&b->fill, section, searches, NULL, &searches->place, SIM_WHOLE, &raw);
    if (searches->kind != SIM_TREE_MAP)
        return;
    *ret = (sim_searches_config){.is_on = true,
                                 .policy = raw.policy,
                                 .rate = raw.rate,
                                 .arrive = raw.arrive,
                                 .zipf = read_popularity(b, searches, raw.popularity),
                                 .whom_text = raw.whom,
                                 .left_least_ns = raw.left_least,
                                 .left_most_ns = raw.left_most};
    read_of(b, section, searches, ret->of);
    if (raw.left_least > raw.left_most)
        sim_config_complain(b, sim_config_place(b, searches, "left_least"), "make it shorter than left_most",
                            "nobody is gone for longer and shorter");
}

static void find_whom(const sim_config_builder *b, sim_searches_config *searches)
{
    const sim_config *c = b->config;
    sim_nearest nearest = sim_nearest_begin(searches->whom_text);
    char buffer[96];
    for (size_t i = 0; i < c->n_groups; i++) {
        if (strcmp(c->groups[i].name, searches->whom_text) == 0)
            searches->whom = &c->groups[i];
        sim_nearest_offer(&nearest, c->groups[i].name);
    }
    if (!searches->whom)
        sim_diagnostic_add(b->fill.diagnostics, &b->root->place,
                           sim_nearest_hint(&nearest, buffer, sizeof buffer, "the name of a group of peers"),
                           "searches for no such group: '%s'", searches->whom_text);
}

void sim_searches_find(sim_config_builder *b)
{
    for (size_t i = 0; i < b->config->n_groups; i++) {
        sim_searches_config *searches = &b->config->groups[i].searches;
        if (searches->whom_text && !strchr(searches->whom_text, '$'))
            find_whom(b, searches);
    }
}
