/* message_read.h - the bodies of the messages, read; private to wire/, under pl_message_read. */
#ifndef PL_WIRE_MESSAGE_READ_H
#define PL_WIRE_MESSAGE_READ_H

#include "core/wire/buffer.h"
#include "core/wire/message.h"

/* Reads the body of message->id to the reader's end; message->ret_entries may be NULL.
 * 0, PL_ERR_SHORT, PL_ERR_MALFORMED, PL_ERR_OVERSIZED; entries are written only on success. */
int pl_message_read_body(pl_message *message, pl_reader *reader);

/* A string of 0..255 bytes after its length; empty after a failure. */
pl_bytes_view pl_message_read_string(pl_reader *reader);
/* 0, PL_ERR_OVERSIZED, or PL_ERR_MALFORMED: a name is 1 to 32 bytes of printable ASCII without the space. */
int pl_message_check_name(pl_bytes_view name);

#endif
