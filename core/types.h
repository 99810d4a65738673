/* types.h - the few types that every room of the house speaks.
 *
 * Time is a signed count of nanoseconds since the run began; it arrives as an argument and is
 * never read from a clock.  Addresses are IPv4 in host byte order. */
#ifndef PL_TYPES_H
#define PL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds since the run began; never decreases. */
typedef int64_t pl_time;
/* A span of nanoseconds. */
typedef int64_t pl_span;

#define PL_NEVER INT64_MAX
#define PL_MICROSECOND ((pl_span)1000)
#define PL_MILLISECOND ((pl_span)1000000)
#define PL_SECOND ((pl_span)1000000000)
#define PL_MINUTE (60 * PL_SECOND)
#define PL_HOUR (3600 * PL_SECOND)

/* An IPv4 endpoint, host byte order.  {0, 0} means "none". */
typedef struct pl_addr {
    uint32_t ip;
    uint16_t port;
} pl_addr;

/* Handle of a UDP socket, a listener or a stream, given by the world.  It carries a generation:
 * a handle that was closed is never delivered again and never reused soon.  0 means "none". */
typedef uint32_t pl_id;

/* What a core function returns when it cannot do what was asked; 0 and above are success. */
#define PL_ERRORS(X)                                                                               \
    X(PL_ERR_AGAIN, -1, "again") /* the queue is full, try again when writable */                  \
    X(PL_ERR_IN_USE, -2, "in-use") /* the port is in use */                                        \
    X(PL_ERR_DENIED, -3, "denied") /* the host does not permit it */                               \
    X(PL_ERR_GONE, -4, "gone") /* the handle is closed */                                          \
    X(PL_ERR_LIMIT, -5, "limit") /* a limit was reached */                                         \
    X(PL_ERR_SHORT, -6, "short") /* the message ends too early */                                  \
    X(PL_ERR_MALFORMED, -7, "malformed") /* the message is malformed */                            \
    X(PL_ERR_OVERSIZED, -8, "oversized") /* the message is too large */                            \
    X(PL_ERR_UNEXPECTED, -9, "unexpected") /* the message has no place here */                     \
    X(PL_ERR_FORGED, -10, "forged") /* a seal or signature does not verify */                      \
    X(PL_ERR_REPLAYED, -11, "replayed") /* the message was received before */                      \
    X(PL_ERR_EXPIRED, -12, "expired") /* the credential has expired */                             \
    X(PL_ERR_UNKNOWN, -13, "unknown") /* the name is unknown */                                    \
    X(PL_ERR_PASSWORD, -14, "password") /* the password is wrong */

enum {
#define X(id, value, name) id = value,
    PL_ERRORS(X)
#undef X
};

/* Its static short name, e.g. "short". */
const char *pl_error_name(int error);

static inline bool pl_addr_equal(pl_addr a, pl_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

/* Order by address, then port; negative, zero or positive. */
static inline int pl_addr_compare(pl_addr a, pl_addr b)
{
    if (a.ip != b.ip)
        return a.ip < b.ip ? -1 : 1;
    return (int)a.port - (int)b.port;
}

#endif
