#include <string.h>

#include "sim/scenario/config_private.h"
#include "sim/scenario/expect.h"

/* "supernode-12" → 12; 0 if it is not PREFIX-NUMBER. */
static int64_t index_of(const char *text, const char *prefix)
{
    sim_problem ignored;
    int64_t index = 0;
    size_t len = strlen(prefix);
    if (strncmp(text, prefix, len) != 0 || text[len] != '-' ||
        !sim_units_count(text + len + 1, &index, &ignored))
        return 0;
    return index;
}

typedef struct role_name {
    sim_role role;
    const char *all, *one;
} role_name;

static const role_name role_names[] = {
    {SIM_ROLE_SUPERNODE, "supernodes", "supernode"},
    {SIM_ROLE_LOGIN_SERVER, "login-servers", "login-server"},
    {SIM_ROLE_PEER, "peers", "peer"},
};

static int64_t count_of(const sim_config *config, sim_role role)
{
    switch (role) {
    case SIM_ROLE_SUPERNODE:
        return config->supernodes.count;
    case SIM_ROLE_LOGIN_SERVER:
        return config->login_servers.count;
    case SIM_ROLE_PEER:
        return config->n_peers;
    case SIM_ROLE_ALL:
        return sim_config_hosts(config);
    }
    g_assert_not_reached();
}

static bool select_hosts(const sim_config_builder *b, const char *text, const sim_place *place,
                         sim_selection *ret)
{
    const sim_config *c = b->config;
    sim_nearest nearest = sim_nearest_begin(text);
    sim_nearest_offer(&nearest, "all");
    *ret = (sim_selection){.role = SIM_ROLE_ALL};
    if (strcmp(text, "all") == 0)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(role_names); i++) {
        const role_name *r = &role_names[i];
        int64_t index = index_of(text, r->one);
        sim_nearest_offer(&nearest, r->all);
        if (strcmp(text, r->all) != 0 && index == 0)
            continue;
        *ret = (sim_selection){.role = r->role, .index = index};
        if (index <= count_of(c, r->role))
            return true;
        sim_diagnostic_add(b->fill.diagnostics, place, NULL, "there is no %s, only %" G_GINT64_FORMAT " %s",
                           text, count_of(c, r->role), r->all);
        return false;
    }
    for (size_t i = 0; i < c->n_groups; i++) {
        const sim_group_config *group = &c->groups[i];
        if (!group->name)
            continue;
        *ret = (sim_selection){.role = SIM_ROLE_PEER, .group = group};
        if (strcmp(group->name, text) == 0)
            return true;
        sim_nearest_offer(&nearest, group->name);
    }
    char buffer[96];
    sim_diagnostic_add(
        b->fill.diagnostics, place,
        sim_nearest_hint(&nearest, buffer, sizeof buffer,
                         "supernodes, supernode-1, login-servers, peers, peer-1, all, or a group"),
        "no such hosts: '%s'", text);
    return false;
}

/* Which keys belong to which actions. */
static void check_act_keys(const sim_config_builder *b, const sim_tree *item, sim_action action)
{
    static const struct {
        const char *key;
        unsigned actions;
    } uses[] = {
        {"profile", 1u << SIM_DO_LINK},
        {"up", 1u << SIM_DO_LINK},
        {"down", 1u << SIM_DO_LINK},
        {"delay", 1u << SIM_DO_LINK},
        {"queue", 1u << SIM_DO_LINK},
        {"loss", 1u << SIM_DO_LINK},
        {"ports", 1u << SIM_DO_BLOCK | 1u << SIM_DO_UNBLOCK},
        {"transport", 1u << SIM_DO_BLOCK | 1u << SIM_DO_UNBLOCK},
        {"answer", 1u << SIM_DO_BLOCK},
        {"firewall", 1u << SIM_DO_FIREWALL},
    };
    const sim_tree *action_name = sim_tree_get(item, "do");
    bool any_field = false;
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        const sim_tree *key = sim_tree_key(item, uses[i].key);
        any_field = any_field || (key && i < 6);
        if (key && !(uses[i].actions & 1u << action))
            sim_diagnostic_add(b->fill.diagnostics, &key->place, NULL, "'%s' means nothing with do: %s",
                               key->text, action_name->text);
    }
    const char *missing = action == SIM_DO_LINK && !any_field                                ? "profile"
                          : (uses[6].actions & 1u << action) && !sim_tree_get(item, "ports") ? "ports"
                          : action == SIM_DO_FIREWALL && !sim_tree_get(item, "firewall")     ? "firewall"
                                                                                             : NULL;
    if (missing)
        sim_diagnostic_add(b->fill.diagnostics, &action_name->place, NULL,
                           "do: %s needs %s:", action_name->text, missing);
}

static unsigned link_fields(const sim_tree *item)
{
    unsigned fields = 0;
    fields |= sim_tree_get(item, "profile") ? SIM_LINK_ALL : 0;
    fields |= sim_tree_get(item, "up") ? SIM_LINK_UP : 0;
    fields |= sim_tree_get(item, "down") ? SIM_LINK_DOWN : 0;
    fields |= sim_tree_get(item, "delay") ? SIM_LINK_DELAY : 0;
    fields |= sim_tree_get(item, "queue") ? SIM_LINK_QUEUE : 0;
    fields |= sim_tree_get(item, "loss") ? SIM_LINK_LOSS : 0;
    return fields;
}

/* The named profile with the single fields on top. */
static net_link_options act_link(const sim_config_builder *b, const sim_tree *item, const sim_raw_act *raw)
{
    net_link_options base = sim_config_profile(b, raw->profile), own = sim_config_link(&raw->link);
    unsigned fields = link_fields(sim_tree_without(b->fill.pool, item, "profile"));
    if (fields & SIM_LINK_UP)
        base.up_bps = own.up_bps;
    if (fields & SIM_LINK_DOWN)
        base.down_bps = own.down_bps;
    if (fields & SIM_LINK_DELAY) {
        base.delay_ns = own.delay_ns;
        base.jitter_ns = own.jitter_ns;
    }
    if (fields & SIM_LINK_QUEUE) {
        base.queue_ns = own.queue_ns;
        base.queue_bytes = own.queue_bytes;
    }
    if (fields & SIM_LINK_LOSS)
        base.loss = own.loss;
    return base;
}

static void read_act(sim_config_builder *b, const sim_tree *item, sim_act *act)
{
    sim_raw_act raw = {.action = -1};
    sim_fill_section(&b->fill, "timeline[]", item, NULL, &item->place, SIM_WHOLE, &raw);
    if (item->kind != SIM_TREE_MAP || raw.action < 0)
        return;
    *act = (sim_act){
        .at_ns = raw.at,
        .for_ns = raw.duration,
        .action = (sim_action)raw.action,
        .what_text = raw.what,
        .share = raw.share,
        .link_fields = link_fields(item),
        .link = act_link(b, item, &raw),
        .ports = raw.ports,
        .transport = raw.transport == 1   ? SIM_TRANSPORT_UDP
                     : raw.transport == 2 ? SIM_TRANSPORT_TCP
                                          : SIM_TRANSPORT_BOTH,
        .answer = raw.answer ? SIM_ANSWER_REFUSE : SIM_ANSWER_DROP,
        .firewall_name = raw.firewall,
        .firewall = sim_config_firewall(raw.firewall),
        .place = item->place,
    };
    check_act_keys(b, item, act->action);
    if (raw.what)
        select_hosts(b, raw.what, sim_config_place(b, item, "what"), &act->what);
}

/* A list under a key of the top, or one value as a list of one; NULL if there is none. */
static size_t items_of(const sim_config_builder *b, const char *key, bool list_only,
                       const sim_tree *const **ret)
{
    const sim_tree *list = sim_tree_get(b->root, key);
    if (!list)
        return 0;
    if (list->kind == SIM_TREE_LIST) {
        *ret = list->value;
        return list->n;
    }
    if (list_only || list->kind == SIM_TREE_MAP) {
        sim_fill_is(&b->fill, list, SIM_TREE_LIST, "a list: - …");
        return 0;
    }
    const sim_tree **one = sim_tree_reserve(b->fill.pool, sizeof *one);
    one[0] = list;
    *ret = one;
    return 1;
}

static void read_timeline(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_timeline = items_of(b, "timeline", true, &items);
    c->timeline = sim_tree_reserve(b->fill.pool, c->n_timeline * sizeof *c->timeline);
    for (size_t i = 0; i < c->n_timeline; i++)
        read_act(b, items[i], &c->timeline[i]);
}

static void read_capture(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_capture = items_of(b, "capture", false, &items);
    c->capture = sim_tree_reserve(b->fill.pool, c->n_capture * sizeof *c->capture);
    for (size_t i = 0; i < c->n_capture; i++) {
        sim_selection selection;
        c->capture[i] = "";
        if (!sim_fill_is(&b->fill, items[i], SIM_TREE_SCALAR, "peer-1"))
            continue;
        c->capture[i] = items[i]->text;
        if (select_hosts(b, items[i]->text, &items[i]->place, &selection) && selection.index == 0)
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
    c->n_measure = items_of(b, "measure", false, &items);
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
    if (plot->peer && select_hosts(b, plot->peer, sim_config_place(b, item, "peer"), &selection) &&
        (selection.index == 0 || selection.role != SIM_ROLE_PEER))
        sim_config_complain(b, sim_config_place(b, item, "peer"), "e.g. peer-1", "a ladder is of one peer");
}

static void read_plots(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_plots = items_of(b, "plots", true, &items);
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
    c->n_expect = items_of(b, "expect", false, &items);
    c->expect = sim_tree_reserve(b->fill.pool, c->n_expect * sizeof *c->expect);
    for (size_t i = 0; i < c->n_expect; i++)
        sim_expect_read(&b->fill, items[i], b->options, &c->expect[i]);
}

void sim_agenda_read(sim_config_builder *b)
{
    read_timeline(b);
    read_capture(b);
    read_measure(b);
    read_plots(b);
    read_expect(b);
}
