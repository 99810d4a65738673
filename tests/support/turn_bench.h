/* turn_bench.h - a relay on a port of paper, and the hands of its clients. */
#ifndef TESTS_SUPPORT_TURN_BENCH_H
#define TESTS_SUPPORT_TURN_BENCH_H

#include "core/crypto/suite.h"
#include "core/nat/turn/turn_server.h"
#include "tests/support/fake_port.h"
#include "tests/support/turn_words.h"

#define TURN_BENCH_IP    0x42000001u /* 66.0.0.1 */
#define TURN_BENCH_EPOCH 1095206400

/* A nonce that an endpoint was given, and in which ten minutes. */
typedef struct turn_bench_nonces {
    pl_addr from;
    int64_t epoch;
    uint8_t nonce[16];
} turn_bench_nonces;

typedef struct turn_bench {
    fake_port *fake;
    pl_config config;
    pl_context context;
    pl_turn_server *server;
    pl_id socket;            /* the main one */
    pl_turn_account account; /* of "alice" */
    pl_time now;
    uint8_t number; /* of the last request: each has its own */
    pl_stun answer; /* the last one; its texts point into what the fake keeps */
    const uint8_t *answer_bytes;
    size_t answer_len;
    turn_bench_nonces known[32];
    size_t n_known;
} turn_bench;

void turn_bench_open(turn_bench *b);
/* Frees all, and checks that nothing is left open. */
void turn_bench_close(turn_bench *b);
/* Lets time pass: deadlines up to `at` act. */
void turn_bench_pass(turn_bench *b, pl_time at);

/* Sends words on the main socket and takes the answer, if there is one: its error code, 0 for a success, -1 for
 * silence.  More than one packet, or one that is not for who asked, fails. */
int turn_bench_ask(turn_bench *b, pl_addr from, turn_words words);
/* The same; what the server returned, unanswered. */
int turn_bench_throw(turn_bench *b, pl_addr from, turn_words words);
/* A nonce for an endpoint, asked for now. */
void turn_bench_nonce(turn_bench *b, pl_addr from, uint8_t ret_nonce[16]);
/* Asks with alice's proof and a fresh nonce. */
int turn_bench_prove(turn_bench *b, pl_addr from, turn_words words);
/* An allocation of alice's; its relayed address. */
pl_addr turn_bench_allocate(turn_bench *b, pl_addr from);
/* The relayed socket of an allocation that was the last to be made. */
pl_id turn_bench_last_socket(const turn_bench *b);
int turn_bench_permit(turn_bench *b, pl_addr from, uint32_t ip);
pl_turn_server_stats turn_bench_stats(const turn_bench *b);

#endif
