/* What a replication leaves: exact lines, levels, and all files or none. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/record/recorder.h"

typedef struct bench {
    char *folder;
    sim_recorder *recorder;
} bench;

static bench bench_new(sim_record_level level)
{
    bench b = {.folder = g_dir_make_tmp("partyline-recorder-XXXXXX", NULL)};
    char *error = NULL;
    const sim_recorder_options options = {
        .directory = b.folder, .point = 2, .replication = 5, .level = level};
    b.recorder = sim_recorder_open(&options, &error);
    g_assert_no_error((GError *)NULL);
    g_assert_nonnull(b.recorder);
    return b;
}

static size_t names_in(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    size_t n = 0;
    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

static char *contents(const bench *b, const char *name)
{
    g_autofree char *path = g_build_filename(b->folder, name, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void bench_close(bench *b)
{
    char *error = NULL;
    g_assert_cmpint(sim_recorder_close(b->recorder, &error), ==, 0);
    b->recorder = NULL;
}

static void bench_free(bench *b)
{
    static const char *const names[] = {"series.csv", "calls.csv", "events.jsonl", "scalars.csv",
                                        "capture.pcapng"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(b->folder, names[i], NULL);
        unlink(path);
    }
    g_assert_cmpint(rmdir(b->folder), ==, 0);
    g_free(b->folder);
}

static const pl_event rung = {.id = PL_EVENT_LOGIN_RUNG, .value = {{.text = "udp"}, {.number = 7}}};
static const pl_event attached = {.id = PL_EVENT_LOGIN_ATTACHED, .value = {{.addr = {0x0A000102, 33033}}}};
static const pl_event logged_in = {
    .id = PL_EVENT_LOGGED_IN,
    .value = {{.text = "first"}, {.number = 4830000000}, {.number = 1}, {.number = 5}, {.number = 0}}};

static void record_three(sim_recorder *recorder)
{
    sim_record_event(recorder, "peer-1", &rung, 0);
    sim_record_event(recorder, "peer-1", &attached, 31200000);
    sim_record_event(recorder, "peer-\"2\"", &logged_in, 4830000000);
}

static void test_event_lines(void)
{
    bench b = bench_new(SIM_RECORD_PROTOCOL);
    record_three(b.recorder);
    bench_close(&b);
    g_autofree char *text = contents(&b, "events.jsonl");
    g_assert_cmpstr(
        text, ==,
        "{\"t\":0,\"host\":\"peer-1\",\"event\":\"login:rung\",\"rung\":\"udp\",\"entries\":7}\n"
        "{\"t\":31200000,\"host\":\"peer-1\",\"event\":\"login:attached\",\"to\":\"10.0.1.2:33033\"}\n"
        "{\"t\":4830000000,\"host\":\"peer-\\\"2\\\"\",\"event\":\"login:logged-in\",\"login\":\"first\","
        "\"time\":4830000000,\"attempts\":1,\"contacts\":5,\"contacts_tcp\":0}\n");
    bench_free(&b);
}

static void test_levels(void)
{
    bench calls = bench_new(SIM_RECORD_CALLS);
    record_three(calls.recorder);
    g_assert_false(sim_recorder_wants_packets(calls.recorder));
    bench_close(&calls);
    g_autofree char *text = contents(&calls, "events.jsonl");
    g_assert_nonnull(strstr(text, "login:logged-in"));
    g_assert_null(strstr(text, "login:rung"));
    bench_free(&calls);

    bench none = bench_new(SIM_RECORD_NONE);
    record_three(none.recorder);
    bench_close(&none);
    g_assert_cmpuint(names_in(none.folder), ==, 3);
    bench_free(&none);

    sim_record_level level;
    g_assert_true(sim_record_level_find("packets", &level));
    g_assert_cmpint(level, ==, SIM_RECORD_PACKETS);
    g_assert_false(sim_record_level_find("everything", &level));
}

static void test_packet_line(void)
{
    const net_packet packet = {.protocol = PL_PROTOCOL_TCP,
                               .tcp_flags = NET_TCP_SYN | NET_TCP_ACK,
                               .source = {0xC0A80002, 40000},
                               .destination = {0x05060708, 80},
                               .serial = 9};
    const net_sighting sighting = {
        .step = NET_STEP_DROPPED, .drop = NET_DROP_NO_MAPPING, .box = "nat home-3", .packet = &packet};
    const sim_packet_facts facts = {.sighting = &sighting, .from = "sn-1", .box_owner = "home-3"};
    bench b = bench_new(SIM_RECORD_PACKETS);
    g_assert_true(sim_recorder_wants_packets(b.recorder));
    sim_record_packet(b.recorder, &facts, 5);
    bench_close(&b);
    g_autofree char *text = contents(&b, "events.jsonl");
    g_assert_cmpstr(text, ==,
                    "{\"t\":5,\"host\":\"sn-1\",\"event\":\"net:packet\",\"step\":\"dropped\",\"serial\":9,"
                    "\"protocol\":\"tcp\",\"flags\":\"S.\",\"source\":\"192.168.0.2:40000\","
                    "\"destination\":\"5.6.7.8:80\",\"bytes\":40,\"payload\":0,\"box\":\"nat home-3\","
                    "\"owner\":\"home-3\",\"cause\":\"no-mapping\"}\n");
    bench_free(&b);
}

static void test_samples_and_scalars(void)
{
    const sim_sample sample = {"login.time", "login=first,nat=symmetric", 4830000000.0, "ns"};
    const sim_sample scalar = {"net.packets", NULL, 1234, "count"};
    bench b = bench_new(SIM_RECORD_CALLS);
    sim_record_sample(b.recorder, "peer-1", &sample, 4830000000);
    sim_record_scalar(b.recorder, &scalar);
    bench_close(&b);
    g_autofree char *series = contents(&b, "series.csv");
    g_autofree char *scalars = contents(&b, "scalars.csv");
    g_autofree char *calls = contents(&b, "calls.csv");
    g_assert_cmpstr(series, ==,
                    "t_ns,host,name,labels,value,unit\n"
                    "4830000000,peer-1,login.time,login=first;nat=symmetric,4830000000,ns\n");
    g_assert_cmpstr(scalars, ==, "point,replication,name,labels,value,unit\n2,5,net.packets,,1234,count\n");
    g_assert_true(g_str_has_prefix(calls, "t_ns,caller,callee,"));
    bench_free(&b);
}

static void test_unfinished_leaves_nothing(void)
{
    bench b = bench_new(SIM_RECORD_PROTOCOL);
    record_three(b.recorder);
    sim_recorder_discard(b.recorder);
    g_assert_cmpuint(names_in(b.folder), ==, 0);
    bench_free(&b);
}

/* One file of five cannot be written to its end: none of them stays. */
static void test_full_disk_leaves_no_file_of_the_replication(void)
{
    struct rlimit before, small;
    bench b = bench_new(SIM_RECORD_PROTOCOL);
    char *error = NULL;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 5000; i++)
        record_three(b.recorder);
    bool failed = sim_recorder_failed(b.recorder);
    int result = sim_recorder_close(b.recorder, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);

    g_assert_true(failed);
    g_assert_cmpint(result, ==, -1);
    g_assert_nonnull(strstr(error, "events.jsonl"));
    g_assert_cmpuint(names_in(b.folder), ==, 0);
    g_free(error);
    bench_free(&b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/recorder/event-lines", test_event_lines);
    g_test_add_func("/record/recorder/levels", test_levels);
    g_test_add_func("/record/recorder/packet-line", test_packet_line);
    g_test_add_func("/record/recorder/samples-and-scalars", test_samples_and_scalars);
    g_test_add_func("/record/recorder/unfinished-leaves-nothing", test_unfinished_leaves_nothing);
    g_test_add_func("/record/recorder/full-disk", test_full_disk_leaves_no_file_of_the_replication);
    return g_test_run();
}
