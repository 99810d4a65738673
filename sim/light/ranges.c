#include "sim/light/ranges.h"

#include <string.h>

static void take_out(sim_ranges *ranges, uint32_t place)
{
    ranges->count--;
    memmove(&ranges->range[place], &ranges->range[place + 1],
            (ranges->count - place) * sizeof ranges->range[0]);
}

static bool touch(sim_range a, sim_range b)
{
    return !sim_sequence_before(a.end, b.start) && !sim_sequence_before(b.end, a.start);
}

bool sim_ranges_add(sim_ranges *ranges, sim_range added)
{
    for (uint32_t i = 0; i < ranges->count;) {
        const sim_range other = ranges->range[i];
        if (!touch(added, other)) {
            i++;
            continue;
        }
        added.start = sim_sequence_min(added.start, other.start);
        added.end = sim_sequence_max(added.end, other.end);
        take_out(ranges, i);
    }
    if (ranges->count == SIM_RANGES_MAX)
        return false;
    memmove(&ranges->range[1], &ranges->range[0], ranges->count * sizeof ranges->range[0]);
    ranges->range[0] = added;
    ranges->count++;
    return true;
}

void sim_ranges_cut(sim_ranges *ranges, uint32_t sequence)
{
    for (uint32_t i = 0; i < ranges->count;) {
        sim_range *range = &ranges->range[i];
        if (!sim_sequence_before(sequence, range->end)) {
            take_out(ranges, i);
            continue;
        }
        range->start = sim_sequence_max(range->start, sequence);
        i++;
    }
}

uint32_t sim_ranges_skip(const sim_ranges *ranges, uint32_t sequence)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        const sim_range range = ranges->range[i];
        if (!sim_sequence_before(sequence, range.start) && sim_sequence_before(sequence, range.end))
            return range.end;
    }
    return sequence;
}

uint32_t sim_ranges_next(const sim_ranges *ranges, uint32_t sequence, uint32_t otherwise)
{
    uint32_t next = otherwise;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const uint32_t start = ranges->range[i].start;
        if (!sim_sequence_before(start, sequence) && sim_sequence_before(start, next))
            next = start;
    }
    return next;
}

uint32_t sim_ranges_bytes_after(const sim_ranges *ranges, uint32_t sequence)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const sim_range range = ranges->range[i];
        if (sim_sequence_before(sequence, range.end))
            bytes += range.end - sim_sequence_max(range.start, sequence);
    }
    return bytes;
}
