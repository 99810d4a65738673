#include "tests/support/story_speaker.h"

#include <string.h>

static void on_ready(void *owner, pl_channel *channel, const uint8_t *payload, size_t len, pl_time now)
{
    (void)channel, (void)payload, (void)len, (void)now;
    ((story_speaker *)owner)->is_ready = true;
}

static void on_message(void *owner, pl_channel *channel, const uint8_t *data, size_t len, pl_time now)
{
    story_speaker *speaker = owner;
    pl_message message = {0};
    (void)channel, (void)now;
    g_assert_cmpint(pl_message_read(&message, PL_CARRIER_RECORD, data, len), ==, 0);
    g_assert_cmpuint(speaker->n_heard, <, STORY_WORDS_MAX);
    speaker->heard[speaker->n_heard++] = message.id;
    if (message.id == PL_MESSAGE_REFUSED || message.id == PL_MESSAGE_SIGNAL_FAILED)
        speaker->refusal = message.refusal;
    if (message.id == PL_MESSAGE_SIGNAL || message.id == PL_MESSAGE_SIGNAL_FAILED) {
        speaker->visit = message.visit;
        speaker->body_len = message.body.len;
        memset(speaker->name, 0, sizeof speaker->name);
        memcpy(speaker->name, message.name.data, message.name.len);
    }
    if (speaker->answer)
        speaker->answer(speaker, message.id);
}

static const pl_channel_handler handler = {.ready = on_ready, .message = on_message};

static void begin(story_speaker *speaker, pl_id stream, pl_noise_role role)
{
    pl_channel_free(speaker->channel);
    speaker->stream = stream;
    speaker->is_ready = false;
    speaker->channel = pl_channel_new(
        &(pl_channel_options){.context = &speaker->context,
                              .stream = stream,
                              .pattern = speaker->pattern,
                              .role = role,
                              .own_static = &speaker->dh,
                              .remote_static = speaker->host->story->keys.dh.public_key,
                              .payload = role == PL_NOISE_RESPONDER ? speaker->credential : NULL,
                              .payload_len = role == PL_NOISE_RESPONDER ? speaker->credential_len : 0,
                              .handler = &handler,
                              .owner = speaker});
}

static void answer_probe(story_speaker *speaker, const pl_input *input)
{
    pl_message probe = {0};
    uint8_t bytes[PL_PROBE_BYTES];
    if (pl_message_read(&probe, PL_CARRIER_DATAGRAM, input->data, input->len) != 0 ||
        probe.id != PL_MESSAGE_PROBE)
        return;
    probe.id = PL_MESSAGE_PROBE_ANSWER;
    probe.status = PL_PROBE_WELCOME;
    size_t len = pl_message_write(&probe, bytes, sizeof bytes);
    story_throw(speaker->host, input->id, input->from, bytes, len);
}

static void reflex(story_host *host, const pl_input *input, pl_time now)
{
    story_speaker *speaker = host->reflex_ctx;
    if (input->kind == PL_INPUT_DATAGRAM)
        answer_probe(speaker, input);
    if (speaker->mischief) {
        speaker->mischief(host, input, now);
        return;
    }
    if (input->kind == PL_INPUT_OPENED)
        begin(speaker, input->id, PL_NOISE_INITIATOR);
    if (input->kind == PL_INPUT_ACCEPTED)
        begin(speaker, input->id, PL_NOISE_RESPONDER);
    if (input->kind == PL_INPUT_DATA && input->id == speaker->stream)
        pl_channel_input(speaker->channel, input->data, input->len, now);
}

story_speaker *story_speaker_new(story *s)
{
    story_speaker *speaker = g_new0(story_speaker, 1);
    speaker->host = story_add_stranger(s);
    speaker->host->reflex = reflex;
    speaker->host->reflex_ctx = speaker;
    speaker->context =
        (pl_context){.port = story_port(speaker->host), .config = &s->config, .suite = s->suite};
    net_random_bytes(&speaker->host->random, speaker->dh.private_key, PL_KEY_BYTES);
    s->suite->dh_public(speaker->dh.public_key, speaker->dh.private_key);
    pl_credential credential = {.name = "mallory", .expires = s->epoch + 86400};
    memcpy(credential.dh_key, speaker->dh.public_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, s->suite, &s->keys.sign);
    speaker->credential_len = pl_credential_encode(&credential, speaker->credential);
    return speaker;
}

void story_speaker_free(story_speaker *speaker)
{
    pl_channel_free(speaker->channel);
    speaker->host->reflex = NULL;
    g_free(speaker);
}

void story_speaker_meet(story_speaker *speaker, pl_addr to, pl_noise_pattern pattern)
{
    speaker->pattern = pattern;
    speaker->stream = story_open(speaker->host, to);
    story_run(speaker->host->story, story_now(speaker->host->story) + PL_SECOND);
    g_assert_true(speaker->is_ready);
}

void story_speaker_listen(story_speaker *speaker)
{
    const story_host *host = speaker->host;
    pl_id id;
    speaker->pattern = PL_NOISE_XX;
    g_assert_cmpint(host->story->ops->tcp_listen(host->story->engine, host->stack.host, STORY_PORT, &id), ==, 0);
    g_assert_cmpint(host->story->ops->udp_bind(host->story->engine, host->stack.host, STORY_PORT, &id), ==, 0);
}

void story_speaker_say_bytes(story_speaker *speaker, const void *data, size_t len)
{
    pl_channel_send(speaker->channel, data, len);
}

bool story_speaker_say(story_speaker *speaker, const pl_message *message)
{
    uint8_t bytes[PL_MESSAGE_BYTES_MAX];
    return pl_channel_send(speaker->channel, bytes, pl_message_write(message, bytes, sizeof bytes)) == 0;
}
