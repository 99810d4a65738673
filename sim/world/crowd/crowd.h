/* crowd.h - who is there, who comes and goes, who looks for whom, and how the overlay fares meanwhile.  Private to
 * sim/world. */
#ifndef SIM_WORLD_CROWD_H
#define SIM_WORLD_CROWD_H

#include "sim/world/world_internal.h"

/* A question that was asked: who, for whom, and what was true at that instant. */
typedef struct sim_question {
    uint32_t number; /* from 1, in the order of asking */
    uint64_t search; /* of the asker's node */
    sim_machine *asker;
    sim_machine *target; /* NULL: nobody ever had the name */
    char name[SIM_NAME_MAX];
    sim_truth truth;
    bool is_second; /* the asker's supernode has been told of the same user lately, and may remember (BS-27) */
    pl_time started;
    /* What search:ended told; outcome NULL = not yet. */
    const char *outcome, *reason;
    pl_span time;
    int64_t asked, rounds, messages;
} sim_question;

struct sim_searches {
    GPtrArray *acts;      /* who asks, again and again */
    GPtrArray *lists;     /* whom, by popularity */
    GPtrArray *open;      /* sim_question, in the order of asking */
    GHashTable *found;    /* supernode and name, to when a search there last found that user online */
    uint32_t n_asked;
    uint64_t n_unasked;   /* times when nobody was there of the kind that was to be asked for */
};

/* Peers by popularity, the most popular first; borrowed by the acts of a group. */
typedef struct sim_ranking {
    size_t n;
    sim_machine **machine;
    double *until; /* sum of the weights up to each */
} sim_ranking;

/* ranking.c */
sim_ranking *sim_ranking_new(const sim_world *world, const sim_searches_config *config);
void sim_ranking_free(sim_ranking *ranking);
/* Somebody other than `asker` of whom `truth` holds at `now`, the popular more often; NULL if there is nobody. */
sim_machine *sim_ranking_draw(const sim_ranking *ranking, const sim_machine *asker, sim_truth truth,
                              net_random *random, pl_time now);
/* What holds of a user at an instant, as far as the searches tell kinds apart. */
bool sim_truth_holds(const sim_searches_config *config, const sim_machine *target, sim_truth truth, pl_time now);

/* questions.c */

/* Asks, unless the node cannot at this instant. */
void sim_question_ask(sim_machine *asker, sim_machine *target, sim_truth truth, const char *name, pl_time now);

#endif
