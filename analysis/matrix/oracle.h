/* oracle.h - which ways a pair of ends can come together by, said from the rules of their boxes alone.
 *
 * It shares nothing with the core and knows no time: boxes are composed (the worst mapping, the strictest
 * filter), and it is asked whose first packet is let in, and whose answer.  Pure functions. */
#ifndef AN_ORACLE_H
#define AN_ORACLE_H

#include "analysis/matrix/kinds.h"

/* In the order of trial (DESIGN §5): symbol, name. */
#define AN_WAYS(X)                                                                                           \
    X(AN_WAY_DIRECT, "D", "direct")                                                                          \
    X(AN_WAY_REVERSED, "R", "reversed")                                                                      \
    X(AN_WAY_PUNCHED, "H", "punched")                                                                        \
    X(AN_WAY_PREDICTED, "P", "predicted")                                                                    \
    X(AN_WAY_SPRAYED, "B", "sprayed")                                                                        \
    X(AN_WAY_RELAYED, "r", "relayed")                                                                        \
    X(AN_WAY_FAILED, "✗", "failed")
typedef enum an_way {
#define X(id, symbol, name) id,
    AN_WAYS(X)
#undef X
} an_way;
#define AN_WAYS_COUNT   ((size_t)AN_WAY_FAILED + 1)
#define AN_WAY_BIT(way) (1u << (unsigned)(way))

const char *an_way_symbol(an_way way);
const char *an_way_name(an_way way);
/* Of a set: "DRH", "B|r"… the symbols in order with a separator between (g_free); "–" if it is empty. */
char *an_ways_text(unsigned ways, const char *separator);

/* ANY: what UDP leaves to the relay, TCP may do. */
typedef enum an_transport { AN_UDP, AN_TCP, AN_ANY } an_transport;
/* Whether the first packets of a punch cross in flight.  Apart, that of the callee arrives before the caller
 * sends: without a common instant the callee begins when it has the offer, and knows both ends before the
 * caller does. */
typedef enum an_crossing { AN_CROSS, AN_APART } an_crossing;
typedef enum an_where { AN_IN_PUBLIC, AN_ON_LAN, AN_BY_HAIRPIN } an_where;

const char *an_transport_name(an_transport transport);
const char *an_where_name(an_where where);

/* What a client of an era does with what is possible. */
typedef struct an_era {
    const char *name;
    unsigned ways_udp, ways_tcp; /* AN_WAY_BIT; a relay besides */
    bool open_ends_only; /* E1 (BS-32): an end behind anything, or that UDP does not leave, is always relayed
                          */
    bool tcp_to_public_only; /* E2: TCP is opened to hosts with a public address of their own */
    bool mends_races; /* a timed start, a first packet that reaches nobody, fresh ports: no packet comes too
                         early */
} an_era;

/* NULL if there is none of the name. */
const an_era *an_era_find(const char *name);

typedef struct an_question {
    const an_kind *caller, *callee;
    an_transport transport;
    an_crossing crossing;
    const an_era *era; /* NULL: what the boxes permit, with no help against races */
} an_question;

typedef struct an_answer {
    unsigned possible; /* ways that the boxes permit */
    unsigned
        accepted; /* ways in which the era's client may end: the first it has, and what chance may leave */
    an_way first;
    an_where where;          /* of the first way */
    an_transport transport;  /* of the first way, unless it is a relay */
    bool relay_is_tcp;       /* an end that UDP does not leave */
    bool is_of_two_syns;     /* PUNCHED over TCP: the SYNs of both ends belong to one connection */
    char *reason;            /* one sentence without its full stop; an_answer_clear */
} an_answer;

void an_oracle_ask(const an_question *question, an_answer *ret_answer);
void an_answer_clear(an_answer *answer);
/* Whether two ends of the question have the network below a box in common. */
bool an_oracle_is_shared(const an_question *question);

#endif
