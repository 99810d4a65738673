/* units.h - quantities as people write them: a decimal number and a unit, a space between them allowed.
 *
 * Exact: values are integers of the base unit, and a number that does not fit them is refused rather
 * than rounded.  Case-sensitive; a bare number where a unit is needed is an error. */
#ifndef SIM_UNITS_H
#define SIM_UNITS_H

#include "core/types.h"

/* Why a text was refused: what it is not, and what to write instead (may be empty). */
typedef struct sim_problem {
    char message[160];
    char hint[224];
} sim_problem;

/* Fills a problem and returns false, so that a parser can say `return sim_problem_set(…)`. */
bool sim_problem_set(sim_problem *problem, const char *message, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `10ms`, `1.5 s`, `2h`: ns us ms s min h d. */
bool sim_units_time(const char *text, pl_span *ret, sim_problem *problem);
/* `128kbit/s`: bit/s kbit/s Mbit/s Gbit/s, decimal; bits per second. */
bool sim_units_rate(const char *text, uint64_t *ret, sim_problem *problem);
/* `64KiB`: B kB KiB MB MiB GiB. */
bool sim_units_bytes(const char *text, uint64_t *ret, sim_problem *problem);
/* `2.5%`: 0 to 1 for 0 % to 100 %. */
bool sim_units_share(const char *text, double *ret, sim_problem *problem);
/* `0.4/h`, `0.4/h per peer`: /s /min /h; per second. */
bool sim_units_frequency(const char *text, double *ret, sim_problem *problem);
/* `500`: a whole number without unit, sign or leading zeros. */
bool sim_units_count(const char *text, int64_t *ret, sim_problem *problem);
/* `1.25`: a plain decimal number. */
bool sim_units_number(const char *text, double *ret, sim_problem *problem);
/* `2004-09-15` or `2004-09-15T12:00:00Z`: Unix seconds, UTC. */
bool sim_units_date(const char *text, int64_t *ret, sim_problem *problem);

/* The shortest exact text of a span: 1500000000 → "1.5s".  Returns buffer. */
const char *sim_units_time_text(pl_span span, char *buffer, size_t len);
/* Bytes for people: "15.3 GiB".  Returns buffer. */
const char *sim_units_bytes_text(double bytes, char *buffer, size_t len);

#endif
