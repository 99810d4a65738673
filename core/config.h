/* config.h - every tunable of the protocol: one table, with unit, range, default, source and reason.
 *
 * The table makes the struct, the defaults, `partyline explain KEY`, the scenario key `protocol:` and
 * the list of constants in docs/protocol.md.  Sources: spec (a standard), measured (an id of
 * docs/measurements.md), chosen (why is in the help). */
#ifndef PL_CONFIG_H
#define PL_CONFIG_H

#include "core/types.h"

typedef enum pl_unit { PL_UNIT_TIME, PL_UNIT_COUNT } pl_unit;

/* field, key, unit, default, least, greatest, source, help */
#define PL_CONFIG(X)                                                                                         \
    X(login_udp_wait, "login.udp_wait", PL_UNIT_TIME, 5 * PL_SECOND, 100 * PL_MILLISECOND, PL_HOUR,          \
      "measured BS-07", "how long one wave of UDP probes waits for an answer; a refusal does not shorten it") \
    X(login_wave_entries, "login.wave_entries", PL_UNIT_COUNT, 5, 1, 200, "chosen",                          \
      "cache entries asked in one wave of a later login: 6 waves of 5 s give the 30 s and 30 entries of BS-15") \
    X(login_waves, "login.waves", PL_UNIT_COUNT, 6, 1, 40, "chosen",                                         \
      "waves of a later login: see login.wave_entries")                                                      \
    X(login_connect_timeout, "login.connect_timeout", PL_UNIT_TIME, 21 * PL_SECOND, 100 * PL_MILLISECOND,    \
      PL_HOUR, "chosen",                                                                                     \
      "how long a TCP rung waits for the first open: three SYNs of a 2003 host, the same on every engine")   \
    X(login_answer_timeout, "login.answer_timeout", PL_UNIT_TIME, 10 * PL_SECOND, 100 * PL_MILLISECOND,      \
      PL_HOUR, "chosen",                                                                                     \
      "how long an open connection may take to answer a step: two lost segments at a 1 s minimum RTO fit")   \
    X(login_pause, "login.pause", PL_UNIT_TIME, 6 * PL_SECOND, 0, PL_HOUR, "measured BS-09",                 \
      "pause between two attempts")                                                                          \
    X(login_attempts, "login.attempts", PL_UNIT_COUNT, 5, 1, 1000, "measured BS-09",                         \
      "attempts before a login fails")                                                                       \
    X(cache_entries_max, "cache.entries_max", PL_UNIT_COUNT, 200, 1, 200, "measured BS-03",                  \
      "entries that a host cache holds at most")                                                             \
    X(cache_refresh_interval, "cache.refresh_interval", PL_UNIT_TIME, 30 * PL_MINUTE, PL_SECOND,             \
      24 * PL_HOUR, "chosen",                                                                                \
      "how often a node asks its supernode for fresh entries: well inside a supernode's median session, GD-06") \
    X(cache_hand_out, "cache.hand_out", PL_UNIT_COUNT, 200, 1, 200, "measured KZ-01",                        \
      "entries that a supernode hands out at most in one answer")                                            \
    X(supernode_clients_max, "supernode.clients_max", PL_UNIT_COUNT, 1000, 1, 1000000, "chosen",             \
      "clients that a supernode attaches at most: above PO-13's 140 to 480, with room for arrivals")         \
    X(supernode_turn_aways_max, "supernode.turn_aways_max", PL_UNIT_COUNT, 100, 0, 1000000, "chosen",        \
      "streams beyond clients_max, held to hand on whom it cannot attach: a tenth of clients_max")           \
    X(supernode_handshake_timeout, "supernode.handshake_timeout", PL_UNIT_TIME, 10 * PL_SECOND,              \
      100 * PL_MILLISECOND, PL_HOUR, "chosen",                                                               \
      "how long a stream may stay unauthenticated: strangers must not hold slots, slow links must fit")      \
    X(supernode_advertise_timeout, "supernode.advertise_timeout", PL_UNIT_TIME, 10 * PL_MINUTE,              \
      PL_SECOND, 24 * PL_HOUR, "chosen",                                                                     \
      "how long an attached client may take to show its credential: a whole ladder to the login server fits") \
    X(supernode_relogin_pause, "supernode.relogin_pause", PL_UNIT_TIME, 6 * PL_SECOND, PL_MILLISECOND,       \
      PL_HOUR, "chosen", "pause before a supernode asks the login server again: the pause of BS-09")         \
    X(supernode_partner_retry, "supernode.partner_retry", PL_UNIT_TIME, 10 * PL_SECOND, PL_MILLISECOND,      \
      PL_HOUR, "chosen", "pause before a lost link to the partner is opened again")                          \
    X(signal_visits_max, "signal.visits_max", PL_UNIT_COUNT, 200, 1, 1000000, "chosen",                      \
      "visitors that a supernode has at most: 1000 clients, each called once in 10 min, are 117 at visit_idle") \
    X(signal_rate, "signal.rate", PL_UNIT_COUNT, 20, 1, 100000, "chosen",                                    \
      "signals a second that a visit carries each way: a session needs a dozen in all")                      \
    X(signal_visit_idle, "signal.visit_idle", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",    \
      "how long a visit may carry nothing: every method's budget of a path fits between two signals")        \
    X(signal_connect_timeout, "signal.connect_timeout", PL_UNIT_TIME, 9 * PL_SECOND, 100 * PL_MILLISECOND,   \
      PL_HOUR, "chosen",                                                                                     \
      "how long a visitor waits for each kind of port: two SYNs of a 2003 host, since somebody waits for it") \
    X(server_sessions_max, "server.sessions_max", PL_UNIT_COUNT, 1000000, 1, 10000000, "chosen",             \
      "streams that a login server holds at most: ten times the largest run of its first year")              \
    X(server_session_timeout, "server.session_timeout", PL_UNIT_TIME, 30 * PL_SECOND, 100 * PL_MILLISECOND,  \
      PL_HOUR, "chosen", "how long a stream to the login server may live: a login takes three exchanges")    \
    X(server_credential_lifetime, "server.credential_lifetime", PL_UNIT_TIME, 7 * 24 * PL_HOUR, PL_SECOND,   \
      400 * 24 * PL_HOUR, "chosen", "validity of a credential: long against a session, short against a theft") \
    X(server_password_rounds, "server.password_rounds", PL_UNIT_COUNT, 64, 1, 10000000, "chosen",            \
      "PBKDF2 rounds of a stored password: low, because accounts of a testbed are made up; raise it for people") \
    X(server_replay_memory, "server.replay_memory", PL_UNIT_COUNT, 65536, 16, 16777216, "chosen",            \
      "first handshake messages that a login server remembers to refuse their replay")                       \
    X(discovery_first_try, "discovery.first_try", PL_UNIT_TIME, 500 * PL_MILLISECOND, PL_MILLISECOND,        \
      PL_MINUTE, "spec RFC 8489 §6.2.1", "first retransmission of a STUN request; doubles")                  \
    X(discovery_tries, "discovery.tries", PL_UNIT_COUNT, 3, 1, 7, "chosen",                                  \
      "transmissions of a STUN request: silence by chance at 5 % loss each way is then 0.09 % a test")       \
    X(discovery_rate, "discovery.rate", PL_UNIT_COUNT, 20, 1, 100000, "chosen",                              \
      "answers a second that a supernode sends to one address, and changes of address that it asks for")

typedef struct pl_config {
#define X(field, key, unit, value, least, greatest, source, help) int64_t field;
    PL_CONFIG(X)
#undef X
} pl_config;

typedef struct pl_config_row {
    const char *key;
    pl_unit unit;
    int64_t value; /* default: ns or a count */
    int64_t least, greatest;
    const char *source;
    const char *help;
    size_t offset; /* of the int64_t in pl_config */
} pl_config_row;

/* The defaults. */
void pl_config_init(pl_config *config);
/* The rows in order; returns how many. */
size_t pl_config_rows(const pl_config_row **ret_rows);
/* Sets one tunable by key.  PL_ERR_UNKNOWN, or PL_ERR_LIMIT if out of range. */
int pl_config_set(pl_config *config, const char *key, int64_t value);

#endif
