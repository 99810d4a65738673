/* test_load.c - a supernode with so much to do: what waits, what is refused, and when it shuts itself off. */
#include "core/overlay/load.h"

#include "tests/support/story.h"

#define START   (10 * PL_SECOND)
#define RTT     (100 * PL_MILLISECOND)
#define ONE_WAY (RTT / 2)
#define ATTACH  (3 * RTT + ONE_WAY) /* from the log-in to the supernode's hearing of it */
#define WINDOW  (10 * PL_SECOND)
#define HOLD    (5 * PL_MINUTE)

/* One login a second, and nothing else costs anything. */
static pl_config one_a_second(void)
{
    pl_config config;
    pl_config_init(&config);
    config.supernode_capacity = 1;
    config.supernode_capacity_spread = 0;
    config.supernode_message_cost = 0;
    config.supernode_refusal_cost = 0;
    return config;
}

static story *begin(const pl_config *config, size_t supernodes)
{
    story *s = story_new(&(story_options){.supernodes = supernodes, .config = config});
    story_settle(s);
    return s;
}

static story_host *log_in(story *s)
{
    story_host *client = story_add_client(s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF});
    story_account(s, client->name, "secret");
    story_log_in(client, client->name, "secret");
    return client;
}

static void test_a_login_takes_its_time(void)
{
    pl_config config = one_a_second();
    story *s = begin(&config, 1);
    story_host *first = log_in(s), *second = log_in(s);
    g_assert_cmpint(story_run_to(first, PL_EVENT_LOGIN_ATTACHED, PL_HOUR), ==, START + 4 * RTT + PL_SECOND);
    g_assert_cmpint(story_run_to(second, PL_EVENT_LOGIN_ATTACHED, PL_HOUR), ==, START + 4 * RTT + 2 * PL_SECOND);
    story_free(s);
}

/* Whoever finds 5 s of work before him waits, and nobody who finds more: six of ten are served. */
static void test_the_queue_is_bounded_in_time(void)
{
    pl_config config = one_a_second();
    story *s = begin(&config, 1);
    story_host *clients[10];
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++)
        clients[i] = log_in(s);
    story_run(s, START + ATTACH + 1);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED), ==, 4);
    story_run(s, START + ATTACH + 6 * PL_SECOND);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_CLIENT_ATTACHED), ==, 5);
    story_run(s, START + ATTACH + 6 * PL_SECOND + 1);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_CLIENT_ATTACHED), ==, 6);
    story_run(s, START + PL_MINUTE); /* and the others come again */
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++)
        g_assert_cmpuint(story_count(clients[i], PL_EVENT_LOGGED_IN), ==, 1);
    story_free(s);
}

/* While more than that waits a probe is answered `full`. */
static void test_who_is_busy_says_full(void)
{
    pl_config config = one_a_second();
    story *s = begin(&config, 2);
    story_cut(s->supernode[0], s->supernode[1]);
    for (size_t i = 0; i < 7; i++) {
        story_host *client = log_in(s);
        client->network.n_bootstrap = 1;
    }
    story_run(s, START + ATTACH);
    story_host *late = log_in(s);
    g_assert_cmpint(story_run_to(late, PL_EVENT_LOGIN_ATTACHED, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpuint(story_last(late, PL_EVENT_LOGIN_ATTACHED)->event.value[0].addr.ip, ==, STORY_SUPERNODE_IP + 1);
    story_free(s);
}

/* A refusal is work too, and beyond twice the bound there is no time even for it. */
static void test_refusals_cost_and_end(void)
{
    pl_config config = one_a_second();
    config.supernode_refusal_cost = 500;
    story *s = begin(&config, 1);
    for (size_t i = 0; i < 40; i++)
        log_in(s);
    story_run(s, START + ATTACH + 1);
    /* 6 wait, 6 s; refusals of half a second each up to more than 10 s: 9. */
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SUPERNODE_REFUSED), ==, 9);
    story_free(s);
}

/* Ten logins in ten seconds are a tenth of what it can do, and that is its threshold. */
static pl_config shutting_off(void)
{
    pl_config config = one_a_second();
    config.supernode_capacity = 10;
    config.supernode_shutoff_threshold = 10;
    config.supernode_shutoff_window = WINDOW;
    config.supernode_shutoff_hold = HOLD;
    return config;
}

/* One after the other, half a second apart; runs until the last was heard. */
static story *overload(const pl_config *config, size_t n, story_host **ret_first)
{
    story *s = begin(config, 1);
    for (size_t i = 0; i < n; i++) {
        story_host *client = log_in(s);
        if (i == 0 && ret_first)
            *ret_first = client;
        story_run(s, START + (pl_time)(i + 1) * PL_SECOND / 2);
    }
    return s;
}

static void test_shut_off_ignites_above_its_threshold(void)
{
    pl_config config = shutting_off();
    story *s = overload(&config, 10, NULL);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SHUT_OFF), ==, 0);
    story_free(s);
    s = overload(&config, 11, NULL);
    const story_record *off = story_last(s->supernode[0], PL_EVENT_SHUT_OFF);
    g_assert_nonnull(off);
    g_assert_cmpint(off->at, ==, START + 10 * PL_SECOND / 2 + ATTACH);
    g_assert_cmpint(off->event.value[0].number, ==, 11);
    story_free(s);
}

/* The same eleven, ten of them in the window of the last. */
static void test_the_window_moves(void)
{
    pl_config config = shutting_off();
    story *s = begin(&config, 1);
    log_in(s);
    story_run(s, START + 9 * PL_SECOND);
    for (size_t i = 0; i < 10; i++)
        log_in(s); /* heard from 22.35 s on; the first, of 10.35 s, in the tenth that is gone */
    story_run(s, START + PL_MINUTE);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SHUT_OFF), ==, 1);
    story_free(s);
    s = begin(&config, 1);
    log_in(s);
    story_run(s, START + 10 * PL_SECOND);
    for (size_t i = 0; i < 10; i++)
        log_in(s);
    story_run(s, START + PL_MINUTE);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_SHUT_OFF), ==, 0);
    story_free(s);
}

static void test_it_says_goodbye_and_is_back_after_the_hold(void)
{
    pl_config config = shutting_off();
    story_host *first = NULL;
    story *s = overload(&config, 11, &first);
    pl_time off = story_last(s->supernode[0], PL_EVENT_SHUT_OFF)->at;
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 0);
    g_assert_cmpint(story_last(first, PL_EVENT_PARENT_LOST)->at, ==, off + ONE_WAY);
    g_assert_cmpstr(story_last(first, PL_EVENT_PARENT_LOST)->event.value[1].text, ==, "overloaded");
    story_run(s, off + HOLD - 1);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_CLIENT_ATTACHED), ==,
                     story_count(s->supernode[0], PL_EVENT_CLIENT_GONE));
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_BACK), ==, 0);
    story_run(s, off + HOLD);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_BACK), ==, 0);
    story_run(s, off + HOLD + 1);
    g_assert_cmpint(story_last(s->supernode[0], PL_EVENT_BACK)->event.value[0].number, ==, HOLD);
    story_host *late = log_in(s);
    g_assert_cmpint(story_run_to(late, PL_EVENT_LOGGED_IN, off + HOLD + PL_MINUTE), !=, PL_NEVER);
    story_free(s);
}

static void test_off_it_is_silent(void)
{
    pl_config config = shutting_off();
    story *s = overload(&config, 11, NULL);
    story_host *late = log_in(s);
    story_run(s, story_now(s) + 4 * PL_MINUTE);
    g_assert_cmpuint(story_count(late, PL_EVENT_LOGIN_ANSWERED), ==, 0);
    g_assert_cmpuint(story_count(late, PL_EVENT_LOGIN_ATTACHED), ==, 0);
    story_free(s);
}

/* Its ports stay open, as those of any node, and it hangs up on whoever comes: a rung is over after two round trips, so
 * that an attempt lasts hardly longer than its UDP. */
static void test_off_it_accepts_and_hangs_up(void)
{
    pl_config config = shutting_off();
    story *s = overload(&config, 11, NULL);
    story_host *late = log_in(s);
    pl_time began = story_now(s);
    g_assert_cmpint(story_run_to(late, PL_EVENT_LOGIN_PAUSE, began + PL_MINUTE), ==,
                    began + 5 * PL_SECOND + 3 * 2 * RTT);
    g_assert_cmpuint(story_count(late, PL_EVENT_LOGIN_OPENED), ==, 3);
    story_free(s);
}

static void test_hard_it_says_nothing(void)
{
    pl_config config = shutting_off();
    config.supernode_shutoff_hard = 1;
    story_host *first = NULL;
    story *s = overload(&config, 11, &first);
    story_run(s, story_now(s) + RTT);
    g_assert_cmpstr(story_last(first, PL_EVENT_PARENT_LOST)->event.value[1].text, ==, "reset");
    story_free(s);
}

static void hear_record(void *owner, pl_id stream, const uint8_t *data, size_t len, pl_time now)
{
    (void)owner, (void)stream, (void)data, (void)len, (void)now;
}

static void hear_probe(void *owner, pl_addr from, uint64_t transaction, pl_time now)
{
    (void)owner, (void)from, (void)transaction, (void)now;
}

static void hear_change(void *owner, pl_time now)
{
    (void)owner, (void)now;
}

static void hear_shut_off(void *owner, int64_t load, pl_time now)
{
    (void)owner, (void)load, (void)now;
}

/* A thousand supernodes of 100 logins a second, 40 % more or less; and one whose host is known. */
static void test_capacities_differ_within_their_spread(void)
{
    static const pl_load_handler handler = {hear_record, hear_probe, hear_shut_off, hear_change};
    story *s = story_new(&(story_options){.supernodes = 1});
    pl_config config = s->config;
    pl_context context = {.port = story_port(s->supernode[0]), .config = &config};
    config.supernode_capacity = 100;
    config.supernode_capacity_spread = 40;
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 1000; i++) {
        pl_load *load = pl_load_new(&(pl_load_options){.context = &context, .handler = &handler});
        least = MIN(least, pl_load_capacity(load));
        most = MAX(most, pl_load_capacity(load));
        pl_load_free(load);
    }
    g_assert_cmpint(least, >=, 60000);
    g_assert_cmpint(least, <, 61000);
    g_assert_cmpint(most, <=, 140000);
    g_assert_cmpint(most, >, 139000);
    pl_load *load = pl_load_new(&(pl_load_options){.context = &context, .capacity = 7, .handler = &handler});
    g_assert_cmpint(pl_load_capacity(load), ==, 7000);
    pl_load_free(load);
    story_free(s);
}

#define ADD(name, test) g_test_add_func("/story/load/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-login-takes-its-time", test_a_login_takes_its_time);
    ADD("the-queue-is-bounded-in-time", test_the_queue_is_bounded_in_time);
    ADD("who-is-busy-says-full", test_who_is_busy_says_full);
    ADD("refusals-cost-and-end", test_refusals_cost_and_end);
    ADD("shut-off-ignites-above-its-threshold", test_shut_off_ignites_above_its_threshold);
    ADD("the-window-moves", test_the_window_moves);
    ADD("goodbye-and-back-after-the-hold", test_it_says_goodbye_and_is_back_after_the_hold);
    ADD("off-it-is-silent", test_off_it_is_silent);
    ADD("off-it-accepts-and-hangs-up", test_off_it_accepts_and_hangs_up);
    ADD("hard-it-says-nothing", test_hard_it_says_nothing);
    ADD("capacities-differ-within-their-spread", test_capacities_differ_within_their_spread);
    return g_test_run();
}
