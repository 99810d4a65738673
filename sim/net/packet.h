/* packet.h - what crosses the network between two host stacks: one header by value, and a payload.
 *
 * Both engines speak it.  The light engine's stack builds it directly; the ns-3 plug-in translates
 * ns-3's IP packets to it and back, so that links, NATs and firewalls are the same code for both. */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include <stdbool.h>

#include "core/types.h"

#define NET_TCP_FIN 0x01
#define NET_TCP_SYN 0x02
#define NET_TCP_RST 0x04
#define NET_TCP_PSH 0x08
#define NET_TCP_ACK 0x10

#define NET_IP_HEADER_BYTES 20
#define NET_UDP_HEADER_BYTES 8
#define NET_TCP_HEADER_BYTES 20
#define NET_ICMP_HEADER_BYTES 8
#define NET_TCP_OPTIONS_MAX 40

/* The largest packet of an access link (spec: RFC 894, Ethernet). */
#define NET_MTU 1500u

/* The flags and the offset of an IP header (RFC 791 §3.1). */
#define NET_FRAGMENT_DONT 0x4000u   /* larger than the way allows: ICMP 3/4 instead of fragments */
#define NET_FRAGMENT_MORE 0x2000u
#define NET_FRAGMENT_OFFSET 0x1fffu /* in units of 8 bytes */

/* The 5-tuple that an ICMP error quotes, as the original packet showed it where the error arose. */
typedef struct net_quote {
    uint8_t protocol;
    pl_addr source;
    pl_addr destination;
    uint32_t sequence; /* TCP sequence number of the quoted segment, else 0 */
} net_quote;

typedef struct net_packet {
    uint8_t protocol; /* PL_PROTOCOL_… */
    uint8_t ttl;
    uint8_t tcp_flags;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t options_len; /* TCP options in `options`, a multiple of 4 */
    union {
        uint16_t window;    /* TCP window field as on the wire (unscaled) */
        uint16_t whole_len; /* a datagram's first fragment: bytes of payload of the whole */
        uint16_t next_mtu;  /* ICMP 3/4: the largest packet that would have passed (RFC 1191 §4) */
    };
    /* Port: 0 for ICMP errors; the identifier for ICMP echo, in both.  A later fragment shows none on the wire: what
     * is here is for whoever watches, and no box looks at it. */
    pl_addr source;
    pl_addr destination;
    uint32_t payload_len;
    uint16_t fragment;       /* NET_FRAGMENT_… and the offset */
    uint16_t identification; /* of fragments: whose they are */
    const uint8_t *payload;  /* bytes above UDP/TCP/ICMP echo, of a later fragment above IP; borrowed */
    uint64_t serial;        /* number of the packet in the run, given by the network at submission */
    /* What follows is no part of a UDP datagram, and is not carried with one. */
    uint32_t sequence; /* TCP; for ICMP echo the sequence number */
    uint32_t ack;
    net_quote quote; /* ICMP errors only */
    uint8_t options[NET_TCP_OPTIONS_MAX];
} net_packet;

/* Whether a packet is one of several that carry another. */
static inline bool net_packet_is_part(const net_packet *packet)
{
    return packet->fragment & (NET_FRAGMENT_MORE | NET_FRAGMENT_OFFSET);
}

/* Whether it is not the first of them, which alone has the header above IP. */
static inline bool net_packet_is_later(const net_packet *packet)
{
    return packet->fragment & NET_FRAGMENT_OFFSET;
}

/* Length on the wire from the IP header on, in bytes: what rates and queues count. */
static inline uint32_t net_packet_bytes(const net_packet *packet)
{
    if (net_packet_is_later(packet))
        return NET_IP_HEADER_BYTES + packet->payload_len;
    switch (packet->protocol) {
    case 17:
        return NET_IP_HEADER_BYTES + NET_UDP_HEADER_BYTES + packet->payload_len;
    case 6:
        return NET_IP_HEADER_BYTES + NET_TCP_HEADER_BYTES + packet->options_len + packet->payload_len;
    default: /* ICMP errors quote the IP header and 8 bytes (RFC 792) */
        return NET_IP_HEADER_BYTES + NET_ICMP_HEADER_BYTES +
               (packet->quote.protocol ? NET_IP_HEADER_BYTES + 8 : packet->payload_len);
    }
}

#endif
