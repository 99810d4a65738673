#include "sim/light/queue.h"

#include "sim/light/heap.h"
#include "sim/memory.h"

#include <glib.h>
#include <string.h>

/* chosen: 2^17 ns × 65 536 buckets = 8.6 s, which holds nearly all packets and short timers; a bucket of
 * a busy run holds some hundred events, which are sorted in the first-level cache. */
#define WIDTH_BITS 17
#define BUCKETS 65536
#define BUCKET_MASK (BUCKETS - 1)
#define WORDS (BUCKETS / 64)
/* chosen: a chunk is four cache lines; most buckets of a sparse run need one. */
#define CHUNK_EVENTS 7
#define CHUNKS_PER_BLOCK 256
/* chosen: below this many, insertion is quicker than two counting passes. */
#define INSERTION_MAX 48
/* chosen: places between the stages of warming an event up: enough work for a line to come from memory. */
#define STAGE_PLACES 3
#define STAGES 6
/* chosen: below it the run is so small that the near caches hold it. */
#define WARM_MIN 8

typedef struct chunk {
    sim_queue_event events[CHUNK_EVENTS];
    struct chunk *next; /* in a bucket: a ring, so that the last one leads to the first */
    uint64_t spare[3];
} chunk;

typedef struct bucket {
    chunk *last;
    uint32_t count;
} bucket;

struct sim_queue {
    bucket *buckets;
    uint64_t words[WORDS];           /* a bit for each bucket that is not empty */
    uint64_t summary[WORDS / 64];    /* a bit for each word that is not zero */
    int64_t current;                 /* number of the bucket that is being emptied, counted from time 0 */
    size_t count;
    size_t in_wheel;

    sim_queue_event *ready;          /* the current bucket, in order of insertion */
    uint64_t *keys;                  /* offset in the bucket << 32 | place in ready, sorted */
    uint64_t *scratch;
    size_t ready_count, ready_next, ready_capacity;

    sim_heap late;                   /* pushed into the current bucket, or before it */
    sim_heap far;                    /* beyond the wheel */
    chunk *free_chunks;
    sim_blocks blocks;
    sim_warm_fn warm;                /* NULL: none */
};

sim_queue *sim_queue_new(void)
{
    sim_queue *queue = g_new0(sim_queue, 1);
    queue->buckets = g_new0(bucket, BUCKETS);
    queue->current = -1;
    return queue;
}

void sim_queue_free(sim_queue *queue)
{
    if (!queue)
        return;
    sim_heap_clear(&queue->late);
    sim_heap_clear(&queue->far);
    sim_blocks_clear(&queue->blocks);
    g_free(queue->ready);
    g_free(queue->keys);
    g_free(queue->scratch);
    g_free(queue->buckets);
    g_free(queue);
}

static void chunks_grow(sim_queue *queue)
{
    chunk *block = sim_blocks_take(&queue->blocks, CHUNKS_PER_BLOCK * sizeof(chunk));
    for (size_t i = 0; i < CHUNKS_PER_BLOCK; i++) {
        block[i].next = queue->free_chunks;
        queue->free_chunks = &block[i];
    }
}

static chunk *chunk_take(sim_queue *queue)
{
    if (!queue->free_chunks)
        chunks_grow(queue);
    chunk *taken = queue->free_chunks;
    queue->free_chunks = taken->next;
    return taken;
}

static void bits_set(sim_queue *queue, size_t slot)
{
    const size_t word = slot / 64;
    queue->words[word] |= UINT64_C(1) << (slot % 64);
    queue->summary[word / 64] |= UINT64_C(1) << (word % 64);
}

static void bits_clear(sim_queue *queue, size_t slot)
{
    const size_t word = slot / 64;
    queue->words[word] &= ~(UINT64_C(1) << (slot % 64));
    if (!queue->words[word])
        queue->summary[word / 64] &= ~(UINT64_C(1) << (word % 64));
}

/* The first slot at or after `from` that is not empty, BUCKETS if there is none. */
static size_t bits_next(const sim_queue *queue, size_t from)
{
    size_t word = from / 64;
    const uint64_t rest = queue->words[word] & (~UINT64_C(0) << (from % 64));
    if (rest)
        return 64 * word + (size_t)__builtin_ctzll(rest);
    word++;
    for (size_t group = word / 64; group < WORDS / 64; group++) {
        uint64_t words = queue->summary[group];
        if (group == word / 64)
            words &= ~UINT64_C(0) << (word % 64);
        if (!words)
            continue;
        const size_t found = 64 * group + (size_t)__builtin_ctzll(words);
        return 64 * found + (size_t)__builtin_ctzll(queue->words[found]);
    }
    return BUCKETS;
}

static void wheel_push(sim_queue *queue, const sim_queue_event *event)
{
    const size_t slot = (size_t)(event->when >> WIDTH_BITS) & BUCKET_MASK;
    bucket *into = &queue->buckets[slot];
    const uint32_t place = into->count % CHUNK_EVENTS;
    if (place == 0) {
        chunk *fresh = chunk_take(queue);
        if (into->count == 0) {
            fresh->next = fresh;
            bits_set(queue, slot);
        } else {
            fresh->next = into->last->next;
            into->last->next = fresh;
        }
        into->last = fresh;
    }
    into->last->events[place] = *event;
    into->count++;
    queue->in_wheel++;
}

void sim_queue_push(sim_queue *queue, const sim_queue_event *event)
{
    const int64_t number = event->when >> WIDTH_BITS;
    queue->count++;
    if (number <= queue->current)
        sim_heap_push(&queue->late, event);
    else if (number < queue->current + BUCKETS)
        wheel_push(queue, event);
    else
        sim_heap_push(&queue->far, event);
}

static void insertion_sort(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        size_t hole = i;
        for (; hole > 0 && keys[hole - 1] > key; hole--)
            keys[hole] = keys[hole - 1];
        keys[hole] = key;
    }
}

/* One stable pass by the nine bits from `shift`. */
static void counting_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    size_t start[513] = {0};
    for (size_t i = 0; i < count; i++)
        start[((from[i] >> shift) & 511) + 1]++;
    for (size_t i = 1; i < 512; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        to[start[(from[i] >> shift) & 511]++] = from[i];
}

static void keys_sort(sim_queue *queue)
{
    if (queue->ready_count <= INSERTION_MAX) {
        insertion_sort(queue->keys, queue->ready_count);
        return;
    }
    counting_pass(queue->keys, queue->scratch, queue->ready_count, 32);
    counting_pass(queue->scratch, queue->keys, queue->ready_count, 32 + 9);
}

static void ready_reserve(sim_queue *queue, size_t count)
{
    if (count <= queue->ready_capacity)
        return;
    queue->ready_capacity = MAX(count, 2 * queue->ready_capacity);
    queue->ready = g_renew(sim_queue_event, queue->ready, queue->ready_capacity);
    queue->keys = g_renew(uint64_t, queue->keys, queue->ready_capacity);
    queue->scratch = g_renew(uint64_t, queue->scratch, queue->ready_capacity);
}

/* Copies the bucket's events out of their chunks, in order of insertion, and gives the chunks back. */
static void bucket_unload(sim_queue *queue, bucket *from)
{
    chunk *first = from->last->next;
    chunk *part = first;
    for (size_t done = 0; done < from->count; done += CHUNK_EVENTS, part = part->next) {
        const size_t n = MIN((size_t)CHUNK_EVENTS, from->count - done);
        memcpy(&queue->ready[done], part->events, n * sizeof part->events[0]);
    }
    from->last->next = queue->free_chunks;
    queue->free_chunks = first;
}

static void bucket_open(sim_queue *queue, size_t slot)
{
    bucket *from = &queue->buckets[slot];
    ready_reserve(queue, from->count);
    bucket_unload(queue, from);
    queue->ready_count = from->count;
    queue->ready_next = 0;
    queue->in_wheel -= from->count;
    *from = (bucket){0};
    bits_clear(queue, slot);
    const pl_time start = queue->current << WIDTH_BITS;
    for (size_t i = 0; i < queue->ready_count; i++)
        queue->keys[i] = (uint64_t)(queue->ready[i].when - start) << 32 | i;
    keys_sort(queue);
}

/* The number of the next bucket that holds anything, in the wheel or beyond; PL_NEVER if none does. */
static int64_t next_bucket(const sim_queue *queue)
{
    if (!queue->in_wheel)
        return queue->far.count ? sim_heap_first(&queue->far) >> WIDTH_BITS : PL_NEVER;
    const size_t from = (size_t)(queue->current + 1) & BUCKET_MASK;
    size_t slot = bits_next(queue, from);
    if (slot == BUCKETS)
        slot = bits_next(queue, 0);
    return queue->current + 1 + (int64_t)((slot - from) & BUCKET_MASK);
}

/* What was beyond the wheel enters it as soon as the wheel reaches it, before anything can be pushed
 * there directly: so the order within a bucket is the order of insertion. */
static void far_enter(sim_queue *queue)
{
    while (queue->far.count && sim_heap_first(&queue->far) >> WIDTH_BITS < queue->current + BUCKETS) {
        sim_queue_event event;
        sim_heap_pop(&queue->far, &event);
        wheel_push(queue, &event);
    }
}

/* Readies the memory of the event at a place, if there is one. */
static void warm_at(const sim_queue *queue, size_t place, unsigned stage)
{
    if (place >= queue->ready_count)
        return;
    const sim_queue_event *event = &queue->ready[queue->keys[place] & UINT32_MAX];
    queue->warm(event->fn, event->ctx, event->arg, stage);
}

/* One event was taken: those behind it come a place nearer. */
static void warm_step(const sim_queue *queue)
{
    if (!queue->warm || queue->ready_count < WARM_MIN)
        return;
    for (unsigned stage = 0; stage < STAGES; stage++)
        warm_at(queue, queue->ready_next + (STAGES - 1 - stage) * STAGE_PLACES + 1, stage);
}

/* A bucket was opened: its first events get their stages at once, each stage for all of them, so that
 * their lines come from memory side by side.  A bucket of a few is not worth it. */
static void warm_first(const sim_queue *queue)
{
    if (!queue->warm || queue->ready_count < WARM_MIN)
        return;
    for (unsigned stage = 0; stage < STAGES; stage++) {
        const size_t places = MIN(queue->ready_count, (STAGES - 1 - stage) * STAGE_PLACES + 1);
        for (size_t place = 0; place < places; place++)
            warm_at(queue, place, stage);
    }
}

/* Moves on to the next bucket that holds anything and begins before `until`. */
static bool advance(sim_queue *queue, pl_time until)
{
    const int64_t number = next_bucket(queue);
    if (number > (until - 1) >> WIDTH_BITS)
        return false;
    queue->current = number;
    far_enter(queue);
    bucket_open(queue, (size_t)number & BUCKET_MASK);
    warm_first(queue);
    return true;
}

bool sim_queue_pop(sim_queue *queue, pl_time until, sim_queue_event *ret_event)
{
    for (;;) {
        const bool any = queue->ready_next < queue->ready_count;
        const sim_queue_event *first =
            any ? &queue->ready[queue->keys[queue->ready_next] & UINT32_MAX] : NULL;
        const pl_time ready_at = any ? first->when : PL_NEVER;
        /* At one instant what was there when the bucket was opened is older than what came late. */
        if (queue->late.count && sim_heap_first(&queue->late) < ready_at) {
            if (sim_heap_first(&queue->late) >= until)
                return false;
            sim_heap_pop(&queue->late, ret_event);
            queue->count--;
            return true;
        }
        if (any) {
            if (ready_at >= until)
                return false;
            *ret_event = *first;
            queue->ready_next++;
            queue->count--;
            warm_step(queue);
            return true;
        }
        if (!advance(queue, until))
            return false;
    }
}

void sim_queue_set_warm(sim_queue *queue, sim_warm_fn warm)
{
    queue->warm = warm;
}

size_t sim_queue_count(const sim_queue *queue)
{
    return queue->count;
}

size_t sim_queue_memory(const sim_queue *queue)
{
    return sizeof *queue + BUCKETS * sizeof(bucket) +
           queue->blocks.total +
           queue->ready_capacity * (sizeof(sim_queue_event) + 2 * sizeof(uint64_t)) +
           (queue->late.capacity + queue->far.capacity) * sizeof(sim_heap_item);
}
