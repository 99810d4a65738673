/* tcp.h - the light engine's TCP (RFC 9293): one struct a stream, and the rooms that work on it.
 *
 *   tcp.c          the operations of the port, birth and death
 *   tcp_listen.c   packets that no stream claims: SYN for a listener, RST for the rest
 *   tcp_input.c    a segment arrives at a stream
 *   tcp_ack.c      what its acknowledgement says: window, RTT, congestion, loss (RFC 5681, 6582, 6675)
 *   tcp_receive.c  its bytes: in order, early, handed to the node
 *   tcp_output.c   segments leave
 *   tcp_timer.c    retransmission (RFC 6298), probes, delayed ACK, TIME_WAIT
 *   tcp_options.c  MSS, SACK-permitted, SACK (RFC 2018)
 *
 * There is no Nagle, no window scaling, no timestamps, no keep-alive, no urgent data, no backlog.  Any
 * function that hands an input to the node may find the stream gone afterwards and says so. */
#ifndef SIM_LIGHT_TCP_H
#define SIM_LIGHT_TCP_H

#include "sim/light/bytes.h"
#include "sim/light/ranges.h"
#include "sim/light/stack.h"

/* chosen: as Linux's tcp_fin_timeout; how long a closed stream waits for its peer's FIN. */
#define SIM_TCP_PEER_FIN_WAIT (60 * PL_SECOND)

/* spec: RFC 9293 §3.3.2; CLOSED is a stream that is over but whose last bytes the node has not read. */
typedef enum sim_tcp_state {
    SIM_TCP_SYN_SENT,
    SIM_TCP_SYN_RECEIVED,
    SIM_TCP_ESTABLISHED,
    SIM_TCP_FIN_WAIT_1,
    SIM_TCP_FIN_WAIT_2,
    SIM_TCP_CLOSE_WAIT,
    SIM_TCP_CLOSING,
    SIM_TCP_LAST_ACK,
    SIM_TCP_TIME_WAIT,
    SIM_TCP_CLOSED
} sim_tcp_state;

/* What the slow timer waits for. */
typedef enum sim_tcp_wait {
    SIM_TCP_WAIT_NOTHING,
    SIM_TCP_WAIT_SYN,
    SIM_TCP_WAIT_RETRANSMIT,
    SIM_TCP_WAIT_PROBE,
    SIM_TCP_WAIT_PEER_FIN,
    SIM_TCP_WAIT_TIME_WAIT
} sim_tcp_wait;

/* Where the sender is after a loss: FAST after duplicate ACKs, TIMED after a timeout. */
typedef enum sim_tcp_recovery { SIM_TCP_STEADY, SIM_TCP_FAST, SIM_TCP_TIMED } sim_tcp_recovery;

#define SIM_TCP_ATTACHED 0x001u       /* the node knows the stream and hears of it */
#define SIM_TCP_FIN_QUEUED 0x002u     /* nothing more will be written */
#define SIM_TCP_FIN_SENT 0x004u
#define SIM_TCP_FIN_ACKED 0x008u
#define SIM_TCP_FIN_SEEN 0x010u       /* fin_sequence is known; bytes before it may be missing */
#define SIM_TCP_FIN_REACHED 0x020u    /* the peer's FIN is in order */
#define SIM_TCP_FIN_TOLD 0x040u       /* and the node knows */
#define SIM_TCP_SACK 0x080u           /* the peer permits SACK */
#define SIM_TCP_WRITE_WANTED 0x100u   /* a write was short */
#define SIM_TCP_PAUSED 0x200u         /* the node did not consume all */
#define SIM_TCP_MORE_PENDING 0x400u   /* tcp_more was called, its event is on the way */
#define SIM_TCP_ACK_NOW 0x800u
#define SIM_TCP_SYN_REPEATED 0x1000u  /* our SYN or SYN+ACK was retransmitted */

typedef struct sim_tcp {
    sim_endpoint end;
    pl_id listener; /* of a stream that was not accepted yet */
    uint16_t flags;
    uint8_t state;    /* sim_tcp_state */
    uint8_t wait;     /* sim_tcp_wait */
    uint8_t recovery; /* sim_tcp_recovery */
    uint8_t duplicates;
    uint8_t tries; /* transmissions without an answer */
    uint8_t owed;  /* segments that arrived since our last ACK */
    uint16_t mss;

    /* Sending; the first byte of `send` has sequence number `una` once the SYN is acknowledged. */
    uint32_t una, sent; /* oldest unacknowledged, one beyond the newest sent */
    uint32_t window, window_seq, window_ack;
    uint32_t cwnd, ssthresh, cwnd_credit;
    uint32_t recover;     /* recovery ends here */
    uint32_t resent;      /* what was lost before here has been sent again */
    sim_bytes send;
    sim_ranges *sacked; /* NULL while empty */

    pl_span rto, srtt, rttvar; /* srtt 0: not measured yet */
    pl_time timed_at;          /* PL_NEVER: no segment is timed */
    uint32_t timed;            /* the ACK that ends the measurement */

    /* Receiving. */
    uint32_t expected;   /* next sequence number in order */
    uint32_t edge;       /* right edge of the window that was advertised */
    uint32_t fin_sequence;
    uint32_t handed;     /* bytes that the node is reading now, outside of `receive` */
    sim_bytes receive;   /* not consumed yet; early bytes are placed beyond */
    sim_ranges *early;   /* NULL while empty */

    pl_time slow_at, slow_armed;   /* the wait's deadline; the earliest event that is under way */
    pl_time quick_at, quick_armed; /* likewise the delayed ACK's */
} sim_tcp;

static inline uint32_t sim_tcp_flight(const sim_tcp *stream)
{
    return stream->sent - stream->una;
}

static inline const sim_stack_profile *sim_tcp_profile(const sim_engine *engine, const sim_tcp *stream)
{
    return engine->hosts[stream->end.host].profile;
}

/* tcp.c: as core/port.h describes. */
int sim_tcp_listen(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener);
int sim_tcp_open(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr to, pl_id *ret_stream);
int sim_tcp_write(sim_engine *engine, sim_host host, pl_id id, const uint8_t *data, size_t len);
void sim_tcp_more(sim_engine *engine, sim_host host, pl_id id);
void sim_tcp_shutdown(sim_engine *engine, sim_host host, pl_id id);
void sim_tcp_abort(sim_engine *engine, sim_host host, pl_id id);
void sim_tcp_close(sim_engine *engine, sim_host host, pl_id id);
/* A stream that has sent nothing yet; NULL when there are too many. */
sim_tcp *sim_tcp_new(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr remote);
/* Forgets a stream without a word. */
void sim_tcp_free(sim_engine *engine, sim_tcp *stream);
/* Forgets a stream and tells its node why. */
void sim_tcp_end(sim_engine *engine, sim_tcp *stream, pl_cause cause);
/* The stream again after an input; NULL if it is gone. */
sim_tcp *sim_tcp_again(const sim_engine *engine, pl_id id);

/* tcp_listen.c, tcp_input.c: packets for the host, and ICMP about segments that it sent. */
void sim_tcp_deliver(sim_engine *engine, sim_host host, const net_packet *segment);
void sim_tcp_listen_input(sim_engine *engine, sim_host host, const net_packet *segment);
void sim_tcp_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment);
void sim_tcp_icmp(sim_engine *engine, sim_host host, const net_packet *error);
/* Enters TIME_WAIT. */
void sim_tcp_time_wait(sim_engine *engine, sim_tcp *stream);

/* tcp_ack.c */
/* Starts the congestion window once the peer's SYN was seen. */
void sim_tcp_ack_start(const sim_engine *engine, sim_tcp *stream, const net_packet *syn);
/* Takes from the handshake its round trip, or, if our SYN was repeated, the cautious RTO and window. */
void sim_tcp_ack_opened(const sim_engine *engine, sim_tcp *stream);
/* Takes the acknowledgement of a segment; false if it acknowledges what was never sent. */
bool sim_tcp_ack_input(sim_engine *engine, sim_tcp *stream, const net_packet *segment);
/* Bytes that are thought to be under way (RFC 6675 §4, Pipe). */
uint32_t sim_tcp_ack_pipe(const sim_tcp *stream);
/* The next lost bytes to send again; false if there are none. */
bool sim_tcp_ack_lost(const sim_tcp *stream, sim_range *ret_lost);
/* After a timeout everything that was not acknowledged is lost. */
void sim_tcp_ack_timeout(sim_tcp *stream);

/* tcp_receive.c */
/* The bytes of window that are free, after what the node has not consumed. */
uint32_t sim_tcp_receive_free(const sim_engine *engine, const sim_tcp *stream);
/* Takes payload and FIN of an acceptable segment; false if the stream is gone. */
bool sim_tcp_receive(sim_engine *engine, sim_tcp *stream, const net_packet *segment);
/* Hands what is there to the node, FIN and CLOSED too; false if the stream is gone. */
bool sim_tcp_receive_hand(sim_engine *engine, sim_tcp *stream);

/* tcp_output.c */
/* Sends what window, congestion and losses allow. */
void sim_tcp_output(sim_engine *engine, sim_tcp *stream);
void sim_tcp_output_syn(sim_engine *engine, sim_tcp *stream);
void sim_tcp_output_ack(sim_engine *engine, sim_tcp *stream);
void sim_tcp_output_probe(sim_engine *engine, sim_tcp *stream);
void sim_tcp_output_reset(sim_engine *engine, sim_tcp *stream, uint32_t sequence);
/* RST for a segment that belongs to no stream (RFC 9293 §3.5.2). */
void sim_tcp_output_refuse(sim_engine *engine, sim_host host, const net_packet *segment);

/* tcp_timer.c */
void sim_tcp_timer_set(sim_engine *engine, sim_tcp *stream, sim_tcp_wait wait, pl_time at);
void sim_tcp_timer_stop(sim_tcp *stream);
/* Asks for an ACK within the profile's delay. */
void sim_tcp_timer_delay_ack(sim_engine *engine, sim_tcp *stream);

/* tcp_options.c */
typedef struct sim_tcp_options {
    uint16_t mss; /* 0: not given */
    bool sack_permitted;
    uint32_t n_sacked;
    sim_range sacked[4];
} sim_tcp_options;

/* Reads what is well-formed and ignores the rest. */
void sim_tcp_options_read(const net_packet *segment, sim_tcp_options *ret_options);
void sim_tcp_options_write_syn(net_packet *segment, uint16_t mss);
void sim_tcp_options_write_sack(net_packet *segment, const sim_ranges *early);

#endif
