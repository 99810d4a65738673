/* test_offer.c - the bodies of a session: one encoding each, bounds kept, signatures over everything. */
#include <string.h>

#include <glib.h>

#include "core/nat/path/check.h"
#include "core/nat/path/offer.h"

#define EPOCH 1095206400

typedef struct desk {
    const pl_suite *suite;
    pl_keypair server, sign, dh;
    pl_offer offer;
    uint8_t bytes[PL_PATH_BODY_MAX + 1];
    size_t len;
} desk;

static void fill_key(pl_keypair *key, uint8_t with)
{
    memset(key->private_key, with, sizeof key->private_key);
}

/* An offer with everything in it that an offer can have. */
static void open_desk(desk *d, pl_offer_kind kind, size_t n_candidates)
{
    *d = (desk){.suite = &pl_suite_real};
    fill_key(&d->server, 1);
    fill_key(&d->sign, 2);
    fill_key(&d->dh, 3);
    d->suite->sign_public(d->server.public_key, d->server.private_key);
    d->suite->sign_public(d->sign.public_key, d->sign.private_key);
    d->suite->dh_public(d->dh.public_key, d->dh.private_key);
    pl_offer *offer = &d->offer;
    offer->kind = kind;
    offer->session = UINT64_C(0x123456789ABCDEF0);
    offer->attempt = 1;
    offer->bye = kind == PL_OFFER_BYE ? PL_BYE_NO_PATH : PL_BYE_CLOSED;
    if (kind == PL_OFFER_OFFER || kind == PL_OFFER_ANSWER) {
        offer->profile = 2;
        offer->choice = PL_PATH_TCP_ONLY;
        memset(offer->nonce, 0x77, sizeof offer->nonce);
        offer->spent_ms = 1234;
    }
    if (kind == PL_OFFER_OFFER || kind == PL_OFFER_ANSWER || kind == PL_OFFER_BYE) {
        memset(offer->credential.name, 'n', PL_NAME_MAX);
        memcpy(offer->credential.sign_key, d->sign.public_key, PL_KEY_BYTES);
        memcpy(offer->credential.dh_key, d->dh.public_key, PL_KEY_BYTES);
        offer->credential.expires = EPOCH;
        pl_credential_issue(&offer->credential, d->suite, &d->server);
    }
    if (kind != PL_OFFER_START && kind != PL_OFFER_BYE) {
        offer->hints = (pl_hints){.udp = PL_UDP_BLOCKED,
                                  .web_only = true,
                                  .of = {{PL_MAPPING_APD, PL_FILTERING_APD, -3, 65535},
                                         {PL_MAPPING_AD, PL_FILTERING_AD, 4, 1024}}};
        for (size_t i = 0; i < n_candidates; i++)
            pl_offer_add(offer, (pl_candidate){(i % 2) ? PL_CANDIDATE_RELAYED : PL_CANDIDATE_HOST,
                                               (i % 3) ? PL_PATH_TCP : PL_PATH_UDP,
                                               {0x0A000001u + (uint32_t)i, (uint16_t)(1000 + i)}});
    }
    d->len = pl_offer_write(offer, d->suite, &d->sign, "bob", d->bytes);
}

static const pl_offer_kind kinds[] = {PL_OFFER_OFFER, PL_OFFER_ANSWER, PL_OFFER_START, PL_OFFER_MORE, PL_OFFER_BYE};

static void test_what_is_read_is_what_was_written(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (size_t n = 0; n <= PL_OFFER_CANDIDATES_MAX; n += 4) {
            desk d;
            pl_offer offer;
            uint8_t again[PL_PATH_BODY_MAX];
            open_desk(&d, kinds[i], n);
            g_assert_cmpuint(d.len, <=, 500);
            g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, 0);
            g_assert_cmpint(offer.kind, ==, kinds[i]);
            g_assert_cmpuint(offer.n_candidates, ==, d.offer.n_candidates);
            g_assert_true(offer.hints.of[0].step == d.offer.hints.of[0].step);
            g_assert_true(offer.hints.web_only == d.offer.hints.web_only);
            g_assert_cmpuint(pl_offer_write(&offer, d.suite, &d.sign, "bob", again), ==, d.len);
            g_assert_cmpint(memcmp(again, d.bytes, d.len), ==, 0);
            g_assert_true(pl_offer_verify(d.bytes, d.len, d.suite, d.sign.public_key, "bob"));
            g_assert_cmpuint(pl_path_session_of(d.bytes, d.len), ==, d.offer.session);
            g_assert_true(pl_path_is_offer(d.bytes, d.len) == (kinds[i] == PL_OFFER_OFFER));
        }
    }
}

static void test_cut_and_longer_bodies_are_refused(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        desk d;
        pl_offer offer;
        open_desk(&d, kinds[i], 16);
        for (size_t len = 0; len < d.len; len++)
            g_assert_cmpint(pl_offer_read(&offer, d.bytes, len), <, 0);
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, 10), ==, PL_ERR_SHORT);
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len - 1), ==, PL_ERR_SHORT);
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len + 1), ==, PL_ERR_OVERSIZED);
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, PL_PATH_BODY_MAX + 1), ==, PL_ERR_OVERSIZED);
    }
}

/* No bit can be changed: either it is no body any more, or the signature does not hold, or the reader is another. */
static void test_every_bit_is_signed(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        desk d;
        pl_offer offer;
        open_desk(&d, kinds[i], 3);
        for (size_t bit = 0; bit < d.len * 8; bit += 5) {
            d.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            bool passes = pl_offer_read(&offer, d.bytes, d.len) == 0 &&
                          pl_offer_verify(d.bytes, d.len, d.suite, d.sign.public_key, "bob");
            g_assert_false(passes);
            d.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        g_assert_false(pl_offer_verify(d.bytes, d.len, d.suite, d.sign.public_key, "bobby"));
        g_assert_false(pl_offer_verify(d.bytes, d.len, d.suite, d.sign.public_key, ""));
        g_assert_false(pl_offer_verify(d.bytes, d.len, d.suite, d.server.public_key, "bob"));
        g_assert_false(pl_offer_verify(d.bytes, 3, d.suite, d.sign.public_key, "bob"));
    }
}

/* The head: version 1, kind 1, session 8, attempt 1; then of an offer: profile 1, choice 1, nonce 16, spent 2. */
static void test_values_beyond_their_tables_are_refused(void)
{
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {{0, 0}, {0, 2}, {1, 0}, {1, 6}, {2, 0x80}, {10, 0}, {10, 3}, {11, 3}, {12, 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        desk d;
        pl_offer offer;
        open_desk(&d, PL_OFFER_OFFER, 2);
        d.bytes[rows[i].at] = rows[i].value;
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, PL_ERR_MALFORMED);
        g_assert_cmpuint(pl_path_session_of(d.bytes, d.len), ==, 0);
    }
    desk d;
    pl_offer offer;
    open_desk(&d, PL_OFFER_OFFER, 2);
    memset(d.bytes + 2, 0, 8); /* no session */
    g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, PL_ERR_MALFORMED);
    open_desk(&d, PL_OFFER_MORE, 1); /* udp 1, web 1, 2 × (mapping 1, filtering 1, step 2, last 2), n 1, type 1 … */
    static const size_t ends[] = {11, 12, 13, 14, 19, 20, 25, 26, 27};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        open_desk(&d, PL_OFFER_MORE, 1);
        d.bytes[ends[i]] = 0xFF;
        g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, PL_ERR_MALFORMED);
    }
    open_desk(&d, PL_OFFER_MORE, 1);
    d.bytes[26] = PL_CANDIDATE_PEER_REFLEXIVE;
    g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, PL_ERR_MALFORMED);
    open_desk(&d, PL_OFFER_MORE, 1);
    memset(d.bytes + 32, 0, 2); /* port 0 */
    g_assert_cmpint(pl_offer_read(&offer, d.bytes, d.len), ==, PL_ERR_MALFORMED);
}

static void test_candidates_are_kept_once(void)
{
    pl_offer offer = {0};
    const pl_candidate host = {PL_CANDIDATE_HOST, PL_PATH_UDP, {0x51000001u, 5000}};
    const pl_candidate same = {PL_CANDIDATE_REFLEXIVE, PL_PATH_UDP, {0x51000001u, 5000}};
    const pl_candidate none = {PL_CANDIDATE_REFLEXIVE, PL_PATH_UDP, {0, 0}};
    pl_offer_add(&offer, host);
    pl_offer_add(&offer, same);
    pl_offer_add(&offer, none);
    g_assert_cmpuint(offer.n_candidates, ==, 1);
    g_assert_null(pl_offer_find(&offer, PL_CANDIDATE_REFLEXIVE, PL_PATH_UDP));
    g_assert_cmpuint(pl_offer_outside(&offer), ==, 0x51000001u);
    for (uint32_t i = 0; i < 40; i++)
        pl_offer_add(&offer, (pl_candidate){PL_CANDIDATE_HOST, PL_PATH_TCP, {0x0A000000u + i, 1}});
    g_assert_cmpuint(offer.n_candidates, ==, PL_OFFER_CANDIDATES_MAX);
}

static void test_private_addresses(void)
{
    static const struct {
        uint32_t ip;
        bool is_private;
    } rows[] = {{0x0A000001u, true},  {0x09FFFFFFu, false}, {0xAC100001u, true},  {0xAC200001u, false},
                {0xC0A80001u, true},  {0xC0A70001u, false}, {0x64400001u, true},  {0x64800001u, false},
                {0xA9FE0001u, true},  {0x7F000001u, true},  {0x08080808u, false}, {0x51000001u, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_true(pl_offer_is_private(rows[i].ip) == rows[i].is_private);
}

/* --- checks --- */

static const pl_check sample = {.session = UINT64_C(0x0123456789ABCDEF),
                                .from_caller = true,
                                .method = PL_PATH_PUNCHED,
                                .number = 77,
                                .priority = 5,
                                .tie_breaker = 9,
                                .id = "twelve bytes"};

static int read_check(pl_check *check, const uint8_t *bytes, size_t len, uint64_t session, bool caller,
                      const uint8_t key[PL_HASH_BYTES])
{
    pl_stun stun;
    int error = pl_stun_read(&stun, bytes, len);
    return error ? error : pl_check_read(check, &stun, bytes, session, caller, key);
}

static void test_a_check_is_for_one_session_one_way_one_key(void)
{
    uint8_t key[PL_HASH_BYTES] = "key", other[PL_HASH_BYTES] = "yek", bytes[PL_CHECK_BYTES_MAX];
    pl_check check = sample, read;
    for (unsigned nominates = 0; nominates < 2; nominates++) {
        check.nominates = nominates != 0;
        size_t len = pl_check_write(&check, key, bytes);
        g_assert_cmpint(read_check(&read, bytes, len, check.session, true, key), ==, 0);
        g_assert_cmpuint(read.number, ==, 77);
        g_assert_cmpint(read.method, ==, PL_PATH_PUNCHED);
        g_assert_true(read.nominates == check.nominates);
        g_assert_cmpint(read_check(&read, bytes, len, check.session + 1, true, key), ==, PL_ERR_UNEXPECTED);
        g_assert_cmpint(read_check(&read, bytes, len, check.session, false, key), ==, PL_ERR_UNEXPECTED);
        g_assert_cmpint(read_check(&read, bytes, len, check.session, true, other), ==, PL_ERR_FORGED);
    }
    check.from_caller = false; /* the callee chooses nothing */
    check.nominates = true;
    size_t len = pl_check_write(&check, key, bytes);
    g_assert_cmpint(read_check(&read, bytes, len, check.session, false, key), ==, PL_ERR_UNEXPECTED);
}

static void test_a_frame_names_its_session(void)
{
    uint8_t key[PL_HASH_BYTES] = "key", frame[2 + PL_CHECK_BYTES_MAX] = {0};
    size_t len = pl_check_write(&sample, key, frame + 2);
    frame[1] = (uint8_t)len;
    for (size_t part = 0; part < 2 + len; part++)
        g_assert_cmpint(pl_path_session_of_frame(frame, part), ==, -1);
    g_assert_cmpint(pl_path_session_of_frame(frame, 2 + len), ==, (int64_t)sample.session);
    g_assert_cmpint(pl_path_session_of_frame(frame, sizeof frame), ==, (int64_t)sample.session);
    g_assert_cmpint(pl_path_session_of_frame((const uint8_t *)"GET / HTTP/1.0", 14), ==, 0);
    g_assert_cmpint(pl_path_session_of_frame((const uint8_t *)"\x11", 1), ==, 0); /* a secure channel */
    frame[30] ^= 1;
    g_assert_cmpint(pl_path_session_of_frame(frame, 2 + len), ==, 0); /* its fingerprint does not match */
}

/* A repetition from where it came is no replay; anything else of a number that was seen is, and so is what is old. */
static void test_replays_are_told_from_repetitions(void)
{
    pl_check_memory memory = {0};
    const pl_addr here = {1, 1}, there = {1, 2};
    pl_check check = sample;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, 0);
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, 0);
    g_assert_cmpint(pl_check_remember(&memory, &check, there), ==, PL_ERR_REPLAYED);
    check.id[0]++;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, PL_ERR_REPLAYED);
    check.number = 500;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, 0);
    check.number = 500 - PL_CHECK_MEMORY + 1;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, 0);
    check.number = 500 - PL_CHECK_MEMORY;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, PL_ERR_REPLAYED);
    g_assert_cmpint(pl_check_remember(&memory, &sample, here), ==, PL_ERR_REPLAYED);
    check.number = UINT32_MAX;
    g_assert_cmpint(pl_check_remember(&memory, &check, here), ==, 0);
}

/* Both ends compute one key; another nonce, session or secret gives another. */
static void test_the_key_is_of_both(void)
{
    desk a, b;
    uint8_t key[PL_HASH_BYTES], same[PL_HASH_BYTES], other[PL_HASH_BYTES];
    open_desk(&a, PL_OFFER_OFFER, 0);
    open_desk(&b, PL_OFFER_ANSWER, 0);
    fill_key(&b.dh, 9);
    b.suite->dh_public(b.dh.public_key, b.dh.private_key);
    memset(b.offer.nonce, 5, sizeof b.offer.nonce);
    g_assert_true(pl_check_key(key, a.suite, &a.dh, &a.offer, &b.offer, b.dh.public_key));
    g_assert_true(pl_check_key(same, a.suite, &b.dh, &a.offer, &b.offer, a.dh.public_key));
    g_assert_cmpint(memcmp(key, same, sizeof key), ==, 0);
    b.offer.nonce[3]++;
    g_assert_true(pl_check_key(other, a.suite, &a.dh, &a.offer, &b.offer, b.dh.public_key));
    g_assert_cmpint(memcmp(key, other, sizeof key), !=, 0);
    uint8_t zero[PL_KEY_BYTES] = {0};
    g_assert_false(pl_check_key(other, a.suite, &a.dh, &a.offer, &b.offer, zero));
}

/* spec RFC 8445 §5.1.2.1: 2^24 type + 2^8 local + 255. */
static void test_priorities(void)
{
    g_assert_cmpuint(pl_check_priority(PL_CANDIDATE_HOST), ==, 2130706431u);
    g_assert_cmpuint(pl_check_priority(PL_CANDIDATE_PEER_REFLEXIVE), ==, 1862270975u);
    g_assert_cmpuint(pl_check_priority(PL_CANDIDATE_REFLEXIVE), ==, 1694498815u);
    g_assert_cmpuint(pl_check_priority(PL_CANDIDATE_RELAYED), ==, 16777215u);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nat/offer/what-is-read-is-what-was-written", test_what_is_read_is_what_was_written);
    g_test_add_func("/nat/offer/cut-and-longer-bodies-are-refused", test_cut_and_longer_bodies_are_refused);
    g_test_add_func("/nat/offer/every-bit-is-signed", test_every_bit_is_signed);
    g_test_add_func("/nat/offer/values-beyond-their-tables-are-refused", test_values_beyond_their_tables_are_refused);
    g_test_add_func("/nat/offer/candidates-are-kept-once", test_candidates_are_kept_once);
    g_test_add_func("/nat/offer/private-addresses", test_private_addresses);
    g_test_add_func("/nat/check/one-session-one-way-one-key", test_a_check_is_for_one_session_one_way_one_key);
    g_test_add_func("/nat/check/a-frame-names-its-session", test_a_frame_names_its_session);
    g_test_add_func("/nat/check/replays-are-told-from-repetitions", test_replays_are_told_from_repetitions);
    g_test_add_func("/nat/check/the-key-is-of-both", test_the_key_is_of_both);
    g_test_add_func("/nat/check/priorities", test_priorities);
    return g_test_run();
}
