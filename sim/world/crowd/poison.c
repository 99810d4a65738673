/* poison.c - supernodes that answer badly about the index.
 *
 * The core is honest and has no word for this.  Its datagrams pass the world's hands on their way out and in, and
 * here some of them are lost: the answers to questions (drop), or the entries that it should keep (stale, lie).
 * What it does not get it cannot hand on: from then on it tells of an earlier day, and who begins with an empty index
 * denies everybody.  Letters are sealed, so that nothing can be changed from here: a liar that signs what it likes
 * would be no worse, because entries are signed by their users. */
#include "core/wire/message.h"
#include "sim/world/crowd/crowd.h"

/* Whether a datagram is this message of our own protocol. */
static bool is_message(const uint8_t *data, size_t len, pl_message_id id)
{
    pl_message message;
    return pl_message_read(&message, PL_CARRIER_DATAGRAM, data, len) == 0 && message.id == id;
}

bool sim_poison_sends(const sim_machine *machine, const sim_datagram *datagram)
{
    return machine->poison->poison == SIM_POISON_DROP &&
           is_message(datagram->data, datagram->len, PL_MESSAGE_ANSWER);
}

bool sim_poison_takes(const sim_machine *machine, const pl_input *input)
{
    return machine->poison->poison != SIM_POISON_DROP && input->kind == PL_INPUT_DATAGRAM &&
           (is_message(input->data, input->len, PL_MESSAGE_STORE) || is_message(input->data, input->len, PL_MESSAGE_GONE));
}

static void on_cured(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    (void)now;
    if (machine->poison == arg)
        machine->poison = NULL;
}

/* A liar forgets what it knew, by starting anew. */
void sim_poison_start(sim_machine *machine, const sim_act *act, pl_time now)
{
    const sim_world *world = machine->world;
    if (act->poison == SIM_POISON_LIE)
        sim_presence_return(machine, now);
    machine->poison = act;
    if (act->for_ns > 0)
        world->ops->at(world->engine, now + act->for_ns, on_cured, machine, (void *)(uintptr_t)act);
}
