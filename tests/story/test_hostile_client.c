/* test_hostile_client.c - a client that asks its supernode for more than an honest one ever does. */
#include <string.h>

#include "core/overlay/index/entry.h"
#include "tests/support/story_speaker.h"

/* A stranger with a true credential, attached and online as a client. */
static story_speaker *attach(story *s)
{
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, story_address(s->supernode[0]), PL_NOISE_XX);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_CREDENTIAL,
                                             .credential = {speaker->credential, speaker->credential_len}});
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    story_run(s, story_now(s) + PL_SECOND);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISE,
                                             .credential = {speaker->credential, speaker->credential_len}});
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 1);
    return speaker;
}

static size_t heard(const story_speaker *speaker, pl_message_id id)
{
    size_t n = 0;
    for (size_t i = 0; i < speaker->n_heard; i++)
        n += speaker->heard[i] == id;
    return n;
}

/* Thirty rounds at one instant: as many as search.rate are named nodes, the others are told that it is busy, and a
 * second later there is room again. */
static void test_so_many_searches_a_second(void)
{
    story *s = story_new(&(story_options){.supernodes = 8});
    story_settle(s);
    story_speaker *speaker = attach(s);
    const size_t rate = (size_t)s->config.search_rate;
    const pl_message search = {.id = PL_MESSAGE_SEARCH,
                               .way = PL_SEARCH_BY_CLIENT,
                               .name = {(const uint8_t *)"nobody", strlen("nobody")}};
    for (size_t i = 0; i < 30; i++)
        g_assert_true(story_speaker_say(speaker, &search));
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(heard(speaker, PL_MESSAGE_SEARCH_NODES), ==, rate);
    g_assert_cmpuint(heard(speaker, PL_MESSAGE_SEARCH_RESULT), ==, 30 - rate);
    g_assert_true(story_speaker_say(speaker, &search));
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(heard(speaker, PL_MESSAGE_SEARCH_NODES), ==, rate + 1);
    story_speaker_free(speaker);
    story_free(s);
}

/* An entry that is as it should be, of the speaker's user. */
static size_t sign_entry(const story *s, const story_speaker *speaker, uint8_t *ret_bytes)
{
    const pl_context context = {.config = &s->config, .suite = s->suite, .epoch = s->epoch};
    pl_credential credential = {.name = "mallory", .expires = s->epoch + 86400};
    pl_keypair sign = {.private_key = {7}};
    pl_entry entry;
    s->suite->sign_public(sign.public_key, sign.private_key);
    memcpy(credential.sign_key, sign.public_key, PL_KEY_BYTES);
    memcpy(credential.dh_key, speaker->dh.public_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, s->suite, &s->keys.sign);
    pl_entry_make(&entry, &context,
                  &(pl_entry_facts){.credential = &credential,
                                    .sign = &sign,
                                    .supernode = s->bootstrap[0],
                                    .state = PL_PRESENCE_ONLINE},
                  story_now(s));
    return pl_entry_encode(&entry, ret_bytes);
}

/* Each entry costs two signatures and nine letters.  Three may come at once, as after hand-overs; the next has to wait
 * for half of index.refresh, and who does not is sent away. */
static void test_entries_take_their_time(void)
{
    story *s = story_new(&(story_options){.supernodes = 8});
    story_settle(s);
    story_run(s, s->config.index_refresh);
    story_speaker *speaker = attach(s);
    for (int i = 0; i < 5; i++) {
        uint8_t bytes[PL_ENTRY_BYTES_MAX];
        const pl_message entry = {.id = PL_MESSAGE_REGISTER, .entry = {bytes, sign_entry(s, speaker, bytes)}};
        story_speaker_say(speaker, &entry);
        story_run(s, story_now(s) + PL_SECOND);
        const size_t refused = story_refusals(s->supernode[0], "limit", "register");
        g_assert_cmpuint(refused, ==, i < 3 ? 0 : 1);
        g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_INDEX_REFUSED), ==, refused);
        g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, i < 3 ? 1 : 0);
    }
    story_speaker_free(speaker);
    story_free(s);
}

typedef struct questions {
    story_host *from;
    pl_addr stranger;
    size_t sent, to_stranger;
} questions;

static bool count_questions(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    (void)now;
    questions *q = ctx;
    const bool is_ours = from == q->from && packet->protocol == PL_PROTOCOL_UDP;
    q->sent += is_ours;
    q->to_stranger += is_ours && packet->destination.ip == q->stranger.ip;
    return true;
}

/* Whoever says of everybody that he is silent makes the mesh ask each of them, at mesh.check_rate, who answer; and of
 * strangers nothing is asked. */
static void test_false_silence(void)
{
    story *s = story_new(&(story_options){.supernodes = 8});
    story_settle(s);
    story_speaker *speaker = attach(s);
    story_host *stranger = story_add_stranger(s);
    questions q = {.from = s->supernode[0], .stranger = story_address(stranger)};
    uint8_t nodes[8 * PL_MESSAGE_NODE_BYTES];
    for (size_t i = 0; i < 7; i++)
        pl_message_put_node(nodes + PL_MESSAGE_NODE_BYTES * i, s->bootstrap[i + 1]);
    pl_message_put_node(nodes + PL_MESSAGE_NODE_BYTES * 7, q.stranger);
    s->filter = count_questions;
    s->filter_ctx = &q;
    for (size_t i = 0; i < 30; i++)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_SEARCH_SILENT, .nodes = {nodes, sizeof nodes}});
    story_run(s, story_now(s) + 10 * PL_SECOND);
    g_assert_cmpuint(q.to_stranger, ==, 0);
    g_assert_cmpuint(q.sent, >=, 7);
    g_assert_cmpuint(q.sent, <=, (size_t)s->config.mesh_check_rate);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_MESH_LOST), ==, 0);
    g_assert_cmpuint(pl_node_clients(s->supernode[0]->node), ==, 1);
    story_speaker_free(speaker);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/hostile/client/so-many-searches-a-second", test_so_many_searches_a_second);
    g_test_add_func("/story/hostile/client/false-silence", test_false_silence);
    g_test_add_func("/story/hostile/client/entries-take-their-time", test_entries_take_their_time);
    return g_test_run();
}
