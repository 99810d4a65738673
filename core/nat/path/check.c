#include "core/nat/path/check.h"

#include <glib.h>
#include <string.h>

/* Where the fields of a USERNAME begin. */
#define END_AT    17
#define METHOD_AT 19
#define NUMBER_AT 21
G_STATIC_ASSERT(NUMBER_AT + 8 == PL_CHECK_USERNAME_BYTES);
G_STATIC_ASSERT(PL_PATH_METHODS_COUNT <= 10);

bool pl_check_key(uint8_t ret_key[PL_HASH_BYTES], const pl_suite *suite, const pl_keypair *own_dh,
                  const pl_offer *offer, const pl_offer *answer, const uint8_t peer_dh[PL_KEY_BYTES])
{
    uint8_t secret[PL_KEY_BYTES], session[8], nonces[2 * PL_OFFER_NONCE_BYTES];
    pl_writer writer;
    if (!suite->dh(secret, own_dh->private_key, peer_dh))
        return false;
    memcpy(nonces, offer->nonce, PL_OFFER_NONCE_BYTES);
    memcpy(nonces + PL_OFFER_NONCE_BYTES, answer->nonce, PL_OFFER_NONCE_BYTES);
    pl_writer_init(&writer, session, sizeof session);
    pl_write_u64(&writer, offer->session);
    suite->hmac(ret_key, secret, sizeof secret, nonces, sizeof nonces, session, sizeof session);
    pl_bytes_wipe(secret, sizeof secret);
    return true;
}

/* --- the username --- */

static void write_hex(char *text, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--, value >>= 4)
        text[i - 1] = "0123456789abcdef"[value & 15];
}

/* False if it is no number of that many digits, written as we write it. */
static bool read_hex(uint64_t *ret_value, const char *text, size_t digits)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
        value = value << 4 | (uint64_t)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    }
    *ret_value = value;
    return true;
}

static void write_username(char text[PL_CHECK_USERNAME_BYTES], const pl_check *check)
{
    memset(text, ':', PL_CHECK_USERNAME_BYTES);
    write_hex(text, check->session, 16);
    text[END_AT] = check->from_caller ? 'c' : 'a';
    text[METHOD_AT] = (char)('0' + (unsigned)check->method);
    write_hex(text + NUMBER_AT, check->number, 8);
}

static bool read_username(pl_check *check, const pl_stun *stun)
{
    const char *text = (const char *)stun->username.data;
    uint64_t number;
    if (!pl_stun_has(stun, PL_STUN_USERNAME) || stun->username.len != PL_CHECK_USERNAME_BYTES)
        return false;
    if (text[END_AT - 1] != ':' || text[METHOD_AT - 1] != ':' || text[NUMBER_AT - 1] != ':')
        return false;
    if (!read_hex(&check->session, text, 16) || !read_hex(&number, text + NUMBER_AT, 8))
        return false;
    if ((text[END_AT] != 'c' && text[END_AT] != 'a') || text[METHOD_AT] < '0' ||
        text[METHOD_AT] >= '0' + (int)PL_PATH_METHODS_COUNT)
        return false;
    check->from_caller = text[END_AT] == 'c';
    check->method = (pl_path_method)(text[METHOD_AT] - '0');
    check->number = (uint32_t)number;
    return check->number != 0;
}

/* --- messages --- */

static size_t finish(pl_writer *writer, const uint8_t key[PL_HASH_BYTES])
{
    pl_stun_add_integrity(writer, key, PL_HASH_BYTES);
    pl_stun_add_fingerprint(writer);
    g_assert(!writer->failed);
    return writer->len;
}

size_t pl_check_write(const pl_check *check, const uint8_t key[PL_HASH_BYTES], uint8_t *ret_bytes)
{
    char username[PL_CHECK_USERNAME_BYTES];
    pl_writer writer;
    write_username(username, check);
    pl_writer_init(&writer, ret_bytes, PL_CHECK_BYTES_MAX);
    pl_stun_begin(&writer, PL_STUN_REQUEST, PL_STUN_MAGIC, check->id);
    pl_stun_add(&writer, PL_STUN_USERNAME, username, sizeof username);
    pl_stun_add_u32(&writer, PL_STUN_PRIORITY, check->priority);
    pl_stun_add_u64(&writer, check->from_caller ? PL_STUN_ICE_CONTROLLING : PL_STUN_ICE_CONTROLLED,
                    check->tie_breaker);
    if (check->nominates)
        pl_stun_add(&writer, PL_STUN_USE_CANDIDATE, NULL, 0);
    return finish(&writer, key);
}

size_t pl_check_write_answer(const uint8_t id[PL_STUN_ID_BYTES], pl_addr observed, const uint8_t key[PL_HASH_BYTES],
                             uint8_t *ret_bytes)
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_CHECK_BYTES_MAX);
    pl_stun_begin(&writer, PL_STUN_SUCCESS, PL_STUN_MAGIC, id);
    pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, observed);
    return finish(&writer, key);
}

size_t pl_check_write_indication(const uint8_t id[PL_STUN_ID_BYTES], uint8_t *ret_bytes)
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_CHECK_BYTES_MAX);
    pl_stun_begin(&writer, PL_STUN_INDICATION, PL_STUN_MAGIC, id);
    pl_stun_add_fingerprint(&writer);
    g_assert(!writer.failed);
    return writer.len;
}

int pl_check_read(pl_check *ret_check, const pl_stun *stun, const uint8_t *data, uint64_t session, bool from_caller,
                  const uint8_t key[PL_HASH_BYTES])
{
    pl_check check = {0};
    if (stun->kind != PL_STUN_REQUEST || stun->method != PL_STUN_BINDING || pl_stun_is_classic(stun) ||
        stun->n_unknown > 0 || !pl_stun_has(stun, PL_STUN_PRIORITY) || !read_username(&check, stun))
        return PL_ERR_MALFORMED;
    if (check.session != session || check.from_caller != from_caller)
        return PL_ERR_UNEXPECTED;
    if (!pl_stun_verify(stun, data, key, PL_HASH_BYTES))
        return PL_ERR_FORGED;
    if (!pl_stun_has(stun, from_caller ? PL_STUN_ICE_CONTROLLING : PL_STUN_ICE_CONTROLLED))
        return PL_ERR_UNEXPECTED;
    check.nominates = pl_stun_has(stun, PL_STUN_USE_CANDIDATE);
    if (check.nominates && !from_caller)
        return PL_ERR_UNEXPECTED;
    check.priority = stun->priority;
    check.tie_breaker = stun->tie_breaker;
    memcpy(check.id, stun->id, sizeof check.id);
    *ret_check = check;
    return 0;
}

uint64_t pl_check_session(const pl_stun *stun)
{
    pl_check check;
    bool request = stun->kind == PL_STUN_REQUEST && stun->method == PL_STUN_BINDING;
    return request && read_username(&check, stun) && check.session <= INT64_MAX ? check.session : 0;
}

int pl_check_remember(pl_check_memory *memory, const pl_check *check, pl_addr from)
{
    size_t slot = check->number % PL_CHECK_MEMORY;
    if (memory->highest >= PL_CHECK_MEMORY && check->number <= memory->highest - PL_CHECK_MEMORY)
        return PL_ERR_REPLAYED;
    if (memory->seen[slot].number == check->number) {
        bool repeated = memcmp(memory->seen[slot].id, check->id, sizeof check->id) == 0 &&
                        pl_addr_equal(memory->seen[slot].from, from);
        return repeated ? 0 : PL_ERR_REPLAYED;
    }
    if (memory->seen[slot].number > check->number)
        return PL_ERR_REPLAYED; /* its place was taken by a later one */
    memory->seen[slot].number = check->number;
    memcpy(memory->seen[slot].id, check->id, sizeof check->id);
    memory->seen[slot].from = from;
    if (check->number > memory->highest)
        memory->highest = check->number;
    return 0;
}

uint32_t pl_check_priority(pl_candidate_type type)
{
    /* spec RFC 8445 §5.1.2.2 */
    static const uint32_t preferences[] = {[PL_CANDIDATE_HOST] = 126,
                                           [PL_CANDIDATE_REFLEXIVE] = 100,
                                           [PL_CANDIDATE_PEER_REFLEXIVE] = 110,
                                           [PL_CANDIDATE_RELAYED] = 0};
    return preferences[type] << 24 | 65535u << 8 | 255u;
}
