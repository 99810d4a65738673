/* The STUN codec against the vectors of RFC 5769, and against damaged messages. */
#include "core/nat/stun/stun.h"

#include <glib.h>
#include <string.h>

/* Bytes of a hexadecimal text; blanks are skipped. */
static size_t from_hex(const char *text, uint8_t *ret_bytes)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        int high = g_ascii_xdigit_value(text[0]), low = g_ascii_xdigit_value(text[1]);
        g_assert_true(high >= 0 && low >= 0);
        ret_bytes[n++] = (uint8_t)(high << 4 | low);
        text++;
    }
    return n;
}

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769 §2.1: request; §2.2: IPv4 response; §2.3: IPv6 response; §2.4: long-term request. */
static const char *const vector_request =
    "00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff 80290008 932ff9b151263b36 00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf";
static const char *const vector_ipv4 =
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96";
static const char *const vector_ipv6 =
    "01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c";
static const char *const vector_long_term =
    "00010060 2112a442 78ad3433c6ad72c029da412e 00060012 e3839ee38388e383aae38383e382afe382b90000"
    "0015001c 662f2f3439396b39353464364f4c33346f4c394653547679363473 41"
    "0014000b 6578616d706c652e6f726700 00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666";

static void the_sample_request_reads_and_verifies(void)
{
    uint8_t bytes[256];
    size_t len = from_hex(vector_request, bytes);
    g_assert_cmpuint(len, ==, 108);
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, len), ==, 0);
    g_assert_cmpint((int)stun.kind, ==, PL_STUN_REQUEST);
    g_assert_cmpuint(stun.method, ==, PL_STUN_BINDING);
    g_assert_false(pl_stun_is_classic(&stun));
    g_assert_true(memcmp(stun.id, bytes + 8, 12) == 0);
    g_assert_cmpuint(stun.priority, ==, 0x6e0001ff);
    g_assert_cmpuint(stun.username.len, ==, 9);
    g_assert_true(memcmp(stun.username.data, "evtj:h6vY", 9) == 0);
    g_assert_true(pl_stun_has(&stun, PL_STUN_FINGERPRINT));
    g_assert_cmpuint(stun.n_unknown, ==, 0);
    g_assert_true(pl_stun_verify(&stun, bytes, (const uint8_t *)PASSWORD, strlen(PASSWORD)));
    g_assert_false(pl_stun_verify(&stun, bytes, (const uint8_t *)"wrong", 5));
}

static void the_sample_responses_read_and_verify(void)
{
    uint8_t bytes[256];
    size_t len = from_hex(vector_ipv4, bytes);
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, len), ==, 0);
    g_assert_cmpint((int)stun.kind, ==, PL_STUN_SUCCESS);
    g_assert_true(pl_stun_has(&stun, PL_STUN_XOR_MAPPED));
    g_assert_true(pl_addr_equal(stun.xor_mapped, (pl_addr){.ip = 0xC0000201, .port = 32853}));
    g_assert_true(pl_stun_verify(&stun, bytes, (const uint8_t *)PASSWORD, strlen(PASSWORD)));

    len = from_hex(vector_ipv6, bytes);
    g_assert_cmpint(pl_stun_read(&stun, bytes, len), ==, 0);
    g_assert_false(pl_stun_has(&stun, PL_STUN_XOR_MAPPED));
    g_assert_true(pl_stun_verify(&stun, bytes, (const uint8_t *)PASSWORD, strlen(PASSWORD)));
}

static void the_long_term_request_verifies(void)
{
    uint8_t bytes[256], key[16];
    size_t len = from_hex(vector_long_term, bytes);
    g_assert_cmpuint(len, ==, 116);
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, len), ==, 0);
    g_assert_cmpuint(stun.realm.len, ==, 11);
    g_assert_true(memcmp(stun.realm.data, "example.org", 11) == 0);
    g_assert_cmpuint(stun.nonce.len, ==, 28);
    pl_stun_long_term_key(key, "\u30de\u30c8\u30ea\u30c3\u30af\u30b9", "example.org", "TheMatrIX");
    g_assert_true(pl_stun_verify(&stun, bytes, key, sizeof key));
    key[0] ^= 1;
    g_assert_false(pl_stun_verify(&stun, bytes, key, sizeof key));
}

/* What we write under the vector's parameters is the vector, but for its padding of blanks. */
static void our_own_messages_match_the_vector(void)
{
    uint8_t expected[256], bytes[256];
    size_t len = from_hex("0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7200 "
                          "00200008 0001a147e112a643",
                          expected);
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_SUCCESS, PL_STUN_MAGIC, expected + 8);
    pl_stun_add(&writer, PL_STUN_SOFTWARE, "test vector", 11);
    pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, (pl_addr){.ip = 0xC0000201, .port = 32853});
    pl_stun_add_integrity(&writer, (const uint8_t *)PASSWORD, strlen(PASSWORD));
    pl_stun_add_fingerprint(&writer);
    g_assert_false(writer.failed);
    g_assert_cmpuint(writer.len, ==, 80);
    g_assert_true(memcmp(bytes, expected, len) == 0);
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, writer.len), ==, 0);
    g_assert_true(pl_stun_has(&stun, PL_STUN_FINGERPRINT));
    g_assert_true(pl_stun_verify(&stun, bytes, (const uint8_t *)PASSWORD, strlen(PASSWORD)));
}

static void every_attribute_round_trips(void)
{
    static const uint8_t id[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint16_t unknown[2] = {0x0026, 0x0027};
    uint8_t bytes[512];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_ERROR, PL_STUN_MAGIC, id);
    pl_stun_add_error(&writer, 699);
    pl_stun_add_unknown(&writer, unknown, 2);
    pl_stun_add_change(&writer, PL_STUN_CHANGE_PORT);
    pl_stun_add(&writer, PL_STUN_NONCE, "once", 4);
    pl_stun_add_addr(&writer, PL_STUN_MAPPED, (pl_addr){1, 2});
    pl_stun_add_addr(&writer, PL_STUN_SOURCE, (pl_addr){3, 4});
    pl_stun_add_addr(&writer, PL_STUN_CHANGED, (pl_addr){5, 6});
    pl_stun_add_addr(&writer, PL_STUN_RESPONSE_ORIGIN, (pl_addr){7, 8});
    pl_stun_add_addr(&writer, PL_STUN_OTHER_ADDRESS, (pl_addr){UINT32_MAX, UINT16_MAX});
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, writer.len), ==, 0);
    g_assert_cmpint((int)stun.kind, ==, PL_STUN_ERROR);
    g_assert_cmpuint(stun.error, ==, 699);
    g_assert_cmpuint(stun.change, ==, PL_STUN_CHANGE_PORT);
    g_assert_true(stun.nonce.len == 4 && memcmp(stun.nonce.data, "once", 4) == 0);
    g_assert_true(pl_addr_equal(stun.mapped, (pl_addr){1, 2}));
    g_assert_true(pl_addr_equal(stun.source, (pl_addr){3, 4}));
    g_assert_true(pl_addr_equal(stun.changed, (pl_addr){5, 6}));
    g_assert_true(pl_addr_equal(stun.origin, (pl_addr){7, 8}));
    g_assert_true(pl_addr_equal(stun.other, (pl_addr){UINT32_MAX, UINT16_MAX}));
}

static void the_attributes_of_relays_and_checks_round_trip(void)
{
    static const uint8_t id[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    uint8_t bytes[512];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin_method(&writer, PL_STUN_ALLOCATE, PL_STUN_REQUEST, id);
    pl_stun_add_u32(&writer, PL_STUN_CHANNEL_NUMBER, 0x4001u << 16);
    pl_stun_add_u32(&writer, PL_STUN_LIFETIME, 600);
    pl_stun_add_addr(&writer, PL_STUN_XOR_RELAYED, (pl_addr){1, 2});
    pl_stun_add_u32(&writer, PL_STUN_REQUESTED_TRANSPORT, (uint32_t)PL_STUN_PROTOCOL_UDP << 24 | 0x123456);
    pl_stun_add_u32(&writer, PL_STUN_REQUESTED_FAMILY, (uint32_t)PL_STUN_FAMILY_IPV4 << 24);
    pl_stun_add(&writer, PL_STUN_DATA, "words", 5);
    pl_stun_add(&writer, PL_STUN_USE_CANDIDATE, NULL, 0);
    pl_stun_add(&writer, PL_STUN_DONT_FRAGMENT, NULL, 0);
    pl_stun_add_u32(&writer, PL_STUN_PRIORITY, UINT32_MAX - 1);
    pl_stun_add_u64(&writer, PL_STUN_ICE_CONTROLLING, UINT64_MAX - 1);
    pl_stun stun;
    g_assert_false(writer.failed);
    g_assert_cmpint(pl_stun_read(&stun, bytes, writer.len), ==, 0);
    g_assert_cmpuint(stun.method, ==, PL_STUN_ALLOCATE);
    g_assert_cmpuint(stun.channel, ==, 0x4001);
    g_assert_cmpuint(stun.lifetime, ==, 600);
    g_assert_true(pl_addr_equal(stun.relayed, (pl_addr){1, 2}));
    g_assert_cmpuint(stun.transport, ==, PL_STUN_PROTOCOL_UDP);
    g_assert_cmpuint(stun.family, ==, PL_STUN_FAMILY_IPV4);
    g_assert_true(stun.data.len == 5 && memcmp(stun.data.data, "words", 5) == 0);
    g_assert_true(pl_stun_has(&stun, PL_STUN_USE_CANDIDATE) && pl_stun_has(&stun, PL_STUN_DONT_FRAGMENT));
    g_assert_false(pl_stun_has(&stun, PL_STUN_ICE_CONTROLLED) || pl_stun_has(&stun, PL_STUN_EVEN_PORT));
    g_assert_cmpuint(stun.priority, ==, UINT32_MAX - 1);
    g_assert_cmpuint(stun.tie_breaker, ==, UINT64_MAX - 1);
    g_assert_cmpuint(stun.n_unknown, ==, 0);
}

/* XOR-PEER-ADDRESS alone counts as often as it comes (RFC 8656 §10.1), up to a bound that is told. */
static void several_peers_are_read_up_to_a_bound(void)
{
    static const uint8_t id[12] = {0};
    uint8_t bytes[512];
    for (uint32_t n = 0; n <= PL_STUN_PEERS_MAX + 2; n++) {
        pl_writer writer;
        pl_writer_init(&writer, bytes, sizeof bytes);
        pl_stun_begin_method(&writer, PL_STUN_CREATE_PERMISSION, PL_STUN_REQUEST, id);
        for (uint32_t i = 0; i < n; i++)
            pl_stun_add_addr(&writer, PL_STUN_XOR_PEER, (pl_addr){100 + i, (uint16_t)i});
        pl_stun stun;
        g_assert_cmpint(pl_stun_read(&stun, bytes, writer.len), ==, 0);
        g_assert_cmpuint(stun.n_peers, ==, MIN(n, PL_STUN_PEERS_MAX));
        g_assert_cmpint(stun.more_peers, ==, n > PL_STUN_PEERS_MAX);
        g_assert_cmpint(pl_stun_has(&stun, PL_STUN_XOR_PEER), ==, n > 0);
        for (uint32_t i = 0; i < stun.n_peers; i++)
            g_assert_true(pl_addr_equal(stun.peers[i], (pl_addr){100 + i, (uint16_t)i}));
    }
}

/* Every method and class, written as RFC 8489 §5 spreads their bits, is read again. */
static void every_method_and_class_round_trips(void)
{
    static const uint8_t id[12] = {0};
    for (uint16_t method = 0; method < 0x1000; method++) {
        for (int kind = PL_STUN_REQUEST; kind <= PL_STUN_ERROR; kind++) {
            uint8_t bytes[20];
            pl_writer writer;
            pl_stun stun;
            pl_writer_init(&writer, bytes, sizeof bytes);
            pl_stun_begin_method(&writer, method, (pl_stun_class)kind, id);
            g_assert_cmpint(pl_stun_read(&stun, bytes, writer.len), ==, 0);
            g_assert_cmpuint(stun.method, ==, method);
            g_assert_cmpint((int)stun.kind, ==, kind);
        }
    }
}

static void classes_and_methods_are_told_apart(void)
{
    static const struct {
        uint16_t type, method;
        pl_stun_class kind;
    } cases[] = {
        {0x0001, 0x001, PL_STUN_REQUEST}, {0x0011, 0x001, PL_STUN_INDICATION},
        {0x0101, 0x001, PL_STUN_SUCCESS}, {0x0111, 0x001, PL_STUN_ERROR},
        {0x0003, 0x003, PL_STUN_REQUEST}, {0x0113, 0x003, PL_STUN_ERROR},
        {0x3FFF, 0xFFF, PL_STUN_ERROR},   {0x0200, 0x080, PL_STUN_REQUEST},
        {0x0020, 0x010, PL_STUN_REQUEST},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint8_t bytes[20] = {
            (uint8_t)(cases[i].type >> 8), (uint8_t)cases[i].type, 0, 0, 0x21, 0x12, 0xA4, 0x42};
        pl_stun stun;
        g_assert_cmpint(pl_stun_read(&stun, bytes, sizeof bytes), ==, 0);
        g_assert_cmpint((int)stun.kind, ==, (int)cases[i].kind);
        g_assert_cmpuint(stun.method, ==, cases[i].method);
    }
}

static void a_message_without_cookie_is_classic(void)
{
    uint8_t bytes[28] = {0, 1, 0, 8, 0xAA, 0xBB, 0xCC, 0xDD, [20] = 0, 3, 0, 4, 0, 0, 0, 6};
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, sizeof bytes), ==, 0);
    g_assert_true(pl_stun_is_classic(&stun));
    g_assert_cmpuint(stun.cookie, ==, 0xAABBCCDD);
    g_assert_cmpuint(stun.change, ==, PL_STUN_CHANGE_IP | PL_STUN_CHANGE_PORT);
}

/* One attribute in a Binding request: what reading it gives. */
static int read_one(const char *attribute, pl_stun *ret_stun)
{
    uint8_t bytes[300] = {0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42};
    size_t len = from_hex(attribute, bytes + 20);
    bytes[3] = (uint8_t)len;
    return pl_stun_read(ret_stun, bytes, 20 + len);
}

static void malformed_attributes_are_refused(void)
{
    static const char *const wrong[] = {
        "00030005 0000000600000000",                         /* CHANGE-REQUEST of five bytes */
        "00030000",                                          /* of none */
        "00200008 0003a147e112a643",                         /* a family that does not exist */
        "00200008 0002a147e112a643",                         /* IPv6 in eight bytes */
        "00200014 0001a147e112a643000000000000000000000000", /* IPv4 in twenty */
        "00200007 0001a147e112a600",                         /* short address */
        "00090004 00000200",                                 /* error class 2 */
        "00090004 00000700",                                 /* error class 7 */
        "00090004 00000464",                                 /* number 100 */
        "0015000c 61616161",                                 /* longer than the message */
        "00080010 00000000000000000000000000000000",         /* integrity of sixteen bytes */
        "80280003 00000000",                                 /* fingerprint of three */
        "80280004 00000000 00030004 00000000",               /* fingerprint not last */
    };
    pl_stun stun;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpint(read_one(wrong[i], &stun), ==, PL_ERR_MALFORMED);
}

static void unknown_attributes_are_listed_up_to_a_bound(void)
{
    pl_stun stun;
    g_assert_cmpint(read_one("00270004 00000000 80270004 00000000 00260000", &stun), ==, 0);
    g_assert_cmpuint(stun.n_unknown, ==, 2);
    g_assert_cmpuint(stun.unknown[0], ==, 0x0027);
    g_assert_cmpuint(stun.unknown[1], ==, 0x0026);
    g_assert_cmpint(read_one("70010000 70020000 70030000 70040000 70050000", &stun), ==, 0);
    g_assert_cmpuint(stun.n_unknown, ==, PL_STUN_UNKNOWN_MAX);
}

static void of_two_equal_attributes_the_first_counts(void)
{
    pl_stun stun;
    g_assert_cmpint(read_one("00030004 00000002 00030004 00000004", &stun), ==, 0);
    g_assert_cmpuint(stun.change, ==, PL_STUN_CHANGE_PORT);
}

static void what_follows_the_integrity_is_read_over(void)
{
    pl_stun stun;
    g_assert_cmpint(read_one("00080014 0000000000000000000000000000000000000000 00030004 00000006", &stun),
                    ==, 0);
    g_assert_false(pl_stun_has(&stun, PL_STUN_CHANGE_REQUEST));
    g_assert_cmpuint(stun.integrity_at, ==, 20);
}

static void headers_are_judged(void)
{
    uint8_t bytes[24] = {0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42};
    pl_stun stun;
    g_assert_cmpint(pl_stun_read(&stun, bytes, 19), ==, PL_ERR_SHORT);
    g_assert_cmpint(pl_stun_read(&stun, bytes, 24), ==, PL_ERR_OVERSIZED);
    bytes[3] = 4;
    g_assert_cmpint(pl_stun_read(&stun, bytes, 20), ==, PL_ERR_SHORT);
    bytes[3] = 2;
    g_assert_cmpint(pl_stun_read(&stun, bytes, 22), ==, PL_ERR_MALFORMED);
    bytes[0] = 0x40;
    g_assert_cmpint(pl_stun_read(&stun, bytes, 24), ==, PL_ERR_MALFORMED);
    static const uint8_t large[PL_STUN_BYTES_MAX + 4] = {0, 1, 4, 0xF0, 0x21, 0x12, 0xA4, 0x42};
    g_assert_cmpint(pl_stun_read(&stun, large, sizeof large), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_stun_read(&stun, (const uint8_t *)"PL\x01\x01................", 20), !=, 0);
}

/* A copy whose end is the end of its heap block: a sanitizer sees any byte read beyond. */
static int read_exact(pl_stun *ret_stun, const uint8_t *data, size_t len)
{
    g_autofree uint8_t *copy = g_malloc(len + 1);
    memcpy(copy + 1, data, len);
    return pl_stun_read(ret_stun, copy + 1, len);
}

static void every_truncation_is_short(void)
{
    static const char *const vectors[] = {vector_request, vector_ipv4, vector_ipv6, vector_long_term};
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        uint8_t bytes[256];
        size_t len = from_hex(vectors[i], bytes);
        for (size_t cut = 0; cut < len; cut++) {
            pl_stun stun;
            g_assert_cmpint(read_exact(&stun, bytes, cut), ==, PL_ERR_SHORT);
        }
    }
}

/* A fingerprint is a CRC-32: it notices every single changed byte, unless the change is to a length that
 * makes another attribute swallow the fingerprint; then there is none, and the integrity is wrong. */
static void every_single_byte_change_is_noticed(void)
{
    static const char *const vectors[] = {vector_request, vector_ipv4, vector_ipv6};
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        uint8_t bytes[256];
        size_t len = from_hex(vectors[i], bytes);
        for (size_t at = 0; at + 8 < len; at++) {
            for (unsigned flip = 1; flip < 256; flip++) {
                bytes[at] ^= (uint8_t)flip;
                pl_stun stun;
                if (read_exact(&stun, bytes, len) == 0) {
                    g_assert_false(pl_stun_has(&stun, PL_STUN_FINGERPRINT));
                    g_assert_false(pl_stun_verify(&stun, bytes, (const uint8_t *)PASSWORD, strlen(PASSWORD)));
                }
                bytes[at] ^= (uint8_t)flip;
            }
        }
    }
}

static void a_full_writer_fails_and_stays_inside(void)
{
    static const uint8_t id[12] = {0};
    for (size_t size = 0; size < 76; size++) {
        g_autofree uint8_t *bytes = g_malloc(size + 1);
        pl_writer writer;
        pl_writer_init(&writer, bytes, size);
        pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, id);
        pl_stun_add(&writer, PL_STUN_NONCE, "0123456789", 10);
        pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, (pl_addr){1, 2});
        pl_stun_add_integrity(&writer, id, 12);
        pl_stun_add_fingerprint(&writer);
        g_assert_true(writer.failed);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/stun/rfc5769-request", the_sample_request_reads_and_verifies);
    g_test_add_func("/nat/stun/rfc5769-responses", the_sample_responses_read_and_verify);
    g_test_add_func("/nat/stun/rfc5769-long-term", the_long_term_request_verifies);
    g_test_add_func("/nat/stun/our-own-match-the-vector", our_own_messages_match_the_vector);
    g_test_add_func("/nat/stun/attributes-round-trip", every_attribute_round_trips);
    g_test_add_func("/nat/stun/relays-and-checks-round-trip", the_attributes_of_relays_and_checks_round_trip);
    g_test_add_func("/nat/stun/several-peers", several_peers_are_read_up_to_a_bound);
    g_test_add_func("/nat/stun/every-method", every_method_and_class_round_trips);
    g_test_add_func("/nat/stun/classes-and-methods", classes_and_methods_are_told_apart);
    g_test_add_func("/nat/stun/classic", a_message_without_cookie_is_classic);
    g_test_add_func("/nat/stun/malformed-attributes", malformed_attributes_are_refused);
    g_test_add_func("/nat/stun/unknown-attributes", unknown_attributes_are_listed_up_to_a_bound);
    g_test_add_func("/nat/stun/first-of-two-counts", of_two_equal_attributes_the_first_counts);
    g_test_add_func("/nat/stun/after-integrity", what_follows_the_integrity_is_read_over);
    g_test_add_func("/nat/stun/headers", headers_are_judged);
    g_test_add_func("/nat/stun/every-truncation", every_truncation_is_short);
    g_test_add_func("/nat/stun/every-single-byte-change", every_single_byte_change_is_noticed);
    g_test_add_func("/nat/stun/full-writer", a_full_writer_fails_and_stays_inside);
    return g_test_run();
}
