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

/* One direction of a link: a virtual queue.  It holds instants, not packets. */
typedef struct net_link_direction {
    pl_time free_at;    /* when the last accepted packet has left the queue */
    pl_time last_out;   /* when the last one that was not lost comes out at the far end */
    net_random random;  /* jitter and loss of this direction */
    uint32_t pending;   /* packets on their way whose event has not run; kept by the path */
    bool bad;           /* the state of Gilbert and Elliott's model */
} net_link_direction;

typedef enum net_link_fate { NET_LINK_PASSED, NET_LINK_QUEUE_FULL, NET_LINK_LOST } net_link_fate;

/* Sends `bytes` through one direction whose rate is `rate_bps`.  The packet waits for those before it and
 * takes bytes × 8 / rate (rounded up to a nanosecond).  It is dropped if it would wait longer than
 * queue_ns, or if what waits and is being sent, in bytes, would exceed queue_bytes with it; a packet that
 * finds the link idle always passes.  A lost packet has used its share of the rate.  Where the packet
 * comes out is put into *ret_out if it passed. */
net_link_fate net_link_submit(net_link_direction *direction, const net_link_options *options,
                              uint64_t rate_bps, uint32_t bytes, pl_time *ret_out, pl_time now);

#endif
