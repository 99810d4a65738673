/* The message table: one encoding each, every damaged one refused, no byte read beyond the end. */
#include "core/wire/message.h"

#include <glib.h>
#include <string.h>

#include "core/crypto/credential.h"

_Static_assert(PL_MESSAGE_NAME_MAX == PL_NAME_MAX, "a name that can be signed can be sent");
_Static_assert(PL_MESSAGE_PASSWORD_MAX == PL_PASSWORD_MAX, "a password that can be kept can be sent");
_Static_assert(PL_MESSAGE_KEY_BYTES == PL_KEY_BYTES, "a key is a key");
_Static_assert(PL_MESSAGE_CREDENTIAL_MAX >= PL_CREDENTIAL_BYTES_MAX, "a credential fits");

static const uint8_t key_a[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const uint8_t key_b[32] = {0xFF, 0xFE, 0xFD};
static const uint8_t blob[256] = {0xC0, 0xFF, 0xEE, [255] = 1};
static const uint8_t long_body[PL_MESSAGE_BODY_MAX] = {0xFF, [PL_MESSAGE_BODY_MAX - 1] = 0xFF};
static const uint8_t long_nodes[38 * PL_MESSAGE_NODES_MAX] = {0xFF};
static pl_cache_entry entries[PL_MESSAGE_ENTRIES_MAX];

static pl_bytes_view view_of(const char *text)
{
    return (pl_bytes_view){.data = (const uint8_t *)text, .len = strlen(text)};
}

/* What supernodes say to each other, and what belongs to searches. */
static size_t overlay_messages(pl_message *ret_messages)
{
    size_t n = 0;
    ret_messages[n++] = (pl_message){
        .id = PL_MESSAGE_PING,
        .transaction = 7,
        .incarnation = 1095206400,
        .dh_key = key_a,
        .target = {0x0A000001, 33033},
        .n_rumours = 2,
        .rumours = {{PL_RUMOUR_JOINED, {0x0A000002, 33033}}, {PL_RUMOUR_LOST, {0x0A000003, 443}}}};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_ACK, .transaction = 8, .incarnation = UINT32_MAX, .dh_key = key_b};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_PULL, .transaction = 9, .target = {0xFFFFFFFF, UINT16_MAX}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_PAGE, .transaction = 10, .nodes = {blob, 12}};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_STORE, .transaction = 11, .dh_key = key_a, .body = {blob, 240}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_STORED, .transaction = 12, .body = {blob, 17}};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_QUERY, .transaction = 13, .dh_key = key_b, .body = {long_body, 317}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_ANSWER, .transaction = 14, .body = {blob, 240}};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_GONE, .transaction = 15, .dh_key = key_a, .body = {blob, 29}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_REGISTER, .entry = {blob, 200}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_FIND, .name = view_of("bob")};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_LAST_KNOWN, .entry = {blob, 100}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SEARCH,
                                     .search = 0x01020304,
                                     .round = 3,
                                     .way = PL_SEARCH_ON_BEHALF,
                                     .name = view_of("bob")};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SEARCH_NODES,
                                     .search = 5,
                                     .round = 1,
                                     .slot_size = 9,
                                     .slot_named = 2,
                                     .slot_no = 1,
                                     .slot_sure = 1,
                                     .network = 1000,
                                     .nodes = {blob, 76}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SEARCH_RESULT,
                                     .search = 6,
                                     .round = 2,
                                     .slot_size = 9,
                                     .slot_no = 3,
                                     .slot_sure = 2,
                                     .network = UINT16_MAX,
                                     .asked = 16,
                                     .answered = 15,
                                     .entry = {blob, 200}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SEARCH_TOLD, .entry = {blob, 1}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SEARCH_SILENT, .nodes = {blob, 18}};
    return n;
}

/* Each message with typical fields, then each at its longest. */
static size_t typical_messages(pl_message *ret_messages)
{
    size_t n = 0;
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_PROBE, .transaction = 0x0102030405060708};
    ret_messages[n++] =
        (pl_message){.id = PL_MESSAGE_PROBE_ANSWER, .transaction = UINT64_MAX, .status = PL_PROBE_FULL};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_CREDENTIAL, .credential = {blob, 170}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_PARTNER};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_ATTACHED,
                                     .unix_time = 1095206400,
                                     .n_servers = 2,
                                     .servers = {{0x0A000001, 33033}, {0x0A000002, 443}},
                                     .n_entries = 3,
                                     .entries = entries};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_FULL};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_CACHE_REQUEST};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_CACHE_ENTRIES, .n_entries = 2, .entries = entries};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_ADVERTISE, .credential = {blob, 100}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_ADVERTISED};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_STUN_CHANGE,
                                     .target = {0xC0000201, 40000},
                                     .stun_id = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2},
                                     .change_port = 1};
    ret_messages[n++] = (pl_message){
        .id = PL_MESSAGE_SIGNAL, .visit = 0x01020304, .name = view_of("bob"), .body = {blob, 120}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_SIGNAL_FAILED,
                                     .visit = UINT32_MAX,
                                     .refusal = PL_REFUSAL_PEER_OFFLINE,
                                     .name = view_of("bob")};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_RELAY_REQUEST};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_RELAY_GRANT,
                                     .name = view_of("1095206400:alice"),
                                     .password = view_of("0123456789abcdef"),
                                     .lifetime = 600};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_LOGIN,
                                     .sign_key = key_a,
                                     .dh_key = key_b,
                                     .name = view_of("alice"),
                                     .password = view_of("pass word \xC3\xA9")};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_GRANTED, .credential = {blob, 1}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_KEEP_ALIVE};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_MOVE, .target = {0xC0000201, 33033}};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_RESOURCES,
                                     .cpu = 2400,
                                     .memory = 512,
                                     .bandwidth = UINT32_MAX,
                                     .uptime = 86400,
                                     .port = 33033};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_PROMOTE,
                                     .unix_time = 1095206400,
                                     .n_servers = 1,
                                     .servers = {{0x0A000001, 33033}},
                                     .n_entries = 3,
                                     .entries = entries};
    ret_messages[n++] = (pl_message){.id = PL_MESSAGE_PROMOTED, .answer = PL_PROMOTED_NO};
    return n + overlay_messages(ret_messages + n);
}

#define TEXT_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static size_t longest_body(pl_message_id id)
{
    const pl_message_row *row = pl_message_row_of(id);
    if (id == PL_MESSAGE_SIGNAL)
        return PL_MESSAGE_BODY_MAX;
    bool is_question = id == PL_MESSAGE_STORE || id == PL_MESSAGE_QUERY || id == PL_MESSAGE_GONE;
    return row->longest - (is_question ? 40u : 8u);
}

static size_t longest_messages(pl_message *ret_messages)
{
    size_t n = typical_messages(ret_messages);
    for (size_t i = 0; i < n; i++) {
        pl_message *message = &ret_messages[i];
        if (message->credential.data)
            message->credential.len = PL_MESSAGE_CREDENTIAL_MAX;
        if (message->entries)
            message->n_entries = PL_MESSAGE_ENTRIES_MAX;
        if (message->n_servers)
            message->n_servers = PL_MESSAGE_SERVERS_MAX;
        if (message->name.data)
            message->name = (pl_bytes_view){(const uint8_t *)TEXT_64, PL_MESSAGE_NAME_MAX};
        if (message->password.data)
            message->password.len = message->id == PL_MESSAGE_LOGIN ? PL_MESSAGE_PASSWORD_MAX : 32;
        if (message->password.data)
            message->password.data = (const uint8_t *)TEXT_64;
        if (message->id == PL_MESSAGE_SEARCH_RESULT)
            message->since = UINT32_MAX;
        if (message->entry.data)
            message->entry = (pl_bytes_view){long_body, PL_MESSAGE_INDEX_MAX};
        if (message->nodes.data)
            message->nodes.len = message->id == PL_MESSAGE_PAGE            ? 6 * PL_MESSAGE_PAGE_MAX
                                 : message->id == PL_MESSAGE_SEARCH_SILENT ? 6 * PL_MESSAGE_NODES_MAX
                                                                           : 38 * PL_MESSAGE_NODES_MAX;
        if (message->nodes.data)
            message->nodes.data = long_nodes;
        if (message->n_rumours)
            message->n_rumours = PL_MESSAGE_RUMOURS_MAX;
        for (size_t k = 2; k < message->n_rumours; k++)
            message->rumours[k] = message->rumours[0];
        if (message->body.data)
            message->body = (pl_bytes_view){long_body, longest_body(message->id)};
    }
    return n;
}

static void fill_entries(void)
{
    for (uint32_t i = 0; i < PL_MESSAGE_ENTRIES_MAX; i++)
        entries[i] = (pl_cache_entry){{0x0B000000 + i, (uint16_t)(1000 + i)}, 1095206400 + i};
}

static void assert_views_equal(pl_bytes_view a, pl_bytes_view b)
{
    g_assert_cmpuint(a.len, ==, b.len);
    g_assert_true(a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void assert_lists_equal(const pl_message *a, const pl_message *b)
{
    g_assert_cmpuint(a->n_servers, ==, b->n_servers);
    for (size_t i = 0; i < a->n_servers; i++)
        g_assert_true(pl_addr_equal(a->servers[i], b->servers[i]));
    g_assert_cmpuint(a->n_entries, ==, b->n_entries);
    for (size_t i = 0; i < a->n_entries; i++) {
        g_assert_true(pl_addr_equal(a->entries[i].addr, b->entries[i].addr));
        g_assert_cmpuint(a->entries[i].seen, ==, b->entries[i].seen);
    }
}

static void assert_overlay_equal(const pl_message *a, const pl_message *b)
{
    g_assert_cmpuint(a->incarnation, ==, b->incarnation);
    g_assert_cmpuint(a->n_rumours, ==, b->n_rumours);
    for (size_t i = 0; i < a->n_rumours; i++) {
        g_assert_cmpint((int)a->rumours[i].kind, ==, (int)b->rumours[i].kind);
        g_assert_true(pl_addr_equal(a->rumours[i].about, b->rumours[i].about));
    }
    assert_views_equal(a->nodes, b->nodes);
    assert_views_equal(a->entry, b->entry);
    g_assert_cmpuint(a->search, ==, b->search);
    g_assert_cmpuint(a->round, ==, b->round);
    g_assert_cmpint((int)a->way, ==, (int)b->way);
    g_assert_cmpuint(a->slot_size, ==, b->slot_size);
    g_assert_cmpuint(a->slot_named, ==, b->slot_named);
    g_assert_cmpuint(a->slot_no, ==, b->slot_no);
    g_assert_cmpuint(a->slot_sure, ==, b->slot_sure);
    g_assert_cmpuint(a->network, ==, b->network);
    g_assert_cmpuint(a->asked, ==, b->asked);
    g_assert_cmpuint(a->answered, ==, b->answered);
}

static void assert_messages_equal(const pl_message *a, const pl_message *b)
{
    g_assert_cmpint((int)a->id, ==, (int)b->id);
    g_assert_cmpuint(a->transaction, ==, b->transaction);
    g_assert_cmpint((int)a->status, ==, (int)b->status);
    g_assert_cmpint((int)a->role, ==, (int)b->role);
    g_assert_cmpint((int)a->refusal, ==, (int)b->refusal);
    assert_views_equal(a->credential, b->credential);
    assert_views_equal(a->name, b->name);
    assert_views_equal(a->password, b->password);
    g_assert_true(!a->sign_key || memcmp(a->sign_key, b->sign_key, 32) == 0);
    g_assert_true(!a->dh_key || memcmp(a->dh_key, b->dh_key, 32) == 0);
    g_assert_cmpint(a->unix_time, ==, b->unix_time);
    assert_lists_equal(a, b);
    g_assert_cmpuint(a->visit, ==, b->visit);
    assert_views_equal(a->body, b->body);
    g_assert_cmpuint(a->lifetime, ==, b->lifetime);
    g_assert_true(pl_addr_equal(a->target, b->target));
    g_assert_true(memcmp(a->stun_id, b->stun_id, sizeof a->stun_id) == 0);
    g_assert_cmpuint(a->change_port, ==, b->change_port);
    assert_overlay_equal(a, b);
    g_assert_cmpuint(a->cpu, ==, b->cpu);
    g_assert_cmpuint(a->memory, ==, b->memory);
    g_assert_cmpuint(a->bandwidth, ==, b->bandwidth);
    g_assert_cmpuint(a->uptime, ==, b->uptime);
    g_assert_cmpuint(a->port, ==, b->port);
    g_assert_cmpint((int)a->answer, ==, (int)b->answer);
}

static pl_carrier carrier_of(const pl_message *message)
{
    return pl_message_row_of(message->id)->carrier;
}

/* The head of a datagram is magic, version and type; of a record the type. */
static size_t head_of(const pl_message *message)
{
    return carrier_of(message) == PL_CARRIER_DATAGRAM ? 4 : 1;
}

/* Reads a copy in a heap block of exactly `len` bytes, so that a sanitizer sees any byte read beyond. */
static int read_exact(pl_message *ret_message, pl_carrier carrier, const uint8_t *data, size_t len)
{
    g_autofree uint8_t *copy = g_malloc(len + 1); /* an empty block would be NULL */
    uint8_t *start = copy + 1;                    /* ends where the block ends */
    if (len)
        memcpy(start, data, len);
    return pl_message_read(ret_message, carrier, start, len);
}

static void every_message_round_trips(void)
{
    pl_message messages[64];
    for (int longest = 0; longest <= 1; longest++) {
        size_t n = longest ? longest_messages(messages) : typical_messages(messages);
        g_assert_cmpuint(n, ==, pl_message_count());
        for (size_t i = 0; i < n; i++) {
            uint8_t bytes[PL_MESSAGE_BYTES_MAX];
            size_t len = pl_message_write(&messages[i], bytes, sizeof bytes);
            const pl_message_row *row = pl_message_row_of(messages[i].id);
            g_assert_cmpuint(len, >=, head_of(&messages[i]) + row->shortest);
            if (longest)
                g_assert_cmpuint(len, ==, head_of(&messages[i]) + row->longest);
            pl_cache_entry room[PL_MESSAGE_ENTRIES_MAX];
            pl_message back = {.ret_entries = room};
            g_assert_cmpint(pl_message_read(&back, row->carrier, bytes, len), ==, 0);
            assert_messages_equal(&messages[i], &back);
        }
    }
}

static void every_truncation_is_refused(void)
{
    pl_message messages[64];
    size_t n = typical_messages(messages);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[PL_MESSAGE_BYTES_MAX];
        size_t len = pl_message_write(&messages[i], bytes, sizeof bytes);
        for (size_t cut = 0; cut < len; cut++) {
            pl_cache_entry room[PL_MESSAGE_ENTRIES_MAX];
            pl_message back = {.ret_entries = room};
            int error = read_exact(&back, carrier_of(&messages[i]), bytes, cut);
            if (messages[i].credential.data && cut > 1)
                g_assert_cmpint(error, ==, 0); /* its length is its own: judged by the credential's decoder */
            else if ((messages[i].entry.data ||
                      (messages[i].body.data && carrier_of(&messages[i]) == PL_CARRIER_DATAGRAM)) &&
                     cut >= head_of(&messages[i]) + pl_message_row_of(messages[i].id)->shortest)
                g_assert_true(error == 0 || error == PL_ERR_MALFORMED); /* likewise; or there must be one */
            else
                g_assert_cmpint(error, ==, PL_ERR_SHORT);
        }
    }
}

static void one_byte_more_is_refused(void)
{
    pl_message messages[64];
    size_t n = longest_messages(messages);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[PL_MESSAGE_BYTES_MAX];
        size_t len = pl_message_write(&messages[i], bytes, sizeof bytes);
        bytes[len] = 0;
        pl_message back = {0};
        g_assert_cmpint(pl_message_read(&back, carrier_of(&messages[i]), bytes, len + 1), ==,
                        PL_ERR_OVERSIZED);
    }
}

/* Whatever one byte becomes: no crash, nothing read outside, and what is accepted is canonical. */
static void every_single_byte_change_is_judged(void)
{
    pl_message messages[64];
    size_t n = typical_messages(messages), accepted = 0, refused = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[PL_MESSAGE_BYTES_MAX];
        size_t len = pl_message_write(&messages[i], bytes, sizeof bytes);
        for (size_t at = 0; at < len; at++) {
            uint8_t before = bytes[at];
            for (unsigned value = 0; value < 256; value++) {
                bytes[at] = (uint8_t)value;
                pl_cache_entry room[PL_MESSAGE_ENTRIES_MAX];
                pl_message back = {.ret_entries = room};
                if (pl_message_read(&back, carrier_of(&messages[i]), bytes, len) != 0) {
                    refused++;
                    continue;
                }
                accepted++;
                uint8_t again[PL_MESSAGE_BYTES_MAX];
                g_assert_cmpuint(pl_message_write(&back, again, sizeof again), ==, len);
                g_assert_true(memcmp(again, bytes, len) == 0);
            }
            bytes[at] = before;
        }
    }
    g_assert_cmpuint(accepted, >, 10000);
    g_assert_cmpuint(refused, >, 10000);
}

static void a_refused_message_leaves_the_result_alone(void)
{
    static const uint8_t attach[2] = {0x11, 9};
    pl_message back = {.id = PL_MESSAGE_GRANTED, .transaction = 77};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, attach, 2), ==, PL_ERR_MALFORMED);
    g_assert_cmpint((int)back.id, ==, PL_MESSAGE_GRANTED);
    g_assert_cmpuint(back.transaction, ==, 77);
}

static void counts_beyond_a_bound_are_refused(void)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX] = {0x15, 0, 201};
    pl_message back = {0};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 3 + 2000), ==, PL_ERR_OVERSIZED);
    bytes[1] = 0xFF;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 3), ==, PL_ERR_OVERSIZED);
    uint8_t attached[1 + 11 + 30] = {0x12, [9] = 5};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, attached, sizeof attached), ==,
                    PL_ERR_OVERSIZED);
}

static void a_body_is_bounded_and_may_be_empty(void)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX] = {0x19, 0, 0, 0, 7, 1, 'b', 0, 0};
    pl_message back = {0};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 9), ==, 0);
    g_assert_cmpuint(back.visit, ==, 7);
    g_assert_cmpuint(back.body.len, ==, 0);
    bytes[7] = 1201 >> 8;
    bytes[8] = (uint8_t)1201;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 9 + 1201), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 9 + 1200), ==, PL_ERR_OVERSIZED);
    bytes[8] = (uint8_t)1200;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 9 + 1200), ==, 0);
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, 9 + 1199), ==, PL_ERR_SHORT);
}

/* Names of peers, users of relays and their passwords are text like the names of users. */
static void names_in_signals_are_judged(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        int error;
    } rows[] = {
        {"\x19\0\0\0\1\1b\0\0", 9, 0},
        {"\x19\0\0\0\1\0\0\1x", 9, PL_ERR_MALFORMED},
        {"\x19\0\0\0\1\1 \0\0", 9, PL_ERR_MALFORMED},
        {"\x1A\0\0\0\1\x08\1b", 8, 0},
        {"\x1A\0\0\0\1\0\1b", 8, PL_ERR_MALFORMED},
        {"\x1A\0\0\0\1\x08\1\x7F", 8, PL_ERR_MALFORMED},
        {"\x1C\1u\1p\0\0\0\1", 9, 0},
        {"\x1C\1u\1 \0\0\0\1", 9, PL_ERR_MALFORMED},
        {"\x1C\0\1p\0\0\0\1x", 9, PL_ERR_MALFORMED},
        {"\x1C\2uu\0\0\0\0\1", 9, PL_ERR_MALFORMED},
        {"\x1B\0", 2, PL_ERR_OVERSIZED},
        {"\x11\3", 2, 0},
        {"\x11\4", 2, PL_ERR_MALFORMED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pl_message back = {0};
        g_assert_cmpint(read_exact(&back, PL_CARRIER_RECORD, (const uint8_t *)rows[i].bytes, rows[i].len), ==,
                        rows[i].error);
    }
}

/* A rumour is of a kind that is known, and there are only so many. */
static void rumours_are_judged(void)
{
    pl_message back = {0};
    uint8_t ping[4 + 92] = {'P', 'L', 1, 0x03, [54] = 1, [55] = PL_RUMOUR_LOST};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_DATAGRAM, ping, sizeof ping), ==, 0);
    ping[55] = 3;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_DATAGRAM, ping, sizeof ping), ==, PL_ERR_MALFORMED);
    ping[54] = 6;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_DATAGRAM, ping, sizeof ping), ==, PL_ERR_OVERSIZED);
}

/* Who was found is there, or gone since an instant; nobody is gone since never. */
static void what_is_said_of_who_was_found(void)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_message back = {0}, gone = {.id = PL_MESSAGE_SEARCH_RESULT, .since = 1095206400, .entry = {blob, 100}};
    size_t len = pl_message_write(&gone, bytes, sizeof bytes);
    g_assert_cmpuint(len, ==, 1 + 13 + 4 + 100);
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, len), ==, 0);
    g_assert_cmpuint(back.since, ==, 1095206400);
    g_assert_cmpuint(back.entry.len, ==, 100);
    memset(bytes + 14, 0, 4);
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, len), ==, PL_ERR_MALFORMED);
    bytes[13] = 3;
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, len), ==, PL_ERR_MALFORMED);
    gone.since = 0;
    len = pl_message_write(&gone, bytes, sizeof bytes);
    g_assert_cmpuint(len, ==, 1 + 13 + 100);
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, len), ==, 0);
    g_assert_cmpuint(back.since, ==, 0);
}

/* Whoever is asked by UDP and knows nothing of who asks says no more than he was told. */
static void no_answer_is_longer_than_its_question(void)
{
    static const pl_message_id pairs[][2] = {{PL_MESSAGE_PROBE, PL_MESSAGE_PROBE_ANSWER},
                                             {PL_MESSAGE_PING, PL_MESSAGE_ACK},
                                             {PL_MESSAGE_PULL, PL_MESSAGE_PAGE},
                                             {PL_MESSAGE_STORE, PL_MESSAGE_STORED},
                                             {PL_MESSAGE_GONE, PL_MESSAGE_STORED},
                                             {PL_MESSAGE_QUERY, PL_MESSAGE_ANSWER}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        g_assert_cmpuint(pl_message_row_of(pairs[i][0])->shortest, >=,
                         pl_message_row_of(pairs[i][1])->longest);
}

static void entries_may_be_skipped(void)
{
    pl_message message = {.id = PL_MESSAGE_CACHE_ENTRIES, .n_entries = 200, .entries = entries};
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    size_t len = pl_message_write(&message, bytes, sizeof bytes);
    pl_message back = {0};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, bytes, len), ==, 0);
    g_assert_cmpuint(back.n_entries, ==, 200);
    g_assert_null(back.entries);
}

static int read_login_named(const char *name, size_t name_len)
{
    uint8_t bytes[200] = {0x20, [65] = (uint8_t)name_len};
    memcpy(bytes + 66, name, name_len);
    pl_message back = {0};
    return pl_message_read(&back, PL_CARRIER_RECORD, bytes, 66 + name_len + 1);
}

static void names_are_printable_without_spaces(void)
{
    g_assert_cmpint(read_login_named("!", 1), ==, 0);
    g_assert_cmpint(read_login_named("~", 1), ==, 0);
    g_assert_cmpint(read_login_named(TEXT_64, 32), ==, 0);
    g_assert_cmpint(read_login_named(TEXT_64, 33), ==, PL_ERR_OVERSIZED);
    static const char *const wrong[] = {"a b", "\x1F", "\x7F", "caf\xC3\xA9", "a\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpint(read_login_named(wrong[i], strlen(wrong[i])), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(read_login_named("a\0b", 3), ==, PL_ERR_MALFORMED);
    uint8_t nameless[68] = {0x20, [66] = 1};
    pl_message back = {0};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, nameless, 68), ==, PL_ERR_MALFORMED);
}

static void other_protocols_versions_and_types_are_malformed(void)
{
    pl_message message = {.id = PL_MESSAGE_PROBE, .transaction = 5}, back = {0};
    uint8_t bytes[PL_PROBE_BYTES];
    g_assert_cmpuint(pl_message_write(&message, bytes, sizeof bytes), ==, PL_PROBE_BYTES);
    g_assert_true(memcmp(bytes, "PL\x01\x01\0\0\0\0\0\0\0\x05\0", 13) == 0);
    static const size_t places[] = {0, 1, 2, 3, 12, 31};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        bytes[places[i]] ^= 0x40;
        g_assert_cmpint(pl_message_read(&back, PL_CARRIER_DATAGRAM, bytes, sizeof bytes), ==,
                        PL_ERR_MALFORMED);
        bytes[places[i]] ^= 0x40;
    }
    static const uint8_t probe_as_record[29] = {0x01};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, probe_as_record, 29), ==, PL_ERR_MALFORMED);
    static const uint8_t attach_as_datagram[5] = {'P', 'L', 1, 0x11, 1};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_DATAGRAM, attach_as_datagram, 5), ==, PL_ERR_MALFORMED);
}

static void probe_and_answer_have_one_size(void)
{
    pl_message messages[64];
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    typical_messages(messages);
    g_assert_cmpuint(pl_message_write(&messages[0], bytes, sizeof bytes), ==, PL_PROBE_BYTES);
    g_assert_cmpuint(pl_message_write(&messages[1], bytes, sizeof bytes), ==, PL_PROBE_BYTES);
}

static void too_small_a_buffer_gives_nothing(void)
{
    pl_message messages[64];
    size_t n = longest_messages(messages);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[PL_MESSAGE_BYTES_MAX];
        size_t len = pl_message_write(&messages[i], bytes, sizeof bytes);
        g_autofree uint8_t *small = g_malloc(len);
        g_assert_cmpuint(pl_message_write(&messages[i], small, len), ==, len);
        g_assert_cmpuint(pl_message_write(&messages[i], small, len - 1), ==, 0);
        g_assert_cmpuint(pl_message_write(&messages[i], small, 0), ==, 0);
    }
}

static void codes_and_names_are_unique(void)
{
    for (size_t i = 0; i < pl_message_count(); i++) {
        const pl_message_row *a = pl_message_row_of((pl_message_id)i);
        for (size_t j = 0; j < i; j++) {
            const pl_message_row *b = pl_message_row_of((pl_message_id)j);
            g_assert_cmpuint(a->code, !=, b->code);
            g_assert_cmpstr(a->name, !=, b->name);
        }
    }
}

static void refusals_have_names(void)
{
    g_assert_cmpstr(pl_refusal_name(PL_REFUSAL_WRONG_PASSWORD), ==, "wrong-password");
    static const uint8_t later[2] = {0x13, 200}, none[2] = {0x13, 0};
    pl_message back = {0};
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, later, 2), ==, 0);
    g_assert_cmpstr(pl_refusal_name(back.refusal), ==, "unknown-refusal");
    g_assert_cmpint(pl_message_read(&back, PL_CARRIER_RECORD, none, 2), ==, PL_ERR_MALFORMED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fill_entries();
    g_test_add_func("/wire/message/round-trip", every_message_round_trips);
    g_test_add_func("/wire/message/every-truncation-is-refused", every_truncation_is_refused);
    g_test_add_func("/wire/message/one-byte-more-is-refused", one_byte_more_is_refused);
    g_test_add_func("/wire/message/every-single-byte-change-is-judged", every_single_byte_change_is_judged);
    g_test_add_func("/wire/message/refused-leaves-the-result-alone",
                    a_refused_message_leaves_the_result_alone);
    g_test_add_func("/wire/message/counts-beyond-a-bound", counts_beyond_a_bound_are_refused);
    g_test_add_func("/wire/message/a-body-is-bounded", a_body_is_bounded_and_may_be_empty);
    g_test_add_func("/wire/message/names-in-signals-are-judged", names_in_signals_are_judged);
    g_test_add_func("/wire/message/rumours-are-judged", rumours_are_judged);
    g_test_add_func("/wire/message/no-answer-is-longer-than-its-question",
                    no_answer_is_longer_than_its_question);
    g_test_add_func("/wire/message/what-is-said-of-who-was-found", what_is_said_of_who_was_found);
    g_test_add_func("/wire/message/entries-may-be-skipped", entries_may_be_skipped);
    g_test_add_func("/wire/message/names-are-printable", names_are_printable_without_spaces);
    g_test_add_func("/wire/message/others-are-malformed", other_protocols_versions_and_types_are_malformed);
    g_test_add_func("/wire/message/probe-and-answer-have-one-size", probe_and_answer_have_one_size);
    g_test_add_func("/wire/message/too-small-a-buffer-gives-nothing", too_small_a_buffer_gives_nothing);
    g_test_add_func("/wire/message/codes-and-names-are-unique", codes_and_names_are_unique);
    g_test_add_func("/wire/message/refusals-have-names", refusals_have_names);
    return g_test_run();
}
