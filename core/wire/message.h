/* message.h - the message table: every message of our own protocol, and its bytes.
 *
 * Every message has exactly one encoding: padding and reserved bytes are zero, and a reader refuses
 * others, so that what is read and written again is the same bytes (docs/protocol.md, "Messages").
 *
 * Datagrams travel in the clear on the main UDP port: magic "PL", version, type, body.  Records travel
 * sealed inside a channel (crypto/channel.h): type, body.  A request that is not authenticated is padded
 * to the size of its answer, so that nobody is amplified.  STUN is apart (nat/stun.h). */
#ifndef PL_WIRE_MESSAGE_H
#define PL_WIRE_MESSAGE_H

#include "core/types.h"

#define PL_MESSAGE_NAME_MAX 32      /* chosen: = PL_NAME_MAX of crypto/credential.h (asserted in a test) */
#define PL_MESSAGE_PASSWORD_MAX 64  /* chosen: = PL_PASSWORD_MAX, likewise */
#define PL_MESSAGE_KEY_BYTES 32     /* spec RFC 7748, RFC 8032 */
#define PL_MESSAGE_CREDENTIAL_MAX 256 /* chosen: 170 with the longest name; room for a later version */
#define PL_MESSAGE_ENTRIES_MAX 200  /* measured BS-03 */
#define PL_MESSAGE_SERVERS_MAX 4    /* chosen: login servers that a supernode names at most */
#define PL_MESSAGE_BODY_MAX 1200    /* chosen: = PL_SIGNAL_BODY_MAX of session/signal.h, asserted there */
#define PL_MESSAGE_BYTES_MAX 4000   /* chosen: fits a channel frame with its tag */
#define PL_MESSAGE_MAGIC 0x504C     /* chosen: "PL"; its first byte cannot begin a STUN message */
#define PL_MESSAGE_VERSION 1        /* chosen: the first */
#define PL_MESSAGE_INDEX_MAX 300    /* chosen: 259 are an entry with the longest name; room for a later version */
#define PL_MESSAGE_RUMOURS_MAX 5    /* chosen: news in a ping; five joins and losses a period are 40 000 a day */
#define PL_MESSAGE_PAGE_MAX 164     /* chosen: members in a page that fits every path's MTU */
#define PL_MESSAGE_NODES_MAX 64     /* chosen: nodes of one round of a search: the fifth of 4, 8, 16 … */
#define PL_MESSAGE_SEALED_MAX 317   /* chosen: a verdict, an entry and a tag */
#define PL_PROBE_BYTES 32           /* chosen: both PROBE and PROBE_ANSWER, padded */

typedef enum pl_carrier { PL_CARRIER_DATAGRAM, PL_CARRIER_RECORD } pl_carrier;

/* id, code, carrier, name, shortest body, longest body */
#define PL_MESSAGES(X)                                                                             \
    X(PL_MESSAGE_PROBE, 0x01, PL_CARRIER_DATAGRAM, "probe", 28, 28)                                \
    X(PL_MESSAGE_PROBE_ANSWER, 0x02, PL_CARRIER_DATAGRAM, "probe-answer", 28, 28)                  \
    X(PL_MESSAGE_PING, 0x03, PL_CARRIER_DATAGRAM, "ping", 92, 92)                                  \
    X(PL_MESSAGE_ACK, 0x04, PL_CARRIER_DATAGRAM, "ack", 92, 92)                                    \
    X(PL_MESSAGE_PULL, 0x05, PL_CARRIER_DATAGRAM, "pull", 996, 996)                                \
    X(PL_MESSAGE_PAGE, 0x06, PL_CARRIER_DATAGRAM, "page", 996, 996)                                \
    X(PL_MESSAGE_STORE, 0x07, PL_CARRIER_DATAGRAM, "store", 57, 356)                              \
    X(PL_MESSAGE_STORED, 0x08, PL_CARRIER_DATAGRAM, "stored", 25, 25)                             \
    X(PL_MESSAGE_QUERY, 0x09, PL_CARRIER_DATAGRAM, "query", 357, 357)                              \
    X(PL_MESSAGE_ANSWER, 0x0A, PL_CARRIER_DATAGRAM, "answer", 25, 325)                             \
    X(PL_MESSAGE_GONE, 0x0B, PL_CARRIER_DATAGRAM, "gone", 69, 101)                                 \
    X(PL_MESSAGE_CREDENTIAL, 0x10, PL_CARRIER_RECORD, "credential", 1, 256)                        \
    X(PL_MESSAGE_ATTACH, 0x11, PL_CARRIER_RECORD, "attach", 1, 1)                                  \
    X(PL_MESSAGE_ATTACHED, 0x12, PL_CARRIER_RECORD, "attached", 11, 2035)                           \
    X(PL_MESSAGE_REFUSED, 0x13, PL_CARRIER_RECORD, "refused", 1, 1)                                \
    X(PL_MESSAGE_CACHE_REQUEST, 0x14, PL_CARRIER_RECORD, "cache-request", 0, 0)                    \
    X(PL_MESSAGE_CACHE_ENTRIES, 0x15, PL_CARRIER_RECORD, "cache-entries", 2, 2002)                 \
    X(PL_MESSAGE_ADVERTISE, 0x16, PL_CARRIER_RECORD, "advertise", 1, 256)                          \
    X(PL_MESSAGE_ADVERTISED, 0x17, PL_CARRIER_RECORD, "advertised", 0, 0)                          \
    X(PL_MESSAGE_STUN_CHANGE, 0x18, PL_CARRIER_RECORD, "stun-change", 21, 21)                      \
    X(PL_MESSAGE_SIGNAL, 0x19, PL_CARRIER_RECORD, "signal", 8, 1239)                               \
    X(PL_MESSAGE_SIGNAL_FAILED, 0x1A, PL_CARRIER_RECORD, "signal-failed", 7, 38)                   \
    X(PL_MESSAGE_RELAY_REQUEST, 0x1B, PL_CARRIER_RECORD, "relay-request", 0, 0)                    \
    X(PL_MESSAGE_RELAY_GRANT, 0x1C, PL_CARRIER_RECORD, "relay-grant", 8, 70)                       \
    X(PL_MESSAGE_REGISTER, 0x1D, PL_CARRIER_RECORD, "register", 1, 300)                            \
    X(PL_MESSAGE_LOGIN, 0x20, PL_CARRIER_RECORD, "login", 67, 162)                                 \
    X(PL_MESSAGE_GRANTED, 0x21, PL_CARRIER_RECORD, "granted", 1, 256)                              \
    X(PL_MESSAGE_FIND, 0x22, PL_CARRIER_RECORD, "find", 2, 33)                                     \
    X(PL_MESSAGE_LAST_KNOWN, 0x23, PL_CARRIER_RECORD, "last-known", 0, 300)                        \
    X(PL_MESSAGE_SEARCH, 0x30, PL_CARRIER_RECORD, "search", 8, 39)                                 \
    X(PL_MESSAGE_SEARCH_NODES, 0x31, PL_CARRIER_RECORD, "search-nodes", 12, 2444)                 \
    X(PL_MESSAGE_SEARCH_RESULT, 0x32, PL_CARRIER_RECORD, "search-result", 13, 317)                 \
    X(PL_MESSAGE_SEARCH_TOLD, 0x33, PL_CARRIER_RECORD, "search-told", 1, 300)                      \
    X(PL_MESSAGE_SEARCH_SILENT, 0x34, PL_CARRIER_RECORD, "search-silent", 7, 385)                  \
    X(PL_MESSAGE_KEEP_ALIVE, 0x40, PL_CARRIER_RECORD, "keep-alive", 0, 0)                          \
    X(PL_MESSAGE_MOVE, 0x41, PL_CARRIER_RECORD, "move", 6, 6)                                      \
    X(PL_MESSAGE_RESOURCES, 0x42, PL_CARRIER_RECORD, "resources", 18, 18)                          \
    X(PL_MESSAGE_PROMOTE, 0x43, PL_CARRIER_RECORD, "promote", 11, 2035)                            \
    X(PL_MESSAGE_PROMOTED, 0x44, PL_CARRIER_RECORD, "promoted", 1, 1)

typedef enum pl_message_id {
#define X(id, code, carrier, name, shortest, longest) id,
    PL_MESSAGES(X)
#undef X
} pl_message_id;

/* Why a server or supernode says no (REFUSED, SIGNAL_FAILED). */
#define PL_REFUSALS(X)                                                                             \
    X(PL_REFUSAL_UNKNOWN_USER, 1, "unknown-user")                                                  \
    X(PL_REFUSAL_WRONG_PASSWORD, 2, "wrong-password")                                              \
    X(PL_REFUSAL_FULL, 3, "full")                                                                  \
    X(PL_REFUSAL_EXPIRED, 4, "expired-credential")                                                 \
    X(PL_REFUSAL_FORGED, 5, "forged-credential")                                                   \
    X(PL_REFUSAL_REPLAYED, 6, "replayed")                                                          \
    X(PL_REFUSAL_NOT_READY, 7, "not-ready")                                                        \
    X(PL_REFUSAL_PEER_OFFLINE, 8, "peer-offline")                                                  \
    X(PL_REFUSAL_NO_VISIT, 9, "no-such-visit")                                                     \
    X(PL_REFUSAL_BUSY, 10, "busy")                                                                 \
    X(PL_REFUSAL_IDLE, 11, "idle")                                                                 \
    X(PL_REFUSAL_LEAVING, 12, "leaving")                                                           \
    X(PL_REFUSAL_OVERLOADED, 13, "overloaded")

typedef enum pl_refusal {
#define X(id, code, name) id = code,
    PL_REFUSALS(X)
#undef X
} pl_refusal;

/* The static name, "unknown-refusal" for codes beyond the table. */
const char *pl_refusal_name(pl_refusal refusal);

/* What an attaching node is. */
typedef enum pl_attach_role {
    PL_ATTACH_CLIENT = 1,
    PL_ATTACH_PARTNER = 2,
    PL_ATTACH_VISITOR = 3 /* of one of its clients */
} pl_attach_role;

/* Does a probed supernode take clients? */
typedef enum pl_probe_status { PL_PROBE_WELCOME = 1, PL_PROBE_FULL = 2 } pl_probe_status;

/* What is said of a supernode to another. */
typedef enum pl_rumour_kind { PL_RUMOUR_JOINED = 1, PL_RUMOUR_LOST = 2 } pl_rumour_kind;

typedef struct pl_rumour {
    pl_rumour_kind kind;
    pl_addr about;
} pl_rumour;

/* In the place of a round's number: all nodes of the slot, as it is now. */
#define PL_SEARCH_WHOLE_SLOT 255

/* Who asks the nodes of a search's round. */
typedef enum pl_search_way { PL_SEARCH_BY_CLIENT = 1, PL_SEARCH_ON_BEHALF = 2 } pl_search_way;

/* A host-cache entry as it travels and as it is kept: freshness in Unix seconds. */
typedef struct pl_cache_entry {
    pl_addr addr;
    uint32_t seen;
} pl_cache_entry;

/* Does who was asked to be a supernode become one? */
typedef enum pl_promoted_answer { PL_PROMOTED_YES = 1, PL_PROMOTED_NO = 2 } pl_promoted_answer;

typedef struct pl_bytes_view {
    const uint8_t *data; /* borrowed from the buffer that was read */
    size_t len;
} pl_bytes_view;

typedef struct pl_message {
    pl_message_id id;
    uint64_t transaction;       /* every datagram */
    pl_probe_status status;     /* PROBE_ANSWER */
    pl_attach_role role;        /* ATTACH */
    pl_refusal refusal;         /* REFUSED, SIGNAL_FAILED */
    pl_bytes_view credential;   /* CREDENTIAL, ADVERTISE, GRANTED: encoded credential */
    pl_bytes_view name;         /* LOGIN, SIGNAL, SIGNAL_FAILED, RELAY_GRANT: 1..32 bytes of printable ASCII without
                                 * spaces; of the grant it is the relay's user */
    pl_bytes_view password;     /* LOGIN: 0..64 bytes; RELAY_GRANT: 1..32, like a name */
    const uint8_t *sign_key;    /* LOGIN: 32 bytes */
    const uint8_t *dh_key;      /* LOGIN, PING, ACK, STORE, QUERY, GONE: 32 bytes */
    int64_t unix_time;          /* ATTACHED, PROMOTE: the supernode's clock */
    size_t n_servers;           /* ATTACHED, PROMOTE */
    pl_addr servers[PL_MESSAGE_SERVERS_MAX];
    size_t n_entries;           /* ATTACHED, CACHE_ENTRIES, PROMOTE: entries follow, borrowed by the writer */
    const pl_cache_entry *entries;
    pl_cache_entry *ret_entries; /* reader: room for PL_MESSAGE_ENTRIES_MAX, given by the caller, or NULL */
    pl_addr target;             /* STUN_CHANGE: to whom; PING, ACK: whom to ask or who answered, {0,0} = oneself;
                                 * PULL: the page begins after this address; MOVE: where to */
    uint8_t stun_id[12];        /* STUN_CHANGE: transaction id of the request */
    uint32_t visit;             /* SIGNAL, SIGNAL_FAILED: the handle of a visit; 0 towards and from its visitor */
    pl_bytes_view body;         /* SIGNAL: 0..PL_MESSAGE_BODY_MAX bytes; STORE, STORED, QUERY, ANSWER, GONE: sealed (overlay/index/letter.h) */
    uint32_t lifetime;          /* RELAY_GRANT: seconds */
    uint32_t incarnation;       /* PING, ACK: Unix seconds since when the sender (of a relayed ACK: the target) serves */
    uint8_t n_rumours;          /* PING, ACK */
    pl_rumour rumours[PL_MESSAGE_RUMOURS_MAX];
    pl_bytes_view nodes;        /* PAGE: addresses of 6 bytes each (pl_message_node); SEARCH_SILENT: likewise, 1 to
                                 * PL_MESSAGE_NODES_MAX; SEARCH_NODES: each with the key of its node, 38 bytes
                                 * (pl_message_key) */
    pl_bytes_view entry;        /* REGISTER, LAST_KNOWN, SEARCH_RESULT, SEARCH_TOLD: 0..300 bytes, but at least 1 in
                                 * REGISTER and SEARCH_TOLD */
    uint32_t since;             /* SEARCH_RESULT: Unix seconds since when who was found is said to be gone; 0 = nobody
                                 * says so */
    uint32_t search;            /* SEARCH…: the client's number of a search */
    uint8_t round;              /* SEARCH…: from 0 */
    pl_search_way way;          /* SEARCH */
    uint8_t slot_size;          /* SEARCH_NODES, SEARCH_RESULT: supernodes that serve the slot … */
    uint8_t slot_named;         /* SEARCH_NODES: … the first so many of the nodes are of these */
    uint8_t slot_no, slot_sure; /* SEARCH_NODES: … of which the supernode itself is one and says no (0 or 1), surely
                                 * (0 or 1); SEARCH_RESULT: … and so many said no in this round, so many surely */
    uint16_t network;           /* SEARCH_NODES, SEARCH_RESULT: supernodes in all, 65535 for more */
    uint8_t asked, answered;    /* SEARCH_RESULT: nodes of this round, and those that said no */
    uint32_t cpu, memory, bandwidth, uptime; /* RESOURCES: MHz, MB, kbit/s, seconds */
    uint16_t port;              /* RESOURCES: on which it would serve; 0 = it is no candidate any more */
    pl_promoted_answer answer;  /* PROMOTED */
    uint8_t change_port;        /* STUN_CHANGE: 1 = answer from P2, 0 = from P1 (2 more bytes reserved) */
} pl_message;

/* Encodes into `out` (PL_MESSAGE_BYTES_MAX is always enough); returns the length, 0 if `size` is too
 * small.  A field beyond its bound is a fault of the caller and asserted. */
size_t pl_message_write(const pl_message *message, uint8_t *out, size_t size);
/* Decodes a whole datagram or record; views borrow from `data`.  ret_message->ret_entries must be set before
 * (NULL, or room for PL_MESSAGE_ENTRIES_MAX); `entries` then points there.  Addresses are not judged.
 * 0, PL_ERR_SHORT, PL_ERR_MALFORMED (also: no such type on this carrier), PL_ERR_OVERSIZED (bytes left over,
 * or a count beyond a bound); on an error nothing is written. */
int pl_message_read(pl_message *ret_message, pl_carrier carrier, const uint8_t *data, size_t len);

#define PL_MESSAGE_NODE_BYTES 6   /* an address */
#define PL_MESSAGE_KEYED_BYTES 38 /* an address and a key */

/* The i-th address in a view of `nodes` whose items have so many bytes, and the key behind it. */
pl_addr pl_message_node(pl_bytes_view nodes, size_t item_bytes, size_t i);
const uint8_t *pl_message_key(pl_bytes_view nodes, size_t i);
/* Writes an address: 6 bytes at out. */
void pl_message_put_node(uint8_t *out, pl_addr node);

typedef struct pl_message_row {
    const char *name;
    uint8_t code;
    pl_carrier carrier;
    uint16_t shortest, longest; /* body */
} pl_message_row;
const pl_message_row *pl_message_row_of(pl_message_id id);
size_t pl_message_count(void);

#endif
