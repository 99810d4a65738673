/* churn.c - `churn:`, how hosts come and go. */
#include <math.h>
#include <string.h>

#include "sim/scenario/point/config_private.h"

static void read_class(const sim_config_builder *b, const char *section, const sim_tree *item,
                       sim_churn_class *class)
{
    char path[96];
    sim_raw_class raw = {.share = 0};
    g_snprintf(path, sizeof path, "%s.classes[]", section);
    sim_fill_section(&b->fill, path, item, NULL, &item->place, SIM_WHOLE, &raw);
    *class = (sim_churn_class){raw.share, raw.session.law};
}

static void read_classes(const sim_config_builder *b, const char *section, const sim_tree *list,
                         sim_churn_config *churn)
{
    double sum = 0;
    if (!sim_fill_is(&b->fill, list, SIM_TREE_LIST, "a list of {share: 40%, session: exp(mean=2d)}"))
        return;
    churn->n_classes = list->n;
    churn->classes = sim_tree_reserve(b->fill.pool, list->n * sizeof *churn->classes);
    for (size_t i = 0; i < list->n; i++) {
        read_class(b, section, list->value[i], &churn->classes[i]);
        sum += churn->classes[i].share;
    }
    if (fabs(sum - 1) > 1e-9)
        sim_config_complain(b, &list->place, "they are of those present at an instant",
                            "the shares of the classes are not 100%");
}

static double read_leave(const sim_config_builder *b, const sim_tree *map, const char *text)
{
    sim_problem problem;
    double hard = 0;
    if (!text || strchr(text, '$') || strcmp(text, "soft") == 0)
        return 0;
    if (strcmp(text, "hard") == 0)
        return 1;
    if (!sim_units_share(text, &hard, &problem))
        sim_config_complain(b, sim_config_place(b, map, "leave"),
                            "soft, hard, or the share of departures that are hard: 30%", "not a way to leave");
    return hard;
}

/* What cannot be drawn is told before anything runs: a class or a session whose text was wrong has told it. */
static void check_classes(const sim_config_builder *b, const sim_tree *map, bool has_session)
{
    const sim_tree *classes = sim_tree_get(map, "classes");
    if (has_session && classes)
        sim_config_complain(b, &classes->place, "give one of them", "session and classes exclude each other");
    if (!has_session && !classes)
        sim_config_complain(b, &map->place, "e.g. session: lognormal(median=35min, sigma=1.2)",
                            "it does not say how long one stays");
}

void sim_churn_read(sim_config_builder *b, const char *section, const sim_tree *map, const sim_tree *borrowed,
                    sim_churn_config *ret)
{
    const sim_tree *churn = sim_config_value(map, borrowed, "churn");
    sim_raw_churn raw = {.leave = NULL};
    *ret = (sim_churn_config){.n_classes = 0};
    if (!churn)
        return;
    sim_fill_section(&b->fill, section, churn, NULL, &churn->place, SIM_WHOLE, &raw);
    if (churn->kind != SIM_TREE_MAP)
        return;
    const sim_tree *classes = sim_tree_get(churn, "classes");
    const bool has_session = sim_tree_get(churn, "session") != NULL;
    *ret = (sim_churn_config){.gap = raw.gap.law,
                              .hard = read_leave(b, churn, raw.leave),
                              .start = (sim_churn_start)raw.start,
                              .settle = raw.settle};
    check_classes(b, churn, has_session);
    if (classes) {
        read_classes(b, section, classes, ret);
    } else if (has_session) {
        ret->n_classes = 1;
        ret->classes = sim_tree_reserve(b->fill.pool, sizeof *ret->classes);
        ret->classes[0] = (sim_churn_class){1, raw.session.law};
    }
}
