#include "core/nat/proxy.h"

#include <glib.h>
#include <string.h>

#define REQUEST_MAX                                                                                          \
    128 /* chosen: the longest is "CONNECT 255.255.255.255:443 HTTP/1.1\r\nHost: …\r\n\r\n", 67 bytes */

/* Where in the answer's head we are. */
typedef enum head_state {
    HEAD_STATUS,     /* in the status line, `n_line` bytes of it */
    HEAD_LINE_START, /* at the start of a field line, which may be the empty one */
    HEAD_LINE,       /* in a field line */
    HEAD_CR          /* behind a CR that began a line: only LF may follow */
} head_state;

/* A stream that is not open to its machine yet. */
typedef struct opening {
    pl_id id;
    pl_addr to;
    bool is_open;   /* to the proxy */
    bool is_asked;  /* the whole request is written */
    size_t written; /* bytes of the request */
    head_state state;
    size_t n_line;   /* bytes of the status line */
    size_t n_head;   /* bytes of all heads */
    unsigned status; /* as far as it is read */
} opening;

struct pl_proxy {
    pl_port port;
    pl_addr addr;
    pl_proxy_sink_fn sink;
    void *owner;
    GArray *openings; /* opening */
};

static opening *find(const pl_proxy *proxy, pl_id id)
{
    for (guint i = 0; i < proxy->openings->len; i++) {
        opening *o = &g_array_index(proxy->openings, opening, i);
        if (o->id == id)
            return o;
    }
    return NULL;
}

static void forget(pl_proxy *proxy, pl_id id)
{
    const opening *o = find(proxy, id);
    if (o)
        g_array_remove_index(proxy->openings, (guint)(o - &g_array_index(proxy->openings, opening, 0)));
}

/* --- the port that the machines see --- */

#define PROXY(ctx) ((pl_proxy *)(ctx))
#define PORT(ctx)  PROXY(ctx)->port.ops
#define CTX(ctx)   PROXY(ctx)->port.ctx

static int udp_bind(void *ctx, uint16_t port, pl_id *ret_socket)
{
    return PORT(ctx)->udp_bind(CTX(ctx), port, ret_socket);
}

static int udp_send(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    return PORT(ctx)->udp_send(CTX(ctx), socket, to, ttl, data, len);
}

static int tcp_listen(void *ctx, uint16_t port, pl_id *ret_listener)
{
    return PORT(ctx)->tcp_listen(CTX(ctx), port, ret_listener);
}

static int tcp_open(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    if (to.port != PL_PROXY_PORT)
        return PORT(ctx)->tcp_open(CTX(ctx), local_port, to, ret_stream);
    /* The local port is nobody's business beyond the proxy, and two ways to it from one port would clash. */
    int error = PORT(ctx)->tcp_open(CTX(ctx), 0, PROXY(ctx)->addr, ret_stream);
    if (error == 0) {
        const opening o = {.id = *ret_stream, .to = to};
        g_array_append_val(PROXY(ctx)->openings, o);
    }
    return error;
}

static int tcp_write(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    return PORT(ctx)->tcp_write(CTX(ctx), stream, data, len);
}

static void tcp_more(void *ctx, pl_id stream)
{
    PORT(ctx)->tcp_more(CTX(ctx), stream);
}

static void tcp_shutdown(void *ctx, pl_id stream)
{
    PORT(ctx)->tcp_shutdown(CTX(ctx), stream);
}

static void close_id(void *ctx, pl_id id)
{
    forget(ctx, id);
    PORT(ctx)->close(CTX(ctx), id);
}

static void tcp_abort(void *ctx, pl_id stream)
{
    forget(ctx, stream);
    PORT(ctx)->tcp_abort(CTX(ctx), stream);
}

static uint16_t local_port(void *ctx, pl_id id)
{
    return PORT(ctx)->local_port(CTX(ctx), id);
}

static size_t local_addresses(void *ctx, uint32_t *ret_addresses, size_t max)
{
    return PORT(ctx)->local_addresses(CTX(ctx), ret_addresses, max);
}

static int icmp_echo(void *ctx, uint32_t to, uint16_t sequence, size_t len)
{
    return PORT(ctx)->icmp_echo(CTX(ctx), to, sequence, len);
}

static void random_bytes(void *ctx, uint8_t *out, size_t len)
{
    PORT(ctx)->random(CTX(ctx), out, len);
}

static int keep(void *ctx, const char *key, const uint8_t *data, size_t len)
{
    return PORT(ctx)->keep(CTX(ctx), key, data, len);
}

static size_t load(void *ctx, const char *key, uint8_t *out, size_t max)
{
    return PORT(ctx)->load(CTX(ctx), key, out, max);
}

static void trace(void *ctx, const struct pl_event *event)
{
    PORT(ctx)->trace(CTX(ctx), event);
}

static const pl_port_ops proxy_ops = {.udp_bind = udp_bind,
                                      .udp_send = udp_send,
                                      .tcp_listen = tcp_listen,
                                      .tcp_open = tcp_open,
                                      .tcp_write = tcp_write,
                                      .tcp_more = tcp_more,
                                      .tcp_shutdown = tcp_shutdown,
                                      .close = close_id,
                                      .tcp_abort = tcp_abort,
                                      .local_port = local_port,
                                      .local_addresses = local_addresses,
                                      .icmp_echo = icmp_echo,
                                      .random = random_bytes,
                                      .keep = keep,
                                      .load = load,
                                      .trace = trace};

pl_port pl_proxy_port(pl_proxy *proxy)
{
    return (pl_port){&proxy_ops, proxy};
}

/* --- the answer's head --- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The status line is "HTTP/1.", a digit, a space, three digits, and a space or its end (RFC 9112 §4).  False
 * if the byte has no place there. */
static bool take_status_byte(opening *o, uint8_t byte)
{
    static const char begin[] = "HTTP/1.";
    size_t at = o->n_line++;
    if (at < sizeof begin - 1)
        return byte == (uint8_t)begin[at];
    if (at == 7)
        return is_digit(byte);
    if (at == 8)
        return byte == ' ';
    if (at <= 11) {
        o->status = o->status * 10 + (unsigned)(byte - '0');
        return is_digit(byte) && o->status >= 1;
    }
    if (at == 12 && byte != ' ' && byte != '\r' && byte != '\n')
        return false;
    if (byte == '\n')
        o->state = HEAD_LINE_START;
    return true;
}

typedef enum head_verdict { HEAD_MORE, HEAD_DONE, HEAD_WRONG } head_verdict;

/* The empty line: after an interim answer (1xx, RFC 9110 §15.2) comes another head. */
static head_verdict end_head(opening *o)
{
    if (o->status >= 200)
        return o->status < 300 ? HEAD_DONE : HEAD_WRONG;
    o->state = HEAD_STATUS;
    o->n_line = 0;
    o->status = 0;
    return HEAD_MORE;
}

/* A line may end in CR LF or in LF alone (RFC 9112 §2.2). */
static head_verdict take_head_byte(opening *o, uint8_t byte)
{
    if (++o->n_head > PL_PROXY_HEAD_MAX)
        return HEAD_WRONG;
    switch (o->state) {
    case HEAD_STATUS:
        return take_status_byte(o, byte) ? HEAD_MORE : HEAD_WRONG;
    case HEAD_LINE_START:
        if (byte == '\n')
            return end_head(o);
        o->state = byte == '\r' ? HEAD_CR : HEAD_LINE;
        return HEAD_MORE;
    case HEAD_LINE:
        if (byte == '\n')
            o->state = HEAD_LINE_START;
        return HEAD_MORE;
    case HEAD_CR:
        return byte == '\n' ? end_head(o) : HEAD_WRONG;
    }
    return HEAD_WRONG;
}

/* --- inputs --- */

pl_proxy *pl_proxy_new(const pl_port *port, pl_addr addr, pl_proxy_sink_fn sink, void *owner)
{
    pl_proxy *proxy = g_new0(pl_proxy, 1);
    proxy->port = *port;
    proxy->addr = addr;
    proxy->sink = sink;
    proxy->owner = owner;
    proxy->openings = g_array_new(FALSE, FALSE, sizeof(opening));
    return proxy;
}

void pl_proxy_free(pl_proxy *proxy)
{
    if (!proxy)
        return;
    g_array_unref(proxy->openings);
    g_free(proxy);
}

size_t pl_proxy_opening(const pl_proxy *proxy)
{
    return proxy->openings->len;
}

/* The stream did not open; it is dead for the machine, and for the world if it still had it. */
static void refuse(pl_proxy *proxy, pl_id id, pl_cause cause, pl_time now)
{
    forget(proxy, id);
    proxy->sink(proxy->owner, &(pl_input){.kind = PL_INPUT_CLOSED, .id = id, .cause = cause}, now);
}

static void abort_and_refuse(pl_proxy *proxy, pl_id id, pl_time now)
{
    proxy->port.ops->tcp_abort(proxy->port.ctx, id);
    refuse(proxy, id, PL_CAUSE_REFUSED, now);
}

/* Writes what is left of the request; after a short write, more follows when the stream is writable. */
static void write_request(pl_proxy *proxy, opening *o, pl_time now)
{
    char request[REQUEST_MAX], to[32];
    g_snprintf(to, sizeof to, "%u.%u.%u.%u:%u", o->to.ip >> 24, o->to.ip >> 16 & 255, o->to.ip >> 8 & 255,
               o->to.ip & 255, o->to.port);
    size_t len =
        (size_t)g_snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to);
    if (!o->is_open || o->is_asked)
        return;
    int written = proxy->port.ops->tcp_write(proxy->port.ctx, o->id, (const uint8_t *)request + o->written,
                                             len - o->written);
    if (written >= 0) {
        o->written += (size_t)written;
        o->is_asked = o->written == len;
    } else if (written != PL_ERR_AGAIN)
        abort_and_refuse(proxy, o->id, now);
}

/* Open at last.  The machine may close the stream when it hears so, and then wants no data. */
static size_t open_up(pl_proxy *proxy, const pl_input *input, size_t head, pl_time now)
{
    proxy->sink(proxy->owner, &(pl_input){.kind = PL_INPUT_OPENED, .id = input->id}, now);
    bool is_wanted = find(proxy, input->id) != NULL;
    forget(proxy, input->id);
    if (!is_wanted || head == input->len)
        return input->len;
    pl_input rest = *input;
    rest.data += head;
    rest.len -= head;
    return head + proxy->sink(proxy->owner, &rest, now);
}

static size_t take_data(pl_proxy *proxy, opening *o, const pl_input *input, pl_time now)
{
    head_verdict verdict = HEAD_MORE;
    size_t at = 0;
    while (at < input->len && verdict == HEAD_MORE)
        verdict = take_head_byte(o, input->data[at++]);
    if (verdict == HEAD_DONE && o->is_asked)
        return open_up(proxy, input, at, now);
    if (verdict != HEAD_MORE) /* also who answers what was not asked yet */
        abort_and_refuse(proxy, input->id, now);
    return input->len;
}

/* What ends a stream before it is open is told as what may end one then: how the way to the proxy was, or
 * refused. */
static pl_cause cause_unopened(const opening *o, pl_cause cause)
{
    bool is_the_ways = cause == PL_CAUSE_TIMEOUT || cause == PL_CAUSE_UNREACHABLE;
    return cause == PL_CAUSE_ABORTED || (is_the_ways && !o->is_open) ? cause : PL_CAUSE_REFUSED;
}

size_t pl_proxy_input(pl_proxy *proxy, const pl_input *input, pl_time now)
{
    opening *o = find(proxy, input->id);
    if (!o)
        return proxy->sink(proxy->owner, input, now);
    switch (input->kind) {
    case PL_INPUT_OPENED:
        o->is_open = true;
        write_request(proxy, o, now);
        break;
    case PL_INPUT_WRITABLE:
        write_request(proxy, o, now);
        break;
    case PL_INPUT_DATA:
        return take_data(proxy, o, input, now);
    case PL_INPUT_FIN:
        abort_and_refuse(proxy, input->id, now);
        break;
    case PL_INPUT_CLOSED:
        refuse(proxy, input->id, cause_unopened(o, input->cause), now);
        break;
    case PL_INPUT_TICK:
    case PL_INPUT_DATAGRAM:
    case PL_INPUT_ACCEPTED:
    case PL_INPUT_ICMP:
    case PL_INPUT_ECHO:
    case PL_INPUT_ADDRESS:
        return proxy->sink(proxy->owner, input, now);
    }
    return 0;
}
