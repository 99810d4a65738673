/* message_overlay.h - the bodies of what supernodes say to each other, and of searches; private to wire/. */
#ifndef PL_WIRE_MESSAGE_OVERLAY_H
#define PL_WIRE_MESSAGE_OVERLAY_H

#include "core/wire/buffer.h"
#include "core/wire/message.h"

/* Writers: a field beyond its bound is asserted. */
void pl_overlay_write_ping(const pl_message *message, pl_writer *writer);
void pl_overlay_write_pull(const pl_message *message, pl_writer *writer);
void pl_overlay_write_page(const pl_message *message, pl_writer *writer);
void pl_overlay_write_letter(const pl_message *message, pl_writer *writer);
void pl_overlay_write_reply(const pl_message *message, pl_writer *writer);
void pl_overlay_write_entry(const pl_message *message, pl_writer *writer);
void pl_overlay_write_find(const pl_message *message, pl_writer *writer);
void pl_overlay_write_search(const pl_message *message, pl_writer *writer);
void pl_overlay_write_search_nodes(const pl_message *message, pl_writer *writer);
void pl_overlay_write_search_result(const pl_message *message, pl_writer *writer);
void pl_overlay_write_search_silent(const pl_message *message, pl_writer *writer);

/* Readers: 0, PL_ERR_MALFORMED, PL_ERR_OVERSIZED; whether the bytes suffice is judged by the caller. */
int pl_overlay_read_ping(pl_message *message, pl_reader *reader);
int pl_overlay_read_pull(pl_message *message, pl_reader *reader);
int pl_overlay_read_page(pl_message *message, pl_reader *reader);
int pl_overlay_read_letter(pl_message *message, pl_reader *reader);
int pl_overlay_read_reply(pl_message *message, pl_reader *reader);
int pl_overlay_read_entry(pl_message *message, pl_reader *reader);
int pl_overlay_read_find(pl_message *message, pl_reader *reader);
int pl_overlay_read_search(pl_message *message, pl_reader *reader);
int pl_overlay_read_search_nodes(pl_message *message, pl_reader *reader);
int pl_overlay_read_search_result(pl_message *message, pl_reader *reader);
int pl_overlay_read_search_silent(pl_message *message, pl_reader *reader);

#endif
