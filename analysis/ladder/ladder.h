/* ladder.h - a ladder diagram of one login or one path, from events.jsonl written with `events: packets`.
 *
 * Lifelines are the peer, the boxes in front of it, and the hosts it spoke to (the rest grouped into one);
 * arrows slope with latency; a packet that ended early ends in ✗ at the box, or beside the link, that ended
 * it; idle time is folded. */
#ifndef AN_LADDER_H
#define AN_LADDER_H

#include "core/types.h"

typedef enum an_lane_kind { AN_LANE_PEER, AN_LANE_BOX, AN_LANE_HOST, AN_LANE_REST } an_lane_kind;

typedef struct an_lane {
    an_lane_kind kind;
    char *name;    /* as shown */
    size_t n_rest; /* REST: hosts in it */
} an_lane;

/* What became of a packet, and what it was: both choose its colour. */
typedef enum an_fate { AN_FATE_DELIVERED, AN_FATE_FILTERED, AN_FATE_LOST, AN_FATE_UNKNOWN } an_fate;
/* "delivered", "filtered", "lost", "unknown". */
const char *an_fate_name(an_fate fate);

/* One stretch of a packet between two lanes. */
typedef struct an_arrow {
    size_t from_lane, to_lane; /* to_lane == from_lane: it ended at once, there */
    pl_time from_time, to_time;
    bool head;     /* it ends at a host here */
    bool ends;     /* it ended early here: ✗ */
    bool short_of; /* LOST: ends between the lanes, towards to_lane */
    an_fate fate;  /* of the whole packet */
    bool labelled;
    char *label; /* "UDP probe ×7" */
    char *tooltip;
    bool quiet; /* a bare ACK: thin and without a label */
    size_t n;   /* packets drawn as this one */
} an_arrow;

typedef struct an_note {
    pl_time at;
    char *text;
} an_note;

typedef struct an_ladder {
    char *peer;
    char *outcome; /* "logged in", "path failed", NULL if the record ends before */
    pl_time start, end;
    size_t n_lanes, n_arrows, n_notes;
    an_lane *lanes;
    an_arrow *arrows; /* by from_time */
    an_note *notes;
} an_ladder;

/* What of a peer's life is drawn. */
typedef enum an_ladder_span {
    AN_LADDER_LOGIN, /* from its start until it ended */
    AN_LADDER_PATH   /* from a call's start until the path stood, or was given up */
} an_ladder_span;

typedef struct an_ladder_options {
    const char *peer;
    const char *other; /* PATH: the peer that is called; it and its boxes stand on the right.  NULL = none */
    an_ladder_span span;
    size_t login;     /* which login (or path) of the peer, from 0 */
    size_t lanes_max; /* 0 = 8 */
} an_ladder_options;

/* NULL and a sentence in *ret_error (g_free): no such peer or login, no packets recorded, damaged line. */
an_ladder *an_ladder_read(const char *events_path, const an_ladder_options *options, char **ret_error);
void an_ladder_free(an_ladder *ladder);
/* The picture as SVG text (g_free).  `title` may be NULL. */
char *an_ladder_svg(const an_ladder *ladder, const char *title);

#endif
