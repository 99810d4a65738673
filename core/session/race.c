#include "core/session/race.h"

#include <glib.h>

typedef struct lane {
    pl_id stream; /* 0 once it lost */
    pl_addr to;
} lane;

struct pl_race {
    pl_context *context;
    pl_race_done_fn done;
    void *owner;
    pl_deadline deadline;
    pl_cause cause;
    size_t n_lanes, n_open;
    lane lanes[];
};

static void abort_all(pl_race *race)
{
    const pl_port *port = &race->context->port;
    for (size_t i = 0; i < race->n_lanes; i++) {
        if (race->lanes[i].stream)
            port->ops->tcp_abort(port->ctx, race->lanes[i].stream);
        race->lanes[i].stream = 0;
    }
    race->n_open = 0;
}

/* The owner may free the race in `done`, so nothing is touched after it. */
static void finish(pl_race *race, pl_id stream, pl_addr to, pl_cause cause, pl_time now)
{
    pl_deadline_cancel(&race->context->deadlines, &race->deadline);
    abort_all(race);
    race->done(race->owner, stream, to, cause, now);
}

static void on_timeout(void *machine, pl_time now)
{
    finish(machine, 0, (pl_addr){0}, PL_CAUSE_TIMEOUT, now);
}

/* No stream could even be asked for; told by a deadline, since `new` must return first. */
static void on_nothing_opened(void *machine, pl_time now)
{
    finish(machine, 0, (pl_addr){0}, PL_CAUSE_REFUSED, now);
}

pl_race *pl_race_new(const pl_race_options *options, pl_time now)
{
    pl_race *race = g_malloc0(sizeof *race + options->n_entries * sizeof race->lanes[0]);
    race->context = options->context;
    race->done = options->done;
    race->owner = options->owner;
    race->cause = PL_CAUSE_REFUSED;
    race->n_lanes = options->n_entries;
    const pl_port *port = &race->context->port;
    for (size_t i = 0; i < options->n_entries; i++) {
        lane *entry = &race->lanes[i];
        entry->to = options->entries[i];
        if (options->port)
            entry->to.port = options->port;
        if (port->ops->tcp_open(port->ctx, 0, entry->to, &entry->stream) == 0)
            race->n_open++;
        else
            entry->stream = 0;
    }
    if (race->n_open)
        pl_deadline_set(
            &race->context->deadlines, &race->deadline,
            now + (options->timeout ? options->timeout : race->context->config->login_connect_timeout),
            on_timeout, race);
    else
        pl_deadline_set(&race->context->deadlines, &race->deadline, now, on_nothing_opened, race);
    return race;
}

void pl_race_free(pl_race *race)
{
    if (!race)
        return;
    pl_deadline_cancel(&race->context->deadlines, &race->deadline);
    abort_all(race);
    g_free(race);
}

static lane *find(pl_race *race, pl_id stream)
{
    for (size_t i = 0; race && i < race->n_lanes; i++)
        if (race->lanes[i].stream == stream)
            return &race->lanes[i];
    return NULL;
}

bool pl_race_opened(pl_race *race, pl_id stream, pl_time now)
{
    lane *winner = find(race, stream);
    if (!winner)
        return false;
    winner->stream = 0;
    finish(race, stream, winner->to, PL_CAUSE_FIN, now);
    return true;
}

bool pl_race_closed(pl_race *race, pl_id stream, pl_cause cause, pl_time now)
{
    lane *loser = find(race, stream);
    if (!loser)
        return false;
    loser->stream = 0;
    if (race->cause != PL_CAUSE_TIMEOUT)
        race->cause = cause;
    if (--race->n_open == 0)
        finish(race, 0, (pl_addr){0}, race->cause, now);
    return true;
}

size_t pl_race_entries(const pl_race *race)
{
    return race->n_lanes;
}

pl_addr pl_race_entry(const pl_race *race, size_t index)
{
    return race->lanes[index].to;
}
