/* oracle_private.h - what the oracle makes of a kind, for the file that tells its reasons. */
#ifndef AN_ORACLE_PRIVATE_H
#define AN_ORACLE_PRIVATE_H

#include "analysis/matrix/oracle.h"

/* All that stands before an end, as one box: what a peer meets of it. */
typedef struct an_front {
    bool translated, listens_web;
    an_reach out; /* what gets out at all, of the transport that is asked for */
    an_dependence mapping, filtering;
    bool foretold;      /* mapping not endpoint-independent: the next port follows from the last */
    bool answers_early; /* a packet that comes before ours costs us the port (UDP) or the attempt (TCP) */
    bool spoiled;       /* it did: TCP */
} an_front;

typedef struct an_weighed {
    an_front caller, callee;
    bool shared;
    unsigned lan; /* ways below the common box */
    unsigned far; /* ways in public, or round the common box */
} an_weighed;

an_front an_front_of(const an_kind *kind, an_transport transport);
unsigned an_ways_between(const an_front *caller, const an_front *callee, const an_question *question);
char *an_oracle_reason(const an_question *question, const an_weighed *weighed, const an_answer *answer);

#endif
