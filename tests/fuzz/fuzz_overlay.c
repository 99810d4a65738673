/* Fuzz target of what supernodes say to each other by UDP: mesh, index and the answers to searches.
 *
 * An input is a list of acts: kind 1 byte, length 2, and so many bytes.  Whatever they are, a stranger gets
 * no more bytes than he sent, nobody becomes a member who did not answer, nothing is stored that is not
 * signed, and in the end nothing is waited for for ever.  With -DFUZZ_LIBFUZZER the fuzzer brings its own
 * main; else the target replays the files and folders given as arguments. */
#include <glib.h>
#include <string.h>

#include "core/overlay/index/letter.h"
#include "core/overlay/search/desk.h"
#include "tests/support/fake_port.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ACTS_MAX 64

static const pl_addr own = {0x42000001, 33033};
static const pl_addr stranger = {0x51000007, 40007};

typedef enum act {
    ACT_DATAGRAM, /* as it is */
    ACT_BODY,     /* type 1, and a body behind a good head */
    ACT_LETTER,   /* type 1, and what is sealed for us */
    ACT_ENTRY,    /* an entry, decoded and encoded again */
    ACT_TIME,     /* so many seconds as there are bytes */
    ACT_SEARCH    /* a client's search for a name, on its behalf */
} act;

typedef struct scene {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_keypair dh, other, server;
    pl_id socket;
    pl_mesh *mesh;
    pl_index *index;
    pl_desk *desk;
    pl_time now;
    size_t said;
} scene;

static void on_member(void *owner, pl_addr member, pl_time now)
{
    (void)owner, (void)member, (void)now;
    g_assert_not_reached(); /* the numbers of our questions are not to be guessed */
}

static void on_alone(void *owner, pl_time now)
{
    (void)owner, (void)now;
}

static const pl_mesh_handler handler = {.joined = on_member, .lost = on_member, .alone = on_alone};

static void say(void *owner, pl_id stream, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    scene *s = owner;
    g_assert_cmpuint(stream, ==, 1);
    g_assert_cmpuint(pl_message_write(message, bytes, sizeof bytes), >, 0);
    s->said++;
}

static void open_scene(scene *s)
{
    *s = (scene){.fake = fake_port_new(), .now = PL_SECOND};
    pl_config_init(&s->config);
    s->context = (pl_context){
        .port = fake_port_of(s->fake), .config = &s->config, .suite = &pl_suite_sized, .epoch = 1095206400};
    memset(s->dh.private_key, 1, PL_KEY_BYTES);
    memset(s->other.private_key, 2, PL_KEY_BYTES);
    pl_suite_sized.dh_public(s->dh.public_key, s->dh.private_key);
    pl_suite_sized.dh_public(s->other.public_key, s->other.private_key);
    pl_deadlines_init(&s->context.deadlines);
    g_assert_cmpint(s->context.port.ops->udp_bind(s->context.port.ctx, 33033, &s->socket), ==, 0);
    s->mesh = pl_mesh_new(&(pl_mesh_options){.context = &s->context,
                                             .own_address = own,
                                             .socket = s->socket,
                                             .key = s->dh.public_key,
                                             .handler = &handler},
                          s->now);
    s->index = pl_index_new(&(pl_index_options){.context = &s->context,
                                                .mesh = s->mesh,
                                                .own_address = own,
                                                .server_sign_key = s->server.public_key,
                                                .own = &s->dh,
                                                .socket = s->socket},
                            s->now);
    s->desk = pl_desk_new(&(pl_desk_options){.context = &s->context,
                                             .mesh = s->mesh,
                                             .index = s->index,
                                             .own_address = own,
                                             .server_sign_key = s->server.public_key,
                                             .own = &s->dh,
                                             .socket = s->socket,
                                             .say = say,
                                             .owner = s});
    fake_port_skip(s->fake);
}

static void close_scene(scene *s)
{
    pl_desk_free(s->desk);
    pl_index_free(s->index);
    pl_mesh_free(s->mesh);
    g_assert_cmpint(pl_deadlines_next(&s->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&s->context.deadlines);
    fake_port_free(s->fake);
}

static void take_datagram(scene *s, const uint8_t *data, size_t len)
{
    pl_message message = {0};
    size_t back = 0;
    int64_t leaves;
    const fake_ask *ask;
    if (pl_message_read(&message, PL_CARRIER_DATAGRAM, data, len) != 0)
        return;
    if (message.id == PL_MESSAGE_GONE)
        (void)pl_index_gone(s->index, stranger, &message, &leaves, s->now);
    else if (message.id == PL_MESSAGE_STORE || message.id == PL_MESSAGE_QUERY || message.id == PL_MESSAGE_STORED)
        (void)pl_index_datagram(s->index, stranger, &message, s->now);
    else if (message.id == PL_MESSAGE_ANSWER)
        (void)pl_desk_answer(s->desk, stranger, &message, s->now);
    else
        (void)pl_mesh_datagram(s->mesh, stranger, &message, s->now);
    while ((ask = fake_port_take(s->fake)))
        back += ask->kind == FAKE_SEND && pl_addr_equal(ask->to, stranger) ? ask->len : 0;
    g_assert_cmpuint(back, <=, len);
    g_assert_cmpuint(pl_index_entries(s->index), ==, 0);
}

static void take_body(scene *s, const uint8_t *data, size_t len)
{
    uint8_t bytes[4 + 1024] = {'P', 'L', 1};
    if (len == 0 || len > 1024)
        return;
    memcpy(bytes + 3, data, len);
    take_datagram(s, bytes, 3 + len);
}

/* A stranger's is not opened at all, so it is read here: what is sealed is anything, or a word as it should be. */
static void read_gone(scene *s, const uint8_t *data, size_t len)
{
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    pl_message message = {0};
    pl_letter letter;
    const pl_letter_ends ends = {&pl_suite_sized, &s->other, s->dh.public_key}, reader = {&pl_suite_sized, &s->dh, NULL};
    size_t n = pl_letter_store(bytes, &ends, 7, (pl_bytes_view){data, len});
    g_assert_cmpint(pl_message_read(&message, PL_CARRIER_DATAGRAM, bytes, n), ==, 0);
    message.id = PL_MESSAGE_GONE;
    if (pl_letter_read(&letter, &reader, &message) != 0)
        return;
    n = pl_letter_gone(bytes, &ends, 7, &letter.gone);
    g_assert_cmpint(pl_message_read(&message, PL_CARRIER_DATAGRAM, bytes, n), ==, 0);
    g_assert_cmpuint(message.body.len, ==, len + PL_TAG_BYTES); /* one encoding */
    take_datagram(s, bytes, n);
}

static void take_letter(scene *s, const uint8_t *data, size_t len)
{
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    char name[PL_NAME_MAX + 1] = {0};
    const pl_letter_ends ends = {&pl_suite_sized, &s->other, s->dh.public_key};
    if (len < 2 || len > PL_MESSAGE_INDEX_MAX)
        return;
    if (data[0] & 2) {
        read_gone(s, data + 1, len - 1);
        return;
    }
    memcpy(name, data + 1, MIN(len - 1, (size_t)PL_NAME_MAX));
    size_t n = data[0] & 1 && name[0] ? pl_letter_query(bytes, &ends, 7, name)
                                      : pl_letter_store(bytes, &ends, 7, (pl_bytes_view){data + 1, len - 1});
    take_datagram(s, bytes, n);
}

static void take_entry(scene *s, const uint8_t *data, size_t len)
{
    pl_entry entry;
    uint8_t again[PL_ENTRY_BYTES_MAX];
    if (pl_entry_decode(&entry, data, len) != 0)
        return;
    g_assert_cmpuint(pl_entry_encode(&entry, again), ==, len);
    g_assert_true(memcmp(again, data, len) == 0);
    g_assert_cmpint(pl_entry_check(&entry, &s->context, s->server.public_key, s->now), <, 0);
}

static void take_search(scene *s, const uint8_t *data, size_t len)
{
    if (len == 0 || len > PL_NAME_MAX || memchr(data, 0, len))
        return;
    (void)pl_desk_search(
        s->desk, 1,
        &(pl_message){
            .id = PL_MESSAGE_SEARCH, .round = data[0], .way = PL_SEARCH_ON_BEHALF, .name = {data, len}},
        s->now);
}

static void do_act(scene *s, uint8_t kind, const uint8_t *data, size_t len)
{
    switch ((act)(kind % 6)) {
    case ACT_DATAGRAM:
        take_datagram(s, data, len);
        return;
    case ACT_BODY:
        take_body(s, data, len);
        return;
    case ACT_LETTER:
        take_letter(s, data, len);
        return;
    case ACT_ENTRY:
        take_entry(s, data, len);
        return;
    case ACT_TIME:
        s->now += (pl_time)MIN(len, (size_t)600) * PL_SECOND;
        pl_deadlines_run(&s->context.deadlines, s->now);
        fake_port_skip(s->fake);
        return;
    case ACT_SEARCH:
        take_search(s, data, len);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    scene s;
    open_scene(&s);
    for (size_t acts = 0; len >= 3 && acts < ACTS_MAX; acts++) {
        size_t n = MIN((size_t)data[1] << 8 | data[2], len - 3);
        do_act(&s, data[0], data + 3, n);
        data += 3 + n;
        len -= 3 + n;
    }
    close_scene(&s);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
