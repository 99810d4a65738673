/* Fuzz target of the relay: its server and its client, fed with anything, in any order.
 *
 * An input is a list of acts: kind 1 byte, length 2, and so many bytes.  Whatever they are, a stranger gets
 * one packet an act, no longer than his own; only permitted addresses are sent to; and in the end nothing is
 * left open.  With -DFUZZ_LIBFUZZER the fuzzer brings its own main; else the target replays the files given.
 */
#include <glib.h>
#include <string.h>

#include "core/nat/turn/allocation.h"
#include "tests/support/replay.h"
#include "tests/support/turn_bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ACTS_MAX 64

static const pl_addr client = {.ip = 0x51000007, .port = 40007};
static const pl_addr stranger = {.ip = 0x51000008, .port = 40008};
static const pl_addr peer = {.ip = 0x52000001, .port = 5000};

typedef struct scene {
    turn_bench b;
    pl_id stream, relayed;
    uint8_t nonce[16];
    bool was_proved; /* so that others may be permitted now */
} scene;

typedef enum act {
    ACT_CLIENT,   /* a datagram of the client's, as it is */
    ACT_STRANGER, /* a datagram of somebody's */
    ACT_PEER,     /* a datagram at the relayed address, from the permitted peer */
    ACT_OTHER,    /* the same from another */
    ACT_STREAM,   /* bytes on a stream */
    ACT_PROVED,   /* attributes, to which the client's proof is added: method 1, attributes */
    ACT_TIME,     /* as many seconds as there are bytes */
    ACT_ROOM      /* the streams take as many bytes more as there are here */
} act;

static void open_scene(scene *s)
{
    pl_id listener;
    turn_bench_open(&s->b);
    const pl_port *port = &s->b.context.port;
    g_assert_cmpint(port->ops->tcp_listen(port->ctx, 80, &listener), ==, 0);
    s->stream = fake_port_accept(s->b.fake, listener);
    port->ops->close(port->ctx, listener);
    pl_turn_server_adopt(s->b.server, s->stream, client, 0);
    turn_bench_nonce(&s->b, client, s->nonce);
    (void)turn_bench_allocate(&s->b, client);
    s->relayed = turn_bench_last_socket(&s->b);
    g_assert_cmpint(turn_bench_permit(&s->b, client, peer.ip), ==, 0);
    fake_port_skip(s->b.fake);
}

static void take_datagram(scene *s, pl_addr from, const uint8_t *data, size_t len)
{
    if (pl_turn_server_wants(data, len))
        (void)pl_turn_server_datagram(s->b.server, from, data, len, s->b.now);
}

static void take_stream(scene *s, const uint8_t *data, size_t len)
{
    if (pl_turn_server_owns_stream(s->b.server, s->stream))
        pl_turn_server_stream_data(s->b.server, s->stream, data, len, s->b.now);
    if (pl_turn_server_owns_stream(s->b.server, s->stream))
        pl_turn_server_writable(s->b.server, s->stream);
}

/* A message whose header and proof are right, and whose attributes are anything. */
static void take_proved(scene *s, const uint8_t *data, size_t len)
{
    uint8_t bytes[TURN_WORDS_MAX], key[16], id[PL_STUN_ID_BYTES] = {0};
    size_t attributes = len > 0 ? MIN(len - 1, 600) / 4 * 4 : 0;
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    id[0] = ++s->b.number;
    s->was_proved = true;
    pl_stun_begin_method(&writer, len > 0 ? data[0] & 15 : 0, PL_STUN_REQUEST, id);
    pl_write_bytes(&writer, data + 1, attributes);
    pl_stun_add(&writer, PL_STUN_USERNAME, s->b.account.user, strlen(s->b.account.user));
    pl_stun_add(&writer, PL_STUN_REALM, "partyline", 9);
    pl_stun_add(&writer, PL_STUN_NONCE, s->nonce, 16);
    pl_stun_long_term_key(key, s->b.account.user, "partyline", s->b.account.password);
    pl_stun_add_integrity(&writer, key, sizeof key);
    take_datagram(s, client, bytes, writer.len);
}

static void take_relayed(scene *s, pl_addr from, const uint8_t *data, size_t len)
{
    if (pl_turn_server_owns(s->b.server, s->relayed))
        pl_turn_server_relayed(s->b.server, s->relayed, from, data, len, s->b.now);
}

static void play(scene *s, act kind, const uint8_t *data, size_t len)
{
    switch (kind) {
    case ACT_CLIENT:
        take_datagram(s, client, data, len);
        break;
    case ACT_STRANGER:
        take_datagram(s, stranger, data, len);
        break;
    case ACT_PEER:
        take_relayed(s, peer, data, len);
        break;
    case ACT_OTHER:
        take_relayed(s, stranger, data, len);
        break;
    case ACT_STREAM:
        take_stream(s, data, len);
        break;
    case ACT_PROVED:
        take_proved(s, data, len);
        break;
    case ACT_TIME:
        turn_bench_pass(&s->b, s->b.now + (pl_span)len * PL_SECOND);
        break;
    case ACT_ROOM:
        fake_port_set_write_room(s->b.fake, len);
        break;
    }
}

/* Nothing goes to an address that is not the world's, nor to a stranger more than he sent. */
static void judge(scene *s, act kind, size_t len)
{
    const fake_ask *sent;
    size_t packets = 0;
    while ((sent = fake_port_take_kind(s->b.fake, FAKE_SEND))) {
        packets++;
        if (sent->id != s->b.socket)
            g_assert_true(pl_turn_may_reach(TURN_BENCH_IP, sent->to.ip));
        if (kind == ACT_STRANGER) {
            g_assert_true(pl_addr_equal(sent->to, stranger) && sent->id == s->b.socket);
            g_assert_cmpuint(sent->len, <=, MIN(len, 128));
        }
        g_assert_cmpuint(sent->len, <=, PL_STUN_BYTES_MAX);
    }
    g_assert_true(packets <= 1 || kind == ACT_STREAM);
    if (kind == ACT_OTHER && !s->was_proved)
        g_assert_cmpuint(packets, ==, 0);
    g_assert_cmpuint(turn_bench_stats(&s->b).allocations, <=, 8);
    fake_port_skip(s->b.fake);
}

static void feed_server(const uint8_t *data, size_t len)
{
    scene s = {0};
    size_t at = 0;
    open_scene(&s);
    for (size_t i = 0; i < ACTS_MAX && len - at >= 3; i++) {
        act kind = (act)(data[at] % (ACT_ROOM + 1));
        size_t n = MIN((size_t)data[at + 1] << 8 | data[at + 2], len - at - 3);
        g_autofree uint8_t *exact = g_malloc(n + 1); /* a sanitizer sees any byte read beyond */
        memcpy(exact + 1, data + at + 3, n);
        play(&s, kind, exact + 1, n);
        judge(&s, kind, n);
        at += 3 + n;
    }
    turn_bench_close(&s.b);
}

/* --- the client --- */

static void on_allocated(void *owner, pl_addr relayed, pl_addr mapped, pl_time now)
{
    (void)owner, (void)relayed, (void)mapped, (void)now;
}

static void on_failed(void *owner, const char *cause, pl_time now)
{
    (void)cause, (void)now;
    ++*(int *)owner;
}

static void on_data(void *owner, pl_addr from, const uint8_t *data, size_t len, pl_time now)
{
    (void)owner, (void)from, (void)data, (void)len, (void)now;
}

/* The id under way is put into what looks like an answer: else nothing would pass the first check. */
static void feed_client(const uint8_t *data, size_t len, pl_turn_transport transport)
{
    static const pl_turn_client_handler handler = {
        .allocated = on_allocated, .failed = on_failed, .data = on_data};
    const pl_addr relay = {TURN_BENCH_IP, 33033};
    turn_bench b = {0};
    int failures = 0;
    turn_bench_open(&b);
    pl_turn_client *fuzzed = pl_turn_client_new(&(pl_turn_client_options){.context = &b.context,
                                                                          .transport = transport,
                                                                          .server = relay,
                                                                          .account = b.account,
                                                                          .handler = &handler,
                                                                          .owner = &failures},
                                                0);
    if (transport == PL_TURN_TCP)
        pl_turn_client_opened(fuzzed, 0);
    for (size_t at = 0, n = 0; n < ACTS_MAX && len - at >= 2; n++) {
        size_t piece = MIN((size_t)data[at] << 8 | data[at + 1], len - at - 2);
        g_autofree uint8_t *exact = g_malloc(piece + 1);
        const fake_ask *sent = fake_port_take_kind(b.fake, transport == PL_TURN_UDP ? FAKE_SEND : FAKE_WRITE);
        memcpy(exact + 1, data + at + 2, piece);
        if (sent && piece >= PL_STUN_HEADER_BYTES && sent->len >= PL_STUN_HEADER_BYTES)
            memcpy(exact + 1 + 8, sent->data + 8, PL_STUN_ID_BYTES);
        if (transport == PL_TURN_UDP)
            (void)pl_turn_client_datagram(fuzzed, relay, exact + 1, piece, 0);
        else
            pl_turn_client_stream_data(fuzzed, exact + 1, piece, 0);
        at += 2 + piece;
    }
    turn_bench_pass(&b, PL_HOUR);
    g_assert_cmpint(failures, ==, 1); /* nobody ever answered it rightly */
    pl_turn_client_free(fuzzed, PL_HOUR);
    turn_bench_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    feed_server(data, len);
    feed_client(data, len, PL_TURN_UDP);
    feed_client(data, len, PL_TURN_TCP);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
