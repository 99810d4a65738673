/* path_line.h - a session of two peers as a line of paths.csv.
 *
 * Private to sim/record. */
#ifndef SIM_RECORD_PATH_LINE_H
#define SIM_RECORD_PATH_LINE_H

#include "sim/record/file.h"
#include "sim/record/recorder.h"

#define SIM_PATH_HEADING                                                                                     \
    "path,cell,caller,callee,caller_kind,callee_kind,transport,profile,class,via,local,remote,cause,"        \
    "started_ns,time_ns,packets,bytes,sent,received,silence_ns,sent_after,received_after,drop_cause,"        \
    "drop_box,relay\n"

void sim_path_line(sim_file *file, const sim_path_row *row);

#endif
