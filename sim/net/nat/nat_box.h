/* nat_box.h - one NAT box at work: translates a packet on its way out or in, or says why not.
 *
 * Private to sim/net.  Only the packet's header changes; what an ICMP error quotes is translated with it
 * (RFC 5508 REQ-4, 5), and an ICMP error neither prolongs nor ends a mapping (RFC 4787 REQ-12). */
#ifndef NET_NAT_BOX_H
#define NET_NAT_BOX_H

#include "core/port.h"
#include "sim/net/drop.h"
#include "sim/net/nat.h"
#include "sim/net/nat/nat_table.h"
#include "sim/net/packet.h"
#include "sim/net/random.h"

/* The options of all boxes of one kind, and what follows from them. */
typedef struct net_nat_kind {
    net_nat_behaviour keys; /* by what of the remote mappings are kept */
    bool filters;           /* a mapping itself holds all that the filter asks for */
    bool tells;             /* who was sent to must be known to prolong, even where all may come in */
    bool hears;             /* an inbound datagram changes something */
    bool shares;            /* ports are taken for one remote only */
    bool meddles;           /* more than addresses and ports may change, or the change may be worth a word */
    net_nat_options options;/* its pool is ≥ 1, its mtu set */
} net_nat_kind;

/* What each packet needs comes first: half a cache line. */
typedef struct net_nat_box {
    const net_nat_kind *kind;
    uint32_t external_ip; /* the first of the pool */
    uint32_t id;          /* unique in the network, NET_PLACE_BITS wide */
    uint32_t recent;      /* the mapping used last, looked at first; a guess, 0 = none */
    uint32_t ring;        /* its mappings */
    uint32_t bound;       /* how many of them packets may go out by, expired or not */
    uint32_t records;     /* length of the ring, the unbound ones included */
    uint16_t last_port;   /* SEQUENTIAL: the last one given, 0 = none yet */
    uint16_t boots;       /* how often its state was lost */
    pl_time full_until;   /* at its limit: nothing expires before this */
    net_random random;    /* ports, blocks and addresses */
} net_nat_box;

/* The kind that follows from options; every byte of it is set. */
void net_nat_box_kind(const net_nat_options *options, net_nat_kind *ret_kind);

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
/* Shows the inside source of a packet that the box turned back, which was sent to `to` (HAIRPIN_INTERNAL); a packet
 * from elsewhere stays as it is. */
void net_nat_box_reveal(const net_nat_table *table, const net_nat_box *box, net_packet *packet, pl_addr to);
/* Whether an outbound SYN has passed for the connection that a SYN from outside is for (RFC 5382 REQ-4). */
bool net_nat_box_called(net_nat_table *table, const net_nat_box *box, const net_packet *syn, pl_time now);
/* Loses all state, as a reboot does. */
void net_nat_box_forget(net_nat_table *table, net_nat_box *box);

/* Whether an address is one of the box's. */
static inline bool net_nat_box_has(const net_nat_box *box, uint32_t ip)
{
    return ip - box->external_ip < box->kind->options.pool;
}

/* One address of the box, which has it. */
static inline uint32_t net_nat_box_place(const net_nat_box *box, uint32_t ip)
{
    return net_place(box->id, ip - box->external_ip);
}

static inline pl_addr net_nat_box_external(const net_nat_box *box, const net_mapping *m)
{
    return (pl_addr){box->external_ip + net_place_address(m->place), m->external_port};
}

static inline bool net_nat_is_error(const net_packet *packet)
{
    return packet->protocol == PL_PROTOCOL_ICMP && packet->quote.protocol != 0;
}

#endif
