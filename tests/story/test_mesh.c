/* test_mesh.c - supernodes find each other, notice who is gone, and are told lies. */
#include <string.h>

#include "core/overlay/index/entry.h"
#include "core/overlay/index/slot.h"
#include "core/overlay/mesh/mesh_internal.h"
#include "core/overlay/supernode_internal.h"
#include "tests/support/story.h"
#include "tests/support/story_speaker.h"
#include "tests/support/story_visit.h"

#define RTT (100 * PL_MILLISECOND)

static story *open_story(size_t supernodes, const pl_config *config)
{
    story *s =
        story_new(&(story_options){.supernodes = supernodes, .suite = &pl_suite_sized, .config = config});
    story_settle(s);
    return s;
}

static size_t members(const story *s, size_t i)
{
    return pl_node_members(s->supernode[i]->node);
}

static void test_everybody_knows_everybody(void)
{
    story *s = open_story(16, NULL);
    for (size_t i = 0; i < 16; i++) {
        g_assert_cmpuint(members(s, i), ==, 15);
        g_assert_cmpuint(story_count(s->supernode[i], PL_EVENT_REFUSED_INPUT), ==, 0);
    }
    story_run(s, PL_HOUR);
    for (size_t i = 0; i < 16; i++) {
        g_assert_cmpuint(members(s, i), ==, 15);
        g_assert_cmpuint(story_count(s->supernode[i], PL_EVENT_MESH_SUSPECTED), ==, 0);
    }
    story_free(s);
}

/* Each knows only one other, in a chain: the rest comes by rumours and pages. */
static void test_one_acquaintance_is_enough(void)
{
    story *s = story_new(&(story_options){.supernodes = 16, .suite = &pl_suite_sized});
    for (size_t i = 0; i < 16; i++) {
        story_fail(s->supernode[i]);
        s->supernode[i]->supernode.known = &s->known[(i + 1) % 16];
        s->supernode[i]->supernode.n_known = 1;
        story_restart(s->supernode[i]);
    }
    story_run(s, PL_MINUTE);
    for (size_t i = 0; i < 16; i++)
        g_assert_cmpuint(members(s, i), ==, 15);
    story_free(s);
}

/* Suspected one wait after the question, lost after another; and all others know within a minute. */
static void test_who_is_gone_is_lost(void)
{
    story *s = open_story(12, NULL);
    story_fail(s->supernode[5]);
    pl_time suspected = story_run_to(s->supernode[0], PL_EVENT_MESH_SUSPECTED, story_now(s) + 10 * PL_MINUTE);
    g_assert_cmpint(suspected, !=, PL_NEVER);
    pl_time lost = suspected + s->config.mesh_answer_wait;
    story_run(s, lost);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_MESH_LOST), ==, 0);
    story_run(s, lost + 1);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_MESH_LOST), ==, 1);
    story_run(s, lost + PL_MINUTE);
    for (size_t i = 0; i < 12; i++)
        if (i != 5)
            g_assert_cmpuint(members(s, i), ==, 10);
    story_restart(s->supernode[5]);
    story_run(s, story_now(s) + 30 * PL_SECOND);
    for (size_t i = 0; i < 12; i++)
        g_assert_cmpuint(members(s, i), ==, 11);
    story_free(s);
}

static void expect_all_but(const story *s, size_t absent, size_t n)
{
    for (size_t i = 0; i < s->n_supernodes; i++)
        if (i != absent)
            g_assert_cmpuint(members(s, i), ==, n);
}

/* One way after it said so it is in nobody's view; without a question, and without a suspicion. */
static void test_who_takes_leave_is_missed_at_once(void)
{
    story *s = open_story(12, NULL);
    story_fail(s->supernode[2]); /* so that they did not come in the order of their addresses */
    story_run(s, story_now(s) + 2 * PL_MINUTE);
    story_restart(s->supernode[2]);
    story_run(s, story_now(s) + PL_MINUTE);
    size_t suspected[12];
    for (size_t i = 0; i < 12; i++)
        suspected[i] = story_count(s->supernode[i], PL_EVENT_MESH_SUSPECTED);
    pl_time left = story_now(s);
    story_log_out(s->supernode[5]);
    story_fail(s->supernode[5]);
    story_run(s, left + RTT / 2);
    expect_all_but(s, 5, 11);
    story_run(s, left + RTT / 2 + 1);
    expect_all_but(s, 5, 10);
    story_run(s, left + PL_MINUTE);
    for (size_t i = 0; i < 12; i++)
        g_assert_cmpuint(story_count(s->supernode[i], PL_EVENT_MESH_SUSPECTED), ==, suspected[i]);
    story_restart(s->supernode[5]);
    story_run(s, story_now(s) + 30 * PL_SECOND);
    for (size_t i = 0; i < 12; i++)
        g_assert_cmpuint(members(s, i), ==, 11);
    story_free(s);
}

/* Only the way between two is broken: others answer for the suspect. */
static void test_a_broken_way_is_no_death(void)
{
    story *s = open_story(12, NULL);
    story_cut(s->supernode[0], s->supernode[1]);
    story_run(s, PL_HOUR);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_MESH_SUSPECTED), >, 0);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_MESH_LOST), ==, 0);
    g_assert_cmpuint(members(s, 0), ==, 11);
    story_free(s);
}

/* --- lies --- */

static void lie(story *s, story_host *liar, pl_rumour_kind kind, pl_addr about)
{
    uint8_t bytes[96], key[PL_KEY_BYTES] = {1};
    pl_message ping = {.id = PL_MESSAGE_PING, .transaction = 1, .incarnation = 1, .dh_key = key};
    static pl_id socket;
    const pl_port port = story_port(liar);
    ping.n_rumours = 1;
    ping.rumours[0] = (pl_rumour){kind, about};
    size_t len = pl_message_write(&ping, bytes, sizeof bytes);
    if (!liar->heard->len)
        g_assert_cmpint(port.ops->udp_bind(port.ctx, STORY_PORT, &socket), ==, 0);
    story_throw(liar, socket, s->bootstrap[0], bytes, len);
    story_run(s, story_now(s) + PL_SECOND);
}

static void test_a_lie_about_a_death_is_looked_into(void)
{
    story *s = open_story(8, NULL);
    story_host *liar = story_add_stranger(s);
    lie(s, liar, PL_RUMOUR_LOST, s->bootstrap[3]);
    story_run(s, story_now(s) + PL_MINUTE);
    for (size_t i = 0; i < 8; i++) {
        g_assert_cmpuint(members(s, i), ==, 7);
        g_assert_cmpuint(story_count(s->supernode[i], PL_EVENT_MESH_SUSPECTED), ==, 0);
    }
    story_free(s);
}

/* The victim is no supernode: it gets one small question, and nobody else hears of it. */
static void test_a_lie_about_a_join_goes_no_further(void)
{
    story *s = open_story(8, NULL);
    story_host *liar = story_add_stranger(s), *victim = story_add_stranger(s);
    const pl_port port = story_port(victim);
    pl_id socket;
    g_assert_cmpint(port.ops->udp_bind(port.ctx, STORY_PORT, &socket), ==, 0);
    lie(s, liar, PL_RUMOUR_JOINED, story_address(victim));
    story_run(s, story_now(s) + PL_MINUTE);
    g_assert_cmpuint(victim->heard->len, ==, 1);
    g_assert_cmpuint(g_array_index(victim->heard, story_heard, 0).len, ==, 96);
    for (size_t i = 0; i < 8; i++)
        g_assert_cmpuint(members(s, i), ==, 7);
    story_free(s);
}

/* Ten thousand lies in a second: so many are looked into as mesh.check_rate allows, and no memory is held for
 * more. */
static void test_a_storm_of_lies(void)
{
    story *s = open_story(4, NULL);
    story_host *liar = story_add_stranger(s);
    uint8_t bytes[96], key[PL_KEY_BYTES] = {1};
    const pl_port port = story_port(liar);
    pl_id socket;
    g_assert_cmpint(port.ops->udp_bind(port.ctx, STORY_PORT, &socket), ==, 0);
    for (uint32_t i = 0; i < 2000; i++) {
        pl_message ping = {.id = PL_MESSAGE_PING, .transaction = i, .dh_key = key, .n_rumours = 5};
        for (uint32_t k = 0; k < 5; k++)
            ping.rumours[k] = (pl_rumour){PL_RUMOUR_JOINED, {0x0B000000 + 5 * i + k, 1}};
        port.ops->udp_send(port.ctx, socket, s->bootstrap[0], 0, bytes,
                           pl_message_write(&ping, bytes, sizeof bytes));
    }
    story_run(s, story_now(s) + PL_MINUTE);
    g_assert_cmpuint(liar->heard->len, <=,
                     2 * (size_t)s->config.mesh_answer_rate); /* answers and one question */
    g_assert_cmpuint(story_refusals(s->supernode[0], "limit", "datagram"), >, 1800);
    g_assert_cmpuint(members(s, 0), ==, 3);
    story_free(s);
}

/* --- farewells that nobody bade --- */

typedef struct farewell {
    pl_addr from, to;
    uint8_t bytes[128];
    size_t len;
} farewell;

/* Keeps the first GONE on the wire to the first supernode. */
static bool keep_farewell(void *ctx, story_host *from, const net_packet *packet, pl_time now)
{
    farewell *kept = ctx;
    pl_message message = {0};
    (void)now;
    if (kept->len || packet->destination.ip != kept->to.ip || packet->payload_len > sizeof kept->bytes ||
        pl_message_read(&message, PL_CARRIER_DATAGRAM, packet->payload, packet->payload_len) != 0 ||
        message.id != PL_MESSAGE_GONE)
        return true;
    kept->from = story_address(from);
    kept->len = packet->payload_len;
    memcpy(kept->bytes, packet->payload, packet->payload_len);
    return true;
}

static void throw_from(story_host *host, const farewell *kept)
{
    const pl_port port = story_port(host);
    port.ops->udp_send(port.ctx, host->node->socket, kept->to, 0, kept->bytes, kept->len);
    story_run(host->story, story_now(host->story) + PL_SECOND);
}

/* A true farewell, said again when its sender is back, by another member, and by who is none. */
static void test_a_farewell_is_good_once(void)
{
    story *s = open_story(6, NULL);
    farewell kept = {.to = s->bootstrap[0]};
    s->filter = keep_farewell;
    s->filter_ctx = &kept;
    story_log_out(s->supernode[5]);
    story_fail(s->supernode[5]);
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(kept.len, >, 0);
    g_assert_cmpuint(members(s, 0), ==, 4);
    story_restart(s->supernode[5]);
    story_run(s, story_now(s) + 30 * PL_SECOND);
    g_assert_cmpuint(members(s, 0), ==, 5);
    throw_from(s->supernode[5], &kept);
    g_assert_cmpuint(members(s, 0), ==, 5);
    g_assert_cmpuint(story_refusals(s->supernode[0], "replayed", "datagram") +
                         story_refusals(s->supernode[0], "forged", "datagram"),
                     ==, 1);
    throw_from(s->supernode[3], &kept);
    g_assert_cmpuint(members(s, 0), ==, 5);
    g_assert_cmpuint(story_refusals(s->supernode[0], "forged", "datagram"), >=, 1);
    story_host *stranger = story_add_client(s, &(story_client_options){0});
    throw_from(stranger, &kept);
    g_assert_cmpuint(story_refusals(s->supernode[0], "unknown", "datagram"), ==, 1);
    g_assert_cmpuint(members(s, 0), ==, 5);
    story_free(s);
}

/* --- the index under it --- */

static size_t holders(const story *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_supernodes; i++)
        n += s->supernode[i]->node && pl_node_index_entries(s->supernode[i]->node) > 0;
    return n;
}

/* Users offline since long: their entries outlive every supernode that took them first. */
static void test_entries_are_handed_on(void)
{
    pl_config config;
    pl_config_init(&config);
    config.index_replicas = 3;
    story *s = open_story(12, &config);
    story_host *bob = story_log_in_at(s, "bob", 0, &(story_client_options){0});
    story_run(s, PL_MINUTE);
    g_assert_cmpuint(holders(s), ==, 3);
    story_log_out(bob);
    story_run(s, 2 * PL_MINUTE);
    for (size_t i = 0; i < 9; i++) { /* one after another, his own first; three are left at the end */
        story_fail(s->supernode[i]);
        story_run(s, story_now(s) + 5 * PL_MINUTE);
        g_assert_cmpuint(holders(s), ==, 3);
    }
    for (size_t i = 0; i < 9; i++) /* and who comes back is given what is his */
        story_restart(s->supernode[i]);
    story_run(s, story_now(s) + 10 * PL_MINUTE);
    g_assert_cmpuint(holders(s), >=, 3);
    pl_addr ranked[3];
    uint32_t slot = pl_slot_of((const uint8_t *)"bob", 3, (uint32_t)config.index_slots);
    pl_slot_rank(slot, s->bootstrap, 12, (pl_addr){0}, ranked, 3);
    for (size_t i = 0; i < 3; i++)
        g_assert_cmpuint(pl_node_index_entries(s->supernode[ranked[i].ip - STORY_SUPERNODE_IP]->node), ==, 1);
    story_free(s);
}

/* Its clients are elsewhere before they would have missed it, and what it kept has a new place at once. */
static void test_who_takes_leave_leaves_order(void)
{
    pl_config config;
    pl_config_init(&config);
    config.index_replicas = 3;
    story *s = open_story(12, &config);
    pl_addr ranked[3];
    uint32_t slot = pl_slot_of((const uint8_t *)"bob", 3, (uint32_t)config.index_slots);
    pl_slot_rank(slot, s->bootstrap, 12, (pl_addr){0}, ranked, 3);
    size_t first = ranked[0].ip - STORY_SUPERNODE_IP;
    story_host *bob = story_log_in_at(s, "bob", first, &(story_client_options){0});
    story_run(s, story_now(s) + PL_MINUTE);
    g_assert_cmpuint(holders(s), ==, 3);
    pl_time left = story_now(s);
    story_log_out(s->supernode[first]);
    story_fail(s->supernode[first]);
    story_run(s, left + 2 * PL_SECOND);
    g_assert_cmpstr(story_last(bob, PL_EVENT_PARENT_LOST)->event.value[1].text, ==, "leaving");
    g_assert_cmpint(story_last(bob, PL_EVENT_PARENT_LOST)->at, ==, left + RTT / 2);
    g_assert_cmpuint(story_count(bob, PL_EVENT_HANDED_OVER), ==, 1);
    g_assert_cmpint((int)pl_node_login_state(bob->node), ==, PL_LOGIN_ONLINE);
    g_assert_cmpuint(holders(s), ==, 3);
    story_free(s);
}

/* A client that registers again and again is ended; what it says of others is refused. */
static void test_a_storm_of_registrations(void)
{
    story *s = open_story(4, NULL);
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, s->bootstrap[0], PL_NOISE_XX);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISE,
                                             .credential = {speaker->credential, speaker->credential_len}});
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 1);
    pl_credential credential;
    pl_keypair sign = {.private_key = {7}};
    s->suite->sign_public(sign.public_key, sign.private_key);
    pl_credential_decode(&credential, speaker->credential, speaker->credential_len);
    pl_entry entry;
    uint8_t bytes[PL_ENTRY_BYTES_MAX];
    pl_entry_make(&entry, &(pl_context){.config = &s->config, .suite = s->suite, .epoch = s->epoch},
                  &(pl_entry_facts){.credential = &credential,
                                    .sign = &sign, /* not the key of its credential */
                                    .supernode = s->bootstrap[0],
                                    .state = PL_PRESENCE_ONLINE},
                  story_now(s));
    size_t len = pl_entry_encode(&entry, bytes);
    for (int i = 0; i < 100; i++)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_REGISTER, .entry = {bytes, len}});
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 0);
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_INDEX_REFUSED), ==, 1); /* one check, and out */
    g_assert_cmpuint(story_count(s->supernode[0], PL_EVENT_INDEX_PUBLISHED), ==, 0);
    g_assert_cmpuint(holders(s), ==, 0);
    story_speaker_free(speaker);
    story_free(s);
}

/* Ten thousand searches in one breath: so many are looked after as search.rate allows, the others are told
 * so. */
static void test_a_flood_of_searches(void)
{
    story *s = open_story(8, NULL);
    story_speaker *speaker = story_speaker_new(s);
    story_speaker_meet(speaker, s->bootstrap[0], PL_NOISE_XX);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_CLIENT});
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ADVERTISE,
                                             .credential = {speaker->credential, speaker->credential_len}});
    story_run(s, story_now(s) + PL_SECOND);
    size_t before = story_count(s->supernode[1], PL_EVENT_REFUSED_INPUT), heard = speaker->n_heard;
    for (uint32_t i = 0; i < 40; i++)
        story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_SEARCH,
                                                 .search = i,
                                                 .way = PL_SEARCH_ON_BEHALF,
                                                 .name = {(const uint8_t *)"nobody", 6}});
    story_run(s, story_now(s) + 10 * PL_SECOND);
    g_assert_cmpuint(speaker->n_heard, ==, heard + 40); /* every one is answered, most of them with "busy" */
    g_assert_cmpuint(story_count(s->supernode[1], PL_EVENT_REFUSED_INPUT), ==, before);
    g_assert_cmpuint(pl_node_online(s->supernode[0]->node), ==, 1);
    story_speaker_free(speaker);
    story_free(s);
}

/* Whom somebody doubts waits like whoever is heard of, and not when half of the places are taken. */
static void test_doubts_leave_room(void)
{
    pl_config config;
    pl_config_init(&config);
    config.mesh_check_rate = 1;
    story *s = open_story(4, &config);
    pl_mesh *mesh = s->supernode[0]->node->supernode->mesh;
    for (uint16_t port = 1; mesh->n_hearsay < PL_MESH_HEARSAY_MAX / 2 - 1; port++)
        pl_mesh_heard_of(mesh, (pl_addr){0x0A0A0A0A, port}, story_now(s));
    pl_mesh_doubt(mesh, s->bootstrap[1], story_now(s));
    g_assert_cmpuint(mesh->n_hearsay, ==, PL_MESH_HEARSAY_MAX / 2);
    pl_mesh_doubt(mesh, s->bootstrap[2], story_now(s));
    g_assert_cmpuint(mesh->n_hearsay, ==, PL_MESH_HEARSAY_MAX / 2);
    pl_mesh_heard_of(mesh, s->bootstrap[2], story_now(s));
    g_assert_cmpuint(mesh->n_hearsay, ==, PL_MESH_HEARSAY_MAX / 2 + 1);
    story_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/story/mesh/everybody-knows-everybody", test_everybody_knows_everybody);
    g_test_add_func("/story/mesh/one-acquaintance-is-enough", test_one_acquaintance_is_enough);
    g_test_add_func("/story/mesh/who-is-gone-is-lost", test_who_is_gone_is_lost);
    g_test_add_func("/story/mesh/who-takes-leave-is-missed-at-once", test_who_takes_leave_is_missed_at_once);
    g_test_add_func("/story/mesh/doubts-leave-room", test_doubts_leave_room);
    g_test_add_func("/story/mesh/a-farewell-is-good-once", test_a_farewell_is_good_once);
    g_test_add_func("/story/index/who-takes-leave-leaves-order", test_who_takes_leave_leaves_order);
    g_test_add_func("/story/mesh/a-broken-way-is-no-death", test_a_broken_way_is_no_death);
    g_test_add_func("/story/mesh/a-lie-about-a-death-is-looked-into",
                    test_a_lie_about_a_death_is_looked_into);
    g_test_add_func("/story/mesh/a-lie-about-a-join-goes-no-further",
                    test_a_lie_about_a_join_goes_no_further);
    g_test_add_func("/story/mesh/a-storm-of-lies", test_a_storm_of_lies);
    g_test_add_func("/story/index/entries-are-handed-on", test_entries_are_handed_on);
    g_test_add_func("/story/index/a-storm-of-registrations", test_a_storm_of_registrations);
    g_test_add_func("/story/index/a-flood-of-searches", test_a_flood_of_searches);
    return g_test_run();
}
