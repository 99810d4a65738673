#include "sim/light/queue.h"

#include "sim/heap.h"
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
/* chosen: up to this many, insertion alone is quickest; up to the second, after one pass over few shares; more
 * are sorted in two passes, whose cost no order of events can spoil. */
#define INSERTION_MAX 12
#define FEW_MAX 192
#define FEW_BITS 6
#define MANY_BITS 9
/* chosen: places between the stages of warming an event up: enough work for a line to come from memory. */
#define STAGE_PLACES 4
#define STAGES 4
/* chosen: with fewer events ready the next bucket is opened too, so that warming up never starts afresh … */
#define READY_MIN 24
/* … if it is one of the next four: a run that is sparser has its records in the near caches anyway. */
#define NEAR_BUCKETS UINT64_C(0xf)

typedef struct chunk {
    sim_event events[CHUNK_EVENTS];
    struct chunk *next; /* in a bucket: a ring, so that the last one leads to the first */
    uint64_t spare[3];
} chunk;

typedef struct bucket {
    chunk *last;
    uint32_t count;
    uint32_t room; /* places in the last chunk that are free */
} bucket;

struct sim_queue {
    bucket *buckets;
    uint64_t words[WORDS];           /* a bit for each bucket that is not empty */
    uint64_t summary[WORDS / 64];    /* a bit for each word that is not zero */
    int64_t current;                 /* number of the last bucket that was opened, counted from time 0 */
    size_t count;
    size_t in_wheel;

    sim_event *ready;          /* the buckets that were opened, sorted */
    size_t ready_count, ready_next, ready_capacity;
    sim_event *loaded;         /* a bucket that is being opened, in order of insertion */
    uint64_t *keys;                  /* offset in the bucket << 32 | place in loaded */
    uint64_t *scratch;
    size_t loaded_capacity;

    sim_heap late;                   /* pushed into a bucket that was opened */
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
    g_free(queue->loaded);
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

/* Puts an empty chunk at the end of a bucket, which has none or only full ones. */
static void chunk_add(sim_queue *queue, bucket *into)
{
    chunk *fresh = chunk_take(queue);
    if (into->count == 0) {
        fresh->next = fresh;
        bits_set(queue, (size_t)(into - queue->buckets));
    } else {
        fresh->next = into->last->next;
        into->last->next = fresh;
    }
    into->last = fresh;
    into->room = CHUNK_EVENTS;
}

/* The place of a new event in the wheel. */
static inline sim_event *wheel_place(sim_queue *queue, pl_time when)
{
    bucket *into = &queue->buckets[(size_t)(when >> WIDTH_BITS) & BUCKET_MASK];
    if (!into->room)
        chunk_add(queue, into);
    into->count++;
    queue->in_wheel++;
    return &into->last->events[CHUNK_EVENTS - into->room--];
}

void sim_queue_push(sim_queue *queue, pl_time when, sim_event_fn fn, void *ctx, void *arg)
{
    const int64_t number = when >> WIDTH_BITS;
    queue->count++;
    if (number > queue->current && number < queue->current + BUCKETS) {
        *wheel_place(queue, when) = (sim_event){.when = when, .fn = fn, .ctx = ctx, .arg = arg};
        return;
    }
    sim_heap_push(number <= queue->current ? &queue->late : &queue->far,
                  &(sim_event){.when = when, .fn = fn, .ctx = ctx, .arg = arg});
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

/* One stable pass by the `bits` bits from `shift`. */
static void counting_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift, unsigned bits)
{
    uint32_t start[(1u << MANY_BITS) + 1];
    const size_t shares = (size_t)1 << bits;
    const size_t mask = shares - 1;
    memset(start, 0, (shares + 1) * sizeof start[0]);
    for (size_t i = 0; i < count; i++)
        start[((from[i] >> shift) & mask) + 1]++;
    for (size_t i = 1; i < shares; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        to[start[(from[i] >> shift) & mask]++] = from[i];
}

static void swap(sim_queue *queue)
{
    uint64_t *keys = queue->keys;
    queue->keys = queue->scratch;
    queue->scratch = keys;
}

static void keys_sort(sim_queue *queue, size_t count)
{
    if (count > FEW_MAX) {
        counting_pass(queue->keys, queue->scratch, count, 32, MANY_BITS);
        counting_pass(queue->scratch, queue->keys, count, 32 + MANY_BITS, MANY_BITS);
        return;
    }
    if (count > INSERTION_MAX) {
        /* Afterwards each key is a few places from its own at most, which insertion mends. */
        counting_pass(queue->keys, queue->scratch, count, 32 + WIDTH_BITS - FEW_BITS, FEW_BITS);
        swap(queue);
    }
    insertion_sort(queue->keys, count);
}

/* Makes room for a bucket of `count` events behind those that are still ready. */
static void reserve(sim_queue *queue, size_t count)
{
    const size_t left = queue->ready_count - queue->ready_next;
    if (left > 0)
        memmove(queue->ready, queue->ready + queue->ready_next, left * sizeof queue->ready[0]);
    queue->ready_next = 0;
    queue->ready_count = left;
    if (left + count > queue->ready_capacity) {
        queue->ready_capacity = MAX(left + count, 2 * queue->ready_capacity);
        queue->ready = g_renew(sim_event, queue->ready, queue->ready_capacity);
    }
    if (count > queue->loaded_capacity) {
        queue->loaded_capacity = MAX(count, 2 * queue->loaded_capacity);
        queue->loaded = g_renew(sim_event, queue->loaded, queue->loaded_capacity);
        queue->keys = g_renew(uint64_t, queue->keys, queue->loaded_capacity);
        queue->scratch = g_renew(uint64_t, queue->scratch, queue->loaded_capacity);
    }
}

/* Copies the bucket's events out of their chunks, in order of insertion, and gives the chunks back. */
static void bucket_unload(sim_queue *queue, const bucket *from, pl_time start)
{
    chunk *first = from->last->next;
    const chunk *part = first;
    size_t done = 0;
    while (done < from->count) {
        const size_t end = MIN(done + CHUNK_EVENTS, (size_t)from->count);
        __builtin_prefetch(part->next);
        for (const sim_event *event = part->events; done < end; done++, event++) {
            queue->loaded[done] = *event;
            queue->keys[done] = (uint64_t)(event->when - start) << 32 | done;
        }
        part = part->next;
    }
    from->last->next = queue->free_chunks;
    queue->free_chunks = first;
}

/* Sorts a bucket behind what is ready. */
static void bucket_open(sim_queue *queue, int64_t number)
{
    const size_t slot = (size_t)number & BUCKET_MASK;
    bucket *from = &queue->buckets[slot];
    const size_t count = from->count;
    reserve(queue, count);
    bucket_unload(queue, from, number << WIDTH_BITS);
    queue->in_wheel -= count;
    *from = (bucket){0};
    bits_clear(queue, slot);
    keys_sort(queue, count);
    sim_event *to = queue->ready + queue->ready_count;
    for (size_t i = 0; i < count; i++)
        to[i] = queue->loaded[queue->keys[i] & UINT32_MAX];
    queue->ready_count += count;
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
        sim_event event;
        sim_heap_pop(&queue->far, &event);
        *wheel_place(queue, event.when) = event;
    }
}

/* Readies the memory of the event at a place, if there is one. */
static void warm_at(const sim_queue *queue, size_t place, unsigned stage)
{
    if (place >= queue->ready_count)
        return;
    const sim_event *event = &queue->ready[place];
    queue->warm(event->fn, event->ctx, event->arg, stage);
}

/* One event was taken: those behind it come a place nearer. */
static void warm_step(const sim_queue *queue)
{
    if (!queue->warm)
        return;
    if (queue->ready_next + STAGES * STAGE_PLACES >= queue->ready_count) { /* the end is near */
        for (unsigned stage = 0; stage < STAGES; stage++)
            warm_at(queue, queue->ready_next + (STAGES - stage) * STAGE_PLACES, stage);
        return;
    }
    const sim_event *event = queue->ready + queue->ready_next + STAGES * STAGE_PLACES;
    for (unsigned stage = 0; stage < STAGES; stage++, event -= STAGE_PLACES)
        queue->warm(event->fn, event->ctx, event->arg, stage);
}

/* Events came after a pause: the first of them get their stages at once, each stage for all of them, so that
 * their lines come from memory side by side. */
static void warm_first(const sim_queue *queue)
{
    if (!queue->warm || queue->ready_count < STAGE_PLACES)
        return;
    for (unsigned stage = 0; stage < STAGES; stage++)
        for (size_t place = 0; place < (STAGES - stage) * STAGE_PLACES; place++)
            warm_at(queue, place, stage);
}

/* Moves on to a bucket that holds something. */
static void move_on(sim_queue *queue, int64_t number)
{
    queue->current = number;
    far_enter(queue);
    bucket_open(queue, number);
}

/* Moves on to the next bucket that holds anything and begins before `until`. */
static bool advance(sim_queue *queue, pl_time until)
{
    const int64_t number = next_bucket(queue);
    if (number > (until - 1) >> WIDTH_BITS)
        return false;
    move_on(queue, number);
    warm_first(queue);
    return true;
}

/* Opens the buckets that are near while few events are ready.  What is pushed into them from now on is late,
 * as it is in a bucket that is being emptied. */
static void look_ahead(sim_queue *queue, pl_time until)
{
    while (queue->ready_count - queue->ready_next < READY_MIN) {
        const size_t slot = (size_t)(queue->current + 1) & BUCKET_MASK;
        const uint64_t near = queue->words[slot / 64] >> (slot % 64) & NEAR_BUCKETS;
        if (!near)
            return;
        const int64_t number = queue->current + 1 + __builtin_ctzll(near);
        if (number > (until - 1) >> WIDTH_BITS)
            return;
        move_on(queue, number);
    }
}

bool sim_queue_pop(sim_queue *queue, pl_time until, sim_event *ret_event)
{
    for (;;) {
        const bool any = queue->ready_next < queue->ready_count;
        const pl_time ready_at = any ? queue->ready[queue->ready_next].when : PL_NEVER;
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
            *ret_event = queue->ready[queue->ready_next++];
            queue->count--;
            if (queue->ready_count - queue->ready_next < READY_MIN)
                look_ahead(queue, until);
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
           queue->ready_capacity * sizeof(sim_event) +
           queue->loaded_capacity * (sizeof(sim_event) + 2 * sizeof(uint64_t)) +
           (queue->late.capacity + queue->far.capacity) * sizeof(sim_heap_item);
}
