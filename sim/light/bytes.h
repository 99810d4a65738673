/* bytes.h - a queue of bytes that lies in one piece: what a stream has to send, or has received.
 *
 * Bytes are added at the back and dropped at the front; trimmed when empty, it holds no memory.  Bytes may also
 * be placed beyond the back (segments that came early); they become part of the queue by `extend`. */
#ifndef SIM_LIGHT_BYTES_H
#define SIM_LIGHT_BYTES_H

#include "core/types.h"

typedef struct sim_bytes {
    uint8_t *data;
    uint32_t head; /* of the first byte */
    uint32_t len;
    uint32_t capacity;
} sim_bytes;

/* A queue of zeros is empty; clear releases its memory. */
void sim_bytes_clear(sim_bytes *bytes);
void sim_bytes_append(sim_bytes *bytes, const uint8_t *data, uint32_t len);
/* Copies bytes to `offset` ≥ len behind the front, without lengthening the queue. */
void sim_bytes_place(sim_bytes *bytes, uint32_t offset, const uint8_t *data, uint32_t len);
/* Takes `len` placed bytes into the queue. */
void sim_bytes_extend(sim_bytes *bytes, uint32_t len);
/* Drops bytes at the front; the memory stays until `trim`. */
void sim_bytes_drop(sim_bytes *bytes, uint32_t len);
/* Releases the memory of an empty queue into which nothing is placed. */
void sim_bytes_trim(sim_bytes *bytes);

static inline const uint8_t *sim_bytes_at(const sim_bytes *bytes, uint32_t offset)
{
    return bytes->data + bytes->head + offset;
}

#endif
