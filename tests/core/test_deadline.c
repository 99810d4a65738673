/* test_deadline.c - the heap of deadlines against a sorted list; order at one instant; setting while acting.
 */
#include <glib.h>

#include "core/deadline.h"

#define N 300

typedef struct bell {
    pl_deadline deadline;
    pl_deadlines *deadlines;
    GArray *rung; /* names, in the order in which they rang */
    int name;
    pl_time again_at; /* PL_NEVER: rings once */
    struct bell *silences;
} bell;

static void ring(void *machine, pl_time now)
{
    bell *b = machine;
    (void)now;
    g_array_append_val(b->rung, b->name);
    if (b->silences)
        pl_deadline_cancel(b->deadlines, &b->silences->deadline);
    if (b->again_at != PL_NEVER) {
        pl_time at = b->again_at;
        b->again_at = PL_NEVER;
        pl_deadline_set(b->deadlines, &b->deadline, at, ring, b);
    }
}

typedef struct fixture {
    pl_deadlines deadlines;
    GArray *rung;
    bell bells[N];
} fixture;

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    pl_deadlines_init(&f->deadlines);
    f->rung = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = 0; i < N; i++)
        f->bells[i] = (bell){.deadlines = &f->deadlines, .rung = f->rung, .name = i, .again_at = PL_NEVER};
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    pl_deadlines_clear(&f->deadlines);
    g_array_unref(f->rung);
}

static void set(fixture *f, int name, pl_time at)
{
    pl_deadline_set(&f->deadlines, &f->bells[name].deadline, at, ring, &f->bells[name]);
}

static void expect_rung(const fixture *f, const int *names, guint n)
{
    g_assert_cmpuint(f->rung->len, ==, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint(g_array_index(f->rung, int, i), ==, names[i]);
}

static void test_acts_at_its_instant_not_before(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 1000);
    pl_deadlines_run(&f->deadlines, 999);
    g_assert_cmpuint(f->rung->len, ==, 0);
    g_assert_cmpint(pl_deadlines_next(&f->deadlines), ==, 1000);
    pl_deadlines_run(&f->deadlines, 1000);
    expect_rung(f, (const int[]){0}, 1);
    g_assert_cmpint(pl_deadlines_next(&f->deadlines), ==, PL_NEVER);
    pl_deadlines_run(&f->deadlines, 5000);
    expect_rung(f, (const int[]){0}, 1);
}

static void test_one_instant_in_the_order_of_setting(fixture *f, gconstpointer data)
{
    (void)data;
    int expected[N];
    for (int i = 0; i < N; i++) {
        expected[i] = (i * 7) % N;
        set(f, expected[i], 5);
    }
    pl_deadlines_run(&f->deadlines, 5);
    /* 7 and 300 have no common divisor, so each was set once. */
    expect_rung(f, expected, N);
}

static void test_setting_anew_goes_to_the_end_of_its_instant(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    set(f, 1, 5);
    set(f, 0, 5);
    pl_deadlines_run(&f->deadlines, 5);
    expect_rung(f, (const int[]){1, 0}, 2);
}

static void test_set_inside_an_act_for_now_acts_in_the_same_run(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    set(f, 1, 5);
    f->bells[0].again_at = 5;
    pl_deadlines_run(&f->deadlines, 5);
    expect_rung(f, (const int[]){0, 1, 0}, 3);
}

static void test_set_inside_an_act_for_later_waits(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    f->bells[0].again_at = 7;
    pl_deadlines_run(&f->deadlines, 6);
    expect_rung(f, (const int[]){0}, 1);
    pl_deadlines_run(&f->deadlines, 7);
    expect_rung(f, (const int[]){0, 0}, 2);
}

static void test_an_act_may_cancel_one_of_its_instant(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    set(f, 1, 5);
    set(f, 2, 5);
    f->bells[0].silences = &f->bells[1];
    pl_deadlines_run(&f->deadlines, 5);
    expect_rung(f, (const int[]){0, 2}, 2);
}

static void test_never_clears_and_cancelling_twice_is_nothing(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    set(f, 0, PL_NEVER);
    g_assert_cmpint(pl_deadlines_next(&f->deadlines), ==, PL_NEVER);
    pl_deadline_cancel(&f->deadlines, &f->bells[0].deadline);
    pl_deadline_cancel(&f->deadlines, &f->bells[1].deadline);
    pl_deadlines_run(&f->deadlines, 100);
    g_assert_cmpuint(f->rung->len, ==, 0);
}

static void test_cleared_heap_leaves_entries_usable(fixture *f, gconstpointer data)
{
    (void)data;
    set(f, 0, 5);
    pl_deadlines_clear(&f->deadlines);
    pl_deadline_cancel(&f->deadlines, &f->bells[0].deadline);
    set(f, 0, 6);
    pl_deadlines_run(&f->deadlines, 6);
    expect_rung(f, (const int[]){0}, 1);
}

/* The model: who waits until when, and in which order it was set. */
typedef struct model {
    pl_time at[N];
    int order[N];
    int orders;
} model;

static int model_first(const model *m)
{
    int first = -1;
    for (int i = 0; i < N; i++)
        if (m->at[i] != PL_NEVER && (first < 0 || m->at[i] < m->at[first] ||
                                     (m->at[i] == m->at[first] && m->order[i] < m->order[first])))
            first = i;
    return first;
}

static void check_run(fixture *f, model *m, pl_time now)
{
    g_array_set_size(f->rung, 0);
    pl_deadlines_run(&f->deadlines, now);
    for (guint i = 0; i < f->rung->len; i++) {
        int first = model_first(m);
        g_assert_cmpint(g_array_index(f->rung, int, i), ==, first);
        m->at[first] = PL_NEVER;
    }
    int left = model_first(m);
    g_assert_cmpint(pl_deadlines_next(&f->deadlines), ==, left < 0 ? PL_NEVER : m->at[left]);
    g_assert_true(left < 0 || m->at[left] > now);
}

/* 20 000 random acts: set, move, cancel, run. */
static void test_agrees_with_a_sorted_list(fixture *f, gconstpointer data)
{
    (void)data;
    model m = {.orders = 0};
    pl_time now = 0;
    for (int i = 0; i < N; i++)
        m.at[i] = PL_NEVER;
    for (int step = 0; step < 20000; step++) {
        int name = g_test_rand_int_range(0, N);
        int what = g_test_rand_int_range(0, 10);
        if (what < 6) {
            m.at[name] = now + g_test_rand_int_range(0, 40);
            m.order[name] = m.orders++;
            set(f, name, m.at[name]);
        } else if (what < 8) {
            m.at[name] = PL_NEVER;
            pl_deadline_cancel(&f->deadlines, &f->bells[name].deadline);
        } else {
            now += g_test_rand_int_range(0, 4);
            check_run(f, &m, now);
        }
    }
    check_run(f, &m, now + 100);
}

#define ADD(name, test) g_test_add("/core/deadline/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("acts-at-its-instant-not-before", test_acts_at_its_instant_not_before);
    ADD("one-instant-in-the-order-of-setting", test_one_instant_in_the_order_of_setting);
    ADD("setting-anew-goes-to-the-end", test_setting_anew_goes_to_the_end_of_its_instant);
    ADD("set-inside-an-act-for-now", test_set_inside_an_act_for_now_acts_in_the_same_run);
    ADD("set-inside-an-act-for-later", test_set_inside_an_act_for_later_waits);
    ADD("an-act-may-cancel-one-of-its-instant", test_an_act_may_cancel_one_of_its_instant);
    ADD("never-clears", test_never_clears_and_cancelling_twice_is_nothing);
    ADD("cleared-heap-leaves-entries-usable", test_cleared_heap_leaves_entries_usable);
    ADD("agrees-with-a-sorted-list", test_agrees_with_a_sorted_list);
    return g_test_run();
}
