/* test_slot.c - equal views name the same supernodes; views that differ by one differ in one place at most.
 */
#include <glib.h>
#include <string.h>

#include "core/overlay/index/slot.h"

#define MEMBERS  300
#define REPLICAS 9

static pl_addr member(uint32_t i)
{
    return (pl_addr){0x0A000000 + i * 7919, (uint16_t)(1024 + i)};
}

static void fill(pl_addr *members, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        members[i] = member(i);
}

static bool has(const pl_addr *ranked, size_t n, pl_addr address)
{
    for (size_t i = 0; i < n; i++)
        if (pl_addr_equal(ranked[i], address))
            return true;
    return false;
}

/* Held so that a second implementation finds the same places. */
static void test_vectors(void)
{
    g_assert_cmpuint(pl_slot_of((const uint8_t *)"alice", 5, 2048), ==, 1141);
    g_assert_cmpuint(pl_slot_of((const uint8_t *)"bob", 3, 2048), ==, 1292);
    g_assert_cmpuint(pl_slot_score(7, (pl_addr){0x42000001, 33033}), ==, UINT64_C(7714043712983338735));
}

static void test_the_order_of_a_view_does_not_matter(void)
{
    pl_addr forth[MEMBERS], back[MEMBERS], a[REPLICAS], b[REPLICAS];
    fill(forth, MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++)
        back[i] = forth[MEMBERS - 1 - i];
    for (uint32_t slot = 0; slot < 2048; slot++) {
        g_assert_cmpuint(pl_slot_rank(slot, forth, MEMBERS, (pl_addr){0}, a, REPLICAS), ==, REPLICAS);
        /* Whoever is in his own view and in nobody's, and whoever is in all: one and the same. */
        g_assert_cmpuint(pl_slot_rank(slot, back, MEMBERS - 1, back[MEMBERS - 1], b, REPLICAS), ==, REPLICAS);
        for (size_t i = 0; i < REPLICAS; i++)
            g_assert_true(pl_addr_equal(a[i], b[i]));
        for (size_t i = 1; i < REPLICAS; i++)
            g_assert_cmpuint(pl_slot_score(slot, a[i - 1]), >, pl_slot_score(slot, a[i]));
    }
}

static void test_one_member_less_is_one_place_at_most(void)
{
    pl_addr members[MEMBERS], whole[REPLICAS + 1], less[REPLICAS];
    fill(members, MEMBERS);
    size_t changed = 0;
    for (uint32_t slot = 0; slot < 2048; slot++) {
        size_t n = pl_slot_rank(slot, members, MEMBERS, (pl_addr){0}, whole, REPLICAS + 1), differ = 0;
        g_assert_cmpuint(n, ==, REPLICAS + 1);
        pl_slot_rank(slot, members, MEMBERS - 1, (pl_addr){0}, less, REPLICAS); /* without the last */
        for (size_t i = 0; i < REPLICAS; i++)
            differ += !has(whole, REPLICAS, less[i]);
        g_assert_cmpuint(differ, ==, has(whole, REPLICAS, member(MEMBERS - 1)) ? 1 : 0);
        if (differ) /* and he who comes for him is the next of all */
            g_assert_true(pl_addr_equal(less[REPLICAS - 1], whole[REPLICAS]));
        changed += differ;
    }
    g_assert_cmpuint(changed, >, 20); /* 2048 × 9 / 300 = 61 */
    g_assert_cmpuint(changed, <, 120);
}

static void test_who_is_among_them(void)
{
    pl_addr members[MEMBERS], ranked[REPLICAS];
    fill(members, MEMBERS);
    for (uint32_t slot = 0; slot < 200; slot++) {
        pl_slot_rank(slot, members, MEMBERS, (pl_addr){0}, ranked, REPLICAS);
        for (size_t i = 0; i < MEMBERS; i++) /* as a member, and as one that is left out */
            for (size_t left_out = 0; left_out <= (i == MEMBERS - 1); left_out++)
                g_assert_true(pl_slot_is_among(slot, members[i], members, MEMBERS - left_out, (pl_addr){0},
                                               REPLICAS) == has(ranked, REPLICAS, members[i]));
    }
    g_assert_true(pl_slot_is_among(3, member(1), NULL, 0, member(1), 1));
}

static void test_load_is_spread(void)
{
    pl_addr members[MEMBERS], ranked[REPLICAS];
    guint served[MEMBERS] = {0};
    fill(members, MEMBERS);
    for (uint32_t slot = 0; slot < 2048; slot++) {
        pl_slot_rank(slot, members, MEMBERS, (pl_addr){0}, ranked, REPLICAS);
        for (uint32_t i = 0; i < MEMBERS; i++)
            served[i] += has(ranked, REPLICAS, members[i]);
    }
    for (size_t i = 0; i < MEMBERS; i++) { /* 61 slots each, give or take four deviations of 7.7 */
        g_assert_cmpuint(served[i], >, 30);
        g_assert_cmpuint(served[i], <, 93);
    }
}

static void test_names_are_spread(void)
{
    guint in[64] = {0};
    for (unsigned i = 0; i < 64000; i++) {
        g_autofree char *name = g_strdup_printf("user-%u", i);
        in[pl_slot_of((const uint8_t *)name, strlen(name), 64)]++;
    }
    for (size_t i = 0; i < 64; i++) { /* 1000 each, give or take five deviations of 31 */
        g_assert_cmpuint(in[i], >, 843);
        g_assert_cmpuint(in[i], <, 1157);
    }
}

static void test_small_networks(void)
{
    pl_addr members[2], ranked[REPLICAS];
    fill(members, 2);
    g_assert_cmpuint(pl_slot_rank(5, members, 2, (pl_addr){0}, ranked, REPLICAS), ==, 2);
    g_assert_cmpuint(pl_slot_rank(5, NULL, 0, member(9), ranked, REPLICAS), ==, 1);
    g_assert_cmpuint(pl_slot_rank(5, NULL, 0, (pl_addr){0}, ranked, REPLICAS), ==, 0);
    g_assert_cmpuint(pl_slot_rank(5, members, 2, (pl_addr){0}, ranked, 0), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overlay/slot/vectors", test_vectors);
    g_test_add_func("/overlay/slot/the-order-of-a-view-does-not-matter",
                    test_the_order_of_a_view_does_not_matter);
    g_test_add_func("/overlay/slot/one-member-less-is-one-place-at-most",
                    test_one_member_less_is_one_place_at_most);
    g_test_add_func("/overlay/slot/who-is-among-them", test_who_is_among_them);
    g_test_add_func("/overlay/slot/load-is-spread", test_load_is_spread);
    g_test_add_func("/overlay/slot/names-are-spread", test_names_are_spread);
    g_test_add_func("/overlay/slot/small-networks", test_small_networks);
    return g_test_run();
}
