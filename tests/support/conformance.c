#include "tests/support/conformance_tests.h"

#include <string.h>

static size_t eat(conformance_node *node, const pl_input *input)
{
    conformance_world *world = node->world;
    const size_t eaten = MIN(input->len, node->appetite);
    g_byte_array_append(node->bytes, input->data, (guint)eaten);
    if (eaten < input->len && node->more_at_once)
        hand_more(world, (int)(node - world->node), input->id);
    if (node->close_on_data && node->close_on_data == input->id)
        hand_close(world, (int)(node - world->node), input->id);
    return eaten;
}

size_t conformance_input(void *ctx, const pl_input *input, pl_time now)
{
    conformance_node *node = ctx;
    conformance_world *world = node->world;
    g_assert_false(world->inside_port); /* no port function calls back */
    conformance_seen seen = {.input = *input, .at = now};
    seen.input.data = NULL;
    g_array_append_val(node->seen, seen);
    if (world->awaiting && &world->node[world->awaited_node] == node &&
        input->kind == world->awaited_kind && (!world->awaited_id || input->id == world->awaited_id)) {
        world->found = true;
        world->ops->stop(world->engine);
    }
    if (input->kind == PL_INPUT_DATAGRAM)
        g_byte_array_append(node->bytes, input->data, (guint)input->len);
    return input->kind == PL_INPUT_DATA ? eat(node, input) : 0;
}

void conformance_run(conformance_world *world, pl_span span)
{
    const bool is_virtual = world->ops->capabilities & SIM_ENGINE_VIRTUAL_TIME;
    const pl_span real = is_virtual ? span : MIN(span, world->silence);
    world->ops->run(world->engine, world->ops->now(world->engine) + real);
}

static const conformance_seen *last_seen(const conformance_world *world, int who, pl_input_kind kind, pl_id id)
{
    const GArray *seen = world->node[who].seen;
    for (guint i = seen->len; i-- > 0;) {
        const conformance_seen *one = &g_array_index(seen, conformance_seen, i);
        if (one->input.kind == kind && (!id || one->input.id == id))
            return one;
    }
    return NULL;
}

const conformance_seen *conformance_wait(conformance_world *world, int who, pl_input_kind kind, pl_id id)
{
    const conformance_seen *already = last_seen(world, who, kind, id);
    if (already)
        return already;
    world->awaited_node = who;
    world->awaited_kind = kind;
    world->awaited_id = id;
    world->awaiting = true;
    world->found = false;
    const pl_time end = world->ops->now(world->engine) + world->patience;
    while (!world->found && world->ops->now(world->engine) < end)
        world->ops->run(world->engine, end);
    world->awaiting = false;
    return last_seen(world, who, kind, id);
}

const conformance_seen *conformance_expect(conformance_world *world, int who, pl_input_kind kind, pl_id id)
{
    const conformance_seen *seen = conformance_wait(world, who, kind, id);
    g_assert_nonnull(seen);
    return seen;
}

size_t conformance_count(const conformance_world *world, int who, pl_input_kind kind, pl_id id)
{
    const GArray *seen = world->node[who].seen;
    size_t count = 0;
    for (guint i = 0; i < seen->len; i++) {
        const conformance_seen *one = &g_array_index(seen, conformance_seen, i);
        count += one->input.kind == kind && (!id || one->input.id == id);
    }
    return count;
}

void conformance_clear(conformance_world *world)
{
    for (int who = A; who <= B; who++) {
        g_array_set_size(world->node[who].seen, 0);
        g_byte_array_set_size(world->node[who].bytes, 0);
    }
}

conformance_world *conformance_world_new(const conformance_maker *maker)
{
    conformance_world *world = g_new0(conformance_world, 1);
    world->maker = maker;
    world->ops = maker->ops;
    for (int who = A; who <= B; who++)
        world->node[who] = (conformance_node){.world = world,
                                              .host = (sim_host)who,
                                              .seen = g_array_new(FALSE, TRUE, sizeof(conformance_seen)),
                                              .bytes = g_byte_array_new(),
                                              .appetite = SIZE_MAX};
    maker->make(maker, world);
    return world;
}

void conformance_world_free(conformance_world *world)
{
    world->maker->unmake(world);
    for (int who = A; who <= B; who++) {
        g_array_unref(world->node[who].seen);
        g_byte_array_unref(world->node[who].bytes);
    }
    g_free(world);
}

int hand_bind(conformance_world *world, int who, uint16_t port, pl_id *ret_socket)
{
    world->inside_port = true;
    const int result = world->ops->udp_bind(world->engine, world->node[who].host, port, ret_socket);
    world->inside_port = false;
    return result;
}

int hand_send(conformance_world *world, int who, pl_id socket, pl_addr to, const char *text)
{
    g_autofree uint8_t *copy = g_memdup2(text, strlen(text) + 1);
    world->inside_port = true;
    const int result =
        world->ops->udp_send(world->engine, world->node[who].host, socket, to, 0, copy, strlen(text));
    world->inside_port = false;
    memset(copy, '!', strlen(text)); /* the engine must have its own copy by now */
    return result;
}

int hand_listen(conformance_world *world, int who, uint16_t port, pl_id *ret_listener)
{
    world->inside_port = true;
    const int result = world->ops->tcp_listen(world->engine, world->node[who].host, port, ret_listener);
    world->inside_port = false;
    return result;
}

int hand_open(conformance_world *world, int who, uint16_t port, pl_addr to, pl_id *ret_stream)
{
    world->inside_port = true;
    const int result = world->ops->tcp_open(world->engine, world->node[who].host, port, to, ret_stream);
    world->inside_port = false;
    return result;
}

int hand_write(conformance_world *world, int who, pl_id stream, const void *data, size_t len)
{
    g_autofree uint8_t *copy = g_memdup2(data, len);
    world->inside_port = true;
    const int result = world->ops->tcp_write(world->engine, world->node[who].host, stream, copy, len);
    world->inside_port = false;
    if (len)
        memset(copy, '!', len);
    return result;
}

#define HAND(name, function)                                                                       \
    void name(conformance_world *world, int who, pl_id id)                                         \
    {                                                                                              \
        const bool before = world->inside_port;                                                    \
        world->inside_port = true;                                                                 \
        world->ops->function(world->engine, world->node[who].host, id);                            \
        world->inside_port = before;                                                               \
    }
HAND(hand_more, tcp_more)
HAND(hand_shutdown, tcp_shutdown)
HAND(hand_abort, tcp_abort)
HAND(hand_close, close)
#undef HAND

uint16_t hand_port(conformance_world *world, int who, pl_id id)
{
    return world->ops->local_port(world->engine, world->node[who].host, id);
}

pl_addr conformance_addr(const conformance_world *world, int who, unsigned n)
{
    return (pl_addr){.ip = world->node[who].ip, .port = (uint16_t)(world->first_port + n)};
}

pl_id conformance_bind(conformance_world *world, int who, unsigned n)
{
    pl_id socket = 0;
    g_assert_cmpint(hand_bind(world, who, conformance_addr(world, who, n).port, &socket), ==, 0);
    g_assert_cmpuint(socket, !=, 0);
    return socket;
}

pl_id conformance_listen(conformance_world *world, int who, unsigned n)
{
    pl_id listener = 0;
    g_assert_cmpint(hand_listen(world, who, conformance_addr(world, who, n).port, &listener), ==, 0);
    g_assert_cmpuint(listener, !=, 0);
    return listener;
}

void conformance_pair(conformance_world *world, unsigned n, pl_id *ret_a, pl_id *ret_b)
{
    pl_id listener = conformance_listen(world, B, n);
    g_assert_cmpint(hand_open(world, A, 0, conformance_addr(world, B, n), ret_a), ==, 0);
    conformance_expect(world, A, PL_INPUT_OPENED, *ret_a);
    *ret_b = conformance_expect(world, B, PL_INPUT_ACCEPTED, 0)->input.id;
    hand_close(world, B, listener);
    conformance_clear(world);
}

void conformance_bytes(conformance_world *world, int who, const char *text)
{
    GByteArray *bytes = world->node[who].bytes;
    g_assert_cmpuint(bytes->len, ==, strlen(text));
    if (bytes->len)
        g_assert_true(memcmp(bytes->data, text, bytes->len) == 0);
    g_byte_array_set_size(bytes, 0);
}

typedef struct registered {
    const conformance_maker *maker;
    const conformance_test *test;
} registered;

static void run_registered(gconstpointer data)
{
    const registered *one = data;
    const uint32_t missing = one->test->needs & ~one->maker->ops->capabilities;
    if (missing) {
        g_test_skip("the engine has not the capability");
        return;
    }
    conformance_world *world = conformance_world_new(one->maker);
    one->test->run(world);
    conformance_world_free(world);
}

void conformance_add(const conformance_maker *maker)
{
    const conformance_test *const tables[] = {conformance_clock_tests, conformance_udp_tests,
                                              conformance_open_tests, conformance_stream_tests,
                                              conformance_end_tests};
    for (size_t table = 0; table < G_N_ELEMENTS(tables); table++) {
        for (const conformance_test *test = tables[table]; test->name; test++) {
            registered *one = g_new(registered, 1);
            *one = (registered){.maker = maker, .test = test};
            g_autofree char *path = g_strdup_printf("/port/%s/%s", maker->ops->name, test->name);
            g_test_add_data_func_full(path, one, run_registered, g_free);
        }
    }
}
