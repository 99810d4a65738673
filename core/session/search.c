#include "core/session/search.h"

#include <glib.h>
#include <string.h>

#include "core/event.h"
#include "core/overlay/search/round.h"

#define ROUNDS_MAX 8 /* a policy that never ends is ended: search.rounds is no greater */

/* What is awaited. */
typedef enum search_state {
    SEARCH_NAMING,    /* the supernode's nodes, or what it found */
    SEARCH_ASKING,    /* the nodes' answers */
    SEARCH_ON_BEHALF, /* what the supernode finds */
    SEARCH_DOUBTING,  /* what the mesh finds out of who was silent */
    SEARCH_SERVER,    /* the login server's word */
    SEARCH_OVER
} search_state;

struct pl_search {
    pl_search_options options;
    char name[PL_NAME_MAX + 1];
    search_state state;
    pl_deadline deadline;
    pl_time started_at;
    pl_search_way way;
    uint8_t number; /* of the round, from 0 */
    bool is_review; /* this one is not a round: the whole slot is asked anew */
    pl_search_state so_far;
    int64_t messages; /* datagrams and records, sent and received */
    pl_round round; /* that we ask ourselves */
    pl_keypair own; /* letters are sealed with; drawn for this search alone */
    pl_grant *grant;
};

static void start_round(pl_search *search, pl_time now);

static void enter(pl_search *search, search_state state, pl_time deadline, pl_deadline_fn act)
{
    search->state = state;
    pl_deadline_set(&search->options.context->deadlines, &search->deadline, deadline, act, search);
}

/* The owner may free the search in `done`, so nothing is touched after it. */
static void end(pl_search *search, pl_search_outcome outcome, const char *reason,
                const pl_search_result *result, pl_time now)
{
    enter(search, SEARCH_OVER, PL_NEVER, NULL);
    pl_trace(&search->options.context->port, PL_EVENT_SEARCH_ENDED, pl_number(search->options.number),
             pl_text(pl_search_outcome_name(outcome)), pl_text(reason), pl_number(now - search->started_at),
             pl_number(search->so_far.asked), pl_number(search->so_far.rounds), pl_number(search->messages));
    search->options.done(search->options.owner, search, outcome, result, now);
}

static void give_up(pl_search *search, const char *reason, pl_time now)
{
    end(search, PL_SEARCH_GAVE_UP, reason, NULL, now);
}

static void on_supernode_silent(void *machine, pl_time now)
{
    give_up(machine, "no-answer", now);
}

/* `since`: supernodes say that he is gone, though he signed that he is there.  They can make him seem away,
 * and no more: he was seen when he signed. */
static void found(pl_search *search, const pl_entry *entry, uint32_t since, pl_time now)
{
    const bool is_gone = entry->state == PL_PRESENCE_ONLINE && since;
    pl_search_result result = {.is_online = entry->state == PL_PRESENCE_ONLINE && !since,
                               .seen = entry->stamp / 1000};
    if (is_gone && since > result.seen)
        result.seen = MIN(since, pl_context_unix(search->options.context, now));
    result.contact.supernode = entry->supernode;
    g_strlcpy(result.contact.name, search->name, sizeof result.contact.name);
    end(search, PL_SEARCH_FOUND, is_gone ? "gone" : pl_presence_name(entry->state), &result, now);
}

static int judge_entry(const pl_search *search, pl_bytes_view bytes, pl_entry *ret_entry, pl_time now)
{
    return pl_round_judge(ret_entry, search->options.context, search->options.network->server_sign_key,
                          search->name, bytes, now);
}

/* --- the login server --- */

static void on_server_failed(void *owner, pl_grant_outcome outcome, const pl_credential *credential,
                             pl_time now)
{
    (void)credential;
    pl_search *search = owner;
    g_clear_pointer(&search->grant, pl_grant_free);
    give_up(search, pl_grant_outcome_name(outcome), now);
}

static void on_server_knows(void *owner, pl_bytes_view bytes, pl_time now)
{
    pl_search *search = owner;
    pl_entry entry;
    search->messages++;
    g_clear_pointer(&search->grant, pl_grant_free);
    if (bytes.len == 0)
        end(search, PL_SEARCH_ABSENT, "login-server", NULL, now);
    else if (judge_entry(search, bytes, &entry, now) == 0)
        found(search, &entry, 0, now);
    else
        give_up(search, "server-forged", now);
}

static void ask_server(pl_search *search, pl_time now)
{
    const pl_search_options *options = &search->options;
    const pl_addr *servers;
    size_t n = pl_login_servers(options->login, &servers);
    if (n == 0) {
        give_up(search, "no-server-known", now);
        return;
    }
    enter(search, SEARCH_SERVER, PL_NEVER, NULL); /* the conversation has deadlines of its own */
    search->messages++;
    search->grant = pl_grant_new(&(pl_grant_options){.context = options->context,
                                                     .network = options->network,
                                                     .servers = servers,
                                                     .n_servers = n,
                                                     .first_kind = pl_login_kind(options->login),
                                                     .wanted = search->name,
                                                     .found = on_server_knows,
                                                     .done = on_server_failed,
                                                     .owner = search},
                                 now);
}

/* --- rounds --- */

/* What was said before is asked again with the rest: the slot's noes must be of one view. */
static void on_looked_into(void *machine, pl_time now)
{
    pl_search *search = machine;
    search->is_review = true;
    search->so_far.slot_no = search->so_far.slot_sure = 0;
    start_round(search, now);
}

/* A review is no round, whatever comes of it. */
static void count_round(pl_search *search)
{
    if (search->is_review)
        search->so_far.reviews++;
    else
        search->so_far.rounds++;
}

static void judge(pl_search *search, pl_time now)
{
    const char *reason = NULL;
    pl_search_state *so_far = &search->so_far;
    count_round(search);
    pl_search_verdict verdict = search->options.policy->judge(so_far, &reason);
    if (verdict == PL_SEARCH_GO_ON && (so_far->is_exhausted || so_far->rounds >= ROUNDS_MAX))
        give_up(search, "nobody-left", now);
    else if (verdict == PL_SEARCH_GO_ON) {
        search->number++;
        search->is_review = false;
        start_round(search, now);
    } else if (verdict == PL_SEARCH_REVIEW)
        enter(search, SEARCH_DOUBTING, now + search->options.context->config->search_review_wait, on_looked_into);
    else if (verdict == PL_SEARCH_ASK_SERVER)
        ask_server(search, now);
    else
        end(search, verdict == PL_SEARCH_NOT_FOUND ? PL_SEARCH_ABSENT : PL_SEARCH_GAVE_UP, reason, NULL, now);
}

/* Nobody answered at all: it is UDP that does not get out, and the supernode has to ask the same nodes. */
static void ask_on_behalf(pl_search *search, pl_time now)
{
    search->way = PL_SEARCH_ON_BEHALF;
    search->so_far.slot_no = search->so_far.slot_sure = 0;
    start_round(search, now);
}

/* Our supernode has the mesh look into it. */
static void tell_silent(pl_search *search)
{
    pl_addr silent[PL_MESSAGE_NODES_MAX];
    uint8_t nodes[PL_MESSAGE_NODES_MAX * PL_MESSAGE_NODE_BYTES];
    const size_t n = pl_round_silent(&search->round, silent);
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        pl_message_put_node(nodes + PL_MESSAGE_NODE_BYTES * i, silent[i]);
    search->messages++;
    pl_login_say_search(search->options.login, &(pl_message){.id = PL_MESSAGE_SEARCH_SILENT,
                                                             .nodes = {nodes, n * PL_MESSAGE_NODE_BYTES}});
}

static void end_round(pl_search *search, pl_time now)
{
    if (search->number == 0 && !search->round.heard) {
        ask_on_behalf(search, now);
        return;
    }
    tell_silent(search);
    judge(search, now);
}

static void ask_silent(pl_search *search, pl_time now);

static void on_silence(void *machine, pl_time now)
{
    pl_search *search = machine;
    if (pl_round_is_over(&search->round, search->options.context->config))
        end_round(search, now);
    else
        ask_silent(search, now);
}

/* As our supernode has it. */
static uint8_t round_number(const pl_search *search)
{
    return search->is_review ? PL_SEARCH_WHOLE_SLOT : search->number;
}

static void say(pl_search *search, pl_time now)
{
    const pl_context *context = search->options.context;
    pl_message message = {.id = PL_MESSAGE_SEARCH,
                          .search = search->options.number,
                          .round = round_number(search),
                          .way = search->way,
                          .name = {(const uint8_t *)search->name, strlen(search->name)}};
    int error = pl_login_say_search(search->options.login, &message);
    pl_span wait = error ? 0 : context->config->search_supernode_wait;
    search->messages++;
    enter(search, search->way == PL_SEARCH_ON_BEHALF ? SEARCH_ON_BEHALF : SEARCH_NAMING, now + wait,
          on_supernode_silent);
}

static void start_round(pl_search *search, pl_time now)
{
    search->round.n = 0;
    search->round.heard = 0;
    say(search, now);
}

static uint32_t width(const pl_search *search)
{
    return (uint32_t)search->options.context->config->search_first_round << search->number;
}

static void trace_round(const pl_search *search, uint32_t asked)
{
    pl_trace(&search->options.context->port, PL_EVENT_SEARCH_ROUND, pl_number(search->options.number),
             pl_number(search->so_far.rounds + search->so_far.reviews + 1), pl_number(asked));
}

static void note_round(pl_search *search, const pl_message *message, uint32_t asked)
{
    pl_search_state *so_far = &search->so_far;
    so_far->slot_size = message->slot_size;
    so_far->network = message->network;
    so_far->slot_no += message->slot_no;
    so_far->slot_sure += message->slot_sure;
    so_far->asked += asked;
    if (!search->is_review)
        so_far->is_exhausted = asked < MIN(width(search), (uint32_t)PL_MESSAGE_NODES_MAX);
    trace_round(search, asked);
}

static pl_round_asker asker_of(const pl_search *search)
{
    const pl_search_options *options = &search->options;
    return (pl_round_asker){options->context, options->socket, &search->own, options->network->server_sign_key,
                            search->name};
}

static void ask_silent(pl_search *search, pl_time now)
{
    size_t sent;
    const pl_round_asker asker = asker_of(search);
    pl_time due = pl_round_ask(&search->round, &asker, &sent, now);
    search->messages += (int64_t)sent;
    enter(search, SEARCH_ASKING, due, on_silence);
}

static void ask(pl_search *search, pl_time now)
{
    const pl_round_asker asker = asker_of(search);
    pl_round_begin(&search->round, &asker);
    ask_silent(search, now);
}

static void take_nodes(pl_search *search, const pl_message *message, pl_time now)
{
    pl_round *round = &search->round;
    round->n = message->nodes.len / PL_MESSAGE_KEYED_BYTES;
    round->slot_named = message->slot_named;
    for (size_t i = 0; i < round->n; i++) {
        round->nodes[i] = pl_message_node(message->nodes, PL_MESSAGE_KEYED_BYTES, i);
        memcpy(round->keys[i], pl_message_key(message->nodes, i), PL_KEY_BYTES);
    }
    note_round(search, message, (uint32_t)round->n);
    if (round->n)
        ask(search, now);
    else
        judge(search, now);
}

static void take_result(pl_search *search, const pl_message *message, pl_time now)
{
    pl_entry entry;
    if (message->network == 0) {
        give_up(search, "busy", now);
    } else if (message->entry.len && judge_entry(search, message->entry, &entry, now) != 0) {
        give_up(search, "supernode-forged", now);
    } else if (message->entry.len) {
        search->so_far.asked += message->asked;
        if (message->asked) {
            trace_round(search, message->asked);
            count_round(search);
        }
        found(search, &entry, message->since, now);
    } else if (search->state == SEARCH_ON_BEHALF) {
        search->so_far.answered += message->answered;
        note_round(search, message, message->asked);
        judge(search, now);
    }
}

void pl_search_record(pl_search *search, const pl_message *message, pl_time now)
{
    if (message->round != round_number(search))
        return;
    search->messages++;
    if (message->id == PL_MESSAGE_SEARCH_NODES && search->state == SEARCH_NAMING)
        take_nodes(search, message, now);
    else if (message->id == PL_MESSAGE_SEARCH_RESULT &&
             (search->state == SEARCH_NAMING || search->state == SEARCH_ON_BEHALF))
        take_result(search, message, now);
}

/* Our supernode remembers what we found, for the next who asks. */
static void tell(pl_search *search, pl_bytes_view entry)
{
    search->messages++;
    pl_login_say_search(search->options.login, &(pl_message){.id = PL_MESSAGE_SEARCH_TOLD, .entry = entry});
}

static void take_no(pl_search *search, size_t node, pl_verdict verdict, pl_time now)
{
    pl_search_state *so_far = &search->so_far;
    const bool is_slots = node < search->round.slot_named;
    so_far->answered++;
    so_far->slot_no += is_slots;
    so_far->slot_sure += is_slots && verdict == PL_VERDICT_SURELY_NONE;
    if (pl_round_is_answered(&search->round))
        end_round(search, now);
}

static int take_answer(pl_search *search, size_t node, const pl_message *answer, pl_time now)
{
    bool is_news;
    pl_letter letter;
    pl_entry entry;
    const pl_round_asker asker = asker_of(search);
    int error = pl_round_take(&search->round, &asker, node, answer, &is_news, &letter, &entry, now);
    if (error || !is_news)
        return error;
    search->messages++;
    if (letter.entry.len == 0) {
        take_no(search, node, letter.verdict, now);
        return 0;
    }
    count_round(search);
    if (!letter.since && entry.state == PL_PRESENCE_ONLINE)
        tell(search, letter.entry);
    found(search, &entry, letter.since, now);
    return 0;
}

bool pl_search_datagram(pl_search *search, pl_addr from, const pl_message *message, int *ret_error,
                        pl_time now)
{
    if (message->id != PL_MESSAGE_ANSWER || search->state != SEARCH_ASKING)
        return false;
    int node = pl_round_node(&search->round, from, message);
    if (node < 0)
        return false;
    *ret_error = take_answer(search, (size_t)node, message, now);
    return true;
}

/* Who waits for the login server needs the supernode no more. */
void pl_search_detached(pl_search *search, pl_time now)
{
    if (search->state != SEARCH_SERVER && search->state != SEARCH_OVER)
        give_up(search, "supernode-lost", now);
}

/* --- life --- */

pl_search *pl_search_new(const pl_search_options *options, pl_time now)
{
    pl_search *search = g_new0(pl_search, 1);
    search->options = *options;
    g_strlcpy(search->name, options->name, sizeof search->name);
    search->started_at = now;
    search->way = options->socket ? PL_SEARCH_BY_CLIENT : PL_SEARCH_ON_BEHALF;
    search->so_far.config = options->context->config;
    pl_trace(&options->context->port, PL_EVENT_SEARCH_STARTED, pl_number(options->number),
             pl_text(options->policy->name));
    pl_context_random(options->context, search->own.private_key, PL_KEY_BYTES);
    options->context->suite->dh_public(search->own.public_key, search->own.private_key);
    start_round(search, now);
    return search;
}

void pl_search_free(pl_search *search)
{
    if (!search)
        return;
    pl_deadline_cancel(&search->options.context->deadlines, &search->deadline);
    pl_grant_free(search->grant);
    pl_bytes_wipe(&search->own, sizeof search->own);
    g_free(search);
}

const char *pl_search_name(const pl_search *search)
{
    return search->name;
}

uint32_t pl_search_number(const pl_search *search)
{
    return search->options.number;
}

bool pl_search_opened(pl_search *search, pl_id stream, pl_time now)
{
    return pl_grant_opened(search->grant, stream, now);
}

bool pl_search_data(pl_search *search, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    return pl_grant_data(search->grant, stream, data, len, now);
}

bool pl_search_fin(pl_search *search, pl_id stream, pl_time now)
{
    return pl_grant_fin(search->grant, stream, now);
}

bool pl_search_writable(pl_search *search, pl_id stream)
{
    return pl_grant_writable(search->grant, stream);
}

bool pl_search_closed(pl_search *search, pl_id stream, pl_cause cause, pl_time now)
{
    return pl_grant_closed(search->grant, stream, cause, now);
}
