/* link.h - an access link: two directions, each a virtual queue with rate, bound, delay, jitter, loss.
 *
 * Each direction is FIFO, out = max(last out, t + draw), unless reordering is allowed. */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "core/types.h"
#include "sim/net/random.h"

/* Packet loss: none, independent, or the two-state model of Gilbert (1960) and Elliott (1963). */
typedef enum net_loss_kind { NET_LOSS_NONE, NET_LOSS_INDEPENDENT, NET_LOSS_GILBERT_ELLIOTT } net_loss_kind;

typedef struct net_loss_options {
    net_loss_kind kind;
    double probability;  /* INDEPENDENT: of each packet.  GILBERT_ELLIOTT: p, good → bad, per packet */
    double recovery;     /* GILBERT_ELLIOTT: r, bad → good, per packet (1 / mean burst) */
    double loss_good;    /* GILBERT_ELLIOTT: loss in the good state, usually 0 */
    double loss_bad;     /* GILBERT_ELLIOTT: loss in the bad state, 1 in Gilbert's model */
} net_loss_options;

typedef enum net_reorder { NET_REORDER_NEVER, NET_REORDER_ALLOWED } net_reorder;
typedef enum net_link_state { NET_LINK_UP, NET_LINK_DOWN } net_link_state;

typedef struct net_link_options {
    uint64_t up_bps, down_bps; /* bits per second; 0 = unlimited */
    pl_span queue_ns;          /* a packet that would wait longer is dropped; 0 = no bound in time */
    uint64_t queue_bytes;      /* likewise in bytes waiting; 0 = no bound in bytes */
    pl_span delay_ns;          /* propagation, each way */
    pl_span jitter_ns;         /* standard deviation of a normal draw added to delay, cut so that delay ≥ 0 */
    net_loss_options loss;     /* applied to each direction, states kept apart */
    net_reorder reorder;
    net_link_state state;
} net_link_options;

#endif
