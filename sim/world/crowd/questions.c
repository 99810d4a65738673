/* questions.c - what became of the questions that were asked, and whether the answers were true. */
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "sim/world/crowd/crowd.h"

/* chosen: a search that is open for so long at the end of a run was never going to end; a younger one was cut off. */
#define PATIENCE (2 * PL_MINUTE)

/* The one place that asks a node to search. */
static int ask_node(sim_machine *asker, const char *name, uint64_t *ret_search, pl_time now)
{
    int result = pl_node_search(asker->node, name, ret_search, now);
    sim_machine_arm(asker);
    return result;
}

/* Where a search for the name leaves something that is remembered. */
static char *memory_of(const sim_machine *asker, const char *name)
{
    const pl_addr supernode = pl_node_supernode_address(asker->node);
    return g_strdup_printf("%08x:%u/%s", (unsigned)supernode.ip, (unsigned)supernode.port, name);
}

static bool may_be_remembered(const sim_machine *asker, const char *name, pl_time now)
{
    g_autofree char *key = memory_of(asker, name);
    const pl_time *when = g_hash_table_lookup(asker->world->searches->found, key);
    return when && now - *when < asker->world->config->protocol.search_cache_lifetime;
}

static void remember(const sim_question *q, pl_time now)
{
    pl_time *when = g_new(pl_time, 1);
    *when = now;
    g_hash_table_replace(q->asker->world->searches->found, memory_of(q->asker, q->name), when);
}

void sim_question_ask(sim_machine *asker, sim_machine *target, sim_truth truth, const char *name, pl_time now)
{
    struct sim_searches *searches = asker->world->searches;
    uint64_t search = 0;
    if (!asker->node || ask_node(asker, name, &search, now) != 0)
        return;
    sim_question *q = g_new0(sim_question, 1);
    *q = (sim_question){.number = ++searches->n_asked,
                        .search = search,
                        .asker = asker,
                        .target = target,
                        .truth = truth,
                        .is_second = may_be_remembered(asker, name, now),
                        .started = now};
    g_strlcpy(q->name, name, sizeof q->name);
    g_ptr_array_add(searches->open, q);
}

/* Users who are held to be online by the answer. */
typedef enum answer { ANSWER_NOBODY, ANSWER_ONLINE, ANSWER_OFFLINE, ANSWER_NONE } answer;

/* Somebody is found who is online, or who was (BS-22). */
static answer answer_of(const sim_question *q)
{
    pl_search_result result;
    if (strcmp(q->outcome, pl_search_outcome_name(PL_SEARCH_ABSENT)) == 0)
        return ANSWER_NOBODY;
    if (strcmp(q->outcome, pl_search_outcome_name(PL_SEARCH_FOUND)) != 0)
        return ANSWER_NONE;
    if (!q->asker->node || pl_node_search_result(q->asker->node, q->search, &result) != 0)
        return ANSWER_ONLINE;
    return result.is_online ? ANSWER_ONLINE : ANSWER_OFFLINE;
}

/* What the answer should be at an instant.  Who is gone for long may be found as offline, or not. */
static bool fits(const sim_question *q, answer given, sim_truth truth)
{
    switch (truth) {
    case SIM_TRUTH_PRESENT:
        return given == ANSWER_ONLINE;
    case SIM_TRUTH_LEFT:
        return given == ANSWER_OFFLINE;
    case SIM_TRUTH_ABSENT:
        return given == ANSWER_NOBODY || (given == ANSWER_OFFLINE && q->target->left_at != PL_NEVER);
    case SIM_TRUTH_NEVER:
        return given == ANSWER_NOBODY;
    }
    g_assert_not_reached();
}

/* A user who came or went while he was looked for is told rightly by either. */
static bool is_right(const sim_question *q, answer given)
{
    if (fits(q, given, q->truth))
        return true;
    if (!q->target || q->target->online_at == PL_NEVER)
        return q->target && q->truth == SIM_TRUTH_PRESENT && fits(q, given, SIM_TRUTH_LEFT);
    return q->target->online_at >= q->started && fits(q, given, SIM_TRUTH_PRESENT);
}

static const char *policy_of(const sim_question *q)
{
    const char *policy = q->asker->group->searches.policy;
    return policy ? policy : "slot";
}

static void sample(const sim_question *q, const char *name, double value, const char *unit, pl_time now)
{
    char labels[128];
    const bool is_tcp_only = q->asker->group->firewall.udp_out != NET_ALLOW;
    snprintf(labels, sizeof labels, "truth=%s,policy=%s,transport=%s,again=%s", sim_truth_name(q->truth), policy_of(q),
             is_tcp_only ? "tcp-only" : "udp", q->is_second ? "second" : "first");
    sim_measure_sample(q->asker, &(sim_sample){name, labels, value, unit}, q->started, now);
}

static void sample_outcome(const sim_question *q, bool right, pl_time now)
{
    char outcome[64];
    static const char *const outcomes[] = {"found", "not-found", "gave-up", "unfinished"};
    sample(q, "search.found", strcmp(q->outcome, "found") == 0, "1", now);
    sample(q, "search.right", right, "1", now);
    sample(q, "search.time", (double)q->time, "ns", now);
    sample(q, "search.asked", (double)q->asked, "count", now);
    sample(q, "search.rounds", (double)q->rounds, "count", now);
    sample(q, "search.messages", (double)q->messages, "count", now);
    for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        snprintf(outcome, sizeof outcome, "search.outcome.%s", outcomes[i]);
        sample(q, outcome, strcmp(q->outcome, outcomes[i]) == 0, "1", now);
    }
}

static void record(const sim_question *q, const char *right)
{
    char host[SIM_NAME_MAX];
    sim_recorder *recorder = q->asker->world->options.recorder;
    if (!recorder)
        return;
    sim_record_search(recorder, &(sim_search_row){.search = q->number,
                                                  .host = sim_machine_name(q->asker, host),
                                                  .group = q->asker->group->name,
                                                  .target = q->name,
                                                  .truth = sim_truth_name(q->truth),
                                                  .policy = policy_of(q),
                                                  .outcome = q->outcome,
                                                  .reason = q->reason,
                                                  .started = q->started,
                                                  .time = q->time,
                                                  .asked = q->asked,
                                                  .rounds = q->rounds,
                                                  .messages = q->messages,
                                                  .right = right});
}

static void close_question(sim_question *q)
{
    g_ptr_array_remove(q->asker->world->searches->open, q);
}

/* In an event of its own: the node has put the result where it can be asked for by then. */
static void on_judge(void *ctx, void *arg, pl_time now)
{
    const sim_world *world = ctx;
    for (guint i = 0; world->searches && i < world->searches->open->len; i++) {
        sim_question *q = g_ptr_array_index(world->searches->open, i);
        if (q->number != GPOINTER_TO_UINT(arg))
            continue;
        const answer given = answer_of(q);
        const bool right = is_right(q, given);
        record(q, given == ANSWER_NONE ? "gave-up" : right ? "right" : "wrong");
        sample_outcome(q, right, now);
        if (given == ANSWER_ONLINE && !q->is_second && q->asker->node)
            remember(q, now);
        close_question(q);
        return;
    }
}

/* The columns of search:ended (core/event.h). */
void sim_searches_event(sim_machine *machine, const pl_event *event, pl_time now)
{
    const sim_world *world = machine->world;
    if (event->id != PL_EVENT_SEARCH_ENDED || !world->searches)
        return;
    for (guint i = 0; i < world->searches->open->len; i++) {
        sim_question *q = g_ptr_array_index(world->searches->open, i);
        if (q->asker != machine || q->outcome || (int64_t)q->search != event->value[0].number)
            continue;
        q->outcome = event->value[1].text;
        q->reason = event->value[2].text;
        q->time = event->value[3].number;
        q->asked = event->value[4].number;
        q->rounds = event->value[5].number;
        q->messages = event->value[6].number;
        world->ops->at(world->engine, now, on_judge, machine->world, GUINT_TO_POINTER(q->number));
        return;
    }
}

/* Whoever leaves hears no answer: that is nobody's fault, and no sample. */
static void cut_off(sim_question *q, pl_time now)
{
    q->outcome = "cut-off";
    q->reason = "asker-left";
    q->time = now - q->started;
    record(q, "");
    close_question(q);
}

void sim_searches_give_up(sim_machine *machine, pl_time now)
{
    const struct sim_searches *searches = machine->world->searches;
    for (guint i = 0; searches && i < searches->open->len;) {
        sim_question *q = g_ptr_array_index(searches->open, i);
        if (q->asker == machine)
            cut_off(q, now);
        else
            i++;
    }
}

void sim_searches_end(sim_world *world, pl_time now)
{
    struct sim_searches *searches = world->searches;
    while (searches && searches->open->len > 0) {
        sim_question *q = g_ptr_array_index(searches->open, 0);
        q->outcome = "unfinished";
        q->reason = "end-of-run";
        q->time = now - q->started;
        record(q, "");
        if (q->time > PATIENCE)
            sample_outcome(q, false, now);
        close_question(q);
    }
}
