#include "core/nat/path/offer.h"

#include <glib.h>
#include <string.h>

#include "core/wire/buffer.h"

/* What a signature is over begins with this, so that it is good for nothing else. */
#define CONTEXT "partyline path"
#define STEP_MAX 4096 /* chosen: beyond it a step is no step */

const char *pl_offer_bye_name(pl_offer_bye bye)
{
    static const char *const names[] = {
#define X(id, name) [id] = name,
        PL_OFFER_BYES(X)
#undef X
    };
    return names[bye];
}

/* --- writing --- */

static void write_hints(pl_writer *writer, const pl_hints *hints)
{
    pl_write_u8(writer, (uint8_t)hints->udp);
    pl_write_u8(writer, hints->web_only);
    for (size_t i = 0; i < G_N_ELEMENTS(hints->of); i++) {
        pl_write_u8(writer, (uint8_t)hints->of[i].mapping);
        pl_write_u8(writer, (uint8_t)hints->of[i].filtering);
        pl_write_u16(writer, (uint16_t)hints->of[i].step);
        pl_write_u16(writer, hints->of[i].last);
    }
}

static void write_candidates(pl_writer *writer, const pl_offer *offer)
{
    pl_write_u8(writer, (uint8_t)offer->n_candidates);
    for (size_t i = 0; i < offer->n_candidates; i++) {
        pl_write_u8(writer, (uint8_t)offer->candidates[i].type);
        pl_write_u8(writer, (uint8_t)offer->candidates[i].transport);
        pl_write_addr(writer, offer->candidates[i].addr);
    }
}

static void write_credential(pl_writer *writer, const pl_offer *offer)
{
    uint8_t credential[PL_CREDENTIAL_BYTES_MAX];
    size_t len = pl_credential_encode(&offer->credential, credential);
    pl_write_u8(writer, (uint8_t)len);
    pl_write_bytes(writer, credential, len);
}

static void write_introduction(pl_writer *writer, const pl_offer *offer)
{
    pl_write_u8(writer, offer->profile);
    pl_write_u8(writer, (uint8_t)offer->choice);
    pl_write_bytes(writer, offer->nonce, sizeof offer->nonce);
    pl_write_u16(writer, offer->spent_ms);
    write_credential(writer, offer);
}

/* The context, the body and the receiver's name, in one hash: what is signed. */
static void digest(uint8_t ret_hash[PL_HASH_BYTES], const uint8_t *bytes, size_t len, const pl_suite *suite,
                   const char *receiver)
{
    uint8_t body[PL_HASH_BYTES], tail[PL_HASH_BYTES];
    suite->hash(body, (const uint8_t *)CONTEXT, strlen(CONTEXT), bytes, len);
    suite->hash(tail, (const uint8_t *)receiver, strlen(receiver), NULL, 0);
    suite->hash(ret_hash, body, sizeof body, tail, sizeof tail);
}

size_t pl_offer_write(const pl_offer *offer, const pl_suite *suite, const pl_keypair *sign, const char *receiver,
                      uint8_t *ret_bytes)
{
    uint8_t hash[PL_HASH_BYTES], signature[PL_SIGNATURE_BYTES];
    pl_writer writer;
    pl_writer_init(&writer, ret_bytes, PL_PATH_BODY_MAX);
    pl_write_u8(&writer, PL_OFFER_VERSION);
    pl_write_u8(&writer, (uint8_t)offer->kind);
    pl_write_u64(&writer, offer->session);
    pl_write_u8(&writer, offer->attempt);
    if (offer->kind == PL_OFFER_OFFER || offer->kind == PL_OFFER_ANSWER)
        write_introduction(&writer, offer);
    if (offer->kind == PL_OFFER_BYE) {
        pl_write_u8(&writer, (uint8_t)offer->bye);
        write_credential(&writer, offer);
    }
    if (offer->kind != PL_OFFER_START && offer->kind != PL_OFFER_BYE) {
        write_hints(&writer, &offer->hints);
        write_candidates(&writer, offer);
    }
    digest(hash, ret_bytes, writer.len, suite, receiver);
    suite->sign(signature, sign->public_key, sign->private_key, hash, sizeof hash);
    pl_write_bytes(&writer, signature, sizeof signature);
    g_assert(!writer.failed);
    return writer.len;
}

/* --- reading --- */

/* A code below `n`; beyond it the reader has failed. */
static unsigned read_code(pl_reader *reader, unsigned n)
{
    unsigned code = pl_read_u8(reader);
    if (code >= n)
        reader->failed = true;
    return code;
}

static void read_hints(pl_hints *hints, pl_reader *reader)
{
    hints->udp = (pl_nat_udp)read_code(reader, PL_UDP_BLOCKED + 1);
    hints->web_only = read_code(reader, 2) != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(hints->of); i++) {
        hints->of[i].mapping = (pl_nat_mapping)read_code(reader, PL_MAPPING_APD + 1);
        hints->of[i].filtering = (pl_nat_filtering)read_code(reader, PL_FILTERING_APD + 1);
        hints->of[i].step = (int16_t)pl_read_u16(reader);
        hints->of[i].last = pl_read_u16(reader);
        if (hints->of[i].step > STEP_MAX || hints->of[i].step < -STEP_MAX)
            reader->failed = true;
    }
}

static void read_candidates(pl_offer *offer, pl_reader *reader)
{
    offer->n_candidates = read_code(reader, PL_OFFER_CANDIDATES_MAX + 1);
    for (size_t i = 0; i < offer->n_candidates && !reader->failed; i++) {
        pl_candidate *candidate = &offer->candidates[i];
        candidate->type = (pl_candidate_type)read_code(reader, PL_CANDIDATE_RELAYED + 1);
        candidate->transport = (pl_path_transport)read_code(reader, PL_PATH_TCP + 1);
        candidate->addr = pl_read_addr(reader);
        if (candidate->type == PL_CANDIDATE_PEER_REFLEXIVE || !candidate->addr.ip || !candidate->addr.port)
            reader->failed = true; /* nobody can offer what only the peer can see, or nothing */
    }
}

static void read_credential(pl_offer *offer, pl_reader *reader)
{
    size_t len = pl_read_u8(reader);
    const uint8_t *credential = pl_read_view(reader, len);
    if (!credential || pl_credential_decode(&offer->credential, credential, len) != 0)
        reader->failed = true;
}

static void read_introduction(pl_offer *offer, pl_reader *reader)
{
    const pl_path_profile *const *profiles;
    size_t n = pl_path_profiles(&profiles);
    offer->profile = (uint8_t)read_code(reader, (unsigned)n);
    offer->choice = (pl_path_choice)read_code(reader, PL_PATH_TCP_ONLY + 1);
    pl_read_bytes(reader, offer->nonce, sizeof offer->nonce);
    offer->spent_ms = pl_read_u16(reader);
    read_credential(offer, reader);
}

static void read_rest(pl_offer *offer, pl_reader *reader)
{
    switch (offer->kind) {
    case PL_OFFER_OFFER:
    case PL_OFFER_ANSWER:
        read_introduction(offer, reader);
        read_hints(&offer->hints, reader);
        read_candidates(offer, reader);
        return;
    case PL_OFFER_MORE:
        read_hints(&offer->hints, reader);
        read_candidates(offer, reader);
        return;
    case PL_OFFER_BYE:
        offer->bye = (pl_offer_bye)read_code(reader, PL_BYES_COUNT);
        read_credential(offer, reader);
        return;
    case PL_OFFER_START:
        return;
    }
    reader->failed = true;
}

int pl_offer_read(pl_offer *ret_offer, const uint8_t *bytes, size_t len)
{
    if (len > PL_PATH_BODY_MAX)
        return PL_ERR_OVERSIZED;
    pl_offer offer = {0};
    pl_reader reader;
    pl_reader_init(&reader, bytes, len);
    unsigned version = pl_read_u8(&reader);
    offer.kind = (pl_offer_kind)pl_read_u8(&reader);
    offer.session = pl_read_u64(&reader);
    offer.attempt = pl_read_u8(&reader);
    if (reader.failed)
        return PL_ERR_SHORT;
    if (version != PL_OFFER_VERSION || offer.attempt < 1 || offer.attempt > PL_OFFER_ATTEMPTS ||
        offer.session == 0 || offer.session > INT64_MAX)
        return PL_ERR_MALFORMED;
    read_rest(&offer, &reader);
    if (reader.failed)
        return PL_ERR_MALFORMED;
    pl_read_view(&reader, PL_SIGNATURE_BYTES);
    if (reader.failed)
        return PL_ERR_SHORT;
    if (pl_reader_left(&reader) > 0)
        return PL_ERR_OVERSIZED;
    *ret_offer = offer;
    return 0;
}

bool pl_offer_verify(const uint8_t *bytes, size_t len, const pl_suite *suite, const uint8_t sign_key[PL_KEY_BYTES],
                     const char *receiver)
{
    uint8_t hash[PL_HASH_BYTES];
    if (len < PL_SIGNATURE_BYTES)
        return false;
    size_t signed_len = len - PL_SIGNATURE_BYTES;
    digest(hash, bytes, signed_len, suite, receiver);
    return suite->verify(sign_key, hash, sizeof hash, bytes + signed_len);
}

uint64_t pl_path_session_of(const uint8_t *body, size_t len)
{
    pl_offer offer;
    return pl_offer_read(&offer, body, len) == 0 ? offer.session : 0;
}

bool pl_path_is_offer(const uint8_t *body, size_t len)
{
    pl_offer offer;
    return pl_offer_read(&offer, body, len) == 0 && offer.kind == PL_OFFER_OFFER;
}

/* --- candidates --- */

void pl_offer_add(pl_offer *offer, pl_candidate candidate)
{
    for (size_t i = 0; i < offer->n_candidates; i++) {
        const pl_candidate *have = &offer->candidates[i];
        if (have->transport == candidate.transport && pl_addr_equal(have->addr, candidate.addr))
            return;
    }
    if (offer->n_candidates < PL_OFFER_CANDIDATES_MAX && candidate.addr.ip && candidate.addr.port)
        offer->candidates[offer->n_candidates++] = candidate;
}

const pl_candidate *pl_offer_find(const pl_offer *offer, pl_candidate_type type, pl_path_transport transport)
{
    for (size_t i = 0; i < offer->n_candidates; i++) {
        if (offer->candidates[i].type == type && offer->candidates[i].transport == transport)
            return &offer->candidates[i];
    }
    return NULL;
}

bool pl_offer_is_private(uint32_t ip)
{
    static const struct {
        uint32_t prefix, mask;
    } rows[] = {
        {0x0A000000u, 0xFF000000u}, /* spec RFC 1918 */
        {0xAC100000u, 0xFFF00000u}, /* spec RFC 1918 */
        {0xC0A80000u, 0xFFFF0000u}, /* spec RFC 1918 */
        {0x64400000u, 0xFFC00000u}, /* spec RFC 6598 */
        {0xA9FE0000u, 0xFFFF0000u}, /* spec RFC 3927 */
        {0x7F000000u, 0xFF000000u}, /* spec RFC 1122 §3.2.1.3 */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((ip & rows[i].mask) == rows[i].prefix)
            return true;
    }
    return false;
}

uint32_t pl_offer_outside(const pl_offer *offer)
{
    for (size_t i = 0; i < offer->n_candidates; i++) {
        if (offer->candidates[i].type == PL_CANDIDATE_REFLEXIVE)
            return offer->candidates[i].addr.ip;
    }
    for (size_t i = 0; i < offer->n_candidates; i++) {
        const pl_candidate *candidate = &offer->candidates[i];
        if (candidate->type == PL_CANDIDATE_HOST && !pl_offer_is_private(candidate->addr.ip))
            return candidate->addr.ip;
    }
    return 0;
}
