/* Fuzz target of the message table: whatever is accepted is written again as the same bytes.
 *
 * The first byte chooses the carrier.  With -DFUZZ_LIBFUZZER the fuzzer brings its own main; else the target
 * replays the files and folders given as arguments. */
#include <glib.h>
#include <string.h>

#include "core/wire/message.h"
#include "tests/support/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_and_write_again(pl_carrier carrier, const uint8_t *data, size_t len, pl_cache_entry *room)
{
    pl_message message = {.ret_entries = room};
    if (pl_message_read(&message, carrier, data, len) != 0)
        return;
    if (!room && message.n_entries > 0)
        return; /* skipped entries cannot be written again */
    uint8_t again[PL_MESSAGE_BYTES_MAX];
    size_t written = pl_message_write(&message, again, sizeof again);
    g_assert_cmpuint(written, ==, len);
    g_assert_true(memcmp(again, data, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    pl_carrier carrier = data[0] & 1 ? PL_CARRIER_RECORD : PL_CARRIER_DATAGRAM;
    pl_cache_entry room[PL_MESSAGE_ENTRIES_MAX];
    read_and_write_again(carrier, data + 1, len - 1, room);
    read_and_write_again(carrier, data + 1, len - 1, NULL);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_run(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
