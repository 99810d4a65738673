/* test_ladder.c - every timer of the login ladder: nothing at deadline − 1 ns, the act at the deadline. */
#include <glib.h>
#include <string.h>

#include "core/node.h"
#include "core/wire/message.h"
#include "tests/support/fake_port.h"

#define N_BOOTSTRAP 7
static const uint16_t web_ports[] = {80, 443};

typedef struct fixture {
    fake_port *fake;
    pl_config config;
    pl_addr bootstrap[N_BOOTSTRAP];
    pl_network network;
    pl_node *node;
    pl_id socket;
} fixture;

static void start(fixture *f, size_t n_bootstrap)
{
    pl_config_init(&f->config);
    for (uint32_t i = 0; i < N_BOOTSTRAP; i++)
        f->bootstrap[i] = (pl_addr){0x42000001 + i, 33033};
    f->network = (pl_network){
        .bootstrap = f->bootstrap, .n_bootstrap = n_bootstrap, .web_ports = web_ports, .n_web_ports = 2};
    f->node = pl_node_new(&(pl_node_options){.port = fake_port_of(f->fake),
                                             .config = &f->config,
                                             .suite = &pl_suite_sized,
                                             .network = &f->network,
                                             .discovery = PL_NODE_DISCOVERY_OFF});
    pl_node_start(f->node, 0);
    f->socket = fake_port_nth_id(f->fake, 0);
    fake_port_skip(f->fake);
}

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    f->fake = fake_port_new();
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    pl_node_free(f->node);
    fake_port_free(f->fake);
}

static void log_in(fixture *f, pl_time now)
{
    g_assert_cmpint(pl_node_log_in(f->node, "alice", "secret", now), ==, 0);
}

static void tick(fixture *f, pl_time now)
{
    pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_TICK}, now);
}

static void close_stream(fixture *f, pl_id stream, pl_cause cause, pl_time now)
{
    fake_port_drop(f->fake, stream);
    pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_CLOSED, .id = stream, .cause = cause}, now);
}

/* Takes n opens to the given port number; returns their streams. */
static void take_opens(fixture *f, size_t n, uint16_t port, pl_id *ret_streams)
{
    for (size_t i = 0; i < n; i++) {
        const fake_ask *ask = fake_port_take_kind(f->fake, FAKE_OPEN);
        g_assert_nonnull(ask);
        g_assert_cmpuint(ask->to.port, ==, port);
        ret_streams[i] = ask->id;
    }
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
}

static void refuse_rung(fixture *f, size_t n, uint16_t port, pl_time now)
{
    pl_id streams[32];
    take_opens(f, n, port, streams);
    for (size_t i = 0; i < n; i++)
        close_stream(f, streams[i], PL_CAUSE_REFUSED, now);
}

static void silence_rung(fixture *f, size_t n, uint16_t port, pl_time *now)
{
    pl_id streams[32];
    take_opens(f, n, port, streams);
    tick(f, *now + 21 * PL_SECOND - 1);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_ABORT), ==, 0);
    *now += 21 * PL_SECOND;
    tick(f, *now);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_ABORT), ==, n);
    while (fake_port_take_kind(f->fake, FAKE_ABORT))
        ;
}

static uint64_t take_probes(fixture *f, size_t n)
{
    uint64_t transaction = 0;
    for (size_t i = 0; i < n; i++) {
        const fake_ask *ask = fake_port_take_kind(f->fake, FAKE_SEND);
        g_assert_nonnull(ask);
        pl_message message = {0};
        g_assert_cmpint(pl_message_read(&message, PL_CARRIER_DATAGRAM, ask->data, ask->len), ==, 0);
        g_assert_cmpint((int)message.id, ==, PL_MESSAGE_PROBE);
        transaction = message.transaction;
    }
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, 0);
    return transaction;
}

static void answer_probe(fixture *f, pl_addr from, uint64_t transaction, pl_time now)
{
    uint8_t bytes[PL_PROBE_BYTES];
    size_t len = pl_message_write(
        &(pl_message){.id = PL_MESSAGE_PROBE_ANSWER, .transaction = transaction, .status = PL_PROBE_WELCOME},
        bytes, sizeof bytes);
    pl_node_input(f->node,
                  &(pl_input){
                      .kind = PL_INPUT_DATAGRAM, .id = f->socket, .from = from, .data = bytes, .len = len},
                  now);
}

static void test_first_login_asks_the_bootstrap_list(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    take_probes(f, 7);
    g_assert_cmpstr(fake_port_last_event(f->fake, PL_EVENT_LOGIN_STARTED)->value[0].text, ==, "first");
}

static void test_fewer_than_four_entries_are_all_asked(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, 3);
    log_in(f, 0);
    take_probes(f, 3);
}

static void test_udp_wait_is_five_seconds(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    tick(f, 5 * PL_SECOND - 1);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    tick(f, 5 * PL_SECOND);
    pl_id streams[7];
    take_opens(f, 7, 33033, streams);
}

static void test_an_icmp_refusal_does_not_shorten_the_wait(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    for (size_t i = 0; i < 7; i++)
        pl_node_input(
            f->node,
            &(pl_input){.kind = PL_INPUT_ICMP,
                        .id = f->socket,
                        .icmp = {.type = 3, .code = 3, .protocol = 17, .destination = f->bootstrap[i]}},
            PL_SECOND);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    g_assert_cmpint(pl_node_deadline(f->node), ==, 5 * PL_SECOND);
}

/* Every rung refused at once: 5 × 5 s + 4 × 6 s = 49 s (BS-55). */
static void test_refused_everywhere_fails_after_49_s(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    pl_time now = 0;
    for (int attempt = 1; attempt <= 5; attempt++) {
        take_probes(f, 7);
        now += 5 * PL_SECOND;
        tick(f, now);
        refuse_rung(f, 7, 33033, now);
        refuse_rung(f, 7, 80, now);
        refuse_rung(f, 7, 443, now);
        if (attempt == 5)
            break;
        tick(f, now + 6 * PL_SECOND - 1);
        g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, 0);
        now += 6 * PL_SECOND;
        tick(f, now);
    }
    const pl_event *failed = fake_port_last_event(f->fake, PL_EVENT_LOGIN_FAILED);
    g_assert_nonnull(failed);
    g_assert_cmpint(failed->value[1].number, ==, 49 * PL_SECOND);
    g_assert_cmpint(failed->value[2].number, ==, 5);
    g_assert_cmpint(failed->value[3].number, ==, 7);  /* distinct by UDP */
    g_assert_cmpint(failed->value[4].number, ==, 21); /* distinct by TCP: three ports of each */
    g_assert_cmpstr(failed->value[5].text, ==, "refused");
    g_assert_cmpint(pl_node_deadline(f->node), ==, PL_NEVER);
    g_assert_cmpint((int)pl_node_login_state(f->node), ==, PL_LOGIN_IDLE);
}

/* Silence everywhere: 49 s + 15 × 21 s = 364 s (BS-56). */
static void test_silence_everywhere_fails_after_364_s(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    pl_time now = 0;
    for (int attempt = 1; attempt <= 5; attempt++) {
        take_probes(f, 7);
        now += 5 * PL_SECOND;
        tick(f, now);
        silence_rung(f, 7, 33033, &now);
        silence_rung(f, 7, 80, &now);
        silence_rung(f, 7, 443, &now);
        if (attempt < 5)
            tick(f, now += 6 * PL_SECOND);
    }
    const pl_event *failed = fake_port_last_event(f->fake, PL_EVENT_LOGIN_FAILED);
    g_assert_nonnull(failed);
    g_assert_cmpint(failed->value[1].number, ==, 364 * PL_SECOND);
    g_assert_cmpstr(failed->value[5].text, ==, "timeout");
}

static void test_the_first_udp_answer_ends_the_rung(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    uint64_t transaction = take_probes(f, 7);
    answer_probe(f, f->bootstrap[3], transaction, PL_SECOND);
    pl_id stream;
    take_opens(f, 1, 33033, &stream);
    answer_probe(f, f->bootstrap[4], transaction, PL_SECOND + 1); /* late, and no matter */
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_REFUSED_INPUT), ==, 0);
    /* That supernode alone fails, so the TCP rungs follow, from the first. */
    close_stream(f, stream, PL_CAUSE_REFUSED, 2 * PL_SECOND);
    refuse_rung(f, 7, 33033, 2 * PL_SECOND);
    refuse_rung(f, 7, 80, 2 * PL_SECOND);
    refuse_rung(f, 7, 443, 2 * PL_SECOND);
    g_assert_cmpint((int)pl_node_login_state(f->node), ==, PL_LOGIN_PAUSING);
}

static void test_strangers_answers_are_refused(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    uint64_t transaction = take_probes(f, 7);
    answer_probe(f, (pl_addr){0x01020304, 33033}, transaction, 1);
    answer_probe(f, f->bootstrap[0], transaction + 1, 2);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_REFUSED_INPUT), ==, 2);
}

static void test_the_first_open_aborts_the_rest(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    pl_time now = 5 * PL_SECOND;
    tick(f, now);
    pl_id streams[7];
    take_opens(f, 7, 33033, streams);
    now += PL_SECOND;
    pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_OPENED, .id = streams[2]}, now);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_ABORT), ==, 6);
    g_assert_true(fake_port_is_open(f->fake, streams[2]));
    size_t len;
    fake_port_written(f->fake, streams[2], &len);
    g_assert_cmpuint(len, >, 32); /* the first handshake message */
    /* The supernode is open but says nothing: the answer timeout runs from the open. */
    tick(f, now + 10 * PL_SECOND - 1);
    g_assert_true(fake_port_is_open(f->fake, streams[2]));
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    tick(f, now + 10 * PL_SECOND);
    g_assert_false(fake_port_is_open(f->fake, streams[2]));
    take_opens(f, 6, 80, streams); /* the silent one is left out */
}

static void put_cache(fixture *f, uint32_t n)
{
    uint8_t bytes[200 * 10];
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t entry[10] = {70, 0, 0, (uint8_t)(i + 1), 33033 >> 8, 33033 & 255, 0, 0, 1, 0};
        memcpy(bytes + 10 * i, entry, 10);
    }
    fake_port_put(f->fake, "cache", bytes, n * 10);
}

/* A later login: six waves of five entries, five seconds each, then TCP to those thirty. */
static void test_a_later_login_asks_in_waves(fixture *f, gconstpointer data)
{
    (void)data;
    put_cache(f, 100);
    start(f, N_BOOTSTRAP);
    g_assert_cmpuint(pl_node_cache_entries(f->node), ==, 100);
    log_in(f, 0);
    g_assert_cmpstr(fake_port_last_event(f->fake, PL_EVENT_LOGIN_STARTED)->value[0].text, ==, "later");
    for (pl_time wave = 0; wave < 6; wave++) {
        take_probes(f, 5);
        tick(f, (wave + 1) * 5 * PL_SECOND - 1);
        g_assert_cmpuint(fake_port_count(f->fake), ==, 0);
        tick(f, (wave + 1) * 5 * PL_SECOND);
    }
    pl_id streams[30];
    take_opens(f, 30, 33033, streams);
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_LOGIN_WAVE), ==, 6);
}

static void test_an_earlier_waves_answer_still_counts(fixture *f, gconstpointer data)
{
    (void)data;
    put_cache(f, 100);
    start(f, N_BOOTSTRAP);
    log_in(f, 0);
    const fake_ask *ask = fake_port_take_kind(f->fake, FAKE_SEND);
    pl_addr first = ask->to;
    pl_message probe = {0};
    g_assert_cmpint(pl_message_read(&probe, PL_CARRIER_DATAGRAM, ask->data, ask->len), ==, 0);
    tick(f, 5 * PL_SECOND);
    answer_probe(f, first, probe.transaction, 5 * PL_SECOND + 1);
    pl_id stream;
    take_opens(f, 1, 33033, &stream);
}

static void test_a_damaged_cache_is_an_empty_one(fixture *f, gconstpointer data)
{
    (void)data;
    fake_port_put(f->fake, "cache", "\x01\x02\x03", 3);
    start(f, N_BOOTSTRAP);
    g_assert_cmpuint(pl_node_cache_entries(f->node), ==, 0);
}

static void test_acts_out_of_place_are_refused(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, N_BOOTSTRAP);
    g_assert_cmpint(pl_node_log_in(f->node, "", "x", 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_node_log_in(f->node, "two words", "x", 0), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_node_log_in(f->node, "a-name-that-is-longer-than-32-bytes", "x", 0), ==,
                    PL_ERR_MALFORMED);
    log_in(f, 0);
    g_assert_cmpint(pl_node_log_in(f->node, "alice", "secret", 1), ==, PL_ERR_UNEXPECTED);
    pl_node_log_out(f->node, 2);
    g_assert_cmpstr(fake_port_last_event(f->fake, PL_EVENT_LOGIN_FAILED)->value[5].text, ==, "cancelled");
    g_assert_cmpint(pl_node_deadline(f->node), ==, PL_NEVER);
    log_in(f, 3);
}

static void test_a_port_that_cannot_be_bound_is_reported(fixture *f, gconstpointer data)
{
    (void)data;
    static const uint16_t listening[] = {80, 443};
    pl_config_init(&f->config);
    fake_port_refuse_port(f->fake, 6, 80, PL_ERR_DENIED);
    f->network = (pl_network){.web_ports = web_ports, .n_web_ports = 2};
    f->node = pl_node_new(&(pl_node_options){.port = fake_port_of(f->fake),
                                             .config = &f->config,
                                             .suite = &pl_suite_sized,
                                             .network = &f->network,
                                             .web_ports = listening,
                                             .n_web_ports = 2});
    pl_node_start(f->node, 0);
    const pl_event *event = fake_port_last_event(f->fake, PL_EVENT_PORT_UNAVAILABLE);
    g_assert_nonnull(event);
    g_assert_cmpint(event->value[1].number, ==, 80);
    g_assert_cmpuint(fake_port_open_count(f->fake), ==, 3); /* UDP, TCP and 443 */
}

static void test_a_login_without_any_entry_fails_in_time(fixture *f, gconstpointer data)
{
    (void)data;
    start(f, 0);
    log_in(f, 0);
    pl_time now = 0;
    while (pl_node_deadline(f->node) != PL_NEVER)
        tick(f, now = pl_node_deadline(f->node));
    g_assert_cmpint(now, ==, 49 * PL_SECOND);
    g_assert_nonnull(fake_port_last_event(f->fake, PL_EVENT_LOGIN_FAILED));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/session/ladder/" name, fixture, NULL, set_up, function, tear_down)
    ADD("first-login-asks-the-bootstrap-list", test_first_login_asks_the_bootstrap_list);
    ADD("fewer-than-four-entries-are-all-asked", test_fewer_than_four_entries_are_all_asked);
    ADD("udp-wait-is-five-seconds", test_udp_wait_is_five_seconds);
    ADD("an-icmp-refusal-does-not-shorten-the-wait", test_an_icmp_refusal_does_not_shorten_the_wait);
    ADD("refused-everywhere-fails-after-49-s", test_refused_everywhere_fails_after_49_s);
    ADD("silence-everywhere-fails-after-364-s", test_silence_everywhere_fails_after_364_s);
    ADD("the-first-udp-answer-ends-the-rung", test_the_first_udp_answer_ends_the_rung);
    ADD("strangers-answers-are-refused", test_strangers_answers_are_refused);
    ADD("the-first-open-aborts-the-rest", test_the_first_open_aborts_the_rest);
    ADD("a-later-login-asks-in-waves", test_a_later_login_asks_in_waves);
    ADD("an-earlier-waves-answer-still-counts", test_an_earlier_waves_answer_still_counts);
    ADD("a-damaged-cache-is-an-empty-one", test_a_damaged_cache_is_an_empty_one);
    ADD("acts-out-of-place-are-refused", test_acts_out_of_place_are_refused);
    ADD("a-port-that-cannot-be-bound-is-reported", test_a_port_that_cannot_be_bound_is_reported);
    ADD("a-login-without-any-entry-fails-in-time", test_a_login_without_any_entry_fails_in_time);
    return g_test_run();
}
