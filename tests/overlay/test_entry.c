/* test_entry.c - what a user says of himself: nobody else can say it, alter it, or say it again too late. */
#include <glib.h>
#include <string.h>

#include "core/overlay/index/entry.h"
#include "core/overlay/index/letter.h"
#include "core/overlay/index/store.h"
#include "tests/support/fake_port.h"

#define NOW   (1000 * PL_SECOND)
#define EPOCH 1095206400

typedef struct fixture {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_keypair server, sign, dh, other;
    pl_credential credential;
    pl_entry entry;
    uint8_t bytes[PL_ENTRY_BYTES_MAX];
    size_t len;
} fixture;

static void draw(fixture *f, pl_keypair *pair, uint8_t seed)
{
    memset(pair->private_key, seed, PL_KEY_BYTES);
    f->context.suite->sign_public(pair->public_key, pair->private_key);
}

static void make(fixture *f, pl_presence state, int64_t after, pl_time now)
{
    pl_entry_make(&f->entry, &f->context,
                  &(pl_entry_facts){.credential = &f->credential,
                                    .sign = &f->sign,
                                    .supernode = {0x42000001, 33033},
                                    .state = state,
                                    .after = after},
                  now);
    f->len = pl_entry_encode(&f->entry, f->bytes);
}

static void set_up(fixture *f, gconstpointer suite)
{
    f->fake = fake_port_new();
    pl_config_init(&f->config);
    f->context =
        (pl_context){.port = fake_port_of(f->fake), .config = &f->config, .suite = suite, .epoch = EPOCH};
    draw(f, &f->server, 1);
    draw(f, &f->sign, 2);
    draw(f, &f->other, 3);
    f->credential = (pl_credential){.name = "alice", .expires = EPOCH + 7 * 86400};
    memcpy(f->credential.sign_key, f->sign.public_key, PL_KEY_BYTES);
    pl_credential_issue(&f->credential, f->context.suite, &f->server);
    make(f, PL_PRESENCE_ONLINE, 0, NOW);
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    fake_port_free(f->fake);
}

static int judge(fixture *f, pl_time now)
{
    pl_entry back;
    int error = pl_entry_decode(&back, f->bytes, f->len);
    return error ? error : pl_entry_check(&back, &f->context, f->server.public_key, now);
}

static void test_it_is_what_was_signed(fixture *f, gconstpointer data)
{
    (void)data;
    pl_entry back;
    g_assert_cmpint(pl_entry_decode(&back, f->bytes, f->len), ==, 0);
    g_assert_cmpstr(back.credential.name, ==, "alice");
    g_assert_true(pl_addr_equal(back.supernode, (pl_addr){0x42000001, 33033}));
    g_assert_cmpint(back.stamp, ==, (int64_t)(EPOCH + 1000) * 1000);
    g_assert_cmpint(judge(f, NOW), ==, 0);
}

/* Every bit that is changed, anywhere, is noticed; every byte that is missing, too. */
static void test_it_is_not_altered(fixture *f, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < f->len; i++) {
        f->bytes[i] ^= 1;
        g_assert_cmpint(judge(f, NOW), <, 0);
        f->bytes[i] ^= 1;
    }
    for (size_t len = 0; len < f->len; len++) {
        pl_entry back;
        g_assert_cmpint(pl_entry_decode(&back, f->bytes, len), <, 0);
    }
    g_assert_cmpint(judge(f, NOW), ==, 0);
}

/* With another's key, with a credential that another server signed, and with another's credential. */
static void test_it_is_not_forged(fixture *f, gconstpointer data)
{
    (void)data;
    f->sign = f->other;
    make(f, PL_PRESENCE_ONLINE, 0, NOW);
    g_assert_cmpint(judge(f, NOW), ==, PL_ERR_FORGED);
    memcpy(f->credential.sign_key, f->other.public_key, PL_KEY_BYTES);
    make(f, PL_PRESENCE_ONLINE, 0, NOW);
    g_assert_cmpint(judge(f, NOW), ==, PL_ERR_FORGED);
    pl_credential_issue(&f->credential, f->context.suite, &f->other);
    make(f, PL_PRESENCE_ONLINE, 0, NOW);
    g_assert_cmpint(judge(f, NOW), ==, PL_ERR_FORGED);
}

static void test_its_time(fixture *f, gconstpointer data)
{
    (void)data;
    pl_time online = NOW + f->config.index_lifetime + f->config.index_refresh;
    g_assert_cmpint(judge(f, online - PL_MILLISECOND), ==, 0);
    g_assert_cmpint(judge(f, online), ==, PL_ERR_EXPIRED);
    make(f, PL_PRESENCE_OFFLINE, 0, NOW);
    g_assert_cmpint(judge(f, NOW + f->config.index_lifetime - PL_MILLISECOND), ==, 0);
    g_assert_cmpint(judge(f, NOW + f->config.index_lifetime), ==, PL_ERR_EXPIRED);
    /* Dated ahead by no more than clocks are. */
    make(f, PL_PRESENCE_ONLINE, 0, NOW + f->config.index_skew);
    g_assert_cmpint(judge(f, NOW), ==, 0);
    make(f, PL_PRESENCE_ONLINE, 0, NOW + f->config.index_skew + PL_MILLISECOND);
    g_assert_cmpint(judge(f, NOW), ==, PL_ERR_UNEXPECTED);
    /* Two in one millisecond are told apart. */
    int64_t stamp = f->entry.stamp;
    make(f, PL_PRESENCE_OFFLINE, stamp, NOW + f->config.index_skew + PL_MILLISECOND);
    g_assert_cmpint(f->entry.stamp, ==, stamp + 1);
}

/* Nobody lives longer than others by his own word, nor signs with a credential that had lapsed. */
static void test_it_may_not_ask_for_more(fixture *f, gconstpointer data)
{
    (void)data;
    f->config.index_lifetime += PL_HOUR;
    make(f, PL_PRESENCE_ONLINE, 0, NOW);
    f->config.index_lifetime -= PL_HOUR;
    g_assert_cmpint(judge(f, NOW), ==, PL_ERR_MALFORMED);
    pl_time lapse = 7 * 24 * PL_HOUR;
    make(f, PL_PRESENCE_OFFLINE, 0, lapse - PL_SECOND);
    g_assert_cmpint(judge(f, lapse + PL_HOUR), ==, 0); /* valid when he signed it: he is found for 72 h */
    make(f, PL_PRESENCE_OFFLINE, 0, lapse);
    g_assert_cmpint(judge(f, lapse), ==, PL_ERR_MALFORMED);
}

/* --- the store --- */

static pl_store_item item(const char *name, int64_t stamp)
{
    static const uint8_t bytes[3] = {1, 2, 3};
    return (pl_store_item){
        .slot = 7, .name = name, .stamp = stamp, .expires = stamp + 100, .bytes = bytes, .len = 3};
}

static int put(pl_store *store, const char *name, int64_t stamp)
{
    const pl_store_item i = item(name, stamp);
    return pl_store_put(store, &i);
}

static void test_the_newest_wins(void)
{
    pl_store store;
    pl_store_init(&store, 10, 10);
    g_assert_cmpint(put(&store, "alice", 50), ==, 1);
    g_assert_cmpint(put(&store, "alice", 50), ==, 0);
    g_assert_cmpint(put(&store, "alice", 49), ==, PL_ERR_REPLAYED); /* turned back */
    g_assert_cmpint(put(&store, "alice", 51), ==, 1);
    g_assert_cmpuint(store.count, ==, 1);
    g_assert_cmpint(pl_store_find(&store, 7, "alice", 150)->stamp, ==, 51);
    g_assert_null(pl_store_find(&store, 7, "alice", 151));
    g_assert_null(pl_store_find(&store, 8, "alice", 150));
    g_assert_null(pl_store_find(&store, 7, "alic", 150));
    pl_store_age(&store, 150);
    g_assert_cmpuint(store.count, ==, 1);
    pl_store_age(&store, 151);
    g_assert_cmpuint(store.count, ==, 0);
    pl_store_clear(&store);
}

static void test_a_storm_takes_no_more_than_its_slot(void)
{
    pl_store store;
    pl_store_init(&store, 30, 20);
    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("sybil-%d", i);
        g_assert_cmpint(put(&store, name, 50), ==, i < 20 ? 1 : PL_ERR_LIMIT);
    }
    pl_store_item other = item("alice", 50);
    other.slot = 3;
    g_assert_cmpint(pl_store_put(&store, &other), ==, 1);
    g_assert_cmpint(put(&store, "sybil-3", 51), ==, 1); /* who is in is renewed */
    g_assert_cmpuint(pl_store_buckets(&store), ==, 2);
    g_assert_cmpuint(pl_store_bucket(&store, 0)->slot, ==, 3);
    pl_store_remove(&store, 7, "sybil-3");
    g_assert_cmpint(put(&store, "sybil-999", 50), ==, 1);
    pl_store_drop(&store, 7);
    g_assert_cmpuint(store.count, ==, 1);
    pl_store_drop_oldest(&store);
    g_assert_cmpuint(store.count, ==, 0);
    g_assert_cmpuint(pl_store_buckets(&store), ==, 0);
    pl_store_clear(&store);
}

/* --- letters --- */

static void draw_dh(const pl_suite *suite, pl_keypair *pair, uint8_t seed)
{
    memset(pair->private_key, seed, PL_KEY_BYTES);
    suite->dh_public(pair->public_key, pair->private_key);
}

static void read_back(pl_message *ret_message, const uint8_t *bytes, size_t len)
{
    *ret_message = (pl_message){0};
    g_assert_cmpuint(len, >, 0);
    g_assert_cmpint(pl_message_read(ret_message, PL_CARRIER_DATAGRAM, bytes, len), ==, 0);
}

static void test_letters(gconstpointer data)
{
    const pl_suite *suite = data;
    pl_keypair asker, asked, third;
    draw_dh(suite, &asker, 5);
    draw_dh(suite, &asked, 6);
    draw_dh(suite, &third, 7);
    const pl_letter_ends ask = {suite, &asker, asked.public_key}, read = {suite, &asked, NULL};
    const pl_letter_ends wrong = {suite, &third, asked.public_key};
    uint8_t bytes[PL_LETTER_BYTES_MAX], back[PL_LETTER_BYTES_MAX];
    pl_message message, reply;
    pl_letter question, answer;
    size_t len = pl_letter_query(bytes, &ask, 77, "bob");
    read_back(&message, bytes, len);
    g_assert_cmpint(pl_letter_read(&question, &read, &message), ==, 0);
    g_assert_cmpstr(question.name, ==, "bob");
    g_assert_cmpint(pl_letter_read(&question, &wrong, &message), ==, PL_ERR_FORGED);
    g_assert_cmpint(pl_letter_read(&question, &read, &message), ==, 0);
    static const uint8_t entry[PL_MESSAGE_INDEX_MAX] = {9, 8, 7};
    size_t back_len =
        pl_letter_reply(back, suite, &question, &message, &(pl_reply){PL_VERDICT_FOUND, {entry, 300}, 0});
    g_assert_cmpuint(back_len, <=, len); /* nobody is amplified */
    read_back(&reply, back, back_len);
    g_assert_cmpint(pl_letter_read_reply(&answer, &ask, &reply), ==, 0);
    g_assert_cmpuint(answer.entry.len, ==, 300);
    g_assert_cmpint(pl_letter_read_reply(&answer, &wrong, &reply), ==, PL_ERR_FORGED);
    reply.transaction++;
    g_assert_cmpint(pl_letter_read_reply(&answer, &ask, &reply), ==, PL_ERR_FORGED);
    /* Its own question, thrown back, is no answer; nor is another kind's verdict. */
    reply = message;
    reply.id = PL_MESSAGE_ANSWER;
    g_assert_cmpint(pl_letter_read_reply(&answer, &ask, &reply), ==, PL_ERR_FORGED);
    back_len = pl_letter_reply(back, suite, &question, &message, &(pl_reply){.verdict = PL_VERDICT_KEPT});
    read_back(&reply, back, back_len);
    g_assert_cmpint(pl_letter_read_reply(&answer, &ask, &reply), ==, PL_ERR_MALFORMED);
    const uint8_t none[PL_KEY_BYTES] = {0};
    g_assert_cmpuint(pl_letter_query(bytes, &(pl_letter_ends){suite, &asker, none}, 77, "bob"), ==, 0);
}

static void add(const char *name, void (*test)(fixture *, gconstpointer))
{
    g_autofree char *real = g_strdup_printf("/overlay/entry/real/%s", name);
    g_autofree char *sized = g_strdup_printf("/overlay/entry/sized/%s", name);
    g_test_add(real, fixture, &pl_suite_real, set_up, test, tear_down);
    g_test_add(sized, fixture, &pl_suite_sized, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("it-is-what-was-signed", test_it_is_what_was_signed);
    add("it-is-not-altered", test_it_is_not_altered);
    add("it-is-not-forged", test_it_is_not_forged);
    add("its-time", test_its_time);
    add("it-may-not-ask-for-more", test_it_may_not_ask_for_more);
    g_test_add_func("/overlay/store/the-newest-wins", test_the_newest_wins);
    g_test_add_func("/overlay/store/a-storm-takes-no-more-than-its-slot",
                    test_a_storm_takes_no_more_than_its_slot);
    g_test_add_data_func("/overlay/letter/real", &pl_suite_real, test_letters);
    g_test_add_data_func("/overlay/letter/sized", &pl_suite_sized, test_letters);
    return g_test_run();
}
