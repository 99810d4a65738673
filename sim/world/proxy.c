#include "sim/world/proxy.h"

#include <glib.h>
#include <string.h>

/* Named by what is awaited. */
typedef enum session_state {
    SESSION_REQUEST, /* the client's request */
    SESSION_TARGET,  /* the target's stream to open */
    SESSION_ANSWER,  /* room for the rest of our answer */
    SESSION_SPLICED  /* bytes, either way */
} session_state;

typedef struct session {
    session_state state;
    pl_id client, target; /* 0 = none, or gone */
    bool is_over;         /* the answer was a no: the client's stream is closed behind it */
    const char *answer;   /* what is left of it */
    size_t n_request;
    char request[SIM_PROXY_REQUEST_MAX + 1];
} session;

struct sim_proxy {
    sim_proxy_options options;
    GHashTable *sessions; /* either stream → session; looked up, never walked */
    GPtrArray *all;       /* the same sessions, owned */
    sim_proxy_counts counts;
};

#define OPS(proxy)  (proxy)->options.stack.ops
#define HOST(proxy) (proxy)->options.stack.engine, (proxy)->options.stack.host

sim_proxy *sim_proxy_new(const sim_proxy_options *options)
{
    sim_proxy *proxy = g_new0(sim_proxy, 1);
    proxy->options = *options;
    proxy->sessions = g_hash_table_new(g_direct_hash, g_direct_equal);
    proxy->all = g_ptr_array_new_with_free_func(g_free);
    return proxy;
}

void sim_proxy_free(sim_proxy *proxy)
{
    if (!proxy)
        return;
    g_hash_table_destroy(proxy->sessions);
    g_ptr_array_unref(proxy->all);
    g_free(proxy);
}

int sim_proxy_start(sim_proxy *proxy)
{
    pl_id listener;
    return OPS(proxy)->tcp_listen(HOST(proxy), proxy->options.port, &listener);
}

size_t sim_proxy_sessions(const sim_proxy *proxy)
{
    return proxy->all->len;
}

sim_proxy_counts sim_proxy_count(const sim_proxy *proxy)
{
    return proxy->counts;
}

/* One side's stream is dead; the session goes with the last. */
static void forget(sim_proxy *proxy, session *s, pl_id id)
{
    g_hash_table_remove(proxy->sessions, GUINT_TO_POINTER(id));
    if (s->client == id)
        s->client = 0;
    if (s->target == id)
        s->target = 0;
    if (!s->client && !s->target)
        g_ptr_array_remove_fast(proxy->all, s);
}

static pl_id other_of(const session *s, pl_id id)
{
    return id == s->client ? s->target : s->client;
}

/* --- answers --- */

/* Writes what is left of the answer; then the session is over, or both sides are let through. */
static void go_on_answering(sim_proxy *proxy, session *s)
{
    int written =
        OPS(proxy)->tcp_write(HOST(proxy), s->client, (const uint8_t *)s->answer, strlen(s->answer));
    if (written > 0)
        s->answer += written;
    if (*s->answer)
        return;
    if (s->is_over) {
        OPS(proxy)->close(HOST(proxy), s->client);
        forget(proxy, s, s->client);
        return;
    }
    s->state = SESSION_SPLICED;
    OPS(proxy)->tcp_more(HOST(proxy), s->client);
    OPS(proxy)->tcp_more(HOST(proxy), s->target);
}

static void answer(sim_proxy *proxy, session *s, const char *text)
{
    s->state = SESSION_ANSWER;
    s->answer = text;
    go_on_answering(proxy, s);
}

static void refuse(sim_proxy *proxy, session *s, const char *text)
{
    s->is_over = true;
    answer(proxy, s, text);
}

/* --- the request --- */

/* A number of at most so many digits; -1 if there is none. */
static long take_number(const char **at, int digits)
{
    long number = 0;
    int n = 0;
    for (; n < digits && g_ascii_isdigit(**at); n++)
        number = number * 10 + (*(*at)++ - '0');
    return n ? number : -1;
}

static bool take_address(const char **at, pl_addr *ret_addr)
{
    uint32_t ip = 0;
    for (int i = 0; i < 4; i++) {
        long part = take_number(at, 3);
        if (part < 0 || part > 255 || *(*at)++ != (i < 3 ? '.' : ':'))
            return false;
        ip = ip << 8 | (uint32_t)part;
    }
    long port = take_number(at, 5);
    *ret_addr = (pl_addr){ip, (uint16_t)port};
    return port > 0 && port <= UINT16_MAX;
}

static bool read_request(const char *text, pl_addr *ret_target)
{
    static const char method[] = "CONNECT ";
    if (strncmp(text, method, sizeof method - 1) != 0)
        return false;
    text += sizeof method - 1;
    return take_address(&text, ret_target) && strncmp(text, " HTTP/1.", 8) == 0;
}

static void open_target(sim_proxy *proxy, session *s)
{
    pl_addr target;
    if (!read_request(s->request, &target)) {
        proxy->counts.refused++;
        refuse(proxy, s, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    } else if (target.port != 443) {
        proxy->counts.refused++;
        refuse(proxy, s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    } else if (OPS(proxy)->tcp_open(HOST(proxy), 0, target, &s->target) != 0) {
        s->target = 0;
        proxy->counts.unreached++;
        refuse(proxy, s, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    } else {
        s->state = SESSION_TARGET;
        g_hash_table_insert(proxy->sessions, GUINT_TO_POINTER(s->target), s);
    }
}

/* Takes the head and no byte behind it: those are the tunnel's. */
static size_t take_request(sim_proxy *proxy, session *s, const pl_input *input)
{
    for (size_t at = 0; at < input->len;) {
        s->request[s->n_request++] = (char)input->data[at++];
        bool is_end = s->n_request >= 4 && memcmp(s->request + s->n_request - 4, "\r\n\r\n", 4) == 0;
        if (!is_end && s->n_request < SIM_PROXY_REQUEST_MAX)
            continue;
        if (!is_end)
            s->request[0] = 0; /* too long is not understood */
        open_target(proxy, s);
        return at;
    }
    return input->len;
}

/* --- inputs --- */

static void accept_client(sim_proxy *proxy, pl_id stream)
{
    if (proxy->all->len >= SIM_PROXY_SESSIONS_MAX) {
        OPS(proxy)->tcp_abort(HOST(proxy), stream);
        return;
    }
    session *s = g_new0(session, 1);
    s->client = stream;
    g_hash_table_insert(proxy->sessions, GUINT_TO_POINTER(stream), s);
    g_ptr_array_add(proxy->all, s);
}

/* What the other side does not take stays where it is, and its window closes. */
static size_t take_data(sim_proxy *proxy, session *s, const pl_input *input)
{
    if (s->state == SESSION_REQUEST)
        return take_request(proxy, s, input);
    if (s->is_over)
        return input->len;
    if (s->state != SESSION_SPLICED)
        return 0;
    pl_id to = other_of(s, input->id);
    int written = to ? OPS(proxy)->tcp_write(HOST(proxy), to, input->data, input->len) : (int)input->len;
    return written > 0 ? (size_t)written : 0;
}

static void take_fin(sim_proxy *proxy, session *s, pl_id id)
{
    pl_id to = other_of(s, id);
    if (s->state == SESSION_SPLICED && to) {
        OPS(proxy)->tcp_shutdown(HOST(proxy), to);
        return;
    }
    /* A client that asked for nothing or did not wait, or a side whose other side is gone. */
    if (to) {
        OPS(proxy)->tcp_abort(HOST(proxy), to);
        forget(proxy, s, to);
    }
    OPS(proxy)->close(HOST(proxy), id);
    forget(proxy, s, id);
}

static void take_writable(sim_proxy *proxy, session *s, pl_id id)
{
    if (s->state == SESSION_ANSWER && id == s->client)
        go_on_answering(proxy, s);
    else if (s->state == SESSION_SPLICED && other_of(s, id))
        OPS(proxy)->tcp_more(HOST(proxy), other_of(s, id));
}

static void take_closed(sim_proxy *proxy, session *s, const pl_input *input)
{
    pl_id to = other_of(s, input->id);
    if (s->state == SESSION_TARGET && input->id == s->target) {
        proxy->counts.unreached++;
        forget(proxy, s, input->id); /* the client is still there */
        refuse(proxy, s, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    if (to && input->cause != PL_CAUSE_FIN) {
        OPS(proxy)->tcp_abort(HOST(proxy), to);
        forget(proxy, s, to);
    }
    forget(proxy, s, input->id);
}

static void take_opened(sim_proxy *proxy, session *s)
{
    proxy->counts.opened++;
    answer(proxy, s, "HTTP/1.1 200 Connection established\r\n\r\n");
}

size_t sim_proxy_input(void *ctx, const pl_input *input, pl_time now)
{
    sim_proxy *proxy = ctx;
    session *s = g_hash_table_lookup(proxy->sessions, GUINT_TO_POINTER(input->id));
    (void)now;
    if (input->kind == PL_INPUT_ACCEPTED)
        accept_client(proxy, input->id);
    if (!s)
        return input->len;
    if (input->kind == PL_INPUT_DATA)
        return take_data(proxy, s, input);
    if (input->kind == PL_INPUT_OPENED)
        take_opened(proxy, s);
    else if (input->kind == PL_INPUT_FIN)
        take_fin(proxy, s, input->id);
    else if (input->kind == PL_INPUT_WRITABLE)
        take_writable(proxy, s, input->id);
    else if (input->kind == PL_INPUT_CLOSED)
        take_closed(proxy, s, input);
    return 0;
}
