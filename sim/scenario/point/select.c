/* select.c - which hosts a text names: peers, supernode-3, the name of a group. */
#include <string.h>

#include "sim/scenario/point/config_private.h"

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
    {SIM_ROLE_CALLER, "callers", "caller"},
    {SIM_ROLE_CALLEE, "callees", "callee"},
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
    case SIM_ROLE_CALLER:
    case SIM_ROLE_CALLEE:
        return config->matrix.n_cells;
    case SIM_ROLE_PROXY:
        return config->proxies.count;
    case SIM_ROLE_LANDMARK:
        return 0; /* nobody can name one */
    case SIM_ROLE_ALL:
        return sim_config_hosts(config);
    }
    g_assert_not_reached();
}

/* A group or a kind of that name, or NULL; offers all names that there are. */
static const sim_group_config *find_group(const sim_config *config, const char *text, sim_nearest *nearest)
{
    const size_t n = config->n_groups + config->matrix.n_kinds;
    for (size_t i = 0; i < n; i++) {
        const sim_group_config *group =
            i < config->n_groups ? &config->groups[i] : &config->matrix.kinds[i - config->n_groups].group;
        if (!group->name)
            continue;
        if (strcmp(group->name, text) == 0)
            return group;
        sim_nearest_offer(nearest, group->name);
    }
    return NULL;
}

bool sim_config_select(const sim_config_builder *b, const char *text, const sim_place *place,
                       sim_selection *ret)
{
    const sim_config *c = b->config;
    sim_nearest nearest = sim_nearest_begin(text);
    sim_nearest_offer(&nearest, "all");
    *ret = (sim_selection){.role = SIM_ROLE_ALL};
    if (strcmp(text, "all") == 0)
        return true;
    sim_nearest_offer(&nearest, "dedicated");
    if (strcmp(text, "dedicated") == 0) {
        *ret = (sim_selection){.role = SIM_ROLE_SUPERNODE, .is_dedicated = true};
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(role_names); i++) {
        const role_name *r = &role_names[i];
        int64_t index = index_of(text, r->one);
        if (r->role >= SIM_ROLE_CALLER && c->matrix.n_cells == 0)
            continue;
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
    const sim_group_config *group = find_group(c, text, &nearest);
    *ret = (sim_selection){.role = SIM_ROLE_PEER, .group = group};
    if (group)
        return true;
    char buffer[96];
    sim_diagnostic_add(
        b->fill.diagnostics, place,
        sim_nearest_hint(&nearest, buffer, sizeof buffer,
                         "supernodes, supernode-1, login-servers, peers, peer-1, all, or a group"),
        "no such hosts: '%s'", text);
    return false;
}
