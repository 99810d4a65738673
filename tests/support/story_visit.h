/* story_visit.h - two users of a story who signal: one who visits, and one who is visited. */
#ifndef TESTS_SUPPORT_STORY_VISIT_H
#define TESTS_SUPPORT_STORY_VISIT_H

#include "core/node_internal.h"
#include "tests/support/story.h"

/* Who visits. */
typedef struct story_caller {
    story_host *host;
    pl_visit *visit;
    GPtrArray *bodies; /* GBytes, that came back */
    pl_time heard_at;  /* the last of them */
    const char *cause; /* once it is over */
    pl_time ended_at;
} story_caller;

/* Who is visited, and what he heard last. */
typedef struct story_callee {
    story_host *host;
    GPtrArray *bodies; /* GBytes */
    uint32_t visit;
    char from[PL_NAME_MAX + 1];
    pl_time heard_at;
    const char *answer; /* said to every body; NULL = nothing */
    size_t n_failed;
    const char *failure; /* of an answer */
    uint32_t failed_visit;
    char failed_name[PL_NAME_MAX + 1];
    size_t n_accounts;
    pl_turn_account account;
    pl_time granted_at;
} story_callee;

/* A client with an account of that name that is logged in when this returns, asking the n-th supernode alone. */
story_host *story_log_in_at(story *s, const char *name, size_t supernode, const story_client_options *options);

/* Listens to what comes to an online client by its supernode. */
story_callee *story_callee_new(story_host *host);
void story_callee_free(story_callee *callee);
/* Says a body to the visit heard last. */
int story_callee_say(story_callee *callee, const char *body);

/* Visits `name` at the supernode's own address. */
story_caller *story_caller_new(story_host *host, const char *name, pl_addr supernode);
void story_caller_free(story_caller *caller);
int story_caller_say(story_caller *caller, const char *body);

/* The n-th body is this text. */
bool story_body_is(const GPtrArray *bodies, size_t n, const char *text);

#endif
