/* message_read.h - the bodies of the messages, read; private to wire/, under pl_message_read. */
#ifndef PL_WIRE_MESSAGE_READ_H
#define PL_WIRE_MESSAGE_READ_H

#include "core/wire/buffer.h"
#include "core/wire/message.h"

/* Reads the body of message->id to the reader's end; message->ret_entries may be NULL.
 * 0, PL_ERR_SHORT, PL_ERR_MALFORMED, PL_ERR_OVERSIZED; entries are written only on success. */
int pl_message_read_body(pl_message *message, pl_reader *reader);

#endif
