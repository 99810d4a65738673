/* matrix_private.h - what reading and judging a matrix share.  Private to analysis/matrix. */
#ifndef AN_MATRIX_PRIVATE_H
#define AN_MATRIX_PRIVATE_H

#include "analysis/matrix/matrix.h"

/* Asks oracle and tables what the cell should be. */
void an_judge_expect(const an_sheet *sheet, an_cell *cell);
/* Judges the cell as `trial` made it: sets faults and sentences. */
void an_judge_trial(const an_sheet *sheet, an_cell *cell);
/* What only shows when all cells are there: missing ones, pairs that differ from their mirror image, and
 * whether chance was as kind as it should be. */
void an_judge_whole(an_matrix *matrix);

#endif
