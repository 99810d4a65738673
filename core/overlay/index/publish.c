#include "core/overlay/index/publish.h"

#include <string.h>

#include "core/overlay/index/letter.h"

typedef struct job {
    GBytes *what; /* an encoded entry, or a pl_departure */
    bool is_gone; /* the latter */
    pl_addr to;
    uint64_t transaction;
    int64_t tries;
    uint8_t key[PL_KEY_BYTES]; /* of whom it was sent to */
    pl_time due;               /* once sent: give up waiting */
} job;

struct pl_publisher {
    pl_context *context;
    const pl_mesh *mesh;
    const pl_keypair *own;
    pl_id socket;
    GQueue waiting; /* job, first come first served */
    GQueue sent;    /* job by due, since all wait equally long */
    pl_time paced_at;
    pl_deadline deadline;
};

static void on_deadline(void *machine, pl_time now);

pl_publisher *pl_publisher_new(pl_context *context, const pl_mesh *mesh, const pl_keypair *own, pl_id socket)
{
    pl_publisher *publisher = g_new0(pl_publisher, 1);
    publisher->context = context;
    publisher->mesh = mesh;
    publisher->own = own;
    publisher->socket = socket;
    g_queue_init(&publisher->waiting);
    g_queue_init(&publisher->sent);
    return publisher;
}

static void job_free(void *data)
{
    job *j = data;
    g_bytes_unref(j->what);
    g_free(j);
}

void pl_publisher_free(pl_publisher *publisher)
{
    if (!publisher)
        return;
    pl_deadline_cancel(&publisher->context->deadlines, &publisher->deadline);
    g_queue_clear_full(&publisher->waiting, job_free);
    g_queue_clear_full(&publisher->sent, job_free);
    g_free(publisher);
}

static void wait_for_next(pl_publisher *publisher)
{
    const job *first = g_queue_peek_head(&publisher->sent);
    pl_time at = first ? first->due : PL_NEVER;
    if (!g_queue_is_empty(&publisher->waiting))
        at = MIN(at, publisher->paced_at);
    pl_deadline_set(&publisher->context->deadlines, &publisher->deadline, at, on_deadline, publisher);
}

static pl_letter_ends ends_of(const pl_publisher *publisher, const job *j)
{
    return (pl_letter_ends){publisher->context->suite, publisher->own, j->key};
}

static size_t write_letter(const pl_publisher *publisher, const job *j, uint8_t *ret_bytes)
{
    gsize len;
    const void *what = g_bytes_get_data(j->what, &len);
    const pl_letter_ends ends = ends_of(publisher, j);
    return j->is_gone ? pl_letter_gone(ret_bytes, &ends, j->transaction, what)
                      : pl_letter_store(ret_bytes, &ends, j->transaction, (pl_bytes_view){what, len});
}

/* Who is no member any more gets nothing. */
static void send(pl_publisher *publisher, job *j, pl_time now)
{
    const pl_context *context = publisher->context;
    const pl_member *member = pl_view_find(pl_mesh_view(publisher->mesh), j->to);
    uint8_t bytes[PL_LETTER_BYTES_MAX];
    if (!member) {
        job_free(j);
        return;
    }
    memcpy(j->key, member->key, sizeof j->key);
    pl_context_random(context, &j->transaction, sizeof j->transaction); /* a nonce, never twice the same */
    j->tries++;
    j->due = now + context->config->index_answer_wait;
    size_t len = write_letter(publisher, j, bytes);
    if (len)
        context->port.ops->udp_send(context->port.ctx, publisher->socket, j->to, 0, bytes, len);
    g_queue_push_tail(&publisher->sent, j);
    publisher->paced_at = now + PL_SECOND / context->config->index_publish_rate;
}

/* Who said nothing is asked again, after those who wait already. */
static void take_due(pl_publisher *publisher, pl_time now)
{
    job *j;
    while ((j = g_queue_peek_head(&publisher->sent)) && j->due <= now) {
        g_queue_pop_head(&publisher->sent);
        if (j->tries < publisher->context->config->index_tries)
            g_queue_push_tail(&publisher->waiting, j);
        else
            job_free(j);
    }
}

static void on_deadline(void *machine, pl_time now)
{
    pl_publisher *publisher = machine;
    take_due(publisher, now);
    if (!g_queue_is_empty(&publisher->waiting) && now >= publisher->paced_at)
        send(publisher, g_queue_pop_head(&publisher->waiting), now);
    wait_for_next(publisher);
}

static int add(pl_publisher *publisher, GBytes *what, bool is_gone, pl_addr to, pl_time now)
{
    guint n = g_queue_get_length(&publisher->waiting) + g_queue_get_length(&publisher->sent);
    if (n >= (guint)publisher->context->config->index_queue_max)
        return PL_ERR_LIMIT;
    job *j = g_new0(job, 1);
    j->what = g_bytes_ref(what);
    j->is_gone = is_gone;
    j->to = to;
    g_queue_push_tail(&publisher->waiting, j);
    publisher->paced_at = MAX(publisher->paced_at, now);
    wait_for_next(publisher);
    return 0;
}

int pl_publisher_add(pl_publisher *publisher, GBytes *entry, pl_addr to, pl_time now)
{
    return add(publisher, entry, false, to, now);
}

int pl_publisher_add_gone(pl_publisher *publisher, GBytes *departure, pl_addr to, pl_time now)
{
    return add(publisher, departure, true, to, now);
}

int pl_publisher_stored(pl_publisher *publisher, pl_addr from, const pl_message *message, pl_time now)
{
    (void)now;
    for (GList *link = publisher->sent.head; link; link = link->next) {
        job *j = link->data;
        if (j->transaction != message->transaction || !pl_addr_equal(j->to, from))
            continue;
        pl_letter letter;
        const pl_letter_ends ends = ends_of(publisher, j);
        int error = pl_letter_read_reply(&letter, &ends, message);
        if (error)
            return error;
        g_queue_delete_link(&publisher->sent, link);
        job_free(j);
        wait_for_next(publisher);
        return 0;
    }
    return PL_ERR_UNEXPECTED;
}
