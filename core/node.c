#include "core/node_internal.h"

#include "core/event.h"

#include <glib.h>

static size_t take_input(void *owner, const pl_input *input, pl_time now);

pl_node *pl_node_new(const pl_node_options *options)
{
    pl_node *node = g_new0(pl_node, 1);
    node->context = (pl_context){.port = options->port,
                                 .config = options->config,
                                 .suite = options->suite,
                                 .epoch = options->epoch};
    if (options->proxy.ip) {
        node->proxy = pl_proxy_new(&options->port, options->proxy, take_input, node);
        node->context.port = pl_proxy_port(node->proxy);
    }
    pl_deadlines_init(&node->context.deadlines);
    node->network = options->network;
    node->supernode_options = options->supernode;
    node->role = options->role;
    node->discovery_wanted = options->discovery;
    node->listen_port = options->listen_port;
    node->web_ports = options->web_ports;
    node->n_web_ports = options->n_web_ports;
    node->path_profile = options->path_profile ? options->path_profile : pl_path_profile_find("ours");
    node->nat_policy = options->nat_policy ? options->nat_policy : pl_nat_policy_find("login");
    node->icmp_policy = options->icmp_policy;
    node->search_policy = options->search_policy;
    if (!node->search_policy)
        pl_search_policies(&node->search_policy); /* the first is the default */
    node->election_policy =
        options->election_policy ? options->election_policy : pl_election_policy_find("none");
    if (node->election_policy->decide && options->role == PL_NODE_CLIENT && !options->proxy.ip) {
        node->candidate = g_new0(pl_node_candidate, 1);
        node->candidate->resources = options->resources;
    }
    node->relogin_policy =
        options->relogin_policy ? options->relogin_policy : pl_relogin_policy_find("none");
    if (options->role == PL_NODE_LOGIN_SERVER)
        node->login_server = pl_login_server_new(&node->context, options->server_keys);
    return node;
}

/* The machines' free functions abort streams, close sockets and take leave of relays; a node that is
 * forgotten must not. */
static void forget_id(void *ctx, pl_id id)
{
    (void)ctx, (void)id;
}

static void forget_event(void *ctx, const pl_event *event)
{
    (void)ctx, (void)event;
}

static int forget_datagram(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    (void)ctx, (void)socket, (void)to, (void)ttl, (void)data, (void)len;
    return 0;
}

static int forget_bytes(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    (void)ctx, (void)stream, (void)data;
    return (int)len;
}

static void no_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
}

static const pl_port_ops silent_ops = {.tcp_abort = forget_id,
                                       .close = forget_id,
                                       .trace = forget_event,
                                       .udp_send = forget_datagram,
                                       .tcp_write = forget_bytes,
                                       .random = no_random};

void pl_node_free(pl_node *node)
{
    if (!node)
        return;
    node->context.port.ops = &silent_ops;
    pl_node_searches_clear(node);
    pl_node_paths_clear(node, 0);
    g_clear_pointer(&node->buddies, pl_buddies_free);
    pl_login_free(node->login);
    pl_nat_keeper_free(node->keeper);
    pl_supernode_free(node->supernode);
    pl_grant_free(node->grant);
    pl_login_server_free(node->login_server);
    if (node->identity)
        pl_bytes_wipe(node->identity, sizeof *node->identity);
    g_free(node->identity);
    g_free(node->candidate);
    g_free(node->paths.seen);
    pl_deadlines_clear(&node->context.deadlines);
    pl_proxy_free(node->proxy);
    g_free(node);
}

void pl_node_seed_cache(const pl_port *port, const pl_config *config, const pl_cache_entry *entries, size_t n)
{
    const pl_context context = {.port = *port, .config = config};
    pl_host_cache cache = {0};
    for (size_t i = 0; i < n; i++)
        pl_host_cache_add(&cache, entries[i], (size_t)config->cache_entries_max);
    pl_host_cache_keep(&cache, &context);
    pl_host_cache_clear(&cache);
}

static void trace_unavailable(pl_node *node, const char *transport, uint16_t port, int error)
{
    pl_trace(&node->context.port, PL_EVENT_PORT_UNAVAILABLE, pl_text(transport), pl_number(port),
             pl_text(pl_error_name(error)));
}

static void listen_tcp(pl_node *node, uint16_t port)
{
    const pl_port *world = &node->context.port;
    pl_id listener;
    int error = world->ops->tcp_listen(world->ctx, port, &listener);
    if (error < 0)
        trace_unavailable(node, "tcp", port, error);
}

/* One port for UDP and TCP, and TCP on the web ports where allowed (BS-04). */
static void bind_ports(pl_node *node)
{
    const pl_port *world = &node->context.port;
    int error = world->ops->udp_bind(world->ctx, node->listen_port, &node->socket);
    if (error < 0) {
        node->socket = 0;
        trace_unavailable(node, "udp", node->listen_port, error);
    }
    uint16_t port = node->socket ? world->ops->local_port(world->ctx, node->socket) : node->listen_port;
    listen_tcp(node, port);
    for (size_t i = 0; i < node->n_web_ports; i++)
        listen_tcp(node, node->web_ports[i]);
}

/* Discovery runs beside login and never gates it: it begins as soon as a supernode is known to serve. */
static void on_attached(void *owner, pl_addr supernode, pl_time now)
{
    pl_node *node = owner;
    if (node->discovery_wanted == PL_NODE_DISCOVERY_ON)
        pl_nat_keeper_online(node->keeper, supernode.ip, now);
}

/* Who is gone answers no keep-alive, and that says nothing of our box. */
static void on_detached(void *owner, pl_time now)
{
    pl_node *node = owner;
    pl_nat_keeper_offline(node->keeper);
    pl_node_searches_detached(node, now);
}

static void start_client(pl_node *node, pl_time now)
{
    if (node->candidate)
        node->candidate->there_since = PL_NEVER;
    node->keeper = pl_nat_keeper_new(&(pl_nat_keeper_options){
        .context = &node->context, .policy = node->nat_policy, .socket = node->socket});
    node->login = pl_login_new(&(pl_login_options){.context = &node->context,
                                                   .network = node->network,
                                                   .socket = node->socket,
                                                   .ping = node->icmp_policy,
                                                   .attached = on_attached,
                                                   .detached = on_detached,
                                                   .online = pl_node_buddies_online,
                                                   .offline = pl_node_buddies_offline,
                                                   .relogin = node->relogin_policy,
                                                   .election = node->candidate ? &pl_node_election : NULL,
                                                   .signals = &pl_node_signals,
                                                   .signals_owner = node,
                                                   .owner = node},
                               now);
}

void pl_node_start(pl_node *node, pl_time now)
{
    node->is_started = true;
    bind_ports(node);
    if (node->role == PL_NODE_SUPERNODE)
        pl_node_role_start_supernode(node, now);
    if (node->role == PL_NODE_CLIENT)
        start_client(node, now);
}

void pl_node_refuse(pl_node *node, int error, const char *what, pl_addr from)
{
    if (error >= 0)
        return;
    pl_trace(&node->context.port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text(what),
             pl_endpoint(from));
}

static int own_datagram(pl_node *node, const pl_input *input, pl_time now)
{
    pl_message message = {0};
    if (node->supernode && pl_supernode_is_for_relay(node->supernode, input->data, input->len))
        return pl_supernode_relay_datagram(node->supernode, input->from, input->data, input->len, now);
    int error = pl_message_read(&message, PL_CARRIER_DATAGRAM, input->data, input->len);
    if (error)
        return error;
    if (pl_node_searches_datagram(node, input->from, &message, &error, now))
        return error;
    error = PL_ERR_UNEXPECTED;
    if (node->supernode)
        error = pl_supernode_datagram(node->supernode, input->from, &message, now);
    if (node->login && error == PL_ERR_UNEXPECTED) /* a supernode that was elected is a client too */
        error = pl_login_datagram(node->login, input->from, &message, now);
    return error;
}

/* spec RFC 8489 §5: two zero bits, and ours begin with "PL"; the answers' class makes the first byte odd.  What asks is
 * for our relay, if we have one. */
static bool is_stun_of_keeper(const pl_node *node, const pl_input *input)
{
    return input->id == node->socket && input->len > 0 && input->data[0] < 4 &&
           (!node->supernode || input->data[0] % 2 == 1);
}

static void take_datagram(pl_node *node, const pl_input *input, pl_time now)
{
    int error = 0;
    bool is_keepers =
        node->keeper && (pl_nat_keeper_owns(node->keeper, input->id) || is_stun_of_keeper(node, input));
    if (is_keepers)
        pl_node_refuse(node,
                       pl_nat_keeper_input(node->keeper, input->id, input->from, input->data, input->len, now),
                       "stun", input->from);
    else if (node->supernode && input->id != node->socket && pl_supernode_owns_socket(node->supernode, input->id))
        pl_node_refuse(node,
                       pl_supernode_stun(node->supernode, input->id, input->from, input->data, input->len, now),
                       "stun", input->from);
    else if (pl_node_sessions_datagram(node, input, &error, now))
        pl_node_refuse(node, error, "path", input->from);
    else
        pl_node_refuse(node, own_datagram(node, input, now), "datagram", input->from);
}

static void take_accepted(pl_node *node, const pl_input *input, pl_time now)
{
    if (node->login_server)
        pl_login_server_accepted(node->login_server, input->id, input->from, now);
    else if (pl_node_sessions_accepted(node, input, now))
        return;
    else if (node->supernode)
        pl_supernode_accepted(node->supernode, input->id, input->from, now);
    else
        pl_node_lobby_accepted(node, input, now);
}

/* A stream is one machine's: the first that knows it.  A supernode that was elected has the machines of a client too. */

static void take_opened(pl_node *node, const pl_input *input, pl_time now)
{
    (void)((node->login && pl_login_opened(node->login, input->id, now)) ||
           pl_node_paths_opened(node, input->id, now) || pl_grant_opened(node->grant, input->id, now) ||
           (node->supernode && pl_supernode_opened(node->supernode, input->id, now)));
}

/* Every machine consumes all that it is given: its memory is bounded by a frame. */
static size_t take_data(pl_node *node, const pl_input *input, pl_time now)
{
    if (node->login_server)
        pl_login_server_data(node->login_server, input->id, input->data, input->len, now);
    else
        (void)((node->login && pl_login_data(node->login, input->id, input->data, input->len, now)) ||
               pl_node_paths_data(node, input->id, input->data, input->len, now) ||
               pl_grant_data(node->grant, input->id, input->data, input->len, now) ||
               (node->supernode && pl_supernode_data(node->supernode, input->id, input->data, input->len, now)));
    return input->len;
}

static void take_fin(pl_node *node, const pl_input *input, pl_time now)
{
    if (node->login_server)
        pl_login_server_fin(node->login_server, input->id, now);
    else
        (void)((node->login && pl_login_fin(node->login, input->id, now)) ||
               pl_node_paths_fin(node, input->id, now) || pl_grant_fin(node->grant, input->id, now) ||
               (node->supernode && pl_supernode_fin(node->supernode, input->id, now)));
}

static void take_writable(pl_node *node, const pl_input *input, pl_time now)
{
    if (node->login_server)
        pl_login_server_writable(node->login_server, input->id);
    else
        (void)((node->login && pl_login_writable(node->login, input->id)) ||
               pl_node_paths_writable(node, input->id, now) || pl_grant_writable(node->grant, input->id) ||
               (node->supernode && pl_supernode_writable(node->supernode, input->id)));
}

static void take_closed(pl_node *node, const pl_input *input, pl_time now)
{
    if (node->login_server)
        pl_login_server_closed(node->login_server, input->id, input->cause, now);
    else
        (void)((node->login && pl_login_closed(node->login, input->id, input->cause, now)) ||
               pl_node_paths_closed(node, input->id, input->cause, now) ||
               pl_grant_closed(node->grant, input->id, input->cause, now) ||
               (node->supernode && pl_supernode_closed(node->supernode, input->id, input->cause, now)));
}

static size_t take_input(void *owner, const pl_input *input, pl_time now)
{
    pl_node *node = owner;
    size_t consumed = 0;
    switch (input->kind) {
    case PL_INPUT_TICK:
        pl_deadlines_run(&node->context.deadlines, now);
        break;
    case PL_INPUT_DATAGRAM:
        take_datagram(node, input, now);
        break;
    case PL_INPUT_ACCEPTED:
        take_accepted(node, input, now);
        break;
    case PL_INPUT_OPENED:
        take_opened(node, input, now);
        break;
    case PL_INPUT_DATA:
        consumed = take_data(node, input, now);
        break;
    case PL_INPUT_FIN:
        take_fin(node, input, now);
        break;
    case PL_INPUT_WRITABLE:
        take_writable(node, input, now);
        break;
    case PL_INPUT_CLOSED:
        take_closed(node, input, now);
        break;
    case PL_INPUT_ICMP: /* a refused probe does not shorten the wait (BS-07) */
        break;
    case PL_INPUT_ECHO:
        if (node->login)
            pl_login_echo(node->login, input->from.ip, input->echo_sequence, now);
        break;
    case PL_INPUT_ADDRESS:
        pl_node_role_step_down(node, "address", now); /* its children know the old one */
        if (node->keeper)
            pl_nat_keeper_address_changed(node->keeper, now);
        break;
    }
    return consumed;
}

size_t pl_node_input(pl_node *node, const pl_input *input, pl_time now)
{
    return node->proxy ? pl_proxy_input(node->proxy, input, now) : take_input(node, input, now);
}

pl_time pl_node_deadline(const pl_node *node)
{
    return pl_deadlines_next(&node->context.deadlines);
}

int pl_node_log_in(pl_node *node, const char *name, const char *password, pl_time now)
{
    if (!node->login)
        return PL_ERR_UNEXPECTED;
    int error = pl_login_start(node->login, name, password, now);
    if (error == 0 && node->candidate && node->candidate->there_since == PL_NEVER)
        node->candidate->there_since = now; /* who logs in anew because he lost his supernode was there all the time */
    return error;
}

void pl_node_log_out(pl_node *node, pl_time now)
{
    pl_node_role_step_down(node, "logged-out", now);
    pl_node_role_retire(node);
    if (node->candidate)
        node->candidate->there_since = PL_NEVER;
    if (node->login)
        pl_login_stop(node->login, now);
}

int pl_node_add_account(pl_node *node, const char *name, const char *password)
{
    return node->login_server ? pl_login_server_add_account(node->login_server, name, password)
                              : PL_ERR_UNEXPECTED;
}

pl_node_role pl_node_role_of(const pl_node *node)
{
    return node->role;
}

pl_login_state pl_node_login_state(const pl_node *node)
{
    return node->login ? pl_login_state_of(node->login) : PL_LOGIN_IDLE;
}

pl_addr pl_node_supernode_address(const pl_node *node)
{
    return node->login ? pl_login_supernode(node->login) : (pl_addr){0};
}

const pl_nat_report *pl_node_nat_report(const pl_node *node)
{
    return node->keeper ? pl_nat_keeper_report(node->keeper) : NULL;
}

bool pl_node_is_open(const pl_node *node)
{
    return node->keeper && pl_nat_keeper_is_open(node->keeper);
}

uint64_t pl_node_nat_messages(const pl_node *node)
{
    return node->keeper ? pl_nat_keeper_messages(node->keeper) : 0;
}

size_t pl_node_cache_entries(const pl_node *node)
{
    return node->login ? pl_login_cache(node->login)->count : 0;
}

size_t pl_node_clients(const pl_node *node)
{
    if (node->login_server)
        return pl_login_server_sessions(node->login_server);
    return node->supernode ? pl_supernode_clients(node->supernode) : 0;
}

size_t pl_node_online(const pl_node *node)
{
    return node->supernode ? pl_supernode_online(node->supernode) : 0;
}

int pl_node_relay_account(const pl_node *node, const char *name, pl_turn_account *ret_account, pl_time now)
{
    return node->supernode ? pl_supernode_account(node->supernode, name, ret_account, now)
                           : PL_ERR_UNEXPECTED;
}

void pl_node_relay_statistics(const pl_node *node, pl_turn_server_stats *ret_stats)
{
    *ret_stats = (pl_turn_server_stats){0};
    if (node->supernode)
        pl_supernode_relay_statistics(node->supernode, ret_stats);
}

const pl_tally *pl_node_tally(const pl_node *node)
{
    return node->supernode ? pl_supernode_tally(node->supernode) : NULL;
}

bool pl_node_is_ready(const pl_node *node)
{
    switch (node->role) {
    case PL_NODE_CLIENT:
        return pl_node_login_state(node) == PL_LOGIN_ONLINE;
    case PL_NODE_SUPERNODE:
        return node->supernode && pl_supernode_is_serving(node->supernode);
    case PL_NODE_LOGIN_SERVER:
        return node->is_started;
    }
    return false;
}
