/* login_internal.h - the login machine's state, shared by its files only:
 * login.c (attempts and the user's acts), login_ladder.c (reaching a supernode), login_attach.c (the
 * conversation with it, the grant), login_online.c (staying online), login_signal.c (what others say to us by it),
 * parents.c (another supernode in place of one that is lost), login_index.c (what we say of ourselves, and
 * searches), login_ping.c (echo requests, by policy). */
#ifndef PL_SESSION_LOGIN_INTERNAL_H
#define PL_SESSION_LOGIN_INTERNAL_H

#include "core/overlay/index/entry.h"
#include "core/session/login.h"
#include "core/session/race.h"

/* What is needed only while a login or a hand-over is under way; freed when it ends, to keep an idle peer small. */
typedef struct pl_login_effort {
    char name[PL_NAME_MAX + 1];
    char password[PL_PASSWORD_MAX + 1];
    const char *kind; /* "first" or "later" */
    bool is_hand_over; /* of an online user: no login, and no login server */
    pl_addr lost;      /* the supernode that a hand-over replaces */
    pl_time started_at;
    int64_t attempts;
    pl_addr *contacts; /* distinct, sorted */
    size_t n_contacts;
    pl_addr *contacts_tcp;
    size_t n_contacts_tcp;

    /* The attempt. */
    pl_addr *entries; /* what the UDP rung asks, and then the TCP rungs */
    size_t n_entries;
    size_t wave_entries; /* entries of one wave */
    size_t n_asked;
    uint64_t transaction;
    pl_addr answered;    /* who answered by UDP and is tried alone; {0,0} = climbing the rungs */
    pl_port_kind rung;   /* the TCP rung that is tried, once `answered` is none */
    pl_race *race;
    pl_grant *grant;
    pl_addr servers[PL_MESSAGE_SERVERS_MAX];
    size_t n_servers;
    bool met_full; /* somebody said in this attempt that it is full */
    const char *cause_name; /* of a grant that failed */

    /* Pings, by policy. */
    pl_ping *ping;
    bool is_later;
    bool no_network;  /* they say so: this attempt is the last */
    uint32_t nearest; /* whom they found; 0 = nobody */
    pl_addr spare;    /* who answered by UDP while the nearest was waited for */
} pl_login_effort;

/* Who we are from the log-in act until we are no longer online: what signs and proves.  Wiped when it ends. */
typedef struct pl_login_self {
    pl_identity identity;
    pl_credential credential; /* once granted */
    int64_t stamp;            /* of the entry that we signed last; 0 = none */
    pl_addr servers[PL_MESSAGE_SERVERS_MAX]; /* login servers that our supernode knows */
    size_t n_servers;
} pl_login_self;

struct pl_login {
    pl_login_options options;
    pl_login_state state;
    pl_deadline deadline;
    pl_host_cache cache; /* folded while online: its count alone may be read without unfolding */
    bool is_cache_kept;  /* the registry has all of it */
    pl_channel *channel; /* to the supernode */
    pl_id stream;        /* of the channel; 0 = none */
    pl_addr supernode;   /* as the stream has it */
    pl_addr supernode_own; /* the same with its own port */
    pl_port_kind kind;   /* of the stream's port, or of the last one's */
    pl_time heard_at;    /* while online: the supernode's last record */
    pl_time keep_alive_at, refresh_at; /* while online: when to say or ask what next */
    pl_relogin *relogin; /* NULL unless a login may follow by itself */
    struct pl_moves *moves; /* parents.c; NULL as long as nobody told us to move, and we are no supernode */
    bool is_candidate;   /* the supernode was told that we could be one */
    bool is_udp_silent;  /* it was reached without an answer by UDP */
    bool heard_udp;      /* it answered us by UDP before */
    pl_deadline registration; /* online: when to sign anew */
    bool awaits_entries; /* the supernode was asked for entries and did not answer yet */
    uint32_t relays_awaited; /* grants that may come */
    pl_login_effort *effort;   /* while logging in */
    pl_login_self *self;       /* while logging in and online */
};

/* login.c */

/* The only writer of the state; sets what is waited for at the same time. */
void pl_login_enter(pl_login *login, pl_login_state state, pl_time deadline, pl_deadline_fn act);
/* The next walk of the ladder. */
void pl_login_attempt(void *machine, pl_time now);
/* The attempt failed: pause, or fail the login if it was the last. */
void pl_login_attempt_failed(pl_login *login, pl_login_cause cause, pl_time now);
/* Closes the stream to the supernode: what was said still goes out. */
void pl_login_take_leave(pl_login *login, pl_time now);
/* A user who was online is so no more; what follows is the re-login policy's. */
void pl_login_over(pl_login *login, const char *cause, pl_time now);
/* The login, or the hand-over, failed for good. */
void pl_login_failed(pl_login *login, const char *cause, pl_time now);
/* The same by the login server's word on the user himself: nothing follows by itself. */
void pl_login_refused(pl_login *login, const char *cause, pl_time now);
/* The login, or the hand-over, is done. */
void pl_login_succeeded(pl_login *login, pl_time now);
/* Remembers an address as contacted. */
void pl_login_contact(pl_addr **contacts, size_t *count, pl_addr addr);

/* Gives the cache's memory back, if the registry has it. */
void pl_login_fold_cache(pl_login *login);

/* Wipes who we were. */
void pl_login_forget_self(pl_login *login);

/* login_ladder.c */

/* Climbs from the bottom: the UDP rung. */
void pl_login_ladder_start(pl_login *login, pl_time now);
/* Somebody answered by UDP, and is tried alone. */
void pl_login_answered(pl_login *login, pl_addr from, pl_time now);
/* What was open did not lead to an attachment: goes on with the next rung. */
void pl_login_ladder_next(pl_login *login, pl_login_cause cause, pl_time now);
/* A supernode was open but did not attach us: the rungs of this attempt that follow leave it out. */
void pl_login_ladder_leave_out(pl_login *login, pl_addr supernode);

/* login_ping.c */

/* Begins to ping if the policy does so at this moment of this login; true: the ladder waits for the verdict. */
bool pl_login_ping(pl_login *login, pl_ping_moment moment, pl_time now);
/* Whether this answer by UDP is taken; false: a nearer supernode is waited for a moment. */
bool pl_login_takes(pl_login *login, pl_addr from, pl_time now);

/* login_attach.c */

/* A stream to a supernode is open. */
void pl_login_attach_start(pl_login *login, pl_id stream, pl_addr to, pl_time now);
/* Drops the channel and, if it is still open, its stream. */
void pl_login_attach_drop(pl_login *login, pl_time now);
/* The supernode failed us while we were logging in, or left us when we were online; `name` is static. */
void pl_login_lose(pl_login *login, pl_login_cause cause, const char *name, pl_time now);
/* Says a record to the supernode; as pl_channel_send. */
int pl_login_say(pl_login *login, const pl_message *message);

/* Goes to one supernode alone, on that kind of port, and if it fails to the effort's entries. */
void pl_login_ladder_go(pl_login *login, pl_addr to, pl_port_kind kind, pl_time now);

/* login_online.c */

/* We are online from now on. */
void pl_login_online_start(pl_login *login, pl_time now);
/* The supernode asks us to become one. */
void pl_login_take_promotion(pl_login *login, const pl_message *promote, pl_time now);

/* login_index.c */

/* Signs an entry of ourselves and gives it to the supernode; online, again every index.refresh. */
void pl_login_register(pl_login *login, pl_presence state, pl_time now);

/* login_signal.c */

/* A record of signalling that came while we are online. */
void pl_login_take_signal(pl_login *login, const pl_message *message, pl_time now);

#endif
