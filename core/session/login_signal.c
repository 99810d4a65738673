#include "core/session/login_internal.h"

#include <glib.h>
#include <string.h>

_Static_assert(PL_SIGNAL_BODY_MAX == PL_MESSAGE_BODY_MAX, "what may be said can be sent");
_Static_assert(PL_TURN_USER_MAX == PL_MESSAGE_NAME_MAX && PL_TURN_PASSWORD_MAX == PL_MESSAGE_NAME_MAX,
               "an account that is granted can be used");

/* A view has at most PL_MESSAGE_NAME_MAX bytes and no zero among them: the reader saw to it. */
static void copy_text(char ret_text[PL_MESSAGE_NAME_MAX + 1], pl_bytes_view view)
{
    memcpy(ret_text, view.data, view.len);
    ret_text[view.len] = 0;
}

static void take_grant(pl_login *login, const pl_message *message, pl_time now)
{
    const pl_login_options *options = &login->options;
    pl_turn_account account;
    login->relays_awaited--;
    if (!options->signals->relay_granted)
        return;
    copy_text(account.user, message->name);
    copy_text(account.password, message->password);
    options->signals->relay_granted(options->signals_owner, &account, now);
    pl_bytes_wipe(&account, sizeof account);
}

/* The owner may log out inside, so nothing is touched after it was told. */
void pl_login_take_signal(pl_login *login, const pl_message *message, pl_time now)
{
    const pl_login_options *options = &login->options;
    const pl_login_signals *signals = options->signals;
    char name[PL_MESSAGE_NAME_MAX + 1];
    if (!signals)
        return;
    if (message->id == PL_MESSAGE_RELAY_GRANT) {
        take_grant(login, message, now);
        return;
    }
    if (message->id == PL_MESSAGE_SEARCH_NODES || message->id == PL_MESSAGE_SEARCH_RESULT) {
        if (signals->search)
            signals->search(options->signals_owner, message, now);
        return;
    }
    copy_text(name, message->name);
    if (message->id == PL_MESSAGE_SIGNAL && signals->signal)
        signals->signal(options->signals_owner, message->visit, name, message->body.data, message->body.len, now);
    if (message->id == PL_MESSAGE_SIGNAL_FAILED && signals->signal_failed)
        signals->signal_failed(options->signals_owner, message->visit, name, pl_refusal_name(message->refusal), now);
}

int pl_login_signal(pl_login *login, uint32_t visit, const char *name, const uint8_t *body, size_t len)
{
    if (login->state != PL_LOGIN_ONLINE)
        return PL_ERR_UNEXPECTED;
    if (len > PL_SIGNAL_BODY_MAX)
        return PL_ERR_OVERSIZED;
    if (!pl_login_name_is_valid(name))
        return PL_ERR_MALFORMED;
    return pl_login_say(login, &(pl_message){.id = PL_MESSAGE_SIGNAL,
                                             .visit = visit,
                                             .name = {(const uint8_t *)name, strlen(name)},
                                             .body = {body, len}});
}

int pl_login_request_relay(pl_login *login)
{
    if (login->state != PL_LOGIN_ONLINE)
        return PL_ERR_UNEXPECTED;
    int error = pl_login_say(login, &(pl_message){.id = PL_MESSAGE_RELAY_REQUEST});
    if (!error)
        login->relays_awaited++;
    return error;
}

const pl_identity *pl_login_identity(const pl_login *login)
{
    return login->state == PL_LOGIN_ONLINE ? &login->self->identity : NULL;
}

const pl_credential *pl_login_credential(const pl_login *login)
{
    return login->state == PL_LOGIN_ONLINE ? &login->self->credential : NULL;
}

static bool is_attached(const pl_login *login)
{
    switch (login->state) {
    case PL_LOGIN_GRANTING:
    case PL_LOGIN_ADVERTISING:
    case PL_LOGIN_ONLINE:
        return true;
    case PL_LOGIN_IDLE:
    case PL_LOGIN_ASKING:
    case PL_LOGIN_OPENING:
    case PL_LOGIN_ATTACHING:
    case PL_LOGIN_PAUSING:
    case PL_LOGIN_PINGING:
    case PL_LOGIN_WAITING:
        return false;
    }
    return false;
}

pl_addr pl_login_supernode(const pl_login *login)
{
    return is_attached(login) ? login->supernode_own : (pl_addr){0};
}

pl_port_kind pl_login_kind(const pl_login *login)
{
    return is_attached(login) ? login->kind : 0;
}
