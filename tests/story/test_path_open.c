/* test_path_open.c - an open path: it outlives silence, it is given up when the peer is gone, it does not pile up what
 * does not pass; and it is measured by echoes. */
#include <string.h>

#include "core/nat/path/echo.h"
#include "tests/support/pair_kinds.h"

static pair *open_pair(const pair_options *options, const char *class)
{
    pair *p = pair_new(options);
    pair_find(p);
    g_assert_cmpstr(pair_class(p), ==, class);
    return p;
}

static void say(pair_host *host, int expected)
{
    const uint8_t words[] = "\x80 are you there, or are you not?";
    g_assert_cmpint(pl_path_send(host->path, words, sizeof words, pair_now(host->pair)), ==, expected);
    pair_arm(host);
}

/* What goes through a box between two instants. */
typedef struct census {
    size_t indications, checks, others;
    pl_time last, longest_gap;
    bool cut;
} census;

static bool count(void *ctx, pair_host *from, const net_packet *packet, pl_time now)
{
    census *c = ctx;
    pair *p = from->pair;
    if (c->cut)
        return false;
    if (from != p->caller)
        return true;
    const uint8_t *payload = packet->payload + (packet->protocol == PL_PROTOCOL_TCP ? 2 : 0);
    if (packet->payload_len < 20)
        return true;
    if (c->last && now - c->last > c->longest_gap)
        c->longest_gap = now - c->last;
    c->last = now;
    if (payload[0] == 0 && payload[1] == 0x11)
        c->indications++;
    else if (payload[0] == 0 && payload[1] == 0x01)
        c->checks++;
    else
        c->others++;
    return true;
}

static census watch(pair *p, pl_span span)
{
    census c = {0};
    p->filter = count;
    p->ctx = &c;
    pair_run(p, pair_now(p) + span);
    p->filter = NULL;
    return c;
}

/* --- silence --- */

/* Ten minutes without a word behind boxes that forget after 30 s: then both are heard at once. */
static void test_silence_is_outlived(void)
{
    static const char *const boxes[] = {"linux", "port-restricted", "symmetric-sequential", "corporate"};
    static const char *const classes[] = {"punched-udp", "punched-udp", "predicted-udp", "relayed-udp"};
    for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
        const pair_options options = {.caller = {.home = boxes[i]},
                                      .callee = {.home = boxes[i]},
                                      .choice = PL_PATH_UDP_ONLY,
                                      .seed = 1};
        pair *p = open_pair(&options, classes[i]);
        pair_run(p, pair_now(p) + 10 * PL_MINUTE);
        pair_expect_words_pass(p);
        pair_free(p);
    }
}

static void test_silence_is_outlived_over_tcp(void)
{
    const pair_options options = {
        .caller = {.home = "linux"}, .callee = {.home = "linux"}, .choice = PL_PATH_TCP_ONLY, .seed = 1};
    pair *p = open_pair(&options, "punched-tcp");
    const census c = watch(p, 10 * PL_MINUTE);
    g_assert_cmpuint(c.indications, >=, 39);
    pair_expect_words_pass(p);
    pair_free(p);
}

/* In silence an indication every 15 s, and no checks; with a measured lifetime two thirds of it, within bounds. */
static void test_keep_alives_adapt(void)
{
    static const struct {
        pl_span lifetime, interval;
    } rows[] = {{0, 15 * PL_SECOND},
                {30 * PL_SECOND, 20 * PL_SECOND},
                {12 * PL_SECOND, 8 * PL_SECOND},
                {3 * PL_SECOND, 5 * PL_SECOND},
                {300 * PL_SECOND, 25 * PL_SECOND}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const pair_options options = {.choice = PL_PATH_UDP_ONLY, .binding_lifetime = rows[i].lifetime, .seed = 1};
        pair *p = open_pair(&options, "direct-udp");
        const census c = watch(p, 10 * PL_MINUTE);
        g_assert_cmpuint(c.checks, ==, 0);
        g_assert_cmpint(c.longest_gap, ==, rows[i].interval);
        g_assert_cmpuint(c.indications, >=, (uint64_t)(10 * PL_MINUTE / rows[i].interval) - 1);
        pair_free(p);
    }
}

/* --- consent --- */

/* While one talks, a check every 5 s, give or take a fifth. */
static void test_consent_is_asked_for(void)
{
    const pair_options options = {.choice = PL_PATH_UDP_ONLY, .seed = 1};
    pair *p = open_pair(&options, "direct-udp");
    census c = {0};
    p->filter = count;
    p->ctx = &c;
    for (int i = 0; i < 3000; i++) {
        say(p->caller, 0);
        pair_run(p, pair_now(p) + 20 * PL_MILLISECOND);
    }
    pair_run(p, pair_now(p) + 100 * PL_MILLISECOND);
    g_assert_cmpuint(c.checks, >=, 10);
    g_assert_cmpuint(c.checks, <=, 15);
    g_assert_cmpuint(c.others, ==, 3000);
    g_assert_false(p->caller->ended);
    g_assert_cmpuint(p->callee->n_received, ==, 3000);
    pair_free(p);
}

/* The peer vanishes: who talks gives up 30 s later.  Who is silent does not notice until he talks. */
static void test_consent_expires(void)
{
    const pair_options options = {.caller = {.home = "port-restricted"},
                                  .callee = {.home = "port-restricted"},
                                  .choice = PL_PATH_UDP_ONLY,
                                  .seed = 1};
    pair *p = open_pair(&options, "punched-udp");
    census c = {0};
    p->filter = count;
    p->ctx = &c;
    for (int i = 0; i < 500; i++) {
        say(p->caller, 0);
        pair_run(p, pair_now(p) + 20 * PL_MILLISECOND);
    }
    c.cut = true;
    pl_time cut_at = pair_now(p);
    while (!p->caller->ended && pair_now(p) < cut_at + PL_MINUTE) {
        say(p->caller, 0);
        pair_run(p, pair_now(p) + 20 * PL_MILLISECOND);
    }
    g_assert_cmpstr(p->caller->cause, ==, "consent-expired");
    g_assert_cmpint(p->caller->ended_at - cut_at, >=, 23 * PL_SECOND);
    g_assert_cmpint(p->caller->ended_at - cut_at, <=, 30 * PL_SECOND + PL_SECOND);
    g_assert_cmpuint(pair_count(p->caller, PL_EVENT_PATH_LOST), ==, 1);
    pair_free(p);
}

/* --- the end --- */

static void test_who_leaves_says_so(void)
{
    const pl_path_choice choices[] = {PL_PATH_UDP_ONLY, PL_PATH_TCP_ONLY};
    for (size_t i = 0; i < 2; i++) {
        const pair_options options = {.choice = choices[i], .seed = 1};
        pair *p = open_pair(&options, i == 0 ? "direct-udp" : "direct-tcp");
        pl_path_free(p->caller->path, pair_now(p));
        p->caller->path = NULL;
        pair_run(p, pair_now(p) + PL_SECOND);
        g_assert_true(p->callee->ended);
        g_assert_cmpstr(p->callee->cause, ==, "closed-by-peer");
        pair_free(p);
    }
}

/* Whoever frees a path at any moment of its life leaves nothing behind: no deadline acts, no socket answers. */
static void test_a_path_may_be_freed_at_any_time(void)
{
    for (pl_span at = 0; at < 8 * PL_SECOND; at += 170 * PL_MILLISECOND) {
        for (size_t kind = 0; kind < 3; kind++) {
            const pair_options options = {.caller = pair_kinds[kind == 0 ? 3 : 5].place,
                                          .callee = pair_kinds[kind == 2 ? 7 : 3].place,
                                          .seed = 1};
            pair *p = pair_new(&options);
            pair_call(p);
            pair_run(p, at);
            pl_path_free(g_steal_pointer(&p->caller->path), pair_now(p));
            g_assert_cmpint(pl_deadlines_next(&p->caller->context.deadlines), ==, PL_NEVER);
            pair_run(p, at + 2 * PL_MINUTE);
            g_assert_true(p->callee->path == NULL);
            pair_free(p);
        }
    }
}

/* --- what does not pass --- */

static void test_payloads_are_told_from_checks(void)
{
    const pair_options options = {.seed = 1};
    pair *p = open_pair(&options, "direct-udp");
    uint8_t bytes[PL_PATH_PAYLOAD_MAX + 1] = {0};
    pl_time now = pair_now(p);
    g_assert_cmpint(pl_path_send(p->caller->path, bytes, 10, now), ==, PL_ERR_MALFORMED);
    bytes[0] = 0x3F;
    g_assert_cmpint(pl_path_send(p->caller->path, bytes, 10, now), ==, PL_ERR_MALFORMED);
    bytes[0] = 0x40;
    g_assert_cmpint(pl_path_send(p->caller->path, bytes, 0, now), ==, PL_ERR_MALFORMED);
    g_assert_cmpint(pl_path_send(p->caller->path, bytes, sizeof bytes, now), ==, PL_ERR_OVERSIZED);
    g_assert_cmpint(pl_path_send(p->caller->path, bytes, sizeof bytes - 1, now), ==, 0);
    pair_run(p, now + PL_SECOND);
    g_assert_cmpuint(p->callee->n_received, ==, 1);
    g_assert_cmpuint(p->callee->received->len, ==, PL_PATH_PAYLOAD_MAX);
    pair_free(p);
}

/* A stream that takes nothing more: what does not fit is dropped, and what was begun arrives whole. */
static void test_a_full_stream_drops(void)
{
    const pair_options options = {.choice = PL_PATH_TCP_ONLY, .seed = 1};
    pair *p = open_pair(&options, "direct-tcp");
    uint8_t bytes[1000];
    memset(bytes, 0xAA, sizeof bytes);
    size_t taken = 0, dropped = 0;
    for (int i = 0; i < 1000; i++) {
        int error = pl_path_send(p->caller->path, bytes, sizeof bytes, pair_now(p));
        g_assert_true(error == 0 || error == PL_ERR_AGAIN);
        taken += error == 0;
        dropped += error != 0;
    }
    pair_arm(p->caller);
    g_assert_cmpuint(dropped, >, 0);
    pair_run(p, pair_now(p) + 10 * PL_SECOND);
    g_assert_cmpuint(p->callee->n_received, ==, taken);
    g_assert_cmpuint(p->callee->received->len, ==, sizeof bytes);
    p->callee->n_received = 0;
    pair_expect_words_pass(p);
    pair_free(p);
}

/* --- echoes --- */

typedef struct echoes {
    pl_echo *echo;
    pl_echo_result results[PL_ECHO_PHASES_MAX];
    size_t n;
    pl_time at;
} echoes;

static void on_done(void *owner, const pl_echo_result *results, size_t n, pl_time now)
{
    echoes *e = owner;
    memcpy(e->results, results, n * sizeof results[0]);
    e->n = n;
    e->at = now;
    pl_echo_free(g_steal_pointer(&e->echo));
}

static void take_answer(pair_host *host, const uint8_t *data, size_t len, pl_time now)
{
    echoes *e = host->payload_ctx;
    if (e->echo)
        g_assert_cmpint(pl_echo_input(e->echo, data, len, now), ==, 0);
}

static void return_it(pair_host *host, const uint8_t *data, size_t len, pl_time now)
{
    g_assert_true(pl_echo_return(host->path, data, len, now));
}

static void test_echoes_measure_a_path(void)
{
    static const pl_echo_phase phases[] = {{50, 10 * PL_SECOND}, {0, 2 * PL_MINUTE}, {10, 5 * PL_SECOND}};
    static const struct {
        pair_options options;
        const char *class;
        pl_span rtt;
    } rows[] = {
        {{.caller = {.home = "linux"}, .callee = {.home = "linux"}, .seed = 1}, "punched-udp", 2 * PAIR_ONE_WAY},
        {{.caller = {.home = "linux"}, .choice = PL_PATH_TCP_ONLY, .seed = 1}, "direct-tcp", 2 * PAIR_ONE_WAY},
        {{.caller = {.home = "symmetric"}, .callee = {.home = "symmetric"}, .choice = PL_PATH_UDP_ONLY, .seed = 1},
         "relayed-udp", 4 * PAIR_ONE_WAY},
        {{.caller = {.firewall = "web-only"}, .callee = {.firewall = "web-only"}, .seed = 1},
         "relayed-tcp", 6 * PAIR_ONE_WAY},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        echoes e = {0};
        pair *p = open_pair(&rows[i].options, rows[i].class);
        pl_time from = pair_now(p);
        p->caller->payload = take_answer;
        p->caller->payload_ctx = &e;
        p->callee->payload = return_it;
        e.echo = pl_echo_new(&(pl_echo_options){.context = &p->caller->context,
                                                .path = p->caller->path,
                                                .phases = phases,
                                                .n_phases = G_N_ELEMENTS(phases),
                                                .done = on_done,
                                                .owner = &e},
                             from);
        pair_arm(p->caller);
        pair_run(p, from + 5 * PL_MINUTE);
        g_assert_cmpuint(e.n, ==, 3);
        g_assert_cmpint(e.at, ==, from + 135 * PL_SECOND + PL_ECHO_GRACE);
        g_assert_cmpuint(e.results[0].sent, ==, 500);
        g_assert_cmpuint(e.results[0].received, ==, 500);
        g_assert_cmpuint(e.results[1].sent, ==, 0);
        g_assert_cmpuint(e.results[2].sent, ==, 50);
        g_assert_cmpuint(e.results[2].received, ==, 50);
        g_assert_cmpint(e.results[0].rtt, ==, rows[i].rtt);
        g_assert_cmpuint(pair_count(p->caller, PL_EVENT_PATH_ECHO), ==, 3);
        pair_free(p);
    }
}

static void test_strange_echoes_are_refused(void)
{
    static const pl_echo_phase phase = {10, PL_SECOND};
    const pair_options options = {.seed = 1};
    echoes e = {0};
    pair *p = open_pair(&options, "direct-udp");
    uint8_t bytes[PL_ECHO_BYTES] = {0xE1};
    e.echo = pl_echo_new(&(pl_echo_options){.context = &p->caller->context,
                                            .path = p->caller->path,
                                            .phases = &phase,
                                            .n_phases = 1,
                                            .done = on_done,
                                            .owner = &e},
                         pair_now(p));
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes, pair_now(p)), ==, PL_ERR_UNEXPECTED); /* not asked */
    pair_arm(p->caller);
    pair_run(p, pair_now(p) + 50 * PL_MILLISECOND);
    pl_time now = pair_now(p);
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes, now), ==, 0);
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes, now), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes - 1, now), ==, PL_ERR_MALFORMED);
    bytes[66] = 1;
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes, now), ==, PL_ERR_MALFORMED);
    bytes[66] = 0;
    bytes[1] = 1; /* a phase that is none */
    g_assert_cmpint(pl_echo_input(e.echo, bytes, sizeof bytes, now), ==, PL_ERR_UNEXPECTED);
    g_assert_false(pl_echo_return(p->caller->path, bytes, sizeof bytes, now)); /* an answer is not returned */
    pl_echo_free(e.echo);
    pair_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/path/open/silence-is-outlived", test_silence_is_outlived);
    g_test_add_func("/story/path/open/silence-is-outlived-over-tcp", test_silence_is_outlived_over_tcp);
    g_test_add_func("/story/path/open/keep-alives-adapt", test_keep_alives_adapt);
    g_test_add_func("/story/path/open/consent-is-asked-for", test_consent_is_asked_for);
    g_test_add_func("/story/path/open/consent-expires", test_consent_expires);
    g_test_add_func("/story/path/open/who-leaves-says-so", test_who_leaves_says_so);
    g_test_add_func("/story/path/open/a-path-may-be-freed-at-any-time", test_a_path_may_be_freed_at_any_time);
    g_test_add_func("/story/path/open/payloads-are-told-from-checks", test_payloads_are_told_from_checks);
    g_test_add_func("/story/path/open/a-full-stream-drops", test_a_full_stream_drops);
    g_test_add_func("/story/path/open/echoes-measure-a-path", test_echoes_measure_a_path);
    g_test_add_func("/story/path/open/strange-echoes-are-refused", test_strange_echoes_are_refused);
    return g_test_run();
}
