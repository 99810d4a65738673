/* expect.h - a line of `expect:` taken apart, as far as its form goes.
 *
 *   METRIC{LABELS} OP VALUE        METRIC is dotted words, OP one of == != < <= > >= within, VALUE a quantity
 *   METRIC{LABELS} OP VALUE at 2h | during 120s..300s | within 90s, each with `after NAME` if an act of the
 *                                  timeline is where time begins
 *   never: METRIC{LABELS}
 *
 * Whether the metric exists and the unit fits is analysis' knowledge: options->check_expectation. */
#ifndef SIM_EXPECT_H
#define SIM_EXPECT_H

#include "sim/scenario/fill.h"
#include "sim/scenario/scenario.h"

typedef enum sim_claim_operator {
    SIM_CLAIM_EQUAL,
    SIM_CLAIM_NOT_EQUAL,
    SIM_CLAIM_AT_MOST,
    SIM_CLAIM_AT_LEAST,
    SIM_CLAIM_BELOW,
    SIM_CLAIM_ABOVE,
    SIM_CLAIM_WITHIN,
    SIM_CLAIM_NEVER
} sim_claim_operator;

typedef enum sim_claim_unit {
    SIM_CLAIM_PLAIN, /* a count or a number */
    SIM_CLAIM_SHARE, /* 0..1 */
    SIM_CLAIM_TIME,  /* s */
    SIM_CLAIM_RATE,  /* bit/s */
    SIM_CLAIM_BYTES,
    SIM_CLAIM_FREQUENCY /* per second */
} sim_claim_unit;

typedef struct sim_claim {
    char metric[96]; /* "login.time.p50" */
    char labels[96]; /* "login=first,nat=symmetric", or "" */
    sim_claim_operator op;
    double value; /* in the unit above; 0 for NEVER */
    sim_claim_unit unit;
    int64_t exact; /* ns, bytes or bit/s as whole numbers; 0 for the others */
    bool is_windowed;
    char after[64]; /* name of the act that its window counts from, or "" */
} sim_claim;

/* Parses one claim; for `never` give only the metric and SIM_CLAIM_NEVER follows. */
bool sim_expect_parse(const char *text, sim_claim *ret, sim_problem *problem);
/* The operator as text: "==", …, "never". */
const char *sim_expect_operator(sim_claim_operator op);

/* Reads an entry of `expect:`; errors become diagnostics. */
void sim_expect_read(const sim_fill *fill, const sim_tree *item, const sim_scenario_options *options,
                     sim_expectation *ret);
/* Tells claims about a setup, nat, firewall or link that no group of any point has: no sample could carry the
 * label, so that `never:` would always hold. */
void sim_expect_check_labels(const sim_scenario *scenario);

#endif
