/* story_speaker.h - a stranger that speaks the protocol word by word, as the test tells it: honest in the
 * handshake, and free to say anything after it. */
#ifndef TESTS_SUPPORT_STORY_SPEAKER_H
#define TESTS_SUPPORT_STORY_SPEAKER_H

#include "core/crypto/channel.h"
#include "core/crypto/credential.h"
#include "tests/support/story.h"

#define STORY_WORDS_MAX 64

typedef struct story_speaker {
    story_host *host;
    pl_context context;
    pl_keypair dh;
    pl_noise_pattern pattern;
    pl_channel *channel;
    pl_id stream;
    bool is_ready;
    uint8_t credential[PL_CREDENTIAL_BYTES_MAX]; /* a true one, for its key */
    size_t credential_len;
    pl_message_id heard[STORY_WORDS_MAX];
    size_t n_heard;
    pl_refusal refusal; /* of the last `refused` or `signal-failed` */
    uint32_t visit;     /* of the last `signal` or `signal-failed` */
    char name[PL_NAME_MAX + 1];
    size_t body_len;    /* of the last `signal` */
    /* A responder's answer to a message; may be NULL. */
    void (*answer)(struct story_speaker *speaker, pl_message_id id);
    void *answer_ctx;
    /* What it does with a stream instead of speaking; may be NULL. */
    void (*mischief)(story_host *host, const pl_input *input, pl_time now);
} story_speaker;

/* A stranger with a credential that the login server would have signed for it, valid for a day. */
story_speaker *story_speaker_new(story *s);
void story_speaker_free(story_speaker *speaker);
/* Opens a stream and shakes hands: XX, or NK with the login server's true key.  Runs one second. */
void story_speaker_meet(story_speaker *speaker, pl_addr to, pl_noise_pattern pattern);
/* Listens on STORY_PORT: answers probes, and XX as a supernode does. */
void story_speaker_listen(story_speaker *speaker);
/* Says one message; false if the channel is not ready. */
bool story_speaker_say(story_speaker *speaker, const pl_message *message);
/* Says bytes, sealed but otherwise unchecked. */
void story_speaker_say_bytes(story_speaker *speaker, const void *data, size_t len);

#endif
