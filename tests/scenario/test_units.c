/* Quantities: exact, with units, or refused with a reason. */
#include <glib.h>

#include "sim/scenario/terms.h"

static pl_span time_of(const char *text)
{
    pl_span span = -1;
    sim_problem problem;
    return sim_units_time(text, &span, &problem) ? span : -1;
}

static void times_are_exact(void)
{
    g_assert_cmpint(time_of("1ns"), ==, 1);
    g_assert_cmpint(time_of("1us"), ==, 1000);
    g_assert_cmpint(time_of("0.001us"), ==, 1);
    g_assert_cmpint(time_of("2.5ms"), ==, 2500000);
    g_assert_cmpint(time_of("1.000000001s"), ==, 1000000001);
    g_assert_cmpint(time_of("0.1s"), ==, 100000000);
    g_assert_cmpint(time_of("47.7s"), ==, INT64_C(47700000000));
    g_assert_cmpint(time_of("1.5 min"), ==, 90 * PL_SECOND);
    g_assert_cmpint(time_of("2h"), ==, 7200 * PL_SECOND);
    g_assert_cmpint(time_of("7d"), ==, 7 * 86400 * PL_SECOND);
    g_assert_cmpint(time_of("0s"), ==, 0);
    g_assert_cmpint(time_of("1.50s"), ==, 1500000000);
}

static void what_is_no_time_is_refused(void)
{
    static const char *const bad[] = {
        "",    "s",     "600",    "0",     "-5s", "+5s",     "1:30",
        "010", "1.5ns", "1.2.3s", "5sec",  "5S",  "5 s ",    "1e3s",
        ".5s", "5.s",   "nan",    "0x10s", "½s",  "106752d", "9999999999999999999s"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("%s", bad[i]);
        g_assert_cmpint(time_of(bad[i]), ==, -1);
    }
}

static void rates_are_decimal(void)
{
    uint64_t rate = 0;
    sim_problem problem;
    g_assert_true(sim_units_rate("384kbit/s", &rate, &problem));
    g_assert_cmpuint(rate, ==, 384000);
    g_assert_true(sim_units_rate("1.5 Mbit/s", &rate, &problem));
    g_assert_cmpuint(rate, ==, 1500000);
    g_assert_false(sim_units_rate("150mz", &rate, &problem));
    g_assert_cmpstr(problem.message, ==, "not a rate");
    g_assert_cmpstr(problem.hint, ==, "unknown unit 'mz'; units are bit/s kbit/s Mbit/s Gbit/s");
    g_assert_false(sim_units_rate("128Kbit/s", &rate, &problem));
    g_assert_false(sim_units_rate("0.5bit/s", &rate, &problem));
    g_assert_false(sim_units_rate("0kbit/s", &rate, &problem));
    g_assert_cmpstr(problem.message, ==, "a rate of zero");
}

static void sizes_know_both_thousands(void)
{
    uint64_t size = 0;
    sim_problem problem;
    g_assert_true(sim_units_bytes("64KiB", &size, &problem));
    g_assert_cmpuint(size, ==, 65536);
    g_assert_true(sim_units_bytes("64kB", &size, &problem));
    g_assert_cmpuint(size, ==, 64000);
    g_assert_false(sim_units_bytes("64K", &size, &problem));
}

static void shares_and_counts(void)
{
    double share = -1;
    int64_t count = -1;
    sim_problem problem;
    g_assert_true(sim_units_share("2.5%", &share, &problem));
    g_assert_cmpfloat(share, ==, 0.025);
    g_assert_true(sim_units_share("100%", &share, &problem));
    g_assert_false(sim_units_share("100.1%", &share, &problem));
    g_assert_cmpstr(problem.message, ==, "a share above 100%");
    g_assert_false(sim_units_share("0.5", &share, &problem));
    g_assert_cmpstr(problem.hint, ==, "a share needs a percent sign, e.g. 25%");
    g_assert_true(sim_units_count("500", &count, &problem));
    g_assert_cmpint(count, ==, 500);
    g_assert_false(sim_units_count("010", &count, &problem));
    g_assert_cmpstr(problem.hint, ==, "leave out the leading zero");
    g_assert_false(sim_units_count("1.5", &count, &problem));
    g_assert_false(sim_units_count("-1", &count, &problem));
    g_assert_false(sim_units_count("9999999999999999999", &count, &problem));
}

static void dates_are_utc(void)
{
    int64_t date = 0;
    sim_problem problem;
    g_assert_true(sim_units_date("2004-09-15", &date, &problem));
    g_assert_cmpint(date, ==, 1095206400);
    g_assert_true(sim_units_date("2004-09-15T12:00:00Z", &date, &problem));
    g_assert_cmpint(date, ==, 1095206400 + 43200);
    g_assert_false(sim_units_date("15.9.2004", &date, &problem));
    g_assert_false(sim_units_date("2004-13-01", &date, &problem));
}

static void a_span_is_written_as_it_would_be_read(void)
{
    static const pl_span spans[] = {0,
                                    1,
                                    1500,
                                    47700000000,
                                    1500000000,
                                    90000000000,
                                    3600 * PL_SECOND,
                                    21 * PL_SECOND,
                                    250 * PL_MILLISECOND,
                                    1000000001,
                                    30 * 86400 * PL_SECOND};
    char text[48];
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        g_assert_cmpint(time_of(sim_units_time_text(spans[i], text, sizeof text)), ==, spans[i]);
    g_assert_cmpstr(sim_units_time_text(47700000000, text, sizeof text), ==, "47.7s");
    g_assert_cmpstr(sim_units_time_text(21 * PL_SECOND, text, sizeof text), ==, "21s");
}

static void delays_have_a_mean_and_a_deviation(void)
{
    sim_delay delay;
    sim_problem problem;
    g_assert_true(sim_terms_delay("25ms ± 6ms", &delay, &problem));
    g_assert_cmpint(delay.mean_ns, ==, 25 * PL_MILLISECOND);
    g_assert_cmpint(delay.deviation_ns, ==, 6 * PL_MILLISECOND);
    g_assert_true(sim_terms_delay("25ms+-6ms", &delay, &problem));
    g_assert_cmpint(delay.deviation_ns, ==, 6 * PL_MILLISECOND);
    g_assert_false(sim_terms_delay("25ms ± 6", &delay, &problem));
    g_assert_cmpstr(problem.hint, ==, "a number needs a unit, e.g. 6s");
}

static void gilbert_keeps_its_mean_loss(void)
{
    net_loss_options loss;
    sim_problem problem;
    g_assert_true(sim_terms_loss("gilbert(p=1%, burst=4)", &loss, &problem));
    g_assert_cmpint(loss.kind, ==, NET_LOSS_GILBERT_ELLIOTT);
    g_assert_cmpfloat(loss.recovery, ==, 0.25);
    g_assert_cmpfloat_with_epsilon(loss.probability / (loss.probability + loss.recovery), 0.01, 1e-12);
    g_assert_cmpfloat(loss.loss_bad, ==, 1);
    g_assert_true(sim_terms_loss("gilbert-elliott(p=2%, r=25%, good=1%, bad=50%)", &loss, &problem));
    g_assert_cmpfloat(loss.probability, ==, 0.02);
    g_assert_cmpfloat(loss.loss_bad, ==, 0.5);
    g_assert_true(sim_terms_loss("none", &loss, &problem));
    g_assert_cmpint(loss.kind, ==, NET_LOSS_NONE);
    g_assert_false(sim_terms_loss("gilbert(p=1%)", &loss, &problem));
    g_assert_false(sim_terms_loss("gilbert(p=90%, burst=1)", &loss, &problem));
    g_assert_cmpstr(problem.message, ==, "this loss cannot come in such short bursts");
    g_assert_false(sim_terms_loss("0", &loss, &problem));
    g_assert_false(sim_terms_loss("gilbert(p=1%, burst=4) x", &loss, &problem));
}

static void queues_latencies_and_arrivals(void)
{
    sim_queue_bound queue;
    net_latency_options latency;
    sim_arrival arrival;
    sim_problem problem;
    char storage[64];
    g_assert_true(sim_terms_queue("60ms", &queue, &problem) && queue.time_ns == 60 * PL_MILLISECOND);
    g_assert_true(sim_terms_queue("32KiB", &queue, &problem) && queue.bytes == 32768);
    g_assert_true(sim_terms_queue("unlimited", &queue, &problem) && queue.bytes == 0 && queue.time_ns == 0);
    g_assert_false(sim_terms_queue("0ms", &queue, &problem));
    g_assert_true(sim_terms_latency("constant(10ms)", storage, &latency, &problem));
    g_assert_cmpint(latency.constant_ns, ==, 10 * PL_MILLISECOND);
    g_assert_true(
        sim_terms_latency("coordinates(scale=60ms, floor=5ms, noise=0.2)", storage, &latency, &problem));
    g_assert_cmpstr(latency.policy, ==, "coordinates");
    g_assert_cmpfloat(latency.noise, ==, 0.2);
    g_assert_true(sim_terms_latency("matrix(king.txt)", storage, &latency, &problem));
    g_assert_cmpstr(latency.file, ==, "king.txt");
    g_assert_false(sim_terms_latency("constant(10)", storage, &latency, &problem));
    g_assert_false(sim_terms_latency("constant", storage, &latency, &problem));
    g_assert_true(sim_terms_arrival("within 60s after 10s", &arrival, &problem));
    g_assert_cmpint(arrival.kind, ==, SIM_ARRIVE_WITHIN);
    g_assert_cmpint(arrival.start_ns, ==, 10 * PL_SECOND);
    g_assert_cmpint(arrival.span_ns, ==, 60 * PL_SECOND);
    g_assert_true(sim_terms_arrival("exp(mean=30ms)", &arrival, &problem));
    g_assert_cmpint(arrival.kind, ==, SIM_ARRIVE_EXPONENTIAL);
    g_assert_false(sim_terms_arrival("60s", &arrival, &problem));
    g_assert_false(sim_terms_arrival("at 10s after 5s", &arrival, &problem));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/units/times-are-exact", times_are_exact);
    g_test_add_func("/units/what-is-no-time-is-refused", what_is_no_time_is_refused);
    g_test_add_func("/units/rates-are-decimal", rates_are_decimal);
    g_test_add_func("/units/sizes-know-both-thousands", sizes_know_both_thousands);
    g_test_add_func("/units/shares-and-counts", shares_and_counts);
    g_test_add_func("/units/dates-are-utc", dates_are_utc);
    g_test_add_func("/units/a-span-is-written-as-it-would-be-read", a_span_is_written_as_it_would_be_read);
    g_test_add_func("/units/delays-have-a-mean-and-a-deviation", delays_have_a_mean_and_a_deviation);
    g_test_add_func("/units/gilbert-keeps-its-mean-loss", gilbert_keeps_its_mean_loss);
    g_test_add_func("/units/queues-latencies-and-arrivals", queues_latencies_and_arrivals);
    return g_test_run();
}
