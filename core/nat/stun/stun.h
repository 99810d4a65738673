/* stun.h - STUN messages (RFC 8489; attributes of RFC 5780, RFC 8445 and RFC 8656; classic RFC 3489
 * messages) ⇄ bytes.
 *
 * Pure functions: no I/O, no time, no transactions.  Addresses are IPv4; one of another family is read
 * over as if it were absent. */
#ifndef PL_NAT_STUN_H
#define PL_NAT_STUN_H

#include "core/types.h"
#include "core/wire/buffer.h"

#define PL_STUN_HEADER_BYTES 20              /* spec RFC 8489 §5 */
#define PL_STUN_MAGIC 0x2112A442u            /* spec RFC 8489 §5 */
#define PL_STUN_ID_BYTES 12                  /* spec RFC 8489 §5 */
#define PL_STUN_BINDING 0x001                /* spec RFC 8489 §18.1 */
#define PL_STUN_ALLOCATE 0x003               /* spec RFC 8656 §17, and those below */
#define PL_STUN_REFRESH 0x004
#define PL_STUN_SEND 0x006                   /* indications only */
#define PL_STUN_DATA_METHOD 0x007            /* indications only */
#define PL_STUN_CREATE_PERMISSION 0x008
#define PL_STUN_CHANNEL_BIND 0x009
#define PL_STUN_INTEGRITY_BYTES 20           /* spec RFC 8489 §14.5: HMAC-SHA1 */
#define PL_STUN_FINGERPRINT_XOR 0x5354554Eu  /* spec RFC 8489 §14.7 */
#define PL_STUN_CHANGE_IP 4u                 /* spec RFC 5780 §7.2 */
#define PL_STUN_CHANGE_PORT 2u               /* spec RFC 5780 §7.2 */
#define PL_STUN_BYTES_MAX 1280               /* chosen: what passes any IPv6 path whole; bounds the work */
/* chosen: the longest answer of our servers (header, three addresses, a nonce).  Our requests are padded to
 * it, so that nobody is amplified; the server gives a nonce to no shorter one. */
#define PL_STUN_FULL_BYTES 76
#define PL_STUN_UNKNOWN_MAX 4                /* chosen: unknown attributes listed at most */
#define PL_STUN_TEXT_MAX 763                 /* spec RFC 8489 §14.9, §14.10: longest text in bytes */
#define PL_STUN_PEERS_MAX 8                  /* chosen: XOR-PEER-ADDRESS in one message: one peer's candidates */
#define PL_STUN_PROTOCOL_UDP 17              /* spec RFC 8656 §18.8: of REQUESTED-TRANSPORT */
#define PL_STUN_FAMILY_IPV4 1                /* spec RFC 8489 §14.1 */

/* spec RFC 8489 §14.8, RFC 8656 §19, RFC 8445 §7.3.1.1 (487) */
#define PL_STUN_ERROR_BAD_REQUEST 400
#define PL_STUN_ERROR_UNAUTHENTICATED 401
#define PL_STUN_ERROR_FORBIDDEN 403
#define PL_STUN_ERROR_UNKNOWN_ATTRIBUTE 420
#define PL_STUN_ERROR_MISMATCH 437
#define PL_STUN_ERROR_STALE_NONCE 438
#define PL_STUN_ERROR_FAMILY 440
#define PL_STUN_ERROR_WRONG_CREDENTIALS 441
#define PL_STUN_ERROR_TRANSPORT 442
#define PL_STUN_ERROR_PEER_FAMILY 443
#define PL_STUN_ERROR_QUOTA 486
#define PL_STUN_ERROR_ROLE_CONFLICT 487
#define PL_STUN_ERROR_CAPACITY 508

/* spec RFC 8489 §5: the two class bits. */
typedef enum pl_stun_class {
    PL_STUN_REQUEST = 0,
    PL_STUN_INDICATION = 1,
    PL_STUN_SUCCESS = 2,
    PL_STUN_ERROR = 3
} pl_stun_class;

/* id, type, shortest and longest value.  Types from 0x8000 may be ignored by who does not know them
 * (spec RFC 8489 §14); all numbers: RFC 8489 §18.3, RFC 5780 §9.1, RFC 3489 §11.2, RFC 8445 §16.1,
 * RFC 8656 §18. */
#define PL_STUN_ATTRIBUTES(X)                                                                      \
    X(PL_STUN_MAPPED, 0x0001, 8, 20)                                                               \
    X(PL_STUN_CHANGE_REQUEST, 0x0003, 4, 4)                                                        \
    X(PL_STUN_SOURCE, 0x0004, 8, 20)  /* classic: whence the answer comes */                       \
    X(PL_STUN_CHANGED, 0x0005, 8, 20) /* classic: the other address */                             \
    X(PL_STUN_USERNAME, 0x0006, 0, 513)                                                            \
    X(PL_STUN_INTEGRITY, 0x0008, 20, 20)                                                           \
    X(PL_STUN_ERROR_CODE, 0x0009, 4, 4 + PL_STUN_TEXT_MAX)                                         \
    X(PL_STUN_UNKNOWN_ATTRIBUTES, 0x000A, 0, PL_STUN_BYTES_MAX)                                    \
    X(PL_STUN_CHANNEL_NUMBER, 0x000C, 4, 4)                                                        \
    X(PL_STUN_LIFETIME, 0x000D, 4, 4)                                                              \
    X(PL_STUN_XOR_PEER, 0x0012, 8, 20)                                                             \
    X(PL_STUN_DATA, 0x0013, 0, PL_STUN_BYTES_MAX)                                                  \
    X(PL_STUN_REALM, 0x0014, 0, PL_STUN_TEXT_MAX)                                                  \
    X(PL_STUN_NONCE, 0x0015, 0, PL_STUN_TEXT_MAX)                                                  \
    X(PL_STUN_XOR_RELAYED, 0x0016, 8, 20)                                                          \
    X(PL_STUN_REQUESTED_FAMILY, 0x0017, 4, 4)                                                      \
    X(PL_STUN_EVEN_PORT, 0x0018, 1, 1)                                                             \
    X(PL_STUN_REQUESTED_TRANSPORT, 0x0019, 4, 4)                                                   \
    X(PL_STUN_DONT_FRAGMENT, 0x001A, 0, 0)                                                         \
    X(PL_STUN_XOR_MAPPED, 0x0020, 8, 20)                                                           \
    X(PL_STUN_RESERVATION_TOKEN, 0x0022, 8, 8)                                                     \
    X(PL_STUN_PRIORITY, 0x0024, 4, 4)                                                              \
    X(PL_STUN_USE_CANDIDATE, 0x0025, 0, 0)                                                         \
    X(PL_STUN_PADDING, 0x0026, 0, PL_STUN_BYTES_MAX)                                               \
    X(PL_STUN_RESPONSE_PORT, 0x0027, 2, 4)                                                         \
    X(PL_STUN_SOFTWARE, 0x8022, 0, PL_STUN_TEXT_MAX)                                               \
    X(PL_STUN_FINGERPRINT, 0x8028, 4, 4)                                                           \
    X(PL_STUN_ICE_CONTROLLED, 0x8029, 8, 8)                                                        \
    X(PL_STUN_ICE_CONTROLLING, 0x802A, 8, 8)                                                       \
    X(PL_STUN_RESPONSE_ORIGIN, 0x802B, 8, 20)                                                      \
    X(PL_STUN_OTHER_ADDRESS, 0x802C, 8, 20)

typedef enum pl_stun_attribute {
#define X(id, type, shortest, longest) id,
    PL_STUN_ATTRIBUTES(X)
#undef X
} pl_stun_attribute;

typedef struct pl_stun_text {
    const uint8_t *data; /* borrowed from the bytes that were read */
    size_t len;
} pl_stun_text;

/* A message as read.  A field means something only if its attribute is present (pl_stun_has). */
typedef struct pl_stun {
    pl_stun_class kind;
    uint16_t method;
    uint32_t cookie; /* PL_STUN_MAGIC; else the message is classic and this is the start of its id */
    uint8_t id[PL_STUN_ID_BYTES];
    uint32_t present;   /* bit per attribute, of those before the integrity or fingerprint */
    pl_addr mapped, xor_mapped, source, changed, origin, other, relayed;
    pl_addr peers[PL_STUN_PEERS_MAX]; /* XOR_PEER, the one attribute that counts as often as it comes */
    size_t n_peers;
    bool more_peers;     /* there were more than have a place here */
    bool foreign_family; /* an address of another family than IPv4 was read over */
    uint32_t change;    /* PL_STUN_CHANGE_… */
    uint32_t priority;
    uint32_t lifetime;  /* seconds */
    uint16_t channel;
    uint16_t response_port;
    uint8_t transport;  /* PL_STUN_PROTOCOL_… */
    uint8_t family;     /* PL_STUN_FAMILY_… */
    uint64_t tie_breaker; /* of ICE_CONTROLLED or ICE_CONTROLLING */
    uint16_t error;     /* 300..699 */
    pl_stun_text username, realm, nonce, data;
    /* Types that must be understood and are not.  PADDING and RESPONSE_PORT are among them though they are read:
     * who does as they ask strikes them out. */
    uint16_t unknown[PL_STUN_UNKNOWN_MAX];
    size_t n_unknown;
    size_t integrity_at; /* offset of MESSAGE-INTEGRITY, 0 if absent */
} pl_stun;

static inline bool pl_stun_has(const pl_stun *stun, pl_stun_attribute attribute)
{
    return (stun->present >> attribute & 1) != 0;
}

/* A client of RFC 3489, which knows no cookie and no XOR. */
static inline bool pl_stun_is_classic(const pl_stun *stun)
{
    return stun->cookie != PL_STUN_MAGIC;
}

/* Reads a whole datagram.  0; PL_ERR_SHORT; PL_ERR_OVERSIZED (over PL_STUN_BYTES_MAX, or bytes left over);
 * PL_ERR_MALFORMED; PL_ERR_FORGED if a fingerprint does not match.  Of an attribute that comes twice the
 * first counts; what follows the integrity is read over, but a fingerprint must be last. */
int pl_stun_read(pl_stun *ret_stun, const uint8_t *data, size_t len);
/* Does the integrity of the message, read from `data`, verify under this key?  False if it has none. */
bool pl_stun_verify(const pl_stun *stun, const uint8_t *data, const uint8_t *key, size_t key_len);
/* Long-term key (RFC 8489 §9.2.2): MD5 of user ":" realm ":" password, already prepared. */
void pl_stun_long_term_key(uint8_t ret_key[16], const char *user, const char *realm, const char *password);

/* Begins a message in an empty writer; each attribute then keeps the length field right, so the message is
 * whole after any of them.  A writer that ran out of room has `failed`. */
void pl_stun_begin(pl_writer *writer, pl_stun_class kind, uint32_t cookie,
                   const uint8_t id[PL_STUN_ID_BYTES]);
/* The same for any method of RFC 8656, with the cookie. */
void pl_stun_begin_method(pl_writer *writer, uint16_t method, pl_stun_class kind, const uint8_t id[PL_STUN_ID_BYTES]);
void pl_stun_add(pl_writer *writer, pl_stun_attribute attribute, const void *value, size_t len);
/* LIFETIME, PRIORITY; CHANNEL_NUMBER in the upper half, REQUESTED_TRANSPORT in the upper byte. */
void pl_stun_add_u32(pl_writer *writer, pl_stun_attribute attribute, uint32_t value);
/* ICE_CONTROLLED, ICE_CONTROLLING. */
void pl_stun_add_u64(pl_writer *writer, pl_stun_attribute attribute, uint64_t value);
/* MAPPED, SOURCE, CHANGED, RESPONSE_ORIGIN, OTHER_ADDRESS; and XOR_MAPPED, XOR_PEER, XOR_RELAYED, which are
 * veiled. */
void pl_stun_add_addr(pl_writer *writer, pl_stun_attribute attribute, pl_addr addr);
void pl_stun_add_change(pl_writer *writer, uint32_t change);
/* An error without a phrase: phrases are for people, and cost bytes that a stranger did not send. */
void pl_stun_add_error(pl_writer *writer, uint16_t error);
void pl_stun_add_unknown(pl_writer *writer, const uint16_t *types, size_t n);
void pl_stun_add_integrity(pl_writer *writer, const uint8_t *key, size_t key_len);
void pl_stun_add_fingerprint(pl_writer *writer);
/* Fills a request up to the longest answer with the text of SOFTWARE; nothing if it is as long already. */
void pl_stun_add_padding(pl_writer *writer);

/* FINGERPRINT of the `len` bytes before it; the length field must count the fingerprint already. */
uint32_t pl_stun_fingerprint(const uint8_t *data, size_t len);
/* The type number of an attribute. */
uint16_t pl_stun_type_of(pl_stun_attribute attribute);

#endif
