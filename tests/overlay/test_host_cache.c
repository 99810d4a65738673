/* test_host_cache.c - at most 200 entries, the stalest goes; draws; the registry, friendly and hostile. */
#include <glib.h>
#include <string.h>

#include "core/overlay/host_cache.h"
#include "tests/support/fake_port.h"

#define MAX_ENTRIES 200
#define NOW         (1000 * PL_SECOND) /* second 1000 of Unix, the epoch being 0 */

typedef struct fixture {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_host_cache cache;
} fixture;

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    f->fake = fake_port_new();
    pl_config_init(&f->config);
    f->context = (pl_context){.port = fake_port_of(f->fake), .config = &f->config};
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    pl_host_cache_clear(&f->cache);
    fake_port_free(f->fake);
}

static pl_cache_entry entry(uint32_t ip, uint16_t port, uint32_t seen)
{
    return (pl_cache_entry){{ip, port}, seen};
}

static void add(fixture *f, pl_cache_entry e)
{
    pl_host_cache_add(&f->cache, e, MAX_ENTRIES);
}

static const pl_cache_entry *find(const fixture *f, pl_addr addr)
{
    for (size_t i = 0; i < f->cache.count; i++)
        if (pl_addr_equal(f->cache.entries[i].addr, addr))
            return &f->cache.entries[i];
    return NULL;
}

static void expect_sorted(const fixture *f)
{
    for (size_t i = 1; i < f->cache.count; i++)
        g_assert_cmpint(pl_addr_compare(f->cache.entries[i - 1].addr, f->cache.entries[i].addr), <, 0);
}

static void test_never_more_than_200(fixture *f, gconstpointer data)
{
    (void)data;
    for (int i = 0; i < 1000; i++) {
        add(f, entry((uint32_t)g_test_rand_int_range(1, 1 << 20), 33033,
                     (uint32_t)g_test_rand_int_range(0, 500)));
        g_assert_cmpuint(f->cache.count, <=, MAX_ENTRIES);
        expect_sorted(f);
    }
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
}

static void test_the_stalest_goes_for_a_fresher_one(fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t i = 0; i < MAX_ENTRIES; i++)
        add(f, entry(1000 + i, 1, 100 + (i * 37) % MAX_ENTRIES)); /* 37 and 200 share no divisor */
    add(f, entry(5000, 1, 99));                                   /* staler than all: not taken */
    g_assert_null(find(f, (pl_addr){5000, 1}));
    add(f, entry(5000, 1, 100)); /* as stale as the stalest: not taken */
    g_assert_null(find(f, (pl_addr){5000, 1}));
    add(f, entry(5000, 1, 101));
    g_assert_nonnull(find(f, (pl_addr){5000, 1}));
    g_assert_null(find(f, (pl_addr){1000, 1})); /* seen at 100 */
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
}

static void test_one_address_is_held_once_at_its_freshest(fixture *f, gconstpointer data)
{
    (void)data;
    add(f, entry(7, 1, 50));
    add(f, entry(7, 1, 90));
    add(f, entry(7, 1, 60));
    add(f, entry(7, 2, 10)); /* another port is another entry */
    g_assert_cmpuint(f->cache.count, ==, 2);
    g_assert_cmpuint(find(f, (pl_addr){7, 1})->seen, ==, 90);
}

static void test_draws_without_repetition_and_exception(fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t i = 1; i <= 50; i++)
        add(f, entry(i, 1, i));
    for (int round = 0; round < 50; round++) {
        pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
        bool is_drawn[51] = {false};
        size_t n = pl_host_cache_sample(&f->cache, &f->context, (pl_addr){17, 1}, drawn, 30);
        g_assert_cmpuint(n, ==, 30);
        for (size_t i = 0; i < n; i++) {
            g_assert_cmpuint(drawn[i].addr.ip, !=, 17);
            g_assert_false(is_drawn[drawn[i].addr.ip]);
            g_assert_cmpuint(drawn[i].seen, ==, drawn[i].addr.ip);
            is_drawn[drawn[i].addr.ip] = true;
        }
    }
}

static void test_draws_all_when_asked_for_more(fixture *f, gconstpointer data)
{
    (void)data;
    pl_cache_entry drawn[PL_MESSAGE_ENTRIES_MAX];
    g_assert_cmpuint(pl_host_cache_sample(&f->cache, &f->context, (pl_addr){0}, drawn, 200), ==, 0);
    for (uint32_t i = 1; i <= MAX_ENTRIES; i++)
        add(f, entry(i, 1, i));
    g_assert_cmpuint(pl_host_cache_sample(&f->cache, &f->context, (pl_addr){0}, drawn, 200), ==, 200);
    g_assert_cmpuint(pl_host_cache_sample(&f->cache, &f->context, (pl_addr){5, 1}, drawn, 200), ==, 199);
    g_assert_cmpuint(pl_host_cache_sample(&f->cache, &f->context, (pl_addr){5, 1}, drawn, 0), ==, 0);
}

/* Each of 20 entries is drawn first about 1000 times of 20 000: 5 sigma are 154. */
static void test_draws_are_even(fixture *f, gconstpointer data)
{
    (void)data;
    int first[21] = {0};
    for (uint32_t i = 1; i <= 20; i++)
        add(f, entry(i, 1, i));
    for (int i = 0; i < 20000; i++) {
        pl_cache_entry drawn[2];
        pl_host_cache_sample(&f->cache, &f->context, (pl_addr){0}, drawn, 2);
        first[drawn[0].addr.ip]++;
    }
    for (int i = 1; i <= 20; i++) {
        g_assert_cmpint(first[i], >, 1000 - 154);
        g_assert_cmpint(first[i], <, 1000 + 154);
    }
}

static void test_registry_round_trip(fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t i = 1; i <= MAX_ENTRIES; i++)
        add(f, entry(i * 7919, (uint16_t)(i + 1), i));
    pl_host_cache_keep(&f->cache, &f->context);
    pl_host_cache other = {0};
    pl_host_cache_load(&other, &f->context, NOW);
    g_assert_cmpuint(other.count, ==, MAX_ENTRIES);
    for (size_t i = 0; i < other.count; i++) {
        g_assert_true(pl_addr_equal(other.entries[i].addr, f->cache.entries[i].addr));
        g_assert_cmpuint(other.entries[i].seen, ==, f->cache.entries[i].seen);
    }
    pl_host_cache_clear(&other);
}

/* Folded, it costs nothing and is still counted; unfolded, it is what it was, and takes entries again. */
static void test_a_folded_cache_comes_back(fixture *f, gconstpointer data)
{
    (void)data;
    pl_cache_entry before[MAX_ENTRIES];
    for (uint32_t i = 1; i <= MAX_ENTRIES; i++)
        add(f, entry(i * 7919, (uint16_t)(i + 1), i));
    memcpy(before, f->cache.entries, sizeof before);
    g_assert_cmpint(pl_host_cache_keep(&f->cache, &f->context), ==, 0);
    pl_host_cache_fold(&f->cache);
    g_assert_null(f->cache.entries);
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
    pl_host_cache_unfold(&f->cache, &f->context, NOW);
    pl_host_cache_unfold(&f->cache, &f->context, NOW);
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
    for (size_t i = 0; i < MAX_ENTRIES; i++) {
        g_assert_true(pl_addr_equal(f->cache.entries[i].addr, before[i].addr));
        g_assert_cmpuint(f->cache.entries[i].seen, ==, before[i].seen);
    }
    add(f, entry(5, 5, 999));
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
}

static void test_an_empty_cache_folds_to_itself(fixture *f, gconstpointer data)
{
    (void)data;
    pl_host_cache_fold(&f->cache);
    pl_host_cache_unfold(&f->cache, &f->context, NOW);
    add(f, entry(1, 1, 1));
    g_assert_cmpuint(f->cache.count, ==, 1);
}

static void test_an_emptied_cache_is_kept_empty(fixture *f, gconstpointer data)
{
    (void)data;
    add(f, entry(1, 1, 1));
    pl_host_cache_keep(&f->cache, &f->context);
    pl_host_cache_clear(&f->cache);
    pl_host_cache_keep(&f->cache, &f->context);
    pl_host_cache_load(&f->cache, &f->context, NOW);
    g_assert_cmpuint(f->cache.count, ==, 0);
}

/* The clock was ahead when they were kept, or somebody wrote the registry: a fresher entry would never find
 * room. */
static void test_entries_from_the_future_are_seen_now(fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t i = 1; i <= MAX_ENTRIES; i++)
        add(f, entry(i, 1, UINT32_MAX - i));
    pl_host_cache_keep(&f->cache, &f->context);
    pl_host_cache_load(&f->cache, &f->context, NOW);
    g_assert_cmpuint(f->cache.count, ==, MAX_ENTRIES);
    for (size_t i = 0; i < f->cache.count; i++)
        g_assert_cmpuint(f->cache.entries[i].seen, ==, 1000);
    add(f, entry(5000, 1, 1001));
    g_assert_nonnull(find(f, (pl_addr){5000, 1}));
}

static void test_damaged_lengths_load_as_empty(fixture *f, gconstpointer data)
{
    (void)data;
    uint8_t bytes[2020];
    memset(bytes, 0x42, sizeof bytes);
    static const size_t lens[] = {1, 9, 11, 1999, 2001, 2010, 2020};
    for (size_t i = 0; i < G_N_ELEMENTS(lens); i++) {
        add(f, entry(1, 1, 1));
        fake_port_put(f->fake, "cache", bytes, lens[i]);
        pl_host_cache_load(&f->cache, &f->context, NOW);
        g_assert_cmpuint(f->cache.count, ==, 0);
    }
}

/* Any 2 000 bytes: at most 200 entries, sorted, none without an address or a port. */
static void test_hostile_bytes_stay_within_the_rules(fixture *f, gconstpointer data)
{
    (void)data;
    for (int round = 0; round < 200; round++) {
        uint8_t bytes[2000];
        size_t len = 10 * (size_t)g_test_rand_int_range(1, 201);
        for (size_t i = 0; i < len; i++)
            bytes[i] = round % 2 ? (uint8_t)g_test_rand_int_range(0, 2) : (uint8_t)g_test_rand_int();
        fake_port_put(f->fake, "cache", bytes, len);
        pl_host_cache_load(&f->cache, &f->context, NOW);
        g_assert_cmpuint(f->cache.count, <=, MAX_ENTRIES);
        expect_sorted(f);
        for (size_t i = 0; i < f->cache.count; i++) {
            g_assert_cmpuint(f->cache.entries[i].addr.ip, !=, 0);
            g_assert_cmpuint(f->cache.entries[i].addr.port, !=, 0);
        }
    }
}

static void test_a_smaller_bound_is_kept_at_loading(fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t i = 1; i <= 100; i++)
        add(f, entry(i, 1, i));
    pl_host_cache_keep(&f->cache, &f->context);
    f->config.cache_entries_max = 10;
    pl_host_cache_load(&f->cache, &f->context, NOW);
    g_assert_cmpuint(f->cache.count, ==, 10);
    g_assert_cmpuint(f->cache.entries[0].addr.ip, ==, 91); /* the ten freshest */
}

#define ADD(name, test) g_test_add("/overlay/host-cache/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("never-more-than-200", test_never_more_than_200);
    ADD("the-stalest-goes-for-a-fresher-one", test_the_stalest_goes_for_a_fresher_one);
    ADD("one-address-is-held-once", test_one_address_is_held_once_at_its_freshest);
    ADD("draws-without-repetition-and-exception", test_draws_without_repetition_and_exception);
    ADD("draws-all-when-asked-for-more", test_draws_all_when_asked_for_more);
    ADD("draws-are-even", test_draws_are_even);
    ADD("registry-round-trip", test_registry_round_trip);
    ADD("an-emptied-cache-is-kept-empty", test_an_emptied_cache_is_kept_empty);
    ADD("entries-from-the-future-are-seen-now", test_entries_from_the_future_are_seen_now);
    ADD("a-folded-cache-comes-back", test_a_folded_cache_comes_back);
    ADD("an-empty-cache-folds-to-itself", test_an_empty_cache_folds_to_itself);
    ADD("damaged-lengths-load-as-empty", test_damaged_lengths_load_as_empty);
    ADD("hostile-bytes-stay-within-the-rules", test_hostile_bytes_stay_within_the_rules);
    ADD("a-smaller-bound-is-kept-at-loading", test_a_smaller_bound_is_kept_at_loading);
    return g_test_run();
}
