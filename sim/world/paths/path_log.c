/* path_log.c - what the two ends of a session tell becomes the session's record. */
#include <string.h>

#include "core/event.h"
#include "sim/world/paths/paths.h"
#include "sim/world/refresh/nat_watch.h"

enum { CALLER, CALLEE };

void sim_paths_new(sim_world *world)
{
    if (!sim_config_has_paths(world->config))
        return;
    struct sim_paths *paths = world->paths = g_new0(struct sim_paths, 1);
    paths->sessions = g_ptr_array_new_with_free_func(g_free);
    paths->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    paths->watched = g_new0(sim_watched, world->n_machines);
    paths->acts = g_ptr_array_new_with_free_func(g_free);
}

void sim_paths_free(sim_world *world)
{
    struct sim_paths *paths = world->paths;
    if (!paths)
        return;
    g_hash_table_unref(paths->by_id);
    g_ptr_array_unref(paths->sessions);
    g_ptr_array_unref(paths->acts);
    g_free(paths->watched);
    g_free(paths);
    world->paths = NULL;
}

sim_session *sim_paths_begin(sim_world *world, const sim_session *plan, pl_time now)
{
    struct sim_paths *paths = world->paths;
    sim_session *session = g_memdup2(plan, sizeof *plan);
    session->number = paths->sessions->len + 1;
    session->state = SIM_SESSION_TRYING;
    session->started = now;
    g_ptr_array_add(paths->sessions, session);
    sim_paths_watch(session);
    sim_nat_watch_begin(session, now);
    return session;
}

void sim_paths_done(sim_session *session, pl_time now)
{
    sim_world *world = session->caller->world;
    if (session->state == SIM_SESSION_DONE)
        return;
    sim_paths_unwatch(session);
    session->state = SIM_SESSION_DONE;
    sim_paths_sample(session, now);
    sim_nat_watch_session(session, now);
    if (++world->paths->n_done != world->paths->n_planned ||
        world->config->run.until != SIM_UNTIL_ALL_PATHS_DONE)
        return;
    world->stopped = true;
    world->ops->stop(world->engine);
}

void sim_paths_fail(sim_session *session, const char *cause, pl_time now)
{
    if (session->state == SIM_SESSION_DONE)
        return;
    session->cause = cause;
    for (int end = CALLER; session->state == SIM_SESSION_TRYING && end <= CALLEE; end++)
        session->spent[end] = sim_paths_spent(session, end);
    if (session->state == SIM_SESSION_TRYING && session->time == 0)
        session->time = now - session->started;
    sim_paths_done(session, now);
}

/* The caller's node tells the number of the session that was begun last, and not told yet. */
static void on_started(sim_machine *machine, const pl_event *event)
{
    struct sim_paths *paths = machine->world->paths;
    sim_session *session = paths->watched[machine - machine->world->machines].session;
    if (strcmp(event->value[0].text, "caller") != 0 || !session || session->caller != machine || session->id)
        return;
    session->id = event->value[1].number;
    session->profile = event->value[2].text;
    g_hash_table_insert(paths->by_id, &session->id, session);
}

/* The columns of path:stage. */
static void on_stage(const sim_machine *machine, const pl_event *event)
{
    sim_session *session = g_hash_table_lookup(machine->world->paths->by_id, &event->value[0].number);
    if (session && session->caller == machine && strcmp(event->value[1].text, "punched") == 0 &&
        strcmp(event->value[2].text, "udp") == 0)
        session->is_punched = true;
}

static void append_relay(sim_session *session, const sim_machine *end, const char *type)
{
    const sim_world *world = end->world;
    const pl_addr relay = sim_paths_supernode(end);
    char name[SIM_NAME_MAX];
    if (!type || strcmp(type, "relayed") != 0)
        return;
    for (size_t i = 0; i < world->n_supernodes; i++) {
        if (world->supernodes[i].ip != relay.ip)
            continue;
        if (session->relay[0])
            g_strlcat(session->relay, ";", sizeof session->relay);
        g_strlcat(session->relay, sim_machine_name(&world->machines[world->n_servers + i], name),
                  sizeof session->relay);
    }
}

/* The columns of path:opened (core/event.h). */
static void on_opened(sim_session *session, int end, const pl_event *event, pl_time now)
{
    if (session->is_open[end] || session->state == SIM_SESSION_DONE)
        return;
    session->is_open[end] = true;
    session->spent[end] = sim_paths_spent(session, end);
    if (end == CALLEE)
        return;
    if (!session->is_open[CALLEE]) /* until it tells itself */
        session->spent[CALLEE] = sim_paths_spent(session, CALLEE);
    session->state = SIM_SESSION_OPEN;
    session->class = event->value[1].text;
    session->via = event->value[2].text;
    session->local = event->value[3].text;
    session->remote = event->value[4].text;
    session->time = event->value[5].number;
    append_relay(session, session->caller, session->local);
    append_relay(session, session->callee, session->remote);
    if (session->echo->n == 0)
        sim_paths_done(session, now);
}

static size_t phases_with_traffic(const sim_echo *echo)
{
    size_t n = 0;
    for (size_t i = 0; i < echo->n; i++)
        n += echo->phase[i].rate > 0;
    return n;
}

/* The columns of path:echo; phases of silence have nothing sent, and say nothing. */
static void on_echo(sim_session *session, const pl_event *event, pl_time now)
{
    const int64_t sent = event->value[2].number, received = event->value[3].number;
    if (sent == 0 || session->state != SIM_SESSION_OPEN)
        return;
    if (session->n_echoes++ == 0) {
        session->sent = sent;
        session->received = received;
    } else {
        session->sent_after = sent;
        session->received_after = received;
    }
    if (session->n_echoes == phases_with_traffic(session->echo))
        sim_paths_done(session, now);
}

static void on_caller_event(sim_session *session, const pl_event *event, pl_time now)
{
    if (event->id == PL_EVENT_PATH_FAILED) {
        session->time = session->state == SIM_SESSION_TRYING ? event->value[2].number : session->time;
        sim_paths_fail(session, event->value[1].text, now);
    } else if (event->id == PL_EVENT_PATH_LOST) {
        sim_paths_fail(session, event->value[1].text, now);
    } else if (event->id == PL_EVENT_PATH_ECHO) {
        on_echo(session, event, now);
    }
}

void sim_paths_event(sim_machine *machine, const pl_event *event, pl_time now)
{
    const struct sim_paths *paths = machine->world->paths;
    if (event->id == PL_EVENT_PATH_STARTED)
        on_started(machine, event);
    if (event->id == PL_EVENT_PATH_STAGE)
        on_stage(machine, event);
    if (event->id != PL_EVENT_PATH_OPENED && event->id != PL_EVENT_PATH_FAILED &&
        event->id != PL_EVENT_PATH_LOST && event->id != PL_EVENT_PATH_ECHO)
        return;
    sim_session *session = g_hash_table_lookup(paths->by_id, &event->value[0].number);
    if (!session)
        return;
    if (event->id == PL_EVENT_PATH_OPENED && (machine == session->caller || machine == session->callee))
        on_opened(session, machine == session->callee ? CALLEE : CALLER, event, now);
    else if (machine == session->caller)
        on_caller_event(session, event, now);
}

void sim_paths_give_up(const sim_machine *machine, pl_time now)
{
    const struct sim_paths *paths = machine->world->paths;
    for (guint i = 0; paths && i < paths->sessions->len; i++) {
        sim_session *session = g_ptr_array_index(paths->sessions, i);
        if (session->caller == machine)
            sim_paths_fail(session, "caller-down", now);
    }
}

void sim_paths_end(sim_world *world, pl_time now)
{
    struct sim_paths *paths = world->paths;
    for (guint i = 0; paths && i < paths->sessions->len; i++) {
        sim_session *session = g_ptr_array_index(paths->sessions, i);
        sim_paths_fail(session, "unfinished", now);
        sim_paths_row(session);
    }
}
