/* packet.h - what crosses the network between two host stacks: one header by value, and a payload.
 *
 * Both engines speak it.  The light engine's stack builds it directly; the ns-3 plug-in translates
 * ns-3's IP packets to it and back, so that links, NATs and firewalls are the same code for both. */
#ifndef NET_PACKET_H
#define NET_PACKET_H

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
    uint16_t window;     /* TCP window field as on the wire (unscaled) */
    pl_addr source;      /* port: 0 for ICMP errors; the identifier for ICMP echo, in both */
    pl_addr destination;
    uint32_t payload_len;
    const uint8_t *payload; /* bytes above UDP/TCP/ICMP echo; borrowed */
    uint64_t serial;        /* number of the packet in the run, given by the network at submission */
    /* What follows is no part of a UDP datagram, and is not carried with one. */
    uint32_t sequence; /* TCP; for ICMP echo the sequence number */
    uint32_t ack;
    net_quote quote; /* ICMP errors only */
    uint8_t options[NET_TCP_OPTIONS_MAX];
} net_packet;

/* Length on the wire from the IP header on, in bytes: what rates and queues count. */
static inline uint32_t net_packet_bytes(const net_packet *packet)
{
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
