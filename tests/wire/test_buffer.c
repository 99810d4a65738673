/* The bounded reader and writer: what is written is read back, and neither passes its end. */
#include "core/wire/buffer.h"

#include <glib.h>
#include <string.h>

static void fields_round_trip_in_network_order(void)
{
    uint8_t bytes[32];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_write_u8(&writer, 0x01);
    pl_write_u16(&writer, 0x0203);
    pl_write_u32(&writer, 0x04050607);
    pl_write_u64(&writer, 0x08090A0B0C0D0E0F);
    pl_write_addr(&writer, (pl_addr){.ip = 0x10111213, .port = 0x1415});
    pl_write_bytes(&writer, "\x16\x17", 2);
    pl_write_zeros(&writer, 3);
    g_assert_false(writer.failed);
    g_assert_cmpuint(writer.len, ==, 26);
    for (uint8_t i = 0; i < 23; i++)
        g_assert_cmpuint(bytes[i], ==, i + 1);

    pl_reader reader;
    pl_reader_init(&reader, bytes, writer.len);
    g_assert_cmpuint(pl_read_u8(&reader), ==, 0x01);
    g_assert_cmpuint(pl_read_u16(&reader), ==, 0x0203);
    g_assert_cmpuint(pl_read_u32(&reader), ==, 0x04050607);
    g_assert_cmpuint(pl_read_u64(&reader), ==, 0x08090A0B0C0D0E0F);
    g_assert_true(pl_addr_equal(pl_read_addr(&reader), (pl_addr){.ip = 0x10111213, .port = 0x1415}));
    uint8_t pair[2];
    pl_read_bytes(&reader, pair, 2);
    g_assert_true(memcmp(pair, "\x16\x17", 2) == 0);
    g_assert_true(pl_read_zeros(&reader, 3));
    g_assert_cmpuint(pl_reader_left(&reader), ==, 0);
    g_assert_false(reader.failed);
}

static void a_writer_stays_inside_and_remembers_its_failure(void)
{
    uint8_t bytes[8];
    memset(bytes, 0xEE, sizeof bytes);
    pl_writer writer;
    pl_writer_init(&writer, bytes, 3);
    pl_write_u16(&writer, 0x0102);
    pl_write_u32(&writer, 0x03040506);
    g_assert_true(writer.failed);
    pl_write_u8(&writer, 0x07); /* would fit, but the message has a hole already */
    g_assert_true(writer.failed);
    g_assert_cmpuint(writer.len, ==, 2);
    g_assert_true(memcmp(bytes, "\x01\x02\xEE\xEE\xEE\xEE\xEE\xEE", 8) == 0);
}

static void a_reader_stays_inside_and_remembers_its_failure(void)
{
    static const uint8_t bytes[3] = {1, 2, 3};
    pl_reader reader;
    pl_reader_init(&reader, bytes, sizeof bytes);
    g_assert_cmpuint(pl_read_u16(&reader), ==, 0x0102);
    g_assert_cmpuint(pl_read_u32(&reader), ==, 0);
    g_assert_true(reader.failed);
    g_assert_cmpuint(pl_read_u8(&reader), ==, 0);
    g_assert_null(pl_read_view(&reader, 0));
    g_assert_cmpuint(pl_reader_left(&reader), ==, 0);
    uint8_t out[2] = {9, 9};
    pl_read_bytes(&reader, out, 2);
    g_assert_true(memcmp(out, "\0\0", 2) == 0);
    g_assert_true(pl_addr_equal(pl_read_addr(&reader), (pl_addr){0}));
}

static void an_address_cut_in_its_port_is_none(void)
{
    static const uint8_t bytes[5] = {10, 0, 0, 1, 7};
    pl_reader reader;
    pl_reader_init(&reader, bytes, sizeof bytes);
    g_assert_true(pl_addr_equal(pl_read_addr(&reader), (pl_addr){0}));
    g_assert_true(reader.failed);
}

static void absurd_lengths_do_not_wrap(void)
{
    static const uint8_t bytes[4] = {1, 2, 3, 4};
    pl_reader reader;
    pl_reader_init(&reader, bytes, sizeof bytes);
    pl_read_u8(&reader);
    g_assert_null(pl_read_view(&reader, SIZE_MAX));
    g_assert_true(reader.failed);

    uint8_t out[4];
    pl_writer writer;
    pl_writer_init(&writer, out, sizeof out);
    pl_write_u8(&writer, 1);
    pl_write_zeros(&writer, SIZE_MAX);
    g_assert_true(writer.failed);
    g_assert_cmpuint(writer.len, ==, 1);
}

static void empty_views_of_an_empty_buffer_are_fine(void)
{
    pl_reader reader;
    pl_reader_init(&reader, (const uint8_t *)"", 0);
    g_assert_nonnull(pl_read_view(&reader, 0));
    g_assert_false(reader.failed);
    pl_read_u8(&reader);
    g_assert_true(reader.failed);
}

static void zeros_are_told_from_others(void)
{
    static const uint8_t bytes[4] = {0, 0, 0, 1};
    pl_reader reader;
    pl_reader_init(&reader, bytes, sizeof bytes);
    g_assert_true(pl_read_zeros(&reader, 3));
    g_assert_false(pl_read_zeros(&reader, 1));
    g_assert_false(reader.failed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/buffer/fields-round-trip-in-network-order", fields_round_trip_in_network_order);
    g_test_add_func("/wire/buffer/writer-stays-inside", a_writer_stays_inside_and_remembers_its_failure);
    g_test_add_func("/wire/buffer/reader-stays-inside", a_reader_stays_inside_and_remembers_its_failure);
    g_test_add_func("/wire/buffer/address-cut-in-its-port-is-none", an_address_cut_in_its_port_is_none);
    g_test_add_func("/wire/buffer/absurd-lengths-do-not-wrap", absurd_lengths_do_not_wrap);
    g_test_add_func("/wire/buffer/empty-views-are-fine", empty_views_of_an_empty_buffer_are_fine);
    g_test_add_func("/wire/buffer/zeros-are-told-from-others", zeros_are_told_from_others);
    return g_test_run();
}
