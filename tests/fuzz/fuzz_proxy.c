/* Fuzz target of the proxy before a node's port: whatever an HTTP proxy answers, a stream opens at most once,
 * ends at most once, and it makes no difference in what pieces the answer comes.
 *
 * The first byte is the size of the pieces, the second how many bytes of the request are taken at once.  With
 * -DFUZZ_LIBFUZZER the fuzzer brings its own main; else the target replays the files and folders given as
 * arguments. */
#include <glib.h>
#include <string.h>

#include "core/nat/proxy.h"
#include "tests/support/fake_port.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct outcome {
    size_t n_opened, n_closed, n_received;
    uint32_t sum;
} outcome;

static size_t on_input(void *owner, const pl_input *input, pl_time now)
{
    outcome *out = owner;
    (void)now;
    g_assert_cmpuint(out->n_closed, ==, 0);
    if (input->kind == PL_INPUT_OPENED)
        out->n_opened++;
    if (input->kind == PL_INPUT_CLOSED)
        out->n_closed++;
    if (input->kind != PL_INPUT_DATA)
        return 0;
    g_assert_cmpuint(out->n_opened, ==, 1);
    out->n_received += input->len;
    for (size_t i = 0; i < input->len; i++)
        out->sum = out->sum * 31 + input->data[i];
    return input->len;
}

static outcome play(const uint8_t *data, size_t len, size_t piece, size_t room)
{
    outcome out = {0};
    fake_port *fake = fake_port_new();
    pl_port world = fake_port_of(fake);
    pl_proxy *proxy = pl_proxy_new(&world, (pl_addr){1, 8080}, on_input, &out);
    pl_port port = pl_proxy_port(proxy);
    pl_id id;
    fake_port_set_write_room(fake, room);
    g_assert_cmpint(port.ops->tcp_open(port.ctx, 0, (pl_addr){2, 443}, &id), ==, 0);
    pl_proxy_input(proxy, &(pl_input){.kind = PL_INPUT_OPENED, .id = id}, 0);
    fake_port_set_write_room(fake, SIZE_MAX);
    pl_proxy_input(proxy, &(pl_input){.kind = PL_INPUT_WRITABLE, .id = id}, 0);
    for (size_t at = 0; at < len && out.n_closed == 0; at += piece) {
        pl_input input = {.kind = PL_INPUT_DATA, .id = id, .data = data + at, .len = MIN(piece, len - at)};
        g_assert_cmpuint(pl_proxy_input(proxy, &input, 0), ==, input.len);
    }
    g_assert_cmpuint(out.n_opened, <=, 1);
    g_assert_true(out.n_received == 0 || out.n_opened == 1);
    g_assert_cmpuint(pl_proxy_opening(proxy), ==, out.n_opened + out.n_closed == 0 ? 1 : 0);
    g_assert_true(fake_port_is_open(fake, id) == (out.n_closed == 0));
    pl_proxy_free(proxy);
    fake_port_free(fake);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 3)
        return 0;
    outcome pieces = play(data + 2, len - 2, 1 + (size_t)data[0], data[1]);
    outcome whole = play(data + 2, len - 2, len, SIZE_MAX);
    g_assert_true(memcmp(&pieces, &whole, sizeof whole) == 0);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
