/* nat_truth.h - what a right report would say of a machine now, by its boxes and its firewall; the core is not asked.
 *
 * Of several boxes the worst mapping and the strictest filter count (RFC 5780 sees only the sum of them), and a firewall
 * is a filter that knows every flow.  Only what a report can say is here: how a box chooses ports is not. */
#ifndef SIM_WORLD_NAT_TRUTH_H
#define SIM_WORLD_NAT_TRUTH_H

#include "sim/world/world_internal.h"

typedef struct sim_nat_truth {
    pl_nat_udp udp;             /* open, or blocked */
    pl_nat_mapping mapping;     /* as below, not unknown; of no meaning where UDP is blocked */
    pl_nat_filtering filtering;
    uint32_t outside, n_outside; /* the public addresses under which it may be seen */
} sim_nat_truth;

/* What stands between a host and the public realm. */
typedef struct sim_nat_way {
    const net_nat_options *nat, *carrier; /* NULL = none */
    const net_firewall_options *firewall; /* the host's own */
} sim_nat_way;

/* The class alone: the addresses are 0. */
sim_nat_truth sim_nat_truth_of_way(const sim_nat_way *way);
/* Of a machine in a network of ours. */
sim_nat_truth sim_nat_truth_of(const sim_machine *machine);

bool sim_nat_truth_equal(const sim_nat_truth *a, const sim_nat_truth *b);
/* Does the report say the same of UDP, mapping and filtering?  A report that says unknown does not. */
bool sim_nat_truth_has_class(const sim_nat_truth *truth, const pl_nat_report *report);
/* Is the mapped address one of those?  True where nothing is mapped, or UDP is blocked: there it is of no use. */
bool sim_nat_truth_has_address(const sim_nat_truth *truth, const pl_nat_report *report);
bool sim_nat_truth_is_translated(const sim_nat_truth *truth);
/* Could it be a supernode, as far as NAT and firewall go? */
bool sim_nat_truth_is_open(const sim_nat_truth *truth);
/* Is a UDP punch in vain by the rule of 2006: one end maps by destination, and the other does too or filters by port;
 * or one gets no UDP out at all? */
bool sim_nat_truth_forbids_punch(const sim_nat_truth *a, const sim_nat_truth *b);

#endif
