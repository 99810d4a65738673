/* churn.c - hosts come and go: sessions and gaps, each host from a stream of its own.
 *
 * The world begins as if all this had gone on for ever: who is there, and what is left of each session and gap, is
 * drawn from the steady state (sim/net/law.h).  Where the hours of the day differ there is no such formula; those
 * hosts live through the days before the start, quickly. */
#include "sim/world/crowd/crowd.h"

#define DAYS_BEFORE 3 /* chosen: sessions of hours have forgotten how it began by then */

struct sim_churner {
    net_random random;
    const sim_churn_config *config;
    const net_law *session; /* of its class */
    const net_day *day;     /* when the return is likely */
    uint32_t life;          /* of plans; those of an earlier one are ignored */
    pl_span rest;           /* of the session that is under way at the start */
    bool is_in;             /* in a session */
};

/* Where a host is in its life. */
typedef struct phase {
    bool is_in;
    pl_span left; /* of the session or gap */
} phase;

bool sim_churn_is_in(const sim_machine *machine)
{
    return machine->churner->is_in;
}

/* How likely a host of the class is there at an instant. */
static double presence_of(const sim_churn_config *config, const net_law *session)
{
    const double in = net_law_mean(session), out = net_law_mean(&config->gap);
    return in / (in + out);
}

/* Shares are of those present; of all hosts a class has more, the less its own are there. */
static const net_law *draw_class(const sim_churn_config *config, net_random *random)
{
    double sum = 0;
    for (size_t i = 0; i < config->n_classes; i++)
        sum += config->classes[i].share / presence_of(config, &config->classes[i].session);
    double left = net_random_unit(random) * sum;
    for (size_t i = 0; i + 1 < config->n_classes; i++) {
        left -= config->classes[i].share / presence_of(config, &config->classes[i].session);
        if (left < 0)
            return &config->classes[i].session;
    }
    return &config->classes[config->n_classes - 1].session;
}

static pl_span session_of(struct sim_churner *churner)
{
    return net_law_draw(churner->session, &churner->random);
}

/* The hours of the day are those at the instant when the gap begins. */
static pl_span gap_from(const struct sim_churner *churner, pl_span work, pl_time now)
{
    return churner->day->depth > 0 ? net_day_after(churner->day, now, work) - now : work;
}

static phase steady(struct sim_churner *churner, pl_time now)
{
    const net_law *law = churner->session;
    const bool is_in = net_random_unit(&churner->random) < presence_of(churner->config, law);
    const pl_span left = net_law_residual(is_in ? law : &churner->config->gap, &churner->random);
    return (phase){is_in, is_in ? left : gap_from(churner, left, now)};
}

static phase first_phase(struct sim_churner *churner)
{
    const sim_churn_config *config = churner->config;
    if (config->start == SIM_START_ALL)
        return (phase){true, net_law_residual(churner->session, &churner->random)};
    if (config->start == SIM_START_NONE)
        return (phase){false, gap_from(churner, net_law_residual(&config->gap, &churner->random), 0)};
    if (churner->day->depth <= 0)
        return steady(churner, 0);
    pl_time now = -DAYS_BEFORE * 24 * PL_HOUR;
    phase p = steady(churner, now);
    while (now + p.left < 0) {
        now += p.left;
        p.is_in = !p.is_in;
        p.left = p.is_in ? session_of(churner)
                         : gap_from(churner, net_law_draw(&config->gap, &churner->random), now);
    }
    return (phase){p.is_in, now + p.left};
}

static void plan(sim_machine *machine, sim_event_fn fn, pl_time when)
{
    const sim_world *world = machine->world;
    world->ops->at(world->engine, when, fn, machine, GUINT_TO_POINTER(machine->churner->life));
}

static void on_leave(void *ctx, void *arg, pl_time now);

static void begin(sim_machine *machine, pl_span session, pl_time now)
{
    machine->churner->is_in = true;
    if (!machine->node)
        sim_presence_return(machine, now);
    else
        sim_behaviour_resume(machine, now);
    plan(machine, on_leave, now + session);
}

static void on_come(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    if (machine->churner->life == GPOINTER_TO_UINT(arg))
        begin(machine, session_of(machine->churner), now);
}

static void end(sim_machine *machine, pl_time now)
{
    struct sim_churner *churner = machine->churner;
    churner->is_in = false;
    const bool may_be_soft = machine->group || churner->config->hard < 1; /* no draw is spent on what is settled */
    const bool is_soft = may_be_soft && net_random_unit(&churner->random) >= churner->config->hard;
    if (is_soft)
        sim_presence_log_out(machine, now);
    if (!is_soft || !machine->group) /* a supernode is no user whose machine stays on */
        sim_presence_vanish(machine, now);
}

static void on_leave(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    struct sim_churner *churner = machine->churner;
    if (churner->life != GPOINTER_TO_UINT(arg))
        return;
    end(machine, now);
    plan(machine, on_come, now + gap_from(churner, net_law_draw(&churner->config->gap, &churner->random), now));
}

void sim_churn_interrupt(sim_machine *machine)
{
    if (!machine->churner)
        return;
    machine->churner->life++;
    machine->churner->is_in = false;
}

void sim_churn_resume(sim_machine *machine, pl_time now)
{
    struct sim_churner *churner = machine->churner;
    if (!churner)
        return;
    churner->life++;
    churner->is_in = true;
    plan(machine, on_leave, now + session_of(churner));
}

/* A user who is there at the start logs in at his place in the row; what is left of his session begins with it. */
static void on_settle(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    struct sim_churner *churner = machine->churner;
    if (churner->life == GPOINTER_TO_UINT(arg))
        begin(machine, churner->rest, now);
}

static void enlist(sim_machine *machine, const sim_churn_config *config, const net_day *day)
{
    static const net_day any_hour = {0};
    const sim_world *world = machine->world;
    char name[SIM_NAME_MAX];
    struct sim_churner *churner = machine->churner = g_new0(struct sim_churner, 1);
    net_random_init(&churner->random, (uint64_t)world->config->run.seed, world->options.replication,
                    sim_machine_name(machine, name), "churn");
    churner->config = config;
    churner->day = day ? day : &any_hour;
    churner->session = draw_class(config, &churner->random);
}

static void start_user(sim_machine *machine, pl_time *last)
{
    struct sim_churner *churner = machine->churner;
    const phase p = first_phase(churner);
    if (!p.is_in) {
        plan(machine, on_come, p.left);
        return;
    }
    churner->rest = p.left;
    *last = sim_behaviour_arrival(&churner->config->settle, &churner->random, *last);
    plan(machine, on_settle, *last);
}

static void start_supernode(sim_machine *machine, pl_time now)
{
    const phase p = first_phase(machine->churner);
    machine->churner->is_in = p.is_in;
    if (!p.is_in)
        sim_presence_vanish(machine, now);
    plan(machine, p.is_in ? on_leave : on_come, now + p.left);
}

/* The company runs those of the bootstrap list, and they stay; the dedicated ones are asleep. */
static bool may_churn(const sim_world *world, size_t supernode)
{
    const size_t fixed = world->config->supernodes.bootstrap == SIM_YES ? G_N_ELEMENTS(world->bootstrap) : 0;
    return supernode >= fixed && supernode < world->n_supernodes - world->n_dedicated;
}

void sim_churn_plan(sim_world *world)
{
    const sim_churn_config *config = &world->config->supernodes.churn;
    for (size_t i = 0; config->n_classes > 0 && i < world->n_supernodes; i++) {
        if (!may_churn(world, i))
            continue;
        enlist(&world->machines[world->n_servers + i], config, NULL);
        start_supernode(&world->machines[world->n_servers + i], 0);
    }
    for (size_t g = 0; g < world->config->n_groups; g++) {
        const sim_group_config *group = &world->config->groups[g];
        pl_time last = group->churn.settle.start_ns;
        for (int64_t i = 0; group->churn.n_classes > 0 && i < group->count; i++) {
            sim_machine *machine = sim_world_peer(world, group->first + i);
            enlist(machine, &group->churn, &group->day);
            start_user(machine, &last);
        }
    }
}

void sim_churn_forget(sim_machine *machine)
{
    g_clear_pointer(&machine->churner, g_free);
}
