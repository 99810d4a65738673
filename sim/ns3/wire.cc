#include "sim/ns3/wire.hh"

#include <cstring>

namespace partyline
{
namespace
{

/* ICMP types (spec, RFC 792). */
constexpr uint8_t ICMP_ECHO_REPLY = 0;
constexpr uint8_t ICMP_ECHO = 8;
/* TTL of a quoted header: nobody reads it; RFC 1700's default (chosen). */
constexpr uint8_t QUOTED_TTL = 64;
/* An ICMP error quotes the IP header and 8 bytes (spec, RFC 792). */
constexpr size_t QUOTED_BYTES = 8;

void
Put16(uint8_t *at, uint32_t value)
{
    at[0] = static_cast<uint8_t>(value >> 8);
    at[1] = static_cast<uint8_t>(value);
}

void
Put32(uint8_t *at, uint32_t value)
{
    Put16(at, value >> 16);
    Put16(at + 2, value & 0xffff);
}

uint16_t
Get16(const uint8_t *at)
{
    return static_cast<uint16_t>(at[0] << 8 | at[1]);
}

uint32_t
Get32(const uint8_t *at)
{
    return static_cast<uint32_t>(Get16(at)) << 16 | Get16(at + 2);
}

bool
IsEcho(uint8_t type)
{
    return type == ICMP_ECHO || type == ICMP_ECHO_REPLY;
}

void
PutIpHeader(uint8_t *at, size_t total, uint8_t ttl, uint8_t protocol, uint32_t source, uint32_t destination)
{
    memset(at, 0, NET_IP_HEADER_BYTES);
    at[0] = 0x45; /* version 4, five words */
    Put16(at + 2, static_cast<uint32_t>(total));
    at[8] = ttl;
    at[9] = protocol;
    Put32(at + 12, source);
    Put32(at + 16, destination);
}

size_t
PutUdp(const net_packet &packet, uint8_t *at)
{
    Put16(at, packet.source.port);
    Put16(at + 2, packet.destination.port);
    Put16(at + 4, NET_UDP_HEADER_BYTES + packet.payload_len);
    Put16(at + 6, 0);
    return NET_UDP_HEADER_BYTES;
}

size_t
PutTcp(const net_packet &packet, uint8_t *at)
{
    const size_t header = NET_TCP_HEADER_BYTES + packet.options_len;
    uint8_t flags = packet.tcp_flags;
    if (flags & NET_TCP_RST)
        flags = static_cast<uint8_t>(flags & ~NET_TCP_ACK);
    Put16(at, packet.source.port);
    Put16(at + 2, packet.destination.port);
    Put32(at + 4, packet.sequence);
    Put32(at + 8, packet.ack);
    at[12] = static_cast<uint8_t>(header / 4 << 4);
    at[13] = flags;
    Put16(at + 14, packet.window);
    Put32(at + 16, 0);
    memcpy(at + NET_TCP_HEADER_BYTES, packet.options, packet.options_len);
    return header;
}

/* The error's own header and the quotation: enough for ns-3 to find the socket. */
size_t
PutIcmpError(const net_quote &quote, uint8_t *at)
{
    uint8_t *quoted = at + NET_ICMP_HEADER_BYTES;
    uint8_t *head = quoted + NET_IP_HEADER_BYTES;
    PutIpHeader(quoted, NET_IP_HEADER_BYTES + QUOTED_BYTES, QUOTED_TTL, quote.protocol, quote.source.ip,
                quote.destination.ip);
    memset(head, 0, QUOTED_BYTES);
    if (quote.protocol == PL_PROTOCOL_ICMP) {
        head[0] = ICMP_ECHO;
        Put16(head + 4, quote.source.port);
        Put16(head + 6, quote.sequence);
    } else {
        Put16(head, quote.source.port);
        Put16(head + 2, quote.destination.port);
        Put32(head + 4, quote.sequence);
    }
    return NET_ICMP_HEADER_BYTES + NET_IP_HEADER_BYTES + QUOTED_BYTES;
}

size_t
PutIcmp(const net_packet &packet, uint8_t *at)
{
    memset(at, 0, NET_ICMP_HEADER_BYTES);
    at[0] = packet.icmp_type;
    at[1] = packet.icmp_code;
    if (!IsEcho(packet.icmp_type))
        return PutIcmpError(packet.quote, at);
    Put16(at + 4, packet.source.port);
    Put16(at + 6, packet.sequence);
    return NET_ICMP_HEADER_BYTES;
}

bool
GetUdp(const uint8_t *at, size_t len, net_packet *packet)
{
    if (len < NET_UDP_HEADER_BYTES)
        return false;
    packet->source.port = Get16(at);
    packet->destination.port = Get16(at + 2);
    packet->payload = at + NET_UDP_HEADER_BYTES;
    packet->payload_len = static_cast<uint32_t>(len - NET_UDP_HEADER_BYTES);
    return true;
}

bool
GetTcp(const uint8_t *at, size_t len, net_packet *packet)
{
    if (len < NET_TCP_HEADER_BYTES)
        return false;
    const size_t header = static_cast<size_t>(at[12] >> 4) * 4;
    if (header < NET_TCP_HEADER_BYTES || header > len)
        return false;
    packet->source.port = Get16(at);
    packet->destination.port = Get16(at + 2);
    packet->sequence = Get32(at + 4);
    packet->ack = Get32(at + 8);
    packet->tcp_flags = static_cast<uint8_t>(
        at[13] & (NET_TCP_FIN | NET_TCP_SYN | NET_TCP_RST | NET_TCP_PSH | NET_TCP_ACK));
    packet->window = Get16(at + 14);
    packet->options_len = static_cast<uint8_t>(header - NET_TCP_HEADER_BYTES);
    memcpy(packet->options, at + NET_TCP_HEADER_BYTES, packet->options_len);
    packet->payload = at + header;
    packet->payload_len = static_cast<uint32_t>(len - header);
    return true;
}

bool
GetIcmpError(const uint8_t *at, size_t len, net_packet *packet)
{
    const uint8_t *quoted = at + NET_ICMP_HEADER_BYTES;
    if (len < NET_ICMP_HEADER_BYTES + NET_IP_HEADER_BYTES + QUOTED_BYTES)
        return false;
    const size_t header = static_cast<size_t>(quoted[0] & 0x0f) * 4;
    if (len < NET_ICMP_HEADER_BYTES + header + QUOTED_BYTES)
        return false;
    const uint8_t *head = quoted + header;
    net_quote &quote = packet->quote;
    quote.protocol = quoted[9];
    quote.source.ip = Get32(quoted + 12);
    quote.destination.ip = Get32(quoted + 16);
    if (quote.protocol == PL_PROTOCOL_ICMP) {
        quote.source.port = quote.destination.port = Get16(head + 4);
        return true;
    }
    quote.source.port = Get16(head);
    quote.destination.port = Get16(head + 2);
    quote.sequence = quote.protocol == PL_PROTOCOL_TCP ? Get32(head + 4) : 0;
    return true;
}

bool
GetIcmp(const uint8_t *at, size_t len, net_packet *packet)
{
    if (len < NET_ICMP_HEADER_BYTES)
        return false;
    packet->icmp_type = at[0];
    packet->icmp_code = at[1];
    if (!IsEcho(at[0]))
        return GetIcmpError(at, len, packet);
    packet->source.port = packet->destination.port = Get16(at + 4);
    packet->sequence = Get16(at + 6);
    packet->payload = at + NET_ICMP_HEADER_BYTES;
    packet->payload_len = static_cast<uint32_t>(len - NET_ICMP_HEADER_BYTES);
    return true;
}

} // namespace

size_t
WireEncode(const net_packet &packet, uint8_t *out)
{
    const size_t total = net_packet_bytes(&packet);
    uint8_t *at = out + NET_IP_HEADER_BYTES;
    size_t header = 0;
    if (total > WIRE_MAX || packet.options_len > NET_TCP_OPTIONS_MAX || packet.options_len % 4)
        return 0;
    PutIpHeader(out, total, packet.ttl, packet.protocol, packet.source.ip, packet.destination.ip);
    switch (packet.protocol) {
    case PL_PROTOCOL_UDP:
        header = PutUdp(packet, at);
        break;
    case PL_PROTOCOL_TCP:
        header = PutTcp(packet, at);
        break;
    case PL_PROTOCOL_ICMP:
        header = PutIcmp(packet, at);
        if (!IsEcho(packet.icmp_type)) {
            Put16(out + 2, static_cast<uint32_t>(NET_IP_HEADER_BYTES + header));
            return NET_IP_HEADER_BYTES + header;
        }
        break;
    default:
        return 0;
    }
    if (packet.payload_len)
        memcpy(at + header, packet.payload, packet.payload_len);
    return total;
}

bool
WireDecode(const uint8_t *bytes, size_t len, net_packet *ret_packet)
{
    net_packet packet{};
    if (len < NET_IP_HEADER_BYTES || bytes[0] >> 4 != 4)
        return false;
    const size_t header = static_cast<size_t>(bytes[0] & 0x0f) * 4;
    const size_t total = Get16(bytes + 2);
    if (header < NET_IP_HEADER_BYTES || total < header || total > len)
        return false;
    packet.ttl = bytes[8];
    packet.protocol = bytes[9];
    packet.source.ip = Get32(bytes + 12);
    packet.destination.ip = Get32(bytes + 16);
    packet.fragment = Get16(bytes + 6) & NET_FRAGMENT_DONT;
    const uint8_t *at = bytes + header;
    const size_t rest = total - header;
    bool good = false;
    if (packet.protocol == PL_PROTOCOL_UDP)
        good = GetUdp(at, rest, &packet);
    else if (packet.protocol == PL_PROTOCOL_TCP)
        good = GetTcp(at, rest, &packet);
    else if (packet.protocol == PL_PROTOCOL_ICMP)
        good = GetIcmp(at, rest, &packet);
    if (good)
        *ret_packet = packet;
    return good;
}

} // namespace partyline
