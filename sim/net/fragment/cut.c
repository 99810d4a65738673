/* cut.c - fragments of a packet. */
#include "sim/net/fragment/cut.h"

#include <glib.h>

/* Bytes above IP that one fragment can carry: offsets count eights. */
static uint32_t room_of(uint32_t mtu)
{
    return (mtu - NET_IP_HEADER_BYTES) & ~7u;
}

/* Bytes above IP. */
static uint32_t above_ip(const net_packet *packet)
{
    return net_packet_bytes(packet) - NET_IP_HEADER_BYTES;
}

size_t net_cut_count(const net_packet *packet, uint32_t mtu)
{
    if (net_packet_bytes(packet) <= mtu)
        return 1;
    return (above_ip(packet) + room_of(mtu) - 1) / room_of(mtu);
}

net_packet net_cut_part(const net_packet *packet, uint32_t mtu, size_t number, uint16_t identification)
{
    const uint32_t header = above_ip(packet) - packet->payload_len;
    const uint32_t room = room_of(mtu);
    const uint32_t from = (uint32_t)number * room;
    const uint32_t to = MIN(from + room, above_ip(packet));
    g_assert(header <= room && from < to);
    net_packet part = *packet;
    const bool is_last = to == above_ip(packet) && !(packet->fragment & NET_FRAGMENT_MORE);
    part.fragment = (uint16_t)((packet->fragment & NET_FRAGMENT_OFFSET) + from / 8);
    if (!is_last)
        part.fragment |= NET_FRAGMENT_MORE;
    if (!net_packet_is_part(packet))
        part.identification = identification;
    if (number == 0) {
        part.payload_len = to - header;
        if (packet->protocol == 17 && !net_packet_is_part(packet))
            part.whole_len = (uint16_t)packet->payload_len;
        return part;
    }
    part.payload = packet->payload + (from - header);
    part.payload_len = to - from;
    return part;
}
