/* test_keeper.c - what makes a node doubt what it knows of its NAT, and how long a binding of its box lives. */
#include "core/nat/discovery/keeper.h"

#include <glib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "core/nat/stun/stun.h"
#include "tests/support/fake_port.h"

#define SERVER   0xC0000201u
#define PARTNER  0xC0000202u
#define OUTSIDE  0xC6336401u
#define INSIDE   0x0A000002u
#define PORT_OUT 40000

/* A box of which only the lifetime matters, and a server behind it, as told by what the client asks.  Every socket of
 * the client has one mapping; an answer takes no time. */
typedef struct bench {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_nat_keeper *keeper;
    pl_id socket; /* the main one */
    pl_time now;
    pl_addr shift;      /* what is added to every mapped address */
    bool is_mute;       /* nothing is answered */
    bool names_partner; /* the server has one */
    bool partner_is_mute;
    bool refuses_ports; /* RESPONSE-PORT is answered by 420 */
    pl_span lifetime;   /* of a binding; 0 = for ever */
    GHashTable *used;   /* socket → when it last sent, plus 1 */
    size_t requests;
} bench;

static bench *bench_open(const char *policy)
{
    bench *b = g_new0(bench, 1);
    uint32_t own = INSIDE;
    b->fake = fake_port_new();
    fake_port_set_addresses(b->fake, &own, 1);
    pl_config_init(&b->config);
    b->context = (pl_context){
        .port = fake_port_of(b->fake), .config = &b->config, .suite = &pl_suite_sized, .epoch = 1095206400};
    pl_deadlines_init(&b->context.deadlines);
    b->used = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    b->context.port.ops->udp_bind(b->context.port.ctx, 0, &b->socket);
    b->keeper = pl_nat_keeper_new(&(pl_nat_keeper_options){
        .context = &b->context, .policy = pl_nat_policy_find(policy), .socket = b->socket});
    return b;
}

static void bench_close(bench *b)
{
    pl_nat_keeper_free(b->keeper);
    g_assert_cmpuint(fake_port_open_count(b->fake), ==, 1);
    g_assert_cmpint(pl_deadlines_next(&b->context.deadlines), ==, PL_NEVER);
    pl_deadlines_clear(&b->context.deadlines);
    fake_port_free(b->fake);
    g_hash_table_destroy(b->used);
    g_free(b);
}

static bool is_alive(bench *b, pl_id socket)
{
    const pl_time *used = g_hash_table_lookup(b->used, GUINT_TO_POINTER(socket));
    return used && (!b->lifetime || b->now - *used < b->lifetime);
}

static pl_addr mapped_of(const bench *b, pl_id socket)
{
    uint16_t port = b->context.port.ops->local_port(b->context.port.ctx, socket);
    return (pl_addr){OUTSIDE + b->shift.ip, (uint16_t)(port + b->shift.port)};
}

static void deliver(bench *b, pl_id socket, pl_addr from, const pl_writer *answer)
{
    if (socket == b->socket || pl_nat_keeper_owns(b->keeper, socket))
        pl_nat_keeper_input(b->keeper, socket, from, answer->data, answer->len, b->now);
}

/* The socket whose mapping has this port outside. */
static pl_id socket_of(const bench *b, uint16_t port_out)
{
    for (size_t n = 0;; n++) {
        pl_id id = fake_port_nth_id(b->fake, n);
        if (!id)
            return 0;
        if (fake_port_is_open(b->fake, id) && mapped_of(b, id).port == port_out)
            return id;
    }
}

static void answer(bench *b, pl_id socket, pl_addr to, const pl_stun *asked)
{
    uint8_t bytes[128];
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    bool wants_port = pl_stun_has(asked, PL_STUN_RESPONSE_PORT);
    if (wants_port && (b->refuses_ports || !pl_stun_has(asked, PL_STUN_NONCE))) {
        pl_stun_begin(&writer, PL_STUN_ERROR, PL_STUN_MAGIC, asked->id);
        pl_stun_add_error(&writer,
                          b->refuses_ports ? PL_STUN_ERROR_UNKNOWN_ATTRIBUTE : PL_STUN_ERROR_STALE_NONCE);
        pl_stun_add(&writer, PL_STUN_NONCE, "0123456789abcdef", 16);
        deliver(b, socket, to, &writer);
        return;
    }
    pl_stun_begin(&writer, PL_STUN_SUCCESS, PL_STUN_MAGIC, asked->id);
    pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, mapped_of(b, socket));
    if (b->names_partner && to.ip == SERVER)
        pl_stun_add_addr(&writer, PL_STUN_OTHER_ADDRESS, (pl_addr){PARTNER, PL_STUN_PORT_2});
    pl_id target = wants_port ? socket_of(b, asked->response_port) : socket;
    if (target && is_alive(b, target))
        deliver(b, target, to, &writer);
}

/* Answers what was asked; answers may make the machine ask again. */
static void settle(bench *b)
{
    const fake_ask *sent;
    while ((sent = fake_port_take_kind(b->fake, FAKE_SEND))) {
        pl_stun asked;
        b->requests++;
        pl_time *used = g_new(pl_time, 1);
        *used = b->now;
        g_hash_table_insert(b->used, GUINT_TO_POINTER(sent->id), used);
        g_assert_cmpint(pl_stun_read(&asked, sent->data, sent->len), ==, 0);
        if (!b->is_mute && (sent->to.ip == SERVER || (sent->to.ip == PARTNER && !b->partner_is_mute)))
            answer(b, sent->id, sent->to, &asked);
    }
}

static void run_to(bench *b, pl_time until)
{
    settle(b);
    while (pl_deadlines_next(&b->context.deadlines) < until) {
        b->now = pl_deadlines_next(&b->context.deadlines);
        pl_deadlines_run(&b->context.deadlines, b->now);
        settle(b);
    }
    b->now = until;
}

static void go_online(bench *b)
{
    pl_nat_keeper_online(b->keeper, SERVER, b->now);
    run_to(b, b->now + 20 * PL_SECOND);
    g_assert_nonnull(pl_nat_keeper_report(b->keeper));
}

static size_t discoveries(const bench *b)
{
    return fake_port_count_events(b->fake, PL_EVENT_DISCOVERED);
}

static void found_at_login_and_kept(void)
{
    bench *b = bench_open("login");
    size_t len;
    g_assert_null(pl_nat_keeper_report(b->keeper));
    go_online(b);
    g_assert_cmpint(pl_nat_keeper_report(b->keeper)->udp, ==, PL_UDP_OPEN);
    g_assert_nonnull(fake_port_kept(b->fake, "nat", &len));
    g_assert_cmpuint(len, ==, PL_NAT_REPORT_BYTES);
    run_to(b, b->now + 10 * PL_HOUR);
    g_assert_cmpuint(discoveries(b), ==, 1);
    bench_close(b);
}

/* A partner counts if it answered, and as long as its supernode serves us. */
static void a_partner_that_answered_is_known(void)
{
    bench *b = bench_open("login");
    go_online(b);
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, 0);
    b->names_partner = true;
    go_online(b);
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, PARTNER);
    b->partner_is_mute = true;
    go_online(b);
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, 0);
    b->partner_is_mute = false;
    go_online(b);
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, PARTNER);
    pl_nat_keeper_online(b->keeper, SERVER + 9, b->now);
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, 0);
    bench_close(b);
}

/* Another supernode serves us before the discovery at the first has ended: its partner is not the other's. */
static void a_partner_of_the_supernode_before_is_none(void)
{
    bench *b = bench_open("login");
    b->names_partner = true;
    pl_nat_keeper_online(b->keeper, SERVER, b->now);
    pl_nat_keeper_online(b->keeper, SERVER + 9, b->now);
    run_to(b, b->now + 20 * PL_SECOND);
    g_assert_nonnull(pl_nat_keeper_report(b->keeper));
    g_assert_cmpuint(pl_nat_keeper_partner(b->keeper), ==, 0);
    bench_close(b);
}

/* The stored report serves before the first discovery of a new life. */
static void a_stored_report_is_believed(void)
{
    bench *b = bench_open("login");
    const pl_nat_report report = {
        .udp = PL_UDP_OPEN, .mapping = PL_MAPPING_NONE, .filtering = PL_FILTERING_EI, .lifetime_s = 30};
    uint8_t bytes[PL_NAT_REPORT_BYTES];
    pl_nat_report_encode(&report, bytes);
    fake_port_put(b->fake, "nat", bytes, sizeof bytes);
    pl_nat_keeper *keeper = pl_nat_keeper_new(&(pl_nat_keeper_options){
        .context = &b->context, .policy = pl_nat_policy_find("login"), .socket = b->socket});
    g_assert_true(pl_nat_keeper_is_open(keeper));
    g_assert_cmpint(pl_nat_keeper_interval(keeper), ==, 20 * PL_SECOND); /* two thirds of 30 s */
    pl_nat_keeper_free(keeper);
    bench_close(b);
}

static void a_report_of_an_earlier_form_is_forgotten(void)
{
    bench *b = bench_open("login");
    const uint8_t old[18] = {1, 1, 1, 1};
    fake_port_put(b->fake, "nat", old, sizeof old);
    pl_nat_keeper *keeper = pl_nat_keeper_new(
        &(pl_nat_keeper_options){.context = &b->context, .policy = pl_nat_policy_find("login")});
    g_assert_null(pl_nat_keeper_report(keeper));
    pl_nat_keeper_free(keeper);
    bench_close(b);
}

/* deadline − 1: nothing; deadline: a discovery begins. */
static void the_timer_asks_at_its_age(void)
{
    bench *b = bench_open("timer");
    go_online(b);
    pl_time due = pl_deadlines_next(&b->context.deadlines);
    g_assert_cmpint(due, >=, PL_HOUR);
    pl_deadlines_run(&b->context.deadlines, due - 1);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_DISCOVERY_STARTED), ==, 1);
    b->now = due;
    pl_deadlines_run(&b->context.deadlines, due);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_DISCOVERY_STARTED), ==, 2);
    run_to(b, b->now + 20 * PL_SECOND);
    bench_close(b);
}

static void an_address_change_is_heard_by_its_policy_only(void)
{
    static const struct {
        const char *policy;
        size_t discoveries;
    } rows[] = {{"login", 1},   {"timer", 1},           {"address", 2}, {"keep-alive", 1},
                {"failure", 1}, {"address-timer", 2},   {"address-failure", 2}, {"all", 2}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bench *b = bench_open(rows[i].policy);
        go_online(b);
        pl_nat_keeper_address_changed(b->keeper, b->now);
        run_to(b, b->now + 2 * PL_MINUTE);
        g_assert_cmpuint(discoveries(b), ==, rows[i].discoveries);
        bench_close(b);
    }
}

/* Ten doubts in one second are one discovery, a minute after the last. */
static void doubts_come_in_bunches(void)
{
    bench *b = bench_open("address");
    go_online(b);
    for (int i = 0; i < 10; i++)
        pl_nat_keeper_address_changed(b->keeper, b->now);
    run_to(b, PL_MINUTE - 1);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_DISCOVERY_STARTED), ==, 1);
    run_to(b, 2 * PL_MINUTE - 1);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_DISCOVERY_STARTED), ==, 2);
    bench_close(b);
}

/* A change that comes while a discovery runs is not lost: its answers may be of before. */
static void a_doubt_during_a_discovery_asks_again(void)
{
    bench *b = bench_open("address");
    b->is_mute = true;
    pl_nat_keeper_online(b->keeper, SERVER, 0);
    run_to(b, PL_SECOND);
    pl_nat_keeper_address_changed(b->keeper, b->now);
    b->is_mute = false;
    run_to(b, 3 * PL_MINUTE);
    g_assert_cmpuint(discoveries(b), ==, 2);
    bench_close(b);
}

/* The server has no partner, so that nothing is known of the box any more; or it is silent: once more, and no oftener.
 * Who finds out at login alone does not. */
static void a_report_that_knows_less_is_asked_again_once(void)
{
    static const char *const policies[] = {"login", "failure", "login", "failure"};
    for (size_t i = 0; i < G_N_ELEMENTS(policies); i++) {
        bench *b = bench_open(policies[i]);
        b->is_mute = i >= 2;
        const pl_nat_report report = {.udp = PL_UDP_OPEN, .mapping = PL_MAPPING_EI, .filtering = PL_FILTERING_EI};
        uint8_t bytes[PL_NAT_REPORT_BYTES];
        pl_nat_report_encode(&report, bytes);
        fake_port_put(b->fake, "nat", bytes, sizeof bytes);
        pl_nat_keeper_free(b->keeper);
        b->keeper = pl_nat_keeper_new(&(pl_nat_keeper_options){
            .context = &b->context, .policy = pl_nat_policy_find(policies[i]), .socket = b->socket});
        go_online(b);
        g_assert_cmpint(pl_nat_keeper_report(b->keeper)->filtering, ==, PL_FILTERING_UNKNOWN);
        run_to(b, b->now + PL_HOUR);
        g_assert_cmpuint(discoveries(b), ==, 1 + i % 2);
        bench_close(b);
    }
}

static void keep_alives_that_agree_change_nothing(void)
{
    bench *b = bench_open("keep-alive");
    go_online(b);
    run_to(b, PL_HOUR);
    g_assert_cmpuint(discoveries(b), ==, 1);
    size_t before = b->requests;
    run_to(b, b->now + 250 * PL_SECOND);
    g_assert_cmpuint(b->requests - before, ==, 10); /* every 25 s */
    bench_close(b);
}

static void a_keep_alive_that_disagrees_is_a_doubt(void)
{
    for (int what = 0; what < 2; what++) {
        bench *b = bench_open("keep-alive");
        go_online(b);
        run_to(b, 10 * PL_MINUTE + PL_SECOND);
        b->shift = what ? (pl_addr){0, 7} : (pl_addr){1, 0}; /* another port, or another address */
        run_to(b, 10 * PL_MINUTE + 25 * PL_SECOND);
        g_assert_cmpuint(discoveries(b), ==, 1);
        run_to(b, 10 * PL_MINUTE + 26 * PL_SECOND);
        g_assert_cmpuint(discoveries(b), ==, 2);
        g_assert_cmpstr(fake_port_last_event(b->fake, PL_EVENT_NAT_DOUBTED)->value[0].text, ==, "keep-alive");
        bench_close(b);
    }
}

static void silence_of_keep_alives_is_a_doubt(void)
{
    bench *b = bench_open("keep-alive");
    go_online(b);
    run_to(b, 10 * PL_MINUTE);
    b->is_mute = true;
    run_to(b, 12 * PL_MINUTE);
    g_assert_cmpint(pl_nat_keeper_report(b->keeper)->udp, ==, PL_UDP_BLOCKED);
    size_t before = b->requests;
    run_to(b, b->now + PL_HOUR); /* is it still blocked? every 5 min, with three tries */
    g_assert_cmpuint(b->requests - before, ==, 36);
    g_assert_cmpuint(discoveries(b), ==, 2);
    bench_close(b);
}

/* UDP is let through again: the next keep-alive is answered, T, and that is a doubt; then they come as before. */
static void an_answer_where_udp_was_blocked_is_a_doubt(void)
{
    bench *b = bench_open("keep-alive");
    b->is_mute = true;
    pl_nat_keeper_online(b->keeper, SERVER, b->now);
    run_to(b, PL_MINUTE);
    g_assert_cmpint(pl_nat_keeper_report(b->keeper)->udp, ==, PL_UDP_BLOCKED);
    b->is_mute = false;
    pl_time due = pl_deadlines_next(&b->context.deadlines);
    g_assert_cmpint(due, ==, (25 + 12 * 25) * PL_SECOND);
    run_to(b, due);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_DISCOVERY_STARTED), ==, 1);
    run_to(b, due + PL_SECOND);
    g_assert_cmpuint(discoveries(b), ==, 2);
    g_assert_cmpint(pl_nat_keeper_report(b->keeper)->udp, ==, PL_UDP_OPEN);
    size_t before = b->requests;
    run_to(b, b->now + 250 * PL_SECOND);
    g_assert_cmpuint(b->requests - before, ==, 10);
    bench_close(b);
}

/* One failed session may be loss; two in a row are a reason. */
static void failures_in_a_row_are_a_doubt(void)
{
    bench *b = bench_open("failure");
    go_online(b);
    run_to(b, 10 * PL_MINUTE);
    pl_nat_keeper_path_ended(b->keeper, false, b->now);
    pl_nat_keeper_path_ended(b->keeper, true, b->now);
    pl_nat_keeper_path_ended(b->keeper, false, b->now);
    run_to(b, 12 * PL_MINUTE);
    g_assert_cmpuint(discoveries(b), ==, 1);
    pl_nat_keeper_path_ended(b->keeper, false, b->now);
    run_to(b, 13 * PL_MINUTE);
    g_assert_cmpuint(discoveries(b), ==, 2);
    bench_close(b);
}

static void offline_nothing_is_asked(void)
{
    bench *b = bench_open("all");
    go_online(b);
    pl_nat_keeper_offline(b->keeper);
    size_t before = b->requests;
    pl_nat_keeper_address_changed(b->keeper, b->now);
    run_to(b, b->now + 5 * PL_HOUR);
    g_assert_cmpuint(b->requests, ==, before);
    bench_close(b);
}

static void a_stray_answer_is_refused(void)
{
    bench *b = bench_open("keep-alive");
    go_online(b);
    uint8_t bytes[64];
    const uint8_t id[PL_STUN_ID_BYTES] = {1};
    pl_writer writer;
    pl_writer_init(&writer, bytes, sizeof bytes);
    pl_stun_begin(&writer, PL_STUN_SUCCESS, PL_STUN_MAGIC, id);
    pl_stun_add_addr(&writer, PL_STUN_XOR_MAPPED, (pl_addr){1, 1});
    g_assert_cmpint(pl_nat_keeper_input(b->keeper, b->socket, (pl_addr){SERVER, PL_STUN_PORT_1}, bytes, writer.len,
                                        b->now),
                    ==, PL_ERR_UNEXPECTED);
    bench_close(b);
}

/* --- lifetime --- */

static pl_span measured(bench *b)
{
    b->config.nat_measure_lifetime = 1;
    go_online(b);
    run_to(b, b->now + 3 * PL_HOUR);
    g_assert_cmpuint(fake_port_count_events(b->fake, PL_EVENT_NAT_LIFETIME), ==, 1);
    return fake_port_last_event(b->fake, PL_EVENT_NAT_LIFETIME)->value[0].number;
}

static void a_lifetime_is_found_within_a_step(void)
{
    static const int seconds[] = {25, 30, 31, 60, 90, 120, 180, 299};
    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
        bench *b = bench_open("login");
        b->lifetime = seconds[i] * PL_SECOND;
        pl_span lived = measured(b);
        g_assert_cmpint(lived, <=, b->lifetime);
        g_assert_cmpint(lived, >=, b->lifetime - b->config.nat_lifetime_step - PL_SECOND);
        g_assert_cmpint(pl_nat_keeper_interval(b->keeper), <, b->lifetime);
        bench_close(b);
    }
}

static void the_longest_is_enough(void)
{
    bench *b = bench_open("login");
    g_assert_cmpint(measured(b), ==, b->config.nat_lifetime_max);
    g_assert_cmpint(pl_nat_keeper_interval(b->keeper), ==, b->config.nat_keep_alive);
    bench_close(b);
}

static void a_server_without_response_port_tells_nothing(void)
{
    bench *b = bench_open("login");
    b->refuses_ports = true;
    g_assert_cmpint(measured(b), ==, 0);
    g_assert_cmpint(pl_nat_keeper_interval(b->keeper), ==, b->config.nat_keep_alive);
    bench_close(b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/keeper/found-at-login-and-kept", found_at_login_and_kept);
    g_test_add_func("/nat/keeper/a-partner-that-answered", a_partner_that_answered_is_known);
    g_test_add_func("/nat/keeper/a-partner-of-the-supernode-before", a_partner_of_the_supernode_before_is_none);
    g_test_add_func("/nat/keeper/a-stored-report-is-believed", a_stored_report_is_believed);
    g_test_add_func("/nat/keeper/a-report-of-an-earlier-form-is-forgotten", a_report_of_an_earlier_form_is_forgotten);
    g_test_add_func("/nat/keeper/the-timer-asks-at-its-age", the_timer_asks_at_its_age);
    g_test_add_func("/nat/keeper/an-address-change", an_address_change_is_heard_by_its_policy_only);
    g_test_add_func("/nat/keeper/doubts-come-in-bunches", doubts_come_in_bunches);
    g_test_add_func("/nat/keeper/a-doubt-during-a-discovery", a_doubt_during_a_discovery_asks_again);
    g_test_add_func("/nat/keeper/a-report-that-knows-less", a_report_that_knows_less_is_asked_again_once);
    g_test_add_func("/nat/keeper/keep-alives-that-agree", keep_alives_that_agree_change_nothing);
    g_test_add_func("/nat/keeper/a-keep-alive-that-disagrees", a_keep_alive_that_disagrees_is_a_doubt);
    g_test_add_func("/nat/keeper/silence-of-keep-alives", silence_of_keep_alives_is_a_doubt);
    g_test_add_func("/nat/keeper/an-answer-where-udp-was-blocked", an_answer_where_udp_was_blocked_is_a_doubt);
    g_test_add_func("/nat/keeper/failures-in-a-row", failures_in_a_row_are_a_doubt);
    g_test_add_func("/nat/keeper/offline-nothing-is-asked", offline_nothing_is_asked);
    g_test_add_func("/nat/keeper/a-stray-answer-is-refused", a_stray_answer_is_refused);
    g_test_add_func("/nat/lifetime/found-within-a-step", a_lifetime_is_found_within_a_step);
    g_test_add_func("/nat/lifetime/the-longest-is-enough", the_longest_is_enough);
    g_test_add_func("/nat/lifetime/a-server-without-response-port", a_server_without_response_port_tells_nothing);
    return g_test_run();
}
