/* answer.h - what a box says to a packet that it refuses.
 *
 * Private to sim/net. */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include "sim/net/packet.h"

/* Builds the answer to a refused packet: RST to TCP, in the name of its destination (RFC 9293 §3.10.7.1);
 * to the rest ICMP 3/13 from address `from`, with the tuple quoted as the packet shows it.  False for what
 * must not be answered: a RST, an ICMP error (RFC 1122 §3.2.2). */
bool net_answer_refusal(const net_packet *refused, uint32_t from, net_packet *ret_answer);
/* Builds the ICMP 3/13 alone, whatever the protocol (RFC 5508 REQ-8). */
bool net_answer_prohibited(const net_packet *refused, uint32_t from, net_packet *ret_answer);

#endif
