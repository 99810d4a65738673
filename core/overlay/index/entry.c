#include "core/overlay/index/entry.h"

#include <glib.h>
#include <string.h>

#include "core/wire/buffer.h"

#define VERSION     1 /* chosen: the first */
#define LABEL       "partyline entry"
#define LABEL_BYTES (sizeof LABEL - 1)

_Static_assert(PL_ENTRY_BYTES_MAX <= PL_MESSAGE_INDEX_MAX, "an entry can be sent");

const char *pl_presence_name(pl_presence state)
{
    return state == PL_PRESENCE_ONLINE ? "online" : "offline";
}

/* All before the signature. */
static void write_body(const pl_entry *entry, pl_writer *writer)
{
    uint8_t credential[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&entry->credential, credential);
    pl_write_u8(writer, VERSION);
    pl_write_u8(writer, (uint8_t)entry->state);
    pl_write_addr(writer, entry->supernode);
    pl_write_u64(writer, (uint64_t)entry->stamp);
    pl_write_u64(writer, (uint64_t)entry->expires);
    pl_write_u8(writer, (uint8_t)len);
    pl_write_bytes(writer, credential, len);
}

static size_t signed_bytes(const pl_entry *entry, uint8_t ret_bytes[LABEL_BYTES + PL_ENTRY_BYTES_MAX])
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, LABEL_BYTES + PL_ENTRY_BYTES_MAX);
    pl_write_bytes(&writer, LABEL, LABEL_BYTES);
    write_body(entry, &writer);
    return writer.len;
}

void pl_entry_make(pl_entry *ret_entry, const pl_context *context, const pl_entry_facts *facts, pl_time now)
{
    uint8_t bytes[LABEL_BYTES + PL_ENTRY_BYTES_MAX];
    const pl_config *config = context->config;
    bool is_online = facts->state == PL_PRESENCE_ONLINE;
    pl_span lifetime = config->index_lifetime + (is_online ? config->index_refresh : 0);
    *ret_entry =
        (pl_entry){.state = facts->state, .supernode = facts->supernode, .credential = *facts->credential};
    ret_entry->stamp = MAX(pl_context_unix_ms(context, now), facts->after + 1);
    ret_entry->expires = ret_entry->stamp + lifetime / PL_MILLISECOND;
    size_t len = signed_bytes(ret_entry, bytes);
    context->suite->sign(ret_entry->signature, facts->sign->public_key, facts->sign->private_key, bytes, len);
}

size_t pl_entry_encode(const pl_entry *entry, uint8_t *ret_bytes)
{
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_ENTRY_BYTES_MAX);
    write_body(entry, &writer);
    pl_write_bytes(&writer, entry->signature, PL_SIGNATURE_BYTES);
    return writer.len;
}

int pl_entry_decode(pl_entry *ret_entry, const uint8_t *bytes, size_t len)
{
    pl_reader reader;
    pl_entry entry = {0};
    pl_reader_init(&reader, bytes, len);
    uint8_t version = pl_read_u8(&reader), state = pl_read_u8(&reader);
    entry.supernode = pl_read_addr(&reader);
    uint64_t stamp = pl_read_u64(&reader), expires = pl_read_u64(&reader);
    size_t credential_len = pl_read_u8(&reader);
    const uint8_t *credential = pl_read_view(&reader, credential_len);
    pl_read_bytes(&reader, entry.signature, PL_SIGNATURE_BYTES);
    if (reader.failed)
        return PL_ERR_SHORT;
    if (version != VERSION || pl_reader_left(&reader) > 0 || stamp > INT64_MAX || expires > INT64_MAX)
        return PL_ERR_MALFORMED;
    if ((state != PL_PRESENCE_ONLINE && state != PL_PRESENCE_OFFLINE) || !entry.supernode.ip ||
        !entry.supernode.port)
        return PL_ERR_MALFORMED;
    if (pl_credential_decode(&entry.credential, credential, credential_len) != 0)
        return PL_ERR_MALFORMED;
    entry.state = (pl_presence)state;
    entry.stamp = (int64_t)stamp;
    entry.expires = (int64_t)expires;
    *ret_entry = entry;
    return 0;
}

/* The credential had to be valid when the entry was signed, not now: who logged out in its last hour is still
 * found for index.lifetime. */
int pl_entry_check_times(const pl_entry *entry, const pl_context *context, pl_time now)
{
    const pl_config *config = context->config;
    int64_t unix_ms = pl_context_unix_ms(context, now);
    int64_t longest = (config->index_lifetime + config->index_refresh) / PL_MILLISECOND;
    if (entry->expires <= entry->stamp || entry->expires - entry->stamp > longest)
        return PL_ERR_MALFORMED;
    if (entry->stamp / 1000 >= entry->credential.expires)
        return PL_ERR_MALFORMED;
    if (entry->stamp > unix_ms + config->index_skew / PL_MILLISECOND)
        return PL_ERR_UNEXPECTED;
    return unix_ms >= entry->expires ? PL_ERR_EXPIRED : 0;
}

int pl_entry_check_signature(const pl_entry *entry, const pl_context *context)
{
    uint8_t bytes[LABEL_BYTES + PL_ENTRY_BYTES_MAX];
    size_t len = signed_bytes(entry, bytes);
    return context->suite->verify(entry->credential.sign_key, bytes, len, entry->signature) ? 0
                                                                                            : PL_ERR_FORGED;
}

int pl_entry_check(const pl_entry *entry, const pl_context *context,
                   const uint8_t server_sign_key[PL_KEY_BYTES], pl_time now)
{
    int error = pl_entry_check_times(entry, context, now);
    if (!error)
        error = pl_credential_check(&entry->credential, context->suite, server_sign_key, entry->stamp / 1000);
    return error ? error : pl_entry_check_signature(entry, context);
}
