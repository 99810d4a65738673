/* elector.c - a supernode that has too many children promotes one of them and hands it a share; one that was promoted and
 * has too few hands them to a neighbour and steps down.
 *
 *   too many ─▶ PROMOTE to the best candidate ─PROMOTED yes─▶ MOVE, election.move_rate a second, until half have left
 *   too few  ─▶ PROBE to neighbours ─one has room─▶ MOVE to all ─election.leave_wait─▶ the owner's step_down */
#include "core/overlay/supernode_internal.h"

#include "core/event.h"

static void count(void *machine, pl_time now);

static const pl_config *config_of(const pl_supernode *supernode)
{
    return supernode->options.context->config;
}

static void set(pl_supernode *supernode, pl_deadline *deadline, pl_time at, pl_deadline_fn act)
{
    pl_deadline_set(&supernode->options.context->deadlines, deadline, at, act, supernode);
}

static void cancel(pl_supernode *supernode, pl_deadline *deadline)
{
    pl_deadline_cancel(&supernode->options.context->deadlines, deadline);
}

static bool is_elected(const pl_supernode *supernode)
{
    return supernode->options.step_down != NULL;
}

bool pl_elector_is_leaving(const pl_supernode *supernode)
{
    return supernode->elector.is_asking || supernode->elector.is_leaving;
}

/* The owner frees us inside: nothing is touched after it. */
static void step_down(pl_supernode *supernode, const char *cause, pl_time now)
{
    supernode->options.step_down(supernode->options.owner, cause, now);
}

static void on_unreached(void *machine, pl_time now)
{
    step_down(machine, "unreached", now);
}

void pl_elector_reached(pl_supernode *supernode)
{
    cancel(supernode, &supernode->elector.proof);
}

/* Supernodes that began together do not decide together. */
void pl_elector_start(pl_supernode *supernode, pl_time now)
{
    pl_elector *elector = &supernode->elector;
    const pl_context *context = supernode->options.context;
    uint16_t draw;
    if (!supernode->options.election || !supernode->options.election->decide)
        return;
    pl_context_random(context, &draw, sizeof draw);
    elector->since = now;
    set(supernode, &elector->count, now + config_of(supernode)->election_interval / 65536 * (1 + draw), count);
    if (is_elected(supernode))
        set(supernode, &elector->proof, now + config_of(supernode)->election_proof, on_unreached);
}

void pl_elector_stop(pl_supernode *supernode)
{
    cancel(supernode, &supernode->elector.count);
    cancel(supernode, &supernode->elector.proof);
    cancel(supernode, &supernode->elector.act);
}

static bool is_heir(const pl_session *session)
{
    return session->candidate && pl_addr_equal(session->candidate->address, session->supernode->elector.heir);
}

/* Where nobody serves any more nobody is told to move: the rest stay. */
static void forget_heir(pl_session *session)
{
    if (is_heir(session))
        session->supernode->elector.to_move = 0;
}

/* --- candidates --- */

void pl_elector_resources(pl_session *session, const pl_message *message)
{
    pl_supernode *supernode = session->supernode;
    const pl_resources resources = {message->cpu, message->memory, message->bandwidth, message->uptime};
    if (message->port == 0 && session->candidate && session->was_asked) { /* it was tried, and does not serve */
        pl_host_cache_remove(&supernode->known, session->candidate->address);
        forget_heir(session);
    }
    if (message->port == 0 || !pl_resources_suffice(&resources, config_of(supernode))) {
        g_clear_pointer(&session->candidate, g_free);
        return;
    }
    if (!session->candidate)
        session->candidate = g_new0(pl_candidate, 1);
    session->candidate->resources = resources;
    /* Whatever it claims, it can only speak for the address from which it speaks. */
    session->candidate->address = (pl_addr){session->from.ip, message->port};
}

/* The best; of equals the one that has been with us longest. */
static pl_session *best_candidate(const pl_supernode *supernode)
{
    pl_session *best = NULL;
    int64_t most = 0;
    for (pl_session *i = supernode->first_session; i; i = i->next) {
        if (i->state != PL_SESSION_ONLINE || !i->candidate || i->was_asked)
            continue;
        int64_t score = pl_resources_score(&i->candidate->resources, config_of(supernode));
        if (score > most) {
            most = score;
            best = i;
        }
    }
    return best;
}

static void promote(pl_supernode *supernode, pl_session *child, pl_time now)
{
    const pl_context *context = supernode->options.context;
    pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];
    pl_message message = {.id = PL_MESSAGE_PROMOTE, .unix_time = pl_context_unix(context, now)};
    message.n_servers = MIN(supernode->options.n_login_servers, (size_t)PL_MESSAGE_SERVERS_MAX);
    for (size_t i = 0; i < message.n_servers; i++)
        message.servers[i] = supernode->options.login_servers[i];
    message.n_entries = pl_supernode_draw_entries(supernode, entries);
    message.entries = entries;
    child->was_asked = true;
    supernode->elector.asked = child->stream;
    pl_trace(&context->port, PL_EVENT_PROMOTING, pl_endpoint(child->candidate->address),
             pl_number((int64_t)supernode->n_clients));
    pl_supernode_say(child, &message);
}

/* --- moving --- */

static bool was_just_told(const pl_session *session, pl_time now)
{
    return session->told_at && now <= session->told_at + config_of(session->supernode)->parents_move_least;
}

bool pl_elector_sent(const pl_session *session)
{
    return was_just_told(session, session->heard_at);
}

/* It would not obey sooner.  One that was promoted is left where others find it. */
static bool may_move(const pl_session *session, pl_time now)
{
    return session->state == PL_SESSION_ONLINE && !was_just_told(session, now) && !is_heir(session);
}

static void tell_to_move(pl_session *session, pl_addr heir, pl_time now)
{
    session->told_at = now;
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_MOVE, .target = heir});
}

/* Who was never told, then who was told longest ago: one that cannot go keeps nobody else from going.  Of equals the one
 * that has been with us longest: it stays, and gives the new one a beginning. */
static pl_session *next_to_move(const pl_supernode *supernode, pl_time now)
{
    pl_session *next = NULL;
    for (pl_session *i = supernode->first_session; i; i = i->next)
        if (may_move(i, now) && (!next || i->told_at < next->told_at))
            next = i;
    return next;
}

static size_t count_under_way(const pl_supernode *supernode, pl_time now)
{
    size_t n = 0;
    for (const pl_session *i = supernode->first_session; i; i = i->next)
        n += was_just_told(i, now);
    return n;
}

void pl_elector_left(pl_session *session)
{
    pl_elector *elector = &session->supernode->elector;
    forget_heir(session);
    if (session->told_at && elector->to_move > 0)
        elector->to_move--;
}

/* The word, the question or its answer may be lost, on the heir's uplink most of all, and who has no answer stays: it is
 * told again until enough have left.  An heir to whom nobody comes any more is given up. */
static void move_some(void *machine, pl_time now)
{
    pl_supernode *supernode = machine;
    pl_elector *elector = &supernode->elector;
    const pl_config *config = config_of(supernode);
    size_t under_way = count_under_way(supernode, now);
    elector->to_move = MIN(elector->to_move, supernode->n_clients / 2); /* many may have gone of their own */
    if (elector->to_move < elector->were_to_move)
        elector->moved_at = now;
    elector->were_to_move = elector->to_move;
    if (now - elector->moved_at >= config->election_proof)
        elector->to_move = 0;
    size_t n = elector->to_move > under_way ? elector->to_move - under_way : 0;
    for (n = MIN(n, (size_t)config->election_move_rate); n > 0; n--) {
        pl_session *next = next_to_move(supernode, now);
        if (!next)
            break;
        tell_to_move(next, elector->heir, now);
    }
    if (elector->to_move > 0)
        set(supernode, &elector->act, now + PL_SECOND, move_some);
}

void pl_elector_answered(pl_session *session, const pl_message *message, pl_time now)
{
    pl_supernode *supernode = session->supernode;
    pl_elector *elector = &supernode->elector;
    elector->asked = 0;
    if (message->answer != PL_PROMOTED_YES || !session->candidate || pl_elector_is_leaving(supernode))
        return;
    elector->heir = session->candidate->address;
    elector->to_move = elector->were_to_move = supernode->n_clients / 2;
    elector->moved_at = now;
    pl_supernode_learn(supernode, elector->heir, now);
    move_some(supernode, now);
}

/* --- stepping down --- */

static void on_left(void *machine, pl_time now)
{
    step_down(machine, "too-few", now);
}

static void on_nobody_has_room(void *machine, pl_time now)
{
    (void)now;
    ((pl_supernode *)machine)->elector.is_asking = false;
}

static void ask_neighbours(pl_supernode *supernode, pl_time now)
{
    const pl_context *context = supernode->options.context;
    pl_elector *elector = &supernode->elector;
    pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
    uint8_t bytes[PL_PROBE_BYTES];
    size_t n = pl_host_cache_sample(&supernode->known, context, supernode->options.own_address, drawn,
                                    (size_t)context->config->login_wave_entries);
    pl_context_random(context, &elector->transaction, sizeof elector->transaction);
    size_t len = pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE, .transaction = elector->transaction}, bytes,
                                  sizeof bytes);
    for (size_t i = 0; i < n; i++)
        context->port.ops->udp_send(context->port.ctx, supernode->options.socket, drawn[i].addr, 0, bytes, len);
    elector->is_asking = true; /* who would step down at the same instant finds no room here */
    elector->to_move = 0;
    set(supernode, &elector->act, now + context->config->login_udp_wait, on_nobody_has_room);
}

int pl_elector_neighbour(pl_supernode *supernode, pl_addr from, const pl_message *message, pl_time now)
{
    pl_elector *elector = &supernode->elector;
    if (message->id != PL_MESSAGE_PROBE_ANSWER || !elector->transaction ||
        message->transaction != elector->transaction)
        return PL_ERR_UNEXPECTED;
    if (!elector->is_asking || message->status != PL_PROBE_WELCOME)
        return 0;
    elector->is_asking = false;
    elector->is_leaving = true;
    elector->heir = from;
    for (pl_session *i = supernode->first_session; i; i = i->next)
        if (i->state == PL_SESSION_ONLINE)
            tell_to_move(i, from, now);
    set(supernode, &elector->act, now + config_of(supernode)->election_leave_wait, on_left);
    return 0;
}

/* --- deciding --- */

static void count(void *machine, pl_time now)
{
    pl_supernode *supernode = machine;
    pl_elector *elector = &supernode->elector;
    pl_session *candidate = best_candidate(supernode);
    set(supernode, &elector->count, now + config_of(supernode)->election_interval, count);
    if (pl_elector_is_leaving(supernode))
        return;
    if (is_elected(supernode) && !pl_supernode_can_prove_itself(supernode, now)) {
        step_down(supernode, "expired", now);
        return;
    }
    if (elector->to_move > 0) /* what is still to leave is not to be split again */
        return;
    switch (supernode->options.election->decide(
        &(pl_election_view){.children = (int64_t)supernode->n_clients,
                            .has_candidate = candidate != NULL,
                            .is_elected = is_elected(supernode),
                            .age = now - elector->since},
        config_of(supernode))) {
    case PL_ELECTION_PROMOTE:
        promote(supernode, candidate, now);
        break;
    case PL_ELECTION_STEP_DOWN:
        ask_neighbours(supernode, now);
        break;
    case PL_ELECTION_STAY:
        break;
    }
}
