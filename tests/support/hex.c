#include "tests/support/hex.h"

#include <string.h>

GByteArray *hex_bytes(const char *text)
{
    GByteArray *bytes = g_byte_array_new();

    for (; text && *text; text += 2) {
        int high = g_ascii_xdigit_value(text[0]);
        int low = g_ascii_xdigit_value(text[1]);
        g_assert(high >= 0 && low >= 0);
        uint8_t byte = (uint8_t)(high << 4 | low);
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

void hex_read(uint8_t *ret_bytes, size_t len, const char *text)
{
    GByteArray *bytes = hex_bytes(text);

    g_assert_cmpuint(bytes->len, ==, len);
    if (len > 0)
        memcpy(ret_bytes, bytes->data, len);
    g_byte_array_unref(bytes);
}
