/* slot.h - where a name belongs: its slot, and the supernodes that serve the slot.
 *
 * Rendezvous hashing: a slot is served by the supernodes that score highest for it among those that are
 * known, so that equal views name the same ones and a view that has one more or less changes one place at
 * most.  The functions do not depend on the cipher suite: whoever chooses an address to be near a name could
 * do so with any public function. */
#ifndef PL_OVERLAY_INDEX_SLOT_H
#define PL_OVERLAY_INDEX_SLOT_H

#include "core/types.h"

/* The slot of a name, below `slots`: FNV-1a of its bytes, mixed. */
uint32_t pl_slot_of(const uint8_t *name, size_t len, uint32_t slots);
/* How high an address scores for a slot. */
uint64_t pl_slot_score(uint32_t slot, pl_addr address);
/* The at most `max` addresses that score highest, best first, among `others` and `self` ({0,0} = left out);
 * returns how many. */
size_t pl_slot_rank(uint32_t slot, const pl_addr *others, size_t n, pl_addr self, pl_addr *ret_ranked,
                    size_t max);
/* Is the address among the first `max` of that ranking, or would it be if it were one of them?  Looks at few
 * of them where the answer is no. */
bool pl_slot_is_among(uint32_t slot, pl_addr address, const pl_addr *others, size_t n, pl_addr self,
                      size_t max);

#endif
