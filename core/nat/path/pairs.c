/* pairs.c - connectivity checks: pacing, repetition, answers, triggered checks, nomination (RFC 8445 §6, §7, §8).
 *
 * A check that arrives is answered to where it came from, whatever was signalled, and triggers one of our own back
 * there: that is how an end behind a box that maps by destination is found.  Only where both ends are such, and are to
 * foretell each other's ports, none is answered before in vain. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

/* chosen: every 500 ms for 4 s.  The pair was answered just now, and the callee may have opened it already; at 10 % loss
 * each way all eight are lost in one session of 590 000. */
#define NOMINATION_TRIES 8

bool pl_leg_equal(const pl_leg *a, const pl_leg *b)
{
    return a->kind == b->kind && a->id == b->id && pl_addr_equal(a->remote, b->remote);
}

int pl_leg_send(pl_path *path, const pl_leg *leg, uint8_t ttl, const uint8_t *data, size_t len, pl_time now)
{
    const pl_port *port = &path->context->port;
    if (path->state != PL_PATH_OPEN)
        path->packets++;
    else
        path->talk.sent_at = now;
    switch (leg->kind) {
    case PL_LEG_UDP:
        return port->ops->udp_send(port->ctx, leg->id, leg->remote, ttl, data, len);
    case PL_LEG_TCP:
        return pl_stream_frame(path, leg->id, data, len);
    case PL_LEG_RELAY:
        return path->relay.client ? pl_turn_client_send(path->relay.client, leg->remote, data, len) : PL_ERR_GONE;
    }
    g_assert_not_reached();
}

int pl_pairs_send(pl_path *path, const pl_leg *leg, pl_check *check, uint8_t ttl, pl_time now)
{
    uint8_t bytes[PL_CHECK_BYTES_MAX];
    if (check->number == 0) {
        check->number = ++path->number;
        pl_context_random(path->context, check->id, sizeof check->id);
    }
    check->session = path->own.session;
    check->from_caller = path->is_caller;
    check->tie_breaker = path->tie_breaker;
    check->priority = pl_check_priority(PL_CANDIDATE_PEER_REFLEXIVE);
    size_t len = pl_check_write(check, path->key, bytes);
    return pl_leg_send(path, leg, ttl, bytes, len, now);
}

/* --- pacing --- */

static bool is_active(const pl_pair *pair)
{
    return pair->state == PL_PAIR_WAITING || pair->state == PL_PAIR_SENT;
}

/* spec RFC 8445 §14.3: max(500 ms, Ta × the number of checks under way). */
static pl_span first_wait(const pl_path *path)
{
    int64_t n = 0;
    for (size_t i = 0; i < path->n_pairs; i++)
        n += is_active(&path->pairs[i]);
    return MAX(pl_path_config(path)->path_first_try, n * pl_path_config(path)->path_pacing);
}

static void restart(const pl_path *path, pl_pair *pair, pl_time now)
{
    pair->state = PL_PAIR_WAITING;
    pair->number = 0;
    pair->tries = 0;
    pair->wait = first_wait(path);
    pair->due = now;
}

static void consider(pl_path *path, pl_time now);

uint8_t pl_pairs_opener_ttl(const pl_path *path)
{
    bool bare = path->own.hints.of[PL_PATH_UDP].mapping == PL_MAPPING_NONE;
    return bare ? PL_PATH_OPENER_TTL_BARE : PL_PATH_OPENER_TTL;
}

/* A punch waits for what two starts differ by.  At a foretold port the other end must be heard first: it cannot be before
 * the opener has gone, and what reaches it sooner would spoil the port of a box that keeps strangers' packets. */
static pl_span opener_lead(const pl_path *path, const pl_pair *pair)
{
    const pl_config *config = pl_path_config(path);
    return pair->method == PL_PATH_PREDICTED ? config->path_first_try : config->path_opener_lead;
}

static void transmit(pl_path *path, pl_pair *pair, pl_time now)
{
    bool opening = pair->opener && pair->tries == 0;
    pl_check check = {.method = pair->method, .nominates = pair->nominates, .number = pair->number};
    memcpy(check.id, pair->id, sizeof check.id);
    int error = pl_pairs_send(path, &pair->leg, &check, opening ? pl_pairs_opener_ttl(path) : 0, now);
    memcpy(pair->id, check.id, sizeof check.id);
    pair->number = check.number;
    pair->state = PL_PAIR_SENT;
    pair->triggered = false;
    pair->tries++;
    pair->due = now + (opening ? opener_lead(path, pair) : pair->wait);
    if (!opening && !pair->nominates)
        pair->wait *= 2;
    if (pair->leg.kind == PL_LEG_TCP)
        pair->due = PL_NEVER; /* the stack repeats */
    if (pair->leg.kind == PL_LEG_TCP && error < 0)
        pair->state = PL_PAIR_FAILED;
}

static pl_pair *next_of(pl_path *path)
{
    pl_pair *next = NULL;
    for (size_t i = 0; i < path->n_pairs; i++) {
        pl_pair *pair = &path->pairs[i];
        if (!is_active(pair) || pair->due == PL_NEVER)
            continue;
        if (!next || pair->due < next->due || (pair->triggered && !next->triggered && pair->due <= next->due))
            next = pair;
    }
    return next;
}

static void on_pace(void *machine, pl_time now);

static void arm(pl_path *path)
{
    const pl_pair *next = next_of(path);
    pl_time at = PL_NEVER;
    if (next)
        at = MAX(next->due, path->paced_at + pl_path_config(path)->path_pacing);
    pl_deadline_set(&path->context->deadlines, &path->pace, at, on_pace, path);
}

static void give_up(pl_path *path, pl_pair *pair, pl_time now)
{
    pair->state = PL_PAIR_FAILED;
    pair->nominates = false;
    consider(path, now);
}

static void on_pace(void *machine, pl_time now)
{
    pl_path *path = machine;
    pl_pair *pair = next_of(path);
    if (pair && pair->due <= now) {
        if (pair->nominates && pair->tries >= NOMINATION_TRIES)
            give_up(path, pair, now);
        else
            transmit(path, pair, now);
        path->paced_at = now;
    }
    arm(path);
}

void pl_pairs_burst(pl_path *path, pl_time now)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        if (path->pairs[i].state == PL_PAIR_WAITING && path->pairs[i].due <= now)
            transmit(path, &path->pairs[i], now);
    }
    path->paced_at = now;
    arm(path);
}

/* --- the list --- */

static pl_pair *find(pl_path *path, const pl_leg *leg)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        if (pl_leg_equal(&path->pairs[i].leg, leg))
            return &path->pairs[i];
    }
    return NULL;
}

/* A place in the list; where it is full, that of a pair from which nothing is to be expected. */
static pl_pair *place(pl_path *path)
{
    if (path->n_pairs < PL_PATH_PAIRS_MAX)
        return &path->pairs[path->n_pairs++];
    for (size_t i = 0; i < path->n_pairs; i++) {
        if (path->pairs[i].state == PL_PAIR_STALE || path->pairs[i].state == PL_PAIR_FAILED)
            return &path->pairs[i];
    }
    return NULL;
}

pl_pair *pl_pairs_add(pl_path *path, const pl_pair *pair, pl_time now)
{
    pl_pair *there = find(path, &pair->leg);
    if (there && (there->state == PL_PAIR_VALID || there->state == PL_PAIR_ASTRAY || is_active(there)))
        return there;
    if (!there)
        there = place(path);
    if (!there)
        return NULL;
    *there = *pair;
    restart(path, there, now);
    arm(path);
    return there;
}

void pl_pairs_retire(pl_path *path)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        pl_pair *pair = &path->pairs[i];
        if (is_active(pair) && !pair->nominates && !pair->heard && pair->leg.kind != PL_LEG_TCP)
            pair->state = PL_PAIR_STALE;
    }
    arm(path);
}

void pl_pairs_clear(pl_path *path)
{
    pl_deadline_cancel(&path->context->deadlines, &path->pace);
    path->n_pairs = 0;
    path->n_early = 0;
}

void pl_pairs_leg_gone(pl_path *path, pl_id stream)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        pl_pair *pair = &path->pairs[i];
        if (pair->leg.kind != PL_LEG_TCP || pair->leg.id != stream)
            continue;
        pair->state = PL_PAIR_FAILED;
        pair->nominates = false;
    }
}

/* --- nomination --- */

/* spec RFC 8445 §5.1.2: what is nearer goes first. */
static uint32_t rank(const pl_pair *pair)
{
    return pl_check_priority(pair->leg.kind == PL_LEG_RELAY ? PL_CANDIDATE_RELAYED : pair->remote_type) +
           (pair->remote_type != PL_CANDIDATE_RELAYED);
}

/* The caller chooses the best of the pairs that were answered, one at a time. */
static void consider(pl_path *path, pl_time now)
{
    pl_pair *best = NULL;
    if (!path->is_caller || path->state == PL_PATH_OPEN)
        return;
    for (size_t i = 0; i < path->n_pairs; i++) {
        pl_pair *pair = &path->pairs[i];
        if (pair->nominates && is_active(pair))
            return;
        if (pair->state == PL_PAIR_VALID && (!best || rank(pair) > rank(best)))
            best = pair;
    }
    if (!best)
        return;
    best->nominates = true;
    best->opener = false;
    best->triggered = true;
    restart(path, best, now);
    transmit(path, best, now);
    arm(path);
}

/* --- what comes in --- */

pl_candidate_type pl_pairs_type(const pl_path *path, const pl_leg *leg)
{
    pl_path_transport transport = leg->kind == PL_LEG_TCP ? PL_PATH_TCP : PL_PATH_UDP;
    for (size_t i = 0; i < path->theirs.n_candidates; i++) {
        const pl_candidate *candidate = &path->theirs.candidates[i];
        bool fits = candidate->transport == transport || candidate->type == PL_CANDIDATE_RELAYED;
        if (fits && pl_addr_equal(candidate->addr, leg->remote))
            return candidate->type;
    }
    return PL_CANDIDATE_PEER_REFLEXIVE;
}

bool pl_pairs_is_settling(const pl_path *path)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        const pl_pair *pair = &path->pairs[i];
        if (pair->state == PL_PAIR_VALID || (pair->nominates && is_active(pair)))
            return true;
    }
    return false;
}

bool pl_pairs_is_chosen(const pl_path *path, const pl_leg *leg)
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        if (path->pairs[i].nominates && pl_leg_equal(&path->pairs[i].leg, leg))
            return true;
    }
    return false;
}

/* A way is called by the later of the stages in which its two ends are: it was opened by what that one sent. */
static void rename_pair(pl_pair *pair, pl_path_method method)
{
    if (method <= pair->method)
        return;
    pair->method = method;
    if (pair->leg.kind != PL_LEG_TCP) /* over TCP it is not sent again */
        pair->number = 0;
}

/* Between two boxes that show every destination another port each check shows a port that is new: it ends here. */
static bool may_learn(const pl_path *path, const pl_leg *leg)
{
    size_t n = 0;
    for (size_t i = 0; i < path->n_pairs; i++)
        n += path->pairs[i].learnt_in == path->stage + 1 && path->pairs[i].leg.remote.ip == leg->remote.ip;
    return n < PL_PATH_LEARNT_MAX;
}

/* The peer's check came in by this leg, so ours may go out by it: at once, before what waits.  Once for each check: two
 * ends that heard each other's repetitions and no answers would trigger each other without end. */
static void trigger(pl_path *path, const pl_leg *leg, const pl_check *check, pl_time now)
{
    pl_path_method method = check->method;
    pl_pair *pair = find(path, leg);
    if (pair && (pair->state == PL_PAIR_VALID || pair->nominates))
        return;
    if (pair && is_active(pair)) {
        if (pair->heard == check->number)
            return;
        if (pair->leg.kind != PL_LEG_TCP || pair->state == PL_PAIR_WAITING)
            pair->due = now;
        rename_pair(pair, method);
        pair->opener = false;
        pair->triggered = true;
        pair->heard = check->number;
        pair->wait = first_wait(path); /* a way that is half open is worth more than one that may not be */
        arm(path);
        return;
    }
    pl_candidate_type type = pl_pairs_type(path, leg);
    bool is_new = !pair && type == PL_CANDIDATE_PEER_REFLEXIVE;
    if (is_new && !may_learn(path, leg))
        return;
    const pl_pair added = {.leg = *leg,
                           .remote_type = type,
                           .method = pair ? MAX(pair->method, method) : method,
                           .learnt_in = is_new ? path->stage + 1 : 0,
                           .triggered = true,
                           .heard = check->number};
    (void)pl_pairs_add(path, &added, now);
}

/* Whether to say nothing to a check: it came from a port that was neither named nor sent to. */
static bool is_in_vain(pl_path *path, const pl_leg *leg)
{
    return leg->kind == PL_LEG_UDP && path->state != PL_PATH_OPEN && !find(path, leg) &&
           pl_pairs_type(path, leg) == PL_CANDIDATE_PEER_REFLEXIVE && pl_stage_keeps_still(path);
}

static int take_request(pl_path *path, const pl_leg *leg, const pl_stun *stun, const uint8_t *data, pl_time now)
{
    pl_check check;
    uint8_t bytes[PL_CHECK_BYTES_MAX];
    int error = pl_check_read(&check, stun, data, path->own.session, !path->is_caller, path->key);
    if (!error)
        error = pl_check_remember(&path->memory, &check, leg->remote);
    if (error)
        return error;
    if (is_in_vain(path, leg))
        return 0;
    size_t len = pl_check_write_answer(check.id, leg->remote, path->key, bytes);
    (void)pl_leg_send(path, leg, 0, bytes, len, now);
    if (path->state == PL_PATH_OPEN)
        return 0;
    if (check.nominates)
        pl_talk_begin(path, leg, find(path, leg), check.method, now);
    else
        trigger(path, leg, &check, now);
    return 0;
}

static pl_pair *asked_by(pl_path *path, const uint8_t id[PL_STUN_ID_BYTES])
{
    for (size_t i = 0; i < path->n_pairs; i++) {
        if (path->pairs[i].tries > 0 && memcmp(path->pairs[i].id, id, PL_STUN_ID_BYTES) == 0)
            return &path->pairs[i];
    }
    return NULL;
}

static int take_answer(pl_path *path, const pl_leg *leg, const pl_stun *stun, const uint8_t *data, pl_time now)
{
    bool fits = stun->method == PL_STUN_BINDING && !pl_stun_is_classic(stun) && stun->n_unknown == 0 &&
                pl_stun_has(stun, PL_STUN_XOR_MAPPED);
    if (!fits)
        return PL_ERR_UNEXPECTED;
    if (!pl_stun_verify(stun, data, path->key, sizeof path->key))
        return PL_ERR_FORGED;
    if (path->state == PL_PATH_OPEN) {
        if (pl_talk_is_answer(path, stun) && pl_leg_equal(leg, &path->talk.leg))
            pl_talk_consented(path, now);
        return 0; /* or a late one, to a check of the search */
    }
    pl_pair *pair = asked_by(path, stun->id);
    if (!pair && find(path, leg))
        return 0; /* the second answer to a check that was sent twice, after another was begun */
    if (!pair)
        return pl_spray_answer(path, leg, stun, now);
    if (pair->state == PL_PAIR_VALID || pair->state == PL_PAIR_FAILED || pair->state == PL_PAIR_ASTRAY)
        return 0;
    if (!pl_leg_equal(&pair->leg, leg)) { /* spec RFC 8445 §7.2.5.2.1: from where it was asked, or it is none */
        pair->state = PL_PAIR_ASTRAY;
        pair->nominates = false;
        consider(path, now);
        return 0;
    }
    pair->mapped = stun->xor_mapped;
    pair->state = PL_PAIR_VALID;
    if (pair->nominates)
        pl_talk_begin(path, &pair->leg, pair, pair->method, now);
    else
        consider(path, now);
    return 0;
}

/* --- what comes too early --- */

static pl_early *early_of(pl_path *path, const pl_leg *leg)
{
    for (size_t i = 0; i < path->n_early; i++) {
        if (pl_leg_equal(&path->early[i].leg, leg))
            return &path->early[i];
    }
    return path->n_early < PL_PATH_EARLY_MAX ? &path->early[path->n_early++] : NULL;
}

/* A callee who does not wait for the start may be heard before his answer is.  The latest check by each leg is kept. */
static int keep_early(pl_path *path, const pl_leg *leg, const pl_stun *stun, const uint8_t *data, size_t len)
{
    if (!path->is_caller || pl_check_session(stun) != path->own.session || len > PL_CHECK_BYTES_MAX)
        return PL_ERR_UNEXPECTED;
    pl_early *early = early_of(path, leg);
    if (!early)
        return PL_ERR_LIMIT;
    early->leg = *leg;
    early->len = len;
    memcpy(early->bytes, data, len);
    return 0;
}

void pl_pairs_judge_early(pl_path *path, pl_time now)
{
    size_t n = path->n_early;
    path->n_early = 0;
    for (size_t i = 0; i < n; i++) {
        const pl_early *early = &path->early[i];
        int error = 0;
        if (early->leg.kind == PL_LEG_TCP)
            pl_stream_judge(path, early->leg.id, early->bytes, early->len, now);
        else
            pl_path_take(path, &early->leg, early->bytes, early->len, &error, now);
        if (error)
            pl_trace(&path->context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(error)), pl_text("check"),
                     pl_endpoint(early->leg.remote));
    }
}

int pl_pairs_input(pl_path *path, const pl_leg *leg, const pl_stun *stun, const uint8_t *data, size_t len, pl_time now)
{
    if (!path->have_theirs)
        return keep_early(path, leg, stun, data, len);
    switch (stun->kind) {
    case PL_STUN_REQUEST:
        return take_request(path, leg, stun, data, now);
    case PL_STUN_SUCCESS:
        return take_answer(path, leg, stun, data, now);
    case PL_STUN_INDICATION: /* a keep-alive says nothing */
        return stun->method == PL_STUN_BINDING ? 0 : PL_ERR_UNEXPECTED;
    case PL_STUN_ERROR: /* nobody who has the key sends one */
        return PL_ERR_UNEXPECTED;
    }
    g_assert_not_reached();
}
