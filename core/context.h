/* context.h - what every machine of a node shares: the port, the tunables, the cipher suite, the deadlines. */
#ifndef PL_CONTEXT_H
#define PL_CONTEXT_H

#include "core/config.h"
#include "core/deadline.h"
#include "core/port.h"

struct pl_suite;

typedef struct pl_context {
    pl_port port;
    const pl_config *config;      /* shared by all nodes of a world */
    const struct pl_suite *suite; /* crypto/suite.h */
    pl_deadlines deadlines;
    int64_t epoch;                /* Unix seconds at now = 0 */
} pl_context;

/* Unix seconds at `now`: what must outlive a run is kept in these. */
static inline int64_t pl_context_unix(const pl_context *context, pl_time now)
{
    return context->epoch + now / PL_SECOND;
}

static inline void pl_context_random(const pl_context *context, void *out, size_t len)
{
    context->port.ops->random(context->port.ctx, out, len);
}

#endif
