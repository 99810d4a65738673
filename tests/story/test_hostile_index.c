/* test_hostile_index.c - storms on the index: of users who were made up, and of questions; and who takes another member's
 * place. */
#include <string.h>

#include "core/crypto/suite.h"
#include "core/overlay/index/letter.h"
#include "core/overlay/index/slot.h"
#include "core/overlay/supernode_internal.h"
#include "tests/support/story.h"
#include "tests/support/story_speaker.h"
#include "tests/support/story_visit.h"

#define SLOTS       16
#define SLOT_MAX    40
#define ENTRIES_MAX 100
#define LIAR        2 /* a supernode like others, whose owner has as many accounts as he likes */

static size_t n_verified;
static pl_suite counting;

static bool verify(const uint8_t public_key[PL_KEY_BYTES], const uint8_t *data, size_t len,
                   const uint8_t signature[PL_SIGNATURE_BYTES])
{
    n_verified++;
    return pl_suite_sized.verify(public_key, data, len, signature);
}

typedef struct play {
    story *s;
    story_host *alice, *bob;
    size_t server; /* the best of bob's slot that is neither the liar's nor his own or alice's */
    uint32_t slot; /* bob's */
    unsigned n_made_up;
} play;

static uint32_t slot_of(const char *name)
{
    return pl_slot_of((const uint8_t *)name, strlen(name), SLOTS);
}

/* `rate`: datagrams of one address that are answered a second, so that it is not that what bounds the storm. */
static void open_play(play *p, int64_t rate)
{
    pl_config config;
    pl_addr ranked[8];
    pl_config_init(&config);
    config.index_slots = SLOTS;
    config.index_slot_max = SLOT_MAX;
    config.index_entries_max = ENTRIES_MAX;
    config.index_replicas = 5;
    config.mesh_answer_rate = rate;
    counting = pl_suite_sized;
    counting.verify = verify;
    *p = (play){.s = story_new(&(story_options){.supernodes = 8, .config = &config, .suite = &counting})};
    story_settle(p->s);
    p->bob = story_log_in_at(p->s, "bob", 1, &(story_client_options){0});
    p->alice = story_log_in_at(p->s, "alice", 0, &(story_client_options){0});
    story_run(p->s, 5 * PL_MINUTE);
    p->slot = slot_of("bob");
    pl_slot_rank(p->slot, p->s->bootstrap, 8, (pl_addr){0}, ranked, 8);
    for (size_t i = 8; i-- > 0;)
        if (ranked[i].ip - STORY_SUPERNODE_IP > LIAR)
            p->server = ranked[i].ip - STORY_SUPERNODE_IP;
}

/* A letter of the liar's, sealed as it should be, with an entry that is as it should be. */
static void store(play *p, const char *name)
{
    story *s = p->s;
    story_host *liar = s->supernode[LIAR], *to = s->supernode[p->server];
    const pl_context context = {.config = &s->config, .suite = s->suite, .epoch = s->epoch};
    pl_credential credential = {.expires = s->epoch + 86400};
    pl_keypair sign = {.private_key = {7}};
    pl_entry entry;
    uint8_t encoded[PL_ENTRY_BYTES_MAX], bytes[PL_LETTER_BYTES_MAX];
    s->suite->sign_public(sign.public_key, sign.private_key);
    g_strlcpy(credential.name, name, sizeof credential.name);
    memcpy(credential.sign_key, sign.public_key, PL_KEY_BYTES);
    pl_credential_issue(&credential, s->suite, &s->keys.sign);
    pl_entry_make(&entry, &context,
                  &(pl_entry_facts){.credential = &credential,
                                    .sign = &sign,
                                    .supernode = s->bootstrap[LIAR],
                                    .state = PL_PRESENCE_ONLINE},
                  story_now(s));
    const pl_letter_ends ends = {s->suite, &liar->node->supernode->dh, to->node->supernode->dh.public_key};
    size_t len = pl_letter_store(bytes, &ends, p->n_made_up, (pl_bytes_view){encoded, pl_entry_encode(&entry, encoded)});
    story_throw(liar, liar->node->socket, s->bootstrap[p->server], bytes, len);
}

/* So many users of the slot, or of any. */
static void storm(play *p, size_t n, bool is_of_one_slot)
{
    while (n > 0) {
        char name[PL_NAME_MAX + 1];
        g_snprintf(name, sizeof name, "sybil-%u", p->n_made_up++);
        if (is_of_one_slot && slot_of(name) != p->slot)
            continue;
        store(p, name);
        n--;
    }
    story_run(p->s, story_now(p->s) + 10 * PL_SECOND);
}

static void expect_found(play *p, const char *name)
{
    uint64_t search;
    g_assert_cmpint(pl_node_search(p->alice->node, name, &search, story_now(p->s)), ==, 0);
    story_arm(p->alice);
    g_assert_cmpint(story_run_to(p->alice, PL_EVENT_SEARCH_ENDED, story_now(p->s) + PL_MINUTE), !=, PL_NEVER);
    g_assert_cmpstr(story_last(p->alice, PL_EVENT_SEARCH_ENDED)->event.value[2].text, ==, "online");
}

static size_t kept(const play *p)
{
    return pl_node_index_entries(p->s->supernode[p->server]->node);
}

/* A thousand users of one slot: it takes those that it has room for, looks at no signature of the others, and holds on to
 * what it had. */
static void test_users_of_one_slot(void)
{
    play p;
    open_play(&p, 100000);
    const size_t before = kept(&p);
    n_verified = 0;
    storm(&p, 1000, true);
    g_assert_cmpuint(kept(&p), >, before);
    g_assert_cmpuint(kept(&p), <=, before + SLOT_MAX);
    g_assert_cmpuint(n_verified, <=, 2 * SLOT_MAX);
    expect_found(&p, "bob");
    story_free(p.s);
}

/* Of all slots: index.entries_max is the end of it. */
static void test_users_of_all_slots(void)
{
    play p;
    open_play(&p, 100000);
    n_verified = 0;
    storm(&p, 2000, false);
    g_assert_cmpuint(kept(&p), <=, ENTRIES_MAX);
    g_assert_cmpuint(n_verified, <=, 2 * ENTRIES_MAX);
    expect_found(&p, "bob");
    story_free(p.s);
}

/* As fast as it may: what one address is answered bounds it first. */
static void test_users_as_fast_as_they_come(void)
{
    play p;
    open_play(&p, 50);
    n_verified = 0;
    storm(&p, 1000, true);
    g_assert_cmpuint(n_verified, <=, 2 * 50);
    g_assert_cmpuint(story_refusals(p.s->supernode[p.server], "limit", "datagram"), >=, 900);
    expect_found(&p, "bob");
    story_free(p.s);
}

/* Who was refused for want of room is a user like others elsewhere. */
static void test_who_comes_after_the_storm(void)
{
    play p;
    char name[PL_NAME_MAX + 1];
    unsigned i = 0;
    open_play(&p, 100000);
    storm(&p, 1000, true);
    do
        g_snprintf(name, sizeof name, "carol-%u", i++);
    while (slot_of(name) == p.slot);
    story_log_in_at(p.s, name, 1, &(story_client_options){0});
    expect_found(&p, name);
    do
        g_snprintf(name, sizeof name, "dave-%u", i++);
    while (slot_of(name) != p.slot);
    story_log_in_at(p.s, name, 1, &(story_client_options){0});
    expect_found(&p, name); /* the storm was at one of five */
    story_free(p.s);
}

/* Two thousand questions by UDP in one breath, of somebody who is nobody's client. */
static void test_a_flood_of_questions(void)
{
    play p;
    open_play(&p, 50);
    story_host *stranger = story_add_stranger(p.s), *to = p.s->supernode[p.server];
    const pl_port port = story_port(stranger);
    pl_keypair own = {.private_key = {9}};
    pl_id socket;
    p.s->suite->dh_public(own.public_key, own.private_key);
    const pl_letter_ends ends = {p.s->suite, &own, to->node->supernode->dh.public_key};
    g_assert_cmpint(port.ops->udp_bind(port.ctx, STORY_PORT, &socket), ==, 0);
    for (uint64_t i = 0; i < 2000; i++) {
        uint8_t bytes[PL_LETTER_BYTES_MAX];
        size_t len = pl_letter_query(bytes, &ends, i, "bob");
        port.ops->udp_send(port.ctx, socket, p.s->bootstrap[p.server], 0, bytes, len);
    }
    story_run(p.s, story_now(p.s) + PL_SECOND);
    g_assert_cmpuint(stranger->heard->len, >, 0);
    g_assert_cmpuint(stranger->heard->len, <=, 50);
    g_assert_cmpuint(story_refusals(to, "limit", "datagram"), >=, 1900);
    expect_found(&p, "bob"); /* others are answered meanwhile */
    story_free(p.s);
}

/* --- who says that he is a member --- */

/* He attaches as partner; the view has him, with this key or with another. */
static void attach_as_partner(story *s, story_speaker *speaker, const uint8_t *key)
{
    const pl_addr address = {speaker->host->ip, STORY_PORT};
    const pl_supernode *supernode = s->supernode[1]->node->supernode;
    pl_view *view = (pl_view *)(uintptr_t)pl_mesh_view(supernode->mesh);
    pl_member member = {.incarnation = 1};
    memcpy(member.key, key, sizeof member.key);
    g_assert_cmpint(pl_view_add(view, address, member, 100), >=, 0);
    story_speaker_meet(speaker, story_address(s->supernode[1]), PL_NOISE_XX);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_CREDENTIAL,
                                             .credential = {speaker->credential, speaker->credential_len}});
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_ATTACH, .role = PL_ATTACH_PARTNER});
    story_run(s, story_now(s) + PL_SECOND);
}

/* The address of a member is not enough to be helped, its key is; and the partner that the world gave stays the partner. */
static void test_a_member_by_its_key(void)
{
    story *s = story_new(&(story_options){.pairing = STORY_IN_PAIRS, .supernodes = 4});
    const uint8_t another[PL_KEY_BYTES] = {1};
    story_settle(s);
    story_speaker *speaker = story_speaker_new(s);
    const story_host *supernode = s->supernode[1];
    for (uint32_t i = 1; i <= 3; i++) /* members from before and behind, who came later */
        g_assert_cmpint(pl_view_add((pl_view *)(uintptr_t)pl_mesh_view(supernode->node->supernode->mesh),
                                    (pl_addr){i == 2 ? 0x7F000000 : i, 1}, (pl_member){.incarnation = 1}, 100),
                        ==, 1);
    attach_as_partner(s, speaker, another);
    g_assert_cmpuint(story_refusals(supernode, "unexpected", "attach"), ==, 1);
    attach_as_partner(s, speaker, speaker->dh.public_key);
    g_assert_cmpuint(story_refusals(supernode, "unexpected", "attach"), ==, 1);
    g_assert_null(story_ended(speaker->host, speaker->stream));
    g_assert_cmpuint(supernode->node->supernode->partner.n_helped, ==, 1);
    g_assert_cmpuint(pl_node_clients(supernode->node), ==, 0);
    g_assert_cmpuint(story_count(supernode, PL_EVENT_PARTNER_LOST), ==, 0);
    story_speaker_say(speaker, &(pl_message){.id = PL_MESSAGE_KEEP_ALIVE}); /* nothing but changes of address */
    story_run(s, story_now(s) + PL_SECOND);
    g_assert_cmpuint(story_refusals(supernode, "unexpected", "keep-alive"), ==, 1);
    g_assert_cmpuint(supernode->node->supernode->partner.n_helped, ==, 0);
    story_speaker_free(speaker);
    story_free(s);
}

/* So many at a time and no more, whoever they are.  The mesh asks nobody meanwhile, or it would lose them. */
static void test_so_many_are_helped(void)
{
    pl_config config;
    pl_config_init(&config);
    config.mesh_period = PL_HOUR;
    story *s = story_new(&(story_options){.pairing = STORY_IN_PAIRS, .supernodes = 4, .config = &config});
    story_speaker *speakers[PL_PARTNER_HELPED_MAX + 1];
    story_settle(s);
    for (size_t i = 0; i < G_N_ELEMENTS(speakers); i++) {
        speakers[i] = story_speaker_new(s);
        attach_as_partner(s, speakers[i], speakers[i]->dh.public_key);
    }
    g_assert_cmpuint(s->supernode[1]->node->supernode->partner.n_helped, ==, PL_PARTNER_HELPED_MAX);
    g_assert_cmpuint(story_refusals(s->supernode[1], "unexpected", "attach"), ==, 1);
    s->supernode[1]->config.mesh_period = 10 * PL_SECOND;
    story_run(s, story_now(s) + 2 * PL_HOUR); /* who is lost is helped no more */
    g_assert_cmpuint(s->supernode[1]->node->supernode->partner.n_helped, ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(speakers); i++)
        story_speaker_free(speakers[i]);
    story_free(s);
}

#define ADD(name, test) g_test_add_func("/story/hostile/index/" name, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("users-of-one-slot", test_users_of_one_slot);
    ADD("users-of-all-slots", test_users_of_all_slots);
    ADD("users-as-fast-as-they-come", test_users_as_fast_as_they_come);
    ADD("who-comes-after-the-storm", test_who_comes_after_the_storm);
    ADD("a-flood-of-questions", test_a_flood_of_questions);
    g_test_add_func("/story/hostile/partner/a-member-by-its-key", test_a_member_by_its_key);
    g_test_add_func("/story/hostile/partner/so-many-are-helped", test_so_many_are_helped);
    return g_test_run();
}
