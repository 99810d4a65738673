#include "sim/record/pcapng.h"

#include <glib.h>
#include <string.h>

#include "core/port.h"

/* spec (pcapng §4, §3.5; IANA link types) */
#define BLOCK_SECTION          0x0A0D0D0Au
#define BLOCK_INTERFACE        1u
#define BLOCK_PACKET           6u
#define BYTE_ORDER_MAGIC       0x1A2B3C4Du
#define LINKTYPE_RAW           101u
#define OPTION_END             0u
#define OPTION_COMMENT         1u
#define OPTION_INTERFACE_NAME  2u
#define OPTION_PACKET_FLAGS    2u
#define OPTION_APPLICATION     4u
#define OPTION_TIME_RESOLUTION 9u
#define RESOLUTION_NANOSECONDS 9u

/* pcapng allows either byte order; ours is little-endian on every machine, so that files are the same. */
static void add_u16(GByteArray *block, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8)};
    g_byte_array_append(block, bytes, sizeof bytes);
}

static void add_u32(GByteArray *block, uint32_t value)
{
    add_u16(block, value & 0xFFFF);
    add_u16(block, value >> 16);
}

static void add_padded(GByteArray *block, const void *data, size_t len)
{
    static const uint8_t zeros[4] = {0};
    g_byte_array_append(block, data, (guint)len);
    g_byte_array_append(block, zeros, (guint)((4 - len % 4) % 4));
}

static void add_option(GByteArray *block, unsigned code, const void *data, size_t len)
{
    g_assert(len <= UINT16_MAX);
    add_u16(block, code);
    add_u16(block, (unsigned)len);
    add_padded(block, data, len);
}

static GByteArray *block_new(uint32_t type)
{
    GByteArray *block = g_byte_array_new();
    add_u32(block, type);
    add_u32(block, 0); /* its length, once known */
    return block;
}

static void block_write(sim_file *file, GByteArray *block)
{
    uint32_t len = block->len + 4;
    add_u32(block, len);
    for (unsigned i = 0; i < 4; i++)
        block->data[4 + i] = (uint8_t)(len >> (8 * i));
    sim_file_write(file, block->data, block->len);
    g_byte_array_free(block, TRUE);
}

static void write_section(sim_file *file)
{
    static const char application[] = "partyline";
    GByteArray *block = block_new(BLOCK_SECTION);

    add_u32(block, BYTE_ORDER_MAGIC);
    add_u16(block, 1); /* version 1.0 */
    add_u16(block, 0);
    add_u32(block, UINT32_MAX); /* length of the section: not told */
    add_u32(block, UINT32_MAX);
    add_option(block, OPTION_APPLICATION, application, sizeof application - 1);
    add_option(block, OPTION_END, "", 0);
    block_write(file, block);
}

static void write_interface(sim_file *file, const char *name)
{
    static const uint8_t resolution = RESOLUTION_NANOSECONDS;
    GByteArray *block = block_new(BLOCK_INTERFACE);

    add_u16(block, LINKTYPE_RAW);
    add_u16(block, 0);
    add_u32(block, 0); /* no limit of length */
    add_option(block, OPTION_INTERFACE_NAME, name, MIN(strlen(name), UINT16_MAX));
    add_option(block, OPTION_TIME_RESOLUTION, &resolution, 1);
    add_option(block, OPTION_END, "", 0);
    block_write(file, block);
}

void sim_pcapng_start(sim_file *file, const char *const *interfaces, size_t n_interfaces)
{
    write_section(file);
    for (size_t i = 0; i < n_interfaces; i++)
        write_interface(file, interfaces[i]);
}

void sim_pcapng_write(sim_file *file, const sim_pcapng_record *record)
{
    GByteArray *block = block_new(BLOCK_PACKET);
    const uint8_t flags[4] = {(uint8_t)record->direction, 0, 0, 0};

    add_u32(block, record->interface);
    add_u32(block, (uint32_t)(record->unix_ns >> 32));
    add_u32(block, (uint32_t)record->unix_ns);
    add_u32(block, (uint32_t)record->len);
    add_u32(block, (uint32_t)record->len);
    add_padded(block, record->data, record->len);
    if (record->comment)
        add_option(block, OPTION_COMMENT, record->comment, MIN(strlen(record->comment), UINT16_MAX));
    add_option(block, OPTION_PACKET_FLAGS, flags, sizeof flags);
    add_option(block, OPTION_END, "", 0);
    block_write(file, block);
}
