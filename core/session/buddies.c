#include "core/session/buddies.h"

#include "core/crypto/suite.h"
#include "core/event.h"
#include "core/session/buddies_value.h"

#include <glib.h>
#include <string.h>

#define KEY_LABEL "partyline buddies key"
#define KEY_DIGITS                                                                                           \
    14 /* chosen: with the letter before them they fill a registry's key; 56 bits of the name's hash */
#define KEY_BYTES (1 + KEY_DIGITS + 1)

/* What is kept of a user who is online. */
typedef struct user {
    char name[PL_NAME_MAX + 1];
    pl_buddies_pass pass;
    char value_key[KEY_BYTES], mark_key[KEY_BYTES]; /* in the registry */
    pl_buddies_secret secret;                       /* rounds 0: not made yet, as there is no list */
    uint64_t serial;                                /* of the last value written or read */
    pl_buddies_refusal refusal;
    pl_buddy *entries; /* sorted by name */
    size_t n;
    bool is_newer; /* than what is kept */
} user;

struct pl_buddies {
    pl_buddies_options options;
    pl_deadline deadline;
    user *user;                  /* NULL: nobody is online */
    pl_time round_at;            /* when the round of look-ups began */
    char asked[PL_NAME_MAX + 1]; /* whom it asked for last; "" before the first */
    bool is_asking;              /* an answer may come */
};

static void begin_round(void *machine, pl_time now);
static void ask_next(pl_buddies *buddies, pl_time now);

const char *pl_buddies_refusal_name(pl_buddies_refusal refusal)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_BUDDIES_REFUSALS(X)
#undef X
    };
    return names[refusal];
}

const char *pl_buddy_presence_name(pl_buddy_presence presence)
{
    static const char *const names[] = {"unknown", "online", "offline"};
    return names[presence];
}

pl_buddies *pl_buddies_new(const pl_buddies_options *options)
{
    pl_buddies *buddies = g_new0(pl_buddies, 1);
    buddies->options = *options;
    return buddies;
}

static void wipe_entries(user *u)
{
    if (u->entries)
        pl_bytes_wipe(u->entries, u->n * sizeof *u->entries);
    g_clear_pointer(&u->entries, g_free);
    u->n = 0;
}

static void forget_user(pl_buddies *buddies)
{
    user *u = g_steal_pointer(&buddies->user);
    pl_deadline_cancel(&buddies->options.context->deadlines, &buddies->deadline);
    buddies->is_asking = false;
    if (!u)
        return;
    wipe_entries(u);
    pl_bytes_wipe(u, sizeof *u);
    g_free(u);
}

void pl_buddies_free(pl_buddies *buddies)
{
    if (!buddies)
        return;
    forget_user(buddies);
    g_free(buddies);
}

/* --- the registry --- */

/* One value a user; the name itself does not stand in the registry. */
static void make_key(char ret_key[KEY_BYTES], char letter, const pl_suite *suite, const char *name)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[PL_HASH_BYTES];
    suite->hash(hash, (const uint8_t *)KEY_LABEL, sizeof KEY_LABEL - 1, (const uint8_t *)name, strlen(name));
    ret_key[0] = letter;
    for (size_t i = 0; i < KEY_DIGITS; i++)
        ret_key[1 + i] = digits[i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4];
    ret_key[1 + KEY_DIGITS] = 0;
}

/* A value in memory of its own (g_free); NULL if there is none.  One that is too long is not read. */
static uint8_t *load(const pl_context *context, const char *key, size_t *ret_len)
{
    uint8_t nothing[1];
    *ret_len = context->port.ops->load(context->port.ctx, key, nothing, 0);
    if (*ret_len == 0)
        return NULL;
    size_t max = MIN(*ret_len, PL_BUDDIES_VALUE_MAX);
    uint8_t *value = g_malloc(max);
    context->port.ops->load(context->port.ctx, key, value, max);
    return value;
}

/* The value is written before its mark, so a value may be ahead of the mark by one; anything else was turned
 * back. */
static pl_buddies_refusal check_mark(const user *u, const pl_context *context,
                                     const pl_buddies_opened *opened)
{
    size_t len;
    uint64_t marked = 0;
    g_autofree uint8_t *mark = load(context, u->mark_key, &len);
    if (mark && !pl_buddies_mark_read(context->suite, &opened->secret, mark, len, &marked))
        return PL_BUDDIES_TAMPERED;
    return opened->serial == marked || opened->serial == marked + 1 ? PL_BUDDIES_OK : PL_BUDDIES_ROLLED_BACK;
}

static pl_buddies_refusal read_list(user *u, const pl_context *context)
{
    size_t len, mark_len;
    pl_buddies_opened opened = {0};
    g_autofree uint8_t *value = load(context, u->value_key, &len);
    g_autofree uint8_t *mark = load(context, u->mark_key, &mark_len);
    if (!value)
        return mark ? PL_BUDDIES_MISSING : PL_BUDDIES_OK;
    pl_buddies_refusal refusal = pl_buddies_value_open(
        context->suite, &u->pass, u->name, (size_t)context->config->buddies_entries_max, value, len, &opened);
    if (refusal != PL_BUDDIES_OK)
        return refusal;
    refusal = check_mark(u, context, &opened);
    if (refusal == PL_BUDDIES_OK) {
        u->entries = g_steal_pointer(&opened.entries);
        u->n = opened.n;
        u->serial = opened.serial;
        u->secret = opened.secret;
    } else if (opened.entries) {
        pl_bytes_wipe(opened.entries, opened.n * sizeof *opened.entries);
        g_free(opened.entries);
    }
    pl_bytes_wipe(&opened.secret, sizeof opened.secret);
    return refusal;
}

/* The salt is drawn with the first list and stays with it, for so does the time that a guess at the password
 * takes. */
static void need_secret(user *u, const pl_context *context)
{
    if (u->secret.rounds)
        return;
    u->secret.rounds = (uint32_t)context->config->buddies_password_rounds;
    pl_context_random(context, u->secret.salt, sizeof u->secret.salt);
    pl_buddies_secret_make(&u->secret, context->suite, &u->pass);
}

static int write_list(pl_buddies *buddies)
{
    const pl_context *context = buddies->options.context;
    const pl_port *port = &context->port;
    user *u = buddies->user;
    uint8_t mark[PL_BUDDIES_MARK_BYTES];
    size_t len;
    need_secret(u, context);
    pl_buddies_seal seal = {
        .suite = context->suite, .secret = &u->secret, .owner = u->name, .serial = u->serial + 1};
    pl_context_random(context, seal.fresh, sizeof seal.fresh);
    g_autofree uint8_t *value = pl_buddies_value_make(&seal, u->entries, u->n, &len);
    int error = port->ops->keep(port->ctx, u->value_key, value, len);
    if (error < 0)
        return error;
    u->serial++;
    u->is_newer = false;
    pl_buddies_mark_make(context->suite, &u->secret, u->serial, mark);
    return port->ops->keep(port->ctx, u->mark_key, mark, sizeof mark);
}

/* --- the user comes and goes --- */

static bool is_stored(const user *u)
{
    return u->serial > 0;
}

void pl_buddies_open(pl_buddies *buddies, const char *name, const char *password, pl_time now)
{
    const pl_context *context = buddies->options.context;
    forget_user(buddies);
    user *u = buddies->user = g_new0(user, 1);
    g_strlcpy(u->name, name, sizeof u->name);
    pl_buddies_pass_make(&u->pass, context->suite, password);
    make_key(u->value_key, 'b', context->suite, name);
    make_key(u->mark_key, 'm', context->suite, name);
    u->refusal = read_list(u, context);
    if (u->refusal != PL_BUDDIES_OK)
        pl_trace(&context->port, PL_EVENT_BUDDY_REFUSED, pl_text(pl_buddies_refusal_name(u->refusal)));
    else if (is_stored(u))
        pl_trace(&context->port, PL_EVENT_BUDDY_LOADED, pl_number((int64_t)u->n));
    begin_round(buddies, now);
}

void pl_buddies_close(pl_buddies *buddies)
{
    if (!buddies->user)
        return;
    if (buddies->user->is_newer) /* what cannot be kept is lost: only how fresh the sightings are */
        write_list(buddies);
    forget_user(buddies);
}

/* --- the list --- */

static bool is_name(const char *name)
{
    size_t len = strnlen(name, PL_NAME_MAX + 1);
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return len > 0 && len <= PL_NAME_MAX;
}

/* The place of `name`, or where it would go. */
static size_t place_of(const user *u, const char *name)
{
    size_t low = 0, high = u->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(u->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static pl_buddy *entry_of(const user *u, const char *name)
{
    size_t place = place_of(u, name);
    return place < u->n && strcmp(u->entries[place].name, name) == 0 ? &u->entries[place] : NULL;
}

static void insert_at(user *u, size_t place, const pl_buddy *buddy)
{
    u->entries = g_renew(pl_buddy, u->entries, u->n + 1);
    memmove(u->entries + place + 1, u->entries + place, (u->n - place) * sizeof *buddy);
    u->entries[place] = *buddy;
    u->n++;
}

static void remove_at(user *u, size_t place)
{
    u->n--;
    memmove(u->entries + place, u->entries + place + 1, (u->n - place) * sizeof u->entries[0]);
}

static bool is_usable(const pl_buddies *buddies)
{
    return buddies->user && buddies->user->refusal == PL_BUDDIES_OK;
}

static void trace_count(const pl_buddies *buddies, pl_event_id event)
{
    pl_trace(&buddies->options.context->port, event, pl_number((int64_t)buddies->user->n));
}

int pl_buddies_add(pl_buddies *buddies, const char *name, pl_time now)
{
    user *u = buddies->user;
    if (!is_name(name))
        return PL_ERR_MALFORMED;
    if (!is_usable(buddies) || entry_of(u, name) || strcmp(name, u->name) == 0)
        return PL_ERR_UNEXPECTED;
    if (u->n >= (size_t)buddies->options.context->config->buddies_entries_max)
        return PL_ERR_LIMIT;
    pl_buddy buddy = {.state = PL_BUDDY_REQUESTED};
    g_strlcpy(buddy.name, name, sizeof buddy.name);
    size_t place = place_of(u, name);
    insert_at(u, place, &buddy);
    int error = write_list(buddies);
    if (error < 0) {
        remove_at(u, place);
        return error;
    }
    trace_count(buddies, PL_EVENT_BUDDY_ADDED);
    if (u->n == 1)
        begin_round(buddies, now);
    return 0;
}

int pl_buddies_remove(pl_buddies *buddies, const char *name)
{
    user *u = buddies->user;
    if (!is_usable(buddies))
        return PL_ERR_UNEXPECTED;
    pl_buddy *entry = entry_of(u, name);
    if (!entry)
        return PL_ERR_UNKNOWN;
    const pl_buddy buddy = *entry;
    size_t place = (size_t)(entry - u->entries);
    remove_at(u, place);
    int error = write_list(buddies);
    if (error < 0) {
        insert_at(u, place, &buddy);
        return error;
    }
    trace_count(buddies, PL_EVENT_BUDDY_REMOVED);
    return 0;
}

int pl_buddies_authorise(pl_buddies *buddies, const char *name)
{
    if (!is_usable(buddies))
        return PL_ERR_UNEXPECTED;
    pl_buddy *entry = entry_of(buddies->user, name);
    if (!entry)
        return PL_ERR_UNKNOWN;
    const pl_buddy_state before = entry->state;
    entry->state = PL_BUDDY_AUTHORISED;
    int error = write_list(buddies);
    if (error < 0)
        entry->state = before;
    return error;
}

int pl_buddies_discard(pl_buddies *buddies)
{
    const pl_port *port = &buddies->options.context->port;
    user *u = buddies->user;
    if (!u || u->refusal == PL_BUDDIES_OK)
        return PL_ERR_UNEXPECTED;
    port->ops->keep(port->ctx, u->value_key, NULL, 0);
    port->ops->keep(port->ctx, u->mark_key, NULL, 0);
    u->refusal = PL_BUDDIES_OK;
    return 0;
}

pl_buddies_refusal pl_buddies_refused(const pl_buddies *buddies)
{
    return buddies->user ? buddies->user->refusal : PL_BUDDIES_OK;
}

size_t pl_buddies_count(const pl_buddies *buddies)
{
    return buddies->user ? buddies->user->n : 0;
}

const pl_buddy *pl_buddies_at(const pl_buddies *buddies, size_t index)
{
    g_assert(index < pl_buddies_count(buddies));
    return &buddies->user->entries[index];
}

const pl_buddy *pl_buddies_find(const pl_buddies *buddies, const char *name)
{
    return buddies->user ? entry_of(buddies->user, name) : NULL;
}

/* --- presence --- */

static void await(pl_buddies *buddies, pl_time until, pl_deadline_fn act)
{
    pl_deadline_set(&buddies->options.context->deadlines, &buddies->deadline, until, act, buddies);
}

/* A look-up that never ended: the next. */
static void on_no_answer(void *machine, pl_time now)
{
    ask_next(machine, now);
}

/* Each in turn, since a thousand look-ups at each login would be the index's heaviest load.  The names are
 * the cursor, so that the list may change meanwhile. */
static void ask_next(pl_buddies *buddies, pl_time now)
{
    const pl_config *config = buddies->options.context->config;
    const user *u = buddies->user;
    size_t next = place_of(u, buddies->asked);
    if (next < u->n && strcmp(u->entries[next].name, buddies->asked) == 0)
        next++;
    buddies->is_asking = false;
    if (next == u->n) {
        await(buddies, MAX(now, buddies->round_at + config->buddies_check), begin_round);
        return;
    }
    g_strlcpy(buddies->asked, u->entries[next].name, sizeof buddies->asked);
    buddies->is_asking = buddies->options.look_up(buddies->options.owner, buddies->asked, now);
    if (buddies->is_asking)
        await(buddies, now + config->buddies_answer_wait, on_no_answer);
    else /* nobody can be asked, for whomever */
        await(buddies, buddies->round_at + config->buddies_check, begin_round);
}

static void begin_round(void *machine, pl_time now)
{
    pl_buddies *buddies = machine;
    if (buddies->user->n == 0) /* an idle list costs no deadline */
        return;
    buddies->round_at = now;
    buddies->asked[0] = 0;
    ask_next(buddies, now);
}

static void note(pl_buddies *buddies, pl_buddy *entry, pl_buddy_presence presence, int64_t age, pl_time now)
{
    const pl_context *context = buddies->options.context;
    user *u = buddies->user;
    int64_t seen = age < 0 ? 0 : MAX(pl_context_unix(context, now) - age, 0);
    if (seen > entry->seen && seen <= UINT32_MAX) {
        entry->seen = (uint32_t)seen;
        u->is_newer = true;
    }
    if (entry->presence == presence)
        return;
    entry->presence = presence;
    pl_trace(&context->port, presence == PL_BUDDY_ONLINE ? PL_EVENT_BUDDY_ONLINE : PL_EVENT_BUDDY_OFFLINE,
             pl_number(entry - u->entries), pl_number(age));
}

void pl_buddies_found(pl_buddies *buddies, const char *name, pl_buddy_presence presence, int64_t age,
                      pl_time now)
{
    if (!buddies->user)
        return;
    pl_buddy *entry = entry_of(buddies->user, name);
    if (entry && presence != PL_BUDDY_UNKNOWN)
        note(buddies, entry, presence, age, now);
    if (!buddies->is_asking || strcmp(name, buddies->asked) != 0)
        return;
    if (entry) /* else he was removed meanwhile */
        pl_trace(&buddies->options.context->port, PL_EVENT_BUDDY_CHECKED, pl_number(entry - buddies->user->entries),
                 pl_text(pl_buddy_presence_name(presence)), pl_number(age));
    ask_next(buddies, now);
}
