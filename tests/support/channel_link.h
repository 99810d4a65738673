/* channel_link.h - two secure channels over a stream in memory, and hands to carry the bytes between them. */
#ifndef TEST_CHANNEL_LINK_H
#define TEST_CHANNEL_LINK_H

#include "core/crypto/channel.h"
#include "tests/support/pipe_port.h"

#define LINK_NOW (5 * PL_SECOND)

/* What to do from inside a handler. */
typedef enum link_reflex {
    LINK_NONE,
    LINK_FREE_ON_READY,
    LINK_FREE_ON_MESSAGE,
    LINK_SEND_ON_READY
} link_reflex;

/* One side: its port, its channel and what its handler heard. */
typedef struct link_side {
    pipe_end end;
    pl_keypair keypair;
    pl_channel *channel;
    link_reflex reflex;
    int n_ready;
    int n_messages;
    GByteArray *payload;
    GByteArray *heard; /* all messages joined */
    size_t wire_bytes; /* that it has sent and that were carried over */
} link_side;

typedef struct link_pair {
    link_side a, b; /* a initiates */
} link_pair;

void link_side_init(link_side *s, const pl_suite *suite, uint64_t seed);
void link_side_clear(link_side *s);
pl_channel_options link_options(link_side *s, pl_noise_pattern pattern, pl_noise_role role);
/* Makes both channels; the initiator's first message is then in a's pipe. */
void link_init(link_pair *l, const pl_suite *suite, pl_noise_pattern pattern);
void link_clear(link_pair *l);
/* Gives bytes to a side in pieces; its first error, or 0. */
int link_give(link_side *to, const uint8_t *data, size_t len, pipe_chunks chunks);
/* Takes what a side has written; free with g_byte_array_unref. */
GByteArray *link_take(link_side *from);
int link_carry(link_side *from, link_side *to, pipe_chunks chunks);
/* Carries bytes both ways until nothing is left; the first error, or 0. */
int link_pump(link_pair *l, pipe_chunks chunks);
void link_ready(link_pair *l, const pl_suite *suite, pl_noise_pattern pattern);
void link_say(link_side *s, const char *text);

#endif
