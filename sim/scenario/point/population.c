#include <math.h>
#include <string.h>

#include "sim/scenario/point/config_private.h"

static sim_login login_of(int word)
{
    return word == 1 ? SIM_LOGIN_LATER : word == 2 ? SIM_LOGIN_BOTH : SIM_LOGIN_FIRST;
}

static sim_credentials credentials_of(int word)
{
    return word == 1   ? SIM_CREDENTIALS_WRONG_PASSWORD
           : word == 2 ? SIM_CREDENTIALS_UNKNOWN_USER
                       : SIM_CREDENTIALS_RIGHT;
}

sim_group_config sim_config_group(const sim_config_builder *b, const sim_raw_group *raw)
{
    return (sim_group_config){
        .name = raw->name,
        .count = raw->count,
        .link_name = raw->link,
        .link = sim_config_profile(b, raw->link),
        .nat_name = raw->nat.preset,
        .nat = raw->nat.options,
        .carrier = raw->carrier.options,
        .per_nat = MAX(raw->per_nat, 1),
        .per_carrier = MAX(raw->per_carrier, 1),
        .cpu = (uint32_t)raw->cpu,
        .memory = (uint32_t)raw->memory,
        .bandwidth = (uint32_t)raw->bandwidth,
        .isolated = raw->isolated > 0 ? SIM_YES : SIM_NO,
        .proxy = raw->proxy > 0 ? SIM_YES : SIM_NO,
        .traversal = raw->traversal,
        .nat_refresh = raw->nat_refresh,
        .icmp = raw->icmp,
        .relogin = raw->relogin,
        .firewall_name = raw->firewall,
        .firewall = sim_config_firewall(raw->firewall),
        .stack = raw->stack ? raw->stack : b->config->host_stack,
        .log_in = raw->log_in ? SIM_YES : SIM_NO,
        .login = login_of(raw->login),
        .arrive = raw->arrive,
        .again_after_ns = raw->again_after,
        .returns = raw->returns ? SIM_YES : SIM_NO,
        .credentials = credentials_of(raw->credentials),
        .cache = raw->cache,
        .port = raw->port,
        .web_ports = raw->web_ports,
    };
}

const sim_tree *sim_population_common(const sim_config_builder *b)
{
    static const char *const own[] = {"mix", "count", "name"};
    const sim_tree *peers = sim_tree_get(b->root, "peers");
    if (!peers || peers->kind != SIM_TREE_MAP)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        peers = sim_tree_without(b->fill.pool, peers, own[i]);
    return peers;
}

void sim_config_check_group_name(const sim_config_builder *b, const sim_tree *name, const char *text)
{
    static const char *const roles[] = {"all",       "supernodes", "login-servers", "same",
                                         "dedicated", "callers",    "callees"};
    if (strchr(text, '$'))
        return;
    bool bad = !g_ascii_isalpha(text[0]) || strpbrk(text, " ,;{}=\"\n");
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        bad = bad || strcmp(roles[i], text) == 0;
    if (bad)
        sim_config_complain(
            b, &name->place,
            "letters, digits, - and _; all, same, callers, callees, supernodes and login-servers are taken",
            "not a name for a group");
}

static void name_group(sim_config_builder *b, const sim_tree *item, size_t at, sim_raw_group *raw)
{
    const sim_tree *name = sim_tree_get(item, "name");
    if (!name || name->kind != SIM_TREE_SCALAR) {
        char text[32];
        g_snprintf(text, sizeof text, "group-%zu", at + 1);
        raw->name = sim_tree_keep(b->fill.pool, text);
        return;
    }
    for (size_t i = 0; i < at; i++)
        if (strcmp(b->config->groups[i].name, raw->name) == 0)
            sim_config_complain(b, &name->place, NULL, "two groups have this name");
    sim_config_check_group_name(b, name, raw->name);
}

/* What stands in the group's own map, and would do nothing; what it has from peers may be meant for others.
 */
static void check_place(const sim_config_builder *b, const sim_tree *item, const sim_group_config *group)
{
    const struct {
        const char *key, *message, *hint;
        bool is_vain;
    } vain[] = {
        {"per_nat", "hosts cannot share a home box that is not there", "add nat: port-restricted",
         group->per_nat > 1 && !group->nat.name},
        {"per_carrier", "homes cannot share a carrier's box that is not there", "add carrier: cgn",
         group->per_carrier > 1 && !group->carrier.name},
        {"isolated", "there is no LAN to be isolated in", "add nat: port-restricted",
         group->isolated == SIM_YES && !group->nat.name && !group->carrier.name},
    };
    for (size_t i = 0; item && i < G_N_ELEMENTS(vain); i++)
        if (vain[i].is_vain && sim_tree_key(item, vain[i].key))
            sim_config_complain(b, &sim_tree_key(item, vain[i].key)->place, vain[i].hint, vain[i].message);
}

/* With churn, the hours of the day are for those who come back; without it, for those who come. */
static void read_day(const sim_config_builder *b, const sim_tree *item, const sim_tree *common,
                     sim_group_config *group)
{
    const pl_span day = 24 * PL_HOUR;
    const sim_tree *arrive = sim_config_value(item, common, "arrive");
    const pl_time midnight = -(pl_time)(b->config->run.epoch % 86400) * PL_SECOND;
    group->day.peak = ((midnight + group->arrive.peak_ns) % day + day) % day;
    if (group->churn.n_classes == 0) {
        group->arrive.peak_ns = group->day.peak;
        return;
    }
    group->day.depth = group->arrive.depth;
    if (arrive && group->arrive.kind != SIM_ARRIVE_DIURNAL)
        sim_config_complain(b, &arrive->place, "use settle under churn, or arrive: diurnal(peak=20:00, swing=40%)",
                            "with churn, peers arrive when their gaps end");
    if (b->config->run.until == SIM_UNTIL_ALL_LOGGED_IN)
        sim_config_complain(b, sim_config_place(b, sim_tree_get(b->root, "run"), "until"), "use duration",
                            "with churn, log-ins never end");
    if (group->login == SIM_LOGIN_BOTH)
        sim_config_complain(b, sim_config_place(b, item, "login"), "the churn brings them back, with a cache",
                            "login: both and churn exclude each other");
}

static void read_life(sim_config_builder *b, const char *section, const sim_tree *item, const sim_tree *common,
                      sim_group_config *group)
{
    char path[64];
    if (item && item->kind != SIM_TREE_MAP)
        return;
    g_snprintf(path, sizeof path, "%s.churn", section);
    sim_churn_read(b, path, item, common, &group->churn);
    g_snprintf(path, sizeof path, "%s.searches", section);
    sim_searches_read(b, path, item, common, &group->searches);
    g_snprintf(path, sizeof path, "%s.buddies", section);
    sim_buddies_read(b, path, item, common, &group->buddies);
    read_day(b, item, common, group);
}

/* Hands the peers out by largest remainder, so that the counts add up to the total. */
static void share_out(sim_group_config *groups, const double *shares, size_t n, int64_t total)
{
    int64_t given = 0;
    for (size_t i = 0; i < n; i++) {
        groups[i].count = (int64_t)floor((double)total * shares[i] + 1e-9);
        given += groups[i].count;
    }
    for (; given < total; given++) {
        size_t best = 0;
        double most = -1;
        for (size_t i = 0; i < n; i++) {
            double rest = (double)total * shares[i] - (double)groups[i].count;
            if (rest > most + 1e-9) {
                most = rest;
                best = i;
            }
        }
        groups[best].count++;
    }
}

typedef struct mix_totals {
    size_t n_shares, n_counts;
    double shares;
    int64_t counts;
} mix_totals;

/* The one entry that takes what the others leave; a second would have nothing to take. */
static void fill_rest(const sim_config_builder *b, const sim_tree *mix, double *shares, mix_totals *t)
{
    size_t rest = mix->n;
    for (size_t i = 0; i < mix->n; i++) {
        if (shares[i] >= 0)
            continue;
        if (rest < mix->n)
            sim_config_complain(b, &sim_tree_get(mix->value[i], "share")->place, "give it a percentage",
                                "two entries of the mix want the rest");
        rest = i;
        shares[i] = 0;
    }
    if (rest == mix->n || t->shares > 1 + 1e-9)
        return;
    shares[rest] = MAX(1 - t->shares, 0);
    t->shares = 1;
}

static void check_mix(sim_config_builder *b, const sim_tree *peers, const sim_tree *mix, const mix_totals *t,
                      const double *shares)
{
    sim_config *c = b->config;
    bool has_count = sim_tree_get(peers, "count") != NULL;
    char hint[96];
    if (t->n_shares > 0 && t->n_counts > 0) {
        sim_config_complain(b, &mix->place, "give every entry a share, or every entry a count",
                            "shares and counts do not mix");
    } else if (t->n_shares + t->n_counts < mix->n) {
        sim_config_complain(b, &mix->place, "e.g. {share: 35%, nat: symmetric}",
                            "an entry of the mix has neither share nor count");
    } else if (t->n_shares > 0 && fabs(t->shares - 1) > 1e-9) {
        g_snprintf(hint, sizeof hint, "they add up to %.6g%%", t->shares * 100);
        sim_config_complain(b, &mix->place, hint, "the shares of the mix are not 100%");
    } else if (t->n_shares > 0 && !has_count) {
        sim_config_complain(b, &peers->place, "shares are of peers.count", "'peers.count' is missing");
    } else if (t->n_counts > 0 && has_count && t->counts != c->n_peers) {
        g_snprintf(hint, sizeof hint, "the mix has %" G_GINT64_FORMAT "; leave count out", t->counts);
        sim_config_complain(b, sim_config_place(b, peers, "count"), hint, "count and the mix disagree");
    } else if (t->n_shares > 0) {
        share_out(c->groups, shares, mix->n, c->n_peers);
    } else {
        c->n_peers = t->counts;
    }
}

static void read_mix(sim_config_builder *b, const sim_tree *peers, const sim_tree *mix)
{
    sim_config *c = b->config;
    const sim_tree *common = sim_population_common(b);
    mix_totals totals = {0};
    double *shares = sim_tree_reserve(b->fill.pool, mix->n * sizeof *shares);
    c->n_groups = mix->n;
    c->groups = sim_tree_reserve(b->fill.pool, mix->n * sizeof *c->groups);
    for (size_t i = 0; i < mix->n; i++) {
        const sim_tree *item = mix->value[i];
        sim_raw_group raw = {.name = ""};
        sim_fill_section(&b->fill, "peers.mix[]", item, common, &item->place, SIM_WHOLE, &raw);
        if (item->kind != SIM_TREE_MAP)
            continue;
        name_group(b, item, i, &raw);
        totals.n_shares += sim_tree_get(item, "share") != NULL;
        totals.n_counts += sim_tree_get(item, "count") != NULL;
        shares[i] = raw.share;
        totals.shares += MAX(raw.share, 0);
        totals.counts += raw.count;
        c->groups[i] = sim_config_group(b, &raw);
        check_place(b, item, &c->groups[i]);
        read_life(b, "peers.mix[]", item, common, &c->groups[i]);
    }
    fill_rest(b, mix, shares, &totals);
    check_mix(b, peers, mix, &totals, shares);
}

static void read_one_group(sim_config_builder *b, const sim_tree *peers)
{
    sim_config *c = b->config;
    sim_raw_group raw = {.name = "peers"};
    if (sim_tree_get(b->root, "matrix") && !(peers && sim_tree_get(peers, "count"))) {
        /* Nothing but defaults for the kinds. */
        sim_fill_section(&b->fill, "peers", peers, NULL, &b->root->place, SIM_PARTIAL, &raw);
        return;
    }
    sim_fill_section(&b->fill, "peers", peers, NULL, &b->root->place, SIM_WHOLE, &raw);
    const sim_tree *name = peers ? sim_tree_get(peers, "name") : NULL;
    if (name && name->kind == SIM_TREE_SCALAR)
        sim_config_check_group_name(b, name, raw.name);
    else
        raw.name = "peers";
    if (peers && !sim_tree_get(peers, "count"))
        sim_config_complain(b, &peers->place, "e.g. count: 40", "'peers.count' is missing");
    c->n_groups = 1;
    c->groups = sim_tree_reserve(b->fill.pool, sizeof *c->groups);
    c->groups[0] = sim_config_group(b, &raw);
    check_place(b, peers, &c->groups[0]);
    read_life(b, "peers", peers, NULL, &c->groups[0]);
    c->n_peers = raw.count;
}

/* A mistake that has been told may be the reason why nobody is there; a matrix tells its own. */
void sim_population_check(sim_config_builder *b)
{
    const sim_tree *peers = sim_tree_get(b->root, "peers");
    if (b->config->n_peers == 0 && !sim_tree_get(b->root, "matrix") && !b->has_bad_population)
        sim_config_complain(b, sim_config_place(b, peers, "count"), "give at least 1",
                            "a world without peers");
}

void sim_population_read(sim_config_builder *b)
{
    sim_config *c = b->config;
    const sim_tree *peers = sim_tree_get(b->root, "peers"), *mix = peers ? sim_tree_get(peers, "mix") : NULL;
    size_t before = sim_diagnostic_count(b->fill.diagnostics);
    if (mix && sim_fill_is(&b->fill, mix, SIM_TREE_LIST, "a list of {share: 35%, nat: symmetric}")) {
        sim_raw_group raw = {.name = ""};
        sim_fill_section(&b->fill, "peers", peers, NULL, &peers->place, SIM_PARTIAL, &raw);
        c->n_peers = raw.count;
        read_mix(b, peers, mix);
    } else {
        read_one_group(b, peers);
    }
    c->everybody = (sim_group_config){.name = "peers", .first = 1, .count = c->n_peers, .log_in = SIM_YES};
    for (size_t i = 0, first = 1; i < c->n_groups; i++) {
        c->groups[i].first = (int64_t)first;
        first += (size_t)c->groups[i].count;
        if (c->groups[i].count > 0 && c->groups[i].log_in == SIM_NO)
            c->everybody.log_in = SIM_NO;
    }
    b->has_bad_population = sim_diagnostic_count(b->fill.diagnostics) > before;
}
