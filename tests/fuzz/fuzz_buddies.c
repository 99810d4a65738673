/* Fuzz target of the buddy list in the registry: as a thief may leave it, and as only its owner could have.
 *
 * The first byte chooses: even, the rest is a value as it stands; odd, the rest is a plain list, which is
 * written again as the same bytes if it is accepted.  With -DFUZZ_LIBFUZZER the fuzzer brings its own main;
 * else the target replays the files and folders given as arguments. */
#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/session/buddies_value.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is accepted is somebody's own list: it can be made again, and opens again. */
static void open_value(const uint8_t *data, size_t len)
{
    pl_buddies_pass pass;
    pl_buddies_opened opened, again;
    pl_buddies_pass_make(&pass, &pl_suite_sized, "wonderland");
    if (pl_buddies_value_open(&pl_suite_sized, &pass, "alice", PL_BUDDIES_MAX, data, len, &opened) !=
        PL_BUDDIES_OK)
        return;
    const pl_buddies_seal seal = {
        .suite = &pl_suite_sized, .secret = &opened.secret, .owner = "alice", .serial = opened.serial};
    size_t made_len;
    g_autofree uint8_t *made = pl_buddies_value_make(&seal, opened.entries, opened.n, &made_len);
    g_assert_cmpuint(made_len, ==, len);
    g_assert_cmpint(
        pl_buddies_value_open(&pl_suite_sized, &pass, "alice", PL_BUDDIES_MAX, made, made_len, &again), ==,
        PL_BUDDIES_OK);
    g_assert_cmpuint(again.n, ==, opened.n);
    g_free(opened.entries);
    g_free(again.entries);
}

static void read_plain(const uint8_t *data, size_t len)
{
    pl_buddy *entries;
    size_t n;
    if (pl_buddies_plain_read(data, len, PL_BUDDIES_MAX, &entries, &n) != PL_BUDDIES_OK)
        return;
    g_autofree uint8_t *again = g_malloc(PL_BUDDIES_PLAIN_MAX);
    g_assert_cmpuint(pl_buddies_plain_write(entries, n, again), ==, len);
    g_assert_true(memcmp(again, data, len) == 0);
    g_free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    if (data[0] & 1)
        read_plain(data + 1, len - 1);
    else
        open_value(data + 1, len - 1);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
