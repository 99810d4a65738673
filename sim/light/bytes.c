#include "sim/light/bytes.h"

#include <glib.h>
#include <string.h>

/* chosen: a message of the overlay fits. */
#define FIRST_CAPACITY 256u

void sim_bytes_clear(sim_bytes *bytes)
{
    g_free(bytes->data);
    *bytes = (sim_bytes){0};
}

/* Moves what is there to the start, in a piece of memory with room for `end` bytes from the front. */
static void make_room(sim_bytes *bytes, uint32_t end)
{
    if (bytes->head + end <= bytes->capacity)
        return;
    const uint32_t kept = bytes->capacity - bytes->head; /* queue and placed bytes */
    if (end <= bytes->capacity / 2) {
        memmove(bytes->data, bytes->data + bytes->head, kept);
        bytes->head = 0;
        return;
    }
    uint32_t capacity = MAX(FIRST_CAPACITY, bytes->capacity);
    while (capacity < end)
        capacity *= 2;
    uint8_t *data = g_malloc(capacity);
    if (kept)
        memcpy(data, bytes->data + bytes->head, kept);
    g_free(bytes->data);
    bytes->data = data;
    bytes->head = 0;
    bytes->capacity = capacity;
}

void sim_bytes_append(sim_bytes *bytes, const uint8_t *data, uint32_t len)
{
    sim_bytes_place(bytes, bytes->len, data, len);
    bytes->len += len;
}

void sim_bytes_place(sim_bytes *bytes, uint32_t offset, const uint8_t *data, uint32_t len)
{
    if (!len)
        return;
    make_room(bytes, offset + len);
    memcpy(bytes->data + bytes->head + offset, data, len);
}

void sim_bytes_extend(sim_bytes *bytes, uint32_t len)
{
    bytes->len += len;
    g_assert(bytes->head + bytes->len <= bytes->capacity);
}

void sim_bytes_drop(sim_bytes *bytes, uint32_t len)
{
    g_assert(len <= bytes->len);
    bytes->head += len;
    bytes->len -= len;
}

void sim_bytes_trim(sim_bytes *bytes)
{
    if (!bytes->len && bytes->data)
        sim_bytes_clear(bytes);
}
