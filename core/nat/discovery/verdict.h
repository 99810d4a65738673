/* verdict.h - what the outcomes of the discovery tests mean; pure functions, private to nat/.
 *
 * An answer is evidence by itself.  Silence is evidence of a filter only when the same path and the same
 * partner are seen to be alive, else the verdict is `unknown`. */
#ifndef PL_NAT_VERDICT_H
#define PL_NAT_VERDICT_H

#include "core/nat/discovery/discovery.h"

/* The tests of RFC 5780 §4.3 and §4.4, and our control: filtering I once more, after two silences. */
typedef enum pl_nat_test {
    PL_NAT_MAPPING_1,
    PL_NAT_MAPPING_2,
    PL_NAT_MAPPING_3,
    PL_NAT_FILTERING_1,
    PL_NAT_FILTERING_2,
    PL_NAT_FILTERING_3,
    PL_NAT_CONTROL,
    PL_NAT_TEST_NONE
} pl_nat_test;
#define PL_NAT_TESTS PL_NAT_TEST_NONE

typedef enum pl_nat_outcome {
    PL_NAT_NOT_ASKED,
    PL_NAT_ANSWERED,
    PL_NAT_SILENT, /* all tries */
    PL_NAT_REFUSED /* the server said that it cannot */
} pl_nat_outcome;

typedef struct pl_nat_result {
    pl_nat_outcome outcome;
    pl_addr mapped; /* if answered */
} pl_nat_result;

typedef struct pl_nat_results {
    pl_nat_result test[PL_NAT_TESTS];
    bool local;        /* mapping I gave an address of ours with the socket's own port */
    bool same_partner; /* both chains were told the same A2 */
} pl_nat_results;

static inline bool pl_nat_answered(const pl_nat_results *results, pl_nat_test test)
{
    return results->test[test].outcome == PL_NAT_ANSWERED;
}

pl_nat_udp pl_nat_verdict_udp(const pl_nat_results *results);
pl_nat_mapping pl_nat_verdict_mapping(const pl_nat_results *results);
pl_nat_filtering pl_nat_verdict_filtering(const pl_nat_results *results);
/* Is mapping III needed after II? */
bool pl_nat_verdict_needs_mapping_3(const pl_nat_results *results);

#endif
