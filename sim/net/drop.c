/* drop.c - the names of the causes. */
#include "sim/net/drop.h"

#include <glib.h>

static const char *const names[] = {
#define X(name, text) text,
    NET_DROPS(X)
#undef X
};

const char *net_drop_name(net_drop drop)
{
    g_assert((size_t)drop < G_N_ELEMENTS(names));
    return names[drop];
}

size_t net_drop_count(void)
{
    return G_N_ELEMENTS(names);
}
