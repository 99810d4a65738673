/* replay.h - bounded memories of what was seen: a set of recent keys, and a window of nonces. */
#ifndef PL_CRYPTO_REPLAY_H
#define PL_CRYPTO_REPLAY_H

#include "core/crypto/suite.h"

/* The last n 32-byte keys, first in first out. */
typedef struct pl_replay_memory pl_replay_memory;
pl_replay_memory *pl_replay_memory_new(size_t entries_max);
void pl_replay_memory_free(pl_replay_memory *memory);
/* Remembers a key: 0, or PL_ERR_REPLAYED if it is known already. */
int pl_replay_memory_add(pl_replay_memory *memory, const uint8_t key[PL_KEY_BYTES]);

/* Explicit nonces of datagrams, as RFC 6479 keeps them: 64 below the greatest. */
typedef struct pl_replay_window {
    uint64_t greatest;
    uint64_t bitmap;
} pl_replay_window;
/* 0 and marks it, or PL_ERR_REPLAYED (seen, or older than the window).  Call only after the seal opened. */
int pl_replay_window_add(pl_replay_window *window, uint64_t nonce);

#endif
