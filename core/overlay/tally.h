/* tally.h - what a supernode says to those who are attached to it, and hears from them, message by message.
 *
 * Whole messages before they are sealed, so that whoever looks at a supernode's load from outside can tell what it is
 * spent on; it changes nothing that the supernode does. */
#ifndef PL_OVERLAY_TALLY_H
#define PL_OVERLAY_TALLY_H

#include "core/wire/message.h"

#define PL_TALLY_ONE(id, code, carrier, name, shortest, longest) +1
enum { PL_TALLY_KINDS = 0 PL_MESSAGES(PL_TALLY_ONE) };
#undef PL_TALLY_ONE

typedef struct pl_tally_row {
    uint64_t messages;
    uint64_t bytes;    /* type and body */
    uint64_t segments; /* that the messages need, if each is written at once on an Ethernet path */
} pl_tally_row;

typedef struct pl_tally {
    uint64_t sessions; /* that got as far as a first record */
    pl_tally_row said[PL_TALLY_KINDS], heard[PL_TALLY_KINDS]; /* by pl_message_id */
} pl_tally;

#define PL_TALLY_SEALED 18    /* of each record: its length and its tag */
#define PL_TALLY_SEGMENT 1460 /* spec RFC 879, RFC 894: bytes of a TCP segment in an Ethernet frame */

static inline void pl_tally_add(pl_tally_row *row, size_t len)
{
    row->messages++;
    row->bytes += len;
    row->segments += (len + PL_TALLY_SEALED + PL_TALLY_SEGMENT - 1) / PL_TALLY_SEGMENT;
}

#endif
