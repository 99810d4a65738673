/* turn_words.h - requests to a relay, put together as a test wants them, rightly or wrongly. */
#ifndef TESTS_SUPPORT_TURN_WORDS_H
#define TESTS_SUPPORT_TURN_WORDS_H

#include "core/nat/stun/stun.h"
#include "core/nat/turn/turn_client.h"

#define TURN_WORDS_MAX 1280

typedef struct turn_words {
    uint16_t method;
    pl_stun_class kind;
    uint8_t number;                 /* the transaction id is twelve of these */
    const pl_turn_account *account; /* NULL: no proof */
    const uint8_t *nonce;           /* sixteen bytes; NULL: none */
    bool without_realm, without_user;
    bool with_transport;            /* REQUESTED-TRANSPORT: UDP */
    uint8_t transport;              /* or this one */
    int64_t lifetime;               /* seconds; 0: none, negative: zero */
    uint16_t channel;               /* 0: none */
    const pl_addr *peers;
    size_t n_peers;
    const char *data;               /* NULL: none */
    const char *raw;                /* hexadecimal: further attributes, whole; NULL: none */
    size_t padded_to;               /* with SOFTWARE, before the proof */
} turn_words;

/* Writes the message; returns its length. */
size_t turn_words_write(uint8_t ret_bytes[TURN_WORDS_MAX], const turn_words *words);

#endif
