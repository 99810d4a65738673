/* metrics.h - the one table of metric names: unit, meaning, and how samples become a value.
 *
 * A metric is written `login.time.p50{login=first,nat=symmetric}`: a name of the table, a suffix if the
 * metric has samples with a spread, and labels that select the samples which carry all of them.  That
 * string, labels sorted by key, is also the key in summary.json. */
#ifndef AN_METRICS_H
#define AN_METRICS_H

#include "core/types.h"

/* How the rows of a replication become one value. */
typedef enum an_reduction {
    AN_SHARE,  /* samples of 0 and 1: their share.  Interval: Wilson over all samples */
    AN_SPREAD, /* samples with a distribution: needs a suffix.  Interval: t over replications */
    AN_COUNT,  /* the number of samples that are not 0.  Interval: t over replications */
    AN_TOTAL,  /* the sum of the rows of a replication.  Interval: t over replications */
    AN_BALANCE, /* the mean over sessions of a number that paths.csv tells.  Interval: bootstrap over peers,
                   for sessions that share an end are not independent */
    AN_GAUGE    /* a state, sampled: its last value, or a suffix over its samples.  Interval: t over replications */
} an_reduction;

/* What it means that a run has no row of a metric: nobody measured, or there was nothing to count. */
typedef enum an_absence { AN_ABSENT_UNKNOWN, AN_ABSENT_ZERO } an_absence;

typedef struct an_metric {
    const char *name; /* "login.time"; "login.failed.*" stands for every last part */
    const char *unit; /* as reported: "s", "B", "1", "count" */
    an_reduction reduction;
    an_absence absence;
    const char *meaning; /* one sentence */
    /* Of a name that ends in '*': the last parts that there are, NULL-terminated.  They are core's and the
     * network's causes, repeated here because a claim about a cause that cannot occur could never fail; a
     * test compares them. */
    const char *const *parts;
} an_metric;

/* The table, in order; returns how many. */
size_t an_metric_table(const an_metric **ret_table);
/* The row of a name without suffix ("login.failed.timeout" finds "login.failed.*"); NULL if unknown, also if
 * only the last part is. */
const an_metric *an_metric_find(const char *name);
/* The known name nearest to a wrong one, for "did you mean"; NULL if none is near.  Interned. */
const char *an_metric_nearest(const char *name);
/* Of a NULL-terminated list the word nearest to a wrong one; NULL if none is near. */
const char *an_metric_nearest_word(const char *const *words, const char *wrong);

/* A key that samples of log-ins or paths are labelled with, and its values if they are the same in every scenario. */
typedef struct an_label_key {
    const char *family; /* "login.": what the names of the metrics that carry it begin with */
    const char *key;
    const char *const *values; /* NULL-terminated; NULL: the scenario's own */
} an_label_key;
/* login setup nat firewall link, caller callee transport traversal via, ends strangers, truth policy; returns how many. */
size_t an_label_key_table(const an_label_key **ret_table);

typedef enum an_statistic_kind { AN_PLAIN, AN_MEAN, AN_MINIMUM, AN_MAXIMUM, AN_QUANTILE } an_statistic_kind;

typedef struct an_suffix {
    const char *text; /* "p50" */
    an_statistic_kind kind;
    unsigned percent; /* QUANTILE */
} an_suffix;

/* mean p5 p10 p50 p90 p95 p99 min max, in order; returns how many. */
size_t an_suffix_table(const an_suffix **ret_table);

#define AN_LABELS_MAX 8

typedef struct an_label {
    const char *key;
    const char *value;
} an_label;

/* Labels sorted by key.  Texts belong to whoever parsed them. */
typedef struct an_labels {
    size_t n;
    an_label label[AN_LABELS_MAX];
} an_labels;

/* Parses "login=first,nat=symmetric" (or ';' for ',') in place: `text` is changed and must outlive the
 * result. False if it is malformed, has a key twice or more than AN_LABELS_MAX. */
bool an_labels_parse(char *text, an_labels *ret_labels);
/* Whether `labels` carries all of `wanted`. */
bool an_labels_include(const an_labels *labels, const an_labels *wanted);
/* The value of a key, NULL if absent. */
const char *an_labels_get(const an_labels *labels, const char *key);
/* A selection: metric, suffix, labels. */
typedef struct an_selector {
    const an_metric *metric;
    const char *name;        /* "login.failed.timeout" */
    const an_suffix *suffix; /* NULL for AN_SHARE, AN_COUNT, AN_TOTAL; may be NULL for AN_GAUGE */
    an_labels labels;
    char *storage; /* owns name and labels */
} an_selector;

/* A value needs a suffix where there is a spread; an occurrence (`never:`) takes none. */
typedef enum an_selector_form { AN_FORM_VALUE, AN_FORM_OCCURRENCE } an_selector_form;

/* Parses `login.time.p50{login=first}`.  False and a sentence in *ret_error (g_free) that says what is wrong
 * and what is near.  Whether a value of setup, nat, firewall or link occurs only the scenario can tell. */
bool an_selector_parse(const char *text, an_selector_form form, an_selector *ret_selector, char **ret_error);
void an_selector_clear(an_selector *selector);
/* The key `login.time.p50{login=first,nat=symmetric}` (g_free). */
char *an_selector_key(const char *name, const an_suffix *suffix, const an_labels *labels);

#endif
