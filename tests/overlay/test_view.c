/* test_view.c - a view is a sorted set: whatever comes and goes, it holds what a plain array would. */
#include <glib.h>
#include <string.h>

#include "core/overlay/mesh/view.h"

#define ADDRESSES 3000

static pl_addr address(uint32_t i)
{
    return (pl_addr){0x0A000000 + i * 7919 % 65536, (uint16_t)(1024 + i % 3)};
}

static pl_member member(uint32_t i)
{
    pl_member made = {.incarnation = i};
    memset(made.key, (int)(i & 0xFF), sizeof made.key);
    return made;
}

static void check(const pl_view *view, const bool *present)
{
    size_t n = 0;
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        const pl_member *found = pl_view_find(view, address(i));
        g_assert_cmpint(found != NULL, ==, present[i]);
        n += present[i];
        if (!found)
            continue;
        g_assert_cmpuint(found->incarnation, ==, i);
        g_assert_cmpuint(found->key[31], ==, i & 0xFF);
    }
    g_assert_cmpuint(view->count, ==, n);
    for (size_t i = 1; i < n; i++)
        g_assert_cmpint(pl_addr_compare(view->addresses[i - 1], view->addresses[i]), <, 0);
}

static void test_any_coming_and_going(void)
{
    pl_view view = {0};
    bool present[ADDRESSES] = {false};
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    for (int step = 0; step < 40000; step++) {
        uint32_t i = (uint32_t)g_rand_int_range(rand, 0, ADDRESSES);
        bool comes = g_rand_int_range(rand, 0, 10000) < (step / 10000 % 2 ? 3000 : 7000);
        if (comes)
            g_assert_cmpint(pl_view_add(&view, address(i), member(i), 65535), ==, present[i] ? 0 : 1);
        else
            g_assert_cmpint(pl_view_remove(&view, address(i)), ==, present[i]);
        present[i] = comes;
        if (step % 2000 == 0)
            check(&view, present);
    }
    check(&view, present);
    pl_view_clear(&view);
    g_assert_null(pl_view_find(&view, address(1)));
}

static void test_bounds(void)
{
    pl_view view = {0};
    for (uint16_t i = 0; i < PL_VIEW_PER_IP; i++)
        g_assert_cmpint(pl_view_add(&view, (pl_addr){7, (uint16_t)(i + 1)}, member(i), 6), ==, 1);
    g_assert_cmpint(pl_view_add(&view, (pl_addr){7, 100}, member(0), 6), ==, PL_ERR_LIMIT);
    g_assert_cmpint(pl_view_add(&view, (pl_addr){7, 1}, member(9), 6), ==, 0);
    g_assert_cmpuint(pl_view_find(&view, (pl_addr){7, 1})->incarnation, ==, 9);
    g_assert_cmpint(pl_view_add(&view, (pl_addr){8, 1}, member(0), 6), ==, 1);
    g_assert_cmpint(pl_view_add(&view, (pl_addr){9, 1}, member(0), 6), ==, 1);
    g_assert_cmpint(pl_view_add(&view, (pl_addr){10, 1}, member(0), 6), ==, PL_ERR_LIMIT);
    pl_view_clear(&view);
}

static void test_who_is_after(void)
{
    pl_view view = {0};
    g_assert_cmpuint(pl_view_after(&view, (pl_addr){0, 0}), ==, 0);
    for (uint32_t i = 1; i <= 3; i++)
        pl_view_add(&view, (pl_addr){10 * i, 5}, member(i), 6);
    g_assert_cmpuint(pl_view_after(&view, (pl_addr){0, 0}), ==, 0);
    g_assert_cmpuint(pl_view_after(&view, (pl_addr){10, 5}), ==, 1);
    g_assert_cmpuint(pl_view_after(&view, (pl_addr){10, 6}), ==, 1);
    g_assert_cmpuint(pl_view_after(&view, (pl_addr){30, 5}), ==, 3);
    pl_view_clear(&view);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overlay/view/any-coming-and-going", test_any_coming_and_going);
    g_test_add_func("/overlay/view/bounds", test_bounds);
    g_test_add_func("/overlay/view/who-is-after", test_who_is_after);
    return g_test_run();
}
