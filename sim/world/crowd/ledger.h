/* ledger.h - what a supernode's traffic is spent on, and what it should be by the counts of its work.  Private to
 * sim/world. */
#ifndef SIM_WORLD_LEDGER_H
#define SIM_WORLD_LEDGER_H

#include "sim/world/world_internal.h"

#define SIM_CAUSES(X)                                                                                              \
    X(SIM_CAUSE_KEEP_ALIVE, "keep-alive")                                                                          \
    X(SIM_CAUSE_INDEX, "index")                                                                                    \
    X(SIM_CAUSE_SEARCH, "search")                                                                                  \
    X(SIM_CAUSE_MESH, "mesh")                                                                                      \
    X(SIM_CAUSE_LOGIN, "login")                                                                                    \
    X(SIM_CAUSE_DISCOVERY, "discovery")                                                                            \
    X(SIM_CAUSE_OTHER, "other")

typedef enum sim_cause {
#define X(id, name) id,
    SIM_CAUSES(X)
#undef X
} sim_cause;

#define X(id, name) +1
enum { SIM_CAUSE_KINDS = 0 SIM_CAUSES(X) };
#undef X

/* All that has been counted of a host until an instant; bytes are those on the wire, from the IP header on. */
typedef struct sim_counts {
    uint64_t wire;                    /* as the network saw it */
    uint64_t causes[SIM_CAUSE_KINDS]; /* as its messages foretell */
    double children;                  /* attached at that instant */
} sim_counts;

/* The wire bytes that the messages of a supernode need, added to causes. */
void sim_ledger_price(const pl_tally *tally, uint64_t causes[SIM_CAUSE_KINDS]);
/* Why a datagram was sent. */
sim_cause sim_ledger_cause_of(const uint8_t *data, size_t len);

#define SIM_KEEP_ALIVE_BYTES 158 /* of one keep-alive, its answer and the ACK of that: 59 + 59 + 40 */

#endif
