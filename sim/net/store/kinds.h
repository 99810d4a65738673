/* kinds.h - options that many hosts or boxes share, kept once.
 *
 * Private to sim/net.  A network has thousands of links and boxes but few kinds of them; what is shared stays
 * in the near cache, and a host's own record is small. */
#ifndef NET_KINDS_H
#define NET_KINDS_H

#include <glib.h>
#include <stdint.h>

typedef struct net_kinds {
    GHashTable *numbers; /* bytes of the options → their number + 1 */
    GPtrArray *records;
    size_t memory;
} net_kinds;

void net_kinds_init(net_kinds *kinds);
void net_kinds_clear(net_kinds *kinds);
/* The number of options that are equal byte for byte; a copy is kept, until the end, if they are new.  Options
 * that differ only in padding count as two, which costs memory and nothing else. */
uint32_t net_kinds_keep(net_kinds *kinds, const void *options, size_t bytes);

static inline const void *net_kinds_at(const net_kinds *kinds, uint32_t number)
{
    return kinds->records->pdata[number];
}

#endif
