/* stage.c - the plan at work: what each method does when its turn comes. */
#include <glib.h>

#include "core/nat/path/path_internal.h"

/* chosen: as often as a choice is repeated. */
#define HOLDS_MAX 8

static const pl_method_stage *current(const pl_path *path)
{
    return &path->plan.stages[path->stage];
}

bool pl_stage_is(const pl_path *path, pl_path_method method)
{
    return path->state == PL_PATH_CHECKING && current(path)->method == method;
}

/* --- whom to try --- */

static bool is_lan(const pl_path *path)
{
    return pl_method_is_lan(&path->own, &path->theirs);
}

/* A private address means something only to who may share its network; to all others it leads to strangers.  One's own
 * address leads to oneself. */
static bool is_worth_trying(const pl_path *path, const pl_candidate *candidate)
{
    if (candidate->type == PL_CANDIDATE_RELAYED || pl_path_is_own(path, candidate->addr.ip))
        return false;
    if (pl_offer_is_private(candidate->addr.ip))
        return candidate->type == PL_CANDIDATE_HOST && is_lan(path);
    return candidate->transport == PL_PATH_UDP || !path->own.hints.web_only || candidate->addr.port == 80 ||
           candidate->addr.port == 443;
}

static void try_udp(pl_path *path, const pl_candidate *candidate, pl_time now)
{
    const pl_method_stage *stage = current(path);
    bool punch = stage->method == PL_PATH_PUNCHED && candidate->type == PL_CANDIDATE_REFLEXIVE;
    const pl_pair pair = {.leg = {PL_LEG_UDP, path->socket, candidate->addr},
                          .remote_type = candidate->type,
                          .method = stage->method,
                          .opener = punch && path->profile.low_ttl_opener};
    (void)pl_pairs_add(path, &pair, now);
}

static void try_candidates(pl_path *path, pl_time now)
{
    pl_path_transport transport = current(path)->transport;
    for (size_t i = 0; i < path->theirs.n_candidates; i++) {
        const pl_candidate *candidate = &path->theirs.candidates[i];
        if (candidate->transport != transport || !is_worth_trying(path, candidate))
            continue;
        if (transport == PL_PATH_UDP && path->socket)
            try_udp(path, candidate, now);
        else if (transport == PL_PATH_TCP)
            (void)pl_stream_open(path, candidate->addr, PL_STREAM_WAY, current(path)->method, candidate->type, now);
    }
}

/* --- the relayed stage --- */

static void try_relayed(pl_path *path, pl_leg_kind kind, const pl_candidate *candidate, pl_time now)
{
    const pl_pair pair = {.leg = {kind, kind == PL_LEG_UDP ? path->socket : 0, candidate->addr},
                          .remote_type = candidate->type,
                          .method = PL_PATH_RELAYED};
    (void)pl_pairs_add(path, &pair, now);
}

/* From our own socket to the peer's relay, which is one relay on the way; and from our relay to his, which is two but
 * works for who has no UDP.  Our relay to his own addresses is his socket to our relay, seen from the other end. */
void pl_stage_relayed(pl_path *path, pl_time now)
{
    if (!pl_stage_is(path, PL_PATH_RELAYED))
        return;
    pl_relay_permit(path, now);
    bool udp = path->socket && path->own.hints.udp == PL_UDP_OPEN;
    for (size_t i = 0; i < path->theirs.n_candidates; i++) {
        const pl_candidate *candidate = &path->theirs.candidates[i];
        if (candidate->type != PL_CANDIDATE_RELAYED)
            continue;
        if (udp)
            try_relayed(path, PL_LEG_UDP, candidate, now);
        if (path->relay.relayed.ip)
            try_relayed(path, PL_LEG_RELAY, candidate, now);
    }
}

void pl_stage_more(pl_path *path, const pl_offer *more, pl_time now)
{
    for (size_t i = 0; i < G_N_ELEMENTS(more->hints.of); i++)
        path->theirs.hints.of[i].last = more->hints.of[i].last;
    for (size_t i = 0; i < more->n_candidates; i++)
        pl_offer_add(&path->theirs, more->candidates[i]);
    pl_relay_permit(path, now);
    pl_stage_relayed(path, now);
}

/* --- stage after stage --- */

bool pl_stage_refreshes(const pl_path *path, size_t stage)
{
    const pl_method_stage *row = &path->plan.stages[stage];
    const pl_hint *own = &path->own.hints.of[PL_PATH_UDP], *theirs = &path->theirs.hints.of[PL_PATH_UDP];
    return stage < path->plan.n_stages && row->method == PL_PATH_PREDICTED && row->transport == PL_PATH_UDP &&
           own->mapping == PL_MAPPING_APD && pl_method_is_sequential(own) && pl_method_is_sequential(theirs);
}

/* The answer comes to the peer from elsewhere than it asked, so that it must let in whom it did not send to; and it has to
 * show us the same port when it asks there. */
bool pl_stage_keeps_still(const pl_path *path)
{
    const pl_hint *theirs = &path->theirs.hints.of[PL_PATH_UDP];
    if (theirs->mapping != PL_MAPPING_APD && theirs->filtering != PL_FILTERING_APD)
        return false;
    for (size_t stage = path->stage + 1; stage < path->plan.n_stages; stage++) {
        if (pl_stage_refreshes(path, stage))
            return true;
    }
    return false;
}

static void act(pl_path *path, pl_time now)
{
    switch (current(path)->method) {
    case PL_PATH_DIRECT:
        if (path->is_caller)
            try_candidates(path, now);
        return;
    case PL_PATH_REVERSED:
        if (!path->is_caller)
            try_candidates(path, now);
        return;
    case PL_PATH_PUNCHED:
        try_candidates(path, now);
        return;
    case PL_PATH_PREDICTED:
        pl_spray_predict(path, now);
        return;
    case PL_PATH_SPRAYED:
        pl_spray_begin(path, now);
        return;
    case PL_PATH_RELAYED:
        pl_stage_relayed(path, now);
        return;
    case PL_PATH_METHODS_COUNT:
        break;
    }
    g_assert_not_reached();
}

static void on_stage_end(void *machine, pl_time now);

static void begin(pl_path *path, pl_time now)
{
    const pl_method_stage *stage = current(path);
    pl_trace(&path->context->port, PL_EVENT_PATH_STAGE, pl_number((int64_t)path->own.session),
             pl_text(pl_path_method_name(stage->method)), pl_text(pl_path_transport_name(stage->transport)),
             pl_number(stage->budget));
    path->holds = 0;
    pl_deadline_set(&path->context->deadlines, &path->timer, now + stage->budget, on_stage_end, path);
    pl_pairs_retire(path);
    pl_spray_stop(path);
    act(path, now);
    pl_stream_retire(path);
    if (pl_stage_refreshes(path, path->stage + 1))
        pl_gather_refresh(path, now);
}

/* A stage is held while a pair that works waits to be chosen, or its choice to be confirmed: the peer may be open
 * already, and nothing is begun that would undo it. */
static void on_stage_end(void *machine, pl_time now)
{
    pl_path *path = machine;
    if (path->holds < HOLDS_MAX && pl_pairs_is_settling(path)) {
        path->holds++;
        pl_deadline_set(&path->context->deadlines, &path->timer, now + pl_path_config(path)->path_first_try,
                        on_stage_end, path);
        return;
    }
    path->stage++;
    if (path->stage < path->plan.n_stages)
        begin(path, now);
    else if (path->plan.again)
        pl_path_again(path, now);
    else
        pl_path_end(path, "no-path", now);
}

void pl_stage_begin(pl_path *path, pl_time now)
{
    path->stage = 0;
    pl_path_enter(path, PL_PATH_CHECKING, PL_NEVER);
    pl_relay_plan(path, now);
    if (path->plan.n_stages > 0)
        begin(path, now);
    else
        pl_path_end(path, "no-path", now);
}
