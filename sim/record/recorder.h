/* recorder.h - what one replication leaves behind: scalars, samples, calls, events, a capture.
 *
 *   scalars.csv    point,replication,name,labels,value,unit     one row a number about the whole replication
 *   series.csv     t_ns,host,name,labels,value,unit             one row a sample, e.g. one login
 *   calls.csv      one row a call
 *   paths.csv      one row a session of two peers, where there are any (columns in path_line.h)
 *   searches.csv   one row a search, where there are any
 *   events.jsonl   {"t":5000000000,"host":"peer-1","event":"login:rung","rung":"udp","entries":7}
 *   capture.pcapng the packets of chosen peers
 *
 * Files appear under their names when the recorder is closed, scalars.csv last: a folder with a scalars.csv
 * is complete.  Labels are "login=first,nat=symmetric"; files show ';' for ',' so that no field of an
 * ordinary file needs quotes.  Times are integer ns, unit "ns". */
#ifndef SIM_RECORD_RECORDER_H
#define SIM_RECORD_RECORDER_H

#include "core/event.h"
#include "sim/net/net.h"

#define SIM_RECORD_LEVELS(X)                                                                                 \
    X(SIM_RECORD_NONE, "none", "no events.jsonl")                                                            \
    X(SIM_RECORD_CALLS, "calls", "how logins and calls ended")                                               \
    X(SIM_RECORD_PROTOCOL, "protocol", "everything that nodes say about themselves")                         \
    X(SIM_RECORD_PACKETS, "packets", "the same and every step of every packet; ladders need it")

typedef enum sim_record_level {
#define X(name, text, help) name,
    SIM_RECORD_LEVELS(X)
#undef X
} sim_record_level;

/* Finds a level by its name in a scenario; false if there is none. */
bool sim_record_level_find(const char *name, sim_record_level *ret_level);
const char *sim_record_level_name(sim_record_level level);
const char *sim_record_level_help(sim_record_level level);

/* A short static name for what a payload is ("probe", "noise 1"), or NULL if it cannot tell. */
typedef const char *(*sim_payload_name_fn)(const net_packet *packet);

typedef struct sim_recorder_options {
    const char *directory; /* from sim_results_replication */
    size_t point, replication;
    sim_record_level level;
    const char *const *capture; /* names of hosts whose packets go to capture.pcapng */
    size_t n_capture;
    bool has_paths;                   /* whether there is a paths.csv */
    bool has_searches;                /* whether there is a searches.csv */
    int64_t epoch;                    /* Unix seconds at now = 0, for the capture */
    sim_payload_name_fn payload_name; /* NULL: events and captures name protocols only */
} sim_recorder_options;

typedef struct sim_recorder sim_recorder;

/* A number with a name of the metric table (analysis/metrics.h).  All texts are copied. */
typedef struct sim_sample {
    const char *name;   /* "login.time" */
    const char *labels; /* "login=first,nat=symmetric"; NULL or "" = none */
    double value;       /* ns are exact up to 104 days (2^53) */
    const char *unit;   /* "ns", "B", "1" */
} sim_sample;

/* A sighting of the network's observer, with the names of the hosts that it numbers. */
typedef struct sim_packet_facts {
    const net_sighting *sighting;
    const char *from;      /* name of sighting->from, NULL if none */
    const char *at;        /* of sighting->at */
    const char *box_owner; /* of sighting->box_owner */
} sim_packet_facts;

/* A session of two peers: who, by what path, at what cost.  Texts may be NULL and are then empty. */
typedef struct sim_path_row {
    uint32_t path, cell; /* cell 0: not of a matrix */
    const char *caller, *callee, *caller_kind, *callee_kind;
    const char *transport, *profile, *class, *via, *local, *remote, *cause;
    pl_time started;
    pl_span time;
    uint64_t packets, bytes; /* sent by both ends' hosts until open */
    int64_t sent, received;  /* datagrams of the echo's first phase */
    pl_span silence;         /* then nothing for so long … */
    int64_t sent_after, received_after; /* … and those of its last phase */
    const char *drop_cause, *drop_box, *relay;
} sim_path_row;

/* A search for a user: for whom, what was true of him when it began, and what it came to.  Texts may be NULL. */
typedef struct sim_search_row {
    uint32_t search;
    const char *host, *group, *target, *truth, *policy, *outcome, *reason;
    pl_time started;
    pl_span time;
    int64_t asked, rounds, messages;
    const char *right; /* "right", "wrong", "gave-up", or "": not judged */
} sim_search_row;

/* NULL and a sentence in *ret_error (g_free) if a file cannot be made. */
sim_recorder *sim_recorder_open(const sim_recorder_options *options, char **ret_error);
/* Whether an event of that kind is kept: to ask before its line is made ready. */
bool sim_recorder_wants_event(const sim_recorder *recorder, pl_event_id id);
/* An event of a node; kept if the level says so. */
void sim_record_event(sim_recorder *recorder, const char *host, const pl_event *event, pl_time now);
/* A step of a packet; goes to events.jsonl at level packets and to the capture if a chosen host sent it,
 * received it, or stands behind the box that dropped it. */
void sim_record_packet(sim_recorder *recorder, const sim_packet_facts *facts, pl_time now);
/* Whether sim_record_packet would do anything: if not, the network needs no observer. */
bool sim_recorder_wants_packets(const sim_recorder *recorder);
/* One sample of a host, into series.csv. */
void sim_record_sample(sim_recorder *recorder, const char *host, const sim_sample *sample, pl_time now);
/* One session, into paths.csv; only with has_paths. */
void sim_record_path(sim_recorder *recorder, const sim_path_row *row);
/* One search, into searches.csv; only with has_searches. */
void sim_record_search(sim_recorder *recorder, const sim_search_row *row);
/* One number about the whole replication, into scalars.csv. */
void sim_record_scalar(sim_recorder *recorder, const sim_sample *sample);
/* Whether a write has failed (a full disk): the run may as well stop, close will say why. */
bool sim_recorder_failed(const sim_recorder *recorder);
/* Names the files and frees the recorder; 0, or -1 and a sentence in *ret_error (g_free), and then none of
 * the files is left. */
int sim_recorder_close(sim_recorder *recorder, char **ret_error);
/* Removes the unfinished files and frees the recorder; NULL is accepted. */
void sim_recorder_discard(sim_recorder *recorder);

#endif
