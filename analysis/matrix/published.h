/* published.h - what was measured or derived elsewhere of pairs of NATs, written down as data.
 *
 * A second judgement, independent of the oracle: the tables were made on kernel NATs and by reasoning of
 * others, and are not generated.  Kinds of end are found in them by name. */
#ifndef AN_PUBLISHED_H
#define AN_PUBLISHED_H

#include "analysis/matrix/oracle.h"

/* What a table says of a pair. */
typedef struct an_published {
    const char *table; /* what it is, for people */
    const char *text;  /* the cell as printed: "H (P)" */
    bool lists_ways;   /* the cell names every way that is possible */
    unsigned possible; /* those, a relay not counted */
    unsigned accepted; /* in what a run of its era may end */
} an_published;

/* False if no table of that era speaks of the pair. */
bool an_published_find(const an_question *question, an_published *ret_published);

/* Of which pairs a deviation speaks. */
typedef enum an_deviants {
    AN_MEETING, /* two ends of one kind that turn round at the box which both have, and open it there */
    AN_ONE_SYN, /* a punch of two SYNs, where an end's TCP makes no connection of them */
    AN_ONE_COUNTER /* two ends that would foretell each other's ports, which one box counts for both */
} an_deviants;

/* Where a run may differ from oracle and table, and why. */
typedef struct an_deviation {
    const char *era;
    an_deviants whose;
    an_transport transport;
    unsigned accepted; /* besides what oracle and table accept */
    const char *argument;
} an_deviation;
const char *an_published_deviants(an_deviants whose);
/* NULL if there is none.  `question` must name an era. */
const an_deviation *an_published_deviation(const an_question *question);
size_t an_published_deviations(const an_deviation **ret_rows);

/* The races of first packets: two ends of one kind, and whether a punch without help succeeds. */
typedef struct an_race {
    an_transport transport;
    an_crossing crossing;
    const char
        *kind; /* "silent": a port-restricted box; "strangers": one whose own stack takes strange packets */
    bool works;
} an_race;
size_t an_published_races(const an_race **ret_rows);

/* Two ends behind one box: whether by their addresses on the common network, and by their outside ones. */
typedef struct an_meeting {
    const char *kind; /* in scenarios; NULL = in none */
    const char *title;
    an_share share;
    an_dependence filtering; /* of the inner box */
    bool hairpin, isolated;
    const char *verdict; /* "D lan", "H", "relay" */
} an_meeting;
size_t an_published_meetings(const an_meeting **ret_rows);

#endif
