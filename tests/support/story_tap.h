/* story_tap.h - a wiretap on a whole story: every payload byte that any host sends, by flow, in order. */
#ifndef TESTS_SUPPORT_STORY_TAP_H
#define TESTS_SUPPORT_STORY_TAP_H

#include "tests/support/story.h"

/* One direction of one conversation. */
typedef struct story_flow {
    uint8_t protocol;
    pl_addr source, destination;
    uint32_t next; /* TCP: the sequence number that continues it */
    GByteArray *bytes;
} story_flow;

typedef struct story_tap {
    story *s;
    GPtrArray *flows; /* story_flow, in the order of their first packet */
    size_t packets;
} story_tap;

/* Listens from now on; before the first packet, to have all. */
story_tap *story_tap_new(story *s);
void story_tap_free(story_tap *tap);
/* The first flow of that protocol between the two addresses that begins after `skip` others; NULL if none. */
const story_flow *story_tap_find(const story_tap *tap, uint8_t protocol, uint32_t from, uint32_t to,
                                 size_t skip);
/* In how many flows the text occurs, as it is or as UTF-16, hexadecimal, base64, or any of these reversed. */
size_t story_tap_search(const story_tap *tap, const char *text);

#endif
