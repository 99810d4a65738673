/* baseline.h - what a matrix was, what it is allowed to get wrong, and what moved since.
 *
 * One JSON file: of every cell its class, where it went and whether it lived; the failures that are expected,
 * each with a reason; and why the file was changed, each time. */
#ifndef AN_BASELINE_H
#define AN_BASELINE_H

#include "analysis/matrix/matrix.h"

typedef struct an_baseline an_baseline;

/* NULL and a sentence in *ret_error (g_free) if the file is missing or damaged. */
an_baseline *an_baseline_read(const char *path, char **ret_error);
void an_baseline_free(an_baseline *baseline);

typedef enum an_direction { AN_BETTER, AN_WORSE, AN_ASIDE } an_direction;

/* One cell that is not what it was. */
typedef struct an_move {
    char *key;
    char *before, *after; /* "punched-udp via public, alive"; "absent" */
    an_direction direction;
} an_move;

typedef struct an_moves {
    size_t n_compared;
    GArray *moves; /* of an_move, in the order of the matrix, then what is gone */
} an_moves;

/* Gives every cell whose failure is expected its excuse, then compares.  A cell that chance decides moves
 * only beyond what chance allows; an expected failure that no longer fails is a move too. */
void an_baseline_compare(const an_baseline *baseline, an_matrix *matrix, an_moves *ret_moves);
void an_moves_clear(an_moves *moves);
/* "▲", "▼", "◆". */
const char *an_direction_sign(an_direction direction);

/* The text of a baseline that the matrix agrees with (g_free): failures that are not expected yet get the
 * reason; `before` keeps its history and its reasons, NULL = there is none. */
char *an_baseline_text(const an_baseline *before, const an_matrix *matrix, const char *scenario,
                       const char *reason);

#endif
