/* test_wiretap.c - what somebody who hears every byte of a login learns: no name and no password.
 *
 * And both cipher suites, the real one and the sized one, send the same packets at the same instants. */
#include <string.h>

#include "tests/support/story_tap.h"

#define NAME     "alice-liddell"
#define PASSWORD "Cheshire/Cat 9"

/* What the sealed side of the search is worth is shown by a suite that seals nothing: only lengths are right.
 */
static void clear_seal(uint8_t *ret_sealed, const uint8_t key[PL_KEY_BYTES], uint64_t nonce,
                       const uint8_t *ad, size_t ad_len, const uint8_t *plain, size_t len)
{
    (void)key, (void)nonce, (void)ad, (void)ad_len;
    if (len)
        memmove(ret_sealed, plain, len);
    memset(ret_sealed + len, 0x5A, PL_TAG_BYTES);
}

static bool clear_open(uint8_t *ret_plain, const uint8_t key[PL_KEY_BYTES], uint64_t nonce, const uint8_t *ad,
                       size_t ad_len, const uint8_t *sealed, size_t len)
{
    (void)key, (void)nonce, (void)ad, (void)ad_len;
    if (len < PL_TAG_BYTES)
        return false;
    memmove(ret_plain, sealed, len - PL_TAG_BYTES);
    return true;
}

/*
 *   client ── supernodes (in pairs) ── login server      every byte of every flow is heard,
 *   other client with a wrong password                   from the supernodes' own logins on
 */
static story_tap *listen_to_logins(const pl_suite *suite)
{
    story *s = story_new(&(story_options){.suite = suite, .supernodes = 4, .pairing = STORY_IN_PAIRS});
    story_tap *tap = story_tap_new(s);
    story_account(s, NAME, PASSWORD);
    story_settle(s);
    story_host *alice = story_add_client(s, &(story_client_options){.nat = "port-restricted"});
    story_log_in(alice, NAME, PASSWORD);
    story_host *other = story_add_client(s, &(story_client_options){.nat = NULL});
    story_log_in(other, NAME, "Queen of Hearts");
    story_run(s, PL_MINUTE);
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGGED_IN), ==, 1);
    g_assert_cmpuint(story_count(alice, PL_EVENT_DISCOVERED), ==, 1);
    g_assert_cmpuint(story_count(other, PL_EVENT_LOGIN_FAILED), ==, 1);
    story_log_out(alice);
    story_log_in(alice, NAME, PASSWORD); /* a later login */
    story_run(s, 2 * PL_MINUTE);
    g_assert_cmpuint(story_count(alice, PL_EVENT_LOGGED_IN), ==, 2);
    return tap;
}

static void end(story_tap *tap)
{
    story *s = tap->s;
    story_tap_free(tap);
    story_free(s);
}

static void test_no_name_and_no_password_is_heard(void)
{
    story_tap *tap = listen_to_logins(&pl_suite_real);
    g_assert_cmpuint(tap->packets, >, 100);
    g_assert_cmpuint(story_tap_search(tap, NAME), ==, 0);
    g_assert_cmpuint(story_tap_search(tap, PASSWORD), ==, 0);
    g_assert_cmpuint(story_tap_search(tap, "Queen of Hearts"), ==, 0);
    for (size_t i = 0; i < tap->s->n_supernodes; i++) {
        g_assert_cmpuint(story_tap_search(tap, tap->s->accounts[i][0]), ==, 0);
        g_assert_cmpuint(story_tap_search(tap, tap->s->accounts[i][1]), ==, 0);
    }
    end(tap);
}

static void test_the_search_finds_them_where_nothing_is_sealed(void)
{
    pl_suite clear = pl_suite_sized;
    clear.seal = clear_seal;
    clear.open = clear_open;
    story_tap *tap = listen_to_logins(&clear);
    /* The name is in each login and grant, and in what is advertised; the password in each login only. */
    g_assert_cmpuint(story_tap_search(tap, NAME), >=, 6);
    g_assert_cmpuint(story_tap_search(tap, PASSWORD), ==, 2);
    g_assert_cmpuint(story_tap_search(tap, "Queen of Hearts"), ==, 1);
    for (size_t i = 0; i < tap->s->n_supernodes; i++) {
        g_assert_cmpuint(story_tap_search(tap, tap->s->accounts[i][0]), >=, 2);
        g_assert_cmpuint(story_tap_search(tap, tap->s->accounts[i][1]), ==, 1);
    }
    end(tap);
}

/* Every shape of the search, planted in a datagram of a stranger. */
static void test_the_search_knows_every_shape(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } shapes[] = {
        {"..alice-liddell..", 17},
        {"..ALICE-LIDDELL..", 17},
        {"a\0l\0i\0c\0e\0-\0l\0i\0d\0d\0e\0l\0l\0", 26},
        {"\0a\0l\0i\0c\0e\0-\0l\0i\0d\0d\0e\0l\0l", 26},
        {"616c6963652d6c696464656c6c", 26},
        {"616C6963652D6C696464656C6C", 26},
        {"YWxpY2UtbGlkZGVsbA==", 20},     /* at place 0 of 3 */
        {"eGFsaWNlLWxpZGRlbGw=", 20},     /* x before it */
        {"eHhhbGljZS1saWRkZWxseQ==", 24}, /* xx before it, y behind */
        {"lleddil-ecila", 13},
        {"c6c656464696c6d2563696c616", 26},
    };
    story *s = story_new(&(story_options){.supernodes = 1});
    story_host *stranger = story_add_stranger(s);
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        story_tap *tap = story_tap_new(s);
        pl_id socket;
        g_assert_cmpint(s->ops->udp_bind(s->engine, stranger->stack.host, 0, &socket), ==, 0);
        story_throw(stranger, socket, s->bootstrap[0], shapes[i].bytes, shapes[i].len);
        g_assert_cmpuint(story_tap_search(tap, NAME), ==, 1);
        g_assert_cmpuint(story_tap_search(tap, "mad-hatter"), ==, 0);
        story_tap_free(tap);
    }
    story_free(s);
}

/* --- the same schedule --- */

typedef struct line {
    pl_time at;
    net_step step;
    uint32_t from, to, bytes, sequence, ack;
    pl_addr source, destination;
    uint8_t protocol, flags;
} line;

static void note(void *ctx, const net_sighting *sighting, pl_time now)
{
    const net_packet *packet = sighting->packet;
    line l;
    memset(&l, 0, sizeof l);
    l.at = now;
    l.step = sighting->step;
    l.from = sighting->from;
    l.to = sighting->at;
    l.bytes = net_packet_bytes(packet);
    l.source = packet->source;
    l.destination = packet->destination;
    l.protocol = packet->protocol;
    if (packet->protocol == PL_PROTOCOL_TCP) { /* of the others these fields are not written */
        l.sequence = packet->sequence;
        l.ack = packet->ack;
        l.flags = packet->tcp_flags;
    }
    g_array_append_val((GArray *)ctx, l);
}

static void expect_equal_lines(const line *a, const line *b)
{
    g_assert_cmpint(a->at, ==, b->at);
    g_assert_cmpint((int)a->step, ==, (int)b->step);
    g_assert_cmpuint(a->from, ==, b->from);
    g_assert_cmpuint(a->to, ==, b->to);
    g_assert_cmpuint(a->bytes, ==, b->bytes);
    g_assert_cmpuint(a->sequence, ==, b->sequence);
    g_assert_cmpuint(a->ack, ==, b->ack);
    g_assert_true(pl_addr_equal(a->source, b->source) && pl_addr_equal(a->destination, b->destination));
    g_assert_cmpuint(a->protocol, ==, b->protocol);
    g_assert_cmpuint(a->flags, ==, b->flags);
}

/* Ten clients on lossy, jittery DSL, some with a wrong password. */
static GArray *schedule(const pl_suite *suite, uint64_t seed)
{
    static const net_link_options dsl = {.up_bps = 128000,
                                         .down_bps = 512000,
                                         .delay_ns = 12 * PL_MILLISECOND,
                                         .jitter_ns = 3 * PL_MILLISECOND,
                                         .loss = {.kind = NET_LOSS_INDEPENDENT, .probability = 0.05}};
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(line));
    story *s = story_new(&(story_options){.suite = suite, .seed = seed, .pairing = STORY_IN_PAIRS});
    net_set_observer(s->network, note, lines);
    story_account(s, NAME, PASSWORD);
    story_settle(s);
    for (int i = 0; i < 10; i++) {
        story_host *client =
            story_add_client(s, &(story_client_options){.nat = i % 2 ? "symmetric" : NULL, .link = dsl});
        story_log_in(client, NAME, i % 5 ? PASSWORD : "wrong");
    }
    story_run(s, 5 * PL_MINUTE);
    net_set_observer(s->network, NULL, NULL);
    story_free(s);
    return lines;
}

static void test_both_suites_send_the_same_packets_at_the_same_instants(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        GArray *real = schedule(&pl_suite_real, seed), *sized = schedule(&pl_suite_sized, seed);
        g_assert_cmpuint(real->len, >, 1000);
        for (guint i = 0; i < MIN(real->len, sized->len); i++)
            expect_equal_lines(&g_array_index(real, line, i), &g_array_index(sized, line, i));
        g_assert_cmpuint(real->len, ==, sized->len);
        g_array_unref(real);
        g_array_unref(sized);
    }
}

static void test_another_seed_gives_another_schedule(void)
{
    GArray *a = schedule(&pl_suite_sized, 1), *b = schedule(&pl_suite_sized, 2);
    g_assert_true(a->len != b->len || memcmp(a->data, b->data, a->len * sizeof(line)) != 0);
    g_array_unref(a);
    g_array_unref(b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/wiretap/no-name-and-no-password-is-heard", test_no_name_and_no_password_is_heard);
    g_test_add_func("/story/wiretap/the-search-finds-them-where-nothing-is-sealed",
                    test_the_search_finds_them_where_nothing_is_sealed);
    g_test_add_func("/story/wiretap/the-search-knows-every-shape", test_the_search_knows_every_shape);
    g_test_add_func("/story/suites/same-packets-at-the-same-instants",
                    test_both_suites_send_the_same_packets_at_the_same_instants);
    g_test_add_func("/story/suites/another-seed-gives-another-schedule",
                    test_another_seed_gives_another_schedule);
    return g_test_run();
}
