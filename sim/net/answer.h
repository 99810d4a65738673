/* answer.h - what a box says to a packet that it refuses or cannot deliver.
 *
 * Private to sim/net. */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include "sim/net/packet.h"

/* Builds the answer to a refused packet: RST to TCP, in the name of its destination (RFC 9293 §3.10.7.1);
 * to the rest ICMP 3/13 from address `from`, with the tuple quoted as the packet shows it.  False for what
 * must not be answered: a RST, an ICMP error (RFC 1122 §3.2.2). */
bool net_answer_refusal(const net_packet *refused, uint32_t from, net_packet *ret_answer);
/* ICMP errors, type and code as one number (spec: RFC 792; 3/4 RFC 1191; 3/13 RFC 1812 §5.2.7.1). */
typedef enum net_icmp_error {
    NET_ICMP_NET_UNREACHABLE = 0x300,
    NET_ICMP_HOST_UNREACHABLE = 0x301,
    NET_ICMP_PORT_UNREACHABLE = 0x303,
    NET_ICMP_TOO_BIG = 0x304,
    NET_ICMP_PROHIBITED = 0x30d,
    NET_ICMP_TTL_EXCEEDED = 0xb00
} net_icmp_error;

/* The address of the public realm's routers: spec RFC 7600 §4.8, for those that have none of their own. */
#define NET_ROUTER_IP 0xc0000008u

/* Builds an ICMP error whatever the protocol; false if the packet is an ICMP error itself. */
bool net_answer_icmp(const net_packet *refused, uint32_t from, net_icmp_error error, net_packet *ret_answer);

#endif
