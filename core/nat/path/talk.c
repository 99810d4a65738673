/* talk.c - the open path: payloads, keep-alives, consent.
 *
 * While payloads go out, the peer's consent is asked for every five seconds (RFC 7675); in silence an indication
 * every so often keeps the boxes' mappings (RFC 8445 §11), and consent is needed again from the next payload on. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

/* --- what was found --- */

static pl_candidate_type local_type(const pl_path *path, const pl_leg *leg, const pl_pair *pair)
{
    if (leg->kind == PL_LEG_RELAY)
        return PL_CANDIDATE_RELAYED;
    pl_path_transport transport = leg->kind == PL_LEG_TCP ? PL_PATH_TCP : PL_PATH_UDP;
    if (!pair || !pair->mapped.ip)
        return path->own.hints.of[transport].mapping == PL_MAPPING_NONE ? PL_CANDIDATE_HOST : PL_CANDIDATE_REFLEXIVE;
    for (size_t i = 0; i < path->own.n_candidates; i++) {
        const pl_candidate *candidate = &path->own.candidates[i];
        if (candidate->transport == transport && pl_addr_equal(candidate->addr, pair->mapped))
            return candidate->type;
    }
    return PL_CANDIDATE_PEER_REFLEXIVE;
}

static pl_path_via via_of(const pl_path *path, const pl_leg *leg, pl_path_method method)
{
    if (method == PL_PATH_RELAYED)
        return PL_PATH_VIA_PUBLIC;
    if (pl_offer_is_private(leg->remote.ip))
        return PL_PATH_VIA_LAN;
    bool turned = leg->remote.ip == pl_offer_outside(&path->own) && !pl_path_is_own(path, leg->remote.ip);
    return turned ? PL_PATH_VIA_HAIRPIN : PL_PATH_VIA_PUBLIC;
}

/* A relayed path is over TCP if one of its legs is, whoever's. */
static pl_path_transport transport_of(const pl_path *path, const pl_leg *leg)
{
    if (leg->kind == PL_LEG_TCP || (leg->kind == PL_LEG_RELAY && path->relay.transport == PL_TURN_TCP))
        return PL_PATH_TCP;
    for (size_t i = 0; i < path->theirs.n_candidates; i++) {
        const pl_candidate *candidate = &path->theirs.candidates[i];
        if (candidate->type == PL_CANDIDATE_RELAYED && pl_addr_equal(candidate->addr, leg->remote))
            return candidate->transport;
    }
    return PL_PATH_UDP;
}

/* --- timers --- */

static pl_span keep_alive(const pl_path *path)
{
    const pl_config *config = pl_path_config(path);
    pl_span lifetime = path->self->binding_lifetime;
    if (lifetime <= 0)
        return config->path_keep_alive;
    return CLAMP(lifetime / 3 * 2, config->path_keep_alive_least, config->path_keep_alive_most);
}

static bool needs_consent(const pl_path *path, pl_time now)
{
    const pl_talk *talk = &path->talk;
    return talk->payload_at != PL_NEVER && now - talk->payload_at < pl_path_config(path)->path_consent_expiry;
}

static void on_timer(void *machine, pl_time now);

static void arm(pl_path *path, pl_time now)
{
    const pl_talk *talk = &path->talk;
    pl_time at = talk->sent_at + keep_alive(path);
    if (needs_consent(path, now)) {
        at = MIN(at, talk->consent_due);
        at = MIN(at, talk->consented_at + pl_path_config(path)->path_consent_expiry);
    }
    pl_deadline_set(&path->context->deadlines, &path->talk.timer, MAX(at, now), on_timer, path);
}

/* spec RFC 7675 §5.1: the interval times 0.8 to 1.2, so that checks of many sessions do not fall together. */
static pl_span consent_pause(const pl_path *path)
{
    uint16_t draw;
    pl_context_random(path->context, &draw, sizeof draw);
    pl_span interval = pl_path_config(path)->path_consent_interval;
    return interval * 4 / 5 + interval * 2 / 5 * draw / UINT16_MAX;
}

static void ask_consent(pl_path *path, pl_time now)
{
    pl_check check = {.method = path->talk.found.method};
    (void)pl_pairs_send(path, &path->talk.leg, &check, 0, now);
    memcpy(path->talk.consent_id, check.id, sizeof check.id);
    path->talk.consent_due = now + consent_pause(path);
}

static void send_keep_alive(pl_path *path, pl_time now)
{
    uint8_t id[PL_STUN_ID_BYTES], bytes[PL_CHECK_BYTES_MAX];
    pl_context_random(path->context, id, sizeof id);
    size_t len = pl_check_write_indication(id, bytes);
    (void)pl_leg_send(path, &path->talk.leg, 0, bytes, len, now);
}

static void on_timer(void *machine, pl_time now)
{
    pl_path *path = machine;
    const pl_talk *talk = &path->talk;
    bool consent = needs_consent(path, now);
    if (consent && now - talk->consented_at >= pl_path_config(path)->path_consent_expiry) {
        pl_path_end(path, "consent-expired", now);
        return;
    }
    if (consent && now >= talk->consent_due)
        ask_consent(path, now);
    if (now - talk->sent_at >= keep_alive(path))
        send_keep_alive(path, now);
    arm(path, now);
}

void pl_talk_stop(pl_path *path)
{
    pl_deadline_cancel(&path->context->deadlines, &path->talk.timer);
}

bool pl_talk_is_answer(const pl_path *path, const pl_stun *stun)
{
    return memcmp(stun->id, path->talk.consent_id, PL_STUN_ID_BYTES) == 0;
}

void pl_talk_consented(pl_path *path, pl_time now)
{
    path->talk.consented_at = now;
    arm(path, now);
}

/* --- opening --- */

static void keep_leg(pl_path *path, pl_time now)
{
    const pl_leg *leg = &path->talk.leg;
    pl_path_let_go(path, leg, now);
    if (leg->kind == PL_LEG_RELAY)
        (void)pl_turn_client_bind(path->relay.client, leg->remote, now);
    else
        pl_relay_stop(path, now);
}

void pl_talk_begin(pl_path *path, const pl_leg *leg, const pl_pair *pair, pl_path_method method, pl_time now)
{
    pl_talk *talk = &path->talk;
    const pl_leg kept = *leg;
    *talk = (pl_talk){.leg = kept,
                      .sent_at = now,
                      .payload_at = PL_NEVER,
                      .consented_at = now,
                      .found = {.method = method,
                                .transport = transport_of(path, &kept),
                                .via = via_of(path, &kept, method),
                                .local = local_type(path, &kept, pair),
                                .remote = pl_pairs_type(path, &kept),
                                .remote_addr = kept.remote,
                                .time = now - path->started_at,
                                .packets = path->packets}};
    pl_path_enter(path, PL_PATH_OPEN, PL_NEVER);
    keep_leg(path, now);
    arm(path, now);
    const pl_path_found *found = &talk->found;
    pl_trace(&path->context->port, PL_EVENT_PATH_OPENED, pl_number((int64_t)path->own.session),
             pl_text(pl_path_class_name(method, found->transport)), pl_text(pl_path_via_name(found->via)),
             pl_text(pl_candidate_type_name(found->local)), pl_text(pl_candidate_type_name(found->remote)),
             pl_number(found->time), pl_number(found->packets));
    const pl_path_found told = *found;
    path->handler->opened(path->owner, path, &told, now); /* may free us */
}

/* --- payloads --- */

int pl_path_send(pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    pl_talk *talk = &path->talk;
    if (path->state != PL_PATH_OPEN)
        return PL_ERR_UNEXPECTED;
    if (len > PL_PATH_PAYLOAD_MAX)
        return PL_ERR_OVERSIZED;
    if (len == 0 || data[0] < PL_PATH_PAYLOAD_FIRST)
        return PL_ERR_MALFORMED;
    if (!needs_consent(path, now)) { /* after a silence its clock begins anew */
        talk->consented_at = now;
        talk->consent_due = now + consent_pause(path);
    }
    talk->payload_at = now;
    int error = pl_leg_send(path, &talk->leg, 0, data, len, now);
    arm(path, now);
    return error;
}

void pl_talk_input(pl_path *path, const pl_leg *leg, const uint8_t *data, size_t len, int *ret_error, pl_time now)
{
    if (path->state == PL_PATH_OPEN && pl_leg_equal(leg, &path->talk.leg) && len <= PL_PATH_PAYLOAD_MAX) {
        path->handler->received(path->owner, path, data, len, now); /* may free us */
        return;
    }
    /* The callee, who hears the choice first, may speak before the caller knows that it was heard. */
    if (!pl_pairs_is_chosen(path, leg))
        *ret_error = PL_ERR_UNEXPECTED;
}
