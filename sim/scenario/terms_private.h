/* terms_private.h - `name(a, key=b)`, taken apart: the form that terms have in common.  Private to
 * sim/scenario. */
#ifndef SIM_TERMS_PRIVATE_H
#define SIM_TERMS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/* Chosen: more than the most talkative term has, a NAT with every knob set. */
#define SIM_CALL_ARGUMENTS_MAX 40

typedef struct sim_call {
    const char *name;
    size_t n;
    const char *key[SIM_CALL_ARGUMENTS_MAX]; /* NULL if the argument has none */
    char *value[SIM_CALL_ARGUMENTS_MAX];
    const char *rest; /* after the closing parenthesis */
} sim_call;

/* Takes the text apart in place.  False if there is no parenthesis, they do not match, or there are too many
 * arguments. */
bool sim_call_split(char *text, sim_call *ret);
/* The argument `key=…`, or NULL. */
const char *sim_call_argument(const sim_call *call, const char *key);
/* Whether the arguments are exactly those of the list, each once. */
bool sim_call_has_exactly(const sim_call *call, const char *const *keys, size_t n);

#endif
