#include "tests/support/fake_port.h"

#include <glib.h>
#include <string.h>

/* An id that was given: its local port, and what was written to it. */
typedef struct fake_id {
    pl_id id;
    uint16_t port;
    bool open;
    GByteArray *written;
    size_t written_read;
} fake_id;

typedef struct fake_refusal {
    int protocol;
    uint16_t port;
    int error;
} fake_refusal;

struct fake_port {
    GPtrArray *asks;  /* fake_ask, not yet taken */
    GPtrArray *taken; /* fake_ask, kept so that they stay valid */
    GPtrArray *ids;   /* fake_id, in order of giving */
    GArray *refusals;
    GArray *events; /* pl_event */
    GArray *addresses;
    GByteArray *random_script;
    guint random_at;
    uint64_t random_state;
    GHashTable *kept; /* text → GBytes */
    size_t sends_until_failure;
    int send_error;
    size_t write_room;
    uint16_t next_port;
};

static void free_ask(gpointer data)
{
    fake_ask *ask = data;
    g_free(ask->data);
    g_free(ask);
}

static void free_id(gpointer data)
{
    fake_id *id = data;
    g_byte_array_unref(id->written);
    g_free(id);
}

fake_port *fake_port_new(void)
{
    fake_port *fake = g_new0(fake_port, 1);
    fake->asks = g_ptr_array_new_with_free_func(free_ask);
    fake->taken = g_ptr_array_new_with_free_func(free_ask);
    fake->ids = g_ptr_array_new_with_free_func(free_id);
    fake->refusals = g_array_new(FALSE, FALSE, sizeof(fake_refusal));
    fake->events = g_array_new(FALSE, FALSE, sizeof(pl_event));
    fake->addresses = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    fake->random_script = g_byte_array_new();
    fake->random_state = 0x9E3779B97F4A7C15;
    fake->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    fake->write_room = SIZE_MAX;
    fake->next_port = 40000;
    uint32_t address = 0x0A000002;
    g_array_append_val(fake->addresses, address);
    return fake;
}

void fake_port_free(fake_port *fake)
{
    if (!fake)
        return;
    g_ptr_array_unref(fake->asks);
    g_ptr_array_unref(fake->taken);
    g_ptr_array_unref(fake->ids);
    g_array_unref(fake->refusals);
    g_array_unref(fake->events);
    g_array_unref(fake->addresses);
    g_byte_array_unref(fake->random_script);
    g_hash_table_unref(fake->kept);
    g_free(fake);
}

static fake_id *find_id(const fake_port *fake, pl_id id)
{
    for (guint i = 0; i < fake->ids->len; i++) {
        fake_id *known = g_ptr_array_index(fake->ids, i);
        if (known->id == id)
            return known;
    }
    return NULL;
}

/* The open id, or the test fails: a machine may not touch what is closed. */
static fake_id *use_id(const fake_port *fake, pl_id id)
{
    fake_id *known = find_id(fake, id);
    g_assert_nonnull(known);
    g_assert_true(known->open);
    return known;
}

static pl_id give_id(fake_port *fake, uint16_t port)
{
    fake_id *known = g_new0(fake_id, 1);
    known->id = 0x100 + fake->ids->len;
    known->port = port ? port : fake->next_port++;
    known->open = true;
    known->written = g_byte_array_new();
    g_ptr_array_add(fake->ids, known);
    return known->id;
}

static void record(fake_port *fake, fake_ask ask, const uint8_t *data)
{
    fake_ask *copy = g_new(fake_ask, 1);
    *copy = ask;
    copy->data = data ? g_memdup2(data, ask.len) : NULL;
    g_ptr_array_add(fake->asks, copy);
}

static int refusal_of(const fake_port *fake, int protocol, uint16_t port)
{
    for (guint i = fake->refusals->len; i-- > 0;) {
        fake_refusal refusal = g_array_index(fake->refusals, fake_refusal, i);
        if (refusal.protocol == protocol && refusal.port == port)
            return refusal.error;
    }
    return 0;
}

static int on_udp_bind(void *ctx, uint16_t port, pl_id *ret_socket)
{
    fake_port *fake = ctx;
    int error = refusal_of(fake, PL_PROTOCOL_UDP, port);
    if (error)
        return error;
    *ret_socket = give_id(fake, port);
    record(fake, (fake_ask){.kind = FAKE_BIND, .id = *ret_socket, .port = port}, NULL);
    return 0;
}

static int on_udp_send(void *ctx, pl_id socket, pl_addr to, uint8_t ttl, const uint8_t *data, size_t len)
{
    fake_port *fake = ctx;
    use_id(fake, socket);
    if (fake->sends_until_failure > 1)
        fake->sends_until_failure--;
    else if (fake->send_error)
        return fake->send_error;
    record(fake, (fake_ask){.kind = FAKE_SEND, .id = socket, .to = to, .ttl = ttl, .len = len}, data);
    return 0;
}

static int on_tcp_listen(void *ctx, uint16_t port, pl_id *ret_listener)
{
    fake_port *fake = ctx;
    int error = refusal_of(fake, PL_PROTOCOL_TCP, port);
    if (error)
        return error;
    *ret_listener = give_id(fake, port);
    record(fake, (fake_ask){.kind = FAKE_LISTEN, .id = *ret_listener, .port = port}, NULL);
    return 0;
}

static int on_tcp_open(void *ctx, uint16_t local_port, pl_addr to, pl_id *ret_stream)
{
    fake_port *fake = ctx;
    int error = local_port ? refusal_of(fake, PL_PROTOCOL_TCP, local_port) : 0;
    if (error)
        return error;
    *ret_stream = give_id(fake, local_port);
    record(fake, (fake_ask){.kind = FAKE_OPEN, .id = *ret_stream, .port = local_port, .to = to}, NULL);
    return 0;
}

static int on_tcp_write(void *ctx, pl_id stream, const uint8_t *data, size_t len)
{
    fake_port *fake = ctx;
    fake_id *known = use_id(fake, stream);
    size_t accepted = MIN(len, fake->write_room);
    if (fake->write_room != SIZE_MAX)
        fake->write_room -= accepted;
    if (accepted)
        g_byte_array_append(known->written, data, (guint)accepted);
    record(fake, (fake_ask){.kind = FAKE_WRITE, .id = stream, .len = accepted}, data);
    return (int)accepted;
}

static void on_tcp_more(void *ctx, pl_id stream)
{
    use_id(ctx, stream);
    record(ctx, (fake_ask){.kind = FAKE_MORE, .id = stream}, NULL);
}

static void on_tcp_shutdown(void *ctx, pl_id stream)
{
    use_id(ctx, stream);
    record(ctx, (fake_ask){.kind = FAKE_SHUTDOWN, .id = stream}, NULL);
}

static void on_close(void *ctx, pl_id id)
{
    use_id(ctx, id)->open = false;
    record(ctx, (fake_ask){.kind = FAKE_CLOSE, .id = id}, NULL);
}

static void on_tcp_abort(void *ctx, pl_id stream)
{
    use_id(ctx, stream)->open = false;
    record(ctx, (fake_ask){.kind = FAKE_ABORT, .id = stream}, NULL);
}

static uint16_t on_local_port(void *ctx, pl_id id)
{
    return use_id(ctx, id)->port;
}

static size_t on_local_addresses(void *ctx, uint32_t *ret_addresses, size_t max)
{
    fake_port *fake = ctx;
    for (guint i = 0; i < fake->addresses->len && i < max; i++)
        ret_addresses[i] = g_array_index(fake->addresses, uint32_t, i);
    return fake->addresses->len;
}

static int on_icmp_echo(void *ctx, uint32_t to, uint16_t sequence, size_t len)
{
    record(ctx, (fake_ask){.kind = FAKE_ECHO, .to = {.ip = to}, .sequence = sequence, .len = len}, NULL);
    return 0;
}

/* xorshift64*: any unending stream will do, but it must be the same in every run. */
static uint8_t next_random(fake_port *fake)
{
    if (fake->random_at < fake->random_script->len)
        return fake->random_script->data[fake->random_at++];
    fake->random_state ^= fake->random_state >> 12;
    fake->random_state ^= fake->random_state << 25;
    fake->random_state ^= fake->random_state >> 27;
    return (uint8_t)((fake->random_state * 0x2545F4914F6CDD1D) >> 56);
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = next_random(ctx);
}

static int on_keep(void *ctx, const char *key, const uint8_t *data, size_t len)
{
    fake_port_put(ctx, key, data, len);
    return 0;
}

static size_t on_load(void *ctx, const char *key, uint8_t *out, size_t max)
{
    size_t len = 0;
    const uint8_t *data = fake_port_kept(ctx, key, &len);
    if (len && max)
        memcpy(out, data, MIN(len, max));
    return len;
}

static void on_trace(void *ctx, const struct pl_event *event)
{
    fake_port *fake = ctx;
    g_array_append_vals(fake->events, event, 1);
}

pl_port fake_port_of(fake_port *fake)
{
    static const pl_port_ops ops = {
        .udp_bind = on_udp_bind,
        .udp_send = on_udp_send,
        .tcp_listen = on_tcp_listen,
        .tcp_open = on_tcp_open,
        .tcp_write = on_tcp_write,
        .tcp_more = on_tcp_more,
        .tcp_shutdown = on_tcp_shutdown,
        .close = on_close,
        .tcp_abort = on_tcp_abort,
        .local_port = on_local_port,
        .local_addresses = on_local_addresses,
        .icmp_echo = on_icmp_echo,
        .random = on_random,
        .keep = on_keep,
        .load = on_load,
        .trace = on_trace,
    };
    return (pl_port){.ops = &ops, .ctx = fake};
}

void fake_port_set_addresses(fake_port *fake, const uint32_t *addresses, size_t n)
{
    g_array_set_size(fake->addresses, 0);
    g_array_append_vals(fake->addresses, addresses, (guint)n);
}

void fake_port_refuse_port(fake_port *fake, int protocol, uint16_t port, int error)
{
    fake_refusal refusal = {.protocol = protocol, .port = port, .error = error};
    g_array_append_val(fake->refusals, refusal);
}

void fake_port_fail_sends(fake_port *fake, size_t nth, int error)
{
    fake->sends_until_failure = nth;
    fake->send_error = error;
}

void fake_port_set_write_room(fake_port *fake, size_t bytes)
{
    fake->write_room = bytes;
}

void fake_port_script_random(fake_port *fake, const uint8_t *data, size_t len)
{
    g_byte_array_append(fake->random_script, data, (guint)len);
}

void fake_port_put(fake_port *fake, const char *key, const void *data, size_t len)
{
    if (len == 0)
        g_hash_table_remove(fake->kept, key);
    else
        g_hash_table_replace(fake->kept, g_strdup(key), g_bytes_new(data, len));
}

pl_id fake_port_accept(fake_port *fake, pl_id listener)
{
    return give_id(fake, use_id(fake, listener)->port);
}

void fake_port_drop(fake_port *fake, pl_id id)
{
    use_id(fake, id)->open = false;
}

/* Moves the ask at `at` to those taken, so that it stays valid. */
static const fake_ask *take_at(fake_port *fake, guint at)
{
    fake_ask *ask = g_ptr_array_steal_index(fake->asks, at);
    g_ptr_array_add(fake->taken, ask);
    return ask;
}

const fake_ask *fake_port_take(fake_port *fake)
{
    return fake->asks->len ? take_at(fake, 0) : NULL;
}

const fake_ask *fake_port_take_kind(fake_port *fake, fake_ask_kind kind)
{
    for (guint i = 0; i < fake->asks->len; i++) {
        const fake_ask *ask = g_ptr_array_index(fake->asks, i);
        if (ask->kind == kind)
            return take_at(fake, i);
    }
    return NULL;
}

size_t fake_port_count_kind(const fake_port *fake, fake_ask_kind kind)
{
    size_t n = 0;
    for (guint i = 0; i < fake->asks->len; i++)
        n += ((const fake_ask *)g_ptr_array_index(fake->asks, i))->kind == kind;
    return n;
}

size_t fake_port_count(const fake_port *fake)
{
    return fake->asks->len;
}

void fake_port_skip(fake_port *fake)
{
    while (fake_port_take(fake))
        continue;
}

bool fake_port_is_open(const fake_port *fake, pl_id id)
{
    const fake_id *known = find_id(fake, id);
    return known && known->open;
}

size_t fake_port_open_count(const fake_port *fake)
{
    size_t n = 0;
    for (guint i = 0; i < fake->ids->len; i++)
        n += ((const fake_id *)g_ptr_array_index(fake->ids, i))->open;
    return n;
}

pl_id fake_port_nth_id(const fake_port *fake, size_t n)
{
    return n < fake->ids->len ? ((const fake_id *)g_ptr_array_index(fake->ids, n))->id : 0;
}

const uint8_t *fake_port_written(fake_port *fake, pl_id stream, size_t *ret_len)
{
    fake_id *known = find_id(fake, stream);
    g_assert_nonnull(known);
    const uint8_t *start = known->written->data + known->written_read;
    *ret_len = known->written->len - known->written_read;
    known->written_read = known->written->len;
    return start;
}

const uint8_t *fake_port_kept(const fake_port *fake, const char *key, size_t *ret_len)
{
    GBytes *bytes = g_hash_table_lookup(fake->kept, key);
    *ret_len = bytes ? g_bytes_get_size(bytes) : 0;
    return bytes ? g_bytes_get_data(bytes, NULL) : NULL;
}

size_t fake_port_event_count(const fake_port *fake)
{
    return fake->events->len;
}

const pl_event *fake_port_event(const fake_port *fake, size_t n)
{
    g_assert_cmpuint(n, <, fake->events->len);
    return &g_array_index(fake->events, pl_event, n);
}

size_t fake_port_count_events(const fake_port *fake, pl_event_id id)
{
    size_t n = 0;
    for (guint i = 0; i < fake->events->len; i++)
        n += g_array_index(fake->events, pl_event, i).id == id;
    return n;
}

const pl_event *fake_port_last_event(const fake_port *fake, pl_event_id id)
{
    for (guint i = fake->events->len; i-- > 0;) {
        if (g_array_index(fake->events, pl_event, i).id == id)
            return &g_array_index(fake->events, pl_event, i);
    }
    return NULL;
}
