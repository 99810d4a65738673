#include "tests/support/pair.h"

#include <string.h>

#define HOST(ctx)   ((pair_host *)(ctx))
#define EPOCH       1095206400
#define OUTSIDE     0x51000001u /* 81.0.0.1 and on */
#define SUPERNODE   0x42000001u /* 66.0.0.1 and .2 */
#define HOME_IP     0xC0A80102u /* 192.168.1.2 */
#define CARRIER_IP  0x64400002u /* 100.64.0.2 and on */

static const uint16_t web_ports[] = {80, 443};

/* --- the port --- */

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

static void trace(void *ctx, const pl_event *event)
{
    pair_host *host = ctx;
    g_array_append_val(host->records, ((pair_record){pair_now(host->pair), *event}));
}

static const pl_port_ops port_ops = {
    SIM_STACK_PORT_OPS, .local_addresses = local_addresses, .random = random_bytes, .trace = trace};

pl_port pair_port(pair_host *host)
{
    return (pl_port){&port_ops, host};
}

pl_time pair_now(const pair *p)
{
    return p->ops->now(p->engine);
}

static void on_tick(void *ctx, void *arg, pl_time now)
{
    pair_host *host = ctx;
    (void)arg;
    if (host->armed_at > now)
        return;
    host->armed_at = PL_NEVER;
    pl_deadlines_run(&host->context.deadlines, now);
    pair_arm(host);
}

void pair_arm(pair_host *host)
{
    pl_time next = pl_deadlines_next(&host->context.deadlines);
    if (next >= host->armed_at)
        return;
    host->armed_at = MAX(next, pair_now(host->pair));
    host->pair->ops->at(host->pair->engine, host->armed_at, on_tick, host, NULL);
}

/* --- inputs --- */

static void refuse(pair_host *host, int error, const char *what, pl_addr from)
{
    pl_port port = pair_port(host);
    if (error < 0)
        pl_trace(&port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text(what), pl_endpoint(from));
}

/* A supernode, as far as paths need one. */
static void supernode_input(pair_host *host, const pl_input *input, pl_time now)
{
    pl_port port = pair_port(host);
    switch ((int)input->kind) {
    case PL_INPUT_DATAGRAM:
        if (pl_turn_server_owns(host->turn, input->id))
            pl_turn_server_relayed(host->turn, input->id, input->from, input->data, input->len, now);
        else if (input->id == host->main_socket)
            (void)pl_turn_server_datagram(host->turn, input->from, input->data, input->len, now);
        else
            (void)pl_stun_server_input(host->stun, input->id, input->from, input->data, input->len, now);
        return;
    case PL_INPUT_ACCEPTED:
        pl_turn_server_adopt(host->turn, input->id, input->from, now);
        return;
    case PL_INPUT_DATA:
        pl_turn_server_stream_data(host->turn, input->id, input->data, input->len, now);
        return;
    case PL_INPUT_WRITABLE:
        pl_turn_server_writable(host->turn, input->id);
        return;
    case PL_INPUT_FIN:
        pl_turn_server_fin(host->turn, input->id, now);
        return;
    case PL_INPUT_CLOSED:
        pl_turn_server_closed(host->turn, input->id, now);
        return;
    default:
        (void)port;
        return;
    }
}

/* What comes to the node's own web port is handed over once its first frame names the session. */
static bool web_data(pair_host *host, const pl_input *input, pl_time now)
{
    if (pl_path_session_of_frame(input->data, input->len) != (int64_t)pl_path_session(host->path))
        return false;
    pl_path_adopt(host->path, input->id, input->from, input->data, input->len, now);
    return true;
}

static void end_input(pair_host *host, const pl_input *input, pl_time now)
{
    int error = 0;
    if (!host->path)
        return;
    switch ((int)input->kind) {
    case PL_INPUT_DATAGRAM:
        if (pl_path_datagram(host->path, input->id, input->from, input->data, input->len, &error, now))
            refuse(host, error, "check", input->from);
        return;
    case PL_INPUT_ACCEPTED:
        (void)pl_path_accepted(host->path, input->listener, input->id, input->from, now);
        return;
    case PL_INPUT_OPENED:
        (void)pl_path_opened_stream(host->path, input->id, now);
        return;
    case PL_INPUT_DATA:
        if (!pl_path_data(host->path, input->id, input->data, input->len, now))
            (void)web_data(host, input, now);
        return;
    case PL_INPUT_WRITABLE:
        (void)pl_path_writable(host->path, input->id, now);
        return;
    case PL_INPUT_FIN:
        (void)pl_path_fin(host->path, input->id, now);
        return;
    case PL_INPUT_CLOSED:
        (void)pl_path_closed(host->path, input->id, input->cause, now);
        return;
    default:
        return;
    }
}

static size_t on_input(void *ctx, const pl_input *input, pl_time now)
{
    pair_host *host = ctx;
    if (host->turn)
        supernode_input(host, input, now);
    else if (host == host->pair->caller || host == host->pair->callee)
        end_input(host, input, now);
    else
        host->n_heard++;
    pair_arm(host);
    return input->len;
}

static void send_packet(void *ctx, sim_host number, const net_packet *packet, pl_time now)
{
    pair *p = ctx;
    pair_host *from = g_ptr_array_index(p->hosts, number);
    if (from == p->caller || from == p->callee)
        p->sent[from == p->callee]++;
    if (!p->filter || p->filter(p->ctx, from, packet, now))
        p->inner.send(p->inner.network, number, packet, now);
}

/* --- bodies --- */

typedef struct parcel {
    pair_host *to;
    size_t len;
    uint8_t body[PL_PATH_BODY_MAX];
} parcel;

static const pl_path_handler handler;

static pl_path_options options_of(pair_host *host)
{
    pair *p = host->pair;
    return (pl_path_options){.self = &host->self,
                             .peer = host == p->caller ? p->callee->name : p->caller->name,
                             .choice = p->options.choice,
                             .handler = &handler,
                             .owner = host};
}

static void on_parcel(void *ctx, void *arg, pl_time now)
{
    parcel *got = arg;
    pair_host *host = got->to;
    (void)ctx;
    int error = 0;
    if (host->path)
        error = pl_path_signal(host->path, got->body, got->len, now);
    else if (host == host->pair->callee && !host->ended) {
        pl_path_options options = options_of(host);
        host->path = pl_path_answer(&options, got->body, got->len, &error, now);
    }
    refuse(host, error, "body", (pl_addr){0});
    pair_arm(host);
    g_free(got);
}

static void on_signal(void *owner, pl_path *path, const uint8_t *body, size_t len, pl_time now)
{
    pair_host *host = owner;
    pair *p = host->pair;
    (void)path;
    parcel *sent = g_new0(parcel, 1);
    sent->to = host == p->caller ? p->callee : p->caller;
    sent->len = len;
    memcpy(sent->body, body, len);
    pl_span delay = p->options.signal_delay ? p->options.signal_delay : 150 * PL_MILLISECOND;
    if (body[1] == 3) /* a start */
        delay += p->options.start_delay;
    if (p->courier && !p->courier(p->ctx, host, sent->body, &sent->len, now)) {
        g_free(sent);
        return;
    }
    p->ops->at(p->engine, now + delay, on_parcel, NULL, sent);
}

static void on_want_relay(void *owner, pl_path *path, pl_time now)
{
    pair_host *host = owner;
    pair *p = host->pair;
    pl_turn_account account;
    if (p->options.no_relay)
        return;
    int which = host == p->callee && !p->options.one_supernode;
    pl_turn_server_account(p->supernodes[which]->turn, host->name, &account, now);
    pl_path_relay_account(path, &account, now);
}

static void on_opened(void *owner, pl_path *path, const pl_path_found *found, pl_time now)
{
    pair_host *host = owner;
    (void)path;
    host->opened = true;
    host->opened_at = now;
    host->found = *found;
}

static void on_received(void *owner, pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    pair_host *host = owner;
    (void)path;
    host->n_received++;
    host->received_at = now;
    g_byte_array_set_size(host->received, 0);
    g_byte_array_append(host->received, data, (guint)len);
    if (host->payload)
        host->payload(host, data, len, now);
}

static void on_ended(void *owner, pl_path *path, const char *cause, pl_time now)
{
    pair_host *host = owner;
    host->ended = true;
    host->ended_at = now;
    host->cause = cause;
    host->path = NULL;
    pl_path_free(path, now);
}

static const pl_path_handler handler = {.signal = on_signal,
                                        .want_relay = on_want_relay,
                                        .opened = on_opened,
                                        .received = on_received,
                                        .ended = on_ended};

/* --- hosts --- */

static pair_host *add_host(pair *p, const char *name, net_realm realm, uint32_t ip, const char *firewall)
{
    pair_host *host = g_new0(pair_host, 1);
    host->pair = p;
    host->ip = ip;
    host->armed_at = PL_NEVER;
    g_strlcpy(host->name, name, sizeof host->name);
    host->records = g_array_new(FALSE, FALSE, sizeof(pair_record));
    host->received = g_byte_array_new();
    net_random_init(&host->random, p->options.seed, 0, name, "node");
    host->context = (pl_context){
        .port = pair_port(host), .config = &p->config, .suite = p->suite, .epoch = EPOCH};
    pl_deadlines_init(&host->context.deadlines);
    net_host_options options = {.name = host->name, .realm = realm, .ip = ip};
    if (firewall)
        options.firewall = *net_firewall_preset(firewall);
    if (p->options.loss > 0 && strncmp(name, "supernode", 9) != 0)
        options.link.loss = (net_loss_options){.kind = NET_LOSS_INDEPENDENT, .probability = p->options.loss};
    host->stack = (sim_stack_port){.ops = p->ops, .engine = p->engine};
    host->stack.host = net_host_add(p->network, &options);
    g_ptr_array_add(p->hosts, host);
    p->ops->host_add(p->engine, host->stack.host,
                              &(sim_host_options){.ip = ip,
                                                  .profile = sim_stack_profile_find("linux"),
                                                  .input = on_input,
                                                  .input_ctx = host});
    return host;
}

static void add_supernode(pair *p, int which)
{
    char name[24];
    g_snprintf(name, sizeof name, "supernode-%d", which);
    pair_host *host = p->supernodes[which] =
        add_host(p, name, NET_PUBLIC_REALM, SUPERNODE + (uint32_t)which, NULL);
    pl_port port = pair_port(host);
    pl_id listener;
    g_assert_cmpint(port.ops->udp_bind(port.ctx, PAIR_SUPERNODE_PORT, &host->main_socket), ==, 0);
    g_assert_cmpint(port.ops->tcp_listen(port.ctx, PAIR_SUPERNODE_PORT, &listener), ==, 0);
    g_assert_cmpint(port.ops->tcp_listen(port.ctx, 80, &listener), ==, 0);
    g_assert_cmpint(port.ops->tcp_listen(port.ctx, 443, &listener), ==, 0);
    host->stun = pl_stun_server_new(&(pl_stun_server_options){.context = &host->context, .own_ip = host->ip});
    host->turn = pl_turn_server_new(&(pl_turn_server_options){.context = &host->context,
                                                              .own_address = {host->ip, PAIR_SUPERNODE_PORT},
                                                              .socket = host->main_socket});
}

static net_realm add_realm(pair *p, const char *name, net_realm parent, uint32_t external_ip,
                           const net_nat_options *nat)
{
    return net_realm_add(p->network, &(net_realm_options){.name = g_intern_string(name),
                                                          .parent = parent,
                                                          .external_ip = external_ip,
                                                          .nat = *nat});
}

/* --- what discovery would have found --- */

static void compose(pl_nat_report *report, const net_nat_options *box)
{
    static const pl_nat_mapping mappings[] = {PL_MAPPING_EI, PL_MAPPING_AD, PL_MAPPING_APD};
    static const pl_nat_filtering filterings[] = {PL_FILTERING_EI, PL_FILTERING_AD, PL_FILTERING_APD};
    report->mapping = MAX(report->mapping, mappings[box->mapping]);
    report->filtering = MAX(report->filtering, filterings[box->filtering]);
}

static bool blocks_udp(const char *firewall)
{
    return firewall && (strcmp(firewall, "udp-blocked") == 0 || strcmp(firewall, "web-only") == 0 ||
                        strcmp(firewall, "only-443") == 0);
}

static void make_report(pair_host *host, const pair_place *place, const net_nat_options *home)
{
    pl_nat_report report = {.udp = PL_UDP_OPEN, .mapping = PL_MAPPING_NONE, .filtering = PL_FILTERING_EI};
    if (home)
        compose(&report, home);
    if (place->carrier)
        compose(&report, net_nat_preset(place->carrier));
    if (place->firewall)
        report.filtering = PL_FILTERING_APD;
    if (blocks_udp(place->firewall))
        report = (pl_nat_report){.udp = PL_UDP_BLOCKED};
    host->report = report;
}

static void make_self(pair_host *host, const pair_place *place, const char *profile, int which)
{
    pair *p = host->pair;
    const pl_suite *suite = p->suite;
    net_random_bytes(&host->random, host->sign.private_key, PL_KEY_BYTES);
    net_random_bytes(&host->random, host->dh.private_key, PL_KEY_BYTES);
    suite->sign_public(host->sign.public_key, host->sign.private_key);
    suite->dh_public(host->dh.public_key, host->dh.private_key);
    host->credential.expires = EPOCH + 100000;
    g_strlcpy(host->credential.name, host->name, sizeof host->credential.name);
    memcpy(host->credential.sign_key, host->sign.public_key, PL_KEY_BYTES);
    memcpy(host->credential.dh_key, host->dh.public_key, PL_KEY_BYTES);
    pl_credential_issue(&host->credential, suite, &p->server);
    bool web = place->firewall && strcmp(place->firewall, "web-only") == 0;
    bool tls = place->firewall && strcmp(place->firewall, "only-443") == 0;
    host->self = (pl_path_self){.context = &host->context,
                                .profile = pl_path_profile_find(profile ? profile : "ours"),
                                .credential = &host->credential,
                                .sign = &host->sign,
                                .dh = &host->dh,
                                .server_sign_key = p->server.public_key,
                                .supernode = {p->supernodes[which]->ip, PAIR_SUPERNODE_PORT},
                                .partner_ip = p->options.no_partners ? 0 : p->supernodes[1 - which]->ip,
                                .supernode_tcp_port = web ? 80 : tls ? 443 : PAIR_SUPERNODE_PORT,
                                .web_ports = web_ports,
                                .n_web_ports = 2,
                                .report = p->options.no_reports ? NULL : &host->report,
                                .binding_lifetime = p->options.binding_lifetime};
    pl_port port = pair_port(host);
    for (size_t i = 0; i < G_N_ELEMENTS(web_ports); i++)
        g_assert_cmpint(port.ops->tcp_listen(port.ctx, web_ports[i], &host->web_listener), ==, 0);
}

static const net_nat_options *home_of(const pair_place *place)
{
    return place->home_box ? place->home_box : place->home ? net_nat_preset(place->home) : NULL;
}

/* The realm of an end, made or shared. */
static net_realm realm_of(pair *p, const pair_place *place, int which, net_realm caller_home, net_realm *carrier)
{
    const net_nat_options *home = home_of(place);
    bool second = which == 1;
    if (second && p->options.sharing == PAIR_ONE_HOME)
        return caller_home;
    net_realm parent = NET_PUBLIC_REALM;
    bool shares = second && p->options.sharing == PAIR_ONE_CARRIER;
    if (place->carrier && !shares)
        *carrier = add_realm(p, second ? "carrier-1" : "carrier-0", NET_PUBLIC_REALM, OUTSIDE + p->n_outside++,
                             net_nat_preset(place->carrier));
    if (place->carrier || shares)
        parent = *carrier;
    if (!home)
        return parent;
    uint32_t external = parent == NET_PUBLIC_REALM ? OUTSIDE + p->n_outside++ : CARRIER_IP + (uint32_t)which;
    return add_realm(p, second ? "home-1" : "home-0", parent, external, home);
}

static void add_ends(pair *p)
{
    const pair_options *o = &p->options;
    net_realm carrier = NET_PUBLIC_REALM;
    net_realm caller_home = realm_of(p, &o->caller, 0, 0, &carrier);
    net_realm callee_home = realm_of(p, &o->callee, 1, caller_home, &carrier);
    p->homes[0] = caller_home;
    p->homes[1] = callee_home;
    const pair_place *shared = o->sharing == PAIR_ONE_HOME ? &o->caller : &o->callee;
    uint32_t a = o->caller.ip, b = o->callee.ip;
    if (!a)
        a = caller_home == NET_PUBLIC_REALM ? OUTSIDE + p->n_outside++ : HOME_IP;
    if (!b)
        b = callee_home == NET_PUBLIC_REALM ? OUTSIDE + p->n_outside++
                                            : HOME_IP + (o->sharing == PAIR_ONE_HOME);
    p->caller = add_host(p, "alice", caller_home, a, o->caller.firewall);
    p->callee = add_host(p, "bob", callee_home, b, o->callee.firewall);
    make_report(p->caller, &o->caller, home_of(&o->caller));
    make_report(p->callee, shared, home_of(shared));
    make_self(p->caller, &o->caller, o->caller_profile, 0);
    make_self(p->callee, &o->callee, o->callee_profile, o->one_supernode ? 0 : 1);
}

pair *pair_new(const pair_options *options)
{
    pair *p = g_new0(pair, 1);
    p->options = *options;
    p->ops = options->engine ? options->engine : &sim_light_engine;
    p->suite = options->suite ? options->suite : &pl_suite_sized;
    p->hosts = g_ptr_array_new();
    pl_config_init(&p->config);
    if (options->config)
        p->config = *options->config;
    net_random random;
    net_random_init(&random, options->seed, 0, "login-server", "keys");
    net_random_bytes(&random, p->server.private_key, PL_KEY_BYTES);
    p->suite->sign_public(p->server.public_key, p->server.private_key);
    pl_span one_way = options->one_way ? options->one_way : PAIR_ONE_WAY;
    p->network = net_new(&(net_options){.seed = options->seed,
                                        .latency = {.policy = "constant", .constant_ns = one_way}},
                         NULL);
    p->inner = net_face(p->network);
    p->engine = p->ops->create(&(sim_engine_options){.hosts_expected = 8, .seed = options->seed},
                                        &(sim_network_face){.network = p, .send = send_packet});
    net_attach(p->network, p->ops, p->engine);
    add_supernode(p, 0);
    add_supernode(p, 1);
    for (size_t i = 0; i < 2 && !options->no_partners; i++)
        pl_stun_server_set_partner(p->supernodes[i]->stun, p->supernodes[1 - i]->ip);
    add_ends(p);
    return p;
}

pair_host *pair_add_stranger(pair *p, int home, uint32_t ip, uint16_t udp_port)
{
    char name[24];
    g_snprintf(name, sizeof name, "stranger-%u", p->hosts->len);
    pair_host *host = add_host(p, name, home < 0 ? NET_PUBLIC_REALM : p->homes[home], ip, NULL);
    pl_port port = pair_port(host);
    if (udp_port)
        g_assert_cmpint(port.ops->udp_bind(port.ctx, udp_port, &host->socket), ==, 0);
    return host;
}

static void free_host(pair_host *host)
{
    pl_deadlines_clear(&host->context.deadlines);
    g_array_unref(host->records);
    g_byte_array_unref(host->received);
    g_free(host);
}

void pair_free(pair *p)
{
    for (guint i = 0; i < p->hosts->len; i++) {
        pair_host *host = g_ptr_array_index(p->hosts, i);
        pl_path_free(g_steal_pointer(&host->path), pair_now(p));
        pl_stun_server_free(host->stun);
        pl_turn_server_free(host->turn);
        host->turn = NULL;
        host->ended = true;
    }
    /* Bodies that are still on their way are heard by nobody, and freed. */
    p->ops->run(p->engine, pair_now(p) + PL_SECOND);
    p->ops->destroy(p->engine);
    net_free(p->network);
    for (guint i = 0; i < p->hosts->len; i++)
        free_host(g_ptr_array_index(p->hosts, i));
    g_ptr_array_unref(p->hosts);
    g_free(p);
}

/* --- telling the story --- */

void pair_call(pair *p)
{
    pl_path_options options = options_of(p->caller);
    p->caller->path = pl_path_call(&options, pair_now(p));
    pair_arm(p->caller);
}

void pair_run(pair *p, pl_time until)
{
    p->ops->run(p->engine, until);
}

void pair_find(pair *p)
{
    pl_time limit = pair_now(p) + 2 * PL_MINUTE;
    pair_call(p);
    while (pair_now(p) < limit) {
        bool a = p->caller->opened || p->caller->ended, b = p->callee->opened || p->callee->ended;
        if (a && b)
            return;
        pair_run(p, pair_now(p) + 10 * PL_MILLISECOND);
    }
}

const char *pair_class(const pair *p)
{
    const pair_host *a = p->caller, *b = p->callee;
    if (!a->opened && !b->opened)
        return "failed";
    if (!a->opened || !b->opened || a->found.method != b->found.method || a->found.transport != b->found.transport)
        return "torn";
    return pl_path_class_name(a->found.method, a->found.transport);
}

size_t pair_count(const pair_host *host, pl_event_id event)
{
    size_t n = 0;
    for (guint i = 0; i < host->records->len; i++)
        n += g_array_index(host->records, pair_record, i).event.id == event;
    return n;
}

const pl_event *pair_last(const pair_host *host, pl_event_id event)
{
    for (guint i = host->records->len; i > 0; i--) {
        if (g_array_index(host->records, pair_record, i - 1).event.id == event)
            return &g_array_index(host->records, pair_record, i - 1).event;
    }
    return NULL;
}

size_t pair_refusals(const pair_host *host, const char *error)
{
    size_t n = 0;
    for (guint i = 0; i < host->records->len; i++) {
        const pl_event *event = &g_array_index(host->records, pair_record, i).event;
        n += event->id == PL_EVENT_REFUSED_INPUT && strcmp(event->value[0].text, error) == 0;
    }
    return n;
}
