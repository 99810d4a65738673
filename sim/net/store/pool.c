/* pool.c - packets on their way, in buffers that are used again. */
#include "sim/net/store/pool.h"

#include <glib.h>
#include <string.h>

#include "core/port.h"

#define CHUNK_BYTES 65536u /* chosen: a few hundred small packets at a time */

/* chosen: payloads of control and voice packets; of most datagrams; of a full segment (1460); and the
 * longest that an IP packet can hold. */
static const uint32_t class_bytes[NET_POOL_CLASSES] = {128, 512, 1536, 65536};

void net_pool_clear(net_pool *pool)
{
    sim_blocks_clear(&pool->memory);
    *pool = (net_pool){0};
}

static size_t flight_bytes(uint32_t size_class)
{
    size_t align = SIM_MEMORY_LINE;
    return (offsetof(net_flight, bytes) + class_bytes[size_class] + align - 1) / align * align;
}

static void refill(net_pool *pool, uint32_t size_class)
{
    size_t each = flight_bytes(size_class);
    size_t n = CHUNK_BYTES > each ? CHUNK_BYTES / each : 1;
    uint8_t *chunk = sim_blocks_take(&pool->memory, n * each);
    for (size_t i = 0; i < n; i++) {
        net_flight *flight = (net_flight *)(void *)(chunk + i * each);
        flight->size_class = size_class;
        flight->next = pool->free[size_class];
        pool->free[size_class] = flight;
    }
}

/* Of a datagram only what a datagram has: the rest would be two cache lines more. */
static void copy_header(net_packet *to, const net_packet *from)
{
    size_t bytes = offsetof(net_packet, sequence);
    if (from->protocol != PL_PROTOCOL_UDP)
        bytes = offsetof(net_packet, options) + from->options_len;
    memcpy(to, from, bytes);
}

net_flight *net_pool_take(net_pool *pool, const net_packet *packet)
{
    g_assert(packet->payload_len <= class_bytes[NET_POOL_CLASSES - 1]);
    g_assert(packet->options_len <= NET_TCP_OPTIONS_MAX);
    uint32_t size_class = 0;
    while (packet->payload_len > class_bytes[size_class])
        size_class++;
    if (!pool->free[size_class])
        refill(pool, size_class);
    net_flight *flight = pool->free[size_class];
    pool->free[size_class] = flight->next;
    copy_header(&flight->packet, packet);
    if (packet->payload_len)
        memcpy(flight->bytes, packet->payload, packet->payload_len);
    flight->packet.payload = flight->bytes;
    return flight;
}

uint32_t net_pool_room(const net_flight *flight)
{
    return class_bytes[flight->size_class];
}

void net_pool_give(net_pool *pool, net_flight *flight)
{
    flight->next = pool->free[flight->size_class];
    pool->free[flight->size_class] = flight;
}
