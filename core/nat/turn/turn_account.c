/* Who may use the relay: accounts of which nothing is kept, and the long-term credential mechanism (RFC 8489
 * §9.2). */
#include <string.h>

#include "core/nat/turn/turn_server_internal.h"

#define REALM       "partyline"
#define NONCE_BYTES 16 /* chosen: 64 bits in hexadecimal: RFC 8489 §14.10 wants text */
/* chosen: a nonce lives ten to twenty minutes, so that a refresh every four finds most of its life ahead. */
#define NONCE_EPOCH     (600 * PL_SECOND)
#define EXPIRY_DIGITS   8  /* chosen: 32 bits of Unix seconds, until 2106 */
#define TAG_DIGITS      16 /* chosen: 64 bits that stand for the client's name, and do not tell it */
#define USER_BYTES      (EXPIRY_DIGITS + TAG_DIGITS)
#define PASSWORD_DIGITS 32 /* chosen: 128 bits */
G_STATIC_ASSERT(USER_BYTES <= PL_TURN_USER_MAX && PASSWORD_DIGITS <= PL_TURN_PASSWORD_MAX);
/* Header, error, realm, nonce. */
G_STATIC_ASSERT(PL_STUN_HEADER_BYTES + 8 + 4 + 12 + 4 + NONCE_BYTES == PL_TURN_CHALLENGE_BYTES);

/* What a sum under the secret is about: none may be taken for another. */
typedef enum sum_of { SUBJECT_TAG = 1, SUBJECT_PASSWORD, SUBJECT_NONCE } sum_of;

static void sum(const pl_turn_server *server, sum_of subject, const void *data, size_t len,
                uint8_t ret_sum[PL_HASH_BYTES])
{
    uint8_t first = (uint8_t)subject;
    server->options.context->suite->hmac(ret_sum, server->secret, sizeof server->secret, &first, 1, data,
                                         len);
}

static void to_digits(char *ret_text, const uint8_t *bytes, size_t n_digits)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n_digits; i++)
        ret_text[i] = digits[(i % 2 ? bytes[i / 2] : bytes[i / 2] >> 4) & 15];
}

/* False if there is anything but hexadecimal digits of lower case. */
static bool from_digits(const uint8_t *text, size_t n_digits, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n_digits; i++) {
        bool is_number = text[i] >= '0' && text[i] <= '9', is_letter = text[i] >= 'a' && text[i] <= 'f';
        if (!is_number && !is_letter)
            return false;
        value = value << 4 | (uint64_t)(is_number ? text[i] - '0' : text[i] - 'a' + 10);
    }
    *ret_value = value;
    return true;
}

static void make_password(const pl_turn_server *server, const uint8_t user[USER_BYTES],
                          char ret_password[PASSWORD_DIGITS + 1])
{
    uint8_t whole[PL_HASH_BYTES];
    sum(server, SUBJECT_PASSWORD, user, USER_BYTES, whole);
    to_digits(ret_password, whole, PASSWORD_DIGITS);
    ret_password[PASSWORD_DIGITS] = 0;
}

void pl_turn_server_account(const pl_turn_server *server, const char *name, pl_turn_account *ret_account,
                            pl_time now)
{
    const pl_context *context = server->options.context;
    uint64_t expires =
        (uint64_t)(pl_context_unix(context, now) + context->config->turn_account_lifetime / PL_SECOND);
    uint8_t tag[PL_HASH_BYTES], seconds[4];
    pl_writer writer;
    pl_writer_init(&writer, seconds, sizeof seconds);
    pl_write_u32(&writer, (uint32_t)MIN(expires, UINT32_MAX));
    sum(server, SUBJECT_TAG, name, strlen(name), tag);
    *ret_account = (pl_turn_account){0};
    to_digits(ret_account->user, seconds, EXPIRY_DIGITS);
    to_digits(ret_account->user + EXPIRY_DIGITS, tag, TAG_DIGITS);
    make_password(server, (const uint8_t *)ret_account->user, ret_account->password);
}

/* The nonce of an endpoint in an epoch: it proves that an answer of ours reached that very endpoint. */
static void make_nonce(const pl_turn_exchange *asked, char ret_nonce[NONCE_BYTES], int64_t age)
{
    uint8_t text[15], whole[PL_HASH_BYTES];
    pl_writer writer;
    pl_writer_init(&writer, text, sizeof text);
    pl_write_u8(&writer, asked->leg ? 1 : 0);
    pl_write_addr(&writer, asked->from);
    pl_write_u64(&writer, (uint64_t)(asked->now / NONCE_EPOCH - age));
    sum(asked->server, SUBJECT_NONCE, text, sizeof text, whole);
    to_digits(ret_nonce, whole, NONCE_BYTES);
}

/* This epoch's nonce or the one before. */
static bool nonce_is_valid(const pl_turn_exchange *asked)
{
    const pl_stun_text *nonce = &asked->stun.nonce;
    bool is_valid = false;
    for (int64_t age = 0; age <= 1 && nonce->len == NONCE_BYTES; age++) {
        char expected[NONCE_BYTES];
        make_nonce(asked, expected, age);
        is_valid |= pl_bytes_equal((const uint8_t *)expected, nonce->data, NONCE_BYTES);
    }
    return is_valid;
}

/* A user that we may have made, whose time has not come. */
static bool read_user(const pl_turn_exchange *asked, uint64_t *ret_tag)
{
    const pl_stun_text *user = &asked->stun.username;
    uint64_t expires;
    return user->len == USER_BYTES && from_digits(user->data, EXPIRY_DIGITS, &expires) &&
           from_digits(user->data + EXPIRY_DIGITS, TAG_DIGITS, ret_tag) &&
           pl_context_unix(asked->server->options.context, asked->now) < (int64_t)expires;
}

uint16_t pl_turn_account_check(pl_turn_exchange *asked)
{
    const pl_stun *stun = &asked->stun;
    uint64_t tag;
    if (!pl_stun_has(stun, PL_STUN_INTEGRITY))
        return PL_STUN_ERROR_UNAUTHENTICATED;
    if (!pl_stun_has(stun, PL_STUN_USERNAME) || !pl_stun_has(stun, PL_STUN_REALM) ||
        !pl_stun_has(stun, PL_STUN_NONCE))
        return PL_STUN_ERROR_BAD_REQUEST;
    if (!nonce_is_valid(asked))
        return PL_STUN_ERROR_STALE_NONCE;
    if (!read_user(asked, &tag))
        return PL_STUN_ERROR_UNAUTHENTICATED;
    char user[USER_BYTES + 1] = {0}, password[PASSWORD_DIGITS + 1];
    memcpy(user, stun->username.data, USER_BYTES);
    make_password(asked->server, stun->username.data, password);
    pl_stun_long_term_key(asked->key, user, REALM, password);
    asked->tag = (int64_t)tag;
    asked->is_proved = pl_stun_verify(stun, asked->data, asked->key, sizeof asked->key);
    return asked->is_proved ? 0 : PL_STUN_ERROR_UNAUTHENTICATED;
}

void pl_turn_account_add_challenge(const pl_turn_exchange *asked, pl_writer *answer)
{
    char nonce[NONCE_BYTES];
    make_nonce(asked, nonce, 0);
    pl_stun_add(answer, PL_STUN_REALM, REALM, sizeof REALM - 1);
    pl_stun_add(answer, PL_STUN_NONCE, nonce, sizeof nonce);
}
