#include "core/wire/message.h"

#include <glib.h>

#include "core/wire/buffer.h"
#include "core/wire/message_overlay.h"
#include "core/wire/message_read.h"

static const pl_message_row rows[] = {
#define X(id, code, carrier, name, shortest, longest) [id] = {name, code, carrier, shortest, longest},
    PL_MESSAGES(X)
#undef X
};

const pl_message_row *pl_message_row_of(pl_message_id id)
{
    return &rows[id];
}

size_t pl_message_count(void)
{
    return G_N_ELEMENTS(rows);
}

const char *pl_refusal_name(pl_refusal refusal)
{
    static const struct {
        pl_refusal refusal;
        const char *name;
    } names[] = {
#define X(id, code, name) {id, name},
        PL_REFUSALS(X)
#undef X
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].refusal == refusal)
            return names[i].name;
    }
    return "unknown-refusal";
}

/* PROBE: transaction 8, zeros 20. */
static void write_probe(const pl_message *message, pl_writer *writer)
{
    pl_write_u64(writer, message->transaction);
    pl_write_zeros(writer, 20);
}

/* PROBE_ANSWER: transaction 8, status 1, zeros 19. */
static void write_probe_answer(const pl_message *message, pl_writer *writer)
{
    pl_write_u64(writer, message->transaction);
    pl_write_u8(writer, (uint8_t)message->status);
    pl_write_zeros(writer, 19);
}

/* CREDENTIAL, ADVERTISE, GRANTED: the encoded credential is the whole body. */
static void write_credential(const pl_message *message, pl_writer *writer)
{
    g_assert(message->credential.len >= 1 && message->credential.len <= PL_MESSAGE_CREDENTIAL_MAX);
    pl_write_bytes(writer, message->credential.data, message->credential.len);
}

/* ATTACH: role 1. */
static void write_attach(const pl_message *message, pl_writer *writer)
{
    pl_write_u8(writer, (uint8_t)message->role);
}

/* CACHE_ENTRIES: count 2, then per entry address 4, port 2, seen 4. */
static void write_entries(const pl_message *message, pl_writer *writer)
{
    g_assert(message->n_entries <= PL_MESSAGE_ENTRIES_MAX);
    pl_write_u16(writer, (uint16_t)message->n_entries);
    for (size_t i = 0; i < message->n_entries; i++) {
        pl_write_addr(writer, message->entries[i].addr);
        pl_write_u32(writer, message->entries[i].seen);
    }
}

/* ATTACHED, PROMOTE: Unix time 8, count of servers 1, per server address 4 and port 2, then as CACHE_ENTRIES. */
static void write_attached(const pl_message *message, pl_writer *writer)
{
    g_assert(message->unix_time >= 0 && message->n_servers <= PL_MESSAGE_SERVERS_MAX);
    pl_write_u64(writer, (uint64_t)message->unix_time);
    pl_write_u8(writer, (uint8_t)message->n_servers);
    for (size_t i = 0; i < message->n_servers; i++)
        pl_write_addr(writer, message->servers[i]);
    write_entries(message, writer);
}

/* REFUSED: code 1. */
static void write_refused(const pl_message *message, pl_writer *writer)
{
    g_assert((int)message->refusal >= 1 && (int)message->refusal <= UINT8_MAX);
    pl_write_u8(writer, (uint8_t)message->refusal);
}

/* A name or a password after its length of 1. */
static void write_string(pl_bytes_view string, pl_writer *writer)
{
    pl_write_u8(writer, (uint8_t)string.len);
    pl_write_bytes(writer, string.data, string.len);
}

static void assert_name(pl_bytes_view name)
{
    g_assert(name.len >= 1 && name.len <= PL_MESSAGE_NAME_MAX);
}

/* SIGNAL: visit 4, length of name 1, name, length of body 2, body. */
static void write_signal(const pl_message *message, pl_writer *writer)
{
    assert_name(message->name);
    g_assert(message->body.len <= PL_MESSAGE_BODY_MAX);
    pl_write_u32(writer, message->visit);
    write_string(message->name, writer);
    pl_write_u16(writer, (uint16_t)message->body.len);
    pl_write_bytes(writer, message->body.data, message->body.len);
}

/* SIGNAL_FAILED: visit 4, reason 1, length of name 1, name. */
static void write_signal_failed(const pl_message *message, pl_writer *writer)
{
    assert_name(message->name);
    pl_write_u32(writer, message->visit);
    write_refused(message, writer);
    write_string(message->name, writer);
}

/* RELAY_GRANT: length of user 1, user, length of password 1, password, lifetime 4. */
static void write_relay_grant(const pl_message *message, pl_writer *writer)
{
    assert_name(message->name);
    assert_name(message->password);
    write_string(message->name, writer);
    write_string(message->password, writer);
    pl_write_u32(writer, message->lifetime);
}

/* CACHE_REQUEST, ADVERTISED, RELAY_REQUEST, KEEP_ALIVE: no body. */
static void write_nothing(const pl_message *message, pl_writer *writer)
{
    (void)message;
    (void)writer;
}

/* STUN_CHANGE: target address 4 and port 2, STUN transaction id 12, port 1, zeros 2. */
static void write_stun_change(const pl_message *message, pl_writer *writer)
{
    g_assert(message->change_port <= 1);
    pl_write_addr(writer, message->target);
    pl_write_bytes(writer, message->stun_id, sizeof message->stun_id);
    pl_write_u8(writer, message->change_port);
    pl_write_zeros(writer, 2);
}

/* LOGIN: signing key 32, key-exchange key 32, length of name 1, name, length of password 1, password. */
static void write_login(const pl_message *message, pl_writer *writer)
{
    assert_name(message->name);
    g_assert(message->password.len <= PL_MESSAGE_PASSWORD_MAX);
    pl_write_bytes(writer, message->sign_key, PL_MESSAGE_KEY_BYTES);
    pl_write_bytes(writer, message->dh_key, PL_MESSAGE_KEY_BYTES);
    write_string(message->name, writer);
    write_string(message->password, writer);
}

/* MOVE: address 4 and port 2. */
static void write_move(const pl_message *message, pl_writer *writer)
{
    pl_write_addr(writer, message->target);
}

/* RESOURCES: cpu 4, memory 4, bandwidth 4, uptime 4, port 2. */
static void write_resources(const pl_message *message, pl_writer *writer)
{
    pl_write_u32(writer, message->cpu);
    pl_write_u32(writer, message->memory);
    pl_write_u32(writer, message->bandwidth);
    pl_write_u32(writer, message->uptime);
    pl_write_u16(writer, message->port);
}

/* PROMOTED: answer 1. */
static void write_promoted(const pl_message *message, pl_writer *writer)
{
    pl_write_u8(writer, (uint8_t)message->answer);
}

static void (*const body_writers[])(const pl_message *message, pl_writer *writer) = {
    [PL_MESSAGE_PROBE] = write_probe,
    [PL_MESSAGE_PROBE_ANSWER] = write_probe_answer,
    [PL_MESSAGE_PING] = pl_overlay_write_ping,
    [PL_MESSAGE_ACK] = pl_overlay_write_ping,
    [PL_MESSAGE_PULL] = pl_overlay_write_pull,
    [PL_MESSAGE_PAGE] = pl_overlay_write_page,
    [PL_MESSAGE_STORE] = pl_overlay_write_letter,
    [PL_MESSAGE_STORED] = pl_overlay_write_reply,
    [PL_MESSAGE_QUERY] = pl_overlay_write_letter,
    [PL_MESSAGE_ANSWER] = pl_overlay_write_reply,
    [PL_MESSAGE_GONE] = pl_overlay_write_letter,
    [PL_MESSAGE_REGISTER] = pl_overlay_write_entry,
    [PL_MESSAGE_FIND] = pl_overlay_write_find,
    [PL_MESSAGE_LAST_KNOWN] = pl_overlay_write_entry,
    [PL_MESSAGE_SEARCH] = pl_overlay_write_search,
    [PL_MESSAGE_SEARCH_NODES] = pl_overlay_write_search_nodes,
    [PL_MESSAGE_SEARCH_RESULT] = pl_overlay_write_search_result,
    [PL_MESSAGE_SEARCH_TOLD] = pl_overlay_write_entry,
    [PL_MESSAGE_SEARCH_SILENT] = pl_overlay_write_search_silent,
    [PL_MESSAGE_CREDENTIAL] = write_credential,
    [PL_MESSAGE_ATTACH] = write_attach,
    [PL_MESSAGE_ATTACHED] = write_attached,
    [PL_MESSAGE_REFUSED] = write_refused,
    [PL_MESSAGE_CACHE_REQUEST] = write_nothing,
    [PL_MESSAGE_CACHE_ENTRIES] = write_entries,
    [PL_MESSAGE_ADVERTISE] = write_credential,
    [PL_MESSAGE_ADVERTISED] = write_nothing,
    [PL_MESSAGE_STUN_CHANGE] = write_stun_change,
    [PL_MESSAGE_SIGNAL] = write_signal,
    [PL_MESSAGE_SIGNAL_FAILED] = write_signal_failed,
    [PL_MESSAGE_RELAY_REQUEST] = write_nothing,
    [PL_MESSAGE_RELAY_GRANT] = write_relay_grant,
    [PL_MESSAGE_LOGIN] = write_login,
    [PL_MESSAGE_GRANTED] = write_credential,
    [PL_MESSAGE_KEEP_ALIVE] = write_nothing,
    [PL_MESSAGE_MOVE] = write_move,
    [PL_MESSAGE_RESOURCES] = write_resources,
    [PL_MESSAGE_PROMOTE] = write_attached,
    [PL_MESSAGE_PROMOTED] = write_promoted,
};
G_STATIC_ASSERT(G_N_ELEMENTS(body_writers) == G_N_ELEMENTS(rows));

size_t pl_message_write(const pl_message *message, uint8_t *out, size_t size)
{
    const pl_message_row *row = pl_message_row_of(message->id);
    pl_writer writer;
    pl_writer_init(&writer, out, size);
    if (row->carrier == PL_CARRIER_DATAGRAM) {
        pl_write_u16(&writer, PL_MESSAGE_MAGIC);
        pl_write_u8(&writer, PL_MESSAGE_VERSION);
    }
    pl_write_u8(&writer, row->code);
    size_t head = writer.len;
    body_writers[message->id](message, &writer);
    if (writer.failed)
        return 0;
    g_assert(writer.len - head >= row->shortest && writer.len - head <= row->longest);
    return writer.len;
}

/* Reads up to and including the type; PL_ERR_MALFORMED for another protocol, version or type. */
static int read_head(pl_reader *reader, pl_carrier carrier, pl_message_id *ret_id)
{
    if (carrier == PL_CARRIER_DATAGRAM) {
        uint16_t magic = pl_read_u16(reader);
        uint8_t version = pl_read_u8(reader);
        if (!reader->failed && (magic != PL_MESSAGE_MAGIC || version != PL_MESSAGE_VERSION))
            return PL_ERR_MALFORMED;
    }
    uint8_t code = pl_read_u8(reader);
    if (reader->failed)
        return PL_ERR_SHORT;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].code == code && rows[i].carrier == carrier) {
            *ret_id = (pl_message_id)i;
            return 0;
        }
    }
    return PL_ERR_MALFORMED;
}

static int check_body_length(const pl_message_row *row, size_t len)
{
    if (len < row->shortest)
        return PL_ERR_SHORT;
    return len > row->longest ? PL_ERR_OVERSIZED : 0;
}

int pl_message_read(pl_message *ret_message, pl_carrier carrier, const uint8_t *data, size_t len)
{
    pl_message message = {.ret_entries = ret_message->ret_entries};
    pl_reader reader;
    pl_reader_init(&reader, data, len);
    int error = read_head(&reader, carrier, &message.id);
    if (!error)
        error = check_body_length(pl_message_row_of(message.id), pl_reader_left(&reader));
    if (!error)
        error = pl_message_read_body(&message, &reader);
    if (!error)
        *ret_message = message;
    return error;
}
