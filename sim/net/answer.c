/* answer.c - RST and ICMP errors. */
#include "sim/net/answer.h"

#include "core/port.h"

#define ANSWER_TTL 64          /* chosen: what most routers send (IANA's recommended default) */

static void answer_reset(const net_packet *refused, net_packet *answer)
{
    *answer = (net_packet){.protocol = PL_PROTOCOL_TCP,
                           .ttl = ANSWER_TTL,
                           .tcp_flags = NET_TCP_RST,
                           .source = refused->destination,
                           .destination = refused->source};
    if (refused->tcp_flags & NET_TCP_ACK) {
        answer->sequence = refused->ack;
        return;
    }
    uint32_t controls = (refused->tcp_flags & NET_TCP_SYN ? 1u : 0u) +
                        (refused->tcp_flags & NET_TCP_FIN ? 1u : 0u);
    answer->tcp_flags = NET_TCP_RST | NET_TCP_ACK;
    answer->ack = refused->sequence + refused->payload_len + controls;
}

bool net_answer_icmp(const net_packet *refused, uint32_t from, net_icmp_error error, net_packet *ret_answer)
{
    if (refused->protocol == PL_PROTOCOL_ICMP && refused->quote.protocol != 0)
        return false;
    *ret_answer = (net_packet){.protocol = PL_PROTOCOL_ICMP,
                               .ttl = ANSWER_TTL,
                               .icmp_type = (uint8_t)(error >> 8),
                               .icmp_code = (uint8_t)error,
                               .source = {from, 0},
                               .destination = {refused->source.ip, 0},
                               .quote = {.protocol = refused->protocol,
                                         .source = refused->source,
                                         .destination = refused->destination}};
    if (refused->protocol == PL_PROTOCOL_TCP)
        ret_answer->quote.sequence = refused->sequence;
    return true;
}

bool net_answer_refusal(const net_packet *refused, uint32_t from, net_packet *ret_answer)
{
    if (refused->protocol != PL_PROTOCOL_TCP)
        return net_answer_icmp(refused, from, NET_ICMP_PROHIBITED, ret_answer);
    if (refused->tcp_flags & NET_TCP_RST)
        return false;
    answer_reset(refused, ret_answer);
    return true;
}
