/* children.c - the clients of a supernode, all together: their list, and what its load does to them. */
#include "core/overlay/supernode_internal.h"

#include "core/event.h"

void pl_children_join(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    session->previous = supernode->last_client;
    if (session->previous)
        session->previous->next = session;
    else
        supernode->first_client = session;
    supernode->last_client = session;
    supernode->n_clients++;
}

void pl_children_leave(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    if (session->previous)
        session->previous->next = session->next;
    else
        supernode->first_client = session->next;
    if (session->next)
        session->next->previous = session->previous;
    else
        supernode->last_client = session->previous;
    session->next = session->previous = NULL;
    supernode->n_clients--;
}

/* --- the load --- */

static void on_record(void *owner, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    pl_session *session = pl_supernode_find(owner, stream);
    if (session) /* else it left while it waited */
        pl_supernode_take_record(session, data, len, now);
}

static void on_probe(void *owner, pl_addr from, uint64_t transaction, pl_time now)
{
    pl_supernode_answer_probe(owner, from, transaction, now);
}

static void let_go(pl_session *session, bool is_hard)
{
    const char *cause = pl_refusal_name(PL_REFUSAL_OVERLOADED);
    if (is_hard) {
        pl_supernode_end(session, cause);
        return;
    }
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = PL_REFUSAL_OVERLOADED});
    pl_supernode_dismiss(session, cause);
}

static void on_shut_off(void *owner, int64_t load, pl_time now)
{
    pl_supernode *supernode = owner;
    const pl_context *context = supernode->options.context;
    supernode->off_at = now;
    pl_trace(&context->port, PL_EVENT_SHUT_OFF, pl_number(load), pl_number((int64_t)supernode->n_clients));
    while (supernode->first_client)
        let_go(supernode->first_client, context->config->supernode_shutoff_hard != 0);
}

static void on_back(void *owner, pl_time now)
{
    const pl_supernode *supernode = owner;
    pl_trace(&supernode->options.context->port, PL_EVENT_BACK, pl_number(now - supernode->off_at));
}

const pl_load_handler pl_children_load_handler = {
    .record = on_record, .probe = on_probe, .shut_off = on_shut_off, .back = on_back};
