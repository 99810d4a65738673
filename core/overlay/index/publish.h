/* publish.h - entries, and words that their users are gone, on their way to other supernodes: sent at a steady pace, again when nobody says that he
 * keeps them, and given up after index.tries.
 *
 * What waits is bounded by index.queue_max; what finds no place is not sent, and is made good at the next
 * refresh. */
#ifndef PL_OVERLAY_INDEX_PUBLISH_H
#define PL_OVERLAY_INDEX_PUBLISH_H

#include <glib.h>

#include "core/context.h"
#include "core/crypto/suite.h"
#include "core/overlay/mesh/mesh.h"

typedef struct pl_publisher pl_publisher;

/* `own` is the pair that letters are sealed with; all are borrowed. */
pl_publisher *pl_publisher_new(pl_context *context, const pl_mesh *mesh, const pl_keypair *own, pl_id socket);
void pl_publisher_free(pl_publisher *publisher);
/* Takes a reference.  PL_ERR_LIMIT if too much waits. */
int pl_publisher_add(pl_publisher *publisher, GBytes *entry, pl_addr to, pl_time now);
/* The same for a pl_departure (letter.h). */
int pl_publisher_add_gone(pl_publisher *publisher, GBytes *departure, pl_addr to, pl_time now);
/* STORED: 0, or PL_ERR_UNEXPECTED. */
int pl_publisher_stored(pl_publisher *publisher, pl_addr from, const pl_message *message, pl_time now);

#endif
