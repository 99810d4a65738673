#include "core/wire/message_overlay.h"

#include <glib.h>

#include "core/wire/message_read.h"

#define NODE_BYTES   PL_MESSAGE_NODE_BYTES
#define RUMOUR_BYTES 7   /* kind 1, address 6 */
#define PING_ZEROS   6   /* beyond the rumours */
#define PULL_ZEROS   982 /* a pull is as long as the page that answers it */

pl_addr pl_message_node(pl_bytes_view nodes, size_t item_bytes, size_t i)
{
    pl_reader reader;
    g_assert((i + 1) * item_bytes <= nodes.len);
    pl_reader_init(&reader, nodes.data + i * item_bytes, NODE_BYTES);
    return pl_read_addr(&reader);
}

const uint8_t *pl_message_key(pl_bytes_view nodes, size_t i)
{
    g_assert((i + 1) * PL_MESSAGE_KEYED_BYTES <= nodes.len);
    return nodes.data + i * PL_MESSAGE_KEYED_BYTES + NODE_BYTES;
}

void pl_message_put_node(uint8_t *out, pl_addr node)
{
    pl_writer writer;
    pl_writer_init(&writer, out, NODE_BYTES);
    pl_write_addr(&writer, node);
}

/* PING, ACK: transaction 8, incarnation 4, key 32, target 6, count 1, per rumour kind 1 and address 6, zeros.
 */
void pl_overlay_write_ping(const pl_message *message, pl_writer *writer)
{
    g_assert(message->n_rumours <= PL_MESSAGE_RUMOURS_MAX);
    pl_write_u64(writer, message->transaction);
    pl_write_u32(writer, message->incarnation);
    pl_write_bytes(writer, message->dh_key, PL_MESSAGE_KEY_BYTES);
    pl_write_addr(writer, message->target);
    pl_write_u8(writer, message->n_rumours);
    for (size_t i = 0; i < message->n_rumours; i++) {
        pl_write_u8(writer, (uint8_t)message->rumours[i].kind);
        pl_write_addr(writer, message->rumours[i].about);
    }
    pl_write_zeros(writer, (size_t)(PL_MESSAGE_RUMOURS_MAX - message->n_rumours) * RUMOUR_BYTES + PING_ZEROS);
}

int pl_overlay_read_ping(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    message->incarnation = pl_read_u32(reader);
    message->dh_key = pl_read_view(reader, PL_MESSAGE_KEY_BYTES);
    message->target = pl_read_addr(reader);
    message->n_rumours = pl_read_u8(reader);
    if (message->n_rumours > PL_MESSAGE_RUMOURS_MAX)
        return PL_ERR_OVERSIZED;
    for (size_t i = 0; i < message->n_rumours; i++) {
        uint8_t kind = pl_read_u8(reader);
        if (kind != PL_RUMOUR_JOINED && kind != PL_RUMOUR_LOST)
            return PL_ERR_MALFORMED;
        message->rumours[i] = (pl_rumour){(pl_rumour_kind)kind, pl_read_addr(reader)};
    }
    size_t zeros = (size_t)(PL_MESSAGE_RUMOURS_MAX - message->n_rumours) * RUMOUR_BYTES + PING_ZEROS;
    return pl_read_zeros(reader, zeros) ? 0 : PL_ERR_MALFORMED;
}

/* PULL: transaction 8, after 6, zeros 982. */
void pl_overlay_write_pull(const pl_message *message, pl_writer *writer)
{
    pl_write_u64(writer, message->transaction);
    pl_write_addr(writer, message->target);
    pl_write_zeros(writer, PULL_ZEROS);
}

int pl_overlay_read_pull(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    message->target = pl_read_addr(reader);
    return pl_read_zeros(reader, PULL_ZEROS) ? 0 : PL_ERR_MALFORMED;
}

/* PAGE: transaction 8, count 2, per member address 6, zeros. */
void pl_overlay_write_page(const pl_message *message, pl_writer *writer)
{
    size_t n = message->nodes.len / NODE_BYTES;
    g_assert(n <= PL_MESSAGE_PAGE_MAX);
    pl_write_u64(writer, message->transaction);
    pl_write_u16(writer, (uint16_t)n);
    pl_write_bytes(writer, message->nodes.data, n * NODE_BYTES);
    pl_write_zeros(writer, (PL_MESSAGE_PAGE_MAX - n) * NODE_BYTES + 2);
}

int pl_overlay_read_page(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    size_t n = pl_read_u16(reader);
    if (n > PL_MESSAGE_PAGE_MAX)
        return PL_ERR_OVERSIZED;
    message->nodes = (pl_bytes_view){pl_read_view(reader, n * NODE_BYTES), n * NODE_BYTES};
    return pl_read_zeros(reader, (PL_MESSAGE_PAGE_MAX - n) * NODE_BYTES + 2) ? 0 : PL_ERR_MALFORMED;
}

static void write_view(pl_bytes_view view, pl_writer *writer)
{
    g_assert(view.len <= PL_MESSAGE_INDEX_MAX);
    pl_write_bytes(writer, view.data, view.len);
}

/* All that is left. */
static int read_view(pl_bytes_view *ret_view, pl_reader *reader)
{
    ret_view->len = pl_reader_left(reader);
    ret_view->data = pl_read_view(reader, ret_view->len);
    return ret_view->len > PL_MESSAGE_INDEX_MAX ? PL_ERR_OVERSIZED : 0;
}

static void write_sealed(pl_bytes_view sealed, pl_writer *writer)
{
    g_assert(sealed.len <= PL_MESSAGE_SEALED_MAX);
    pl_write_bytes(writer, sealed.data, sealed.len);
}

/* STORE, QUERY, GONE: transaction 8, the asker's key 32, sealed. */
void pl_overlay_write_letter(const pl_message *message, pl_writer *writer)
{
    pl_write_u64(writer, message->transaction);
    pl_write_bytes(writer, message->dh_key, PL_MESSAGE_KEY_BYTES);
    write_sealed(message->body, writer);
}

int pl_overlay_read_letter(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    message->dh_key = pl_read_view(reader, PL_MESSAGE_KEY_BYTES);
    message->body.len = pl_reader_left(reader);
    message->body.data = pl_read_view(reader, message->body.len);
    return 0;
}

/* STORED, ANSWER: transaction 8, sealed. */
void pl_overlay_write_reply(const pl_message *message, pl_writer *writer)
{
    pl_write_u64(writer, message->transaction);
    write_sealed(message->body, writer);
}

int pl_overlay_read_reply(pl_message *message, pl_reader *reader)
{
    message->transaction = pl_read_u64(reader);
    message->body.len = pl_reader_left(reader);
    message->body.data = pl_read_view(reader, message->body.len);
    return 0;
}

static void write_name(pl_bytes_view name, pl_writer *writer)
{
    g_assert(name.len >= 1 && name.len <= PL_MESSAGE_NAME_MAX);
    pl_write_u8(writer, (uint8_t)name.len);
    pl_write_bytes(writer, name.data, name.len);
}

/* REGISTER, LAST_KNOWN, SEARCH_TOLD: the entry is the whole body. */
void pl_overlay_write_entry(const pl_message *message, pl_writer *writer)
{
    write_view(message->entry, writer);
}

int pl_overlay_read_entry(pl_message *message, pl_reader *reader)
{
    return read_view(&message->entry, reader);
}

/* FIND: length 1, name. */
void pl_overlay_write_find(const pl_message *message, pl_writer *writer)
{
    write_name(message->name, writer);
}

int pl_overlay_read_find(pl_message *message, pl_reader *reader)
{
    message->name = pl_message_read_string(reader);
    return reader->failed ? PL_ERR_SHORT : pl_message_check_name(message->name);
}

/* SEARCH: search 4, round 1, way 1, length 1, name. */
void pl_overlay_write_search(const pl_message *message, pl_writer *writer)
{
    pl_write_u32(writer, message->search);
    pl_write_u8(writer, message->round);
    pl_write_u8(writer, (uint8_t)message->way);
    write_name(message->name, writer);
}

int pl_overlay_read_search(pl_message *message, pl_reader *reader)
{
    message->search = pl_read_u32(reader);
    message->round = pl_read_u8(reader);
    uint8_t way = pl_read_u8(reader);
    int error = pl_overlay_read_find(message, reader);
    if (!error && way != PL_SEARCH_BY_CLIENT && way != PL_SEARCH_ON_BEHALF)
        return PL_ERR_MALFORMED;
    message->way = (pl_search_way)way;
    return error;
}

/* SEARCH_NODES: search 4, round 1, slot size 1, of these named 1, own no 1, own sure no 1, network 2, count
 * 1, per node address 6. */
void pl_overlay_write_search_nodes(const pl_message *message, pl_writer *writer)
{
    size_t n = message->nodes.len / PL_MESSAGE_KEYED_BYTES;
    g_assert(n <= PL_MESSAGE_NODES_MAX && message->slot_named <= n);
    pl_write_u32(writer, message->search);
    pl_write_u8(writer, message->round);
    pl_write_u8(writer, message->slot_size);
    pl_write_u8(writer, message->slot_named);
    pl_write_u8(writer, message->slot_no);
    pl_write_u8(writer, message->slot_sure);
    pl_write_u16(writer, message->network);
    pl_write_u8(writer, (uint8_t)n);
    pl_write_bytes(writer, message->nodes.data, n * PL_MESSAGE_KEYED_BYTES);
}

int pl_overlay_read_search_nodes(pl_message *message, pl_reader *reader)
{
    message->search = pl_read_u32(reader);
    message->round = pl_read_u8(reader);
    message->slot_size = pl_read_u8(reader);
    message->slot_named = pl_read_u8(reader);
    message->slot_no = pl_read_u8(reader);
    message->slot_sure = pl_read_u8(reader);
    message->network = pl_read_u16(reader);
    size_t n = pl_read_u8(reader);
    if (n > PL_MESSAGE_NODES_MAX)
        return PL_ERR_OVERSIZED;
    message->nodes =
        (pl_bytes_view){pl_read_view(reader, n * PL_MESSAGE_KEYED_BYTES), n * PL_MESSAGE_KEYED_BYTES};
    return message->slot_named > n ? PL_ERR_MALFORMED : 0;
}

/* What stands in the place of "found". */
enum { FOUND_NOBODY, FOUND, FOUND_GONE };

/* SEARCH_RESULT: search 4, round 1, slot size 1, slot no 1, slot sure 1, network 2, asked 1, answered 1,
 * found 1, since 4 if it is 2, entry if it is not 0. */
void pl_overlay_write_search_result(const pl_message *message, pl_writer *writer)
{
    pl_write_u32(writer, message->search);
    pl_write_u8(writer, message->round);
    pl_write_u8(writer, message->slot_size);
    pl_write_u8(writer, message->slot_no);
    pl_write_u8(writer, message->slot_sure);
    pl_write_u16(writer, message->network);
    pl_write_u8(writer, message->asked);
    pl_write_u8(writer, message->answered);
    pl_write_u8(writer, message->entry.len == 0 ? FOUND_NOBODY : message->since ? FOUND_GONE : FOUND);
    if (message->entry.len > 0 && message->since)
        pl_write_u32(writer, message->since);
    write_view(message->entry, writer);
}

int pl_overlay_read_search_result(pl_message *message, pl_reader *reader)
{
    message->search = pl_read_u32(reader);
    message->round = pl_read_u8(reader);
    message->slot_size = pl_read_u8(reader);
    message->slot_no = pl_read_u8(reader);
    message->slot_sure = pl_read_u8(reader);
    message->network = pl_read_u16(reader);
    message->asked = pl_read_u8(reader);
    message->answered = pl_read_u8(reader);
    uint8_t found = pl_read_u8(reader);
    message->since = found == FOUND_GONE ? pl_read_u32(reader) : 0;
    int error = read_view(&message->entry, reader);
    bool is_odd = found > FOUND_GONE || (found != FOUND_NOBODY) != (message->entry.len > 0) ||
                  (found == FOUND_GONE && message->since == 0);
    return !error && is_odd ? PL_ERR_MALFORMED : error;
}

/* SEARCH_SILENT: count 1, not 0, addresses of 6. */
void pl_overlay_write_search_silent(const pl_message *message, pl_writer *writer)
{
    size_t n = message->nodes.len / PL_MESSAGE_NODE_BYTES;
    g_assert(n >= 1 && n <= PL_MESSAGE_NODES_MAX);
    pl_write_u8(writer, (uint8_t)n);
    pl_write_bytes(writer, message->nodes.data, n * PL_MESSAGE_NODE_BYTES);
}

int pl_overlay_read_search_silent(pl_message *message, pl_reader *reader)
{
    size_t n = pl_read_u8(reader);
    if (n == 0)
        return PL_ERR_MALFORMED;
    if (n > PL_MESSAGE_NODES_MAX)
        return PL_ERR_OVERSIZED;
    message->nodes = (pl_bytes_view){pl_read_view(reader, n * PL_MESSAGE_NODE_BYTES), n * PL_MESSAGE_NODE_BYTES};
    return 0;
}
