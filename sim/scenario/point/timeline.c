/* timeline.c - `timeline:`, what happens to the world. */
#include <string.h>

#include "sim/scenario/point/config_private.h"

/* Which keys belong to which actions. */
static void check_act_keys(const sim_config_builder *b, const sim_tree *item, sim_action action)
{
    const unsigned of_links = 1u << SIM_DO_LINK, of_departures = 1u << SIM_DO_KILL | 1u << SIM_DO_QUIT;
    const struct {
        const char *key;
        unsigned actions;
    } uses[] = {
        {"profile", of_links},
        {"up", of_links},
        {"down", of_links},
        {"delay", of_links},
        {"queue", of_links},
        {"loss", of_links},
        {"ports", 1u << SIM_DO_BLOCK | 1u << SIM_DO_UNBLOCK},
        {"transport", 1u << SIM_DO_BLOCK | 1u << SIM_DO_UNBLOCK},
        {"answer", 1u << SIM_DO_BLOCK},
        {"firewall", 1u << SIM_DO_FIREWALL},
        {"nat", 1u << SIM_DO_ROAM | 1u << SIM_DO_ROUTER},
        {"for", ~(1u << SIM_DO_REBOOT | 1u << SIM_DO_READDRESS | 1u << SIM_DO_ROUTER | 1u << SIM_DO_ADD |
                  1u << SIM_DO_HEAL | of_departures)},
        {"back", of_departures},
        {"within", of_departures | 1u << SIM_DO_RESTART | 1u << SIM_DO_ADD},
        {"from", 1u << SIM_DO_PARTITION},
        {"by", 1u << SIM_DO_SLOW},
        {"how", 1u << SIM_DO_POISON},
        {"pick", of_departures | 1u << SIM_DO_FAIL | 1u << SIM_DO_RESTART},
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
                          : action == SIM_DO_ROUTER && !sim_tree_get(item, "nat")            ? "nat"
                          : action == SIM_DO_SLOW && !sim_tree_get(item, "by")               ? "by"
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

/* Servers keep their addresses, by which everybody knows them. */
static void check_movers(const sim_config_builder *b, const sim_tree *item, const sim_act *act)
{
    const bool is_move = act->action == SIM_DO_REBOOT || act->action == SIM_DO_READDRESS ||
                         act->action == SIM_DO_ROAM || act->action == SIM_DO_ROUTER;
    const sim_role role = act->what.role;
    if (is_move && role != SIM_ROLE_PEER && role != SIM_ROLE_CALLER && role != SIM_ROLE_CALLEE)
        sim_diagnostic_add(b->fill.diagnostics, sim_config_place(b, item, "what"), "e.g. peers, or peer-1",
                           "do: %s is of peers only", sim_tree_get(item, "do")->text);
}

static void check_servers_only(const sim_config_builder *b, const sim_tree *item, const sim_act *act)
{
    const bool is_supernode = act->what.role == SIM_ROLE_SUPERNODE;
    if (act->action == SIM_DO_ADD && (!act->what.is_dedicated || b->config->supernodes.dedicated == 0))
        sim_config_complain(b, sim_config_place(b, item, "what"),
                            "write `what: dedicated`, and how many there are under supernodes: dedicated: 20",
                            "only dedicated supernodes can be added");
    if (act->action == SIM_DO_POISON && !is_supernode)
        sim_config_complain(b, sim_config_place(b, item, "what"), "write `what: supernodes`, and a share",
                            "only supernodes can poison the index");
}

static void check_pick(const sim_config_builder *b, const sim_tree *item, const sim_act *act)
{
    if (act->pick == SIM_PICK_BUSIEST && act->what.role != SIM_ROLE_SUPERNODE)
        sim_config_complain(b, sim_config_place(b, item, "what"), "write `what: supernodes`, and a share",
                            "only supernodes have children to be picked by");
}

static bool is_name(const char *text)
{
    return g_ascii_isalpha(text[0]) && !strpbrk(text, " ,;{}=\"\n.+");
}

/* Names are what expectations look for. */
static void check_name(const sim_config_builder *b, const sim_tree *item, const sim_act *act)
{
    const sim_config *c = b->config;
    if (!act->name || strchr(act->name, '$'))
        return;
    if (!is_name(act->name))
        sim_config_complain(b, sim_config_place(b, item, "name"), "letters, digits, - and _",
                            "not a name for an act");
    for (const sim_act *other = c->timeline; other < act; other++)
        if (other->name && strcmp(other->name, act->name) == 0)
            sim_config_complain(b, sim_config_place(b, item, "name"), NULL, "two acts have this name");
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
        .name = raw.name,
        .what_text = raw.what,
        .has_from = raw.from != NULL,
        .within_ns = raw.within,
        .back = raw.back.law,
        .by_ns = raw.by,
        .poison = (sim_poison)raw.how,
        .share = raw.share,
        .pick = (sim_pick)raw.pick,
        .link_fields = link_fields(item),
        .link = act_link(b, item, &raw),
        .ports = raw.ports,
        .transport = raw.transport == 1   ? SIM_TRANSPORT_UDP
                     : raw.transport == 2 ? SIM_TRANSPORT_TCP
                                          : SIM_TRANSPORT_BOTH,
        .answer = raw.answer ? SIM_ANSWER_REFUSE : SIM_ANSWER_DROP,
        .firewall_name = raw.firewall,
        .firewall = sim_config_firewall(raw.firewall),
        .has_nat = sim_tree_get(item, "nat") != NULL,
        .nat = raw.nat.options,
        .place = item->place,
    };
    check_act_keys(b, item, act->action);
    check_name(b, item, act);
    if (raw.from)
        sim_config_select(b, raw.from, sim_config_place(b, item, "from"), &act->from);
    if (act->action == SIM_DO_ROUTER && act->has_nat && (!act->nat.name || act->nat.pool > 1))
        sim_diagnostic_add(b->fill.diagnostics, sim_config_place(b, item, "nat"), "e.g. nat: symmetric",
                           "the new router translates, and has the one address of the old");
    if (!raw.what || !sim_config_select(b, raw.what, sim_config_place(b, item, "what"), &act->what))
        return;
    check_movers(b, item, act);
    check_servers_only(b, item, act);
    check_pick(b, item, act);
}

void sim_timeline_read(sim_config_builder *b)
{
    const sim_tree *const *items = NULL;
    sim_config *c = b->config;
    c->n_timeline = sim_config_items(b, b->root, "timeline", true, &items);
    c->timeline = sim_tree_reserve(b->fill.pool, c->n_timeline * sizeof *c->timeline);
    for (size_t i = 0; i < c->n_timeline; i++)
        read_act(b, items[i], &c->timeline[i]);
}
