/* pipe_port.h - one end of a stream in memory, as a port for what is tested below the engines.
 *
 * What a node writes is kept in `out` until the test carries it over, whole, byte by byte or in random
 * pieces.  Random bytes come from a seed.  Nothing else of the port may be called. */
#ifndef TEST_PIPE_PORT_H
#define TEST_PIPE_PORT_H

#include "core/context.h"
#include "core/crypto/suite.h"

#include <glib.h>

typedef enum pipe_chunks { PIPE_WHOLE, PIPE_BYTES, PIPE_RANDOM } pipe_chunks;

typedef struct pipe_end {
    pl_context context;
    GByteArray *out; /* written and not carried over yet */
    size_t room;     /* bytes that tcp_write will still accept; SIZE_MAX = any number */
    int error;       /* what tcp_write returns if it is not 0 */
    uint64_t seed;
} pipe_end;

void pipe_init(pipe_end *end, const pl_suite *suite, uint64_t seed);
void pipe_clear(pipe_end *end);
/* How many of `left` bytes the next piece has. */
size_t pipe_piece(pipe_chunks chunks, size_t left);

#endif
