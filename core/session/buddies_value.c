#include "core/session/buddies_value.h"

#include "core/wire/buffer.h"

#include <glib.h>
#include <string.h>

#define VERSION        1 /* chosen: the first */
#define OWNER_LABEL    "partyline buddies owner"
#define PASS_LABEL     "partyline buddies password"
#define SIGN_LABEL     "partyline buddies sign"
#define SEAL_LABEL     "partyline buddies seal"
#define MARK_LABEL     "partyline buddies mark"
#define VALUE_LABEL    "partyline buddies value"
#define BYTES_OF(text) ((const uint8_t *)(text)), (sizeof(text) - 1)

static const uint8_t magic[4] = {'P', 'L', 'B', 'L'};

_Static_assert(PL_BUDDIES_PLAIN_MAX + PL_TAG_BYTES <= UINT16_MAX, "the length field holds it");
_Static_assert(PL_BUDDIES_VALUE_MAX <= 65535, "a registry holds it");

void pl_buddies_pass_make(pl_buddies_pass *ret_pass, const pl_suite *suite, const char *password)
{
    suite->hash(ret_pass->digest, BYTES_OF(PASS_LABEL), (const uint8_t *)password, strlen(password));
}

void pl_buddies_secret_make(pl_buddies_secret *secret, const pl_suite *suite, const pl_buddies_pass *pass)
{
    suite->stretch(secret->key, pass->digest, sizeof pass->digest, secret->salt, sizeof secret->salt,
                   secret->rounds);
}

/* --- the plain list --- */

static size_t padded(size_t len)
{
    return (len + PL_BUDDIES_PAD_BYTES - 1) / PL_BUDDIES_PAD_BYTES * PL_BUDDIES_PAD_BYTES;
}

size_t pl_buddies_plain_write(const pl_buddy *entries, size_t n, uint8_t *ret_bytes)
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_BUDDIES_PLAIN_MAX);
    pl_write_u16(&writer, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(entries[i].name);
        pl_write_u8(&writer, (uint8_t)len);
        pl_write_bytes(&writer, entries[i].name, len);
        pl_write_u8(&writer, (uint8_t)entries[i].state);
        pl_write_u32(&writer, entries[i].seen);
    }
    pl_write_zeros(&writer, padded(writer.len) - writer.len);
    g_assert(!writer.failed);
    return writer.len;
}

/* Names of the protocol: printable ASCII without the space. */
static bool read_name(pl_reader *reader, char ret_name[PL_NAME_MAX + 1])
{
    size_t len = pl_read_u8(reader);
    const uint8_t *name = len > 0 && len <= PL_NAME_MAX ? pl_read_view(reader, len) : NULL;
    for (size_t i = 0; name && i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    if (!name)
        return false;
    memcpy(ret_name, name, len);
    ret_name[len] = 0;
    return true;
}

static bool read_entry(pl_reader *reader, const pl_buddy *before, pl_buddy *ret_entry)
{
    *ret_entry = (pl_buddy){0};
    if (!read_name(reader, ret_entry->name) || (before && strcmp(before->name, ret_entry->name) >= 0))
        return false;
    uint8_t state = pl_read_u8(reader);
    ret_entry->state = state;
    ret_entry->seen = pl_read_u32(reader);
    return state == PL_BUDDY_REQUESTED || state == PL_BUDDY_AUTHORISED;
}

pl_buddies_refusal pl_buddies_plain_read(const uint8_t *bytes, size_t len, size_t max, pl_buddy **ret_entries,
                                         size_t *ret_n)
{
    pl_reader reader;
    pl_reader_init(&reader, bytes, len);
    size_t n = pl_read_u16(&reader);
    if (n > max)
        return PL_BUDDIES_OVERSIZED;
    g_autofree pl_buddy *entries = g_new0(pl_buddy, n);
    for (size_t i = 0; i < n; i++)
        if (!read_entry(&reader, i ? &entries[i - 1] : NULL, &entries[i]))
            return PL_BUDDIES_MALFORMED;
    size_t used = len - pl_reader_left(&reader);
    if (reader.failed || padded(used) != len || !pl_read_zeros(&reader, len - used))
        return PL_BUDDIES_MALFORMED;
    *ret_entries = g_steal_pointer(&entries);
    *ret_n = n;
    return PL_BUDDIES_OK;
}

/* --- the value --- */

/* Ed25519 keys of this list alone, which live as long as the password and the salt do: a session's keys would
 * be gone by the next one. */
static void make_signing_keys(pl_keypair *ret_keys, const pl_suite *suite, const pl_buddies_secret *secret)
{
    suite->hmac(ret_keys->private_key, secret->key, sizeof secret->key, BYTES_OF(SIGN_LABEL), NULL, 0);
    suite->sign_public(ret_keys->public_key, ret_keys->private_key);
}

static void make_seal_key(uint8_t ret_key[PL_KEY_BYTES], const pl_suite *suite,
                          const pl_buddies_secret *secret, const uint8_t *fresh)
{
    suite->hmac(ret_key, secret->key, sizeof secret->key, BYTES_OF(SEAL_LABEL), fresh, PL_BUDDIES_SALT_BYTES);
}

/* The owner's name does not stand in the value: under another salt each machine names him otherwise. */
static void make_owner(uint8_t ret_owner[PL_HASH_BYTES], const pl_suite *suite, const uint8_t *salt,
                       const char *name)
{
    suite->hmac(ret_owner, salt, PL_BUDDIES_SALT_BYTES, BYTES_OF(OWNER_LABEL), (const uint8_t *)name,
                strlen(name));
}

static void write_head(pl_writer *writer, const pl_buddies_seal *seal, const pl_keypair *keys,
                       size_t sealed_len)
{
    uint8_t owner[PL_HASH_BYTES];
    make_owner(owner, seal->suite, seal->secret->salt, seal->owner);
    pl_write_bytes(writer, magic, sizeof magic);
    pl_write_u8(writer, VERSION);
    pl_write_u32(writer, seal->secret->rounds);
    pl_write_bytes(writer, seal->secret->salt, sizeof seal->secret->salt);
    pl_write_bytes(writer, owner, sizeof owner);
    pl_write_u64(writer, seal->serial);
    pl_write_bytes(writer, seal->fresh, sizeof seal->fresh);
    pl_write_bytes(writer, keys->public_key, PL_KEY_BYTES);
    pl_write_u16(writer, (uint16_t)sealed_len);
}

uint8_t *pl_buddies_value_make(const pl_buddies_seal *seal, const pl_buddy *entries, size_t n,
                               size_t *ret_len)
{
    const pl_suite *suite = seal->suite;
    uint8_t *value = g_malloc(PL_BUDDIES_VALUE_MAX), *sealed = value + PL_BUDDIES_HEAD_BYTES;
    uint8_t key[PL_KEY_BYTES], hash[PL_HASH_BYTES];
    pl_keypair keys;
    pl_writer writer;
    size_t plain_len = pl_buddies_plain_write(entries, n, sealed), signed_len;
    make_signing_keys(&keys, suite, seal->secret);
    make_seal_key(key, suite, seal->secret, seal->fresh);
    pl_writer_init(&writer, value, PL_BUDDIES_HEAD_BYTES);
    write_head(&writer, seal, &keys, plain_len + PL_TAG_BYTES);
    g_assert(!writer.failed && writer.len == PL_BUDDIES_HEAD_BYTES);
    suite->seal(sealed, key, 0, value, PL_BUDDIES_HEAD_BYTES, sealed, plain_len);
    signed_len = PL_BUDDIES_HEAD_BYTES + plain_len + PL_TAG_BYTES;
    suite->hash(hash, BYTES_OF(VALUE_LABEL), value, signed_len);
    suite->sign(value + signed_len, keys.public_key, keys.private_key, hash, sizeof hash);
    pl_bytes_wipe(&keys, sizeof keys);
    pl_bytes_wipe(key, sizeof key);
    *ret_len = signed_len + PL_SIGNATURE_BYTES;
    return value;
}

typedef struct head {
    uint32_t rounds;
    const uint8_t *salt, *owner, *fresh, *sign_key;
    uint64_t serial;
    size_t sealed_len;
} head;

/* Form only: what it says of itself, and whether it is as long as it says. */
static pl_buddies_refusal read_head(head *h, const uint8_t *bytes, size_t len)
{
    pl_reader reader;
    if (len > PL_BUDDIES_VALUE_MAX)
        return PL_BUDDIES_OVERSIZED;
    if (len < PL_BUDDIES_HEAD_BYTES)
        return PL_BUDDIES_TRUNCATED;
    pl_reader_init(&reader, bytes, len);
    bool is_list = memcmp(pl_read_view(&reader, sizeof magic), magic, sizeof magic) == 0;
    if (!is_list || pl_read_u8(&reader) != VERSION)
        return PL_BUDDIES_MALFORMED;
    h->rounds = pl_read_u32(&reader);
    h->salt = pl_read_view(&reader, PL_BUDDIES_SALT_BYTES);
    h->owner = pl_read_view(&reader, PL_HASH_BYTES);
    h->serial = pl_read_u64(&reader);
    h->fresh = pl_read_view(&reader, PL_BUDDIES_SALT_BYTES);
    h->sign_key = pl_read_view(&reader, PL_KEY_BYTES);
    h->sealed_len = pl_read_u16(&reader);
    size_t whole = PL_BUDDIES_HEAD_BYTES + h->sealed_len + PL_SIGNATURE_BYTES;
    if (len != whole)
        return len < whole ? PL_BUDDIES_TRUNCATED : PL_BUDDIES_OVERSIZED;
    bool is_sane =
        h->serial > 0 && h->rounds > 0 && h->rounds <= PL_BUDDIES_ROUNDS_MAX && h->sealed_len >= PL_TAG_BYTES;
    return is_sane ? PL_BUDDIES_OK : PL_BUDDIES_MALFORMED;
}

/* What needs no password: is it as its signer left it, and is it this user's? */
static pl_buddies_refusal check_head(const head *h, const pl_suite *suite, const char *owner,
                                     const uint8_t *bytes)
{
    uint8_t hash[PL_HASH_BYTES], own[PL_HASH_BYTES];
    size_t signed_len = PL_BUDDIES_HEAD_BYTES + h->sealed_len;
    suite->hash(hash, BYTES_OF(VALUE_LABEL), bytes, signed_len);
    if (!suite->verify(h->sign_key, hash, sizeof hash, bytes + signed_len))
        return PL_BUDDIES_TAMPERED;
    make_owner(own, suite, h->salt, owner);
    return pl_bytes_equal(own, h->owner, sizeof own) ? PL_BUDDIES_OK : PL_BUDDIES_OTHER_USER;
}

/* What needs it: the signing key is the one that this password makes, and so is the seal. */
static pl_buddies_refusal unseal(const head *h, const pl_suite *suite, size_t max, const uint8_t *bytes,
                                 pl_buddies_opened *opened)
{
    pl_keypair keys;
    uint8_t key[PL_KEY_BYTES];
    make_signing_keys(&keys, suite, &opened->secret);
    bool is_ours = pl_bytes_equal(keys.public_key, h->sign_key, PL_KEY_BYTES);
    pl_bytes_wipe(&keys, sizeof keys);
    if (!is_ours)
        return PL_BUDDIES_PASSWORD;
    size_t plain_len = h->sealed_len - PL_TAG_BYTES;
    uint8_t *plain = g_malloc(plain_len + 1);
    make_seal_key(key, suite, &opened->secret, h->fresh);
    pl_buddies_refusal refusal = PL_BUDDIES_TAMPERED;
    if (suite->open(plain, key, 0, bytes, PL_BUDDIES_HEAD_BYTES, bytes + PL_BUDDIES_HEAD_BYTES,
                    h->sealed_len))
        refusal = pl_buddies_plain_read(plain, plain_len, max, &opened->entries, &opened->n);
    pl_bytes_wipe(key, sizeof key);
    pl_bytes_wipe(plain, plain_len);
    g_free(plain);
    return refusal;
}

pl_buddies_refusal pl_buddies_value_open(const pl_suite *suite, const pl_buddies_pass *pass,
                                         const char *owner, size_t max, const uint8_t *bytes, size_t len,
                                         pl_buddies_opened *ret_opened)
{
    head h;
    pl_buddies_refusal refusal = read_head(&h, bytes, len);
    if (refusal == PL_BUDDIES_OK)
        refusal = check_head(&h, suite, owner, bytes);
    if (refusal != PL_BUDDIES_OK)
        return refusal;
    pl_buddies_opened opened = {.serial = h.serial, .secret.rounds = h.rounds};
    memcpy(opened.secret.salt, h.salt, sizeof opened.secret.salt);
    pl_buddies_secret_make(&opened.secret, suite, pass);
    refusal = unseal(&h, suite, max, bytes, &opened);
    if (refusal == PL_BUDDIES_OK)
        *ret_opened = opened;
    pl_bytes_wipe(&opened.secret, sizeof opened.secret);
    return refusal;
}

/* --- the mark --- */

static void mark_proof(const pl_suite *suite, const pl_buddies_secret *secret, const uint8_t *head_bytes,
                       uint8_t ret_proof[PL_HASH_BYTES])
{
    suite->hmac(ret_proof, secret->key, sizeof secret->key, BYTES_OF(MARK_LABEL), head_bytes, 1 + 8);
}

void pl_buddies_mark_make(const pl_suite *suite, const pl_buddies_secret *secret, uint64_t serial,
                          uint8_t ret_mark[PL_BUDDIES_MARK_BYTES])
{
    pl_writer writer;
    pl_writer_init(&writer, ret_mark, PL_BUDDIES_MARK_BYTES);
    pl_write_u8(&writer, VERSION);
    pl_write_u64(&writer, serial);
    mark_proof(suite, secret, ret_mark, ret_mark + writer.len);
}

bool pl_buddies_mark_read(const pl_suite *suite, const pl_buddies_secret *secret, const uint8_t *mark,
                          size_t len, uint64_t *ret_serial)
{
    uint8_t proof[PL_HASH_BYTES];
    pl_reader reader;
    if (len != PL_BUDDIES_MARK_BYTES)
        return false;
    mark_proof(suite, secret, mark, proof);
    pl_reader_init(&reader, mark, len);
    bool is_known = pl_read_u8(&reader) == VERSION;
    uint64_t serial = pl_read_u64(&reader);
    if (!is_known || !pl_bytes_equal(proof, mark + 1 + 8, sizeof proof))
        return false;
    *ret_serial = serial;
    return true;
}
