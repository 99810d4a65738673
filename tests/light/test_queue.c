/* The light engine's event queue: order, stability, the far future, and a model to agree with. */
#include "sim/light/queue.h"

#include <glib.h>

static void never_called(void *ctx, void *arg, pl_time now)
{
    (void)ctx;
    (void)arg;
    (void)now;
    g_assert_not_reached();
}

static void push(sim_queue *queue, pl_time when, uintptr_t number)
{
    sim_queue_push(queue, when, never_called, NULL, (void *)number);
}

static void expect(sim_queue *queue, pl_time when, uintptr_t number)
{
    sim_event event;
    g_assert_true(sim_queue_pop(queue, PL_NEVER, &event));
    g_assert_cmpint(event.when, ==, when);
    g_assert_cmpuint((uintptr_t)event.arg, ==, number);
}

static void test_order(void)
{
    sim_queue *queue = sim_queue_new();
    const pl_time times[] = {5, 3, PL_HOUR, 0, 200000, 131072, 131071, 20 * PL_SECOND, 4};
    const uintptr_t order[] = {3, 1, 8, 0, 6, 5, 4, 7, 2};
    for (uintptr_t i = 0; i < G_N_ELEMENTS(times); i++)
        push(queue, times[i], i);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        expect(queue, times[order[i]], order[i]);
    sim_event event;
    g_assert_false(sim_queue_pop(queue, PL_NEVER, &event));
    sim_queue_free(queue);
}

static void test_until_is_excluded(void)
{
    sim_queue *queue = sim_queue_new();
    sim_event event;
    push(queue, 1000, 1);
    g_assert_false(sim_queue_pop(queue, 0, &event));
    g_assert_false(sim_queue_pop(queue, 1000, &event));
    push(queue, 999, 2);
    g_assert_true(sim_queue_pop(queue, 1000, &event));
    g_assert_cmpint(event.when, ==, 999);
    g_assert_true(sim_queue_pop(queue, 1001, &event));
    g_assert_cmpint(event.when, ==, 1000);
    g_assert_cmpuint(sim_queue_count(queue), ==, 0);
    sim_queue_free(queue);
}

/* One instant, reached by every road: beyond the wheel, in the wheel, and in the bucket at hand. */
static void test_equal_instants_on_every_road(void)
{
    sim_queue *queue = sim_queue_new();
    const pl_time when = 12 * PL_SECOND;
    push(queue, when, 1);
    push(queue, when, 2);
    push(queue, 5 * PL_SECOND, 100);
    expect(queue, 5 * PL_SECOND, 100);
    for (uintptr_t i = 3; i < 200; i++)
        push(queue, when, i);
    push(queue, when - 1, 500);
    expect(queue, when - 1, 500);
    for (uintptr_t i = 200; i < 300; i++)
        push(queue, when, i);
    for (uintptr_t i = 1; i < 300; i++)
        expect(queue, when, i);
    sim_queue_free(queue);
}

typedef struct model_event {
    pl_time when;
    uintptr_t number;
} model_event;

static gint model_compare(gconstpointer a, gconstpointer b, gpointer unused)
{
    (void)unused;
    const model_event *left = a, *right = b;
    if (left->when != right->when)
        return left->when < right->when ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

/* Delays of every size, many of them equal. */
static pl_span random_delay(void)
{
    static const pl_span scale[] = {1, 1000, 131072, PL_MILLISECOND, PL_SECOND, 9 * PL_SECOND, PL_HOUR};
    const pl_span unit = scale[g_test_rand_int_range(0, G_N_ELEMENTS(scale))];
    return unit * g_test_rand_int_range(0, 6);
}

static void test_agrees_with_a_sorted_list(void)
{
    sim_queue *queue = sim_queue_new();
    g_autoptr(GSequence) model = g_sequence_new(g_free);
    pl_time now = 0;
    uintptr_t number = 0;
    for (int step = 0; step < 60000; step++) {
        const bool filling = g_sequence_get_length(model) < 2000 && step < 50000;
        if (g_sequence_is_empty(model) || g_test_rand_int_range(0, 100) < (filling ? 60 : 40)) {
            model_event *added = g_new(model_event, 1);
            *added = (model_event){.when = now + random_delay(), .number = number++};
            push(queue, added->when, added->number);
            g_sequence_insert_sorted(model, added, model_compare, NULL);
        } else if (g_test_rand_int_range(0, 20) == 0) { /* time passes without an event */
            const model_event *first = g_sequence_get(g_sequence_get_begin_iter(model));
            sim_event event;
            g_assert_false(sim_queue_pop(queue, first->when, &event));
            now = first->when;
        } else {
            GSequenceIter *iter = g_sequence_get_begin_iter(model);
            const model_event *first = g_sequence_get(iter);
            now = first->when;
            expect(queue, first->when, first->number);
            g_sequence_remove(iter);
        }
        g_assert_cmpuint(sim_queue_count(queue), ==, (size_t)g_sequence_get_length(model));
    }
    sim_queue_free(queue);
}

/* The hold model: memory does not grow while as much leaves as comes. */
static void test_steady_state_does_not_allocate(void)
{
    sim_queue *queue = sim_queue_new();
    uint64_t x = 1;
    for (uintptr_t i = 0; i < 10000; i++)
        push(queue, (pl_time)(i * 100003 % 1000000000), i);
    size_t after_warming = 0;
    for (int i = 0; i < 1000000; i++) {
        sim_event event;
        g_assert_true(sim_queue_pop(queue, PL_NEVER, &event));
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        push(queue, event.when + (pl_span)(x >> 34), (uintptr_t)event.arg);
        if (i == 500000)
            after_warming = sim_queue_memory(queue);
    }
    g_assert_cmpuint(sim_queue_memory(queue), <=, after_warming + after_warming / 20);
    g_assert_cmpuint(sim_queue_count(queue), ==, 10000);
    sim_queue_free(queue);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/light/queue/order", test_order);
    g_test_add_func("/light/queue/until-is-excluded", test_until_is_excluded);
    g_test_add_func("/light/queue/equal-instants-on-every-road", test_equal_instants_on_every_road);
    g_test_add_func("/light/queue/agrees-with-a-sorted-list", test_agrees_with_a_sorted_list);
    g_test_add_func("/light/queue/steady-state-does-not-allocate", test_steady_state_does_not_allocate);
    return g_test_run();
}
