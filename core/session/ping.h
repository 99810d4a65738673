/* ping.h - echo requests at a login, and what they may be for.
 *
 * The talk leaves it open why the real client sent a few of them at its first login, to four fixed networks
 * (BS-18). Each guess is a policy: whom it asks, when, how large, when it has heard enough, and what it then
 * says.  What a login does with that is its own business (login_ping.c). */
#ifndef PL_SESSION_PING_H
#define PL_SESSION_PING_H

#include "core/context.h"
#include "core/session/grant.h"

#define PL_PING_TARGETS_MAX 16 /* chosen: the bootstrap list, twice */
#define PL_PING_ROUNDS_MAX  8  /* chosen: more than a few */

/* When a policy asks. */
typedef enum pl_ping_moment {
    PL_PING_NEVER,
    PL_PING_AT_START,     /* before the first datagram of the login */
    PL_PING_ON_SILENCE,   /* when nobody answered by UDP */
    PL_PING_WHEN_ATTACHED /* when a supernode has attached us */
} pl_ping_moment;

/* What it says in the end; the names are in the table of events. */
#define PL_PING_VERDICTS(X)                                                                                  \
    X(PL_PING_NOTHING, "nothing")       /* it has no use for what it heard */                                \
    X(PL_PING_NEAREST, "nearest")       /* `nearest` answered soonest */                                     \
    X(PL_PING_FITS, "fits")             /* requests of `largest` bytes came back */                          \
    X(PL_PING_NETWORK, "network")       /* somebody answered: there is a network */                          \
    X(PL_PING_NO_NETWORK, "no-network") /* nobody did */
typedef enum pl_ping_verdict {
#define X(id, name) id,
    PL_PING_VERDICTS(X)
#undef X
} pl_ping_verdict;
const char *pl_ping_verdict_name(pl_ping_verdict verdict);

typedef struct pl_ping pl_ping;

typedef enum pl_ping_whom { PL_PING_ENTRIES, PL_PING_NETWORKS, PL_PING_PARENT } pl_ping_whom;

typedef struct pl_ping_policy {
    const char *name;
    const char *help;
    pl_ping_moment moment;
    pl_ping_whom whom; /* the bootstrap list, the fixed networks, or the supernode that has attached us */
    bool later;        /* at later logins too, since what it serves is needed there as well */
    bool holds;        /* the login waits for the verdict */
    const uint16_t
        *sizes; /* payload of each round's requests, 0-terminated; NULL: icmp.pings rounds of PL_PING_BYTES */
    bool (*is_decided)(const pl_ping *ping); /* before the time is up */
    pl_ping_verdict (*judge)(const pl_ping *ping);
} pl_ping_policy;

#define PL_PING_BYTES 32 /* chosen: what the ping of a 2003 Windows host sent */

/* NULL if unknown.  "none" is the default. */
const pl_ping_policy *pl_ping_policy_find(const char *name);
size_t pl_ping_policies(const pl_ping_policy **ret_policies);

/* What was heard. */
typedef struct pl_ping_result {
    pl_ping_verdict verdict;
    size_t sent, answered; /* requests, not targets */
    uint32_t nearest;      /* who had the least round trip; 0 = nobody answered */
    pl_span nearest_rtt;
    uint16_t largest; /* bytes of the largest request that came back */
} pl_ping_result;

/* Told once; the owner frees the ping in it or later. */
typedef void (*pl_ping_done_fn)(void *owner, const pl_ping_result *result, pl_time now);

typedef struct pl_ping_options {
    pl_context *context;
    const pl_ping_policy *policy;
    const uint32_t *targets; /* copied; the first PL_PING_TARGETS_MAX, each asked once a round */
    size_t n_targets;
    pl_time since; /* the log-in act: verdicts tell the time from it */
    pl_ping_done_fn done;
    void *owner;
} pl_ping_options;

/* Sends the first round.  With no target there is nobody to hear: done follows when the time is up. */
pl_ping *pl_ping_new(const pl_ping_options *options, pl_time now);
void pl_ping_free(pl_ping *ping);
/* An echo reply; done may be called inside.  False if it was no answer to a request of this ping. */
bool pl_ping_echo(pl_ping *ping, uint32_t from, uint16_t sequence, pl_time now);
bool pl_ping_is_over(const pl_ping *ping);

#endif
