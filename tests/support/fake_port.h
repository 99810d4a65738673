/* fake_port.h - a world of paper for one machine under test: it records what the machine asks of its port
 * and answers as it was told to.
 *
 * Nothing happens by itself: the test plays the world, reads what was asked and feeds the inputs.
 * Everything is asserted to be used rightly: an id that was closed may not be used again. */
#ifndef TESTS_SUPPORT_FAKE_PORT_H
#define TESTS_SUPPORT_FAKE_PORT_H

#include "core/event.h"
#include "core/port.h"

typedef enum fake_ask_kind {
    FAKE_BIND,     /* id = the socket, port as asked */
    FAKE_SEND,     /* id, to, ttl, data, len */
    FAKE_LISTEN,   /* id = the listener, port as asked */
    FAKE_OPEN,     /* id = the stream, port as asked, to */
    FAKE_WRITE,    /* id, data, len: what was accepted */
    FAKE_MORE,     /* id */
    FAKE_SHUTDOWN, /* id */
    FAKE_CLOSE,    /* id */
    FAKE_ABORT,    /* id */
    FAKE_ECHO      /* to, sequence, len */
} fake_ask_kind;

/* One thing asked, in order. */
typedef struct fake_ask {
    fake_ask_kind kind;
    pl_id id;
    uint16_t port; /* asked for, 0 = any */
    pl_addr to;
    uint8_t ttl;
    uint16_t sequence;
    uint8_t *data; /* the fake's copy */
    size_t len;
} fake_ask;

typedef struct fake_port fake_port;

fake_port *fake_port_new(void);
void fake_port_free(fake_port *fake);
/* The table to give to the machine under test. */
pl_port fake_port_of(fake_port *fake);

/* --- what the world answers --- */

/* The local addresses; 10.0.0.2 alone unless told. */
void fake_port_set_addresses(fake_port *fake, const uint32_t *addresses, size_t n);
/* From now on binding, listening on or opening from `port` of that protocol gives `error` (0 allows it
 * again). */
void fake_port_refuse_port(fake_port *fake, int protocol, uint16_t port, int error);
/* udp_send number `nth` from now (1 = the next) and all after it give `error`; 0 lets them pass again. */
void fake_port_fail_sends(fake_port *fake, size_t nth, int error);
/* tcp_write accepts at most this many bytes more, over all streams; SIZE_MAX (the default): all. */
void fake_port_set_write_room(fake_port *fake, size_t bytes);
/* The next random bytes; after them comes a fixed unending stream. */
void fake_port_script_random(fake_port *fake, const uint8_t *data, size_t len);
/* Puts a value into the registry, as an earlier run would have. */
void fake_port_put(fake_port *fake, const char *key, const void *data, size_t len);
/* A new stream that a listener accepted: its id, to be fed as PL_INPUT_ACCEPTED. */
pl_id fake_port_accept(fake_port *fake, pl_id listener);
/* The world closes an id by itself (PL_INPUT_CLOSED follows): the machine may not use it any more. */
void fake_port_drop(fake_port *fake, pl_id id);

/* --- what the machine asked --- */

/* The next ask not yet taken, NULL if there is none; valid until fake_port_free. */
const fake_ask *fake_port_take(fake_port *fake);
/* The next ask of that kind not yet taken; those before it stay. */
const fake_ask *fake_port_take_kind(fake_port *fake, fake_ask_kind kind);
/* Asks not yet taken, of one kind, and of all. */
size_t fake_port_count_kind(const fake_port *fake, fake_ask_kind kind);
size_t fake_port_count(const fake_port *fake);
/* Forgets all asks not yet taken. */
void fake_port_skip(fake_port *fake);

/* Is the id given and not closed? */
bool fake_port_is_open(const fake_port *fake, pl_id id);
size_t fake_port_open_count(const fake_port *fake);
/* The n-th (from 0) id that was given, dead or alive; 0 if there were fewer. */
pl_id fake_port_nth_id(const fake_port *fake, size_t n);
/* All bytes written to a stream since it was made, or since the last call of this for it. */
const uint8_t *fake_port_written(fake_port *fake, pl_id stream, size_t *ret_len);
/* The value kept under a key, NULL if absent. */
const uint8_t *fake_port_kept(const fake_port *fake, const char *key, size_t *ret_len);

/* Events traced so far, the n-th of them, how many of one kind, and the last of one kind (NULL if none). */
size_t fake_port_event_count(const fake_port *fake);
const pl_event *fake_port_event(const fake_port *fake, size_t n);
size_t fake_port_count_events(const fake_port *fake, pl_event_id id);
const pl_event *fake_port_last_event(const fake_port *fake, pl_event_id id);

#endif
