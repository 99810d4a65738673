/* keepalive.h - how a client and its supernode know of each other that they still live.
 *
 * The client says KEEP_ALIVE every overlay.keep_alive over their channel (BS-20), and the supernode answers with the same.
 * Whatever else is heard is a sign of life too.  Either end that heard nothing for overlay.keep_alive +
 * overlay.keep_alive_wait takes the other for gone.  These are the two instants; who waits for them has a deadline
 * already, and moves it only when it acts, so that a sign of life costs the supernode one assignment. */
#ifndef PL_OVERLAY_KEEPALIVE_H
#define PL_OVERLAY_KEEPALIVE_H

#include "core/config.h"

/* When to say the next one after the last was said: PL_NEVER if overlay.keep_alive is 0. */
static inline pl_time pl_keepalive_due(const pl_config *config, pl_time said_at)
{
    return config->overlay_keep_alive ? said_at + config->overlay_keep_alive : PL_NEVER;
}

/* From when on the other end, last heard at `heard_at`, is taken for gone: PL_NEVER likewise. */
static inline pl_time pl_keepalive_silent_at(const pl_config *config, pl_time heard_at)
{
    return config->overlay_keep_alive
               ? heard_at + config->overlay_keep_alive + config->overlay_keep_alive_wait
               : PL_NEVER;
}

#endif
