/* Fuzz target of STUN: the reader, the supernode's server and the discovery machine, fed with anything.
 *
 * The first two bytes choose the socket and the source.  With -DFUZZ_LIBFUZZER the fuzzer brings its own
 * main; else the target replays the files and folders given as arguments. */
#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/nat/discovery/discovery.h"
#include "core/nat/stun/stun.h"
#include "core/nat/stun/stun_server.h"
#include "tests/support/fake_port.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SERVER_IP  0xC0000201u
#define PARTNER_IP 0xC0000202u

typedef struct bench {
    fake_port *fake;
    pl_config config;
    pl_context context;
    size_t changes;
} bench;

static void on_change(void *owner, pl_addr target, const uint8_t stun_id[12], bool from_port_2)
{
    bench *b = owner;
    (void)target, (void)stun_id, (void)from_port_2;
    b->changes++;
}

static void on_done(void *owner, const pl_nat_report *report, pl_time now)
{
    (void)owner, (void)report, (void)now;
}

static void open_bench(bench *b)
{
    *b = (bench){.fake = fake_port_new()};
    pl_config_init(&b->config);
    b->context = (pl_context){.port = fake_port_of(b->fake), .config = &b->config, .suite = &pl_suite_real};
    pl_deadlines_init(&b->context.deadlines);
}

static void close_bench(bench *b)
{
    g_assert_cmpuint(fake_port_open_count(b->fake), ==, 0);
    pl_deadlines_clear(&b->context.deadlines);
    fake_port_free(b->fake);
}

static void feed_reader(const uint8_t *data, size_t len)
{
    pl_stun stun;
    if (pl_stun_read(&stun, data, len) == 0)
        (void)pl_stun_verify(&stun, data, (const uint8_t *)"key", 3);
}

/* One packet at most, short, back to where the request came from; a change without a nonce is never made. */
static void feed_server(const uint8_t *data, size_t len, pl_addr from, size_t socket)
{
    bench b;
    open_bench(&b);
    pl_stun_server *server = pl_stun_server_new(&(pl_stun_server_options){
        .context = &b.context, .own_ip = SERVER_IP, .change = on_change, .owner = &b});
    pl_stun_server_set_partner(server, PARTNER_IP);
    fake_port_skip(b.fake);
    (void)pl_stun_server_input(server, fake_port_nth_id(b.fake, socket), from, data, len, PL_SECOND);
    g_assert_cmpuint(fake_port_count(b.fake), <=, 1);
    const fake_ask *sent = fake_port_take(b.fake);
    g_assert_true(!sent || (sent->len <= 128 && pl_addr_equal(sent->to, from)));
    g_assert_cmpuint(b.changes, ==, 0);
    pl_stun_server_free(server);
    close_bench(&b);
}

/* The datagram, with the id that is waited for put in: else nothing would pass the first check. */
static void feed_discovery(const uint8_t *data, size_t len, size_t socket)
{
    bench b;
    open_bench(&b);
    pl_discovery *discovery = pl_discovery_new(&b.context, SERVER_IP, on_done, &b, 0);
    pl_id id = fake_port_nth_id(b.fake, socket);
    g_autofree uint8_t *copy = g_malloc(len + 1);
    memcpy(copy + 1, data, len);
    const fake_ask *sent;
    while ((sent = fake_port_take_kind(b.fake, FAKE_SEND))) {
        if (sent->id != id || len < PL_STUN_HEADER_BYTES)
            continue;
        memcpy(copy + 1 + 8, sent->data + 8, PL_STUN_ID_BYTES);
        (void)pl_discovery_input(discovery, id, sent->to, copy + 1, len, 1);
    }
    pl_deadlines_run(&b.context.deadlines, PL_MINUTE);
    pl_discovery_free(discovery);
    close_bench(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    size_t socket = data[0] & 1;
    pl_addr from = {.ip = 0x0B000000u + data[1], .port = (uint16_t)(1024 + data[1])};
    feed_reader(data + 2, len - 2);
    feed_server(data + 2, len - 2, from, socket);
    feed_discovery(data + 2, len - 2, socket);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
