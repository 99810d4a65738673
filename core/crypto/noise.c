/* The symmetric, cipher and handshake states of Noise revision 34, §5, over a table of patterns (§7.5). */
#include "core/crypto/noise.h"

#include <glib.h>
#include <string.h>

#define MESSAGES_MAX      3 /* spec: Noise rev. 34 §7.5: XX has most */
#define TOKENS_MAX        4 /* spec: likewise: es, s, ss after e in IK */
#define MESSAGE_BYTES_MAX 65535 /* spec: Noise rev. 34 §3 */

typedef enum token { TOKEN_END, TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE, TOKEN_SS } token;

typedef enum noise_state { NOISE_RUNNING, NOISE_DONE, NOISE_DEAD } noise_state;

/* One handshake pattern.  Messages alternate, the initiator's first.  Where the responder's static key is
 * known beforehand it is the one pre-message of the patterns here. */
typedef struct pattern_row {
    const char *protocol; /* at most PL_HASH_BYTES characters: h starts as the padded name (§5.2) */
    bool knows_responder;
    size_t n_messages;
    token tokens[MESSAGES_MAX][TOKENS_MAX + 1];
} pattern_row;

static const pattern_row patterns[] = {
    [PL_NOISE_NK] = {"Noise_NK_25519_AESGCM_SHA256", true, 2, {{TOKEN_E, TOKEN_ES}, {TOKEN_E, TOKEN_EE}}},
    [PL_NOISE_XX] = {"Noise_XX_25519_AESGCM_SHA256",
                     false,
                     3,
                     {{TOKEN_E}, {TOKEN_E, TOKEN_EE, TOKEN_S, TOKEN_ES}, {TOKEN_S, TOKEN_SE}}},
    [PL_NOISE_IK] = {"Noise_IK_25519_AESGCM_SHA256",
                     true,
                     2,
                     {{TOKEN_E, TOKEN_ES, TOKEN_S, TOKEN_SS}, {TOKEN_E, TOKEN_EE, TOKEN_SE}}},
};

struct pl_noise {
    const pl_suite *suite;
    const pattern_row *pattern;
    pl_noise_role role;
    noise_state state;
    size_t message; /* index of the next message */
    bool has_key;
    bool knows_remote_static;
    bool knows_remote_ephemeral;
    pl_keypair own_static;
    pl_keypair own_ephemeral;
    uint8_t remote_static[PL_KEY_BYTES];
    uint8_t remote_ephemeral[PL_KEY_BYTES];
    uint8_t chaining_key[PL_HASH_BYTES];
    uint8_t hash[PL_HASH_BYTES];
    pl_cipher cipher;
};

static void mix_hash(pl_noise *noise, const uint8_t *data, size_t len)
{
    noise->suite->hash(noise->hash, noise->hash, PL_HASH_BYTES, data, len);
}

/* HKDF with two outputs (§4.3). */
static void derive(const pl_noise *noise, const uint8_t *input, size_t len, uint8_t ret_first[PL_HASH_BYTES],
                   uint8_t ret_second[PL_HASH_BYTES])
{
    static const uint8_t one = 1, two = 2;
    uint8_t temporary[PL_HASH_BYTES];
    const pl_suite *suite = noise->suite;

    suite->hmac(temporary, noise->chaining_key, PL_HASH_BYTES, input, len, NULL, 0);
    suite->hmac(ret_first, temporary, PL_HASH_BYTES, &one, 1, NULL, 0);
    suite->hmac(ret_second, temporary, PL_HASH_BYTES, ret_first, PL_HASH_BYTES, &two, 1);
    pl_bytes_wipe(temporary, sizeof temporary);
}

static bool mix_dh(pl_noise *noise, const pl_keypair *own, const uint8_t remote[PL_KEY_BYTES])
{
    uint8_t shared[PL_KEY_BYTES], chaining_key[PL_HASH_BYTES];

    bool valid = noise->suite->dh(shared, own->private_key, remote);
    if (valid) {
        derive(noise, shared, sizeof shared, chaining_key, noise->cipher.key);
        memcpy(noise->chaining_key, chaining_key, PL_HASH_BYTES);
        noise->cipher.nonce = 0;
        noise->has_key = true;
    }
    pl_bytes_wipe(shared, sizeof shared);
    pl_bytes_wipe(chaining_key, sizeof chaining_key);
    return valid;
}

/* The first letter of a DH token names the initiator's key, the second the responder's. */
static bool mix_dh_token(pl_noise *noise, token t)
{
    bool initiator = noise->role == PL_NOISE_INITIATOR;
    bool initiator_static = t == TOKEN_SE || t == TOKEN_SS;
    bool responder_static = t == TOKEN_ES || t == TOKEN_SS;
    bool own_static = initiator ? initiator_static : responder_static;
    bool remote_static = initiator ? responder_static : initiator_static;

    g_assert(remote_static ? noise->knows_remote_static : noise->knows_remote_ephemeral);
    return mix_dh(noise, own_static ? &noise->own_static : &noise->own_ephemeral,
                  remote_static ? noise->remote_static : noise->remote_ephemeral);
}

/* Bytes that sealing adds at this point of the handshake. */
static size_t seal_bytes(const pl_noise *noise)
{
    return noise->has_key ? PL_TAG_BYTES : 0;
}

static size_t encrypt_and_hash(pl_noise *noise, uint8_t *ret_bytes, const uint8_t *plain, size_t len)
{
    size_t total = len + seal_bytes(noise);

    if (noise->has_key)
        noise->suite->seal(ret_bytes, noise->cipher.key, noise->cipher.nonce++, noise->hash, PL_HASH_BYTES,
                           plain, len);
    else if (len > 0)
        memcpy(ret_bytes, plain, len);
    mix_hash(noise, ret_bytes, total);
    return total;
}

/* `len` counts the seal. */
static bool decrypt_and_hash(pl_noise *noise, uint8_t *ret_plain, const uint8_t *bytes, size_t len)
{
    if (noise->has_key) {
        if (!noise->suite->open(ret_plain, noise->cipher.key, noise->cipher.nonce++, noise->hash,
                                PL_HASH_BYTES, bytes, len))
            return false;
    } else if (len > 0) {
        memcpy(ret_plain, bytes, len);
    }
    mix_hash(noise, bytes, len);
    return true;
}

pl_noise *pl_noise_new(const pl_noise_options *options)
{
    pl_noise *noise = g_new0(pl_noise, 1);
    const pattern_row *pattern = &patterns[options->pattern];
    bool initiator = options->role == PL_NOISE_INITIATOR;

    noise->suite = options->suite;
    noise->pattern = pattern;
    noise->role = options->role;
    noise->own_ephemeral = *options->own_ephemeral;
    if (options->own_static)
        noise->own_static = *options->own_static;
    g_assert(strlen(pattern->protocol) <= PL_HASH_BYTES);
    memcpy(noise->hash, pattern->protocol, strlen(pattern->protocol));
    memcpy(noise->chaining_key, noise->hash, PL_HASH_BYTES);
    mix_hash(noise, options->prologue, options->prologue_len);
    if (pattern->knows_responder && initiator) {
        g_assert(options->remote_static);
        memcpy(noise->remote_static, options->remote_static, PL_KEY_BYTES);
        noise->knows_remote_static = true;
    }
    if (pattern->knows_responder)
        mix_hash(noise, initiator ? noise->remote_static : noise->own_static.public_key, PL_KEY_BYTES);
    return noise;
}

void pl_noise_free(pl_noise *noise)
{
    if (!noise)
        return;
    pl_bytes_wipe(noise, sizeof *noise);
    g_free(noise);
}

static bool is_our_turn(const pl_noise *noise, pl_noise_role writer)
{
    pl_noise_role next = noise->message % 2 ? PL_NOISE_RESPONDER : PL_NOISE_INITIATOR;

    return noise->state == NOISE_RUNNING && next == writer;
}

size_t pl_noise_message_bytes(const pl_noise *noise, size_t payload_len)
{
    bool keyed = noise->has_key;
    size_t bytes = payload_len;

    if (noise->state != NOISE_RUNNING)
        return 0;
    for (const token *t = noise->pattern->tokens[noise->message]; *t != TOKEN_END; t++) {
        if (*t == TOKEN_E)
            bytes += PL_KEY_BYTES;
        else if (*t == TOKEN_S)
            bytes += keyed ? PL_KEY_BYTES + PL_TAG_BYTES : PL_KEY_BYTES;
        else
            keyed = true;
    }
    return keyed ? bytes + PL_TAG_BYTES : bytes;
}

static int die(pl_noise *noise)
{
    noise->state = NOISE_DEAD;
    return PL_ERR_FORGED;
}

static void next_message(pl_noise *noise)
{
    if (++noise->message == noise->pattern->n_messages)
        noise->state = NOISE_DONE;
}

static bool write_token(pl_noise *noise, token t, uint8_t **at)
{
    switch (t) {
    case TOKEN_E:
        memcpy(*at, noise->own_ephemeral.public_key, PL_KEY_BYTES);
        mix_hash(noise, *at, PL_KEY_BYTES);
        *at += PL_KEY_BYTES;
        return true;
    case TOKEN_S:
        *at += encrypt_and_hash(noise, *at, noise->own_static.public_key, PL_KEY_BYTES);
        return true;
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
    case TOKEN_SS:
        return mix_dh_token(noise, t);
    case TOKEN_END:
        break;
    }
    g_assert_not_reached();
}

int pl_noise_write(pl_noise *noise, const uint8_t *payload, size_t payload_len, uint8_t *ret_message)
{
    uint8_t *at = ret_message;

    if (!is_our_turn(noise, noise->role))
        return PL_ERR_UNEXPECTED;
    if (payload_len > MESSAGE_BYTES_MAX || pl_noise_message_bytes(noise, payload_len) > MESSAGE_BYTES_MAX)
        return PL_ERR_OVERSIZED;
    for (const token *t = noise->pattern->tokens[noise->message]; *t != TOKEN_END; t++)
        if (!write_token(noise, *t, &at))
            return die(noise);
    encrypt_and_hash(noise, at, payload, payload_len);
    next_message(noise);
    return 0;
}

static bool read_token(pl_noise *noise, token t, const uint8_t **at)
{
    switch (t) {
    case TOKEN_E:
        memcpy(noise->remote_ephemeral, *at, PL_KEY_BYTES);
        noise->knows_remote_ephemeral = true;
        mix_hash(noise, *at, PL_KEY_BYTES);
        *at += PL_KEY_BYTES;
        return true;
    case TOKEN_S: {
        size_t len = PL_KEY_BYTES + seal_bytes(noise);
        if (!decrypt_and_hash(noise, noise->remote_static, *at, len))
            return false;
        noise->knows_remote_static = true;
        *at += len;
        return true;
    }
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
    case TOKEN_SS:
        return mix_dh_token(noise, t);
    case TOKEN_END:
        break;
    }
    g_assert_not_reached();
}

int pl_noise_read(pl_noise *noise, const uint8_t *message, size_t len, uint8_t *ret_payload)
{
    const uint8_t *at = message;

    if (noise->state != NOISE_RUNNING || is_our_turn(noise, noise->role))
        return PL_ERR_UNEXPECTED;
    if (len > MESSAGE_BYTES_MAX)
        return PL_ERR_OVERSIZED;
    if (len < pl_noise_message_bytes(noise, 0))
        return PL_ERR_SHORT;
    for (const token *t = noise->pattern->tokens[noise->message]; *t != TOKEN_END; t++)
        if (!read_token(noise, *t, &at))
            return die(noise);
    size_t sealed_len = len - (size_t)(at - message);
    if (!decrypt_and_hash(noise, ret_payload, at, sealed_len))
        return die(noise);
    next_message(noise);
    return (int)(sealed_len - seal_bytes(noise));
}

bool pl_noise_done(const pl_noise *noise)
{
    return noise->state == NOISE_DONE;
}

void pl_noise_split(const pl_noise *noise, pl_cipher *ret_send, pl_cipher *ret_receive)
{
    bool initiator = noise->role == PL_NOISE_INITIATOR;
    pl_cipher *first = initiator ? ret_send : ret_receive;
    pl_cipher *second = initiator ? ret_receive : ret_send;

    g_assert(pl_noise_done(noise));
    derive(noise, NULL, 0, first->key, second->key);
    first->nonce = 0;
    second->nonce = 0;
}

const uint8_t *pl_noise_hash(const pl_noise *noise)
{
    g_assert(pl_noise_done(noise));
    return noise->hash;
}

const uint8_t *pl_noise_remote_static(const pl_noise *noise)
{
    return noise->knows_remote_static ? noise->remote_static : NULL;
}

const uint8_t *pl_noise_remote_ephemeral(const pl_noise *noise)
{
    return noise->knows_remote_ephemeral ? noise->remote_ephemeral : NULL;
}
