/* The bytes on the wire of a net_packet: IPv4 (RFC 791), UDP (768), TCP (9293), ICMP (792). */
#include <glib.h>
#include <string.h>

#include "core/port.h"
#include "sim/record/pcapng.h"

static void put_u16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    put_u16(out, value >> 16);
    put_u16(out + 2, value & 0xFFFF);
}

/* Ones' complement sum of 16-bit words (RFC 1071), on top of `sum`. */
static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)(data[i] << 8 | data[i + 1]);
    if (len % 2)
        sum += (uint32_t)data[len - 1] << 8;
    return sum;
}

static unsigned fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (unsigned)(~sum & 0xFFFF);
}

typedef struct ip_header {
    uint8_t protocol, ttl;
    uint32_t source, destination;
    uint16_t identification, fragment;
    size_t total;
} ip_header;

static void put_ip(uint8_t *out, const ip_header *header)
{
    memset(out, 0, NET_IP_HEADER_BYTES);
    out[0] = 0x45;
    put_u16(out + 2, (unsigned)header->total);
    put_u16(out + 4, header->identification);
    put_u16(out + 6, header->fragment);
    out[8] = header->ttl;
    out[9] = header->protocol;
    put_u32(out + 12, header->source);
    put_u32(out + 16, header->destination);
    put_u16(out + 10, fold(add_words(0, out, NET_IP_HEADER_BYTES)));
}

/* Checksum of UDP and TCP: over a pseudo-header, too. */
static unsigned transport_checksum(const net_packet *packet, const uint8_t *segment, size_t len)
{
    uint8_t pseudo[12];
    put_u32(pseudo, packet->source.ip);
    put_u32(pseudo + 4, packet->destination.ip);
    put_u16(pseudo + 8, packet->protocol);
    put_u16(pseudo + 10, (unsigned)len);
    return fold(add_words(add_words(0, pseudo, sizeof pseudo), segment, len));
}

static size_t put_payload(const net_packet *packet, uint8_t *out, size_t room)
{
    size_t len = MIN(packet->payload_len, room);
    if (packet->payload)
        memcpy(out, packet->payload, len);
    else
        memset(out, 0, len);
    return len;
}

static size_t put_udp(const net_packet *packet, uint8_t *out, size_t room)
{
    size_t len =
        NET_UDP_HEADER_BYTES + put_payload(packet, out + NET_UDP_HEADER_BYTES, room - NET_UDP_HEADER_BYTES);
    put_u16(out, packet->source.port);
    put_u16(out + 2, packet->destination.port);
    put_u16(out + 4, (unsigned)len);
    put_u16(out + 6, 0);
    unsigned sum = transport_checksum(packet, out, len);
    put_u16(out + 6, sum ? sum : 0xFFFF); /* spec (RFC 768): 0 would mean "none" */
    return len;
}

static size_t put_tcp(const net_packet *packet, uint8_t *out, size_t room)
{
    size_t options = MIN((size_t)packet->options_len & ~(size_t)3, NET_TCP_OPTIONS_MAX);
    size_t header = NET_TCP_HEADER_BYTES + options;
    size_t len = header + put_payload(packet, out + header, room - header);

    memset(out, 0, NET_TCP_HEADER_BYTES);
    put_u16(out, packet->source.port);
    put_u16(out + 2, packet->destination.port);
    put_u32(out + 4, packet->sequence);
    put_u32(out + 8, packet->ack);
    out[12] = (uint8_t)(header / 4 << 4);
    out[13] = packet->tcp_flags;
    put_u16(out + 14, packet->window);
    memcpy(out + NET_TCP_HEADER_BYTES, packet->options, options);
    put_u16(out + 16, transport_checksum(packet, out, len));
    return len;
}

/* The IP header and 8 bytes of the packet that an error is about, as far as the quote tells. */
static size_t put_quote(const net_quote *quote, uint8_t *out)
{
    const ip_header header = {.protocol = quote->protocol,
                              .ttl = 64,
                              .source = quote->source.ip,
                              .destination = quote->destination.ip,
                              .total = NET_IP_HEADER_BYTES + 8};
    put_ip(out, &header);
    uint8_t *above = out + NET_IP_HEADER_BYTES;
    memset(above, 0, 8);
    if (quote->protocol == PL_PROTOCOL_ICMP) {
        above[0] = 8; /* spec (RFC 792): echo request, the only ICMP that errors are about */
        put_u16(above + 4, quote->source.port);
    } else {
        put_u16(above, quote->source.port);
        put_u16(above + 2, quote->destination.port);
    }
    if (quote->protocol == PL_PROTOCOL_TCP)
        put_u32(above + 4, quote->sequence);
    if (quote->protocol == PL_PROTOCOL_UDP)
        put_u16(above + 4, NET_UDP_HEADER_BYTES);
    return NET_IP_HEADER_BYTES + 8;
}

static size_t put_icmp(const net_packet *packet, uint8_t *out, size_t room)
{
    size_t len = NET_ICMP_HEADER_BYTES;

    memset(out, 0, NET_ICMP_HEADER_BYTES);
    out[0] = packet->icmp_type;
    out[1] = packet->icmp_code;
    if (packet->quote.protocol) {
        put_u16(out + 6, packet->next_mtu);
        len += put_quote(&packet->quote, out + NET_ICMP_HEADER_BYTES);
    } else {
        put_u16(out + 4, packet->source.port);
        put_u16(out + 6, packet->sequence & 0xFFFF);
        len += put_payload(packet, out + NET_ICMP_HEADER_BYTES, room - NET_ICMP_HEADER_BYTES);
    }
    put_u16(out + 2, fold(add_words(0, out, len)));
    return len;
}

/* A whole packet has its number, which tells copies of it apart from others. */
static uint16_t identification_of(const net_packet *packet)
{
    return net_packet_is_part(packet) ? packet->identification : (uint16_t)packet->serial;
}

/* The checksum of a first fragment is over bytes that are in others; 0 is "none", to UDP at least. */
static size_t put_first_udp(const net_packet *packet, uint8_t *out, size_t room)
{
    const size_t len = put_udp(packet, out, room);
    put_u16(out + 4, NET_UDP_HEADER_BYTES + packet->whole_len);
    put_u16(out + 6, 0);
    return len;
}

static size_t put_above_ip(const net_packet *packet, uint8_t *out, size_t room)
{
    if (net_packet_is_later(packet))
        return put_payload(packet, out, room);
    switch (packet->protocol) {
    case PL_PROTOCOL_UDP:
        return net_packet_is_part(packet) ? put_first_udp(packet, out, room) : put_udp(packet, out, room);
    case PL_PROTOCOL_TCP:
        return put_tcp(packet, out, room);
    case PL_PROTOCOL_ICMP:
        return put_icmp(packet, out, room);
    default:
        return put_payload(packet, out, room);
    }
}

size_t sim_pcapng_frame(const net_packet *packet, uint8_t *out)
{
    uint8_t *above = out + NET_IP_HEADER_BYTES;
    const size_t room = SIM_PCAPNG_FRAME_MAX - NET_IP_HEADER_BYTES;
    const size_t len = put_above_ip(packet, above, room);
    const ip_header header = {.protocol = packet->protocol,
                              .ttl = packet->ttl,
                              .source = packet->source.ip,
                              .destination = packet->destination.ip,
                              .identification = identification_of(packet),
                              .fragment = packet->fragment,
                              .total = NET_IP_HEADER_BYTES + len};
    put_ip(out, &header);
    return header.total;
}
