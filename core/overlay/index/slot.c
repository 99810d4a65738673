#include "core/overlay/index/slot.h"

#include <string.h>

#define RANKED_MAX 1024 /* chosen: eight rounds of a search name fewer */

/* spec FNV-1a, 64 bits: offset basis and prime. */
#define FNV_BASIS UINT64_C(0xCBF29CE484222325)
#define FNV_PRIME UINT64_C(0x100000001B3)
/* chosen: the finaliser of splitmix64, any good mixer would do. */
#define MIX_1 UINT64_C(0xBF58476D1CE4E5B9)
#define MIX_2 UINT64_C(0x94D049BB133111EB)
#define STEP  UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t word)
{
    word += STEP;
    word = (word ^ (word >> 30)) * MIX_1;
    word = (word ^ (word >> 27)) * MIX_2;
    return word ^ (word >> 31);
}

uint32_t pl_slot_of(const uint8_t *name, size_t len, uint32_t slots)
{
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ name[i]) * FNV_PRIME;
    return (uint32_t)(mix(hash) % slots);
}

uint64_t pl_slot_score(uint32_t slot, pl_addr address)
{
    return mix(mix(slot) ^ ((uint64_t)address.ip << 16 | address.port));
}

typedef struct ranking {
    uint32_t slot;
    pl_addr *ranked;
    uint64_t scores[RANKED_MAX];
    size_t count, max;
} ranking;

/* mix is a bijection, so that two addresses never score the same for one slot. */
static void consider(ranking *r, pl_addr address)
{
    uint64_t score = pl_slot_score(r->slot, address);
    if (r->count == r->max && score <= r->scores[r->count - 1])
        return;
    size_t place = r->count;
    while (place > 0 && r->scores[place - 1] < score)
        place--;
    if (r->count < r->max)
        r->count++;
    memmove(r->scores + place + 1, r->scores + place, (r->count - 1 - place) * sizeof r->scores[0]);
    memmove(r->ranked + place + 1, r->ranked + place, (r->count - 1 - place) * sizeof r->ranked[0]);
    r->scores[place] = score;
    r->ranked[place] = address;
}

size_t pl_slot_rank(uint32_t slot, const pl_addr *others, size_t n, pl_addr self, pl_addr *ret_ranked,
                    size_t max)
{
    ranking r;
    r.slot = slot;
    r.ranked = ret_ranked;
    r.count = 0;
    r.max = max < RANKED_MAX ? max : RANKED_MAX;
    if (r.max == 0)
        return 0;
    if (self.ip)
        consider(&r, self);
    for (size_t i = 0; i < n; i++)
        consider(&r, others[i]);
    return r.count;
}

bool pl_slot_is_among(uint32_t slot, pl_addr address, const pl_addr *others, size_t n, pl_addr self,
                      size_t max)
{
    uint64_t score = pl_slot_score(slot, address);
    size_t higher = self.ip && pl_slot_score(slot, self) > score ? 1 : 0;
    for (size_t i = 0; i < n && higher < max; i++)
        higher += pl_slot_score(slot, others[i]) > score;
    return higher < max;
}
