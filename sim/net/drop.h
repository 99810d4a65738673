/* drop.h - why a packet ended before its host: one table of causes, named in observers and statistics. */
#ifndef NET_DROP_H
#define NET_DROP_H

#include <stddef.h>

/* Why a packet ended before its host. */
#define NET_DROPS(X)                                                                               \
    X(NET_DROP_NONE, "none")                                                                       \
    X(NET_DROP_QUEUE, "queue")             /* an access queue was full */                          \
    X(NET_DROP_LOSS, "loss")               /* the link's loss model */                             \
    X(NET_DROP_NO_ROUTE, "no-route")       /* nobody has the destination address */                \
    X(NET_DROP_HOST_DOWN, "host-down")                                                             \
    X(NET_DROP_TTL, "ttl")                 /* the TTL ran out at a box */                          \
    X(NET_DROP_FIREWALL_OUT, "firewall-out")                                                       \
    X(NET_DROP_FIREWALL_IN, "firewall-in") /* unsolicited */                                       \
    X(NET_DROP_NO_MAPPING, "no-mapping")                                                           \
    X(NET_DROP_FILTERED, "filtered")       /* a mapping exists, its filter says no */              \
    X(NET_DROP_EXPIRED, "expired")         /* the mapping had expired */                           \
    X(NET_DROP_EXHAUSTED, "exhausted")     /* the box has no port or session left */               \
    X(NET_DROP_HAIRPIN, "hairpin")         /* the box does not hairpin */                          \
    X(NET_DROP_LINK_DOWN, "link-down")                                                             \
    X(NET_DROP_CLASH, "clash")             /* the port is the box's own for this remote: we came later */ \
    X(NET_DROP_ISOLATED, "isolated")       /* hosts of the realm may not reach each other */ \
    X(NET_DROP_PARTED, "parted")           /* sender and receiver are on two sides of a partition */ \
    X(NET_DROP_FRAGMENT, "fragment")       /* a box let no fragments pass, or not without the first one */ \
    X(NET_DROP_TOO_BIG, "too-big")         /* larger than the way allows, and not to be fragmented */

typedef enum net_drop {
#define X(name, text) name,
    NET_DROPS(X)
#undef X
} net_drop;

const char *net_drop_name(net_drop drop);
size_t net_drop_count(void);

#endif
