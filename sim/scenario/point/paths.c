/* paths.c - `paths:`, who connects to whom. */
#include <string.h>

#include "sim/scenario/point/config_private.h"

static const sim_group_config *find_group(const sim_config_builder *b, const sim_tree *item, const char *key,
                                          const char *text)
{
    const sim_config *c = b->config;
    sim_nearest nearest = sim_nearest_begin(text);
    char buffer[96];
    if (strcmp(key, "to") == 0)
        sim_nearest_offer(&nearest, "same");
    for (size_t i = 0; i < c->n_groups; i++) {
        if (c->groups[i].name && strcmp(c->groups[i].name, text) == 0)
            return &c->groups[i];
        if (c->groups[i].name)
            sim_nearest_offer(&nearest, c->groups[i].name);
    }
    if (strcmp(text, c->everybody.name) == 0)
        return &c->everybody;
    sim_nearest_offer(&nearest, c->everybody.name);
    sim_diagnostic_add(b->fill.diagnostics, sim_config_place(b, item, key),
                       sim_nearest_hint(&nearest, buffer, sizeof buffer, "the name of a group of peers"),
                       "no such group: '%s'", text);
    return NULL;
}

/* `at` and `arrive` are two ways to say when. */
static void read_when(const sim_config_builder *b, const sim_tree *item, const sim_raw_paths *raw,
                      sim_paths_config *paths)
{
    const bool has_at = sim_tree_get(item, "at") != NULL, has_arrive = sim_tree_get(item, "arrive") != NULL;
    paths->arrive = has_at ? (sim_arrival){.kind = SIM_ARRIVE_AT, .start_ns = raw->at} : raw->arrive;
    paths->rate = raw->rate;
    if (has_at == has_arrive)
        sim_config_complain(b, has_at ? sim_config_place(b, item, "at") : &item->place,
                            "give one of at: and arrive:",
                            has_at ? "at and arrive exclude each other" : "it does not say when");
    if (sim_tree_get(item, "rate") && has_arrive)
        sim_config_complain(b, sim_config_place(b, item, "rate"), "a rate begins at: an instant",
                            "rate and arrive exclude each other");
    if (sim_tree_get(item, "rate") && b->config->run.until == SIM_UNTIL_ALL_PATHS_DONE)
        sim_config_complain(b, sim_config_place(b, item, "rate"), "use duration, or take the rate away",
                            "with a rate the paths are never all done");
}

static void check_members(const sim_config_builder *b, const sim_tree *item, const sim_paths_config *paths)
{
    if (paths->from == paths->to && paths->from->count == 1)
        sim_config_complain(b, sim_config_place(b, item, "to"), "a group of at least 2 is needed",
                            "nobody connects to himself");
    else if (paths->to->count == 0 || paths->from->count == 0)
        sim_config_complain(b, sim_config_place(b, item, paths->to->count == 0 ? "to" : "from"), NULL,
                            "nobody is in this group");
    else if (paths->from->log_in == SIM_NO || paths->to->log_in == SIM_NO)
        sim_config_complain(b, sim_config_place(b, item, paths->to->log_in == SIM_NO ? "to" : "from"),
                            "take `log_in: no` away from it", "this group does not log in");
}

static void read_entry(const sim_config_builder *b, const sim_tree *item, sim_paths_config *paths)
{
    sim_raw_paths raw = {.from = NULL};
    sim_fill_section(&b->fill, "paths[]", item, NULL, &item->place, SIM_WHOLE, &raw);
    if (item->kind != SIM_TREE_MAP)
        return;
    read_when(b, item, &raw, paths);
    paths->transport = raw.transport == 1   ? SIM_CHOICE_UDP
                       : raw.transport == 2 ? SIM_CHOICE_TCP
                                            : SIM_CHOICE_ANY;
    paths->pairing = raw.pairing ? SIM_PAIR_RANDOM : SIM_PAIR_IN_ORDER;
    paths->echo = raw.echo;
    paths->from = raw.from ? find_group(b, item, "from", raw.from) : NULL;
    paths->to = !raw.to                       ? NULL
                : strcmp(raw.to, "same") == 0 ? paths->from
                                              : find_group(b, item, "to", raw.to);
    if (paths->from && paths->to)
        check_members(b, item, paths);
}

static void check_end(const sim_config_builder *b)
{
    const sim_tree *run = sim_tree_get(b->root, "run");
    if (b->config->run.until == SIM_UNTIL_ALL_PATHS_DONE && b->config->n_paths == 0 &&
        !sim_tree_get(b->root, "matrix"))
        sim_config_complain(b, sim_config_place(b, run, "until"),
                            "add matrix: or paths:, or use all-logged-in", "nobody connects to anybody");
}

static void read_foretell(const sim_config_builder *b)
{
    const sim_tree *foretell = sim_tree_get(b->root, "foretell");
    sim_raw_foretell raw = {.predicted_udp = 1};
    sim_fill_section(&b->fill, "foretell", foretell, NULL, &b->root->place, SIM_WHOLE, &raw);
    b->config->foretell = (sim_foretell_config){.predicted_udp = raw.predicted_udp,
                                                .predicted_tcp = raw.predicted_tcp,
                                                .predicted_both = raw.predicted_both};
    if (foretell && b->config->n_paths == 0)
        sim_config_complain(b, &foretell->place, "add paths:, or take it away; a matrix is judged cell by cell",
                            "there are no paths to foretell");
}

void sim_paths_read(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_paths = sim_config_items(b, b->root, "paths", true, &items);
    c->paths = sim_tree_reserve(b->fill.pool, c->n_paths * sizeof *c->paths);
    for (size_t i = 0; i < c->n_paths; i++)
        read_entry(b, items[i], &c->paths[i]);
    read_foretell(b);
    check_end(b);
}
