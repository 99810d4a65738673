/* test_ping.c - echo requests at a login, policy by policy, in the world of paper: to whom, when, how large,
 * and what becomes of the login at each instant that counts. */
#include <glib.h>
#include <string.h>

#include "core/node.h"
#include "core/wire/message.h"
#include "tests/support/fake_port.h"

#define N_BOOTSTRAP 7
#define N_NETWORKS  4
#define MS          PL_MILLISECOND
static const uint16_t web_ports[] = {80, 443};
static const uint32_t networks[N_NETWORKS] = {0xC0000201, 0xC6336401, 0xCB007101, 0xC6120001};

typedef struct fixture {
    fake_port *fake;
    pl_config config;
    pl_addr bootstrap[N_BOOTSTRAP];
    pl_network network;
    pl_node *node;
    pl_id socket;
} fixture;

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    f->fake = fake_port_new();
    pl_config_init(&f->config);
    for (uint32_t i = 0; i < N_BOOTSTRAP; i++)
        f->bootstrap[i] = (pl_addr){0x42000001 + i, 33033};
    f->network = (pl_network){.bootstrap = f->bootstrap,
                              .n_bootstrap = N_BOOTSTRAP,
                              .web_ports = web_ports,
                              .n_web_ports = 2,
                              .echo_targets = networks,
                              .n_echo_targets = N_NETWORKS};
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    pl_node_free(f->node);
    fake_port_free(f->fake);
}

static void log_in(fixture *f, const char *policy)
{
    f->node = pl_node_new(&(pl_node_options){.port = fake_port_of(f->fake),
                                             .config = &f->config,
                                             .suite = &pl_suite_sized,
                                             .network = &f->network,
                                             .icmp_policy = policy ? pl_ping_policy_find(policy) : NULL,
                                             .discovery = PL_NODE_DISCOVERY_OFF});
    pl_node_start(f->node, 0);
    f->socket = fake_port_nth_id(f->fake, 0);
    fake_port_skip(f->fake);
    g_assert_cmpint(pl_node_log_in(f->node, "alice", "secret", 0), ==, 0);
}

static void seed_cache(fixture *f)
{
    const pl_cache_entry entries[] = {{f->bootstrap[0], 1}, {f->bootstrap[1], 1}};
    const pl_port port = fake_port_of(f->fake);
    pl_node_seed_cache(&port, &f->config, entries, G_N_ELEMENTS(entries));
}

static void tick(fixture *f, pl_time now)
{
    pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_TICK}, now);
}

/* Every deadline up to an instant. */
static void run(fixture *f, pl_time until)
{
    while (pl_node_deadline(f->node) <= until)
        tick(f, pl_node_deadline(f->node));
}

static void echo(fixture *f, uint32_t from, uint16_t sequence, pl_time now)
{
    pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_ECHO, .from = {from, 0}, .echo_sequence = sequence},
                  now);
}

/* The probe's answer, with the transaction of the last one sent. */
static void answer(fixture *f, pl_addr from, const uint8_t *probe, pl_time now)
{
    pl_message message;
    uint8_t bytes[PL_PROBE_BYTES];
    g_assert_cmpint(pl_message_read(&message, PL_CARRIER_DATAGRAM, probe, PL_PROBE_BYTES), ==, 0);
    size_t len = pl_message_write(&(pl_message){.id = PL_MESSAGE_PROBE_ANSWER,
                                                .transaction = message.transaction,
                                                .status = PL_PROBE_WELCOME},
                                  bytes, sizeof bytes);
    pl_node_input(
        f->node,
        &(pl_input){.kind = PL_INPUT_DATAGRAM, .id = f->socket, .from = from, .data = bytes, .len = len},
        now);
}

static size_t pings(const fixture *f)
{
    return fake_port_count_events(f->fake, PL_EVENT_ICMP_PING);
}

static const char *verdict(const fixture *f)
{
    const pl_event *event = fake_port_last_event(f->fake, PL_EVENT_ICMP_VERDICT);
    return event ? event->value[1].text : NULL;
}

static const pl_event *failed(const fixture *f)
{
    return fake_port_last_event(f->fake, PL_EVENT_LOGIN_FAILED);
}

static void test_none_sends_none(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, NULL);
    run(f, 10 * PL_MINUTE);
    g_assert_cmpuint(pings(f), ==, 0);
    g_assert_cmpint(failed(f)->value[1].number, ==, 364 * PL_SECOND);
}

/* Three rounds to four networks, 100 ms apart, and the login does not wait for any. */
static void test_fixed_networks_are_asked_beside_the_login(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "fixed-networks");
    for (size_t i = 0; i < N_NETWORKS; i++) {
        const fake_ask *ask = fake_port_take(f->fake); /* before the first datagram */
        g_assert_cmpint((int)ask->kind, ==, FAKE_ECHO);
        g_assert_cmpuint(ask->to.ip, ==, networks[i]);
        g_assert_cmpuint(ask->len, ==, 32);
    }
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, N_BOOTSTRAP);
    tick(f, 100 * MS - 1);
    g_assert_cmpuint(pings(f), ==, 4);
    tick(f, 100 * MS);
    g_assert_cmpuint(pings(f), ==, 8);
    tick(f, 200 * MS);
    g_assert_cmpuint(pings(f), ==, 12);
    tick(f, 2200 * MS - 1);
    g_assert_null(verdict(f));
    tick(f, 2200 * MS);
    g_assert_cmpstr(verdict(f), ==, "nothing");
    run(f, 10 * PL_MINUTE);
    g_assert_cmpuint(pings(f), ==, 12);
    g_assert_cmpint(failed(f)->value[1].number, ==, 364 * PL_SECOND);
    g_assert_cmpstr(failed(f)->value[5].text, ==, "timeout");
}

static void test_a_later_login_is_not_a_first_one(fixture *f, gconstpointer data)
{
    static const struct {
        const char *policy;
        size_t pings;
    } rows[] = {{"nearest", 0},
                {"reachability-first", 0},
                {"fixed-networks", 0},
                {"path-mtu", 0},
                {"reachability", 12}};
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        seed_cache(f);
        log_in(f, rows[i].policy);
        run(f, 20 * PL_MINUTE);
        g_assert_cmpuint(pings(f), ==, rows[i].pings);
        pl_node_free(g_steal_pointer(&f->node));
        fake_port_free(f->fake);
        f->fake = fake_port_new();
    }
    log_in(f, NULL);
}

/* Nobody answers: the verdict 2 s after the last round, and one attempt instead of five. */
static void test_no_network_is_said_and_ends_the_login(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "reachability");
    tick(f, 5 * PL_SECOND - 1);
    g_assert_cmpuint(pings(f), ==, 0);
    run(f, 5 * PL_SECOND);
    g_assert_cmpuint(pings(f), ==, 4);
    run(f, 7200 * MS - 1);
    g_assert_null(verdict(f));
    tick(f, 7200 * MS);
    g_assert_cmpstr(verdict(f), ==, "no-network");
    g_assert_null(failed(f));
    run(f, 10 * PL_MINUTE);
    g_assert_cmpint(failed(f)->value[1].number, ==, 68 * PL_SECOND);
    g_assert_cmpint(failed(f)->value[2].number, ==, 1);
    g_assert_cmpstr(failed(f)->value[5].text, ==, "no-network");
    g_assert_cmpint((int)pl_node_login_state(f->node), ==, PL_LOGIN_IDLE);
    g_assert_cmpint(pl_node_deadline(f->node), ==, PL_NEVER);
}

/* One echo is enough: there is a network, and the login goes on to its own end. */
static void test_one_echo_tells_that_there_is_a_network(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "reachability");
    run(f, 5 * PL_SECOND);
    echo(f, networks[2], 1, 5050 * MS); /* not what he was asked */
    echo(f, 0x08080808, 2, 5050 * MS);  /* a stranger */
    echo(f, networks[2], 99, 5050 * MS);
    g_assert_null(verdict(f));
    echo(f, networks[2], 2, 5080 * MS);
    g_assert_cmpstr(verdict(f), ==, "network");
    g_assert_cmpint(fake_port_last_event(f->fake, PL_EVENT_ICMP_ECHO)->value[2].number, ==, 80 * MS);
    g_assert_cmpint(fake_port_last_event(f->fake, PL_EVENT_ICMP_VERDICT)->value[4].number, ==, 5080 * MS);
    run(f, 10 * PL_MINUTE);
    g_assert_cmpuint(pings(f), ==, 4); /* no round follows a verdict */
    g_assert_cmpint(failed(f)->value[1].number, ==, 364 * PL_SECOND);
    g_assert_cmpstr(failed(f)->value[5].text, ==, "timeout");
}

/* All refused at once: the attempt is over before the verdict, which then ends the pause. */
static void test_a_verdict_in_the_pause_ends_it(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "reachability");
    run(f, 5 * PL_SECOND);
    for (const fake_ask *ask; (ask = fake_port_take_kind(f->fake, FAKE_OPEN));) {
        fake_port_drop(f->fake, ask->id);
        pl_node_input(f->node, &(pl_input){.kind = PL_INPUT_CLOSED, .id = ask->id, .cause = PL_CAUSE_REFUSED},
                      5 * PL_SECOND);
    }
    g_assert_cmpint((int)pl_node_login_state(f->node), ==, PL_LOGIN_PAUSING);
    run(f, 7200 * MS);
    g_assert_cmpint(failed(f)->value[1].number, ==, 7200 * MS);
    g_assert_cmpstr(failed(f)->value[5].text, ==, "no-network");
    g_assert_cmpint(pl_node_deadline(f->node), ==, PL_NEVER);
}

/* An answer by UDP says that there is a network, whatever the pings say. */
static void test_an_answer_by_udp_outweighs_silence(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "reachability-first");
    const fake_ask *probe = fake_port_take_kind(f->fake, FAKE_SEND);
    run(f, 3 * PL_SECOND);
    g_assert_cmpstr(verdict(f), ==, "no-network");
    answer(f, probe->to, probe->data, 3 * PL_SECOND);
    run(f, 20 * PL_MINUTE);
    g_assert_cmpint(failed(f)->value[2].number, ==, 5);
    g_assert_cmpstr(failed(f)->value[5].text, !=, "no-network");
}

/* The login waits until all have answered, then takes the nearest one's answer though another's comes first.
 */
static void test_the_nearest_is_preferred(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "nearest");
    g_assert_cmpint((int)pl_node_login_state(f->node), ==, PL_LOGIN_PINGING);
    g_assert_cmpint(pl_node_log_in(f->node, "alice", "secret", 1), ==, PL_ERR_UNEXPECTED);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, 0);
    run(f, 200 * MS);
    g_assert_cmpuint(pings(f), ==, 3 * N_BOOTSTRAP);
    for (uint16_t i = 0; i < 3 * N_BOOTSTRAP; i++)
        echo(f, f->bootstrap[i % N_BOOTSTRAP].ip, i, (i % N_BOOTSTRAP == 4 ? 210 : 220) * MS + i);
    g_assert_cmpstr(verdict(f), ==, "nearest");
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, N_BOOTSTRAP);
    const fake_ask *probe = fake_port_take_kind(f->fake, FAKE_SEND);
    answer(f, f->bootstrap[1], probe->data, 300 * MS);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    answer(f, f->bootstrap[4], probe->data, 301 * MS);
    const fake_ask *open = fake_port_take_kind(f->fake, FAKE_OPEN);
    g_assert_true(pl_addr_equal(open->to, f->bootstrap[4]));
}

static void test_who_is_not_there_is_waited_for_no_longer_than_an_echo(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "nearest");
    echo(f, f->bootstrap[4].ip, 4, 30 * MS);
    run(f, 2200 * MS - 1);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_SEND), ==, 0);
    run(f, 2200 * MS);
    const fake_ask *probe = fake_port_take_kind(f->fake, FAKE_SEND);
    answer(f, f->bootstrap[2], probe->data, 2300 * MS);
    answer(f, f->bootstrap[3], probe->data, 2400 * MS);
    run(f, 4300 * MS - 1);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_OPEN), ==, 0);
    run(f, 4300 * MS);
    g_assert_true(pl_addr_equal(fake_port_take_kind(f->fake, FAKE_OPEN)->to, f->bootstrap[2]));
}

static void test_no_echo_at_all_delays_and_nothing_else(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "nearest");
    run(f, 10 * PL_MINUTE);
    g_assert_cmpstr(verdict(f), ==, "nothing");
    g_assert_cmpint(failed(f)->value[1].number, ==, 364 * PL_SECOND + 2200 * MS);
}

static void test_logging_out_stops_the_pings(fixture *f, gconstpointer data)
{
    (void)data;
    log_in(f, "nearest");
    pl_node_log_out(f->node, 50 * MS);
    g_assert_cmpint(pl_node_deadline(f->node), ==, PL_NEVER);
    echo(f, f->bootstrap[4].ip, 4, 60 * MS);
    g_assert_null(verdict(f));
}

/* A live world has no fixed networks: then none are asked, and nobody concludes from silence. */
static void test_without_fixed_networks_nothing_is_asked(fixture *f, gconstpointer data)
{
    (void)data;
    f->network.n_echo_targets = 0;
    log_in(f, "reachability");
    run(f, 10 * PL_MINUTE);
    g_assert_cmpuint(pings(f), ==, 0);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_ECHO), ==, 0);
    g_assert_cmpint(failed(f)->value[1].number, ==, 364 * PL_SECOND);
}

static void test_the_table_of_policies(void)
{
    const pl_ping_policy *policies;
    size_t n = pl_ping_policies(&policies);
    g_assert_cmpstr(policies[0].name, ==, "none");
    for (size_t i = 0; i < n; i++) {
        g_assert_true(pl_ping_policy_find(policies[i].name) == &policies[i]);
        g_assert_cmpuint(strlen(policies[i].help), >, 10);
        for (size_t s = 0; policies[i].sizes && policies[i].sizes[s]; s++)
            g_assert_cmpuint(s, <, PL_PING_ROUNDS_MAX);
    }
    g_assert_null(pl_ping_policy_find("nearest-ever"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/session/ping/" name, fixture, NULL, set_up, function, tear_down)
    ADD("none-sends-none", test_none_sends_none);
    ADD("fixed-networks-are-asked-beside-the-login", test_fixed_networks_are_asked_beside_the_login);
    ADD("a-later-login-is-not-a-first-one", test_a_later_login_is_not_a_first_one);
    ADD("no-network-is-said-and-ends-the-login", test_no_network_is_said_and_ends_the_login);
    ADD("one-echo-tells-that-there-is-a-network", test_one_echo_tells_that_there_is_a_network);
    ADD("a-verdict-in-the-pause-ends-it", test_a_verdict_in_the_pause_ends_it);
    ADD("an-answer-by-udp-outweighs-silence", test_an_answer_by_udp_outweighs_silence);
    ADD("the-nearest-is-preferred", test_the_nearest_is_preferred);
    ADD("who-is-not-there-is-waited-for-no-longer-than-an-echo",
        test_who_is_not_there_is_waited_for_no_longer_than_an_echo);
    ADD("no-echo-at-all-delays-and-nothing-else", test_no_echo_at_all_delays_and_nothing_else);
    ADD("logging-out-stops-the-pings", test_logging_out_stops_the_pings);
    ADD("without-fixed-networks-nothing-is-asked", test_without_fixed_networks_nothing_is_asked);
    g_test_add_func("/session/ping/the-table-of-policies", test_the_table_of_policies);
    return g_test_run();
}
