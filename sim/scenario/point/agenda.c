/* agenda.c - what a run is to leave behind: captures, metrics, figures, expectations. */
#include <string.h>

#include "sim/scenario/expect.h"
#include "sim/scenario/point/config_private.h"

static void read_capture(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_capture = sim_config_items(b, b->root, "capture", false, &items);
    c->capture = sim_tree_reserve(b->fill.pool, c->n_capture * sizeof *c->capture);
    for (size_t i = 0; i < c->n_capture; i++) {
        sim_selection selection;
        c->capture[i] = "";
        if (!sim_fill_is(&b->fill, items[i], SIM_TREE_SCALAR, "peer-1"))
            continue;
        c->capture[i] = items[i]->text;
        if (sim_config_select(b, items[i]->text, &items[i]->place, &selection) && selection.index == 0)
            sim_config_complain(b, &items[i]->place, "e.g. peer-1", "a capture is of one host");
    }
}

/* Cuts "login.time.p50 beside 3 to 7 s (BS-14)" in two. */
static sim_measure_config split_measure(sim_config_builder *b, const sim_tree *item)
{
    static const char word[] = " beside ";
    const char *at = strstr(item->text, word);
    if (!at)
        return (sim_measure_config){.metric = item->text, .place = item->place};
    size_t len = (size_t)(at - item->text);
    char *metric = sim_tree_reserve(b->fill.pool, len + 1);
    memcpy(metric, item->text, len);
    metric[len] = 0;
    return (sim_measure_config){metric, at + strlen(word), item->place};
}

static void read_measure(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_measure = sim_config_items(b, b->root, "measure", false, &items);
    c->measure = sim_tree_reserve(b->fill.pool, c->n_measure * sizeof *c->measure);
    for (size_t i = 0; i < c->n_measure; i++) {
        if (!sim_fill_is(&b->fill, items[i], SIM_TREE_SCALAR, "login.time.p50"))
            continue;
        c->measure[i] = split_measure(b, items[i]);
        char *wrong = b->options->check_metric ? b->options->check_metric(c->measure[i].metric) : NULL;
        if (wrong)
            sim_config_complain(b, &items[i]->place, "`partyline list metrics` shows what there is", wrong);
        g_free(wrong);
    }
}

static void check_plot(sim_config_builder *b, const sim_tree *item, const sim_plot_config *plot)
{
    sim_nearest nearest = sim_nearest_begin(plot->kind ? plot->kind : "");
    const char *const *kinds = b->options->plot_kinds;
    bool known = !kinds || !plot->kind;
    for (size_t i = 0; kinds && kinds[i]; i++) {
        known = known || strcmp(kinds[i], nearest.word) == 0;
        sim_nearest_offer(&nearest, kinds[i]);
    }
    char buffer[96];
    if (!known)
        sim_diagnostic_add(
            b->fill.diagnostics, sim_config_place(b, item, "kind"),
            sim_nearest_hint(&nearest, buffer, sizeof buffer, "`partyline list plots` shows what there is"),
            "unknown kind of figure '%s'", plot->kind);
    sim_selection selection;
    if (plot->peer && sim_config_select(b, plot->peer, sim_config_place(b, item, "peer"), &selection) &&
        (selection.index == 0 || selection.role != SIM_ROLE_PEER))
        sim_config_complain(b, sim_config_place(b, item, "peer"), "e.g. peer-1", "a ladder is of one peer");
}

static void read_plots(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_plots = sim_config_items(b, b->root, "plots", true, &items);
    c->plots = sim_tree_reserve(b->fill.pool, c->n_plots * sizeof *c->plots);
    for (size_t i = 0; i < c->n_plots; i++) {
        sim_fill_section(&b->fill, "plots[]", items[i], NULL, &items[i]->place, SIM_WHOLE, &c->plots[i]);
        c->plots[i].place = items[i]->place;
        if (items[i]->kind == SIM_TREE_MAP)
            check_plot(b, items[i], &c->plots[i]);
    }
}

static void read_expect(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_expect = sim_config_items(b, b->root, "expect", false, &items);
    c->expect = sim_tree_reserve(b->fill.pool, c->n_expect * sizeof *c->expect);
    for (size_t i = 0; i < c->n_expect; i++)
        sim_expect_read(&b->fill, items[i], b->options, &c->expect[i]);
}

static bool is_of(const char *text, const char *family)
{
    const char *metric = g_str_has_prefix(text, "never: ") ? text + strlen("never: ") : text;
    return g_str_has_prefix(metric, family);
}

static void note_watch(sim_config *c, const char *text)
{
    c->watches_nat |= is_of(text, "nat.");
    c->watches_icmp |= is_of(text, "icmp.");
}

/* The kept reports, and pings, are measured where somebody asks for it: others would pay for it in time and in rows. */
static void note_watches(sim_config *c)
{
    for (size_t i = 0; i < c->n_measure; i++)
        note_watch(c, c->measure[i].metric);
    for (size_t i = 0; i < c->n_expect; i++)
        note_watch(c, c->expect[i].text);
}

static void read_compare(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_compare = sim_config_items(b, b->root, "compare", true, &items);
    c->compare = sim_tree_reserve(b->fill.pool, c->n_compare * sizeof *c->compare);
    for (size_t i = 0; i < c->n_compare; i++) {
        sim_compare_config *compare = &c->compare[i];
        sim_fill_section(&b->fill, "compare[]", items[i], NULL, &items[i]->place, SIM_WHOLE, compare);
        compare->place = *sim_config_place(b, items[i], "metric");
        char *wrong = items[i]->kind == SIM_TREE_MAP && compare->metric && compare->a && compare->b &&
                              b->options->check_difference
                          ? b->options->check_difference(compare->metric, compare->that, compare->a)
                          : NULL;
        if (wrong)
            sim_config_complain(b, &compare->place, NULL, wrong);
        g_free(wrong);
    }
}

void sim_agenda_read(sim_config_builder *b)
{
    read_compare(b);
    read_capture(b);
    read_measure(b);
    read_plots(b);
    read_expect(b);
    note_watches(b->config);
}
