/* ranges.h - a few ranges of TCP sequence numbers: what came early, or what a peer has acknowledged
 * selectively (RFC 2018).
 *
 * The number of ranges is bounded; what does not fit is not remembered, which costs a retransmission and
 * nothing else.  Comparison is modulo 2^32: all ranges of one set lie within 2^31 of each other. */
#ifndef SIM_LIGHT_RANGES_H
#define SIM_LIGHT_RANGES_H

#include "core/types.h"

/* chosen: a window of 65 535 bytes has at most 23 holes between segments of 1 460 bytes. */
#define SIM_RANGES_MAX 32

typedef struct sim_range {
    uint32_t start;
    uint32_t end; /* one beyond */
} sim_range;

/* Kept in order of arrival, the latest first: RFC 2018 §4 wants that one reported first. */
typedef struct sim_ranges {
    uint32_t count;
    sim_range range[SIM_RANGES_MAX];
} sim_ranges;

static inline bool sim_sequence_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline uint32_t sim_sequence_max(uint32_t a, uint32_t b)
{
    return sim_sequence_before(a, b) ? b : a;
}

static inline uint32_t sim_sequence_min(uint32_t a, uint32_t b)
{
    return sim_sequence_before(a, b) ? a : b;
}

/* Joins a range with what it touches and puts the union first; false if there was no room. */
bool sim_ranges_add(sim_ranges *ranges, sim_range added);
/* Forgets everything before `sequence`. */
void sim_ranges_cut(sim_ranges *ranges, uint32_t sequence);
/* The end of the range that covers `sequence`, or `sequence` itself. */
uint32_t sim_ranges_skip(const sim_ranges *ranges, uint32_t sequence);
/* The lowest start of a range at or after `sequence`; `otherwise` if there is none. */
uint32_t sim_ranges_next(const sim_ranges *ranges, uint32_t sequence, uint32_t otherwise);
/* Bytes of all ranges at or after `sequence`. */
uint32_t sim_ranges_bytes_after(const sim_ranges *ranges, uint32_t sequence);

#endif
