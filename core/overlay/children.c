/* children.c - the sessions of a supernode, all together: their list, and what ends them at once. */
#include "core/overlay/supernode_internal.h"

#include "core/event.h"

void pl_children_join(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    session->previous = supernode->last_session;
    if (session->previous)
        session->previous->next = session;
    else
        supernode->first_session = session;
    supernode->last_session = session;
}

void pl_children_leave(pl_session *session)
{
    pl_supernode *supernode = session->supernode;
    if (session->previous)
        session->previous->next = session->next;
    else
        supernode->first_session = session->next;
    if (session->next)
        session->next->previous = session->previous;
    else
        supernode->last_session = session->previous;
}

bool pl_children_is_client(const pl_session *session)
{
    return session->state == PL_SESSION_ATTACHED || session->state == PL_SESSION_ONLINE;
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

static void say_goodbye(pl_session *session, pl_refusal refusal)
{
    pl_supernode_say(session, &(pl_message){.id = PL_MESSAGE_REFUSED, .refusal = refusal});
    pl_supernode_dismiss(session, pl_refusal_name(refusal));
}

static void let_go(pl_session *session, bool is_hard)
{
    if (is_hard)
        pl_supernode_end(session, pl_refusal_name(PL_REFUSAL_OVERLOADED));
    else
        say_goodbye(session, PL_REFUSAL_OVERLOADED);
}

static void on_shut_off(void *owner, int64_t load, pl_time now)
{
    pl_supernode *supernode = owner;
    const pl_context *context = supernode->options.context;
    supernode->off_at = now;
    pl_trace(&context->port, PL_EVENT_SHUT_OFF, pl_number(load), pl_number((int64_t)supernode->n_clients));
    for (pl_session *i = supernode->first_session, *next; i; i = next) {
        next = i->next;
        if (pl_children_is_client(i))
            let_go(i, context->config->supernode_shutoff_hard != 0);
    }
}

void pl_supernode_leave(pl_supernode *supernode)
{
    supernode->elector.is_leaving = true;
    pl_supernode_farewell(supernode);
    pl_partner_leave(supernode);
    while (supernode->first_session)
        if (pl_children_is_client(supernode->first_session))
            say_goodbye(supernode->first_session, PL_REFUSAL_LEAVING);
        else
            pl_supernode_end(supernode->first_session, pl_refusal_name(PL_REFUSAL_LEAVING));
}

static void on_back(void *owner, pl_time now)
{
    const pl_supernode *supernode = owner;
    pl_trace(&supernode->options.context->port, PL_EVENT_BACK, pl_number(now - supernode->off_at));
}

const pl_load_handler pl_children_load_handler = {
    .record = on_record, .probe = on_probe, .shut_off = on_shut_off, .back = on_back};
