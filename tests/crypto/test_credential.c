/* Credentials: what is signed, when it ends, and what its bytes may be. */
#include "core/crypto/credential.h"
#include "tests/support/hex.h"

#include <glib.h>

#define EXPIRES 1095811200 /* some second of 2004 */

static pl_keypair signer(const pl_suite *suite, uint8_t seed)
{
    pl_keypair keypair;

    memset(keypair.private_key, seed, PL_KEY_BYTES);
    suite->sign_public(keypair.public_key, keypair.private_key);
    return keypair;
}

static pl_credential credential_of(const pl_suite *suite, const pl_keypair *server, const char *name)
{
    pl_credential credential = {.expires = EXPIRES};

    g_strlcpy(credential.name, name, sizeof credential.name);
    memset(credential.sign_key, 0xa5, PL_KEY_BYTES);
    memset(credential.dh_key, 0x5a, PL_KEY_BYTES);
    pl_credential_issue(&credential, suite, server);
    return credential;
}

/* Valid until the second before it expires, not from that second on. */
static void test_expiry(const void *data)
{
    const pl_suite *suite = data;
    pl_keypair server = signer(suite, 1);
    pl_credential credential = credential_of(suite, &server, "alice");

    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, EXPIRES - 1), ==, 0);
    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, EXPIRES), ==, PL_ERR_EXPIRED);
}

/* A credential of another server, or one that was expired and changed, is forged, not expired. */
static void test_forged(const void *data)
{
    const pl_suite *suite = data;
    pl_keypair server = signer(suite, 1), other = signer(suite, 2);
    pl_credential credential = credential_of(suite, &other, "alice");

    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, 0), ==, PL_ERR_FORGED);
    credential = credential_of(suite, &server, "alice");
    credential.expires += 1;
    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, EXPIRES + 9), ==,
                    PL_ERR_FORGED);
    credential.expires -= 1;
    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, 0), ==, 0);
    memset(credential.dh_key, 0x5b, PL_KEY_BYTES);
    g_assert_cmpint(pl_credential_check(&credential, suite, server.public_key, 0), ==, PL_ERR_FORGED);
}

static void test_round_trip(const void *data)
{
    static const char *const names[] = {"a", "alice", "\xc3\xa9lo\xc3\xafse",
                                        "12345678901234567890123456789012"};
    const pl_suite *suite = data;
    pl_keypair server = signer(suite, 1);
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        pl_credential credential = credential_of(suite, &server, names[i]), decoded;
        size_t len = pl_credential_encode(&credential, bytes);
        g_assert_cmpuint(len, ==, PL_CREDENTIAL_BYTES_MAX - PL_NAME_MAX + strlen(names[i]));
        g_assert_cmpint(pl_credential_decode(&decoded, bytes, len), ==, 0);
        g_assert_cmpstr(decoded.name, ==, names[i]);
        g_assert_cmpint(decoded.expires, ==, EXPIRES);
        g_assert_cmpint(pl_credential_check(&decoded, suite, server.public_key, 0), ==, 0);
        assert_bytes(&decoded, sizeof decoded, &credential, sizeof credential);
        for (size_t shorter = 0; shorter < len; shorter++)
            g_assert_cmpint(pl_credential_decode(&decoded, bytes, shorter), ==, PL_ERR_SHORT);
        g_assert_cmpint(pl_credential_decode(&decoded, bytes, len + 1), ==, PL_ERR_MALFORMED);
    }
}

/* Whatever byte is changed, the credential does not decode, or does not verify. */
static void test_changed_byte(const void *data)
{
    const pl_suite *suite = data;
    pl_keypair server = signer(suite, 1);
    pl_credential credential = credential_of(suite, &server, "alice"), decoded;
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&credential, bytes);

    for (size_t at = 0; at < len; at++) {
        bytes[at] ^= 1;
        int error = pl_credential_decode(&decoded, bytes, len);
        if (at >= 2)
            g_assert_cmpint(error, ==, 0);
        if (!error)
            error = pl_credential_check(&decoded, suite, server.public_key, 0);
        g_assert_cmpint(error, <, 0);
        bytes[at] ^= 1;
    }
}

static void test_names(const void *data)
{
    const pl_suite *suite = data;
    pl_keypair server = signer(suite, 1);
    pl_credential credential = credential_of(suite, &server, "alice"), decoded;
    uint8_t bytes[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&credential, bytes);
    static const uint8_t bad[] = {0x00, 0x0a, 0x1b, 0x1f, 0x7f};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        bytes[4] = bad[i];
        g_assert_cmpint(pl_credential_decode(&decoded, bytes, len), ==, PL_ERR_MALFORMED);
    }
    bytes[1] = 0;
    g_assert_cmpint(pl_credential_decode(&decoded, bytes, len), ==, PL_ERR_MALFORMED);
    bytes[1] = PL_NAME_MAX + 1;
    g_assert_cmpint(pl_credential_decode(&decoded, bytes, len), ==, PL_ERR_MALFORMED);
}

static void add(const char *name, GTestDataFunc test)
{
    const pl_suite *suites[] = {&pl_suite_real, &pl_suite_sized};

    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        char *path = g_strdup_printf("/credential/%s/%s", suites[i]->name, name);
        g_test_add_data_func(path, suites[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("ends-at-its-second", test_expiry);
    add("forged-is-not-expired", test_forged);
    add("round-trip", test_round_trip);
    add("changed-byte-is-refused", test_changed_byte);
    add("names", test_names);
    return g_test_run();
}
