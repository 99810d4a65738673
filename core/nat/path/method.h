/* method.h - by what methods two ends try to come together, in what order and for how long; and what a client of an
 * era knows of them.
 *
 * Private to nat/.  Pure functions: both ends compute the same plan from the same two bodies, so that no message is
 * needed between the stages. */
#ifndef PL_NAT_PATH_METHOD_H
#define PL_NAT_PATH_METHOD_H

#include "core/config.h"
#include "core/nat/path/offer.h"

#define PL_METHOD_STAGES_MAX 16 /* no more than the table has rows */

/* One stage of a plan. */
typedef struct pl_method_stage {
    pl_path_method method;
    pl_path_transport transport; /* of the ways that are tried; a relay's are of both */
    pl_span budget;
} pl_method_stage;

typedef struct pl_method_plan {
    pl_method_stage stages[PL_METHOD_STAGES_MAX];
    size_t n_stages;
    bool again; /* after the last stage everything is gathered anew for the next attempt */
} pl_method_plan;

/* What both know: of each feature, what the profiles of both have. */
pl_path_profile pl_method_profile(const pl_offer *offer, const pl_offer *answer);
/* Which transports both want for the ways that are not relayed: bit a transport. */
unsigned pl_method_transports(const pl_offer *offer, const pl_offer *answer);
/* The plan of the attempt that offer and answer name. */
void pl_method_plan_make(pl_method_plan *ret_plan, const pl_offer *offer, const pl_offer *answer,
                         const pl_config *config);

/* How long a spray takes until its sockets stand at the one end, so that the other's probes may begin. */
pl_span pl_method_spray_lead(const pl_config *config);

/* The two ends may share a network: they are seen under one address, or one does not know how it is seen. */
bool pl_method_is_lan(const pl_offer *offer, const pl_offer *answer);
/* A mapping for every destination, at ports that go by steps, or at random. */
bool pl_method_is_sequential(const pl_hint *hint);
bool pl_method_is_random(const pl_hint *hint);
/* One mapping for all destinations, or no translation. */
bool pl_method_is_independent(const pl_hint *hint);

#endif
