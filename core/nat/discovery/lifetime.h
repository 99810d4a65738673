/* lifetime.h - how long does a UDP binding of our box live?  RFC 5780 §4.6, by halving.
 *
 * Socket X asks the server once and is silent for T; then socket Y asks it to answer to X's mapped port
 * (RESPONSE-PORT).  If the answer comes in at X, the binding lived.  T doubles until it did not, then the gap is
 * halved until it is narrow.  Each probe begins with a fresh binding of X.  It takes minutes, and nobody waits. */
#ifndef PL_NAT_LIFETIME_H
#define PL_NAT_LIFETIME_H

#include "core/context.h"

typedef struct pl_lifetime pl_lifetime;

/* The longest span after which the binding was seen alive, at most nat.lifetime_max; 0 if it cannot be told (no
 * answer, or the server does not know RESPONSE-PORT).  Called once; the owner may free the machine inside. */
typedef void (*pl_lifetime_done_fn)(void *owner, pl_span lived, pl_time now);

/* NULL if no socket can be had. */
pl_lifetime *pl_lifetime_new(pl_context *context, uint32_t server_ip, pl_lifetime_done_fn done, void *owner,
                             pl_time now);
void pl_lifetime_free(pl_lifetime *lifetime);
uint32_t pl_lifetime_sent(const pl_lifetime *lifetime); /* requests so far */
bool pl_lifetime_owns(const pl_lifetime *lifetime, pl_id socket);
int pl_lifetime_input(pl_lifetime *lifetime, pl_id socket, pl_addr from, const uint8_t *data, size_t len, pl_time now);

#endif
