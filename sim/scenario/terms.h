/* terms.h - values made of several quantities: `25ms ± 6ms`, `gilbert(p=1%, burst=4)`, `within 60s`.
 *
 * They become the option structs of sim/net where those exist. */
#ifndef SIM_TERMS_H
#define SIM_TERMS_H

#include <glib.h>

#include "sim/net/latency.h"
#include "sim/net/law.h"
#include "sim/net/link.h"
#include "sim/net/nat.h"
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
    SIM_ARRIVE_EXPONENTIAL, /* one after the other from `start`, gaps exponential with mean `span` */
    SIM_ARRIVE_DIURNAL      /* each at a draw within the day from `start`; by day more than by night */
} sim_arrival_kind;

typedef struct sim_arrival {
    sim_arrival_kind kind;
    pl_span start_ns;
    pl_span span_ns;
    pl_span peak_ns; /* DIURNAL: from midnight to the highest rate, UTC */
    double depth;    /* … which is 1 + depth, the lowest 1 − depth */
} sim_arrival;

/* How long things last; `file` is that of a trace, whose spans are read by then. */
typedef struct sim_law {
    net_law law;
    const char *file; /* as written; NULL = no trace */
} sim_law;

/* A NAT box: a preset, and what differs from it. */
typedef struct sim_nat {
    const char *preset; /* "port-restricted"; static */
    net_nat_options options;
} sim_nat;

#define SIM_ECHO_PHASES_MAX                                                                                  \
    8 /* chosen: a burst, a silence and a burst are three; nobody needs more than a few */

/* Test traffic on an open path, one phase after the other. */
typedef struct sim_echo {
    size_t n;
    struct sim_echo_phase {
        int64_t rate; /* datagrams a second; 0 = silence */
        pl_span duration;
    } phase[SIM_ECHO_PHASES_MAX];
} sim_echo;

/* `25ms`, `25ms ± 6ms`, `25ms +- 6ms`. */
bool sim_terms_delay(const char *text, sim_delay *ret, sim_problem *problem);
/* `60ms`, `32KiB`, `unlimited`. */
bool sim_terms_queue(const char *text, sim_queue_bound *ret, sim_problem *problem);
/* `none`, `0.2%`, `gilbert(p=1%, burst=4)` (mean loss p, mean burst in packets),
 * `gilbert-elliott(p=1%, r=25%, good=0%, bad=100%)`. */
bool sim_terms_loss(const char *text, net_loss_options *ret, sim_problem *problem);
/* `constant(10ms)`, `coordinates(scale=60ms, floor=5ms, noise=0.2)`, `regions(FILE)`, `matrix(FILE)`,
 * `legs(peers=150ms, others=10ms)`.
 * `file` points into `storage`, which must outlive the result (at least strlen(text) + 1 bytes). */
bool sim_terms_latency(const char *text, char *storage, net_latency_options *ret, sim_problem *problem);
/* `at 10s`, `at 10s within 60s`, `within 60s`, `within 60s after 10s`, `exp(mean=30ms)`, `exp(mean=30ms)
 * after 10s`, `diurnal(peak=20:00, swing=40%)`. */
bool sim_terms_arrival(const char *text, sim_arrival *ret, sim_problem *problem);
/* `35min`, `exp(mean=35min)`, `pareto(shape=1.5, scale=10min)`, `weibull(shape=0.5, scale=20min)`,
 * `lognormal(median=35min, sigma=1.2)`, `trace(FILE)`.  `file` points into `storage`, which must outlive the
 * result (at least strlen(text) + 1 bytes); reading it is the caller's. */
bool sim_terms_law(const char *text, char *storage, sim_law *ret, sim_problem *problem);
/* The spans of a trace: one a line with its unit, empty lines and what follows a # ignored.  False and the number
 * of the line at fault (0: the file cannot be read). */
bool sim_terms_trace(const char *path, GArray *ret_spans, size_t *ret_line, sim_problem *problem);
/* `port-restricted`, `port-restricted(hairpin=none, udp_lifetime=30s)`: a preset of sim/net/nat.h and values
 * of its knobs. */
bool sim_terms_nat(const char *text, sim_nat *ret, sim_problem *problem);
/* One knob's value: a word of its list, a time, a number, yes or no. */
bool sim_terms_knob(const net_nat_knob *knob, const char *text, int64_t *ret, sim_problem *problem);
/* A knob's value as a scenario writes it.  Returns buffer, or a static word. */
const char *sim_terms_knob_text(const net_nat_knob *knob, int64_t value, char *buffer, size_t len);
/* `10s at 10/s, 45s silence, 5s at 10/s`, `none`. */
bool sim_terms_echo(const char *text, sim_echo *ret, sim_problem *problem);

#endif
