#include "core/nat/path/path.h"

#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

#define BUSY_MS_MAX 65535

/* --- states --- */

static void on_state_end(void *machine, pl_time now);

/* The only writer of the state, and of what is waited for in it; a stage sets its own end. */
void pl_path_enter(pl_path *path, pl_path_state state, pl_time until)
{
    path->state = state;
    pl_deadline_set(&path->context->deadlines, &path->timer, until, on_state_end, path);
}

static void on_state_end(void *machine, pl_time now)
{
    pl_path *path = machine;
    switch (path->state) {
    case PL_PATH_OFFERED:
    case PL_PATH_ANSWERED:
        pl_path_end(path, "no-answer", now);
        return;
    case PL_PATH_LEAVING:
        pl_stage_begin(path, now);
        return;
    case PL_PATH_GATHERING:
    case PL_PATH_CHECKING:
    case PL_PATH_OPEN:
    case PL_PATH_ENDED:
        return;
    }
    g_assert_not_reached();
}

bool pl_path_is_own(const pl_path *path, uint32_t ip)
{
    for (size_t i = 0; i < path->own.n_candidates; i++) {
        if (path->own.candidates[i].type == PL_CANDIDATE_HOST && path->own.candidates[i].addr.ip == ip)
            return true;
    }
    return false;
}

static void close_id(const pl_path *path, pl_id *id)
{
    const pl_port *port = &path->context->port;
    if (*id)
        port->ops->close(port->ctx, *id);
    *id = 0;
}

void pl_path_let_go(pl_path *path, const pl_leg *kept, pl_time now)
{
    pl_id socket = kept && kept->kind == PL_LEG_UDP ? kept->id : 0;
    pl_id stream = kept && kept->kind == PL_LEG_TCP ? kept->id : 0;
    (void)now;
    pl_gather_clear(path);
    pl_pairs_clear(path);
    pl_stream_clear(path, stream);
    if (path->socket != socket)
        close_id(path, &path->socket);
    pl_spray_clear(path, socket);
    path->socket = socket;
    close_id(path, &path->listener);
    if (!stream)
        path->tcp_port = 0;
}

static void finish(pl_path *path, const char *cause, pl_time now)
{
    bool was_open = path->state == PL_PATH_OPEN;
    int64_t session = (int64_t)path->own.session;
    pl_path_enter(path, PL_PATH_ENDED, PL_NEVER);
    pl_talk_stop(path);
    pl_path_let_go(path, NULL, now);
    pl_relay_stop(path, now);
    if (was_open)
        pl_trace(&path->context->port, PL_EVENT_PATH_LOST, pl_number(session), pl_text(cause));
    else
        pl_trace(&path->context->port, PL_EVENT_PATH_FAILED, pl_number(session), pl_text(cause),
                 pl_number(now - path->started_at), pl_number(path->packets));
    path->handler->ended(path->owner, path, cause, now); /* may free us */
}

/* Has the peer heard of the session, so that he must hear of its end? */
static bool is_known(const pl_path *path)
{
    return path->state != PL_PATH_ENDED && (!path->is_caller || path->own.kind != 0);
}

void pl_path_end(pl_path *path, const char *cause, pl_time now)
{
    path->own.bye = path->state == PL_PATH_OPEN ? PL_BYE_CLOSED : PL_BYE_NO_PATH;
    if (is_known(path))
        pl_path_say(path, PL_OFFER_BYE, now);
    finish(path, cause, now);
}

/* --- bodies out --- */

void pl_path_say(pl_path *path, pl_offer_kind kind, pl_time now)
{
    uint8_t bytes[PL_PATH_BODY_MAX];
    path->own.kind = kind;
    size_t len = pl_offer_write(&path->own, path->context->suite, path->self->sign, path->peer, bytes);
    path->handler->signal(path->owner, path, bytes, len, now);
}

/* Both bodies are there: the key, and the plan. */
static bool agree(pl_path *path)
{
    if (!pl_check_key(path->key, path->context->suite, path->self->dh, pl_path_offer_of(path),
                      pl_path_answer_of(path), path->theirs.credential.dh_key))
        return false;
    path->have_theirs = true;
    path->memory = (pl_check_memory){0};
    path->profile = pl_method_profile(pl_path_offer_of(path), pl_path_answer_of(path));
    pl_method_plan_make(&path->plan, pl_path_offer_of(path), pl_path_answer_of(path), pl_path_config(path));
    return true;
}

static void answer(pl_path *path, pl_time now)
{
    int64_t spent = (now - path->heard_at) / PL_MILLISECOND;
    path->own.spent_ms = (uint16_t)MIN(spent, BUSY_MS_MAX);
    if (!agree(path)) {
        pl_path_end(path, "forged", now);
        return;
    }
    pl_path_enter(path, PL_PATH_ANSWERED, now + pl_path_config(path)->path_answer_wait);
    pl_path_say(path, PL_OFFER_ANSWER, now);
    if (!path->profile.timed_start)
        pl_stage_begin(path, now);
}

void pl_path_gathered(pl_path *path, pl_time now)
{
    pl_trace(&path->context->port, PL_EVENT_PATH_GATHERED, pl_number((int64_t)path->own.session),
             pl_number((int64_t)path->own.n_candidates), pl_endpoint(path->gather.udp[0].mapped),
             pl_endpoint(path->gather.tcp[0].mapped));
    if (!path->is_caller) {
        answer(path, now);
        return;
    }
    path->offered_at = now;
    pl_path_enter(path, PL_PATH_OFFERED, now + pl_path_config(path)->path_answer_wait);
    pl_path_say(path, PL_OFFER_OFFER, now);
}

/* --- life --- */

static uint8_t profile_number(const pl_path_profile *profile)
{
    const pl_path_profile *const *profiles;
    size_t n = pl_path_profiles(&profiles);
    for (size_t i = 0; i < n; i++) {
        if (profiles[i] == profile)
            return (uint8_t)i;
    }
    g_assert_not_reached();
}

static void gather(pl_path *path, uint8_t attempt, pl_time now)
{
    path->own.attempt = attempt;
    path->stage = 0;
    pl_context_random(path->context, path->own.nonce, sizeof path->own.nonce);
    pl_path_enter(path, PL_PATH_GATHERING, PL_NEVER);
    pl_gather_begin(path, now);
}

static pl_path *make(const pl_path_options *options, uint64_t session, bool is_caller, pl_time now)
{
    pl_path *path = g_new0(pl_path, 1);
    path->self = options->self;
    path->context = options->self->context;
    path->handler = options->handler;
    path->owner = options->owner;
    path->is_caller = is_caller;
    path->started_at = path->heard_at = now;
    path->paced_at = now - PL_SECOND;
    g_strlcpy(path->peer, options->peer, sizeof path->peer);
    path->own = (pl_offer){.session = session,
                           .profile = profile_number(options->self->profile),
                           .choice = options->choice,
                           .credential = *options->self->credential};
    pl_context_random(path->context, &path->tie_breaker, sizeof path->tie_breaker);
    pl_trace(&path->context->port, PL_EVENT_PATH_STARTED, pl_text(is_caller ? "caller" : "callee"),
             pl_number((int64_t)session), pl_text(options->self->profile->name));
    return path;
}

pl_path *pl_path_call(const pl_path_options *options, pl_time now)
{
    uint64_t session;
    pl_context_random(options->self->context, &session, sizeof session);
    session &= INT64_MAX;
    pl_path *path = make(options, session ? session : 1, true, now);
    gather(path, 1, now);
    return path;
}

/* Is the body the named peer's, by a credential that holds, and meant for us? */
static int believe(const pl_path_self *self, const char *peer, const pl_offer *offer, const uint8_t *body, size_t len,
                   pl_time now)
{
    const pl_suite *suite = self->context->suite;
    int error = pl_credential_check(&offer->credential, suite, self->server_sign_key,
                                    pl_context_unix(self->context, now));
    if (error)
        return error;
    bool his = strcmp(offer->credential.name, peer) == 0 &&
               pl_offer_verify(body, len, suite, offer->credential.sign_key, self->credential->name);
    return his ? 0 : PL_ERR_FORGED;
}

/* A first offer of the named peer's. */
static int read_call(const pl_path_self *self, const char *peer, pl_offer *ret_offer, const uint8_t *body, size_t len,
                     pl_time now)
{
    int error = pl_offer_read(ret_offer, body, len);
    if (!error && (ret_offer->kind != PL_OFFER_OFFER || ret_offer->attempt != 1))
        error = PL_ERR_UNEXPECTED;
    return error ? error : believe(self, peer, ret_offer, body, len, now);
}

int pl_path_decline(const pl_path_self *self, const char *peer, const uint8_t *body, size_t len, uint8_t *ret_body,
                    size_t *ret_len, pl_time now)
{
    pl_offer offer;
    int error = read_call(self, peer, &offer, body, len, now);
    if (error)
        return error;
    const pl_offer bye = {.kind = PL_OFFER_BYE,
                          .session = offer.session,
                          .attempt = offer.attempt,
                          .credential = *self->credential,
                          .bye = PL_BYE_DECLINED};
    *ret_len = pl_offer_write(&bye, self->context->suite, self->sign, peer, ret_body);
    return 0;
}

pl_path *pl_path_answer(const pl_path_options *options, const uint8_t *body, size_t len, int *ret_error, pl_time now)
{
    pl_offer offer;
    int error = read_call(options->self, options->peer, &offer, body, len, now);
    if (error) {
        *ret_error = error;
        return NULL;
    }
    pl_path *path = make(options, offer.session, false, now);
    path->theirs = offer;
    gather(path, 1, now);
    return path;
}

void pl_path_free(pl_path *path, pl_time now)
{
    if (!path)
        return;
    path->own.bye = PL_BYE_CLOSED;
    if (is_known(path))
        pl_path_say(path, PL_OFFER_BYE, now);
    if (path->gone)
        *path->gone = true;
    pl_talk_stop(path);
    pl_path_let_go(path, NULL, now);
    pl_relay_stop(path, now);
    pl_deadline_cancel(&path->context->deadlines, &path->timer);
    pl_bytes_wipe(path->key, sizeof path->key);
    g_free(path);
}

/* Everything anew, from fresh ports.  The callee waits to be asked; till then an old check may still arrive. */
void pl_path_again(pl_path *path, pl_time now)
{
    if (!path->is_caller) {
        pl_path_enter(path, PL_PATH_ANSWERED, now + pl_path_config(path)->path_answer_wait);
        return;
    }
    pl_path_let_go(path, NULL, now);
    path->have_theirs = false;
    gather(path, (uint8_t)(path->own.attempt + 1), now);
}

/* --- bodies in --- */

static int take_offer(pl_path *path, const pl_offer *offer, pl_time now)
{
    bool awaited = !path->is_caller && path->have_theirs && path->plan.again &&
                   offer->attempt == path->own.attempt + 1 &&
                   (path->state == PL_PATH_ANSWERED || path->state == PL_PATH_CHECKING);
    if (!awaited)
        return PL_ERR_UNEXPECTED;
    pl_path_let_go(path, NULL, now);
    path->have_theirs = false;
    path->theirs = *offer;
    path->heard_at = now;
    gather(path, offer->attempt, now);
    return 0;
}

/* Half the way there and back: the start arrives at the callee when we begin. */
static pl_span half_trip(const pl_path *path, pl_time now)
{
    pl_span trip = now - path->offered_at - (pl_span)path->theirs.spent_ms * PL_MILLISECOND;
    return MAX(trip, 0) / 2;
}

static int take_answer(pl_path *path, const pl_offer *body, pl_time now)
{
    if (path->state != PL_PATH_OFFERED || body->attempt != path->own.attempt)
        return PL_ERR_UNEXPECTED;
    path->theirs = *body;
    if (!agree(path))
        return PL_ERR_FORGED;
    pl_pairs_judge_early(path, now); /* no check of a callee opens the path, so it still stands */
    if (!path->profile.timed_start) {
        pl_stage_begin(path, now);
        return 0;
    }
    pl_path_enter(path, PL_PATH_LEAVING, now + half_trip(path, now));
    pl_path_say(path, PL_OFFER_START, now);
    return 0;
}

static int take_start(pl_path *path, const pl_offer *body, pl_time now)
{
    if (path->is_caller || path->state != PL_PATH_ANSWERED || body->attempt != path->own.attempt ||
        !path->profile.timed_start || path->stage > 0)
        return PL_ERR_UNEXPECTED;
    pl_stage_begin(path, now);
    return 0;
}

static int take_body(pl_path *path, const pl_offer *body, pl_time now)
{
    switch (body->kind) {
    case PL_OFFER_OFFER:
        return take_offer(path, body, now);
    case PL_OFFER_ANSWER:
        return path->is_caller ? take_answer(path, body, now) : PL_ERR_UNEXPECTED;
    case PL_OFFER_START:
        return take_start(path, body, now);
    case PL_OFFER_MORE:
        if (!path->have_theirs || body->attempt != path->own.attempt)
            return PL_ERR_UNEXPECTED;
        if (path->state < PL_PATH_OPEN) /* else a way was found before it was needed */
            pl_stage_more(path, body, now);
        return 0;
    case PL_OFFER_BYE:
        finish(path, pl_offer_bye_name(body->bye), now);
        return 0;
    }
    return PL_ERR_MALFORMED;
}

int pl_path_signal(pl_path *path, const uint8_t *body, size_t len, pl_time now)
{
    pl_offer offer;
    int error = pl_offer_read(&offer, body, len);
    if (error)
        return error;
    if (offer.session != path->own.session || path->state == PL_PATH_ENDED)
        return PL_ERR_UNEXPECTED;
    bool introduces = offer.kind == PL_OFFER_OFFER || offer.kind == PL_OFFER_ANSWER ||
                      (offer.kind == PL_OFFER_BYE && !path->theirs.session);
    if (introduces)
        error = believe(path->self, path->peer, &offer, body, len, now);
    else if (!path->theirs.session)
        error = PL_ERR_UNEXPECTED; /* nobody has been introduced */
    else if (!pl_offer_verify(body, len, path->context->suite, path->theirs.credential.sign_key,
                              path->self->credential->name))
        error = PL_ERR_FORGED;
    return error ? error : take_body(path, &offer, now);
}

void pl_path_undelivered(pl_path *path, const char *cause, pl_time now)
{
    /* Once both know each other's candidates, they need no more of the way by which these came. */
    if (path->state < PL_PATH_LEAVING && !path->have_theirs)
        finish(path, cause, now);
}

uint64_t pl_path_session(const pl_path *path)
{
    return path->own.session;
}

/* --- datagrams --- */

void pl_path_take(pl_path *path, const pl_leg *leg, const uint8_t *data, size_t len, int *ret_error, pl_time now)
{
    pl_stun stun;
    if (len > 0 && data[0] >= PL_PATH_PAYLOAD_FIRST) {
        pl_talk_input(path, leg, data, len, ret_error, now);
        return;
    }
    int error = pl_stun_read(&stun, data, len);
    const pl_path_self *self = path->self;
    bool asked = leg->remote.ip == self->supernode.ip || (self->partner_ip && leg->remote.ip == self->partner_ip);
    if (!error && leg->kind == PL_LEG_UDP && asked &&
        pl_gather_answer(path, leg->id, leg->remote, &stun, now) == 0)
        return;
    if (!error)
        error = pl_pairs_input(path, leg, &stun, data, len, now); /* may free us */
    if (error)
        *ret_error = error;
}

bool pl_path_datagram(pl_path *path, pl_id socket, pl_addr from, const uint8_t *data, size_t len, int *ret_error,
                      pl_time now)
{
    *ret_error = 0;
    if (pl_relay_owns_socket(path, socket)) {
        *ret_error = pl_turn_client_datagram(path->relay.client, from, data, len, now);
        return true;
    }
    bool owned = socket != 0 && (socket == path->socket || socket == path->gather.refresh_socket ||
                                 pl_spray_owns(path, socket));
    const pl_leg leg = {PL_LEG_UDP, socket, from};
    if (owned)
        pl_path_take(path, &leg, data, len, ret_error, now);
    return owned;
}
