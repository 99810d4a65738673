/* The capture: bytes by hand, the fate of packets in comments, and what tshark reads of it. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/record/capture.h"
#include "sim/record/pcapng.h"

static const uint8_t hi[] = {'h', 'i'};

static const net_packet datagram = {.protocol = PL_PROTOCOL_UDP,
                                    .ttl = 64,
                                    .source = {0x0A000001, 1000},
                                    .destination = {0x0A000002, 2000},
                                    .payload_len = 2,
                                    .payload = hi,
                                    .serial = 1};

/* Each byte worked out by hand: IP sum 450000 1E 0001 0000 4011 0A000001 0A000002 → 66CC; UDP over its
 * pseudo-header → 77B6. */
static const uint8_t datagram_bytes[] = {0x45, 0x00, 0x00, 0x1E, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11,
                                         0x66, 0xCC, 0x0A, 0x00, 0x00, 0x01, 0x0A, 0x00, 0x00, 0x02,
                                         0x03, 0xE8, 0x07, 0xD0, 0x00, 0x0A, 0x77, 0xB6, 'h',  'i'};

static void assert_bytes(const void *got, size_t n_got, const void *wanted, size_t n_wanted)
{
    g_assert_cmpuint(n_got, ==, n_wanted);
    for (size_t i = 0; i < n_wanted; i++)
        if (((const uint8_t *)got)[i] != ((const uint8_t *)wanted)[i])
            g_error("byte %zu is %02x, should be %02x", i, ((const uint8_t *)got)[i],
                    ((const uint8_t *)wanted)[i]);
}

static void test_udp_frame(void)
{
    uint8_t frame[SIM_PCAPNG_FRAME_MAX];
    size_t len = sim_pcapng_frame(&datagram, frame);
    assert_bytes(frame, len, datagram_bytes, sizeof datagram_bytes);
}

/* Two fragments of "hello, world": the first has the header, which tells the length of the whole. */
static void test_fragments(void)
{
    uint8_t frame[SIM_PCAPNG_FRAME_MAX];
    net_packet part = datagram;
    part.payload = (const uint8_t *)"hello, world";
    part.payload_len = 8;
    part.whole_len = 12;
    part.identification = 0x1234;
    part.fragment = NET_FRAGMENT_MORE;
    g_assert_cmpuint(sim_pcapng_frame(&part, frame), ==, 20 + 8 + 8);
    static const uint8_t first[] = {0x12, 0x34, 0x20, 0x00};
    assert_bytes(frame + 4, sizeof first, first, sizeof first);
    static const uint8_t above[] = {0x03, 0xE8, 0x07, 0xD0, 0, 20, 0, 0, 'h', 'e', 'l', 'l', 'o', ',', ' ', 'w'};
    assert_bytes(frame + 20, sizeof above, above, sizeof above);
    part.payload += 8;
    part.payload_len = 4;
    part.fragment = 2;
    g_assert_cmpuint(sim_pcapng_frame(&part, frame), ==, 20 + 4);
    static const uint8_t second[] = {0x12, 0x34, 0x00, 0x02};
    assert_bytes(frame + 4, sizeof second, second, sizeof second);
    assert_bytes(frame + 20, 4, "orld", 4);
}

static void test_absurd_payloads_are_cut(void)
{
    g_autofree uint8_t *frame = g_malloc(SIM_PCAPNG_FRAME_MAX);
    net_packet packet = datagram;
    packet.payload = NULL;
    packet.payload_len = UINT32_MAX;
    g_assert_cmpuint(sim_pcapng_frame(&packet, frame), ==, SIM_PCAPNG_FRAME_MAX);
    packet.protocol = PL_PROTOCOL_TCP;
    packet.options_len = 255;
    g_assert_cmpuint(sim_pcapng_frame(&packet, frame), ==, SIM_PCAPNG_FRAME_MAX);
}

typedef struct scene {
    char *folder, *path;
    sim_capture *capture;
} scene;

static scene scene_new(void)
{
    static const char *const names[] = {"home-3", "sn-1"};
    const sim_recorder_options options = {.capture = names, .n_capture = 2, .epoch = 1095206400};
    scene s = {.folder = g_dir_make_tmp("partyline-pcapng-XXXXXX", NULL)};
    char *error = NULL;
    s.path = g_build_filename(s.folder, "capture.pcapng", NULL);
    s.capture = sim_capture_open(s.path, &options, &error);
    g_assert_nonnull(s.capture);
    return s;
}

static void scene_close(scene *s)
{
    char *error = NULL;
    g_assert_cmpint(sim_capture_finish(s->capture, &error), ==, 0);
    g_assert_cmpint(sim_capture_commit(s->capture, &error), ==, 0);
}

static void scene_free(scene *s)
{
    unlink(s->path);
    g_assert_cmpint(rmdir(s->folder), ==, 0);
    g_free(s->path);
    g_free(s->folder);
}

static void step(scene *s, net_sighting sighting, const char *from, const char *at, pl_time now)
{
    const sim_packet_facts facts = {.sighting = &sighting, .from = from, .at = at, .box_owner = NULL};
    sim_capture_packet(s->capture, &facts, now);
}

/* Section, two interfaces, one packet: nothing in them depends on machine or date. */
static void test_golden_file(void)
{
    static const uint8_t golden[] = {
        /* section header, 48 bytes: magic, 1.0, length unknown, application "partyline" */
        0x0A, 0x0D, 0x0D, 0x0A, 48, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 4, 0, 9, 0, 'p', 'a', 'r', 't', 'y', 'l', 'i', 'n', 'e', 0, 0, 0, 0, 0, 0, 0, 48, 0,
        0, 0,
        /* interface "home-3": link type 101, nanoseconds */
        1, 0, 0, 0, 44, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 2, 0, 6, 0, 'h', 'o', 'm', 'e', '-', '3', 0, 0, 9,
        0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0,
        /* interface "sn-1" */
        1, 0, 0, 0, 40, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0, 's', 'n', '-', '1', 9, 0, 1, 0, 9, 0,
        0, 0, 0, 0, 0, 0, 40, 0, 0, 0,
        /* packet of home-3, outgoing, at 1095206400 s + 5 ns = 0x0F32F46B_0BBC0005 ns */
        6, 0, 0, 0, 104, 0, 0, 0, 0, 0, 0, 0, 0x6B, 0xF4, 0x32, 0x0F, 0x05, 0x00, 0xBC, 0x0B, 30, 0, 0, 0, 30,
        0, 0, 0, 0x45, 0x00, 0x00, 0x1E, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x66, 0xCC, 0x0A, 0x00, 0x00,
        0x01, 0x0A, 0x00, 0x00, 0x02, 0x03, 0xE8, 0x07, 0xD0, 0x00, 0x0A, 0x77, 0xB6, 'h', 'i', 0, 0, 1, 0,
        24, 0, 'd', 'r', 'o', 'p', 'p', 'e', 'd', ' ', 'o', 'n', ' ', 't', 'h', 'e', ' ', 'w', 'a', 'y', ':',
        ' ', 'l', 'o', 's', 's', 2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 104, 0, 0, 0};
    scene s = scene_new();
    step(&s, (net_sighting){.step = NET_STEP_SENT, .packet = &datagram}, "home-3", NULL, 5);
    step(&s, (net_sighting){.step = NET_STEP_DROPPED, .drop = NET_DROP_LOSS, .packet = &datagram}, "home-3",
         NULL, 9);
    scene_close(&s);
    g_autofree char *bytes = NULL;
    gsize len;
    g_assert_true(g_file_get_contents(s.path, &bytes, &len, NULL));
    assert_bytes(bytes, len, golden, sizeof golden);
    scene_free(&s);
}

static const net_packet syn = {.protocol = PL_PROTOCOL_TCP,
                               .ttl = 63,
                               .tcp_flags = NET_TCP_SYN,
                               .window = 65535,
                               .options_len = 4,
                               .options = {2, 4, 5, 0xB4},
                               .source = {0x0A000001, 40000},
                               .destination = {0x05060708, 80},
                               .sequence = 77,
                               .serial = 2};
static const net_packet prohibited = {.protocol = PL_PROTOCOL_ICMP,
                                      .ttl = 64,
                                      .icmp_type = 3,
                                      .icmp_code = 13,
                                      .source = {0x05060708, 0},
                                      .destination = {0x0A000001, 0},
                                      .quote = {PL_PROTOCOL_TCP, {0x0A000001, 40000}, {0x05060708, 80}, 77},
                                      .serial = 3};

static void three_packets(scene *s)
{
    step(s, (net_sighting){.step = NET_STEP_SENT, .packet = &datagram}, "home-3", NULL, 1000000);
    step(s, (net_sighting){.step = NET_STEP_SENT, .packet = &syn}, "home-3", NULL, 2000000);
    step(s,
         (net_sighting){
             .step = NET_STEP_REJECTED, .drop = NET_DROP_FIREWALL_OUT, .box = "fw home-3", .packet = &syn},
         "home-3", NULL, 2000001);
    step(s, (net_sighting){.step = NET_STEP_DELIVERED, .packet = &prohibited}, NULL, "home-3", 3000000);
    step(s, (net_sighting){.step = NET_STEP_DELIVERED, .packet = &datagram}, "home-3", "sn-1", 32200000);
}

static char *tshark(const scene *s, const char *const *fields)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    char *output = NULL;
    int status = 0;
    const char *const head[] = {"tshark", "-n",
                                "-r",     s->path,
                                "-o",     "ip.check_checksum:TRUE",
                                "-o",     "udp.check_checksum:TRUE",
                                "-o",     "tcp.check_checksum:TRUE",
                                "-T",     "fields"};
    for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
        g_ptr_array_add(argv, (gpointer)head[i]);
    for (; *fields; fields++) {
        g_ptr_array_add(argv, (gpointer) "-e");
        g_ptr_array_add(argv, (gpointer)*fields);
    }
    g_ptr_array_add(argv, NULL);
    g_assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output, NULL,
                               &status, NULL));
    g_assert_cmpint(status, ==, 0);
    return output;
}

static void test_tshark_reads_it(void)
{
    static const char *const facts[] = {"frame.interface_name", "frame.time_epoch", "_ws.col.Protocol",
                                        "frame.comment", NULL};
    static const char *const sums[] = {"ip.checksum.status", "udp.checksum.status", "tcp.checksum.status",
                                       "icmp.checksum.status", NULL};
    g_autofree char *program = g_find_program_in_path("tshark");
    if (!program) {
        g_test_skip("tshark is not installed");
        return;
    }
    scene s = scene_new();
    three_packets(&s);
    scene_close(&s);
    g_autofree char *read = tshark(&s, facts);
    g_assert_cmpstr(read, ==,
                    "home-3\t1095206400.001000000\tUDP\tdelivered to sn-1 after 31.200 ms\n"
                    "home-3\t1095206400.002000000\tTCP\trefused by fw home-3: firewall-out\n"
                    "home-3\t1095206400.003000000\tICMP\tmade by a box on the way\n"
                    "sn-1\t1095206400.032200000\tUDP\tfrom home-3\n");
    g_autofree char *checked = tshark(&s, sums);
    /* 1 is "good"; the ICMP line shows the outer IP header first, then the quoted one */
    g_assert_cmpstr(checked, ==, "1\t1\t\t\n1\t\t1\t\n1,1\t\t\t1\n1\t1\t\t\n");
    scene_free(&s);
}

static void test_open_fates_are_told_at_the_end(void)
{
    scene s = scene_new();
    step(&s, (net_sighting){.step = NET_STEP_SENT, .packet = &datagram}, "home-3", NULL, 5);
    scene_close(&s);
    g_autofree char *bytes = NULL;
    gsize len;
    g_assert_true(g_file_get_contents(s.path, &bytes, &len, NULL));
    bool told = false;
    for (gsize i = 0; i + 10 < len; i++)
        told = told || memcmp(bytes + i, "on its way", 10) == 0;
    g_assert_true(told);
    scene_free(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/pcapng/udp-frame", test_udp_frame);
    g_test_add_func("/record/pcapng/fragments", test_fragments);
    g_test_add_func("/record/pcapng/absurd-payloads-are-cut", test_absurd_payloads_are_cut);
    g_test_add_func("/record/pcapng/golden-file", test_golden_file);
    g_test_add_func("/record/pcapng/tshark-reads-it", test_tshark_reads_it);
    g_test_add_func("/record/pcapng/open-fates", test_open_fates_are_told_at_the_end);
    return g_test_run();
}
