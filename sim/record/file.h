/* file.h - a file that is either complete or not there.
 *
 * Bytes go to a hidden name in the same folder (".series.csv.part") and the file gets its own name only
 * when everything was written, flushed and closed without an error.  The first error sticks: later
 * writes are ignored and the commit reports it, so writers need not check each line. */
#ifndef SIM_RECORD_FILE_H
#define SIM_RECORD_FILE_H

#include "core/types.h"

typedef struct sim_file sim_file;

/* Opens the hidden file for `path` (copied).  NULL and a sentence in *ret_error (g_free) if it cannot. */
sim_file *sim_file_open(const char *path, char **ret_error);
void sim_file_write(sim_file *file, const void *data, size_t len);
void sim_file_text(sim_file *file, const char *text);
void sim_file_integer(sim_file *file, int64_t value);
/* Whole numbers below 2^53 as integers, others with the fewest digits that read back the same. */
void sim_file_number(sim_file *file, double value);
/* One CSV field, quoted by RFC 4180 where it must be; NULL is an empty field. */
void sim_file_csv(sim_file *file, const char *text);
/* A JSON string with its quotes, or null. */
void sim_file_json(sim_file *file, const char *text);
/* Bytes accepted so far. */
uint64_t sim_file_bytes(const sim_file *file);
/* Writes what is buffered and tells whether all has gone well so far. */
bool sim_file_flush(sim_file *file);
/* Whether a write has failed. */
bool sim_file_failed(const sim_file *file);
/* Flushes and closes under the hidden name; 0, or -1 and a sentence.  Call commit afterwards. */
int sim_file_finish(sim_file *file, char **ret_error);
/* Finishes if need be, gives the file its name and frees `file`; 0, or -1 and a sentence (g_free), and then
 * nothing is left behind. */
int sim_file_commit(sim_file *file, char **ret_error);
/* Removes the hidden file and frees `file`; NULL is accepted. */
void sim_file_discard(sim_file *file);

#endif
