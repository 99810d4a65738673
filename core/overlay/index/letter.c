#include "core/overlay/index/letter.h"

#include <glib.h>
#include <string.h>

#include "core/wire/buffer.h"

#define LABEL       "partyline letter"
#define LABEL_BYTES (sizeof LABEL - 1)

#define GONE_BYTES  13 /* before the name */

typedef enum direction { TO_ASK, TO_REPLY } direction;

_Static_assert(PL_LETTER_PLAIN_MAX + PL_TAG_BYTES == PL_MESSAGE_SEALED_MAX, "what is sealed can be sent");

/* hash(shared secret ‖ label ‖ direction ‖ the asker's key ‖ the asked one's): one key each way. */
static bool key_of(uint8_t ret_key[PL_KEY_BYTES], const pl_letter_ends *ends, const uint8_t *asker,
                   const uint8_t *asked, direction way)
{
    uint8_t shared[PL_KEY_BYTES], context[LABEL_BYTES + 1 + 2 * PL_KEY_BYTES];
    if (!ends->suite->dh(shared, ends->own->private_key, ends->other))
        return false;
    memcpy(context, LABEL, LABEL_BYTES);
    context[LABEL_BYTES] = (uint8_t)way;
    memcpy(context + LABEL_BYTES + 1, asker, PL_KEY_BYTES);
    memcpy(context + LABEL_BYTES + 1 + PL_KEY_BYTES, asked, PL_KEY_BYTES);
    ends->suite->hash(ret_key, shared, sizeof shared, context, sizeof context);
    pl_bytes_wipe(shared, sizeof shared);
    return true;
}

static size_t write_question(uint8_t *ret_datagram, const pl_letter_ends *ends, pl_message *message,
                             const uint8_t *plain, size_t len)
{
    uint8_t key[PL_KEY_BYTES], sealed[PL_MESSAGE_SEALED_MAX];
    if (!key_of(key, ends, ends->own->public_key, ends->other, TO_ASK))
        return 0;
    ends->suite->seal(sealed, key, message->transaction, NULL, 0, plain, len);
    pl_bytes_wipe(key, sizeof key);
    message->dh_key = ends->own->public_key;
    message->body = (pl_bytes_view){sealed, len + PL_TAG_BYTES};
    return pl_message_write(message, ret_datagram, PL_LETTER_BYTES_MAX);
}

size_t pl_letter_query(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                       const char *name)
{
    uint8_t plain[PL_LETTER_PLAIN_MAX] = {(uint8_t)strlen(name)};
    pl_message message = {.id = PL_MESSAGE_QUERY, .transaction = transaction};
    g_assert(plain[0] >= 1 && plain[0] <= PL_MESSAGE_NAME_MAX);
    memcpy(plain + 1, name, plain[0]);
    return write_question(ret_datagram, ends, &message, plain, sizeof plain);
}

size_t pl_letter_store(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                       pl_bytes_view entry)
{
    pl_message message = {.id = PL_MESSAGE_STORE, .transaction = transaction};
    g_assert(entry.len >= 1 && entry.len <= PL_MESSAGE_INDEX_MAX);
    return write_question(ret_datagram, ends, &message, entry.data, entry.len);
}

size_t pl_letter_gone(uint8_t *ret_datagram, const pl_letter_ends *ends, uint64_t transaction,
                      const pl_departure *gone)
{
    uint8_t plain[GONE_BYTES + PL_MESSAGE_NAME_MAX];
    pl_message message = {.id = PL_MESSAGE_GONE, .transaction = transaction};
    pl_writer writer;
    pl_writer_init(&writer, plain, sizeof plain);
    pl_write_u64(&writer, (uint64_t)gone->stamp);
    pl_write_u32(&writer, gone->since);
    pl_write_u8(&writer, (uint8_t)strlen(gone->name));
    pl_write_bytes(&writer, (const uint8_t *)gone->name, strlen(gone->name));
    g_assert(!writer.failed);
    return write_question(ret_datagram, ends, &message, plain, writer.len);
}

size_t pl_letter_reply(uint8_t *ret_datagram, const pl_suite *suite, const pl_letter *question,
                       const pl_message *message, const pl_reply *reply)
{
    uint8_t plain[PL_LETTER_PLAIN_MAX], sealed[PL_MESSAGE_SEALED_MAX];
    pl_writer writer;
    pl_writer_init(&writer, plain, sizeof plain);
    pl_write_u8(&writer, (uint8_t)reply->verdict);
    if (reply->verdict == PL_VERDICT_GONE)
        pl_write_u32(&writer, reply->since);
    if (reply->entry.len)
        pl_write_bytes(&writer, reply->entry.data, reply->entry.len);
    g_assert(!writer.failed);
    suite->seal(sealed, question->reply_key, message->transaction, NULL, 0, plain, writer.len);
    pl_message datagram = {.id = message->id == PL_MESSAGE_QUERY ? PL_MESSAGE_ANSWER : PL_MESSAGE_STORED,
                           .transaction = message->transaction,
                           .body = {sealed, writer.len + PL_TAG_BYTES}};
    return pl_message_write(&datagram, ret_datagram, PL_LETTER_BYTES_MAX);
}

/* One encoding: a name as names are, and zeros after it. */
static int read_name(pl_letter *letter)
{
    size_t len = letter->plain[0];
    if (len == 0 || len > PL_MESSAGE_NAME_MAX)
        return PL_ERR_MALFORMED;
    for (size_t i = 1; i < sizeof letter->plain; i++) {
        uint8_t byte = letter->plain[i];
        if (i <= len ? byte <= ' ' || byte > '~' : byte != 0)
            return PL_ERR_MALFORMED;
    }
    memcpy(letter->name, letter->plain + 1, len);
    letter->name[len] = 0;
    return 0;
}

/* One encoding: as many bytes as it says, and a name as names are. */
static int read_gone(pl_letter *letter, size_t len)
{
    pl_reader reader;
    pl_departure *gone = &letter->gone;
    *gone = (pl_departure){0};
    pl_reader_init(&reader, letter->plain, len);
    gone->stamp = (int64_t)pl_read_u64(&reader);
    gone->since = pl_read_u32(&reader);
    size_t n = pl_read_u8(&reader);
    const uint8_t *name = pl_read_view(&reader, MIN(n, (size_t)PL_MESSAGE_NAME_MAX));
    if (reader.failed || pl_reader_left(&reader) > 0 || n > PL_MESSAGE_NAME_MAX || gone->stamp < 0)
        return PL_ERR_MALFORMED;
    for (size_t i = 0; i < n; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return PL_ERR_MALFORMED;
    memcpy(gone->name, name, n);
    return 0;
}

static int open_sealed(pl_letter *letter, const pl_letter_ends *ends, const uint8_t key[PL_KEY_BYTES],
                       const pl_message *message)
{
    const pl_bytes_view *sealed = &message->body;
    if (sealed->len <= PL_TAG_BYTES || sealed->len > PL_MESSAGE_SEALED_MAX)
        return PL_ERR_MALFORMED;
    return ends->suite->open(letter->plain, key, message->transaction, NULL, 0, sealed->data, sealed->len)
               ? 0
               : PL_ERR_FORGED;
}

int pl_letter_read(pl_letter *ret_letter, const pl_letter_ends *ends, const pl_message *message)
{
    uint8_t key[PL_KEY_BYTES];
    const pl_letter_ends from = {ends->suite, ends->own, message->dh_key};
    if (!key_of(key, &from, message->dh_key, ends->own->public_key, TO_ASK) ||
        !key_of(ret_letter->reply_key, &from, message->dh_key, ends->own->public_key, TO_REPLY))
        return PL_ERR_FORGED;
    int error = open_sealed(ret_letter, ends, key, message);
    pl_bytes_wipe(key, sizeof key);
    if (error)
        return error;
    if (message->id == PL_MESSAGE_QUERY)
        return read_name(ret_letter);
    if (message->id == PL_MESSAGE_GONE)
        return read_gone(ret_letter, message->body.len - PL_TAG_BYTES);
    ret_letter->entry = (pl_bytes_view){ret_letter->plain, message->body.len - PL_TAG_BYTES};
    return ret_letter->entry.len <= PL_MESSAGE_INDEX_MAX ? 0 : PL_ERR_MALFORMED;
}

/* A verdict belongs to its kind of question, and has an entry with it or none. */
static int read_reply(pl_letter *letter, const pl_message *message)
{
    bool is_stored = message->id == PL_MESSAGE_STORED;
    uint8_t least = is_stored ? PL_VERDICT_KEPT : PL_VERDICT_FOUND;
    uint8_t most = is_stored ? PL_VERDICT_REFUSED : PL_VERDICT_GONE;
    pl_reader reader;
    pl_reader_init(&reader, letter->plain, message->body.len - PL_TAG_BYTES);
    uint8_t verdict = pl_read_u8(&reader);
    bool is_gone = verdict == PL_VERDICT_GONE;
    letter->since = is_gone ? pl_read_u32(&reader) : 0;
    letter->entry.len = pl_reader_left(&reader);
    letter->entry.data = pl_read_view(&reader, letter->entry.len);
    letter->verdict = (pl_verdict)verdict;
    if (reader.failed || verdict < least || verdict > most || (is_gone && letter->since == 0) ||
        (verdict == PL_VERDICT_FOUND || is_gone) != (letter->entry.len > 0))
        return PL_ERR_MALFORMED;
    return 0;
}

int pl_letter_read_reply(pl_letter *ret_letter, const pl_letter_ends *ends, const pl_message *message)
{
    uint8_t key[PL_KEY_BYTES];
    if (!key_of(key, ends, ends->own->public_key, ends->other, TO_REPLY))
        return PL_ERR_FORGED;
    int error = open_sealed(ret_letter, ends, key, message);
    pl_bytes_wipe(key, sizeof key);
    if (error)
        return error;
    return read_reply(ret_letter, message);
}
