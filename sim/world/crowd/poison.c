/* poison.c - supernodes that answer badly about the index.
 *
 * The core is honest and has no word for this.  Its datagrams pass the world's hands on their way out and in, and
 * here some of them are changed: an answer to a question of a search is held back (drop), or says that there is
 * nobody (lie); or what the supernode is told from now on does not reach it, so that its answers are those of an
 * earlier day (stale). */
#include "core/wire/message.h"
#include "sim/world/crowd/crowd.h"

/* What a datagram of our own protocol is; false if it is none. */
static bool read_datagram(const uint8_t *data, size_t len, pl_message *ret_message)
{
    return pl_message_read(ret_message, PL_CARRIER_DATAGRAM, data, len) == 0;
}

static int say_nobody(sim_machine *machine, const sim_datagram *datagram, const pl_message *answer)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_message lie = {.id = PL_MESSAGE_ANSWER, .transaction = answer->transaction, .verdict = PL_ANSWER_SURELY_NONE};
    size_t len = pl_message_write(&lie, bytes, sizeof bytes);
    return sim_stack_port_udp_send(&machine->stack, datagram->socket, datagram->to, datagram->ttl,
                                   bytes, len);
}

bool sim_poison_sends(sim_machine *machine, const sim_datagram *datagram, int *ret_result)
{
    pl_message message;
    if (machine->poison->poison == SIM_POISON_STALE || !read_datagram(datagram->data, datagram->len, &message) ||
        message.id != PL_MESSAGE_ANSWER)
        return false;
    *ret_result = machine->poison->poison == SIM_POISON_LIE ? say_nobody(machine, datagram, &message) : 0;
    return true;
}

/* Whoever sent the entry is told that it is kept: he would look for another place otherwise. */
static void pretend_to_keep(sim_machine *machine, const pl_input *input, const pl_message *store)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    pl_message lie = {.id = PL_MESSAGE_STORED, .transaction = store->transaction, .verdict = PL_STORED_KEPT};
    size_t len = pl_message_write(&lie, bytes, sizeof bytes);
    sim_stack_port_udp_send(&machine->stack, input->id, input->from, 0, bytes, len);
}

bool sim_poison_takes(sim_machine *machine, const pl_input *input)
{
    pl_message message;
    if (machine->poison->poison != SIM_POISON_STALE || input->kind != PL_INPUT_DATAGRAM ||
        !read_datagram(input->data, input->len, &message) || message.id != PL_MESSAGE_STORE)
        return false;
    pretend_to_keep(machine, input, &message);
    return true;
}

static void on_cured(void *ctx, void *arg, pl_time now)
{
    sim_machine *machine = ctx;
    (void)now;
    if (machine->poison == arg)
        machine->poison = NULL;
}

void sim_poison_start(sim_machine *machine, const sim_act *act, pl_time now)
{
    const sim_world *world = machine->world;
    machine->poison = act;
    if (act->for_ns > 0)
        world->ops->at(world->engine, now + act->for_ns, on_cured, machine, (void *)(uintptr_t)act);
}
