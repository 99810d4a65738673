#include "tests/support/turn_words.h"

#include <glib.h>
#include <string.h>

static void add_raw(pl_writer *writer, const char *text)
{
    for (; text && *text; text += 2) {
        while (*text == ' ')
            text++;
        pl_write_u8(writer, (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1])));
    }
    size_t counted = writer->len - PL_STUN_HEADER_BYTES;
    writer->data[2] = (uint8_t)(counted >> 8);
    writer->data[3] = (uint8_t)counted;
}

static void add_proof(pl_writer *writer, const turn_words *words)
{
    const pl_turn_account *account = words->account;
    uint8_t key[16];
    if (!words->without_user)
        pl_stun_add(writer, PL_STUN_USERNAME, account->user, strlen(account->user));
    if (!words->without_realm)
        pl_stun_add(writer, PL_STUN_REALM, "partyline", 9);
    if (words->nonce)
        pl_stun_add(writer, PL_STUN_NONCE, words->nonce, 16);
    pl_stun_long_term_key(key, account->user, "partyline", account->password);
    pl_stun_add_integrity(writer, key, sizeof key);
}

size_t turn_words_write(uint8_t ret_bytes[TURN_WORDS_MAX], const turn_words *words)
{
    static const uint8_t filler[TURN_WORDS_MAX];
    uint8_t id[PL_STUN_ID_BYTES], transport = words->with_transport ? 17 : words->transport;
    pl_writer writer;
    memset(id, words->number, sizeof id);
    pl_writer_init(&writer, ret_bytes, TURN_WORDS_MAX);
    pl_stun_begin_method(&writer, words->method, words->kind, id);
    if (transport)
        pl_stun_add_u32(&writer, PL_STUN_REQUESTED_TRANSPORT, (uint32_t)transport << 24);
    if (words->lifetime)
        pl_stun_add_u32(&writer, PL_STUN_LIFETIME, words->lifetime < 0 ? 0 : (uint32_t)words->lifetime);
    if (words->channel)
        pl_stun_add_u32(&writer, PL_STUN_CHANNEL_NUMBER, (uint32_t)words->channel << 16);
    for (size_t i = 0; i < words->n_peers; i++)
        pl_stun_add_addr(&writer, PL_STUN_XOR_PEER, words->peers[i]);
    if (words->data)
        pl_stun_add(&writer, PL_STUN_DATA, words->data, strlen(words->data));
    add_raw(&writer, words->raw);
    if (writer.len + 4 <= words->padded_to)
        pl_stun_add(&writer, PL_STUN_SOFTWARE, filler, words->padded_to - writer.len - 4);
    if (words->account)
        add_proof(&writer, words);
    g_assert_false(writer.failed);
    return writer.len;
}
