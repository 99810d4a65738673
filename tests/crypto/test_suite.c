/* The real suite against published vectors, and what both suites promise alike. */
#include "core/crypto/suite.h"
#include "tests/support/hex.h"

#include <glib.h>

#define BYTES_MAX 256

static void check_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    GByteArray *want = hex_bytes(expected);

    assert_bytes(bytes, len, want->data, want->len);
    g_byte_array_unref(want);
}

/* RFC 7748 §5.2 and §6.1. */
static void test_x25519(void)
{
    static const struct {
        const char *scalar, *point, *result;
    } rows[] = {
        {"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
         "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
         "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
        {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
         "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
         "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
         "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    };
    static const struct {
        const char *scalar, *public_key;
    } publics[] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    uint8_t scalar[PL_KEY_BYTES], point[PL_KEY_BYTES], result[PL_KEY_BYTES];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        hex_read(scalar, sizeof scalar, rows[i].scalar);
        hex_read(point, sizeof point, rows[i].point);
        g_assert_true(pl_suite_real.dh(result, scalar, point));
        check_hex(result, sizeof result, rows[i].result);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(publics); i++) {
        hex_read(scalar, sizeof scalar, publics[i].scalar);
        pl_suite_real.dh_public(result, scalar);
        check_hex(result, sizeof result, publics[i].public_key);
    }
}

/* RFC 8032 §7.1, tests 1 to 3. */
static void test_ed25519(void)
{
    static const struct {
        const char *private_key, *public_key, *message, *signature;
    } rows[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
         "d25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
         "387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
         "4a7c15e9716ed28dc027beceea1ec40a"},
    };
    uint8_t private_key[PL_KEY_BYTES], public_key[PL_KEY_BYTES], signature[PL_SIGNATURE_BYTES];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GByteArray *message = hex_bytes(rows[i].message);
        hex_read(private_key, sizeof private_key, rows[i].private_key);
        pl_suite_real.sign_public(public_key, private_key);
        check_hex(public_key, sizeof public_key, rows[i].public_key);
        pl_suite_real.sign(signature, public_key, private_key, message->data, message->len);
        check_hex(signature, sizeof signature, rows[i].signature);
        g_assert_true(pl_suite_real.verify(public_key, message->data, message->len, signature));
        g_byte_array_unref(message);
    }
}

/* The GCM specification submitted to NIST (McGrew and Viega), test cases 13 and 14: AES-256, an all-zero key
 * and initialisation vector, which is Noise's nonce 0. */
static void test_aes256_gcm(void)
{
    static const uint8_t zeros[PL_KEY_BYTES];
    uint8_t sealed[BYTES_MAX], plain[BYTES_MAX];

    pl_suite_real.seal(sealed, zeros, 0, NULL, 0, NULL, 0);
    check_hex(sealed, 16, "530f8afbc74536b9a963b4f1c4cb738b");
    pl_suite_real.seal(sealed, zeros, 0, NULL, 0, zeros, 16);
    check_hex(sealed, 32, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    g_assert_true(pl_suite_real.open(plain, zeros, 0, NULL, 0, sealed, 32));
    assert_bytes(plain, 16u, zeros, 16u);
}

/* FIPS 180-4's example and RFC 4231 §4.2, §4.3 and §4.7, the input cut in two anywhere. */
static void test_sha256_and_hmac(void)
{
    static const struct {
        const char *key, *data, *mac;
    } rows[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
         "dddddddddddddddddddddddddddddddddddd",
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    };
    uint8_t result[PL_HASH_BYTES];

    pl_suite_real.hash(result, (const uint8_t *)"abc", 3, NULL, 0);
    check_hex(result, sizeof result, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GByteArray *key = hex_bytes(rows[i].key), *data = hex_bytes(rows[i].data);
        for (size_t cut = 0; cut <= data->len; cut++) {
            pl_suite_real.hmac(result, key->data, key->len, data->data, cut, data->data + cut,
                               data->len - cut);
            check_hex(result, sizeof result, rows[i].mac);
        }
        g_byte_array_unref(key);
        g_byte_array_unref(data);
    }
}

/* RFC 7914 §11: PBKDF2-HMAC-SHA-256, the first 32 bytes of its 64. */
static void test_pbkdf2(void)
{
    uint8_t result[PL_HASH_BYTES];

    pl_suite_real.stretch(result, (const uint8_t *)"passwd", 6, (const uint8_t *)"salt", 4, 1);
    check_hex(result, sizeof result, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    pl_suite_real.stretch(result, (const uint8_t *)"Password", 8, (const uint8_t *)"NaCl", 4, 80000);
    check_hex(result, sizeof result, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

static void keypair(const pl_suite *suite, pl_keypair *ret, uint8_t seed)
{
    for (size_t i = 0; i < PL_KEY_BYTES; i++)
        ret->private_key[i] = (uint8_t)(seed + 7 * i);
    suite->dh_public(ret->public_key, ret->private_key);
}

static void test_agreement(const void *data)
{
    static const uint8_t zeros[PL_KEY_BYTES];
    const pl_suite *suite = data;
    pl_keypair a, b, c;
    uint8_t ab[PL_KEY_BYTES], ba[PL_KEY_BYTES], ac[PL_KEY_BYTES];

    keypair(suite, &a, 1);
    keypair(suite, &b, 2);
    keypair(suite, &c, 3);
    g_assert_true(suite->dh(ab, a.private_key, b.public_key));
    g_assert_true(suite->dh(ba, b.private_key, a.public_key));
    g_assert_true(suite->dh(ac, a.private_key, c.public_key));
    g_assert_true(pl_bytes_equal(ab, ba, PL_KEY_BYTES));
    g_assert_false(pl_bytes_equal(ab, ac, PL_KEY_BYTES));
    g_assert_false(suite->dh(ab, a.private_key, zeros));
}

static void test_signatures(const void *data)
{
    const pl_suite *suite = data;
    pl_keypair a, b;
    uint8_t message[40] = "a credential", signature[PL_SIGNATURE_BYTES];

    keypair(suite, &a, 1);
    keypair(suite, &b, 2);
    suite->sign_public(a.public_key, a.private_key);
    suite->sign_public(b.public_key, b.private_key);
    suite->sign(signature, a.public_key, a.private_key, message, sizeof message);
    g_assert_true(suite->verify(a.public_key, message, sizeof message, signature));
    g_assert_false(suite->verify(b.public_key, message, sizeof message, signature));
    g_assert_false(suite->verify(a.public_key, message, sizeof message - 1, signature));
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] ^= 1;
        g_assert_false(suite->verify(a.public_key, message, sizeof message, signature));
        message[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 0x80;
        g_assert_false(suite->verify(a.public_key, message, sizeof message, signature));
        signature[i] ^= 0x80;
    }
    suite->sign(signature, a.public_key, b.private_key, message, sizeof message);
    g_assert_false(suite->verify(a.public_key, message, sizeof message, signature));
}

/* Every length to 70, opened in place, with each thing that can be wrong being noticed. */
static void test_seal(const void *data)
{
    const pl_suite *suite = data;
    uint8_t key[PL_KEY_BYTES] = {1, 2, 3}, other[PL_KEY_BYTES] = {1, 2, 4};
    uint8_t plain[70], sealed[70 + PL_TAG_BYTES] = {0}, opened[70];
    const uint8_t ad[] = "associated";

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof plain; len++) {
        size_t total = len + PL_TAG_BYTES;
        if (len > 0)
            memcpy(sealed, plain, len);
        suite->seal(sealed, key, len, ad, sizeof ad, sealed, len);
        g_assert_true(suite->open(opened, key, len, ad, sizeof ad, sealed, total));
        assert_bytes(opened, len, plain, len);
        g_assert_false(suite->open(opened, other, len, ad, sizeof ad, sealed, total));
        g_assert_false(suite->open(opened, key, len + 1, ad, sizeof ad, sealed, total));
        g_assert_false(suite->open(opened, key, len, ad, sizeof ad - 1, sealed, total));
        g_assert_false(suite->open(opened, key, len, ad, sizeof ad, sealed, total - 1));
        for (size_t at = 0; at < total; at++) {
            sealed[at] ^= 4;
            g_assert_false(suite->open(opened, key, len, ad, sizeof ad, sealed, total));
            sealed[at] ^= 4;
        }
        if (len >= 16)
            g_assert_false(memcmp(sealed, plain, 16) == 0);
    }
    for (size_t len = 0; len < PL_TAG_BYTES; len++)
        g_assert_false(suite->open(opened, key, 0, NULL, 0, sealed, len));
}

/* A hash is of the two parts joined: where they are cut does not matter, and every byte does. */
static void test_joined(const void *data)
{
    const pl_suite *suite = data;
    uint8_t text[41] = {0}, whole[PL_HASH_BYTES], cut[PL_HASH_BYTES], key[5] = "keys";

    for (size_t i = 0; i < sizeof text; i++) {
        suite->hash(whole, text, sizeof text, NULL, 0);
        suite->hash(cut, text, i, text + i, sizeof text - i);
        g_assert_true(pl_bytes_equal(whole, cut, PL_HASH_BYTES));
        suite->hash(cut, text, i, NULL, 0);
        g_assert_false(pl_bytes_equal(whole, cut, PL_HASH_BYTES));
        text[i] ^= 1;
        suite->hash(cut, text, sizeof text, NULL, 0);
        g_assert_false(pl_bytes_equal(whole, cut, PL_HASH_BYTES));
    }
    suite->hmac(whole, key, sizeof key, text, sizeof text, NULL, 0);
    suite->hmac(cut, key, sizeof key - 2, text, sizeof text, NULL, 0);
    g_assert_false(pl_bytes_equal(whole, cut, PL_HASH_BYTES));
    suite->stretch(whole, key, sizeof key, text, 8, 3);
    suite->stretch(cut, key, sizeof key, text, 8, 4);
    g_assert_false(pl_bytes_equal(whole, cut, PL_HASH_BYTES));
}

static void test_wipe(void)
{
    uint8_t secret[9] = "password", zeros[9] = {0};

    pl_bytes_wipe(secret, sizeof secret);
    g_assert_true(pl_bytes_equal(secret, zeros, sizeof zeros));
}

static void add(const char *name, GTestDataFunc test)
{
    const pl_suite *suites[] = {&pl_suite_real, &pl_suite_sized};

    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        char *path = g_strdup_printf("/suite/%s/%s", suites[i]->name, name);
        g_test_add_data_func(path, suites[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/suite/vectors/x25519", test_x25519);
    g_test_add_func("/suite/vectors/ed25519", test_ed25519);
    g_test_add_func("/suite/vectors/aes256-gcm", test_aes256_gcm);
    g_test_add_func("/suite/vectors/sha256-and-hmac", test_sha256_and_hmac);
    g_test_add_func("/suite/vectors/pbkdf2", test_pbkdf2);
    g_test_add_func("/suite/wipe", test_wipe);
    add("both-sides-agree", test_agreement);
    add("signatures", test_signatures);
    add("seal", test_seal);
    add("parts-are-joined", test_joined);
    return g_test_run();
}
