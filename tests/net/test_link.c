/* test_link.c - an access link against arithmetic: rate, bounds, delay, jitter, loss. */
#include <glib.h>
#include <math.h>

#include "sim/net/link.h"

static net_link_direction direction(const char *name)
{
    net_link_direction d = {0};
    net_random_init(&d.random, 1, 0, name, "link-up");
    return d;
}

/* Where a packet comes out; it must pass. */
static pl_time pass(net_link_direction *d, const net_link_options *options, uint64_t rate, uint32_t bytes,
                    pl_time now)
{
    pl_time out = -1;
    g_assert_cmpint(net_link_submit(d, options, rate, bytes, &out, now), ==, NET_LINK_PASSED);
    return out;
}

static void sending_1200_bytes_at_128_kbit_takes_75_ms(void)
{
    net_link_options options = {0};
    net_link_direction d = direction("a");
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 75 * PL_MILLISECOND);
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 150 * PL_MILLISECOND);
    g_assert_cmpint(pass(&d, &options, 128000, 1200, PL_SECOND), ==, PL_SECOND + 75 * PL_MILLISECOND);
    g_assert_cmpint(pass(&d, &options, 3, 1, 10 * PL_SECOND), ==, 10 * PL_SECOND + 2666666667); /* rounded up */
}

static void an_unlimited_link_takes_no_time(void)
{
    net_link_options options = {.queue_ns = 1, .queue_bytes = 1};
    net_link_direction d = direction("a");
    for (int i = 0; i < 1000; i++)
        g_assert_cmpint(pass(&d, &options, 0, 65535, 5), ==, 5);
}

static void delay_is_added_after_the_queue(void)
{
    net_link_options options = {.delay_ns = 20 * PL_MILLISECOND};
    net_link_direction d = direction("a");
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 95 * PL_MILLISECOND);
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 170 * PL_MILLISECOND);
}

/* The bound is on the wait: exactly the bound passes, one nanosecond more does not. */
static void a_wait_of_exactly_the_bound_passes(void)
{
    net_link_options options = {.queue_ns = 75 * PL_MILLISECOND};
    net_link_direction d = direction("a");
    pl_time out;
    pass(&d, &options, 128000, 1200, 0);
    pass(&d, &options, 128000, 1200, 0);
    g_assert_cmpint(net_link_submit(&d, &options, 128000, 1200, &out, 75 * PL_MILLISECOND - 1), ==,
                    NET_LINK_QUEUE_FULL);
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 75 * PL_MILLISECOND), ==, 225 * PL_MILLISECOND);
}

static void a_dropped_packet_uses_no_rate(void)
{
    net_link_options options = {.queue_ns = 1};
    net_link_direction d = direction("a");
    pl_time out;
    pass(&d, &options, 128000, 1200, 0);
    for (int i = 0; i < 5; i++)
        g_assert_cmpint(net_link_submit(&d, &options, 128000, 1200, &out, 1), ==, NET_LINK_QUEUE_FULL);
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 75 * PL_MILLISECOND), ==, 150 * PL_MILLISECOND);
}

static void the_bound_in_bytes_counts_what_is_not_yet_sent(void)
{
    net_link_options options = {.queue_bytes = 2400};
    net_link_direction d = direction("a");
    pl_time out;
    pass(&d, &options, 128000, 1200, 0);
    pass(&d, &options, 128000, 1200, 0); /* 1200 + 1200 = the bound */
    g_assert_cmpint(net_link_submit(&d, &options, 128000, 1, &out, 0), ==, NET_LINK_QUEUE_FULL);
    /* A byte takes 62.5 µs: just before it has left there is no room for another, then there is. */
    g_assert_cmpint(net_link_submit(&d, &options, 128000, 1, &out, 62499), ==, NET_LINK_QUEUE_FULL);
    pass(&d, &options, 128000, 1, 62500);
}

static void an_idle_link_takes_a_packet_above_its_bound(void)
{
    net_link_options options = {.queue_bytes = 100};
    net_link_direction d = direction("a");
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 75 * PL_MILLISECOND);
}

static void a_slow_full_link_does_not_overflow(void)
{
    net_link_options options = {.queue_bytes = UINT64_MAX / 2};
    net_link_direction d = direction("a");
    pl_time out = 0;
    for (int i = 0; i < 1000; i++)
        out = pass(&d, &options, 8, 65535, 0);
    g_assert_cmpint(out, ==, 65535000 * PL_SECOND);
}

static void jitter_keeps_the_order(void)
{
    net_link_options options = {.delay_ns = 10 * PL_MILLISECOND, .jitter_ns = 30 * PL_MILLISECOND};
    net_link_direction d = direction("a");
    pl_time last = 0;
    unsigned queued = 0;
    for (pl_time now = 0; now < 1000 * PL_MILLISECOND; now += PL_MILLISECOND) {
        pl_time out = pass(&d, &options, 0, 100, now);
        g_assert_cmpint(out, >=, now);
        g_assert_cmpint(out, >=, last);
        queued += out == last;
        last = out;
    }
    g_assert_cmpuint(queued, >, 100); /* the order had to be kept by force */
}

static void jitter_may_reorder_where_allowed(void)
{
    net_link_options options = {.delay_ns = 10 * PL_MILLISECOND,
                                .jitter_ns = 30 * PL_MILLISECOND,
                                .reorder = NET_REORDER_ALLOWED};
    net_link_direction d = direction("a");
    pl_time last = 0;
    unsigned overtook = 0;
    for (pl_time now = 0; now < 1000 * PL_MILLISECOND; now += PL_MILLISECOND) {
        pl_time out = pass(&d, &options, 0, 100, now);
        g_assert_cmpint(out, >=, now);
        overtook += out < last;
        last = out;
    }
    g_assert_cmpuint(overtook, >, 100);
}

/* Normal jitter of 10 ms about 100 ms: mean and standard deviation within five standard errors. */
static void jitter_is_normal_about_the_delay(void)
{
    enum { N = 200000 };
    net_link_options options = {.delay_ns = 100 * PL_MILLISECOND,
                                .jitter_ns = 10 * PL_MILLISECOND,
                                .reorder = NET_REORDER_ALLOWED};
    net_link_direction d = direction("a");
    double sum = 0.0, square = 0.0;
    for (int i = 0; i < N; i++) {
        double ms = (double)pass(&d, &options, 0, 100, 0) / 1e6 - 100.0;
        sum += ms;
        square += ms * ms;
    }
    g_assert_cmpfloat(fabs(sum / N), <, 5 * 10.0 / sqrt(N));
    g_assert_cmpfloat(fabs(sqrt(square / N) - 10.0), <, 5 * 10.0 / sqrt(2.0 * N));
}

static void jitter_is_cut_where_the_delay_would_be_negative(void)
{
    net_link_options options = {.delay_ns = 0, .jitter_ns = PL_MILLISECOND, .reorder = NET_REORDER_ALLOWED};
    net_link_direction d = direction("a");
    unsigned cut = 0;
    for (int i = 0; i < 10000; i++)
        cut += pass(&d, &options, 0, 100, 7) == 7;
    g_assert_cmpfloat(fabs(cut / 10000.0 - 0.5), <, 5 * 0.005);
}

static void independent_loss_has_its_share(void)
{
    enum { N = 1000000 };
    net_link_options options = {.loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 0.05}};
    net_link_direction d = direction("a");
    unsigned lost = 0, pairs = 0;
    bool before = false;
    for (int i = 0; i < N; i++) {
        pl_time out;
        bool now_lost = net_link_submit(&d, &options, 0, 100, &out, 0) == NET_LINK_LOST;
        lost += now_lost;
        pairs += now_lost && before;
        before = now_lost;
    }
    g_assert_cmpfloat(fabs(lost / (double)N - 0.05), <, 5 * 0.000218);
    g_assert_cmpfloat(fabs(pairs / (double)N - 0.0025), <, 5 * 0.00006); /* no memory: p² */
}

/* Closed form of Gilbert's model: loss p / (p + r), mean burst 1 / r, mean gap 1 / p. */
static void gilbert_loss_and_bursts_match_the_closed_form(void)
{
    enum { N = 2000000 };
    const double p = 0.01, r = 0.25;
    net_link_options options = {
        .loss = {.kind = NET_LOSS_GILBERT_ELLIOTT, .probability = p, .recovery = r, .loss_bad = 1.0}};
    net_link_direction d = direction("a");
    unsigned lost = 0, bursts = 0;
    bool before = false;
    for (int i = 0; i < N; i++) {
        pl_time out;
        bool now_lost = net_link_submit(&d, &options, 0, 100, &out, 0) == NET_LINK_LOST;
        lost += now_lost;
        bursts += now_lost && !before;
        before = now_lost;
    }
    g_assert_cmpfloat(fabs(lost / (double)N / (p / (p + r)) - 1.0), <, 0.05);
    g_assert_cmpfloat(fabs(lost / (double)bursts * r - 1.0), <, 0.05);
    g_assert_cmpfloat(fabs((N - lost) / (double)bursts * p - 1.0), <, 0.05);
}

/* Elliott's: loss = (r·loss_good + p·loss_bad) / (p + r). */
static void elliott_loss_matches_the_closed_form(void)
{
    enum { N = 2000000 };
    const double p = 0.02, r = 0.1, good = 0.01, bad = 0.5;
    net_link_options options = {.loss = {.kind = NET_LOSS_GILBERT_ELLIOTT,
                                         .probability = p,
                                         .recovery = r,
                                         .loss_good = good,
                                         .loss_bad = bad}};
    net_link_direction d = direction("a");
    unsigned lost = 0;
    for (int i = 0; i < N; i++) {
        pl_time out;
        lost += net_link_submit(&d, &options, 0, 100, &out, 0) == NET_LINK_LOST;
    }
    double expected = (r * good + p * bad) / (p + r);
    g_assert_cmpfloat(fabs(lost / (double)N / expected - 1.0), <, 0.05);
}

static void a_lost_packet_has_used_the_rate(void)
{
    net_link_options options = {.loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 1.0}};
    net_link_direction d = direction("a");
    pl_time out = -1;
    g_assert_cmpint(net_link_submit(&d, &options, 128000, 1200, &out, 0), ==, NET_LINK_LOST);
    g_assert_cmpint(out, ==, -1);
    options.loss.kind = NET_LOSS_NONE;
    g_assert_cmpint(pass(&d, &options, 128000, 1200, 0), ==, 150 * PL_MILLISECOND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/link/rate", sending_1200_bytes_at_128_kbit_takes_75_ms);
    g_test_add_func("/net/link/unlimited", an_unlimited_link_takes_no_time);
    g_test_add_func("/net/link/delay", delay_is_added_after_the_queue);
    g_test_add_func("/net/link/bound-in-time", a_wait_of_exactly_the_bound_passes);
    g_test_add_func("/net/link/drop-uses-no-rate", a_dropped_packet_uses_no_rate);
    g_test_add_func("/net/link/bound-in-bytes", the_bound_in_bytes_counts_what_is_not_yet_sent);
    g_test_add_func("/net/link/idle-takes-any", an_idle_link_takes_a_packet_above_its_bound);
    g_test_add_func("/net/link/no-overflow", a_slow_full_link_does_not_overflow);
    g_test_add_func("/net/link/fifo-under-jitter", jitter_keeps_the_order);
    g_test_add_func("/net/link/reorder", jitter_may_reorder_where_allowed);
    g_test_add_func("/net/link/jitter-is-normal", jitter_is_normal_about_the_delay);
    g_test_add_func("/net/link/jitter-is-cut", jitter_is_cut_where_the_delay_would_be_negative);
    g_test_add_func("/net/link/independent-loss", independent_loss_has_its_share);
    g_test_add_func("/net/link/gilbert", gilbert_loss_and_bursts_match_the_closed_form);
    g_test_add_func("/net/link/elliott", elliott_loss_matches_the_closed_form);
    g_test_add_func("/net/link/loss-uses-rate", a_lost_packet_has_used_the_rate);
    return g_test_run();
}
