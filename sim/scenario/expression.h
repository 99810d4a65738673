/* expression.h - the small conditions of `skip_if` and `when`.
 *
 * Variables and `case`, quantities with units, words; + - * / on numbers, == != < <= > >=, and, or, not,
 * parentheses.  A share is a number (2% is 0.02); times, rates and sizes only compare with their like. */
#ifndef SIM_EXPRESSION_H
#define SIM_EXPRESSION_H

#include "sim/scenario/tree.h"
#include "sim/scenario/units.h"

typedef struct sim_expression_scope {
    const sim_variable *variables; /* `case` among them, if there are cases */
    size_t n_variables;
    const char *const *cases; /* all names, NULL-terminated, so that a mistyped one is found; or NULL */
} sim_expression_scope;

/* Evaluates a condition.  False and a problem if it is malformed or makes no sense. */
bool sim_expression_evaluate(const char *text, const sim_expression_scope *scope, bool *ret,
                             sim_problem *problem);

#endif
