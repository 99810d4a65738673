#include "core/nat/discovery/verdict.h"

#include <glib.h>

#include "core/wire/buffer.h"

#define REPORT_VERSION                                                                                       \
    2 /* chosen: the first had no lifetime; a report of another is forgotten, not guessed at */

#define X(id, name) name,
static const char *const udp_names[] = {PL_NAT_UDPS(X)};
static const char *const mapping_names[] = {PL_NAT_MAPPINGS(X)};
static const char *const filtering_names[] = {PL_NAT_FILTERINGS(X)};
#undef X

const char *pl_nat_udp_name(pl_nat_udp udp)
{
    return udp_names[udp];
}

const char *pl_nat_mapping_name(pl_nat_mapping mapping)
{
    return mapping_names[mapping];
}

const char *pl_nat_filtering_name(pl_nat_filtering filtering)
{
    return filtering_names[filtering];
}

void pl_nat_report_encode(const pl_nat_report *report, uint8_t ret_bytes[PL_NAT_REPORT_BYTES])
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_NAT_REPORT_BYTES);
    pl_write_u8(&writer, REPORT_VERSION);
    pl_write_u8(&writer, (uint8_t)report->udp);
    pl_write_u8(&writer, (uint8_t)report->mapping);
    pl_write_u8(&writer, (uint8_t)report->filtering);
    pl_write_addr(&writer, report->mapped);
    pl_write_u64(&writer, (uint64_t)report->found_at);
    pl_write_u16(&writer, report->lifetime_s);
    g_assert(!writer.failed && writer.len == PL_NAT_REPORT_BYTES);
}

int pl_nat_report_decode(pl_nat_report *ret_report, const uint8_t *bytes, size_t len)
{
    if (len != PL_NAT_REPORT_BYTES)
        return len < PL_NAT_REPORT_BYTES ? PL_ERR_SHORT : PL_ERR_OVERSIZED;
    pl_reader reader;
    pl_reader_init(&reader, bytes, len);
    uint8_t version = pl_read_u8(&reader), udp = pl_read_u8(&reader);
    uint8_t mapping = pl_read_u8(&reader), filtering = pl_read_u8(&reader);
    pl_addr mapped = pl_read_addr(&reader);
    uint64_t found_at = pl_read_u64(&reader);
    uint16_t lifetime_s = pl_read_u16(&reader);
    if (version != REPORT_VERSION || udp >= G_N_ELEMENTS(udp_names) ||
        mapping >= G_N_ELEMENTS(mapping_names) || filtering >= G_N_ELEMENTS(filtering_names) ||
        found_at > INT64_MAX)
        return PL_ERR_MALFORMED;
    *ret_report = (pl_nat_report){
        .udp = (pl_nat_udp)udp,
        .mapping = (pl_nat_mapping)mapping,
        .filtering = (pl_nat_filtering)filtering,
        .mapped = mapped,
        .found_at = (int64_t)found_at,
        .lifetime_s = lifetime_s,
    };
    return 0;
}

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
