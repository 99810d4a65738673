/* path_tell.c - a session as a row of paths.csv, and as samples. */
#include <stdio.h>
#include <string.h>

#include "sim/world/paths/paths.h"

#define LABELS_MAX 256

/* chosen: what of the first phase must come back for a path to be called alive; one datagram in a hundred may
 * be lost to the access links.  After a silence none may. */
#define ALIVE_SHARE 0.99

static const char *kind_of(const sim_machine *machine)
{
    return machine->group->name ? machine->group->name : "peers";
}

static const char *class_of(const sim_session *session)
{
    return session->class ? session->class : "failed";
}

static const char *profile_of(const sim_session *session)
{
    return session->profile ? session->profile : session->caller->group->traversal;
}

static bool has_traffic_after(const sim_echo *echo)
{
    size_t n = 0;
    for (size_t i = 0; i < echo->n; i++)
        n += echo->phase[i].rate > 0;
    return n > 1;
}

/* The first phase came back nearly whole, and the last one without a loss. */
static bool is_alive(const sim_session *session)
{
    if (session->sent == 0 || (double)session->received < ALIVE_SHARE * (double)session->sent)
        return false;
    return !has_traffic_after(session->echo) ||
           (session->sent_after > 0 && session->received_after == session->sent_after);
}

static void sample(const sim_session *session, const char *labels, sim_sample one, pl_time now)
{
    one.labels = labels;
    sim_measure_sample(session->caller, &one, session->started, now);
}

/* One sample of each class, so that each is a share of all sessions. */
static void sample_classes(const sim_session *session, const char *labels, pl_time now)
{
    static const char *const methods[] = {"direct", "reversed", "punched", "predicted", "sprayed", "relayed"};
    static const char *const transports[] = {"udp", "tcp"};
    const char *class = class_of(session);
    char name[64];
    for (size_t m = 0; m < G_N_ELEMENTS(methods); m++)
        for (size_t t = 0; t < G_N_ELEMENTS(transports); t++) {
            snprintf(name, sizeof name, "path.class.%s-%s", methods[m], transports[t]);
            bool is_this = strcmp(name + strlen("path.class."), class) == 0;
            sample(session, labels, (sim_sample){.name = name, .value = is_this, .unit = "1"}, now);
        }
    sample(session, labels,
           (sim_sample){.name = "path.class.failed", .value = strcmp(class, "failed") == 0, .unit = "1"},
           now);
}

void sim_paths_sample(const sim_session *session, pl_time now)
{
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "caller=%s,callee=%s,transport=%s,traversal=%s,via=%s",
             kind_of(session->caller), kind_of(session->callee), sim_choice_name(session->transport),
             profile_of(session), session->via ? session->via : "none");
    const bool is_connected = session->class != NULL;
    sample(session, labels, (sim_sample){.name = "path.connected", .value = is_connected, .unit = "1"}, now);
    sample_classes(session, labels, now);
    if (!is_connected)
        return;
    const uint64_t packets = session->spent[0].packets + session->spent[1].packets;
    sample(session, labels, (sim_sample){.name = "path.time", .value = (double)session->time, .unit = "ns"},
           now);
    if (session->caller->world->network)
        sample(session, labels,
               (sim_sample){.name = "path.packets", .value = (double)packets, .unit = "count"}, now);
    if (session->echo->n > 0)
        sample(session, labels, (sim_sample){.name = "path.alive", .value = is_alive(session), .unit = "1"},
               now);
}

/* Between the first phase with traffic and the last one. */
static pl_span silence_of(const sim_session *session)
{
    pl_span silence = 0;
    for (size_t i = 0; i < session->echo->n; i++)
        if (session->echo->phase[i].rate == 0)
            silence += session->echo->phase[i].duration;
    return silence;
}

void sim_paths_row(const sim_session *session)
{
    sim_recorder *recorder = session->caller->world->options.recorder;
    char caller[SIM_NAME_MAX], callee[SIM_NAME_MAX];
    if (!recorder)
        return;
    sim_record_path(
        recorder,
        &(sim_path_row){.path = session->number,
                        .cell = session->cell,
                        .caller = sim_machine_name(session->caller, caller),
                        .callee = sim_machine_name(session->callee, callee),
                        .caller_kind = kind_of(session->caller),
                        .callee_kind = kind_of(session->callee),
                        .transport = sim_choice_name(session->transport),
                        .profile = profile_of(session),
                        .class = class_of(session),
                        .via = session->via,
                        .local = session->local,
                        .remote = session->remote,
                        .cause = session->cause,
                        .started = session->started,
                        .time = session->time,
                        .packets = session->spent[0].packets + session->spent[1].packets,
                        .bytes = session->spent[0].bytes + session->spent[1].bytes,
                        .sent = session->sent,
                        .received = session->received,
                        .silence = session->n_echoes > 1 ? silence_of(session) : 0,
                        .sent_after = session->sent_after,
                        .received_after = session->received_after,
                        .drop_cause = session->drop == NET_DROP_NONE ? NULL : net_drop_name(session->drop),
                        .drop_box = session->drop_box,
                        .relay = session->relay});
}
