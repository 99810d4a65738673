/* test_parents.c - the life of an attachment: keep-alives, silence, spares, and who logs in again by himself. */
#include "tests/support/story.h"

#define START   (10 * PL_SECOND)
#define RTT     (100 * PL_MILLISECOND)
#define ONE_WAY (RTT / 2)
#define ONLINE  (START + 8 * RTT) /* a login by UDP */
#define SILENCE (90 * PL_SECOND)  /* overlay.keep_alive and overlay.keep_alive_wait */

typedef struct fixture {
    story *s;
    story_host *alice;
} fixture;

static void begin_as(fixture *f, const story_options *options, const story_client_options *client)
{
    story_client_options of_alice = *client;
    of_alice.discovery = PL_NODE_DISCOVERY_OFF;
    f->s = story_new(options);
    story_account(f->s, "alice", "wonderland");
    story_settle(f->s);
    f->alice = story_add_client(f->s, &of_alice);
    story_log_in(f->alice, "alice", "wonderland");
}

static void begin(fixture *f, const story_options *options, const story_client_options *client)
{
    begin_as(f, options, client);
    g_assert_cmpint(story_run_to(f->alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==, ONLINE);
    story_run(f->s, START + PL_SECOND);
}

static void end(fixture *f)
{
    story_free(f->s);
}

static story_host *parent_of(const fixture *f)
{
    pl_addr address = pl_node_supernode_address(f->alice->node);
    for (size_t i = 0; i < f->s->n_supernodes; i++)
        if (f->s->bootstrap[i].ip == address.ip)
            return f->s->supernode[i];
    return NULL;
}

static const char *text_of(const story_host *host, pl_event_id event, size_t column)
{
    return story_last(host, event)->event.value[column].text;
}

/* Nothing at deadline − 1 ns, the act at the deadline. */
static void expect_at(const fixture *f, const story_host *host, pl_event_id event, size_t n, pl_time at)
{
    story_run(f->s, at);
    g_assert_cmpuint(story_count(host, event), ==, n - 1);
    story_run(f->s, at + 1);
    g_assert_cmpuint(story_count(host, event), ==, n);
}

/* --- keep-alives --- */

typedef struct tally {
    uint64_t packets, bytes;
} tally;

static bool count(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    (void)from, (void)now;
    tally *t = ctx;
    t->packets++;
    t->bytes += packet->payload_len;
    return true;
}

/* One record each way, and the acknowledgement of the last: three packets of 19 bytes and none. */
static void test_a_quiet_hour_is_kept_alive(void)
{
    fixture f;
    tally t = {0};
    pl_config config;
    pl_config_init(&config);
    config.cache_refresh_interval = 2 * PL_HOUR;
    begin(&f, &(story_options){.supernodes = 1, .config = &config}, &(story_client_options){0});
    story_run(f.s, START + 30 * PL_SECOND);
    f.s->filter = count;
    f.s->filter_ctx = &t;
    story_run(f.s, START + 30 * PL_SECOND + PL_HOUR);
    g_assert_cmpuint(t.packets, ==, 3 * 60);
    g_assert_cmpuint(t.bytes, ==, 60 * 2 * 19);
    g_assert_cmpint(pl_node_login_state(f.alice->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(pl_node_online(f.s->supernode[0]->node), ==, 1);
    end(&f);
}

static void test_a_client_that_vanished_is_missed(void)
{
    fixture f;
    begin(&f, &(story_options){0}, &(story_client_options){0});
    story_run(f.s, START + 90 * PL_SECOND);
    story_host *parent = parent_of(&f);
    story_fail(f.alice);
    pl_time heard = ONLINE + PL_MINUTE + ONE_WAY; /* her only keep-alive */
    expect_at(&f, parent, PL_EVENT_CLIENT_GONE, 1, heard + SILENCE);
    g_assert_cmpstr(text_of(parent, PL_EVENT_CLIENT_GONE, 0), ==, "silent");
    g_assert_cmpuint(pl_node_online(parent->node), ==, 0);
    end(&f);
}

static void test_a_supernode_that_vanished_is_missed(void)
{
    fixture f;
    begin(&f, &(story_options){0}, &(story_client_options){0});
    story_run(f.s, START + 90 * PL_SECOND);
    story_fail(parent_of(&f));
    pl_time heard = ONLINE + PL_MINUTE + RTT;
    expect_at(&f, f.alice, PL_EVENT_PARENT_LOST, 1, heard + SILENCE);
    g_assert_cmpstr(text_of(f.alice, PL_EVENT_PARENT_LOST, 1), ==, "silent");
    end(&f);
}

static void test_without_keep_alives_nobody_is_missed(void)
{
    fixture f;
    pl_config config;
    pl_config_init(&config);
    config.overlay_keep_alive = 0;
    config.cache_refresh_interval = 2 * PL_HOUR;
    begin(&f, &(story_options){.supernodes = 2, .config = &config}, &(story_client_options){0});
    story_cut(f.alice, parent_of(&f));
    story_run(f.s, START + PL_HOUR);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_PARENT_LOST), ==, 0);
    g_assert_cmpuint(pl_node_online(parent_of(&f)->node), ==, 1);
    end(&f);
}

/* --- spares --- */

/* The parent was restarted: she hears of it by RST, and is with a spare four round trips later: a probe, TCP, Noise,
 * and attach and advertise in one flight.  The login server grants nothing. */
static void test_a_spare_takes_the_child_of_a_dead_supernode(void)
{
    fixture f;
    begin(&f, &(story_options){0}, &(story_client_options){0});
    story_host *former = parent_of(&f);
    size_t granted = story_count(f.s->server, PL_EVENT_SERVER_GRANTED);
    story_fail(former);
    story_restart(former);
    pl_time lost = ONLINE + PL_MINUTE + RTT;
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_PARENT_LOST, PL_HOUR), ==, lost);
    expect_at(&f, f.alice, PL_EVENT_HANDED_OVER, 1, lost + 4 * RTT);
    g_assert_cmpint(story_last(f.alice, PL_EVENT_HANDED_OVER)->event.value[1].number, ==, 4 * RTT);
    g_assert_true(parent_of(&f) != former);
    g_assert_cmpuint(pl_node_online(parent_of(&f)->node), ==, 1);
    g_assert_cmpuint(story_count(f.s->server, PL_EVENT_SERVER_GRANTED), ==, granted + 1); /* the supernode's own */
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_STARTED), ==, 1);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGGED_IN), ==, 1);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGGED_OUT), ==, 0);
    story_run(f.s, START + 2 * PL_HOUR); /* and that attachment lives as the first did */
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_PARENT_LOST), ==, 1);
    end(&f);
}

/* Where UDP is blocked she does not wait for it a second time. */
static void test_without_udp_a_spare_is_asked_by_tcp(void)
{
    fixture f;
    begin_as(&f, &(story_options){0}, &(story_client_options){.firewall = "udp-blocked"});
    pl_time online = story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR);
    story_run(f.s, online + PL_SECOND);
    story_host *former = parent_of(&f);
    story_fail(former);
    story_restart(former);
    pl_time lost = story_run_to(f.alice, PL_EVENT_PARENT_LOST, PL_HOUR);
    expect_at(&f, f.alice, PL_EVENT_HANDED_OVER, 1, lost + 3 * RTT);
    end(&f);
}

/* A full spare names others, but is no parent: the next rung finds one. */
static void test_a_spare_that_is_full_is_left_out(void)
{
    fixture f;
    begin(&f, &(story_options){.supernodes = 3}, &(story_client_options){0});
    story_host *former = parent_of(&f);
    for (size_t i = 0; i < 2; i++) {
        story_host *spare = f.s->supernode[i] == former ? f.s->supernode[2] : f.s->supernode[i];
        if (i == 0)
            spare->config.supernode_clients_max = 0;
    }
    story_fail(former);
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_HANDED_OVER, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpuint(pl_node_online(parent_of(&f)->node), ==, 1);
    end(&f);
}

/* Granted in second 10, lost in second 70, at the spare in second 71: with 60 s she does not try, with 61 s the spare
 * says that it has lapsed, with 62 s it is good. */
static void test_the_credential_must_still_be_valid(void)
{
    for (pl_span lifetime = 60; lifetime <= 62; lifetime++) {
        fixture f;
        pl_config config;
        pl_config_init(&config);
        config.server_credential_lifetime = lifetime * PL_SECOND;
        begin(&f, &(story_options){.supernodes = 2, .config = &config}, &(story_client_options){0});
        story_host *parent = parent_of(&f);
        story_fail(parent);
        story_restart(parent);
        pl_time lost = ONLINE + PL_MINUTE + RTT;
        expect_at(&f, f.alice, PL_EVENT_PARENT_LOST, 1, lost);
        story_run(f.s, PL_HOUR);
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_HANDED_OVER), ==, lifetime == 62);
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_RUNG) > 2, ==, lifetime != 60);
        if (lifetime == 60)
            g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_OUT)->at, ==, lost);
        if (lifetime == 61)
            g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_OUT)->at, ==, lost + 4 * RTT);
        end(&f);
    }
}

/* With parents.spares 0 losing the supernode is being logged out. */
static void test_no_spares_no_hand_over(void)
{
    fixture f;
    pl_config config;
    pl_config_init(&config);
    config.parents_spares = 0;
    begin(&f, &(story_options){.config = &config}, &(story_client_options){0});
    story_fail(parent_of(&f));
    pl_time lost = story_run_to(f.alice, PL_EVENT_PARENT_LOST, PL_HOUR);
    g_assert_cmpint(lost, ==, ONLINE + SILENCE);
    g_assert_cmpint(story_last(f.alice, PL_EVENT_LOGGED_OUT)->at, ==, lost);
    g_assert_cmpint(pl_node_login_state(f.alice->node), ==, PL_LOGIN_IDLE);
    g_assert_cmpint(pl_node_deadline(f.alice->node), ==, PL_NEVER);
    end(&f);
}

/* No spare answers: 5 s of UDP and three kinds of port, once; then she is out, for the reason of the first loss's end. */
static void test_spares_that_are_dead(void)
{
    fixture f;
    begin(&f, &(story_options){0}, &(story_client_options){0});
    for (size_t i = 0; i < f.s->n_supernodes; i++)
        story_fail(f.s->supernode[i]);
    pl_time lost = ONLINE + SILENCE;
    expect_at(&f, f.alice, PL_EVENT_PARENT_LOST, 1, lost);
    expect_at(&f, f.alice, PL_EVENT_LOGGED_OUT, 1, lost + 5 * PL_SECOND + 3 * 21 * PL_SECOND);
    g_assert_cmpstr(text_of(f.alice, PL_EVENT_LOGGED_OUT, 0), ==, "timeout");
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_FAILED), ==, 0);
    end(&f);
}

static void test_logging_out_while_being_handed_over(void)
{
    fixture f;
    begin(&f, &(story_options){0}, &(story_client_options){.relogin = "every"});
    story_fail(parent_of(&f));
    pl_time lost = story_run_to(f.alice, PL_EVENT_PARENT_LOST, PL_HOUR);
    for (pl_span after = RTT / 2; after <= 3 * RTT; after += RTT / 2)
        story_run(f.s, lost + after);
    story_log_out(f.alice);
    g_assert_cmpstr(text_of(f.alice, PL_EVENT_LOGGED_OUT, 0), ==, "user");
    story_run(f.s, lost + PL_HOUR);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_STARTED), ==, 1);
    for (size_t i = 0; i < f.s->n_supernodes; i++)
        g_assert_true(!f.s->supernode[i]->node || pl_node_online(f.s->supernode[i]->node) == 0);
    end(&f);
}

/* --- the re-login policy --- */

/* The only supernode dies, and is back before she misses it. */
static pl_time lose_the_only_one(fixture *f, const pl_config *config, const char *policy)
{
    begin(f, &(story_options){.supernodes = 1, .config = config}, &(story_client_options){.relogin = policy});
    story_fail(f->s->supernode[0]);
    return story_run_to(f->alice, PL_EVENT_LOGGED_OUT, PL_HOUR);
}

static void test_policy_none_stays_out(void)
{
    fixture f;
    pl_time out = lose_the_only_one(&f, NULL, "none");
    g_assert_cmpint(out, ==, ONLINE + SILENCE);
    story_restart(f.s->supernode[0]);
    story_run(f.s, out + PL_HOUR);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_STARTED), ==, 1);
    end(&f);
}

static void test_policy_every_comes_back_at_its_interval(void)
{
    fixture f;
    pl_time out = lose_the_only_one(&f, NULL, "every");
    g_assert_cmpint(pl_node_login_state(f.alice->node), ==, PL_LOGIN_WAITING);
    /* A later login that fails: one in the cache, silent; 5 attempts. */
    pl_span login = 5 * (5 + 3 * 21) * PL_SECOND + 4 * 6 * PL_SECOND;
    expect_at(&f, f.alice, PL_EVENT_LOGIN_STARTED, 2, out + PL_MINUTE);
    expect_at(&f, f.alice, PL_EVENT_LOGIN_FAILED, 1, out + PL_MINUTE + login);
    story_restart(f.s->supernode[0]);
    expect_at(&f, f.alice, PL_EVENT_LOGGED_IN, 2, out + 2 * PL_MINUTE + login + 8 * RTT);
    end(&f);
}

static void expect_wait(const fixture *f, pl_span longest)
{
    pl_span wait = story_last(f->alice, PL_EVENT_LOGIN_WAITING)->event.value[1].number;
    g_assert_cmpint(wait, <=, longest);
    g_assert_cmpint(wait, >=, longest / 2);
}

static void test_policy_back_off_doubles_up_to_its_cap(void)
{
    fixture f;
    pl_config config;
    pl_config_init(&config);
    config.relogin_cap = 35 * PL_SECOND;
    config.login_attempts = 1;
    lose_the_only_one(&f, &config, "back-off");
    static const pl_span longest[] = {10 * PL_SECOND, 20 * PL_SECOND, 35 * PL_SECOND, 35 * PL_SECOND};
    for (size_t i = 0; i < G_N_ELEMENTS(longest); i++) {
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_WAITING), ==, i + 1);
        expect_wait(&f, longest[i]);
        const story_record *waiting = story_last(f.alice, PL_EVENT_LOGIN_WAITING);
        expect_at(&f, f.alice, PL_EVENT_LOGIN_STARTED, i + 2, waiting->at + waiting->event.value[1].number);
        g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGIN_WAITING, PL_HOUR), !=, PL_NEVER);
    }
    story_restart(f.s->supernode[0]);
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    story_run(f.s, story_now(f.s) + PL_SECOND);
    story_fail(f.s->supernode[0]); /* who was online begins anew */
    g_assert_cmpint(story_run_to(f.alice, PL_EVENT_LOGIN_WAITING, story_now(f.s) + PL_HOUR), !=, PL_NEVER);
    expect_wait(&f, longest[0]);
    end(&f);
}

static void test_without_jitter_pauses_are_exact(void)
{
    fixture f;
    pl_config config;
    pl_config_init(&config);
    config.relogin_jitter = 0;
    pl_time out = lose_the_only_one(&f, &config, "back-off");
    expect_at(&f, f.alice, PL_EVENT_LOGIN_STARTED, 2, out + 10 * PL_SECOND);
    end(&f);
}

/* A thousand draws fill the range, and do not leave it. */
static void test_jitter_fills_its_range(void)
{
    fixture f;
    const pl_relogin_policy *policy = pl_relogin_policy_find("back-off");
    begin(&f, &(story_options){.supernodes = 1}, &(story_client_options){0});
    pl_config config = f.s->config;
    const pl_context context = {.port = story_port(f.alice), .config = &config};
    pl_span least = PL_HOUR, most = 0;
    for (int i = 0; i < 1000; i++) {
        pl_span wait = policy->wait(&context, 3); /* 80 s at most */
        least = MIN(least, wait);
        most = MAX(most, wait);
    }
    g_assert_cmpint(least, >=, 40 * PL_SECOND);
    g_assert_cmpint(least, <, 41 * PL_SECOND);
    g_assert_cmpint(most, <=, 80 * PL_SECOND);
    g_assert_cmpint(most, >, 79 * PL_SECOND);
    g_assert_cmpint(policy->wait(&context, 1000000), <=, config.relogin_cap);
    config.relogin_first = 0;
    g_assert_cmpint(policy->wait(&context, 1000000), ==, 0);
    end(&f);
}

/* The login server's word on the user ends it; and so does the user. */
static void test_what_is_not_tried_again(void)
{
    fixture f;
    begin(&f, &(story_options){.supernodes = 1}, &(story_client_options){.relogin = "every"});
    story_log_out(f.alice);
    story_run(f.s, story_now(f.s) + PL_SECOND);
    story_log_in(f.alice, "alice", "looking-glass");
    story_run(f.s, PL_HOUR);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_FAILED), ==, 1);
    g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_STARTED), ==, 2);
    g_assert_cmpint(pl_node_login_state(f.alice->node), ==, PL_LOGIN_IDLE);
    end(&f);
}

static void test_the_users_acts_end_the_wait(void)
{
    for (int is_login = 0; is_login < 2; is_login++) {
        fixture f;
        pl_time out = lose_the_only_one(&f, NULL, "every");
        story_restart(f.s->supernode[0]);
        story_run(f.s, out + PL_SECOND);
        if (is_login)
            story_log_in(f.alice, "alice", "wonderland");
        else
            story_log_out(f.alice);
        story_run(f.s, out + 10 * PL_MINUTE);
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGIN_STARTED), ==, (guint)(1 + is_login));
        g_assert_cmpuint(story_count(f.alice, PL_EVENT_LOGGED_OUT), ==, 1);
        end(&f);
    }
}

#define ADD(name, test) g_test_add_func("/story/parents/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-quiet-hour-is-kept-alive", test_a_quiet_hour_is_kept_alive);
    ADD("a-client-that-vanished-is-missed", test_a_client_that_vanished_is_missed);
    ADD("a-supernode-that-vanished-is-missed", test_a_supernode_that_vanished_is_missed);
    ADD("without-keep-alives-nobody-is-missed", test_without_keep_alives_nobody_is_missed);
    ADD("a-spare-takes-the-child", test_a_spare_takes_the_child_of_a_dead_supernode);
    ADD("without-udp-a-spare-is-asked-by-tcp", test_without_udp_a_spare_is_asked_by_tcp);
    ADD("a-full-spare-is-left-out", test_a_spare_that_is_full_is_left_out);
    ADD("the-credential-must-be-valid", test_the_credential_must_still_be_valid);
    ADD("no-spares-no-hand-over", test_no_spares_no_hand_over);
    ADD("spares-that-are-dead", test_spares_that_are_dead);
    ADD("logging-out-while-handed-over", test_logging_out_while_being_handed_over);
    ADD("policy-none", test_policy_none_stays_out);
    ADD("policy-every", test_policy_every_comes_back_at_its_interval);
    ADD("policy-back-off", test_policy_back_off_doubles_up_to_its_cap);
    ADD("without-jitter", test_without_jitter_pauses_are_exact);
    ADD("jitter-fills-its-range", test_jitter_fills_its_range);
    ADD("not-tried-again", test_what_is_not_tried_again);
    ADD("the-users-acts-end-the-wait", test_the_users_acts_end_the_wait);
    return g_test_run();
}
