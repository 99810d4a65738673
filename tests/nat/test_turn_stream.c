/* The relay's streams: framing, back-pressure, patience. */
#include <glib.h>
#include <string.h>

#include "core/nat/turn/turn_stream.h"
#include "tests/support/turn_bench.h"

static const pl_addr client = {.ip = 0x51000007, .port = 40007}; /* 81.0.0.7 */
static const pl_addr peer = {.ip = 0x52000001, .port = 5000};    /* 82.0.0.1 */

typedef struct stream_bench {
    turn_bench b;
    pl_id listener, stream, relayed;
    uint8_t nonce[16];
} stream_bench;

static pl_id adopt(stream_bench *s)
{
    pl_id stream = fake_port_accept(s->b.fake, s->listener);
    pl_turn_server_adopt(s->b.server, stream, client, s->b.now);
    return stream;
}

static void open_streams(stream_bench *s)
{
    turn_bench_open(&s->b);
    const pl_port *port = &s->b.context.port;
    g_assert_cmpint(port->ops->tcp_listen(port->ctx, 80, &s->listener), ==, 0);
    s->stream = adopt(s);
}

static void close_streams(stream_bench *s)
{
    const pl_port *port = &s->b.context.port;
    port->ops->close(port->ctx, s->listener);
    turn_bench_close(&s->b);
}

static void feed(stream_bench *s, const void *bytes, size_t len)
{
    pl_turn_server_stream_data(s->b.server, s->stream, bytes, len, s->b.now);
}

static void say(stream_bench *s, turn_words words)
{
    uint8_t bytes[TURN_WORDS_MAX];
    words.number = words.number ? words.number : ++s->b.number;
    feed(s, bytes, turn_words_write(bytes, &words));
}

/* All that was written since: one STUN message. */
static pl_stun heard(stream_bench *s)
{
    pl_stun stun;
    size_t len;
    const uint8_t *bytes = fake_port_written(s->b.fake, s->stream, &len);
    g_assert_cmpint(pl_stun_read(&stun, bytes, len), ==, 0);
    return stun;
}

static turn_words proved(const stream_bench *s, turn_words words)
{
    words.account = &s->b.account;
    words.nonce = s->nonce;
    return words;
}

/* An allocation on the stream, with a permission and a channel to the peer. */
static void allocate(stream_bench *s)
{
    say(s, (turn_words){.method = PL_STUN_ALLOCATE, .with_transport = true});
    pl_stun challenge = heard(s); /* not padded: who opened a stream is where he says */
    g_assert_cmpuint(challenge.error, ==, 401);
    memcpy(s->nonce, challenge.nonce.data, 16);
    say(s, proved(s, (turn_words){.method = PL_STUN_ALLOCATE, .with_transport = true}));
    g_assert_cmpint((int)heard(s).kind, ==, PL_STUN_SUCCESS);
    s->relayed = turn_bench_last_socket(&s->b);
    say(s, proved(s, (turn_words){
                         .method = PL_STUN_CHANNEL_BIND, .channel = 0x4000, .peers = &peer, .n_peers = 1}));
    g_assert_cmpint((int)heard(s).kind, ==, PL_STUN_SUCCESS);
    fake_port_skip(s->b.fake);
}

static void reaches(stream_bench *s, const char *text)
{
    pl_turn_server_relayed(s->b.server, s->relayed, peer, (const uint8_t *)text, strlen(text), s->b.now);
}

/* This is how a client learns the outside address of the port on which it listens. */
static void a_plain_binding_is_answered_by_the_stream(void)
{
    stream_bench s = {0};
    open_streams(&s);
    say(&s, (turn_words){.method = PL_STUN_BINDING});
    g_assert_true(pl_addr_equal(heard(&s).xor_mapped, client));
    say(&s, (turn_words){.method = PL_STUN_BINDING, .raw = "70000000"});
    g_assert_cmpuint(heard(&s).error, ==, 420);
    close_streams(&s);
}

/* However the bytes are cut, the words are the same. */
static void messages_come_in_any_pieces(void)
{
    for (size_t piece = 1; piece <= 40; piece += 3) {
        stream_bench s = {0};
        static const char frames[] = "\x40\x00\x00\x05words\0\0\0\x40\x00\x00\x00\x40\x00\x00\x04more";
        size_t len = sizeof frames - 1;
        open_streams(&s);
        allocate(&s);
        for (size_t at = 0; at < len; at += piece)
            feed(&s, frames + at, MIN(piece, len - at));
        static const char *const expected[] = {"words", "", "more"};
        for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
            const fake_ask *sent = fake_port_take_kind(s.b.fake, FAKE_SEND);
            g_assert_cmpuint(sent->len, ==, strlen(expected[i]));
            g_assert_true(sent->len == 0 || memcmp(sent->data, expected[i], sent->len) == 0);
            g_assert_true(pl_addr_equal(sent->to, peer));
        }
        g_assert_cmpuint(fake_port_count_kind(s.b.fake, FAKE_SEND), ==, 0);
        close_streams(&s);
    }
}

/* RFC 8656 §12.5: on a stream, ChannelData is padded to a whole word. */
static void channel_data_is_padded(void)
{
    stream_bench s = {0};
    size_t len;
    open_streams(&s);
    allocate(&s);
    reaches(&s, "words");
    const uint8_t *bytes = fake_port_written(s.b.fake, s.stream, &len);
    g_assert_cmpuint(len, ==, 12);
    g_assert_true(memcmp(bytes, "\x40\x00\x00\x05words\0\0\0", 12) == 0);
    close_streams(&s);
}

static void what_is_no_message_ends_the_stream(void)
{
    static const char *const wrong[] = {
        "\x10\x01\x00\x00",                             /* a secure channel's preamble */
        "GET ",                                         /* text */
        "\x50\x00\x00\x00",                             /* no channel */
        "\x00\x01\x00\x02",                             /* a length that is no whole word */
        "\x00\x01\x04\xF0",                             /* longer than any message */
        "\x40\x00\xFF\xFF",                             /* likewise */
        "\x00\x01\x00\x00\x01\x02\x03\x04............", /* a classic request */
    };
    static const size_t lengths[] = {4, 4, 4, 4, 4, 4, 20};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        stream_bench s = {0};
        open_streams(&s);
        allocate(&s);
        feed(&s, wrong[i], lengths[i]);
        g_assert_false(fake_port_is_open(s.b.fake, s.stream));
        g_assert_false(fake_port_is_open(s.b.fake, s.relayed));
        g_assert_cmpuint(pl_turn_server_streams(s.b.server), ==, 0);
        g_assert_cmpuint(fake_port_count_events(s.b.fake, PL_EVENT_REFUSED_INPUT), ==, 1);
        close_streams(&s);
    }
}

static void without_an_allocation_a_stream_lives_a_minute(void)
{
    stream_bench s = {0};
    open_streams(&s);
    for (int second = 0; second < 60; second += 5) { /* to ask is no reason to stay */
        turn_bench_pass(&s.b, second * PL_SECOND);
        say(&s, (turn_words){.method = PL_STUN_BINDING});
    }
    turn_bench_pass(&s.b, PL_MINUTE - 1);
    g_assert_true(fake_port_is_open(s.b.fake, s.stream));
    turn_bench_pass(&s.b, PL_MINUTE);
    g_assert_false(fake_port_is_open(s.b.fake, s.stream));
    g_assert_cmpstr(fake_port_last_event(s.b.fake, PL_EVENT_REFUSED_INPUT)->value[0].text, ==, "timeout");
    close_streams(&s);
}

static void with_an_allocation_it_lives_as_long(void)
{
    stream_bench s = {0};
    open_streams(&s);
    turn_bench_pass(&s.b, 30 * PL_SECOND);
    allocate(&s);
    turn_bench_pass(&s.b, 630 * PL_SECOND - 1);
    g_assert_cmpuint(turn_bench_stats(&s.b).allocations, ==, 1);
    turn_bench_pass(&s.b, 630 * PL_SECOND);
    g_assert_cmpuint(turn_bench_stats(&s.b).allocations, ==, 0);
    turn_bench_pass(&s.b, 690 * PL_SECOND - 1); /* then a minute to make another */
    g_assert_true(fake_port_is_open(s.b.fake, s.stream));
    turn_bench_pass(&s.b, 690 * PL_SECOND);
    g_assert_false(fake_port_is_open(s.b.fake, s.stream));
    close_streams(&s);
}

static void an_allocation_ends_with_its_stream(void)
{
    for (int fin = 0; fin <= 1; fin++) {
        stream_bench s = {0};
        open_streams(&s);
        allocate(&s);
        if (fin) {
            pl_turn_server_fin(s.b.server, s.stream, 0);
        } else {
            fake_port_drop(s.b.fake, s.stream);
            pl_turn_server_closed(s.b.server, s.stream, 0);
        }
        g_assert_false(fake_port_is_open(s.b.fake, s.stream));
        g_assert_false(fake_port_is_open(s.b.fake, s.relayed));
        g_assert_cmpstr(fake_port_last_event(s.b.fake, PL_EVENT_RELAY_ENDED)->value[1].text, ==, "closed");
        close_streams(&s);
    }
}

/* The same address by UDP and by a stream are two 5-tuples, and a nonce of one is none of the other. */
static void a_stream_is_its_own_5_tuple(void)
{
    stream_bench s = {0};
    open_streams(&s);
    allocate(&s);
    turn_words words = {.method = PL_STUN_REFRESH, .account = &s.b.account, .nonce = s.nonce};
    g_assert_cmpint(turn_bench_ask(&s.b, client, words), ==, 438);
    turn_bench_allocate(&s.b, client);
    g_assert_cmpuint(turn_bench_stats(&s.b).allocations, ==, 2);
    close_streams(&s);
}

/* --- back-pressure --- */

/* A client whose stream is full loses datagrams, and the relay holds no more than the rest of one. */
static void a_slow_stream_loses_datagrams(void)
{
    stream_bench s = {0};
    size_t len;
    open_streams(&s);
    allocate(&s);
    fake_port_set_write_room(s.b.fake, 30);
    for (int i = 0; i < 1000; i++) {
        turn_bench_pass(&s.b, s.b.now + 20 * PL_MILLISECOND);
        reaches(&s, "words of 20 bytes...");
    }
    fake_port_written(s.b.fake, s.stream, &len);
    g_assert_cmpuint(len, ==, 30); /* one of 24 bytes, and six of the next */
    g_assert_cmpuint(turn_bench_stats(&s.b).relayed_datagrams, ==, 2);
    g_assert_cmpuint(turn_bench_stats(&s.b).dropped_full, ==, 998);
    fake_port_set_write_room(s.b.fake, 10);
    pl_turn_server_writable(s.b.server, s.stream);
    reaches(&s, "there is a rest still");
    g_assert_cmpuint(turn_bench_stats(&s.b).dropped_full, ==, 999);
    fake_port_set_write_room(s.b.fake, SIZE_MAX);
    pl_turn_server_writable(s.b.server, s.stream);
    reaches(&s, "now");
    const uint8_t *bytes = fake_port_written(s.b.fake, s.stream, &len);
    g_assert_cmpuint(len, ==, 18 + 8); /* the rest of the second, whole, and then the new one */
    g_assert_true(memcmp(bytes + 18, "\x40\x00\x00\x03now\0", 8) == 0);
    close_streams(&s);
}

/* Answers wait, to a bound; who asks on and on and reads nothing is ended. */
static void who_takes_no_answers_is_ended(void)
{
    stream_bench s = {0};
    size_t asked = 0;
    open_streams(&s);
    allocate(&s);
    fake_port_set_write_room(s.b.fake, 0);
    while (fake_port_is_open(s.b.fake, s.stream)) {
        say(&s, proved(&s, (turn_words){.method = PL_STUN_REFRESH}));
        asked++;
    }
    g_assert_cmpuint(asked, ==, PL_TURN_OUT_MAX / 52 + 1); /* header, lifetime, integrity */
    g_assert_cmpuint(turn_bench_stats(&s.b).allocations, ==, 0);
    g_assert_cmpstr(fake_port_last_event(s.b.fake, PL_EVENT_REFUSED_INPUT)->value[0].text, ==, "limit");
    close_streams(&s);
}

/* What a client sends beyond its bytes is read and dropped: it waits nowhere. */
static void over_quota_is_read_and_dropped(void)
{
    stream_bench s = {0};
    uint8_t frame[1028] = {0x40, 0x00, 0x04, 0x00};
    open_streams(&s);
    allocate(&s);
    for (int i = 0; i < 100; i++)
        feed(&s, frame, sizeof frame);
    g_assert_cmpuint(fake_port_count_kind(s.b.fake, FAKE_SEND), ==, 64);
    g_assert_cmpuint(turn_bench_stats(&s.b).dropped_quota, ==, 36);
    g_assert_true(fake_port_is_open(s.b.fake, s.stream));
    close_streams(&s);
}

/* --- the framing alone --- */

static void every_length_is_framed(void)
{
    turn_bench b = {0};
    turn_bench_open(&b);
    for (size_t len = 0; len <= PL_TURN_PAYLOAD_MAX; len++) {
        uint8_t data[PL_TURN_PAYLOAD_MAX], bytes[PL_STUN_BYTES_MAX];
        memset(data, (int)len, sizeof data);
        size_t n = pl_turn_channel_data(bytes, 0x4FFF, data, len);
        memset(bytes + n, 0, sizeof bytes - n);
        const uint8_t *at = bytes, *message, *words;
        size_t left = (n + 3) / 4 * 4, message_len, words_len;
        uint16_t channel;
        pl_turn_stream stream;
        pl_turn_stream_init(&stream, &b.context, 1);
        g_assert_cmpint(pl_turn_stream_take(&stream, &at, &left, &message, &message_len), ==, 1);
        g_assert_cmpuint(left, ==, 0);
        g_assert_cmpint(pl_turn_channel_read(message, message_len, &channel, &words, &words_len), ==, 0);
        g_assert_cmpuint(channel, ==, 0x4FFF);
        g_assert_true(words_len == len && memcmp(words, data, len) == 0);
        pl_turn_stream_clear(&stream);
    }
    turn_bench_close(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/turn-stream/binding", a_plain_binding_is_answered_by_the_stream);
    g_test_add_func("/nat/turn-stream/any-pieces", messages_come_in_any_pieces);
    g_test_add_func("/nat/turn-stream/padding", channel_data_is_padded);
    g_test_add_func("/nat/turn-stream/no-message", what_is_no_message_ends_the_stream);
    g_test_add_func("/nat/turn-stream/a-minute-without-allocation",
                    without_an_allocation_a_stream_lives_a_minute);
    g_test_add_func("/nat/turn-stream/as-long-as-the-allocation", with_an_allocation_it_lives_as_long);
    g_test_add_func("/nat/turn-stream/allocation-ends-with-it", an_allocation_ends_with_its_stream);
    g_test_add_func("/nat/turn-stream/its-own-5-tuple", a_stream_is_its_own_5_tuple);
    g_test_add_func("/nat/turn-stream/slow", a_slow_stream_loses_datagrams);
    g_test_add_func("/nat/turn-stream/takes-no-answers", who_takes_no_answers_is_ended);
    g_test_add_func("/nat/turn-stream/over-quota", over_quota_is_read_and_dropped);
    g_test_add_func("/nat/turn-stream/every-length", every_length_is_framed);
    return g_test_run();
}
