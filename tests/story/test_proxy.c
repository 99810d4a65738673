/* test_proxy.c - a network whose only way out is an HTTP proxy: logging in, being signalled to and signalling
 * through it; and the proxy itself, as a host of the simulated world. */
#include <string.h>

#include "sim/world/proxy.h"
#include "tests/support/story_visit.h"

#define ONE_WAY    (50 * PL_MILLISECOND)
#define RTT        (2 * ONE_WAY)
#define PROXY_PORT 8080
#define RUNGS      (5 * PL_SECOND + 2 * 21 * PL_SECOND) /* UDP, the own port and 80 are silent */

/*
 *   alice ──firewall: TCP 8080 out only──▶ proxy ──443──▶ supernodes, login server
 */
static const net_firewall_options proxy_only = {.name = "proxy-only",
                                                .udp_out = NET_DENY,
                                                .tcp_out = NET_DENY,
                                                .tcp_out_ports = {PROXY_PORT},
                                                .icmp_out = NET_DENY,
                                                .tcp_in = NET_DENY,
                                                .udp_in = NET_DENY,
                                                .blocked = NET_DENY,
                                                .udp_state_ns = 2 * PL_MINUTE,
                                                .tcp_state_ns = 2 * PL_HOUR};

typedef struct play {
    story *s;
    story_host *host; /* the proxy's */
    sim_proxy *proxy;
    story_host *alice, *bob;
} play;

static void open_play(play *p)
{
    *p = (play){.s = story_new(&(story_options){.supernodes = 2})};
    p->host = story_add_machine(p->s, sim_proxy_input, NULL);
    p->proxy = sim_proxy_new(&(sim_proxy_options){.stack = p->host->stack, .port = PROXY_PORT});
    p->host->machine_ctx = p->proxy;
    g_assert_cmpint(sim_proxy_start(p->proxy), ==, 0);
    story_account(p->s, "alice", "secret");
    story_settle(p->s);
}

static void close_play(play *p)
{
    story_free(p->s);
    sim_proxy_free(p->proxy);
}

static pl_addr proxy_address(const play *p)
{
    return (pl_addr){p->host->outside, PROXY_PORT};
}

static void add_alice(play *p, pl_addr proxy)
{
    p->alice =
        story_add_client(p->s, &(story_client_options){.discovery = PL_NODE_DISCOVERY_OFF, .proxy = proxy});
    p->alice->network.n_bootstrap = 1;
    net_host_set_firewall(p->s->network, p->alice->stack.host, &proxy_only);
    story_log_in(p->alice, "alice", "secret");
}

/* Two ways instead of one: an open costs three round trips, an exchange two. */
static void test_logging_in(void)
{
    play p;
    open_play(&p);
    pl_time from = story_now(p.s);
    add_alice(&p, proxy_address(&p));
    pl_span opens = 2 * 3 * RTT, exchanges = (2 + 2 + 1) * 2 * RTT;
    g_assert_cmpint(story_run_to(p.alice, PL_EVENT_LOGGED_IN, PL_HOUR), ==, from + RUNGS + opens + exchanges);
    g_assert_cmpstr(story_last(p.alice, PL_EVENT_LOGIN_OPENED)->event.value[0].text, ==, "tcp-443");
    g_assert_true(pl_addr_equal(story_last(p.alice, PL_EVENT_LOGIN_OPENED)->event.value[1].addr,
                                ((pl_addr){STORY_SUPERNODE_IP, 443}))); /* the machine knows of no proxy */
    g_assert_cmpuint(sim_proxy_count(p.proxy).opened, ==, 2);
    g_assert_cmpuint(story_last(p.s->supernode[0], PL_EVENT_CLIENT_ONLINE)->event.value[0].addr.ip, ==,
                     p.host->outside);
    story_log_out(p.alice);
    story_run(p.s, story_now(p.s) + PL_MINUTE);
    g_assert_cmpuint(sim_proxy_sessions(p.proxy), ==, 0);
    g_assert_cmpuint(pl_node_clients(p.s->supernode[0]->node), ==, 0);
    close_play(&p);
}

static void test_without_it_nothing_gets_out(void)
{
    play p;
    open_play(&p);
    add_alice(&p, (pl_addr){0});
    g_assert_cmpint(story_run_to(p.alice, PL_EVENT_LOGIN_PAUSE, PL_HOUR), !=, PL_NEVER);
    g_assert_cmpstr(story_last(p.alice, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, "timeout");
    close_play(&p);
}

static void expect_pause(play *p, pl_time at, const char *cause)
{
    g_assert_cmpint(story_run_to(p->alice, PL_EVENT_LOGIN_PAUSE, PL_HOUR), ==, at);
    g_assert_cmpstr(story_last(p->alice, PL_EVENT_LOGIN_PAUSE)->event.value[0].text, ==, cause);
}

/* The supernode is away: 502 once its SYN was refused. */
static void test_a_target_that_refuses(void)
{
    play p;
    open_play(&p);
    pl_time from = story_now(p.s);
    p.s->bootstrap[0].ip = p.host->outside; /* nobody listens on port 443 there */
    add_alice(&p, proxy_address(&p));
    expect_pause(&p, from + RUNGS + 2 * RTT, "refused");
    g_assert_cmpuint(sim_proxy_count(p.proxy).unreached, ==, 1);
    g_assert_cmpuint(sim_proxy_sessions(p.proxy), ==, 0);
    close_play(&p);
}

/* A proxy that is itself away is as a host that is away; the rung is bounded as it always is. */
static void test_a_dead_proxy(void)
{
    play p;
    open_play(&p);
    pl_time from = story_now(p.s);
    story_fail(p.host);
    add_alice(&p, proxy_address(&p));
    expect_pause(&p, from + RUNGS + 21 * PL_SECOND, "timeout");
    close_play(&p);
}

/* Nor does a proxy that takes the request and says nothing hold a login longer than that. */
static size_t mute(void *ctx, const pl_input *input, pl_time now)
{
    (void)ctx, (void)now;
    return input->len;
}

static void test_a_mute_proxy(void)
{
    play p;
    open_play(&p);
    pl_time from = story_now(p.s);
    p.host->machine = mute;
    add_alice(&p, proxy_address(&p));
    expect_pause(&p, from + RUNGS + 21 * PL_SECOND, "timeout");
    close_play(&p);
}

/* She is behind a proxy, he at another supernode: a visit of hers is one more tunnel, an answer comes back by
 * it; and his visit comes by the stream on which she is attached. */
static void test_signals_both_ways(void)
{
    play p;
    open_play(&p);
    add_alice(&p, proxy_address(&p));
    g_assert_cmpint(story_run_to(p.alice, PL_EVENT_LOGGED_IN, PL_HOUR), !=, PL_NEVER);
    p.bob = story_log_in_at(p.s, "bob", 1, &(story_client_options){0});
    story_callee *bob = story_callee_new(p.bob), *alice = story_callee_new(p.alice);
    pl_time from = story_now(p.s);
    story_caller *hers = story_caller_new(p.alice, "bob", pl_node_supernode_address(p.bob->node));
    story_caller *his = story_caller_new(p.bob, "alice", pl_node_supernode_address(p.alice->node));
    bob->answer = "to alice";
    alice->answer = "to bob";
    story_caller_say(hers, "from alice");
    story_caller_say(his, "from bob");
    story_run(p.s, from + PL_SECOND);
    g_assert_cmpint(bob->heard_at, ==, from + 3 * RTT + 2 * RTT + RTT + ONE_WAY);
    g_assert_cmpint(hers->heard_at, ==, bob->heard_at + ONE_WAY + RTT);
    g_assert_cmpint(alice->heard_at, ==, from + 2 * RTT + ONE_WAY + RTT);
    g_assert_true(story_body_is(hers->bodies, 0, "to alice"));
    g_assert_true(story_body_is(his->bodies, 0, "to bob"));
    story_caller_free(hers);
    story_caller_free(his);
    story_callee_free(bob);
    story_callee_free(alice);
    close_play(&p);
}

/* --- the proxy alone --- */

/*
 *   stranger ──▶ proxy ──▶ another stranger, who listens on 443 and on 25
 */
typedef struct pair {
    play p;
    story_host *client, *target;
    pl_id stream;   /* of the client */
    pl_id accepted; /* of the target */
    size_t takes;   /* bytes that the client takes of each piece; SIZE_MAX = all */
    size_t n_data;  /* that it took */
} pair;

static void note_accepted(story_host *host, const pl_input *input, pl_time now)
{
    (void)now;
    if (input->kind == PL_INPUT_ACCEPTED)
        ((pair *)host->reflex_ctx)->accepted = input->id;
}

static void open_pair(pair *b)
{
    static const uint16_t ports[] = {443, 25};
    *b = (pair){0};
    open_play(&b->p);
    b->client = story_add_stranger(b->p.s);
    b->target = story_add_stranger(b->p.s);
    b->target->reflex = note_accepted;
    b->target->reflex_ctx = b;
    pl_id id;
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
        b->p.s->ops->tcp_listen(b->p.s->engine, b->target->stack.host, ports[i], &id);
    b->stream = story_open(b->client, proxy_address(&b->p));
    story_run(b->p.s, story_now(b->p.s) + PL_SECOND);
}

static void close_pair(pair *b)
{
    b->target->reflex = NULL;
    close_play(&b->p);
}

static void wait(pair *b)
{
    story_run(b->p.s, story_now(b->p.s) + PL_SECOND);
}

static void ask(pair *b, const char *text)
{
    story_write(b->client, b->stream, text, strlen(text));
    wait(b);
}

static void ask_for_target(pair *b)
{
    g_autofree char *text =
        g_strdup_printf("CONNECT %u.%u.%u.%u:443 HTTP/1.1\r\nHost: x\r\n\r\n", b->target->ip >> 24,
                        b->target->ip >> 16 & 255, b->target->ip >> 8 & 255, b->target->ip & 255);
    ask(b, text);
}

static void expect_bytes(const story_host *host, const char *text)
{
    g_assert_cmpuint(host->received->len, ==, strlen(text));
    g_assert_true(memcmp(host->received->data, text, strlen(text)) == 0);
}

#define YES "HTTP/1.1 200 Connection established\r\n\r\n"

static void test_it_splices(void)
{
    pair b;
    open_pair(&b);
    ask_for_target(&b);
    expect_bytes(b.client, YES);
    g_assert_cmpuint(b.accepted, !=, 0);
    ask(&b, "one way");
    expect_bytes(b.target, "one way");
    story_write(b.target, b.accepted, "and the other", 13);
    wait(&b);
    expect_bytes(b.client, YES "and the other");
    close_pair(&b);
}

/* What the client says behind its request waits until the tunnel stands. */
static void test_bytes_behind_the_request(void)
{
    pair b;
    open_pair(&b);
    g_autofree char *text =
        g_strdup_printf("CONNECT %u.%u.%u.%u:443 HTTP/1.1\r\n\r\nearly words", b.target->ip >> 24,
                        b.target->ip >> 16 & 255, b.target->ip >> 8 & 255, b.target->ip & 255);
    ask(&b, text);
    expect_bytes(b.client, YES);
    expect_bytes(b.target, "early words");
    close_pair(&b);
}

static void test_requests_that_it_refuses(void)
{
    static const struct {
        const char *request, *status;
    } rows[] = {
        {"CONNECT 81.0.0.3:25 HTTP/1.1\r\n\r\n", "HTTP/1.1 403 "},
        {"CONNECT 81.0.0.3:80 HTTP/1.1\r\n\r\n", "HTTP/1.1 403 "},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT example.org:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT 81.0.0.3 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT 81.0.0.300:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT 81.0.0.3:0 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT 81.0.0.3:65979 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT 81.0.0.3:443\r\n\r\n", "HTTP/1.1 400 "},
        {"\r\n\r\n", "HTTP/1.1 400 "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        pair b;
        open_pair(&b);
        ask(&b, rows[i].request);
        g_assert_cmpuint(b.client->received->len, >, 13);
        g_assert_true(memcmp(b.client->received->data, rows[i].status, 13) == 0);
        g_assert_nonnull(story_ended(b.client, b.stream));
        g_assert_cmpuint(sim_proxy_count(b.p.proxy).refused, ==, 1);
        g_assert_cmpuint(sim_proxy_sessions(b.p.proxy), ==, 0);
        g_assert_cmpuint(b.accepted, ==, 0);
        close_pair(&b);
    }
}

static void test_a_request_that_is_too_long(void)
{
    pair b;
    char text[SIM_PROXY_REQUEST_MAX + 1];
    memset(text, 'x', sizeof text);
    text[SIM_PROXY_REQUEST_MAX] = 0;
    open_pair(&b);
    text[SIM_PROXY_REQUEST_MAX - 1] = 0;
    ask(&b, text);
    g_assert_cmpuint(b.client->received->len, ==, 0);
    ask(&b, "x");
    g_assert_true(memcmp(b.client->received->data, "HTTP/1.1 400 ", 13) == 0);
    g_assert_cmpuint(sim_proxy_sessions(b.p.proxy), ==, 0);
    close_pair(&b);
}

/* FIN passes as FIN: the other direction lives on. */
static void test_fin_passes(void)
{
    pair b;
    open_pair(&b);
    ask_for_target(&b);
    b.p.s->ops->tcp_shutdown(b.p.s->engine, b.client->stack.host, b.stream);
    wait(&b);
    g_assert_cmpint((int)story_ended(b.target, b.accepted)->kind, ==, PL_INPUT_FIN);
    g_assert_null(story_ended(b.client, b.stream));
    story_write(b.target, b.accepted, "last words", 10);
    b.p.s->ops->tcp_shutdown(b.p.s->engine, b.target->stack.host, b.accepted);
    wait(&b);
    expect_bytes(b.client, YES "last words");
    g_assert_cmpint((int)story_ended(b.client, b.stream)->cause, ==, PL_CAUSE_FIN);
    g_assert_cmpint((int)story_ended(b.target, b.accepted)->cause, ==, PL_CAUSE_FIN);
    g_assert_cmpuint(sim_proxy_sessions(b.p.proxy), ==, 0);
    close_pair(&b);
}

static void expect_reset(pair *b, const story_host *host, pl_id stream)
{
    wait(b);
    g_assert_cmpint((int)story_ended(host, stream)->kind, ==, PL_INPUT_CLOSED);
    g_assert_cmpint((int)story_ended(host, stream)->cause, ==, PL_CAUSE_RESET);
    g_assert_cmpuint(sim_proxy_sessions(b->p.proxy), ==, 0);
}

static void test_rst_passes(void)
{
    pair b;
    open_pair(&b);
    ask_for_target(&b);
    b.p.s->ops->tcp_abort(b.p.s->engine, b.client->stack.host, b.stream);
    expect_reset(&b, b.target, b.accepted);
    close_pair(&b);
    open_pair(&b);
    ask_for_target(&b);
    b.p.s->ops->tcp_abort(b.p.s->engine, b.target->stack.host, b.accepted);
    expect_reset(&b, b.client, b.stream);
    close_pair(&b);
}

/* Who goes while the proxy still opens leaves nothing behind. */
static void test_a_client_that_does_not_wait(void)
{
    pair b;
    open_pair(&b);
    story_cut(b.p.host, b.target);
    ask_for_target(&b);
    g_assert_cmpuint(sim_proxy_sessions(b.p.proxy), ==, 1);
    b.p.s->ops->tcp_abort(b.p.s->engine, b.client->stack.host, b.stream);
    wait(&b);
    g_assert_cmpuint(sim_proxy_sessions(b.p.proxy), ==, 0);
    close_pair(&b);
}

/* A client that reads slowly: its machine takes what it is allowed to. */
static size_t read_slowly(void *ctx, const pl_input *input, pl_time now)
{
    pair *b = ctx;
    (void)now;
    if (input->kind != PL_INPUT_DATA)
        return 0;
    size_t taken = MIN(input->len, b->takes);
    b->takes -= taken;
    b->n_data += taken;
    return taken;
}

static size_t write_all_that_goes(pair *b)
{
    static const uint8_t bytes[4096];
    size_t written = 0;
    for (int n = 1; n > 0; written += (size_t)n) {
        n = b->p.s->ops->tcp_write(b->p.s->engine, b->target->stack.host, b->accepted, bytes, sizeof bytes);
        g_assert_cmpint(n, >=, 0);
    }
    return written;
}

/* What nobody reads is not swallowed: once the four buffers on the way are full, the sender's stack takes no
 * more. */
static void test_back_pressure(void)
{
    pair b;
    size_t written = 0, before;
    open_pair(&b);
    ask_for_target(&b);
    b.client->machine = read_slowly;
    b.client->machine_ctx = &b;
    b.takes = 0;
    do {
        before = written;
        written += write_all_that_goes(&b);
        story_run(b.p.s, story_now(b.p.s) + 10 * PL_SECOND);
    } while (written > before);
    const sim_stack_profile *stack = sim_stack_profile_find("linux");
    g_assert_cmpuint(written, >, stack->send_buffer);
    g_assert_cmpuint(written, <=, 2 * ((size_t)stack->send_buffer + stack->receive_buffer));
    b.takes = SIZE_MAX; /* and all of it arrives when it is read */
    b.p.s->ops->tcp_more(b.p.s->engine, b.client->stack.host, b.stream);
    story_run(b.p.s, story_now(b.p.s) + 5 * PL_MINUTE);
    g_assert_cmpuint(b.n_data, ==, written);
    close_pair(&b);
}

#define ADD(name, test) g_test_add_func("/story/proxy/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("logging-in", test_logging_in);
    ADD("without-it-nothing-gets-out", test_without_it_nothing_gets_out);
    ADD("a-target-that-refuses", test_a_target_that_refuses);
    ADD("a-dead-proxy", test_a_dead_proxy);
    ADD("a-mute-proxy", test_a_mute_proxy);
    ADD("signals-both-ways", test_signals_both_ways);
    ADD("it-splices", test_it_splices);
    ADD("bytes-behind-the-request", test_bytes_behind_the_request);
    ADD("requests-that-it-refuses", test_requests_that_it_refuses);
    ADD("a-request-that-is-too-long", test_a_request_that_is_too_long);
    ADD("fin-passes", test_fin_passes);
    ADD("rst-passes", test_rst_passes);
    ADD("a-client-that-does-not-wait", test_a_client_that_does_not_wait);
    ADD("back-pressure", test_back_pressure);
    return g_test_run();
}
