/* node_sessions.c - sessions with other users: whom we call and who calls us, over a path of nat/path. */
#include "core/node_internal.h"

#include "core/event.h"
#include "core/nat/rate_limit.h"

#include <string.h>

struct pl_node_session {
    pl_node *node;
    char peer[PL_NAME_MAX + 1];
    pl_contact contact; /* of whom we call */
    pl_path_self self;
    /* Copies: an open path outlives the login that it was found with. */
    pl_credential credential;
    pl_identity identity;
    pl_path *path;
    pl_visit *visit;     /* the caller's, while it lasts */
    uint32_t handle;     /* the callee's: of the visit that brought the offer; 0 if we call */
    bool awaits_account; /* asked the supernode for an account at its relay */
    bool is_ending;
    pl_echo *echo;       /* what the caller sends, once the path is open */
    pl_echo_phase *phases;
    size_t n_phases;
};

static size_t n_sessions(const pl_node *node)
{
    return node->paths.sessions ? node->paths.sessions->len : 0;
}

static pl_node_session *session_at(const pl_node *node, size_t i)
{
    return g_ptr_array_index(node->paths.sessions, i);
}

static void session_free(pl_node_session *session, pl_time now)
{
    pl_node *node = session->node;
    session->is_ending = true;
    if (node->paths.sessions) {
        g_ptr_array_remove(node->paths.sessions, session);
        if (node->paths.sessions->len == 0)
            g_clear_pointer(&node->paths.sessions, g_ptr_array_unref);
    }
    pl_echo_free(session->echo);
    pl_path_free(session->path, now);
    pl_node_leave(node, session->visit);
    pl_bytes_wipe(&session->identity, sizeof session->identity);
    g_free(session->phases);
    g_free(session);
}

/* --- what the path wants --- */

static void on_visit_received(void *owner, pl_visit *visit, const uint8_t *body, size_t len, pl_time now)
{
    (void)visit;
    pl_node_session *session = owner;
    pl_node *node = session->node;
    const pl_addr from = session->contact.supernode;
    int error = pl_path_signal(session->path, body, len, now); /* a bye ends the session, and frees it */
    pl_node_refuse(node, error, "signal", from);
}

/* An open path needs no visit any more; one that is sought cannot do without. */
static void on_visit_ended(void *owner, pl_visit *visit, const char *cause, pl_time now)
{
    pl_node_session *session = owner;
    session->visit = NULL;
    pl_node_leave(session->node, visit);
    pl_path_undelivered(session->path, cause, now);
}

static const pl_visit_handler visit_handler = {.received = on_visit_received, .ended = on_visit_ended};

static void on_path_signal(void *owner, pl_path *path, const uint8_t *body, size_t len, pl_time now)
{
    (void)path;
    pl_node_session *session = owner;
    pl_node *node = session->node;
    if (session->handle) {
        pl_login_signal(node->login, session->handle, session->peer, body, len);
        return;
    }
    if (!session->visit && !session->is_ending)
        session->visit = pl_node_visit(node, &session->contact, &visit_handler, session, now);
    if (session->visit)
        pl_visit_send(session->visit, body, len, now);
}

/* Without an account the path goes without a relay. */
static void on_want_relay(void *owner, pl_path *path, pl_time now)
{
    (void)path, (void)now;
    pl_node_session *session = owner;
    session->awaits_account = pl_login_request_relay(session->node->login) == 0;
}

static void on_echo_done(void *owner, const pl_echo_result *results, size_t n, pl_time now)
{
    (void)results, (void)n; /* it has traced them */
    session_free(owner, now);
}

/* A box that is easy by the report and yet wants a relay is not the box of the report; or the peer's is a hard one,
 * which is why one such session is no evidence. */
static bool is_as_promised(const pl_node *node, const pl_path_found *found)
{
    const pl_nat_report *report = pl_nat_keeper_report(node->keeper);
    bool is_easy = report && report->udp == PL_UDP_OPEN &&
                   (report->mapping == PL_MAPPING_NONE || report->mapping == PL_MAPPING_EI);
    return !is_easy || found->method != PL_PATH_RELAYED;
}

static void on_path_opened(void *owner, pl_path *path, const pl_path_found *found, pl_time now)
{
    pl_node_session *session = owner;
    pl_nat_keeper_path_ended(session->node->keeper, is_as_promised(session->node, found), now);
    if (!session->n_phases)
        return;
    session->echo = pl_echo_new(&(pl_echo_options){.context = &session->node->context,
                                                   .path = path,
                                                   .phases = session->phases,
                                                   .n_phases = session->n_phases,
                                                   .done = on_echo_done,
                                                   .owner = session},
                                now);
}

static void on_path_received(void *owner, pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    pl_node_session *session = owner;
    int error = session->echo ? pl_echo_input(session->echo, data, len, now) : 0;
    if (!session->echo && !pl_echo_return(path, data, len, now))
        error = PL_ERR_UNEXPECTED; /* nothing else is spoken on a path yet */
    pl_node_refuse(session->node, error, "payload", (pl_addr){0, 0});
}

static void on_path_ended(void *owner, pl_path *path, const char *cause, pl_time now)
{
    (void)path, (void)cause;
    session_free(owner, now);
}

static const pl_path_handler path_handler = {.signal = on_path_signal,
                                             .want_relay = on_want_relay,
                                             .opened = on_path_opened,
                                             .received = on_path_received,
                                             .ended = on_path_ended};

/* --- beginnings --- */

/* Who knocks takes no room from whom we call. */
static bool has_room(const pl_node *node, bool is_incoming)
{
    const pl_config *config = node->context.config;
    size_t n = 0;
    for (size_t i = 0; i < n_sessions(node); i++)
        n += (session_at(node, i)->handle != 0) == is_incoming;
    return n < (size_t)(is_incoming ? config->path_incoming_max : config->path_sessions_max);
}

/* As it was measured; 0 = unknown. */
static pl_span lifetime_of(const pl_nat_report *report)
{
    return report ? report->lifetime_s * PL_SECOND : 0;
}

static pl_path_self self_of(pl_node *node, const pl_credential *credential, const pl_identity *identity)
{
    pl_path_self self = {
        .context = &node->context,
        .profile = node->path_profile,
        .credential = credential,
        .sign = &identity->sign,
        .dh = &identity->dh,
        .server_sign_key = node->network->server_sign_key,
        .supernode = pl_login_supernode(node->login),
        .partner_ip = pl_nat_keeper_partner(node->keeper),
        .web_ports = node->web_ports,
        .n_web_ports = node->n_web_ports,
        .report = pl_nat_keeper_report(node->keeper),
        .binding_lifetime = lifetime_of(pl_nat_keeper_report(node->keeper)),
    };
    uint16_t port = pl_port_of_kind(node->network, pl_login_kind(node->login));
    self.supernode_tcp_port = port ? port : self.supernode.port;
    return self;
}

/* `handle`: of the visit that brought the offer; 0 if we call.  NULL unless somebody is logged in, and there is room. */
static pl_node_session *session_new(pl_node *node, const char *peer, uint32_t handle)
{
    const pl_identity *identity = node->login ? pl_login_identity(node->login) : NULL;
    if (!identity || !has_room(node, handle != 0))
        return NULL;
    pl_node_session *session = g_new0(pl_node_session, 1);
    session->node = node;
    session->handle = handle;
    g_strlcpy(session->peer, peer, sizeof session->peer);
    session->identity = *identity;
    session->credential = *pl_login_credential(node->login);
    session->self = self_of(node, &session->credential, &session->identity);
    if (!node->paths.sessions)
        node->paths.sessions = g_ptr_array_new();
    g_ptr_array_add(node->paths.sessions, session);
    return session;
}

static pl_path_options options_of(pl_node_session *session, pl_path_choice choice)
{
    return (pl_path_options){.self = &session->self,
                             .peer = session->peer,
                             .choice = choice,
                             .handler = &path_handler,
                             .owner = session};
}

int pl_node_connect(pl_node *node, const pl_node_connect_options *options, uint64_t *ret_session, pl_time now)
{
    pl_node_session *session = session_new(node, options->contact.name, 0);
    if (!session)
        return PL_ERR_UNEXPECTED;
    session->contact = options->contact;
    session->n_phases = options->n_phases;
    session->phases = g_memdup2(options->phases, options->n_phases * sizeof *options->phases);
    const pl_path_options path = options_of(session, options->choice);
    session->path = pl_path_call(&path, now);
    *ret_session = pl_path_session(session->path);
    return 0;
}

static bool is_seen(const pl_node *node, uint64_t number)
{
    for (size_t i = 0; i < MIN(node->paths.n_seen, PL_NODE_OFFERS_SEEN); i++) {
        if (node->paths.seen[i] == number)
            return true;
    }
    return false;
}

/* An offer that was seen before is a replay: its session has ended, or has a visit of its own. */
static int admit(pl_node *node, uint64_t number, pl_time now)
{
    if (is_seen(node, number))
        return PL_ERR_REPLAYED;
    return pl_rate_limit_take_one(&node->paths.offers_full_at, node->context.config->path_offer_rate, now);
}

/* Only what was proved is remembered, or strangers could make us forget. */
static void remember(pl_node *node, uint64_t number)
{
    if (!node->paths.seen)
        node->paths.seen = g_new0(uint64_t, PL_NODE_OFFERS_SEEN);
    node->paths.seen[node->paths.n_seen++ % PL_NODE_OFFERS_SEEN] = number;
}

static int decline(pl_node *node, uint32_t visit, const char *from, const uint8_t *offer, size_t len, pl_time now)
{
    uint8_t body[PL_PATH_BODY_MAX];
    size_t n;
    const pl_path_self self =
        self_of(node, pl_login_credential(node->login), pl_login_identity(node->login));
    int error = pl_path_decline(&self, from, offer, len, body, &n, now);
    if (!error)
        pl_login_signal(node->login, visit, from, body, n);
    return error;
}

/* Somebody calls.  Whoever he is must prove it by the offer's signature. */
static int answer(pl_node *node, uint32_t visit, const char *from, const uint8_t *offer, size_t len, pl_time now)
{
    pl_node_session *session = session_new(node, from, visit);
    if (!session)
        return pl_login_identity(node->login) ? decline(node, visit, from, offer, len, now) : PL_ERR_UNEXPECTED;
    int error = 0;
    const pl_path_options path = options_of(session, PL_PATH_ANY);
    session->path = pl_path_answer(&path, offer, len, &error, now);
    if (!session->path)
        session_free(session, now);
    return error;
}

static int take_offer(pl_node *node, uint32_t visit, const char *from, const uint8_t *offer, size_t len, pl_time now)
{
    uint64_t number = pl_path_session_of(offer, len);
    int error = admit(node, number, now);
    if (!error)
        error = answer(node, visit, from, offer, len, now);
    if (!error)
        remember(node, number);
    return error;
}

static pl_node_session *find(const pl_node *node, uint64_t number)
{
    for (size_t i = 0; i < n_sessions(node); i++) {
        pl_node_session *session = session_at(node, i);
        if (session->path && pl_path_session(session->path) == number)
            return session;
    }
    return NULL;
}

void pl_node_hang_up(pl_node *node, uint64_t number, pl_time now)
{
    pl_node_session *session = find(node, number);
    if (session)
        session_free(session, now);
}

/* --- what comes by way of the supernode --- */

static void on_signal(void *owner, uint32_t visit, const char *from, const uint8_t *body, size_t len, pl_time now)
{
    pl_node *node = owner;
    uint64_t number = pl_path_session_of(body, len);
    pl_node_session *session = find(node, number);
    if (session && session->handle == visit)
        pl_node_refuse(node, pl_path_signal(session->path, body, len, now), "signal",
                       pl_login_supernode(node->login));
    else if (!session && pl_path_is_offer(body, len))
        pl_node_refuse(node, take_offer(node, visit, from, body, len, now), "offer",
                       pl_login_supernode(node->login));
    else if (session || !is_seen(node, number)) /* else his last word met our own on the way: no fault of his */
        pl_node_refuse(node, PL_ERR_UNEXPECTED, "signal", pl_login_supernode(node->login));
}

static void on_signal_failed(void *owner, uint32_t visit, const char *name, const char *cause, pl_time now)
{
    (void)name;
    pl_node *node = owner;
    for (size_t i = 0; i < n_sessions(node); i++) {
        pl_node_session *session = session_at(node, i);
        if (session->handle == visit) {
            pl_path_undelivered(session->path, cause, now);
            return;
        }
    }
}

/* One account serves one session, in the order in which they asked. */
static void on_relay_granted(void *owner, const pl_turn_account *account, pl_time now)
{
    pl_node *node = owner;
    for (size_t i = 0; i < n_sessions(node); i++) {
        pl_node_session *session = session_at(node, i);
        if (session->awaits_account) {
            session->awaits_account = false;
            pl_path_relay_account(session->path, account, now);
            return;
        }
    }
}

static void on_search(void *owner, const pl_message *message, pl_time now)
{
    pl_node_searches_record(owner, message, now);
}

const pl_login_signals pl_node_signals = {
    .signal = on_signal, .signal_failed = on_signal_failed, .relay_granted = on_relay_granted, .search = on_search};

/* --- inputs; a session whose input it was may be gone when the call returns --- */

bool pl_node_sessions_datagram(pl_node *node, const pl_input *input, int *ret_error, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_datagram(session_at(node, i)->path, input->id, input->from, input->data, input->len, ret_error,
                             now))
            return true;
    return false;
}

bool pl_node_sessions_accepted(pl_node *node, const pl_input *input, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_accepted(session_at(node, i)->path, input->listener, input->id, input->from, now))
            return true;
    return false;
}

bool pl_node_sessions_adopt(pl_node *node, const pl_arrival *arrival, uint64_t number, pl_time now)
{
    pl_node_session *session = find(node, number);
    if (!session)
        return false;
    pl_path_adopt(session->path, arrival->stream, arrival->from, arrival->data, arrival->len, now);
    return true;
}

bool pl_node_sessions_opened(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_opened_stream(session_at(node, i)->path, stream, now))
            return true;
    return false;
}

bool pl_node_sessions_data(pl_node *node, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_data(session_at(node, i)->path, stream, data, len, now))
            return true;
    return false;
}

bool pl_node_sessions_writable(pl_node *node, pl_id stream, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_writable(session_at(node, i)->path, stream, now))
            return true;
    return false;
}

/* A peer that ends his stream ends the path: it carried both ways. */
bool pl_node_sessions_fin(pl_node *node, pl_id stream, pl_time now)
{
    const pl_port *world = &node->context.port;
    if (!pl_node_sessions_closed(node, stream, PL_CAUSE_FIN, now))
        return false;
    world->ops->close(world->ctx, stream);
    return true;
}

bool pl_node_sessions_closed(pl_node *node, pl_id stream, pl_cause cause, pl_time now)
{
    for (size_t i = 0; i < n_sessions(node); i++)
        if (pl_path_closed(session_at(node, i)->path, stream, cause, now))
            return true;
    return false;
}

void pl_node_sessions_clear(pl_node *node, pl_time now)
{
    while (node->paths.sessions)
        session_free(session_at(node, 0), now);
}
