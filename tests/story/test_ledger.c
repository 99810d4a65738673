/* test_ledger.c - the two books of a supernode's load, and what those go through who stay: by closed forms. */
#include <string.h>

#include "sim/world/crowd/ledger.h"
#include "tests/support/told_world.h"

#define USERS 12
/* Nothing happens but keep-alives: one supernode has no mesh, its users ask for no addresses and no NAT report. */
#define QUIET                                                                                                      \
    "network: {latency: constant(10ms)}\ndiscovery: off\nsupernodes: {count: 1, link: ideal}\n"                     \
    "peers: {count: 12, link: ideal, login: later, arrive: at 10s}\n"                                              \
    "protocol: {cache.refresh_interval: 1d}\n"

/* The last sample of that name. */
static double value_of(const char *samples, const char *name)
{
    g_autofree char *begin = g_strdup_printf(",%s,", name);
    const char *row = g_strrstr(samples, begin);
    g_assert_nonnull(row);
    return g_ascii_strtod(strchr(row + strlen(begin), ',') + 1, NULL);
}

static void assert_is(const char *samples, const char *name, double value)
{
    g_assert_cmpfloat_with_epsilon(value_of(samples, name), value, 1e-6);
}

/* A record of 19 bytes each way, 20 of IP and 20 of TCP with it, and one ACK: 158 bytes a child and minute. */
static void test_keep_alives_are_the_whole_load_of_the_quiet(void)
{
    g_autofree char *samples =
        told_world_samples("run: {duration: 2h, sample: 1min, warmup: 5min, crypto: sized}\n" QUIET, 65 * PL_MINUTE + 1);
    const double load = USERS * (2 * (20 + 20 + 19) + 40) * 8 / 60.0;
    assert_is(samples, "overlay.load", load);
    assert_is(samples, "overlay.load_keep-alive", load);
    assert_is(samples, "overlay.load_foretold", load);
    assert_is(samples, "overlay.load_accounted", 1);
    assert_is(samples, "overlay.load_index", 0);
    assert_is(samples, "overlay.load_search", 0);
    assert_is(samples, "overlay.load_mesh", 0);
    assert_is(samples, "overlay.load_login", 0);
    assert_is(samples, "overlay.load_discovery", 0);
    assert_is(samples, "overlay.load_other", 0);
    assert_is(samples, "overlay.ratio", USERS);
}

/* Who stays and does nothing has to do with his supernode, and it with all of them. */
static void test_the_quiet_have_one_contact(void)
{
    g_autofree char *samples = told_world_samples(
        "run: {duration: 2h, sample: 10min, warmup: 5min, contacts: yes, crypto: sized}\n" QUIET, 60 * PL_MINUTE + 1);
    assert_is(samples, "survivors.contacts_client", 1);
    assert_is(samples, "survivors.contacts_supernode", USERS);
    assert_is(samples, "survivors.connections_client", 0);
    assert_is(samples, "survivors.connections_supernode", 0);
    assert_is(samples, "survivors.load_client", 158 * 8 / 60.0);
    assert_is(samples, "survivors.load_supernode", USERS * 158 * 8 / 60.0);
}

/* Half of them restart, one after the other: those who stay notice nothing, and the supernode is turned to by each. */
static void test_who_stays_is_not_who_restarts(void)
{
    g_autofree char *samples =
        told_world_samples("run: {duration: 2h, sample: 10min, warmup: 5min, contacts: yes, crypto: sized}\n"
                  "timeline: [{at: 51min, do: restart, what: peers, share: 50%, within: 5min}]\n" QUIET,
                  60 * PL_MINUTE + 1);
    assert_is(samples, "survivors.contacts_client", 1);
    assert_is(samples, "survivors.connections_client", 0);
    assert_is(samples, "survivors.connections_supernode", USERS / 2);
    assert_is(samples, "survivors.contacts_supernode", USERS);
}

/* Every session costs its handshake, every record its frame, its segments and the ACK that nothing carries. */
static void test_messages_have_their_price(void)
{
    pl_tally tally = {.sessions = 2};
    uint64_t causes[SIM_CAUSE_KINDS] = {0};
    pl_tally_add(&tally.heard[PL_MESSAGE_KEEP_ALIVE], 1);
    pl_tally_add(&tally.said[PL_MESSAGE_KEEP_ALIVE], 1);
    pl_tally_add(&tally.said[PL_MESSAGE_CACHE_ENTRIES], 2003);
    pl_tally_add(&tally.heard[PL_MESSAGE_SEARCH], 15);
    sim_ledger_price(&tally, causes);
    g_assert_cmpuint(causes[SIM_CAUSE_KEEP_ALIVE], ==, SIM_KEEP_ALIVE_BYTES);
    g_assert_cmpuint(causes[SIM_CAUSE_LOGIN], ==, 2 * (48 + 48 + 40 + 75 + 288 + 106 + 4 * 40) + 2003 + 18 + 2 * 40 + 40);
    g_assert_cmpuint(causes[SIM_CAUSE_SEARCH], ==, 15 + 18 + 40);
    g_assert_cmpuint(causes[SIM_CAUSE_OTHER], ==, 0);
}

static void test_datagrams_have_their_cause(void)
{
    const uint8_t ping[] = {'P', 'L', 1, 0x03, 0}, store[] = {'P', 'L', 1, 0x07}, query[] = {'P', 'L', 1, 0x09};
    const uint8_t probe[] = {'P', 'L', 1, 0x01}, unknown[] = {'P', 'L', 1, 0x7f}, stun[] = {0, 1, 0, 8, 0x21};
    g_assert_cmpint(sim_ledger_cause_of(ping, sizeof ping), ==, SIM_CAUSE_MESH);
    g_assert_cmpint(sim_ledger_cause_of(store, sizeof store), ==, SIM_CAUSE_INDEX);
    g_assert_cmpint(sim_ledger_cause_of(query, sizeof query), ==, SIM_CAUSE_SEARCH);
    g_assert_cmpint(sim_ledger_cause_of(probe, sizeof probe), ==, SIM_CAUSE_LOGIN);
    g_assert_cmpint(sim_ledger_cause_of(stun, sizeof stun), ==, SIM_CAUSE_DISCOVERY);
    g_assert_cmpint(sim_ledger_cause_of(unknown, sizeof unknown), ==, SIM_CAUSE_OTHER);
    g_assert_cmpint(sim_ledger_cause_of(unknown, 0), ==, SIM_CAUSE_OTHER);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/ledger/keep-alives-are-the-whole-load-of-the-quiet",
                    test_keep_alives_are_the_whole_load_of_the_quiet);
    g_test_add_func("/story/ledger/the-quiet-have-one-contact", test_the_quiet_have_one_contact);
    g_test_add_func("/story/ledger/who-stays-is-not-who-restarts", test_who_stays_is_not_who_restarts);
    g_test_add_func("/story/ledger/messages-have-their-price", test_messages_have_their_price);
    g_test_add_func("/story/ledger/datagrams-have-their-cause", test_datagrams_have_their_cause);
    return g_test_run();
}
