/* login_server.h - the login server: accounts, authentication, and signing of users' keys.
 *
 * It answers Noise NK with its static key, so that whoever holds the pinned public key knows whom he
 * talks to.  Every session is bounded in number and in time; a replayed first message is refused. */
#ifndef PL_SESSION_LOGIN_SERVER_H
#define PL_SESSION_LOGIN_SERVER_H

#include "core/context.h"
#include "core/crypto/credential.h"

typedef struct pl_login_server pl_login_server;

/* The server's two key pairs; the public halves are pinned in every node. */
typedef struct pl_server_keys {
    pl_keypair sign; /* Ed25519 */
    pl_keypair dh;   /* X25519 */
} pl_server_keys;

pl_login_server *pl_login_server_new(pl_context *context, const pl_server_keys *keys);
void pl_login_server_free(pl_login_server *server);

/* Adds or replaces an account.  PL_ERR_MALFORMED if the name is empty, too long or not printable. */
int pl_login_server_add_account(pl_login_server *server, const char *name, const char *password);
size_t pl_login_server_accounts(const pl_login_server *server);
size_t pl_login_server_sessions(const pl_login_server *server);

void pl_login_server_accepted(pl_login_server *server, pl_id stream, pl_addr from, pl_time now);
void pl_login_server_data(pl_login_server *server, pl_id stream, const uint8_t *data, size_t len, pl_time now);
void pl_login_server_fin(pl_login_server *server, pl_id stream, pl_time now);
void pl_login_server_writable(pl_login_server *server, pl_id stream);
void pl_login_server_closed(pl_login_server *server, pl_id stream, pl_cause cause, pl_time now);

#endif
