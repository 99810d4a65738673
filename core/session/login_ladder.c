#include "core/session/login_internal.h"

#include "core/event.h"
#include "core/session/parents.h"

#include <glib.h>
#include <string.h>

static void ask_wave(void *machine, pl_time now);
static void open_rung(pl_login *login, pl_port_kind rung, pl_time now);

static void trace_rung(const pl_login *login, const char *rung, size_t entries)
{
    pl_trace(&login->options.context->port, PL_EVENT_LOGIN_RUNG, pl_text(rung), pl_number((int64_t)entries));
}

static void on_udp_silence(void *machine, pl_time now)
{
    pl_login_ping(machine, PL_PING_ON_SILENCE, now);
    open_rung(machine, 0, now);
}

static void send_probe(pl_login *login, pl_addr to)
{
    pl_login_effort *effort = login->effort;
    const pl_port *port = &login->options.context->port;
    uint8_t bytes[PL_PROBE_BYTES];
    size_t len = pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE, .transaction = effort->transaction},
                                  bytes, sizeof bytes);
    if (login->options.socket)
        port->ops->udp_send(port->ctx, login->options.socket, to, 0, bytes, len);
    pl_login_contact(&effort->contacts, &effort->n_contacts, to);
}

/* One wave of probes; the next wave, or TCP, follows when the wait ends.  A refusal by ICMP does not
 * shorten the wait (BS-07). */
static void ask_wave(void *machine, pl_time now)
{
    pl_login *login = machine;
    pl_login_effort *effort = login->effort;
    const pl_config *config = login->options.context->config;
    size_t end = MIN(effort->n_asked + effort->wave_entries, effort->n_entries);
    pl_trace(&login->options.context->port, PL_EVENT_LOGIN_WAVE,
             pl_number((int64_t)(effort->n_asked / effort->wave_entries + 1)),
             pl_number((int64_t)(end - effort->n_asked)));
    while (effort->n_asked < end)
        send_probe(login, effort->entries[effort->n_asked++]);
    pl_login_enter(login, PL_LOGIN_ASKING, now + config->login_udp_wait,
                   effort->n_asked < effort->n_entries ? ask_wave : on_udp_silence);
}

void pl_login_ladder_start(pl_login *login, pl_time now)
{
    pl_login_effort *effort = login->effort;
    effort->n_asked = 0;
    effort->answered = effort->spare = (pl_addr){0};
    effort->met_full = false;
    pl_context_random(login->options.context, &effort->transaction, sizeof effort->transaction);
    if (effort->is_hand_over && login->is_udp_silent) {
        open_rung(login, login->kind, now); /* a user who was online has waited for UDP in vain already */
        return;
    }
    trace_rung(login, "udp", effort->n_entries);
    ask_wave(login, now);
}

static void on_race_done(void *owner, pl_id stream, pl_addr to, pl_cause cause, pl_time now)
{
    pl_login *login = owner;
    pl_login_effort *effort = login->effort;
    pl_race_free(effort->race);
    effort->race = NULL;
    if (!stream) {
        pl_login_ladder_next(login, cause == PL_CAUSE_TIMEOUT ? PL_LOGIN_TIMEOUT : PL_LOGIN_REFUSED, now);
        return;
    }
    pl_trace(&login->options.context->port, PL_EVENT_LOGIN_OPENED,
             pl_text(pl_port_kind_name(login->options.network, effort->rung)), pl_endpoint(to));
    pl_login_attach_start(login, stream, to, now);
}

static void race(pl_login *login, const pl_addr *entries, size_t n_entries, uint16_t port, pl_time now)
{
    pl_login_effort *effort = login->effort;
    pl_login_enter(login, PL_LOGIN_OPENING, PL_NEVER, NULL);
    effort->race = pl_race_new(&(pl_race_options){.context = login->options.context,
                                                  .entries = entries,
                                                  .n_entries = n_entries,
                                                  .port = port,
                                                  .done = on_race_done,
                                                  .owner = login},
                               now);
    for (size_t i = 0; i < pl_race_entries(effort->race); i++)
        pl_login_contact(&effort->contacts_tcp, &effort->n_contacts_tcp, pl_race_entry(effort->race, i));
}

static void open_rung(pl_login *login, pl_port_kind rung, pl_time now)
{
    pl_login_effort *effort = login->effort;
    const pl_network *network = login->options.network;
    effort->answered = (pl_addr){0};
    effort->rung = rung;
    trace_rung(login, pl_port_kind_name(network, rung), effort->n_entries);
    race(login, effort->entries, effort->n_entries, pl_port_of_kind(network, rung), now);
}

void pl_login_ladder_go(pl_login *login, pl_addr to, pl_port_kind kind, pl_time now)
{
    pl_login_effort *effort = login->effort;
    const pl_network *network = login->options.network;
    effort->answered = to;
    effort->rung = kind;
    trace_rung(login, pl_port_kind_name(network, kind), 1);
    race(login, &to, 1, pl_port_of_kind(network, kind), now);
}

void pl_login_ladder_next(pl_login *login, pl_login_cause cause, pl_time now)
{
    pl_login_effort *effort = login->effort;
    if (effort->answered.ip)
        open_rung(login, 0, now);
    else if (effort->rung < login->options.network->n_web_ports)
        open_rung(login, effort->rung + 1, now);
    else
        pl_login_attempt_failed(login, effort->met_full ? PL_LOGIN_SUPERNODE_FULL : cause, now);
}

/* Else a full supernode that is the nearest would win every race, and be the end of every attempt.  The last
 * entry stays: it may be free again. */
void pl_login_ladder_leave_out(pl_login *login, pl_addr supernode)
{
    pl_login_effort *effort = login->effort;
    for (size_t i = 0; i < effort->n_entries && effort->n_entries > 1; i++) {
        if (effort->entries[i].ip != supernode.ip)
            continue;
        effort->n_entries--;
        memmove(effort->entries + i, effort->entries + i + 1,
                (effort->n_entries - i) * sizeof effort->entries[0]);
        effort->n_asked = MIN(effort->n_asked, effort->n_entries);
        i--;
    }
}

static bool was_asked(const pl_login_effort *effort, pl_addr from)
{
    for (size_t i = 0; i < effort->n_asked; i++)
        if (pl_addr_equal(effort->entries[i], from))
            return true;
    return false;
}

void pl_login_answered(pl_login *login, pl_addr from, pl_time now)
{
    pl_trace(&login->options.context->port, PL_EVENT_LOGIN_ANSWERED, pl_endpoint(from));
    login->effort->no_network = false;
    pl_login_ladder_go(login, from, 0, now);
}

int pl_login_datagram(pl_login *login, pl_addr from, const pl_message *message, pl_time now)
{
    pl_login_effort *effort = login->effort;
    if (message->id != PL_MESSAGE_PROBE_ANSWER)
        return PL_ERR_UNEXPECTED;
    if (pl_parents_is_asking(login))
        return pl_parents_answered(login, from, message, now);
    if (!effort || message->transaction != effort->transaction || !was_asked(effort, from))
        return PL_ERR_UNEXPECTED;
    if (message->status == PL_PROBE_FULL)
        effort->met_full = true;
    /* The other entries of the wave answer too, a moment after the first: that is no error. */
    if (login->state != PL_LOGIN_ASKING || message->status != PL_PROBE_WELCOME)
        return 0;
    if (pl_login_takes(login, from, now))
        pl_login_answered(login, from, now);
    return 0;
}
