/* law.h - how long things last: a distribution of spans, and what is left of one that is met on its way.
 *
 * Who looks at a population at an instant meets long spans more often than short ones, and each at a uniform
 * place: what is left has the density (1 − F) / mean.  A world that starts with such draws is in its steady
 * state from the first instant.  Draws are of + − × ÷ √ only, as in random.h. */
#ifndef NET_LAW_H
#define NET_LAW_H

#include "sim/net/random.h"

typedef enum net_law_kind {
    NET_LAW_NONE,        /* nothing was said */
    NET_LAW_FIXED,       /* always `scale` */
    NET_LAW_EXPONENTIAL, /* mean `scale` */
    NET_LAW_PARETO,      /* least `scale`, tail index `shape` > 1 */
    NET_LAW_WEIBULL,
    NET_LAW_LOGNORMAL, /* median `scale`, sigma `shape` */
    NET_LAW_TRACE      /* one of the spans, each as likely */
} net_law_kind;

typedef struct net_law {
    net_law_kind kind;
    double scale; /* ns */
    double shape;
    size_t n; /* TRACE */
    const pl_span *spans;
} net_law;

/* A span from its beginning to its end, at least 1 ns, at most a century. */
pl_span net_law_draw(const net_law *law, net_random *random);
/* What is left of the span that is under way at an instant of the steady state. */
pl_span net_law_residual(const net_law *law, net_random *random);
/* In ns. */
double net_law_mean(const net_law *law);

/* How the hours of a day differ: a rate 1 + depth · cos(2π (t − peak) / day), 0 ≤ depth < 1. */
typedef struct net_day {
    double depth;
    pl_time peak; /* one instant of the highest rate */
} net_day;

/* The instant at which the rate, summed up since `from`, comes to `work`: with depth 0, from + work. */
pl_time net_day_after(const net_day *day, pl_time from, pl_span work);

/* sin(2π turns), relative error below 1e-12. */
double net_sine(double turns);

#endif
