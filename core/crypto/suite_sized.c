/* The stand-in for crowds: every length, call and refusal of the real suite at a hundredth of its cost.
 * Nothing here is secret: a public key is the private one under a bijection that anybody can undo.  What
 * it keeps is agreement (both sides of a handshake reach one secret) and notice (another key, nonce or byte
 * gives another tag), so that everything above behaves as it does with the real one. */
#include "core/crypto/suite.h"

#include <glib.h>
#include <string.h>

/* chosen: the three constants of splitmix64, odd and well mixed; any such would do. */
#define STEP  UINT64_C(0x9E3779B97F4A7C15)
#define MIX_1 UINT64_C(0xBF58476D1CE4E5B9)
#define MIX_2 UINT64_C(0x94D049BB133111EB)

/* chosen: one value a purpose, so that no two calls of the table give related bytes. */
enum {
    PURPOSE_DH = 1,
    PURPOSE_SHARED,
    PURPOSE_SIGN_KEY,
    PURPOSE_SIGNATURE,
    PURPOSE_TAG,
    PURPOSE_STREAM,
    PURPOSE_HASH,
    PURPOSE_HMAC,
    PURPOSE_STRETCH
};

/* A running digest of 128 bits.  Each word enters by a bijection of the state, so that a change of one
 * word alone cannot cancel. */
typedef struct digest {
    uint64_t x, y;
    uint64_t word;   /* bytes that do not fill a word yet */
    uint64_t length; /* of everything absorbed */
} digest;

/* Words are little-endian everywhere: a run gives the same bytes on any machine. */
static inline uint64_t load(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return GUINT64_FROM_LE(word);
}

static inline void store(uint8_t *bytes, uint64_t word)
{
    word = GUINT64_TO_LE(word);
    memcpy(bytes, &word, sizeof word);
}

static inline uint64_t scramble(uint64_t word)
{
    word = (word ^ (word >> 30)) * MIX_1;
    word = (word ^ (word >> 27)) * MIX_2;
    return word ^ (word >> 31);
}

static digest digest_begin(uint64_t purpose)
{
    return (digest){.x = scramble(purpose * STEP), .y = scramble(purpose + STEP)};
}

static inline void digest_word(digest *d, uint64_t word)
{
    d->x = (d->x ^ word) * MIX_1;
    d->x ^= d->x >> 29;
    d->y = (d->y + word) * MIX_2;
    d->y = ((d->y << 23) | (d->y >> 41)) + d->x;
}

static void digest_add(digest *d, const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len) {
        unsigned filled = (unsigned)(d->length % 8);
        if (filled == 0 && len - at >= 8) {
            digest_word(d, load(data + at));
            d->length += 8;
            at += 8;
            continue;
        }
        d->word |= (uint64_t)data[at++] << (8 * filled);
        d->length++;
        if (filled == 7) {
            digest_word(d, d->word);
            d->word = 0;
        }
    }
}

static void digest_end(digest *d, uint8_t *ret_bytes, size_t len)
{
    digest_word(d, d->word);
    digest_word(d, d->length);
    for (uint64_t i = 0; i < len / 8; i++)
        store(ret_bytes + 8 * i, scramble((i % 2 ? d->y : d->x) + i * STEP));
}

/* A bijection of keys, and its inverse: an exclusive or of words that the purpose gives. */
static void key_mask(uint8_t ret_key[PL_KEY_BYTES], const uint8_t key[PL_KEY_BYTES], uint64_t purpose)
{
    for (uint64_t i = 0; i < PL_KEY_BYTES / 8; i++)
        store(ret_key + 8 * i, load(key + 8 * i) ^ scramble(purpose * STEP + i));
}

static void sized_dh_public(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES])
{
    key_mask(ret_public, private_key, PURPOSE_DH);
}

static bool sized_dh(uint8_t ret_shared[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES],
                     const uint8_t public_key[PL_KEY_BYTES])
{
    static const uint8_t zeros[PL_KEY_BYTES];
    uint8_t other[PL_KEY_BYTES];
    digest d = digest_begin(PURPOSE_SHARED);

    /* The all-zero key is refused because the real suite refuses it. */
    if (memcmp(public_key, zeros, PL_KEY_BYTES) == 0) {
        memset(ret_shared, 0, PL_KEY_BYTES);
        return false;
    }
    key_mask(other, public_key, PURPOSE_DH);
    for (size_t i = 0; i < PL_KEY_BYTES; i += 8) {
        uint64_t own = load(private_key + i), their = load(other + i);
        digest_word(&d, scramble(own) + scramble(their));
    }
    digest_end(&d, ret_shared, PL_KEY_BYTES);
    return true;
}

static void sized_sign_public(uint8_t ret_public[PL_KEY_BYTES], const uint8_t private_key[PL_KEY_BYTES])
{
    key_mask(ret_public, private_key, PURPOSE_SIGN_KEY);
}

/* One digest under the key that is shown and the key that is used, twice: an honest signer's are equal. */
static void signature_of(uint8_t ret_signature[PL_SIGNATURE_BYTES], const uint8_t shown[PL_KEY_BYTES],
                         const uint8_t used[PL_KEY_BYTES], const uint8_t *data, size_t len)
{
    digest d = digest_begin(PURPOSE_SIGNATURE);

    digest_add(&d, shown, PL_KEY_BYTES);
    digest_add(&d, used, PL_KEY_BYTES);
    digest_add(&d, data, len);
    digest_end(&d, ret_signature, PL_SIGNATURE_BYTES);
}

static void sized_sign(uint8_t ret_signature[PL_SIGNATURE_BYTES], const uint8_t public_key[PL_KEY_BYTES],
                       const uint8_t private_key[PL_KEY_BYTES], const uint8_t *data, size_t len)
{
    uint8_t used[PL_KEY_BYTES];

    sized_sign_public(used, private_key);
    signature_of(ret_signature, public_key, used, data, len);
}

static bool sized_verify(const uint8_t public_key[PL_KEY_BYTES], const uint8_t *data, size_t len,
                         const uint8_t signature[PL_SIGNATURE_BYTES])
{
    uint8_t expected[PL_SIGNATURE_BYTES];

    signature_of(expected, public_key, public_key, data, len);
    return memcmp(expected, signature, sizeof expected) == 0;
}

/* Adds a key stream, so that a look at the wire finds no plain text by accident; its own inverse. */
static void stream_add(uint8_t *ret_bytes, const uint8_t key[PL_KEY_BYTES], uint64_t nonce,
                       const uint8_t *bytes, size_t len)
{
    uint64_t seed = scramble(load(key) ^ load(key + 16)) + scramble(nonce + PURPOSE_STREAM * STEP);
    size_t at = 0;

    for (; len - at >= 8; at += 8) {
        store(ret_bytes + at, load(bytes + at) ^ scramble(seed));
        seed += STEP;
    }
    for (uint64_t last = scramble(seed); at < len; at++, last >>= 8)
        ret_bytes[at] = bytes[at] ^ (uint8_t)last;
}

static void tag_of(uint8_t ret_tag[PL_TAG_BYTES], const uint8_t key[PL_KEY_BYTES], uint64_t nonce,
                   const uint8_t *ad, size_t ad_len, const uint8_t *sealed, size_t len)
{
    digest d = digest_begin(PURPOSE_TAG);

    digest_add(&d, key, PL_KEY_BYTES);
    digest_word(&d, nonce);
    digest_word(&d, ad_len);
    digest_add(&d, ad, ad_len);
    digest_add(&d, sealed, len);
    digest_end(&d, ret_tag, PL_TAG_BYTES);
}

static void sized_seal(uint8_t *ret_sealed, const uint8_t key[PL_KEY_BYTES], uint64_t nonce,
                       const uint8_t *ad, size_t ad_len, const uint8_t *plain, size_t len)
{
    stream_add(ret_sealed, key, nonce, plain, len);
    tag_of(ret_sealed + len, key, nonce, ad, ad_len, ret_sealed, len);
}

static bool sized_open(uint8_t *ret_plain, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                       size_t ad_len, const uint8_t *sealed, size_t len)
{
    uint8_t tag[PL_TAG_BYTES];

    if (len < PL_TAG_BYTES)
        return false;
    tag_of(tag, key, nonce, ad, ad_len, sealed, len - PL_TAG_BYTES);
    if (memcmp(tag, sealed + len - PL_TAG_BYTES, PL_TAG_BYTES) != 0)
        return false;
    stream_add(ret_plain, key, nonce, sealed, len - PL_TAG_BYTES);
    return true;
}

static void sized_hash(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *a, size_t a_len, const uint8_t *b,
                       size_t b_len)
{
    digest d = digest_begin(PURPOSE_HASH);

    digest_add(&d, a, a_len);
    digest_add(&d, b, b_len);
    digest_end(&d, ret_hash, PL_HASH_BYTES);
}

static void sized_hmac(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *key, size_t key_len, const uint8_t *a,
                       size_t a_len, const uint8_t *b, size_t b_len)
{
    digest d = digest_begin(PURPOSE_HMAC);

    digest_word(&d, key_len);
    digest_add(&d, key, key_len);
    digest_add(&d, a, a_len);
    digest_add(&d, b, b_len);
    digest_end(&d, ret_hash, PL_HASH_BYTES);
}

static void sized_stretch(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *password, size_t len,
                          const uint8_t *salt, size_t salt_len, uint32_t rounds)
{
    digest d = digest_begin(PURPOSE_STRETCH);

    g_assert(rounds > 0);
    digest_word(&d, rounds);
    digest_word(&d, len);
    digest_add(&d, password, len);
    digest_add(&d, salt, salt_len);
    digest_end(&d, ret_hash, PL_HASH_BYTES);
}

const pl_suite pl_suite_sized = {
    .name = "sized",
    .dh_public = sized_dh_public,
    .dh = sized_dh,
    .sign_public = sized_sign_public,
    .sign = sized_sign,
    .verify = sized_verify,
    .seal = sized_seal,
    .open = sized_open,
    .hash = sized_hash,
    .hmac = sized_hmac,
    .stretch = sized_stretch,
};
