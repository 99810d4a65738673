/* hex.h - test vectors are written in hexadecimal; this reads them. */
#ifndef TEST_HEX_H
#define TEST_HEX_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* g_assert_cmpmem converts lengths to int and back, which -Wconversion refuses. */
#define assert_bytes(a, a_len, b, b_len)                                                                     \
    do {                                                                                                     \
        g_assert_cmpuint((a_len), ==, (b_len));                                                              \
        g_assert_true((b_len) == 0 || memcmp((a), (b), (b_len)) == 0);                                       \
    } while (0)

/* The bytes of a hexadecimal text (NULL and "" give none); aborts on any other character.  Free with
 * g_byte_array_unref. */
GByteArray *hex_bytes(const char *text);
/* Reads exactly `len` bytes into ret_bytes; aborts if there are more or fewer. */
void hex_read(uint8_t *ret_bytes, size_t len, const char *text);

#endif
