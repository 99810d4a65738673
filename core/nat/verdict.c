#include "core/nat/verdict.h"

static bool same_mapping(const pl_nat_results *results, pl_nat_test a, pl_nat_test b)
{
    return pl_addr_equal(results->test[a].mapped, results->test[b].mapped);
}

/* Blocked means that nothing at all came back: both first tests, all tries. */
pl_nat_udp pl_nat_verdict_udp(const pl_nat_results *results)
{
    for (size_t i = 0; i < PL_NAT_TESTS; i++) {
        pl_nat_outcome outcome = results->test[i].outcome;
        if (outcome == PL_NAT_ANSWERED || outcome == PL_NAT_REFUSED)
            return PL_UDP_OPEN;
    }
    return PL_UDP_BLOCKED;
}

pl_nat_mapping pl_nat_verdict_mapping(const pl_nat_results *results)
{
    if (!pl_nat_answered(results, PL_NAT_MAPPING_1))
        return PL_MAPPING_UNKNOWN;
    if (results->local)
        return PL_MAPPING_NONE;
    if (!pl_nat_answered(results, PL_NAT_MAPPING_2))
        return PL_MAPPING_UNKNOWN;
    if (same_mapping(results, PL_NAT_MAPPING_1, PL_NAT_MAPPING_2))
        return PL_MAPPING_EI;
    if (!pl_nat_answered(results, PL_NAT_MAPPING_3))
        return PL_MAPPING_UNKNOWN;
    return same_mapping(results, PL_NAT_MAPPING_2, PL_NAT_MAPPING_3) ? PL_MAPPING_AD : PL_MAPPING_APD;
}

bool pl_nat_verdict_needs_mapping_3(const pl_nat_results *results)
{
    return !results->local && pl_nat_answered(results, PL_NAT_MAPPING_2) &&
           !same_mapping(results, PL_NAT_MAPPING_1, PL_NAT_MAPPING_2);
}

/* A2 answered on the other chain, so its silence on this one is not its absence. */
static bool partner_is_alive(const pl_nat_results *results)
{
    return results->same_partner &&
           (pl_nat_answered(results, PL_NAT_MAPPING_2) || pl_nat_answered(results, PL_NAT_MAPPING_3));
}

pl_nat_filtering pl_nat_verdict_filtering(const pl_nat_results *results)
{
    if (pl_nat_answered(results, PL_NAT_FILTERING_2))
        return PL_FILTERING_EI;
    if (pl_nat_answered(results, PL_NAT_FILTERING_3))
        return partner_is_alive(results) ? PL_FILTERING_AD : PL_FILTERING_UNKNOWN;
    /* A control that was asked followed two silences; its answer proves that the path is alive. */
    return pl_nat_answered(results, PL_NAT_CONTROL) ? PL_FILTERING_APD : PL_FILTERING_UNKNOWN;
}
