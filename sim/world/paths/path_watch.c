/* path_watch.c - what the network's observer sees of a session: packets that its ends' hosts send, and the
 * last drop between them.
 *
 * The last drop says why a pair could not meet, if it was dropped by a box that judged it.  Packets that are
 * meant to end early, or that were a guess (those whose TTL opens one's own box only, those to a private
 * address that is nobody's here), are remembered only while there is nothing better. */
#include "sim/world/paths/paths.h"

static sim_watched *watched(const sim_machine *machine)
{
    return &machine->world->paths->watched[machine - machine->world->machines];
}

static const sim_machine *end_of(const sim_session *session, int end)
{
    return end == 0 ? session->caller : session->callee;
}

/* A host that is in several sessions at once is watched for the one that began last. */
void sim_paths_watch(sim_session *session)
{
    for (int end = 0; end < 2; end++) {
        sim_watched *w = watched(end_of(session, end));
        session->before[end] = w->sent;
        w->session = session;
    }
}

void sim_paths_unwatch(sim_session *session)
{
    for (int end = 0; end < 2; end++) {
        sim_watched *w = watched(end_of(session, end));
        if (w->session == session)
            w->session = NULL;
    }
}

sim_spent sim_paths_spent(const sim_session *session, int end)
{
    const sim_spent *before = &session->before[end], *sent = &watched(end_of(session, end))->sent;
    return (sim_spent){sent->packets - before->packets, sent->bytes - before->bytes};
}

static bool is_known_by(const sim_machine *machine, uint32_t ip)
{
    const sim_whereabouts *at = &machine->at;
    return ip == at->ip || (at->between && ip == at->between) ||
           (ip >= at->outside && ip < at->outside + at->n_outside);
}

static bool is_strong(net_drop drop)
{
    return drop != NET_DROP_NO_ROUTE && drop != NET_DROP_TTL;
}

static void note_drop(sim_session *session, const sim_machine *sender, const net_sighting *sighting)
{
    const sim_machine *other = sender == session->caller ? session->callee : session->caller;
    const bool strong = is_strong(sighting->drop);
    if (session->state != SIM_SESSION_TRYING || (session->is_strong && !strong) ||
        !is_known_by(other, sighting->packet->destination.ip))
        return;
    session->drop = sighting->drop;
    session->is_strong = strong;
    g_strlcpy(session->drop_box, sighting->box ? sighting->box : "", sizeof session->drop_box);
}

void sim_paths_sighting(sim_world *world, const net_sighting *sighting, pl_time now)
{
    (void)now;
    if (sighting->from == NET_NO_HOST)
        return;
    sim_watched *w = &world->paths->watched[sighting->from];
    if (sighting->step == NET_STEP_SENT) {
        w->sent.packets++;
        w->sent.bytes += net_packet_bytes(sighting->packet);
    } else if (w->session && (sighting->step == NET_STEP_DROPPED || sighting->step == NET_STEP_REJECTED)) {
        note_drop(w->session, &world->machines[sighting->from], sighting);
    }
}
