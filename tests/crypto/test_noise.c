/* Noise against the published vectors (tests/crypto/vectors), and against tampering, under both suites. */
#include "core/crypto/noise.h"
#include "tests/support/hex.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CACOPHONY    "tests/crypto/vectors/cacophony.json"
#define FLYNN        "tests/crypto/vectors/flynn-noise.txt"
#define MESSAGES_MAX 8
#define TEXT_MAX     512

/* One published vector; texts are hexadecimal and borrowed, NULL where the pattern has no such key. */
typedef struct vector {
    const char *protocol, *prologue, *initiator_static, *responder_static;
    const char *initiator_ephemeral, *responder_ephemeral, *hash;
    const char *payload[MESSAGES_MAX], *message[MESSAGES_MAX];
    size_t n_messages;
    bool initiator_sends_first; /* of transport messages; else they go on alternating */
} vector;

typedef struct pair {
    pl_noise *initiator, *responder;
} pair;

static const char *const protocols[] = {
    [PL_NOISE_NK] = "Noise_NK_25519_AESGCM_SHA256",
    [PL_NOISE_XX] = "Noise_XX_25519_AESGCM_SHA256",
    [PL_NOISE_IK] = "Noise_IK_25519_AESGCM_SHA256",
};

static pl_noise_pattern pattern_of(const char *protocol)
{
    for (pl_noise_pattern p = PL_NOISE_NK; p <= PL_NOISE_IK; p++)
        if (strcmp(protocol, protocols[p]) == 0)
            return p;
    g_assert_not_reached();
}

static pl_keypair keypair_of(const pl_suite *suite, const char *private_hex)
{
    pl_keypair keypair = {0};

    if (private_hex) {
        hex_read(keypair.private_key, PL_KEY_BYTES, private_hex);
        suite->dh_public(keypair.public_key, keypair.private_key);
    }
    return keypair;
}

static pair pair_of(const pl_suite *suite, const vector *v)
{
    GByteArray *prologue = hex_bytes(v->prologue);
    pl_keypair is = keypair_of(suite, v->initiator_static), ie = keypair_of(suite, v->initiator_ephemeral);
    pl_keypair rs = keypair_of(suite, v->responder_static), re = keypair_of(suite, v->responder_ephemeral);
    pl_noise_options options = {.suite = suite,
                                .pattern = pattern_of(v->protocol),
                                .role = PL_NOISE_INITIATOR,
                                .prologue = prologue->data,
                                .prologue_len = prologue->len,
                                .own_static = v->initiator_static ? &is : NULL,
                                .own_ephemeral = &ie,
                                .remote_static = rs.public_key};
    pair ends = {.initiator = pl_noise_new(&options)};

    options.role = PL_NOISE_RESPONDER;
    options.own_static = &rs;
    options.own_ephemeral = &re;
    options.remote_static = NULL;
    ends.responder = pl_noise_new(&options);
    g_byte_array_unref(prologue);
    return ends;
}

static void pair_free(pair *ends)
{
    pl_noise_free(ends->initiator);
    pl_noise_free(ends->responder);
}

/* Plays message i of the handshake both ways. */
static void check_handshake_message(const pair *ends, const vector *v, size_t i)
{
    pl_noise *writer = i % 2 ? ends->responder : ends->initiator;
    pl_noise *reader = i % 2 ? ends->initiator : ends->responder;
    GByteArray *payload = hex_bytes(v->payload[i]), *expected = hex_bytes(v->message[i]);
    uint8_t message[TEXT_MAX], read[TEXT_MAX];

    g_assert_cmpuint(pl_noise_message_bytes(writer, payload->len), ==, expected->len);
    g_assert_cmpint(pl_noise_write(writer, payload->data, payload->len, message), ==, 0);
    assert_bytes(message, expected->len, expected->data, expected->len);
    int got = pl_noise_read(reader, message, expected->len, read);
    g_assert_cmpint(got, ==, (int)payload->len);
    assert_bytes(read, (guint)got, payload->data, payload->len);
    g_byte_array_unref(payload);
    g_byte_array_unref(expected);
}

static void check_transport_message(const pl_suite *suite, pl_cipher *send, pl_cipher *receive,
                                    const vector *v, size_t i)
{
    GByteArray *payload = hex_bytes(v->payload[i]), *expected = hex_bytes(v->message[i]);
    uint8_t sealed[TEXT_MAX], plain[TEXT_MAX];

    g_assert_cmpuint(payload->len + PL_TAG_BYTES, ==, expected->len);
    suite->seal(sealed, send->key, send->nonce++, NULL, 0, payload->data, payload->len);
    assert_bytes(sealed, expected->len, expected->data, expected->len);
    g_assert_true(suite->open(plain, receive->key, receive->nonce++, NULL, 0, sealed, expected->len));
    assert_bytes(plain, payload->len, payload->data, payload->len);
    g_byte_array_unref(payload);
    g_byte_array_unref(expected);
}

static void check_vector(const vector *v)
{
    const pl_suite *suite = &pl_suite_real;
    pair ends = pair_of(suite, v);
    pl_cipher i_send, i_receive, r_send, r_receive;
    size_t i = 0;

    for (; !pl_noise_done(ends.initiator) || !pl_noise_done(ends.responder); i++)
        check_handshake_message(&ends, v, i);
    assert_bytes(pl_noise_hash(ends.initiator), 32u, pl_noise_hash(ends.responder), 32u);
    if (v->hash) {
        uint8_t hash[PL_HASH_BYTES];
        hex_read(hash, sizeof hash, v->hash);
        assert_bytes(pl_noise_hash(ends.initiator), 32u, hash, 32u);
    }
    pl_noise_split(ends.initiator, &i_send, &i_receive);
    pl_noise_split(ends.responder, &r_send, &r_receive);
    for (size_t n = v->initiator_sends_first ? 0 : i; i < v->n_messages; i++, n++) {
        if (n % 2 == 0)
            check_transport_message(suite, &i_send, &r_receive, v, i);
        else
            check_transport_message(suite, &r_send, &i_receive, v, i);
    }
    pair_free(&ends);
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void test_cacophony(void)
{
    json_error_t error;
    json_t *root = json_load_file(CACOPHONY, 0, &error), *entry, *message;
    size_t i, m;

    g_assert_nonnull(root);
    g_assert_cmpuint(json_array_size(json_object_get(root, "vectors")), ==, 3);
    json_array_foreach(json_object_get(root, "vectors"), i, entry)
    {
        vector v = {.protocol = text_of(entry, "protocol_name"),
                    .prologue = text_of(entry, "init_prologue"),
                    .initiator_static = text_of(entry, "init_static"),
                    .responder_static = text_of(entry, "resp_static"),
                    .initiator_ephemeral = text_of(entry, "init_ephemeral"),
                    .responder_ephemeral = text_of(entry, "resp_ephemeral"),
                    .hash = text_of(entry, "handshake_hash")};
        json_array_foreach(json_object_get(entry, "messages"), m, message)
        {
            g_assert_cmpuint(m, <, MESSAGES_MAX);
            v.payload[m] = text_of(message, "payload");
            v.message[m] = text_of(message, "ciphertext");
            v.n_messages = m + 1;
        }
        g_assert_nonnull(v.hash);
        check_vector(&v);
    }
    json_decref(root);
}

/* Takes one "key=value" line into the vector. */
static void take_line(vector *v, const char *key, const char *value)
{
    unsigned number;

    if (strcmp(key, "handshake") == 0)
        v->protocol = value;
    else if (strcmp(key, "init_static") == 0)
        v->initiator_static = value;
    else if (strcmp(key, "resp_static") == 0)
        v->responder_static = value;
    else if (strcmp(key, "gen_init_ephemeral") == 0)
        v->initiator_ephemeral = value;
    else if (strcmp(key, "gen_resp_ephemeral") == 0)
        v->responder_ephemeral = value;
    else if (strcmp(key, "prologue") == 0)
        v->prologue = value;
    else if (sscanf(key, "msg_%u_", &number) == 1 && number < MESSAGES_MAX) {
        v->n_messages = number + 1;
        *(g_str_has_suffix(key, "_payload") ? &v->payload[number] : &v->message[number]) = value;
    } else
        g_error("unknown key %s in %s", key, FLYNN);
}

static void test_flynn(void)
{
    char *text = NULL;
    size_t checked = 0;

    g_assert_true(g_file_get_contents(FLYNN, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    vector v = {.initiator_sends_first = true};
    for (char **line = lines; *line; line++) {
        char *equals = strchr(*line, '=');
        if (equals) {
            *equals = '\0';
            take_line(&v, *line, equals + 1);
        } else if (v.protocol) {
            check_vector(&v);
            checked++;
            v = (vector){.initiator_sends_first = true};
        }
    }
    g_assert_cmpuint(checked, ==, 12);
    g_strfreev(lines);
    g_free(text);
}

static const vector tampered_vector = {
    .prologue = "00",
    .initiator_static = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    .responder_static = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
    .initiator_ephemeral = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
    .responder_ephemeral = "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60",
};

/* Plays the handshake with byte `at` of message `tampered` changed.  True if both sides finish and agree. */
static bool survives(const pl_suite *suite, pl_noise_pattern pattern, size_t tampered, size_t at)
{
    vector v = tampered_vector;
    v.protocol = protocols[pattern];
    pair ends = pair_of(suite, &v);
    uint8_t message[TEXT_MAX], payload[TEXT_MAX];
    bool agree = false;

    for (size_t i = 0; !pl_noise_done(ends.initiator) || !pl_noise_done(ends.responder); i++) {
        pl_noise *writer = i % 2 ? ends.responder : ends.initiator;
        pl_noise *reader = i % 2 ? ends.initiator : ends.responder;
        size_t len = pl_noise_message_bytes(writer, 2);
        g_assert_cmpint(pl_noise_write(writer, (const uint8_t *)"hi", 2, message), ==, 0);
        if (i == tampered && at < len)
            message[at] ^= 0x40;
        int got = pl_noise_read(reader, message, len, payload);
        if (got == PL_ERR_FORGED) {
            g_assert_cmpint(pl_noise_read(reader, message, len, payload), ==, PL_ERR_UNEXPECTED);
            goto out;
        }
        g_assert_cmpint(got, ==, 2);
    }
    agree = memcmp(pl_noise_hash(ends.initiator), pl_noise_hash(ends.responder), PL_HASH_BYTES) == 0;
out:
    pair_free(&ends);
    return agree;
}

/* No changed byte of any message leaves two sides that agree.  (A change of XX's first message, which
 * nothing seals yet, is noticed at the second.) */
static void test_tampered(const void *data)
{
    const pl_suite *suite = data;

    for (pl_noise_pattern pattern = PL_NOISE_NK; pattern <= PL_NOISE_IK; pattern++) {
        g_assert_true(survives(suite, pattern, 0, TEXT_MAX));
        for (size_t message = 0; message < (pattern == PL_NOISE_XX ? 3u : 2u); message++)
            for (size_t at = 0; at < 32 + 48 + 18; at++)
                if (survives(suite, pattern, message, at)) {
                    /* Only beyond the end of that message. */
                    g_assert_cmpuint(at, >=, 34);
                    static const size_t bytes[3][3] = {{50, 50, 0}, {34, 98, 66}, {98, 50, 0}};
                    g_assert_cmpuint(at, >=, bytes[pattern][message]);
                }
    }
}

static void test_order_and_length(const void *data)
{
    vector v = tampered_vector;
    v.protocol = protocols[PL_NOISE_NK];
    pair ends = pair_of(data, &v);
    uint8_t message[TEXT_MAX], payload[TEXT_MAX];

    g_assert_cmpint(pl_noise_write(ends.responder, NULL, 0, message), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_noise_read(ends.initiator, message, 48, payload), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_noise_write(ends.initiator, NULL, 65536, message), ==, PL_ERR_OVERSIZED);
    g_assert_cmpuint(pl_noise_message_bytes(ends.initiator, 0), ==, 48);
    g_assert_cmpint(pl_noise_write(ends.initiator, NULL, 0, message), ==, 0);
    g_assert_cmpint(pl_noise_write(ends.initiator, NULL, 0, message), ==, PL_ERR_UNEXPECTED);
    for (size_t len = 0; len < 48; len++)
        g_assert_cmpint(pl_noise_read(ends.responder, message, len, payload), ==, PL_ERR_SHORT);
    g_assert_cmpint(pl_noise_read(ends.responder, message, 48, payload), ==, 0);
    g_assert_null(pl_noise_remote_static(ends.responder));
    g_assert_nonnull(pl_noise_remote_ephemeral(ends.responder));
    pair_free(&ends);
}

/* A public key of small order gives an all-zero secret: the handshake dies instead of agreeing on it. */
static void test_zero_key(const void *data)
{
    vector v = tampered_vector;
    v.protocol = protocols[PL_NOISE_XX];
    pair ends = pair_of(data, &v);
    uint8_t message[TEXT_MAX], payload[TEXT_MAX];

    memset(message, 0, 32);
    g_assert_cmpint(pl_noise_read(ends.responder, message, 32, payload), ==, 0);
    g_assert_cmpint(pl_noise_write(ends.responder, NULL, 0, message), ==, PL_ERR_FORGED);
    g_assert_cmpint(pl_noise_write(ends.responder, NULL, 0, message), ==, PL_ERR_UNEXPECTED);
    pair_free(&ends);
}

/* A responder without the static key that the initiator expects cannot read the first message, and cannot
 * make a second one that the initiator accepts. */
static void test_wrong_static(const void *data)
{
    vector right = tampered_vector, wrong = tampered_vector;
    uint8_t message[TEXT_MAX], payload[TEXT_MAX];

    right.protocol = wrong.protocol = protocols[PL_NOISE_NK];
    wrong.responder_static = wrong.initiator_static;
    pair ends = pair_of(data, &right), others = pair_of(data, &wrong);
    g_assert_cmpint(pl_noise_write(ends.initiator, NULL, 0, message), ==, 0);
    g_assert_cmpint(pl_noise_read(others.responder, message, 48, payload), ==, PL_ERR_FORGED);

    g_assert_cmpint(pl_noise_write(others.initiator, NULL, 0, message), ==, 0);
    pair fresh = pair_of(data, &wrong);
    g_assert_cmpint(pl_noise_read(fresh.responder, message, 48, payload), ==, 0);
    g_assert_cmpint(pl_noise_write(fresh.responder, NULL, 0, message), ==, 0);
    g_assert_cmpint(pl_noise_read(ends.initiator, message, 48, payload), ==, PL_ERR_FORGED);
    pair_free(&ends);
    pair_free(&others);
    pair_free(&fresh);
}

static void add(const char *name, GTestDataFunc test)
{
    const pl_suite *suites[] = {&pl_suite_real, &pl_suite_sized};

    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        char *path = g_strdup_printf("/noise/%s/%s", suites[i]->name, name);
        g_test_add_data_func(path, suites[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/noise/vectors/cacophony", test_cacophony);
    g_test_add_func("/noise/vectors/flynn", test_flynn);
    add("no-changed-byte-survives", test_tampered);
    add("order-and-length", test_order_and_length);
    add("zero-key-is-refused", test_zero_key);
    add("wrong-static-has-no-second-message", test_wrong_static);
    return g_test_run();
}
