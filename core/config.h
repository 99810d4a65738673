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
    X(signal_user_visits, "signal.user_visits", PL_UNIT_COUNT, 16, 1, 1000000, "chosen",                     \
      "visits of one user among them: as many as the sessions that he may begin at one time")                \
    X(signal_rate, "signal.rate", PL_UNIT_COUNT, 20, 1, 100000, "chosen",                                    \
      "signals a second that a visit carries each way: a session needs a dozen in all")                      \
    X(signal_visit_idle, "signal.visit_idle", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",    \
      "how long a visit may carry nothing: every method's budget of a path fits between two signals")        \
    X(signal_connect_timeout, "signal.connect_timeout", PL_UNIT_TIME, 9 * PL_SECOND, 100 * PL_MILLISECOND,   \
      PL_HOUR, "chosen",                                                                                     \
      "how long a visitor waits for each kind of port: two SYNs of a 2003 host, since somebody waits for it") \
    X(mesh_period, "mesh.period", PL_UNIT_TIME, 10 * PL_SECOND, 100 * PL_MILLISECOND, PL_HOUR, "chosen",     \
      "from one member of the view that a supernode asks for a sign of life to the next: 200 bit/s each way") \
    X(mesh_answer_wait, "mesh.answer_wait", PL_UNIT_TIME, 2 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,    \
      "chosen", "how long a member may take to answer before it is suspected, and through others before it is lost") \
    X(mesh_helpers, "mesh.helpers", PL_UNIT_COUNT, 3, 0, 16, "chosen",                                       \
      "members through whom a suspect is asked once more: all three ways fail by chance at 5 % loss in 0.7 %") \
    X(mesh_view_max, "mesh.view_max", PL_UNIT_COUNT, 4096, 1, 65535, "chosen",                               \
      "members that a view holds at most: some 56 bytes each, and four times the supernodes of a large run")      \
    X(mesh_check_rate, "mesh.check_rate", PL_UNIT_COUNT, 50, 1, 10000, "chosen",                             \
      "hearsay that a supernode looks into, a second: a thousand names in 20 s, and no more than 5 kB/s for liars") \
    X(mesh_answer_rate, "mesh.answer_rate", PL_UNIT_COUNT, 50, 1, 100000, "chosen",                          \
      "mesh and index datagrams that a supernode answers to one address, a second")                          \
    X(mesh_sync, "mesh.sync", PL_UNIT_TIME, 5 * PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",                \
      "between two looks at a page of another's view, which find whom no rumour told of")                    \
    X(index_slots, "index.slots", PL_UNIT_COUNT, 2048, 1, 65536, "measured SN-07",                           \
      "slots of the index; all nodes of a network must agree on it")                                         \
    X(index_replicas, "index.replicas", PL_UNIT_COUNT, 9, 1, 32, "measured SN-07",                           \
      "supernodes that serve a slot; all nodes of a network must agree on it")                               \
    X(index_lifetime, "index.lifetime", PL_UNIT_TIME, 72 * PL_HOUR, PL_SECOND, 400 * 24 * PL_HOUR,           \
      "measured BS-22", "how long after he was last seen a user can be found")                               \
    X(index_refresh, "index.refresh", PL_UNIT_TIME, 4 * PL_HOUR, PL_SECOND, 24 * PL_HOUR, "chosen",              \
      "how often a user who is online signs a new entry: nine replicas are 2 bit/s a user, and a median session of GD-06 has one")        \
    X(index_skew, "index.skew", PL_UNIT_TIME, 5 * PL_MINUTE, 0, 24 * PL_HOUR, "chosen",                      \
      "how far ahead of the reader's clock an entry may be dated: clocks of 2004 were set by hand")          \
    X(index_settle, "index.settle", PL_UNIT_TIME, 2 * PL_MINUTE, 0, 24 * PL_HOUR, "chosen",                  \
      "how long a supernode has to serve until its no is a sure one: what is missing was handed to it by then") \
    X(index_doubt, "index.doubt", PL_UNIT_TIME, 5 * PL_MINUTE, 0, 24 * PL_HOUR, "chosen",                    \
      "how long an entry counts as online without its supernode, which may be late: until mesh.sync finds it") \
    X(index_entries_max, "index.entries_max", PL_UNIT_COUNT, 65536, 1, 16777216, "chosen",                   \
      "entries that a supernode keeps at most: 20 MB, and seven times those of 1000 clients in nine places each") \
    X(index_slot_max, "index.slot_max", PL_UNIT_COUNT, 4096, 1, 16777216, "chosen",                          \
      "entries that it keeps of one slot: a storm of made-up names cannot take the place of all others")     \
    X(index_publish_rate, "index.publish_rate", PL_UNIT_COUNT, 40, 1, 10000, "chosen",                       \
      "entries that a supernode sends, a second: below what one address is answered (mesh.answer_rate)")     \
    X(index_tries, "index.tries", PL_UNIT_COUNT, 3, 1, 16, "chosen",                                         \
      "transmissions of an entry to a replica, index.answer_wait apart")                                     \
    X(index_answer_wait, "index.answer_wait", PL_UNIT_TIME, 2 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,  \
      "chosen", "how long a replica may take to say that it keeps an entry")                                 \
    X(index_queue_max, "index.queue_max", PL_UNIT_COUNT, 16384, 16, 16777216, "chosen",                      \
      "entries that wait to be sent at most: those of 1000 clients in nine places each, and as many to repair") \
    X(search_answer_wait, "search.answer_wait", PL_UNIT_TIME, 2 * PL_SECOND, 100 * PL_MILLISECOND,           \
      PL_MINUTE, "chosen", "how long the nodes of a round may take: two rounds are BS-25's 3 to 4 s")        \
    X(search_tries, "search.tries", PL_UNIT_COUNT, 2, 1, 8, "chosen",                                        \
      "transmissions of a question to a node in search.answer_wait: of thirteen nodes one is lost in 3 % at 0.1 % a link") \
    X(search_supernode_wait, "search.supernode_wait", PL_UNIT_TIME, 10 * PL_SECOND, 100 * PL_MILLISECOND,    \
      PL_HOUR, "chosen", "how long one's own supernode may take over a round: that of login.answer_timeout") \
    X(search_first_round, "search.first_round", PL_UNIT_COUNT, 4, 1, 64, "measured BS-23",                   \
      "nodes asked in the first round; each round asks twice as many as the one before")                     \
    X(search_rounds, "search.rounds", PL_UNIT_COUNT, 4, 1, 8, "chosen",                                      \
      "rounds of a search at most: 4 + 8 + 16 + 32 nodes")                                                   \
    X(search_reviews, "search.reviews", PL_UNIT_COUNT, 2, 0, 8, "chosen",                                    \
      "policy slot: times that a slot with silent nodes is asked anew: one for a loss, one for a loss meanwhile") \
    X(search_review_wait, "search.review_wait", PL_UNIT_TIME, 5 * PL_SECOND, 0, PL_HOUR, "chosen",            \
      "how long before that: the mesh misses somebody after two mesh.answer_wait, and a second more")        \
    X(search_miss, "search.miss", PL_UNIT_COUNT, 10, 1, 1000, "chosen",                                      \
      "policy size: the odds, in thousandths, that an entry was missed, at which it gives up")               \
    X(search_cache_lifetime, "search.cache_lifetime", PL_UNIT_TIME, 10 * PL_MINUTE, PL_SECOND, 24 * PL_HOUR, \
      "chosen", "how long a supernode hands on what a search found (BS-27): a tenth of a median session")    \
    X(search_cache_max, "search.cache_max", PL_UNIT_COUNT, 256, 0, 1048576, "chosen",                        \
      "entries found that a supernode remembers at most: 1000 clients who search once in 40 min")            \
    X(search_client_max, "search.client_max", PL_UNIT_COUNT, 4, 1, 64, "chosen",                             \
      "searches of one client at one time, and those that a supernode runs for it")                          \
    X(search_rate, "search.rate", PL_UNIT_COUNT, 10, 1, 10000, "chosen",                                     \
      "rounds a second that a supernode names or asks nodes for, for one client: four searches of four rounds") \
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
    X(icmp_pings, "icmp.pings", PL_UNIT_COUNT, 3, 1, 8, "measured BS-18",                                    \
      "echo requests to each address, where a policy sends any: a few")                                      \
    X(icmp_interval, "icmp.interval", PL_UNIT_TIME, 100 * PL_MILLISECOND, PL_MILLISECOND, PL_MINUTE, "chosen", \
      "between two rounds of them: three rounds are over before a distant echo is back")                     \
    X(icmp_wait, "icmp.wait", PL_UNIT_TIME, 2 * PL_SECOND, PL_MILLISECOND, PL_MINUTE, "chosen",              \
      "how long an echo may take: twice the round trip of a loaded mobile bearer")                           \
    X(buddies_entries_max, "buddies.entries_max", PL_UNIT_COUNT, 1000, 0, 1500, "chosen",                    \
      "buddies that a list holds at most: more than people have, and a registry's value of 64 KB holds them") \
    X(buddies_password_rounds, "buddies.password_rounds", PL_UNIT_COUNT, 1000, 1, 1000000,                   \
      "spec RFC 8018 §4.2", "PBKDF2 rounds of a new list's key: the least that the standard names; raise it for people") \
    X(buddies_check, "buddies.check", PL_UNIT_TIME, 5 * PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",        \
      "how often each buddy is looked up: a friend who came is seen within minutes, at one search a buddy")  \
    X(buddies_answer_wait, "buddies.answer_wait", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, PL_HOUR, "chosen",     \
      "how long one look-up may hold up the next: four times the slowest search measured, BS-26")            \
    X(discovery_first_try, "discovery.first_try", PL_UNIT_TIME, 500 * PL_MILLISECOND, PL_MILLISECOND,        \
      PL_MINUTE, "spec RFC 8489 §6.2.1", "first retransmission of a STUN request; doubles")                  \
    X(discovery_tries, "discovery.tries", PL_UNIT_COUNT, 3, 1, 7, "chosen",                                  \
      "transmissions of a STUN request: silence by chance at 5 % loss each way is then 0.09 % a test")       \
    X(discovery_rate, "discovery.rate", PL_UNIT_COUNT, 20, 1, 100000, "chosen",                              \
      "answers a second that a supernode sends to one address, and changes of address that it asks for")     \
    X(nat_refresh_interval, "nat.refresh_interval", PL_UNIT_TIME, PL_HOUR, PL_SECOND, 24 * PL_HOUR, "chosen", \
      "age at which a stored NAT report is found out anew, where the policy has a timer: an hour's roaming")  \
    X(nat_refresh_least, "nat.refresh_least", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, PL_HOUR, "chosen",         \
      "from one discovery to the next at least: doubts come in bunches, and a discovery takes up to 14 s")   \
    X(nat_keep_alive, "nat.keep_alive", PL_UNIT_TIME, 25 * PL_SECOND, PL_SECOND, PL_HOUR, "measured NT-02",  \
      "a binding is used this often at least: the shortest that were measured live 30 s")                    \
    X(nat_failures, "nat.failures", PL_UNIT_COUNT, 2, 1, 1000, "chosen",                                     \
      "sessions in a row that ended otherwise than the report promised, before it is doubted: one may be loss") \
    X(nat_measure_lifetime, "nat.measure_lifetime", PL_UNIT_COUNT, 0, 0, 1, "chosen",                        \
      "1: the lifetime of UDP bindings is measured after discovery; off, because it takes minutes of probes") \
    X(nat_lifetime_first, "nat.lifetime_first", PL_UNIT_TIME, 20 * PL_SECOND, PL_SECOND, PL_HOUR, "chosen",  \
      "first silence that is tried; it doubles: below the 30 s of NT-02")                                    \
    X(nat_lifetime_max, "nat.lifetime_max", PL_UNIT_TIME, 5 * PL_MINUTE, PL_SECOND, 24 * PL_HOUR,            \
      "spec RFC 4787 REQ-5", "longest silence that is tried: the recommended lifetime")                      \
    X(nat_lifetime_step, "nat.lifetime_step", PL_UNIT_TIME, 5 * PL_SECOND, PL_MILLISECOND, PL_HOUR, "chosen", \
      "the lifetime is told apart to this width: a third of it is lost to caution anyway")                   \
    X(turn_allocations_max, "turn.allocations_max", PL_UNIT_COUNT, 500, 0, 60000, "chosen",                  \
      "allocations that a relay has at most, a UDP port each: half of a full supernode's clients")           \
    X(turn_client_allocations, "turn.client_allocations", PL_UNIT_COUNT, 8, 1, 1000, "chosen",               \
      "allocations of one client: two a peer while a path is looked for, and the peers of a conference")     \
    X(turn_client_rate, "turn.client_rate", PL_UNIT_COUNT, 65536, 2048, 1000000000, "chosen",                \
      "bytes a second relayed for one client, both ways together: nine calls of 67 B in 50 packets a second") \
    X(turn_account_lifetime, "turn.account_lifetime", PL_UNIT_TIME, 24 * PL_HOUR, PL_SECOND,                 \
      400 * 24 * PL_HOUR, "chosen", "validity of an account at a relay: longer than any call, short against a theft") \
    X(turn_stream_idle, "turn.stream_idle", PL_UNIT_TIME, PL_MINUTE, 100 * PL_MILLISECOND, PL_HOUR,          \
      "chosen", "how long a stream to a relay may stand without an allocation: the search for a path fits")  \
    X(turn_tries, "turn.tries", PL_UNIT_COUNT, 7, 1, 16, "spec RFC 8489 §6.2.1",                             \
      "transmissions of a request to a relay by UDP, from discovery.first_try on, doubling; the last waits 16 times that") \
    X(turn_answer_timeout, "turn.answer_timeout", PL_UNIT_TIME, 10 * PL_SECOND, 100 * PL_MILLISECOND,        \
      PL_HOUR, "chosen",                                                                                     \
      "how long a relay may take to answer on a stream: RFC 8489 §6.2.2 has 39.5 s, but a call waits for it") \
    X(path_gather_wait, "path.gather_wait", PL_UNIT_TIME, 1500 * PL_MILLISECOND, 100 * PL_MILLISECOND,       \
      PL_MINUTE, "chosen",                                                                                   \
      "how long an end gathers candidates at most: two tries of a request and a round trip of 1 s")          \
    X(path_answer_wait, "path.answer_wait", PL_UNIT_TIME, 15 * PL_SECOND, 100 * PL_MILLISECOND, PL_HOUR,     \
      "chosen", "how long an offer waits for its answer, an answer for the start: a channel is opened meanwhile") \
    X(path_direct_wait, "path.direct_wait", PL_UNIT_TIME, PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,        \
      "chosen", "budget of the direct and of the reversed stage: one try, one more after 500 ms")            \
    X(path_punch_wait, "path.punch_wait", PL_UNIT_TIME, 2 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,      \
      "chosen", "budget of a punch over UDP: an opener, three full packets, and a round trip of 500 ms")     \
    X(path_predict_wait, "path.predict_wait", PL_UNIT_TIME, 1500 * PL_MILLISECOND, 100 * PL_MILLISECOND,     \
      PL_MINUTE, "chosen", "budget of foretold ports: two bursts 500 ms apart, and their answers")           \
    X(path_open_wait, "path.open_wait", PL_UNIT_TIME, 4 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,        \
      "chosen", "budget of a stage over TCP: SYNs at 0, 1 and 3 s, and a round trip of 1 s")                 \
    X(path_relay_wait, "path.relay_wait", PL_UNIT_TIME, 20 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,     \
      "chosen", "budget of the relayed stage: it is the last, and TCP that loses segments needs ten seconds") \
    X(path_relay_lead, "path.relay_lead", PL_UNIT_TIME, 2 * PL_SECOND, 0, PL_MINUTE, "chosen",               \
      "how long before the relayed stage an allocation is asked for: five round trips of 400 ms")            \
    X(path_pacing, "path.pacing", PL_UNIT_TIME, 50 * PL_MILLISECOND, PL_MILLISECOND, PL_SECOND,              \
      "spec RFC 8445 §14.2", "between two checks of a session, but where a burst is the method")             \
    X(path_first_try, "path.first_try", PL_UNIT_TIME, 500 * PL_MILLISECOND, PL_MILLISECOND, PL_MINUTE,       \
      "spec RFC 8445 §14.3", "first retransmission of a check; doubles")                                     \
    X(path_opener_lead, "path.opener_lead", PL_UNIT_TIME, 150 * PL_MILLISECOND, PL_MILLISECOND, PL_SECOND,   \
      "chosen", "from the low-TTL opener of a punch to its first full packet: what two starts differ by at most") \
    X(path_refuse_pause, "path.refuse_pause", PL_UNIT_TIME, 200 * PL_MILLISECOND, PL_MILLISECOND, PL_SECOND, \
      "chosen", "before a stream that was refused is opened again: the other end's SYN may have left by then") \
    X(path_refuse_tries, "path.refuse_tries", PL_UNIT_COUNT, 5, 1, 100, "chosen",                            \
      "how often one stream of a punch is opened at most: five refusals are a second")                       \
    X(path_stream_wait, "path.stream_wait", PL_UNIT_TIME, 5 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE,    \
      "chosen", "how long an open stream may stay unauthenticated: two lost segments fit")                   \
    X(path_streams_max, "path.streams_max", PL_UNIT_COUNT, 8, 1, 100, "chosen",                              \
      "streams that strangers may hold at a session's port: one peer has no more than four ways to it")      \
    X(path_predict_ports, "path.predict_ports", PL_UNIT_COUNT, 5, 1, 20, "chosen",                           \
      "ports that are foretold beyond the last one seen: so many flows may open in between")                 \
    X(path_spray_sockets, "path.spray_sockets", PL_UNIT_COUNT, 256, 1, 1024, "chosen",                       \
      "sockets that the end with random ports opens: with 1024 probes, a hit in 98.35 % of sessions")        \
    X(path_spray_ports, "path.spray_ports", PL_UNIT_COUNT, 1024, 1, 65536, "chosen",                         \
      "ports that the other end probes at most: more would fill the tables of small routers")                \
    X(path_spray_rate, "path.spray_rate", PL_UNIT_COUNT, 100, 1, 100000, "chosen",                           \
      "probes a second: 108 kbit/s, which the 128 kbit/s uplink of an ADSL line of 2004 takes and drops none") \
    X(path_keep_alive, "path.keep_alive", PL_UNIT_TIME, 15 * PL_SECOND, PL_SECOND, PL_HOUR,                  \
      "spec RFC 8445 §11", "silence after which an open path sends a Binding indication, if no lifetime is known") \
    X(path_keep_alive_least, "path.keep_alive_least", PL_UNIT_TIME, 5 * PL_SECOND, PL_SECOND, PL_HOUR,       \
      "chosen", "two thirds of a measured lifetime, but no less than this: a box of 8 s is broken")          \
    X(path_keep_alive_most, "path.keep_alive_most", PL_UNIT_TIME, 25 * PL_SECOND, PL_SECOND, PL_HOUR,        \
      "measured NT-07", "and no more than this: gaps below 30 s are safe at every gateway measured")         \
    X(path_consent_interval, "path.consent_interval", PL_UNIT_TIME, 5 * PL_SECOND, PL_SECOND, PL_HOUR,       \
      "spec RFC 7675 §5.1", "between two consent checks, give or take a fifth")                              \
    X(path_consent_expiry, "path.consent_expiry", PL_UNIT_TIME, 30 * PL_SECOND, PL_SECOND, PL_HOUR,          \
      "spec RFC 7675 §5.1", "a path on which no check was answered for so long is lost")                     \
    X(path_sessions_max, "path.sessions_max", PL_UNIT_COUNT, 16, 1, 10000, "chosen",                         \
      "sessions that a node has begun itself, at one time: calls, and a conference")                         \
    X(path_incoming_max, "path.incoming_max", PL_UNIT_COUNT, 16, 1, 10000, "chosen",                         \
      "sessions that others have begun with a node, at one time: who knocks leaves it its own")              \
    X(path_offer_rate, "path.offer_rate", PL_UNIT_COUNT, 5, 1, 100000, "chosen",                             \
      "offers a second that a node looks at: each costs two signatures' checks, and a gathering")            \
    X(path_lobby_max, "path.lobby_max", PL_UNIT_COUNT, 16, 1, 10000, "chosen",                               \
      "streams that wait at a node's own ports for their first frame: as many as sessions")                  \
    X(path_lobby_timeout, "path.lobby_timeout", PL_UNIT_TIME, 5 * PL_SECOND, 100 * PL_MILLISECOND, PL_MINUTE, \
      "chosen", "how long they may wait: two lost segments fit") \
    X(overlay_keep_alive, "overlay.keep_alive", PL_UNIT_TIME, PL_MINUTE, 0, PL_HOUR, "measured BS-20",       \
      "how often a client says to its supernode that it lives, over TCP; 0: never, and nobody is missed")    \
    X(overlay_keep_alive_wait, "overlay.keep_alive_wait", PL_UNIT_TIME, 30 * PL_SECOND, PL_MILLISECOND,      \
      PL_HOUR, "chosen",                                                                                     \
      "beyond overlay.keep_alive, either end may be silent so long: a segment that is lost four times fits") \
    X(parents_spares, "parents.spares", PL_UNIT_COUNT, 5, 0, 200, "chosen",                                  \
      "spare supernodes asked when one's own is lost: a wave of login.wave_entries; 0: none, as without a cache") \
    X(relogin_interval, "relogin.interval", PL_UNIT_TIME, PL_MINUTE, 0, 24 * PL_HOUR, "chosen",              \
      "policy every: pause before each login that nobody asked for; as long as the keep-alive")              \
    X(relogin_first, "relogin.first", PL_UNIT_TIME, 10 * PL_SECOND, 0, 24 * PL_HOUR, "chosen",               \
      "policy back-off: the first pause; longer than the 6 s of BS-09, so that a login's own attempts come first") \
    X(relogin_factor, "relogin.factor", PL_UNIT_COUNT, 2, 1, 100, "chosen",                                  \
      "policy back-off: each pause is so many times the one before; doubling, as TCP does")                  \
    X(relogin_cap, "relogin.cap", PL_UNIT_TIME, 10 * PL_MINUTE, 0, 24 * PL_HOUR, "chosen",                   \
      "policy back-off: no pause is longer: a user waits so long after the network is back")                 \
    X(relogin_jitter, "relogin.jitter", PL_UNIT_COUNT, 50, 0, 100, "chosen",                                 \
      "policy back-off: a pause is shorter by a random share up to so many percent: half spreads a crowd") \
    X(supernode_capacity, "supernode.capacity", PL_UNIT_COUNT, 0, 0, 1000000, "chosen",                      \
      "logins a second that a supernode can do, on average of all; 0: any number, and nothing ever waits")   \
    X(supernode_capacity_spread, "supernode.capacity_spread", PL_UNIT_COUNT, 50, 0, 100, "chosen",           \
      "a supernode's own capacity differs from that by so many percent at most: hosts differ, uniformly")    \
    X(supernode_message_cost, "supernode.message_cost", PL_UNIT_COUNT, 10, 0, 1000, "chosen",                \
      "work of a probe or record but attach, in thousandths of a login: a login has two signature checks")   \
    X(supernode_refusal_cost, "supernode.refusal_cost", PL_UNIT_COUNT, 50, 0, 1000, "chosen",                \
      "work of turning somebody away, in thousandths of a login: the handshake is done, the checks are not") \
    X(supernode_queue_wait, "supernode.queue_wait", PL_UNIT_TIME, 5 * PL_SECOND, 0, PL_HOUR, "chosen",       \
      "how long a request may wait for a supernode with work: as login.udp_wait, after which nobody listens") \
    X(supernode_shutoff_threshold, "supernode.shutoff_threshold", PL_UNIT_COUNT, 0, 0, 100000, "chosen",     \
      "load in percent of the capacity above which a supernode shuts itself off (OU-13); 0: never")          \
    X(supernode_shutoff_window, "supernode.shutoff_window", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, PL_HOUR,     \
      "chosen", "span over which that load is the average: longer than a burst of logins, shorter than an outage") \
    X(supernode_shutoff_hold, "supernode.shutoff_hold", PL_UNIT_TIME, 10 * PL_MINUTE, PL_SECOND,             \
      24 * PL_HOUR, "chosen", "how long it is off then: ten windows")                                        \
    X(supernode_shutoff_hard, "supernode.shutoff_hard", PL_UNIT_COUNT, 0, 0, 1, "chosen",                    \
      "1: what shuts itself off drops its clients without a word; 0: it says goodbye")                        \
    X(election_children_most, "election.children_most", PL_UNIT_COUNT, 480, 1, 1000000, "measured PO-13",    \
      "policy by-need: a supernode with more children promotes one of them: the most of the range")          \
    X(election_children_least, "election.children_least", PL_UNIT_COUNT, 140, 0, 1000000, "measured PO-13",  \
      "policy by-need: who was promoted and has fewer steps down: the least of the range")                   \
    X(election_cpu, "election.cpu", PL_UNIT_COUNT, 500, 0, 1000000, "chosen",                                \
      "MHz of a supernode at least (BS-02 has no figure): half of a new host of 2003")                       \
    X(election_memory, "election.memory", PL_UNIT_COUNT, 128, 0, 1000000000, "chosen",                       \
      "MB of a supernode at least: what a host of 2003 was sold with")                                       \
    X(election_bandwidth, "election.bandwidth", PL_UNIT_COUNT, 128, 0, 1000000000, "chosen",                 \
      "kbit/s upwards of a supernode at least: three times the 40 kbit/s of PO-09")                          \
    X(election_uptime, "election.uptime", PL_UNIT_TIME, 30 * PL_MINUTE, 0, 400 * 24 * PL_HOUR, "chosen",     \
      "how long the user must be there: sessions have heavy tails (GD-06), so that who has stayed will stay")         \
    X(election_interval, "election.interval", PL_UNIT_TIME, PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",    \
      "how often a supernode counts its children and decides: as often as they say that they live")          \
    X(election_settle, "election.settle", PL_UNIT_TIME, 15 * PL_MINUTE, 0, 24 * PL_HOUR, "chosen",           \
      "how long who was promoted stays, however few come: half of cache.refresh_interval, which makes it known") \
    X(election_proof, "election.proof", PL_UNIT_TIME, 3 * PL_MINUTE, PL_SECOND, 24 * PL_HOUR, "chosen",      \
      "who was promoted and has no client attached by then cannot be reached: its share was told to come at once") \
    X(election_move_rate, "election.move_rate", PL_UNIT_COUNT, 2, 1, 1000000, "chosen",                      \
      "children a second that are told to move: each costs its new parent some 6 kB upwards, 96 kbit/s of the 128 " \
      "of election.bandwidth; a share of 240 takes two minutes")                                            \
    X(election_leave_wait, "election.leave_wait", PL_UNIT_TIME, 10 * PL_SECOND, 0, PL_HOUR, "chosen",        \
      "from telling all children to move to being gone: they ask the new parent first, for login.udp_wait")  \
    X(parents_move_least, "parents.move_least", PL_UNIT_TIME, PL_MINUTE, 0, PL_HOUR, "chosen",               \
      "from one word of a supernode to move to the next that is obeyed: who sends clients in circles gets nowhere")

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
