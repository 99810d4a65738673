/* Fuzz target of paths: the reader of bodies, checks on a socket, frames on a stream, bodies of a peer.
 *
 * The first byte chooses which; the second how the rest is cut.  With -DFUZZ_LIBFUZZER the fuzzer brings its own main;
 * else the target replays the files and folders given as arguments. */
#include <glib.h>
#include <string.h>

#include "core/nat/path/check.h"
#include "core/nat/path/echo.h"
#include "core/nat/path/offer.h"
#include "tests/support/fake_port.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define EPOCH 1095206400

typedef struct bench {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_keypair server, sign, dh;
    pl_credential credential;
    pl_path_self self;
    pl_path *path;
} bench;

static void on_signal(void *owner, pl_path *path, const uint8_t *body, size_t len, pl_time now)
{
    pl_offer offer;
    (void)owner, (void)path, (void)now;
    g_assert_cmpint(pl_offer_read(&offer, body, len), ==, 0);
}

static void on_want_relay(void *owner, pl_path *path, pl_time now)
{
    (void)owner, (void)path, (void)now;
}

static void on_opened(void *owner, pl_path *path, const pl_path_found *found, pl_time now)
{
    (void)owner, (void)path, (void)found, (void)now;
    g_assert_not_reached(); /* nobody has the key */
}

static void on_received(void *owner, pl_path *path, const uint8_t *data, size_t len, pl_time now)
{
    (void)owner, (void)path, (void)data, (void)len, (void)now;
    g_assert_not_reached();
}

static void on_ended(void *owner, pl_path *path, const char *cause, pl_time now)
{
    bench *b = owner;
    (void)cause;
    b->path = NULL;
    pl_path_free(path, now);
}

static const pl_path_handler handler = {on_signal, on_want_relay, on_opened, on_received, on_ended};

static void open_bench(bench *b)
{
    *b = (bench){.fake = fake_port_new()};
    pl_config_init(&b->config);
    b->context = (pl_context){
        .port = fake_port_of(b->fake), .config = &b->config, .suite = &pl_suite_sized, .epoch = EPOCH};
    pl_deadlines_init(&b->context.deadlines);
    memset(&b->sign, 1, sizeof b->sign);
    b->context.suite->sign_public(b->sign.public_key, b->sign.private_key);
    b->context.suite->dh_public(b->dh.public_key, b->dh.private_key);
    b->context.suite->sign_public(b->server.public_key, b->server.private_key);
    g_strlcpy(b->credential.name, "alice", sizeof b->credential.name);
    b->credential.expires = EPOCH + 1000;
    memcpy(b->credential.sign_key, b->sign.public_key, PL_KEY_BYTES);
    memcpy(b->credential.dh_key, b->dh.public_key, PL_KEY_BYTES);
    pl_credential_issue(&b->credential, b->context.suite, &b->server);
    b->self = (pl_path_self){.context = &b->context,
                             .profile = pl_path_profile_find("ours"),
                             .credential = &b->credential,
                             .sign = &b->sign,
                             .dh = &b->dh,
                             .server_sign_key = b->server.public_key,
                             .supernode = {0xC0000201u, 33033},
                             .supernode_tcp_port = 33033};
    b->path = pl_path_call(&(pl_path_options){.self = &b->self, .peer = "bob", .handler = &handler, .owner = b}, 0);
    pl_deadlines_run(&b->context.deadlines, 0);
}

static void close_bench(bench *b)
{
    pl_path_free(b->path, PL_MINUTE);
    g_assert_cmpint(pl_deadlines_next(&b->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&b->context.deadlines);
    fake_port_free(b->fake);
}

/* A body that is read and written again is the same but for the signature. */
static void feed_reader(const uint8_t *data, size_t len)
{
    static const pl_keypair key;
    pl_offer offer;
    uint8_t again[PL_PATH_BODY_MAX];
    if (pl_offer_read(&offer, data, len) != 0)
        return;
    g_assert_cmpuint(pl_offer_write(&offer, &pl_suite_sized, &key, "bob", again), ==, len);
    g_assert_cmpint(memcmp(again, data, len - PL_SIGNATURE_BYTES), ==, 0);
}

static void feed_frame(const uint8_t *data, size_t len)
{
    pl_stun stun;
    pl_check check;
    uint8_t key[PL_HASH_BYTES] = {0};
    g_assert_cmpint(pl_path_session_of_frame(data, len), >=, -1);
    if (pl_stun_read(&stun, data, len) == 0)
        (void)pl_check_read(&check, &stun, data, pl_check_session(&stun), true, key);
}

/* Whatever comes, from the supernode's address or another, nobody is answered and nothing opens. */
static void feed_datagram(const uint8_t *data, size_t len, bool supernode)
{
    bench b;
    int error = 0;
    open_bench(&b);
    pl_id socket = fake_port_nth_id(b.fake, 0);
    fake_port_skip(b.fake);
    const pl_addr from = {supernode ? 0xC0000201u : 0x51000001u, 3478};
    g_assert_true(pl_path_datagram(b.path, socket, from, data, len, &error, 1));
    g_assert_cmpuint(fake_port_count_kind(b.fake, FAKE_SEND), ==, 0);
    pl_deadlines_run(&b.context.deadlines, PL_MINUTE);
    close_bench(&b);
}

/* A stranger's stream, in two pieces. */
static void feed_stream(const uint8_t *data, size_t len, size_t cut)
{
    bench b;
    open_bench(&b);
    pl_id listener = fake_port_nth_id(b.fake, 1);
    pl_id stream = fake_port_accept(b.fake, listener);
    cut = MIN(cut, len);
    g_assert_true(pl_path_accepted(b.path, listener, stream, (pl_addr){0x51000001u, 5}, 1));
    if (pl_path_data(b.path, stream, data, cut, 1))
        (void)pl_path_data(b.path, stream, data + cut, len - cut, 1);
    pl_deadlines_run(&b.context.deadlines, PL_MINUTE);
    close_bench(&b);
}

static void feed_signal(const uint8_t *data, size_t len)
{
    bench b;
    int error = 0;
    open_bench(&b);
    pl_deadlines_run(&b.context.deadlines, 2 * PL_SECOND);
    g_assert_cmpint(pl_path_signal(b.path, data, len, 2 * PL_SECOND), <, 0);
    g_assert_null(pl_path_answer(&(pl_path_options){.self = &b.self, .peer = "bob", .handler = &handler, .owner = &b},
                                 data, len, &error, 2 * PL_SECOND));
    close_bench(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    const uint8_t *rest = data + 2;
    switch (data[0] % 6) {
    case 0:
        feed_reader(rest, len - 2);
        break;
    case 1:
        feed_frame(rest, len - 2);
        break;
    case 2:
        feed_datagram(rest, len - 2, false);
        break;
    case 3:
        feed_datagram(rest, len - 2, true);
        break;
    case 4:
        feed_stream(rest, len - 2, data[1]);
        break;
    default:
        feed_signal(rest, len - 2);
        break;
    }
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
