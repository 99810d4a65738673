#include "sim/scenario/config.h"

#include <string.h>
#include <unistd.h>

#include "sim/scenario/point/config_private.h"

/* Chosen: the budget of an idle peer, everything included (ns-3's stack costs 26 KiB more); it is the
 * estimate by which a scenario that cannot fit is refused before anything is built. */
#define BYTES_PER_HOST_LIGHT (16.0 * 1024)
#define BYTES_PER_HOST_NS3   (42.0 * 1024)

void sim_config_complain(const sim_config_builder *b, const sim_place *place, const char *hint,
                         const char *message)
{
    sim_diagnostic_add(b->fill.diagnostics, place, hint, "%s", message);
}

const sim_tree *sim_config_value(const sim_tree *map, const sim_tree *borrowed, const char *key)
{
    const sim_tree *value = map && map->kind == SIM_TREE_MAP ? sim_tree_get(map, key) : NULL;
    return value || !borrowed || borrowed->kind != SIM_TREE_MAP ? value : sim_tree_get(borrowed, key);
}

const sim_place *sim_config_place(const sim_config_builder *b, const sim_tree *map, const char *key)
{
    const sim_tree *value = map ? sim_tree_get(map, key) : NULL;
    return value ? &value->place : map ? &map->place : &b->root->place;
}

size_t sim_config_items(const sim_config_builder *b, const sim_tree *map, const char *key, bool list_only,
                        const sim_tree *const **ret)
{
    const sim_tree *list = sim_tree_get(map, key);
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

static bool is_folder_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= 100 && text[n] == 0 && text[0] != '-';
}

/* A damaged file is told before anything runs, like any other fault of the scenario. */
static void try_latency_file(sim_config_builder *b, const sim_place *place)
{
    const net_latency_policy *policy = net_latency_find(b->config->latency.policy);
    g_autofree char *error = NULL;
    net_latency *latency = policy ? policy->create(&b->config->latency, 0, 0, &error) : NULL;
    if (latency)
        policy->destroy(latency);
    else if (error)
        sim_diagnostic_add(b->fill.diagnostics, place, "the file must be mended first", "%s", error);
}

/* A file named in a scenario is looked for beside the file that names it. */
static void locate_latency_file(sim_config_builder *b)
{
    net_latency_options *latency = &b->config->latency;
    const sim_tree *network = sim_tree_get(b->root, "network");
    const sim_tree *value = network ? sim_tree_get(network, "latency") : NULL;
    if (!latency->file || !value)
        return;
    if (value->place.source && !sim_diagnostic_is_argument(value->place.source) && !g_path_is_absolute(latency->file)) {
        char *folder = g_path_get_dirname(value->place.source->name);
        char *path = g_build_filename(folder, latency->file, NULL);
        latency->file = sim_tree_keep(b->fill.pool, g_str_has_prefix(path, "./") ? path + 2 : path);
        g_free(path);
        g_free(folder);
    }
    if (access(latency->file, R_OK) != 0)
        sim_diagnostic_add(b->fill.diagnostics, &value->place,
                           "it is looked for beside the file that names it", "cannot read %s", latency->file);
    else
        try_latency_file(b, &value->place);
}

static void read_top(sim_config_builder *b)
{
    sim_raw_top raw = {.scenario = "", .about = "", .host_stack = ""};
    sim_config *c = b->config;
    const sim_tree *root = b->root, *name = sim_tree_get(root, "scenario");
    sim_fill_section(&b->fill, "", root, NULL, &root->place, SIM_WHOLE, &raw);
    sim_fill_section(&b->fill, "network", sim_tree_get(root, "network"), NULL, &root->place, SIM_WHOLE, &raw);
    c->scenario = raw.scenario;
    c->about = raw.about;
    c->latency = raw.latency;
    c->private_destinations = (net_private_destinations)raw.private_destinations;
    c->host_stack = raw.host_stack;
    c->discovery = raw.discovery ? SIM_YES : SIM_NO;
    if (name && name->kind == SIM_TREE_SCALAR && !is_folder_name(raw.scenario))
        sim_config_complain(b, &name->place, "letters, digits, - and _: it names the folder of results",
                            "not a name for a scenario");
    if (raw.format > 1)
        sim_config_complain(b, sim_config_place(b, root, "format"), "this release reads format 1",
                            "a newer format");
    locate_latency_file(b);
}

static void read_end(sim_config_builder *b, const sim_tree *run, const sim_raw_run *raw)
{
    sim_run_config *r = &b->config->run;
    bool has_until = run && sim_tree_get(run, "until"), has_limit = run && sim_tree_get(run, "limit");
    bool has_duration = run && sim_tree_get(run, "duration");
    r->until = !has_until         ? SIM_UNTIL_DURATION
               : raw->until == 1 ? SIM_UNTIL_ALL_PATHS_DONE
                                 : SIM_UNTIL_ALL_LOGGED_IN;
    r->duration_ns = has_until ? raw->limit : raw->duration;
    if (has_until && has_duration)
        sim_config_complain(b, sim_config_place(b, run, "until"), "keep one of them",
                            "duration and until exclude each other");
    else if (has_until && !has_limit)
        sim_config_complain(b, sim_config_place(b, run, "until"), "add limit: 10min, the latest end",
                            "until needs a limit");
    else if (has_limit && !has_until)
        sim_config_complain(b, sim_config_place(b, run, "limit"), "use duration, or add until: all-logged-in",
                            "limit goes with until");
    else if (!has_until && !has_duration)
        sim_config_complain(
            b, run ? &run->place : &b->root->place,
            "add duration: 10min to run:, or until: all-logged-in and limit:", "the run has no end");
}

static void read_precision(sim_config_builder *b, const sim_tree *map, int64_t replications)
{
    sim_precision_config *precision = &b->config->run.precision;
    sim_fill_section(&b->fill, "run.precision", map, NULL, &map->place, SIM_WHOLE, precision);
    if (map->kind != SIM_TREE_MAP)
        return;
    if (precision->most < replications)
        sim_config_complain(b, sim_config_place(b, map, "max"), "give at least run.replications",
                            "more replications are run in any case");
    char *wrong = precision->metric && precision->width && b->options->check_difference
                      ? b->options->check_difference(precision->metric, precision->width, NULL)
                      : NULL;
    if (wrong)
        sim_config_complain(b, sim_config_place(b, map, "metric"), NULL, wrong);
    g_free(wrong);
}

static void read_run(sim_config_builder *b)
{
    static const char *const levels[] = {"auto", "none", "calls", "protocol", "packets"};
    const sim_tree *run = sim_tree_get(b->root, "run");
    sim_raw_run raw = {.engine = "light"};
    sim_fill_section(&b->fill, "run", run, NULL, &b->root->place, SIM_WHOLE, &raw);
    b->config->run = (sim_run_config){.engine = raw.engine, .events = levels[0]};
    if (run && run->kind != SIM_TREE_MAP)
        return;
    read_end(b, run, &raw);
    sim_run_config *r = &b->config->run;
    r->engine = raw.engine;
    r->warmup_ns = MAX(raw.warmup, 0);
    r->finds_warmup = raw.warmup < 0 ? SIM_YES : SIM_NO;
    if (r->finds_warmup == SIM_YES && raw.sample == 0)
        sim_config_complain(b, sim_config_place(b, run, "warmup"), "add sample: 30s",
                            "a warm-up is found in what is sampled");
    if (run && sim_tree_get(run, "precision"))
        read_precision(b, sim_tree_get(run, "precision"), raw.replications);
    r->seed = raw.seed;
    r->replications = raw.replications;
    r->crypto = raw.crypto ? SIM_CRYPTO_SIZED : SIM_CRYPTO_REAL;
    r->codec = raw.codec ? SIM_CODEC_SIZED : SIM_CODEC_OPUS;
    r->deterministic = raw.deterministic ? SIM_YES : SIM_NO;
    r->epoch = raw.epoch;
    r->contacts = raw.contacts ? SIM_YES : SIM_NO;
    if (raw.contacts && raw.sample == 0)
        sim_config_complain(b, sim_config_place(b, run, "contacts"), "add sample: 10min",
                            "contacts are counted from sample to sample");
    r->sample_ns = raw.sample;
    r->events = levels[raw.events > 0 && raw.events < 5 ? raw.events : 0];
    if (r->warmup_ns > 0 && r->duration_ns > 0 && r->warmup_ns >= r->duration_ns)
        sim_config_complain(b, sim_config_place(b, run, "warmup"), "make it shorter than the run",
                            "the warm-up leaves nothing to measure");
}

net_link_options sim_config_link(const sim_raw_link *raw)
{
    return (net_link_options){
        .up_bps = raw->up,
        .down_bps = raw->down,
        .queue_ns = raw->queue.time_ns,
        .queue_bytes = raw->queue.bytes,
        .delay_ns = raw->delay.mean_ns,
        .jitter_ns = raw->delay.deviation_ns,
        .loss = raw->loss,
        .reorder = raw->reorder ? NET_REORDER_ALLOWED : NET_REORDER_NEVER,
        .state = NET_LINK_UP,
    };
}

static void read_profiles(sim_config_builder *b)
{
    sim_config *c = b->config;
    const sim_tree *profiles = sim_tree_get(b->root, "profiles");
    if (!sim_fill_is(&b->fill, profiles, SIM_TREE_MAP, "profiles: {dsl: {up: 128kbit/s, down: 512kbit/s}}"))
        return;
    c->n_profiles = profiles->n;
    c->profiles = sim_tree_reserve(b->fill.pool, profiles->n * sizeof *c->profiles);
    for (size_t i = 0; i < profiles->n; i++) {
        sim_raw_link raw = {.about = ""};
        const sim_tree *profile = profiles->value[i];
        sim_fill_section(&b->fill, "profiles.*", profile, NULL, &profile->place, SIM_WHOLE, &raw);
        c->profiles[i] = (sim_profile_config){profiles->key[i]->text, raw.about, sim_config_link(&raw)};
    }
}

net_link_options sim_config_profile(const sim_config_builder *b, const char *name)
{
    for (size_t i = 0; name && i < b->config->n_profiles; i++)
        if (strcmp(b->config->profiles[i].name, name) == 0)
            return b->config->profiles[i].link;
    return (net_link_options){0};
}

net_firewall_options sim_config_firewall(const char *name)
{
    const net_firewall_options *preset = name ? net_firewall_preset(name) : NULL;
    return preset ? *preset : (net_firewall_options){0};
}

static void read_servers(sim_config_builder *b, const char *section, sim_servers_config *servers)
{
    sim_raw_servers raw = {.link = NULL};
    sim_fill_section(&b->fill, section, sim_tree_get(b->root, section), NULL, &b->root->place, SIM_WHOLE,
                     &raw);
    *servers = (sim_servers_config){
        .count = raw.count + raw.dedicated,
        .dedicated = raw.dedicated,
        .dedicated_capacity = raw.dedicated_capacity,
        .link_name = raw.link,
        .link = sim_config_profile(b, raw.link),
        .firewall_name = raw.firewall,
        .firewall = sim_config_firewall(raw.firewall),
        .stack = raw.stack ? raw.stack : b->config->host_stack,
        .port = raw.port,
        .web_ports = raw.web_ports,
        .bootstrap = raw.bootstrap ? SIM_YES : SIM_NO,
        .pairs = raw.pairs ? SIM_YES : SIM_NO,
        .election = raw.election,
    };
}

static void read_protocol(sim_config_builder *b)
{
    const sim_tree *protocol = sim_tree_get(b->root, "protocol");
    const pl_config_row *rows = NULL;
    size_t n = pl_config_rows(&rows);
    pl_config_init(&b->config->protocol);
    if (!sim_fill_is(&b->fill, protocol, SIM_TREE_MAP, "protocol: {login.pause: 6s}"))
        return;
    for (size_t i = 0; i < protocol->n; i++) {
        sim_nearest nearest = sim_nearest_begin(protocol->key[i]->text);
        const pl_config_row *row = NULL;
        for (size_t j = 0; j < n; j++) {
            sim_nearest_offer(&nearest, rows[j].key);
            if (strcmp(rows[j].key, protocol->key[i]->text) == 0)
                row = &rows[j];
        }
        char buffer[96];
        if (!row) {
            sim_diagnostic_add(b->fill.diagnostics, &protocol->key[i]->place,
                               sim_nearest_hint(&nearest, buffer, sizeof buffer,
                                                "`partyline list keys protocol` shows what there is"),
                               "unknown key '%s'", protocol->key[i]->text);
            continue;
        }
        sim_schema_row as_row = {.key = row->key,
                                 .kind = row->unit == PL_UNIT_TIME ? SIM_KIND_TIME : SIM_KIND_COUNT,
                                 .low = row->least,
                                 .high = row->greatest};
        sim_fill_value(&b->fill, &as_row, protocol->value[i], (char *)&b->config->protocol + row->offset);
    }
}

static double machine_memory(const sim_config_builder *b)
{
    if (b->options->memory_bytes > 0)
        return b->options->memory_bytes;
    return (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

int64_t sim_config_hosts(const sim_config *config)
{
    return config->n_peers + 2 * config->matrix.n_cells + config->supernodes.count + config->login_servers.count +
           config->proxies.count;
}

bool sim_config_pings(const sim_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (strcmp(config->groups[i].icmp, "none") != 0)
            return true;
    for (size_t i = 0; i < config->matrix.n_kinds; i++)
        if (strcmp(config->matrix.kinds[i].group.icmp, "none") != 0)
            return true;
    return false;
}

bool sim_config_has_paths(const sim_config *config)
{
    return config->n_paths > 0 || config->matrix.n_cells > 0;
}

bool sim_config_has_searches(const sim_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (config->groups[i].searches.is_on)
            return true;
    return false;
}

bool sim_config_has_buddies(const sim_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (config->groups[i].buddies > 0)
            return true;
    return false;
}

static double bytes_per_host(const sim_config *config)
{
    return strcmp(config->run.engine, "ns3") == 0 ? BYTES_PER_HOST_NS3 : BYTES_PER_HOST_LIGHT;
}

double sim_config_memory(const sim_config *config)
{
    return (double)sim_config_hosts(config) * bytes_per_host(config);
}

static void check_size(sim_config_builder *b)
{
    sim_config *c = b->config;
    double need = sim_config_memory(c), have = machine_memory(b);
    char a[32], d[32], e[32], hint[160];
    const sim_tree *peers = sim_tree_get(b->root, "peers"), *supernodes = sim_tree_get(b->root, "supernodes");
    const sim_place *place = 2 * c->matrix.n_cells > c->n_peers + c->supernodes.count
                                 ? sim_config_place(b, b->root, "matrix")
                             : c->n_peers >= c->supernodes.count ? sim_config_place(b, peers, "count")
                                                                 : sim_config_place(b, supernodes, "count");
    if (need <= have)
        return;
    g_snprintf(hint, sizeof hint, "%s each on %s; this machine has %s",
               sim_units_bytes_text(bytes_per_host(c), a, sizeof a), c->run.engine,
               sim_units_bytes_text(have, d, sizeof d));
    sim_diagnostic_add(b->fill.diagnostics, place, hint, "%" G_GINT64_FORMAT " hosts need about %s of memory",
                       sim_config_hosts(c), sim_units_bytes_text(need, e, sizeof e));
}

static bool anyone_logs_in(const sim_config *config)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (config->groups[i].count > 0 && config->groups[i].log_in == SIM_YES)
            return true;
    return config->matrix.n_cells > 0;
}

/* Without either kind of server every log-in fails, after minutes: that is said before anything runs. */
static void check_servers(const sim_config_builder *b)
{
    static const struct {
        const char *section, *message;
    } servers[] = {
        {"supernodes", "peers log in, but there are no supernodes"},
        {"login_servers", "peers log in, but there is no login server"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(servers) && anyone_logs_in(b->config); i++) {
        /* The text, because a count that could not be read is 0 too, and has been told by then. */
        const sim_tree *section = sim_tree_get(b->root, servers[i].section);
        const sim_tree *count = section ? sim_tree_get(section, "count") : NULL;
        sim_problem ignored;
        int64_t n = 0;
        if (count && count->kind == SIM_TREE_SCALAR && sim_units_count(count->text, &n, &ignored) && n == 0)
            sim_config_complain(b, &count->place,
                                "every log-in would fail: give at least 1, or write `log_in: no` under `peers`",
                                servers[i].message);
    }
}

sim_config *sim_config_new(sim_tree_pool *pool, const sim_tree *root,
                           const struct sim_scenario_options *options, sim_diagnostics *diagnostics)
{
    sim_config_builder b = {.fill = {pool, diagnostics, root},
                            .root = root,
                            .options = options,
                            .config = sim_tree_reserve(pool, sizeof *b.config)};
    read_top(&b);
    read_run(&b);
    read_profiles(&b);
    read_servers(&b, "supernodes", &b.config->supernodes);
    sim_churn_read(&b, "supernodes.churn", sim_tree_get(root, "supernodes"), NULL, &b.config->supernodes.churn);
    read_servers(&b, "login_servers", &b.config->login_servers);
    sim_population_read(&b);
    sim_matrix_read(&b);
    sim_population_check(&b);
    sim_proxies_read(&b);
    sim_paths_read(&b);
    sim_searches_find(&b);
    sim_buddies_check(&b);
    sim_timeline_read(&b);
    read_protocol(&b);
    sim_agenda_read(&b);
    check_size(&b);
    check_servers(&b);
    if (strcmp(b.config->run.events, "auto") == 0)
        b.config->run.events = b.config->n_peers + 2 * b.config->matrix.n_cells > 1000 ? "calls" : "protocol";
    return b.config;
}
