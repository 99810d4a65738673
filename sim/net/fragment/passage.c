/* passage.c - the fragments that cross a box. */
#include "sim/net/fragment/passage.h"

#include <glib.h>

typedef struct noted {
    pl_time until; /* 0: never used */
    net_passage_key key;
    net_passage passage;
} noted;

typedef struct held {
    pl_time until;
    net_passage_key key;
    net_flight *flight;
} held;

struct net_passages {
    noted noted[NET_PASSAGE_MAX];
    size_t next; /* of `noted`, the oldest */
    held held[NET_PASSAGE_MAX];
    size_t n_held; /* in the order in which they came */
};

net_passages *net_passages_new(void)
{
    return g_new0(net_passages, 1);
}

void net_passages_free(net_passages *passages)
{
    g_free(passages);
}

net_passage_key net_passage_key_of(const net_packet *fragment, net_direction direction)
{
    return (net_passage_key){.protocol = fragment->protocol,
                             .direction = (uint8_t)direction,
                             .identification = fragment->identification,
                             .source = fragment->source.ip,
                             .destination = fragment->destination.ip};
}

static bool is_same(const net_passage_key *a, const net_passage_key *b)
{
    return a->protocol == b->protocol && a->direction == b->direction &&
           a->identification == b->identification && a->source == b->source &&
           a->destination == b->destination;
}

void net_passages_note(net_passages *passages, const net_passage_key *key, const net_passage *passage,
                       pl_time now)
{
    noted *place = &passages->noted[passages->next];
    for (size_t i = 0; i < NET_PASSAGE_MAX; i++)
        if (passages->noted[i].until && is_same(&passages->noted[i].key, key))
            place = &passages->noted[i];
    if (place == &passages->noted[passages->next])
        passages->next = (passages->next + 1) % NET_PASSAGE_MAX;
    *place = (noted){.until = now + NET_PASSAGE_TIME, .key = *key, .passage = *passage};
}

const net_passage *net_passages_find(const net_passages *passages, const net_passage_key *key, pl_time now)
{
    for (size_t i = 0; i < NET_PASSAGE_MAX; i++) {
        const noted *each = &passages->noted[i];
        if (now < each->until && is_same(&each->key, key))
            return &each->passage;
    }
    return NULL;
}

bool net_passages_hold(net_passages *passages, const net_passage_key *key, net_flight *flight, pl_time now)
{
    if (passages->n_held == NET_PASSAGE_MAX)
        return false;
    passages->held[passages->n_held++] =
        (held){.until = now + NET_PASSAGE_TIME, .key = *key, .flight = flight};
    return true;
}

static net_flight *take_at(net_passages *passages, size_t at)
{
    net_flight *flight = passages->held[at].flight;
    passages->n_held--;
    for (size_t i = at; i < passages->n_held; i++)
        passages->held[i] = passages->held[i + 1];
    return flight;
}

net_flight *net_passages_take(net_passages *passages, const net_passage_key *key)
{
    for (size_t i = 0; i < passages->n_held; i++)
        if (is_same(&passages->held[i].key, key))
            return take_at(passages, i);
    return NULL;
}

net_flight *net_passages_take_overdue(net_passages *passages, pl_time now)
{
    return passages->n_held && now >= passages->held[0].until ? take_at(passages, 0) : NULL;
}
