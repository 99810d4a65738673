/* test_buddies.c - the buddy list in the registry: what survives, and every reason to refuse it. */
#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/session/buddies.h"
#include "core/session/buddies_value.h"
#include "tests/support/fake_port.h"

#define EPOCH 1095206400

typedef struct fixture {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_buddies *buddies;
    GPtrArray *asked; /* names, g_free */
    bool answers;
} fixture;

static bool look_up(void *owner, const char *name, pl_time now)
{
    (void)now;
    fixture *f = owner;
    g_ptr_array_add(f->asked, g_strdup(name));
    return f->answers;
}

static void new_session(fixture *f)
{
    pl_buddies_free(f->buddies);
    f->buddies =
        pl_buddies_new(&(pl_buddies_options){.context = &f->context, .look_up = look_up, .owner = f});
}

static void set_up(fixture *f, gconstpointer suite)
{
    f->fake = fake_port_new();
    pl_config_init(&f->config);
    f->context =
        (pl_context){.port = fake_port_of(f->fake), .config = &f->config, .suite = suite, .epoch = EPOCH};
    pl_deadlines_init(&f->context.deadlines);
    f->asked = g_ptr_array_new_with_free_func(g_free);
    f->answers = true;
    new_session(f);
}

static void tear_down(fixture *f, gconstpointer suite)
{
    (void)suite;
    pl_buddies_free(f->buddies);
    pl_deadlines_clear(&f->context.deadlines);
    g_ptr_array_unref(f->asked);
    fake_port_free(f->fake);
}

/* Out and in again: another process on the same machine. */
static void open_as(fixture *f, const char *name, const char *password)
{
    new_session(f);
    pl_buddies_open(f->buddies, name, password, 0);
}

/* Alice has bob and carol, and has logged out. */
static void store_two(fixture *f)
{
    open_as(f, "alice", "wonderland");
    g_assert_cmpint(pl_buddies_add(f->buddies, "carol", 0), ==, 0);
    g_assert_cmpint(pl_buddies_add(f->buddies, "bob", 0), ==, 0);
    pl_buddies_close(f->buddies);
}

/* Registry keys of a user, found by looking at what a session of his writes. */
static char *key_of(char letter, const char *name)
{
    return g_strdup_printf("%c%s", letter, name);
}

/* The two keys as the list makes them: 14 digits of the name's hash. */
static char *registry_key(const fixture *f, char letter, const char *name)
{
    static const char label[] = "partyline buddies key";
    uint8_t hash[PL_HASH_BYTES];
    GString *digits = g_string_new(NULL);
    f->context.suite->hash(hash, (const uint8_t *)label, sizeof label - 1, (const uint8_t *)name,
                           strlen(name));
    for (size_t i = 0; i < 7; i++)
        g_string_append_printf(digits, "%02x", hash[i]);
    char *key = key_of(letter, digits->str);
    g_string_free(digits, TRUE);
    return key;
}

static GBytes *kept(const fixture *f, char letter, const char *name)
{
    g_autofree char *key = registry_key(f, letter, name);
    size_t len;
    const uint8_t *value = fake_port_kept(f->fake, key, &len);
    g_assert_nonnull(value);
    return g_bytes_new(value, len);
}

static void put(fixture *f, char letter, const char *name, const void *data, size_t len)
{
    g_autofree char *key = registry_key(f, letter, name);
    f->context.port.ops->keep(f->context.port.ctx, key, data, len);
}

static void put_bytes(fixture *f, char letter, const char *name, GBytes *bytes)
{
    size_t len;
    const void *data = g_bytes_get_data(bytes, &len);
    put(f, letter, name, data, len);
}

static const char *refusal(const fixture *f)
{
    return pl_buddies_refusal_name(pl_buddies_refused(f->buddies));
}

static void expect_refused(fixture *f, const char *reason)
{
    g_assert_cmpstr(refusal(f), ==, reason);
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 0);
    const pl_event *event = fake_port_last_event(f->fake, PL_EVENT_BUDDY_REFUSED);
    g_assert_nonnull(event);
    g_assert_cmpstr(event->value[0].text, ==, reason);
}

static void test_survives_a_session(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 2);
    g_assert_cmpstr(pl_buddies_at(f->buddies, 0)->name, ==, "bob");
    g_assert_cmpstr(pl_buddies_at(f->buddies, 1)->name, ==, "carol");
    g_assert_cmpint(pl_buddies_at(f->buddies, 0)->state, ==, PL_BUDDY_REQUESTED);
    g_assert_cmpint(pl_buddies_authorise(f->buddies, "bob"), ==, 0);
    g_assert_cmpint(pl_buddies_remove(f->buddies, "carol"), ==, 0);
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 1);
    g_assert_cmpint(pl_buddies_find(f->buddies, "bob")->state, ==, PL_BUDDY_AUTHORISED);
    g_assert_null(pl_buddies_find(f->buddies, "carol"));
    g_assert_cmpint(fake_port_last_event(f->fake, PL_EVENT_BUDDY_LOADED)->value[0].number, ==, 1);
}

static void test_an_unused_list_costs_nothing(fixture *f, gconstpointer suite)
{
    (void)suite;
    open_as(f, "alice", "wonderland");
    pl_buddies_close(f->buddies);
    g_assert_cmpuint(fake_port_event_count(f->fake), ==, 0);
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, PL_NEVER);
    g_autofree char *key = registry_key(f, 'b', "alice");
    size_t len;
    g_assert_null(fake_port_kept(f->fake, key, &len));
}

static void test_what_may_be_added(fixture *f, gconstpointer suite)
{
    (void)suite;
    g_assert_cmpint(pl_buddies_add(f->buddies, "bob", 0), ==, PL_ERR_UNEXPECTED); /* nobody is online */
    open_as(f, "alice", "wonderland");
    g_assert_cmpint(pl_buddies_add(f->buddies, "", 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_buddies_add(f->buddies, "bob smith", 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_buddies_add(f->buddies, "abcdefghijklmnopqrstuvwxyz0123456", 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_buddies_add(f->buddies, "alice", 0), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_buddies_add(f->buddies, "bob", 0), ==, 0);
    g_assert_cmpint(pl_buddies_add(f->buddies, "bob", 0), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_buddies_remove(f->buddies, "carol"), ==, PL_ERR_UNKNOWN);
    g_assert_cmpint(pl_buddies_authorise(f->buddies, "carol"), ==, PL_ERR_UNKNOWN);
    g_assert_cmpint(pl_buddies_discard(f->buddies), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 1);
}

/* Every single byte of the value and of the mark, changed: never a list, and never a crash. */
static void test_every_changed_byte_is_noticed(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    for (const char *letter = "bm"; *letter; letter++) {
        g_autoptr(GBytes) whole = kept(f, *letter, "alice");
        for (size_t i = 0; i < g_bytes_get_size(whole); i++) {
            g_autofree uint8_t *changed = g_memdup2(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole));
            changed[i] ^= 0x01;
            put(f, *letter, "alice", changed, g_bytes_get_size(whole));
            open_as(f, "alice", "wonderland");
            g_assert_cmpint(pl_buddies_refused(f->buddies), !=, PL_BUDDIES_OK);
            g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 0);
        }
        put_bytes(f, *letter, "alice", whole);
    }
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 2);
}

/* What a changed byte is called depends on where it stands. */
static void test_tampering_has_its_name(fixture *f, gconstpointer suite)
{
    (void)suite;
    static const struct {
        size_t at; /* from the start */
        const char *reason;
    } rows[] = {
        {0, "malformed"},                               /* the magic */
        {4, "malformed"},                               /* the version */
        {12, "tampered"},                               /* the salt */
        {30, "tampered"},                               /* the owner */
        {60, "tampered"},                               /* the serial */
        {90, "tampered"},                               /* the signing key */
        {PL_BUDDIES_HEAD_BYTES - 2, "truncated"},       /* the length */
        {PL_BUDDIES_HEAD_BYTES, "tampered"},            /* what is sealed */
        {PL_BUDDIES_HEAD_BYTES + 256 + 16, "tampered"}, /* the signature */
    };
    store_two(f);
    g_autoptr(GBytes) whole = kept(f, 'b', "alice");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree uint8_t *changed = g_memdup2(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole));
        changed[rows[i].at] ^= 0x20;
        put(f, 'b', "alice", changed, g_bytes_get_size(whole));
        open_as(f, "alice", "wonderland");
        expect_refused(f, rows[i].reason);
    }
}

static void test_every_length_but_the_right_one(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_autoptr(GBytes) whole = kept(f, 'b', "alice");
    size_t len = g_bytes_get_size(whole);
    for (size_t cut = 1; cut < len; cut++) {
        put(f, 'b', "alice", g_bytes_get_data(whole, NULL), cut);
        open_as(f, "alice", "wonderland");
        expect_refused(f, "truncated");
    }
    g_autofree uint8_t *longer = g_malloc0(70000);
    memcpy(longer, g_bytes_get_data(whole, NULL), len);
    put(f, 'b', "alice", longer, len + 1);
    open_as(f, "alice", "wonderland");
    expect_refused(f, "oversized");
    put(f, 'b', "alice", longer, 70000);
    open_as(f, "alice", "wonderland");
    expect_refused(f, "oversized");
}

static void test_another_password(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    open_as(f, "alice", "looking-glass");
    expect_refused(f, "wrong-password");
    open_as(f, "alice", "wonderland");
    g_assert_cmpstr(refusal(f), ==, "none");
}

static void test_another_users_list(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    open_as(f, "mallory", "wonderland"); /* even with the same password */
    g_assert_cmpint(pl_buddies_add(f->buddies, "eve", 0), ==, 0);
    g_autoptr(GBytes) value = kept(f, 'b', "mallory"), mark = kept(f, 'm', "mallory");
    put_bytes(f, 'b', "alice", value);
    put_bytes(f, 'm', "alice", mark);
    open_as(f, "alice", "wonderland");
    expect_refused(f, "other-user");
    open_as(f, "mallory", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 1);
}

static void test_an_older_list(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_autoptr(GBytes) old_value = kept(f, 'b', "alice"), old_mark = kept(f, 'm', "alice");
    open_as(f, "alice", "wonderland");
    g_assert_cmpint(pl_buddies_remove(f->buddies, "bob"), ==, 0);
    g_autoptr(GBytes) value = kept(f, 'b', "alice");
    put_bytes(f, 'b', "alice", old_value); /* the value alone */
    open_as(f, "alice", "wonderland");
    expect_refused(f, "rolled-back");
    put(f, 'm', "alice", NULL, 0); /* and its mark gone */
    open_as(f, "alice", "wonderland");
    expect_refused(f, "rolled-back");
    put_bytes(f, 'b', "alice", value); /* a value that is one ahead: the mark was not written any more */
    put_bytes(f, 'm', "alice", old_mark);
    open_as(f, "alice", "wonderland");
    g_assert_cmpstr(refusal(f), ==, "none");
    put_bytes(f, 'b', "alice",
              old_value); /* both turned back: no registry can tell, and decision 10 says so */
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 2);
}

static void test_a_list_that_is_gone(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    put(f, 'b', "alice", NULL, 0);
    open_as(f, "alice", "wonderland");
    expect_refused(f, "missing");
}

/* Nothing is written over what was refused, until the user says so. */
static void test_a_refused_list_is_left_alone(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_autoptr(GBytes) before = kept(f, 'b', "alice");
    open_as(f, "alice", "looking-glass");
    g_assert_cmpint(pl_buddies_add(f->buddies, "eve", 0), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpint(pl_buddies_remove(f->buddies, "bob"), ==, PL_ERR_UNEXPECTED);
    pl_buddies_close(f->buddies);
    g_autoptr(GBytes) after = kept(f, 'b', "alice");
    g_assert_true(g_bytes_equal(before, after));
    open_as(f, "alice", "looking-glass");
    g_assert_cmpint(pl_buddies_discard(f->buddies), ==, 0);
    g_assert_cmpint(pl_buddies_add(f->buddies, "eve", 0), ==, 0);
    open_as(f, "alice", "looking-glass");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 1);
}

static void test_ten_thousand_buddies(fixture *f, gconstpointer suite)
{
    if (suite == &pl_suite_real) /* the bounds are the same code */
        return;
    open_as(f, "alice", "wonderland");
    for (int i = 0; i < 10000; i++) {
        char name[PL_NAME_MAX + 1];
        g_snprintf(name, sizeof name, "a-buddy-with-a-long-name-%07d", i);
        g_assert_cmpint(pl_buddies_add(f->buddies, name, 0), ==, i < 1000 ? 0 : PL_ERR_LIMIT);
    }
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 1000);
    f->config.buddies_entries_max = 999; /* a whole list of ours, with more than may be */
    open_as(f, "alice", "wonderland");
    expect_refused(f, "oversized");
}

static void test_the_largest_list(fixture *f, gconstpointer suite)
{
    g_autofree pl_buddy *entries = g_new0(pl_buddy, PL_BUDDIES_MAX);
    for (size_t i = 0; i < PL_BUDDIES_MAX; i++) {
        g_snprintf(entries[i].name, sizeof entries[i].name, "%032zu", i);
        entries[i].state = PL_BUDDY_AUTHORISED;
    }
    pl_buddies_pass pass;
    pl_buddies_secret secret = {.rounds = 1};
    pl_buddies_pass_make(&pass, suite, "wonderland");
    pl_buddies_secret_make(&secret, suite, &pass);
    const pl_buddies_seal seal = {.suite = suite, .secret = &secret, .owner = "alice", .serial = 1};
    size_t len;
    g_autofree uint8_t *value = pl_buddies_value_make(&seal, entries, PL_BUDDIES_MAX, &len);
    g_assert_cmpuint(len, <=, PL_BUDDIES_VALUE_MAX);
    pl_buddies_opened opened;
    g_assert_cmpint(pl_buddies_value_open(suite, &pass, "alice", PL_BUDDIES_MAX, value, len, &opened), ==, 0);
    g_assert_cmpuint(opened.n, ==, PL_BUDDIES_MAX);
    g_assert_cmpint(memcmp(opened.entries, entries, PL_BUDDIES_MAX * sizeof *entries), ==, 0);
    g_free(opened.entries);
    (void)f;
}

/* A thief of the registry finds neither names nor twice the same bytes. */
static void test_no_name_in_clear(fixture *f, gconstpointer suite)
{
    (void)suite;
    open_as(f, "alice", "wonderland");
    g_assert_cmpint(pl_buddies_add(f->buddies, "the-white-rabbit", 0), ==, 0);
    g_autoptr(GBytes) first = kept(f, 'b', "alice");
    g_assert_cmpint(pl_buddies_authorise(f->buddies, "the-white-rabbit"), ==, 0);
    g_autoptr(GBytes) second = kept(f, 'b', "alice");
    size_t len;
    const uint8_t *a = g_bytes_get_data(first, &len), *b = g_bytes_get_data(second, NULL);
    g_assert_null(memmem(a, len, "rabbit", 6));
    g_assert_null(memmem(a, len, "alice", 5));
    g_assert_cmpuint(g_bytes_get_size(second), ==, len);
    size_t equal = 0;
    for (size_t i = PL_BUDDIES_HEAD_BYTES; i < len; i++)
        equal += a[i] == b[i];
    g_assert_cmpuint(equal, <, (len - PL_BUDDIES_HEAD_BYTES) / 16);
}

/* The registry is full: the list in memory is as it was, too. */
static int refuse_to_keep(void *ctx, const char *key, const uint8_t *data, size_t len)
{
    (void)ctx, (void)key, (void)data, (void)len;
    return PL_ERR_DENIED;
}

static void test_what_cannot_be_kept_is_undone(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    open_as(f, "alice", "wonderland");
    const pl_port_ops *ops = f->context.port.ops;
    pl_port_ops full = *ops;
    full.keep = refuse_to_keep;
    f->context.port.ops = &full;
    g_assert_cmpint(pl_buddies_add(f->buddies, "dave", 0), ==, PL_ERR_DENIED);
    g_assert_cmpint(pl_buddies_remove(f->buddies, "bob"), ==, PL_ERR_DENIED);
    g_assert_cmpint(pl_buddies_authorise(f->buddies, "bob"), ==, PL_ERR_DENIED);
    g_assert_cmpuint(pl_buddies_count(f->buddies), ==, 2);
    g_assert_cmpint(pl_buddies_find(f->buddies, "bob")->state, ==, PL_BUDDY_REQUESTED);
    g_assert_null(pl_buddies_find(f->buddies, "dave"));
    f->context.port.ops = ops;
}

static void tick(fixture *f, pl_time now)
{
    pl_deadlines_run(&f->context.deadlines, now);
}

static void expect_asked(const fixture *f, size_t n, const char *last)
{
    g_assert_cmpuint(f->asked->len, ==, n);
    g_assert_cmpstr(g_ptr_array_index(f->asked, n - 1), ==, last);
}

static void test_each_in_turn_and_again(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_ptr_array_set_size(f->asked, 0);
    open_as(f, "alice", "wonderland");
    expect_asked(f, 1, "bob");
    pl_buddies_found(f->buddies, "bob", PL_BUDDY_ONLINE, 0, PL_SECOND);
    expect_asked(f, 2, "carol");
    g_assert_cmpint(pl_buddies_find(f->buddies, "bob")->presence, ==, PL_BUDDY_ONLINE);
    pl_buddies_found(f->buddies, "dave", PL_BUDDY_ONLINE, 0, PL_SECOND); /* nobody asked */
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_BUDDY_CHECKED), ==, 1);
    pl_buddies_found(f->buddies, "carol", PL_BUDDY_OFFLINE, 3600, 2 * PL_SECOND);
    const pl_event *checked = fake_port_last_event(f->fake, PL_EVENT_BUDDY_CHECKED);
    g_assert_cmpint(checked->value[0].number, ==, 1);
    g_assert_cmpstr(checked->value[1].text, ==, "offline");
    g_assert_cmpint(pl_buddies_find(f->buddies, "carol")->presence, ==, PL_BUDDY_OFFLINE);
    g_assert_cmpuint(pl_buddies_find(f->buddies, "carol")->seen, ==, EPOCH + 2 - 3600);
    g_assert_cmpint(fake_port_last_event(f->fake, PL_EVENT_BUDDY_OFFLINE)->value[0].number, ==, 1);
    g_assert_cmpint(fake_port_last_event(f->fake, PL_EVENT_BUDDY_OFFLINE)->value[1].number, ==, 3600);
    pl_time again = f->config.buddies_check;
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, again);
    tick(f, again - 1);
    g_assert_cmpuint(f->asked->len, ==, 2);
    tick(f, again);
    expect_asked(f, 3, "bob");
    /* Still online: nothing to say.  Then gone. */
    pl_buddies_found(f->buddies, "bob", PL_BUDDY_ONLINE, 0, again + PL_SECOND);
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_BUDDY_ONLINE), ==, 1);
    /* A look-up that never ends does not end the round. */
    g_assert_cmpuint(f->asked->len, ==, 4);
    pl_time given_up = again + PL_SECOND + f->config.buddies_answer_wait;
    tick(f, given_up - 1);
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, given_up);
    tick(f, given_up);
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, 2 * again);
    /* Its late answer is still news. */
    pl_buddies_found(f->buddies, "carol", PL_BUDDY_ONLINE, 5, given_up + PL_SECOND);
    g_assert_cmpint(pl_buddies_find(f->buddies, "carol")->presence, ==, PL_BUDDY_ONLINE);
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, 2 * again);
}

static void test_last_seen_is_kept(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    open_as(f, "alice", "wonderland");
    pl_buddies_found(f->buddies, "bob", PL_BUDDY_ONLINE, 10, 100 * PL_SECOND);
    pl_buddies_found(f->buddies, "carol", PL_BUDDY_UNKNOWN, -1, 101 * PL_SECOND);
    pl_buddies_close(f->buddies);
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, PL_NEVER);
    open_as(f, "alice", "wonderland");
    g_assert_cmpuint(pl_buddies_find(f->buddies, "bob")->seen, ==, EPOCH + 90);
    g_assert_cmpint(pl_buddies_find(f->buddies, "bob")->presence, ==, PL_BUDDY_UNKNOWN);
    g_assert_cmpuint(pl_buddies_find(f->buddies, "carol")->seen, ==, 0);
    /* Ages that nobody can have. */
    pl_buddies_found(f->buddies, "carol", PL_BUDDY_OFFLINE, INT64_MAX, PL_SECOND);
    g_assert_cmpuint(pl_buddies_find(f->buddies, "carol")->seen, ==, 0);
}

static void test_the_list_changes_meanwhile(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_ptr_array_set_size(f->asked, 0);
    open_as(f, "alice", "wonderland");
    g_assert_cmpint(pl_buddies_remove(f->buddies, "bob"), ==, 0);
    g_assert_cmpint(pl_buddies_add(f->buddies, "brian", 0), ==, 0);
    pl_buddies_found(f->buddies, "bob", PL_BUDDY_ONLINE, 0, PL_SECOND); /* no buddy any more */
    expect_asked(f, 2, "brian");
    pl_buddies_found(f->buddies, "brian", PL_BUDDY_ONLINE, 0, PL_SECOND);
    expect_asked(f, 3, "carol");
    pl_buddies_found(f->buddies, "zoe", PL_BUDDY_ONLINE, 0, PL_SECOND); /* nobody asked */
    g_assert_cmpuint(f->asked->len, ==, 3);
}

static void test_nobody_to_ask(fixture *f, gconstpointer suite)
{
    (void)suite;
    store_two(f);
    g_ptr_array_set_size(f->asked, 0);
    f->answers = false;
    open_as(f, "alice", "wonderland");
    expect_asked(f, 1, "bob");
    g_assert_cmpint(pl_deadlines_next(&f->context.deadlines), ==, f->config.buddies_check);
}

typedef void (*test_fn)(fixture *f, gconstpointer suite);

static void add(const char *name, test_fn test)
{
    g_autofree char *real = g_strdup_printf("/buddies/real/%s", name);
    g_autofree char *sized = g_strdup_printf("/buddies/sized/%s", name);
    g_test_add(real, fixture, &pl_suite_real, set_up, test, tear_down);
    g_test_add(sized, fixture, &pl_suite_sized, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("survives-a-session", test_survives_a_session);
    add("an-unused-list-costs-nothing", test_an_unused_list_costs_nothing);
    add("what-may-be-added", test_what_may_be_added);
    add("every-changed-byte-is-noticed", test_every_changed_byte_is_noticed);
    add("tampering-has-its-name", test_tampering_has_its_name);
    add("every-length-but-the-right-one", test_every_length_but_the_right_one);
    add("another-password", test_another_password);
    add("another-users-list", test_another_users_list);
    add("an-older-list", test_an_older_list);
    add("a-list-that-is-gone", test_a_list_that_is_gone);
    add("a-refused-list-is-left-alone", test_a_refused_list_is_left_alone);
    add("ten-thousand-buddies", test_ten_thousand_buddies);
    add("the-largest-list", test_the_largest_list);
    add("no-name-in-clear", test_no_name_in_clear);
    add("what-cannot-be-kept-is-undone", test_what_cannot_be_kept_is_undone);
    add("each-in-turn-and-again", test_each_in_turn_and_again);
    add("last-seen-is-kept", test_last_seen_is_kept);
    add("the-list-changes-meanwhile", test_the_list_changes_meanwhile);
    add("nobody-to-ask", test_nobody_to_ask);
    return g_test_run();
}
