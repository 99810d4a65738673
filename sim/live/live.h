/* live.h - inside of the live engine: the machine's own sockets and clock.  Private to sim/live.
 *
 * One epoll set holds every socket of every host.  Port functions only ask the kernel and mark what is to
 * be told; inputs are given from the loop, never from inside a port function. */
#ifndef SIM_LIVE_LIVE_H
#define SIM_LIVE_LIVE_H

#include "sim/engine.h"
#include "sim/heap.h"

#include <glib.h>
#include <netinet/in.h>

/* chosen: the largest UDP payload, and as much of a stream as is read at once. */
#define LIVE_BUFFER 65536
/* chosen: one socket may not keep the others waiting for more than so many datagrams or connections. */
#define LIVE_TURN 64

typedef enum live_kind { LIVE_UDP, LIVE_LISTENER, LIVE_STREAM } live_kind;

/* What a stream has to tell its node, as bits. */
#define LIVE_TELL_OPENED 0x1u
#define LIVE_TELL_DATA 0x2u
#define LIVE_TELL_WRITABLE 0x4u
#define LIVE_TELL_CLOSED 0x8u

/* What a stream has been through, as bits. */
#define LIVE_OPEN 0x01u       /* the handshake is done */
#define LIVE_BLOCKED 0x02u    /* the node consumed less than it was given */
#define LIVE_WANTS_ROOM 0x04u /* a write was short */
#define LIVE_FINISHING 0x08u  /* FIN follows what is queued */
#define LIVE_FINISHED 0x10u   /* FIN was given to the kernel */
#define LIVE_EOF 0x20u        /* the peer's FIN was read */
#define LIVE_FIN_TOLD 0x40u
#define LIVE_ENDED 0x80u      /* `cause` says how */
#define LIVE_RELEASED 0x100u  /* the node closed it; it ends in the background */
#define LIVE_POSTED 0x200u    /* in the engine's list of streams with something to tell */

typedef struct live_socket {
    live_kind kind;
    sim_host host;
    pl_id id;
    int fd;
    uint32_t watched; /* epoll events asked for */
    /* Streams only. */
    unsigned state;
    unsigned tell;
    pl_cause cause;
    GByteArray *in;   /* read, not consumed; NULL when empty */
    GByteArray *out;  /* accepted, not yet taken by the kernel; NULL when empty */
} live_socket;

typedef struct live_host {
    uint32_t ip;
    bool up;
    const sim_stack_profile *profile;
    sim_input_fn input;
    void *input_ctx;
} live_host;

struct sim_engine {
    int epoll;
    int64_t started; /* CLOCK_MONOTONIC at now = 0 */
    pl_time now;     /* one value for a whole step */
    bool stopping;
    uint64_t events;
    sim_heap timers;
    GArray *hosts;        /* live_host */
    GPtrArray *sockets;   /* live_socket by index, NULL when free */
    GArray *generations;  /* uint16_t by index */
    GQueue free_indexes;  /* oldest first, so that an id comes again as late as can be */
    GQueue posted;        /* pl_id of streams with something to tell */
    uint8_t buffer[LIVE_BUFFER];
};

/* table.c: ids to sockets. */

/* Takes over `fd` and watches it; NULL (and fd closed) if a limit is reached. */
live_socket *live_table_add(sim_engine *engine, sim_host host, live_kind kind, int fd);
/* The socket of an id whatever its state; NULL if the id is old. */
live_socket *live_table_any(sim_engine *engine, pl_id id);
/* The socket of an id that this host's node still holds, of that kind. */
live_socket *live_table_find(sim_engine *engine, sim_host host, pl_id id, live_kind kind);
/* Closes the descriptor and ends the id. */
void live_table_remove(sim_engine *engine, live_socket *socket);
/* Sets which epoll events are wanted. */
void live_table_watch(sim_engine *engine, live_socket *socket, uint32_t events);

/* engine.c */

live_host *live_host_of(sim_engine *engine, sim_host host);
size_t live_input(sim_engine *engine, sim_host host, const pl_input *input);
/* A non-blocking socket bound to the host's address and that port (0 = any).  0, or a PL_ERR_…. */
int live_bound(sim_engine *engine, sim_host host, live_kind kind, uint16_t port, int *ret_fd);
/* What a failed system call means to the node. */
int live_error(int error);
struct sockaddr_in live_sockaddr(pl_addr addr);
pl_addr live_addr(const struct sockaddr_in *from);

/* udp.c */

int live_udp_bind(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_socket);
int live_udp_send(sim_engine *engine, sim_host host, pl_id id, pl_addr to, uint8_t ttl, const uint8_t *data,
                  size_t len);
void live_udp_ready(sim_engine *engine, live_socket *socket, uint32_t events);

/* stream.c: what the node asks. */

int live_tcp_listen(sim_engine *engine, sim_host host, uint16_t port, pl_id *ret_listener);
int live_tcp_open(sim_engine *engine, sim_host host, uint16_t local_port, pl_addr to, pl_id *ret_stream);
int live_tcp_write(sim_engine *engine, sim_host host, pl_id id, const uint8_t *data, size_t len);
void live_tcp_more(sim_engine *engine, sim_host host, pl_id id);
void live_tcp_shutdown(sim_engine *engine, sim_host host, pl_id id);
void live_tcp_abort(sim_engine *engine, sim_host host, pl_id id);
void live_tcp_release(sim_engine *engine, live_socket *stream);
/* Goes away without a word, as far as the kernel permits. */
void live_tcp_vanish(live_socket *stream);
/* Gives the kernel what is queued, then FIN if asked for. */
void live_tcp_flush(sim_engine *engine, live_socket *stream);
void live_tcp_end(sim_engine *engine, live_socket *stream, pl_cause cause);
void live_tcp_post(sim_engine *engine, live_socket *stream, unsigned tell);
/* Brings the watched events in line with the state. */
void live_tcp_watch(sim_engine *engine, live_socket *stream);
pl_cause live_tcp_cause(int error, const live_socket *stream);

/* stream_input.c: what the node is told. */

/* How much to read: what one call gives; all there is, as far as there is space; or all, when the peer is
 * gone and what comes is bounded by the kernel's buffer. */
typedef enum live_reach { LIVE_ONCE, LIVE_ALL, LIVE_TO_THE_END } live_reach;
void live_tcp_read(sim_engine *engine, live_socket *stream, live_reach reach);

void live_listener_ready(sim_engine *engine, live_socket *listener);
void live_tcp_ready(sim_engine *engine, live_socket *stream, uint32_t events);
void live_tcp_tell(sim_engine *engine, live_socket *stream);

#endif
