/* story_relayed.h - a host of a story, without a node, that keeps an allocation at a supernode's relay. */
#ifndef TESTS_SUPPORT_STORY_RELAYED_H
#define TESTS_SUPPORT_STORY_RELAYED_H

#include "core/nat/turn/turn_client.h"
#include "tests/support/story.h"

/* May be read by the test, but for what is the machinery's. */
typedef struct story_relayed {
    story_host *host;
    story *story;
    pl_context context;
    pl_turn_client *client;
    pl_time asked_at, stands_at; /* stands_at PL_NEVER while it does not */
    pl_addr relayed, mapped;
    const char *cause; /* why it failed, NULL while it did not */
    pl_time failed_at;
    size_t received;   /* datagrams */
    pl_addr from;      /* of the last one */
    uint8_t last[64];  /* the beginning of the last one */
    pl_span slowest;   /* the greatest age of one that story_relayed_say sent */
    pl_time armed_at;
} story_relayed;

/* Asks at once for an allocation at a port of the supernode, with an account of the host's name.  `relayed` is zeroed,
 * and stays where it is until the story is freed. */
void story_relayed_start(story_relayed *relayed, story_host *host, story_host *supernode, pl_turn_transport transport,
                         uint16_t port);
/* Gives the allocation back.  Before the story is freed. */
void story_relayed_end(story_relayed *relayed);
/* Sends `len` bytes (8 at least) that tell when they were sent; as pl_turn_client_send. */
int story_relayed_say(story_relayed *relayed, pl_addr to, size_t len);
/* As pl_turn_client_permit and _bind. */
void story_relayed_permit(story_relayed *relayed, uint32_t ip);
void story_relayed_bind(story_relayed *relayed, pl_addr peer);

#endif
