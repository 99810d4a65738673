#include "core/session/parents.h"

#include "core/event.h"

#include <glib.h>
#include <string.h>

static bool has_valid_credential(const pl_login *login, pl_time now)
{
    return login->self->credential.expires > pl_context_unix(login->options.context, now);
}

/* What only clients need that are told to move, or are supernodes themselves. */
typedef struct pl_moves {
    pl_addr own_address; /* while the node is a supernode itself */
    pl_time due;         /* from here on it may be told to move */
    pl_addr target;      /* while it is asked whether it takes us; {0,0} = nobody is */
    uint64_t transaction;
} pl_moves;

static pl_moves *moves_of(pl_login *login)
{
    if (!login->moves)
        login->moves = g_new0(pl_moves, 1);
    return login->moves;
}

void pl_login_set_own_address(pl_login *login, pl_addr address)
{
    moves_of(login)->own_address = address;
}

static bool is_own(const pl_login *login, pl_addr address)
{
    return login->moves && pl_addr_equal(address, login->moves->own_address);
}

/* Is anybody there to ask, but for whom we have just lost? */
static bool has_spares(const pl_login *login, pl_addr lost)
{
    const pl_host_cache *cache = &login->cache;
    bool is_lost_alone = cache->count == 1 && pl_addr_equal(cache->entries[0].addr, lost);
    return login->options.context->config->parents_spares > 0 && cache->count > 0 && !is_lost_alone;
}

/* One more than needed is drawn, since we may be among them ourselves. */
void pl_parents_choose(pl_login *login, pl_time now)
{
    pl_login_effort *effort = login->effort;
    pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
    const pl_context *context = login->options.context;
    size_t max = (size_t)context->config->parents_spares;
    pl_host_cache_unfold(&login->cache, context, now);
    size_t n = pl_host_cache_sample(&login->cache, context, effort->lost, drawn, MIN(max + 1, G_N_ELEMENTS(drawn)));
    effort->entries = g_new(pl_addr, n);
    effort->n_entries = 0;
    for (size_t i = 0; i < n && effort->n_entries < max; i++)
        if (!is_own(login, drawn[i].addr))
            effort->entries[effort->n_entries++] = drawn[i].addr;
    effort->wave_entries = MAX(effort->n_entries, 1);
}

static pl_login_effort *begin(pl_login *login, pl_addr lost, pl_time now)
{
    pl_login_effort *effort = login->effort = g_new0(pl_login_effort, 1);
    effort->is_hand_over = true;
    effort->lost = lost;
    effort->started_at = now;
    return effort;
}

void pl_parents_lost(pl_login *login, pl_addr lost, const char *cause, pl_time now)
{
    pl_trace(&login->options.context->port, PL_EVENT_PARENT_LOST, pl_endpoint(lost), pl_text(cause));
    pl_host_cache_unfold(&login->cache, login->options.context, now);
    if (!has_valid_credential(login, now) || !has_spares(login, lost)) {
        pl_login_over(login, cause, now);
        return;
    }
    begin(login, lost, now);
    pl_login_attempt(login, now);
}

/* --- being told to move --- */

void pl_parents_forget_move(pl_login *login)
{
    if (login->moves)
        login->moves->target = (pl_addr){0, 0};
}

bool pl_parents_is_asking(const pl_login *login)
{
    return login->moves && login->moves->target.ip != 0;
}

/* Should the target fail us, our supernode is as good a spare as any: only the target itself is left out of them. */
static void go(pl_login *login, pl_addr target, pl_time now)
{
    pl_addr parent = login->supernode_own;
    pl_port_kind kind = login->is_udp_silent ? login->kind : 0;
    pl_trace(&login->options.context->port, PL_EVENT_PARENT_LOST, pl_endpoint(parent), pl_text("moved"));
    pl_login_take_leave(login, now);
    begin(login, target, now)->attempts = 1;
    pl_parents_choose(login, now);
    if (login->effort->n_entries == 0) {
        g_free(login->effort->entries);
        login->effort->entries = g_memdup2(&parent, sizeof parent);
        login->effort->n_entries = login->effort->wave_entries = 1;
    }
    pl_login_ladder_go(login, target, kind, now);
}

static void ask(pl_login *login, pl_addr target)
{
    const pl_context *context = login->options.context;
    uint8_t bytes[PL_PROBE_BYTES];
    pl_moves *moves = moves_of(login);
    moves->target = target;
    pl_context_random(context, &moves->transaction, sizeof moves->transaction);
    size_t len = pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE, .transaction = moves->transaction}, bytes,
                                  sizeof bytes);
    context->port.ops->udp_send(context->port.ctx, login->options.socket, target, 0, bytes, len);
}

void pl_parents_move(pl_login *login, pl_addr target, pl_time now)
{
    const pl_context *context = login->options.context;
    pl_moves *moves = moves_of(login);
    if (now < moves->due || !target.ip || !target.port || is_own(login, target) ||
        target.ip == login->supernode.ip || !has_valid_credential(login, now)) {
        pl_trace(&context->port, PL_EVENT_REFUSED_INPUT, pl_text(pl_error_name(PL_ERR_LIMIT)), pl_text("move"),
                 pl_endpoint(login->supernode));
        return;
    }
    moves->due = now + context->config->parents_move_least;
    if (login->is_udp_silent || !login->options.socket)
        go(login, target, now);
    else
        ask(login, target);
}

int pl_parents_answered(pl_login *login, pl_addr from, const pl_message *answer, pl_time now)
{
    const pl_moves *moves = login->moves;
    if (answer->transaction != moves->transaction || !pl_addr_equal(from, moves->target))
        return PL_ERR_UNEXPECTED;
    pl_parents_forget_move(login);
    if (answer->status == PL_PROBE_WELCOME && has_valid_credential(login, now))
        go(login, from, now);
    return 0;
}

void pl_parents_found(pl_login *login, pl_time now)
{
    pl_trace(&login->options.context->port, PL_EVENT_HANDED_OVER, pl_endpoint(login->supernode),
             pl_number(now - login->effort->started_at));
}
