/* path_internal.h - the inside of a path, shared by the files of this room.
 *
 *   path.c    life, states, bodies            pairs.c  checks: pacing, answers, nomination
 *   gather.c  what is known of one's own end  spray.c  bursts: foretold ports, many ports
 *   stage.c   the plan, stage by stage        stream.c TCP: opening, frames
 *   relay.c   one's own allocation            talk.c   the open path: payloads, keep-alives, consent
 */
#ifndef PL_NAT_PATH_INTERNAL_H
#define PL_NAT_PATH_INTERNAL_H

#include "core/event.h"
#include "core/nat/path/check.h"
#include "core/nat/path/method.h"

#define PL_PATH_PAIRS_MAX 100     /* spec RFC 8445 §6.1.2.5 */
#define PL_PATH_STREAMS_MAX 40    /* chosen: eight of strangers, and five tries each at a handful of candidates */
#define PL_PATH_PROBES 3          /* chosen: two ports of one supernode, and its partner, tell any box's step */
#define PL_PATH_FRAME_MAX 1280    /* chosen: a payload, or a STUN message; bounds what a stream may hold back */
#define PL_PATH_OPENER_TTL 3      /* chosen: passes a home's box and a carrier's, and dies before it is abroad */
#define PL_PATH_OPENER_TTL_BARE 2 /* chosen: the same for who is not translated: passes the firewall of a site */
#define PL_PATH_LOCAL_MAX 4       /* chosen: addresses of a host that become candidates */
#define PL_PATH_LEARNT_MAX 4      /* chosen: ports of one address that are learnt in a stage; a way needs one */
#define PL_PATH_EARLY_MAX 8       /* chosen: checks that are kept for the key; as many as strangers' streams */

/* States, named by what is awaited. */
#define PL_PATH_STATES(X)                                                                                    \
    X(PL_PATH_GATHERING, "gathering") /* one's own candidates */                                             \
    X(PL_PATH_OFFERED, "offered")     /* caller: the answer */                                               \
    X(PL_PATH_ANSWERED, "answered")   /* callee: the start, or an offer from fresh ports */                  \
    X(PL_PATH_LEAVING, "leaving")     /* caller: that its start has arrived */                               \
    X(PL_PATH_CHECKING, "checking")   /* a pair that works */                                                \
    X(PL_PATH_OPEN, "open")                                                                                  \
    X(PL_PATH_ENDED, "ended")
typedef enum pl_path_state {
#define X(id, name) id,
    PL_PATH_STATES(X)
#undef X
} pl_path_state;

/* By what a packet goes out, and to whom. */
typedef enum pl_leg_kind { PL_LEG_UDP, PL_LEG_TCP, PL_LEG_RELAY } pl_leg_kind;
typedef struct pl_leg {
    pl_leg_kind kind;
    pl_id id; /* socket or stream; 0 for the relay */
    pl_addr remote;
} pl_leg;

/* --- pairs --- */

typedef enum pl_pair_state {
    PL_PAIR_WAITING, /* to be sent */
    PL_PAIR_SENT,    /* for an answer */
    PL_PAIR_STALE,   /* its stage is over: not sent again, but an answer still counts */
    PL_PAIR_VALID,   /* answered */
    PL_PAIR_FAILED,  /* nominated in vain, or its stream is gone */
    PL_PAIR_ASTRAY   /* answered from elsewhere: the peer's box shows us another port than this one */
} pl_pair_state;

typedef struct pl_pair {
    pl_leg leg;
    pl_candidate_type remote_type;
    pl_path_method method;
    pl_pair_state state;
    size_t learnt_in; /* 1 + the stage in which the peer's check taught us the way; 0: we knew it */
    bool triggered;  /* by the peer's check: goes before the others */
    uint32_t heard;  /* number of the peer's check that came in by it last: goes on when its stage is over; 0: none */
    bool opener;     /* its first packet shall reach nobody else's box */
    bool nominates;  /* the check under way carries the caller's choice */
    uint8_t id[PL_STUN_ID_BYTES];
    uint32_t number;
    unsigned tries;
    pl_span wait;    /* after the next transmission */
    pl_time due;
    pl_addr mapped;  /* valid: our own address as the peer saw it */
} pl_pair;

/* --- streams --- */

typedef enum pl_stream_purpose {
    PL_STREAM_PROBE, /* to the supernode: bare STUN */
    PL_STREAM_WAY    /* to the peer: frames */
} pl_stream_purpose;

typedef struct pl_stream {
    pl_id id;       /* 0: waits to be opened again */
    pl_addr remote;
    pl_stream_purpose purpose;
    bool open, accepted, authentic;
    pl_path_method method;
    pl_candidate_type remote_type;
    int64_t tries;
    pl_time due;    /* opens again, or is given up; PL_NEVER */
    uint8_t in[2 + PL_PATH_FRAME_MAX];                          /* part of a frame */
    uint8_t out[2 + PL_PATH_FRAME_MAX + 2 + PL_CHECK_BYTES_MAX]; /* the rest of one, and a check */
    size_t n_in, n_out;
} pl_stream;

/* A check that came before the peer's answer, by which alone it can be judged. */
typedef struct pl_early {
    pl_leg leg;
    size_t len;
    uint8_t bytes[PL_CHECK_BYTES_MAX];
} pl_early;

/* --- gathering --- */

typedef struct pl_probe {
    pl_addr to;     /* {0, 0}: there is nothing to ask */
    uint8_t id[PL_STUN_ID_BYTES];
    unsigned tries; /* UDP: requests so far */
    bool done;      /* answered, or in vain */
    pl_addr mapped; /* {0, 0} if it was not answered */
    pl_id stream;   /* TCP */
} pl_probe;

typedef struct pl_gather {
    pl_deadline timer;
    pl_time until;
    pl_probe udp[PL_PATH_PROBES], tcp[PL_PATH_PROBES];
    pl_deadline refresh_timer; /* the last port of a box that goes by steps, measured anew before it is foretold */
    pl_id refresh_socket;
    uint8_t refresh_id[PL_STUN_ID_BYTES];
} pl_gather;

/* --- bursts --- */

typedef struct pl_spray {
    pl_deadline timer;
    pl_addr to;          /* easy end: the other's address; hard end: the endpoint to open to */
    bool hard;
    pl_id *sockets;      /* hard end */
    uint8_t (*ids)[PL_STUN_ID_BYTES];
    size_t n_sockets;
    uint8_t *probed;     /* easy end: bit a port of the range */
    int64_t left;        /* probes or sockets */
    uint8_t id[PL_STUN_ID_BYTES]; /* easy end: one check to many ports */
    uint32_t number;
} pl_spray;

/* --- the relay --- */

typedef struct pl_relay {
    pl_deadline timer;   /* when to allocate */
    bool wanted, have_account;
    pl_turn_account account;
    pl_turn_client *client;
    pl_turn_transport transport;
    pl_addr relayed;     /* {0, 0} until it stands */
} pl_relay;

/* --- the open path --- */

typedef struct pl_talk {
    pl_leg leg;
    pl_path_found found;
    pl_deadline timer;
    pl_time sent_at;       /* anything, by us */
    pl_time payload_at;    /* a payload, by us; PL_NEVER if none yet */
    pl_time consented_at;  /* the peer's last answer, or when we began to need it */
    pl_time consent_due;
    uint8_t consent_id[PL_STUN_ID_BYTES];
} pl_talk;

struct pl_path {
    const pl_path_self *self;
    pl_context *context;
    const pl_path_handler *handler;
    void *owner;
    char peer[PL_NAME_MAX + 1];
    bool is_caller;
    pl_path_state state;
    pl_time started_at, offered_at, heard_at; /* heard_at: callee: when the offer came */
    uint32_t packets;
    uint64_t tie_breaker;

    pl_offer own, theirs;
    bool have_theirs;
    pl_path_profile profile; /* of both */
    uint8_t key[PL_HASH_BYTES];
    uint32_t number;         /* of the last check begun */
    pl_check_memory memory;

    bool *gone;              /* set when we are freed; for who must go on after a handler */

    pl_id socket, listener;
    uint16_t tcp_port;
    pl_gather gather;

    pl_method_plan plan;
    size_t stage;
    unsigned holds;    /* how often the end of the stage was put off */
    pl_deadline timer; /* of the state */

    pl_pair pairs[PL_PATH_PAIRS_MAX];
    size_t n_pairs;
    pl_deadline pace;
    pl_time paced_at;
    pl_early early[PL_PATH_EARLY_MAX];
    size_t n_early;

    pl_stream *streams[PL_PATH_STREAMS_MAX];
    size_t n_streams;
    pl_deadline stream_timer;

    pl_spray spray;
    pl_relay relay;
    pl_talk talk;
};

static inline const pl_config *pl_path_config(const pl_path *path)
{
    return path->context->config;
}

static inline const pl_offer *pl_path_offer_of(const pl_path *path)
{
    return path->is_caller ? &path->own : &path->theirs;
}

static inline const pl_offer *pl_path_answer_of(const pl_path *path)
{
    return path->is_caller ? &path->theirs : &path->own;
}

/* path.c */
void pl_path_enter(pl_path *path, pl_path_state state, pl_time until);
void pl_path_gathered(pl_path *path, pl_time now);
void pl_path_say(pl_path *path, pl_offer_kind kind, pl_time now);
/* Tells the peer, and the owner, who may free us: nothing may follow. */
void pl_path_end(pl_path *path, const char *cause, pl_time now);
/* Closes what only the search needs, all but this leg; NULL: everything. */
void pl_path_let_go(pl_path *path, const pl_leg *kept, pl_time now);
/* Is it an address of this host's own? */
bool pl_path_is_own(const pl_path *path, uint32_t ip);
/* The plan is at its end, and another attempt follows. */
void pl_path_again(pl_path *path, pl_time now);
/* What came by a leg: STUN or a payload.  *ret_error is written if it is refused.  May free us. */
void pl_path_take(pl_path *path, const pl_leg *leg, const uint8_t *data, size_t len, int *ret_error, pl_time now);

/* gather.c */
void pl_gather_begin(pl_path *path, pl_time now);
/* An answer of the supernode on our socket, or on the refresh socket: 0 if it was one. */
int pl_gather_answer(pl_path *path, pl_id socket, pl_addr from, const pl_stun *stun, pl_time now);
void pl_gather_stream_opened(pl_path *path, pl_stream *stream, pl_time now);
void pl_gather_stream_data(pl_path *path, pl_stream *stream, pl_time now);
void pl_gather_stream_gone(pl_path *path, pl_id stream, pl_time now);
/* Measures the last port of our box anew, a while from now, and tells the peer. */
void pl_gather_refresh(pl_path *path, pl_time now);
void pl_gather_clear(pl_path *path);

/* stage.c */
void pl_stage_begin(pl_path *path, pl_time now);
/* The peer told more: a relayed candidate, a port. */
void pl_stage_more(pl_path *path, const pl_offer *more, pl_time now);
/* Whether a plan still comes to the relayed stage, or is in it. */
bool pl_stage_is(const pl_path *path, pl_path_method method);
/* Do both ends foretell each other's ports in this stage of the plan?  Then both must know exactly where the other's
 * box stands when it begins, and open nothing else shortly before. */
bool pl_stage_refreshes(const pl_path *path, size_t stage);
/* Is such a stage still to come, and an answer to a port that the peer did not name in vain till then?  It would leave by a
 * port of ours that is new, and shift those that are foretold. */
bool pl_stage_keeps_still(const pl_path *path);
/* Checks over the relay, in the relayed stage. */
void pl_stage_relayed(pl_path *path, pl_time now);

/* pairs.c */
pl_pair *pl_pairs_add(pl_path *path, const pl_pair *pair, pl_time now);
void pl_pairs_retire(pl_path *path);
void pl_pairs_clear(pl_path *path);
void pl_pairs_leg_gone(pl_path *path, pl_id stream);
/* A STUN message of the peer, or so it says. */
int pl_pairs_input(pl_path *path, const pl_leg *leg, const pl_stun *stun, const uint8_t *data, size_t len,
                   pl_time now);
/* The peer's answer is there: judges what came before it. */
void pl_pairs_judge_early(pl_path *path, pl_time now);
/* Of the packet that opens one's own boxes and is to die before it reaches the other's. */
uint8_t pl_pairs_opener_ttl(const pl_path *path);
/* A request of ours on that leg; the id and number are drawn if the number is 0. */
int pl_pairs_send(pl_path *path, const pl_leg *leg, pl_check *check, uint8_t ttl, pl_time now);
/* Sends now what would wait for its turn. */
void pl_pairs_burst(pl_path *path, pl_time now);
/* The candidate of the peer that a leg leads to. */
pl_candidate_type pl_pairs_type(const pl_path *path, const pl_leg *leg);
/* Was a pair answered, so that a choice is under way, here or at the peer? */
bool pl_pairs_is_settling(const pl_path *path);
/* Is this the leg of which the peer was told that it is chosen? */
bool pl_pairs_is_chosen(const pl_path *path, const pl_leg *leg);
int pl_leg_send(pl_path *path, const pl_leg *leg, uint8_t ttl, const uint8_t *data, size_t len, pl_time now);
bool pl_leg_equal(const pl_leg *a, const pl_leg *b);

/* spray.c */
void pl_spray_predict(pl_path *path, pl_time now);
void pl_spray_begin(pl_path *path, pl_time now);
void pl_spray_stop(pl_path *path);
/* Closes the sockets, all but `kept`. */
void pl_spray_clear(pl_path *path, pl_id kept);
bool pl_spray_owns(const pl_path *path, pl_id socket);
/* The answer to one of the many: 0 if it was one. */
int pl_spray_answer(pl_path *path, const pl_leg *leg, const pl_stun *stun, pl_time now);

/* stream.c */
pl_stream *pl_stream_open(pl_path *path, pl_addr to, pl_stream_purpose purpose, pl_path_method method,
                          pl_candidate_type type, pl_time now);
pl_stream *pl_stream_find(const pl_path *path, pl_id id);
/* A frame of a stream that was kept until it could be judged; nothing if the stream is gone. */
void pl_stream_judge(pl_path *path, pl_id id, const uint8_t *frame, size_t len, pl_time now);
int pl_stream_frame(pl_path *path, pl_id id, const uint8_t *data, size_t len);
void pl_stream_drop(pl_path *path, pl_stream *stream);
/* Closes all but `kept`. */
void pl_stream_clear(pl_path *path, pl_id kept);
/* No stream of an earlier stage is opened again. */
void pl_stream_retire(pl_path *path);

/* relay.c */
void pl_relay_plan(pl_path *path, pl_time now);
void pl_relay_stop(pl_path *path, pl_time now);
void pl_relay_permit(pl_path *path, pl_time now);
bool pl_relay_owns_socket(const pl_path *path, pl_id socket);
bool pl_relay_owns_stream(const pl_path *path, pl_id stream);

/* talk.c */
void pl_talk_begin(pl_path *path, const pl_leg *leg, const pl_pair *pair, pl_path_method method, pl_time now);
void pl_talk_input(pl_path *path, const pl_leg *leg, const uint8_t *data, size_t len, int *ret_error, pl_time now);
void pl_talk_consented(pl_path *path, pl_time now);
bool pl_talk_is_answer(const pl_path *path, const pl_stun *stun);
void pl_talk_stop(pl_path *path);

#endif
