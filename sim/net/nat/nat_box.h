/* nat_box.h - one NAT box at work: translates a packet on its way out or in, or says why not.
 *
 * Private to sim/net.  Only the packet's header changes; what an ICMP error quotes is translated with it
 * (RFC 5508 REQ-4, 5), and an ICMP error neither prolongs nor ends a mapping (RFC 4787 REQ-12). */
#ifndef NET_NAT_BOX_H
#define NET_NAT_BOX_H

#include "sim/net/drop.h"
#include "sim/net/nat.h"
#include "sim/net/nat/nat_table.h"
#include "sim/net/packet.h"
#include "sim/net/random.h"

/* What each packet needs comes first: half a cache line. */
typedef struct net_nat_box {
    const net_nat_options *options; /* shared by boxes of one kind */
    uint32_t external_ip;
    uint32_t id;          /* unique in the network */
    uint32_t recent;      /* the mapping used last, looked at first; a guess, 0 = none */
    uint32_t ring;        /* its mappings */
    uint32_t bound;       /* how many of them hold a port, expired or not */
    uint32_t records;     /* length of the ring, the unbound ones included */
    uint32_t last_port;   /* SEQUENTIAL: the last one given, 0 = none yet */
    pl_time full_until;   /* at its limit: nothing expires before this */
    net_random random;    /* RANDOM ports */
} net_nat_box;

/* Makes or finds the mapping of a packet from inside and shows its external source.  NET_DROP_NONE if it
 * passed. */
net_drop net_nat_box_out(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now);
/* The same for a datagram that will be at the box at `when`, an instant that is yet to come.  It passes if it does
 * no more than prolong what is there now and lives until then: whoever comes in between finds the same as if it
 * had been judged at its instant.  Else false, and nothing has happened. */
bool net_nat_box_out_ahead(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time when);
/* Finds the mapping that a packet from outside is for, asks the filter, shows the inside destination. */
net_drop net_nat_box_in(net_nat_table *table, net_nat_box *box, net_packet *packet, pl_time now);
/* The inside address to which a packet from outside would go by the mappings of now; 0 if none. */
uint32_t net_nat_box_peek(const net_nat_table *table, const net_nat_box *box, const net_packet *packet);

#endif
