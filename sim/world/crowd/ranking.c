/* ranking.c - whom one looks for: users by popularity, and what holds of them at an instant. */
#include "sim/world/crowd/crowd.h"

/* chosen: where a kind is one in a hundred, a draw fails once in e^3; then somebody of the kind is taken in turn. */
#define TRIES 300

bool sim_truth_holds(const sim_searches_config *config, const sim_machine *target, sim_truth truth, pl_time now)
{
    const bool is_online = target->online_at != PL_NEVER, was = target->left_at != PL_NEVER;
    const pl_span gone = was ? now - target->left_at : 0;
    switch (truth) {
    case SIM_TRUTH_PRESENT:
        return is_online;
    case SIM_TRUTH_LEFT:
        return !is_online && was && gone >= config->left_least_ns && gone <= config->left_most_ns;
    case SIM_TRUTH_ABSENT:
        return !is_online && !target->is_logging_in && (!was || gone > config->left_most_ns);
    case SIM_TRUTH_NEVER:
        return false;
    }
    g_assert_not_reached();
}

/* One order for the whole world, so that all groups have the same favourites. */
static size_t *draw_order(const sim_world *world)
{
    size_t *order = g_new(size_t, world->n_peers + 1);
    net_random random;
    net_random_init(&random, (uint64_t)world->config->run.seed, world->options.replication, "world", "popularity");
    for (size_t i = 0; i < world->n_peers; i++) {
        size_t at = (size_t)net_random_below(&random, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    return order;
}

sim_ranking *sim_ranking_new(const sim_world *world, const sim_searches_config *config)
{
    sim_ranking *ranking = g_new0(sim_ranking, 1);
    g_autofree size_t *order = draw_order(world);
    double sum = 0;
    ranking->machine = g_new(sim_machine *, world->n_peers + 1);
    ranking->until = g_new(double, world->n_peers + 1);
    for (size_t i = 0; i < world->n_peers; i++) {
        sim_machine *machine = sim_world_peer(world, (int64_t)order[i] + 1);
        if (config->whom && machine->group != config->whom)
            continue;
        sum += net_exp(-config->zipf * net_log((double)(ranking->n + 1)));
        ranking->machine[ranking->n] = machine;
        ranking->until[ranking->n++] = sum;
    }
    return ranking;
}

void sim_ranking_free(sim_ranking *ranking)
{
    g_free(ranking->machine);
    g_free(ranking->until);
    g_free(ranking);
}

/* The place whose share of the weights the draw falls into. */
static size_t draw_place(const sim_ranking *ranking, net_random *random)
{
    const double at = net_random_unit(random) * ranking->until[ranking->n - 1];
    size_t low = 0, high = ranking->n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranking->until[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

sim_machine *sim_ranking_draw(const sim_ranking *ranking, const sim_machine *asker, sim_truth truth,
                              net_random *random, pl_time now)
{
    const sim_searches_config *config = &asker->group->searches;
    for (size_t i = 0; i < TRIES && ranking->n > 0; i++) {
        sim_machine *target = ranking->machine[draw_place(ranking, random)];
        if (target != asker && sim_truth_holds(config, target, truth, now))
            return target;
    }
    const size_t first = ranking->n > 0 ? (size_t)net_random_below(random, ranking->n) : 0;
    for (size_t i = 0; i < ranking->n; i++) {
        sim_machine *target = ranking->machine[(first + i) % ranking->n];
        if (target != asker && sim_truth_holds(config, target, truth, now))
            return target;
    }
    return NULL;
}
