/* test_proxy.c - the port before a node's port: what is opened to port 443 goes through an HTTP proxy, and no
 * machine above knows. */
#include <glib.h>
#include <string.h>

#include "core/nat/proxy.h"
#include "tests/support/fake_port.h"

#define REQUEST "CONNECT 66.0.0.1:443 HTTP/1.1\r\nHost: 66.0.0.1:443\r\n\r\n"
#define YES     "HTTP/1.1 200 Connection established\r\n\r\n"

static const pl_addr proxy_at = {0x0A0000FE, 3128}, target = {0x42000001, 443};

/* What the machine above was told. */
typedef struct fixture {
    fake_port *fake;
    pl_proxy *proxy;
    pl_port port; /* that the machine sees */
    pl_id id;
    size_t n_opened, n_closed, n_others;
    pl_cause cause;
    GByteArray *received;
    size_t takes; /* of each piece of data; SIZE_MAX = all */
    bool closes_when_opened;
} fixture;

static size_t on_input(void *owner, const pl_input *input, pl_time now)
{
    fixture *f = owner;
    g_assert_cmpint(now, ==, 7);
    if (input->kind == PL_INPUT_OPENED) {
        f->n_opened++;
        if (f->closes_when_opened)
            f->port.ops->close(f->port.ctx, input->id);
    } else if (input->kind == PL_INPUT_CLOSED) {
        f->n_closed++;
        f->cause = input->cause;
    } else if (input->kind == PL_INPUT_DATA) {
        size_t taken = MIN(input->len, f->takes);
        g_byte_array_append(f->received, input->data, (guint)taken);
        return taken;
    } else {
        f->n_others++;
    }
    return 0;
}

static void set_up(fixture *f, gconstpointer data)
{
    (void)data;
    f->fake = fake_port_new();
    f->received = g_byte_array_new();
    f->takes = SIZE_MAX;
    pl_port port = fake_port_of(f->fake);
    f->proxy = pl_proxy_new(&port, proxy_at, on_input, f);
    f->port = pl_proxy_port(f->proxy);
}

static void tear_down(fixture *f, gconstpointer data)
{
    (void)data;
    pl_proxy_free(f->proxy);
    fake_port_free(f->fake);
    g_byte_array_unref(f->received);
}

static void open_to(fixture *f, pl_addr to)
{
    g_assert_cmpint(f->port.ops->tcp_open(f->port.ctx, 0, to, &f->id), ==, 0);
}

static size_t feed(fixture *f, pl_input_kind kind, const char *data, size_t len)
{
    return pl_proxy_input(
        f->proxy, &(pl_input){.kind = kind, .id = f->id, .data = (const uint8_t *)data, .len = len}, 7);
}

static size_t feed_text(fixture *f, const char *text)
{
    return feed(f, PL_INPUT_DATA, text, strlen(text));
}

static void close_by_world(fixture *f, pl_cause cause)
{
    fake_port_drop(f->fake, f->id);
    pl_proxy_input(f->proxy, &(pl_input){.kind = PL_INPUT_CLOSED, .id = f->id, .cause = cause}, 7);
}

static void expect_written(fixture *f, const char *text)
{
    size_t len;
    const uint8_t *data = fake_port_written(f->fake, f->id, &len);
    g_assert_cmpuint(len, ==, strlen(text));
    g_assert_true(len == 0 || memcmp(data, text, len) == 0);
}

static void expect_received(const fixture *f, const char *text)
{
    g_assert_cmpuint(f->received->len, ==, strlen(text));
    g_assert_true(memcmp(f->received->data, text, strlen(text)) == 0);
}

static void expect_refused(const fixture *f)
{
    g_assert_cmpuint(f->n_opened, ==, 0);
    g_assert_cmpuint(f->n_closed, ==, 1);
    g_assert_cmpint((int)f->cause, ==, PL_CAUSE_REFUSED);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
    g_assert_false(fake_port_is_open(f->fake, f->id));
    g_assert_cmpuint(f->received->len, ==, 0);
}

/* To the point where the answer is awaited. */
static void ask(fixture *f)
{
    open_to(f, target);
    feed(f, PL_INPUT_OPENED, NULL, 0);
    expect_written(f, REQUEST);
    g_assert_cmpuint(f->n_opened, ==, 0);
}

static void test_other_ports_pass(fixture *f, gconstpointer data)
{
    (void)data;
    open_to(f, (pl_addr){target.ip, 80});
    g_assert_true(pl_addr_equal(fake_port_take_kind(f->fake, FAKE_OPEN)->to, ((pl_addr){target.ip, 80})));
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
    feed(f, PL_INPUT_OPENED, NULL, 0);
    g_assert_cmpuint(f->n_opened, ==, 1);
    expect_written(f, "");
    g_assert_cmpuint(feed_text(f, "HTTP/1.1 403 No\r\n\r\n"), ==, 19);
    g_assert_cmpuint(f->received->len, ==, 19);
    feed(f, PL_INPUT_FIN, NULL, 0);
    feed(f, PL_INPUT_TICK, NULL, 0);
    g_assert_cmpuint(f->n_others, ==, 2);
    close_by_world(f, PL_CAUSE_RESET);
    g_assert_cmpint((int)f->cause, ==, PL_CAUSE_RESET);
}

static void test_port_443_goes_through_the_proxy(fixture *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(f->port.ops->tcp_open(f->port.ctx, 5000, target, &f->id), ==, 0);
    const fake_ask *asked = fake_port_take_kind(f->fake, FAKE_OPEN);
    g_assert_true(pl_addr_equal(asked->to, proxy_at));
    g_assert_cmpuint(asked->port, ==, 0);    /* a proxy shows nobody our port; two ways to it from one would clash */
    g_assert_cmpuint(asked->id, ==, f->id); /* the id is the world's */
    expect_written(f, "");
    feed(f, PL_INPUT_OPENED, NULL, 0);
    expect_written(f, REQUEST);
    g_assert_cmpuint(feed_text(f, YES), ==, strlen(YES));
    g_assert_cmpuint(f->n_opened, ==, 1);
    g_assert_cmpuint(f->received->len, ==, 0);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
    feed_text(f, "HTTP/1.1 is no matter now\r\n\r\n"); /* from here on it is a stream like any other */
    g_assert_cmpuint(f->received->len, ==, 29);
    feed(f, PL_INPUT_WRITABLE, NULL, 0);
    feed(f, PL_INPUT_FIN, NULL, 0);
    g_assert_cmpuint(f->n_others, ==, 2);
    close_by_world(f, PL_CAUSE_TIMEOUT);
    g_assert_cmpint((int)f->cause, ==, PL_CAUSE_TIMEOUT);
}

static void test_a_port_that_is_in_use(fixture *f, gconstpointer data)
{
    (void)data;
    fake_port_refuse_port(f->fake, PL_PROTOCOL_TCP, 5000, PL_ERR_IN_USE);
    g_assert_cmpint(f->port.ops->tcp_open(f->port.ctx, 5000, (pl_addr){target.ip, 80}, &f->id), ==, PL_ERR_IN_USE);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
    g_assert_cmpint(f->port.ops->tcp_open(f->port.ctx, 5000, target, &f->id), ==, 0); /* there it is not asked for */
}

static void test_short_writes(fixture *f, gconstpointer data)
{
    (void)data;
    fake_port_set_write_room(f->fake, 0);
    open_to(f, target);
    feed(f, PL_INPUT_OPENED, NULL, 0);
    for (size_t i = 0; i < strlen(REQUEST); i++) {
        fake_port_set_write_room(f->fake, 1);
        feed(f, PL_INPUT_WRITABLE, NULL, 0);
    }
    fake_port_set_write_room(f->fake, SIZE_MAX);
    feed(f, PL_INPUT_WRITABLE, NULL, 0);
    expect_written(f, REQUEST);
    g_assert_cmpuint(f->n_others, ==, 0);
    feed_text(f, YES);
    g_assert_cmpuint(f->n_opened, ==, 1);
}

/* Who answers before the question is out talks of something else. */
static void test_an_answer_before_the_question(fixture *f, gconstpointer data)
{
    (void)data;
    fake_port_set_write_room(f->fake, 10);
    open_to(f, target);
    feed(f, PL_INPUT_OPENED, NULL, 0);
    feed_text(f, YES);
    expect_refused(f);
}

static void test_byte_by_byte(fixture *f, gconstpointer data)
{
    static const char answer[] = YES "first bytes";
    (void)data;
    ask(f);
    for (size_t i = 0; i < sizeof answer - 1; i++) {
        g_assert_cmpuint(feed(f, PL_INPUT_DATA, answer + i, 1), ==, 1);
        g_assert_cmpuint(f->n_opened, ==, i + 1 >= strlen(YES) ? 1 : 0);
    }
    expect_received(f, "first bytes");
}

static void test_data_behind_the_head(fixture *f, gconstpointer data)
{
    (void)data;
    ask(f);
    f->takes = 3; /* the machine is slow: the rest comes again, and is counted right */
    g_assert_cmpuint(feed_text(f, YES "abcdef"), ==, strlen(YES) + 3);
    g_assert_cmpuint(f->n_opened, ==, 1);
    g_assert_cmpuint(feed_text(f, "def"), ==, 3);
    expect_received(f, "abcdef");
}

static void test_a_machine_that_closes_at_once(fixture *f, gconstpointer data)
{
    (void)data;
    ask(f);
    f->closes_when_opened = true;
    g_assert_cmpuint(feed_text(f, YES "abc"), ==, strlen(YES) + 3);
    g_assert_cmpuint(f->n_opened, ==, 1);
    g_assert_cmpuint(f->received->len, ==, 0);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
}

static void test_a_machine_that_gives_up(fixture *f, gconstpointer data)
{
    (void)data;
    ask(f);
    f->port.ops->tcp_abort(f->port.ctx, f->id);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
    g_assert_cmpuint(fake_port_count_kind(f->fake, FAKE_ABORT), ==, 1);
    g_assert_cmpuint(f->n_opened + f->n_closed, ==, 0);
}

static void test_answers(void)
{
    static const struct {
        const char *answer;
        bool opens;
    } rows[] = {
        {YES, true},
        {"HTTP/1.0 200 OK\r\n\r\n", true},
        {"HTTP/1.1 200\r\n\r\n", true},
        {"HTTP/1.1 200 \r\n\r\n", true},
        {"HTTP/1.1 200 OK\n\n", true},
        {"HTTP/1.1 204 No Content\r\nVia: 1.1 somebody\r\nX:\r\n\r\n", true},
        {"HTTP/1.1 299 Odd\r\nContent-Length: 5\r\n\r\n", true}, /* ignored: spec RFC 9110 §9.3.6 */
        {"HTTP/1.1 100 Continue\r\n\r\n" YES, true},
        {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" YES, true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", false},
        {"HTTP/1.1 300 Multiple\r\n\r\n", false},
        {"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", false},
        {"HTTP/1.1 403 Forbidden\r\n\r\n<html>", false},
        {"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", false},
        {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 999 What\r\n\r\n", false},
        {"HTTP/1.1 099 What\r\n", false},
        {"HTTP/1.1 000 What\r\n", false},
        {"HTTP/2 200\r\n", false},
        {"HTTP/1.1  200 OK\r\n", false},
        {"HTTP/1.1 20 OK\r\n", false},
        {"HTTP/1.1 2000 OK\r\n", false},
        {"HTTP/1.1 -20 OK\r\n", false},
        {"HTTP/1.x 200 OK\r\n", false},
        {"http/1.1 200 OK\r\n", false},
        {"\r\nHTTP/1.1 200 OK\r\n", false},
        {"SSH-2.0-OpenSSH\r\n", false},
        {"\x10\x01\x02", false},
        {"HTTP/1.1 200 OK\r\n\rX", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fixture f = {0};
        set_up(&f, NULL);
        ask(&f);
        g_assert_cmpuint(feed_text(&f, rows[i].answer), ==, strlen(rows[i].answer));
        if (rows[i].opens) {
            g_assert_cmpuint(f.n_opened, ==, 1);
            g_assert_cmpuint(f.n_closed, ==, 0);
        } else {
            expect_refused(&f);
        }
        tear_down(&f, NULL);
    }
}

/* An answer whose head has `len` bytes in all. */
static char *long_answer(size_t len)
{
    GString *text = g_string_new("HTTP/1.1 200 OK\r\nX: ");
    while (text->len < len - 4)
        g_string_append_c(text, 'x');
    g_string_append(text, "\r\n\r\n");
    return g_string_free(text, FALSE);
}

static void test_the_head_is_bounded(fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *longest = long_answer(PL_PROXY_HEAD_MAX), *too_long = long_answer(PL_PROXY_HEAD_MAX + 1);
    ask(f);
    feed_text(f, longest);
    g_assert_cmpuint(f->n_opened, ==, 1);
    f->n_opened = 0;
    ask(f);
    feed_text(f, too_long);
    expect_refused(f);
}

/* Interim answers without end are one head too long. */
static void test_interim_answers_without_end(fixture *f, gconstpointer data)
{
    (void)data;
    ask(f);
    for (int i = 0; i < 1000 && f->n_closed == 0; i++)
        feed_text(f, "HTTP/1.1 100 Continue\r\n\r\n");
    expect_refused(f);
}

static void test_a_proxy_that_leaves(fixture *f, gconstpointer data)
{
    (void)data;
    ask(f);
    feed_text(f, "HTTP/1.1 200 OK\r\n");
    feed(f, PL_INPUT_FIN, NULL, 0);
    expect_refused(f);
}

/* Before it is open the way to the proxy tells; after it, whatever ends it is a no. */
static void test_ways_to_end(void)
{
    static const struct {
        bool asked;
        pl_cause world, told;
    } rows[] = {
        {false, PL_CAUSE_REFUSED, PL_CAUSE_REFUSED},
        {false, PL_CAUSE_TIMEOUT, PL_CAUSE_TIMEOUT},
        {false, PL_CAUSE_UNREACHABLE, PL_CAUSE_UNREACHABLE},
        {false, PL_CAUSE_ABORTED, PL_CAUSE_ABORTED},
        {true, PL_CAUSE_RESET, PL_CAUSE_REFUSED},
        {true, PL_CAUSE_TIMEOUT, PL_CAUSE_REFUSED},
        {true, PL_CAUSE_UNREACHABLE, PL_CAUSE_REFUSED},
        {true, PL_CAUSE_FIN, PL_CAUSE_REFUSED},
        {true, PL_CAUSE_ABORTED, PL_CAUSE_ABORTED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fixture f = {0};
        set_up(&f, NULL);
        if (rows[i].asked)
            ask(&f);
        else
            open_to(&f, target);
        close_by_world(&f, rows[i].world);
        g_assert_cmpuint(f.n_closed, ==, 1);
        g_assert_cmpint((int)f.cause, ==, (int)rows[i].told);
        g_assert_cmpuint(pl_proxy_opening(f.proxy), ==, 0);
        tear_down(&f, NULL);
    }
}

static void test_many_at_once(fixture *f, gconstpointer data)
{
    pl_id ids[20];
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        open_to(f, (pl_addr){target.ip + (uint32_t)i, 443});
        ids[i] = f->id;
        feed(f, PL_INPUT_OPENED, NULL, 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i += 2) {
        f->id = ids[i];
        feed_text(f, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    }
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 10);
    for (size_t i = 1; i < G_N_ELEMENTS(ids); i += 2) {
        f->id = ids[i];
        feed_text(f, YES);
    }
    g_assert_cmpuint(f->n_opened, ==, 10);
    g_assert_cmpuint(f->n_closed, ==, 10);
    g_assert_cmpuint(pl_proxy_opening(f->proxy), ==, 0);
}

/* The other doors of the port lead to the world. */
static void test_the_rest_of_the_port(fixture *f, gconstpointer data)
{
    pl_id socket, listener;
    uint32_t address;
    uint8_t bytes[4] = {0};
    (void)data;
    const pl_port *port = &f->port;
    g_assert_cmpint(port->ops->udp_bind(port->ctx, 5000, &socket), ==, 0);
    g_assert_cmpint(port->ops->udp_send(port->ctx, socket, (pl_addr){1, 443}, 3, bytes, 4), ==, 0);
    g_assert_true(pl_addr_equal(fake_port_take_kind(f->fake, FAKE_SEND)->to, ((pl_addr){1, 443})));
    g_assert_cmpint(port->ops->tcp_listen(port->ctx, 443, &listener), ==, 0);
    g_assert_cmpuint(port->ops->local_port(port->ctx, listener), ==, 443);
    g_assert_cmpuint(port->ops->local_addresses(port->ctx, &address, 1), ==, 1);
    port->ops->random(port->ctx, bytes, sizeof bytes);
    g_assert_cmpint(port->ops->keep(port->ctx, "key", bytes, 4), ==, 0);
    g_assert_cmpuint(port->ops->load(port->ctx, "key", bytes, 4), ==, 4);
    g_assert_cmpint(port->ops->icmp_echo(port->ctx, 1, 2, 3), ==, 0);
    port->ops->trace(port->ctx, &(pl_event){.id = PL_EVENT_LOGGED_OUT});
    g_assert_cmpuint(fake_port_count_events(f->fake, PL_EVENT_LOGGED_OUT), ==, 1);
    open_to(f, (pl_addr){1, 80});
    g_assert_cmpint(port->ops->tcp_write(port->ctx, f->id, bytes, 4), ==, 4);
    port->ops->tcp_more(port->ctx, f->id);
    port->ops->tcp_shutdown(port->ctx, f->id);
    port->ops->close(port->ctx, f->id);
    port->ops->close(port->ctx, socket);
    g_assert_cmpuint(fake_port_open_count(f->fake), ==, 1); /* the listener */
}

#define ADD(name, test) g_test_add("/nat/proxy/" name, fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("other-ports-pass", test_other_ports_pass);
    ADD("port-443-goes-through-the-proxy", test_port_443_goes_through_the_proxy);
    ADD("a-port-that-is-in-use", test_a_port_that_is_in_use);
    ADD("short-writes", test_short_writes);
    ADD("an-answer-before-the-question", test_an_answer_before_the_question);
    ADD("byte-by-byte", test_byte_by_byte);
    ADD("data-behind-the-head", test_data_behind_the_head);
    ADD("a-machine-that-closes-at-once", test_a_machine_that_closes_at_once);
    ADD("a-machine-that-gives-up", test_a_machine_that_gives_up);
    g_test_add_func("/nat/proxy/answers", test_answers);
    ADD("the-head-is-bounded", test_the_head_is_bounded);
    ADD("interim-answers-without-end", test_interim_answers_without_end);
    ADD("a-proxy-that-leaves", test_a_proxy_that_leaves);
    g_test_add_func("/nat/proxy/ways-to-end", test_ways_to_end);
    ADD("many-at-once", test_many_at_once);
    ADD("the-rest-of-the-port", test_the_rest_of_the_port);
    return g_test_run();
}
