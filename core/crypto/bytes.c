#include "core/crypto/suite.h"

#include <nettle/memops.h>
#include <string.h>

bool pl_bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return memeql_sec(a, b, len) != 0;
}

void pl_bytes_wipe(void *data, size_t len)
{
    explicit_bzero(data, len);
}
