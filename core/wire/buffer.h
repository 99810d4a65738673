/* buffer.h - a bounded reader and writer of big-endian fields.
 *
 * A writer never writes beyond its end and a reader never reads beyond it: both remember that they
 * failed, so that a whole message is written or read first and judged once. */
#ifndef PL_WIRE_BUFFER_H
#define PL_WIRE_BUFFER_H

#include "core/types.h"

typedef struct pl_writer {
    uint8_t *data;
    size_t size, len;
    bool failed;
} pl_writer;

typedef struct pl_reader {
    const uint8_t *data;
    size_t len, at;
    bool failed;
} pl_reader;

void pl_writer_init(pl_writer *writer, uint8_t *data, size_t size);
void pl_write_u8(pl_writer *writer, uint8_t value);
void pl_write_u16(pl_writer *writer, uint16_t value);
void pl_write_u32(pl_writer *writer, uint32_t value);
void pl_write_u64(pl_writer *writer, uint64_t value);
void pl_write_bytes(pl_writer *writer, const void *data, size_t len);
void pl_write_zeros(pl_writer *writer, size_t len);
void pl_write_addr(pl_writer *writer, pl_addr addr); /* 6 bytes: address, port */

void pl_reader_init(pl_reader *reader, const uint8_t *data, size_t len);
/* 0 after a failure. */
uint8_t pl_read_u8(pl_reader *reader);
uint16_t pl_read_u16(pl_reader *reader);
uint32_t pl_read_u32(pl_reader *reader);
uint64_t pl_read_u64(pl_reader *reader);
void pl_read_bytes(pl_reader *reader, void *ret_data, size_t len);
/* Skips `len` bytes; true if all of them are zero (or too few: the reader has then failed). */
bool pl_read_zeros(pl_reader *reader, size_t len);
pl_addr pl_read_addr(pl_reader *reader); /* {0, 0} after a failure */
/* Borrows `len` bytes in place; NULL if there are not so many. */
const uint8_t *pl_read_view(pl_reader *reader, size_t len);
size_t pl_reader_left(const pl_reader *reader);

#endif
