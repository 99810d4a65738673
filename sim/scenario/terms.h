/* terms.h - values made of several quantities: `25ms ± 6ms`, `gilbert(p=1%, burst=4)`, `within 60s`.
 *
 * They become the option structs of sim/net where those exist. */
#ifndef SIM_TERMS_H
#define SIM_TERMS_H

#include "sim/net/latency.h"
#include "sim/net/link.h"
#include "sim/scenario/units.h"

typedef struct sim_delay {
    pl_span mean_ns;
    pl_span deviation_ns; /* of a normal draw, cut at 0 */
} sim_delay;

/* At most one is set; both 0 = unlimited. */
typedef struct sim_queue_bound {
    pl_span time_ns;
    uint64_t bytes;
} sim_queue_bound;

/* How a group of peers comes to life. */
typedef enum sim_arrival_kind {
    SIM_ARRIVE_AT,         /* all at `start` */
    SIM_ARRIVE_WITHIN,     /* each at a uniform draw in [start, start + span) */
    SIM_ARRIVE_EXPONENTIAL /* one after the other from `start`, gaps exponential with mean `span` */
} sim_arrival_kind;

typedef struct sim_arrival {
    sim_arrival_kind kind;
    pl_span start_ns;
    pl_span span_ns;
} sim_arrival;

/* `25ms`, `25ms ± 6ms`, `25ms +- 6ms`. */
bool sim_terms_delay(const char *text, sim_delay *ret, sim_problem *problem);
/* `60ms`, `32KiB`, `unlimited`. */
bool sim_terms_queue(const char *text, sim_queue_bound *ret, sim_problem *problem);
/* `none`, `0.2%`, `gilbert(p=1%, burst=4)` (mean loss p, mean burst in packets),
 * `gilbert-elliott(p=1%, r=25%, good=0%, bad=100%)`. */
bool sim_terms_loss(const char *text, net_loss_options *ret, sim_problem *problem);
/* `constant(10ms)`, `coordinates(scale=60ms, floor=5ms, noise=0.2)`, `regions(FILE)`, `matrix(FILE)`.
 * `file` points into `storage`, which must outlive the result (at least strlen(text) + 1 bytes). */
bool sim_terms_latency(const char *text, char *storage, net_latency_options *ret, sim_problem *problem);
/* `at 10s`, `within 60s`, `within 60s after 10s`, `exp(mean=30ms)`, `exp(mean=30ms) after 10s`. */
bool sim_terms_arrival(const char *text, sim_arrival *ret, sim_problem *problem);

#endif
