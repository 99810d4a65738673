/* capture.h - the packets of chosen peers, each told once and with its fate.
 *
 * A packet that a chosen peer sends is held until the network has said what became of it, so that the
 * comment on it can say "delivered to supernode-2 after 31.2 ms" or "dropped by nat home-3: no-mapping".
 * Order in the file is order in time. */
#ifndef SIM_RECORD_CAPTURE_H
#define SIM_RECORD_CAPTURE_H

#include "sim/record/recorder.h"

typedef struct sim_capture sim_capture;

/* `path` of the pcapng; names of hosts are copied.  NULL and a sentence in *ret_error if it cannot be made.
 */
sim_capture *sim_capture_open(const char *path, const sim_recorder_options *options, char **ret_error);
void sim_capture_packet(sim_capture *capture, const sim_packet_facts *facts, pl_time now);
bool sim_capture_failed(const sim_capture *capture);
/* Writes what is still held ("on its way when the run ended") and closes under the hidden name; 0, or -1 and
 * a sentence.  Call commit afterwards. */
int sim_capture_finish(sim_capture *capture, char **ret_error);
/* Names the file and frees; 0, or -1 and a sentence. */
int sim_capture_commit(sim_capture *capture, char **ret_error);
/* Removes the unfinished file and frees; NULL is accepted. */
void sim_capture_discard(sim_capture *capture);

#endif
