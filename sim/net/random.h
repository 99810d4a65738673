/* random.h - repeatable random draws, the same bits on every compiler and CPU.
 *
 * One stream per hash(seed, replication, host name, purpose): adding a host or a probe shifts nobody
 * else's draws.  The functions log, exp and cos of the C library differ between CPUs, so draws use our
 * own, made of + − × ÷ √ only, compiled with -ffp-contract=off (DESIGN §3). */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include "core/types.h"

typedef struct net_random {
    uint64_t state[4]; /* xoshiro256** (Blackman, Vigna 2018) */
} net_random;

/* Starts the stream of (seed, replication, name, purpose). */
void net_random_init(net_random *random, uint64_t seed, uint32_t replication, const char *name,
                     const char *purpose);
uint64_t net_random_u64(net_random *random);
/* Uniform in [0, n), without bias; n ≥ 1. */
uint64_t net_random_below(net_random *random, uint64_t n);
/* Uniform in [0, 1). */
double net_random_unit(net_random *random);
/* Exponential with the given mean. */
double net_random_exponential(net_random *random, double mean);
/* Standard normal. */
double net_random_normal(net_random *random);
/* Lognormal with the given median and sigma. */
double net_random_lognormal(net_random *random, double median, double sigma);
/* Pareto: shape a > 0, scale (minimum) m > 0. */
double net_random_pareto(net_random *random, double shape, double scale);
void net_random_bytes(net_random *random, uint8_t *out, size_t len);

/* Deterministic elementary functions, relative error below 1e-14 on the ranges used. */
double net_log(double x);
double net_exp(double x);

#endif
