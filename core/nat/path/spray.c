/* spray.c - bursts: ports that are foretold, and many ports at once.
 *
 * A box that maps by destination gives the way to its peer a port that nobody has seen.  If its ports go by steps, the
 * next few are foretold.  If they are random, the end behind it (the hard one) opens S sockets to the other's one
 * endpoint, by packets that reach nobody; when all stand, the other (the easy one) probes N different ports of M = 64512,
 * and meets one with 1 - (1 - S/M)(1 - S/(M-1))…(1 - S/(M-N+1)): 98.35 % for 256 and 1024. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/path_internal.h"

#define PORT_LOW   1024u
#define PORTS      64512u /* from PORT_LOW to 65535 */

/* The one address at which the peer is to be met, {0, 0} if there is none. */
static pl_addr meeting_point(const pl_path *path, pl_path_transport transport)
{
    const pl_candidate *candidate = pl_offer_find(&path->theirs, PL_CANDIDATE_REFLEXIVE, transport);
    if (!candidate)
        candidate = pl_offer_find(&path->theirs, PL_CANDIDATE_HOST, transport);
    return candidate ? candidate->addr : (pl_addr){0, 0};
}

/* --- foretold ports --- */

/* `opens`: the first packet shall only open our own boxes. */
static void aim(pl_path *path, pl_addr at, pl_path_transport transport, bool opens, pl_time now)
{
    if (transport == PL_PATH_TCP) {
        (void)pl_stream_open(path, at, PL_STREAM_WAY, PL_PATH_PREDICTED, PL_CANDIDATE_PEER_REFLEXIVE, now);
        return;
    }
    const pl_pair pair = {.leg = {PL_LEG_UDP, path->socket, at},
                          .remote_type = PL_CANDIDATE_PEER_REFLEXIVE,
                          .method = PL_PATH_PREDICTED,
                          .opener = opens && path->profile.low_ttl_opener};
    (void)pl_pairs_add(path, &pair, now);
}

/* The i-th port after the last that was seen; 0 where the range ends. */
static uint16_t foretold(const pl_hint *hint, int64_t i)
{
    int64_t port = hint->last + hint->step * i;
    return port >= PORT_LOW && port <= 65535 ? (uint16_t)port : 0;
}

void pl_spray_predict(pl_path *path, pl_time now)
{
    pl_path_transport transport = path->plan.stages[path->stage].transport;
    const pl_hint *hint = &path->theirs.hints.of[transport];
    pl_addr met = meeting_point(path, transport);
    if (!met.ip)
        return;
    if (pl_method_is_sequential(hint)) {
        for (int64_t i = 1; i <= pl_path_config(path)->path_predict_ports; i++) {
            uint16_t port = foretold(hint, i);
            if (port)
                aim(path, (pl_addr){met.ip, port}, transport, false, now);
        }
    } else { /* it is our own port that is foretold, and it is there once we have sent */
        aim(path, met, transport, true, now);
    }
    pl_pairs_burst(path, now);
}

/* --- many ports --- */

static void on_timer(void *machine, pl_time now);

static void arm(pl_path *path, pl_time now)
{
    pl_time at = path->spray.left > 0 ? now + PL_SECOND / pl_path_config(path)->path_spray_rate : PL_NEVER;
    pl_deadline_set(&path->context->deadlines, &path->spray.timer, at, on_timer, path);
}

static void open_one(pl_path *path, pl_time now)
{
    pl_spray *spray = &path->spray;
    const pl_port *port = &path->context->port;
    pl_check check = {.method = PL_PATH_SPRAYED};
    pl_leg leg = {.kind = PL_LEG_UDP, .remote = spray->to};
    if (port->ops->udp_bind(port->ctx, 0, &leg.id) != 0) {
        spray->left = 0; /* what is open must do */
        return;
    }
    (void)pl_pairs_send(path, &leg, &check, path->profile.low_ttl_opener ? pl_pairs_opener_ttl(path) : 0, now);
    memcpy(spray->ids[spray->n_sockets], check.id, sizeof check.id);
    spray->sockets[spray->n_sockets++] = leg.id;
}

/* A port that was not probed yet, any with the same chance: however a box chooses its own, they are met as often. */
static uint16_t draw_port(const pl_path *path, uint8_t *probed)
{
    for (;;) {
        uint16_t port;
        pl_context_random(path->context, &port, sizeof port);
        uint32_t at = (uint32_t)port - PORT_LOW;
        if (port < PORT_LOW || (probed[at / 8] >> at % 8 & 1))
            continue;
        probed[at / 8] = (uint8_t)(probed[at / 8] | 1u << at % 8);
        return port;
    }
}

static void probe_one(pl_path *path, pl_time now)
{
    pl_spray *spray = &path->spray;
    pl_check check = {.method = PL_PATH_SPRAYED, .number = spray->number};
    pl_leg leg = {PL_LEG_UDP, path->socket, {spray->to.ip, draw_port(path, spray->probed)}};
    memcpy(check.id, spray->id, sizeof check.id);
    (void)pl_pairs_send(path, &leg, &check, 0, now);
    memcpy(spray->id, check.id, sizeof check.id);
    spray->number = check.number;
}

static void on_timer(void *machine, pl_time now)
{
    pl_path *path = machine;
    path->spray.left--;
    if (path->spray.hard)
        open_one(path, now);
    else
        probe_one(path, now);
    arm(path, now);
}

void pl_spray_begin(pl_path *path, pl_time now)
{
    pl_spray *spray = &path->spray;
    const pl_config *config = pl_path_config(path);
    pl_spray_clear(path, 0);
    *spray = (pl_spray){.to = meeting_point(path, PL_PATH_UDP),
                        .hard = pl_method_is_random(&path->own.hints.of[PL_PATH_UDP])};
    spray->left = spray->hard ? config->path_spray_sockets : MIN(config->path_spray_ports, PORTS);
    if (!spray->to.ip)
        return;
    if (spray->hard) {
        spray->sockets = g_new0(pl_id, (gsize)spray->left);
        spray->ids = g_malloc0((gsize)spray->left * PL_STUN_ID_BYTES);
    } else {
        spray->probed = g_malloc0(PORTS / 8);
    }
    pl_time first = spray->hard ? now : now + pl_method_spray_lead(config);
    pl_deadline_set(&path->context->deadlines, &spray->timer, first, on_timer, path);
}

void pl_spray_stop(pl_path *path)
{
    pl_deadline_cancel(&path->context->deadlines, &path->spray.timer);
    path->spray.left = 0;
}

void pl_spray_clear(pl_path *path, pl_id kept)
{
    pl_spray *spray = &path->spray;
    const pl_port *port = &path->context->port;
    pl_spray_stop(path);
    for (size_t i = 0; i < spray->n_sockets; i++) {
        if (spray->sockets[i] != kept)
            port->ops->close(port->ctx, spray->sockets[i]);
    }
    g_free(spray->sockets);
    g_free(spray->ids);
    g_free(spray->probed);
    *spray = (pl_spray){0};
}

bool pl_spray_owns(const pl_path *path, pl_id socket)
{
    for (size_t i = 0; i < path->spray.n_sockets; i++) {
        if (path->spray.sockets[i] == socket)
            return true;
    }
    return false;
}

/* Is it an answer to the easy end's one check, from any port of the address that was probed, or to the hard end's
 * opener from that socket? */
static bool is_answer(const pl_spray *spray, const pl_leg *leg, const pl_stun *stun)
{
    if (leg->kind != PL_LEG_UDP || leg->remote.ip != spray->to.ip)
        return false;
    if (!spray->hard)
        return spray->number != 0 && memcmp(stun->id, spray->id, PL_STUN_ID_BYTES) == 0;
    for (size_t i = 0; i < spray->n_sockets; i++) {
        if (spray->sockets[i] == leg->id)
            return memcmp(stun->id, spray->ids[i], PL_STUN_ID_BYTES) == 0;
    }
    return false;
}

/* A port was hit.  A check of the pair's own proves it once more, and is what the choice is made by. */
int pl_spray_answer(pl_path *path, const pl_leg *leg, const pl_stun *stun, pl_time now)
{
    if (!is_answer(&path->spray, leg, stun))
        return PL_ERR_UNEXPECTED;
    const pl_pair pair = {.leg = *leg,
                          .remote_type = PL_CANDIDATE_PEER_REFLEXIVE,
                          .method = PL_PATH_SPRAYED,
                          .triggered = true};
    (void)pl_pairs_add(path, &pair, now);
    return 0;
}
