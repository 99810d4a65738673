/* schema.h - the one table of what a scenario file may say: key, type, range, default, help.
 *
 * It drives reading, checking, `explain KEY`, `list keys` and the reference page.  A row belongs to a
 * section (the path of the map it stands in: "run", "profiles.*", "peers.mix[]", "" for the top). */
#ifndef SIM_SCHEMA_H
#define SIM_SCHEMA_H

#include "sim/scenario/tree.h"

/* kind, what a person calls it */
#define SIM_KINDS(X)                                                                                         \
    X(SIM_KIND_TEXT, "text")                                                                                 \
    X(SIM_KIND_WORD, "word")         /* one of `words`; stored as its number */                              \
    X(SIM_KIND_NAME, "name")         /* one of `words`, or of a set: @profiles @firewalls @stacks */   \
    X(SIM_KIND_COUNT, "count")       /* int64 */                                                             \
    X(SIM_KIND_PORT, "port")         /* uint16; `random` is 0 */                                             \
    X(SIM_KIND_PORTS, "ports")       /* sim_ports; `none` or a list */                                       \
    X(SIM_KIND_TIME, "time")         /* pl_span */                                                           \
    X(SIM_KIND_RATE, "rate")         /* uint64 bit/s; `unlimited` is 0 */                                    \
    X(SIM_KIND_SHARE, "share")       /* double */                                                            \
    X(SIM_KIND_PART, "share or rest") /* double; `rest` is SIM_PART_REST */                                  \
    X(SIM_KIND_DATE, "date")         /* int64 Unix seconds */                                                \
    X(SIM_KIND_DELAY, "delay")       /* sim_delay */                                                         \
    X(SIM_KIND_QUEUE, "queue bound") /* sim_queue_bound */                                                   \
    X(SIM_KIND_LOSS, "loss")         /* net_loss_options */                                                  \
    X(SIM_KIND_LATENCY, "latency")   /* net_latency_options */                                               \
    X(SIM_KIND_ARRIVAL, "arrival")   /* sim_arrival */                                                       \
    X(SIM_KIND_NAT, "NAT")           /* sim_nat */                                                           \
    X(SIM_KIND_ECHO, "echo")         /* sim_echo; a text or a list of phases */                              \
    X(SIM_KIND_FREQUENCY, "frequency") /* double, per second */                                              \
    X(SIM_KIND_LAW, "distribution")  /* sim_law */                                                           \
    X(SIM_KIND_EXPRESSION, "condition")                                                                      \
    X(SIM_KIND_SECTION, "map")        /* a map whose keys are the section's rows */                          \
    X(SIM_KIND_BLOCK, "map")          /* the same; its defaults count only if it is there */                 \
    X(SIM_KIND_NAMED, "map of maps")  /* names of the author's, each a map of section PATH.* */              \
    X(SIM_KIND_ITEMS, "list of maps") /* of section PATH[] */                                                \
    X(SIM_KIND_TEXTS, "list")         /* of texts; a single text will do */                                  \
    X(SIM_KIND_EXPECTS, "list")       /* texts, or maps of section PATH[] */                                 \
    X(SIM_KIND_VARIABLES, "map of lists")                                                                    \
    X(SIM_KIND_OVERRIDES, "map") /* any keys of the file, dotted or nested */                                \
    X(SIM_KIND_TUNABLES, "map")  /* keys of core/config.h */

typedef enum sim_kind {
#define X(name, text) name,
    SIM_KINDS(X)
#undef X
} sim_kind;

typedef enum sim_need { SIM_OPTIONAL, SIM_REQUIRED } sim_need;

#define SIM_NO_OFFSET SIZE_MAX
/* chosen: 2^40 hosts are beyond any machine, so that the memory estimate, not this, is what refuses. */
#define SIM_COUNT_MAX (INT64_C(1) << 40)
/* What the other parts leave of the whole. */
#define SIM_PART_REST (-1.0)

typedef struct sim_schema_row {
    const char *section;
    const char *key;
    sim_kind kind;
    sim_need need;
    const char *words;    /* "a|b" for WORD and NAME */
    int64_t low, high;    /* COUNT, PORT, TIME (ns); both 0 = any */
    const char *fallback; /* the default as it would be written; NULL = none */
    size_t offset;        /* in the section's struct */
    const char *since;    /* release that added it */
    const char *help;
} sim_schema_row;

const char *sim_kind_name(sim_kind kind);
/* All rows in order; returns how many. */
size_t sim_schema_rows(const sim_schema_row **ret_rows);
/* The row of a key in a section, or NULL. */
const sim_schema_row *sim_schema_find(const char *section, const char *key);
/* Whether a section has any row. */
bool sim_schema_has(const char *section);
/* The section that a row's value opens: "run", "profiles.*", "peers.mix[]".  Returns buffer. */
const char *sim_schema_below(const sim_schema_row *row, char *buffer, size_t len);
/* Full key of a row, "run.duration".  Returns buffer. */
const char *sim_schema_path(const sim_schema_row *row, char *buffer, size_t len);
/* The row of a full key, with any name for `*` ("profiles.dsl.up"), or NULL. */
const sim_schema_row *sim_schema_lookup(const char *path);
/* The range as text ("1 to 10000", "100ms to 1h"), or "" if there is none.  Returns buffer. */
const char *sim_schema_range(const sim_schema_row *row, char *buffer, size_t len);
/* Calls `offer` for each word that a WORD or NAME row takes; `root` gives the names of profiles. */
void sim_schema_words(const sim_schema_row *row, const sim_tree *root,
                      void (*offer)(void *ctx, const char *word), void *ctx);

#endif
