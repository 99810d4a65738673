/* expect.h - expectations: text → a claim, a claim and a point → a verdict.
 *
 *   login.success{login=first} == 100%       login.failure_time.mean == 49s
 *   login.time.p50{setup=public} <= 8s       never: login.failed
 *   path.surprise.punched-udp within 1%
 *
 *   overlay.online >= 70% at 2h after storm   (window.h)
 *
 * Exact on counts and whole ns: `== 100%`, `== 0`, `>= 100%`, `<= 0`, `never:`, and everything in a scenario
 * marked deterministic, where every replication must satisfy it.  Otherwise the whole 95 % interval decides:
 * held when all of it satisfies the claim, failed when none does, else inconclusive.  The points to which one
 * expectation applies are a family: their p-values are corrected by Holm. */
#ifndef AN_EXPECT_H
#define AN_EXPECT_H

#include "analysis/reduce.h"

typedef enum an_verdict { AN_HELD, AN_FAILED, AN_INCONCLUSIVE } an_verdict;
const char *an_verdict_name(an_verdict verdict);

typedef enum an_relation {
    AN_EQUAL,
    AN_NOT_EQUAL,
    AN_LESS,
    AN_AT_MOST,
    AN_MORE,
    AN_AT_LEAST,
    AN_WITHIN, /* on either side of 0, as a difference can be */
    AN_NEVER
} an_relation;

/* A bound, exact: mantissa × 10^−decimals in the unit of the files (ns, B, 1). */
typedef struct an_bound {
    int64_t mantissa;
    unsigned decimals;
    double value; /* in the metric's reported unit */
} an_bound;

typedef struct an_expect {
    char *text;
    char *when;     /* NULL = every point */
    char *position; /* "file.yaml:49", NULL if unknown */
    an_selector selector;
    an_relation relation;
    an_bound bound;
    an_window window;
    char *window_text; /* owns the window's name; NULL = the whole run */
} an_expect;

/* One expectation as the scenario gives it. */
typedef struct an_expect_text {
    const char *text;
    const char *when;     /* "case == public", "N == 500", joined by "and"; NULL = every point */
    const char *position; /* shown beside a failure; NULL = unknown */
} an_expect_text;

/* Also for `validate`.  NULL and a sentence in *ret_error (g_free). */
an_expect *an_expect_parse(const an_expect_text *text, char **ret_error);
void an_expect_free(an_expect *expect);
/* Whether the expectation's `when` selects the point. */
bool an_expect_applies(const an_expect *expect, const an_point *point);

/* `case == public`, `N == 500 and case != a`, or the bare name of a case: whether it is one (else a sentence), and
 * whether it holds of a point. */
bool an_condition_check(const char *when, char **ret_error);
bool an_condition_holds(const char *when, const an_point *point);
/* What the expectation is about, at a point. */
void an_expect_reduce(const an_expect *expect, const an_point *point, an_estimate *ret_estimate);

typedef enum an_certainty { AN_STATISTICAL, AN_DETERMINISTIC } an_certainty;

typedef struct an_judgement {
    an_verdict verdict;
    bool has_value;
    double value; /* reported unit */
    bool has_interval;
    an_interval interval;
    char *detail;              /* "99.1 %  [98.8, 99.4]" */
    size_t failed_replication; /* number of the first that breaks an exact claim; SIZE_MAX if none */
    double p;                  /* statistical: two-sided; else 0 */
    bool exact;
} an_judgement;

/* Judges one expectation over the points it applies to (n of them) as a family. */
void an_expect_judge(const an_expect *expect, const an_point *const *points, size_t n, an_certainty certainty,
                     an_judgement *ret_judgements);
void an_judgement_clear(an_judgement *judgement);
/* A value with its unit for people: "99.1 %", "4.83 s", "128 B" (g_free). */
char *an_value_text(const an_metric *metric, double value);
/* An interval in the same unit: "[98.8, 99.4]" (g_free). */
char *an_interval_text(const an_metric *metric, const an_interval *interval);

#endif
