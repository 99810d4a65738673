#include "core/wire/buffer.h"

#include <string.h>

void pl_writer_init(pl_writer *writer, uint8_t *data, size_t size)
{
    *writer = (pl_writer){.data = data, .size = size};
}

/* Room for `len` bytes at the end, or NULL and a failed writer.  A failed writer stays failed: a short
 * field after a long one must not slip into the gap. */
static uint8_t *take_room(pl_writer *writer, size_t len)
{
    if (writer->failed || len > writer->size - writer->len) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *room = writer->data + writer->len;
    writer->len += len;
    return room;
}

static void write_big_endian(pl_writer *writer, uint64_t value, size_t len)
{
    uint8_t *room = take_room(writer, len);
    for (size_t i = 0; room && i < len; i++)
        room[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
}

void pl_write_u8(pl_writer *writer, uint8_t value)
{
    write_big_endian(writer, value, 1);
}

void pl_write_u16(pl_writer *writer, uint16_t value)
{
    write_big_endian(writer, value, 2);
}

void pl_write_u32(pl_writer *writer, uint32_t value)
{
    write_big_endian(writer, value, 4);
}

void pl_write_u64(pl_writer *writer, uint64_t value)
{
    write_big_endian(writer, value, 8);
}

void pl_write_bytes(pl_writer *writer, const void *data, size_t len)
{
    uint8_t *room = take_room(writer, len);
    if (room && len > 0)
        memcpy(room, data, len);
}

void pl_write_zeros(pl_writer *writer, size_t len)
{
    uint8_t *room = take_room(writer, len);
    if (room && len > 0)
        memset(room, 0, len);
}

void pl_write_addr(pl_writer *writer, pl_addr addr)
{
    pl_write_u32(writer, addr.ip);
    pl_write_u16(writer, addr.port);
}

void pl_reader_init(pl_reader *reader, const uint8_t *data, size_t len)
{
    *reader = (pl_reader){.data = data, .len = len};
}

const uint8_t *pl_read_view(pl_reader *reader, size_t len)
{
    if (reader->failed || len > reader->len - reader->at) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *view = reader->data + reader->at;
    reader->at += len;
    return view;
}

static uint64_t read_big_endian(pl_reader *reader, size_t len)
{
    const uint8_t *view = pl_read_view(reader, len);
    uint64_t value = 0;
    for (size_t i = 0; view && i < len; i++)
        value = value << 8 | view[i];
    return value;
}

uint8_t pl_read_u8(pl_reader *reader)
{
    return (uint8_t)read_big_endian(reader, 1);
}

uint16_t pl_read_u16(pl_reader *reader)
{
    return (uint16_t)read_big_endian(reader, 2);
}

uint32_t pl_read_u32(pl_reader *reader)
{
    return (uint32_t)read_big_endian(reader, 4);
}

uint64_t pl_read_u64(pl_reader *reader)
{
    return read_big_endian(reader, 8);
}

void pl_read_bytes(pl_reader *reader, void *ret_data, size_t len)
{
    const uint8_t *view = pl_read_view(reader, len);
    if (len == 0)
        return;
    if (view)
        memcpy(ret_data, view, len);
    else
        memset(ret_data, 0, len);
}

bool pl_read_zeros(pl_reader *reader, size_t len)
{
    const uint8_t *view = pl_read_view(reader, len);
    uint8_t any = 0;
    for (size_t i = 0; view && i < len; i++)
        any |= view[i];
    return any == 0;
}

pl_addr pl_read_addr(pl_reader *reader)
{
    uint32_t ip = pl_read_u32(reader);
    uint16_t port = pl_read_u16(reader);
    return reader->failed ? (pl_addr){0} : (pl_addr){.ip = ip, .port = port};
}

size_t pl_reader_left(const pl_reader *reader)
{
    return reader->failed ? 0 : reader->len - reader->at;
}
