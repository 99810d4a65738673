/* groups.h - the groups of peers of each point, and the chances that no box tells, as groups.csv has them.
 * Private to analysis. */
#ifndef AN_GROUPS_H
#define AN_GROUPS_H

#include "analysis/matrix/kinds.h"

typedef struct an_odds {
    double predicted_udp, predicted_tcp; /* a foretold port is hit */
    double predicted_both;               /* … of both ends, UDP */
    double spray_sockets, spray_ports;   /* opened by the one end, probed by the other */
} an_odds;

/* Of one point. */
typedef struct an_groups {
    an_kinds kinds;
    an_odds odds;
} an_groups;

/* False and a sentence in *ret_error (g_free) if a row is not understood.  `n_points` of them; a point of
 * which the file says nothing has no kinds. */
bool an_groups_read(const char *path, size_t n_points, an_groups **ret_groups, char **ret_error);
void an_groups_free(an_groups *groups, size_t n_points);

#endif
