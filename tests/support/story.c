#include "tests/support/story.h"

#include <string.h>

static const uint16_t web_ports[] = {80, 443};

#define HOST(ctx)   ((story_host *)(ctx))

static size_t local_addresses(void *ctx, uint32_t *ret_addresses, size_t max)
{
    if (max > 0)
        ret_addresses[0] = HOST(ctx)->ip;
    return 1;
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    net_random_bytes(&HOST(ctx)->random, out, len);
}

static int keep(void *ctx, const char *key, const uint8_t *data, size_t len)
{
    return sim_registry_keep(HOST(ctx)->registry, key, data, len);
}

static size_t load(void *ctx, const char *key, uint8_t *out, size_t max)
{
    return sim_registry_load(HOST(ctx)->registry, key, out, max);
}

static void trace(void *ctx, const pl_event *event)
{
    story_host *host = ctx;
    story *s = host->story;
    g_array_append_val(host->records, ((story_record){story_now(s), *event}));
    if (s->awaited_host == host && s->awaited_event == event->id)
        s->ops->stop(s->engine);
}

static const pl_port_ops port_ops = {
    SIM_STACK_PORT_OPS,
    .local_addresses = local_addresses,
    .random = random_bytes,
    .keep = keep,
    .load = load,
    .trace = trace,
};

pl_port story_port(story_host *host)
{
    return (pl_port){&port_ops, host};
}

pl_time story_now(const story *s)
{
    return s->ops->now(s->engine);
}

static void arm(story_host *host);

static void on_tick(void *ctx, void *arg, pl_time now)
{
    story_host *host = ctx;
    if (host->life != GPOINTER_TO_UINT(arg) || host->armed_at > now)
        return;
    host->armed_at = PL_NEVER;
    pl_node_input(host->node, &(pl_input){.kind = PL_INPUT_TICK}, now);
    arm(host);
}

/* One timer a node, moved only when the deadline moves earlier. */
static void arm(story_host *host)
{
    story *s = host->story;
    if (!host->node || pl_node_deadline(host->node) >= host->armed_at)
        return;
    host->armed_at = MAX(pl_node_deadline(host->node), story_now(s));
    s->ops->at(s->engine, host->armed_at, on_tick, host, GUINT_TO_POINTER(host->life));
}

static size_t stranger_input(story_host *host, const pl_input *input, pl_time now)
{
    g_array_append_val(host->heard, ((story_heard){now, input->kind, input->id, input->cause, input->len}));
    if (input->kind == PL_INPUT_DATA)
        g_byte_array_append(host->received, input->data, (guint)input->len);
    if (host->reflex)
        host->reflex(host, input, now);
    return input->len;
}

static size_t on_input(void *ctx, const pl_input *input, pl_time now)
{
    story_host *host = ctx;
    if (host->machine)
        return host->machine(host->machine_ctx, input, now);
    if (host->role == STORY_STRANGER)
        return stranger_input(host, input, now);
    if (!host->node)
        return input->len;
    size_t consumed = pl_node_input(host->node, input, now);
    arm(host);
    return consumed;
}

static bool is_cut(const story *s, const story_host *from, uint32_t to)
{
    for (guint i = 0; i < s->cuts->len; i += 2) {
        const story_host *a = g_array_index(s->cuts, story_host *, i);
        const story_host *b = g_array_index(s->cuts, story_host *, i + 1);
        if ((a == from && b->outside == to) || (b == from && a->outside == to))
            return true;
    }
    return false;
}

static void send_packet(void *ctx, sim_host number, const net_packet *packet, pl_time now)
{
    story *s = ctx;
    story_host *from = g_ptr_array_index(s->hosts, number);
    if (is_cut(s, from, packet->destination.ip))
        return;
    if (s->filter && !s->filter(s->filter_ctx, from, packet, now))
        return;
    s->inner.send(s->inner.network, number, packet, now);
}

static void start_node(story_host *host)
{
    static const pl_node_role roles[] = {[STORY_SERVER] = PL_NODE_LOGIN_SERVER,
                                         [STORY_SUPERNODE] = PL_NODE_SUPERNODE,
                                         [STORY_CLIENT] = PL_NODE_CLIENT};
    story *s = host->story;
    bool is_client = host->role == STORY_CLIENT;
    host->node = pl_node_new(&(pl_node_options){.port = story_port(host),
                                                .config = &host->config,
                                                .suite = s->suite,
                                                .network = &host->network,
                                                .epoch = s->epoch,
                                                .role = roles[host->role],
                                                .listen_port = is_client ? 0 : STORY_PORT,
                                                .web_ports = web_ports,
                                                .n_web_ports = is_client ? 0 : G_N_ELEMENTS(web_ports),
                                                .discovery = host->discovery,
                                                .supernode = &host->supernode,
                                                .server_keys = &s->keys,
                                                .icmp_policy = host->icmp,
                                                .relogin_policy = host->relogin,
                                                .election_policy = s->election,
                                                .resources = host->resources,
                                                .proxy = host->proxy});
    host->armed_at = PL_NEVER;
    for (size_t i = 0; host->role == STORY_SERVER && i < s->n_supernodes; i++)
        pl_node_add_account(host->node, s->accounts[i][0], s->accounts[i][1]);
    pl_node_start(host->node, story_now(s));
    arm(host);
}

static story_host *add_host(story *s, story_role role, uint32_t outside, const story_client_options *options)
{
    static const char *const names[] = {"server", "supernode", "client", "stranger"};
    const char *nat = options->nat, *firewall = options->firewall;
    story_host *host = g_new0(story_host, 1);
    *host =
        (story_host){.story = s, .role = role, .outside = outside, .config = s->config, .armed_at = PL_NEVER};
    host->ip = nat ? STORY_HOME_IP : outside;
    host->discovery = options->discovery;
    host->proxy = options->proxy;
    host->icmp = options->icmp ? pl_ping_policy_find(options->icmp) : NULL;
    host->resources = options->resources;
    host->relogin = options->relogin ? pl_relogin_policy_find(options->relogin) : NULL;
    g_snprintf(host->name, sizeof host->name, "%s-%u", names[role], s->hosts->len);
    host->records = g_array_new(FALSE, FALSE, sizeof(story_record));
    host->heard = g_array_new(FALSE, FALSE, sizeof(story_heard));
    host->received = g_byte_array_new();
    host->registry = sim_registry_new(NULL, NULL);
    net_random_init(&host->random, s->seed, 0, host->name, "node");
    host->network = (pl_network){.bootstrap = s->bootstrap,
                                 .n_bootstrap = MIN(s->n_supernodes, 7),
                                 .web_ports = web_ports,
                                 .n_web_ports = G_N_ELEMENTS(web_ports)};
    memcpy(host->network.server_sign_key, s->keys.sign.public_key, PL_KEY_BYTES);
    memcpy(host->network.server_dh_key, s->keys.dh.public_key, PL_KEY_BYTES);
    net_realm realm = NET_PUBLIC_REALM;
    if (nat)
        realm = net_realm_add(s->network, &(net_realm_options){.name = g_intern_string(host->name),
                                                               .parent = NET_PUBLIC_REALM,
                                                               .external_ip = outside,
                                                               .nat = *net_nat_preset(nat)});
    net_host_options net_host = {.name = host->name, .realm = realm, .ip = host->ip, .link = options->link};
    if (firewall)
        net_host.firewall = *net_firewall_preset(firewall);
    host->stack = (sim_stack_port){.ops = s->ops, .engine = s->engine};
    host->stack.host = net_host_add(s->network, &net_host);
    g_ptr_array_add(s->hosts, host);
    s->ops->host_add(s->engine, host->stack.host,
                     &(sim_host_options){.ip = host->ip,
                                         .profile = sim_stack_profile_find(s->stack),
                                         .input = on_input,
                                         .input_ctx = host});
    return host;
}

static void add_server(story *s, const char *firewall)
{
    s->server =
        add_host(s, STORY_SERVER, STORY_LOGIN_SERVER_IP, &(story_client_options){.firewall = firewall});
    for (size_t i = 0; i < s->n_supernodes; i++) {
        g_snprintf(s->accounts[i][0], sizeof s->accounts[i][0], "supernode-%zu", i);
        g_snprintf(s->accounts[i][1], sizeof s->accounts[i][1], "relays-at-night-%zu", i);
    }
    start_node(s->server);
}

static void add_supernode(story *s, size_t i, const story_options *options)
{
    story_host *host = s->supernode[i] =
        add_host(s, STORY_SUPERNODE, s->bootstrap[i].ip,
                 &(story_client_options){.firewall = options->supernode_firewall});
    host->supernode = (pl_node_supernode){.own_address = s->bootstrap[i],
                                          .login_servers = s->servers,
                                          .n_login_servers = 1,
                                          .known = s->known,
                                          .n_known = s->n_supernodes,
                                          .name = s->accounts[i][0],
                                          .password = s->accounts[i][1]};
    if (options->pairing == STORY_IN_PAIRS && (i ^ 1) < s->n_supernodes)
        host->supernode.partner = s->bootstrap[i ^ 1];
    start_node(host);
}

static void draw_keys(story *s)
{
    net_random random;
    net_random_init(&random, s->seed, 0, "login-server", "keys");
    net_random_bytes(&random, s->keys.sign.private_key, PL_KEY_BYTES);
    net_random_bytes(&random, s->keys.dh.private_key, PL_KEY_BYTES);
    s->suite->sign_public(s->keys.sign.public_key, s->keys.sign.private_key);
    s->suite->dh_public(s->keys.dh.public_key, s->keys.dh.private_key);
}

story *story_new(const story_options *options)
{
    story *s = g_new0(story, 1);
    pl_span one_way = options->one_way ? options->one_way : 50 * PL_MILLISECOND;
    s->ops = &sim_light_engine;
    s->suite = options->suite ? options->suite : &pl_suite_real;
    s->stack = options->stack ? options->stack : "linux";
    s->seed = options->seed;
    s->election = options->election ? pl_election_policy_find(options->election) : NULL;
    s->epoch = 1095206400; /* 15 September 2004 */
    s->n_supernodes = options->supernodes ? options->supernodes : 7;
    s->hosts = g_ptr_array_new();
    s->cuts = g_array_new(FALSE, FALSE, sizeof(story_host *));
    pl_config_init(&s->config);
    if (options->config)
        s->config = *options->config;
    draw_keys(s);
    s->network = net_new(
        &(net_options){.seed = s->seed, .latency = {.policy = "constant", .constant_ns = one_way}}, NULL);
    s->inner = net_face(s->network);
    s->engine = s->ops->create(&(sim_engine_options){.hosts_expected = 32, .seed = s->seed},
                               &(sim_network_face){.network = s, .send = send_packet});
    net_attach(s->network, s->ops, s->engine);
    s->servers[0] = (pl_addr){STORY_LOGIN_SERVER_IP, STORY_PORT};
    for (uint32_t i = 0; i < s->n_supernodes; i++) {
        s->bootstrap[i] = (pl_addr){STORY_SUPERNODE_IP + i, STORY_PORT};
        s->known[i] = (pl_cache_entry){s->bootstrap[i], (uint32_t)s->epoch};
    }
    add_server(s, options->server_firewall);
    for (size_t i = 0; i < s->n_supernodes; i++)
        add_supernode(s, i, options);
    return s;
}

static void free_host(story_host *host)
{
    pl_node_free(host->node);
    sim_registry_free(host->registry);
    g_array_unref(host->records);
    g_array_unref(host->heard);
    g_byte_array_unref(host->received);
    g_free(host);
}

void story_free(story *s)
{
    for (guint i = 0; i < s->hosts->len; i++)
        pl_node_free(g_steal_pointer(&((story_host *)g_ptr_array_index(s->hosts, i))->node));
    s->ops->destroy(s->engine);
    net_free(s->network);
    for (guint i = 0; i < s->hosts->len; i++)
        free_host(g_ptr_array_index(s->hosts, i));
    g_ptr_array_unref(s->hosts);
    g_array_unref(s->cuts);
    g_free(s);
}

story_host *story_add_client(story *s, const story_client_options *options)
{
    story_host *host = add_host(s, STORY_CLIENT, STORY_CLIENT_IP + s->n_outside++, options);
    if (options->cache_entries) {
        pl_port port = story_port(host);
        pl_node_seed_cache(&port, &host->config, s->known, MIN(options->cache_entries, s->n_supernodes));
    }
    start_node(host);
    return host;
}

story_host *story_add_stranger(story *s)
{
    return story_add_stranger_behind(s, &(story_client_options){0});
}

story_host *story_add_stranger_behind(story *s, const story_client_options *options)
{
    return add_host(s, STORY_STRANGER, STORY_CLIENT_IP + s->n_outside++, options);
}

story_host *story_add_machine(story *s, sim_input_fn machine, void *machine_ctx)
{
    story_host *host = story_add_stranger(s);
    host->machine = machine;
    host->machine_ctx = machine_ctx;
    return host;
}

void story_arm(story_host *host)
{
    arm(host);
}

void story_fail(story_host *host)
{
    story *s = host->story;
    s->ops->host_down(s->engine, host->stack.host);
    net_host_set_up(s->network, host->stack.host, false);
    pl_node_free(g_steal_pointer(&host->node));
    host->life++;
}

void story_restart(story_host *host)
{
    story *s = host->story;
    net_host_set_up(s->network, host->stack.host, true);
    s->ops->host_up(s->engine, host->stack.host, host->ip);
    start_node(host);
}

void story_cut(story_host *a, story_host *b)
{
    g_array_append_val(a->story->cuts, a);
    g_array_append_val(a->story->cuts, b);
}

void story_mend(story_host *a, story_host *b)
{
    GArray *cuts = a->story->cuts;
    for (guint i = cuts->len; i >= 2; i -= 2) {
        const story_host *x = g_array_index(cuts, story_host *, i - 2);
        const story_host *y = g_array_index(cuts, story_host *, i - 1);
        if ((x == a && y == b) || (x == b && y == a))
            g_array_remove_range(cuts, i - 2, 2);
    }
}

void story_set_firewall(story_host *host, const char *preset)
{
    net_host_set_firewall(host->story->network, host->stack.host, net_firewall_preset(preset));
}

void story_account(story *s, const char *name, const char *password)
{
    g_assert_cmpint(pl_node_add_account(s->server->node, name, password), ==, 0);
}

void story_log_in(story_host *host, const char *name, const char *password)
{
    g_assert_cmpint(pl_node_log_in(host->node, name, password, story_now(host->story)), ==, 0);
    arm(host);
}

void story_log_out(story_host *host)
{
    pl_node_log_out(host->node, story_now(host->story));
    arm(host);
}
