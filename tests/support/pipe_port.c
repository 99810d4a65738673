#include "tests/support/pipe_port.h"

static int pipe_write(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    pipe_end *end = ctx;
    size_t taken = MIN(len, end->room);

    (void)stream;
    if (end->error)
        return end->error;
    g_byte_array_append(end->out, data, (guint)taken);
    if (end->room != SIZE_MAX)
        end->room -= taken;
    return (int)taken;
}

static void pipe_random(void *ctx, uint8_t *out, size_t len)
{
    pipe_end *end = ctx;

    for (size_t i = 0; i < len; i++) {
        end->seed = end->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        out[i] = (uint8_t)(end->seed >> 56);
    }
}

static const pl_port_ops pipe_ops = {.tcp_write = pipe_write, .random = pipe_random};

void pipe_init(pipe_end *end, const pl_suite *suite, uint64_t seed)
{
    *end = (pipe_end){.out = g_byte_array_new(), .room = SIZE_MAX, .seed = seed};
    end->context = (pl_context){.port = {.ops = &pipe_ops, .ctx = end}, .suite = suite};
}

void pipe_clear(pipe_end *end)
{
    g_byte_array_unref(end->out);
    end->out = NULL;
}

size_t pipe_piece(pipe_chunks chunks, size_t left)
{
    switch (chunks) {
    case PIPE_WHOLE:
        return left;
    case PIPE_BYTES:
        return 1;
    case PIPE_RANDOM:
        return (size_t)g_test_rand_int_range(1, (gint32)MIN(left, 200) + 1);
    }
    g_assert_not_reached();
}
