#include "sim/world/refresh/nat_watch.h"

#include <stdio.h>
#include <string.h>

#include "sim/world/paths/paths.h"
#include "sim/world/refresh/nat_truth.h"

#define LABELS_MAX 128

/* What a report is at a moment, against the truth. */
typedef struct rightness {
    bool wrong_class, wrong_address;
    bool translated;              /* in truth */
    bool wrong_open, missed_open; /* it takes itself for a supernode, and must not; it does not, and could */
} rightness;

/* How long each held. */
typedef struct spans {
    pl_span kept;                 /* with the warm-up: there is a report */
    pl_span watched, translated;
    pl_span wrong, wrong_class, wrong_address;
    pl_span wrong_open, missed_open;
} spans;

struct sim_nat_watch {
    sim_nat_truth truth;
    bool is_due;        /* a report was found in the step that runs */
    bool is_begun;      /* there is a report to judge */
    pl_time looked_at;
    rightness is;       /* since then */
    spans total;
    bool was_ever_open; /* wrongly */
    uint64_t messages;  /* of nodes that are gone */
    const char *event;  /* that made the report wrong, and the report has not been right since; NULL = none */
    pl_time changed_at;
};

static struct sim_nat_watch *watch_of(const sim_machine *machine)
{
    const sim_world *world = machine->world;
    return world->nat_watch ? &world->nat_watch[machine - world->machines] : NULL;
}

void sim_nat_watch_new(sim_world *world)
{
    if (world->config->watches_nat && world->ops->capabilities & SIM_ENGINE_NETWORK)
        world->nat_watch = g_new0(struct sim_nat_watch, world->n_machines);
}

void sim_nat_watch_free(sim_world *world)
{
    g_clear_pointer(&world->nat_watch, g_free);
}

/* --- samples --- */

typedef struct telling {
    const sim_machine *machine;
    const char *labels;
    pl_time when, now;
} telling;

static void tell(const telling *t, const char *name, double value, const char *unit)
{
    sim_measure_sample(t->machine, &(sim_sample){name, t->labels, value, unit}, t->when, t->now);
}

static const char *setup_of(const sim_machine *machine)
{
    return machine->group->name ? machine->group->name : "none";
}

/* A change that was found out, or was overtaken before it was. */
static void tell_change(const sim_machine *machine, struct sim_nat_watch *watch, bool is_found, pl_time now)
{
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "policy=%s,setup=%s,event=%s", machine->group->nat_refresh, setup_of(machine),
             watch->event);
    const telling t = {machine, labels, watch->changed_at, now};
    tell(&t, "nat.detected", is_found, "1");
    if (is_found)
        tell(&t, "nat.detection", (double)(now - watch->changed_at), "ns");
    watch->event = NULL;
}

/* --- looking --- */

static rightness judge(const sim_nat_truth *truth, const pl_node *node, const pl_nat_report *report)
{
    const bool is_open = pl_node_is_open(node), could_be = sim_nat_truth_is_open(truth);
    return (rightness){.wrong_class = !sim_nat_truth_has_class(truth, report),
                       .wrong_address = !sim_nat_truth_has_address(truth, report),
                       .translated = sim_nat_truth_is_translated(truth),
                       .wrong_open = is_open && !could_be,
                       .missed_open = !is_open && could_be};
}

static bool is_wrong(const rightness *is)
{
    return is->wrong_class || is->wrong_address;
}

/* What held since the last look, after the warm-up. */
static void add_up(const sim_machine *machine, struct sim_nat_watch *watch, pl_time now)
{
    const pl_time from = MAX(watch->looked_at, machine->world->config->run.warmup_ns);
    const pl_span span = MAX(now - from, 0);
    const rightness *is = &watch->is;
    spans *total = &watch->total;
    total->kept += now - watch->looked_at;
    total->watched += span;
    total->translated += is->translated ? span : 0;
    total->wrong += is_wrong(is) ? span : 0;
    total->wrong_class += is->wrong_class ? span : 0;
    total->wrong_address += is->wrong_address ? span : 0;
    total->wrong_open += is->wrong_open ? span : 0;
    total->missed_open += is->missed_open ? span : 0;
    watch->was_ever_open |= is->wrong_open && span > 0;
}

static void look(const sim_machine *machine, pl_time now)
{
    struct sim_nat_watch *watch = watch_of(machine);
    const pl_nat_report *report = machine->node ? pl_node_nat_report(machine->node) : NULL;
    if (watch->is_begun)
        add_up(machine, watch, now);
    watch->is_begun = report != NULL;
    watch->looked_at = now;
    watch->truth = sim_nat_truth_of(machine);
    if (!report)
        return;
    watch->is = judge(&watch->truth, machine->node, report);
    if (watch->event && !is_wrong(&watch->is))
        tell_change(machine, watch, true, now);
}

void sim_nat_watch_discovered(sim_machine *machine)
{
    struct sim_nat_watch *watch = watch_of(machine);
    if (watch)
        watch->is_due = true;
}

void sim_nat_watch_settle(sim_machine *machine)
{
    struct sim_nat_watch *watch = watch_of(machine);
    if (!watch || !watch->is_due)
        return;
    watch->is_due = false;
    look(machine, machine->world->ops->now(machine->world->engine));
}

static const char *event_name(sim_action action)
{
    switch (action) {
    case SIM_DO_BLOCK:
    case SIM_DO_UNBLOCK:
    case SIM_DO_FIREWALL:
        return "firewall";
    case SIM_DO_READDRESS:
        return "readdress";
    case SIM_DO_ROAM:
        return "roam";
    case SIM_DO_ROUTER:
        return "router";
    case SIM_DO_REBOOT:
        return "reboot";
    case SIM_DO_FAIL:
    case SIM_DO_RESTART:
    case SIM_DO_LINK:
    case SIM_DO_KILL:
    case SIM_DO_QUIT:
    case SIM_DO_ADD:
    case SIM_DO_PARTITION:
    case SIM_DO_HEAL:
    case SIM_DO_SLOW:
    case SIM_DO_POISON:
        break;
    }
    return "none";
}

/* What went before is overtaken; where the stored report fits the new place too, nothing is to be found out. */
static void change(const sim_machine *machine, sim_action action, pl_time now)
{
    struct sim_nat_watch *watch = watch_of(machine);
    const sim_nat_truth before = watch->truth, after = sim_nat_truth_of(machine);
    const bool was_begun = watch->is_begun;
    if (sim_nat_truth_equal(&before, &after))
        return;
    if (watch->event)
        tell_change(machine, watch, false, now);
    look(machine, now);
    if (!was_begun || !is_wrong(&watch->is))
        return;
    watch->event = event_name(action);
    watch->changed_at = now;
}

void sim_nat_watch_changed(sim_world *world, sim_action action, pl_time now)
{
    for (size_t i = 0; world->nat_watch && i < world->n_machines; i++)
        if (world->machines[i].group)
            change(&world->machines[i], action, now);
}

void sim_nat_watch_stop(sim_machine *machine, pl_time now)
{
    struct sim_nat_watch *watch = watch_of(machine);
    if (!watch || !machine->group)
        return;
    if (watch->is_begun)
        add_up(machine, watch, now);
    watch->is_begun = false;
    watch->messages += pl_node_nat_messages(machine->node);
}

/* --- sessions --- */

void sim_nat_watch_begin(struct sim_session *session, pl_time now)
{
    const struct sim_nat_watch *a = watch_of(session->caller), *b = watch_of(session->callee);
    (void)now;
    if (!a)
        return;
    session->was_wrong = is_wrong(&a->is) || is_wrong(&b->is);
    session->was_in_vain = sim_nat_truth_forbids_punch(&a->truth, &b->truth);
}

static bool is_class(const struct sim_session *session, const char *prefix)
{
    return session->class && g_str_has_prefix(session->class, prefix);
}

void sim_nat_watch_session(const struct sim_session *session, pl_time now)
{
    char labels[LABELS_MAX];
    if (!watch_of(session->caller))
        return;
    const char *profile = session->profile ? session->profile : session->caller->group->traversal;
    snprintf(labels, sizeof labels, "policy=%s,traversal=%s,report=%s", session->caller->group->nat_refresh, profile,
             session->was_wrong ? "wrong" : "right");
    const telling t = {session->caller, labels, session->started, now};
    if (session->class)
        tell(&t, "nat.setup_time", (double)session->time, "ns");
    if (!session->id || strcmp(profile, "e2") != 0)
        return;
    tell(&t, "nat.skipped", is_class(session, "relayed") && !session->is_punched && !session->was_in_vain, "1");
    tell(&t, "nat.in_vain", session->is_punched && session->was_in_vain && !is_class(session, "punched-udp"), "1");
}

/* --- the end --- */

static double share(pl_span part, pl_span whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void tell_peer(const sim_machine *machine, const struct sim_nat_watch *watch, pl_time now)
{
    const spans *total = &watch->total;
    const uint64_t messages = watch->messages + (machine->node ? pl_node_nat_messages(machine->node) : 0);
    char labels[LABELS_MAX];
    snprintf(labels, sizeof labels, "policy=%s,setup=%s", machine->group->nat_refresh, setup_of(machine));
    const telling t = {machine, labels, now, now};
    if (total->watched == 0)
        return;
    tell(&t, "nat.stale", share(total->wrong, total->watched), "1");
    tell(&t, "nat.stale_class", share(total->wrong_class, total->watched), "1");
    if (total->translated > 0)
        tell(&t, "nat.stale_address", share(total->wrong_address, total->translated), "1");
    tell(&t, "nat.wrong_open", share(total->wrong_open, total->watched), "1");
    tell(&t, "nat.missed_open", share(total->missed_open, total->watched), "1");
    tell(&t, "nat.ever_wrong_open", watch->was_ever_open, "1");
    tell(&t, "nat.messages", (double)messages / ((double)total->kept / (double)PL_HOUR), "1/h");
}

void sim_nat_watch_end(sim_world *world, pl_time now)
{
    for (size_t i = 0; world->nat_watch && i < world->n_machines; i++) {
        sim_machine *machine = &world->machines[i];
        struct sim_nat_watch *watch = &world->nat_watch[i];
        if (!machine->group)
            continue;
        look(machine, now);
        if (watch->event)
            tell_change(machine, watch, false, now);
        tell_peer(machine, watch, now);
    }
}
