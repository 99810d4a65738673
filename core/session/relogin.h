/* relogin.h - whether a node logs in again by itself, and when: a policy.
 *
 * It acts when a user who was online has lost his supernode and no spare took him, and after a login that failed for
 * any reason but the user's own (his name, his password, his log-out).  What is planned is an ordinary login with the
 * name and password of the last act; the user's own acts put an end to it. */
#ifndef PL_SESSION_RELOGIN_H
#define PL_SESSION_RELOGIN_H

#include "core/context.h"
#include "core/crypto/credential.h"

typedef struct pl_relogin_policy {
    const char *name;
    const char *help;
    /* The pause before the n-th login in a row (from 0) that nobody asked for; NULL = there is none. */
    pl_span (*wait)(const pl_context *context, int64_t n);
} pl_relogin_policy;

/* NULL if unknown. */
const pl_relogin_policy *pl_relogin_policy_find(const char *name);
size_t pl_relogin_policies(const pl_relogin_policy **ret_policies);

/* What is remembered of the user's act, under a policy that will need it. */
typedef struct pl_relogin {
    int64_t n; /* logins in a row that nobody asked for */
    char name[PL_NAME_MAX + 1];
    char password[PL_PASSWORD_MAX + 1];
} pl_relogin;

/* Remembers what a login that follows by itself must say: NULL under a policy that has none. */
pl_relogin *pl_relogin_new(const pl_relogin_policy *policy, const char *name, const char *password);
/* Wipes; NULL is accepted. */
void pl_relogin_free(pl_relogin *relogin);

#endif
