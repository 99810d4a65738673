/* matrix.h - a run of every kind of end with every other: read, and judged cell by cell.
 *
 *   kinds.csv, points.csv, p…/r…/paths.csv ─▶ cells ─▶ judged by the oracle, the tables, bounds, symmetry
 *
 * Cells of one profile, case and transport are a sheet: callers down, callees across. */
#ifndef AN_MATRIX_H
#define AN_MATRIX_H

#include "analysis/matrix/published.h"
#include "analysis/results.h"

/* What can be wrong with a cell; names stand in the files. */
#define AN_FAULTS(X)                                                                                         \
    X(AN_FAULT_MISSING, "missing")       /* no session was recorded */                                       \
    X(AN_FAULT_CLASS, "class")           /* not a way that the oracle expects */                             \
    X(AN_FAULT_WHERE, "via")             /* in public, on a LAN or by hairpin: another one was expected */   \
    X(AN_FAULT_TABLE, "table")           /* not what was published */                                        \
    X(AN_FAULT_TRAFFIC, "traffic")       /* what was sent did not come back */                               \
    X(AN_FAULT_SILENCE, "silence")       /* the path did not outlive the silence */                          \
    X(AN_FAULT_TIME, "time")             /* later than the bound of its way */                               \
    X(AN_FAULT_PACKETS, "packets")       /* above the budget of its way */                                   \
    X(AN_FAULT_ASYMMETRIC, "asymmetric") /* the same pair the other way round differs */
typedef enum an_fault {
#define X(id, name) id,
    AN_FAULTS(X)
#undef X
} an_fault;
const char *an_fault_name(an_fault fault);

/* One session, as paths.csv has it.  Texts are "" where the file has none. */
typedef struct an_trial {
    size_t point, replication;
    const char *path, *caller, *callee, *class, *via, *local, *remote, *cause, *drop_cause, *drop_box, *relay;
    an_way way;
    an_transport transport; /* of the class */
    int64_t started_ns, time_ns, silence_ns;
    int64_t packets, bytes, sent, received, sent_after, received_after;
} an_trial;

typedef struct an_cell {
    const an_kind *caller, *callee;
    size_t n_trials; /* replications; `trial` is the first that is worst */
    an_trial trial;  /* if n_trials > 0 */
    an_answer expected;
    bool is_published;
    an_published published;
    const an_deviation *deviation; /* from the table */
    unsigned faults;               /* bit an an_fault */
    GPtrArray *wrong;              /* a sentence a fault, without full stops */
    char *excuse;                  /* a failure that the baseline expects: why; NULL = none */
} an_cell;

typedef struct an_sheet {
    char *profile, *case_name; /* "ours", "cross" */
    const an_era *era;
    an_transport transport;
    an_crossing crossing;
    size_t n_rows, n_columns;
    const an_kind **rows, **columns; /* callers, callees */
    an_cell *cells;                  /* n_rows × n_columns */
} an_sheet;

typedef struct an_matrix {
    char *directory;
    an_kinds kinds;
    size_t n_sheets;
    an_sheet *sheets;    /* by profile, case, transport */
    GPtrArray *findings; /* sentences on the run as a whole that fail it */
    GPtrArray *remarks;  /* sentences that do not */
    void *storage;       /* private */
} an_matrix;

/* NULL and a sentence in *ret_error (g_free) if the directory has no matrix or a file is damaged. */
an_matrix *an_matrix_read(const char *directory, char **ret_error);
void an_matrix_free(an_matrix *matrix);

an_cell *an_sheet_cell(const an_sheet *sheet, size_t row, size_t column);
/* "udp, first packets cross, ours" (g_free). */
char *an_sheet_title(const an_sheet *sheet);
/* "ours/udp/cross/port-restricted/symmetric" (g_free): names a cell in baselines and links. */
char *an_cell_key(const an_sheet *sheet, const an_cell *cell);
/* The path lived: what was sent came back, before the silence and after. */
bool an_cell_is_alive(const an_cell *cell);
/* The cell is wrong, and nobody expected that. */
bool an_cell_is_red(const an_cell *cell);
/* "filtered at home-3", "" if no packet was dropped (g_free). */
char *an_cell_last_drop(const an_cell *cell);

typedef struct an_matrix_tally {
    size_t cells, good, red, excused;
    size_t ways[AN_WAYS_COUNT]; /* by the way that was found */
    size_t published;           /* cells of which a table speaks */
    size_t deviating;           /* of them: those that a deviation argues */
} an_matrix_tally;
an_matrix_tally an_matrix_count(const an_matrix *matrix);
/* Whether nothing is red and nothing was found against the whole. */
bool an_matrix_is_good(const an_matrix *matrix);

#endif
