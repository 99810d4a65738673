/* The two memories, each at its bound. */
#include "core/crypto/replay.h"

#include <glib.h>

static int add_key(pl_replay_memory *memory, uint32_t number)
{
    uint8_t key[PL_KEY_BYTES] = {0};

    for (size_t i = 0; i < 4; i++)
        key[28 + i] = (uint8_t)(number >> (8 * i));
    return pl_replay_memory_add(memory, key);
}

/* A memory of n knows exactly the last n keys; a refused key does not push another out. */
static void test_memory(void)
{
    enum { ENTRIES = 100, KEYS = 1000 };
    pl_replay_memory *memory = pl_replay_memory_new(ENTRIES);

    for (uint32_t i = 0; i < KEYS; i++) {
        g_assert_cmpint(add_key(memory, i), ==, 0);
        g_assert_cmpint(add_key(memory, i), ==, PL_ERR_REPLAYED);
        if (i >= ENTRIES - 1)
            g_assert_cmpint(add_key(memory, i - (ENTRIES - 1)), ==, PL_ERR_REPLAYED);
    }
    g_assert_cmpint(add_key(memory, KEYS - ENTRIES - 1), ==, 0);
    g_assert_cmpint(add_key(memory, KEYS - ENTRIES), ==, 0);
    pl_replay_memory_free(memory);
    pl_replay_memory_free(NULL);
}

static void test_memory_of_one(void)
{
    pl_replay_memory *memory = pl_replay_memory_new(1);

    g_assert_cmpint(add_key(memory, 1), ==, 0);
    g_assert_cmpint(add_key(memory, 1), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(add_key(memory, 2), ==, 0);
    g_assert_cmpint(add_key(memory, 1), ==, 0);
    pl_replay_memory_free(memory);
}

static void test_window_in_order(void)
{
    pl_replay_window window = {0};

    for (uint64_t nonce = 0; nonce < 200; nonce++) {
        g_assert_cmpint(pl_replay_window_add(&window, nonce), ==, 0);
        g_assert_cmpint(pl_replay_window_add(&window, nonce), ==, PL_ERR_REPLAYED);
    }
}

/* 63 below the greatest is still judged, 64 below is too old. */
static void test_window_edge(void)
{
    pl_replay_window window = {0};

    g_assert_cmpint(pl_replay_window_add(&window, 1000), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, 936), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_replay_window_add(&window, 937), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, 937), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_replay_window_add(&window, 999), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, 1063), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, 1000), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_replay_window_add(&window, 1001), ==, 0);
    /* A jump of the whole window and more forgets all marks and refuses all that is below. */
    g_assert_cmpint(pl_replay_window_add(&window, UINT64_MAX), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, UINT64_MAX), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_replay_window_add(&window, UINT64_MAX - 63), ==, 0);
    g_assert_cmpint(pl_replay_window_add(&window, UINT64_MAX - 64), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_replay_window_add(&window, 0), ==, PL_ERR_REPLAYED);
}

/* Against a plain list of everything seen. */
static void test_window_random(void)
{
    enum { NONCES = 4000 };
    bool *seen = g_new0(bool, NONCES);
    pl_replay_window window = {0};
    uint64_t greatest = 0;

    for (int i = 0; i < 20000; i++) {
        int32_t low = MAX((int32_t)greatest - 90, 0), high = MIN((int32_t)greatest + 4, NONCES);
        uint64_t nonce = (uint64_t)g_test_rand_int_range(low, high);
        bool fresh = !seen[nonce] && nonce + 64 > greatest;
        g_assert_cmpint(pl_replay_window_add(&window, nonce), ==, fresh ? 0 : PL_ERR_REPLAYED);
        seen[nonce] = true;
        greatest = MAX(greatest, nonce);
    }
    g_free(seen);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/replay/memory/knows-the-last-n", test_memory);
    g_test_add_func("/replay/memory/of-one", test_memory_of_one);
    g_test_add_func("/replay/window/in-order", test_window_in_order);
    g_test_add_func("/replay/window/edge", test_window_edge);
    g_test_add_func("/replay/window/random", test_window_random);
    return g_test_run();
}
