#include "core/wire/message_read.h"

#include "core/wire/message_overlay.h"

#include <glib.h>

/* Bytes of a host-cache entry: address 4, port 2, seen 4. */
#define ENTRY_BYTES 10

/* Each reader judges the fields' values; whether the bytes suffice is judged once, at the end. */

static int read_probe(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    return pl_read_zeros(reader, 20) ? 0 : PL_ERR_MALFORMED;
}

static int read_probe_answer(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    uint8_t status = pl_read_u8(reader);
    if (status != PL_PROBE_WELCOME && status != PL_PROBE_FULL)
        return PL_ERR_MALFORMED;
    message->status = (pl_probe_status)status;
    return pl_read_zeros(reader, 19) ? 0 : PL_ERR_MALFORMED;
}

static int read_credential(pl_message *message, pl_reader *reader)
{
    message->credential.len = pl_reader_left(reader);
    message->credential.data = pl_read_view(reader, message->credential.len);
    return 0;
}

static int read_attach(pl_message *message, pl_reader *reader)
{
    uint8_t role = pl_read_u8(reader);
    if (role < PL_ATTACH_CLIENT || role > PL_ATTACH_VISITOR)
        return PL_ERR_MALFORMED;
    message->role = (pl_attach_role)role;
    return 0;
}

static void read_entry(pl_cache_entry *ret_entry, pl_reader *reader)
{
    ret_entry->addr = pl_read_addr(reader);
    ret_entry->seen = pl_read_u32(reader);
}

/* Always last in its message, so the bytes left must be exactly the entries: nothing is written
 * before that is known. */
static int read_entries(pl_message *message, pl_reader *reader)
{
    size_t count = pl_read_u16(reader);
    if (count > PL_MESSAGE_ENTRIES_MAX)
        return PL_ERR_OVERSIZED;
    if (pl_reader_left(reader) != count * ENTRY_BYTES)
        return pl_reader_left(reader) < count * ENTRY_BYTES ? PL_ERR_SHORT : PL_ERR_OVERSIZED;
    message->n_entries = count;
    message->entries = message->ret_entries;
    for (size_t i = 0; i < count; i++) {
        pl_cache_entry entry;
        read_entry(&entry, reader);
        if (message->ret_entries)
            message->ret_entries[i] = entry;
    }
    return 0;
}

static int read_attached(pl_message *message, pl_reader *reader)
{
    uint64_t unix_time = pl_read_u64(reader);
    if (unix_time > INT64_MAX)
        return PL_ERR_MALFORMED;
    message->unix_time = (int64_t)unix_time;
    message->n_servers = pl_read_u8(reader);
    if (message->n_servers > PL_MESSAGE_SERVERS_MAX)
        return PL_ERR_OVERSIZED;
    for (size_t i = 0; i < message->n_servers; i++)
        message->servers[i] = pl_read_addr(reader);
    return read_entries(message, reader);
}

/* A code beyond our table is kept: a later version may know more reasons, and "no" is understood anyway. */
static int read_refused(pl_message *message, pl_reader *reader)
{
    uint8_t code = pl_read_u8(reader);
    message->refusal = (pl_refusal)code;
    return code == 0 ? PL_ERR_MALFORMED : 0;
}

static int read_nothing(pl_message *message, pl_reader *reader)
{
    (void)message;
    (void)reader;
    return 0;
}

static int read_stun_change(pl_message *message, pl_reader *reader)
{
    message->target = pl_read_addr(reader);
    pl_read_bytes(reader, message->stun_id, sizeof message->stun_id);
    message->change_port = pl_read_u8(reader);
    if (message->change_port > 1)
        return PL_ERR_MALFORMED;
    return pl_read_zeros(reader, 2) ? 0 : PL_ERR_MALFORMED;
}

/* A string of 0..255 bytes after its length. */
pl_bytes_view pl_message_read_string(pl_reader *reader)
{
    size_t len = pl_read_u8(reader);
    const uint8_t *data = pl_read_view(reader, len);
    return (pl_bytes_view){.data = data, .len = data ? len : 0};
}

/* Printable ASCII without the space: a name goes into logs, files and comparisons as it is. */
static bool is_name(pl_bytes_view name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~')
            return false;
    }
    return name.len > 0;
}

static int read_login(pl_message *message, pl_reader *reader)
{
    message->sign_key = pl_read_view(reader, PL_MESSAGE_KEY_BYTES);
    message->dh_key = pl_read_view(reader, PL_MESSAGE_KEY_BYTES);
    message->name = pl_message_read_string(reader);
    message->password = pl_message_read_string(reader);
    if (reader->failed)
        return PL_ERR_SHORT;
    if (message->name.len > PL_MESSAGE_NAME_MAX || message->password.len > PL_MESSAGE_PASSWORD_MAX)
        return PL_ERR_OVERSIZED;
    return is_name(message->name) ? 0 : PL_ERR_MALFORMED;
}

int pl_message_check_name(pl_bytes_view name)
{
    if (name.len > PL_MESSAGE_NAME_MAX)
        return PL_ERR_OVERSIZED;
    return is_name(name) ? 0 : PL_ERR_MALFORMED;
}

static int read_signal(pl_message *message, pl_reader *reader)
{
    message->visit = pl_read_u32(reader);
    message->name = pl_message_read_string(reader);
    message->body.len = pl_read_u16(reader);
    if (message->body.len > PL_MESSAGE_BODY_MAX)
        return PL_ERR_OVERSIZED;
    message->body.data = pl_read_view(reader, message->body.len);
    return reader->failed ? PL_ERR_SHORT : pl_message_check_name(message->name);
}

static int read_signal_failed(pl_message *message, pl_reader *reader)
{
    message->visit = pl_read_u32(reader);
    int error = read_refused(message, reader);
    message->name = pl_message_read_string(reader);
    if (reader->failed)
        return PL_ERR_SHORT;
    return error ? error : pl_message_check_name(message->name);
}

/* User and password go into STUN attributes and keys as text, so both are held to the rule of names. */
static int read_relay_grant(pl_message *message, pl_reader *reader)
{
    message->name = pl_message_read_string(reader);
    message->password = pl_message_read_string(reader);
    message->lifetime = pl_read_u32(reader);
    if (reader->failed)
        return PL_ERR_SHORT;
    int error = pl_message_check_name(message->name);
    return error ? error : pl_message_check_name(message->password);
}

static int read_move(pl_message *message, pl_reader *reader)
{
    message->target = pl_read_addr(reader);
    return 0;
}

static int read_resources(pl_message *message, pl_reader *reader)
{
    message->cpu = pl_read_u32(reader);
    message->memory = pl_read_u32(reader);
    message->bandwidth = pl_read_u32(reader);
    message->uptime = pl_read_u32(reader);
    message->port = pl_read_u16(reader);
    return 0;
}

static int read_promoted(pl_message *message, pl_reader *reader)
{
    uint8_t answer = pl_read_u8(reader);
    message->answer = (pl_promoted_answer)answer;
    return answer == PL_PROMOTED_YES || answer == PL_PROMOTED_NO ? 0 : PL_ERR_MALFORMED;
}

static int (*const body_readers[])(pl_message *message, pl_reader *reader) = {
    [PL_MESSAGE_PROBE] = read_probe,
    [PL_MESSAGE_PROBE_ANSWER] = read_probe_answer,
    [PL_MESSAGE_PING] = pl_overlay_read_ping,
    [PL_MESSAGE_ACK] = pl_overlay_read_ping,
    [PL_MESSAGE_PULL] = pl_overlay_read_pull,
    [PL_MESSAGE_PAGE] = pl_overlay_read_page,
    [PL_MESSAGE_STORE] = pl_overlay_read_letter,
    [PL_MESSAGE_STORED] = pl_overlay_read_reply,
    [PL_MESSAGE_QUERY] = pl_overlay_read_letter,
    [PL_MESSAGE_ANSWER] = pl_overlay_read_reply,
    [PL_MESSAGE_GONE] = pl_overlay_read_letter,
    [PL_MESSAGE_REGISTER] = pl_overlay_read_entry,
    [PL_MESSAGE_FIND] = pl_overlay_read_find,
    [PL_MESSAGE_LAST_KNOWN] = pl_overlay_read_entry,
    [PL_MESSAGE_SEARCH] = pl_overlay_read_search,
    [PL_MESSAGE_SEARCH_NODES] = pl_overlay_read_search_nodes,
    [PL_MESSAGE_SEARCH_RESULT] = pl_overlay_read_search_result,
    [PL_MESSAGE_SEARCH_TOLD] = pl_overlay_read_entry,
    [PL_MESSAGE_SEARCH_SILENT] = pl_overlay_read_search_silent,
    [PL_MESSAGE_CREDENTIAL] = read_credential,
    [PL_MESSAGE_ATTACH] = read_attach,
    [PL_MESSAGE_ATTACHED] = read_attached,
    [PL_MESSAGE_REFUSED] = read_refused,
    [PL_MESSAGE_CACHE_REQUEST] = read_nothing,
    [PL_MESSAGE_CACHE_ENTRIES] = read_entries,
    [PL_MESSAGE_ADVERTISE] = read_credential,
    [PL_MESSAGE_ADVERTISED] = read_nothing,
    [PL_MESSAGE_STUN_CHANGE] = read_stun_change,
    [PL_MESSAGE_SIGNAL] = read_signal,
    [PL_MESSAGE_SIGNAL_FAILED] = read_signal_failed,
    [PL_MESSAGE_RELAY_REQUEST] = read_nothing,
    [PL_MESSAGE_RELAY_GRANT] = read_relay_grant,
    [PL_MESSAGE_LOGIN] = read_login,
    [PL_MESSAGE_GRANTED] = read_credential,
    [PL_MESSAGE_KEEP_ALIVE] = read_nothing,
    [PL_MESSAGE_MOVE] = read_move,
    [PL_MESSAGE_RESOURCES] = read_resources,
    [PL_MESSAGE_PROMOTE] = read_attached,
    [PL_MESSAGE_PROMOTED] = read_promoted,
};

int pl_message_read_body(pl_message *message, pl_reader *reader)
{
    g_assert((size_t)message->id < G_N_ELEMENTS(body_readers));
    int error = body_readers[message->id](message, reader);
    if (reader->failed)
        return PL_ERR_SHORT;
    if (error)
        return error;
    return pl_reader_left(reader) > 0 ? PL_ERR_OVERSIZED : 0;
}
