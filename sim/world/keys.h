/* keys.h - the login server's keys in a live network: a private file of its own, and a public one that is
 * carried to everybody else.
 *
 *   login-server.key   32 bytes Ed25519 private, 32 bytes X25519 private (mode 0600), hexadecimal
 *   login-server.pub   the two public keys, hexadecimal */
#ifndef SIM_WORLD_KEYS_H
#define SIM_WORLD_KEYS_H

#include "core/node.h"

/* Loads the login server's pairs from `folder`, or draws and keeps them if there are none yet.
 * False and a sentence in *ret_error (g_free). */
bool sim_keys_own(const char *folder, pl_server_keys *ret_keys, char **ret_error);
/* Loads the public halves; the private ones are zero.  False and a sentence. */
bool sim_keys_pinned(const char *folder, pl_server_keys *ret_keys, char **ret_error);

#endif
