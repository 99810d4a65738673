/* passage.h - what a box knows of the datagrams whose fragments cross it.
 *
 * Private to sim/net.  Only the first fragment shows the ports by which a box translates and filters; what
 * became of it is kept for those that follow, and those that came before it may be held until it comes (RFC
 * 4787 REQ-14). Both stores are small and apart from each other, so that a flood of fragments without a first
 * one takes nothing from datagrams whose fragments come in order (REQ-14a). */
#ifndef NET_PASSAGE_H
#define NET_PASSAGE_H

#include "core/types.h"
#include "sim/net/firewall/firewall_state.h"
#include "sim/net/store/pool.h"

/* chosen: as long as a host waits for what is missing, for both. */
#define NET_PASSAGE_TIME (30 * PL_SECOND)
#define NET_PASSAGE_MAX  64 /* chosen: of a box; datagrams that crossed, and as many fragments held */

typedef struct net_passages net_passages;

/* A datagram as its fragments show it before the box. */
typedef struct net_passage_key {
    uint8_t protocol;
    uint8_t direction; /* net_direction */
    uint16_t identification;
    uint32_t source, destination;
} net_passage_key;

/* What became of the first fragment. */
typedef struct net_passage {
    bool passed;
    pl_addr source, destination; /* behind the box, if it passed */
    uint32_t turned;             /* net_flight's */
} net_passage;

net_passages *net_passages_new(void);
/* What is held must have been taken. */
void net_passages_free(net_passages *passages);

net_passage_key net_passage_key_of(const net_packet *fragment, net_direction direction);
/* Keeps what became of a first fragment, in place of the oldest if there is no room. */
void net_passages_note(net_passages *passages, const net_passage_key *key, const net_passage *passage,
                       pl_time now);
/* NULL if no first fragment has come, or too long ago. */
const net_passage *net_passages_find(const net_passages *passages, const net_passage_key *key, pl_time now);

/* Holds a fragment that came too soon; false if there is no room. */
bool net_passages_hold(net_passages *passages, const net_passage_key *key, net_flight *flight, pl_time now);
/* Takes out the oldest held fragment of a datagram, in the order in which they came; NULL if there is none.
 */
net_flight *net_passages_take(net_passages *passages, const net_passage_key *key);
/* Takes out one that has been held for too long at `now`, PL_NEVER for any; NULL if there is none. */
net_flight *net_passages_take_overdue(net_passages *passages, pl_time now);

#endif
