/* login_index.c - what a user says of himself to the index, by way of his supernode, and the records of his
 * searches. */
#include "core/session/login_internal.h"

#include <glib.h>

static void sign_anew(void *machine, pl_time now)
{
    pl_login_register(machine, PL_PRESENCE_ONLINE, now);
}

void pl_login_register(pl_login *login, pl_presence state, pl_time now)
{
    pl_context *context = login->options.context;
    pl_login_self *self = login->self;
    pl_entry entry;
    uint8_t bytes[PL_ENTRY_BYTES_MAX];
    pl_entry_make(&entry, context,
                  &(pl_entry_facts){.credential = &self->credential,
                                    .sign = &self->identity.sign,
                                    .supernode = login->supernode_own,
                                    .state = state,
                                    .after = self->stamp},
                  now);
    self->stamp = entry.stamp;
    size_t len = pl_entry_encode(&entry, bytes);
    pl_login_say(login, &(pl_message){.id = PL_MESSAGE_REGISTER, .entry = {bytes, len}});
    pl_time next = state == PL_PRESENCE_ONLINE ? now + context->config->index_refresh : PL_NEVER;
    pl_deadline_set(&context->deadlines, &login->registration, next, sign_anew, login);
}

int pl_login_say_search(pl_login *login, const pl_message *message)
{
    return login->state == PL_LOGIN_ONLINE ? pl_login_say(login, message) : PL_ERR_UNEXPECTED;
}

size_t pl_login_servers(const pl_login *login, const pl_addr **ret_servers)
{
    if (login->state != PL_LOGIN_ONLINE)
        return 0;
    *ret_servers = login->self->servers;
    return login->self->n_servers;
}

bool pl_login_heard_udp(const pl_login *login)
{
    return login->state == PL_LOGIN_ONLINE && login->heard_udp;
}
